--- Categorical data: proportions with intervals that are right for small numbers.
local check = require "lobule.check"
local core = require "lobule.core"
local quantity = require "lobule.quantity"

local M = {}

local METHODS <const> = { "wilson", "exact", "wilson-continuity", "mid-p", "jeffreys",
  "agresti-coull", "wald", "wald-continuity", "logit", "arcsine", "likelihood-ratio" }
local INTERVAL <const> = { { "conf_level", "level", 0.95 },
  { "method", METHODS, "wilson" } }

local function from_counts(x, n, options)
  local opts <const> = check.options(options, INTERVAL)
  check.type(x, "number", "x")
  check.type(n, "number", "n")
  local low, high = core.proportion(x, n, opts.conf_level, opts.method)
  return quantity.new { estimate = n > 0 and x / n or nil, conf_low = low, conf_high = high,
    conf_level = opts.conf_level, n = n,
    n_event = x, style = "percent", absent = "NA", label = ("%s/%s"):format(core.format_number(x),
      core.format_number(n)) }
end

--- One row a group: how many rows fulfil the condition, of those where it is known.
local function from_rows(condition, data, options)
  local opts <const> = check.options(options, { INTERVAL[1], INTERVAL[2], { "by", "texts", {} },
    { "with", "table" } })
  local frame, cohort = check.data(data)
  local with <const> = core.with(opts.with)
  local rows = {}
  for i, group in ipairs(core.split(frame, opts.by)) do
    local _, n_true, n_false, n_missing = core.filter(group.frame, condition, with)
    local parts = {}
    for j, key in ipairs(opts.by) do
      parts[j] = ("%s=%s"):format(key, group.key[j] == core.NA and "NA" or group.key[j])
    end
    rows[i] = { strata = #parts > 0 and table.concat(parts, ", ") or "all", label = "", x = n_true,
      n = n_true + n_false, n_missing = n_missing }
  end
  with:check_used()
  local lines = cohort and require("lobule.lineage").lines(cohort) or nil
  return require("lobule.categorical.proportion").new(rows, condition, opts, lines)
end

--- A proportion with its interval: Wilson (1927, JASA 22:209) by default, or exact (Clopper &
--- Pearson 1934, Biometrika 26:404).
--- Two ways to call it: with two numbers it gives a quantity; with a condition and data it counts
--- rows, by group if asked; rows
--- where the condition is NA are left out of the denominator and counted.
---@param x number|string           number of events, or a condition: "response in {'CR', 'PR'}"
---@param n number|lobule.Cohort|lobule.Frame  number of trials, or the data
---@param options? table            conf_level (0.95); method: "wilson" (default), "exact", "mid-p",
---                                 "jeffreys", "agresti-coull", "wald", "likelihood-ratio" ...;
--- with
---                                 data: by, with
---@return lobule.Quantity|lobule.Proportion
---@raise counts that are not whole numbers with 0 <= x <= n
---@example lb.categorical.proportion(12, 40)
function M.proportion(x, n, options)
  if type(x) == "string" then return (from_rows(x, n, options)) end
  return (from_counts(x, n, options))
end

--- Proportions of a table that holds counts, one row a study or centre: events over total, each
--- with its interval. Rows with
--- a missing count are left out and counted.
---@param data lobule.Cohort|lobule.Frame
---@param options table             events, total: columns of counts; label: column that names the
---                                 row; by: grouping columns;
---                                 conf_level (0.95); method: "wilson" (default), "exact"
---@return lobule.Proportion
function M.proportions(data, options)
  local opts <const> = check.options(options, { { "events", "string" }, { "total", "string" },
    { "label", "string" }, { "by", "texts", {} },
    INTERVAL[1], INTERVAL[2] })
  local frame, cohort = check.data(data)
  for _, name in ipairs { "events", "total", "label" } do
    if not opts[name] then core.raise("argument",
      ("option '%s' is needed: the name of a column"):format(name)) end
    check.column(frame, opts[name])
  end
  local rows, left_out = {}, 0
  for _, group in ipairs(core.split(frame, opts.by)) do
    local parts = {}
    for j in ipairs(opts.by) do parts[j] = group.key[j] == core.NA and "NA" or group.key[j] end
    local x, n, label = group.frame:column(opts.events), group.frame:column(opts.total),
      group.frame:column(opts.label)
    for i = 1, #group.frame do
      if x[i] == nil or n[i] == nil then
        left_out = left_out + 1
      else
        rows[#rows + 1] = { strata = #parts > 0 and table.concat(parts, ", ") or "all",
          label = tostring(label[i]), x = x[i], n = n[i], n_missing = 0 }
      end
    end
  end
  local lines = cohort and require("lobule.lineage").lines(cohort) or nil
  return (require("lobule.categorical.proportion").new(rows, opts.events .. " / " .. opts.total,
    opts, lines, left_out))
end

core.namespace("categorical", M)
return M
