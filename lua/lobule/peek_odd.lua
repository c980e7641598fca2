--- Odd things in a frame that was just read: what a careful colleague would ask about. Levels and
--- counts are named, rows and ids never.
local core = require "lobule.core"
local format = require "lobule.format"

local M = {}

local function tick(name)
  return "`" .. name .. "`"
end

--- Rows for which a condition holds.
local function count(frame, condition)
  local _, n_true = core.filter(frame, condition, core.with())
  return n_true
end

local function plural(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

--- An id that is not unique: how many stand twice, how many more often.
local function repeated_ids(frame, id, add)
  if not id or id:find("`", 1, true) then return end
  local groups = core.summarise(frame, { "n_rows_of_one = n()" }, { id })
  local twice = count(groups, "n_rows_of_one == 2 and not is_na(" .. tick(id) .. ")")
  local more = count(groups, "n_rows_of_one > 2 and not is_na(" .. tick(id) .. ")")
  local missing = frame:column(id):missing()
  if missing > 0 then add(("`%s` is missing in %s"):format(id, plural(missing, "row"))) end
  if twice + more == 0 then return end
  if more == 0 then
    add(("`%s` not unique: %d twice"):format(id, twice))
  else
    add(("`%s` not unique: %d twice, %d more often (visits?)"):format(id, twice, more))
  end
end

--- Levels that are one word written in several ways, or a letter for the only word that begins so.
local function spellings(frame, name, add)
  local by_stem, order, words = {}, {}, {}
  for _, level in ipairs(core.summary(frame:column(name)).levels) do
    local stem = level.label:lower():gsub("[%s%._%-]", "")
    if not by_stem[stem] then
      by_stem[stem] = {}
      order[#order + 1] = stem
      if #stem > 1 then
        local letter = stem:sub(1, 1)
        words[letter] = words[letter] == nil and stem or false
      end
    end
    table.insert(by_stem[stem], level.label)
  end
  for _, stem in ipairs(order) do
    local same = by_stem[stem]
    local word = #stem == 1 and words[stem]
    if word then
      for _, label in ipairs(by_stem[word]) do same[#same + 1] = label end
      by_stem[word] = {}
    end
  end
  for _, stem in ipairs(order) do
    if #by_stem[stem] > 1 then
      add(("`%s` has %s"):format(name, table.concat(by_stem[stem], ", ")))
    end
  end
end

local CODES <const> = { 9999, 999, 888, 777, 99, -9999, -999, -99, -9 }

--- 999, -9 and the like that lie far from all other values, and 0 where nothing else is near it.
local function missing_codes(frame, name, summary, add)
  local spread = summary.q3 - summary.q1
  for _, code in ipairs(CODES) do
    if (summary.max == code or summary.min == code) and summary.n_distinct > 2 then
      local inside = ("%s ~= %d"):format(tick(name), code)
      local rest = core.filter(frame, inside, core.with())
      local other = core.summary(rest:column(name))
      local n = summary.n - summary.n_missing - (other.n - other.n_missing)
      local gap = code > 0 and code - other.max or other.min - code
      local range = other.max - other.min
      if gap > range and (code > 0 or other.min >= 0) then
        add(("`%s` has %d in %s: a code for missing? All others are from %s to %s"):format(name,
          code, plural(n, "row"), format.number(other.min, 4), format.number(other.max, 4)))
        return
      end
    end
  end
  if summary.min == 0 and summary.n_distinct > 10 and summary.q1 > 0 then
    local rest = core.filter(frame, tick(name) .. " ~= 0", core.with())
    local other = core.summary(rest:column(name))
    local n = summary.n - summary.n_missing - (other.n - other.n_missing)
    if other.min > summary.median / 4 and other.min > 2 * spread / summary.n_distinct then
      add(("`%s` is 0 in %s: a code for missing? All others are %s or more"):format(name,
        plural(n, "row"), format.number(other.min, 4)))
    end
  end
end

local DAYS_A_YEAR <const> = 365.25

local function iso(days)
  return core.frame({ { "d", { days }, "date" } }):column("d")[1]
end

--- The latest date of the file that is no outlier of its own column: there is no clock here.
local function latest_plausible(frame, dates)
  local latest
  for _, one in ipairs(dates) do
    local s = one.summary
    local fence, top = math.floor(s.q3 + 3 * (s.q3 - s.q1) + DAYS_A_YEAR), s.max
    if top > fence then
      local inside = ("%s <= date('%s')"):format(tick(one.name), iso(fence))
      top = core.summary(core.filter(frame, inside, core.with()):column(one.name)).max
    end
    if not latest or top > latest then latest = top end
  end
  return latest
end

local function odd_dates(frame, dates, add)
  local latest = latest_plausible(frame, dates)
  for _, one in ipairs(dates) do
    local name, s = one.name, one.summary
    if latest and s.max > latest then
      local n = count(frame, ("%s > date('%s')"):format(tick(name), iso(latest)))
      add(("`%s` has %s after %s, the latest plausible date of the file"):format(name,
        plural(n, "date"), iso(latest)))
    end
    if s.min < -25567 then -- 1900-01-01
      add(("`%s` has %s before 1900"):format(name,
        plural(count(frame, ("%s < date('1900-01-01')"):format(tick(name))), "date")))
    end
  end
end

local function find_date(dates, patterns)
  for _, one in ipairs(dates) do
    local name = one.name:lower()
    for _, pattern in ipairs(patterns) do
      if name:find(pattern) then return one.name end
    end
  end
  return nil
end

local function death_before_contact(frame, dates, add)
  local death = find_date(dates, { "death", "died", "deceased", "dthdt", "^dod$" })
  local contact = find_date(dates, { "last.?contact", "last.?seen", "last.?follow", "last.?fu",
    "last.?visit", "lstalv", "last.?alive" })
  if not death or not contact or death == contact then return end
  local n = count(frame, ("%s < %s"):format(tick(death), tick(contact)))
  if n > 0 then
    add(("`%s` is before `%s` in %s"):format(death, contact, plural(n, "row")))
  end
end

--- What reading found: cells that keep a column from being numbers or dates, one line a column.
local function from_problems(frame, problems, told, add)
  local n, what, order, below = {}, {}, {}, {}
  for _, problem in ipairs(problems) do
    local name, message = problem.column, problem.message
    local kind = message:match("is not (a [%w ]+)") or message:match("lose digits as (a number)")
    if name and message:find("^'<") then below[name] = true end
    if name and problem.row > 0 and kind then
      if not n[name] then order[#order + 1] = name end
      n[name], what[name] = (n[name] or 0) + 1, kind:gsub("%s+$", "")
    elseif name and message:find(" like ", 1, true) then
      add(("`%s`: %s"):format(name, message))
    elseif name and message:find("header", 1, true) then
      add(message)
    end
  end
  for _, name in ipairs(order) do
    local column = frame:column(name)
    if not told[name] then add(("`%s` is text: %d of %d values are not %s%s"):format(name, n[name],
      #frame - column:missing(), what[name], below[name] and "; for <...: censored = \"below\""
        or "")) end
  end
end

--- Everything odd, the gravest first.
---@param frame lobule.Frame
---@param id? string
---@param problems table[]          of core.read_csv
---@param commas? integer           columns whose decimal commas were taken for such
---@param told? table              columns of which something is said already: name -> true
---@return string[]
function M.things(frame, id, problems, commas, told)
  local list, dates, spelled, codes, constant = {}, {}, {}, {}, {}
  local function adder(to)
    return function(text) to[#to + 1] = text end
  end
  local add = adder(list)
  repeated_ids(frame, id, add)
  for _, name in ipairs(frame:names()) do
    if name ~= id and not name:find("`", 1, true) then
      local column = frame:column(name)
      local kind, s = column:type(), core.summary(column)
      local n = s.n - s.n_missing
      if kind == "date" and n > 0 then dates[#dates + 1] = { name = name, summary = s } end
      if kind == "factor" then spellings(frame, name, adder(spelled)) end
      if (kind == "integer" or kind == "real") and n > 0 then
        missing_codes(frame, name, s, adder(codes))
      end
      if #frame > 1 and n > 1 and s.n_distinct == 1 and kind ~= "text" then
        constant[#constant + 1] = ("`%s` is the same in every row"):format(name)
      elseif #frame > 0 and n == 0 then
        constant[#constant + 1] = ("`%s` is empty"):format(name)
      end
    end
  end
  death_before_contact(frame, dates, add)
  odd_dates(frame, dates, add)
  table.move(spelled, 1, #spelled, #list + 1, list)
  from_problems(frame, problems, told or {}, add)
  if commas then
    add(("%s with decimal commas: decimal = \",\""):format(plural(commas, "column")))
  end
  table.move(codes, 1, #codes, #list + 1, list)
  table.move(constant, 1, #constant, #list + 1, list)
  return list
end

return M
