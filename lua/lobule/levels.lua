--- Values of a column recoded, levels of a factor collapsed.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

--- A value as the text that stands for it among a factor's levels.
local function as_text(value, what)
  if type(value) == "string" then return value end
  if type(value) == "boolean" then return tostring(value) end
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if type(value) == "number" then return core.format_number(value) end
  core.raise("argument", ("%s: expected a text, a number or a logical, found %s"):format(what,
    check.describe(value)))
end

--- The mapping as old text -> new text or NA, its old texts in order, its new values in order.
local function read_mapping(mapping)
  local to, olds, news = {}, {}, {}
  for i, pair in ipairs(check.type(mapping, "table", "mapping")) do
    local place = ("mapping[%d]"):format(i)
    check.type(pair, "table", place)
    local new = pair[2]
    if new == nil then core.raise("argument", place .. ": expected { old, new }") end
    news[i] = new
    for _, old in ipairs(type(pair[1]) == "table" and pair[1] or { pair[1] }) do
      local text = as_text(old, place)
      if to[text] then core.raise("argument", place .. ": the value is mapped twice") end
      olds[#olds + 1], to[text] = text, new == core.NA and new or as_text(new, place)
    end
  end
  if #olds == 0 then
    core.raise("argument", "mapping: expected a list of { old, new }",
      "Write { { \"m\", \"male\" }, { \"f\", \"female\" } }.")
  end
  return to, olds, news
end

local function all(values, test)
  for _, value in ipairs(values) do
    if value ~= core.NA and not test(value) then return false end
  end
  return true
end

--- Rows of each kind, from the counts of the levels before.
local function count(factor, to, olds)
  local n = core.summary(factor)
  local counts = { n_recoded = 0, n_kept = 0, n_missing = n.n_missing, n_unused = 0 }
  local seen = {}
  for _, level in ipairs(n.levels) do
    local key = to[level.label] ~= nil and "n_recoded" or "n_kept"
    counts[key] = counts[key] + level.n
    seen[level.label] = level.n > 0
  end
  for _, old in ipairs(olds) do
    if not seen[old] then counts.n_unused = counts.n_unused + 1 end
  end
  return counts
end

local function mapped(factor, to)
  local names = {}
  for i, level in ipairs(factor:levels()) do
    local new = to[level]
    names[i] = new == nil and level or new
  end
  return core.map_levels(factor, names)
end

--- The new levels that there are, in the order of the mapping, first.
local function in_order(factor, news)
  local present, first, listed = {}, {}, {}
  for _, level in ipairs(factor:levels()) do present[level] = true end
  for _, new in ipairs(news) do
    local text = new ~= core.NA and as_text(new, "mapping")
    if text and present[text] and not listed[text] then
      first[#first + 1], listed[text] = text, true
    end
  end
  return core.relevel(factor, first)
end

--- A factor as values of another type again.
local function converted(factor, expression, like)
  local column = core.eval(core.frame { { "x", factor } }, expression)
  return core.label(column, like:label(), like:unit())
end

local function check_known(factor, olds)
  local known <const> = factor:levels()
  local is_level = {}
  for _, level in ipairs(known) do is_level[level] = true end
  for _, old in ipairs(olds) do
    if not is_level[old] then
      local near = core.nearest(old, known)
      core.raise("name", ("no level '%s'%s"):format(old, near
        and (" (did you mean '%s'?)"):format(near) or ""),
        "Levels are: " .. table.concat(known, ", ") .. ".")
    end
  end
end

--- A column with values replaced.
---@param column lobule.Column
---@param mapping table[]
---@return lobule.Column
---@return table counts
function M.recode(column, mapping)
  local kind <const> = column:type()
  if kind == "real" or kind == "date" or kind == "datetime" then
    core.raise("type", ("a %s column cannot be recoded"):format(kind),
      "Use :mutate with case(...) or cut(...).")
  end
  local to, olds, news = read_mapping(mapping)
  local factor = kind == "factor" and column or core.factor(column)
  if kind == "factor" then check_known(factor, olds) end
  local counts = count(factor, to, olds)
  local new = mapped(factor, to)
  if kind == "text" then
    new = converted(new, "text(x)", column)
  elseif kind == "integer" and all(news, function(v) return math.type(v) == "integer" end) then
    new = converted(new, "integer(text(x))", column)
  elseif kind == "logical" and all(news, function(v) return type(v) == "boolean" end) then
    new = converted(new, "text(x) == 'true'", column)
  elseif kind ~= "factor" then
    new = in_order(new, news)
  end
  return new, counts
end

--- Groups of levels as a mapping; named groups in the alphabet's order, which the result does not
--- depend on.
local function group_mapping(groups)
  check.type(groups, "table", "groups")
  local list, names = {}, {}
  for i, pair in ipairs(groups) do
    check.type(pair, "table", ("groups[%d]"):format(i))
    list[i] = { check.texts(pair[2], ("groups[%d]"):format(i)),
      check.type(pair[1], "string", ("groups[%d]"):format(i)) }
  end
  if #list > 0 then return list end
  for name in next, groups do names[#names + 1] = check.type(name, "string", "new level") end
  table.sort(names)
  for i, name in ipairs(names) do list[i] = { check.texts(groups[name], name), name } end
  return list
end

--- A factor with levels merged.
---@param column lobule.Column
---@param groups table
---@return lobule.Column
---@return table counts
function M.collapse(column, groups)
  if column:type() ~= "factor" then
    core.raise("type", ("levels belong to a factor, this column is %s"):format(column:type()),
      "Make it one with :mutate { \"x = factor(x)\" }.")
  end
  local to, olds = read_mapping(group_mapping(groups))
  check_known(column, olds)
  return mapped(column, to), count(column, to, olds)
end

--- A factor without the levels that no row has.
---@param column lobule.Column
---@param name string               for messages
---@return lobule.Column
---@return integer n_dropped
function M.drop_empty(column, name)
  if column:type() ~= "factor" then
    core.raise("type", ("column '%s' is %s, expected a factor"):format(name, column:type()))
  end
  local kept, n = {}, 0
  for _, level in ipairs(core.summary(column).levels) do
    if level.n > 0 then kept[#kept + 1] = level.label else n = n + 1 end
  end
  if n == 0 then return column, 0 end
  local frame = core.frame { { "x", column } }
  local spec = { "x", core.eval(frame, "text(x)"), "factor", levels = kept,
    ordered = column:ordered(), label = column:label(), unit = column:unit() }
  return core.frame({ spec }):column "x", n
end

return M
