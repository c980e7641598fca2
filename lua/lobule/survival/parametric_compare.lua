--- People compared by a parametric survival model: hazard ratios, differences of survival, means
--- and quantiles, with intervals by the delta method. What methods of several classes share.
local check = require "lobule.check"
local core = require "lobule.core"
local head = require "lobule.survival.parametric_head"
local people_of = require "lobule.survival.people"
local result = require "lobule.result"
local terms = require "lobule.terms"
local words = require "lobule.survival.parametric_words"

local M = {}

local MEND <const> = "Say who is compared: { newdata = { arm = { 'SIRT' } }, reference = { arm = "
  .. "{ 'TACE' } }, ... }, with every covariate of the model."

local function unknown_variable(self, name)
  local names, seen = {}, {}
  for _, term in ipairs(self.info.terms) do
    if not seen[term.variable] then names[#names + 1] = term.variable end
    seen[term.variable] = true
  end
  local near = core.nearest(name, names)
  core.raise("name", ("no term of the variable '%s'%s"):format(name, near
    and (" (did you mean '%s'?)"):format(near) or ""),
    "Variables are: " .. table.concat(names, ", ") .. ".")
end

--- Terms of a variable, and those of the others with a line for each variable.
local function split_terms(self, variable)
  local own, others, seen = {}, {}, {}
  for _, term in ipairs(self.info.terms) do
    if term.variable == variable then
      own[#own + 1] = term
    elseif not seen[term.variable] then
      others[#others + 1] = term
      seen[term.variable] = true
    end
  end
  if #own == 0 then unknown_variable(self, variable) end
  return own, others
end

--- Mean of a column of numbers, and whether it holds but 0 and 1.
local function mean_of(column)
  local sum, n, binary = 0, 0, true
  for i = 1, #column do
    local x = column[i]
    if x ~= nil and x == x then
      sum, n, binary = sum + x, n + 1, binary and (x == 0 or x == 1)
    end
  end
  return sum / n, binary
end

local function numbers(column)
  local kind = column:type()
  return kind == "real" or kind == "integer"
end

--- A column of n equal values that replaces a covariate of the frame.
local function filled(frame, name, n, value)
  local list = { n = n }
  for i = 1, n do list[i] = value(i) end
  return core.with_column(frame, name, head.column(list))
end

local function as_level(column, level)
  if column:type() == "logical" then return level == "true" end
  return level
end

--- Everybody alike but for one variable: the first row has its reference (its mean, 0 of zeros and
--- ones), the others its levels (one more, 1). Other numbers are at their means, factors at their
--- references.
---@return lobule.Frame people
---@return lobule.Frame reference
---@return string[] labels          of the people
---@return string held              what the others are at, in words; "" without others
function M.profiles(self, variable)
  local own, others = split_terms(self, variable)
  if #self.info.strata.label > 1 then
    core.raise("argument", "comparisons within strata depend on the stratum", MEND)
  end
  local rows = core.model_rows(self.model):column("row"):totable()
  local data = core.take((check.data(self.data)), rows)
  local n, list = #own + 1, {}
  for i = 1, n do list[i] = 1 end
  local frame, labels, held = core.take(data, list), {}, {}
  for _, term in ipairs(others) do
    if not data:has(term.variable) then
      core.raise("argument", ("what '%s' is held at cannot be told"):format(term.variable), MEND)
    end
    local column = data:column(term.variable)
    local at = numbers(column) and mean_of(column) or as_level(column, term.reference)
    held[#held + 1] = ("%s %s"):format(term.variable, type(at) == "number"
      and core.format_number(tonumber(("%.3g"):format(at))) or tostring(at))
    if numbers(column) then at = at + 0.0 end
    frame = filled(frame, term.variable, n, function() return at end)
  end
  if not data:has(variable) then
    core.raise("argument", ("'%s' is made of several columns, or computed"):format(variable), MEND)
  end
  local column = data:column(variable)
  if numbers(column) then
    if #own > 1 then
      core.raise("argument", ("'%s' is a curve: its steps have no one size"):format(variable), MEND)
    end
    local mean, binary = mean_of(column)
    local from = binary and 0.0 or mean + 0.0
    labels[1] = binary and "%s: 1 vs 0" or "%s: one more than its mean"
    labels[1] = labels[1]:format(terms.variable(variable, self.info.labels))
    frame = filled(frame, variable, n, function(i) return from + (i - 1) end)
  else
    frame = filled(frame, variable, n, function(i)
      return as_level(column, i == 1 and own[1].reference or own[i - 1].level)
    end)
    for i, term in ipairs(own) do
      labels[i] = terms.label(term, self.info.labels)
    end
  end
  local places = {}
  for i = 2, n do places[i - 1] = i end
  return core.take(frame, places), core.take(frame, { 1 }), labels, table.concat(held, ", ")
end

--- Who is compared: given, or made of a variable.
local function compared(self, opts)
  if (opts.newdata == nil) ~= (opts.reference == nil) then
    core.raise("argument", "newdata and reference go together", MEND)
  elseif opts.newdata ~= nil and opts.variable then
    core.raise("argument", "variable: newdata and reference already say who is compared",
      "Leave variable out.")
  elseif opts.newdata ~= nil then
    return check.new_data(opts.newdata), check.new_data(opts.reference)
  end
  local variable = opts.variable or self.info.terms[1] and self.info.terms[1].variable
  if not variable then core.raise("argument", "a model without terms compares nobody") end
  return M.profiles(self, variable)
end

local SCHEMA <const> = { { "newdata", "any" }, { "reference", "any" }, { "variable", "string" },
  { "conf_level", "level" } }

--- Estimates of a kind at each of `at`.
---@param self table                a fit of the classes aft, royston_parmar, cure
---@param kind string               as core.aft_contrast
---@param at number[]
---@param place? string             the name of their column
---@param opts table                newdata and reference, or variable; conf_level
---@return lobule.Frame
local function contrast(self, kind, at, place, opts)
  words.check_settled(self)
  local people, reference, labels = compared(self, opts)
  local function design(model, frame) return core.model_apply(model, frame, false) end
  local cured = rawget(self, "cure_model")
  local estimates = core.aft_contrast(self.model, self.fit, design(self.model, people),
    design(self.model, reference), { type = kind, at = at,
    conf_level = opts.conf_level or self.options.conf_level }, cured and design(cured, people),
    cured and design(cured, reference))
  local who, when, n = { n = #estimates }, { n = #estimates }, #at
  for i = 1, #estimates do
    local row = (i - 1) // n + 1
    who[i], when[i] = labels and labels[row] or row, at[(i - 1) % n + 1]
  end
  local frame = result.frame { { labels and "term" or "row", who, labels and "text" or "integer" },
    { place, when, "real", unit = place == "time" and self.info.time_unit or nil } }
  for _, name in ipairs(estimates:names()) do
    frame = core.with_column(frame, name, estimates:column(name))
  end
  return frame
end

local function with(schema)
  return table.move(SCHEMA, 1, #SCHEMA, #schema + 1, schema)
end

--- Hazard ratios at times, with tests; see the method of the classes.
---@param self table
---@param options? table
---@return lobule.Frame
function M.hazard_ratio(self, options)
  local opts <const> = check.options(options, with { { "at", "times" } })
  if not opts.at then
    core.raise("argument", "hazard_ratio needs the times",
      "Write fit:hazard_ratio { at = { 12, 24 } }.")
  end
  local frame = contrast(self, "hazard", opts.at, "time", opts)
  local ratio, se = frame:column "estimate", frame:column "std_error"
  local statistic, p = { n = #frame }, { n = #frame }
  for i = 1, #frame do
    local known = ratio[i] ~= nil and se[i] ~= nil and se[i] > 0
    statistic[i] = known and math.log(ratio[i]) / se[i] or core.NA
    p[i] = known and core.normal_p(math.log(ratio[i]) / se[i]) or core.NA
  end
  frame = core.with_column(frame, "statistic", head.column(statistic, "real"))
  frame = core.with_column(frame, "p_value", head.column(p, "real"))
  return (people_of.beside(frame, opts.newdata))
end

--- Differences of survival, restricted means or quantiles; see the method of the classes.
---@param self table
---@param options? table
---@return lobule.Frame
function M.difference(self, options)
  local opts <const> = check.options(options, with { { "at", "times" }, { "prob", "any" },
    { "type", { "survival", "rmst", "quantile" }, "survival" } })
  local quantile = opts.type == "quantile"
  if quantile and opts.at then
    core.raise("argument", "at: a quantile is a time itself", "Write prob = 0.5.")
  elseif not quantile and opts.prob ~= nil then
    core.raise("argument", ("prob has no meaning for type '%s'"):format(opts.type))
  elseif not quantile and not opts.at then
    core.raise("argument", ("a difference of %s needs times"):format(opts.type),
      "Write at = { 12, 24 }.")
  end
  local frame = contrast(self, opts.type, quantile and result.check_prob(opts.prob or 0.5)
    or opts.at, quantile and "prob" or "time", opts)
  return (people_of.beside(frame, opts.newdata))
end

return M
