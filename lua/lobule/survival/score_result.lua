--- Score result: AUC, Brier score and calibration of models at times, compared.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local shown = require "lobule.shown"

---@class lobule.Score
---@field models string[]           names
---@field times number[]
---@field info table
---@field warnings string[]
---@field title string
local Score = { __name = "lobule.Score" }
result.mixin(Score)

local M = {}

--- A Cox model among competing causes predicts what would happen if the others were abolished.
local function no_incidence(self, list)
  if self.options.cause == nil or #self.info.causes < 2 then return end
  for _, name in ipairs(self.models) do
    if check.is(self.options.models[name], "lobule.Cox") then
      list[#list + 1] = ("model '%s' predicts 1 - S of a cause-specific model, which is no "
        .. "cumulative incidence: with competing causes it is too high; survival.finegray or "
        .. "survival.multistate_cox predict incidence"):format(name)
    end
  end
end

local function warn(self)
  local list = result.warnings(self.info)
  no_incidence(self, list)
  for t, at in ipairs(self.at) do
    if at.n_case == 0 or at.n_control == 0 then
      list[#list + 1] = ("time %s: %d cases and %d controls: there is no AUC"):format(
        core.format_number(self.times[t]), at.n_case, at.n_control)
    elseif at.n_case < 10 then
      list[#list + 1] = ("time %s: only %d cases"):format(core.format_number(self.times[t]),
        at.n_case)
    end
  end
  if self.info.n_no_risk > 0 then
    list[#list + 1] = ("%d of %d rows without a risk from every model left out"):format(
      self.info.n_no_risk, self.info.n_all)
  end
  return list
end

