--- Axes: from data to points on the page, and where the ticks stand.
local M = {}

-- Ticks per decade of a log axis, in the order of preference.
local LOG_STEPS <const> = { { 1, 2, 5 }, { 1, 3 }, { 1 }, { 1, 1.5, 2, 3, 5, 7 } }
local LOG_MIN <const>, LOG_MAX <const> = 3, 7
local NEAR <const> = 1e-9

-- Steps that people read easily on a time axis, by the word in its label.
local TIME_STEPS <const> = {
  { "month", { 1, 2, 3, 6, 12, 24, 36, 48, 60, 120, 240 } },
  { "week", { 1, 2, 4, 8, 12, 13, 26, 52, 104, 208, 520 } },
}

--- A straight axis.
---@param lo number     data at `from`
---@param hi number     data at `to`
---@param from number   position on the page
---@param to number
---@return fun(x: number): number
function M.linear(lo, hi, from, to)
  local slope <const> = (to - from) / (hi - lo)
  return function(x) return from + (x - lo) * slope end
end

--- A logarithmic axis; lo and hi are positive.
---@param lo number
---@param hi number
---@param from number
---@param to number
---@return fun(x: number): number
function M.log(lo, hi, from, to)
  local slope <const> = (to - from) / (math.log(hi) - math.log(lo))
  return function(x) return from + (math.log(x) - math.log(lo)) * slope end
end

-- The multiples of step in [lo, hi].
local function multiples(lo, hi, step)
  local ticks = {}
  for k = math.ceil(lo / step - NEAR), math.floor(hi / step + NEAR) do
    ticks[#ticks + 1] = k * step
  end
  return ticks
end

-- The step of the form 1, 2, 5 times a power of ten that gives about `wanted` intervals.
local function nice_step(span, wanted)
  local raw <const> = span / wanted
  local power <const> = 10.0 ^ math.floor(math.log(raw, 10) + NEAR)
  for _, m in ipairs { 1, 2, 5 } do
    if m * power >= raw * (1 - NEAR) then return m * power end
  end
  return 10 * power
end

--- Round ticks within an interval.
---@param lo number
---@param hi number
---@param wanted integer  about so many intervals
---@return number[] ticks
---@return number step
function M.ticks(lo, hi, wanted)
  local step <const> = nice_step(hi - lo, wanted)
  return multiples(lo, hi, step), step
end

--- Ticks of a time axis that begins at 0: months by 3, 6, 12, weeks by 4, 13, 26, 52.
---@param max number
---@param label string    the axis label; "Months since ..." tells the unit
---@param wanted integer  at most so many intervals
---@return number[]
function M.time_ticks(max, label, wanted)
  for _, unit in ipairs(TIME_STEPS) do
    if label:lower():find(unit[1], 1, true) and max > 2 then
      for _, step in ipairs(unit[2]) do
        if max / step <= wanted then return multiples(0, max, step) end
      end
    end
  end
  return (M.ticks(0, max, wanted))
end

local function powers_of_two(lo, hi)
  local ticks = {}
  for k = math.ceil(math.log(lo, 2) - NEAR), math.floor(math.log(hi, 2) + NEAR) do
    ticks[#ticks + 1] = 2.0 ^ k
  end
  return ticks
end

-- Steps per decade of a log axis that begins and ends at ticks, in the order of preference; false:
-- powers of two.
local COVER_STEPS <const> = { false, { 1, 1.5, 2, 3, 5, 7 }, { 1, 2, 5 }, { 1, 3 }, { 1 } }
local COVER_LEAST <const>, COVER_MOST <const> = 4, 7
local COVER_WASTE <const> = 1.5 -- of the range: what may lie beyond the data

local function decades(lo, hi, steps)
  local ticks = {}
  for k = math.floor(math.log(lo, 10)), math.ceil(math.log(hi, 10)) do
    for _, m in ipairs(steps) do
      local t <const> = k < 0 and m / 10.0 ^ -k or m * 10.0 ^ k
      if t >= lo * (1 - NEAR) and t <= hi * (1 + NEAR) then ticks[#ticks + 1] = t end
    end
  end
  return ticks
end

--- Ticks of a log axis: 0.5 1 2 where that gives enough, else coarser or finer, three to seven.
---@param lo number  positive
---@param hi number
---@return number[]
function M.log_ticks(lo, hi)
  local twos <const> = powers_of_two(lo, hi)
  if #twos >= LOG_MIN and #twos <= LOG_MAX then return twos end
  for _, steps in ipairs(LOG_STEPS) do
    local ticks <const> = decades(lo, hi, steps)
    if #ticks >= LOG_MIN and #ticks <= LOG_MAX then return ticks end
  end
  if #twos < LOG_MIN then return (M.ticks(lo, hi, 4)) end
  local every <const>, ticks = math.ceil((math.log(hi, 10) - math.log(lo, 10)) / LOG_MAX), {}
  for i, t in ipairs(decades(lo, hi, { 1 })) do
    if i % every == 0 then ticks[#ticks + 1] = t end
  end
  return ticks
end

-- The ticks from the last at or below lo to the first at or above hi; nil without one there.
local function around(ticks, lo, hi)
  local kept = {}
  for i, t in ipairs(ticks) do
    local before <const>, after <const> = ticks[i - 1], ticks[i + 1]
    if (not after or after > lo * (1 + NEAR)) and (not before or before < hi * (1 - NEAR)) then
      kept[#kept + 1] = t
    end
  end
  return kept
end

-- Every k-th power of ten from at or below lo to at or above hi.
local function wide_cover(lo, hi)
  local first <const> = math.floor(math.log(lo, 10) + NEAR)
  local last <const> = math.ceil(math.log(hi, 10) - NEAR)
  local every <const>, ticks = math.max(1, math.ceil((last - first) / (COVER_MOST - 1))), {}
  for k = first, last + every - 1, every do ticks[#ticks + 1] = 10.0 ^ k end
  return ticks
end

-- Round numbers from at or below lo to at or above hi.
local function round_cover(lo, hi)
  local _, step <const> = M.ticks(lo, hi, 4)
  return multiples(math.floor(lo / step + NEAR) * step, math.ceil(hi / step - NEAR) * step, step)
end

--- Ticks of a log axis that begins at the first and ends at the last of them: 0.25 0.5 1 2 4. Of a
--- range too narrow for that, round numbers.
---@param lo number  positive
---@param hi number
---@return number[]
function M.log_cover(lo, hi)
  local best, least = nil, math.huge
  for k = 1, #COVER_STEPS + 1 do
    local steps <const> = COVER_STEPS[k]
    local ticks = k > #COVER_STEPS and round_cover(lo, hi)
      or around(steps and decades(lo / 11, hi * 11, steps)
        or powers_of_two(lo / 11, hi * 11), lo, hi)
    local waste <const> = #ticks > 0 and ticks[1] > 0
      and math.log(ticks[#ticks] / ticks[1]) / math.log(hi / lo) or math.huge
    local fits <const> = #ticks >= COVER_LEAST and #ticks <= COVER_MOST
    if fits and waste <= COVER_WASTE then return ticks end
    if fits and waste < least then best, least = ticks, waste end
  end
  return best or wide_cover(lo, hi)
end

return M
