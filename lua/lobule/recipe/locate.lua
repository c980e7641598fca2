--- Where recipes are found: a file named by its path, the project's recipes/, the user's folder,
--- the built-in set.
local core = require "lobule.core"
local session = require "lobule.session"

local M = {}

local host <const> = require "lobule.host"

--- The folders that are searched, in order.
---@return string[]
function M.folders()
  local list, home = { "recipes" }, os.getenv "HOME"
  local data = os.getenv "XDG_DATA_HOME"
  if data == nil or data == "" then data = home and home .. "/.local/share" end
  if data then list[2] = data .. "/lobule/recipes" end
  return list
end

local function readable(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

local function from_text(source, path)
  return { source = source, file = session.base_name(path), path = path,
    sha256 = core.sha256(source) }
end

--- Names of the built-in recipes, sorted.
---@return string[]
function M.built_in()
  local list = {}
  for _, file in ipairs(host.files()) do
    list[#list + 1] = file:match "^lobule/recipes/([%w-]+)%.lua$"
  end
  table.sort(list)
  return list
end

--- A recipe by path ("x.lua", "./x", "a/b") or by name.
---@param name string
---@return lobule.recipe.File
---@raise what is not found, with the nearest name
function M.find(name)
  if name:find "[/\\]" or name:find "%.lua$" then
    return from_text(core.read_file(name), name)
  end
  for _, folder in ipairs(M.folders()) do
    local path = ("%s/%s.lua"):format(folder, name)
    if readable(path) then return from_text(core.read_file(path), path) end
  end
  local source = host.source(("lobule/recipes/%s.lua"):format(name))
  if source then return from_text(source, name .. ".lua") end
  local near = core.nearest(name, M.built_in())
  core.raise("name", ("no recipe '%s'%s"):format(name, near
    and (" (did you mean '%s'?)"):format(near) or ""),
    "`lobule recipe list` shows what there is; a file is named by its path, ./my-recipe.lua.")
end

return M
