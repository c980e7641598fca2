--- Mixture cure models: closed forms, properties, what the follow-up cannot tell, refusals.
local core = require "lobule.core"
local lb = require "lobule"

local function near(got, want, tolerance)
  assert.is_true(math.abs(got - want) <= (tolerance or 1e-7) * math.max(1, math.abs(want)),
    ("got %.17g, expected %.17g"):format(got, want))
end

local function refused(part, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  local text = tostring(err) .. "\n" .. err.context
  assert.is_truthy(text:find(part, 1, true), text)
end

describe("survival.cure", function()
  local cure <const> = lb.survival.cure
  local FORMULA <const> = "Surv(rec_time, recurred) ~ rx"
  local OPTIONS <const> = { cure = "~ rx + node4" }
  local d = lb.cohort("tests/data/survival_colon.csv")

  it("is a share and an exponential mean when the censored are long past", function()
    local frame = core.frame { { "time", { 1, 2, 3, 4, 5, 6, 1e5, 1e5, 1e5 } },
      { "event", { 1, 1, 1, 1, 1, 1, 0, 0, 0 } } }
    local fit = cure("Surv(time, event) ~ 1", frame, { distribution = "exponential" })
    local c = fit:cure_fraction():rows_list()[1]
    near(c.estimate, 1 / 3)
    near(c.std_error, math.sqrt(2 / 9 / 9))
    near(fit.fit.coef[1], math.log(3.5))
    near(fit.fit.std_error[1], 1 / math.sqrt(6))
    near(fit.fit.log_lik, -6 * math.log(3.5) - 6 + 6 * math.log(2 / 3) + 3 * math.log(1 / 3))
    assert.are.equal(math.huge, fit:predict({ type = "quantile",
      prob = { 0.8 } }):column("estimate")[1])
    near(fit:predict({ type = "quantile", prob = { 1 / 3 } }):column("estimate")[1],
      3.5 * math.log(2))
  end)

  it("keeps odds and time ratios when time is stretched; rows may come in any order", function()
    local years = d:mutate { "rec_time = rec_time / 365.25" }
    for _, name in ipairs { "weibull", "lognormal", "loglogistic", "gengamma" } do
      local options = { cure = "~ rx + node4", distribution = name }
      local a, b = cure(FORMULA, d, options), cure(FORMULA, years, options)
      local c = cure(FORMULA, d:frame():sort "age", options)
      assert.is_true(a.converged and b.converged and c.converged, name)
      assert.is_true(a.fit.log_lik > a.fit.log_lik_none)
      near(b.fit.log_lik, a.fit.log_lik + 468 * math.log(365.25), 1e-9)
      near(c.fit.log_lik, a.fit.log_lik, 1e-10)
      for _, j in ipairs { 2, 3, #a.fit.coef - 1, #a.fit.coef } do
        near(b.fit.coef[j], a.fit.coef[j], 1e-6)
        near(b.fit.std_error[j], a.fit.std_error[j], 1e-5)
      end
    end
  end)

  it("predicts one curve in several ways, down to the cured", function()
    local fit = cure(FORMULA, d, OPTIONS)
    local people = { rx = { "Obs", "Lev+5FU" }, node4 = { 0, 1 } }
    local h = fit:predict({ type = "cumulative_hazard", newdata = people,
      times = { 499.9, 500.1 } }):column "estimate"
    near((h[2] - h[1]) / 0.2, fit:predict({ type = "hazard", newdata = people,
      times = { 500 } }):column("estimate")[1], 1e-6)
    local far = fit:predict { type = "survival", newdata = people, times = { 1e9 } }
    local c = fit:cure_fraction { newdata = people }
    for i = 1, 2 do
      near(far:column("estimate")[i], c:column("estimate")[i])
      near(far:column("std_error")[i], c:column("std_error")[i])
    end
    assert.are.equal(8, #fit:tidy())
    assert.are.equal("cure:node4", fit:vcov():column("term")[8])
    assert.is_truthy(tostring(fit):find("Cured: odds ratio", 1, true))
    assert.are.equal("survival.cure", core.json_decode(fit:to_json()).kind)
    assert.are.equal("table", fit:report_blocks()[1].kind)
  end)

  it("takes frequencies as repeated rows and counts rows missing in either part", function()
    local w = d:mutate { "w = 1 + id % 3" }
    local frame, list = w:frame(), {}
    for i, k in ipairs(frame:column("w"):totable()) do
      for _ = 1, k do list[#list + 1] = i end
    end
    local a = cure(FORMULA, w, { weights = "w", weight_type = "frequency" })
    local b = cure(FORMULA, core.take(frame, list))
    near(a.fit.log_lik, b.fit.log_lik, 1e-10)
    near(a.fit.std_error[5], b.fit.std_error[5], 1e-6)
    local missing = cure("Surv(rec_time, recurred) ~ 1", d, { cure = "~ differ" })
    assert.is_true(missing.info.n_missing > 0)
    assert.are.equal(929 - missing.info.n_missing, missing.info.n)
  end)

  it("says what the follow-up cannot tell", function()
    local lung = lb.cohort("tests/data/survival_lung.csv")
    local fit = cure("Surv(time, dead) ~ 1", lung)
    assert.is_truthy(tostring(fit):find("without cure fits as well", 1, true))
    local ended = cure("Surv(time, dead) ~ 1", lung:filter "time < 800 or dead == 1")
    assert.is_truthy(tostring(ended):find("after the last event", 1, true))
  end)

  it("gives strata their scales: saturated, it is separate fits", function()
    local whole = cure("Surv(rec_time, recurred) ~ sex + strata(sex)", d, { cure = "~ sex" })
    local a = cure("Surv(rec_time, recurred) ~ 1", d:filter "sex == 'female'")
    local b = cure("Surv(rec_time, recurred) ~ 1", d:filter "sex == 'male'")
    near(whole.fit.log_lik, a.fit.log_lik + b.fit.log_lik, 1e-11)
    near(whole.fit.coef[3], a.fit.coef[2], 1e-6)
    near(whole.fit.coef[4], b.fit.coef[2], 1e-6)
    near(whole.fit.std_error[4], b.fit.std_error[2], 1e-5)
    assert.are.equal("log(scale):male", whole:tidy():column("term")[4])
    assert.is_truthy(tostring(whole):find("each of 2 strata", 1, true))
    local people, other = { sex = { "male" } }, { sex = { "female" } }
    for _, kind in ipairs { "survival", "rmst", "quantile" } do
      local places = kind == "quantile" and { prob = { 0.2 } } or { times = { 900 } }
      local x = a:predict { type = kind, times = places.times, prob = places.prob,
        newdata = { node4 = { 0 } } }:rows_list()[1]
      local y = b:predict { type = kind, times = places.times, prob = places.prob,
        newdata = { node4 = { 0 } } }:rows_list()[1]
      local got = whole:difference { type = kind, at = places.times, prob = places.prob,
        newdata = people, reference = other }:rows_list()[1]
      near(got.estimate, y.estimate - x.estimate, 1e-6)
      near(got.std_error, (x.std_error ^ 2 + y.std_error ^ 2) ^ 0.5, 1e-5)
    end
  end)

  it("makes a robust variance: clusters of one row, frequencies as repeated rows", function()
    local one = cure(FORMULA, d, { cure = "~ rx + node4", robust = true })
    local own = cure(FORMULA, d, { cure = "~ rx + node4", cluster = "id" })
    local naive = cure(FORMULA, d, OPTIONS)
    local frame, list = d:mutate({ "k = 1 + case(age > 60, 1, 0)" }):frame(), {}
    for i, k in ipairs(frame:column("k"):totable()) do
      for _ = 1, k do list[#list + 1] = i end
    end
    local w = cure(FORMULA, frame, { weights = "k", weight_type = "frequency", robust = true })
    local r = cure(FORMULA, core.take(frame, list), { robust = true })
    local sampled = cure(FORMULA, frame, { weights = "k", weight_type = "sampling" })
    near(w.fit.log_lik, r.fit.log_lik, 1e-10)
    for j = 1, #w.fit.coef do
      near(w.fit.std_error[j], r.fit.std_error[j], 1e-6)
      near(sampled.fit.coef[j], w.fit.coef[j], 1e-6)
    end
    for j = 1, #one.fit.coef do
      near(own.fit.std_error[j], one.fit.std_error[j], 1e-9)
      near(one.fit.naive_vcov[j][j] ^ 0.5, naive.fit.std_error[j], 1e-9)
      assert.is_true(math.abs(one.fit.std_error[j] / naive.fit.std_error[j] - 1) < 0.3)
    end
    assert.is_truthy(tostring(own):find("929 clusters", 1, true))
  end)

  it("knows the uncured alone", function()
    local fit = cure(FORMULA, d, OPTIONS)
    local people = { rx = { "Obs", "Lev+5FU" }, node4 = { 0, 1 } }
    local function column(options)
      options.newdata, options.times = people, options.times or nil
      return fit:predict(options):column "estimate"
    end
    local all = column { type = "survival", times = { 700 } }
    local rest = column { type = "survival", times = { 700 }, of = "uncured" }
    local c = fit:cure_fraction { newdata = people }:column "estimate"
    local middle = column { type = "quantile", of = "uncured" }
    for i = 1, 2 do
      near(all[i], c[i] + (1 - c[i]) * rest[i], 1e-9)
      assert.is_true(middle[i] < 700)
    end
    local later = fit:cure_fraction { newdata = people, at = { 0, 700 } }:rows_list()
    for i = 1, 2 do
      near(later[2 * i - 1].estimate, c[i], 1e-12)
      near(later[2 * i].estimate, c[i] / all[i], 1e-9)
    end
    local alone = cure("Surv(time, event) ~ 1", core.frame { { "time", { 1, 2, 3, 4, 5, 6, 1e5,
      1e5, 1e5 } }, { "event", { 1, 1, 1, 1, 1, 1, 0, 0, 0 } } }, { distribution = "exponential" })
    local row = alone:cure_fraction({ at = { 2 } }):rows_list()[1]
    -- log odds of 1/3 plus t / 3.5; variances 1 / (n c (1 - c)) and (t / 3.5)^2 / 6
    local odds, error = math.log(0.5) + 2 / 3.5, (1 / 2 + (2 / 3.5) ^ 2 / 6) ^ 0.5
    local p = 1 / (1 + math.exp(-odds))
    near(row.estimate, p, 1e-7)
    near(row.std_error, p * (1 - p) * error, 1e-6)
    near(row.conf_high, 1 / (1 + math.exp(-odds - core.normal_quantile(0.975) * error)), 1e-6)
    local ratio = fit:hazard_ratio { at = { 700 }, variable = "rx" }:rows_list()
    local h = column { type = "hazard", times = { 700 } }
    local again = fit:hazard_ratio { at = { 700 }, newdata = { rx = { "Obs" }, node4 = { 0 } },
      reference = { rx = { "Lev+5FU" }, node4 = { 1 } } }:rows_list()[1]
    near(again.estimate, h[1] / h[2], 1e-9)
    assert.are.equal(2, #ratio)
  end)

  it("refuses what it cannot take", function()
    refused("terms of the cured fraction", cure, FORMULA, d, { cure = "rx" })
    refused("unknown choice 'gompertz'", cure, FORMULA, d, { distribution = "gompertz" })
    refused("of the latency", cure, FORMULA, d, { cure = "~ strata(sex)" })
    refused("unknown choice 'cured'", function()
      return cure(FORMULA, d):predict { of = "cured" }
    end)
    refused("no event", cure, "Surv(time, event) ~ 1",
      core.frame { { "time", { 1, 2 } }, { "event", { 0, 0 } } })
    refused("mean", function() return cure(FORMULA, d):predict { type = "mean" } end)
  end)
end)
