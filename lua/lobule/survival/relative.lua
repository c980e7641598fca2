--- Relative and net survival: what remains of the observed curve besides the mortality of the
--- population.
local check = require "lobule.check"
local core = require "lobule.core"
local fits = require "lobule.survival.expected_fit"
local format = require "lobule.format"
local people = require "lobule.survival.expected_people"
local result = require "lobule.result"
local weights = require "lobule.survival.weights"

---@class lobule.Relative
---@field method string
---@field fit table[]               by group: { n, weight, n_event, curve }
---@field info table
---@field warnings string[]
---@field title string
local Relative = { __name = "lobule.Relative" }
result.mixin(Relative)
for name, method in pairs(require "lobule.survival.expected_result") do Relative[name] = method end

local VIEW <const> = {} -- what expected_result shows of these curves

local M = {}

local OPTIONS <const> = weights.join(people.join { { "at", "times" }, { "potential", "string" },
  { "method", { "pohar-perme", "ederer1", "ederer2", "hakulinen" }, "pohar-perme" },
  { "type", { "product", "exponential" }, "product" }, { "conf_level", "level", 0.95 },
  { "conf_type", { "log", "log-log", "plain" }, "log" } })
local TITLES <const> = { ["pohar-perme"] = "Net survival (Pohar Perme)",
  ederer1 = "Relative survival (Ederer I)", ederer2 = "Relative survival (Ederer II)",
  hakulinen = "Relative survival (Hakulinen)" }

--- A curve that leaves what a probability can be is held by a few who outlived their expectation.
local function passed(curve, name)
  local above = curve:filter "survival * exp(cumulative) > 1.05"
  if #above == 0 then return nil end
  return ("%s: the curve passes 100 %% (first at time %s): few people carry it there"):format(name,
    core.format_number(above:column("time")[1]))
end

