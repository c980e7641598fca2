--- Values as bytes between a recipe's process and its parent: nil, NA, booleans, numbers to the
--- last bit, texts, tables. Nothing else passes; what comes from the child is never run, and what
--- it claims is bounded before it costs anything.
local clean = require "lobule.clean"
local core = require "lobule.core"

local M = {}

--- What one message may hold: a table costs its reader ten times the bytes that it takes here.
M.MOST_VALUES = 4000000
M.MOST_TABLES = 400000
local MOST_DEPTH <const> = 64
local MOST_PLACES <const> = 10000 -- whole numbers as keys outside of a list: chosen, they collide
local RANK <const> = { number = 1, string = 2 }

local function before(a, b)
  local x, y = RANK[type(a)], RANK[type(b)]
  if x ~= y then return x < y end
  return a < b
end

local function cannot(what)
  core.raise("argument", what .. " cannot be passed on")
end

local encode

--- The keys beyond the list, sorted: the same table gives the same bytes.
local function keys_of(t, n)
  local keys = {}
  for key in next, t do
    local whole = math.type(key) == "integer"
    if not (whole and key >= 1 and key <= n) then
      if not whole and type(key) ~= "string" then cannot("a table with a key that is no text") end
      keys[#keys + 1] = key
    end
  end
  table.sort(keys, before)
  return keys
end

--- The keys in the order that an object's JSON has; nil for other tables.
local function ordered_keys(t)
  local meta = getmetatable(t)
  local given = type(meta) == "table" and rawget(meta, "__keys")
  if type(given) ~= "table" then return nil end
  local keys, seen = {}, {}
  for i = 1, rawlen(given) do
    local key = rawget(given, i)
    if type(key) == "string" and not seen[key] and rawget(t, key) ~= nil then
      seen[key] = true
      keys[#keys + 1] = key
    end
  end
  return keys
end

-- Metatables are passed over: what a table seems to hold may have no end.
local function encode_table(t, out, depth)
  out.tables = out.tables + 1
  if depth > MOST_DEPTH then cannot("a table nested deeper than " .. MOST_DEPTH) end
  if out.tables > M.MOST_TABLES then cannot(("more than %d tables"):format(M.MOST_TABLES)) end
  local ordered = ordered_keys(t)
  local n = ordered and 0 or rawlen(t)
  local keys = ordered or keys_of(t, n)
  out[#out + 1] = string.pack("<c1 I4 I4", ordered and "o" or "{", n, #keys)
  for i = 1, n do encode(rawget(t, i), out, depth + 1) end
  for _, key in ipairs(keys) do
    encode(key, out, depth + 1)
    encode(rawget(t, key), out, depth + 1)
  end
end

local WRITE <const> = {
  ["nil"] = function(_, out) out[#out + 1] = "n" end,
  boolean = function(value, out) out[#out + 1] = value and "t" or "f" end,
  number = function(value, out)
    local whole = math.type(value) == "integer"
    out[#out + 1] = string.pack(whole and "<c1 i8" or "<c1 d", whole and "i" or "d", value)
  end,
  string = function(value, out) out[#out + 1] = string.pack("<c1 s4", "s", value) end,
  table = encode_table,
}

function encode(value, out, depth)
  out.values = out.values + 1
  if out.values > M.MOST_VALUES then cannot(("more than %d values"):format(M.MOST_VALUES)) end
  if rawequal(value, core.NA) then
    out[#out + 1] = "N"
    return
  end
  local write = WRITE[type(value)]
  if not write then cannot("a " .. type(value)) end
  write(value, out, depth)
end

--- The bytes of a value.
---@param value any                 no functions, no objects but core.NA
---@return string bytes
---@raise what cannot be passed on; more values than one message may hold
function M.encode(value)
  local out = { values = 0, tables = 0 }
  encode(value, out, 1)
  return table.concat(out)
end

local decode

local function decode_key(bytes, at, from)
  local key
  key, at = decode(bytes, at, MOST_DEPTH, from)
  if math.type(key) == "integer" then
    from.places = from.places + 1
    if from.places > MOST_PLACES then error("too many numbered keys", 0) end
  elseif type(key) ~= "string" then
    error("a key that is none", 0)
  end
  return key, at
end

-- The counts are not believed: every value takes a byte that has to be there.
local function decode_table(bytes, at, depth, from)
  from.tables = from.tables + 1
  if depth > MOST_DEPTH or from.tables > M.MOST_TABLES then error("too many tables", 0) end
  local t, order = {}, bytes:sub(at - 1, at - 1) == "o" and {} or nil
  local n, n_keys
  n, n_keys, at = string.unpack("<I4 I4", bytes, at)
  if n + 2 * n_keys > #bytes - at + 1 then error("a count beyond the end", 0) end
  for i = 1, n do t[i], at = decode(bytes, at, depth + 1, from) end
  for i = 1, n_keys do
    local key
    key, at = decode_key(bytes, at, from)
    t[key], at = decode(bytes, at, depth + 1, from)
    if order then order[i] = key end
  end
  return order and setmetatable(t, { __keys = order }) or t, at
end

local READ <const> = {
  n = function(_, at) return nil, at end,
  N = function(_, at) return core.NA, at end,
  t = function(_, at) return true, at end,
  f = function(_, at) return false, at end,
  i = function(bytes, at) return string.unpack("<i8", bytes, at) end,
  d = function(bytes, at) return string.unpack("<d", bytes, at) end,
  s = function(bytes, at, _, from)
    local text
    text, at = string.unpack("<s4", bytes, at)
    return from.clean and clean.text(text) or text, at
  end,
  ["{"] = decode_table, o = decode_table,
}

function decode(bytes, at, depth, from)
  local read = READ[bytes:sub(at, at)]
  if not read then error("an unknown letter", 0) end
  from.values = from.values + 1
  if from.values > M.MOST_VALUES then error("too many values", 0) end
  return read(bytes, at + 1, depth, from)
end

--- The value of bytes from the other process.
---@param bytes string
---@param cleaned? boolean          texts without control characters and in UTF-8 (false)
---@return any value
---@raise bytes that no encode() has made
function M.decode(bytes, cleaned)
  local from = { values = 0, tables = 0, places = 0, clean = cleaned }
  local ok, value, at = pcall(decode, bytes, 1, 1, from)
  if not ok or at ~= #bytes + 1 then
    core.raise("data", "a message of the recipe's process cannot be read")
  end
  return value
end

--- A frame as bytes, exact to the last bit.
---@param frame lobule.Frame
---@return string
function M.pack_frame(frame)
  return core.pack_frame(frame)
end

--- The frame of pack_frame.
---@param packed string
---@param source string             its name in messages
---@return lobule.Frame
---@raise bytes that no frame has made
function M.unpack_frame(packed, source)
  return core.unpack_frame(packed, source)
end

--- A table of display texts as plain data.
---@param shown lobule.Table
---@return table
function M.pack_table(shown)
  local columns, rows = {}, {}
  for c, column in ipairs(shown.columns) do
    columns[c] = { label = column.label, align = column.align, group = column.group,
      unit = column.unit, decimal = column.decimal }
  end
  for i, row in ipairs(shown.rows) do
    rows[i] = table.move(row, 1, #columns, 1, { kind = row.kind, indent = row.indent })
  end
  return { caption = shown.caption, columns = columns, rows = rows, notes = shown.notes,
    wrap = shown.wrap }
end

return M
