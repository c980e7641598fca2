--- Tables of population mortality: rates by age, calendar year and further factors.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local result = require "lobule.result"

---@class lobule.Population
---@field table userdata            of the core
---@field ages number[]             lower bounds, years
---@field years number[]            calendar years; empty without
---@field by table[]                { name, levels }: the further factors
---@field rates number[]            per person-year: ages fastest, then years, then the last factor
---@field calendar string
---@field warnings string[]
---@field title string
local Population = { __name = "lobule.Population" }
result.mixin(Population)

local M = {}

local OPTIONS <const> = { { "age", "string", "age" }, { "year", "string" }, { "by", "texts", {} },
  { "rate", "string" }, { "probability", "string" },
  { "calendar", { "date", "birthday" }, "date" } }

--- The numbers of a column, none missing.
local function numbers(frame, name, what)
  local column = frame:column(name)
  local kind = column:type()
  if kind ~= "real" and kind ~= "integer" then
    core.raise("type", ("%s: the column '%s' is a %s, numbers were expected"):format(what, name,
      kind), what == "year" and "The calendar year as a number: 1990." or what == "age"
        and "The lower bound of each age interval, in years: 0, 1, 2." or nil)
  end
  if column:missing() > 0 then
    core.raise("data", ("%s: %d rows of the table have no '%s'"):format(what, column:missing(),
      name), "A gap in the table would be a guess: fill it, or leave these rows out.")
  end
  local values = column:totable()
  for i = 1, values.n do
    if values[i] ~= values[i] then
      core.raise("data", ("%s: row %d of the table is NaN in '%s'"):format(what, i, name),
        "A gap in the table would be a guess: fill it, or leave this row out.")
    end
  end
  return values
end

