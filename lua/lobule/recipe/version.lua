--- Whether this program is one that a recipe was written for: lobule = ">= 1.0, < 2".
local core = require "lobule.core"

local M = {}

local function numbers(text)
  local list = {}
  for part in text:gmatch "%d+" do list[#list + 1] = math.tointeger(tonumber(part)) end
  return list
end

--- -1, 0 or 1 as version a is below, equal to or above b; parts that are missing count as 0.
local function compare(a, b)
  local x, y = numbers(a), numbers(b)
  for i = 1, math.max(#x, #y) do
    local p, q = x[i] or 0, y[i] or 0
    if p ~= q then return p < q and -1 or 1 end
  end
  return 0
end

local HOLDS <const> = {
  [">="] = function(sign) return sign >= 0 end, [">"] = function(sign) return sign > 0 end,
  ["<="] = function(sign) return sign <= 0 end, ["<"] = function(sign) return sign < 0 end,
  ["=="] = function(sign) return sign == 0 end,
}

--- Raises unless this version fits what the recipe asks for.
---@param declared lobule.recipe.Declaration
function M.check(declared)
  for condition in (declared.lobule or ""):gmatch "[^,]+" do
    local operator, wanted = condition:match "^%s*([<>=]+)%s*([%d.]+)%s*$"
    if not operator or not HOLDS[operator] then
      core.raise("argument", ("recipe '%s': lobule = \"%s\" is no condition"):format(declared.name,
        declared.lobule), "Write lobule = \">= 1.0, < 2\".")
    end
    if not HOLDS[operator](compare(core.version, wanted)) then
      core.raise("argument", ("recipe '%s' %s needs Lobule %s; this is %s"):format(declared.name,
        declared.version, declared.lobule, core.version))
    end
  end
end

return M
