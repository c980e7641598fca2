--- Cause-specific Cox models of all causes, side by side.
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local stacking = require "lobule.survival.stacking"
local shown = require "lobule.shown"
local terms = require "lobule.terms"

---@class lobule.CauseSpecific
---@field causes string[]
---@field models lobule.Cox[]       one a cause, in their order
---@field info table                of the first model
---@field warnings string[]         each begins with its cause
---@field title string
local CauseSpecific = { __name = "lobule.CauseSpecific" }
result.mixin(CauseSpecific)

local M = {}

--- Joins fits of lb.survival.cox.
---@param fits lobule.Cox[]
---@param causes string[]
---@return lobule.CauseSpecific
function M.new(fits, causes)
  local warnings = {}
  for k, fit in ipairs(fits) do
    for _, text in ipairs(fit.warnings) do
      warnings[#warnings + 1] = ("%s: %s"):format(causes[k], text)
    end
  end
  return setmetatable({ models = fits, causes = causes, info = fits[1].info, warnings = warnings,
    options = fits[1].options, title = "Cause-specific hazards (Cox)" }, CauseSpecific)
end

--- Stacks a frame of each model, the cause in front.
local function stack(self, frame_of)
  local frames = {}
  for k, fit in ipairs(self.models) do frames[k] = frame_of(fit) end
  return stacking.stack(frames, { { "cause", self.causes, label = "Cause" } })
end

--- One row a cause and term, as of survival.cox.
---@param options? table            exponentiate (false); conf_level
---@return lobule.Frame             # cause, term, variable, level, reference, estimate, std_error,
---                                 statistic, p_value, conf_low, conf_high, n, n_event
function CauseSpecific:tidy(options)
  local frame = stack(self, function(fit) return fit:tidy(options) end)
  return frame
end

--- The fits, a row a cause.
---@return lobule.Frame             # cause, and the columns of a Cox model's glance()
function CauseSpecific:glance()
  local frame = stack(self, function(fit) return fit:glance() end)
  return frame
end

--- The global tests of each model.
---@return lobule.Frame             # cause, test, statistic, df, p_value
function CauseSpecific:tests()
  local frame = stack(self, function(fit) return fit:tests() end)
  return frame
end

--- The model of one cause, for all that a Cox model answers.
---@param cause string|number
---@return lobule.Cox
---@raise no such cause
function CauseSpecific:model(cause)
  return self.models[require("lobule.survival.cuminc").cause_number(self.causes, cause)]
end

local function ratio_text(row)
  if row.estimate == nil then return "NA" end
  if row.conf_low == nil then return format.number(row.estimate, 3) .. " (NA)" end
  return ("%s (%s to %s)"):format(format.ratio_interval(row.estimate, row.conf_low, row.conf_high))
end

local function summary_table(self)
  local rows, columns = {}, { { label = "Term", align = "left" } }
  local level = core.format_number(100 * self.options.conf_level)
  for k, fit in ipairs(self.models) do
    columns[2 * k] = { label = ("%s: hazard ratio (%s %% CI)"):format(self.causes[k], level),
      align = "right" }
    columns[2 * k + 1] = { label = "p", align = "right" }
    for i, row in ipairs(fit:tidy({ exponentiate = true }):rows_list()) do
      rows[i] = rows[i] or { terms.label(self.info.terms[i], self.info.labels) }
      rows[i][2 * k], rows[i][2 * k + 1] = ratio_text(row), shown.p(row.p_value)
    end
  end
  local notes = {}
  for k, fit in ipairs(self.models) do
    notes[k] = ("%s: %s events among %d."):format(self.causes[k], format.count(fit.fit.n_event),
      fit.info.n_used)
  end
  notes[#notes + 1] = "Hazards of each cause with all others censored; a ratio here need not be "
    .. "one of risks."
  return require("lobule.table").new { rows = rows, columns = columns, notes = notes }
end

function CauseSpecific:__tostring()
  return printed.text(self, summary_table(self))
end

--- The forest plot of hazard ratios, cause by cause.
---@param options? table            title (of the document, not drawn), width_mm (183), favours:
---                                 { "favours A", "favours B" }, journal ("lancet", "nejm", ...)
---@return lobule.Figure
function CauseSpecific:plot(options)
  local list, causes, rows = {}, {}, {}
  for k, fit in ipairs(self.models) do
    for i, row in ipairs(fit:tidy({ exponentiate = true }):rows_list()) do
      local n = #list + 1
      list[n], causes[n], rows[n] = fit.info.terms[i], self.causes[k], row
    end
  end
  local info = setmetatable({ terms = list }, { __index = self.info })
  local all = setmetatable({ info = info, options = self.options }, getmetatable(self.models[1]))
  return (require "lobule.survival.cox_forest"(all, options, function(n) return rows[n] end,
    ratio_text, causes))
end

--- The blocks of a report: one table of all causes, then warnings.
---@param options? table
---@return table[]
function CauseSpecific:report_blocks(options)
  return (printed.blocks(self, summary_table(self), nil, options))
end

--- Everything at full precision.
---@return table
function CauseSpecific:record()
  local list = {}
  for k, fit in ipairs(self.models) do list[k] = fit:record() end
  return result.ordered { { "kind", "survival.cause_specific" }, { "causes", self.causes },
    { "models", list } }
end

CauseSpecific.contrast = require("lobule.contrast_methods").contrast
core.class("cause_specific", CauseSpecific)
return M
