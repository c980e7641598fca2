--- What a cohort looks like without showing anybody: names, types, missing counts, ranges and
--- levels.
local core = require "lobule.core"
local format = require "lobule.format"
local lineage = require "lobule.lineage"

local M = {}

local LEVELS_SHOWN <const> = 6

local function levels_text(levels)
  local parts = {}
  for i, level in ipairs(levels) do
    if i > LEVELS_SHOWN then
      parts[i] = ("... (%d more)"):format(#levels - LEVELS_SHOWN)
      break
    end
    parts[i] = ("%s %d"):format(level.label, level.n)
  end
  return table.concat(parts, ", ")
end

local function date_text(days)
  return core.frame({ { "d", { days }, "date" } }):column("d")[1]
end

local function range_text(kind, summary)
  if summary.n == summary.n_missing then return "" end
  if kind == "date" then return date_text(summary.min) .. " to " .. date_text(summary.max) end
  if kind == "datetime" then return "" end
  return ("%s to %s, median %s"):format(format.number(summary.min, 4),
    format.number(summary.max, 4),
    format.number(summary.median, 4))
end

local function describe(cohort, name)
  local column = cohort.data:column(name)
  local kind, summary = column:type(), core.summary(column)
  local text
  if name == cohort.id then
    text = ("id, %d distinct"):format(summary.n_distinct)
  elseif kind == "factor" or kind == "logical" then
    text = levels_text(summary.levels)
  elseif kind == "text" then
    text = ("%d distinct"):format(summary.n_distinct)
  else
    text = range_text(kind, summary)
  end
  if summary.n_nan > 0 then text = text .. (", %d NaN"):format(summary.n_nan) end
  local label, unit = column:label() or "", column:unit()
  if unit then label = (label ~= "" and label or name) .. " (" .. unit .. ")" end
  return { name, kind, tostring(summary.n_missing), text, label }
end

--- The schema as a table.
---@param cohort lobule.Cohort
---@return lobule.Table
function M.table(cohort)
  local rows = {}
  for i, name in ipairs(cohort.data:names()) do rows[i] = describe(cohort, name) end
  local labelled = false
  for _, row in ipairs(rows) do labelled = labelled or row[5] ~= "" end
  local columns = { { label = "Column", align = "left" }, { label = "Type", align = "left" },
    { label = "Missing", align = "right" }, { label = "Range or levels", align = "left" } }
  if labelled then columns[5] = { label = "Label", align = "left" } end
  if not labelled then
    for _, row in ipairs(rows) do row[5] = nil end
  end
  return require("lobule.table").new { columns = columns, rows = rows, notes = {} }
end

--- Missing cells as a frame in long form.
---@param frame lobule.Frame
---@param by string[]
---@return lobule.Frame
function M.missing(frame, by)
  local is_key, assignments, wanted = {}, { "n = n()" }, {}
  for _, name in ipairs(by) do is_key[name] = true end
  for _, name in ipairs { "column", "n", "n_missing" } do
    if is_key[name] then
      core.raise("argument", ("by: a column named '%s' would stand beside the counts"):format(name),
        "Rename it first.")
    end
  end
  for _, name in ipairs(frame:names()) do
    if not is_key[name] then wanted[#wanted + 1] = name end
  end
  -- A name of its own for each count: a column may be called n.
  for i, name in ipairs(wanted) do
    assignments[i + 1] = ("`(missing %d)` = n_missing(`%s`)"):format(i, name)
  end
  local groups = core.summarise(frame, assignments, by)
  local places = {}
  for i in ipairs(wanted) do places[i] = ("(missing %d)"):format(i) end
  local order = table.move(by, 1, #by, 1, {})
  order[#order + 1] = "n"
  if #wanted == 0 then return core.select(groups, order) end
  local rows, values = core.longer(groups, places)
  local names = core.cycle(core.frame { { "column", wanted, "factor", levels = wanted } }, #rows)
  local long = core.bind(core.select(rows, by), names, { "column" })
  long = core.bind(long, core.select(rows, { "n" }), { "n" })
  return core.bind(long, core.frame { { "n_missing", values } }, { "n_missing" })
end

--- What print(cohort) shows.
---@param cohort lobule.Cohort
---@return string
function M.text(cohort)
  local rows, persons = cohort:count()
  local source = cohort.data:source()
  local head = ("cohort%s: %d rows%s, %d columns"):format(source and " from " .. source or "", rows,
    cohort.id and (", %d persons (%s)"):format(persons, cohort.id) or "", #cohort.data:names())
  if cohort.arm then
    local counted, arms = lineage.counted(cohort), {}
    for i, arm in ipairs(counted[#counted].after.arms) do
      arms[i] = ("%s %d"):format(arm.label, arm.n)
    end
    head = head .. ("; by %s: %s"):format(cohort.arm, table.concat(arms, ", "))
  end
  local text = head .. "\n" .. tostring(M.table(cohort))
  if cohort.n_found > 0 then
    text = text .. ("\n%d problems found while reading"):format(cohort.n_found)
      .. "; see cohort:problems()"
  end
  return text
end

--- The first rows as a table; ids and text of the file as a dot unless `ids`. Text that a mutate
--- made without reading such a column shows.
---@param cohort lobule.Cohort
---@param n integer
---@param ids boolean
---@return lobule.Table
function M.head(cohort, n, ids)
  local rows, columns = {}, {}
  for i = 1, math.min(n, #cohort.data) do rows[i] = {} end
  for j, name in ipairs(cohort.data:names()) do
    local column = cohort.data:column(name)
    local kind = column:type()
    local numeric = kind == "real" or kind == "integer"
    local hidden = not ids and (name == cohort.id or kind == "text" and not cohort.open[name])
    columns[j] = { label = name, align = numeric and "right" or "left", unit = column:unit() }
    for i = 1, #rows do
      local value = column[i]
      if value == nil then
        rows[i][j] = "NA"
      elseif hidden then
        rows[i][j] = "•"
      else
        rows[i][j] = numeric and format.number(value, 4) or tostring(value)
      end
    end
  end
  local notes = {}
  if #cohort.data > #rows then
    notes[1] = ("the first %d of %d rows"):format(#rows, #cohort.data)
  end
  return require("lobule.table").new { columns = columns, rows = rows, notes = notes }
end

return M
