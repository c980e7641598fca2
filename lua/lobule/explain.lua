--- explain: how a condition is computed, on which columns, and what came of it.
local check = require "lobule.check"
local core = require "lobule.core"

---@class lobule.Explanation
---@field condition string
---@field columns string[]          columns read, in order of first use
---@field steps table[]             { name, type, source, folded, operands }, operands before users
---@field n integer                 rows
---@field n_true integer
---@field n_false integer
---@field n_missing integer
---@field notes string[]            what the evaluation wanted to tell
local Explanation = { __name = "lobule.Explanation" }

-- Seconds that each evaluation took: a measurement of the machine, kept out of the record.
local seconds <const> = setmetatable({}, { __mode = "k" })

local found, host = pcall(require, "lobule.host")
local clock <const> = found and host.clock or os.clock

local M = {}

--- Compiles a condition, counts its rows, and keeps the plan.
---@param frame lobule.Frame
---@param condition string
---@param with lobule.With
---@return lobule.Explanation
function M.new(frame, condition, with)
  check.type(condition, "string", "condition")
  local steps, columns = core.plan(frame, condition, with)
  local start = clock()
  local _, n_true, n_false, n_missing, notes = core.filter(frame, condition, with)
  local needed = clock() - start
  with:check_used()
  local self = setmetatable({ condition = condition, columns = columns, steps = steps, n = #frame,
    n_true = n_true, n_false = n_false, n_missing = n_missing, notes = notes }, Explanation)
  seconds[self] = needed
  return self
end

local function words(step)
  local name = step.name:gsub("_", " ")
  if step.name == "constant" and step.folded then return "constant, computed once" end
  return name
end

local WIDTH <const> = 60

--- Source on one line, cut between code points.
local function source_of(step)
  local source = (step.source:gsub("%s+", " "))
  if utf8.len(source) <= WIDTH then return source end
  return source:sub(1, utf8.offset(source, WIDTH - 2) - 1) .. "..."
end

--- The tree, one line a step: what it stands for, how it is done, the type of its value. What is
--- computed once and read twice has its parts shown once.
local function tree(self)
  local lines, width, shown = {}, 0, {}
  local function add(number, depth)
    local step = self.steps[number]
    lines[#lines + 1] = { ("  "):rep(depth) .. source_of(step), words(step), step.type }
    width = math.max(width, core.text_width(lines[#lines][1]))
    for _, operand in ipairs(shown[number] and {} or step.operands) do add(operand, depth + 1) end
    shown[number] = true
  end
  add(#self.steps, 1)
  for i, line in ipairs(lines) do
    local gap = (" "):rep(width - core.text_width(line[1]) + 2)
    lines[i] = ("%s%s%s -> %s"):format(line[1], gap, line[2], line[3])
  end
  return lines
end

local function counts_text(self)
  return ("%d rows: %d true, %d false, %d NA"):format(self.n, self.n_true, self.n_false,
    self.n_missing)
end

local function columns_text(self)
  if #self.columns == 0 then return "reads no column" end
  return "reads " .. table.concat(self.columns, ", ")
end

function Explanation:__tostring()
  local lines = { "condition  " .. self.condition, columns_text(self) }
  for _, line in ipairs(tree(self)) do lines[#lines + 1] = line end
  for _, note in ipairs(self.notes) do lines[#lines + 1] = "note: " .. note end
  lines[#lines + 1] = counts_text(self)
  local needed = seconds[self]
  if needed then lines[#lines + 1] = ("%.3g ms"):format(needed * 1000) end
  return table.concat(lines, "\n")
end

--- The plan and the counts as JSON; no time, which differs from run to run.
---@return string
function Explanation:to_json()
  return core.json_encode(self:record(), 2)
end

--- Everything but the time.
---@return table
function Explanation:record()
  local ordered = require("lobule.result").ordered
  local steps = {}
  for i, step in ipairs(self.steps) do
    steps[i] = ordered { { "source", step.source }, { "step", step.name }, { "type", step.type },
      { "folded", step.folded }, { "operands", step.operands } }
  end
  return ordered { { "kind", "explanation" }, { "condition", self.condition },
    { "columns", self.columns }, { "n", self.n }, { "n_true", self.n_true },
    { "n_false", self.n_false }, { "n_missing", self.n_missing }, { "notes", self.notes },
    { "steps", steps } }
end

--- The counts as a frame of one row.
---@return lobule.Frame             # condition, n, n_true, n_false, n_missing
function Explanation:tidy()
  local frame = core.frame { { "condition", { self.condition }, "text" },
    { "n", { self.n }, "integer" }, { "n_true", { self.n_true }, "integer" },
    { "n_false", { self.n_false }, "integer" }, { "n_missing", { self.n_missing }, "integer" } }
  return frame
end

--- The blocks of a report: the counts; the plan is for the screen.
---@return table[]
function Explanation:report_blocks()
  return self:tidy():report_blocks { caption = "Rows of a condition" }
end

core.class("explanation", Explanation)

return M
