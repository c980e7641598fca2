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
  assert.is_truthy(tostring(text):find(part, 1, true), tostring(text))
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
