--- Immortal time: terms of a model that are only known after follow-up has started.
local core = require "lobule.core"

--- Where columns come from: name -> the last expression that made it; columns that are known to be
--- dated read their date.
local function definitions(cohort)
  local made = {}
  for name, column in next, cohort.dated or {} do made[name] = ("`%s`"):format(column) end
  for _, step in ipairs(cohort.steps) do
    for _, define in ipairs(step.defines or {}) do made[define[1]] = define[2] end
  end
  return made
end

--- The names in an expression, quoted texts left out.
local function names_of(expression)
  local names = {}
  local bare = expression:gsub("'[^']*'", ""):gsub('"[^"]*"', "")
  for name in bare:gmatch "`([^`]+)`" do names[#names + 1] = name end
  for name in bare:gsub("`[^`]+`", ""):gmatch "[%a_][%w_]*" do names[#names + 1] = name end
  return names
end

--- All expressions that an expression rests on, itself included, and the columns of the data that
--- they read, in the order found.
local function trace(expression, made, frame, found)
  found = found or { expressions = {}, columns = {}, seen = {} }
  found.expressions[#found.expressions + 1] = expression
  for _, name in ipairs(names_of(expression)) do
    if frame:has(name) and not found.seen[name] then
      found.seen[name] = true
      found.columns[#found.columns + 1] = name
      if made[name] then trace(made[name], made, frame, found) end
    end
  end
  return found
end

local function is_date(frame, name)
  local kind = frame:column(name):type()
  return kind == "date" or kind == "datetime"
end

local function is_number(frame, name)
  local kind = frame:column(name):type()
  return kind == "real" or kind == "integer"
end

--- How many rows fulfil a condition.
local function count(frame, condition)
  local _, n = core.filter(frame, condition, core.with())
  return n
end

--- The date at which follow-up starts: the one named, or of the dates that the times are computed
--- from the one that is never after another.
local function time_zero(cohort, times)
  if cohort.time_zero then return cohort.time_zero end
  for _, name in ipairs(times.columns) do
    local first = is_date(cohort.data, name)
    for _, other in ipairs(first and times.columns or {}) do
      first = first and (other == name or not is_date(cohort.data, other)
        or count(cohort.data, ("`%s` > `%s`"):format(name, other)) == 0)
    end
    if first then return name end
  end
  return nil
end

local MEND <const> = "immortal time: whoever lived to be in a group could not die before. Compare "
  .. "from a landmark on (survival.landmark), or let the group change over time (survival.tmerge)"

--- A date after time zero that the term rests on.
local function late_date(cohort, source, zero)
  for _, name in ipairs(zero and source.columns or {}) do
    if name ~= zero and is_date(cohort.data, name) then
      local n = count(cohort.data, ("`%s` > `%s`"):format(name, zero))
      if n > 0 then
        return ("rests on %s, which is after the start of follow-up (%s) in %d rows"):format(name,
          zero, n)
      end
    end
  end
end

--- A time since zero that the term rests on: missing for whom it did not happen, and for the others
--- within their follow-up.
local function late_time(cohort, source, outcome)
  local frame <const> = cohort.data
  local text <const> = table.concat(source.expressions, " "):gsub("[%s`]", "")
  for _, name in ipairs(source.columns) do
    local asked = (cohort.dated or {})[source.term] == name
      or text:find("is_na(" .. name .. ")", 1, true) or text:find("coalesce(" .. name, 1, true)
    if asked and is_number(frame, name) and frame:column(name):missing() > 0 then
      local quoted <const> = ("`%s`"):format(name)
      local n = count(frame, quoted .. " > 0")
      local outside = count(frame, ("%s < 0 or %s > %s"):format(quoted, quoted, outcome))
      if n > 0 and outside == 0 then
        return ("rests on %s, a time after the start of follow-up in %d rows"):format(name, n)
      end
    end
  end
end

--- Warnings for the terms of a formula that are only known after time zero: they rest on a date
--- after it, or on a time that is missing for whom nothing happened.
---@param cohort lobule.Cohort
---@param formula string
---@return string[]
return function(cohort, formula)
  local list, frame = {}, cohort.data
  local left, right = formula:match "^(.-)~(.*)$"
  local outcome = left and left:match "^%s*Surv%s*%((.*),[^,]*%)%s*$"
  if not outcome or outcome:find(",", 1, true) and not outcome:find "%(" then return list end
  local made = definitions(cohort)
  if next(made) == nil then return list end
  local times = trace(outcome, made, frame)
  local zero = time_zero(cohort, times)
  local shifted = table.concat(times.expressions, " "):find("-", 1, true) ~= nil
  for _, name in ipairs(names_of(right)) do
    if frame:has(name) and made[name] then
      local source = trace(("`%s`"):format(name), made, frame)
      source.term = name
      local why = late_date(cohort, source, zero)
      if not why and not shifted then why = late_time(cohort, source, outcome) end
      if why then list[#list + 1] = ("'%s' %s: %s"):format(name, why, MEND) end
    end
  end
  return list
end
