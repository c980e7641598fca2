--- Table 1: who the patients are, by arm, with denominators, missing counts and standardised mean
--- differences.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local shown_as = require "lobule.shown"
local smd = require "lobule.smd"

local OPTIONS <const> = { { "by", "string" }, { "columns", "texts" }, { "smd", "boolean", false },
  { "summary", "any", "median" }, { "overall", "boolean", true }, { "p_value", "boolean", false },
  { "caption", "string", "Baseline characteristics" } }

---@class lobule.TableOne
local TableOne = { __name = "lobule.TableOne" }

--- Columns to describe: all but the id, the arm, free text and dates.
local function default_columns(frame, cohort, by)
  local names = {}
  for _, name in ipairs(frame:names()) do
    local kind = frame:column(name):type()
    local skip = name == by or (cohort and name == cohort.id) or kind == "text" or kind == "date"
      or kind == "datetime"
    if not skip then names[#names + 1] = name end
  end
  return names
end

local function title_of(column, name)
  local label = column:label() or name
  local unit = column:unit()
  return unit and ("%s (%s)"):format(label, unit) or label
end

--- The numbers of a cell: median and quartiles, or mean and standard deviation.
local function numbers_of(summary, how)
  if summary.n == summary.n_missing then return {} end
  if how == "mean" then return { summary.mean, summary.sd } end
  return { summary.median, summary.q1, summary.q3 }
end

--- Decimals that a whole row shares: three significant digits of its largest number, none where all
--- are whole.
local function decimals_of(list, how)
  local largest, whole = 0, true
  for _, summary in ipairs(list) do
    for _, x in ipairs(numbers_of(summary, how)) do
      if x == x then
        largest, whole = math.max(largest, math.abs(x)), whole and x == math.floor(x)
      end
    end
  end
  if whole or largest == 0 then return 0 end
  return math.max(0, math.min(6, 2 - math.floor(math.log(largest, 10))))
end

local function numeric_cell(summary, how, decimals)
  local shown = numbers_of(summary, how)
  if #shown == 0 then return "NA" end
  for i, x in ipairs(shown) do shown[i] = x == x and format.fixed(x, decimals) or "NA" end
  if how == "mean" then return ("%s (%s)"):format(shown[1], shown[2] or "NA") end
  return ("%s (%s to %s)"):format(shown[1], shown[2], shown[3])
end

local function summaries(groups, name)
  local list = {}
  for i, group in ipairs(groups) do list[i] = core.summary(group:column(name)) end
  return list
end

local function numeric_rows(self, name, title, list)
  local how = self.summary[name] or self.summary.default
  local row = { title .. (how == "mean" and ", mean (SD)" or ", median (IQR)") }
  self.shown[how] = true
  local decimals = decimals_of(list, how)
  for i, summary in ipairs(list) do row[i + 1] = numeric_cell(summary, how, decimals) end
  return { row }
end

--- Percentages of one table share their decimals: none when an arm has fewer than 100 patients.
local function share_text(self, n, total)
  return shown_as.share(n, total, self.decimals)
end

local function level_rows(self, title, list)
  local rows = { { title, kind = "heading" } }
  for i = 1, #list do rows[1][i + 1] = "" end
  for l, level in ipairs(list[1].levels) do
    local row = { level.label, indent = 1 }
    for i, summary in ipairs(list) do
      row[i + 1] = share_text(self, summary.levels[l].n, summary.n - summary.n_missing)
    end
    rows[l + 1] = row
  end
  return rows
end

--- Rows with a true value: of a logical column, or of a number that is 0 or 1.
local function count_true(summary)
  if not summary.levels then
    local n = summary.n - summary.n_missing
    return n > 0 and math.tointeger(math.floor(summary.mean * n + 0.5)) or 0
  end
  for _, level in ipairs(summary.levels) do
    if level.label == "true" then return level.n end
  end
  return 0
end

local function logical_row(self, title, list)
  local row = { title }
  for i, summary in ipairs(list) do
    row[i + 1] = share_text(self, count_true(summary), summary.n - summary.n_missing)
  end
  return { row }
end

--- A number that is only ever 0 or 1 is a yes or no.
local function is_binary(column)
  local kind = column:type()
  if kind ~= "integer" and kind ~= "real" then return false end
  local all = core.summary(column)
  return all.n_distinct == 2 and all.min == 0 and all.max == 1
end

local function missing_row(list, indent)
  local any, row = false, { "Missing", indent = indent }
  for i, summary in ipairs(list) do
    any = any or summary.n_missing > 0
    row[i + 1] = tostring(summary.n_missing)
  end
  return any and row or nil
end

--- A NaN is no missing value, but no number either: it is left out of the summary and counted.
local function nan_row(list)
  local any, row = false, { "Not a number", indent = 1 }
  for i, summary in ipairs(list) do
    any = any or summary.n_nan > 0
    row[i + 1] = tostring(summary.n_nan)
  end
  return any and row or nil
end

--- The rows of one variable: values by group, then the missing count if there is one.
local function variable_rows(self, name)
  local column = self.frame:column(name)
  local title, list = title_of(column, name), summaries(self.groups, name)
  local kind <const> = column:type()
  local rows
  if kind == "factor" then
    rows, self.shown.share = level_rows(self, title, list), true
  elseif kind == "logical" or is_binary(column) then
    rows, self.shown.share = logical_row(self, title, list), true
  else
    rows = numeric_rows(self, name, title, list)
  end
  local not_numbers = nan_row(list)
  if not_numbers then rows[#rows + 1] = not_numbers end
  local missing = missing_row(list, 1)
  if missing then rows[#rows + 1] = missing end
  if self.options.smd then
    local value = smd.largest(self.arms, name, is_binary(column))
    rows[1][#self.groups + 2] = value and format.fixed(value, 2) or "NA"
    for i = 2, #rows do rows[i][#self.groups + 2] = "" end
  end
  return rows
end

local function collect_groups(self, by)
  self.groups, self.labels, self.arms = {}, {}, {}
  if by then
    for _, group in ipairs(core.split(self.frame, { by })) do
      local key = group.key[1]
      self.groups[#self.groups + 1] = group.frame
      self.labels[#self.labels + 1] = key == core.NA and "NA" or key
      if key ~= core.NA then self.arms[#self.arms + 1] = group.frame end
    end
  end
  if by and not self.options.overall then return end
  self.groups[#self.groups + 1] = self.frame
  self.labels[#self.labels + 1] = by and "All" or "Patients"
end

--- What the footnote explains: only what the table shows.
local function notes_of(self)
  local shown, notes, parts = self.shown, {}, {}
  if shown.share then parts[1] = "n/N (%) of those with a known value" end
  if shown.mean then parts[#parts + 1] = "mean (standard deviation)" end
  if shown.median then parts[#parts + 1] = "median (first to third quartile)" end
  if #parts > 0 then notes[1] = (table.concat(parts, "; "):gsub("^m", "M")) .. "." end
  if self.options.smd then
    notes[#notes + 1] = #self.arms > 2
      and "SMD: standardised mean difference, the largest of all pairs of arms."
      or "SMD: standardised mean difference."
  end
  return notes
end

local function build(self)
  local smallest = math.huge
  self.shown = {}
  for _, group in ipairs(self.groups) do smallest = math.min(smallest, #group) end
  self.decimals = smallest < 100 and 0 or 1
  local columns = { { label = "", align = "left" } }
  for i, label in ipairs(self.labels) do
    columns[i + 1] = { label = ("%s (n = %d)"):format(label, #self.groups[i]), align = "right" }
  end
  if self.options.smd then columns[#columns + 1] = { label = "SMD", align = "right" } end
  local rows = {}
  for _, name in ipairs(self.names) do
    for _, row in ipairs(variable_rows(self, name)) do rows[#rows + 1] = row end
  end
  return require("lobule.table").new { caption = self.options.caption, wrap = true,
    columns = columns,
    rows = rows, notes = notes_of(self) }
end

--- The table itself.
---@return lobule.Table
function TableOne:table()
  local shown = build(self)
  return shown
end

function TableOne:__tostring()
  return tostring(build(self))
end

--- The blocks of a report.
---@param options? table
---@return table[]
function TableOne:report_blocks(options)
  local shown = build(self)
  if options and options.caption then shown.caption = options.caption end
  return { { kind = "table", table = shown } }
end

--- One row a variable, level and group, at full precision.
---@return lobule.Frame             # variable, level, group, n, n_missing, count, mean, std_dev,
---                                 median, q1, q3, smd
function TableOne:tidy()
  local keys <const> = { "variable", "level", "group", "n", "n_missing", "count", "mean", "std_dev",
    "median", "q1", "q3", "smd" }
  local lists, k = {}, 0
  for j = 1, #keys do lists[j] = {} end
  local function add(values)
    k = k + 1
    for j, key in ipairs(keys) do
      local value = values[key]
      lists[j][k] = (value == nil or value ~= value) and core.NA or value
    end
  end
  for _, name in ipairs(self.names) do
    local difference = self.options.smd and smd.largest(self.arms, name,
      is_binary(self.frame:column(name))) or nil
    for i, s in ipairs(summaries(self.groups, name)) do
      local base = { variable = name, group = self.labels[i], n = s.n - s.n_missing,
        n_missing = s.n_missing, smd = difference }
      if s.levels then
        for _, level in ipairs(s.levels) do
          base.level, base.count = level.label, level.n
          add(base)
        end
      else
        base.mean, base.std_dev, base.median, base.q1, base.q3 = s.mean, s.sd, s.median, s.q1, s.q3
        add(base)
      end
    end
  end
  local columns = {}
  for j, key in ipairs(keys) do
    lists[j].n = k
    columns[j] = { key, lists[j], j <= 3 and "text" or (j <= 6 and "integer" or "real") }
  end
  local frame = core.frame(columns)
  return frame
end

--- The size of the table.
---@return lobule.Frame             # n, groups, variables
function TableOne:glance()
  local frame = core.frame { { "n", { #self.frame }, "integer" },
    { "groups", { #self.labels }, "integer" }, { "variables", { #self.names }, "integer" } }
  return frame
end

--- Everything at full precision, as JSON text.
---@return string
function TableOne:to_json()
  return core.json_encode(self:record(), 2)
end

--- Everything at full precision.
---@return table
function TableOne:record()
  local result = require "lobule.result"
  return result.ordered { { "kind", "table_one" }, { "by", self.options.by },
    { "rows", result.record(self:tidy()) }, { "lineage", self.lineage or nil } }
end

core.class("table_one", TableOne)

--- The kinds of summary by column name, `default` for the others.
local function check_summary(given, frame)
  local kinds = { default = "median" }
  if type(given) == "string" then given = { default = given } end
  for name, how in next, check.type(given, "table", "summary") do
    if name ~= "default" then check.column(frame, name) end
    kinds[name] = check.options({ summary = how }, { { "summary", { "median", "mean" } } }).summary
  end
  return kinds
end

local SHOWN <const> = { factor = true, logical = true, real = true, integer = true }

local function check_columns(frame, names)
  for _, name in ipairs(names) do
    local kind = frame:column(name):type()
    if not SHOWN[kind] then
      core.raise("type",
        ("column '%s' is %s: Table 1 takes numbers, factors and logicals"):format(name, kind),
        kind == "text" and ('Make it a factor first: mutate { "%s = factor(%s)" }.'):format(name,
          name) or nil)
    end
  end
end

--- Table 1: numbers as median (IQR) or mean (SD), factors and logicals as n/N (%), missing rows, by
--- arm and, unless overall = false, in all. No tests: p values
--- of baseline differences answer no question; the standardised mean difference does.
---@param data lobule.Cohort|lobule.Frame
---@param options? table            by: column of arms; columns: a list (default all but id, arm,
---                                 text, dates); smd (false); summary: "median" (default), "mean",
---                                 or by column { age = "mean", bili = "median" } (others, or
---                                 `default`: median); overall (true): a column of all; caption
---@return lobule.TableOne
---@raise p_value = true: there are no tests of rows yet
return function(data, options)
  local opts <const> = check.options(options, OPTIONS)
  local frame, cohort = check.data(data)
  if opts.p_value then
    core.raise("argument", "p_value: Table 1 has no tests in this version", "Write smd = true: it "
      .. "shows how far arms differ, whatever their size; between randomised arms a p value "
      .. "answers no question.")
  end
  local by = opts.by or (cohort and cohort.arm) or nil
  if by then check.column(frame, by) end
  local self = setmetatable({ frame = frame, options = opts, lineage = cohort
    and require("lobule.lineage").lines(cohort) or false }, TableOne)
  self.names = opts.columns or default_columns(frame, cohort, by)
  check_columns(frame, self.names)
  opts.by, self.summary = by, check_summary(opts.summary, frame)
  collect_groups(self, by)
  if opts.smd and #self.arms < 2 then core.raise("argument",
    "smd needs at least two arms: name them with by") end
  return self
end
