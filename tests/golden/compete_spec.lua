--- Reference cases of competing risks (R 4.2.2: cmprsk, survival 3.5-3; see each JSON file).
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local lb = require "lobule"

local function case(id, body)
  it(id, function()
    body(golden.open(id))
  end)
end

local function column(frame, name)
  local list = {}
  for i = 1, #frame do list[i] = frame:column(name)[i] end
  return list
end

describe("cumulative incidence", function()
  case("cif-mgus", function(g)
    local times = { 60, 120, 180, 240, 300 }
    local function fit(variance)
      return lb.survival.cuminc("Surv(etime, event) ~ sex", g.data, { variance = variance })
    end
    local aalen, delta, jackknife = fit "aalen", fit "greenwood", fit "jackknife"
    for _, sex in ipairs { "F", "M" } do
      for cause = 1, 2 do
        local path = ("%s %d/"):format(sex, cause)
        local options = { cause = cause, sex = sex, table.unpack(times) }
        local at = aalen:at(options)
        g:near(path .. "time", column(at, "time"))
        g:near(path .. "estimate", column(at, "estimate"))
        g:near(path .. "std_error_aalen", column(at, "std_error"))
        g:near(path .. "conf_low_loglog", column(at, "conf_low"))
        g:near(path .. "conf_high_loglog", column(at, "conf_high"))
        g:near(path .. "std_error_delta_greenwood", column(delta:at(options), "std_error"))
        g:near(path .. "std_error_infinitesimal_jackknife",
          column(jackknife:at(options), "std_error"))
      end
    end
  end)
end)

describe("Gray's test", function()
  local function compare(g, path, test)
    local got = test:tests()
    for key, name in pairs { chi_square = "statistic", df = "df", p_value = "p_value" } do
      g:near(path .. "/" .. key, column(got, name))
    end
  end

  case("gray-mgus", function(g)
    compare(g, "by_sex", lb.survival.gray("Surv(etime, event) ~ sex", g.data))
    local cut = g.data:mutate {
      "age_group = case(age <= 60, 'a', age <= 75, 'b', 'c')" }
    compare(g, "by_age_group", lb.survival.gray("Surv(etime, event) ~ age_group", cut))
  end)

  case("gray-pbc-stratified", function(g)
    local randomised = g.data:filter "id <= 312"
    for _, rho in ipairs { 0, 1 } do
      compare(g, "rho_" .. rho, lb.survival.gray("Surv(time, status) ~ trt + strata(stage)",
        randomised, { rho = rho }))
    end
  end)
end)

describe("cause-specific Cox", function()
  case("cause-specific-mgus", function(g)
    local formula = "Surv(etime, event) ~ age + sex + mspike + hgb"
    for cause = 1, 2 do
      g:cox("cause_" .. cause, lb.survival.cox(formula, g.data, { cause = cause }))
    end
    local all = lb.survival.cause_specific(formula, g.data)
    local p = all:tidy():column "p_value"
    g:near("cause_1/p_value", { p[1], p[2], p[3], p[4] })
    g:near("cause_2/p_value", { p[5], p[6], p[7], p[8] })
    g:near("cause_2/log_lik", all:model(2).fit.log_lik)
  end)
end)

describe("Fine-Gray", function()
  local function matrix(frame)
    local m = {}
    for i = 1, #frame do
      m[i] = {}
      for j = 2, #frame:names() do m[i][j - 1] = frame:column(frame:names()[j])[i] end
    end
    return m
  end

  case("finegray-mgus-crr", function(g)
    local formula = "Surv(etime, event) ~ age + sex + mspike + hgb"
    local fit = lb.survival.finegray(formula, g.data, { cause = 1 })
    local tidy, glance = fit:tidy(), fit:glance()
    for key, name in pairs { coef = "estimate", std_error = "std_error", z = "statistic",
      p_value = "p_value" } do
      g:near(key, column(tidy, name))
    end
    g:near("subdistribution_hazard_ratio", column(fit:tidy { exponentiate = true }, "estimate"))
    g:near("vcov", matrix(fit:vcov()))
    for _, key in ipairs { "n", "log_lik_null", "log_lik" } do
      g:near(key, glance:column(key)[1])
    end
    local people = { age = { 50, 75 }, sex = { "F", "M" }, mspike = { 1, 2 }, hgb = { 14, 12 } }
    local risk = fit:predict({ newdata = people, times = { 60, 120, 240 } }):column "estimate"
    g:near("predicted_cif", { { risk[1], risk[2], risk[3] }, { risk[4], risk[5], risk[6] } })
    local first = lb.survival.finegray(formula, g.data, { cause = 1, variance = "model",
      censoring_ties = "events_first" })
    g:near("events_first/coef", column(first:tidy(), "estimate"))
    g:near("events_first/naive_std_error", column(first:tidy(), "std_error"))
  end)

  case("finegray-mgus-weighted-cox", function(g)
    local function fit(variance)
      return lb.survival.finegray("Surv(etime, event) ~ age + sex", g.data, { cause = 2,
        ties = "efron", censoring_ties = "events_first", variance = variance })
    end
    local robust = fit "robust"
    local tidy, ratio = robust:tidy(), robust:tidy { exponentiate = true }
    for key, name in pairs { coef = "estimate", std_error = "std_error",
      statistic_z = "statistic", p_value = "p_value" } do
      g:near(key, column(tidy, name))
    end
    g:near("hazard_ratio", column(ratio, "estimate"))
    g:near("hr_conf_low", column(ratio, "conf_low"))
    g:near("hr_conf_high", column(ratio, "conf_high"))
    g:near("vcov", matrix(robust:vcov()))
    g:near("naive_std_error", column(fit("model"):tidy(), "std_error"))
    g:near("log_lik", robust.fit.log_lik)
    g:near("log_lik_null", robust.fit.log_lik_null)
    g:near("n_event", robust.fit.n_event)
    g:near("wald_test/chi_square", robust.fit.wald.chi_square)
    for key, test in pairs { lr_test = "likelihood_ratio", score_test = "score" } do
      g:near(key .. "/chi_square", robust.fit[test].chi_square)
      g:near(key .. "/p_value", robust.fit[test].p_value)
    end
  end)
end)
