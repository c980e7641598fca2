--- What a step did to a cohort: rows and persons before and after, by arm, and why rows left.
local core = require "lobule.core"
local format = require "lobule.format"

local M = {}

-- Steps after which a column may hold cells of another.
local OTHERS_CELLS <const> = { append = true, join = true, reshape = true }
local WAYS <const> = { "left", "added", "repeated", "merged" }

--- Persons in a frame of the cohort: distinct ids, or rows when no id was named. Rows without an id
--- count one each.
---@param cohort lobule.Cohort
---@param frame lobule.Frame
---@return integer
function M.persons(cohort, frame)
  if not cohort.id then return #frame end
  local id = ("`%s`"):format(cohort.id)
  local counts = core.summarise(frame, { ("n = n_distinct(%s)"):format(id),
    ("m = n_missing(%s)"):format(id) }, {})
  return math.tointeger(counts:column("n")[1]) + math.tointeger(counts:column("m")[1])
end

--- Rows of each arm: a list of { label, n }, missing arm last.
---@param cohort lobule.Cohort
---@param frame lobule.Frame
---@return table[]
function M.by_arm(cohort, frame)
  local list = {}
  if not cohort.arm then return list end
  for i, group in ipairs(core.split(frame, { cohort.arm })) do
    local key = group.key[1]
    list[i] = { label = key == core.NA and "NA" or key, n = #group.frame,
      persons = M.persons(cohort, group.frame) }
  end
  return list
end

