--- The checks of `lobule recipe test`, each a name and what is wrong.
local compare = require "lobule.recipe.tools.compare"
local core = require "lobule.core"
local csv_text = require "lobule.recipe.tools.csv_text"
local say = require "lobule.recipe.tools.say"
local trials = require "lobule.recipe.tools.trial"
local units = require "lobule.recipe.units"

local M = {}

---@class lobule.recipe.Check
---@field name string
---@field problem? string           nil: passed
---@field note? string              what is worth saying of one that passed

--- Paths of the results that an example expects.
---@param example lobule.recipe.Example
---@return string[]
function M.paths(example)
  local list = {}
  for i, one in ipairs(example.expect) do list[i] = one.path end
  return list
end

local function inputs_of(trial)
  local list = {}
  for _, input in ipairs(trial.entry.declared.inputs) do
    if trial.texts[input.name] then list[#list + 1] = input.name end
  end
  return list
end

--- The example's data are those that its hashes name.
---@param trial lobule.recipe.Trial
---@return lobule.recipe.Check[]
function M.hashes(trial)
  local list = {}
  for i, input in ipairs(inputs_of(trial)) do
    local wanted, found = trial.example.sha256[input], core.sha256(trial.texts[input])
    local problem
    if not wanted then
      problem = ("the example names no sha256; it is %s"):format(found)
    elseif wanted ~= found then
      problem = ("the file's sha256 is %s, the example names %s"):format(found, wanted)
    end
    list[i] = { name = ("data of %s: sha256"):format(trial.example.files[input]),
      problem = problem }
  end
  return list
end

--- Units of time that nothing can be converted to; nothing where all are known.
---@param declared lobule.recipe.Declaration
---@return lobule.recipe.Check[]
function M.units(declared)
  local list = {}
  for _, input in ipairs(declared.inputs) do
    for _, column in ipairs(input.columns) do
      if column.unit and units.OF_TIME[column.role] and not units.known(column.unit) then
        local near = core.nearest(column.unit, units.KNOWN)
        list[#list + 1] = { name = ("unit of '%s'"):format(column.name),
          problem = ("'%s' is no unit of time%s: they are %s"):format(column.unit,
            near and (" (did you mean '%s'?)"):format(near) or "",
            table.concat(units.KNOWN, ", ")) }
      end
    end
  end
  return list
end

--- Each expected number; and that there are some.
---@param example lobule.recipe.Example
---@param answer table
---@return lobule.recipe.Check[]
function M.expected(example, answer)
  local list = {}
  for i, one in ipairs(example.expect) do
    local got = answer.values[i]
    list[i] = { name = one.path, problem = got.problem or compare.differs(got.value, one),
      note = compare.text(got.value) }
  end
  if #list == 0 then
    list[1] = { name = "expected results", problem = "the example expects none" }
  end
  return list
end

-- Variants ----------------------------------------------------------------------------------------

local function failure(outcome)
  return outcome.refused or outcome.problem and say.problem(outcome.problem)
end

--- All inputs changed at once: results must stay the same.
local function unchanged(trial, base, name, change)
  return { kind = name, name = name, run = function()
    local texts = {}
    for _, input in ipairs(inputs_of(trial)) do
      texts[input] = csv_text.text(change(csv_text.parse(trial.texts[input])))
    end
    local outcome = trials.run(trial, texts, M.paths(trial.example))
    local problem = failure(outcome)
    if not problem then
      local where = compare.results(base.answer, outcome.answer)
      problem = where and "results differ, " .. where
    end
    return { name = name, problem = problem }
  end }
end

local function again(trial, base)
  return { kind = "same again", name = "same again", run = function()
    local outcome = trials.run(trial, trial.texts, M.paths(trial.example))
    local problem = failure(outcome)
    if not problem and not compare.same_bytes(base.answer, outcome.answer) then
      problem = "a second run on the same data gave other results"
    end
    return { name = "same again", problem = problem }
  end }
end

--- What may happen where data are too few: a clear refusal, or results without NaN.
local function judged(name, outcome)
  if outcome.refused then return { name = name, note = "refused: " .. outcome.refused } end
  if outcome.problem then
    local text = say.problem(outcome.problem)
    if compare.is_fault(outcome.problem) then
      return { name = name, problem = "fails without naming the cause: " .. text }
    end
    return { name = name, note = "refused: " .. text }
  end
  local nan = compare.nan(outcome.answer)
  return { name = name, problem = nan and "NaN in " .. nan, note = "runs" }
end

-- Which cell of a column is made empty; the next one is tried where nothing depends on it, as on a
-- row that the recipe leaves out anyway.
local PLACES <const> = { 0, 0.5, 1 }

--- What a run with one cell less says; nil when its results are those of the whole example.
local function missing_verdict(trial, base, label, texts)
  local outcome = trials.run(trial, texts, M.paths(trial.example))
  local verdict = judged(label, outcome)
  if verdict.problem or not outcome.answer then return verdict end
  if compare.same_bytes(base.answer, outcome.answer) then return nil end
  verdict.note = "counted"
  if not compare.counted(base.answer, outcome.answer) then
    verdict.problem = "results change, but no count (n_missing, the flow) says that a value was "
      .. "missing"
  end
  return verdict
end

local function missing_value(trial, base, input, place, name)
  local texts = setmetatable({}, { __index = trial.texts })
  local label = ("missing value in '%s'"):format(name)
  return { kind = "missing value", name = label, run = function()
    local csv = csv_text.parse(trial.texts[input])
    for _, fraction in ipairs(PLACES) do
      local changed = csv_text.blanked(csv, place, fraction)
      if not changed then return { name = label, note = "all are missing already" } end
      texts[input] = csv_text.text(changed)
      local verdict = missing_verdict(trial, base, label, texts)
      if verdict then return verdict end
    end
    return { name = label, note = "no result depends on the cells tried" }
  end }
end

--- One check for every column that the run used, ids left out.
local function missing_values(trial, base, list)
  for _, used in ipairs(base.columns) do
    local csv = trial.texts[used.input] and csv_text.parse(trial.texts[used.input])
    for _, name in ipairs(used.names) do
      local place = csv and csv_text.place(csv, name)
      if place and used.column.role ~= "id" then
        list[#list + 1] = missing_value(trial, base, used.input, place, name)
      end
    end
  end
end

--- The first n rows of one input's file.
local function few_rows(trial, input, kind, n)
  local label = ("%s in %s"):format(kind, input)
  return { kind = kind, name = label, run = function()
    local texts = setmetatable({}, { __index = trial.texts })
    texts[input] = csv_text.text(csv_text.first(csv_text.parse(trial.texts[input]), n))
    return judged(label, trials.run(trial, texts))
  end }
end

--- What the recipe sees when a step before it has left no row.
local function no_rows_left(trial)
  local name = "no row left"
  return { kind = name, name = name, run = function()
    return judged(name, trials.run(trial, trial.texts, nil, function(frame)
      return core.take(frame, {})
    end))
  end }
end

local function is_csv(trial)
  for _, file in next, trial.example.files do
    if not file:lower():find "%.[ct]sv$" and not file:lower():find "%.txt$" then return false end
  end
  return true
end

--- The checks that every recipe gets, one by one; each runs when it is asked to.
---@param trial lobule.recipe.Trial
---@param base lobule.recipe.Outcome
---@return fun(): table?            # kind, name, run() -> lobule.recipe.Check
function M.variants(trial, base)
  local list = { again(trial, base) }
  if is_csv(trial) then
    list[2] = unchanged(trial, base, "row order", csv_text.shuffled)
    list[3] = unchanged(trial, base, "column order", csv_text.reversed)
    list[4] = unchanged(trial, base, "unused column", function(csv)
      return csv_text.widened(csv, "unused_column")
    end)
    missing_values(trial, base, list)
    for _, input in ipairs(inputs_of(trial)) do
      list[#list + 1] = few_rows(trial, input, "one row", 1)
      list[#list + 1] = few_rows(trial, input, "no rows", 0)
    end
  else
    list[2] = { kind = "variants", name = "variants of the data", run = function()
      return { name = "variants of the data",
        problem = "the example's data must be CSV, so that its rows can be changed" }
    end }
  end
  list[#list + 1] = no_rows_left(trial)
  local i = 0
  return function()
    i = i + 1
    return list[i]
  end
end

return M
