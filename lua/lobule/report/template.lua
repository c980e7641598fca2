--- Prose with numbers taken from results: "{name}" in a text becomes what the value shows.
local core = require "lobule.core"
local format = require "lobule.format"
local member = require "lobule.report.member"
local restyle = require "lobule.restyle"

local M = {}

--- A value as it stands in a sentence. Lua writes a number's decimal mark as the locale has it;
--- here it is a point.
local function display(value, profile)
  local method = member(value, "display")
  if type(method) == "function" then return tostring(method(value, profile)) end
  if member(value, "report_blocks") then
    core.raise("argument", "a value in the text is no single number or text",
      "Take one from it, as km:median { arm = \"A\" }; tables go in with :add.")
  end
  local text = tostring(value)
  if math.type(value) ~= "float" then return text end
  if value ~= value or value == math.huge or value == -math.huge then
    return restyle.sentence(format.number(value), profile)
  end
  return restyle.sentence((text:gsub("[^0-9a-z+-]+", ".")), profile)
end

local function sorted_keys(values, skip)
  local names = {}
  for name in next, values do
    if not skip[name] then names[#names + 1] = tostring(name) end
  end
  table.sort(names)
  return names
end

local function raise_unknown(name, values)
  local names = sorted_keys(values, {})
  local near = core.nearest(name, names)
  core.raise("argument", ("no value for {%s}%s"):format(name,
    near and (" (did you mean '%s'?)"):format(near) or ""),
    #names > 0 and "Values are: " .. table.concat(names, ", ") .. "."
    or "Pass it in a table after the text: { " .. name .. " = ... }.")
end

--- Replaces each {name} by the value of that name; {{name}} stands for the text {name}.
---@param text string
---@param values? table<string, any>
---@param profile? lobule.Journal   in whose style the values are shown
---@return string
---@raise a name without a value, a value that the text does not use
function M.fill(text, values, profile)
  values = values or {}
  local used = {}
  local filled = text:gsub("({*){([%a_][%w_]*)}(}*)", function(before, name, after)
    if #before > 0 and #after > 0 then return before .. name .. after end
    local value = values[name]
    if value == nil then raise_unknown(name, values) end
    used[name] = true
    return before .. display(value, profile) .. after
  end)
  local unused = sorted_keys(values, used)
  if #unused > 0 then
    core.raise("argument", "the text does not use {" .. table.concat(unused, "}, {") .. "}")
  end
  return filled
end

--- The paragraphs of a text: separated by blank lines, each on one line.
---@param text string
---@return string[]
function M.paragraphs(text)
  local list = {}
  for paragraph in (text:gsub("\r\n?", "\n") .. "\n\n"):gmatch("(.-)\n[ \t]*\n") do
    local line = paragraph:gsub("%s+", " "):match("^ ?(.-) ?$")
    if line ~= "" then list[#list + 1] = line end
  end
  return list
end

return M
