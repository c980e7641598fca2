--- People who move between states: checks with the mend, properties, edges, predictions.
local core = require "lobule.core"
local lb = require "lobule"

local function near(got, want, tolerance)
  assert.is_true(math.abs(got - want) <= (tolerance or 1e-9) * math.max(1, math.abs(want)),
    ("got %.17g, expected %.17g"):format(got, want))
end

local function refused(part, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  local text = tostring(err) .. "\n" .. err.context
  assert.is_truthy(text:find(part, 1, true), text)
end

local function frame(id, entry, time, state, extra)
  local columns = { { "id", id }, { "entry", entry }, { "time", time },
    { "state", state, "factor" } }
  for _, column in ipairs(extra or {}) do columns[#columns + 1] = column end
  return core.frame(columns)
end

local FORMULA <const> = "Surv(entry, time, state) ~ 1"
local MGUS <const> = "Surv(tstart, tstop, state) ~ sex"
local ROWS <const> = { id = "id", censored = "censored", initial = "entry",
  states = { "entry", "pcm", "death" } }

local function options(more)
  local all = {}
  for _, t in ipairs { ROWS, more or {} } do
    for name, value in pairs(t) do all[name] = value end
  end
  return all
end

local function mgus()
  return lb.cohort("tests/data/survival_mgus2_multistate.csv", { id = "id" })
end

local function same(a, b, tolerance)
  assert.are.equal(#a, #b)
  for _, name in ipairs { "time", "n_event", "estimate", "std_error", "conf_low" } do
    local x, y = a:column(name):totable(), b:column(name):totable()
    for i = 1, #a do
      if x[i] == core.NA then
        assert.are.equal(core.NA, y[i])
      else
        near(x[i], y[i], tolerance or 1e-10)
      end
    end
  end
end

describe("rows between states", function()
  local function check(part, id, entry, time, state, more)
    refused(part, lb.survival.transitions, FORMULA, frame(id, entry, time, state,
      more and more.extra), { id = "id", censored = "c", start_state = more and more.start,
      absorbing = more and more.absorbing })
  end

  it("are refused with what is wrong and the rows", function()
    check("begins before the row before it", { 1, 1 }, { 0, 4 }, { 5, 9 }, { "ill", "c" })
    check("end at the same time", { 1, 1, 2 }, { 0, 4, 0 }, { 5, 5, 9 }, { "ill", "dead", "c" })
    check('gaps = "allow"', { 1, 1 }, { 0, 6 }, { 5, 9 }, { "c", "dead" })
    check("row 2 of the data", { 1, 1 }, { 0, 6 }, { 5, 9 }, { "c", "dead" })
    local start = { extra = { { "from", { "well", "well" } } }, start = "from" }
    check("not the one that the row before ended in", { 1, 1 }, { 0, 5 }, { 5, 9 },
      { "ill", "c" }, start)
    check("when did the person move", { 1, 1 }, { 0, 6 }, { 5, 9 }, { "ill", "c" }, start)
    check("a state that nobody leaves", { 1, 1 }, { 0, 5 }, { 5, 9 }, { "ill", "c" },
      { absorbing = { "ill" } })
    refused("who is who", lb.survival.transitions, FORMULA,
      frame({ 1, 2 }, { 0, 0 }, { 5, 6 }, { "c", "ill" }), { censored = "c" })
    refused("cluster() does not say", lb.survival.multistate, FORMULA .. " + cluster(id)",
      frame({ 1, 2 }, { 0, 0 }, { 5, 6 }, { "c", "ill" }), { censored = "c" })
    refused("did you mean 'pcm'", function()
      return lb.survival.multistate(MGUS, mgus(), ROWS):at { 60, state = "pmc" }
    end)
  end)

  it("may have gaps when told so", function()
    local d = frame({ 1, 1, 2 }, { 0, 6, 0 }, { 5, 9, 7 }, { "c", "dead", "c" })
    local fit = lb.survival.multistate(FORMULA, d, { id = "id", censored = "c", gaps = "allow" })
    assert.are.equal(1, fit:at({ 7, 9 }):column("n_risk")[2])
    assert.is_truthy(fit.warnings[#fit.warnings]:find("without observation", 1, true))
  end)

  it("are counted", function()
    local t = lb.survival.transitions("Surv(tstart, tstop, state) ~ 1", mgus(), ROWS)
    assert.are.same({ 0, 115, 860, 409 }, t.counts[1])
    near(t:tidy():column("rate")[3], 103 / t:sojourns():column("person_time")[2])
    assert.are.equal(115, t:per_person():column("n_persons")[4])
    assert.is_truthy(tostring(t):find("1384 persons", 1, true))
    assert.is_truthy(core.json_decode(t:to_json()).transitions.n[1])
  end)

  it("are made from a wide table", function()
    local wide = core.frame { { "id", { 1, 2, 3, 4 } }, { "ttp", { 3, 5, 8, core.NA } },
      { "progressed", { true, true, false, false } }, { "last", { 7, 5, 8, 2 } },
      { "dead", { true, true, false, true } } }
    local spec = { id = "id", last = "last", states = { { "progression", "ttp", "progressed" },
      { "death", "last", "dead" } } }
    refused("earlier = 0.1", lb.survival.multistate_rows, wide, spec)
    spec.earlier = 0.1
    local made = lb.survival.multistate_rows(wide, spec):frame()
    assert.are.same({ 1, 1, 2, 2, 3, 4, n = 6 }, made:column("id"):totable())
    near(made:column("time")[3], 4.9)
    assert.are.same({ "progression", "death", "progression", "death", "censored", "death", n = 6 },
      made:column("state"):totable())
    local t = lb.survival.transitions(FORMULA, made, { id = "id", start_state = "from" })
    assert.are.same({ "initial", "progression", "death" }, t.states)
  end)
end)

describe("survival.multistate", function()
  local fit = lb.survival.multistate(MGUS, mgus(), ROWS)

  it("is Kaplan-Meier with two states, cumulative incidence with one step", function()
    local lung = lb.cohort "tests/data/survival_lung.csv"
    local km = lb.survival.km("Surv(time, dead) ~ sex", lung)
    local two = lb.survival.multistate("Surv(time, dead) ~ sex", lung,
      { variance = "greenwood", initial = "alive" })
    local c = lb.cohort "tests/data/survival_mgus2.csv"
    local a = lb.survival.cuminc("Surv(etime, event) ~ sex", c, { variance = "jackknife" })
    local b = lb.survival.multistate("Surv(etime, event) ~ sex", c)
    for _, sex in ipairs { "F", "M" } do
      for _, t in ipairs { 60, 120, 240 } do
        local x, y = a:at { t, cause = 2, sex = sex }, b:at { t, state = 2, sex = sex }
        near(x:value(), y:value(), 1e-12)
      end
    end
    same(a:tidy():filter "cause == '1' and strata == 'sex=F'",
      b:tidy():filter "state == '1' and strata == 'sex=F'", 1e-9)
    local groups = km.info.groups.name
    for _, g in ipairs(groups) do
      local x = km:tidy():filter("strata == $g", { with = { g = g } })
      local y = two:tidy():filter("strata == $g and state == 'alive'", { with = { g = g } })
      for i = 1, #x - 1 do
        near(x:column("estimate")[i], y:column("estimate")[i], 1e-12)
        near(x:column("std_error")[i], y:column("std_error")[i], 1e-9)
      end
    end
  end)

  it("does not depend on the order of rows, their splitting, or the names", function()
    local d = mgus():frame()
    local other = core.sort and d:sort { "age", "tstop" } or d
    same(fit:tidy(), lb.survival.multistate(MGUS, other, ROWS):tidy())
    local lists, n = { {}, {}, {}, {}, {} }, 0
    for _, row in ipairs(d:rows_list()) do
      local middle = (row.tstart + row.tstop) / 2
      for part = 1, 2 do
        n = n + 1
        for j, value in ipairs { row.id, part == 1 and row.tstart or middle,
          part == 1 and middle or row.tstop, part == 1 and "censored" or row.state, row.sex } do
          lists[j][n] = value
        end
      end
    end
    local split = core.frame { { "id", lists[1] }, { "tstart", lists[2] }, { "tstop", lists[3] },
      { "state", lists[4] }, { "sex", lists[5] } }
    same(fit:tidy(), lb.survival.multistate(MGUS, split, ROWS):tidy())
  end)

  it("takes frequencies as repeated persons", function()
    local d = mgus():frame():mutate { "w = 1 + id % 3" }
    local rows, ids, n = {}, {}, 0
    for i, row in ipairs(d:rows_list()) do
      for copy = 1, row.w do
        n = n + 1
        rows[n], ids[n] = i, row.id + 10000 * copy
      end
    end
    local repeated = core.with_column(core.take(d, rows), "id",
      core.frame({ { "id", ids } }):column "id")
    local a = lb.survival.multistate(MGUS, d, options { weights = "w", weight_type = "frequency" })
    local b = lb.survival.multistate(MGUS, repeated, ROWS)
    same(a:tidy(), b:tidy(), 1e-9)
    near(a:mean_time({ to = 240, state = "pcm", sex = "F" }):record().conf_high,
      b:mean_time({ to = 240, state = "pcm", sex = "F" }):record().conf_high, 1e-9)
  end)

  it("has means that add up to the time, and rows of P that add up to 1", function()
    local sum = 0
    for _, row in ipairs(fit:mean_time({ to = 240, sex = "F" }):rows_list()) do
      sum = sum + row.estimate
    end
    near(sum, 240, 1e-12)
    local p = fit:transition_matrix { from = 60, to = 120, sex = "F" }
    for from = 0, 2 do
      local total = 0
      for to = 1, 3 do total = total + p:column("estimate")[from * 3 + to] end
      near(total, 1, 1e-12)
    end
    near(fit:visits({ to = 240, state = "death", sex = "F" }):value(),
      fit:at({ 240, state = "death", sex = "F" }):value(), 1e-12)
    assert.is_nil(fit:at({ 5000, state = "death", sex = "F" }):value())
  end)

  it("begins at a landmark", function()
    local after = lb.survival.multistate("Surv(tstart, tstop, state) ~ 1", mgus(),
      options { start_time = 60, landmark = "entry" })
    local all = lb.survival.multistate("Surv(tstart, tstop, state) ~ 1", mgus(), ROWS)
    local p = all:transition_matrix { from = 60, to = 120 }
    -- who is still in the first state has been nowhere else: Markov or not, it is the same
    near(after:at({ 120, state = "entry" }):value(), p:column("estimate")[1], 1e-12)
    refused("at which time", lb.survival.multistate, MGUS, mgus(), options { landmark = "entry" })
  end)

  it("holds for one row, for none with a move, and refuses none", function()
    local rows = frame({ 1, 2 }, { 0, 0 }, { 5, 7 }, { "c", "dead" })
    local who <const> = { id = "id", censored = "c" }
    local one = lb.survival.multistate(FORMULA, rows:filter "id == 2", who)
    assert.are.equal(1, one:at({ 7, state = "dead" }):value())
    local none = lb.survival.multistate(FORMULA, rows:filter "id == 1", who)
    assert.are.equal(1, none:at({ 5, state = "initial" }):value())
    assert.are.equal(0, none:at({ 5, state = "dead" }):value())
    refused("no rows", lb.survival.multistate, FORMULA, rows:filter "id == 3",
      { id = "id", censored = "c" })
    refused("nobody moves", lb.survival.multistate_cox, FORMULA, rows:filter "id == 1",
      { id = "id", censored = "c" })
  end)

  it("prints, plots, and goes into JSON and reports", function()
    local text = tostring(fit)
    for _, part in ipairs { "F: 631 persons", "infinitesimal jackknife", "Mean time to" } do
      assert.is_truthy(text:find(part, 1, true), part)
    end
    assert.is_truthy(fit:plot({ sex = "F" }):svg():find("Areas", 1, true))
    refused("stacked curves are of one group", fit.plot, fit, { stacked = true })
    assert.are.same(ROWS.states, core.json_decode(fit:to_json()).states)
    assert.are.equal("table", fit:report_blocks()[1].kind)
    assert.are.equal(6, #fit:start())
    assert.is_true(#fit:hazards() > 100)
  end)
end)

describe("survival.multistate_cox", function()
  local whole <const> = "Surv(tstart, tstop, state) ~ age + sex"

  it("is the Cox model of each transition", function()
    local d = mgus()
    local fit = lb.survival.multistate_cox(whole, d, options { robust = false })
    local first = lb.survival.cox("Surv(tstart, tstop, pcm) ~ age + sex",
      d:filter "tstart == 0":mutate { "pcm = state == 'pcm'" })
    for j = 1, 2 do
      near(fit:tidy():column("estimate")[j], first:tidy():column("estimate")[j], 1e-8)
      near(fit:tidy():column("std_error")[j], first:tidy():column("std_error")[j], 1e-8)
    end
  end)

  it("takes terms of single transitions, common ones, shared baselines", function()
    local fit = lb.survival.multistate_cox(whole, mgus(), options {
      transitions = { ["entry->pcm"] = "age" }, common = { "age" },
      proportional_baseline = { { "entry -> death", "pcm -> death" } } })
    assert.are.same({ "all transitions", "entry -> death", "pcm -> death", "pcm -> death", n = 4 },
      fit:tidy():column("transition"):totable())
    refused("did you mean", lb.survival.multistate_cox, whole, mgus(),
      options { transitions = { ["entry->pmc"] = "age" } })
    refused("common: expected a table", lb.survival.multistate_cox, whole, mgus(),
      options { common = 1 })
    refused("not a number", lb.survival.multistate_cox, whole, mgus(), options { initial = 0 / 0 })
    refused("no term", lb.survival.multistate_cox, whole, mgus(), options { common = { "agee" } })
  end)

  local function as_cox(given, cox_formula)
    local lung = lb.cohort "tests/data/survival_lung.csv"
    given.initial = "alive"
    local two = lb.survival.multistate_cox("Surv(time, dead) ~ age", lung, given)
    local cox = lb.survival.cox(cox_formula, lung, { robust = given.robust })
    local people, times = { age = { 50, 70 } }, { 100, 500 }
    local a = two:predict { newdata = people, times = times, state = "alive",
      conf_type = "log" }
    local b = cox:predict { type = "survival", newdata = people, times = times }
    for i = 1, 4 do
      near(a:column("estimate")[i], b:column("estimate")[i], 1e-10)
      near(a:column("std_error")[i], b:column("std_error")[i], 1e-8)
    end
  end

  it("predicts as a Cox model where there are two states", function()
    as_cox({ robust = false }, "Surv(time, dead) ~ age")
    as_cox({ robust = true }, "Surv(time, dead) ~ age")
    as_cox({ robust = true, cluster = "inst" }, "Surv(time, dead) ~ age + cluster(inst)")
  end)

  it("predicts probabilities that add up to 1", function()
    local fit = lb.survival.multistate_cox(whole, mgus(), ROWS)
    for _, method in ipairs { "exponential", "product" } do
      local p = fit:predict { newdata = { age = { 70 }, sex = { "M" } }, times = { 60, 120 },
        method = method }
      near(p:column("estimate")[1] + p:column("estimate")[2] + p:column("estimate")[3], 1, 1e-12)
    end
    refused("newdata and times", fit.predict, fit, {})
    assert.is_truthy(tostring(fit):find("pcm -> death (103 transitions)", 1, true))
    assert.is_truthy(fit:plot():svg():find("Hazard ratio", 1, true))
  end)
end)

describe("figures of states", function()
  it("count who is in each state, also where nobody leaves", function()
    local fit = lb.survival.multistate(FORMULA, frame({ 1, 2, 2, 3, 4 }, { 0, 0, 2, 0, 0 },
      { 3, 2, 4, 5, 6 }, { "death", "ill", "death", "c", "death" }), { id = "id", censored = "c",
      states = { "entry", "ill", "death" }, initial = "entry" })
    local figure = fit:plot { times = { 0, 3, 5 }, stacked = false }
    local counts = figure:data()[1].columns
    assert.are.equal("n_state", counts[3].name)
    assert.are.same({ 4, 3, 2, 0, 1, 0, 0, 0, 2 }, counts[3].values)
    assert.is_truthy(figure:svg():find(">In state<", 1, true))
    assert.is_nil(figure:svg():find(">At risk<", 1, true))
    assert.is_truthy(figure:svg():find("fewer than 10", 1, true))
  end)

  it("go with a table that claims no more than was seen", function()
    local fit = lb.survival.multistate("Surv(entry, time, state) ~ arm", frame(
      { 1, 2, 2, 3, 4, 5, 6 }, { 0, 0, 2, 0, 0, 0, 0 }, { 3, 2, 4, 5, 6, 12, 11 },
      { "death", "ill", "death", "c", "death", "death", "c" },
      { { "arm", { "a", "a", "a", "a", "a", "b", "b" } } }), { id = "id", censored = "c",
      states = { "entry", "ill", "death" }, initial = "entry" })
    local text = tostring(fit)
    assert.is_truthy(text:find("At 4 (%)", 1, true), text)
    assert.is_nil(text:find("(0.0 to 0.0)", 1, true), text)
    assert.is_nil(text:find("(100.0 to 100.0)", 1, true), text)
  end)

  it("name the transition above its ratios, also in words", function()
    local fit = lb.survival.multistate_cox("Surv(tstart, tstop, state) ~ age + sex", mgus(),
      options())
    local svg = fit:plot({ width_mm = 89 }):svg()
    local words = svg:match "<desc.->(.-)</desc>"
    local labels = fit:plot():data()[1].columns[1].values
    for _, one in ipairs(fit.transitions) do
      assert.is_truthy(words:find(one.name:gsub(">", "&gt;") .. ", age", 1, true))
    end
    assert.are.equal("entry -> pcm,age,sex,F,M,entry -> death,age,sex,F,M,pcm -> death,age,sex,F,M",
      table.concat(labels, ","))
  end)
end)
