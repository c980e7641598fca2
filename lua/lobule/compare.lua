--- Fitted models side by side: crude and adjusted, say.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local terms = require "lobule.terms"

---@class lobule.Compare
---@field title string
---@field warnings string[]
local Compare = { __name = "lobule.Compare" }
result.mixin(Compare)

local M = {}

--- What a class calls its exponentiated estimates ("Hazard ratio"); nil when it has none.
local function ratio_label(fit)
  local meta = getmetatable(fit)
  return type(meta) == "table" and rawget(meta, "ratio_label") or false
end

local function tidy_rows(fit)
  local frame = ratio_label(fit) and fit:tidy { exponentiate = true } or fit:tidy()
  if not (frame:has "term" and frame:has "estimate") then
    core.raise("argument", "this result has no terms: " .. check.describe(fit))
  end
  return frame:rows_list()
end

--- Terms in the order in which the models bring them.
local function collect(self)
  local seen = {}
  for m, model in ipairs(self.models) do
    for _, row in ipairs(tidy_rows(model.fit)) do
      if not seen[row.term] then
        seen[row.term] = { term = row.term, variable = row.variable, level = row.level,
          reference = row.reference, by = {} }
        self.terms[#self.terms + 1] = seen[row.term]
      end
      seen[row.term].by[m] = row
    end
  end
end

local COLUMNS <const> = { { "model", "text" }, { "term", "text" }, { "variable", "text" },
  { "level", "text" }, { "reference", "text" }, { "estimate", "real" }, { "std_error", "real" },
  { "p_value", "real" }, { "conf_low", "real" }, { "conf_high", "real" } }

--- One row a term and model, ratios exponentiated.
---@return lobule.Frame             # model, term, variable, level, reference, estimate, std_error
---                                 (log scale for ratios), p_value, conf_low, conf_high
function Compare:tidy()
  local lists, k = {}, 0
  for j = 1, #COLUMNS do lists[j] = {} end
  for _, term in ipairs(self.terms) do
    for m, model in ipairs(self.models) do
      local row = term.by[m]
      if row then
        k = k + 1
        for j, column in ipairs(COLUMNS) do
          local value = row[column[1]]
          if j == 1 then value = model.name end
          lists[j][k] = value == nil and core.NA or value
        end
      end
    end
  end
  local columns = {}
  for j, column in ipairs(COLUMNS) do
    lists[j].n = k
    columns[j] = { column[1], lists[j], column[2] }
  end
  local frame = result.frame(columns)
  return frame
end

local function shown_text(self, row)
  if not row then return "" end
  local show = self.ratio and format.ratio or format.number
  if row.estimate == nil then return "NA" end
  if row.conf_low == nil then return show(row.estimate) end
  return ("%s (%s to %s)"):format(show(row.estimate), show(row.conf_low), show(row.conf_high))
end

--- Labels of columns, each from the first model that knows one.
local function labels_of(self)
  return setmetatable({}, { __index = function(_, name)
    for _, model in ipairs(self.models) do
      local labels = rawget(model.fit, "info") and model.fit.info.labels or {}
      if labels[name] then return labels[name] end
    end
  end })
end

local function term_text(self, term)
  return (terms.label(term, labels_of(self)))
end

local function view(self)
  local columns, rows, counts = { { label = "Term" } }, {}, { "N", kind = "total" }
  for m, model in ipairs(self.models) do
    columns[m + 1] = { label = model.name, align = "right" }
    local info = rawget(model.fit, "info")
    counts[m + 1] = info and tostring(info.n) or ""
  end
  for i, term in ipairs(self.terms) do
    rows[i] = { term_text(self, term) }
    for m = 1, #self.models do rows[i][m + 1] = shown_text(self, term.by[m]) end
  end
  rows[#rows + 1] = counts
  local level = core.format_number(100 * self.conf_level)
  return require("lobule.table").new { caption = self.title, columns = columns, rows = rows,
    notes = { ("%s (%s %% CI)."):format(self.ratio or "Estimate", level) } }
end

function Compare:__tostring()
  return printed.text(self, view(self))
end

--- Parts of curves are left out: one by one they are ratios of nothing.
local function forest_rows(self)
  local rows, words = {}, {}
  for _, term in ipairs(self.terms) do
    local drawn = not terms.basis_number(term)
    if drawn then rows[#rows + 1] = { label = term_text(self, term), header = true } end
    for m, model in ipairs(self.models) do
      local row = drawn and term.by[m]
      if row then
        rows[#rows + 1] = { label = model.name, indent = 1, estimate = row.estimate or 0 / 0,
          conf_low = row.conf_low or 0 / 0, conf_high = row.conf_high or 0 / 0,
          text = shown_text(self, row) }
        words[#words + 1] = ("%s, %s: %s"):format(term_text(self, term), model.name,
          shown_text(self, row))
      end
    end
  end
  return rows, words
end

--- The forest plot: a heading for each term, a line for each model; the parts of a curve are left
--- out and named below it.
---@param kind? "forest"
---@param options? table            title, width_mm (183), favours: two texts
---@return lobule.Figure
function Compare:plot(kind, options)
  if type(kind) == "table" then kind, options = "forest", kind end
  check.options({ kind = kind }, { { "kind", { "forest" }, "forest" } })
  local opts <const> = check.options(options, { { "title", "string", self.title },
    { "width_mm", "positive", 183 }, { "favours", "texts" } })
  local rows, words = forest_rows(self)
  local note = terms.left_out_note(self.terms, labels_of(self))
  if #rows == 0 then
    core.raise("argument", "all terms are parts of curves: none has a ratio of its own")
  end
  local label = self.ratio or "Estimate"
  local figure = require("lobule.figure").forest { title = opts.title,
    desc = label .. "s with their intervals by model. " .. table.concat(words, "; ") .. "."
      .. (note and " " .. note or ""), note = note,
    width_mm = opts.width_mm, rows = rows, log = self.ratio ~= false,
    estimate_label = ("%s (%s %% CI)"):format(label, core.format_number(100 * self.conf_level)),
    reference = self.ratio and 1 or 0, x_label = label, favours = opts.favours }
  return figure
end

--- The blocks of a report: the table, then each model's warnings.
---@param options? table
---@return table[]
function Compare:report_blocks(options)
  return (printed.blocks(self, view(self), nil, options))
end

--- Everything at full precision.
---@return table
function Compare:record()
  return result.ordered { { "kind", "compare" }, { "terms", result.record(self:tidy()) },
    { "warnings", self.warnings } }
end

core.class("compare", Compare)

local function check_entry(entry, i)
  check.type(entry, "table", ("model %d"):format(i))
  local name, fit = entry[1], entry[2]
  check.type(name, "string", ("model %d: name"):format(i))
  local meta = getmetatable(fit)
  if type(meta) ~= "table" or type(rawget(meta, "tidy")) ~= "function"
    or type(rawget(meta, "vcov")) ~= "function" then
    core.raise("argument", ("model %d: expected a fitted model, found %s"):format(i,
      check.describe(fit)), 'Write lb.compare { { "crude", a }, { "adjusted", b } }.')
  end
  return { name = name, fit = fit }
end

--- Models side by side; see lb.compare.
---@param list table[]
---@param options? table
---@return lobule.Compare
function M.compare(list, options)
  local opts <const> = check.options(options, { { "title", "string", "Models side by side" } })
  local self = setmetatable({ models = {}, terms = {}, warnings = {}, title = opts.title,
    ratio = false, conf_level = 0.95 }, Compare)
  for i, entry in ipairs(check.type(list, "table", "models")) do
    local model = check_entry(entry, i)
    self.models[i] = model
    for _, warning in ipairs(rawget(model.fit, "warnings") or {}) do
      self.warnings[#self.warnings + 1] = model.name .. ": " .. warning
    end
  end
  if #self.models == 0 then
    core.raise("argument", "there are no models",
      'Write lb.compare { { "crude", a }, { "adjusted", b } }.')
  end
  self.ratio = ratio_label(self.models[1].fit)
  self.conf_level = self.models[1].fit.options.conf_level or 0.95
  for i, model in ipairs(self.models) do
    if ratio_label(model.fit) ~= self.ratio then
      core.raise("argument", ("model %d has estimates of another kind"):format(i))
    elseif (model.fit.options.conf_level or 0.95) ~= self.conf_level then
      core.raise("argument", ("model %d has another conf_level"):format(i))
    end
  end
  collect(self)
  return self
end

return M
