--- Optimism of a Cox model: the result of fit:validate().
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"

local M = {}

---@class lobule.CoxValidation
---@field concordance number        corrected for optimism
---@field slope number              calibration slope, corrected: what coefficients shrink by
---@field n_failed integer          resamples without a model: left out
---@field info table
---@field warnings string[]
---@field title string
local Validation = { __name = "lobule.CoxValidation" }
result.mixin(Validation)

local INDEX <const> = { { "concordance", "Concordance" }, { "slope", "Calibration slope" } }

--- Wraps what the core found.
---@param fit lobule.Cox
---@param found table               concordance, slope, n_failed
---@param opts table                replicates, seed
---@return lobule.CoxValidation
function M.new(fit, found, opts)
  local warnings = {}
  if found.n_failed > 0 then
    warnings[1] = ("%d of %d resamples have no model to judge and are left out"):format(
      found.n_failed, opts.replicates)
  end
  return setmetatable({ found = found, info = fit.info, options = opts, warnings = warnings,
    concordance = found.concordance.corrected, slope = found.slope.corrected,
    n_failed = found.n_failed, title = "Validation of a Cox model by the bootstrap" }, Validation)
end

--- One row an index: of the model in its own data (apparent); means of the resamples' models in
--- their resamples (training) and in the data (test); optimism, the difference of these two;
--- corrected, apparent less optimism.
---@return lobule.Frame             # index ("concordance", "slope"), apparent, training, test,
---                                 optimism, corrected, n (resamples)
function Validation:tidy()
  local names <const> = { "apparent", "training", "test", "optimism", "corrected", "n" }
  local columns = { { "index", {}, "text", label = "Index" } }
  for j, name in ipairs(names) do
    columns[j + 1] = { name, {}, name == "n" and "integer" or "real" }
  end
  for i, index in ipairs(INDEX) do
    columns[1][2][i] = index[1]
    for j, name in ipairs(names) do columns[j + 1][2][i] = self.found[index[1]][name] end
  end
  local frame = result.frame(columns)
  return frame
end

--- The validation in one row.
---@return lobule.Frame             # n, n_missing, n_event, replicates, n_failed, seed
function Validation:glance()
  local info <const> = self.info
  local frame = result.frame { { "n", { info.n }, "integer" },
    { "n_missing", { info.n_missing }, "integer" }, { "n_event", { info.n_event }, "real" },
    { "replicates", { self.options.replicates }, "integer" },
    { "n_failed", { self.n_failed }, "integer" }, { "seed", { self.options.seed }, "integer" } }
  return frame
end

local function table_of(self)
  local rows = {}
  local function fixed(x) return x == x and format.fixed(x, 3) or "NA" end
  for i, index in ipairs(INDEX) do
    local of <const> = self.found[index[1]]
    rows[i] = { index[2], fixed(of.apparent), fixed(of.optimism), fixed(of.corrected) }
  end
  return require("lobule.table").new { rows = rows, notes = {}, columns = {
    { label = "Index", align = "left" }, { label = "Apparent", align = "right" },
    { label = "Optimism", align = "right" }, { label = "Corrected", align = "right" } } }
end

local function line_of(self)
  return ("n = %s, events = %s; %s resamples, seed %d"):format(format.count(self.info.n),
    format.count(self.info.n_event), format.count(self.options.replicates - self.n_failed),
    self.options.seed)
end

function Validation:__tostring()
  return printed.text(self, table_of(self), { line_of(self) })
end

--- The blocks of a report.
---@param options? table
---@return table[]
function Validation:report_blocks(options)
  return (printed.blocks(self, table_of(self), { line_of(self) }, options))
end

--- Everything at full precision.
---@return table
function Validation:record()
  return result.ordered { { "kind", "survival.cox_validation" }, { "formula", self.info.formula },
    { "indices", result.record(self:tidy()) }, { "glance", result.record(self:glance()) },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

core.class("cox_validation", Validation)
return M
