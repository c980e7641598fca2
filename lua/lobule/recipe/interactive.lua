--- `lobule run RECIPE --interactive`: asks for what the command line leaves out, proposing columns.
local core = require "lobule.core"
local format = require "lobule.recipe.format"
local guess = require "lobule.recipe.guess"
local host = require "lobule.host"
local source = require "lobule.peek_source"

local M = {}

--- One answer; nil at the end of the input.
local function ask(question)
  io.stdout:write(question, " ")
  io.stdout:flush()
  local answer = io.stdin:read "l"
  if answer == nil then core.raise("argument", "the input ended: nothing is run") end
  answer = answer:match "^%s*(.-)%s*$"
  if answer == "q" then core.raise("argument", "left: nothing is run") end
  return answer
end

--- A file as peek reads it: encoding and decimal commas guessed; the guesses.
local function read_guessing(path)
  local guessed = {}
  return source.read(path, guessed).frame, guessed
end

local function ask_file(input)
  while true do
    local path = ask(("File for %s%s:"):format(input.name, input.help and " (" .. input.help .. ")"
      or ""))
    if path == "" and input.optional then return nil end
    local ok, frame, guessed = pcall(read_guessing, path)
    if ok then return path, frame, guessed end
    print(tostring(frame))
  end
end

local FITS <const> = { real = { real = true, integer = true }, integer = { integer = true },
  logical = { logical = true, integer = true }, factor = { factor = true, text = true,
    logical = true, integer = true }, date = { date = true }, datetime = { datetime = true } }

--- Columns of a fitting type, the one of the nearest name first.
local function proposals(column, frame)
  local fits, list = FITS[column.type], {}
  for _, name in ipairs(frame:names()) do
    if not fits or fits[frame:column(name):type()] then list[#list + 1] = name end
  end
  local near = guess.best(column, frame, {}) or core.nearest(column.name, list)
    or core.nearest(column.role, list)
  for i, name in ipairs(list) do
    if name == near then table.insert(list, 1, table.remove(list, i)) end
  end
  return list, near
end

local function ask_column(column, frame)
  local list, near = proposals(column, frame)
  print(("\n%s%s%s"):format(column.name, column.help and ": " .. column.help or "",
    column.unit and (", in " .. column.unit) or ""))
  for i, name in ipairs(list) do print(("  %2d  %s"):format(i, name)) end
  while true do
    local answer = ask(("Column%s%s:"):format(column.many and "s (with commas)" or "",
      near and (" [%s]"):format(near) or column.optional and " [none]" or ""))
    if answer == "" then
      if near then return { near } end
      if column.optional then return nil end
      print "a column is needed: its number or its name (q leaves)"
    end
    local names, bad = {}, nil
    for word in answer:gmatch "[^,%s]+" do
      local name = list[math.tointeger(tonumber(word)) or 0] or word
      names[#names + 1] = name
      if not frame:has(name) then bad = name end
    end
    if #names > 0 and not bad then return names end
    if bad then print(("the file has no column '%s'"):format(bad)) end
  end
end

local function ask_param(param)
  while true do
    local answer = ask(("%s%s:"):format(param.name, param.default ~= nil
      and (" [%s]"):format(tostring(param.default)) or param.optional and " [none]" or ""))
    if answer == "" and (param.default ~= nil or param.optional) then return param.default end
    local ok, value = pcall(format.value, param, answer)
    if ok then return value end
    print(tostring(value))
  end
end

--- The guesses as a map's table, nil when there are none.
local function map_text(read)
  local inputs = {}
  for input, guessed in next, read do
    local options = {}
    for name, value in next, guessed do
      if type(value) == "string" then options[#options + 1] = ("%s = %q"):format(name, value) end
    end
    table.sort(options)
    if #options > 0 then
      inputs[#inputs + 1] = ("%s = { %s }"):format(input, table.concat(options, ", "))
    end
  end
  table.sort(inputs)
  return #inputs > 0 and ("return { read = { %s } }\n"):format(table.concat(inputs, ", ")) or nil
end

--- Offers to keep the guesses in a map, without which the run could not be repeated.
local function ask_map(declared, args, read)
  local text = map_text(read)
  if not text or args.map then return end
  print(("\nThe data need options of reading:\n  %s"):format(text))
  local path = declared.name .. ".map.lua"
  local answer = ask(("Map file that holds them [%s]:"):format(path))
  if answer ~= "" then path = answer end
  if host.path_kind(path) then
    if core.read_file(path) ~= text then
      core.raise("argument", ("'%s' is there already"):format(path), "--map FILE uses it.")
    end
  else
    core.write_file(path, text)
  end
  args.map = path
end

local function quoted(word)
  word = tostring(word)
  if word:find "^[%w_%./,:=+@-]+$" then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- The command line that runs the same without questions.
local function command_line(word, declared, args)
  local words = { "lobule", "run", quoted(word) }
  local function add(name, value)
    words[#words + 1] = "--" .. name:gsub("_", "-")
    words[#words + 1] = quoted(value)
  end
  if args.map then add("map", args.map) end
  for _, input in ipairs(declared.inputs) do
    if args.files[input.name] then add(input.name, args.files[input.name]) end
    for _, column in ipairs(input.columns) do
      local names = args.columns[column.name]
      if names then add(column.name, table.concat(names, ",")) end
    end
  end
  for _, param in ipairs(declared.params) do
    local value = args.params[param.name]
    if value ~= nil and value ~= param.default then
      add(param.name, type(value) == "number" and core.format_number(value) or value)
    end
  end
  add("output", table.concat(args.output, ","))
  return table.concat(words, " ")
end

local function ask_columns(input, frame, args)
  for _, column in ipairs(input.columns) do
    local given = args.columns[column.name] or args.columns[column.role]
    if not given and not frame:has(column.name) then
      args.columns[column.name] = ask_column(column, frame)
    end
  end
end

--- Asks for files, columns and parameters that are not given yet; prints the command line that
--- needs no questions. An answer q leaves.
---@param word string               the recipe, as it was named
---@param declared lobule.recipe.Declaration
---@param args lobule.recipe.Arguments  filled in
function M.fill(word, declared, args)
  local read = {}
  for _, input in ipairs(declared.inputs) do
    local path = args.files[input.name]
    local frame, guessed
    if path then
      frame, guessed = read_guessing(path)
    else
      path, frame, guessed = ask_file(input)
    end
    args.files[input.name], read[input.name] = path, guessed
    if frame then ask_columns(input, frame, args) end
  end
  for _, param in ipairs(declared.params) do
    if args.params[param.name] == nil then args.params[param.name] = ask_param(param) end
  end
  ask_map(declared, args, read)
  if #args.output == 0 then
    local answer = ask "Report file [out.html]:"
    args.output = { answer == "" and "out.html" or answer }
  end
  print("\n" .. command_line(word, declared, args) .. "\n")
end

return M
