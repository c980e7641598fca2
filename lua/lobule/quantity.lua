--- A single number taken from a result: estimate, interval, unit, n, and how to print it.
local core = require "lobule.core"
local format = require "lobule.format"

---@class lobule.Quantity
---@field estimate? number          nil when it does not exist (a median not reached)
---@field conf_low? number
---@field conf_high? number
---@field conf_level? number
---@field unit? string
---@field n? number                 persons behind it
---@field n_event? number
---@field label? string             "Median, treatment=SIRT"
---@field style "number"|"percent"|"ratio"
local Quantity = { __name = "lobule.Quantity" }

local function show(self, x)
  if x == nil or x ~= x then return "not reached" end
  if self.style == "percent" then return format.fixed(100 * x, 1) end
  if self.style == "ratio" then return format.ratio(x) end
  return format.number(x, 3)
end

--- The number as text for a sentence: "12.3 months (95 % CI 10.1 to 15.2)".
---@return string
function Quantity:display()
  local unit = self.style == "percent" and " %" or (self.unit and " " .. self.unit) or ""
  local text = show(self, self.estimate)
  if self.estimate ~= nil then text = text .. unit end
  if self.conf_level and not (self.conf_low == nil and self.conf_high == nil and self.estimate
    == nil) then
    text = ("%s (%s %% CI %s to %s)"):format(text, core.format_number(100 * self.conf_level),
      show(self, self.conf_low), show(self, self.conf_high))
  end
  return text
end

--- The estimate at full precision; nil when it does not exist.
---@return number?
function Quantity:value()
  return self.estimate
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
  return record
end

function Quantity:__tostring()
  return self:display()
end

--- Fields that a quantity may lack read as nil; anything else unknown is an error.
local OPTIONAL <const> = { estimate = true, conf_low = true, conf_high = true, conf_level = true,
  unit = true, n = true,
  n_event = true, label = true }
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
