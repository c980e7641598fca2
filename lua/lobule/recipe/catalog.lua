--- All recipes that there are, by source: the project's folder recipes/, the user's folder, those
--- inside the program. A short name means the first of these that has it.
local core = require "lobule.core"
local host = require "lobule.host"
local locate = require "lobule.recipe.locate"
local process = require "lobule.recipe.process"
local say = require "lobule.recipe.tools.say"
local version = require "lobule.recipe.version"

local M = {}

---@class lobule.recipe.Entry: lobule.recipe.File
---@field stem string               the file's name without .lua
---@field take? fun(name: string): string?  gives the files beside one that is in no folder
---@field declared? lobule.recipe.Declaration
---@field problem? string           why it does not load

local function stems_in(folder)
  local list = {}
  for _, name in ipairs(host.folder(folder) or {}) do
    list[#list + 1] = name:match "^(%l[%l%d-]*)%.lua$"
  end
  return list
end

local function sources()
  return { { name = "project", folder = "recipes" },
    { name = "user", folder = locate.user_folder() },
    { name = "built-in" } }
end

local function complete(file)
  file.stem = file.file:gsub("%.lua$", "")
  return file
end

--- Fills in what the recipe declares, or why it does not load.
---@param entry lobule.recipe.Entry
---@return lobule.recipe.Entry
function M.describe(entry)
  local ok, declared = pcall(process.describe, entry)
  if ok then entry.declared = declared else entry.problem = say.problem(declared) end
  local fits, misfit = pcall(version.check, ok and declared or {})
  if not fits then entry.problem = say.problem(misfit) end
  if ok and declared.name ~= entry.stem then
    entry.problem = ("the file is called %s, the recipe '%s'"):format(entry.file, declared.name)
  end
  return entry
end

--- Every recipe, described; the project's first, each source sorted by name.
---@return lobule.recipe.Entry[]
function M.all()
  local list = {}
  for _, source in ipairs(sources()) do
    local stems = source.name == "built-in" and locate.built_in()
      or source.folder and stems_in(source.folder) or {}
    for _, stem in ipairs(stems) do
      list[#list + 1] = M.describe(complete(locate.find(source.name .. "/" .. stem)))
    end
  end
  return list
end

--- One recipe by name, by source and name, or by its path.
---@param word string
---@return lobule.recipe.Entry      # not described yet
---@raise what is not found, with the nearest name
function M.find(word)
  return complete(locate.find(word))
end

--- The bytes of a file beside a recipe: its example, its signature.
---@param entry lobule.recipe.Entry
---@param name string
---@return string?                  # nil when there is none
function M.beside(entry, name)
  if entry.take then return entry.take(name) end
  if not entry.folder then return host.source("lobule/recipes/" .. name) end
  local path = entry.folder .. "/" .. name
  if host.path_kind(path) == nil then return nil end
  return core.read_file(path)
end

return M
