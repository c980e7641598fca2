--- Tables of display texts: from texts or from a frame, fitted to the terminal, added to reports.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local screen = require "lobule.screen"
local shown = require "lobule.shown"

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
  { "notes", "texts", {} }, { "wrap", "boolean", true } }
local COLUMN <const> = { { "label", "string" }, { "align", { "left", "right" }, "left" },
  { "group", "string" }, { "unit", "string" }, { "decimal", "boolean", false } }
local TEXT <const> = { { "width", "count" }, { "ascii", "boolean" } }
local FROM_FRAME <const> = { { "digits", "count", 3 }, { "rows", "count" },
  { "caption", "string", "" }, { "notes", "texts", {} }, { "labels", "boolean", false } }
local WRAPPED_ROWS <const>, WRAPPED_COLUMNS <const> = 20, 16
local ROW_KINDS <const> = { heading = true, total = true }
local NUMERIC <const> = { real = true, integer = true }

local one_line <const> = check.one_line

local function cell_text(cell, row, column)
  if type(cell) == "string" then return one_line(cell, "cell") end
  if type(cell) == "number" then return format.number(cell) end
  if cell == core.NA then return "NA" end
  if check.is(cell, "lobule.Shown") or check.is(cell, "lobule.Quantity") then
    return one_line(tostring(cell), "cell")
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

