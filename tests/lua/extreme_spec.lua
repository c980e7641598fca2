--- Numbers at the ends of their range, groups without any variation, names that meet: each is
--- refused with its mend or counted as what it is.
local format = require "lobule.format"
local lb = require "lobule"

local survival <const> = lb.survival
local d <const> = lb.example_data()
local cox <const> = survival.cox("Surv(months, progressed) ~ arm", d)

local function refused(part, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  local text = tostring(err) .. "\n" .. (type(err) == "string" and "" or err.context or "")
  assert.is_truthy(text:find(part, 1, true), text)
end

local function near(got, want, tolerance)
  assert.is_true(math.abs(got - want) <= tolerance * math.max(1, math.abs(want)),
    ("got %.17g, expected %.17g"):format(got, want))
end

--- Ten of A die before 5, ten of B live on; two of A may be given another fate.
local function separated(changed)
  local t, e, g = {}, {}, {}
  for i = 1, 20 do
    t[i], e[i], g[i] = i <= 10 and i / 4 or 10 + i, i <= 10 and 1 or 0, i <= 10 and "A" or "B"
  end
  for i = 1, changed or 0 do t[10 + i], e[10 + i] = 3, 1 end
  return lb.frame { { "t", t }, { "e", e }, { "g", g } }
end

local METHODS <const> = { "jackknife", "infinitesimal", "ipcw" }

describe("risks under complete separation", function()
  it("have estimates without a standard error, and say why", function()
    for _, method in ipairs(METHODS) do
      local fit = survival.risk_regression("Surv(t, e) ~ g", separated(), { times = { 5 },
        method = method })
      local rows = fit:tidy():rows_list()
      near(rows[1].estimate, 0, 1e-12)
      near(rows[2].estimate, 1, 1e-12)
      for _, row in ipairs(rows) do
        for _, name in ipairs { "std_error", "statistic", "p_value", "conf_low", "conf_high" } do
          assert.is_nil(row[name])
        end
      end
      assert.is_truthy(fit.warnings[1]:find("the outcome of a group is the same", 1, true))
      assert.is_truthy(tostring(fit):find("100 (NA)", 1, true))
      assert.is_nil(lb.anova(fit):tidy():rows_list()[1].p_value)
      assert.is_nil(tostring(lb.anova(fit)):find "NaN")
      assert.is_nil(fit:predict({ newdata = { g = { "B" } } }):rows_list()[1].conf_low)
    end
  end)

  it("of two rows are no proof", function()
    local two = lb.frame { { "t", { 1, 9 } }, { "e", { 1, 0 } }, { "g", { "A", "B" } } }
    local row = survival.risk_regression("Surv(t, e) ~ g", two, { times = { 5 } }):tidy()
      :rows_list()[2]
    assert.is_nil(row.p_value)
  end)

  it("leave the other groups their variance, by their binomial", function()
    local data = separated(2)
    for _, method in ipairs(METHODS) do
      local fit = survival.risk_regression("Surv(t, e) ~ g", data, { times = { 5 },
        method = method })
      local rows = fit:tidy():rows_list()
      assert.is_nil(rows[1].std_error)
      near(rows[2].estimate, 0.8, 1e-9)
      near(rows[2].std_error, math.sqrt(0.8 * 0.2 / 10), 1e-9)
    end
  end)

  it("run to minus infinity on the log scale: that is no collinear term", function()
    local fit = survival.risk_regression("Surv(t, e) ~ g", separated(), { times = { 5 },
      link = "log" })
    assert.is_false(fit.converged)
    local text = table.concat(fit.warnings, "\n")
    assert.is_truthy(text:find("did not converge", 1, true))
    assert.is_truthy(text:find("runs to an end", 1, true))
    assert.is_nil(text:find("sum of other terms", 1, true))
    refused("did not converge", fit.contrast, fit, "B - A")
    local twice = survival.risk_regression("Surv(months, progressed) ~ age + I(2 * age)", d,
      { times = { 6 }, link = "log" })
    assert.is_true(twice.converged)
    assert.is_truthy(table.concat(twice.warnings):find("sum of other terms", 1, true))
  end)

  it("of a group without variation are not adjusted for", function()
    local fit = survival.risk_regression("Surv(t, e) ~ h", separated(2):mutate {
      'h = if_else(g == "B" and t > 25, "C", g)' }, { times = { 5 } })
    refused("no standard error", fit.contrast, fit, { "C - A", "B - A" })
    local rows = fit:contrast({ "C - A", "B - A" }, { adjust = "none" }):tidy():rows_list()
    assert.is_nil(rows[1].p_value)
    near(rows[2].std_error, math.sqrt(0.6 * 0.4 / 5), 1e-9)
  end)
end)

describe("contrasts", function()
  it("refuse weights whose squares leave the range of numbers", function()
    local p = cox:contrast({ ["arm[SIRT]"] = 1 }):tidy():rows_list()[1].p_value
    for _, w in ipairs { 1e-100, 1e100 } do
      near(cox:contrast({ ["arm[SIRT]"] = w }):tidy():rows_list()[1].p_value, p, 1e-12)
    end
    for _, w in ipairs { 1e-170, 1e160, -1e101, 1 / 0 } do
      refused("any multiple", cox.contrast, cox, { ["arm[SIRT]"] = w })
    end
  end)

  it("take scores of a trend wherever they lie", function()
    local function tests(scores)
      return cox:contrast("arm", { trend = true, scores = scores }):tidy():rows_list()
    end
    local want = tests { 1, 2, 3 }
    for _, shift in ipairs { 1990, 1e9 } do
      local got = tests { shift + 1, shift + 2, shift + 3 }
      for k = 1, 2 do near(got[k].p_value, want[k].p_value, 1e-9) end
    end
    refused("differ by less", tests, { 1e-200, 2e-200, 3e-200 })
    refused("up to 1e12", tests, { 1e100, 2e100, 3e100 })
  end)

  it("refuse null values beyond any effect", function()
    for _, null in ipairs { 1e16, 1e300, 1e-300, 1 / 0 } do
      refused("1e-6 to 1e6", cox.contrast, cox, { ["arm[SIRT]"] = 1 }, { null = null })
    end
    assert.is_truthy(tostring(cox:contrast({ ["arm[SIRT]"] = 1 }, { null = 1.25 }))
      :find("differs from 1.25", 1, true))
  end)

  it("have names of their own, and so have the columns of their records", function()
    refused("same name", cox.contrast, cox, { "SIRT - TAE", "SIRT - TAE" })
    for _, name in ipairs { "", " " } do
      refused("name is empty", cox.contrast, cox, { { name, { ["arm[SIRT]"] = 1 } } })
    end
    local got = cox:contrast { { "contrast", { ["arm[SIRT]"] = 1 } } }
    assert.same({ "contrast", "contrast (2)" }, got:vcov():names())
    assert.is_truthy(got:to_json())
    local data = d:mutate { "contrast = age", "`(intercept)` = liver", "term = ecog",
      'cause = if_else(progressed, if_else(sex == "f", 1, 2), 0)' }
    local right <const> = " ~ contrast + term + `(intercept)`"
    for name, left in pairs { cox = "Surv(months, progressed)", aft = "Surv(months, progressed)",
      cause_specific = "Surv(months, cause)", royston_parmar = "Surv(months, progressed)" } do
      assert.is_truthy(survival[name](left .. right, data):to_json())
    end
    local risks = survival.risk_regression("Surv(months, progressed)" .. right, data,
      { times = { 6 } })
    assert.is_truthy(risks:to_json())
    assert.is_truthy(survival.aft("Surv(months, progressed)" .. right, data):contrast {
      { "a", { contrast = 1 } } }:to_json())
  end)
end)

describe("log-rank tests", function()
  local function test(options)
    return survival.logrank("Surv(months, progressed) ~ arm", d, options)
  end

  it("refuse scores and powers that no test can be made of", function()
    for _, combo in ipairs { false, true } do
      for _, scores in ipairs { { 1, 2, 0 / 0 }, { 1, 2, 1 / 0 }, { 1, 2, 1e300 },
        { 0, 0, 1e-300 }, { 1, 1, 1e200 } } do
        refused("trend", test, { trend = scores, max_combo = combo })
      end
    end
    refused("up to 100", test, { rho = 1000, gamma = 1000 })
    refused("max_combo[1][1]", test, { max_combo = { { 1000, 1000 } } })
    near(test({ trend = { 1e12, 0, 5e11 } }).p_value, test({ trend = { 2, 0, 1 } }).p_value, 1e-12)
  end)
end)

describe("weights", function()
  it("far from 1 are refused with their mend", function()
    for _, scale in ipairs { "1e-200", "1e-12", "1e300" } do
      local data = d:mutate { "w = " .. scale .. " * (1 + ecog)" }
      for _, kind in ipairs { "sampling", "case" } do
        for _, name in ipairs { "cox", "aft", "cuminc", "km", "logrank", "cause_specific" } do
          refused("their mean is", survival[name], "Surv(months, progressed) ~ arm", data,
            { weights = "w", weight_type = kind })
        end
      end
    end
  end)

  it("of sampling count by their ratios down to there", function()
    local function row(scale)
      local data = d:mutate { "w = " .. scale .. " * (1 + ecog)" }
      return survival.cox("Surv(months, progressed) ~ arm", data, { weights = "w",
        weight_type = "sampling" }):tidy():rows_list()[1]
    end
    local want = row "1"
    for _, scale in ipairs { "1e-6", "1e14" } do
      near(row(scale).estimate, want.estimate, 1e-8)
      near(row(scale).std_error, want.std_error, 1e-8)
    end
  end)

  it("of large sums print an exponent", function()
    local data = d:mutate { "w = 1e14 * (1 + ecog)" }
    local text = tostring(survival.logrank("Surv(months, progressed) ~ arm", data,
      { weights = "w", weight_type = "case" }))
    assert.is_truthy(text:find("2.50e15", 1, true), text)
    assert.equal("123456789012345", format.count(123456789012345))
  end)
end)

describe("population", function()
  local function table_of(columns, options)
    return survival.population(lb.frame(columns), options)
  end

  it("refuses what is not a number, and a column in two places", function()
    refused("row 2 of the table is NaN in 'age'", table_of,
      { { "age", { 0, 0 / 0 } }, { "rate", { .01, .02 } } })
    refused("row 2 of the table is NaN in 'y'", table_of, { { "age", { 0, 0 } },
      { "y", { 2000, 0 / 0 } }, { "rate", { .01, .02 } } }, { year = "y" })
    refused("stands twice", table_of, { { "age", { 0, 50 } }, { "rate", { .01, .02 } } },
      { by = { "age" } })
    refused("stands twice", table_of, { { "age", { 0, 50 } }, { "rate", { .01, .02 } } },
      { by = { "rate" } })
  end)

  it("of one row is one rate", function()
    assert.equal("Population mortality: 1 rate per person-year\n  age 0 and over",
      tostring(table_of { { "age", { 0 } }, { "rate", { .01 } } }))
  end)
end)

describe("people beside a population", function()
  local pop <const> = survival.population(lb.frame { { "age", { 0, 50 } },
    { "rate", { .01, .02 } } })
  local people <const> = lb.frame { { "t", { 1, 2 } }, { "e", { 1, 0 } }, { "age", { 0 / 0, 40 } } }
  local options <const> = { population = pop, unit = "years" }

  it("of an age that is NaN are left out, event and all", function()
    local ratio = survival.smr("Surv(t, e) ~ 1", people, options):tidy():rows_list()[1]
    near(ratio.observed, 0, 0)
    near(ratio.expected, 0.02, 1e-12)
    for _, name in ipairs { "expected", "relative" } do
      local fit = survival[name]("Surv(t, e) ~ 1", people, options)
      assert.is_truthy(tostring(fit):find("1 of 2 rows left out for missing values (age 1)", 1,
        true))
    end
  end)
end)

describe("covariates in the wrong unit", function()
  it("are named", function()
    local fit = survival.cox("Surv(months, progressed) ~ age + liver", d)
    local changed = d:mutate { "liver = if_else(id == 3, 1e300, liver)" }
    refused("row 3: the linear predictor is too large to compare, by column 2", fit.concordance,
      fit, { type = "gonen-heller", newdata = changed })
    refused("column 2 of the design has numbers beyond 1e+100", survival.aalen,
      "Surv(months, progressed) ~ age + liver", d:mutate { "liver = 1e300 * liver" })
    for name, options in pairs { risk_regression = { times = { 6 } },
      rmst_regression = { tau = 6 } } do
      refused("column 2 of the design has numbers beyond 1e+100", survival[name],
        "Surv(months, progressed) ~ age + liver", d:mutate { "liver = 1e300 * liver" }, options)
    end
    local function chi_square(scale)
      return survival.aalen("Surv(months, progressed) ~ age + liver",
        d:mutate { "liver = " .. scale .. " * liver" }):glance():rows_list()[1].statistic
    end
    near(chi_square "1e90", chi_square "1", 1e-9)
  end)
end)
