--- How a Cox model with penalised terms is printed: its table, and the lines below it.
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local shown_as = require "lobule.shown"
local terms = require "lobule.terms"

local M = {}

--- "log(bili)" of "pspline(log(bili), df = 4)".
---@param call string
---@return string
function M.argument(call)
  local inside, depth = call:match "^%w+%s*%((.*)%)$" or call, 0
  for at, c in inside:gmatch "()([%(%){},])" do
    if c == "," and depth == 0 then return inside:sub(1, at - 1) end
    if c ~= "," then depth = depth + ((c == "(" or c == "{") and 1 or -1) end
  end
  return inside
end

-- The label of a term, with what it is: "Age (years), linear part".
local function name_of(self, row)
  local labels = self.info.labels
  if row.penalty == "frailty" then
    return ("Frailty: %s"):format(labels[row.variable] or row.variable)
  elseif row.part then
    local inner = M.argument(row.variable):gsub("^%s*`(.*)`%s*$", "%1")
    return ("%s, %s"):format(labels[inner] or inner, row.part == "linear" and "linear part"
      or "nonlinear part")
  end
  local label = terms.label(row, labels)
  return row.penalty == "ridge" and label .. " (ridge)" or label
end

local function ratio_text(row)
  if row.penalty == "frailty" or row.part == "nonlinear" then return "" end
  if not row.estimate or row.estimate ~= row.estimate then return "NA" end
  local estimate, low, high = format.ratio_interval(row.estimate, row.conf_low, row.conf_high)
  return ("%s (%s to %s)"):format(estimate, low, high)
end

local function number(x, digits)
  if x == nil or x ~= x then return "NA" end
  return format.fixed(x, digits)
end

local function terms_table(self, rows)
  local cells, spline = {}, false
  for i, row in ipairs(rows) do
    spline = spline or row.part ~= nil
    cells[i] = { name_of(self, row), ratio_text(row), number(row.statistic, 2),
      row.df == 1 and "1" or number(row.df, 2), shown_as.p(row.p_value) }
  end
  local level = core.format_number(100 * self.options.conf_level)
  local notes = {}
  if spline then
    notes[1] = "The linear part of a spline is its slope: the hazard ratio of one unit. fit:plot() "
      .. "draws the curve."
  end
  return require("lobule.table").new { rows = cells, columns = { { label = "Term", align = "left" },
    { label = ("Hazard ratio (%s %% CI)"):format(level), align = "right" },
    { label = "Chi-square", align = "right" }, { label = "df", align = "right" },
    { label = "p", align = "right" } }, notes = notes }
end

local HOW <const> = { fixed = "given", df = "by degrees of freedom", aic = "by Akaike's criterion",
  em = "by the integrated likelihood", reml = "by restricted maximum likelihood" }

local function frailty_lines(self, k, profile)
  local penalty, found, fit = self.info.penalties[k], self.fit.penalised[k], self.fit
  local test = fit.frailty_test
  local lines = { ("variance of the random effect %s (%s, %s), %d group%s"):format(
    format.number(found.theta, 3), penalty.distribution == "gamma" and "gamma" or "Gaussian",
    HOW[penalty.method], penalty.n_group, penalty.n_group == 1 and "" or "s") }
  lines[2] = ("integrated log-likelihood %s, without frailty %s"):format(
    format.fixed(fit.log_lik_integrated, 2), format.fixed(fit.log_lik_no_frailty, 2))
  lines[3] = ("no frailty: chi-square %s, %s (half of 1 df, as 0 is at the boundary)"):format(
    format.fixed(test.chi_square, 2), shown_as.p_phrase(test.p_value, profile))
  if fit.approximate_trace then
    lines[4] = "with so many groups the degrees of freedom of the frailty are approximate"
  end
  return lines
end

local function penalty_line(self, k)
  local penalty, found = self.info.penalties[k], self.fit.penalised[k]
  return ("%s: penalty %s (%s), %s effective df"):format(penalty.text,
    format.number(found.theta, 3), HOW[penalty.method], format.fixed(found.df, 2))
end

local function fit_lines(self, concordance, profile)
  local fit, info = self.fit, self.info
  local lines = { ("n = %s, events = %s, ties by %s%s"):format(result.n_text(info),
    format.count(info.n_event),
    self.options.ties == "efron" and "Efron" or "Breslow", #info.strata.label > 1
      and (", %d strata"):format(#info.strata.label) or "") }
  for k, penalty in ipairs(info.penalties) do
    if penalty.kind == "frailty" then
      for _, line in ipairs(frailty_lines(self, k, profile)) do lines[#lines + 1] = line end
    else
      lines[#lines + 1] = penalty_line(self, k)
    end
  end
  local test = fit.likelihood_ratio
  local index, std_error = concordance(self)
  lines[#lines + 1] = ("likelihood ratio %s on %s df, %s%s"):format(
    format.fixed(test.chi_square, 2), format.fixed(test.df, 2),
    test.p_value ~= test.p_value and "p NA" or shown_as.p_phrase(test.p_value, profile), index
      and (", concordance %s (SE %s)"):format(format.fixed(index, 3), format.fixed(std_error, 3))
      or "")
  lines[#lines + 1] = require("lobule.survival.weights").text(self.options, info)
  return lines
end

--- The text of print(fit).
---@param self lobule.CoxPenalised
---@param rows table[]
---@param concordance fun(self: lobule.CoxPenalised): number?, number?
---@return string
function M.text(self, rows, concordance)
  return printed.text(self, terms_table(self, rows), fit_lines(self, concordance))
end

--- The blocks of a report.
---@param self lobule.CoxPenalised
---@param rows table[]
---@param concordance fun(self: lobule.CoxPenalised): number?, number?
---@param options? table
---@return table[]
function M.blocks(self, rows, concordance, options)
  return (printed.blocks(self, terms_table(self, rows),
    fit_lines(self, concordance, options and options.profile), options))
end

return M
