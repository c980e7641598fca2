--- Turns state probabilities into the description that the figure code draws.
local core = require "lobule.core"
local format = require "lobule.format"
local journal = require "lobule.report.journal"
local parts = require "lobule.survival.plot_parts"
local result = require "lobule.result"
local rows = require "lobule.survival.multistate_data"

local OPTIONS <const> = { { "stacked", "boolean" }, { "times", "times" }, { "state", "any" },
  { "risk_table", "boolean", true }, { "conf", "boolean", true }, { "x_label", "string" },
  { "y_label", "string", "Probability" }, { "title", "string" }, { "width_mm", "positive", 183 },
  { "journal", journal.NAMES } }

local function list(frame, name)
  local values = frame:column(name):totable()
  for i = 1, #frame do
    if type(values[i]) ~= "number" then values[i] = 0 / 0 end
  end
  return values
end

local function states_of(self, state)
  local numbers = {}
  if state == nil then
    for k = 1, #self.states do numbers[k] = k end
    return numbers
  end
  for i, name in ipairs(type(state) == "table" and state or { state }) do
    numbers[i] = rows.state_number(self.states, name)
  end
  return numbers
end

local function label_of(self, g, k, n_group, n_state)
  local group = self.info.groups.label[g]
  if n_state == 1 then return n_group == 1 and self.states[k] or group end
  return n_group == 1 and self.states[k] or ("%s: %s"):format(group, self.states[k])
end

local function curve_of(self, g, k, label)
  local frame = self.fit:curve(g, k)
  return { label = label, time = list(frame, "time"), survival = list(frame, "estimate"),
    conf_low = list(frame, "conf_low"), conf_high = list(frame, "conf_high"), censor_time = {},
    censor_survival = {}, start = self.fit:count(g).p0[k] }
end

--- Numbers in the state, censored there and moves into it, added up over the times.
local function risk_row(self, g, k, times, label)
  local row = { label = label, n_risk = {}, n_censor = {}, n_event = {} }
  local censored, events = 0, 0
  for i, values in ipairs(self.fit:at(g, k, times):rows_list()) do
    censored, events = censored + values.n_censor, events + values.n_event
    row.n_risk[i], row.n_censor[i], row.n_event[i] = values.n_risk, censored, events
  end
  return row
end

--- States on top of each other, the first lowest: the area between two is the upper one's.
local function stack(curves)
  local below, start = nil, 0
  for _, curve in ipairs(curves) do
    curve.censor_time, curve.censor_survival = nil, nil
    start = start + curve.start
    curve.start = start
    for i = 1, #curve.time do
      local base = below and below[i] or 0
      curve.conf_low[i] = base
      curve.survival[i] = math.min(1, base + curve.survival[i])
      curve.conf_high[i] = curve.survival[i]
    end
    below = curve.survival
  end
end

local function stacked_data(self, g, states)
  local tables = {}
  for i, k in ipairs(states) do
    local frame = self.fit:curve(g, k)
    tables[i] = { title = "Probability, " .. self.states[k], columns = {} }
    for j, name in ipairs { "time", "estimate", "conf_low", "conf_high" } do
      tables[i].columns[j] = { name = name, values = list(frame, name) }
    end
  end
  return tables
end

local function annotations(self, opts)
  local notes = {}
  if opts.stacked then
    notes[1] = "Areas: probability of each state"
  elseif opts.conf then
    notes[1] = ("Bands: pointwise %s %% CI"):format(
      core.format_number(100 * self.options.conf_level))
  end
  if opts.risk_table then notes[#notes + 1] = "Events: moves into the state" end
  return notes
end

local function description(self, spec, places)
  local words = {}
  for i, place in ipairs(places) do
    local frame = self.fit:curve(place.g, place.k)
    local last = #frame > 0 and frame:column("estimate")[#frame] or 0
    words[i] = ("%s: %s %% at the end"):format(spec.curves[i].label,
      format.fixed(100 * (last or 0), 1))
  end
  return ("%s against %s, %s. %s."):format(spec.y_label, spec.x_label, spec.data
    and "stacked areas" or "step curves", table.concat(words, "; "))
end

local function check_number(opts, groups, states)
  if opts.stacked and #groups > 1 then
    core.raise("argument", "stacked curves are of one group",
      "Name it, or draw one figure each.")
  end
  if #groups * #states > 8 then
    core.raise("argument", ("%d curves do not fit one figure: at most 8"):format(
      #groups * #states), "Name a state or a group: plot { state = ... }.")
  end
end

return function(self, options)
  local opts, groups = result.group_options(options, OPTIONS, self.info)
  local states = states_of(self, opts.state)
  if opts.stacked == nil then opts.stacked = #groups == 1 and opts.state == nil end
  check_number(opts, groups, states)
  local first = self.options.start_time or 0
  local times = opts.times or parts.nice_times(first, self.info.time_max, self.info.time_unit)
  local spec = { title = opts.title or ("State probabilities, " .. self.info.formula), start = 0,
    width_mm = opts.width_mm, x_label = parts.axis_label(self, opts), y_label = opts.y_label,
    times = times, x_min = first > 0 and times[1] or nil, min_at_risk = 0,
    conf = opts.conf or opts.stacked, curves = {}, annotation = annotations(self, opts) }
  if opts.times then spec.x_max = math.max(times[#times], 1e-9) end
  if opts.risk_table then spec.risk_table = {} end
  local places = {}
  for _, g in ipairs(groups) do
    for _, k in ipairs(states) do
      local i, label = #places + 1, label_of(self, g, k, #groups, #states)
      places[i] = { g = g, k = k }
      spec.curves[i] = curve_of(self, g, k, label)
      if spec.risk_table then spec.risk_table[i] = risk_row(self, g, k, times, label) end
    end
  end
  if opts.stacked then
    stack(spec.curves)
    spec.data = stacked_data(self, groups[1], states)
  end
  spec.desc = description(self, spec, places)
  local figure = require("lobule.figure").curves(spec)
  return opts.journal and figure:styled(opts.journal) or figure
end
