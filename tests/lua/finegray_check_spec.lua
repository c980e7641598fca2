--- What a researcher asks of a Fine-Gray fit: residuals, augmented data, proportionality, a check.
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
  local text = tostring(err)
  assert.is_truthy(text:find(part, 1, true), text)
end

local FORMULA <const> = "Surv(etime, event) ~ age + sex + hgb"
local fit = lb.survival.finegray(FORMULA, mgus(), { cause = 1 })

describe("residuals of a Fine-Gray fit", function()
  it("make its variance and stand beside their rows", function()
    local frame = fit:residuals { type = "dfbeta" }
    for i, term in ipairs(fit.info.terms) do
      local sum, square = 0, 0
      for _, x in ipairs(frame:column(term.term):totable()) do
        sum, square = sum + x, square + x * x
      end
      near(sum, 0)
      near(math.sqrt(square), fit.fit.std_error[i])
    end
    local sized = fit:residuals { type = "dfbetas" }
    near(sized:column("age")[9] * fit.fit.std_error[1], frame:column("age")[9])
    local missing = mgus():frame():column "hgb"
    for _, row in ipairs(fit:residuals():column("row"):totable()) do
      assert.is_not_nil(missing[row])
    end
  end)

  it("foresee the fit without a row", function()
    local data = mgus():filter "not is_na(hgb)":frame()
    local all = lb.survival.finegray(FORMULA, data, { cause = 1 })
    local guess = all:residuals { type = "dfbeta" }
    local rows = {}
    for i = 1, #data do rows[i] = i end
    for _, row in ipairs { 3, 81, 298, 636 } do
      local kept = table.move(rows, 1, #rows, 1, {})
      table.remove(kept, row)
      local without = lb.survival.finegray(FORMULA, core.take(data, kept), { cause = 1 })
      for i, term in ipairs(all.info.terms) do
        local moved = all.fit.coef[i] - without.fit.coef[i]
        assert.is_true(math.abs(guess:column(term.term)[row] - moved)
          < 0.05 * math.abs(moved) + 0.002 * all.fit.std_error[i])
      end
    end
  end)

  it("of repeated rows are those of the rows", function()
    local twice = mgus():mutate { "w = 2 - id % 2" }:frame()
    local options <const> = { cause = 1, weights = "w", weight_type = "frequency" }
    local weighted = lb.survival.finegray("Surv(etime, event) ~ age", twice, options)
    local rows, first = {}, {}
    for i, w in ipairs(twice:column("w"):totable()) do
      first[i] = #rows + 1
      for _ = 1, w do rows[#rows + 1] = i end
    end
    local long = lb.survival.finegray("Surv(etime, event) ~ age", core.take(twice, rows),
      { cause = 1 })
    for _, kind in ipairs { "martingale", "score" } do
      local name = kind == "score" and "age" or kind
      local a, b = weighted:residuals { type = kind }:column(name),
        long:residuals { type = kind }:column(name)
      for i = 1, 1384, 97 do near(a[i], b[first[i]]) end
    end
    near(weighted:ph_test().statistic, long:ph_test().statistic)
  end)

  it("are refused where there is no fit to speak of", function()
    local data = core.frame { { "t", { 1, 2, 3, 4, 5, 6, 7, 8 } },
      { "c", { 1, 1, 1, 0, 2, 0, 2, 0 } }, { "x", { 1, 1, 1, 0, 0, 0, 0, 0 } } }
    local apart = lb.survival.finegray("Surv(t, c) ~ x", data, { cause = 1 })
    refused("did not converge", apart.residuals, apart)
    refused("did not converge", apart.ph_test, apart)
    refused("did not converge", apart.augment, apart)
    assert.is_truthy(tostring(apart:check()):find("'x' separates those with events", 1, true))
    refused("deviance", fit.residuals, fit, { type = "deviance" })
  end)
end)

describe("augment of a Fine-Gray fit", function()
  it("adds predictor and residuals, NA where rows were left out", function()
    local frame = fit:augment()
    assert.are.equal(1384, #frame)
    local lp, m, hgb = frame:column "linear_predictor", frame:column "martingale",
      frame:column "hgb"
    local missing = 0
    for i = 1, #frame do
      if hgb[i] == nil then
        missing = missing + 1
        assert.is_nil(m[i])
        assert.is_nil(lp[i])
      end
    end
    assert.are.equal(13, missing)
    local means = fit.fit.means
    local person = { age = { means[1], means[1] + 1 }, sex = { "M", "M" },
      hgb = { means[3], means[3] } }
    local new = fit:augment(person)
    near(new:column("linear_predictor")[2] - new:column("linear_predictor")[1], fit.fit.coef[1])
    near(new:column("linear_predictor_std_error")[1],
      math.abs(1 - means[2]) * fit.fit.std_error[2])
    assert.is_false(new:has "martingale")
  end)
end)

describe("proportional subdistribution hazards", function()
  it("are tested with the variance of the fit", function()
    local test = fit:ph_test()
    assert.is_true(test.p_value < 0.001)
    local text = tostring(test)
    for _, part in ipairs { "Test of proportional subdistribution hazards", "age", "sex", "hgb",
      "All together", "cumulative incidence of the cause", "estimated weights" } do
      assert.is_truthy(text:find(part, 1, true), part)
    end
    assert.are.equal(114, test:glance():column("n_event")[1])
    local seen = {}
    for _, variance in ipairs { "fine-gray", "robust", "model" } do
      local other = lb.survival.finegray(FORMULA, mgus(), { cause = 1, variance = variance })
      seen[other:ph_test { transform = "rank" }.statistic] = true
    end
    local n = 0
    for _ in pairs(seen) do n = n + 1 end
    assert.are.equal(3, n)
    refused("rnk", fit.ph_test, fit, { transform = "rnk" })
  end)

  it("know nothing of the unit of time and of covariates", function()
    local scaled = mgus():mutate { "etime = etime * 30.5", "age = age / 10 - 4" }
    local other = lb.survival.finegray(FORMULA, scaled, { cause = 1 })
    for _, transform in ipairs { "km", "rank", "identity", "log" } do
      near(other:ph_test { transform = transform }.statistic,
        fit:ph_test { transform = transform }.statistic, 1e-7)
    end
  end)

  it("have a figure of each coefficient in time", function()
    local figure = fit:ph_test():plot()
    local svg = figure:svg()
    assert.is_truthy(svg:find("Log subdistribution hazard ratio", 1, true))
    assert.is_truthy(svg:find("proportional subdistribution hazards", 1, true))
    refused("no term 'x'", function() fit:ph_test():plot { terms = { "x" } } end)
  end)
end)

describe("the check of a Fine-Gray fit", function()
  it("says what a reviewer would ask", function()
    local text = tostring(fit:check()):gsub("%s+", " ")
    for _, part in ipairs { "114 events for 3 coefficients", "'age' seems to change with time",
      "moves 'hgb' by 0.34 standard errors", "855 had another event first",
      "survival.cause_specific" } do
      assert.is_truthy(text:find(part, 1, true), part)
    end
    assert.is_nil(text:find("splitting", 1, true)) -- no way out for a subdistribution hazard
    assert.is_nil(text:find("royston", 1, true)) -- nor is this
    assert.is_nil(text:find("strata(age)", 1, true)) -- a stratum for each year
    assert.is_truthy(text:find("of the rows analysed (cohort as filtered)", 1, true))
  end)

  it("advises strata of factors, and an effect that changes with time of numbers", function()
    local data = lb.cohort("tests/data/survival_veteran.csv")
    local text = tostring(lb.survival.cox("Surv(time, dead) ~ karno + celltype", data):check())
      :gsub("%s+", " ")
    assert.is_truthy(text:find("plot(); a curve, rcs(karno, 4), an effect that changes with time "
      .. "(survival.royston_parmar with time_varying), strata(cut(karno, ...))", 1, true), text)
    assert.is_truthy(text:find("plot(); strata(celltype)", 1, true), text)
  end)

  it("counts events of the cause, not of others, in small groups", function()
    local data = mgus():mutate { "g = case(id % 97 == 0, 'rare', 'common')" }
    local rare = lb.survival.finegray("Surv(etime, event) ~ g", data, { cause = 1 })
    local text = tostring(rare:check())
    local events = 0
    local frame = data:frame()
    for i = 1, #frame do
      if frame:column("g")[i] == "rare" and frame:column("event")[i] == 1 then
        events = events + 1
      end
    end
    assert.is_true(events > 0 and events < 5)
    assert.are.equal(events, rare:tidy():column("n_event")[1])
    local by_sex = lb.survival.finegray("Surv(etime, event) ~ sex * age", mgus(), { cause = 1 })
    assert.are.equal(#mgus():frame():filter "sex == 'M' and event == 1 and not is_na(age)",
      by_sex:tidy():column("n_event")[1])
    assert.are.same({ by_sex.fit.n_event, by_sex.fit.n_event },
      { by_sex:tidy():column("n_event")[2], by_sex:tidy():column("n_event")[3] })
    local weighted = lb.survival.finegray("Surv(etime, event) ~ g", data:mutate { "w = 2" },
      { cause = 1, weights = "w", weight_type = "frequency" })
    assert.are.equal(2 * events, weighted:tidy():column("n_event")[1])
    assert.is_truthy(text:find(("'g[rare]' has %d events among 14"):format(events), 1, true), text)
  end)
end)

describe("covariates of absurd size", function()
  local function data(unit)
    local x, t, c, g = {}, {}, {}, {}
    for i = 1, 60 do
      t[i], c[i], x[i], g[i] = i * 7 % 31 + 1, i * 5 % 3, i * 11 % 17 * unit, i % 2
    end
    return core.frame { { "t", t }, { "c", c }, { "x", x }, { "g", g } }
  end

  it("are refused by name with the unit that mends it", function()
    for _, f in ipairs { lb.survival.finegray, lb.survival.cox, lb.survival.multistate_cox } do
      local options = f ~= lb.survival.multistate_cox and { cause = 1 } or nil
      for unit, mend in pairs { [1e-300] = "I(x / 1e-300)", [1e200] = "I(x / 1e200)" } do
        refused(mend, function()
          local ok, err = pcall(f, "Surv(t, c) ~ x", data(unit), options)
          error(ok and "fitted" or err.message .. err.context, 0)
        end)
      end
      refused("' has numbers beyond 1e+300", f, "Surv(t, c) ~ g + x", data(1e300), options)
    end
    refused("'x' has numbers", lb.survival.finegray, "Surv(t, c) ~ g + x", data(1e300),
      { cause = 1 })
  end)
end)

describe("predicted incidence of people", function()
  it("is drawn with bands, named by what tells them apart", function()
    local people = { age = { 50, 80 }, sex = { "F", "F" }, hgb = { 13, 13 } }
    local svg = fit:plot { newdata = people }:svg()
    for _, part in ipairs { "age 50", "age 80", "Predicted cumulative incidence", "Bands" } do
      assert.is_truthy(svg:find(part, 1, true), part)
    end
    assert.is_nil(svg:find("sex F", 1, true))
    local at_end = fit:predict { newdata = people, times = { 424 } }:column("estimate")
    assert.is_truthy(svg:find(("age 80: %.1f %% at the end"):format(100 * at_end[2]), 1, true))
    local model = lb.survival.finegray(FORMULA, mgus(), { cause = 1, variance = "model" })
    assert.is_nil(model:plot { newdata = people, labels = { "young", "old" } }:svg()
      :find("Bands", 1, true))
    refused("curves fit one figure", fit.plot, fit, { newdata = mgus() })
    refused("labels: 1 for 2", fit.plot, fit, { newdata = people, labels = { "a" } })
  end)
end)
