--- Reference cases of comparisons: nested models, splines, concordance, fixed times, pairs of
--- groups, cumulative hazards, follow-up (R 4.2.2, survival 3.5-3; see each JSON file).
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local lb = require "lobule"

local function case(id, body)
  it(id, function()
    body(golden.open(id))
  end)
end

local function list(frame, name, from, to)
  local values = {}
  for i = from or 1, to or #frame do values[#values + 1] = frame:column(name)[i] end
  return values
end

describe("nested models", function()
  case("cox-lung-nested-anova", function(g)
    local data = g.data:complete({ "age", "sex", "ph_ecog", "wt_loss" }, "complete")
      :mutate { "ecog = factor(text(ph_ecog))" }:relevel("sex", "male")
    local fits, terms = {}, { "age", "sex", "ecog", "wt_loss" }
    for i = 1, 4 do
      fits[i] = lb.survival.cox("Surv(time, dead) ~ " .. table.concat(terms, " + ", 1, i), data)
    end
    local got = lb.anova(fits[1], fits[2], fits[3], fits[4]):tidy()
    g:near("log_lik", list(got, "log_lik"))
    g:near("aic", list(got, "aic"))
    g:near("n", got:column("n")[1])
    for key, name in pairs { chi_square = "statistic", df = "df", p_value = "p_value" } do
      g:near(key, list(got, name, 2))
    end
    local drop = lb.anova(fits[4], { type = "drop" }):tidy()
    for key, name in pairs { aic = "aic", lr_chi_square = "statistic", df = "df",
      p_value = "p_value" } do
      g:near("drop1/" .. key, list(drop, name, 2))
    end
  end)

  case("cox-veteran-interaction", function(g)
    local fit = lb.survival.cox("Surv(time, dead) ~ trt * celltype + log(diagtime)", g.data)
    local got = lb.anova(fit):tidy()
    g:near("anova/term", list(got, "model", 2))
    for key, name in pairs { log_lik = "log_lik", chi_square = "statistic", df = "df",
      p_value = "p_value" } do
      g:near("anova/" .. key, list(got, name, 2))
    end
  end)

  case("cox-pbc-natural-spline", function(g)
    local formula = "Surv(time, dead) ~ log_bili + ns(age, 4)"
    local spline = lb.survival.cox(formula, g.data)
    g:cox("", spline)
    -- The columns themselves, by their given basis: the same model to the last bits.
    local given = lb.survival.cox("Surv(time, dead) ~ log_bili + n1 + n2 + n3 + n4", g.data)
    g:near("coef", list(given:tidy(), "estimate"))
    local linear = lb.survival.cox("Surv(time, dead) ~ log_bili + age", g.data)
    local got = lb.anova(linear, spline):tidy()
    g:near("nonlinearity_lr/chi_square", got:column("statistic")[2])
    g:near("nonlinearity_lr/df", got:column("df")[2])
    g:near("nonlinearity_lr/p_value", got:column("p_value")[2])
    -- The case's linear predictors are not centred; differences are the same.
    local want = g.expect.linear_predictor_first_5
    local five = g.data:frame():filter "id <= 5"
    local lp = spline:predict { newdata = five }:column "estimate"
    for i = 2, 5 do
      assert.is_true(math.abs(lp[i] - lp[1] - (want[i] - want[1])) < 1e-6)
    end
  end)
end)

