--- Turns cumulative incidence curves into the description that the figure code draws.
local core = require "lobule.core"
local format = require "lobule.format"
local journal = require "lobule.report.journal"
local parts = require "lobule.survival.plot_parts"
local places_of = require "lobule.survival.plot_places"
local result = require "lobule.result"
local shown = require "lobule.shown"

local OPTIONS <const> = { { "times", "times" }, { "cause", "any" }, { "stacked", "boolean", false },
  { "risk_table", "boolean", true }, { "conf", "boolean", true }, { "x_label", "string" },
  { "y_label", "string", "Cumulative incidence" }, { "title", "string" },
  { "width_mm", "positive", 183 }, { "p_value", "any" }, { "journal", journal.NAMES } }

--- Marks where somebody is censored, unless several causes have them in common; where few are at
--- risk the line is faint.
local function finish_curve(curve, frame, marks)
  local censor = places_of.list(frame, "n_censor")
  curve.faint_from = parts.faint_from(curve.time, places_of.list(frame, "n_risk"))
  if not marks then
    curve.censor_time, curve.censor_survival = nil, nil
    return curve
  end
  for i = 1, #frame do
    if censor[i] > 0 then
      curve.censor_time[#curve.censor_time + 1] = curve.time[i]
      curve.censor_survival[#curve.censor_survival + 1] = curve.survival[i]
    end
  end
  return curve
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
  local causes = places_of.chosen(ci.causes, opts.cause,
    require("lobule.survival.cuminc").cause_number)
  local spec, places = places_of.spec({ result = ci, names = ci.causes, kind = "cause",
    what = "Cumulative incidence", title = "Cumulative incidence", first = first_time(ci),
    begins = ci.info.has_entry, annotation = annotations(ci, opts),
    finish = function(curve, frame)
      return finish_curve(curve, frame, #causes == 1 and not opts.stacked)
    end }, opts, groups, causes)
  for i, row in ipairs(spec.risk_table or {}) do
    -- The first cause says who is at risk and censored, which is the same for all of them.
    if places[i].k ~= causes[1] then row.n_risk, row.n_censor = nil, nil end
  end
  spec.desc = description(ci, spec, places)
  return (places_of.draw(spec, opts))
end
