--- Cox model with penalised terms: ridge, P-splines, frailty. What differs from a plain Cox model:
--- degrees of freedom that are not whole, two variances, the variance of a random effect.
local check = require "lobule.check"
local core = require "lobule.core"
local cox = require("lobule.survival.cox").methods
local noted = require "lobule.survival.cox_penal_notes"
local result = require "lobule.result"
local view = require "lobule.survival.cox_penal_print"
local warned = require "lobule.survival.cox_warnings"

---@class lobule.CoxPenalised
---@field converged boolean
---@field warnings string[]
---@field info table
---@field title string
local CoxPenalised = { __name = "lobule.CoxPenalised", ratio_label = "Hazard ratio" }
result.mixin(CoxPenalised)

local M = {}

-- Labels of the columns within pspline(), and of the groups.
local function add_labels(info, data)
  local frame = check.data(data)
  for _, penalty in ipairs(info.penalties) do
    local name = penalty.kind == "pspline" and view.argument(penalty.text) or penalty.variable
    if name and frame:has(name) and not info.labels[name] then
      local column = frame:column(name)
      local label, unit = column:label() or name, column:unit()
      info.labels[name] = unit and ("%s (%s)"):format(label, unit) or label
    end
  end
end

--- Fits a model with penalised terms.
---@param model lobule.Model
---@param info table
---@param opts table                of survival.cox, checked
---@param data lobule.Cohort|lobule.Frame
---@return lobule.CoxPenalised
function M.fit(model, info, opts, data)
  noted.check_options(opts, info)
  local fit = core.cox_penal(model, opts.ties, opts.max_iter, opts.tolerance,
    opts.weight_type == "frequency")
  warned.check_scale(fit, info)
  add_labels(info, data)
  fit.ties, fit.frequency, fit.naive_vcov = opts.ties, opts.weight_type == "frequency", fit.vcov
  return (setmetatable({ fit = fit, info = info, options = opts, model = model, data = data,
    title = "Cox model with penalised terms", converged = fit.converged,
    warnings = noted.warnings(fit, info) }, CoxPenalised))
end

-- The penalty that a column belongs to, if any.
local function penalty_of(self, i)
  for k, penalty in ipairs(self.info.penalties) do
    for _, column in ipairs(penalty.columns) do
      if column == i then return penalty, self.fit.penalised[k] end
    end
  end
end

local function estimable(self, i)
  return warned.settled(self.fit) and not self.fit.infinite[i] and not self.fit.collinear[i]
end

local function set_limits(row, conf_level, exponentiate)
  local b, se = row.estimate, row.std_error
  local z = core.normal_quantile(0.5 + conf_level / 2)
  row.conf_low, row.conf_high = b - z * se, b + z * se
  if exponentiate then
    row.estimate = math.exp(b)
    row.conf_low, row.conf_high = math.exp(row.conf_low), math.exp(row.conf_high)
  end
end

-- A column by itself.
local function column_row(self, i, conf_level, exponentiate)
  local fit, term = self.fit, self.info.terms[i]
  local row = { term = term.term, variable = term.variable, level = term.level,
    reference = term.reference, n = term.n, n_event = term.n_event }
  local penalty = penalty_of(self, i)
  row.penalty = penalty and penalty.kind
  if not estimable(self, i) then return row end
  row.estimate, row.std_error, row.std_error2 = fit.coef[i], fit.std_error[i], fit.std_error2[i]
  row.statistic, row.df = (fit.coef[i] / fit.std_error[i]) ^ 2, 1
  row.p_value = core.chi_square_p(row.statistic, 1)
  set_limits(row, conf_level, exponentiate)
  return row
end

-- A spline's straight line, and what departs from it.
local function spline_rows(self, k, conf_level, exponentiate)
  local penalty, found = self.info.penalties[k], self.fit.penalised[k]
  local term = self.info.terms[penalty.columns[1]]
  local function row(part, test)
    return { term = term.variable, variable = term.variable, part = part, penalty = "pspline",
      statistic = test.chi_square, df = test.df, p_value = test.p_value, n = term.n,
      n_event = term.n_event }
  end
  local linear, rest = row("linear", found.linear), row("nonlinear", found.nonlinear)
  linear.estimate, linear.std_error = found.slope, found.slope_std_error
  linear.std_error2 = found.slope_std_error2
  set_limits(linear, conf_level, exponentiate)
  return linear, rest
