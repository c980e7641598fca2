--- What is easily misread or asked wrongly of survival methods: it is refused with the mend, or the
--- print says what holds.
local lb = require "lobule"

local survival <const> = lb.survival
local colon <const> = lb.cohort "tests/data/survival_colon.csv"
local veteran <const> = lb.cohort "tests/data/survival_veteran.csv"

local function refused(parts, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  local text = tostring(err) .. "\n" .. tostring(err.context)
  for _, part in ipairs(type(parts) == "table" and parts or { parts }) do
    assert.is_truthy(text:find(part, 1, true), text)
  end
end

local function says(part, text)
  local words = tostring(text):gsub("%s+", " ") -- long lines are broken
  assert.is_truthy(words:find(part, 1, true), tostring(text))
end

describe("levels of a factor in an interaction", function()
  local fit = survival.cox("Surv(time, dead) ~ trt * karno + celltype", veteran)

  it("are compared between people alone", function()
    local people = '{ { trt = "test", karno = 60 }, { trt = "standard", karno = 60 } }'
    refused({ "'trt' stands in an interaction", "holds at karno = 0", people }, fit.contrast, fit,
      "test - standard")
    refused(people, fit.contrast, fit, { "test - standard", "large - adeno" })
    refused({ "'trt' stands in an interaction", people }, fit.pairs, fit, "trt")
    local same = fit:contrast { { trt = "test", karno = 60 }, { trt = "standard", karno = 60 } }
    local row, b = same:tidy():rows_list()[1], fit:tidy():column("estimate")
    assert.is_true(math.abs(row.estimate - (b[1] + 60 * b[6])) < 1e-9)
    assert.is_number(fit:contrast("large - adeno").estimate) -- celltype stands alone
  end)

  it("say where a coefficient's ratio holds", function()
    says(" at karno = 0", fit:hazard_ratio "trt[test]")
    says(" at trt = standard", fit:hazard_ratio "karno")
    assert.is_nil(tostring(fit:hazard_ratio "celltype[large]"):find(" at ", 1, true))
    assert.is_nil(tostring(fit:hazard_ratio "trt[test]:karno"):find(" at ", 1, true))
  end)
end)

describe("what a contrast is asked", function()
  local fit = survival.cox("Surv(time, dead) ~ trt + celltype", veteran)
  it("is answered with the levels there are, references too", function()
    refused({ "no variable has a level 'small' (did you mean 'smallcell'?)",
      "celltype (adeno, large, smallcell, squamous)" }, fit.contrast, fit, "large - small")
    refused("did you mean 'adeno'?", fit.contrast, fit, "large - adena")
    refused("'large' is one of 'celltype', 'test' of 'trt'", fit.contrast, fit, "large - test")
    refused({ "'trt' is a term, and a term stands alone", 'fit:contrast "trt"' }, fit.contrast, fit,
      { "trt" })
    refused("Tukey's method", fit.contrast, fit, { "large - adeno" }, { adjust = "tukey" })
    refused("Tukey's method", fit.pairs, fit, "celltype", { adjust = "Tukey" })
  end)

  it("needs no adjustment when it is one comparison", function()
    assert.is_nil(tostring(fit:pairs "trt"):find("adjusted", 1, true))
    says("adjusted for 6 comparisons", fit:pairs "celltype")
    assert.is_truthy(fit:pairs("trt"):plot())
  end)
end)

describe("a parametric fit that did not converge", function()
  it("has no test and no AIC", function()
    local formula <const>, short <const> = "Surv(rec_time, recurred) ~ rx", { max_iter = 1 }
    for _, method in ipairs { "royston_parmar", "aft", "cure" } do
      local fit = survival[method](formula, colon, short)
      assert.is_false(fit.converged)
      local text = tostring(fit)
      says("no AIC and no test: the fit did not converge", text)
      assert.is_nil(text:find("likelihood ratio", 1, true))
      local row = fit:glance():rows_list()[1]
      assert.is_nil(row.aic)
      assert.is_nil(row.log_lik)
      if method ~= "cure" then assert.is_nil(fit:tests():rows_list()[1].p_value) end
      says(", AIC ", survival[method](formula, colon))
    end
  end)
end)

describe("a Cox or Fine-Gray fit that did not converge", function()
  it("prints no test", function()
    local said = { cox = "no test and no concordance", finegray = "no test: the fit" }
    for method, text in pairs(said) do
      local fit = survival[method]("Surv(rec_time, recurred) ~ rx + age", colon, { max_iter = 1 })
      says(text, fit)
      assert.is_nil(tostring(fit):find("p [=<]"))
    end
  end)
end)

describe("the outcome's own columns", function()
  local function right(terms, left)
    return (left or "Surv(time, dead)") .. " ~ " .. terms
  end

  it("are no covariates", function()
    for _, terms in ipairs { "karno:time", "log(time)", "I(time / 30)", "ns(time, 3)", "`time`",
      "karno + strata(time > 90)", "karno + offset(log(time))", "pspline(time)", "trt * time",
      "ridge(karno, time)" } do
      refused({ "the outcome's own time ('time') is no covariate", "survival.split", "tmerge",
        "ph_test", "time_varying" }, survival.cox, right(terms), veteran)
    end
    refused("the outcome's own event ('dead') is no covariate", survival.cox,
      right "karno + dead", veteran)
    for _, method in ipairs { "finegray", "aft", "royston_parmar", "cure", "aalen" } do
      refused("the outcome's own time", survival[method], right "karno + time", veteran)
    end
    refused("the outcome's own time", survival.risk_regression, right "time", veteran,
      { times = { 90 } })
    for _, method in ipairs { "km", "logrank", "cuminc" } do
      refused("the outcome's own time ('time') is no group", survival[method], right "I(time > 90)",
        veteran)
    end
    refused("the outcome's own event ('dead') is no group", survival.km, right "dead", veteran)
  end)

  it("are those alone: entry, names in quotes, options and functions are not", function()
    local d = veteran:mutate { "left = age + time / 365", "log = karno / 10" }
    assert.is_truthy(survival.cox(right("age + karno", "Surv(age, left, dead)"), d))
    assert.is_truthy(survival.cox(right("age + karno", "Surv(age, age + time / 365, dead)"), d))
    refused("the outcome's own time", survival.cox,
      right("time", "Surv(age, age + time / 365, dead)"), d)
    assert.is_truthy(survival.cox(right "I(celltype == 'large' or celltype == 'time')", d))
    assert.is_truthy(survival.cox(right("log(karno + 1)", "Surv(log, dead)"), d))
    -- A time between two columns: one of them is a covariate, their difference is not.
    assert.is_truthy(survival.cox(right("age", "Surv(left - age, dead)"), d))
    refused("the outcome's own time ('left - age')", survival.cox,
      right("I((left - age) / 2)", "Surv(left - age, dead)"), d)
  end)
end)

describe("functions of other languages in a formula", function()
  it("are answered with what they are called", function()
    for written, name in pairs { ["as.factor(trt)"] = "factor", ["as.numeric(karno)"] = "real",
      ["karno + is.na(age)"] = "is_na", ["ifelse(karno > 50, 1, 0)"] = "if_else" } do
      refused(("' is written '%s' in Lobule"):format(name), survival.cox,
        "Surv(time, dead) ~ " .. written, veteran)
    end
    refused("'.' is not understood", survival.cox, "Surv(time, dead) ~ log.age", veteran)
  end)
end)

describe("several events of a person", function()
  local bladder <const> = lb.cohort("tests/data/survival_bladder2.csv", { id = "id" })
    :mutate { "rx = factor(rx)" }
  local SEVERAL <const> = "29 persons have several events: rows are taken as independent"
  local OUTCOME <const> = "Surv(start, stop, event) ~ "

  local function quiet(part, text)
    assert.is_nil(tostring(text):find(part, 1, true), tostring(text))
  end

  -- R: sum(table(bladder2$id[bladder2$event == 1]) > 1)
  it("are said of curves, tests and regressions, with the persons", function()
    for _, method in ipairs { "cox", "aft", "royston_parmar" } do
      local fit = survival[method](OUTCOME .. "rx", bladder)
      says(SEVERAL .. "; add cluster(id) (robust variance)", fit)
      says("n = 178 rows of 85 persons", fit)
    end
    for _, method in ipairs { "km", "logrank", "cuminc" } do
      local fit = survival[method](OUTCOME .. "rx", bladder)
      says(SEVERAL .. ", and curves and tests are of the time to any event, not of persons", fit)
      says("178 rows of 85 persons: N counts rows", fit)
    end
    says("178 rows of 85 persons are taken as independent", survival.cox("Surv(stop, event) ~ rx",
      bladder))
  end)

  it("are said no more once the rows are clustered, or are no several events", function()
    for _, fit in ipairs { survival.cox(OUTCOME .. "rx + cluster(id)", bladder),
      survival.cox(OUTCOME .. "rx + frailty(id)", bladder),
      survival.km(OUTCOME .. "rx", bladder, { cluster = "id" }),
      survival.cox(OUTCOME .. "rx", bladder:filter("enum == 1", "first")),
      survival.cox("Surv(start, stop, event == 1 and enum == 1) ~ rx", bladder) } do
      quiet("several events", fit)
    end
    says("n = 178 rows of 85 persons", survival.cox(OUTCOME .. "rx + cluster(id)", bladder))
    says("n = 85,", survival.cox(OUTCOME .. "rx", bladder:filter("enum == 1", "first")))
    quiet("persons", survival.cox(OUTCOME .. "rx", bladder:frame()))
  end)

  it("counts used rows alone", function()
    local some = bladder:mutate { "size = if_else(enum > 1, NA, size)" }
    local fit = survival.cox(OUTCOME .. "rx + size", some)
    quiet("persons", fit)
    assert.are.equal(85, fit:glance():column("n")[1])
  end)

  it("are said to overlap where rows of a person do, within a stratum", function()
    local overlap <const> = "93 rows begin before an earlier row of the same person has ended"
    says(overlap, survival.cox("Surv(start, stop + 1, event) ~ rx", bladder))
    quiet("begin before", survival.cox("Surv(start, stop + 1, event) ~ rx + strata(enum)", bladder))
    quiet("begin before", survival.cox(OUTCOME .. "rx", bladder))
  end)
end)
