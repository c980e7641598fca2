--- Calibration tables, decision curves and figures of scored risks. Methods of the class "score".
local calibration = require "lobule.survival.calibration"
local check = require "lobule.check"
local core = require "lobule.core"
local parts = require "lobule.survival.plot_parts"
local result = require "lobule.result"

local Score = {}

local function columns_of(names, lists, n_text)
  local columns = {}
  for j, name in ipairs(names) do
    columns[j] = { name, lists[j], j <= n_text and "text" or "real" }
  end
  return columns
end

local function collect(names, rows, n_text)
  local lists = {}
  for j in ipairs(names) do lists[j] = {} end
  for i, row in ipairs(rows) do
    for j, name in ipairs(names) do lists[j][i] = row[name] end
  end
  local frame = result.frame(columns_of(names, lists, n_text))
  return frame
end

--- Calibration at each time: mean observed risk (Kaplan-Meier or Aalen-Johansen) and mean predicted
--- risk, their ratio; the slope of the complementary log-log of the risk in a Cox (or Fine-Gray)
--- model, 1 when risks are spread as they should be; the mean (ICI), median (E50) and 90th
--- percentile (E90) of the distance between the risks and a smooth curve through what was observed
--- (Austin, Harrell & van Klaveren 2020, Stat Med 39:2714; restricted cubic spline, 3 knots).
---@return lobule.Frame             # model, time, observed, predicted, ratio, slope, ici, e50, e90
---@raise calibration = false was said
function Score:calibration()
  if not self.calibrated then
    core.raise("argument", "the score was asked for without calibration", "Leave calibration out.")
  end
  local frame = collect({ "model", "time", "observed", "predicted", "ratio", "slope", "ici", "e50",
    "e90" }, self.calibrated.rows, 1)
  return frame
end

--- Rows in groups of equal size by predicted risk: mean predicted against observed risk with its
--- interval. Where the observed risk is 0 or 1 it is exact (Clopper-Pearson) if nobody was censored
--- before, else there is none.
---@param options? table            groups (10)
---@return lobule.Frame             # model, time, group, n, predicted, estimate, conf_low,
---                                 conf_high
function Score:calibration_groups(options)
  local opts <const> = check.options(options, { { "groups", "count", self.options.groups } })
  local rows = {}
  for m, name in ipairs(self.models) do
    for t, time in ipairs(self.times) do
      local column <const> = ("`%s`"):format(self.columns[m][t])
      local ranked = self.frame:sort { self.columns[m][t] }
      local n <const> = #ranked
      for g = 1, math.min(opts.groups, n) do
        local first, last = (g - 1) * n // opts.groups + 1, g * n // opts.groups
        if last >= first then
          local part = core.range(ranked, first, last)
          local risk, low, high = calibration.overall(self, part)
          rows[#rows + 1] = { model = name, time = time, group = g, n = #part,
            predicted = part:summarise({ "x = mean(" .. column .. ")" }):column("x")[1],
            estimate = risk[t], conf_low = low[t], conf_high = high[t] }
        end
      end
    end
  end
  local frame = collect({ "model", "time", "group", "n", "predicted", "estimate", "conf_low",
    "conf_high" }, rows, 1)
  return frame
end

