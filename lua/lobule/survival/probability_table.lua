--- Heads and cells of tables of probabilities at times: cumulative incidence, state occupation.
local core = require "lobule.core"
local format = require "lobule.format"

local M = {}

M.BEYOND = "-: beyond the follow-up of the group."

-- Below it a standard error or a distance from 0 or 1 is rounding.
local NOTHING <const> = 1e-12

--- "At 24 months (%)"; a bare number before a percent sign would read as a percentage.
---@param time number
---@param unit? string
---@return string
function M.head(time, unit)
  return ("At %s%s (%%)"):format(core.format_number(time), unit and " " .. unit or "")
end

--- "46.5 (42.4 to 50.4)". An estimate of 0 or 1 whose standard error is 0 stands alone: an interval
--- of no width would say that it is known exactly. Beyond follow-up "-".
---@param row table                 estimate, std_error, conf_low, conf_high
---@return string
function M.cell(row)
  local estimate <const> = row.estimate
  if estimate == nil then return "-" end
  local text = format.fixed(100 * estimate, 1)
  local edge <const> = estimate < NOTHING or estimate > 1 - NOTHING
  if row.conf_low == nil or edge and (row.std_error or 0) < NOTHING then return text end
  return ("%s (%s to %s)"):format(text, format.fixed(100 * row.conf_low, 1),
    format.fixed(100 * row.conf_high, 1))
end

--- Adds the note about "-" to the notes of a table whose rows have one.
---@param rows table[]
---@param notes string[]
---@return string[] notes
function M.explain(rows, notes)
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row) do
      if cell == "-" then
        table.insert(notes, 1, M.BEYOND)
        return notes
      end
    end
  end
  return notes
end

return M
