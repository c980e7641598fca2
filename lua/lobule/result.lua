--- What every fitted result answers in the same way: the call, rows left out and why, tidy, glance,
--- JSON.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

--- A frame from lists; columns that are empty lists are left out.
---@param columns table[]           { name, list, type?, label =, unit = }
---@return lobule.Frame
function M.frame(columns)
  return core.frame(columns)
end

--- How many rows a model left out and why, in words; "" when none.
---@param info table                Model:info()
---@return string
function M.missing_text(info)
  if info.n_missing == 0 then return "" end
  local parts = {}
  for i, dropped in ipairs(info.dropped) do parts[i] = ("%s %d"):format(dropped.variable,
    dropped.n) end
  return ("%d of %d rows left out for missing values (%s)"):format(info.n_missing, info.n_rows,
    table.concat(parts, ", "))
end

--- Warnings about the outcome that every survival method shares.
---@param info table
---@return string[]
function M.warnings(info)
  local list = {}
  if info.n_time_zero and info.n_time_zero > 0 then
    list[#list + 1] = ("%d rows have a time of 0: they are kept, at risk at time 0 only")
      :format(info.n_time_zero)
  end
  for _, label in ipairs(info.groups and info.groups.empty or {}) do
    list[#list + 1] = ("the level '%s' has no row and no curve"):format(label)
  end
  return list
end

--- The first lines of print(result).
---@param title string
---@param info table
---@return string
function M.heading(title, info)
  local lines = { title, "  " .. info.formula }
  local missing = M.missing_text(info)
  if missing ~= "" then lines[#lines + 1] = "  " .. missing end
  return table.concat(lines, "\n")
end

--- Adds to a class what all results share: to_json(), report_blocks(), n used.
---@param Class table
function M.mixin(Class)
  --- Everything at full precision, as JSON text.
  ---@return string
  function Class:to_json()
    return core.json_encode(self:record(), 2)
  end
end

--- A frame as a record: a table of lists in the frame's column order.
---@param frame lobule.Frame
---@return table
function M.record(frame)
  local names = frame:names()
  local record = setmetatable({}, { __keys = names })
  for _, name in ipairs(names) do
    local list = frame:column(name):totable()
    list.n = nil
    record[name] = list
  end
  return record
end

--- An object whose JSON keeps the order of the keys given.
---@param pairs_list table[]        list of { key, value }; nil values are left out
---@return table
function M.ordered(pairs_list)
  local keys, object = {}, {}
  for _, pair in ipairs(pairs_list) do
    if pair[2] ~= nil then
      keys[#keys + 1] = pair[1]
      object[pair[1]] = pair[2]
    end
  end
  return setmetatable(object, { __keys = keys })
end

--- The curve or row asked for by { treatment = "SIRT" }: its index among the labels.
---@param info table                Model:info()
---@param wanted table              options without those that are not column names
---@return integer? index           # nil when nothing was asked for
function M.find_group(info, wanted)
  local keys = {}
  for key in next, wanted do keys[#keys + 1] = key end
  if #keys == 0 then return nil end
  table.sort(keys)
  for i, name in ipairs(info.groups.name) do
    local all = true
    for _, key in ipairs(keys) do
      local part = key .. "=" .. tostring(wanted[key])
      all = all and (", " .. name .. ", "):find(", " .. part .. ", ", 1, true) ~= nil
    end
    if all then return i end
  end
  local asked = {}
  for i, key in ipairs(keys) do asked[i] = key .. "=" .. tostring(wanted[key]) end
  core.raise("name", ("no group '%s'"):format(table.concat(asked, ", ")),
    "Groups are: " .. table.concat(info.groups.name, "; ") .. ".")
end

--- Options of a method that also names a group: { prob = 0.25, treatment = "SIRT" }.
---@param options? table
---@param schema table[]
---@param info table
---@return table opts
---@return integer? group
function M.group_options(options, schema, info)
  local known, own, wanted = {}, {}, {}
  for _, option in ipairs(schema) do known[option[1]] = true end
  for key, value in next, options or {} do
    local variable = type(key) == "string" and info.groups.name[1] ~= "" and not known[key]
      and ((", " .. info.groups.name[1]):find(", " .. key .. "=", 1, true) ~= nil)
    if variable then wanted[key] = value else own[key] = value end
  end
  return check.options(own, schema), M.find_group(info, wanted)
end

return M
