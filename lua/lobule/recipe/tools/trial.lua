--- One run of a recipe on its example or on a variant of it, as `lobule run` would do it: the files
--- are read and checked, the recipe runs in its own process.
local catalog = require "lobule.recipe.catalog"
local core = require "lobule.core"
local host = require "lobule.host"
local inputs = require "lobule.recipe.inputs"
local process = require "lobule.recipe.process"
local say = require "lobule.recipe.tools.say"
local wire = require "lobule.recipe.wire"

local M = {}

---@class lobule.recipe.Trial
---@field entry lobule.recipe.Entry
---@field example lobule.recipe.Example
---@field texts table<string, string>  the example's files by input
---@field folder string             temporary; M.close removes it

---@class lobule.recipe.Outcome
---@field answer? table             what the recipe's process gave: results, blocks, records, values
---@field refused? string           why the program did not let it run on these data
---@field problem? table|string     the error of the run
---@field columns? table<string, string[]>  the file's columns by the recipe's, of the run

--- Makes ready: reads the example's files.
---@param entry lobule.recipe.Entry described
---@param example lobule.recipe.Example
---@return lobule.recipe.Trial
---@raise a file that is missing
function M.open(entry, example)
  local texts = {}
  for input, file in next, example.files do
    texts[input] = catalog.beside(entry, file)
    if not texts[input] then
      core.raise("io", ("the example's file '%s' is not there"):format(file), entry.folder
        and "It is looked for in the recipe's folder." or nil)
    end
  end
  return setmetatable({ entry = entry, example = example, texts = texts,
    folder = host.temporary_folder() }, { __close = M.close })
end

--- Removes what it wrote; also when its variable is closed.
---@param trial lobule.recipe.Trial
function M.close(trial)
  for _, name in ipairs(host.folder(trial.folder) or {}) do
    if name:sub(1, 1) ~= "." then os.remove(trial.folder .. "/" .. name) end
  end
  os.remove(trial.folder)
end

--- The inputs read and mapped; the problems that keep the recipe from running.
local function read_inputs(trial, texts)
  local list, problems = {}, {}
  for _, input in ipairs(trial.entry.declared.inputs) do
    local text = texts[input.name]
    if text then
      local path = trial.folder .. "/" .. trial.example.files[input.name]
      core.write_file(path, text)
      local read = inputs.read(input, path, trial.example.columns)
      list[#list + 1] = read
      table.move(read.problems, 1, #read.problems, #problems + 1, problems)
    elseif not input.optional then
      problems[#problems + 1] = ("the example has no file for the input '%s'"):format(input.name)
    end
  end
  return list, problems
end

local function request_of(trial, list, paths, change)
  local params = trial.example.params
  local request = { inputs = {}, params = params, seed = math.tointeger(params.seed) or 1,
    paths = paths, report = { title = trial.entry.declared.title } }
  for i, input in ipairs(list) do
    local frame, id, many = inputs.frame(input)
    if change then frame = change(frame) end
    request.inputs[i] = { name = input.name, file = input.file, id = id, many = many,
      frame = wire.pack_frame(frame) }
  end
  return request
end

local function columns_of(list)
  local columns = {}
  for _, input in ipairs(list) do
    for _, entry in ipairs(input.mapped) do
      columns[#columns + 1] = { input = input.name, column = entry.column, names = entry.names }
    end
  end
  return columns
end

--- Runs the recipe on these texts.
---@param trial lobule.recipe.Trial
---@param texts table<string, string>  by input
---@param paths? string[]           of results whose values are wanted
---@param change? fun(frame: lobule.Frame): lobule.Frame  on the data that the recipe gets
---@return lobule.recipe.Outcome
function M.run(trial, texts, paths, change)
  local ok, list, problems = pcall(read_inputs, trial, texts)
  if not ok then return { refused = say.problem(list) } end
  if #problems > 0 then return { refused = table.concat(problems, "; ") } end
  local columns = columns_of(list)
  local answer
  ok, answer = pcall(function()
    local request = request_of(trial, list, paths, change)
    return (process.run(trial.entry, request, trial.entry.declared.limits, function() end))
  end)
  if ok then return { answer = answer, columns = columns } end
  return { problem = answer, columns = columns }
end

return M
