--- Verbs of a frame: every one returns a new frame that shares what did not change.
local check = require "lobule.check"
local core = require "lobule.core"
local choice = require "lobule.frame_choice"
local rows = require "lobule.row_function"

---@class lobule.Frame
local Frame = { __name = "lobule.Frame" }

local M = {}

local WITH <const> = { { "with", "table" } }
local GROUPED <const> = { { "by", "texts" }, { "order", "any" }, { "with", "table" } }

--- Warnings of an expression, on stderr: a level that does not exist, integers that became real.
local function tell(notes)
  for _, note in ipairs(notes) do
    local colours = require("lobule.colour").of "errors"
    io.stderr:write(colours.paint("warning", "warning: " .. note), "\n")
  end
end

--- Rows where a condition is true; rows where it is false or NA are left out.
---@param condition string|fun(row: table): boolean?  expression over the columns, e.g.
---                                 "age >= 18 and arm == 'SIRT'"; slow, the last resort: a Lua
---                                 function of the row (a table; nil where missing)
---@param options? table            by, order: aggregates are those of the row's group, as in
---                                 mutate: filter("age == max(age)", { by = "sex" }); with: values
---                                 for $names
---@return lobule.Frame
---@raise an unknown column, a type that does not fit, a syntax error, each with a caret
---@example lb.example_data():frame():filter "age >= 70 and arm == 'SIRT'":rows()
function Frame:filter(condition, options)
  local opts <const> = check.options(options, GROUPED)
  local with <const> = core.with(opts.with)
  local wide, texts = rows.expressions(self, { condition }, "condition", opts, with)
  if #texts == 0 then check.type(condition, "string", "condition") end
  local kept, _, _, _, notes = core.filter(wide, texts[1], with)
  with:check_used()
  tell(notes)
  return (rows.narrow(kept, self))
end

--- How a condition is computed: a tree of its parts with the columns read, constants and kernels,
--- and how many rows are true, false and NA. print shows the time needed too.
---@param condition string
---@param options? table            with: values for $names
---@return lobule.Explanation
---@raise as :filter
---@example lb.example_data():frame():explain "age >= 70 and cga > 100"
function Frame:explain(condition, options)
  local opts <const> = check.options(options, WITH)
  local explained = require("lobule.explain").new(self, condition, core.with(opts.with))
  return explained
end

--- Columns in the order named. A * in a name stands for any text, a minus before it leaves columns
--- out: { "id", "bili_*" }, { "-note", "-*_date" } (all but those).
---@param names string|string[]
---@return lobule.Frame
---@raise an unknown column, a pattern without a match
---@example lb.example_data():frame():select { "arm", "age" }:head(3):show()
function Frame:select(names)
  local frame = core.select(self, choice.columns(self, names, "names"))
  return frame
end

--- New or changed columns, computed one after another from "name = expression". With `by` or
--- `order` aggregates give every row the value of its group (x - mean(x)), and rank, row_number,
--- lag, lead, cumsum, first and last follow the order; groups and order are those before the call,
--- a missing key is a group of its own, the rows stay where they are.
---@param assignments (string|table)[]  a list, e.g. { "bmi = weight / height^2",
---                                 "old = age >= 65" }; an item may be { name, function(row) }
---@param options? table            by: grouping columns (default: all rows are one group); order:
---                                 sort keys as in :sort (default: row order; missing last);
---                                 with: values for $names
---@return lobule.Frame
---@example lb.example_data():frame()
---    :mutate({ "above = age - mean(age)" }, { by = "arm" })
---    :select { "arm", "age", "above" }:head(3):show()
function Frame:mutate(assignments, options)
  local window <const> = require "lobule.frame_window"
  local opts <const> = check.options(options, window.OPTIONS)
  local with <const> = core.with(opts.with)
  local frame = self
  local list <const> = type(assignments) == "string" and { assignments }
    or check.list(assignments, "assignments")
  if window.wanted(opts) then
    local grouped, notes = window.mutate(self, list, opts, with)
    tell(notes)
    with:check_used()
    return grouped
  end
  for _, item in ipairs(list) do
    local notes
    frame, notes = rows.assign(frame, item, with)
    tell(notes)
  end
  with:check_used()
  return frame
