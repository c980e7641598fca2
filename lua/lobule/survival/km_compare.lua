--- What else is read off Kaplan-Meier curves: groups compared at fixed times, cumulative hazards.
--- Methods of the class "km".
local check = require "lobule.check"
local core = require "lobule.core"
local result = require "lobule.result"

local KM = {}

local COLUMNS <const> = { { "strata", "text" }, { "reference", "text" }, { "time", "real" },
  { "measure", "text" }, { "estimate", "real" }, { "std_error", "real" }, { "conf_low", "real" },
  { "conf_high", "real" }, { "statistic", "real" }, { "df", "integer" }, { "p_value", "real" } }

--- The curve of a group at times, NA beyond its follow-up.
local function at_rows(km, g, times)
  return require("lobule.survival.km").at_times(km, g, times):rows_list()
end

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

--- What each scale compares: the name of the measure, the scale, its derivative, and back.
local MEASURES <const> = {
  plain = { "difference", same, function() return 1 end, same },
  log = { "ratio", math.log, function(s) return 1 / s end, math.exp },
  ["log-log"] = { "log cumulative hazard ratio", function(s) return math.log(-math.log(s)) end,
    function(s) return 1 / (s * math.log(s)) end, same },
  logit = { "odds ratio", function(s) return math.log(s / (1 - s)) end,
    function(s) return 1 / (s * (1 - s)) end, math.exp },
  arcsine = { "arcsine difference", function(s) return math.asin(math.sqrt(s)) end,
    function(s) return 0.5 / math.sqrt(s * (1 - s)) end, same },
}
local SCALES <const> = { "plain", "log", "log-log", "logit", "arcsine" }

local function measures(a, b, z, scales)
  local rows, unknown = {}, 0 / 0
  local s1, s0 = a.estimate or unknown, b.estimate or unknown
  local v1, v0 = a.std_error or unknown, b.std_error or unknown
  for k, scale in ipairs(scales) do
    local name, to, slope, back = table.unpack(MEASURES[scale])
    local se = math.sqrt((v1 * slope(s1)) ^ 2 + (v0 * slope(s0)) ^ 2)
    rows[k] = measure(name, to(s1) - to(s0), se, z, back)
  end
  return rows
end

--- A list of scales, each once.
local function check_scales(value)
  local list = value == nil and { "plain", "log", "log-log" } or check.texts(value, "scales")
  for _, scale in ipairs(list) do
    if not MEASURES[scale] then
      local known = {}
      for i, name in ipairs(SCALES) do known[i] = "'" .. name .. "'" end
      core.raise("argument", ("scales: there is no scale '%s'"):format(scale),
        "Scales are: " .. table.concat(known, ", ") .. ".")
    end
  end
  return list
end

