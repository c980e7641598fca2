--- Calibration of predicted risks at a time: observed over predicted, slope, smooth curve, groups.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

-- Risks of 0 and 1 have no complementary log-log.
local CLOSEST <const> = 1e-8

--- Limits of a risk of 0 or 1, whose standard error is 0: where nobody was censored before the time
--- it is a proportion, and they are exact (Clopper & Pearson 1934, Biometrika 26:404), else there
--- are none.
local function edge_limits(self, fit, n, risk, time)
  if fit.info.has_entry or fit.info.n_missing > 0 then return 0 / 0, 0 / 0 end
  for _, row in ipairs(fit:tidy():rows_list()) do
    if row.time < time and row.n_censor > 0 then return 0 / 0, 0 / 0 end
  end
  local reach <const> = ((1 - self.options.conf_level) / 2) ^ (1 / n)
  if risk == 0 then return 0, 1 - reach end
  return reach, 1
end

--- The risk of everybody by each time: Kaplan-Meier, or Aalen-Johansen of the cause.
---@param self lobule.Score
---@param frame? lobule.Frame       default: all rows that are judged
---@return number[] risk            NaN beyond the last time
---@return number[] low
---@return number[] high
function M.overall(self, frame)
  local survival <const> = require "lobule.survival"
  local data <const> = frame or self.frame
  local causes <const> = self.options.cause ~= nil
  local opts = { conf_level = self.options.conf_level }
  local at, fit
  if causes then
    opts.censored = self.options.censored
    local asked = { cause = self.options.cause, table.unpack(self.times) }
    fit = survival.cuminc(self.formula, data, opts)
    at = fit:at(asked)
  else
    fit = survival.km(self.formula, data, opts)
    at = fit:at(self.times)
  end
  local risk, low, high = {}, {}, {}
  -- One time of one group is a number for a sentence.
  if not check.is(at, "lobule.Frame") then at = at:tidy() end
  for t, row in ipairs(at:rows_list()) do
    local function number(value) return type(value) == "number" and value or 0 / 0 end
    local estimate, from, to = number(row.estimate), number(row.conf_low), number(row.conf_high)
    if causes then
      risk[t], low[t], high[t] = estimate, from, to
    else
      risk[t], low[t], high[t] = 1 - estimate, 1 - to, 1 - from
    end
    if risk[t] == 0 or risk[t] == 1 then
      low[t], high[t] = edge_limits(self, fit, #data, risk[t], self.times[t])
    end
  end
  return risk, low, high
end

local CLL <const> = "complementary log-log of the risk"

--- The rows judged, with the complementary log-log of a risk.
local function with_cll(self, m, t)
  local text <const> = "`%s` = log(-log(1 - pmin(pmax(`%s`, $low), $high)))"
  local frame = self.frame:mutate({ text:format(CLL, self.columns[m][t]) },
    { with = { low = CLOSEST, high = 1 - CLOSEST } })
  return frame
end

--- A regression of the outcome on a term: Cox, or Fine-Gray of the cause.
local function regress(self, frame, term)
  local survival <const> = require "lobule.survival"
  local formula = self.formula:match "^(.-)%s*~" .. " ~ " .. term
  if self.options.cause == nil then
    local fit = survival.cox(formula, frame)
    return fit
  end
  local fit = survival.finegray(formula, frame, { cause = self.options.cause,
    censored = self.options.censored, variance = "model" })
  return fit
end

--- What the smooth curve says for each row, by the time.
local function smoothed(self, frame, time)
  local fit = regress(self, frame, ("rcs(`%s`, 3)"):format(CLL))
  local survival <const> = self.options.cause == nil
  local got = fit:predict { newdata = frame, times = { time },
    type = survival and "survival" or nil }
  local estimate, list = got:column("estimate"), {}
  for i = 1, #frame do list[i] = survival and 1 - estimate[i] or estimate[i] end
  return list
end

local function quantile(sorted, prob)
  local at = 1 + (#sorted - 1) * prob
  local low = math.floor(at)
  return sorted[low] + (at - low) * ((sorted[low + 1] or sorted[low]) - sorted[low])
end

--- Distances between the smooth curve and the risks: mean, median, 90th percentile.
local function distances(list, risk)
  local off, sum = {}, 0
  for i = 1, #list do
    off[i] = math.abs(list[i] - risk[i])
    sum = sum + off[i]
  end
  table.sort(off)
  return sum / #off, quantile(off, 0.5), quantile(off, 0.9)
end

local function mean(column, n)
  local sum = 0
  for i = 1, n do sum = sum + column[i] end
  return sum / n
end

--- One model at one time; what cannot be estimated is NaN, with the reason.
local function one(self, m, t, observed, warnings)
  local risk <const> = self.frame:column(self.columns[m][t])
  local n <const> = #self.frame
  local row = { model = self.models[m], time = self.times[t], observed = observed[t],
    predicted = mean(risk, n), slope = 0 / 0, ici = 0 / 0, e50 = 0 / 0, e90 = 0 / 0 }
  row.ratio = row.observed / row.predicted
  local frame <const> = with_cll(self, m, t)
  local ok, why = pcall(function()
    row.slope = regress(self, frame, ("`%s`"):format(CLL)):tidy():column("estimate")[1] or 0 / 0
    row.curve = smoothed(self, frame, self.times[t])
    row.ici, row.e50, row.e90 = distances(row.curve, risk)
  end)
  if not ok then
    warnings[#warnings + 1] = ("%s at %s: no smooth calibration curve (%s)"):format(row.model,
      core.format_number(row.time), type(why) == "table" and tostring(why.message or why)
      or tostring(why))
  end
  return row
end

--- Calibration of every model at every time.
---@param self lobule.Score
---@return { rows: table[], warnings: string[] }
function M.of(self)
  local observed <const> = M.overall(self)
  local rows, warnings = {}, {}
  for m in ipairs(self.models) do
    for t in ipairs(self.times) do rows[#rows + 1] = one(self, m, t, observed, warnings) end
  end
  return { rows = rows, warnings = warnings }
end

return M
