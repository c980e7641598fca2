--- How rates and ratios of events are shown: table, lines, report.
local core = require "lobule.core"
local format = require "lobule.format"
local shown = require "lobule.shown"

local M = {}

--- A table of groups and intervals; those without several intervals lose that column.
---@param self table                groups
---@param rows string[][]
---@param labels string[]
---@return lobule.Table
function M.table(self, rows, labels)
  local several <const> = self.groups[1] and #self.groups[1].cells > 1
  local columns = {}
  for i, label in ipairs(labels) do
    columns[i] = { label = label, align = i <= 2 and "left" or "right" }
  end
  if not several and labels[2] == "Interval" then
    table.remove(columns, 2)
    for _, row in ipairs(rows) do table.remove(row, 2) end
  end
  return require("lobule.table").new { columns = columns, rows = rows,
    notes = {} }
end

--- "1.35 (95 % CI 0.86 to 2.11), p = 0.20"
---@param row table                 estimate, conf_low, conf_high, p_value
---@param level number
---@return string
function M.ratio(row, level)
  local estimate, low, high = format.ratio_interval(row.estimate, row.conf_low, row.conf_high)
  return ("%s (%s %% CI %s to %s), %s"):format(estimate, core.format_number(100 * level), low, high,
    shown.p_phrase(row.p_value))
end

return M
