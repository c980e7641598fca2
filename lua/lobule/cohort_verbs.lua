--- Verbs of a cohort for its rows and columns: those of a frame, with a step in the lineage where
--- rows come or go.
local check = require "lobule.check"
local core = require "lobule.core"
local lineage = require "lobule.lineage"
local Cohort = require("lobule.cohort").Cohort
local rename_pairs = require("lobule.frame").rename_pairs

---@class lobule.Cohort
local Verbs = Cohort

--- A step in which rows came or went, for one cause.
local function stepped(cohort, frame, kind, reason, cause, moved)
  cause.condition, cause.n_missing = cause.condition or "", cause.n_missing or 0
  cause.n = cause.n or moved and moved.left or #cohort.data - #frame
  local causes = cause.n > 0 and { cause } or {}
  return lineage.derive(cohort, frame, lineage.step(cohort, frame, kind, reason, causes, moved))
end

--- Of rows chosen, some perhaps several times: how many were left out, how many are copies.
local function chosen(n_before, n_after, n_distinct)
  return { left = n_before - n_distinct, repeated = n_after - n_distinct }
end

local function listed(names)
  return type(names) == "string" and names or table.concat(names, ", ")
end

--- Rows in an order, as Frame:sort.
---@param keys string|table         "age", "-age", { "age", desc = true }, or a list of such
---@param options? table            na: "last" (default) or "first"
---@return lobule.Cohort
---@example lb.example_data():sort { "arm", "-age" }:head(3)
function Verbs:sort(keys, options)
  local frame = self.data:sort(keys, options)
  return lineage.derive(self, frame)
end

--- How a condition is computed and what comes of it, as Frame:explain; the cohort stays as it is.
---@param condition string
---@param options? table            with: values for $names
---@return lobule.Explanation
function Verbs:explain(condition, options)
  local explained = self.data:explain(condition, options)
  return explained
end

