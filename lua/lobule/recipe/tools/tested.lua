--- Whether a recipe's example has passed here: `recipe test` writes it down, `list` and `show` read
--- it. A note holds for exactly these bytes of recipe and example and this version of the program.
local catalog = require "lobule.recipe.catalog"
local core = require "lobule.core"
local example = require "lobule.recipe.example"
local host = require "lobule.host"

local M = {}

local MOST_NOTES <const> = 1000

local function path_of()
  local folder, home = os.getenv "XDG_STATE_HOME", os.getenv "HOME"
  if folder == nil or folder == "" then folder = home and home .. "/.local/state" end
  return folder and folder .. "/lobule/recipe-tests"
end

--- What a note is about: recipe, example files, program.
local function key_of(entry)
  local parts = { core.version, entry.sha256 }
  for _, name in ipairs(example.file_names(example.of(entry.declared))) do
    parts[#parts + 1] = core.sha256(catalog.beside(entry, name) or "")
  end
  return core.sha256(table.concat(parts, "\n"))
end

local function notes()
  local path, list = path_of(), {}
  if not path or host.path_kind(path) ~= "file" then return list end
  for line in core.read_file(path):gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

--- Writes down how the test of a recipe ended. Where that cannot be written, nothing is.
---@param entry lobule.recipe.Entry described
---@param passed boolean
function M.note(entry, passed)
  local path = path_of()
  if not path then return end
  local key, list = key_of(entry), {}
  for _, line in ipairs(notes()) do
    if line:sub(1, #key) ~= key then list[#list + 1] = line end
  end
  list[#list + 1] = key .. (passed and " passed" or " failed")
  local first = math.max(1, #list - MOST_NOTES + 1)
  host.append_private(path, "") -- makes the folders
  pcall(core.write_file, path, table.concat(list, "\n", first) .. "\n")
end

--- "example passed", "example failed", "example not tested here", "no example".
---@param entry lobule.recipe.Entry described
---@return string
function M.text(entry)
  local ok, found = pcall(function() return example.of(entry.declared) end)
  if not ok then return "example is wrong" end
  if not found then return "no example" end
  local key = key_of(entry)
  for _, line in ipairs(notes()) do
    if line:sub(1, #key) == key then return "example " .. line:sub(#key + 2) end
  end
  return "example not tested here"
end

return M
