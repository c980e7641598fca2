--- Kaplan-Meier curves on other scales than survival: what is drawn, with limits, start and names.
local core = require "lobule.core"
local scale = require "lobule.figure.scale"
local value_axis = require "lobule.figure.value_axis"

local M = {}

M.NAMES = { "survival", "event", "cumulative_hazard", "loglog" }

--- All fall as survival rises: its lower limit becomes the upper one.
local SCALES <const> = {
  event = { label = "Probability of the event", of = function(s) return 1 - s end },
  cumulative_hazard = { label = "Cumulative hazard",
    of = function(s) return s < 1 and -math.log(s) or s == 1 and 0 or s end },
  loglog = { label = "log(−log survival)",
    of = function(s) return s == s and math.log(-math.log(s)) or s end },
}

--- Name of the axis when the researcher gives none.
---@param name string
---@return string
function M.label(name)
  return SCALES[name] and SCALES[name].label or "Survival"
end

local function each(values, of)
  for i, s in ipairs(values) do values[i] = of(s) end
end

--- Log-log curves begin at the first event; their ticks and columns are those of a log axis.
local function on_log_time(spec, given, named)
  local last = 0
  for _, curve in ipairs(spec.curves) do last = math.max(last, curve.time[#curve.time] or 0) end
  if spec.x_max then last = spec.x_max end
  local first, any = value_axis.first_time(spec.curves, last), false
  for _, curve in ipairs(spec.curves) do
    for i, value in ipairs(curve.survival) do
      any = any or curve.time[i] > 0 and math.abs(value) < math.huge
    end
  end
  if not any then
    core.raise("argument", "nobody has the event before the curve is 0: log(-log S) has no value",
      'Draw scale = "survival" or "cumulative_hazard".')
  end
  local times = {}
  for _, t in ipairs(given or scale.log_ticks(first, last)) do
    if t > 0 then times[#times + 1] = t end
  end
  if #times == 0 then
    core.raise("argument", "times: an axis of log time has no place for 0",
      "Name times after the first event.")
  end
  spec.x_log, spec.x_min, spec.times = true, nil, times
  if not named then spec.x_label = spec.x_label .. ", log scale" end
end

--- Puts the curves of a description on a scale; infinite limits run to the axis' end, values that
--- are infinite (survival of 0 or 1) are not drawn.
---@param spec table                description of the figure with its curves
---@param name string
---@param opts table                options of the plot: times and x_label as they were given
function M.apply(spec, name, opts)
  local wanted <const> = SCALES[name]
  if not wanted then return end
  for _, curve in ipairs(spec.curves) do
    each(curve.survival, wanted.of)
    each(curve.censor_survival, wanted.of)
    each(curve.conf_low, wanted.of)
    each(curve.conf_high, wanted.of)
    curve.conf_low, curve.conf_high = curve.conf_high, curve.conf_low
  end
  spec.quantity = name
  if name == "event" then
    spec.start = 0
    return
  end
  spec.y_axis, spec.start = "number", 0
  if name == "loglog" then on_log_time(spec, opts.times, opts.x_label) end
end

return M
