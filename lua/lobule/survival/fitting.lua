--- A formula and data become a model of the core: what every survival method starts with.
local check = require "lobule.check"
local core = require "lobule.core"
local label_groups = require "lobule.survival.group_labels"
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

--- Labels are made when a report first reads them.
local function label_later(info, frame)
  if #info.terms == 0 then
    info.labels = {}
    return
  end
  setmetatable(info, { __index = function(_, name)
    if name ~= "labels" then return nil end
    info.labels = labels_of(frame, info.terms)
    return info.labels
  end })
end

--- Persons behind the rows where somebody has several: n_persons; rows without entry times, and
--- several events of a person with them, are no independent people: `repeats`.
local function count_persons(model, info, cohort, frame, kind)
  local found = core.model_persons(model, frame, cohort.id)
  if not found then -- rows are counted by day: those left out too
    local _, persons = cohort:count()
    found = { n = persons, n_several = 0, n_overlap = 0 }
  end
  if found.n >= info.n_used then return end
  info.n_persons = found.n
  local own = info.n_cluster ~= nil
  for _, penalty in ipairs(info.penalties or {}) do own = own or penalty.variable == cohort.id end
  if own then return end
  info.repeats = { every_row = not info.has_entry, n_several = found.n_several,
    n_overlap = found.n_overlap, curve = kind ~= "design", id = cohort.id }
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
  if info.groups then label_groups(info.groups) end
  info.source = frame:source()
  label_later(info, frame)
  for _, term in ipairs(info.terms) do
    -- An interaction is no contrast with one reference level.
    if term.variable:find(":", 1, true) then term.reference = nil end
  end
  if cohort and cohort.id then count_persons(model, info, cohort, frame, kind) end
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
