--- Reference cases of restricted means (R 4.2.2, survival 3.5-3; see each JSON file).
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local lb = require "lobule"

local function case(id, body)
  it(id, function()
    body(golden.open(id))
  end)
end

local function rows(frame, fields)
  for _, row in ipairs(frame:rows_list()) do
    local all = true
    for key, value in pairs(fields) do all = all and row[key] == value end
    if all then return row end
  end
  error "no such row"
end

local function interval(g, path, row, std_error)
  for _, key in ipairs { "estimate", "conf_low", "conf_high", "p_value" } do
    g:near(path .. "/" .. key, row[key])
  end
  g:near(path .. "/" .. std_error, row.std_error)
end

--- Arms named as in the case; tau of the fit; "tau_180/" or "".
local function compare(g, prefix, fit, tau, arms)
  local means = fit:tidy()
  for arm, name in pairs(arms) do
    local mean = rows(means, { strata = name, tau = tau, measure = "restricted mean" })
    local path = prefix .. arm .. "/"
    g:near(path .. "rmst", mean.estimate)
    for _, key in ipairs { "std_error", "conf_low", "conf_high" } do g:near(path .. key,
      mean[key]) end
    g:near(path .. "rmtl",
      rows(means, { strata = name, tau = tau, measure = "time lost" }).estimate)
  end
  local contrasts = fit:compare()
  interval(g, prefix .. "difference_arm1_minus_arm0",
    rows(contrasts, { tau = tau, measure = "difference" }), "std_error")
  interval(g, prefix .. "ratio_arm1_over_arm0", rows(contrasts, { tau = tau, measure = "ratio" }),
    "log_std_error")
  interval(g, prefix .. "rmtl_ratio_arm1_over_arm0",
    rows(contrasts, { tau = tau, measure = "ratio of time lost" }), "log_std_error")
end

describe("restricted mean survival time", function()
  case("rmst-lung-three-horizons", function(g)
    local taus = { 180, 365, 730 }
    local fit = lb.survival.rmst("Surv(time, dead) ~ sex", g.data, { tau = taus,
      reference = "male" })
    for _, tau in ipairs(taus) do
      compare(g, ("tau_%d/"):format(tau), fit, tau, { arm0 = "sex=male", arm1 = "sex=female" })
    end
  end)

  case("rmst-ovarian", function(g)
    local fit = lb.survival.rmst("Surv(futime, dead) ~ rx", g.data, { tau = 1000 })
    compare(g, "", fit, 1000, { arm0 = fit.info.groups.name[1], arm1 = fit.info.groups.name[2] })
  end)

  case("rmst-veteran-groups", function(g)
    local fit = lb.survival.rmst("Surv(time, dead) ~ celltype", g.data, { tau = 300 })
    local mean, se = {}, {}
    for i, row in ipairs(fit:tidy():filter("measure == 'restricted mean'"):rows_list()) do
      mean[i], se[i] = row.estimate, row.std_error
    end
    g:near("rmst", mean)
    g:near("std_error", se)
  end)
end)
