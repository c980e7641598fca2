--- Proportions result: counts, denominators and intervals by row, as a table and as a forest plot.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local result = require "lobule.result"

---@class lobule.Proportion
---@field rows table[]              each { strata, label, x, n, n_missing, conf_low, conf_high }
---@field left_out integer          rows without counts
---@field title string
---@field warnings string[]
local Proportion = { __name = "lobule.Proportion" }
result.mixin(Proportion)

local M = {}

--- Adds the intervals.
---@param rows table[]
---@param what string               the condition, or "events / total"
---@param opts table
---@param lines? string[]           lineage
---@param left_out? integer
---@return lobule.Proportion
function M.new(rows, what, opts, lines, left_out)
  for _, row in ipairs(rows) do
    row.conf_low, row.conf_high = core.proportion(row.x, row.n, opts.conf_level, opts.method)
  end
  return setmetatable({ rows = rows, what = what, options = opts, lineage = lines or false,
    left_out = left_out or 0, warnings = {},
    title = "Proportion, " .. what }, Proportion)
end

--- One row a group or study; estimate and limits are fractions.
---@return lobule.Frame             # strata, label, n_event, n, n_missing, estimate, conf_low,
---                                 conf_high
function Proportion:tidy()
  local lists = { {}, {}, {}, {}, {}, {}, {}, {} }
  for i, row in ipairs(self.rows) do
    local estimate = row.n > 0 and row.x / row.n or core.NA
    local known = row.n > 0
    for j, value in ipairs { row.strata, row.label, row.x, row.n, row.n_missing, estimate, known
      and row.conf_low or core.NA,
      known and row.conf_high or core.NA } do
      lists[j][i] = value
    end
  end
  local frame = result.frame { { "strata", lists[1], "text" }, { "label", lists[2], "text" },
    { "n_event", lists[3], "integer" },
    { "n", lists[4], "integer" }, { "n_missing", lists[5], "integer" },
      { "estimate", lists[6], "real" }, { "conf_low", lists[7], "real" },
    { "conf_high", lists[8], "real" } }
  return frame
end

--- Totals in one row.
---@return lobule.Frame             # rows, n_event, n, n_missing, left_out, conf_level, method
function Proportion:glance()
  local x, n, missing = 0, 0, 0
  for _, row in ipairs(self.rows) do x, n, missing = x + row.x, n + row.n, missing
    + row.n_missing end
  local frame = result.frame { { "rows", { #self.rows }, "integer" },
    { "n_event", { x }, "integer" }, { "n", { n }, "integer" },
    { "n_missing", { missing }, "integer" }, { "left_out", { self.left_out }, "integer" },
      { "conf_level", { self.options.conf_level }, "real" },
    { "method", { self.options.method }, "text" } }
  return frame
end

local function interval_text(row)
  if row.n == 0 then return "NA" end
  return ("%s (%s to %s)"):format(format.fixed(100 * row.x / row.n, 1),
    format.fixed(100 * row.conf_low, 1), format.fixed(100 * row.conf_high, 1))
end

local function rows_table(self)
  local rows, labelled = {}, false
  for _, row in ipairs(self.rows) do labelled = labelled or row.label ~= "" end
  for i, row in ipairs(self.rows) do
    local cells = { row.strata, ("%d/%d"):format(row.x, row.n), interval_text(row) }
    if labelled then table.insert(cells, 2, row.label) end
    rows[i] = cells
  end
  local level = core.format_number(100 * self.options.conf_level)
  local columns = { { label = "Group", align = "left" }, { label = "Events/N", align = "right" },
    { label = ("Percent (%s %% CI)"):format(level),
    align = "right" } }
  if labelled then table.insert(columns, 2, { label = "Row", align = "left" }) end
  local method = self.options.method
  local notes = { method == "wilson" and "Wilson intervals."
    or method == "exact" and "Exact (Clopper-Pearson) intervals." or method .. " intervals." }
  if self.left_out > 0 then
    notes[2] = ("%d rows without counts left out."):format(self.left_out)
  end
  return require("lobule.table").new { caption = self.title, columns = columns, rows = rows,
    notes = notes }
end

function Proportion:__tostring()
  return tostring(rows_table(self))
end

--- The rows in words, for those who cannot see the figure.
local function description(self)
  local parts = {}
  for i, row in ipairs(self.rows) do
    local name = row.label ~= "" and row.label or row.strata
    parts[i] = ("%s %d of %d, %s %%"):format(name, row.x, row.n, interval_text(row))
  end
  return self.title .. ", percent with interval. " .. table.concat(parts, "; ") .. "."
end

--- The forest plot: a row each, grouped by stratum, on a percent scale.
---@param kind? "forest"
---@param options? table            title, width_mm (183), x_label
---@return lobule.Figure
function Proportion:plot(kind, options)
  if type(kind) == "table" then kind, options = "forest", kind end
  check.options({ kind = kind }, { { "kind", { "forest" }, "forest" } })
  local opts <const> = check.options(options, { { "title", "string", self.title },
    { "width_mm", "positive", 183 }, { "x_label", "string", "Percent" } })
  local rows, last = {}, nil
  for _, row in ipairs(self.rows) do
    if row.label ~= "" and row.strata ~= last and row.strata ~= "all" then rows[#rows
      + 1] = { label = row.strata, header = true, cells = { "" } } end
    last = row.strata
    rows[#rows + 1] = { label = row.label ~= "" and row.label or row.strata,
      indent = row.label ~= "" and row.strata ~= "all" and 1 or 0,
      cells = { ("%d/%d"):format(row.x, row.n) }, estimate = row.n > 0 and 100 * row.x / row.n
        or 0 / 0,
      conf_low = row.n > 0 and 100 * row.conf_low or 0 / 0, conf_high = row.n > 0
        and 100 * row.conf_high or 0 / 0, text = interval_text(row) }
  end
  local level = core.format_number(100 * self.options.conf_level)
  local figure = require("lobule.figure").forest { title = opts.title,
    desc = description(self), width_mm = opts.width_mm,
    columns = { { label = "Events/N", align = "right" } }, rows = rows,
      estimate_label = ("%% (%s %% CI)"):format(level), log = false,
    limits = { 0, 100 }, x_label = opts.x_label }
  return figure
end

--- The blocks of a report: the table.
---@param options? table
---@return table[]
function Proportion:report_blocks(options)
  local shown = rows_table(self)
  shown.caption = options and options.caption or self.title
  return { { kind = "table", table = shown } }
end

--- Everything at full precision.
---@return table
function Proportion:record()
  return result.ordered { { "kind", "categorical.proportion" }, { "what", self.what },
    { "method", self.options.method },
    { "conf_level", self.options.conf_level }, { "left_out", self.left_out },
      { "rows", result.record(self:tidy()) },
    { "lineage", self.lineage or nil } }
end

core.class("proportion", Proportion)
return M
