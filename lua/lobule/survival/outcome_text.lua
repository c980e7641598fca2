--- The outcome of a formula as text: what stands in Surv( ), and the columns that pieces of
--- follow-up are written to.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

--- Splits "a, f(b, c), d == 'x,y'" at its outer commas.
local function arguments(text)
  local parts, depth, from, quote = {}, 0, 1, nil
  for at = 1, #text do
    local c = text:sub(at, at)
    if quote then
      if c == quote then quote = nil end
    elseif c == "'" or c == '"' or c == "`" then
      quote = c
    elseif c == "(" or c == "{" then
      depth = depth + 1
    elseif c == ")" or c == "}" then
      depth = depth - 1
    elseif c == "," and depth == 0 then
      parts[#parts + 1] = text:sub(from, at - 1)
      from = at + 1
    end
  end
  parts[#parts + 1] = text:sub(from)
  for i, part in ipairs(parts) do parts[i] = part:match "^%s*(.-)%s*$" end
  return parts
end

---@class lobule.OutcomeText
---@field formula string            the whole formula, with "~ 1" where there was none
---@field entry? string             expressions of Surv(entry, time, event)
---@field time string
---@field event string
---@field causes boolean            the event has causes

--- Reads the outcome of a formula. Without "~" it is the whole of it.
---@param formula string            "Surv(time, event)", "Surv(entry, time, cause) ~ arm"
---@param frame lobule.Frame
---@return lobule.OutcomeText
---@raise no Surv() with two or three arguments
function M.read(formula, frame)
  check.type(formula, "string", "formula")
  local left = formula:match "^(.-)~" or formula
  local kind, inside = left:match "^%s*([%w_]+)%s*%((.*)%)%s*$"
  local parts = inside and arguments(inside) or {}
  if kind ~= "Surv" or #parts < 2 or #parts > 3 then
    core.raise("argument", "expected the outcome as Surv(time, event) or Surv(entry, time, event)",
      'For example "Surv(months, died)".')
  end
  local outcome = { formula = formula:find("~", 1, true) and formula or formula .. " ~ 1",
    event = parts[#parts], time = parts[#parts - 1], entry = parts[#parts - 2] }
  local event <const> = core.eval(frame, outcome.event)
  local kind_of <const> = event:type()
  outcome.causes = kind_of == "factor"
    or (kind_of == "integer" or kind_of == "real") and (core.summary(event).max or 0) > 1
  return outcome
end

local INTO <const> = { "start", "stop", "event" }

--- Names of the columns that pieces are written to. A column of the data that is no part of the
--- outcome is not written over.
---@param into? string[]
---@param outcome lobule.OutcomeText
---@param frame lobule.Frame
---@return string[] names           start, stop, event
---@raise not three different names; a name that is taken
function M.into(into, outcome, frame)
  local names <const> = into or INTO
  if #names ~= 3 or names[1] == names[2] or names[2] == names[3] or names[1] == names[3] then
    core.raise("argument", "into: expected three different names", 'For example { "start", "stop", '
      .. '"event" }.')
  end
  for i, name in ipairs(names) do
    local own = name == outcome.entry or name == outcome.time or name == outcome.event
    if frame:has(name) and not own then
      core.raise("argument", ("the data have a column '%s' already, which is not the outcome's")
        :format(name), ('Say where the %s goes: into = { "from", "to", "happened" }.')
        :format(INTO[i]))
    end
  end
  return names
end

return M
