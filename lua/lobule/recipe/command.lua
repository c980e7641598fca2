--- `lobule run RECIPE`: finds the recipe, maps the data, checks everything, runs, writes the files.
local arguments = require "lobule.recipe.arguments"
local core = require "lobule.core"
local format = require "lobule.recipe.format"
local host = require "lobule.host"
local inputs = require "lobule.recipe.inputs"
local interactive = require "lobule.recipe.interactive"
local locate = require "lobule.recipe.locate"
local lock = require "lobule.recipe.lock"
local process = require "lobule.recipe.process"
local reports = require "lobule.report"
local share = require "lobule.recipe.share"
local signature = require "lobule.recipe.signature"
local site = require "lobule.recipe.site"
local version = require "lobule.recipe.version"
local wire = require "lobule.recipe.wire"

local M = {}

M.EXIT_OK, M.EXIT_FAILED, M.EXIT_USAGE, M.EXIT_LIMIT = 0, 1, 2, 3

local function usage(text, mend)
  core.raise("argument", text, mend)
end

--- What the site's map says goes under what the command line says.
local function merge(args, map, declared)
  site.check(map, declared)
  for name, path in next, map.files do args.files[name] = args.files[name] or path end
  for name, columns in next, map.columns do args.columns[name] = args.columns[name] or columns end
  for _, param in ipairs(declared.params) do
    local value = map.params[param.name]
    if args.params[param.name] == nil and value ~= nil then
      args.params[param.name] = format.value(param, value)
    end
  end
end

local function params_of(declared, args)
  local values = {}
  for _, param in ipairs(declared.params) do
    local value = args.params[param.name]
    if value == nil and param.name == "seed" then value = args.seed end
    if value == nil then value = param.default end
    if value == nil and not param.optional then
      usage(("the parameter --%s is missing"):format(param.name:gsub("_", "-")), param.help)
    end
    values[param.name] = value
  end
  return values
end

