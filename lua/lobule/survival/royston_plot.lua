--- The figure of hazard ratios against time of a Royston-Parmar model.
local check = require "lobule.check"
local compare = require "lobule.survival.parametric_compare"
local core = require "lobule.core"
local format = require "lobule.format"
local parts = require "lobule.survival.plot_parts"

local OPTIONS <const> = { { "variable", "string" }, { "newdata", "any" }, { "reference", "any" },
  { "from", "positive" }, { "to", "positive" }, { "conf_level", "level" }, { "title", "string" },
  { "width_mm", "positive", 183 } }
local POINTS <const> = 160
local MOST_PANELS <const> = 8

--- Times from the first to the last event, denser where log time, and with it the curve, runs fast.
local function grid(self, opts)
  local knots = self:knots()
  local to = opts.to or knots[#knots]
  local from, times = opts.from or math.max(knots[1], to / POINTS), {}
  if from >= to then core.raise("argument", "from: expected a time before `to`") end
  for k = 0, POINTS do times[k + 1] = from + (to - from) * (k / POINTS) ^ 2 end
  return times
end

local function ticks(self, last)
  local list = {}
  for i, t in ipairs(parts.nice_times(0, last, self.info.time_unit)) do
    list[i] = { at = t, label = core.format_number(t) }
  end
  return list
end

--- Ratios of one comparison, NaN where there are none.
local function panel(frame, first, n, title)
  local x, y, low, high = {}, {}, {}, {}
  for k = 1, n do
    local i = first + k
    x[k] = frame:column "time"[i]
    y[k] = frame:column "estimate"[i] or 0 / 0
    low[k], high[k] = frame:column "conf_low"[i] or 0 / 0, frame:column "conf_high"[i] or 0 / 0
  end
  return { title = title, lines = { { x = x, y = high, base = low, look = "area", series = 1 },
    { x = x, y = y, look = "curve", series = 1 },
    { x = { x[1], x[n] }, y = { 1, 1 }, look = "limit", series = 1 } } }
end

local function words(curve, title)
  local x, y, band = curve.x, curve.y, {}
  for _, k in ipairs { 1, (#x + 1) // 2, #x } do
    band[#band + 1] = ("%s at %s"):format(format.number(y[k]), format.number(x[k]))
  end
  return ("%s: %s"):format(title, table.concat(band, ", "))
end

---@param self lobule.RoystonParmar
---@param options? table
---@return lobule.Figure
return function(self, options)
  local opts <const> = check.options(options, OPTIONS)
  local times <const> = grid(self, opts)
  local frame = compare.hazard_ratio(self, { at = times, variable = opts.variable,
    newdata = opts.newdata, reference = opts.reference, conf_level = opts.conf_level })
  local panels, texts, named = {}, {}, frame:has "term"
  for first = 0, #frame - 1, #times do
    if #panels == MOST_PANELS then
      core.raise("argument", ("more than %d comparisons: a figure shows fewer"):format(
        MOST_PANELS), "Take newdata with fewer rows.")
    end
    local title = named and frame:column "term"[first + 1]
      or #frame > #times and ("Row %d of newdata"):format(#panels + 1) or nil
    panels[#panels + 1] = panel(frame, first, #times, title)
    texts[#texts + 1] = words(panels[#panels].lines[2], title or "Hazard ratio")
  end
  local level = core.format_number(100 * (opts.conf_level or self.options.conf_level))
  return (require("lobule.figure").lines { title = opts.title or "Hazard ratio over time, "
    .. self.info.formula, width_mm = opts.width_mm, panels = panels, y_log = true,
    x_ticks = ticks(self, times[#times]),
    x_label = parts.axis_label(self, {}), y_label = ("Hazard ratio (%s %% CI)"):format(level),
    desc = ("Hazard ratio against time with pointwise %s %% intervals as a band; dotted: no "
      .. "difference. %s."):format(level, table.concat(texts, "; ")) })
end
