--- Reference cases of exact ties, proportional hazards, time-dependent covariates (R 4.2.2:
--- survival 3.5-3; see each JSON file).
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local lb = require "lobule"

local function case(id, body)
  it(id, function() body(golden.open(id)) end)
end

local function column(frame, name)
  return frame:column(name):totable()
end

describe("Cox, exact and in time", function()
  case("cox-veteran-exact", function(g)
    g:cox("", lb.survival.cox("Surv(time, dead) ~ trt + karno + celltype", g.data,
      { ties = "exact" }))
  end)

  case("cox-veteran-zph", function(g)
    local fit = lb.survival.cox("Surv(time, dead) ~ trt + celltype + karno + age", g.data)
    local function compare(path, tidy)
      for key, name in pairs { chi_square = "statistic", df = "df", p_value = "p_value" } do
        g:near(path .. "/" .. key, column(tidy, name))
      end
    end
    for _, transform in ipairs { "km", "rank", "identity", "log" } do
      compare(transform, fit:ph_test({ transform = transform }):tidy())
    end
    compare("km_per_coefficient", fit:ph_test():tidy { by = "term" })
  end)

  case("cox-pbcseq-time-dependent", function(g)
    local formula = "Surv(tstart, tstop, dead) ~ age + log(bili) + log(albumin) + log(protime)"
    g:cox("efron", lb.survival.cox(formula, g.data))
    g:cox("breslow_cluster", lb.survival.cox(formula .. " + cluster(id)", g.data,
      { ties = "breslow" }))
  end)
end)
