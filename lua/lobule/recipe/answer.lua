--- What a recipe's run may send back, field by field: checked in its own process, so that its
--- author gets a message, and again by the parent, which believes nothing.
local core = require "lobule.core"

local M = {}

local MOST_BLOCKS <const> = 2000
local MOST_CELLS <const> = 500000 -- of all tables
local MOST_RESULTS <const> = 10000
local MOST_NAME <const> = 200 -- bytes
local MOST_TEXT <const> = 100000
local MOST_FIGURE_TEXT <const> = 20000
local MOST_MARKS <const> = 2000 -- rows, steps, lines, ticks: whatever is no list of numbers
local MOST_NUMBERS <const> = 1000000
local MOST_TIMES <const> = 500 -- ticks of an axis and columns of the table below it
local MOST_INDENT <const> = 20
local MOST_DEPTH <const> = 12
local TEXTS <const> = { heading = true, text = true, note = true, warning = true }

local function text_problem(value, what, most)
  if type(value) ~= "string" then return what .. " is not text" end
  if #value > (most or MOST_TEXT) then
    return ("%s has %d bytes, at most %d are taken"):format(what, #value, most or MOST_TEXT)
  end
end

local function list_problem(value, what, most)
  if type(value) ~= "table" then return what .. " is not a list" end
  if #value > most then
    return ("%s has %d entries, at most %d are taken"):format(what, #value, most)
  end
end

--- A table of display texts; tables.new checks what is within.
local function table_problem(shown, what, count)
  if type(shown) ~= "table" then return what .. " is not a table" end
  local problem = list_problem(shown.columns, what .. ": the columns", MOST_CELLS)
    or list_problem(shown.rows, what .. ": the rows", MOST_CELLS)
  if problem then return problem end
  count.cells = count.cells + #shown.columns * (#shown.rows + 1)
  if count.cells > MOST_CELLS then
    return ("the tables have more than %d cells"):format(MOST_CELLS)
  end
end

local MOST_OF <const> = { times = MOST_TIMES }

local function figure_list_problem(list, key, what)
  local most = MOST_OF[key] or type(list[1]) == "number" and MOST_NUMBERS or MOST_MARKS
  return list_problem(list, ("%s: '%s'"):format(what, key), most)
end

--- A figure's description: plain data, nothing of which is so long that it could not be drawn.
local function spec_problem(value, key, what, depth)
  if type(value) == "string" then
    return text_problem(value, ("%s: '%s'"):format(what, key), MOST_FIGURE_TEXT)
  elseif type(value) == "number" then
    if key == "indent" and not (value >= 0 and value <= MOST_INDENT) then
      return ("%s: an indent of more than %d steps"):format(what, MOST_INDENT)
    end
    return nil
  elseif type(value) ~= "table" then
    return type(value) ~= "boolean" and ("%s: '%s' is not plain"):format(what, key) or nil
  end
  local problem = depth > MOST_DEPTH and what .. " is nested too deep"
    or figure_list_problem(value, key, what)
  if problem then return problem end
  for name, inner in next, value do
    problem = spec_problem(inner, type(name) == "string" and name or key, what, depth + 1)
    if problem then return problem end
  end
end

local function width_problem(mm, what)
  if type(mm) ~= "number" or not (mm >= 40 and mm <= 1000) then
    return what .. ": a width in mm from 40 to 1000 is missing"
  end
end

local function figure_problem(block, what, count)
  local figure = block.figure
  if type(figure) ~= "table" or type(figure.kind) ~= "string" or type(figure.spec) ~= "table" then
    return what .. " is no figure"
  end
  local problem = width_problem(block.width_mm, what) or width_problem(figure.width_mm, what)
    or list_problem(block.data, what .. ": the data", MOST_MARKS)
    or spec_problem(figure.spec, "spec", what, 1)
  for i, one in ipairs(not problem and block.data or {}) do
    problem = problem or table_problem(one, ("%s: data %d"):format(what, i), count)
  end
  return problem
end

local function level_problem(block, what)
  local level = math.tointeger(block.level)
  if block.kind == "heading" and not (level and level >= 2 and level <= 4) then
    return what .. ": a level from 2 to 4 is missing"
  end
end

local function block_problem(block, i, count)
  local what = ("block %d of the report"):format(i)
  if type(block) ~= "table" or type(block.kind) ~= "string" then return what .. " is none" end
  if TEXTS[block.kind] then return text_problem(block.text, what) or level_problem(block, what) end
  local caption = block.caption ~= nil and text_problem(block.caption, what .. ": the caption")
  if block.kind == "table" then return caption or table_problem(block.table, what, count) end
  if block.kind == "figure" then return caption or figure_problem(block, what, count) end
  return what .. " is of no known kind"
end

--- A result at full precision: the report's provenance lists its lineage.
local function record_problem(record, what)
  if type(record) ~= "table" then return what .. " is none" end
  local lines = record.lineage
  if lines == nil or type(lines) == "string" then return nil end
  local problem = list_problem(lines, what .. ": the lineage", MOST_MARKS)
  for _, line in ipairs(not problem and lines or {}) do
    problem = problem or text_problem(line, what .. ": a line of the lineage")
  end
  return problem
end

local function result_problem(result, i)
  if type(result) ~= "table" then return ("result %d is none"):format(i) end
  return text_problem(result.name, ("the name of result %d"):format(i), MOST_NAME)
    or record_problem(result.record, ("the record of result %d"):format(i))
end

--- The number that a path leads to, or why it leads nowhere.
local function value_problem(one, i)
  local what = ("value %d"):format(i)
  if type(one) ~= "table" then return what .. " is none" end
  if type(one.value) == "table" and one.value ~= core.NA then return what .. " is a table" end
  return text_problem(one.path, what .. ": the path") or one.problem ~= nil
    and text_problem(one.problem, what .. ": the problem") or nil
end

--- What is wrong with an answer, nil when nothing is. Plain data is taken for granted.
---@param answer any
---@return string?
function M.problem(answer)
  if type(answer) ~= "table" then return "the answer is none" end
  local problem = list_problem(answer.results, "the list of results", MOST_RESULTS)
    or list_problem(answer.blocks, "the report", MOST_BLOCKS)
    or list_problem(answer.records, "the report's list of records", MOST_RESULTS)
    or answer.values ~= nil and list_problem(answer.values, "the list of values", MOST_RESULTS)
  if problem then return problem end
  for i, one in ipairs(answer.values or {}) do problem = problem or value_problem(one, i) end
  local count = { cells = 0 }
  for i, result in ipairs(answer.results) do problem = problem or result_problem(result, i) end
  for i, block in ipairs(answer.blocks) do problem = problem or block_problem(block, i, count) end
  for i, record in ipairs(answer.records) do
    problem = problem or record_problem(record, ("record %d"):format(i))
  end
  return problem
end

return M
