--- Parametric survival regressions: many rows, odd scales of time, data without a maximum,
--- comparisons of people.
local core = require "lobule.core"
local lb = require "lobule"

local function near(got, want, tolerance)
  assert.is_true(math.abs(got - want) <= (tolerance or 1e-8) * math.max(1, math.abs(want)),
    ("got %.17g, expected %.17g"):format(got, want))
end

local OTHERS <const> = { "weibull", "exponential", "rayleigh", "lognormal", "loglogistic",
  "gompertz", "gaussian", "logistic", "extreme", "t" }
local ALL <const> = table.move(OTHERS, 1, #OTHERS, 2, { "gengamma" }) -- slow where Q has no end

--- A generator of its own, the same everywhere.
local function random_of(seed)
  local state = seed
  return function()
    state = (state * 1664525 + 1013904223) % 2 ^ 32
    return (state + 0.5) / 2 ^ 32
  end
end

describe("survival.aft", function()
  local aft <const> = lb.survival.aft
  local d = lb.cohort("tests/data/survival_lung.csv")
  local FORMULA <const> = "Surv(time, dead) ~ age + sex"

  it("fits the generalised gamma to many rows as to few that stand for them", function()
    local frame, list = d:frame(), {}
    for i = 1, #frame do
      for _ = 1, 6 do list[#list + 1] = i end -- looked up, not integrated
    end
    local six = d:mutate { "six = 6", "entry = time / 3" }
    local many = core.take(d:mutate({ "entry = time / 3" }):frame(), list)
    for _, formula in ipairs { FORMULA, "Surv(entry, time, dead) ~ sex" } do
      local a = aft(formula, six, { distribution = "gengamma", weights = "six",
        weight_type = "frequency" })
      local b = aft(formula, many, { distribution = "gengamma" })
      near(b.fit.log_lik, a.fit.log_lik, 1e-12)
      for j = 1, #a.fit.coef do
        near(b.fit.coef[j], a.fit.coef[j], 1e-7)
        near(b.fit.std_error[j], a.fit.std_error[j], 1e-7)
      end
    end
  end)

  it("starts anywhere: what it cannot fit it has a reason for", function()
    local reasons, fits = {}, 0
    for seed = 1, 100 do
      local random = random_of(seed)
      local n, scale = 8 + math.floor(42 * random()), 10 ^ (15 * random() - 6)
      local censored, ties, shape = 0.97 * random(), random() < 0.4, 0.3 + 3 * random()
      local time, event, x, g = {}, {}, {}, {}
      for i = 1, n do
        local t = (-math.log(random())) ^ (1 / shape)
        time[i] = (ties and math.ceil(4 * t) / 4 or t) * scale
        event[i], x[i], g[i] = random() < censored and 0 or 1, random() * 1e3 ^ (2 * random() - 1),
          random() < 0.5 and "a" or "b"
      end
      event[1 + math.floor(n * random())] = 1
      local frame = core.frame { { "time", time }, { "event", event }, { "x", x }, { "g", g } }
      for _, terms in ipairs { "1", "x + g" } do
        for _, name in ipairs(seed <= 4 and ALL or OTHERS) do
          local fit = aft("Surv(time, event) ~ " .. terms, frame, { distribution = name })
          fits = fits + 1
          if not fit.converged then
            local text = table.concat(fit.warnings, "\n")
            assert.is_truthy(text:find("no estimates are given", 1, true), text)
            local known = text:find("without end", 1, true) or text:find("Q tends", 1, true)
              or name == "gengamma"
            reasons[#reasons + 1] = not known and name or nil
          end
        end
      end
    end
    assert.are.equal(100 * 20 + 8, fits)
    assert.are.equal("", table.concat(reasons, " "))
  end)

  it("says what the likelihood runs after", function()
    local last = core.frame { { "time", { 1, 2, 3, 4, 5, 6 } }, { "event", { 0, 0, 0, 0, 0, 1 } },
      { "g", { "a", "b", "a", "b", "a", "b" } } }
    local shape = aft("Surv(time, event) ~ 1", last, { distribution = "gompertz" })
    assert.is_false(shape.converged)
    assert.is_truthy(shape.warnings[1]:find("without end with the shape", 1, true)
      or tostring(shape):find("without end with the shape", 1, true), tostring(shape))
    local one = core.frame { { "time", { 1, 2, 3, 4, 5, 6 } }, { "event", { 0, 1, 0, 1, 0, 0 } },
      { "g", { "a", "b", "a", "b", "a", "b" } } }
    local level = aft("Surv(time, event) ~ g", one, { distribution = "t" })
    assert.is_truthy(tostring(level):find("g[b]", 1, true), tostring(level))
  end)

  it("compares people: constant ratios where hazards are proportional", function()
    for _, name in ipairs { "weibull", "gompertz", "exponential" } do
      local fit = aft(FORMULA, d, { distribution = name })
      local want = fit:hazard_ratios():rows_list()
      local got = fit:hazard_ratio { variable = "sex", at = { 50, 900 } }:rows_list()
      for i = 1, 2 do
        near(got[i].estimate, want[2].estimate, 1e-9)
        near(got[i].std_error, want[2].std_error, 1e-8)
        near(got[i].conf_low, want[2].conf_low, 1e-8)
        near(got[i].p_value, want[2].p_value, 1e-7)
      end
      near(fit:hazard_ratio({ variable = "age", at = { 50 } }):column("estimate")[1],
        want[1].estimate, 1e-9)
    end
    local normal = aft(FORMULA, d, { distribution = "gaussian" })
    local difference = normal:difference { type = "quantile", variable = "sex" }:rows_list()[1]
    local row = normal:tidy():rows_list()[3]
    near(difference.estimate, row.estimate, 1e-8)
    near(difference.std_error, row.std_error, 1e-8)
    near(difference.conf_low, row.conf_low, 1e-8)
    assert.are.equal("sex: male vs female", difference.term)
  end)

  it("knows the fraction that a falling Gompertz hazard leaves", function()
    local colon = lb.cohort("tests/data/survival_colon.csv")
    local fit = aft("Surv(rec_time, recurred) ~ rx", colon, { distribution = "gompertz" })
    local shape = fit.fit.coef[#fit.fit.coef]
    assert.is_true(shape < 0)
    local c = fit:cure_fraction { newdata = { rx = { "Obs", "Lev+5FU" } } }:column "estimate"
    local s = fit:predict({ type = "survival", newdata = { rx = { "Obs", "Lev+5FU" } },
      times = { 1e6 } }):column "estimate"
    near(c[1], s[1], 1e-9)
    near(c[2], s[2], 1e-9)
    assert.are.equal(0, aft(FORMULA, d):cure_fraction():column("estimate")[1])
  end)
end)
