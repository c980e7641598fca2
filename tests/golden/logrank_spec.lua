--- Reference cases of the log-rank family (R 4.2.2, survival 3.5-3 and base R; see each JSON file).
package.path = "tests/golden/?.lua;" .. package.path
local golden = require "golden"
local lb = require "lobule"

local function case(id, body)
  it(id, function()
    body(golden.open(id))
  end)
end

local TESTS <const> = { log_rank = {}, gehan_breslow = { test = "gehan" },
  tarone_ware = { test = "tarone_ware" }, peto_peto = { test = "peto" },
  modified_peto_peto = { test = "modified_peto" },
  fleming_harrington_0_1 = { rho = 0, gamma = 1 }, fleming_harrington_1_0 = { rho = 1, gamma = 0 },
  fleming_harrington_1_1 = { rho = 1, gamma = 1 },
  ["fleming_harrington_0.5_2"] = { rho = 0.5, gamma = 2 } }

-- All that a case says of a test; weighted counts under either name.
local function compare(g, path, test)
  local names <const> = { chi_square = test.statistic, df = test.df, p_value = test.p_value,
    variance = test.test.variance }
  local tidy <const>, difference = test:tidy(), {}
  local observed <const>, expected <const> = tidy:column("observed"):totable(),
    tidy:column("expected"):totable()
  for i = 1, #test.test.group do difference[i] = observed[i] - expected[i] end
  names.observed, names.weighted_observed = observed, observed
  names.expected, names.weighted_expected = expected, expected
  names.statistic = difference
  local want = g.expect
  for part in path:gmatch "[^/]+" do want = want[part] end
  for key in pairs(want) do
    if names[key] then
      local got = names[key]
      if type(got) == "table" then got = table.move(got, 1, #test.test.group, 1, {}) end
      g:near(path .. "/" .. key, got)
    end
  end
end

describe("log-rank family", function()
  local function family(id, formula)
    case(id, function(g)
      for name in pairs(g.expect) do
        compare(g, name, lb.survival.logrank(formula, g.data, TESTS[name]))
      end
    end)
  end
  family("logrank-weighted-family", "Surv(time, infection) ~ placement")
  family("logrank-weighted-veteran-4-groups", "Surv(time, dead) ~ celltype")
  family("logrank-veteran-stratified-4-groups", "Surv(time, dead) ~ celltype + strata(trt)")

  case("logrank-colon-trend", function(g)
    local formula = "Surv(time, dead) ~ rx"
    compare(g, "overall", lb.survival.logrank(formula, g.data))
    for name, trend in pairs { trend_123 = true, trend_014 = { 0, 1, 4 } } do
      local test = lb.survival.logrank(formula, g.data, { trend = trend })
      local got = { statistic = test.test.trend.statistic, variance = test.test.trend.variance,
        z = test.z, chi_square = test.statistic, df = test.df, p_value = test.p_value }
      for key, value in pairs(got) do g:near(name .. "/" .. key, value) end
    end
  end)

  case("logrank-weighted-rotterdam", function(g)
    local data = lb.cohort("tests/data/causal_rotterdam.csv"):relevel("arm", { "none", "hormone",
      "chemo" }):mutate { "one = 1.0 + 0 * age" }
    local test = lb.survival.logrank("Surv(rfs_months, rfs) ~ arm", data, { weights = "one",
      weight_type = "sampling" })
    compare(g, "unit_weights", test)
  end)
end)
