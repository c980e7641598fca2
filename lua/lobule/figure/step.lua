--- One curve: its line, in steps or smooth, its band, the ticks of its censorings.
local number = require "lobule.figure.number"
local style = require "lobule.figure.style"

local M = {}

local DENSE <const> = 2000 -- points from which steps closer than a tenth of a point are merged
local RESOLUTION <const> = 0.1
local CENSOR_HALF <const> = 2.1
local FAINT <const>, BAND <const>, FAINT_BAND <const> = 0.4, 0.16, 0.07

---@class lobule.figure.Step
---@field time number[]
---@field survival number[]
---@field low number[]
---@field high number[]
---@field censor_time number[]
---@field censor_survival number[]
---@field smooth boolean     points are joined, else values hold until the next
---@field start number       value at time 0
---@field last number        where the line ends
---@field faint number       from here on it is drawn lighter; math.huge: nowhere

-- The first time at which fewer than `least` are at risk.
local function faint_from(curve, least)
  if number.finite(curve.faint_from) then return curve.faint_from end
  for i, n in ipairs(curve.n_risk or {}) do
    if n < least then return (curve.n_risk_time or curve.time)[i] end
  end
  return math.huge
end

--- The steps of a curve up to x_max; points without a survival are left out.
---@param curve table      as in the figure's description
---@param options { x_min: number, x_max: number, start: number, least: number }
---@return lobule.figure.Step
function M.new(curve, options)
  local s = { time = {}, survival = {}, low = {}, high = {}, smooth = curve.smooth or false,
    start = curve.start or options.start,
    first = options.x_min, censor_time = {}, censor_survival = {}, last = 0 }
  for i, t in ipairs(curve.time) do
    if t <= options.x_max and number.finite(curve.survival[i]) then
      local k <const> = #s.time + 1
      s.time[k], s.survival[k] = t, curve.survival[i]
      s.low[k] = curve.conf_low and curve.conf_low[i] or 0 / 0
      s.high[k] = curve.conf_high and curve.conf_high[i] or 0 / 0
    end
    s.last = math.max(s.last, t)
  end
  for i, t in ipairs(curve.censor_time or {}) do
    s.last = math.max(s.last, t)
    if t <= options.x_max then
      local k <const> = #s.censor_time + 1
      s.censor_time[k] = t
      s.censor_survival[k] = curve.censor_survival and curve.censor_survival[i] or M.at(s, t)
    end
  end
  s.last = math.min(s.last, options.x_max)
  s.faint = faint_from(curve, options.least)
  return s
end

--- The value of a step function at a time.
---@param s lobule.figure.Step
---@param t number
---@return number
function M.at(s, t)
  local lo, hi = 0, #s.time -- the last index whose time is at most t
  while lo < hi do
    local middle <const> = (lo + hi + 1) // 2
    if s.time[middle] <= t then lo = middle else hi = middle - 1 end
  end
  return lo == 0 and s.start or s.survival[lo]
end

-- The value of one of the curve's lists at a time between two of its points.
local function between(s, list, k, t)
  if k == 0 then return s.start end
  local a <const>, b <const> = s.time[k], s.time[k + 1]
  if not b or t <= a then return list[k] end
  return list[k] + (list[k + 1] - list[k]) * (t - a) / (b - a)
end

-- The points of a smooth curve between two times, the ends among them; its start stands at the
-- beginning of the axis.
local function points(s, from, to)
  local k, n, last = 0, #s.time, nil
  local function at(t, i)
    last = t
    return t, t, between(s, s.survival, i, t), between(s, s.low, i, t), between(s, s.high, i, t)
  end
  while k < n and s.time[k + 1] <= from do k = k + 1 end
  return function()
    if last == nil and (k > 0 or s.start == s.start) then return at(from, k) end
    if k < n and s.time[k + 1] <= to then
      k = k + 1
      return at(s.time[k], k)
    end
    if k > 0 and k < n and last < to then return at(to, k) end
  end
end

--- The pieces between two times on which the curve is flat; those of a smooth one are points.
---@param s lobule.figure.Step
---@param from number
---@param to number
---@return fun(): number?, number?, number?, number?, number?  begin, end, survival, low, high
function M.pieces(s, from, to)
  if s.smooth then return points(s, from, to) end
  local i, n = 0, #s.time
  return function()
    while i <= n do
      local a <const> = math.max(from, i == 0 and from or s.time[i])
      local b <const> = math.min(to, i < n and s.time[i + 1] or to)
      local k <const> = i
      i = i + 1
      if b >= a then
        if k == 0 and s.start == s.start then return a, b, s.start, s.start, s.start end
        if k > 0 then return a, b, s.survival[k], s.low[k], s.high[k] end
      end
    end
  end
