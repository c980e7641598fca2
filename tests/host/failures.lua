--- A small analysis in which every allocation fails in its turn, Lua's and cJSON's too: a clean
--- error each time, and at the
--- end nothing of ours is left over. Prints TAP. FAILURE_STRIDE=n tries every n-th only (for slow
--- builds).
local core = require "lobule.core"
local lb = require "lobule"

local CSV <const> = "id,arm,age,t,e\n1,A,60,3,1\n2,A,51,5,0\n3,B,71,2,1\n"
  .. "4,B,,7,1\n5,A,45,9,1\n6,B,66,4,0\n"
local out = os.tmpname()

--- Every verb that holds memory of its own while it runs.
local function verbs()
  local frame = core.parse_csv(CSV, "small.csv", { types = { arm = "factor" } })
  local visits = frame:append(frame):sort { "arm", "-age" }:first { by = "id", order = "t" }
  local joined = visits:join(frame, { by = "id" }):asof_join(frame, { by = "arm", on = "t",
    direction = "nearest", suffix = "_near" }):interval_join(frame, { on = "t", from = "e",
    to = "t", many = true, suffix = "_in" })
  local wide = frame:pivot_longer({ "t", "e" }):pivot_wider { names_from = "name",
    values_from = "value" }
  wide = wide:recode("arm", { { "A", "C" } }):fill("age"):sample(4)
  local grouped = frame:mutate({ "place = rank(age) + row_number()", "before = lag(arm)",
    "sum = cumsum(t - mean(t))" }, { by = "arm", order = "-t" })
  local plan = frame:explain "t > 2 and arm == 'A'"
  return grouped:csv() .. plan:to_json() .. #joined
    .. lb.diff(frame, wide, { id = "id" }):changes():csv() .. wide:csv()
end

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
  local pooled = lb.meta.pool_proportions(lb.frame { { "study", { "a", "b" } }, { "x", { 1, 2 } },
    { "n", { 4, 5 } } }, { events = "x", total = "n", label = "study" })
  ahead = ahead .. pooled:pooled():display()
  local decoded = core.json_decode(cox:to_json())
  lb.report { title = "Small" }:add(cohort:flow()):add(km):add(test):add(cox):save(out .. ".json")
  return ahead .. decoded.formula .. km:median({ arm = "A" }):display()
end

local stride = tonumber(os.getenv "FAILURE_STRIDE") or 1
local tried, wrong = 0, nil

--- Runs f with the first, the second, the third ... allocation failing, until none fails.
local function fail_each(f, expected)
  local k = 0
  while true do
    core.fail_after(k)
    local ok, result = pcall(f)
    core.fail_after(-1)
    if ok then
      if result ~= expected then wrong = wrong or "a result changed" end
      break
    end
    local clean = result == "not enough memory" or type(result) == "table"
      and result.code == "memory"
    if not clean then wrong = wrong or ("allocation %d: %s"):format(k, tostring(result)) end
    k, tried = k + stride, tried + 1
    collectgarbage() -- an emergency collection leaves the finalizers waiting
  end
end

local expected, expected_verbs = analysis(), verbs()
collectgarbage()
local objects = core.live_objects()
fail_each(analysis, expected)
fail_each(verbs, expected_verbs)
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
