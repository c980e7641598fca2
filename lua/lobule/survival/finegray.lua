--- Fine-Gray result: subdistribution hazard ratios, tests, predicted cumulative incidence.
local check = require "lobule.check"
local core = require "lobule.core"
local cox = require("lobule.survival.cox").methods
local cuminc = require "lobule.survival.cuminc"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local shown = require "lobule.shown"
local terms = require "lobule.terms"
local warned = require "lobule.survival.cox_warnings"
local weights = require "lobule.survival.weights"

---@class lobule.FineGray
---@field cause string              the cause that is modelled
---@field converged boolean
---@field warnings string[]
---@field info table
---@field title string
local FineGray = { __name = "lobule.FineGray", ratio_label = "Subdistribution hazard ratio" }
result.mixin(FineGray)

local M = {}

--- The number of the cause asked for; of one cause that one.
---@param causes string[]
---@param cause? string
---@return integer
function M.choose_cause(causes, cause)
  if cause ~= nil then return (cuminc.cause_number(causes, cause)) end
  if #causes == 1 then return 1 end
  core.raise("argument", "cause: which one is not said",
    ("Name it: cause = \"%s\". Causes are: %s."):format(causes[1], table.concat(causes, ", ")))
end

--- The model of the column that tells censoring distributions apart, or nil.
---@param data lobule.Cohort|lobule.Frame
---@param opts table                checked options
---@param info table                Model:info()
---@return lobule.Model?
function M.censoring_groups(data, opts, info)
  local name = opts.censoring_groups
  if not name then return nil end
  local frame = check.data(data)
  check.column(frame, name)
  local outcome = info.formula:match "^(.-)~"
  return (core.model(outcome .. "~ `" .. name .. "`", frame, "groups", nil, "causes",
    opts.censored and require("lobule.survival.fitting").as_text(opts, "censored")))
end

--- Wraps a fit of the core.
---@param fit table
---@param cause integer
---@param info table
---@param opts table
---@param models table              model: what was fitted, groups: those of censoring, or nil; data
---@return lobule.FineGray
function M.new(fit, cause, info, opts, models)
  local name = info.causes[cause]
  for i, term in ipairs(info.terms) do term.n_event = fit.term_event[i] end
  return setmetatable({ fit = fit, info = info, options = opts, models = models,
    number = cause, cause = name, data = models.data,
    title = ("Fine-Gray model of '%s'"):format(name), converged = fit.converged,
    warnings = warned.warnings(fit, info) }, FineGray)
end

--- One row a term. Log subdistribution hazard ratios, or ratios with exponentiate; std_error stays
--- on the log scale.
---@param options? table            exponentiate (false); conf_level (that of the fit)
---@return lobule.Frame             # term, variable, level, reference, estimate, std_error,
---                                 statistic, p_value, conf_low, conf_high, n, n_event (of the
---                                 cause)
function FineGray:tidy(options)
  local frame = cox.tidy(self, options)
  return frame
end

--- The fit in one row; log_lik is that of the pseudo-likelihood.
---@return lobule.Frame             # n, n_missing, n_event (of the cause), n_competing, n_censored,
---                                 log_lik_null, log_lik, iterations, converged
function FineGray:glance()
  local fit = self.fit
  local frame = result.frame { { "n", { self.info.n }, "integer" },
    { "n_missing", { self.info.n_missing }, "integer" }, { "n_event", { fit.n_event }, "real" },
    { "n_competing", { fit.n_competing }, "integer" },
    { "n_censored", { fit.n_censored }, "integer" },
    { "log_lik_null", { fit.log_lik_null }, "real" }, { "log_lik", { fit.log_lik }, "real" },
    { "iterations", { fit.iterations }, "integer" }, { "converged", { fit.converged }, "logical" } }
  return frame
end

--- The model's global tests. Only the Wald test uses the variance asked for; the others take the
--- pseudo-likelihood as a likelihood.
---@return lobule.Frame             # test ("likelihood ratio", "wald", "score"), statistic, df,
---                                 p_value
function FineGray:tests()
  local frame = cox.tests(self)
  return frame
end

--- Covariance matrix of the log subdistribution hazard ratios.
---@return lobule.Frame             # term, then one column a term
function FineGray:vcov()
  local frame = cox.vcov(self)
  return frame
end

local function check_settled(self)
  if warned.settled(self.fit) then return end
  core.raise("numeric", "the fit did not converge: nothing follows from its coefficients",
    "Leave the terms out that its warnings name.")
end

