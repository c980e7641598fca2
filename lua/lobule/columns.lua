--- Columns described one by one: see lb.describe.
local as_factor = require("lobule.crosstab").as_factor
local check = require "lobule.check"
local core = require "lobule.core"
local result = require "lobule.result"

local HEADS <const> = { { "column", "text", label = "Column" }, { "group", "text" },
  { "type", "text", label = "Type" }, { "n", "integer" },
  { "n_missing", "integer", label = "Missing" }, { "n_distinct", "integer", label = "Distinct" } }
local NUMBERS <const> = { { "mean", "real" }, { "sd", "real" }, { "min", "real" }, { "q1", "real" },
  { "median", "real" }, { "q3", "real" }, { "max", "real" } }
local DATES <const> = { { "min_date", "date", from = "min", label = "First date" },
  { "median_date", "date", from = "median", label = "Median date" },
  { "max_date", "date", from = "max", label = "Last date" } }
local DAY <const> = 86400e6 -- microseconds

local function quoted(name)
  return "`" .. name .. "`"
end

--- The frame in parts: by the levels of a column, or whole.
local function parts_of(frame, by)
  if not by then return { { frame = frame } } end
  local coded, parts = as_factor(frame, by), {}
  for i, level in ipairs(coded:column(by):levels()) do
    parts[i] = { name = level, frame = coded:filter(quoted(by) .. " == $level",
      { with = { level = level } }) }
  end
  if coded:column(by):missing() > 0 then
    parts[#parts + 1] = { frame = coded:filter("is_na(" .. quoted(by) .. ")") }
  end
  return parts
end

--- What a row says of a column: of an id how many there are, of dates dates, else numbers.
local function values_of(column, is_id)
  local s, kind = core.summary(column), column:type()
  local row = { type = kind, n = s.n - s.n_missing, n_missing = s.n_missing,
    n_distinct = s.n_distinct }
  if is_id then return row end
  local dated = kind == "date" or kind == "datetime"
  for _, date in ipairs(dated and DATES or {}) do
    local days = s[date.from]
    if days and days == days then
      row[date[1]] = math.tointeger(math.floor(kind == "date" and days or days / DAY))
    end
  end
  for _, number in ipairs(dated and {} or NUMBERS) do row[number[1]] = s[number[1]] end
  return row, dated
end

local function heads_of(by, any_date)
  local heads = {}
  for _, head in ipairs(HEADS) do
    if head[1] ~= "group" or by then heads[#heads + 1] = head end
  end
  table.move(NUMBERS, 1, #NUMBERS, #heads + 1, heads)
  return any_date and table.move(DATES, 1, #DATES, #heads + 1, heads) or heads
end

local function frame_of(rows, heads)
  local columns = {}
  for j, head in ipairs(heads) do
    local list = { n = #rows }
    for i, row in ipairs(rows) do
      local value = row[head[1]]
      list[i] = (value == nil or value ~= value) and core.NA or value
    end
    columns[j] = { head[1], list, head[2], label = head.label }
  end
  return result.frame(columns)
end

---@param data lobule.Cohort|lobule.Frame
---@param options? table
---@return lobule.Frame
return function(data, options)
  local opts <const> = check.options(options, { { "by", "string" }, { "columns", "texts" } })
  local frame, cohort = check.data(data)
  if opts.by then check.column(frame, opts.by) end
  for _, name in ipairs(opts.columns or {}) do check.column(frame, name) end
  local parts, rows, any_date = parts_of(frame, opts.by), {}, false
  for _, name in ipairs(opts.columns or frame:names()) do
    for _, part in ipairs(name ~= opts.by and parts or {}) do
      local row, dated = values_of(part.frame:column(name), cohort and name == cohort.id)
      row.column, row.group = name, part.name
      rows[#rows + 1], any_date = row, any_date or dated
    end
  end
  return (frame_of(rows, heads_of(opts.by, any_date)))
end
