--- What every regression has in common: coefficients, their covariance and names, the design that
--- they belong to, and what a coefficient is called.
local check = require "lobule.check"
local core = require "lobule.core"
local warned = require "lobule.survival.cox_warnings"

---@class lobule.Estimates
---@field coef number[]
---@field vcov number[][]
---@field names string[]            of the coefficients
---@field terms table[]             of the design
---@field place integer[]           coefficient of each column of the design; nil: it has none
---@field model lobule.Model        whose design it is
---@field data lobule.Frame         what the model was built of
---@field fitted lobule.Model       whose columns may be sums of others
---@field first integer             the coefficient of its first column, less 1
---@field within_strata boolean     each stratum has a level of its own
---@field absent table<integer, string>  coefficients without an estimate, and why
---@field sums table<integer, boolean>   those of columns that are sums of others
---@field measure string            "Hazard ratio"
---@field ratio boolean             coefficients are logarithms of ratios
---@field points? boolean          differences of risks, shown in percentage points
---@field transition? string
---@field title? string           of one fit of several
---@field info table

local M = {}

local SUM <const> = "is a sum of other terms and was left out"
local CHANGES <const> = "has an effect that changes with time (fit:hazard_ratio compares at times)"
local ENDLESS <const> = "has no finite estimate"

local function names_of(list)
  local names = {}
  for i, term in ipairs(list) do names[i] = term.term end
  return names
end

local function refuse_unsettled()
  core.raise("numeric", "the fit did not converge: nothing follows from its coefficients",
    "print(fit) says why.")
end

--- Coefficient of each column of a design whose first is number `first` + 1.
local function places(terms, first)
  local place = {}
  for j in ipairs(terms) do place[j] = first + j end
  return place
end

local function set(self, first, terms, values)
  local fit, data, model = self.fit, rawget(self, "data"), rawget(self, "model")
  local e = { coef = fit.coef, vcov = fit.vcov, terms = terms, first = first,
    place = places(terms, first), absent = {}, sums = {}, within_strata = false, info = self.info,
    data = data and check.data(data), model = model, fitted = model }
  for key, value in next, values do e[key] = value end
  return e
end

local function mark(e, i, why)
  e.absent[i] = why
  e.sums[i] = why == SUM or nil
end

--- Fits that pass through core.cox's result: Cox, Fine-Gray, the stacked rows of many states.
local function partial(self, values)
  local fit = self.fit
  if #self.info.terms > 0 and not warned.settled(fit) then refuse_unsettled() end
  local e = set(self, 0, self.info.terms, values)
  e.names, e.within_strata = names_of(self.info.terms), true
  for i in ipairs(self.info.terms) do
    if fit.collinear[i] then
      mark(e, i, SUM)
    elseif fit.infinite[i] or warned.undetermined(fit, i) then
      mark(e, i, ENDLESS)
    end
  end
  return e
end

local of = {}

of["lobule.Cox"] = function(self)
  return partial(self, { measure = "Hazard ratio", ratio = true })
end

of["lobule.CoxPenalised"] = function(self)
  local fit = self.fit
  if not warned.settled(fit) then refuse_unsettled() end
  local e = set(self, 0, self.info.terms, { measure = "Hazard ratio", ratio = true,
    names = names_of(self.info.terms), within_strata = true })
  for i in ipairs(self.info.terms) do
    if fit.collinear[i] then mark(e, i, SUM) elseif fit.infinite[i] then mark(e, i, ENDLESS) end
  end
  return e
end

of["lobule.FineGray"] = function(self)
  local model = self.models.model
  return partial(self, { measure = "Subdistribution hazard ratio", ratio = true, model = model,
    fitted = model, data = check.data(self.models.data) })
end

of["lobule.AFT"] = function(self)
  local words = require "lobule.survival.parametric_words"
  local fit, d = self.fit, self.fit.distribution
  if not self.converged then refuse_unsettled() end
  local e = set(self, 1, self.info.terms, { names = names_of(self.parameters),
    ratio = words.log_time(d) or d == "gompertz", measure = d == "gompertz" and "Hazard ratio"
      or words.log_time(d) and "Time ratio" or "Difference" })
  for i in ipairs(self.info.terms) do
    if fit.collinear[i] then
      mark(e, i + 1, SUM)
    elseif fit.infinite[i] then
      mark(e, i + 1, ENDLESS)
    end
  end
  return e
end

local LINKS <const> = { hazard = "Hazard ratio", odds = "Odds ratio", normal = "Probit difference" }

