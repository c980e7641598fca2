--- Results that may leave a hospital: what is listed here by kind of result; the rest stays and
--- is named. A table with one small count stays as a whole: what is left of it would give the count
--- away.
local core = require "lobule.core"
local result = require "lobule.result"

local M = {}

--- Fields by kind: values, counts of persons, tables with the columns of each that are shared.
--- Texts of a table stand for groups; they go with its numbers.
---@type table<string, { values: string[], counts: string[], tables: table<string, string[]> }>
local KINDS <const> = {
  ["survival.km"] = { values = { "conf_level", "conf_type" },
    counts = { "n", "n_missing", "n_event" },
    tables = { quantiles = { "strata", "prob", "estimate", "conf_low", "conf_high", "n",
      "n_event" } } },
  ["survival.cox"] = { values = { "ties", "conf_level", "converged" }, counts = {},
    tables = { terms = { "term", "variable", "level", "reference", "estimate", "std_error",
      "statistic", "p_value", "conf_low", "conf_high", "n", "n_event" },
    glance = { "n", "n_missing", "n_event", "log_lik_null", "log_lik", "aic", "bic",
      "concordance", "concordance_std_error", "iterations", "converged" },
    tests = { "test", "statistic", "df", "p_value" } } },
  ["survival.logrank"] = { values = { "test", "rho", "gamma", "alternative", "chi_square", "df",
    "p_value", "z", "seed" },
    counts = { "n", "n_missing" },
    tables = { groups = { "strata", "n", "observed", "expected" } } },
  ["survival.subgroups"] = { values = { "conf_level" }, counts = {},
    tables = { estimates = { "variable", "level", "arm", "reference", "n", "n_event", "estimate",
      "std_error", "p_value", "conf_low", "conf_high" },
    tests = { "variable", "n", "n_missing", "statistic", "df", "p_value" } } },
  ["categorical.proportion"] = { values = { "method", "conf_level" }, counts = { "left_out" },
    tables = { rows = { "strata", "label", "n_event", "n", "estimate", "conf_low",
      "conf_high" } } },
  ["meta.pool_proportions"] = { values = { "scale", "test", "conf_level", "interval" },
    counts = {}, tables = { estimates = { "strata", "label", "kind", "n_event", "n", "estimate",
      "conf_low", "conf_high", "weight_fixed", "weight_random" },
    glance = { "strata", "k", "n_event", "n", "estimate", "conf_low", "conf_high", "predict_low",
      "predict_high", "q", "df", "p_value", "i2", "i2_low", "i2_high", "h", "tau2" },
    between = { "q", "df", "p_value" } } },
  table_one = { values = {}, counts = {}, tables = { rows = { "variable", "level", "group", "n",
    "n_missing", "count", "mean", "std_dev", "median", "q1", "q3", "smd" } } },
  crosstab = { values = { "percent" }, counts = {}, tables = { cells = "all" } },
}
--- A number with its limits: a proportion, a median, a rate. Its label is not shared.
local QUANTITY <const> = { "estimate", "conf_low", "conf_high", "conf_level", "unit", "n",
  "n_event" }

local COUNTS <const> = { n = true, n_event = true, n_missing = true, observed = true, count = true }
-- Parts of n: those without the event are persons too.
local PARTS <const> = { "n_event", "observed", "count" }

local function is_small(n, min_cell)
  return type(n) == "number" and n > 0 and n < min_cell
end

--- Whether a row of counts has a small one, or one that follows by subtraction.
local function small_row(get, min_cell, total)
  local n = get "n"
  for name in next, COUNTS do
    if is_small(get(name), min_cell) then return true end
  end
  for _, name in ipairs(PARTS) do
    local part = get(name)
    if type(n) == "number" and type(part) == "number" and is_small(n - part, min_cell) then
      return true
    end
  end
  -- A model's terms tell one level; the reference has the rest.
  return type(n) == "number" and type(total) == "number" and is_small(total - n, min_cell)
end

