--- Predictions beyond the follow-up: nothing is known there, and nothing is said.
local lb = require "lobule"

local d = lb.cohort("tests/data/survival_mgus2.csv", { id = "id" })

--- Estimates of a frame: numbers as they are, NA as false.
local function known(frame, name)
  local list = {}
  for i, row in ipairs(frame:rows_list()) do list[i] = type(row[name or "estimate"]) == "number" end
  return list
end

describe("a prediction beyond the last observed time", function()
  it("of a Cox model is NA: survival, limits and cumulative hazard, by stratum", function()
    local cox = lb.survival.cox("Surv(futime, death) ~ age", d)
    local one = cox:predict { type = "survival", newdata = { age = 70 }, times = { 424, 424.5 } }
    for _, name in ipairs { "estimate", "std_error", "conf_low", "conf_high",
      "cumulative_hazard" } do
      assert.are.same({ true, false }, known(one, name), name)
    end
    -- The last woman was followed for 394 months, the last man for 424.
    local strata = lb.survival.cox("Surv(futime, death) ~ age + strata(sex)", d)
    local people = { age = { 70, 70 }, sex = { "F", "M" } }
    assert.are.same({ true, false, false, true, true, false }, known(strata:predict {
      type = "survival", newdata = people, times = { 394, 395, 425 } }))
    assert.are.same({ true, false, false, true, true, false },
      known(strata:baseline { times = { 394, 395, 425 } }))
    assert.are.same({ true, true }, known(strata:predict { newdata = people, type = "risk" }))
  end)

  it("of a Fine-Gray model is NA, whatever its variance", function()
    for _, variance in ipairs { "fine-gray", "robust", "model" } do
      local fit = lb.survival.finegray("Surv(etime, event) ~ age", d, { cause = 1,
        variance = variance })
      assert.are.same({ true, false }, known(fit:predict { newdata = { age = 70 },
        times = { 424, 425 } }), variance)
    end
    local strata = lb.survival.finegray("Surv(etime, event) ~ age + strata(sex)", d, { cause = 1 })
    assert.are.same({ true, false, false, true, true, false }, known(strata:predict {
      newdata = { age = { 70, 70 }, sex = { "F", "M" } }, times = { 394, 395, 425 } }))
  end)

  it("of a multistate Cox model is NA, robust or not", function()
    for _, robust in ipairs { true, false } do
      local fit = lb.survival.multistate_cox("Surv(etime, event) ~ age", d, { robust = robust })
      for _, name in ipairs { "estimate", "std_error", "conf_low" } do
        assert.are.same({ true, true, true, false, false, false }, known(fit:predict {
          newdata = { age = 70 }, times = { 424, 425 } }, name))
      end
    end
  end)

  it("of a parametric model goes on: that is what it is for", function()
    local fit = lb.survival.aft("Surv(futime, death) ~ age", d:filter "futime > 0")
    assert.are.same({ true }, known(fit:predict { type = "survival", newdata = { age = 70 },
      times = { 500 } }))
  end)
end)
