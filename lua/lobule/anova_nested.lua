--- Which fits are nested in one another, and what tells them apart: likelihood ratio where there is
--- a likelihood, else the Wald test of what the larger one adds.
local check = require "lobule.check"
local core = require "lobule.core"
local estimates = require "lobule.estimates"
local terms = require "lobule.terms"

local M = {}

local LIKELIHOOD <const> = { ["lobule.Cox"] = true, ["lobule.AFT"] = true,
  ["lobule.RoystonParmar"] = true, ["lobule.Cure"] = true, ["lobule.MultistateCox"] = true }

local function class_of(fit)
  local meta = getmetatable(fit)
  return type(meta) == "table" and rawget(meta, "__name") or ""
end

--- true for a fit whose likelihood is that of independent rows.
---@param fit table
---@return boolean
function M.has_likelihood(fit)
  return LIKELIHOOD[class_of(fit)] and not rawget(fit.fit, "robust")
    and not rawget(fit.fit, "naive_std_error") or false
end

--- true of a Cox fit with an infinite estimate: the log-likelihood has come to its limit all the
--- same, so that likelihood ratios hold and Wald tests do not.
---@param fit table
---@return boolean
function M.at_limit(fit)
  if class_of(fit) ~= "lobule.Cox" or not M.has_likelihood(fit) then return false end
  for _, infinite in ipairs(fit.fit.infinite) do
    if infinite then return true end
  end
  return false
end

--- Refuses what cannot be compared.
---@param fit any
---@param i integer                 its place
function M.check_fit(fit, i)
  local class = class_of(fit)
  if class == "lobule.CauseSpecific" then
    core.raise("argument", ("model %d: cause-specific models are compared one by one"):format(i),
      "Compare fit:model(cause) of each.")
  elseif class == "lobule.CoxPenalised" then
    core.raise("argument", ("model %d has penalised terms: twice the gain in log-likelihood is no "
      .. "chi-square"):format(i), "The tests of its terms stand in fit:tidy() and fit:penalties().")
  elseif not estimates.known(fit) then
    core.raise("argument", ("model %d: expected a fitted model, found %s"):format(i,
      check.describe(fit)))
  elseif #fit.info.terms > 0 and not fit.converged and not M.at_limit(fit) then
    core.raise("numeric", ("model %d did not converge"):format(i))
  end
end

local function outcome_of(fit)
  return (fit.info.formula:match "^(.-)~" or ""):gsub("%s+", "")
end

--- Estimated parameters.
---@param fit table
---@return integer
function M.df(fit)
  local found = rawget(fit.fit, "likelihood_ratio")
  if found then return found.df end
  local n = 0
  for _, b in ipairs(fit.fit.coef) do n = n + (b == b and 1 or 0) end
  return n
end

