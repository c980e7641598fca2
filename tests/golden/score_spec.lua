--- Reference cases of scored risks (R 4.2.2, riskRegression, and base R; see each JSON file).
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

local function risk_columns(times)
  local list = {}
  for t, time in ipairs(times) do list[t] = ("risk_%d"):format(time) end
  return list
end

describe("scored risks", function()
  case("auc-brier-pbc", function(g)
    local d = g.data:complete { "age", "bili", "edema", "albumin", "protime" }
    local small = lb.survival.cox("Surv(time, dead) ~ age + log(bili) + edema", d)
    local full = lb.survival.cox(
      "Surv(time, dead) ~ age + log(bili) + edema + log(albumin) + log(protime)", d)
    local times = g.expect.small.time
    local s = lb.survival.score("Surv(time, dead) ~ 1", d, {
      models = { small = small, full = full }, times = times, calibration = false })
    local tidy, shift = s:tidy(), { full = 0, small = #times }
    for model, from in pairs(shift) do
      for _, key in ipairs { "auc", "auc_std_error", "brier", "brier_std_error" } do
        local got = {}
        for t in ipairs(times) do got[t] = tidy:column(key)[from + t] end
        g:near(model .. "/" .. key, got)
      end
    end
    g:near("brier_null", column(s:null(), "brier"))
    local differences, got = s:differences(), {}
    for t in ipairs(times) do got[t] = -differences:column("estimate")[t] end
    g:near("delta_auc_full_minus_small", got)
  end)

  case("auc-brier-competing-mgus", function(g)
    local times = { 60, 120, 180 }
    local s = lb.survival.score("Surv(etime, event) ~ 1", g.data,
      { models = { m = risk_columns(times) }, times = times, cause = 1, calibration = false })
    for t, time in ipairs(times) do
      for _, key in ipairs { "time", "auc", "brier" } do
        g:near(("month_%d/%s"):format(time, key), s:tidy():column(key)[t])
      end
    end
  end)

  case("brier-integrated-pbc", function(g)
    local times = g.expect.time
    local s = lb.survival.score("Surv(time, dead) ~ 1", g.data,
      { models = { m = risk_columns(times) }, times = times, calibration = false })
    g:near("auc", column(s:tidy(), "auc"))
    g:near("brier", column(s:tidy(), "brier"))
    g:near("integrated_brier", s:integrated():column("estimate")[1])
  end)
end)
