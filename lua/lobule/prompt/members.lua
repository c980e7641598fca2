--- The members of live objects, and of what documented functions return.
local docs = require "lobule.docs"

local function sorted(list)
  table.sort(list, function(a, b) return a.text < b.text end)
  return list
end

local function help_of(name)
  for _, entry in ipairs(docs.entries()) do
    if entry.name == name then return entry.doc[1] end
  end
end

local INTERNAL <const> = { report_blocks = true, record = true, boxes = true, styled = true }

--- Methods of a class: what its metatable really holds, or, without an object, what is documented.
local function methods(thing)
  local list, prefix = {}, thing.class .. ":"
  local meta = thing.value ~= nil and getmetatable(thing.value)
  if type(meta) == "table" and thing.class ~= "string" then
    for name, value in next, rawget(meta, "__methods") or meta do
      if type(name) == "string" and type(value) == "function" and not name:find "^__"
        and not INTERNAL[name] then
        list[#list + 1] = { text = name, kind = "method", help = help_of(prefix .. name) }
      end
    end
  else
    for _, entry in ipairs(docs.entries()) do
      local name = entry.name:sub(1, #prefix) == prefix and entry.name:sub(#prefix + 1)
      if name and not INTERNAL[name] then
        list[#list + 1] = { text = name, kind = "method", help = entry.doc[1] }
      end
    end
  end
  return list
end

local MOST_FIELDS <const> = 2000

local function fields(thing, sign)
  local list = {}
  for name, value in next, type(thing.value) == "table" and thing.value or {} do
    if #list >= MOST_FIELDS then break end
    local callable = type(value) == "function"
    if type(name) == "string" and name:find "^[%a_][%w_]*$" and (sign == "." or callable) then
      list[#list + 1] = { text = name, kind = callable and "function" or "field",
        help = thing.path and help_of(thing.path .. "." .. name) }
    end
  end
  if thing.path == "lb" and sign == "." then
    for _, name in ipairs { "survival", "categorical", "figure", "meta" } do
      list[#list + 1] = { text = name, kind = "field" }
    end
  end
  return list
end

--- Fields and methods of a thing, sorted.
---@param thing lobule.prompt.Thing?
---@param sign "."|":"
---@return lobule.prompt.Candidate[]
local function members(thing, sign)
  if not thing then return {} end
  local list = {}
  if thing.class and sign == ":" then list = methods(thing) end
  if thing.class == "string" then
    for name in next, string do list[#list + 1] = { text = name, kind = "method" } end
  elseif not thing.class or thing.class == "lobule" then
    table.move(fields(thing, sign), 1, #fields(thing, sign), #list + 1, list)
  end
  return sorted(list)
end

return members
