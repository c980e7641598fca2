--- Pseudo-values: what each person contributes to a survival quantity, for any regression.
local check = require "lobule.check"
local core = require "lobule.core"
local horizons = require "lobule.survival.horizons"
local printed = require "lobule.printed"
local result = require "lobule.result"
local weights = require "lobule.survival.weights"

---@class lobule.Pseudo
---@field columns string[]          names of the columns of pseudo-values, one a horizon
---@field at table                  kind, from, tau (list), cause
---@field info table                n, n_rows, n_used, n_missing, n_event, dropped, groups
---@field warnings string[]
---@field title string
local Pseudo = { __name = "lobule.Pseudo" }
result.mixin(Pseudo)

local M = {}

local OPTIONS <const> = weights.join { { "type", { "survival", "rmst", "cif", "rmtl" } },
  { "times", "times" }, { "tau", "times" }, { "from", "number", 0 }, { "cause", "any" },
  { "censored", "any" }, { "method", { "jackknife", "infinitesimal" }, "jackknife" } }
local REFUSED <const> = {
  sampling = "Give the weights to the regression of the pseudo-values instead.",
  case = 'Leaving a person out needs persons: weight_type = "frequency" counts them.' }

--- "pseudo" of one horizon, "pseudo_12" of several.
local function column_names(taus)
  if #taus == 1 then return { "pseudo" } end
  local names = {}
  for k, tau in ipairs(taus) do
    names[k] = "pseudo_" .. core.format_number(tau):gsub("[^%w]", "_")
  end
  return names
end

--- Jackknife pseudo-values of survival, restricted mean, cumulative incidence or lost time, one a
--- row and horizon: n theta - (n - 1) theta(-i), with theta(-i) the estimate without the row,
--- exactly (Andersen, Klein & Rosthoj 2003, Biometrika 90:15; Andersen & Pohar Perme 2010, Stat
--- Methods Med Res 19:71). Without censoring they are the row's own values, 1(T > t) or min(T,
--- tau). They replace the outcome in a regression for complete data: survival.rmst_regression and
--- survival.risk_regression do so with their sandwich variance. Groups of the formula are each on
--- their own, for censoring that differs between them. All rows of a horizon in one walk.
---@param formula string            "Surv(time, event) ~ 1", "Surv(time, cause) ~ arm" with causes
---                                 as in survival.cuminc
---@param data lobule.Cohort|lobule.Frame
---@param options table             type: "survival" (times; the default with times), "cif" (times;
---                                 of a cause), "rmst" (tau; the default with tau), "rmtl" (tau;
---                                 time lost, of a cause if given); times: ascending; tau:
---                                 ascending horizons; from (0): where the window of a mean begins;
---                                 cause; censored: the level or number that means censored;
---                                 method: "jackknife" (default), "infinitesimal" (theta + n
---                                 times the influence, as R's survival::pseudo); weights
---                                 with weight_type "frequency"
---@return lobule.Pseudo            # :tidy() has a row for each row of the data, NA where left out
---@raise as survival.rmst; a horizon beyond the follow-up of a group
---@example lb.survival.pseudo("Surv(months, progressed) ~ 1", lb.example_data(), { tau = 12 })
function M.pseudo(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  weights.check(opts, data, REFUSED)
  local model, info, causes = horizons.build(formula, data, "groups", opts)
  local at, cause = horizons.choose(opts, causes)
  local names = column_names(at.tau)
  local frame, estimates = core.pseudo(model, at, names, opts.method == "infinitesimal")
  local words = horizons.words(at, cause, info.time_unit)
  return setmetatable({ frame = frame, estimates = estimates, columns = names, at = at,
    info = info, options = opts, data = data, title = "Pseudo-values of the " .. words,
    warnings = result.warnings(info) }, Pseudo)
end

--- The pseudo-values, one row a row of the data and in its order; NA in rows that were left out.
---@return lobule.Frame             # pseudo, or pseudo_T of each of several horizons T
function Pseudo:tidy()
  return self.frame
end

--- The data with the pseudo-values as further columns.
---@return lobule.Frame
function Pseudo:augment()
  local frame = check.data(self.data)
  for _, name in ipairs(self.columns) do
    frame = core.with_column(frame, name, self.frame:column(name))
  end
  return frame
end

--- Counts, and the estimate behind the pseudo-values: one row a group and horizon.
---@return lobule.Frame             # strata, tau, estimate, n, n_missing, n_event (of all groups)
function Pseudo:glance()
  local lists, i = { {}, {}, {}, {}, {}, {} }, 0
  for k, tau in ipairs(self.at.tau) do
    for g, name in ipairs(self.info.groups.name) do
      i = i + 1
      for j, value in ipairs { name == "" and "all" or name, tau, self.estimates[k][g],
        self.info.n, self.info.n_missing, self.info.n_event } do
        lists[j][i] = value
      end
    end
  end
  local frame = result.frame { { "strata", lists[1], "text" }, { "tau", lists[2], "real",
    unit = self.info.time_unit }, { "estimate", lists[3], "real" }, { "n", lists[4], "integer" },
    { "n_missing", lists[5], "integer" }, { "n_event", lists[6], "real" } }
  return frame
end

local METHODS <const> = { jackknife = "exact jackknife: each row left out in turn",
  infinitesimal = "infinitesimal jackknife (first-order approximation)" }

local function summary_table(self)
  local rows, format = {}, require "lobule.format"
  for i, row in ipairs(self:glance():rows_list()) do
    rows[i] = { self.info.groups.label[(i - 1) % #self.info.groups.label + 1],
      core.format_number(row.tau), format.number(row.estimate, 3),
      self.columns[(i - 1) // #self.info.groups.label + 1] }
  end
  local notes = { ("n = %d, %s events; %s."):format(self.info.n, format.count(self.info.n_event),
    METHODS[self.options.method]) }
  notes[2] = weights.text(self.options, self.info)
  return require("lobule.table").new { rows = rows, notes = notes, columns = {
    { label = "Group", align = "left" }, { label = "Horizon", align = "right",
      unit = self.info.time_unit }, { label = "Estimate", align = "right" },
    { label = "Column", align = "left" } } }
end

function Pseudo:__tostring()
  return printed.text(self, summary_table(self))
end

--- The blocks of a report: the estimates, then warnings.
---@param options? table
---@return table[]
function Pseudo:report_blocks(options)
  return (printed.blocks(self, summary_table(self), nil, options))
end

--- The estimates and counts; the pseudo-values themselves are rows of people and stay out.
---@return table
function Pseudo:record()
  return result.ordered { { "kind", "survival.pseudo" }, { "formula", self.info.formula },
    { "type", self.at.kind }, { "from", self.at.from }, { "tau", self.at.tau },
    { "method", self.options.method }, { "n", self.info.n },
    { "n_missing", self.info.n_missing }, { "estimates", result.record(self:glance()) },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

core.class("pseudo", Pseudo)
return result.functions("survival", M)
