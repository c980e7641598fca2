--- Files that a report was made from, found by name and hash in the folders around it.
local core = require "lobule.core"
local host = require "lobule.host"
local locate = require "lobule.recipe.locate"

local M = {}

local DEPTH <const>, MOST_FOLDERS <const> = 4, 2000

---@class lobule.verify.File
---@field role "script"|"recipe"|"data"|"map"
---@field name string
---@field wanted string             SHA-256 that the report says
---@field path? string              nil: not found
---@field sha256? string            of the file found
---@field same boolean

--- Paths of files by base name, below a folder.
local function walk(folder, depth, found, state)
  state.n = state.n + 1
  if depth > DEPTH or state.n > MOST_FOLDERS then return end
  for _, name in ipairs(host.folder(folder) or {}) do
    local path = folder == "." and name or folder .. "/" .. name
    if name:sub(-1) == "/" then
      if name:sub(1, 1) ~= "." then walk(path:sub(1, -2), depth + 1, found, state) end
    else
      found[name] = found[name] or {}
      table.insert(found[name], path)
    end
  end
end

local function files_around(report_path)
  local found, state = {}, { n = 0 }
  local folder = report_path:match "^(.+)/[^/]*$" or "."
  walk(folder, 1, found, state)
  if folder ~= "." then walk(".", 1, found, state) end
  return found
end

--- The file of a name with the hash, else any of the name.
local function choose(role, name, wanted, around)
  local file = { role = role, name = name, wanted = wanted, same = false }
  for _, path in ipairs(around[name] or {}) do
    local ok, text = pcall(core.read_file, path)
    local sha256 = ok and core.sha256(text)
    if sha256 == wanted then
      file.path, file.sha256, file.same = path, sha256, true
      return file
    end
    if sha256 and not file.path then file.path, file.sha256 = path, sha256 end
  end
  return file
end

--- A recipe by name where recipes are found, else a file with its hash around the report.
local function recipe_file(ground, around)
  local name, wanted = ground.recipe.name, ground.recipe.sha256
  local ok, found = pcall(locate.find, name)
  if ok and found.sha256 == wanted then
    return { role = "recipe", name = name, wanted = wanted, path = found.path, sha256 = wanted,
      same = true, recipe = found }
  end
  for _, paths in next, around do
    for _, path in ipairs(paths) do
      if path:find "%.lua$" then
        local text = core.read_file(path)
        if core.sha256(text) == wanted then
          return { role = "recipe", name = name, wanted = wanted, path = path, sha256 = wanted,
            same = true, recipe = locate.find(path:find "/" and path or "./" .. path) }
        end
      end
    end
  end
  return { role = "recipe", name = name, wanted = wanted, same = false,
    path = ok and found.path or nil, sha256 = ok and found.sha256 or nil,
    recipe = ok and found or nil }
end

---@class lobule.verify.Ground
---@field files lobule.verify.File[]
---@field recipe? lobule.verify.File
---@field script? lobule.verify.File
---@field map? lobule.verify.File
---@field data table<string, string> path by base name

--- What a report rests on, as it lies here.
---@param saved lobule.verify.Saved
---@return lobule.verify.Ground
function M.ground(saved)
  local around, origin = files_around(saved.path), saved.provenance
  local ground = { files = {}, data = {} }
  local function add(file)
    ground.files[#ground.files + 1] = file
    return file
  end
  if origin.recipe then
    ground.recipe = add(recipe_file(origin.recipe.ground, around))
    local map = origin.recipe.ground.map
    if type(map) == "table" then ground.map = add(choose("map", map.name, map.sha256, around)) end
  elseif type(origin.script) == "table" then
    ground.script = add(choose("script", origin.script.name, origin.script.sha256, around))
  else
    core.raise("data", ("%s: it was made at the prompt or from a command line"):format(saved.path),
      "Only what a script or a recipe made can be run again: .save the session as a script.")
  end
  for _, input in ipairs(origin.inputs or {}) do
    local file = add(choose("data", input.name, input.sha256, around))
    ground.data[input.name] = file.path
  end
  return ground
end

return M
