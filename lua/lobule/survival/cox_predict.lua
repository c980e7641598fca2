--- What follows from a Cox fit: residuals, baseline hazard, predictions. Methods of the class
--- "cox".
local check = require "lobule.check"
local core = require "lobule.core"
local result = require "lobule.result"

local Cox = {}

local function check_settled(self)
  if #self.info.terms > 0 and not self.converged then
    core.raise("numeric", "the fit did not converge: nothing follows from its coefficients",
      "print(fit) names the terms without a finite estimate.")
  end
end

local RESIDUALS <const> = { "martingale", "deviance", "score", "schoenfeld", "scaled_schoenfeld",
  "dfbeta", "dfbetas" }

--- Residuals, one row a row that was fitted, `row` being its number in the data. Martingale and
--- deviance residuals are one column; score, dfbeta (change of a coefficient without the row) and
--- dfbetas (the same in standard errors) a column a term. Schoenfeld residuals have a row for each
--- event, by stratum and time; scaled by the covariance they estimate the coefficient at that time
--- (Grambsch & Therneau 1994, Biometrika 81:515). Weights do not multiply residuals.
---@param options? table            type: "martingale" (default), "deviance", "score", "schoenfeld",
---                                 "scaled_schoenfeld", "dfbeta", "dfbetas"
---@return lobule.Frame             # row, (time), then "martingale", "deviance" or the terms
---@raise a fit that did not converge
function Cox:residuals(options)
  local opts <const> = check.options(options, { { "type", RESIDUALS, "martingale" } })
  check_settled(self)
  local ties = self.options.ties
  if (ties == "exact" or ties == "marginal") and opts.type ~= "martingale"
    and opts.type ~= "deviance" then
    core.raise("argument", ("%s residuals are not defined for ties '%s'"):format(opts.type, ties),
      'Martingale and deviance residuals are; ties = "efron" has all.')
  end
  local frame = core.cox_residuals(self.model, self.fit, opts.type)
  return frame
end

local function strata_name(self, s)
  local name = self.info.strata.name[s]
  return (name == nil or name == "") and "all" or name
end

