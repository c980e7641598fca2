--- Mixture cure models: a logistic model of who is cured, a parametric one of when the others have
--- the event.
local check = require "lobule.check"
local compare = require "lobule.survival.parametric_compare"
local core = require "lobule.core"
local estimates = require "lobule.survival.parametric_estimates"
local fitting = require "lobule.survival.fitting"
local format = require "lobule.format"
local head = require "lobule.survival.parametric_head"
local predict = require "lobule.survival.aft_predict"
local printed = require "lobule.printed"
local result = require "lobule.result"
local shown = require "lobule.shown"
local terms = require "lobule.terms"
local weights = require "lobule.survival.weights"
local words = require "lobule.survival.parametric_words"

---@class lobule.Cure
---@field converged boolean
---@field warnings string[]
---@field info table
---@field title string
local Cure = { __name = "lobule.Cure" }
result.mixin(Cure)

local M, functions = {}, {}

local OPTIONS <const> = head.join {
  { "cure", "string", "~ 1" },
  { "distribution", { "weibull", "exponential", "lognormal", "loglogistic", "gengamma" },
    "weibull" },
  { "conf_level", "level", 0.95 },
  { "max_iter", "count", 300 },
}
local SHORT <const> = 0.05
local LEAST_GAIN <const> = 2.705543 / 2 -- half and half 0 and chi-square on 1 df: 5 %

