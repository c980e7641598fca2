--- Rates: events and person-time by group and interval, standardised, and set against a reference.
local check = require "lobule.check"
local core = require "lobule.core"
local pieces = require "lobule.survival.pieces"
local result = require "lobule.result"

local M = {}

local NAMES <const> = { "follow-up from", "follow-up to", "event of interest" }
local BAND <const> = "interval of follow-up"

local SHARED <const> = { { "cuts", "times" }, { "scale", "string" }, { "labels", "texts" },
  { "cause", "any" }, { "censored", "any" }, { "conf_level", "level", 0.95 },
  { "conf_type", { "exact", "byar", "mid-p", "log" }, "exact" } }

local function joined(more)
  local list = table.move(SHARED, 1, #SHARED, 1, {})
  return table.move(more, 1, #more, #list + 1, list)
end

local RATES_OPTIONS <const> = joined { { "standard", "table" }, { "per", "positive", 1 } }
local SMR_OPTIONS <const> = joined { { "rates", "any" }, { "population", "any" },
  { "age", "string", "age" }, { "year", "string" }, { "match", "table", {} },
  { "unit", { "days", "weeks", "months", "years" } } }
local EXPECTED <const> = "expected events"

--- Columns of the right-hand side; an expression becomes a column of its text.
local function grouped(frame, formula)
  local right = formula:match "~(.*)$" or "1"
  local groups = {}
  for term in (right .. "+"):gmatch "%s*(.-)%s*%+" do
    local name = term:match "^strata%((.-)%)$" or term
    name = name:match "^`(.*)`$" or name
    if name ~= "1" and name ~= "" then
      if not frame:has(name) then frame = core.with_column(frame, name, core.eval(frame, name)) end
      groups[#groups + 1] = name
    end
  end
  return frame, groups
end

--- "sex=F, arm=SIRT" from a row of the groups.
local function group_text(groups, row)
  local parts = {}
  for i, name in ipairs(groups) do parts[i] = ("%s=%s"):format(name, tostring(row[name])) end
  return #parts > 0 and table.concat(parts, ", ") or "all"
end

--- Follow-up of the rows that can be used, cut at the intervals; why the others cannot.
local function pieces_of(formula, data, opts)
  local whole <const> = check.data(data)
  local frame, groups = grouped(whole, formula)
  local causes, n_left = {}, 0
  for _, name in ipairs(groups) do
    local known = frame:filter(("not is_na(`%s`)"):format(name))
    n_left = n_left + pieces.cause(causes, name .. " missing", name, #frame - #known)
    frame = known
  end
  if opts.population then
    local known, n = require("lobule.survival.expected_people").known(frame, opts, causes)
    frame, n_left = known, n_left + n
  end
  local cut, more, n_more, info = pieces.cut(frame, formula:match "^(.-)%s*~" or formula, {
    cuts = opts.cuts or {}, labels = opts.labels or not opts.cuts and { "all" } or nil,
    scale = opts.scale, interval = BAND, into = NAMES, censored = opts.censored })
  table.move(more, 1, #more, #causes + 1, causes)
  info.formula, info.n_rows, info.n_left, info.causes_left = formula, #whole, n_left + n_more,
    causes
  local text = ("`%s`"):format(NAMES[3])
  if cut:column(NAMES[3]):type() == "factor" then
    if opts.cause == nil then
      core.raise("argument", "the event has causes: say which one is counted",
        "Causes are: " .. table.concat(info.causes, ", ") .. ".")
    end
    local k = require("lobule.survival.cuminc").cause_number(info.causes, opts.cause)
    text = ("`%s` == '%s'"):format(NAMES[3], info.causes[k])
  elseif opts.cause ~= nil then
    core.raise("argument", "cause: the event has no causes", "Leave cause out.")
  end
  return cut, groups, text, info
end

--- The pieces with what the population lets expect of each; `info` learns who is followed outside
--- its years.
local function with_expected(cut, opts, info)
  local people = require "lobule.survival.expected_people"
  info.unit = people.unit(opts, info)
  local hazard, before, after = core.population_hazard(people.lives(cut, opts, info.unit),
    cut:column(NAMES[1]), cut:column(NAMES[2]))
  info.outside = people.warnings(opts, before, after)
  return core.with_column(cut, EXPECTED, hazard)
end

--- Events and person-time of every group in every interval, also where there are none; and with a
--- population the expected events e.
---@return table[] groups           each { text, key, cells = { { label, d, t } ... } }
---@return table info
local function tabulate(formula, data, opts)
  check.type(formula, "string", "formula")
  local cut, groups, event, info = pieces_of(formula, data, opts)
  if opts.population then cut = with_expected(cut, opts, info) end
  local by = table.move(groups, 1, #groups, 1, {})
  by[#by + 1] = BAND
  local sums = cut:summarise({ ("d = count(%s)"):format(event),
    ("t = sum(`%s` - `%s`)"):format(NAMES[2], NAMES[1]),
    ("e = %s"):format(opts.population and ("sum(`%s`)"):format(EXPECTED) or "0.0") }, { by = by })
  local list, found = {}, {}
  local bands <const> = cut:column(BAND):levels()
  for _, row in ipairs(sums:rows_list()) do
    local text = group_text(groups, row)
    local group = found[text]
    if not group then
      group = { text = text, key = {}, cells = {} }
      for _, name in ipairs(groups) do group.key[name] = row[name] end
      for k, label in ipairs(bands) do group.cells[k] = { label = label, d = 0, t = 0 } end
      found[text], list[#list + 1] = group, group
    end
    for k, label in ipairs(bands) do
      if label == row[BAND] then
        group.cells[k].d, group.cells[k].t, group.cells[k].e = row.d, row.t, row.e
      end
    end
  end
  if #list == 0 then
    local reasons = {}
    for i, one in ipairs(info.causes_left) do reasons[i] = ("%s: %d"):format(one.reason, one.n) end
    core.raise("data", ("no row has follow-up: %d of %d left out"):format(info.n_left,
      info.n_rows), #reasons > 0 and table.concat(reasons, "; ") .. "." or nil)
  end
  return list, info
end

--- Events and person-time by group and by interval of follow-up or age, with rates and their
--- intervals (Breslow & Day 1987, IARC Scientific Publications 82); with weights of a standard
--- population directly standardised rates with Fay and Feuer's gamma limits (1997, Stat Med
--- 16:791). An event at the end of an interval belongs to it. Rows without outcome, group, scale or
--- follow-up are left out and counted.
---@param formula string            "Surv(time, event) ~ sex", "Surv(time / 12, event) ~ 1": rates
---                                 are per unit of these times
---@param data lobule.Cohort|lobule.Frame
---@param options? table            cuts: where follow-up is cut, in the outcome's unit or on the
---                                 scale; scale: what the scale was at time 0 ("age", in the same
---                                 unit); labels: of the intervals, one more than cuts; standard:
---                                 weights of the intervals; per: rates are per so many units (1);
---                                 conf_level (0.95); conf_type: "exact" (default: Garwood),
---                                 "byar", "mid-p", "log"; cause, censored: of an event with causes
---@return lobule.Rates
---@raise cuts that do not ascend; weights that do not fit the intervals
---@example lb.survival.rates("Surv(months, progressed) ~ arm", lb.example_data(), { per = 100 })
function M.rates(formula, data, options)
  local opts <const> = check.options(options, RATES_OPTIONS)
  local groups, info = tabulate(formula, data, opts)
  local new = require("lobule.survival.rates_result").new(groups, info, opts)
  return new
end

--- The reference rate of each group and interval.
local function expect(groups, rates)
  local frame <const> = check.is(rates, "lobule.Frame") and rates or nil
  local rows <const> = frame and frame:rows_list()
  if frame then check.column(frame, "rate") end
  for _, group in ipairs(groups) do
    if not frame and #rates ~= #group.cells then
      core.raise("argument", ("rates: %d intervals, %d rates"):format(#group.cells, #rates),
        "One a interval; or a frame with the columns interval, rate and those of the groups.")
    end
    for k, cell in ipairs(group.cells) do
      cell.rate = not frame and check.type(rates[k], "number", ("rates[%d]"):format(k)) or nil
      for _, row in ipairs(rows or {}) do
        local fits = row.interval == nil or tostring(row.interval) == cell.label
        for name, value in next, group.key do
          fits = fits and (row[name] == nil or tostring(row[name]) == tostring(value))
        end
        if fits then cell.rate = row.rate end
      end
      if cell.rate == nil and cell.t > 0 then
        core.raise("data", ("no rate for %s, %s"):format(group.text, cell.label),
          "The frame of rates has the columns interval, rate and those of the groups.")
      end
    end
  end
end

--- Each person's own rates from a population; an interval's rate is what it was on the average.
local function against_population(formula, data, opts)
  opts.population = opts.rates
  require("lobule.survival.expected_people").check(opts)
  local groups, info = tabulate(formula, data, opts)
  for _, group in ipairs(groups) do
    for _, cell in ipairs(group.cells) do
      cell.rate = cell.t > 0 and cell.e / cell.t or nil
    end
  end
  local new = require("lobule.survival.smr_result").new(groups, info, opts)
  for _, text in ipairs(info.outside) do new.warnings[#new.warnings + 1] = text end
  return new
end

--- Standardised mortality (or incidence) ratio: observed events against those expected if the rates
--- of a reference population held (indirect standardisation; Breslow & Day 1987, IARC Scientific
--- Publications 82, chapter 2), with the score test of a ratio of 1.
---@param formula string            as survival.rates
---@param data lobule.Cohort|lobule.Frame
---@param options table             rates: of the reference per unit of time, one an interval, or a
---                                 frame with the columns interval, rate and those of the groups,
---                                 or a population of survival.population, through which each
---                                 person's own path of age and calendar time is followed: the
---                                 one-sample log-rank test (Finkelstein, Muzikansky & Schoenfeld
---                                 2003, JNCI 95:1434); population: the same, by the name it has in
---                                 survival.expected; age: years at time 0, of a population;
---                                 year: date or calendar year of time 0, of a population; match:
---                                 names of its factors; unit: of the times, as survival.expected;
---                                 cuts, scale, labels, conf_level, conf_type, cause, censored: as
---                                 survival.rates
---@return lobule.SMR
---@raise no rate for an interval in which somebody was at risk; as survival.expected
---@example lb.survival.smr("Surv(months, progressed) ~ arm", lb.example_data(),
---    { cuts = { 6, 12 }, rates = { 0.02, 0.03, 0.04 } })
function M.smr(formula, data, options)
  local opts <const> = check.options(options, SMR_OPTIONS)
  if opts.population ~= nil then
    if opts.rates ~= nil or not check.is(opts.population, "lobule.Population") then
      core.raise("argument", opts.rates ~= nil and "rates and population do not go together"
        or "population: expected what survival.population gives", "rates takes both; give one.")
    end
    opts.rates = opts.population
  end
  if check.is(opts.rates, "lobule.Population") then return against_population(formula, data, opts)
  end
  for _, name in ipairs { "year", "unit" } do
    if opts[name] then
      core.raise("argument", name .. ": belongs to a population",
        "rates = lb.survival.population(...)")
    end
  end
  if opts.rates == nil or type(opts.rates) ~= "table" and not check.is(opts.rates, "lobule.Frame")
  then
    core.raise("argument", "rates: give those of the reference, one an interval",
      "For example { cuts = { 50, 60 }, scale = \"age\", rates = { 0.004, 0.01, 0.02 } }.")
  end
  local groups, info = tabulate(formula, data, opts)
  expect(groups, opts.rates)
  local new = require("lobule.survival.smr_result").new(groups, info, opts)
  return new
end

return result.functions("survival", M)
