--- What a Cox model with penalised terms refuses, and what a reader must know of one.
local core = require "lobule.core"
local format = require "lobule.format"
local result = require "lobule.result"
local warned = require "lobule.survival.cox_warnings"

local M = {}

--- What a search for theta came to nothing by, in words.
local function theta_warning(penalty, found)
  if found.converged and not (found.at_limit and penalty.method == "aic") then return nil end
  if penalty.method == "aic" then
    if penalty.kind == "frailty" and found.theta == 0 then return nil end
    if penalty.kind == "pspline" and found.df < 1.01 then
      return ("%s: Akaike's criterion prefers the straight line"):format(penalty.text)
    end
    return ("%s: Akaike's criterion is least at the end of the range searched"):format(
      penalty.text)
  elseif penalty.method == "df" then
    return ("%s: no penalty gives %s degrees of freedom; the nearest has %s"):format(penalty.text,
      format.number(penalty.df), format.number(found.df, 3))
  end
  return ("%s: the variance of the random effect was not found: its likelihood rises without end")
    :format(penalty.text)
end

--- What a reader must know of a fit.
---@param fit table
---@param info table
---@return string[]
function M.warnings(fit, info)
  local list = result.warnings(info)
  if not warned.settled(fit) then
    list[#list + 1] = ("the fit did not converge in %d iterations"):format(fit.iterations)
  end
  for k, penalty in ipairs(info.penalties) do
    local found = fit.penalised[k]
    list[#list + 1] = theta_warning(penalty, found)
    if penalty.kind == "frailty" and found.theta == 0 then
      list[#list + 1] = "the variance of the random effect is estimated as 0: the fit is that "
        .. "without frailty"
    end
  end
  for i = 1, #info.terms do
    if fit.collinear[i] or fit.infinite[i] then
      list[#list + 1] = warned.term_warning(fit, i, info.terms)
    end
  end
  return list
end

--- What a plain Cox model has and this one does not is refused.
---@param opts table
---@param info table
function M.check_options(opts, info)
  if opts.robust or info.n_cluster or opts.weight_type == "sampling" then
    core.raise("argument", "penalised terms have no robust variance here: the penalty's own "
      .. "information is not made of independent rows",
      opts.weight_type == "sampling" and 'weight_type = "case" has the model-based variance.'
        or "Leave robust and cluster() out; frailty(id) models the clusters.")
  end
  if opts.ties ~= "efron" and opts.ties ~= "breslow" then
    core.raise("argument", ("ties '%s' do not go with penalised terms"):format(opts.ties),
      'They take ties "efron" or "breslow".')
  elseif opts.penalty then
    core.raise("argument", "penalty 'firth' does not go with penalised terms",
      "Leave penalty out, or ridge(), pspline() and frailty().")
  elseif opts.conf_type == "profile" then
    core.raise("argument", "penalised terms have no intervals by profile likelihood",
      'Leave conf_type out, or say "wald".')
  end
end

return M
