--- Where a report comes from: versions, command, script, data files, seed, lineage, results.
--- Base names only, and no clock.
local core = require "lobule.core"
local result = require "lobule.result"
local session = require "lobule.session"
local tables = require "lobule.table"

local M = {}

--- What the program knows of its start; nil under stock Lua.
local function host()
  local ok, module = pcall(require, "lobule.host")
  return ok and module or nil
end

--- A word of the command line without folders: "--data=/home/x/a.csv" is "--data=a.csv".
local function without_folder(word)
  local option, value = word:match("^(%-%-?[%w-]+=)(.+)$")
  if option then return option .. session.base_name(value) end
  return session.base_name(word)
end

--- The program's command line up to the script without the number of threads, which changes no
--- result and so must not change the report.
local function program_words(command, script)
  local words, i, before = { "lobule" }, 1, true
  while command[i] do
    before = before and command[i] ~= script
    if before and command[i] == "--threads" then
      i = i + 1
    elseif not (before and command[i]:find("^%-%-threads=")) then
      words[#words + 1] = command[i]
    end
    i = i + 1
  end
  return words
end

---@type table?                    # words, script: the start that a report which is run again had
M.original = nil

--- The command line and the script's path; stock Lua keeps both in the global `arg`.
local function start()
  if M.original then return table.move(M.original.words, 1, #M.original.words, 1, {}),
    M.original.script end
  local program, words, script = host(), {}, nil
  if program then return program_words(program.command or {}, program.script), program.script end
  local arg = rawget(_G, "arg")
  if type(arg) ~= "table" then return words, nil end
  local first = 0
  while arg[first - 1] do first = first - 1 end
  for i = first, #arg do words[#words + 1] = tostring(arg[i]) end
  if first < 0 then script = arg[0] end
  return words, script
end

local function script_entry(path)
  if type(path) ~= "string" then return nil end
  local ok, text = pcall(core.read_file, path)
  return result.ordered { { "name", session.base_name(path) },
    { "sha256", ok and core.sha256(text) or nil } }
end

--- The lineage of all results, each line once, in the order of adding.
local function lineage(records)
  local list, seen = {}, {}
  for _, record in ipairs(records) do
    local lines = record.lineage
    if type(lines) == "string" then lines = { lines } end
    for _, line in ipairs(type(lines) == "table" and lines or {}) do
      if not seen[line] then list[#list + 1] = tostring(line) end
      seen[line] = true
    end
  end
  return list
end

local function input_entries()
  local list = {}
  for i, input in ipairs(session.inputs()) do
    list[i] = result.ordered { { "name", input.name }, { "rows", input.rows },
      { "columns", input.columns }, { "sha256", input.sha256 } }
  end
  return list
end

--- What a recipe's report rests on, as its lock says it, and its named results.
local function recipe_entry(recipe, records)
  if not recipe then return nil end
  local lock = require "lobule.recipe.lock"
  return result.ordered { { "ground", recipe.ground },
    { "results", lock.named(recipe.results, records) }, { "signed", recipe.signed or "unsigned" } }
end

--- The provenance of a report as data.
---@param report lobule.Report
---@return table                    # lobule, lua, command, script, date, seed, inputs, recipe,
---                                 lineage
function M.collect(report)
  local words, script = start()
  for i, word in ipairs(words) do words[i] = without_folder(word) end
  return result.ordered { { "lobule", core.version }, { "lua", _VERSION:match("%d.*") },
    { "command", words }, { "script", script_entry(script) }, { "date", report.options.date },
    { "seed", report.options.seed or session.seed }, { "inputs", input_entries() },
    { "recipe", recipe_entry(rawget(report, "recipe"), report.records) },
    { "lineage", lineage(report.records) } }
end

local function facts_table(origin)
  local rows = { { "Lobule", origin.lobule }, { "Lua", origin.lua } }
  local function fact(name, value)
    if value ~= nil and value ~= "" then rows[#rows + 1] = { name, tostring(value) } end
  end
  fact("Command", table.concat(origin.command, " "))
  if origin.script then
    fact("Script", origin.script.name)
    fact("SHA-256 of the script", origin.script.sha256 or "not known: the file could not be read")
  end
  if origin.recipe then
    local ground = origin.recipe.ground
    fact("Recipe", ("%s %s (%s)"):format(ground.recipe.name, ground.recipe.version,
      origin.recipe.signed))
    fact("SHA-256 of the recipe", ground.recipe.sha256)
    fact("Parameters", core.json_encode(ground.params))
    fact("GSL", ground.gsl)
  end
  fact("Date", origin.date)
  fact("Seed", origin.seed)
  return tables.new { columns = { { label = "Item" }, { label = "Value" } }, rows = rows }
end

local function inputs_table(origin)
  local rows = {}
  for i, input in ipairs(origin.inputs) do
    rows[i] = { input.name, input.rows and ("%d"):format(input.rows) or "NA",
      input.columns and ("%d"):format(input.columns) or "NA", input.sha256 or "NA" }
  end
  return tables.new { columns = { { label = "File" }, { label = "Rows", align = "right" },
    { label = "Columns", align = "right" }, { label = "SHA-256" } }, rows = rows }
end

local SENTENCE <const> = "The same script or recipe, run on the same data with the same version of "
  .. "Lobule, gives the same report."

--- The section for readers: the last one of every report.
---@param origin table              from collect
---@param records table[]
---@return table[] blocks
function M.blocks(origin, records)
  local list = { { kind = "heading", level = 2, text = "Provenance", provenance = true },
    { kind = "text", text = SENTENCE },
    { kind = "table", table = facts_table(origin), caption = "Software and script",
      unnumbered = true } }
  if #origin.inputs > 0 then
    list[#list + 1] = { kind = "table", table = inputs_table(origin), caption = "Data files",
      unnumbered = true }
  else
    list[#list + 1] = { kind = "text", text = "No data file was read." }
  end
  if #origin.lineage > 0 then
    list[#list + 1] = { kind = "heading", level = 3, text = "Lineage", minor = true }
    list[#list + 1] = { kind = "list", items = origin.lineage }
  end
  if #records > 0 then
    list[#list + 1] = { kind = "code", summary = "Results at full precision (JSON)",
      text = core.json_encode(records, 2) }
  end
  return list
end

return M
