--- Two columns counted against each other.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local result = require "lobule.result"

---@class lobule.Crosstab
---@field title string
local Crosstab = { __name = "lobule.Crosstab" }
result.mixin(Crosstab)

local M = {}

local MISSING <const> = "NA"

--- A column as a factor, so that its levels have an order and names.
local function as_factor(frame, name)
  local column = frame:column(name)
  local kind = column:type()
  if kind == "date" or kind == "datetime" then
    core.raise("type", ("'%s' is a %s: expected groups"):format(name, kind),
      ("Make classes of it:  cut(%s, {...})"):format(name))
  end
  if kind == "factor" then return frame end
  return core.with_column(frame, name, core.factor(column))
end

--- Labels in order and the place of each; missing comes last, when there is any.
local function levels_of(frame, name)
  local column, labels, at = frame:column(name), {}, {}
  for i, level in ipairs(column:levels()) do labels[i], at[level] = level, i end
  if column:missing() > 0 then
    labels[#labels + 1] = MISSING
    at[core.NA] = #labels
  end
  return labels, at
end

local function count_cells(self, frame)
  local counted = frame:summarise({ "n = n()" }, { by = { self.row, self.column } })
  local rows, columns = counted:column(self.row), counted:column(self.column)
  local n, row_at, column_at = counted:column "n", self.row_at, self.column_at
  for i = 1, #self.row_labels do
    self.n[i] = {}
    for j = 1, #self.column_labels do self.n[i][j] = 0 end
  end
  for k = 1, #counted do
    local i = row_at[rows[k] == nil and core.NA or rows[k]]
    local j = column_at[columns[k] == nil and core.NA or columns[k]]
    self.n[i][j] = n[k]
    self.row_total[i] = (self.row_total[i] or 0) + n[k]
    self.column_total[j] = (self.column_total[j] or 0) + n[k]
    self.total = self.total + n[k]
  end
end

local function denominator(self, i, j)
  if self.percent == "row" then return self.row_total[i] or 0 end
  if self.percent == "column" then return self.column_total[j] or 0 end
  return self.total
end

--- One row a cell, also the empty ones.
---@return lobule.Frame             # the two columns by name (NA for missing), n, percent (of the
---                                 row, the column or all; NA where there is nothing)
function Crosstab:tidy()
  local a, b, n, percent, k = {}, {}, {}, {}, 0
  for i, row in ipairs(self.row_labels) do
    for j, column in ipairs(self.column_labels) do
      k = k + 1
      local total = denominator(self, i, j)
      a[k] = self.row_at[core.NA] == i and core.NA or row
      b[k] = self.column_at[core.NA] == j and core.NA or column
      n[k], percent[k] = self.n[i][j], total > 0 and 100 * self.n[i][j] / total or core.NA
    end
  end
  a.n, b.n, n.n, percent.n = k, k, k, k
  local frame = result.frame { { self.row, a, "text" }, { self.column, b, "text" },
    { "n", n, "integer" }, { "percent", percent, "real" } }
  return frame
end

local function cell(self, i, j)
  local n = self.n[i][j]
  if not self.percent then return tostring(n) end
  local total = denominator(self, i, j)
  return total > 0 and ("%d (%s %%)"):format(n, format.fixed(100 * n / total, 1)) or tostring(n)
end

local function view(self)
  local columns, rows = { { label = self.labels[1] } }, {}
  for j, label in ipairs(self.column_labels) do
    columns[j + 1] = { label = label, align = "right", group = self.labels[2] }
  end
  columns[#columns + 1] = { label = "All", align = "right" }
  for i, label in ipairs(self.row_labels) do
    rows[i] = { label }
    for j = 1, #self.column_labels do rows[i][j + 1] = cell(self, i, j) end
    rows[i][#columns] = tostring(self.row_total[i] or 0)
  end
  local last = { "All", kind = "total" }
  for j = 1, #self.column_labels do last[j + 1] = tostring(self.column_total[j] or 0) end
  last[#columns] = tostring(self.total)
  rows[#rows + 1] = last
  local notes = self.percent and { ("Percent of %s."):format(self.percent == "all" and "all rows"
    or "the " .. self.percent) } or {}
  return require("lobule.table").new { caption = self.title, columns = columns, rows = rows,
    notes = notes }
end

function Crosstab:__tostring()
  return tostring(view(self))
end

--- The blocks of a report.
---@param options? table
---@return table[]
function Crosstab:report_blocks(options)
  local shown = view(self)
  shown.caption = options and options.caption or self.title
  return { { kind = "table", table = shown } }
end

--- Everything at full precision.
---@return table
function Crosstab:record()
  return result.ordered { { "kind", "crosstab" }, { "percent", self.percent or nil },
    { "cells", result.record(self:tidy()) } }
end

core.class("crosstab", Crosstab)

local function label_of(frame, name)
  return frame:column(name):label() or name
end

--- Counts of two columns; see lb.crosstab.
---@param data lobule.Cohort|lobule.Frame
---@param rows string
---@param columns string
---@param options? table
---@return lobule.Crosstab
function M.crosstab(data, rows, columns, options)
  local opts <const> = check.options(options, { { "percent", { "row", "column", "all" } },
    { "title", "string" } })
  local frame = check.data(data)
  check.column(frame, rows)
  check.column(frame, columns)
  if rows == columns then
    core.raise("argument", ("'%s' is named twice"):format(rows))
  end
  local labels = { label_of(frame, rows), label_of(frame, columns) }
  frame = as_factor(as_factor(frame:select { rows, columns }, rows), columns)
  local self = { row = rows, column = columns, percent = opts.percent or false, labels = labels,
    title = opts.title or labels[1] .. " by " .. labels[2], n = {}, row_total = {},
    column_total = {}, total = 0 }
  self.row_labels, self.row_at = levels_of(frame, rows)
  self.column_labels, self.column_at = levels_of(frame, columns)
  count_cells(self, frame)
  return setmetatable(self, Crosstab)
end

M.as_factor = as_factor
return M
