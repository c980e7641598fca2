--- Reference cases for pooled estimates and proportions (R 4.2.2, metafor 3.8-1; see each JSON
--- file). Of cases with several estimators of tau2 only the fixed effect and DerSimonian-Laird are
--- ours.
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local core = require "lobule.core"
local lb = require "lobule"

local Z95 <const> = core.normal_quantile(0.975)

--- Rows of the liver series with symptomatic response counted, in the treatments of the case.
local function symptom(g)
  local levels = g.case.columns.levels
  return g.data:filter("treatment in $levels and not is_na(symptom_response_n)", "counted",
    { with = { levels = type(levels) == "table" and levels or { levels } } })
end

local function pooled(g, scale, options)
  local all = { events = "symptom_response_n", total = "symptom_response_total", label = "study",
    scale = scale }
  for key, value in pairs(options or {}) do all[key] = value end
  return lb.meta.pool_proportions(symptom(g), all)
end

--- Log risk ratios of the BCG trials with their variances.
local function bcg(g)
  local y, v, columns = {}, {}, g.case.columns
  local frame = g.data:frame()
  local cell = {}
  for _, key in ipairs { "ai", "bi", "ci", "di" } do cell[key] = frame:column(columns[key]) end
  for i = 1, #frame do
    local a, c = cell.ai[i], cell.ci[i]
    local treated, control = a + cell.bi[i], c + cell.di[i]
    y[i] = math.log((a / treated) / (c / control))
    v[i] = 1 / a - 1 / treated + 1 / c - 1 / control
  end
  return y, v
end

describe("pooled proportions", function()
  it("proportions-liver-other-scales", function()
    local g = golden.open "proportions-liver-other-scales"
    for theirs, ours in pairs { PLO = "logit", PAS = "arcsine" } do
      local fit = pooled(g, ours).groups[1].fit
      for name, model in pairs { CE = "fixed", DL = "random" } do
        local path, mean = theirs .. "/" .. name .. "/", fit[model]
        g:near(path .. "tau2", name == "CE" and 0 or fit.tau2)
        g:near(path .. "pooled", mean.estimate)
        g:near(path .. "std_error", mean.std_error)
        for _, key in ipairs { "estimate", "conf_low", "conf_high" } do
          g:near(path .. key, fit["proportion_" .. model][key])
        end
      end
    end
  end)

  it("effect-sizes-proportions-liver", function()
    local g = golden.open "effect-sizes-proportions-liver"
    for theirs, ours in pairs { PLO = "logit", PAS = "arcsine", PFT = "freeman-tukey" } do
      local fit = core.pool_proportions(g.expect.x, g.expect.n, ours, 0.95)
      g:near(theirs .. "/yi", fit.effect)
      g:near(theirs .. "/vi", fit.variance)
    end
  end)

  it("freeman-tukey-pitfalls", function()
    local g = golden.open "freeman-tukey-pitfalls"
    local unequal = g.case.input.unequal
    local fit = core.pool_proportions(unequal.x, unequal.n, "freeman-tukey", 0.95)
    g:near("unequal_common/pooled", fit.fixed.estimate)
    g:near("unequal_common/std_error", fit.fixed.std_error)
    g:near("unequal_common/harmonic_mean_n", fit.harmonic_n)
    for _, key in ipairs { "estimate", "conf_low", "conf_high" } do
      g:near("unequal_common/miller_harmonic/" .. key, fit.proportion_fixed[key])
    end
    -- The case pools by REML; the way back from its pooled value is ours too.
    for _, name in ipairs { "liver_tace_symptom", "unequal_reml", "pritz" } do
      local want = g.expect[name]
      local half = Z95 * want.std_error
      for key, value in pairs { estimate = want.pooled, conf_low = want.pooled - half,
        conf_high = want.pooled + half } do
        g:near(("%s/miller_harmonic/%s"):format(name, key),
          core.pool_back(value, want.harmonic_mean_n, "freeman-tukey"))
        g:near(("%s/sine_squared/%s"):format(name, key), core.pool_back(value, 1, "arcsine"))
      end
    end
  end)

  it("warn where the Freeman-Tukey scale misleads", function()
    local g = golden.open "freeman-tukey-pitfalls"
    local unequal = g.case.input.unequal
    local studies = lb.frame { { "x", unequal.x }, { "n", unequal.n },
      { "study", { "a", "b", "c", "d" } } }
    local fit = lb.meta.pool_proportions(studies, { events = "x", total = "n", label = "study",
      scale = "freeman-tukey" })
    assert.is_truthy(fit.warnings[1]:find("outside the range", 1, true))
  end)
end)

describe("inverse variances", function()
  it("pool-bcg-tau2-estimators", function()
    local g = golden.open "pool-bcg-tau2-estimators"
    local y, v = bcg(g)
    local fit = core.pool(y, v, 0.95)
    g:near("q", fit.q)
    g:near("q_p_value", fit.q_p_value)
    for name, model in pairs { CE = "fixed", DL = "random" } do
      for key, ours in pairs { estimate = "estimate", std_error = "std_error", z = "statistic",
        p_value = "p_value", conf_low = "conf_low", conf_high = "conf_high" } do
        g:near(name .. "/" .. key, fit[model][ours])
      end
      g:near(name .. "/i2", 100 * fit.i2)
      g:near(name .. "/h2", fit.h ^ 2)
    end
    g:near("DL/tau2", fit.tau2)
  end)

  it("knapp-hartung-prediction-bcg", function()
    local g = golden.open "knapp-hartung-prediction-bcg"
    local function compare(path, y, v)
      local plain, knapp = core.pool(y, v, 0.95), core.pool(y, v, 0.95, true)
      g:near(path .. "/tau2", plain.tau2)
      for _, key in ipairs { "estimate", "std_error", "conf_low", "conf_high" } do
        g:near(path .. "/" .. key, plain.random[key])
      end
      for key, ours in pairs { std_error = "std_error", t = "statistic", p_value = "p_value",
        conf_low = "conf_low", conf_high = "conf_high" } do
        g:near(path .. "/knapp_hartung/" .. key, knapp.random[ours])
      end
      for name, fit in pairs { t_k_minus_2 = plain, t_k_minus_2_knapp_hartung = knapp } do
        g:near(("%s/prediction/%s/pred_low"):format(path, name), fit.predict_low)
        g:near(("%s/prediction/%s/pred_high"):format(path, name), fit.predict_high)
      end
      return plain
    end
    local y, v = bcg(g)
    compare("DL", y, v)
    local few = g.expect.few_homogeneous
    local plain = compare("few_homogeneous", few.yi, few.vi)
    g:near("few_homogeneous/higgins_thompson/h_high", plain.h_high)
    g:near("few_homogeneous/higgins_thompson/i2_high", 100 * plain.i2_high)
  end)

  it("tau2-intervals-bcg", function()
    local g = golden.open "tau2-intervals-bcg"
    local y, v = bcg(g)
    local fit = core.pool(y, v, 0.95)
    for _, key in ipairs { "h_low", "h_high" } do g:near("higgins_thompson/" .. key, fit[key]) end
    for _, key in ipairs { "i2_low", "i2_high" } do
      g:near("higgins_thompson/" .. key, 100 * fit[key])
    end
  end)
end)
