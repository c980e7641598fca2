--- `lobule recipe test RECIPE`: the example against its expected numbers, and what data may bring:
--- rows and columns in another order, a column too many, missing values, one row, none.
local catalog = require "lobule.recipe.catalog"
local checks = require "lobule.recipe.tools.checks"
local core = require "lobule.core"
local example = require "lobule.recipe.example"
local paths = require "lobule.recipe.paths"
local process = require "lobule.recipe.process"
local say = require "lobule.recipe.tools.say"
local tested = require "lobule.recipe.tools.tested"
local trials = require "lobule.recipe.tools.trial"
local words = require "lobule.recipe.tools.words"

local M = {}

local SPEC <const> = { usage = "lobule recipe test RECIPE [--update] | --all", least = 0, most = 1,
  options = { update = "flag", all = "flag" } }

---@class lobule.recipe.Tally
---@field passed integer
---@field failed integer

--- Prints a check's line and counts it.
local function tell(tally, one)
  if one.skipped then return say.line("skip    %s: %s", one.name, one.skipped) end
  local kind = one.problem and "failed" or "passed"
  tally[kind] = tally[kind] + 1
  local detail = one.problem or one.note
  say.line("%s  %s%s", one.problem and "FAILED" or "ok    ", one.name, detail and ": " .. detail
    or "")
end

--- Numbers of the results that an example could expect, when it expects none yet.
local function candidates(answer)
  local list = {}
  for _, one in ipairs(answer.results) do
    local keys = {}
    for key, value in next, one.record do
      if type(value) == "number" and type(key) == "string" then keys[#keys + 1] = key end
    end
    table.sort(keys)
    for _, key in ipairs(keys) do
      local path = key == "value" and one.name or ("%s.%s"):format(one.name, key)
      list[#list + 1] = { path = path, value = one.record[key] }
    end
  end
  return list
end

local function expected_line(one, expected)
  if one.problem then return say.line("      -- %s: %s", one.path, one.problem) end
  local value = one.value == core.NA and "\"NA\"" or type(one.value) == "number"
    and core.format_number(one.value) or ("%q"):format(tostring(one.value))
  local within = (expected.rel and ", rel = " .. core.format_number(expected.rel) or "")
    .. (expected.abs and ", abs = " .. core.format_number(expected.abs) or "")
  say.line("      [%q] = { %s%s },", one.path, value, within)
end

--- The lines that an author pastes into the example.
local function print_update(trial, outcome)
  local found = trial.example
  local inputs = {}
  for input in next, found.files do inputs[#inputs + 1] = input end
  table.sort(inputs)
  if #inputs == 1 then
    say.line("    sha256 = \"%s\",", core.sha256(trial.texts[inputs[1]]))
  else
    local parts = {}
    for i, input in ipairs(inputs) do
      parts[i] = ("%s = \"%s\""):format(input, core.sha256(trial.texts[input]))
    end
    say.line("    sha256 = { %s },", table.concat(parts, ", "))
  end
  say.line "    expect = {"
  local values = #found.expect > 0 and outcome.answer.values or candidates(outcome.answer)
  local wrong = false
  for i, one in ipairs(values) do
    expected_line(one, found.expect[i] or { rel = 1e-9 })
    wrong = wrong or one.problem ~= nil
  end
  say.line "    },"
  if wrong then
    local list = paths.available(outcome.answer.results)
    say.wrapped("the result has: " .. table.concat(list, ", "), 4, "    -- ")
  end
end

local function outcome_text(outcome)
  return outcome.refused or outcome.problem and say.problem(outcome.problem) or nil
end

--- All checks of one recipe; prints a line for each.
local function test_example(entry, found, tally, update)
  local trial <close> = trials.open(entry, found)
  local base = trials.run(trial, trial.texts, checks.paths(found))
  if base.problem and base.problem.context == process.LIMIT then error(base.problem, 0) end
  if update and base.answer then return print_update(trial, base) end
  for _, one in ipairs(checks.hashes(trial)) do tell(tally, one) end
  tell(tally, { name = "the example runs", problem = outcome_text(base) })
  if not base.answer then return end
  for _, one in ipairs(checks.expected(found, base.answer)) do tell(tally, one) end
  for check in checks.variants(trial, base) do
    local skipped = found.skip[check.kind]
    tell(tally, skipped and { name = check.name, skipped = skipped } or check.run())
  end
end

--- Tests a recipe that has been found; the tally of its checks.
---@param entry lobule.recipe.Entry
---@param update boolean            print the lines to paste instead
---@return lobule.recipe.Tally
local function test(entry, update)
  local tally = { passed = 0, failed = 0 }
  catalog.describe(entry)
  tell(tally, { name = "it declares what it needs", problem = entry.problem })
  if not entry.declared then return tally end
  for _, one in ipairs(checks.units(entry.declared)) do tell(tally, one) end
  local ok, found = pcall(example.of, entry.declared)
  if not ok or not found then
    tell(tally, { name = "it has an example",
      problem = ok and "it has none" or say.problem(found) })
    return tally
  end
  test_example(entry, found, tally, update)
  if not update then tested.note(entry, tally.failed == 0) end
  return tally
end

local function test_all()
  local passed, failed = 0, 0
  for _, entry in ipairs(catalog.all()) do
    say.line("%s/%s", entry.where, entry.stem)
    local tally = test(entry, false)
    passed, failed = passed + tally.passed, failed + tally.failed
  end
  return { passed = passed, failed = failed }
end

--- Runs the tests.
---@param given string[]
---@return integer status
function M.run(given)
  local named, options = words.parse(given, SPEC)
  if (#named == 1) == (options.all or false) then
    core.raise("argument", "usage: " .. SPEC.usage)
  end
  local tally
  if options.all then
    tally = test_all()
  else
    tally = test(catalog.find(named[1]), options.update)
    if options.update then return tally.failed == 0 and 0 or 1 end
  end
  say.line("%d passed, %d failed", tally.passed, tally.failed)
  return tally.failed == 0 and 0 or 1
end

return M
