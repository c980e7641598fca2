--- Who moved where: counts of transitions, time under observation, moves per person.
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local rows = require "lobule.survival.multistate_data"

---@class lobule.Transitions
---@field states string[]
---@field counts integer[][]        moves from each state (rows) to each, then left by censoring
---@field info table
---@field warnings string[]
---@field title string
local Transitions = { __name = "lobule.Transitions" }
result.mixin(Transitions)

local M = {}

--- Wraps checked histories.
---@param prepared table            of multistate_data.prepare
---@param opts table
---@return lobule.Transitions
function M.new(prepared, opts)
  local summary = prepared.info.summary
  return setmetatable({ states = prepared.states, counts = summary.transitions, options = opts,
    summary = summary, info = prepared.info, warnings = rows.warnings(prepared),
    title = "Transitions between states" }, Transitions)
end

local function row_total(self, from)
  local total = 0
  for to in ipairs(self.states) do total = total + self.counts[from][to] end
  return total
end

--- The transitions that somebody made.
---@return lobule.Frame             # from, to, n (moves), percent (of those who were ever in from),
---                                 person_time (in from), rate (n / person_time)
function Transitions:tidy()
  local lists, n = { {}, {}, {}, {}, {}, {} }, 0
  for from, name in ipairs(self.states) do
    for to, other in ipairs(self.states) do
      local count = self.counts[from][to]
      if count > 0 then
        n = n + 1
        local time = self.summary.time_in[from]
        for j, value in ipairs { name, other, count, 100.0 * count / self.summary.visited[from],
          time, count / time } do
          lists[j][n] = value
        end
      end
    end
  end
  for j = 1, 6 do lists[j].n = n end
  local unit = self.info.time_unit
  return (result.frame { { "from", lists[1], "text", label = "From" },
    { "to", lists[2], "text", label = "To" }, { "n", lists[3], "integer" },
    { "percent", lists[4], "real", label = "Of those in the state", unit = "%" },
    { "person_time", lists[5], "real", label = "Time in the state", unit = unit },
    { "rate", lists[6], "real", label = "Rate", unit = unit and "per " .. unit:gsub("s$", "") } })
end

--- Each state: persons ever there, moves out of it, last seen there, time under observation.
---@return lobule.Frame             # state, n_persons, n_moves, n_censor, person_time
function Transitions:sojourns()
  local persons, moves, censored, time = {}, {}, {}, {}
  for k in ipairs(self.states) do
    persons[k], moves[k] = self.summary.visited[k], row_total(self, k)
    censored[k], time[k] = self.counts[k][#self.states + 1], self.summary.time_in[k]
  end
  return (result.frame { { "state", self.states, "text", label = "State" },
    { "n_persons", persons, "integer", label = "Persons ever there" },
    { "n_moves", moves, "integer", label = "Moved on" },
    { "n_censor", censored, "integer", label = "Last seen there" },
    { "person_time", time, "real", label = "Time in the state", unit = self.info.time_unit } })
end

--- Persons by how often they moved into a state.
---@return lobule.Frame             # state, moves, n_persons
function Transitions:per_person()
  local states, moves, persons, n = {}, {}, {}, 0
  for k, name in ipairs(self.states) do
    for j, count in ipairs(self.summary.visits[k]) do
      n = n + 1
      states[n], moves[n], persons[n] = name, j - 1, count
    end
  end
  return (result.frame { { "state", states, "text", label = "State" },
    { "moves", moves, "integer", label = "Moves into it" },
    { "n_persons", persons, "integer", label = "Persons" } })
end

--- Counts of the whole.
---@return lobule.Frame             # n_persons, n, n_missing, n_transitions, n_states
function Transitions:glance()
  local total = 0
  for k in ipairs(self.states) do total = total + row_total(self, k) end
  return (result.frame { { "n_persons", { self.summary.n_person }, "integer" },
    { "n", { self.info.n_used }, "integer" }, { "n_missing", { self.info.n_missing }, "integer" },
    { "n_transitions", { total }, "integer" }, { "n_states", { #self.states }, "integer" } })
end

local function counts_table(self)
  local columns = { { label = "From", align = "left" } }
  local list = {}
  for k, name in ipairs(self.states) do
    columns[k + 1] = { label = name, align = "right", group = "To" }
  end
  local last = #self.states + 2
  columns[last] = { label = "Last seen there", align = "right" }
  columns[last + 1] = { label = "Persons", align = "right" }
  local unit = self.info.time_unit
  columns[last + 2] = { label = unit and ("Time (%s)"):format(unit) or "Time", align = "right" }
  for from, name in ipairs(self.states) do
    local row = { name }
    for to = 1, #self.states do
      local n = self.counts[from][to]
      row[to + 1] = n > 0 and format.count(n) or ""
    end
    row[last] = format.count(self.counts[from][#self.states + 1])
    row[last + 1] = format.count(self.summary.visited[from])
    row[last + 2] = format.number(self.summary.time_in[from])
    list[from] = row
  end
  return require("lobule.table").new { rows = list, columns = columns, notes = {
    "Persons: ever seen in the state, be it by moving there at their last time. Time: under "
      .. "observation in it." } }
end

function Transitions:__tostring()
  return printed.text(self, ("  %d persons, %d rows\n%s"):format(self.summary.n_person,
    self.info.n_used, counts_table(self)))
end

--- The diagram: states as boxes (persons ever there, last seen there) in rows by the number of
--- moves from the start, arrows with the counts of moves. Up to eight states.
---@param options? table            width_mm (183), title
---@return lobule.Figure
---@raise more than eight states
function Transitions:plot(options)
  return (require("lobule.survival.transitions_plot")(self, options))
end

--- The blocks of a report: the table of counts, then warnings.
---@param options? table
---@return table[]
function Transitions:report_blocks(options)
  return (printed.blocks(self, counts_table(self), nil, options))
end

--- Everything at full precision.
---@return table
function Transitions:record()
  return result.ordered { { "kind", "survival.transitions" }, { "formula", self.info.formula },
    { "states", self.states }, { "n", self.info.n_used }, { "n_missing", self.info.n_missing },
    { "transitions", result.record(self:tidy()) }, { "sojourns", result.record(self:sojourns()) },
    { "per_person", result.record(self:per_person()) }, { "lineage", self.info.lineage },
    { "warnings", self.warnings } }
end

core.class("transitions", Transitions)
return M
