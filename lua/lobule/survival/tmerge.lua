--- Time-dependent covariates: follow-up cut where another table says that something changed.
local check = require "lobule.check"
local core = require "lobule.core"
local counted = require "lobule.counted"
local fitting = require "lobule.survival.fitting"
local lineage = require "lobule.lineage"
local outcomes = require "lobule.survival.outcome_text"
local result = require "lobule.result"

local M = {}

local ROW <const>, TIME <const> = "row of the data", "time of the change"
local N <const> = "changes so far"

local OPTIONS <const> = { { "by", "string" }, { "time", "string" }, { "values", "texts", {} },
  { "indicator", "string" }, { "count", "string" }, { "event", "string" },
  { "missing", { "skip", "keep" }, "skip" }, { "into", "texts" }, { "censored", "any" } }

local function quoted(name)
  return "`" .. name .. "`"
end

--- The changes, checked: keys and times there, times numbers; those without a time left out.
local function checked_changes(changes, opts, id)
  local frame <const> = check.data(changes)
  for _, name in ipairs { opts.time, table.unpack(opts.values) } do check.column(frame, name) end
  local key <const> = check.column(frame, opts.by or id)
  local kind <const> = frame:column(opts.time):type()
  if kind ~= "real" and kind ~= "integer" then
    core.raise("type", ("time: '%s' is a %s, expected times in the outcome's unit"):format(
      opts.time, kind), "Count them from the start of follow-up: mutate { "
      .. '"day = days(start_date, lab_date)" }.')
  end
  local known = frame:filter(("not is_na(%s)"):format(quoted(opts.time)))
  return known, key, #frame - #known
end

--- Follow-up of each row of the data: the key, the row's number, from, to.
local function follow_up(whole, outcome, key)
  local base = core.select(whole, { key, ROW })
  base = core.with_column(base, "from", core.eval(whole, outcome.entry or "0"))
  base = core.with_column(base, "to", core.eval(whole, outcome.time))
  return base
end

--- Each change beside the rows of the data of its person, in the order of rows and times.
local function pairs_of(base, times, key)
  local joined = base:join(times, { by = key, kind = "inner", many = true })
  local sorted = joined:sort { ROW, TIME }
  return sorted
end

--- What became of the changes, each counted once: where it fell in its person's follow-up.
local function tally(base, times, key, n_no_time)
  local persons = base:summarise({ "from = min(from)", "to = max(to)" }, { by = key })
  local found, counts = times:join(persons, { by = key, kind = "inner" })
  local at <const> = quoted(TIME)
  local function n(condition)
    return #found:filter(condition)
  end
  return counted.of { within = n(at .. " > from and " .. at .. " < to"),
    early = n(at .. " <= from"), late = n(at .. " > to"), at_the_end = n(at .. " == to"),
    tied = #found - #found:distinct { key, TIME }, n_missing_time = n_no_time,
    n_unknown_id = counts.n_unmatched + counts.n_missing }
end

--- The last value at or before the start of each piece, where the column has one; before the first,
--- what the data had.
local function with_value(pieces, names, changes, key, name, opts)
  local from = changes
  if opts.missing == "skip" then
    from = changes:filter(("not is_na(%s)"):format(quoted(name)))
  end
  local right = core.with_column(core.select(from, { key, name }), TIME, from:column(opts.time))
  right = right:rename(name, "value of the change")
  local left = core.select(pieces, { key, names[1] })
  local joined = left:asof_join(right, { on = { [names[1]] = TIME }, by = key })
  local value = joined:column "value of the change"
  if pieces:has(name) then
    local both = core.with_column(joined, "before", pieces:column(name))
    value = core.eval(both, ("coalesce(`value of the change`, before)"))
  end
  local frame = core.with_column(pieces, name, value)
  return frame
end

--- How many changes each piece has behind it.
local function with_counts(pieces, names, changes, key, opts)
  local numbered = core.with_column(core.select(changes, { key }), TIME, changes:column(opts.time))
  numbered = numbered:mutate({ ("`%s` = row_number()"):format(N) }, { by = key, order = TIME })
  local left = core.select(pieces, { key, names[1] })
  local joined = left:asof_join(numbered, { on = { [names[1]] = TIME }, by = key })
  local n = core.eval(joined, ("coalesce(`%s`, 0)"):format(N))
  if opts.count then pieces = core.with_column(pieces, opts.count, n) end
  if opts.indicator then
    pieces = core.with_column(pieces, opts.indicator,
      core.eval(joined, ("not is_na(`%s`)"):format(N)))
  end
  return pieces
end

--- Whether a change happened at the end of each piece.
local function with_event(pieces, names, changes, key, opts)
  local at = core.with_column(core.select(changes, { key }), names[2], core.eval(changes,
    ("0.0 + `%s`"):format(opts.time)))
  local here = core.with_column(at:distinct(), "happened", core.eval(at:distinct(), "true"))
  local left = core.select(pieces, { key, names[2] })
  local joined = left:join(here, { by = { key, names[2] } })
  local frame = core.with_column(pieces, opts.event, core.eval(joined, "coalesce(happened, false)"))
  return frame
