--- Fine-Gray models with late entry, strata and clusters against R's survival::finegray and coxph.
--- R 4.2.2, survival 3.5-3: finegray(Surv(age, age_exit, factor(event, 0:2)) ~ ..., id = id),
--- coxph(Surv(fgstart, fgstop, fgstatus) ~ ..., weights = fgwt, ties = "breslow", cluster = ...).
local lb = require "lobule"

local TOL <const> = 1e-7

local function near(got, want)
  assert.is_true(math.abs(got - want) <= TOL * math.max(1, math.abs(want)),
    ("got %.17g, expected %.17g"):format(got, want))
end

local mgus = lb.cohort("tests/data/survival_mgus2.csv"):mutate { "centre = id % 40",
  "late = floor(age / 12)", "leave = floor(age / 12) + 1 + floor(etime / 6)" }

local function check(name, formula, options, want)
  it(name, function()
    options.cause, options.variance, options.censoring_ties = 1, "robust", "events_first"
    local fit = lb.survival.finegray(formula, mgus, options)
    local estimate, std_error = fit:tidy():column("estimate"), fit:tidy():column("std_error")
    for j = 1, #want / 2 do
      near(estimate[j], want[2 * j - 1])
      near(std_error[j], want[2 * j])
    end
  end)
end

describe("survival.finegray as R", function()
  local LATE <const> = "Surv(late, leave, event) ~ hgb + mspike"
  check("late entry", LATE, {},
    { 0.0414932108693, 0.0452670147823, 1.02141529314, 0.157432818065 })
  check("Efron's ties", LATE, { ties = "efron" },
    { 0.0414017707218, 0.045315741624, 1.02333365613, 0.157950279414 })
  check("clusters", LATE, { cluster = "centre" },
    { 0.0414932108693, 0.0468334029312, 1.02141529314, 0.164394726279 })
  check("strata, one distribution", LATE .. " + strata(sex)", { censoring = "common" },
    { 0.0578187572324, 0.0474786412716, 1.01483078545, 0.158077508251 })
  check("strata", LATE .. " + strata(sex)", {},
    { 0.068881291769, 0.0500829464773, 1.04185508027, 0.163212524432 })
  check("strata without late entry", "Surv(etime, event) ~ hgb + mspike + strata(sex)", {},
    { 0.0113695923002, 0.0480618055403, 0.917841526866, 0.154551419734 })
end)
