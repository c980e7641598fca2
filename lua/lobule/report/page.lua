--- The page of printed reports (Word and PDF), and how wide a table's columns are on it.
local layout = require "lobule.figure.layout"
local metrics = require "lobule.figure.metrics"
local prose = require "lobule.report.prose"
local tables = require "lobule.table"

local M = {}

-- A4 in points; the text also fits the printable part of US Letter in width.
M.WIDTH, M.HEIGHT = 595.3, 841.9
M.MARGIN_X, M.MARGIN_Y = 56.7, 70.9 -- 20 and 25 mm
M.TEXT = M.WIDTH - 2 * M.MARGIN_X
M.TEXT_LANDSCAPE = M.HEIGHT - 2 * M.MARGIN_X
M.CELL_MARGIN = 3.5 -- left and right of a cell's text
M.INDENT = 10 -- a step of a row
M.CODE_SCALE = 0.8 -- of the fixed-width font
M.FIGURE_HEIGHT = 600 -- of a figure, so that its caption finds room

local COLUMN_GAP <const> = 6 -- beyond the margins, so that columns stand apart
local FIXED_ADVANCE <const> = 0.6 -- em, of Courier and its like
local SIZES <const> = { { 9, false }, { 8, false }, { 9, true }, { 8, true }, { 7, true } }

local function cell_width(text, size, bold)
  if prose.is_hash(text) then return #text * FIXED_ADVANCE * M.CODE_SCALE * size end
  return metrics.width(prose.set(text), size, bold)
end

--- The header of a column: its label and unit.
---@param column lobule.TableColumn
---@return string
function M.header(column)
  return column.unit and ("%s (%s)"):format(column.label, column.unit) or column.label
end

--- The width that a column would like, and the least at which no number or word is broken.
local function column_widths(shown, c, size, breakable)
  local column = shown.columns[c]
  local header = M.header(column)
  local natural = metrics.width(header, size, true)
  local least = metrics.widest_word(header, size, true)
  for _, row in ipairs(shown.rows) do
    if not tables.is_banner(row) then
      local indent = c == 1 and row.indent * M.INDENT or 0
      local bold = row.kind ~= nil
      local whole = cell_width(row[c], size, bold)
      natural = math.max(natural, whole + indent)
      local unbroken = (column.align == "right" and not breakable) or prose.is_hash(row[c])
      local part = unbroken and whole or metrics.widest_word(row[c], size, bold)
      least = math.max(least, part + indent)
    end
  end
  local space = 2 * M.CELL_MARGIN + 1
  return natural + space + COLUMN_GAP, least + space
end

local function sum(list)
  local total = 0
  for _, x in ipairs(list) do total = total + x end
  return total
end

--- The last column of a group gives what the group's header lacks.
local function widen_groups(shown, natural, least, size)
  for _, span in ipairs(tables.spans(shown.columns, #shown.columns)) do
    for _, list in ipairs(span.label and { natural, least } or {}) do
      local width = 0
      for c = span.first, span.last do width = width + list[c] end
      local need = list == natural and metrics.width(span.label, size, true)
        or metrics.widest_word(span.label, size, true)
      local lack = need + 2 * M.CELL_MARGIN + 1 - width
      if lack > 0 then list[span.last] = list[span.last] + lack end
    end
  end
end

---@class lobule.TablePlan
---@field size number               of the text, in points
---@field landscape boolean
---@field widths number[]           of the columns, margins included

local function widths(shown, size, breakable)
  local natural, least = {}, {}
  for c = 1, #shown.columns do
    natural[c], least[c] = column_widths(shown, c, size, breakable)
  end
  widen_groups(shown, natural, least, size)
  return natural, least
end

--- How a table is set: upright at 9 or 8 points, else across the page at 9 to 7 points. At the
--- smallest size, intervals in the cells of numbers may go over two lines.
---@param shown lobule.Table
---@return lobule.TablePlan
function M.plan(shown)
  for _, choice in ipairs(SIZES) do
    local size, landscape = choice[1], choice[2]
    local natural, least = widths(shown, size, false)
    local available = landscape and M.TEXT_LANDSCAPE or M.TEXT
    if sum(least) <= available then
      return { size = size, landscape = landscape, widths = layout.share(natural, least,
        available) }
    end
  end
  local size = SIZES[#SIZES][1]
  local natural, least = widths(shown, size, true)
  return { size = size, landscape = true, widths = layout.share(natural, least,
    M.TEXT_LANDSCAPE) }
end

return M
