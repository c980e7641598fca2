--- How the prompt shows the results of an entry: fitted to the terminal, coloured, in a pager when
--- they are higher than the screen.
local chain = require "lobule.prompt.chain"
local clean = require "lobule.clean"
local colour = require "lobule.colour"
local core = require "lobule.core"
local host = require "lobule.host"
local records = require "lobule.prompt.records"
local values = require "lobule.values"

local M = {}

local WIDTH <const> = 80
local MOST_ROWS <const> = 10000 -- that .last shows
local WHOLE <const> = 100000 -- columns: nothing is left out
local PAGER <const> = "less -FRSX"
local MOST_BYTES <const> = 1024 * 1024 -- of a result; more is looked for in a file, not here

--- Does the locale draw more than ASCII?
local function is_ascii()
  for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
    local value = os.getenv(name)
    if value and value ~= "" then return not value:lower():find "utf%-?8" end
  end
  return true
end

--- The width that results are fitted to.
---@param terminal table            of host.terminal()
---@return integer
function M.width(terminal)
  local columns = math.tointeger(tonumber(os.getenv "COLUMNS"))
  return terminal.width or (columns and columns > 0 and columns) or WIDTH
end

local function table_text(shown, width)
  if records.needed(shown, width) then return (records.text(shown, width, is_ascii())) end
  return shown:text { width = width }
end

--- A frame or table that shows its rows; nil for everything else.
local function as_table(value, rows)
  local class = chain.of(value).class
  if class == "table" and getmetatable(value) ~= nil then return value end
  if class ~= "frame" or value:source() or #value:names() == 0 then return nil end
  return (require("lobule.table").from_frame(value, { digits = 3, rows = rows }))
end

local width_of <const> = rawget(core, "text_width") or utf8.len

--- Sentences beside a table are broken at spaces; what follows stands two columns further in.
local function fitted(text, width)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    local indent, rest = line:match "^( *)(.*)$"
    local kept = ""
    for blank, word in rest:gmatch "(%s*)(%S+)" do
      if kept ~= "" and width_of(indent .. kept .. blank .. word) > width then
        lines[#lines + 1] = indent .. kept
        indent = line:match "^ *" .. "  "
        kept, blank = "", ""
      end
      kept = kept .. blank .. word
    end
    lines[#lines + 1] = indent .. kept
  end
  return table.concat(lines, "\n")
end

--- A function typed without its brackets is a question.
local function function_text(value)
  local name = require("lobule.help").name_of(value)
  if not name then return values.text(value) end
  return ("the function lb.%s;  ?lb.%s  says what it takes"):format(name, name)
end

--- At most so many bytes of a text, whole characters, and how much is left out.
local function bounded(text)
  if #text <= MOST_BYTES then return text end
  local kept = text:sub(1, (utf8.offset(text, 0, MOST_BYTES + 1) or MOST_BYTES + 1) - 1)
  return ("%s\n... and %d bytes more; io.open(file, \"w\"):write(_) keeps them"):format(kept,
    #text - #kept)
end

local function whole_text(value, width, rows)
  local shown = as_table(value, rows or 20)
  if shown then return (table_text(shown, width)) end
  if type(value) == "function" then return (function_text(value)) end
  local text, class = values.text(value, width), chain.of(value).class
  if class == "figure" then
    return fitted(text .. '   :show() draws it, :save "figure.svg" keeps it', width)
  end
  return class and class ~= "string" and fitted(text, width) or text
end

--- One result as text.
---@param value any
---@param width integer
---@param rows? integer             of a frame, 20
---@return string
function M.text(value, width, rows)
  if type(value) == "string" then return bounded(value) end
  return bounded(whole_text(value, width, rows))
end

local function height_of(text)
  return select(2, text:gsub("\n", "")) + 1
end

--- The user's pager.
---@return string
function M.pager_command()
  for _, name in ipairs { "LOBULE_PAGER", "PAGER" } do
    local command = os.getenv(name)
    if command and command:find "%S" then return command end
  end
  return PAGER
end

--- Writes a text, in the pager when it is higher than the screen.
---@param text string
---@param terminal table
---@param paged boolean             whether the pager may be used
---@param whole? boolean            lines may be wider than the screen, too
function M.put(text, terminal, paged, whole)
  local high = terminal.height and height_of(text) >= terminal.height
  if os.getenv "TERM" == "dumb" then paged = false end
  if paged and terminal.input and terminal.output and (high or whole) then
    if host.page(M.pager_command(), text .. "\n") then return end
  end
  io.stdout:write(text, "\n")
end

local function coloured(text, value)
  local class = chain.of(value).class
  if type(value) ~= "number" and (class == nil or class == "string") then return text end
  return (colour.result(text, colour.of "output"))
end

--- Shows the results of an entry.
---@param session lobule.prompt.Session
---@param results table             packed, with n
function M.show(session, results)
  local terminal, parts = host.terminal(), {}
  local width = M.width(terminal)
  for i = 1, results.n do
    parts[i] = coloured(clean.text(M.text(results[i], width)), results[i])
  end
  M.put(table.concat(parts, "\t"), terminal, session.settings.pager ~= false)
end

--- Shows a result whole: all its columns, and as many rows as anyone reads.
---@param value any
function M.show_whole(value)
  local terminal = host.terminal()
  local width = terminal.output and WHOLE or M.width(terminal)
  local text = coloured(clean.text(M.text(value, width, MOST_ROWS)), value)
  M.put(text, terminal, true, true)
end

--- What an entry cost, in words.
---@param seconds number
---@param threads integer
---@param bytes integer             the most memory held
---@return string
function M.cost(seconds, threads, bytes)
  local time = seconds < 1 and ("%.0f ms"):format(1e3 * seconds) or ("%.1f s"):format(seconds)
  return ("%s, %d thread%s, %.0f MB"):format(time, threads, threads == 1 and "" or "s",
    bytes / 2 ^ 20)
end

--- Tells what an entry cost.
---@param seconds number
function M.time(seconds)
  local text = M.cost(seconds, core.threads(), host.memory())
  io.stdout:flush()
  io.stderr:write(colour.of "errors".paint("dim", text), "\n")
end

return M
