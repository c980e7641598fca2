--- Rates result: events, person-time and rates by group and interval, standardised rates, ratios.
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local views = require "lobule.survival.rates_view"

---@class lobule.Rates
---@field groups table[]            each { text, key, cells }
---@field info table                n_rows, n_left, causes_left, n_event, time_unit
---@field warnings string[]
---@field title string
local Rates = { __name = "lobule.Rates" }
result.mixin(Rates)

local M = {}

local function check_standard(standard, n)
  if not standard then return nil end
  local sum = 0
  for i = 1, math.max(#standard, n) do
    if type(standard[i]) ~= "number" or not (standard[i] >= 0 and standard[i] < math.huge) then
      core.raise("argument", ("standard: %d intervals want %d weights from 0"):format(n, n),
        "The persons (or shares) of the standard population in each interval.")
    end
    sum = sum + standard[i]
  end
  if #standard ~= n or sum <= 0 then
    core.raise("argument", ("standard: %d intervals, %d weights"):format(n, #standard))
  end
  local shares = {}
  for i = 1, n do shares[i] = standard[i] / sum end
  return shares
end

--- Wraps counted follow-up.
---@param groups table[]
---@param info table
---@param opts table
---@return lobule.Rates
function M.new(groups, info, opts)
  local bands <const> = groups[1] and #groups[1].cells or 0
  local self = { groups = groups, info = info, options = opts, warnings = {}, title = "Rates",
    shares = check_standard(opts.standard, bands) or false }
  for _, group in ipairs(groups) do
    for k, cell in ipairs(group.cells) do
      if self.shares and self.shares[k] > 0 and cell.t == 0 then
        self.warnings[#self.warnings + 1] = ("%s: nobody was at risk in %s: no standardised rate")
          :format(group.text, cell.label)
      end
    end
  end
  return setmetatable(self, Rates)
end

local function limits(self, d, t)
  if t == 0 then return 0 / 0, 0 / 0, 0 / 0 end
  local low, high = core.count_interval(d, self.options.conf_level, self.options.conf_type)
  local per <const> = self.options.per
  return per * d / t, per * low / t, per * high / t
end

local function rows_of(self, cells_of)
  local lists = { {}, {}, {}, {}, {}, {}, {} }
  for _, group in ipairs(self.groups) do
    for _, cell in ipairs(cells_of(group)) do
      local i = #lists[1] + 1
      lists[1][i], lists[2][i], lists[3][i], lists[4][i] = group.text, cell.label, cell.d, cell.t
      lists[5][i], lists[6][i], lists[7][i] = limits(self, cell.d, cell.t)
    end
  end
  local frame = result.frame { { "strata", lists[1], "text" },
    { "interval", lists[2], "text", label = "Interval" }, { "n_event", lists[3], "real" },
    { "person_time", lists[4], "real", label = "Person-time", unit = self.info.time_unit },
    { "estimate", lists[5], "real", label = "Rate" }, { "conf_low", lists[6], "real" },
    { "conf_high", lists[7], "real" } }
  return frame
end

--- One row a group and interval. Without follow-up the rate is NA.
---@return lobule.Frame             # strata, interval, n_event, person_time, estimate (events per
---                                 `per` units of time), conf_low, conf_high
function Rates:tidy()
  local frame = rows_of(self, function(group) return group.cells end)
  return frame
end

local function whole(group)
  local d, t = 0, 0
  for _, cell in ipairs(group.cells) do d, t = d + cell.d, t + cell.t end
  return { { label = "all", d = d, t = t } }
end

--- Crude rates, one row a group.
---@return lobule.Frame             # strata, n_event, person_time, estimate, conf_low, conf_high
function Rates:crude()
  local frame = rows_of(self, whole):drop { "interval" }
  return frame
end

--- Rate, its variance and the largest weight of a group, all per unit of time.
local function standard_of(self, group)
  local y, v, most = 0, 0, 0
  for k, cell in ipairs(group.cells) do
    if self.shares[k] > 0 then
      local w = self.shares[k] / cell.t
      y, v, most = y + w * cell.d, v + w * w * cell.d, math.max(most, w)
    end
  end
  return y, v, most
end

local function check_shares(self)
  if not self.shares then
    core.raise("argument", "there is no standard population", "Give its weights, one an interval: "
      .. "lb.survival.rates(..., { cuts = ..., standard = { ... } }).")
  end
end

--- Directly standardised rates, one row a group: sums of rates weighted by the standard population,
--- gamma limits (Fay & Feuer 1997, equations 1 and 2).
---@return lobule.Frame             # strata, n_event, person_time, estimate, std_error, conf_low,
---                                 conf_high
---@raise no weights were given
function Rates:standardised()
  check_shares(self)
  local lists = { {}, {}, {}, {}, {}, {}, {} }
  local per <const> = self.options.per
  for i, group in ipairs(self.groups) do
    local all = whole(group)[1]
    local y, v, most = standard_of(self, group)
    local low, high = 0 / 0, 0 / 0
    if y < math.huge and y == y and most < math.huge then
      low, high = core.standard_rate_interval(y, v, most, self.options.conf_level)
    else
      y, v = 0 / 0, 0 / 0
    end
    for j, value in ipairs { group.text, all.d, all.t, per * y, per * v ^ 0.5, per * low,
      per * high } do
      lists[j][i] = value
    end
  end
  local frame = result.frame { { "strata", lists[1], "text" }, { "n_event", lists[2], "real" },
    { "person_time", lists[3], "real", label = "Person-time", unit = self.info.time_unit },
    { "estimate", lists[4], "real", label = "Standardised rate" },
    { "std_error", lists[5], "real" }, { "conf_low", lists[6], "real" },
    { "conf_high", lists[7], "real" } }
  return frame
end

--- The log rate and its standard error.
local function log_rate(self, group, standardised)
  if standardised then
    local y, v = standard_of(self, group)
    return math.log(y), v ^ 0.5 / y
  end
  local all = whole(group)[1]
  return math.log(all.d / all.t), (1 / all.d) ^ 0.5
end

--- Rate ratios of the groups against the first, of standardised rates where there is a standard
--- population, else of crude ones; log-normal limits and Wald test.
---@param options? table            standardised: false for crude rates all the same
---@return lobule.Frame             # strata, reference, estimate, conf_low, conf_high, p_value
function Rates:ratios(options)
  local opts <const> = require("lobule.check").options(options, { { "standardised", "boolean",
    self.shares ~= false } })
  if opts.standardised then check_shares(self) end
  local z <const> = core.normal_quantile((1 + self.options.conf_level) / 2)
  local lists = { {}, {}, {}, {}, {}, {} }
  local base, base_error = log_rate(self, self.groups[1], opts.standardised)
  for i = 2, #self.groups do
    local value, error = log_rate(self, self.groups[i], opts.standardised)
    local difference, spread = value - base, (error ^ 2 + base_error ^ 2) ^ 0.5
    local known <const> = spread < math.huge
    for j, cell in ipairs { self.groups[i].text, self.groups[1].text, math.exp(difference),
      known and math.exp(difference - z * spread) or 0 / 0,
      known and math.exp(difference + z * spread) or 0 / 0,
      known and core.normal_p(difference / spread) or 0 / 0 } do
      lists[j][i - 1] = cell
    end
  end
  local frame = result.frame { { "strata", lists[1], "text" }, { "reference", lists[2], "text" },
    { "estimate", lists[3], "real", label = "Rate ratio" }, { "conf_low", lists[4], "real" },
    { "conf_high", lists[5], "real" }, { "p_value", lists[6], "real" } }
  return frame
end

--- Totals in one row.
---@return lobule.Frame             # n, n_missing, n_event, person_time
function Rates:glance()
  local d, t = 0, 0
  for _, group in ipairs(self.groups) do
    local all = whole(group)[1]
    d, t = d + all.d, t + all.t
  end
  local frame = result.frame { { "n", { self.info.n_rows - self.info.n_left }, "integer" },
    { "n_missing", { self.info.n_left }, "integer" }, { "n_event", { d }, "real" },
    { "person_time", { t }, "real", unit = self.info.time_unit } }
  return frame
end

--- What follow-up and rates are called: "Person-years", "Rate per 100 person-years".
local function headings(self)
  local unit <const> = self.info.time_unit
  local person <const> = unit and "person-" .. unit or nil
  local per <const> = self.options.per ~= 1 and core.format_number(self.options.per) or nil
  local words = {}
  if per then words[1] = per end
  if person then words[#words + 1] = per and person or person:gsub("s$", "") end
  return person and "P" .. person:sub(2) or "Follow-up",
    #words > 0 and "Rate per " .. table.concat(words, " ") or "Rate"
end

local function rate_text(estimate, low, high)
  if estimate == core.NA or estimate == nil then return "NA" end
  return ("%s (%s to %s)"):format(format.number(estimate, 3), format.number(low, 3),
    format.number(high, 3))
end

local function summary_table(self)
  local rows, frames = {}, { self:tidy() }
  local follow_up, rate = headings(self)
  local several <const> = #self.groups[1].cells > 1
  if several then frames[2] = self:crude() end
  for _, row in ipairs(frames[1]:rows_list()) do
    rows[#rows + 1] = { row.strata, row.interval, format.count(row.n_event),
      format.number(row.person_time, 4), rate_text(row.estimate, row.conf_low, row.conf_high) }
  end
  for _, row in ipairs(frames[2] and frames[2]:rows_list() or {}) do
    rows[#rows + 1] = { row.strata, "all", format.count(row.n_event),
      format.number(row.person_time, 4), rate_text(row.estimate, row.conf_low, row.conf_high) }
  end
  local level <const> = core.format_number(100 * self.options.conf_level)
  return views.table(self, rows, { "Group", "Interval", "Events", follow_up,
    ("%s (%s %% CI)"):format(rate, level) })
end

local function lines(self)
  local list = {}
  if self.shares then
    for _, row in ipairs(self:standardised():rows_list()) do
      list[#list + 1] = ("%s: standardised rate %s"):format(row.strata,
        rate_text(row.estimate, row.conf_low, row.conf_high))
    end
  end
  for _, row in ipairs(#self.groups > 1 and self:ratios():rows_list() or {}) do
    list[#list + 1] = ("%s against %s: %srate ratio %s"):format(row.strata, row.reference,
      self.shares and "standardised " or "", views.ratio(row, self.options.conf_level))
  end
  return list
end

function Rates:__tostring()
  return printed.text(self, summary_table(self), lines(self))
end

--- The blocks of a report.
---@param options? table
---@return table[]
function Rates:report_blocks(options)
  return (printed.blocks(self, summary_table(self), lines(self), options))
end

--- Everything at full precision.
---@return table
function Rates:record()
  return result.ordered { { "kind", "survival.rates" }, { "formula", self.info.formula },
    { "per", self.options.per }, { "rates", result.record(self:tidy()) },
    { "crude", result.record(self:crude()) },
    { "standardised", self.shares and result.record(self:standardised()) or nil },
    { "ratios", #self.groups > 1 and result.record(self:ratios()) or nil },
    { "n_left_out", self.info.n_left }, { "lineage", self.info.lineage },
    { "warnings", self.warnings } }
end

core.class("rates", Rates)
return M
