--- Royston-Parmar models with effects that change, strata and robust variances: closed forms,
--- properties, comparisons of people, refusals.
local core = require "lobule.core"
local lb = require "lobule"

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

describe("survival.royston_parmar with effects that change", function()
  local fitted <const> = lb.survival.royston_parmar
  local d = lb.cohort("tests/data/survival_lung.csv"):mutate { "entry = time / 4",
    "male = case(sex == 'male', 1, 0)" }
  local women, men = d:filter "male == 0", d:filter "male == 1"
  local MEMBER <const> = { hazard = "weibull", odds = "loglogistic", normal = "lognormal" }

  local function hazards(fit, times, people)
    return fit:predict({ type = "hazard", times = times, newdata = people }):column "estimate"
  end

  it("is two separate models with df 1 and one binary covariate", function()
    for link, name in pairs(MEMBER) do
      for _, outcome in ipairs { "Surv(time, dead)", "Surv(entry, time, dead)" } do
        local fit = fitted(outcome .. " ~ sex", d, { link = link, df = 1, time_varying = "sex" })
        local a = lb.survival.aft(outcome .. " ~ 1", women, { distribution = name })
        local b = lb.survival.aft(outcome .. " ~ 1", men, { distribution = name })
        near(fit.fit.log_lik, a.fit.log_lik + b.fit.log_lik, 1e-12)
        local people = { sex = { "female", "male" } }
        local h = hazards(fit, { 100, 700 }, people)
        local x, y = hazards(a, { 100, 700 }, { time = { 0 } }), hazards(b, { 100, 700 },
          { time = { 0 } })
        for i = 1, 2 do
          near(h[i], x[i], 1e-7)
          near(h[2 + i], y[i], 1e-7)
        end
        local ratio = fit:hazard_ratio { at = { 100, 700 } }:rows_list()
        local function log_error(model, t) -- of log hazard
          local row = model:predict { type = "hazard", times = { t },
            newdata = { time = { 0 } } }:rows_list()[1]
          return row.std_error / row.estimate
        end
        for i, t in ipairs { 100, 700 } do
          near(ratio[i].estimate, y[i] / x[i], 1e-7)
          near(ratio[i].std_error, (log_error(a, t) ^ 2 + log_error(b, t) ^ 2) ^ 0.5, 1e-6)
          near(math.log(ratio[i].conf_high / ratio[i].conf_low),
            2 * core.normal_quantile(0.975) * ratio[i].std_error, 1e-9)
          near(ratio[i].p_value, core.normal_p(math.log(ratio[i].estimate)
            / ratio[i].std_error), 1e-9)
        end
      end
    end
  end)

  it("differs by what two independent models differ by", function()
    local fit = fitted("Surv(time, dead) ~ male", d, { df = 1, time_varying = { male = 1 } })
    local a = lb.survival.aft("Surv(time, dead) ~ 1", women)
    local b = lb.survival.aft("Surv(time, dead) ~ 1", men)
    for _, kind in ipairs { "survival", "rmst", "quantile" } do
      local quantile = kind == "quantile"
      local got = fit:difference { type = kind, at = not quantile and { 365 } or nil }
        :rows_list()[1]
      local function of(model)
        return model:predict { type = kind, times = not quantile and { 365 } or nil,
          newdata = { time = { 0 } } }:rows_list()[1]
      end
      local x, y = of(a), of(b)
      near(got.estimate, y.estimate - x.estimate, 1e-7)
      near(got.std_error, (x.std_error ^ 2 + y.std_error ^ 2) ^ 0.5, 1e-6)
      near(got.conf_high, got.estimate + core.normal_quantile(0.975) * got.std_error, 1e-9)
      local back = fit:difference { type = kind, at = not quantile and { 365 } or nil,
        newdata = { male = { 0 } }, reference = { male = { 1 } } }:rows_list()[1]
      near(back.estimate, -got.estimate, 1e-12)
    end
  end)

  it("gives strata the splines of separate fits", function()
    local options = { knots = { 170, 400 }, boundary = { 5, 900 } }
    for link in pairs(MEMBER) do
      options.link = link
      local whole = fitted("Surv(time, dead) ~ strata(sex)", d, options)
      local a, b = fitted("Surv(time, dead) ~ 1", women, options),
        fitted("Surv(time, dead) ~ 1", men, options)
      near(whole.fit.log_lik, a.fit.log_lik + b.fit.log_lik, 1e-12)
      for j = 1, 4 do
        near(whole.fit.coef[j], a.fit.coef[j], 1e-6)
        near(whole.fit.coef[4 + j], b.fit.coef[j], 1e-6)
        near(whole.fit.std_error[4 + j], b.fit.std_error[j], 1e-5)
      end
      assert.are.equal("gamma0:male", whole:tidy():column("term")[5])
      assert.are.equal(0, whole:tests():column("df")[1])
    end
    local mixed = fitted("Surv(time, dead) ~ age + strata(sex)", d, { df = 2 })
    assert.are.equal(1, mixed:tests():column("df")[1])
    near(hazards(mixed, { 300 }, { age = { 60 }, sex = { "male" } })[1], mixed:predict({
      type = "hazard", times = { 300 }, newdata = d:filter "male == 1"
      :mutate { "age = 60" } }):column("estimate")[3], 1e-12)
  end)

  it("reaches strata from effects that change as the baseline does", function()
    local a = fitted("Surv(time, dead) ~ male", d, { df = 3, time_varying = { male = 3 } })
    local b = fitted("Surv(time, dead) ~ strata(male)", d, { df = 3 })
    near(a.fit.log_lik, b.fit.log_lik, 1e-12)
    local test = a:tests():rows_list()[2]
    assert.are.equal(3, test.df)
    local same = fitted("Surv(time, dead) ~ male", d, { df = 3 })
    assert.is_true(math.abs(test.statistic - 2 * (a.fit.log_lik - same.fit.log_lik)) < 1.5)
    local nested = lb.anova(same, a):tidy():rows_list()
    near(nested[2].statistic, 2 * (a.fit.log_lik - same.fit.log_lik), 1e-10)
    assert.are.equal(3, nested[2].df)
    assert.is_truthy(nested[2].model:find("changing with time: male", 1, true))
    assert.is_nil(lb.anova(a):tidy():column("statistic")[1])
    refused("changes with time", function()
      return tostring(a:contrast { { "men", { male = 1 } } })
    end)
    local within = fitted("Surv(time, dead) ~ age + strata(sex)", d, { robust = true })
    local row = within:tidy():rows_list()[9]
    near(lb.anova(within):tidy():column("statistic")[1], row.statistic ^ 2, 1e-9)
    refused("differ in 'df'", lb.anova, fitted("Surv(time, dead) ~ male", d, { df = 2 }), a)
    local k = { 170, 400 }
    local c = fitted("Surv(time, dead) ~ male", d, { knots = k, time_varying = { male = k } })
    local e = fitted("Surv(time, dead) ~ strata(male)", d, { knots = k })
    near(c.fit.log_lik, e.fit.log_lik, 1e-12)
  end)

  it("makes a robust variance: clusters of one row, repeated rows", function()
    local options = { df = 2, time_varying = "sex" }
    local function with(more)
      local all = { df = 2, time_varying = "sex" }
      for key, value in pairs(more) do all[key] = value end
      return all
    end
    local formula <const> = "Surv(time, dead) ~ sex + age"
    local naive = fitted(formula, d, options)
    local robust = fitted(formula, d, with { robust = true })
    local frame, list, number = d:frame(), {}, {}
    for i = 1, #frame do number[i] = i end
    local numbered = core.with_column(frame, "row", core.frame({ { "row", number } }):column "row")
    local own = fitted(formula, numbered, with { cluster = "row" })
    for i, k in ipairs(frame:column("k"):totable()) do
      for _ = 1, k do list[#list + 1] = i end
    end
    local w = fitted(formula, d, with { weights = "k", weight_type = "frequency", robust = true })
    local r = fitted(formula, core.take(frame, list), with { robust = true })
    local sampled = fitted(formula, d, with { weights = "k", weight_type = "sampling" })
    for j = 1, #naive.fit.coef do
      near(robust.fit.coef[j], naive.fit.coef[j], 1e-12)
      near(own.fit.std_error[j], robust.fit.std_error[j], 1e-9)
      near(w.fit.coef[j], r.fit.coef[j], 1e-7)
      near(w.fit.std_error[j], r.fit.std_error[j], 1e-6)
      near(robust.fit.naive_vcov[j][j] ^ 0.5, naive.fit.std_error[j], 1e-9)
    end
    near(w:knots()[2], r:knots()[2], 1e-12)
    assert.is_true(sampled.options.robust)
    assert.is_truthy(tostring(own):find("robust variance, 228 clusters", 1, true))
    refused("need the robust variance", fitted, formula, d, with { cluster = "sex",
      robust = false })
  end)

  it("keeps what it says when time is stretched, rows are turned, follow-up is split", function()
    local months = d:mutate { "time = time / 30.4375" }
    local options = { df = 3, time_varying = { sex = 2, age = 1 } }
    local a = fitted("Surv(time, dead) ~ sex + age", d, options)
    local b = fitted("Surv(time, dead) ~ sex + age", months, options)
    near(b.fit.log_lik, a.fit.log_lik + 165 * math.log(30.4375), 1e-10)
    local n = #a.fit.coef
    for j = n - 2, n do -- the slopes, not the constant that goes with log t = 0
      near(b.fit.coef[j], a.fit.coef[j], 1e-6)
      near(b.fit.std_error[j], a.fit.std_error[j], 1e-5)
    end
    local x = a:hazard_ratio({ at = { 200 }, variable = "sex" }):rows_list()[1]
    local y = b:hazard_ratio({ at = { 200 / 30.4375 }, variable = "sex" }):rows_list()[1]
    near(y.estimate, x.estimate, 1e-7)
    near(y.std_error, x.std_error, 1e-6)
    near(fitted("Surv(time, dead) ~ sex + age", d:frame():sort "age", options).fit.log_lik,
      a.fit.log_lik, 1e-12)
    local early = d:mutate { "start = 0 * time", "stop = pmin(time, 150)",
      "event = case(time <= 150, dead, 0)" }
    local late = d:filter "time > 150":mutate { "start = 0 * time + 150", "stop = time",
      "event = dead" }
    local split = fitted("Surv(start, stop, event) ~ sex + age",
      early:frame():append(late:frame()), options)
    near(split.fit.log_lik, a.fit.log_lik, 1e-10)
    for j = 1, n do near(split.fit.coef[j], a.fit.coef[j], 1e-5) end
  end)

  it("prints what the effects are at times, and draws them", function()
    local fit = fitted("Surv(time, dead) ~ sex + age", d, { time_varying = { "sex", "age" } })
    local text = tostring(fit)
    assert.is_truthy(text:find("sex: male vs female, at 400", 1, true), text)
    assert.is_truthy(text:find("effects that do not change with time: Wald", 1, true), text)
    assert.is_truthy(text:find("at their means", 1, true), text)
    local odds = tostring(fitted("Surv(time, dead) ~ sex", d, { link = "odds",
      time_varying = "sex" }))
    assert.is_truthy(odds:find("Odds ratio", 1, true) and odds:find("at 400", 1, true), odds)
    assert.are.equal("sex[male]:gamma1", fit:tidy():column("term")[#fit.fit.coef - 1])
    local description = fit:plot({ variable = "sex" }).desc
    assert.is_true(description == nil or #description > 0)
    local json = core.json_decode(fit:to_json())
    assert.are.equal(2, #json.tests.test)
  end)

  it("warns of hazards that are negative within the data: when, for how many", function()
    local few = d:filter "age < 50"
    local fit = fitted("Surv(time, dead) ~ age + sex", few, { df = 3, time_varying = { sex = 4 } })
    local warning = table.concat(fit.warnings, "\n")
    assert.is_truthy(warning:find("negative somewhere between times", 1, true), warning)
    local low, high, times = fit.fit.negative_from, fit.fit.negative_to, {}
    for k = 0, 2000 do times[k + 1] = 5 * (fit.info.time_max / 5) ^ (k / 2000) end
    local hazard, rows, within = fit:predict({ type = "hazard", times = times }):column "estimate",
      {}, true
    for i = 1, #hazard do
      if hazard[i] == nil then
        rows[(i - 1) // #times] = true
        local t = times[(i - 1) % #times + 1]
        within = within and t > low * 0.999 and t < high * 1.001
      end
    end
    local n = 0
    for _ in pairs(rows) do n = n + 1 end
    assert.are.equal(fit.fit.n_negative, n)
    assert.is_true(n > 0 and within)
    assert.are.equal(0, fitted("Surv(time, dead) ~ age + sex", d).fit.n_negative)
  end)

  it("refuses what it cannot take", function()
    local f <const> = "Surv(time, dead) ~ sex + age"
    refused("did you mean 'age'", fitted, f, d, { time_varying = "agee" })
    refused("whole number from 1", fitted, f, d, { time_varying = { age = 1.5 } })
    refused("expected 1 to 19", fitted, f, d, { time_varying = { age = 30 } })
    refused("two times", fitted, f, d, { boundary = { 5 } })
    refused("fewer than 2 events", fitted, "Surv(time, dead) ~ strata(one)",
      d:mutate { "one = case(time == 5, 1, 0)" })
    local fit = fitted(f, d)
    refused("needs the times", function() return fit:hazard_ratio {} end)
    refused("did you mean 'age'", function()
      return fit:hazard_ratio { at = { 10 }, variable = "agee" }
    end)
    refused("go together", function()
      return fit:difference { at = { 10 }, newdata = { age = { 60 }, sex = { "male" } } }
    end)
    refused("miss a covariate", function()
      return fit:difference { at = { 10 }, newdata = { age = { 60 }, sex = { "male" } },
        reference = { age = { core.NA, 50 }, sex = { "male", "male" } } }
    end)
    refused("one row", function()
      return fit:difference { at = { 10 }, newdata = { age = { 60 }, sex = { "male" } },
        reference = { age = { 40, 50 }, sex = { "male", "male" } } }
    end)
    refused("depend on the stratum", function()
      return fitted("Surv(time, dead) ~ age + strata(sex)", d):hazard_ratio { at = { 100 } }
    end)
  end)
end)
