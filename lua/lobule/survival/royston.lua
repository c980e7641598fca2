--- Royston-Parmar models: a spline of log time, proportional hazards, odds or probits.
local check = require "lobule.check"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local format = require "lobule.format"
local predict = require "lobule.survival.aft_predict"
local result = require "lobule.result"
local shown = require "lobule.shown"
local terms = require "lobule.terms"
local weights = require "lobule.survival.weights"

---@class lobule.RoystonParmar
---@field converged boolean
---@field warnings string[]
---@field info table
---@field title string
local RoystonParmar = { __name = "lobule.RoystonParmar" }
result.mixin(RoystonParmar)

local M, functions = {}, {}

local OPTIONS <const> = weights.join {
  { "link", { "hazard", "odds", "normal" }, "hazard" },
  { "df", "count" },
  { "knots", "times" },
  { "conf_level", "level", 0.95 },
  { "max_iter", "count", 200 },
}
local REFUSED <const> = { sampling = "Its variance is model-based: survival.aft has a robust one." }
local RATIO <const> = { hazard = "Hazard ratio", odds = "Odds ratio", normal = "Probit difference" }
local SCALE <const> = { hazard = "log cumulative hazard", odds = "log cumulative odds",
  normal = "minus the normal quantile of survival" }

--- Flexible parametric model (Royston & Parmar 2002, Stat Med 21:2175): a natural cubic spline of
--- log time on the scale of the log cumulative hazard ("hazard": hazards are proportional), the log
--- cumulative odds ("odds") or minus the normal quantile of survival ("normal"), to which
--- covariates add. df 1 is the Weibull, log-logistic or log-normal model. Boundary knots are the
--- first and last exact event time; beyond them the spline is linear. Coefficients are those of the
--- untransformed spline basis, as flexsurv's (gamma0, gamma1 of log time, gamma2 ...). Any
--- censoring and late entry as in survival.aft. Effects that change with time are not there:
--- covariates do not interact with the spline.
---@param formula string            "Surv(time, event) ~ treatment + age"; as survival.aft
---@param data lobule.Cohort|lobule.Frame
---@param options? table            link: "hazard" (default), "odds", "normal"; df (3): inner knots
---                                 + 1, at equal quantiles of the log exact times; knots: inner
---                                 ones, times, in the place of df; conf_level (0.95); max_iter
---                                 (200); weights; weight_type: "frequency", "case"
---@return lobule.RoystonParmar
---@raise as survival.aft; knots that coincide; strata(), cluster()
---@example lb.survival.royston_parmar("Surv(months, progressed) ~ arm", lb.example_data())
function functions.royston_parmar(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  weights.check(opts, data, REFUSED)
  if opts.df and opts.knots then core.raise("argument", "df and knots: give one of them") end
  local model, info = fitting.build(formula, weights.present(data, opts), "design", opts,
    { outcome = "interval" })
  if #info.strata.label > 0 and info.strata.name[1] ~= "" or info.n_cluster then
    core.raise("argument", "a Royston-Parmar model takes no strata() or cluster()",
      "Add them as terms; survival.aft takes both.")
  end
  local fit = core.royston(model, { link = opts.link, df = opts.df or 3, knots = opts.knots,
    max_iter = opts.max_iter })
  fit.time_scale = info.time_max > 0 and info.time_max or math.exp(fit.knot[#fit.knot])
  local warnings = result.warnings(info)
  if info.time_max == 0 then table.remove(warnings) end -- intervals count no events
  if not fit.converged then
    warnings[#warnings + 1] = ("the fit did not converge in %d iterations: no estimates are given; "
      .. "fewer knots may"):format(fit.iterations)
  end
  return (setmetatable({ fit = fit, info = info, options = opts, model = model, data = data,
    title = "Royston-Parmar model", converged = fit.converged, warnings = warnings },
    RoystonParmar))
end

local function name_of(self, i)
  local n = #self.fit.knot
  return i <= n and "gamma" .. (i - 1) or self.info.terms[i - n].term
end

local function row_of(self, i, level, exponentiate)
  local fit, term = self.fit, self.info.terms[i - #self.fit.knot] or {}
  local row = { term = name_of(self, i), variable = term.variable, level = term.level,
    reference = term.reference }
  if not fit.converged then return row end
  local b, se, z = fit.coef[i], fit.std_error[i], core.normal_quantile(0.5 + level / 2)
  local show = exponentiate and i > #fit.knot and math.exp or function(x) return x end
  row.estimate, row.std_error, row.statistic, row.p_value = show(b), se, b / se,
    core.normal_p(b / se)
  row.conf_low, row.conf_high = show(b - z * se), show(b + z * se)
  return row
end

local TIDY <const> = { { "term", "text" }, { "variable", "text" }, { "level", "text" },
  { "reference", "text" }, { "estimate", "real" }, { "std_error", "real" },
  { "statistic", "real" }, { "p_value", "real" }, { "conf_low", "real" }, { "conf_high", "real" } }

local function frame_of(rows, schema)
  local columns = {}
  for j, column in ipairs(schema) do
    columns[j] = { column[1], { n = #rows }, column[2] }
    for i, row in ipairs(rows) do
      local value = row[column[1]]
      columns[j][2][i] = value == nil and core.NA or value
    end
  end
  return result.frame(columns)
end

--- One row a parameter: gamma0, gamma1 (of log time), gamma2 ..., then the terms. exponentiate
--- gives hazard or odds ratios of the terms; std_error stays on the log scale.
---@param options? table            exponentiate (false); conf_level (that of the fit)
---@return lobule.Frame             # term, variable, level, reference, estimate, std_error,
---                                 statistic, p_value, conf_low, conf_high
function RoystonParmar:tidy(options)
  local opts <const> = check.options(options, { { "exponentiate", "boolean", false },
    { "conf_level", "level", self.options.conf_level } })
  local exponentiate = opts.exponentiate and self.fit.link ~= "normal"
  local rows = {}
  for i = 1, #self.fit.coef do rows[i] = row_of(self, i, opts.conf_level, exponentiate) end
  local frame = frame_of(rows, TIDY)
  return frame
end

--- The fit in one row; bic counts rows.
---@return lobule.Frame             # link, n, n_missing, df, log_lik_null, log_lik, aic, bic,
---                                 iterations, converged
function RoystonParmar:glance()
  local fit, df = self.fit, #self.fit.coef
  local frame = frame_of({ { link = fit.link, n = self.info.n, n_missing = self.info.n_missing,
    df = df, log_lik_null = fit.log_lik_null, log_lik = fit.log_lik,
    aic = 2 * df - 2 * fit.log_lik, bic = df * math.log(self.info.n) - 2 * fit.log_lik,
    iterations = fit.iterations, converged = fit.converged } }, { { "link", "text" },
    { "n", "integer" }, { "n_missing", "integer" }, { "df", "integer" },
    { "log_lik_null", "real" }, { "log_lik", "real" }, { "aic", "real" }, { "bic", "real" },
    { "iterations", "integer" }, { "converged", "logical" } })
  return frame
end

--- The likelihood-ratio test against the spline alone.
---@return lobule.Frame             # test, statistic, df, p_value
function RoystonParmar:tests()
  local fit = self.fit
  local statistic = math.max(0, 2 * (fit.log_lik - fit.log_lik_null))
  local frame = frame_of({ { test = "likelihood ratio", statistic = statistic, df = fit.df,
    p_value = fit.df > 0 and core.chi_square_p(statistic, fit.df) or nil } },
    { { "test", "text" }, { "statistic", "real" }, { "df", "integer" }, { "p_value", "real" } })
  return frame
end

--- Covariance matrix of all parameters.
---@return lobule.Frame             # term, then one column a parameter
function RoystonParmar:vcov()
  local rows, schema = {}, { { "term", "text" } }
  for i = 1, #self.fit.coef do
    schema[i + 1] = { name_of(self, i), "real" }
    rows[i] = { term = name_of(self, i) }
    for j = 1, #self.fit.coef do rows[i][name_of(self, j)] = self.fit.vcov[i][j] end
  end
  local frame = frame_of(rows, schema)
  return frame
end

--- Knots as times, boundaries first and last.
---@return number[]
function RoystonParmar:knots()
  local list = {}
  for i, knot in ipairs(self.fit.knot) do list[i] = math.exp(knot) end
  return list
end

--- Predictions as of survival.aft: "lp" (the covariates' part, without the spline), "survival",
--- "hazard", "cumulative_hazard" and "rmst" at times, "quantile".
---@param options? table            type ("lp"); newdata: frame, cohort or { age = { 50, 70 } };
---                                 times: ascending; prob (0.5): fractions; conf_level (that of the
---                                 fit)
---@return lobule.Frame             # row, (time or prob), estimate, std_error, conf_low, conf_high
---@raise a fit that did not converge; a mean, which would be extrapolation
function RoystonParmar:predict(options)
  local frame = predict.predict(self, options)
  return frame
end

local function terms_table(self)
  local ratio, rows = self.fit.link ~= "normal", {}
  local aft <const> = require "lobule.survival.aft"
  for i, term in ipairs(self.info.terms) do
    local row = row_of(self, #self.fit.knot + i, self.options.conf_level, ratio)
    rows[i] = { terms.label(term, self.info.labels), aft.interval_text(row, ratio),
      shown.p(row.p_value) }
  end
  return require("lobule.table").new { rows = rows, columns = { { label = "Term" },
    { label = ("%s (%s %% CI)"):format(RATIO[self.fit.link],
      core.format_number(100 * self.options.conf_level)), align = "right" },
    { label = "p", align = "right" } }, notes = {} }
end

local function fit_lines(self, profile)
  local fit, knots = self.fit, {}
  for i, knot in ipairs(self:knots()) do knots[i] = format.number(knot) end
  local lines = { ("n = %d; %s is a spline of log time, knots at %s"):format(self.info.n,
    SCALE[fit.link], table.concat(knots, ", ")),
    ("log-likelihood %s, AIC %s"):format(format.fixed(fit.log_lik, 2),
      format.fixed(2 * #fit.coef - 2 * fit.log_lik, 2)) }
  if fit.df > 0 then
    local test = self:tests():rows_list()[1]
    lines[2] = ("%s, likelihood ratio %s on %d df, %s"):format(lines[2],
      format.fixed(test.statistic, 2), test.df, shown.p_phrase(test.p_value, profile))
  end
  lines[#lines + 1] = weights.text(self.options, self.info)
  return lines
end

function RoystonParmar:__tostring()
  local parts = { result.heading(self.title, self.info) }
  if #self.info.terms > 0 then parts[2] = tostring(terms_table(self)) end
  for _, line in ipairs(fit_lines(self)) do parts[#parts + 1] = line end
  for _, warning in ipairs(self.warnings) do parts[#parts + 1] = "warning: " .. warning end
  return table.concat(parts, "\n")
end

--- The blocks of a report: the table of ratios, then warnings.
---@param options? table
---@return table[]
function RoystonParmar:report_blocks(options)
  local view = terms_table(self)
  view.caption = options and options.caption or self.title
  for _, line in ipairs(fit_lines(self, options and options.profile)) do
    view.notes[#view.notes + 1] = line .. "."
  end
  local blocks = { { kind = "table", table = view } }
  for _, warning in ipairs(self.warnings) do
    blocks[#blocks + 1] = { kind = "warning", text = warning }
  end
  return blocks
end

--- Everything at full precision.
---@return table
function RoystonParmar:record()
  return result.ordered { { "kind", "survival.royston_parmar" },
    { "formula", self.info.formula }, { "link", self.fit.link }, { "knots", self:knots() },
    { "converged", self.converged }, { "terms", result.record(self:tidy()) },
    { "glance", result.record(self:glance()) }, { "vcov", result.record(self:vcov()) },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

M.royston_parmar = result.functions("survival", functions).royston_parmar
RoystonParmar.contrast = require("lobule.contrast_methods").contrast
core.class("royston_parmar", RoystonParmar)
return M
