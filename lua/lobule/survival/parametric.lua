--- Parametric distributions side by side: one table, curves over Kaplan-Meier, hazards beyond the
--- follow-up.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local weights = require "lobule.survival.weights"
local words = require "lobule.survival.parametric_words"

---@class lobule.Parametric
---@field fits lobule.AFT[]
---@field warnings string[]         each begins with its distribution
---@field title string
local Parametric = { __name = "lobule.Parametric" }
result.mixin(Parametric)

local M, functions = {}, {}

local DEFAULT <const> = { "exponential", "weibull", "gompertz", "lognormal", "loglogistic",
  "gengamma" }
local OPTIONS <const> = weights.join { { "distributions", "texts", DEFAULT }, { "times", "times" },
  { "conf_level", "level", 0.95 }, { "max_iter", "count", 200 } }

--- Parametric survival models of several distributions side by side: information criteria, median,
--- mean and survival at times, for choosing how to extrapolate (Latimer 2013, Med Decis Making
--- 33:743). AIC compares distributions of the same rows; what the data cannot tell is how hazards
--- go on beyond them, which plot "hazard" shows.
---@param formula string            as of survival.aft
---@param data lobule.Cohort|lobule.Frame
---@param options? table            distributions: a list (default "exponential", "weibull",
---                                 "gompertz", "lognormal", "loglogistic", "gengamma"); times:
---                                 ascending, survival there; conf_level (0.95); max_iter (200);
---                                 weights and weight_type as of survival.aft
---@return lobule.Parametric
---@raise as survival.aft
---@example lb.survival.parametric("Surv(months, progressed) ~ 1", lb.example_data(),
---    { times = { 12, 24 } })
function functions.parametric(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  local aft <const> = require("lobule.survival.aft").aft
  local self = { fits = {}, options = opts, warnings = {}, data = data,
    title = "Parametric survival models side by side" }
  for i, name in ipairs(opts.distributions) do
    local fit = aft(formula, data, { distribution = name, conf_level = opts.conf_level,
      max_iter = opts.max_iter, weights = opts.weights, weight_type = opts.weight_type })
    self.fits[i] = fit
    for _, text in ipairs(fit.converged and {} or fit.warnings) do
      self.warnings[#self.warnings + 1] = ("%s: %s"):format(words.NAMES[name], text)
    end
  end
  if #self.fits == 0 then core.raise("argument", "distributions: the list is empty") end
  self.info = self.fits[1].info
  for _, text in ipairs(result.warnings(self.info)) do
    self.warnings[#self.warnings + 1] = text
  end
  return (setmetatable(self, Parametric))
end

--- The mean of a prediction over the fitted people: with a formula "~ 1", that of everybody. NaN
--- when it does not exist.
local function average(fit, options)
  local list, sum = fit:predict(options):column("estimate"), 0
  for i = 1, #list do sum = sum + (list[i] or 0) end
  return sum / #list
end

--- The median of the people at the average location: of those alike it is theirs.
local function rows_of(self)
  local rows = {}
  for i, fit in ipairs(self.fits) do
    local g = fit:glance():rows_list()[1]
    rows[i] = { g.distribution, g.df, g.log_lik, g.aic, g.bic }
    if fit.converged then
      rows[i][6] = average(fit, { type = "quantile" })
      rows[i][7] = fit.fit.distribution ~= "t" and average(fit, { type = "mean" }) or nil
      for k, t in ipairs(self.options.times or {}) do
        rows[i][7 + k] = average(fit, { type = "survival", times = { t } })
      end
    end
  end
  return rows
end

local function time_name(t) return "survival_" .. core.format_number(t) end

--- One row a distribution. median, mean and survival are means over the fitted people (of "~ 1":
--- everybody's); infinite where they do not exist, NA where the fit did not converge.
---@return lobule.Frame             # distribution, df, log_lik, aic, bic, median, mean,
---                                 survival_<time> for each of times
function Parametric:tidy()
  local names = { "distribution", "df", "log_lik", "aic", "bic", "median", "mean" }
  for _, t in ipairs(self.options.times or {}) do names[#names + 1] = time_name(t) end
  local columns = {}
  for j, name in ipairs(names) do
    columns[j] = { name, { n = #self.fits }, j == 1 and "text" or j == 2 and "integer" or "real" }
  end
  for i, row in ipairs(rows_of(self)) do
    for j = 1, #names do columns[j][2][i] = row[j] == nil and core.NA or row[j] end
  end
  local frame = result.frame(columns)
  return frame
end

--- The distribution of least AIC.
---@return lobule.AFT
---@raise no fit that converged
function Parametric:best()
  local best
  for _, fit in ipairs(self.fits) do
    local aic = 2 * fit:df() - 2 * fit.fit.log_lik
    if fit.converged and (not best or aic < best[2]) then best = { fit, aic } end
  end
  if not best then core.raise("numeric", "no distribution converged") end
  return best[1]
end

--- The fit of a distribution.
---@param distribution string
---@return lobule.AFT
---@raise a distribution that is not among them
function Parametric:model(distribution)
  local names = {}
  for i, fit in ipairs(self.fits) do
    if fit.fit.distribution == distribution then return fit end
    names[i] = fit.fit.distribution
  end
  core.raise("name", ("no distribution '%s'"):format(tostring(distribution)),
    "There are: " .. table.concat(names, ", ") .. ".")
end

local function view(self)
  local unit = self.info.time_unit and (" (%s)"):format(self.info.time_unit) or ""
  local columns = { { label = "Distribution" }, { label = "Parameters", align = "right" },
    { label = "Log-likelihood", align = "right" }, { label = "AIC", align = "right" },
    { label = "BIC", align = "right" }, { label = "Median" .. unit, align = "right" },
    { label = "Mean" .. unit, align = "right" } }
  for _, t in ipairs(self.options.times or {}) do
    columns[#columns + 1] = { label = ("S(%s) (%%)"):format(core.format_number(t)),
      align = "right" }
  end
  local rows = {}
  for i, row in ipairs(rows_of(self)) do
    local function shown(x) return x == nil and "NA" or x == math.huge and "infinite"
      or format.number(x) end
    rows[i] = { words.NAMES[row[1]], tostring(row[2]), format.fixed(row[3], 2),
      format.fixed(row[4], 2), format.fixed(row[5], 2), shown(row[6]), shown(row[7]) }
    for k = 1, #(self.options.times or {}) do
      rows[i][7 + k] = row[7 + k] and format.fixed(100 * row[7 + k], 1) or "NA"
    end
  end
  local notes = { "Least AIC fits best within the follow-up; it does not say how hazards go on." }
  if #self.info.terms > 0 then
    notes[2] = "Median, mean and survival are means over the fitted people."
  end
  return require("lobule.table").new { caption = self.title, columns = columns, rows = rows,
    notes = notes }
end

function Parametric:__tostring()
  return printed.text(self, (tostring(view(self)):gsub("^[^\n]*\n", "", 1)),
    { ("n = %d: %s"):format(self.info.n, words.counts(self.fits[1].fit)) })
end

--- Figures: "survival" (default), the curves over Kaplan-Meier's; "hazard", the hazards. Both go on
--- to `horizon`, shaded beyond the follow-up. Of a formula with terms they are means over the
--- fitted people.
---@param kind? "survival"|"hazard"
---@param options? table            horizon (1.5 times the follow-up); title; width_mm (183)
---@return lobule.Figure
---@raise no fit that converged; interval-censored times (survival)
function Parametric:plot(kind, options)
  if type(kind) == "table" then kind, options = nil, kind end
  check.options({ kind = kind }, { { "kind", { "survival", "hazard" }, "survival" } })
  local figure = require("lobule.survival.parametric_plot")[kind or "survival"](self, options)
  return figure
end

--- The blocks of a report: the table, then warnings.
---@param options? table
---@return table[]
function Parametric:report_blocks(options)
  return (printed.blocks(self, view(self), nil, options))
end

--- Everything at full precision.
---@return table
function Parametric:record()
  return result.ordered { { "kind", "survival.parametric" }, { "formula", self.info.formula },
    { "distributions", result.record(self:tidy()) }, { "lineage", self.info.lineage },
    { "warnings", self.warnings } }
end

M.parametric = result.functions("survival", functions).parametric
M.average = average
core.class("parametric", Parametric)
return M
