--- Regression of restricted means and of risks at fixed times, by pseudo-values or by weights of
--- censoring.
local check = require "lobule.check"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local horizons = require "lobule.survival.horizons"
local printed = require "lobule.printed"
local result = require "lobule.result"
local view = require "lobule.survival.mean_regression_view"
local weights = require "lobule.survival.weights"

---@class lobule.MeanRegression
---@field at table                  kind, from, tau (list), cause
---@field cause string|false        the cause that is modelled, false without
---@field link string
---@field converged boolean
---@field info table
---@field warnings string[]
---@field title string
local MeanRegression = { __name = "lobule.MeanRegression" }
result.mixin(MeanRegression)

local M = {}

local METHOD <const> = { "method", { "jackknife", "infinitesimal", "ipcw" }, "jackknife" }
local TIES <const> = { "censoring_ties", { "events_first", "together" }, "events_first" }
local RMST_OPTIONS <const> = weights.join { { "type", { "rmst", "rmtl" } }, { "tau", "times" },
  { "from", "number", 0 }, { "cause", "any" }, { "censored", "any" },
  { "link", { "identity", "log" }, "identity" }, METHOD, TIES, { "conf_level", "level", 0.95 },
  { "cluster", "string" } }
local RISK_OPTIONS <const> = weights.join { { "type", { "survival", "cif" } },
  { "times", "times" }, { "cause", "any" }, { "censored", "any" },
  { "link", { "identity", "log", "logit", "cloglog" }, "identity" }, METHOD, TIES,
  { "conf_level", "level", 0.95 }, { "cluster", "string" } }
local REFUSED <const> = {
  sampling = "The censoring has no sampling weights here: survival.cox takes them.",
  case = 'Leaving a person out needs persons: weight_type = "frequency" counts them.' }

