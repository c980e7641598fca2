--- `lobule recipe verify RECIPE`: whether the signature fits the recipe and its example, and whose
--- it is.
local catalog = require "lobule.recipe.catalog"
local core = require "lobule.core"
local host = require "lobule.host"
local say = require "lobule.recipe.tools.say"
local signature = require "lobule.recipe.signature"
local words = require "lobule.recipe.tools.words"

local M = {}

local SPEC <const> = { usage = "lobule recipe verify RECIPE [--signers FILE]", least = 1, most = 1,
  options = { signers = "value" } }

--- Says whose signature it is.
---@param given string[]
---@return integer status           0: by an allowed signer; 1: unsigned, unknown, does not fit
function M.run(given)
  local named, options = words.parse(given, SPEC)
  local signers = options.signers or signature.default_signers()
  if options.signers and host.path_kind(options.signers) == nil then
    core.raise("io", ("no file '%s'"):format(options.signers))
  end
  local entry = catalog.describe(catalog.find(named[1]))
  if not entry.declared then core.raise("data", entry.problem) end
  local state = signature.check(entry, catalog.beside(entry, entry.file .. ".sig"), signers)
  say.line("%s %s: %s", entry.declared.name, entry.declared.version, state.text)
  if state.state == "unknown" then
    say.line("Allowed signers are read from %s: a line is  who@example.org %s ssh-ed25519 AAAA...",
      signers or "--signers FILE", "namespaces=\"lobule-recipe\"")
  end
  return state.state == "valid" and 0 or 1
end

return M
