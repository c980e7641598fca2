--- Where recipes are found: a file named by its path, the project's recipes/, the user's folder,
--- the built-in set.
local core = require "lobule.core"
local session = require "lobule.session"

local M = {}

local host <const> = require "lobule.host"

--- The user's folder of recipes; nil when the environment names no home.
---@return string?
function M.user_folder()
  local data, home = os.getenv "XDG_DATA_HOME", os.getenv "HOME"
  if data == nil or data == "" then data = home and home .. "/.local/share" end
  return data and data .. "/lobule/recipes"
end

local function readable(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

--- where: "project", "user", "built-in" or "file"; folder: where its example lies, nil for one that
--- is inside the program.
local function from_text(source, path, where, folder)
  return { source = source, file = session.base_name(path), path = path,
    sha256 = core.sha256(source), where = where, folder = folder }
end

local function from_folder(where, folder, name)
  local path = folder and ("%s/%s.lua"):format(folder, name)
  return path and readable(path) and from_text(core.read_file(path), path, where, folder)
end

local function from_program(name)
  local text = host.source(("lobule/recipes/%s.lua"):format(name))
  return text and from_text(text, name .. ".lua", "built-in")
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

--- A recipe of one source: "user/compare-arms", "project/..." or "built-in/...".
local function from_source(name)
  local where, own = name:match "^(%l[%l-]+)/([%w-]+)$"
  if where == "built-in" then return from_program(own) end
  if where == "user" then return from_folder(where, M.user_folder(), own) end
  return where == "project" and from_folder(where, "recipes", own)
end

--- A recipe by source and name ("user/compare-arms"), by path ("x.lua", "./x.lua") or by name: then
--- the project's comes first, the user's next, then the program's own.
---@param name string
---@return lobule.recipe.File
---@raise what is not found, with the nearest name
function M.find(name)
  local found = from_source(name)
  if found then return found end
  if name:find "[/\\]" or name:find "%.lua$" then
    return from_text(core.read_file(name), name, "file", name:match "^(.*)/[^/]*$" or ".")
  end
  found = from_folder("project", "recipes", name) or from_folder("user", M.user_folder(), name)
    or from_program(name)
  if found then return found end
  if readable(name .. ".lua") then
    core.raise("name", ("no recipe '%s', but there is ./%s.lua here"):format(name, name),
      ("A file is named by its path: ./%s.lua."):format(name))
  end
  local near = core.nearest(name, M.built_in())
  core.raise("name", ("no recipe '%s'%s"):format(name, near
    and (" (did you mean '%s'?)"):format(near) or ""),
    "`lobule recipe list` shows what there is; a file is named by its path, ./my-recipe.lua.")
end

return M
