--- People beside a population table: their age, calendar time and classes at time 0.
local check = require "lobule.check"
local core = require "lobule.core"
local pieces = require "lobule.survival.pieces"

local M = {}

local UNITS <const> = { "days", "weeks", "months", "years" }
local DAYS <const> = { days = 1, weeks = 7, months = 365.25 / 12, years = 365.25 }

--- The options of all that is set against a population.
M.OPTIONS = { { "population", "any" }, { "age", "string", "age" }, { "year", "string" },
  { "match", "table", {} }, { "unit", UNITS } }

--- A schema with these options behind its own.
---@param schema table[]
---@return table[]
function M.join(schema)
  local joined = table.move(schema, 1, #schema, 1, {})
  return table.move(M.OPTIONS, 1, #M.OPTIONS, #joined + 1, joined)
end

--- Raises unless there is a population, and a calendar time where it has years.
---@param opts table
function M.check(opts)
  if not check.is(opts.population, "lobule.Population") then
    core.raise("argument", "population: expected a table of lb.survival.population, found "
      .. check.describe(opts.population),
      'population = lb.survival.population(rates, { year = "year", by = { "sex" } })')
  end
  local pop = opts.population
  if #pop.years > 0 and not opts.year then
    core.raise("argument", "year: the population has calendar years, when does each person's "
      .. "follow-up begin?", 'Name the date (or the calendar year) of time 0: year = "diagnosed".')
  end
  local names = {}
  for f, one in ipairs(pop.by) do names[f] = one.name end
  for key, value in next, opts.match do
    local known = false
    for _, name in ipairs(names) do known = known or name == key end
    if not known then
      core.raise("name", ("match: the population has no factor '%s'"):format(tostring(key)),
        #names > 0 and "Factors are: " .. table.concat(names, ", ") .. "." or nil)
    end
    check.type(value, "string", "match." .. key)
  end
end

local function expression_of(opts, name)
  return opts.match[name] or ("`%s`"):format(name)
end

local MOST_NAMED <const> = 5

--- Levels that the population does not have, in words; nil when there are none. Many of them are no
--- classes but something else, which is not echoed.
local function unknown_levels(column, one)
  local known, found = {}, {}
  for _, level in ipairs(one.levels) do known[level] = true end
  for _, level in ipairs(column:levels()) do
    if not known[level] then found[#found + 1] = "'" .. level .. "'" end
  end
  if #found == 0 then return nil end
  if #found > MOST_NAMED then return ("%d levels are"):format(#found) end
  return table.concat(found, ", ") .. (#found == 1 and " is" or " are")
end

--- The column of a factor with the population's levels; one that it does not have raises.
local function class_column(frame, opts, one)
  local expression = expression_of(opts, one.name)
  if not opts.match[one.name] and not frame:has(one.name) then
    core.raise("name", ("the data have no column '%s', which the population has"):format(one.name),
      ('Say what it is: match = { %s = "gender" }.'):format(one.name))
  end
  -- Of a factor only the levels that rows have: what nobody is need not be in the table.
  local values = core.eval(frame, expression)
  local found = unknown_levels(core.factor(values), one)
  if found and values:type() == "factor" then
    values = core.eval(frame, ("text(%s)"):format(expression))
    found = unknown_levels(core.factor(values), one)
  end
  if found then
    core.raise("data", ("%s: %s not among the levels of the population"):format(one.name, found),
      ("Levels are: %s. Recode the data, or filter."):format(table.concat(one.levels, ", ")))
  end
  return (core.factor(values, one.levels))
end

local OLDEST <const> = 130 -- years; nobody is known to have lived longer
local KINDS <const> = { age = { real = true, integer = true },
  year = { real = true, integer = true, date = true, datetime = true } }

local function kind_checked(column, what, expression)
  if not KINDS[what][column:type()] then
    core.raise("type", ("%s: %s is a %s"):format(what, expression, column:type()),
      what == "age" and "The age in years at time 0." or
      "The date of time 0 (see date()), or a calendar year such as 1990.5.")
  end
  return column
end

--- The rows that have all that the table asks for; why the others cannot be set against it.
---@param frame lobule.Frame
---@param opts table
---@param causes table[]            more are added
---@return lobule.Frame known
---@return integer n_left
function M.known(frame, opts, causes)
  local n_left = 0
  local function keep(what, expression)
    -- NaN is missing, as in every model: it alone differs from itself.
    local known = frame:filter(("not is_na(%s) and (%s) == (%s)"):format(expression, expression,
      expression))
    n_left = n_left + pieces.cause(causes, what .. " missing", expression, #frame - #known)
    frame = known
  end
  kind_checked(core.eval(frame, opts.age), "age", opts.age)
  keep("age", opts.age)
  if #opts.population.years > 0 then
    kind_checked(core.eval(frame, opts.year), "year", opts.year)
    keep("calendar time", opts.year)
  end
  for _, one in ipairs(opts.population.by) do
    class_column(frame, opts, one)
    keep(one.name, expression_of(opts, one.name))
  end
  local first = opts.population.ages[1]
  local young = #frame:filter(("(%s) < %s"):format(opts.age, core.format_number(first)))
  if young > 0 then
    core.raise("data", ("%d %s younger than the first age of the population, %s"):format(young,
      young == 1 and "person is" or "people are", core.format_number(first)),
      "The table says nothing of them: filter them, or add the ages. Ages are in years.")
  end
  local old = #frame:filter(("(%s) > %d"):format(opts.age, OLDEST))
  if old > 0 then
    core.raise("data", ("%d %s older than %d years at time 0: is '%s' in another unit?"):format(old,
      old == 1 and "person is" or "people are", OLDEST, opts.age),
      ('Ages are in years. From days:  age = "(%s) / 365.25".'):format(opts.age))
  end
  return frame, n_left
end

--- The unit of follow-up times: as said, else that of the time column.
---@param opts table
---@param info table
---@return string
function M.unit(opts, info)
  local unit = opts.unit or info.time_unit
  if unit and not DAYS[unit] and DAYS[unit .. "s"] then unit = unit .. "s" end
  if not unit or not DAYS[unit] then
    core.raise("argument", "unit: are times in days, months or years?",
      'Say unit = "months", or label the column: cohort:label { t = { "Time", unit = "months" } }.')
  end
  return unit
end

--- The people of a frame for the core; those with something missing are not known to it.
---@param frame lobule.Frame
---@param opts table
---@param unit string
---@return userdata
function M.lives(frame, opts, unit)
  local pop <const> = opts.population
  local classes = {}
  for f, one in ipairs(pop.by) do classes[f] = class_column(frame, opts, one) end
  local lives = core.lives(pop.table, core.eval(frame, opts.age),
    #pop.years > 0 and core.eval(frame, opts.year) or nil, classes, DAYS[unit],
    pop.calendar == "birthday")
  return lives
end

--- What is worth a warning about people followed outside the table's years.
---@param opts table
---@param before integer
---@param after integer
---@return string[]
function M.warnings(opts, before, after)
  local list, years = {}, opts.population.years
  local function add(n, when, year)
    if n > 0 then
      list[#list + 1] = ("%d %s followed %s: the rates of %s are taken"):format(n,
        n == 1 and "person is" or "people are", when, core.format_number(year))
    end
  end
  if #years == 0 then return list end
  add(before, "before " .. core.format_number(years[1]), years[1])
  add(after, "after " .. core.format_number(years[#years]), years[#years])
  return list
end

return M
