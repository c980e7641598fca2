-- Survival tasks on surv_N.csv: what each times and prints is the contract of the peers' scripts.
package.path = (arg[0]:match "^.*/" or "./") .. "?.lua;" .. package.path
local bench = require "harness"
local core = require "lobule.core"
local lb = require "lobule"

local COLUMNS <const> = "x1 x2 x3 x4 x5 x6 x7 x8 x9 x10"
local X <const> = COLUMNS:gsub(" ", " + ")

local function cox_check(fit)
  local b = fit:tidy():column "estimate"
  -- Not from glance(), which adds the concordance: a task of its own.
  return { b[1], b[2], b[3], fit.fit.log_lik, fit.fit.iterations }
end

local function curves(n, data)
  local status <const> = bench.bytes(data, "time status arm")
  bench.time("km3", n, function()
    local km = lb.survival.km("Surv(time, status) ~ arm", data)
    local medians = km:median()
    local m = medians:column "estimate"
    return { m[1], m[2], m[3], km:glance():column("n_event")[1] }
  end, status)
  bench.time("logrank", n, function()
    return { lb.survival.logrank("Surv(time, status) ~ arm", data).statistic }
  end, status)
  bench.time("cuminc", n, function()
    local at = lb.survival.cuminc("Surv(time, cause) ~ arm", data):at { 365, cause = 1 }
    local f = at:column "estimate"
    return { f[1], f[2], f[3] }
  end, bench.bytes(data, "time cause arm"))
  bench.time("rmst", n, function()
    local means = lb.survival.rmst("Surv(time, status) ~ arm", data, { tau = 700 }):tidy()
    local m = means:column "estimate"
    return { m[1], m[3], m[5] }
  end, status)
end

local function cox(n, data)
  local bytes <const> = bench.bytes(data, "time status " .. COLUMNS)
  bench.time("cox_efron", n, function()
    return cox_check(lb.survival.cox("Surv(time, status) ~ " .. X, data))
  end, bytes)
  if bench.wanted "cox_efron_fit_only" then
    local model = lb.survival.cox("Surv(time, status) ~ " .. X, data).model
    bench.time("cox_efron_fit_only", n, function()
      local fit = core.cox(model, "efron", 30, 1e-9, false)
      return { fit.coef[1], fit.coef[2], fit.coef[3], fit.log_lik, fit.iterations }
    end)
  end
  if bench.wanted "concordance" and n >= 100000 then
    local fit = lb.survival.cox("Surv(time, status) ~ " .. X, data)
    bench.time("concordance", n, function()
      local c = fit:concordance()
      return { c:column("concordance")[1], c:column("std_error")[1] }
    end, bytes)
  end
  bench.time("cox_strata", n, function()
    return cox_check(lb.survival.cox("Surv(time, status) ~ " .. X .. " + strata(stratum)", data))
  end, bytes + bench.bytes(data, "stratum"))
  bench.time("cox_counting", n, function()
    return cox_check(lb.survival.cox("Surv(start, time, status) ~ " .. X, data))
  end, bytes + bench.bytes(data, "start"))
end

for _, n in ipairs(bench.sizes()) do
  local data = lb.read(bench.data .. "surv_" .. n .. ".csv")
  curves(n, data)
  cox(n, data)
  bench.time("finegray", n, function()
    local fit = lb.survival.finegray("Surv(time, cause) ~ " .. X, data, { cause = 1 })
    local b = fit:tidy():column "estimate"
    return { b[1], b[2], b[3] }
  end, bench.bytes(data, "time cause " .. COLUMNS))
end
