--- A field or method of anything, nil where there is none: classes raise for an unknown name.
---@param object any
---@param name string
---@return any
return function(object, name)
  local ok, value = pcall(function() return object[name] end)
  return ok and value or nil
end
