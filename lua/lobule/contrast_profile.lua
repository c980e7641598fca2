--- One person against another as a row over the coefficients: the difference of their rows of the
--- design, whatever else they share. Splines, products and expressions come through the design.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local terms = require "lobule.terms"

local M = {}

--- true when a text holds a name as a word of its own, or in backticks.
local function mentions(text, name)
  if text:find("`" .. name .. "`", 1, true) then return true end
  local word = "%f[%w_]" .. name:gsub("%p", "%%%0") .. "%f[^%w_]"
  return text:gsub("`[^`]*`", ""):find(word) ~= nil
end

--- Columns of the data that the right-hand side of the formula names.
local function variables_of(e)
  local list, right = {}, e.info.formula:match "~(.*)$" or ""
  for _, term in ipairs(e.terms) do right = right .. " + " .. term.variable end
  for _, name in ipairs(e.data:names()) do
    if mentions(right, name) then list[#list + 1] = name end
  end
  return list
end

local function raise_name(name, variables)
  local near = core.nearest(name, variables)
  core.raise("name", ("no variable '%s' in the model%s"):format(name, near
    and (" (did you mean '%s'?)"):format(near) or ""),
    #variables > 0 and "Variables are: " .. table.concat(variables, ", ") .. "."
      or "The model has none.")
end

local NUMBER <const> = { real = true, integer = true }

--- A value as the column has it; a level with did-you-mean.
local function value_of(column, name, value)
  local kind, found = column:type(), type(value)
  if NUMBER[kind] then
    check.type(value, "number", name)
    if value ~= value or math.abs(value) == math.huge then
      core.raise("argument", name .. ": expected a finite number")
    end
    return value
  elseif kind == "logical" then
    if value == "true" or value == "false" then return value == "true" end
    return check.type(value, "boolean", name)
  elseif kind == "factor" then
    local text = found == "number" and core.format_number(value) or value
    check.type(text, "string", name)
    local levels = column:levels()
    for _, level in ipairs(levels) do
      if level == text then return text end
    end
    local near = core.nearest(text, levels)
    core.raise("name", ("%s: no level '%s'%s"):format(name, text, near
      and (" (did you mean '%s'?)"):format(near) or ""),
      "Levels are: " .. table.concat(levels, ", ") .. ".")
  end
  return value
end

local function sorted_keys(t)
  local keys = {}
  for key in next, t do keys[#keys + 1] = check.type(key, "string", "variable") end
  table.sort(keys)
  return keys
end

--- Both people give the same variables.
local function check_people(a, b, variables)
  local known = {}
  for _, name in ipairs(variables) do known[name] = true end
  for i, one in ipairs { a, b } do
    local other = i == 1 and b or a
    for _, name in ipairs(sorted_keys(one)) do
      if not known[name] then raise_name(name, variables) end
      if other[name] == nil then
        core.raise("argument", ("'%s' is given for one of the two alone"):format(name),
          "Give it for both, with the same value where it is to be held.")
      end
    end
  end
end

local function with_values(frame, values)
  for _, name in ipairs(sorted_keys(values)) do
    local value = value_of(frame:column(name), name, values[name])
    frame = frame:mutate({ ("`%s` = $level"):format(name) }, { with = { level = value } })
  end
  return frame
end

local function difference(e, frame, a, b)
  return core.design_difference(core.model_apply(e.model, with_values(frame, a), false),
    core.model_apply(e.model, with_values(frame, b), false))
end

--- Which of the variables that are not given make the difference what it is: of two rows that do
--- not agree the second's values are put into the first, one by one.
local function culprits(e, frame, people, found)
  local names, first = {}, found.first
  local base, other = core.take(frame, { first, first }), core.take(frame, { first, found.differs })
  for _, name in ipairs(people.variables) do
    if people.a[name] == nil then
      local changed = core.with_column(base, name, other:column(name))
      if difference(e, changed, people.a, people.b).differs then names[#names + 1] = name end
    end
  end
  if #names > 0 then return names end
  for _, name in ipairs(people.variables) do -- together only
    if people.a[name] == nil then names[#names + 1] = name end
  end
  return names
end

local function refuse_open(e, frame, people, found)
  local names = culprits(e, frame, people, found)
  local text = "'" .. table.concat(names, "', '") .. "'"
  local column = frame:column(names[1])
  local value = NUMBER[column:type()] and "60" or column:type() == "factor"
    and ('"%s"'):format(column:levels()[1]) or column:type() == "logical" and "true" or '"..."'
  core.raise("argument", ("the contrast depends on %s, which is not given"):format(text),
    ("They stand together in a term. Hold it in both:  %s = %s."):format(names[1], value))
end

--- "arm = SIRT, age = 60" against the other, of what differs.
local function describe(a, b)
  local function text(values)
    local parts = {}
    for _, name in ipairs(sorted_keys(values)) do
      local value = values[name]
      if a[name] ~= b[name] then
        parts[#parts + 1] = ("%s = %s"):format(name, type(value) == "number"
          and format.number(value, 6) or tostring(value))
      end
    end
    return table.concat(parts, ", ")
  end
  local held = {}
  for _, name in ipairs(sorted_keys(a)) do
    local value = a[name]
    if value == b[name] then
      held[#held + 1] = ("%s = %s"):format(name, type(value) == "number"
        and format.number(value, 6) or tostring(value))
    end
  end
  local differ = text(a)
  if differ == "" then return table.concat(held, ", ") end
  local name = ("%s vs %s"):format(differ, text(b))
  return #held > 0 and ("%s (at %s)"):format(name, table.concat(held, ", ")) or name
end

--- A value to write for a variable in a mend: the first level, or a middle number.
local function example_of(frame, name)
  local column = frame:column(name)
  local kind = column:type()
  if kind == "factor" then return ('"%s"'):format(column:levels()[1]) end
  if kind == "logical" then return "false" end
  if not NUMBER[kind] then return '"..."' end
  local middle = frame:summarise({ ("m = median(`%s`)"):format(name) }):column("m")[1]
  return type(middle) == "number" and format.number(middle, 2) or "60"
end

local function field(name)
  return name:find "^[%a_][%w_]*$" and name or ('["%s"]'):format(name)
end

--- Two people who differ in the levels of a variable and share all that stands with it in
--- interactions, as a user would write them; nil where the variable is no column.
local function people_text(e, variable, first, second)
  local name = variable:match "^`(.*)`$" or variable
  if not e.data or not e.data:has(name) then return nil end
  local held, seen = {}, { [name] = true }
  for _, term in ipairs(e.terms) do
    local parts, own = terms.split(term.variable), false
    for _, part in ipairs(parts) do own = own or part == variable end
    for _, column in ipairs(own and #parts > 1 and e.data:names() or {}) do
      if not seen[column] and mentions(term.variable, column) then
        seen[column] = true
        held[#held + 1] = (", %s = %s"):format(field(column), example_of(e.data, column))
      end
    end
  end
  local rest, bare = table.concat(held), NUMBER[e.data:column(name):type()]
  local show = bare and "%s" or '"%s"'
  return ("{ { %s = %s%s }, { %s = %s%s } }"):format(field(name), show:format(first), rest,
    field(name), show:format(second), rest)
end

--- Refuses the comparison of two levels that stand in an interaction: it has no one value, and that
--- at the reference of the others is seldom the one that was asked for.
---@param e table                   terms, data (nil: none is at hand)
---@param what string               how the message begins: "'A - B': ", or ""
---@param variable string
---@param levels string[]           two
---@param at string                 of terms.holds_at
---@raise always
function M.refuse_interaction(e, what, variable, levels, at)
  local text = people_text(e, variable, levels[1], levels[2])
  core.raise("argument", ("%s'%s' stands in an interaction, so the ratio of its levels is not "
    .. "one number (that of the coefficients holds at %s)"):format(what, variable, at),
    text and ("Give two people, who share the rest:  fit:contrast(%s)"):format(text)
      or 'Give two people, who share the rest:  fit:contrast({ { arm = "A", sex = "f" }, '
      .. '{ arm = "B", sex = "f" } })')
end

--- A row over the coefficients: the first person less the second.
---@param e lobule.Estimates
---@param a table                   values by variable
---@param b table
---@param name? string
---@return table                    # name, row
---@raise a variable or level that the model has not; one that the difference depends on and that is
---       not given; people who are the same to the model, or in different strata
function M.contrast(e, a, b, name)
  local variables = variables_of(e)
  check_people(a, b, variables)
  name = name or describe(a, b)
  local found = difference(e, e.data, a, b)
  if found.strata then
    core.raise("argument", ("'%s': the two are in different strata"):format(name),
      "Each stratum has a baseline of its own, which no coefficient compares.")
  elseif found.offset then
    core.raise("argument", ("'%s': the offset differs between the two"):format(name),
      "An offset has no coefficient: hold its variables at the same value.")
  elseif found.differs then
    refuse_open(e, e.data, { a = a, b = b, variables = variables }, found)
  end
  local row, any = {}, false
  for i = 1, #e.coef do row[i] = 0.0 end
  for j, value in ipairs(found.row) do
    if value ~= 0 and e.place[j] then row[e.place[j]], any = value, true end
  end
  if not any then
    core.raise("argument", (name == "" and "" or ("'%s': "):format(name))
      .. "the two are the same to the model",
      e.transition and "The terms in which they differ are not in this transition." or nil)
  end
  return { name = name, row = row }
end

return M