--- Terms of the regression: an intercept for each time, then those of the formula.
local function all_terms(self)
  local list = {}
  for k, tau in ipairs(self.at.tau) do
    local name = #self.at.tau == 1 and "(intercept)"
      or "(intercept) at " .. core.format_number(tau)
    list[k] = { term = name, variable = "(intercept)" }
  end
  return table.move(self.info.terms, 1, #self.info.terms, #list + 1, list)
end

--- Why a fit did not converge.
local function unsettled(fit, terms)
  local endless = {}
  for i, term in ipairs(terms) do
    local unknown = fit.coef[i] ~= fit.coef[i] and not fit.collinear[i]
    if unknown then endless[#endless + 1] = term.term end
  end
  local text = "the fit did not converge: its coefficients mean nothing"
  if #endless == 0 then return text end
  return ("%s (%s: a fitted mean runs to an end of the link's scale, such as 0)"):format(text,
    table.concat(endless, ", "))
end

local function warned(fit, info, terms)
  local list, certain = result.warnings(info), {}
  if not fit.converged then list[#list + 1] = unsettled(fit, terms) end
  for i, term in ipairs(terms) do
    if fit.collinear[i] then
      list[#list + 1] = ("'%s' is a sum of other terms and was left out"):format(term.term)
    elseif fit.converged and fit.std_error[i] == 0 then
      certain[#certain + 1] = "'" .. term.term .. "'"
    end
  end
  if #certain > 0 then
    list[#list + 1] = ("%s: no standard error, limits and p: all values that tell of it are equal "
      .. "to their fitted means, as when the outcome of a group is the same for all of it"):format(
        table.concat(certain, ", "))
  end
  if info.n_cluster then
    list[#list + 1] = require("lobule.survival.cox_warnings").few_clusters(info.n_cluster)
  end
  return list
end

local function fit_model(formula, data, opts)
  weights.check(opts, data, REFUSED)
  data = weights.present(data, opts)
  local model, info, causes = horizons.build(fitting.clustered(formula, opts), data, "design", opts)
  opts.from = opts.from or 0
  local at, cause = horizons.choose(opts, causes)
  if opts.method == "ipcw" and #at.tau > 1 then
    core.raise("argument", "method 'ipcw' takes one horizon",
      "Fit one at a time, or pseudo-values: method = \"jackknife\".")
  end
  local fit = core.pseudo_fit(model, at, { link = opts.link, method = opts.method,
    censoring_ties = opts.censoring_ties })
  local self = setmetatable({ fit = fit, info = info, options = opts, at = at,
    cause = cause or false, link = opts.link, model = model, data = data, converged = fit.converged,
    title = "Regression of the " .. horizons.words(at, cause, info.time_unit) }, MeanRegression)
  self.terms = all_terms(self)
  self.warnings = warned(fit, info, self.terms)
  return self
end

--- Regression of the restricted mean survival time, or of the time lost (to a cause), on
--- covariates: differences (link identity) or ratios (log) of means between people who differ in
--- one covariate, the others equal. By jackknife pseudo-values with independence working
--- correlation and sandwich variance (Andersen, Hansen & Klein 2004, Lifetime Data Anal 10:335; the
--- sandwich is slightly too wide, Jacobsen & Martinussen 2016, Scand J Stat 43:845), or by inverse
--- probability of censoring weights, ANCOVA with a term for the estimated censoring (Tian, Zhao &
--- Wei 2014, Biostatistics 15:222). Both assume that censoring does not depend on the covariates;
--- strata(x) in the formula makes pseudo-values and weights within strata, so that it may depend
--- on x. Rows missing any variable are left out and counted.
---@param formula string            "Surv(time, event) ~ arm + age",
---                                 "Surv(time, event) ~ arm + age + strata(arm)", causes as in
---                                 survival.cuminc
---@param data lobule.Cohort|lobule.Frame
---@param options table             tau: the horizon (several: an intercept each, common effects);
---                                 from (0); type: "rmst" (default), "rmtl" (time lost); cause: of
---                                 the time lost; link: "identity" (default), "log"; method:
---                                 "jackknife" (default), "infinitesimal" (pseudo-values by
---                                 influence), "ipcw"; censoring_ties of ipcw: "events_first"
---                                 (default; without covariates it is the area under Kaplan-Meier)
---                                 or "together" (as survRM2); conf_level (0.95); censored: the
---                                 level or number that means censored; cluster: a column; weights
---                                 with weight_type "frequency"
---@return lobule.MeanRegression
---@raise as survival.rmst; several horizons or late entry with ipcw
---@example lb.survival.rmst_regression("Surv(months, progressed) ~ arm + age", lb.example_data(),
---    { tau = 12 })
function M.rmst_regression(formula, data, options)
  local opts <const> = check.options(options, RMST_OPTIONS)
  local fit = fit_model(formula, data, opts)
  return fit
end

--- Regression of survival or cumulative incidence at fixed times: risk differences (link identity),
--- risk ratios (log), odds ratios (logit), or with cloglog hazard ratios (of survival, log(-log S))
--- and subdistribution hazard ratios (of an incidence, log(-log(1 - F))). By jackknife
--- pseudo-values with independence working correlation and sandwich variance (Andersen, Klein &
--- Rosthoj 2003, Biometrika 90:15; Klein & Andersen 2005, Biometrics 61:223), or binomial
--- regression with inverse probability of censoring weights (Scheike, Zhang & Gerds
--- 2008, Biometrika 95:205). Censoring, strata(x) and rows left out as in survival.rmst_regression.
---@param formula string            "Surv(time, event) ~ arm + age", "Surv(time, cause) ~ arm + age"
---@param data lobule.Cohort|lobule.Frame
---@param options table             times: ascending (several: an intercept each, common effects);
---                                 type: "survival" (default), "cif" (default with cause); cause:
---                                 the one that is modelled; link: "identity" (default), "log",
---                                 "logit", "cloglog"; method: "jackknife" (default),
---                                 "infinitesimal", "ipcw"; censoring_ties of ipcw: "events_first"
---                                 (default), "together"; conf_level (0.95); censored: the level or
---                                 number that means censored; cluster: a column; weights with
---                                 weight_type "frequency"
---@return lobule.MeanRegression
---@raise as survival.rmst_regression
---@example lb.survival.risk_regression("Surv(months, progressed) ~ arm + age", lb.example_data(),
---    { times = { 6, 12 }, link = "cloglog" })
function M.risk_regression(formula, data, options)
  local opts <const> = check.options(options, RISK_OPTIONS)
  local fit = fit_model(formula, data, opts)
  return fit
end

local TIDY <const> = { { "term", "text" }, { "variable", "text" }, { "level", "text" },
  { "reference", "text" }, { "estimate", "real" }, { "std_error", "real" },
  { "statistic", "real" }, { "p_value", "real" }, { "conf_low", "real" },
  { "conf_high", "real" } }

--- The estimates of term i; exponentiated or not.
local function term_row(self, i, level, exponentiate)
  local term, estimate, se = self.terms[i], self.fit.coef[i], self.fit.std_error[i]
  local z = core.normal_quantile(0.5 + level / 2)
  local function back(x) return exponentiate and math.exp(x) or x end
  local known = se > 0
  if not known then se = 0 / 0 end
  return { term = term.term, variable = term.variable, level = term.level,
    reference = term.reference, estimate = back(estimate), std_error = se,
    statistic = known and estimate / se or 0 / 0,
    p_value = known and core.chi_square_p((estimate / se) ^ 2, 1) or 0 / 0,
    conf_low = back(estimate - z * se), conf_high = back(estimate + z * se) }
end

local function columns_of(rows, schema)
  local columns = {}
  for j, column in ipairs(schema) do
    local list = { n = #rows }
    for i, row in ipairs(rows) do list[i] = row[column[1]] == nil and core.NA or row[column[1]] end
    columns[j] = { column[1], list, column[2] }
  end
  return columns
end

--- One row a term, the intercept of each time first. On the scale of the link: differences of means
--- or risks with identity, else logs of ratios.
---@param options? table            exponentiate (false): ratios, std_error stays on the log scale;
---                                 conf_level (that of the fit)
---@return lobule.Frame             # term, variable, level, reference, estimate, std_error,
---                                 statistic (normal), p_value, conf_low, conf_high
---@raise exponentiate with link identity
function MeanRegression:tidy(options)
  local opts <const> = check.options(options, { { "exponentiate", "boolean", false },
    { "conf_level", "level", self.options.conf_level } })
  if opts.exponentiate and self.link == "identity" then
    core.raise("argument", "exponentiate: with link identity the coefficients are differences",
      'Ratios come with link = "log".')
  end
  local rows = {}
  for i in ipairs(self.terms) do
    rows[i] = term_row(self, i, opts.conf_level, opts.exponentiate)
  end
  local frame = result.frame(columns_of(rows, TIDY))
  return frame
end

--- The fit in one row.
---@return lobule.Frame             # n, n_missing, n_event, type, from, tau (the last), link,
---                                 method, iterations, converged
function MeanRegression:glance()
  local frame = result.frame { { "n", { self.info.n }, "integer" },
    { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.info.n_event }, "real" }, { "type", { self.at.kind }, "text" },
    { "from", { self.at.from }, "real" }, { "tau", { self.at.tau[#self.at.tau] }, "real" },
    { "link", { self.link }, "text" }, { "method", { self.options.method }, "text" },
    { "iterations", { self.fit.iterations }, "integer" },
    { "converged", { self.converged }, "logical" } }
  return frame
end

--- Sandwich covariance matrix of the coefficients.
---@return lobule.Frame             # term, then one column a term
function MeanRegression:vcov()
  local names, columns = { n = #self.terms }, {}
  for i, term in ipairs(self.terms) do names[i] = term.term end
  columns[1] = { "term", names, "text" }
  for j, term in ipairs(self.terms) do
    local column = { n = #self.terms }
    for i = 1, #self.terms do column[i] = self.fit.vcov[i][j] end
    columns[j + 1] = { term.term, column, "real" }
  end
  local frame = result.frame(columns)
  return frame
end

--- Means or risks of people, with limits made on the scale of the link.
---@param options? table            newdata: a frame, cohort or { age = { 50, 70 } } (default: the
---                                 data of the fit); conf_level (that of the fit)
---@return lobule.Frame             # row, tau, estimate, conf_low, conf_high; NA where a covariate
---                                 is missing
---@raise a fit that did not converge; a level that was not in the fit
function MeanRegression:predict(options)
  local opts <const> = check.options(options, { { "newdata", "any" },
    { "conf_level", "level", self.options.conf_level } })
  if not self.converged then
    core.raise("numeric", "the fit did not converge: nothing follows from its coefficients")
  end
  local people = check.new_data(opts.newdata or self.data)
  local design = core.model_apply(self.model, people, false)
  local frame = core.pseudo_predict(self.fit, design, { link = self.link,
    complement = self.at.kind == "survival" and self.link == "cloglog",
    z = core.normal_quantile(0.5 + opts.conf_level / 2) })
  local rows, taus, n = {}, {}, #self.at.tau
  for i = 1, #frame do rows[i], taus[i] = (i - 1) // n + 1, self.at.tau[(i - 1) % n + 1] end
  rows.n, taus.n = #frame, #frame
  local named = core.frame { { "row", rows, "integer" },
    { "tau", taus, "real", unit = self.info.time_unit } }
  for _, name in ipairs { "estimate", "conf_low", "conf_high" } do
    named = core.with_column(named, name, frame:column(name))
  end
  return (require("lobule.survival.people").beside(named, opts.newdata))
end

function MeanRegression:__tostring()
  return printed.text(self, view.table(self))
end

--- The forest plot of differences or ratios.
---@param options? table            title, width_mm (183), favours: { "favours A", "favours B" },
---                                 journal ("lancet", "nejm", ...)
---@return lobule.Figure
function MeanRegression:plot(options)
  local figure = view.plot(self, options)
  return figure
end

--- The blocks of a report: the table of terms with its notes, then warnings.
---@param options? table
---@return table[]
function MeanRegression:report_blocks(options)
  return (printed.blocks(self, view.table(self), nil, options))
end

--- Everything at full precision.
---@return table
function MeanRegression:record()
  local opts = self.options
  return result.ordered { { "kind", "survival.mean_regression" },
    { "formula", self.info.formula }, { "type", self.at.kind }, { "cause", self.cause or nil },
    { "from", self.at.from }, { "tau", self.at.tau }, { "link", self.link },
    { "method", opts.method }, { "censoring_ties", opts.method == "ipcw" and opts.censoring_ties
      or nil }, { "conf_level", opts.conf_level }, { "converged", self.converged },
    { "terms", result.record(self:tidy()) }, { "glance", result.record(self:glance()) },
    { "vcov", result.record(self:vcov()) }, { "lineage", self.info.lineage },
    { "warnings", self.warnings } }
end

MeanRegression.contrast = require("lobule.contrast_methods").contrast
core.class("mean_regression", MeanRegression)
return result.functions("survival", M)
