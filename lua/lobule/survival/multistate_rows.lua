--- Rows of follow-up between states, made from one row a person with a time for each state.
local check = require "lobule.check"
local core = require "lobule.core"

local OPTIONS <const> = { { "last", "string" }, { "states", "table" }, { "final", "texts" },
  { "id", "string" }, { "initial", "string", "initial" }, { "entry", "string" },
  { "keep", "texts", {} }, { "earlier", "positive" } }
local CENSORED <const> = "censored"
local MOST_NAMED <const> = 5

local function numbers(frame, name, what)
  local column = frame:column(check.type(name, "string", what))
  local kind = column:type()
  if kind ~= "real" and kind ~= "integer" then
    core.raise("type", ("%s: the column '%s' is %s, times were expected"):format(what, name, kind),
      "Dates become times by months(from, to) or years(from, to) in mutate.")
  end
  return column:totable()
end

--- Whether each row reached a state: true, false, or NA.
local function statuses(frame, name, times)
  local list = {}
  if not name then
    for i = 1, times.n do list[i] = times[i] ~= core.NA end
    return list
  end
  local values = frame:column(check.type(name, "string", "states")):totable()
  for i = 1, values.n do
    local value = values[i]
    if value ~= true and value ~= false and value ~= 0 and value ~= 1 and value ~= core.NA then
      core.raise("data", ("states: the status '%s' is neither logical nor 0/1"):format(name),
        "Make it so first: mutate { \"dead = status == 2\" }.")
    end
    list[i] = value == core.NA and core.NA or value == true or value == 1
  end
  return list
end

local function read_states(frame, states)
  check.list(states, "states", '{ { "progression", "ttp", "progressed" } }')
  local list = {}
  for k, spec in ipairs(states) do
    check.list(spec, ("states[%d]"):format(k), '{ "progression", "ttp", "progressed" }')
    local name = check.type(spec[1], "string", ("states[%d]"):format(k))
    local time = numbers(frame, spec[2], ("states[%d]"):format(k))
    list[k] = { name = name, time = time, reached = statuses(frame, spec[3], time) }
  end
  if #list == 0 then core.raise("argument", "states: the list is empty") end
  return list
end