--- A table of display texts. Numbers among the cells are shown with 3 significant digits.
---@param spec table                columns: a list of { label, align ("left"), group, unit };
---                                 rows: a list of lists of texts, each with kind ("heading" or
---                                 "total") and indent if wanted; caption; notes
---@return lobule.Table
---@raise unknown fields, a row with too few or too many cells, no columns
function M.new(spec)
  local given <const> = check.options(check.type(spec, "table", "table"), SPEC)
  local columns, rows, notes = {}, {}, {}
  for i, column in ipairs(check.type(given.columns, "table", "columns")) do
    columns[i] = check.options(column, COLUMN)
    columns[i].label = one_line(columns[i].label, "label")
    for _, name in ipairs { "group", "unit" } do
      if columns[i][name] then columns[i][name] = one_line(columns[i][name], name) end
    end
  end
  if #columns == 0 then core.raise("argument", "the table has no columns") end
  for i, row in ipairs(given.rows or {}) do rows[i] = copy_row(row, i, #columns) end
  for i, note in ipairs(given.notes) do notes[i] = one_line(note, "notes") end
  return setmetatable({ caption = one_line(given.caption, "caption"), columns = columns,
    rows = rows, notes = notes, wrap = given.wrap }, Table)
end

--- How a value of a column is shown.
local function value_text(value, name, digits)
  if value == nil then return "NA" end
  if type(value) ~= "number" then return tostring(value) end
  local p_value = name == "p_value" and value >= 0 and value <= 1
  return p_value and shown.p(value) or format.number(value, digits)
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
---@param options? table            digits (3); rows: the most that are shown (all), the rest is
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

--- Is a row one line of text across the table: a heading without other cells?
---@param row lobule.TableRow
---@return boolean
function M.is_banner(row)
  if row.kind ~= "heading" then return false end
  for c = 2, #row do
    if row[c] ~= "" then return false end
  end
  return true
end

--- The spanning headers over the first n columns: neighbours of one group share a span.
---@param columns lobule.TableColumn[]
---@param n integer
---@return table[]                  # each { first, last, label }; label nil where there is no group
function M.spans(columns, n)
  local list = {}
  for c = 1, n do
    local group, last = columns[c].group, list[#list]
    if last and group and last.label == group then
      last.last = c
    else
      list[#list + 1] = { first = c, last = c, label = group }
    end
  end
  return list
end

-- Text for a terminal ----------------------------------------------------------------------------

local GAP <const> = 2
local HIDDEN_NAMED <const> = 40 -- columns that did not fit, the first of them by name
local width_of <const>, pad <const>, cut <const> = screen.width_of, screen.pad, screen.cut
local wrap <const> = screen.wrap

local function after_point(text)
  return text:match("%..*$") or ""
end

--- The cells of a column as they stand on the screen: indented, or filled up after the point.
local function screen_cells(self, c)
  local cells, tail = {}, 0
  local decimal = self.columns[c].decimal
  for i, row in ipairs(self.rows) do
    cells[i] = c == 1 and ("  "):rep(row.indent) .. row[c] or row[c]
    if decimal then tail = math.max(tail, width_of(after_point(row[c]))) end
  end
  for i, text in ipairs(cells) do
    if decimal then cells[i] = text .. (" "):rep(tail - width_of(after_point(text))) end
  end
  return cells
end

local function unit_text(column)
  return column.unit and "(" .. column.unit .. ")" or ""
end

local function column_width(self, c, cells)
  local column = self.columns[c]
  local width = math.max(width_of(column.label), width_of(unit_text(column)))
  for i, row in ipairs(self.rows) do
    if not (c == 1 and M.is_banner(row)) then width = math.max(width, width_of(cells[i])) end
  end
  return width
end

local function span_width(widths, first, last)
  local total = GAP * (last - first)
  for c = first, last do total = total + widths[c] end
  return total
end

--- Widths of the first n columns, the last of a group widened if the group's header needs it.
local function widths_of(self, natural, n)
  local widths = table.move(natural, 1, n, 1, {})
  for _, span in ipairs(M.spans(self.columns, n)) do
    local lack = width_of(span.label or "") - span_width(widths, span.first, span.last)
    if lack > 0 then widths[span.last] = widths[span.last] + lack end
  end
  return widths
end

local function layout(self, width)
  local cells, natural = {}, {}
  for c = 1, #self.columns do
    cells[c] = screen_cells(self, c)
    natural[c] = column_width(self, c, cells[c])
  end
  local n, total = 0, -GAP
  local needed = span_width(widths_of(self, natural, #natural), 1, #natural)
  -- Groups only widen: more columns than fit without their headers never fit.
  while n < #natural and (n == 0 or total + GAP + natural[n + 1] <= width) do
    n = n + 1
    total = total + GAP + natural[n]
  end
  local widths = widths_of(self, natural, n)
  while n > 1 and span_width(widths, 1, n) > width do
    n = n - 1
    widths = widths_of(self, natural, n)
  end
  widths[1] = math.min(widths[1], width)
  return { cells = cells, widths = widths, n = n, needed = needed }
end

local function line_of(self, plan, text_at, mark)
  local parts = {}
  for c = 1, plan.n do
    local text = c == 1 and cut(text_at(c), plan.widths[c], mark) or text_at(c)
    parts[c] = pad(text, plan.widths[c], self.columns[c].align)
  end
  return (table.concat(parts, (" "):rep(GAP)):gsub("%s+$", ""))
end

local function header_lines(self, plan, style, lines)
  local grouped, parts, units = false, {}, false
  for i, span in ipairs(M.spans(self.columns, plan.n)) do
    grouped = grouped or span.label ~= nil
    local width = span_width(plan.widths, span.first, span.last)
    local rest = width - width_of(span.label or "")
    local fill = span.label and rest > 1 and " " .. style.rule:rep(rest - 1) or (" "):rep(rest)
    parts[i] = (span.label or "") .. fill
  end
  if grouped then lines[#lines + 1] = table.concat(parts, (" "):rep(GAP)):gsub("%s+$", "") end
  lines[#lines + 1] = line_of(self, plan, function(c) return self.columns[c].label end, style.mark)
  for c = 1, plan.n do units = units or self.columns[c].unit ~= nil end
  if units then
    lines[#lines + 1] = line_of(self, plan, function(c) return unit_text(self.columns[c]) end,
      style.mark)
  end
end

local function body_lines(self, plan, style, lines)
  for i, row in ipairs(self.rows) do
    if row.kind == "total" then lines[#lines + 1] = style.line end
    if M.is_banner(row) then
      lines[#lines + 1] = plan.cells[1][i]
    else
      lines[#lines + 1] = line_of(self, plan, function(c) return plan.cells[c][i] end, style.mark)
    end
  end
end

--- What stands below: the notes, and which columns did not fit.
local function footers(self, plan)
  local list = table.move(self.notes, 1, #self.notes, 1, {})
  local n, names = #self.columns - plan.n, {}
  for c = 1, math.min(n, HIDDEN_NAMED) do names[c] = self.columns[plan.n + c].label end
  if n > HIDDEN_NAMED then names[#names + 1] = ("and %d more"):format(n - HIDDEN_NAMED) end
  if n > 0 then
    list[#list + 1] = ("%d column%s not shown (width %d shows all): %s"):format(n,
      n == 1 and "" or "s", plan.needed, table.concat(names, ", "))
  end
  return list
end

--- The first column again with those that did not fit, as a table of its own.
local function remainder(self, plan)
  local columns, rows = { self.columns[1] }, {}
  for c = plan.n + 1, #self.columns do columns[#columns + 1] = self.columns[c] end
  for i, row in ipairs(self.rows) do
    rows[i] = { row[1], kind = row.kind, indent = row.indent }
    for c = plan.n + 1, #self.columns do rows[i][#rows[i] + 1] = row[c] end
  end
  return setmetatable({ caption = "", columns = columns, rows = rows, notes = self.notes,
    wrap = true }, Table)
end

--- The table as text, fitted to a width: columns that do not fit follow below, beside the first
--- column
--- again; those of a large table are left out and named. Cells are never broken.
---@param options? table            width (default $COLUMNS, else 80); ascii: no line drawing
---@return string
function Table:text(options)
  local opts <const> = check.options(options, TEXT)
  local width = opts.width or screen.terminal_width()
  local ascii = opts.ascii
  if ascii == nil then ascii = screen.is_ascii() end
  local style = { rule = ascii and "-" or "─", mark = ascii and "~" or "…" }
  local plan, lines = layout(self, width), {}
  style.line = style.rule:rep(span_width(plan.widths, 1, plan.n))
  if self.caption ~= "" then wrap(self.caption, width, lines) end
  header_lines(self, plan, style, lines)
  lines[#lines + 1] = style.line
  body_lines(self, plan, style, lines)
  if self.wrap and plan.n > 1 and plan.n < #self.columns then
    lines[#lines + 1] = style.line
    lines[#lines + 1] = Table.text(remainder(self, plan), options)
    return table.concat(lines, "\n")
  end
  local below = footers(self, plan)
  if #below > 0 then lines[#lines + 1] = style.line end
  for _, note in ipairs(below) do wrap(note, width, lines) end
  return table.concat(lines, "\n")
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
