--- `lobule run RECIPE --interactive`: asks for what the command line leaves out, proposing columns.
local core = require "lobule.core"
local files = require "lobule.files"
local format = require "lobule.recipe.format"

local M = {}

--- One answer; nil at the end of the input.
local function ask(question)
  io.stdout:write(question, " ")
  io.stdout:flush()
  local answer = io.stdin:read "l"
  if answer == nil then core.raise("argument", "the input ended: nothing is run") end
  return answer:match "^%s*(.-)%s*$"
end

local function ask_file(input)
  while true do
    local path = ask(("File for %s%s:"):format(input.name, input.help and " (" .. input.help .. ")"
      or ""))
    if path == "" and input.optional then return nil end
    local ok, frame = pcall(files.read, path, {})
    if ok then return path, frame end
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
  local near = core.nearest(column.name, list) or core.nearest(column.role, list)
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
    if answer == "" then return param.default end
    local ok, value = pcall(format.value, param, answer)
    if ok then return value end
    print(tostring(value))
  end
end

--- Asks for files, columns and parameters that are not given yet.
---@param declared lobule.recipe.Declaration
---@param args lobule.recipe.Arguments  filled in
function M.fill(declared, args)
  for _, input in ipairs(declared.inputs) do
    local path, frame = args.files[input.name], nil
    if not path then path, frame = ask_file(input) end
    args.files[input.name] = path
    frame = frame or (path and files.read(path, {}))
    for _, column in ipairs(frame and input.columns or {}) do
      local given = args.columns[column.name] or args.columns[column.role]
      if not given and not frame:has(column.name) then
        args.columns[column.name] = ask_column(column, frame)
      end
    end
  end
  for _, param in ipairs(declared.params) do
    if args.params[param.name] == nil then args.params[param.name] = ask_param(param) end
  end
  if #args.output == 0 then
    local answer = ask "Report file [out.html]:"
    args.output = { answer == "" and "out.html" or answer }
  end
end

return M
