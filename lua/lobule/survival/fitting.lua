--- A formula and data become a model of the core: what every survival method starts with.
local check = require "lobule.check"
local core = require "lobule.core"
local weights = require "lobule.survival.weights"

local M = {}

--- What reports call the columns that are terms: "Age (years)". Other columns are not touched,
--- which in a filtered frame would gather them.
local function labels_of(frame, terms)
  local labels = {}
  for _, term in ipairs(terms) do
    for name in term.variable:gmatch "[^:]+" do
      if frame:has(name) and not labels[name] then
        local column = frame:column(name)
        local label, unit = column:label() or name, column:unit()
        labels[name] = unit and ("%s (%s)"):format(label, unit) or label
      end
    end
  end
  return labels
end

--- A model of the formula and the data, with what is worth knowing about it.
---@param formula string
---@param data lobule.Cohort|lobule.Frame
---@param kind "groups"|"design"|"counts"
---@param opts table                weights, weight_type
---@param causes? table             censored, cause: an event with causes is taken; outcome: what is
---                                 taken instead ("penalised": penalised terms; "interval")
---@return lobule.Model
---@return table info               Model:info(), source, labels, lineage
function M.build(formula, data, kind, opts, causes)
  check.type(formula, "string", "formula")
  local frame, cohort = check.data(data)
  local model = core.model(formula, frame, kind, opts.weights,
    causes and (causes.outcome or "causes"), causes and causes.censored, causes and causes.cause,
    opts.weight_type == "frequency")
  local info = model:info()
  weights.count(info, opts)
  info.source = frame:source()
  info.labels = labels_of(frame, info.terms)
  for _, term in ipairs(info.terms) do
    -- An interaction is no contrast with one reference level.
    if term.variable:find(":", 1, true) then term.reference = nil end
  end
  if cohort and cohort.id and not info.has_entry then
    local rows, persons = cohort:count()
    if persons < rows then info.n_persons = persons end
  end
  if cohort then info.immortal = require("lobule.survival.immortal")(cohort, formula) end
  if info.causes and not (causes and causes.censored) then
    info.odd_censored = require "lobule.survival.censored_level"(info)
  end
  info.lineage = cohort and require("lobule.lineage").lines(cohort) or nil
  return model, info
end

--- An option that names a level or number of the event, as text.
---@param opts table
---@param name string
---@return string?
function M.as_text(opts, name)
  local value = opts[name]
  if value == nil then return nil end
  if value ~= value then
    core.raise("argument", ("%s: not a number is no level"):format(name))
  end
  if type(value) == "number" then return core.format_number(value) end
  return check.type(value, "string", name)
end

--- The formula with the option cluster = "x" as its term.
---@param formula string
---@param opts table
---@return string
function M.clustered(formula, opts)
  check.type(formula, "string", "formula")
  local name = opts.cluster
  if not name then return formula end
  if name:find "[^%w_.]" and not name:find "[`()]" then name = ("`%s`"):format(name) end
  return ("%s + cluster(%s)"):format(formula, name)
end

return M
