--- Reference cases of multistate models (R 4.2.2, survival 3.5-3; see each JSON file).
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local lb = require "lobule"

local ROWS <const> = { id = "id", censored = "censored", initial = "entry",
  states = { "entry", "pcm", "death" } }

local function column(frame, name)
  local list = {}
  for i = 1, #frame do list[i] = frame:column(name)[i] end
  return list
end

it("multistate-mgus", function()
  local g = golden.open "multistate-mgus"
  local fit = lb.survival.multistate("Surv(tstart, tstop, state) ~ 1", g.data, ROWS)
  local times = { 60, 120, 240, 360 }
  g:near("states", fit.states)
  local probability, std_error = { {}, {}, {}, {} }, { {}, {}, {}, {} }
  for k, state in ipairs(fit.states) do
    local at = fit:at { state = state, table.unpack(times) }
    for i in ipairs(times) do
      probability[i][k], std_error[i][k] = at:column("estimate")[i], at:column("std_error")[i]
    end
  end
  g:near("probability", probability)
  g:near("std_error", std_error)
  g:near("mean_time_in_state_240", column(fit:mean_time { to = 240 }, "estimate"))
  local counts = lb.survival.transitions("Surv(tstart, tstop, state) ~ 1", g.data, ROWS).counts
  local shown = {}
  for i = 1, 3 do shown[i] = { counts[i][2], counts[i][3], counts[i][4] } end
  g:near("transitions", shown)
end)

it("multistate-cox-mgus", function()
  local g = golden.open "multistate-cox-mgus"
  local fit = lb.survival.multistate_cox("Surv(tstart, tstop, state) ~ age + sex", g.data, ROWS)
  g:near("coef", column(fit:tidy(), "estimate"))
  g:near("robust_std_error", column(fit:tidy(), "std_error"))
  local glance = fit:glance()
  g:near("log_lik", { glance:column("log_lik_null")[1], glance:column("log_lik")[1] })
  local options = { robust = false }
  for name, value in pairs(ROWS) do options[name] = value end
  local naive = lb.survival.multistate_cox("Surv(tstart, tstop, state) ~ age + sex", g.data,
    options)
  g:near("naive_std_error", column(naive:tidy(), "std_error"))
end)
