--- Files that a report was made from, found by name and hash in the folders around it.
local core = require "lobule.core"
local host = require "lobule.host"
local locate = require "lobule.recipe.locate"

local M = {}

local DEPTH <const>, MOST_FOLDERS <const> = 4, 2000
-- What is hashed at most in the search for a file under another name.
local MOST_FILES <const>, MOST_BYTES <const> = 2000, 2 ^ 31

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

---@class lobule.verify.Where
---@field data string[]             files given for the data
---@field recipe? string
---@field script? string
---@field map? string
---@field folders string[]          looked into besides those of the report

local function files_around(report_path, folders)
  local found, state = {}, { n = 0 }
  local folder = report_path:match "^(.+)/[^/]*$" or "."
  walk(folder, 1, found, state)
  if folder ~= "." then walk(".", 1, found, state) end
  for _, one in ipairs(folders) do
    walk(#one > 1 and one:gsub("/+$", "") or one, 1, found, { n = 0 })
  end
  return found
end

local hashes = {}

--- SHA-256 of a file; nil when it cannot be read.
local function hash_of(path)
  if hashes[path] == nil then
    local ok, text = pcall(core.read_file, path)
    hashes[path] = ok and core.sha256(text) or false
  end
  return hashes[path] or nil
end

local function size_of(path)
  local file = host.path_kind(path) == "file" and io.open(path, "rb")
  local size = file and file:seek "end"
  if file then file:close() end
  return size or nil
end

local function ending(name)
  return name:match "%.(%w+)$" or ""
end

--- Files under other names that may be the one: of the same ending first, the small ones first.
local function candidates(name, around)
  local list, mine = {}, ending(name)
  for other, paths in next, around do
    for _, path in ipairs(other ~= name and paths or {}) do
      local size = size_of(path)
      if size and size <= MOST_BYTES then
        list[#list + 1] = { path = path, size = size, far = ending(other) == mine and 0 or 1 }
      end
    end
  end
  table.sort(list, function(a, b)
    if a.far ~= b.far then return a.far < b.far end
    if a.size ~= b.size then return a.size < b.size end
    return a.path < b.path
  end)
  return list
end

--- A file with the hash whatever its name; nil when there is none within reach.
local function by_hash(name, wanted, around)
  local bytes = 0
  for i, one in ipairs(candidates(name, around)) do
    bytes = bytes + one.size
    if i > MOST_FILES or bytes > MOST_BYTES then return nil end
    if hash_of(one.path) == wanted then return one.path end
  end
end

local function with_hash(paths, wanted)
  for _, path in ipairs(paths) do
    if hash_of(path) == wanted then return path end
  end
end

--- The file with the hash: among those given, those of its name, all others; else one that was
--- given for it or has its name.
---@param asked table               role, name, wanted, given; only: the one given is the one meant
local function choose(asked, around)
  local file = { role = asked.role, name = asked.name, wanted = asked.wanted, same = false }
  if asked.only and asked.given[1] then
    file.path = asked.given[1]
    file.sha256 = core.sha256(core.read_file(file.path)) -- which says why it cannot be read
    file.same = file.sha256 == asked.wanted
    return file
  end
  local named <const> = around[asked.name] or {}
  file.path = with_hash(asked.given, asked.wanted) or with_hash(named, asked.wanted)
    or by_hash(asked.name, asked.wanted, around)
  if file.path then
    file.sha256, file.same = asked.wanted, true
    return file
  end
  for _, path in ipairs(asked.given) do
    if path:match "[^/]*$" == asked.name then file.path = file.path or path end
  end
  for _, path in ipairs(named) do
    if hash_of(path) then file.path = file.path or path end
  end
  file.sha256 = file.path and hash_of(file.path)
  return file
end

--- A recipe where it was said to be, by name where recipes are found, or a file with its hash.
local function recipe_file(ground, around, given)
  local name, wanted = ground.recipe.name, ground.recipe.sha256
  local function entry(found)
    return { role = "recipe", name = name, wanted = wanted, path = found.path,
      sha256 = found.sha256, same = found.sha256 == wanted, recipe = found }
  end
  if given then return entry(locate.find(given)) end
  local ok, found = pcall(locate.find, name)
  if ok and found.sha256 == wanted then return entry(found) end
  local file = choose({ role = "recipe", name = name .. ".lua", wanted = wanted, given = {} },
    around)
  if file.same then
    return entry(locate.find(file.path:find "/" and file.path or "./" .. file.path))
  end
  if ok then return entry(found) end
  return { role = "recipe", name = name, wanted = wanted, same = false }
end

---@class lobule.verify.Ground
---@field files lobule.verify.File[]
---@field recipe? lobule.verify.File
---@field script? lobule.verify.File
---@field map? lobule.verify.File
---@field data table<string, string> path by base name

--- Raises for a file or folder given that is not there.
local function check_given(where)
  local function there(path)
    if host.path_kind(path) == nil then core.raise("io", ("no file '%s'"):format(path)) end
  end
  for _, path in ipairs(where.data) do there(path) end
  for _, role in ipairs { "script", "map" } do
    if where[role] then there(where[role]) end
  end
  for _, folder in ipairs(where.folders) do
    if not host.folder(folder) then core.raise("io", ("no folder '%s'"):format(folder)) end
  end
end

--- What a report rests on, as it lies here.
---@param saved lobule.verify.Saved
---@param where? lobule.verify.Where
---@return lobule.verify.Ground
function M.ground(saved, where)
  where = where or { data = {}, folders = {} }
  check_given(where)
  local around, origin = files_around(saved.path, where.folders), saved.provenance
  local ground = { files = {}, data = {} }
  local function add(file)
    ground.files[#ground.files + 1] = file
    return file
  end
  local function source(role, told)
    return add(choose({ role = role, name = told.name, wanted = told.sha256, only = true,
      given = { where[role] } }, around))
  end
  if origin.recipe then
    ground.recipe = add(recipe_file(origin.recipe.ground, around, where.recipe))
    local map = origin.recipe.ground.map
    if type(map) == "table" then ground.map = source("map", map) end
  elseif type(origin.script) == "table" then
    ground.script = source("script", origin.script)
  else
    core.raise("data", ("%s: it was made at the prompt or from a command line"):format(saved.path),
      "Only what a script or a recipe made can be run again: .save the session as a script.")
  end
  local inputs <const> = origin.inputs or {}
  for _, input in ipairs(inputs) do
    local file = add(choose({ role = "data", name = input.name, wanted = input.sha256,
      given = where.data, only = #inputs == 1 and #where.data == 1 }, around))
    ground.data[input.name] = file.path
  end
  return ground
end

return M
