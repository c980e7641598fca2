--- Kaplan-Meier result: curves, medians, values at times, the figure with its extended table.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local quantity = require "lobule.quantity"
local result = require "lobule.result"

---@class lobule.KM
---@field info table                n_rows, n_used, n_missing, n_event, dropped, groups
---@field warnings string[]
---@field title string
local KM = { __name = "lobule.KM" }
result.mixin(KM)

local M = {}

--- Wraps a fit of the core.
---@param fit lobule.KMFit
---@param info table
---@param opts table
---@return lobule.KM
function M.new(fit, info, opts)
  return setmetatable({ fit = fit, info = info, options = opts, title = "Kaplan-Meier estimate",
    warnings = result.warnings(info) }, KM)
end

local function groups(self)
  return #self.info.groups.label
end

--- Stacks one frame a group, with the stratum's name in front.
local function stack(self, frames)
  local names = frames[1] and frames[1]:names() or {}
  local strata, columns, n = {}, {}, 0
  for j in ipairs(names) do columns[j] = {} end
  for g, frame in ipairs(frames) do
    for j, name in ipairs(names) do
      local values = frame:column(name):totable()
      table.move(values, 1, #frame, n + 1, columns[j])
    end
    for i = 1, #frame do strata[n + i] = self.info.groups.name[g] == "" and "all"
      or self.info.groups.name[g] end
    n = n + #frame
  end
  strata.n = n
  local list = { { "strata", strata, "text" } }
  for j, name in ipairs(names) do
    columns[j].n = n
    list[j + 1] = { name, columns[j], "real", unit = name == "time" and self.info.time_unit or nil }
  end
  return result.frame(list)
end

--- The curves, one row a distinct time of each group, event or censoring.
---@return lobule.Frame             # strata, time, n_risk, n_event, n_censor, estimate, std_error,
---                                 conf_low, conf_high
function KM:tidy()
  local frames = {}
  for g = 1, groups(self) do frames[g] = self.fit:curve(g):rename("survival", "estimate") end
  local frame = stack(self, frames)
  return frame
end

--- Counts of the whole fit.
---@return lobule.Frame             # n, n_missing, n_event, conf_level, conf_type
function KM:glance()
  local frame = result.frame {
    { "n", { self.info.n_used }, "integer" }, { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.info.n_event }, "real" }, { "conf_level", { self.options.conf_level },
      "real" },
    { "conf_type", { self.options.conf_type }, "text" },
  }
  return frame
end

local function quantile_quantity(self, g, prob)
  local time, low, high = self.fit:quantile(g, prob)
  local n, events = self.fit:count(g)
  local name = self.info.groups.name[g]
  local label = prob == 0.5 and "Median"
    or ("%s %% quantile"):format(core.format_number(100 * prob))
  return quantity.new { estimate = time, conf_low = low, conf_high = high,
    conf_level = self.options.conf_level,
    unit = self.info.time_unit, n = n, n_event = events, label = name ~= "" and label .. ", "
      .. name or label }
end

local function quantile_frame(self, probs, only)
  local lists = { {}, {}, {}, {}, {}, {}, {} }
  local k = 0
  for g = only or 1, only or groups(self) do
    for _, prob in ipairs(probs) do
      k = k + 1
      local q = quantile_quantity(self, g, prob):record()
      local name = self.info.groups.name[g]
      for j, value in ipairs { name == "" and "all" or name, prob, q.estimate, q.conf_low,
        q.conf_high, q.n, q.n_event } do
        lists[j][k] = value
      end
    end
  end
  local unit = self.info.time_unit
  for j = 1, #lists do lists[j].n = k end
  return result.frame { { "strata", lists[1], "text" }, { "prob", lists[2], "real" },
    { "estimate", lists[3], "real", unit = unit },
    { "conf_low", lists[4], "real", unit = unit }, { "conf_high", lists[5], "real", unit = unit },
      { "n", lists[6], "integer" },
    { "n_event", lists[7], "real" } }
end

local function check_prob(prob)
  local list = type(prob) == "number" and { prob } or check.type(prob, "table", "prob")
  for i = 1, #list do
    if type(list[i]) ~= "number" or not (list[i] > 0 and list[i] < 1) then
      core.raise("argument", "prob: expected fractions between 0 and 1")
    end
  end
  return list
end

--- Times by which a fraction has had the event: the time where the curve first reaches 1 - prob,
--- the middle of the interval
--- where it equals it. Limits by inverting the pointwise limits (Brookmeyer & Crowley 1982,
--- Biometrics 38:29).
---@param options? table            prob: a fraction or a list (default 0.25, 0.5, 0.75); a group by
---                                 name: { treatment = "SIRT" }
---@return lobule.Frame|lobule.Quantity  # one value is a quantity, several are a frame; NA where
---                                 not reached
function KM:quantile(options)
  local opts, g = result.group_options(options, { { "prob", "any", { 0.25, 0.5, 0.75 } } },
    self.info)
  local probs = check_prob(opts.prob)
  g = g or (groups(self) == 1 and 1 or nil)
  if g and #probs == 1 then return (quantile_quantity(self, g, probs[1])) end
  return (quantile_frame(self, probs, g))
