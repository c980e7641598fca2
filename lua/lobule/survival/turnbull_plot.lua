--- Turns Turnbull's curves into the description that the figure code draws.
local check = require "lobule.check"
local core = require "lobule.core"
local parts = require "lobule.survival.plot_parts"

local OPTIONS <const> = { { "times", "times" }, { "x_label", "string" },
  { "y_label", "string", "Survival" }, { "title", "string" }, { "width_mm", "positive", 183 } }

--- The last finite end of an interval of any curve.
local function last_time(fit)
  local last = 0
  for _, curve in ipairs(fit) do
    for j, right in ipairs(curve.right) do
      last = math.max(last, right < math.huge and right or curve.left[j])
    end
  end
  return last
end

--- Steps at the right ends; the band spans what is possible inside each interval.
local function curve_of(tb, g, last)
  local fit, spec = tb.fit[g], { label = tb.info.groups.label[g], time = {}, survival = {},
    conf_low = {}, conf_high = {}, censor_time = {}, censor_survival = {} }
  local survival = 1
  local function add(time, low, high)
    local k = #spec.time + 1
    if k > 1 and spec.time[k - 1] == time then k = k - 1 end
    spec.time[k], spec.survival[k], spec.conf_low[k], spec.conf_high[k] = time, high, low, high
  end
  for j, mass in ipairs(fit.mass) do
    local rest = j == #fit.mass and 0 or math.max(0, survival - mass)
    if fit.right[j] == math.huge then
      add(fit.left[j], survival, survival)
    else
      if fit.left[j] < fit.right[j] then add(fit.left[j], rest, survival) end
      add(fit.right[j], rest, rest)
    end
    survival = rest
  end
  if #spec.time == 0 then add(last, 1, 1) end
  return spec
end

return function(tb, options)
  local opts <const> = check.options(options, OPTIONS)
  if #tb.info.groups.label > 8 then
    core.raise("argument", ("%d curves do not fit one figure: at most 8"):format(
      #tb.info.groups.label), "Filter the groups, or collapse them with case() or cut().")
  end
  local last = last_time(tb.fit)
  local spec = { title = opts.title or (tb.title .. ", " .. tb.info.formula),
    width_mm = opts.width_mm, x_label = parts.axis_label(tb, opts), y_label = opts.y_label,
    times = opts.times or parts.nice_times(0, last > 0 and last or 1, tb.info.time_unit),
    conf = true, curves = {},
    annotation = { "Shaded: not determined by the data; line: upper edge" } }
  local words = {}
  for g, label in ipairs(tb.info.groups.label) do
    spec.curves[g] = curve_of(tb, g, last)
    words[g] = ("%s: %d rows, %d intervals with mass"):format(label, tb.fit[g].n,
      #tb.fit[g].mass)
  end
  spec.desc = ("%s against %s, step curves with boxes where survival is not determined. %s.")
    :format(spec.y_label, spec.x_label, table.concat(words, "; "))
  return (require("lobule.figure").curves(spec))
end
