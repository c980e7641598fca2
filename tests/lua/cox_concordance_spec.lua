--- Concordance of Cox fits by Gonen and Heller. Reference values: its formulas written out in
--- R 4.2.2 over outer(eta, eta, "-"), on the fit of survival 3.5-3 with eps = 1e-13.
local core = require "lobule.core"
local lb = require "lobule"

local lung = lb.cohort "tests/data/survival_lung.csv"

local function near(got, want)
  local close = math.abs(got - want) <= 1e-9 * math.abs(want)
  assert.is_true(close, ("%.15g, expected %.15g"):format(got, want))
end

local function fails(message, call, ...)
  local ok, err = pcall(call, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(message, 1, true), tostring(err))
end

local function first(frame, name)
  return frame:column(name)[1]
end

local GONEN_HELLER <const> = { type = "gonen-heller" }

local function fit(terms, options)
  return lb.survival.cox("Surv(time, dead) ~ " .. terms, lung, options)
end

describe("the concordance of Gonen and Heller", function()
  it("is the mean over pairs, with the variance of the smoothed one", function()
    for _, case in ipairs {
      { "age + sex + ph_ecog", 0.624251438999385, 0.623965549510466, 0.0211582785822787, 227, 163 },
      { "sex", 0.562259247825440, 0.562259247825440, 0.0187843646564767, 228, 13458 } } do
      local c = fit(case[1]):concordance(GONEN_HELLER)
      for j, name in ipairs { "concordance", "smoothed", "std_error", "n", "tied_x" } do
        near(first(c, name), case[j + 1])
      end
    end
  end)

  it("asks no outcome of new data", function()
    local cox = fit "age + sex"
    local same = cox:concordance { type = "gonen-heller", newdata = lung }
    assert.are.equal(first(cox:concordance(GONEN_HELLER), "std_error"), first(same, "std_error"))
    local two = cox:concordance { type = "gonen-heller",
      newdata = core.frame { { "age", { 50, 70 } }, { "sex", { "male", "male" } } } }
    local d = 20 * first(cox:tidy(), "estimate")
    near(first(two, "concordance"), 1 / (1 + math.exp(-math.abs(d))))
    assert.is_nil(first(two, "std_error"))
  end)

  it("repeats rows of frequency weights", function()
    local once = lung:filter "age > 55"
    local twice = lb.survival.cox("Surv(time, dead) ~ age", lung:mutate {
      "f = if_else(age > 55, 2, 1)" }, { weights = "f", weight_type = "frequency" })
    local repeated = lb.survival.cox("Surv(time, dead) ~ age", lung:append(once))
    local a, b = twice:concordance(GONEN_HELLER), repeated:concordance(GONEN_HELLER)
    for _, name in ipairs { "concordance", "smoothed", "std_error", "n", "tied_x" } do
      near(first(a, name), first(b, name))
    end
  end)

  it("has no standard error for clusters, and refuses what it does not know", function()
    assert.is_nil(first(fit("age + cluster(inst)"):concordance(GONEN_HELLER), "std_error"))
    local strata = fit "age + strata(sex)"
    fails("not defined for a fit with strata", strata.concordance, strata, GONEN_HELLER)
    local weighted = fit("age", { weights = "w", weight_type = "sampling" })
    fails("a fit with weights", weighted.concordance, weighted, GONEN_HELLER)
    local late = lb.survival.cox("Surv(k, time, dead) ~ age", lung:filter "k < time")
    fails("a fit with late entry", late.concordance, late, GONEN_HELLER)
    local frail = fit "age + frailty(inst)"
    fails("a fit with frailty", frail.concordance, frail, GONEN_HELLER)
    local plain = fit "age"
    fails("asks no times", plain.concordance, plain, { type = "gonen-heller", tau = 90 })
  end)
end)

describe("Uno's concordance with late entry", function()
  local stderr = io.stderr
  after_each(function() rawset(io, "stderr", stderr) end)

  --- Of those who are there at time 0, the last is censored at 1; ten people enter at 2.
  local function model(first_event)
    local columns = { { "entry", {} }, { "t", {} }, { "e", {} }, { "x", {} } }
    local function add(...)
      for k, value in ipairs { ... } do columns[k][2][#columns[k][2] + 1] = value end
    end
    add(0, 0.5, first_event, 2)
    add(0, 1, false, 1)
    for i = 1, 10 do add(2, 2 + i, i % 3 ~= 0, (i * 7) % 11) end
    return lb.survival.cox("Surv(entry, t, e) ~ x", lb.frame(columns))
  end

  it("says where the curve of the censoring ends early", function()
    local heard = {}
    rawset(io, "stderr", { write = function(_, ...) heard[#heard + 1] = table.concat { ... } end })
    local fitted = model(true)
    local uno = fitted:concordance { type = "uno" }
    assert.equal(1, first(uno, "concordant") + first(uno, "discordant")) -- of 0.5 with 1 alone
    assert.equal(1, #heard)
    assert.is_truthy(heard[1]:find("censored at time 1:", 1, true))
    assert.is_truthy(heard[1]:find("7 later events", 1, true))
    fitted:concordance { type = "uno", tau = 2.5 } -- nothing is left out up to there
    fitted:concordance()
    assert.equal(1, #heard)
  end)

  it("refuses when no pair is left, and a tau that is not positive", function()
    local fitted = model(false)
    fails("all who are at risk are censored at time 1:", fitted.concordance, fitted,
      { type = "uno" })
    assert.is_true(first(fitted:concordance(), "concordance") > 0)
    for _, tau in ipairs { 0, -1 } do
      fails("tau", fitted.concordance, fitted, { tau = tau })
    end
  end)
end)
