--- Numbers in tables that wait for their journal: how many decimals a p value or a percentage has
--- depends on it, so the value is kept until the table is shown.
local core = require "lobule.core"
local format = require "lobule.format"
local restyle = require "lobule.restyle"

---@class lobule.Shown
---@field private make fun(profile: lobule.Journal?): string
local Shown = { __name = "lobule.Shown" }

--- The text in a journal's style; in the plain one without a profile.
---@param profile? lobule.Journal
---@return string
function Shown:display(profile)
  return (self.make(profile))
end

function Shown:__tostring()
  return self.make(nil)
end

core.class("shown", Shown)

local M = {}

--- A text that is made when it is shown.
---@param make fun(profile: lobule.Journal?): string
---@return lobule.Shown
function M.of(make)
  return setmetatable({ make = make }, Shown)
end

--- A p value; nil and NaN are NA.
---@param p number?
---@return lobule.Shown
function M.p(p)
  if p ~= p then p = nil end
  return M.of(function(profile) return format.p(p, profile) end)
end

--- A p value in a sentence: "p = 0.034", "p <0.001".
---@param p number?
---@param profile? lobule.Journal
---@return string
function M.p_phrase(p, profile)
  local text = format.p(p, profile)
  local rule = profile and profile.p or { name = "p", equals = " = ", below = " <" }
  local sign = text:match("^[<>]")
  if not sign then return rule.name .. rule.equals .. text end
  return rule.name .. (rule.below:gsub("<", sign)) .. text:sub(2)
end

--- A count with its denominator and percentage: "12/40 (30 %)".
---@param n number
---@param total number              0: no percentage
---@param decimals integer          of the percentage, where the journal has no rule of its own
---@return lobule.Shown
function M.share(n, total, decimals)
  return M.of(function(profile)
    local counts = ("%s/%s"):format(format.count(n), format.count(total))
    if total == 0 then return counts end
    local most = profile and profile.whole_percent
    local places = most and (total > most and 1 or 0) or decimals
    return restyle.sentence(("%s (%s %%)"):format(counts, format.fixed(100 * n / total, places)),
      profile)
  end)
end

return M
