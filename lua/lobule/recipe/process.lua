--- A recipe's process from the parent's side: what it declares, and its answer rebuilt from plain
--- data, every table and figure checked as if a script had made it.
local answers = require "lobule.recipe.answer"
local clean = require "lobule.clean"
local core = require "lobule.core"
local figures = require "lobule.figure"
local format = require "lobule.recipe.format"
local host = require "lobule.host"
local tables = require "lobule.table"
local wire = require "lobule.recipe.wire"

local M = {}

local DESCRIBE <const> = { cpu_s = 2, wall_s = 30, memory_bytes = 256 * 2 ^ 20,
  output_bytes = 2 ^ 20 }
local MOST_OUTPUT <const> = 128 * 2 ^ 20
local LEAST_MEMORY <const> = 16 * 2 ^ 20
local MOST_CPU_S <const> = 7 * 24 * 3600
local OF_MACHINE <const> = 0.8 -- of the machine's memory a recipe gets at most
local WALL_FOR_CPU <const> = 2 -- wall seconds for each second of processor time, and 10 to start

local LIMITS <const> = {
  cpu = "used up its processor time (%s)", wall = "took too long (%s)",
  memory = "asked for more memory than it may have (%s)",
  output = "sent more output than it may (%s)",
}

--- The mend of what is raised when a recipe meets a limit: the command line makes exit status 3 of
--- it.
M.LIMIT = "A recipe says in its table what it may use: limits = { cpu_s = 600, memory = '2 GiB' }."

local function size_text(bytes)
  return ("%.0f MiB"):format(bytes / 2 ^ 20)
end

local function seconds_text(s)
  return ("%.0f s"):format(s)
end

local function limit_text(file, kind, limits)
  local value = { cpu = seconds_text(limits.cpu_s), wall = seconds_text(limits.wall_s),
    memory = size_text(limits.memory_bytes), output = size_text(limits.output_bytes) }
  return ("%s " .. LIMITS[kind]):format(file, value[kind])
end

local function text_of(value)
  return type(value) == "string" and value or ""
end

--- Raises what went wrong in a recipe, by its file's name and the line there. The code is always
--- the same: it is the recipe that failed, not the caller's arguments.
local function raise_error(file, err)
  local text, where = text_of(err.message), text_of(err.where)
  if where ~= "" then text = ("%s: %s"):format(where, text) end
  if text:sub(1, #file + 1) ~= file .. ":" then text = ("%s: %s"):format(file, text) end
  local context = text_of(err.context)
  core.raise("data", text, context ~= "" and context or nil)
end

local function garbled(file)
  core.raise("data", file .. ": its process sent what no recipe's process sends")
end

local RAISE <const> = { garbled = garbled }

function RAISE.error(file, payload)
  local err = wire.decode(payload, true)
  if type(err) ~= "table" then garbled(file) end
  raise_error(file, err)
end

function RAISE.limit(file, payload, limits)
  core.raise("data", limit_text(file, payload, limits), M.LIMIT)
end

function RAISE.crash(file, payload)
  core.raise("data", ("%s: its process ended without an answer (%s)"):format(file, payload))
end

function RAISE.fault(file, payload)
  core.raise("data", ("%s: its process failed: %s"):format(file, clean.text(payload)))
end

local BARRIERS <const> = { "limits", "landlock", "seccomp" }

local function barriers(given)
  local state = {}
  for _, name in ipairs(BARRIERS) do
    state[name] = type(given) == "table" and given[name] == true
  end
  return state
end

--- Asks a recipe's process; the value of its answer and which barriers were in force.
local function ask(request, pieces, limits, on_print)
  table.insert(pieces, 1, wire.encode(request))
  local show = clean.limited(on_print, clean.MOST_LINES + 1, clean.MOST_BYTES + 200)
  local kind, payload = host.child(pieces, limits, function(text) show(clean.text(text)) end)
  if kind ~= "result" then RAISE[kind](request.file, payload, limits) end
  local answer = wire.decode(payload, true)
  if type(answer) ~= "table" then garbled(request.file) end
  return answer.value, barriers(answer.sandbox)
end

--- What `make` gives. Errors of ours, by its checks, are told; any other means that the answer is
--- not of the shape that our own code sends.
local function believed(file, make, ...)
  local ok, value = pcall(make, ...)
  if ok then return value end
  if type(value) ~= "table" then garbled(file) end
  raise_error(file, { message = value.message, context = value.context })
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
    file = recipe.file }, {}, DESCRIBE, function() end)
  return believed(recipe.file, function()
    return format.declaration(format.given(declared))
  end), sandbox
end

local rebuild <const> = {}

rebuild["table"] = function(block)
  local shown = tables.new(block.table)
  return { kind = "table", table = shown, caption = block.caption }
end

function rebuild.figure(block)
  local data = {}
  for i, one in ipairs(block.data) do data[i] = tables.new(one) end
  local figure = figures.restored(block.figure)
  figure:svg() -- what cannot be drawn fails here, where its recipe is named
  return { kind = "figure", figure = figure, caption = block.caption,
    width_mm = block.width_mm, data = data }
end

local function rebuild_text(block)
  return { kind = block.kind, text = block.text, level = block.level }
end

local function rebuilt(block)
  return (rebuild[block.kind] or rebuild_text)(block)
end

--- The limits of a run: what the recipe declares, within what the machine has.
local function limits_of(file, declared)
  local memory, cpu_s = declared.memory, declared.cpu_s
  if not (memory >= LEAST_MEMORY and memory < math.huge) then
    core.raise("data", ("%s: limits.memory is %s: at least %s are needed"):format(file,
      size_text(memory), size_text(LEAST_MEMORY)))
  end
  cpu_s = math.min(math.ceil(cpu_s), MOST_CPU_S)
  return { cpu_s = cpu_s, memory_bytes = math.min(memory, OF_MACHINE * host.machine_memory()) // 1,
    wall_s = WALL_FOR_CPU * cpu_s + 10, output_bytes = MOST_OUTPUT }
end

--- The request without the inputs' frames, and these as a list: they go as they are.
local function parted(recipe, given)
  local request, pieces = { action = "run", source = recipe.source, file = recipe.file,
    inputs = {}, params = given.params, seed = given.seed, report = given.report,
    paths = given.paths }, {}
  for i, input in ipairs(given.inputs) do
    request.inputs[i] = { name = input.name, file = input.file, id = input.id,
      many = input.many }
    pieces[i] = input.frame
  end
  return request, pieces
end

--- Runs a recipe.
---@param recipe lobule.recipe.File
---@param request table             inputs: name, file, id, frame (wire.pack_frame); params; seed;
---                                 report: title, journal; paths: of single numbers wanted
---@param limits table              cpu_s, memory (bytes)
---@param on_print fun(text: string)
---@return table answer             results: { name, record }; blocks; records; values of the paths
---@return table sandbox
---@raise what the recipe raised, at its own line; a limit, whose context is M.LIMIT; an answer that
---       is not one
function M.run(recipe, request, limits, on_print)
  local asked, pieces = parted(recipe, request)
  local answer, sandbox = ask(asked, pieces, limits_of(recipe.file, limits), on_print)
  local problem = answers.problem(answer)
  if problem then raise_error(recipe.file, { message = problem }) end
  local blocks = {}
  for i, block in ipairs(answer.blocks) do blocks[i] = believed(recipe.file, rebuilt, block) end
  return { results = answer.results, blocks = blocks, records = answer.records,
    values = answer.values }, sandbox
end

return M
