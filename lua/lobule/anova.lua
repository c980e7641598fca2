--- Nested models compared: several fits, or the terms of one, by their likelihoods or Wald tests.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local nested = require "lobule.anova_nested"
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

--- A line of the table.
local function row(name, fit, small, large)
  local df = nested.df(fit)
  local line = { model = name, n = fit.info.n, log_lik = fit.fit.log_lik, parameters = df,
    aic = 2 * df - 2 * fit.fit.log_lik }
  if small then
    line.df = nested.df(large) - nested.df(small)
    line.statistic = math.max(0, 2 * (large.fit.log_lik - small.fit.log_lik))
    line.p_value = line.df > 0 and core.chi_square_p(line.statistic, line.df) or nil
  end
  return line
end

local function name_of(fit)
  return rawget(fit, "model_name") or fit.info.formula
end

--- Fits one after another, each against the one before.
local function several(fits, wald)
  local rows = {}
  for i, fit in ipairs(fits) do
    nested.check_fit(fit, i)
    if i > 1 then nested.check_nested(fits[i - 1], fit, i - 1) end
    if not wald then
      rows[i] = row(name_of(fit), fit, fits[i - 1], fit)
    else
      rows[i] = { model = name_of(fit), n = fit.info.n, parameters = nested.df(fit) }
      if i > 1 then
        rows[i].statistic, rows[i].df = nested.wald_added(fits[i - 1], fit, i - 1)
      end
    end
  end
  return rows
end

--- Wald tests need estimates that are finite.
local function check_finite(fits)
  for i, fit in ipairs(fits) do
    if nested.at_limit(fit) then
      core.raise("numeric", ("model %d has an infinite estimate: no Wald test has a meaning")
        :format(i), "Likelihood ratios hold: lb.anova(small, large).")
    end
  end
end

--- Wald tests of the terms of one fit.
local function wald_terms(fit)
  local rows = nested.wald_terms(fit)
  for _, line in ipairs(rows) do line.n, line.parameters = fit.info.n, #line.which end
  return rows
end

--- p-values of Wald tests.
local function with_p(rows)
  for _, line in ipairs(rows) do
    line.p_value = line.statistic and line.df > 0 and core.chi_square_p(line.statistic, line.df)
      or nil
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
--- (or, for a term left out, its loss), chi-square on `df`. Of Wald tests there is no log_lik and
--- no aic; of a term `parameters` are its coefficients.
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

local HEADINGS <const> = { several = "Model", sequential = "Term added", drop = "Term left out",
  wald = "Term" }

local function shown_wald(self)
  local rows = {}
  for i, line in ipairs(self.rows) do
    local none = i == 1 and self.heading == HEADINGS.several and "" or "NA"
    rows[i] = { line.model, line.statistic and format.fixed(line.statistic, 2) or none,
      line.df and tostring(line.df) or "", line.p_value and format.p(line.p_value) or none }
  end
  local columns = { { label = self.heading } }
  for j, label in ipairs { "Chi-square", "df", "p" } do
    columns[j + 1] = { label = label, align = "right" }
  end
  return require("lobule.table").new { caption = self.title, rows = rows, columns = columns }
end

local function shown(self)
  if self.wald then return shown_wald(self) end
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
    { "test", self.wald and "wald" or "likelihood ratio" }, { "rows", result.record(self:tidy()) } }
end

core.class("anova", Anova)

--- Splits (fit, fit, ..., options) into fits and options.
local function arguments(...)
  local fits, options = { ... }, nil
  local last = fits[#fits]
  if #fits > 1 and type(last) == "table" and getmetatable(last) == nil then
    options = table.remove(fits)
  end
  return fits, check.options(options, { { "type", { "sequential", "drop", "wald" } } })
end

--- What is asked of one fit: its terms are left out by fitting it again, where that can be done.
local function kind_of(fit, wanted)
  local refits = nested.has_likelihood(fit)
    and (check.is(fit, "lobule.Cox") or check.is(fit, "lobule.AFT"))
  if not wanted then return refits and "sequential" or "wald" end
  if wanted ~= "wald" and not refits then
    core.raise("argument", nested.has_likelihood(fit)
      and ("type '%s': models of this kind are not fitted again"):format(wanted)
      or ("type '%s': the model has a robust variance, or no likelihood"):format(wanted),
      'type = "wald" tests each term; lb.anova(small, large) compares two fits.')
  end
  return wanted
end

--- Comparison of nested models; see lb.anova.
---@param ... any
---@return lobule.Anova
function M.anova(...)
  local fits, opts = arguments(...)
  if #fits == 0 then core.raise("argument", "expected fitted models, found none") end
  local wald = opts.type == "wald"
  for i, fit in ipairs(fits) do
    nested.check_fit(fit, i)
    wald = wald or not nested.has_likelihood(fit)
  end
  local kind = #fits > 1 and "several" or kind_of(fits[1], opts.type)
  local rows
  if wald or kind == "wald" then check_finite(fits) end
  if kind == "several" then
    rows = several(fits, wald)
  else
    rows = (kind == "wald" and wald_terms or kind == "drop" and dropped or sequential)(fits[1])
  end
  wald = wald or kind == "wald"
  return setmetatable({ rows = wald and with_p(rows) or rows, heading = HEADINGS[kind], wald = wald,
    title = (wald and "Wald tests" or "Likelihood-ratio tests") .. (kind == "several"
      and " of nested models" or ", " .. fits[1].info.formula) }, Anova)
end

return M
