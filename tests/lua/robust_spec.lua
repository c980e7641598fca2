--- Robust variances wherever a fit's uncertainty is read: predictions, baseline, concordance, tests
--- and Kaplan-Meier curves. Reference values: R 4.2.2, survival 3.5-3, on survival::lung without
--- rows whose centre is missing; the call stands beside each.
local core = require "lobule.core"
local lb = require "lobule"

local lung = lb.cohort "tests/data/survival_lung.csv"
local TOL_REFERENCE <const> = 1e-8
local TOL_DIFFERENCES <const> = 1e-5 -- derivatives by central differences of R's refits

local function near(got, want, tolerance)
  local off = math.abs(got - want) / math.abs(want)
  assert.is_true(off < (tolerance or TOL_REFERENCE), ("%.12g, expected %.12g"):format(got, want))
end

local function fails(message, call, ...)
  local ok, err = pcall(call, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(message, 1, true), tostring(err))
end

local function first(frame, name)
  return frame:column(name)[1]
end

describe("a clustered Cox fit", function()
  -- f <- coxph(Surv(time, dead) ~ age + ph_karno + cluster(inst), lung, eps = 1e-12)
  local cox = lb.survival.cox("Surv(time, dead) ~ age + ph_karno + cluster(inst)", lung)

  it("predicts with robust standard errors", function()
    local lp = cox:predict()
    for i, want in ipairs { 0.040952527414473, -0.039051178932143, -0.199058591625373 } do
      near(lp:column("estimate")[i], want) -- predict(f, type = "lp", se.fit = TRUE)
    end
    for i, want in ipairs { 0.071317693677384, 0.062742665606598, 0.087101247039452 } do
      near(lp:column("std_error")[i], want)
    end
    local terms = cox:predict { type = "terms" }
    near(first(terms, "age_std_error"), 0.060770814748476) -- predict(f, type = "terms")
    near(first(terms, "ph_karno_std_error"), 0.068169808873056)
    local augmented = cox:augment()
    near(first(augmented, "linear_predictor_std_error"), 0.071317693677384)
  end)

  it("multiplies by the risk where R takes its root", function()
    local risk = cox:predict { type = "risk" }
    near(first(risk, "estimate"), 1.0418026473063)
    near(first(risk, "std_error"), 1.0418026473063 * 0.071317693677384)
    -- predict(f, type = "risk", se.fit = TRUE)$se.fit[1]
    near(first(risk, "std_error") / math.sqrt(first(risk, "estimate")), 0.072793067098872)
  end)
end)

describe("a clustered Cox fit with a factor", function()
  -- f <- coxph(Surv(time, dead) ~ age + sex + cluster(inst), lung), sex a factor, female first
  local cox = lb.survival.cox("Surv(time, dead) ~ age + sex + cluster(inst)", lung)
  local people = { age = { 50, 70 }, sex = { "female", "male" } }

  it("has the robust Wald and score tests, printed in the place of the likelihood ratio", function()
    local tests = cox:tests():rows_list()
    near(tests[2].statistic, 26.12, 5e-4) -- summary(f)$waldtest, printed to two decimals
    assert.are.equal("robust score", tests[4].test)
    near(tests[4].statistic, 7.0342727200692) -- summary(f)$robscore
    near(tests[4].p_value, 0.0296843187734)
    local text = tostring(cox)
    assert.is_truthy(text:find("robust Wald 26.12 on 2 df, p <0.001; robust score 7.03, p = 0.03",
      1, true), text)
    assert.is_nil(text:find("likelihood ratio", 1, true))
    assert.is_truthy(tostring(lb.survival.cox("Surv(time, dead) ~ age", lung)):find(
      "likelihood ratio", 1, true))
  end)

  it("has a clustered error of concordance, none for newdata", function()
    local c = cox:concordance()
    near(first(c, "concordance"), 0.6036517704025) -- summary(f)$concordance
    near(first(c, "std_error"), 0.0198478101998)
    near(first(cox:glance(), "concordance_std_error"), 0.0198478101998)
    local new = cox:concordance { newdata = lung }
    assert.is_number(first(new, "concordance"))
    assert.is_nil(first(new, "std_error"))
  end)

  it("differs from R in the centre of a factor only", function()
    -- predict(f, newdata, type = "lp", se.fit = TRUE): R's centre is male = 0, ours its mean
    local vcov, lp = cox:vcov(), cox:predict { newdata = people }
    local b, mean = cox:tidy():column("estimate")[2], 0
    local used = lung:filter "not is_na(inst)"
    for _, row in ipairs(used.data:rows_list()) do
      mean = mean + (row.sex == "male" and 1 or 0) / #used.data
    end
    near(lp:column("estimate")[1] + b * mean, -0.211530507258)
    near(lp:column("estimate")[2] + b * mean, 0.640807708066)
    local v = vcov:rows_list()
    local za, zs = 70 - 62.418502202643, 1 - mean
    local variance = za ^ 2 * v[1].age + 2 * za * zs * v[2].age + zs ^ 2 * v[2]["sex[male]"]
    near(lp:column("std_error")[2], math.sqrt(variance))
    near(math.sqrt(za ^ 2 * v[1].age + 2 * za * v[2].age + v[2]["sex[male]"]), 0.1290713278217)
  end)

  it("predicts survival with the jackknife of baseline and coefficients", function()
    -- Cumulative hazard at 300 days of a woman of 50, a man of 70, and the root of the sum over
    -- centres of its squared derivative to the centre's weight, by refits in R
    local s = cox:predict { type = "survival", newdata = people, times = { 300 } }
    for i, want in ipairs { { 0.372647635354, 0.0568266593601 },
      { 0.873904859715, 0.0885812004742 } } do
      local hazard = s:column("cumulative_hazard")[i]
      near(hazard, want[1])
      near(s:column("std_error")[i], math.exp(-hazard) * want[2], TOL_DIFFERENCES)
    end
    -- The hazard of the baseline is that of a person of 0 years, read from a prediction.
    local zero = cox:predict { type = "survival", newdata = { age = { 0 }, sex = { "female" } },
      times = { 300 } }
    local baseline = cox:baseline { times = { 300 } }
    near(first(baseline, "estimate"), first(zero, "cumulative_hazard"))
    near(first(baseline, "std_error"), first(zero, "std_error") / first(zero, "estimate"))
  end)

  it("expects events with the same variance", function()
    local newdata = { age = { 50 }, sex = { "female" }, time = { 300 }, dead = { 1 } }
    local expected = cox:predict { type = "expected", newdata = newdata }
    near(first(expected, "estimate"), 0.372647635354)
    near(first(expected, "std_error"), 0.0568266593601, TOL_DIFFERENCES)
  end)
end)