end

local function handed_back(cohort, frame, n_left, info)
  if not cohort then return frame end
  local causes = info.n_missing > 0 and { { reason = "outcome missing", condition = info.formula,
    n = info.n_missing, n_missing = 0 } } or {}
  if n_left > info.n_missing then
    causes[#causes + 1] = { reason = "no follow-up: time 0", condition = info.formula,
      n = n_left - info.n_missing, n_missing = 0 }
  end
  local step = lineage.step(cohort, frame, "split", "follow-up cut where covariates change", causes,
    { left = n_left, repeated = #frame - #cohort.data + n_left })
  local new = lineage.derive(cohort, frame, step)
  return new
end

local function check_new(frame, name, what)
  if name and frame:has(name) then
    core.raise("argument", ("%s: the data have a column '%s' already"):format(what, name),
      "Say another name.")
  end
end

--- Follow-up cut where covariates change: a table with one row a change (a laboratory value, a
--- second treatment, a response) becomes time-dependent covariates in rows for Surv(start, stop,
--- event). A value holds from just after its time until the next; before the first it is what the
--- data had in a column of that name, else NA. So nobody counts as treated before the treatment: no
--- immortal time. Of changes at the same time the last in file order holds. Every change is
--- accounted for in the table of counts that comes back beside the data.
---@param formula string            "Surv(time, event)"; "Surv(start, stop, event)" of data that are
---                                 cut already: one table of changes after another
---@param data lobule.Cohort|lobule.Frame
---@param changes lobule.Cohort|lobule.Frame  one row a change
---@param options table             by: the column that names the person in both (default: the
---                                 cohort's id); time: column of changes, in the outcome's unit;
---                                 values: columns of changes that are carried over; indicator: a
---                                 new logical column, true from the first change on; count: a new
---                                 column, how many changes so far; event: a new logical column,
---                                 true where a change ends the piece (recurrent events); missing:
---                                 "skip" (default: an NA leaves the value as it is) or "keep";
---                                 into: names of the three columns ({ "start", "stop", "event" });
---                                 censored: the level or number that means censored
---@return lobule.Cohort|lobule.Frame
---@return table counts             within follow-up, early (before it), late (after), at_the_end,
---                                 tied, n_missing_time, n_unknown_id
---@raise no person column, times that are no numbers, a column that would be written over
---@example local d = lb.cohort(lb.frame { { "id", { 1, 2 } }, { "day", { 100, 80 } },
---    { "died", { true, false } } }, { id = "id" })
---  local second = lb.frame { { "id", { 1 } }, { "session_day", { 40 } } }
---  lb.survival.tmerge("Surv(day, died)", d, second,
---    { time = "session_day", indicator = "second_session" }):head()
function M.tmerge(formula, data, changes, options)
  local opts <const> = check.options(options, OPTIONS)
  local whole <const>, cohort <const> = check.data(data)
  local id <const> = opts.by or cohort and cohort.id or nil
  if not id or not opts.time then
    core.raise("argument", "time and by: name the columns of the changes",
      'For example { by = "id", time = "day", values = { "bilirubin" } }.')
  end
  check.column(whole, id)
  local outcome <const> = outcomes.read(formula, whole)
  local names <const> = outcomes.into(opts.into, outcome, whole)
  for _, what in ipairs { "indicator", "count", "event" } do check_new(whole, opts[what], what) end
  local frame <const> = whole:mutate({ ("`%s` = row_number()"):format(ROW) }, { by = {} })
  if opts.censored ~= nil and not outcome.causes then
    core.raise("argument", "censored: the event has no causes", "Leave censored out.")
  end
  local known, key, n_no_time = checked_changes(changes, opts, id)
  local base <const> = follow_up(frame, outcome, key)
  local times <const> = core.with_column(core.select(known, { key }), TIME, known:column(opts.time))
  local found <const> = pairs_of(base, times, key)
  local model, info = fitting.build(outcome.formula, frame, "groups", {},
    outcome.causes and { censored = fitting.as_text(opts, "censored") } or nil)
  local pieces, start, stop, event, _, n_zero = core.split_follow_up(model, frame,
    found:column(ROW), found:column(TIME))
  pieces = core.with_column(pieces:drop { ROW }, names[1], start)
  pieces = core.with_column(core.with_column(pieces, names[2], stop), names[3], event)
  for _, name in ipairs(opts.values) do
    pieces = with_value(pieces, names, known, key, name, opts)
  end
  if opts.count or opts.indicator then
    pieces = with_counts(pieces, names, known, key, opts)
  end
  if opts.event then pieces = with_event(pieces, names, known, key, opts) end
  local new = handed_back(cohort, pieces, info.n_missing + n_zero, info)
  return new, tally(base, times, key, n_no_time)
end

return result.functions("survival", M)
