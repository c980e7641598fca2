--- Grouped mutate: aggregates and functions of the other rows, group by group, in an order.
local check = require "lobule.check"
local core = require "lobule.core"
local verbs = require "lobule.frame_verbs"

local M = {}

--- The options of mutate.
M.OPTIONS = { { "by", "texts" }, { "order", "any" }, { "with", "table" } }

--- Computes the assignments over groups, one after another. Groups and order are those of the frame
--- before the first.
---@param frame lobule.Frame
---@param assignments string[]
---@param opts table                by, order: at least one of them
---@param with lobule.With
---@return lobule.Frame
---@return string[] notes
function M.mutate(frame, assignments, opts, with)
  local names, descending = {}, {}
  if opts.order ~= nil then names, descending = verbs.sort_keys(frame, opts.order, "order") end
  for i, item in ipairs(assignments) do
    if type(item) == "table" then
      core.raise("argument", ("assignment %d is a Lua function, which sees a row and no group")
        :format(i), "Compute it in a :mutate of its own, without by and order.")
    end
    check.type(item, "string", ("assignment %d"):format(i))
  end
  return core.mutate_groups(frame, assignments, opts.by or {}, names, descending, with)
end

--- Whether mutate works over groups.
---@param opts table
---@return boolean
function M.wanted(opts)
  return opts.by ~= nil or opts.order ~= nil
end

--- How the lineage says it.
---@param opts table
---@return string
function M.text(opts)
  local parts = {}
  if opts.by and #opts.by > 0 then parts[1] = "by " .. table.concat(opts.by, ", ") end
  if opts.order ~= nil then
    local list = type(opts.order) == "string" and { opts.order } or opts.order
    if type(list) == "table" and list.desc ~= nil then list = { list } end
    local keys = {}
    for i, key in ipairs(list) do
      keys[i] = type(key) == "table" and (key.desc and "-" or "") .. key[1] or key
    end
    parts[#parts + 1] = "in order of " .. table.concat(keys, ", ")
  end
  return #parts > 0 and " (" .. table.concat(parts, ", ") .. ")" or ""
end

return M
