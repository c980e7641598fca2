--- Parametric distributions side by side.
local core = require "lobule.core"
local lb = require "lobule"

describe("survival.parametric", function()
  local d = lb.cohort("tests/data/survival_lung.csv")
  local all = lb.survival.parametric("Surv(time, dead) ~ sex", d, { times = { 365, 730 } })

  it("has a row for each distribution, as fitted alone", function()
    local tidy = all:tidy()
    assert.are.equal(6, #tidy)
    local one = lb.survival.aft("Surv(time, dead) ~ sex", d, { distribution = "gompertz" })
    assert.are.equal(one:glance():column("aic")[1], tidy:column("aic")[3])
    local s = one:predict({ type = "survival", times = { 730 } }):column "estimate"
    local sum = 0
    for i = 1, #s do sum = sum + s[i] end
    assert.is_true(math.abs(tidy:column("survival_730")[3] - sum / #s) < 1e-12)
    assert.are.equal("weibull", all:best().fit.distribution)
    assert.are.equal("lognormal", all:model("lognormal").fit.distribution)
  end)

  it("is drawn beyond the follow-up, shaded", function()
    for _, kind in ipairs { "survival", "hazard" } do
      local svg = all:plot(kind, { horizon = 1500 }):svg()
      assert.is_truthy(svg:find("shade", 1, true))
      assert.is_truthy(svg:find("Gompertz", 1, true))
    end
  end)

  it("says which did not converge, and records the rest", function()
    local frame = core.frame { { "time", { 5, 5, 5 } }, { "event", { 1, 1, 1 } } }
    local one = lb.survival.parametric("Surv(time, event) ~ 1", frame)
    assert.is_truthy(tostring(one):find("Weibull: the likelihood grows", 1, true))
    assert.is_nil(one:tidy():column("median")[2])
    assert.is_near(5 * math.log(2), one:tidy():column("median")[1], 1e-9)
    assert.are.equal("survival.parametric", core.json_decode(one:to_json()).kind)
    assert.has_error(function() lb.survival.parametric("Surv(time, event) ~ 1", frame,
      { distributions = { "weibul" } }) end)
  end)
end)
