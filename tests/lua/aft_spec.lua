--- Parametric survival regressions as a researcher asks for them: closed forms, properties, edges,
--- refusals with the mend, figures.
local core = require "lobule.core"
local lb = require "lobule"

local function lung()
  return lb.cohort("tests/data/survival_lung.csv")
end

local function near(got, want, tolerance)
  assert.is_true(math.abs(got - want) <= (tolerance or 1e-8) * math.max(1, math.abs(want)),
    ("got %.17g, expected %.17g"):format(got, want))
end

local function refused(part, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  local text = tostring(err) .. "\n" .. err.context
  assert.is_truthy(text:find(part, 1, true), text)
end

local function rows(time, event, x)
  return core.frame { { "time", time }, { "event", event }, { "x", x or time } }
end

local ALL <const> = { "weibull", "exponential", "rayleigh", "lognormal", "loglogistic", "gengamma",
  "gompertz", "gaussian", "logistic", "extreme", "t" }
local LOG_TIME <const> = { weibull = 1, exponential = 1, rayleigh = 1, lognormal = 1,
  loglogistic = 1, gengamma = 1 }

describe("survival.aft", function()
  local aft <const> = lb.survival.aft
  local FORMULA <const> = "Surv(time, dead) ~ age + sex"

  it("is events per time for the exponential distribution", function()
    local fit = aft("Surv(time, event) ~ 1", rows({ 1, 2, 3, 4 }, { 1, 0, 1, 1 }),
      { distribution = "exponential" })
    near(fit.fit.coef[1], math.log(10 / 3), 1e-12)
    near(fit.fit.std_error[1], 1 / math.sqrt(3), 1e-12)
    near(fit.fit.log_lik, 3 * math.log(0.3) - 3, 1e-12)
    near(fit:predict({ type = "mean" }):column("estimate")[1], 10 / 3, 1e-12)
    near(fit:predict({ type = "rmst", times = { 2 } }):column("estimate")[1],
      10 / 3 * (1 - math.exp(-0.6)), 1e-12)
    near(fit:predict({ type = "hazard", times = { 2 } }):column("std_error")[1],
      0.3 / math.sqrt(3), 1e-12)
  end)

  it("is the mean and deviation of logarithms for uncensored log-normal times", function()
    local fit = aft("Surv(time, event) ~ 1", rows({ 1, math.exp(1), math.exp(5) }, { 1, 1, 1 }),
      { distribution = "lognormal" })
    near(fit.fit.coef[1], 2, 1e-12)
    near(fit.fit.coef[2], 0.5 * math.log(14 / 3), 1e-12)
  end)

  it("meets the generalised gamma's members", function()
    local gamma = aft(FORMULA, lung(), { distribution = "gengamma" })
    local weibull, lognormal = aft(FORMULA, lung()), aft(FORMULA, lung(),
      { distribution = "lognormal" })
    assert.is_true(gamma.fit.log_lik >= weibull.fit.log_lik)
    assert.is_true(gamma.fit.log_lik >= lognormal.fit.log_lik)
    near(gamma:df(), weibull:df() + 1, 0)
  end)

  it("keeps ratios when time is stretched, and moves the rest as it must", function()
    local d, c = lung(), 30.4375
    local months = d:mutate { "time = time / 30.4375" }
    for _, name in ipairs(ALL) do
      local a = aft(FORMULA, d, { distribution = name })
      local b = aft(FORMULA, months, { distribution = name })
      assert.is_true(a.converged and b.converged, name)
      near(b.fit.log_lik, a.fit.log_lik + a.fit.n_exact * math.log(c), 1e-10)
      if LOG_TIME[name] or name == "gompertz" then
        near(b.fit.coef[2], a.fit.coef[2], 1e-7)
        near(b.fit.coef[1], a.fit.coef[1] + (name == "gompertz" and 1 or -1) * math.log(c), 1e-7)
      else
        near(b.fit.coef[2], a.fit.coef[2] / c, 1e-7)
      end
    end
  end)

  it("does not depend on the order of rows; frequencies are repeated rows", function()
    local d = lung():frame()
    local turned = d:sort "age"
    local list = {}
    for i, k in ipairs(d:column("k"):totable()) do
      for _ = 1, k do list[#list + 1] = i end
    end
    for _, name in ipairs(ALL) do
      local options = { distribution = name, weights = "k", weight_type = "frequency" }
      local a, b = aft(FORMULA, d, options), aft(FORMULA, turned, options)
      local c = aft(FORMULA, core.take(d, list), { distribution = name })
      for j = 1, #a.fit.coef do
        near(b.fit.coef[j], a.fit.coef[j])
        near(c.fit.coef[j], a.fit.coef[j])
        near(c.fit.std_error[j], a.fit.std_error[j], 1e-7)
      end
      near(c.fit.log_lik, a.fit.log_lik, 1e-11)
      near(c:glance():column("bic")[1], a:glance():column("bic")[1], 1e-11)
    end
    -- R's survreg leaves the weights out of its clustered sandwich; here repeated rows in one
    -- cluster are the same as a weight.
    local w = aft("Surv(time, dead) ~ age + cluster(inst)", d,
      { weights = "k", weight_type = "frequency" })
    local r = aft("Surv(time, dead) ~ age + cluster(inst)", core.take(d, list))
    near(w.fit.std_error[2], r.fit.std_error[2], 1e-7)
  end)

  it("conditions on late entry: an exponential hazard is events per time at risk", function()
    local d = core.frame { { "entry", { 1, 2, 0, 1 } }, { "time", { 3, 4, 5, 6 } },
      { "event", { 1, 1, 0, 1 } } }
    local fit = aft("Surv(entry, time, event) ~ 1", d, { distribution = "exponential" })
    near(fit.fit.coef[1], math.log(14 / 3), 1e-12)
    for _, name in ipairs { "weibull", "lognormal", "gompertz", "loglogistic" } do
      local late = lung():mutate { "entry = time / 3" }
      local a = aft("Surv(entry, time, dead) ~ sex", late, { distribution = name })
      assert.is_true(a.converged, name)
      local sum = 0
      for _, x in ipairs(a:residuals({ type = "martingale" }):column("martingale"):totable()) do
        sum = sum + x
      end
      if name == "gompertz" then near(sum, 0, 1e-6) end -- the score of the rate
    end
  end)

  it("has scores that add up to 0 for every kind of censoring", function()
    local d = lb.cohort("tests/data/survival_hivDK.csv")
    for _, name in ipairs { "weibull", "lognormal", "loglogistic", "gengamma", "gompertz" } do
      local fit = aft("Surv_interval(left, right) ~ partners_us", d, { distribution = name })
      assert.is_true(fit.converged, name)
      local change = fit:residuals { type = "dfbetas" }
      for j = 2, #change:names() do
        local sum = 0
        for _, x in ipairs(change:column(change:names()[j]):totable()) do sum = sum + x end
        near(sum, 0, 1e-7)
      end
    end
  end)

  it("predicts one curve in several ways", function()
    local people = { age = { 50, 70 }, sex = { "male", "female" } }
    for _, name in ipairs(ALL) do
      local fit = aft(FORMULA, lung(), { distribution = name })
      local q = fit:predict({ type = "quantile", newdata = people, prob = { 0.3 } })
      local t = q:column("estimate")[1]
      local s = fit:predict { type = "survival", newdata = people, times = { t } }
      local h = fit:predict { type = "cumulative_hazard", newdata = people, times = { t } }
      near(s:column("estimate")[1], 0.7, 1e-10)
      near(h:column("estimate")[1], -math.log(0.7), 1e-10)
      local step = t * 1e-4
      local two = fit:predict({ type = "cumulative_hazard", newdata = people,
        times = { t - step, t + step } }):column "estimate"
      local hazard = fit:predict({ type = "hazard", newdata = people, times = { t } })
        :column("estimate")[1]
      near((two[2] - two[1]) / (2 * step), hazard, 1e-6)
    end
  end)

  it("integrates to the mean", function()
    for _, name in ipairs { "weibull", "lognormal", "gengamma", "gompertz" } do
      local fit = aft("Surv(time, dead) ~ 1", lung(), { distribution = name })
      local mean = fit:predict({ type = "mean" }):rows_list()[1]
      local rmst = fit:predict({ type = "rmst", times = { 1e7 } }):rows_list()[1]
      near(rmst.estimate, mean.estimate, 1e-6)
      near(rmst.std_error, mean.std_error, 1e-4)
    end
    local heavy = aft("Surv(time, dead) ~ 1", lung(), { distribution = "loglogistic", scale = 1.2 })
    assert.are.equal(math.huge, heavy:predict({ type = "mean" }):column("estimate")[1])
  end)

  it("says when the likelihood has no maximum", function()
    local one = aft("Surv(time, event) ~ 1", rows({ 5 }, { 1 }))
    assert.is_false(one.converged)
    assert.is_truthy(tostring(one):find("grows without end", 1, true), tostring(one))
    assert.is_false(aft("Surv(time, event) ~ 1", rows({ 5, 5, 5 }, { 1, 1, 1 })).converged)
    refused("did not converge", one.predict, one, {})
    local x = { 0, 0, 0, 0, 1, 1, 1, 1 }
    local none = aft("Surv(time, event) ~ x", rows({ 1, 2, 4, 7, 2, 3, 5, 6 },
      { 1, 1, 1, 1, 0, 0, 0, 0 }, x))
    assert.is_truthy(tostring(none):find("no finite estimate for 'x'", 1, true), tostring(none))
    assert.is_nil(none:tidy():column("estimate")[2])
    assert.is_not_nil(none:tidy():column("std_error")[1])
    local twice = aft("Surv(time, dead) ~ age + I(2 * age)", lung())
    assert.is_nil(twice:tidy():column("estimate")[3])
    assert.is_true(twice.converged)
  end)

  it("refuses what it cannot take, with the mend", function()
    refused("no event among 2 rows", aft, "Surv(time, event) ~ 1", rows({ 1, 2 }, { 0, 0 }))
    refused("no rows", aft, "Surv(time, event) ~ 1", rows({}, {}))
    refused("time of 0", aft, "Surv(time, event) ~ 1", rows({ 0, 2 }, { 1, 1 }))
    refused("intercept", aft, "Surv(time, dead) ~ age - 1", lung())
    refused("did you mean 'weibull'", aft, FORMULA, lung(), { distribution = "weibul" })
    refused("df", aft, FORMULA, lung(), { df = 3 })
    refused("not proportional", function()
      return aft(FORMULA, lung(), { distribution = "lognormal" }):hazard_ratios()
    end)
    refused("needs times", function() return aft(FORMULA, lung()):predict { type = "rmst" } end)
    refused("weight_type", aft, FORMULA, lung(), { weights = "k" })
  end)

  it("fits from hard starts: far covariates, tiny and huge times, many scales", function()
    for _, unit in ipairs { "1e-8", "1e8" } do
      local d = lung():mutate { ("time = time * %s"):format(unit), "year = 2000 + age / 100" }
      for _, name in ipairs(ALL) do
        local fit = aft("Surv(time, dead) ~ year + strata(ph_ecog)", d:filter "ph_ecog < 3",
          { distribution = name })
        assert.is_true(fit.converged, name .. " " .. unit)
      end
    end
  end)

  it("is drawn, recorded and reported", function()
    local fit = aft(FORMULA, lung())
    assert.is_truthy(fit:plot():svg():find("Time ratio", 1, true))
    assert.is_truthy(fit:plot("residuals"):svg():find("Cox-Snell", 1, true))
    assert.are.equal("survival.aft", core.json_decode(fit:to_json()).kind)
    assert.are.equal("table", fit:report_blocks()[1].kind)
    assert.are.equal(228, #fit:augment())
  end)

  it("is compared with nested models by its likelihood", function()
    local d = lung():complete({ "ph_ecog" }, "known")
    local small = aft("Surv(time, dead) ~ sex", d, { distribution = "lognormal" })
    local large = aft("Surv(time, dead) ~ sex + ph_ecog", d, { distribution = "lognormal" })
    local nested = lb.anova(small, large):tidy():rows_list()
    near(nested[2].statistic, 2 * (large.fit.log_lik - small.fit.log_lik))
    near(nested[2].aic, large:glance():column("aic")[1])
    local terms = lb.anova(large):tidy():rows_list()
    near(terms[3].statistic, nested[2].statistic, 1e-6)
    refused("they differ in 'distribution'", lb.anova, small,
      aft("Surv(time, dead) ~ sex + ph_ecog", d))
    assert.is_truthy(tostring(lb.compare { { "a", small }, { "b", large } }):find("sex", 1, true))
  end)
end)
