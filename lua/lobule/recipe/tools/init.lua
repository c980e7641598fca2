--- `lobule recipe ...`: finding recipes, making one, testing it, handing it on.
local core = require "lobule.core"
local process = require "lobule.recipe.process"
local say = require "lobule.recipe.tools.say"

local M = {}

M.EXIT_OK, M.EXIT_FAILED, M.EXIT_USAGE, M.EXIT_LIMIT = 0, 1, 2, 3

local COMMANDS <const> = {
  { "list", "[word]", "recipes that there are, or those about a word" },
  { "show", "RECIPE", "what a recipe needs and gives, its hash and signature" },
  { "suggest", "FILE", "recipes that a data file's columns can feed" },
  { "new", "NAME", "a recipe to begin with, and its example" },
  { "test", "RECIPE", "run the example, compare, and try what data may bring" },
  { "pack", "RECIPE", "recipe, example and signature in one .zip" },
  { "install", "FILE", "a recipe, folder or .zip into your own folder" },
  { "sign", "RECIPE", "with an SSH key: --key FILE" },
  { "verify", "RECIPE", "whose signature it is, and whether it fits" },
}

local function usage()
  local lines = { "usage: lobule recipe COMMAND ..." }
  for _, one in ipairs(COMMANDS) do
    lines[#lines + 1] = ("  %-18s %s"):format(one[1] .. " " .. one[2], one[3])
  end
  lines[#lines + 1] = "RECIPE is a name, source/name (project, user, built-in), or a path."
  return table.concat(lines, "\n")
end

local function command(word)
  local names = {}
  for i, one in ipairs(COMMANDS) do
    names[i] = one[1]
    if one[1] == word then return require("lobule.recipe.tools." .. word).run end
  end
  local near = core.nearest(word, names)
  core.raise("argument", ("'%s' is no command of lobule recipe%s"):format(word,
    near and (" (did you mean '%s'?)"):format(near) or ""), "Commands are: "
    .. table.concat(names, ", ") .. ".")
end

-- What the words or the data are to blame for, and not a run that failed.
local BAD_INPUT <const> = { argument = true, name = true, data = true, io = true, parse = true,
  type = true }

local function status_of(problem)
  if problem.context == process.LIMIT then return M.EXIT_LIMIT end
  return BAD_INPUT[problem.code] and M.EXIT_USAGE or M.EXIT_FAILED
end

--- Runs a command of `lobule recipe`.
---@param words string[]            after "recipe"
---@return integer status           0 done, 1 failed, 2 bad arguments or data, 3 limits
function M.run(words)
  local word = words[1]
  if word == nil or word == "help" or word == "--help" or word == "-h" then
    print(usage())
    return word and M.EXIT_OK or M.EXIT_USAGE
  end
  local ok, status = pcall(function()
    return command(word)(table.move(words, 2, #words, 1, {}))
  end)
  if ok then return status end
  if type(status) == "string" or status.code == "interrupted" then error(status, 0) end
  io.stdout:flush()
  local limit = status.context == process.LIMIT and status.message
  io.stderr:write(("lobule recipe %s: %s\n"):format(word, say.plain(limit or tostring(status))))
  return status_of(status)
end

return M
