--- Multistate Cox model: hazard ratios of each transition, predicted state probabilities.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local rows = require "lobule.survival.multistate_data"
local shown_as = require "lobule.shown"
local terms = require "lobule.terms"
local weights = require "lobule.survival.weights"

---@class lobule.MultistateCox
---@field states string[]
---@field transitions table[]       { from, to, name, n_event }
---@field cox lobule.Cox            the Cox model of the stacked rows
---@field converged boolean
---@field info table
---@field warnings string[]
---@field title string
local MultistateCox = { __name = "lobule.MultistateCox" }
result.mixin(MultistateCox)

local M = {}

--- Wraps the Cox model of the stacked rows.
---@param cox lobule.Cox
---@param prepared table
---@param plan table
---@param transitions table[]
---@param opts table
---@return lobule.MultistateCox
function M.new(cox, prepared, plan, transitions, opts)
  local warnings = rows.warnings(prepared)
  for _, text in ipairs(cox.warnings) do warnings[#warnings + 1] = text end
  return setmetatable({ cox = cox, fit = cox.fit, states = prepared.states, plan = plan,
    transitions = transitions, info = prepared.info, design = prepared.model, options = opts,
    converged = cox.converged, warnings = warnings, title = "Multistate Cox model" },
    MultistateCox)
end

--- One row a transition and term; a coefficient common to several transitions has one row. Log
--- hazard ratios, or hazard ratios with exponentiate; std_error stays on the log scale, robust
--- where the fit is.
---@param options? table            exponentiate (false); conf_level (that of the fit)
---@return lobule.Frame             # transition, term, variable, level, reference, estimate,
---                                 std_error, statistic, p_value, conf_low, conf_high, n, n_event
function MultistateCox:tidy(options)
  local frame = self.cox:tidy(options)
  local n = #self.plan.shown
  local transition, term = { n = n }, { n = n }
  for c, one in ipairs(self.plan.shown) do transition[c], term[c] = one.transition, one.term end
  local made = core.frame { { "transition", transition, "text", label = "Transition" },
    { "term", term, "text", label = "Term" } }
  for _, name in ipairs(frame:names()) do
    if name ~= "term" then made = core.with_column(made, name, frame:column(name)) end
  end
  return made
end

--- The fit in one row.
---@return lobule.Frame             # n_persons, n, n_missing, n_transitions, log_lik_null, log_lik,
---                                 aic, iterations, converged
function MultistateCox:glance()
  local fit = self.fit
  local df = fit.likelihood_ratio.df
  return (result.frame { { "n_persons", { self.info.summary.n_person }, "integer" },
    { "n", { self.info.n_used }, "integer" }, { "n_missing", { self.info.n_missing }, "integer" },
    { "n_transitions", { self.cox.info.n_event }, "real" },
    { "log_lik_null", { fit.log_lik_null }, "real" }, { "log_lik", { fit.log_lik }, "real" },
    { "aic", { 2 * df - 2 * fit.log_lik }, "real" },
    { "iterations", { fit.iterations }, "integer" },
    { "converged", { fit.converged }, "logical" } })
end

--- The model's global tests, as of a Cox model.
---@return lobule.Frame             # test, statistic, df, p_value
function MultistateCox:tests()
  return (self.cox:tests())
end

--- Covariance matrix of the log hazard ratios; terms carry their transition in brackets.
---@return lobule.Frame             # term, then one column a term
function MultistateCox:vcov()
  return (self.cox:vcov())
end

--- Cumulative baseline hazards of the transitions, for all covariates 0 or at their means over the
--- rows at risk.
---@param options? table            centred (false); times
---@return lobule.Frame             # transition, time, n_risk, n_event, hazard, estimate,
---                                 std_error; with times: transition, time, estimate, std_error
function MultistateCox:baseline(options)
  return (core.rename(self.cox:baseline(options), "strata", "transition"))
end

--- Shares of the states at the start: a state's name, or a table of shares.
local function start_of(self, from)
  local list = {}
  for k in ipairs(self.states) do list[k] = 0.0 end
  if type(from) ~= "table" then
    list[from == nil and self.transitions[1].from or rows.state_number(self.states, from)] = 1.0
    return list
  end
  local sum = 0
  for name, share in next, from do
    list[rows.state_number(self.states, name)] = check.type(share, "number", "from")
    sum = sum + share
  end
  if math.abs(sum - 1) > 1e-8 then
    core.raise("argument", "from: expected probabilities that add up to 1")
  end
  return list
end

--- Row, time and state in front of what the core predicts, people by times by states.
local function with_places(self, frame, n_people, times)
  local n, k = 0, #self.states
  local row, time, state = {}, {}, {}
  for i = 1, n_people do
    for _, t in ipairs(times) do
      for s = 1, k do
        n = n + 1
        row[n], time[n], state[n] = i, t, self.states[s]
      end
    end
  end
  row.n, time.n, state.n = n, n, n
  local made = core.frame { { "row", row, "integer" }, { "state", state, "text", label = "State" },
    { "time", time, "real", unit = self.info.time_unit } }
  for _, name in ipairs(frame:names()) do
    made = core.with_column(made, name, frame:column(name))
  end
  return made
end

--- Probabilities of being in each state for people with given covariates, under the Markov
--- assumption: p(t) = p(0) prod exp(dA), which with two states is the usual exp(-H) (R's survfit).
--- Standard errors are robust where the fit is: influences of persons, or of clusters, on baseline
--- hazards and coefficients (the infinitesimal jackknife, as Lin & Wei 1989, JASA 84:1074, for one
--- hazard); of a fit with robust = false by the delta method with model-based variances of both
--- (Andersen, Hansen & Keiding 1991, Scand J Stat 18:153). A row with a missing covariate gives NA,
--- a time after the last observed one too.
---@param options table             newdata: a frame, a cohort, or a table of lists by column name;
---                                 times: ascending; from: the state in which they begin, or shares
---                                 { entry = 0.7, ill = 0.3 } (default: the first); start_time:
---                                 time at which they are there (default: the beginning); state:
---                                 only this one; method: "exponential" (default), "product" (of I
---                                 + dA, Aalen-Johansen); conf_level (that of the fit); conf_type:
---                                 "log-log" (default), "log", "plain", "logit", "arcsine"
---@return lobule.Frame             # row (of newdata), state, time, estimate, std_error, conf_low,
---                                 conf_high; of newdata given as a table of at most 20 rows also
---                                 the columns that vary
---@raise a fit that did not converge; newdata or times missing; a level that the fit has not
function MultistateCox:predict(options)
  local opts <const> = check.options(options, { { "newdata", "any" }, { "times", "times" },
    { "from", "any" }, { "start_time", "number" }, { "state", "any" },
    { "method", { "exponential", "product" }, "exponential" },
    { "conf_level", "level", self.options.conf_level },
    { "conf_type", { "log-log", "log", "plain", "logit", "arcsine" }, "log-log" } })
  if opts.newdata == nil or not opts.times then
    core.raise("argument", "newdata and times are needed",
      "predict { newdata = { age = { 60 } }, times = { 12, 24 } }.")
  end
  if #self.plan.terms > 0 and not self.converged then
    core.raise("numeric", "the fit did not converge: nothing follows from its coefficients",
      "print(fit) names the terms without a finite estimate.")
  end
  local newdata = check.new_data(opts.newdata)
  for _, name in ipairs { self.options.start_state or false, self.options.cluster or false } do
    if name and not newdata:has(name) then -- the design asks for it, predictions do not
      local present = self.data:column(name)
      local list = { n = #newdata }
      for i = 1, #newdata do list[i] = present[1] end
      newdata = core.with_column(newdata, name, core.frame { { name, list } }:column(name))
    end
  end
  local state = opts.state ~= nil and rows.state_number(self.states, opts.state)
  local frame = core.multistate_predict(self.cox.model, self.fit, self.plan, {
    p0 = start_of(self, opts.from), times = opts.times, start_time = opts.start_time,
    increment = opts.method == "product", conf_level = opts.conf_level,
    conf_type = opts.conf_type }, core.model_apply(self.design, newdata, false))
  local placed = with_places(self, frame, #newdata, opts.times)
  placed = require("lobule.survival.people").beside(placed, opts.newdata)
  if not state then return placed end
  local kept = core.filter(placed, "state == $wanted", core.with { wanted = self.states[state] })
  return kept
end

local function ratio_text(row)
  if not row.estimate then return "NA" end
  if not row.conf_low then return format.number(row.estimate, 3) .. " (NA)" end
  local estimate, low, high = format.ratio_interval(row.estimate, row.conf_low, row.conf_high)
  return ("%s (%s to %s)"):format(estimate, low, high)
end

local function heading_of(self, transition)
  for _, one in ipairs(self.transitions) do
    if one.name == transition then
      return ("%s (%s transitions)"):format(transition, format.count(one.n_event))
    end
  end
  return transition
end

local function terms_table(self)
  local list, last = {}, nil
  for c, row in ipairs(self:tidy({ exponentiate = true }):rows_list()) do
    local one = self.plan.shown[c]
    if one.transition ~= last then
      list[#list + 1] = { heading_of(self, one.transition), kind = "heading" }
      last = one.transition
    end
    local label = one.variable == "baseline" and one.term or terms.label(one, self.info.labels)
    list[#list + 1] = { label, ratio_text(row),
      shown_as.p(row.p_value), indent = 1 }
  end
  local level = core.format_number(100 * self.options.conf_level)
  return require("lobule.table").new { rows = list, columns = { { label = "Term", align = "left" },
    { label = ("Hazard ratio (%s %% CI)"):format(level), align = "right" },
    { label = "p", align = "right" } } }
end

local function fit_lines(self)
  local lines = { ("%d persons, %s transitions, ties by %s"):format(self.info.summary.n_person,
    format.count(self.cox.info.n_event), self.options.ties == "efron" and "Efron" or "Breslow") }
  local fit = self.fit
  if fit.likelihood_ratio.df > 0 then
    local name = fit.robust and "robust Wald" or "likelihood ratio"
    local test = fit.robust and fit.wald or fit.likelihood_ratio
    lines[2] = test.p_value ~= test.p_value and name .. " NA" or ("%s %s on %d df, %s"):format(name,
      format.fixed(test.chi_square, 2), test.df, shown_as.p_phrase(test.p_value))
  end
  local weighted = weights.text(self.options, self.info)
  if fit.robust then
    lines[#lines + 1] = ("robust variance, %d %s%s"):format(fit.n_cluster,
      self.options.cluster and "clusters" or "persons", weighted and "; " .. weighted or "")
  else
    lines[#lines + 1] = weighted
  end
  return lines
end

function MultistateCox:__tostring()
  return printed.text(self, terms_table(self), fit_lines(self))
end

--- What the forest is drawn from: the stacked Cox model whose terms are called as in the formula.
local function forest_of(self)
  local list = {}
  for c, one in ipairs(self.plan.shown) do
    list[c] = one.variable == "baseline" and { term = one.term, variable = one.term } or one
  end
  local info = setmetatable({ terms = list }, { __index = self.info })
  return setmetatable({ info = info, options = self.options }, getmetatable(self.cox))
end

--- The forest plot of hazard ratios, transition by transition.
---@param options? table            title (of the document, not drawn), width_mm (183), favours:
---                                 { "favours A", "favours B" }, journal ("lancet", "nejm", ...)
---@return lobule.Figure
function MultistateCox:plot(options)
  local transitions = {}
  for c, one in ipairs(self.plan.shown) do transitions[c] = one.transition end
  local rows_list = self:tidy({ exponentiate = true }):rows_list()
  return (require "lobule.survival.cox_forest"(forest_of(self), options, function(c)
    return rows_list[c]
  end, ratio_text, transitions))
end

--- The blocks of a report: the table of hazard ratios, then warnings.
---@param options? table
---@return table[]
function MultistateCox:report_blocks(options)
  return (printed.blocks(self, terms_table(self), fit_lines(self), options))
end

--- Everything at full precision.
---@return table
function MultistateCox:record()
  return result.ordered { { "kind", "survival.multistate_cox" }, { "formula", self.info.formula },
    { "states", self.states }, { "ties", self.options.ties },
    { "conf_level", self.options.conf_level }, { "converged", self.converged },
    { "terms", result.record(self:tidy()) }, { "glance", result.record(self:glance()) },
    { "tests", result.record(self:tests()) }, { "vcov", result.record(self:vcov()) },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

MultistateCox.contrast = require("lobule.contrast_methods").contrast
core.class("multistate_cox", MultistateCox)
return M
