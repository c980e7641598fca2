--- What follows from a parametric survival regression: predictions, residuals, augmented data,
--- figures. Methods of the class "aft".
local check = require "lobule.check"
local compare = require "lobule.survival.parametric_compare"
local core = require "lobule.core"
local estimates = require "lobule.survival.parametric_estimates"
local head = require "lobule.survival.parametric_head"
local result = require "lobule.result"
local words = require "lobule.survival.parametric_words"

local AFT = {}

local PREDICT <const> = { { "type", { "lp", "quantile", "survival", "hazard", "cumulative_hazard",
  "mean", "rmst" }, "lp" }, { "newdata", "any" }, { "times", "times" }, { "prob", "any" },
  { "conf_level", "level" } }

--- Times or fractions that a type needs, and the name of their column.
local function places(opts)
  local kind = opts.type
  if kind == "quantile" then
    return result.check_prob(opts.prob or 0.5), "prob"
  elseif kind == "lp" or kind == "mean" then
    return { 0 }, nil
  elseif not opts.times then
    core.raise("argument", ("%s needs times"):format(kind),
      ("Write predict { type = \"%s\", newdata = people, times = { 12, 24 } }."):format(kind))
  end
  return opts.times, "time"
end

local function check_given(opts)
  local timed = opts.type ~= "lp" and opts.type ~= "mean" and opts.type ~= "quantile"
  if opts.times and not timed then
    core.raise("argument", ("times have no meaning for type '%s'"):format(opts.type))
  elseif opts.prob ~= nil and opts.type ~= "quantile" then
    core.raise("argument", ("prob has no meaning for type '%s'"):format(opts.type))
  end
end

--- Predictions of people with standard errors and limits by the delta method, for the fitted data
--- or newdata; a row with a missing covariate is NA.
---   "lp"        location: of log time, of time, or the log rate of Gompertz hazards
---   "quantile"  the times by which the fractions `prob` have had the event (0.5: the median);
---               infinite where that many never have it
---   "survival", "hazard", "cumulative_hazard"  at `times`
---   "mean"      mean time, extrapolating the curve to its end; infinite where it does not exist
---   "rmst"      mean time up to each of `times`
--- std_error is of the estimate itself, as R's predict.survreg gives it; limits are made on the log
--- scale (quantile, hazards, mean), on that of log(-log S) (survival), else plain.
---@param options? table            type ("lp"); newdata: frame, cohort or { age = { 50, 70 } };
---                                 times: ascending; prob (0.5): fractions; conf_level
---@return lobule.Frame             # row, (time or prob), estimate, std_error, conf_low, conf_high
---@raise a fit that did not converge; a level or stratum that was not in the fit
---@example local fit = lb.survival.aft("Surv(months, progressed) ~ arm", lb.example_data())
---  fit:predict { type = "quantile", newdata = { arm = { "TACE", "SIRT" } }, prob = { 0.25, 0.5 } }
function AFT:predict(options)
  local opts <const> = check.options(options, PREDICT)
  check_given(opts)
  local mixture = rawget(self, "cure_model")
  if opts.type == "mean" and (rawget(self.fit, "knot") or mixture) then
    core.raise("argument", mixture and "mean: times of the cured have none"
      or "mean: a spline beyond the data is no estimate",
      'Take type = "rmst" with times.')
  end
  local at, name = places(opts)
  return (estimates(self, opts.type, at, name, opts))
end

local RESIDUALS <const> = { "response", "deviance", "working", "cox_snell", "martingale", "ldcase",
  "dfbeta", "dfbetas" }

--- Residuals, one row a row that was fitted, `row` being its number in the data: "response" (time
--- less exp(location); of an interval, its most likely time), "deviance", "working", as R's
--- residuals.survreg; "cox_snell" (cumulative hazard at the time: exponential if the model holds)
--- and "martingale" (event less that), NA for left- and interval-censored times; "ldcase"
--- (likelihood displacement by the row's weight, Escobar & Meeker 1992); "dfbeta" and "dfbetas" (in
--- standard errors) have a column a parameter. Weights do not multiply residuals.
---@param options? table            type ("deviance")
---@return lobule.Frame             # row, then the type or the parameters
---@raise a fit that did not converge; response, deviance and working of Gompertz hazards
function AFT:residuals(options)
  local opts <const> = check.options(options, { { "type", RESIDUALS,
    (self.fit.distribution == "gompertz" or self.info.has_entry) and "martingale"
      or "deviance" } })
  words.check_settled(self)
  local names = {}
  for i, term in ipairs(self.parameters) do names[i] = term.term end
  local frame = core.aft_residuals(self.model, self.fit, opts.type, names)
  return frame
