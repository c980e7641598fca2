--- Verbs of a frame that bring two frames together or change its shape: joins, longer, wider.
local check = require "lobule.check"
local core = require "lobule.core"
local choice = require "lobule.frame_choice"
local counted = require "lobule.counted"

---@class lobule.Frame
local Frame = {}

local M = {}

--- Pairs of columns: "id", { "id", "visit" }, { { "left", "right" } } or { left = "right" }.
local function key_pairs(by, what)
  local left, right = {}, {}
  if type(by) == "string" then by = { by } end
  check.type(by, "table", what)
  for i, item in ipairs(by) do
    local place = ("%s[%d]"):format(what, i)
    if type(item) == "table" then
      left[i], right[i] = check.type(item[1], "string", place), check.type(item[2], "string", place)
    else
      left[i] = check.type(item, "string", place)
      right[i] = item
    end
  end
  local names = {}
  for name in next, by do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names) -- which key comes first changes no match
  for _, name in ipairs(names) do
    left[#left + 1], right[#right + 1] = name, check.type(by[name], "string", what .. "." .. name)
  end
  return left, right
end

--- The columns that the right frame adds, and their names beside the left ones.
local function added_columns(left, right, right_keys, suffix)
  local is_key, kept, names, taken = {}, {}, {}, {}
  for _, name in ipairs(right_keys) do is_key[name] = true end
  for _, name in ipairs(left:names()) do taken[name] = true end
  for _, name in ipairs(right:names()) do
    if not is_key[name] then
      local new = taken[name] and name .. suffix or name
      if taken[new] then
        core.raise("argument", ("two columns would be named '%s'"):format(new),
          "Give another suffix, or :rename or :drop one of them.")
      end
      kept[#kept + 1], names[#names + 1], taken[new] = name, new, true
    end
  end
  return kept, names
end

local function beside(left, right, right_keys, suffix)
  local kept, names = added_columns(left, right, right_keys, suffix)
  return core.bind(left, core.select(right, kept), names)
end

-- A full or right join is the one named here, and below it the right rows without a partner.
local WITHOUT_OTHERS <const> = { full = "left", right = "inner" }

--- Rows of the right frame without a partner, under the names that they have beside the left ones.
local function only_right(left, right, left_by, right_by, suffix)
  local rows = core.join(right, left, right_by, left_by, "anti", true)
  local kept, names = added_columns(left, right, right_by, suffix)
  local from = table.move(kept, 1, #kept, #right_by + 1, table.move(right_by, 1, #right_by, 1, {}))
  local to = table.move(names, 1, #names, #left_by + 1, table.move(left_by, 1, #left_by, 1, {}))
  return core.bind(core.select(rows, {}), core.select(rows, from), to)
end

local function check_by(by)
  if by == nil then
    core.raise("argument", "by: name the columns that must be equal",
      "Write { by = \"patient_id\" } or { by = { patient_id = \"subject\" } }.")
  end
  return key_pairs(by, "by")
end

--- The right frame's columns beside this one's, where keys are equal. A missing (or NaN) key
--- matches nothing. Text matches factor by text, integer matches real. Rows keep their order; a row
--- with several partners is repeated.
---@param right lobule.Frame|lobule.Cohort
---@param options table             by: "id", { "id", "visit" }, or { left_name = "right_name" };
---                                 kind: "left" (default: all rows of this frame), "inner",
---                                 "right" (all rows of the other), "full" (all rows of both: those
---                                 of the other without a partner come last), "anti" (rows without
---                                 a partner), "semi" (rows with one); many: true
---                                 allows keys that are repeated on both sides; suffix for columns
---                                 of equal names (default "_right")
---@return lobule.Frame
---@return table counts             n_matched, n_unmatched, n_missing: rows of this frame with,
---                                 without a partner, with a missing key; n_right_unmatched,
---                                 n_right_missing: rows of the right one; n_added: those that a
---                                 full or right join added
---@raise keys repeated on both sides, with their number; types that do not go together
---@example local patients = lb.frame { { "id", { 1, 2, 3 } }, { "arm", { "TAE", "SIRT", "TAE" } } }
---  patients:join(lb.frame { { "id", { 1, 3 } }, { "stage", { "III", "IV" } } }, { by = "id" })
function Frame:join(right, options)
  local opts <const> = check.options(options, { { "by", "any" },
    { "kind", { "left", "inner", "right", "full", "anti", "semi" }, "left" },
    { "many", "boolean", false },
    { "suffix", "string", "_right" } })
  local other <const> = check.data(right)
  local left_by, right_by = check_by(opts.by)
  local kind <const> = WITHOUT_OTHERS[opts.kind] or opts.kind
  local rows, partners, counts = core.join(self, other, left_by, right_by, kind, opts.many)
  if partners then rows = beside(rows, partners, right_by, opts.suffix) end
  if kind ~= opts.kind then
    local others = only_right(self, other, left_by, right_by, opts.suffix)
    counts.n_added = #others
    rows = core.append(rows, others)
  end
  return rows, counted.of(counts)
end

--- One pair of columns: "date", { "left", "right" } or { left = "right" }.
local function time_pair(on, what)
  if on == nil then
    core.raise("argument", what .. ": name the columns of the times",
      "Write { on = { procedure_date = \"lab_date\" } }.")
  end
  if type(on) == "table" and type(on[1]) == "string" and #on == 2 then on = { on } end
  local left, right = key_pairs(on, what)
  if #left ~= 1 then core.raise("argument", what .. ": expected one pair of columns") end
  return left[1], right[1]
end

--- Beside each row the one row of another frame that is nearest in time, of equal keys: the last
--- laboratory value on or before the procedure. All rows of this frame stay. Of rows equally near
--- the last in file order is taken; a missing time or key matches nothing.
---@param right lobule.Frame|lobule.Cohort
---@param options table             on: the times, "date" or { procedure_date = "lab_date" } (both
---                                 dates, date-times or numbers); by: keys, as for :join (default
---                                 none); direction: "before" (default: at or before), "after" (at
---                                 or after), "nearest"; within: most days (or units of the
---                                 numbers) apart; suffix (default "_right")
---@return lobule.Frame
---@return table counts             as for :join; a missing time counts as a missing key
function Frame:asof_join(right, options)
  local opts <const> = check.options(options, { { "by", "any", {} }, { "on", "any" },
    { "direction", { "before", "after", "nearest" }, "before" }, { "within", "number" },
    { "suffix", "string", "_right" } })
  local other <const> = check.data(right)
  local left_by, right_by = key_pairs(opts.by, "by")
  local left_time, right_time = time_pair(opts.on, "on")
  if opts.within and (opts.within < 0 or opts.within ~= opts.within) then
    core.raise("argument", "within: expected a number from 0")
  end
  local rows, partners, counts = core.asof_join(self, other, left_by, right_by,
    { left_time = left_time, right_time = right_time, direction = opts.direction,
    within = opts.within })
  return beside(rows, partners, right_by, opts.suffix), counted.of(counts)
end

--- Beside each row the rows of another frame whose interval holds its time: from <= time < to, of
--- equal keys. A missing time, start or end matches nothing.
---@param right lobule.Frame|lobule.Cohort
---@param options table             on: the time here; from, to: start and end there; by: keys, as
---                                 for :join (default none); kind: "left" (default) or "inner";
---                                 many: true allows a time in several intervals; suffix
---@return lobule.Frame
---@return table counts             as for :join; n_many: rows in several intervals
---@raise rows in several intervals, intervals that end before they start, with their number
function Frame:interval_join(right, options)
  local opts <const> = check.options(options, { { "by", "any", {} }, { "on", "string" },
    { "from", "string" }, { "to", "string" }, { "kind", { "left", "inner" }, "left" },
    { "many", "boolean", false }, { "suffix", "string", "_right" } })
  local other <const> = check.data(right)
  local left_by, right_by = key_pairs(opts.by, "by")
  for _, name in ipairs { "on", "from", "to" } do check.type(opts[name], "string", name) end
  local rows, partners, counts = core.interval_join(self, other, left_by, right_by,
    { time = opts.on, start = opts.from, stop = opts.to, keep = opts.kind == "left",
    many = opts.many })
  return beside(rows, partners, right_by, opts.suffix), counted.of(counts)
end

--- The parts of a column's name, cut at a text or taken by a pattern's captures.
local function name_parts(column, opts, n)
  local parts = {}
  if opts.names_pattern then
    parts = { column:match(opts.names_pattern) }
  elseif opts.names_sep then
    local at = 1
    while #parts < n - 1 do
      local from, to = column:find(opts.names_sep, at, true)
      if not from then break end
      parts[#parts + 1], at = column:sub(at, from - 1), to + 1
    end
    parts[#parts + 1] = column:sub(at)
  else
    parts[1] = column
  end
  if #parts == n then
    for i, part in ipairs(parts) do parts[i] = tostring(part) end
    return parts
  end
  core.raise("argument", ("column '%s': its name has %d part%s, names_to has %d"):format(column,
    #parts, #parts == 1 and "" or "s", n), opts.names_pattern
    and "names_pattern is a Lua pattern with one capture for each: \"^(%a+)_(%d+)$\"." or nil)
end

--- The names of the stacked columns as factors, repeated for every row.
local function name_columns(columns, n_rows, opts)
  local specs = {}
  for j, name in ipairs(opts.names_to) do
    specs[j] = { name, {}, "factor", levels = {} }
  end
  local seen = {}
  for i, column in ipairs(columns) do
    for j, part in ipairs(name_parts(column, opts, #specs)) do
      specs[j][2][i] = part
      if not seen[j .. part] then table.insert(specs[j].levels, part) end
      seen[j .. part] = true
    end
  end
  return core.cycle(core.frame(specs), n_rows * #columns)
end

local function other_columns(frame, out)
  local is_out, kept = {}, {}
  for _, name in ipairs(out) do is_out[check.column(frame, name)] = true end
  for _, name in ipairs(frame:names()) do
    if not is_out[name] then kept[#kept + 1] = name end
  end
  return kept
end

--- Several columns stacked into one: each row gives a row for each of them. Types are reconciled as
--- by :append; the first label and unit stay.
---@param columns string[]          in the order of the new factor's levels; a * stands for any
---                                 text: { "psa_*" }
---@param options? table            names_to (default "name"): new factor that says which column; a
---                                 list of several, with names_sep = "_" (their names are cut
---                                 there, the last taking the rest) or names_pattern =
---                                 "^(%a+)_(%d+)$" (a Lua pattern with one capture each);
---                                 values_to (default "value"); drop_na (default false): leave out
---                                 missing values
---@return lobule.Frame
---@return integer n_dropped        rows left out by drop_na
---@example lb.frame { { "id", { 1, 2 } }, { "t0", { 5, 6 } }, { "t1", { 7, 8 } } }
---    :pivot_longer { "t0", "t1" }
function Frame:pivot_longer(columns, options)
  local opts <const> = check.options(options, { { "names_to", "texts", { "name" } },
    { "names_sep", "string" }, { "names_pattern", "string" },
    { "values_to", "string", "value" }, { "drop_na", "boolean", false } })
  if opts.names_sep and opts.names_pattern then
    core.raise("argument", "give names_sep or names_pattern, not both")
  elseif opts.names_sep == "" or #opts.names_to == 0 then
    core.raise("argument", (opts.names_sep and "names_sep is" or "names_to: the list is")
      .. " empty")
  end
  local list <const> = choice.columns(self, columns, "columns")
  local kept <const> = other_columns(self, list)
  local rows, values = core.longer(self, list)
  local frame = core.bind(core.select(rows, kept), name_columns(list, #self, opts), opts.names_to)
  frame = core.bind(frame, core.frame { { opts.values_to, values } }, { opts.values_to })
  local n = #frame
  if opts.drop_na then frame = core.reject(frame, ("is_na(`%s`)"):format(opts.values_to)) end
  return frame, n - #frame
end

--- "visit_2": what stands in the name columns of a place, joined.
local function place_names(names, sep)
  local list, columns = {}, {}
  for j, name in ipairs(names:names()) do columns[j] = names:column(name) end
  for i = 1, #names do
    local parts = {}
    for j, column in ipairs(columns) do
      local value = column[i]
      parts[j] = math.type(value) == "float" and core.format_number(value)
        or value == nil and "NA" or tostring(value)
    end
    list[i] = table.concat(parts, sep)
  end
  return list
end

--- Rows spread into columns: one row for each combination of the id columns (in order of first
--- appearance), one new column for each value of names_from (in order of level or value; a missing
--- one is "NA"), with several values_from one for each and named value_name.
---@param options table             names_from, values_from: a column or a list; id: columns that
---                                 stay (default: all others); names_sep (default "_")
---@return lobule.Frame
---@raise cells that more than one row claims, with their number
---@example lb.frame { { "id", { 1, 1 } }, { "visit", { "a", "b" } }, { "x", { 5, 6 } } }
---    :pivot_wider { names_from = "visit", values_from = "x" }
function Frame:pivot_wider(options)
  local opts <const> = check.options(options, { { "names_from", "texts" },
    { "values_from", "texts" }, { "id", "texts" }, { "names_sep", "string", "_" } })
  check.type(opts.names_from, "table", "names_from")
  check.type(opts.values_from, "table", "values_from")
  local used = table.move(opts.values_from, 1, #opts.values_from, #opts.names_from + 1,
    table.move(opts.names_from, 1, #opts.names_from, 1, {}))
  local ids <const> = opts.id or other_columns(self, used)
  local lines, names, values = core.spread(self, ids, opts.names_from, opts.values_from)
  local places <const> = place_names(names, opts.names_sep)
  local specs, new = {}, {}
  for v, value in ipairs(opts.values_from) do
    for j, place in ipairs(places) do
      local name = #opts.values_from == 1 and place or value .. opts.names_sep .. place
      new[#new + 1] = name
      specs[#specs + 1] = { name, values[v][j] }
    end
  end
  local frame = core.select(lines, ids)
  if #specs > 0 then frame = core.bind(frame, core.frame(specs), new) end
  return frame
end

core.class("frame", Frame)
return M
