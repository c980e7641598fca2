--- Parametric survival regressions: accelerated failure times (and Gompertz hazards) with their
--- ratios, tests, covariance and figures.
local check = require "lobule.check"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local format = require "lobule.format"
local head = require "lobule.survival.parametric_head"
local printed = require "lobule.printed"
local result = require "lobule.result"
local shown = require "lobule.shown"
local terms = require "lobule.terms"
local weights = require "lobule.survival.weights"
local words = require "lobule.survival.parametric_words"

---@class lobule.AFT
---@field converged boolean
---@field warnings string[]
---@field info table
---@field title string
local AFT = { __name = "lobule.AFT" } -- no ratio_label: what its ratios are depends on the fit
result.mixin(AFT)

local M, functions = {}, {}

local OPTIONS <const> = head.join {
  { "distribution", words.DISTRIBUTIONS, "weibull" },
  { "scale", "positive" },
  { "df", "positive" },
  { "conf_level", "level", 0.95 },
  { "max_iter", "count", 200 },
}

local function check_options(opts)
  local d = opts.distribution
  if opts.df and d ~= "t" then
    core.raise("argument", "df: degrees of freedom go with distribution = \"t\"")
  elseif opts.scale and d == "gompertz" then
    core.raise("argument", "scale: Gompertz hazards have a shape, no scale", "Leave scale out.")
  elseif opts.scale and (d == "exponential" or d == "rayleigh") then
    core.raise("argument", ("scale: it is %s in the %s distribution"):format(
      d == "exponential" and "1" or "0.5", d), 'Take distribution = "weibull" with the scale.')
  end
end

