--- What else is read off Kaplan-Meier curves: groups compared at fixed times, cumulative hazards.
--- Methods of the class "km".
local check = require "lobule.check"
local core = require "lobule.core"
local result = require "lobule.result"

local KM = {}

local COLUMNS <const> = { { "strata", "text" }, { "reference", "text" }, { "time", "real" },
  { "measure", "text" }, { "estimate", "real" }, { "std_error", "real" }, { "conf_low", "real" },
  { "conf_high", "real" }, { "statistic", "real" }, { "df", "integer" }, { "p_value", "real" } }

local function to_frame(rows, unit)
  local columns = {}
  for j, column in ipairs(COLUMNS) do
    local list = { n = #rows }
    for i, row in ipairs(rows) do
      local value = row[column[1]]
      list[i] = (value == nil or value ~= value) and core.NA or value
    end
    columns[j] = { column[1], list, column[2], unit = column[1] == "time" and unit or nil }
  end
  return result.frame(columns)
end

--- A row of one measure on its scale: estimate, standard error, limits, chi-square.
local function measure(name, estimate, se, z, back)
  local known = se > 0 and se < math.huge
  local statistic = known and (estimate / se) ^ 2 or nil
  return { measure = name, estimate = back(estimate), std_error = known and se or nil,
    conf_low = known and back(estimate - z * se) or nil,
    conf_high = known and back(estimate + z * se) or nil, statistic = statistic, df = 1,
    p_value = statistic and core.chi_square_p(statistic, 1) or nil }
end

local function same(x)
  return x
end

local function measures(a, b, z)
  local s1, s0, v1, v0 = a.survival, b.survival, a.std_error or 0 / 0, b.std_error or 0 / 0
  local rows = { measure("difference", s1 - s0, math.sqrt(v1 ^ 2 + v0 ^ 2), z, same),
    measure("ratio", math.log(s1 / s0), math.sqrt((v1 / s1) ^ 2 + (v0 / s0) ^ 2), z, math.exp) }
  local function cloglog(s)
    return math.log(-math.log(s))
  end
  local se = math.sqrt((v1 / (s1 * math.log(s1))) ^ 2 + (v0 / (s0 * math.log(s0))) ^ 2)
  rows[3] = measure("log cumulative hazard ratio", cloglog(s1) - cloglog(s0), se, z, same)
  return rows
end

--- Survival of each group against the first at fixed times: the difference, the ratio (its standard
--- error on the log scale) and the log ratio of cumulative hazards, whose test holds its level best
--- (Klein et al. 2007, Stat Med 26:4505). Independent groups, standard errors of the curves;
--- clusters, which may have rows in several groups, are refused. The times must be chosen before
--- looking at the curves.
---@param options table             times: ascending; conf_level (that of the fit)
---@return lobule.Frame             # strata, reference, time, measure, estimate, std_error,
---                                 conf_low, conf_high, statistic (chi-square), df, p_value
---@raise fewer than two groups; clusters
function KM:compare(options)
  local opts <const> = check.options(options, { { "times", "times" },
    { "conf_level", "level", self.options.conf_level } })
  if not opts.times then
    core.raise("argument", "there are no times", "Write km:compare { times = { 12, 24 } }.")
  end
  local names, rows = self.info.groups.name, {}
  if #names < 2 then
    core.raise("argument", "one curve alone: there is nothing to compare",
      "The groups stand right of '~'.")
  end
  if self.info.n_cluster then
    core.raise("argument", "the comparison assumes independent groups, and clusters may have rows "
      .. "in several of them", "survival.cox with the groups as its only term compares them whole.")
  end
  local z = core.normal_quantile(0.5 + opts.conf_level / 2)
  local first = self.fit:at(1, opts.times):rows_list()
  for g = 2, #names do
    for i, point in ipairs(self.fit:at(g, opts.times):rows_list()) do
      for _, row in ipairs(measures(point, first[i], z)) do
        row.strata, row.reference, row.time = names[g], names[1], opts.times[i]
        rows[#rows + 1] = row
      end
    end
  end
  return (to_frame(rows, self.info.time_unit))
end

--- The steps of hazard and variance at one time.
local function steps(n, d, fleming)
  if not fleming then return d / n, d / n ^ 2 end
  local hazard, variance = 0, 0
  for k = 0, math.tointeger(d) - 1 do
    hazard, variance = hazard + 1 / (n - k), variance + 1 / (n - k) ^ 2
  end
  return hazard, variance
end

--- Cumulative hazards at the event times: Nelson-Aalen d/n with variance d/n^2 (Aalen 1978), or
--- Fleming & Harrington's (1984) correction for ties, in which d events at once count as one after
--- another. exp(-H) is a survival curve; its limits are exp of minus those of H. With clusters or
--- sampling weights, whose variance these formulas are not, std_error and limits are NA.
---@param options? table            type: "nelson-aalen" (default), "fleming-harrington";
---                                 conf_level (that of the fit)
---@return lobule.Frame             # strata, time, n_risk, n_event, estimate, std_error, conf_low,
---                                 conf_high (estimate -/+ z std_error, from 0)
---@raise Fleming & Harrington's with event counts that are not whole
function KM:cumulative_hazard(options)
  local opts <const> = check.options(options, { { "type", { "nelson-aalen",
    "fleming-harrington" }, "nelson-aalen" }, { "conf_level", "level",
    self.options.conf_level } })
  local z = core.normal_quantile(0.5 + opts.conf_level / 2)
  local fleming, lists, k = opts.type == "fleming-harrington", {}, 0
  for j = 1, 8 do lists[j] = {} end
  if self.options.robust then
    io.stderr:write("warning: cumulative hazards have no robust variance yet: std_error and ",
      "limits are NA\n")
  end
  for g, name in ipairs(self.info.groups.name) do
    local curve, hazard, variance = self.fit:curve(g), 0, 0
    local time, risk, event = curve:column "time", curve:column "n_risk", curve:column "n_event"
    for i = 1, #curve do
      local n, d = risk[i], event[i]
      if d > 0 then
        if fleming and not math.tointeger(d) then
          core.raise("data", "the numbers of events are not whole: their order has no meaning",
            'Use type = "nelson-aalen" with weights.')
        end
        local step, square = steps(n, d, fleming)
        hazard, variance, k = hazard + step, variance + square, k + 1
        local half, robust = z * math.sqrt(variance), self.options.robust
        for j, value in ipairs { name == "" and "all" or name, time[i], n, d, hazard,
          math.sqrt(variance), math.max(0, hazard - half), hazard + half } do
          lists[j][k] = robust and j > 5 and core.NA or value
        end
      end
    end
  end
  for j = 1, 8 do lists[j].n = k end
  local frame = result.frame { { "strata", lists[1], "text" },
    { "time", lists[2], "real", unit = self.info.time_unit }, { "n_risk", lists[3], "real" },
    { "n_event", lists[4], "real" }, { "estimate", lists[5], "real" },
    { "std_error", lists[6], "real" }, { "conf_low", lists[7], "real" },
    { "conf_high", lists[8], "real" } }
  return frame
end

return result.methods("km", KM)
