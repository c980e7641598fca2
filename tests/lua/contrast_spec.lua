--- Contrasts of regressions: against R, pairs(), other reference levels, Wald tests; what they
--- refuse; nested models compared by Wald tests.
local core = require "lobule.core"
local lb = require "lobule"

local survival <const> = lb.survival

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

local function lung()
  return lb.cohort "tests/data/survival_lung.csv":mutate { "ph = factor(ph_ecog)" }
end

local d <const> = lung()
local FULL <const> = "Surv(time, dead) ~ sex + ph + age"

describe("contrast of people", function()
  -- R 4.2.2, survival 3.5-3: L b and sqrt(diag(L V L')) of model.matrix rows.
  it("goes through splines and products as R's model matrix does", function()
    local fit = survival.cox("Surv(time, dead) ~ sex * ns(age, 3) + ph", d)
    local got = fit:contrast {
      { "at 50", { sex = "male", age = 50 }, { sex = "female", age = 50 } },
      { "at 70", { sex = "male", age = 70 }, { sex = "female", age = 70 } },
      { "older men", { sex = "male", age = 70 }, { sex = "male", age = 50 } } }
    local rows = got:tidy():rows_list()
    near(rows[1].estimate, 0.392461692055494, 1e-7)
    near(rows[2].estimate, 0.69999362072169, 1e-7)
    near(rows[3].estimate, 0.130649259872192, 1e-7)
    near(rows[1].std_error, 0.331892218458021, 1e-7)
    near(rows[2].std_error, 0.276894452751388, 1e-7)
    near(rows[3].std_error, 0.274925335274953, 1e-7)
    near(got:glance():column("statistic")[1], 8.93093781189687, 1e-7)
    assert.are.equal("at 50", rows[1].contrast)
  end)

  it("is the difference of linear predictors, with its covariance", function()
    local fit = survival.cox("Surv(time, dead) ~ sex * age + ph + log(w)", d)
    local a = { sex = "male", age = 71, ph = "2", w = 1.2 }
    local b = { sex = "female", age = 55, ph = "0", w = 0.9 }
    local row = fit:contrast({ a, b }):tidy():rows_list()[1]
    local people = {}
    for name, value in pairs(a) do people[name] = { value, b[name] } end
    local lp = fit:predict { newdata = people }:column "estimate"
    near(row.estimate, lp[1] - lp[2])
    local whole = fit:contrast { { "both", a, b }, { "sex", { sex = "male", age = 71 },
      { sex = "female", age = 71 } } }
    local list = whole:weights():rows_list()
    near(list[1].age, 16)
    near(list[1]["log(w)"], math.log(1.2 / 0.9))
    near(list[2]["sex[male]:age"], 71)
    near(whole:vcov():column("both")[1], row.std_error ^ 2)
  end)

  it("needs what the difference depends on, and names it", function()
    local fit = survival.cox("Surv(time, dead) ~ sex * age + ph + log(w)", d)
    refused("depends on 'age', which is not given", fit.contrast, fit,
      { { sex = "male" }, { sex = "female" } })
    refused("'age' is given for one of the two alone", fit.contrast, fit,
      { { sex = "male", age = 50 }, { sex = "female" } })
    refused("no level 'mael' (did you mean 'male'?)", fit.contrast, fit,
      { { sex = "mael", age = 50 }, { sex = "female", age = 50 } })
    refused("no variable 'agee' in the model (did you mean 'age'?)", fit.contrast, fit,
      { { agee = 50 }, { agee = 60 } })
    refused("the two are the same to the model", fit.contrast, fit, { { ph = "1" }, { ph = "1" } })
    refused("age: expected a number", fit.contrast, fit, { { age = "x" }, { age = 5 } })
    refused("no variable 'wt_loss' in the model", fit.contrast, fit,
      { { wt_loss = 1 }, { wt_loss = 2 } })
  end)

  it("does not cross strata or offsets", function()
    local strata = survival.cox("Surv(time, dead) ~ age + strata(sex)", d)
    refused("different strata", strata.contrast, strata,
      { { sex = "male", age = 50 }, { sex = "female", age = 60 } })
    near(strata:contrast({ { age = 61 }, { age = 60 } }):tidy():column("estimate")[1],
      strata.fit.coef[1])
    local offset = survival.cox("Surv(time, dead) ~ sex + offset(age / 50)", d)
    refused("the offset differs", offset.contrast, offset,
      { { sex = "male", age = 50 }, { sex = "female", age = 60 } })
  end)
end)

describe("contrast of coefficients and levels", function()
  local fit = survival.cox(FULL, d)
  it("is the quantity, the pair and the coefficient under another reference", function()
    local other = survival.cox(FULL, d:relevel("ph", "2"))
    local row = other:tidy():rows_list()[3] -- ph[1] to ph[2]
    assert.are.equal("ph[1]", row.term)
    local one = fit:contrast({ ["ph[1]"] = 1, ["ph[2]"] = -1 }):tidy():rows_list()[1]
    for _, name in ipairs { "estimate", "std_error", "p_value", "conf_low", "conf_high" } do
      near(one[name], row[name], 1e-7)
    end
    local people = fit:contrast({ { ph = "1" }, { ph = "2" } }):tidy():rows_list()[1]
    near(people.estimate, one.estimate)
    near(people.std_error, one.std_error)
    local quantity = fit:contrast "1 - 2"
    near(quantity.estimate, math.exp(one.estimate))
    near(quantity.conf_low, math.exp(one.conf_low))
    assert.are.equal("ph[1] - ph[2]", one.contrast)
  end)

  it("of all pairs is pairs()", function()
    local list = { "1 - 0", "2 - 0", "3 - 0", "2 - 1", "3 - 1", "3 - 2" }
    for _, method in ipairs { "single-step", "holm", "bonferroni", "none" } do
      local a = fit:contrast(list, { adjust = method }):tidy():rows_list()
      for k, want in ipairs(fit:pairs("ph", { adjust = method }):tidy():rows_list()) do
        for _, name in ipairs { "contrast", "estimate", "std_error", "statistic", "conf_low",
          "conf_high", "p_value", "p_value_single" } do
          if name == "contrast" then assert.are.equal(want[name], a[k][name])
          else near(a[k][name], want[name], 1e-12) end
        end
      end
    end
  end)

  it("adjusts in the order that theory has", function()
    local list = { "1 - 0", "2 - 0", "3 - 0" }
    local p = {}
    for _, method in ipairs { "none", "step-down", "single-step", "scheffe", "holm", "hochberg",
      "bonferroni", "bh" } do
      p[method] = fit:contrast(list, { adjust = method }):tidy():column("p_value"):totable()
    end
    for k = 1, 3 do
      assert.is_true(p.none[k] <= p["step-down"][k] + 1e-12)
      assert.is_true(p["step-down"][k] <= p["single-step"][k] + 1e-12)
      assert.is_true(p["step-down"][k] <= p.holm[k] + 1e-9)
      assert.is_true(p["single-step"][k] <= p.bonferroni[k] + 1e-9)
      assert.is_true(p["single-step"][k] <= p.scheffe[k] + 1e-9)
      assert.is_true(p.hochberg[k] <= p.holm[k] and p.bh[k] <= p.hochberg[k])
    end
    local made = fit:contrast(list, { adjust = "scheffe" })
    local row = made:tidy():rows_list()[1]
    near(core.chi_square_p(((row.conf_high - row.estimate) / row.std_error) ^ 2, 3), 0.05, 1e-6)
  end)

  it("takes names in the order of the alphabet and lists as they come", function()
    local named = fit:contrast { b = { ["ph[1]"] = 1 }, a = { { ph = "2" }, { ph = "1" } } }
    assert.are.same({ "a", "b", n = 2 }, named:tidy():column("contrast"):totable())
    refused("no coefficient 'phh[1]' (did you mean 'ph[1]'?)", fit.contrast, fit,
      { ["phh[1]"] = 1 })
    refused("no coefficient 'ph1'", fit.contrast, fit, { { "x", { ph1 = 1 } } })
    refused("weight of 'age': expected a number", fit.contrast, fit,
      { { "x", { age = "1" } } })
    refused("the list of contrasts is empty", fit.contrast, fit, {})
    refused("all weights of a contrast are 0", fit.contrast, fit, { age = 0 })
    refused("the two are the same to the model", fit.contrast, fit, { {}, {} })
    refused("place 2 is empty", fit.contrast, fit, { [1] = { age = 1 }, [3] = { age = 2 } })
    local none = survival.cox("Surv(time, dead) ~ 1", d)
    refused("The model has none.", none.contrast, none, { age = 1 })
    refused("The model has none.", none.contrast, none, "age")
    refused("contrast 2: expected a name", fit.contrast, fit, { "1 - 0", 5 })
    refused("contrast: expected levels", fit.contrast, fit, 5)
    refused("unknown option 'nul' (did you mean 'null'?)", fit.contrast, fit, "ph", { nul = 1 })
    refused("transition: Cox proportional hazards model has none", fit.contrast, fit, "ph",
      { transition = "a -> b" })
  end)

  it("has one-sided limits and margins", function()
    local two = fit:contrast({ { ph = "2" }, { ph = "1" } }, { conf_level = 0.9 })
    local row = two:tidy():rows_list()[1]
    local less = fit:contrast({ { ph = "2" }, { ph = "1" } }, { alternative = "less", null = 1.25 })
    local one = less:tidy():rows_list()[1]
    near(one.conf_high, row.conf_high)
    assert.are.equal(-math.huge, one.conf_low)
    near(one.statistic, (row.estimate - math.log(1.25)) / row.std_error)
    near(one.p_value, core.normal_tail(one.statistic, "less"))
    near(less:glance():column("null")[1], 1.25)
    assert.are.equal(0, less:tidy({ exponentiate = true }):column("conf_low")[1])
    assert.is_truthy(tostring(less):find("is below 1.25", 1, true))
    assert.is_truthy(tostring(less):find("(up to ", 1, true))
    local more = fit:contrast({ "1 - 0", "2 - 0" }, { alternative = "greater" })
    for _, r in ipairs(more:tidy():rows_list()) do
      assert.is_true(r.p_value >= r.p_value_single and r.conf_high == math.huge)
    end
    refused("null is 0: a hazard ratio is above 0", fit.contrast, fit, "ph", { null = 0 })
    refused("two-sided", fit.contrast, fit, "ph", { adjust = "scheffe", alternative = "less" })
    refused("conf_level is 95", fit.contrast, fit, "ph", { conf_level = 95 })
  end)

  it("takes the largest of independent statistics on one side as a product", function()
    for _, c in ipairs { -2, -0.1, 0, 0.5, 2 } do
      near(core.largest_normal({ 1, 0, 0, 4 }, c, true),
        1 - (1 - core.normal_tail(c, "greater")) ^ 2, 1e-10)
      near(core.largest_normal({ 2 }, c, true), core.normal_tail(c, "greater"), 1e-10)
    end
  end)

  it("has no joint test of contrasts that depend on each other and a margin", function()
    local list = { "1 - 0", "2 - 0", "2 - 1" }
    assert.are.equal(2, fit:contrast(list):glance():column("df")[1])
    assert.is_nil(fit:contrast(list, { null = 1.25 }):glance():column("statistic")[1])
    near(fit:contrast(list):glance():column("statistic")[1],
      fit:contrast({ "1 - 0", "2 - 0" }):glance():column("statistic")[1], 1e-8)
  end)
end)

describe("contrast of a term", function()
  -- R 4.2.2, survival 3.5-3: b' V^-1 b of the columns of ph; V robust by institution.
  it("is the joint Wald test, robust where the fit is", function()
    local fit = survival.cox(FULL .. " + cluster(inst)", d)
    local made = fit:contrast "ph"
    near(made:glance():column("statistic")[1], 191.466689618384, 1e-6)
    assert.are.equal(3, made:glance():column("df")[1])
    local row = made:tidy():rows_list()[2]
    near(row.estimate, 0.914378717044307, 1e-7)
    near(row.std_error, 0.234505554396092, 1e-7)
    near(row.p_value, row.p_value_single)
    near(lb.anova(fit):tidy():column("statistic")[2], 191.466689618384, 1e-6)
  end)

  it("of the only term is the model's Wald test", function()
    local fit = survival.cox("Surv(time, dead) ~ ph", d)
    near(fit:contrast("ph"):glance():column("statistic")[1],
      fit:tests():column("statistic")[2], 1e-9)
  end)

  it("knows interactions in any order, and where main effects hold", function()
    local fit = survival.cox("Surv(time, dead) ~ sex * age + ph", d)
    local one = fit:contrast("age:sex"):tidy():rows_list()[1]
    near(one.estimate, fit.fit.coef[#fit.fit.coef])
    assert.is_truthy(tostring(fit:contrast "sex"):find("Holds at", 1, true))
    refused("no term 'pph' in the model (did you mean 'ph'?)", fit.contrast, fit, "pph")
    local curve = survival.cox("Surv(time, dead) ~ ns(age, 3)", d)
    near(curve:contrast("ns(age, 3)"):glance():column("statistic")[1],
      curve:tests():column("statistic")[2])
  end)

  -- R 4.2.2: coxph(~ C(ph, contr.poly) + age); its columns have length 1, ours lead with 1.
  it("has trends over levels, and what departs from the linear one", function()
    local fit = survival.cox("Surv(time, dead) ~ ph + age", d)
    local made = fit:contrast("ph", { trend = true })
    local rows = made:tidy():rows_list()
    near(rows[1].estimate, 1.5250144155136611 / math.sqrt(5), 1e-7)
    near(rows[1].statistic, 2.200879173167122, 1e-7)
    near(rows[2].estimate, 0.4459038907235846 / 2, 1e-7)
    near(rows[2].statistic, 0.857724549436918, 1e-7)
    near(rows[3].statistic, 0.525558519335366, 1e-7)
    local tests = made:tests():rows_list()
    near(tests[1].statistic, fit:contrast("ph"):glance():column("statistic")[1], 1e-8)
    assert.are.equal(2, tests[2].df)
    local steep = fit:contrast("ph", { trend = true, scores = { 0, 10, 20, 30 } }):tidy()
    near(steep:column("estimate")[1], rows[1].estimate / 10)
    near(steep:column("statistic")[2], rows[2].statistic, 1e-8)
    refused("2 given for 4 levels", fit.contrast, fit, "ph", { trend = true, scores = { 1, 2 } })
    refused("numbers that differ", fit.contrast, fit, "ph",
      { trend = true, scores = { 1, 1, 2, 3 } })
    refused("is no factor", fit.contrast, fit, "age", { trend = true })
    refused("scores go with trend", fit.contrast, fit, "ph", { scores = { 1, 2, 3, 4 } })
  end)
end)

describe("what cannot be estimated", function()
  local more = d:mutate { "both = age + 2 * ph_karno", "never = age < 0 or time < 12" }
  it("is refused by name; people who differ in all that goes together are compared", function()
    local fit = survival.cox("Surv(time, dead) ~ age + ph_karno + both + sex", more)
    refused("'both' is a sum of other terms", fit.contrast, fit, { both = 1 })
    refused("the data do not tell its terms apart", fit.contrast, fit,
      { { age = 60 }, { age = 50 } })
    local made = fit:contrast({ { age = 60, both = 240 }, { age = 50, both = 230 } }):tidy()
    local small = survival.cox("Surv(time, dead) ~ age + ph_karno + sex", more)
    near(made:column("estimate")[1], 10 * small.fit.coef[1], 1e-6)
    near(fit:contrast("male - female").estimate, small:contrast("male - female").estimate, 1e-6)
    near(fit:contrast({ { sex = "male" }, { sex = "female" } }):tidy():column("std_error")[1],
      small:contrast({ { sex = "male" }, { sex = "female" } }):tidy():column("std_error")[1], 1e-6)
    local aft = survival.aft("Surv(time, dead) ~ age + ph_karno + both + sex", more)
    refused("do not tell its terms apart", aft.contrast, aft, { { age = 60 }, { age = 50 } })
  end)

  it("is an estimate without end, the others stay", function()
    local frame = core.frame { { "time", { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 } },
      { "event", { 1, 1, 0, 1, 1, 0, 1, 1, 0, 0 } },
      { "x", { 0, 0, 1, 0, 0, 1, 0, 0, 1, 1 } }, { "z", { 3, 1, 2, 5, 2, 4, 1, 3, 2, 2 } } }
    local fit = survival.cox("Surv(time, event) ~ x + z", frame)
    refused("has no finite estimate", fit.contrast, fit, { { x = 1 }, { x = 0 } })
    refused("'x' has no finite estimate", fit.contrast, fit, { x = 1 })
  end)

  it("of one cluster has no p-value", function()
    local one = survival.cox("Surv(time, dead) ~ sex + ph + cluster(g)", d:mutate { "g = 1" })
    for _, method in ipairs { "single-step", "step-down", "holm", "none" } do
      local row = one:contrast({ "1 - 0", "2 - 0" }, { adjust = method }):tidy():rows_list()[1]
      assert.is_nil(row.p_value)
      assert.is_nil(row.conf_low)
    end
    assert.is_truthy(tostring(one:contrast { "1 - 0", "2 - 0" }):find("(NA)", 1, true))
  end)
end)

describe("every regression", function()
  local causes = d:mutate { "cause = if_else(dead == 1, if_else(w > 1, 'a', 'b'), 'none')",
    "cause = factor(cause, {'none', 'a', 'b'})" }
  local CAUSE <const> = "Surv(time, cause) ~ sex + ph + age"
  local PEOPLE <const> = { { ph = "1" }, { ph = "2" } }

  local function check_other_reference(fit, other, measure, options)
    local row = fit:contrast(PEOPLE, options):tidy():rows_list()[1]
    local e = other:tidy():rows_list()
    local want
    for _, one in ipairs(e) do
      if one.term == "ph[1]" and (not options or not options.part or one.part == options.part)
        and (not options or not options.cause or one.cause == options.cause) then want = one end
    end
    near(row.estimate, want.estimate, 1e-5)
    near(row.std_error, want.std_error, 1e-5)
    near(row.p_value, want.p_value, 1e-4)
    assert.are.equal(measure, fit:contrast(PEOPLE, options):glance():column("measure")[1])
    assert.is_truthy(fit:contrast(PEOPLE, options):plot():svg():find("<svg", 1, true))
    assert.is_truthy(tostring(fit:contrast(PEOPLE, options)):find(measure, 1, true))
  end

  it("has the coefficient of another reference level", function()
    local r, rc = d:relevel("ph", "2"), causes:relevel("ph", "2")
    for _, one in ipairs {
      { survival.aft, FULL, d, r, "Time ratio" },
      { survival.aft, FULL, d, r, "Difference", { distribution = "gaussian" } },
      { survival.aft, FULL, d, r, "Hazard ratio", { distribution = "gompertz" } },
      { survival.royston_parmar, FULL, d, r, "Hazard ratio" },
      { survival.royston_parmar, FULL, d, r, "Odds ratio", { link = "odds" } },
      { survival.royston_parmar, FULL, d, r, "Probit difference", { link = "normal" } },
      { survival.rmst_regression, FULL, d, r, "Difference", { tau = 500 } },
      { survival.rmst_regression, FULL, d, r, "Ratio", { tau = 500, link = "log" } },
      { survival.risk_regression, FULL, d, r, "Survival difference", { times = 365 } },
      { survival.finegray, CAUSE, causes, rc, "Subdistribution hazard ratio", { cause = "a" } },
      { survival.cause_specific, CAUSE, causes, rc, "Hazard ratio", nil, { cause = "b" } },
      { survival.cox, FULL .. " + ridge(ph_karno, theta = 1)", d, r, "Hazard ratio" },
    } do
      local method, formula, a, b, measure, options, ask = table.unpack(one, 1, 7)
      check_other_reference(method(formula, a, options), method(formula, b, options), measure, ask)
    end
  end)

  -- R 4.2.2, survival 3.5-3: survreg.
  it("has the Wald test of R's survreg", function()
    local fit = survival.aft(FULL, d)
    near(fit:contrast("ph"):glance():column("statistic")[1], 17.8356422620727, 1e-5)
    local row = fit:contrast({ { ph = "1" }, { ph = "2" } }):tidy():rows_list()[1]
    near(row.estimate, 0.370945204082384, 1e-6)
    near(row.std_error, 0.138897080888646, 1e-6)
    near(lb.anova(fit, { type = "wald" }):tidy():column("statistic")[2], 17.8356422620727, 1e-5)
    local scale = fit:contrast { ["log(scale)"] = 1 }
    near(math.exp(scale:tidy():column("estimate")[1]), fit:glance():column("scale")[1])
    assert.are.equal("Ratio", scale:glance():column("measure")[1])
  end)

  it("of two parts, causes or transitions says which", function()
    local colon = lb.cohort "tests/data/survival_colon.csv"
    local cure = survival.cure("Surv(rec_time, recurred) ~ rx", colon, { cure = "~ rx + node4" })
    local people = { { rx = "Lev" }, { rx = "Lev+5FU" } }
    refused("part: a cure model has two", cure.contrast, cure, people)
    local names, weights = { latency = "", cure = "cure:" }, {}
    for part, before in pairs(names) do
      local a = cure:contrast(people, { part = part }):tidy():rows_list()[1]
      weights[part] = { [before .. "rx[Lev]"] = 1, [before .. "rx[Lev+5FU]"] = -1 }
      local levels = cure.latency_terms[1].reference
      if levels == "Lev" then weights[part] = { [before .. "rx[Lev+5FU]"] = -1 } end
      if levels == "Lev+5FU" then weights[part] = { [before .. "rx[Lev]"] = 1 } end
      local b = cure:contrast(weights[part]):tidy():rows_list()[1]
      near(a.estimate, b.estimate)
      near(a.std_error, b.std_error)
    end
    assert.are.equal("Odds ratio of being cured",
      cure:contrast(people, { part = "cure" }):glance():column("measure")[1])
    local both = survival.cause_specific(CAUSE, causes)
    refused("cause: which one is not said", both.contrast, both, PEOPLE)
  end)

  it("of transitions takes the terms of one", function()
    local rows = survival.multistate_rows(lb.example_data():mutate { "os = months + 1",
      "died = age > 60" }, { last = "os", states = { { "progression", "months", "progressed" },
      { "death", "os", "died" } }, keep = { "arm", "age" } })
    local fit = survival.multistate_cox("Surv(entry, time, state) ~ arm + ns(age, 2)", rows,
      { id = "id", common = { "ns(age, 2)" } })
    local first = fit.transitions[1].name
    refused("transition: the model has several", fit.contrast, fit, { { arm = "SIRT" },
      { arm = "TACE" } })
    refused("no transition 'initial -> deth'", fit.contrast, fit, "arm",
      { transition = "initial -> deth" })
    local a = fit:contrast({ { arm = "SIRT" }, { arm = "TACE" } }, { transition = first })
    local one = a:tidy():rows_list()[1]
    local named = fit:contrast { ["arm[SIRT] (" .. first .. ")"] = 1,
      ["arm[TACE] (" .. first .. ")"] = -1 }
    near(one.estimate, named:tidy():column("estimate")[1])
    near(one.std_error, named:tidy():column("std_error")[1])
    assert.is_truthy(tostring(a):find("Transition " .. first, 1, true))
    local age = fit:contrast({ { age = 70 }, { age = 50 } }, { transition = first }):tidy()
    local again = fit:contrast({ { age = 70 }, { age = 50 } },
      { transition = fit.transitions[2].name }):tidy()
    near(age:column("estimate")[1], again:column("estimate")[1]) -- common to all
  end)

  it("does not care for the order of rows, the unit of a covariate, or repeated calls", function()
    local formula, people = "Surv(time, dead) ~ sex * age + ph", { { sex = "male", age = 60 },
      { sex = "female", age = 60 } }
    local a = survival.cox(formula, d):contrast(people):tidy():rows_list()[1]
    local b = survival.cox(formula, d:frame():sort "w"):contrast(people):tidy():rows_list()[1]
    local months = d:mutate { "age = age * 12" }
    local c = survival.cox(formula, months):contrast({ { sex = "male", age = 720 },
      { sex = "female", age = 720 } }):tidy():rows_list()[1]
    for _, name in ipairs { "estimate", "std_error", "p_value" } do
      near(b[name], a[name], 1e-8)
      near(c[name], a[name], 1e-8)
    end
  end)

  it("is the subgroup's own ratio when all else differs between the subgroups", function()
    -- A model with everything within sex is one model a subgroup.
    local formula = "Surv(time, dead) ~ arm"
    local arms = d:mutate { "arm = factor(if_else(w > 1, 'B', 'A'))" }
    local forest = survival.subgroups(formula, arms, { by = { "sex" } }):tidy():rows_list()
    local fit = survival.cox("Surv(time, dead) ~ arm * sex + strata(sex)", arms)
    local ok = 0
    for _, row in ipairs(forest) do
      if row.variable == "sex" then
        local one = fit:contrast({ { arm = "B", sex = row.level }, { arm = "A", sex = row.level } })
          :tidy({ exponentiate = true }):rows_list()[1]
        near(one.estimate, row.estimate, 1e-7)
        near(one.std_error, row.std_error, 1e-7)
        near(one.conf_low, row.conf_low, 1e-7)
        ok = ok + 1
      end
    end
    assert.are.equal(2, ok)
  end)

  it("answers as all results do", function()
    local made = survival.cox(FULL, d):contrast({ "1 - 0", "2 - 0" }, { joint = true })
    assert.is_truthy(tostring(made):find("Joint Wald test: chi-square", 1, true))
    assert.are.equal("table", made:report_blocks()[1].kind)
    assert.is_truthy(made:to_json():find('"contrasts"', 1, true))
    assert.is_truthy(made:plot({ favours = { "better", "worse" } }):svg():find("better", 1, true))
    refused("has no length", function() return #made end)
    local mean = survival.rmst_regression(FULL, d, { tau = 500 }):contrast "ph"
    refused("differences", mean.tidy, mean, { exponentiate = true })
  end)
end)

describe("anova", function()
  it("tests by Wald what the larger of two robust fits adds", function()
    local c = " + cluster(inst)"
    local small = survival.cox("Surv(time, dead) ~ sex" .. c, d:complete({ "ph" }, "known"))
    local large = survival.cox("Surv(time, dead) ~ sex + ph" .. c, d:complete({ "ph" }, "known"))
    local row = lb.anova(small, large):tidy():rows_list()[2]
    near(row.statistic, large:contrast("ph"):glance():column("statistic")[1])
    assert.are.equal(3, row.df)
    assert.is_nil(row.log_lik)
    refused("not of the same rows", lb.anova, survival.cox("Surv(time, dead) ~ sex" .. c, d), large)
    refused("no more parameters", lb.anova, large, large)
    assert.is_truthy(tostring(lb.anova(small, large)):find("Wald tests of nested models", 1, true))
  end)

  it("is nearly the likelihood ratio, and the same model by other classes", function()
    local known = d:complete({ "ph" }, "known")
    local function pair(method, options)
      return method("Surv(time, dead) ~ sex", known, options),
        method("Surv(time, dead) ~ sex + ph", known, options)
    end
    local a, b = pair(survival.royston_parmar)
    local row = lb.anova(a, b):tidy():rows_list()[2]
    near(row.statistic, 2 * (b.fit.log_lik - a.fit.log_lik))
    assert.are.equal(3, row.df)
    near(row.aic, b:glance():column("aic")[1])
    a, b = pair(survival.rmst_regression, { tau = 500 })
    near(lb.anova(a, b):tidy():column("statistic")[2],
      b:contrast("ph"):glance():column("statistic")[1])
    refused("they differ in 'horizon'", lb.anova, a, (select(2, pair(survival.rmst_regression,
      { tau = 400 }))))
    refused("of different kinds", lb.anova, a, (select(2, pair(survival.cox))))
    refused("cause-specific models are compared one by one", lb.anova,
      survival.cause_specific("Surv(time, dead) ~ sex", known))
    refused("penalised terms", lb.anova, survival.cox("Surv(time, dead) ~ ridge(age, theta = 1)",
      known))
    local formula, larger = "Surv(time, dead) ~ sex", "Surv(time, dead) ~ sex + age"
    refused("they differ in 'knots'", lb.anova, survival.royston_parmar(formula, known,
      { knots = { 100, 300 } }), survival.royston_parmar(larger, known, { knots = { 100, 200 } }))
    assert.are.equal(1, lb.anova(survival.royston_parmar(formula, known, { knots = { 100, 300 } }),
      survival.royston_parmar(larger, known, { knots = { 100, 300 } })):tidy():column("df")[2])
    refused("not fitted again", lb.anova, (pair(survival.royston_parmar)), { type = "drop" })
    a, b = survival.royston_parmar("Surv(time, dead) ~ sex", known), survival.royston_parmar(
      "Surv(time, dead) ~ sex + ph", known:filter("age > 40", "older"))
    refused("not of the same rows", lb.anova, a, b)
  end)

  it("compares both parts of a cure model", function()
    local colon = lb.cohort "tests/data/survival_colon.csv"
    local formula = "Surv(rec_time, recurred) ~ rx"
    local a = survival.cure(formula, colon)
    local b = survival.cure(formula, colon, { cure = "~ node4" })
    local row = lb.anova(a, b):tidy():rows_list()[2]
    near(row.statistic, 2 * (b.fit.log_lik - a.fit.log_lik))
    assert.are.equal(1, row.df)
    refused("'cure: node4' stands in the first alone", lb.anova, b,
      survival.cure(formula .. " + node4 + age", colon))
    assert.are.same({ "rx", "cure: node4", n = 2 }, lb.anova(b):tidy():column("model"):totable())
  end)
end)

describe("frailty", function()
  it("has no t distribution, and says what there is", function()
    refused('there is no t frailty: distribution is "gamma" or "gaussian"', survival.cox,
      'Surv(time, dead) ~ age + frailty(inst, distribution = "t")', d)
  end)
end)
