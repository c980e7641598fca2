--- Restricted means of two groups compared: difference and ratio, also within strata.
local core = require "lobule.core"

local M = {}

--- How strata are weighted when groups are compared.
M.WEIGHTS = { "size", "mantel_haenszel", "inverse_variance" }

local function covariance(cell, g, h)
  if cell.vcov then return cell.vcov[g][h] end
  return g == h and cell.variance[g] or 0
end

--- A measure of a fit to horizon k: the restricted mean (0), the time lost to any cause (-1) or to
--- cause m.
---@param fit table                 of the core
---@param m integer
---@param k integer
---@param width number              tau - from
---@return table                    # estimate, variance, vcov
function M.cell(fit, m, k, width)
  if m >= 0 then return fit.measures[m + 1][k] end
  local cell, lost = fit.measures[1][k], {}
  for g, mean in ipairs(cell.estimate) do lost[g] = width - mean end
  return { estimate = lost, variance = cell.variance, vcov = cell.vcov }
end

--- log(a / b) or a - b, and the slopes in a and b. Nothing lost in the reference: no ratio.
local function on_scale(a, b, ratio)
  if not ratio then return a - b, 1, 1 end
  return b ~= 0 and math.log(a / b) or 0 / 0, 1 / a, 1 / b
end

local function unstratified(cell, g, r, ratio)
  local estimate, da, db = on_scale(cell.estimate[g], cell.estimate[r], ratio)
  local v, w = covariance(cell, g, g), covariance(cell, r, r)
  local variance = da ^ 2 * v + db ^ 2 * w - 2 * da * db * covariance(cell, g, r)
  return estimate, v == v and w == w and math.max(0, variance) or 0 / 0
end

--- Weights of strata that add up to 1.
local function normal(weights)
  local total = 0
  for _, w in ipairs(weights) do total = total + w end
  for s, w in ipairs(weights) do weights[s] = w / total end
  return weights
end

--- n1 n0 / (n1 + n0) of each stratum.
local function mantel_haenszel(crossed, n_groups, g, r)
  local weights = {}
  for s = 1, #crossed.groups // n_groups do
    local a = crossed.groups[(s - 1) * n_groups + g].weight
    local b = crossed.groups[(s - 1) * n_groups + r].weight
    weights[s] = a * b / (a + b)
  end
  return normal(weights)
end

--- The variance of sum over strata of up[s] a_s - down[s] b_s.
local function variance_of(cell, n_groups, g, r, up, down)
  local sum = 0
  for s = 1, #up do
    local a, b = (s - 1) * n_groups + g, (s - 1) * n_groups + r
    for t = 1, #up do
      if s == t or cell.vcov then
        local c, d = (t - 1) * n_groups + g, (t - 1) * n_groups + r
        sum = sum + up[s] * up[t] * covariance(cell, a, c)
          + down[s] * down[t] * covariance(cell, b, d)
          - up[s] * down[t] * covariance(cell, a, d) - down[s] * up[t] * covariance(cell, b, c)
      end
    end
  end
  return sum
end

--- Means of both groups standardised to the weights, then compared.
local function standardised(cell, n_groups, g, r, ratio, weights)
  local a, b, up, down = 0, 0, {}, {}
  for s, w in ipairs(weights) do
    a = a + w * cell.estimate[(s - 1) * n_groups + g]
    b = b + w * cell.estimate[(s - 1) * n_groups + r]
  end
  local estimate, da, db = on_scale(a, b, ratio)
  for s, w in ipairs(weights) do up[s], down[s] = da * w, db * w end
  return estimate, variance_of(cell, n_groups, g, r, up, down)
end

--- Comparisons of the strata pooled with the inverses of their variances.
local function pooled(cell, n_groups, g, r, ratio)
  local weights, list, up, down = {}, {}, {}, {}
  for s = 1, #cell.estimate // n_groups do
    local variance
    list[s], variance = unstratified(cell, (s - 1) * n_groups + g, (s - 1) * n_groups + r, ratio)
    weights[s] = 1 / variance
  end
  local estimate = 0
  for s, w in ipairs(normal(weights)) do
    local _, da, db = on_scale(cell.estimate[(s - 1) * n_groups + g],
      cell.estimate[(s - 1) * n_groups + r], ratio)
    estimate, up[s], down[s] = estimate + w * list[s], w * da, w * db
  end
  return estimate, variance_of(cell, n_groups, g, r, up, down)
end

--- Group g against r on the scale of the difference or of the log ratio.
---@param fit table                 of the core; crossed: the fit of strata x groups
---@param place table               m, k, width (as M.cell), weights (of strata)
---@param g integer
---@param r integer
---@param ratio boolean
---@return number estimate
---@return number variance
function M.compare(fit, place, g, r, ratio)
  local crossed, n = fit.crossed, #fit.groups
  if not crossed or place.weights == "size" then
    return unstratified(M.cell(fit, place.m, place.k, place.width), g, r, ratio)
  end
  local cell = M.cell(crossed, place.m, place.k, place.width)
  if place.weights == "inverse_variance" then return pooled(cell, n, g, r, ratio) end
  return standardised(cell, n, g, r, ratio, mantel_haenszel(crossed, n, g, r))
end

local WORDS <const> = { size = "their sizes: means and comparisons are standardised to all rows",
  mantel_haenszel = "n1 n0 / (n1 + n0) in comparisons; means are standardised to all rows",
  inverse_variance = "inverse variances in comparisons, which assumes the same effect in each; "
    .. "means are standardised to all rows" }

--- What strata do, for the notes under a table; nil without.
---@param self lobule.Rmst
---@return string?
function M.text(self)
  if not self.fit.crossed then return nil end
  return ("Stratified (%d strata), weighted by %s. The weights are taken as known."):format(
    #self.info.strata.label, WORDS[self.options.stratum_weights])
end

local LARGEST <const> = 1e150 -- variances hold squares, which overflow beyond

--- Raises when tau is too large for a variance, a group has no rows in a stratum, or tau is beyond
--- its last time there.
---@param fit table
---@param info table
function M.check(fit, info)
  local crossed, n = fit.crossed, #fit.groups
  if fit.tau[#fit.tau] > LARGEST then
    core.raise("data", ("tau: numbers beyond %g have no squares, of which variances are made")
      :format(LARGEST), "Measure time in a larger unit.")
  end
  local labels = info.groups.label
  for i, one in ipairs(crossed and crossed.groups or {}) do
    local g, s = (i - 1) % n + 1, info.strata.label[(i - 1) // n + 1]
    local who = n > 1 and ("group '%s' in stratum '%s'"):format(labels[g], s)
      or ("stratum '%s'"):format(s)
    if one.n == 0 then
      core.raise("data", ("%s has no rows: its mean there is not known"):format(who),
        "Join strata that are small.")
    end
    local tau = fit.tau[#fit.tau]
    if tau > one.last and not one.ended then
      core.raise("data", ("tau = %s is beyond the last time of %s, %s, when people are "
        .. "event-free: the data do not say what follows"):format(core.format_number(tau), who,
        core.format_number(one.last)),
        ("Choose tau up to %s, or join strata."):format(core.format_number(one.last)))
    end
  end
end

return M