--- What the fit cannot tell, in words.
local function cautions(fit, info)
  local list, alpha = result.warnings(info), rawget(fit, "follow_up")
  if not fit.converged then
    list[#list + 1] = ("the fit did not converge in %d iterations: no estimates are given; cure "
      .. "and late events may not be told apart"):format(fit.iterations)
  end
  if not alpha then
    list[#list + 1] = "nobody is known to be event-free after the last event: nothing but the "
      .. "distribution says that there are cured"
  elseif alpha > SHORT then
    list[#list + 1] = ("the follow-up may be too short to see cures (Maller and Zhou's alpha %s, "
      .. "above 0.05): the cured fraction rests on the distribution"):format(
      format.number(alpha))
  end
  if fit.converged and fit.log_lik - fit.log_lik_none < LEAST_GAIN then
    list[#list + 1] = "the model without cure fits as well: the "
      .. "data do not say that any are cured"
  end
  if info.time_max > 0 then list[#list + 1] = words.few_events(info.n_event, #fit.coef) end
  if info.n_cluster then
    list[#list + 1] = require("lobule.survival.cox_warnings").few_clusters(fit.n_cluster)
  end
  return list
end

--- Mixture cure model (Boag 1949; Farewell 1982, Biometrics 38:1041): a fraction c never has the
--- event, the others (latency) by an accelerated failure time model: S(t) = c + (1 - c) S0(t), c
--- logistic in the terms of `cure`, so that its coefficients are log odds ratios of being cured.
--- Whether there are cured is seen only after the last event: warnings say when the follow-up is
--- too short (Maller & Zhou 1996). Any censoring and late entry as in survival.aft. strata(x) in
--- the formula gives each stratum its own scale of the latency. Rows missing any variable of either
--- part are left out and counted.
---@param formula string            of the latency: "Surv(time, event) ~ treatment"; as survival.aft
---@param data lobule.Cohort|lobule.Frame
---@param options? table            cure ("~ 1"): terms of the cured fraction, "~ treatment + age";
---                                 distribution: "weibull" (default), "exponential", "lognormal",
---                                 "loglogistic", "gengamma"; conf_level (0.95); robust: sandwich
---                                 variance, by itself with cluster(x) in the formula, cluster =
---                                 "x" or sampling weights; max_iter (300); weights: a column;
---                                 weight_type: "frequency", "sampling" (robust variance), "case"
---@return lobule.Cure
---@raise as survival.aft; a cure formula with an outcome, strata() or cluster()
---@example lb.survival.cure("Surv(months, progressed) ~ 1", lb.example_data(), { cure = "~ arm" })
function functions.cure(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  weights.check(opts, data)
  local outcome, latency = fitting.clustered(formula, opts):match "^(.-)~(.*)$"
  local left, incidence = opts.cure:match "^%s*(.-)%s*~(.*)$"
  if not outcome or left ~= "" then
    core.raise("argument", "cure: expected the terms of the cured fraction alone",
      'Write cure = "~ treatment + age".')
  end
  local present <const> = weights.present(data, opts)
  local whole, info = fitting.build(("%s~ %s + %s"):format(outcome, latency, incidence), present,
    "design", opts, { outcome = "interval" })
  local rows = core.take(check.data(present), core.model_rows(whole):column("row"):totable())
  local model, first = fitting.build(outcome .. "~ " .. latency, rows, "design", opts,
    { outcome = "interval" })
  local second, other = fitting.build(outcome .. "~ " .. incidence, rows, "design", opts,
    { outcome = "interval" })
  if #other.strata.label > 1 or other.n_cluster then
    core.raise("argument", "cure: strata() and cluster() stand in the formula of the latency")
  end
  local fit = core.cure(model, second, { distribution = opts.distribution,
    max_iter = opts.max_iter, robust = head.robust(opts, first), weight_type = opts.weight_type })
  info.strata, info.n_cluster = first.strata, first.n_cluster
  fit.robust = opts.robust or nil
  info.formula = ("%s; cure %s"):format(formula, opts.cure)
  fit.time_scale = info.time_max > 0 and info.time_max or 1
  return (setmetatable({ fit = fit, info = info, options = opts, model = model,
    cure_model = second, data = rows, latency_terms = first.terms, cure_terms = other.terms,
    title = ("Mixture cure model, %s latency"):format(words.NAMES[opts.distribution]),
    converged = fit.converged, warnings = cautions(fit, info) }, Cure))
end

--- Names of the parameters and their part.
local function parameters(self)
  local list = { { part = "latency", term = "(Intercept)" } }
  local function add(part, term)
    list[#list + 1] = { part = part, term = term.term, variable = term.variable,
      level = term.level, reference = term.reference, of_design = term.variable ~= nil }
  end
  for _, term in ipairs(self.latency_terms) do add("latency", term) end
  for s = 1, self.fit.n_scale do
    add("latency", { term = self.fit.n_scale == 1 and "log(scale)"
      or "log(scale):" .. self.info.strata.label[s] })
  end
  if self.fit.n_shape > 0 then add("latency", { term = "Q" }) end
  add("cure", { term = "(Intercept)" })
  for _, term in ipairs(self.cure_terms) do add("cure", term) end
  return list
end

local function row_of(self, i, parameter, level, exponentiate)
  local fit, row = self.fit, parameter
  if not fit.converged then return row end
  local ratio = exponentiate and not row.term:find "^Q"
  return head.estimate(row, fit.coef[i], fit.std_error[i], level, ratio and math.exp or nil)
end

local function rows_of(self, level, exponentiate)
  local rows = {}
  for i, parameter in ipairs(parameters(self)) do
    rows[i] = row_of(self, i, parameter, level, exponentiate)
  end
  return rows
end

local TIDY <const> = head.columns({ { "part", "text" }, { "term", "text" }, { "variable", "text" },
  { "level", "text" }, { "reference", "text" } }, head.ESTIMATES)

--- One row a parameter: those of the latency (time ratios when exponentiated), then those of cure
--- (odds ratios of being cured); std_error stays on the log scale.
---@param options? table            exponentiate (false); conf_level (that of the fit)
---@return lobule.Frame             # part ("latency", "cure"), term, variable, level, reference,
---                                 estimate, std_error, statistic, p_value, conf_low, conf_high
function Cure:tidy(options)
  local opts <const> = check.options(options, { { "exponentiate", "boolean", false },
    { "conf_level", "level", self.options.conf_level } })
  local frame = head.frame(rows_of(self, opts.conf_level, opts.exponentiate), TIDY)
  return frame
end

--- The fit in one row. log_lik_none is that of the model without cure, a boundary of this one:
--- twice the gain is half and half 0 and chi-square on 1 df when nobody is cured and cure is "~ 1".
---@return lobule.Frame             # distribution, n, n_missing, df, log_lik_none, log_lik, aic,
---                                 bic, follow_up_alpha, iterations, converged
function Cure:glance()
  local fit, row = self.fit, head.glance(self, #self.fit.coef)
  row.distribution, row.log_lik_none = fit.distribution, fit.log_lik_none
  row.follow_up_alpha = rawget(fit, "follow_up")
  local frame = head.frame({ row }, { { "distribution", "text" }, { "n", "integer" },
    { "n_missing", "integer" }, { "df", "integer" }, { "log_lik_none", "real" },
    { "log_lik", "real" }, { "aic", "real" }, { "bic", "real" }, { "follow_up_alpha", "real" },
    { "iterations", "integer" }, { "converged", "logical" } })
  return frame
end

--- Covariance matrix of all parameters; those of cure are named "cure:term".
---@return lobule.Frame             # term, then one column a parameter
function Cure:vcov()
  local names = {}
  for i, parameter in ipairs(parameters(self)) do
    names[i] = (parameter.part == "cure" and "cure:" or "") .. parameter.term
  end
  local frame = head.vcov(names, self.fit.vcov)
  return frame
end

--- The fraction cured, with limits made on the logit scale: of all, or of those who are event-free
--- at times, c / S(t), which rises to 1 (Farewell 1982).
---@param options? table            newdata: frame, cohort or table of columns (default the fitted
---                                 people); at: times event-free until then; conf_level (that of
---                                 the fit)
---@return lobule.Frame             # row, (time), estimate, std_error, conf_low, conf_high
---@raise a fit that did not converge
---@example local fit = lb.survival.cure("Surv(months, progressed) ~ 1", lb.example_data())
---  fit:cure_fraction { newdata = { age = { 60 } }, at = { 0, 24 } }
function Cure:cure_fraction(options)
  local opts <const> = check.options(options, { { "newdata", "any" }, { "at", "times" },
    { "conf_level", "level", self.options.conf_level } })
  local frame = estimates(self, "cured", opts.at or { 0 }, opts.at and "time", opts)
  return frame
end

--- The latency as a fit of survival.aft.
local function latency_of(self)
  local fit, n = self.fit, self.fit.n_latency
  local vcov = {}
  for i = 1, n do vcov[i] = table.move(fit.vcov[i], 1, n, 1, {}) end
  return { distribution = fit.distribution, coef = table.move(fit.coef, 1, n, 1, {}), vcov = vcov,
    n_scale = fit.n_scale, n_shape = fit.n_shape, scale = rawget(fit, "scale"),
    time_scale = fit.time_scale }
end

--- Predictions as of survival.aft, of all people, the cured among them: "lp" (log odds of being
--- cured), "survival", "hazard", "cumulative_hazard" and "rmst" at times, "quantile" (infinite
--- where that many never have the event). of = "uncured" gives those of the people who are not
--- cured, by the latency alone ("lp": its location; "mean" too).
---@param options? table            type ("lp"); of: "all" (default), "uncured"; newdata: frame,
---                                 cohort or { age = { 50, 70 } }; times: ascending; prob (0.5):
---                                 fractions; conf_level (that of the fit)
---@return lobule.Frame             # row, (time or prob), estimate, std_error, conf_low, conf_high
---@raise a fit that did not converge
---@example local fit = lb.survival.cure("Surv(months, progressed) ~ 1", lb.example_data())
---  fit:predict { type = "survival", times = { 12, 24 }, of = "uncured" }
function Cure:predict(options)
  local rest, of = {}, options and options.of
  for key, value in next, options or {} do rest[key] = key ~= "of" and value or nil end
  check.options({ of = of }, { { "of", { "all", "uncured" } } })
  local who = of == "uncured" and { fit = latency_of(self), info = self.info, data = self.data,
    options = self.options, model = self.model, converged = self.converged } or self
  local frame = predict.predict(who, rest)
  return frame
end

--- Hazard ratios at times, of all people, the cured among them: people of newdata against those of
--- reference (one, or as many), or the levels of a variable against its reference (a number: one
--- more than its mean; zeros and ones: 1 against 0) of people alike. Limits on the log scale, where
--- std_error is.
---@param options table             at: times; variable: of the formula (its first); newdata: frame,
---                                 cohort or { arm = { "SIRT" } }; reference: the same of those
---                                 compared with; conf_level (that of the fit)
---@return lobule.Frame             # term or row, time, estimate, std_error, conf_low, conf_high,
---                                 statistic, p_value
---@raise a fit that did not converge; strata, or terms that are computed, without newdata
function Cure:hazard_ratio(options)
  local frame = compare.hazard_ratio(self, options)
  return frame
end

--- Differences between people, who are chosen as in hazard_ratio: "survival" and "rmst" (mean time
--- up to there) at times, "quantile" (0.5: of medians). Limits on the plain scale.
---@param options table             type ("survival"); at: times; prob (0.5): fractions; variable:
---                                 of the formula (its first); newdata: people; reference: those
---                                 compared with; conf_level (that of the fit)
---@return lobule.Frame             # term or row, time or prob, estimate, std_error, conf_low,
---                                 conf_high
---@raise as hazard_ratio
function Cure:difference(options)
  local frame = compare.difference(self, options)
  return frame
end

local function terms_table(self)
  local rows, level = {}, self.options.conf_level
  for _, row in ipairs(rows_of(self, level, true)) do
    if row.of_design then
      rows[#rows + 1] = { row.part == "cure" and "Cured: odds ratio" or "Others: time ratio",
        terms.label(row, self.info.labels), head.interval_text(row, true), shown.p(row.p_value) }
    end
  end
  return require("lobule.table").new { rows = rows, columns = { { label = "Part" },
    { label = "Term" }, { label = ("Ratio (%s %% CI)"):format(core.format_number(100 * level)),
    align = "right" }, { label = "p", align = "right" } },
    notes = { "An odds ratio above 1 means more are cured, a time ratio above 1 later events." } }
end

local function fit_lines(self)
  local fit = self.fit
  local lines = { ("n = %s, %s events"):format(result.n_text(self.info),
    format.count(self.info.n_event)) }
  if #self.cure_terms == 0 and self.converged then
    local cured = self:cure_fraction():rows_list()[1]
    lines[2] = ("cured %s %% (%s %% CI %s to %s)"):format(format.fixed(100 * cured.estimate, 1),
      core.format_number(100 * self.options.conf_level), format.fixed(100 * cured.conf_low, 1),
      format.fixed(100 * cured.conf_high, 1))
  end
  if fit.n_scale > 1 then
    lines[#lines + 1] = ("a scale of the latency in each of %d strata"):format(fit.n_scale)
  end
  lines[#lines + 1] = head.likelihood_text(self, #fit.coef,
    ("(%s without cure)"):format(format.fixed(fit.log_lik_none, 2)))
  lines[#lines + 1] = head.variance_text(self)
  return lines
end

function Cure:__tostring()
  local any = #self.latency_terms + #self.cure_terms > 0
  return printed.text(self, any and terms_table(self) or nil, fit_lines(self))
end

--- The blocks of a report: the table of ratios, then warnings.
---@param options? table
---@return table[]
function Cure:report_blocks(options)
  return (printed.blocks(self, terms_table(self), fit_lines(self), options))
end

--- Everything at full precision.
---@return table
function Cure:record()
  return result.ordered { { "kind", "survival.cure" }, { "formula", self.info.formula },
    { "converged", self.converged }, { "terms", result.record(self:tidy()) },
    { "glance", result.record(self:glance()) }, { "vcov", result.record(self:vcov()) },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

M.cure = result.functions("survival", functions).cure
Cure.contrast = require("lobule.contrast_methods").contrast
core.class("cure", Cure)
return M