--- Relative survival, Kaplan-Meier over the expected survival of the same people (survival.expected
--- has the methods), or net survival, what survival were if only the disease could kill (Pohar
--- Perme, Stare & Esteve 2012, Biometrics 68:113), one curve per group. Net survival weighs
--- everybody at risk by w, the inverse of their own expected survival: its cumulative hazard is the
--- integral of (sum w dN - sum w Y dH) / sum w Y, H the population's (their estimator), the
--- variance of its logarithm sum w^2 dN / (sum w Y)^2. The part of the population is integrated
--- exactly, in no steps. The curve is the product limit of the observed part times exp of the
--- population's (so that it is Kaplan-Meier when nobody else dies); type "exponential" is exp of
--- minus both, as in the paper. Limits take the population as known; relative survival has
--- Greenwood's variance. Curves may rise, and pass 100 %. Rows missing the outcome, age, calendar
--- time or class are left out and counted. With late entry people weigh by their expected survival
--- since time 0.
---@param formula string            "Surv(time, event) ~ group", "Surv(entry, time, event) ~ 1"
---@param data lobule.Cohort|lobule.Frame
---@param options table             population: of survival.population; age: years at time 0
---                                 ("age"); year: date or calendar year of time 0; match: names of
---                                 the population's factors; unit: of the times; at: times of
---                                 tidy(); potential: column of potential follow-up, for hakulinen
---                                 (all as survival.expected); weights: a column; weight_type:
---                                 "frequency", "case"; method: "pohar-perme"
---                                 (default), "ederer1", "ederer2", "hakulinen"; type: "product"
---                                 (default), "exponential" (relsurv's "fleming-harrington");
---                                 conf_level (0.95); conf_type: "log" (default), "log-log",
---                                 "plain"
---@return lobule.Relative
---@raise as survival.expected
---@example lb.survival.relative("Surv(months, progressed) ~ arm", lb.example_data(), {
---    population = lb.survival.population(lb.frame { { "age", { 0, 50, 60, 70, 80 } },
---      { "rate", { 0.001, 0.006, 0.01, 0.03, 0.08 } } }), unit = "months" })
function M.relative(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  local fit = fits.build(formula, data, opts)
  fit.view = VIEW
  local curves, list = fits.curves(fit, opts.at), fits.warnings(fit)
  for g, one in ipairs(curves) do
    list[#list + 1] = passed(one.curve, fits.name(fit, g))
  end
  return setmetatable({ base = fit, fit = curves, info = fit.info, options = opts,
    method = opts.method, warnings = list, title = TITLES[opts.method] }, Relative)
end

local LIMITS <const> = {
  log = "estimate * exp(%s * sqrt(variance))",
  plain = "estimate + %s * estimate * sqrt(variance)",
  -- On the scale of log(-log S) the upper limit has the minus sign.
  ["log-log"] = "estimate ^ exp(%s * sqrt(variance) / log(estimate))" }

local COLUMNS <const> = { estimate = { label = "Survival" }, cumulative_hazard = {
  label = "Excess cumulative hazard" } }

function VIEW.frame(self, curves)
  local z = core.normal_quantile(0.5 + self.options.conf_level / 2)
  local low = LIMITS[self.options.conf_type]:format(("(%.17g)"):format(-z))
  local high = LIMITS[self.options.conf_type]:format(("%.17g"):format(z))
  if self.options.conf_type == "log-log" then
    -- Nothing to take a logarithm of at 1 and above.
    low = ("if_else(estimate < 1, %s, NA)"):format(low)
    high = ("if_else(estimate < 1, %s, NA)"):format(high)
  end
  local frames = {}
  for g, one in ipairs(curves) do
    frames[g] = one.curve:mutate {
      "estimate = if_else(survival == 0, 0, survival * exp(cumulative))",
      "std_error = estimate * sqrt(variance)", "conf_low = " .. low, "conf_high = " .. high,
      "cumulative_hazard = -log(estimate)" }:select { "time", "n_risk", "n_event", "n_censor",
      "estimate", "std_error", "conf_low", "conf_high", "cumulative_hazard" }
  end
  local frame = fits.stack(self.base, frames, COLUMNS)
  return frame
end

--- The curves, one row a time (of `at`, else each distinct time of the group). NA after the last
--- time at which anybody counts; no limits once the curve is 0.
---@return lobule.Frame             # strata, time, n_risk, n_event, n_censor (after the time
---                                 before), estimate, std_error, conf_low, conf_high,
---                                 cumulative_hazard (excess: minus the log of the estimate)
function Relative:tidy()
  local frame = VIEW.frame(self, self.fit)
  return frame
end

--- Counts of the whole fit.
---@return lobule.Frame             # n, n_missing, n_event, method, type, conf_level, conf_type
function Relative:glance()
  local opts = self.options
  return (result.frame { { "n", { self.info.n }, "integer" },
    { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.info.n_event }, "real" }, { "method", { self.method }, "text" },
    { "type", { opts.type }, "text" }, { "conf_level", { opts.conf_level }, "real" },
    { "conf_type", { opts.conf_type }, "text" } })
end

function VIEW.labels(self)
  return { self.method == "pohar-perme" and "Net survival (%)" or "Relative survival (%)",
    core.format_number(100 * self.options.conf_level) .. " % CI" }
end

function VIEW.cells(row, percent)
  return { percent(row.estimate), row.conf_low == nil and "NA"
    or ("%s to %s"):format(percent(row.conf_low), percent(row.conf_high)) }
end

function VIEW.counts(self)
  return ("n = %s, events = %s"):format(format.count(self.info.n), format.count(self.info.n_event))
end

--- The curves with their pointwise limits.
---@param options? table            conf (true): bands; risk_table (true); times; x_label; y_label;
---                                 title; width_mm (183)
---@return lobule.Figure
function Relative:plot(options)
  return (require("lobule.survival.expected_plot").relative(self, options))
end

--- Everything at full precision.
---@return table
function Relative:record()
  return result.ordered { { "kind", "survival.relative" }, { "formula", self.info.formula },
    { "method", self.method }, { "type", self.options.type },
    { "conf_level", self.options.conf_level }, { "conf_type", self.options.conf_type },
    { "n", self.info.n }, { "n_missing", self.info.n_missing }, { "unit", self.base.unit },
    { "curves", result.record(self:tidy()) }, { "lineage", self.info.lineage },
    { "warnings", self.warnings } }
end

core.class("relative", Relative)
return result.functions("survival", M)
