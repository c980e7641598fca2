--- The plot of a forest: its axis, the line of no effect, squares, intervals and diamonds.
local layout = require "lobule.figure.layout"
local metrics = require "lobule.figure.metrics"
local number = require "lobule.figure.number"
local scale = require "lobule.figure.scale"
local style = require "lobule.figure.style"

local M = {}

local INSET <const> = 4 -- marks keep off the plot's ends, where arrowheads are
local TICK <const> = 3
local REACH <const> = 3 -- a log axis goes no further than this factor beyond the estimates
local LEAST_RATIO <const> = 1.8
local SQUARE <const>, LARGEST <const>, SMALLEST <const> = 4.4, 8, 2.4
local DIAMOND <const> = 3.4
local ARROW <const> = 3.2
local LINE <const> = 0.8
local SMALL_LINE <const> = style.SMALL * metrics.LINE
local FAVOUR_ARROW <const> = 12

-- Whether a value can stand on the axis.
local function usable(x, log)
  return number.finite(x) and (not log or x > 0)
end

-- Range of some fields over all rows with a mark.
local function range(spec, fields, log)
  local lo, hi = math.huge, -math.huge
  for _, row in ipairs(spec.rows) do
    for _, field in ipairs(usable(row.estimate, log) and fields or {}) do
      local x <const> = row[field]
      if usable(x, log) then lo, hi = math.min(lo, x), math.max(hi, x) end
    end
  end
  return lo, hi
end

local ALL <const> = { "estimate", "conf_low", "conf_high", "predict_low", "predict_high" }

local function log_limits(spec)
  local first, last = range(spec, { "estimate" }, true)
  if first > last then first, last = spec.reference or 1, spec.reference or 1 end
  if spec.reference then
    first, last = math.min(first, spec.reference), math.max(last, spec.reference)
  end
  local lo, hi = range(spec, ALL, true)
  lo, hi = math.min(first, math.max(lo, first / REACH)), math.max(last, math.min(hi, last * REACH))
  if lo == math.huge or hi / lo < LEAST_RATIO then
    local middle <const> = math.sqrt(lo * hi)
    lo, hi = math.min(lo, middle / LEAST_RATIO), math.max(hi, middle * LEAST_RATIO)
  end
  return lo, hi
end

local function linear_limits(spec)
  local lo, hi = range(spec, ALL, false)
  if spec.reference then lo, hi = math.min(lo, spec.reference), math.max(hi, spec.reference) end
  if lo > hi then lo, hi = 0, 1 end
  if lo == hi then lo, hi = lo - 0.5, hi + 0.5 end
  local _, step <const> = scale.ticks(lo, hi, 5)
  return math.floor(lo / step + 1e-9) * step, math.ceil(hi / step - 1e-9) * step
end

