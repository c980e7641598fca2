--- Survival curves: types, lower limits, start time, bands, conditional survival, Turnbull's
--- estimate.
local core = require "lobule.core"
local lb = require "lobule"

local SURV <const> = "Surv(time, dead) ~ 1"
local lung = lb.cohort "tests/data/survival_lung.csv"

local function near(got, want, tolerance)
  assert.is_number(got)
  assert.is_true(math.abs(got - want) <= tolerance, ("%.15g is not %.15g"):format(got, want))
end

local function column(frame, name)
  local list = {}
  for i = 1, #frame do list[i] = frame:column(name)[i] end
  return list
end

local function refused(text, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(text, 1, true), tostring(err))
end

local function frame(columns)
  return core.frame(columns)
end

describe("types of curves", function()
  it("are exp of minus the cumulative hazard, with its standard error", function()
    for _, kind in ipairs { "nelson-aalen", "fh2" } do
      local curve = lb.survival.km(SURV, lung, { type = kind })
      local hazard = lb.survival.km(SURV, lung):cumulative_hazard { type = kind }
      local own, k = curve:tidy(), 0
      for i = 1, #own do
        if own:column("n_event")[i] > 0 then
          k = k + 1
          local s = own:column("estimate")[i]
          near(-math.log(s), hazard:column("estimate")[k], 1e-12)
          near(own:column("std_error")[i] / s, hazard:column("std_error")[k], 1e-12)
        end
      end
      assert.are.equal(k, #hazard)
    end
  end)

  it("count tied events one after another: three of three are 1/3 + 1/2 + 1", function()
    local tied = frame { { "time", { 2, 2, 2 } }, { "dead", { true, true, true } } }
    local s = lb.survival.km(SURV, tied, { type = "fh2" }):tidy():column("estimate")[1]
    near(s, math.exp(-(1 / 3 + 1 / 2 + 1)), 1e-15)
  end)

  it("refuse the name that programs understand differently, and Peto's limit twice", function()
    refused("means two things", lb.survival.km, SURV, lung, { type = "fleming-harrington" })
    refused("lower limit of its own", lb.survival.km, SURV, lung,
      { conf_type = "log-peto", conf_lower = "modified" })
  end)

  it("have Peto's lower limit on the log scale under both names", function()
    local a = lb.survival.km(SURV, lung, { conf_type = "log-peto" }):tidy()
    local b = lb.survival.km(SURV, lung, { conf_type = "log", conf_lower = "peto" }):tidy()
    assert.are.same(column(a, "conf_low"), column(b, "conf_low"))
  end)

  it("have a robust variance of Nelson and Aalen's (R 4.2.2, survival 3.5-3: std.chaz)", function()
    -- survfit(Surv(t, e) ~ 1, weights = w, stype = 2, ctype = 1, robust = TRUE): one event of
    -- weight w1 among w1 + w2 has influence w1 w2 / (w1 + w2)^2 of both rows, with opposite signs.
    local two = frame { { "time", { 1, 2 } }, { "dead", { true, false } }, { "w", { 1.5, 2.5 } } }
    local row = lb.survival.km(SURV, two, { type = "nelson-aalen", weights = "w",
      weight_type = "sampling" }):tidy():rows_list()[1]
    near(row.std_error / row.estimate, math.sqrt(2) * 1.5 * 2.5 / 16, 1e-14)
  end)
end)

describe("start_time", function()
  it("gives the curve of those who reach it", function()
    local from = lb.survival.km(SURV, lung, { start_time = 200 })
    local kept = lb.survival.km(SURV, lung:filter "time >= 200")
    assert.are.same(column(kept:tidy(), "estimate"), column(from:tidy(), "estimate"))
    assert.are.equal(kept:glance():column("n")[1], from:glance():column("n")[1])
    assert.is_truthy(tostring(from):find("reach 200", 1, true))
  end)

  it("is the mend that thin late entry names", function()
    local late = frame { { "entry", { 0, 1, 5, 5, 5, 5, 5, 5 } },
      { "time", { 2, 2, 8, 9, 10, 11, 12, 13 } },
      { "dead", { true, true, true, false, true, false, true, true } } }
    local formula = "Surv(entry, time, dead) ~ 1"
    local km = lb.survival.km(formula, late)
    assert.is_truthy(tostring(km):find("curve is 0", 1, true))
    local later = lb.survival.km(formula, late, { start_time = 5 })
    assert.is_nil(tostring(later):find("curve is 0", 1, true))
    near(later:tidy():column("estimate")[1], 5 / 6, 1e-15)
  end)
end)

describe("bands", function()
  local km = lb.survival.km(SURV, lung)

  it("are wider than pointwise limits, equal precision by one factor", function()
    local band = km:band { conf_type = "plain", from = 100, to = 600 }
    local z = core.normal_quantile(0.975)
    local critical = band:column("critical")[1]
    assert.is_true(critical > 2.5 and critical < 3.5)
    local plain = lb.survival.km(SURV, lung, { conf_type = "plain" })
    for i = 2, #band, 20 do
      local time = band:column("time")[i]
      local point = plain:at({ time, time + 0.5 }):rows_list()[1]
      near((band:column("conf_high")[i] - point.estimate) / (point.conf_high - point.estimate),
        critical / z, 1e-9)
    end
  end)

  it("are drawn, and said to be simultaneous", function()
    local svg = km:plot({ band = "hall-wellner", width_mm = 89 }):svg()
    assert.is_truthy(svg:find("Bands: simultaneous 95 % CI", 1, true))
  end)

  it("are refused where they do not hold", function()
    refused("clusters", function()
      return lb.survival.km(SURV, lung, { cluster = "inst" }):band()
    end)
    refused("ends before", km.band, km, { from = 5, to = 2 })
  end)
end)

describe("conditional survival", function()
  it("is the ratio of survivals, and the curve of those who came so far", function()
    local km = lb.survival.km(SURV, lung)
    local row = km:conditional({ from = 200, times = { 400 } }):rows_list()[1]
    local kept = lb.survival.km(SURV, lung:filter "time > 200"):at { 300, 400 }
    near(row.estimate, kept:column("estimate")[2], 1e-12)
    near(row.std_error, kept:column("std_error")[2], 1e-12)
    near(row.conf_low, kept:column("conf_low")[2], 1e-12)
    assert.are.equal(#lung:filter("time > 200"):frame(), row.n_risk)
    refused("comes before", km.conditional, km, { from = 20, times = { 10 } })
  end)
end)

describe("Turnbull's estimate", function()
  local function fit(lower, upper, options)
    return lb.survival.turnbull("Surv_interval(lower, upper) ~ 1",
      frame { { "lower", lower, "real" }, { "upper", upper, "real" } },
      options or { replicates = 0 })
  end

  it("is Kaplan and Meier's with exact and right-censored times", function()
    local data = lung:mutate { "upper = if_else(dead == 1, time, NA)" }
    local tb = lb.survival.turnbull("Surv_interval(time, upper) ~ 1", data, { replicates = 0 })
    local km = lb.survival.km(SURV, lung):tidy()
    local events, tidy = {}, tb:tidy()
    for _, row in ipairs(km:rows_list()) do
      if row.n_event > 0 then events[#events + 1] = row.estimate end
    end
    for i, s in ipairs(events) do near(tidy:column("estimate")[i] or s, s, 1e-8) end
    assert.is_true(tb:glance():column("kkt")[1] <= 1e-9)
  end)

  it("by hand: (0,1], (0,2], (1,3], (2,3] put a half each on (0,1] and (2,3]", function()
    local tidy = fit({ 0, 0, 1, 2 }, { 1, 2, 3, 3 }):tidy()
    assert.are.same({ 0, 2 }, column(tidy, "left"))
    assert.are.same({ 1, 3 }, column(tidy, "right"))
    near(tidy:column("mass")[1], 0.5, 1e-9)
  end)

  it("says where survival is not known", function()
    local at = fit({ 0, 2 }, { 1, 3 }):at({ 0.5, 1.5 }):rows_list()
    assert.is_nil(at[1].estimate)
    near(at[1].survival_low, 0.5, 1e-12)
    near(at[1].survival_high, 1, 1e-12)
    near(at[2].estimate, 0.5, 1e-12)
  end)

  it("holds for one row, and for nobody with an event", function()
    assert.are.equal(1, fit({ 2 }, { 5 }):tidy():column("mass")[1])
    assert.is_truthy(tostring(fit({ 2, 3 }, { core.NA, core.NA })):find("no event", 1, true))
    assert.are.equal(1, #fit({ 4, 4 }, { 4, 4 }):tidy())
  end)

  it("takes frequencies as repeated rows, and tests groups", function()
    local d = lung:mutate { "upper = if_else(dead == 1, time + 30, NA)", "w = 2" }
    local formula = "Surv_interval(time, upper) ~ sex"
    local once = lb.survival.turnbull(formula, d, { replicates = 20 })
    local twice = lb.survival.turnbull(formula, d, { replicates = 0, weights = "w",
      weight_type = "frequency" })
    local a, b = column(once:tidy(), "mass"), column(twice:tidy(), "mass")
    assert.are.equal(#a, #b)
    for i = 1, #a do near(a[i], b[i], 1e-8) end
    local test = once:test():rows_list()[1]
    local logrank = lb.survival.logrank("Surv(time, dead) ~ sex", lung)
    assert.is_true(test.p_value < 0.01 and math.abs(test.statistic - logrank.statistic) < 2)
    assert.are.same(column(once:tidy(), "conf_low"), column(once:tidy(), "conf_low"))
  end)

  it("is refused elsewhere, and refuses times with events", function()
    refused("interval", lb.survival.km, "Surv_interval(time, time) ~ 1", lung)
    refused("limits of times", lb.survival.turnbull, SURV, lung)
  end)
end)
