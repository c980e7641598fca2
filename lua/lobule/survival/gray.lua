--- Gray's test result: observed and expected events of each cause by group, and the tests.
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local restyle = require "lobule.restyle"
local result = require "lobule.result"
local shown = require "lobule.shown"
local warned = require "lobule.survival.cox_warnings"
local weights = require "lobule.survival.weights"

---@class lobule.Gray
---@field causes string[]           causes tested
---@field p_value number            of one cause; nil for several: r:tests()
---@field statistic number          chi-square, likewise
---@field df integer
---@field info table
---@field warnings string[]
---@field title string
local Gray = { __name = "lobule.Gray" }
result.mixin(Gray)

local M = {}

--- Wraps tests of the core.
---@param tests table[]             one a cause
---@param causes string[]
---@param info table
---@param opts table
---@return lobule.Gray
function M.new(tests, causes, info, opts)
  local self = { test = tests, causes = causes, info = info, options = opts,
    title = opts.rho == 0 and "Gray's test"
      or ("Gray's test, rho = %s"):format(core.format_number(opts.rho)),
    warnings = result.warnings(info) }
  local few = info.n_cluster and warned.few_clusters(info.n_cluster)
  if few then self.warnings[#self.warnings + 1] = few end
  if #tests == 1 then
    self.p_value, self.statistic, self.df = tests[1].p_value, tests[1].chi_square, tests[1].df
  end
  return setmetatable(self, Gray)
end

--- One row a cause and group; events are weighted by (1 - F(t-))^rho.
---@return lobule.Frame             # cause, strata, n, observed, expected
function Gray:tidy()
  local lists = { {}, {}, {}, {}, {} }
  for c, test in ipairs(self.test) do
    for g, name in ipairs(self.info.groups.name) do
      local i = #lists[1] + 1
      lists[1][i], lists[2][i], lists[3][i] = self.causes[c], name, test.n[g]
      lists[4][i], lists[5][i] = test.observed[g], test.expected[g]
    end
  end
  local frame = result.frame { { "cause", lists[1], "text", label = "Cause" },
    { "strata", lists[2], "text" }, { "n", lists[3], "real" }, { "observed", lists[4], "real" },
    { "expected", lists[5], "real" } }
  return frame
end

--- The tests, a row a cause.
---@return lobule.Frame             # cause, statistic, df, p_value
function Gray:tests()
  local lists = { {}, {}, {}, {} }
  for c, test in ipairs(self.test) do
    lists[1][c], lists[2][c], lists[3][c], lists[4][c] = self.causes[c], test.chi_square, test.df,
      test.p_value
  end
  local frame = result.frame { { "cause", lists[1], "text", label = "Cause" },
    { "statistic", lists[2], "real" }, { "df", lists[3], "integer" },
    { "p_value", lists[4], "real" } }
  return frame
end

--- Counts of what was tested.
---@return lobule.Frame             # n, n_missing, n_event, n_causes, rho
function Gray:glance()
  local frame = result.frame { { "n", { self.info.n }, "integer" },
    { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.info.n_event }, "real" },
    { "n_causes", { #self.info.causes }, "integer" }, { "rho", { self.options.rho }, "real" } }
  return frame
end

local function summary_table(self)
  local rows = {}
  for c, test in ipairs(self.test) do
    for g, label in ipairs(self.info.groups.label) do
      rows[#rows + 1] = { self.causes[c], label, format.count(test.n[g]),
        self.options.rho == 0 and format.count(test.observed[g])
          or format.fixed(test.observed[g], 1), format.fixed(test.expected[g], 1) }
    end
  end
  return require("lobule.table").new { columns = { { label = "Cause", align = "left" },
    { label = "Group", align = "left" }, { label = "N", align = "right" },
    { label = "Observed", align = "right" }, { label = "Expected", align = "right" } },
    rows = rows, notes = {} }
end

--- "cause 1: chi-square 1.19 on 1 df, p = 0.27"
local function lines(self, profile)
  local strata = #self.info.strata.label > 1
    and (", stratified (%d strata)"):format(#self.info.strata.label) or ""
  local list = {}
  for c, test in ipairs(self.test) do
    list[c] = test.df == 0 and ("%s: no test, p NA: at no event time were two groups at risk, or "
      .. "no event"):format(self.causes[c]) or ("%s: chi-square %s on %d df, %s%s"):format(
      self.causes[c], format.fixed(test.chi_square, 2), test.df,
      shown.p_phrase(test.p_value, profile), strata)
  end
  return list
end

--- What is not as in Gray's paper; nil of nothing.
local function variance_text(self)
  local info = self.info
  local parts = {}
  if info.has_entry then
    parts[1] = "late entry, weighted by the entry distributions (Geskus)"
  end
  if info.n_cluster then
    parts[#parts + 1] = ("variance by %d cluster%s"):format(info.n_cluster,
      info.n_cluster == 1 and "" or "s")
  elseif info.has_entry then
    parts[#parts + 1] = "variance by influences of rows"
  end
  return #parts > 0 and table.concat(parts, "; ") or nil
end

function Gray:__tostring()
  local list = lines(self)
  list[#list + 1] = variance_text(self)
  list[#list + 1] = weights.text(self.options, self.info)
  return printed.text(self, summary_table(self), list)
end

--- The tests for a sentence.
---@param profile? lobule.Journal   the journal whose style it takes; default the plain one
---@return string
function Gray:display(profile)
  return restyle.sentence(table.concat(lines(self, profile), "; "), profile)
end

--- The blocks of a report.
---@param options? table
---@return table[]
function Gray:report_blocks(options)
  local list, last = lines(self, options and options.profile), {}
  for i, line in ipairs(list) do list[i] = ("%s, %s"):format(self.title, line) end
  local variance = variance_text(self)
  if variance then last[1] = variance:gsub("^%l", string.upper) .. "." end
  last[#last + 1] = weights.text(self.options, self.info)
  return (printed.blocks(self, summary_table(self), list, options, last))
end

--- Everything at full precision.
---@return table
function Gray:record()
  local variances = {}
  for c, test in ipairs(self.test) do variances[c] = test.variance end
  return result.ordered { { "kind", "survival.gray" }, { "formula", self.info.formula },
    { "rho", self.options.rho }, { "cluster", self.options.cluster },
    { "censored", self.info.censored }, { "n", self.info.n },
    { "n_missing", self.info.n_missing }, { "tests", result.record(self:tests()) },
    { "groups", result.record(self:tidy()) }, { "variance", variances },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

--- Fields that only the test of one cause has: nil for several, not a mistake.
function Gray.__get(_, key)
  if key == "p_value" or key == "statistic" or key == "df" then return nil, true end
end

core.class("gray", Gray)
return M
