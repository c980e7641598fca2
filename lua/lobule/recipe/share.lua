--- Results that may leave a hospital: aggregates only, with small counts left out.
local core = require "lobule.core"
local result = require "lobule.result"

local M = {}

-- Parts of a result that follow single persons: a curve has a step for each event.
local PERSONAL <const> = { curve = true, curves = true, residuals = true, baseline = true,
  data = true, lineage = true, rows = true, steps = true, augment = true }
-- Counts of persons or events.
local COUNTS <const> = { n = true, n_event = true, n_risk = true, n_censor = true, n_missing = true,
  observed = true, x = true, count = true, n_persons = true }

local function is_list(value)
  return type(value) == "table" and #value > 0
end

--- Rows of a table of columns in which a count is small.
local function small_rows(columns, min_cell)
  local small = {}
  for name, values in next, columns do
    if COUNTS[name] and is_list(values) then
      for i, n in ipairs(values) do
        if type(n) == "number" and n > 0 and n < min_cell then small[i] = true end
      end
    end
  end
  return small
end

--- A table of columns without the rows whose counts are small: all their numbers go.
local function without_small(columns, min_cell)
  local small, copy, n_hidden = small_rows(columns, min_cell), {}, 0
  for _ in next, small do n_hidden = n_hidden + 1 end
  for name, values in next, columns do
    local kept = {}
    for i, value in ipairs(values) do
      kept[i] = small[i] and type(value) == "number" and core.NA or value
    end
    copy[name] = kept
  end
  return copy, n_hidden
end

local function is_columns(value)
  if type(value) ~= "table" or #value > 0 then return false end
  local any = false
  for _, column in next, value do
    if not is_list(column) then return false end
    any = true
  end
  return any
end

--- A result without what is not an aggregate.
---@param record any
---@param min_cell integer
---@return any
---@return integer n_hidden         cells or rows left out
function M.aggregate(record, min_cell)
  if type(record) ~= "table" or record == core.NA then return record, 0 end
  if is_columns(record) then return without_small(record, min_cell) end
  local copy, n_hidden, small = {}, 0, false
  for name, value in next, record do
    if COUNTS[name] and type(value) == "number" and value > 0 and value < min_cell then
      small = true
    end
  end
  for name, value in next, record do
    if small and type(value) == "number" then
      copy[name], n_hidden = core.NA, n_hidden + 1
    elseif not PERSONAL[name] then
      local part, n = M.aggregate(value, min_cell)
      copy[name], n_hidden = part, n_hidden + n
    end
  end
  return copy, n_hidden
end

--- The JSON text of shared results.
---@param ground table              of the lock
---@param results table[]           { name, record }
---@param min_cell integer
---@return string text
---@return integer n_hidden
function M.text(ground, results, min_cell)
  local shared, n_hidden = {}, 0
  for i, one in ipairs(results) do
    local record, n = M.aggregate(one.record, min_cell)
    shared[i] = result.ordered { { "name", one.name }, { "result", record } }
    n_hidden = n_hidden + n
  end
  return core.json_encode(result.ordered { { "share", true }, { "min_cell", min_cell },
    { "hidden", n_hidden }, { "ground", ground }, { "results", shared } }, 2) .. "\n", n_hidden
end

return M
