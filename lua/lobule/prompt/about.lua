--- Help at the prompt: `?x`, `x?`, `??word`, and what a session adds to a search.
local chain = require "lobule.prompt.chain"
local commands = require "lobule.prompt.commands"
local display = require "lobule.prompt.display"
local help = require "lobule.help"
local help_search = require "lobule.help_search"
local host = require "lobule.host"

local M = {}

local current -- the environment of the session, for its columns

--- The session whose columns a search knows.
---@param env table
function M.watch(env)
  current = env
end

local function add_columns(add, name, frame)
  for _, column in ipairs(frame:names()) do
    local label = frame:column(column):label()
    add(("%s: %s"):format(name, column), label and "a column: " .. label or "a column")
  end
end

help_search.add_source(function(add)
  for name, value in next, current or {} do
    local frame = type(name) == "string" and not name:find "^_" and chain.of(value).frame
    if frame then add_columns(add, name, frame) end
  end
end)

help_search.add_source(function(add)
  for _, one in ipairs(commands.list()) do add("." .. one.name, one.help) end
end)

local function put(session, text)
  display.put(text, host.terminal(), session.settings.pager ~= false)
end

--- "d:filter" of a variable d as the class's method: "cohort:filter".
local function method_of(session, topic)
  local name, method = topic:match "^([%a_][%w_]*)[.:]([%w_]+)$"
  local value = name and rawget(session.env, name)
  local class = value ~= nil and chain.of(value).class
  return class and class .. ":" .. method
end

local function about_variable(name, value)
  local thing = chain.of(value)
  local class = thing.class or type(value)
  local size = thing.frame and (", %d rows, %d columns"):format(#thing.frame,
    #thing.frame:names()) or ""
  local text = ("%s: %s%s"):format(name, class, size)
  if type(value) ~= "function" and not thing.class then return text, help.name_of(value) ~= nil end
  return text, true
end

--- Help on a topic or on the object of that name.
---@param session lobule.prompt.Session
---@param topic string
function M.help(session, topic)
  local value = rawget(session.env, topic)
  if value == nil or value == help or value == require "lobule" then
    put(session, (help.text(topic ~= "lb" and (method_of(session, topic) or topic) or nil)))
    return
  end
  local text, documented = about_variable(topic, value)
  local more, found
  if documented then more, found = help.text(value) end
  put(session, found and text .. "\n\n" .. more or text)
end

--- What mentions a word.
---@param session lobule.prompt.Session
---@param word string
function M.search(session, word)
  put(session, help_search.text(word, display.width(host.terminal())))
end

return M
