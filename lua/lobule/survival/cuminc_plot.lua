--- Turns cumulative incidence curves into the description that the figure code draws.
local core = require "lobule.core"
local format = require "lobule.format"
local journal = require "lobule.report.journal"
local parts = require "lobule.survival.plot_parts"
local result = require "lobule.result"
local shown = require "lobule.shown"

local OPTIONS <const> = { { "times", "times" }, { "cause", "any" }, { "stacked", "boolean", false },
  { "risk_table", "boolean", true }, { "conf", "boolean", true }, { "x_label", "string" },
  { "y_label", "string", "Cumulative incidence" }, { "title", "string" },
  { "width_mm", "positive", 183 }, { "p_value", "any" }, { "journal", journal.NAMES } }

local function list(frame, name)
  local values = frame:column(name):totable()
  for i = 1, #frame do
    if type(values[i]) ~= "number" then values[i] = 0 / 0 end
  end
  return values
end

--- The numbers of the causes to draw.
local function causes_of(ci, cause)
  local numbers = {}
  if cause == nil then
    for k = 1, #ci.causes do numbers[k] = k end
    return numbers
  end
  local find <const> = require("lobule.survival.cuminc").cause_number
  for i, name in ipairs(type(cause) == "table" and cause or { cause }) do
    numbers[i] = find(ci.causes, name)
  end
  return numbers
end

--- "sex=F" and "death" as far as they tell curves apart.
local function label_of(ci, g, k, n_group, n_cause)
  local group = ci.info.groups.label[g]
  if n_cause == 1 then return n_group == 1 and ci.causes[k] or group end
  return n_group == 1 and ci.causes[k] or ("%s: %s"):format(group, ci.causes[k])
end

