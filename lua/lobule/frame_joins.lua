--- Verbs of a frame that bring two frames together or change its shape: joins, longer, wider.
local check = require "lobule.check"
local core = require "lobule.core"

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
---                                 kind: "left" (default: all rows of this frame), "inner", "anti"
---                                 (rows without a partner), "semi" (rows with one); many: true
---                                 allows keys that are repeated on both sides; suffix for columns
---                                 of equal names (default "_right")
---@return lobule.Frame
---@return table counts             n_matched, n_unmatched, n_missing: rows of this frame with,
---                                 without a partner, with a missing key; n_right_unmatched,
---                                 n_right_missing: rows of the right one
---@raise keys repeated on both sides, with their number; types that do not go together
function Frame:join(right, options)
  local opts <const> = check.options(options, { { "by", "any" },
    { "kind", { "left", "inner", "anti", "semi" }, "left" }, { "many", "boolean", false },
    { "suffix", "string", "_right" } })
  local other <const> = check.data(right)
  local left_by, right_by = check_by(opts.by)
  local rows, partners, counts = core.join(self, other, left_by, right_by, opts.kind, opts.many)
  if partners then rows = beside(rows, partners, right_by, opts.suffix) end
  return rows, counts
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
  return beside(rows, partners, right_by, opts.suffix), counts
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
  return beside(rows, partners, right_by, opts.suffix), counts
end

--- The names of the stacked columns, repeated for every row.
local function name_column(columns, n_rows, name)
  local names = core.frame { { name, columns, "factor", levels = columns } }
  return core.cycle(names, n_rows * #columns)
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
---@param columns string[]          in the order of the new factor's levels
---@param options? table            names_to (default "name"): new factor that says which column;
---                                 values_to (default "value"); drop_na (default false): leave out
---                                 missing values
---@return lobule.Frame
---@return integer n_dropped        rows left out by drop_na
function Frame:pivot_longer(columns, options)
  local opts <const> = check.options(options, { { "names_to", "string", "name" },
    { "values_to", "string", "value" }, { "drop_na", "boolean", false } })
  local list <const> = check.texts(columns, "columns")
  local kept <const> = other_columns(self, list)
  local rows, values = core.longer(self, list)
  local frame = core.bind(core.select(rows, kept), name_column(list, #self, opts.names_to),
    { opts.names_to })
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