end

-- Fewer steps for curves of many thousands: those that no printer could tell apart become one.
local function thinned(s, plot)
  if #s.time <= DENSE then return s end
  local t = setmetatable({ time = {}, survival = {}, low = {}, high = {} }, { __index = s })
  for i, time in ipairs(s.time) do
    local k = #t.time
    local apart <const> = k < 2 or plot.x(time) - plot.x(t.time[k - 1]) >= RESOLUTION
    if apart or i == #s.time then k = k + 1 end
    t.time[k], t.survival[k], t.low[k], t.high[k] = time, s.survival[i], s.low[i], s.high[i]
  end
  return t
end

local function line(s, plot, from, to)
  local corners = {}
  for a, b, value in M.pieces(s, from, to) do
    for _, x in ipairs(a < b and { a, b } or { a }) do
      corners[#corners + 1] = plot.x(x)
      corners[#corners + 1] = plot.y(value)
    end
  end
  return corners
end

-- The band as polygons: a new one wherever an interval is missing (R gives none once S is 0).
local function bands(s, plot, from, to)
  local polygons, upper, lower = {}, {}, {}
  local function close()
    if #upper > 4 then
      for i = #lower - 1, 1, -2 do
        upper[#upper + 1] = lower[i]
        upper[#upper + 1] = lower[i + 1]
      end
      polygons[#polygons + 1] = upper
    end
    upper, lower = {}, {}
  end
  for a, b, _, low, high in M.pieces(s, from, to) do
    if number.finite(low) and number.finite(high) then
      for _, x in ipairs { a, b } do
        local k <const> = #upper
        upper[k + 1], upper[k + 2] = plot.x(x), plot.y(high)
        lower[k + 1], lower[k + 2] = plot.x(x), plot.y(low)
      end
    else
      close()
    end
  end
  close()
  return polygons
end

-- The part of a curve with enough people at risk, then the part drawn lighter.
local function parts(s)
  if s.faint >= s.last then return { { from = s.first, to = s.last, until_time = math.huge } } end
  local turn <const> = math.max(s.first, s.faint)
  return { { from = s.first, to = turn, until_time = turn },
    { from = turn, to = s.last, until_time = math.huge, faint = true } }
end

--- Draws the confidence band.
---@param canvas lobule.figure.Canvas
---@param s lobule.figure.Step
---@param plot table      x and y scales
---@param role string
function M.draw_band(canvas, s, plot, role)
  local steps <const> = thinned(s, plot)
  for _, part in ipairs(parts(s)) do
    for _, polygon in ipairs(bands(steps, plot, part.from, part.to)) do
      canvas:polygon(polygon, { role = role, opacity = part.faint and FAINT_BAND or BAND })
    end
  end
end

local function censor_ticks(s, plot, from, to)
  local segments, seen = {}, nil
  for i, t in ipairs(s.censor_time) do
    local value <const> = s.censor_survival[i]
    if t >= from and t < to and number.finite(value) then
      local x <const>, y <const> = plot.x(t), plot.y(value)
      local here <const> = number.fixed(x, 1) .. " " .. number.fixed(y, 1)
      if here ~= seen then
        segments[#segments + 1] = { x, y - CENSOR_HALF, x, y + CENSOR_HALF }
      end
      seen = here
    end
  end
  return segments
end

--- Draws the line and its censoring ticks, lighter where few are at risk.
---@param canvas lobule.figure.Canvas
---@param s lobule.figure.Step
---@param plot table
---@param look { role: string, dash: string|false }
function M.draw_line(canvas, s, plot, look)
  local steps <const> = thinned(s, plot)
  for _, part in ipairs(parts(s)) do
    local opacity <const> = part.faint and FAINT or nil
    local corners <const> = line(steps, plot, part.from, part.to)
    if #corners > 2 then
      canvas:line(corners, { role = look.role, dash = look.dash, width = look.width or style.LINE,
        opacity = opacity })
    end
    canvas:segments(censor_ticks(s, plot, part.from, part.until_time),
      { role = look.role, width = 0.7, opacity = opacity })
  end
end

return M
