--- Follow-up cut into pieces, landmarks, time-dependent covariates, rates, additive hazards and the
--- guard against immortal time: properties, edges, refusals.
local lb = require "lobule"

local function refused(part, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(part, 1, true), tostring(err))
end

local function jasa()
  return lb.cohort("tests/data/survival_jasa.csv", { id = "id" })
end

local function near(want, got, tolerance)
  assert.is_true(math.abs(want - got) <= (tolerance or 1e-12) * math.max(1, math.abs(want)),
    ("expected %.17g, got %.17g"):format(want, got))
end

local function small(columns)
  return lb.frame(columns)
end

describe("survival.split", function()
  it("leaves Cox models and person-time as they are", function()
    local d = jasa():filter "futime > 0"
    local whole = lb.survival.cox("Surv(futime, dead) ~ age + surgery", d)
    local cut = lb.survival.split("Surv(futime, dead)", d, { cuts = { 10, 50, 90, 400 } })
    local pieces = lb.survival.cox("Surv(start, stop, event) ~ age + surgery", cut)
    for j = 1, 2 do
      near(whole:tidy():column("estimate")[j], pieces:tidy():column("estimate")[j], 1e-9)
      near(whole:tidy():column("std_error")[j], pieces:tidy():column("std_error")[j], 1e-9)
    end
    near(whole.fit.log_lik, pieces.fit.log_lik, 1e-12)
    local function total(frame, what)
      return frame:summarise({ "t = sum(" .. what .. ")" }):column("t")[1]
    end
    near(total(d, "futime"), total(cut, "stop - start"))
    assert.are.equal(75 - 1, total(cut, "if_else(event, 1, 0)"))
  end)

  it("puts an event at a cut into the interval before it", function()
    local d = small { { "t", { 5, 10, 10 } }, { "e", { true, true, false } } }
    local cut = lb.survival.split("Surv(t, e)", d, { cuts = { 5, 10 } })
    assert.are.same({ "up to 5", "up to 5", "5 to 10", "up to 5", "5 to 10" },
      { table.unpack(cut:column("interval"):totable()) })
    assert.are.same({ true, false, true, false, false },
      { table.unpack(cut:column("event"):totable()) })
  end)

  it("cuts by age, with late entry, and is its own inverse when cut twice", function()
    local d = small { { "from", { 0.5, 2 } }, { "t", { 4, 7.5 } }, { "e", { true, false } },
      { "age", { 49, 58 } } }
    local cut = lb.survival.split("Surv(from, t, e)", d, { cuts = { 50, 60 }, scale = "age",
      interval = "band" })
    assert.are.same({ 0.5, 1, 2 }, { table.unpack(cut:column("start"):totable(), 1, 3) })
    assert.are.same({ 1, 4, 7.5 }, { table.unpack(cut:column("stop"):totable(), 1, 3) })
    assert.are.same({ "up to 50", "50 to 60", "over 60" },
      { table.unpack(cut:column("band"):totable()) })
    local again = lb.survival.split("Surv(start, stop, event)", cut, { cuts = { 50, 60 },
      scale = "age", interval = "band again" })
    assert.are.equal(3, #again)
  end)

  it("keeps causes, and counts who has no piece", function()
    local d = lb.cohort(small { { "t", { 5, 0, lb.NA, 9 } },
      { "cause", { "none", "a", "b", "b" }, "factor", levels = { "none", "a", "b" } } })
    local cut = lb.survival.split("Surv(t, cause)", d, { cuts = { 4 } })
    assert.are.same({ "none", "none", "none", "b" },
      { table.unpack(cut:frame():column("event"):totable()) })
    local step = cut.steps[#cut.steps]
    assert.are.equal(2, step.left)
    assert.are.equal(2, step["repeated"])
    local text = tostring(cut:flow())
    assert.is_truthy(text:find("outcome missing: 1", 1, true), text)
    assert.is_truthy(text:find("no follow-up: time 0: 1", 1, true), text)
  end)

  it("refuses what it cannot do", function()
    local d = small { { "t", { 5, 6 } }, { "e", { true, false } }, { "stop", { 1, 2 } },
      { "sex", { "a", "b" } } }
    refused("say where to cut", lb.survival.split, "Surv(t, e)", d, {})
    refused("ascending", lb.survival.split, "Surv(t, e)", d, { cuts = { 3, 2 } })
    refused("have a column 'stop' already", lb.survival.split, "Surv(t, e)", d, { cuts = { 2 } })
    refused("expected numbers", lb.survival.split, "Surv(t, e)", d:select { "t", "e", "sex" },
      { cuts = { 2 }, scale = "sex" })
    refused("Surv(time, event)", lb.survival.split, "t ~ e", d, { cuts = { 2 } })
    refused("the event has no causes", lb.survival.split, "Surv(t, e)", d:select { "t", "e" },
      { cuts = { 2 }, censored = "no" })
    refused("2 intervals; found 1", lb.survival.split, "Surv(t, e)", d:select { "t", "e" },
      { cuts = { 2 }, labels = { "x" } })
  end)
end)

describe("survival.landmark", function()
  it("accounts for every row and stacks several landmarks", function()
    local d = jasa()
    local one = lb.survival.landmark("Surv(futime, dead)", d, { at = 30,
      exposures = { tx = "wait_time" } })
    local step = one.steps[#one.steps]
    assert.are.equal(103, #one + step.left)
    local two = lb.survival.landmark("Surv(futime, dead)", d, { at = { 30, 90 },
      exposures = { tx = "wait_time" } })
    assert.are.equal(#one, #two:filter "landmark == 30")
    local later = lb.survival.landmark("Surv(futime, dead)", d, { at = 30, clock = "origin",
      exposures = { tx = "wait_time" } })
    local a = lb.survival.cox("Surv(stop, event) ~ tx", one)
    local b = lb.survival.cox("Surv(start, stop, event) ~ tx", later)
    near(a:tidy():column("estimate")[1], b:tidy():column("estimate")[1], 1e-10)
  end)

  it("takes late entry and refuses a landmark at which nobody is", function()
    local d = lb.cohort(small { { "from", { 0, 4, 0 } }, { "t", { 9, 9, 2 } },
      { "e", { true, true, true } } })
    local at = lb.survival.landmark("Surv(from, t, e)", d, { at = 3 })
    assert.are.equal(1, #at)
    local text = tostring(at:flow())
    assert.is_truthy(text:find("not yet at risk at 3: 1", 1, true), text)
    assert.is_truthy(text:find("event by 3: 1", 1, true), text)
    refused("nobody is at risk at the landmark 9", lb.survival.landmark, "Surv(from, t, e)", d,
      { at = 9 })
  end)
end)

describe("survival.tmerge", function()
  it("gives the time-dependent Cox model of the Stanford heart transplants", function()
    local d = jasa():filter "futime > 0"
    local changes = d:filter("not is_na(wait_time)"):frame():select { "id", "wait_time" }
    local cut, counts = lb.survival.tmerge("Surv(futime, dead)", d, changes,
      { time = "wait_time", indicator = "tx", count = "n_tx" })
    local tidy = lb.survival.cox("Surv(start, stop, event) ~ tx + age + surgery", cut):tidy()
    -- R 4.2.2, survival 3.5-3: tmerge and coxph on the same rows.
    near(-0.06902, tidy:column("estimate")[1], 1e-4)
    near(0.30584, tidy:column("std_error")[1], 1e-4)
    assert.are.equal(66, counts.within)
    assert.are.equal(168, #cut)
    assert.are.equal(0, #cut:filter "tx ~= (n_tx == 1)")
  end)

  it("carries values on from their time, the last of tied ones, NA skipped", function()
    local d = lb.cohort(small { { "id", { 1, 2 } }, { "t", { 10, 10 } }, { "e", { true, false } },
      { "lab", { 1.5, lb.NA } } }, { id = "id" })
    local changes = small { { "id", { 1, 1, 1, 2, 3, 1 } }, { "day", { 4, 4, 6, 12, 5, lb.NA } },
      { "lab", { 2, 3, lb.NA, 9, 9, 9 } } }
    local cut, counts = lb.survival.tmerge("Surv(t, e)", d, changes, { time = "day",
      values = { "lab" } })
    assert.are.same({ 1.5, 3, 3 }, { table.unpack(cut:frame():column("lab"):totable(), 1, 3) })
    assert.are.same({ 4, 6, 10, 10 }, { table.unpack(cut:frame():column("stop"):totable()) })
    assert.are.same({ within = 3, early = 0, late = 1, at_the_end = 0, tied = 1,
      n_missing_time = 1, n_unknown_id = 1 }, counts)
    local kept = lb.survival.tmerge("Surv(t, e)", d, changes, { time = "day", values = { "lab" },
      missing = "keep", event = "measured" })
    assert.are.same({ true, true, false, false },
      { table.unpack(kept:frame():column("measured"):totable()) })
  end)

  it("refuses what it cannot do", function()
    local d = jasa()
    refused("name the columns", lb.survival.tmerge, "Surv(futime, dead)", d, d, {})
    refused("expected times", lb.survival.tmerge, "Surv(futime, dead)", d,
      small { { "id", { 1 } }, { "day", { "2020-01-01" } } }, { time = "day", indicator = "x" })
    refused("already", lb.survival.tmerge, "Surv(futime, dead)", d, d,
      { time = "wait_time", indicator = "age" })
  end)
end)

describe("survival.rates", function()
  it("has exact limits, also without events, and agrees with closed forms", function()
    local d = small { { "t", { 10, 20, 30 } }, { "e", { false, false, false } } }
    local tidy = lb.survival.rates("Surv(t, e) ~ 1", d):tidy()
    assert.are.equal(0, tidy:column("estimate")[1])
    assert.are.equal(0, tidy:column("conf_low")[1])
    near(-math.log(0.025) / 60, tidy:column("conf_high")[1])
    local r = lb.survival.rates("Surv(t, e) ~ 1", d, { per = 100, conf_type = "byar" })
    near(100 / 60 * (1 - 1 / 9 + 1.959963984540054 / 3) ^ 3, r:tidy():column("conf_high")[1])
  end)

  it("adds up over groups and intervals, in any row order, in any unit", function()
    local d = jasa():filter "futime > 0"
    local options = { cuts = { 30, 100 } }
    local one = lb.survival.rates("Surv(futime, dead) ~ surgery", d, options):tidy()
    local other = lb.survival.rates("Surv(futime, dead) ~ surgery", d:sort "age", options):tidy()
    for _, name in ipairs { "n_event", "person_time", "conf_low" } do
      assert.are.same(one:column(name):totable(), other:column(name):totable())
    end
    local weeks = lb.survival.rates("Surv(futime / 7, dead) ~ surgery", d,
      { cuts = { 30 / 7, 100 / 7 } }):tidy()
    for i = 1, #one do
      near(7 * one:column("estimate")[i], weeks:column("estimate")[i])
    end
    local total = lb.survival.rates("Surv(futime, dead) ~ 1", d):glance()
    assert.are.equal(74, total:column("n_event")[1])
  end)

  it("refuses weights that do not fit", function()
    local d = jasa():filter "futime > 0"
    refused("the event has no causes", lb.survival.rates, "Surv(futime, dead) ~ 1", d,
      { cause = "died" })
    refused("no row has follow-up", lb.survival.rates, "Surv(0 * futime, dead) ~ 1", d)
    refused("2 intervals", lb.survival.rates, "Surv(futime, dead) ~ 1", d, { cuts = { 30 },
      standard = { 1 } })
    refused("no standard population", function()
      lb.survival.rates("Surv(futime, dead) ~ 1", d):standardised()
    end)
    refused("no rate for", lb.survival.smr, "Surv(futime, dead) ~ 1", d, { cuts = { 30 },
      rates = small { { "interval", { "up to 30" } }, { "rate", { 0.1 } } } })
  end)
end)

describe("survival.aalen", function()
  it("is Nelson-Aalen in each group when the only term is the group", function()
    local d = jasa():filter "futime > 0":mutate { "s = surgery == 1" }
    local fit = lb.survival.aalen("Surv(futime, dead) ~ s", d, { min_at_risk = 1 })
    local sum, n = 0, 0
    local base = d:filter "not s"
    local at = fit:at { 60 }:column("estimate")[1]
    local km = lb.survival.km("Surv(futime, dead) ~ 1", base):tidy()
    for i = 1, #km do
      if km:column("time")[i] <= 60 then
        sum = sum + km:column("n_event")[i] / km:column("n_risk")[i]
        n = n + 1
      end
    end
    assert.is_true(n > 10)
    near(sum, at, 1e-10)
  end)

  it("counts weights as repeated rows and refuses clusters", function()
    local d = jasa():filter "futime > 0":mutate { "k = 2" }
    local twice = lb.survival.aalen("Surv(futime, dead) ~ age", d:append(d))
    local weighted = lb.survival.aalen("Surv(futime, dead) ~ age", d, { weights = "k",
      weight_type = "frequency" })
    near(twice.statistic, weighted.statistic, 1e-10)
    refused("cluster", lb.survival.aalen, "Surv(futime, dead) ~ age + cluster(id)", d)
    refused("no event", lb.survival.aalen, "Surv(futime, dead) ~ age", d:filter "dead == 0")
  end)

  -- R 4.2.2, survival 3.5-3: aareg(Surv(start, stop, event) ~ transplant + age + surgery, heart)
  it("goes on where nobody is treated yet, and says so", function()
    local fit = lb.survival.aalen("Surv(start, stop, event) ~ transplant + age + surgery",
      lb.cohort "tests/data/survival_heart.csv")
    near(10.8460081346821, fit.statistic, 1e-10)
    for j, z in ipairs { 5.77652614361326, -0.00173266696798904, 2.3298444469089632 } do
      near(z, fit.fit.statistic[j] / fit.fit.covariance[j][j] ^ 0.5, 1e-9)
    end
    local last = fit:at { 1032 }
    near(2.4671416555879584, last:column("estimate")[1], 1e-10)
    near(-0.3548397693699773, last:column("estimate")[2], 1e-10)
    assert.is_truthy(table.concat(fit.warnings, "\n"):find(
      "'transplant' does not differ among those at risk, or depends on earlier terms, at 1 event "
      .. "time of 61", 1, true))
  end)

  it("passes over first risk sets that are too small", function()
    local d = small { { "entry", { 0, 1, 2, 3, 3, 3, 3 } }, { "time", { 2, 9, 4, 5, 6, 7, 8 } },
      { "event", { 1, 0, 1, 1, 1, 1, 0 } }, { "x", { 0, 1, 2, 3, 2, 1, 0 } } }
    local fit = lb.survival.aalen("Surv(entry, time, event) ~ x", d, { min_at_risk = 3 })
    assert.is_truthy(fit.warnings[1]:find("1 event time before 4 left out", 1, true))
    assert.are.equal(4, fit.fit.time[1])
  end)
end)

describe("the guard against immortal time", function()
  local function warnings(formula, d)
    return table.concat(lb.survival.km(formula, d).warnings, "\n")
  end

  local function dated()
    return lb.cohort(small {
      { "start", { "2020-01-01", "2020-02-01", "2020-03-01", "2020-01-05" } },
      { "second", { "2020-03-01", "2020-05-01", lb.NA, lb.NA } },
      { "diagnosis", { "2019-03-01", "2019-05-01", "2019-01-01", "2018-09-09" } },
      { "last", { "2021-01-01", "2021-02-01", "2020-04-01", "2020-11-01" } },
      { "died", { true, false, true, true } } }):mutate { "start = date(start)",
      "second = date(second)", "diagnosis = date(diagnosis)", "last = date(last)",
      "os = months(start, last)" }
  end

  it("names groups that rest on dates or times after time zero", function()
    local d = dated():mutate { "two = not is_na(second)", "early = diagnosis < start" }
    local text = warnings("Surv(os, died) ~ two", d)
    assert.is_truthy(text:find("'two' rests on second", 1, true), text)
    assert.is_truthy(text:find("in 2 rows", 1, true), text)
    assert.is_truthy(text:find("landmark", 1, true) and text:find("tmerge", 1, true))
    assert.is_nil(warnings("Surv(os, died) ~ early", d):find("immortal", 1, true))
    local tx = jasa():mutate { "tx = not is_na(wait_time)", "old = age > 50" }
    assert.is_truthy(warnings("Surv(futime, dead) ~ tx", tx):find("'tx' rests on wait_time", 1,
      true))
    assert.is_nil(warnings("Surv(futime, dead) ~ old", tx):find("immortal", 1, true))
  end)

  it("believes what is said about a column, and is quiet after a landmark", function()
    local d = lb.cohort("tests/data/survival_jasa.csv", { dated = { transplanted = "wait_time" } })
    local text = warnings("Surv(futime, dead) ~ transplanted", d)
    assert.is_truthy(text:find("'transplanted' rests on wait_time", 1, true), text)
    local at = lb.survival.landmark("Surv(futime, dead)", jasa(), { at = 30,
      exposures = { tx = "wait_time" } })
    assert.is_nil(warnings("Surv(stop, event) ~ tx", at):find("immortal", 1, true))
    refused("no column 'nosuch'", lb.cohort, "tests/data/survival_jasa.csv",
      { time_zero = "nosuch" })
  end)

  local FORMULA <const> = "Surv(futime, dead) ~ "

  it("names groups that compare a time after time zero", function()
    for _, definition in ipairs { "wait_time < 30", "30 <= wait_time", "cut(wait_time, {30})" } do
      local text = warnings(FORMULA .. "early", jasa():mutate { "early = " .. definition })
      assert.is_truthy(text:find("'early' rests on wait_time", 1, true), definition .. text)
    end
    local low = jasa():mutate { "hgb = if_else(id % 3 == 0, NA, 0.001)", "low = hgb < 0.5" }
    assert.is_nil(warnings(FORMULA .. "low", low):find("immortal", 1, true))
  end)

  it("finds the time beside a column of the file that is known in the group alone", function()
    local text = warnings(FORMULA .. "transplanted", jasa())
    assert.is_truthy(text:find("'transplanted' goes with wait_time, a time within follow-up that "
      .. "is known in the 69 rows of the group alone", 1, true), text)
    for _, part in ipairs { "landmark", "tmerge", "dated = { transplanted = false }" } do
      assert.is_truthy(text:find(part, 1, true), part)
    end
    assert.are.equal("", warnings(FORMULA .. "surgery", jasa():filter "futime > 0"))
    local named = lb.cohort(jasa():mutate {
      "tx = if_else(transplanted == 1, 'yes', 'no')" }:frame())
    assert.is_truthy(warnings(FORMULA .. "tx", named):find("'tx' goes with wait_time", 1, true))
    assert.is_truthy(warnings(FORMULA .. "tx", jasa():mutate { "tx = transplanted == 1" }):find(
      "'tx' rests on transplanted, which goes with wait_time", 1, true))
    local quiet = lb.cohort("tests/data/survival_jasa.csv", { dated = { transplanted = false } })
    assert.is_nil(warnings(FORMULA .. "transplanted", quiet):find("immortal", 1, true))
    quiet = lb.cohort("tests/data/survival_jasa.csv", { dated = { wait_time = false } })
    assert.is_nil(warnings(FORMULA .. "transplanted", quiet):find("immortal", 1, true))
    assert.is_nil(warnings(FORMULA .. "tx", quiet:mutate { "tx = not is_na(wait_time)" }):find(
      "immortal", 1, true))
    -- One row that breaks the pattern, a time beyond follow-up, or two rows alone prove nothing.
    local broken = lb.cohort(jasa():mutate {
      "wait_time = if_else(id == 1, 3, wait_time)" }:frame())
    assert.is_nil(warnings(FORMULA .. "transplanted", broken):find("immortal", 1, true))
    local beyond = lb.cohort(jasa():mutate { "wait_time = wait_time + 2000" }:frame())
    assert.is_nil(warnings(FORMULA .. "transplanted", beyond):find("immortal", 1, true))
    local two = lb.cohort(jasa():filter "transplanted == 0 or id == 3 or id == 4":frame())
    assert.is_nil(warnings(FORMULA .. "transplanted", two):find("immortal", 1, true))
  end)

  it("finds the time beside a column of the file that ends follow-up elsewhere", function()
    local made = jasa():filter "futime > 2":mutate { "recurred = id % 3 == 0",
      "rec_time = if_else(recurred, futime / 2, futime)" }
    local d = lb.cohort(made:select({ "id", "futime", "dead", "recurred", "rec_time" }):frame())
    local text = warnings(FORMULA .. "recurred", d)
    assert.is_truthy(text:find("'recurred' goes with rec_time, a time before the end of follow-up "
      .. "in the", 1, true), text)
    assert.is_truthy(warnings(FORMULA .. "soon", d:mutate { "soon = rec_time < 20" }):find(
      "'soon' rests on rec_time", 1, true))
    local cox = lb.survival.cox(FORMULA .. "recurred", d)
    assert.is_truthy(tostring(cox):find("'recurred' goes with rec_time", 1, true))
    local broken = lb.cohort(d:mutate {
      "rec_time = if_else(id == 4, futime / 3, rec_time)" }:frame())
    assert.is_nil(warnings(FORMULA .. "recurred", broken):find("immortal", 1, true))
  end)
end)

