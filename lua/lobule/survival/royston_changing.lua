--- Effects of a Royston-Parmar model that change with time: which, and what they are at times.
local check = require "lobule.check"
local compare = require "lobule.survival.parametric_compare"
local core = require "lobule.core"
local head = require "lobule.survival.parametric_head"
local parts = require "lobule.survival.plot_parts"
local shown = require "lobule.shown"

local M = {}

local EXAMPLE <const> = 'Write time_varying = "treatment", or { treatment = 2 }.'

--- What the option says of each variable: df, or a list of inner knots.
local function asked(option)
  if type(option) == "string" then return { [option] = 1 } end
  check.type(option, "table", "time_varying")
  local list = {}
  for key, value in next, option do
    if math.type(key) == "integer" then
      list[check.type(value, "string", ("time_varying[%d]"):format(key))] = 1
    elseif type(key) ~= "string" then
      core.raise("argument", "time_varying: expected names of variables", EXAMPLE)
    elseif type(value) == "table" then
      list[key] = check.options({ [key] = value }, { { key, "times" } })[key]
    elseif math.type(value) == "integer" and value >= 1 then
      list[key] = value
    else
      core.raise("argument", ("time_varying: expected a whole number from 1, or a list of times, "
        .. "for '%s'"):format(key), EXAMPLE)
    end
  end
  return list
end

local function raise_unknown(name, terms)
  local names, seen = {}, {}
  for _, term in ipairs(terms) do
    if not seen[term.variable] then names[#names + 1] = term.variable end
    seen[term.variable] = true
  end
  local near = core.nearest(name, names)
  core.raise("name", ("time_varying: no term of the variable '%s'%s"):format(name, near
    and (" (did you mean '%s'?)"):format(near) or ""), #names > 0 and "Variables are: "
    .. table.concat(names, ", ") .. "." or "Add it to the formula.")
end

--- The columns of the design whose effect changes, for core.royston.
---@param option any                time_varying
---@param terms table[]
---@return table[]?                 # { column, df or knots } each
function M.of(option, terms)
  if option == nil then return nil end
  local list, left = {}, asked(option)
  for i, term in ipairs(terms) do
    local knots = left[term.variable] or left[term.term]
    if knots then
      list[#list + 1] = { column = i, df = type(knots) == "number" and knots or nil,
        knots = type(knots) == "table" and knots or nil }
    end
  end
  for _, term in ipairs(terms) do left[term.variable], left[term.term] = nil, nil end
  local unknown
  for name in next, left do unknown = (unknown == nil or name < unknown) and name or unknown end
  if unknown then raise_unknown(unknown, terms) end
  return list
end

--- The effect of term i that changes, and the place before its parameters; nil when it does not.
---@param self lobule.RoystonParmar
---@param i integer
---@return table? effect
---@return integer before
function M.effect(self, i)
  local fit = self.fit
  local before = fit.n_stratum * #fit.knot + #self.info.terms
  for _, effect in ipairs(fit.effect) do
    if effect.column == i then return effect, before end
    before = before + #effect.knot - 1
  end
  return nil, before
end

--- What tables of models call a fit: the formula and what changes with time.
---@param fit table
---@param info table
---@return string
function M.name(fit, info)
  local names, seen = {}, {}
  for _, effect in ipairs(fit.effect) do
    local variable = info.terms[effect.column].variable
    if not seen[variable] then names[#names + 1] = variable end
    seen[variable] = true
  end
  if #names == 0 then return info.formula end
  return ("%s; changing with time: %s"):format(info.formula, table.concat(names, ", "))
end

local function cube(x) return x > 0 and x * x * x or 0 end

--- The spline of an effect at a time: its columns (royston_spline.c).
local function basis(knot, time)
  local x, low, high = math.log(time), knot[1], knot[#knot]
  local list = { x }
  for j = 2, #knot - 1 do
    local l = (high - knot[j]) / (high - low)
    list[j] = cube(x - knot[j]) - l * cube(x - low) - (1 - l) * cube(x - high)
  end
  return list
end

--- The effect of term i on the scale of the spline at a time, and its standard error.
---@return number
---@return number
function M.at(self, i, time)
  local effect, before = M.effect(self, i)
  local place, weight = { self.fit.n_stratum * #self.fit.knot + i }, { 1 }
  for j, value in ipairs(basis(effect.knot, time)) do
    place[j + 1], weight[j + 1] = before + j, value
  end
  local sum, variance = 0, 0
  for a, j in ipairs(place) do
    sum = sum + weight[a] * self.fit.coef[j]
    for b, k in ipairs(place) do
      variance = variance + weight[a] * weight[b] * self.fit.vcov[j][k]
    end
  end
  return sum, math.sqrt(variance)
end

--- Two or three round times within those of the events.
local function print_times(self)
  local low, high = self:knots()[1], self:knots()[#self.fit.knot]
  local list = {}
  for _, t in ipairs(parts.nice_times(0, high, self.info.time_unit)) do
    if t > low and t <= high and t > 0 then list[#list + 1] = t + 0.0 end
  end
  if #list < 2 then return { low + (high - low) / 4, low + 3 * (high - low) / 4 } end
  return #list < 4 and list or { list[1], list[(#list + 1) // 2], list[#list] }
end

--- Rows of a print: the ratio of term i at a few times. Hazard ratios depend on the other
--- covariates whose effects change: what these are at stands in the notes.
---@param self lobule.RoystonParmar
---@param i integer
---@param label string
---@param rows table[]
---@param notes string[]
function M.add_rows(self, i, label, rows, notes)
  local term, level, link = self.info.terms[i], self.options.conf_level, self.fit.link
  local unit = self.info.time_unit and " " .. self.info.time_unit or ""
  if not self.converged then
    rows[#rows + 1] = { label, "NA", "" }
    return
  end
  local held
  local known = link ~= "hazard" or (pcall(function()
    local _, _, _, text = compare.profiles(self, term.variable)
    held = text
  end))
  if not known then
    rows[#rows + 1] = { label .. ", changes with time", "see fit:hazard_ratio()", "" }
    return
  end
  for _, t in ipairs(print_times(self)) do
    local row
    if link == "hazard" then
      local frame = compare.hazard_ratio(self, { variable = term.variable, at = { t } })
      row = frame:rows_list()[M.place_among(self, i)]
    else
      local b, se = M.at(self, i, t)
      row = head.estimate({}, b, se, level, link == "odds" and math.exp or nil)
    end
    rows[#rows + 1] = { ("%s, at %s%s"):format(label, core.format_number(t), unit),
      head.interval_text(row, link ~= "normal"), shown.p(row.p_value) }
  end
  if held and held ~= "" and #self.fit.effect > 1 then
    notes[1] = "Hazard ratios that change with time hold where other numbers are at their means "
      .. "and factors at their references."
  end
end

--- Which of its variable's terms term i is.
function M.place_among(self, i)
  local place = 0
  for j = 1, i do
    if self.info.terms[j].variable == self.info.terms[i].variable then place = place + 1 end
  end
  return place
end

--- The Wald test that no effect changes with time.
---@return table row
function M.wald(self)
  local fit = self.fit
  return { test = "effects do not change with time (Wald)", statistic = fit.wald_change,
    df = fit.df_change, p_value = core.chi_square_p(fit.wald_change, fit.df_change) }
end

return M
