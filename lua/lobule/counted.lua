--- Counts that a verb returns beside its frame: fields by name, and text when printed.
local M = {}

local Counted = { __name = "lobule.Counted" }

function Counted:__tostring()
  local names = {}
  for name in next, self do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do names[i] = ("%s %d"):format(name, self[name]) end
  return table.concat(names, ", ")
end

--- The same table, printable.
---@param counts table<string, integer>
---@return table<string, integer>
function M.of(counts)
  return setmetatable(counts, Counted)
end

return M
