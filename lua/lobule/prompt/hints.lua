--- What the prompt adds to an error that a newcomer meets: how to leave, where a function lives,
--- that a name is a column's.
local chain = require "lobule.prompt.chain"

local M = {}

local MOST_BYTES <const> = 500 -- of a message: those meant here are short
local LEAVING <const> = { exit = true, quit = true, q = true, bye = true, logout = true }

--- Whether lb has something at a path such as "survival.km".
local function is_there(path)
  local at = require "lobule"
  for part in path:gmatch "[^.]+" do
    local ok, value = pcall(function() return at[part] end)
    if not ok or value == nil then return false end
    at = value
  end
  return true
end

--- The function of lb of a name, in one of its namespaces too: "lb.survival.km".
local function function_called(name)
  if is_there(name) then return "lb." .. name end
  for _, topic in ipairs(require("lobule.help").topics()) do
    if topic:match "%.([%w_]+)$" == name and is_there(topic) then return "lb." .. topic end
  end
end

--- The first variable of the session with a column of a name; what a result is called goes last.
local function holder_of(name, env)
  local names = {}
  for variable, value in next, env do
    if type(variable) == "string" and not variable:find "^_" then
      for _, column in ipairs(chain.columns(chain.of(value)) or {}) do
        if (column.name or column) == name then names[#names + 1] = variable end
      end
    end
  end
  table.sort(names)
  return names[1]
end

local function about_name(name, env, guessed)
  if LEAVING[name] then return ".quit or Ctrl-D leaves." end
  local known = function_called(name)
  if known then return ("It is %s;  ?%s  says what it takes."):format(known, known) end
  local holder = not guessed and holder_of(name, env)
  if holder then
    return ("'%s' is a column of %s; columns are named in texts:  %s:filter \"%s ...\"")
      :format(name, holder, holder, name)
  end
end

local function about_member(class, name, env)
  local known = (class == "cohort" or class == "frame") and function_called(name)
  if known then return ("It is a function:  %s(%s, ...)"):format(known, class) end
  local holder = holder_of(name, env)
  if holder then
    return ("'%s' is a column of %s; columns are named in texts:  %s:select { \"%s\" }")
      :format(name, holder, holder, name)
  end
end

--- A line to add to an error, or nil.
---@param message string            the error's text
---@param env table                 the variables of the session
---@return string?
function M.text(message, env)
  local first = message:sub(1, MOST_BYTES):match "^[^\n]*"
  local guessed = first:find("did you mean", 1, true) ~= nil
  local name = first:match "undefined name '([%w_]+)'"
  if name then return about_name(name, env, guessed) end
  if guessed then return nil end
  local class, member = first:match "(%l+) has no method or field '([%w_]+)'"
  if class then return about_member(class, member, env) end
  if first:find "arithmetic on a lobule%.Quantity" then
    return "A quantity knows its interval; :value() is the bare number."
  end
end

return M