describe("sampling weights", function()
  it("reach predictions and concordance", function()
    -- w = 0.5 + (row %% 7)/3; g <- coxph(Surv(time, dead) ~ age + ph_karno, d, w, robust = TRUE)
    local used = lung:filter "not is_na(inst) and not is_na(ph_karno)"
    local w = {}
    for i = 1, #used.data do w[i] = 0.5 + i % 7 / 3 end
    local data = core.with_column(used.data, "w", lb.frame({ { "w", w } }):column "w")
    local cox = lb.survival.cox("Surv(time, dead) ~ age + ph_karno", data, { weights = "w",
      weight_type = "sampling" })
    near(first(cox:tidy(), "std_error"), 0.010325417047163)
    near(first(cox:predict(), "std_error"), 0.134035629931844)
    near(first(cox:concordance(), "concordance"), 0.614754410257634)
    near(first(cox:concordance(), "std_error"), 0.028590051575306)
    local s = cox:predict { type = "survival", newdata = { age = { 60 }, ph_karno = { 80 } },
      times = { 300 } }
    near(first(s, "cumulative_hazard"), 0.57896637141406)
    near(first(s, "std_error"), math.exp(-0.57896637141406) * 0.070569075624305, TOL_DIFFERENCES)
    assert.is_truthy(tostring(cox):find("each row a subject; weights w", 1, true))
    -- Weighted counts have one decimal.
    local km = lb.survival.km("Surv(time, dead) ~ 1", data, { weights = "w", weight_type = "case" })
    assert.is_truthy(tostring(km):find(" %d+%.%d "))
    local test = tostring(lb.survival.logrank("Surv(time, dead) ~ sex", data, { weights = "w",
      weight_type = "case" }))
    assert.is_truthy(test:find("female +%d+ +%d+%.%d +%d+%.%d\n"), test) -- N counts rows
    fails('weight_type = "sampling"', lb.survival.logrank, "Surv(time, dead) ~ sex", data,
      { weights = "w", weight_type = "frequency" })
  end)
end)

describe("Kaplan-Meier curves with clusters", function()
  -- survfit(Surv(time, dead) ~ sex, lung, cluster = inst), summary at 200 and 400 days
  local km = lb.survival.km("Surv(time, dead) ~ sex + cluster(inst)", lung)
  local want = { 0.033955262277509, 0.055140755942236, 0.043101477855516, 0.042316693980185 }

  it("have R's standard errors", function()
    local at = km:at { 200, 400 }
    for i, se in ipairs(want) do near(at:column("std_error")[i], se) end
    local one = lb.survival.km("Surv(time, dead) ~ 1", lung, { cluster = "inst" })
    near(one:at({ 200, 400 }):column("std_error")[1], 0.032058289833668)
    near(one:at({ 200, 400 }):column("std_error")[2], 0.030432954042777)
    assert.is_truthy(tostring(km):find("Robust variance, 18 clusters.", 1, true))
  end)

  it("give no variance that assumes independent rows", function()
    fails("assumes independent groups", km.compare, km, { times = { 200 } })
    local hazard = km:cumulative_hazard()
    assert.is_number(first(hazard, "estimate"))
    assert.is_nil(first(hazard, "std_error"))
    assert.is_nil(first(hazard, "conf_high"))
    fails("the test assumes independent rows", lb.survival.logrank,
      "Surv(time, dead) ~ sex + cluster(inst)", lung)
  end)
end)
