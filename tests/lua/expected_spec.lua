--- Population tables, expected, relative and net survival, and the test against a population:
--- closed forms, properties, edges, refusals.
local lb = require "lobule"

local function refused(part, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(part, 1, true), tostring(err))
end

local function near(want, got, tolerance)
  assert.is_true(math.abs(want - got) <= (tolerance or 1e-13) * math.max(1, math.abs(want)),
    ("expected %.17g, got %.17g"):format(want, got))
end

--- One rate for all.
local function flat(rate)
  return lb.survival.population(lb.frame { { "age", { 0 } }, { "rate", { rate } } })
end

local function by_sex()
  return lb.survival.population(lb.frame {
    { "age", { 0, 50, 70, 0, 50, 70 } }, { "sex", { "f", "f", "f", "m", "m", "m" } },
    { "rate", { 0.001, 0.01, 0.05, 0.002, 0.02, 0.08 } } }, { by = "sex" })
end

local function example()
  return lb.example_data()
end

local OUTCOME <const> = "Surv(months, progressed) ~ "

local function fit(method, options, formula, data)
  options = options or {}
  options.population = options.population or by_sex()
  options.unit = options.unit or "months"
  options.method = method
  return lb.survival[method == "pohar-perme" and "relative" or "expected"](
    formula or OUTCOME .. "1", data or example(), options)
end

describe("survival.population", function()
  it("turns annual probabilities into rates", function()
    local pop = lb.survival.population(lb.frame { { "a", { 60, 0 } }, { "q", { 0.1, 0.02 } } },
      { age = "a", probability = "q" })
    near(-math.log(0.98), pop:tidy():column("rate")[1])
    near(-math.log(0.9), pop:tidy():column("rate")[2])
    assert.are.equal(60, pop:glance():column("age_to")[1])
  end)

  it("gives its rows back in order, whatever order they came in", function()
    local age, year, sex, rate = {}, {}, {}, {}
    for i = 1, 2 * 3 * 4 do
      local k = (i * 7) % 24
      sex[i], year[i], age[i] = ({ "f", "m" })[k % 2 + 1], 1990 + k // 2 % 3, 10 * (k // 6)
      rate[i] = age[i] + year[i] + (sex[i] == "m" and 0.5 or 0)
    end
    local pop = lb.survival.population(lb.frame { { "age", age }, { "year", year },
      { "sex", sex }, { "rate", rate } }, { year = "year", by = "sex" })
    for _, row in ipairs(pop:tidy():rows_list()) do
      near(row.age + row.year + (row.sex == "m" and 0.5 or 0), row.rate)
    end
    assert.are.equal(24, pop:glance():column("n")[1])
    assert.is_truthy(tostring(pop):find("years 1990 to 1992", 1, true))
    assert.is_truthy(pop:to_json():find("survival.population", 1, true))
  end)

  it("refuses what is no table, naming the place", function()
    local function pop(columns, options)
      return lb.survival.population(lb.frame(columns), options)
    end
    refused("1 gap: no row for sex = m, age 50", pop, { { "age", { 0, 50, 0 } },
      { "sex", { "f", "f", "m" } }, { "rate", { 1, 1, 1 } } }, { by = "sex" })
    refused("two rows for age 0", pop, { { "age", { 0, 0 } }, { "rate", { 1, 2 } } })
    refused("row 2 of the table is -1", pop, { { "age", { 0, 1 } }, { "rate", { 1, -1 } } })
    refused("a probability of 1", pop, { { "age", { 0, 1 } }, { "q", { 0.1, 1 } } },
      { probability = "q" })
    refused("no column 'rate'", pop, { { "age", { 0 } } })
    refused("have no 'rate'", pop, { { "age", { 0, 1 } },
      { "rate", { 0.1, require("lobule.core").NA } } })
    refused("age: 36500 is not between 0 and 150", pop, { { "age", { 0, 36500 } },
      { "rate", { 1, 1 } } })
    refused("one of them says", pop, { { "age", { 0 } }, { "rate", { 1 } } },
      { rate = "rate", probability = "rate" })
  end)
end)

