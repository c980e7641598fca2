--- How often the intervals of a difference of medians cover it, and how often their tests reject
--- equal medians, on simulated data: build/lobule scripts/dev/quantile_coverage.lua [repetitions]
local lb = require "lobule"

local REPETITIONS <const> = tonumber(arg and arg[1]) or 1000
local SHAPES <const> = { exponential = 1, ["late falls"] = 2, ["early falls"] = 0.7 }

--- A group of Weibull times with a median, censored evenly from 0 to `last`.
local function add(columns, n, group, median, shape, last)
  for _ = 1, n do
    local time = median * (-math.log(1 - math.random()) / math.log(2)) ^ (1 / shape)
    local censored = math.random() * last
    local i = #columns.time + 1
    columns.time[i], columns.dead[i] = math.min(time, censored), time <= censored and 1 or 0
    columns.arm[i] = group
  end
end

local function run(n, medians, shape, method)
  local covered, rejected, open, width = 0, 0, 0, 0
  math.randomseed(1, n)
  for _ = 1, REPETITIONS do
    local columns = { time = {}, dead = {}, arm = {} }
    add(columns, n, "a", medians[1], shape, 50)
    add(columns, n, "b", medians[2], shape, 50)
    local data = lb.frame { { "time", columns.time }, { "dead", columns.dead },
      { "arm", columns.arm } }
    local fit = lb.survival.km("Surv(time, dead) ~ arm", data)
    local row = fit:compare { quantile = 0.5, method = method }:rows_list()[1]
    local low, high = row.conf_low or -math.huge, row.conf_high or math.huge
    local truth = medians[2] - medians[1]
    if low <= truth and truth <= high then covered = covered + 1 end
    if row.p_value and row.p_value < 0.05 then rejected = rejected + 1 end
    if row.conf_low and row.conf_high then width = width + high - low else open = open + 1 end
  end
  return covered / REPETITIONS, rejected / REPETITIONS, open / REPETITIONS,
    width / (REPETITIONS - open)
end

print "n       shape           method  covers rejects    open   width"
for _, n in ipairs { 30, 100, 300 } do
  for name, shape in pairs(SHAPES) do
    for _, method in ipairs { "recovery", "dispersion" } do
      local covers, _, open, width = run(n, { 10, 15 }, shape, method)
      local _, rejects = run(n, { 10, 10 }, shape, method)
      print(("%-4d %11s %10s   %6.3f  %6.3f  %6.3f  %6.2f"):format(n, name, method, covers,
        rejects, open, width))
    end
  end
end