end

--- Median survival.
---@param options? table            a group by name: { treatment = "SIRT" }
---@return lobule.Quantity|lobule.Frame  # a quantity for one group, a frame for several
function KM:median(options)
  local _, g = result.group_options(options, {}, self.info)
  g = g or (groups(self) == 1 and 1 or nil)
  if g then return (quantile_quantity(self, g, 0.5)) end
  return (quantile_frame(self, { 0.5 }))
end

local function split_times(options)
  local times, rest = {}, {}
  for key, value in next, check.type(options, "table", "options") do
    if math.type(key) == "integer" then times[key] = value else rest[key] = value end
  end
  return times, rest
end

--- Survival at given times: the number at risk just before each, events and censored since the time
--- before it.
---@param options table             a list of ascending times, and a group by name: { 12, 24,
---                                 treatment = "SIRT" }
---@return lobule.Frame|lobule.Quantity  # one time of one group is a quantity (a fraction), else a
---                                 frame
function KM:at(options)
  if type(options) == "number" then options = { options } end
  local times, rest = split_times(options)
  local given, g = result.group_options(rest, { { "times", "times" } }, self.info)
  times = check.options({ times = given.times or times }, { { "times", "times" } }).times
  g = g or (groups(self) == 1 and 1 or nil)
  if g and #times == 1 then
    local row = self.fit:at(g, times):rows_list()[1]
    local n, events = self.fit:count(g)
    local name = self.info.groups.name[g]
    return (quantity.new { estimate = row.survival, conf_low = row.conf_low,
      conf_high = row.conf_high, style = "percent",
      conf_level = self.options.conf_level, n = n, n_event = events,
      label = ("Survival at %s%s"):format(core.format_number(times[1]), name ~= "" and ", " .. name
        or "") })
  end
  local frames = {}
  for i = g or 1, g or groups(self) do frames[#frames + 1] = self.fit:at(i,
    times):rename("survival", "estimate") end
  if g then
    local one = { info = { groups = { name = { self.info.groups.name[g] } },
      time_unit = self.info.time_unit } }
    return (stack(one, frames))
  end
  return (stack(self, frames))
end

local function summary_table(self)
  local Table = require "lobule.table"
  local rows = {}
  for g = 1, groups(self) do
    local q = quantile_quantity(self, g, 0.5)
    local function show(x)
      return x and format.number(x, 4) or "not reached"
    end
    rows[g] = { groups(self) == 1 and self.info.groups.name[1] == "" and "all"
      or self.info.groups.label[g], tostring(q.n),
      format.number(q.n_event, 6), show(q.estimate), show(q.conf_low) .. " to "
        .. show(q.conf_high) }
  end
  local unit = self.info.time_unit
  local level = core.format_number(100 * self.options.conf_level)
  return Table.new { columns = { { label = "Group", align = "left" },
    { label = "N", align = "right" }, { label = "Events", align = "right" },
    { label = "Median", align = "right", unit = unit }, { label = level .. " % CI",
      align = "right" } }, rows = rows,
    notes = { ("%s limits."):format(self.options.conf_type) } }
end

function KM:__tostring()
  local parts = { result.heading(self.title, self.info), tostring(summary_table(self)) }
  for _, warning in ipairs(self.warnings) do parts[#parts + 1] = "warning: " .. warning end
  return table.concat(parts, "\n")
end

--- The figure: step curves, bands, censoring marks, and the table of numbers at risk, censored and
--- events.
---@param options? table            times (ticks and table columns), risk_table (true), conf (true),
---                                 x_label, y_label, title, width_mm (183), p_value
---                                 (a result of survival.logrank, printed in the figure)
---@return lobule.Figure
function KM:plot(options)
  local figure = require("lobule.survival.km_plot")(self, options)
  return figure
end

--- The blocks of a report: the table of medians, then warnings.
---@param options? table
---@return table[]
function KM:report_blocks(options)
  local shown = summary_table(self)
  shown.caption = options and options.caption or self.title
  local missing = result.missing_text(self.info)
  if missing ~= "" then shown.notes[#shown.notes + 1] = missing .. "." end
  local blocks = { { kind = "table", table = shown } }
  for _, warning in ipairs(self.warnings) do blocks[#blocks + 1] = { kind = "warning",
    text = warning } end
  return blocks
end

--- Everything at full precision, for JSON and provenance.
---@return table
function KM:record()
  return result.ordered { { "kind", "survival.km" }, { "formula", self.info.formula },
    { "conf_level", self.options.conf_level },
    { "conf_type", self.options.conf_type }, { "n", self.info.n_used },
      { "n_missing", self.info.n_missing }, { "n_event", self.info.n_event },
    { "quantiles", result.record(quantile_frame(self, { 0.25, 0.5, 0.75 })) },
      { "curve", result.record(self:tidy()) },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

core.class("km", KM)
return M
