--- Numbers as text without the locale: made from integers, so that no decimal comma can slip in.
local format = require "lobule.format"

local M = {}

local POWERS <const> = { [0] = 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000 }
local LARGEST <const> = 2.0 ^ 53
local LONG <const> = 1e12 -- from here on with an exponent: 1e12, not 1000000000000

local SHORT <const> = 1e-5 -- below, six decimals tell nothing

--- Whether a value is a number that is neither NaN nor infinite.
---@param x any
---@return boolean
function M.finite(x)
  return type(x) == "number" and x == x and x ~= math.huge and x ~= -math.huge
end

--- A number with a fixed count of decimals, halves rounded away from zero. Never "-0".
---@param x number          finite
---@param decimals? integer 0 (default) to 8
---@param minus? string     sign of negative numbers, default "-"
---@return string
function M.fixed(x, decimals, minus)
  decimals = decimals or 0
  local scaled <const> = math.abs(x) * POWERS[decimals] + 0.5
  if scaled >= LARGEST then error("number.fixed: too large", 2) end
  local units <const> = math.tointeger(math.floor(scaled))
  local text = string.format("%d", units // POWERS[decimals])
  if decimals > 0 then
    local rest <const> = string.format("%d", units % POWERS[decimals])
    text = text .. "." .. string.rep("0", decimals - #rest) .. rest
  end
  return (x < 0 and units > 0) and (minus or "-") .. text or text
end

--- A number with at most so many decimals and no zeros at its end: coordinates.
---@param x number          finite
---@param decimals integer
---@param minus? string
---@return string
function M.trim(x, decimals, minus)
  local text <const> = M.fixed(x, decimals, minus)
  if not text:find(".", 1, true) then return text end
  return (text:gsub("0+$", ""):gsub("%.$", ""))
end

--- A count as it stands in a table: whole if it is, one decimal if weights made it broken.
---@param n any  NaN, nil and what is no number give an en dash
---@return string
function M.count(n)
  if not M.finite(n) then return "–" end
  if math.abs(n) >= LONG then return format.number(n) end
  return M.fixed(n, n == math.floor(n) and 0 or 1, "−")
end

--- Labels of axis ticks: the same number of decimals for all, as few as tell them exactly.
---@param ticks number[]
---@param same? boolean  false: each as short as it can be (log axes: 0.5 1 2), default true
---@param mark? string   decimal mark, default "."
---@return string[]
function M.labels(ticks, same, mark)
  local decimals, labels, largest = 0, {}, 0
  for _, t in ipairs(ticks) do largest = math.max(largest, math.abs(t)) end
  if largest >= LONG or (largest > 0 and largest < SHORT) then
    for i, t in ipairs(ticks) do
      labels[i] = format.number(t):gsub("^%-", "−"):gsub("%.0+e", "e"):gsub("%.", mark or ".")
    end
    return labels
  end
  for _, t in ipairs(ticks) do
    local slack <const> = 1e-6 * math.max(math.abs(t), 1e-6)
    while decimals < 6 do
      local scaled <const> = t * POWERS[decimals]
      if math.abs(scaled - math.floor(scaled + 0.5)) <= slack * POWERS[decimals] then break end
      decimals = decimals + 1
    end
  end
  local write <const> = same == false and M.trim or M.fixed
  for i, t in ipairs(ticks) do labels[i] = write(t, decimals, "−"):gsub("%.", mark or ".") end
  return labels
end

return M
