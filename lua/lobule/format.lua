--- Numbers as people read them in tables and sentences, the same in every locale.
--- Rounding: the number as stored in binary is rounded to the decimals asked for; an exact tie goes
--- away from zero (0.125 to two decimals is 0.13, but 1.005, stored as 1.00499..., is 1.00).
local core = require "lobule.core"

local M = {}

local NOT_FINITE <const> = { [math.huge] = "Inf", [-math.huge] = "-Inf" }
local LARGE <const> = 1e15  -- beyond it a double no longer holds every tenth
local SMALL <const> = 1e-4
local LARGE_RATIO <const> = 1e6
local MOST_DECIMALS <const> = 20

--- Text for a missing or not finite number, nil for a finite one.
local function special(x)
  if x == nil or x == core.NA then return "NA" end
  if type(x) ~= "number" then
    core.raise("argument", ("expected a number, found %s"):format(type(x)))
  end
  if x ~= x then return "NaN" end
  return NOT_FINITE[x]
end

local function check_digits(value, low, what)
  local whole = math.tointeger(value)
  if not whole or whole < low or whole > MOST_DECIMALS then
    core.raise("argument", ("%s is %s: expected a whole number from %d to %d"):format(what,
      tostring(value), low, MOST_DECIMALS))
  end
  return whole
end

--- C's printf writes the decimal mark of the locale; ours is always a point.
local function printf(spec, x)
  return (spec:format(x):gsub("[^0-9e+-]+", "."))
end

--- An exact tie is a whole odd number of units of 2^-(decimals + 1): the next double is past it.
local function past_tie(x, decimals)
  if x * 2.0 ^ (decimals + 1) % 2 == 1 then return x * (1 + 2.0 ^ -52) end
  return x
end

local function decimals_text(x, decimals)
  local text = printf(("%%.%df"):format(decimals), past_tie(x, decimals))
  return text:find("[1-9]") and text or (text:gsub("^-", ""))
end

local function exponent_text(x, digits)
  local mantissa, exponent = printf(("%%.%de"):format(digits - 1), x):match("^(.-)e(.+)$")
  return mantissa .. "e" .. math.tointeger(tonumber(exponent))
end

--- A number with a fixed count of decimals: fixed(1.5, 2) is "1.50". Never "-0.00".
---@param x number|lobule.NA|nil
---@param decimals? integer         default 2
---@return string                   # "NA" for a missing one; "NaN", "Inf", "-Inf"
---@raise not a number
function M.fixed(x, decimals)
  local text = special(x)
  if text then return text end
  decimals = check_digits(decimals or 2, 0, "decimals")
  if math.abs(x) >= LARGE then return exponent_text(x, decimals + 1) end
  return decimals_text(x, decimals)
end

--- Zeros at the end are dropped when the number is exactly what is left: 1.5 is "1.5", but 1.4999
--- is "1.50".
local function without_exact_zeros(text, x)
  local short = text:gsub("%.?0+$", "")
  if text:find(".", 1, true) and tonumber(short) == x then return short end
  return text
end

--- A number with `digits` significant digits. The whole part is never cut (12345.6 with 3 is
--- "12346"), whole numbers stay whole (24.0 is "24"), very small and very large ones get an
--- exponent ("1.23e-7").
---@param x number|lobule.NA|nil
---@param digits? integer           default 3
---@return string                   # "NA" for a missing one; "NaN", "Inf", "-Inf"
---@raise not a number
function M.number(x, digits)
  local text = special(x)
  if text then return text end
  if math.type(x) == "integer" then return ("%d"):format(x) end
  digits = check_digits(digits or 3, 1, "digits")
  local size = math.abs(x)
  if size == 0 then return "0" end
  if size < SMALL or size >= LARGE then return exponent_text(x, digits) end
  -- The exponent after rounding: 9.996 with 3 digits is 10.0, not 10.00.
  local rounded = printf(("%%.%de"):format(digits - 1), x)
  local exponent = math.tointeger(tonumber(rounded:match("e(.+)$")))
  local text_of_all = decimals_text(x, math.max(0, digits - 1 - exponent))
  return without_exact_zeros(text_of_all, x)
end

local LONGEST <const> = 8 -- letters of a time that was chosen; the last event's may need 17

--- A time in a heading: as it was given, or with 4 digits when it is a longer number.
---@param x number
---@return string
function M.time(x)
  local text = core.format_number(x)
  return #text > LONGEST and M.number(x, 4) or text
end

local SUPERSCRIPTS <const> = { ["-"] = "⁻", ["0"] = "⁰", ["1"] = "¹", ["2"] = "²", ["3"] = "³",
  ["4"] = "⁴", ["5"] = "⁵", ["6"] = "⁶", ["7"] = "⁷", ["8"] = "⁸", ["9"] = "⁹" }
local MOST_P_DECIMALS <const> = 4

--- A p value with so many significant digits, two decimals at least and four at most; smaller ones
--- "<0.0001", or where the journal asks for exact values a power of ten.
local function significant_p(p, rule)
  local exact = rule.exact and p > 0
  if p < rule.least and exact then
    local mantissa, exponent = exponent_text(p, rule.digits):match("^(.-)e(.+)$")
    return mantissa .. " × 10" .. exponent:gsub(".", SUPERSCRIPTS)
  elseif p < rule.least then
    return "<" .. M.number(rule.least)
  end
  local exponent = math.tointeger(tonumber(exponent_text(p, rule.digits):match("e(.+)$")))
  local most = exact and 2 * MOST_P_DECIMALS or MOST_P_DECIMALS
  return decimals_text(p, math.max(2, math.min(most, rule.digits - 1 - exponent)))
end