--- A random sample of rows, as Frame:sample; a step of the lineage.
---@param n number                  rows, or a fraction below 1
---@param options? table            seed (default 1), replace
---@return lobule.Cohort
function Verbs:sample(n, options)
  local frame, moved
  if options and options.replace then
    local numbered = core.mutate_groups(self.data, { "`(row)` = row_number()" }, {}, {}, {},
      core.with())
    frame = numbered:sample(n, options)
    moved = chosen(#self, #frame, core.summary(frame:column("(row)")).n_distinct)
    frame = core.select(frame, self.data:names())
  else
    frame = self.data:sample(n, options)
  end
  local seed = options and options.seed or 1
  local reason = ("random sample (seed %s)"):format(core.format_number(seed))
  return stepped(self, frame, "sample", reason, { reason = "not drawn" }, moved)
end

--- Rows by number, as Frame:slice; a step of the lineage.
---@param rows integer[]
---@param reason? string            for the flow diagram
---@return lobule.Cohort
function Verbs:slice(rows, reason)
  if reason ~= nil then check.type(reason, "string", "reason") end
  local frame = self.data:slice(rows)
  local seen, n_distinct = {}, 0
  for _, row in ipairs(rows) do
    if not seen[row] then n_distinct = n_distinct + 1 end
    seen[row] = true
  end
  return stepped(self, frame, "slice", reason, { reason = "rows not chosen by number" },
    chosen(#self, #frame, n_distinct))
end

--- One row of each combination of the columns, as Frame:distinct; a step of the lineage.
---@param columns? string|string[]  default: all columns
---@param reason? string            for the flow diagram
---@return lobule.Cohort
function Verbs:distinct(columns, reason)
  if reason ~= nil then check.type(reason, "string", "reason") end
  local frame = self.data:distinct(columns)
  local what = columns and " of " .. listed(columns) or ""
  return stepped(self, frame, "distinct", reason, { reason = "repeated values" .. what })
end

local function picked(cohort, kind, options, reason)
  if reason ~= nil then check.type(reason, "string", "reason") end
  options = options or {}
  check.type(options, "table", "options")
  if options.by == nil and cohort.id then
    options = { by = cohort.id, order = options.order }
  end
  local frame = cohort.data[kind](cohort.data, options)
  local by = options.by and " of " .. listed(options.by) or ""
  return stepped(cohort, frame, kind, reason, { reason = ("not the %s row%s"):format(kind, by) })
end

--- The first row of each group (of each person, unless `by` says otherwise) in an order, as
--- Frame:first; a step of the lineage.
---@param options? table            by (default: the id), order
---@param reason? string            for the flow diagram
---@return lobule.Cohort
function Verbs:first(options, reason)
  return picked(self, "first", options, reason)
end

--- The last row of each group (of each person, unless `by` says otherwise) in an order, as
--- Frame:last; a step of the lineage.
---@param options? table            by (default: the id), order
---@param reason? string            for the flow diagram
---@return lobule.Cohort
function Verbs:last(options, reason)
  return picked(self, "last", options, reason)
end

--- The rows of another cohort or frame below, as Frame:append; a step of the lineage.
---@param below lobule.Frame|lobule.Cohort|table  one, or a list of them
---@param options? table            source, names
---@param reason? string            for the flow diagram
---@return lobule.Cohort
function Verbs:append(below, options, reason)
  if reason ~= nil then check.type(reason, "string", "reason") end
  local frame = self.data:append(below, options)
  return stepped(self, frame, "append", reason or ("%d rows appended"):format(#frame
    - #self.data), { reason = "" })
end

--- Columns renamed, as Frame:rename; the cohort's id and arm follow.
---@param old string|table          a name, { old = "new" }, or a list of { old, new }
---@param new? string
---@return lobule.Cohort
function Verbs:rename(old, new)
  local frame = self.data:rename(old, new)
  local derived = lineage.derive(self, frame)
  local list <const> = rename_pairs(old, new)
  for _, role in ipairs { "id", "arm" } do
    local name = self[role]
    for _, pair in ipairs(list) do
      if name == pair[1] then
        name = pair[2]
        if list.at_once then break end
      end
    end
    derived[role] = name
  end
  for _, pair in ipairs(list) do derived.open[pair[1]], derived.open[pair[2]] = nil, nil end
  return derived
end

--- The columns except those named; the id and the treatment column cannot go.
---@param names string|string[]
---@return lobule.Cohort
function Verbs:drop(names)
  for _, name in ipairs(check.texts(names, "names")) do
    if name == self.id or name == self.arm then
      core.raise("argument", ("the cohort needs column '%s'"):format(name),
        "It counts persons or arms in every step; use :frame() to be without it.")
    end
  end
  local frame = self.data:drop(names)
  return lineage.derive(self, frame)
end

--- Columns moved, as Frame:relocate.
---@param names string|string[]
---@param options? table            before or after
---@return lobule.Cohort
function Verbs:relocate(names, options)
  local frame = self.data:relocate(names, options)
  return lineage.derive(self, frame)
end

--- Missing cells filled from rows above or below, as Frame:fill.
---@param columns string|string[]
---@param options? table            direction, by
---@return lobule.Cohort
---@return integer n_filled
function Verbs:fill(columns, options)
  local frame, n = self.data:fill(columns, options)
  local direction = options and options.direction or "down"
  return lineage.derive(self, frame, lineage.note("fill", ("%s %s, %d cells"):format(
    listed(columns), direction, n))), n
end

--- The record of values replaced: how many rows, never which values.
local function changed(kind, column, counts)
  return lineage.note(kind, ("%s, %d rows changed, %d kept, %d missing"):format(column,
    counts.n_recoded, counts.n_kept, counts.n_missing))
end

--- Values of a column replaced, as Frame:recode.
---@param column string
---@param mapping table[]
---@return lobule.Cohort
---@return table counts             n_recoded, n_kept, n_missing, n_unused
function Verbs:recode(column, mapping)
  local frame, counts = self.data:recode(column, mapping)
  return lineage.derive(self, frame, changed("recode", column, counts)), counts
end

--- Levels of a factor merged, as Frame:collapse.
---@param column string
---@param groups table
---@return lobule.Cohort
---@return table counts             n_recoded, n_kept, n_missing, n_unused
function Verbs:collapse(column, groups)
  local frame, counts = self.data:collapse(column, groups)
  return lineage.derive(self, frame, changed("collapse", column, counts)), counts
end

--- Factors without the levels that no row has, as Frame:droplevels.
---@param columns? string|string[]  default: every factor
---@return lobule.Cohort
---@return integer n_dropped        levels
function Verbs:droplevels(columns)
  local frame, n = self.data:droplevels(columns)
  local text = ("%s, %d levels"):format(columns and listed(columns) or "every factor", n)
  return lineage.derive(self, frame, lineage.note("droplevels", text)), n
end

local LEFT_OUT <const> = { inner = "no partner", right = "no partner", semi = "no partner",
  anti = "with a partner" }

--- The step of a join: who left, and whose key was missing, counted apart.
local function joined(cohort, frame, counts, kind, reason)
  local n_left = kind == "anti" and counts.n_matched or counts.n_unmatched - counts.n_missing
  local n_missing = (kind == "inner" or kind == "semi" or kind == "right") and counts.n_missing or 0
  local cause = { reason = LEFT_OUT[kind] or "", condition = kind, n = n_left,
    n_missing = n_missing }
  local causes = LEFT_OUT[kind] and n_left + n_missing > 0 and { cause } or {}
  local text = reason or ("joined: %d with a partner, %d without"):format(counts.n_matched,
    counts.n_unmatched)
  local moved = { left = LEFT_OUT[kind] and n_left + n_missing or 0, added = counts.n_added }
  moved.repeated = #frame - #cohort.data + moved.left - (moved.added or 0)
  local step = lineage.step(cohort, frame, "join", text, causes, moved)
  step.join = counts
  return lineage.derive(cohort, frame, step)
end

--- The options of a join; persons are kept apart unless `by` says otherwise.
local function by_id(cohort, options)
  check.type(options, "table", "options")
  if options.by ~= nil or not cohort.id then return options end
  local with = { by = cohort.id }
  for key, value in next, options do with[key] = value end
  return with
end

--- Another frame's columns beside this cohort's, as Frame:join; a step of the lineage.
---@param right lobule.Frame|lobule.Cohort
---@param options table             by (default: the id), kind, many, suffix
---@param reason? string            for the flow diagram
---@return lobule.Cohort
---@return table counts
---@example local stage = lb.frame { { "id", { 1, 2 } }, { "stage", { "III", "IV" } } }
---  lb.example_data():join(stage, { by = "id" }):missing()
function Verbs:join(right, options, reason)
  if reason ~= nil then check.type(reason, "string", "reason") end
  local frame, counts = self.data:join(right, by_id(self, options))
  return joined(self, frame, counts, options.kind or "left", reason), counts
end

--- The nearest row in time of another frame beside each row, as Frame:asof_join; a step of the
--- lineage.
---@param right lobule.Frame|lobule.Cohort
---@param options table             on, by (default: the id), direction, within, suffix
---@param reason? string            for the flow diagram
---@return lobule.Cohort
---@return table counts
function Verbs:asof_join(right, options, reason)
  if reason ~= nil then check.type(reason, "string", "reason") end
  local frame, counts = self.data:asof_join(right, by_id(self, options))
  return joined(self, frame, counts, "left", reason), counts
end

--- The rows of another frame whose interval holds a time, as Frame:interval_join; a step of the
--- lineage.
---@param right lobule.Frame|lobule.Cohort
---@param options table             on, from, to, by (default: the id), kind, many, suffix
---@param reason? string            for the flow diagram
---@return lobule.Cohort
---@return table counts
function Verbs:interval_join(right, options, reason)
  if reason ~= nil then check.type(reason, "string", "reason") end
  local frame, counts = self.data:interval_join(right, by_id(self, options))
  return joined(self, frame, counts, options.kind or "left", reason), counts
end

local function reshaped(cohort, frame, reason, causes, moved)
  for _, name in ipairs { cohort.id or nil, cohort.arm or nil } do
    if not frame:has(name) then
      core.raise("argument", ("the cohort needs column '%s'"):format(name),
        "Keep it among the id columns, or use :frame() to be without it.")
    end
  end
  local step = lineage.step(cohort, frame, "reshape", reason, causes, moved)
  return lineage.derive(cohort, frame, step)
end

--- Columns stacked, as Frame:pivot_longer; a step of the lineage.
---@param columns string[]
---@param options? table            names_to, names_sep, names_pattern, values_to, drop_na
---@return lobule.Cohort
function Verbs:pivot_longer(columns, options)
  local frame, n_dropped = self.data:pivot_longer(columns, options)
  local causes = n_dropped > 0 and { { reason = "measurement missing", condition = "drop_na",
    n = n_dropped, n_missing = 0 } } or {}
  return reshaped(self, frame, "one row a measurement", causes,
    { left = n_dropped, repeated = #frame + n_dropped - #self })
end

--- Rows spread into columns, as Frame:pivot_wider; a step of the lineage.
---@param options table             names_from, values_from, id, names_sep
---@return lobule.Cohort
function Verbs:pivot_wider(options)
  local frame = self.data:pivot_wider(options)
  return reshaped(self, frame, "measurements side by side", {}, { merged = #self - #frame })
end

core.class("cohort", Verbs)
return Verbs
