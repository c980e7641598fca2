--- `lobule recipe suggest FILE`: recipes whose required columns the file can fill, the best first,
--- each with the command line to paste. Names and types of columns are looked at, and shown; rows
--- never.
local catalog = require "lobule.recipe.catalog"
local files = require "lobule.files"
local guess = require "lobule.recipe.guess"
local inputs = require "lobule.recipe.inputs"
local say = require "lobule.recipe.tools.say"
local words = require "lobule.recipe.tools.words"

local M = {}

local SPEC <const> = { usage = "lobule recipe suggest FILE", least = 1, most = 1 }

local SURE <const> = guess.SURE

--- What is known of the file's columns: by name, in order.
local function columns_of(frame)
  local list = {}
  for i, name in ipairs(frame:names()) do
    list[i] = { name = name, data = frame:column(name), label = frame:column(name):label() }
  end
  return list
end

--- The only column of a type that is still free.
local function only_of_type(column, known, used)
  if column.type == "any" then return nil end
  local found
  for _, one in ipairs(known) do
    if not used[one.name] and guess.fits(column, one.data) then
      if found then return nil end
      found = one
    end
  end
  return found
end

--- Columns still free that can describe patients: no free text, nothing that looks like an id.
local function rest_of(column, known, used)
  local list, id = {}, { name = "id", role = "id", type = "any" }
  for _, one in ipairs(known) do
    if not used[one.name] and guess.fits(column, one.data) and one.data:type() ~= "text"
      and guess.sureness(id, one) == 0 then
      list[#list + 1] = one.name
    end
  end
  return #list > 0 and list or nil
end

--- The surest free column for each of the recipe's that is needed, those that are sure first, and
--- what is left for a role that many may play; nil when one has none.
---@return table<string, string[]>? columns
---@return number score             mean sureness
local function map(needed, known)
  local pairs_list = {}
  for c, column in ipairs(needed) do
    for f, one in ipairs(known) do
      local score = column.many and 0 or guess.sureness(column, one)
      if score > 0 then pairs_list[#pairs_list + 1] = { score, c, f } end
    end
  end
  table.sort(pairs_list, function(a, b)
    if a[1] ~= b[1] then return a[1] > b[1] end
    if a[2] ~= b[2] then return a[2] < b[2] end
    return a[3] < b[3]
  end)
  local columns, used, total = {}, {}, 0
  for _, pair in ipairs(pairs_list) do
    local column, one = needed[pair[2]], known[pair[3]]
    if not columns[column.name] and not used[one.name] then
      columns[column.name], used[one.name], total = { one.name }, true, total + pair[1]
    end
  end
  for _, column in ipairs(needed) do
    if not columns[column.name] and not column.many then
      local one = only_of_type(column, known, used)
      if not one then return nil, 0 end
      columns[column.name], used[one.name], total = { one.name }, true, total + SURE.type
    end
  end
  for _, column in ipairs(needed) do
    if column.many then
      columns[column.name] = rest_of(column, known, used)
      if not columns[column.name] then return nil, 0 end
      total = total + SURE.type
    end
  end
  return columns, total / #needed
end

local function quoted(text)
  if text:find "^[%w.,_/-]+$" then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function option(name)
  return "--" .. name:gsub("_", "-")
end

local function command_line(entry, input, path, columns, needed)
  local parts = { ("lobule run %s %s %s"):format(entry.name, option(input.name), quoted(path)) }
  for _, column in ipairs(needed) do
    local given = table.concat(columns[column.name], ",")
    if given ~= column.name then
      parts[#parts + 1] = ("%s %s"):format(option(column.name), quoted(given))
    end
  end
  for _, other in ipairs(entry.declared.inputs) do
    if other ~= input and not other.optional then
      parts[#parts + 1] = ("%s FILE"):format(option(other.name))
    end
  end
  for _, param in ipairs(entry.declared.params) do
    if param.default == nil and not param.optional then
      parts[#parts + 1] = ("%s %s"):format(option(param.name), param.type:upper())
    end
  end
  parts[#parts + 1] = "-o report.html"
  return table.concat(parts, " ")
end

--- What the file can do for one recipe; nil when it cannot feed it.
local function suggestion(entry, known, path)
  local input = entry.declared.inputs[1]
  local needed = {}
  for _, column in ipairs(input.columns) do
    if not column.optional then needed[#needed + 1] = column end
  end
  if #needed == 0 then return nil end
  local columns, score = map(needed, known)
  if not columns then return nil end
  local problems = inputs.read(input, path, columns).problems
  return { entry = entry, score = score - #problems, problems = problems,
    line = command_line(entry, input, path, columns, needed) }
end

--- Entries by the name that `lobule run` takes: the short one where it means this source.
local function usable()
  local list, seen = {}, {}
  for _, entry in ipairs(catalog.all()) do
    if entry.declared and not entry.problem then
      entry.name = seen[entry.stem] and ("%s/%s"):format(entry.where, entry.stem) or entry.stem
      list[#list + 1] = entry
    end
    seen[entry.stem] = true
  end
  return list
end

--- Prints the recipes.
---@param given string[]
---@return integer status           1 when no recipe fits
function M.run(given)
  local path = words.parse(given, SPEC)[1]
  local known, list = columns_of((files.read(path, {}))), {}
  for _, entry in ipairs(usable()) do
    list[#list + 1] = suggestion(entry, known, path)
  end
  table.sort(list, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.entry.name < b.entry.name
  end)
  for _, one in ipairs(list) do
    say.line("%s  %s", one.entry.name, one.entry.declared.title)
    say.line("    %s", one.line)
    for _, problem in ipairs(one.problems) do say.wrapped("but " .. problem, 8, "    ") end
  end
  if #list > 0 then return 0 end
  say.line("No recipe's required columns are all in this file; `lobule recipe list` shows what "
    .. "each needs.")
  return 1
end

return M