end

local function frailty_row(self, k)
  local penalty, found = self.info.penalties[k], self.fit.penalised[k]
  return { term = ("frailty(%s)"):format(penalty.variable), variable = penalty.variable,
    penalty = "frailty", statistic = found.wald.chi_square, df = found.wald.df,
    p_value = found.wald.p_value, n = self.info.n_used, n_event = self.info.n_event }
end

--- The rows of the table: columns, a spline as two, the frailty last.
local function rows_of(self, conf_level, exponentiate)
  local rows, seen = {}, {}
  for i = 1, #self.info.terms do
    local penalty = penalty_of(self, i)
    if penalty and penalty.kind == "pspline" then
      for k, other in ipairs(self.info.penalties) do
        if other == penalty and not seen[k] then
          seen[k] = true
          rows[#rows + 1], rows[#rows + 2] = spline_rows(self, k, conf_level, exponentiate)
        end
      end
    else
      rows[#rows + 1] = column_row(self, i, conf_level, exponentiate)
    end
  end
  for k, penalty in ipairs(self.info.penalties) do
    if penalty.kind == "frailty" then rows[#rows + 1] = frailty_row(self, k) end
  end
  return rows
end

local TIDY <const> = { { "term", "text" }, { "variable", "text" }, { "level", "text" },
  { "reference", "text" }, { "penalty", "text" }, { "part", "text" }, { "estimate", "real" },
  { "std_error", "real" }, { "std_error2", "real" }, { "statistic", "real" }, { "df", "real" },
  { "p_value", "real" }, { "conf_low", "real" }, { "conf_high", "real" }, { "n", "integer" },
  { "n_event", "real" } }

local function frame_of(rows, schema)
  local columns = {}
  for j, column in ipairs(schema) do
    local values = { n = #rows }
    for i, row in ipairs(rows) do
      local value = row[column[1]]
      values[i] = value == nil and core.NA or value
    end
    columns[j] = { column[1], values, column[2] }
  end
  return result.frame(columns)
end

--- One row a term, with Wald tests: a plain or ridge coefficient has 1 degree of freedom;
--- pspline(x) has a row for its straight line (the slope per unit of x) and one for what departs
--- from it; the frailty has its test alone, on its effective degrees of freedom. std_error is from
--- the inverse of the penalised information H, std_error2 from H^-1 I H^-1 (Gray 1992, JASA
--- 87:942), which takes the penalty's bias as no variance; tests and limits use the first.
---@param options? table            exponentiate (false); conf_level (that of the fit)
---@return lobule.Frame             # term, variable, level, reference, penalty ("ridge", "pspline",
---                                 "frailty"), part ("linear", "nonlinear"), estimate, std_error,
---                                 std_error2, statistic (chi-square), df, p_value, conf_low,
---                                 conf_high, n, n_event
function CoxPenalised:tidy(options)
  local opts <const> = check.options(options, { { "exponentiate", "boolean", false },
    { "conf_level", "level", self.options.conf_level } })
  return (frame_of(rows_of(self, opts.conf_level, opts.exponentiate), TIDY))
end

--- Every column of the design with its coefficient, those of splines too.
---@return lobule.Frame             # term, variable, estimate, std_error, std_error2
function CoxPenalised:coefficients()
  local rows = {}
  for i = 1, #self.info.terms do
    rows[i] = column_row(self, i, self.options.conf_level, false)
  end
  return (frame_of(rows, { { "term", "text" }, { "variable", "text" }, { "estimate", "real" },
    { "std_error", "real" }, { "std_error2", "real" } }))
end

--- How much each penalised term was penalised. theta: of ridge and splines the factor of the
--- penalty (R's theta of pspline is theta / (1 + theta)), of a frailty the variance of the random
--- effect. df is effective: its columns less the trace of H^-1 times the penalty.
---@return lobule.Frame             # term, penalty, method, theta, df, statistic, p_value (Wald
---                                   test
---                                 of all of the term), fits, converged
function CoxPenalised:penalties()
  local rows = {}
  for k, penalty in ipairs(self.info.penalties) do
    local found = self.fit.penalised[k]
    rows[k] = { term = penalty.text, penalty = penalty.kind, method = penalty.method,
      theta = found.theta, df = found.df, statistic = found.wald.chi_square,
      p_value = found.wald.p_value, fits = found.fits, converged = found.converged }
  end
  return (frame_of(rows, { { "term", "text" }, { "penalty", "text" }, { "method", "text" },
    { "theta", "real" }, { "df", "real" }, { "statistic", "real" }, { "p_value", "real" },
    { "fits", "integer" }, { "converged", "logical" } }))
end

-- The frailty among the penalties: its index, nil without.
local function frailty_index(self)
  for k, penalty in ipairs(self.info.penalties) do
    if penalty.kind == "frailty" then return k end
  end
end

--- The frailty of each group: the hazard's factor exp(w), with w and its standard error, and the
--- group's events. One row a group: nothing for a report.
---@return lobule.Frame             # group, n_event, frailty, log_frailty, std_error (of
---                                 log_frailty)
---@raise a fit without frailty()
function CoxPenalised:frailty()
  if not frailty_index(self) then
    core.raise("argument", "the model has no frailty", "Add frailty(id) to the formula.")
  end
  local rows, fit = {}, self.fit
  for g, label in ipairs(self.info.frailty.label) do
    rows[g] = { group = label, n_event = fit.group_event[g], frailty = math.exp(fit.log_frailty[g]),
      log_frailty = fit.log_frailty[g], std_error = fit.log_frailty_std_error[g] }
  end
  return (frame_of(rows, { { "group", "text" }, { "n_event", "real" }, { "frailty", "real" },
    { "log_frailty", "real" }, { "std_error", "real" } }))
end

local function concordance(self)
  local fit = self.fit
  if not rawget(fit, "agreement") then
    fit.agreement = core.cox_concordance(self.model, fit)
  end
  return fit.agreement.concordance, fit.agreement.std_error
end

--- The fit in one row. log_lik is the partial likelihood without the penalty, aic is 2 df - 2
--- log_lik with effective degrees of freedom (Verweij & van Houwelingen 1994). With frailty:
--- theta, the variance of the random effect, and log_lik_integrated over it, for the gamma
--- distribution that of Therneau & Grambsch (2000, eq. 9.11), for the Gaussian Laplace's
--- approximation (Ripatti & Palmgren 2000).
---@return lobule.Frame             # n, n_missing, n_event, log_lik_null, log_lik, penalty, df,
---                                   aic,
---                                 theta, n_group, log_lik_integrated, log_lik_no_frailty,
---                                 concordance, concordance_std_error, iterations, converged
function CoxPenalised:glance()
  local fit, k = self.fit, frailty_index(self)
  local index, index_std_error = concordance(self)
  local row = { n = self.info.n, n_missing = self.info.n_missing, n_event = self.info.n_event,
    log_lik_null = fit.log_lik_null, log_lik = fit.log_lik, penalty = fit.penalty, df = fit.df,
    aic = 2 * fit.df - 2 * fit.log_lik, theta = k and fit.penalised[k].theta,
    n_group = k and self.info.penalties[k].n_group, concordance = index,
    log_lik_integrated = k and fit.log_lik_integrated,
    log_lik_no_frailty = k and fit.log_lik_no_frailty, concordance_std_error = index_std_error,
    iterations = fit.iterations, converged = fit.converged }
  for name, value in pairs(row) do
    if value == false and name ~= "converged" then row[name] = nil end
  end
  return (frame_of({ row }, { { "n", "integer" }, { "n_missing", "integer" }, { "n_event", "real" },
    { "log_lik_null", "real" }, { "log_lik", "real" }, { "penalty", "real" }, { "df", "real" },
    { "aic", "real" }, { "theta", "real" }, { "n_group", "integer" },
    { "log_lik_integrated", "real" }, { "log_lik_no_frailty", "real" }, { "concordance", "real" },
    { "concordance_std_error", "real" }, { "iterations", "integer" },
    { "converged", "logical" } }))
end

--- The model's global tests on effective degrees of freedom, and with frailty that of no random
--- effect: twice the gain of the integrated likelihood over the model without it. As the variance 0
--- lies at the boundary, half of a chi-square with 1 degree of freedom is its p value (Self & Liang
--- 1987, JASA 82:605).
---@return lobule.Frame             # test ("likelihood ratio", "wald", "no frailty"), statistic,
---                                   df,
---                                 p_value
function CoxPenalised:tests()
  local fit = self.fit
  local list = { { "likelihood ratio", fit.likelihood_ratio }, { "wald", fit.wald } }
  if frailty_index(self) then list[3] = { "no frailty", fit.frailty_test } end
  local rows = {}
  for i, test in ipairs(list) do
    rows[i] = { test = test[1], statistic = test[2].chi_square, df = test[2].df,
      p_value = test[2].p_value }
  end
  return (frame_of(rows, { { "test", "text" }, { "statistic", "real" }, { "df", "real" },
    { "p_value", "real" } }))
end

--- Covariance matrix of the coefficients: the inverse of the penalised information, or with
--- sandwich = true H^-1 I H^-1.
---@param options? table            sandwich (false)
---@return lobule.Frame             # term, then one column a term
function CoxPenalised:vcov(options)
  local opts <const> = check.options(options, { { "sandwich", "boolean", false } })
  local matrix = opts.sandwich and self.fit.vcov2 or self.fit.vcov
  local names, columns = {}, {}
  -- No column name holds the backticks of pspline(`age (y)`).
  for i, term in ipairs(self.info.terms) do names[i] = term.term:gsub("`", "") end
  columns[1] = { "term", names, "text" }
  for j, term in ipairs(names) do
    local column = { n = #names }
    for i = 1, #names do
      local known = estimable(self, i) and estimable(self, j)
      column[i] = known and matrix[i][j] or core.NA
    end
    columns[j + 1] = { term, column, "real" }
  end
  return (result.frame(columns))
end

--- Figures. "forest": the hazard ratios, splines left out. The name of a variable: the curve of
--- pspline(x), or the line of x, as log hazard ratio or hazard ratio to a person at the mean of the
--- term, with pointwise limits, over the fitted rows.
---@param what? string              "forest", or a variable of the formula (default: the first
---                                 spline, else the forest)
---@param options? table            of a curve: ratio (false: log hazard ratio), conf_level,
---                                 x_label, title, width_mm (89), journal; of the forest as in
---                                 Cox:plot
---@return lobule.Figure
---@raise a variable that is not in the model; nothing to draw
function CoxPenalised:plot(what, options)
  if type(what) == "table" then what, options = nil, what end
  return (require "lobule.survival.cox_penal_plot"(self, what, options, function(i)
    return column_row(self, i, self.options.conf_level, true)
  end))
end

for _, name in ipairs { "hazard_ratio", "predict", "residuals", "baseline", "augment",
  "concordance", "contrast" } do
  CoxPenalised[name] = cox[name]
end

function CoxPenalised:__tostring()
  local rows = rows_of(self, self.options.conf_level, true)
  return view.text(self, rows, concordance)
end

--- The blocks of a report: the table of terms with its notes, then warnings.
---@param options? table
---@return table[]
function CoxPenalised:report_blocks(options)
  local rows = rows_of(self, self.options.conf_level, true)
  return (view.blocks(self, rows, concordance, options))
end

--- Everything at full precision.
---@return table
function CoxPenalised:record()
  return result.ordered { { "kind", "survival.cox" }, { "formula", self.info.formula },
    { "cause", self.info.event_cause }, { "ties", self.options.ties },
    { "conf_level", self.options.conf_level }, { "converged", self.converged },
    { "terms", result.record(self:tidy()) }, { "penalties", result.record(self:penalties()) },
    { "coefficients", result.record(self:coefficients()) },
    { "glance", result.record(self:glance()) }, { "tests", result.record(self:tests()) },
    { "vcov", result.record(self:vcov()) }, { "lineage", self.info.lineage },
    { "warnings", self.warnings } }
end

CoxPenalised.contrast = require("lobule.contrast_methods").contrast
core.class("cox_penalised", CoxPenalised)
M.methods = CoxPenalised
return M
