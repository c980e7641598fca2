--- Words and rows that parametric survival models share: names of distributions and parameters,
--- what does not hold in a fit.
local core = require "lobule.core"
local result = require "lobule.result"

local M = {}

--- Distributions in the order of the core, and what tables call them.
M.DISTRIBUTIONS = { "weibull", "exponential", "rayleigh", "lognormal", "loglogistic", "gengamma",
  "gompertz", "gaussian", "logistic", "extreme", "t" }
M.NAMES = { weibull = "Weibull", exponential = "Exponential", rayleigh = "Rayleigh",
  lognormal = "Log-normal", loglogistic = "Log-logistic", gengamma = "Generalised gamma",
  gompertz = "Gompertz", gaussian = "Gaussian", logistic = "Logistic", extreme = "Extreme value",
  t = "Student's t" }

local LOG_TIME <const> = { weibull = true, exponential = true, rayleigh = true, lognormal = true,
  loglogistic = true, gengamma = true }

--- Coefficients are logarithms of ratios of times.
function M.log_time(distribution) return LOG_TIME[distribution] == true end

--- Hazards are proportional.
function M.proportional(distribution)
  return distribution == "weibull" or distribution == "exponential" or distribution == "rayleigh"
    or distribution == "gompertz"
end

--- The parameters of a fit in the order of the core: terms with a variable, and "(Intercept)",
--- "log(scale)" (":" and the stratum where there are several), "Q" or "shape".
---@param fit table
---@param info table
---@return table[]
function M.parameters(fit, info)
  local list = { { term = "(Intercept)" } }
  for i, term in ipairs(info.terms) do
    term.collinear, term.infinite = fit.collinear[i], fit.infinite[i]
    list[i + 1] = term
  end
  for s = 1, fit.n_scale do
    list[#list + 1] = { term = fit.n_scale == 1 and "log(scale)"
      or "log(scale):" .. info.strata.label[s] }
  end
  if fit.n_shape > 0 then
    list[#list + 1] = { term = fit.distribution == "gompertz" and "shape" or "Q" }
  end
  return list
end

local function limit_warning(term)
  return ("no finite estimate for '%s': the likelihood rises without end%s; shown as NA; the other "
    .. "terms hold"):format(term.term, term.level and term.n_event
      and (" (%s events among %s rows)"):format(core.format_number(term.n_event),
        core.format_number(term.n)) or "")
end

--- Why a fit did not converge: "the likelihood rises without end with 'arm[B]'".
local function runaway_warning(fit, info)
  local names = {}
  for i, term in ipairs(info.terms) do
    if fit.infinite[i] then names[#names + 1] = ("'%s'"):format(term.term) end
  end
  if fit.endless_shape then names[#names + 1] = "the shape" end
  return ("the likelihood has no maximum: it rises without end with %s (too few events, %s in all, "
    .. "to tell); no estimates are given"):format(table.concat(names, " and "),
    core.format_number(fit.weight_event))
end

--- What a reader must know of a fit.
---@param fit table
---@param info table
---@return string[]
function M.warnings(fit, info)
  local list = result.warnings(info)
  if fit.unbounded then
    list[#list + 1] = "the likelihood grows without end as the scale tends to 0: times that the "
      .. "covariates predict exactly (one event, or all at one time); no estimates are given"
  elseif not fit.converged and fit.distribution == "gengamma"
    and math.abs(fit.coef[#fit.coef]) > 8 then
    list[#list + 1] = ("Q tends to %sinfinity: the data do not determine the generalised gamma "
      .. "distribution; no estimates are given"):format(fit.coef[#fit.coef] < 0 and "-" or "")
  elseif not fit.converged and (fit.endless or fit.endless_shape) then
    list[#list + 1] = runaway_warning(fit, info)
  elseif not fit.converged then
    list[#list + 1] = ("the fit did not converge in %d iterations: no estimates are given"):format(
      fit.iterations)
  end
  for i, term in ipairs(info.terms) do
    if fit.collinear[i] then
      list[#list + 1] = ("'%s' is a combination of the terms before it, or constant: no estimate")
        :format(term.term)
    elseif fit.infinite[i] and fit.converged then
      list[#list + 1] = limit_warning(term)
    end
  end
  if rawget(fit, "robust") and info.n_cluster then
    list[#list + 1] = require("lobule.survival.cox_warnings").few_clusters(fit.n_cluster)
  end
  list[#list + 1] = M.few_events(fit.weight_event, #info.terms + 1 + fit.n_scale + fit.n_shape)
  return list
end

--- Fewer events than a model of so many parameters needs; nil when there are enough.
---@param events number
---@param parameters integer
---@return string?
function M.few_events(events, parameters)
  if events >= 5 * parameters then return nil end
  return ("%s events for %d parameters: fewer than 5 events per parameter%s"):format(
    core.format_number(events), parameters, events < parameters
    and "; the likelihood may have no maximum" or "")
end

--- Counts of rows by what is known of their times: "103 exact, 33 right-censored".
---@param fit table
---@return string
function M.counts(fit)
  local parts = {}
  for _, kind in ipairs { { "n_exact", "exact" }, { "n_left", "left-censored" },
    { "n_interval", "within an interval" }, { "n_right", "right-censored" } } do
    if fit[kind[1]] > 0 then parts[#parts + 1] = ("%d %s"):format(fit[kind[1]], kind[2]) end
  end
  return table.concat(parts, ", ")
end

--- Log hazard ratio of term i in stratum s and its standard error: -b / scale has the derivatives
--- -1 / scale in b and b / scale in log scale.
---@return number
---@return number
function M.log_hazard_ratio(fit, i, s)
  local b, v, at = fit.coef[i + 1], fit.vcov, 1 + #fit.infinite + s
  if fit.distribution == "gompertz" then return b, fit.std_error[i + 1] end
  local scale = fit.n_scale > 0 and math.exp(fit.coef[at]) or fit.scale
  local variance = v[i + 1][i + 1]
  if fit.n_scale > 0 then variance = variance - 2 * b * v[i + 1][at] + b * b * v[at][at] end
  return -b / scale, math.sqrt(variance) / scale
end

--- Refuses what follows from estimates that do not exist.
function M.check_settled(self)
  if not self.converged then
    core.raise("numeric", "the fit did not converge: nothing follows from its coefficients",
      "print(fit) says why.")
  end
end

return M
