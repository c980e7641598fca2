--- Immortal time in the columns of a file: a group that a time beside it gives away: known,
--- or earlier than the end of follow-up, exactly where somebody is in the group.
local core = require "lobule.core"

local M = {}

local PROBE <const> = 300 -- rows that rule nearly every column out, so that others are not gathered
local LEAST <const> = 3   -- rows in the group, and outside: fewer may match by chance

local NUMBER <const> = { real = true, integer = true }

--- The values of a list, at most three: more are no group.
local function few_values(column, n)
  local found, seen = {}, {}
  for i = 1, n do
    local value = column[i]
    if value ~= nil and not seen[value] then
      seen[value], found[#found + 1] = true, value
      if #found > 2 then return found end
    end
  end
  return found
end

--- "`tx`", "not `tx`", or the column equal to a value.
local function condition(name, value)
  if value == true then return ("`%s`"):format(name) end
  if value == false then return ("not `%s`"):format(name) end
  return ("`%s` == $group"):format(name)
end

local function count(frame, text, value)
  local bound = type(value) ~= "boolean" and { group = value } or nil
  local _, n = core.filter(frame, text, core.with(bound))
  return n
end

--- The two patterns, with what a reader is told: no row may break them. G: the condition on the
--- group, T: the time, Y: the outcome.
local PATTERNS <const> = {
  { within = "(G) and T >= 0 and T <= Y", without = "not (G) and is_na(T)",
    text = "goes with %s, a time within follow-up that is known in the %d rows of the group alone"
  },
  { within = "(G) and T >= 0 and T < Y", without = "not (G) and T == Y",
    text = "goes with %s, a time before the end of follow-up in the %d rows of the group alone" } }

--- Rows in which the group or the outcome is not known take no part.
local KNOWN <const> = "(G or not (G)) and not is_na(Y)"

--- How many rows are in the group and fit, and how many outside do; nil when any does neither.
local function matches(frame, pattern, group, value, time, outcome)
  local names <const> = { G = group, T = ("`%s`"):format(time), Y = outcome }
  local function rows(text) return count(frame, (text:gsub("[GTY]", names)), value) end
  local n_in <const>, n_out <const> = rows(pattern.within), rows(pattern.without)
  return n_in + n_out == rows(KNOWN) and n_in or nil, n_out
end

--- How many rows of the group fit, if all rows of the data do, enough of them in and outside it.
local function confirmed(frame, pattern, group, value, time, outcome)
  local n_in <const>, n_out <const> = matches(frame, pattern, group, value, time, outcome)
  if not n_in or n_in < LEAST or n_out < LEAST then return nil end
  local times <const> = #few_values(frame:column(time), #frame) > 2
    and count(frame, ("`%s` > 0"):format(time), true) > 0
  return times and n_in or nil
end

--- Which patterns the numbers of rows allow, without looking at a row: the time is missing outside
--- the group and not in it, or it equals the outcome somewhere.
local function possible(probe, time, n_in, n_out)
  local missing <const> = probe:column(time.name):missing()
  return { missing >= n_out and missing <= #probe - n_in, n_out == 0 or time.n_equal > 0 }
end

--- What gives one value of the group away among the columns of the data, in words.
local function given_away(frame, probe, name, value, outcome, others)
  local group <const> = condition(name, value)
  local n_in <const>, n_out <const> = count(probe, group, value), count(probe, ("not (%s)"):format(
    group), value)
  for _, other in ipairs(others) do
    local time <const>, may <const> = other.name, possible(probe, other, n_in, n_out)
    for k, pattern in ipairs(PATTERNS) do
      if may[k] and matches(probe, pattern, group, value, time, outcome) then
        local why = confirmed(frame, pattern, group, value, time, outcome)
        if why then return pattern.text:format(time, why), time end
      end
    end
  end
end

--- What gives a column of two values away, if anything does.
---@param frame lobule.Frame
---@param name string               a column of the data
---@param outcome string            expression of the time
---@param skipped table<string, any>  columns that are no such time: those of the outcome, those
---                                 said to be known at the start
---@return string? why              in words, after the name of the column
---@return string? time
function M.find(frame, name, outcome, skipped)
  local probe <const> = core.range(frame, 1, PROBE)
  local values <const> = few_values(probe:column(name), #probe)
  if #values == 0 or #values > 2 then return nil end
  local others = {}
  for _, other in ipairs(frame:names()) do
    if other ~= name and not skipped[other] and NUMBER[probe:column(other):type()] then
      others[#others + 1] = { name = other, n_equal = count(probe, ("`%s` == %s"):format(other,
        outcome), true) }
    end
  end
  for _, value in ipairs(values) do
    local why, time = given_away(frame, probe, name, value, outcome, others)
    if why then return why, time end
  end
end

return M
