--- Columns chosen by name, by pattern and by what is left out.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

--- "bili_*" as a Lua pattern.
local function pattern_of(text)
  return "^" .. text:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*", ".*") .. "$"
end

--- The columns of a pattern, in the frame's order.
local function matching(frame, text)
  local list, pattern = {}, pattern_of(text)
  for _, name in ipairs(frame:names()) do
    if name:find(pattern) then list[#list + 1] = name end
  end
  if #list == 0 then
    core.raise("name", ("no column matches '%s'"):format(text),
      "In a pattern * stands for any text: \"bili_*\", \"*_date\".")
  end
  return list
end

--- One item as names: itself, or what it matches; and whether it is taken away.
local function item_names(frame, item)
  if frame:has(item) then return { item }, false, true end
  local minus = item:sub(1, 1) == "-"
  local text = minus and item:sub(2) or item
  if not frame:has(text) and text:find("*", 1, true) then
    return matching(frame, text), minus, false
  end
  return { check.column(frame, text) }, minus, not minus
end

--- Names of columns from a list of names, patterns with * and, each after a minus, what is left
--- out. A list that begins with a minus begins with all columns; a pattern takes no column twice.
---@param frame lobule.Frame
---@param list string|string[]
---@param what string               the argument's name
---@return string[]
---@raise an unknown column, a pattern without a match
function M.columns(frame, list, what)
  local chosen, has = {}, {}
  local items <const> = check.texts(list, what)
  local function add(name)
    chosen[#chosen + 1], has[name] = name, true
  end
  for i, item in ipairs(items) do
    local names, minus, exact = item_names(frame, item)
    if minus and i == 1 then
      for _, name in ipairs(frame:names()) do add(name) end
    end
    for _, name in ipairs(names) do
      if minus and has[name] then
        has[name] = nil
        for k = #chosen, 1, -1 do
          if chosen[k] == name then table.remove(chosen, k) end
        end
      elseif not minus and (exact or not has[name]) then
        add(name)
      end
    end
  end
  return chosen
end

return M