end

--- One row a group (or one row in all), each "name = expression" with aggregates such as n(),
--- mean(x), median(x).
--- Groups come in order of their keys; a missing key is a group of its own; aggregates skip missing
--- values.
---@param assignments string[]      e.g. { "n = n()", "median_age = median(age)" }
---@param options? table            by: grouping columns; with: values for $names
---@return lobule.Frame
---@example lb.example_data():frame():summarise({ "n = n()", "cga = median(cga)" }, { by = "arm" })
function Frame:summarise(assignments, options)
  local opts <const> = check.options(options, { { "by", "texts", {} }, { "with", "table" } })
  local with <const> = core.with(opts.with)
  local frame, notes = core.summarise(self, check.texts(assignments, "assignments"), opts.by, with)
  with:check_used()
  tell(notes)
  return frame
end

--- Other names for columns.
---@param old string|table          a name; or { old = "new", … } (all at once: names may be
---                                 swapped); or a list of { old, new }, one after another
---@param new? string
---@return lobule.Frame
---@raise an unknown column, a name that is there already
---@example lb.example_data():frame():rename("cga", "chromogranin_a"):names()[8]
function Frame:rename(old, new)
  local frame, pairs_list, swapped = self, M.rename_pairs(old, new), {}
  for i, pair in ipairs(pairs_list) do
    local from = pair[1]
    if pairs_list.at_once then -- by way of a name that no column has
      check.column(self, from)
      from = ("(renamed %d)"):format(i)
      frame = core.rename(frame, pair[1], from)
    end
    swapped[i] = from
  end
  for i, pair in ipairs(pairs_list) do
    frame = core.rename(frame, check.column(frame, swapped[i]), pair[2])
  end
  return frame
end

