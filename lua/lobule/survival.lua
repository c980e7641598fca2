--- Survival: a formula and a cohort in, a fitted curve, test or model out.
local check = require "lobule.check"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local weights = require "lobule.survival.weights"

local as_text <const>, build <const>, clustered <const> = fitting.as_text, fitting.build,
  fitting.clustered

local M = {}

-- Functions that stand in files of their own (lua/lobule/survival/FILE.lua), loaded when first
-- called: name = "file".
local ELSEWHERE <const> = {
  aalen = "aalen",
  aft = "aft",
  cure = "cure",
  expected = "expected",
  gray = "gray_api",
  landmark = "follow_up",
  logrank = "logrank_api",
  multistate = "multistate_api",
  multistate_cox = "multistate_api",
  multistate_rows = "multistate_api",
  parametric = "parametric",
  population = "population",
  pseudo = "pseudo",
  rates = "rates",
  relative = "relative",
  risk_regression = "mean_regression",
  rmst = "rmst",
  rmst_regression = "mean_regression",
  royston_parmar = "royston",
  score = "score",
  smr = "rates",
  split = "follow_up",
  tmerge = "tmerge",
  transitions = "multistate_api",
  turnbull = "turnbull",
}

local KM_OPTIONS <const> = weights.join {
  { "cluster", "string" },
  { "conf_level", "level", 0.95 },
  { "conf_type", { "log-log", "log", "plain", "logit", "arcsine", "log-peto" }, "log-log" },
  { "conf_lower", { "usual", "peto", "modified" }, "usual" },
  { "type", { "kaplan-meier", "nelson-aalen", "fh2", "fleming-harrington" }, "kaplan-meier" },
  { "start_time", "number" },
}
local COX_OPTIONS <const> = weights.join {
  { "ties", { "efron", "breslow", "exact", "marginal" }, "efron" },
  { "conf_level", "level", 0.95 },
  { "max_iter", "count", 30 },
  { "tolerance", "positive", 1e-9 },
  { "robust", "boolean" },
  { "cluster", "string" },
  { "cause", "any" },
  { "censored", "any" },
  { "penalty", { "firth" } },
  { "conf_type", { "wald", "profile" } },
}
local CUMINC_OPTIONS <const> = weights.join {
  { "cluster", "string" },
  { "conf_level", "level", 0.95 },
  { "conf_type", { "log-log", "log", "plain", "logit", "arcsine" }, "log-log" },
  { "variance", { "greenwood", "aalen", "jackknife" } },
  { "censored", "any" },
}
local FINEGRAY_OPTIONS <const> = weights.join {
  { "cause", "any" },
  { "censored", "any" },
  { "ties", { "breslow", "efron" }, "breslow" },
  { "variance", { "fine-gray", "robust", "model" }, "fine-gray" },
  { "censoring_ties", { "together", "events_first" }, "together" },
  { "censoring", { "strata", "common" }, "strata" },
  { "censoring_groups", "string" },
  { "cluster", "string" },
  { "conf_level", "level", 0.95 },
  { "max_iter", "count", 30 },
  { "tolerance", "positive", 1e-9 },
}
local FINEGRAY_REFUSED <const> = { case = 'Its variance is a sandwich: "frequency" or "sampling".' }

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
---                                 (Greenwood on weighted counts); type: "kaplan-meier" (default),
---                                 "nelson-aalen" (exp(-H); R's "fleming-harrington", stype 2 ctype
---                                 1), "fh2" (exp(-H), H with Fleming & Harrington's correction for
---                                 ties; stype 2 ctype 2); conf_lower: "usual" (default), "peto",
---                                 "modified" (n_risk at the last event; Dorey & Korn 1987), on any
---                                 conf_type; start_time: the curve of those who reach it, from 1
---                                 there (R's start.time)
---@return lobule.KM
---@raise weights without weight_type; negative times, entry >= time, an event that is not logical
---       or 0/1, no complete row
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data())
function M.km(formula, data, options)
  local opts <const> = check.options(options, KM_OPTIONS)
  weights.check(opts, data)
  require("lobule.survival.km").check(opts)
  local whole = clustered(formula, opts)
  local by_row <const> = opts.weight_type == "sampling" or whole:find "cluster%s*%(" ~= nil
  local model, info = build(whole, weights.present(data, opts), by_row and "groups" or "counts",
    opts)
  opts.robust = info.n_cluster ~= nil or opts.weight_type == "sampling"
  local fit = core.km(model, opts.conf_level, opts.conf_type, opts.robust, opts)
  local result = require("lobule.survival.km").new(fit, info, opts)
  return result
end

