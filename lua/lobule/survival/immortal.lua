--- Immortal time: terms of a model that are only known after follow-up has started.
local core = require "lobule.core"

--- Where columns come from: name -> the last expression that made it; columns that are known to be
--- dated read their date.
local function definitions(cohort)
  local made = {}
  for name, column in next, cohort.dated or {} do
    if column then made[name] = ("`%s`"):format(column) end
  end
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

--- Whether an expression without spaces compares a column, or cuts it into groups.
local function compared(text, name)
  local word = "%f[%w_]" .. name:gsub("%W", "%%%0") .. "%f[^%w_]"
  return text:find(word .. "[<>=~]") or text:find("[<>=]" .. word)
    or text:find("cut%(" .. word) or text:find("between%(" .. word)
end

local WORDS <const> = { "time", "day", "week", "month", "year" }

--- Whether a name says that its numbers are times.
local function named_time(name)
  for _, word in ipairs(WORDS) do
    if name:lower():find(word, 1, true) then return true end
  end
  return false
end

--- Whether a number ends follow-up or comes before: equal to it in some rows, less in others.
local function ends_follow_up(frame, quoted, outcome)
  return count(frame, ("%s == %s"):format(quoted, outcome)) >= 3
    and count(frame, ("%s < %s"):format(quoted, outcome)) >= 3
end

--- Whether a time is one of those that definitions ask for, or compare, or has no other sense.
local function asked_for(cohort, source, name, text, outcome)
  local frame, dated = cohort.data, cohort.dated or {}
  if dated[name] == false or dated[source.term] == false then return false end
  local partly <const> = frame:column(name):missing() > 0
  if dated[source.term] == name or text:find("is_na(" .. name .. ")", 1, true)
    or text:find("coalesce(" .. name, 1, true) then
    return partly
  end
  if not compared(text, name) or outcome:find("%f[%w_]" .. name:gsub("%W", "%%%0") .. "%f[^%w_]")
  then
    return false
  end
  return partly and named_time(name) or ends_follow_up(frame, ("`%s`"):format(name), outcome)
end

--- A time since zero that the term rests on: missing for whom it did not happen, and for the others
--- within their follow-up.
local function late_time(cohort, source, outcome)
  local frame <const> = cohort.data
  local text <const> = table.concat(source.expressions, ";"):gsub("[%s`]", "")
  for _, name in ipairs(source.columns) do
    if is_number(frame, name) and asked_for(cohort, source, name, text, outcome) then
      local quoted <const> = ("`%s`"):format(name)
      local n = count(frame, quoted .. " > 0")
      local outside = count(frame, ("%s < 0 or %s > %s"):format(quoted, quoted, outcome))
      if n > 0 and outside == 0 then
        return ("rests on %s, a time after the start of follow-up in %d rows"):format(name, n), name
      end
    end
  end
end

--- How to say that a column of the file was known at the start.
local function silence(name)
  return ("; known at the start after all? Say so: lb.cohort(..., { dated = { %s = false } })")
    :format(name)
end

--- What gives a column of the file away; looked for once.
local function in_file(cohort, name, outcome, times)
  local skipped, dated = {}, cohort.dated or {}
  if dated[name] == false then return nil end
  for _, column in ipairs(times.columns) do skipped[column] = true end
  for column, known in next, dated do skipped[column] = skipped[column] or known == false end
  if cohort.id then skipped[cohort.id] = true end
  return (require("lobule.survival.immortal_pairs").find(cohort.data, name, outcome, skipped))
end

--- What is said of a term, or nil.
local function judge(cohort, name, made, times, outcome)
  local zero = time_zero(cohort, times)
  local shifted = table.concat(times.expressions, " "):find("-", 1, true) ~= nil
  if not made[name] then
    local why = not shifted and in_file(cohort, name, outcome, times)
    return why and ("'%s' %s: %s%s"):format(name, why, MEND, silence(name)) or nil
  end
  local source = trace(("`%s`"):format(name), made, cohort.data)
  source.term = name
  local why, time = late_date(cohort, source, zero), nil
  if not why and not shifted then why, time = late_time(cohort, source, outcome) end
  for _, column in ipairs(not why and not shifted and source.columns or {}) do
    local told = column ~= name and not made[column] and in_file(cohort, column, outcome, times)
    if told then why, time = ("rests on %s, which %s"):format(column, told), column end
  end
  if not why then return nil end
  return ("'%s' %s: %s%s"):format(name, why, MEND, time and silence(time) or "")
end

local function find(cohort, formula)
  local list, frame = {}, cohort.data
  local left, right = formula:match "^(.-)~(.*)$"
  local outcome = left and left:match "^%s*Surv%s*%((.*),[^,]*%)%s*$"
  if not outcome or outcome:find(",", 1, true) and not outcome:find "%(" then return list end
  local made = definitions(cohort)
  local times = trace(outcome, made, frame)
  for _, name in ipairs(names_of(right)) do
    if frame:has(name) then list[#list + 1] = judge(cohort, name, made, times, outcome) end
  end
  return list
end

--- Cohorts do not change: what was found of a formula holds as long as they live.
local known <const> = setmetatable({}, { __mode = "k" })

--- Warnings for the terms of a formula that are only known after time zero: they rest on a date
--- after it, on a time that is missing for whom nothing happened or ends follow-up, or are columns
--- of the file that such a time beside them gives away.
---@param cohort lobule.Cohort
---@param formula string
---@return string[]
return function(cohort, formula)
  local found = known[cohort]
  if not found then
    found = {}
    known[cohort] = found
  end
  found[formula] = found[formula] or find(cohort, formula)
  return found[formula]
end
