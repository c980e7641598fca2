--- example(): the example of a docstring, shown and run, in an environment of its own.
local core = require "lobule.core"
local docs = require "lobule.docs"

local M = {}

--- A chunk of code whose last line may be an expression, which it then returns.
local function compile(code, env)
  local chunk = load("return " .. code, "=example", "t", env) or load(code, "=example", "t", env)
  local at = #code
  while not chunk do
    at = code:sub(1, at - 1):match ".*()\n"
    if not at then return assert(load(code, "=example", "t", env)) end
    chunk = load(code:sub(1, at) .. "return " .. code:sub(at + 1), "=example", "t", env)
  end
  return chunk
end

--- The code of a function's example; nil without one.
---@param topic string|function     "survival.km" or lb.survival.km
---@return string? code
---@return string? name             as docs name it
function M.code(topic)
  local help = require "lobule.help"
  local wanted = type(topic) == "string" and topic or help.name_of(topic) or ""
  wanted = wanted:gsub("^lb%.", "")
  for _, entry in ipairs(docs.entries()) do
    local name = entry.name:gsub("^lb%.", "")
    if entry.example and (name == wanted or name == wanted:gsub("%.", ":")) then
      return entry.example, entry.name
    end
  end
end

--- Runs an example.
---@param code string
---@return any ...                  # what its last line gives
function M.run(code)
  local env = setmetatable({ lb = require "lobule" }, { __index = _G })
  return compile(code, env)()
end

local function refuse(topic)
  local names = {}
  for _, entry in ipairs(docs.entries()) do
    if entry.example then names[#names + 1] = (entry.name:gsub("^lb%.", "")) end
  end
  local name = type(topic) == "string" and topic or require("lobule.help").name_of(topic) or "that"
  local near = core.nearest(name, names)
  core.raise("name", ("no example of '%s'%s"):format(name, near
    and (" (did you mean '%s'?)"):format(near) or ""))
end

--- Shows the example of a function and runs it.
---@param topic string|function
---@return any ...                  # what the example's last line gives
---@raise a function without an example, with the nearest that has one
function M.example(topic)
  local code = M.code(topic)
  if not code then refuse(topic) end
  print("  " .. code:gsub("\n", "\n  "))
  return M.run(code)
end

return setmetatable(M, {
  __call = function(_, topic) return M.example(topic) end,
  __tostring = function() return "example(lb.survival.km) shows an example and runs it" end,
})
