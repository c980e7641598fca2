--- How good predicted risks are: AUC, Brier score, calibration and decision curves over time.
local check = require "lobule.check"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local risks = require "lobule.survival.risks"
local result = require "lobule.result"

local M = {}

local OPTIONS <const> = { { "models", "table" }, { "times", "times" }, { "cause", "any" },
  { "censored", "any" }, { "conf_level", "level", 0.95 }, { "calibration", "boolean", true },
  { "groups", "count", 10 } }

--- Whether the event of the formula has causes: the option says one.
local function causes_of(opts)
  if opts.cause == nil then return nil end
  return { censored = fitting.as_text(opts, "censored") }
end

--- The number of the cause among those of the model; 0 without causes.
local function cause_number(info, opts)
  if opts.cause == nil then return 0 end
  return (require("lobule.survival.cuminc").cause_number(info.causes, opts.cause))
end

--- Raises for a time after which nobody was followed.
local function check_times(times, last)
  if times[#times] <= last then return end
  local shown <const> = core.format_number(last)
  core.raise("data", ("times: nobody is at risk at %s; the last time at which anybody is, is %s")
    :format(core.format_number(times[#times]), shown), ("Choose times up to %s."):format(shown))
end

--- Predicted risks against what happened: discrimination by the time-dependent AUC (cumulative
--- cases, dynamic controls; Blanche, Dartigues & Jacqmin-Gadda 2013, Stat Med 32:5381), overall
--- error by the Brier score (Graf et al. 1999, Stat Med 18:2529) and its integral, both with
--- weights of inverse probability of censoring (Kaplan-Meier; events before censorings at the same
--- time) and standard errors by influence functions that include the estimated weights; calibration
--- by the ratio of observed to predicted risk, the calibration slope and a smooth curve with its
--- ICI (Austin, Harrell & van Klaveren 2020, Stat Med 39:2714); net benefit by :decision(). Models
--- are compared on the same rows: those with an outcome and a risk from every model. Risks of the
--- data that a model was fitted to flatter it: rows that were filtered from those of the fit are
--- found, and print says so. A Cox model of one cause, others censored, predicts more than the
--- incidence of that cause: it is scored with a warning.
---@param formula string            "Surv(time, event) ~ 1"; the event may have causes
---@param data lobule.Cohort|lobule.Frame  to judge by; not those of the fit, where there are others
---@param options table             models: name -> a fitted survival.cox, survival.finegray, or
---                                 risks in columns, one a time: { small = fit, score = {
---                                 "risk_12", "risk_24" } }; times: ascending; cause: the one that
---                                 is predicted; censored: the level or number that means censored;
---                                 conf_level (0.95); calibration (true); groups: of the
---                                 calibration table (10)
---@return lobule.Score
---@raise no times or models; risks outside 0 to 1; late entry; times beyond the follow-up
---@example local d = lb.example_data()
---  local fit = lb.survival.cox("Surv(months, progressed) ~ arm + age + liver", d)
---  lb.survival.score("Surv(months, progressed) ~ 1", d, { models = { cox = fit },
---    times = { 6, 12 } })
function M.score(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  if not opts.times or not opts.models or next(opts.models) == nil then
    core.raise("argument", "models and times: say what is judged and when",
      "For example { models = { cox = fit }, times = { 12, 24 } }.")
  end
  if type(opts.times) == "number" then opts.times = { opts.times } end
  local frame <const> = check.data(data)
  local _, all = fitting.build(formula, frame, "groups", {}, causes_of(opts))
  check_times(opts.times, all.time_max)
  local names, columns, known, n_unknown = risks.of(opts.models, frame, opts.times)
  local model, info = fitting.build(formula, known, "groups", {}, causes_of(opts))
  check_times(opts.times, info.time_max)
  local cause <const> = cause_number(info, opts)
  local at = {}
  for t, time in ipairs(opts.times) do
    local list = {}
    for m in ipairs(names) do list[m] = known:column(columns[m][t]) end
    at[t] = core.score(model, cause, list, time)
  end
  info.n_no_risk, info.n_all, info.model, info.cause = n_unknown, #frame, model, cause
  info.common = risks.common(opts.models, names, known)
  local new = require("lobule.survival.score_result").new(at, names, columns, known, info, opts,
    formula)
  return new
end

return result.functions("survival", M)
