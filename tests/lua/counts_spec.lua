--- What is said where the data say little: few clusters, hard units, weights as counts, tests that
--- have no information, events that are no events.
local core = require "lobule.core"
local lb = require "lobule"

local lung = lb.cohort("tests/data/survival_lung.csv")
  :complete({ "age", "ph_karno", "inst" }, "known")
local FORMULA <const> = "Surv(time, dead) ~ age"

local function near(got, want, tolerance)
  assert.is_true(math.abs(got - want) <= (tolerance or 1e-9) * math.abs(want),
    ("%.17g, expected %.17g"):format(got, want))
end

local function fails(message, call, ...)
  local ok, err = pcall(call, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(message, 1, true), tostring(err))
end

local function says(result, text)
  assert.is_truthy(tostring(result):find(text, 1, true), tostring(result))
end

describe("few clusters", function()
  it("leave one cluster without a robust variance", function()
    local one = lung:mutate { "c = 1" }
    local cox = lb.survival.cox(FORMULA, one, { cluster = "c" })
    local row = cox:tidy { exponentiate = true }:rows_list()[1]
    near(row.estimate, lb.survival.cox(FORMULA, lung):hazard_ratio("age"):value())
    for _, name in ipairs { "std_error", "statistic", "p_value", "conf_low", "conf_high" } do
      assert.is_nil(row[name])
    end
    says(cox, "one cluster alone")
    says(cox, "robust Wald NA; robust score NA")
    assert.is_nil(cox:glance():column("concordance_std_error")[1])
    assert.is_nil(cox:predict():column("std_error")[1])
    assert.is_nil(cox:baseline():column("std_error")[1])
    assert.is_nil(cox:baseline({ times = { 300 } }):column("std_error")[1])
    assert.is_nil(cox:predict({ type = "survival", times = { 300 } }):column("conf_low")[1])
    local km = lb.survival.km("Surv(time, dead) ~ 1", one, { cluster = "c" })
    says(km, "one cluster alone")
    local curve = km:tidy():rows_list()
    assert.are.equal(1, curve[1].estimate < 1 and 1 or 0)
    assert.is_nil(curve[1].std_error)
    assert.is_nil(curve[1].conf_high)
    assert.is_nil(km:median().conf_high)
    -- One cluster in one of the groups.
    local part = lung:mutate { "c = if_else(sex == 'male', 1000, inst)" }
    local groups = lb.survival.km("Surv(time, dead) ~ sex", part, { cluster = "c" })
    says(groups, "the group 'male' is of one cluster alone")
  end)

  it("have no joint tests with as many terms as clusters, and a note below ten", function()
    local data = lung:mutate { "c = if_else(age > 60, 1, 2)" }
    local cox = lb.survival.cox("Surv(time, dead) ~ age + ph_karno", data, { cluster = "c" })
    says(cox, "2 clusters for 2 terms")
    says(cox, "with fewer than about 10")
    for _, test in ipairs(cox:tests():rows_list()) do
      local robust = test.test == "wald" or test.test == "robust score"
      assert.are.equal(robust, test.p_value == nil)
    end
    local enough = lb.survival.cox(FORMULA, lung, { cluster = "inst" })
    assert.is_nil(tostring(enough):find("fewer than about", 1, true))
  end)
end)

