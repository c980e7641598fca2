--- The log-rank test and its family: options checked, the tests run, the result wrapped.
local check = require "lobule.check"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local result = require "lobule.result"
local weights = require "lobule.survival.weights"

local M = {}

local OPTIONS <const> = weights.join {
  { "test", { "logrank", "gehan", "tarone_ware", "peto", "modified_peto",
    "fleming_harrington" } },
  { "rho", "number" },
  { "gamma", "number" },
  { "alternative", { "two_sided", "greater", "less" }, "two_sided" },
  { "trend", "any" },
  { "max_combo", "any" },
  { "permutations", "any" },
  { "seed", "number" },
}
-- Early, late and middle differences beside the log-rank test itself.
local COMBO <const> = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 } }
local MOST_POWER <const> = 100
local MOST_PERMUTATIONS <const> = 1000000000

--- A power of the weights: beyond 100 they vanish at all times but one or none.
local function check_power(value, what)
  if not (value >= 0 and value <= MOST_POWER) then
    core.raise("argument", ("%s is %s: expected 0 or more, up to %d"):format(what,
      core.format_number(value), MOST_POWER), "Early differences: rho = 1; late ones: gamma = 1.")
  end
end

--- rho and gamma in the place of a name, and 0 where they say nothing.
local function weighting(opts)
  local given = opts.rho or opts.gamma
  if given and opts.test and opts.test ~= "fleming_harrington" and opts.test ~= "logrank" then
    core.raise("argument", ("test '%s' has no rho or gamma"):format(opts.test),
      'Leave test out: rho and gamma are the weights of "fleming_harrington".')
  end
  for _, name in ipairs { "rho", "gamma" } do
    opts[name] = opts[name] or 0
    check_power(opts[name], name)
  end
  local weighted = opts.rho ~= 0 or opts.gamma ~= 0
  if weighted or opts.test == nil then
    opts.test = weighted and "fleming_harrington" or "logrank"
  end
end

--- The scores of the groups: those given, or 1 .. k.
local function trend_scores(opts, info)
  local k, scores = #info.groups.label, opts.trend
  if scores == nil or scores == false then return nil end
  if scores == true then
    scores = {}
    for g = 1, k do scores[g] = g end
    return scores
  end
  check.scores(scores, "trend", "{ 0, 1, 4 }")
  if #scores ~= k then
    core.raise("argument", ("trend: %d scores for %d groups (%s)"):format(#scores, k,
      table.concat(info.groups.label, ", ")), "Give one score a group, in this order.")
  end
  local same = true
  for g = 2, k do same = same and scores[g] == scores[1] end
  if same then core.raise("argument", "trend: all scores are equal") end
  return scores
end

--- The tests of max_combo: a list of { rho, gamma }.
local function combo_tests(opts)
  local list = opts.max_combo
  if list == nil or list == false then return nil end
  if list == true then list = COMBO end
  check.list(list, "max_combo", "{ { 0, 0 }, { 0, 1 } }")
  local tests = {}
  for i, pair in ipairs(list) do
    local what = ("max_combo[%d]"):format(i)
    check.list(pair, what, "{ rho, gamma }")
    if #pair ~= 2 then core.raise("argument", what .. ": expected { rho, gamma }") end
    for j = 1, 2 do
      check.type(pair[j], "number", what)
      check_power(pair[j], ("%s[%d]"):format(what, j))
    end
    tests[i] = { test = "fleming_harrington", rho = pair[1], gamma = pair[2] }
  end
  if #tests == 0 then core.raise("argument", "max_combo: the list is empty") end
  return tests
end

--- permutations: a number, or "exact"; and the seed that goes with them.
local function permutation_options(opts)
  local n = opts.permutations
  if n == nil or n == false then
    if opts.seed then
      core.raise("argument", "seed: there are no permutations",
        "Say how many: permutations = 10000.")
    end
    return nil
  end
  local seed = math.tointeger(opts.seed or 1)
  if not seed then core.raise("argument", "seed: expected a whole number") end
  if n == "exact" then return { exact = true, seed = seed } end
  check.type(n, "number", "permutations")
  local whole = math.tointeger(n)
  if not whole or whole < 1 or whole > MOST_PERMUTATIONS then
    core.raise("argument", ("permutations is %s: expected a whole number from 1 to 1e9, or "
      .. "\"exact\""):format(core.format_number(n)))
  end
  return { permutations = whole, seed = seed }
end

