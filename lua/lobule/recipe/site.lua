--- A site's own map for a recipe (`--map site.lua`): which files and columns it has, how levels are
--- recoded and columns computed. It lies beside the data, so that the recipe stays as it was.
local check = require "lobule.check"
require "lobule" -- the verbs of frames
local core = require "lobule.core"

local M = {}

local SITE <const> = { { "files", "table", {} }, { "read", "table", {} },
  { "columns", "table", {} }, { "mutate", "table", {} }, { "recode", "table", {} },
  { "params", "table", {} } }

---@class lobule.recipe.Site
---@field files table<string, string>     by input; relative to the map's own folder
---@field read table<string, table>       options of reading, by input
---@field columns table<string, string|string[]>  the file's columns by the recipe's
---@field mutate string[]                 "event = status == 2": computed in the file's frame first
---@field recode table<string, table>     new names of levels by the file's column
---@field params table<string, any>

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
  site.file, site.sha256 = path:match "[^/]*$", core.sha256(source)
  return site
end

--- A frame as the map changes it: computed columns, then levels recoded.
---@param site lobule.recipe.Site
---@param frame lobule.Frame
---@return lobule.Frame
function M.apply(site, frame)
  if #site.mutate > 0 then frame = frame:mutate(site.mutate) end
  local names = {}
  for name in next, site.recode do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do frame = frame:recode(name, site.recode[name]) end
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
