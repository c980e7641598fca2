--- Lua functions of a row where an expression may stand: the slow last resort. What they give
--- becomes a column, so that everything else works as with an expression.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

local NUMBER <const> = {} -- the key under which a row knows its number

local function no_column(frame, key)
  if type(key) == "string" then frame:column(key) end -- raises, with did-you-mean
  core.raise("name", "a row has its columns by name, found " .. check.describe(key))
end

--- The rows of a frame, one table a row whose cells are read when asked for: nil where missing; a
--- column that does not exist raises.
local function rows_of(frame)
  local names, columns = frame:names(), {}
  for _, name in ipairs(names) do columns[name] = frame:column(name) end
  local meta = {}
  function meta.__index(row, key)
    local column = columns[key]
    if column == nil then no_column(frame, key) end
    return column[rawget(row, NUMBER)]
  end
  function meta.__newindex(_, key)
    core.raise("argument", ("a row cannot be changed (field '%s')"):format(tostring(key)),
      "Return the value: { \"name\", function(row) return ... end }.")
  end
  function meta.__pairs(row)
    local i = 0
    return function()
      while i < #names do
        i = i + 1
        local value = columns[names[i]][rawget(row, NUMBER)]
        if value ~= nil then return names[i], value end
      end
    end
  end
  return function(i) return setmetatable({ [NUMBER] = i }, meta) end
end

--- An error inside the function, with the row; an interruption is passed on.
local function fail(frame, err, row)
  local code = type(err) == "table" and rawget(err, "code")
  if code == "interrupted" then error(err, 0) end
  local where = ("row %d: "):format(frame:source_row(row))
  if code then core.raise(code, where .. err.message, err.context) end
  core.raise("argument", where .. "the function failed: " .. tostring(err))
end

local function values_of(frame, f)
  local values, at, row_of = { n = #frame }, 0, rows_of(frame)
  local ok, err = pcall(function()
    for i = 1, #frame do
      at = i
      local value = f(row_of(i))
      values[i] = value == nil and core.NA or value
    end
  end)
  if not ok then fail(frame, err, at) end
  return values
end

--- A condition as a logical column.
---@param frame lobule.Frame
---@param f fun(row: table): boolean?
---@return lobule.Column
---@raise an error in the function, a value that is not true, false or missing; with the row
function M.condition(frame, f)
  local values <const> = values_of(frame, f)
  for i, value in ipairs(values) do
    if type(value) ~= "boolean" and value ~= core.NA then
      core.raise("type", ("row %d: the condition gave %s: expected true, false or NA (nil)"):format(
        frame:source_row(i), check.describe(value)))
    end
  end
  return core.frame({ { "condition", values, "logical" } }):column "condition"
end

--- A value for every row as a column; the type follows from the values.
---@param frame lobule.Frame
---@param name string
---@param f fun(row: table): any
---@return lobule.Column
---@raise an error in the function, with the row; values of several types
function M.column(frame, name, f)
  return core.frame({ { name, values_of(frame, f) } }):column(name)
end

--- Conditions as expressions: those that are functions become logical columns of a frame that
--- only the caller sees.
---@param frame lobule.Frame
---@param conditions (string|function)[]
---@param what string               in the message for another type
---@param opts? table               by, order: an expression is computed over groups, as by mutate
---@param with? lobule.With
---@return lobule.Frame             # the frame, with the columns
---@return string[] expressions
---@return string[] shown           for the record: an expression, or "(a Lua function)"
function M.expressions(frame, conditions, what, opts, with)
  local wide, texts, shown = frame, {}, {}
  local window <const> = opts and (opts.by or opts.order) and require "lobule.frame_window"
  for i, condition in ipairs(conditions) do
    if type(condition) == "function" then
      local name = ("(a Lua function, condition %d)"):format(i)
      wide = core.with_column(wide, name, M.condition(frame, condition))
      texts[i], shown[i] = "`" .. name .. "`", "(a Lua function)"
    elseif window then
      local name = ("(condition %d)"):format(i)
      check.type(condition, "string", what)
      wide = window.mutate(wide, { ("`%s` = %s"):format(name, condition) }, opts, with)
      local kind = wide:column(name):type()
      if kind ~= "logical" then
        core.raise("type", ("the condition gives %s, expected true or false"):format(kind))
      end
      texts[i], shown[i] = "`" .. name .. "`", condition .. window.text(opts)
    else
      texts[i] = check.type(condition, "string", what)
      shown[i] = condition
    end
  end
  return wide, texts, shown
end

--- The frame without the columns that expressions() added.
---@param kept lobule.Frame         rows of what expressions() gave
---@param frame lobule.Frame        what it was given
---@return lobule.Frame
function M.narrow(kept, frame)
  if #kept:names() == #frame:names() then return kept end
  return core.select(kept, frame:names())
end

--- A new column from an item of a list of assignments: "name = expression" or { name, function }.
---@param frame lobule.Frame
---@param item string|table
---@param with lobule.With
---@return lobule.Frame
---@return string[] notes
function M.assign(frame, item, with)
  if type(item) == "table" then
    check.type(item[1], "string", "column name")
    check.type(item[2], "function", item[1])
    return core.with_column(frame, item[1], M.column(frame, item[1], item[2])), {}
  end
  local name, expression = core.split_assignment(check.type(item, "string", "assignment"))
  local column, notes = core.eval(frame, expression, with)
  return core.with_column(frame, name, column), notes
end

return M
