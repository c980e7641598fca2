-- Definitions for editors (LuaCATS), made from the docstrings: build/lobule scripts/dev/stubs.lua >
-- build/meta/lobule.lua. Options that a docstring lists become fields of a class.
local docs = require "lobule.docs"
local options = require "lobule.prompt.options"

local SPACES <const> = { "survival", "categorical", "figure" }

--- "table_one" -> "lobule.TableOne", as the docstrings' own types have it.
local function class_names()
  local names = {}
  for _, entry in ipairs(docs.entries()) do
    for _, line in ipairs(entry.doc) do
      for name in line:gmatch "lobule%.(%u%w*)" do names[name:lower()] = "lobule." .. name end
    end
  end
  return names
end

local classes <const> = class_names()

local function class_of(kind)
  local plain = kind:gsub("_", "")
  return classes[plain] or "lobule." .. plain:gsub("^%l", string.upper)
end

local function variable_of(kind)
  return kind:gsub("_(%l)", string.upper):gsub("^%l", string.upper):gsub("_", "")
end

local function option_type(option)
  local choices = options.choices(option)
  for i, choice in ipairs(choices) do choices[i] = ("%q"):format(choice) end
  if #choices > 1 then return table.concat(choices, "|") end
  if option.help:find "^true" or option.help:find "^false" then return "boolean" end
  return tonumber(option.help:match "^[^;,]+" or "") and "number" or "any"
end

--- The class of a function's options; nil where the docstring lists none.
local function option_class(entry)
  local list = options.list(entry.name, "options")
  if #list == 0 then return nil end
  local name = "lobule.options." .. entry.name:gsub("^lb%.", ""):gsub(":", "."):gsub("[^%w.]", "_")
  print(("---@class %s"):format(name))
  for _, option in ipairs(list) do
    print(("---@field %s? %s  %s"):format(option.name, option_type(option), option.help))
  end
  print ""
  return name
end

--- The docstring, its options table being of the class.
local function print_doc(entry, class)
  for _, line in ipairs(entry.doc) do
    if class then line = line:gsub("^(@param options%?? )table", "%1" .. class, 1) end
    print(line:find "^@" and "---" .. line or "--- " .. line)
  end
  if entry.example then
    print("---\n--- ```lua\n--- " .. entry.example:gsub("\n", "\n--- ") .. "\n--- ```")
  end
end

local function print_namespaces()
  print "---@class lobule"
  print "---@field version string            version of the program"
  print "---@field NA lobule.NA              the missing value, for lists of values"
  for _, space in ipairs(SPACES) do print(("---@field %s lobule.%s"):format(space, space)) end
  print "local lb = {}\n"
  for _, space in ipairs(SPACES) do
    print(("---@class lobule.%s\nlb.%s = {}\n"):format(space, space))
  end
end

print "---@meta lobule"
print "-- Made from the docstrings by scripts/dev/stubs.lua.\n"
print_namespaces()
local declared <const> = {}
for _, entry in ipairs(docs.entries()) do
  local kind, method = entry.name:match "^([%w_]+):([%w_]+)$"
  if kind and not declared[kind] then
    declared[kind] = true
    print(("---@class %s\nlocal %s = {}\n"):format(class_of(kind), variable_of(kind)))
  end
  local class = option_class(entry)
  print_doc(entry, class)
  local name = kind and variable_of(kind) .. ":" .. method or entry.name
  print(("function %s(%s) end\n"):format(name, entry.args))
end
print "return lb"
