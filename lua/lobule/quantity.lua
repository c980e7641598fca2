--- A single number taken from a result: estimate, interval, unit, n, and how to print it.
local core = require "lobule.core"
local format = require "lobule.format"
local restyle = require "lobule.restyle"

---@class lobule.Quantity
---@field estimate? number          nil when it does not exist (a median not reached)
---@field conf_low? number
---@field conf_high? number
---@field conf_level? number
---@field unit? string
---@field n? number                 persons behind it
---@field n_event? number
---@field at? string               values of other variables at which it holds: "Sex = female"
---@field label? string             "Median, treatment=SIRT"
---@field style "number"|"percent"|"ratio"
local Quantity = { __name = "lobule.Quantity" }

local function show(self, x)
  if x == nil or x ~= x then return self.absent or "not reached" end
  if self.style == "percent" then return format.fixed(100 * x, 1) end
  if self.style == "ratio" then return format.ratio(x) end
  return format.number(x, 3)
end

--- A fraction of 0 or 1 with an interval of no width: all were alike, and nothing is known of how
--- far others may be from them.
local function at_edge(self)
  return self.style == "percent" and self.conf_low == self.conf_high
    and (self.estimate == 0 or self.estimate == 1)
end

--- The number as text for a sentence: "12.3 months (95 % CI 10.1 to 15.2)".
---@param profile? lobule.Journal   the journal whose style it takes; default the plain one
---@return string
function Quantity:display(profile)
  local unit = self.style == "percent" and " %" or (self.unit and " " .. self.unit) or ""
  local text = show(self, self.estimate)
  if self.estimate ~= nil then text = text .. unit end
  if self.conf_level and (self.conf_low ~= nil or self.conf_high ~= nil)
    and not at_edge(self) then
    -- A lower limit that does not exist is unknown; an upper one was not reached.
    local low = self.conf_low == nil and "NA" or show(self, self.conf_low)
    local high = show(self, self.conf_high)
    if self.style == "ratio" then
      text, low, high = format.ratio_interval(self.estimate, self.conf_low, self.conf_high)
    end
    text = ("%s (%s %% CI %s to %s)"):format(text, core.format_number(100 * self.conf_level), low,
      high)
  end
  text = restyle.sentence(text, profile)
  return rawget(self, "at") and ("%s at %s"):format(text, self.at) or text
end

--- The estimate at full precision; nil when it does not exist.
---@return number?
function Quantity:value()
  return self.estimate
end

--- The number in one row.
---@return lobule.Frame             # label, estimate, conf_low, conf_high, conf_level, n, n_event
function Quantity:tidy()
  local record, columns = self:record(), {}
  for i, key in ipairs { "label", "estimate", "conf_low", "conf_high", "conf_level", "n",
    "n_event" } do
    columns[i] = { key, { record[key], n = 1 }, i == 1 and "text" or "real" }
  end
  local frame = core.frame(columns)
  return frame
end

--- The same as tidy().
---@return lobule.Frame
function Quantity:glance()
  local frame = self:tidy()
  return frame
end

--- Everything at full precision, as JSON text.
---@return string
function Quantity:to_json()
  return core.json_encode(self:record())
end

--- Everything at full precision, as a table.
---@return table
function Quantity:record()
  local record = {}
  for _, key in ipairs { "label", "estimate", "conf_low", "conf_high", "conf_level", "unit", "n",
    "n_event" } do
    local value = rawget(self, key)
    record[key] = value == nil and core.NA or value
  end
  record.at = rawget(self, "at")
  return record
end

function Quantity:__tostring()
  return self:display()
end

--- Fields that a quantity may lack read as nil; anything else unknown is an error.
local OPTIONAL <const> = { estimate = true, conf_low = true, conf_high = true, conf_level = true,
  unit = true, n = true,
  n_event = true, label = true, absent = true }
function Quantity.__get(_, key)
  if OPTIONAL[key] then return nil, true end
end

core.class("quantity", Quantity)

local M = {}

--- Makes a quantity; NaN counts as absent.
---@param fields table
---@return lobule.Quantity
function M.new(fields)
  fields.style = fields.style or "number"
  for _, key in ipairs { "estimate", "conf_low", "conf_high" } do
    if fields[key] ~= fields[key] then fields[key] = nil end
  end
  return setmetatable(fields, Quantity)
end

return M
