--- Cox model result: hazard ratios, tests, covariance, forest plot; says loudly when an estimate
--- does not exist.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local shown_as = require "lobule.shown"
local terms = require "lobule.terms"
local warned = require "lobule.survival.cox_warnings"

---@class lobule.Cox
---@field converged boolean
---@field warnings string[]
---@field info table
---@field title string
local Cox = { __name = "lobule.Cox", ratio_label = "Hazard ratio" }
result.mixin(Cox)

local M = {}

local settled <const>, undetermined <const> = warned.settled, warned.undetermined

--- Wraps a fit of the core.
---@param fit table
---@param info table
---@param opts table
---@param model lobule.Model        what was fitted, for residuals and predictions
---@param data lobule.Cohort|lobule.Frame
---@return lobule.Cox
function M.new(fit, info, opts, model, data)
  return setmetatable({ fit = fit, info = info, options = opts, model = model, data = data,
    title = info.event_cause and ("Cox model of the cause-specific hazard of '%s'"):format(
      info.event_cause) or "Cox proportional hazards model", converged = fit.converged,
    warnings = warned.warnings(fit, info) }, Cox)
end

--- Concordance and its standard error, nil without pairs: it costs more than the fit, so it waits
--- until it is asked for.
local function concordance(self)
  local fit = self.fit
  if not rawget(fit, "agreement") then
    fit.agreement = core.cox_concordance(self.model, fit)
  end
  return fit.agreement.concordance, fit.agreement.std_error
end

local function estimable(self, i)
  return settled(self.fit) and not undetermined(self.fit, i) and not self.fit.infinite[i]
    and not self.fit.collinear[i]
end

--- The estimates of one term: nil where they do not exist.
--- Limits by profile likelihood and the likelihood-ratio test, one limit also of an estimate that
--- has no end.
local function profile_row(self, i, conf_level, exponentiate, row)
  local at = require("lobule.survival.cox_fit").profile(self, conf_level)[i]
  local no_low, no_high = at.conf_low ~= at.conf_low, at.conf_high ~= at.conf_high
  if no_low and no_high then return end
  -- A limit that was not found says that the likelihood is flat: no p of 0 beside no estimate.
  if (no_low or no_high) and not estimable(self, i) then return end
  local scale = exponentiate and math.exp or function(x) return x end
  row.conf_low, row.conf_high, row.p_value = scale(at.conf_low), scale(at.conf_high), at.p_value
end

local function term_row(self, i, conf_level, exponentiate)
  local info, term = self.fit, self.info.terms[i]
  -- What comes later is named, so that the table has room for it.
  local row = { term = term.term, variable = term.variable, level = term.level,
    reference = term.reference, n = term.n, n_event = term.n_event, estimate = nil,
    std_error = nil, statistic = nil, p_value = nil, conf_low = nil, conf_high = nil }
  if self.options.conf_type == "profile" then
    profile_row(self, i, conf_level, exponentiate, row)
  end
  if not estimable(self, i) then return row end
  local b, se = info.coef[i], info.std_error[i]
  local z = core.normal_quantile(0.5 + conf_level / 2)
  row.estimate = exponentiate and math.exp(b) or b
  if se ~= se then return row end -- one cluster alone has no robust variance
  row.std_error, row.statistic = se, b / se
  if row.p_value then return row end
  row.p_value = core.normal_p(b / se)
  row.conf_low, row.conf_high = b - z * se, b + z * se
  if exponentiate then
    row.conf_low, row.conf_high = math.exp(row.conf_low), math.exp(row.conf_high)
  end
  return row
end

local TIDY <const> = { { "term", "text" }, { "variable", "text" }, { "level", "text" },
  { "reference", "text" }, { "estimate", "real" },
  { "std_error", "real" }, { "statistic", "real" }, { "p_value", "real" }, { "conf_low", "real" },
    { "conf_high", "real" },
  { "n", "integer" }, { "n_event", "real" } }

--- One row a term. Log hazard ratios, or hazard ratios with exponentiate; std_error stays on the
--- log scale. Standard errors, p values and limits are robust where the fit is.
---@param options? table            exponentiate (false); conf_level (that of the fit)
---@return lobule.Frame             # term, variable, level, reference, estimate, std_error,
---                                 statistic, p_value, conf_low, conf_high, n, n_event
function Cox:tidy(options)
  local opts <const> = check.options(options, { { "exponentiate", "boolean", false },
    { "conf_level", "level", self.options.conf_level } })
  local rows, columns = {}, {}
  for i = 1, #self.info.terms do
    rows[i] = term_row(self, i, opts.conf_level, opts.exponentiate)
  end
  for j, column in ipairs(TIDY) do
    columns[j] = { column[1], result.field(rows, column[1]), column[2] }
  end
  local frame = result.frame(columns)
  return frame
end

