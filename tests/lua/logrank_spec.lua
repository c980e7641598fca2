--- The log-rank family from Lua: options, signs, max-combo, permutations, pairs, properties, words.
local core = require "lobule.core"
local lb = require "lobule"

local lung = lb.cohort "tests/data/survival_lung.csv"
local veteran = lb.cohort "tests/data/survival_veteran.csv"
local test = lb.survival.logrank
local BY_CELL <const> = "Surv(time, dead) ~ celltype"
local BY_SEX <const> = "Surv(time, dead) ~ sex"

local function near(got, want, tolerance)
  assert.is_true(math.abs(got - want) <= (tolerance or 1e-10) * math.max(1, math.abs(want)),
    ("got %.17g, expected %.17g"):format(got, want))
end

local function fails(words, ...)
  local ok, err = pcall(...)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(words, 1, true), tostring(err))
end

describe("log-rank tests", function()
  it("have a sign with two groups, and one-sided p-values", function()
    local two = test(BY_SEX, lung)
    local z = two.z
    near(z ^ 2, two.statistic)
    local greater = test(BY_SEX, lung, { alternative = "greater" })
    local less = test(BY_SEX, lung, { alternative = "less" })
    near(greater.p_value + less.p_value, 1)
    near(2 * math.min(greater.p_value, less.p_value), two.p_value)
    near(greater.z, z)
    -- The other level first turns the sign.
    local turned = test(BY_SEX, lung:relevel("sex", z > 0 and "male" or "female"))
    near(math.abs(turned.z), math.abs(z))
    assert.is_truthy(tostring(less):find("one-sided, lower hazard in male", 1, true),
      tostring(less))
  end)

  it("of trend with two groups are the test itself, whatever the scores", function()
    local trend = test(BY_SEX, lung, { trend = { 3, 10 } })
    near(trend.statistic, test(BY_SEX, lung).statistic)
    assert.are.equal("Log-rank test for trend", trend.title)
  end)

  it("do not change with the unit of time, the order of rows or the names of groups", function()
    for _, options in ipairs { { test = "gehan" }, { rho = 0.5, gamma = 1 }, { test = "peto" },
      { max_combo = true, trend = true }, { permutations = 2000, trend = true } } do
      local a = test(BY_CELL, veteran, options)
      local b = test("Surv(months, dead) ~ celltype", veteran:mutate { "months = time / 30.4375" }
        :sort "age", options)
      near(a.statistic, b.statistic, 1e-9)
      near(a.p_value, b.p_value, 1e-9)
    end
    local other = veteran:mutate { "g = case(celltype == 'adeno', 'z', celltype == 'large', 'b', "
      .. "celltype == 'smallcell', 'y', 'a')" }
    near(test("Surv(time, dead) ~ g", other, { test = "tarone_ware" }).statistic,
      test(BY_CELL, veteran, { test = "tarone_ware" }).statistic, 1e-9)
  end)

  it("take frequencies as repeated rows, permutations too", function()
    local rows, k = {}, lung:frame():column "k"
    for i = 1, #lung:frame() do
      for _ = 1, k[i] do rows[#rows + 1] = i end
    end
    local repeated = core.take(lung:frame(), rows)
    for _, options in ipairs { { test = "peto" }, { max_combo = true },
      { permutations = 500, seed = 7 } } do
      local b = test(BY_SEX, repeated, options)
      options.weights, options.weight_type = "k", "frequency"
      local a = test(BY_SEX, lung, options)
      near(a.statistic, b.statistic)
      near(a.p_value, b.p_value)
    end
  end)

  it("adjust pairs with the options of the whole test", function()
    local pairs_list = test(BY_CELL, veteran, { test = "gehan" }):pairwise { adjust = "hochberg" }
    local p, adjusted = pairs_list:column "p_value", pairs_list:column "p_adjusted"
    local one = test(BY_CELL, veteran:filter "celltype in {'adeno', 'large'}", { test = "gehan" })
    near(p[1], one.p_value)
    -- p.adjust(p, "hochberg") by its definition: the least of (n - rank + 1) p from there up
    local sorted = {}
    for i = 1, 6 do sorted[i] = { p[i], adjusted[i] } end
    table.sort(sorted, function(a, b) return a[1] < b[1] end)
    local least = 1
    for i = 6, 1, -1 do
      least = math.min(least, (7 - i) * sorted[i][1])
      near(sorted[i][2], least)
    end
  end)
end)

describe("max-combo", function()
  it("of one test is that test", function()
    local one = test(BY_SEX, lung, { max_combo = { { 0, 1 } } })
    local alone = test(BY_SEX, lung, { rho = 0, gamma = 1 })
    near(one.p_value, alone.p_value)
    near(one.statistic ^ 2, alone.statistic)
  end)

  it("has the p-values of its tests and one between the least and Bonferroni's", function()
    local combo = test(BY_SEX, lung, { max_combo = true })
    local p = combo:tests():column "p_value"
    local least = math.min(p[3], p[4], p[5], p[6])
    assert.is_true(combo.p_value > least and combo.p_value < 4 * least)
    near(p[4], test(BY_SEX, lung, { rho = 1 }).p_value)
    assert.is_nil(combo.df)
    assert.is_nil(combo:glance():column("df")[1])
    assert.is_truthy(tostring(combo):find "largest z [-%d]+%.%d+ of 4 tests, at rho = 1, gamma = 0")
  end)

  it("of several groups is the largest chi-square", function()
    local combo = test(BY_CELL, veteran, { max_combo = true })
    local shown, p = combo:tests(), combo:tests():column "p_value"
    near(shown:column("statistic")[3], test(BY_CELL, veteran, { rho = 1 }).statistic)
    near(combo.statistic, test(BY_CELL, veteran, { rho = 1, gamma = 1 }).statistic)
    assert.equal(3, combo.df)
    local least = math.min(p[2], p[3], p[4], p[5])
    assert.is_true(combo.p_value > least and combo.p_value < 4 * least)
    assert.is_truthy(tostring(combo):find(
      "largest chi-square 26.91 on 3 df of 4 tests, at rho = 1, gamma = 1", 1, true))
    assert.equal(6, #combo:pairwise { adjust = "holm" })
  end)

  it("of several groups with one weight is that test", function()
    local one = test(BY_CELL .. " + strata(prior)", veteran, { max_combo = { { 0, 1 } } })
    local alone = test(BY_CELL .. " + strata(prior)", veteran, { gamma = 1 })
    near(one.p_value, alone.p_value)
    near(one.statistic, alone.statistic)
  end)

  it("of several groups takes weights and late entry", function()
    local data = veteran:mutate { "w = if_else(age > 60, 2, 1)",
      "start = pmin(time / 2, karno / 10)" }
    for _, formula in ipairs { BY_CELL, (BY_CELL:gsub("Surv%(", "Surv(start, ")) } do
      for _, kind in ipairs { "frequency", "sampling", "case" } do
        local combo = test(formula, data, { max_combo = { { 0, 0 }, { 0, 1 } }, weights = "w",
          weight_type = kind })
        near(combo:tests():column("statistic")[3], test(formula, data, { gamma = 1, weights = "w",
          weight_type = kind }).statistic)
      end
    end
  end)

  it("of several groups has a side only with a trend", function()
    fails("compares two groups", test, BY_CELL, veteran, { max_combo = true,
      alternative = "greater" })
    assert.is_number(test(BY_CELL, veteran, { max_combo = true, trend = true,
      alternative = "greater" }).p_value)
  end)
end)

describe("permutations", function()
  local function small()
    return lb.frame { { "t", { 1.0, 2.0, 3.0, 4.0, 5.0, 6.0 } }, { "e", { 1, 1, 1, 1, 1, 1 } },
      { "g", { "a", "a", "a", "b", "b", "b" } } }
  end

  it("list all arrangements of few rows", function()
    local exact = test("Surv(t, e) ~ g", small(), { permutations = 1000 })
    -- 20 arrangements; the first three to die in one group: this one and its mirror image
    near(exact.p_value, 2 / 20)
    assert.is_true(exact.test.permutation.exact)
    assert.is_truthy(tostring(exact):find("(exact, 20 arrangements)", 1, true))
    near(test("Surv(t, e) ~ g", small(), { permutations = "exact", alternative = "less" }).p_value,
      1 / 20)
  end)

  it("have the same bits for a seed, and lie about the chi-square's p-value", function()
    local function p(seed, formula)
      return test(formula or BY_SEX, lung, { permutations = 5000, seed = seed }).p_value
    end
    assert.are.equal(p(3), p(3))
    assert.is_true(p(3) ~= p(4))
    local by_age <const> = lung:mutate { "old = age > 66" }
    local options <const> = { permutations = 20000 }
    local permuted = test("Surv(time, dead) ~ old + strata(sex)", by_age, options)
    local usual = test("Surv(time, dead) ~ old + strata(sex)", by_age)
    assert.is_true(math.abs(permuted.p_value - usual.p_value) < 0.03)
    assert.are.equal(20000, permuted:glance():column("n_permutation")[1])
    assert.is_truthy(tostring(permuted):gsub("%s+", " "):find(
      "20000 permutations, seed 1, Monte Carlo error 0.0", 1, true))
  end)

  it("are refused where rows are not exchangeable", function()
    fails("not exchangeable", test, BY_SEX, lung, { permutations = 10, weights = "w",
      weight_type = "case" })
    fails("do not go together", test, BY_SEX, lung, { permutations = 10, max_combo = true })
    fails("arrangements of the rows", test, BY_SEX, lung, { permutations = "exact" })
    fails("expected a whole number", test, BY_SEX, lung, { permutations = 2.5 })
    fails("there are no permutations", test, BY_SEX, lung, { seed = 1 })
  end)
end)

describe("options of log-rank tests", function()
  it("are checked", function()
    fails("did you mean 'gehan'", test, BY_SEX, lung, { test = "gehen" })
    fails("has no rho or gamma", test, BY_SEX, lung, { test = "peto", rho = 1 })
    fails("expected 0 or more", test, BY_SEX, lung, { rho = -1 })
    fails("3 scores for 4 groups", test, BY_CELL, veteran, { trend = { 1, 2, 3 } })
    fails("all scores are equal", test, BY_SEX, lung, { trend = { 1, 1 } })
    fails("compares two groups", test, BY_CELL, veteran, { alternative = "less" })
    fails("max_combo has its own weights", test, BY_SEX, lung, { max_combo = true, rho = 1 })
    fails("rho is not a number", test, BY_SEX, lung, { rho = 0 / 0 })
    fails("expected { rho, gamma }", test, BY_SEX, lung, { max_combo = { { 1 } } })
  end)

  it("print NA for a test without weight anywhere", function()
    local text = tostring(test("Surv(0 * time + 1, dead) ~ sex", lung, { max_combo = true }))
    assert.is_truthy(text:find("rho = 0, gamma = 1: z NA", 1, true), text)
  end)

  it("say what was done", function()
    local text = tostring(test(BY_CELL, veteran, { test = "gehan", trend = { 0, 1, 2, 5 } }))
    assert.is_truthy(text:find("^Gehan%-Breslow test for trend\n"), text)
    assert.is_truthy(text:find("scores: adeno 0, large 1, smallcell 2, squamous 5", 1, true), text)
    local weighted = tostring(test(BY_SEX, lung, { weights = "w", weight_type = "sampling" }))
    assert.is_truthy(weighted:find("variance of Xie and Liu", 1, true), weighted)
  end)
end)