--- Parametric survival regression by maximum likelihood (Kalbfleisch & Prentice 2002, chapter 3).
--- Accelerated failure times: log t = location + scale w, w of the extreme value ("weibull";
--- "exponential" with scale 1, "rayleigh" with scale 1/2), normal ("lognormal"), logistic
--- ("loglogistic") or log-gamma ("gengamma", Prentice 1974: Q = 1 is Weibull, Q = 0 log-normal)
--- distribution; the same of t itself: "extreme", "gaussian", "logistic", "t". "gompertz": hazard
--- rate exp(shape t), coefficients are log hazard ratios, and a negative shape leaves a fraction
--- without the event. Coefficients, log(scale) and log-likelihood are those of R's survreg. Times
--- may be exact, right-, left- or interval-censored; with late entry the likelihood is conditional
--- on no event until entry. strata(x) gives each stratum its own scale. The null model has
--- intercept, offset, scales and shape. Rows missing any variable are left out and counted.
---@param formula string            "Surv(time, event) ~ treatment + age", "Surv(entry, time, event)
---                                 ~ x", "Surv_interval(lower, upper) ~ x + strata(sex)"; a missing
---                                 lower limit is left-, a missing upper one right-censored
---@param data lobule.Cohort|lobule.Frame
---@param options? table            distribution: "weibull" (default), "exponential", "rayleigh",
---                                 "lognormal", "loglogistic", "gengamma", "gompertz", "gaussian",
---                                 "logistic", "extreme", "t"; scale: fixed at this; df: of "t"
---                                 (4); conf_level (0.95); robust: sandwich variance, by itself
---                                 with cluster(x) in the formula, cluster = "x" or sampling
---                                 weights; max_iter (200); weights: a column; weight_type:
---                                 "frequency" (rows repeated), "sampling" (robust variance),
---                                 "case" (model-based variance)
---@return lobule.AFT
---@raise no event; a time of 0 where its logarithm is taken; weights without weight_type; as
---       survival.km
---@example lb.survival.aft("Surv(months, progressed) ~ arm + age", lb.example_data())
function functions.aft(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  weights.check(opts, data)
  check_options(opts)
  local model, info = fitting.build(fitting.clustered(formula, opts), weights.present(data, opts),
    "design", opts, { outcome = "interval" })
  local robust = head.robust(opts, info)
  local fit = core.aft(model, { distribution = opts.distribution, scale = opts.scale,
    df_t = opts.df, max_iter = opts.max_iter, robust = robust, weight_type = opts.weight_type })
  fit.robust = robust or nil
  return (M.new(fit, info, opts, model, data))
end

--- Wraps a fit of the core.
---@param fit table
---@param info table
---@param opts table
---@param model lobule.Model        what was fitted, for residuals and predictions
---@param data lobule.Cohort|lobule.Frame
---@return lobule.AFT
function M.new(fit, info, opts, model, data)
  info.interval = fit.n_left + fit.n_interval > 0 or info.time_max == 0
  if info.interval then -- the model counts events of right-censored times only
    info.n_event = fit.weight_event
    for _, term in ipairs(info.terms) do term.n_event = nil end
  end
  fit.time_scale = info.time_max > 0 and info.time_max or 1
  local name = words.NAMES[fit.distribution]
  local title = fit.distribution == "gompertz" and "Gompertz proportional hazards model"
    or words.log_time(fit.distribution) and ("%s accelerated failure time model"):format(name)
    or ("%s regression of times"):format(name)
  local self = setmetatable({ fit = fit, info = info, options = opts, model = model, data = data,
    title = title, converged = fit.converged, warnings = words.warnings(fit, info),
    parameters = words.parameters(fit, info) }, AFT)
  fit.likelihood_ratio = { df = self:df() } -- what lb.anova compares
  if fit.robust then fit.naive_std_error = true end
  return self
end

--- The estimate of parameter i: nil fields where it does not exist.
local function row_of(self, i, level, exponentiate)
  local fit, term = self.fit, self.parameters[i]
  local row = { term = term.term, variable = term.variable, level = term.level,
    reference = term.reference, n = term.n, n_event = term.n_event }
  if not fit.converged or term.collinear or term.infinite then return row end
  local ratio = exponentiate and term.term ~= "Q" and term.term ~= "shape"
  return head.estimate(row, fit.coef[i], fit.std_error[i], level, ratio and math.exp or nil)
end

local TIDY <const> = head.columns(head.columns({ { "term", "text" }, { "variable", "text" },
  { "level", "text" }, { "reference", "text" } }, head.ESTIMATES), { { "n", "integer" },
  { "n_event", "real" } })

--- One row a parameter: "(Intercept)", the terms, "log(scale)" (of each stratum), "Q" of the
--- generalised gamma, "shape" of Gompertz hazards. exponentiate gives time ratios (acceleration
--- factors; Gompertz: hazard ratios) and the scale itself; std_error stays on the log scale.
---@param options? table            exponentiate (false); conf_level (that of the fit)
---@return lobule.Frame             # term, variable, level, reference, estimate, std_error,
---                                 statistic, p_value, conf_low, conf_high, n, n_event
function AFT:tidy(options)
  local opts <const> = check.options(options, { { "exponentiate", "boolean", false },
    { "conf_level", "level", self.options.conf_level } })
  local d = self.fit.distribution
  if opts.exponentiate and not words.log_time(d) and d ~= "gompertz" then
    core.raise("argument", ("exponentiate: coefficients of the %s distribution are differences of "
      .. "times, not of their logarithms"):format(d))
  end
  local rows = {}
  for i = 1, #self.parameters do rows[i] = row_of(self, i, opts.conf_level, opts.exponentiate) end
  local frame = head.frame(rows, TIDY)
  return frame
end

--- Hazard ratios of the terms where hazards are proportional: exp(-b / scale) of Weibull times
--- (of each stratum with its scale), exp(b) of Gompertz hazards; std_error and limits by the delta
--- method on the log scale, where they are.
---@param options? table            conf_level (that of the fit)
---@return lobule.Frame             # strata, term, estimate, log_hazard_ratio, std_error,
---                                 statistic, p_value, conf_low, conf_high
---@raise a distribution whose hazards are not proportional
---@example lb.survival.aft("Surv(months, progressed) ~ arm", lb.example_data()):hazard_ratios()
function AFT:hazard_ratios(options)
  local opts <const> = check.options(options, { { "conf_level", "level",
    self.options.conf_level } })
  if not words.proportional(self.fit.distribution) then
    core.raise("argument", ("hazards of the %s distribution are not proportional"):format(
      self.fit.distribution), "Time ratios: fit:tidy { exponentiate = true }.")
  end
  words.check_settled(self)
  local rows, z = {}, core.normal_quantile(0.5 + opts.conf_level / 2)
  for s = 1, math.max(1, self.fit.n_scale) do
    for i, term in ipairs(self.info.terms) do
      local row = { term = term.term, strata = self.fit.n_scale > 1
        and self.info.strata.name[s] or "all" }
      if not (term.collinear or term.infinite) then
        local b, se = words.log_hazard_ratio(self.fit, i, s)
        row.log_hazard_ratio, row.std_error, row.estimate = b, se, math.exp(b)
        row.statistic, row.p_value = b / se, core.normal_p(b / se)
        row.conf_low, row.conf_high = math.exp(b - z * se), math.exp(b + z * se)
      end
      rows[#rows + 1] = row
    end
  end
  local frame = head.frame(rows, { { "strata", "text" }, { "term", "text" }, { "estimate", "real" },
    { "log_hazard_ratio", "real" }, { "std_error", "real" }, { "statistic", "real" },
    { "p_value", "real" }, { "conf_low", "real" }, { "conf_high", "real" } })
  return frame
end

--- The fit in one row. n is rows, or frequencies added up; df counts all parameters. bic counts
--- rows as R does for survreg (of a Cox model, whose likelihood has events only, it counts those);
--- aicc is Hurvich and Tsai's (1989). n_event: rows, weighted, that are not right-censored.
---@return lobule.Frame             # distribution, n, n_missing, n_event, df, scale, log_lik_null,
---                                 log_lik, aic, aicc, bic, iterations, converged
function AFT:glance()
  local fit, df = self.fit, self:df()
  local row = head.glance(self, df)
  if fit.n_scale == 1 then row.scale = math.exp(fit.coef[#self.info.terms + 2]) end
  if fit.n_scale == 0 then row.scale = rawget(fit, "scale") end
  row.distribution, row.n_event, row.log_lik_null = fit.distribution, fit.weight_event,
    fit.log_lik_null
  if row.aic and row.n > df + 1 then row.aicc = row.aic + 2 * df * (df + 1) / (row.n - df - 1) end
  local frame = head.frame({ row }, { { "distribution", "text" }, { "n", "integer" },
    { "n_missing", "integer" }, { "n_event", "real" }, { "df", "integer" }, { "scale", "real" },
    { "log_lik_null", "real" }, { "log_lik", "real" }, { "aic", "real" }, { "aicc", "real" },
    { "bic", "real" }, { "iterations", "integer" }, { "converged", "logical" } })
  return frame
end

--- Number of estimated parameters.
---@return integer
function AFT:df()
  local n = 1 + self.fit.n_scale + self.fit.n_shape
  for _, collinear in ipairs(self.fit.collinear) do n = n + (collinear and 0 or 1) end
  return n
end

--- The likelihood-ratio test against the null model (intercept, offset, scales, shape).
---@return lobule.Frame             # test, statistic, df, p_value
function AFT:tests()
  local frame = head.likelihood_ratio(self.fit)
  return frame
end

--- Covariance matrix of all parameters, log(scale) and shape among them.
---@return lobule.Frame             # term, then one column a parameter
function AFT:vcov()
  local names = {}
  for i, term in ipairs(self.parameters) do names[i] = term.term end
  local frame = head.vcov(names, self.fit.vcov, function(i)
    local term = self.parameters[i]
    return self.converged and not (term.collinear or term.infinite)
  end)
  return frame
end

function M.row_of(self, i, level, exponentiate) return row_of(self, i, level, exponentiate) end

M.interval_text = head.interval_text

--- One line a term: time ratio, hazard ratio where it exists, p.
local function terms_table(self)
  local d, level = self.fit.distribution, self.options.conf_level
  local ratio = words.log_time(d) or d == "gompertz"
  local percent = core.format_number(100 * level)
  local first = d == "gompertz" and "Hazard ratio" or ratio and "Time ratio" or "Difference"
  local columns = { { label = "Term", align = "left" },
    { label = ("%s (%s %% CI)"):format(first, percent), align = "right" } }
  local both = ratio and d ~= "gompertz" and words.proportional(d) and self.fit.n_scale <= 1
    and self.converged
  if both then columns[3] = { label = ("Hazard ratio (%s %% CI)"):format(percent),
    align = "right" } end
  columns[#columns + 1] = { label = "p", align = "right" }
  local hazards = both and self:hazard_ratios():rows_list() or {}
  local rows = {}
  for i, term in ipairs(self.info.terms) do
    local row = row_of(self, i + 1, level, ratio)
    rows[i] = { terms.label(term, self.info.labels), head.interval_text(row, ratio) }
    if both then rows[i][3] = head.interval_text(hazards[i], true) end
    rows[i][#rows[i] + 1] = shown.p(row.p_value)
  end
  local notes = {}
  if ratio and d ~= "gompertz" and #rows > 0 then
    notes[1] = "A time ratio above 1 means longer times to the event."
  end
  return require("lobule.table").new { rows = rows, columns = columns, notes = notes }
end

--- "scale 0.731 (95 % CI 0.648 to 0.825)", and what it means.
local function parameter_lines(self)
  local lines, level = {}, self.options.conf_level
  if not self.converged then return lines end
  for i = #self.info.terms + 2, #self.parameters do
    local name = self.parameters[i].term
    local row = row_of(self, i, level, true)
    local text = name:gsub("^log%((.-)%)", "%1")
    lines[#lines + 1] = ("%s %s"):format(text, head.interval_text(row))
    if self.fit.distribution == "weibull" then
      lines[#lines] = lines[#lines] .. (", Weibull shape %s"):format(format.number(
        1 / row.estimate))
    elseif name == "Q" then
      lines[#lines] = lines[#lines] .. "; Q = 1 is Weibull, Q = 0 log-normal"
    end
  end
  if rawget(self.fit, "scale") then
    lines[1] = ("scale fixed at %s"):format(format.number(self.fit.scale))
  end
  return lines
end

local function fit_lines(self, profile)
  local fit = self.fit
  local lines = { ("n = %s: %s"):format(result.n_text(self.info), words.counts(fit)) }
  for _, line in ipairs(parameter_lines(self)) do lines[#lines + 1] = line end
  local tests = head.likelihood_text(self, self:df())
  if self.converged and fit.df > 0 then
    local test = self:tests():rows_list()[1]
    tests = ("%s, likelihood ratio %s on %d df, %s"):format(tests, format.fixed(test.statistic, 2),
      test.df, shown.p_phrase(test.p_value, profile))
  end
  lines[#lines + 1] = tests
  lines[#lines + 1] = head.variance_text(self)
  return lines
end

function AFT:__tostring()
  return printed.text(self, #self.info.terms > 0 and terms_table(self) or nil, fit_lines(self))
end

--- The blocks of a report: the table of ratios with its notes, then warnings.
---@param options? table
---@return table[]
function AFT:report_blocks(options)
  return (printed.blocks(self, terms_table(self), fit_lines(self, options and options.profile),
    options))
end

--- Everything at full precision.
---@return table
function AFT:record()
  return result.ordered { { "kind", "survival.aft" }, { "formula", self.info.formula },
    { "distribution", self.fit.distribution }, { "conf_level", self.options.conf_level },
    { "converged", self.converged }, { "terms", result.record(self:tidy()) },
    { "glance", result.record(self:glance()) }, { "tests", result.record(self:tests()) },
    { "vcov", result.record(self:vcov()) }, { "lineage", self.info.lineage },
    { "warnings", self.warnings } }
end

M.aft = result.functions("survival", functions).aft
for name, method in pairs(require "lobule.survival.aft_predict") do AFT[name] = method end
AFT.contrast = require("lobule.contrast_methods").contrast
core.class("aft", AFT)
return M
