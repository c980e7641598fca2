--- What a contrast asks for, as rows of numbers over the coefficients of a fit: people against
--- people, coefficients by name, the terms of a variable, trends over levels.
local check = require "lobule.check"
local core = require "lobule.core"
local profile = require "lobule.contrast_profile"
local terms = require "lobule.terms"

local M = {}

-- Products of variances and squared weights beyond leave the range of numbers.
local LARGEST <const> = 1e100

local function zeros(e)
  local row = {}
  for i = 1, #e.coef do row[i] = 0.0 end
  return row
end

--- "arm[SIRT] - 0.5 * arm[TACE]" of a table of weights by name.
local function combination_name(weights, names)
  local parts = {}
  for _, name in ipairs(names) do
    local w = weights[name]
    if w and w ~= 0 then
      local size = math.abs(w) == 1 and "" or core.format_number(math.abs(w)) .. " * "
      parts[#parts + 1] = (w < 0 and (#parts == 0 and "-" or "- ") or #parts > 0 and "+ " or "")
        .. size .. name
    end
  end
  return table.concat(parts, " ")
end

--- A row of { ["arm[SIRT]"] = 1, ["arm[TACE]"] = -1 }.
local function combination(e, weights, name)
  local row, index, keys = zeros(e), {}, {}
  for i, one in ipairs(e.names) do index[one] = i end
  for key in next, weights do keys[#keys + 1] = tostring(key) end
  table.sort(keys)
  local any = false
  for _, key in ipairs(keys) do
    if not index[key] then
      local near = core.nearest(key, e.names)
      core.raise("name", ("no coefficient '%s'%s"):format(key, near
        and (" (did you mean '%s'?)"):format(near) or ""),
        #e.names > 0 and "Coefficients are: " .. table.concat(e.names, ", ") .. "."
          or "The model has none.")
    end
    local w = check.type(weights[key], "number", ("weight of '%s'"):format(key))
    if w ~= w or w ~= 0 and (math.abs(w) > LARGEST or math.abs(w) < 1 / LARGEST) then
      core.raise("argument", ("weight of '%s' is %s: expected 0 or a size from 1e-100 to 1e100")
        :format(key, core.format_number(w)), "The test is the same for any multiple of a contrast.")
    end
    row[index[key]], any = w + 0.0, any or w ~= 0
  end
  if not any then
    core.raise("argument", "all weights of a contrast are 0",
      'Write { ["arm[SIRT]"] = 1, ["arm[TACE]"] = -1 }.')
  end
  return { name = name or combination_name(weights, e.names), row = row, by_name = true }
end

--- Coefficient of a level of a variable; 0 of the reference; nil without it.
local function level_index(e, variable, level)
  for j, term in ipairs(e.terms) do
    if term.variable == variable and term.level == level then return e.place[j] end
    if term.variable == variable and term.reference == level and e.place[j] then return 0 end
  end
end

--- Levels of all factors, references first: in a list, where each stands, and in words.
local function all_levels(e)
  local list, home, words, variables = {}, {}, {}, {}
  local function add(level, variable)
    if home[level] == nil then list[#list + 1], home[level] = level, variable end
    words[variable][#words[variable] + 1] = level
  end
  for j, term in ipairs(e.terms) do
    if term.level and not terms.is_interaction(term) and e.place[j] then
      if not words[term.variable] then
        words[term.variable], variables[#variables + 1] = {}, term.variable
        if term.reference then add(term.reference, term.variable) end
      end
      add(term.level, term.variable)
    end
  end
  for i, name in ipairs(variables) do
    variables[i] = ("%s (%s)"):format(name, table.concat(words[name], ", "))
  end
  return list, home, table.concat(variables, "; ")
end

--- The level that was meant: near in spelling, or the only one that begins so.
local function near_level(text, levels)
  local near = core.nearest(text, levels)
  if near then return near end
  local found
  for _, level in ipairs(levels) do
    if text ~= "" and level:sub(1, #text):lower() == text:lower() then
      if found then return nil end
      found = level
    end
  end
  return found
end

local function raise_levels(e, text, first, second)
  local levels, home, words = all_levels(e)
  local mend = #levels > 0 and "Factors and levels are: " .. words .. "."
    or "The model has no factor."
  for _, one in ipairs { first, second } do
    if not home[one] then
      local near = near_level(one, levels)
      core.raise("name", ("'%s': no variable has a level '%s'%s"):format(text, one, near
        and (" (did you mean '%s'?)"):format(near) or ""), mend)
    end
  end
  core.raise("name", ("'%s': no variable has both levels: '%s' is one of '%s', '%s' of '%s'")
    :format(text, first, home[first], second, home[second]), mend)
end

--- Where the comparison of two levels holds, by the interactions that this part of the model has.
local function holds_at(e, variable)
  local own = {}
  for j, term in ipairs(e.terms) do
    if e.place[j] or not terms.is_interaction(term) then own[#own + 1] = term end
  end
  return terms.holds_at(own, variable, e.info.labels)
end

--- A row of "SIRT - TACE"; nil when the text has no " - ".
---@param e lobule.Estimates
---@param text string
---@return table? row, string? first, string? second
---@raise levels that no variable has; a variable that stands in an interaction
function M.levels(e, text)
  local first, second = text:match "^%s*(.-)%s+%-%s+(.-)%s*$"
  if not first then return nil end
  for _, term in ipairs(e.terms) do
    if not terms.is_interaction(term) then
      local a = level_index(e, term.variable, first)
      local b = level_index(e, term.variable, second)
      if a and b then
        local at = holds_at(e, term.variable)
        if at then
          profile.refuse_interaction(e, ("'%s': "):format(text), term.variable,
            { first, second }, at)
        end
        local row = zeros(e)
        if a > 0 then row[a] = 1.0 end
        if b > 0 then row[b] = row[b] - 1.0 end
        return { name = text, row = row, by_name = true }, first, second
      end
    end
  end
  raise_levels(e, text, first, second)
end

--- The parts of an interaction in any order.
local function sorted_parts(variable)
  local parts = terms.split(variable)
  table.sort(parts)
  return table.concat(parts, ":")
end

--- Columns of a variable or interaction, as the design names it.
local function columns_of(e, variable)
  local wanted, columns, names, seen = sorted_parts(variable), {}, {}, {}
  for j, term in ipairs(e.terms) do
    if sorted_parts(term.variable) == wanted and e.place[j] then columns[#columns + 1] = j end
    if not seen[term.variable] then names[#names + 1] = term.variable end
    seen[term.variable] = true
  end
  if #columns > 0 then return columns end
  local near = core.nearest(variable, names)
  core.raise("name", ("no term '%s' in the model%s"):format(variable, near
    and (" (did you mean '%s'?)"):format(near) or ""), #names > 0
      and ('Terms are: %s. Two levels of one: "SIRT - TACE".'):format(table.concat(names, ", "))
      or "The model has none.")
end

--- A row for each coefficient of a term: their joint test is that of the term.
---@param e lobule.Estimates
---@param variable string           "arm", "ns(age, 3)", "arm:sex"
---@return table[] rows
function M.term(e, variable)
  local rows, columns = {}, columns_of(e, variable)
  for k, j in ipairs(columns) do
    local row = zeros(e)
    row[e.place[j]] = 1.0
    rows[k] = { name = terms.label(e.terms[j], e.info.labels), row = row, by_name = true }
    rows.curve = rows.curve or terms.basis_number(e.terms[j]) ~= nil
  end
  rows.at = terms.holds_at(e.terms, e.terms[columns[1]].variable, e.info.labels)
  return rows
end

local DEGREES <const> = { "linear", "quadratic", "cubic", "quartic" }

--- Polynomials of the scores, each orthogonal to those of lower degree, leading coefficient 1.
local function polynomials(scores, degree)
  local list, total = {}, 0
  for _, s in ipairs(scores) do total = total + s end
  for d = 0, degree do
    local values = {}
    for i, s in ipairs(scores) do
      values[i] = d == 0 and 1.0 or list[d][i] * (s - total / #scores)
    end
    for _, lower in ipairs(list) do
      local dot, size = 0, 0
      for i in ipairs(scores) do
        dot, size = dot + values[i] * lower[i], size + lower[i] ^ 2
      end
      for i in ipairs(scores) do values[i] = values[i] - dot / size * lower[i] end
    end
    list[d + 1] = values
  end
  return list
end

local function check_scores(scores, n)
  if scores == nil then
    scores = {}
    for i = 1, n do scores[i] = i end
  end
  check.scores(scores, "scores", "{ 0, 1, 3 }")
  local seen = {}
  for i = 1, #scores do
    if seen[scores[i]] then core.raise("argument", "scores: expected numbers that differ") end
    seen[scores[i]] = true
  end
  if #scores ~= n then
    core.raise("argument", ("scores: %d given for %d levels"):format(#scores, n),
      "One number a level, the reference first.")
  end
  return scores
end

--- Trends over the levels of a factor, the reference first: the coefficients of linear, quadratic
--- ... terms of the scores in the least-squares fit to the levels' effects. The linear one is the
--- change a unit of the score.
---@param e lobule.Estimates
---@param variable string
---@param scores? number[]          default 1, 2, 3 ...
---@return table[] rows
function M.trend(e, variable, scores)
  local columns = columns_of(e, variable)
  for _, j in ipairs(columns) do
    if not e.terms[j].level or terms.is_interaction(e.terms[j]) then
      core.raise("argument", ("trend: '%s' is no factor of the model"):format(variable),
        "A trend goes over the levels of one factor.")
    end
  end
  scores = check_scores(scores, #columns + 1)
  local rows = {}
  for d = 1, math.min(#columns, #DEGREES) do
    local values, size, row = polynomials(scores, d)[d + 1], 0, zeros(e)
    for _, v in ipairs(values) do size = size + v * v end
    for k, j in ipairs(columns) do row[e.place[j]] = values[k + 1] / size end
    rows[d] = { name = DEGREES[d], row = row, by_name = true }
  end
  rows.at = terms.holds_at(e.terms, e.terms[columns[1]].variable, e.info.labels)
  return rows
end

local function is_plain(value)
  return type(value) == "table" and getmetatable(value) == nil
end

local WRITE <const> = [[Write { "name", { arm = "SIRT" }, { arm = "TAE" } } for people, ]]
  .. [[{ "name", { ["arm[SIRT]"] = 1 } } for coefficients, or "SIRT - TAE" for levels.]]

--- One entry of a list: { name, person, person }, { name, weights }, "SIRT - TACE".
local function entry(e, one, k)
  if type(one) == "string" then
    local row = M.levels(e, one)
    if not row then
      for _, term in ipairs(e.terms) do
        if term.variable == one then
          core.raise("argument", ("contrast %d: '%s' is a term, and a term stands alone"):format(k,
            one), ('Write fit:contrast "%s": all its coefficients and their joint test.'):format(
            one))
        end
      end
      core.raise("argument", ("contrast %d: expected two levels with ' - ' between them"):format(k),
        WRITE)
    end
    return row
  end
  if is_plain(one) and type(one[1]) == "string" and is_plain(one[2]) and #one <= 3 then
    if one[3] == nil then return combination(e, one[2], one[1]) end
    if is_plain(one[3]) then
      return profile.contrast(e, one[2], one[3], one[1])
    end
  end
  core.raise("argument", ("contrast %d: expected a name and what it compares, found %s"):format(k,
    check.describe(one)), WRITE)
end

--- A table of named fields: weights of coefficients, or contrasts by name.
local function named(e, what)
  local keys, all_numbers = {}, true
  for key, value in next, what do
    keys[#keys + 1] = check.type(key, "string", "contrasts")
    all_numbers = all_numbers and type(value) == "number"
  end
  if all_numbers then return { combination(e, what) } end
  table.sort(keys)
  local rows = {}
  for k, key in ipairs(keys) do
    local value = what[key]
    local people = is_plain(value) and #value == 2
    rows[k] = entry(e, people and { key, value[1], value[2] } or { key, value }, k)
  end
  return rows
end

--- Each contrast has a name of its own: records and vcov() tell them apart by it.
local function check_names(rows)
  local seen = {}
  for k, one in ipairs(rows) do
    if not one.name:find "%S" then
      core.raise("argument", ("contrast %d: the name is empty"):format(k), WRITE)
    elseif seen[one.name] then
      core.raise("argument", ("contrasts %d and %d have the same name '%s'"):format(seen[one.name],
        k, one.name), "Leave one out, or name it: { \"name\", person, person }.")
    end
    seen[one.name] = k
  end
  return rows
end

--- The rows of a table of contrasts.
---@param e lobule.Estimates
---@param what table
---@return table[] rows             each { name, row }
function M.rows(e, what)
  if next(what) == nil then core.raise("argument", "the list of contrasts is empty", WRITE) end
  if what[1] == nil then return check_names(named(e, what)) end
  check.list(what, "contrasts")
  local people = #what == 2 and is_plain(what[1]) and is_plain(what[2])
    and what[1][1] == nil and what[2][1] == nil
  if people then return { profile.contrast(e, what[1], what[2]) } end
  local rows = {}
  for k, one in ipairs(what) do rows[k] = entry(e, one, k) end
  return check_names(rows)
end

--- true when a table names coefficients alone, so that no design is asked for.
---@param what any
---@return boolean
function M.by_name(what)
  if not is_plain(what) then return false end
  local function weights(value)
    local _, first = next(value)
    return value[1] == nil and type(first) == "number"
  end
  for _, value in next, what do
    if type(value) ~= "number" and not (is_plain(value) and (weights(value)
      or type(value[1]) == "string" and value[3] == nil and is_plain(value[2]))) then
      return false
    end
  end
  -- Two people with numbers alone look like weights: a list of unnamed tables is people.
  return what[1] == nil or is_plain(what[1]) and type(what[1][1]) == "string"
end

return M