of["lobule.RoystonParmar"] = function(self)
  if not self.converged then refuse_unsettled() end
  local n = self.fit.n_stratum * #self.fit.knot
  local e = set(self, n, self.info.terms, { names = names_of(self.parameters),
    ratio = self.fit.link ~= "normal", measure = LINKS[self.fit.link],
    within_strata = self.fit.n_stratum > 1 })
  for _, effect in ipairs(self.fit.effect) do mark(e, n + effect.column, CHANGES) end
  return e
end

of["lobule.Cure"] = function(self, opts, by_name)
  if not self.converged then refuse_unsettled() end
  local names, n_latency = {}, #self.latency_terms
  local before = #self.fit.coef - #self.cure_terms
  for i in ipairs(self.fit.coef) do names[i] = "" end
  names[1], names[before] = "(Intercept)", "cure:(Intercept)"
  for i, term in ipairs(self.latency_terms) do names[1 + i] = term.term end
  for i, term in ipairs(self.cure_terms) do names[before + i] = "cure:" .. term.term end
  for s = 1, self.fit.n_scale do
    names[n_latency + 1 + s] = self.fit.n_scale == 1 and "log(scale)"
      or "log(scale):" .. self.info.strata.label[s]
  end
  if self.fit.n_shape > 0 then names[n_latency + 2 + self.fit.n_scale] = "Q" end
  local part = opts.part
  if not part and not by_name and n_latency > 0 and #self.cure_terms > 0 then
    core.raise("argument", "part: a cure model has two of them, and which one is not said",
      'part = "cure" (odds ratios of being cured) or part = "latency" (time ratios of the others).')
  end
  if (part or n_latency == 0 and "cure") == "cure" then
    return set(self, before, self.cure_terms, { names = names, ratio = true,
      measure = "Odds ratio of being cured", model = self.cure_model, fitted = self.cure_model })
  end
  return set(self, 1, self.latency_terms, { names = names, ratio = true, measure = "Time ratio" })
end

of["lobule.MeanRegression"] = function(self)
  if not self.converged then refuse_unsettled() end
  local e = set(self, #self.at.tau, self.info.terms, { names = names_of(self.terms),
    ratio = self.link ~= "identity",
    points = self.link == "identity" and not self.at.kind:find "^rm",
    measure = require("lobule.survival.mean_regression_view").label_of(self) })
  for i in ipairs(self.terms) do
    if self.fit.coef[i] ~= self.fit.coef[i] then mark(e, i, SUM) end
  end
  return e
end

--- The number of the transition that is asked for.
local function transition_of(self, name)
  local names = {}
  for h, one in ipairs(self.transitions) do
    names[h] = one.name
    if name and one.name:gsub("%s", "") == name:gsub("%s", "") then return h end
  end
  if #names == 1 and not name then return 1 end
  if not name then
    core.raise("argument", "transition: the model has several, and which one is not said",
      ('transition = "%s". Transitions are: %s.'):format(names[1], table.concat(names, "; ")))
  end
  local near = core.nearest(name, names)
  core.raise("name", ("no transition '%s'%s"):format(name, near
    and (" (did you mean '%s'?)"):format(near) or ""),
    "Transitions are: " .. table.concat(names, "; ") .. ".")
end

of["lobule.MultistateCox"] = function(self, opts, by_name)
  local e = partial(self.cox, { measure = "Hazard ratio", ratio = true })
  e.info, e.model, e.data = self.info, self.design, self.data
  if by_name then return e end
  local h = transition_of(self, opts.transition)
  e.terms, e.place, e.transition = self.info.terms, {}, self.transitions[h].name
  for c, column in next, self.plan.uses[h] do
    if column > 0 then e.place[column] = c end
  end
  return e
end

of["lobule.CauseSpecific"] = function(self, opts)
  if opts.cause == nil then
    core.raise("argument", "cause: which one is not said",
      ('cause = "%s". Causes are: %s.'):format(self.causes[1], table.concat(self.causes, ", ")))
  end
  local fit = self:model(opts.cause)
  local e = of["lobule.Cox"](fit)
  e.title = fit.title
  return e
end

--- The estimates of a fit.
---@param fit table
---@param opts table                part, transition, cause, where the fit has several
---@param by_name? boolean          coefficients are named one by one: no transition is asked for
---@return lobule.Estimates
---@raise a fit that did not converge; a part, transition or cause that is not said
function M.of(fit, opts, by_name)
  local meta = getmetatable(fit)
  local make = of[type(meta) == "table" and rawget(meta, "__name") or ""]
  if not make then
    core.raise("argument", "expected a fitted regression, found " .. check.describe(fit))
  end
  local e = make(fit, opts, by_name)
  return e
end

--- true for a fit that has estimates.
---@param fit any
---@return boolean
function M.known(fit)
  local meta = getmetatable(fit)
  return of[type(meta) == "table" and rawget(meta, "__name") or ""] ~= nil
end

return M
