-- Tasks of models and resampling: what each times and prints is the contract of the peers' scripts.
package.path = (arg[0]:match "^.*/" or "./") .. "?.lua;" .. package.path
local bench = require "harness"
local lb = require "lobule"

local X <const> = "x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10"

if bench.wanted "boot_cox_1000" then
  local data = lb.read(bench.data .. "surv_500.csv")
  bench.time("boot_cox_1000", 500, function()
    local boot = lb.survival.cox("Surv(time, status) ~ " .. X, data):bootstrap {
      replicates = 1000 }
    return { boot:tidy():column("std_error")[1] }
  end)
end
