--- State probabilities: curves of each state, values at times, mean times, transition
--- probabilities.
local check = require "lobule.check"
local core = require "lobule.core"
local quantity = require "lobule.quantity"
local result = require "lobule.result"
local stacking = require "lobule.survival.stacking"
local rows = require "lobule.survival.multistate_data"

---@class lobule.StateProbabilities
---@field states string[]
---@field info table                n_rows, n_used, n_missing, n_event, dropped, groups, summary
---@field warnings string[]
---@field title string
local States = { __name = "lobule.StateProbabilities" }
result.mixin(States)

local M = {}

--- Wraps a fit of the core.
---@param fit lobule.StateFit
---@param prepared table            of multistate_data.prepare
---@param opts table
---@return lobule.StateProbabilities
function M.new(fit, prepared, opts)
  local info = prepared.info
  return setmetatable({ fit = fit, info = info, options = opts, states = prepared.states,
    title = opts.landmark and "State occupation probabilities (landmark Aalen-Johansen)"
      or "State occupation probabilities (Aalen-Johansen)",
    warnings = rows.warnings(prepared) }, States)
end

local function group_name(self, g)
  local name = self.info.groups.name[g]
  return name ~= "" and name or "all"
end

local function all_groups(self)
  local groups = {}
  for g = 1, #self.info.groups.label do groups[g] = g end
  return groups
end

--- Stacks frames of { frame, g, k }, each with its group and state in front.
local function stack(self, parts)
  local frames, strata, states = {}, {}, {}
  for i, part in ipairs(parts) do
    frames[i], strata[i], states[i] = part.frame, group_name(self, part.g), self.states[part.k]
  end
  return stacking.stack(frames, { { "strata", strata }, { "state", states, label = "State" } },
    self.info.time_unit)
end

--- Calls f(g, k) for the groups and states asked for; a list of what it returns.
local function each(self, groups, state, f)
  local parts = {}
  for _, g in ipairs(groups) do
    for k = state or 1, state or #self.states do parts[#parts + 1] = f(g, k) end
  end
  return parts
end

local function find_state(self, state)
  if state == nil then return nil end
  return (rows.state_number(self.states, state))
end

--- The curves, one row a distinct time of each group and state, move or censoring. n_risk are those
--- in the state just before, n_event the moves into it, n_censor those censored there.
---@return lobule.Frame             # strata, state, time, n_risk, n_event, n_censor, estimate,
---                                 std_error, conf_low, conf_high
function States:tidy()
  return (stack(self, each(self, all_groups(self), nil, function(g, k)
    return { frame = self.fit:curve(g, k), g = g, k = k }
  end)))
end

