--- What a researcher asks of survival results: quantities, frames, groups by name, loud warnings,
--- properties.
local lb = require "lobule"

local function lung()
  return lb.cohort("tests/data/survival_lung.csv"):relevel("sex", "male")
end

local function near(got, want, tolerance)
  assert.is_true(math.abs(got - want) <= (tolerance or 1e-9) * math.max(1, math.abs(want)),
    ("got %.17g, expected %.17g"):format(got, want))
end

describe("survival.km", function()
  local km = lb.survival.km("Surv(time, dead) ~ sex", lung())

  it("gives a quantity for one group and a frame for several", function()
    assert.are.equal(426, km:median({ sex = "female" }):value())
    assert.are.equal(2, #km:median())
    assert.are.equal(6, #km:quantile())
    near(km:at({ 365, sex = "male" }):value(), 0.33608783463937864)
    assert.are.equal(4, #km:at { 180, 365 })
  end)

  it("names the groups there are when asked for another", function()
    local ok, err = pcall(km.median, km, { sex = "femal" })
    assert.is_false(ok)
    assert.is_truthy(err.context:find("sex=female", 1, true))
  end)

  it("prints counts, medians and the limits' type", function()
    local text = tostring(km)
    for _, part in ipairs { "138", "112", "270", "426", "log-log" } do
      assert.is_truthy(text:find(part, 1, true), part)
    end
  end)

  it("does not depend on the order of rows", function()
    local shuffled = {}
    for i = 1, 228 do shuffled[i] = (i * 97) % 228 + 1 end
    local other = lb.survival.km("Surv(time, dead) ~ sex",
      require("lobule.core").take(lung():frame(), shuffled))
    assert.are.equal(km:tidy():csv(), other:tidy():csv())
  end)

  it("says when a median is not reached", function()
    local data = lb.frame { { "t", { 1.0, 2.0, 3.0 } }, { "e", { 0, 0, 1 } },
      { "g", { "a", "a", "b" } } }
    local fit = lb.survival.km("Surv(t, e) ~ g", data)
    assert.is_nil(fit:median({ g = "a" }):value())
    assert.is_truthy(fit:median({ g = "a" }):display():find("not reached", 1, true))
  end)

  it("refuses 1/2 events with the mend, and negative times by row", function()
    local data = lb.frame { { "t", { 1.0, -2.0 } }, { "s", { 1, 2 } }, { "e", { 1, 0 } } }
    local ok, err = pcall(lb.survival.km, "Surv(t, s) ~ 1", data)
    assert.is_false(ok)
    assert.is_truthy((err.message .. err.context):find("== 2", 1, true), tostring(err))
    ok, err = pcall(lb.survival.km, "Surv(t, e) ~ 1", data)
    assert.is_false(ok)
    assert.is_truthy(err.message:find("row 2", 1, true) or err.message:find("rows 2", 1, true),
      tostring(err))
  end)

  it("counts rows at time 0 and warns", function()
    local data = lb.frame { { "t", { 0.0, 2.0 } }, { "e", { 1, 1 } } }
    local fit = lb.survival.km("Surv(t, e) ~ 1", data)
    assert.are.equal(1, #fit.warnings)
  end)
end)

describe("groups named in part", function()
  local data = lb.cohort("tests/data/survival_veteran.csv")
  local km = lb.survival.km("Surv(time, dead) ~ trt + celltype", data)

  it("give all that fit, never the first", function()
    assert.are.equal(4, #km:median { trt = "test" })
    assert.are.equal(2, #km:at { 90, celltype = "squamous" })
    assert.is_number(km:median({ trt = "test", celltype = "adeno" }):value())
  end)

  it("are refused by a name that is no grouping variable", function()
    local ok, err = pcall(km.median, km, { arm = "test" })
    assert.is_false(ok)
    assert.is_truthy(err.context:find("trt, celltype", 1, true))
    local one = lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data())
    ok, err = pcall(one.median, one, { arm = "sirt" })
    assert.is_false(ok)
    assert.is_truthy(err.message:find("did you mean 'arm=SIRT'?", 1, true))
  end)
end)

describe("beyond what is known", function()
  it("a curve is NA after the last time, unless nobody was left", function()
    local data = lb.frame { { "t", { 1.0, 2.0, 1.0, 2.0 } }, { "e", { 1, 0, 1, 1 } },
      { "g", { "a", "a", "b", "b" } } }
    local km = lb.survival.km("Surv(t, e) ~ g", data)
    assert.is_nil(km:at({ 5, g = "a" }):value())
    assert.are.equal(0, km:at({ 5, g = "b" }):value())
    assert.is_truthy(km:at({ 5, g = "a" }):display():find("beyond follow-up", 1, true))
  end)

  it("a median never lies outside its own interval", function()
    local data = lb.cohort("tests/data/survival_mgus2.csv"):filter "futime > 0"
      :complete { "hgb", "creat" }
    local km = lb.survival.km("Surv(age, age_exit, death) ~ sex", data)
    for _, row in ipairs(km:median():rows_list()) do
      assert.is_true(row.conf_low <= row.estimate and row.estimate <= row.conf_high)
    end
  end)

  it("no event is said aloud", function()
    local data = lb.frame { { "t", { 1.0, 2.0 } }, { "e", { 1, 0 } } }
    local km = lb.survival.km("Surv(t, e == 2) ~ 1", data)
    assert.is_truthy(km.warnings[1]:find("no event", 1, true))
  end)
end)

describe("small effects and interactions", function()
  it("get the decimals that show them", function()
    local data = lung():mutate { "meal = meal_cal" }
    local text = tostring(lb.survival.cox("Surv(time, dead) ~ meal", data))
    assert.is_falsy(text:find("1.00 (1.00 to 1.00)", 1, true), text)
  end)

  it("interactions are ratios of hazard ratios, without a reference level", function()
    local cox = lb.survival.cox("Surv(time, dead) ~ sex * ph_ecog", lung())
    local rows = cox:tidy():rows_list()
    assert.is_nil(rows[3].reference)
    assert.is_truthy(tostring(cox):find("ratios of hazard ratios", 1, true))
  end)
end)

describe("survival.logrank", function()
  it("does not depend on the order of groups", function()
    local a = lb.survival.logrank("Surv(time, dead) ~ sex", lung())
    local b = lb.survival.logrank("Surv(time, dead) ~ sex", lung():relevel("sex", "female"))
    near(a.statistic, b.statistic)
    near(a.p_value, 0.0013111645203554882)
  end)
end)

describe("survival.cox", function()
  local cox = lb.survival.cox("Surv(time, dead) ~ sex + age", lung())

  it("names terms, levels and references", function()
    local row = cox:tidy():rows_list()[1]
    assert.are.equal("sex[female]", row.term)
    assert.are.equal("female", row.level)
    assert.are.equal("male", row.reference)
  end)

  it("keeps hazard ratios when time is stretched", function()
    local stretched = lb.survival.cox("Surv(months, dead) ~ sex + age",
      lung():mutate { "months = time / 30.4375" })
    near(stretched:tidy():column("estimate")[1], cox:tidy():column("estimate")[1], 1e-9)
  end)

  it("reports an infinite estimate as NA with a warning, other terms hold", function()
    local t, e, x, z = {}, {}, {}, {}
    for i = 1, 40 do
      t[i], x[i], z[i] = i * 1.0, i % 2 == 0 and "b" or "a", (i * 7 % 11) * 1.0
      e[i] = (i % 2 == 1) and 1 or 0
    end
    local fit = lb.survival.cox("Surv(t, e) ~ x + z", lb.frame { { "t", t }, { "e", e }, { "x", x },
      { "z", z } })
    assert.is_nil(fit:tidy():column("estimate")[1])
    assert.is_number(fit:tidy():column("estimate")[2])
    assert.is_truthy(table.concat(fit.warnings, "\n"):find("no finite hazard ratio", 1, true))
  end)

  it("reports a collinear term as NA with a warning", function()
    local fit = lb.survival.cox("Surv(time, dead) ~ age + twice",
      lung():mutate { "twice = 2 * age" })
    assert.is_nil(fit:tidy():column("estimate")[2])
    assert.is_truthy(fit.warnings[1]:find("twice", 1, true))
  end)

  it("counts rows it leaves out", function()
    local fit = lb.survival.cox("Surv(time, dead) ~ wt_loss", lung())
    assert.are.equal(14, fit:glance():column("n_missing")[1])
    assert.is_truthy(tostring(fit):find("14 of 228 rows left out", 1, true), tostring(fit))
  end)

  it("refuses data without an event", function()
    local data = lb.frame { { "t", { 1.0, 2.0 } }, { "e", { 0, 0 } }, { "x", { 1.0, 2.0 } } }
    local ok, err = pcall(lb.survival.cox, "Surv(t, e) ~ x", data)
    assert.is_false(ok)
    assert.is_truthy(tostring(err):find("event", 1, true))
  end)
end)
