--- `lobule recipe sign RECIPE --key FILE`: a signature beside the recipe, made by ssh-keygen.
local catalog = require "lobule.recipe.catalog"
local core = require "lobule.core"
local say = require "lobule.recipe.tools.say"
local signature = require "lobule.recipe.signature"
local words = require "lobule.recipe.tools.words"

local M = {}

local SPEC <const> = { usage = "lobule recipe sign RECIPE --key FILE", least = 1, most = 1,
  options = { key = "value" }, short = { f = "key" } }

--- Writes NAME.lua.sig.
---@param given string[]
---@return integer status
function M.run(given)
  local named, options = words.parse(given, SPEC)
  if not options.key then
    core.raise("argument", "sign needs a key: --key FILE",
      "An SSH key serves, as ~/.ssh/id_ed25519; ssh-keygen -t ed25519 makes one.")
  end
  local entry = catalog.describe(catalog.find(named[1]))
  if not entry.declared then core.raise("data", entry.problem) end
  if not entry.folder then
    core.raise("argument", "a built-in recipe is signed with the program that carries it")
  end
  local path = ("%s/%s.sig"):format(entry.folder, entry.file)
  core.write_file(path, signature.sign(entry, options.key))
  say.line("%s.sig written", entry.path)
  return 0
end

return M
