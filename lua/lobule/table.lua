--- Tables of display texts: from texts or from a frame, fitted to the terminal, added to reports.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local shown = require "lobule.shown"
local table_text = require "lobule.table_text"

---@class lobule.TableColumn
---@field label string
---@field align "left"|"right"
---@field group? string             header that spans neighbouring columns of the same group
---@field unit? string
---@field decimal? boolean          on a screen, numbers are aligned on the decimal point

---@class lobule.TableRow           the cells, one a column
---@field kind? "heading"|"total"
---@field indent integer            0 or more steps

---@class lobule.Table
---@field caption string            "" for none
---@field columns lobule.TableColumn[]
---@field rows lobule.TableRow[]
---@field notes string[]
local Table = { __name = "lobule.Table" }
local M = {}

local SPEC <const> = { { "caption", "string", "" }, { "columns", "table" }, { "rows", "table" },
  { "notes", "texts", {} }, { "wrap", "boolean", true },
  { "keys", "count" } }
local COLUMN <const> = { { "label", "string" }, { "align", { "left", "right" }, "left" },
  { "group", "string" }, { "unit", "string" }, { "decimal", "boolean", false } }
local TEXT <const> = { { "width", "count" }, { "ascii", "boolean" } }
local FROM_FRAME <const> = { { "digits", "count" }, { "rows", "count" },
  { "caption", "string", "" }, { "notes", "texts", {} }, { "labels", "boolean", false } }
local WRAPPED_ROWS <const>, WRAPPED_COLUMNS <const> = 200, 16
local ROW_KINDS <const> = { heading = true, total = true }
local NUMERIC <const> = { real = true, integer = true }

--- Cells are one line: line ends and other control characters become a space.
local function one_line(text)
  return (text:gsub("[\0-\31\127]+", " "))
end

local function cell_text(cell, row, column)
  if type(cell) == "string" then
    return one_line(check.type(cell, "string", ("row %d, cell %d"):format(row, column)))
  end
  if type(cell) == "number" then return format.number(cell) end
  if cell == core.NA then return "NA" end
  if check.is(cell, "lobule.Shown") or check.is(cell, "lobule.Quantity") then
    return one_line(tostring(cell))
  end
  core.raise("argument", ("row %d, cell %d: expected text, found %s"):format(row, column,
    check.describe(cell)))
end

--- A checked copy of a row. A heading may stop after its first cell, any other row may not.
local function copy_row(row, i, n_columns)
  check.type(row, "table", ("row %d"):format(i))
  local indent = math.tointeger(row.indent or 0)
  if row.kind ~= nil and not ROW_KINDS[row.kind] then
    core.raise("argument", ("row %d: unknown kind '%s'"):format(i, tostring(row.kind)),
      "Kinds are: heading, total.")
  elseif not indent or indent < 0 then
    core.raise("argument", ("row %d: indent must be a whole number from 0"):format(i))
  elseif #row > n_columns or (#row < n_columns and row.kind ~= "heading") then
    core.raise("argument", ("row %d has %d cells, the table has %d columns"):format(i, #row,
      n_columns))
  end
  local copy = { kind = row.kind, indent = indent }
  for c = 1, n_columns do copy[c] = cell_text(row[c] or "", i, c) end
  if n_columns > 0 then copy.given = table.move(row, 1, n_columns, 1, {}) end
  return copy
end

--- A column's options: a text is its label, as is the first place of a list.
local function labelled(column)
  if type(column) == "string" then return { label = column } end
  if type(column) ~= "table" or type(column[1]) ~= "string" or column.label ~= nil then
    return column
  end
  local options = {}
  for key, value in next, column do
    if key == 1 then options.label = value else options[key] = value end
  end
  return options
end

