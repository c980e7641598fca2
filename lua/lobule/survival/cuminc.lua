--- Cumulative incidence result: curves of each cause, values at times, quantiles, the figure.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local quantity = require "lobule.quantity"
local result = require "lobule.result"
local stacking = require "lobule.survival.stacking"
local weights = require "lobule.survival.weights"

---@class lobule.CumInc
---@field info table                n_rows, n_used, n_missing, n_event, dropped, groups, causes,
---                                 censored
---@field causes string[]           names of the causes
---@field warnings string[]
---@field title string
local CumInc = { __name = "lobule.CumInc" }
result.mixin(CumInc)

local M = {}

--- Causes that nobody had.
local function absent_causes(fit, info)
  local list = {}
  for k, cause in ipairs(info.causes) do
    local events = 0
    for g = 1, #info.groups.label do
      local _, n = fit:count(g, k)
      events = events + n
    end
    if events == 0 and info.n_event > 0 then
      list[#list + 1] = ("nobody had the cause '%s'"):format(cause)
    end
  end
  return list
end

--- Wraps a fit of the core.
---@param fit lobule.CumIncFit
---@param info table
---@param opts table
---@return lobule.CumInc
function M.new(fit, info, opts)
  local warnings = result.warnings(info)
  for _, text in ipairs(absent_causes(fit, info)) do warnings[#warnings + 1] = text end
  return setmetatable({ fit = fit, info = info, options = opts, causes = info.causes,
    title = "Cumulative incidence (Aalen-Johansen)", warnings = warnings }, CumInc)
end

local function group_name(self, g)
  local name = self.info.groups.name[g]
  return name ~= "" and name or "all"
end

--- Stacks frames of { frame, g, k }, each with its stratum and cause in front.
local function stack(self, parts)
  local frames, strata, causes = {}, {}, {}
  for i, part in ipairs(parts) do
    frames[i], strata[i], causes[i] = part.frame, group_name(self, part.g), self.causes[part.k]
  end
  return stacking.stack(frames, { { "strata", strata }, { "cause", causes, label = "Cause" } },
    self.info.time_unit)
end

--- The number of the cause that an option names; nil: no option.
local function find_cause(self, cause)
  if cause == nil then return nil end
  local k = M.cause_number(self.causes, cause)
  return k
end

--- Number of a cause in a list of names; raises when there is none.
---@param causes string[]
---@param cause string|number
---@return integer
function M.cause_number(causes, cause)
  local wanted = type(cause) == "number" and core.format_number(cause) or cause
  check.type(wanted, "string", "cause")
  for k, name in ipairs(causes) do
    if name == wanted then return k end
  end
  local near = core.nearest(wanted, causes)
  core.raise("name", ("no cause '%s'%s"):format(wanted, near
    and (" (did you mean '%s'?)"):format(near) or ""),
    "Causes are: " .. table.concat(causes, ", ") .. ".")
end

--- Calls f(g, k) for the groups and causes asked for; a list of what it returns.
local function each(self, groups, cause, f)
  local parts = {}
  for _, g in ipairs(groups) do
    for k = cause or 1, cause or #self.causes do parts[#parts + 1] = f(g, k) end
  end
  return parts
end

--- The curves, one row a distinct time of each group and cause, event or censoring. n_risk and
--- n_censor are those of the group, n_event is of the cause.
---@return lobule.Frame             # strata, cause, time, n_risk, n_event, n_censor, estimate,
---                                 std_error, conf_low, conf_high
function CumInc:tidy()
  local groups = {}
  for g = 1, #self.info.groups.label do groups[g] = g end
  local frame = stack(self, each(self, groups, nil, function(g, k)
    return { frame = self.fit:curve(g, k), g = g, k = k }
  end))
  return frame
end

--- The probability of no event of any cause, S(t); with the incidences of all causes it adds up to
--- 1. Kaplan-Meier with Greenwood's standard error.
---@return lobule.Frame             # strata, time, n_risk, n_event, n_censor, estimate, std_error,
---                                 conf_low, conf_high
function CumInc:event_free()
  local parts = {}
  for g = 1, #self.info.groups.label do
    parts[g] = { frame = self.fit:event_free(g), g = g, k = 1 }
  end
  local frame = stack(self, parts):drop "cause"
  return frame
end

--- Counts of the whole fit.
---@return lobule.Frame             # n, n_missing, n_event, n_causes, conf_level, conf_type,
---                                 variance
function CumInc:glance()
  local frame = result.frame {
    { "n", { self.info.n }, "integer" }, { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.info.n_event }, "real" }, { "n_causes", { #self.causes }, "integer" },
    { "conf_level", { self.options.conf_level }, "real" },
    { "conf_type", { self.options.conf_type }, "text" },
    { "variance", { self.options.variance }, "text" } }
  return frame
end

--- The curve at given times; NA beyond the last time of the group, unless nobody was left then.
local function at_times(self, g, k, times)
  local frame = self.fit:at(g, k, times)
  local last, ended = self.fit:last(g)
  last = last or -1
  if ended or times[#times] <= last then return frame end
  for _, name in ipairs { "estimate", "std_error", "conf_low", "conf_high" } do
    local values = frame:column(name):totable()
    for i, t in ipairs(times) do
      if t > last then values[i] = core.NA end
    end
    frame = core.with_column(frame, name, core.frame({ { name, values, "real" } }):column(name))
  end
  return frame
end

local function label_of(self, what, g, k)
  local name = self.info.groups.name[g]
  return ("%s, %s%s"):format(what, self.causes[k], name ~= "" and ", " .. name or "")
end

local function at_quantity(self, g, k, time)
  local row = at_times(self, g, k, { time }):rows_list()[1]
  local n, events = self.fit:count(g, k)
  return quantity.new { estimate = row.estimate, conf_low = row.conf_low, style = "percent",
    conf_high = row.conf_high, conf_level = self.options.conf_level, n = n, n_event = events,
    absent = "beyond follow-up",
    label = label_of(self, "Cumulative incidence at " .. core.format_number(time), g, k) }
end

--- Cumulative incidence at given times: the number at risk just before each, events of the cause
--- and censored since the time before it in the list. Beyond a group's follow-up the curve is not
--- known: NA.
---@param options table             a list of ascending times, a cause, and a group by name:
---                                 { 12, 24, cause = "relapse", treatment = "SIRT" }
---@return lobule.Frame|lobule.Quantity  # one time of one cause and group is a quantity, else a
---                                 frame
function CumInc:at(options)
  if type(options) == "number" then options = { options } end
  local times, rest = result.split_times(options)
  local given, groups = result.group_options(rest, { { "times", "times" }, { "cause", "any" } },
    self.info)
  times = check.options({ times = given.times or times }, { { "times", "times" } }).times
  local cause = find_cause(self, given.cause) or (#self.causes == 1 and 1 or nil)
  if #groups == 1 and cause and #times == 1 then
    return (at_quantity(self, groups[1], cause, times[1]))
  end
  return (stack(self, each(self, groups, cause, function(g, k)
    return { frame = at_times(self, g, k, times), g = g, k = k }
  end)))
end

local function quantile_quantity(self, g, k, prob)
  local time, low, high = self.fit:quantile(g, k, prob)
  local n, events = self.fit:count(g, k)
  return quantity.new { estimate = time, conf_low = low, conf_high = high,
    conf_level = self.options.conf_level, unit = self.info.time_unit, n = n, n_event = events,
    label = label_of(self, ("Time to %s %%"):format(core.format_number(100 * prob)), g, k) }
end

--- Times by which a cumulative incidence reaches a fraction. Where it stays at it, the middle of
--- that interval. Limits by inverting the pointwise limits (Brookmeyer & Crowley 1982, Biometrics
--- 38:29).
---@param options table             prob: a fraction or a list; cause; a group by name
---@return lobule.Frame|lobule.Quantity  # one value is a quantity, several are a frame; NA where
---                                 not reached
function CumInc:quantile(options)
  local opts, groups = result.group_options(options, { { "prob", "any", { 0.1, 0.25, 0.5 } },
    { "cause", "any" } }, self.info)
  local probs = result.check_prob(opts.prob)
  local cause = find_cause(self, opts.cause) or (#self.causes == 1 and 1 or nil)
  if #groups == 1 and cause and #probs == 1 then
    return (quantile_quantity(self, groups[1], cause, probs[1]))
  end
  local names = { "strata", "cause", "prob", "estimate", "conf_low", "conf_high", "n", "n_event" }
  local lists, n = {}, 0
  for j in ipairs(names) do lists[j] = {} end
  each(self, groups, cause, function(g, k)
    for _, prob in ipairs(probs) do
      n = n + 1
      local q = quantile_quantity(self, g, k, prob):record()
      for j, value in ipairs { group_name(self, g), self.causes[k], prob, q.estimate, q.conf_low,
        q.conf_high, q.n, q.n_event } do
        lists[j][n] = value
      end
    end
  end)
  local columns, unit = {}, self.info.time_unit
  for j, name in ipairs(names) do
    lists[j].n = n
    columns[j] = { name, lists[j], j <= 2 and "text" or name == "n" and "integer" or "real",
      unit = j >= 4 and j <= 6 and unit or nil }
  end
  return (result.frame(columns))
end

local SCALES <const> = { ["log-log"] = "on the log(-log) scale", log = "on the log scale",
  plain = "untransformed", logit = "on the logit scale", arcsine = "on the arcsine scale" }
local VARIANCES <const> = { greenwood = "delta method (Greenwood type)", aalen = "Aalen",
  jackknife = "infinitesimal jackknife" }

local function notes_of(self)
  local notes = { ("Confidence limits %s (conf_type = \"%s\"); variance: %s."):format(
    SCALES[self.options.conf_type], self.options.conf_type, VARIANCES[self.options.variance]),
    ("Censored: '%s'."):format(self.info.censored) }
  if self.info.n_cluster then
    notes[#notes + 1] = ("Robust variance, %d clusters."):format(self.info.n_cluster)
  end
  notes[#notes + 1] = weights.text(self.options, self.info)
  return notes
end

--- Up to four round times within follow-up.
local function shown_times(self)
  local last = self.info.time_max
  if not last or last <= 0 then return {} end
  local power = 10.0 ^ math.floor(math.log(last / 4, 10))
  local size = power
  for _, step in ipairs { 1, 2, 5, 10 } do
    size = step * power
    if last / size < 5 then break end
  end
  if self.info.time_unit == "months" then
    for _, step in ipairs { 1, 2, 3, 6, 12, 24, 36, 60, 120 } do
      size = step
      if last / size < 5 then break end
    end
  end
  local times = {}
  for i = 1, math.floor(last / size + 1e-9) do times[i] = i * size end
  return times
end

local function summary_table(self)
  local cells <const> = require "lobule.survival.probability_table"
  local times, rows = shown_times(self), {}
  for g, label in ipairs(self.info.groups.label) do
    for k, cause in ipairs(self.causes) do
      local n, events = self.fit:count(g, k)
      local row = { label, cause, tostring(n), format.count(events) }
      if #times > 0 then
        for i, values in ipairs(at_times(self, g, k, times):rows_list()) do
          row[4 + i] = cells.cell(values)
        end
      end
      rows[#rows + 1] = row
    end
  end
  local columns = { { label = "Group", align = "left" }, { label = "Cause", align = "left" },
    { label = "N", align = "right" }, { label = "Events", align = "right" } }
  for i, time in ipairs(times) do
    columns[4 + i] = { label = cells.head(time, self.info.time_unit), align = "right" }
  end
  return require("lobule.table").new { rows = rows, columns = columns,
    notes = cells.explain(rows, notes_of(self)) }
end

function CumInc:__tostring()
  return printed.text(self, summary_table(self))
end

--- The figure: rising step curves of each group and cause, bands, censoring marks, and below them
--- the numbers at risk, censored and with the event of the curve. Stacked, the causes of one group
--- lie on top of each other, and what is above them is event-free.
---@param options? table            times (ticks and table columns), cause (a name or a list: those
---                                 drawn), a group by name, stacked (false), risk_table (true),
---                                 conf (true), x_label, y_label, title (of the document, not
---                                 drawn), width_mm (183), p_value (a result of survival.gray of
---                                 one cause), journal ("lancet", "nejm", "jama", "nature")
---@return lobule.Figure
---@raise more than eight curves; stacked curves of several groups
function CumInc:plot(options)
  local figure = require("lobule.survival.cuminc_plot")(self, options)
  return figure
end

--- The blocks of a report: the table of incidences, then warnings.
---@param options? table
---@return table[]
function CumInc:report_blocks(options)
  return (printed.blocks(self, summary_table(self), nil, options))
end

--- Everything at full precision, for JSON and provenance.
---@return table
function CumInc:record()
  return result.ordered { { "kind", "survival.cuminc" }, { "formula", self.info.formula },
    { "conf_level", self.options.conf_level }, { "conf_type", self.options.conf_type },
    { "variance", self.options.variance }, { "censored", self.info.censored },
    { "causes", self.causes }, { "n", self.info.n }, { "n_missing", self.info.n_missing },
    { "n_event", self.info.n_event }, { "curve", result.record(self:tidy()) },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

core.class("cuminc", CumInc)
return M
