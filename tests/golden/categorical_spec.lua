--- Reference cases for proportions and standardised differences (R 4.2.2; see each JSON file).
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local core = require "lobule.core"
local lb = require "lobule"

describe("proportion", function()
  it("proportion-intervals-95", function()
    local g = golden.open "proportion-intervals-95"
    local input = g.case.input
    for ours, theirs in pairs { wilson = "wilson", exact = "clopper_pearson", wald = "wald",
      jeffreys = "jeffreys", ["mid-p"] = "mid_p", ["agresti-coull"] = "agresti_coull",
      ["wilson-continuity"] = "wilson_continuity", ["wald-continuity"] = "wald_continuity" } do
      local low, high = {}, {}
      for i, x in ipairs(input.x) do
        local q = lb.categorical.proportion(x, input.n[i], { method = ours })
        low[i], high[i] = q.conf_low, q.conf_high
      end
      g:near(theirs .. "_conf_low", low)
      g:near(theirs .. "_conf_high", high)
    end
  end)

  it("of nothing is nothing", function()
    local q = lb.categorical.proportion(0, 0)
    assert.is_nil(q:value())
    assert.is_nil(q.conf_low)
  end)
end)

describe("standardised mean difference", function()
  it("smd-balance-birthwt", function()
    local g = golden.open "smd-balance-birthwt"
    local smd = require "lobule.smd"
    local data = g.data:mutate { "race = factor(race)", "ftv3 = factor(ftv3)" }:frame()
    local groups = core.split(data, { "smoke" })
    for name, want in pairs(g.expect.smd) do
      local a, b = core.summary(groups[1].frame:column(name)),
        core.summary(groups[2].frame:column(name))
      local got = smd.pair(a, b)
      -- 0/1 numbers: the case uses p(1 - p), as for factors.
      if name == "ht" or name == "low" then
        local factor = data:mutate { ("%s = factor(%s)"):format(name, name) }
        got = smd.largest({ core.split(factor, { "smoke" })[1].frame,
          core.split(factor, { "smoke" })[2].frame }, name)
      end
      assert.is_true(math.abs(got - math.abs(want)) < 1e-8, name)
    end
  end)
end)
