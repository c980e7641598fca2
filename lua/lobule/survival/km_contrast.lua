--- Survival of two groups on the scales that compare it: what each measure is, its standard error
--- and limits; also within strata.
local core = require "lobule.core"

local M = {}

local function same(x)
  return x
end

--- What each scale compares: the name of the measure, the scale, its derivative, and back.
M.MEASURES = {
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

--- How strata are weighted.
M.WEIGHTS = { "size", "mantel_haenszel", "inverse_variance" }

--- A list of scales, each once.
---@param value string|string[]|nil
---@return string[]
function M.check_scales(value)
  local list = value == nil and { "plain", "log", "log-log" }
    or require("lobule.check").texts(value, "scales")
  if #list == 0 then
    core.raise("argument", "scales: the list is empty", 'Leave it out, or write scales = "plain".')
  end
  for _, scale in ipairs(list) do
    if not M.MEASURES[scale] then
      local known = {}
      for i, name in ipairs(SCALES) do known[i] = "'" .. name .. "'" end
      core.raise("argument", ("scales: there is no scale '%s'"):format(scale),
        "Scales are: " .. table.concat(known, ", ") .. ".")
    end
  end
  return list
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

local ROUNDING <const> = 4 * 2.0 ^ -52

--- Their difference; 0 when it is the rounding of two equal curves.
local function apart(a, b)
  local d = a - b
  return math.abs(d) <= ROUNDING * math.max(math.abs(a), math.abs(b)) and 0.0 or d
end

--- Difference on a scale and its variance, of points { estimate, std_error }.
local function difference(a, b, to, slope)
  local unknown = 0 / 0
  local s1, s0 = a.estimate or unknown, b.estimate or unknown
  local v1, v0 = a.std_error or unknown, b.std_error or unknown
  return apart(to(s1), to(s0)), (v1 * slope(s1)) ^ 2 + (v0 * slope(s0)) ^ 2
end

--- Comparisons of the strata pooled with the inverses of their variances on the scale.
local function pooled(a, b, to, slope)
  local sum, total = 0, 0
  for s = 1, #a do
    local estimate, variance = difference(a[s], b[s], to, slope)
    sum, total = sum + estimate / variance, total + 1 / variance
  end
  return sum / total, 1 / total
end

--- The average of a group's curve over strata.
local function average(points, weights, total)
  local estimate, variance = 0, 0
  for s, point in ipairs(points) do
    local w = weights[s] / total
    estimate = estimate + w * (point.estimate or 0 / 0)
    variance = variance + (w * (point.std_error or 0 / 0)) ^ 2
  end
  return { estimate = estimate, std_error = math.sqrt(variance) }
end

--- Both groups standardised to the strata: by the sizes of the strata, or n1 n0 / (n1 + n0).
local function standardised(a, b, weights)
  local list, total = {}, 0
  for s = 1, #a do
    list[s] = weights == "size" and a[s].size or a[s].n * b[s].n / (a[s].n + b[s].n)
    total = total + list[s]
  end
  return average(a, list, total), average(b, list, total)
end

--- The measures of group a against b at one time.
---@param a table                   { estimate, std_error }, or a list of strata of these with n (of
---                                 the group) and size (of the stratum)
---@param b table
---@param z number
---@param scales string[]
---@param weights? string           of strata
---@return table[]
function M.measures(a, b, z, scales, weights)
  local rows, inverse = {}, weights == "inverse_variance"
  if weights and not inverse then a, b = standardised(a, b, weights) end
  for k, scale in ipairs(scales) do
    local name, to, slope, back = table.unpack(M.MEASURES[scale])
    local estimate, variance = (inverse and pooled or difference)(a, b, to, slope)
    rows[k] = measure(name, estimate, math.sqrt(variance), z, back)
  end
  return rows
end

--- What tells apart the group of curve i, its name without the variable of the strata, and the
--- level of that; nil when it is none of the variables.
local function parted(groups, i, variable)
  local variables = groups.variables
  if not variables then -- one variable, or none
    local name = groups.name[i]
    local own = name:sub(1, #variable + 1) == variable .. "="
    return "", "", own and name:sub(#variable + 2) or nil
  end
  local group, words, stratum = {}, {}, nil
  for v, other in ipairs(variables) do
    local level = groups.levels[(i - 1) * #variables + v]
    if other == variable then
      stratum = level
    else
      group[#group + 1], words[#words + 1] = level, other .. "=" .. level
    end
  end
  return table.concat(group, "\0"), table.concat(words, ", "), stratum
end

--- The curves of a fit by group and stratum.
---@param classes table             info.groups of the fit
---@param variable string           of the strata
---@return string[] groups
---@return integer[][] curve        curve[g][s]: number of a curve
function M.strata(classes, variable)
  local groups, strata, at, stratum_at, curve = {}, {}, {}, {}, {}
  for i = 1, #classes.name do
    local group, words, stratum = parted(classes, i, variable)
    if not stratum then
      core.raise("name", ("strata: '%s' is none of the variables that make the groups"):format(
        variable), "Let it make groups too:  ~ arm + " .. variable)
    end
    if not at[group] then groups[#groups + 1], at[group] = words, #groups + 1 end
    if not stratum_at[stratum] then
      strata[#strata + 1], stratum_at[stratum] = variable .. "=" .. stratum, #strata + 1
    end
    local g = at[group]
    curve[g] = curve[g] or {}
    curve[g][stratum_at[stratum]] = i
  end
  for g, group in ipairs(groups) do
    for s, stratum in ipairs(strata) do
      if not curve[g][s] then
        core.raise("data", ("%s has no rows in %s: its curve there is not known"):format(
          group == "" and "the group" or group, stratum), "Join strata that are small.")
      end
    end
  end
  return groups, curve
end

return M
