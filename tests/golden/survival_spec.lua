--- Survival reference cases (R 4.2.2, survival 3.5-3; see each JSON file). To add one: copy its
--- file to cases/, its data to
--- tests/data/, and say here which call gives it.
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local lb = require "lobule"

local function case(id, body)
  it(id, function()
    body(golden.open(id))
  end)
end

describe("Kaplan-Meier", function()
  case("km-lung-log", function(g)
    local km = lb.survival.km("Surv(time, dead) ~ 1", g.data, { conf_type = "log" })
    g:curve("curve", km)
    g:quantiles("quantiles", km)
    g:at("landmark", km)
    g:near("n", km:glance():column("n")[1])
    g:near("n_event", km:glance():column("n_event")[1])
  end)

  case("km-lung-sex-loglog", function(g)
    local km = lb.survival.km("Surv(time, dead) ~ sex", g.data)
    for _, stratum in ipairs { "sex=male", "sex=female" } do
      g:curve("curve/" .. stratum, km, stratum)
      g:quantiles("quantiles/" .. stratum, km, stratum)
      g:at("landmark/" .. stratum, km, stratum)
      g:at("at_risk/" .. stratum, km, stratum)
    end
  end)

  case("km-aml-arcsine-logit", function(g)
    for name, options in pairs { arcsine_95 = { conf_type = "arcsine" },
      logit_90 = { conf_type = "logit", conf_level = 0.9 } } do
      local km = lb.survival.km("Surv(time, event) ~ arm", g.data, options)
      for _, stratum in ipairs { "arm=Maintained", "arm=Nonmaintained" } do
        g:curve(name .. "/curve/" .. stratum, km, stratum)
        g:quantiles(name .. "/quantiles/" .. stratum, km, stratum)
      end
    end
  end)

  case("km-aml-peto-99", function(g)
    for name, options in pairs { peto_lower_95 = { conf_type = "log-peto" },
      loglog_99 = { conf_level = 0.99 } } do
      local km = lb.survival.km("Surv(time, event) ~ arm", g.data, options)
      for _, stratum in ipairs { "arm=Maintained", "arm=Nonmaintained" } do g:curve(name .. "/"
        .. stratum, km, stratum) end
    end
  end)

  case("km-mgus-left-truncated", function(g)
    local km = lb.survival.km("Surv(age, age_exit, death) ~ sex", g.data, { conf_type = "log" })
    for _, stratum in ipairs { "sex=F", "sex=M" } do
      -- The number at risk at a listed time t is that of entry < t <= time, as the case itself
      -- says. R's summary() gives
      -- the number at the curve's next time instead, and so counts people who enter only after t
      -- (73 for 63 at 60 years).
      local got = g:at("at/" .. stratum, km, stratum, "n_risk")
      local sex, frame = stratum:match "=(.)", g.data:frame()
      for i, t in ipairs(got.time) do
        local at_risk = #frame:filter(("sex == '%s' and age < %d and age_exit >= %d"):format(sex, t,
          t))
        assert.are.equal(at_risk, got.n_risk[i])
      end
      g:quantiles("quantiles/" .. stratum, km, stratum)
      g:first_rows("first_rows/" .. stratum, km, stratum)
    end
  end)
end)

describe("Kaplan-Meier, plain limits", function()
  case("km-veteran-celltype-plain", function(g)
    local km = lb.survival.km("Surv(time, dead) ~ celltype", g.data, { conf_type = "plain" })
    for _, cell in ipairs { "squamous", "smallcell", "adeno", "large" } do
      local stratum = "celltype=" .. cell
      g:curve("curve/" .. stratum, km, stratum)
      g:quantiles("quantiles/" .. stratum, km, stratum)
    end
  end)
end)

describe("log-rank", function()
  case("logrank-lung-sex", function(g)
    g:logrank("", lb.survival.logrank("Surv(time, dead) ~ sex", g.data))
  end)
  case("logrank-veteran-4-groups", function(g)
    g:logrank("", lb.survival.logrank("Surv(time, dead) ~ celltype", g.data))
  end)
  case("logrank-lung-stratified", function(g)
    local test = lb.survival.logrank("Surv(time, dead) ~ sex + strata(inst)", g.data)
    g:logrank("", test)
    g:near("n_missing", test:glance():column("n_missing")[1])
  end)
  case("logrank-lung-g-rho", function(g)
    for name, rho in pairs { rho_1 = 1, ["rho_0.5"] = 0.5 } do
      g:logrank(name, lb.survival.logrank("Surv(time, dead) ~ sex", g.data, { rho = rho }))
    end
  end)
end)

describe("Cox", function()
  case("cox-lung-efron", function(g)
    g:cox("", lb.survival.cox("Surv(time, dead) ~ age + sex + ph_ecog", g.data))
  end)
  case("cox-lung-breslow", function(g)
    g:cox("", lb.survival.cox("Surv(time, dead) ~ age + sex + ph_ecog + wt_loss", g.data,
      { ties = "breslow" }))
  end)
  case("cox-lung-offset", function(g)
    g:cox("", lb.survival.cox("Surv(time, dead) ~ sex + ph_ecog + offset(0.02 * age)", g.data))
  end)
  case("cox-lung-stratified", function(g)
    g:cox("", lb.survival.cox("Surv(time, dead) ~ age + ph_ecog + strata(sex)", g.data))
  end)
  case("cox-heart-counting-process", function(g)
    g:cox("efron", lb.survival.cox("Surv(start, stop, event) ~ age + year + surgery + transplant",
      g.data))
    g:cox("breslow_interaction",
      lb.survival.cox("Surv(start, stop, event) ~ (age + surgery) * transplant + year", g.data,
      { ties = "breslow" }))
  end)
  case("cox-veteran-interaction", function(g)
    g:cox("", lb.survival.cox("Surv(time, dead) ~ trt * celltype + log(diagtime)", g.data))
  end)
end)
