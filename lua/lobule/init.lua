--- Lobule for scripts: `local lb = require "lobule"`. Namespaces are loaded when first used.
local check = require "lobule.check"
local core = require "lobule.core"

local own = debug.getinfo(1, "S").source
core.internal((own:gsub("init%.lua$", "")))

require "lobule.frame"
local cohorts = require "lobule.cohort"
require "lobule.frame_verbs"
require "lobule.frame_joins"
require "lobule.cohort_verbs"

---@class lobule
---@field version string            version of the program
---@field NA lobule.NA              the missing value, for lists of values
---@field survival lobule.survival
---@field categorical lobule.categorical
---@field figure lobule.figure
---@field meta lobule.meta
local lb = { version = core.version, NA = core.NA }

lb.read = cohorts.read
lb.cohort = cohorts.cohort

--- A table or query of an SQLite file as a frame.
---@param path string
---@param options? table            table: its name; or query: one SELECT, with params: a list for
---                                 each "?", or named fields for each ":name"; na, types,
---                                 columns, id
---@return lobule.Frame
---@raise no such file, table (did you mean) or column; SQL that does not parse or would write
---@example local path = os.tmpname() .. ".sqlite"
---  lb.example_data():frame():save(path)
---  local d = lb.sqlite(path, { query = "SELECT arm, age FROM data WHERE age > 75" })
---  os.remove(path)
---  d:show()
function lb.sqlite(path, options)
  local frame = require("lobule.files").sqlite(path, options)
  return frame
end

--- A frame from Lua values: a list of { name, values, type }.
---@param columns table[]           e.g. { { "age", { 61, 70, lb.NA } }, { "arm", { "A", "B", "A" },
---                                 "factor" } }
---@return lobule.Frame
---@raise columns of unequal length, values that do not fit the type
---@example lb.frame { { "arm", { "TAE", "SIRT", "TAE" }, "factor" }, { "age", { 61, 70, lb.NA } } }
function lb.frame(columns)
  local example <const> = "lb.frame { { \"age\", { 61, 70 } }, { \"arm\", { \"A\", \"B\" } } }"
  for _, spec in ipairs(check.list(columns, "columns", example)) do
    local values = type(spec) == "table" and spec[2]
    if type(values) == "table" and not getmetatable(values) and #values == 0
      and rawget(values, "n") == nil then
      check.list(values, ("column '%s'"):format(tostring(spec[1])), "{ 61, 70 }")
    end
  end
  local frame = core.frame(columns)
  return frame
end

--- Table 1: numbers as median (IQR) or mean (SD), factors and logicals as n/N (%), missing rows, by
--- arm and in all.
---@param data lobule.Cohort|lobule.Frame
---@param options? table            by, columns, smd (false), summary: "median" (default) or "mean",
---                                 caption
---@return lobule.TableOne
---@example lb.table_one(lb.example_data(), { by = "arm", columns = { "age", "sex", "cga" } })
function lb.table_one(data, options)
  local result = require "lobule.table_one"(data, options)
  return result
end

--- A report: text, tables and figures, saved as HTML, Markdown, JSON, Word, PDF or a folder for a
--- journal, with its provenance.
---@param options table             title; author, date, subtitle, seed, journal ("plain", "lancet",
---                                 "nejm", "jama", "nature")
---@return lobule.Report
---@example local km = lb.survival.km("Surv(months, progressed) ~ 1", lb.example_data())
---  lb.report { title = "Example" }:text("Median {m}.", { m = km:median() })
function lb.report(options)
  local report = require("lobule.report").new(options)
  return report
end

--- A table of display texts, to show or to add to a report.
---@param spec table                columns: a list of { label, align = "left"|"right" }; rows: a
---                                 list of lists of texts; caption; notes
---@return lobule.Table
---@example lb.table { columns = { { label = "Drug" }, { label = "n", align = "right" } },
---    rows = { { "octreotide", "12" }, { "lanreotide", "9" } } }
function lb.table(spec)
  local shown = require("lobule.table").new(spec)
  return shown
end

--- Nested models compared, smallest first, each with the one before: by the likelihood ratio where
--- rows are independent and there is a likelihood, else (robust variances, Fine-Gray, regression of
--- means and risks) by the Wald test of what the larger one adds. Or the terms of one model, added
--- one after another or each left out of the whole (Cox and parametric models), or each tested by
--- Wald, all its columns at once; a main effect within an interaction at the reference of the
--- other.
---@param ... any                   fits; or one fit and { type = "sequential" (default where it can
---                                 be) | "drop" | "wald" }; several and { type = "wald" }
---@return lobule.Anova
---@raise fits of other rows, outcomes, strata or settings; not nested; penalised terms
---@example local d = lb.example_data()
---  local small = lb.survival.cox("Surv(months, progressed) ~ arm", d)
---  local large = lb.survival.cox("Surv(months, progressed) ~ arm + age + liver", d)
---  lb.anova(small, large)
function lb.anova(...)
  local compared = require("lobule.anova").anova(...)
  return compared
end

