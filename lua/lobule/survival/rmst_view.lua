--- Tables of restricted means for screens and reports.
local core = require "lobule.core"
local format = require "lobule.format"
local shown = require "lobule.shown"
local weights = require "lobule.survival.weights"

local M = {}

local number <const> = core.format_number

local function window(from, tau)
  return from > 0 and ("from %s to %s"):format(number(from), number(tau)) or "to " .. number(tau)
end

--- "Restricted mean survival time to 24 months".
---@param taus number[]
---@param from number
---@param competing boolean
---@param info table                time_unit, formula
---@return string
function M.title(taus, from, competing, info)
  local title = competing and "Restricted mean event-free time and time lost"
    or "Restricted mean survival time"
  if #taus == 1 then
    title = ("%s %s%s"):format(title, window(from, taus[1]),
      info.time_unit and " " .. info.time_unit or "")
  end
  local by = info.formula:match "strata%s*(%b())"
  return by and ("%s, stratified by %s"):format(title, by:sub(2, -2)) or title
end

local function interval(row)
  local estimate = format.number(row.estimate, 3)
  if row.conf_low == nil then return estimate end
  return ("%s (%s to %s)"):format(estimate, format.number(row.conf_low, 3),
    format.number(row.conf_high, 3))
end

local function ratio(row)
  if row.estimate == nil then return "NA" end
  if row.conf_low == nil then return format.ratio(row.estimate) end
  return ("%s (%s to %s)"):format(format.ratio_interval(row.estimate, row.conf_low, row.conf_high))
end

local function level_of(self)
  return ("%s %% CI"):format(number(100 * self.options.conf_level))
end

local function label_of(self, name)
  for g, other in ipairs(self.info.groups.name) do
    if other == name then return self.info.groups.label[g] end
  end
  return self.info.groups.label[1]
end

--- What the numbers are, for those who check them.
local function notes_of(self)
  local notes = {}
  if not self.options.tau then
    notes[1] = ("tau is the smallest of the groups' last times (%s); none was given."):format(
      number(self.tau[1]))
  end
  local variance = self.fit.robust and "infinitesimal jackknife"
    or #self.causes > 0 and "Greenwood type (delta method on multinomial events)" or "Greenwood"
  notes[#notes + 1] = ("Variance: %s; limits of means %s."):format(variance,
    self.options.conf_type == "log" and "on the log scale" or "untransformed")
  if #self.causes > 0 then
    notes[#notes + 1] = ("Censored: '%s'. Event-free time and the times lost add up to %s."):format(
      self.info.censored, self.from > 0 and "tau - from" or "tau")
  end
  if self.info.n_cluster then
    notes[#notes + 1] = ("Robust variance, %d clusters."):format(self.info.n_cluster)
  end
  notes[#notes + 1] = require("lobule.survival.rmst_contrast").text(self)
  notes[#notes + 1] = weights.text(self.options, self.info)
  return notes
end

--- Cells in front of a row where there are several horizons or causes.
local function lead(self, row)
  local cells = {}
  if #self.tau > 1 then cells[1] = number(row.tau) end
  cells[#cells + 1] = label_of(self, row.strata)
  return cells
end

local function lead_columns(self)
  local columns = {}
  if #self.tau > 1 then
    columns[1] = { label = "To", align = "right", unit = self.info.time_unit }
  end
  columns[#columns + 1] = { label = "Group", align = "left" }
  return columns
end

local function means_table(self)
  local rows, competing, unit = {}, #self.causes > 0, self.info.time_unit
  local means = self:tidy():rows_list()
  for i, row in ipairs(means) do
    local wanted = row.measure == "restricted mean"
    if competing and row.measure == "time lost" then wanted = row.cause ~= nil end
    if wanted then
      local cells = lead(self, row)
      if competing then
        cells[#cells + 1] = row.measure == "restricted mean" and "event-free"
          or "lost to " .. row.cause
      end
      table.move({ format.count(row.n), format.count(row.n_event), interval(row),
        format.number(row.std_error, 3), not competing and interval(means[i + 1]) or nil }, 1, 5,
        #cells + 1, cells)
      rows[#rows + 1] = cells
    end
  end
  local columns = lead_columns(self)
  if competing then columns[#columns + 1] = { label = "Time", align = "left" } end
  for _, column in ipairs { { "N" }, { "Events" },
    { ("%s (%s)"):format(competing and "Mean" or "Restricted mean", level_of(self)), unit },
    { "SE" }, not competing and { ("Time lost (%s)"):format(level_of(self)), unit } or nil } do
    columns[#columns + 1] = { label = column[1], align = "right", unit = column[2] }
  end
  return require("lobule.table").new { rows = rows, columns = columns, notes = notes_of(self) }
end

--- "lost to relapse", "event-free".
local function what(row)
  return row.cause and "lost to " .. row.cause or "event-free"
end

local function compare_table(self)
  local rows, competing, last = {}, #self.causes > 0, nil
  for _, row in ipairs(self:compare():rows_list()) do
    if row.measure:find "^difference" then
      last = lead(self, row)
      if competing then last[#last + 1] = what(row) end
      table.move({ interval(row), shown.p(row.p_value) }, 1, 2, #last + 1, last)
      rows[#rows + 1] = last
    elseif row.measure == "ratio" or row.cause or not competing then
      table.move({ ratio(row), shown.p(row.p_value) }, 1, 2, #last + 1, last)
    end
  end
  local columns = lead_columns(self)
  if competing then columns[#columns + 1] = { label = "Time", align = "left" } end
  for _, column in ipairs { { ("Difference (%s)"):format(level_of(self)), self.info.time_unit },
    { "p" }, { ("Ratio (%s)"):format(level_of(self)) }, { "p" },
    not competing and { ("Ratio of time lost (%s)"):format(level_of(self)) } or nil,
    not competing and { "p" } or nil } do
    columns[#columns + 1] = { label = column[1], align = "right", unit = column[2] }
  end
  return require("lobule.table").new { rows = rows, columns = columns,
    notes = { ("Against %s. Ratios on the log scale; p values two-sided, normal."):format(
      self.info.groups.label[self.reference]) } }
end

--- The table of means, and of several groups that of comparisons with its caption.
---@param self lobule.Rmst
---@return lobule.Table[]
function M.tables(self)
  local tables = { means_table(self) }
  if #self.fit.groups > 1 then
    tables[2] = compare_table(self)
    tables[2].caption = self.title .. ": differences and ratios"
  end
  return tables
end

return M
