--- Log-rank result: observed and expected events by group, and the test.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local restyle = require "lobule.restyle"
local result = require "lobule.result"
local shown = require "lobule.shown"
local weights = require "lobule.survival.weights"

---@class lobule.Logrank
---@field p_value number            of the permutations when there are any
---@field statistic number          chi-square; of max_combo the largest |z|, one-sided the largest
---                                 or least z, of several groups the largest chi-square
---@field df integer                of max_combo nil, of several groups that of each of its tests
---@field z number                  with two groups or a trend, above 0 when the second group has
---                                 more events than expected
---@field info table
---@field warnings string[]
---@field title string
local Logrank = { __name = "lobule.Logrank" }
result.mixin(Logrank)

local M = {}

local TITLES <const> = { logrank = "Log-rank test", gehan = "Gehan-Breslow test",
  tarone_ware = "Tarone-Ware test", peto = "Peto-Peto test",
  modified_peto = "Modified Peto-Peto test (Andersen)" }

local function weight_title(test, rho, gamma)
  if TITLES[test] then return TITLES[test] end
  local number = core.format_number
  if gamma ~= 0 then
    return ("Fleming-Harrington test (rho = %s, gamma = %s)"):format(number(rho), number(gamma))
  end
  if rho == 1 then return "Peto-Peto test (G-rho, rho = 1)" end
  return rho == 0 and TITLES.logrank or ("G-rho test, rho = %s"):format(number(rho))
end

local function title(opts, test)
  if rawget(test, "combo") then return "Max-combo test" end
  local name = weight_title(opts.test, opts.rho, opts.gamma)
  return opts.scores and name .. " for trend" or name
end

