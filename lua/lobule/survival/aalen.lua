--- Additive hazards (Aalen): cumulative regression functions and their tests.
local check = require "lobule.check"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local shown = require "lobule.shown"
local weights = require "lobule.survival.weights"

local M = {}

---@class lobule.Aalen
---@field terms string[]            "intercept", then the columns of the design
---@field info table
---@field statistic number          chi-square of all columns together
---@field df integer
---@field p_value number
---@field warnings string[]
---@field title string
local Aalen = { __name = "lobule.Aalen" }
result.mixin(Aalen)

local OPTIONS <const> = weights.join { { "min_at_risk", "count" },
  { "test", { "aalen", "n_risk" }, "aalen" }, { "conf_level", "level", 0.95 } }
local REFUSED <const> = {
  sampling = 'Its variance counts rows as independent: weight_type = "frequency" repeats them.' }

local function times_text(n)
  return n == 1 and "1 event time" or format.count(n) .. " event times"
end

--- Where functions start late, stay level or stop early.
local function warnings_of(fit, info, opts, terms)
  local warnings, last = result.warnings(info), fit.time[#fit.time]
  if fit.n_skipped > 0 then
    warnings[#warnings + 1] = ("%s before %s left out: fewer than %d were at risk"):format(
      times_text(fit.n_skipped), core.format_number(fit.time[1]), opts.min_at_risk)
  end
  for j, n in ipairs(fit.n_flat) do
    if n > 0 then
      warnings[#warnings + 1] = ("'%s' does not differ among those at risk, or depends on earlier "
        .. "terms, at %s of %d: its function stays level there"):format(terms[j], times_text(n),
        #fit.time)
    end
  end
  if last < fit.last then
    warnings[#warnings + 1] = ("estimated up to time %s only: later fewer than %d are at risk, or "
      .. "their covariates depend on each other"):format(core.format_number(last),
      opts.min_at_risk)
  end
  return warnings
end

local function wrap(fit, info, opts)
  local terms = { "intercept" }
  for j, term in ipairs(info.terms) do terms[j + 1] = term.term end
  return setmetatable({ fit = fit, info = info, options = opts, terms = terms,
    warnings = warnings_of(fit, info, opts, terms),
    statistic = fit.chi_square, df = fit.df, p_value = fit.p_value,
    title = "Additive hazards (Aalen)" }, Aalen)
end

--- Additive hazards model (Aalen 1989, Stat Med 8:907): the hazard is b0(t) + b1(t) x1 + …, with
--- functions of time that are free; estimated by least squares at each event time and shown added
--- up, B(t). A slope of B_j is how many more events per person and unit of time go with one unit of
--- x_j, at that time: effects that change with time are seen, and are differences, not ratios. Rows
--- missing any variable are left out and counted.
---@param formula string            "Surv(time, event) ~ age + sex", "Surv(entry, time, event) ~ x"
---@param data lobule.Cohort|lobule.Frame
---@param options? table            min_at_risk: estimation starts when as many are at risk and ends
---                                 when fewer are (default 3 times the columns); test: weights of
---                                 the tests, "aalen" (default: inverse variance) or "n_risk";
---                                 conf_level (0.95); weights: a column;
---                                 weight_type: "frequency", "case"
---@return lobule.Aalen
---@raise as survival.cox; strata(), cluster(); risk sets that are too small throughout
---@example lb.survival.aalen("Surv(months, progressed) ~ arm + age", lb.example_data())
function M.aalen(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  weights.check(opts, data, REFUSED)
  local model, info = fitting.build(formula, weights.present(data, opts), "design", opts)
  opts.min_at_risk = opts.min_at_risk or math.max(3 * #info.terms, 1)
  local fit = core.aalen(model, opts.min_at_risk, opts.test, opts.weight_type == "frequency")
  local new = wrap(fit, info, opts)
  return new
end

local function curves(self, wanted)
  local z <const> = core.normal_quantile((1 + self.options.conf_level) / 2)
  local lists = { {}, {}, {}, {}, {}, {}, {} }
  for j, term in ipairs(self.terms) do
    for _, place in ipairs(wanted) do
      local i = #lists[1] + 1
      local t <const> = place.at
      local b = t > 0 and self.fit.cumulative[j][t] or 0
      local error = t > 0 and self.fit.variance[j][t] ^ 0.5 or 0
      if place.beyond then b, error = 0 / 0, 0 / 0 end
      lists[1][i], lists[2][i] = term, place.time
      lists[3][i] = place.n_risk or core.NA
      lists[4][i], lists[5][i], lists[6][i], lists[7][i] = b, error, b - z * error, b + z * error
    end
  end
  local frame = result.frame { { "term", lists[1], "text" },
    { "time", lists[2], "real", unit = self.info.time_unit }, { "n_risk", lists[3], "real" },
    { "estimate", lists[4], "real", label = "Cumulative coefficient" },
    { "std_error", lists[5], "real" }, { "conf_low", lists[6], "real" },
    { "conf_high", lists[7], "real" } }
  return frame
end

--- The cumulative regression functions at every event time, pointwise limits. Those of a column
--- are per unit of it.
---@return lobule.Frame             # term, time, n_risk, estimate, std_error, conf_low, conf_high
function Aalen:tidy()
  local wanted = {}
  for t, time in ipairs(self.fit.time) do
    wanted[t] = { at = t, time = time, n_risk = self.fit.n_risk[t] }
  end
  local frame = curves(self, wanted)
  return frame
end

--- The cumulative regression functions at the times given; NA beyond the last that was estimated.
---@param times number[]
---@return lobule.Frame             # as tidy(), n_risk NA
function Aalen:at(times)
  check.options({ times = times }, { { "times", "times" } })
  if type(times) == "number" then times = { times } end
  local wanted, last = {}, self.fit.time[#self.fit.time]
  for k, time in ipairs(times) do
    local at = 0
    while at < #self.fit.time and self.fit.time[at + 1] <= time do at = at + 1 end
    wanted[k] = { at = at, time = time, beyond = time > last and last < self.fit.last }
  end
  local frame = curves(self, wanted)
  return frame
end

--- The weighted mean of each function's slope over time (events per person and unit of time, for
--- one unit of the column), and the test of no effect over the whole time, one row a column of the
--- design.
---@return lobule.Frame             # term, estimate (mean slope), statistic (z), p_value
function Aalen:tests()
  local lists = { {}, {}, {}, {} }
  for j, term in ipairs(self.terms) do
    local z = self.fit.statistic[j] / self.fit.covariance[j][j] ^ 0.5
    lists[1][j], lists[2][j], lists[3][j], lists[4][j] = term, self.fit.slope[j], z,
      core.normal_p(z)
  end
  local frame = result.frame { { "term", lists[1], "text" },
    { "estimate", lists[2], "real", label = "Mean slope" },
    { "statistic", lists[3], "real", label = "z" }, { "p_value", lists[4], "real" } }
  return frame
end

--- The test of all columns together, and counts.
---@return lobule.Frame             # n, n_missing, n_event, last_time, statistic, df, p_value
function Aalen:glance()
  local frame = result.frame { { "n", { self.info.n_used }, "integer" },
    { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.fit.n_event }, "integer" },
    { "last_time", { self.fit.time[#self.fit.time] }, "real", unit = self.info.time_unit },
    { "statistic", { self.fit.chi_square }, "real" }, { "df", { self.fit.df }, "integer" },
    { "p_value", { self.fit.p_value }, "real" } }
  return frame
end

local function summary_table(self)
  local rows = {}
  for j, row in ipairs(self:tests():rows_list()) do
    rows[j] = { row.term, format.number(row.estimate), format.fixed(row.statistic, 2),
      format.p(row.p_value) }
  end
  return require("lobule.table").new { columns = { { label = "Term", align = "left" },
    { label = "Mean slope", align = "right" }, { label = "z", align = "right" },
    { label = "p", align = "right" } }, rows = rows, notes = {} }
end

local function test_line(self, profile)
  if self.df == 0 then return "n = " .. format.count(self.info.n_used) end
  return ("n = %s, events = %s, all terms: chi-square %s on %d df, %s"):format(
    format.count(self.info.n_used), format.count(self.fit.n_event),
    format.fixed(self.fit.chi_square, 2), self.df, shown.p_phrase(self.p_value, profile))
end

function Aalen:__tostring()
  return printed.text(self, summary_table(self), { test_line(self),
    weights.text(self.options, self.info) })
end

--- The cumulative regression functions as step curves with pointwise limits (dotted), a panel a
--- term. Where a curve rises the term adds to the hazard, where it is level there is no effect any
--- more.
---@param terms? string|table       a term or a list of terms (default: all), or the options
---@param options? table            terms: a term or a list of terms; width_mm (183); x_label;
---                                 y_label; title
---@return lobule.Figure
---@raise a term that is not there
---@example lb.survival.aalen("Surv(months, progressed) ~ age", lb.example_data()):plot("age")
function Aalen:plot(terms, options)
  return (require("lobule.survival.aalen_plot")(self, terms, options))
end

--- The blocks of a report.
---@param options? table
---@return table[]
function Aalen:report_blocks(options)
  return (printed.blocks(self, summary_table(self),
    { test_line(self, options and options.profile) }, options,
    { weights.text(self.options, self.info) }))
end

--- Everything at full precision.
---@return table
function Aalen:record()
  return result.ordered { { "kind", "survival.aalen" }, { "formula", self.info.formula },
    { "n", self.info.n_used }, { "n_missing", self.info.n_missing },
    { "tests", result.record(self:tests()) }, { "curves", result.record(self:tidy()) },
    { "statistic", self.fit.chi_square }, { "df", self.df }, { "p_value", self.p_value },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

core.class("aalen", Aalen)
return result.functions("survival", M)