local function n_rows(columns)
  local n = 0
  for _, list in next, columns do
    if type(list) == "table" and list ~= core.NA then n = math.max(n, #list) end
  end
  return n
end

local function small_table(columns, min_cell, total)
  for i = 1, n_rows(columns) do
    local function get(name)
      local list = columns[name]
      return type(list) == "table" and list ~= core.NA and list[i] or nil
    end
    if small_row(get, min_cell, total) then return true end
  end
  return false
end

local function keys_of(t)
  local meta, names = getmetatable(t), {}
  if type(meta) == "table" and meta.__keys then return meta.__keys end
  for name in next, t do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

--- A number, text or logical value: lists and tables within a cell do not pass.
local function plain(value)
  return type(value) ~= "table" and value or core.NA
end

--- The columns of a table that are shared, and how many numbers they hold.
local function table_of(columns, allowed)
  local list, n = {}, 0
  for _, name in ipairs(allowed == "all" and keys_of(columns) or allowed) do
    local given, kept = columns[name], nil
    if type(given) == "table" and given ~= core.NA then
      kept = {}
      for i = 1, #given do
        kept[i] = plain(given[i])
        if type(kept[i]) == "number" then n = n + 1 end
      end
    elseif given ~= nil then
      kept = plain(given)
      n = n + (type(kept) == "number" and 1 or 0)
    end
    list[#list + 1] = { name, kept }
  end
  return result.ordered(list), n
end

---@class lobule.recipe.Shared
---@field result? table             nil: all of it stays
---@field hidden integer            numbers that rest on small counts
---@field left_out string[]         what stays, in words

local function say(shared, text, ...)
  shared.left_out[#shared.left_out + 1] = text:format(...)
end

--- The total that the parts of a model's terms add up to.
local function total_of(record)
  local glance = record.glance
  local n = type(glance) == "table" and glance.n
  return type(n) == "table" and n[1] or nil
end

local function share_kind(name, record, kind, min_cell, shared)
  local fields = { { "kind", record.kind } }
  for _, field in ipairs(kind.values) do
    if record[field] ~= nil then fields[#fields + 1] = { field, plain(record[field]) } end
  end
  for _, field in ipairs(kind.counts) do
    local n = record[field]
    if is_small(n, min_cell) or field == "n_event" and type(n) == "number"
      and is_small((tonumber(record.n) or n) - n, min_cell) then
      shared.hidden, n = shared.hidden + 1, core.NA
    end
    if n ~= nil then fields[#fields + 1] = { field, plain(n) } end
  end
  local tables = keys_of(kind.tables)
  for _, field in ipairs(tables) do
    local columns = record[field]
    if type(columns) == "table" and columns ~= core.NA then
      local kept, n = table_of(columns, kind.tables[field])
      if small_table(columns, min_cell, field == "terms" and total_of(record) or nil) then
        shared.hidden = shared.hidden + n
        say(shared, "result '%s': its %s rest on fewer than %d persons or events", name, field,
          min_cell)
      else
        fields[#fields + 1] = { field, kept }
      end
    end
  end
  shared.result = result.ordered(fields)
end

local function is_quantity(record)
  return record.kind == nil and record.estimate ~= nil and record.conf_low ~= nil
    and record.label ~= nil
end

local function share_quantity(name, record, min_cell, shared)
  if type(record.n) ~= "number" then
    return say(shared, "result '%s' does not say on how many persons it rests", name)
  end
  if small_row(function(field) return record[field] end, min_cell) then
    for _, field in ipairs(QUANTITY) do
      if type(record[field]) == "number" then shared.hidden = shared.hidden + 1 end
    end
    return say(shared, "result '%s' rests on fewer than %d persons or events", name, min_cell)
  end
  local fields = {}
  for i, field in ipairs(QUANTITY) do fields[i] = { field, plain(record[field]) } end
  shared.result = result.ordered(fields)
end

--- What of a named result may leave.
---@param one table                 { name, record, own }; own: the recipe's own object
---@param min_cell integer          smallest count of persons or events shown; 0 is shown
---@return lobule.recipe.Shared
function M.aggregate(one, min_cell)
  local shared, record = { hidden = 0, left_out = {} }, one.record
  local kind = not one.own and type(record.kind) == "string" and KINDS[record.kind]
  if kind then
    share_kind(one.name, record, kind, min_cell, shared)
  elseif not one.own and is_quantity(record) then
    share_quantity(one.name, record, min_cell, shared)
  else
    say(shared, "result '%s' is not an aggregate that can be shared", one.name)
  end
  return shared
end

--- The JSON text of shared results.
---@param ground table              of the lock
---@param results table[]           { name, record, own }
---@param min_cell integer
---@return string text
---@return lobule.recipe.Shared all hidden and left_out of all results
function M.text(ground, results, min_cell)
  local list, all = {}, { hidden = 0, left_out = {} }
  for _, one in ipairs(results) do
    local shared = M.aggregate(one, min_cell)
    all.hidden = all.hidden + shared.hidden
    table.move(shared.left_out, 1, #shared.left_out, #all.left_out + 1, all.left_out)
    if shared.result then
      list[#list + 1] = result.ordered { { "name", one.name }, { "result", shared.result } }
    end
  end
  return core.json_encode(result.ordered { { "share", true }, { "min_cell", min_cell },
    { "hidden", all.hidden }, { "left_out", all.left_out }, { "ground", ground },
    { "results", list } }, 2) .. "\n", all
end

return M
