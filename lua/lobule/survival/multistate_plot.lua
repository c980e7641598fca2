--- Turns state probabilities into the description that the figure code draws.
local core = require "lobule.core"
local format = require "lobule.format"
local journal = require "lobule.report.journal"
local places_of = require "lobule.survival.plot_places"
local result = require "lobule.result"
local rows = require "lobule.survival.multistate_data"

local OPTIONS <const> = { { "stacked", "boolean" }, { "times", "times" }, { "state", "any" },
  { "risk_table", "boolean", true }, { "conf", "boolean", true }, { "x_label", "string" },
  { "y_label", "string", "Probability" }, { "title", "string" }, { "width_mm", "positive", 183 },
  { "journal", journal.NAMES } }

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

return function(self, options)
  local opts, groups = result.group_options(options, OPTIONS, self.info)
  local states = places_of.chosen(self.states, opts.state, rows.state_number)
  if opts.stacked == nil then opts.stacked = #groups == 1 and opts.state == nil end
  local first = self.options.start_time or 0
  local spec, places = places_of.spec({ result = self, names = self.states, kind = "state",
    what = "Probability", title = "State probabilities", first = first, begins = first > 0,
    annotation = annotations(self, opts), finish = function(curve, _, place)
      curve.start = self.fit:count(place.g).p0[place.k]
      return curve
    end }, opts, groups, states)
  spec.min_at_risk = 0
  spec.desc = description(self, spec, places)
  return (places_of.draw(spec, opts))
end
