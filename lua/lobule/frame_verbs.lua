--- Verbs of a frame for its rows and columns: order, choice, append, names, fill, recode. Labels
--- and units survive each.
local check = require "lobule.check"
local core = require "lobule.core"
local counted = require "lobule.counted"
local choice = require "lobule.frame_choice"
local levels = require "lobule.levels"

---@class lobule.Frame
local Frame = {}

local M = {}

--- Sort keys as names and directions: "name", "-name" or { "name", desc = true }, one or a list.
---@param frame lobule.Frame
---@param keys string|table
---@param what string
---@return string[] names
---@return boolean[] descending
function M.sort_keys(frame, keys, what)
  local one = type(keys) == "string" or type(keys) == "table" and keys.desc ~= nil
  if one and type(keys) == "table" and #keys > 1 then
    core.raise("argument", ("%s: 'desc' stands beside %d columns, and belongs to one"):format(what,
      #keys), "Write { \"centre\", { \"age\", desc = true } } or { \"centre\", \"-age\" }.")
  end
  if not one then check.list(keys, what, "{ \"centre\", \"-age\" }") end
  local names, descending = {}, {}
  for i, key in ipairs(one and { keys } or keys) do
    local place = ("%s[%d]"):format(what, i)
    local name, desc = key, false
    if type(key) == "table" then
      check.options({ desc = key.desc }, { { "desc", "boolean" } })
      name, desc = check.type(key[1], "string", place), key.desc == true
    elseif type(key) == "string" and key:sub(1, 1) == "-" and not frame:has(key) then
      name, desc = key:sub(2), true
    end
    names[i], descending[i] = check.column(frame, check.type(name, "string", place)), desc
  end
  if #names == 0 then core.raise("argument", what .. ": the list is empty") end
  return names, descending
end

--- Rows in the order of one or several columns, the first deciding first; equal rows stay in their
--- order (stable). Factors sort by level, text by bytes, false before true, NaN after all numbers;
--- missing values come last, ascending and descending.
---@param keys string|table         "age", "-age" (descending), { "age", desc = true }, or a list of
---                                 such: { "centre", "-cga_baseline" }
---@param options? table            na: "last" (default) or "first"
---@return lobule.Frame
---@raise an unknown column
---@example lb.example_data():frame():select { "arm", "age" }:sort { "arm", "-age" }:head(3):show()
function Frame:sort(keys, options)
  local opts <const> = check.options(options, { { "na", { "last", "first" }, "last" } })
  local names, descending = M.sort_keys(self, keys, "keys")
  local frame = core.sort(self, names, descending, opts.na == "first")
  return frame
end

local function count(n, what)
  local whole = math.tointeger(check.type(n, "number", what))
  if not whole or whole < 0 then
    core.raise("argument", ("%s is %s: expected a whole number from 0"):format(what,
      core.format_number(n)))
  end
  return whole
end

--- The first rows, as a frame.
---@param n? integer                default 6; all rows when there are fewer
---@return lobule.Frame
---@example lb.example_data():frame():select { "arm", "age" }:head(2):show()
function Frame:head(n)
  local frame = core.range(self, 1, count(n or 6, "n"))
  return frame
end

--- The last rows, in their order.
---@param n? integer                default 6; all rows when there are fewer
---@return lobule.Frame
function Frame:tail(n)
  local frame = core.range(self, #self - count(n or 6, "n") + 1, #self)
  return frame
end

--- Rows by number from 1, in the order given; a number may come twice.
---@param rows integer[]
---@return lobule.Frame
---@raise a number that is no row
function Frame:slice(rows)
  check.list(rows, "rows", "{ 1, 5, 9 }")
  local frame = core.take(self, rows)
  return frame
end

--- A random sample of rows, in their order; the same seed draws the same rows on every machine
--- (Philox 4x32-10, Salmon et al. 2011).
---@param n number                  rows, or a fraction below 1 (rounded to the nearest row)
---@param options? table            seed (default 1); replace (default false): a row may come twice
---@return lobule.Frame
---@raise more rows than there are, without replace
---@example lb.example_data():frame():sample(3, { seed = 1 }):rows()
function Frame:sample(n, options)
  local opts <const> = check.options(options, { { "seed", "number", 1 },
    { "replace", "boolean", false } })
  check.type(n, "number", "n")
  local seed = math.tointeger(opts.seed)
  if not seed then core.raise("argument", "seed: expected a whole number") end
  local rows = n > 0 and n < 1 and math.floor(n * #self + 0.5) or count(n, "n")
  local frame = core.sample(self, rows, seed, opts.replace)
  return frame
end

--- How many rows, in all or for each combination of the columns; a missing value is one of its own.
---@param by? string|string[]
---@return integer|lobule.Frame     # the number of rows; with columns a frame: they and n
function Frame:count(by)
  if by == nil then return #self end
  local frame = core.summarise(self, { "n = n()" }, check.texts(by, "by"))
  return frame
end

--- One row of each combination of the columns: the first. A missing value is a value here.
---@param columns? string|string[]  default: all columns
---@return lobule.Frame
---@return integer n_dropped        rows left out
---@example lb.example_data():frame():distinct { "arm", "sex" }:rows()
function Frame:distinct(columns)
  local by = columns == nil and self:names() or check.texts(columns, "columns")
  if #by == 0 and #self == 0 then return self, 0 end
  local frame = core.pick(self, by, nil, nil, false)
  return frame, #self - #frame
end

local PICK <const> = { { "by", "texts", {} }, { "order", "any" } }

local function pick(frame, options, last)
  local opts <const> = check.options(options, PICK)
  local names, descending
  if opts.order ~= nil then names, descending = M.sort_keys(frame, opts.order, "order") end
  local picked = core.pick(frame, opts.by, names, descending, last)
  return picked
end

--- The first row of each group in an order; the rows keep their order in the frame. Of rows equal
--- in the order the first is taken, and a missing value is last. So the row with the largest value
--- is first { by = "id", order = "-psa" }, with the smallest first { by = "id", order = "psa" };
--- all rows that share it: filter("psa == max(psa)", { by = "id" }).
---@param options? table            by: grouping columns (default: one group); order: sort keys as
---                                 for :sort (default: as the rows stand)
---@return lobule.Frame
function Frame:first(options)
  local frame = pick(self, options, false)
  return frame
end

--- The last row of each group in an order; of rows equal in the order the last is taken, and a
--- missing value only where the group has no other.
---@param options? table            by, order: as for :first
---@return lobule.Frame
function Frame:last(options)
  local frame = pick(self, options, true)
  return frame
end

--- Frames with a first column that says which they are.
local function with_source(frames, opts)
  local names, seen = {}, {}
  for i, one in ipairs(frames) do
    names[i] = opts.names and opts.names[i] or one:source() or tostring(i)
  end
  if opts.names and #opts.names ~= #frames then
    core.raise("argument", ("names: expected %d texts, one a frame"):format(#frames))
  end
  for _, name in ipairs(names) do seen[name] = (seen[name] or 0) + 1 end
  for i, name in ipairs(names) do
    if seen[name] > 1 then names[i] = ("%s (%d)"):format(name, i) end
  end
  local marked = {}
  for i, one in ipairs(frames) do
    if one:has(opts.source) then
      core.raise("argument", ("source: there is already a column '%s'"):format(opts.source))
    end
    local which = core.frame { { opts.source, { names[i] }, "factor", levels = names } }
    marked[i] = core.bind(core.cycle(which, #one), one, one:names())
  end
  return marked
end

--- The rows of this frame, then those of others. Columns go by name; one that a frame lacks is
--- missing there. Integer with real becomes real, factors unite their levels, factor with text
--- becomes text.
---@param below lobule.Frame|lobule.Cohort|(lobule.Frame|lobule.Cohort)[]  one, or a list
---@param options? table            source: name of a new first column that says where a row came
---                                 from; names: its values, one a frame (default: the files' names)
---@return lobule.Frame
---@raise types that do not go together, different units, each with the column
---@example local a = lb.frame { { "n", { 1 } } }
---  a:append(lb.frame { { "n", { 2 } } })
function Frame:append(below, options)
  local opts <const> = check.options(options, { { "source", "string" }, { "names", "texts" } })
  local all = { self }
  if type(below) == "table" and not getmetatable(below) then
    for _, one in ipairs(check.list(below, "below", "{ second, third }")) do
      all[#all + 1] = check.data(one)
    end
  else
    all[2] = check.data(below)
  end
  if opts.source then all = with_source(all, opts) end
  local frame = all[1]
  for i = 2, #all do frame = core.append(frame, all[i]) end
  return frame
end

--- The columns except those named; a * in a name stands for any text.
---@param names string|string[]
---@return lobule.Frame
---@example lb.example_data():frame():drop { "id", "cga" }:names()[1]
function Frame:drop(names)
  local out, kept = {}, {}
  for _, name in ipairs(choice.columns(self, names, "names")) do out[name] = true end
  for _, name in ipairs(self:names()) do
    if not out[name] then kept[#kept + 1] = name end
  end
  local frame = core.select(self, kept)
  return frame
end

--- Columns moved: to the front, or before or after another.
---@param names string|string[]     in the order they shall stand
---@param options? table            before or after: a column that is not moved
---@return lobule.Frame
function Frame:relocate(names, options)
  local opts <const> = check.options(options, { { "before", "string" }, { "after", "string" } })
  if opts.before and opts.after then core.raise("argument", "give before or after, not both") end
  local moved, order = {}, {}
  local list <const> = check.texts(names, "names")
  for _, name in ipairs(list) do moved[check.column(self, name)] = true end
  local anchor = opts.before or opts.after
  if anchor and moved[check.column(self, anchor)] then
    core.raise("argument", ("'%s' is itself moved"):format(anchor))
  end
  local function put()
    for _, name in ipairs(list) do order[#order + 1] = name end
  end
  if not anchor then put() end
  for _, name in ipairs(self:names()) do
    if name == opts.before then put() end
    if not moved[name] then order[#order + 1] = name end
    if name == opts.after then put() end
  end
  local frame = core.select(self, order)
  return frame
end

--- Missing cells filled with the last present one above (or below) in the group; what no row of
--- the group can fill stays missing.
---@param columns string|string[]
---@param options? table            direction: "down" (default) or "up"; by: grouping columns
---@return lobule.Frame
---@return integer n_filled         cells filled
---@example lb.frame { { "id", { 1, 1, 2 } }, { "x", { 5, lb.NA, 7 } } }
---  :fill({ "x" }, { by = "id" })
function Frame:fill(columns, options)
  local opts <const> = check.options(options, { { "direction", { "down", "up" }, "down" },
    { "by", "texts", {} } })
  local frame, total = self, 0
  for _, name in ipairs(check.texts(columns, "columns")) do
    local column, n = core.fill(self, name, opts.by, opts.direction == "up")
    frame, total = core.with_column(frame, name, column), total + n
  end
  return frame, total
end

--- Values of a column replaced by others; a value that is not named stays. Text stays text, a
--- factor a factor; whole numbers and logicals become a factor when the new values are texts, its
--- levels in the order of the mapping.
---@param name string
---@param mapping table[]           a list of { old, new }; old may be a list of values; new may be
---                                 lb.NA: { { "m", "male" }, { { "f", "w" }, "female" } }
---@return lobule.Frame
---@return table counts             n_recoded, n_kept, n_missing (before): rows; n_unused: values of
---                                 the mapping that no row has
---@raise a real column, a value mapped twice, a level that a factor has not
---@example lb.frame { { "sex", { "m", "w", "f" } } }:recode("sex", { { "w", "f" } })
function Frame:recode(name, mapping)
  local column, counts = levels.recode(self:column(check.type(name, "string", "column")), mapping)
  return core.with_column(self, name, column), counted.of(counts)
end

--- Levels of a factor merged: each new level stands where the first of its old ones stood; levels
--- not named stay.
---@param name string
---@param groups table              { ["high"] = { "G2", "G3" } }, or a list of { new, { old, … } }
---@return lobule.Frame
---@return table counts             n_recoded, n_kept, n_missing, n_unused
---@raise no factor, an unknown level (did you mean), a level named twice
---@example lb.example_data():frame():collapse("primary", { gut = { "intestine", "other" } })
---  :distinct({ "primary" }):rows()
function Frame:collapse(name, groups)
  local column, counts = levels.collapse(self:column(check.type(name, "string", "column")), groups)
  return core.with_column(self, name, column), counted.of(counts)
end

--- A factor, or all of them, without the levels that no row has; a filter keeps them, so that a
--- table shows a zero.
---@param columns? string|string[]  default: every factor
---@return lobule.Frame
---@return integer n_dropped        levels
---@raise a column that is no factor
function Frame:droplevels(columns)
  local frame, total, list = self, 0, columns ~= nil and choice.columns(self, columns, "columns")
  for _, name in ipairs(list or self:names()) do
    if list or self:column(name):type() == "factor" then
      local column, n = levels.drop_empty(self:column(name), name)
      if n > 0 then frame = core.with_column(frame, name, column) end
      total = total + n
    end
  end
  return frame, total
end

core.class("frame", Frame)
return M
