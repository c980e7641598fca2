--- Contrasts of a regression: differences or ratios with simultaneous intervals, adjusted p-values
--- and their joint test.
local check = require "lobule.check"
local contrast = require "lobule.contrast"
local core = require "lobule.core"
local estimates = require "lobule.estimates"
local result = require "lobule.result"
local simultaneous = require "lobule.simultaneous"
local view = require "lobule.contrast_view"

---@class lobule.Contrasts
---@field list table[]              each { name, estimate, std_error, statistic, p_value, raw,
---                                 conf_low, conf_high, row }; on the scale of the coefficients
---@field measure string            "Hazard ratio"
---@field info table
---@field warnings string[]
---@field title string
local Contrasts = { __name = "lobule.Contrasts" }
result.mixin(Contrasts)

local M = {}

local OPTIONS <const> = { { "adjust", simultaneous.METHODS }, { "conf_level", "level" },
  { "alternative", { "two_sided", "greater", "less" }, "two_sided" }, { "null", "number" },
  { "joint", "boolean" }, { "trend", "boolean", false }, { "scores", "any" },
  { "part", { "latency", "cure" } }, { "transition", "string" }, { "cause", "any" } }

local OF <const> = { part = "lobule.Cure", transition = "lobule.MultistateCox",
  cause = "lobule.CauseSpecific" }

-- Figures of ratios do not reach farther; a difference has a unit of its own.
local LARGEST_RATIO <const>, LARGEST_DIFFERENCE <const> = 1e6, 1e12

local function check_options(fit, options)
  simultaneous.check(options)
  local opts <const> = check.options(options, OPTIONS)
  for _, name in ipairs { "part", "transition", "cause" } do
    if opts[name] ~= nil and not check.is(fit, OF[name]) then
      core.raise("argument", ("%s: %s has none"):format(name, fit.title or "the fit"),
        "Leave it out.")
    end
  end
  if opts.scores ~= nil and not opts.trend then
    core.raise("argument", "scores go with trend = true")
  end
  opts.conf_level = opts.conf_level or fit.options.conf_level
  return opts
end

