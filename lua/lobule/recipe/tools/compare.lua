--- Results of a recipe held against expected numbers and against each other.
local core = require "lobule.core"
local wire = require "lobule.recipe.wire"

local M = {}

-- Sums in another order differ in their last digits; fits that iterate stop at about this.
local SAME <const> = 1e-8
-- What may differ when rows change places: messages name rows, lineages list steps.
local PASSED_OVER <const> = { warnings = true, lineage = true }
local COUNTERS <const> = { "missing", "n_na", "number_na", "excluded", "dropped", "left_out" }
local WORDS <const> = { "missing", "left out", "%f[%w]NA%f[%W]", "unknown" }
local FAULTS <const> = { "attempt to ", "bad argument #", "stack overflow", "has no integer repr",
  "invalid order function", "invalid value" }

--- A value in a message: numbers whole, texts in quotes.
---@param value any
---@return string
function M.text(value)
  if value == core.NA or value == nil then return "NA" end
  if type(value) == "number" then return core.format_number(value) end
  if type(value) == "string" then return ("'%s'"):format(value) end
  return tostring(value)
end

local function numbers_differ(found, expected)
  local off = math.abs(found - expected.value)
  local scale = math.abs(expected.value)
  local allowed = math.max(expected.abs or 0, (expected.rel or 0) * scale)
  if off <= allowed then return nil end
  return ("%s expected, %s found: off by %s, %s allowed"):format(M.text(expected.value),
    M.text(found), core.format_number(off), core.format_number(allowed))
end

--- How a value differs from the expected one; nil when it does not.
---@param found any
---@param expected lobule.recipe.Expected  a text "NA" stands for a value that does not exist
---@return string?
function M.differs(found, expected)
  local wanted = expected.value
  if type(found) == "number" and type(wanted) == "number" and found == found then
    return numbers_differ(found, expected)
  end
  if found == wanted or found == core.NA and wanted == "NA" then return nil end
  return ("%s expected, %s found"):format(M.text(wanted), M.text(found))
end

local function keys_of(a, b)
  local keys, seen = {}, {}
  for _, t in ipairs { a, b } do
    for key in next, t do
      if not seen[key] and not PASSED_OVER[key] then keys[#keys + 1], seen[key] = key, true end
    end
  end
  table.sort(keys, function(x, y) return tostring(x) < tostring(y) end)
  return keys
end

local function first_difference(a, b, path)
  if type(a) == "number" and type(b) == "number" then
    local close = a == b or (a ~= a and b ~= b)
      or math.abs(a - b) <= SAME * math.max(1, math.abs(a), math.abs(b))
    return not close and ("%s: %s and %s"):format(path, M.text(a), M.text(b)) or nil
  end
  if type(a) ~= "table" or type(b) ~= "table" then
    return a ~= b and ("%s: %s and %s"):format(path, M.text(a), M.text(b)) or nil
  end
  for _, key in ipairs(keys_of(a, b)) do
    local found = first_difference(a[key], b[key], ("%s.%s"):format(path, tostring(key)))
    if found then return found end
  end
end

--- The records of an answer's results by their names.
local function by_name(answer)
  local t = {}
  for _, one in ipairs(answer.results) do t[one.name] = one.record end
  return t
end

--- Where the named results of two runs first differ beyond rounding; nil when they do not.
---@param a table                   an answer
---@param b table
---@return string?
function M.results(a, b)
  local found = first_difference(by_name(a), by_name(b), "")
  return found and found:sub(2)
end

--- true when two runs gave the same bytes.
---@param a table
---@param b table
---@return boolean
function M.same_bytes(a, b)
  local function bytes(answer)
    return wire.encode { answer.results, answer.records, answer.values or {} }
  end
  return bytes(a) == bytes(b)
end

--- Where a number of the results is NaN; nil when none is.
---@param value any
---@param path string
---@return string?
local function find_nan(value, path)
  if type(value) == "number" and value ~= value then return path end
  if type(value) ~= "table" then return nil end
  for _, key in ipairs(keys_of(value, {})) do
    local found = find_nan(value[key], ("%s.%s"):format(path, tostring(key)))
    if found then return found end
  end
end

local function nan_in_table(shown)
  for _, row in ipairs(shown.rows) do
    for _, cell in ipairs(row) do
      if tostring(cell):lower():find "%f[%a]nan%f[%A]" then return "a table of the report" end
    end
  end
end

--- Where an answer holds NaN instead of a number or NA.
---@param answer table
---@return string?
function M.nan(answer)
  for _, one in ipairs(answer.results) do
    local found = find_nan(one.record, one.name)
    if found then return found end
  end
  for _, block in ipairs(answer.blocks) do
    local found = block.kind == "table" and nan_in_table(block.table)
    if found then return found end
  end
end

--- true when an error is one of Lua's own, which tells a researcher nothing.
---@param problem table|string
---@return boolean
function M.is_fault(problem)
  local text = tostring(type(problem) == "table" and problem.message or problem)
  for _, pattern in ipairs(FAULTS) do
    if text:find(pattern, 1, true) then return true end
  end
  return text:find "ended without an answer" ~= nil
end

local function is_counter(key)
  for _, word in ipairs(COUNTERS) do
    if type(key) == "string" and key:find(word, 1, true) then return true end
  end
  return false
end

--- Everything in records that counts what was left out, and the flows, as bytes.
local function counters(value, out, inside)
  if type(value) ~= "table" then
    if inside then out[#out + 1] = value end
    return
  end
  for _, key in ipairs(keys_of(value, {})) do
    counters(value[key], out, inside or value.kind == "flow" or is_counter(key))
  end
end

local function speaks_of_missing(text)
  for _, word in ipairs(WORDS) do
    if text:find(word) then return true end
  end
  return false
end

--- Lines of the report that speak of missing values.
local function lines_of(answer)
  local list = {}
  for _, block in ipairs(answer.blocks) do
    if block.kind == "table" then
      for _, row in ipairs(block.table.rows) do
        local text = table.concat(row, " | ")
        if speaks_of_missing(text) then list[#list + 1] = text end
      end
      table.move(block.table.notes, 1, #block.table.notes, #list + 1, list)
    elseif type(block.text) == "string" and speaks_of_missing(block.text) then
      list[#list + 1] = block.text
    end
  end
  return list
end

--- true when the second run says, in a count, in the flow or in its report, that something was left
--- out which the first one had.
---@param a table
---@param b table
---@return boolean
function M.counted(a, b)
  local x, y = {}, {}
  counters({ by_name(a), a.records }, x, false)
  counters({ by_name(b), b.records }, y, false)
  if wire.encode(x) ~= wire.encode(y) then return true end
  return table.concat(lines_of(a), "\n") ~= table.concat(lines_of(b), "\n")
end

return M
