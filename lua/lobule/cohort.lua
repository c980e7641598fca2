--- Cohorts: a frame of people with an id and a lineage; every step records its reason and its
--- counts.
local check = require "lobule.check"
local core = require "lobule.core"
local choice = require "lobule.frame_choice"
local frames = require "lobule.frame"
local lineage = require "lobule.lineage"
local row_function = require "lobule.row_function"
local window = require "lobule.frame_window"

---@class lobule.Cohort
---@field data lobule.Frame         the frame behind the cohort
---@field id? string                column that names the person; may repeat (visits)
---@field arm? string               treatment column named by :by_arm
local Cohort = { __name = "lobule.Cohort" }

local derive <const> = lineage.derive

local WITH <const> = { { "with", "table" } }
local ARMS_MOST <const> = 12 -- of a column that is no factor

--- Rows for which a condition is false: whose persons a flow counts.
local function false_rows(frame, condition, with)
  local rows = core.filter(frame, "not (" .. condition .. ")", with)
  return rows
end

--- Keeps rows where the condition is true. Rows where it is NA are left out and counted apart. A
--- list of conditions means
--- `and`, each counted by itself on the rows before the step.
---@param condition string|string[]|fun(row: table): boolean?   e.g. "age >= 18"; a
---                                 Lua function gets the row as a table (nil where missing)
---@param reason? string            why, for the flow diagram, e.g. "adults"; else the condition is
---                                 shown
---@param options? table            by, order: aggregates are those of the row's group, as in
---                                 mutate: filter("age == max(age)", { by = "sex" }); with: values
---                                 for $names
---@return lobule.Cohort
---@raise an unknown column, a type that does not fit, a syntax error, each with a caret; a function
---                                 that gives something else than true, false or NA (nil)
---@example lb.example_data():filter("age >= 60", "60 or older"):flow()
function Cohort:filter(condition, reason, options)
  if type(reason) == "table" and options == nil then reason, options = nil, reason end
  if reason ~= nil then check.type(reason, "string", "reason") end
  local opts <const> = check.options(options, window.OPTIONS)
  local with <const> = core.with(opts.with)
  local conditions = type(condition) == "table" and check.list(condition, "condition")
    or { condition }
  local wide, texts, shown = row_function.expressions(self.data, conditions, "condition", opts,
    with)
  local frame, causes = wide, {}
  for i, text in ipairs(texts) do
    local _, _, n_false, n_missing, notes = core.filter(wide, text, with)
    frames.tell(notes)
    causes[i] = { reason = reason and #texts == 1 and reason or shown[i], condition = shown[i],
      n = n_false, n_missing = n_missing,
      dropped = self.id and false_rows(wide, text, with) or nil }
    frame = core.filter(frame, text, with)
  end
  with:check_used()
  frame = row_function.narrow(frame, self.data)
  return derive(self, frame, lineage.step(self, frame, "filter", reason, causes))
end

local function exclusion_list(first, second)
  if type(first) == "table" then
    check.list(first, "exclusions")
    if #first == 0 then core.raise("argument", "the list of exclusions is empty") end
    for i, pair in ipairs(first) do
      check.type(pair, "table", ("exclusion %d"):format(i))
      if type(pair[1]) ~= "function" then
        check.type(pair[1], "string", ("exclusion %d, condition"):format(i))
      end
      check.type(pair[2], "string", ("exclusion %d, reason"):format(i))
    end
    return first, second
  end
  if type(first) ~= "function" then check.type(first, "string", "condition") end
  if type(second) ~= "string" then
    core.raise("argument", "an exclusion needs a reason",
      "Write :exclude(\"ecog > 2\", \"ECOG above 2\"); the reason stands in the flow diagram.")
  end
  return { { first, second } }, nil
end

