--- A site's own map for a recipe (`--map site.lua`): which files and columns it has, how levels are
--- recoded and columns computed. It lies beside the data, so that the recipe stays as it was.
local check = require "lobule.check"
require "lobule" -- the verbs of frames
local core = require "lobule.core"
local files = require "lobule.files"

local M = {}

local SITE <const> = { { "files", "table", {} }, { "read", "table", {} },
  { "columns", "table", {} }, { "mutate", "table", {} }, { "recode", "table", {} },
  { "units", "table", {} }, { "params", "table", {} } }

---@class lobule.recipe.Site
---@field files table<string, string>     by input; relative to the map's own folder
---@field read table<string, table>       options of reading, by input
---@field columns table<string, string|string[]>  the file's columns by the recipe's
---@field mutate string[]                 "event = status == 2": computed in the file's frame first
---@field recode table<string, table>     new names of levels by the file's column
---@field units table<string, string>    of the file's columns, whose files rarely say it
---@field params table<string, any>

local function known_options(options, what)
  local known = {}
  for i, option in ipairs(files.OPTIONS) do known[i] = option[1] end
  for key in next, options do
    local near = core.nearest(tostring(key), known)
    local found = false
    for _, name in ipairs(known) do found = found or name == key end
    if not found then
      core.raise("argument", ("%s: unknown option '%s'%s"):format(what, tostring(key),
        near and (" (did you mean '%s'?)"):format(near) or ""),
        "Options of reading are: " .. table.concat(known, ", ") .. ".")
    end
  end
end

--- Options of reading, in the map by input: read = { data = { decimal = "," } }.
local function check_reading(options, name)
  known_options(options, "read." .. name)
  local ok, problem = pcall(check.options, options, files.OPTIONS)
  if not ok then
    core.raise("argument", ("read.%s: %s"):format(name, problem.message), problem.context)
  end
end

local function check_names(given, known, what)
  local names = {}
  for name in next, known do names[#names + 1] = name end
  table.sort(names)
  for name in next, given do
    if not known[name] then
      local near = core.nearest(tostring(name), names)
      core.raise("argument", ("the map: %s names '%s', which the recipe does not have%s"):format(
        what, tostring(name), near and (" (did you mean '%s'?)"):format(near) or ""),
        #names > 0 and "It has " .. table.concat(names, ", ") .. "." or nil)
    end
  end
end

--- Refuses what the map names and the recipe does not have: it would be passed over in silence.
---@param site lobule.recipe.Site
---@param declared lobule.recipe.Declaration
---@raise an unknown input, column or parameter, with the nearest
function M.check(site, declared)
  local inputs, columns, params = {}, {}, {}
  for _, input in ipairs(declared.inputs) do
    inputs[input.name] = true
    for _, column in ipairs(input.columns) do
      columns[column.name], columns[column.role] = true, true
    end
  end
  for _, param in ipairs(declared.params) do params[param.name] = true end
  check_names(site.files, inputs, "files")
  check_names(site.read, inputs, "read")
  check_names(site.columns, columns, "columns")
  check_names(site.params, params, "params")
end

--- Reads a map. It is Lua that returns a table, without anything to call.
---@param path string
---@return lobule.recipe.Site
---@raise a file that does not load, an unknown field
function M.read(path)
  local source = core.read_file(path)
  local chunk, problem = load(source, "@" .. path, "t", {})
  if not chunk then core.raise("parse", problem) end
  local ok, given = pcall(chunk)
  if not ok then core.raise("data", ("the map %s fails: %s"):format(path, tostring(given))) end
  local site = check.options(check.type(given, "table", "the map " .. path), SITE)
  local folder = path:match "^(.*/)" or ""
  for name, file in next, site.files do
    check.type(file, "string", "files." .. tostring(name))
    site.files[name] = file:sub(1, 1) == "/" and file or folder .. file
  end
  for name, columns in next, site.columns do
    site.columns[name] = check.texts(columns, "columns." .. tostring(name))
  end
  site.mutate = check.texts(site.mutate, "mutate")
  for name, options in next, site.read do
    check_reading(check.type(options, "table", "read." .. tostring(name)), tostring(name))
  end
  for name, unit in next, site.units do check.type(unit, "string", "units." .. tostring(name)) end
  site.file, site.sha256 = path:match "[^/]*$", core.sha256(source)
  return site
end

--- Columns of the map's table of names, sorted, that a file has.
local function columns_in(given, frame)
  local names = {}
  for name in next, given do
    if frame:has(name) then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

--- A frame as the map changes it: computed columns, then levels recoded, then units told.
---@param site lobule.recipe.Site
---@param frame lobule.Frame
---@return lobule.Frame
function M.apply(site, frame)
  if #site.mutate > 0 then frame = frame:mutate(site.mutate) end
  local names = {}
  for name in next, site.recode do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do frame = frame:recode(name, site.recode[name]) end
  for _, name in ipairs(columns_in(site.units, frame)) do
    local column = frame:column(name)
    frame = core.with_column(frame, name, core.label(column, column:label(), site.units[name]))
  end
  return frame
end

--- What the map says in one line each, for the record of a run.
---@param site lobule.recipe.Site
---@return string[]
function M.lineage(site)
  local lines = {}
  for _, text in ipairs(site.mutate) do lines[#lines + 1] = "map: " .. text end
  local names = {}
  for name in next, site.recode do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do lines[#lines + 1] = "map: levels of " .. name .. " recoded" end
  return lines
end

return M