describe("survival.expected", function()
  it("is exponential where there is one rate, by every method", function()
    for _, method in ipairs { "ederer1", "ederer2", "hakulinen" } do
      local e = fit(method, { population = flat(0.12),
        potential = method == "hakulinen" and "months + 3" or nil })
      for _, row in ipairs(e:tidy():rows_list()) do
        near(math.exp(-0.01 * row.time), row.estimate)
      end
    end
  end)

  it("does not ask for times in one unit only", function()
    local months = fit("ederer2"):tidy()
    local scaled = example():mutate { "years = months / 12", "days = months * 365.25 / 12",
      "weeks = months * 365.25 / 84" }
    for _, unit in ipairs { "years", "days", "weeks" } do
      local other = fit("ederer2", { unit = unit }, ("Surv(%s, progressed) ~ 1"):format(unit),
        scaled):tidy()
      for i = 1, #months do near(months:column("estimate")[i], other:column("estimate")[i]) end
    end
  end)

  it("is the same by Ederer I, II and Hakulinen while nobody has left", function()
    local first = 0.1 -- the example's smallest time
    local values = {}
    for i, method in ipairs { "ederer1", "hakulinen" } do
      values[i] = fit(method, { potential = method == "hakulinen" and "months" or nil })
        :at(first):column("estimate")[1]
    end
    near(values[1], values[2])
    -- Equal weights and survival weights part as soon as hazards differ.
    local later = {}
    for i, method in ipairs { "ederer1", "ederer2" } do
      later[i] = fit(method):at(24):column("estimate")[1]
    end
    assert.is_true(math.abs(later[1] - later[2]) > 1e-4)
  end)

  it("Ederer I of a mixture is the mixture, Hakulinen without end is Ederer I", function()
    local d = example()
    local all = fit("ederer1", { at = { 12, 60 } }, nil, d):tidy()
    local sum = { 0, 0 }
    for _, sex in ipairs { "f", "m" } do
      local part = d:filter(("sex == '%s'"):format(sex))
      local one = fit("ederer1", { at = { 12, 60 } }, nil, part):tidy()
      for k = 1, 2 do sum[k] = sum[k] + one:column("estimate")[k] * part:count() end
    end
    for k = 1, 2 do near(sum[k] / d:count(), all:column("estimate")[k]) end
    local h = fit("hakulinen", { at = { 12, 60 }, potential = "months + 100" }):tidy()
    for k = 1, 2 do near(all:column("estimate")[k], h:column("estimate")[k]) end
  end)

  it("takes weights as repeated rows and groups one by one", function()
    local d = example():mutate "w = 1 + liver % 3"
    local twice = d
    for k = 1, 2 do twice = twice:append(d:filter(("w > %d"):format(k))) end
    for _, method in ipairs { "ederer1", "ederer2", "pohar-perme" } do
      local weighted = fit(method, { weights = "w", weight_type = "frequency" }, OUTCOME .. "arm",
        d):tidy()
      local repeated = fit(method, nil, OUTCOME .. "arm", twice):tidy()
      assert.are.equal(#weighted, #repeated)
      for i = 1, #weighted do
        near(repeated:column("estimate")[i], weighted:column("estimate")[i])
        near(repeated:column("n_risk")[i], weighted:column("n_risk")[i])
      end
      local alone = fit(method, nil, nil, d:filter "arm == 'SIRT'"):tidy()
      local within = fit(method, nil, OUTCOME .. "arm", d):tidy():filter "strata == 'arm=SIRT'"
      for i = 1, #alone do
        near(alone:column("estimate")[i], within:column("estimate")[i])
      end
    end
  end)

  it("finds the rate of several factors, in whatever order the data have their levels", function()
    local region, sex, age, rate, n = {}, {}, {}, {}, 0
    for r, name in ipairs { "north", "east", "south" } do
      for s, one in ipairs { "m", "f" } do
        for a = 0, 1 do
          n = n + 1
          region[n], sex[n], age[n], rate[n] = name, one, 50 * a, r / 100 + s / 1000 + a / 7
        end
      end
    end
    local pop = lb.survival.population(lb.frame { { "age", age }, { "region", region },
      { "sex", sex }, { "rate", rate } }, { by = { "region", "sex" } })
    local d = lb.frame { { "age", age }, { "where", region }, { "sex", sex }, { "rate", rate },
      { "t", rate } }:mutate { "t = 1", "e = true", "age = age + 1",
      "where = factor(where)" }:relevel("where", { "south", "north" })
    local e = lb.survival.expected("Surv(t, e) ~ where", d, { population = pop, unit = "years",
      match = { region = "where" } }):augment()
    for i = 1, n do near(rate[i], e:column("expected_hazard")[i]) end
    for i, row in ipairs(pop:tidy():rows_list()) do
      near(row.rate, pop.rates[i])
      near((row.region == "north" and 1 or row.region == "east" and 2 or 3) / 100
        + (row.sex == "m" and 1 or 2) / 1000 + row.age / 350, row.rate)
    end
  end)

  it("leaves out and counts who cannot be set against the table", function()
    local NA = require("lobule.core").NA
    local d = lb.frame { { "t", { 1, 2, 3, 4, NA } }, { "e", { true, true, true, true, true } },
      { "age", { 60, NA, 60, 60, 60 } }, { "sex", { "f", "f", NA, "m", "m" } } }
    local e = lb.survival.expected("Surv(t, e) ~ 1", d, { population = by_sex(), unit = "years" })
    local text = tostring(e)
    for _, part in ipairs { "3 of 5 rows left out", "age 1", "sex 1", "t 1" } do
      assert.is_truthy(text:find(part, 1, true), text)
    end
    local hazard = e:augment():column "expected_hazard"
    near(0.01, hazard[1])
    near(0.08, hazard[4])
    for _, i in ipairs { 2, 3, 5 } do assert.is_nil(hazard[i]) end
    assert.are.equal(2, e:glance():column("n")[1])
    near(0.09, e:glance():column("expected")[1])
  end)

  it("asks individuals from entry to time", function()
    local d = lb.frame { { "from", { 2, 0 } }, { "t", { 15, 1 } }, { "e", { true, false } },
      { "age", { 40, 90 } }, { "sex", { "f", "m" } } }
    local e = lb.survival.expected("Surv(from, t, e) ~ 1", d, { population = by_sex(),
      unit = "years" })
    near(8 * 0.001 + 5 * 0.01, e:augment():column("expected_hazard")[1])
    near(math.exp(-0.08), e:augment():column("expected_survival")[2])
  end)

  it("says that people are followed outside the table's years", function()
    local pop = lb.survival.population(lb.frame { { "age", { 0, 0 } }, { "y", { 2000, 2001 } },
      { "rate", { 0.1, 0.2 } } }, { year = "y" })
    local d = lb.frame { { "t", { 1, 1, 1 } }, { "e", { true, true, true } },
      { "age", { 1, 1, 1 } }, { "at", { 1999.5, 2000, 2001.5 } } }
    local e = lb.survival.expected("Surv(t, e) ~ 1", d, { population = pop, unit = "years",
      year = "at" })
    assert.is_truthy(e.warnings[1]:find("1 person is followed before 2000", 1, true))
    assert.is_truthy(e.warnings[2]:find("1 person is followed after 2001", 1, true))
    near(0.1, e:augment():column("expected_hazard")[1])
    near(0.2, e:augment():column("expected_hazard")[3])
    -- 2000 has 366 days, a year of follow-up 365.25.
    near(0.1, e:augment():column("expected_hazard")[2])
  end)

  it("refuses what has no answer, with the mend", function()
    local d = lb.frame { { "t", { 1, 2 } }, { "e", { true, false } }, { "age", { 60, 61 } },
      { "sex", { "f", "x" } }, { "gender", { "f", "m" } } }
    local function go(options, formula)
      options.unit = options.unit or "years"
      return lb.survival.expected(formula or "Surv(t, e) ~ 1", d, options)
    end
    refused("sex: 'x' is not among the levels", go, { population = by_sex() })
    near(2, #go({ population = by_sex(), match = { sex = "gender" } }):tidy())
    refused("no factor 'gender'", go, { population = by_sex(), match = { gender = "sex" } })
    refused("expected a table of lb.survival.population", go, {})
    refused("younger than the first age", go, { population = lb.survival.population(lb.frame {
      { "age", { 61 } }, { "rate", { 0.1 } } }) })
    refused("are times in days, months or years", lb.survival.expected, "Surv(t, e) ~ 1", d,
      { population = flat(0.1) })
    refused("needs potential follow-up", go, { population = flat(0.1), method = "hakulinen" })
    refused("shorter than the observed", go, { population = flat(0.1), method = "hakulinen",
      potential = "t - 0.5" })
    refused("potential has no meaning", go, { population = flat(0.1), potential = "t" })
    refused("late entry", go, { population = flat(0.1), method = "ederer1" },
      "Surv(t - 1, t, e) ~ 1")
    refused("when does each person's", go, { population = lb.survival.population(lb.frame {
      { "age", { 0 } }, { "y", { 2000 } }, { "rate", { 0.1 } } }, { year = "y" }) })
    refused("are the rates per person-year", lb.survival.relative, "Surv(t, e) ~ 1", d,
      { population = flat(1000), unit = "years" })
    refused("no column 'sex'", lb.survival.expected, "Surv(t, e) ~ 1",
      d:select { "t", "e", "age" }, { population = by_sex(), unit = "years" })
    refused("age: sex is a", go, { population = flat(0.1), age = "sex" })
    refused("weight_type 'sampling'", go, { population = flat(0.1), weights = "age",
      weight_type = "sampling" })
    refused("all 2 are left out", lb.survival.expected, "Surv(t, e) ~ 1",
      d:mutate "age = if_else(t > 0, NA, age)", { population = flat(0.1), unit = "years" })
  end)

  it("has a figure, a report and a record", function()
    local e = fit("ederer2", nil, OUTCOME .. "arm")
    assert.is_truthy(e:plot { width_mm = 89 }:svg():find("expected by the population", 1, true))
    assert.is_nil(tostring(e):find("arm=", 1, true))
    assert.are.equal("arm=TAE", e:tidy():column("strata")[1])
    assert.are.equal("table", e:report_blocks()[1].kind)
    assert.is_truthy(e:to_json():find("survival.expected", 1, true))
  end)
end)

describe("survival.relative", function()
  it("is Kaplan-Meier when nobody else dies", function()
    local km = lb.survival.km(OUTCOME .. "arm", example(), { conf_type = "log" }):tidy()
    for _, method in ipairs { "pohar-perme", "ederer1", "ederer2" } do
      local net = lb.survival.relative(OUTCOME .. "arm", example(), { population = flat(0),
        unit = "months", method = method }):tidy()
      assert.are.equal(#km, #net)
      for i = 1, #km do near(km:column("estimate")[i], net:column("estimate")[i]) end
    end
  end)

  it("is Kaplan-Meier over the expected curve, limits on the ratio scale", function()
    local r = lb.survival.relative(OUTCOME .. "1", example(), { population = by_sex(),
      unit = "months", method = "ederer2" }):tidy()
    local km = lb.survival.km(OUTCOME .. "1", example()):tidy()
    local e = fit("ederer2"):tidy()
    for i = 1, #r - 2 do
      local ratio = km:column("estimate")[i] / e:column("estimate")[i]
      near(ratio, r:column("estimate")[i])
      local se = km:column("std_error")[i] / km:column("estimate")[i]
      near(ratio * math.exp(-1.959963984540054 * se), r:column("conf_low")[i], 1e-12)
      near(ratio * math.exp(1.959963984540054 * se), r:column("conf_high")[i], 1e-12)
    end
  end)

  it("of one rate is the observed curve times exp of the rate, by every method", function()
    local km = lb.survival.km(OUTCOME .. "1", example())
    for _, method in ipairs { "pohar-perme", "ederer1", "ederer2" } do
      local r = lb.survival.relative(OUTCOME .. "1", example(), { population = flat(0.24),
        unit = "months", method = method, at = { 3.3, 12, 24 } }):tidy():rows_list()
      for k, time in ipairs { 3.3, 12, 24 } do
        near(km:at { time }:value() * math.exp(0.02 * time), r[k].estimate)
      end
    end
  end)

  it("has three kinds of limits", function()
    for _, kind in ipairs { "log", "log-log", "plain" } do
      local r = fit("pohar-perme", { conf_type = kind, conf_level = 0.9, at = { 12 } }):tidy()
      local row = r:rows_list()[1]
      assert.is_true(row.conf_low < row.estimate and row.estimate < row.conf_high)
      local z = 1.6448536269514722
      local want = row.estimate * math.exp(-z * row.std_error / row.estimate)
      if kind == "plain" then want = row.estimate - z * row.std_error end
      if kind == "log-log" then
        want = row.estimate ^ math.exp(-z * row.std_error / row.estimate / math.log(row.estimate))
      end
      near(want, row.conf_low, 1e-12)
    end
  end)

  it("warns of a curve beyond 100 %, and draws it", function()
    local d = lb.frame { { "t", { 5, 10 } }, { "e", { true, false } }, { "age", { 40, 40 } } }
    local r = lb.survival.relative("Surv(t, e) ~ 1", d, { population = flat(0.3),
      unit = "years" })
    assert.is_truthy(r.warnings[#r.warnings]:find("passes 100 %", 1, true))
    assert.is_truthy(r:plot():svg():find("Net survival", 1, true))
    assert.are.equal("pohar-perme", r:glance():column("method")[1])
    assert.is_truthy(tostring(r):find("n = 2, events = 1", 1, true))
  end)
end)

describe("relative survival beyond the last time", function()
  it("is not known while somebody is event-free, and 0 where nobody is", function()
    local d = lb.frame { { "t", { 1, 2, 3, 1, 2, 4 } }, { "g", { "a", "a", "a", "b", "b", "b" } },
      { "e", { true, true, true, true, false, false } }, { "p", { 9, 9, 9, 9, 9, 9 } },
      { "age", { 40, 40, 40, 40, 40, 40 } } }
    for _, method in ipairs { "ederer1", "ederer2", "hakulinen" } do
      local r = lb.survival.relative("Surv(t, e) ~ g", d, { population = flat(0.1),
        unit = "years", method = method, potential = method == "hakulinen" and "p" or nil })
      local rows = r:at({ 4, 5 }):rows_list()
      assert.are.equal(4, #rows)
      if method ~= "ederer2" then assert.are.equal(0, rows[1].estimate) end
      near(2 / 3, rows[3].estimate * math.exp(-0.4))
      for _, name in ipairs { "estimate", "std_error", "conf_low", "conf_high" } do
        assert.is_nil(rows[4][name])
      end
    end
  end)
end)

describe("survival.smr against a population", function()
  it("is the test of the expected survival of each person", function()
    local e = fit("ederer2", nil, OUTCOME .. "arm")
    local test = e:test():tidy()
    local sums = e:augment():summarise({ "o = count(progressed)", "e = sum(expected_hazard)" },
      { by = "arm" })
    for i, row in ipairs(test:rows_list()) do
      near(sums:column("e")[i], row.expected)
      near(sums:column("o")[i], row.observed)
      near((row.observed - row.expected) ^ 2 / row.expected, row.statistic, 1e-12)
    end
  end)

  it("is the old table of rates where these are all there is", function()
    local d = lb.frame { { "t", { 1.5, 3, 0.5 } }, { "e", { true, false, true } },
      { "age", { 49, 48, 60 } }, { "sex", { "f", "f", "f" } } }
    local old = lb.survival.smr("Surv(t, e) ~ 1", d, { scale = "age", cuts = { 50, 70 },
      rates = { 0.001, 0.01, 0.05 } })
    for _, options in ipairs { {}, { cuts = { 1, 2 } }, { scale = "age", cuts = { 50, 70 } } } do
      options.rates, options.unit = by_sex(), "years"
      local new = lb.survival.smr("Surv(t, e) ~ 1", d, options):tidy():rows_list()[1]
      near(old:tidy():rows_list()[1].expected, new.expected)
      near(old:tidy():rows_list()[1].conf_high, new.conf_high)
    end
  end)

  it("refuses options of a population without one, and weights in the test", function()
    refused("year: belongs to a population", lb.survival.smr, OUTCOME .. "1", example(),
      { rates = { 0.1 }, year = "age" })
    local e = fit("ederer2", { weights = "ecog", weight_type = "case" })
    refused("the test counts events of persons", e.test, e)
  end)

  it("takes the population by either name, and refuses ages in days", function()
    local d = lb.frame { { "t", { 1.5, 3 } }, { "e", { true, false } }, { "age", { 49, 48 } } }
    local function expected(options)
      options.unit = "years"
      return lb.survival.smr("Surv(t, e) ~ 1", d, options):tidy():rows_list()[1].expected
    end
    near(expected { rates = flat(0.01) }, expected { population = flat(0.01) })
    refused("do not go together", expected, { rates = flat(0.01), population = flat(0.01) })
    refused("expected what survival.population gives", expected, { population = { 0.01 } })
    refused("2 people are older than 130 years at time 0", expected, { rates = flat(0.01),
      age = "age * 365.25" })
  end)
end)