--- The rule of NEJM and AMA.
local function common_p(p)
  if p < 0.001 then return "<0.001" end
  local three = p <= 0.01 or (p >= 0.045 and p < 0.05)
  return decimals_text(p, three and 3 or 2)
end

--- A p value (NEJM's rule): two decimals above 0.01, three from 0.001 to 0.01, else "<0.001". The
--- exact value decides: 0.0098 is "0.010". From 0.045 to below 0.05 three decimals too, so that
--- 0.049 is not printed as 0.05. A journal's profile may have a rule of its own.
---@param p number|lobule.NA|nil
---@param profile? lobule.Journal
---@return string                   # "0.34", "0.049", "0.003", "<0.001"; "NA", "NaN"
---@raise a number outside 0 to 1
function M.p(p, profile)
  local text = special(p)
  if text and (p == nil or p == core.NA or p ~= p) then return text end
  if p < 0 or p > 1 then
    core.raise("argument", ("p is %s: expected a number from 0 to 1"):format(M.number(p)))
  end
  local rule = profile and profile.p
  if not rule then return common_p(p) end
  local shown = rule.digits and significant_p(p, rule) or common_p(p)
  if rule.ceiling and shown == "1.00" then return rule.ceiling end
  if not rule.zero then shown = shown:gsub("^(<?)0%.", "%1.") end
  return (shown:gsub("%.", profile.decimal))
end

local EXACT_COUNT <const> = 1e15 -- from here on digits say nothing

--- A count: plain digits without a thousands mark. A weighted count that is not whole shows one
--- decimal; from 1e15 on it has an exponent.
---@param n number|lobule.NA|nil
---@return string
---@raise not a number
function M.count(n)
  local text = special(n)
  if text then return text end
  if math.abs(n) >= EXACT_COUNT then return M.number(n, 3) end
  local whole = math.tointeger(n)
  return whole and ("%d"):format(whole) or decimals_text(n, 1)
end

local function percent_decimals(total)
  if total < 100 then return 0 end
  return total < 1000 and 1 or 2
end

--- A count with its denominator and percentage: "12/40 (30 %)". Whole percents below a total of
--- 100, one decimal below 1000, two from there on (JMIR's rule). A total of 0 has no percentage.
---@param n number|lobule.NA|nil
---@param total number|lobule.NA|nil
---@return string                   # "NA" when either is missing
---@raise not a number
function M.percent(n, total)
  local text = special(n) or special(total)
  if text then return text end
  local counts = M.count(n) .. "/" .. M.count(total)
  if total == 0 then return counts end
  return ("%s (%s %%)"):format(counts, decimals_text(100 * n / total, percent_decimals(total)))
end

--- An interval: "0.90 to 1.60".
---@param low number|lobule.NA|nil
---@param high number|lobule.NA|nil
---@param decimals? integer         default 2
---@param missing? string           word for a missing limit, default "NA"
---@return string                   # that word alone when both limits are missing
---@raise not a number
function M.interval(low, high, decimals, missing)
  missing = missing or "NA"
  local function limit(x)
    if x == nil or x == core.NA or x ~= x then return missing end
    return M.fixed(x, decimals)
  end
  local from, to = limit(low), limit(high)
  if from == missing and to == missing then return missing end
  return from .. " to " .. to
end

--- An interval of a time by which a curve falls so low: a limit that the curve's own limits do not
--- reach is "not reached", and both of them once.
---@param low number?
---@param high number?
---@return string
function M.reached(low, high)
  if not low and not high then return "not reached" end
  return ("%s to %s"):format(low and M.number(low) or "not reached",
    high and M.number(high) or "not reached")
end

--- A ratio: two decimals below 10, three significant digits from there on; "<0.01" for smaller
--- ones, an exponent from a million on (no estimate any more, but a sign of separation).
---@param x number|lobule.NA|nil
---@return string
---@raise not a number
function M.ratio(x)
  local text = special(x)
  if text then return text end
  local size = math.abs(x)
  if size >= LARGE_RATIO then return exponent_text(x, 3) end
  if x > 0 and x < 0.01 then return "<0.01" end
  -- 9.996 rounds to 10.00; three digits of it are 10.0.
  if tonumber(decimals_text(size, 2)) < 10 then return decimals_text(x, 2) end
  local hundreds = tonumber(decimals_text(size, 1)) >= 100
  return decimals_text(x, hundreds and 0 or 1)
end

--- true when a ratio that is not 1, or an interval that has a width, would print as if it were not
--- so.
local function hides(estimate, low, high, decimals)
  local from, to = decimals_text(low, decimals), decimals_text(high, decimals)
  if from == to then return low ~= high end
  local one = decimals_text(1, decimals)
  local edge = (from == one and low ~= 1) or (to == one and high ~= 1)
  return edge or (decimals_text(estimate, decimals) == one and estimate ~= 1
    and (low > 1 or high < 1))
end

local MOST_RATIO_DECIMALS <const> = 5

--- A ratio with its interval, all three with the same decimals: two, or as many more (up to five)
--- as
--- it takes to tell the limits from each other and from 1. "1.0021", "1.0005", "1.0037".
---@param estimate number|nil
---@param low number|nil
---@param high number|nil
---@return string estimate
---@return string low
---@return string high
function M.ratio_interval(estimate, low, high)
  local finite = true
  for _, x in ipairs { estimate or 0 / 0, low or 0 / 0, high or 0 / 0 } do
    finite = finite and x == x and math.abs(x) < 10 and x >= 0.01
  end
  if not finite then return M.ratio(estimate), M.ratio(low), M.ratio(high) end
  local decimals = 2
  while decimals < MOST_RATIO_DECIMALS and hides(estimate, low, high, decimals) do
    decimals = decimals + 1
  end
  return decimals_text(estimate, decimals), decimals_text(low, decimals),
    decimals_text(high, decimals)
end

return M
