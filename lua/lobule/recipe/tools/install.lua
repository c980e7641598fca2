--- `lobule recipe install FILE|FOLDER|ZIP`: recipes into the user's folder. What is installed was
--- only read and described in the sandbox; it has not run.
local bundle = require "lobule.recipe.tools.bundle"
local catalog = require "lobule.recipe.catalog"
local core = require "lobule.core"
local host = require "lobule.host"
local locate = require "lobule.recipe.locate"
local say = require "lobule.recipe.tools.say"
local signature = require "lobule.recipe.signature"
local words = require "lobule.recipe.tools.words"

local M = {}

local SPEC <const> = { usage = "lobule recipe install FILE.lua|FOLDER|FILE.zip [--replace]",
  least = 1, most = 1, options = { replace = "flag" } }

--- The files of a source by name; for a single file also the folder where its example is.
local function open_source(path)
  if path:find "^%a[%w+.-]*://" then
    core.raise("argument", "lobule makes no network connections",
      "Download the archive, then install the file.")
  end
  local kind = host.path_kind(path)
  if kind == "folder" then return bundle.from_folder(path) end
  local name = path:match "[^/]*$"
  local bytes = bundle.read(path, name)
  if bytes:sub(1, 2) == "PK" then return bundle.from_zip(bytes) end
  if not name:find "%.lua$" then
    core.raise("data", ("'%s' is no recipe and no archive"):format(name),
      "A recipe's file ends in .lua; an archive is a .zip.")
  end
  bundle.check_name(name)
  return { [name] = bytes }, path:match "^(.*)/[^/]*$" or "."
end

--- Gives the files beside a recipe: those of the source, or of the folder that one file came from.
local function taker(files, folder)
  return function(name)
    if not folder or files[name] then return files[name] end
    local path = folder .. "/" .. name
    return host.path_kind(path) and bundle.read(path, name)
  end
end

local function recipe_names(files)
  local list = {}
  for name in next, files do if name:find "%.lua$" then list[#list + 1] = name end end
  table.sort(list)
  if #list == 0 then core.raise("data", "there is no recipe (a file ending in .lua) in it") end
  return list
end

--- The files of a recipe that are to be installed. The signature must fit, if there is one and it
--- can be checked.
local function check_recipe(files, folder, name)
  local entry = { source = files[name], file = name, path = name, sha256 = core.sha256(files[name]),
    where = "file", stem = name:match "^(.*)%.lua$", take = taker(files, folder) }
  catalog.describe(entry)
  local names, own = bundle.collect(entry, entry.take)
  local text = own[name .. ".sig"]
  local ok, state = pcall(signature.check, entry, text, signature.default_signers())
  if not ok then
    if not text then error(state, 0) end
    state = { state = "unchecked", text = "its signature was not checked: " .. say.problem(state) }
  end
  if state.state == "broken" then
    core.raise("data", ("%s: %s"):format(name, state.text), "It is not installed.")
  end
  return { entry = entry, names = names, files = own, signed = state.text }
end

local function make_folders(path)
  local probe = path .. "/.lobule"
  local ok, why = host.append_private(probe, "")
  if not ok then core.raise("io", ("'%s' cannot be made: %s"):format(path, why)) end
  os.remove(probe)
end

--- What keeps a recipe from being installed over another; "same" when it is there already.
local function there_already(folder, recipe)
  local same = true
  for _, name in ipairs(recipe.names) do
    local kind = host.path_kind(folder .. "/" .. name)
    if kind ~= nil and kind ~= "file" then
      core.raise("data", ("'%s' in your folder of recipes is a %s"):format(name, kind))
    end
    if kind == nil or core.read_file(folder .. "/" .. name) ~= recipe.files[name] then
      same = false
    end
  end
  if same then return "same" end
  local old = folder .. "/" .. recipe.entry.file
  return host.path_kind(old) and old or nil
end

local function version_of(path)
  local entry = catalog.describe(catalog.find(path))
  return entry.declared and entry.declared.version or "unknown"
end

--- Puts files in place: all are written to temporary names first; then they are renamed, the recipe
--- last. What fails in between is undone.
local function place(folder, names, files)
  local placed, moved = {}, {}
  local function path_of(name) return folder .. "/" .. name end
  local function new_path(name) return ("%s/.new-%s"):format(folder, name) end
  local function old_path(name) return ("%s/.old-%s"):format(folder, name) end
  local ok, problem = pcall(function()
    for _, name in ipairs(names) do core.write_file(new_path(name), files[name]) end
    for i = #names, 1, -1 do
      local name = names[i]
      if host.path_kind(path_of(name)) then
        assert(os.rename(path_of(name), old_path(name)))
        moved[name] = true
      end
      assert(os.rename(new_path(name), path_of(name)))
      placed[name] = true
    end
  end)
  for _, name in ipairs(names) do
    if not ok and placed[name] then os.remove(path_of(name)) end
    if not ok and moved[name] then os.rename(old_path(name), path_of(name)) end
    os.remove(new_path(name))
    os.remove(old_path(name))
  end
  if not ok then
    core.raise("io", "the recipe could not be installed: " .. say.problem(problem))
  end
end

--- A signature and an example of an older version must not stay beside the new recipe.
local function remove_stale(folder, recipe)
  local keep = {}
  for _, name in ipairs(recipe.names) do keep[name] = true end
  local prefix = recipe.entry.declared.name .. "."
  for _, name in ipairs(host.folder(folder) or {}) do
    local rest = name:sub(1, #prefix) == prefix and name:sub(#prefix + 1) or ""
    if (rest == "lua.sig" or rest:find "^example%.") and not keep[name] then
      os.remove(folder .. "/" .. name)
    end
  end
end

local function install(folder, recipe, replace)
  local declared = recipe.entry.declared
  local there = there_already(folder, recipe)
  if there == "same" then
    return say.line("user/%s %s is there already", declared.name, declared.version)
  end
  if there and not replace then
    core.raise("data", ("user/%s is there already, not the same: version %s, this one %s")
      :format(declared.name, version_of(there), declared.version),
      "--replace puts this one in its place.")
  end
  place(folder, recipe.names, recipe.files)
  remove_stale(folder, recipe)
  say.line("user/%s %s installed (%s): %s", declared.name, declared.version, recipe.signed,
    table.concat(recipe.names, ", "))
  if host.source(("lobule/recipes/%s.lua"):format(declared.name)) then
    say.line("From now on '%s' means this one; the program's own is built-in/%s.", declared.name,
      declared.name)
  end
end

local function tell_others(files, recipes)
  local used, others = {}, {}
  for _, recipe in ipairs(recipes) do
    for _, name in ipairs(recipe.names) do used[name] = true end
  end
  for name in next, files do if not used[name] then others[#others + 1] = name end end
  table.sort(others)
  if #others > 0 then
    say.line("not installed, no part of a recipe: %s", table.concat(others, ", "))
  end
end

--- Installs.
---@param given string[]
---@return integer status
function M.run(given)
  local named, options = words.parse(given, SPEC)
  local files, beside = open_source((named[1]:gsub("(.)/+$", "%1")))
  local recipes = {}
  for i, name in ipairs(recipe_names(files)) do recipes[i] = check_recipe(files, beside, name) end
  local folder = locate.user_folder()
  if not folder then
    core.raise("io", "the environment names no home folder", "Set XDG_DATA_HOME.")
  end
  make_folders(folder)
  for _, recipe in ipairs(recipes) do install(folder, recipe, options.replace) end
  tell_others(files, recipes)
  return 0
end

return M
