--- Kaplan-Meier result: curves, medians, values at times, the figure with its extended table.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local quantity = require "lobule.quantity"
local result = require "lobule.result"
local stacking = require "lobule.survival.stacking"
local few_clusters = require("lobule.survival.cox_warnings").few_clusters
local weights = require "lobule.survival.weights"

---@class lobule.KM
---@field info table                n (persons), n_rows, n_used, n_missing, n_event, dropped, groups
---@field warnings string[]
---@field title string
local KM = { __name = "lobule.KM" }
result.mixin(KM)

local M = {}

local TITLES <const> = { ["kaplan-meier"] = "Kaplan-Meier estimate",
  ["nelson-aalen"] = "Survival as exp(-H), H the Nelson-Aalen estimate",
  fh2 = "Survival as exp(-H), H by Fleming and Harrington (ties one after another)" }

-- At risk fewer than this and all having the event, the curve falls for good.
local FEW <const> = 3

--- With late entry few are at risk at first: where all of them have the event the curve is 0 ever
--- after, whoever enters later.
local function early_end(fit, g)
  local curve = fit:curve(g)
  local time, risk, event = curve:column "time", curve:column "n_risk", curve:column "n_event"
  for i = 1, #curve - 1 do
    if event[i] > 0 and event[i] == risk[i] then return time[i], risk[i] end
  end
end

--- The first event while fewer than FEW are at risk though more enter later.
local function thin_start(fit, g)
  local curve = fit:curve(g)
  local risk, event, most = curve:column "n_risk", curve:column "n_event", 0
  for i = 1, #curve do most = math.max(most, risk[i]) end
  for i = 1, #curve do
    if event[i] > 0 then
      return risk[i] < FEW and most >= 2 * FEW and curve:column("time")[i] or nil, risk[i]
    end
  end
end

local function entry_warnings(fit, info, list)
  for g, label in ipairs(info.groups.label) do
    local who = #info.groups.label > 1 and (" of '%s'"):format(label) or ""
    local time, n = early_end(fit, g)
    if time then
      list[#list + 1] = ("late entry: at %s all %s at risk%s have the event, so the curve is 0 "
        .. "from then on, whoever enters later; begin where enough are at risk: start_time = ...")
        :format(core.format_number(time), format.count(n), who)
    else
      time, n = thin_start(fit, g)
      if time then
        list[#list + 1] = ("late entry: at the first event%s, at %s, only %s at risk: the whole "
          .. "curve hangs on it; begin where enough are at risk: start_time = ..."):format(who,
          core.format_number(time), format.count(n) .. (n == 1 and " is" or " are"))
      end
    end
  end
end