local function stratum_name(self, s)
  local name = self.info.strata.name[s]
  return (name == nil or name == "") and "all" or name
end

--- The cumulative subdistribution hazard and incidence of a person at the means of the covariates.
---@return lobule.Frame             # strata (of several), time, cumulative_hazard, estimate
---                                 (cumulative incidence)
function FineGray:baseline()
  check_settled(self)
  local fit, incidence, strata = self.fit, {}, {}
  local n = #fit.time
  for i, hazard in ipairs(fit.cumulative_hazard) do incidence[i] = 1 - math.exp(-hazard) end
  incidence.n, strata.n = n, n
  for s = 1, #fit.start - 1 do
    for i = fit.start[s] + 1, fit.start[s + 1] do strata[i // 1 | 0] = stratum_name(self, s) end
  end
  local columns = { { "time", table.move(fit.time, 1, n, 1, { n = n }), "real",
    unit = self.info.time_unit },
    { "cumulative_hazard", table.move(fit.cumulative_hazard, 1, n, 1, { n = n }), "real" },
    { "estimate", incidence, "real" } }
  if #fit.start > 2 then table.insert(columns, 1, { "strata", strata, "text" }) end
  local frame = result.frame(columns)
  return frame
end

--- Predicted cumulative incidence of the cause at times, 1 - exp(-H(t) exp(lp)), for the people of
--- newdata; NA after the last observed time of the stratum, where nobody was followed. A row with a
--- missing covariate is NA. Standard errors add up the influences of rows (or clusters) on
--- coefficients and baseline, those on the censoring weights among them unless the fit's variance
--- leaves them out (Fine & Gray 1999, section 5); limits by log(-log(1 - F)), or "plain". A
--- model-based variance has neither.
---@param options table             newdata: frame, cohort or { age = { 50, 70 } }, with the strata
---                                 of the fit; times: ascending; conf_level (that of the fit);
---                                 conf_type: "log-log" (default), "plain"
---@return lobule.Frame             # row, time, estimate, std_error, conf_low, conf_high (without
---                                 limits where nothing has happened yet); of newdata given as a
---                                 table of at most 20 rows also the columns that vary
---@raise a fit that did not converge; a level that was not in the fit; no times
function FineGray:predict(options)
  local opts <const> = check.options(options, { { "newdata", "any" }, { "times", "times" },
    { "conf_level", "level", self.options.conf_level },
    { "conf_type", { "log-log", "plain" }, "log-log" } })
  check_settled(self)
  if not opts.times or opts.newdata == nil then
    core.raise("argument", "cumulative incidence needs newdata and times",
      "Write predict { newdata = people, times = { 12, 24 } }.")
  end
  local design = core.model_apply(self.models.model, check.new_data(opts.newdata), false)
  if self.options.variance == "model" then
    if #self.fit.start > 2 then
      core.raise("argument", "variance 'model': predictions with strata need the sandwich",
        "Fit with the default variance.")
    end
    local frame = core.finegray_predict(self.fit, design, opts.times,
      self.info.time_max)
    return (require("lobule.survival.people").beside(frame, opts.newdata))
  end
  local frame = core.finegray_incidence(self.models.model, self.number, self.options,
    self.models.groups, design,
    { times = opts.times, conf_level = opts.conf_level, conf_type = opts.conf_type })
  return (require("lobule.survival.people").beside(frame, opts.newdata))
end

local function ratio_text(row)
  if row.estimate == nil then return "NA" end
  return ("%s (%s to %s)"):format(format.ratio_interval(row.estimate, row.conf_low, row.conf_high))
end

local VARIANCE <const> = { ["fine-gray"] = "sandwich variance with the estimated %s "
  .. "(Fine & Gray)", robust = "sandwich variance, %s taken as known",
  model = "model-based variance" }

--- "sandwich variance with the estimated censoring distribution (Fine & Gray), 12 clusters".
local function variance_text(self)
  local info, opts = self.info, self.options
  local several = opts.censoring_groups or opts.censoring == "strata" and #info.strata.label > 1
  local what = (info.has_entry and "censoring and entry distributions"
    or several and "censoring distributions" or "censoring distribution")
  local text = VARIANCE[opts.variance]:format(what)
  if info.n_cluster then
    text = ("%s, %d cluster%s"):format(text, info.n_cluster, info.n_cluster == 1 and "" or "s")
  end
  return text
end

