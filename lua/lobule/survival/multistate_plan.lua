--- Which coefficient of a multistate Cox model belongs to which transition: from the formula and
--- the options to the plan that the core stacks rows by.
local check = require "lobule.check"
local core = require "lobule.core"
local rows = require "lobule.survival.multistate_data"

local M = {}

--- Parts of a text between a character outside brackets and backticks.
local function split(text, mark)
  local parts, depth, quoted, from = {}, 0, false, 1
  for i = 1, #text do
    local c = text:sub(i, i)
    if c == "`" then quoted = not quoted end
    if c == "(" and not quoted then depth = depth + 1 end
    if c == ")" and not quoted then depth = depth - 1 end
    if c == mark and depth == 0 and not quoted then
      parts[#parts + 1] = text:sub(from, i - 1)
      from = i + 1
    end
  end
  parts[#parts + 1] = text:sub(from)
  return parts
end

--- Blanks and backticks do not tell variables apart.
local function bare(text)
  return (text:gsub("[%s`]", ""))
end

local SPECIAL <const> = { "^strata%(", "^offset%(", "^cluster%(" }

--- Terms of a right-hand side: variables "age", "a:b" in a list, specials apart. a * b is a + b +
--- a:b.
local function terms_of(text)
  local terms, special, seen = {}, {}, {}
  local function add(term)
    if term ~= "" and term ~= "1" and term ~= "0" and not seen[term] then
      seen[term] = true
      terms[#terms + 1] = term
    end
  end
  for _, part in ipairs(split(text, "+")) do
    local term, is_special = part:match "^%s*(.-)%s*$", false
    for _, pattern in ipairs(SPECIAL) do is_special = is_special or term:find(pattern) ~= nil end
    local factors = split(term, "*")
    if is_special then
      special[#special + 1] = term
    elseif #factors == 2 then
      local a, b = bare(factors[1]), bare(factors[2])
      add(factors[1]:match "^%s*(.-)%s*$")
      add(factors[2]:match "^%s*(.-)%s*$")
      if a:find "[^%w_.]" then a = factors[1] end -- a name that needs its backticks, a call
      if b:find "[^%w_.]" then b = factors[2] end
      add(("%s:%s"):format(a, b))
    elseif #factors > 2 then
      core.raise("argument", ("'%s': products of more than two variables"):format(term),
        "Write them out with + and :.")
    else
      add(term)
    end
  end
  return terms, special
end

--- The formula of all terms that any transition has, and the terms of each.
---@param formula string
---@param transitions? table<string, string>
---@return string whole
---@return string[] common           terms of the formula itself
---@return table<string, string[]> own  terms by the name of the transition as written
function M.formula(formula, transitions)
  local left, right = formula:match "^(.-)~(.*)$"
  if not left then
    core.raise("parse", "the formula has no ~", 'Write "Surv(entry, time, state) ~ age + sex".')
  end
  local base, special = terms_of(right)
  local all, seen, own, names = {}, {}, {}, {}
  local function collect(list)
    for _, term in ipairs(list) do
      if not seen[bare(term)] then
        seen[bare(term)] = true
        all[#all + 1] = term
      end
    end
  end
  collect(base)
  for name in next, transitions or {} do names[#names + 1] = check.type(name, "string",
    "transitions") end
  table.sort(names)
  for _, name in ipairs(names) do
    local text = check.type(transitions[name], "string", "transitions")
    local list, others = terms_of((text:gsub("^%s*~", "")))
    if #others > 0 then
      core.raise("argument", ("transitions: %s belongs into the formula"):format(others[1]))
    end
    own[name] = list
    collect(list)
  end
  table.move(special, 1, #special, #all + 1, all)
  return left .. "~ " .. (#all > 0 and table.concat(all, " + ") or "1"), base, own
end

--- Transitions that somebody made, in the order of their states.
---@param prepared table
---@return table[]                  # { from, to, name, n_event }
function M.observed(prepared)
  local list, states = {}, prepared.states
  for from in ipairs(states) do
    for to in ipairs(states) do
      local n = prepared.info.summary.transitions[from][to]
      if n > 0 then
        list[#list + 1] = { from = from, to = to, n_event = n,
          name = rows.arrow(states, from, to) }
      end
    end
  end
  return list
end

--- The transition of a name, blanks aside; raises with did-you-mean.
local function find_transition(list, name, what)
  local names = {}
  for h, one in ipairs(list) do
    if bare(one.name) == bare(check.type(name, "string", what)) then return h end
    names[h] = one.name
  end
  local near = core.nearest(name, names)
  core.raise("name", ("%s: nobody made the transition '%s'%s"):format(what, name, near
    and (" (did you mean '%s'?)"):format(near) or ""),
    "Transitions are: " .. table.concat(names, "; ") .. ".")
end

--- A list of transitions as numbers.
local function find_all(list, names, what)
  local found = {}
  for i, name in ipairs(check.texts(names, what)) do
    found[i] = find_transition(list, name, what)
  end
  return found
end

--- Terms of each transition: its own, or those of the formula.
local function terms_by_transition(list, base, own)
  local of = {}
  for h in ipairs(list) do of[h] = base end
  for name, terms in next, own do of[find_transition(list, name, "transitions")] = terms end
  return of
end

--- Columns of the design that a list of terms names.
local function columns_of(design, terms)
  local wanted, columns = {}, {}
  for _, term in ipairs(terms) do wanted[bare(term)] = true end
  for j, term in ipairs(design) do
    if wanted[bare(term.variable)] then columns[j] = true end
  end
  return columns
end

--- For each variable with a common coefficient the set of transitions that share it.
local function common_sets(list, common, design)
  local sets = {}
  local function add(variable, transitions)
    local known = false
    for _, term in ipairs(design) do known = known or bare(term.variable) == bare(variable) end
    if not known then
      core.raise("name", ("common: no term '%s' in the model"):format(variable))
    end
    local set = {}
    for _, h in ipairs(transitions) do set[h] = true end
    sets[bare(variable)] = set
  end
  local all = {}
  for h in ipairs(list) do all[h] = h end
  if common ~= nil and type(common) ~= "string" then check.type(common, "table", "common") end
  for key, value in next, type(common) == "string" and { common } or common or {} do
    if type(key) == "number" then
      add(check.type(value, "string", "common"), all)
    else
      add(key, find_all(list, value, "common"))
    end
  end
  return sets
end

--- "all transitions", or their names.
local function name_set(list, members)
  if #members == #list and #list > 1 then return "all transitions" end
  local names = {}
  for i, h in ipairs(members) do names[i] = list[h].name end
  return table.concat(names, "; ")
end

local function add_coefficient(plan, list, term, column, members)
  local transition = name_set(list, members)
  local c = #plan.terms + 1
  plan.terms[c] = { term = ("%s (%s)"):format(term.term, transition), variable = term.variable,
    level = term.level, reference = term.reference }
  plan.shown[c] = { term = term.term, variable = term.variable, level = term.level,
    reference = term.reference, transition = transition }
  for _, h in ipairs(members) do plan.uses[h][c] = column end
end

--- Coefficients in the order of transitions, then of the design's columns.
local function add_columns(plan, list, design, has, sets)
  local done = {}
  for h in ipairs(list) do
    for j, term in ipairs(design) do
      local set = sets[bare(term.variable)]
      local shared = set and set[h]
      if has[h][j] and not (shared and done[j]) then
        local members = {}
        for g in ipairs(list) do
          if g == h or shared and set[g] and has[g][j] then members[#members + 1] = g end
        end
        if shared then done[j] = true end
        add_coefficient(plan, list, term, j, members)
      end
    end
  end
end

--- Baselines: one a transition, but those named together share one; proportional ones with a
--- coefficient for each but the first.
local function add_baselines(plan, list, opts)
  local group, names = {}, {}
  local function unite(sets, what, proportional)
    for _, set in ipairs(check.type(sets or {}, "table", what)) do
      local members = find_all(list, set, what)
      for i, h in ipairs(members) do
        if group[h] then
          core.raise("argument", ("%s: '%s' has a shared baseline already"):format(what,
            list[h].name))
        end
        group[h] = members[1]
        if proportional and i > 1 then
          add_coefficient(plan, list, { term = ("baseline against %s"):format(
            list[members[1]].name), variable = "baseline" }, -2, { h })
        end
      end
    end
  end
  unite(opts.shared_baseline, "shared_baseline", false)
  unite(opts.proportional_baseline, "proportional_baseline", true)
  for h, one in ipairs(list) do
    local first = group[h] or h
    if first == h then
      names[#names + 1] = one.name
      plan.number[h] = #names
    end
  end
  for h, one in ipairs(list) do
    local first = group[h] or h
    plan.baseline[h] = plan.number[first]
    if first ~= h then names[plan.number[first]] = names[plan.number[first]] .. "; " .. one.name end
  end
  plan.baselines = names
end

--- The plan of the core, and what to show of each coefficient in `shown`.
---@param prepared table
---@param opts table                transitions, common, shared_baseline, proportional_baseline
---@param base string[]
---@param own table
---@return table plan
---@return table[] transitions
function M.make(prepared, opts, base, own)
  local list, design = M.observed(prepared), prepared.info.terms
  if #list == 0 then core.raise("data", "nobody moves from one state to another") end
  local plan = { from = {}, to = {}, baseline = {}, terms = {}, shown = {}, uses = {}, number = {},
    column = {} }
  local of, has = terms_by_transition(list, base, own), {}
  for h, one in ipairs(list) do
    plan.from[h], plan.to[h], plan.uses[h] = one.from, one.to, {}
    has[h] = columns_of(design, of[h])
  end
  add_columns(plan, list, design, has, common_sets(list, opts.common, design))
  add_baselines(plan, list, opts)
  for h in ipairs(list) do
    for c in ipairs(plan.terms) do plan.column[#plan.column + 1] = plan.uses[h][c] or 0 end
  end
  return plan, list
end

return M
