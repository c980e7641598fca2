--- Log-rank result: observed and expected events by group, and the test.
local check = require "lobule.check"
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

--- What does not hold, in words.
local function warned(test, info)
  local list = result.warnings(info)
  if test.df == 0 then
    local within = #info.strata.label > 1 and " of the same stratum" or ""
    list[#list + 1] = ("at no event time were two groups%s at risk: the data say nothing of a "
      .. "difference, the test is NA"):format(within)
  end
  return list
end

--- Wraps a test of the core.
---@param test table
---@param info table
---@param opts table
---@param data lobule.Cohort|lobule.Frame  what was tested, for pairs of groups
---@return lobule.Logrank
function M.new(test, info, opts, data)
  if rawget(test, "rows") and opts.weight_type ~= "frequency" then test.n = test.rows end
  return setmetatable({ test = test, info = info, options = opts, data = data,
    title = title(opts.rho),
    warnings = warned(test, info),
    p_value = test.p_value, statistic = test.chi_square, df = test.df }, Logrank)
end

--- One row a group, at full precision; n is rows, or frequencies added up; print shows weighted
--- counts with one decimal.
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
  local frame = result.frame { { "n", { self.info.n }, "integer" },
    { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.info.n_event }, "real" }, { "statistic",
      { self.df > 0 and self.statistic or core.NA }, "real" }, { "df", { self.df }, "integer" },
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
    rows[i] = { label, format.count(self.test.n[i]), self.options.rho == 0
      and format.count(self.test.observed[i])
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
  if self.df == 0 then return "chi-square NA" .. strata end
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
  local blocks = { { kind = "table", table = view } }
  for _, warning in ipairs(self.warnings) do
    blocks[#blocks + 1] = { kind = "warning", text = warning }
  end
  return blocks
end

--- Everything at full precision.
---@return table
function Logrank:record()
  return result.ordered { { "kind", "survival.logrank" }, { "formula", self.info.formula },
    { "rho", self.options.rho },
    { "n", self.info.n }, { "n_missing", self.info.n_missing },
      { "chi_square", self.statistic }, { "df", self.df },
    { "p_value", self.p_value }, { "groups", result.record(self:tidy()) },
      { "variance", self.test.variance },
    { "lineage", self.info.lineage } }
end

local function adjust(p, method)
  local order, out, n = {}, {}, #p
  for i = 1, n do order[i] = i end
  table.sort(order, function(a, b)
    if p[a] ~= p[b] then return p[a] < p[b] end
    return a < b
  end)
  if method == "holm" then
    local most = 0
    for k, i in ipairs(order) do
      most = math.max(most, (n - k + 1) * p[i])
      out[i] = math.min(1, most)
    end
  elseif method == "bh" then
    local least = 1
    for k = n, 1, -1 do
      least = math.min(least, n / k * p[order[k]])
      out[order[k]] = least
    end
  else
    for i = 1, n do out[i] = method == "bonferroni" and math.min(1, n * p[i]) or p[i] end
  end
  return out
end

--- The test for every pair of groups, each on the rows of its two groups; p values adjusted by Holm
--- (1979, Scand J Stat 6:65), Benjamini & Hochberg (1995, JRSS B 57:289) or Bonferroni.
---@param options? table            adjust: "holm" (default), "bh", "bonferroni", "none"
---@return lobule.Frame             # group1, group2, statistic, df, p_value, p_adjusted
---@raise groups of several variables
function Logrank:pairwise(options)
  local opts <const> = check.options(options, { { "adjust",
    { "holm", "bh", "bonferroni", "none" }, "holm" } })
  local names, labels = self.info.groups.name, self.info.groups.label
  local variable = names[1]:match "^(.-)="
  if names[1]:find(", ", 1, true) then
    core.raise("argument", "the groups are made of several variables",
      "Make one column of them first.")
  end
  local frame = check.data(self.data)
  local test = require("lobule.survival").logrank
  local own = { rho = self.options.rho, weights = self.options.weights,
    weight_type = self.options.weight_type }
  local a, b, statistic, df, p = {}, {}, {}, {}, {}
  local quoted = frame:has(variable) and "`" .. variable .. "`" or variable
  for i = 1, #labels do
    for j = i + 1, #labels do
      local pair = frame:filter(("%s in {$a, $b}"):format(quoted), { with = { a = labels[i],
        b = labels[j] } })
      local one = test(self.info.formula, pair, own)
      local k = #a + 1
      a[k], b[k], statistic[k], df[k], p[k] = labels[i], labels[j], one.statistic, one.df,
        one.p_value
    end
  end
  local result_frame = result.frame { { "group1", a, "text" }, { "group2", b, "text" },
    { "statistic", statistic, "real" }, { "df", df, "integer" }, { "p_value", p, "real" },
    { "p_adjusted", adjust(p, opts.adjust), "real" } }
  return result_frame
end

core.class("logrank", Logrank)
return M
