--- Reference cases of survival curves beyond Kaplan-Meier: Nelson-Aalen with late entry, Turnbull.
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

describe("Nelson-Aalen", function()
  case("na-heart-time-dependent", function(g)
    local formula = "Surv(start, stop, event) ~ transplant"
    local km = lb.survival.km(formula, g.data, { type = "nelson-aalen" })
    local hazard = lb.survival.km(formula, g.data):cumulative_hazard():rows_list()
    for _, arm in ipairs { "0", "1" } do
      local times, sum, error = g.expect[arm].time, {}, {}
      for i, time in ipairs(times) do
        for _, row in ipairs(hazard) do
          if row.strata == "transplant=" .. arm and row.time <= time then
            sum[i], error[i] = row.estimate, row.std_error
          end
        end
      end
      g:near(arm .. "/cumulative_hazard", sum)
      g:near(arm .. "/std_error", error)
      local point = {}
      for i, row in ipairs(km:tidy():rows_list()) do
        for k, time in ipairs(times) do
          if row.strata == "transplant=" .. arm and row.time <= time then
            point[k] = row.estimate
          end
        end
        assert.is_true(i > 0)
      end
      g:near(arm .. "/survival", point)
    end
  end)
end)

describe("Turnbull", function()
  case("turnbull-hiv", function(g)
    local fit = lb.survival.turnbull("Surv_interval(left, right) ~ 1", g.data, { replicates = 0 })
    local tidy = fit:tidy()
    g:near("interval_left", column(tidy, "left"))
    g:near("interval_right", column(tidy, "right"))
    g:near("mass", column(tidy, "mass"))
    local glance = fit:glance():rows_list()[1]
    g:near("n", glance.n)
    g:near("log_lik", glance.log_lik)
    assert.is_true(glance.kkt <= 1e-9 and glance.converged and glance.unique)
  end)
end)
