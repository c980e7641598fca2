--- Single numbers of named results by their path: what a recipe's example expects and what centres
--- pool. Works on the live results, in the recipe's own process.
---   name                       a result that is a number or a quantity
---   name.field                 a field of the result's record: km.n_event
---   name.method[a=b, 12]       a method that gives a quantity: km.median[treatment=A]
---   name.table.column[row]     a cell of a table of the record, or of one that a method gives;
---                              row is the text in the table's first text column, or a number
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

local function bad(text, mend)
  core.raise("name", text, mend)
end

--- The parts of a path.
---@param path string
---@return string[] names
---@return string? inside           what stands in the brackets at the end
---@raise a path that is none
function M.parse(path)
  local front, inside = path:match "^([^%[%]]+)%[(.*)%]$"
  front = front or path
  local names = {}
  for name in (front .. "."):gmatch "([^.]*)%." do
    if not name:find "^[%a_][%w_]*$" then
      bad(("'%s' is no path of a result"):format(path),
        "Paths are: km.n_event, km.median[arm=A], cox.tidy.estimate[arm[B]].")
    end
    names[#names + 1] = name
  end
  if #names > 3 then bad(("'%s' has too many parts"):format(path)) end
  return names, inside
end

local function keys_of(t)
  local list = {}
  for key in next, t do if type(key) == "string" then list[#list + 1] = key end end
  table.sort(list)
  return list
end

local function no_such(what, name, among)
  local near = core.nearest(name, among)
  bad(("%s has no '%s'%s"):format(what, name,
    near and (" (did you mean '%s'?)"):format(near) or ""),
    #among > 0 and "It has " .. table.concat(among, ", ") .. "." or nil)
end

local function trimmed(text)
  return text:match "^%s*(.-)%s*$"
end

--- "treatment=A, 12" as { treatment = "A", 12 }.
local function arguments_of(inside)
  local list = {}
  for part in (inside .. ","):gmatch "([^,]*)," do
    local key, value = part:match "^%s*([%a_][%w_]*)%s*=(.*)$"
    value = trimmed(value or part)
    local item = tonumber(value) or value
    if value == "true" or value == "false" then item = value == "true" end
    if key then list[key] = item elseif value ~= "" then list[#list + 1] = item end
  end
  return list
end

local SCALARS <const> = { number = true, string = true, boolean = true }

--- A number, text, logical value or NA; nil for anything else.
local function scalar(value)
  if SCALARS[type(value)] or value == core.NA then return value end
  if check.is(value, "lobule.Quantity") then
    local number = value:value()
    return number == nil and core.NA or number
  end
end

local function as_scalar(value, path)
  local found = scalar(value)
  if found ~= nil then return found end
  if value == nil then return core.NA end
  bad(("'%s' is %s, not a single value"):format(path, check.describe(value)),
    "Say which one: name.table.column[row], or name.method[group=level].")
end

--- The columns of a frame or of a record's table, as lists by name, and the order of their names.
local function columns_of(value, path)
  if check.is(value, "lobule.Frame") then
    local lists = {}
    for _, name in ipairs(value:names()) do lists[name] = value:column(name):totable() end
    return lists, value:names()
  end
  local meta = type(value) == "table" and getmetatable(value)
  local names = meta and meta.__keys or type(value) == "table" and keys_of(value) or {}
  for _, name in ipairs(names) do
    if type(value[name]) ~= "table" then bad(("'%s' is no table of columns"):format(path)) end
  end
  if #names == 0 then bad(("'%s' is no table of columns"):format(path)) end
  return value, names
end

--- The row with a text; nil when none has it.
local function named_row(list, key, path)
  local row
  for i = 1, #list do
    if list[i] == key and row then
      bad(("'%s': several rows are called '%s'"):format(path, key),
        ("Rows have numbers too: [%d], [%d]."):format(row, i))
    end
    if list[i] == key then row = i end
  end
  return row
end

--- The row that `key` names: by the first column of texts, else by its number.
local function row_of(lists, names, key, path)
  for _, name in ipairs(names) do
    local list = lists[name]
    if type(list[1]) == "string" then
      local row = named_row(list, key, path)
      if row then return row end
      local number = math.tointeger(tonumber(key))
      if number and number >= 1 and number <= #list then return number end
      no_such(("'%s': column '%s'"):format(path, name), key, list)
    end
  end
  local number, n = math.tointeger(tonumber(key)), #lists[names[1]]
  if number and number >= 1 and number <= n then return number end
  bad(("'%s': rows are numbered 1 to %d"):format(path, n))
end

local function cell(value, column, key, path)
  local lists, names = columns_of(value, path)
  if not lists[column] then no_such(("'%s'"):format(path), column, names) end
  if key == nil then
    if #lists[column] == 1 then return as_scalar(lists[column][1], path) end
    bad(("'%s' has %d rows"):format(path, #lists[column]), "Say which: column[row].")
  end
  return as_scalar(lists[column][row_of(lists, names, trimmed(key), path)], path)
end

local function method_of(value, name)
  local kind = type(value)
  if kind ~= "table" and kind ~= "userdata" then return nil end
  local ok, method = pcall(function() return value[name] end)
  return ok and type(method) == "function" and method or nil
end

local function record_of(value)
  local method = method_of(value, "record")
  if method then return method(value) end
  return type(value) == "table" and value or {}
end

--- The part `name` of a result: a field of its record, else what its method of that name gives.
local function part_of(value, name, options, path)
  local record = record_of(value)
  if not options and record[name] ~= nil then return record[name] end
  local method = method_of(value, name)
  if method then return method(value, options or {}) end
  if record[name] ~= nil then bad(("'%s': '%s' takes no [...]"):format(path, name)) end
  no_such(("'%s': the result"):format(path), name, keys_of(record))
end

local function resolve(results, path)
  local names, inside = M.parse(path)
  local value = results[names[1]]
  if value == nil then no_such("what run returns", names[1], keys_of(results)) end
  if #names == 1 then
    if inside then bad(("'%s' names no method"):format(path)) end
    return as_scalar(value, path)
  end
  if #names == 2 then
    return as_scalar(part_of(value, names[2], inside and arguments_of(inside), path), path)
  end
  return cell(part_of(value, names[2], nil, path), names[3], inside, path)
end

local MOST_ROWS <const> = 20

--- Paths into a table of a record: its columns, with a row in each bracket.
local function table_paths(front, columns, list)
  for _, column in ipairs(keys_of(columns)) do
    local values = columns[column]
    if type(values) ~= "table" or values == core.NA then return end
    local n = #values
    if n == 1 then list[#list + 1] = front .. "." .. column end
    if n > 1 and type(values[1]) ~= "table" then
      list[#list + 1] = ("%s.%s[1]%s"):format(front, column, n <= MOST_ROWS
        and (" to [%d]"):format(n) or " ...")
    end
  end
end

--- The paths that records have: single fields, and the columns of their tables by row. Methods,
--- such as km.median[arm=A], are beyond them.
---@param results table[]           { name, record }
---@return string[]
function M.available(results)
  local list = {}
  for _, one in ipairs(results) do
    for _, key in ipairs(keys_of(one.record)) do
      local value, front = one.record[key], one.name .. "." .. key
      if value == core.NA or SCALARS[type(value)] then
        list[#list + 1] = key == "value" and one.name or front
      elseif type(value) == "table" and #value == 0 then
        table_paths(front, value, list)
      end
    end
  end
  return list
end

--- The values at paths; one that cannot be found says why and spoils no other.
---@param results table<string, any>  what a recipe's run returned
---@param paths string[]
---@return table[]                  # { path =, value = } or { path =, problem = }
function M.values(results, paths)
  local list = {}
  for i, path in ipairs(paths) do
    local ok, value = pcall(resolve, results, path)
    list[i] = ok and { path = path, value = value }
      or { path = path, problem = tostring(type(value) == "string" and value or value.message) }
  end
  return list
end

return M
