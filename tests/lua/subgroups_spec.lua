--- Hazard ratios by subgroup: R's numbers, subgroups that cannot answer, refusals, the figure.
local lb = require "lobule"

local pbc = lb.cohort "tests/data/survival_pbc.csv"
  :filter("not is_na(trt)", "randomised")
  :mutate { "arm = factor(if_else(trt == 1, 'drug', 'placebo'))", "sex = factor(sex)",
            "dead = dead == 1" }
  :relevel("arm", "placebo")

local function near(want, got, tolerance)
  assert.is_true(math.abs(got - want) <= tolerance * math.max(1, math.abs(want)),
    ("%.12g, not %.12g"):format(got, want))
end

describe("lb.survival.subgroups", function()
  -- R 4.2.2, survival 3.5-3: anova(coxph(~ arm + sex), coxph(~ arm * sex)); coxph in men.
  it("gives R's ratios and interaction test", function()
    local fit = lb.survival.subgroups("Surv(time, dead) ~ arm", pbc, { by = "sex" })
    local test = fit:glance():rows_list()[1]
    near(0.9786, test.statistic, 1e-4)
    near(0.3225, test.p_value, 1e-4)
    local rows = fit:tidy():rows_list()
    assert.are.equal("all", rows[1].variable)
    assert.are.equal(312, rows[1].n)
    for _, row in ipairs(rows) do
      if row.level == "m" then near(1.50429, row.estimate, 1e-5) end
    end
    local alone = lb.survival.cox("Surv(time, dead) ~ arm", pbc:filter "sex == 'f'")
    for _, row in ipairs(rows) do
      if row.level == "f" then
        near(alone:hazard_ratio("arm[drug]"):value(), row.estimate, 1e-12)
      end
    end
  end)

  -- R 4.2.2, survival 3.5-3: anova(coxph(~ arm + stage), coxph(~ arm * stage)), eps 1e-12; the only
  -- event of stage 1 makes one ratio infinite, and the likelihood has a limit.
  it("tests an interaction in which a ratio is infinite", function()
    local fit = lb.survival.subgroups("Surv(time, dead) ~ arm",
      pbc:mutate { "stage = factor(stage)" }, { by = "stage" })
    local test = fit:glance():rows_list()[1]
    near(1.67896302217, test.statistic, 1e-6)
    assert.are.equal(3, test.df)
  end)

  it("says how numbers become subgroups", function()
    local function mend(by)
      return tostring(select(2, pcall(lb.survival.subgroups, "Surv(time, dead) ~ arm", pbc,
        { by = by })))
    end
    assert.is_truthy(mend "stage":find('"stage = factor(stage)" } makes it one', 1, true))
    assert.is_truthy(mend "bili":find("cut(bili, {1.4}, {'<1.4', '1.4+'})", 1, true))
  end)

  it("leaves open what a subgroup cannot answer, and counts the missing", function()
    local frame = lb.frame { { "t", { 1, 2, 3, 4, 5, 6, 7, 8, 9 } },
      { "e", { true, true, false, true, true, true, false, false, true } },
      { "arm", { "A", "B", "A", "B", "A", "B", "A", "B", "A" }, "factor" },
      { "g", { "x", "x", "x", "x", "y", "x", "z", "z", lb.NA }, "factor" } }
    local fit = lb.survival.subgroups("Surv(t, e) ~ arm", frame, { by = "g" })
    local by_level = {}
    for _, row in ipairs(fit:tidy():rows_list()) do by_level[row.level] = row end
    assert.is_number(by_level.x.estimate)
    assert.is_nil(by_level.y.estimate)
    assert.are.equal(1, by_level.y.n_event)
    assert.is_nil(by_level.z.estimate)
    assert.are.equal(0, by_level.z.n_event)
    assert.are.equal(2, by_level.z.n)
    assert.are.equal(1, fit:glance():column("n_missing")[1])
    local svg = fit:plot({ favours = { "A", "B" } }):svg()
    assert.is_nil(svg:find("nan", 1, true))
    assert.is_truthy(tostring(fit):find("1 missing", 1, true))
  end)

  it("takes logical columns and text, and more arms than two", function()
    local data = pbc:mutate { "arm3 = factor(if_else(age < 45, 'C', text(arm)))",
      "old = age > 50", "who = text(sex)" }
    local fit = lb.survival.subgroups("Surv(time, dead) ~ arm3", data, { by = { "old", "who" } })
    assert.are.equal(2 * (1 + 2 + 2), #fit:tidy())
    assert.are.equal("no", fit:tidy():column("level")[3])
    assert.is_truthy(fit:plot({ overall = { { "adjusted", lb.survival.cox(
      "Surv(time, dead) ~ arm3 + age", data) } } }):svg():find("adjusted: ", 1, true))
  end)

  it("takes arms whose name needs backticks", function()
    local d = pbc:mutate { "`arm é` = arm" }
    local plain = lb.survival.subgroups("Surv(time, dead) ~ arm", pbc, { by = "sex" })
    local odd = lb.survival.subgroups("Surv(time, dead) ~ `arm é`", d, { by = "sex" })
    assert.are.equal(plain:glance():rows_list()[1].p_value, odd:glance():rows_list()[1].p_value)
  end)

  it("has no interaction where each level has one arm", function()
    local d = pbc:mutate { "site = case(sex == 'f' and arm == 'placebo', 'a', "
      .. "arm == 'placebo', 'b', 'c')" }
    local fit = lb.survival.subgroups("Surv(time, dead) ~ arm", d, { by = "site" })
    assert.is_nil(fit:glance():rows_list()[1].p_value)
    assert.is_truthy(tostring(fit):find("none of its levels has both arms", 1, true))
  end)

  it("refuses other formulas and numbers", function()
    local function refused(text, ...)
      local ok, err = pcall(lb.survival.subgroups, ...)
      assert.is_false(ok)
      assert.is_truthy(tostring(err):find(text, 1, true), tostring(err))
    end
    refused("one factor", "Surv(time, dead) ~ arm + age", pbc, { by = "sex" })
    refused("one factor", "Surv(time, dead) ~ arm + sex", pbc, { by = "sex" })
    refused("no arms", "Surv(time, dead) ~ 1", pbc, { by = "sex" })
    refused("column 'age' is real", "Surv(time, dead) ~ arm", pbc, { by = "age" })
    refused("no column", "Surv(time, dead) ~ arm", pbc, { by = "sexx" })
  end)
end)