--- Share treated at a threshold times (events among them less others at the threshold's odds).
local function net_benefit(self, frame, t, threshold)
  local share <const> = #frame / #self.frame
  if #frame == 0 then return 0 end
  local risk = calibration.overall(self, frame)[t]
  return share * (risk - (1 - risk) * threshold / (1 - threshold))
end

local DECISION <const> = { { "time", "positive" }, { "thresholds", "table" } }

local function time_place(self, time)
  if time == nil then return #self.times end
  for t, value in ipairs(self.times) do
    if value == time then return t end
  end
  core.raise("argument", ("time %s was not scored"):format(core.format_number(time)),
    "Times are those of the call.")
end

--- Decision curves at a time (Vickers & Elkin 2006, Med Decis Making 26:565; with censoring Vickers
--- et al. 2008, BMC Med Inform Decis Mak 8:53): net benefit of treating whoever has at least the
--- threshold's risk, beside treating everybody and nobody (0).
---@param options? table            time (default the last); thresholds: a list of risks (default
---                                 0.01 to 0.99 by 0.01, up to twice the overall risk)
---@return lobule.Frame             # model ("all" for treating everybody), threshold, estimate
function Score:decision(options)
  local opts <const> = check.options(options, DECISION)
  local t <const> = time_place(self, opts.time)
  local thresholds, rows = opts.thresholds or {}, {}
  if not opts.thresholds then
    local most = math.min(0.99, 2 * calibration.overall(self)[t])
    for k = 1, 99 do
      if k / 100 <= most or k <= 10 then thresholds[#thresholds + 1] = k / 100 end
    end
  end
  for k, threshold in ipairs(thresholds) do
    check.type(threshold, "number", ("thresholds[%d]"):format(k))
    if not (threshold > 0 and threshold < 1) then
      core.raise("argument", "thresholds: expected risks between 0 and 1")
    end
  end
  for m, name in ipairs(self.models) do
    for _, threshold in ipairs(thresholds) do
      local treated = self.frame:filter(("`%s` >= $threshold"):format(self.columns[m][t]),
        { with = { threshold = threshold } })
      rows[#rows + 1] = { model = name, threshold = threshold,
        estimate = net_benefit(self, treated, t, threshold) }
    end
  end
  for _, threshold in ipairs(thresholds) do
    rows[#rows + 1] = { model = "all", threshold = threshold,
      estimate = net_benefit(self, self.frame, t, threshold) }
  end
  local frame = collect({ "model", "threshold", "estimate" }, rows, 1)
  return frame
end

--- The smooth curve of a model at a time as a line, ascending risks.
local function calibration_line(self, m, t, label)
  local row = self.calibrated.rows[(m - 1) * #self.times + t]
  if not row.curve then return nil end
  local risk, order = self.frame:column(self.columns[m][t]), {}
  for i = 1, #self.frame do order[i] = i end
  table.sort(order, function(a, b) return risk[a] < risk[b] end)
  local line, last = { label = label, x = {}, y = {}, look = "curve" }, nil
  local step <const> = math.max(1, #order // 25)
  for k = 1, #order, step do
    local i <const> = order[k]
    if risk[i] ~= last then
      line.x[#line.x + 1], line.y[#line.y + 1] = risk[i], row.curve[i]
      last = risk[i]
    end
  end
  return line
end

local panels = {}

function panels.calibration(self, t)
  self:calibration()
  local lines = {}
  for m, name in ipairs(self.models) do
    lines[#lines + 1] = calibration_line(self, m, t, name)
  end
  lines[#lines + 1] = { label = "ideal", x = { 0, 1 }, y = { 0, 1 }, look = "limit" }
  return lines, "Predicted risk", "Observed risk"
end

-- Treating everybody falls without end as the threshold rises: below this part of the greatest
-- benefit under 0 nothing is drawn.
local FLOOR <const> = -0.1

function panels.decision(self, t)
  local frame, lines, most = self:decision { time = self.times[t] }, {}, 0
  for _, row in ipairs(frame:rows_list()) do most = math.max(most, row.estimate) end
  local names = table.move(self.models, 1, #self.models, 1, {})
  names[#names + 1] = "all"
  for m, name in ipairs(names) do
    local here = frame:filter("model == $name", { with = { name = name } })
    local x, y = here:column("threshold"):totable(), here:column("estimate"):totable()
    lines[m] = { label = name, x = {}, y = {}, look = name == "all" and "limit" or "curve" }
    for i = 1, #here do
      lines[m].x[i], lines[m].y[i] = x[i], y[i] >= FLOOR * most and y[i] or 0 / 0
    end
  end
  lines[#lines + 1] = { label = "none", x = { lines[1].x[1], lines[1].x[#lines[1].x] },
    y = { 0, 0 }, look = "limit" }
  return lines, "Threshold risk", "Net benefit"
end

-- Intervals of more models hide each other.
local MOST_INTERVALS <const> = 4

local function over_time(of, label)
  return function(self)
    local lines, place = {}, {}
    local limits <const> = #self.models <= MOST_INTERVALS
    for m, name in ipairs(self.models) do
      lines[m] = { label = name, x = {}, y = {}, low = limits and {} or nil,
        high = limits and {} or nil }
      place[name] = lines[m]
    end
    for _, row in ipairs(self:tidy():rows_list()) do
      local line <const>, t <const> = place[row.model], #place[row.model].x + 1
      line.x[t], line.y[t] = row.time, row[of] or 0 / 0
      if limits then
        line.low[t], line.high[t] = row[of .. "_conf_low"] or 0 / 0,
          row[of .. "_conf_high"] or 0 / 0
      end
    end
    return lines, nil, limits and ("%s (%s %% CI)"):format(label,
      core.format_number(100 * self.options.conf_level)) or label
  end
end

panels.auc = over_time("auc", "AUC")
panels.brier = over_time("brier", "Brier score")

--- A figure of the risks: smooth calibration curves or decision curves at a time, AUC or Brier
--- score over time.
---@param kind? "calibration"|"decision"|"auc"|"brier"  default "calibration"
---@param options? table            time (default the last), title, width_mm (183)
---@return lobule.Figure
function Score:plot(kind, options)
  if type(kind) == "table" then kind, options = nil, kind end
  local what <const> = check.options({ kind = kind }, { { "kind", { "calibration", "decision",
    "auc", "brier" }, "calibration" } }).kind
  local opts <const> = check.options(options, { { "time", "positive" }, { "title", "string" },
    { "width_mm", "positive", 183 } })
  local t <const> = time_place(self, opts.time)
  local lines, x_label, y_label = panels[what](self, t)
  local over <const> = (what == "auc" or what == "brier") and y_label:match "^[^(]*[^( ]"
  local title = opts.title or over and over .. " over time"
    or ("%s at %s%s"):format(what == "decision" and "Decision curves" or "Calibration",
      core.format_number(self.times[t]),
      self.info.time_unit and " " .. self.info.time_unit or "")
  local figure = require("lobule.figure").lines { title = title, width_mm = opts.width_mm,
    y_zero = what == "brier",
    panels = { { lines = lines } }, x_label = x_label or parts.axis_label(self, {}),
    y_label = y_label, desc = title .. ", a line for each of: " .. table.concat(self.models, ", ") }
  return figure
end

return result.methods("score", Score)
