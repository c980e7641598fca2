--- Slow, plain Lua answers to what the verbs of a frame do, written from their docstrings alone.
--- A table here is a list of rows; a row maps names to values, core.NA where missing.
local core = require "lobule.core"

local NA <const> = core.NA
local M = {}

local function is_nan(v) return v ~= v end

--- Rows of a frame as plain values; factors as text.
function M.rows(frame)
  local lists, rows = {}, {}
  for _, name in ipairs(frame:names()) do lists[name] = frame:column(name):totable() end
  for i = 1, #frame do
    rows[i] = {}
    for name, list in pairs(lists) do rows[i][name] = list[i] end
  end
  return rows
end

--- A value as text that is equal exactly when two cells are the same: NaN is NaN, -0 is 0, 1 is
--- 1.0.
function M.show(v)
  if v == NA then return "NA" end
  if is_nan(v) then return "NaN" end
  if type(v) == "number" then return "n" .. string.format("%.17g", v + 0.0 == 0 and 0.0 or v) end
  return type(v) .. ":" .. tostring(v)
end

--- A whole frame as text.
function M.text(rows, names)
  local lines = {}
  for i, row in ipairs(rows) do
    local cells = {}
    for j, name in ipairs(names) do cells[j] = M.show(row[name]) end
    lines[i] = table.concat(cells, "|")
  end
  return table.concat(names, "|") .. "\n" .. table.concat(lines, "\n")
end

--- Rank of a cell for sorting: factors by the place of their level.
local function rank(v, levels)
  if levels then
    for i, level in ipairs(levels) do
      if level == v then return i end
    end
  end
  if type(v) == "boolean" then return v and 1 or 0 end
  return v
end

--- -1, 0, 1 for two cells. Missing last (first when asked) whatever the direction, NaN after
--- numbers.
local function compare(a, b, key)
  if a == NA or b == NA then
    if a == b then return 0 end
    return ((a == NA) == (key.na_first or false)) and -1 or 1
  end
  local x, y = rank(a, key.levels), rank(b, key.levels)
  if is_nan(x) or is_nan(y) then
    if is_nan(x) and is_nan(y) then return 0 end
    return is_nan(x) and 1 or -1
  end
  if x == y then return 0 end
  local c
  if type(x) == "string" then
    c = 0
    for i = 1, math.max(#x, #y) do -- by bytes, not by the locale
      local p, q = x:byte(i) or -1, y:byte(i) or -1
      if p ~= q then
        c = p < q and -1 or 1
        break
      end
    end
  else
    c = x < y and -1 or 1
  end
  return key.desc and -c or c
end

--- Row numbers in order: insertion, so stable by construction.
function M.order(rows, keys)
  local order = {}
  for i = 1, #rows do
    local at = i
    while at > 1 do
      local c = 0
      for _, key in ipairs(keys) do
        c = compare(rows[order[at - 1]][key.name], rows[i][key.name], key)
        if c ~= 0 then break end
      end
      if c <= 0 then break end
      order[at] = order[at - 1]
      at = at - 1
    end
    order[at] = i
  end
  return order
end

function M.take(rows, order)
  local list = {}
  for i, row in ipairs(order) do list[i] = rows[row] end
  return list
end

local function group_key(row, by)
  local parts = {}
  for i, name in ipairs(by) do parts[i] = M.show(row[name]) end
  return table.concat(parts, "\0")
end

--- Numbers of the first (last) rows of each group when rows are walked in `order`, ascending.
function M.pick(rows, by, order, last)
  local chosen, list = {}, {}
  for _, i in ipairs(order) do
    local key = group_key(rows[i], by)
    if last or not chosen[key] then chosen[key] = i end
  end
  for i, row in ipairs(rows) do
    if chosen[group_key(row, by)] == i then list[#list + 1] = i end
  end
  return list
end

function M.fill(rows, name, by, up)
  local filled, n = {}, 0
  for i, row in ipairs(rows) do
    local value = row[name]
    local from, to, step = i - 1, 1, -1
    if up then from, to, step = i + 1, #rows, 1 end
    for j = from, to, step do
      if value ~= NA then break end
      if group_key(rows[j], by) == group_key(row, by) then value = rows[j][name] end
    end
    if row[name] == NA and value ~= NA then n = n + 1 end
    filled[i] = setmetatable({ [name] = value }, { __index = row })
  end
  return filled, n
end

--- true when all keys are present, no NaN, and equal.
local function matches(left, right, by)
  for _, pair in ipairs(by) do
    local a, b = left[pair[1]], right[pair[2]]
    if a == NA or b == NA or a ~= b then return false end
  end
  return true
end

--- Pairs { left row, right row or nil } of a join, and the number of keys repeated on both sides.
function M.join(left, right, by, kind)
  local pairs_found, many = {}, {}
  for i, row in ipairs(left) do
    local found = {}
    for j, other in ipairs(right) do
      if matches(row, other, by) then found[#found + 1] = j end
    end
    if #found > 1 then
      local key = group_key(right[found[1]], (function()
        local names = {}
        for k, pair in ipairs(by) do names[k] = pair[2] end
        return names
      end)())
      many[key] = (many[key] or 0) + 1
    end
    if kind == "semi" or kind == "anti" then
      if (#found > 0) == (kind == "semi") then pairs_found[#pairs_found + 1] = { i } end
    else
      for _, j in ipairs(found) do pairs_found[#pairs_found + 1] = { i, j } end
      if kind == "left" and #found == 0 then pairs_found[#pairs_found + 1] = { i } end
    end
  end
  local n_many = 0
  for _, n in pairs(many) do
    if n > 1 then n_many = n_many + 1 end
  end
  return pairs_found, n_many
end

--- The right row of each left row, by time.
function M.asof(left, right, by, spec)
  local result = {}
  for i, row in ipairs(left) do
    local t, best, best_gap = row[spec.left_time], nil, nil
    for j, other in ipairs(right) do
      local u = other[spec.right_time]
      if t ~= NA and u ~= NA and not is_nan(t) and not is_nan(u) and matches(row, other, by) then
        local allowed = spec.direction == "nearest" or (spec.direction == "before" and u <= t)
          or (spec.direction == "after" and u >= t)
        local gap = math.abs(u - t)
        if allowed and gap <= (spec.within or math.huge) and (not best or gap <= best_gap) then
          best, best_gap = j, gap
        end
      end
    end
    result[i] = best or false
  end
  return result
end

--- Pairs of rows and intervals, and how many rows lie in several.
function M.interval(left, right, by, spec)
  local found_pairs, several = {}, 0
  for i, row in ipairs(left) do
    local n, t = 0, row[spec.on]
    for j, other in ipairs(right) do
      local from, to = other[spec.from], other[spec.to]
      if t ~= NA and from ~= NA and to ~= NA and matches(row, other, by) and from <= t
        and t < to then
        found_pairs[#found_pairs + 1], n = { i, j }, n + 1
      end
    end
    if n == 0 and spec.kind == "left" then found_pairs[#found_pairs + 1] = { i } end
    if n > 1 then several = several + 1 end
  end
  return found_pairs, several
end

--- Pairs of rows as one list of rows with the columns of both; absent ones missing.
function M.side_by_side(left, right, found, names)
  local rows = {}
  for k, pair in ipairs(found) do
    local row = {}
    for name, value in pairs(left[pair[1]]) do row[name] = value end
    for old, new in pairs(names) do
      row[new] = pair[2] and right[pair[2]][old] or NA
      if pair[2] and right[pair[2]][old] == false then row[new] = false end
    end
    rows[k] = row
  end
  return rows
end

return M
