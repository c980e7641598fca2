--- `lobule run RECIPE`: arguments, checks, the run, the files.
local core = require "lobule.core"
local format = require "lobule.recipe.format"
local inputs = require "lobule.recipe.inputs"
local locate = require "lobule.recipe.locate"
local process = require "lobule.recipe.process"
local reports = require "lobule.report"
local wire = require "lobule.recipe.wire"

local M = {}

M.EXIT_OK, M.EXIT_FAILED, M.EXIT_USAGE, M.EXIT_LIMIT = 0, 1, 2, 3

local function usage(text, mend)
  core.raise("argument", text, mend)
end

--- Options of every recipe: those that take a value, and those that take none.
local VALUED <const> = { ["-o"] = "output", ["--output"] = "output", ["--map"] = "map",
  ["--seed"] = "seed" }
local FLAGS <const> = { ["--check"] = "check", ["--help"] = "help",
  ["--interactive"] = "interactive", ["--share"] = "share", ["--locked"] = "locked" }

local function split(text)
  local list = {}
  for part in text:gmatch "[^,]+" do list[#list + 1] = part:match "^%s*(.-)%s*$" end
  return list
end

--- Names that a recipe's own options have: inputs, columns, roles, parameters.
local function own_options(declared)
  local own = {}
  for _, input in ipairs(declared.inputs) do
    own[input.name] = { kind = "input", input = input }
    for _, column in ipairs(input.columns) do
      own[column.role] = own[column.role] or { kind = "column", name = column.name }
      own[column.name] = { kind = "column", name = column.name }
    end
  end
  for _, param in ipairs(declared.params) do own[param.name] = { kind = "param", param = param } end
  return own
end

local function unknown(word, own)
  local names = {}
  for name in next, own do names[#names + 1] = name end
  table.sort(names)
  local near = core.nearest(word, names)
  usage(("unknown option --%s%s"):format(word, near and (" (did you mean --%s?)"):format(near)
    or ""), "--help lists the recipe's options.")
end

---@class lobule.recipe.Arguments
---@field files table<string, string>     by input
---@field columns table<string, string[]> by the recipe's column
---@field params table<string, any>
---@field output string[]

--- The command line after the recipe's name.
---@param declared lobule.recipe.Declaration
---@param words string[]
---@return lobule.recipe.Arguments
function M.arguments(declared, words)
  local args = { files = {}, columns = {}, params = {}, output = {} }
  local own, i = own_options(declared), 1
  while words[i] do
    local word, value = words[i]:match "^(%-%-?[%w_-]+)=(.*)$"
    word = word or words[i]
    if FLAGS[word] then
      args[FLAGS[word]] = true
    else
      local name = word:match "^%-%-([%w_-]+)$"
      local option = VALUED[word] or name and own[(name:gsub("-", "_"))]
      if not option then
        if not name then usage(("'%s' is no option"):format(words[i])) end
        unknown(name, own)
      end
      if value == nil then
        i = i + 1
        value = words[i] or usage(("a value is missing after %s"):format(word))
      end
      if option == "output" then
        table.move(split(value), 1, #split(value), #args.output + 1, args.output)
      elseif type(option) == "string" then
        args[option] = value
      elseif option.kind == "input" then
        args.files[name] = value
      elseif option.kind == "column" then
        args.columns[option.name] = split(value)
      else
        args.params[option.param.name] = format.value(option.param, value)
      end
    end
    i = i + 1
  end
  return args
end

local function params_of(declared, args)
  local values = {}
  for _, param in ipairs(declared.params) do
    local value = args.params[param.name]
    if value == nil then value = param.default end
    if value == nil and not param.optional then
      usage(("the parameter --%s is missing"):format(param.name), param.help)
    end
    values[param.name] = value
  end
  return values
end

local function read_inputs(declared, args)
  local list, n_problems = {}, 0
  for _, input in ipairs(declared.inputs) do
    local path = args.files[input.name]
    if path then
      list[#list + 1] = inputs.read(input, path, args.columns)
      n_problems = n_problems + #list[#list].problems
    elseif not input.optional then
      usage(("the input --%s FILE is missing"):format(input.name), input.help)
    end
  end
  return list, n_problems
end

local function show_inputs(list)
  for _, input in ipairs(list) do
    print(("%-12s %s  %d rows"):format(input.name, input.file, #input.frame))
    for _, entry in ipairs(input.mapped) do
      print(("%-12s %s"):format(entry.column.name, #entry.names > 0
        and table.concat(entry.names, ", ") or "(none)"))
    end
    for _, problem in ipairs(input.problems) do print("  " .. problem) end
  end
end

local function save(declared, answer, outputs)
  local report = reports.new { title = declared.title }
  report.blocks, report.records = answer.blocks, answer.records
  report:save(outputs)
end

--- Runs `lobule run`.
---@param words string[]            after "run"
---@return integer status
function M.run(words)
  if not words[1] then usage("usage: lobule run RECIPE [--options]") end
  local recipe = locate.find(words[1])
  local declared = process.describe(recipe)
  local args = M.arguments(declared, table.move(words, 2, #words, 1, {}))
  local params = params_of(declared, args)
  local list, n_problems = read_inputs(declared, args)
  show_inputs(list)
  if n_problems > 0 then return M.EXIT_USAGE end
  if args.check then return M.EXIT_OK end
  local request = { inputs = {}, params = params, seed = params.seed or 1,
    report = { title = declared.title } }
  for i, input in ipairs(list) do
    local frame, id = inputs.frame(input)
    request.inputs[i] = { name = input.name, file = input.file, id = id,
      frame = wire.pack_frame(frame) }
  end
  local answer = process.run(recipe, request, declared.limits, print)
  if #args.output > 0 then save(declared, answer, args.output) end
  return M.EXIT_OK
end

--- A command line of the program: `lobule run`, `lobule recipe`, `lobule verify`.
---@param command string
---@param ... string
---@return integer status
function M.main(command, ...)
  if command ~= "run" then
    io.stderr:write(("lobule: '%s' is not available in this version\n"):format(command))
    return M.EXIT_USAGE
  end
  local ok, status = pcall(M.run, { ... })
  if ok then return status end
  io.stderr:write("lobule run: ", tostring(status), "\n")
  if type(status) == "string" then return M.EXIT_FAILED end
  if status.context == process.LIMIT then return M.EXIT_LIMIT end
  return status.code == "argument" and M.EXIT_USAGE or M.EXIT_FAILED
end

return M