local function counts(cohort, frame)
  return { rows = #frame, persons = M.persons(cohort, frame), arms = M.by_arm(cohort, frame) }
end

--- "Read from a.csv"; of a frame that has other rows than the file, that too, with the file's
--- count: what was left out before is in no step.
local function origin(source, n)
  if not source then return "Data given" end
  local whole
  for _, input in ipairs(require("lobule.session").inputs()) do
    if input.name == source then
      if input.rows == n then return "Read from " .. source end
      whole = input.rows
    end
  end
  if not whole then return "Read from " .. source end
  return ("Rows of a frame made from %s (%s rows)"):format(source, format.count(whole))
end

--- The first step: the file as read.
---@param cohort lobule.Cohort
---@param source? string
---@return table step
function M.start(cohort, source)
  return { kind = "read", reason = origin(source, #cohort.data),
    after = counts(cohort, cohort.data),
    causes = {} }
end

--- The step that names the arms: nothing leaves.
---@param cohort lobule.Cohort
---@return table step
function M.arms(cohort)
  local now = counts(cohort, cohort.data)
  return { kind = "by_arm", reason = "By " .. cohort.arm, before = now, after = now, causes = {} }
end

--- A step that changes no rows but belongs to the record: a new column, another reference level.
---@param kind "mutate"|"relevel"
---@param text string
---@param with? table               values for $names
---@return table step
function M.note(kind, text, with)
  local keys = {}
  for key in next, with or {} do keys[#keys + 1] = key end
  table.sort(keys)
  for i, key in ipairs(keys) do
    local value = with[key]
    keys[i] = ("$%s = %s"):format(key, type(value) == "table" and table.concat(value, ", ")
      or tostring(value))
  end
  if #keys > 0 then text = text .. " [" .. table.concat(keys, "; ") .. "]" end
  return { kind = kind, text = text, causes = {} }
end

--- The steps that count rows.
---@param cohort lobule.Cohort
---@return table[]
function M.counted(cohort)
  local list = {}
  for _, step in ipairs(cohort.steps) do
    if step.after then list[#list + 1] = step end
  end
  return list
end

--- A step in which rows may have left.
---@param cohort lobule.Cohort      before the step
---@param frame lobule.Frame        after it
---@param kind string              "filter", "exclude", "complete", "join", "distinct", ...
---@param reason? string
---@param causes table[]            list of { reason, condition, n, n_missing, dropped = Frame? }
---@param moved? table              rows left out, added, repeated (a row standing several times)
---                                 and merged (into others), where it is not the difference alone
---@return table step
function M.step(cohort, frame, kind, reason, causes, moved)
  for _, cause in ipairs(causes) do
    if cause.dropped then
      cause.persons = M.persons(cohort, cause.dropped)
      cause.arms = M.by_arm(cohort, cause.dropped)
      cause.dropped = nil
    end
  end
  local step = { kind = kind, reason = reason, before = counts(cohort, cohort.data),
    after = counts(cohort, frame), causes = causes }
  local more <const> = #frame - #cohort.data
  moved = moved or { left = math.max(-more, 0), added = math.max(more, 0) }
  for _, way in ipairs(WAYS) do step[way] = moved[way] or 0 end
  assert(step.added + step.repeated - step.left - step.merged == more)
  return step
end

--- Rows that the reasons of a step name; more than left when a row has several.
---@param step table
---@return integer
function M.reasons(step)
  local n = 0
  for _, cause in ipairs(step.causes) do
    n = n + cause.n
    -- An exclusion keeps the rows where it is unknown.
    if step.kind == "filter" or step.kind == "join" then n = n + cause.n_missing end
  end
  return n
end

local WORDS <const> = { added = "added", repeated = "repeated", merged = "merged into others" }

--- How a step's rows became more, or fewer without any leaving, as a list of texts.
---@param step table
---@return string[]
function M.moves(step)
  local list = {}
  for _, way in ipairs(WAYS) do
    local n = WORDS[way] and step[way] or 0
    if n > 0 then
      list[#list + 1] = ("%d row%s %s"):format(n, n == 1 and "" or "s", WORDS[way])
    end
  end
  return list
end

--- The text columns that may be shown, after an assignment: one that reads no id and no text that
--- may not be shown makes such a column. Names are looked for anywhere in the expression, so that a
--- doubt hides.
---@param cohort lobule.Cohort
---@param open table<string, boolean>  before; not changed
---@param frame lobule.Frame        after the assignment
---@param item string|table
---@return table<string, boolean>
function M.opened(cohort, open, frame, item)
  local name, expression = nil, nil
  if type(item) == "string" then name, expression = core.split_assignment(item) end
  local shows = expression ~= nil
  for _, column in ipairs(shows and frame:names() or {}) do
    local hidden = column == cohort.id or frame:column(column):type() == "text" and not open[column]
    if hidden and column ~= name and expression:find(column, 1, true) then shows = false end
  end
  if shows and expression:find(name, 1, true) and not open[name] then shows = false end
  local changed = {}
  for column in next, open do changed[column] = true end
  changed[name or item[1]] = shows or nil
  return changed
end

--- A cohort with another frame and, unless it is nil, one more step; nothing of the old one
--- changes.
---@param cohort lobule.Cohort
---@param frame lobule.Frame
---@param step? table
---@return lobule.Cohort
function M.derive(cohort, frame, step)
  local new = {}
  for key, value in next, cohort do new[key] = value end
  new.data, new.open = frame, {}
  for name in next, step and OTHERS_CELLS[step.kind] and {} or cohort.open do
    if frame:has(name) then new.open[name] = true end
  end
  if step then
    local steps = table.move(cohort.steps, 1, #cohort.steps, 1, {})
    steps[#steps + 1] = step
    new.steps = steps
  end
  return setmetatable(new, getmetatable(cohort))
end

local TITLES <const> = { exclude = "remaining after exclusions", complete = "complete",
  filter = "kept", distinct = "one row each", slice = "rows chosen by number", first = "first rows",
  last = "last rows" }

--- What a step is called: its reason, or what its kind means.
---@param step table
---@return string
function M.title(step)
  return step.reason or TITLES[step.kind] or step.kind
end

--- One line a step, for the provenance of a report.
---@param cohort lobule.Cohort
---@return string[]
function M.lines(cohort)
  local lines = {}
  for i, step in ipairs(cohort.steps) do
    if step.text then
      lines[i] = step.kind .. ": " .. step.text
    else
      local text = ("%s: %d rows"):format(M.title(step), step.after.rows)
      for _, cause in ipairs(step.causes) do
        local na = cause.n_missing > 0 and (", %d NA"):format(cause.n_missing) or ""
        text = ("%s; %s [%s] %d%s"):format(text, step.kind, cause.condition, cause.n, na)
      end
      for _, move in ipairs(M.moves(step)) do text = text .. "; " .. move end
      lines[i] = text
    end
  end
  return lines
end

return M
