--- Survival: a formula and a cohort in, a fitted curve, test or model out.
local check = require "lobule.check"
local core = require "lobule.core"
local weights = require "lobule.survival.weights"

local M = {}

local KM_OPTIONS <const> = weights.join {
  { "cluster", "string" },
  { "conf_level", "level", 0.95 },
  { "conf_type", { "log-log", "log", "plain", "logit", "arcsine", "log-peto" }, "log-log" },
}
local LOGRANK_OPTIONS <const> = weights.join { { "rho", "number", 0 } }
local COX_OPTIONS <const> = weights.join {
  { "ties", { "efron", "breslow" }, "efron" },
  { "conf_level", "level", 0.95 },
  { "max_iter", "count", 30 },
  { "tolerance", "positive", 1e-9 },
  { "robust", "boolean" },
  { "cluster", "string" },
}
local LOGRANK_REFUSED <const> = { sampling = "The robust score test of survival.cox with the "
  .. "groups as its only term is the test for sampling weights." }

--- What reports call the columns that are terms: "Age (years)". Other columns are not touched,
--- which
--- in a filtered frame would gather them.
local function labels_of(frame, terms)
  local labels = {}
  for _, term in ipairs(terms) do
    for name in term.variable:gmatch "[^:]+" do
      if frame:has(name) and not labels[name] then
        local column = frame:column(name)
        local label, unit = column:label() or name, column:unit()
        labels[name] = unit and ("%s (%s)"):format(label, unit) or label
      end
    end
  end
  return labels
end

--- A model of the formula and the data; returns it with what is worth knowing about it.
local function build(formula, data, kind, opts)
  check.type(formula, "string", "formula")
  local frame, cohort = check.data(data)
  local model = core.model(formula, frame, kind, opts.weights)
  local info = model:info()
  weights.count(info, opts)
  info.source = frame:source()
  info.labels = labels_of(frame, info.terms)
  for _, term in ipairs(info.terms) do
    -- An interaction is no contrast with one reference level.
    if term.variable:find(":", 1, true) then term.reference = nil end
  end
  if cohort and cohort.id and not info.has_entry then
    local rows, persons = cohort:count()
    if persons < rows then info.n_persons = persons end
  end
  info.lineage = cohort and require("lobule.lineage").lines(cohort) or nil
  return model, info
end

--- The formula with the option cluster = "x" as its term.
local function clustered(formula, opts)
  check.type(formula, "string", "formula")
  return opts.cluster and ("%s + cluster(%s)"):format(formula, opts.cluster) or formula
end

--- Kaplan-Meier curves (Kaplan & Meier 1958, JASA 53:457), one per group on the right-hand side. At
--- risk at t: entry < t <=
--- time. Greenwood standard errors; limits log-log by default. Rows missing any variable of the
--- formula are left out
--- and counted.
--- With clusters (eyes of a patient, patients of a centre) the variance is that of the
--- infinitesimal jackknife, influences added up within clusters (Williams 1995, Int J Epidemiol
--- 24:S12).
---@param formula string            "Surv(time, event) ~ group", "Surv(entry, time, event) ~ 1",
---                                 "Surv(time, event) ~ group + cluster(id)"; times in any one unit
---@param data lobule.Cohort|lobule.Frame
---@param options? table            conf_level (0.95); conf_type: "log-log" (default), "log",
---                                 "plain", "logit", "arcsine", "log-peto"; cluster: a
---                                 column, as cluster(x) in the formula; weights: a column;
---                                 weight_type: "frequency" (rows repeated), "sampling" (variance
---                                 by the infinitesimal jackknife, each row a subject), "case"
---                                 (Greenwood on weighted counts)
---@return lobule.KM
---@raise weights without weight_type; negative times, entry >= time, an event that is not logical
---       or 0/1, no complete row
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data())
function M.km(formula, data, options)
  local opts <const> = check.options(options, KM_OPTIONS)
  weights.check(opts, data)
  local whole = clustered(formula, opts)
  local by_row <const> = opts.weight_type == "sampling" or whole:find "cluster%s*%(" ~= nil
  local model, info = build(whole, weights.present(data, opts), by_row and "groups" or "counts",
    opts)
  opts.robust = info.n_cluster ~= nil or opts.weight_type == "sampling"
  local fit = core.km(model, opts.conf_level, opts.conf_type, opts.robust)
  local result = require("lobule.survival.km").new(fit, info, opts)
  return result
