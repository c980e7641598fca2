--- Bootstrap of a Cox model and its validation: results of fit:bootstrap() and fit:validate().
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local terms = require "lobule.terms"

local M = {}

---@class lobule.CoxBootstrap
---@field fit lobule.Cox            what was resampled
---@field n_failed integer          resamples without a finite estimate: left out
---@field info table
---@field warnings string[]
---@field title string
local Bootstrap = { __name = "lobule.CoxBootstrap" }
result.mixin(Bootstrap)

local function failed_text(n, all)
  return ("%d of %d resamples have no finite estimate and are left out: intervals may be too short")
    :format(n, all)
end

local function warnings_of(draws, opts)
  local list, extreme = {}, false
  if draws.n_failed > 0 then list[1] = failed_text(draws.n_failed, opts.replicates) end
  for _, term in ipairs(draws.terms) do extreme = extreme or term.extreme end
  if extreme then
    list[#list + 1] = "limits lie beyond the resamples, whose outermost stands for them: more "
      .. "replicates are needed"
  end
  return list
end

--- Wraps resamples of the core.
---@param fit lobule.Cox
---@param draws table
---@param opts table                replicates, seed, conf_type, conf_level
---@return lobule.CoxBootstrap
function M.new(fit, draws, opts)
  return setmetatable({ fit = fit, draws = draws, n_failed = draws.n_failed, info = fit.info,
    options = opts, title = "Bootstrap of a Cox model", warnings = warnings_of(draws, opts) },
    Bootstrap)
end

local function shown(x, exponentiate)
  return exponentiate and math.exp(x) or x
end

--- One row a term: the estimate of the data, and of the resamples bias (mean less estimate),
--- standard error and limits. Log hazard ratios, or with exponentiate hazard ratios and their
--- limits; bias and std_error stay on the log scale.
---@param options? table            exponentiate (false)
---@return lobule.Frame             # term, estimate, bias, std_error, conf_low, conf_high, n
---                                 (resamples that count)
function Bootstrap:tidy(options)
  local opts <const> = require("lobule.check").options(options,
    { { "exponentiate", "boolean", false } })
  local lists = { {}, {}, {}, {}, {}, {}, {} }
  for j, term in ipairs(self.info.terms) do
    local of <const> = self.draws.terms[j]
    lists[1][j] = term.term
    lists[2][j] = shown(self.fit.fit.coef[j], opts.exponentiate)
    lists[3][j], lists[4][j] = of.bias, of.std_error
    lists[5][j] = shown(of.conf_low, opts.exponentiate)
    lists[6][j] = shown(of.conf_high, opts.exponentiate)
    lists[7][j] = of.n
  end
  local frame = result.frame { { "term", lists[1], "text" }, { "estimate", lists[2], "real" },
    { "bias", lists[3], "real", label = "Bias" }, { "std_error", lists[4], "real" },
    { "conf_low", lists[5], "real" }, { "conf_high", lists[6], "real" },
    { "n", lists[7], "integer", label = "Resamples" } }
  return frame
end

--- The resampling in one row.
---@return lobule.Frame             # n, n_missing, n_event, n_cluster, replicates, n_failed, seed
function Bootstrap:glance()
  local info <const> = self.info
  local frame = result.frame { { "n", { info.n }, "integer" },
    { "n_missing", { info.n_missing }, "integer" }, { "n_event", { info.n_event }, "real" },
    { "n_cluster", { info.n_cluster or core.NA }, "integer" },
    { "replicates", { self.options.replicates }, "integer" },
    { "n_failed", { self.n_failed }, "integer" }, { "seed", { self.options.seed }, "integer" } }
  return frame
end

--- The log hazard ratios of each resample, NA where it has no estimate.
---@return lobule.Frame             # a column a term, a row a replicate
function Bootstrap:replicates()
  return self.draws.replicates
end

local CONF <const> = { percentile = "percentile", normal = "normal, bias taken off",
  bca = "BCa" }

local function table_of(self)
  local rows, level = {}, core.format_number(100 * self.options.conf_level)
  for j, row in ipairs(self:tidy({ exponentiate = true }):rows_list()) do
    local term <const> = self.info.terms[j]
    local text = "NA"
    if type(row.conf_low) == "number" and type(row.estimate) == "number" then
      text = ("%s (%s to %s)"):format(format.ratio_interval(row.estimate, row.conf_low,
        row.conf_high))
    end
    local function number(x) return type(x) == "number" and format.number(x, 3) or "NA" end
    local naive = self.fit.fit.std_error[j]
    rows[j] = { terms.label(term, self.info.labels), text, number(row.std_error),
      naive == naive and number(naive) or "NA", number(row.bias) }
  end
  return require("lobule.table").new { rows = rows, columns = { { label = "Term", align = "left" },
    { label = ("Hazard ratio (%s %% CI)"):format(level), align = "right" },
    { label = "SE", align = "right" }, { label = "Model SE", align = "right" },
    { label = "Bias", align = "right" } }, notes = { "SE and bias: of the log hazard ratio." } }
end

local function line_of(self)
  local info <const> = self.info
  local of = info.n_cluster and ("%d clusters"):format(info.n_cluster)
    or ("%s rows"):format(format.count(info.n))
  return ("%s resamples of %s, seed %d; limits: %s"):format(
    format.count(self.options.replicates - self.n_failed), of, self.options.seed,
    CONF[self.options.conf_type])
end

function Bootstrap:__tostring()
  return printed.text(self, table_of(self), { line_of(self) })
end

--- The blocks of a report.
---@param options? table
---@return table[]
function Bootstrap:report_blocks(options)
  return (printed.blocks(self, table_of(self), { line_of(self) }, options))
end

--- Everything at full precision, but for the resamples themselves.
---@return table
function Bootstrap:record()
  return result.ordered { { "kind", "survival.cox_bootstrap" }, { "formula", self.info.formula },
    { "conf_type", self.options.conf_type }, { "conf_level", self.options.conf_level },
    { "terms", result.record(self:tidy()) }, { "glance", result.record(self:glance()) },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

core.class("cox_bootstrap", Bootstrap)
return M
