--- Checks of a figure's description: each gives a message, or nil when all is well.
local number = require "lobule.figure.number"

local M = {}

local function set(names)
  local t = {}
  for name in names:gmatch("%S+") do t[name] = true end
  return t
end

local HEAD <const> = "id title desc data width_mm mark "
local CURVES <const> = set(HEAD .. [[height_mm x_label y_label x_min x_max times curves conf
  risk_table
  annotation min_at_risk start shade_from beside x_log y_axis quantity]])
local CURVE <const> = set [[label time survival conf_low conf_high censor_time censor_survival note
  n_risk n_risk_time faint_from start smooth]]
local NOTE <const> = set "text label p_value"
local BLOCK <const> = set "label n_risk n_state n_censor n_event"
local FOREST <const> = set(HEAD .. [[columns rows estimate_label label_label log reference x_label
  favours limits note]])
local ROW <const> = set [[label indent bold header cells estimate conf_low conf_high weight text
  reference summary predict_low predict_high]]
local FLOW <const> = set(HEAD .. "steps arms")
local STEP <const> = set "label n unit excluded excluded_label excluded_n note"
local ARM <const> = set "label n unit lines"
local LINES <const> = set(HEAD .. [[panels columns x_label y_label x_log y_log x_ticks y_ticks
  shade_from y_zero]])
local PANEL <const> = set "title lines"
local LINE <const> = set "label x y base series look low high"
local TICK <const> = set "at label"
local LOOKS <const> = set "line limit target curve area"
local STATES <const> = set(HEAD .. "states moves")
local STATE <const> = set "label lines"
local MOVE <const> = set "from to n"
local MOST_CURVES <const> = 8

