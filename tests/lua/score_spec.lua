--- Scored risks: closed forms without censoring, properties, edges, refusals.
local lb = require "lobule"

local function refused(part, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(part, 1, true), tostring(err))
end

local function near(want, got, tolerance)
  assert.is_true(math.abs(want - got) <= (tolerance or 1e-12), ("expected %.17g, got %.17g"):format(
    want, got))
end

local function score(d, models, times, more)
  local options = { models = models, times = times, calibration = false }
  for key, value in pairs(more or {}) do options[key] = value end
  return lb.survival.score("Surv(t, e) ~ 1", d, options)
end

--- What is printed, without the breaks of long lines.
local function words(shown)
  return (tostring(shown):gsub("%s+", " "))
end

local function small(times, events, risk)
  return lb.frame { { "t", times }, { "e", events }, { "risk", risk } }
end

describe("survival.score", function()
  it("is the share of concordant pairs and the mean squared error without censoring", function()
    local d = small({ 1, 2, 3, 4, 5 }, { true, true, true, true, true },
      { 0.9, 0.4, 0.4, 0.1, 0.2 })
    local tidy = score(d, { m = "risk" }, { 2 }):tidy()
    -- Cases 1, 2; controls 3, 4, 5: pairs won 3 + 2, one tie.
    near((3 + 2 + 0.5) / 6, tidy:column("auc")[1])
    near((0.1 ^ 2 + 0.6 ^ 2 + 0.4 ^ 2 + 0.1 ^ 2 + 0.2 ^ 2) / 5, tidy:column("brier")[1])
    assert.are.equal(2, tidy:column("n_case")[1])
  end)

  it("has exact limits for groups without an event, none after censoring", function()
    local d = small({ 1, 2, 8, 9, 8, 9 }, { true, true, true, true, false, true },
      { 0.9, 0.8, 0.2, 0.1, 0.3, 0.4 })
    local groups = score(d, { m = "risk" }, { 5 }):calibration_groups { groups = 2 }:rows_list()
    assert.are.equal(0, groups[1].estimate)
    assert.are.equal(0, groups[1].conf_low)
    near(1 - 0.025 ^ (1 / 3), groups[1].conf_high) -- no event of 3: (1 - p)^3 = alpha / 2
    local late = score(d, { m = "risk" }, { 8.5 }):calibration_groups { groups = 3 }:rows_list()
    assert.are.equal(1, late[3].estimate)
    near(0.025 ^ (1 / 2), late[3].conf_low)
    local censored = small({ 1, 2, 3, 9, 8, 9 }, { true, true, false, true, true, true },
      { 0.9, 0.8, 0.2, 0.1, 0.3, 0.4 })
    local none = score(censored, { m = "risk" }, { 5 }):calibration_groups { groups = 2 }
    assert.is_nil(none:rows_list()[1].conf_high)
  end)

  it("calibrates at a single time", function()
    local d = small({ 1, 2, 3, 4, 5, 6 }, { true, true, true, true, true, true },
      { 0.9, 0.4, 0.5, 0.1, 0.2, 0.3 })
    local row = score(d, { m = "risk" }, { 3 }, { calibration = true }):calibration():rows_list()[1]
    near(0.5, row.observed)
    near(2.4 / 6, row.predicted)
  end)

  it("prints NA where nothing is to be calibrated", function()
    local d = small({ 5, 6, 7 }, { false, false, false }, { 0.1, 0.2, 0.3 })
    local text = tostring(score(d, { m = "risk" }, { 2 }, { calibration = true }))
    assert.is_nil(text:find("NaN", 1, true), text)
  end)

  it("weighs by the inverse probability of censoring", function()
    -- Censored at 1.5 of four at risk then three: G = 3/4 from there on.
    local d = small({ 1, 1.5, 2, 3, 4 }, { true, false, true, true, false },
      { 0.8, 0.5, 0.6, 0.3, 0.1 })
    local tidy = score(d, { m = "risk" }, { 2.5 }):tidy()
    local w = 4 / 3
    near((0.2 ^ 2 + w * 0.4 ^ 2 + w * 0.3 ^ 2 + w * 0.1 ^ 2) / 5, tidy:column("brier")[1])
    near(1, tidy:column("auc")[1])
  end)

  it("does not depend on the order of rows, AUC not on a monotone change of risks", function()
    local d = lb.cohort("tests/data/survival_pbc_risks.csv"):mutate { "t = time", "e = dead == 1",
      "other = risk_1000 ^ 2" }
    local s = score(d, { a = "risk_1000", b = "other" }, { 1000 })
    near(s.at[1].auc[1], s.at[1].auc[2])
    near(0, s:differences():column("std_error")[1], 1e-9)
    local turned = score(d:sort "-risk_1000", { a = "risk_1000", b = "other" }, { 1000 })
    near(s.at[1].brier[1], turned.at[1].brier[1], 1e-14)
    near(s.at[1].auc_covariance[1][1], turned.at[1].auc_covariance[1][1], 1e-14)
  end)

  it("finds a good model calibrated, and a shrunken one not", function()
    local d = lb.cohort("tests/data/survival_pbc.csv"):filter "not is_na(bili)"
    local fit = lb.survival.cox("Surv(time, dead) ~ log(bili)", d)
    local s = lb.survival.score("Surv(time, dead) ~ 1", d, { models = { cox = fit },
      times = { 1000, 2000 } })
    local calibration = s:calibration()
    for t = 1, 2 do
      near(1, calibration:column("slope")[t], 1e-4)
      near(1, calibration:column("ratio")[t], 0.05)
      assert.is_true(calibration:column("ici")[t] < 0.03)
    end
    local groups = s:calibration_groups { groups = 5 }
    assert.are.equal(10, #groups)
    local benefit = s:decision { thresholds = { 0.1 }, time = 1000 }
    assert.are.equal(2, #benefit)
    assert.is_true(benefit:column("estimate")[1] > benefit:column("estimate")[2])
    for _, kind in ipairs { "calibration", "decision", "auc", "brier" } do
      assert.is_truthy(s:plot(kind):svg():find("<svg", 1, true))
    end
    local drawn = s:plot("brier"):data()[1].columns
    assert.are.equal("conf_low", drawn[5].name)
    assert.are.same(s:tidy():column("brier_conf_high")[2], drawn[6].values[2])
    assert.is_truthy(tostring(s):find("Observed/predicted", 1, true))
    assert.are.equal(1, #s:report_blocks())
  end)

  it("says when there is nobody to tell apart, and refuses what it cannot do", function()
    local d = small({ 5, 6 }, { true, true }, { 0.5, 0.2 })
    local s = score(d, { m = "risk" }, { 1 })
    assert.is_truthy(tostring(s):find("there is no AUC", 1, true))
    refused("models and times", lb.survival.score, "Surv(t, e) ~ 1", d, {})
    refused("no column 'nosuch'", score, d, { m = "nosuch" }, { 1 })
    refused("one column of risks a time", score, d, { m = "risk" }, { 1, 2 })
    refused("not between 0 and 1", score, small({ 5, 6 }, { true, true }, { 1.5, 0.2 }),
      { m = "risk" }, { 1 })
    refused("late entry", lb.survival.score, "Surv(risk, t, e) ~ 1", d, { models = { m = "risk" },
      times = { 1 } })
    refused("was not scored", function() score(d, { m = "risk" }, { 1 }):decision { time = 3 } end)
  end)

  it("shows differences of Brier scores with two figures at least", function()
    local d = lb.cohort("tests/data/survival_pbc_risks.csv"):mutate { "t = time", "e = dead == 1",
      "a = risk_1000", "b = risk_1000 * 0.9995 + 0.0001" }
    local s = score(d, { a = "a", b = "b" }, { 1000 })
    local row = s:differences():rows_list()[2]
    assert.is_true(row.measure == "brier" and math.abs(row.estimate) < 0.001)
    local shown = tostring(s):match "difference of Brier score (%S+)"
    assert.is_true(#shown:match "%.(%d+)" >= 4, shown)
    assert.is_truthy(tonumber(shown) ~= 0, shown)
    near(row.estimate, tonumber(shown), 0.05 * math.abs(row.estimate))
  end)

  local function mgus()
    return lb.cohort("tests/data/survival_mgus2.csv", { id = "id" })
  end
  local CAUSES <const> = "Surv(etime, event) ~ 1"

  it("refuses times after which nobody was followed, and names the last", function()
    local d = mgus()
    local fit = lb.survival.finegray("Surv(etime, event) ~ age", d, { cause = 1 })
    local options = { models = { fg = fit }, times = { 120, 500 }, cause = 1, calibration = false }
    refused("the last time at which anybody is, is 424", lb.survival.score, CAUSES, d, options)
    refused("Choose times up to 424", lb.survival.score, CAUSES, d, options)
    options.times = { 424 }
    assert.are.equal(1, #lb.survival.score(CAUSES, d, options):tidy())
    local short = lb.survival.finegray("Surv(etime, event) ~ age", d:filter "etime < 100",
      { cause = 1 })
    options.models, options.times = { short = short }, { 120 }
    refused("'short' has no risk by 120 for anybody; its follow-up ends at 99",
      lb.survival.score, CAUSES, d, options)
  end)

  it("warns of a Cox model among competing causes, and computes", function()
    local d = mgus()
    local cox = lb.survival.cox("Surv(etime, event) ~ age", d, { cause = 2 })
    local options = { models = { cox = cox }, times = { 120 }, cause = 2 }
    local s = lb.survival.score(CAUSES, d, options)
    assert.is_truthy(words(s):find("warning: model 'cox' predicts 1 - S of a cause-specific "
      .. "model, which is no cumulative incidence: with competing causes it is too high", 1, true))
    assert.is_true(s:calibration():column("ratio")[1] < 1)
    options.models = { fg = lb.survival.finegray("Surv(etime, event) ~ age", d, { cause = 2 }) }
    assert.is_nil(tostring(lb.survival.score(CAUSES, d, options)):find("1 - S", 1, true))
    local one = lb.survival.cox("Surv(t, death) ~ age", d:mutate { "t = futime" })
    assert.is_nil(tostring(lb.survival.score("Surv(t, death) ~ 1", d:mutate { "t = futime" },
      { models = { one = one }, times = { 120 } })):find("1 - S", 1, true))
  end)

  it("says which models are judged on rows that they were fitted to", function()
    local d = mgus()
    local whole = lb.survival.cox("Surv(futime, death) ~ age", d)
    local even = lb.survival.cox("Surv(futime, death) ~ age", d:filter "id % 2 == 0")
    local function text(data)
      return words(lb.survival.score("Surv(futime, death) ~ 1", data, { models = { whole = whole,
        even = even, column = "risk" }, times = { 120 }, calibration = false }))
    end
    local all = text(d:mutate { "risk = age / 100" })
    assert.is_truthy(all:find("whole: apparent: judged on the rows the model was fitted to, which "
      .. "flatters it; fit:validate corrects for that", 1, true), all)
    assert.is_truthy(all:find("even: 692 of the 1384 rows judged are among those", 1, true), all)
    assert.is_nil(all:find("column: ", 1, true))
    -- The same rows by another filter; rows kept apart; the same file read again is other rows.
    assert.is_truthy(text(d:mutate { "risk = 0.5" }:filter "not (id % 2 == 1)"):find(
      "even: apparent", 1, true))
    assert.is_nil(text(d:mutate { "risk = 0.5" }:filter "id % 2 == 1"):find("even: ", 1, true))
    assert.is_nil(text(mgus():mutate { "risk = 0.5" }):find("apparent", 1, true))
    local s = lb.survival.score("Surv(futime, death) ~ 1", d, { models = { whole = whole },
      times = { 120 } })
    assert.is_truthy(s:report_blocks()[1].table.notes[1]:find("apparent", 1, true))
  end)
end)
