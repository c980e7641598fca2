--- What a recipe declares: the table it returns, checked field by field. The checked form is plain
--- data, from which come the command line, its help, its checks and its completion.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

---@class lobule.recipe.Column
---@field name string               the recipe's own name of the column
---@field role string               one of format.ROLES
---@field type string               one of format.TYPES
---@field help? string
---@field unit? string
---@field levels? string[]|table    a list of levels, or { min =, max = } of their number
---@field range? number[]           least and largest value
---@field many? boolean             any number of columns play this role
---@field optional? boolean

---@class lobule.recipe.Parameter
---@field name string
---@field type string               "real", "integer", "logical", "text", "choice"
---@field default? any
---@field range? number[]
---@field choices? string[]
---@field unit? string
---@field help? string
---@field optional? boolean

---@class lobule.recipe.Declaration
---@field name string
---@field version string
---@field title string
---@field inputs table[]            each { name, help, optional, columns }
---@field params lobule.recipe.Parameter[]
---@field limits table              cpu_s, memory (bytes)

M.ROLES = { "id", "arm", "time", "entry", "event", "competing_event", "start_date", "end_date",
  "covariate", "stratum", "cluster", "weight", "outcome", "baseline", "dose", "cost", "utility",
  "study", "n", "response" }
M.TYPES = { "real", "integer", "logical", "factor", "text", "date", "datetime", "any" }
local PARAM_TYPES <const> = { "real", "integer", "logical", "text", "choice" }

local RECIPE <const> = { { "name", "string" }, { "version", "string" }, { "lobule", "string" },
  { "title", "string" }, { "description", "string" }, { "authors", "table" },
  { "licence", "string" }, { "keywords", "texts" }, { "references", "texts" },
  { "inputs", "table" }, { "params", "table" }, { "limits", "table" }, { "run", "any" },
  { "example", "table" } }
local COLUMN <const> = { { 1, "string" }, { "role", M.ROLES }, { "type", M.TYPES, "any" },
  { "unit", "string" }, { "levels", "table" }, { "range", "table" }, { "help", "string" },
  { "many", "boolean", false }, { "optional", "boolean", false } }
local PARAM <const> = { { 1, "string" }, { "type", PARAM_TYPES }, { "default", "any" },
  { "range", "table" }, { "choices", "texts" }, { "unit", "string" }, { "help", "string" },
  { "optional", "boolean", false } }
local LIMITS <const> = { { "cpu_s", "positive", 600 }, { "memory", "any", "2 GiB" } }

local UNITS <const> = { KiB = 2 ^ 10, MiB = 2 ^ 20, GiB = 2 ^ 30 }

local function fail(recipe, what, mend)
  core.raise("argument", ("recipe '%s': %s"):format(recipe, what), mend)
end

--- Options of a list's entry, where the first place holds its name.
local function entry_of(given, spec, recipe, what)
  if type(given) ~= "table" then
    fail(recipe, ("%s: expected a table { \"name\", ... }, found %s"):format(what,
      check.describe(given)))
  end
  local named, fields = given[1] or given.name, {}
  if type(named) ~= "string" or not named:find "^[%a_][%w_]*$" then
    fail(recipe, what .. ": its name must be letters, digits and _, not beginning with a digit")
  end
  for key, value in next, given do
    if key ~= 1 and key ~= "name" then fields[key] = value end
  end
  local options = {}
  for i = 2, #spec do options[i - 1] = spec[i] end
  local ok, checked = pcall(check.options, fields, options)
  if not ok then
    fail(recipe, ("%s '%s': %s"):format(what, named, checked.message or checked), checked.context)
  end
  checked.name = named
  return checked
end

local function check_range(recipe, entry, what)
  local range = entry.range
  if range == nil then return end
  if #range ~= 2 or type(range[1]) ~= "number" or type(range[2]) ~= "number"
    or range[1] > range[2] then
    fail(recipe, ("%s '%s': range must be { least, largest }"):format(what, entry.name))
  end
end

local function unique(recipe, list, what)
  local seen = {}
  for _, entry in ipairs(list) do
    if seen[entry.name] then
      fail(recipe, ("two %ss are called '%s'"):format(what, entry.name))
    end
    seen[entry.name] = true
  end
  return list
end

--- Levels are a list of texts, or { min = 2, max = 6 }.
local function check_levels(recipe, column)
  local levels = column.levels
  if levels == nil then return end
  local good = true
  for key, value in next, levels do
    if math.type(key) == "integer" then
      good = good and type(value) == "string"
    else
      good = good and (key == "min" or key == "max") and math.type(value) == "integer"
    end
  end
  if not good then
    fail(recipe, ("column '%s': levels must be a list of texts, or { min = 2, max = 6 }"):format(
      column.name))
  end
end

local function check_authors(recipe, authors)
  for _, author in next, authors do
    local name = type(author) == "table" and (author[1] or author.name) or author
    local orcid = type(author) == "table" and author.orcid
    if type(name) ~= "string" or orcid and type(orcid) ~= "string" then
      fail(recipe, "authors must be a list of { \"name\", orcid = \"0000-0000-0000-0000\" }")
    end
  end
  return authors
end

local function columns_of(recipe, given)
  local list = {}
  for i, one in ipairs(given) do
    local column = entry_of(one, COLUMN, recipe, "column")
    check_range(recipe, column, "column")
    check_levels(recipe, column)
    if not column.role then
      fail(recipe, ("column '%s' has no role"):format(column.name), "Roles are: "
        .. table.concat(M.ROLES, ", ") .. ".")
    end
    list[i] = column
  end
  return unique(recipe, list, "column")
