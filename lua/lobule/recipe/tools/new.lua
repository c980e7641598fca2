--- `lobule recipe new NAME`: a recipe that works as written and explains itself, and its example.
local core = require "lobule.core"
local host = require "lobule.host"
local say = require "lobule.recipe.tools.say"
local template = require "lobule.recipe.tools.template"
local words = require "lobule.recipe.tools.words"

local M = {}

local SPEC <const> = { usage = "lobule recipe new NAME", least = 1, most = 1 }
local LONGEST <const> = 60

local function check_name(name)
  if #name > LONGEST or not name:find "^%l[%l%d-]*$" then
    core.raise("argument", "a recipe's name is lower-case letters, digits and -, at most "
      .. LONGEST, "For example: lobule recipe new compare-arms")
  end
end

--- Writes the two files.
---@param given string[]
---@return integer status
function M.run(given)
  local name = words.parse(given, SPEC)[1]
  check_name(name)
  local folder = host.path_kind "recipes" == "folder" and "recipes/" or ""
  local recipe, data = folder .. name .. ".lua", folder .. name .. ".example.csv"
  for _, path in ipairs { recipe, data } do
    if host.path_kind(path) then
      core.raise("argument", ("'%s' is there already"):format(path),
        "It is not overwritten: choose another name, or remove it first.")
    end
  end
  local filled = template.RECIPE:gsub("SHA256", core.sha256(template.DATA)):gsub("NAME", name)
  core.write_file(data, template.DATA)
  core.write_file(recipe, filled)
  say.line("%s and %s written. Next:", recipe, data)
  say.line("  lobule recipe test %s", folder == "" and "./" .. recipe or name)
  say.line "  then change it step by step: its comments say how."
  return 0
end

return M
