--- What runs in a recipe's own process: loads the recipe in an empty environment, tells what it
--- declares, or runs it on the inputs of the request and answers with plain data.
local check = require "lobule.check"
local core = require "lobule.core"
local environment = require "lobule.recipe.environment"
local format = require "lobule.recipe.format"
local paths = require "lobule.recipe.paths"
local wire = require "lobule.recipe.wire"

local M = {}

--- The recipe's table; its functions see `env`, which is still empty.
local function load_recipe(request, env)
  local chunk, problem = load(request.source, "@" .. request.file, "t", env)
  if not chunk then core.raise("parse", problem) end
  local recipe = chunk()
  return recipe, format.declaration(recipe)
end

--- A cohort of an input, under the recipe's own column names.
local function cohort_of(lb, input)
  local frame = wire.unpack_frame(input.frame, input.file)
  return lb.cohort(frame, { id = input.id })
end

local function inputs_of(lb, request)
  local inputs = {}
  for _, input in ipairs(request.inputs) do inputs[input.name] = cohort_of(lb, input) end
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

--- The named results as records.
local function results_of(results)
  local list = {}
  if results == nil then return list end
  check.type(results, "table", "what run returns")
  for name, value in next, results do
    if type(name) ~= "string" then
      core.raise("argument", "run must return a table of named results: { km = km }")
    end
    local record = type(value) == "number" and { value = value } or value:record()
    list[#list + 1] = { name = name, record = record }
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local ACTIONS <const> = {}

function ACTIONS.describe(request)
  local _, declaration = load_recipe(request, environment.new())
  return declaration
end

function ACTIONS.run(request, send)
  local env, fill = environment.new()
  local recipe = load_recipe(request, env)
  if type(recipe.run) ~= "function" then
    core.raise("argument", "the recipe has no run function")
  end
  local lb = fill(request.seed, function(text) send("P", text) end)
  local builder = require("lobule.recipe.builder").new(request.report)
  local results = recipe.run(lb, inputs_of(lb, request), request.params, builder)
  local report = builder:finish()
  return { results = results_of(results), blocks = blocks_of(report), records = report.records,
    values = request.paths and paths.values(results or {}, request.paths) }
end

--- Answers one request.
---@param bytes string              wire-encoded: action, source, file, and for "run" inputs, params
---@param send fun(kind: string, payload: string)  "P" print, "R" result, "E" error
---@param state table               which barriers are in force
function M.serve(bytes, send, state)
  local request = wire.decode(bytes)
  core.internal("@lobule/")
  local ok, answer = xpcall(function()
    local value = ACTIONS[request.action](request, send)
    return wire.encode { value = value, sandbox = state }
  end, environment.message)
  send(ok and "R" or "E", ok and answer or wire.encode(answer))
end

return M
