--- Tables as real Word tables: repeated header rows, rows that stay whole, spanning headers, notes.
local page = require "lobule.report.page"
local prose = require "lobule.report.prose"
local tables = require "lobule.table"
local xml = require "lobule.report.docx_xml"

local M = {}

local TWIPS <const> = 20 -- a point
local KEPT_ROWS <const> = 30 -- a table of so many rows is kept on one page
local STYLES <const> = { [9] = "TableText", [8] = "TableTextSmall", [7] = "TableTextSmallest" }
local RULE <const> = '<w:%s w:val="single" w:sz="%d" w:space="0" w:color="auto"/>'

local function twips(points)
  return math.floor(points * TWIPS + 0.5)
end

--- A cell: its place (width, gridSpan, vMerge, border) and its one paragraph.
local function cell(place, runs, look)
  local properties = { ('<w:tcW w:w="%d" w:type="dxa"/>'):format(place.width) }
  if place.span and place.span > 1 then
    properties[#properties + 1] = ('<w:gridSpan w:val="%d"/>'):format(place.span)
  end
  if place.merge then
    properties[#properties + 1] = place.merge == "first" and '<w:vMerge w:val="restart"/>'
      or "<w:vMerge/>"
  end
  if place.rule then
    local side, weight = place.rule[1], place.rule[2]
    properties[#properties + 1] = "<w:tcBorders>" .. RULE:format(side, weight) .. "</w:tcBorders>"
  end
  if place.bottom then properties[#properties + 1] = '<w:vAlign w:val="bottom"/>' end
  local more = (look.keep and "<w:keepNext/>" or "")
    .. (look.indent and look.indent > 0
      and ('<w:ind w:left="%d"/>'):format(twips(look.indent * page.INDENT)) or "")
    .. (look.align and look.align ~= "left" and ('<w:jc w:val="%s"/>'):format(look.align) or "")
  return ("<w:tc><w:tcPr>%s</w:tcPr>%s</w:tc>"):format(table.concat(properties),
    xml.paragraph(look.style, runs, more))
end

local function row_of(cells, header)
  return ("<w:tr><w:trPr><w:cantSplit/>%s</w:trPr>%s</w:tr>"):format(
    header and "<w:tblHeader/>" or "", table.concat(cells))
end

local function span_width(plan, first, last)
  local total = 0
  for c = first, last do total = total + plan.twips[c] end
  return total
end

local HEADER_RULE <const>, GROUP_RULE <const> = { "bottom", 6 }, { "bottom", 4 }

local function header_cell(shown, plan, c, merge)
  local column = shown.columns[c]
  local runs = merge == "rest" and "" or xml.run(page.header(column), { bold = true })
  return cell({ width = plan.twips[c], merge = merge, bottom = true,
    rule = merge ~= "first" and HEADER_RULE or nil }, runs,
    { style = plan.style, align = column.align, keep = true })
end

--- The header: one row, or two with the spanning headers above. Both are repeated on each page.
local function header_rows(shown, plan)
  local spans, grouped = tables.spans(shown.columns, #shown.columns), false
  for _, span in ipairs(spans) do grouped = grouped or span.label ~= nil end
  local upper, lower = {}, {}
  for _, span in ipairs(spans) do
    if span.label then
      upper[#upper + 1] = cell({ width = span_width(plan, span.first, span.last),
        span = span.last - span.first + 1, rule = GROUP_RULE, bottom = true },
        xml.run(span.label, { bold = true }), { style = plan.style, align = "center",
        keep = true })
    end
    for c = span.first, span.last do
      if grouped and not span.label then
        upper[#upper + 1] = header_cell(shown, plan, c, "first")
        lower[#lower + 1] = header_cell(shown, plan, c, "rest")
      else
        local row = grouped and lower or upper
        row[#row + 1] = header_cell(shown, plan, c)
      end
    end
  end
  return row_of(upper, true) .. (grouped and row_of(lower, true) or "")
end

local function content(text, bold)
  if prose.is_hash(text) then return xml.run(text, { style = "SourceText" }) end
  return xml.run(text, bold and { bold = true } or nil)
end

local function body_row(shown, plan, row, keep)
  if tables.is_banner(row) then
    return row_of { cell({ width = span_width(plan, 1, #shown.columns), span = #shown.columns },
      content(row[1], true), { style = plan.style, indent = row.indent, keep = true }) }
  end
  local cells = {}
  for c, column in ipairs(shown.columns) do
    cells[c] = cell({ width = plan.twips[c],
      rule = row.kind == "total" and { "top", 4 } or nil },
      content(row[c], row.kind == "total" or (row.kind == "heading" and c == 1)),
      { style = plan.style, align = column.align, indent = c == 1 and row.indent or 0,
        keep = keep })
  end
  return row_of(cells)
end

local function table_head(caption, plan)
  local grid = {}
  for c, width in ipairs(plan.twips) do grid[c] = ('<w:gridCol w:w="%d"/>'):format(width) end
  local title = caption ~= "" and ('<w:tblCaption w:val="%s"/>'):format(xml.escape(caption)) or ""
  local margin = twips(page.CELL_MARGIN)
  return ('<w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="%d" w:type="dxa"/>'
    .. '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="%d" w:type="dxa"/>'
    .. '<w:right w:w="%d" w:type="dxa"/></w:tblCellMar>'
    .. '<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
    .. 'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>%s</w:tblPr><w:tblGrid>%s</w:tblGrid>')
    :format(span_width(plan, 1, #plan.twips), margin, margin, title, table.concat(grid))
end

--- The notes below a table. Without any an empty line parts it from what follows: Word joins two
--- tables that touch.
local function notes_of(shown)
  local parts = {}
  for i, note in ipairs(shown.notes) do
    local last = i == #shown.notes
    parts[i] = xml.paragraph(last and "TableNoteLast" or "TableNote", xml.run(note),
      last and "<w:keepLines/>" or "<w:keepNext/><w:keepLines/>")
  end
  if #parts == 0 then parts[1] = xml.paragraph("TableNoteLast", "") end
  return table.concat(parts)
end

--- A table with its caption above and its notes below.
---@param block table               table, caption, number or nil
---@return string
---@return boolean landscape        whether it needs a page turned on its side
function M.render(block)
  local shown <const> = block.table
  local plan = page.plan(shown)
  plan.style, plan.twips = STYLES[plan.size], {}
  for c, width in ipairs(plan.widths) do plan.twips[c] = twips(width) end
  local parts = {}
  if block.number or block.caption ~= "" then parts[1] = xml.caption(block, true) end
  parts[#parts + 1] = "<w:tbl>" .. table_head(block.caption, plan) .. header_rows(shown, plan)
  local n, short = #shown.rows, #shown.rows <= KEPT_ROWS
  for i, row in ipairs(shown.rows) do
    parts[#parts + 1] = body_row(shown, plan, row,
      short and (i < n or #shown.notes > 0))
  end
  parts[#parts + 1] = "</w:tbl>" .. notes_of(shown)
  return table.concat(parts), plan.landscape
end

return M