--- The last row of each stratum at or before each time; nothing has happened before the first, and
--- after the stratum's last observed time nothing is known.
local function baseline_at(self, all, times)
  local lists = { {}, {}, {}, {} }
  local stratum, time = all:column "stratum", all:column "time"
  local estimate, se = all:column "estimate", all:column "std_error"
  local k, first, n = 0, 1, #all
  for s = 1, math.max(1, #self.info.strata.name) do
    local i = first
    while first <= n and stratum[first] == s do first = first + 1 end
    for _, t in ipairs(times) do
      while i < first and time[i] <= t do i = i + 1 end
      local known = i > 1 and stratum[i - 1] == s
      k = k + 1
      lists[1][k], lists[2][k] = strata_name(self, s), t
      lists[3][k], lists[4][k] = 0.0, 0.0
      if t > self.info.strata.last_time[s] then
        lists[3][k], lists[4][k] = core.NA, core.NA
      elseif known then lists[3][k], lists[4][k] = estimate[i - 1], se[i - 1] or core.NA end
    end
  end
  return result.frame { { "strata", lists[1], "text" },
    { "time", lists[2], "real", unit = self.info.time_unit }, { "estimate", lists[3], "real" },
    { "std_error", lists[4], "real" } }
end

--- The cumulative baseline hazard of each stratum, for all covariates 0 (factors at their
--- reference) or for a person at the means of the covariates. With Efron's ties it is the estimate
--- that matches Efron's likelihood, else Breslow's (1974); standard errors include the estimation
--- of the coefficients (Tsiatis 1981, Ann Stat 9:93), by the jackknife where the fit is robust.
---@param options? table            centred (false): at the means; times: ascending, the values
---                                 there, NA after the last observed time of the stratum (default:
---                                 every event time)
---@return lobule.Frame             # strata, time, n_risk, n_event, hazard, estimate, std_error;
---                                 with times: strata, time, estimate, std_error
function Cox:baseline(options)
  local opts <const> = check.options(options, { { "centred", "boolean", false },
    { "times", "times" } })
  check_settled(self)
  local all = core.cox_baseline(self.model, self.fit, opts.centred)
  if opts.times then return (baseline_at(self, all, opts.times)) end
  local strata, stratum = { n = #all }, all:column "stratum"
  for i = 1, #all do strata[i] = strata_name(self, stratum[i]) end
  local columns = { { "strata", strata, "text" } }
  for j = 2, #all:names() do
    local name = all:names()[j]
    columns[j] = { name, all:column(name), "real" }
  end
  local frame = core.frame { columns[1] }
  for j = 2, #columns do frame = core.with_column(frame, columns[j][1], columns[j][2]) end
  return frame
end

--- The design of newdata with the levels, knots and centres of the fit; nil for the fitted rows.
local function design(self, newdata, outcome)
  if newdata == nil then return nil end
  return core.model_apply(self.model, check.new_data(newdata), outcome)
end

local function limits(frame, level)
  local z = core.normal_quantile(0.5 + level / 2)
  return frame:mutate({ "conf_low = estimate - $z * std_error",
    "conf_high = estimate + $z * std_error" }, { with = { z = z } })
end

local predict = {}

function predict.lp(self, opts)
  return limits(core.cox_linear(self.model, self.fit, design(self, opts.newdata)), opts.conf_level)
end

function predict.risk(self, opts)
  return predict.lp(self, opts):mutate { "estimate = exp(estimate)",
    "std_error = std_error * estimate", "conf_low = exp(conf_low)", "conf_high = exp(conf_high)" }
end

function predict.expected(self, opts)
  return core.cox_expected(self.model, self.fit, design(self, opts.newdata, true))
end

function predict.terms(self, opts)
  local model, frame, seen = design(self, opts.newdata), nil, {}
  for _, term in ipairs(self.info.terms) do
    local variable = term.variable
    if not seen[variable] then
      seen[variable] = true
      local part = core.cox_linear(self.model, self.fit, model, variable)
      local value, se = part:column "estimate", part:column "std_error"
      frame = frame and core.with_column(frame, variable, value)
        or core.rename(part:select { "estimate" }, "estimate", variable)
      frame = core.with_column(frame, variable .. "_std_error", se)
    end
  end
  return frame or core.frame {}
end

function predict.survival(self, opts)
  if not opts.times then
    core.raise("argument", "survival needs times",
      'Write predict { type = "survival", newdata = people, times = { 12, 24 } }.')
  end
  local people = core.cox_survival(self.model, self.fit, design(self, opts.newdata), opts.times,
    opts.conf_level, opts.conf_type)
  local row, time, n = {}, {}, #opts.times
  for i = 1, #people do
    row[i], time[i] = (i - 1) // n + 1, opts.times[(i - 1) % n + 1]
  end
  local frame = result.frame { { "row", row, "integer" },
    { "time", time, "real", unit = self.info.time_unit } }
  for _, name in ipairs(people:names()) do
    frame = core.with_column(frame, name, people:column(name))
  end
  return (require("lobule.survival.people").beside(frame, opts.newdata))
end

local PREDICT <const> = { { "type", { "lp", "risk", "expected", "survival", "terms" }, "lp" },
  { "newdata", "any" }, { "times", "times" }, { "conf_level", "level" },
  { "conf_type", { "log-log", "log", "plain" }, "log-log" } }

--- Predictions with standard errors, for the fitted data or for newdata, one row a row; a row with
--- a missing covariate is NA.
---   "lp"        linear predictor less that of a person at the means of the covariates, in all
---               strata (R centres within strata, and not at all for covariates of -1, 0, 1)
---   "risk"      exp(lp), the hazard ratio to that person; std_error by the delta method
---   "expected"  expected events up to each one's own time; the outcome must be in newdata
---   "survival"  S(t) at `times`; needs the stratum; NA after the last observed time of the
---               stratum, where nobody was followed
---   "terms"     the part of each variable in lp, each with a column <variable>_std_error
--- Standard errors of expected and survival include baseline and coefficients (Tsiatis 1981; Link
--- 1984). Where the fit is robust (clusters, sampling weights) all are the infinitesimal jackknife,
--- added up within clusters, of baseline and coefficients together (Lin & Wei 1989); R's survfit
--- joins robust coefficients to a baseline of independent rows, which differs where rows of a
--- cluster resemble each other. Standard errors of lp, risk and terms are those of the distance
--- from the means, as the predictions are: R's differ where it centres differently, and for risk it
--- multiplies by the root of the risk, not by the risk.
---@param options? table            type ("lp"); newdata: frame, cohort or { age = { 50, 70 } };
---                                 times; conf_level (that of the fit); conf_type of survival:
---                                 "log-log" (default), "log", "plain"
---@return lobule.Frame             # estimate, std_error, conf_low, conf_high; survival also row,
---                                 time, cumulative_hazard, and of newdata given as a table of at
---                                 most 20 rows the columns that vary
---@raise a fit that did not converge; a level or stratum that was not in the fit
function Cox:predict(options)
  local opts <const> = check.options(options, PREDICT)
  opts.conf_level = opts.conf_level or self.options.conf_level
  check_settled(self)
  if opts.times and opts.type ~= "survival" then
    core.raise("argument", ("times have no meaning for type '%s'"):format(opts.type),
      'They go with type = "survival".')
  end
  local frame = predict[opts.type](self, opts)
  return frame
end

--- The data with linear_predictor and its standard error, expected events and, for the fitted
--- rows, martingale and deviance residuals; NA in rows that were left out.
---@param newdata? lobule.Frame|lobule.Cohort  default: the data of the fit
---@return lobule.Frame
function Cox:augment(newdata)
  check_settled(self)
  local frame = check.new_data(newdata or self.data)
  local model = design(self, newdata, false)
  local linear = core.cox_linear(self.model, self.fit, model)
  frame = core.with_column(frame, "linear_predictor", linear:column "estimate")
  frame = core.with_column(frame, "linear_predictor_std_error", linear:column "std_error")
  if newdata then return frame end
  local expected = core.cox_expected(self.model, self.fit)
  frame = core.with_column(frame, "expected", expected:column "estimate")
  for _, kind in ipairs { "martingale", "deviance" } do
    local residual = core.cox_residuals(self.model, self.fit, kind, true)
    frame = core.with_column(frame, kind, residual:column(kind))
  end
  return frame
end

--- A frame of one row with fields of `values`, NA for those it has not; n is a count.
local function one_row(values, names)
  local columns = {}
  for j, name in ipairs(names) do
    columns[j] = { name, { values[name] == nil and core.NA or values[name] },
      name == "n" and "integer" or "real" }
  end
  return (result.frame(columns))
end

--- Concordance of the linear predictor with survival, within strata: of comparable pairs, the
--- fraction in which the higher predictor fails first, ties of the predictor counting one half;
--- standard error by the infinitesimal jackknife, added up within clusters. For newdata, of these
--- people's own outcomes; their clusters are not asked for, so a clustered fit has no standard
--- error there (NA). "harrell" counts each pair once (Harrell et al. 1982, JAMA 247:2543); what it
--- estimates depends on the censoring. "uno" weighs a pair by 1 / G(t-)^2, G the Kaplan-Meier curve
--- of the censoring (within the stratum), and does not (Uno et al. 2011, Stat Med 30:1105); its
--- standard error takes G as known, as R's concordance with timewt = "n/G2" does. Choose tau so
--- that people are still at risk there: weights grow without end where G falls to 0. With late
--- entry it may do so early, when all of a few are censored; later events then count no pairs,
--- which a warning says.
--- "gonen-heller" asks no times: the mean over all pairs of 1 / (1 + exp(-|d|)), d the difference
--- of their linear predictors, so it is right when the model is, whatever the censoring (Gonen &
--- Heller 2005, Biometrika 92:965); pairs of equal predictors count one half. Its standard error is
--- that of smoothed, where Phi(d / h) stands for "d > 0", h = sd n^(-1/3) / 2 (the variance of the
--- paper; NA for a clustered fit). Not for weights, late entry, strata or frailty. Time grows with
--- the square of n.
---@param options? table            newdata: a frame or cohort, with the outcome unless the type is
---                                 "gonen-heller"; type: "harrell" (default), "uno",
---                                 "gonen-heller"; tau: pairs whose earlier time is beyond it do
---                                 not count (R's ymax)
---@return lobule.Frame             # concordance, std_error, concordant, discordant, tied_x,
---                                 tied_y, tied_xy (weighted pairs), n; "gonen-heller":
---                                 concordance, smoothed, std_error, tied_x, n
---@raise tau not above 0; no pair before G is 0;
---       tau, weights, late entry, strata or frailty with "gonen-heller"; as predict
---@example lb.survival.cox("Surv(months, progressed) ~ arm + age", lb.example_data())
---    :concordance { type = "uno", tau = 24 }
function Cox:concordance(options)
  local opts <const> = check.options(options, { { "newdata", "any" },
    { "type", { "harrell", "uno", "gonen-heller" }, "harrell" }, { "tau", "positive" } })
  check_settled(self)
  if opts.type == "gonen-heller" then
    if opts.tau then
      core.raise("argument", "tau: Gonen and Heller's concordance asks no times",
        'Leave tau out, or take type = "uno".')
    end
    return one_row(core.cox_gonen_heller(self.model, self.fit, design(self, opts.newdata)),
      { "concordance", "smoothed", "std_error", "tied_x", "n" })
  end
  local counted = core.cox_concordance(self.model, self.fit, design(self, opts.newdata, true),
    opts.type, opts.tau)
  if counted.n_unweighted > 0 then
    io.stderr:write(("warning: all at risk are censored at time %s: Uno's weights end there, and "
      .. "%d later events have no pairs\n"):format(core.format_number(counted.unweighted_at),
      counted.n_unweighted))
  end
  return one_row(counted, { "concordance", "std_error", "concordant", "discordant", "tied_x",
    "tied_y", "tied_xy", "n" })
end

return result.methods("cox", Cox)
