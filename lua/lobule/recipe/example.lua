--- A recipe's example, checked: small synthetic data beside the recipe, their hashes, and the
--- results that they must give.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.recipe.format"

local M = {}

local EXAMPLE <const> = { { "data", "any" }, { "columns", "table" }, { "params", "table" },
  { "sha256", "any" }, { "expect", "table" }, { "skip", "table" } }
local MOST_NAME <const> = 100
local SCALARS <const> = { number = true, string = true, boolean = true }
local DEFAULT_REL <const> = 1e-9

---@class lobule.recipe.Expected
---@field path string
---@field value any
---@field rel? number
---@field abs? number

---@class lobule.recipe.Example
---@field files table<string, string>     base names by input
---@field sha256 table<string, string>    by input
---@field columns table<string, string[]> the file's columns by the recipe's
---@field params table<string, any>
---@field expect lobule.recipe.Expected[] by path, sorted
---@field skip table<string, string>      checks that do not apply, each with its reason

local function fail(what, mend)
  core.raise("argument", "example: " .. what, mend)
end

--- A file name without folders, of letters that every system and every shell takes.
---@param name any
---@return boolean
function M.plain_name(name)
  return type(name) == "string" and #name <= MOST_NAME and name:find "^[%w][%w._-]*$" ~= nil
    and not name:find("..", 1, true)
end

--- A text for the first input, or texts by input.
local function by_input(declared, given, what)
  if given == nil then return {} end
  if type(given) == "string" then return { [declared.inputs[1].name] = given } end
  check.type(given, "table", "example." .. what)
  local known = {}
  for i, input in ipairs(declared.inputs) do known[i], known[input.name] = input.name, true end
  for name, text in next, given do
    if not known[name] then
      fail(("%s names the input '%s'; inputs are %s"):format(what, tostring(name),
        table.concat(known, ", ")))
    end
    check.type(text, "string", ("example.%s.%s"):format(what, name))
  end
  return given
end

local function columns_of(given)
  local columns = {}
  for name, value in next, given or {} do
    columns[name] = check.texts(value, ("example.columns.%s"):format(tostring(name)))
  end
  return columns
end

--- Values of all parameters: the example's, else the defaults.
local function params_of(declared, given)
  local values, known = {}, {}
  for i, param in ipairs(declared.params) do
    known[i] = param.name
    local value = given and given[param.name]
    if value == nil then value = param.default else value = format.value(param, value) end
    if value == nil and not param.optional then
      fail(("params.%s is missing: it has no default"):format(param.name))
    end
    values[param.name] = value
  end
  for name in next, given or {} do
    if values[name] == nil then
      local near = core.nearest(tostring(name), known)
      fail(("params.%s: the recipe has no such parameter%s"):format(tostring(name),
        near and (" (did you mean '%s'?)"):format(near) or ""))
    end
  end
  return values
end

local function expected(path, given)
  if type(given) ~= "table" then given = { given } end
  local value, rel, abs = given[1], given.rel, given.abs
  if value == nil then fail(("expect[\"%s\"] has no value"):format(path)) end
  if not SCALARS[type(value)] then
    fail(("expect[\"%s\"] must be a number, a text or a logical value"):format(path))
  end
  for key in next, given do
    if key ~= 1 and key ~= "rel" and key ~= "abs" then
      fail(("expect[\"%s\"] holds '%s': expected { value, rel = ..., abs = ... }"):format(path,
        tostring(key)))
    end
  end
  for name, tolerance in next, { rel = rel, abs = abs } do
    if type(tolerance) ~= "number" or not (tolerance >= 0 and tolerance < math.huge) then
      fail(("expect[\"%s\"].%s must be a number from 0"):format(path, name))
    end
  end
  if rel == nil and abs == nil then rel = DEFAULT_REL end
  return { path = path, value = value, rel = rel, abs = abs }
end

local function expect_of(given)
  local list = {}
  for path, value in next, given or {} do
    list[#list + 1] = expected(check.type(path, "string", "a path in example.expect"), value)
  end
  table.sort(list, function(a, b) return a.path < b.path end)
  return list
end

local function skip_of(given)
  for name, reason in next, given or {} do
    if type(name) ~= "string" or type(reason) ~= "string" or reason == "" then
      fail("skip is { [\"name of the check\"] = \"reason\" }")
    end
  end
  return given or {}
end

--- The example of a declaration; nil when it has none.
---@param declared lobule.recipe.Declaration
---@return lobule.recipe.Example?
---@raise what is wrong in it
function M.of(declared)
  if not declared.example then return nil end
  local given = check.options(declared.example, EXAMPLE)
  local files = by_input(declared, given.data, "data")
  for name, file in next, files do
    if not M.plain_name(file) then
      fail(("data of '%s' must be a file name without folders, of letters, digits, '.', '_', '-'")
        :format(name), "It stands beside the recipe.")
    end
  end
  return { files = files, sha256 = by_input(declared, given.sha256, "sha256"),
    columns = columns_of(given.columns), params = params_of(declared, given.params),
    expect = expect_of(given.expect), skip = skip_of(given.skip) }
end

--- Names of the example's files, sorted, each once.
---@param example? lobule.recipe.Example
---@return string[]
function M.file_names(example)
  local list, seen = {}, {}
  for _, file in next, example and example.files or {} do
    if not seen[file] then list[#list + 1], seen[file] = file, true end
  end
  table.sort(list)
  return list
end

return M
