--- What a report says it was made from, looked at before anything is done with it: a report may
--- come from anybody, and an edited one must be an error, not a fault of the program.
local core = require "lobule.core"

local M = {}

local function is_text(value) return type(value) == "string" end

--- A list whose items all pass.
local function is_list(value, item)
  if type(value) ~= "table" then return false end
  local n = 0
  for key, one in next, value do
    if math.type(key) ~= "integer" or not item(one) then return false end
    n = n + 1
  end
  return n == #value
end

local function is_file(value)
  return type(value) == "table" and is_text(value.name) and is_text(value.sha256)
end

local function is_names(value) return is_list(value, is_text) end

--- A table by name whose values all pass; an empty one may be read as a list.
local function is_record(value, item)
  if type(value) ~= "table" then return false end
  for key, one in next, value do
    if not is_text(key) or not item(one) then return false end
  end
  return true
end

local function is_scalar(value)
  local kind = type(value)
  return kind == "string" or kind == "number" or kind == "boolean"
end

local function is_input(value)
  return type(value) == "table" and is_text(value.name) and is_text(value.file)
    and is_record(value.columns, is_names)
end

local function is_named(value)
  return type(value) == "table" and is_text(value.name)
end

local function optional(test)
  return function(value) return value == nil or test(value) end
end

-- Fields of the ground of a recipe's run, and what each must be.
local GROUND <const> = {
  { "recipe", is_file }, { "inputs", function(value) return is_list(value, is_input) end },
  { "params", function(value) return is_record(value, is_scalar) end },
  { "seed", function(value) return math.type(value) == "integer" end },
  { "map", optional(is_file) },
}

local PROVENANCE <const> = {
  { "command", is_names }, { "script", function(value)
    return type(value) ~= "table" or is_file(value)
  end },
  { "inputs", optional(function(value) return is_list(value, is_file) end) },
  { "recipe", optional(function(value)
    return type(value) == "table" and type(value.ground) == "table"
      and optional(function(list) return is_list(list, is_named) end)(value.results)
  end) },
}

--- The first field of a table that is not what it must be.
local function wrong_field(values, fields, place)
  for _, field in ipairs(fields) do
    if not field[2](values[field[1]]) then return place .. field[1] end
  end
end

--- Raises unless provenance and results have the form that reports have.
---@param saved lobule.verify.Saved
function M.check(saved)
  local origin <const> = saved.provenance
  local wrong = wrong_field(origin, PROVENANCE, "provenance.")
  if not wrong and origin.recipe then
    wrong = wrong_field(origin.recipe.ground, GROUND, "provenance.recipe.ground.")
  end
  if not wrong and not is_list(saved.results, function(one) return type(one) == "table" end) then
    wrong = "results"
  end
  if wrong then
    core.raise("data", ("%s: what it was made from was edited or is damaged: %s"):format(saved.path,
      wrong), "It cannot be run again from that.")
  end
end

return M
