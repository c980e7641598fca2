--- The world of a recipe: empty while its file is loaded, then the safe part of Lua, `print`, and
--- nothing that reads files, clocks or the process. The kernel's barriers are outside of this; here
--- is what a recipe's author sees of them.
local core = require "lobule.core"

local M = {}

local BASE <const> = { "assert", "error", "getmetatable", "ipairs", "next", "pcall", "rawequal",
  "rawget", "rawlen", "rawset", "select", "setmetatable", "tonumber", "type", "xpcall" }
local LIBRARIES <const> = { "string", "table", "math", "utf8", "coroutine" }
local ABSENT <const> = {
  io = "a recipe reads no files: what it needs is an input that it declares",
  os = "a recipe knows no clock and no environment: its result must be the same every time",
  require = "a recipe is one file; what it needs is in lb",
  dofile = "a recipe is one file", loadfile = "a recipe is one file",
  debug = "a recipe has no debug library", package = "a recipe is one file",
  collectgarbage = "a recipe leaves memory to the program",
}

local RANK <const> = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local x, y = RANK[type(a)] or 4, RANK[type(b)] or 4
  if x ~= y then return x < y end
  if x > 2 then return tostring(a) < tostring(b) end
  return a < b
end

--- pairs in an order that is the same on every run: numbers, texts, the rest.
local function ordered_pairs(t)
  local meta = getmetatable(t)
  if type(meta) == "table" and meta.__pairs then return meta.__pairs(t) end
  local keys, i = {}, 0
  for key in next, t do keys[#keys + 1] = key end
  table.sort(keys, before)
  return function()
    i = i + 1
    local key = keys[i]
    if key ~= nil then return key, t[key] end
  end, t, nil
end

--- tostring without addresses, which differ from run to run.
local function safe_tostring(value)
  local kind = type(value)
  local meta = getmetatable(value)
  local own = type(meta) == "table" and rawget(meta, "__tostring")
  if own or (kind ~= "table" and kind ~= "function" and kind ~= "userdata"
    and kind ~= "thread") then
    return tostring(value)
  end
  return kind
end

local function printer(send)
  return function(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = safe_tostring(parts[i]) end
    send(table.concat(parts, "\t"))
  end
end

local function library(name)
  local copy = {}
  for key, value in next, _G[name] do copy[key] = value end
  return copy
end

--- lb as a recipe sees it.
local function facade()
  local lb = require "lobule"
  local refused = function(name)
    return function()
      core.raise("argument", ("lb.%s is not for recipes: the data are in `inputs`"):format(name))
    end
  end
  local cohort = lb.cohort
  return setmetatable({
    read = refused "read", report = refused "report", peek = refused "peek",
    cohort = function(source, options)
      if type(source) == "string" then refused "cohort" () end
      return cohort(source, options)
    end,
  }, { __index = lb, __newindex = function(_, key)
    core.raise("argument", ("lb.%s cannot be changed"):format(tostring(key)))
  end, __metatable = false })
end

local function fill(env, seed, send)
  for _, name in ipairs(BASE) do env[name] = _G[name] end
  for _, name in ipairs(LIBRARIES) do env[name] = library(name) end
  env.string.dump = nil
  rawset(string, "dump", nil) -- ("x").dump too
  getmetatable("").__metatable = false
  math.randomseed(seed, 0)
  env.math.randomseed = nil
  env.pairs, env.tostring, env.print = ordered_pairs, safe_tostring, printer(send)
  env.load = function(text, name, _, env_given)
    if type(text) ~= "string" then error("load takes text", 2) end
    return load(text, name, "t", env_given or env)
  end
  env._G, env._VERSION = env, _VERSION
  return facade()
end

--- An empty environment, and the function that fills it when the recipe is run.
---@return table env
---@return fun(seed: integer, send: fun(text: string)): table fill  gives lb
function M.new()
  local env = {}
  setmetatable(env, { __index = function(_, name)
    local why = ABSENT[name]
    core.raise("name", ("undefined name '%s'"):format(tostring(name)), why and why .. "." or nil)
  end, __metatable = false })
  return env, function(seed, send) return fill(env, seed, send) end
end

--- An error as plain data: what the parent raises again.
---@param err any
---@return table                    # message, context, code, where
function M.message(err)
  local meta = getmetatable(err)
  if type(meta) == "table" and rawget(meta, "__name") == "lobule.error" then
    return { message = err.message, context = err.context, code = err.code, where = err.where }
  end
  return { message = type(err) == "string" and err or safe_tostring(err), context = "",
    code = "argument", where = "" }
end

return M