--- Counts of the whole fit.
---@return lobule.Frame             # n_persons, n, n_missing, n_transitions, n_states, conf_level,
---                                 conf_type, variance
function States:glance()
  local moves = 0.0
  for g in ipairs(self.info.groups.label) do moves = moves + self.fit:count(g).n_event end
  return (result.frame { { "n_persons", { self.info.summary.n_person }, "integer" },
    { "n", { self.info.n_used }, "integer" }, { "n_missing", { self.info.n_missing }, "integer" },
    { "n_transitions", { moves }, "real" }, { "n_states", { #self.states }, "integer" },
    { "conf_level", { self.options.conf_level }, "real" },
    { "conf_type", { self.options.conf_type }, "text" },
    { "variance", { self.options.variance }, "text" } })
end

--- The last time at which a group's curves are known; infinite when nobody is left to move.
local function known_until(self, g)
  local count = self.fit:count(g)
  if count.settled then return math.huge end
  return count.last or -1
end

--- The curve at given times; NA beyond follow-up, unless all are where nobody leaves.
local function at_times(self, g, k, times)
  local frame, last = self.fit:at(g, k, times), known_until(self, g)
  if times[#times] <= last then return frame end
  for _, name in ipairs { "estimate", "std_error", "conf_low", "conf_high" } do
    local values = frame:column(name):totable()
    for i, t in ipairs(times) do
      if t > last then values[i] = core.NA end
    end
    frame = core.with_column(frame, name, core.frame({ { name, values, "real" } }):column(name))
  end
  return frame
end

local function label_of(self, what, g, k)
  local name = self.info.groups.name[g]
  return ("%s, %s%s"):format(what, self.states[k], name ~= "" and ", " .. name or "")
end

local function at_quantity(self, g, k, time)
  local row = at_times(self, g, k, { time }):rows_list()[1]
  local count = self.fit:count(g)
  return quantity.new { estimate = row.estimate, conf_low = row.conf_low, style = "percent",
    conf_high = row.conf_high, conf_level = self.options.conf_level, n = count.n,
    n_event = count.n_event, absent = "beyond follow-up",
    label = label_of(self, "Probability at " .. core.format_number(time), g, k) }
end

--- State probabilities at given times: the number in the state just before each, moves into it and
--- censored there since the time before it in the list. Beyond a group's follow-up: NA.
---@param options table             a list of ascending times, a state, and a group by name:
---                                 { 12, 24, state = "progression", treatment = "SIRT" }
---@return lobule.Frame|lobule.Quantity  # one time of one state and group is a quantity, else a
---                                 frame
function States:at(options)
  if type(options) == "number" then options = { options } end
  local times, rest = result.split_times(options)
  local given, groups = result.group_options(rest, { { "times", "times" }, { "state", "any" } },
    self.info)
  times = check.options({ times = given.times or times }, { { "times", "times" } }).times
  local state = find_state(self, given.state)
  if #groups == 1 and state and #times == 1 then
    return (at_quantity(self, groups[1], state, times[1]))
  end
  return (stack(self, each(self, groups, state, function(g, k)
    return { frame = at_times(self, g, k, times), g = g, k = k }
  end)))
end

local function plain_limits(self, estimate, std_error)
  local z = core.normal_quantile(0.5 + self.options.conf_level / 2)
  return math.max(0, estimate - z * std_error), estimate + z * std_error
end

--- What fit:expect gives in one block, one row a group and state.
local function expected(self, options, block)
  local opts, groups = result.group_options(options, { { "to", "positive" }, { "state", "any" } },
    self.info)
  if not opts.to then
    core.raise("argument", "to: the end of the time looked at is needed", "Write { to = 24 }.")
  end
  local lists, n, state = { {}, {}, {}, {}, {}, {} }, 0, find_state(self, opts.state)
  for _, g in ipairs(groups) do
    local known = opts.to <= known_until(self, g)
    local found = known and self.fit:expect(g, opts.to)[block]
    for k = state or 1, state or #self.states do
      n = n + 1
      lists[1][n], lists[2][n] = group_name(self, g), self.states[k]
      for j = 3, 6 do lists[j][n] = core.NA end
      if found then
        lists[3][n], lists[4][n] = found.estimate[k], found.std_error[k]
        lists[5][n], lists[6][n] = plain_limits(self, lists[3][n], lists[4][n])
      end
    end
  end
  for j = 1, 6 do lists[j].n = n end
  return lists, groups, state
end

local function expected_frame(self, options, block)
  local lists, groups, state = expected(self, options, block)
  local unit = block == "sojourn" and self.info.time_unit or nil
  if #groups == 1 and state then
    local estimate = lists[3][1] ~= core.NA and lists[3][1] or nil
    local count = self.fit:count(groups[1])
    return (quantity.new { estimate = estimate, conf_low = estimate and lists[5][1],
      conf_high = estimate and lists[6][1], conf_level = self.options.conf_level, unit = unit,
      n = count.n, n_event = count.n_event, absent = "beyond follow-up",
      label = label_of(self, block == "sojourn" and "Mean time" or "Mean number of moves into",
        groups[1], state) })
  end
  local names, columns = { "strata", "state", "estimate", "std_error", "conf_low", "conf_high" }, {}
  for j, name in ipairs(names) do
    columns[j] = { name, lists[j], j <= 2 and "text" or "real", unit = j > 2 and unit or nil }
  end
  return (result.frame(columns))
end

--- Mean time spent in each state up to a time, the area under its curve (restricted mean), with the
--- standard error by the jackknife and plain limits. Over all states it adds up to the time.
---@param options table             to: the end; state: only this one; a group by name
---@return lobule.Frame|lobule.Quantity  # strata, state, estimate, std_error, conf_low, conf_high;
---                                 one state of one group is a quantity
function States:mean_time(options)
  return (expected_frame(self, options, "sojourn"))
end

--- Mean number of moves into each state up to a time.
---@param options table             to: the end; state: only this one; a group by name
---@return lobule.Frame|lobule.Quantity  # as mean_time()
function States:visits(options)
  return (expected_frame(self, options, "visits"))
end

--- Transition probabilities P(from, to): of a person in each state at one time, where they are at
--- another, under the Markov assumption; standard errors by the jackknife of the moves between.
---@param options table             from: time of the start (0); to: time of the end; a group by
---                                 name
---@return lobule.Frame             # strata, from, to, estimate, std_error
function States:transition_matrix(options)
  local opts, groups = result.group_options(options, { { "from", "number", 0 },
    { "to", "positive" } }, self.info)
  if not opts.to or opts.to < opts.from then
    core.raise("argument", "transition_matrix: expected times from <= to",
      "Write { from = 12, to = 24 }.")
  end
  local lists, n = { {}, {}, {}, {}, {} }, 0
  for _, g in ipairs(groups) do
    local known = opts.to <= known_until(self, g)
    local matrix = self.fit:transition(g, opts.from, opts.to)
    for j, from in ipairs(self.states) do
      for k, to in ipairs(self.states) do
        n = n + 1
        lists[1][n], lists[2][n], lists[3][n] = group_name(self, g), from, to
        lists[4][n] = known and matrix.estimate[j][k] or core.NA
        lists[5][n] = known and matrix.std_error[j][k] or core.NA
      end
    end
  end
  for j = 1, 5 do lists[j].n = n end
  return (result.frame { { "strata", lists[1], "text" },
    { "from", lists[2], "text", label = "From" },
    { "to", lists[3], "text", label = "To" }, { "estimate", lists[4], "real" },
    { "std_error", lists[5], "real" } })
end

--- Cumulative hazards of each transition (Nelson 1969; Aalen 1978), variance sum d / n^2.
---@return lobule.Frame             # strata, from, to, time, n_risk, n_event, estimate, std_error
function States:hazards()
  local lists, n = { {}, {}, {}, {}, {}, {}, {}, {} }, 0
  for g in ipairs(self.info.groups.label) do
    local sums = {}
    for _, row in ipairs(self.fit:jumps(g):rows_list()) do
      local from, to = math.tointeger(row.from), math.tointeger(row.to)
      local sum = sums[from * 1000 + to] or { 0.0, 0.0 }
      sums[from * 1000 + to] = sum
      sum[1] = sum[1] + row.n_event / row.n_risk
      sum[2] = sum[2] + row.n_event / row.n_risk / row.n_risk
      n = n + 1
      for j, value in ipairs { group_name(self, g), self.states[from], self.states[to], row.time,
        row.n_risk, row.n_event, sum[1], math.sqrt(sum[2]) } do
        lists[j][n] = value
      end
    end
  end
  for j = 1, 8 do lists[j].n = n end
  return (result.frame { { "strata", lists[1], "text" },
    { "from", lists[2], "text", label = "From" },
    { "to", lists[3], "text", label = "To" },
    { "time", lists[4], "real", unit = self.info.time_unit }, { "n_risk", lists[5], "real" },
    { "n_event", lists[6], "real" }, { "estimate", lists[7], "real" },
    { "std_error", lists[8], "real" } })
end

--- Where people are at the start: given, or the shares among those at risk at the first move.
---@return lobule.Frame             # strata, state, estimate, std_error
function States:start()
  local lists, n = { {}, {}, {}, {} }, 0
  for g in ipairs(self.info.groups.label) do
    local count = self.fit:count(g)
    for k, state in ipairs(self.states) do
      n = n + 1
      lists[1][n], lists[2][n] = group_name(self, g), state
      lists[3][n], lists[4][n] = count.p0[k], count.p0_std_error[k]
    end
  end
  return (result.frame { { "strata", lists[1], "text" },
    { "state", lists[2], "text", label = "State" }, { "estimate", lists[3], "real" },
    { "std_error", lists[4], "real" } })
end

M.class, M.at_times, M.known_until, M.group_name = States, at_times, known_until, group_name
for name, method in pairs(require "lobule.survival.multistate_view") do States[name] = method end
core.class("multistate", States)
return M
