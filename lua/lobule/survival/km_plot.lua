--- Turns Kaplan-Meier curves into the description that the figure code draws.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local journal = require "lobule.report.journal"
local km_scale = require "lobule.survival.km_scale"
local parts = require "lobule.survival.plot_parts"
local shown = require "lobule.shown"

local OPTIONS <const> = { { "times", "times" }, { "risk_table", "boolean", true },
  { "conf", "boolean" }, { "x_label", "string" },
  { "y_label", "string" }, { "title", "string" }, { "width_mm", "positive", 183 },
  { "band", { "equal-precision", "hall-wellner" } },
  { "scale", km_scale.NAMES, "survival" }, { "p_value", "any" }, { "journal", journal.NAMES } }

--- Where the axis begins: at 0, but with late entry near the first time at which anybody leaves.
local function first_time(km)
  if not km.info.has_entry then return 0 end
  local first
  for g = 1, #km.info.groups.label do
    local time = km.fit:curve(g):column("time")
    if #time > 0 then first = math.min(first or time[1], time[1]) end
  end
  return first or 0
end

--- "median 112 (95 % CI 101 to not reached)", as the table says it.
local function median_note(km, g)
  local time, low, high = km.fit:quantile(g, 0.5)
  if not time then return "median not reached" end
  return ("median %s (%s %% CI %s)"):format(format.number(time),
    core.format_number(100 * km.options.conf_level), format.reached(low, high))
end

local function curve_spec(km, g)
  local frame = km.fit:curve(g)
  local function list(name)
    local values = frame:column(name):totable()
    for i = 1, #frame do
      if type(values[i]) ~= "number" then values[i] = 0 / 0 end
    end
    return values
  end
  local spec = { label = km.info.groups.label[g], time = list "time", survival = list "survival",
    conf_low = list "conf_low", conf_high = list "conf_high", censor_time = {},
    censor_survival = {}, note = median_note(km, g) }
  local censor = list "n_censor"
  for i = 1, #frame do
    if censor[i] > 0 then
      spec.censor_time[#spec.censor_time + 1] = spec.time[i]
      spec.censor_survival[#spec.censor_survival + 1] = spec.survival[i]
    end
  end
  spec.faint_from = parts.faint_from(spec.time, list "n_risk")
  return spec
end

--- The pointwise limits of a curve give way to those of a simultaneous band; outside its ends there
--- are none.
local function widen(km, spec, g, band)
  local rows = require("lobule.survival.km_band_rows")(km, g, band)
  local k = 0
  for i, time in ipairs(spec.time) do
    while rows[k + 1] and rows[k + 1].time <= time do k = k + 1 end
    local row = k > 0 and time <= rows[#rows].time and rows[k] or nil
    spec.conf_low[i] = row and row.conf_low or 0 / 0
    spec.conf_high[i] = row and row.conf_high or 0 / 0
  end
end

local function risk_row(km, g, times)
  local frame = km.fit:at(g, times)
  local row = { label = km.info.groups.label[g], n_risk = {}, n_censor = {}, n_event = {} }
  local censored, events = 0, 0
  for i, values in ipairs(frame:rows_list()) do
    censored, events = censored + values.n_censor, events + values.n_event
    row.n_risk[i], row.n_censor[i], row.n_event[i] = values.n_risk, censored, events
  end
  return row
end

--- The curves in words, for those who cannot see the figure.
local function description(km, spec)
  local words = {}
  for g, curve in ipairs(spec.curves) do
    local n, events = require("lobule.survival.km").counts(km, g)
    words[g] = ("%s: %d patients, %s events, %s"):format(curve.label, n,
      format.count(events), curve.note)
  end
  return ("%s against %s%s, step curves. %s."):format(spec.y_label, spec.x_label,
    spec.x_log and " on a log axis" or "", table.concat(words, "; "))
end

local function annotations(km, opts)
  local list = {}
  if opts.p_value then
    local p = type(opts.p_value) == "number" and opts.p_value or opts.p_value.p_value
    list[1] = { label = "Log-rank", p_value = p, text = "Log-rank " .. shown.p_phrase(p) }
  end
  if opts.conf then
    list[#list + 1] = ("Bands: %s %s %% CI"):format(opts.band and "simultaneous" or "pointwise",
      core.format_number(100 * km.options.conf_level))
  end
  return list
end

-- Bands of more curves hide each other and the curves.
local MOST_BANDS <const> = 4

return function(km, options)
  if type(options) == "string" then options = { scale = options } end
  local opts <const> = check.options(options, OPTIONS)
  if opts.conf == nil then opts.conf = opts.band ~= nil or #km.info.groups.label <= MOST_BANDS end
  local times = opts.times or parts.nice_times(first_time(km), km.info.time_max, km.info.time_unit)
  if #km.info.groups.label > 8 then
    core.raise("argument", ("%d curves do not fit one figure: at most 8"):format(
      #km.info.groups.label), "Filter the groups, or collapse them with case() or cut().")
  end
  local spec = { title = opts.title or ("Kaplan-Meier estimate, " .. km.info.formula),
    width_mm = opts.width_mm, x_label = parts.axis_label(km, opts),
    y_label = opts.y_label or km_scale.label(opts.scale), times = times,
    x_min = km.info.has_entry and times[1] or nil, conf = opts.conf, curves = {},
    annotation = annotations(km, opts) }
  if opts.times then spec.x_max = math.max(times[#times], 1e-9) end
  if opts.risk_table then spec.risk_table = {} end
  for g = 1, #km.info.groups.label do
    spec.curves[g] = curve_spec(km, g)
    if opts.band then widen(km, spec.curves[g], g, opts.band) end
  end
  km_scale.apply(spec, opts.scale, opts)
  for g = 1, opts.risk_table and #km.info.groups.label or 0 do
    spec.risk_table[g] = risk_row(km, g, spec.times)
  end
  spec.desc = description(km, spec)
  local figure = require("lobule.figure").curves(spec)
  return opts.journal and figure:styled(opts.journal) or figure
end