--- A table of display texts. Numbers among the cells are shown with 3 significant digits.
---@param spec table                columns: a list of labels or { label =, align = ("left"),
---                                 group =, unit = };
---                                 rows: a list of lists of texts, each with kind ("heading" or
---                                 "total") and indent if wanted; caption; notes; keys: how many
---                                 columns say what a row is about and stand again beside those
---                                 that do not fit (default: the texts it begins with)
---@return lobule.Table
---@raise unknown fields, a row with too few or too many cells, no columns
function M.new(spec)
  local given <const> = check.options(check.type(spec, "table", "table"), SPEC)
  local columns, rows, notes = {}, {}, {}
  for i, column in ipairs(check.type(given.columns, "table", "columns")) do
    columns[i] = check.options(labelled(column), COLUMN)
    columns[i].label = one_line(check.type(columns[i].label, "string", "label"))
  end
  if #columns == 0 then core.raise("argument", "the table has no columns") end
  for i, row in ipairs(given.rows or {}) do rows[i] = copy_row(row, i, #columns) end
  for i, note in ipairs(given.notes) do notes[i] = note end
  return setmetatable({ caption = one_line(given.caption), columns = columns, rows = rows,
    notes = notes, wrap = given.wrap, keys = given.keys }, Table)
end

--- How a value of a column is shown.
local function value_text(value, name, digits)
  if value == nil then return "NA" end
  if type(value) ~= "number" then return tostring(value) end
  local p_value = name == "p_value" and value >= 0 and value <= 1
  -- Asked for digits, a p value shows them too.
  return p_value and not digits and shown.p(value) or format.number(value, digits or 3)
end

local function frame_rows(frame, names, n, digits)
  local rows = {}
  for i = 1, n do rows[i] = {} end
  for c, name in ipairs(names) do
    local column = frame:column(name)
    for i = 1, n do rows[i][c] = value_text(column[i], name, digits) end
  end
  return rows
end

--- A frame as a table: significant digits, whole numbers whole, missing cells NA, units in the
--- header; a column called `p_value` as p values.
---@param frame lobule.Frame
---@param options? table            digits (3; p values as in a paper unless
---                                 given); rows: the most that are shown (all), the rest is
---                                 counted in a note; labels: columns by label instead of name
---                                 (false); caption; notes
---@return lobule.Table
function M.from_frame(frame, options)
  local opts <const> = check.options(options, FROM_FRAME)
  local names, columns = frame:names(), {}
  for c, name in ipairs(names) do
    local column = frame:column(name)
    local numeric = NUMERIC[column:type()] or false
    columns[c] = { label = opts.labels and column:label() or name, unit = column:unit(),
      align = numeric and "right" or "left", decimal = numeric }
  end
  local n = math.min(#frame, opts.rows or #frame)
  local notes = table.move(opts.notes, 1, #opts.notes, 1, {})
  if n < #frame then
    local left = #frame - n
    notes[#notes + 1] = ("... %d more row%s"):format(left, left == 1 and "" or "s")
  end
  return M.new { caption = opts.caption, columns = columns, notes = notes,
    wrap = n <= WRAPPED_ROWS and #columns <= WRAPPED_COLUMNS,
    rows = frame_rows(frame, names, n, opts.digits) }
end

M.is_banner, M.spans = table_text.is_banner, table_text.spans

--- The table as text, fitted to a width: wide texts are wrapped, and columns that do not fit follow
--- below, beside the first column again; those of a large table (more than 200 rows or 16 columns)
--- are left out and named. A text of more than 8 lines ends in a mark; a greater width, or
--- frame:csv(), shows it whole.
---@param options? table            width (default $COLUMNS, else 80); ascii: no line drawing
---@return string
function Table:text(options)
  local opts <const> = check.options(options, TEXT)
  return (table_text.text(self, opts.width, opts.ascii))
end

function Table:__tostring()
  return Table.text(self)
end

--- Prints the table, fitted to the terminal.
---@param options? table            width, ascii
function Table:show(options)
  local text = Table.text(self, options)
  print(text)
end

--- The blocks of a report: the table.
---@return table[]
function Table:report_blocks()
  return { { kind = "table", table = self } }
end

core.class("table", Table)

return M
