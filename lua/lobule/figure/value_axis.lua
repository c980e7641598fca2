--- The vertical axis of curves: percent from 0 to 100, or plain numbers over what the curves reach.
local metrics = require "lobule.figure.metrics"
local number = require "lobule.figure.number"
local scale = require "lobule.figure.scale"
local style = require "lobule.figure.style"

local M = {}

local PERCENT <const> = { 0, 25, 50, 75, 100 }
local PAD <const> = 0.03 -- of the range
local BAND_SHARE <const> = 0.35 -- a band may widen the range by this part of the curves' own

-- The range of the lines; bands widen it, but one that runs off does not press the lines flat.
local function range(spec, steps)
  local lo, hi, low, high = math.huge, -math.huge, math.huge, -math.huge
  for _, s in ipairs(steps) do
    for i, value in ipairs(s.survival) do
      lo, hi = math.min(lo, value), math.max(hi, value)
      if spec.conf ~= false and number.finite(s.low[i]) then low = math.min(low, s.low[i]) end
      if spec.conf ~= false and number.finite(s.high[i]) then high = math.max(high, s.high[i]) end
    end
    if number.finite(s.start) then lo, hi = math.min(lo, s.start), math.max(hi, s.start) end
  end
  if lo > hi then lo, hi = 0, 1 end
  if lo == hi then hi = lo + 1 end
  local span <const> = hi - lo
  lo, hi = math.min(lo, math.max(low, lo - BAND_SHARE * span)),
    math.max(hi, math.min(high, hi + BAND_SHARE * span))
  return lo == 0 and 0 or lo - PAD * span, hi + PAD * span
end

-- Bands end at the axis' ends.
local function clip(steps, lo, hi)
  for _, s in ipairs(steps) do
    for i in ipairs(s.time) do
      if s.low[i] == s.low[i] then s.low[i] = math.max(lo, math.min(s.low[i], hi)) end
      if s.high[i] == s.high[i] then s.high[i] = math.max(lo, math.min(s.high[i], hi)) end
    end
  end
end

--- The axis of a figure.
---@param spec table      the description: y_axis, conf, mark
---@param steps lobule.figure.Step[]  whose bands are cut at the axis' ends
---@return table          low, high, ticks ({ at, label }), width of the widest label
function M.plan(spec, steps)
  local axis <const> = { low = 0, high = 1, ticks = {}, width = metrics.width("100", style.SMALL) }
  if spec.y_axis ~= "number" then
    for i, percent in ipairs(PERCENT) do
      axis.ticks[i] = { at = percent / 100, label = number.fixed(percent) }
    end
    return axis
  end
  axis.low, axis.high = range(spec, steps)
  clip(steps, axis.low, axis.high)
  local values = scale.ticks(axis.low, axis.high, 4)
  if #values < 3 then values = scale.ticks(axis.low, axis.high, 8) end
  axis.width = 0
  for i, label in ipairs(number.labels(values, true, spec.mark)) do
    axis.ticks[i] = { at = values[i], label = label }
    axis.width = math.max(axis.width, metrics.width(label, style.SMALL))
  end
  return axis
end

--- What stands beside the axis.
---@param spec table
---@return string
function M.name(spec)
  local label <const> = spec.y_label or "Survival"
  if spec.y_axis == "number" then return label end
  return label:find("%%") and label or label .. " (%)"
end

--- The first time at which a log axis can begin: the earliest step above 0.
---@param curves table[]
---@param x_max number
---@return number
function M.first_time(curves, x_max)
  local first = x_max
  for _, curve in ipairs(curves) do
    for i, t in ipairs(curve.time) do
      if t > 0 and number.finite(curve.survival[i]) then first = math.min(first, t) end
    end
  end
  return first < x_max and first or x_max / 10
end

return M
