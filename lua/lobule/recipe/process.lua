--- A recipe's process from the parent's side: what it declares, and its answer rebuilt from plain
--- data, every table and figure checked as if a script had made it.
local core = require "lobule.core"
local figures = require "lobule.figure"
local format = require "lobule.recipe.format"
local host = require "lobule.host"
local tables = require "lobule.table"
local wire = require "lobule.recipe.wire"

local M = {}

local DESCRIBE <const> = { cpu_s = 5, wall_s = 10, memory_bytes = 256 * 2 ^ 20,
  output_bytes = 2 ^ 20 }
local MOST_OUTPUT <const> = 256 * 2 ^ 20
local WALL_FOR_CPU <const> = 2 -- wall seconds for each second of processor time, and 10 to start

local LIMITS <const> = {
  cpu = "used up its processor time (%d s)", wall = "took too long (%d s)",
  memory = "asked for more memory than it may have (%s)",
  output = "sent more output than it may (%s)",
}

--- What is raised when a recipe meets a limit: the command line makes exit status 3 of it.
M.LIMIT = "recipe limit"

local function size_text(bytes)
  return ("%.0f MiB"):format(bytes / 2 ^ 20)
end

local function limit_text(file, kind, limits)
  local value = { cpu = limits.cpu_s, wall = limits.wall_s,
    memory = size_text(limits.memory_bytes), output = size_text(limits.output_bytes) }
  return ("%s " .. LIMITS[kind]):format(file, type(value[kind]) == "number"
    and value[kind] // 1 or value[kind])
end

local function raise_error(file, err)
  local text = tostring(err.message)
  core.raise(err.code, ("%s: %s"):format(file, text), err.context ~= "" and err.context or nil)
end

local RAISE <const> = {}

function RAISE.error(file, payload)
  raise_error(file, wire.decode(payload))
end

function RAISE.limit(file, payload, limits)
  core.raise("data", limit_text(file, payload, limits), M.LIMIT)
end

function RAISE.crash(file, payload)
  core.raise("data", ("%s: its process ended without an answer (%s)"):format(file, payload))
end

function RAISE.fault(_, payload)
  core.raise("data", payload)
end

--- Asks a recipe's process; the value of its answer and which barriers were in force.
local function ask(request, limits, on_print)
  local kind, payload = host.child(wire.encode(request), limits, on_print)
  if kind ~= "result" then RAISE[kind](request.file, payload, limits) end
  local answer = wire.decode(payload)
  return answer.value, answer.sandbox
end

---@class lobule.recipe.File
---@field source string
---@field file string               base name
---@field path string
---@field sha256 string
---@field where string              "project", "user", "built-in", "file"
---@field folder? string            where its example lies; nil inside the program

--- What a recipe declares. Its code runs in a process of its own.
---@param recipe lobule.recipe.File
---@return lobule.recipe.Declaration
---@return table sandbox            limits, landlock, seccomp: what this kernel could put in force
---@raise a recipe that does not load, a declaration that is wrong
function M.describe(recipe)
  local declared, sandbox = ask({ action = "describe", source = recipe.source,
    file = recipe.file }, DESCRIBE, function() end)
  declared.example = declared.example or nil
  return format.declaration(format.given(declared)), sandbox
end

local rebuild <const> = {}

rebuild["table"] = function(block)
  local shown = tables.new(block.table)
  return { kind = "table", table = shown, caption = block.caption }
end

function rebuild.figure(block)
  local data = {}
  for i, one in ipairs(block.data) do data[i] = tables.new(one) end
  return { kind = "figure", figure = figures.restored(block.figure), caption = block.caption,
    width_mm = block.width_mm, data = data }
end

local function rebuild_text(block)
  return { kind = block.kind, text = tostring(block.text), level = block.level }
end

local TEXTS <const> = { heading = true, text = true, note = true, warning = true }

--- Runs a recipe.
---@param recipe lobule.recipe.File
---@param request table             inputs: packed frames; params; seed; report: title, journal
---@param limits table              cpu_s, memory (bytes)
---@param on_print fun(text: string)
---@return table answer             results: { name, record }; blocks; records
---@return table sandbox
function M.run(recipe, request, limits, on_print)
  request.action, request.source, request.file = "run", recipe.source, recipe.file
  local answer, sandbox = ask(request, { cpu_s = limits.cpu_s, memory_bytes = limits.memory,
    wall_s = WALL_FOR_CPU * limits.cpu_s + 10, output_bytes = MOST_OUTPUT }, on_print)
  local blocks = {}
  for i, block in ipairs(answer.blocks) do
    local make = rebuild[block.kind] or TEXTS[block.kind] and rebuild_text
    if not make then core.raise("data", "the recipe's report holds an unknown block") end
    blocks[i] = make(block)
  end
  answer.blocks = blocks
  return answer, sandbox
end

return M
