--- Expected survival of cohorts and persons by the mortality of a population.
local check = require "lobule.check"
local core = require "lobule.core"
local fits = require "lobule.survival.expected_fit"
local format = require "lobule.format"
local people = require "lobule.survival.expected_people"
local result = require "lobule.result"
local weights = require "lobule.survival.weights"

---@class lobule.Expected
---@field method string
---@field fit table[]               by group: { n, weight, n_event, curve }
---@field info table
---@field warnings string[]
---@field title string
local Expected = { __name = "lobule.Expected" }
result.mixin(Expected)
for name, method in pairs(require "lobule.survival.expected_result") do Expected[name] = method end

local VIEW <const> = {} -- what expected_result shows of these curves

local M = {}

local OPTIONS <const> = weights.join(people.join { { "at", "times" }, { "potential", "string" },
  { "method", { "ederer1", "ederer2", "hakulinen" }, "ederer2" } })
local NAMES <const> = { ederer1 = "Ederer I", ederer2 = "Ederer II", hakulinen = "Hakulinen" }

--- Survival that a cohort would have had with the mortality of a population of the same age, year
--- and class, one curve per group. People go through the table along their own diagonal of age and
--- calendar time, and the integral over its rates is exact.
---   "ederer1"    the mean of everybody's expected survival, as if all were followed for ever
---                (Ederer, Axtell & Cutler 1961, NCI Monogr 6:101; R's survexp, method "ederer")
---   "ederer2"    the mean hazard of those still at risk (Ederer & Heise 1959; R's "conditional"):
---                what the Kaplan-Meier curve is to be compared with (default)
---   "hakulinen"  as Ederer I, but people count as long as their potential follow-up goes on
---                (Hakulinen 1982, Biometrics 38:933)
--- R's survexp takes means over the intervals between the times asked for; here the times asked for
--- do not change the curve. Rows missing the outcome, age, calendar time or class are left out and
--- counted. Time 0 is when age and year hold; with late entry too.
---@param formula string            "Surv(time, event) ~ group", "Surv(entry, time, event) ~ 1"
---@param data lobule.Cohort|lobule.Frame
---@param options table             population: of survival.population; age: years at time 0, a
---                                 column or expression ("age"); year: date or calendar year of
---                                 time 0; match: where a factor of the population has another
---                                 name, { sex = "gender" }; unit: of the times, "days", "weeks",
---                                 "months", "years" (default: that of the time column); method:
---                                 "ederer2" (default), "ederer1", "hakulinen"; potential: column
---                                 of potential follow-up, for hakulinen; at: times of tidy()
---                                 (default: each group's own); weights: a column; weight_type:
---                                 "frequency", "case"
---@return lobule.Expected
---@raise no population; a level that it does not have; people younger than its first age; late
---       entry with ederer1 and hakulinen; potential follow-up below the observed
---@example lb.survival.expected("Surv(months, progressed) ~ arm", lb.example_data(), {
---    population = lb.survival.population(lb.frame { { "age", { 0, 50, 60, 70, 80 } },
---      { "rate", { 0.001, 0.006, 0.01, 0.03, 0.08 } } }), unit = "months" })
function M.expected(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  local fit = fits.build(formula, data, opts)
  fit.view = VIEW
  return setmetatable({ base = fit, fit = fits.curves(fit, opts.at), info = fit.info,
    options = opts, method = opts.method, warnings = fits.warnings(fit),
    title = ("Expected survival (%s)"):format(NAMES[opts.method]) }, Expected)
end

local COLUMNS <const> = { estimate = { label = "Expected survival" },
  observed = { label = "Observed survival" }, cumulative_hazard = {
    label = "Expected cumulative hazard" } }

function VIEW.frame(self, curves)
  local frames = {}
  for g, one in ipairs(curves) do
    frames[g] = one.curve:mutate { "estimate = exp(-cumulative)", "cumulative_hazard = cumulative",
      "observed = survival" }:select { "time", "n_risk", "n_event", "n_censor", "estimate",
      "cumulative_hazard", "observed" }
  end
  local frame = fits.stack(self.base, frames, COLUMNS)
  return frame
end

--- The curves, one row a time (of `at`, else each distinct time of the group), with Kaplan-Meier
--- beside. NA after the last time at which anybody counts. n_event and n_censor are those after the
--- time before.
---@return lobule.Frame             # strata, time, n_risk, n_event, n_censor, estimate,
---                                 cumulative_hazard, observed
function Expected:tidy()
  local frame = VIEW.frame(self, self.fit)
  return frame
end

--- Observed events of each group against those expected: the one-sample log-rank test (Breslow
--- 1975, Int Stat Rev 43:45; Finkelstein, Muzikansky & Schoenfeld 2003, JNCI 95:1434), chi-square
--- (O - E)^2 / E on 1 df, with the standardised mortality ratio O / E and its exact interval.
---@param options? table            conf_level (0.95); conf_type: "exact" (default), "byar",
---                                 "mid-p", "log"
---@return lobule.SMR
---@raise as survival.smr
function Expected:test(options)
  local given = {}
  for key, value in next, options or {} do given[key] = value end
  local opts = self.options
  if opts.weights then
    core.raise("argument", "weights: the test counts events of persons",
      "Repeat the rows, or leave the weights out.")
  end
  for _, name in ipairs { "age", "year", "match" } do given[name] = opts[name] end
  given.rates, given.unit = opts.population, self.base.unit
  local smr = require("lobule.survival").smr(self.base.formula, self.base.data, given)
  return smr
end

--- Counts of the whole fit.
---@return lobule.Frame             # n, n_missing, n_event, expected (events, everybody to their
---                                 own time), method
function Expected:glance()
  local w <const> = self.options.weights
  local sum = fits.used(self.base):summarise { ("e = sum(`expected events`%s)"):format(w
    and (" * `%s`"):format(w) or "") }
  return (result.frame { { "n", { self.info.n }, "integer" },
    { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.info.n_event }, "real" }, { "expected", { sum:column("e")[1] }, "real" },
    { "method", { self.method }, "text" } })
end

function VIEW.labels()
  return { "Observed (%)", "Expected (%)" }
end

function VIEW.cells(row, percent)
  return { percent(row.observed), percent(row.estimate) }
end

function VIEW.counts(self)
  local row = self:glance():rows_list()[1]
  return ("n = %s, events = %s, expected by the population = %s"):format(format.count(row.n),
    format.count(row.n_event),
    require("lobule.survival.smr_result").expected_text(row.expected))
end

--- Kaplan-Meier curves with the expected curve of each group beside (dotted).
---@param options? table            conf (true): the bands of Kaplan-Meier; risk_table (true);
---                                 times; x_label; y_label; title; width_mm (183)
---@return lobule.Figure
function Expected:plot(options)
  return (require("lobule.survival.expected_plot").expected(self, options))
end

--- Everything at full precision.
---@return table
function Expected:record()
  return result.ordered { { "kind", "survival.expected" }, { "formula", self.info.formula },
    { "method", self.method }, { "n", self.info.n }, { "n_missing", self.info.n_missing },
    { "unit", self.base.unit }, { "curves", result.record(self:tidy()) },
    { "glance", result.record(self:glance()) }, { "lineage", self.info.lineage },
    { "warnings", self.warnings } }
end

core.class("expected", Expected)
return result.functions("survival", M)
