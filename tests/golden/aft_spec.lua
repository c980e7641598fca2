--- Reference cases of parametric survival regressions (R 4.2.2: survival 3.5-3, survreg; see each
--- JSON file).
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local lb = require "lobule"

local function case(id, body)
  it(id, function()
    body(golden.open(id))
  end)
end

local function column(frame, name, first, last)
  local list = {}
  for i = first or 1, last or #frame do list[#list + 1] = frame:column(name)[i] end
  return list
end

local function matrix(frame)
  local m = {}
  for i = 1, #frame do
    m[i] = {}
    for j = 2, #frame:names() do m[i][j - 1] = frame:column(frame:names()[j])[i] end
  end
  return m
end

--- Everything of a fit that the cases hold.
local function compare(g, path, fit)
  local prefix = path == "" and "" or path .. "/"
  local want = path == "" and g.expect or g.expect[path]
  local tidy, glance, test = fit:tidy(), fit:glance(), fit:tests()
  for key, name in pairs { coef = "estimate", std_error = "std_error",
    statistic_z = "statistic", p_value = "p_value" } do
    g:near(prefix .. key, column(tidy, name))
  end
  g:near(prefix .. "vcov", matrix(fit:vcov()))
  g:near(prefix .. "log_lik", glance:column "log_lik"[1])
  g:near(prefix .. "log_lik_intercept_only", glance:column "log_lik_null"[1])
  g:near(prefix .. "aic", glance:column "aic"[1])
  g:near(prefix .. "n", glance:column "n"[1])
  if type(want.scale) == "number" then g:near(prefix .. "scale", glance:column "scale"[1]) end
  for key, name in pairs { chi_square = "statistic", df = "df", p_value = "p_value" } do
    g:near(prefix .. "lr_test/" .. key, test:column(name)[1])
  end
end

describe("survreg", function()
  case("aft-lung-distributions", function(g)
    local n = 0
    for name in pairs(g.expect) do
      n = n + 1
      compare(g, name, lb.survival.aft("Surv(time, dead) ~ age + sex + ph_ecog", g.data,
        { distribution = name }))
    end
    assert.are.equal(5, n)
  end)

  case("aft-lung-scale-strata", function(g)
    local data = g.data:relevel("sex", { "male", "female" })
    local fit = lb.survival.aft("Surv(time, dead) ~ age + ph_ecog + strata(sex)", data)
    compare(g, "", fit)
    local scale = fit:tidy { exponentiate = true }:column "estimate"
    g:near("scale/male", scale[4])
    g:near("scale/female", scale[5])
  end)

  case("aft-lung-weights-cluster", function(g)
    compare(g, "weights", lb.survival.aft("Surv(time, dead) ~ age", g.data,
      { weights = "k", weight_type = "case" }))
    local fit = lb.survival.aft("Surv(time, dead) ~ age + cluster(inst)", g.data,
      { distribution = "lognormal" })
    compare(g, "cluster", fit)
    local naive = {}
    for i = 1, 3 do naive[i] = math.sqrt(fit.fit.naive_vcov[i][i]) end
    g:near("cluster/naive_std_error", naive)
    local repeated = lb.survival.aft("Surv(time, dead) ~ age", g.data,
      { weights = "k", weight_type = "frequency" })
    g:near("weights/log_lik", repeated.fit.log_lik)
  end)

  case("aft-hiv-interval-censored", function(g)
    for name in pairs(g.expect) do
      compare(g, name, lb.survival.aft("Surv_interval(left, right) ~ partners_us + I(birth / 10)",
        g.data, { distribution = name }))
    end
  end)

  case("aft-veteran-weibull-predictions", function(g)
    local fit = lb.survival.aft("Surv(time, dead) ~ karno + celltype", g.data)
    compare(g, "", fit)
    local people = { karno = { 40, 80 }, celltype = { "squamous", "adeno" } }
    local q = fit:predict { type = "quantile", newdata = people, prob = { 0.1, 0.5, 0.9 } }
    g:near("quantile", { column(q, "estimate", 1, 3), column(q, "estimate", 4, 6) })
    g:near("quantile_std_error", { column(q, "std_error", 1, 3), column(q, "std_error", 4, 6) })
    local lp = fit:predict { newdata = people }
    g:near("lp", column(lp, "estimate"))
    g:near("lp_std_error", column(lp, "std_error"))
    local hazards = fit:hazard_ratios()
    g:near("shape", 1 / fit:glance():column "scale"[1])
    g:near("log_hazard_ratio", column(hazards, "log_hazard_ratio"))
    g:near("log_hazard_ratio_std_error", column(hazards, "std_error"))
    for _, kind in ipairs { "response", "deviance" } do
      g:near("residual_" .. kind,
        column(fit:residuals { type = kind }, kind, 1, 5))
    end
  end)
end)
