--- Rows of people who move between states: the model, the list of states, and the checks that every
--- multistate method starts with.
local check = require "lobule.check"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"

local M = {}

--- Options that say what the rows are, for a schema.
M.OPTIONS = { { "id", "string" }, { "start_state", "string" }, { "initial", "any" },
  { "states", "texts" }, { "absorbing", "texts" }, { "censored", "any" },
  { "gaps", { "refuse", "allow" }, "refuse" } }

--- A schema with these options in front of its own.
---@param schema table[]
---@return table[]
function M.join(schema)
  local joined = table.move(M.OPTIONS, 1, #M.OPTIONS, 1, {})
  return table.move(schema, 1, #schema, #joined + 1, joined)
end

local function quoted(name)
  return "`" .. name .. "`"
end

--- The place of a state in the list; raises with did-you-mean.
---@param states string[]
---@param state string|number
---@param what? string
---@return integer
function M.state_number(states, state, what)
  local wanted = type(state) == "number" and core.format_number(state) or state
  check.type(wanted, "string", what or "state")
  for k, name in ipairs(states) do
    if name == wanted then return k end
  end
  local near = core.nearest(wanted, states)
  core.raise("name", ("no state '%s'%s"):format(wanted, near
    and (" (did you mean '%s'?)"):format(near) or ""),
    "States are: " .. table.concat(states, ", ") .. ".")
end

local function contains(list, value)
  for _, one in ipairs(list) do
    if one == value then return true end
  end
  return false
end

--- Levels of a column that some row has, in their order.
local function levels_of(frame, name)
  local factor = core.factor(frame:column(name))
  local present, list = {}, {}
  for i = 1, #factor do
    local value = factor[i]
    if value ~= nil then present[value] = true end
  end
  for _, level in ipairs(factor:levels() or {}) do
    if present[level] then list[#list + 1] = level end
  end
  return list
end

--- All states: those in which people only begin, then those that rows end in; or as `states` says.
local function list_states(opts, causes, starts)
  local found = {}
  for _, start in ipairs(starts) do
    if not contains(causes, start) then found[#found + 1] = start end
  end
  table.move(causes, 1, #causes, #found + 1, found)
  if not opts.states then return found end
  for _, state in ipairs(found) do
    if not contains(opts.states, state) then
      core.raise("argument", ("states: the data have the state '%s' too"):format(state),
        "List them all: states = { '" .. table.concat(found, "', '") .. "' }.")
    end
  end
  for i, state in ipairs(opts.states) do
    for j = 1, i - 1 do
      if opts.states[j] == state then
        core.raise("argument", ("states: '%s' is listed twice"):format(state))
      end
    end
  end
  return opts.states
end

local FAULTS <const> = {
  { "twice", "two rows of one person end at the same time: in which state is the person then?",
    "Who gets worse and dies on one day moves twice: put the first move a little before the second "
      .. "(time - 0.1)." },
  { "overlap", "a row begins before the row before it of the same person has ended",
    "Rows of one person follow each other: entry is the time of the row before." },
  { "jump", "another state after a time without observation: when did the person move?",
    "Close the gap, or give the row before it the state as its end." },
  { "teleport", "the start state is not the one that the row before ended in",
    "A row that ends in a move names the state moved to; the next row begins there." },
  { "absorbing", "somebody is under observation in a state that nobody leaves",
    "Drop the rows after it, or take the state out of absorbing." },
  { "gap", "a time without observation between two rows of a person",
    'If people were truly not watched then: gaps = "allow" (they are not at risk meanwhile).' },
}

local function named_rows(fault, source)
  local rows = {}
  for i, row in ipairs(fault.rows) do rows[i] = tostring(row) end
  return ("%s %s%s of %s"):format(fault.n == 1 and "row" or "rows", table.concat(rows, ", "),
    fault.n > #rows and ", ..." or "", source and source ~= "" and source or "the data")
end

--- Raises for what cannot be: overlaps, gaps, jumps.
local function check_faults(histories, opts, info)
  local faults = histories:faults()
  for _, fault in ipairs(FAULTS) do
    local found = faults[fault[1]]
    if found.n > 0 and not (fault[1] == "gap" and opts.gaps == "allow") then
      core.raise("data", ("%s (%s)"):format(fault[2], named_rows(found, info.source)), fault[3])
    end
  end
end

local function check_formula(formula)
  if formula:find "cluster%s*%(" then
    core.raise("argument", "cluster() does not say who is who",
      'Name the person: id = "patient"; a wider cluster beside it: cluster = "centre".')
  end
end

-- A stratum would part the baseline hazards of a design; an offset of 0 is missing where the column
-- is.
local NEEDED <const> = { groups = " + strata(%s)", design = " + offset(if_else(%s == %s, 0, 0))" }

--- The column that says who is who: the option, else the id of a cohort.
local function id_of(opts, data)
  local _, cohort = check.data(data)
  if opts.id then return check.column(check.data(data), opts.id) end
  return cohort and cohort.id or nil
end

local function number_list(states, names, what)
  local list = {}
  for i, name in ipairs(names) do list[i] = M.state_number(states, name, what) end
  return list
end

--- What rows start in, as a list of names: the levels of the start column, or the initial state.
local function starts_of(opts, frame, causes)
  if opts.start_state then
    if opts.initial ~= nil then
      core.raise("argument", "initial and start_state: the column says where people begin",
        "Leave initial out.")
    end
    return levels_of(frame, check.column(frame, opts.start_state)), nil
  end
  local initial = fitting.as_text(opts, "initial") or "initial"
  if initial == opts.censored then
    core.raise("argument", ("initial: '%s' means censored"):format(initial))
  end
  return { initial }, initial, contains(causes, initial)
end

--- The model of rows, people and states, checked.
---@param formula string            the right-hand side may name groups or terms
---@param data lobule.Cohort|lobule.Frame
---@param opts table                checked options: those of M.OPTIONS, cluster, weights
---@param kind "groups"|"design"
---@return { model: lobule.Model, info: table, histories: lobule.Histories, states: string[] }
function M.prepare(formula, data, opts, kind)
  check_formula(check.type(formula, "string", "formula"))
  local frame = check.data(data)
  local id, whole = id_of(opts, data), formula
  if id then whole = ("%s + cluster(%s)"):format(whole, quoted(id)) end
  for _, name in ipairs { opts.start_state or false, opts.cluster or false } do
    -- Only so that rows where it is missing are left out, and counted.
    if name then whole = whole .. NEEDED[kind]:format(quoted(check.column(frame, name)),
      quoted(name)) end
  end
  local model, info = fitting.build(whole, data, kind, opts,
    { censored = fitting.as_text(opts, "censored") })
  if info.has_entry and not id then
    core.raise("argument", "rows with an entry time belong to people: who is who?",
      'Name the column: id = "patient".')
  end
  local starts, initial = starts_of(opts, frame, info.causes)
  local states = list_states(opts, info.causes, starts)
  local plan = { n_state = #states, initial = initial and M.state_number(states, initial) or 1,
    causes = number_list(states, info.causes),
    absorbing = number_list(states, opts.absorbing or {}, "absorbing"),
    start = opts.start_state and core.factor(frame:column(opts.start_state), states) or nil,
    cluster = opts.cluster and core.factor(frame:column(opts.cluster)) or nil }
  local histories = core.histories(model, plan)
  info.formula, info.id, info.n_persons = formula, id, nil
  for _, dropped in ipairs(info.dropped) do
    dropped.variable = dropped.variable:match "^if_else%(`?(.-)`? ?==" or dropped.variable
  end
  info.summary = histories:summary()
  check_faults(histories, opts, info)
  info.gaps = histories:faults().gap.n
  return { model = model, info = info, histories = histories, states = states }
end

--- "progression -> death" of two states.
---@param states string[]
---@param from integer
---@param to integer
---@return string
function M.arrow(states, from, to)
  return ("%s -> %s"):format(states[from], states[to])
end

--- Warnings that the rows themselves give cause to.
---@param prepared table
---@return string[]
function M.warnings(prepared)
  local info, list = prepared.info, {}
  for _, text in ipairs(require("lobule.result").warnings(info)) do list[#list + 1] = text end
  local same = info.summary.n_same
  if same > 0 then
    list[#list + 1] = ("%d rows end in the state they are in: no move, follow-up goes on"):format(
      same)
  end
  if info.gaps > 0 then
    list[#list + 1] = ("%d times without observation between rows of a person: not at risk then")
      :format(info.gaps)
  end
  return list
end

return M
