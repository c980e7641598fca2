--- Tables as text for a terminal: columns fitted to a width, wide texts wrapped, what does not fit
--- continued below.
local screen = require "lobule.screen"

local M = {}

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

local GAP <const> = 2
local WRAPPED <const> = 20 -- what a wrapped text keeps at least
local LINES <const> = 8    -- of one cell

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

--- Columns of text wide enough to be wrapped make room for the others, if that is enough to show
--- all; each keeps WRAPPED columns and its header. The room that is left goes to the widest last.
local function narrowed(self, natural, width)
  local least, flexible, total = {}, {}, GAP * (#natural - 1)
  for c, own in ipairs(natural) do
    least[c] = own
    local column = self.columns[c]
    if c > 1 and column.align == "left" then
      local header = math.max(width_of(column.label), width_of(unit_text(column)))
      least[c] = math.min(own, math.max(WRAPPED, header))
      if least[c] < own then flexible[#flexible + 1] = c end
    end
    total = total + least[c]
  end
  if total > width then return nil end
  table.sort(flexible, function(a, b)
    if natural[a] ~= natural[b] then return natural[a] < natural[b] end
    return a < b
  end)
  local room = width - total
  for i, c in ipairs(flexible) do
    local more = math.min(natural[c] - least[c], room // (#flexible - i + 1))
    least[c], room = least[c] + more, room - more
  end
  return least
end

--- No column is wider than what stands beside the first, and the first leaves room for any other: a
--- number is not broken, unless the screen is narrower than two.
local function limited(self, natural, width)
  local widths, beside = { math.min(natural[1], width) }, 0
  if #natural == 1 then return widths end
  for c = 2, #natural do
    local least = self.columns[c].align == "left" and math.min(natural[c], WRAPPED) or natural[c]
    beside = math.max(beside, math.min(least, width // 2))
  end
  widths[1] = math.min(natural[1], math.max(width - GAP - beside, 1))
  local room = math.max(width - GAP - widths[1], 1)
  for c = 2, #natural do widths[c] = math.min(natural[c], room) end
  return widths
end

local function layout(self, width)
  local cells, natural = {}, {}
  for c = 1, #self.columns do
    cells[c] = screen_cells(self, c)
    natural[c] = column_width(self, c, cells[c])
  end
  local n = #self.columns
  local needed = span_width(widths_of(self, natural, n), 1, n)
  if needed > width then
    natural = narrowed(self, natural, width) or limited(self, natural, width)
  end
  -- Groups only widen: more columns than fit without their headers never fit.
  local total = -GAP
  n = 0
  while n < #natural and (n == 0 or total + GAP + natural[n + 1] <= width) do
    n = n + 1
    total = total + GAP + natural[n]
  end
  local widths = widths_of(self, natural, n)
  while n > 1 and span_width(widths, 1, n) > width do
    n = n - 1
    widths = widths_of(self, natural, n)
  end
  return { cells = cells, widths = widths, natural = natural, n = n, needed = needed, cut = 0 }
end

--- A word broken where it must be.
local function pieces(word, width, list)
  local piece = ""
  for _, code in utf8.codes(word, true) do
    local longer = piece .. utf8.char(code)
    if piece ~= "" and width_of(longer) > width then
      list[#list + 1], longer = piece, utf8.char(code)
    end
    piece = longer
  end
  list[#list + 1] = piece
end

--- A cell as lines of at most a width, broken at spaces where there are; beyond LINES of them it
--- ends in a mark.
local function cell_lines(plan, text, width, mark)
  if width_of(text) <= width then return { text } end
  local full, indent, words, lines = #text, text:match "^ *", {}, {}
  if #indent >= width then indent = "" end
  local room, line = width - #indent, nil
  -- A cell may hold megabytes: what no line will show is not broken into any.
  local most = room * (LINES + 1)
  local rest = #text > most and utf8.offset(text, most + 1)
  if rest then text = text:sub(1, rest - 1) end
  for word in text:gmatch "%S+" do pieces(word, room, words) end
  for _, word in ipairs(words) do
    local longer = line and line .. " " .. word or word
    if line and width_of(longer) > room then
      lines[#lines + 1] = indent .. line
      longer = word
    end
    line = longer
  end
  lines[#lines + 1] = indent .. (line or "")
  if #lines > LINES or (rest and rest <= full) then
    plan.cut = plan.cut + 1
    local last = math.min(#lines, LINES)
    local more = lines[last + 1] or mark
    lines[last] = cut(lines[last] .. " " .. more, width, mark)
    for i = #lines, LINES + 1, -1 do lines[i] = nil end
  end
  return lines
end

--- One row of cells as a line, or several where a text is wrapped.
local function add_row(self, plan, mark, text_at, out)
  local cells, height = {}, 1
  for c = 1, plan.n do
    cells[c] = cell_lines(plan, text_at(c), plan.widths[c], mark)
    height = math.max(height, #cells[c])
  end
  for i = 1, height do
    local parts = {}
    for c = 1, plan.n do
      parts[c] = pad(cells[c][i] or "", plan.widths[c], self.columns[c].align)
    end
    out[#out + 1] = (table.concat(parts, (" "):rep(GAP)):gsub("%s+$", ""))
  end
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
  add_row(self, plan, style.mark, function(c) return self.columns[c].label end, lines)
  for c = 1, plan.n do units = units or self.columns[c].unit ~= nil end
  if units then
    add_row(self, plan, style.mark, function(c) return unit_text(self.columns[c]) end, lines)
  end
end

local function body_lines(self, plan, style, lines)
  for i, row in ipairs(self.rows) do
    if row.kind == "total" then lines[#lines + 1] = style.line end
    if M.is_banner(row) then
      lines[#lines + 1] = plan.cells[1][i]
    else
      add_row(self, plan, style.mark, function(c) return plan.cells[c][i] end, lines)
    end
  end
end

--- What stands below: the notes, and which columns did not fit.
local function footers(self, plan)
  local list = table.move(self.notes, 1, #self.notes, 1, {})
  plan.cut = plan.cut + (rawget(self, "cut_before") or 0)
  local n, names = #self.columns - plan.n, {}
  for c = 1, math.min(n, HIDDEN_NAMED) do names[c] = self.columns[plan.n + c].label end
  if n > HIDDEN_NAMED then names[#names + 1] = ("and %d more"):format(n - HIDDEN_NAMED) end
  if n > 0 then
    list[#list + 1] = ("%d column%s not shown (width %d shows all): %s"):format(n,
      n == 1 and "" or "s", plan.needed, table.concat(names, ", "))
  end
  if plan.cut > 0 then
    local text = "%d text%s cut after %d lines; a greater width shows more, csv() all"
    list[#list + 1] = text:format(plan.cut, plan.cut == 1 and " is" or "s are", LINES)
  end
  return list
end

--- How many leading columns say what a row is about: as the table says, else those before the
--- estimate, else the texts it begins with. They stand again beside what did not fit, if there is
--- room for any other column next to them.
local function key_columns(self, plan, width)
  local k = rawget(self, "keys")
  for c, column in ipairs(self.columns) do
    if not k and column.label == "estimate" then k = c - 1 end
  end
  if not k then
    k = 1
    while k < #self.columns and self.columns[k + 1].align == "left" do k = k + 1 end
  end
  local widest = 0
  for c = plan.n + 1, #self.columns do widest = math.max(widest, plan.natural[c]) end
  k = math.max(math.min(k, plan.n - 1), 1)
  while k > 1 and span_width(plan.widths, 1, k) + GAP + widest > width do k = k - 1 end
  return k
end

--- The leading columns again with those that did not fit, as a table of its own.
local function remainder(self, plan, width)
  local keys, columns, rows = key_columns(self, plan, width), {}, {}
  for c = 1, keys do columns[c] = self.columns[c] end
  for c = plan.n + 1, #self.columns do columns[#columns + 1] = self.columns[c] end
  for i, row in ipairs(self.rows) do
    rows[i] = table.move(row, 1, keys, 1, { kind = row.kind, indent = row.indent })
    for c = plan.n + 1, #self.columns do rows[i][#rows[i] + 1] = row[c] end
  end
  return setmetatable({ caption = "", columns = columns, rows = rows, notes = self.notes,
    keys = keys, wrap = true, cut_before = (rawget(self, "cut_before") or 0) + plan.cut },
    getmetatable(self))
end

--- The table as text, fitted to a width: wide texts are wrapped; columns that still do not fit
--- follow below, beside those that say what the row is about.
---@param self lobule.Table
---@param width? integer            default $COLUMNS, else 80
---@param ascii? boolean            no line drawing (default: by the locale)
---@return string
function M.text(self, width, ascii)
  width = width or screen.terminal_width()
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
    lines[#lines + 1] = M.text(remainder(self, plan, width), width, ascii)
    return table.concat(lines, "\n")
  end
  local below = footers(self, plan)
  if #below > 0 then lines[#lines + 1] = style.line end
  for _, note in ipairs(below) do wrap(note, width, lines) end
  return table.concat(lines, "\n")
end

return M
