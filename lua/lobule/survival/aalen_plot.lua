--- Cumulative regression functions of an additive hazards model as panels of step curves.
local check = require "lobule.check"
local core = require "lobule.core"
local parts = require "lobule.survival.plot_parts"
local names = require "lobule.terms"
local format = require "lobule.format"

local OPTIONS <const> = { { "terms", "any" }, { "width_mm", "positive", 183 },
  { "x_label", "string" }, { "y_label", "string", "Cumulative coefficient" },
  { "title", "string" } }
local MOST_STEPS <const> = 1000 -- of a curve: more cannot be told apart in print

--- The numbers of the terms to draw.
local function numbers_of(fit, wanted)
  local numbers = {}
  if wanted == nil then
    for j = 1, #fit.terms do numbers[j] = j end
    return numbers
  end
  for i, name in ipairs(type(wanted) == "table" and wanted or { wanted }) do
    for j, term in ipairs(fit.terms) do
      if term == name then numbers[i] = j end
    end
    if not numbers[i] then
      core.raise("name", ("no term '%s'"):format(tostring(name)),
        "Terms are: " .. table.concat(fit.terms, ", ") .. ".")
    end
  end
  return numbers
end

--- Step curves from 0: the estimate and its limits.
local function panel_of(fit, j)
  local z <const> = core.normal_quantile((1 + fit.options.conf_level) / 2)
  local time <const>, b <const>, variance <const> = fit.fit.time, fit.fit.cumulative[j],
    fit.fit.variance[j]
  local x, curve, low, high = { 0.0 }, { 0.0 }, { 0.0 }, { 0.0 }
  local every <const> = math.max(1, #time // MOST_STEPS)
  local function add(t, value, error)
    local k <const> = #x + 1
    x[k], curve[k], low[k], high[k] = t, value, value - z * error, value + z * error
  end
  local value, error = 0, 0
  for t = 1, #time do
    if t % every == 0 or t == #time then
      add(time[t], value, error)
      value, error = b[t], variance[t] ^ 0.5
      add(time[t], value, error)
    end
  end
  local info <const> = fit.info.terms[j - 1]
  return { title = info and names.label(info, fit.info.labels) or "Intercept (all columns 0)",
    lines = { { x = x, y = curve, look = "curve", series = 1 }, { x = x, y = low, look = "limit" },
      { x = x, y = high, look = "limit" } } }
end

---@param fit lobule.Aalen
---@param terms? string|table
---@param options? table
---@return lobule.Figure
return function(fit, terms, options)
  if type(terms) == "table" and #terms == 0 then terms, options = nil, terms end
  local opts <const> = check.options(options, OPTIONS)
  local panels, words = {}, {}
  for i, j in ipairs(numbers_of(fit, terms or opts.terms)) do
    panels[i] = panel_of(fit, j)
    local y <const> = panels[i].lines
    words[i] = ("%s: %s (%s to %s) at the end"):format(panels[i].title,
      format.number(y[1].y[#y[1].y]), format.number(y[2].y[#y[2].y]),
      format.number(y[3].y[#y[3].y]))
  end
  local level <const> = core.format_number(100 * fit.options.conf_level)
  local x_label <const> = parts.axis_label(fit, opts)
  return (require("lobule.figure").lines { title = opts.title
    or fit.title .. ", " .. fit.info.formula, width_mm = opts.width_mm, panels = panels,
    x_label = x_label, y_label = opts.y_label,
    desc = ("%s against %s, step curves with pointwise %s %% limits, %d %s. %s."):format(
      opts.y_label, x_label, level, #panels, #panels == 1 and "panel" or "panels",
      table.concat(words, "; ")) })
end