--- Wraps scores of the core.
---@param at table[]                one a time
---@param names string[]            models
---@param columns string[][]        of risks, of each model one a time
---@param frame lobule.Frame        rows that are judged
---@param info table
---@param opts table
---@param formula string
---@return lobule.Score
function M.new(at, names, columns, frame, info, opts, formula)
  local self = { at = at, models = names, columns = columns, frame = frame, info = info,
    options = opts, times = opts.times, formula = formula,
    title = "Predicted against observed risk" }
  self.warnings = warn(self)
  if opts.calibration then
    self.calibrated = require("lobule.survival.calibration").of(self)
    for _, text in ipairs(self.calibrated.warnings) do
      self.warnings[#self.warnings + 1] = text
    end
  else
    self.calibrated = false
  end
  return setmetatable(self, Score)
end

--- Calls f(m, t) for every model and time.
local function each(self, f)
  for m in ipairs(self.models) do
    for t in ipairs(self.times) do f(m, t) end
  end
end

local function limited(self, value, variance, low, high)
  local error <const> = variance >= 0 and variance ^ 0.5 or 0 / 0
  local z <const> = core.normal_quantile((1 + self.options.conf_level) / 2)
  return error, math.max(value - z * error, low), math.min(value + z * error, high)
end

--- AUC and Brier score, one row a model and time.
---@return lobule.Frame             # model, time, n_case, n_control, auc, auc_std_error,
---                                 auc_conf_low, auc_conf_high, brier, brier_std_error,
---                                 brier_conf_low, brier_conf_high
function Score:tidy()
  local lists = {}
  for j = 1, 12 do lists[j] = {} end
  each(self, function(m, t)
    local at, i = self.at[t], #lists[1] + 1
    local auc_error, auc_low, auc_high = limited(self, at.auc[m], at.auc_covariance[m][m], 0, 1)
    local error, low, high = limited(self, at.brier[m], at.brier_covariance[m][m], 0, math.huge)
    if at.auc[m] ~= at.auc[m] then auc_error, auc_low, auc_high = 0 / 0, 0 / 0, 0 / 0 end
    for j, value in ipairs { self.models[m], self.times[t], at.n_case, at.n_control, at.auc[m],
      auc_error, auc_low, auc_high, at.brier[m], error, low, high } do
      lists[j][i] = value
    end
  end)
  local names = { "model", "time", "n_case", "n_control", "auc", "auc_std_error", "auc_conf_low",
    "auc_conf_high", "brier", "brier_std_error", "brier_conf_low", "brier_conf_high" }
  local columns = {}
  for j, name in ipairs(names) do
    columns[j] = { name, lists[j], j == 1 and "text" or "real" }
  end
  columns[2].unit = self.info.time_unit
  local frame = result.frame(columns)
  return frame
end

--- The model that knows nobody: the risk of the Kaplan-Meier (or Aalen-Johansen) curve for all.
---@return lobule.Frame             # time, risk, brier
function Score:null()
  local lists = { {}, {}, {} }
  local risk = require("lobule.survival.calibration").overall(self)
  for t, time in ipairs(self.times) do
    local n <const> = #self.frame
    local list = { n = n }
    for i = 1, n do list[i] = risk[t] end
    local column = core.frame { { "risk", list, "real" } }:column "risk"
    local at = core.score(self.info.model, self.info.cause, { column }, time)
    lists[1][t], lists[2][t], lists[3][t] = time, risk[t], at.brier[1]
  end
  local frame = result.frame { { "time", lists[1], "real", unit = self.info.time_unit },
    { "risk", lists[2], "real" }, { "brier", lists[3], "real" } }
  return frame
end

--- The Brier score integrated over the times by the trapezoidal rule, divided by their span.
---@return lobule.Frame             # model, from, to, estimate
---@raise a single time
function Score:integrated()
  if #self.times < 2 then
    core.raise("argument", "an integral needs at least two times", "times = { 6, 12, 18, 24 }")
  end
  local lists = { {}, {}, {}, {} }
  local first <const>, last <const> = self.times[1], self.times[#self.times]
  for m, name in ipairs(self.models) do
    local sum = 0
    for t = 2, #self.times do
      sum = sum + (self.at[t].brier[m] + self.at[t - 1].brier[m]) / 2
        * (self.times[t] - self.times[t - 1])
    end
    lists[1][m], lists[2][m], lists[3][m], lists[4][m] = name, first, last, sum / (last - first)
  end
  local frame = result.frame { { "model", lists[1], "text" }, { "from", lists[2], "real" },
    { "to", lists[3], "real" }, { "estimate", lists[4], "real", label = "Integrated Brier" } }
  return frame
end

local function difference(self, at, m, of)
  local c <const> = at[of .. "_covariance"]
  local value <const> = at[of][m] - at[of][1]
  local variance <const> = c[m][m] + c[1][1] - 2 * c[m][1]
  local error, low, high = limited(self, value, variance, -math.huge, math.huge)
  return value, error, low, high, error > 0 and core.normal_p(value / error) or 0 / 0
end

--- Differences of each model to the first (in the order of names), on the same rows.
---@return lobule.Frame             # model, reference, time, measure ("auc", "brier"), estimate,
---                                 std_error, conf_low, conf_high, p_value
function Score:differences()
  local lists = { {}, {}, {}, {}, {}, {}, {}, {}, {} }
  for _, of in ipairs { "auc", "brier" } do
    each(self, function(m, t)
      if m == 1 then return end
      local i = #lists[1] + 1
      local value, error, low, high, p = difference(self, self.at[t], m, of)
      for j, cell in ipairs { self.models[m], self.models[1], self.times[t], of, value, error, low,
        high, p } do
        lists[j][i] = cell
      end
    end)
  end
  local names = { "model", "reference", "time", "measure", "estimate", "std_error", "conf_low",
    "conf_high", "p_value" }
  local columns = {}
  for j, name in ipairs(names) do
    columns[j] = { name, lists[j], (j < 3 or j == 4) and "text" or "real" }
  end
  local frame = result.frame(columns)
  return frame
end

--- Counts.
---@return lobule.Frame             # n, n_missing, n_event, n_models, n_times
function Score:glance()
  local frame = result.frame { { "n", { self.info.n_used }, "integer" },
    { "n_missing", { self.info.n_missing + self.info.n_no_risk }, "integer" },
    { "n_event", { self.info.n_event }, "integer" },
    { "n_models", { #self.models }, "integer" }, { "n_times", { #self.times }, "integer" } }
  return frame
end

local function with_limits(value, low, high, decimals)
  if value == nil or value ~= value then return "NA" end
  return ("%s (%s to %s)"):format(format.fixed(value, decimals), format.fixed(low, decimals),
    format.fixed(high, decimals))
end

local LEAST_DECIMALS <const>, MOST_DECIMALS <const> = 4, 8

--- Decimals of a difference of Brier scores, which are small: four, more where the difference would
--- not have two figures.
local function brier_decimals(value)
  local size <const> = math.abs(value)
  if size == 0 or size ~= size then return LEAST_DECIMALS end
  return math.max(LEAST_DECIMALS, math.min(MOST_DECIMALS, 1 - math.floor(math.log(size, 10))))
end

local function known_or_na(value, decimals)
  return value == value and format.fixed(value, decimals) or "NA"
end

local function summary_table(self)
  local rows, level = {}, core.format_number(100 * self.options.conf_level)
  local calibration = self.calibrated and self.calibrated.rows or nil
  for i, row in ipairs(self:tidy():rows_list()) do
    local cells = { row.model, core.format_number(row.time),
      ("%d/%d"):format(row.n_case, row.n_control),
      with_limits(row.auc, row.auc_conf_low, row.auc_conf_high, 2),
      with_limits(row.brier, row.brier_conf_low, row.brier_conf_high, 3) }
    if calibration then
      cells[6] = known_or_na(calibration[i].ratio, 2)
      cells[7] = known_or_na(calibration[i].ici, 3)
    end
    rows[i] = cells
  end
  local columns = { { label = "Model", align = "left" }, { label = "Time", align = "right" },
    { label = "Cases/controls", align = "right" },
    { label = ("AUC (%s %% CI)"):format(level), align = "right" },
    { label = ("Brier (%s %% CI)"):format(level), align = "right" } }
  if calibration then
    columns[6] = { label = "Observed/predicted", align = "right" }
    columns[7] = { label = "ICI", align = "right" }
  end
  return require("lobule.table").new { columns = columns, rows = rows, notes = {}, keys = 2 }
end

--- Of the models that were fitted to rows judged, in words.
local function apparent_lines(self)
  local list, n <const> = {}, #self.frame
  for m, name in ipairs(self.models) do
    local common <const> = self.info.common[m]
    if common == n and n > 0 then
      list[#list + 1] = ("%s: apparent: judged on the rows the model was fitted to, which flatters "
        .. "it; %s"):format(name, check.is(self.options.models[name], "lobule.Cox")
        and "fit:validate corrects for that" or "rows kept apart would not")
    elseif common and common > 0 then
      list[#list + 1] = ("%s: %d of the %d rows judged are among those the model was fitted to, "
        .. "which flatters it"):format(name, common, n)
    end
  end
  return list
end

local function lines(self)
  local list = apparent_lines(self)
  for _, row in ipairs(#self.models > 1 and self:differences():rows_list() or {}) do
    local auc <const> = row.measure == "auc"
    list[#list + 1] = ("%s against %s at %s: difference of %s %s, %s"):format(row.model,
      row.reference, core.format_number(row.time), auc and "AUC" or "Brier score",
      with_limits(row.estimate, row.conf_low, row.conf_high, auc and 3
        or brier_decimals(row.estimate)), shown.p_phrase(row.p_value))
  end
  return list
end

function Score:__tostring()
  return printed.text(self, summary_table(self), lines(self))
end

--- The blocks of a report.
---@param options? table
---@return table[]
function Score:report_blocks(options)
  return (printed.blocks(self, summary_table(self), lines(self), options))
end

--- Everything at full precision.
---@return table
function Score:record()
  return result.ordered { { "kind", "survival.score" }, { "formula", self.info.formula },
    { "scores", result.record(self:tidy()) },
    { "differences", #self.models > 1 and result.record(self:differences()) or nil },
    { "calibration", self.calibrated and result.record(self:calibration()) or nil },
    { "n", self.info.n_used }, { "n_missing", self.info.n_missing },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

for name, method in pairs(require "lobule.survival.score_more") do Score[name] = method end
core.class("score", Score)
return M
