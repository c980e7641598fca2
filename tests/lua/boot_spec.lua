--- Resampled and standardised Cox models: bootstrap, validation, concordance, adjusted curves.
local check = require "lobule.check"
local core = require "lobule.core"
local lb = require "lobule"

local FORMULA <const> = "Surv(months, progressed) ~ arm + age"

local function near(got, want, tolerance)
  assert.is_true(math.abs(got - want) <= (tolerance or 1e-9) * math.max(1, math.abs(want)),
    ("%.15g is not %.15g"):format(got, want))
end

local function refused(text, f, ...)
  local ok, problem = pcall(f, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(problem):find(text, 1, true), tostring(problem))
end

local function fit(options)
  return lb.survival.cox(FORMULA, lb.example_data(), options)
end

describe("bootstrap", function()
  it("summarises its replicates", function()
    local boot = fit():bootstrap { replicates = 400, seed = 3 }
    local draws, tidy = boot:replicates(), boot:tidy():rows_list()
    assert.are.same({ "arm[SIRT]", "arm[TACE]", "age" }, draws:names())
    for j, name in ipairs(draws:names()) do
      local column, sum, squares, n = draws:column(name), 0, 0, 0
      for i = 1, #draws do
        if type(column[i]) == "number" then sum, n = sum + column[i], n + 1 end
      end
      for i = 1, #draws do
        if type(column[i]) == "number" then squares = squares + (column[i] - sum / n) ^ 2 end
      end
      assert.are.equal(400 - boot.n_failed, n)
      near(tidy[j].std_error, (squares / (n - 1)) ^ 0.5)
      near(tidy[j].bias, sum / n - tidy[j].estimate)
      assert.is_true(tidy[j].conf_low < tidy[j].estimate and tidy[j].estimate < tidy[j].conf_high)
    end
  end)

  it("gives the same resamples for a seed", function()
    local few = fit():bootstrap { replicates = 20, seed = 5 }:replicates():column "age"
    local many = fit():bootstrap { replicates = 60, seed = 5 }:replicates():column "age"
    local other = fit():bootstrap { replicates = 20, seed = 6 }:replicates():column "age"
    for i = 1, 20 do assert.are.equal(few[i], many[i]) end
    assert.are_not.equal(few[1], other[1])
  end)

  it("draws whole clusters", function()
    local frame = check.data(lb.example_data())
    local id = {}
    for i = 1, #frame do id[i] = (i - 1) // 4 end
    local data = core.with_column(frame, "site",
      core.frame({ { "site", id, "integer" } }):column "site")
    local boot = lb.survival.cox(FORMULA, data, { cluster = "site" }):bootstrap { replicates = 50 }
    assert.is_truthy(tostring(boot):find "resamples of %d+ clusters")
  end)

  it("knows its limits", function()
    local rows = {}
    for _, kind in ipairs { "percentile", "normal", "bca" } do
      rows[kind] = fit():bootstrap { conf_type = kind }:tidy():rows_list()[3]
    end
    local z = core.normal_quantile(0.975)
    near(rows.normal.conf_low, rows.normal.estimate - rows.normal.bias - z
      * rows.normal.std_error)
    assert.are_not.equal(rows.percentile.conf_low, rows.bca.conf_low)
    local few = fit():bootstrap { replicates = 10 }
    assert.is_truthy(few.warnings[#few.warnings]:find "more replicates are needed")
  end)

  it("refuses what it cannot resample", function()
    refused("nothing to resample", function()
      return lb.survival.cox("Surv(months, progressed) ~ 1", lb.example_data()):bootstrap()
    end)
    refused("did you mean 'replicates'", function() return fit():bootstrap { replicate = 3 } end)
    refused("whole number", function() return fit():bootstrap { seed = 0.5 } end)
  end)
end)

describe("validation", function()
  it("takes optimism off", function()
    local v = fit():validate { replicates = 60, seed = 2 }
    local rows = v:tidy():rows_list()
    near(rows[1].apparent, fit():glance():column("concordance")[1])
    near(rows[1].corrected, rows[1].apparent - rows[1].training + rows[1].test)
    near(rows[2].apparent, 1)
    assert.is_true(v.slope < 1 and v.concordance < rows[1].apparent)
    assert.is_truthy(tostring(v):find "Calibration slope")
    assert.is_truthy(v:to_json():find "cox_validation")
  end)
end)

describe("concordance", function()
  -- survival 3.5-3, concordance(coxph(Surv(time, dead) ~ age + sex + ph_ecog, lung),
  -- timewt =, ymax =): concordance, sqrt(var).
  local REFERENCE <const> = { { "uno", nil, 0.62614829521427, 0.02356242721528 },
    { "uno", 500, 0.62650096322074, 0.024693126769978 },
    { "harrell", nil, 0.63713549300045, 0.02506797385308 },
    { "harrell", 500, 0.63745838535164, 0.025637661237256 }, }
  it("of Uno agrees with R", function()
    local lung = lb.read "tests/data/survival_lung.csv"
    local cox = lb.survival.cox("Surv(time, dead) ~ age + sex + ph_ecog", lung)
    for _, case in ipairs(REFERENCE) do
      local got = cox:concordance { type = case[1], tau = case[2] }
      near(got:column("concordance")[1], case[3], 1e-10)
      near(got:column("std_error")[1], case[4], 1e-8)
    end
  end)
end)

describe("adjusted survival", function()
  local function mean_of(cox, level, time)
    local people = check.data(lb.example_data()):mutate({ "arm = $level" },
      { with = { level = level } })
    local s = cox:predict({ type = "survival", times = { time }, newdata = people })
      :column "estimate"
    local sum = 0
    for i = 1, #s do sum = sum + s[i] end
    return sum / #s
  end

  it("is the mean of predictions", function()
    local cox = fit()
    local adjusted = cox:adjusted("arm", { times = { 6, 12 }, tau = 24 })
    assert.are.same({ "TAE", "SIRT", "TACE" }, adjusted.levels)
    for _, row in ipairs(adjusted:at():rows_list()) do
      near(row.estimate, mean_of(cox, row.level, row.time), 1e-13)
      assert.is_true(row.conf_low < row.estimate and row.estimate < row.conf_high)
    end
    local contrasts = adjusted:contrasts():rows_list()
    assert.are.equal(6, #contrasts)
    near(contrasts[1].difference, mean_of(cox, "SIRT", 6) - mean_of(cox, "TAE", 6), 1e-12)
    near(contrasts[1].ratio, mean_of(cox, "SIRT", 6) / mean_of(cox, "TAE", 6), 1e-12)
  end)

  it("is the area under its own curve", function()
    local adjusted = fit():adjusted("arm", { tau = 20 })
    for _, mean in ipairs(adjusted:rmst():rows_list()) do
      local area, from, height = 0, 0, 1
      for _, row in ipairs(adjusted:tidy():rows_list()) do
        if row.level == mean.level and row.time < 20 then
          area, from, height = area + (row.time - from) * height, row.time, row.estimate
        end
      end
      near(mean.estimate, area + (20 - from) * height, 1e-12)
    end
  end)

  it("gives numbers levels, and strata", function()
    local ages = fit():adjusted("age", { levels = { 50, 70 }, times = { 12 } }):at():rows_list()
    assert.is_true(ages[1].estimate > ages[2].estimate)
    local cox = lb.survival.cox("Surv(months, progressed) ~ age + strata(arm)", lb.example_data())
    local by = cox:adjusted("arm", { levels = { "TAE", "SIRT" }, times = { 12 } })
    near(by:at():rows_list()[2].estimate, mean_of(cox, "SIRT", 12), 1e-13)
  end)

  it("is robust, and for a population, by the jackknife", function()
    local one = fit():adjusted("arm", { times = { 12 } }):contrasts():rows_list()[1]
    local robust = fit { robust = true }:adjusted("arm", { times = { 12 } }):contrasts()
      :rows_list()[1]
    local random = fit():adjusted("arm", { times = { 12 }, covariates = "random" }):contrasts()
      :rows_list()[1]
    near(one.difference, robust.difference)
    assert.are_not.equal(one.std_error, robust.std_error)
    assert.are_not.equal(robust.std_error, random.std_error)
    near(robust.std_error / one.std_error, 1, 0.25)
  end)

  it("refuses and draws", function()
    refused("did you mean 'arm'", function() return fit():adjusted "amr" end)
    refused("at which values", function() return fit():adjusted "age" end)
    local adjusted = fit():adjusted "arm"
    assert.is_truthy(adjusted:plot():svg():find "crude Kaplan%-Meier")
    assert.is_nil(adjusted:plot({ crude = false }):svg():find "crude Kaplan%-Meier")
    assert.is_truthy(tostring(adjusted):find "taken at every level")
    assert.is_truthy(adjusted:to_json():find "cox_adjusted")
  end)
end)
