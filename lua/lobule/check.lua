--- Arguments and options, checked: what is wrong is raised at the researcher's own line, with the
--- mend.
local core = require "lobule.core"

local M = {}

local function article(kind)
  return (kind:find("^[aeiou]") and "an " or "a ") .. kind
end

--- What a value is, in the words of a message.
---@param value any
---@return string
function M.describe(value)
  if value == nil then return "nothing" end
  local meta = getmetatable(value)
  local name = type(meta) == "table" and rawget(meta, "__name")
  if name then return article((name:gsub("^lobule%.", ""):lower())) end
  if type(value) == "string" then return "text" end
  return article(type(value))
end

--- Raises unless `value` has one of Lua's types; texts are UTF-8.
---@param value any
---@param kind string               "string", "number", "table", "function", "boolean"
---@param what string               the argument's name in the message
---@return any value
function M.type(value, kind, what)
  if type(value) ~= kind then
    local expected = kind == "string" and "text" or article(kind)
    core.raise("argument", ("%s: expected %s, found %s"):format(what, expected, M.describe(value)))
  end
  -- File names are bytes; every other text is shown, and compared with text in UTF-8.
  if kind == "string" and not what:find("^path") then
    local _, wrong = utf8.len(value)
    if wrong then
      core.raise("argument", ("%s: byte %d is not UTF-8"):format(what, wrong),
        "Save the script, or the file that the text comes from, as UTF-8.")
    end
  end
  return value
end

--- A text that people will read. Other formats have no letter for the control characters that it
--- may hold besides line ends and tabs: they become spaces.
---@param value string
---@param what string
---@return string
---@raise no text, bytes that are not UTF-8
function M.readable(value, what)
  return (M.type(value, "string", what):gsub("[^\t\n\r\32-\126\128-\255]+", " "))
end

--- A readable text on one line: line ends and tabs become spaces too.
---@param value string
---@param what string
---@return string
---@raise no text, bytes that are not UTF-8
function M.one_line(value, what)
  return (M.readable(value, what):gsub("[\t\n\r]+", " "))
end

--- Raises when a list has named fields, which belong into a table of their own, or holes.
---@param list table
---@param what string
---@param example? string           how to write it (default: a list of texts)
---@return table list
function M.list(list, what, example)
  M.type(list, "table", what)
  local named, n = nil, 0
  for key, value in next, list do
    -- A field n is what table.pack and column:totable() give.
    if key ~= "n" or value ~= #list then
      n = n + 1
      local first = named == nil or tostring(key) < tostring(named)
      if math.type(key) ~= "integer" and first then named = key end
    end
  end
  if named == nil then
    if n == #list then return list end
    local hole = 1
    while list[hole] ~= nil do hole = hole + 1 end
    core.raise("argument", ("%s: the list has a hole: place %d is empty"):format(what, hole),
      "Every place from 1 on needs a value.")
  end
  if #list == 0 then
    core.raise("argument", what .. ": expected a list, found a table with named fields",
      "A list keeps its order: write " .. (example or "{ 'a', 'b' }") .. ".")
  end
  core.raise("argument", ("%s: the list holds a named field '%s'"):format(what, tostring(named)),
    ("Options stand in a table of their own, after the list: ({ ... }, { %s = ... }).")
      :format(tostring(named)))
end

-- Powers of scores beyond leave the range of numbers.
local LARGEST_SCORE <const> = 1e12

--- Scores of groups or levels: numbers whose size and spread a test can be made of. Any multiple
--- of them tests the same.
---@param list any
---@param what string
---@param example string            "{ 0, 1, 4 }"
---@return number[]
function M.scores(list, what, example)
  M.list(list, what, example)
  local low, high
  for i, score in ipairs(list) do
    M.type(score, "number", ("%s[%d]"):format(what, i))
    if score ~= score or math.abs(score) > LARGEST_SCORE then
      core.raise("argument", ("%s[%d] is %s: expected a number up to 1e12"):format(what, i,
        core.format_number(score)), ("Write %s = %s."):format(what, example))
    end
    low, high = math.min(low or score, score), math.max(high or score, score)
  end
  if low and high > low and high - low < 1 / LARGEST_SCORE then
    core.raise("argument", ("%s: they differ by less than 1e-12"):format(what),
      "Multiply them: any multiple of the scores tests the same.")
  end
  return list
end

--- A list of texts; one text stands for a list of one.
---@param value string|string[]
---@param what string
---@return string[]
function M.texts(value, what)
  if type(value) == "string" then return { value } end
  M.list(value, what)
  for i = 1, #value do M.type(value[i], "string", what .. "[" .. i .. "]") end
  return value
end

--- true when `value` is a C object or Lua object of the class named.
---@param value any
---@param name string               e.g. "lobule.Frame"
---@return boolean
function M.is(value, name)
  local meta = getmetatable(value)
  return type(meta) == "table" and rawget(meta, "__name") == name
end

--- The frame behind a Frame or a Cohort, and the cohort if it was one.
---@param value lobule.Frame|lobule.Cohort
---@return lobule.Frame frame
---@return lobule.Cohort? cohort
function M.data(value)
  if M.is(value, "lobule.Frame") then return value, nil end
  if M.is(value, "lobule.Cohort") then return rawget(value, "data"), value end
  core.raise("argument", "data: expected a cohort or a frame, found " .. M.describe(value),
    "The data comes after the formula: lb.survival.km(\"Surv(time, event) ~ arm\", cohort).")
