--- A researcher's file made into a recipe's input: columns found by name and role, types, ranges
--- and levels checked, units converted, the recipe's names given. All that is wrong is found before
--- the recipe runs.
local core = require "lobule.core"
local files = require "lobule.files"
local guess = require "lobule.recipe.guess"
local sites = require "lobule.recipe.site"
local units = require "lobule.recipe.units"

local M = {}

-- Levels named in a message, and the number of distinct values from which none is: they may be ids.
local MOST_LEVELS <const>, MOST_DISTINCT <const> = 6, 20

local FITS <const> = {
  real = { real = true, integer = true }, integer = { integer = true },
  logical = { logical = true, integer = true, real = true },
  factor = { factor = true, text = true, logical = true, integer = true },
  text = { text = true, factor = true, integer = true }, date = { date = true },
  datetime = { datetime = true, date = true },
}

---@class lobule.recipe.Mapped
---@field column lobule.recipe.Column
---@field names string[]            the file's columns
---@field data table<string, lobule.Column>  by the file's name, in the recipe's type and unit
---@field notes string[]            what was converted

local function found_names(column, given, frame)
  local names = given[column.name] or given[column.role]
  if names == nil and frame:has(column.name) then names = { column.name } end
  return names
end

local function missing_column(column, frame, used)
  local near = guess.best(column, frame, used) or core.nearest(column.name, frame:names())
  return ("no column for '%s'%s"):format(column.name, near
    and (" (is it --%s %s?)"):format(column.name:gsub("_", "-"), near)
    or (": name it with --%s COLUMN"):format(column.name:gsub("_", "-")))
end

local function unknown_column(column, name, frame)
  local near = core.nearest(name, frame:names())
  return ("%s: the file has no column '%s'%s"):format(column.name, name,
    near and (" (did you mean '%s'?)"):format(near)
    or "; it has " .. table.concat(frame:names(), ", "))
end