--- Drops rows where a condition is true; rows where it is NA are kept and counted. Several reasons
--- in one call are
--- judged on the same rows, so that they may overlap.
---@param condition string|function|table[]  a condition (an expression, or a Lua function of the
---                                 row), or a list of { condition, reason }
---@param reason? string|table      the reason; with a list: the options
---@param options? table            with: values for $names
---@return lobule.Cohort
---@example lb.example_data():exclude({ { "ecog > 1", "ECOG above 1" } }):flow()
function Cohort:exclude(condition, reason, options)
  local list, moved = exclusion_list(condition, reason)
  local opts <const> = check.options(moved or options, WITH)
  local with <const> = core.with(opts.with)
  local conditions, causes, all = {}, {}, {}
  for i, pair in ipairs(list) do conditions[i] = pair[1] end
  local wide, texts, shown = row_function.expressions(self.data, conditions, "condition")
  for i, text in ipairs(texts) do
    local dropped, n_true, _, n_missing, notes = core.filter(wide, text, with)
    frames.tell(notes)
    causes[i] = { reason = list[i][2], condition = shown[i], n = n_true, n_missing = n_missing,
      dropped = dropped }
    all[i] = "(" .. text .. ")"
  end
  local frame = row_function.narrow(core.reject(wide, table.concat(all, " or "), with), self.data)
  with:check_used()
  return derive(self, frame, lineage.step(self, frame, "exclude", nil, causes))
end

--- Drops rows in which any of the columns is missing, counted by column.
---@param columns string|string[]
---@param reason? string            for the flow diagram
---@return lobule.Cohort
---@example lb.example_data():complete({ "cga" }, "chromogranin A known"):flow()
function Cohort:complete(columns, reason)
  local names, causes, frame = choice.columns(self.data, columns, "columns"), {}, self.data
  if reason ~= nil then check.type(reason, "string", "reason") end
  for i, name in ipairs(names) do
    causes[i] = { reason = name .. " missing", condition = "is_na(" .. name .. ")",
      n = self.data:column(name):missing(), n_missing = 0 }
    frame = core.reject(frame, "is_na(`" .. name .. "`)")
  end
  return derive(self, frame, lineage.step(self, frame, "complete", reason, causes))
end