--- Cox proportional hazards model (Cox 1972), treatment contrasts, ties by Efron (1977, JASA
--- 72:557) or Breslow. Factors enter
--- against their first level; `strata(x)` gives each stratum its own baseline hazard; `offset(x)`
--- as it says. Rows
--- missing any variable are left out and counted.
--- Penalised terms (Therneau, Grambsch & Pankratz 2003, JCGS 12:156) give a CoxPenalised:
---   ridge(a, b, theta = 1 | df = 1.5, scale = true)   df: half the columns by default
---   pspline(x, df = 4, nterm, degree = 3, boundary = {20, 80})   or theta (lambda / (1 + lambda));
---       df = 0: Akaike's criterion
---   frailty(id, distribution = "gamma" | "gaussian", method = "em" | "reml" | "aic", theta, df)
--- Where R stops within 0.1 of the df asked for (eps), theta here gives it to all digits; case
--- weights count in a gamma frailty's events, which R leaves out. Frailty steps are exact with any
--- number of groups (R's default, sparse = TRUE, is not).
---@param formula string            "Surv(time, event) ~ treatment + age + strata(centre)",
---                                 "Surv(time, event) ~ pspline(age, df = 4) + frailty(centre)"
---@param data lobule.Cohort|lobule.Frame
---@param options? table            ties: "efron" (default), "breslow", "exact" (discrete time, as
---                                 R's "exact": which of those at risk have the event), "marginal"
---                                 (rounded times, as SAS's EXACT: Kalbfleisch & Prentice 1973,
---                                 Biometrika 60:267); penalty: "firth", finite where others are
---                                 not (Heinze & Schemper 2001, Biometrics 57:114); conf_type:
---                                 "wald" (default), "profile" (default of a penalty: limits by
---                                 profile likelihood, p by likelihood ratio); conf_level (0.95);
---                                 max_iter (30); tolerance (1e-9); robust: the sandwich variance
---                                 (Lin & Wei 1989), by itself with cluster(x) in the formula,
---                                 cluster = "x"
---                                 or sampling weights; weights: a column; weight_type: "frequency"
---                                 (rows repeated), "sampling" (robust variance), "case"
---                                 (model-based variance; with Efron's ties tied rows share the
---                                 mean weight); cause: of an event that has causes (as in
---                                 survival.cuminc), the one whose hazard is modelled, all others
---                                 censored; censored: the level or number that means censored
---@return lobule.Cox|lobule.CoxPenalised
---@raise weights without weight_type; as survival.km; no event; a factor with one level left;
---       penalised terms with a robust variance
---@example lb.survival.cox("Surv(months, progressed) ~ arm + age + liver", lb.example_data())
function M.cox(formula, data, options)
  local opts <const> = check.options(options, COX_OPTIONS)
  weights.check(opts, data)
  local cause = as_text(opts, "cause")
  if opts.censored ~= nil and not cause then
    core.raise("argument", "censored: there is no cause", 'Name the cause: cause = "relapse".')
  end
  local model, info = build(clustered(formula, opts), data, "design", opts,
    { outcome = cause and "penalised causes" or "penalised", cause = cause,
      censored = cause and as_text(opts, "censored") })
  if info.penalties then
    return (require("lobule.survival.cox_penal").fit(model, info, opts, data))
  end
  local robust = opts.robust or info.n_cluster ~= nil or opts.weight_type == "sampling"
  local cox_fit = require "lobule.survival.cox_fit"
  cox_fit.check(opts, robust)
  local fit = cox_fit.fit(model, opts)
  require("lobule.survival.cox_warnings").check_scale(fit, info)
  fit.ties, fit.frequency, fit.naive_vcov = opts.ties, opts.weight_type == "frequency", fit.vcov
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

--- Cumulative incidence of competing causes by the Aalen-Johansen estimate (Aalen & Johansen 1978,
--- Scand J Stat 5:141; Kalbfleisch & Prentice 1980), one set of curves per group. Unlike 1 -
--- Kaplan-Meier with other causes censored it counts those who had another event first as not able
--- to have this one. At risk at t: entry < t <= time. The variance is that of the delta method on
--- multinomial events (Marubini & Valsecchi 1995, section 10.3; of one cause Greenwood's), of
--- Aalen (1978, Ann Stat 6:534), or with clusters and sampling weights the infinitesimal
--- jackknife. Rows missing any variable of the formula are left out and counted.
---@param formula string            "Surv(time, cause) ~ group", "Surv(entry, time, cause) ~ 1";
---                                 cause: a factor whose first level is censored, or whole numbers
---                                 with 0 = censored
---@param data lobule.Cohort|lobule.Frame
---@param options? table            conf_level (0.95); conf_type: "log-log" (default), "log",
---                                 "plain", "logit", "arcsine", of the incidence itself; variance:
---                                 "greenwood" (default), "aalen", "jackknife"; censored: the level
---                                 or number that means censored; cluster: a column; weights: a
---                                 column; weight_type: "frequency" (rows repeated), "sampling"
---                                 (jackknife), "case" (variance on weighted counts)
---@return lobule.CumInc
---@raise weights without weight_type; negative times, entry >= time, an event that is no cause, no
---       complete row; 1 and 2 without 0 unless censored says which
---@example lb.survival.cuminc("Surv(months, progressed) ~ arm", lb.example_data())
function M.cuminc(formula, data, options)
  local opts <const> = check.options(options, CUMINC_OPTIONS)
  weights.check(opts, data)
  data = weights.present(data, opts)
  local whole = clustered(formula, opts)
  local robust = opts.weight_type == "sampling" or whole:find "cluster%s*%(" ~= nil
  if robust and opts.variance and opts.variance ~= "jackknife" then
    core.raise("argument", ("variance '%s': clusters and sampling weights need the jackknife")
      :format(opts.variance), "Leave variance out.")
  end
  opts.variance = robust and "jackknife" or opts.variance or "greenwood"
  local kind = opts.variance == "jackknife" and "groups" or "counts"
  local model, info = build(whole, data, kind, opts,
    { censored = as_text(opts, "censored") })
  local fit = core.cuminc(model, opts.conf_level, opts.conf_type, opts.variance)
  local result = require("lobule.survival.cuminc").new(fit, info, opts)
  return result
end

--- Cox models of the cause-specific hazards, one a cause, other causes censored (Prentice et al.
--- 1978, Biometrics 34:541), side by side.
---@param formula string            "Surv(time, cause) ~ treatment + age"; causes as in
---                                 survival.cuminc
---@param data lobule.Cohort|lobule.Frame
---@param options? table            those of survival.cox without cause
---@return lobule.CauseSpecific
---@raise as survival.cox; a cause without events
---@example lb.survival.cause_specific("Surv(months, progressed) ~ arm", lb.example_data())
function M.cause_specific(formula, data, options)
  local opts <const> = check.options(options, COX_OPTIONS)
  if opts.cause ~= nil then
    core.raise("argument", "cause: all causes are modelled", "One cause: survival.cox.")
  end
  local _, info = build(clustered(formula, opts), data, "design", opts,
    { censored = as_text(opts, "censored") })
  local fits = {}
  for k, cause in ipairs(info.causes) do
    opts.cause = cause
    fits[k] = M.cox(formula, data, opts)
  end
  local result = require("lobule.survival.cause_specific").new(fits, info.causes)
  return result
end

--- Fine-Gray regression of the subdistribution hazard of one cause (Fine & Gray 1999, JASA 94:496):
--- hazard ratios that belong to cumulative incidence. Who had another event stays at risk with a
--- weight that falls as others would have been censored; with late entry also as others would have
--- entered (Geskus 2011, Biometrics 67:39). Strata: Zhou et al. 2011, Biometrics 67:661; clusters:
--- Zhou et al. 2012, Biostatistics 13:371. Rows missing any variable are left out and counted.
---@param formula string            "Surv(time, cause) ~ treatment + age", with late entry
---                                 "Surv(entry, time, cause) ~ ..."; strata(centre): a baseline and
---                                 a censoring distribution each; cluster(family): robust variance;
---                                 causes as in survival.cuminc
---@param data lobule.Cohort|lobule.Frame
---@param options? table            cause: the one that is modelled (needed when there are several);
---                                 variance: "fine-gray" (default: sandwich with the terms for the
---                                 estimated censoring and entry distributions), "robust" (without
---                                 them), "model" (inverse information); ties: "breslow" (default),
---                                 "efron"; censoring_ties: who has an event at a time is
---                                 "together" (default, as cmprsk) with those censored then at
---                                 risk of censoring, or events come first ("events_first", as
---                                 survival); censoring: "strata" (default: a distribution by
---                                 stratum) or "common" to all; censoring_groups: a column, a
---                                 distribution for each of its values (cmprsk's cengroup);
---                                 cluster: a column, rows with the same value depend on each
---                                 other; censored: the level or number that means censored;
---                                 conf_level (0.95); max_iter (30); tolerance (1e-9); weights with
---                                 weight_type "frequency" or "sampling"
---@return lobule.FineGray
---@raise as survival.cuminc; no cause named of several; clusters with variance = "model"; late
---       entry where all who are at risk at a time enter then
---@example lb.survival.finegray("Surv(months, progressed) ~ arm", lb.example_data())
function M.finegray(formula, data, options)
  local opts <const> = check.options(options, FINEGRAY_OPTIONS)
  weights.check(opts, data, FINEGRAY_REFUSED)
  data = weights.present(data, opts)
  if opts.weight_type == "sampling" and opts.variance == "model" then
    core.raise("argument", "variance 'model': sampling weights need a robust variance",
      "Leave variance out.")
  end
  local model, info = build(clustered(formula, opts), data, "design", opts,
    { censored = as_text(opts, "censored") })
  local finegray = require "lobule.survival.finegray"
  local cause = finegray.choose_cause(info.causes, as_text(opts, "cause"))
  local groups = finegray.censoring_groups(data, opts, info)
  local fit = core.finegray(model, cause, opts, groups)
  require("lobule.survival.cox_warnings").check_scale(fit, info)
  local result = finegray.new(fit, cause, info, opts, { model = model, groups = groups,
    data = data })
  return result
end

for name, file in next, ELSEWHERE do
  M[name] = function(...)
    -- No tail call: messages name the public function by its place on the stack.
    local results = table.pack(require("lobule.survival." .. file)[name](...))
    return table.unpack(results, 1, results.n)
  end
end

core.namespace("survival", M)
return M