--- The file's columns for each of the recipe's.
local function map(input, given, frame, problems)
  local mapped, used, missing = {}, {}, {}
  for _, column in ipairs(input.columns) do
    local names = found_names(column, given, frame)
    if names == nil and not column.optional then missing[#missing + 1] = column end
    local known = {}
    for _, name in ipairs(names or {}) do
      if not frame:has(name) then
        problems[#problems + 1] = unknown_column(column, name, frame)
      else
        if used[name] then
          problems[#problems + 1] = ("column '%s' is given as %s and as %s"):format(name,
            used[name], column.name)
        end
        known[#known + 1], used[name] = name, column.name
      end
    end
    if #known > 1 and not column.many then
      problems[#problems + 1] = ("%s: one column, not %d"):format(column.name, #known)
    end
    mapped[#mapped + 1] = { column = column, names = known, data = {}, notes = {} }
  end
  for _, column in ipairs(missing) do
    problems[#problems + 1] = missing_column(column, frame, used)
  end
  return mapped
end

local function check_type(entry, name, data)
  local column = entry.column
  local fits = FITS[column.type]
  if fits and not fits[data:type()] then
    local mend = column.type == "date" and "; is its date format known? (read options in --map)"
      or ""
    return ("%s: column '%s' is %s, the recipe needs %s%s"):format(column.name, name, data:type(),
      column.type, mend)
  end
end

--- A 0/1 column as a logical one; nil and what is wrong for other values.
local function to_logical(name, data)
  local summary = core.summary(data)
  if summary.min and (summary.min < 0 or summary.max > 1) then
    return nil, ("column '%s' holds %s to %s: expected true/false or 0/1; with --map, mutate = "
      .. "{ \"event = %s == 2\" }"):format(name, core.format_number(summary.min),
      core.format_number(summary.max), name)
  end
  return core.eval(core.frame { { "x", data } }, "x == 1", core.with())
end

--- A number for people: six digits.
local function short(x)
  return core.format_number(tonumber(("%.6g"):format(x)))
end

local CONVERT <const> = {}

function CONVERT.logical(name, data)
  if data:type() == "logical" then return data end
  return to_logical(name, data)
end

--- Levels in the order of the recipe's list: its first is the reference. Levels beyond it stay at
--- the end, for check_levels to name.
function CONVERT.factor(_, data, column)
  local factor = data:type() == "factor" and data or core.factor(data)
  local wanted <const> = column.levels
  if not wanted or #wanted == 0 then return factor end
  local has, known, order = {}, {}, {}
  for _, level in ipairs(factor:levels()) do has[level] = true end
  for _, level in ipairs(wanted) do
    if has[level] then order[#order + 1] = level end
    known[level] = true
  end
  for _, level in ipairs(factor:levels()) do
    if not known[level] then order[#order + 1] = level end
  end
  return #order > 0 and core.factor(factor, order) or factor
end

--- A column in the recipe's type and unit.
local function converted(entry, name, data)
  local column, label = entry.column, data:label()
  local convert = CONVERT[column.type]
  if convert then
    local result, problem = convert(name, data, column)
    if not result then return nil, ("%s: %s"):format(column.name, problem) end
    return core.label(result, label, data:unit())
  end
  local unit = data:unit()
  if not column.unit or not unit or unit == column.unit then return data end
  local factor = units.factor(unit, column.unit)
  if not factor then
    return nil, ("%s: column '%s' is in %s, the recipe needs %s"):format(column.name, name, unit,
      column.unit)
  end
  entry.notes[#entry.notes + 1] = ("%s to %s by the factor %s"):format(unit, column.unit,
    short(factor))
  local scaled = core.eval(core.frame { { "x", data } }, ("x * %s"):format(
    core.format_number(factor)), core.with())
  return core.label(scaled, label, column.unit)
end

local function check_range(entry, name, data)
  local range = entry.column.range
  local summary = range and core.summary(data)
  if summary and summary.min and (summary.min < range[1] or summary.max > range[2]) then
    local unit <const> = entry.column.unit
    return ("%s: column '%s' runs from %s to %s, the recipe allows %s to %s%s"):format(
      entry.column.name, name, core.format_number(summary.min), core.format_number(summary.max),
      core.format_number(range[1]), core.format_number(range[2]), unit
        and ("%s; of another unit? with --map, units = { %s = \"...\" }"):format(" " .. unit, name)
        or "")
  end
end

--- Levels that rows have.
local function present(data)
  local list = {}
  for _, level in ipairs(core.summary(data).levels or {}) do
    if level.n > 0 then list[#list + 1] = level.label end
  end
  return list
end

--- The first levels in words, "" where they may be ids: many, or every row has its own.
local function some_levels(data, levels)
  local n_present = #data - data:missing()
  if #levels > MOST_DISTINCT or #levels > 1 and #levels == n_present then return "" end
  return (" (%s%s)"):format(table.concat(levels, ", ", 1, math.min(#levels, MOST_LEVELS)),
    #levels > MOST_LEVELS and ", ..." or "")
end

local function check_levels(entry, name, data)
  local wanted = entry.column.levels
  if not wanted or not data:levels() then return end
  local levels = present(data)
  if (wanted.min and #levels < wanted.min) or (wanted.max and #levels > wanted.max) then
    return ("%s: column '%s' has %d levels%s, the recipe takes %s to %s"):format(
      entry.column.name, name, #levels, some_levels(data, levels), wanted.min or 0,
      wanted.max or "any number")
  end
  if #wanted == 0 then return end
  if some_levels(data, levels) == "" then
    return ("%s: column '%s' has %d levels, the recipe knows %s"):format(entry.column.name, name,
      #levels, table.concat(wanted, ", "))
  end
  for _, level in ipairs(levels) do
    local near = core.nearest(level, wanted)
    local known = false
    for _, one in ipairs(wanted) do known = known or one == level end
    if not known then
      return ("%s: column '%s' has a level '%s' that the recipe does not know%s"):format(
        entry.column.name, name, level, near and (" (is it '%s'?)"):format(near)
        or "; it knows " .. table.concat(wanted, ", "))
    end
  end
end

--- A column without a value says nothing of its type: it has the recipe's.
local function typed(data, kind, n)
  if data:missing() < n or kind == "any" then return data end
  local values = { n = n }
  for i = 1, n do values[i] = core.NA end
  return core.label(core.frame({ { "x", values, kind } }):column "x", data:label(), data:unit())
end

local function take_column(entry, name, frame, problems)
  local data = typed(frame:column(name), entry.column.type, #frame)
  local problem = check_type(entry, name, data)
  if not problem then
    data, problem = converted(entry, name, data)
  end
  if not problem then
    problem = check_range(entry, name, data) or check_levels(entry, name, data)
  end
  if problem then
    problems[#problems + 1] = problem
  else
    entry.data[name] = data
  end
end

---@class lobule.recipe.Input
---@field name string
---@field file string
---@field path string
---@field sha256 string
---@field rows integer
---@field mapped lobule.recipe.Mapped[]
---@field problems string[]         what has to be mended before the recipe can run
---@field lineage string[]

--- Reads a file for an input and maps its columns.
---@param input table               of the declaration
---@param path string
---@param given table<string, string[]>  the file's columns by the recipe's name or role
---@param site? lobule.recipe.Site
---@return lobule.recipe.Input
function M.read(input, path, given, site)
  local options = site and site.read[input.name] or {}
  local frame, _, n_problems = files.read(path, options)
  local found = {}
  if #frame == 0 then found[1] = "the file is empty: it has names of columns and no rows" end
  if site then frame = sites.apply(site, frame) end
  local mapped = map(input, given, frame, found)
  for _, entry in ipairs(mapped) do
    for _, name in ipairs(#frame > 0 and entry.names or {}) do
      take_column(entry, name, frame, found)
    end
  end
  return { name = input.name, file = path:match "[^/\\]*$", path = path, frame = frame,
    rows = #frame, mapped = mapped, problems = found, n_unreadable = n_problems,
    sha256 = core.sha256(core.read_file(path)), lineage = site and sites.lineage(site) or {} }
end

--- The input's frame under the recipe's names, only the columns that play a role, with the
--- researcher's labels; and the names of the columns of roles that may be many.
---@param input lobule.recipe.Input
---@return lobule.Frame frame
---@return string? id               the recipe's name of the id column, if it has one
---@return table<string, string[]> many  the columns of each role that may have several
function M.frame(input)
  local names, id, many, frame = {}, nil, {}, core.select(input.frame, {})
  for _, entry in ipairs(input.mapped) do
    local column = entry.column
    if column.many then many[column.name] = entry.names end
    for _, name in ipairs(entry.names) do
      local own = column.many and name or column.name
      local data = entry.data[name]
      if data:label() == nil and own ~= name then data = core.label(data, name, data:unit()) end
      frame = #names == 0 and core.frame { { own, data } } or core.with_column(frame, own, data)
      names[#names + 1] = own
      if column.role == "id" then id = own end
    end
  end
  return frame, id, many
end

-- The table that --check shows --------------------------------------------------------------------

local function levels_text(data)
  local parts, levels = {}, core.summary(data).levels
  if data:type() == "factor" and #levels > 0 and some_levels(data, present(data)) == "" then
    return ("%d levels"):format(#levels)
  end
  for i, level in ipairs(levels) do
    if i > MOST_LEVELS then
      parts[i] = "..."
      break
    end
    parts[i] = ("%s %d"):format(level.label, level.n)
  end
  return table.concat(parts, ", ")
end

local function range_text(data)
  local kind, summary = data:type(), core.summary(data)
  if kind == "factor" or kind == "logical" then return levels_text(data) end
  if kind == "text" then return ("%d distinct"):format(summary.n_distinct) end
  if not summary.min or summary.min ~= summary.min then return "" end
  if kind == "date" or kind == "datetime" then
    local ends = core.frame { { "d", { summary.min, summary.max }, kind } }:column "d"
    return ("%s to %s"):format(ends[1], ends[2])
  end
  return ("%s to %s"):format(short(summary.min), short(summary.max))
end

--- "312 distinct", and how many of the rows repeat one.
local function distinct_text(data)
  local n = core.summary(data).n_distinct
  local repeated = #data - data:missing() - n
  return ("%d distinct"):format(n) .. (repeated > 0 and (", %d repeated"):format(repeated) or "")
end

local function column_rows(entry, rows)
  local column = entry.column
  if #entry.names == 0 then
    rows[#rows + 1] = { column.name, column.optional and "(none)" or "(missing)", column.type, "",
      "" }
  end
  for i, name in ipairs(entry.names) do
    local data = entry.data[name]
    local unit = data and data:unit()
    local text = data and (column.role == "id" and distinct_text(data) or range_text(data))
      or "see below"
    if #entry.notes > 0 then text = text .. " (" .. table.concat(entry.notes, "; ") .. ")" end
    rows[#rows + 1] = { i == 1 and column.name or "", name,
      data and data:type() .. (unit and ", " .. unit or "") or "",
      data and tostring(data:missing()) or "", text }
  end
end

--- The mapping of an input as a table: never rows, never ids.
---@param input lobule.recipe.Input
---@return lobule.Table
function M.table(input)
  local rows = {}
  for _, entry in ipairs(input.mapped) do column_rows(entry, rows) end
  return require("lobule.table").new {
    caption = ("%s: %s, %d rows"):format(input.name, input.file, input.rows), rows = rows,
    columns = { { label = "Recipe" }, { label = "Column" }, { label = "Type" },
      { label = "Missing", align = "right" }, { label = "Range or levels" } } }
end

return M
