--- Penalised terms of survival.cox: what a researcher types, sees and is refused.
local lb = require "lobule"

local function near(got, want, tolerance)
  assert.is_true(math.abs(got - want) <= tolerance * math.max(1, math.abs(want)),
    ("got %.12g, expected %.12g"):format(got, want))
end

local kidney = lb.cohort "tests/data/survival_kidney.csv"
local pbc = lb.cohort("tests/data/survival_pbc_age_splines.csv")
  :label { age = { "Age", unit = "years" } }

describe("ridge()", function()
  it("penalises by degrees of freedom, half its columns by default", function()
    local fit = lb.survival.cox("Surv(time, event) ~ ridge(age, sex) + strata(disease)", kidney)
    local found = fit:penalties()
    near(found:column("df")[1], 1, 1e-8)
    assert.are.equal("df", found:column("method")[1])
    assert.is_true(fit.converged)
    near(fit:tests():column("df")[1], 1, 1e-8)
  end)

  it("is the same in any unit of a scaled column, and with frequencies as with rows", function()
    local data = kidney:mutate { "k = 2", "decades = age / 10" }
    local years = lb.survival.cox("Surv(time, event) ~ ridge(age, theta = 1)", data)
    local decades = lb.survival.cox("Surv(time, event) ~ ridge(decades, theta = 1)", data)
    near(decades:coefficients():column("estimate")[1],
      10 * years:coefficients():column("estimate")[1], 1e-9)
    local options = { weights = "k", weight_type = "frequency", ties = "breslow" }
    local heavy = lb.survival.cox("Surv(time, event) ~ age + frailty(id)", data, options)
    local twice = lb.survival.cox("Surv(time, event) ~ age + frailty(id)", data:append(data),
      { ties = "breslow" })
    near(heavy:glance():column("theta")[1], twice:glance():column("theta")[1], 1e-7)
    near(heavy:predict():column("estimate")[1], twice:predict():column("estimate")[1], 1e-7)
  end)
end)

describe("pspline()", function()
  local fit = lb.survival.cox("Surv(time, dead) ~ log_bili + pspline(age, df = 4)", pbc)

  it("prints its linear and nonlinear part under the column's label", function()
    local text = tostring(fit)
    assert.is_truthy(text:find("Age (years), linear part", 1, true))
    assert.is_truthy(text:find("Age (years), nonlinear part", 1, true))
    assert.is_truthy(text:find("4.00 effective df", 1, true))
    local tidy = fit:tidy()
    assert.are.equal(3, #tidy)
    near(tidy:column("df")[3], 3, 1e-7)
    near(tidy:column("statistic")[2] + tidy:column("statistic")[3],
      fit:penalties():column("statistic")[1], 1e-9)
  end)

  it("draws its curve, and goes on straight beyond the data", function()
    local data = fit:plot():data()
    assert.is_truthy(data)
    local at = fit:predict { type = "terms",
      newdata = { age = { 90, 100, 110 }, log_bili = { 0, 0, 0 } } }
    local term = at:column "pspline(age, df = 4)"
    near(term[3] - term[2], term[2] - term[1], 1e-9)
    assert.has_error(function() fit:plot "aeg" end)
    fit:plot("log_bili", { ratio = true })
    fit:plot "forest"
  end)

  it("finds the penalty by Akaike's criterion: neighbours are worse", function()
    local best = lb.survival.cox("Surv(time, dead) ~ pspline(log_bili, df = 0)", pbc)
    local theta = best:penalties():column("theta")[1]
    for _, factor in ipairs { 0.8, 1.25 } do
      local other = theta * factor
      local near_by = lb.survival.cox(("Surv(time, dead) ~ pspline(log_bili, nterm = 15, "
        .. "theta = %.12f)"):format(other / (1 + other)), pbc)
      assert.is_true(near_by:glance():column("aic")[1] > best:glance():column("aic")[1])
    end
    local line = lb.survival.cox("Surv(time, dead) ~ pspline(age, df = 0)", pbc)
    assert.is_truthy(line.warnings[1]:find("prefers the straight line", 1, true))
  end)
end)

describe("frailty()", function()
  local fit = lb.survival.cox("Surv(time, event) ~ age + sex + frailty(id)", kidney)

  it("says the variance, the integrated likelihood and the test at the boundary", function()
    local text = tostring(fit):gsub("%s+", " ")
    for _, words in ipairs { "variance of the random effect", "gamma, by the integrated likelihood",
      "38 groups", "half of 1 df" } do
      assert.is_truthy(text:find(words, 1, true), words)
    end
    assert.are.equal(38, #fit:frailty())
    assert.is_nil(text:find("frailty%(id%)%[", 1))
    assert.has_error(function() lb.survival.cox("Surv(time, event) ~ ridge(age, theta = 1)",
      kidney):frailty() end)
  end)

  it("predicts the fitted rows with their frailty and new people without", function()
    local frailty = fit:frailty()
    local own = fit:predict()
    local new = fit:predict { newdata = kidney:select { "age", "sex" } }
    for i = 1, 4 do
      near(own:column("estimate")[i] - new:column("estimate")[i],
        frailty:column("log_frailty")[(i + 1) // 2], 1e-9)
    end
    local residual = fit:residuals()
    local sum = 0
    for i = 1, #residual do sum = sum + residual:column("martingale")[i] end
    near(sum, 0, 1e-6)
    assert.are.equal(2, #fit:baseline { times = { 10, 100 } })
  end)

  it("of variance 0 says so and is the fit without", function()
    local flat = kidney:mutate { "one = 1" }
    local none = lb.survival.cox("Surv(time, event) ~ age + frailty(one)", flat)
    local plain = lb.survival.cox("Surv(time, event) ~ age", flat)
    assert.are.equal(0.0, none:glance():column("theta")[1])
    near(none:coefficients():column("estimate")[1], plain:tidy():column("estimate")[1], 1e-8)
    assert.is_truthy(table.concat(none.warnings, "\n"):find("estimated as 0", 1, true))
  end)

  it("leaves out rows without a group, and works in the window of late entry", function()
    local holes = kidney:mutate { "who = if_else(id == 1, NA, id)", "start = time / 4" }
    local late = lb.survival.cox("Surv(start, time, event) ~ age + frailty(who)", holes)
    assert.are.equal(2, late:glance():column("n_missing")[1])
    assert.are.equal(37, late:glance():column("n_group")[1])
  end)
end)

describe("what is refused", function()
  local function refused(formula, words, options)
    local ok, problem = pcall(lb.survival.cox, "Surv(time, event) ~ " .. formula, kidney, options)
    assert.is_false(ok)
    assert.is_truthy(tostring(problem):find(words, 1, true), tostring(problem))
  end

  it("robust variances, other methods, misspelt arguments, impossible df", function()
    refused("age + frailty(id) + cluster(id)", "no robust variance")
    refused("ridge(age, theta = 1)", "no robust variance", { robust = true })
    refused("ridge(age, sclae = true)", "no argument 'sclae'")
    refused("frailty(id)", "ties 'exact' do not go", { ties = "exact" })
    refused("frailty(id)", "penalty 'firth' does not go", { penalty = "firth" })
    refused("frailty(id)", "profile likelihood", { conf_type = "profile" })
    refused("frailty(id, df = 50)", "below the number of its groups, 38")
    refused("pspline(sex)", "a number was expected")
    refused("age * ridge(age)", "joined by + alone")
    assert.has_error(function() lb.survival.km("Surv(time, event) ~ frailty(id)", kidney) end)
    assert.has_error(function() lb.survival.logrank("Surv(time, event) ~ ridge(age)", kidney) end)
  end)
end)