--- What does not hold, in words.
local function warned(fit, info)
  local list, labels = result.warnings(info), info.groups.label
  if info.n_cluster then list[#list + 1] = few_clusters(info.n_cluster) end
  if info.has_entry then entry_warnings(fit, info, list) end
  for g, label in ipairs(labels) do
    local n, _, _, alone = fit:count(g)
    if alone and n > 0 and not (info.n_cluster and info.n_cluster < 2) then
      list[#list + 1] = ("%s is of one %s alone: its curve has no robust variance"):format(
        #labels > 1 and ("the group '%s'"):format(label) or "the curve",
        info.n_cluster and "cluster" or "row")
    end
  end
  return list
end

--- Raises on options that do not go together, or that programs understand differently.
---@param opts table                checked options of survival.km
function M.check(opts)
  if opts.type == "fleming-harrington" then
    core.raise("argument", "type 'fleming-harrington' means two things: in R exp(-Nelson-Aalen), "
      .. "in SAS and the paper the curve corrected for ties",
      'Write type = "nelson-aalen" for the first, "fh2" for the second.')
  end
  if opts.conf_type == "log-peto" and opts.conf_lower ~= "usual" then
    core.raise("argument", "conf_type 'log-peto' is a lower limit of its own",
      'Write conf_type = "log", conf_lower = "' .. opts.conf_lower .. '".')
  end
  if opts.start_time and not (opts.start_time >= 0 and opts.start_time < math.huge) then
    core.raise("argument", "start_time: expected a time of 0 or more")
  end
end

--- The counts of the rows from the start on in the place of those of all.
local function count_again(fit, info, opts)
  info.n_before, info.n, info.n_event = fit:before(), 0, 0
  for g = 1, #info.groups.label do
    local n, events, weight = fit:count(g)
    info.n = info.n + (opts.weight_type == "frequency" and math.tointeger(weight) or n)
    info.n_event = info.n_event + events
  end
end

--- Wraps a fit of the core.
---@param fit lobule.KMFit
---@param info table
---@param opts table
---@return lobule.KM
function M.new(fit, info, opts)
  if opts.start_time then count_again(fit, info, opts) end
  return setmetatable({ fit = fit, info = info, options = opts, title = TITLES[opts.type],
    warnings = warned(fit, info) }, KM)
end

local function name_of(self, g)
  local name = self.info.groups.name[g]
  return name ~= "" and name or "all"
end

--- Stacks frames, each with its stratum's name in front.
local function stack(self, frames, groups)
  local strata = {}
  for k, g in ipairs(groups) do strata[k] = name_of(self, g) end
  return stacking.stack(frames, { { "strata", strata } }, self.info.time_unit)
end

--- The curves, one row a distinct time of each group, event or censoring.
---@param options? table            band: "equal-precision", "hall-wellner" (simultaneous, see band)
---@return lobule.Frame             # strata, time, n_risk, n_event, n_censor, estimate, std_error,
---                                 conf_low, conf_high (with band: band_low, band_high)
function KM:tidy(options)
  local opts = check.options(options, { { "band", { "equal-precision", "hall-wellner" } } })
  local frames, groups = {}, {}
  for g = 1, #self.info.groups.label do
    frames[g], groups[g] = core.rename(self.fit:curve(g), "survival", "estimate"), g
  end
  local frame = stack(self, frames, groups)
  if opts.band then
    frame = require("lobule.survival.km_band_tidy")(self, frame, opts.band)
  end
  return frame
end

--- Persons behind the curve of group g (rows, or frequencies added up), weighted events, and
--- whether one cluster alone leaves it without a variance.
local function counts(self, g)
  local n, events, weight, alone = self.fit:count(g)
  if self.options.weight_type == "frequency" then n = math.tointeger(weight) end
  return n, events, alone
end

--- Counts of the whole fit: n is rows, or frequencies added up; n_event is weighted.
---@return lobule.Frame             # n, n_missing, n_event, conf_level, conf_type
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data()):glance()
function KM:glance()
  local frame = result.frame {
    { "n", { self.info.n }, "integer" }, { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.info.n_event }, "real" }, { "conf_level", { self.options.conf_level },
      "real" },
    { "conf_type", { self.options.conf_type }, "text" },
  }
  return frame
end

local function quantile_quantity(self, g, prob)
  local time, low, high = self.fit:quantile(g, prob)
  local n, events = counts(self, g)
  local name = self.info.groups.name[g]
  local label = prob == 0.5 and "Median"
    or ("%s %% quantile"):format(core.format_number(100 * prob))
  return quantity.new { estimate = time, conf_low = low, conf_high = high,
    conf_level = self.options.conf_level,
    unit = self.info.time_unit, n = n, n_event = events, label = name ~= "" and label .. ", "
      .. name or label }
end

local function quantile_frame(self, probs, groups)
  local lists = { {}, {}, {}, {}, {}, {}, {} }
  local k = 0
  for _, g in ipairs(groups) do
    for _, prob in ipairs(probs) do
      k = k + 1
      local q = quantile_quantity(self, g, prob):record()
      for j, value in ipairs { name_of(self, g), prob, q.estimate, q.conf_low, q.conf_high, q.n,
        q.n_event } do
        lists[j][k] = value
      end
    end
  end
  local unit = self.info.time_unit
  for j = 1, #lists do lists[j].n = k end
  return result.frame { { "strata", lists[1], "text" }, { "prob", lists[2], "real" },
    { "estimate", lists[3], "real", unit = unit }, { "conf_low", lists[4], "real", unit = unit },
    { "conf_high", lists[5], "real", unit = unit }, { "n", lists[6], "integer" },
    { "n_event", lists[7], "real" } }
