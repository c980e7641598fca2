--- Which column of a file is likely to be one of a recipe's: by its name, the other names that
--- clinics give it, its label and its type. Values are looked at only for whether they are 0 and 1.
local core = require "lobule.core"

local M = {}

-- How sure a match is: the column's own name, its role's, a name or label near to either, only a
-- type that no other column of the file has.
M.SURE = { name = 4, role = 3, near = 2, type = 1 }

-- Types that a column of the file may have; `logical` takes 0/1 numbers, which inputs.read judges.
local FITS <const> = {
  real = { real = true, integer = true }, integer = { integer = true },
  logical = { logical = true, integer = true }, factor = { factor = true, text = true,
    logical = true },
  text = { text = true, factor = true, integer = true }, date = { date = true },
  datetime = { datetime = true, date = true },
}

-- Other words for a role, as clinics' files have them.
local WORDS <const> = {
  id = { "patient_id", "subject", "usubjid", "patient", "case_id", "record_id" },
  arm = { "treatment", "group", "trt", "trt01p", "arm", "therapy", "rx" },
  time = { "os_months", "pfs_months", "time", "months", "followup", "futime", "aval", "os", "pfs" },
  event = { "status", "death", "died", "dead", "progressed", "progression", "event", "relapse" },
  entry = { "entry", "start" }, start_date = { "start_date", "date_of_treatment" },
  end_date = { "end_date", "last_contact" }, cost = { "cost", "costs" },
  utility = { "utility", "qaly", "eq5d" }, outcome = { "outcome", "value" },
  baseline = { "baseline" }, dose = { "dose" }, weight = { "weight" }, study = { "study", "trial" },
  n = { "n" }, response = { "response", "best_response", "bor" }, stratum = { "stratum", "centre" },
  cluster = { "centre", "center", "cluster", "site" },
}

--- Whether a column of the file has a type that the recipe's column takes.
---@param column lobule.recipe.Column
---@param data lobule.Column
---@return boolean
function M.fits(column, data)
  local list = FITS[column.type]
  return not list or list[data:type()] ~= nil
end

local function near(one, wanted)
  if core.nearest(one.name, wanted) then return true end
  local label = one.label and one.label:lower()
  for _, word in ipairs(wanted) do
    local plain = word:gsub("_", " ")
    if label and label:find("%f[%w]" .. plain .. "%f[%W]") then return true end
  end
  return false
end

local function by_name(column, one)
  local lower = one.name:lower()
  if lower == column.name then return M.SURE.name end
  local others = WORDS[column.role] or {}
  for _, word in ipairs(others) do if lower == word then return M.SURE.role end end
  if lower == column.role then return M.SURE.role end
  local wanted = table.move(others, 1, #others, 3, { column.name, column.role })
  return near(one, wanted) and M.SURE.near or 0
end

--- Integers that are all 0 or 1; anything else that is no integer.
local function is_binary(data)
  if data:type() ~= "integer" then return true end
  local summary <const> = core.summary(data)
  return summary.min == nil or (summary.min >= 0 and summary.max <= 1)
end

--- How well a column of the file fills one of the recipe: 0 to 4. An event coded otherwise than 0/1
--- gives way to one that is, and a factor's codes may be 0/1 where the name says what it is.
---@param column lobule.recipe.Column
---@param one { name: string, label?: string, data: lobule.Column }
---@return integer
function M.sureness(column, one)
  local coded <const> = column.type == "factor" and one.data:type() == "integer"
    and is_binary(one.data)
  if not coded and not M.fits(column, one.data) then return 0 end
  local sure = by_name(column, one)
  if column.type == "logical" and not is_binary(one.data) then
    return math.min(sure, M.SURE.type)
  end
  return sure
end

--- The likeliest column for one of the recipe's among those that nothing else takes; nil when no
--- name speaks for one.
---@param column lobule.recipe.Column
---@param frame lobule.Frame
---@param used table<string, any>   columns taken
---@return string?
function M.best(column, frame, used)
  local best, most = nil, M.SURE.type
  for _, name in ipairs(frame:names()) do
    local data <const> = frame:column(name)
    local sure = used[name] and 0
      or M.sureness(column, { name = name, label = data:label(), data = data })
    if sure > most then best, most = name, sure end
  end
  return best
end

return M