--- Values in ascending order, each once, and where each stands.
local function axis(values)
  local list, place = {}, {}
  for i = 1, values.n do
    if not place[values[i]] then
      place[values[i]] = 0
      list[#list + 1] = values[i]
    end
  end
  table.sort(list)
  for k, value in ipairs(list) do place[value] = k end
  return list, place
end

local function check_bounds(list, what, low, high)
  for _, value in ipairs(list) do
    if not (value >= low and value <= high) then
      core.raise("data", ("%s: %s is not between %s and %s"):format(what,
        core.format_number(value), core.format_number(low), core.format_number(high)),
        what == "age" and "Ages are in years." or "Calendar years, such as 1990.")
    end
  end
end

--- Rates per person-year, from rates or annual probabilities of death.
local function rates_of(frame, opts)
  if opts.rate and opts.probability then
    core.raise("argument", "rate and probability: one of them says how people die",
      "Leave one out.")
  end
  local name = opts.probability or opts.rate or "rate"
  if not opts.probability and not opts.rate and not frame:has "rate" then
    core.raise("argument", "the table has no column 'rate'",
      'Name it: rate = "hazard", or probability = "q" for annual probabilities of death.')
  end
  local values = numbers(frame, name, opts.probability and "probability" or "rate")
  for i = 1, values.n do
    local value = values[i]
    if not (value >= 0 and value < math.huge) then
      core.raise("data", ("%s: row %d of the table is %s: expected 0 or more"):format(name, i,
        core.format_number(value)))
    elseif opts.probability and value >= 1 then
      core.raise("data", ("%s: row %d of the table is %s: a probability of 1 or more has no rate")
        :format(name, i, core.format_number(value)), "Leave the row of a last age that nobody "
        .. "survives out: the age before it then has no end. Or give rates.")
    end
    if opts.probability then values[i] = -math.log(1 - value) end
  end
  return values
end

--- Which class a row is of, from 1, and the factors.
local function classes_of(frame, names)
  local code, by, n_class = {}, {}, 1
  for i = 1, #frame do code[i] = 1 end
  for f, name in ipairs(names) do
    local factor = core.factor(frame:column(name))
    if factor:missing() > 0 then
      core.raise("data", ("%s: %d rows of the table have none"):format(name, factor:missing()))
    end
    local levels, place = factor:levels(), {}
    for k, level in ipairs(levels) do place[level] = k end
    local values = factor:totable()
    for i = 1, #frame do code[i] = (code[i] - 1) * #levels + place[values[i]] end
    by[f], n_class = { name = name, levels = levels }, n_class * #levels
  end
  return code, by, n_class
end

--- "sex = F, year 1990, age 45"
local function cell_name(self, cell)
  local rest, parts = cell - 1, {}
  local age = rest % #self.ages
  rest = rest // #self.ages
  local year = rest % math.max(1, #self.years)
  rest = rest // math.max(1, #self.years)
  for f = #self.by, 1, -1 do
    local levels = self.by[f].levels
    table.insert(parts, 1, ("%s = %s"):format(self.by[f].name, levels[rest % #levels + 1]))
    rest = rest // #levels
  end
  if #self.years > 0 then
    parts[#parts + 1] = "year " .. core.format_number(self.years[year + 1])
  end
  parts[#parts + 1] = "age " .. core.format_number(self.ages[age + 1])
  return table.concat(parts, ", ")
end

--- Puts every row at its place; each place has one.
local function fill(self, place, values, n_class)
  local n_year = math.max(1, #self.years)
  local rates, total = {}, n_class * n_year * #self.ages
  for i = 1, values.n do
    local year = place.years and place.years[place.year[i]] or 1
    local cell = ((place.code[i] - 1) * n_year + year - 1) * #self.ages + place.ages[place.age[i]]
    if rates[cell] then
      core.raise("data", ("two rows for %s"):format(cell_name(self, cell)),
        "Name what else tells rows of the table apart: by = { \"sex\" }.")
    end
    rates[cell] = values[i]
  end
  local gaps = {}
  for cell = 1, total do
    if not rates[cell] then gaps[#gaps + 1] = cell end
  end
  if #gaps > 0 then
    local shown = {}
    for k = 1, math.min(3, #gaps) do shown[k] = cell_name(self, gaps[k]) end
    core.raise("data", ("the table has %d %s: no row for %s%s"):format(#gaps,
      #gaps == 1 and "gap" or "gaps", table.concat(shown, "; "), #gaps > 3 and "; …" or ""),
      "Every age needs a rate in every year and class. Add the rows, or filter the table to the "
      .. "ages and years that are whole.")
  end
  return rates
end

--- Raises where a column would be two things at once.
local function check_apart(opts)
  local taken = { [opts.age] = "age", [opts.rate or opts.probability or "rate"] = "rate" }
  if opts.year then taken[opts.year] = "year" end
  for _, name in ipairs(opts.by) do
    if taken[name] then
      core.raise("argument", ("by: '%s' stands twice"):format(name), ("It is the column of "
        .. "'%s' already: by names what else tells rows apart, such as sex."):format(taken[name]))
    end
    taken[name] = "by"
  end
end

--- A table of population mortality (a life table, R's ratetable): one row for each age, calendar
--- year and class of people. Age is the lower bound of its interval in years, the last interval has
--- no end. Within a cell the hazard is constant; people run through the cells along the diagonal
--- of age and calendar time (Lexis), which is followed exactly. Years before the first and after
--- the last of the table take the nearest, and results say so. A missing cell is an error.
---@param data lobule.Cohort|lobule.Frame
---@param options? table            age: column of the lower bounds, years ("age"); year: column of
---                                 calendar years (default: none); by: columns of further factors,
---                                 such as { "sex", "region" }; rate: column of deaths per
---                                 person-year ("rate"); probability: column of annual
---                                 probabilities of death q instead, rates are -log(1 - q);
---                                 calendar: "date" (default: a year begins on 1 January),
---                                 "birthday" (on a person's birthday, as R's survexp takes its
---                                 tables of the United States)
---@return lobule.Population
---@raise gaps, two rows for a cell, negative rates, probabilities of 1
---@example lb.survival.population(lb.frame { { "age", { 0, 50, 70 } },
---    { "rate", { 0.001, 0.005, 0.03 } } })
function M.population(data, options)
  local opts <const> = check.options(options, OPTIONS)
  local frame = check.data(data)
  check_apart(opts)
  local place = { age = numbers(frame, opts.age, "age") }
  local self = { title = "Population mortality", warnings = {}, calendar = opts.calendar,
    years = {}, source = frame:source() }
  if #frame == 0 then core.raise("data", "the table has no rows") end
  self.ages, place.ages = axis(place.age)
  check_bounds(self.ages, "age", 0, 150)
  if opts.year then
    place.year = numbers(frame, opts.year, "year")
    self.years, place.years = axis(place.year)
    check_bounds(self.years, "year", 1, 9998)
  end
  local n_class
  place.code, self.by, n_class = classes_of(frame, opts.by)
  self.rates = fill(self, place, rates_of(frame, opts), n_class)
  self.table = core.population_table(self.ages, opts.year and self.years or nil, n_class,
    self.rates)
  return setmetatable(self, Population)
end

--- The table, one row a cell.
---@return lobule.Frame             # the factors, year (if any), age, rate (per person-year)
function Population:tidy()
  local columns, n_year = {}, math.max(1, #self.years)
  local per_class <const> = n_year * #self.ages
  local list, rest = {}, #self.rates // per_class
  for f, one in ipairs(self.by) do
    list[f] = {}
    rest = rest // #one.levels
    for cell = 1, #self.rates do
      local class = (cell - 1) // per_class
      list[f][cell] = one.levels[class // rest % #one.levels + 1]
    end
    columns[f] = { one.name, list[f], "text" }
  end
  local ages, years = {}, {}
  for cell = 1, #self.rates do
    ages[cell] = self.ages[(cell - 1) % #self.ages + 1]
    years[cell] = self.years[(cell - 1) // #self.ages % n_year + 1]
  end
  if #self.years > 0 then columns[#columns + 1] = { "year", years, "real" } end
  columns[#columns + 1] = { "age", ages, "real", unit = "years" }
  columns[#columns + 1] = { "rate", { table.unpack(self.rates) }, "real", label = "Deaths",
    unit = "per person-year" }
  local frame = result.frame(columns)
  return frame
end

--- What the table spans, in one row.
---@return lobule.Frame             # n (cells), n_age, age_from, age_to (the last interval's lower
---                                 bound), n_year, year_from, year_to, n_class
function Population:glance()
  local years = self.years
  local frame = result.frame { { "n", { #self.rates }, "integer" },
    { "n_age", { #self.ages }, "integer" }, { "age_from", { self.ages[1] }, "real" },
    { "age_to", { self.ages[#self.ages] }, "real" }, { "n_year", { #years }, "integer" },
    { "year_from", { years[1] or core.NA }, "real" },
    { "year_to", { years[#years] or core.NA }, "real" },
    { "n_class", { #self.rates // (#self.ages * math.max(1, #years)) }, "integer" } }
  return frame
end

--- "12 rates", "age 0 to 99 and over".
local function spans(self)
  local n, first, last = core.format_number, self.ages[1], self.ages[#self.ages]
  local count = #self.rates == 1 and "1 rate" or format.count(#self.rates) .. " rates"
  return count, #self.ages == 1 and ("age %s and over"):format(n(first))
    or ("age %s to %s and over"):format(n(first), n(last))
end

function Population:__tostring()
  local n = core.format_number
  local count, ages = spans(self)
  local lines = { ("%s: %s per person-year"):format(self.title, count), "  " .. ages }
  if #self.years > 0 then
    lines[3] = ("  years %s to %s, beginning %s"):format(n(self.years[1]),
      n(self.years[#self.years]), self.calendar == "date" and "on 1 January"
      or "on each person's birthday")
  end
  for _, one in ipairs(self.by) do
    lines[#lines + 1] = ("  %s: %s"):format(one.name, table.concat(one.levels, ", "))
  end
  return table.concat(lines, "\n")
end

--- The blocks of a report: what the table spans.
---@return table[]
function Population:report_blocks()
  return { { kind = "text", text = (tostring(self):gsub("\n  ", "; ")) .. "." } }
end

--- Everything at full precision.
---@return table
function Population:record()
  return result.ordered { { "kind", "survival.population" }, { "source", rawget(self, "source") },
    { "calendar", self.calendar }, { "rates", result.record(self:tidy()) } }
end

core.class("population", Population)
return result.functions("survival", M)