--- The statistic, its df and p-value that were asked for.
local function headline(test, opts)
  local combo, permutation = rawget(test, "combo"), rawget(test, "permutation")
  local trend = rawget(test, "trend")
  local out = { statistic = test.chi_square, df = test.df, p_value = test.p_value,
    z = trend and trend.z }
  if combo and combo.chi_square then
    out.statistic, out.df, out.p_value = combo.most, combo.df[combo.which], combo.p_value
  elseif combo then
    out.statistic, out.df = opts.alternative == "two_sided" and math.abs(combo.most) or combo.most,
      nil
    out.p_value, out.z = combo.p_value, combo.most
  elseif trend and (opts.scores or opts.alternative ~= "two_sided") then
    out.statistic, out.df, out.p_value = trend.z ^ 2, trend.z == trend.z and 1 or 0, trend.p_value
  end
  if permutation then out.p_value = permutation.p_value end
  return out
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
  local self = headline(test, opts)
  self.test, self.info, self.options, self.data = test, info, opts, data
  self.title, self.warnings = title(opts, test), warned(test, info)
  return setmetatable(self, Logrank)
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
---@return lobule.Frame             # n, n_missing, n_event, statistic, df, p_value; z where there
---                                 is one sign; n_permutation, p_value_std_error (Monte Carlo) of a
---                                 permutation test
function Logrank:glance()
  local known = self.df ~= 0
  local columns = { { "n", { self.info.n }, "integer" },
    { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.info.n_event }, "real" },
    { "statistic", { known and self.statistic or core.NA }, "real" },
    { "df", { self.df or core.NA }, "integer" }, { "p_value", { self.p_value }, "real" } }
  if self.z then columns[#columns + 1] = { "z", { self.z }, "real", label = "z" } end
  local permutation = rawget(self.test, "permutation")
  if permutation then
    columns[#columns + 1] = { "n_permutation", { permutation.n }, "integer",
      label = "Permutations" }
    columns[#columns + 1] = { "p_value_std_error", { permutation.std_error }, "real",
      label = "Monte Carlo error of p" }
  end
  local frame = result.frame(columns)
  return frame
end

--- Chi-square, df and p-value of test i of a max-combo of several groups.
local function square_test(combo, i)
  local chi_square, df = combo.chi_square[i], combo.df[i]
  return chi_square, df, chi_square == chi_square and core.chi_square_p(chi_square, df) or 0 / 0
end

--- The tests that stand behind the result, a row each: the test of any difference; with two groups
--- or a trend that with a sign; the tests of max_combo, each with its own p-value, and the largest;
--- the permutation test, whose z is standardised by its permutation variance.
---@return lobule.Frame             # test, z, statistic (chi-square), df, p_value
function Logrank:tests()
  local rows, test, opts = {}, self.test, self.options
  local function add(name, z, statistic, df, p_value)
    rows[#rows + 1] = { name, z or core.NA, statistic or core.NA, df or core.NA, p_value }
  end
  local combo, trend = rawget(test, "combo"), rawget(test, "trend")
  local permutation = rawget(test, "permutation")
  add(weight_title(opts.test, opts.rho, opts.gamma), nil, test.chi_square, test.df, test.p_value)
  if trend then
    local name = opts.scores and "Trend" or ("%s against %s"):format(self.info.groups.label[2],
      self.info.groups.label[1])
    add(name, trend.z, trend.z ^ 2, 1, trend.p_value)
  end
  for i, one in ipairs(combo and combo.tests or {}) do
    local name = ("Fleming-Harrington (%s, %s)"):format(core.format_number(one.rho),
      core.format_number(one.gamma))
    if combo.z then
      local z = combo.z[i]
      add(name, z, z ^ 2, 1, core.normal_tail(z, opts.alternative))
    else
      add(name, nil, square_test(combo, i))
    end
  end
  if combo then
    add("Max-combo", combo.z and combo.most, combo.chi_square and combo.most, nil, combo.p_value)
  end
  if permutation then
    local linear = #test.group == 2 or opts.scores
    add(permutation.exact and "Permutation, exact" or "Permutation",
      linear and permutation.statistic, linear and permutation.statistic ^ 2
        or permutation.statistic, nil, permutation.p_value)
  end
  local lists = { {}, {}, {}, {}, {} }
  for i, row in ipairs(rows) do
    for j = 1, 5 do lists[j][i] = row[j] end
  end
  local frame = result.frame { { "test", lists[1], "text" },
    { "z", lists[2], "real", label = "z" }, { "statistic", lists[3], "real" },
    { "df", lists[4], "integer" }, { "p_value", lists[5], "real" } }
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
    rows[i] = { label, format.count(self.test.n[i]), self.options.test == "logrank"
      and format.count(self.test.observed[i])
        or format.fixed(self.test.observed[i], 1),
      format.fixed(self.test.expected[i], 1) }
  end
  return require("lobule.table").new { columns = { { label = "Group", align = "left" },
    { label = "N", align = "right" },
    { label = "Observed", align = "right" }, { label = "Expected", align = "right" } }, rows = rows,
      notes = {} }
end

local SIDES <const> = { greater = "one-sided, higher", less = "one-sided, lower" }

--- "one-sided, higher hazard in SIRT"
local function side(self)
  local words = SIDES[self.options.alternative]
  if not words then return "" end
  local where = self.options.scores and "with higher scores"
    or "in " .. self.info.groups.label[2]
  return (", %s hazard %s"):format(words, where)
end

-- A test whose weights are 0 at every event time has no z; one that compares fewer groups is out.
local function z_text(z)
  return z == z and format.fixed(z, 2) or "NA"
end

local function statistic_text(self)
  local combo = rawget(self.test, "combo")
  if combo and combo.chi_square then
    local one = combo.tests[combo.which]
    return ("largest chi-square %s on %d df of %d tests, at rho = %s, gamma = %s"):format(
      format.fixed(self.statistic, 2), self.df, #combo.tests, core.format_number(one.rho),
      core.format_number(one.gamma))
  elseif combo then
    local one = combo.tests[combo.which]
    return ("%s z %s of %d tests, at rho = %s, gamma = %s"):format(
      self.options.alternative == "less" and "least" or "largest", format.fixed(self.z, 2),
      #combo.tests, core.format_number(one.rho), core.format_number(one.gamma))
  elseif self.options.scores or self.options.alternative ~= "two_sided" then
    return "z " .. format.fixed(self.z, 2)
  end
  return ("chi-square %s on %d df"):format(format.fixed(self.statistic, 2), self.df)
end

--- "exact, 924 arrangements" or "10000 permutations, seed 1, Monte Carlo error 0.002"
local function permutation_text(self)
  local permutation = rawget(self.test, "permutation")
  if not permutation then return "" end
  if permutation.exact then return (" (exact, %d arrangements)"):format(permutation.n) end
  return (" (%d permutations, seed %d, Monte Carlo error %s)"):format(permutation.n,
    self.options.seed, format.number(permutation.std_error, 1))
end

local function line(self, profile)
  local strata = #self.info.strata.label > 1
    and (", stratified (%d strata)"):format(#self.info.strata.label) or ""
  if self.df == 0 then return "chi-square NA" .. strata end
  if self.z and self.z ~= self.z then return "z NA" .. strata end
  return ("%s%s, %s%s%s"):format(statistic_text(self), side(self),
    shown.p_phrase(self.p_value, profile), permutation_text(self), strata)
end

--- "scores 1, 2, 4"; the tests of max_combo; the weights of rows.
local function details(self)
  local list, combo = {}, rawget(self.test, "combo")
  if self.options.scores then
    local parts = {}
    for g, score in ipairs(self.options.scores) do
      parts[g] = ("%s %s"):format(self.info.groups.label[g], core.format_number(score))
    end
    list[1] = "scores: " .. table.concat(parts, ", ")
  end
  for i, one in ipairs(combo and combo.tests or {}) do
    list[#list + 1] = ("rho = %s, gamma = %s: %s %s"):format(core.format_number(one.rho),
      core.format_number(one.gamma), combo.z and "z" or "chi-square",
      z_text((combo.z or combo.chi_square)[i]))
  end
  if self.options.weight_type == "sampling" then
    list[#list + 1] = ("weights %s (sampling weights, variance of Xie and Liu)"):format(
      self.options.weights)
  else
    list[#list + 1] = weights.text(self.options, self.info)
  end
  return list
end

function Logrank:__tostring()
  local list = { line(self) }
  for _, detail in ipairs(details(self)) do list[#list + 1] = "  " .. detail end
  return printed.text(self, groups_table(self), list)
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
  local last = {}
  for i, detail in ipairs(details(self)) do last[i] = detail .. "." end
  return (printed.blocks(self, groups_table(self),
    { self.title .. ": " .. line(self, options and options.profile) }, options, last))
end

--- Everything at full precision.
---@return table
function Logrank:record()
  return result.ordered { { "kind", "survival.logrank" }, { "formula", self.info.formula },
    { "test", self.options.test }, { "rho", self.options.rho }, { "gamma", self.options.gamma },
    { "alternative", self.options.alternative }, { "scores", self.options.scores },
    { "n", self.info.n }, { "n_missing", self.info.n_missing },
      { "chi_square", self.statistic }, { "df", self.df },
    { "p_value", self.p_value }, { "z", self.z }, { "seed", self.options.seed },
    { "tests", result.record(self:tests()) }, { "groups", result.record(self:tidy()) },
      { "variance", self.test.variance },
    { "lineage", self.info.lineage } }
end

--- The test for every pair of groups, each on the rows of its two groups, with the options and
--- strata of the whole test but its trend; p values adjusted by Holm (1979, Scand J Stat 6:65),
--- Hochberg (1988, Biometrika 75:800), Benjamini & Hochberg (1995, JRSS B 57:289) or Bonferroni.
---@param options? table            adjust: "holm" (default), "hochberg", "bonferroni", "bh", "none"
---@return lobule.Frame             # group1, group2, statistic, df, p_value, p_adjusted
---@raise groups of several variables
function Logrank:pairwise(options)
  local adjust = require "lobule.adjust"
  local opts <const> = check.options(options, { { "adjust", adjust.METHODS, "holm" } })
  local names, labels = self.info.groups.name, self.info.groups.label
  local variable = names[1]:match "^(.-)="
  if names[1]:find(", ", 1, true) then
    core.raise("argument", "the groups are made of several variables",
      "Make one column of them first.")
  end
  local frame = check.data(self.data)
  local test = require("lobule.survival").logrank
  local own = {}
  for _, name in ipairs { "alternative", "max_combo", "permutations", "weights", "weight_type" } do
    own[name] = self.options[name]
  end
  if own.permutations then own.seed = self.options.seed end
  if not own.max_combo then
    own.test, own.rho, own.gamma = self.options.test, self.options.rho, self.options.gamma
    if TITLES[own.test] then own.rho, own.gamma = nil, nil end
  end
  local a, b, statistic, df, p = {}, {}, {}, {}, {}
  local quoted = frame:has(variable) and "`" .. variable .. "`" or variable
  for i = 1, #labels do
    for j = i + 1, #labels do
      local pair = frame:filter(("%s in {$a, $b}"):format(quoted), { with = { a = labels[i],
        b = labels[j] } })
      local one = test(self.info.formula, pair, own)
      local k = #a + 1
      a[k], b[k], statistic[k], df[k], p[k] = labels[i], labels[j], one.statistic,
        one.df or core.NA, one.p_value
    end
  end
  local result_frame = result.frame { { "group1", a, "text" }, { "group2", b, "text" },
    { "statistic", statistic, "real" }, { "df", df, "integer" }, { "p_value", p, "real" },
    { "p_adjusted", adjust.p(p, opts.adjust), "real" } }
  return result_frame
end

--- Fields that not every test has: nil, not a mistake.
function Logrank.__get(_, key)
  if key == "z" or key == "df" then return nil, true end
end

core.class("logrank", Logrank)
return M
