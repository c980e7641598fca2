--- A small analysis in which every allocation fails in its turn, Lua's and cJSON's too: a clean
--- error each time, and at the
--- end nothing of ours is left over. Prints TAP. FAILURE_STRIDE=n tries every n-th only (for slow
--- builds).
local core = require "lobule.core"
local lb = require "lobule"

local CSV <const> = "id,arm,age,t,e\n1,A,60,3,1\n2,A,51,5,0\n3,B,71,2,1\n"
  .. "4,B,,7,1\n5,A,45,9,1\n6,B,66,4,0\n"
local out = os.tmpname()

local function analysis()
  local frame = core.parse_csv(CSV, "small.csv", { types = { arm = "factor" } })
  local cohort = lb.cohort(frame, { id = "id" }):by_arm "arm"
    :filter("age > $low or is_na(age)", "old enough", { with = { low = 40 } })
    :mutate { "old = age >= 60", "name = arm .. '-' .. text(id)" }
  local km = lb.survival.km("Surv(t, e) ~ arm", cohort)
  local test = lb.survival.logrank("Surv(t, e) ~ arm", cohort)
  local cox = lb.survival.cox("Surv(t, e) ~ arm + age", cohort)
  local spline = lb.survival.cox("Surv(t, e) ~ poly(age, 1) + cluster(id)", cohort,
    { weights = "id", weight_type = "frequency" })
  local ahead = spline:predict { type = "survival", newdata = { age = { 50, lb.NA } },
    times = { 3 } }
  ahead = #ahead + #spline:residuals { type = "dfbeta" } + #spline:baseline()
    + #lb.crosstab(cohort, "arm", "old"):tidy()
  local decoded = core.json_decode(cox:to_json())
  lb.report { title = "Small" }:add(cohort:flow()):add(km):add(test):add(cox):save(out .. ".json")
  return ahead .. decoded.formula .. km:median({ arm = "A" }):display()
end

local expected = analysis()
collectgarbage()
local objects = core.live_objects()
local stride, k, tried, wrong = tonumber(os.getenv "FAILURE_STRIDE") or 1, 0, 0, nil
while true do
  core.fail_after(k)
  local ok, result = pcall(analysis)
  core.fail_after(-1)
  if ok then
    if result ~= expected then wrong = wrong or "a result changed" end
    break
  end
  local clean = result == "not enough memory" or type(result) == "table" and result.code == "memory"
  if not clean then wrong = wrong or ("allocation %d: %s"):format(k, tostring(result)) end
  k, tried = k + stride, tried + 1
  collectgarbage() -- an emergency collection leaves the finalizers waiting
end
collectgarbage()
collectgarbage()
print((wrong and "not ok" or "ok") .. " 1 - a clean error for each of " .. tried
  .. " failed allocations")
if wrong then print("# " .. wrong) end
local left = core.live_objects() - objects
print((left == 0 and "ok" or "not ok") .. " 2 - no object left over")
if left ~= 0 then print("# " .. left .. " objects") end
os.remove(out)
os.remove(out .. ".json")
os.exit(not wrong and left == 0, true)
