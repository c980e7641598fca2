--- What groups are called in tables and keys: "SIRT", but "recurred = true" where the level alone
--- says nothing.

local SAYS_NOTHING <const> = { ["true"] = true, ["false"] = true, yes = true, no = true }

local function split(text)
  local parts = {}
  for part in (text .. ", "):gmatch "(.-), " do parts[#parts + 1] = part end
  return parts
end

--- The variables and levels of a group; nil when a name or level has a comma of its own.
local function parts_of(name, label)
  local full, levels = split(name), split(label)
  if name == "" or #full ~= #levels then return nil end
  local variables = {}
  for j, part in ipairs(full) do
    local level = levels[j]
    if part:sub(-#level - 1) ~= "=" .. level then return nil end
    variables[j] = part:sub(1, -#level - 2)
  end
  return variables, levels
end

--- Writes the variable before the levels of variables all of whose levels are numbers, or true,
--- false, yes and no.
---@param groups { name: string[], label: string[] }  name "recurred=true", label "true"
return function(groups)
  local all, silent = {}, {}
  for g, name in ipairs(groups.name) do
    local variables, levels = parts_of(name, groups.label[g])
    if not variables then return end
    all[g] = { variables, levels }
    for j, level in ipairs(levels) do
      local nothing = SAYS_NOTHING[level:lower()] or tonumber(level) ~= nil
      silent[j] = silent[j] ~= false and nothing
    end
  end
  for g, one in ipairs(all) do
    local variables, levels = one[1], one[2]
    for j in ipairs(levels) do
      if silent[j] then levels[j] = variables[j] .. " = " .. levels[j] end
    end
    groups.label[g] = table.concat(levels, ", ")
  end
end
