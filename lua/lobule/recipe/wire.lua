--- Values as bytes between a recipe's process and its parent: nil, NA, booleans, numbers to the
--- last bit, texts, tables. Nothing else passes; what comes from the child is never run.
local core = require "lobule.core"

local M = {}

local MOST_DEPTH <const> = 64
local RANK <const> = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local x, y = RANK[type(a)], RANK[type(b)]
  if x ~= y then return x < y end
  if x == 3 then return not a and b end
  return a < b
end

local encode

--- The keys beyond the list, sorted: the same table gives the same bytes.
local function keys_of(t, n)
  local keys = {}
  for key in next, t do
    local in_list = math.type(key) == "integer" and key >= 1 and key <= n
    if not in_list and RANK[type(key)] then keys[#keys + 1] = key end
  end
  table.sort(keys, before)
  return keys
end

local function encode_table(t, out, depth)
  if depth > MOST_DEPTH then
    core.raise("argument", "a table nested deeper than " .. MOST_DEPTH .. " cannot be passed on")
  end
  local n = #t
  local keys = keys_of(t, n)
  out[#out + 1] = string.pack("<c1 I4 I4", "{", n, #keys)
  for i = 1, n do encode(t[i], out, depth + 1) end
  for _, key in ipairs(keys) do
    encode(key, out, depth + 1)
    encode(t[key], out, depth + 1)
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
  if value == core.NA then
    out[#out + 1] = "N"
    return
  end
  local write = WRITE[type(value)]
  if not write then
    core.raise("argument", ("a %s cannot be passed on"):format(type(value)))
  end
  write(value, out, depth)
end

--- The bytes of a value.
---@param value any                 no functions, no objects but core.NA
---@return string bytes
---@raise what cannot be passed on
function M.encode(value)
  local out = {}
  encode(value, out, 1)
  return table.concat(out)
end

local decode

local function decode_table(bytes, at, depth)
  if depth > MOST_DEPTH then error("nested too deep", 0) end
  local t = {}
  local n, n_keys
  n, n_keys, at = string.unpack("<I4 I4", bytes, at)
  for i = 1, n do t[i], at = decode(bytes, at, depth + 1) end
  for _ = 1, n_keys do
    local key, value
    key, at = decode(bytes, at, depth + 1)
    value, at = decode(bytes, at, depth + 1)
    if key == nil or key ~= key then error("a key that is none", 0) end
    t[key] = value
  end
  return t, at
end

local READ <const> = {
  n = function(_, at) return nil, at end,
  N = function(_, at) return core.NA, at end,
  t = function(_, at) return true, at end,
  f = function(_, at) return false, at end,
  i = function(bytes, at) return string.unpack("<i8", bytes, at) end,
  d = function(bytes, at) return string.unpack("<d", bytes, at) end,
  s = function(bytes, at) return string.unpack("<s4", bytes, at) end,
  ["{"] = decode_table,
}

function decode(bytes, at, depth)
  local read = READ[bytes:sub(at, at)]
  if not read then error("an unknown letter", 0) end
  return read(bytes, at + 1, depth)
end

--- The value of bytes from the other process.
---@param bytes string
---@return any value
---@raise bytes that no encode() has made
function M.decode(bytes)
  local ok, value, at = pcall(decode, bytes, 1, 1)
  if not ok or at ~= #bytes + 1 then
    core.raise("data", "a message of the recipe's process cannot be read")
  end
  return value
end

--- A frame as a plain table: CSV text and what CSV does not carry.
---@param frame lobule.Frame
---@return table
function M.pack_frame(frame)
  local columns = {}
  for i, name in ipairs(frame:names()) do
    local column = frame:column(name)
    columns[i] = { name = name, type = column:type(), label = column:label(),
      unit = column:unit(), levels = column:levels(), ordered = column:ordered() }
  end
  return { rows = #frame, columns = columns, csv = core.format_csv(frame) }
end

--- The frame of pack_frame.
---@param packed table
---@param source string             its name in messages
---@return lobule.Frame
function M.unpack_frame(packed, source)
  local types = {}
  for _, column in ipairs(packed.columns) do
    types[column.name] = column.levels and "text" or column.type
  end
  local frame = core.parse_csv(packed.csv, source, { types = types, na = { "" } })
  for _, column in ipairs(packed.columns) do
    local data = frame:column(column.name)
    if column.levels then data = core.factor(data, column.levels, column.ordered) end
    frame = core.with_column(frame, column.name, core.label(data, column.label, column.unit))
  end
  return frame
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
