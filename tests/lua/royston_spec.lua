--- Royston-Parmar models: members of known families, properties, refusals.
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

describe("survival.royston_parmar", function()
  local fitted <const> = lb.survival.royston_parmar
  local FORMULA <const> = "Surv(time, dead) ~ age + sex"
  local d = lb.cohort("tests/data/survival_lung.csv")
  local MEMBER <const> = { hazard = "weibull", odds = "loglogistic", normal = "lognormal" }
  local people = { age = { 60, 75 }, sex = { "male", "female" } }

  it("is the Weibull, log-logistic and log-normal model with df 1", function()
    for link, name in pairs(MEMBER) do
      for _, formula in ipairs { FORMULA, "Surv(entry, time, dead) ~ age + sex" } do
        local data = d:mutate { "entry = time / 4" }
        local a = fitted(formula, data, { link = link, df = 1 })
        local b = lb.survival.aft(formula, data, { distribution = name })
        local sigma = math.exp(b.fit.coef[4])
        near(a.fit.log_lik, b.fit.log_lik, 1e-12)
        near(a.fit.log_lik_null, b.fit.log_lik_null, 1e-12)
        near(a.fit.coef[2], 1 / sigma)
        near(a.fit.coef[3], -b.fit.coef[2] / sigma)
        for _, kind in ipairs { "survival", "hazard", "cumulative_hazard", "rmst" } do
          local x = a:predict { type = kind, newdata = people, times = { 100, 500 } }
          local y = b:predict { type = kind, newdata = people, times = { 100, 500 } }
          for i = 1, 4 do
            near(x:column("estimate")[i], y:column("estimate")[i], 1e-7)
            near(x:column("std_error")[i], y:column("std_error")[i], 1e-6)
            near(x:column("conf_high")[i], y:column("conf_high")[i], 1e-6)
          end
        end
        local x = a:predict { type = "quantile", newdata = people, prob = { 0.2, 0.5 } }
        local y = b:predict { type = "quantile", newdata = people, prob = { 0.2, 0.5 } }
        for i = 1, 4 do
          near(x:column("estimate")[i], y:column("estimate")[i], 1e-7)
          near(x:column("std_error")[i], y:column("std_error")[i], 1e-6)
        end
      end
    end
  end)

  it("takes intervals as the Weibull model does", function()
    local mixed = d:mutate { "low = case(dead == 1 and age > 60, time - 5, time)",
      "high = case(dead == 1 and age > 60, time + 5, dead == 1, time)" }
    local a = fitted("Surv_interval(low, high) ~ sex", mixed, { df = 1 })
    local b = lb.survival.aft("Surv_interval(low, high) ~ sex", mixed)
    near(a.fit.log_lik, b.fit.log_lik, 1e-11)
  end)

  it("gains likelihood with knots, and keeps ratios when time is stretched", function()
    local months = d:mutate { "time = time / 30.4375" }
    for link in pairs(MEMBER) do
      local last = -math.huge
      for _, df in ipairs { 1, 2, 4 } do -- nested: knots of df 2 are among those of df 4
        local a = fitted(FORMULA, d, { link = link, df = df })
        local b = fitted(FORMULA, months, { link = link, df = df })
        assert.is_true(a.converged and b.converged)
        assert.is_true(a.fit.log_lik >= last - 1e-9)
        last = a.fit.log_lik
        near(b.fit.log_lik, a.fit.log_lik + 165 * math.log(30.4375), 1e-10)
        near(b.fit.coef[df + 2], a.fit.coef[df + 2], 1e-7)
        local h = a:predict { type = "cumulative_hazard", newdata = people,
          times = { 299.9, 300.1 } }:column "estimate"
        near((h[2] - h[1]) / 0.2, a:predict({ type = "hazard", newdata = people,
          times = { 300 } }):column("estimate")[1], 1e-6)
      end
    end
  end)

  it("takes knots as times, frequencies as repeated rows, any order of rows", function()
    local a = fitted(FORMULA, d, { knots = { 150, 400 } })
    near(a:knots()[2], 150)
    near(fitted(FORMULA, d:frame():sort "age", { knots = { 150, 400 } }).fit.log_lik,
      a.fit.log_lik, 1e-11)
    local frame, list = d:frame(), {}
    for i, k in ipairs(frame:column("k"):totable()) do
      for _ = 1, k do list[#list + 1] = i end
    end
    local w = fitted(FORMULA, d, { knots = { 150, 400 }, weights = "k",
      weight_type = "frequency" })
    local r = fitted(FORMULA, core.take(frame, list), { knots = { 150, 400 } })
    near(w.fit.log_lik, r.fit.log_lik, 1e-10)
    near(w.fit.std_error[5], r.fit.std_error[5], 1e-7)
    assert.is_truthy(tostring(a):find("Hazard ratio", 1, true))
    assert.are.equal("survival.royston_parmar", core.json_decode(a:to_json()).kind)
  end)

  it("refuses what it cannot take", function()
    refused("coincide or lie outside", fitted, FORMULA, d, { knots = { 5000 } })
    refused("one of them", fitted, FORMULA, d, { knots = { 500 }, df = 3 })
    refused("no term of the variable", fitted, FORMULA, d, { time_varying = "agee" })
    refused("expected 1 to 19", fitted, FORMULA, d, { df = 40 })
    refused("no estimate", function() return fitted(FORMULA, d):predict { type = "mean" } end)
    refused("two distinct", fitted, "Surv(time, event) ~ 1",
      core.frame { { "time", { 5, 5 } }, { "event", { 1, 1 } } })
  end)
end)
