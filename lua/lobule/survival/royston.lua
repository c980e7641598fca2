--- Royston-Parmar models: a spline of log time, proportional hazards, odds or probits, and effects
--- that change with time.
local changing = require "lobule.survival.royston_changing"
local check = require "lobule.check"
local compare = require "lobule.survival.parametric_compare"
local core = require "lobule.core"
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

---@class lobule.RoystonParmar
---@field converged boolean
---@field warnings string[]
---@field info table
---@field title string
local RoystonParmar = { __name = "lobule.RoystonParmar" }
result.mixin(RoystonParmar)

local M, functions = {}, {}

local OPTIONS <const> = head.join {
  { "link", { "hazard", "odds", "normal" }, "hazard" },
  { "df", "count" },
  { "knots", "times" },
  { "boundary", "times" },
  { "time_varying", "any" },
  { "conf_level", "level", 0.95 },
  { "max_iter", "count", 200 },
}
local RATIO <const> = { hazard = "Hazard ratio", odds = "Odds ratio", normal = "Probit difference" }
local SCALE <const> = { hazard = "log cumulative hazard", odds = "log cumulative odds",
  normal = "minus the normal quantile of survival" }

local function warnings_of(fit, info)
  local warnings = result.warnings(info)
  if info.time_max == 0 then table.remove(warnings) end -- intervals count no events
  if not fit.converged then
    warnings[#warnings + 1] = ("the fit did not converge in %d iterations: no estimates are given; "
      .. "fewer knots may"):format(fit.iterations)
  elseif fit.n_negative > 0 then
    warnings[#warnings + 1] = ("the fitted hazard is negative somewhere between times %s and %s, "
      .. "with the covariates of %d of %d rows: survival rises there; take fewer knots"):format(
      format.number(fit.negative_from), format.number(fit.negative_to), fit.n_negative,
      info.n_used)
  end
  if info.time_max > 0 then
    warnings[#warnings + 1] = words.few_events(info.n_event, #fit.coef)
  end
  if info.n_cluster then
    warnings[#warnings + 1] = require("lobule.survival.cox_warnings").few_clusters(fit.n_cluster)
  end
  return warnings
end

--- Names of the parameters in the order of the core.
local function parameters_of(fit, info)
  local list = {}
  for s = 1, fit.n_stratum do
    local stratum = fit.n_stratum > 1 and ":" .. info.strata.label[s] or ""
    for j = 0, #fit.knot - 1 do list[#list + 1] = { term = ("gamma%d%s"):format(j, stratum) } end
  end
  for _, term in ipairs(info.terms) do
    list[#list + 1] = { term = term.term, variable = term.variable, level = term.level,
      reference = term.reference, ratio = true }
  end
  for _, effect in ipairs(fit.effect) do
    local term = info.terms[effect.column]
    for j = 1, #effect.knot - 1 do
      list[#list + 1] = { term = ("%s:gamma%d"):format(term.term, j), variable = term.variable,
        level = term.level, reference = term.reference }
    end
  end
  return list
end

--- Flexible parametric model (Royston & Parmar 2002, Stat Med 21:2175): a natural cubic spline of
--- log time on the scale of the log cumulative hazard ("hazard": hazards are proportional), the log
--- cumulative odds ("odds") or minus the normal quantile of survival ("normal"), to which
--- covariates add. df 1 is the Weibull, log-logistic or log-normal model. Boundary knots are the
--- first and last exact event time; beyond them the spline is linear. Coefficients are those of the
--- untransformed spline basis, as flexsurv's (gamma0, gamma1 of log time, gamma2 ...). strata(x)
--- gives each stratum a spline of its own, of the same knots. time_varying makes the effect of a
--- variable a spline of log time too (Royston & Lambert 2011, chapter 7; Stata's tvc and dftvc): df
--- 1 is a straight line in log time, flexsurv's anc = list(gamma1 = ~ x); fit:hazard_ratio() and
--- the print say what that means at times. Any censoring and late entry as in survival.aft.
---@param formula string            "Surv(time, event) ~ treatment + age"; as survival.aft
---@param data lobule.Cohort|lobule.Frame
---@param options? table            link: "hazard" (default), "odds", "normal"; df (3): inner knots
---                                 + 1, at equal quantiles of the log exact times (of all rows that
---                                 frequencies stand for); knots: inner ones, times, in the place
---                                 of df; boundary: { first, last } boundary knots, times;
---                                 time_varying: "treatment", a list, or { treatment = 2, age =
---                                 { 12, 36 } }, df (1) or inner knots of each; conf_level (0.95);
---                                 robust: sandwich variance, by itself with cluster(x) in the
---                                 formula, cluster = "x" or sampling weights; max_iter (200);
---                                 weights: a column; weight_type: "frequency", "sampling" (robust
---                                 variance), "case"
---@return lobule.RoystonParmar
---@raise as survival.aft; knots that coincide; a stratum with fewer than two events; time_varying
---       that is no variable of the formula
---@example lb.survival.royston_parmar("Surv(months, progressed) ~ arm", lb.example_data())
function functions.royston_parmar(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  weights.check(opts, data)
  if opts.df and opts.knots then core.raise("argument", "df and knots: give one of them") end
  if opts.boundary and #opts.boundary ~= 2 then
    core.raise("argument", ("boundary: expected two times, found %d"):format(#opts.boundary))
  end
  local model, info = fitting.build(fitting.clustered(formula, opts), weights.present(data, opts),
    "design", opts, { outcome = "interval" })
  local fit = core.royston(model, { link = opts.link, df = opts.df or 3, knots = opts.knots,
    boundary = opts.boundary, change = changing.of(opts.time_varying, info.terms),
    robust = head.robust(opts, info), weight_type = opts.weight_type, max_iter = opts.max_iter })
  fit.likelihood_ratio = { df = #fit.coef } -- what lb.anova compares
  fit.robust = opts.robust or nil
  fit.time_scale = info.time_max > 0 and info.time_max or math.exp(fit.knot[#fit.knot])
  return (setmetatable({ fit = fit, info = info, options = opts, model = model, data = data,
    title = "Royston-Parmar model", converged = fit.converged, warnings = warnings_of(fit, info),
    parameters = parameters_of(fit, info), model_name = changing.name(fit, info) },
    RoystonParmar))
end

local function row_of(self, i, level, exponentiate)
  local fit, term = self.fit, self.parameters[i]
  local row = { term = term.term, variable = term.variable, level = term.level,
    reference = term.reference }
  if not fit.converged then return row end
  return head.estimate(row, fit.coef[i], fit.std_error[i], level,
    exponentiate and term.ratio and math.exp or nil)
end

local TIDY <const> = head.columns({ { "term", "text" }, { "variable", "text" }, { "level", "text" },
  { "reference", "text" } }, head.ESTIMATES)

--- One row a parameter: gamma0, gamma1 (of log time), gamma2 ... (with strata "gamma0:stratum"),
--- then the terms, then the splines of effects that change with time ("term:gamma1", of log time,
--- ...), of which the term is the effect at time 1. exponentiate gives hazard or odds ratios of the
--- terms; std_error stays on the log scale.
---@param options? table            exponentiate (false); conf_level (that of the fit)
---@return lobule.Frame             # term, variable, level, reference, estimate, std_error,
---                                 statistic, p_value, conf_low, conf_high
function RoystonParmar:tidy(options)
  local opts <const> = check.options(options, { { "exponentiate", "boolean", false },
    { "conf_level", "level", self.options.conf_level } })
  local exponentiate = opts.exponentiate and self.fit.link ~= "normal"
  local rows = {}
  for i = 1, #self.fit.coef do rows[i] = row_of(self, i, opts.conf_level, exponentiate) end
  local frame = head.frame(rows, TIDY)
  return frame
end

--- The fit in one row; bic counts rows.
---@return lobule.Frame             # link, n, n_missing, df, log_lik_null, log_lik, aic, bic,
---                                 iterations, converged
function RoystonParmar:glance()
  local row = head.glance(self, #self.fit.coef)
  row.link, row.log_lik_null = self.fit.link, self.fit.log_lik_null
  local frame = head.frame({ row }, { { "link", "text" },
    { "n", "integer" }, { "n_missing", "integer" }, { "df", "integer" },
    { "log_lik_null", "real" }, { "log_lik", "real" }, { "aic", "real" }, { "bic", "real" },
    { "iterations", "integer" }, { "converged", "logical" } })
  return frame
end

--- The likelihood-ratio test against the splines of the strata alone; and, where effects change
--- with time, the Wald test that they do not.
---@return lobule.Frame             # test, statistic, df, p_value
function RoystonParmar:tests()
  local frame = head.likelihood_ratio(self.fit)
  if #self.fit.effect == 0 or not self.converged then return frame end
  local rows = frame:rows_list()
  rows[2] = changing.wald(self)
  frame = head.frame(rows, { { "test", "text" }, { "statistic", "real" }, { "df", "integer" },
    { "p_value", "real" } })
  return frame
end

--- Covariance matrix of all parameters.
---@return lobule.Frame             # term, then one column a parameter
function RoystonParmar:vcov()
  local names = {}
  for i, term in ipairs(self.parameters) do names[i] = term.term end
  local frame = head.vcov(names, self.fit.vcov)
  return frame
end

--- Knots as times, boundaries first and last.
---@return number[]
function RoystonParmar:knots()
  local list = {}
  for i, knot in ipairs(self.fit.knot) do list[i] = math.exp(knot) end
  return list
end

--- Predictions as of survival.aft: "lp" (the covariates' part, without the splines), "survival",
--- "hazard", "cumulative_hazard" and "rmst" at times, "quantile".
---@param options? table            type ("lp"); newdata: frame, cohort or { age = { 50, 70 } };
---                                 times: ascending; prob (0.5): fractions; conf_level (that of the
---                                 fit)
---@return lobule.Frame             # row, (time or prob), estimate, std_error, conf_low, conf_high
---@raise a fit that did not converge; a mean, which would be extrapolation
function RoystonParmar:predict(options)
  local frame = predict.predict(self, options)
  return frame
end

--- Hazard ratios at times, of people of newdata against those of reference (one, or as many), or of
--- the levels of a variable against its reference (a number: one more than its mean; zeros and
--- ones: 1 against 0) of people alike, whose other numbers are at their means and factors at their
--- references. Where effects change with time the ratio depends on these too. Delta method, limits
--- on the log scale, where std_error is; NA where a hazard is negative.
---@param options table             at: times; variable: of the formula (its first); newdata: frame,
---                                 cohort or { arm = { "SIRT" } }; reference: the same of those
---                                 compared with; conf_level (that of the fit)
---@return lobule.Frame             # term or row, time, estimate, std_error, conf_low, conf_high,
---                                 statistic, p_value
---@raise a fit that did not converge; strata, or terms that are computed, without newdata
---@example local fit = lb.survival.royston_parmar("Surv(months, progressed) ~ arm",
---    lb.example_data(), { time_varying = "arm" })
---  fit:hazard_ratio { at = { 6, 12 } }
function RoystonParmar:hazard_ratio(options)
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
---@example lb.survival.royston_parmar("Surv(months, progressed) ~ arm", lb.example_data())
---    :difference { type = "rmst", at = { 12 } }
function RoystonParmar:difference(options)
  local frame = compare.difference(self, options)
  return frame
end

local function terms_table(self)
  local ratio, rows = self.fit.link ~= "normal", {}
  local before, notes = self.fit.n_stratum * #self.fit.knot, {}
  for i, term in ipairs(self.info.terms) do
    local label = terms.label(term, self.info.labels)
    if changing.effect(self, i) then
      changing.add_rows(self, i, label, rows, notes)
    else
      local row = row_of(self, before + i, self.options.conf_level, ratio)
      rows[#rows + 1] = { label, head.interval_text(row, ratio), shown.p(row.p_value) }
    end
  end
  return require("lobule.table").new { rows = rows, columns = { { label = "Term" },
    { label = ("%s (%s %% CI)"):format(RATIO[self.fit.link],
      core.format_number(100 * self.options.conf_level)), align = "right" },
    { label = "p", align = "right" } }, notes = notes }
end

local function fit_lines(self, profile)
  local fit, knots = self.fit, {}
  for i, knot in ipairs(self:knots()) do knots[i] = format.number(knot) end
  local lines = { ("n = %s; %s is a spline of log time%s, knots at %s"):format(
    result.n_text(self.info),
    SCALE[fit.link], fit.n_stratum > 1 and (" in each of %d strata"):format(fit.n_stratum) or "",
    table.concat(knots, ", ")),
    head.likelihood_text(self, #fit.coef) }
  local tests = self.converged and fit.df > 0 and self:tests():rows_list() or {}
  if tests[1] then
    lines[2] = ("%s, likelihood ratio %s on %d df, %s"):format(lines[2],
      format.fixed(tests[1].statistic, 2), tests[1].df, shown.p_phrase(tests[1].p_value, profile))
  end
  if tests[2] then
    lines[3] = ("effects that do not change with time: Wald %s on %d df, %s"):format(
      format.fixed(tests[2].statistic, 2), tests[2].df, shown.p_phrase(tests[2].p_value, profile))
  end
  lines[#lines + 1] = head.variance_text(self)
  return lines
end

function RoystonParmar:__tostring()
  return printed.text(self, #self.info.terms > 0 and terms_table(self) or nil, fit_lines(self))
end

--- The figure "hazard_ratio": hazard ratios against time with a band of pointwise intervals, a
--- panel a comparison, from the first to the last event; people are chosen as in hazard_ratio. The
--- dotted line is no difference.
---@param kind? "hazard_ratio"
---@param options? table            variable: of the formula (its first); newdata: people;
---                                 reference: those compared with; from: a time (first event); to:
---                                 a time (last event); conf_level (that of the fit); title;
---                                 width_mm (183)
---@return lobule.Figure
---@raise as hazard_ratio
---@example local fit = lb.survival.royston_parmar("Surv(months, progressed) ~ arm",
---    lb.example_data(), { time_varying = { arm = 2 } })
---  fit:plot { width_mm = 89 }
function RoystonParmar:plot(kind, options)
  if type(kind) == "table" then kind, options = nil, kind end
  check.options({ kind = kind }, { { "kind", { "hazard_ratio" } } })
  local figure = require "lobule.survival.royston_plot"(self, options)
  return figure
end

--- The blocks of a report: the table of ratios, then warnings.
---@param options? table
---@return table[]
function RoystonParmar:report_blocks(options)
  return (printed.blocks(self, terms_table(self), fit_lines(self, options and options.profile),
    options))
end

--- Everything at full precision.
---@return table
function RoystonParmar:record()
  return result.ordered { { "kind", "survival.royston_parmar" },
    { "formula", self.info.formula }, { "link", self.fit.link }, { "knots", self:knots() },
    { "converged", self.converged }, { "terms", result.record(self:tidy()) },
    { "glance", result.record(self:glance()) }, { "tests", result.record(self:tests()) },
    { "vcov", result.record(self:vcov()) },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

M.royston_parmar = result.functions("survival", functions).royston_parmar
RoystonParmar.contrast = require("lobule.contrast_methods").contrast
core.class("royston_parmar", RoystonParmar)
return M