end

--- Times by which a fraction has had the event: where the curve first reaches 1 - prob, the middle
--- of the interval where it equals it; limits by inverting the pointwise limits (Brookmeyer &
--- Crowley 1982, Biometrics 38:29).
---@param options? table            prob: a fraction or a list (default 0.25, 0.5, 0.75); a group by
---                                 name: { treatment = "SIRT" }
---@return lobule.Frame|lobule.Quantity  # one value is a quantity, several are a frame; NA where
---                                 not reached
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data())
---    :quantile { prob = { 0.25, 0.5 } }
function KM:quantile(options)
  local opts, groups = result.group_options(options,
    { { "prob", "any", { 0.25, 0.5, 0.75 } } }, self.info)
  local probs = result.check_prob(opts.prob)
  if #groups == 1 and #probs == 1 then return (quantile_quantity(self, groups[1], probs[1])) end
  return (quantile_frame(self, probs, groups))
end

--- Median survival.
---@param options? table            a group by name: { treatment = "SIRT" }
---@return lobule.Quantity|lobule.Frame  # a quantity for one group, a frame for several
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data())
---    :median { arm = "SIRT" }
function KM:median(options)
  local _, groups = result.group_options(options, {}, self.info)
  if #groups == 1 then return (quantile_quantity(self, groups[1], 0.5)) end
  return (quantile_frame(self, { 0.5 }, groups))
end

--- The curve at times; NA beyond the group's last, unless nobody was left then or it is extended.
local function at_times(self, g, times, extend)
  local frame = core.rename(self.fit:at(g, times), "survival", "estimate")
  local curve = self.fit:curve(g)
  local last = #curve > 0 and curve:column("time")[#curve] or -1
  local ended = #curve > 0 and curve:column("survival")[#curve] == 0
  for _, name in ipairs { "estimate", "std_error", "conf_low", "conf_high" } do
    local values = frame:column(name):totable()
    for i, t in ipairs(times) do
      if t > last and not ended and not extend then values[i] = core.NA end
    end
    frame = core.with_column(frame, name, core.frame({ { name, values, "real" } }):column(name))
  end
  return frame
end

local function at_quantity(self, g, time, extend)
  local row = at_times(self, g, { time }, extend):rows_list()[1]
  local n, events = counts(self, g)
  local name = self.info.groups.name[g]
  return quantity.new { estimate = row.estimate, conf_low = row.conf_low, style = "percent",
    conf_high = row.conf_high, conf_level = self.options.conf_level, n = n, n_event = events,
    absent = "beyond follow-up",
    label = ("Survival at %s%s"):format(core.format_number(time), name ~= "" and ", " .. name
      or "") }
end

--- Survival at given times: the number at risk just before each, events and censored since the time
--- before it in the list. Beyond a group's follow-up the curve is not known: NA.
---@param options table             a list of ascending times, and a group by name:
---                                 { 12, treatment = "SIRT" }; extend (false): carry the last on
---@return lobule.Frame|lobule.Quantity  # one time of one group is a quantity, else a frame
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data()):at { 6, 12 }
function KM:at(options)
  if type(options) == "number" then options = { options } end
  local times, rest = result.split_times(options)
  local given, groups = result.group_options(rest, { { "times", "times" },
    { "extend", "boolean", false } }, self.info)
  times = check.options({ times = given.times or times }, { { "times", "times" } }).times
  local one = #groups == 1 and #times == 1
  if one then return (at_quantity(self, groups[1], times[1], given.extend)) end
  local frames = {}
  for k, g in ipairs(groups) do frames[k] = at_times(self, g, times, given.extend) end
  return (stack(self, frames, groups))
end

local SCALES <const> = { ["log-log"] = "on the log(-log) scale", log = "on the log scale",
  plain = "untransformed", logit = "on the logit scale", arcsine = "on the arcsine scale",
  ["log-peto"] = "on the log scale with Peto's lower limit" }

