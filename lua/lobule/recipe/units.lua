--- Units of time in which recipes and files may differ, and the factor between them: a month is
--- 30.4375 days, a year 365.25.
local M = {}

local DAYS <const> = { day = 1, week = 7, month = 30.4375, year = 365.25 }

local function unit(text)
  local name = text:lower():gsub("%s+", ""):gsub("s$", "")
  local short <const> = { d = "day", w = "week", wk = "week", mo = "month", mth = "month",
    y = "year", yr = "year" }
  return DAYS[short[name] or name]
end

--- Roles that count time, and the units in which they may.
M.OF_TIME = { time = true, entry = true }
M.KNOWN = { "days", "weeks", "months", "years" }

--- Whether a unit of time is known, so that files in another one are converted.
---@param text string
---@return boolean
function M.known(text)
  return unit(text) ~= nil
end

--- By what a value in one unit is multiplied to be in another; nil when they are not both known.
---@param from string
---@param to string
---@return number?
function M.factor(from, to)
  if from == to then return 1 end
  local a, b = unit(from), unit(to)
  return a and b and a / b or nil
end

return M
