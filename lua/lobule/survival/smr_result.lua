--- Standardised ratio result: observed against expected events.
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local views = require "lobule.survival.rates_view"

---@class lobule.SMR
---@field groups table[]            each { text, key, cells }
---@field info table                n_rows, n_left, causes_left, time_unit
---@field warnings string[]
---@field title string
local SMR = { __name = "lobule.SMR" }
result.mixin(SMR)

local M = {}

--- Expected events: one decimal, below 1 two digits.
---@param e number
---@return string
function M.expected_text(e)
  return e > 0 and e < 1 and format.number(e, 2) or format.fixed(e, 1)
end

--- Wraps counted follow-up whose cells have rates.
---@param groups table[]
---@param info table
---@param opts table
---@return lobule.SMR
function M.new(groups, info, opts)
  for _, group in ipairs(groups) do
    group.observed, group.expected, group.person_time = 0, 0, 0
    for _, cell in ipairs(group.cells) do
      group.observed, group.person_time = group.observed + cell.d, group.person_time + cell.t
      group.expected = group.expected + (cell.t > 0 and cell.rate * cell.t or 0)
    end
  end
  return setmetatable({ groups = groups, info = info, options = opts, warnings = {},
    title = "Standardised ratio of observed to expected events" }, SMR)
end

--- Ratio, limits, score chi-square (O - E)^2 / E on 1 df and its p-value, one row a group.
---@return lobule.Frame             # strata, observed, expected, person_time, estimate, conf_low,
---                                 conf_high, statistic, df, p_value
function SMR:tidy()
  local lists = { {}, {}, {}, {}, {}, {}, {}, {}, {}, {} }
  for i, group in ipairs(self.groups) do
    local o, e = group.observed, group.expected
    local low, high = core.count_interval(o, self.options.conf_level, self.options.conf_type)
    local known <const> = e > 0
    local chi_square <const> = known and (o - e) ^ 2 / e or 0 / 0
    for j, value in ipairs { group.text, o, e, group.person_time, known and o / e or 0 / 0,
      known and low / e or 0 / 0, known and high / e or 0 / 0, chi_square, 1,
      known and core.chi_square_p(chi_square, 1) or 0 / 0 } do
      lists[j][i] = value
    end
  end
  local frame = result.frame { { "strata", lists[1], "text" }, { "observed", lists[2], "real" },
    { "expected", lists[3], "real" },
    { "person_time", lists[4], "real", label = "Person-time", unit = self.info.time_unit },
    { "estimate", lists[5], "real", label = "Observed/expected" },
    { "conf_low", lists[6], "real" }, { "conf_high", lists[7], "real" },
    { "statistic", lists[8], "real" }, { "df", lists[9], "integer" },
    { "p_value", lists[10], "real" } }
  return frame
end

--- Observed and expected events of every interval.
---@return lobule.Frame             # strata, interval, observed, person_time, rate, expected
function SMR:intervals()
  local lists = { {}, {}, {}, {}, {}, {} }
  for _, group in ipairs(self.groups) do
    for _, cell in ipairs(group.cells) do
      local i = #lists[1] + 1
      lists[1][i], lists[2][i], lists[3][i], lists[4][i] = group.text, cell.label, cell.d, cell.t
      lists[5][i] = cell.rate or core.NA
      lists[6][i] = cell.t > 0 and cell.rate * cell.t or 0
    end
  end
  local frame = result.frame { { "strata", lists[1], "text" },
    { "interval", lists[2], "text", label = "Interval" }, { "observed", lists[3], "real" },
    { "person_time", lists[4], "real", label = "Person-time", unit = self.info.time_unit },
    { "rate", lists[5], "real", label = "Reference rate" }, { "expected", lists[6], "real" } }
  return frame
end

--- Totals in one row.
---@return lobule.Frame             # n, n_missing, observed, expected
function SMR:glance()
  local o, e = 0, 0
  for _, group in ipairs(self.groups) do o, e = o + group.observed, e + group.expected end
  local frame = result.frame { { "n", { self.info.n_rows - self.info.n_left }, "integer" },
    { "n_missing", { self.info.n_left }, "integer" }, { "observed", { o }, "real" },
    { "expected", { e }, "real" } }
  return frame
end

local function summary_table(self)
  local rows = {}
  for i, row in ipairs(self:tidy():rows_list()) do
    rows[i] = { row.strata, format.count(row.observed), M.expected_text(row.expected),
      row.estimate == nil and "NA" or ("%s (%s to %s)"):format(format.ratio_interval(row.estimate,
        row.conf_low, row.conf_high)), format.p(row.p_value) }
  end
  local level <const> = core.format_number(100 * self.options.conf_level)
  return views.table(self, rows, { "Group", "Observed", "Expected",
    ("Observed/expected (%s %% CI)"):format(level), "p" })
end

function SMR:__tostring()
  return printed.text(self, summary_table(self))
end

--- The blocks of a report.
---@param options? table
---@return table[]
function SMR:report_blocks(options)
  return (printed.blocks(self, summary_table(self), nil, options))
end

--- Everything at full precision.
---@return table
function SMR:record()
  return result.ordered { { "kind", "survival.smr" }, { "formula", self.info.formula },
    { "ratios", result.record(self:tidy()) }, { "intervals", result.record(self:intervals()) },
    { "n_left_out", self.info.n_left }, { "lineage", self.info.lineage },
    { "warnings", self.warnings } }
end

core.class("smr", SMR)
return M
