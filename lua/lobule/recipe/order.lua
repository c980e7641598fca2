--- What is the same on every run: the order of a table's keys, of equal items when sorted, and
--- texts without addresses. Lua's own differ from run to run.
local core = require "lobule.core"

local M = {}

local RANK <const> = { number = 1, string = 2, boolean = 3 }
local ADDRESSED <const> = { table = true, ["function"] = true, userdata = true, thread = true }

local function before(a, b)
  local x, y = RANK[type(a)] or 4, RANK[type(b)] or 4
  if x ~= y then return x < y end
  if x == 3 then return not a and b end
  return x < 4 and a < b
end

--- The keys in order: numbers, texts, false, true, and at most one object.
local function sorted_keys(t)
  local keys, n_objects = {}, 0
  for key in next, t do
    keys[#keys + 1] = key
    if not RANK[type(key)] then n_objects = n_objects + 1 end
  end
  if n_objects > 1 then
    core.raise("argument", "the keys of this table are objects, which have no order that is the "
      .. "same on every run", "Keep the objects in a list, or under names.")
  end
  table.sort(keys, before)
  return keys
end

local function check_table(t, name)
  if type(t) ~= "table" then
    core.raise("argument", ("%s: expected a table, found %s"):format(name, M.tostring(t)))
  end
end

--- pairs in the order of the keys.
function M.pairs(t)
  local meta = getmetatable(t)
  local own = type(meta) == "table" and rawget(meta, "__pairs")
  if own then return own(t) end
  check_table(t, "pairs")
  local keys, i = sorted_keys(t), 0
  return function()
    local value
    repeat
      i = i + 1
      if keys[i] == nil then return nil end
      value = rawget(t, keys[i])
    until value ~= nil
    return keys[i], value
  end, t, nil
end

-- The order in which next() walks a table that it has begun, and the place of each key.
local walks = setmetatable({}, { __mode = "k" })

local function first(t)
  local least
  for key in next, t do
    if least == nil or before(key, least) then least = key end
    if not RANK[type(key)] then return sorted_keys(t)[1] end
  end
  return least
end

local function walk_of(t, key)
  local walk = walks[t]
  if walk and walk.place[key] then return walk end
  walk = { keys = sorted_keys(t), place = {} }
  for i, one in ipairs(walk.keys) do walk.place[one] = i end
  if not walk.place[key] then
    core.raise("argument", "next: the table does not have this key")
  end
  walks[t] = walk
  return walk
end

--- next in the order of the keys.
function M.next(t, key)
  check_table(t, "next")
  if key == nil then
    walks[t] = nil
    key = first(t)
    if key == nil then return nil end
    return key, rawget(t, key)
  end
  local walk = walk_of(t, key)
  local i = walk.place[key]
  repeat
    i = i + 1
    key = walk.keys[i]
  until key == nil or rawget(t, key) ~= nil
  if key == nil then
    walks[t] = nil
    return nil
  end
  return key, rawget(t, key)
end

--- tostring without addresses.
function M.tostring(value)
  local kind = type(value)
  if not ADDRESSED[kind] then return tostring(value) end
  local meta = getmetatable(value)
  local own = type(meta) == "table" and rawget(meta, "__tostring")
  return own and tostring(value) or kind
end

--- string.format without addresses.
function M.format(format, ...)
  local given = table.pack(...)
  for i = 1, given.n do
    if ADDRESSED[type(given[i])] then given[i] = M.tostring(given[i]) end
  end
  if type(format) == "string" and format:gsub("%%%%", ""):find "%%[-+ #0-9.]*p" then
    core.raise("argument", "string.format: '%p' shows an address, which differs from run to run")
  end
  return string.format(format, table.unpack(given, 1, given.n))
end

local function less(a, b) return a < b end

--- Merges the runs from[low, middle) and from[middle, high) into `to`.
local function merge(from, to, low, middle, high, is_less)
  local i, k = low, middle
  for at = low, high - 1 do
    if i < middle and (k >= high or not is_less(from[k], from[i])) then
      to[at], i = from[i], i + 1
    else
      to[at], k = from[k], k + 1
    end
  end
end

--- table.sort that keeps the order of equal items (merge sort). Lua's own draws its pivots by the
--- clock, so equal items come out in another order on another run.
function M.sort(list, comparator)
  check_table(list, "table.sort")
  if comparator ~= nil and type(comparator) ~= "function" then
    core.raise("argument", "table.sort: expected a function, found " .. M.tostring(comparator))
  end
  local n, is_less = #list, comparator or less
  local from, to = table.move(list, 1, n, 1, {}), {}
  local width = 1
  while width < n do
    for low = 1, n, 2 * width do
      merge(from, to, low, math.min(low + width, n + 1), math.min(low + 2 * width, n + 1), is_less)
    end
    from, to, width = to, from, 2 * width
  end
  table.move(from, 1, n, 1, list)
end

return M