--- What does not go together, with the mend.
local function check_together(opts)
  local permuted = opts.permutations ~= nil and opts.permutations ~= false
  if opts.max_combo and permuted then
    core.raise("argument", "permutations and max_combo do not go together",
      "The p-value of max_combo comes from the joint distribution of its tests.")
  elseif opts.max_combo and (opts.test or opts.rho or opts.gamma) then
    core.raise("argument", "max_combo has its own weights", "Leave test, rho and gamma out.")
  elseif permuted and opts.weights and opts.weight_type ~= "frequency" then
    core.raise("argument", ("permutations: rows with %s weights are not exchangeable"):format(
      opts.weight_type), "Leave permutations out.")
  end
end

--- A side needs one statistic with a sign: two groups or a trend.
local function check_sign(opts, info, scores)
  if scores or #info.groups.label <= 2 then return end
  if opts.alternative ~= "two_sided" then
    core.raise("argument", ("alternative '%s' compares two groups; '%s' makes %d"):format(
      opts.alternative, info.formula, #info.groups.label),
      "Filter two of them, or test a trend: trend = true.")
  end
end

--- Log-rank test (Mantel 1966; Peto & Peto 1972) of equal hazards in the groups, hypergeometric
--- variance, and the weighted tests of its family; `strata(x)` in the formula stratifies any of
--- them, the weights then are of the stratum's own curve and counts. Late entry is honoured. The
--- sign of z, with two groups or a trend: above 0 when the second group (higher scores) has more
--- events than expected.
---
--- Permutations: groups are permuted among the rows, within strata; the statistic is the sum of the
--- rows' scores; if all arrangements are not more than permutations they are listed and the p-value
--- is exact, else it is (extreme + 1) / (permutations + 1) (Phipson & Smyth 2010, Stat Appl Genet
--- Mol Biol 9:39). The test assumes that censoring is the same in the groups. Rows missing any
--- variable are left out and counted.
---@param formula string            "Surv(time, event) ~ group", "Surv(entry, time, event) ~ group",
---                                 "Surv(time, event) ~ group + strata(centre)"
---@param data lobule.Cohort|lobule.Frame
---@param options? table            test: weights of the event times, with n at risk: "logrank" 1
---                                 (default), "gehan" n (Gehan 1965, Breslow 1970), "tarone_ware"
---                                 the root of n (1977), "peto" (Peto & Peto 1972),
---                                 "modified_peto" (Andersen et al. 1982), "fleming_harrington";
---                                 rho (0): weights S(t-)^rho (1 - S(t-))^gamma of the pooled curve
---                                 (Harrington & Fleming 1982; rho = 1: Peto-Peto as R's survdiff);
---                                 gamma (0): the other power, above 0 for late differences;
---                                 alternative: "two_sided" (default), "greater":
---                                 the second group has the higher hazard, "less"; trend: true, or
---                                 a list of scores of the groups (Tarone 1975, Biometrika 62:679);
---                                 max_combo: true, or a list of { rho, gamma }: the largest of
---                                 several, by default { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 }
---                                 (Karrison 2016, Stata J 16:678): of |z| with two groups or a
---                                 trend, of the chi-square of any difference with more groups,
---                                 the p-value from the joint normal distribution of all their
---                                 scores; permutations: how many, or
---                                 "exact"; seed (1); weights: a column; weight_type: "frequency"
---                                 (rows repeated), "sampling" (inverse probabilities, variance of
---                                 Xie & Liu 2005, Stat Med 24:3089, the weights taken as known),
---                                 "case" (counts are weighted, as R)
---@return lobule.Logrank
---@raise as survival.km; fewer than two groups; no event; scores that do not fit the groups;
---       alternative with three groups and no trend; "exact" with more than 10 million
---       arrangements
---@example lb.survival.logrank("Surv(months, progressed) ~ arm", lb.example_data())
function M.logrank(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  check_together(opts)
  weights.check(opts, data)
  weighting(opts)
  local tests, permutation = combo_tests(opts), permutation_options(opts)
  local sampling = opts.weight_type == "sampling"
  local model, info = fitting.build(formula, weights.present(data, opts),
    (permutation or sampling) and "groups" or "counts", opts)
  local scores = trend_scores(opts, info)
  check_sign(opts, info, scores)
  local how = { test = opts.test, rho = opts.rho, gamma = opts.gamma, sampling = sampling,
    alternative = opts.alternative, scores = scores }
  local test = core.logrank(model, how)
  if tests then
    if #info.groups.label == 2 then how.scores = scores or { 0, 1 } end
    test.combo = core.logrank_combo(model, tests, how)
    test.combo.tests = tests
  end
  if permutation then
    for key, value in next, permutation do how[key] = value end
    test.permutation = core.logrank_permute(model, how)
    opts.seed = permutation.seed
  end
  opts.scores = scores
  local wrapped = require("lobule.survival.logrank").new(test, info, opts, data)
  return wrapped
end

return result.functions("survival", M)