--- The fit in one row. n is rows, or frequencies added up; n_event is weighted. bic counts rows
--- with an event (frequencies added up), as in survival analysis there is no other sample size
--- (Volinsky & Raftery 2000). log_lik, aic and bic take rows as independent, also under a robust
--- variance; concordance_std_error counts clusters.
---@return lobule.Frame             # n, n_missing, n_event, log_lik_null, log_lik, aic, bic,
---                                 concordance, concordance_std_error, iterations, converged
function Cox:glance()
  local fit = self.fit
  local df = fit.likelihood_ratio.df
  local index, index_std_error = concordance(self)
  local function opt(x)
    return { x == nil and core.NA or x, n = 1 }
  end
  local frame = result.frame { { "n", { self.info.n }, "integer" },
    { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.info.n_event }, "real" }, { "log_lik_null", { fit.log_lik_null }, "real" },
      { "log_lik", { fit.log_lik }, "real" },
    { "aic", { 2 * df - 2 * fit.log_lik }, "real" }, { "bic",
      { df * math.log(fit.n_event) - 2 * fit.log_lik }, "real" },
    { "concordance", opt(index), "real" }, { "concordance_std_error",
      opt(index_std_error), "real" },
    { "iterations", { fit.iterations }, "integer" }, { "converged", { fit.converged }, "logical" } }
  return frame
end

--- The model's global tests.
--- With a robust variance the Wald test uses it, and "robust score" (Lin & Wei 1989) stands beside
--- the others; likelihood ratio and score then still assume independent rows, and print shows the
--- two robust ones.
---@return lobule.Frame             # test ("likelihood ratio", "wald", "score", "robust score"),
---                                 statistic, df, p_value
---@example lb.survival.cox("Surv(months, progressed) ~ arm", lb.example_data()):tests()
function Cox:tests()
  local fit = self.fit
  local lists = { {}, {}, {}, {} }
  local tests = { { "likelihood ratio", fit.likelihood_ratio }, { "wald", fit.wald },
    { "score", fit.score } }
  if fit.robust_score then tests[4] = { "robust score", fit.robust_score } end
  for i, test in ipairs(tests) do
    lists[1][i], lists[2][i], lists[3][i], lists[4][i] = test[1], test[2].chi_square, test[2].df,
      test[2].p_value
  end
  local frame = result.frame { { "test", lists[1], "text" }, { "statistic", lists[2], "real" },
    { "df", lists[3], "integer" },
    { "p_value", lists[4], "real" } }
  return frame
end

