--- Tables on the pages of a printed report: header repeated on each page, rows never broken.
local metrics = require "lobule.figure.metrics"
local page = require "lobule.report.page"
local pdf_pages = require "lobule.report.pdf_pages"
local prose = require "lobule.report.prose"
local tables = require "lobule.table"

local M = {}

local THICK <const>, THIN <const> = 1, 0.6
local PADDING <const> = 1.5 -- above and below a row's text
local LINE <const> = 1.22
local CAPTION <const> = { size = 10 }
local NOTE <const> = { size = 8.5 }

---@class lobule.PdfRow
---@field cells table[]             each { x, width, lines, look, rule }
---@field height number

--- A cell between two points, its text wrapped.
local function cell(text, x, width, look)
  return { x = x, width = width, look = look,
    lines = pdf_pages.wrap(text, look, width - 2 * page.CELL_MARGIN - (look.indent or 0)) }
end

local function row_of(cells, size)
  local most = 1
  for _, one in ipairs(cells) do most = math.max(most, #one.lines) end
  return { cells = cells, height = most * size * LINE + 2 * PADDING }
end

local ANCHORS <const> = { left = "start", right = "end", center = "middle" }

local function draw_row(pages, row, size)
  for _, one in ipairs(row.cells) do
    local anchor = ANCHORS[one.look.align or "left"]
    local x = one.x + page.CELL_MARGIN + (one.look.indent or 0)
    if anchor == "end" then x = one.x + one.width - page.CELL_MARGIN end
    if anchor == "middle" then x = one.x + one.width / 2 end
    -- Headers stand on their rule, cells hang from the top.
    local first = one.look.bottom and row.height - PADDING - #one.lines * size * LINE or PADDING
    for i, line in ipairs(one.lines) do
      local base = pages.y + first + (i - 1) * size * LINE + size * (metrics.ASCENT + 0.11)
      pages:line(x, base, line, { size = one.look.mono and size * page.CODE_SCALE or size,
        bold = one.look.bold, mono = one.look.mono, anchor = anchor })
    end
    if one.rule then
      pages:rule(one.x + page.CELL_MARGIN, one.x + one.width - page.CELL_MARGIN,
        pages.y + row.height, THIN)
    end
  end
  pages.y = pages.y + row.height
  if row.rule_below then pages:rule(page.MARGIN_X, row.right, pages.y, THIN) end
end

local function left_of(plan, c)
  local x = page.MARGIN_X
  for i = 1, c - 1 do x = x + plan.widths[i] end
  return x
end

--- The header as rows: the spanning headers above when there are any.
local function header_rows(shown, plan)
  local upper, lower, grouped = {}, {}, false
  for _, span in ipairs(tables.spans(shown.columns, #shown.columns)) do
    if span.label then
      local x = left_of(plan, span.first)
      grouped = true
      upper[#upper + 1] = cell(span.label, x, left_of(plan, span.last + 1) - x,
        { size = plan.size, bold = true, align = "center", bottom = true })
      upper[#upper].rule = true
    end
    for c = span.first, span.last do
      lower[#lower + 1] = cell(page.header(shown.columns[c]), left_of(plan, c), plan.widths[c],
        { size = plan.size, bold = true, align = shown.columns[c].align, bottom = true })
    end
  end
  local rows = grouped and { row_of(upper, plan.size) } or {}
  rows[#rows + 1] = row_of(lower, plan.size)
  rows[#rows].rule_below, rows[#rows].right = true, left_of(plan, #shown.columns + 1)
  return rows
end

local function body_row(shown, plan, row)
  local indent = row.indent * page.INDENT
  if tables.is_banner(row) then
    return row_of({ cell(row[1], page.MARGIN_X, left_of(plan, #shown.columns + 1) - page.MARGIN_X,
      { size = plan.size, bold = true, indent = indent }) }, plan.size)
  end
  local cells = {}
  for c, column in ipairs(shown.columns) do
    cells[c] = cell(row[c], left_of(plan, c), plan.widths[c], { size = plan.size,
      align = column.align, indent = c == 1 and indent or 0, mono = prose.is_hash(row[c]),
      bold = row.kind == "total" or (row.kind == "heading" and c == 1) })
  end
  local made = row_of(cells, plan.size)
  made.total = row.kind == "total"
  return made
end

local function total_height(rows)
  local sum = 0
  for _, row in ipairs(rows) do sum = sum + row.height end
  return sum
end

local function draw_header(pages, rows, right, size)
  pages:rule(page.MARGIN_X, right, pages.y, THICK)
  for _, row in ipairs(rows) do draw_row(pages, row, size) end
end

local function draw_body(pages, header, rows, right, size)
  for _, row in ipairs(rows) do
    if pages.y + row.height > pages.bottom then
      pages:rule(page.MARGIN_X, right, pages.y, THICK)
      pages:turn(pages:is_landscape())
      draw_header(pages, header, right, size)
    end
    if row.total then pages:rule(page.MARGIN_X, right, pages.y, THIN) end
    draw_row(pages, row, size)
  end
  pages:rule(page.MARGIN_X, right, pages.y, THICK)
end

--- The page for the table: turned when it is wide, a new one when the table would fit there whole
--- but not here.
local function place(pages, plan, height, least)
  if plan.landscape ~= pages:is_landscape() then
    if pages:is_empty() then pages.pages[#pages.pages] = nil end
    pages:turn(plan.landscape)
    return
  end
  local whole = pages.bottom - pages.top
  pages:need(height <= whole and height or least)
end

--- Puts a table down, its caption above and its notes below.
---@param pages lobule.PdfPages
---@param block table               table, caption, label or nil
function M.draw(pages, block)
  local shown <const>, plan = block.table, page.plan(block.table)
  local header, rows = header_rows(shown, plan), {}
  for i, row in ipairs(shown.rows) do rows[i] = body_row(shown, plan, row) end
  local caption = block.label and block.label .. " " .. block.caption or block.caption
  local look = { size = CAPTION.size, lead = block.label, bold = not block.label }
  local notes = 14 * #shown.notes
  pages:gap(6)
  place(pages, plan, 20 + total_height(header) + total_height(rows) + notes,
    20 + total_height(header) + (rows[1] and rows[1].height or 0))
  if caption ~= "" then pages:paragraph(caption, look, { after = 3, keep = true }) end
  local right = left_of(plan, #shown.columns + 1)
  draw_header(pages, header, right, plan.size)
  draw_body(pages, header, rows, right, plan.size)
  pages.y = pages.y + 2
  for _, note in ipairs(shown.notes) do pages:paragraph(note, NOTE, { keep = true }) end
  pages.y = pages.y + 14
  if plan.landscape then pages:turn(false) end
end

return M
