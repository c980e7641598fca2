--- Nested models compared by their likelihoods: several fits, or the terms of one.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local result = require "lobule.result"

---@class lobule.Anova
---@field title string
local Anova = { __name = "lobule.Anova" }
result.mixin(Anova)

local M = {}

--- A bare name that is no identifier goes back into backticks.
local function quoted(self, variable)
  local parts = {}
  for part in variable:gmatch "[^:]+" do
    local frame = check.data(self.data)
    local plain = part:find "^[%a_][%w_]*$" or not frame:has(part)
    parts[#parts + 1] = plain and part or "`" .. part .. "`"
  end
  return table.concat(parts, ":")
end

--- The variables of a model's terms, each once, in the order of its columns.
local function variables(fit)
  local list, seen = {}, {}
  for _, term in ipairs(fit.info.terms) do
    if not seen[term.variable] then
      seen[term.variable] = true
      list[#list + 1] = term.variable
    end
  end
  return list
end

--- The same model of the same rows without some of its variables.
local function without(self, rows, gone)
  local formula, options = self.info.formula, {}
  for _, variable in ipairs(gone) do formula = formula .. " - " .. quoted(self, variable) end
  local parametric = check.is(self, "lobule.AFT")
  for _, key in ipairs(parametric and { "distribution", "scale", "df", "conf_level", "max_iter",
    "weights", "weight_type" } or { "ties", "conf_level", "max_iter", "tolerance", "weights",
    "weight_type" }) do
    options[key] = self.options[key]
  end
  if parametric then return require("lobule.survival").aft(formula, rows, options) end
  return require("lobule.survival").cox(formula, rows, options)
end

local function used_rows(self)
  local frame = check.data(self.data)
  return core.take(frame, self:residuals():column("row"):totable())
end

local function check_fit(fit, i)
  if not check.is(fit, "lobule.Cox") and not check.is(fit, "lobule.AFT") then
    core.raise("argument", ("model %d: expected a fitted model, found %s"):format(i,
      check.describe(fit)))
  elseif rawget(fit.fit, "naive_std_error") then
    core.raise("argument", ("model %d has a robust variance: its likelihood assumes "
      .. "independent rows"):format(i), "The robust Wald test of a term stands in fit:tests().")
  elseif #fit.info.terms > 0 and not fit.converged then
    core.raise("numeric", ("model %d did not converge"):format(i))
  end
end

local function outcome_of(fit)
  return (fit.info.formula:match "^(.-)~" or ""):gsub("%s+", "")
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

--- Two fits must be of the same rows and outcome, the smaller's terms all in the larger.
local function check_nested(small, large, i)
  if small.info.n_used ~= large.info.n_used or outcome_of(small) ~= outcome_of(large)
    or small.fit.log_lik_null ~= large.fit.log_lik_null then
    core.raise("data", ("models %d and %d are not of the same rows, outcome and strata "
      .. "(%d and %d rows)"):format(i, i + 1, small.info.n_used, large.info.n_used),
      'Take the complete rows first:  cohort:complete({ ... }, "all covariates known").')
  end
  for _, variable in ipairs(variables(small)) do
    if not spans(variables(large), variable) then
      core.raise("data", ("models %d and %d are not nested: '%s' stands in the first alone")
        :format(i, i + 1, variable), "Give the smaller model first.")
    end
  end
  if large.fit.likelihood_ratio.df <= small.fit.likelihood_ratio.df then
    core.raise("data", ("model %d has no more parameters than model %d"):format(i + 1, i),
      "Give the smaller model first.")
  end
end

local function row(name, fit, small, large)
  local df = fit.fit.likelihood_ratio.df
  local line = { model = name, n = fit.info.n, log_lik = fit.fit.log_lik, parameters = df,
    aic = 2 * df - 2 * fit.fit.log_lik }
  if small then
    line.df = large.fit.likelihood_ratio.df - small.fit.likelihood_ratio.df
    line.statistic = math.max(0, 2 * (large.fit.log_lik - small.fit.log_lik))
    line.p_value = line.df > 0 and core.chi_square_p(line.statistic, line.df) or nil
  end
  return line
end

local function several(fits)
  local rows = {}
  for i, fit in ipairs(fits) do
    check_fit(fit, i)
    if i > 1 then check_nested(fits[i - 1], fit, i - 1) end
    rows[i] = row(fit.info.formula, fit, fits[i - 1], fit)
  end
  return rows
end

--- Terms added one after another, from none.
local function sequential(fit)
  local data, names = used_rows(fit), variables(fit)
  local last = without(fit, data, names)
  local rows = { row("(none)", last) }
  for i, name in ipairs(names) do
    local now = i == #names and fit
      or without(fit, data, table.move(names, i + 1, #names, 1, {}))
    rows[i + 1] = row(name, now, last, now)
    last = now
  end
  return rows
end

--- Each term left out of the whole; one that stands in an interaction stays (marginality).
local function dropped(fit)
  local data, names = used_rows(fit), variables(fit)
  local rows = { row("(whole model)", fit) }
  local function within(name)
    for _, other in ipairs(names) do
      if other ~= name and (":" .. other .. ":"):find(":" .. name .. ":", 1, true) then
        return true
      end
    end
  end
  for _, name in ipairs(names) do
    if not within(name) then
      local less = without(fit, data, { name })
      rows[#rows + 1] = row(name, less, less, fit)
    end
  end
  return rows
end

local COLUMNS <const> = { { "model", "text" }, { "n", "integer" }, { "parameters", "integer" },
  { "log_lik", "real" }, { "aic", "real" }, { "statistic", "real" }, { "df", "integer" },
  { "p_value", "real" } }

--- One row a model or term: `statistic` is twice the gain in log-likelihood over the model before
--- (or, for a term left out, its loss), chi-square on `df`.
---@return lobule.Frame             # model, n, parameters, log_lik, aic, statistic, df, p_value
function Anova:tidy()
  local columns = {}
  for j, column in ipairs(COLUMNS) do
    local list = { n = #self.rows }
    for i, line in ipairs(self.rows) do
      local value = line[column[1]]
      list[i] = value == nil and core.NA or value
    end
    columns[j] = { column[1], list, column[2] }
  end
  local frame = result.frame(columns)
  return frame
end

local function shown(self)
  local rows = {}
  for i, line in ipairs(self.rows) do
    rows[i] = { line.model, format.fixed(line.log_lik, 2), format.fixed(line.aic, 1),
      line.df and format.fixed(line.statistic, 2) or "", line.df and tostring(line.df) or "",
      line.p_value and format.p(line.p_value) or "" }
  end
  local function right(label)
    return { label = label, align = "right" }
  end
  return require("lobule.table").new { caption = self.title, rows = rows,
    columns = { { label = self.heading }, right "Log-likelihood", right "AIC",
      right "Chi-square", right "df", right "p" } }
end

function Anova:__tostring()
  return tostring(shown(self))
end

--- The blocks of a report.
---@param options? table
---@return table[]
function Anova:report_blocks(options)
  local view = shown(self)
  view.caption = options and options.caption or self.title
  return { { kind = "table", table = view } }
end

--- Everything at full precision.
---@return table
function Anova:record()
  return result.ordered { { "kind", "anova" }, { "title", self.title },
    { "rows", result.record(self:tidy()) } }
end

core.class("anova", Anova)

local HEADINGS <const> = { several = "Model", sequential = "Term added", drop = "Term left out" }

--- Splits (fit, fit, ..., options) into fits and options.
local function arguments(...)
  local fits, options = { ... }, nil
  local last = fits[#fits]
  if #fits > 1 and type(last) == "table" and getmetatable(last) == nil then
    options = table.remove(fits)
  end
  return fits, check.options(options, { { "type", { "sequential", "drop" }, "sequential" } })
end

--- Likelihood-ratio comparison; see lb.anova.
---@param ... any
---@return lobule.Anova
function M.anova(...)
  local fits, opts = arguments(...)
  if #fits == 0 then core.raise("argument", "expected fitted models, found none") end
  check_fit(fits[1], 1)
  local kind = #fits > 1 and "several" or opts.type
  local rows = kind == "several" and several(fits)
    or (kind == "drop" and dropped or sequential)(fits[1])
  return setmetatable({ rows = rows, heading = HEADINGS[kind],
    title = "Likelihood-ratio tests" .. (kind == "several" and " of nested models" or ", "
      .. fits[1].info.formula) }, Anova)
end

return M
