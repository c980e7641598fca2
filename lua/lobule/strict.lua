--- Strict globals for stock Lua: after `require "lobule.strict"` reading an undefined global
--- raises. Scripts that run in
--- the lobule program have this already, in their own environment.
local meta = getmetatable(_G) or {}

if not meta.__lobule_strict then
  meta.__lobule_strict = true
  local before = meta.__index
  meta.__index = function(t, name)
    local value
    if type(before) == "function" then value = before(t,
      name) elseif before then value = before[name] end
    if value == nil then error(("undefined name '%s'"):format(tostring(name)), 2) end
    return value
  end
  setmetatable(_G, meta)
end

return true