--- The first field, in alphabetical order, that the description may not have.
---@param t table
---@param allowed table<string, any>
---@param where string
---@return string|nil problem
function M.fields(t, allowed, where)
  if type(t) ~= "table" then return ("%s is not a table"):format(where) end
  local unknown = {}
  for key in pairs(t) do
    if allowed[key] == nil then unknown[#unknown + 1] = tostring(key) end
  end
  if #unknown == 0 then return nil end
  table.sort(unknown)
  return ("%s has an unknown field '%s'"):format(where, unknown[1])
end

--- What all figures share: title, desc, id, width and, where known, height.
---@param spec table
---@return string|nil problem
function M.head(spec)
  if type(spec.title) ~= "string" or not spec.title:find("%S") then
    return "title must be a text that is not empty"
  end
  if spec.desc ~= nil and type(spec.desc) ~= "string" then return "desc must be text" end
  if spec.id ~= nil and not (type(spec.id) == "string" and spec.id:find("^%a[%w_.-]*$")) then
    return "id must begin with a letter and hold only letters, digits, '_', '-' and '.'"
  end
  if spec.height_mm ~= nil and not (number.finite(spec.height_mm) and spec.height_mm > 0) then
    return "height_mm must be a positive number"
  end
  return M.width(spec.width_mm or 183)
end

--- A figure's width.
---@param mm any
---@return string|nil problem
function M.width(mm)
  if number.finite(mm) and mm >= 40 and mm <= 1000 then return nil end
  return "width_mm must be a number from 40 to 1000"
end

--- A list of numbers (NaN allowed) of a given length.
---@param list any
---@param n integer|nil  nil: any length
---@param where string
---@return string|nil problem
function M.numbers(list, n, where)
  if type(list) ~= "table" then return ("%s must be a list of numbers"):format(where) end
  if n and #list ~= n then
    return ("%s has %d values, expected %d"):format(where, #list, n)
  end
  for i, x in ipairs(list) do
    if type(x) ~= "number" then
      return ("%s: value %d is a %s, expected a number"):format(where, i, type(x))
    end
  end
end

--- A list of finite numbers that do not fall.
---@param list any
---@param where string
---@return string|nil problem
function M.ascending(list, where)
  local problem <const> = M.numbers(list, nil, where)
  if problem then return problem end
  for i, x in ipairs(list) do
    if not number.finite(x) then return ("%s: value %d is not finite"):format(where, i) end
    if i > 1 and x < list[i - 1] then
      return ("%s: value %d is below the one before"):format(where, i)
    end
  end
end

-- A list with at least one entry.
local function filled(list, where)
  if type(list) ~= "table" then return ("%s must be a list"):format(where) end
  if #list == 0 then return ("%s is empty"):format(where) end
end

local function number_or_nil(t, names, where)
  for _, name in ipairs(names) do
    if t[name] ~= nil and type(t[name]) ~= "number" then
      return ("%s: %s must be a number"):format(where, name)
    end
  end
end

local function curve(c, i)
  local where <const> = ("curves[%d]"):format(i)
  local problem = M.fields(c, CURVE, where) or M.ascending(c.time, where .. ".time")
    or M.numbers(c.survival, #c.time, where .. ".survival")
  for _, name in ipairs { "conf_low", "conf_high" } do
    problem = problem or c[name] and M.numbers(c[name], #c.time, where .. "." .. name)
  end
  if not problem and c.censor_time then
    problem = M.ascending(c.censor_time, where .. ".censor_time")
      or c.censor_survival
      and M.numbers(c.censor_survival, #c.censor_time, where .. ".censor_survival")
  end
  if not problem and c.n_risk then
    problem = M.numbers(c.n_risk, #(c.n_risk_time or c.time), where .. ".n_risk")
  end
  if not problem and (c.time[1] or 0) < 0 then problem = where .. ".time: times begin at 0" end
  return problem or nil
end

local function risk_blocks(spec)
  if not spec.risk_table then return nil end
  if not spec.times then return "risk_table needs times: the columns it is aligned with" end
  local problem = filled(spec.risk_table, "risk_table")
  for i, block in ipairs(problem and {} or spec.risk_table) do
    local where <const> = ("risk_table[%d]"):format(i)
    problem = problem or M.fields(block, BLOCK, where)
    for _, name in ipairs { "n_risk", "n_state", "n_censor", "n_event" } do
      problem = problem or block[name] and M.numbers(block[name], #spec.times, where .. "." .. name)
    end
  end
  if problem then return problem end
  if #spec.risk_table > MOST_CURVES then return "risk_table has more than 8 arms" end
end

local function annotation(spec)
  for i, line in ipairs(spec.annotation or {}) do
    local where <const> = ("annotation[%d]"):format(i)
    if type(line) == "table" then
      local problem <const> = M.fields(line, NOTE, where)
        or number_or_nil(line, { "p_value" }, where)
      if problem then return problem end
      if type(line.text) ~= "string" then return where .. ".text must be text" end
    elseif type(line) ~= "string" then
      return where .. " must be text"
    end
  end
end

--- The description of a Kaplan-Meier figure.
---@param spec table
---@return string|nil problem
function M.curves(spec)
  local problem = M.fields(spec, CURVES, "the description") or M.head(spec)
    or filled(spec.curves, "curves")
  if problem then return problem end
  if #spec.curves > MOST_CURVES then return "curves has more than 8 entries" end
  for i, c in ipairs(spec.curves) do problem = problem or curve(c, i) end
  if not problem and spec.times then
    problem = filled(spec.times, "times") or M.ascending(spec.times, "times")
  end
  if not problem and spec.x_max ~= nil and not (number.finite(spec.x_max) and spec.x_max > 0) then
    problem = "x_max must be a positive number"
  end
  if not problem and spec.y_axis ~= nil and spec.y_axis ~= "percent"
    and spec.y_axis ~= "number" then
    problem = "y_axis must be 'percent' or 'number'"
  end
  return problem or number_or_nil(spec, { "min_at_risk", "start", "shade_from" }, "the description")
    or annotation(spec) or risk_blocks(spec)
end

local function limits(spec)
  local l <const> = spec.limits
  if l == nil then return nil end
  if type(l) ~= "table" or not (number.finite(l[1]) and number.finite(l[2]) and l[1] < l[2]) then
    return "limits must be two numbers, the lower first"
  end
  if spec.log and l[1] <= 0 then return "limits of a log axis must be positive" end
end

--- The description of a forest plot.
---@param spec table
---@return string|nil problem
function M.forest(spec)
  local problem = M.fields(spec, FOREST, "the description") or M.head(spec)
    or filled(spec.rows, "rows") or limits(spec)
    or number_or_nil(spec, { "reference" }, "the description")
  if problem then return problem end
  if spec.log and spec.reference and spec.reference <= 0 then
    return "reference must be positive on a log axis"
  end
  if spec.note ~= nil and type(spec.note) ~= "string" then return "note must be text" end
  if spec.favours and not spec.reference then return "favours needs a reference" end
  local numbers <const> = { "estimate", "conf_low", "conf_high", "weight", "predict_low",
    "predict_high", "indent" }
  for i, row in ipairs(spec.rows) do
    local where <const> = ("rows[%d]"):format(i)
    problem = problem or M.fields(row, ROW, where) or number_or_nil(row, numbers, where)
  end
  return problem
end

local function flow_step(s, i)
  local where <const> = ("steps[%d]"):format(i)
  local problem = M.fields(s, STEP, where) or number_or_nil(s, { "n", "excluded_n" }, where)
  if not problem and type(s.label) ~= "string" then problem = where .. " has no label" end
  for k, reason in ipairs(not problem and s.excluded or {}) do
    if type(reason) ~= "table" or type(reason[1]) ~= "string" or type(reason[2]) ~= "number" then
      problem = problem or ("%s.excluded[%d] must be { reason, n }"):format(where, k)
    end
  end
  return problem
end

--- The description of a flow diagram.
---@param spec table
---@return string|nil problem
function M.flow(spec)
  local problem = M.fields(spec, FLOW, "the description") or M.head(spec)
    or filled(spec.steps, "steps")
  for i, s in ipairs(problem and {} or spec.steps) do problem = problem or flow_step(s, i) end
  for i, arm in ipairs(not problem and spec.arms or {}) do
    problem = problem or M.fields(arm, ARM, ("arms[%d]"):format(i))
      or number_or_nil(arm, { "n" }, ("arms[%d]"):format(i))
  end
  return problem
end

local function line(l, where)
  local problem <const> = M.fields(l, LINE, where) or M.ascending(l.x, where .. ".x")
    or M.numbers(l.y, #l.x, where .. ".y")
    or l.base and M.numbers(l.base, #l.x, where .. ".base")
    or l.low and (M.numbers(l.low, #l.x, where .. ".low")
      or M.numbers(l.high, #l.x, where .. ".high"))
  if problem then return problem end
  local s <const> = l.series
  if s ~= nil and not (math.type(s) == "integer" and s >= 1 and s <= MOST_CURVES) then
    return where .. ".series must be a whole number from 1 to 8"
  end
  if l.look ~= nil and not LOOKS[l.look] then
    return where .. ".look must be 'line', 'curve', 'limit', 'target' or 'area'"
  end
end

local function panel(p, i)
  local where <const> = ("panels[%d]"):format(i)
  local problem = M.fields(p, PANEL, where) or filled(p.lines, where .. ".lines")
  if problem then return problem end
  if #p.lines > MOST_CURVES and not p.lines[#p.lines].series then
    return where .. " has more than 8 lines: give their series"
  end
  for k, l in ipairs(p.lines) do problem = problem or line(l, ("%s.lines[%d]"):format(where, k)) end
  return problem
end

local function ticks(list, where)
  if list == nil then return nil end
  local problem, last = filled(list, where), -math.huge
  for i, tick in ipairs(problem and {} or list) do
    problem = problem or M.fields(tick, TICK, ("%s[%d]"):format(where, i))
    if not problem and not (number.finite(tick.at) and type(tick.label) == "string") then
      problem = ("%s[%d] must be { at = number, label = text }"):format(where, i)
    elseif not problem and tick.at <= last then
      problem = ("%s[%d] is not above the one before"):format(where, i)
    end
    last = not problem and tick.at or last
  end
  return problem
end

--- The description of small multiples of lines.
---@param spec table
---@return string|nil problem
function M.lines(spec)
  local problem = M.fields(spec, LINES, "the description") or M.head(spec)
    or filled(spec.panels, "panels") or ticks(spec.x_ticks, "x_ticks")
    or ticks(spec.y_ticks, "y_ticks")
  for i, p in ipairs(problem and {} or spec.panels) do problem = problem or panel(p, i) end
  local columns <const> = spec.columns
  if not problem and columns ~= nil and not (math.type(columns) == "integer" and columns >= 1) then
    problem = "columns must be a whole number from 1"
  end
  return problem
end

--- The description of a diagram of states.
---@param spec table
---@return string|nil problem
function M.states(spec)
  local problem = M.fields(spec, STATES, "the description") or M.head(spec)
    or filled(spec.states, "states")
  if problem then return problem end
  if #spec.states > MOST_CURVES then return "states has more than 8 entries" end
  for i, s in ipairs(spec.states) do
    local where <const> = ("states[%d]"):format(i)
    problem = problem or M.fields(s, STATE, where)
    if not problem and type(s.label) ~= "string" then problem = where .. ".label must be text" end
  end
  if not problem and type(spec.moves) ~= "table" then problem = "moves must be a list" end
  for i, move in ipairs(problem and {} or spec.moves) do
    local where <const> = ("moves[%d]"):format(i)
    problem = problem or M.fields(move, MOVE, where)
    if not problem and not (spec.states[move.from] and spec.states[move.to]
      and move.from ~= move.to) then
      problem = where .. " must lead from one state's number to another's"
    end
    if not problem and not number.finite(move.n) then problem = where .. ".n must be a number" end
  end
  return problem
end

return M
