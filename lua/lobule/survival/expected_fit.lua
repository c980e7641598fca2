--- What expected and relative survival share: the model of those who can be set against the
--- population, curves at their times, frames of all groups.
local check = require "lobule.check"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local outcomes = require "lobule.survival.outcome_text"
local people = require "lobule.survival.expected_people"
local result = require "lobule.result"
local weights = require "lobule.survival.weights"

local M = {}

local REFUSED <const> = { sampling = 'Its variance counts rows as independent: weight_type = '
  .. '"frequency" repeats them, "case" counts with them.' }

--- The potential follow-up of Hakulinen's method as a column, and the rows that have one.
local function potential_of(frame, opts, dropped)
  local text = opts.potential
  if opts.method ~= "hakulinen" then
    if text then
      core.raise("argument", ("potential has no meaning for method '%s'"):format(opts.method),
        'Leave it out, or method = "hakulinen".')
    end
    return frame
  end
  if not text then
    core.raise("argument", "method 'hakulinen' needs potential follow-up",
      'The column of times from time 0 to the end of the study, also of those who died: '
      .. 'potential = "to_closing".')
  end
  local known = frame:filter(("not is_na(%s)"):format(text))
  if #known < #frame then
    dropped[#dropped + 1] = { variable = "potential follow-up", n = #frame - #known }
  end
  return known
end

--- Rows left out for what the population asks, among those that the model left out.
local function count_left(info, whole, known, causes, dropped)
  for _, cause in ipairs(causes) do
    info.dropped[#info.dropped + 1] = { variable = cause.reason:gsub(" missing$", ""), n = cause.n }
  end
  for _, one in ipairs(dropped) do info.dropped[#info.dropped + 1] = one end
  info.n_missing = info.n_missing + #whole - #known
  info.n_rows = #whole
end

--- A model of those who can be set against the population.
---@param formula string
---@param data lobule.Cohort|lobule.Frame
---@param opts table                checked options, with those of expected_people
---@return table fit                model, info, lives, frame, whole, opts, warnings, unit
function M.build(formula, data, opts)
  check.type(formula, "string", "formula")
  people.check(opts)
  weights.check(opts, data, REFUSED)
  local whole, cohort = check.data(data)
  local causes, dropped = {}, {}
  local known = people.known(check.data(weights.present(data, opts)), opts, causes)
  local frame = potential_of(known, opts, dropped)
  if #whole > 0 and #frame == 0 then
    core.raise("data", ("no row can be set against the population: all %d are left out"):format(
      #whole), #causes > 0 and ("%s: %d."):format(causes[1].reason, causes[1].n) or nil)
  end
  local model, info = fitting.build(formula, frame, "groups", opts)
  count_left(info, weights.present(whole, opts), frame, causes, dropped)
  info.lineage = cohort and require("lobule.lineage").lines(cohort) or nil
  info.immortal = cohort and require("lobule.survival.immortal")(cohort, formula) or nil
  local unit = people.unit(opts, info)
  return { model = model, info = info, opts = opts, frame = frame, whole = whole, unit = unit,
    formula = formula, data = data, lives = people.lives(frame, opts, unit),
    potential = opts.potential and opts.method == "hakulinen" and core.eval(frame, opts.potential)
      or nil }
end

--- Curves of all groups: at their own times, or at those given.
---@param fit table
---@param times? number[]
---@return table[]                  each { n, weight, n_event, curve }
function M.curves(fit, times)
  local curves = core.expected(fit.model, fit.lives, fit.opts.method, times, fit.potential,
    fit.opts.type == "exponential")
  return curves
end

--- The data with expected_hazard, cumulative over each row's own follow-up, and
--- expected_survival; NA where something is missing.
---@param fit table
---@return lobule.Frame
function M.augment(fit)
  local frame = fit.whole
  local outcome = outcomes.read(fit.formula, frame)
  local entry = outcome.entry and core.eval(frame, outcome.entry) or nil
  local hazard = core.population_hazard(people.lives(frame, fit.opts, fit.unit), entry,
    core.eval(frame, outcome.time))
  frame = core.with_column(frame, "expected_hazard", hazard)
  return (core.with_column(frame, "expected_survival", core.eval(frame, "exp(-expected_hazard)")))
end

--- The rows that the fit uses, with what is expected of each; without those whose time is 0.
---@param fit table
---@return lobule.Frame             # with the column "expected events"
---@return integer before           followed before the table's years
---@return integer after
function M.used(fit)
  local frame, start, stop = core.split_follow_up(fit.model, fit.frame, {}, nil)
  local hazard, before, after = core.population_hazard(people.lives(frame, fit.opts, fit.unit),
    start, stop)
  return core.with_column(frame, "expected events", hazard), before, after
end

--- Warnings that every fit against a population has.
---@param fit table
---@return string[]
function M.warnings(fit)
  local list, _, before, after = result.warnings(fit.info), M.used(fit)
  for _, text in ipairs(people.warnings(fit.opts, before, after)) do list[#list + 1] = text end
  return list
end

--- Name of group g: "arm=SIRT", "all".
---@param fit table
---@param g integer
---@return string
function M.name(fit, g)
  local name = fit.info.groups.name[g]
  return name ~= "" and name or "all"
end

--- What tables call the group of a name.
---@param fit table
---@param name string               of M.name
---@return string
function M.label(fit, name)
  for g, label in ipairs(fit.info.groups.label) do
    if M.name(fit, g) == name then return label end
  end
  return name
end

--- The frames of all groups below each other, the group's name in front.
---@param fit table
---@param frames lobule.Frame[]     of the same columns, one a group
---@param columns table             name -> { label, unit }
---@return lobule.Frame
function M.stack(fit, frames, columns)
  local names, lists, strata, n = frames[1]:names(), {}, {}, 0
  for j in ipairs(names) do lists[j] = {} end
  for g, frame in ipairs(frames) do
    for j, name in ipairs(names) do
      table.move(frame:column(name):totable(), 1, #frame, n + 1, lists[j])
    end
    for i = 1, #frame do strata[n + i] = M.name(fit, g) end
    n = n + #frame
  end
  strata.n = n
  local list = { { "strata", strata, "text" } }
  for j, name in ipairs(names) do
    lists[j].n = n
    local more = columns[name] or {}
    list[j + 1] = { name, lists[j], "real", label = more.label,
      unit = name == "time" and fit.unit or nil }
  end
  return (result.frame(list))
end

--- About five times at which a table shows curves.
---@param fit table
---@return number[]
function M.shown_times(fit)
  local nice = require("lobule.survival.plot_parts").nice_times(0, fit.info.time_max, fit.unit)
  local times = {}
  for _, time in ipairs(nice) do
    if time > 0 and time <= fit.info.time_max then times[#times + 1] = time end
  end
  return #times > 0 and times or { fit.info.time_max }
end

return M
