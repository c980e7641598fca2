--- Reference cases of follow-up cut into pieces, rates and additive hazards (R 4.2.2, survival
--- 3.5-3, and closed forms; see each JSON file).
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

describe("landmark analysis", function()
  local function compare(g, path, d)
    local cox = lb.survival.cox("Surv(stop, event) ~ tx + age", d)
    local tidy = cox:tidy()
    g:near(path .. "/cox/n", #d)
    g:near(path .. "/cox/coef", column(tidy, "estimate"))
    g:near(path .. "/cox/std_error", column(tidy, "std_error"))
    g:near(path .. "/cox/p_value", column(tidy, "p_value"))
    g:near(path .. "/cox/log_lik", cox.fit.log_lik)
    g:near(path .. "/cox/lr_test/chi_square", cox.fit.likelihood_ratio.chi_square)
    local test = lb.survival.logrank("Surv(stop, event) ~ tx", d)
    g:near(path .. "/log_rank/chi_square", test.statistic)
    g:near(path .. "/log_rank/observed", column(test:tidy(), "observed"))
    g:near(path .. "/log_rank/expected", column(test:tidy(), "expected"))
  end

  case("landmark-jasa", function(g)
    for _, at in ipairs { 30, 60, 90 } do
      local d = lb.survival.landmark("Surv(futime, dead)", g.data,
        { at = at, exposures = { tx = "wait_time" } })
      local path = ("day_%d"):format(at)
      g:near(path .. "/n", #d)
      g:near(path .. "/n_transplanted", #d:filter "tx")
      compare(g, path, d)
    end
  end)
end)

local BANDS <const> = { "<50", "50-59", "60-69", "70-79", "80+" }

describe("rates", function()
  local function fit(g, conf_type)
    return lb.survival.rates("Surv(futime / 12, death) ~ sex", g.data, { cuts = { 50, 60, 70, 80 },
      scale = "age", labels = BANDS, standard = { 0.62, 0.14, 0.11, 0.08, 0.05 },
      conf_type = conf_type })
  end

  case("rates-mgus-standardised", function(g)
    local r = fit(g)
    local tidy, crude, standardised = r:tidy(), r:crude(), r:standardised()
    for i, sex in ipairs { "F", "M" } do
      local here = tidy:filter(("strata == 'sex=%s'"):format(sex))
      g:near("age_band", column(here, "interval"))
      g:near(sex .. "/person_years", column(here, "person_time"))
      g:near(sex .. "/deaths", column(here, "n_event"))
      for key, name in pairs { deaths = "n_event", person_years = "person_time", rate = "estimate",
        conf_low = "conf_low", conf_high = "conf_high" } do
        g:near(("crude/%s/%s"):format(sex, key), crude:column(name)[i])
      end
      for key, name in pairs { rate = "estimate", std_error = "std_error",
        conf_low_gamma = "conf_low", conf_high_gamma = "conf_high" } do
        g:near(("standardised/%s/%s"):format(sex, key), standardised:column(name)[i])
      end
    end
    local ratio = r:ratios()
    for _, key in ipairs { "estimate", "conf_low", "conf_high" } do
      g:near("standardised_rate_ratio/" .. key, ratio:column(key)[1])
    end
  end)

  case("smr-mgus", function(g)
    local function ratios(conf_type)
      return lb.survival.smr("Surv(futime / 12, death) ~ sex", g.data, { cuts = { 50, 60, 70, 80 },
        scale = "age", rates = { 0.004, 0.010, 0.022, 0.055, 0.130 },
        conf_type = conf_type }):tidy()
    end
    local exact, byar = ratios(), ratios "byar"
    for i, sex in ipairs { "F", "M" } do
      for key, name in pairs { observed = "observed", expected = "expected", smr = "estimate",
        conf_low_exact = "conf_low", conf_high_exact = "conf_high",
        score_chi_square = "statistic" } do
        g:near(sex .. "/" .. key, exact:column(name)[i])
      end
      g:near(sex .. "/conf_low_byar", byar:column("conf_low")[i])
      g:near(sex .. "/conf_high_byar", byar:column("conf_high")[i])
    end
  end)
end)

describe("additive hazards", function()
  case("aalen-additive-lung", function(g)
    local fit = lb.survival.aalen("Surv(time, dead) ~ age + sex + ph_ecog", g.data,
      { min_at_risk = 1 })
    local at, got = fit:at(g.expect.time), {}
    for t in ipairs(g.expect.time) do
      got[t] = {}
      for j in ipairs(fit.terms) do
        got[t][j] = at:column("estimate")[(j - 1) * #g.expect.time + t]
      end
    end
    g:near("cumulative_coefficient", got)
  end)
end)