end

--- The inputs as a list sorted by name, `data` first.
local function inputs_of(recipe, given)
  local list = {}
  for name, input in next, given do
    if type(name) == "number" then name = input.name end
    if type(name) ~= "string" or not name:find "^[%a_][%w_]*$" then
      fail(recipe, "an input has no name")
    end
    if type(input) ~= "table" or type(input.columns) ~= "table" or #input.columns == 0 then
      fail(recipe, ("input '%s' has no columns"):format(name))
    end
    if input.help ~= nil then check.type(input.help, "string", ("help of '%s'"):format(name)) end
    list[#list + 1] = { name = name, help = input.help, optional = input.optional or false,
      columns = columns_of(recipe, input.columns) }
  end
  if #list == 0 then fail(recipe, "inputs: a recipe needs data") end
  table.sort(list, function(a, b)
    if (a.name == "data") ~= (b.name == "data") then return a.name == "data" end
    return a.name < b.name
  end)
  return list
end

local function params_of(recipe, given)
  local list = {}
  for i, one in ipairs(given or {}) do
    local param = entry_of(one, PARAM, recipe, "parameter")
    check_range(recipe, param, "parameter")
    if not param.type then fail(recipe, ("parameter '%s' has no type"):format(param.name)) end
    if param.type == "choice" and #(param.choices or {}) == 0 then
      fail(recipe, ("parameter '%s' has no choices"):format(param.name))
    end
    if param.default ~= nil then param.default = M.value(param, param.default) end
    list[i] = param
  end
  return unique(recipe, list, "parameter")
end

--- Bytes of "2 GiB".
local function bytes_of(recipe, text)
  if type(text) == "number" then return text end
  local number, unit = tostring(text):match "^%s*([%d.]+)%s*(%a+)%s*$"
  local bytes = number and UNITS[unit] and tonumber(number) and tonumber(number) * UNITS[unit]
  if not bytes then fail(recipe, "limits.memory: expected a size such as \"2 GiB\"") end
  return bytes
end

local function limits_of(recipe, given)
  local limits = check.options(given or {}, LIMITS)
  return { cpu_s = limits.cpu_s, memory = bytes_of(recipe, limits.memory) }
end

local function bad_value(param, value, expected)
  core.raise("argument", ("%s is %s: expected %s"):format(param.name, tostring(value), expected))
end

local READ <const> = {}

function READ.real(param, value)
  local x = type(value) == "string" and tonumber(value) or value
  if type(x) ~= "number" or x ~= x then bad_value(param, value, "a number") end
  return x + 0.0
end

function READ.integer(param, value)
  local x = type(value) == "string" and tonumber(value) or value
  local whole = type(x) == "number" and math.tointeger(x)
  if not whole then bad_value(param, value, "a whole number") end
  return whole
end

function READ.logical(param, value)
  if value == "true" or value == "yes" then return true end
  if value == "false" or value == "no" then return false end
  if type(value) ~= "boolean" then bad_value(param, value, "true or false") end
  return value
end

function READ.text(param, value)
  if type(value) ~= "string" then bad_value(param, value, "text") end
  return value
end

function READ.choice(param, value)
  for _, choice in ipairs(param.choices) do
    if choice == value then return value end
  end
  local near = type(value) == "string" and core.nearest(value, param.choices)
  bad_value(param, value, "one of " .. table.concat(param.choices, ", ")
    .. (near and (" (did you mean '%s'?)"):format(near) or ""))
end

--- A parameter's value from a command line's text or a table's value, in its type and range.
---@param param lobule.recipe.Parameter
---@param value any
---@return any
---@raise a value of another type, out of range, not among the choices
function M.value(param, value)
  local x = READ[param.type](param, value)
  local range = param.range
  if range and type(x) == "number" and (x < range[1] or x > range[2]) then
    bad_value(param, value, ("%s to %s"):format(core.format_number(range[1]),
      core.format_number(range[2])))
  end
  return x
end

--- The declaration of what a recipe's file returned.
---@param recipe any
---@return lobule.recipe.Declaration
---@raise what is missing or wrong, by name, with the mend
function M.declaration(recipe)
  if type(recipe) ~= "table" then
    core.raise("argument", "the file returns " .. check.describe(recipe),
      "A recipe returns a table: return { name = \"...\", ... }.")
  end
  local given = check.options(recipe, RECIPE)
  local name = given.name
  if type(name) ~= "string" or not name:find "^%l[%l%d-]*$" then
    core.raise("argument", "the recipe's name must be lower-case letters, digits and -")
  end
  for _, field in ipairs { "version", "title", "inputs" } do
    if given[field] == nil then fail(name, ("no %s"):format(field)) end
  end
  if not given.version:find "^%d+%.%d+%.%d+$" then
    fail(name, "version must be three numbers: \"1.0.0\"")
  end
  return { name = name, version = given.version, lobule = given.lobule, title = given.title,
    description = given.description,
    authors = check_authors(name, given.authors or {}), licence = given.licence,
    keywords = given.keywords or {}, references = given.references or {},
    inputs = inputs_of(name, given.inputs), params = params_of(name, given.params),
    limits = limits_of(name, given.limits), example = given.example }
end

--- A checked declaration in the form that a recipe's file gives it, so that what comes from another
--- process is checked once more.
---@param declared table
---@return table
function M.given(declared)
  if type(declared) ~= "table" then return declared end
  local limits = declared.limits or {}
  local copy = {}
  for key, value in next, declared do copy[key] = value end
  copy.limits = { cpu_s = limits.cpu_s, memory = limits.memory }
  return copy
end

return M
