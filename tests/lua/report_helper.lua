--- For the specs of tables and reports: the real lobule.core, or under stock Lua a stand-in for it.
local M = {}

if not package.path:find("lua/?/init.lua", 1, true) then
  package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
end

local Error = {}
Error.__index = Error
function Error:__tostring()
  return self.context ~= "" and self.message .. "\n  " .. self.context or self.message
end

local function encode(value, indent, at)
  local kind = type(value)
  if kind == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c)
      return c == "\n" and "\\n" or c == '"' and '\\"' or c == "\\" and "\\\\"
        or ("\\u%04x"):format(c:byte())
    end) .. '"'
  elseif kind ~= "table" then
    return math.type(value) == "float" and ("%.17g"):format(value) or tostring(value)
  end
  if tostring(value) == "NA" then return "null" end
  local meta, parts = getmetatable(value), {}
  local keys = meta and meta.__keys
  local inner = indent and "\n" .. (" "):rep(at + indent) or ""
  local is_list = not keys and (next(value) == nil or #value > 0)
  if not keys then
    keys = {}
    for key in pairs(value) do keys[#keys + 1] = key end
    if not is_list then table.sort(keys) end
  end
  for i = 1, is_list and #value or #keys do
    local text = encode(is_list and value[i] or value[keys[i]], indent, at + (indent or 0))
    parts[i] = inner .. (is_list and "" or encode(keys[i]) .. (indent and ": " or ":")) .. text
  end
  local close = #parts > 0 and indent and "\n" .. (" "):rep(at) or ""
  return (is_list and "[" or "{") .. table.concat(parts, ",") .. close .. (is_list and "]" or "}")
end

local function stand_in()
  local NA = setmetatable({}, { __tostring = function() return "NA" end })
  local core = { version = "0.0.0", NA = NA }
  function core.raise(code, message, context)
    error(setmetatable({ code = code, message = message, context = context or "" }, Error), 0)
  end
  function core.class(kind, methods)
    methods.__index = function(object, key)
      local value = methods[key]
      if value == nil and methods.__get then
        local known
        value, known = methods.__get(object, key)
        if known then return value end
      end
      if value ~= nil or type(key) ~= "string" then return value end
      core.raise("name", kind .. " has no method or field '" .. key .. "'")
    end
    return methods
  end
  function core.nearest(name, names)
    for _, one in ipairs(names) do
      if one:sub(1, 3) == name:sub(1, 3) then return one end
    end
  end
  function core.json_encode(value, indent) return encode(value, indent, 0) end
  function core.format_number(x) return ("%.14g"):format(x) end
  function core.text_width(text) return utf8.len(text) end
  function core.sha256(text)
    local h = 5381
    for i = 1, #text do h = (h * 33 + text:byte(i)) & 0xffffffff end
    return ("%064x"):format(h)
  end
  function core.read_file(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read "a"
    file:close()
    return text
  end
  function core.write_file(path, text)
    local file = io.open(path, "wb")
    if not file then core.raise("io", "cannot write " .. path) end
    file:write(text)
    file:close()
  end
  return core
end

if not pcall(require, "lobule.core") then package.preload["lobule.core"] = stand_in end

--- The error object that a call raises; fails when it raises none.
---@return table
function M.raised(f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok, "expected an error")
  assert(type(err) == "table" and err.message, "not an error object: " .. tostring(err))
  return err
end

local Figure = {}
Figure.__index = Figure
local SVG <const> = [[
<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="%gmm" height="60mm" viewBox="0 0 183 60" role="img"
  aria-labelledby="t d">
<title id="t">%s</title><desc id="d">Two curves.</desc>
<defs><clipPath id="c"><rect width="183" height="60"/></clipPath></defs>
<rect class="lb-paper lb-fill" width="183" height="60" fill="#ffffff"/>
<path class="lb-s1 lb-line" d="M10 10H90V30H170" fill="none" stroke="#0072B2" clip-path="url(#c)"/>
<path class="lb-s2 lb-line" d="M10 10H60V40H170" fill="none" stroke="#D55E00" clip-path="url(#c)"/>
<text class="lb-ink lb-fill" x="10" y="55" font-size="5" fill="#111111">id="not an id"</text>
</svg>
]]

function Figure:svg() return (SVG:format(self.mm, self.title)) end
function Figure:width() return self.mm end
function Figure.height() return 60 end
function Figure.data()
  return { { title = "Curves", columns = { { name = "group", values = { "A", "B" } },
    { name = "survival", values = { 0.5, 0 / 0 } } } } }
end

--- A figure that needs no figure module.
function M.figure(title, mm)
  return setmetatable({ title = title, desc = "Two curves.", mm = mm or 183 }, Figure)
end

local Column = {}
Column.__index = function(self, i) return Column[i] or self.values[i] end
function Column.type(self) return self.kind end
function Column.label(self) return rawget(self, "text") end
function Column.unit(self) return rawget(self, "of") end

--- A frame that needs no core: columns are { name, type, values, label, unit }, n rows.
function M.frame(n, columns)
  local by_name, names = {}, {}
  for i, c in ipairs(columns) do
    names[i] = c[1]
    by_name[c[1]] = setmetatable({ kind = c[2], values = c[3], text = c[4], of = c[5] }, Column)
  end
  local frame = {}
  function frame.names() return names end
  function frame.column(_, name) return by_name[name] end
  return setmetatable(frame, { __len = function() return n end })
end

--- The whole text of a file, nil when there is none.
function M.read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

--- A path that no file has yet, removed with all that `save` wrote beside it by `clean`.
function M.path()
  local path = os.tmpname()
  os.remove(path)
  return path
end

--- Removes files.
function M.clean(...)
  for _, path in ipairs { ... } do os.remove(path) end
end

return M
