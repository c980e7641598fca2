--- What a researcher asks of competing risks: causes by name, quantities, refusals with the mend,
--- properties, figures, reports.
local core = require "lobule.core"
local lb = require "lobule"

local function mgus()
  return lb.cohort("tests/data/survival_mgus2.csv")
end

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

--- Times, causes (in a column of the type) and groups.
local function rows(time, cause, kind, group)
  return core.frame { { "time", time }, { "cause", cause, kind }, { "g", group or time } }
end

local NAMED <const> = { "cause = case(event == 1, 'malignancy', event == 2, 'death', 'alive')" }

describe("causes", function()
  local cuminc <const> = lb.survival.cuminc
  local FORMULA <const> = "Surv(time, cause) ~ 1"
  local T <const> = { 1, 2, 3, 4 }

  it("are numbers, levels, or texts with their censored value", function()
    local number = cuminc(FORMULA, rows(T, { 0, 3, 1, 3 }))
    assert.are.same({ "1", "3" }, number.causes)
    local level = cuminc(FORMULA, rows(T, { "alive", "ill", "dead", "ill" }, "factor"),
      { censored = "alive" })
    assert.are.same({ "dead", "ill" }, level.causes)
    local text = cuminc(FORMULA, rows(T, { "alive", "ill", "dead", "ill" }, "text"),
      { censored = "alive" })
    assert.are.same({ "dead", "ill" }, text.causes)
    near(number:at({ 4, cause = 3 }):value(), level:at({ 4, cause = "ill" }):value())
    near(number:at({ 4, cause = 1 }):value(), text:at({ 4, cause = "dead" }):value())
    assert.are.same({ "cause" }, cuminc(FORMULA, rows(T, { true, false, true, false })).causes)
    assert.are.same({ "event" }, cuminc("Surv_CNSR(time, cause) ~ 1",
      rows(T, { 0, 1, 2, 0 })).causes)
  end)

  it("count who is at risk at a time with late entry, whatever the cause", function()
    local frame = core.frame { { "entry", { 0, 0, 3, 4, 1 } }, { "time", { 2, 5, 6, 8, 3 } },
      { "cause", { 1, 2, 1, 0, 0 } } }
    local fit = cuminc("Surv(entry, time, cause) ~ 1", frame)
    for _, cause in ipairs { 1, 2 } do
      local at = fit:at { 2.5, 5, 7, cause = cause }
      assert.are.same({ 2, 3, 1 }, { at:column("n_risk")[1], at:column("n_risk")[2],
        at:column("n_risk")[3] })
    end
  end)

  it("take the first level as censored and say so", function()
    local ci = cuminc("Surv(etime, cause) ~ sex", mgus():mutate(NAMED), { censored = "alive" })
    assert.is_truthy(tostring(ci):find("Censored: 'alive'", 1, true))
    local frame = rows(T, { "b", "a", "c", "b" }, "factor")
    assert.is_truthy(tostring(cuminc(FORMULA, frame)):find("Censored: 'a'", 1, true))
  end)

  it("are refused when they cannot be causes, with the mend", function()
    for _, time in ipairs { T, { 1.5, 2.5, 3.5, 4.5 } } do -- counted days, and rows
      refused("censored = 1", cuminc, FORMULA, rows(time, { 1, 2, 1, 2 }))
      refused("no whole number", cuminc, FORMULA, rows(time, { 0, 1.5, 1, 2 }))
      refused("Levels are: a, b", cuminc, FORMULA,
        rows(time, { "a", "b", "a", "b" }, "factor"), { censored = "c" })
      refused("Say it: censored", cuminc, FORMULA, rows(time, { "a", "b", "a", "b" }, "text"))
      assert.are.equal(2, #cuminc(FORMULA, rows(time, { 1, 2, 1, 2 }), { censored = 0 }).causes)
      assert.are.same({ "2" }, cuminc(FORMULA, rows(time, { 1, 2, 1, 2 }),
        { censored = 1 }).causes)
    end
    refused("did you mean 'ill'", function()
      return cuminc(FORMULA, rows(T, { "alive", "ill", "dead", "ill" }, "text"),
        { censored = "alive" }):at { 1, cause = "il" }
    end)
  end)

  it("stay refused where a method takes none", function()
    local frame = rows(T, { "a", "b", "c", "b" }, "factor", { "x", "y", "x", "y" })
    refused("competing causes", lb.survival.km, FORMULA, frame)
    refused("competing causes", lb.survival.logrank, "Surv(time, cause) ~ g", frame)
    refused("competing causes", lb.survival.cox, "Surv(time, cause) ~ g", frame)
    refused("competing causes", lb.survival.km, "Surv(etime, event) ~ 1", mgus())
  end)
end)

describe("survival.cuminc", function()
  local named = mgus():mutate(NAMED)
  local ci = lb.survival.cuminc("Surv(etime, cause) ~ sex", named, { censored = "alive" })

  it("gives quantities and frames", function()
    local q = ci:at { 120, sex = "F", cause = "malignancy" }
    near(q:value(), 0.07388566437592622)
    assert.are.equal("7.4 % (95 % CI 5.5 to 9.7)", q:display())
    assert.are.equal(4, #ci:at { 120 })
    assert.are.equal(8, #ci:at { 60, 120 })
    assert.are.equal(125, ci:quantile({ prob = 0.5, sex = "F", cause = "death" }):value())
    assert.is_nil(ci:quantile({ prob = 0.5, sex = "F", cause = "malignancy" }):value())
    assert.are.equal(2, ci:glance():column("n_causes")[1])
  end)

  it("adds up to 1 with the event-free", function()
    local free, all = ci:event_free(), ci:tidy()
    local sum = {}
    local function add(frame)
      for i = 1, #frame do
        local at = frame:column("strata")[i] .. frame:column("time")[i]
        sum[at] = (sum[at] or 0) + frame:column("estimate")[i]
      end
    end
    add(free)
    add(all)
    for _, total in pairs(sum) do near(total, 1, 1e-12) end
  end)

  it("is the same from counted days and from rows", function()
    local late = named:mutate { "later = etime + 0.5" }
    local other = lb.survival.cuminc("Surv(later, cause) ~ sex", late, { censored = "alive" })
    local a, b = ci:tidy(), other:tidy()
    assert.are.equal(#a, #b)
    for _, name in ipairs { "n_risk", "n_event", "estimate", "std_error", "conf_high" } do
      for i = 1, #a, 7 do
        local x, y = a:column(name)[i], b:column(name)[i]
        if x then near(x, y, 1e-12) else assert.is_nil(y) end
      end
    end
  end)

  it("counts a missing cause as left out", function()
    local frame = rows({ 1, 2, 3, 4 }, { 0, core.NA, 1, 2 })
    assert.are.equal(1, lb.survival.cuminc("Surv(time, cause) ~ 1", frame).info.n_missing)
  end)

  it("holds for one row, and for none with an event", function()
    local one = lb.survival.cuminc("Surv(time, cause) ~ 1", rows({ 5 }, { 1 }))
    assert.are.equal(1, one:at({ 5 }):value())
    local none = lb.survival.cuminc("Surv(time, cause) ~ 1", rows({ 5, 6 }, { 0, 0 }))
    assert.are.equal(0, none:at({ 5 }):value())
    assert.is_truthy(none.warnings[1]:find("no event", 1, true))
    refused("no rows", lb.survival.cuminc, "Surv(time, cause) ~ 1", rows({}, {}))
    local absent = lb.survival.cuminc("Surv(time, cause) ~ 1",
      rows({ 1, 2 }, { "b", "a" }, "factor"):filter "cause ~= 'b'")
    assert.is_not_nil(absent)
  end)

  it("takes clusters and sampling weights by the jackknife", function()
    local weighted = named:mutate { "w = 1 + age / 100", "centre = id % 20" }
    local by_cluster = lb.survival.cuminc("Surv(etime, cause) ~ sex", weighted,
      { censored = "alive", cluster = "centre" })
    assert.are.equal("jackknife", by_cluster:glance():column("variance")[1])
    local sampled = lb.survival.cuminc("Surv(etime, cause) ~ sex", weighted,
      { censored = "alive", weights = "w", weight_type = "sampling" })
    assert.is_true(sampled:tidy():column("std_error")[50] > 0)
    refused("jackknife", lb.survival.cuminc, "Surv(etime, cause) ~ sex", weighted,
      { censored = "alive", cluster = "centre", variance = "aalen" })
  end)

  it("is drawn: curves that rise, stacked causes of one group", function()
    local test = lb.survival.gray("Surv(etime, cause) ~ sex", named,
      { censored = "alive", cause = "death" })
    local svg = ci:plot({ cause = "death", p_value = test }):svg()
    assert.is_truthy(svg:find("Gray's test", 1, true) or svg:find("Gray&#39;s test", 1, true))
    assert.are.equal("Cumulative incidence, death",
      ci:plot({ stacked = true, sex = "F" }):data()[1].title)
    refused("one group", ci.plot, ci, { stacked = true })
    -- Who is at risk is said once a group.
    local counts = ci:plot():data()[1]
    local risk, absent = counts.columns[3], 0
    assert.are.equal("n_risk", risk.name)
    for _, n in ipairs(risk.values) do absent = absent + (n ~= n and 1 or 0) end
    assert.are.equal(#risk.values, 2 * absent)
  end)

  it("goes into JSON and reports", function()
    local record = core.json_decode(ci:to_json())
    assert.are.same({ "death", "malignancy" }, record.causes)
    assert.are.equal("table", ci:report_blocks()[1].kind)
  end)
end)

describe("survival.gray", function()
  it("tests one cause or all", function()
    local all = lb.survival.gray("Surv(etime, event) ~ sex", mgus())
    local one = lb.survival.gray("Surv(etime, event) ~ sex", mgus(), { cause = 2 })
    assert.is_nil(all.p_value)
    near(one.p_value, all:tests():column("p_value")[2], 0)
    assert.is_truthy(one:display():find("chi-square 11.65 on 1 df", 1, true))
    refused("two groups", lb.survival.gray, "Surv(etime, event) ~ 1", mgus())
  end)

  it("takes frequencies as repeated rows", function()
    local twice = mgus():mutate { "w = 2 - id % 2" }:frame()
    local list, n = {}, 0
    for i, w in ipairs(twice:column("w"):totable()) do
      for _ = 1, w do
        n = n + 1
        list[n] = i
      end
    end
    local a = lb.survival.gray("Surv(etime, event) ~ sex", twice,
      { weights = "w", weight_type = "frequency" })
    local b = lb.survival.gray("Surv(etime, event) ~ sex", core.take(twice, list))
    for i = 1, 2 do
      near(a:tests():column("statistic")[i], b:tests():column("statistic")[i], 1e-10)
    end
    for _, fit in ipairs { a, lb.survival.cuminc("Surv(etime, event) ~ sex", twice,
      { weights = "w", weight_type = "frequency" }) } do
      assert.truthy(tostring(fit):find(("frequency weights, %d rows"):format(#twice), 1, true))
    end
    local c = lb.survival.finegray("Surv(etime, event) ~ age + sex", twice,
      { cause = 1, weights = "w", weight_type = "frequency" })
    local d = lb.survival.finegray("Surv(etime, event) ~ age + sex", core.take(twice, list),
      { cause = 1 })
    for i = 1, 2 do
      near(c:tidy():column("estimate")[i], d:tidy():column("estimate")[i], 1e-10)
      near(c:tidy():column("std_error")[i], d:tidy():column("std_error")[i], 1e-10)
    end
  end)
end)

describe("survival.gray with late entry and clusters", function()
  it("compares those who have entered", function()
    -- mgus2 on the age scale; score and Wald test of the Fine-Gray model agree in large samples
    local test = lb.survival.gray("Surv(age, age_exit, event) ~ sex", mgus(), { cause = 1 })
    local model = lb.survival.finegray("Surv(age, age_exit, event) ~ sex", mgus(),
      { cause = 1, censoring_groups = "sex", censoring_ties = "events_first" })
    near(test.statistic, model:tests():rows_list()[2].statistic, 0.05)
    local text = tostring(test):gsub("%s+", " ")
    assert.is_truthy(text:find("late entry, weighted by the entry distributions (Geskus); "
      .. "variance by influences of rows", 1, true))
    assert.is_truthy(test:report_blocks()[1].table.notes[2]:find("Late entry", 1, true))
  end)

  it("adds clusters up", function()
    local plain = lb.survival.gray("Surv(etime, event) ~ sex", mgus(), { cause = 2 })
    local each = lb.survival.gray("Surv(etime, event) ~ sex + cluster(id)", mgus(), { cause = 2 })
    near(each.statistic, plain.statistic, 0.02)
    near(each:tidy():column("expected")[1], plain:tidy():column("expected")[1], 1e-10)
    local years = lb.survival.gray("Surv(etime, event) ~ sex", mgus(),
      { cause = 2, cluster = "dxyr" })
    assert.is_true(years.statistic < plain.statistic)
    assert.is_truthy(tostring(years):find("variance by 34 clusters", 1, true))
  end)

  it("refuses odd rho, with the mend", function()
    for _, rho in ipairs { -1, math.huge } do
      refused("expected a number from 0 on", lb.survival.gray, "Surv(etime, event) ~ sex", mgus(),
        { rho = rho })
    end
    refused("NaN", lb.survival.gray, "Surv(etime, event) ~ sex", mgus(), { rho = 0 / 0 })
  end)
end)

describe("survival.finegray", function()
  local fit = lb.survival.finegray("Surv(etime, event) ~ age + sex", mgus(), { cause = 1 })

  it("needs the cause by name", function()
    refused("cause = \"1\"", lb.survival.finegray, "Surv(etime, event) ~ age", mgus())
    refused("no cause '7'", lb.survival.finegray, "Surv(etime, event) ~ age", mgus(),
      { cause = 7 })
    refused("rows as independent", lb.survival.finegray, "Surv(etime, event) ~ age", mgus(),
      { cause = 1, cluster = "sex", variance = "model" })
  end)

  it("predicts incidence, NA for a person with a missing covariate", function()
    local people = { age = { 60, core.NA }, sex = { "F", "M" } }
    local risk = fit:predict { newdata = people, times = { 100, 200 } }
    assert.are.equal(4, #risk)
    assert.is_true(risk:column("estimate")[1] < risk:column("estimate")[2])
    assert.is_nil(risk:column("estimate")[3])
    refused("newdata and times", fit.predict, fit, { times = { 1 } })
  end)

  local function same(a, b, tolerance)
    for _, name in ipairs { "estimate", "std_error" } do
      local x, y = a:tidy():column(name), b:tidy():column(name)
      for i = 1, #x do near(x[i], y[i], tolerance) end
    end
  end

  it("takes entry at 0 as none, clusters of one as rows, one group as all", function()
    local data = mgus():mutate { "start = 0 * id", "one = 'a'" }
    same(fit, lb.survival.finegray("Surv(start, etime, event) ~ age + sex", data, { cause = 1 }))
    same(fit, lb.survival.finegray("Surv(etime, event) ~ age + sex", data,
      { cause = 1, cluster = "id", censoring_groups = "one" }), 1e-8)
  end)

  it("does not mind the order of rows", function()
    local formula <const> = "Surv(age, age_exit, event) ~ hgb + strata(sex)"
    local data, options = mgus(), { cause = 2, cluster = "dxyr", censoring = "common" }
    local some = data:filter "age >= 50"
    same(lb.survival.finegray(formula, some, options),
      lb.survival.finegray(formula, some:sort "hgb", options), 1e-8)
  end)

  it("takes frequencies as repeated rows in groups, too", function()
    local twice = mgus():mutate { "w = 2 - id % 2" }:frame()
    local list = {}
    for i, w in ipairs(twice:column("w"):totable()) do
      for _ = 1, w do list[#list + 1] = i end
    end
    local options <const> = { cause = 1, censoring_groups = "sex" }
    local b = lb.survival.finegray("Surv(etime, event) ~ age", core.take(twice, list), options)
    options.weights, options.weight_type = "w", "frequency"
    same(lb.survival.finegray("Surv(etime, event) ~ age", twice, options), b, 1e-9)
  end)

  it("says what the weights and the strata are", function()
    local late = lb.survival.finegray("Surv(age, age_exit, event) ~ hgb + strata(sex)",
      mgus():filter "age >= 50", { cause = 2, cluster = "dxyr" })
    local text = tostring(late):gsub("%s+", " ")
    for _, part in ipairs { "2 strata with a baseline each", "Geskus", "clusters",
      "censoring and entry distributions" } do
      assert.is_truthy(text:find(part, 1, true), part)
    end
    assert.are.equal("strata", late:baseline():names()[1])
    local risk = late:predict { newdata = { hgb = { 10, 14 }, sex = { "F", "M" } },
      times = { 70, 90 } }
    for i = 1, 4 do
      assert.is_true(risk:column("conf_low")[i] < risk:column("estimate")[i])
      assert.is_true(risk:column("estimate")[i] < risk:column("conf_high")[i])
    end
  end)

  it("has standard errors of incidence, those of the curve without covariates", function()
    local risk = fit:predict { newdata = { age = 70, sex = "F" }, times = { 0, 120 } }
    assert.are.equal(0, risk:column("estimate")[1])
    assert.is_nil(risk:column("conf_low")[1])
    local plain = fit:predict { newdata = { age = 70, sex = "F" }, times = { 120 },
      conf_type = "plain", conf_level = 0.9 }
    local width = core.normal_quantile(0.95) * risk:column("std_error")[2]
    near(plain:column("conf_high")[1], risk:column("estimate")[2] + width, 1e-12)
    local model = lb.survival.finegray("Surv(etime, event) ~ age + sex", mgus(),
      { cause = 1, variance = "model" })
    assert.is_false(model:predict({ newdata = { age = 70, sex = "F" }, times = { 120 } })
      :has "std_error")
  end)

  it("says what its variance is", function()
    local text = tostring(fit):gsub("%s+", " ")
    for _, part in ipairs { "Subdistribution hazard ratio", "115 events", "860 competing",
      "Fine & Gray" } do
      assert.is_truthy(text:find(part, 1, true), part)
    end
    assert.is_truthy(fit:plot():svg():find("Subdistribution hazard ratio", 1, true))
    assert.is_truthy(core.json_decode(fit:to_json()).baseline.time[1])
  end)
end)

describe("survival.cause_specific", function()
  it("joins the models of all causes", function()
    local all = lb.survival.cause_specific("Surv(etime, event) ~ age + sex", mgus())
    assert.are.equal(4, #all:tidy())
    assert.are.equal(2, #all:glance())
    assert.are.equal(115, all:model(1).fit.n_event)
    assert.is_truthy(tostring(all):find("860 events", 1, true))
    local labels = all:plot():data()[1].columns[1].values
    assert.are.equal("1,age,sex,F,M,2,age,sex,F,M", table.concat(labels, ","))
    assert.is_truthy(all:plot():svg():find("ratios with their intervals. 1, age 1.0", 1, true))
    assert.is_truthy(all:contrast("sex", { cause = 2 }):plot():svg():find(
      "cause-specific hazard of '2'", 1, true))
    refused("One cause", lb.survival.cause_specific, "Surv(etime, event) ~ age", mgus(),
      { cause = 1 })
  end)

  it("predicts for new data with causes", function()
    local cox = lb.survival.cox("Surv(etime, event) ~ age + sex", mgus(), { cause = 1 })
    assert.are.equal(1384, #cox:predict { type = "expected", newdata = mgus() })
    refused("has no cause '9'", lb.survival.cox, "Surv(etime, event) ~ age", mgus(),
      { cause = 9 })
    refused("Name the cause", lb.survival.cox, "Surv(etime, event) ~ age", mgus(),
      { censored = 0 })
  end)

  it("does not take a first level for censoring that does not look like it", function()
    local d = lb.frame { { "t", { 1, 2, 3, 4, 5, 6 } },
      { "e", { "death", "none", "relapse", "none", "death", "relapse" }, "factor" } }
    refused("the first level of the event, 'death', would mean censored, and 'none' be a cause",
      lb.survival.cuminc, "Surv(t, e) ~ 1", d)
    assert.are.equal(0, #lb.survival.cuminc("Surv(t, e) ~ 1", d, { censored = "none" }).warnings)
    local odd = d:mutate { "e = factor(if_else(e == 'none', 'seen', e))" }
    assert.is_truthy(lb.survival.cuminc("Surv(t, e) ~ 1", odd).warnings[1]:find(
      "the first level of the event, 'death', is taken as censored", 1, true))
  end)
end)
