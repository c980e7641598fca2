--- Stratified restricted means and survival at fixed times, against their strata one by one.
local lb = require "lobule"

local TAU <const> = 200
local veteran = lb.cohort "tests/data/survival_veteran.csv"
local FORMULA <const> = "Surv(time, dead) ~ trt"

local function near(got, want, tolerance)
  local close = math.abs(got - want) <= (tolerance or 1e-10) * math.max(1, math.abs(want))
  assert(close, ("got %.17g, expected %.17g"):format(got, want))
end

local function fails(text, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(text, 1, true), tostring(err))
end

--- The strata on their own: n of both groups, means and variances.
local function alone()
  local list = {}
  for i, prior in ipairs { 0, 1 } do
    local part = veteran:filter(("prior == %d"):format(prior))
    local rows = lb.survival.rmst(FORMULA, part, { tau = TAU }):tidy():rows_list()
    local a, b = rows[1], rows[3]
    list[i] = { n = { a.n, b.n }, mean = { a.estimate, b.estimate },
      variance = { a.std_error ^ 2, b.std_error ^ 2 } }
  end
  return list
end

local WEIGHT <const> = {
  size = function(s) return s.n[1] + s.n[2] end,
  mantel_haenszel = function(s) return s.n[1] * s.n[2] / (s.n[1] + s.n[2]) end,
  inverse_variance = function(s) return 1 / (s.variance[1] + s.variance[2]) end,
}

describe("stratified restricted means", function()
  local strata = alone()
  for name, weight in pairs(WEIGHT) do
    it("weighted by " .. name, function()
      local fit = lb.survival.rmst(FORMULA .. " + strata(prior)", veteran, { tau = TAU,
        stratum_weights = name })
      local total, difference, variance = 0, 0, 0
      for _, s in ipairs(strata) do total = total + weight(s) end
      for _, s in ipairs(strata) do
        local w = weight(s) / total
        difference = difference + w * (s.mean[2] - s.mean[1])
        variance = variance + w ^ 2 * (s.variance[1] + s.variance[2])
      end
      local row = fit:compare():rows_list()[1]
      near(row.estimate, difference)
      near(row.std_error, math.sqrt(variance))
      assert.is_truthy(tostring(fit):find("Stratified (2 strata)", 1, true))
      if name == "size" then
        near(fit:difference { trt = "test" }.estimate, difference)
        near(fit:tests():rows_list()[1].statistic, (difference / math.sqrt(variance)) ^ 2)
      end
    end)
  end

  it("one stratum is none", function()
    local one = veteran:mutate { "all = 'x'" }
    local a = lb.survival.rmst(FORMULA .. " + strata(all)", one, { tau = TAU })
    local b = lb.survival.rmst(FORMULA, veteran, { tau = TAU })
    near(a:compare():rows_list()[2].std_error, b:compare():rows_list()[2].std_error)
  end)

  it("a cluster a row is the jackknife; clusters across groups have covariances", function()
    local rows, frame = { n = 137 }, veteran:frame()
    for i = 1, 137 do rows[i] = i end
    local columns = { { "id", rows } }
    for _, name in ipairs { "time", "dead", "trt", "prior" } do
      columns[#columns + 1] = { name, frame:column(name):totable() }
    end
    local data = lb.frame(columns)
    for _, name in ipairs { "size", "mantel_haenszel", "inverse_variance" } do
      local options = { tau = TAU, cluster = "id", stratum_weights = name }
      local a = lb.survival.rmst(FORMULA .. " + strata(prior)", data, options):compare():rows_list()
      options.cluster = nil
      local b = lb.survival.rmst(FORMULA .. " + strata(prior)", data, options):compare():rows_list()
      for i = 1, #a do
        near(a[i].estimate, b[i].estimate, 0.02)
        near(a[i].std_error, b[i].std_error, 0.02)
      end
    end
    -- Each row twice, in both groups: every difference is 0 and has no variance.
    local twice = data:mutate { "trt = 'standard'" }:append(data:mutate { "trt = 'test'" })
    local fit = lb.survival.rmst(FORMULA .. " + strata(prior)", twice, { tau = TAU,
      cluster = "id" })
    near(fit:compare():rows_list()[1].estimate, 0)
    assert.is_nil(fit:compare():rows_list()[1].p_value)
  end)

  it("a stratum without a group, or that ends before tau, is refused", function()
    local data = veteran:mutate { "s = if_else(trt == 'test' and time > 100, 'late', 'rest')" }
    fails("group 'standard' in stratum 'late' has no rows", lb.survival.rmst,
      FORMULA .. " + strata(s)", data, { tau = 50 })
    fails("beyond the last time of group", lb.survival.rmst, FORMULA .. " + strata(prior)",
      veteran:mutate { "dead = if_else(time > 300, 0, dead)" }, { tau = 980 })
  end)

  it("of ten thousand groups are no matter of minutes", function()
    local time, dead, group = {}, {}, {}
    for i = 1, 40000 do
      time[i], dead[i] = (i * 7919) % 97 + 1, i % 3 == 0 and 1 or 0
      group[i] = ("%05d"):format(i % 10000)
    end
    local fit = lb.survival.rmst("Surv(time, dead) ~ g", lb.frame { { "time", time },
      { "dead", dead }, { "g", group } }, { tau = 1 })
    assert.equal(10000, #fit.fit.groups)
    assert.is_nil(fit.fit.measures[1][1].vcov)
  end)
end)