local function read_inputs(declared, args, map)
  local list = {}
  for _, input in ipairs(declared.inputs) do
    local path = args.files[input.name]
    if path then
      list[#list + 1] = inputs.read(input, path, args.columns, map)
    elseif not input.optional then
      usage(("the input is missing: --%s FILE"):format(input.name),
        (input.help or "") .. "; --help shows the recipe's options, --interactive asks for them.")
    end
  end
  return list
end

--- Outputs that could not be written, or would destroy an input, are refused before the run.
local function check_outputs(args, list)
  for _, path in ipairs(args.output) do
    for _, input in ipairs(list) do
      if path == input.path then
        usage(("the output %s is the input itself"):format(path), "Choose another name.")
      end
    end
    if args.share and not path:find "%.json$" then
      usage(("--share writes .json only, not %s"):format(path),
        "A report shows single persons: figures and tables of events stay here.")
    end
    local folder = path:match "^(.+)/[^/]+/?$" or "."
    if not host.folder(folder) then usage(("no folder '%s'"):format(folder)) end
  end
  if not args.share then reports.check_paths(args.output) end
end

local function shown(value)
  return type(value) == "number" and core.format_number(value) or tostring(value)
end

local function show_params(declared, params, args)
  local parts = {}
  for _, param in ipairs(declared.params) do
    if params[param.name] ~= nil then
      parts[#parts + 1] = ("%s %s%s"):format(param.name, shown(params[param.name]),
        args.params[param.name] == nil and " (default)" or "")
    end
  end
  if #parts > 0 then print("parameters  " .. table.concat(parts, "   ")) end
end

local function show_sandbox(sandbox)
  local missing = {}
  for _, barrier in ipairs { "limits", "landlock", "seccomp" } do
    if not sandbox[barrier] then missing[#missing + 1] = barrier end
  end
  print("sandbox     " .. (#missing == 0 and "process limits, Landlock and seccomp in force"
    or "this system lacks " .. table.concat(missing, ", ") .. ": run only recipes you trust"))
end

--- Shows what was found; the number of problems.
local function show(run, args, sandbox)
  local n_problems = 0
  for _, input in ipairs(run.inputs) do
    print(inputs.table(input))
    n_problems = n_problems + #input.problems
  end
  show_params(run.declared, run.params, args)
  if args.check then show_sandbox(sandbox) end
  io.stdout:flush()
  for _, input in ipairs(run.inputs) do
    for _, problem in ipairs(input.problems) do io.stderr:write(problem, "\n") end
  end
  return n_problems
end

local function request_of(run)
  local request = { inputs = {}, params = run.params, seed = run.seed,
    report = { title = run.declared.title } }
  for i, input in ipairs(run.inputs) do
    local frame, id, many = inputs.frame(input)
    request.inputs[i] = { name = input.name, file = input.file, id = id, many = many,
      frame = wire.pack_frame(frame) }
  end
  return request
end

--- The report of a run's answer.
---@param run lobule.recipe.Run
---@param answer table
---@return lobule.Report
function M.report(run, answer)
  local report = reports.new { title = run.declared.title, seed = run.seed }
  if #answer.blocks == 0 then
    report = report:note "The recipe put nothing into its report."
  else
    report.blocks = answer.blocks
  end
  report.records = answer.records
  report.recipe = { file = run.recipe, ground = lock.ground(run), results = answer.results,
    signed = run.signed or signature.text(run.recipe, run.declared) }
  return report
end

--- Runs a recipe whose inputs are mapped.
---@param run lobule.recipe.Run
---@param on_print fun(text: string)
---@return table answer             results, blocks, records
function M.answer(run, on_print)
  return (process.run(run.recipe, request_of(run), run.declared.limits, on_print))
end

--- Writes the report, or the shared aggregates, and the lock beside them.
local function write(run, answer, args)
  local lock_path = lock.path(args.output)
  if args.share then
    local text, all = share.text(lock.ground(run), answer.results, args.min_cell)
    for _, path in ipairs(args.output) do core.write_file(path, text) end
    for _, line in ipairs(all.left_out) do print("not shared  " .. line) end
    if all.hidden > 0 then
      print(("%d numbers that rest on fewer than %d persons or events were left out"):format(
        all.hidden, args.min_cell))
    end
  else
    M.report(run, answer):save(args.output)
  end
  core.write_file(lock_path, lock.text(run, answer.results))
  return lock_path
end

--- From the recipe and its arguments to the files.
local function carry_out(run, args, sandbox, from)
  if show(run, args, sandbox) > 0 then return M.EXIT_USAGE end
  if args.check then return M.EXIT_OK end
  if #args.output == 0 then
    usage("where does the report go? -o out.html", "--check only shows the mapping.")
  end
  check_outputs(args, run.inputs)
  local lock_path = lock.path(args.output)
  local locked = args.locked and lock.check(lock_path, run)
  local answer = M.answer(run, print)
  if locked then lock.check_results(lock_path, locked, answer.results) end
  lock_path = write(run, answer, args)
  print(("%s, %s written (%.1f s)"):format(table.concat(args.output, ", "), lock_path,
    host.clock() - from))
  return M.EXIT_OK
end

--- Refuses a recipe that is not what was signed, unless asked.
local function check_signature(recipe, declared, args)
  local state = signature.state(setmetatable({ declared = declared }, { __index = recipe }))
  if state.state == "broken" and not args.unsigned_ok then
    core.raise("argument", ("%s: %s"):format(recipe.file, state.text),
      "Ask its author for the file that was signed; --unsigned-ok runs this one.")
  end
  if state.state == "broken" or state.state == "unchecked" then
    io.stderr:write(("%s: %s\n"):format(recipe.file, state.text))
  end
  return state.text
end

--- Runs `lobule run`.
---@param words string[]            after "run"
---@return integer status
function M.run(words)
  local from = host.clock()
  if not words[1] or words[1]:sub(1, 1) == "-" then
    usage("usage: lobule run RECIPE [--options]", "`lobule recipe list` shows the recipes.")
  end
  local recipe = locate.find(words[1])
  local declared, sandbox = process.describe(recipe)
  version.check(declared)
  local args = arguments.parse(declared, table.move(words, 2, #words, 1, {}))
  if args.help then
    print(arguments.help(declared))
    return M.EXIT_OK
  end
  local signed = check_signature(recipe, declared, args)
  local map = args.map and site.read(args.map)
  if map then merge(args, map, declared) end
  if args.interactive then
    interactive.fill(words[1], declared, args)
    map = map or args.map and site.read(args.map)
  end
  local run = { recipe = recipe, declared = declared, params = params_of(declared, args),
    inputs = read_inputs(declared, args, map), map = map or nil, signed = signed }
  run.seed = args.seed or math.tointeger(run.params.seed) or 1
  return carry_out(run, args, sandbox, from)
end

local COMMANDS <const> = { run = M.run }

function COMMANDS.recipe(words)
  return require("lobule.recipe.tools").run(words)
end

--- `lobule recipes [word]` is `lobule recipe list [word]`.
function COMMANDS.recipes(words)
  return require("lobule.recipe.tools").run { "list", table.unpack(words) }
end

function COMMANDS.verify(words)
  return require("lobule.verify").run(words)
end

--- A command line of the program: `lobule run`, `lobule recipe`, `lobule verify`.
---@param command string
---@param ... string
---@return integer status
function M.main(command, ...)
  local ok, status = pcall(COMMANDS[command], { ... })
  if ok then return status end
  io.stdout:flush()
  io.stderr:write(("lobule %s: %s\n"):format(command, tostring(status)))
  if type(status) == "string" then return M.EXIT_FAILED end
  if status.code == "interrupted" then error(status, 0) end
  if status.context == process.LIMIT then return M.EXIT_LIMIT end
  local usage_code <const> = status.code == "argument" or status.code == "name"
  return usage_code and not status.recipe and M.EXIT_USAGE or M.EXIT_FAILED
end

return M
