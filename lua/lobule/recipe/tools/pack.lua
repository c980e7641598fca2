--- `lobule recipe pack RECIPE`: the recipe, its example and its signature in one archive whose
--- bytes depend on nothing else.
local bundle = require "lobule.recipe.tools.bundle"
local catalog = require "lobule.recipe.catalog"
local core = require "lobule.core"
local host = require "lobule.host"
local say = require "lobule.recipe.tools.say"
local signature = require "lobule.recipe.signature"
local words = require "lobule.recipe.tools.words"

local M = {}

local SPEC <const> = { usage = "lobule recipe pack RECIPE [-o FILE.zip] [--replace]", least = 1,
  most = 1, options = { output = "value", replace = "flag" }, short = { o = "output" } }

--- Takes files from beside the recipe: plain files only.
local function taker(entry)
  return function(name)
    if not entry.folder then return catalog.beside(entry, name) end
    local path = entry.folder .. "/" .. name
    if host.path_kind(path) == nil then return nil end
    return bundle.read(path, name)
  end
end

local function check_signature(entry)
  local state = entry.declared and signature.state(entry)
  if state and state.state == "broken" then
    core.raise("data", ("%s: %s"):format(entry.file, state.text),
      "`lobule recipe sign` signs it as it is now; without its .sig it is packed unsigned.")
  end
end

--- Writes an archive; another file of the name stays.
local function write(path, bytes, replace)
  if host.path_kind(path) and not replace then
    local ok, found = pcall(core.read_file, path)
    if not ok or found ~= bytes then
      core.raise("argument", ("'%s' is there already, and is not the same"):format(path),
        "--replace writes over it; -o FILE.zip gives another name.")
    end
  end
  core.write_file(path, bytes)
end

--- Writes the archive.
---@param given string[]
---@return integer status
function M.run(given)
  local named, options = words.parse(given, SPEC)
  local entry = catalog.describe(catalog.find(named[1]))
  if entry.folder then bundle.read(entry.path, entry.file) end -- refuses a link
  local names, files = bundle.collect(entry, taker(entry))
  local texts = {}
  for i, name in ipairs(names) do texts[i] = files[name] end
  local path = options.output
    or ("%s-%s.zip"):format(entry.declared.name, entry.declared.version)
  check_signature(entry)
  write(path, core.zip(names, texts), options.replace)
  say.line("%s written: %s", path, table.concat(names, ", "))
  if not files[entry.file .. ".sig"] then
    say.line "It is unsigned: `lobule recipe sign` signs it with your SSH key."
  end
  return 0
end

return M
