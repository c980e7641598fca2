--- Colours on a terminal: when they are used, and for what. Only the 16 that its theme decides.
local M = {}

local CODES <const> = { dim = "2", negative = "31", warning = "33", error = "31" }

---@class lobule.Colours
---@field paint fun(role: string, text: string): string
---@field on boolean

local function is_on(value)
  return value ~= nil and value ~= "" and value ~= "0"
end

--- Whether colours are used: what the command line asks for, else NO_COLOR, else a terminal that
--- can do nothing, else what forces them, else whether it is a terminal.
---@param asked? "auto"|"always"|"never"
---@param environment fun(name: string): string?   os.getenv
---@param is_terminal boolean
---@return boolean
function M.wanted(asked, environment, is_terminal)
  if asked == "always" then return true end
  if asked == "never" then return false end
  local refused = environment "NO_COLOR"
  if refused ~= nil and refused ~= "" then return false end
  if environment "TERM" == "dumb" then return false end
  if is_on(environment "CLICOLOR_FORCE") or is_on(environment "FORCE_COLOR") then return true end
  return is_terminal
end

--- Colours that are used, or not.
---@param on boolean
---@return lobule.Colours
function M.new(on)
  local function paint(role, text)
    if not on or text == "" then return text end
    return ("\27[%sm%s\27[0m"):format(CODES[role], text)
  end
  return { on = on, paint = paint }
end

--- The colours of one of the program's two outputs.
---@param output "output"|"errors"
---@return lobule.Colours
function M.of(output)
  local ok, host = pcall(require, "lobule.host")
  if not ok then return M.new(false) end
  return M.new(M.wanted(host.color, os.getenv, host.terminal()[output]))
end

--- A word of a table: NA, a negative number, one with brackets or signs about it.
local function word(colours, text)
  local before, inner, after = text:match "^([(%[]?)(.-)([%],);:]*)$"
  if inner == "NA" then return before .. colours.paint("dim", inner) .. after end
  if inner:find "^%-%d+%.?%d*$" or inner:find "^%-%d+%.?%d*[eE][+-]?%d+$" then
    return before .. colours.paint("negative", inner) .. after
  end
  return text
end

--- A result's text with its warnings, missing values and negative numbers coloured; the same text
--- where colours are off.
---@param text string
---@param colours lobule.Colours
---@return string
function M.result(text, colours)
  if not colours.on then return text end
  local lines, in_warning = {}, false
  for line in (text .. "\n"):gmatch "(.-)\n" do
    -- A long warning goes on further in.
    in_warning = line:find "^%s*[Ww]arning:" or in_warning and line:find "^  %S"
    if in_warning then
      lines[#lines + 1] = colours.paint("warning", line)
    else
      lines[#lines + 1] = line:gsub("%S+", function(one) return word(colours, one) end)
    end
  end
  return table.concat(lines, "\n")
end

return M
