--- Multistate survival: functions of lb.survival that take rows of people who move between states.
local check = require "lobule.check"
local core = require "lobule.core"
local result = require "lobule.result"
local rows = require "lobule.survival.multistate_data"
local weights = require "lobule.survival.weights"

local M = {}

local AJ_OPTIONS <const> = weights.join(rows.join {
  { "cluster", "string" }, { "conf_level", "level", 0.95 },
  { "conf_type", { "log-log", "log", "plain", "logit", "arcsine" }, "log-log" },
  { "variance", { "jackknife", "greenwood", "aalen" } },
  { "p0", "table" }, { "start_time", "number" }, { "landmark", "any" } })
local TRANSITION_OPTIONS <const> = rows.join {}
local COX_OPTIONS <const> = weights.join(rows.join {
  { "transitions", "table" }, { "common", "any" }, { "shared_baseline", "table" },
  { "proportional_baseline", "table" }, { "cluster", "string" },
  { "ties", { "efron", "breslow" }, "efron" }, { "robust", "boolean", true },
  { "conf_level", "level", 0.95 }, { "max_iter", "count", 30 }, { "tolerance", "positive", 1e-9 } })

local function refuse_strata(formula)
  if formula:find "strata%s*%(" then
    core.raise("argument", "strata() has no meaning for curves",
      "For curves of each stratum add it as a group:  ~ ... + centre")
  end
end

--- Shares of each state at the start, as a list in the order of the states.
local function start_shares(p0, states)
  if not p0 then return nil end
  local list = {}
  for k in ipairs(states) do list[k] = 0 end
  for name, share in next, p0 do
    local number = type(name) == "number" and states[name] and name
      or rows.state_number(states, name, "p0")
    list[number] = check.type(share, "number", "p0")
  end
  return list
end

local function check_variance(opts)
  local robust = opts.weight_type == "sampling" or opts.cluster ~= nil
  if robust and opts.variance and opts.variance ~= "jackknife" then
    core.raise("argument", ("variance '%s': clusters and sampling weights need the jackknife")
      :format(opts.variance), "Leave variance out.")
  end
  opts.variance = opts.variance or "jackknife"
end

--- Probabilities of being in each state over time by the Aalen-Johansen estimate (Aalen & Johansen
--- 1978, Scand J Stat 5:141; Andersen et al. 1993, section IV.4), one set of curves per group.
--- Rows are spells of follow-up: a person has one or more, which follow each other; each says in
--- which state it ends. Censored people are at risk at their last time: entry < t <= time.
--- Splitting rows changes nothing. Two states give Kaplan-Meier, one initial state and several
--- final ones cumulative incidence. The variance is the infinitesimal jackknife over persons. Rows
--- missing any variable are left out and counted.
---@param formula string            "Surv(entry, time, state) ~ group", "Surv(time, state) ~ 1";
---                                 state: what the row ends in, a factor whose first level means
---                                 censored, or whole numbers with 0 = censored
---@param data lobule.Cohort|lobule.Frame
---@param options? table            id: the column that says who is who (default: that of the
---                                 cohort); start_state: column of the state a row is spent in
---                                 (default: the state that the row before ended in); initial: name
---                                 of the state in which everybody begins ("initial"); states: all
---                                 states in the order wanted; absorbing: states nobody leaves;
---                                 censored: the level or number that means censored; gaps:
---                                 "refuse" (default), "allow"; conf_level (0.95); conf_type:
---                                 "log-log" (default), "log", "plain", "logit", "arcsine";
---                                 variance: "jackknife" (default), "greenwood", "aalen" (both take
---                                 the start distribution as known); p0: { entry = 0.7, ill = 0.3 }
---                                 (default: who is at risk at the first move); start_time: follow
---                                 from there; landmark: with start_time, only those in this state
---                                 then, without a Markov assumption (Putter & Spitoni 2018, Stat
---                                 Methods Med Res 27:2081); cluster: wider than persons; weights:
---                                 a column; weight_type: "frequency" (persons repeated),
---                                 "sampling", "case" (both: jackknife of weighted persons)
---@return lobule.StateProbabilities
---@raise overlaps, gaps, jumps, two states at one time, with rows; entry times without id
---@example local d = lb.survival.multistate_rows(lb.example_data(), {
---    last = "months", states = { { "progression", "months", "progressed" } }, keep = "arm" })
---  lb.survival.multistate("Surv(entry, time, state) ~ arm", d, { id = "id" })
function M.multistate(formula, data, options)
  local opts <const> = check.options(options, AJ_OPTIONS)
  weights.check(opts, data)
  data = weights.present(data, opts)
  refuse_strata(check.type(formula, "string", "formula"))
  check_variance(opts)
  if opts.landmark ~= nil and not opts.start_time then
    core.raise("argument", "landmark: at which time?", "Say it: start_time = 12.")
  end
  local prepared = rows.prepare(formula, data, opts, "groups")
  local states = prepared.states
  local fit = core.multistate(prepared.histories, { conf_level = opts.conf_level,
    conf_type = opts.conf_type, variance = opts.variance, start_time = opts.start_time,
    landmark = opts.landmark ~= nil and rows.state_number(states, opts.landmark, "landmark") or nil,
    p0 = start_shares(opts.p0, states), frequency = opts.weight_type == "frequency" })
  local one = require("lobule.survival.multistate").new(fit, prepared, opts)
  return one
end

