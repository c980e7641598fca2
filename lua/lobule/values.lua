--- Plain Lua values in words: a table by what is in it, bounded in depth, length and width, a
--- function by where it stands. Never an address, which says nothing and differs from run to run.
local M = {}

local DEPTH <const> = 3       -- tables within tables
local MOST <const> = { [0] = 20, 8, 4 } -- fields of a table at each depth
local MOST_TEXT <const> = 60  -- characters of a text inside a table
local WIDTH <const> = 80

local function counted(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

--- At most so many characters of a text, a mark where it is cut.
local function cut(text, most)
  local n = utf8.len(text)
  if not n then return #text <= most and text or text:sub(1, most - 3) .. "..." end
  return n <= most and text or text:sub(1, utf8.offset(text, most - 2) - 1) .. "..."
end

local ESCAPES <const> = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ["\\"] = "\\\\",
  ['"'] = '\\"' }

local function quoted(text)
  return '"' .. cut(text, MOST_TEXT):gsub('[%c\\"]', function(c)
    return ESCAPES[c] or ("\\%d"):format(c:byte())
  end) .. '"'
end

local function function_text(value)
  local where = debug.getinfo(value, "S")
  if where.what == "C" or where.source:find "^@lobule/" then return "a function of the program" end
  return ("a function of %s:%d"):format(where.short_src, where.linedefined)
end

local SCALARS <const> = { string = quoted, ["function"] = function_text,
  thread = function(value) return "a coroutine, " .. coroutine.status(value) end }

local function class_of(value)
  local meta = debug.getmetatable(value)
  local name = type(meta) == "table" and rawget(meta, "__name")
  return type(name) == "string" and name or nil
end

-- Objects whose own text is a few words.
local SHORT <const> = { ["lobule.Quantity"] = true, ["lobule.Missing"] = true,
  ["lobule.NA"] = true }

--- What an object says of itself, in one line; nil for a table without a voice.
local function object_text(value)
  local class = class_of(value)
  if class == "FILE*" then return io.type(value) == "file" and "an open file" or "a closed file" end
  local name = class and class:match "^lobule%.(%w+)$"
  local sized = name == "Frame" or name == "Column"
  if sized then return ("%s, %s"):format(name:lower(), counted(#value, "row")) end
  if name and not SHORT[class] then return name:lower() end
  local meta = debug.getmetatable(value)
  if type(meta) == "table" and rawget(meta, "__tostring") ~= nil then
    local ok, text = pcall(tostring, value)
    if ok and not text:find "0x%x%x%x%x" then return cut(text:match "^[^\n]*", MOST_TEXT) end
  end
  if type(value) == "userdata" then return class and "a " .. class or "an object of C" end
end

local function key_rank(key)
  local kind = type(key)
  return kind == "number" and 1 or kind == "string" and 2 or kind == "boolean" and 3 or 4
end

local function before(a, b)
  local i, k = key_rank(a), key_rank(b)
  if i ~= k then return i < k end
  if i <= 2 then return a < b end
  return tostring(a) < tostring(b)
end

local RESERVED <const> = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
  return then true until while]]):gmatch "%a+" do
  RESERVED[word] = true
end

local render

local function key_text(key)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" and not RESERVED[key] then return key end
  return "[" .. (type(key) == "table" and "a table" or render(key, 0, {}, math.huge, DEPTH)) .. "]"
end

--- The fields of a table as texts, list items first; and how many are left out.
local function field_texts(value, indent, above, width, depth)
  local keys, texts, length, most = {}, {}, 0, MOST[depth]
  while rawget(value, length + 1) ~= nil do length = length + 1 end
  for key in next, value do
    local item = math.type(key) == "integer" and key >= 1 and key <= length
    if not item then keys[#keys + 1] = key end
  end
  table.sort(keys, before)
  local shown = math.min(length, most)
  for i = 1, shown do
    texts[i] = render(value[i], indent + 2, above, width, depth + 1)
  end
  if length > shown then texts[shown + 1] = ("... %d more"):format(length - shown) end
  for i = 1, math.min(#keys, most) do
    local name = key_text(keys[i]) .. " = "
    texts[#texts + 1] = name
      .. render(rawget(value, keys[i]), indent + 2, above, width - #name, depth + 1)
  end
  if #keys > most then
    texts[#texts + 1] = ("... %d more named"):format(#keys - most)
  end
  return texts
end

local function size_of(value)
  local n = 0
  for _ in next, value do n = n + 1 end
  return n
end

--- Short pieces beside each other, as many as a line holds.
local function filled(texts, indent, width)
  local lines, line = {}, ""
  for i, text in ipairs(texts) do
    local piece = i < #texts and text .. "," or text
    if line ~= "" and #line + #piece + 1 + indent > width then
      lines[#lines + 1] = line
      line = ""
    end
    line = line == "" and piece or line .. " " .. piece
  end
  lines[#lines + 1] = line
  return lines
end

local function table_text(value, indent, above, width, depth)
  if above[value] then return "(this table again)" end
  if next(value) == nil then return "{}" end
  if depth >= DEPTH then return ("{ %s }"):format(counted(size_of(value), "field")) end
  above[value] = true
  local texts = field_texts(value, indent, above, width, depth)
  above[value] = nil
  local inner = table.concat(texts, ", ")
  local line = "{ " .. inner .. " }"
  if not line:find "\n" and (utf8.len(line) or #line) + indent <= width then return line end
  local lead = "\n" .. (" "):rep(indent + 2)
  local plain = not inner:find "[\n{=]"
  local lines = plain and filled(texts, indent + 2, width) or texts
  return "{" .. lead .. table.concat(lines, (plain and "" or ",") .. lead)
    .. "\n" .. (" "):rep(indent) .. "}"
end

--- A value at a depth of tables; `above` holds the tables around it.
function render(value, indent, above, width, depth)
  local scalar = SCALARS[type(value)]
  if scalar then return scalar(value) end
  if type(value) ~= "table" and type(value) ~= "userdata" then return tostring(value) end
  return object_text(value) or table_text(value, indent, above, width, depth)
end

--- Whether a value would be shown by its address: a table, function, coroutine or object that does
--- not say what it is.
---@param value any
---@return boolean
function M.is_plain(value)
  local kind = type(value)
  if kind == "function" or kind == "thread" then return true end
  if kind ~= "table" and kind ~= "userdata" then return false end
  local meta = debug.getmetatable(value)
  return type(meta) ~= "table" or rawget(meta, "__tostring") == nil
    or rawget(meta, "__name") == "FILE*"
end

--- A value in words. A text at the top stands as it is.
---@param value any
---@param width? integer            of the terminal, 80
---@return string
function M.text(value, width)
  if not M.is_plain(value) then return tostring(value) end
  width = width or WIDTH
  local text = render(value, 0, {}, width, 0)
  return (text:gsub("[^\n]+", function(line) return cut(line, width) end))
end

--- What was raised, in words, where it is no message.
---@param value any
---@return string
function M.raised(value)
  if value == nil then return "the error is nil: error() was called without a message" end
  if type(value) == "table" then return "the error is a table: " .. M.text(value) end
  if type(value) == "boolean" or type(value) == "number" then
    return ("the error is the %s %s"):format(type(value), value)
  end
  return "the error is " .. M.text(value)
end

return M
