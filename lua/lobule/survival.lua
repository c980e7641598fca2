--- Survival: a formula and a cohort in, a fitted curve, test or model out.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

local KM_OPTIONS <const> = {
  { "conf_level", "level", 0.95 },
  { "conf_type", { "log-log", "log", "plain", "logit", "arcsine", "log-peto" }, "log-log" },
}
local LOGRANK_OPTIONS <const> = { { "rho", "number", 0 } }
local COX_OPTIONS <const> = {
  { "ties", { "efron", "breslow" }, "efron" },
  { "conf_level", "level", 0.95 },
  { "max_iter", "count", 30 },
  { "tolerance", "positive", 1e-9 },
}

--- What reports call the columns that are terms: "Age (years)". Other columns are not touched,
--- which
--- in a filtered frame would gather them.
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

--- A model of the formula and the data; returns it with what is worth knowing about it.
local function build(formula, data, kind)
  check.type(formula, "string", "formula")
  local frame, cohort = check.data(data)
  local model = core.model(formula, frame, kind)
  local info = model:info()
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
  info.lineage = cohort and require("lobule.lineage").lines(cohort) or nil
  return model, info
end

--- Kaplan-Meier curves (Kaplan & Meier 1958, JASA 53:457), one per group on the right-hand side. At
--- risk at t: entry < t <=
--- time. Greenwood standard errors; limits log-log by default. Rows missing any variable of the
--- formula are left out
--- and counted.
---@param formula string            "Surv(time, event) ~ group", "Surv(entry, time, event) ~ 1";
---                                 times in any one unit
---@param data lobule.Cohort|lobule.Frame
---@param options? table            conf_level (0.95); conf_type: "log-log" (default), "log",
---                                 "plain", "logit", "arcsine", "log-peto"
---@return lobule.KM
---@raise negative times, entry >= time, an event that is not logical or 0/1, no complete row
function M.km(formula, data, options)
  local opts <const> = check.options(options, KM_OPTIONS)
  local model, info = build(formula, data, "groups")
  local fit = core.km(model, opts.conf_level, opts.conf_type)
  local result = require("lobule.survival.km").new(fit, info, opts)
  return result
end

--- Log-rank test (Mantel 1966; Peto & Peto 1972) of equal hazards in the groups, hypergeometric
--- variance; `strata(x)` in the
--- formula stratifies. Rows missing any variable are left out and counted.
---@param formula string            "Surv(time, event) ~ group", "Surv(time, event) ~ group +
---                                 strata(centre)"
---@param data lobule.Cohort|lobule.Frame
---@param options? table            rho: 0 log-rank (default), 1 Peto-Peto; weights S(t-)^rho
---                                 (Harrington & Fleming 1982)
---@return lobule.Logrank
---@raise as survival.km; fewer than two groups; no event
function M.logrank(formula, data, options)
  local opts <const> = check.options(options, LOGRANK_OPTIONS)
  local model, info = build(formula, data, "groups")
  local test = core.logrank(model, opts.rho)
  local result = require("lobule.survival.logrank").new(test, info, opts)
  return result
end

--- Cox proportional hazards model (Cox 1972), treatment contrasts, ties by Efron (1977, JASA
--- 72:557) or Breslow. Factors enter
--- against their first level; `strata(x)` gives each stratum its own baseline hazard; `offset(x)`
--- as it says. Rows
--- missing any variable are left out and counted.
---@param formula string            "Surv(time, event) ~ treatment + age + strata(centre)"
---@param data lobule.Cohort|lobule.Frame
---@param options? table            ties: "efron" (default), "breslow"; conf_level (0.95); max_iter
---                                 (30); tolerance (1e-9)
---@return lobule.Cox
---@raise as survival.km; no event; a factor with one level left
function M.cox(formula, data, options)
  local opts <const> = check.options(options, COX_OPTIONS)
  local model, info = build(formula, data, "design")
  local fit = core.cox(model, opts.ties, opts.max_iter, opts.tolerance)
  local result = require("lobule.survival.cox").new(fit, info, opts, model)
  return result
end

core.namespace("survival", M)
return M
