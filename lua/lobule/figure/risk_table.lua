--- The table below a Kaplan-Meier plot: at risk, censored, events, in line with the ticks.
local key = require "lobule.figure.key"
local metrics = require "lobule.figure.metrics"
local number = require "lobule.figure.number"
local style = require "lobule.figure.style"

local M = {}

local ROWS <const> = {
  { "At risk", "n_risk" }, { "In state", "n_state" }, { "Censored, total", "n_censor" },
  { "Events, total", "n_event" },
}
local ROW_HEIGHT <const> = style.SMALL * 1.3
local HEAD_HEIGHT <const> = style.LABEL * metrics.LINE
local BLOCK_GAP <const> = 3.5
local LOOK <const> = { size = style.SMALL }
local NUMBER <const> = { size = style.SMALL, anchor = "middle" }

--- Width of the names of the rows.
---@return number
function M.names_width()
  local w = 0
  for _, row in ipairs(ROWS) do w = math.max(w, metrics.width(row[1], style.SMALL)) end
  return w
end

--- Width of each column's widest number.
---@param blocks table[]
---@param n integer      columns
---@return number[]
function M.column_widths(blocks, n)
  local widths = {}
  for j = 1, n do
    widths[j] = 0
    for _, block in ipairs(blocks) do
      for _, row in ipairs(ROWS) do
        local counts <const> = block[row[2]]
        if counts then
          widths[j] = math.max(widths[j], metrics.width(number.count(counts[j]), style.SMALL))
        end
      end
    end
  end
  return widths
end

-- The arm's name above its rows; with one arm there is nothing to tell apart.
local function head_lines(blocks, block, width)
  if #blocks == 1 then return {} end
  return metrics.wrap(block.label or "", style.LABEL, width - key.SAMPLE - key.GAP)
end

--- Height of the table.
---@param blocks table[]
---@param width number  room for the arms' names
---@return number
function M.height(blocks, width)
  local h = (#blocks - 1) * BLOCK_GAP
  for _, block in ipairs(blocks) do
    h = h + #head_lines(blocks, block, width) * HEAD_HEIGHT
    for _, row in ipairs(ROWS) do
      if block[row[2]] then h = h + ROW_HEIGHT end
    end
  end
  return h
end

local function draw_row(canvas, place, name, counts, y)
  canvas:text(place.left, y, name, LOOK)
  for _, column in ipairs(place.columns) do
    canvas:text(column.x, y, number.count(counts[column.index]), NUMBER)
  end
end

--- Draws the table.
---@param canvas lobule.figure.Canvas
---@param blocks table[]
---@param place table  left, top, width; columns: a list of { x, index }
function M.draw(canvas, blocks, place)
  local y = place.top
  for i, block in ipairs(blocks) do
    local head <const> = head_lines(blocks, block, place.width)
    if #head > 0 then
      local base <const> = y + HEAD_HEIGHT / 2 + style.LABEL * metrics.CAP / 2
      key.sample(canvas, place.left, base - style.LABEL * metrics.CAP / 2, i)
      canvas:lines(place.left + key.SAMPLE + key.GAP, base, head)
      y = y + #head * HEAD_HEIGHT
    end
    for _, row in ipairs(ROWS) do
      if block[row[2]] then
        draw_row(canvas, place, row[1], block[row[2]],
          y + ROW_HEIGHT / 2 + style.SMALL * metrics.CAP / 2)
        y = y + ROW_HEIGHT
      end
    end
    y = y + BLOCK_GAP
  end
end

return M
