--- Adjusted survival of a Cox model: everybody given each level of a variable in turn, averaged.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local shown = require "lobule.shown"

local M = {}

---@class lobule.CoxAdjusted
---@field variable string
---@field levels (string|number)[]  the first is what the others are compared with
---@field times number[]
---@field tau number                end of the restricted mean
---@field info table
---@field warnings string[]
---@field title string
local Adjusted = { __name = "lobule.CoxAdjusted" }
result.mixin(Adjusted)

--- Levels of a variable from the terms of the fit, the reference first.
local function levels_of(fit, variable)
  local list, names = {}, {}
  for _, term in ipairs(fit.info.terms) do
    if term.variable == variable and term.level then
      if #list == 0 then list[1] = term.reference end
      list[#list + 1] = term.level
    end
    if not term.variable:find(":", 1, true) then names[#names + 1] = term.variable end
  end
  if #list > 0 then return list end
  for _, name in ipairs(names) do
    if name == variable then
      core.raise("argument", ("'%s' is a number: at which values?"):format(variable),
        ('Write fit:adjusted("%s", { levels = { 50, 70 } }).'):format(variable))
    end
  end
  local near = core.nearest(tostring(variable), names)
  core.raise("name", ("the model has no variable '%s'%s"):format(tostring(variable), near
    and (" (did you mean '%s'?)"):format(near) or ""),
    #names > 0 and "Variables are: " .. table.concat(names, ", ")
      .. ". A stratum's levels are given by levels = { ... }." or "It has no terms.")
end

--- The designs of the data with the variable at each level.
local function designs(fit, variable, levels)
  local frame = check.data(fit.data)
  check.column(frame, variable)
  local logical = frame:column(variable):type() == "logical"
  local list = {}
  for a, level in ipairs(levels) do
    local value = level
    if logical and type(level) == "string" then value = level == "true" end
    local given = frame:mutate({ ("`%s` = $level"):format(variable) }, { with = { level = value } })
    list[a] = core.model_apply(fit.model, given, false)
  end
  return list
end

--- All event times of the fit, ascending.
local function event_times(fit)
  local column, list, seen = core.cox_baseline(fit.model, fit.fit, true):column("time"), {}, {}
  for i = 1, #column do
    if not seen[column[i]] then list[#list + 1] = column[i] end
    seen[column[i]] = true
  end
  table.sort(list)
  return list
end

local function ask(self, times, tau)
  return core.cox_adjusted(self.fit.model, self.fit.fit, self.designs, times, tau,
    self.options.covariates)
end

--- Makes the result.
---@param fit lobule.Cox
---@param variable string
---@param opts table
---@return lobule.CoxAdjusted
function M.new(fit, variable, opts)
  local levels <const> = opts.levels or levels_of(fit, variable)
  local self = setmetatable({ fit = fit, variable = variable, levels = levels, info = fit.info,
    options = opts, events = event_times(fit), warnings = {},
    title = ("Survival adjusted for the covariates, by %s"):format(variable) }, Adjusted)
  self.designs = designs(fit, variable, levels)
  local last <const> = self.events[#self.events]
  self.tau = opts.tau or last
  self.times = opts.times or { self.events[(#self.events + 1) // 2], last }
  self.moments = ask(self, self.times, self.tau)
  if self.tau > last or self.times[#self.times] > last then
    self.warnings[1] = ("beyond the last event, %s, curves are flat because nobody has one"):format(
      core.format_number(last))
  end
  return self
end

local function quantile(self)
  return core.normal_quantile(0.5 + self.options.conf_level / 2)
end

--- Log-log limits of a survival.
local function limits(self, s, se)
  if not (s > 0 and s < 1) then return s, s end
  local half = quantile(self) * se / (s * math.log(s))
  local low, high = s ^ math.exp(-half), s ^ math.exp(half)
  if low > high then low, high = high, low end
  return low, high
end

local function curve_frame(self, times, moments)
  local lists = { {}, {}, {}, {}, {}, {} }
  for a, level in ipairs(self.levels) do
    for t, time in ipairs(times) do
      local i = #lists[1] + 1
      local s, se = moments[t].estimate[a], moments[t].covariance[a][a] ^ 0.5
      lists[1][i], lists[2][i], lists[3][i], lists[4][i] = tostring(level), time, s, se
      lists[5][i], lists[6][i] = limits(self, s, se)
    end
  end
  local frame = result.frame { { "level", lists[1], "text", label = self.variable },
    { "time", lists[2], "real", unit = self.info.time_unit },
    { "estimate", lists[3], "real", label = "Survival" }, { "std_error", lists[4], "real" },
    { "conf_low", lists[5], "real" }, { "conf_high", lists[6], "real" } }
  return frame
end

--- The adjusted curves at every event time; log-log limits.
---@return lobule.Frame             # level, time, estimate, std_error, conf_low, conf_high
function Adjusted:tidy()
  if not rawget(self, "curves") then self.curves = ask(self, self.events) end
  local frame = curve_frame(self, self.events, self.curves)
  return frame
end

--- Adjusted survival at times; default those of the call.
---@param times? number[]
---@return lobule.Frame             # level, time, estimate, std_error, conf_low, conf_high
function Adjusted:at(times)
  local list <const> = check.options({ times = times }, { { "times", "times" } }).times
  local frame = list and curve_frame(self, list, ask(self, list))
    or curve_frame(self, self.times, self.moments)
  return frame
end

--- Restricted mean survival time up to tau, by level.
---@return lobule.Frame             # level, tau, estimate, std_error, conf_low, conf_high
function Adjusted:rmst()
  local m <const>, z <const> = self.moments[#self.moments], quantile(self)
  local lists = { {}, {}, {}, {}, {}, {} }
  for a, level in ipairs(self.levels) do
    local se = m.covariance[a][a] ^ 0.5
    lists[1][a], lists[2][a], lists[3][a], lists[4][a] = tostring(level), self.tau, m.estimate[a],
      se
    lists[5][a], lists[6][a] = m.estimate[a] - z * se, m.estimate[a] + z * se
  end
  local frame = result.frame { { "level", lists[1], "text", label = self.variable },
    { "tau", lists[2], "real", label = "Up to", unit = self.info.time_unit },
    { "estimate", lists[3], "real", label = "Restricted mean" }, { "std_error", lists[4], "real" },
    { "conf_low", lists[5], "real" }, { "conf_high", lists[6], "real" } }
  return frame
end

--- Difference and ratio of level a to the first, at one moment.
local function compare(self, m, a)
  local z <const>, v <const> = quantile(self), m.covariance
  local x, y = m.estimate[a], m.estimate[1]
  local row = { difference = x - y, ratio = x / y }
  row.std_error = math.max(0, v[a][a] + v[1][1] - 2 * v[a][1]) ^ 0.5
  if v[a][a] ~= v[a][a] then row.std_error = 0 / 0 end
  row.low, row.high = row.difference - z * row.std_error, row.difference + z * row.std_error
  row.p = core.normal_p(row.difference / row.std_error)
  local log_se = math.max(0, v[a][a] / x ^ 2 + v[1][1] / y ^ 2 - 2 * v[a][1] / (x * y)) ^ 0.5
  row.ratio_low, row.ratio_high = row.ratio * math.exp(-z * log_se), row.ratio * math.exp(z
    * log_se)
  return row
end

--- Each level against the first: differences (their standard error, limits and p) and ratios
--- (limits on the log scale) of survival at the times of the call and of the restricted mean. They
--- use the covariance of the curves, which share people, baseline and coefficients.
---@return lobule.Frame             # measure ("survival", "restricted mean"), time (or tau), level,
---                                 reference, difference, std_error, conf_low, conf_high,
---                                 p_value, ratio, ratio_low, ratio_high
function Adjusted:contrasts()
  local names <const> = { "measure", "time", "level", "reference", "difference", "std_error",
    "conf_low", "conf_high", "p_value", "ratio", "ratio_low", "ratio_high" }
  local columns = {}
  for j, name in ipairs(names) do
    columns[j] = { name, {}, (j == 1 or j == 3 or j == 4) and "text" or "real" }
  end
  for m, moment in ipairs(self.moments) do
    for a = 2, #self.levels do
      local i, row = #columns[1][2] + 1, compare(self, moment, a)
      local values <const> = { m > #self.times and "restricted mean" or "survival",
        self.times[m] or self.tau, tostring(self.levels[a]), tostring(self.levels[1]),
        row.difference, row.std_error, row.low, row.high, row.p, row.ratio, row.ratio_low,
        row.ratio_high }
      for j = 1, #names do columns[j][2][i] = values[j] end
    end
  end
  columns[2].unit = self.info.time_unit
  local frame = result.frame(columns)
  return frame
end

--- The standardisation in one row.
---@return lobule.Frame             # n, n_missing, n_event, levels, tau
function Adjusted:glance()
  local frame = result.frame { { "n", { self.info.n }, "integer" },
    { "n_missing", { self.info.n_missing }, "integer" }, { "n_event", { self.info.n_event },
      "real" }, { "levels", { #self.levels }, "integer" }, { "tau", { self.tau }, "real" } }
  return frame
end

local function with_unit(self, time)
  local unit = self.info.time_unit
  return format.time(time) .. (unit and " " .. unit or "")
end

local function interval(row, scale, decimals)
  if row.std_error ~= row.std_error then return format.fixed(scale * row.estimate, decimals) end
  return ("%s (%s)"):format(format.fixed(scale * row.estimate, decimals),
    format.interval(scale * row.low, scale * row.high, decimals))
end

--- A line for each moment and level.
local function table_of(self)
  local rows, level = {}, core.format_number(100 * self.options.conf_level)
  for m, moment in ipairs(self.moments) do
    local mean <const> = m > #self.times
    local scale, decimals = mean and 1 or 100, 1
    local what = mean and "Mean to " .. with_unit(self, self.tau)
      or "% at " .. with_unit(self, self.times[m])
    for a, name in ipairs(self.levels) do
      local se = moment.covariance[a][a] ^ 0.5
      local one = { estimate = moment.estimate[a], std_error = se }
      if mean then
        one.low, one.high = one.estimate - quantile(self) * se, one.estimate + quantile(self) * se
      else
        one.low, one.high = limits(self, one.estimate, se)
      end
      local row = { a == 1 and what or "", tostring(name), interval(one, scale, decimals), "", "" }
      if a > 1 then
        local c = compare(self, moment, a)
        row[4] = interval({ estimate = c.difference, std_error = c.std_error, low = c.low,
          high = c.high }, scale, decimals)
        row[5] = shown.p(c.p)
      end
      rows[#rows + 1] = row
    end
  end
  return require("lobule.table").new { rows = rows, notes = {}, columns = {
    { label = "Survival", align = "left" }, { label = self.variable, align = "left" },
    { label = ("Adjusted (%s %% CI)"):format(level), align = "right" },
    { label = "Difference", align = "right" }, { label = "p", align = "right" } } }
end

local function line_of(self)
  local how <const> = self.options.covariates == "random" and "these people as a sample of others"
    or "for these people"
  return ("each of %s rows (%s events) taken at every level and averaged; standard errors %s%s")
    :format(format.count(self.info.n), format.count(self.info.n_event), how,
    self.fit.fit.robust and ", robust" or "")
end

function Adjusted:__tostring()
  return printed.text(self, table_of(self), { line_of(self) })
end

--- The blocks of a report.
---@param options? table
---@return table[]
function Adjusted:report_blocks(options)
  return (printed.blocks(self, table_of(self), { line_of(self) }, options))
end

--- Everything at full precision.
---@return table
function Adjusted:record()
  return result.ordered { { "kind", "survival.cox_adjusted" }, { "formula", self.info.formula },
    { "variable", self.variable }, { "conf_level", self.options.conf_level },
    { "covariates", self.options.covariates }, { "tau", self.tau },
    { "at", result.record(self:at()) }, { "rmst", result.record(self:rmst()) },
    { "contrasts", result.record(self:contrasts()) }, { "lineage", self.info.lineage },
    { "warnings", self.warnings } }
end

--- The adjusted curves with pointwise bands; dotted beside them the crude Kaplan-Meier curves of
--- the same rows, where the levels are those of the data.
---@param options? table            crude (true), conf (true), times (ticks), title, x_label,
---                                 width_mm (183)
---@return lobule.Figure
function Adjusted:plot(options)
  local figure = require("lobule.survival.cox_adjusted_plot")(self, options)
  return figure
end

core.class("cox_adjusted", Adjusted)
return M
