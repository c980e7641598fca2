--- What the session has read: the data files and the seed, for the provenance of reports.
local check = require "lobule.check"

local M = {}

local INPUT <const> = { { "name", "string" }, { "sha256", "string" }, { "rows", "number" },
  { "columns", "number" } }

local inputs = {}

---@class lobule.Input
---@field name string               base name of the file
---@field sha256 string             of its bytes
---@field rows integer
---@field columns integer

---@type integer?                   seed of the session's random procedures, nil while none was set
M.seed = nil

--- The last part of a path: reports show no folders.
---@param path string
---@return string
function M.base_name(path)
  return path:match("([^/\\]+)[/\\]*$") or path
end

local function same(a, b)
  for _, field in ipairs(INPUT) do
    if a[field[1]] ~= b[field[1]] then return false end
  end
  return true
end

--- Remembers a data file that was read. The same file read again is remembered once.
---@param input lobule.Input
---@raise an unknown or wrong field
function M.add_input(input)
  local entry = check.options(check.type(input, "table", "input"), INPUT)
  entry.name = M.base_name(check.type(entry.name, "string", "name"))
  for _, known in ipairs(inputs) do
    if same(known, entry) then return end
  end
  inputs[#inputs + 1] = entry
end

--- The data files read so far, in the order of reading.
---@return lobule.Input[]           # copies
function M.inputs()
  local list = {}
  for i, input in ipairs(inputs) do
    list[i] = { name = input.name, sha256 = input.sha256, rows = input.rows,
      columns = input.columns }
  end
  return list
end

--- Gives files that were read the names that a report has for them.
---@param names table<string, string>  by SHA-256
function M.name_inputs(names)
  for _, input in ipairs(inputs) do input.name = names[input.sha256] or input.name end
end

--- Forgets everything: a new session begins.
function M.reset()
  inputs = {}
  M.seed = nil
end

return M
