-- Tasks of models and resampling: what each times and prints is the contract of the peers' scripts.
package.path = (arg[0]:match "^.*/" or "./") .. "?.lua;" .. package.path
local bench = require "harness"
local lb = require "lobule"

local X <const> = "x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10"

--- surv_500.csv, which tasks of a fixed size read; nil when it was not made.
local function surv_500()
  local path = bench.data .. "surv_500.csv"
  local file = io.open(path)
  if not file then return nil end
  file:close()
  return lb.read(path)
end

local small = surv_500()
if small then
  local two = small:filter "arm == 0 or arm == 2"
  bench.time("perm_logrank_10000", #two, function()
    return { lb.survival.logrank("Surv(time, status) ~ arm", two,
      { permutations = 10000, seed = 1 }).p_value }
  end)
  bench.time("boot_cox_1000", 500, function()
    local boot = lb.survival.cox("Surv(time, status) ~ " .. X, small):bootstrap {
      replicates = 1000 }
    return { boot:tidy():column("std_error")[1] }
  end)
end
