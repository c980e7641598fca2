--- Texts that results print, rewritten as a journal wants them. A researcher's own prose is never
--- given to this module; numbers that a result put into a text are found by their shape.
local M = {}

--- 1.25, 1.25e-7, but not 1.2.3 and not a1.5 or 1.csv.
local function mark(text, profile)
  if profile.decimal == "." then return text end
  return (text:gsub("%f[%w_.]%d[%w_.]*", function(token)
    local number, stop = token:match("^(.-)(%.*)$")
    if not (number:find("^%d+%.%d+$") or number:find("^%d+%.%d+e%d*$")) then return token end
    return (number:gsub("%.", profile.decimal)) .. stop
  end))
end

--- "0.90 to 1.60" with the journal's word between the limits. Where a limit is negative the word
--- stays: a dash beside a minus cannot be read.
local function interval(text, profile)
  if profile.to == " to " then return text end
  return (text:gsub("([%-\u{2212}]?)%f[%w_.]([%d.]+) to ([%d.]+)", function(minus, low, high)
    return minus == "" and low .. profile.to .. high or nil
  end))
end

local function p_value(text, profile)
  local p <const> = profile.p
  return (text:gsub("%f[%a]p ([=<]) ?(%d)(%.%d+)", function(sign, whole, rest)
    local between = sign == "=" and p.equals or p.below
    if whole == "1" and p.ceiling then return p.name .. " " .. p.ceiling end
    return p.name .. between .. ((p.zero or whole ~= "0") and whole or "") .. rest
  end))
end

--- A sentence of a result in the journal's style: p values, intervals, percent signs, decimals.
---@param text string               in the plain style
---@param profile? lobule.Journal
---@return string
function M.sentence(text, profile)
  if not profile or profile.plain then return text end
  text = p_value(text, profile)
  text = text:gsub("(%d) %%", "%1" .. (profile.percent:gsub("%%", "%%%%")))
  text = text:gsub("(%d%% CI) ([%d<%-])", "%1" .. profile.ci .. "%2")
  return mark(interval(text, profile), profile)
end

local WORDS <const> = { "not reached", "reference", "not estimable", "Inf", "NaN", "NA", " to " }

--- A cell that holds nothing but numbers and their signs; labels are left alone.
---@param text string
---@return boolean
function M.is_numeric(text)
  local rest = text
  for _, word in ipairs(WORDS) do rest = rest:gsub(word, " ") end
  return rest:find("%d") ~= nil and not rest:find("[^%d%s.,()%%/<>%-+e;=]")
end

--- A cell of a table in the journal's style.
---@param text string
---@param profile? lobule.Journal
---@return string
function M.cell(text, profile)
  return M.is_numeric(text) and M.sentence(text, profile) or text
end

return M
