--- A script or recipe run again for its report: files are read where they were found, and nothing
--- is written.
local core = require "lobule.core"
local host = require "lobule.host"
local inputs = require "lobule.recipe.inputs"
local process = require "lobule.recipe.process"
local provenance = require "lobule.report.provenance"
local reports = require "lobule.report"
local session = require "lobule.session"
local site = require "lobule.recipe.site"

local M = {}

local READERS <const> = { "read_file", "read_csv", "read_sqlite" }

--- Replaces a function of a module; the one that puts it back.
local function replace(module, name, with)
  local before = module[name]
  rawset(module, name, with)
  return function() rawset(module, name, before) end
end

--- Paths lead to the files found; writes lead nowhere. Gives the function that undoes all.
local function redirect(data)
  local undo = {}
  local function put(module, name, with) undo[#undo + 1] = replace(module, name, with) end
  for _, name in ipairs(READERS) do
    local reader = core[name]
    put(core, name, function(path, ...)
      local base = type(path) == "string" and session.base_name(path)
      return reader(base and data[base] or path, ...)
    end)
  end
  for _, name in ipairs { "write_file", "write_files", "make_folder", "write_sqlite" } do
    put(core, name, function() end)
  end
  local open = io.open
  put(io, "open", function(path, mode)
    if mode and mode:find "[wa+]" then return io.tmpfile() end
    local base = type(path) == "string" and session.base_name(path)
    return open(base and data[base] or path, mode)
  end)
  put(os, "exit", function() error("lobule.verify: os.exit", 0) end)
  put(os, "remove", function() return true end)
  put(os, "rename", function() return true end)
  return function()
    for i = #undo, 1, -1 do undo[i]() end
  end
end

--- The arguments that stood after the script.
local function arguments(command, script)
  local list, after = {}, false
  for _, word in ipairs(command) do
    if after then list[#list + 1] = word end
    after = after or word == script
  end
  return list
end

--- Runs the script; every report that it would have saved.
local function run_script(saved, ground)
  local env, list, script = host.environment(), {}, ground.script
  local words = arguments(saved.provenance.command, script.name)
  env.print = function() end
  env.arg = table.move(words, 1, #words, 1, { [0] = script.path })
  env.lb = require "lobule"
  local source = core.read_file(script.path)
  local chunk, problem = load(source, "@" .. script.path, "t", env)
  if not chunk then core.raise("parse", problem) end
  reports.on_save = function(report) list[#list + 1] = report end
  local undo = redirect(ground.data)
  local ok, err = pcall(chunk, table.unpack(words))
  undo()
  reports.on_save = nil
  if not ok and err ~= "lobule.verify: os.exit" then
    core.raise("data", ("%s does not run any more: %s"):format(script.path, tostring(err)))
  end
  return list
end

local function script_report(saved, ground)
  provenance.original = { words = saved.provenance.command, script = ground.script.path }
  local list = run_script(saved, ground)
  for _, report in ipairs(list) do
    if report.options.title == saved.title then return report end
  end
  core.raise("data", ("%s saves no report '%s' any more"):format(ground.script.path, saved.title))
end

--- The names that the report has for files, by their SHA-256.
local function names_by_hash(saved)
  local names = {}
  for _, input in ipairs(saved.provenance.inputs or {}) do names[input.sha256] = input.name end
  return names
end

local function recipe_report(saved, ground)
  local command = require "lobule.recipe.command"
  local locked = saved.provenance.recipe.ground
  provenance.original = { words = saved.provenance.command }
  local recipe = ground.recipe.recipe
  local run = { recipe = recipe, declared = process.describe(recipe), params = locked.params,
    seed = locked.seed, inputs = {}, map = ground.map and site.read(ground.map.path) }
  for i, input in ipairs(locked.inputs) do
    for _, declared in ipairs(run.declared.inputs) do
      if declared.name == input.name then
        run.inputs[i] = inputs.read(declared, ground.data[input.file], input.columns, run.map)
        run.inputs[i].file = input.file -- the file may have another name by now
      end
    end
    if not run.inputs[i] then
      core.raise("data", ("the recipe has no input '%s' any more"):format(input.name))
    end
    if #run.inputs[i].problems > 0 then
      core.raise("data", ("%s no longer fits the recipe: %s"):format(input.file,
        run.inputs[i].problems[1]))
    end
  end
  if run.map then run.map.file = ground.map.name end
  session.name_inputs(names_by_hash(saved))
  return command.report(run, command.answer(run, function() end))
end

--- The report, made again. It has the command line that the saved one tells.
---@param saved lobule.verify.Saved
---@param ground lobule.verify.Ground
---@return lobule.Report
function M.report(saved, ground)
  session.reset()
  if ground.recipe then return recipe_report(saved, ground) end
  return script_report(saved, ground)
end

return M
