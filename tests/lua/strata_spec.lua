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

describe("stratified survival at fixed times", function()
  local TIMES <const> = { 60, 150 }
  local whole = lb.survival.km(FORMULA .. " + prior", veteran)
  for name, weight in pairs {
    size = function(a, b) return a.n + b.n end,
    mantel_haenszel = function(a, b) return a.n * b.n / (a.n + b.n) end,
    inverse_variance = function(a, b) return 1 / (a.variance + b.variance) end,
  } do
    it("weighted by " .. name, function()
      local rows = whole:compare { times = TIMES, strata = "prior", scales = "plain",
        stratum_weights = name }:rows_list()
      for k, time in ipairs(TIMES) do
        local total, difference, variance = 0, 0, 0
        for prior = 0, 1 do
          local point = {}
          for i, arm in ipairs { "standard", "test" } do
            local fit = lb.survival.km("Surv(time, dead) ~ 1",
              veteran:filter(("prior == %d and trt == '%s'"):format(prior, arm)))
            local row = fit:at({ times = { time, 10000 } }):rows_list()[1]
            point[i] = { n = fit.info.n, s = row.estimate, variance = row.std_error ^ 2 }
          end
          local w = weight(point[1], point[2])
          total, difference = total + w, difference + w * (point[2].s - point[1].s)
          variance = variance + w ^ 2 * (point[1].variance + point[2].variance)
        end
        near(rows[k].estimate, difference / total)
        near(rows[k].std_error, math.sqrt(variance) / total)
        assert.is_truthy(rows[k].standardised:find("prior, ", 1, true))
      end
    end)
  end

  it("other scales are of the standardised curves", function()
    local rows = whole:compare { times = { 60 }, strata = "prior",
      scales = { "plain", "log" } }:rows_list()
    local reverse = whole:compare { times = { 60 }, strata = "prior", pairs = "all",
      scales = { "plain" } }:rows_list()
    assert.equal(2, #rows)
    near(reverse[1].estimate, rows[1].estimate)
    assert.is_true((rows[1].estimate < 0) == (rows[2].estimate < 1))
  end)

  it("refuses what is no variable of the groups, and empty strata", function()
    fails("none of the variables that make the groups", whole.compare, whole, { times = TIMES,
      strata = "celltype" })
    fails("one group alone", function()
      lb.survival.km("Surv(time, dead) ~ prior", veteran):compare { times = TIMES,
        strata = "prior" }
    end)
    local part = veteran:filter("not (trt == 'test' and prior == 1)")
    local km = lb.survival.km(FORMULA .. " + prior", part)
    fails("trt=test has no rows in prior=1", km.compare, km, { times = TIMES, strata = "prior" })
  end)

  it("finds strata by any name, beside levels that look like them", function()
    local frame = veteran:frame()
    local prior, names = frame:column "prior", { "ärztin", "1", "100%", "a=b" }
    for _, name in ipairs(names) do
      local columns = { { name, {} }, { "site", {} } }
      for i = 1, #frame do
        columns[1][2][i] = prior[i] == 1 and "u, site=v" or "u"
        columns[2][2][i] = frame:column "trt"[i] == "test" and ("x, %s=u"):format(name) or "x"
      end
      columns[3] = { "time", frame:column "time":totable() }
      columns[4] = { "dead", frame:column "dead":totable() }
      local km = lb.survival.km(("Surv(time, dead) ~ `%s` + site"):format(name),
        lb.frame(columns))
      local row = km:compare { times = { 60 }, strata = name, pairs = "all" }:rows_list()[1]
      near(math.abs(row.estimate), math.abs(whole:compare { times = { 60 }, strata = "prior" }
        :rows_list()[1].estimate))
      assert.is_truthy(row.strata:find("site=x", 1, true))
      assert.equal(name .. ", size", row.standardised)
      -- Not also the groups "u, site=v", in which site is x too.
      assert.equal(2, #km:at({ 60, [name] = "u" }):rows_list())
    end
  end)

  it("finds strata whose levels hold commas", function()
    local data = veteran:mutate { "site = if_else(prior == 1, 'a, b', 'c=d, e')" }
    for _, groups in ipairs { "trt + site", "site + trt" } do
      local km = lb.survival.km("Surv(time, dead) ~ " .. groups, data)
      local row = km:compare { times = { 60 }, strata = "site" }:rows_list()[1]
      near(row.estimate, whole:compare { times = { 60 }, strata = "prior" }:rows_list()[1].estimate)
      assert.equal("trt=test", row.strata)
    end
  end)
end)

describe("curves at times", function()
  local few = lb.frame { { "t", { 1, 2, 3, 4, 5 } }, { "e", { 0, 1, 0, 1, 0 } } }

  it("are carried on when asked to", function()
    local km = lb.survival.km("Surv(t, e) ~ 1", few)
    assert.is_nil(km:at { 9 }.estimate)
    near(km:at({ 9, extend = true }).estimate, 0.75 * 0.5)
    near(km:at({ times = { 4, 9 }, extend = true }):rows_list()[2].estimate, 0.75 * 0.5)
  end)

  -- R 4.2.2, survival 3.5-3 has 1 between its rows there, and NA in them on the log-log scale.
  it("have limits of 1 while nobody had the event, on every scale", function()
    for _, scale in ipairs { "log-log", "logit", "plain", "log", "arcsine" } do
      local km = lb.survival.km("Surv(t, e) ~ 1", few, { conf_type = scale })
      for _, time in ipairs { 0.5, 1 } do
        assert.equal(1, km:at({ time }).conf_low)
        assert.equal(1, km:at({ time }).conf_high)
      end
    end
  end)

  it("a million ties at one time are one step", function()
    local time, event = {}, {}
    for i = 1, 1000000 do time[i], event[i] = 5, i % 4 == 0 and 0 or 1 end
    local row = lb.survival.km("Surv(t, e) ~ 1", lb.frame { { "t", time }, { "e", event } })
      :tidy():rows_list()
    assert.equal(1, #row)
    near(row[1].estimate, 0.25)
    near(row[1].std_error, math.sqrt(0.25 * 0.75 / 1e6))
  end)
end)

describe("quantiles compared", function()
  local km = lb.survival.km(FORMULA, veteran)

  it("are the difference and ratio of the quantiles", function()
    for _, row in ipairs(km:compare { quantile = { 0.25, 0.5 } }:rows_list()) do
      local a = km:quantile { prob = row.prob, trt = "test" }.estimate
      local b = km:quantile { prob = row.prob, trt = "standard" }.estimate
      near(row.estimate, row.measure:find "^ratio" and a / b or a - b)
      assert.is_true(row.conf_low < row.estimate and row.estimate < row.conf_high)
    end
  end)

  it("recover the limits of both", function()
    for _, conf_type in ipairs { "log-log", "plain", "log", "logit", "arcsine" } do
      local fit = lb.survival.km(FORMULA, veteran, { conf_type = conf_type })
      local a, b = fit:median { trt = "test" }, fit:median { trt = "standard" }
      local rows = fit:compare { quantile = 0.5 }:rows_list()
      near(rows[1].conf_low, rows[1].estimate
        - math.sqrt((a.estimate - a.conf_low) ^ 2 + (b.conf_high - b.estimate) ^ 2))
      near(rows[1].conf_high, rows[1].estimate
        + math.sqrt((a.conf_high - a.estimate) ^ 2 + (b.estimate - b.conf_low) ^ 2))
      near(math.log(rows[2].conf_high), math.log(rows[2].estimate) + math.sqrt(
        math.log(a.conf_high / a.estimate) ^ 2 + math.log(b.estimate / b.conf_low) ^ 2))
    end
  end)

  it("exclude no difference where p is below the level", function()
    for _, method in ipairs { "recovery", "dispersion" } do
      local p = km:compare { quantile = 0.5, method = method }:rows_list()[1].p_value
      for _, by in ipairs { -0.02, 0.02 } do
        local row = km:compare { quantile = 0.5, method = method,
          conf_level = 1 - p + by }:rows_list()[1]
        assert.equal(by > 0, row.conf_low <= 0 and 0 <= row.conf_high)
      end
    end
  end)

  it("of a curve and itself moved are the move", function()
    local frame = veteran:frame()
    local moved = veteran:mutate { "arm = 'b'", "time = time + 20" }
    local both = veteran:mutate { "arm = 'a'" }:append(moved)
    local fit = lb.survival.km("Surv(time, dead) ~ arm", both)
    for _, method in ipairs { "recovery", "dispersion" } do
      local row = fit:compare { quantile = 0.5, method = method }:rows_list()[1]
      near(row.estimate, 20)
      assert.is_true(row.conf_low < 20 and 20 < row.conf_high)
    end
    assert.equal(137, #frame)
  end)

  it("are NA where not reached", function()
    local rows = km:compare { quantile = 0.999 }:rows_list()
    assert.is_nil(rows[1].conf_high)
    local short = lb.survival.km(FORMULA, veteran:mutate { "dead = if_else(time > 30, 0, dead)" })
    local row = short:compare { quantile = 0.5 }:rows_list()[1]
    assert.is_nil(row.estimate)
    assert.is_nil(row.conf_low)
    assert.is_nil(row.p_value)
  end)

  it("have no p-value where the limit that decides is open", function()
    local time, group = {}, {}
    for i = 1, 300 do time[i], group[i] = i % 2 == 0 and 5 or 7, i % 3 == 0 and "a" or "b" end
    group[1] = "a"
    local ties = lb.frame { { "t", time }, { "g", group } }:mutate { "e = t > 0" }
    local row = lb.survival.km("Surv(t, e) ~ g", ties):compare { quantile = 0.6 }:rows_list()[1]
    assert.equal(0, row.estimate)
    row = lb.survival.km("Surv(t, e) ~ g", ties:mutate { "t = if_else(g == 'b', t - 4, t)" })
      :compare { quantile = 0.6 }:rows_list()[1]
    assert.equal(-4, row.estimate)
    assert.is_nil(row.p_value)
    assert.is_nil(row.conf_high)
  end)

  --- The warnings that f writes.
  local function warnings(f)
    local stderr, list = io.stderr, {}
    rawset(io, "stderr", { write = function(_, ...) list[#list + 1] = table.concat { ... } end })
    local ok, err = pcall(f)
    rawset(io, "stderr", stderr)
    assert(ok, err)
    return list
  end

  it("have no limits and test with fewer than 5 events before or people after", function()
    local time, group = {}, {}
    for i = 1, 60 do time[i], group[i] = i // 2 + i / 100, i % 2 == 0 and "a" or "b" end
    local fit = lb.survival.km("Surv(t, e) ~ g", lb.frame { { "t", time }, { "g", group } }
      :mutate { "e = t > 0" })
    for _, method in ipairs { "recovery", "dispersion" } do
      -- 30 a group: quantile 0.15 is the 5th event, 0.82 the 25th, with 5 people after it.
      for prob, lack in pairs { [0.13] = "events at or before", [0.15] = false, [0.82] = false,
        [0.86] = "people at risk after", [0.01] = "events at or before" } do
        local row
        local list = warnings(function()
          row = fit:compare { quantile = prob, method = method }:rows_list()[1]
        end)
        assert.is_number(row.estimate)
        assert.equal(lack and 2 or 0, #list)
        if lack then
          assert.is_truthy(list[1]:find(lack, 1, true) and list[2]:find("g=b", 1, true))
          assert.is_nil(row.conf_low or row.conf_high or row.p_value or row.statistic)
        else
          assert.is_true((row.conf_low or row.conf_high) and row.p_value > 0.05)
        end
      end
    end
    local list = warnings(function()
      lb.survival.km("Surv(t, e) ~ g", lb.frame { { "t", time }, { "g", group } }
        :mutate { "e = t > 0 and (g == 'b' or t < 9)" }):compare { quantile = 0.6 }
    end)
    assert.equal(1, #list)
    assert.is_truthy(list[1]:find("quantile 0.6 of 'g=a': the curve does not fall", 1, true))
  end)

  it("are of one fraction at least, on one scale at least", function()
    fails("quantile: the list is empty", km.compare, km, { quantile = {} })
    fails("scales: the list is empty", km.compare, km, { times = { 9 }, scales = {} })
    fails("quantile: expected fractions", km.compare, km, { quantile = 2 })
  end)

  it("go with no times, scales or strata", function()
    fails("do not go together", km.compare, km, { quantile = 0.5, times = { 1 } })
    fails("do not go together", km.compare, km, { quantile = 0.5, scales = "log" })
    fails("fractions between 0 and 1", km.compare, km, { quantile = 2 })
    fails("method is of quantiles", km.compare, km, { times = { 1 }, method = "dispersion" })
    fails("there are no times", km.compare, km, {})
  end)
end)
