--- A researcher's file made into a recipe's input: columns found by role, types and ranges checked,
--- the recipe's names given. Everything wrong is found before the recipe runs.
local core = require "lobule.core"
local files = require "lobule.files"

local M = {}

local FITS <const> = {
  real = { real = true, integer = true }, integer = { integer = true },
  logical = { logical = true }, factor = { factor = true, text = true, logical = true },
  text = { text = true, factor = true, integer = true }, date = { date = true },
  datetime = { datetime = true, date = true },
}

---@class lobule.recipe.Mapped
---@field column lobule.recipe.Column
---@field names string[]            the file's columns

--- The file's columns for each column of the recipe: those given by role or name, else one of the
--- same name.
local function map(input, given, frame, problems)
  local mapped = {}
  for _, column in ipairs(input.columns) do
    local names = given[column.name] or given[column.role]
    if names == nil and frame:has(column.name) then names = { column.name } end
    if names == nil and not column.optional then
      problems[#problems + 1] = ("%s: no column plays this role; name it with --%s NAME")
        :format(column.name, column.name)
    end
    for _, name in ipairs(names or {}) do
      if not frame:has(name) then
        local near = core.nearest(name, frame:names())
        problems[#problems + 1] = ("%s: the file has no column '%s'%s"):format(column.name, name,
          near and (" (did you mean '%s'?)"):format(near) or "")
      end
    end
    if names and #names > 1 and not column.many then
      problems[#problems + 1] = ("%s: one column, not %d"):format(column.name, #names)
    end
    mapped[#mapped + 1] = { column = column, names = names or {} }
  end
  return mapped
end

local function check_type(entry, name, data, problems)
  local column = entry.column
  local fits = FITS[column.type]
  if fits and not fits[data:type()] then
    problems[#problems + 1] = ("%s: column '%s' is %s, the recipe needs %s"):format(column.name,
      name, data:type(), column.type)
    return false
  end
  return true
end

local function check_range(entry, name, data, problems)
  local range = entry.column.range
  if not range then return end
  local summary = core.summary(data)
  if summary.min and (summary.min < range[1] or summary.max > range[2]) then
    problems[#problems + 1] = ("%s: column '%s' runs from %s to %s, the recipe allows %s to %s")
      :format(entry.column.name, name, core.format_number(summary.min),
      core.format_number(summary.max), core.format_number(range[1]), core.format_number(range[2]))
  end
end

local function check_levels(entry, name, data, problems)
  local wanted = entry.column.levels
  local levels = wanted and data:levels()
  if not levels then return end
  if (wanted.min and #levels < wanted.min) or (wanted.max and #levels > wanted.max) then
    problems[#problems + 1] = ("%s: column '%s' has %d levels, the recipe takes %s to %s"):format(
      entry.column.name, name, #levels, wanted.min or 0, wanted.max or "any number")
  end
end

--- A column in the recipe's type.
local function converted(entry, data)
  local kind = entry.column.type
  if kind == "factor" and data:type() ~= "factor" then return core.factor(data) end
  return data
end

local function check_column(entry, name, frame, problems)
  local data = frame:column(name)
  if not check_type(entry, name, data, problems) then return end
  data = converted(entry, data)
  check_range(entry, name, data, problems)
  check_levels(entry, name, data, problems)
end

---@class lobule.recipe.Input
---@field name string
---@field file string
---@field sha256 string
---@field frame lobule.Frame        the file, whole
---@field mapped lobule.recipe.Mapped[]
---@field problems string[]

--- Reads a file for an input and maps its columns.
---@param input table               of the declaration
---@param path string
---@param given table<string, string[]>  the file's columns by the recipe's name or role
---@param options? table            how the file is read, as lb.read's
---@return lobule.recipe.Input
function M.read(input, path, given, options)
  local frame, problems = files.read(path, options or {})
  local found = {}
  if #frame == 0 then found[1] = "the file has no rows" end
  local mapped = map(input, given, frame, found)
  for _, entry in ipairs(mapped) do
    for _, name in ipairs(entry.names) do
      if frame:has(name) then check_column(entry, name, frame, found) end
    end
  end
  return { name = input.name, file = path:match "[^/\\]*$", frame = frame, mapped = mapped,
    problems = found, reading = problems }
end

--- The input's frame under the recipe's names: only the columns that play a role.
---@param input lobule.recipe.Input
---@return lobule.Frame frame
---@return string? id               the recipe's name of the id column, if it has one
function M.frame(input)
  local names, id, frame = {}, nil, input.frame
  for _, entry in ipairs(input.mapped) do
    for _, name in ipairs(entry.names) do
      local own = entry.column.many and name or entry.column.name
      if own ~= name or not frame:has(own) then
        frame = core.with_column(frame, own, converted(entry, input.frame:column(name)))
      else
        frame = core.with_column(frame, own, converted(entry, frame:column(name)))
      end
      names[#names + 1] = own
      if entry.column.role == "id" then id = own end
    end
  end
  return core.select(frame, names), id
end

return M
