--- How state probabilities look: printed, in a report, as a figure. Methods of the class
--- "multistate".
local cells = require "lobule.survival.probability_table"
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local weights = require "lobule.survival.weights"

local States = {}

local SCALES <const> = { ["log-log"] = "on the log(-log) scale", log = "on the log scale",
  plain = "untransformed", logit = "on the logit scale", arcsine = "on the arcsine scale" }
local VARIANCES <const> = { jackknife = "infinitesimal jackknife over persons",
  greenwood = "Greenwood type", aalen = "Aalen" }

local function start_note(self)
  local estimated = false
  for g in ipairs(self.info.groups.label) do
    estimated = estimated or self.fit:count(g).p0_estimated
  end
  if self.options.p0 then return "Start distribution: given." end
  if estimated then
    return "Start distribution: of those at risk at the first move; its variance is part of the "
      .. "standard errors" .. (self.options.variance == "jackknife" and "." or " only with "
      .. "variance = \"jackknife\".")
  end
end

local function notes_of(self)
  local opts = self.options
  local variance = VARIANCES[opts.variance]
  if opts.cluster then variance = "infinitesimal jackknife over clusters " .. opts.cluster end
  local notes = { ("Confidence limits %s (conf_type = \"%s\"); variance: %s."):format(
    SCALES[opts.conf_type], opts.conf_type, variance),
    ("Censored: '%s'."):format(self.info.censored) }
  notes[#notes + 1] = start_note(self)
  if opts.start_time then
    local unit = self.info.time_unit and " " .. self.info.time_unit or ""
    notes[#notes + 1] = opts.landmark == nil
      and ("Follow-up from %s%s on."):format(core.format_number(opts.start_time), unit)
      or ("Landmark: those in '%s' at %s%s."):format(tostring(opts.landmark),
        core.format_number(opts.start_time), unit)
  end
  notes[#notes + 1] = weights.text(opts, self.info)
  return notes
end

--- Up to four round times within follow-up.
local function shown_times(self)
  local first, last = self.options.start_time or 0, self.info.time_max
  if not last or last <= first then return {} end
  local all = require("lobule.survival.plot_parts").nice_times(first, last, self.info.time_unit)
  local times, every = {}, math.max(1, math.ceil((#all - 1) / 4))
  for i = #all, 1, -every do
    if all[i] > first and #times < 4 then table.insert(times, 1, all[i]) end
  end
  return times
end

--- How far mean times go, the same for all groups so that they can be compared: to the last of the
--- times at which all curves are known, else to where the first of them ends.
local function common_horizon(self, times)
  local known_until <const> = require("lobule.survival.multistate").known_until
  local known, last = math.huge, nil
  for g in ipairs(self.info.groups.label) do known = math.min(known, known_until(self, g)) end
  for _, time in ipairs(times) do
    if time <= known then last = time end
  end
  return last or known > (self.options.start_time or 0) and known or nil
end

local function mean_cell(self, g, k, last)
  local found = self.fit:expect(g, last).sojourn
  local z = core.normal_quantile(0.5 + self.options.conf_level / 2)
  -- Nobody was seen there: an interval of width 0 would say that nobody can be.
  if found.std_error[k] == 0 then return format.fixed(found.estimate[k], 1) end
  local low = math.max(0, found.estimate[k] - z * found.std_error[k])
  return ("%s (%s to %s)"):format(format.fixed(found.estimate[k], 1), format.fixed(low, 1),
    format.fixed(found.estimate[k] + z * found.std_error[k], 1))
end

local function columns_of(self, times, horizon)
  local columns = { { label = "State", align = "left" } }
  local unit = self.info.time_unit
  for i, time in ipairs(times) do
    columns[1 + i] = { label = cells.head(time, unit), align = "right" }
  end
  if horizon then
    columns[#columns + 1] = { label = ("Mean time to %s%s"):format(
      format.time(horizon), unit and " " .. unit or ""), align = "right" }
  end
  return columns
end

local function summary_table(self)
  local at_times = require("lobule.survival.multistate").at_times
  local times, rows = shown_times(self), {}
  local horizon <const> = #times > 0 and common_horizon(self, times) or nil
  for g, label in ipairs(self.info.groups.label) do
    if #self.info.groups.label > 1 then rows[#rows + 1] = { label, kind = "heading" } end
    for k, state in ipairs(self.states) do
      local row = { state, indent = #self.info.groups.label > 1 and 1 or 0 }
      for i, values in ipairs(#times > 0 and at_times(self, g, k, times):rows_list() or {}) do
        row[1 + i] = cells.cell(values)
      end
      if horizon then row[#times + 2] = mean_cell(self, g, k, horizon) end
      rows[#rows + 1] = row
    end
  end
  return require("lobule.table").new { rows = rows, columns = columns_of(self, times, horizon),
    notes = cells.explain(rows, notes_of(self)) }
end

local function counts_lines(self)
  local lines = {}
  for g, label in ipairs(self.info.groups.label) do
    local count = self.fit:count(g)
    lines[g] = ("%s: %d persons, %s transitions"):format(label, count.n,
      format.count(count.n_event))
  end
  return lines
end

function States:__tostring()
  return printed.text(self, ("  %s\n%s"):format(table.concat(counts_lines(self), "\n  "),
    summary_table(self)))
end

--- The figure: the probability of each state against time. Stacked, the states of one group lie on
--- top of each other and fill the whole; else a step curve with its band for each state and group,
--- above the numbers in each state just before each time, of those under observation or known to
--- have ended there; faint where fewer than ten are at risk.
---@param options? table            stacked (true for one group, else false), times (ticks and
---                                 table columns), state (a name or a list: those drawn), a group
---                                 by name, risk_table (true), conf (true), x_label, y_label,
---                                 title (of the document, not drawn), width_mm (183), journal
---                                 ("lancet", "nejm", "jama", "nature")
---@return lobule.Figure
---@raise more than eight curves; stacked curves of several groups
function States:plot(options)
  return (require("lobule.survival.multistate_plot")(self, options))
end

--- The blocks of a report: the table of probabilities, then warnings.
---@param options? table
---@return table[]
function States:report_blocks(options)
  return (printed.blocks(self, summary_table(self), counts_lines(self), options))
end

--- Everything at full precision, for JSON and provenance.
---@return table
function States:record()
  return result.ordered { { "kind", "survival.multistate" }, { "formula", self.info.formula },
    { "conf_level", self.options.conf_level }, { "conf_type", self.options.conf_type },
    { "variance", self.options.variance }, { "censored", self.info.censored },
    { "states", self.states }, { "n", self.info.n_used }, { "n_missing", self.info.n_missing },
    { "start", result.record(self:start()) }, { "curve", result.record(self:tidy()) },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

return result.methods("multistate", States)
