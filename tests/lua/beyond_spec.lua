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

describe("newdata as a table", function()
  local PEOPLE <const> = { age = { 60, 80 }, sex = "F", hgb = 13 }
  local SPELT <const> = { age = { 60, 80 }, sex = { "F", "F" }, hgb = { 13, 13 } }

  local function same(fit, options, method)
    local short, long = {}, {}
    for key, value in pairs(options) do short[key], long[key] = value, value end
    short.newdata, long.newdata = PEOPLE, SPELT
    local a, b = fit[method or "predict"](fit, short), fit[method or "predict"](fit, long)
    assert.are.same(b:rows_list(), a:rows_list())
    return a
  end

  it("takes one value for all people, and shows what tells them apart behind the predictions",
    function()
    local cox = lb.survival.cox("Surv(futime, death) ~ age + sex + hgb", d)
    local survival = same(cox, { type = "survival", times = { 120, 240 } })
    local names = survival:names()
    assert.are.equal("age", names[#names])
    assert.is_false(survival:has "sex")
    assert.are.same({ 60, 60, 80, 80 }, { table.unpack(survival:column("age"):totable(), 1, 4) })
    same(cox, { type = "risk" })
    for _, variance in ipairs { "fine-gray", "model" } do
      assert.is_true(same(lb.survival.finegray("Surv(etime, event) ~ age + sex + hgb", d,
        { cause = 1, variance = variance }), { times = { 120 } }):has "age")
    end
    assert.is_true(same(lb.survival.multistate_cox("Surv(etime, event) ~ age + sex + hgb", d),
      { times = { 120 }, state = "1" }):has "age")
    local aft = lb.survival.aft("Surv(futime, death) ~ age + sex + hgb", d:filter "futime > 0")
    assert.is_true(same(aft, { type = "survival", times = { 120 } }):has "age")
    local ratio = aft:hazard_ratio { newdata = PEOPLE, at = { 120 }, reference = { age = 50,
      sex = "F", hgb = 13 } }
    assert.are.equal("age", ratio:names()[#ratio:names()])
  end)

  it("does not stretch lists, nor show columns of frames, of many people or of a taken name",
    function()
    local cox = lb.survival.cox("Surv(futime, death) ~ age", d)
    local function ask(newdata)
      return cox:predict { type = "survival", newdata = newdata, times = { 120 } }
    end
    local ok, err = pcall(ask, { age = { 60, 70, 80 }, sex = { "F", "M" } })
    assert.is_false(ok)
    assert.is_truthy(tostring(err):find("2", 1, true), tostring(err))
    assert.is_false(ask(lb.frame { { "age", { 60, 70 } } }):has "age")
    local many, twenty = {}, {}
    for i = 1, 21 do many[i], twenty[i] = 40 + i, i <= 20 and 40 + i or nil end
    assert.is_false(ask({ age = many }):has "age")
    assert.is_true(ask({ age = twenty }):has "age")
    assert.are.equal(120, ask({ age = { 60, 70 }, time = { 1, 2 } }):column("time")[2])
  end)
end)
