--- After an entry that failed the session's variables are what they were before it: the script that
--- .save writes holds only entries that worked, and has to give the same.
local colour = require "lobule.colour"

local M = {}

--- The variables of a session.
---@param env table
---@return table
function M.remember(env)
  local before = {}
  for name, value in next, env do before[name] = value end
  return before
end

--- What the program itself puts there when it is first read.
local OFFERED <const> = { lb = true, help = true, example = true }

--- Names whose values an entry has changed, sorted.
local function changed(env, before)
  local names = {}
  for name, value in next, env do
    if not rawequal(value, before[name]) and not OFFERED[name] then names[#names + 1] = name end
  end
  for name in next, before do
    if rawget(env, name) == nil then names[#names + 1] = name end
  end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  return names
end

--- Puts the variables back, and says which.
---@param env table
---@param before table              what remember gave
function M.restore(env, before)
  local names, shown = changed(env, before), {}
  for i, name in ipairs(names) do
    rawset(env, name, before[name])
    shown[i] = tostring(name)
  end
  if #names == 0 then return end
  local text = ("(as before this entry: %s)"):format(table.concat(shown, ", "))
  io.stderr:write(colour.of "errors".paint("dim", text), "\n")
end

return M