--- Covariance matrix of the log hazard ratios.
---@return lobule.Frame             # term, then one column a term
function Cox:vcov()
  local names, columns = {}, {}
  for i, term in ipairs(self.info.terms) do names[i] = term.term end
  columns[1] = { "term", names, "text" }
  for j, term in ipairs(names) do
    local column = { n = #names }
    for i = 1, #names do
      local known = estimable(self, i) and estimable(self, j)
      column[i] = known and self.fit.vcov[i][j] or core.NA
    end
    columns[j + 1] = { term, column, "real" }
  end
  local frame = result.frame(columns)
  return frame
end

--- A term's hazard ratio for a sentence; of one that takes part in an interaction, which says at
--- which values of the others it holds.
---@param term string               as in tidy(), e.g. "treatment[SIRT]"
---@return lobule.Quantity
---@example lb.survival.cox("Surv(months, progressed) ~ arm", lb.example_data())
---    :hazard_ratio "arm[SIRT]"
function Cox:hazard_ratio(term)
  local names = {}
  for i, one in ipairs(self.info.terms) do
    names[i] = one.term
    if one.term == term then
      local row = term_row(self, i, self.options.conf_level, true)
      return (require("lobule.quantity").new { estimate = row.estimate, conf_low = row.conf_low,
        conf_high = row.conf_high, style = "ratio", absent = "not estimable",
        conf_level = self.options.conf_level, n = self.info.n, n_event = self.info.n_event,
        at = terms.holds_at(self.info.terms, one.variable, self.info.labels),
        label = "Hazard ratio, " .. term })
    end
  end
  local near = core.nearest(tostring(term), names)
  core.raise("name", ("no term '%s'%s"):format(tostring(term), near
    and (" (did you mean '%s'?)"):format(near) or ""),
    "Terms are: " .. table.concat(names, ", ") .. ".")
end

local function ratio_text(row)
  if not row.estimate and row.conf_low then
    return ("NA (%s to %s)"):format(format.ratio(row.conf_low), row.conf_high == math.huge
      and "Inf" or format.ratio(row.conf_high))
  end
  if not row.estimate then return "NA" end
  if not row.conf_low then return format.number(row.estimate, 3) .. " (NA)" end
  local estimate, low, high = format.ratio_interval(row.estimate, row.conf_low, row.conf_high)
  return ("%s (%s to %s)"):format(estimate, low, high)
end

local function basis_note(self)
  for _, term in ipairs(self.info.terms) do
    if terms.basis_number(term) then
      return "Terms numbered [1], [2] ... are parts of one curve: their ratios mean nothing one by "
        .. "one. lb.anova tests them together, :predict draws the curve."
    end
  end
end

local function interaction_note(self)
  for _, term in ipairs(self.info.terms) do
    if terms.is_interaction(term) then
      return "Terms with x are ratios of hazard ratios; the main effects of their variables hold "
        .. "at the other's reference level (or at 0)."
    end
  end
end

local function notes_of(self)
  local notes = {}
  notes[1] = interaction_note(self)
  notes[#notes + 1] = basis_note(self)
  return notes
end

local function terms_table(self)
  local rows = {}
  for i, term in ipairs(self.info.terms) do
    local row = term_row(self, i, self.options.conf_level, true)
    rows[i] = { terms.label(term, self.info.labels), ratio_text(row),
      shown_as.p(row.p_value) }
  end
  local level = core.format_number(100 * self.options.conf_level)
  return require("lobule.table").new { rows = rows, columns = { { label = "Term", align = "left" },
    { label = ("Hazard ratio (%s %% CI)"):format(level), align = "right" },
    { label = "p", align = "right" } }, notes = notes_of(self) }
end

--- "likelihood ratio 35.77 on 3 df, p <0.001"; with a robust variance the tests that use it, as the
--- likelihood ratio assumes independent rows.
local function global_tests(fit, profile)
  local function shown(name, test, df)
    if test.p_value ~= test.p_value then return name .. " NA" end
    return ("%s %s%s, %s"):format(name, format.fixed(test.chi_square, 2),
      df and (" on %d df"):format(test.df) or "", shown_as.p_phrase(test.p_value, profile))
  end
  if fit.likelihood_ratio.df == 0 then return nil end
  if not settled(fit) then return "no test and no concordance: the fit did not converge" end
  if not fit.robust then return shown("likelihood ratio", fit.likelihood_ratio, true) end
  local score = shown("robust score", fit.robust_score)
  for _, infinite in ipairs(fit.infinite) do
    if infinite then return score end -- a Wald test has no meaning there
  end
  return shown("robust Wald", fit.wald, true) .. "; " .. score
end

local function fit_lines(self, profile)
  local fit, fitting = self.fit, require "lobule.survival.cox_fit"
  local lines = { ("n = %s, events = %s, ties by %s%s"):format(result.n_text(self.info),
    format.count(self.info.n_event),
    fitting.TIES[self.options.ties], #self.info.strata.label > 1
    and (", %d strata"):format(#self.info.strata.label) or "") }
  local index, std_error
  if settled(fit) then index, std_error = concordance(self) end
  local shown_index = index and ("concordance %s (SE %s)"):format(format.fixed(index, 3),
    format.fixed(std_error, 3)) or nil
  local tests = global_tests(fit, profile)
  if tests and fit.robust then
    lines[2], lines[3] = tests, shown_index
  elseif tests then
    lines[2] = tests .. (shown_index and ", " .. shown_index or "")
  end
  lines[#lines + 1] = fitting.text(self.options)
  local weighted = require("lobule.survival.weights").text(self.options, self.info)
  if fit.robust then
    local clusters = self.info.n_cluster
      and ("%d cluster%s"):format(fit.n_cluster, fit.n_cluster == 1 and "" or "s")
    weighted = ("robust variance, %s%s"):format(clusters or "each row a subject", weighted and "; "
      .. weighted or "")
  end
  lines[#lines + 1] = weighted
  return lines
end

function Cox:__tostring()
  return printed.text(self, terms_table(self), fit_lines(self))
end

--- The forest plot of hazard ratios. The parts of a curve (ns, bs, rcs, poly) are left out and
--- named below the plot; a main effect that takes part in an interaction says where it holds ("at
--- Sex = male", "at Age = 0").
---@param kind? "forest"
---@param options? table            title (of the document, not drawn), width_mm (183), favours:
---                                 { "favours A", "favours B" }, journal ("lancet", "nejm", ...)
---@return lobule.Figure
---@raise nothing to draw: no terms, or parts of curves alone
function Cox:plot(kind, options)
  if type(kind) == "table" then kind, options = "forest", kind end
  check.options({ kind = kind }, { { "kind", { "forest" }, "forest" } })
  local figure = require("lobule.survival.cox_forest")(self, options, function(i)
    return term_row(self, i, self.options.conf_level, true)
  end, ratio_text)
  return figure
end

--- The blocks of a report: the table of hazard ratios with its notes, then warnings.
---@param options? table
---@return table[]
function Cox:report_blocks(options)
  return (printed.blocks(self, terms_table(self), fit_lines(self, options and options.profile),
    options))
end

--- Everything at full precision.
---@return table
function Cox:record()
  return result.ordered { { "kind", "survival.cox" }, { "formula", self.info.formula },
    { "cause", self.info.event_cause }, { "ties", self.options.ties },
    { "penalty", self.options.penalty }, { "conf_type", self.options.conf_type },
    { "conf_level", self.options.conf_level }, { "converged", self.converged },
      { "terms", result.record(self:tidy()) },
    { "glance", result.record(self:glance()) }, { "tests", result.record(self:tests()) },
      { "vcov", result.record(self:vcov()) },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

for name, method in pairs(require "lobule.survival.cox_predict") do Cox[name] = method end
for name, method in pairs(require "lobule.survival.cox_infer") do Cox[name] = method end
for name, method in pairs(require "lobule.survival.cox_resample") do Cox[name] = method end
M.methods = Cox
Cox.contrast = require("lobule.contrast_methods").contrast
core.class("cox", Cox)
return M
