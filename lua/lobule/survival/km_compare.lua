--- What else is read off Kaplan-Meier curves: groups compared at fixed times, cumulative hazards.
--- Methods of the class "km".
local check = require "lobule.check"
local contrast = require "lobule.survival.km_contrast"
local core = require "lobule.core"
local result = require "lobule.result"

local KM = {}

local COLUMNS <const> = { { "strata", "text" }, { "reference", "text" }, { "time", "real" },
  { "measure", "text" }, { "estimate", "real" }, { "std_error", "real" }, { "conf_low", "real" },
  { "conf_high", "real" }, { "statistic", "real" }, { "df", "integer" }, { "p_value", "real" },
  { "standardised", "text" } }

--- The curve of a group at times, NA beyond its follow-up.
local function at_rows(km, g, times)
  return require("lobule.survival.km").at_times(km, g, times):rows_list()
end

local function to_frame(rows, unit, stratified)
  local columns = {}
  for j, column in ipairs(COLUMNS) do
    if column[1] == "standardised" and not stratified then break end
    local list = { n = #rows }
    for i, row in ipairs(rows) do
      local value = row[column[1]]
      list[i] = (value == nil or value ~= value) and core.NA or value
    end
    columns[j] = { column[1], list, column[2], unit = column[1] == "time" and unit or nil }
  end
  return result.frame(columns)
end

--- The curves that are compared: their names, and for each a function of a time's place that gives
--- the point, of strata a list of points.
local function curves(km, times, strata)
  local names, list = km.info.groups.name, {}
  if not strata then
    for g = 1, #names do
      local rows = at_rows(km, g, times)
      list[g] = function(i) return rows[i] end
    end
    return names, list
  end
  local groups, curve = contrast.strata(km.info.groups, strata)
  local size, n, rows = {}, {}, {}
  for i = 1, #names do
    rows[i], n[i] = at_rows(km, i, times), select(3, km.fit:count(i))
  end
  for g in ipairs(groups) do
    for s, i in ipairs(curve[g]) do size[s] = (size[s] or 0) + n[i] end
  end
  for g in ipairs(groups) do
    list[g] = function(k)
      local points = {}
      for s, i in ipairs(curve[g]) do
        local row = rows[i][k]
        points[s] = { estimate = row.estimate, std_error = row.std_error, n = n[i],
          size = size[s] }
      end
      return points
    end
  end
  return groups, list
end

local STANDARD <const> = { size = "%s, size", mantel_haenszel = "%s, Mantel-Haenszel",
  inverse_variance = "%s, 1/variance" }

--- Raises when there is nothing to compare, or what is asked for does not go together.
local function check_compared(km, opts)
  if (opts.times == nil) == (opts.quantile == nil) then
    core.raise("argument", opts.times and "times and quantile do not go together"
      or "there are no times", "Write km:compare { times = { 12, 24 } }, or quantile = 0.5.")
  end
  if opts.times and opts.method then
    core.raise("argument", "method is of quantiles", "Leave it out.")
  end
  if #km.info.groups.name < 2 then
    core.raise("argument", "one curve alone: there is nothing to compare",
      "The groups stand right of '~'.")
  end
  if km.info.n_cluster then
    core.raise("argument", "the comparison assumes independent groups, and clusters may have rows "
      .. "in several of them", "survival.cox with the groups as its only term compares them whole.")
  end
end

local QUANTILE_SCALES <const> = { ["log-peto"] = "log" }

local function compare_quantiles(km, opts)
  if opts.strata or opts.scales then
    core.raise("argument", ("quantile and %s do not go together"):format(
      opts.strata and "strata" or "scales"), "Leave one out.")
  end
  opts.method = opts.method or "recovery"
  opts.scale = QUANTILE_SCALES[km.options.conf_type] or km.options.conf_type
  local frame = require("lobule.survival.km_quantile").compare(km,
    result.check_prob(opts.quantile, "quantile"), opts)
  return frame
end

--- Survival of each group against the first at fixed times: the difference (scale "plain"), the
--- ratio ("log": standard error and test on that scale) and the log ratio of cumulative hazards
--- ("log-log"), whose test holds its level best (Klein et al. 2007, Stat Med 26:4505); also their
--- odds ratio ("logit") and difference of angles ("arcsine"). Independent groups, standard errors
--- of the curves; clusters, which may have rows in several groups, are refused. Beyond the
--- follow-up of a group NA. The times must be chosen before looking at the curves.
---
--- Strata (one of the variables that make the groups): the curves of a group are averaged over the
--- strata with weights that add up to 1, the sizes of the strata in all rows (direct
--- standardisation: Nieto & Coresh 1996, Am J Epidemiol 143:1059) or n1 n0 / (n1 + n0) (Mantel and
--- Haenszel's: Greenland & Robins 1985, Biometrics 41:55), and then compared; or the comparisons of
--- the strata are pooled by their inverse variances. The weights are taken as known.
---
--- Quantiles (the median: quantile = 0.5): difference and ratio of the times at which the curves
--- have fallen by that much. Method "recovery": the limits are recovered from those of each
--- quantile, the ratio's on the log scale (Zou & Donner 2008, Stat Med 27:1693), and p is where the
--- interval touches no difference; it covers 95 to 98 of 100 from 30 rows a group on. Method
--- "dispersion" holds all pairs of times (a, b) at which the squared distances of both curves from
--- 1 - quantile, in their standard errors, add up to at most the quantile of chi-square with 1 df
--- (the minimum dispersion statistic of Su & Wei 1993, Biometrics 49:603), and its p is of the
--- least sum at one time: it covers more, 96 to 99 of 100. Distances are on the scale of the fit's
--- conf_type. A limit that is not reached is NA; so are limits and p, with a warning, where a group
--- has fewer than 5 events at or before its quantile or fewer than 5 people at risk after it:
--- curves are not normal there (the rule of 5 expected: Cochran 1954, Biometrics 10:417).
---@param options table             times: ascending; conf_level (that of the fit); scales: a list
---                                 (default "plain", "log", "log-log"); pairs: "first" (default,
---                                 each group against the first), "all"; strata: a variable of the
---                                 groups; stratum_weights: "size" (default), "mantel_haenszel",
---                                 "inverse_variance"; quantile: a fraction or a list, instead of
---                                 times; method: of quantiles "recovery" (default), "dispersion"
---@return lobule.Frame             # strata, reference, time, measure, estimate, std_error,
---                                 conf_low, conf_high, statistic (chi-square), df, p_value; with
---                                 strata also standardised (strata, weights); of quantiles prob in
---                                 the place of time, and no std_error
---@raise fewer than two groups; clusters; strata without rows of a group
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data())
---    :compare { times = { 6, 12 } }
function KM:compare(options)
  local opts <const> = check.options(options, { { "times", "times" },
    { "conf_level", "level", self.options.conf_level }, { "scales", "any" },
    { "pairs", { "first", "all" }, "first" }, { "strata", "string" },
    { "stratum_weights", contrast.WEIGHTS, "size" }, { "quantile", "any" },
    { "method", { "recovery", "dispersion" } } })
  check_compared(self, opts)
  if opts.quantile ~= nil then return (compare_quantiles(self, opts)) end
  local names, list = curves(self, opts.times, opts.strata)
  if #names < 2 then
    core.raise("argument", "one group alone: there is nothing to compare",
      "The groups stand right of '~', beside the strata.")
  end
  local z, rows = core.normal_quantile(0.5 + opts.conf_level / 2), {}
  local scales, weights = contrast.check_scales(opts.scales), opts.strata and opts.stratum_weights
  for r = 1, opts.pairs == "all" and #names - 1 or 1 do
    for g = r + 1, #names do
      for i, time in ipairs(opts.times) do
        for _, row in ipairs(contrast.measures(list[g](i), list[r](i), z, scales, weights)) do
          row.strata, row.reference, row.time = names[g], names[r], time
          row.standardised = weights and STANDARD[weights]:format(opts.strata)
          rows[#rows + 1] = row
        end
      end
    end
  end
  return (to_frame(rows, self.info.time_unit, opts.strata ~= nil))
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
