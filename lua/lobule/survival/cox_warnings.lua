--- What does not hold in a Cox fit, in words: estimates that do not exist, too few events.
local core = require "lobule.core"
local format = require "lobule.format"
local result = require "lobule.result"

local M = {}

--- A term far from its limit may hold although another tends to infinity.
function M.settled(fit)
  if fit.converged then return true end
  for _, infinite in ipairs(fit.infinite) do
    if infinite then return true end
  end
  return fit.converged
end

local MOST_NAMED <const> = 6

--- "0.5 * age + 2 * arm[B]", the combination of earlier terms that a column is (up to a constant).
local function combination_text(fit, i, terms)
  local parts, row = {}, fit.combination[i]
  for j, factor in ipairs(row) do
    if factor ~= 0 and #parts <= MOST_NAMED then
      local size = math.floor(math.abs(factor) * 1e9 + 0.5) / 1e9 -- solved for: the rest is noise
      local times = size == 1 and "" or format.number(size, 4) .. " * "
      local sign = factor < 0 and (#parts == 0 and "-" or "- ") or (#parts == 0 and "" or "+ ")
      parts[#parts + 1] = sign .. times .. terms[j].term
    end
  end
  if #parts == 0 and fit.rounded[i] then
    return "the same number (within strata) but for its last bits, which are rounding; take a "
      .. "constant off before the numbers become that large"
  elseif #parts == 0 then
    return "constant (within strata)"
  end
  if #parts > MOST_NAMED then return "a combination of the terms before it" end
  return ("a combination of the terms before it (%s, up to a constant)"):format(
    table.concat(parts, " "))
end

--- The likelihood says nothing of a term whose interval runs from 0 to infinity even for one
--- standard deviation of its column: where another term tends to infinity, it may have taken all
--- the information. The column's unit has no say in it.
function M.undetermined(fit, i)
  local std_error = rawget(fit, "naive_std_error") or fit.std_error
  local b, half = fit.coef[i] * fit.scale[i], 2 * std_error[i] * fit.scale[i]
  return math.exp(b - half) == 0 or math.exp(b + half) == math.huge
end

local WIDEST <const> = 1e100

--- Refuses a column whose squares leave the range of numbers.
function M.check_scale(fit, info)
  for i, term in ipairs(info.terms) do
    local scale = fit.scale[i]
    if scale > WIDEST or scale < 1 / WIDEST then
      core.raise("data", ("'%s' has a standard deviation of %s: its variance is no number that can "
        .. "be worked with"):format(term.term, format.number(scale)),
        ("Write it in another unit:  I(%s / 1e%d)."):format(term.variable or term.term,
          math.floor(math.log(scale, 10))))
    end
  end
end

--- Why a term has no estimate, in words.
---@param fit table
---@param i integer
---@param terms table[]
---@return string
function M.term_warning(fit, i, terms)
  local term = terms[i]
  if fit.collinear[i] then
    return ("'%s' is %s: no estimate"):format(term.term, combination_text(fit, i, terms))
  end
  local counts = term.level and (": %s events among %d patients"):format(
    format.count(term.n_event), term.n) or ""
  local limit = fit.coef[i] < 0 and "it tends to 0" or "it tends to infinity"
  return ("no finite hazard ratio for '%s' (%s)%s; shown as NA; the other terms hold"):format(
    term.term, limit, counts)
end

local FEW <const> = 10

--- What is said of a variance made of clusters.
---@param n_cluster integer
---@return string?
function M.few_clusters(n_cluster)
  if n_cluster < 2 then
    return "one cluster alone: a robust variance is made of the differences between clusters; "
      .. "standard errors, intervals and p values are NA"
  elseif n_cluster < FEW then
    return ("%d clusters: with fewer than about %d the robust standard errors are too small")
      :format(n_cluster, FEW)
  end
end

--- What clusters are too few for: warnings of a robust fit.
local function robust_warnings(fit, info, list)
  if not rawget(fit, "robust") then return end
  local n_term = fit.robust_score.df
  list[#list + 1] = info.n_cluster and M.few_clusters(fit.n_cluster)
    or (fit.n_cluster < 2 and "one row alone: it has no robust variance" or nil)
  if fit.n_cluster >= 2 and n_term > 0 and fit.n_cluster <= n_term then
    local what = info.n_cluster and "clusters" or "rows"
    list[#list + 1] = ("%d %s for %d terms: the robust Wald and score tests need more %s than "
      .. "terms; they are NA"):format(fit.n_cluster, what, n_term, what)
  end
  for i, term in ipairs(info.terms) do
    local none = fit.std_error[i] ~= fit.std_error[i] and fit.coef[i] == fit.coef[i]
    if fit.n_cluster >= 2 and none and not fit.infinite[i] then
      list[#list + 1] = ("'%s': only one cluster bears on it; its robust standard error is NA")
        :format(term.term)
    end
  end
end

--- What a reader must know of a fit.
---@param fit table
---@param info table
---@return string[]
function M.warnings(fit, info)
  local list = result.warnings(info)
  if not M.settled(fit) then
    list[#list + 1] = ("the fit did not converge in %d iterations: no estimates are given")
      :format(fit.iterations)
  end
  for i, term in ipairs(info.terms) do
    if fit.collinear[i] or fit.infinite[i] then
      list[#list + 1] = M.term_warning(fit, i, info.terms)
    elseif M.undetermined(fit, i) then
      list[#list + 1] = ("the data say nothing of '%s': its interval is 0 to infinity; shown as NA")
        :format(term.term)
    end
  end
  robust_warnings(fit, info, list)
  if #info.terms > 0 and fit.n_event < 10 * #info.terms then
    list[#list + 1] = ("%s events for %d parameter%s: fewer than 10 events per parameter"):format(
      format.count(fit.n_event), #info.terms, #info.terms == 1 and "" or "s")
  end
  return list
end

return M