--- Models side by side: lb.compare { { "crude", a }, { "adjusted", b } }. Ratios are shown as such.
---@param list table[]              a list of { name, fit }
---@param options? table            title
---@return lobule.Compare
---@raise fits of different kinds or interval levels
---@example local d = lb.example_data()
---  local crude = lb.survival.cox("Surv(months, progressed) ~ arm", d)
---  local adjusted = lb.survival.cox("Surv(months, progressed) ~ arm + liver", d)
---  lb.compare { { "crude", crude }, { "adjusted", adjusted } }
function lb.compare(list, options)
  local compared = require("lobule.compare").compare(list, options)
  return compared
end

--- One row a column: how many values, missing, distinct; mean, sd, minimum, quartiles (type 7) and
--- maximum of numbers; first, median (of an even number the middle, rounded down) and last of
--- dates,
--- in columns of their own where there are dates. Never values of text, and of the id of a cohort
--- counts alone.
---@param data lobule.Cohort|lobule.Frame
---@param options? table            by: a column of groups (missing is a group); columns: a list
---@return lobule.Frame             # column, (group), type, n, n_missing, n_distinct, mean, sd,
---                                 min, q1, median, q3, max; (min_date, median_date, max_date)
---@example lb.describe(lb.example_data(), { columns = { "age", "liver", "cga" } })
function lb.describe(data, options)
  local frame = require "lobule.columns"(data, options)
  return frame
end

--- Two columns counted against each other; missing is a level of its own, the last.
---@param data lobule.Cohort|lobule.Frame
---@param rows string
---@param columns string
---@param options? table            percent: "row", "column" or "all" (none); title
---@return lobule.Crosstab
---@example lb.crosstab(lb.example_data(), "arm", "primary", { percent = "row" })
function lb.crosstab(data, rows, columns, options)
  local counted = require("lobule.crosstab").crosstab(data, rows, columns, options)
  return counted
end

--- What is in a data file: format, encoding, columns, odd things, and the lb.cohort call to paste;
--- never rows, never ids. The same as `lobule peek FILE`.
---@param path string               of any format that lb.cohort reads
---@param options? table            as lb.cohort's
---@return lobule.Peek              # print shows it; fields rows, columns, facts, odd, call
---@raise a missing or malformed file, an unknown option
---@example local path = os.tmpname()
---  lb.example_data():frame():csv(path)
---  local seen = lb.peek(path)
---  os.remove(path)
---  seen
function lb.peek(path, options)
  local result = require("lobule.peek").peek(path, options)
  return result
end

--- Two versions of a cohort or frame compared, row by row of equal id: who entered, who left, which
--- cells changed. Ids are not shown unasked.
---@param before lobule.Cohort|lobule.Frame
---@param after lobule.Cohort|lobule.Frame
---@param options? table            id: column that names the row (default: the cohort's)
---@return lobule.Diff
---@raise an id that is repeated
---@example local before = lb.example_data()
---  local after = before:filter "age < 70":mutate { "liver = liver + 1" }
---  lb.diff(before, after)
function lb.diff(before, after, options)
  local result = require("lobule.diff").diff(before, after, options)
  return result
end

--- Invented data to try things on: 48 patients with liver metastases, treated by embolization (arm
--- TAE, TACE or SIRT), followed until progression. Inside the program; nothing is read.
---@return lobule.Cohort            # id, arm, age, sex, primary, liver, ecog, cga, months,
---                                 progressed
---@example lb.example_data()
function lb.example_data()
  local cohort = require "lobule.example_data"()
  return cohort
end

--- Help on a function or topic, the same text as `lobule help`.
---@param topic? string|function|table
---@return string?
---@example lb.help "cohort:filter"
function lb.help(topic)
  return (require("lobule.help").help(topic))
end

local NAMESPACES <const> = { survival = true, categorical = true, figure = true, meta = true }
local LATER <const> = { regression = true, causal = true, trial = true, econ = true,
  response = true, safety = true, scores = true,
  impute = true, simulate = true }

core.namespace("", lb)

-- Namespaces load on first use; core.namespace has set the did-you-mean for all other names.
local meta = getmetatable(lb)
local unknown = meta.__index
meta.__index = function(t, key)
  if NAMESPACES[key] then
    local namespace = require("lobule." .. key)
    if not getmetatable(namespace) then core.namespace(key, namespace) end
    rawset(t, key, namespace)
    return namespace
  end
  if LATER[key] then core.raise("name", ("lb.%s is not available in this version"):format(key)) end
  if type(key) == "string" and key:sub(1, 2) ~= "__" then
    local names = {}
    for name in next, NAMESPACES do names[#names + 1] = name end
    for name in next, t do names[#names + 1] = name end
    table.sort(names)
    local near = core.nearest(key, names)
    core.raise("name", ("lb has no function or namespace '%s'%s"):format(key,
      near and (" (did you mean '%s'?)"):format(near) or ""),
      not near and "There are: " .. table.concat(names, ", ") .. "." or nil)
  end
  return unknown(t, key)
end

return lb
