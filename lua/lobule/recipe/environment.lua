--- The world of a recipe: empty while its file is loaded, then the safe part of Lua, `print`, and
--- nothing that reads files, clocks or the process. The kernel's barriers are outside of this; here
--- is what a recipe's author sees of them.
---
--- math.random is Lua's xoshiro256**, seeded with the run's seed and 0.
local check = require "lobule.check"
local clean = require "lobule.clean"
local core = require "lobule.core"
local order = require "lobule.recipe.order"
local refused = require "lobule.recipe.refused"

local M = {}

local BASE <const> = { "assert", "error", "ipairs", "pcall", "rawequal", "rawget", "rawlen",
  "rawset", "select", "tonumber", "type", "xpcall" }
local LIBRARIES <const> = { "table", "math", "utf8", "coroutine" }
local ABSENT <const> = {
  io = "a recipe reads no files: what it needs is an input that it declares",
  os = "a recipe knows no clock and no environment: its result must be the same every time",
  require = "a recipe is one file; what it needs is in lb",
  dofile = "a recipe is one file", loadfile = "a recipe is one file",
  debug = "a recipe has no debug library", package = "a recipe is one file",
  collectgarbage = "a recipe leaves memory to the program",
  arg = "what a recipe may be told is a parameter that it declares",
}

local function printer(send)
  return clean.limited(function(text) send(text) end, clean.MOST_LINES, clean.MOST_BYTES)
end

local function print_with(show)
  return function(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = order.tostring(parts[i]) end
    show(table.concat(parts, "\t"))
  end
end

local function library(name)
  local copy = {}
  for key, value in next, _G[name] do copy[key] = value end
  return copy
end

--- A function that says why it is not there.
local function refuse(what, why)
  return function() core.raise("argument", what .. ": " .. why) end
end

--- What getmetatable gives for what is not the recipe's own: nothing to read, nothing to change.
local function sealed(what)
  local function raise()
    core.raise("argument", ("the metatable of %s cannot be looked into or changed"):format(what))
  end
  return setmetatable({}, { __index = raise, __newindex = raise, __metatable = false })
end

local own <const> = setmetatable({}, { __mode = "k" }) -- metatables that recipes made

--- Whether a value is an object of lobule, not one that the recipe made to look like it.
---@param value any
---@return boolean
function M.genuine(value)
  local meta = getmetatable(value)
  return type(meta) == "table" and not own[meta]
end

--- getmetatable and setmetatable for tables of the recipe's own.
local function metatable_functions(env)
  local of_text, of_object = sealed "texts", sealed "an object of lobule"
  function env.getmetatable(value)
    local meta = getmetatable(value)
    if type(meta) ~= "table" or own[meta] then return meta end
    return type(value) == "string" and of_text or of_object
  end
  function env.setmetatable(value, meta)
    local now = type(value) == "table" and getmetatable(value)
    if now and not own[now] then
      core.raise("argument", "setmetatable: an object of lobule keeps its metatable")
    end
    if type(meta) == "table" then
      if rawget(meta, "__gc") ~= nil or rawget(meta, "__mode") ~= nil then
        core.raise("argument", "setmetatable: a recipe has no finalizers (__gc) and no weak "
          .. "tables (__mode): when they act differs from run to run")
      end
      own[meta] = true
    end
    return setmetatable(value, meta)
  end
end

--- A table that can be read only, and what it holds likewise.
local function read_only(t, name)
  local seen = {}
  return setmetatable({}, {
    __index = function(_, key)
      if seen[key] then return seen[key] end
      local value = t[key]
      if type(value) ~= "table" then return value end
      seen[key] = read_only(value, ("%s.%s"):format(name, key))
      return seen[key]
    end,
    __newindex = function(_, key)
      core.raise("argument", ("%s.%s cannot be changed"):format(name, order.tostring(key)))
    end,
    __metatable = false,
  })
end

--- lb as a recipe sees it.
local function facade()
  local lb, refusals = require "lobule", refused.functions()
  local cohort = lb.cohort
  function refusals.cohort(source, options)
    if type(source) == "string" then refused.raise "lb.cohort" end
    return cohort(source, options)
  end
  return read_only(setmetatable({}, { __index = function(_, key)
    if refusals[key] then return refusals[key] end
    return lb[key]
  end }), "lb")
end

--- `string` without what differs from run to run, and the same as the methods of texts.
local function text_library()
  local safe, methods = library "string", {}
  safe.format = order.format
  safe.dump = refuse("string.dump", "a recipe makes no bytecode")
  for key, value in next, safe do methods[key] = value end
  getmetatable("").__index = methods
  return safe
end

local function fill_load(env)
  env.load = function(text, _, _, ...)
    if type(text) ~= "string" then
      core.raise("argument", "load: a recipe loads text, not " .. order.tostring(text))
    end
    if text:sub(1, 1) == "\27" then core.raise("argument", "load: a recipe loads no bytecode") end
    local given = select("#", ...) > 0
    return load(text, "=(load)", "t", given and (...) or env)
  end
end

local function fill(env, text, seed, send)
  for _, name in ipairs(BASE) do env[name] = _G[name] end
  for _, name in ipairs(LIBRARIES) do env[name] = library(name) end
  math.randomseed(seed, 0)
  env.math.randomseed = refuse("math.randomseed", "the seed is the run's: --seed")
  env.pairs, env.next, env.tostring = order.pairs, order.next, order.tostring
  env.table.sort = order.sort
  env.print = print_with(printer(send))
  env.string = text
  metatable_functions(env)
  fill_load(env)
  env._G, env._VERSION = env, _VERSION
  return facade()
end

--- An empty environment, and the function that fills it when the recipe is run.
---@return table env
---@return fun(seed: integer, send: fun(text: string)): table fill  gives lb
function M.new()
  local env, text = {}, text_library()
  setmetatable(env, { __index = function(_, name)
    local why = ABSENT[name]
    core.raise("name", ("undefined name '%s'"):format(order.tostring(name)),
      why and why .. "." or nil)
  end, __metatable = false })
  return env, function(seed, send) return fill(env, text, seed, send) end
end

local MOST_MESSAGE <const> = 10000

local function field(err, name)
  local value = rawget(err, name)
  return type(value) == "string" and value:sub(1, MOST_MESSAGE) or ""
end

--- An error as plain data: what the parent raises again. Nothing of the recipe's runs here but a
--- __tostring of its own.
---@param err any
---@return table                    # message, context, where
function M.message(err)
  if type(err) == "table" and check.is(err, "lobule.Error") then
    return { message = field(err, "message"), context = field(err, "context"),
      where = field(err, "where") }
  end
  local ok, text = pcall(order.tostring, err)
  return { message = ok and type(text) == "string" and text:sub(1, MOST_MESSAGE)
    or "an error that cannot be shown", context = "", where = "" }
end

return M
