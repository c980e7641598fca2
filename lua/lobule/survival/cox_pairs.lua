--- Hazard ratios of all pairs of levels of a factor of a Cox fit, adjusted for their number.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local result = require "lobule.result"
local shown = require "lobule.shown"
local simultaneous = require "lobule.simultaneous"
local terms = require "lobule.terms"

---@class lobule.CoxPairs
---@field variable string
---@field info table
---@field warnings string[]
---@field title string
local Pairs = { __name = "lobule.CoxPairs" }
result.mixin(Pairs)

local M = {}

--- Levels in their order, each with its term (0: the reference).
local function levels_of(fit, variable)
  local levels, seen = {}, {}
  for i, term in ipairs(fit.info.terms) do
    if term.level and not terms.is_interaction(term) then seen[#seen + 1] = term.variable end
    if term.variable == variable and term.level and not terms.is_interaction(term) then
      if #levels == 0 then levels[1] = { name = term.reference, at = 0 } end
      levels[#levels + 1] = { name = term.level, at = i }
      if fit.fit.collinear[i] or fit.fit.infinite[i] then
        core.raise("numeric", ("'%s' has no estimate: its pairs have none"):format(term.term),
          'penalty = "firth" has finite estimates.')
      end
    end
  end
  if #levels == 0 then
    core.raise("name", ("'%s' is no factor of the model"):format(tostring(variable)),
      #seen > 0 and ("One is '%s'."):format(seen[1]) or "The model has no factor.")
  end
  return levels
end

--- Estimates of the pairs and their covariance, row after row.
local function differences(fit, levels)
  local list, covariance = {}, {}
  local function cov(i, j)
    return (i == 0 or j == 0) and 0 or fit.vcov[i][j]
  end
  for a = 1, #levels do
    for b = a + 1, #levels do
      local high, low = levels[b].at, levels[a].at
      list[#list + 1] = { first = levels[b].name, second = levels[a].name, high = high, low = low,
        estimate = fit.coef[high] - (low == 0 and 0 or fit.coef[low]) }
    end
  end
  for _, p in ipairs(list) do
    for _, q in ipairs(list) do
      covariance[#covariance + 1] = cov(p.high, q.high) - cov(p.high, q.low) - cov(p.low, q.high)
        + cov(p.low, q.low)
    end
  end
  for k, p in ipairs(list) do p.std_error = math.sqrt(covariance[(k - 1) * #list + k]) end
  return list, covariance
end

---@param fit lobule.Cox
---@param variable string
---@param options? table
---@return lobule.CoxPairs
function M.new(fit, variable, options)
  simultaneous.check(options)
  local opts <const> = check.options(options, { { "adjust", { "single-step", "holm", "bonferroni",
    "none" }, "single-step" }, { "conf_level", "level", fit.options.conf_level } })
  check.type(variable, "string", "variable")
  local levels = levels_of(fit, variable)
  local at = terms.holds_at(fit.info.terms, variable, fit.info.labels)
  if at then
    local data = rawget(fit, "data")
    require("lobule.contrast_profile").refuse_interaction({ terms = fit.info.terms,
      data = data and check.data(data) }, "", variable,
      { levels[2].name, levels[1].name }, at)
  end
  local list, covariance = differences(fit.fit, levels)
  local family = { covariance = covariance, method = opts.adjust, alternative = "two_sided",
    n = #list }
  local z, statistics, raw = simultaneous.critical(family, opts.conf_level), {}, {}
  for k, p in ipairs(list) do
    p.statistic = p.estimate / p.std_error
    p.raw = core.normal_p(p.statistic)
    p.conf_low, p.conf_high = p.estimate - z * p.std_error, p.estimate + z * p.std_error
    statistics[k], raw[k] = p.statistic, p.raw
  end
  for k, p in ipairs(simultaneous.p(statistics, raw, family)) do list[k].p_value = p end
  return setmetatable({ list = list, variable = variable, info = fit.info, options = opts,
    title = "Hazard ratios of all pairs, " .. terms.variable(variable, fit.info.labels),
    warnings = {} }, Pairs)
end

--- One row a pair. Log hazard ratios, or hazard ratios with exponentiate.
---@param options? table            exponentiate (false)
---@return lobule.Frame             # contrast ("B - A"), estimate, std_error, statistic, conf_low,
---                                 conf_high, p_value (adjusted), p_value_single
function Pairs:tidy(options)
  local opts <const> = check.options(options, { { "exponentiate", "boolean", false } })
  local lists = { {}, {}, {}, {}, {}, {}, {}, {} }
  local scale = opts.exponentiate and math.exp or function(x) return x end
  for k, p in ipairs(self.list) do
    for j, value in ipairs { p.first .. " - " .. p.second, scale(p.estimate), p.std_error,
      p.statistic, scale(p.conf_low), scale(p.conf_high), p.p_value, p.raw } do
      lists[j][k] = value
    end
  end
  local columns = {}
  for j, name in ipairs { "contrast", "estimate", "std_error", "statistic", "conf_low",
    "conf_high", "p_value", "p_value_single" } do
    columns[j] = { name, lists[j], j == 1 and "text" or "real" }
  end
  local frame = result.frame(columns)
  return frame
end

local function note(self)
  return simultaneous.note(self.options.adjust, #self.list)
end

--- What one pair is called and its ratio in words.
local function in_words(p)
  local estimate, low, high = format.ratio_interval(math.exp(p.estimate), math.exp(p.conf_low),
    math.exp(p.conf_high))
  return ("%s vs %s"):format(p.first, p.second), ("%s (%s to %s)"):format(estimate, low, high)
end

local function summary_table(self)
  local rows = {}
  for k, p in ipairs(self.list) do
    local name, text = in_words(p)
    rows[k] = { name, text, shown.p(p.p_value) }
  end
  return require("lobule.table").new { columns = { { label = "Levels", align = "left" },
    { label = ("Hazard ratio (%s %% CI)"):format(core.format_number(100
      * self.options.conf_level)), align = "right" }, { label = "p", align = "right" } },
    rows = rows, notes = { note(self) } }
end

function Pairs:__tostring()
  return result.heading(self.title, self.info) .. "\n" .. tostring(summary_table(self))
end

--- The forest plot: a row a pair with its adjusted interval and p value.
---@param options? table            title, width_mm (183), favours (two texts: left and right of 1),
---                                 journal ("lancet", "nejm", "jama", "nature")
---@return lobule.Figure
---@example lb.survival.cox("Surv(months, progressed) ~ arm", lb.example_data()):pairs("arm"):plot()
function Pairs:plot(options)
  local opts <const> = check.options(options, { { "title", "string" },
    { "width_mm", "positive", 183 }, { "favours", "texts" },
    { "journal", require("lobule.report.journal").NAMES } })
  local rows, words = {}, {}
  for k, p in ipairs(self.list) do
    local name, text = in_words(p)
    rows[k] = { label = name, estimate = math.exp(p.estimate), conf_low = math.exp(p.conf_low),
      conf_high = math.exp(p.conf_high), text = text, cells = { shown.p(p.p_value) } }
    words[k] = ("%s %s, %s"):format(name, text, shown.p_phrase(p.p_value))
  end
  local figure = require("lobule.figure").forest { title = opts.title or self.title, rows = rows,
    width_mm = opts.width_mm, columns = { { label = "p", align = "right" } }, log = true,
    label_label = terms.variable(self.variable, self.info.labels), reference = 1,
    x_label = "Hazard ratio", favours = opts.favours, note = note(self),
    estimate_label = ("Hazard ratio (%s %% CI)"):format(core.format_number(100
      * self.options.conf_level)),
    desc = ("Hazard ratios of all pairs of levels with their intervals. %s. %s"):format(
      table.concat(words, "; "), note(self) or "") }
  return opts.journal and figure:styled(opts.journal) or figure
end

--- The blocks of a report.
---@param options? table
---@return table[]
function Pairs:report_blocks(options)
  local view = summary_table(self)
  view.caption = options and options.caption or self.title
  return { { kind = "table", table = view } }
end

--- Everything at full precision.
---@return table
function Pairs:record()
  return result.ordered { { "kind", "survival.cox_pairs" }, { "variable", self.variable },
    { "adjust", self.options.adjust }, { "pairs", result.record(self:tidy()) },
    { "lineage", self.info.lineage } }
end

core.class("cox_pairs", Pairs)
return M
