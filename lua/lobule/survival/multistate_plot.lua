--- Turns state probabilities into the description that the figure code draws.
local core = require "lobule.core"
local format = require "lobule.format"
local journal = require "lobule.report.journal"
local parts = require "lobule.survival.plot_parts"
local places_of = require "lobule.survival.plot_places"
local result = require "lobule.result"
local rows = require "lobule.survival.multistate_data"

local OPTIONS <const> = { { "stacked", "boolean" }, { "times", "times" }, { "state", "any" },
  { "risk_table", "boolean", true }, { "conf", "boolean", true }, { "x_label", "string" },
  { "y_label", "string", "Probability" }, { "title", "string" }, { "width_mm", "positive", 183 },
  { "journal", journal.NAMES } }

--- How many of a group are at risk of any move, at the times of its curves.
local function at_risk(self, g)
  local total = {}
  for k = 1, #self.states do
    for i, n in ipairs(places_of.list(self.fit:curve(g, k), "n_risk")) do
      total[i] = (total[i] or 0) + n
    end
  end
  return total
end

--- Numbers in the state just before each time. Who is in a state that nobody leaves is known by
--- coming there alone, so that moves into it would say the same again.
local function in_state(self, row, place, times)
  local frame, followed = self.fit:curve(place.g, place.k), 0
  for _, n in ipairs(places_of.list(frame, "n_risk")) do followed = math.max(followed, n) end
  row.n_state, row.n_risk = row.n_risk, nil
  if followed > 0 then return end
  row.n_event, row.n_censor = nil, nil
  local time, moves = places_of.list(frame, "time"), places_of.list(frame, "n_event")
  local sum, j = 0, 1
  for i, t in ipairs(times) do
    while time[j] and time[j] < t do sum, j = sum + moves[j], j + 1 end
    row.n_state[i] = sum
  end
end

local function annotations(self, opts)
  local notes = {}
  if opts.stacked then
    notes[1] = "Areas: probability of each state"
  elseif opts.conf then
    notes[1] = ("Bands: pointwise %s %% CI"):format(
      core.format_number(100 * self.options.conf_level))
  end
  if opts.risk_table then
    notes[#notes + 1] = "In state: under observation there, or known to have ended there"
    notes[#notes + 1] = "Events: moves into the state"
  end
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

return function(self, options)
  local opts, groups = result.group_options(options, OPTIONS, self.info)
  local states = places_of.chosen(self.states, opts.state, rows.state_number)
  if opts.stacked == nil then opts.stacked = #groups == 1 and opts.state == nil end
  local first = self.options.start_time or 0
  local spec, places = places_of.spec({ result = self, names = self.states, kind = "state",
    what = "Probability", title = "State probabilities", first = first, begins = first > 0,
    annotation = annotations(self, opts), finish = function(curve, _, place)
      curve.start = self.fit:count(place.g).p0[place.k]
      curve.faint_from = parts.faint_from(curve.time, at_risk(self, place.g))
      return curve
    end }, opts, groups, states)
  for i, row in ipairs(spec.risk_table or {}) do in_state(self, row, places[i], spec.times) end
  spec.desc = description(self, spec, places)
  return (places_of.draw(spec, opts))
end