--- Who moved where: counts of transitions, persons ever in each state, time under observation and
--- rates, moves per person; rows are checked as by survival.multistate (as R's survcheck).
---@param formula string            "Surv(entry, time, state) ~ 1"
---@param data lobule.Cohort|lobule.Frame
---@param options? table            id, start_state, initial, states, absorbing, censored, gaps:
---                                 as of survival.multistate
---@return lobule.Transitions
---@raise as survival.multistate
---@example local d = lb.survival.multistate_rows(lb.example_data(), {
---    last = "months", states = { { "progression", "months", "progressed" } } })
---  lb.survival.transitions("Surv(entry, time, state) ~ 1", d, { id = "id" })
function M.transitions(formula, data, options)
  local opts <const> = check.options(options, TRANSITION_OPTIONS)
  refuse_strata(check.type(formula, "string", "formula"))
  local prepared = rows.prepare(formula, data, opts, "groups")
  local one = require("lobule.survival.transitions").new(prepared, opts)
  return one
end

--- Rows of follow-up from a table with one row a person: the time and a status of each state, and
--- the last day of follow-up. States come in the order of their times; of two at the same time the
--- later in the list is the one reached, the earlier is put `earlier` before it.
---@param data lobule.Cohort|lobule.Frame
---@param options table             last: column of the last time under observation; states: a list
---                                 of { "name", "time column", "status column" }, in the order in
---                                 which people go through them (without a status column: a time
---                                 that is not missing is reached); final: states nobody leaves
---                                 (default: the last of the list); id (default: that of the
---                                 cohort, else "id"); initial ("initial"); entry: column of the
---                                 time of entry (0); keep: columns carried along; earlier: what is
---                                 taken off the earlier of two equal times (default: they are
---                                 refused)
---@return lobule.Cohort            # id, entry, time, from, state (a factor, "censored" first), and
---                                 the columns kept
---@raise a state after the last time or after a final one, a time before entry, equal times
---@example lb.survival.multistate_rows(lb.example_data(), { last = "months",
---    states = { { "progression", "months", "progressed" } } })
function M.multistate_rows(data, options)
  local cohort = require("lobule.survival.multistate_rows")(data, options)
  return cohort
end

--- The stacked rows fitted, with the robust variance where it is asked for.
local function fit_stacked(stacked, opts)
  local frequency = opts.weight_type == "frequency"
  local fit = core.cox(stacked, opts.ties, opts.max_iter, opts.tolerance, frequency)
  fit.ties, fit.frequency, fit.naive_vcov = opts.ties, frequency, fit.vcov
  if opts.robust then
    require("lobule.survival.cox_robust")(fit, core.cox_robust(stacked, fit))
  end
  return fit
end

local function check_robust(opts)
  if opts.robust == false and (opts.cluster or opts.weight_type == "sampling") then
    core.raise("argument", "robust = false: clusters and sampling weights need the robust variance",
      'Leave robust out; weight_type = "case" has the model-based variance.')
  end
  -- Copies of a person are no cluster: the information of the likelihood is right for frequencies.
  if opts.weight_type == "frequency" then opts.robust = false end
end

--- Cox models of all transitions at once (de Wreede, Fiocco & Putter 2010, Comput Methods Programs
--- Biomed 99:261): each transition has its own baseline hazard and its own coefficients, unless
--- options say that they are shared. Ties by Efron (1977) or Breslow; the variance is robust by
--- person (Lin & Wei 1989). Rows missing any variable of any transition are left out and counted.
---@param formula string            "Surv(entry, time, state) ~ age + sex + strata(centre)"
---@param data lobule.Cohort|lobule.Frame
---@param options? table            id, start_state, initial, states, absorbing, censored, gaps: as
---                                 of survival.multistate; transitions: terms of single
---                                 transitions in place of the formula's: { ["entry -> death"] =
---                                 "age", ["ill -> death"] = "1" }; common: terms with one
---                                 coefficient in all transitions, { "age" }, or in some, { age =
---                                 { "entry -> death", "ill -> death" } }; shared_baseline: lists
---                                 of transitions with the same baseline hazard;
---                                 proportional_baseline: lists of those with proportional ones, a
---                                 coefficient each; cluster: wider than persons; robust (true;
---                                 false: model-based); ties: "efron" (default), "breslow";
---                                 conf_level (0.95); max_iter (30); tolerance (1e-9); weights: a
---                                 column; weight_type: "frequency" (model-based variance),
---                                 "sampling", "case"
---@return lobule.MultistateCox
---@raise as survival.multistate; a transition that nobody made; no transition at all
---@example local d = lb.survival.multistate_rows(lb.example_data(), { last = "months",
---    states = { { "progression", "months", "progressed" } }, keep = { "arm", "age" } })
---  lb.survival.multistate_cox("Surv(entry, time, state) ~ arm + age", d, { id = "id" })
function M.multistate_cox(formula, data, options)
  local opts <const> = check.options(options, COX_OPTIONS)
  weights.check(opts, data)
  data = weights.present(data, opts)
  check_robust(opts)
  local plans = require "lobule.survival.multistate_plan"
  local whole, base, own = plans.formula(check.type(formula, "string", "formula"), opts.transitions)
  local prepared = rows.prepare(whole, data, opts, "design")
  local plan, transitions = plans.make(prepared, opts, base, own)
  prepared.info.formula = formula
  local stacked = core.multistate_stack(prepared.histories, plan)
  local fit = fit_stacked(stacked, opts)
  local info = stacked:info()
  weights.count(info, opts)
  info.formula, info.labels = formula, prepared.info.labels
  require("lobule.survival.cox_warnings").check_scale(fit, info)
  local cox = require("lobule.survival.cox").new(fit, info, opts, stacked, data)
  local one = require("lobule.survival.multistate_cox").new(cox, prepared, plan, transitions, opts)
  one.data = check.data(data)
  return one
end

result.functions("survival", M)
return M
