--- What does not hold in a Cox fit, in words: estimates that do not exist, too few events.
local format = require "lobule.format"
local result = require "lobule.result"

local M = {}

--- A term far from its limit may hold although another tends to infinity.
function M.settled(fit)
  local any = fit.converged
  for _, infinite in ipairs(fit.infinite) do any = any or infinite end
  return any
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
  if #parts == 0 then return "constant (within strata)" end
  if #parts > MOST_NAMED then return "a combination of the terms before it" end
  return ("a combination of the terms before it (%s, up to a constant)"):format(
    table.concat(parts, " "))
end

--- The likelihood says nothing of a term whose interval runs from 0 to infinity: where another term
--- tends to infinity, it may have taken all the information.
function M.undetermined(fit, i)
  local half = 2 * fit.std_error[i]
  return math.exp(fit.coef[i] - half) == 0 or math.exp(fit.coef[i] + half) == math.huge
end

--- Why a term has no estimate, in words.
local function term_warning(fit, i, terms)
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
      list[#list + 1] = term_warning(fit, i, info.terms)
    elseif M.undetermined(fit, i) then
      list[#list + 1] = ("the data say nothing of '%s': its interval is 0 to infinity; shown as NA")
        :format(term.term)
    end
  end
  if #info.terms > 0 and fit.n_event < 10 * #info.terms then
    list[#list + 1] = ("%s events for %d parameter%s: fewer than 10 events per parameter"):format(
      format.count(fit.n_event), #info.terms, #info.terms == 1 and "" or "s")
  end
  return list
end

return M