--- Survival of each group against the first at fixed times: the difference (scale "plain"), the
--- ratio ("log": standard error and test on that scale) and the log ratio of cumulative hazards
--- ("log-log"), whose test holds its level best (Klein et al. 2007, Stat Med 26:4505); also their
--- odds ratio ("logit") and difference of angles ("arcsine"). Independent groups, standard errors
--- of the curves; clusters, which may have rows in several groups, are refused. Beyond the
--- follow-up of a group NA. The times must be chosen before looking at the curves.
---@param options table             times: ascending; conf_level (that of the fit); scales: a list
---                                 (default "plain", "log", "log-log"); pairs: "first" (default,
---                                 each group against the first), "all"
---@return lobule.Frame             # strata, reference, time, measure, estimate, std_error,
---                                 conf_low, conf_high, statistic (chi-square), df, p_value
---@raise fewer than two groups; clusters
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data())
---    :compare { times = { 6, 12 } }
function KM:compare(options)
  local opts <const> = check.options(options, { { "times", "times" },
    { "conf_level", "level", self.options.conf_level }, { "scales", "any" },
    { "pairs", { "first", "all" }, "first" } })
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
  local z, scales = core.normal_quantile(0.5 + opts.conf_level / 2), check_scales(opts.scales)
  for r = 1, opts.pairs == "all" and #names - 1 or 1 do
    local first = at_rows(self, r, opts.times)
    for g = r + 1, #names do
      for i, point in ipairs(at_rows(self, g, opts.times)) do
        for _, row in ipairs(measures(point, first[i], z, scales)) do
          row.strata, row.reference, row.time = names[g], names[r], opts.times[i]
          rows[#rows + 1] = row
        end
      end
    end
  end
  return (to_frame(rows, self.info.time_unit))
end

--- The steps of hazard and variance at one time.
local function steps(n, d, tied)
  if not tied then return d / n, d / n ^ 2 end
  local whole = math.tointeger(d)
  if not whole then
    core.raise("data", "the numbers of events are not whole: their order has no meaning",
      'Use type = "nelson-aalen" with weights.')
  end
  local hazard, variance = 0, 0
  for k = 0, whole - 1 do
    hazard, variance = hazard + 1 / (n - k), variance + 1 / (n - k) ^ 2
  end
  return hazard, variance
end

--- Limits of H on a scale.
local function hazard_limits(hazard, se, z, scale)
  if scale == "log" then
    local factor = math.exp(z * se / hazard)
    return hazard / factor, hazard * factor
  end
  return math.max(0, hazard - z * se), hazard + z * se
end

--- H and its standard error at the rows of a curve: minus the logarithm of one that is exp(-H),
--- else added up.
local function hazards(curve, own, tied)
  local list, hazard, variance = {}, 0, 0
  for i, row in ipairs(curve:rows_list()) do
    if own then
      hazard, variance = -math.log(row.survival), (row.std_error or 0 / 0) ^ 2 / row.survival ^ 2
    elseif row.n_event > 0 then
      local step, square = steps(row.n_risk, row.n_event, tied)
      hazard, variance = hazard + step, variance + square
    end
    list[i] = { time = row.time, n_risk = row.n_risk, n_event = row.n_event, hazard = hazard,
      se = math.sqrt(variance) }
  end
  return list
end

--- Cumulative hazards at the event times: Nelson-Aalen d/n with variance d/n^2 (Aalen 1978), or
--- Fleming & Harrington's (1984) correction for ties, in which d events at once count as one after
--- another. With clusters or sampling weights std_error and limits are NA unless the fit is of type
--- "nelson-aalen", whose variance is robust.
---@param options? table            type: "nelson-aalen" (default, or that of the fit), "fh2" (also
---                                 "fleming-harrington"); conf_level (that of the fit); conf_type:
---                                 "plain" (default: estimate -/+ z std_error, from 0), "log"
---                                 (estimate times or over exp(z std_error / estimate))
---@return lobule.Frame             # strata, time, n_risk, n_event, estimate, std_error, conf_low,
---                                 conf_high
---@raise Fleming & Harrington's with event counts that are not whole
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data())
---    :cumulative_hazard { conf_type = "log" }
function KM:cumulative_hazard(options)
  local opts <const> = check.options(options, { { "type", { "nelson-aalen",
    "fleming-harrington", "fh2" } }, { "conf_level", "level", self.options.conf_level },
    { "conf_type", { "plain", "log" }, "plain" } })
  local z = core.normal_quantile(0.5 + opts.conf_level / 2)
  local fitted = self.options.type
  local kind = opts.type == "fleming-harrington" and "fh2" or opts.type
    or (fitted ~= "kaplan-meier" and fitted) or "nelson-aalen"
  local without = self.options.robust and kind ~= fitted
  if without then
    io.stderr:write("warning: this fit has no robust variance of cumulative hazards: std_error ",
      'and limits are NA (fit it with type = "nelson-aalen")\n')
  end
  local rows = {}
  for g, name in ipairs(self.info.groups.name) do
    for _, row in ipairs(hazards(self.fit:curve(g), kind == fitted, kind == "fh2")) do
      if row.n_event > 0 then
        local low, high = hazard_limits(row.hazard, row.se, z, opts.conf_type)
        rows[#rows + 1] = { strata = name == "" and "all" or name, time = row.time,
          n_risk = row.n_risk, n_event = row.n_event, estimate = row.hazard,
          std_error = without and core.NA or row.se, conf_low = without and core.NA or low,
          conf_high = without and core.NA or high }
      end
    end
  end
  local columns = {}
  for j, column in ipairs { "strata", "time", "n_risk", "n_event", "estimate", "std_error",
    "conf_low", "conf_high" } do
    local list = { n = #rows }
    for i, row in ipairs(rows) do list[i] = row[column] end
    columns[j] = { column, list, j == 1 and "text" or "real",
      unit = column == "time" and self.info.time_unit or nil }
  end
  return (result.frame(columns))
end

return result.methods("km", KM)
