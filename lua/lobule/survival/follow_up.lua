--- Follow-up cut into pieces: at fixed times or ages, at a landmark, where covariates change.
local check = require "lobule.check"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local lineage = require "lobule.lineage"
local outcomes = require "lobule.survival.outcome_text"
local pieces = require "lobule.survival.pieces"
local result = require "lobule.result"

local M = {}

--- The cohort with the frame of pieces and a step that says what became of its rows; a frame stays
--- one.
---@param cohort? lobule.Cohort
---@param frame lobule.Frame
---@param reason string
---@param causes table[]            why rows left
---@param n_left integer
---@return lobule.Cohort|lobule.Frame
local function handed_back(cohort, frame, reason, causes, n_left)
  if not cohort then return frame end
  local repeated <const> = #frame - #cohort.data + n_left
  local step = lineage.step(cohort, frame, "split", reason, causes,
    { left = n_left, repeated = repeated })
  local new = lineage.derive(cohort, frame, step)
  return new
end

local SPLIT_OPTIONS <const> = { { "cuts", "times" }, { "scale", "string" },
  { "interval", "string", "interval" }, { "labels", "texts" }, { "into", "texts" },
  { "censored", "any" } }

--- Follow-up cut at fixed times, or at values of another time scale such as age (Lexis diagram):
--- each row becomes one row for every interval it was at risk in, with its columns, and `start`,
--- `stop`, `event` (of the last piece) for Surv(start, stop, event). An event at a cut belongs to
--- the interval before it. Cox models and rates are the same before and after. Rows without
--- outcome, scale or follow-up (time 0) have no piece and are counted in the cohort's flow.
---@param formula string            "Surv(time, event)" or "Surv(entry, time, event)"; causes too
---@param data lobule.Cohort|lobule.Frame
---@param options table             cuts: ascending times, in the outcome's unit or on the scale;
---                                 scale: what the scale was at time 0, a column or an expression
---                                 in the outcome's unit ("age" in years with times in years);
---                                 interval: name of the factor that says which interval
---                                 ("interval"); labels: its levels, one more than cuts; into:
---                                 names of the three columns ({ "start", "stop", "event" });
---                                 censored: the level or number that means censored
---@return lobule.Cohort|lobule.Frame  as the data, with rows repeated
---@raise cuts that do not ascend, a scale that is no number, a column that would be written over
---@example local d = lb.survival.split("Surv(months, progressed)", lb.example_data(),
---    { cuts = { 6, 12 }, interval = "period" })
---  lb.survival.cox("Surv(start, stop, event) ~ arm + strata(period)", d)
function M.split(formula, data, options)
  local opts <const> = check.options(options, SPLIT_OPTIONS)
  if not opts.cuts then
    core.raise("argument", "cuts: say where to cut follow-up", "For example { cuts = { 12, 24 } }.")
  end
  local whole <const>, cohort <const> = check.data(data)
  local cut, causes, n_left = pieces.cut(whole, formula, opts)
  local new = handed_back(cohort, cut, ("follow-up cut at %d times"):format(#opts.cuts), causes,
    n_left)
  return new
end

local LANDMARK_OPTIONS <const> = { { "at", "times" }, { "exposures", "table", {} },
  { "clock", { "landmark", "origin" }, "landmark" }, { "into", "texts" }, { "censored", "any" } }

--- { tx = "wait_time" } as assignments: true from the time on that the column holds.
local function exposure_list(exposures, frame)
  local list = {}
  for name, column in next, exposures do
    if type(name) ~= "string" or type(column) ~= "string" then
      core.raise("argument", "exposures: expected new names and columns of times",
        'For example { responder = "response_time" }.')
    end
    local kind = frame:column(check.column(frame, column)):type()
    if kind ~= "real" and kind ~= "integer" then
      core.raise("type", ("exposures: '%s' is a %s, expected times in the outcome's unit"):format(
        column, kind))
    end
    list[#list + 1] = ("`%s` = coalesce(`%s` <= $landmark, false)"):format(name, column)
  end
  table.sort(list)
  return list
end

local ROW <const>, INTERVAL <const> = "row of the data", "interval of the row"

--- Those still at risk at one landmark, and why the others are not.
---@param here lobule.Frame         pieces cut at the landmark, with their interval
---@param names string[]            start, stop, event
---@param at { time: number, text: string, event: string }  event: the condition of having it
---@param causes table[]            reasons are added here
---@return lobule.Frame
local function at_landmark(here, names, at, causes)
  local with <const> = { with = { landmark = at.time } }
  local interval <const>, start <const> = ("`%s`"):format(INTERVAL), ("`%s`"):format(names[1])
  local kept = here:filter(("%s == 2 and %s <= $landmark"):format(interval, start), with)
  local gone = here:filter(interval .. " == 1"):join(kept:select { ROW }, { by = ROW,
    kind = "anti" })
  local n_event <const> = #gone:filter(at.event)
  pieces.cause(causes, "event by " .. at.text, "time <= " .. at.text, n_event)
  pieces.cause(causes, "censored by " .. at.text, "time <= " .. at.text, #gone - n_event)
  pieces.cause(causes, "not yet at risk at " .. at.text, "entry > " .. at.text,
    #here:filter(("%s == 2 and %s > $landmark"):format(interval, start), with))
  local frame = kept:drop { INTERVAL }
  return frame
end

--- The pieces of one landmark as they are given out: exposures known, times from the landmark.
local function told_from(kept, names, time, opts, exposures)
  local with <const> = { with = { landmark = time } }
  local list = table.move(exposures, 1, #exposures, 1, {})
  if opts.clock == "landmark" then
    for i = 1, 2 do list[#list + 1] = ("`%s` = `%s` - $landmark"):format(names[i], names[i]) end
  end
  if #opts.at > 1 then list[#list + 1] = "landmark = $landmark" end
  if #list == 0 then return kept end
  local frame = kept:mutate(list, with)
  return frame
end

--- Landmark analysis (Anderson, Cain & Gelber 1983, J Clin Oncol 1:710): those still at risk at the
--- landmark, grouped by what had happened by then, followed from there on. Nobody needs to survive
--- to belong to a group, which makes comparing responders or second treatments free of immortal
--- time. Who had the event, was censored or had not entered by the landmark is left out and counted
--- by reason. Several landmarks are stacked, with the column `landmark` (van Houwelingen 2007,
--- Scand J Stat 34:70); models then take strata(landmark) and cluster(id).
---@param formula string            "Surv(time, event)" or "Surv(entry, time, event)"; causes too
---@param data lobule.Cohort|lobule.Frame
---@param options table             at: the landmark, or several, in the outcome's unit; exposures:
---                                 new logical columns and the times they become true, { responder
---                                 = "response_time" }: true up to and including the landmark, NA
---                                 means never; clock: "landmark" (default: times from it) or
---                                 "origin" (late entry at it); into: names of the three columns
---                                 ({ "start", "stop", "event" }); censored: the level or number
---                                 that means censored
---@return lobule.Cohort|lobule.Frame
---@raise nobody at risk at a landmark; a column that would be written over
---@example local all = lb.example_data()
---  local d = lb.survival.landmark("Surv(months, progressed)", all, { at = 3 })
---  lb.survival.logrank("Surv(stop, event) ~ arm", d)
function M.landmark(formula, data, options)
  local opts <const> = check.options(options, LANDMARK_OPTIONS)
  if not opts.at then
    core.raise("argument", "at: say when the landmark is", "For example { at = 3 }.")
  end
  local whole <const>, cohort <const> = check.data(data)
  local outcome <const> = outcomes.read(formula, whole)
  local names <const> = outcomes.into(opts.into, outcome, whole)
  local exposures <const> = exposure_list(opts.exposures, whole)
  local frame <const> = whole:mutate({ ("`%s` = row_number()"):format(ROW) }, { by = {} })
  local model, info = pieces.build(outcome, frame, fitting.as_text(opts, "censored"))
  local causes, stacked = {}, nil
  local unit <const> = info.time_unit and " " .. info.time_unit or ""
  local happened <const> = outcome.causes and ("`%s` ~= '%s'"):format(names[3], info.censored)
    or ("`%s`"):format(names[3])
  for i, time in ipairs(opts.at) do
    local taken, start, stop, event, interval, n_zero = core.split_follow_up(model, frame, { time })
    if i == 1 then causes = pieces.left_out(info, n_zero, 0) end
    local here = core.with_column(pieces.with(names, taken, start, stop, event), INTERVAL, interval)
    local kept = at_landmark(here, names, { time = time, event = happened,
      text = core.format_number(time) .. unit }, causes)
    if #kept == 0 then
      core.raise("data", ("nobody is at risk at the landmark %s"):format(core.format_number(time)),
        "Choose an earlier one; it is in the unit of the times.")
    end
    kept = told_from(kept, names, time, opts, exposures)
    stacked = stacked and core.append(stacked, kept) or kept
  end
  local n_left <const> = #whole - #stacked:distinct { ROW }
  local new = handed_back(cohort, stacked:drop { ROW }, "at risk at the landmark", causes, n_left)
  return new
end

return result.functions("survival", M)