local function curve_of(ci, g, k, label)
  local frame = ci.fit:curve(g, k)
  local curve = { label = label, time = list(frame, "time"), survival = list(frame, "estimate"),
    conf_low = list(frame, "conf_low"), conf_high = list(frame, "conf_high"), censor_time = {},
    censor_survival = {} }
  local censor = list(frame, "n_censor")
  for i = 1, #frame do
    if censor[i] > 0 then
      curve.censor_time[#curve.censor_time + 1] = curve.time[i]
      curve.censor_survival[#curve.censor_survival + 1] = curve.survival[i]
    end
  end
  curve.faint_from = parts.faint_from(curve.time, list(frame, "n_risk"))
  return curve
end

--- Of several causes the first says who is at risk and censored, which is the same for all, and the
--- others only their events.
local function risk_row(ci, g, k, times, label)
  local row = { label = label, n_risk = {}, n_censor = {}, n_event = {} }
  local censored, events = 0, 0
  for i, values in ipairs(ci.fit:at(g, k, times):rows_list()) do
    censored, events = censored + values.n_censor, events + values.n_event
    row.n_risk[i], row.n_censor[i], row.n_event[i] = values.n_risk, censored, events
  end
  return row
end

--- Curves of several causes have their censorings in common: marks on each would hide the lines.
local function without_marks(curve)
  curve.censor_time, curve.censor_survival = nil, nil
  return curve
end

--- Curves on top of each other: the area between two is the incidence of the upper one's cause.
local function stack(curves)
  local below
  for _, curve in ipairs(curves) do
    for i = 1, #curve.time do
      local base = below and below[i] or 0
      curve.conf_low[i] = base
      curve.survival[i] = base + curve.survival[i]
      curve.conf_high[i] = curve.survival[i]
    end
    below = curve.survival
  end
end

--- The incidences themselves, for a stacked figure whose curves are their sums.
local function stacked_data(ci, g, causes)
  local tables = {}
  for i, k in ipairs(causes) do
    local frame = ci.fit:curve(g, k)
    tables[i] = { title = "Cumulative incidence, " .. ci.causes[k], columns = {} }
    for j, name in ipairs { "time", "estimate", "conf_low", "conf_high" } do
      tables[i].columns[j] = { name = name, values = list(frame, name) }
    end
  end
  return tables
end

local function annotations(ci, opts)
  local notes = {}
  if opts.p_value then
    local p = type(opts.p_value) == "number" and opts.p_value or opts.p_value.p_value
    if type(p) ~= "number" then
      core.raise("argument", "p_value: the test is of several causes",
        "Test one: lb.survival.gray(formula, data, { cause = ... }).")
    end
    notes[1] = { label = "Gray's test", p_value = p, text = "Gray's test " .. shown.p_phrase(p) }
  end
  if opts.stacked then
    notes[#notes + 1] = "Areas: cumulative incidence of each cause; above them: event-free"
  elseif opts.conf then
    notes[#notes + 1] = ("Bands: pointwise %s %% CI"):format(
      core.format_number(100 * ci.options.conf_level))
  end
  return notes
end

--- The curves in words, for those who cannot see the figure.
local function description(ci, spec, places)
  local words = {}
  for i, place in ipairs(places) do
    local n, events = ci.fit:count(place.g, place.k)
    local frame = ci.fit:curve(place.g, place.k)
    local last = #frame > 0 and frame:column("estimate")[#frame] or 0
    words[i] = ("%s: %d patients, %s events, %s %% at the end"):format(spec.curves[i].label, n,
      format.count(events), format.fixed(100 * (last or 1), 1))
  end
  return ("%s against %s, %s. %s."):format(spec.y_label, spec.x_label, spec.data
    and "stacked step curves that rise" or "step curves that rise", table.concat(words, "; "))
end

--- Where the axis begins: at 0, but with late entry near the first time at which anybody leaves.
local function first_time(ci)
  local first
  for g = 1, ci.info.has_entry and #ci.info.groups.label or 0 do
    local time = ci.fit:event_free(g):column "time"
    if #time > 0 then first = math.min(first or time[1], time[1]) end
  end
  return first or 0
end

return function(ci, options)
  local opts, groups = result.group_options(options, OPTIONS, ci.info)
  local causes = causes_of(ci, opts.cause)
  if opts.stacked and #groups > 1 then
    core.raise("argument", "stacked curves are of one group",
      ("Name it, or draw one figure each. Groups are: %s."):format(
        table.concat(ci.info.groups.name, "; ")))
  end
  if #groups * #causes > 8 then
    core.raise("argument", ("%d curves do not fit one figure: at most 8"):format(#groups * #causes),
      "Name a cause or a group: plot { cause = ... }.")
  end
  local times = opts.times
    or parts.nice_times(first_time(ci), ci.info.time_max, ci.info.time_unit)
  local spec = { title = opts.title or ("Cumulative incidence, " .. ci.info.formula), start = 0,
    width_mm = opts.width_mm, x_label = parts.axis_label(ci, opts), y_label = opts.y_label,
    times = times, x_min = ci.info.has_entry and times[1] or nil,
    conf = opts.conf or opts.stacked, curves = {}, annotation = annotations(ci, opts) }
  if opts.times then spec.x_max = math.max(times[#times], 1e-9) end
  if opts.risk_table then spec.risk_table = {} end
  local places = {}
  for _, g in ipairs(groups) do
    for c, k in ipairs(causes) do
      local i, label = #places + 1, label_of(ci, g, k, #groups, #causes)
      places[i] = { g = g, k = k }
      spec.curves[i] = curve_of(ci, g, k, label)
      if #causes > 1 or opts.stacked then without_marks(spec.curves[i]) end
      if opts.risk_table then spec.risk_table[i] = risk_row(ci, g, k, times, label) end
      if opts.risk_table and c > 1 then
        spec.risk_table[i].n_risk, spec.risk_table[i].n_censor = nil, nil
      end
    end
  end
  if opts.stacked then
    stack(spec.curves)
    spec.data = stacked_data(ci, groups[1], causes)
  end
  spec.desc = description(ci, spec, places)
  local figure = require("lobule.figure").curves(spec)
  return opts.journal and figure:styled(opts.journal) or figure
end
