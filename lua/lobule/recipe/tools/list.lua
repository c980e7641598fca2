--- `lobule recipe list [word]`: every recipe, what it needs, who signed it, whether its example
--- passed.
local catalog = require "lobule.recipe.catalog"
local core = require "lobule.core"
local say = require "lobule.recipe.tools.say"
local signature = require "lobule.recipe.signature"
local tested = require "lobule.recipe.tools.tested"
local words = require "lobule.recipe.tools.words"

local M = {}

local SPEC <const> = { usage = "lobule recipe list [word]", least = 0, most = 1 }

local function matches(entry, word)
  if not word then return true end
  word = word:lower()
  local declared = entry.declared
  local texts = { entry.stem }
  if declared then
    texts[2], texts[3] = declared.title, declared.description
    table.move(declared.keywords, 1, #declared.keywords, #texts + 1, texts)
  end
  for _, text in ipairs(texts) do
    if text:lower():find(word, 1, true) then return true end
  end
  return false
end

--- Roles of the columns, those needed and those that may be missing.
---@param declared lobule.recipe.Declaration
---@return string[] needed
---@return string[] optional
local function roles(declared)
  local needed, optional, seen = {}, {}, {}
  for _, input in ipairs(declared.inputs) do
    for _, column in ipairs(input.columns) do
      local list = (column.optional or input.optional) and optional or needed
      local text = column.many and column.role .. "s" or column.role
      if not seen[text] then list[#list + 1], seen[text] = text, true end
    end
  end
  return needed, optional
end

local function show(entry)
  local declared = entry.declared
  if not declared or entry.problem then
    say.line("%s/%s", entry.where, entry.stem)
    say.wrapped("cannot be used: " .. (entry.problem or "it does not load"), 2)
    return
  end
  say.line("%s/%s  %s", entry.where, entry.stem, declared.title)
  local needed, optional = roles(declared)
  say.wrapped("needs " .. table.concat(needed, ", ") .. (#optional > 0 and "; takes "
    .. table.concat(optional, ", ") or ""), 4, "  ")
  say.wrapped(("version %s, %s, %s"):format(declared.version, signature.state(entry).text,
    tested.text(entry)), 4, "  ")
end

--- Prints the list.
---@param given string[]
---@return integer status
function M.run(given)
  local word = words.parse(given, SPEC)[1]
  local all, n, titles = catalog.all(), 0, {}
  for _, entry in ipairs(all) do
    titles[#titles + 1] = entry.stem
    if matches(entry, word) then
      show(entry)
      n = n + 1
    end
  end
  if n > 0 then return 0 end
  if not word then
    say.line "There are no recipes yet: `lobule recipe new NAME` makes one."
    return 0
  end
  local near = core.nearest(word, titles)
  say.line("No recipe is about '%s'%s.", word,
    near and (" (did you mean '%s'?)"):format(near) or "")
  return 1
end

return M
