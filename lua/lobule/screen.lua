--- Text on a terminal: how wide it is, cut, filled up, and broken into lines.
local core = require "lobule.core"

local M = {}

--- Without the core's table of widths: characters, combining marks not counted.
local function plain_width(text)
  local n = utf8.len(text)
  if not n then return #text end
  for _, code in utf8.codes(text) do
    if code >= 0x300 and code <= 0x36F then n = n - 1 end
  end
  return n
end

--- Columns of a terminal that a text takes.
---@param text string
---@return integer
M.width_of = rawget(core, "text_width") or plain_width
local width_of <const> = M.width_of

--- Of the terminal; 80 where nobody says.
---@return integer
function M.terminal_width()
  local columns = math.tointeger(tonumber(os.getenv "COLUMNS"))
  return columns and columns > 0 and columns or 80
end

--- Does the locale of the session draw more than ASCII?
---@return boolean
function M.is_ascii()
  for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
    local value = os.getenv(name)
    if value and value ~= "" then return not value:lower():find("utf%-?8") end
  end
  return true
end

--- Filled with blanks up to a width.
---@param text string
---@param width integer
---@param align "left"|"right"
---@return string
function M.pad(text, width, align)
  local space = (" "):rep(width - width_of(text))
  return align == "right" and space .. text or text .. space
end

--- Shortened to a width, with a mark that it is.
---@param text string
---@param width integer
---@param mark string
---@return string
function M.cut(text, width, mark)
  if width_of(text) <= width then return text end
  local kept = ""
  for _, code in utf8.codes(text, true) do
    local longer = kept .. utf8.char(code)
    if width_of(longer .. mark) > width then break end
    kept = longer
  end
  return kept .. mark
end

--- Paragraphs broken at spaces.
---@param text string
---@param width integer
---@param lines string[]            to which the lines are added
---@param first? string             what the first line begins with, e.g. an indent
---@param rest? string              what the others begin with
function M.wrap(text, width, lines, first, rest)
  local line
  for word in text:gmatch("%S+") do
    local longer = line and line .. " " .. word or (first or "") .. word
    if line and width_of(longer) > width then
      lines[#lines + 1] = line
      longer = (rest or "") .. word
    end
    line = longer
  end
  lines[#lines + 1] = line
end

return M