--- Variables of a fit, those of a cure model's parts apart.
local function variables(fit)
  local parts = {}
  local function add(name, list)
    local names, seen = {}, {}
    for _, term in ipairs(list) do
      if not seen[term.variable] then names[#names + 1] = term.variable end
      seen[term.variable] = true
    end
    parts[#parts + 1] = { name = name, names = names }
  end
  if class_of(fit) == "lobule.Cure" then
    add("latency: ", fit.latency_terms)
    add("cure: ", fit.cure_terms)
  else
    add("", fit.info.terms)
  end
  return parts
end

--- true when a list of variables holds one, as it is or within a basis, an expression or an
--- interaction: age in ns(age, 3).
local function spans(list, variable)
  local word = "%f[%w_]" .. variable:gsub("%p", "%%%0") .. "%f[^%w_]"
  for _, other in ipairs(list) do
    if other == variable or other:find(word) then return true end
  end
  return false
end

local COMPLETE <const> = 'Take the complete rows first:  cohort:complete({ ... }, "all covariates '
  .. 'known").'

--- Values of the outcome's columns in the rows that were used, one list after another.
local function outcome_columns(fit)
  local class, list = class_of(fit), {}
  if class ~= "lobule.Cure" and class ~= "lobule.MeanRegression" then return list end
  local frame = check.data(fit.data)
  if class == "lobule.MeanRegression" then
    frame = core.take(frame, core.model_rows(fit.model):column("row"):totable())
  end
  for name in outcome_of(fit):gmatch "[%a_][%w_]*" do
    if frame:has(name) then list[#list + 1] = frame:column(name):totable() end
  end
  return list
end

--- The outcomes of the rows are the same: by the null model's likelihood, or one by one.
local function same_rows(small, large)
  if small.info.n_used ~= large.info.n_used or outcome_of(small) ~= outcome_of(large) then
    return false
  end
  if class_of(small) ~= "lobule.Cure"
    and rawget(small.fit, "log_lik_null") ~= rawget(large.fit, "log_lik_null") then
    return false
  end
  local a, b = outcome_columns(small), outcome_columns(large)
  for k, list in ipairs(a) do
    for i = 1, small.info.n_used do
      if list[i] ~= b[k][i] then return false end
    end
  end
  return true
end

local SETTINGS <const> = { "distribution", "scale", "df", "knots", "link", "ties", "penalty",
  "method", "weights", "weight_type", "censoring", "censoring_groups", "variance", "cluster" }

--- The first setting in which two fits of a class differ; nil when none.
local function other_setting(small, large)
  local function text(x)
    return type(x) == "table" and table.concat(x, " ") or x
  end
  for _, name in ipairs(SETTINGS) do
    if text(small.options[name]) ~= text(large.options[name]) then return name end
  end
  if rawget(small, "cause") ~= rawget(large, "cause") then return "cause" end
  local a, b = rawget(small, "at"), rawget(large, "at")
  if not a then return nil end
  if a.kind ~= b.kind or a.from ~= b.from or #a.tau ~= #b.tau then return "horizon" end
  for k, tau in ipairs(a.tau) do
    if b.tau[k] ~= tau then return "horizon" end
  end
end

--- Coefficients that transitions share in the larger model must be shared in the smaller one, and
--- each term of a transition must be there.
local function check_transitions(small, large, i)
  local function coefficient(fit, h, variable)
    for c, column in next, fit.plan.uses[h] do
      if column > 0 and fit.info.terms[column].variable == variable then return c end
    end
  end
  local mend = "Give the smaller model first."
  for _, part in ipairs(variables(small)) do
    for _, variable in ipairs(part.names) do
      local shared = {}
      for h in ipairs(small.transitions) do
        local mine, theirs = coefficient(small, h, variable), coefficient(large, h, variable)
        if mine and not theirs or theirs and shared[theirs] and shared[theirs] ~= mine then
          core.raise("data", ("models %d and %d are not nested: '%s' is freer in the first"):format(
            i, i + 1, variable), mend)
        end
        if theirs then shared[theirs] = mine end
      end
    end
  end
end

--- Two fits must be of the same class, rows and outcome, the smaller's terms all in the larger.
---@param small table
---@param large table
---@param i integer                 place of the smaller
function M.check_nested(small, large, i)
  if class_of(small) ~= class_of(large) then
    core.raise("data", ("models %d and %d are of different kinds"):format(i, i + 1))
  end
  local setting = other_setting(small, large)
  if setting then
    core.raise("data", ("models %d and %d are not nested: they differ in '%s'"):format(i, i + 1,
      setting), "Fit both with the same options.")
  elseif not same_rows(small, large) then
    core.raise("data", ("models %d and %d are not of the same rows, outcome and strata "
      .. "(%d and %d rows)"):format(i, i + 1, small.info.n_used, large.info.n_used), COMPLETE)
  end
  local theirs = variables(large)
  for k, part in ipairs(variables(small)) do
    for _, variable in ipairs(part.names) do
      if not spans(theirs[k].names, variable) then
        core.raise("data", ("models %d and %d are not nested: '%s%s' stands in the first alone")
          :format(i, i + 1, part.name, variable), "Give the smaller model first.")
      end
    end
  end
  if class_of(small) == "lobule.MultistateCox" then check_transitions(small, large, i) end
  if M.df(large) <= M.df(small) then
    core.raise("data", ("model %d has no more parameters than model %d"):format(i + 1, i),
      "Give the smaller model first.")
  end
end

--- Wald test that some coefficients are all 0 (Wald 1943, Trans Am Math Soc 54:426).
---@param e lobule.Estimates
---@param which integer[]           coefficients; those without an estimate do not count
---@return number? statistic        nil where none has one
---@return integer df
function M.wald(e, which)
  local rows, coef, vcov, kept = {}, {}, {}, {}
  for _, i in ipairs(which) do
    if not e.absent[i] then kept[#kept + 1] = i end
    if e.absent[i] and not e.sums[i] then return nil, 0 end
  end
  if #kept == 0 then return nil, 0 end
  for k, i in ipairs(kept) do
    coef[k] = e.coef[i]
    for l, j in ipairs(kept) do
      vcov[#vcov + 1], rows[#rows + 1] = e.vcov[i][j], k == l and 1.0 or 0.0
    end
  end
  local made = core.contrast(rows, coef, vcov)
  if made.chi_square ~= made.chi_square then return nil, #kept end
  return made.chi_square, made.df
end

--- Wald test of what the larger of two fits adds.
---@param small table
---@param large table
---@param i integer                 place of the smaller
---@return number? statistic
---@return integer df
function M.wald_added(small, large, i)
  local a, b = estimates.of(small, {}, true), estimates.of(large, {}, true)
  local there, mine, added = {}, {}, {}
  for _, name in ipairs(b.names) do there[name] = true end
  for _, name in ipairs(a.names) do
    mine[name] = true
    if not there[name] then
      core.raise("data", ("models %d and %d: '%s' stands under this name in the first alone")
        :format(i, i + 1, name), "A Wald test needs all terms of the smaller model in the "
        .. "larger one.")
    end
  end
  for k, name in ipairs(b.names) do
    if not mine[name] then added[#added + 1] = k end
  end
  local statistic, df = M.wald(b, added)
  return statistic, df
end

--- Wald tests of each term of a fit, all its columns at once.
---@param fit table
---@return table[]                  # each { model, statistic, df }
function M.wald_terms(fit)
  local e, rows, by_name = estimates.of(fit, {}, true), {}, {}
  local function add(name, variable, at, i)
    local row = by_name[name]
    if not row then
      row = { which = {}, model = at and ("%s (at %s)"):format(name, at) or name,
        variable = variable }
      by_name[name], rows[#rows + 1] = row, row
    end
    row.which[#row.which + 1] = i
  end
  local class = class_of(fit)
  if class == "lobule.Cure" then
    local before = #fit.fit.coef - #fit.cure_terms
    for i, term in ipairs(fit.latency_terms) do add(term.variable, term.variable, nil, 1 + i) end
    for i, term in ipairs(fit.cure_terms) do
      add("cure: " .. term.variable, term.variable, nil, before + i)
    end
  elseif class == "lobule.MultistateCox" then
    for c, one in ipairs(fit.plan.shown) do
      add(("%s (%s)"):format(one.variable, one.transition), one.variable, nil, c)
    end
  else
    for j, term in ipairs(e.terms) do
      add(term.variable, term.variable, terms.holds_at(e.terms, term.variable, {}), e.place[j])
    end
  end
  for _, row in ipairs(rows) do row.statistic, row.df = M.wald(e, row.which) end
  return rows
end

return M