describe("concordance", function()
  case("concordance-pbc", function(g)
    local cox = lb.survival.cox("Surv(time, dead) ~ age + log(bili) + edema", g.data)
    g:near("harrell/concordance", cox:glance():column("concordance")[1])
    g:near("harrell/std_error", cox:glance():column("concordance_std_error")[1])
    local one = lb.survival.cox("Surv(time, dead) ~ bili", g.data)
    for fit, path in pairs { [cox] = "harrell", [one] = "bilirubin" } do
      local row = fit:concordance():rows_list()[1]
      local again = fit:concordance { newdata = g.data }:rows_list()[1]
      for _, key in ipairs { "concordant", "discordant", "tied_x", "tied_y", "tied_xy" } do
        g:near(path .. "/counts/" .. key, row[key])
        g:near(path .. "/counts/" .. key, again[key])
      end
    end
    g:near("bilirubin/concordance", one:glance():column("concordance")[1])
    g:near("bilirubin/std_error", one:glance():column("concordance_std_error")[1])
  end)

  case("concordance-lung-strata-weights-ties", function(g)
    local cox = lb.survival.cox("Surv(time, dead) ~ age + strata(sex) + ph_ecog", g.data,
      { weights = "w", weight_type = "case" })
    g:near("weighted_stratified/concordance", cox:glance():column("concordance")[1])
    g:near("weighted_stratified/std_error", cox:glance():column("concordance_std_error")[1])
    local tied = lb.survival.cox("Surv(time, dead) ~ ph_karno", g.data)
    g:near("tied_predictor/concordance", tied:glance():column("concordance")[1])
    g:near("tied_predictor/std_error", tied:glance():column("concordance_std_error")[1])
  end)
end)

describe("curves", function()
  case("na-veteran", function(g)
    local km = lb.survival.km("Surv(time, dead) ~ 1", g.data)
    for path, kind in pairs { nelson_aalen = "nelson-aalen",
      fleming_harrington = "fleming-harrington" } do
      local got = km:cumulative_hazard { type = kind }
      local want, low, high, survival = g.expect[path], {}, {}, {}
      g:near(path .. "/time", list(got, "time"))
      g:near(path .. "/cumulative_hazard", list(got, "estimate"))
      g:near(path .. "/std_error", list(got, "std_error"))
      if want.n_risk then g:near(path .. "/n_risk", list(got, "n_risk")) end
      for i = 1, #got do
        survival[i] = math.exp(-got:column("estimate")[i])
        low[i] = math.exp(-got:column("conf_high")[i])
        high[i] = math.exp(-got:column("conf_low")[i])
      end
      g:near(path .. "/survival", survival)
      g:near(path .. "/conf_low", low)
      g:near(path .. "/conf_high", high)
    end
  end)

  case("follow-up-colon-reverse-km", function(g)
    g:quantiles("overall", lb.survival.km("Surv(time, dead == 0) ~ 1", g.data))
    local by_arm = lb.survival.km("Surv(time, dead == 0) ~ rx", g.data)
    for stratum in pairs(g.expect.by_arm) do
      g:quantiles("by_arm/" .. stratum, by_arm, stratum)
    end
    local all = g.data:frame():summarise { "m = median(time)" }
    g:near("median_observed_all", all:column("m")[1])
    local alive = g.data:frame():filter("dead == 0"):summarise { "m = median(time)" }
    g:near("median_observed_survivors", alive:column("m")[1])
  end)

  case("km-fixed-time-comparison", function(g)
    local km = lb.survival.km("Surv(time, dead) ~ sex", g.data)
    local got = km:compare { times = { 180, 365 } }
    for day, first in pairs { day_180 = 1, day_365 = 4 } do
      local rows = got:rows_list()
      local difference, ratio, loglog = rows[first], rows[first + 1], rows[first + 2]
      local prefix = day .. "/difference/"
      g:near(prefix .. "chi_square", difference.statistic)
      for _, key in ipairs { "estimate", "std_error", "conf_low", "conf_high", "p_value" } do
        g:near(prefix .. key, difference[key])
      end
      for _, key in ipairs { "estimate", "conf_low", "conf_high", "p_value" } do
        g:near(day .. "/ratio/" .. key, ratio[key])
      end
      g:near(day .. "/cloglog_test/chi_square", loglog.statistic)
      g:near(day .. "/cloglog_test/p_value", loglog.p_value)
    end
  end)

  case("logrank-veteran-pairwise", function(g)
    local test = lb.survival.logrank("Surv(time, dead) ~ celltype", g.data)
    for adjust, key in pairs { holm = "p_holm", bh = "p_bh", bonferroni = "p_bonferroni" } do
      local got = test:pairwise { adjust = adjust }
      for _, name in ipairs { "group1", "group2", "p_value" } do g:near(name, list(got, name)) end
      g:near("chi_square", list(got, "statistic"))
      g:near(key, list(got, "p_adjusted"))
    end
  end)
end)
