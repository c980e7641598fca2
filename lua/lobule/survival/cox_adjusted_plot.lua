--- Turns adjusted survival curves into the description that the figure code draws.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local parts = require "lobule.survival.plot_parts"

local OPTIONS <const> = { { "crude", "boolean", true }, { "conf", "boolean", true },
  { "times", "times" }, { "x_label", "string" }, { "title", "string" },
  { "width_mm", "positive", 183 } }

local function curve_of(self, rows, level)
  local curve = { label = tostring(level), time = {}, survival = {}, conf_low = {},
    conf_high = {} }
  for _, row in ipairs(rows) do
    if row.level == curve.label then
      local i = #curve.time + 1
      local function number(x) return type(x) == "number" and x or 0 / 0 end
      curve.time[i], curve.survival[i] = row.time, row.estimate
      curve.conf_low[i], curve.conf_high[i] = number(row.conf_low), number(row.conf_high)
    end
  end
  local m = self.moments[#self.moments]
  for a, name in ipairs(self.levels) do
    if name == level then
      curve.note = ("mean to %s: %s"):format(format.time(self.tau),
        format.number(m.estimate[a], 3))
    end
  end
  return curve
end

--- The rows of the fit alone, with the variable for groups.
local function crude_km(self)
  local fit <const> = self.fit
  local used = core.cox_linear(fit.model, fit.fit, nil):column "estimate"
  local frame = core.with_column(check.data(fit.data), ".used", used):filter "not is_na(`.used`)"
  local outcome = self.info.formula:match "^(.-)%s*~"
  local km = require("lobule.survival").km(("%s ~ `%s`"):format(outcome, self.variable), frame,
    { weights = fit.options.weights, weight_type = fit.options.weight_type })
  return km
end

--- Crude curves of the levels, in their order; nil where a level is no group of the data.
local function crude_curves(self)
  local km, place, list = crude_km(self), {}, {}
  for g, label in ipairs(km.info.groups.label) do place[label] = g end
  for a, level in ipairs(self.levels) do
    local g = place[tostring(level)]
    if not g then return nil end
    local frame = km.fit:curve(g)
    list[a] = { time = frame:column("time"):totable(),
      survival = frame:column("survival"):totable(), series = a }
  end
  return list
end

return function(self, options)
  local opts <const> = check.options(options, OPTIONS)
  if #self.levels > 8 then
    core.raise("argument", ("%d curves do not fit one figure: at most 8"):format(#self.levels),
      "Choose levels = { ... }.")
  end
  local spec = { title = opts.title or self.title, width_mm = opts.width_mm, conf = opts.conf,
    x_label = parts.axis_label(self, opts), y_label = "Adjusted survival", curves = {},
    annotation = {},
    times = opts.times or parts.nice_times(0, self.info.time_max, self.info.time_unit) }
  local rows, words = self:tidy():rows_list(), {}
  for a, level in ipairs(self.levels) do
    spec.curves[a] = curve_of(self, rows, level)
    words[a] = ("%s: %s"):format(spec.curves[a].label, spec.curves[a].note)
  end
  spec.beside = opts.crude and crude_curves(self) or nil
  if spec.beside then spec.annotation[1] = "Thin dots: crude Kaplan-Meier" end
  if opts.conf then
    spec.annotation[#spec.annotation + 1] = ("Bands: pointwise %s %% CI"):format(
      core.format_number(100 * self.options.conf_level))
  end
  spec.desc = ("Adjusted survival against %s, step curves. %s."):format(spec.x_label,
    table.concat(words, "; "))
  return (require("lobule.figure").curves(spec))
end