end

--- The first of the value (or list of one) as often as there are people.
local function recycled(value, n)
  local list = type(value) == "table" and value or { value }
  if n == 1 or (list.n or #list) ~= 1 then return list end
  local many = { n = n }
  for i = 1, n do many[i] = list[1] end
  return many
end

--- A frame of newdata: a frame, a cohort, or a table of lists by column name, where one value
--- stands for as many as the lists have.
---@param newdata lobule.Frame|lobule.Cohort|table
---@return lobule.Frame
function M.new_data(newdata)
  local plain = type(newdata) == "table" and getmetatable(newdata) == nil
  if not plain then return (M.data(newdata)) end
  local names, columns = {}, {}
  for name in next, newdata do names[#names + 1] = M.type(name, "string", "newdata") end
  table.sort(names)
  local most = 1
  for _, name in ipairs(names) do
    local list = newdata[name]
    if type(list) == "table" then most = math.max(most, list.n or #list) end
  end
  for i, name in ipairs(names) do columns[i] = { name, recycled(newdata[name], most) } end
  return core.frame(columns)
end

local kinds = {}

function kinds.level(value, what)
  M.type(value, "number", what)
  if value >= 1 and value < 100 then
    core.raise("argument", ("%s is %s: expected a fraction between 0 and 1"):format(what,
      core.format_number(value)),
      ("Write %s = %s."):format(what, core.format_number(value == 1 and 0.95 or value / 100)))
  elseif not (value > 0 and value < 1) then
    core.raise("argument", ("%s is %s: expected a fraction between 0 and 1"):format(what,
      core.format_number(value)))
  end
  return value
end

function kinds.count(value, what)
  M.type(value, "number", what)
  local whole = math.tointeger(value)
  if not whole or whole < 1 then
    core.raise("argument", ("%s is %s: expected a whole number from 1"):format(what,
      core.format_number(value)))
  end
  return whole
end

function kinds.positive(value, what)
  M.type(value, "number", what)
  if not (value > 0 and value < math.huge) then
    core.raise("argument", ("%s is %s: expected a positive number"):format(what,
      core.format_number(value)))
  end
  return value
end

function kinds.times(value, what)
  if type(value) == "number" then value = { value } end
  M.type(value, "table", what)
  local last = -math.huge
  for i = 1, #value do
    M.type(value[i], "number", what .. "[" .. i .. "]")
    if not (value[i] >= 0 and value[i] < math.huge) or value[i] <= last then
      core.raise("argument", what .. ": expected ascending times from 0 on")
    end
    last = value[i]
  end
  if #value == 0 then core.raise("argument", what .. ": the list is empty") end
  return value
end

kinds.texts = M.texts
function kinds.any(value)
  return value
end

local function check_choice(value, choices, what)
  for _, choice in ipairs(choices) do
    if choice == value then return value end
  end
  local near = type(value) == "string" and core.nearest(value, choices)
  local shown = type(value) == "string" and "'" .. value .. "'" or M.describe(value)
  core.raise("argument", ("%s: unknown choice %s%s"):format(what, shown, near
    and (" (did you mean '%s'?)"):format(near) or ""),
    "Choices are: " .. table.concat(choices, ", ") .. ".")
end

local function check_value(value, kind, what)
  if type(kind) == "table" then return check_choice(value, kind, what) end
  if kinds[kind] then return kinds[kind](value, what) end
  M.type(value, kind, what)
  if value ~= value then
    core.raise("argument", ("%s is not a number (NaN)"):format(what))
  end
  return value
end

--- Raises for an option that the schema does not have.
local function refuse_unknown(given, schema)
  local unknown
  for key in next, given do
    local known = false
    for _, option in ipairs(schema) do known = known or option[1] == key end
    -- `pairs` has no fixed order: the first in the alphabet is the one reported.
    if not known and (unknown == nil or tostring(key) < tostring(unknown)) then unknown = key end
  end
  if unknown == nil then return end
  local names = {}
  for i, option in ipairs(schema) do names[i] = option[1] end
  local near = type(unknown) == "string" and core.nearest(unknown, names)
  core.raise("name", ("unknown option '%s'%s"):format(tostring(unknown), near
    and (" (did you mean '%s'?)"):format(near) or ""),
    #names > 0 and "Options are: " .. table.concat(names, ", ") .. "."
      or "There are no options here.")
end

--- Options checked against a schema, defaults filled in; an unknown option raises with
--- did-you-mean.
---@param given? table
---@param schema table[]            a list of { name, kind, default }; kind: a Lua type, "level",
---                                 "count", "positive", "times",
---                                 "texts", "any", or a list of choices
---@return table                    # every option of the schema that is given or has a default
function M.options(given, schema)
  if given ~= nil then refuse_unknown(M.type(given, "table", "options"), schema) end
  local result = {}
  for _, option in ipairs(schema) do
    local name, kind, default = option[1], option[2], option[3]
    local value = given and given[name]
    if value ~= nil then value = check_value(value, kind, name) else value = default end
    result[name] = value
  end
  return result
end

--- Raises for a column that the frame does not have.
---@param frame lobule.Frame
---@param name string
---@return string name
function M.column(frame, name)
  M.type(name, "string", "column")
  frame:column(name)
  return name
end

return M
