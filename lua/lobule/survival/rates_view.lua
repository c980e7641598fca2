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

--- How many rows are left out and why; "" when none.
local function left_text(info)
  if info.n_left == 0 then return "" end
  local parts = {}
  for i, cause in ipairs(info.causes_left) do parts[i] = ("%s %d"):format(cause.reason, cause.n) end
  return ("%d of %d rows left out (%s)"):format(info.n_left, info.n_rows,
    table.concat(parts, ", "))
end

--- print(result)
---@param self table
---@param view lobule.Table
---@param lines string[]
---@return string
function M.text(self, view, lines)
  local parts = { self.title, "  " .. self.info.formula }
  local left <const> = left_text(self.info)
  if left ~= "" then parts[3] = "  " .. left end
  parts[#parts + 1] = tostring(view)
  for _, line in ipairs(lines) do parts[#parts + 1] = line end
  for _, warning in ipairs(self.warnings) do parts[#parts + 1] = "warning: " .. warning end
  return table.concat(parts, "\n")
end

--- The blocks of a report.
---@param self table
---@param view lobule.Table
---@param lines string[]
---@param options? table
---@return table[]
function M.blocks(self, view, lines, options)
  view.caption = options and options.caption or self.title
  for i, line in ipairs(lines) do view.notes[i] = line .. "." end
  local left <const> = left_text(self.info)
  if left ~= "" then view.notes[#view.notes + 1] = left .. "." end
  local blocks = { { kind = "table", table = view } }
  for _, warning in ipairs(self.warnings) do blocks[#blocks + 1] = { kind = "warning",
    text = warning } end
  return blocks
end

return M