--- The axis of a forest plot: limits, ticks and scale.
---@param spec table
---@param x0 number
---@param x1 number
---@return table axis
function M.new(spec, x0, x1)
  local lo, hi, ticks
  if spec.limits then
    lo, hi = spec.limits[1], spec.limits[2]
    if spec.log then ticks = scale.log_ticks(lo, hi) end
  elseif spec.log then
    lo, hi = log_limits(spec)
    ticks = scale.log_cover(lo, hi)
    lo, hi = math.min(lo, ticks[1]), math.max(hi, ticks[#ticks])
  else
    lo, hi = linear_limits(spec)
  end
  ticks = ticks or (scale.ticks(lo, hi, x1 - x0 > 120 and 5 or 4))
  local heaviest = 0
  for _, row in ipairs(spec.rows) do
    if number.finite(row.weight) then heaviest = math.max(heaviest, row.weight) end
  end
  return { lo = lo, hi = hi, log = spec.log, ticks = ticks, x0 = x0, x1 = x1, heaviest = heaviest,
    reference = spec.reference and spec.reference >= lo and spec.reference <= hi
      and spec.reference or nil,
    labels = number.labels(ticks, not spec.log, spec.mark),
    x = (spec.log and scale.log or scale.linear)(lo, hi, x0 + INSET, x1 - INSET) }
end

local function arrowhead(canvas, x, y, direction)
  canvas:polygon({ x, y, x - direction * ARROW, y - 1.7, x - direction * ARROW, y + 1.7 })
end

-- A horizontal line from low to high, with an arrowhead where the axis cuts it.
local function interval(canvas, axis, low, high, y)
  if not (low == low and high == high) or low > high then return end
  local cut_low <const>, cut_high <const> = low < axis.lo, high > axis.hi
  if high < axis.lo or low > axis.hi then
    local at <const>, direction <const> = high < axis.lo and axis.x0 or axis.x1,
      high < axis.lo and -1 or 1
    canvas:line({ at - direction * 7, y, at - direction * 2, y }, { width = LINE })
    return arrowhead(canvas, at, y, direction)
  end
  local from <const> = cut_low and axis.x0 or axis.x(low)
  local to <const> = cut_high and axis.x1 or axis.x(high)
  canvas:line({ from + (cut_low and 2 or 0), y, to - (cut_high and 2 or 0), y }, { width = LINE })
  if cut_low then arrowhead(canvas, axis.x0, y, -1) end
  if cut_high then arrowhead(canvas, axis.x1, y, 1) end
end

-- Area, not side, follows the weight.
local function side_of(row, axis)
  if not number.finite(row.weight) or axis.heaviest <= 0 then return SQUARE end
  return math.max(SMALLEST, LARGEST * math.sqrt(math.max(0, row.weight) / axis.heaviest))
end

local function diamond(canvas, row, axis, y)
  local function clamp(x) return axis.x(math.max(axis.lo, math.min(x, axis.hi))) end
  local x <const> = clamp(row.estimate)
  local low <const>, high <const> = row.conf_low or 0 / 0, row.conf_high or 0 / 0
  local from <const> = low == low and clamp(low) or x - 2
  local to <const> = high == high and clamp(high) or x + 2
  canvas:polygon({ from, y, x, y - DIAMOND, to, y, x, y + DIAMOND }, { role = "s1" })
end

local function reference_mark(canvas, axis, y)
  if not axis.reference then return end
  local x <const>, half <const> = axis.x(axis.reference), SQUARE / 2 - 0.4
  canvas:rect(x - half, y - half, 2 * half, 2 * half, { role = "paper", how = "fill" })
  canvas:rect(x - half, y - half, 2 * half, 2 * half, { role = "s1", width = LINE })
end

--- Draws one row's mark.
---@param canvas lobule.figure.Canvas
---@param row table
---@param axis table
---@param y number
function M.draw_mark(canvas, row, axis, y)
  if row.header then return end
  if row.reference then return reference_mark(canvas, axis, y) end
  if not usable(row.estimate, axis.log) then return end
  if row.predict_low and row.predict_high then
    interval(canvas, axis, row.predict_low, row.predict_high, y)
  end
  if row.summary then return diamond(canvas, row, axis, y) end
  interval(canvas, axis, row.conf_low or 0 / 0, row.conf_high or 0 / 0, y)
  if row.estimate >= axis.lo and row.estimate <= axis.hi then
    local side <const>, x <const> = side_of(row, axis), axis.x(row.estimate)
    canvas:rect(x - side / 2, y - side / 2, side, side, { role = "s1", how = "fill" })
  end
end

-- One side's text beside an arrow that points away from the reference.
local function favour(canvas, text, x, y, direction, room)
  local lines <const> = metrics.wrap(text, style.SMALL, room - FAVOUR_ARROW - 8)
  local start <const> = x + direction * 4
  local tip <const> = start + direction * FAVOUR_ARROW
  local middle <const> = y - style.SMALL * metrics.CAP / 2
  canvas:line({ start, middle, tip - direction * 2, middle }, { role = "muted" })
  canvas:polygon({ tip, middle, tip - direction * ARROW, middle - 1.6, tip - direction * ARROW,
    middle + 1.6 }, { role = "muted" })
  canvas:lines(tip + direction * 3, y, lines,
    { size = style.SMALL, anchor = direction < 0 and "end" or "start" })
  return #lines * SMALL_LINE
end

--- Draws the line of no effect behind the marks.
---@param canvas lobule.figure.Canvas
---@param axis table
---@param top number
---@param bottom number
function M.draw_reference(canvas, axis, top, bottom)
  if not axis.reference then return end
  local x <const> = axis.x(axis.reference)
  canvas:line({ x, top, x, bottom }, { role = "muted", width = style.HAIR, dash = "2 1.6" })
end

--- Draws the axis below the rows, with what it measures and whom its sides favour.
---@param canvas lobule.figure.Canvas
---@param spec table
---@param axis table
---@param y number
---@param margin number
---@return number y  where the drawing ends
function M.draw_axis(canvas, spec, axis, y, margin)
  local segments, centres, widths = { { axis.x0, y, axis.x1, y } }, {}, {}
  for i, t in ipairs(axis.ticks) do
    centres[i], widths[i] = axis.x(t), metrics.width(axis.labels[i], style.SMALL)
    segments[#segments + 1] = { centres[i], y, centres[i], y + TICK }
  end
  canvas:segments(segments)
  y = y + TICK + 1 + style.SMALL * 0.95
  for i = 1, #centres, layout.thin(centres, widths, 3) do
    canvas:text(centres[i], y, axis.labels[i], { size = style.SMALL, anchor = "middle" })
  end
  if spec.favours and axis.reference then
    local x <const> = axis.x(axis.reference)
    y = y + SMALL_LINE + 2.5
    local left <const> = favour(canvas, spec.favours[1] or "", x, y, -1, x - margin)
    local right <const> = favour(canvas, spec.favours[2] or "", x, y, 1, canvas.width - margin - x)
    y = y + math.max(left, right) - SMALL_LINE
  end
  local label <const> = spec.x_label
  if label then
    local middle <const> = (axis.x0 + axis.x1) / 2
    local room <const> = 2 * math.min(middle - margin, canvas.width - margin - middle)
    local lines <const> = metrics.wrap(label, style.LABEL, room)
    y = canvas:lines(middle, y + style.LABEL * metrics.LINE + 2, lines, { anchor = "middle" })
      - style.LABEL * metrics.LINE
  end
  return y + style.LABEL * metrics.DESCENT
end

return M