--- New or changed columns, computed one after another from "name = expression" or { name,
--- function(row) }. With `by` or `order` over groups, as Frame:mutate: { "first_visit =
--- row_number() == 1", "change = score - lag(score)" }, { by = "id", order = "visit" }.
---@param assignments (string|table)[]  a list, e.g. { "pfs = months(start, stop)" }
---@param options? table            by: grouping columns; order: sort keys; with: values for
---                                 $names
---@return lobule.Cohort
---@example lb.example_data():mutate { "old = age >= 65", "log_cga = log(cga)" }:schema()
function Cohort:mutate(assignments, options)
  local opts <const> = check.options(options, window.OPTIONS)
  local with <const> = core.with(opts.with)
  if type(assignments) == "string" then assignments = { assignments } end
  check.list(assignments, "assignments")
  local frame = self.data
  local texts, open, defines = {}, self.open, {}
  if window.wanted(opts) then
    local notes
    frame, notes = window.mutate(frame, assignments, opts, with)
    frames.tell(notes)
  end
  for i, item in ipairs(assignments) do
    if not window.wanted(opts) then
      local notes
      frame, notes = row_function.assign(frame, item, with)
      frames.tell(notes)
    end
    open = lineage.opened(self, open, frame, item)
    texts[i] = type(item) == "table" and item[1] .. " = (a Lua function)" or item
    defines[i] = type(item) == "string" and { core.split_assignment(item) } or { item[1] }
  end
  with:check_used()
  local step = lineage.note("mutate", table.concat(texts, "; ") .. window.text(opts), opts.with)
  step.defines = defines
  local new = derive(self, frame, step)
  new.open = open
  return new
end

--- Labels and units that reports use. Each value is a text or { text, unit = "months" }.
---@param labels table<string, string|table>
---@return lobule.Cohort
function Cohort:label(labels)
  local frame = self.data:label(labels)
  return derive(self, frame)
end

--- A factor with the named level (or levels) first: the reference of every model.
---@param column string
---@param first string|string[]
---@return lobule.Cohort
function Cohort:relevel(column, first)
  local frame = self.data:relevel(column, first)
  local order = type(first) == "table" and table.concat(first, ", ") or first
  return derive(self, frame, lineage.note("relevel", column .. ": " .. order .. " first"))
end

--- Columns in the order named, by pattern or left out, as Frame:select; the id and the arm stay.
---@param names string|string[]
---@return lobule.Cohort
function Cohort:select(names)
  local wanted, kept = {}, {}
  for i, name in ipairs(choice.columns(self.data, names, "names")) do
    wanted[i], kept[name] = name, true
  end
  if self.arm and not kept[self.arm] then table.insert(wanted, 1, self.arm) end
  if self.id and not kept[self.id] then table.insert(wanted, 1, self.id) end
  local frame = self.data:select(wanted)
  return derive(self, frame)
end

--- Names the treatment column: from here on every step is counted per arm.
---@param column string
---@return lobule.Cohort
---@raise a column of more than 12 values that is no factor
---@example lb.example_data():by_arm "arm":filter "age >= 60":flow()
function Cohort:by_arm(column)
  check.column(self.data, column)
  local kind = self.data:column(column):type()
  local n <const> = core.summary(self.data:column(column)).n_distinct
  if n > ARMS_MOST and kind ~= "factor" then
    core.raise("argument", ("column '%s' is %s with %d different values: arms are few"):format(
      column, kind, n), "cut() makes groups of numbers; factor() says that so many are meant.")
  end
  local new = derive(self, self.data)
  new.arm = column
  new.steps = table.move(self.steps, 1, #self.steps, 1, {})
  new.steps[#new.steps + 1] = lineage.arms(new)
  return new
end

--- One row a group, as Frame:summarise.
---@param assignments string[]
---@param options? table            by, with
---@return lobule.Frame
---@example lb.example_data():summarise({ "n = n()", "age = median(age)" }, { by = "arm" })
function Cohort:summarise(assignments, options)
  local frame = self.data:summarise(assignments, options)
  return frame
end

--- The frame behind the cohort.
---@return lobule.Frame
function Cohort:frame()
  return self.data
end

--- Rows and persons, in all or for each combination of columns.
---@param by? string|string[]
---@return integer|lobule.Frame rows  with columns a frame: they, n and, with an id, persons
---@return integer? persons         the same number when no id was named
function Cohort:count(by)
  if by ~= nil then
    local wanted <const> = { "n = n()" }
    if self.id then wanted[2] = ("persons = n_distinct(`%s`)"):format(self.id) end
    local frame = core.summarise(self.data, wanted, check.texts(by, "by"))
    return frame
  end
  return #self.data, lineage.persons(self, self.data)
end

--- What happened from the file to here: a CONSORT/STROBE flow.
---@param options? table            results: a list of fitted models, whose dropped rows become the
---                                 last steps
---@return lobule.Flow
---@example lb.example_data():filter("liver < 75", "liver involvement below 75 %"):flow()
function Cohort:flow(options)
  local flow = require("lobule.flow").new(self, options)
  return flow
end

--- Cells, rows and headers of the file that were not as they should be.
---@return lobule.Frame             # row, line, column, message
function Cohort:problems()
  local row, line, column, message = {}, {}, {}, {}
  for i, problem in ipairs(self.found) do
    row[i], line[i], column[i], message[i] = problem.row, problem.line, problem.column or core.NA,
      problem.message
  end
  local frame = core.frame { { "row", row, "integer" }, { "line", line, "integer" },
    { "column", column, "text" },
    { "message", message, "text" } }
  return frame
end

--- Missing cells of every column, one row each; with `by` one row a group and column.
---@param options? table            by: grouping columns
---@return lobule.Frame             # (the groups,) column, n (rows), n_missing
---@example lb.example_data():missing()
function Cohort:missing(options)
  local opts <const> = check.options(options, { { "by", "texts", {} } })
  local frame = require("lobule.schema").missing(self.data, opts.by)
  return frame
end

--- The first rows. Ids and free text of the file show as a dot unless `ids`; text made from other
--- columns, as by case(), shows.
---@param n? integer                default 6
---@param options? table            ids: true shows ids and text too
---@return lobule.Table
function Cohort:head(n, options)
  local opts <const> = check.options(options, { { "ids", "boolean", false } })
  local shown = require("lobule.schema").head(self, n or 6, opts.ids)
  return shown
end

--- The schema as a table: type, missing, range or levels; never rows, never ids.
---@return lobule.Table
function Cohort:schema()
  local shown = require("lobule.schema").table(self)
  return shown
end

--- The number of rows.
function Cohort:__len()
  return #self.data
end

function Cohort:__tostring()
  return require("lobule.schema").text(self)
end

--- The blocks of a report: the schema.
---@return table[]
function Cohort:report_blocks()
  return { { kind = "table", table = require("lobule.schema").table(self) } }
end

core.class("cohort", Cohort)

local M = { Cohort = Cohort }

--- Reads a data file into a frame; its ending says the format: xlsx, SAS (xpt, sas7bdat), SPSS
--- (sav, zsav, por), Stata (dta), SQLite (sqlite, db); any other is CSV (also gzip). Types are
--- found on all cells; numbers are read with a decimal point and without marks for thousands, dates
--- as YYYY-MM-DD, unless an option says so.
---@param path string
---@param options? table            na: list of texts that mean missing (default "" and "NA");
---                                 types: column -> type name, a misfit is then an error; columns:
---                                 only these; id: column that names the person; separator: one
---                                 character (default: found among , ; tab |);
---                                 encoding: "utf-8", "utf-16le", "utf-16be", "latin1",
---                                 "windows-1252" (default: by the byte order mark, else UTF-8);
---                                 decimal: "," or "." (default); date_format: e.g. "DD/MM/YYYY",
---                                 of YYYY, MM or M, DD or D and marks between them, read beside
---                                 ISO dates and never guessed; censored: "below" reads "<0.5" as
---                                 0.5 and adds a logical column NAME_censored that says where;
---                                 sheet: name or number, range: e.g. "B3:H200" (xlsx); labels:
---                                 "factor" (default) or "codes" (SAS, SPSS, Stata); table (of
---                                 several in an xpt or SQLite file), or query and params (SQLite)
---@return lobule.Frame
---@raise a missing or malformed file, an unknown column in the options, a cell that does not fit
function M.read(path, options)
  local files <const> = require "lobule.files"
  local opts <const> = check.options(options, files.OPTIONS)
  local frame, problems, n_problems = files.read(path, opts)
  files.tell(path, problems, n_problems)
  return frame
end

--- A cohort from a data file or a frame; the file's ending says its format, as in lb.read. Rows are
--- counted from here on.
---@param source string|lobule.Frame  path of a file, or a frame
---@param options? table            id: column that names the person; na: list of texts that mean
---                                 missing (default "" and "NA");
---                                 types: column -> type name, a misfit is then an error;
---                                 columns: only these; rows: what a row is, for the flow
---                                 ("patients" with an id, else "rows"); time_zero: column of the
---                                 date at which follow-up starts; dated: column -> the date (or
---                                 time since zero) at which its value became known, { responder =
---                                 "response_date" }, or false: known at time zero; models warn
---                                 of groups that are only known later; and the others of lb.read
---@return lobule.Cohort
---@raise a missing or malformed file, an unknown column in the options
---@example lb.cohort(lb.frame { { "id", { 1, 2 } }, { "age", { 61, 55 } } }, { id = "id" })
function M.cohort(source, options)
  local files <const> = require "lobule.files"
  local opts <const> = check.options(options, files.OPTIONS)
  local frame, problems, n_problems
  if check.is(source, "lobule.Frame") then
    frame, problems, n_problems = source, {}, 0
  elseif check.is(source, "lobule.Cohort") then
    core.raise("argument", "this is a cohort already",
      "Its methods give new cohorts; lb.cohort(c:frame(), { ... }) counts anew from there.")
  else
    frame, problems, n_problems = files.read(source, opts)
  end
  if opts.id then check.column(frame, opts.id) end
  local self = setmetatable({ data = frame, id = opts.id or false, arm = false, steps = {},
    rows = opts.rows or (opts.id and "patients" or "rows"),
    found = problems, n_found = n_problems, open = {}, time_zero = opts.time_zero or false,
    dated = opts.dated or false }, Cohort)
  if opts.time_zero then check.column(frame, opts.time_zero) end
  for name, column in next, opts.dated or {} do
    check.column(frame, name)
    if column then check.column(frame, column) end
  end
  self.steps[1] = lineage.start(self, frame:source())
  return self
end

return M
