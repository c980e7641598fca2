--- lobule.lock: what a run of a recipe rested on - versions, the recipe's bytes, the data's bytes
--- and columns, parameters, seed - and the hash of every result. `--locked` refuses anything else.
local core = require "lobule.core"
local host = require "lobule.host"
local result = require "lobule.result"

local M = {}

M.NAME = "lobule.lock"

local ordered <const> = result.ordered

--- A table with its keys sorted; nil stays nil.
local function by_name(values)
  local names, list = {}, {}
  for name in next, values do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do list[i] = { name, values[name] } end
  return ordered(list)
end

local function inputs_of(list)
  local inputs = {}
  for i, input in ipairs(list) do
    local columns = {}
    for _, entry in ipairs(input.mapped) do
      if #entry.names > 0 then columns[entry.column.name] = entry.names end
    end
    inputs[i] = ordered { { "name", input.name }, { "file", input.file },
      { "sha256", input.sha256 }, { "rows", input.rows }, { "columns", by_name(columns) } }
  end
  return inputs
end

---@class lobule.recipe.Run
---@field recipe lobule.recipe.File
---@field declared lobule.recipe.Declaration
---@field inputs lobule.recipe.Input[]
---@field params table<string, any>
---@field seed integer
---@field map? lobule.recipe.Site
---@field signed? string            what is known of the recipe's signature

--- What a run rests on.
---@param run lobule.recipe.Run
---@return table
function M.ground(run)
  return ordered { { "lobule", core.version }, { "lua", _VERSION:match "%d.*" },
    { "gsl", host.gsl }, { "recipe", ordered { { "name", run.declared.name },
      { "version", run.declared.version }, { "sha256", run.recipe.sha256 } } },
    { "inputs", inputs_of(run.inputs) }, { "map", run.map and ordered { { "name", run.map.file },
      { "sha256", run.map.sha256 } } }, { "params", by_name(run.params) }, { "seed", run.seed } }
end

--- Hashes of named results.
---@param results table[]           { name, record }
---@return table[]
function M.results(results)
  local list = {}
  for i, one in ipairs(results) do
    local sha256 = core.sha256(core.json_encode(one.record))
    list[i] = ordered { { "name", one.name }, { "sha256", sha256 } }
  end
  return list
end

--- Named results for a report: each with its hash, and its record unless the report's own list of
--- results has it: then its place there.
---@param results table[]           { name, record }
---@param records table[]           of the report
---@return table[]
function M.named(results, records)
  local place, list = {}, M.results(results)
  for i, record in ipairs(records) do
    local text = core.json_encode(record)
    place[text] = place[text] or i
  end
  for i, one in ipairs(results) do
    local at = place[core.json_encode(one.record)]
    list[i] = ordered { { "name", one.name }, { "sha256", list[i].sha256 }, { "result", at },
      { "record", not at and one.record or nil } }
  end
  return list
end

--- The lock of a run with its results.
---@param run lobule.recipe.Run
---@param results table[]
---@return string
function M.text(run, results)
  return core.json_encode(ordered { { "ground", M.ground(run) },
    { "results", M.results(results) } }, 2) .. "\n"
end

--- The lock file's path: beside the first output.
---@param outputs string[]
---@return string
function M.path(outputs)
  return (outputs[1] and outputs[1]:match "^(.*/)[^/]+/?$" or "") .. M.NAME
end

local LABELS <const> = { lobule = "the version of Lobule is", lua = "the version of Lua is",
  gsl = "the version of GSL is", recipe = "the recipe is",
  inputs = "the data or their columns are", map = "the site's map is",
  params = "the parameters are", seed = "the seed is" }

--- What differs between two values of a lock, by its path: "data.rows: 928 in the lock, 929 now".
local function differences(before, after, path, list)
  if type(before) == "table" and type(after) == "table" then
    local names = {}
    for name in next, before do names[#names + 1] = name end
    for name in next, after do if before[name] == nil then names[#names + 1] = name end end
    table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
    for _, name in ipairs(names) do
      local one = after[name] or before[name]
      local label = math.type(name) == "integer" and type(one) == "table" and one.name or name
      differences(before[name], after[name], path and ("%s.%s"):format(path, label) or label, list)
    end
    return list
  end
  local was, is = core.json_encode { before }, core.json_encode { after }
  if was ~= is then
    list[#list + 1] = ("%s: %s in the lock, %s now"):format(path,
      before == nil and "nothing" or was:sub(2, -2), after == nil and "nothing" or is:sub(2, -2))
  end
  return list
end

local function read_lock(path, text)
  local ok, locked = pcall(core.json_decode, text)
  if ok and type(locked) == "table" and type(locked.ground) == "table"
    and type(locked.results) == "table" then
    local whole = true
    for _, one in next, locked.results do
      whole = whole and type(one) == "table" and type(one.name) == "string"
    end
    if whole then return locked end
  end
  core.raise("data", ("--locked: %s is damaged or was edited"):format(path),
    "A run without --locked writes it anew.")
end

--- Raises unless a run rests on what the lock says.
---@param path string
---@param run lobule.recipe.Run
---@return table locked             its results
function M.check(path, run)
  local ok, text = pcall(core.read_file, path)
  if not ok then
    core.raise("io", ("--locked: there is no %s"):format(path),
      "A run without --locked writes it.")
  end
  local locked = read_lock(path, text)
  local now = core.json_decode(core.json_encode(M.ground(run)))
  for _, field in ipairs { "lobule", "lua", "gsl", "recipe", "inputs", "map", "params",
    "seed" } do
    local list = differences(locked.ground[field], now[field], field, {})
    if #list > 0 then
      local other <const> = field == "recipe" and type(locked.ground.recipe) == "table"
        and locked.ground.recipe.name ~= now.recipe.name
      core.raise("data", ("--locked: %s not as %s says"):format(LABELS[field], path),
        table.concat(list, "\n")
        .. (other and "\nIt is another recipe's lock: each analysis in a folder of its own." or ""))
    end
  end
  return locked
end

--- Raises unless the results are those of the lock.
---@param path string
---@param locked table
---@param results table[]
function M.check_results(path, locked, results)
  local now = core.json_decode(core.json_encode(M.results(results)))
  if #now ~= #locked.results then
    core.raise("data", ("--locked: the run gives %d results, %s has %d"):format(#now, path,
      #locked.results))
  end
  for i, one in ipairs(locked.results) do
    if not now[i] or now[i].sha256 ~= one.sha256 then
      core.raise("data", ("--locked: the result '%s' is not what %s says"):format(one.name, path))
    end
  end
end

return M
