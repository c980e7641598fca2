--- What figures of curves against time share: ticks, the name of the axis, where few are at risk.
local M = {}

local MOST_STEPS <const> = 7

--- Steps of ticks that people read well over a span: months in years, anything else in round
--- numbers. The last is at least the span.
local function steps(span, unit)
  local list, power = {}, math.floor(math.log(math.max(span, 1e-300), 10)) - 2
  if unit == "months" and span <= 120 * MOST_STEPS then
    return { 1, 2, 3, 6, 12, 24, 36, 48, 60, 120 }
  end
  for k = math.max(power, -300), power + 3 do
    for _, step in ipairs { 1, 2, 5 } do list[#list + 1] = step * 10.0 ^ k end
  end
  return list
end

--- Ticks, MOST_STEPS of them at most, from a step at or below `first`.
---@param first number
---@param last number
---@param unit? string
---@return number[]
function M.nice_times(first, last, unit)
  local size
  for _, step in ipairs(steps(last - first, unit)) do
    size = step
    if (last - first) / step <= MOST_STEPS then break end
  end
  local times, start = {}, math.floor(first / size)
  for i = 0, MOST_STEPS + 1 do
    if start + i > last / size + 1e-9 then break end
    times[#times + 1] = (start + i) * size
  end
  return times
end

--- The time from which on fewer than ten are at risk, looking back from the end: with late entry
--- few
--- are at risk at the beginning too.
---@param time number[]
---@param n_risk number[]
---@return number?
function M.faint_from(time, n_risk)
  local from
  for i = #time, 1, -1 do
    if n_risk[i] >= 10 then break end
    from = time[i]
  end
  return from
end

--- The name of the axis of times.
---@param km table                  a result with info
---@param opts table
---@return string
function M.axis_label(km, opts)
  if opts.x_label then return opts.x_label end
  local unit = km.info.time_unit
  local label = km.info.time_label or "Time"
  return unit and ("%s (%s)"):format(label, unit) or label
end

return M