end

--- The data with linear_predictor and its standard error, the median time and, for the fitted rows,
--- Cox-Snell and (where they exist) deviance residuals; NA in rows that were left out.
---@param newdata? lobule.Frame|lobule.Cohort  default: the data of the fit
---@return lobule.Frame
function AFT:augment(newdata)
  words.check_settled(self)
  local frame = check.new_data(newdata or self.data)
  local linear = self:predict { newdata = newdata }
  local middle = self:predict { type = "quantile", newdata = newdata }
  frame = core.with_column(frame, "linear_predictor", linear:column "estimate")
  frame = core.with_column(frame, "linear_predictor_std_error", linear:column "std_error")
  frame = core.with_column(frame, "median", middle:column "estimate")
  if newdata then return frame end
  local kinds = { "cox_snell" }
  if self.fit.distribution ~= "gompertz" and not self.info.has_entry then kinds[2] = "deviance" end
  for _, kind in ipairs(kinds) do
    local residual = core.aft_residuals(self.model, self.fit, kind, {}, true)
    frame = core.with_column(frame, kind, residual:column(kind))
  end
  return frame
end

--- The fraction that never has the event by a Gompertz model with a negative shape, exp(rate /
--- shape), of the people of newdata; 0 for other models, whose survival falls to 0.
---@param options? table            newdata: frame, cohort or table of columns
---@return lobule.Frame             # row, estimate
function AFT:cure_fraction(options)
  local opts <const> = check.options(options, { { "newdata", "any" } })
  local linear = self:predict { newdata = opts.newdata }
  local shape = self.fit.distribution == "gompertz" and self.fit.coef[#self.parameters] or 0
  local list, lp = { n = #linear }, linear:column "estimate"
  for i = 1, #linear do
    list[i] = lp[i] == nil and core.NA or shape < 0 and math.exp(math.exp(lp[i]) / shape) or 0.0
  end
  local frame = core.with_column(linear:select { "row" }, "estimate", head.column(list, "real"))
  return frame
end

--- Hazard ratios at times: people of newdata against those of reference (one, or as many), or the
--- levels of a variable against its reference (a number: one more than its mean; zeros and ones: 1
--- against 0) of people alike, whose other numbers are at their means and factors at their
--- references. Where hazards are not proportional they change with time. Delta method, limits on
--- the log scale, where std_error is.
---@param options table             at: times; variable: of the formula (its first); newdata: frame,
---                                 cohort or { arm = { "SIRT" } }; reference: the same of those
---                                 compared with; conf_level (that of the fit)
---@return lobule.Frame             # term or row, time, estimate, std_error, conf_low, conf_high,
---                                 statistic, p_value
---@raise a fit that did not converge; strata, or terms that are computed, without newdata
---@example local fit = lb.survival.aft("Surv(months, progressed) ~ arm", lb.example_data(),
---    { distribution = "lognormal" })
---  fit:hazard_ratio { at = { 6, 12, 24 } }
function AFT:hazard_ratio(options)
  local frame = compare.hazard_ratio(self, options)
  return frame
end

--- Differences between people, who are chosen as in hazard_ratio: "survival" and "rmst" (mean time
--- up to there) at times, "quantile" (0.5: of medians). Delta method, limits on the plain scale.
---@param options table             type ("survival"); at: times; prob (0.5): fractions; variable:
---                                 of the formula (its first); newdata: people; reference: those
---                                 compared with; conf_level (that of the fit)
---@return lobule.Frame             # term or row, time or prob, estimate, std_error, conf_low,
---                                 conf_high
---@raise as hazard_ratio
---@example lb.survival.aft("Surv(months, progressed) ~ arm", lb.example_data())
---    :difference { type = "quantile" }
function AFT:difference(options)
  local frame = compare.difference(self, options)
  return frame
end

--- Figures: "forest" (default) of time ratios (Gompertz: hazard ratios); "residuals", the
--- cumulative hazard of Cox-Snell residuals (Nelson-Aalen) against them, which follows the dotted
--- diagonal when the model holds.
---@param kind? "forest"|"residuals"
---@param options? table            title, width_mm (183), favours: { "favours A", "favours B" },
---                                 journal ("lancet", "nejm", ...)
---@return lobule.Figure
---@raise no terms; residuals of left- or interval-censored times
function AFT:plot(kind, options)
  if type(kind) == "table" then kind, options = nil, kind end
  check.options({ kind = kind }, { { "kind", { "forest", "residuals" }, "forest" } })
  local plots = require "lobule.survival.aft_plot"
  local figure = plots[kind or "forest"](self, options)
  return figure
end

return result.methods("aft", AFT)
