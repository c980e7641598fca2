--- Figures of parametric distributions side by side: curves over Kaplan-Meier's, hazards.
local check = require "lobule.check"
local core = require "lobule.core"
local parts = require "lobule.survival.plot_parts"
local words = require "lobule.survival.parametric_words"

local M = {}

local FEW <const>, MANY <const> = 100, 200 -- points of a smooth curve
local MOST_CELLS <const> = 4e5 -- predictions in all

local function options_of(self, options, title)
  if self.info.interval then
    core.raise("argument", "interval-censored times have no follow-up to draw over")
  end
  local opts <const> = check.options(options, { { "horizon", "positive",
    1.5 * self.info.time_max }, { "title", "string", title .. self.info.formula },
    { "width_mm", "positive", 183 } })
  return opts
end

--- Times from near 0 to the horizon, evenly.
local function grid(self, horizon)
  local times = {}
  local n = math.max(FEW, math.min(MANY, MOST_CELLS // self.info.n_used)) // 1
  for i = 1, n do times[i] = horizon * i / n end
  return times
end

--- Means over the fitted people at each time.
local function mean_curve(fit, kind, times)
  local frame = fit:predict { type = kind, times = times }
  local list, sums, n = frame:column "estimate", {}, #times
  for k = 1, n do sums[k] = 0 end
  for i = 1, #list do
    local k = (i - 1) % n + 1
    sums[k] = sums[k] + (list[i] or 0)
  end
  local people = #list // n
  for k = 1, n do sums[k] = sums[k] / people end
  return sums
end

--- The hazard of the people who are left is that of each weighted by survival.
local function mean_hazard(fit, times)
  local s = fit:predict({ type = "survival", times = times }):column "estimate"
  local h = fit:predict({ type = "hazard", times = times }):column "estimate"
  local up, down, n = {}, {}, #times
  for k = 1, n do up[k], down[k] = 0, 0 end
  for i = 1, #s do
    local k = (i - 1) % n + 1
    if s[i] then up[k], down[k] = up[k] + s[i] * (h[i] or 0), down[k] + s[i] end
  end
  for k = 1, n do up[k] = down[k] > 0 and up[k] / down[k] or 0 / 0 end
  return up
end

local function converged(self)
  local list = {}
  for _, fit in ipairs(self.fits) do
    if fit.converged then list[#list + 1] = fit end
  end
  if #list == 0 then core.raise("numeric", "no distribution converged") end
  return list
end

--- Kaplan-Meier's curve of everybody, on the same rows.
local function observed(self)
  local outcome = self.info.formula:match "^(.-)~"
  local kept = core.take(check.data(self.data), self.fits[1]:residuals({ type = "martingale" })
    :column("row"):totable())
  local km = require("lobule.survival").km(outcome .. "~ 1", kept,
    { weights = self.options.weights, weight_type = self.options.weight_type })
  local frame = km.fit:curve(1)
  local curve = { label = "Kaplan-Meier", time = {}, survival = {} }
  for i = 1, #frame do
    curve.time[i], curve.survival[i] = frame:column "time"[i], frame:column "survival"[i]
  end
  return curve
end

function M.survival(self, options)
  local opts <const> = options_of(self, options, "Parametric curves over Kaplan-Meier, ")
  local times, curves, names = grid(self, opts.horizon), { observed(self) }, {}
  for _, fit in ipairs(converged(self)) do
    if #curves == 8 then break end
    names[#names + 1] = words.NAMES[fit.fit.distribution]
    curves[#curves + 1] = { label = names[#names], time = times, smooth = true,
      survival = mean_curve(fit, "survival", times) }
  end
  return require("lobule.figure").curves { title = opts.title, width_mm = opts.width_mm,
    desc = ("Kaplan-Meier curve with the survival by %s, drawn up to %s; shaded beyond %s, the "
      .. "end of follow-up."):format(table.concat(names, ", "), core.format_number(opts.horizon),
      core.format_number(self.info.time_max)), conf = false, curves = curves,
    x_label = parts.axis_label(self, {}), y_label = "Survival", x_max = opts.horizon,
    times = parts.nice_times(0, opts.horizon, self.info.time_unit),
    shade_from = self.info.time_max, annotation = { "Shaded: beyond the follow-up" } }
end

function M.hazard(self, options)
  local opts <const> = options_of(self, options, "Hazards, ")
  local times, lines, names = grid(self, opts.horizon), {}, {}
  for i, fit in ipairs(converged(self)) do
    if i > 7 then break end
    names[i] = words.NAMES[fit.fit.distribution]
    lines[i] = { label = names[i], x = times, y = mean_hazard(fit, times), look = "curve",
      series = i + 1 } -- as in the figure of survival, whose first is Kaplan-Meier's
  end
  return require("lobule.figure").lines { title = opts.title, width_mm = opts.width_mm,
    desc = ("Hazards by %s, drawn up to %s; shaded beyond %s, the end of follow-up."):format(
      table.concat(names, ", "), core.format_number(opts.horizon),
      core.format_number(self.info.time_max)), panels = { { lines = lines } }, y_zero = true,
    x_label = parts.axis_label(self, {}) .. "; shaded: beyond the follow-up",
    y_label = self.info.time_unit and ("Hazard (per %s)"):format(
      (self.info.time_unit:gsub("s$", ""))) or "Hazard", shade_from = self.info.time_max }
end

return M
