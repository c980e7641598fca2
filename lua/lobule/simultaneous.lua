--- Several correlated normal statistics judged together: adjusted p-values, and the critical value
--- that their intervals share.
local adjust = require "lobule.adjust"
local core = require "lobule.core"

local M = {}

--- "single-step": the largest of the statistics (Bretz & Westfall in Hothorn, Bretz & Westfall
--- 2008, Biom J 50:346, equation 3); "step-down": the same among those not yet judged (section 4.2
--- there); "scheffe": all contrasts that these span (Scheffe 1953, Biometrika 40:87); the others as
--- in lobule.adjust.
M.METHODS = { "single-step", "step-down", "scheffe", "holm", "hochberg", "bonferroni", "bh",
  "none" }

local NAMES <const> = { ["single-step"] = "single-step (multivariate normal)",
  ["step-down"] = "step-down (multivariate normal), intervals single-step",
  scheffe = "Scheffe", holm = "Holm, intervals Bonferroni",
  hochberg = "Hochberg, intervals Bonferroni", bonferroni = "Bonferroni" }

--- A note about the adjustment of several, for below a table.
---@param method string
---@param n integer
---@return string?                  # nil of one comparison: there is nothing to adjust for
function M.note(method, n)
  if n == 1 then return nil end
  if method == "none" then return "Not adjusted for their number." end
  if method == "bh" then
    return ("p values hold the false discovery rate of %d comparisons (Benjamini & Hochberg); "
      .. "intervals are not adjusted."):format(n)
  end
  return ("p values and intervals adjusted for %d comparisons: %s."):format(n, NAMES[method])
end

--- Says what the method of R's users is called here.
---@param options? table            adjust
---@raise adjust = "tukey"
function M.check(options)
  local wanted = type(options) == "table" and options.adjust
  if type(wanted) ~= "string" or not wanted:lower():find "^tukey" then return end
  core.raise("argument", ("adjust: unknown choice '%s'"):format(wanted),
    'adjust = "single-step" is Tukey\'s method generalised to any contrasts and group sizes.')
end

--- Where a falling tail comes down to 1 - level.
local function solve(tail, low, level)
  local high = 10.0
  while tail(high) > 1 - level do low, high = high, 2 * high end
  while high - low > 1e-7 do
    local middle = (low + high) / 2
    if tail(middle) > 1 - level then low = middle else high = middle end
  end
  return (low + high) / 2
end

--- How far a statistic lies in the direction that is looked for.
local function size(z, alternative)
  if alternative == "two_sided" then return math.abs(z) end
  return alternative == "less" and -z or z
end

--- Covariance of some of the statistics.
local function part(covariance, m, which)
  local out = {}
  for _, i in ipairs(which) do
    for _, j in ipairs(which) do out[#out + 1] = covariance[(i - 1) * m + j] end
  end
  return out
end

local function step_down(z, family)
  local m, order, p, most = #z, {}, {}, 0
  for i = 1, m do order[i] = i end
  table.sort(order, function(a, b)
    local x, y = size(z[a], family.alternative), size(z[b], family.alternative)
    if x ~= y then return x > y end
    return a < b
  end)
  for k = 1, m do
    local rest = table.move(order, k, m, 1, {})
    most = math.max(most, core.largest_normal(part(family.covariance, m, rest),
      size(z[order[k]], family.alternative), family.alternative ~= "two_sided"))
    p[order[k]] = most
  end
  return p
end

--- Adjusted p-values. NaN where a statistic is not known, and in all that are judged with it.
---@param z number[]
---@param raw number[]              p-values one by one
---@param family table              covariance (of the estimates, row after row), method,
---                                 alternative, df (their rank, for "scheffe")
---@return number[]
function M.p(z, raw, family)
  local method, one_sided, p = family.method, family.alternative ~= "two_sided", {}
  for i = 1, #z do
    if z[i] ~= z[i] and (method == "single-step" or method == "step-down") then
      for j = 1, #z do p[j] = 0 / 0 end
      return p
    end
  end
  if method == "step-down" then return step_down(z, family) end
  if method == "single-step" then
    for i, one in ipairs(z) do
      p[i] = #z == 1 and raw[i] or core.largest_normal(family.covariance,
        size(one, family.alternative), one_sided)
    end
    return p
  elseif method == "scheffe" then
    for i, one in ipairs(z) do p[i] = core.chi_square_p(one * one, family.df) end
    return p
  end
  return adjust.p(raw, method)
end

--- How many standard errors an interval reaches; of a one-sided alternative to its one limit.
---@param family table              covariance, method, alternative, df, n
---@param level number
---@return number
function M.critical(family, level)
  local method, one_sided = family.method, family.alternative ~= "two_sided"
  local z = core.normal_quantile(one_sided and level or 0.5 + level / 2)
  if family.n == 1 and method ~= "scheffe" or method == "none" or method == "bh" then return z end
  if method == "scheffe" then
    return solve(function(c) return core.chi_square_p(c * c, family.df) end, 0, level)
  elseif method == "single-step" or method == "step-down" then
    for _, v in ipairs(family.covariance) do
      if v ~= v then return 0 / 0 end
    end
    return solve(function(c) return core.largest_normal(family.covariance, c, one_sided) end,
      one_sided and math.min(z, 0) or z, level)
  end
  return core.normal_quantile(1 - (1 - level) / ((one_sided and 1 or 2) * family.n))
end

return M