--- What rename was given as a list of { old, new }; at_once: the names of a mapping, which are
--- all old ones.
---@param old string|table
---@param new? string
---@return table
function M.rename_pairs(old, new)
  local list, n, named = {}, 0, {}
  if type(old) ~= "table" then
    return { { check.type(old, "string", "old"), check.type(new, "string", "new") } }
  end
  for key in next, old do
    n = n + 1
    if type(key) == "string" then named[#named + 1] = key end
  end
  if #named == 0 then
    for i, pair in ipairs(check.list(old, "names", "{ { \"old\", \"new\" } }")) do
      local place = ("names[%d]"):format(i)
      check.type(pair, "table", place)
      list[i] = { check.type(pair[1], "string", place .. ", old"),
        check.type(pair[2], "string", place .. ", new") }
    end
    return list
  elseif #named < n then
    core.raise("argument", "names: a list of { old, new } or fields old = \"new\", not both")
  end
  table.sort(named)
  for i, name in ipairs(named) do
    list[i] = { name, check.type(old[name], "string", ("new name of '%s'"):format(name)) }
  end
  list.at_once = true
  return list
end

--- A factor with the named level (or levels) first: the reference of every model.
---@param name string
---@param first string|string[]
---@return lobule.Frame
---@example lb.example_data():frame():relevel("arm", "SIRT"):column("arm"):levels()[1]
function Frame:relevel(name, first)
  local column = self:column(check.type(name, "string", "column"))
  local frame = core.with_column(self, name, core.relevel(column, check.texts(first, "first")))
  return frame
end

--- A label given as a text or as { text, unit = "months" }.
local function label_of(name, value)
  if type(value) ~= "table" then return check.type(value, "string", name), nil end
  for key in next, value do
    if key ~= 1 and key ~= "unit" then
      core.raise("name", ("%s: unknown field '%s' in a label"):format(name, tostring(key)),
        "A label is a text or { \"Age\", unit = \"years\" }.")
    end
  end
  local unit = value.unit
  if unit ~= nil then check.type(unit, "string", name .. ", unit") end
  return check.type(value[1], "string", name), unit
end

--- Labels and units that reports use. Each value is a text or { text, unit = "months" }.
---@param labels table<string, string|table>
---@return lobule.Frame
---@example lb.frame { { "t", { 3, 9 } } }:label { t = { "Time", unit = "months" } }:show()
function Frame:label(labels)
  check.type(labels, "table", "labels")
  if #labels > 0 then
    core.raise("argument", "labels: expected fields column = label, found a list",
      "Write :label { age = \"Age\", pfs = { \"PFS\", unit = \"months\" } }.")
  end
  local frame, seen = self, {}
  for _, name in ipairs(self:names()) do
    local value = labels[name]
    if value ~= nil then
      seen[name] = true
      local label, unit = label_of(name, value)
      frame = core.with_column(frame, name, core.label(self:column(name), label, unit))
    end
  end
  local unknown = {}
  for name in next, labels do
    if not seen[name] then unknown[#unknown + 1] = tostring(name) end
  end
  table.sort(unknown)
  if unknown[1] then self:column(unknown[1]) end
  return frame
end

--- The frame as a table for reading: 3 significant digits, missing cells as NA.
---@param options? table            digits (default 3, p values as in a paper; else of all numbers),
---                                 rows (default 20: the most that are shown)
---@return lobule.Table
---@example lb.example_data():summarise({ "cga = mean(cga)" }, { by = "arm" }):table { digits = 4 }
function Frame:table(options)
  local opts <const> = check.options(options, { { "digits", "count" }, { "rows", "count", 20 },
    { "caption", "string" } })
  local shown = require("lobule.table").from_frame(self, opts)
  return shown
end

--- A frame read from a file shows its size only: rows of patients are printed when asked for. What
--- was
--- computed shows itself.
function Frame:__tostring()
  if #self:names() == 0 then return ("frame of %d rows without columns"):format(#self) end
  if self:source() then
    return ("frame from %s: %d rows, %d columns; :show() prints rows"):format(self:source(),
      #self, #self:names())
  end
  return tostring(require("lobule.table").from_frame(self, { rows = 20 }))
end

--- Prints the frame as a table.
---@param options? table            digits, rows
---@example lb.example_data():frame():select { "arm", "age" }:show { rows = 3 }
function Frame:show(options)
  print(self:table(options))
end

--- The frame as CSV at full precision; with a path, written there (atomically).
---@param path? string
---@return string csv
---@example lb.frame { { "arm", { "TAE", "SIRT" } }, { "n", { 12, 9 } } }:csv()
function Frame:csv(path)
  local text = core.format_csv(self)
  if path ~= nil then core.write_file(check.type(path, "string", "path"), text) end
  return text
end

--- Writes the frame in the format of the file's ending: csv, xlsx, xpt (SAS), sav (SPSS), dta
--- (Stata), sqlite. The file is whole afterwards or as before.
---@param path string
---@param options? table            sheet (xlsx); table (default "data"), replace (SQLite)
---@raise what the format cannot hold, with the mend
function Frame:save(path, options)
  require("lobule.files").save(self, path, options)
end

--- A list with one table of values a row, for small things: missing cells are absent.
---@return table[]
---@example lb.frame { { "arm", { "TAE", "SIRT" } } }:rows_list()[2].arm
function Frame:rows_list()
  local names, list = self:names(), {}
  for i = 1, #self do list[i] = {} end
  for _, name in ipairs(names) do
    local column = self:column(name)
    for i = 1, #self do list[i][name] = column[i] end
  end
  return list
end

--- The blocks of a report. Rows that were read from a file are patients: they need `rows`.
---@param options? table            caption; rows: true (all) or the most that are shown (200)
---@return table[]
---@raise a frame read from a file, without rows
function Frame:report_blocks(options)
  local wanted = options and options.rows
  if wanted == nil and self:source() then
    core.raise("argument", ("these are %d rows of %s: a report would show them one by one"):format(
      #self, self:source()),
      "Add a summary (lb.table_one, :summarise, :count), or say that rows are meant: "
      .. ":add(frame, { rows = true }).")
  end
  if wanted == true then wanted = math.max(#self, 1) end
  local shown = require("lobule.table").from_frame(self, { rows = wanted or 200, labels = true,
    caption = options and options.caption })
  return { { kind = "table", table = shown } }
end

core.class("frame", Frame)

M.tell = tell
return M
