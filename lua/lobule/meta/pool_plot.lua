--- The forest plot of pooled proportions: studies, diamonds, the prediction interval, and how far
--- the studies differ.
local check = require "lobule.check"
local core = require "lobule.core"
local view = require "lobule.meta.pool_view"

local interval_text <const> = view.interval_text

local function study_rows(group, indent, rows)
  local largest = 0
  for _, w in ipairs(group.fit and group.fit.weight_random or {}) do
    largest = math.max(largest, w)
  end
  for i, study in ipairs(group.studies) do
    rows[#rows + 1] = { label = study.label, indent = indent,
      cells = { ("%d/%d"):format(study.x, study.n) }, estimate = 100 * study.x / study.n,
      conf_low = 100 * study.conf_low, conf_high = 100 * study.conf_high,
      weight = group.fit and group.fit.weight_random[i] / largest or nil,
      text = interval_text(study.x / study.n, study.conf_low, study.conf_high) }
  end
end

local function diamond(label, value, group, predicted)
  local known = predicted and predicted.conf_low == predicted.conf_low
  return { label = label, summary = true, bold = true,
    cells = { ("%d/%d"):format(group.x, group.n) }, estimate = 100 * value.estimate,
    conf_low = 100 * value.conf_low, conf_high = 100 * value.conf_high,
    predict_low = known and 100 * predicted.conf_low or nil,
    predict_high = known and 100 * predicted.conf_high or nil,
    text = interval_text(value.estimate, value.conf_low, value.conf_high) }
end

local function group_rows(group, grouped, rows)
  if grouped then rows[#rows + 1] = { label = group.label, header = true, cells = { "" } } end
  study_rows(group, grouped and 1 or 0, rows)
  local fit = group.fit
  if not fit then return end
  rows[#rows + 1] = diamond("Fixed effect", fit.proportion_fixed, group)
  rows[#rows + 1] = diamond("Random effects", fit.proportion_random, group,
    fit.proportion_predicted)
  local predicted = fit.proportion_predicted
  if predicted.conf_low == predicted.conf_low then
    rows[#rows + 1] = { label = "Prediction interval", cells = { "" },
      text = interval_text(nil, predicted.conf_low, predicted.conf_high) }
  end
  rows[#rows + 1] = { label = view.heterogeneity_text(fit), cells = { "" } }
end

--- The rows in words, for those who cannot see the figure.
local function description(self, rows)
  local parts = {}
  for _, row in ipairs(rows) do
    if row.text then
      local counts = row.cells and row.cells[1] ~= "" and row.cells[1] .. ", " or ""
      parts[#parts + 1] = ("%s %s%s %%"):format(row.label, counts, row.text)
    else
      parts[#parts + 1] = row.label
    end
  end
  return self.title .. ", percent with interval. " .. table.concat(parts, "; ") .. "."
end

---@param self lobule.PooledProportion
---@param options? table            title, width_mm, x_label
---@return lobule.Figure
return function(self, options)
  local opts <const> = check.options(options, { { "title", "string", self.title },
    { "width_mm", "positive", 183 }, { "x_label", "string", "Percent" } })
  local rows = {}
  for _, group in ipairs(self.groups) do
    group_rows(group, self.options.by ~= nil, rows)
  end
  local level = core.format_number(100 * self.options.conf_level)
  return require("lobule.figure").forest { title = opts.title, desc = description(self, rows),
    width_mm = opts.width_mm, columns = { { label = "Events/N", align = "right" } },
    rows = rows, estimate_label = ("%% (%s %% CI)"):format(level), log = false,
    limits = { 0, 100 }, x_label = opts.x_label }
end
