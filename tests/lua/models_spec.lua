--- What researchers type for weights, robust models, predictions, comparisons and tables.
local core = require "lobule.core"
local lb = require "lobule"

local lung = lb.cohort "tests/data/survival_lung.csv"

local function fails(message, call, ...)
  local ok, err = pcall(call, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(message, 1, true), tostring(err))
end

describe("weights", function()
  local formula = "Surv(time, dead) ~ sex"
  it("need a type, and a type needs weights", function()
    for _, method in ipairs { lb.survival.km, lb.survival.logrank, lb.survival.cox } do
      fails("their weight_type is not given", method, formula, lung, { weights = "w" })
      fails("there are no weights", method, formula, lung, { weight_type = "case" })
      fails("frequency weights are not whole numbers", method, formula, lung, { weights = "w",
        weight_type = "frequency" })
      fails("weight_type: unknown choice 'samplin' (did you mean", method, formula, lung,
        { weights = "w", weight_type = "samplin" })
    end
    fails("'case' is not available here", lb.survival.gray, formula, lung, { weights = "w",
      weight_type = "case" })
    fails("robust = false", lb.survival.cox, formula, lung, { weights = "w",
      weight_type = "sampling", robust = false })
  end)

  it("of frequency are repeated rows, in every number", function()
    local rows = {}
    local k = lung:frame():column "k"
    for i = 1, #lung:frame() do
      for _ = 1, k[i] do rows[#rows + 1] = i end
    end
    local repeated = core.take(lung:frame(), rows)
    local options = { weights = "k", weight_type = "frequency" }
    local text = "Surv(time, dead) ~ age + sex + strata(inst)"
    local a, b = lb.survival.cox(text, lung, options), lb.survival.cox(text, repeated)
    assert.are.equal(b:tidy():csv():gsub(",%d+,[%d.]+\n", "\n"),
      (a:tidy():csv():gsub(",%d+,[%d.]+\n", "\n")))
    assert.are.same(b:tests():rows_list(), a:tests():rows_list())
    assert.are.equal(b:glance():column("bic")[1], a:glance():column("bic")[1])
    assert.are.equal(b:glance():column("concordance_std_error")[1],
      a:glance():column("concordance_std_error")[1])
    local ta, tb = lb.survival.logrank(formula, lung, options),
      lb.survival.logrank(formula, repeated)
    assert.is_true(math.abs(ta.statistic - tb.statistic) < 1e-9)
    local ka, kb = lb.survival.km(formula, lung, options), lb.survival.km(formula, repeated)
    assert.are.equal(kb:tidy():csv(), ka:tidy():csv())
  end)

  it("stand in what is printed", function()
    local cox = lb.survival.cox("Surv(time, dead) ~ age", lung, { weights = "w",
      weight_type = "sampling" })
    assert.is_truthy(tostring(cox):gsub("%s+", " "):find(
      "weights w (sampling weights, robust variance)", 1, true))
  end)
end)

describe("a Cox fit", function()
  local cox = lb.survival.cox("Surv(time, dead) ~ age + sex + ph_ecog", lung)
  it("takes cluster as an option or a term", function()
    local a = lb.survival.cox("Surv(time, dead) ~ age", lung, { cluster = "inst" })
    local b = lb.survival.cox("Surv(time, dead) ~ age + cluster(inst)", lung)
    assert.are.equal(a:tidy():csv(), b:tidy():csv())
    assert.is_truthy(tostring(a):find("robust variance, 18 clusters", 1, true))
  end)

  it("predicts new data, NA where something is missing", function()
    local got = cox:predict { newdata = { age = { 50, lb.NA }, sex = { "male", "female" },
      ph_ecog = { 1, 1 } } }
    assert.are.equal(2, #got)
    assert.is_nil(got:column("estimate")[2])
    fails("has a level", cox.predict, cox, { newdata = { age = { 50 }, sex = { "other" },
      ph_ecog = { 1 } } })
    fails("survival needs times", cox.predict, cox, { type = "survival" })
  end)

  it("augments all rows, NA in those left out", function()
    local frame = cox:augment()
    assert.are.equal(228, #frame)
    assert.are.equal(1, frame:column("martingale"):missing())
    local row = frame:rows_list()[1]
    assert.is_true(math.abs(row.dead - row.expected - row.martingale) < 1e-12)
  end)

  it("contrasts two levels of a factor", function()
    local data = lung:mutate { "group = cut(age, {55, 70}, {'young', 'middle', 'old'})" }
    local fit = lb.survival.cox("Surv(time, dead) ~ group", data)
    local other = lb.survival.cox("Surv(time, dead) ~ group", data:relevel("group", "middle"))
    local want = other:hazard_ratio "group[old]"
    local got = fit:contrast "old - middle"
    assert.is_true(math.abs(got.estimate - want.estimate) < 1e-9)
    assert.is_true(math.abs(got.conf_low - want.conf_low) < 1e-9)
    fails("no variable has a level 'ancient'", fit.contrast, fit, "old - ancient")
  end)

  it("names the combination that a column is", function()
    local fit = lb.survival.cox("Surv(time, dead) ~ age + ph_karno + I(age - 2 * ph_karno)", lung)
    assert.is_truthy(fit.warnings[1]:find("(age - 2 * ph_karno, up to a constant)", 1, true))
  end)

  it("is not fitted to what it does not take", function()
    fails("does not take interval-censored times", lb.survival.cox,
      "Surv_interval(time, time) ~ age", lung)
    fails("Surv(time, sex == 'male')", lb.survival.cox, "Surv(time, sex) ~ age",
      lung:mutate { "sex = factor(sex)" })
    local warned = lb.survival.cox("Surv(time, CNSR) ~ age", lung:mutate { "CNSR = 1 - dead" })
    assert.is_truthy(tostring(warned):find("Surv_CNSR(time, cnsr)", 1, true))
  end)
end)

describe("comparisons", function()
  local crude = lb.survival.cox("Surv(time, dead) ~ sex", lung)
  local adjusted = lb.survival.cox("Surv(time, dead) ~ sex + age", lung)
  it("stand side by side", function()
    local both = lb.compare { { "crude", crude }, { "adjusted", adjusted } }
    assert.are.equal(3, #both:tidy())
    assert.is_truthy(tostring(both):find("crude", 1, true))
    assert.is_truthy(both:plot("forest"):svg():find("adjusted", 1, true))
    assert.are.equal("table", both:report_blocks()[1].kind)
    fails("expected a fitted model", lb.compare, { { "a", 1 } })
  end)

  it("refuse models that are not nested", function()
    local other = lb.survival.cox("Surv(time, dead) ~ age + ph_karno", lung)
    fails("not of the same rows", lb.anova, crude, other)
    fails("not nested", lb.anova, crude, lb.survival.cox("Surv(time, dead) ~ age + w", lung))
    fails("has a robust variance", lb.anova, lb.survival.cox("Surv(time, dead) ~ sex", lung,
      { robust = true }), { type = "drop" })
    assert.are.equal(3, #lb.anova(adjusted):tidy())
  end)
end)

describe("tables", function()
  local frame = lb.frame { { "arm", { "A", "B", "A", lb.NA, "B" } },
    { "grade", { 1, 2, lb.NA, 1, 2 } }, { "x", { 1.0, 2.0, 3.0, 4.0, lb.NA } } }
  it("count with missing as a level of its own", function()
    local tab = lb.crosstab(frame, "arm", "grade", { percent = "row" })
    local cells = {}
    for i, row in ipairs(tab:tidy():rows_list()) do cells[i] = row.n end
    assert.are.same({ 1, 0, 1, 0, 2, 0, 1, 0, 0 }, cells)
    assert.are.equal(50, tab:tidy():column("percent")[1])
    assert.is_truthy(tostring(tab):find("1 (50.0 %)", 1, true))
    fails("unknown choice", lb.crosstab, frame, "arm", "grade", { percent = "rows" })
    fails("named twice", lb.crosstab, frame, "arm", "arm")
  end)

  it("describe every column, by groups", function()
    local all = lb.describe(frame):rows_list()
    assert.are.equal(3, #all)
    assert.are.same({ "x", 4, 1, 2.5 }, { all[3].column, all[3].n, all[3].n_missing,
      all[3].mean })
    local by = lb.describe(frame, { by = "arm", columns = { "x" } })
    assert.are.equal(3, #by)
    assert.are.same({ 2, 1, 1 }, { by:column("n")[1], by:column("n")[2], by:column("n")[3] })
  end)

  it("have no trouble with no rows", function()
    local none = frame:filter "x > 100"
    assert.are.equal(0, #lb.crosstab(none, "arm", "grade"):tidy())
    assert.are.equal(3, #lb.describe(none))
  end)
end)