describe("the unit of a covariate", function()
  local base = lb.survival.cox(FORMULA, lung):tidy():rows_list()[1]

  it("scales coefficients and nothing else", function()
    for _, power in ipairs { -90, -12, -6, -3, 3, 6, 12, 90 } do
      local c = 10.0 ^ power
      local data = lung:mutate({ "age = age * $c" }, { with = { c = c } })
      local row = lb.survival.cox(FORMULA, data):tidy():rows_list()[1]
      near(row.estimate * c, base.estimate)
      near(row.std_error * c, base.std_error)
      near(row.statistic, base.statistic)
      near(row.p_value, base.p_value, 1e-8)
    end
    fails("standard deviation of", lb.survival.cox, FORMULA, lung:mutate { "age = age * 1e200" })
    fails("standard deviation of", lb.survival.cox, FORMULA, lung:mutate { "age = age * 1e-200" })
    local tiny = lb.survival.cox(FORMULA, lung:mutate { "age = age * 1e-6" })
    assert.are.equal(0, #tiny.warnings)
    assert.is_not_nil(tiny:tidy():column("p_value")[1])
  end)

  it("may begin far from 0", function()
    for _, shift in ipairs { 10 ^ 6, 10 ^ 10, 10 ^ 14 } do
      local data = lung:mutate({ "age = integer(age) + $s" }, { with = {
        s = math.tointeger(shift) } })
      local row = lb.survival.cox(FORMULA, data):tidy():rows_list()[1]
      near(row.estimate, base.estimate)
      near(row.std_error, base.std_error)
      local robust = lb.survival.cox(FORMULA, data, { robust = true }):tidy():rows_list()[1]
      near(robust.std_error, lb.survival.cox(FORMULA, lung, { robust = true }):tidy()
        :column("std_error")[1], 1e-8)
    end
    says(lb.survival.cox(FORMULA, lung:mutate { "age = 7" }), "'age' is constant")
    local bits = lung:mutate { "age = if_else(sex == 'male', 0.3, 0.1 + 0.2)" }
    says(lb.survival.cox(FORMULA, bits), "but for its last bits")
  end)
end)

describe("frequency weights", function()
  local t, e, g, w = { 1, 2, 3, 4, 5, 6 }, { 1, 0, 1, 1, 1, 0 },
    { "a", "b", "b", "a", "b", "a" }, { 2, 3, 1, 4, 0, 2 }
  local rows = core.frame { { "t", t }, { "e", e }, { "g", g }, { "w", w } }
  local long = { {}, {}, {} }
  for i = 1, #t do
    for _ = 1, w[i] do
      local k = #long[1] + 1
      long[1][k], long[2][k], long[3][k] = t[i], e[i], g[i]
    end
  end
  local repeated = core.frame { { "t", long[1] }, { "e", long[2] }, { "g", long[3] } }
  local options = { weights = "w", weight_type = "frequency" }

  it("count as repeated rows wherever anything is counted", function()
    for _, method in ipairs { "km", "logrank", "cox" } do
      local a = lb.survival[method]("Surv(t, e) ~ g", rows, options)
      local b = lb.survival[method]("Surv(t, e) ~ g", repeated)
      for _, view in ipairs { "glance", "tidy" } do
        local one, two = a[view](a):rows_list(), b[view](b):rows_list()
        assert.are.equal(#two, #one)
        for i, row in ipairs(two) do
          for _, name in ipairs { "n", "n_event", "n_risk", "n_censor", "observed", "time" } do
            assert.are.equal(row[name], one[i][name])
          end
        end
      end
    end
    local km = lb.survival.km("Surv(t, e) ~ 1", rows, options)
    assert.is_truthy(tostring(km):find("all +12 +7 "), tostring(km))
    says(km, "frequency weights, 5 rows")
    assert.are.equal(12, km:median().n)
  end)

  it("of other kinds count rows, and events by weight", function()
    for _, method in ipairs { "km", "logrank", "cox" } do
      local glance = lb.survival[method]("Surv(t, e) ~ g", rows, { weights = "w",
        weight_type = "case" }):glance():rows_list()[1]
      assert.are.equal(6, glance.n)
      assert.are.equal(7, glance.n_event)
    end
  end)

  it("are refused in words", function()
    for _, method in ipairs { "km", "logrank", "cox" } do
      local fit = lb.survival[method]
      fails("all 6 are 0", fit, "Surv(t, e) ~ g", rows:mutate { "w = 0" }, options)
      fails("column 'w' is logical", fit, "Surv(t, e) ~ g", rows:mutate { "w = t > 2" }, options)
      fails("column 'w' is a factor", fit, "Surv(t, e) ~ g", rows:mutate { "w = factor(g)" },
        options)
      fails("more than 2^53", fit, "Surv(t, e) ~ g", rows:mutate { "w = w * 4503599627370496" },
        options)
      says(fit("Surv(t, e) ~ g", rows:mutate { "w = if_else(t == 2, 0 / 0, 1.0)" }, options),
        "1 of 6 rows left out for missing values (w 1)")
    end
  end)
end)

describe("no information", function()
  it("is no chi-square", function()
    local test = lb.survival.logrank("Surv(time, dead) ~ sex + strata(sex)", lung)
    says(test, "chi-square NA")
    says(test, "at no event time")
    assert.is_nil(test:glance():column("statistic")[1])
    assert.is_nil(tostring(test):find("NaN", 1, true))
  end)

  it("is said of cause codes, levels and degrees of freedom", function()
    fails("codes of competing causes", lb.survival.km, "Surv(time, k) ~ 1",
      lung:mutate { "k = ph_ecog % 3" })
    local small = lung:mutate { "k = ph_ecog % 3" }
    fails("df = ", lb.survival.cox, "Surv(time, dead) ~ ns(k, 5)", small)
    fails("from 1 to 40", lb.survival.cox, "Surv(time, dead) ~ ns(age, 50)", lung)
  end)
end)

describe("numbers far out", function()
  it("have a bounded axis", function()
    for _, scale in ipairs { 1e15, 1e16, 1e20, 1e300 } do
      local data = core.frame { { "t", { scale, 2 * scale, 4.5 * scale } }, { "e", { 1, 0, 1 } } }
      local svg = lb.survival.km("Surv(t, e) ~ 1", data):plot():svg()
      assert.is_truthy(svg:find((">2e%d<"):format(math.floor(math.log(scale, 10) + 0.5)), 1, true))
      assert.is_true(#svg < 20000)
    end
  end)

  it("stay what they are in prose and after an overflow", function()
    local text = lb.report({ title = "x" }):text("{a} {b} {c}", { a = 0 / 0, b = 1 / 0,
      c = -1 / 0 }).blocks[1].text
    assert.are.equal("NaN Inf -Inf", (text:gsub("\u{2212}", "-")))
    local data = core.frame { { "g", { 0, 1, 2 } } }
    for _, expression in ipairs { "-if_else(g == 1, -9223372036854775807 - 1, g)",
      "(g * 9223372036854775807) * -1", "-(g * 9223372036854775807)" } do
      local first = data:mutate({ "r = " .. expression }):column("r")[1]
      assert.are.equal(math.huge, 1 / first)
    end
  end)
end)

describe("Table 1", function()
  it("has one SMD for a share, however it is stored", function()
    local data = lb.frame { { "arm", { "a", "a", "a", "a", "b", "b", "b", "b" } },
      { "i", { 1, 0, 0, 0, 1, 1, 1, 0 } } }:mutate { "r = real(i)", "l = i == 1" }
    local smd = lb.table_one(data, { by = "arm", smd = true, columns = { "i", "r", "l" } }):tidy()
      :column "smd"
    -- p = 1/4, q = 3/4: 0.5 / sqrt(3/16)
    assert.is_true(#smd >= 3)
    for i = 1, #smd do near(smd[i], 0.5 / math.sqrt(3 / 16)) end
  end)
end)