--- Refuses what touches a coefficient without an estimate, or what the design cannot tell: of two
--- people each combination that is the same for all solutions has an estimate, the others none
--- (Searle 1971, section 5.4). Coefficients named one by one are those of the fit as printed.
local function check_estimable(e, rows)
  local aliased, flat, by_design, any = {}, {}, {}, next(e.sums) ~= nil
  for _, one in ipairs(rows) do
    for i, weight in ipairs(one.row) do
      local why = weight ~= 0 and e.absent[i]
      if why and (one.by_name or not e.sums[i]) then
        core.raise("numeric", ("'%s' cannot be estimated: '%s' %s"):format(one.name, e.names[i],
          why), why:find "finite" and "print(fit) says why." or "Leave the term out of the model, "
            .. "or compare people who differ in all that goes together.")
      end
    end
    if any and not one.by_name then by_design[#by_design + 1] = one end
  end
  if #by_design == 0 then return end
  local p = #e.fitted:info().terms
  for j = 1, p do aliased[j] = e.sums[e.first + j] or false end
  for _, one in ipairs(by_design) do
    for j = 1, p do flat[#flat + 1] = one.row[e.first + j] end
  end
  for k, ok in ipairs(core.design_estimable(e.fitted, aliased, flat, e.within_strata)) do
    if not ok then
      core.raise("numeric", ("'%s' cannot be estimated: the data do not tell its terms apart")
        :format(by_design[k].name), "print(fit) names the terms that are sums of others.")
    end
  end
end

--- Coefficients without an estimate are touched by no row: they stand as 0.
local function numbers(e)
  local coef, vcov = {}, {}
  for i in ipairs(e.coef) do
    coef[i] = e.absent[i] and 0.0 or e.coef[i]
    for j in ipairs(e.coef) do
      vcov[#vcov + 1] = (e.absent[i] or e.absent[j]) and 0.0 or e.vcov[i][j]
    end
  end
  return coef, vcov
end

--- Value under the null hypothesis on the scale of the coefficients.
local function null_of(e, opts)
  local null = opts.null
  if null == nil then return 0.0 end
  local most = e.ratio and LARGEST_RATIO or LARGEST_DIFFERENCE
  if math.abs(null) > most or e.ratio and null > 0 and null < 1 / most then
    core.raise("argument", ("null is %s: expected %s"):format(core.format_number(null), e.ratio
      and "a ratio from 1e-6 to 1e6" or "a number up to 1e12 in size"),
      "No effect is null = " .. (e.ratio and "1; a margin of non-inferiority is null = 1.25."
        or "0."))
  elseif not e.ratio then
    return null + 0.0
  elseif null <= 0 then
    core.raise("argument", ("null is %s: a %s is above 0"):format(core.format_number(null),
      e.measure:lower()), "No effect is null = 1; a margin of non-inferiority is null = 1.25.")
  end
  return math.log(null)
end

local function joint_of(e, rows, null)
  local flat, nulls = {}, {}
  local coef, vcov = numbers(e)
  for k, one in ipairs(rows) do
    table.move(one.row, 1, #one.row, #flat + 1, flat)
    nulls[k] = null
  end
  local made = core.contrast(flat, coef, vcov, nulls)
  -- Contrasts that depend on each other cannot all be anything but 0.
  if null ~= 0 and made.df < #rows then made.chi_square = 0 / 0 end
  return made
end

--- Refuses to adjust for a contrast that has no variance.
local function check_variance(rows, made, opts)
  if opts.adjust == "none" then return end
  for k, one in ipairs(rows) do
    if made.covariance[(k - 1) * #rows + k] == 0 then
      core.raise("numeric", ("'%s' has no standard error: there is nothing to adjust for"):format(
        one.name), 'print(fit) says why. The others one by one: adjust = "none".')
    end
  end
end

local function fill(rows, made, null, opts)
  check_variance(rows, made, opts)
  local m, z, raw = #rows, {}, {}
  local family = { covariance = made.covariance, method = opts.adjust, n = m, df = made.df,
    alternative = opts.alternative }
  for k, one in ipairs(rows) do
    one.estimate = made.estimate[k]
    one.std_error = math.sqrt(made.covariance[(k - 1) * m + k])
    -- No variance is no certainty: all values that tell of it are equal.
    if one.std_error == 0 then one.std_error = 0 / 0 end
    one.statistic = (one.estimate - null) / one.std_error
    z[k], raw[k] = one.statistic, core.normal_tail(one.statistic, opts.alternative)
  end
  local reach = simultaneous.critical(family, opts.conf_level)
  for k, p in ipairs(simultaneous.p(z, raw, family)) do
    local one, half = rows[k], reach * rows[k].std_error
    one.p_value, one.raw = p, raw[k]
    one.conf_low = opts.alternative == "less" and -math.huge or one.estimate - half
    one.conf_high = opts.alternative == "greater" and math.huge or one.estimate + half
  end
end

local function rows_of(e, what, opts)
  if opts.trend then
    return contrast.trend(e, check.type(what, "string", "the factor"), opts.scores), "Trend, "
  elseif type(what) == "string" then
    return contrast.term(e, what), "Test of "
  end
  return contrast.rows(e, check.type(what, "table", "contrasts"))
end

local function check_adjust(opts, n, lead)
  opts.adjust = opts.adjust or (lead and "none" or "single-step")
  if n == 1 and not lead and opts.adjust ~= "scheffe" then opts.adjust = "none" end
  if opts.adjust == "scheffe" and opts.alternative ~= "two_sided" then
    core.raise("argument", 'adjust = "scheffe" is two-sided', 'adjust = "single-step" is not.')
  end
  if opts.joint == nil then opts.joint = lead ~= nil end
end

--- What the contrasts are. Intercepts, scales and the other part of a cure model are no ratios of
--- what the terms are.
local function measure_of(e, rows)
  local of_terms = {}
  for _, i in next, e.place do of_terms[i] = true end
  for _, one in ipairs(rows) do
    for i, weight in ipairs(one.row) do
      if weight ~= 0 and not of_terms[i] then return e.ratio and "Ratio" or "Difference" end
    end
  end
  return e.measure
end

--- Contrasts of a fit; see cox:contrast.
---@param fit table
---@param what table|string
---@param options? table
---@return lobule.Contrasts
function M.new(fit, what, options)
  local opts <const> = check_options(fit, options)
  local e = estimates.of(fit, opts, contrast.by_name(what))
  local rows, lead = rows_of(e, what, opts)
  check_adjust(opts, #rows, lead)
  check_estimable(e, rows)
  local null = null_of(e, opts)
  local made = joint_of(e, rows, null)
  fill(rows, made, null, opts)
  local about = lead and require("lobule.terms").variable(what, e.info.labels)
  local self = { list = rows, made = made, names = e.names, measure = measure_of(e, rows),
    ratio = e.ratio, null = null, info = e.info, options = opts, at = rows.at or false,
    lead = lead or false, warnings = {}, fit_title = e.title or fit.title,
    transition = e.transition or false, curve = rows.curve or false, points = e.points or false,
    title = lead and lead .. about or (#rows == 1 and "Contrast" or "Contrasts") }
  return setmetatable(self, Contrasts)
end

--- Two levels of a factor, for a sentence.
---@param fit table
---@param text string               "SIRT - TACE"
---@param options? table
---@return lobule.Quantity?         # nil when the text has no " - "
function M.quantity(fit, text, options)
  if not check.type(text, "string", "contrast"):find "%s%-%s" then return nil end
  local opts <const> = check_options(fit, options)
  if opts.trend then return nil end
  local e = estimates.of(fit, opts)
  for _, term in ipairs(e.terms) do
    if term.variable == text then return nil end -- I(a - b)
  end
  local one, first, second = contrast.levels(e, text)
  opts.adjust = "none"
  check_estimable(e, { one })
  local null = null_of(e, opts)
  fill({ one }, joint_of(e, { one }, null), null, opts)
  local show = e.ratio and math.exp or function(x) return x end
  return (require("lobule.quantity").new { estimate = show(one.estimate),
    style = e.ratio and "ratio" or "number", conf_low = show(one.conf_low),
    conf_high = show(one.conf_high), conf_level = opts.conf_level, n = e.info.n,
    n_event = e.info.n_event, label = ("%s, %s to %s"):format(e.measure, first, second) })
end

--- One row a contrast, on the scale of the coefficients (logarithms of ratios), or ratios with
--- exponentiate; std_error stays on the log scale. The statistic is (estimate - null) / std_error.
--- A one-sided alternative has one limit, the other is infinite (of a ratio 0).
---@param options? table            exponentiate (false): ratios
---@return lobule.Frame             # contrast, estimate, std_error, statistic, conf_low, conf_high,
---                                 p_value (adjusted), p_value_single
---@raise exponentiate where the estimates are differences
function Contrasts:tidy(options)
  local opts <const> = check.options(options, { { "exponentiate", "boolean", false } })
  if opts.exponentiate and not self.ratio then
    core.raise("argument", "exponentiate: the contrasts are differences, not logarithms of ratios")
  end
  local show = opts.exponentiate and math.exp or function(x) return x end
  local lists, n = {}, #self.list
  for j = 1, 8 do lists[j] = { n = n } end
  for k, one in ipairs(self.list) do
    for j, value in ipairs { one.name, show(one.estimate), one.std_error, one.statistic,
      show(one.conf_low), show(one.conf_high), one.p_value, one.raw } do
      lists[j][k] = value
    end
  end
  local columns = {}
  for j, name in ipairs { "contrast", "estimate", "std_error", "statistic", "conf_low",
    "conf_high", "p_value", "p_value_single" } do
    columns[j] = { name, lists[j], j == 1 and "text" or "real" }
  end
  local frame = result.frame(columns)
  return frame
end

--- The contrasts in one row: statistic, df and p_value are those of the joint Wald test that all
--- equal the null value, NA where that cannot be (contrasts that depend on each other, and a null
--- value that is no 0).
---@return lobule.Frame             # n, n_event, n_contrasts, measure, null, adjust, alternative,
---                                 conf_level, statistic (chi-square), df, p_value
function Contrasts:glance()
  local made, opts = self.made, self.options
  local frame = result.frame { { "n", { self.info.n }, "integer" },
    { "n_event", { self.info.n_event }, "real" }, { "n_contrasts", { #self.list }, "integer" },
    { "measure", { self.measure }, "text" },
    { "null", { self.ratio and math.exp(self.null) or self.null }, "real" },
    { "adjust", { opts.adjust }, "text" }, { "alternative", { opts.alternative }, "text" },
    { "conf_level", { opts.conf_level }, "real" }, { "statistic", { made.chi_square }, "real" },
    { "df", { made.df }, "integer" },
    { "p_value", { core.chi_square_p(made.chi_square, made.df) }, "real" } }
  return frame
end

--- Joint Wald tests: of all contrasts; of a trend also of what departs from the linear one.
---@return lobule.Frame             # test, statistic, df, p_value
function Contrasts:tests()
  local lists, m = { { "all" }, { self.made.chi_square }, { self.made.df } }, #self.list
  if self.lead == "Trend, " and m > 1 then
    local coef, vcov, rows = {}, {}, {}
    for i = 2, m do
      coef[i - 1] = self.list[i].estimate
      for j = 2, m do
        vcov[#vcov + 1] = self.made.covariance[(i - 1) * m + j]
        rows[#rows + 1] = i == j and 1.0 or 0.0
      end
    end
    local rest = core.contrast(rows, coef, vcov)
    for j, value in ipairs { "departure from linear", rest.chi_square, rest.df } do
      lists[j][2] = value
    end
  end
  lists[4] = {}
  for i, x in ipairs(lists[2]) do lists[4][i] = core.chi_square_p(x, lists[3][i]) end
  local frame = result.frame { { "test", lists[1], "text" }, { "statistic", lists[2], "real" },
    { "df", lists[3], "integer" }, { "p_value", lists[4], "real" } }
  return frame
end

--- Covariance matrix of the contrasts.
---@return lobule.Frame             # contrast, then one column a contrast
function Contrasts:vcov()
  local names, columns, m = { n = #self.list }, {}, #self.list
  for k, one in ipairs(self.list) do names[k] = one.name end
  columns[1] = { "contrast", names, "text" }
  for k = 1, m do
    local list = { n = m }
    for i = 1, m do list[i] = self.made.covariance[(i - 1) * m + k] end
    columns[k + 1] = { names[k], list, "real" }
  end
  local frame = result.frame(columns)
  return frame
end

--- The weights of the coefficients: the matrix L of L b.
---@return lobule.Frame             # contrast, then one column a coefficient
function Contrasts:weights()
  local columns = { { "contrast", { n = #self.list }, "text" } }
  for i, name in ipairs(self.names) do columns[i + 1] = { name, { n = #self.list }, "real" } end
  for k, one in ipairs(self.list) do
    columns[1][2][k] = one.name
    for i, weight in ipairs(one.row) do columns[i + 1][2][k] = weight end
  end
  local frame = result.frame(columns)
  return frame
end

function Contrasts:__tostring()
  return view.text(self)
end

--- The forest plot: a row a contrast with its interval and p value, a line at the null value.
---@param options? table            title, width_mm (183), favours (two texts: left and right of the
---                                 line), journal ("lancet", "nejm", "jama", "nature")
---@return lobule.Figure
---@example lb.survival.cox("Surv(months, progressed) ~ arm * sex", lb.example_data())
---    :contrast({ { "women", { arm = "SIRT", sex = "f" }, { arm = "TAE", sex = "f" } },
---      { "men", { arm = "SIRT", sex = "m" }, { arm = "TAE", sex = "m" } } }):plot()
function Contrasts:plot(options)
  local figure = view.plot(self, options)
  return figure
end

--- The blocks of a report: the table with its notes.
---@param options? table
---@return table[]
function Contrasts:report_blocks(options)
  local shown = view.table(self, options and options.profile)
  shown.caption = options and options.caption or self.title
  return { { kind = "table", table = shown } }
end

--- Everything at full precision.
---@return table
function Contrasts:record()
  return result.ordered { { "kind", "contrasts" }, { "formula", self.info.formula },
    { "contrasts", result.record(self:tidy()) }, { "weights", result.record(self:weights()) },
    { "glance", result.record(self:glance()) }, { "tests", result.record(self:tests()) },
    { "vcov", result.record(self:vcov()) }, { "lineage", self.info.lineage } }
end

core.class("contrasts", Contrasts)
return M
