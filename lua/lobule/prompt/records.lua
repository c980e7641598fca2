--- A table as records, one field a line: for screens on which fewer than three columns fit.
local core = require "lobule.core"

local M = {}

local ENOUGH <const> = 3 -- columns that make a table worth reading
local GAP <const> = 2
local SHORTENED <const> = 16 -- columns of text may be as narrow as this

local width_of <const> = rawget(core, "text_width") or utf8.len

local function column_width(shown, c)
  local column, widest = shown.columns[c], 0
  for _, row in ipairs(shown.rows) do
    if row.kind ~= "heading" then widest = math.max(widest, width_of(row[c])) end
  end
  if column.align == "left" then widest = math.min(widest, SHORTENED) end
  local unit = column.unit and "(" .. column.unit .. ")" or ""
  return math.max(widest, width_of(column.label), width_of(unit))
end

--- Whether fewer than three of a table's columns fit.
---@param shown lobule.Table
---@param width integer
---@return boolean
function M.needed(shown, width)
  local n = math.min(ENOUGH, #shown.columns)
  local total = GAP * (n - 1)
  if n < 2 or #shown.rows == 0 then return false end
  for c = 1, n do total = total + column_width(shown, c) end
  return total > width
end

local function labels(shown)
  local list, widest = {}, 0
  for c, column in ipairs(shown.columns) do
    list[c] = column.unit and ("%s (%s)"):format(column.label, column.unit) or column.label
    widest = math.max(widest, width_of(list[c]))
  end
  return list, widest
end

--- A text in lines of at most a width, broken at spaces, at characters where a word is wider.
local function broken(text, width, indent, lines)
  local lead, line = lines[#lines], ""
  local function close()
    lines[#lines] = lead .. line
    lead, line = (" "):rep(indent), ""
    lines[#lines + 1] = lead
  end
  for word in text:gmatch "%S+" do
    if line ~= "" and width_of(line .. " " .. word) > width then close() end
    line = line == "" and "" or line .. " "
    for _, code in utf8.codes(word, true) do
      if width_of(line .. utf8.char(code)) > width then close() end
      line = line .. utf8.char(code)
    end
  end
  lines[#lines] = (lead .. line):gsub("%s+$", "")
end

local function add_field(label, value, widest, width, lines)
  local indent = widest + GAP
  if width - indent < 8 then -- no room beside the label: below it
    lines[#lines + 1] = label
    indent = GAP
    lines[#lines + 1] = (" "):rep(indent)
  else
    lines[#lines + 1] = label .. (" "):rep(indent - width_of(label))
  end
  broken(value, math.max(width - indent, 1), indent, lines)
end

--- The table as records.
---@param shown lobule.Table
---@param width integer
---@param ascii? boolean            no line drawing
---@return string
function M.text(shown, width, ascii)
  local names, widest = labels(shown)
  local rule, lines = ascii and "-" or "─", {}
  if shown.caption ~= "" then lines[1] = shown.caption end
  for i, row in ipairs(shown.rows) do
    local head = (rule:rep(2) .. " %d "):format(i)
    lines[#lines + 1] = head .. rule:rep(math.max(math.min(width, 40) - width_of(head), 0))
    for c = 1, #shown.columns do
      if row.kind ~= "heading" or row[c] ~= "" then
        add_field(names[c], row[c], widest, width, lines)
      end
    end
  end
  for _, note in ipairs(shown.notes) do
    lines[#lines + 1] = ""
    broken(note, width, 0, lines)
  end
  return table.concat(lines, "\n")
end

return M
