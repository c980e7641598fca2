--- Two versions of a cohort compared: who entered, who left, which cells changed.
local check = require "lobule.check"
local core = require "lobule.core"

---@class lobule.Diff
---@field id string                 column that names the person
---@field n_before integer          rows of the first version
---@field n_after integer           rows of the second
---@field n_entered integer         rows whose id only the second has
---@field n_left integer            rows whose id only the first has
---@field n_common integer          rows that both have
---@field n_missing integer         rows without an id, of both: compared with nothing
---@field n_changed integer         common rows with a changed cell
---@field columns table[]           changed columns: { column, n, from, to }, from and to where the
---                                 type changed
---@field added string[]            columns that only the second has
---@field dropped string[]          columns that only the first has
local Diff = { __name = "lobule.Diff" }

local M = {}

local function only_in(a, b)
  local list = {}
  for _, name in ipairs(a:names()) do
    if not b:has(name) then list[#list + 1] = name end
  end
  return list
end

--- Values that may be compared: numbers with numbers, text with factors, else one type.
local function comparable(a, b)
  local class <const> = { real = "number", integer = "number", text = "text", factor = "text" }
  return (class[a] or a) == (class[b] or b)
end

--- Ids that occur twice cannot be told apart.
local function check_unique(frame, id, which)
  local summary = core.summary(frame:column(id))
  local repeated = summary.n - summary.n_missing - summary.n_distinct
  if repeated > 0 then
    core.raise("data", ("%d rows of the %s version repeat an id"):format(repeated, which),
      "Compare one row a person: name an id of more columns with :mutate, or use :first.")
  end
  return summary.n_missing
end

--- The changed columns, and a logical column for each.
local function compare(self)
  for _, name in ipairs(self.before:names()) do
    if name ~= self.id and self.after:has(name) then
      local a, b = self.before:column(name), self.after:column(name)
      if comparable(a:type(), b:type()) then
        local differs = core.differs(a, b)
        local n = core.summary(differs).levels[2].n
        local other_type = a:type() ~= b:type()
        if n > 0 or other_type then
          self.columns[#self.columns + 1] = { column = name, n = n, rows = differs,
            from = other_type and a:type() or nil, to = other_type and b:type() or nil }
        end
      else
        self.columns[#self.columns + 1] = { column = name, n = 0, from = a:type(), to = b:type() }
      end
    end
  end
end

local function count_changed(columns)
  local specs, parts = {}, {}
  for _, change in ipairs(columns) do
    if change.rows then
      specs[#specs + 1] = { "c" .. #specs + 1, change.rows }
      parts[#parts + 1] = "c" .. #specs
    end
  end
  if #specs == 0 then return 0 end
  return #core.filter(core.frame(specs), table.concat(parts, " or "))
end

--- Compares two versions of a cohort or frame, row by row of equal id. Ids and cells stay hidden
--- until `changes` is asked for them.
---@param before lobule.Cohort|lobule.Frame
---@param after lobule.Cohort|lobule.Frame
---@param options? table            id: column that names the row (default: the cohort's)
---@return lobule.Diff
---@raise an id that is repeated, with the number of rows
function M.diff(before, after, options)
  local opts <const> = check.options(options, { { "id", "string" } })
  local a, cohort = check.data(before)
  local b <const> = check.data(after)
  local id = opts.id or cohort and cohort.id
  if not id then core.raise("argument", "id: name the column that names the person") end
  check.column(a, id)
  check.column(b, id)
  local missing = check_unique(a, id, "first") + check_unique(b, id, "second")
  local left, right, counts = core.join(a, b, { id }, { id }, "inner")
  local self = setmetatable({ id = id, n_before = #a, n_after = #b, n_common = #left,
    n_left = counts.n_unmatched - counts.n_missing,
    n_entered = counts.n_right_unmatched - counts.n_right_missing, n_missing = missing,
    added = only_in(b, a), dropped = only_in(a, b), columns = {}, before = left, after = right,
    n_changed = 0 }, Diff)
  compare(self)
  self.n_changed = count_changed(self.columns)
  return self
end

--- Changed columns and how many of their cells changed; a changed type instead of a number.
---@return lobule.Frame             # column, n_changed, type_before, type_after
function Diff:tidy()
  local names, n, from, to = {}, {}, {}, {}
  for i, change in ipairs(self.columns) do
    names[i], n[i] = change.column, change.rows and change.n or core.NA
    from[i] = self.before:column(change.column):type()
    to[i] = self.after:column(change.column):type()
  end
  n.n = #names
  local frame = core.frame { { "column", names, "text" }, { "n_changed", n, "integer" },
    { "type_before", from, "text" }, { "type_after", to, "text" } }
  return frame
end

--- One row of a frame with the numbers of rows.
---@return lobule.Frame             # n_before, n_after, n_entered, n_left, n_common, n_changed,
---                                 n_missing
function Diff:glance()
  local specs = {}
  for i, name in ipairs { "n_before", "n_after", "n_entered", "n_left", "n_common", "n_changed",
    "n_missing" } do
    specs[i] = { name, { self[name] }, "integer" }
  end
  local frame = core.frame(specs)
  return frame
end

local function texts(frame, name)
  local column = core.eval(frame, ("text(`%s`)"):format(name))
  return core.label(column)
end

--- The changes of one column.
local function changes_of(self, change, ids)
  local rows = {}
  for i = 1, #change.rows do
    if change.rows[i] then rows[#rows + 1] = i end
  end
  local a, b = core.take(self.before, rows), core.take(self.after, rows)
  local row, name = {}, {}
  for i = 1, #rows do row[i], name[i] = a:source_row(i), change.column end
  local hidden = not ids and a:column(change.column):type() == "text"
  local na = { n = #rows }
  local specs = { { "row", row, "integer" }, { "column", name, "text" },
    { "before", hidden and na or texts(a, change.column), "text" },
    { "after", hidden and na or texts(b, change.column), "text" } }
  if ids then table.insert(specs, 1, { "id", texts(a, self.id), "text" }) end
  return core.frame(specs)
end

--- Every changed cell: row in the first version's file, column, the value before and after as text.
--- Ids, and what stood in text columns, only with `ids`.
---@param options? table            ids (default false); columns: only these
---@return lobule.Frame             # row, column, before, after; with ids: id first
function Diff:changes(options)
  local opts <const> = check.options(options, { { "ids", "boolean", false },
    { "columns", "texts" } })
  local wanted
  for _, name in ipairs(opts.columns or {}) do
    wanted = wanted or {}
    wanted[check.column(self.before, name)] = true
  end
  local specs = { { "row", {}, "integer" }, { "column", {}, "text" }, { "before", {}, "text" },
    { "after", {}, "text" } }
  if opts.ids then table.insert(specs, 1, { "id", {}, "text" }) end
  local frame = core.frame(specs)
  for _, change in ipairs(self.columns) do
    if change.rows and (not wanted or wanted[change.column]) then
      frame = core.append(frame, changes_of(self, change, opts.ids))
    end
  end
  return frame
end

function Diff:__tostring()
  local lines = { ("%d rows before, %d after, by %s: %d entered, %d left, %d in both"):format(
    self.n_before, self.n_after, self.id, self.n_entered, self.n_left, self.n_common) }
  local function add(format, ...) lines[#lines + 1] = format:format(...) end
  if self.n_missing > 0 then add("%d rows without an id are compared with nothing",
    self.n_missing) end
  if #self.added > 0 then add("columns added: %s", table.concat(self.added, ", ")) end
  if #self.dropped > 0 then add("columns dropped: %s", table.concat(self.dropped, ", ")) end
  add("%d of the rows in both changed", self.n_changed)
  for _, change in ipairs(self.columns) do
    if change.rows and change.from then
      add("  %s: was %s, is %s; %d cells", change.column, change.from, change.to, change.n)
    elseif change.rows then
      add("  %s: %d cells", change.column, change.n)
    else
      add("  %s: was %s, is %s; cells not compared", change.column, change.from, change.to)
    end
  end
  return table.concat(lines, "\n")
end

core.class("diff", Diff)
return M
