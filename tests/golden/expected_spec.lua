--- Reference cases of expected, relative and net survival (R 4.2.2, survival 3.5-3).
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local lb = require "lobule"

local function column(frame, name)
  local list = {}
  for i = 1, #frame do list[i] = frame:column(name)[i] end
  return list
end

local METHODS <const> = { "ederer1", "ederer2", "hakulinen" }

describe("expected survival of jasa", function()
  for _, calendar in ipairs { "birthday", "date" } do
    local g = golden.open "expected-jasa"
    local data = g.data:mutate { "age = (date(accept) - date(birth)) / 365.25",
      "accepted = date(accept)" }
    local options = { population = lb.survival.population(lb.cohort "tests/data/population_us.csv",
      { year = "year", by = "sex", calendar = calendar }), year = "accepted", unit = "days" }
    local function with(more)
      for key, value in pairs(options) do more[key] = value end
      return more
    end
    local function group(fit, name)
      return fit:tidy():filter(("strata == 'surgery=%s'"):format(name))
    end

    it("curves, years by " .. calendar, function()
      for _, method in ipairs(METHODS) do
        local fit = lb.survival.expected("Surv(futime, dead) ~ surgery", data, with {
          method = method, potential = method == "hakulinen" and "potential" or nil })
        for _, name in ipairs { "no", "yes" } do
          g:near(("%s/%s/time"):format(calendar, name), column(group(fit, name), "time"))
          g:near(("%s/%s/%s"):format(calendar, name, method),
            column(group(fit, name), "estimate"))
        end
      end
    end)

    it("net survival, years by " .. calendar, function()
      local function variance(fit, name)
        return column(group(fit, name):mutate "v = (std_error / estimate)^2", "v")
      end
      local net = lb.survival.relative("Surv(futime, dead) ~ surgery", data, with {})
      local other = lb.survival.relative("Surv(futime, dead) ~ surgery", data,
        with { type = "exponential" })
      for _, name in ipairs { "no", "yes" } do
        local path = calendar .. "/" .. name
        g:near(path .. "/net", column(group(net, name), "estimate"))
        g:near(path .. "/net_exponential", column(group(other, name), "estimate"))
        g:near(path .. "/net_variance", variance(other, name))
      end
    end)

    it("each person and the test, years by " .. calendar, function()
      local fit = lb.survival.expected("Surv(futime, dead) ~ 1", data, with {})
      g:near(calendar .. "/individual_h", column(fit:augment(), "expected_hazard"))
      local row = fit:test():tidy():rows_list()[1]
      g:near(calendar .. "/test", { observed = row.observed, expected = row.expected,
        chi_square = row.statistic, p_value = row.p_value })
    end)
  end
end)
