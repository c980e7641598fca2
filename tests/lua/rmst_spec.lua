--- What a researcher asks of restricted means, pseudo-values and their regression: numbers for
--- sentences, refusals with the mend, properties, figures.
local core = require "lobule.core"
local lb = require "lobule"

local rmst <const>, pseudo <const> = lb.survival.rmst, lb.survival.pseudo

local function lung()
  return lb.cohort "tests/data/survival_lung.csv"
end

local function mgus()
  return lb.cohort("tests/data/survival_mgus2.csv"):mutate {
    "cause = case(event == 1, 'malignancy', event == 2, 'death', 'alive')" }
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

local function same(a, b, names, tolerance)
  assert.are.equal(#a, #b)
  for _, name in ipairs(names) do
    for i = 1, #a do
      local x, y = a:column(name)[i], b:column(name)[i]
      if x == nil then assert.is_nil(y) else near(y, x, tolerance) end
    end
  end
end

local NUMBERS <const> = { "estimate", "std_error", "conf_low", "conf_high" }

describe("survival.rmst", function()
  it("gives numbers for sentences", function()
    local fit = rmst("Surv(time, dead) ~ sex", lung(), { tau = 365 })
    assert.are.equal("241 (95 % CI 221 to 262)", fit:mean({ sex = "male" }):display())
    assert.are.equal("-56.0 (95 % CI -85.3 to -26.7)", fit:difference():display())
    assert.are.equal("0.81 (95 % CI 0.73 to 0.91)", fit:ratio():display())
    near(fit:mean({ sex = "male", lost = true }):value(), 365 - 241.49508519205696)
    refused("one group must be named", fit.mean, fit, {})
    refused("Horizons are: 365", fit.mean, fit, { sex = "male", tau = 300 })
    assert.is_truthy(tostring(fit):find("Restricted mean survival time to 365", 1, true))
    refused("did you mean 'male'", rmst, "Surv(time, dead) ~ sex", lung(),
      { tau = 365, reference = "mal" })
  end)

  it("takes the smallest last time and refuses to go beyond", function()
    local fit = rmst("Surv(time, dead) ~ sex", lung())
    assert.are.same({ 965 }, fit.tau)
    assert.is_truthy(tostring(fit):find("smallest of the groups' last times (965)", 1, true))
    refused("Choose tau up to 965", rmst, "Surv(time, dead) ~ sex", lung(), { tau = 1000 })
    refused("expected a time above 0", rmst, "Surv(time, dead) ~ sex", lung(), { tau = 0 })
    refused("ascending", rmst, "Surv(time, dead) ~ sex", lung(), { tau = -3 })
    refused("below tau", rmst, "Surv(time, dead) ~ sex", lung(), { tau = 30, from = 30 })
    refused("strata", rmst, "Surv(time, dead) ~ sex + strata(ph_ecog)", lung(), { tau = 30 })
    refused("nothing to compare", function()
      return rmst("Surv(time, dead) ~ 1", lung(), { tau = 30 }):compare()
    end)
  end)

  it("adds windows up, and causes to the window", function()
    local data = mgus()
    local function fit(from, to)
      return rmst("Surv(etime, cause) ~ sex", data, { from = from, tau = to, censored = "alive" })
    end
    local all, first, second = fit(0, 200):tidy(), fit(0, 80):tidy(), fit(80, 200):tidy()
    for i = 1, #all do
      near(first:column("estimate")[i] + second:column("estimate")[i], all:column("estimate")[i])
    end
    local e = second:column "estimate" -- mean, lost, death, malignancy of each group
    near(e[1] + e[3] + e[4], 120)
    near(e[3] + e[4], e[2])
    near(e[5] + e[6], 120)
    assert.are.same({ "death", "malignancy" }, fit(0, 80).causes)
    assert.are.equal(14, #fit(0, 80):compare() * 2)
  end)

  it("does not mind order, units and repeated rows", function()
    local data = mgus():mutate { "w = if_else(age > 70, 2, 1)", "days = etime * 30",
      "late = etime + 0.25" }
    local options = { tau = { 60, 120 } }
    local base = rmst("Surv(etime, event) ~ sex", data, options):tidy()
    same(base, rmst("Surv(etime, event) ~ sex", data:sort { "age", "etime" }, options):tidy(),
      NUMBERS, 1e-12)
    local days = rmst("Surv(days, event) ~ sex", data, { tau = { 1800, 3600 } }):tidy()
    for i = 1, #base do
      near(days:column("std_error")[i], 30 * base:column("std_error")[i])
    end
    -- Rows in place of counted days: times moved by a quarter, and the window with them.
    same(base, rmst("Surv(late, event) ~ sex", data, { from = 0.25, tau = { 60.25, 120.25 } })
      :tidy(), { "estimate", "std_error" }, 1e-10)
    local twice = data:append(data:filter "age > 70")
    same(rmst("Surv(etime, event) ~ sex", twice, options):tidy(), rmst("Surv(etime, event) ~ sex",
      data, { tau = { 60, 120 }, weights = "w", weight_type = "frequency" }):tidy(), { "estimate",
      "std_error", "n", "n_event" }, 1e-10)
  end)

  it("stands the edges", function()
    local function rows(time, event, group)
      return core.frame { { "t", time }, { "e", event }, { "g", group or time } }
    end
    local none = rmst("Surv(t, e) ~ 1", rows({ 1, 2, 3 }, { false, false, false }))
    near(none:mean():value(), 3)
    assert.is_truthy(tostring(none):find("no event", 1, true))
    local one = rmst("Surv(t, e) ~ 1", rows({ 4 }, { true }), { tau = 9 })
    near(one:mean():value(), 4)
    local tied = rmst("Surv(t, e) ~ g", rows({ 2, 2, 2, 2 }, { true, true, false, true },
      { "a", "a", "b", "b" }), { tau = 2 })
    assert.is_nil(tied:compare():column("p_value")[1]) -- no variance, no test
    refused("no rows", rmst, "Surv(t, e) ~ 1", rows({}, {}))
  end)

  it("has a figure, a report and JSON", function()
    for _, fit in ipairs { rmst("Surv(time, dead) ~ sex", lung(), { tau = { 180, 365 } }),
      rmst("Surv(etime, cause) ~ 1", mgus(), { tau = 120, from = 12, censored = "alive" }) } do
      assert.is_truthy(fit:plot():svg():find("<svg", 1, true))
      assert.is_truthy(fit:to_json():find '"survival.rmst"')
      assert.is_true(#fit:report_blocks() >= 1)
    end
    refused("Horizons are", function()
      return rmst("Surv(time, dead) ~ sex", lung(), { tau = 180 }):plot { tau = 90 }
    end)
  end)
end)

describe("survival.pseudo", function()
  it("stands beside the rows, NA where they were left out", function()
    local data = lung()
    local p = pseudo("Surv(time, dead) ~ ph_ecog", data, { times = { 180, 365 } })
    local frame = p:tidy()
    assert.are.equal(228, #frame)
    assert.are.same({ "pseudo_180", "pseudo_365" }, frame:names())
    for i = 1, 228 do
      local missing = p:augment():column("ph_ecog")[i] == nil
      assert.are.equal(missing, frame:column("pseudo_180")[i] == nil)
    end
    assert.is_truthy(tostring(p):find("1 of 228 rows left out", 1, true))
    assert.are.equal(1, p:glance():column("n_missing")[1])
  end)

  it("is what leaving each row out gives", function()
    local whole = mgus():filter "id <= 60"
    local n = 60
    local function theta(frame)
      return lb.survival.rmst("Surv(etime, cause) ~ 1", frame, { tau = 90, censored = "alive" })
        :mean({ cause = "death" }):value()
    end
    local all = theta(whole)
    local values = pseudo("Surv(etime, cause) ~ 1", whole, { tau = 90, cause = "death",
      censored = "alive" }):tidy():column "pseudo"
    for i = 1, n, 7 do
      local others = whole:filter(("id ~= %d"):format(i))
      near(values[i], n * all - (n - 1) * theta(others), 1e-8)
    end
  end)

  it("refuses what has no meaning, with the mend", function()
    local F <const> = "Surv(time, dead) ~ 1"
    refused("there are no tau", pseudo, F, lung(), {})
    refused("Write tau", pseudo, F, lung(), { type = "rmst", times = 12 })
    refused("one kind of event", pseudo, F, lung(), { tau = 12, cause = 1 })
    refused("beyond the last time", pseudo, F, lung(), { tau = 5000 })
    refused("Causes are", pseudo, "Surv(etime, event) ~ 1", mgus(), { times = 12, type = "cif" })
    refused("regression of the pseudo-values", pseudo, F, lung(), { tau = 12, weights = "age",
      weight_type = "sampling" })
  end)
end)

describe("regression of means and risks", function()
  it("of groups alone is their difference", function()
    local data = lung()
    local km = rmst("Surv(time, dead) ~ sex", data, { tau = 365 })
    for _, method in ipairs { "jackknife", "ipcw" } do
      local fit = lb.survival.rmst_regression("Surv(time, dead) ~ sex + strata(sex)", data,
        { tau = 365, method = method })
      local estimate = fit:tidy():column "estimate"
      -- The mean of pseudo-values is the estimate less its bias, of order 1/n^2.
      local close = method == "ipcw" and 1e-10 or 1e-3
      near(estimate[1], km:mean({ sex = "female" }):value(), close)
      near(estimate[2], km:difference():value(), close)
      near(fit:predict({ newdata = { sex = "male" } }):column("estimate")[1],
        km:mean({ sex = "male" }):value(), close)
    end
  end)

  it("takes several times, links and causes", function()
    local fit = lb.survival.risk_regression("Surv(etime, cause) ~ sex + age", mgus(),
      { times = { 60, 120, 240 }, cause = "death", censored = "alive", link = "cloglog" })
    assert.is_true(fit.converged)
    assert.are.equal(5, #fit:tidy())
    assert.is_truthy(tostring(fit):find("Subdistribution hazard ratio", 1, true))
    local risk = fit:predict({ newdata = { sex = { "F" }, age = { 70 } } }):column "estimate"
    assert.is_true(0 < risk[1] and risk[1] < risk[2] and risk[2] < risk[3] and risk[3] < 1)
    local survival = lb.survival.risk_regression("Surv(time, dead) ~ sex", lung(),
      { times = 365, link = "cloglog" })
    local at = lb.survival.km("Surv(time, dead) ~ sex", lung()):at { 365, sex = "male" }
    near(survival:predict({ newdata = { sex = "male" } }):column("estimate")[1], at:value(), 0.02)
    assert.is_truthy(survival:plot():svg():find("<svg", 1, true))
    refused("are differences", function()
      return lb.survival.rmst_regression("Surv(time, dead) ~ sex", lung(), { tau = 365 })
        :tidy { exponentiate = true }
    end)
    refused("takes one horizon", lb.survival.rmst_regression, "Surv(time, dead) ~ sex", lung(),
      { tau = { 100, 200 }, method = "ipcw" })
  end)

  it("leaves out what is a sum of other terms", function()
    local data = lung():mutate { "again = 2 * age" }
    local fit = lb.survival.rmst_regression("Surv(time, dead) ~ age + again", data, { tau = 365 })
    assert.is_truthy(table.concat(fit.warnings, " "):find("'again' is a sum", 1, true))
    assert.is_nil(fit:tidy():column("estimate")[3])
  end)
end)

describe("columns whose names need backticks", function()
  it("go into clusters and splines", function()
    local d = lung():mutate { "`the site` = inst", "`age (y)` = age" }
    local plain = lb.survival.km("Surv(time, dead) ~ 1", d, { cluster = "inst" })
    local odd = lb.survival.km("Surv(time, dead) ~ 1", d, { cluster = "the site" })
    same(plain:tidy(), odd:tidy(), { "estimate", "std_error" })
    local fit = lb.survival.cox("Surv(time, dead) ~ pspline(`age (y)`)", d)
    assert.are.equal("pspline(age (y))[1]", fit:vcov():names()[2])
    assert.are.equal("survival.cox", fit:record().kind)
    assert.is_truthy(tostring(fit):find("\nage (y), linear part", 1, true))
  end)
end)

describe("the ratio of time lost", function()
  it("is NA against a group that lost none", function()
    local d = lb.frame { { "t", { 5, 6, 7, 2, 3, 8 } }, { "e", { true, true, true, true, true,
      true } }, { "g", { "a", "a", "a", "b", "b", "b" } } }
    local fit = rmst("Surv(t, e) ~ g", d, { tau = 4 })
    assert.is_nil(tostring(fit):find("Inf", 1, true))
    local rows = fit:compare():rows_list()
    assert.are.equal("ratio of time lost", rows[#rows].measure)
    assert.is_nil(rows[#rows].estimate)
  end)
end)

describe("profile limits of a model with as many terms as rows", function()
  it("are NA where none was found, without a p of their own", function()
    local d = lung():filter "time < 100"
      :mutate({ "i = row_number()" }, { by = {} }):mutate { "row = factor(i)" }
    local fit = lb.survival.cox("Surv(time, dead) ~ age + row", d, { conf_type = "profile" })
    assert.is_nil(tostring(fit):find("NaN", 1, true))
    for _, row in ipairs(fit:tidy():rows_list()) do
      assert.is_true(row.conf_low == nil or row.conf_low == row.conf_low)
    end
  end)
end)

describe("names of groups", function()
  local label <const> = require "lobule.survival.group_labels"

  local function labelled(name, text)
    local groups = { name = name, label = text }
    label(groups)
    return groups.label
  end

  it("have their variable where the level alone says nothing", function()
    assert.are.same({ "old = false", "old = true" },
      labelled({ "old=false", "old=true" }, { "false", "true" }))
    assert.are.same({ "stage = 1", "stage = 2" },
      labelled({ "stage=1", "stage=2" }, { "1", "2" }))
    assert.are.same({ "died = No", "died = Yes" },
      labelled({ "died=No", "died=Yes" }, { "No", "Yes" }))
    assert.are.same({ "old = false, f", "old = true, m" },
      labelled({ "old=false, sex=f", "old=true, sex=m" }, { "false, f", "true, m" }))
  end)

  it("are levels alone where they speak for themselves, or cannot be taken apart", function()
    assert.are.same({ "1", "2 or more" },
      labelled({ "stage=1", "stage=2 or more" }, { "1", "2 or more" }))
    assert.are.same({ "a, b", "1" }, labelled({ "x=a, b", "x=1" }, { "a, b", "1" }))
    assert.are.same({ "all" }, labelled({ "" }, { "all" }))
  end)

  it("stand in tables, keys and options", function()
    local d = lb.example_data():mutate { "old = age > 60" }
    local km = lb.survival.km("Surv(months, progressed) ~ old", d)
    assert.is_truthy(km:plot():svg():find(">old = true<", 1, true))
    assert.is_truthy(tostring(km):find("old = false", 1, true))
    assert.are.equal("old=false", km:tidy():column("strata")[1])
    local fit = lb.survival.rmst("Surv(months, progressed) ~ old + strata(sex)", d, { tau = 12,
      reference = "true" })
    assert.are.equal("Restricted mean survival time to 12 months, stratified by sex", fit.title)
    assert.are.equal(fit.title .. ": differences and ratios", fit:report_blocks()[2].table.caption)
    assert.is_truthy(tostring(fit):find("Against old = true", 1, true))
  end)
end)

describe("restricted means of huge times", function()
  it("are refused where squares overflow, exact below", function()
    local columns = { { "t", {} }, { "e", {} }, { "g", {} }, { "s", {} } }
    for i = 1, 40 do
      columns[1][2][i], columns[2][2][i] = i, i % 3 ~= 0
      columns[3][2][i], columns[4][2][i] = i % 2 == 0 and "a" or "b", i % 4 < 2 and "u" or "v"
    end
    local d = lb.frame(columns)
    for _, formula in ipairs { "Surv(t, e) ~ g", "Surv(t, e) ~ g + strata(s)" } do
      refused("numbers beyond 1e+150", rmst, formula, d:mutate "t = t * 1e300", { tau = 1e301 })
      local small = rmst(formula, d, { tau = 30 }):compare():rows_list()[1]
      local large = rmst(formula, d:mutate "t = t * 1e140", { tau = 30 * 1e140 }):compare()
        :rows_list()[1]
      near(large.estimate / 1e140, small.estimate, 1e-12)
      near(large.p_value, small.p_value, 1e-12)
    end
  end)
end)
