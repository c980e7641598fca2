--- Turns Kaplan-Meier curves into the description that the figure code draws.
local check = require "lobule.check"
local format = require "lobule.format"

local OPTIONS <const> = { { "times", "times" }, { "risk_table", "boolean", true },
  { "conf", "boolean", true }, { "x_label", "string" },
  { "y_label", "string", "Survival" }, { "title", "string" }, { "width_mm", "positive", 183 },
    { "p_value", "any" } }

--- Steps of ticks that people read well: months in years, anything else in round numbers.
local function steps(unit)
  if unit == "months" then return { 1, 2, 3, 6, 12, 24, 36, 48, 60, 120 } end
  local list = {}
  for power = -3, 9 do
    for _, step in ipairs { 1, 2, 5 } do list[#list + 1] = step * 10.0 ^ power end
  end
  return list
end

--- Ticks from 0, seven steps of them at most.
local function nice_times(last, unit)
  local size
  for _, step in ipairs(steps(unit)) do
    size = step
    if last / step <= 7 then break end
  end
  local times = {}
  for i = 0, math.floor(last / size + 1e-9) do times[i + 1] = i * size end
  return times
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
    conf_low = list "conf_low",
    conf_high = list "conf_high", censor_time = {}, censor_survival = {} }
  local censor, risk = list "n_censor", list "n_risk"
  for i = 1, #frame do
    if censor[i] > 0 then
      spec.censor_time[#spec.censor_time + 1] = spec.time[i]
      spec.censor_survival[#spec.censor_survival + 1] = spec.survival[i]
    end
    if risk[i] < 10 and not spec.faint_from then spec.faint_from = spec.time[i] end
  end
  local time, low, high = km.fit:quantile(g, 0.5)
  local function show(x)
    return x and format.number(x, 3) or "not reached"
  end
  spec.note = time and ("median %s (%s to %s)"):format(show(time), show(low), show(high))
    or "median not reached"
  return spec
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
  local parts = {}
  for g, curve in ipairs(spec.curves) do
    local n, events = km.fit:count(g)
    parts[g] = ("%s: %d patients, %s events, %s"):format(curve.label, n,
      format.number(events, 6), curve.note)
  end
  return ("%s against %s, step curves. %s."):format(spec.y_label, spec.x_label,
    table.concat(parts, "; "))
end

local function axis_label(km, opts)
  if opts.x_label then return opts.x_label end
  local unit = km.info.time_unit
  local label = km.info.time_label or "Time"
  return unit and ("%s (%s)"):format(label, unit) or label
end

return function(km, options)
  local opts <const> = check.options(options, OPTIONS)
  local times = opts.times or nice_times(km.info.time_max, km.info.time_unit)
  local spec = { title = opts.title or ("Kaplan-Meier estimate, " .. km.info.formula),
    width_mm = opts.width_mm, x_label = axis_label(km, opts),
    y_label = opts.y_label, times = times, conf = opts.conf, curves = {}, annotation = {} }
  if opts.risk_table then spec.risk_table = {} end
  for g = 1, #km.info.groups.label do
    spec.curves[g] = curve_spec(km, g)
    if opts.risk_table then spec.risk_table[g] = risk_row(km, g, times) end
  end
  if opts.p_value then
    local p = type(opts.p_value) == "number" and opts.p_value or opts.p_value.p_value
    local shown = format.p(p)
    spec.annotation[1] = "Log-rank p " .. (shown:find("^<") and shown or "= " .. shown)
  end
  spec.desc = description(km, spec)
  return require("lobule.figure").curves(spec)
end
