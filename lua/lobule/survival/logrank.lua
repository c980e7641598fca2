--- Log-rank result: observed and expected events by group, and the test.
local core = require "lobule.core"
local format = require "lobule.format"
local restyle = require "lobule.restyle"
local result = require "lobule.result"
local shown = require "lobule.shown"

---@class lobule.Logrank
---@field p_value number
---@field statistic number          chi-square
---@field df integer
---@field info table
---@field warnings string[]
---@field title string
local Logrank = { __name = "lobule.Logrank" }
result.mixin(Logrank)

local M = {}

local function title(rho)
  if rho == 0 then return "Log-rank test" end
  if rho == 1 then return "Peto-Peto test (G-rho, rho = 1)" end
  return ("G-rho test, rho = %s"):format(core.format_number(rho))
end

--- Wraps a test of the core.
---@param test table
---@param info table
---@param opts table
---@return lobule.Logrank
function M.new(test, info, opts)
  return setmetatable({ test = test, info = info, options = opts, title = title(opts.rho),
    warnings = result.warnings(info),
    p_value = test.p_value, statistic = test.chi_square, df = test.df }, Logrank)
end

--- One row a group.
---@return lobule.Frame             # strata, n, observed, expected
function Logrank:tidy()
  local frame = result.frame { { "strata", self.info.groups.name, "text" },
    { "n", self.test.n, "real" },
    { "observed", self.test.observed, "real" }, { "expected", self.test.expected, "real" } }
  return frame
end

--- The test in one row.
---@return lobule.Frame             # n, n_missing, n_event, statistic, df, p_value
function Logrank:glance()
  local frame = result.frame { { "n", { self.info.n_used }, "integer" },
    { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.info.n_event }, "real" }, { "statistic", { self.statistic }, "real" },
      { "df", { self.df }, "integer" },
    { "p_value", { self.p_value }, "real" } }
  return frame
end

--- Covariance matrix of observed - expected, a row and a column a group.
---@return lobule.Frame             # strata, then one column a group
function Logrank:vcov()
  local columns = { { "strata", self.info.groups.name, "text" } }
  for j, name in ipairs(self.info.groups.name) do
    local column = {}
    for i = 1, #self.info.groups.name do column[i] = self.test.variance[i][j] end
    columns[j + 1] = { name, column, "real" }
  end
  local frame = result.frame(columns)
  return frame
end

local function groups_table(self)
  local rows = {}
  for i, label in ipairs(self.info.groups.label) do
    rows[i] = { label, format.number(self.test.n[i], 6), self.options.rho == 0
      and format.number(self.test.observed[i], 6)
        or format.fixed(self.test.observed[i], 1),
      format.fixed(self.test.expected[i], 1) }
  end
  return require("lobule.table").new { columns = { { label = "Group", align = "left" },
    { label = "N", align = "right" },
    { label = "Observed", align = "right" }, { label = "Expected", align = "right" } }, rows = rows,
      notes = {} }
end

local function line(self, profile)
  local strata = #self.info.strata.label > 1
    and (", stratified (%d strata)"):format(#self.info.strata.label) or ""
  return ("chi-square %s on %d df, %s%s"):format(format.fixed(self.statistic, 2), self.df,
    shown.p_phrase(self.p_value, profile), strata)
end

function Logrank:__tostring()
  local parts = { result.heading(self.title, self.info), tostring(groups_table(self)), line(self) }
  for _, warning in ipairs(self.warnings) do parts[#parts + 1] = "warning: " .. warning end
  return table.concat(parts, "\n")
end

--- The test for a sentence: "chi-square 10.33 on 1 df, p = 0.001".
---@param profile? lobule.Journal   the journal whose style it takes; default the plain one
---@return string
function Logrank:display(profile)
  return restyle.sentence(line(self, profile), profile)
end

--- The blocks of a report.
---@param options? table
---@return table[]
function Logrank:report_blocks(options)
  local view = groups_table(self)
  view.caption = options and options.caption or self.title
  view.notes[1] = self.title .. ": " .. line(self, options and options.profile) .. "."
  local missing = result.missing_text(self.info)
  if missing ~= "" then view.notes[2] = missing .. "." end
  return { { kind = "table", table = view } }
end

--- Everything at full precision.
---@return table
function Logrank:record()
  return result.ordered { { "kind", "survival.logrank" }, { "formula", self.info.formula },
    { "rho", self.options.rho },
    { "n", self.info.n_used }, { "n_missing", self.info.n_missing },
      { "chi_square", self.statistic }, { "df", self.df },
    { "p_value", self.p_value }, { "groups", result.record(self:tidy()) },
      { "variance", self.test.variance },
    { "lineage", self.info.lineage } }
end

core.class("logrank", Logrank)
return M