local function final_names(opts, states)
  local final = {}
  for _, name in ipairs(opts.final or { states[#states].name }) do
    local known = false
    for _, state in ipairs(states) do known = known or state.name == name end
    if not known then core.raise("name", ("final: '%s' is not among states"):format(name)) end
    final[name] = true
  end
  return final
end

--- States that person i reached in the order of time; those tied in the order of the list. nil when
--- a status or time is missing.
local function path_of(states, i)
  local path = {}
  for k, state in ipairs(states) do
    if state.reached[i] == core.NA then return nil end
    if state.reached[i] then
      if state.time[i] == core.NA then return nil end
      path[#path + 1] = { k = k, name = state.name, time = state.time[i] }
    end
  end
  table.sort(path, function(a, b)
    if a.time ~= b.time then return a.time < b.time end
    return a.k < b.k
  end)
  return path
end

local Faults = {}
Faults.__index = Faults

function Faults:note(kind, i)
  local list = self[kind] or {}
  self[kind] = list
  list.n = (list.n or 0) + 1
  if #list < MOST_NAMED then list[#list + 1] = tostring(i) end
end

local MENDS <const> = {
  { "tied", "two states are reached at the same time",
    "earlier = 0.1 puts the one that stands earlier in the list so much before the other." },
  { "after_final", "a state is reached after a final one", "Are the columns in one unit?" },
  { "after_last", "a state is reached after the last time under observation",
    "last is the time of the last contact or death." },
  { "before_entry", "a time is not after the time of entry", "Such people have no follow-up." },
}

local function raise_faults(faults)
  for _, mend in ipairs(MENDS) do
    local found = faults[mend[1]]
    if found then
      core.raise("data", ("%s (%s %s%s)"):format(mend[2], found.n == 1 and "row" or "rows",
        table.concat(found, ", "), found.n > #found and ", ..." or ""), mend[3])
    end
  end
end

--- Puts the earlier of tied states before the later; says whether it could.
local function part_ties(path, earlier, begin)
  for j = #path - 1, 1, -1 do
    if path[j].time >= path[j + 1].time then
      if not earlier or path[j + 1].time - earlier <= (j > 1 and path[j - 1].time or begin) then
        return false
      end
      path[j].time = path[j + 1].time - earlier
    end
  end
  return true
end

--- The rows of one person, appended by `add`.
local function person_rows(person, opts, final, faults, add)
  local i, path, begin, last = person.row, person.path, person.entry, person.last
  if not part_ties(path, opts.earlier, begin) then return faults:note("tied", i) end
  local state = opts.initial
  for _, step in ipairs(path) do
    if final[state] then return faults:note("after_final", i) end
    if step.time > last then return faults:note("after_last", i) end
    if step.time <= begin then return faults:note("before_entry", i) end
    add(i, begin, step.time, state, step.name)
    begin, state = step.time, step.name
  end
  if final[state] or last == begin and #path > 0 then return end
  if last <= begin then return faults:note("before_entry", i) end
  add(i, begin, last, state, CENSORED)
end

local function check_kept(frame, opts, id)
  for _, name in ipairs(opts.keep) do
    check.column(frame, name)
    for _, taken in ipairs { id, "entry", "time", "from", "state" } do
      if name == taken then
        core.raise("argument", ("keep: a column '%s' is made here"):format(name),
          "Rename the one of the data first.")
      end
    end
  end
end

--- The frame of the rows: id, times, states, then what is kept.
local function make_frame(frame, lists, opts, id)
  local n, unit = #lists.row, frame:column(opts.last):unit()
  local columns = {}
  for j, name in ipairs { "entry", "time", "from", "state" } do
    lists[name].n = n
    columns[j] = { name, lists[name], j <= 2 and "real" or "text", unit = j <= 2 and unit or nil }
  end
  local made, kept = core.frame(columns), core.take(frame, lists.row)
  local out = core.select(kept, { id })
  for _, name in ipairs { "entry", "time" } do
    out = core.with_column(out, name, made:column(name))
  end
  local levels = { opts.initial, table.unpack(opts.names) }
  out = core.with_column(out, "from", core.factor(made:column "from", levels))
  levels[1] = CENSORED
  out = core.with_column(out, "state", core.factor(made:column "state", levels))
  for _, name in ipairs(opts.keep) do out = core.with_column(out, name, kept:column(name)) end
  return out
end

return function(data, options)
  local frame, cohort = check.data(data)
  local opts <const> = check.options(options, OPTIONS)
  if not opts.last or not opts.states then
    core.raise("argument", "last and states are needed",
      'multistate_rows(data, { last = "months", states = { { "death", "months", "died" } } }).')
  end
  local id = opts.id or cohort and cohort.id or "id"
  check.column(frame, id)
  check_kept(frame, opts, id)
  local states = read_states(frame, opts.states)
  local last = numbers(frame, opts.last, "last")
  local entry = opts.entry and numbers(frame, opts.entry, "entry")
  local final, faults = final_names(opts, states), setmetatable({}, Faults)
  local lists, n = { row = {}, entry = {}, time = {}, from = {}, state = {} }, 0
  local function add(i, from, to, state, ends)
    n = n + 1
    lists.row[n], lists.entry[n], lists.time[n], lists.from[n], lists.state[n] = i, from, to,
      state, ends
  end
  for i = 1, #frame do
    local path = path_of(states, i)
    local begin = entry and entry[i] or 0.0
    if path and last[i] ~= core.NA and begin ~= core.NA then
      person_rows({ row = i, path = path, entry = begin, last = last[i] }, opts, final, faults, add)
    else
      add(i, begin, last[i], opts.initial, core.NA) -- left out and counted by what takes the rows
    end
  end
  raise_faults(faults)
  opts.names = {}
  for k, state in ipairs(states) do opts.names[k] = state.name end
  local made = make_frame(frame, lists, opts, id)
  return require("lobule.cohort").cohort(made, { id = id, rows = "rows of follow-up" })
end
