--- What every fitted result answers in the same way: the call, rows left out and why, tidy, glance,
--- JSON.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

--- What reports call the columns of results.
local LABELS <const> = { strata = "Group", term = "Term", variable = "Variable", level = "Level",
  reference = "Reference", estimate = "Estimate", std_error = "Standard error",
  statistic = "Statistic", df = "df", p_value = "p", conf_low = "CI from", conf_high = "CI to",
  time = "Time", n_risk = "At risk", n_event = "Events", n_censor = "Censored", n = "N",
  n_missing = "Left out", prob = "Fraction", label = "Row", observed = "Observed",
  expected = "Expected", test = "Test", log_lik = "Log-likelihood" }

--- Names as they are, and where one stands twice or is empty: "name (2)".
local function set_apart(columns)
  local taken = {}
  for _, column in ipairs(columns) do
    local name, k = column[1], 1
    while name == "" or taken[name] do
      k = k + 1
      name = ("%s (%d)"):format(column[1], k)
    end
    taken[name], column[1] = true, name
  end
end

--- A frame of results; NaN stands for what does not exist and becomes NA. Columns named after
--- columns of the data may meet a column of the result: the later one is "name (2)".
---@param columns table[]           { name, list or column without NaN, type?, label =, unit = }
---@return lobule.Frame
function M.frame(columns)
  for _, column in ipairs(columns) do
    column.label = column.label or LABELS[column[1]]
    local values = column[2]
    for i = 1, type(values) == "table" and (values.n or #values) or 0 do
      if values[i] ~= values[i] then values[i] = core.NA end
    end
  end
  set_apart(columns)
  local frame = core.frame(columns)
  return frame
end

--- How many rows were left out for more reasons than missing values.
local function left_text(info)
  if info.n_left == 0 then return "" end
  local parts = {}
  for i, cause in ipairs(info.causes_left) do parts[i] = ("%s %d"):format(cause.reason, cause.n) end
  return ("%d of %d rows left out (%s)"):format(info.n_left, info.n_rows,
    table.concat(parts, ", "))
end

local AT_ONCE <const> = 256

--- One field of each row as a list for a frame, NA where a row has none.
---@param rows table[]
---@param name string
---@return table list
function M.field(rows, name)
  local n <const>, NA <const> = #rows, core.NA
  -- The rows stand in for the values that come: a list that is made whole does not have to grow.
  local list = { n = n, table.unpack(rows, 1, math.min(n, AT_ONCE)) }
  for i = 1, n do
    local value = rows[i][name]
    if value == nil then list[i] = NA else list[i] = value end
  end
  return list
end

--- How many rows a model left out and why, in words; "" when none.
---@param info table                Model:info(), or n_left, n_rows and causes_left (reason, n)
---@return string
function M.missing_text(info)
  if info.causes_left then return left_text(info) end
  if info.n_missing == 0 then return "" end
  local parts = {}
  for i, dropped in ipairs(info.dropped) do parts[i] = ("%s %d"):format(dropped.variable,
    dropped.n) end
  return ("%d of %d rows left out for missing values (%s)"):format(info.n_missing, info.n_rows,
    table.concat(parts, ", "))
end

--- "178 rows of 85 persons" where some have several; else the number of rows.
---@param info table
---@return string
function M.n_text(info)
  if not info.n_persons or info.n ~= info.n_used then return ("%d"):format(info.n) end
  return ("%d rows of %d persons"):format(info.n_used, info.n_persons)
end

local function counted(n, one, many)
  return ("%d %s"):format(n, n == 1 and one or many)
end

--- Rows of one person that a method takes as those of several.
local function repeat_warnings(info, list)
  local found = info.repeats
  if not found then return end
  if found.every_row then
    list[#list + 1] = ("%d rows of %d persons are taken as independent"):format(info.n_used,
      info.n_persons)
  elseif found.n_several > 0 then
    list[#list + 1] = counted(found.n_several, "person has", "persons have")
      .. " several events: rows are taken as independent" .. (found.curve
      and ", and curves and tests are of the time to any event, not of persons"
      or ("; add cluster(%s) (robust variance)"):format(found.id))
  end
  if found.n_overlap > 0 then
    list[#list + 1] = counted(found.n_overlap, "row begins", "rows begin") .. " before an earlier "
      .. "row of the same person has ended: that person is counted twice there"
  end
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
  if info.n_event == 0 then
    list[#list + 1] = ("no event among %d rows: is the event coded as expected?"):format(
      info.n_used)
  end
  repeat_warnings(info, list)
  if info.suspect_cnsr then
    list[#list + 1] = "the event is a column called CNSR: in CDISC data 1 means censored, and then "
      .. "the outcome is Surv_CNSR(time, cnsr)"
  end
  list[#list + 1] = info.odd_censored
  for _, text in ipairs(info.immortal or {}) do list[#list + 1] = text end
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
  if info.n_persons and info.has_entry and info.groups and #info.groups.label > 0 then
    lines[#lines + 1] = ("  %d rows of %d persons: N counts rows"):format(info.n_used,
      info.n_persons)
  end
  return table.concat(lines, "\n")
end

--- Times from the rest of a table of options: { 12, 24, sex = "F" }.
---@param options table
---@return number[] times
---@return table rest
function M.split_times(options)
  local times, rest = {}, {}
  for key, value in next, check.type(options, "table", "options") do
    if math.type(key) == "integer" then times[key] = value else rest[key] = value end
  end
  return times, rest
end

--- A fraction, or a list of them.
---@param prob any
---@param what? string              name of the option (default "prob")
---@return number[]
function M.check_prob(prob, what)
  what = what or "prob"
  local list = type(prob) == "number" and { prob } or check.type(prob, "table", what)
  if #list == 0 then
    core.raise("argument", what .. ": the list is empty", ("Write %s = 0.5."):format(what))
  end
  for i = 1, #list do
    if type(list[i]) ~= "number" or not (list[i] > 0 and list[i] < 1) then
      core.raise("argument", what .. ": expected fractions between 0 and 1")
    end
  end
  return list
end

--- Adds to a class what all results share: to_json(), report_blocks(), n used.
---@param Class table
function M.mixin(Class)
  --- Everything at full precision, as JSON text.
  ---@return string
  function Class:to_json()
    return core.json_encode(self:record(), 2)
  end

  --- A result has no length; silence would be a wrong 0.
  function Class:__len()
    core.raise("type", ("%s has no length"):format(self.title), "Ask its frame: #result:tidy().")
  end
end

--- Methods of a class that stand in a file of their own; help() finds them by this line.
---@param kind string               the class, e.g. "cox"
---@param methods table
---@return table methods
function M.methods(kind, methods)
  assert(type(kind) == "string")
  return methods
end

--- Functions of a namespace that stand in a file of their own; help() finds them by this line.
---@param namespace string          "survival"
---@param functions table
---@return table functions
function M.functions(namespace, functions)
  assert(type(namespace) == "string")
  return functions
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

--- Variables that name the groups: { "trt", "celltype" }.
local function group_variables(info)
  local list = {}
  if info.groups.variables then return info.groups.variables end
  for part in (info.groups.name[1] or ""):gmatch "([^=,]+)=[^,]*" do
    list[#list + 1] = part:match "^%s*(.-)%s*$"
  end
  return list
end

local function sorted_keys(t)
  local keys = {}
  for key in next, t do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

--- Is the level of a variable in group i so? Of several variables their levels say so; a level's
--- text may look like another variable.
local function is_level(groups, i, variable, level)
  if not groups.variables then
    local part = (", %s=%s, "):format(variable, level)
    return (", " .. groups.name[i] .. ", "):find(part, 1, true) ~= nil
  end
  for v, name in ipairs(groups.variables) do
    if name == variable then return groups.levels[(i - 1) * #groups.variables + v] == level end
  end
  return false
end

--- The groups asked for by { treatment = "SIRT" }: all that fit; nil when nothing was asked for.
local function find_groups(info, wanted)
  local keys, found = sorted_keys(wanted), {}
  if #keys == 0 then return nil end
  for i = 1, #info.groups.name do
    local all = true
    for _, key in ipairs(keys) do
      all = all and is_level(info.groups, i, tostring(key), tostring(wanted[key]))
    end
    if all then found[#found + 1] = i end
  end
  if #found > 0 then return found end
  local asked = {}
  for i, key in ipairs(keys) do asked[i] = key .. "=" .. tostring(wanted[key]) end
  local missed = table.concat(asked, ", ")
  local near = core.nearest(missed, info.groups.name)
  core.raise("name", ("no group '%s'%s"):format(missed, near
    and (" (did you mean '%s'?)"):format(near) or ""),
    "Groups are: " .. table.concat(info.groups.name, "; ") .. ".")
end

--- Options of a method that also names groups: { prob = 0.25, treatment = "SIRT" }.
---@param options? table
---@param schema table[]
---@param info table
---@return table opts
---@return integer[] groups         # those asked for, or all
function M.group_options(options, schema, info)
  if options ~= nil then check.type(options, "table", "options") end
  local variables, own, wanted = group_variables(info), {}, {}
  for key, value in next, options or {} do
    local named = false
    for _, variable in ipairs(variables) do named = named or variable == key end
    if named then wanted[key] = value else own[key] = value end
  end
  local known = {}
  for i, option in ipairs(schema) do known[i] = option[1] end
  for _, key in ipairs(sorted_keys(own)) do
    local is_option = false
    for _, name in ipairs(known) do is_option = is_option or name == key end
    if not is_option and #variables > 0 then
      core.raise("name", ("no option or grouping variable '%s'"):format(tostring(key)),
        ("Groups are by %s%s."):format(table.concat(variables, ", "),
          #known > 0 and "; options are " .. table.concat(known, ", ") or ""))
    end
  end
  local groups = find_groups(info, wanted)
  if not groups then
    groups = {}
    for i = 1, #info.groups.label do groups[i] = i end
  end
  return check.options(own, schema), groups
end

return M