end

--- Log-rank test (Mantel 1966; Peto & Peto 1972) of equal hazards in the groups, hypergeometric
--- variance; `strata(x)` in the
--- formula stratifies. Rows missing any variable are left out and counted.
---@param formula string            "Surv(time, event) ~ group", "Surv(time, event) ~ group +
---                                 strata(centre)"
---@param data lobule.Cohort|lobule.Frame
---@param options? table            rho: 0 log-rank (default), 1 Peto-Peto; weights S(t-)^rho
---                                 (Harrington & Fleming 1982); weights and weight_type
---                                 ("frequency", "case"): counts are weighted
---@return lobule.Logrank
---@raise as survival.km; fewer than two groups; no event
---@example lb.survival.logrank("Surv(months, progressed) ~ arm", lb.example_data())
function M.logrank(formula, data, options)
  local opts <const> = check.options(options, LOGRANK_OPTIONS)
  weights.check(opts, data, LOGRANK_REFUSED)
  local model, info = build(formula, weights.present(data, opts), "counts", opts)
  local test = core.logrank(model, opts.rho)
  local result = require("lobule.survival.logrank").new(test, info, opts, data)
  return result
end

--- Cox proportional hazards model (Cox 1972), treatment contrasts, ties by Efron (1977, JASA
--- 72:557) or Breslow. Factors enter
--- against their first level; `strata(x)` gives each stratum its own baseline hazard; `offset(x)`
--- as it says. Rows
--- missing any variable are left out and counted.
---@param formula string            "Surv(time, event) ~ treatment + age + strata(centre)"
---@param data lobule.Cohort|lobule.Frame
---@param options? table            ties: "efron" (default), "breslow"; conf_level (0.95); max_iter
---                                 (30); tolerance (1e-9); robust: the sandwich variance (Lin & Wei
---                                 1989), by itself with cluster(x) in the formula, cluster = "x"
---                                 or sampling weights; weights: a column; weight_type: "frequency"
---                                 (rows repeated), "sampling" (robust variance), "case"
---                                 (model-based variance; with Efron's ties tied rows share the
---                                 mean weight)
---@return lobule.Cox
---@raise weights without weight_type; as survival.km; no event; a factor with one level left
---@example lb.survival.cox("Surv(months, progressed) ~ arm + age + liver", lb.example_data())
function M.cox(formula, data, options)
  local opts <const> = check.options(options, COX_OPTIONS)
  weights.check(opts, data)
  local model, info = build(clustered(formula, opts), data, "design", opts)
  local fit = core.cox(model, opts.ties, opts.max_iter, opts.tolerance,
    opts.weight_type == "frequency")
  require("lobule.survival.cox_warnings").check_scale(fit, info)
  fit.ties, fit.frequency, fit.naive_vcov = opts.ties, opts.weight_type == "frequency", fit.vcov
  local robust = opts.robust or info.n_cluster ~= nil or opts.weight_type == "sampling"
  if opts.robust == false and robust then
    core.raise("argument", "robust = false: clusters and sampling weights need the robust variance",
      'Leave robust out, or cluster(); weight_type = "case" has the model-based variance.')
  end
  if robust then require("lobule.survival.cox_robust")(fit, core.cox_robust(model, fit)) end
  local result = require("lobule.survival.cox").new(fit, info, opts, model, data)
  return result
end

--- Hazard ratios of arms in all patients and within the levels of other variables: a Cox model
--- each, with the arm as its only term, and for each variable the likelihood-ratio test of its
--- interaction with the arm, on the rows where it is known. Rows missing a variable are in none of
--- its subgroups and counted. A subgroup with one arm or no event has NA.
---@param formula string            "Surv(time, event) ~ treatment"; one factor, strata() if wanted
---@param data lobule.Cohort|lobule.Frame
---@param options table             by: factors or logical columns; conf_level (0.95)
---@return lobule.Subgroups
---@raise as survival.cox; a formula with other terms than one factor; a column of numbers
---@example local d = lb.example_data()
---  lb.survival.subgroups("Surv(months, progressed) ~ arm", d, { by = "sex" })
function M.subgroups(formula, data, options)
  local opts <const> = check.options(options, { { "by", "texts", {} },
    { "conf_level", "level", 0.95 } })
  local result = require("lobule.survival.subgroups").new(formula, data, opts)
  return result
end

core.namespace("survival", M)
return M