--- Baselines, and whose censoring distribution; nil of one.
local function strata_text(self)
  local opts, n = self.options, #self.info.strata.label
  local parts = {}
  if n > 1 then parts[1] = ("%d strata with a baseline each"):format(n) end
  if opts.censoring_groups then
    parts[#parts + 1] = "a censoring distribution for each value of " .. opts.censoring_groups
  elseif n > 1 then
    parts[#parts + 1] = opts.censoring == "strata" and "a censoring distribution each"
      or "one censoring distribution"
  end
  if self.info.has_entry then
    parts[#parts + 1] = "late entry, weighted by the entry distribution (Geskus)"
  end
  return #parts > 0 and table.concat(parts, ", ") or nil
end

local function fit_lines(self, profile)
  local fit, opts = self.fit, self.options
  local lines = { ("n = %s: %s events, %d competing, %d censored ('%s')"):format(
    result.n_text(self.info),
    format.count(fit.n_event), fit.n_competing, fit.n_censored, self.info.censored),
    ("ties by %s; %s; at tied times %s"):format(opts.ties == "efron" and "Efron" or "Breslow",
      variance_text(self), opts.censoring_ties == "together"
        and "those with an event are at risk of censoring" or "events precede censorings") }
  if fit.wald.df > 0 and not warned.settled(fit) then
    lines[#lines + 1] = "no test: the fit did not converge"
  elseif fit.wald.df > 0 then
    lines[#lines + 1] = ("Wald %s on %d df, %s"):format(format.fixed(fit.wald.chi_square, 2),
      fit.wald.df, shown.p_phrase(fit.wald.p_value, profile))
  end
  lines[#lines + 1] = strata_text(self)
  lines[#lines + 1] = weights.text(opts, self.info)
  return lines
end

local function summary_table(self)
  local rows = {}
  for i, row in ipairs(self:tidy({ exponentiate = true }):rows_list()) do
    rows[i] = { terms.label(self.info.terms[i], self.info.labels), ratio_text(row),
      shown.p(row.p_value) }
  end
  local level = core.format_number(100 * self.options.conf_level)
  return require("lobule.table").new { rows = rows, columns = { { label = "Term", align = "left" },
    { label = ("Subdistribution hazard ratio (%s %% CI)"):format(level), align = "right" },
    { label = "p", align = "right" } }, notes = {} }
end

function FineGray:__tostring()
  return printed.text(self, summary_table(self), fit_lines(self))
end

--- The forest plot of subdistribution hazard ratios, as of a Cox model; with newdata the predicted
--- cumulative incidence of these people (of predict(), at most 200 steps a curve).
---@param options? table            title, width_mm (183), favours: { "favours A", "favours B" },
---                                 journal ("lancet", "nejm", ...); newdata: at most 8 rows, with
---                                 labels: a text each (default: what tells them apart); times: of
---                                 the axis; conf (true); x_label, y_label
---@return lobule.Figure
---@raise as predict(); more than 8 people
function FineGray:plot(options)
  if type(options) == "table" and options.newdata ~= nil then
    local curves = require "lobule.survival.finegray_plot"(self, options)
    return curves
  end
  local rows = self:tidy({ exponentiate = true }):rows_list()
  local figure = require("lobule.survival.cox_forest")(self, options, function(i)
    return rows[i]
  end, ratio_text)
  return figure
end

--- The blocks of a report: the table of ratios with its notes, then warnings.
---@param options? table
---@return table[]
function FineGray:report_blocks(options)
  return (printed.blocks(self, summary_table(self), fit_lines(self, options and options.profile),
    options))
end

--- Everything at full precision.
---@return table
function FineGray:record()
  local opts = self.options
  return result.ordered { { "kind", "survival.finegray" }, { "formula", self.info.formula },
    { "cause", self.cause }, { "censored", self.info.censored }, { "ties", opts.ties },
    { "variance", opts.variance }, { "censoring_ties", opts.censoring_ties },
    { "censoring", opts.censoring }, { "censoring_groups", opts.censoring_groups },
    { "cluster", opts.cluster }, { "conf_level", opts.conf_level }, { "converged", self.converged },
    { "terms", result.record(self:tidy()) }, { "glance", result.record(self:glance()) },
    { "tests", result.record(self:tests()) }, { "vcov", result.record(self:vcov()) },
    { "baseline", warned.settled(self.fit) and result.record(self:baseline()) or nil },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

FineGray.contrast = require("lobule.contrast_methods").contrast
for name, method in pairs(require "lobule.survival.finegray_check") do FineGray[name] = method end
core.class("finegray", FineGray)
return M
