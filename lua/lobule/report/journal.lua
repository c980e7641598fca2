--- How journals want numbers: one table, read by format.p, by the rewriting of result texts and by
--- reports. "plain" is the style in which all results print themselves.
local M = {}

---@class lobule.Journal
---@field name string
---@field plain? boolean            nothing is rewritten
---@field decimal string            decimal mark
---@field to string                 between the limits of an interval; " to " where one is negative
---@field percent string            percent sign with what stands before it
---@field ci string                 what follows "CI" before the limits
---@field whole_percent? integer    percentages are whole for totals up to here
---@field p lobule.JournalP
---@field figure { single: number, double: number, tallest: number? }  millimetres

---@class lobule.JournalP
---@field name string               "p" or "P"
---@field equals string             between name and value: "=" or " = "
---@field below string              the same for "<"
---@field zero boolean              zero before the decimal mark
---@field digits? integer           significant digits; without it the rule of format.p
---@field least number              below it "<least", or powers of ten with `exact`
---@field exact? boolean
---@field ceiling? string           for what would round to 1

local FIGURE <const> = { single = 89, double = 183 }

--- Sources: NEJM and AMA statistical guidelines (p values: two decimals, three from 0.001 to 0.01,
--- no zero in AMA style; intervals with "to"), JMIR's instructions (percentages), the Lancet's
--- formatting guidelines (mid-line decimal mark, two significant digits of p and four decimals at
--- most, whole percentages up to 10,000 persons), Nature's figure guide (89 or 183 mm wide, at most
--- 170 mm high; exact p values).
local PROFILES <const> = {
  plain = { plain = true, decimal = ".", to = " to ", percent = " %", ci = " ", figure = FIGURE,
    p = { name = "p", equals = " = ", below = " <", zero = true, least = 0.001 } },
  nejm = { decimal = ".", to = " to ", percent = "%", ci = ", ", figure = FIGURE,
    p = { name = "P", equals = "=", below = "<", zero = true, least = 0.001 } },
  jama = { decimal = ".", to = " to ", percent = "%", ci = ", ", figure = FIGURE,
    p = { name = "P", equals = " = ", below = " < ", zero = false, least = 0.001,
      ceiling = ">.99" } },
  lancet = { decimal = "·", to = "–", percent = "%", ci = " ", figure = FIGURE,
    whole_percent = 10000,
    p = { name = "p", equals = "=", below = "<", zero = true, least = 0.0001, digits = 2 } },
  nature = { decimal = ".", to = "–", percent = "%", ci = " ",
    figure = { single = 89, double = 183, tallest = 170 },
    p = { name = "P", equals = " = ", below = " < ", zero = true, least = 0.001, digits = 2,
      exact = true } },
}
for name, profile in next, PROFILES do profile.name = name end

--- The choices of lb.report { journal = }.
M.NAMES = { "plain", "lancet", "nejm", "jama", "nature" }

--- The profile of a journal.
---@param name? string              default "plain"
---@return lobule.Journal
function M.get(name)
  return PROFILES[name or "plain"]
end

--- The profile of a journal by its name alone.
---@param name string
---@return lobule.Journal?
function M.find(name)
  return PROFILES[name]
end

return M
