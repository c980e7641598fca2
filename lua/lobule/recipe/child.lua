--- What runs in a recipe's own process: loads the recipe in an empty environment, tells what it
--- declares, or runs it on the inputs of the request and answers with plain data.
local answers = require "lobule.recipe.answer"
local check = require "lobule.check"
local core = require "lobule.core"
local environment = require "lobule.recipe.environment"
local format = require "lobule.recipe.format"
local item = require "lobule.report.item"
local paths = require "lobule.recipe.paths"
local refused = require "lobule.recipe.refused"
local wire = require "lobule.recipe.wire"

local M = {}

--- The recipe's table; its functions see `env`, which is still empty.
local function load_recipe(request, env)
  if request.source:sub(1, 1) == "\27" then
    core.raise("parse", "this is bytecode: a recipe is a text")
  end
  local chunk, problem = load(request.source, "@" .. request.file, "t", env)
  if not chunk then core.raise("parse", problem) end
  local recipe = chunk()
  return recipe, format.declaration(recipe)
end

--- The cohorts of the inputs, under the recipe's own column names; their bytes come one by one.
local function inputs_of(lb, request, next_piece)
  local inputs = {}
  for _, input in ipairs(request.inputs) do
    local frame = wire.unpack_frame(next_piece(), input.file)
    inputs[input.name] = lb.cohort(frame, { id = input.id })
  end
  collectgarbage()
  return inputs
end

local block_data <const> = {}

block_data["table"] = function(block)
  return { kind = "table", caption = block.caption, table = wire.pack_table(block.table) }
end

function block_data.figure(block)
  local data = {}
  for i, one in ipairs(block.data) do data[i] = wire.pack_table(one) end
  return { kind = "figure", caption = block.caption, width_mm = block.width_mm, data = data,
    figure = block.figure:description() }
end

local function plain(block)
  return { kind = block.kind, text = block.text, level = block.level }
end

local function blocks_of(report)
  local list = {}
  for i, block in ipairs(report.blocks) do list[i] = (block_data[block.kind] or plain)(block) end
  return list
end

local MAY <const> = "Named results are numbers, quantities (km:median { arm = \"A\" }) and results "
  .. "(km, cox, table_one, ...); cohorts, frames and figures go into report:add(...)."

local function record_of(name, value)
  if type(value) == "number" then return { value = value } end
  local record = item.record(value)
  if type(record) == "table" then return record end
  core.raise("argument", ("run's result '%s': expected a number or a result of lobule, found %s")
    :format(name, check.describe(value)), MAY)
end

--- Refuses what is returned without a name.
local function check_named(results)
  if type(results) == "table" and not environment.genuine(results)
    and item.record(results) == nil then
    return
  end
  core.raise("argument", ("run returns %s: expected a table of named results"):format(
    check.describe(results)), "return { km = km }. " .. MAY)
end

--- The named results as records; own: of an object that the recipe made.
local function results_of(results)
  local list = {}
  if results == nil then return list end
  check_named(results)
  for name, value in next, results do
    if type(name) ~= "string" then
      core.raise("argument", "run must return a table of named results: { km = km }", MAY)
    end
    list[#list + 1] = { name = name, record = record_of(name, value),
      own = not environment.genuine(value) or nil }
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local ACTIONS <const> = {}

function ACTIONS.describe(request)
  local _, declaration = load_recipe(request, environment.new())
  return declaration
end

function ACTIONS.run(request, send, next_piece)
  local env, fill = environment.new()
  local recipe = load_recipe(request, env)
  if type(recipe.run) ~= "function" then
    core.raise("argument", "the recipe has no run function")
  end
  local lb = fill(request.seed, function(text) send("P", text) end)
  local builder = require("lobule.recipe.builder").new(request.report)
  local inputs = inputs_of(lb, request, next_piece)
  local results = recipe.run(lb, inputs, request.params, builder)
  local report = builder:finish()
  local answer = { results = results_of(results), blocks = blocks_of(report),
    records = report.records,
    values = request.paths and paths.values(results or {}, request.paths) }
  local problem = answers.problem(answer)
  if problem then core.raise("argument", problem) end
  return answer
end

--- Answers one request.
---@param next_piece fun(): string  the request: first, wire-encoded, action, source, file, and for
---                                 "run" inputs, params, seed, report; then each input's frame
---@param send fun(kind: string, payload: string)  "P" print, "R" result, "E" error
---@param state table               which barriers are in force
function M.serve(next_piece, send, state)
  local request = wire.decode(next_piece())
  core.internal("@lobule/")
  refused.enter()
  local ok, answer = pcall(function()
    local value = ACTIONS[request.action](request, send, next_piece)
    return wire.encode { value = value, sandbox = state }
  end)
  send(ok and "R" or "E", ok and answer or wire.encode(environment.message(answer)))
end

return M
