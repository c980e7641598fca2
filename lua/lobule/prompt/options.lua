--- The options of a documented function, as its docstring lists them: "name: what it does; name
--- (default), other: ...".
local docs = require "lobule.docs"

local M = {}

--- The docstring's text about one parameter, its lines joined.
local function parameter_text(entry, wanted)
  local parts, inside = {}, false
  for _, line in ipairs(entry.doc) do
    if line:find "^@" then
      local name, rest = line:match "^@param ([%w_]+)%??%s+%S+%s*(.*)$"
      inside = name == wanted
      if inside then parts[1] = rest end
    elseif inside then
      parts[#parts + 1] = line:match "^%s*(.-)%s*$"
    end
  end
  return table.concat(parts, " ")
end

local function entry_of(name)
  for _, entry in ipairs(docs.entries()) do
    if entry.name == name then return entry end
  end
end

--- The name of a function's i-th argument.
---@param name string               "lb.survival.km", "cohort:filter"
---@param i integer
---@return string?
function M.argument(name, i)
  local entry = entry_of(name)
  local k = 0
  for argument in (entry and entry.args or ""):gmatch "[%w_.]+" do
    k = k + 1
    if k == i then return argument end
  end
end

--- Pieces between semicolons and commas outside brackets and quotes.
local function pieces(text, separators)
  local list, depth, quoted, at = {}, 0, false, 1
  for i = 1, #text do
    local c = text:sub(i, i)
    if c == '"' then quoted = not quoted end
    if not quoted then
      if c == "(" or c == "{" then depth = depth + 1 end
      if c == ")" or c == "}" then depth = depth - 1 end
      if depth <= 0 and separators:find(c, 1, true) then
        list[#list + 1] = text:sub(at, i - 1)
        at = i + 1
      end
    end
  end
  list[#list + 1] = text:sub(at)
  return list
end

local function add(list, piece, help)
  local name, rest = piece:match "^%s*([%a][%w_]*)%s*(.*)$"
  if not name or (rest ~= "" and not rest:find "^[(:=]") then return end
  local about = help or rest:gsub("^:%s*", "")
  about = about:match "^%((.*)%)$" or about
  list[#list + 1] = { name = name, help = about }
end

---@class lobule.prompt.Option
---@field name string
---@field help string

--- The options that a function takes.
---@param name string
---@param argument? string          the parameter that holds them ("options")
---@return lobule.prompt.Option[]
function M.list(name, argument)
  local entry = entry_of(name)
  if not entry then return {} end
  local list = {}
  for _, part in ipairs(pieces(parameter_text(entry, argument or "options"), ";.")) do
    local head, about = part:match "^([^:\"({]*):%s*(.*)$"
    local names = head and pieces(head, ",") or pieces(part, ",")
    for _, piece in ipairs(names) do
      add(list, piece, about)
    end
  end
  return list
end

--- The texts that an option's help names as its choices.
---@param option lobule.prompt.Option
---@return string[]
function M.choices(option)
  local list = {}
  for choice in option.help:gmatch '"([^"]+)"' do list[#list + 1] = choice end
  return list
end

return M