local LOWERS <const> = { peto = "Peto's lower limit", modified = "Dorey and Korn's lower limit" }

local function notes_of(self)
  local notes = { ("Confidence limits %s (conf_type = \"%s\")."):format(
    SCALES[self.options.conf_type], self.options.conf_type) }
  if LOWERS[self.options.conf_lower] then
    notes[1] = ("Confidence limits %s, %s (conf_type = \"%s\", conf_lower = \"%s\")."):format(
      SCALES[self.options.conf_type], LOWERS[self.options.conf_lower], self.options.conf_type,
      self.options.conf_lower)
  end
  if self.options.start_time then
    notes[#notes + 1] = ("Curves of those who reach %s%s, from 1 there."):format(
      core.format_number(self.options.start_time),
      self.info.time_unit and " " .. self.info.time_unit or "")
    if self.info.n_before > 0 then
      notes[#notes] = notes[#notes] .. (" %d rows end before it."):format(self.info.n_before)
    end
  end
  if self.info.n_cluster then
    notes[#notes + 1] = ("Robust variance, %d cluster%s."):format(self.info.n_cluster,
      self.info.n_cluster == 1 and "" or "s")
  end
  notes[#notes + 1] = weights.text(self.options, self.info)
  return notes
end

local function summary_table(self)
  local Table = require "lobule.table"
  local rows = {}
  for g, label in ipairs(self.info.groups.label) do
    local q = quantile_quantity(self, g, 0.5)
    rows[g] = { label, tostring(q.n), format.count(q.n_event),
      q.estimate and format.number(q.estimate, 3) or "not reached",
      select(3, counts(self, g)) and "NA" or format.reached(q.conf_low, q.conf_high) }
  end
  local level = core.format_number(100 * self.options.conf_level)
  return Table.new { rows = rows, columns = { { label = "Group", align = "left" },
      { label = "N", align = "right" }, { label = "Events", align = "right" },
      { label = "Median", align = "right", unit = self.info.time_unit },
      { label = level .. " % CI", align = "right" } },
    notes = notes_of(self) }
end

function KM:__tostring()
  return printed.text(self, summary_table(self))
end

--- The figure: step curves, bands, censoring marks, and the table of numbers at risk, censored and
--- events, weighted counts with one decimal. Up to three curves that end together are named at
--- their ends, all others in a key in the order of the table.
---@param options? table            a scale alone ("loglog"), or times (ticks and table columns),
---                                 risk_table (true), conf (up to four curves), band
---                                 ("equal-precision", "hall-wellner": simultaneous), scale
---                                 ("survival"; "event": 1 - S; "cumulative_hazard": -log S;
---                                 "loglog": log(-log S) against log time, where proportional
---                                 hazards are parallel), x_label, y_label, title (of the document,
---                                 for those who cannot see it), width_mm (183), p_value (a result
---                                 of survival.logrank, printed in the figure), journal ("lancet",
---                                 "nejm", "jama", "nature")
---@return lobule.Figure
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data())
---    :plot { times = { 0, 6, 12, 24 } }
function KM:plot(options)
  local figure = require("lobule.survival.km_plot")(self, options)
  return figure
end

--- The blocks of a report: the table of medians, then warnings.
---@param options? table
---@return table[]
function KM:report_blocks(options)
  return (printed.blocks(self, summary_table(self), nil, options))
end

--- Everything at full precision, for JSON and provenance.
---@return table
function KM:record()
  return result.ordered { { "kind", "survival.km" }, { "formula", self.info.formula },
    { "conf_level", self.options.conf_level },
    { "conf_type", self.options.conf_type }, { "n", self.info.n },
      { "n_missing", self.info.n_missing }, { "n_event", self.info.n_event },
    { "quantiles", result.record(self:quantile { prob = { 0.25, 0.5, 0.75, 0.9 } }) },
      { "curve", result.record(self:tidy()) },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

M.at_times = at_times
--- As print counts them, for the figure.
M.counts = counts

for _, file in ipairs { "km_compare", "km_band" } do
  for name, method in pairs(require("lobule.survival." .. file)) do KM[name] = method end
end
core.class("km", KM)
return M
