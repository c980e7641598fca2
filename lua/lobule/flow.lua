--- The flow of a cohort: who was there, who left and why, who is analysed. CONSORT and STROBE draw
--- it; nobody types it.
local check = require "lobule.check"
local core = require "lobule.core"
local lineage = require "lobule.lineage"

---@class lobule.Flow
---@field steps table[]
---@field unit string               "patients" or "rows"
local Flow = { __name = "lobule.Flow" }

local M = {}

--- Steps that the models' dropped rows add.
local function model_steps(results, before)
  local steps = {}
  for i, result in ipairs(results) do
    local info = result.info
    local causes = {}
    for j, dropped in ipairs(info.dropped) do
      causes[j] = { reason = dropped.variable .. " missing", n = dropped.n, n_missing = 0,
        condition = "" }
    end
    steps[i] = { kind = "model", reason = result.title, before = before,
      after = { rows = info.n_used, persons = info.n_used,
      -- Arms are known only where the model left nobody out.
      arms = info.n_missing == 0 and before.arms or {} }, causes = causes }
  end
  return steps
end

--- The flow of a cohort.
---@param cohort lobule.Cohort
---@param options? table
---@return lobule.Flow
function M.new(cohort, options)
  local opts <const> = check.options(options, { { "results", "table", {} } })
  local steps = lineage.counted(cohort)
  for _, step in ipairs(model_steps(opts.results, steps[#steps].after)) do steps[#steps
    + 1] = step end
  return setmetatable({ steps = steps, arm = cohort.arm, unit = cohort.rows,
    lines = lineage.lines(cohort),
    repeated = steps[1].after.rows ~= steps[1].after.persons }, Flow)
end

local COLUMNS <const> = { { "reason_id", "integer" }, { "reason", "text" }, { "arm", "text" },
  { "number_records", "integer" },
  { "number_subjects", "integer" }, { "excluded_records", "integer" },
    { "excluded_subjects", "integer" }, { "number_na", "integer" },
  { "added_records", "integer" }, { "repeated_records", "integer" } }

--- The flow as a frame, one row a reason and arm, with OMOP's names. Rows of a call with several
--- reasons count on the same
--- rows, so excluded_records of single reasons may add up to more than left. Rows that a step
--- added, and copies of rows that it made, are counted apart.
---@return lobule.Frame             # reason_id, reason, arm, number_records, number_subjects,
---                                 excluded_records, excluded_subjects, number_na,
---                                 added_records, repeated_records
function Flow:data()
  local lists, n = {}, 0
  for j = 1, #COLUMNS do lists[j] = {} end
  local function add(...)
    n = n + 1
    for j = 1, #COLUMNS do
      local value = (select(j, ...))
      lists[j][n] = value == nil and core.NA or value
    end
  end
  for i, step in ipairs(self.steps) do
    local before, after = step.before or step.after, step.after
    local left = step.left or math.max(0, before.rows - after.rows)
    local more = (step.added or 0) + (step.repeated or 0) > 0
    add(i, lineage.title(step), "all", after.rows, after.persons, left,
      math.max(0, before.persons - after.persons), core.NA, step.added or 0, step.repeated or 0)
    for _, cause in ipairs(step.causes) do
      add(i, cause.reason, "all", core.NA, core.NA, cause.n, cause.persons, cause.n_missing)
    end
    for k, arm in ipairs(after.arms) do
      local was = before.arms[k] and before.arms[k].label == arm.label and before.arms[k] or nil
      -- Where rows came too, how many of an arm left is not known.
      add(i, lineage.title(step), arm.label, arm.n, arm.persons, was and not more
        and math.max(0, was.n - arm.n) or nil, was and math.max(0, was.persons - arm.persons),
        core.NA)
    end
  end
  local columns = {}
  for j, column in ipairs(COLUMNS) do
    lists[j].n = n
    columns[j] = { column[1], lists[j], column[2] }
  end
  local frame = core.frame(columns)
  return frame
end

--- The same as data().
---@return lobule.Frame
function Flow:tidy()
  local frame = self:data()
  return frame
end

local function removed_text(cause)
  local na = ""
  if cause.n_missing > 0 then na = ("  (NA: %d)"):format(cause.n_missing) end
  return ("%s: %d%s"):format(cause.reason, cause.n, na)
end

local function arms_text(arms)
  local parts = {}
  for i, arm in ipairs(arms) do parts[i] = ("%s %d"):format(arm.label, arm.n) end
  return table.concat(parts, ", ")
end

function Flow:__tostring()
  local lines = {}
  for _, step in ipairs(self.steps) do
    for _, cause in ipairs(step.causes) do
      local word = step.kind == "filter" and "not met: " or ""
      lines[#lines + 1] = ("          - %s%s"):format(word, removed_text(cause))
    end
    if step.left and lineage.reasons(step) > step.left then
      lines[#lines + 1] = ("          (%d rows; one may have several reasons)"):format(step.left)
    end
    for _, move in ipairs(lineage.moves(step)) do lines[#lines + 1] = "          + " .. move end
    local persons = self.repeated and (" (%d persons)"):format(step.after.persons) or ""
    if step.kind ~= "by_arm" then
      lines[#lines + 1] = ("%6d%s  %s"):format(step.after.rows, persons, lineage.title(step))
    end
    if #step.after.arms > 0 then
      lines[#lines + 1] = "          " .. arms_text(step.after.arms)
    end
  end
  return table.concat(lines, "\n")
end

--- Filters are named by what is kept; in the side box stands what left.
local function side_reason(step, cause)
  return step.kind == "filter" and "not met: " .. cause.reason or cause.reason
end

local function excluded(step)
  local list, na = {}, 0
  for _, cause in ipairs(step.causes) do
    list[#list + 1] = { side_reason(step, cause), cause.n }
    if cause.n_missing > 0 then
      na = na + cause.n_missing
      if step.kind == "filter" then
        list[#list + 1] = { "unknown: " .. cause.reason, cause.n_missing }
      end
    end
  end
  return list, na
end

--- The small print of a box: rows by arm, and rows kept though a reason to leave is unknown.
local function note_of(step, na, last)
  local parts = {}
  if #step.after.arms > 0 and not last then parts[1] = arms_text(step.after.arms) end
  if na > 0 and step.kind == "exclude" then
    parts[#parts + 1] = ("kept though unknown: %d"):format(na)
  end
  for _, move in ipairs(lineage.moves(step)) do parts[#parts + 1] = move end
  return #parts > 0 and table.concat(parts, "; ") or nil
end

--- What the drawing code takes: one box a step that may change rows, exclusions beside it, arms
--- below.
local function spec(self, options)
  local steps, last = {}, self.steps[#self.steps]
  for _, step in ipairs(self.steps) do
    if step.kind ~= "by_arm" then
      local list, na = excluded(step)
      local box = { label = lineage.title(step), n = step.after.rows, unit = self.unit,
        note = note_of(step, na, step == last) }
      if self.repeated then
        box.label = ("%s (%d persons)"):format(box.label, step.after.persons)
      end
      local before = steps[#steps]
      local left = step.left or step.before and step.before.rows - step.after.rows or 0
      if before and left > 0 then before.excluded, before.excluded_n = list, left end
      steps[#steps + 1] = box
    end
  end
  local arms
  for i, arm in ipairs(last.after.arms) do
    arms = arms or {}
    arms[i] = { label = arm.label, n = arm.n }
  end
  return { title = options.title or "Flow of the cohort", steps = steps, arms = arms,
    width_mm = options.width_mm, desc = tostring(self) }
end

--- The flow diagram.
---@param options? table            title, width_mm (default 183)
---@return lobule.Figure
function Flow:plot(options)
  local opts <const> = check.options(options, { { "title", "string" },
    { "width_mm", "positive", 183 } })
  local figure = require("lobule.figure").flow(spec(self, opts))
  return figure
end

--- The blocks of a report: the diagram.
---@param options? table
---@return table[]
function Flow:report_blocks(options)
  return { { kind = "figure", figure = self:plot(), caption = options and options.caption
    or "Flow of the cohort",
    data = self:data():table { rows = 1000 } } }
end

--- Everything, for the provenance of a report.
---@return table
function Flow:record()
  local result = require "lobule.result"
  return result.ordered { { "kind", "flow" }, { "steps", result.record(self:data()) },
    { "lineage", self.lines } }
end

--- The flow in one row: rows and persons at its start and end.
---@return lobule.Frame             # n_start, n, persons_start, persons
function Flow:glance()
  local first, last = self.steps[1].after, self.steps[#self.steps].after
  local frame = core.frame { { "n_start", { first.rows }, "integer" },
    { "n", { last.rows }, "integer" },
    { "persons_start", { first.persons }, "integer" }, { "persons", { last.persons }, "integer" } }
  return frame
end

--- Everything at full precision, as JSON text.
---@return string
function Flow:to_json()
  return core.json_encode(self:record(), 2)
end

core.class("flow", Flow)
return M
