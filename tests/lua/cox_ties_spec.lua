--- What a researcher asks of a Cox fit: exact ties, Firth, profile limits, pairs, hazards, a check.
local lb = require "lobule"

local function near(want, got, tolerance)
  assert.is_true(math.abs(want - got) <= (tolerance or 1e-8) * math.max(1, math.abs(want)),
    ("%.12g, expected %.12g"):format(got, want))
end

-- Group 1 has no event: its log hazard ratio has no lower end.
local data = lb.frame { { "time", { 1, 2, 3, 4, 5, 6, 7, 8, 3.5, 6.5 } },
  { "event", { 1, 1, 1, 1, 0, 1, 0, 1, 0, 0 } }, { "x", { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1 } } }
-- At each event, how many of x = 0 and x = 1 are at risk.
local RISK <const> = { { 8, 2 }, { 7, 2 }, { 6, 2 }, { 5, 1 }, { 3, 1 }, { 1, 0 } }
local veteran = lb.read "tests/data/survival_veteran.csv"

describe("Cox", function()
  it("has one profile limit where the estimate has no end, and Firth's estimate", function()
    local fit = lb.survival.cox("Surv(time, event) ~ x", data)
    local limits = fit:confint()
    assert.are.equal(-math.huge, limits:column("conf_low")[1])
    -- At the upper limit twice the log-likelihood has fallen by the quantile from its supremum.
    local high = limits:column("conf_high")[1]
    local supremum, at = 0, 0
    for _, n in ipairs(RISK) do
      supremum, at = supremum - math.log(n[1]), at - math.log(n[1] + n[2] * math.exp(high))
    end
    near(3.841458820694124, 2 * (supremum - at), 1e-6)
    local firth = lb.survival.cox("Surv(time, event) ~ x", data, { penalty = "firth" })
    assert.is_true(firth.converged)
    -- The penalised log-likelihood is flat at the estimate.
    local function penalised(b)
      local l, information = 0, 0
      for _, n in ipairs(RISK) do
        local s = n[1] + n[2] * math.exp(b)
        local share = n[2] * math.exp(b) / s
        l, information = l - math.log(s), information + share * (1 - share)
      end
      return l + math.log(information) / 2
    end
    local b, h = firth.fit.coef[1], 1e-4
    near(penalised(b), firth.fit.log_lik + (penalised(0) - firth.fit.log_lik_null), 1e-10)
    near(0, (penalised(b + h) - penalised(b - h)) / (2 * h), 1e-7)
  end)

  it("refuses what does not go together", function()
    assert.has_error(function()
      lb.survival.cox("Surv(time, event) ~ x", data, { ties = "exact", penalty = "firth" })
    end)
    assert.has_error(function()
      lb.survival.cox("Surv(time, event) ~ x", data, { ties = "marginal", robust = true })
    end)
    local fit = lb.survival.cox("Surv(time, dead) ~ karno", veteran, { ties = "exact" })
    assert.has_error(function() fit:residuals { type = "dfbeta" } end)
    assert.has_error(function() fit:ph_test() end)
    assert.are.equal(137, #fit:residuals())
  end)

  it("compares all pairs", function()
    local fit = lb.survival.cox("Surv(time, dead) ~ celltype + karno", veteran)
    local single = fit:pairs("celltype", { adjust = "none" }):tidy()
    local holm = fit:pairs("celltype", { adjust = "holm" }):tidy()
    local most = fit:pairs("celltype", { adjust = "bonferroni" }):tidy()
    local largest = fit:pairs "celltype":tidy()
    assert.are.equal(6, #single)
    for i = 1, 6 do
      local p = single:column("p_value")[i]
      near(math.min(1, 6 * p), most:column("p_value")[i])
      assert.is_true(holm:column("p_value")[i] <= most:column("p_value")[i])
      assert.is_true(largest:column("p_value")[i] >= p)
      assert.is_true(largest:column("p_value")[i] <= most:column("p_value")[i] + 1e-9)
    end
    assert.has_error(function() fit:pairs "karno" end)
  end)

  it("is checked in words", function()
    local check = lb.survival.cox("Surv(time, dead) ~ celltype + karno", veteran):check()
    assert.is_truthy(tostring(check):find("proportional hazards", 1, true))
    assert.is_truthy(tostring(lb.survival.cox("Surv(time, event) ~ x", data):check())
      :find("firth", 1, true))
  end)
end)

describe("confint of a model that explains all", function()
  it("has no Wald interval where there is no estimate, and infinite profile limits", function()
    local core = require "lobule.core"
    local rows = core.frame { { "t", { 1, 1, 2, 3 } }, { "e", { 1, 1, 1, 1 } },
      { "x", { 1, 0, 1, 0 } }, { "z", { 1, 2, 3, 5 } } }
    local fit = lb.survival.cox("Surv(t, e) ~ x + z", rows, { ties = "marginal" })
    local wald = fit:confint { method = "wald" }
    for i = 1, 2 do
      for _, name in ipairs { "conf_low", "conf_high", "p_value" } do
        assert.is_nil(wald:column(name)[i])
      end
    end
    -- z alone puts everybody in order: the likelihood knows nothing of x
    local profile = fit:confint()
    assert.are.equal(-math.huge, profile:column("conf_low")[1])
    assert.are.equal(math.huge, profile:column("conf_high")[1])
    assert.is_true(profile:column("conf_high")[2] < 0)
  end)
end)
