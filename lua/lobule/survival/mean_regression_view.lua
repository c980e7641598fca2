--- Tables, forest plots and texts of regressions of means and risks.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local journal = require "lobule.report.journal"
local result = require "lobule.result"
local shown = require "lobule.shown"
local terms = require "lobule.terms"
local weights = require "lobule.survival.weights"

local M = {}

local MEAN <const> = { rmst = true, rmtl = true }

--- What a coefficient is: "Difference", "Risk ratio".
local function effect(self)
  local mean = MEAN[self.at.kind]
  if self.link == "identity" then return mean and "Difference" or "Risk difference" end
  if self.link == "log" then
    return mean and "Ratio" or self.at.kind == "survival" and "Survival ratio" or "Risk ratio"
  end
  if self.link == "logit" then return "Odds ratio" end
  return (self.at.kind == "survival" or not self.cause) and "Hazard ratio"
    or "Subdistribution hazard ratio"
end

--- What a coefficient is, of survival too: "Survival difference".
local function label_of(self)
  local name = effect(self)
  return name == "Risk difference" and self.at.kind == "survival" and "Survival difference" or name
end

M.label_of = label_of

local function is_ratio(self)
  return self.link ~= "identity"
end

--- A difference of risks is shown in percentage points.
local function cell(self, row)
  local x, low, high = row.estimate, row.conf_low, row.conf_high
  if x ~= x or x == nil then return "NA" end
  if low == nil or low ~= low then
    -- Without a variance what is left of a 0 is rounding.
    if not is_ratio(self) and math.abs(x) < 1e-12 * math.max(1, self.at.tau[1]) then x = 0 end
    return (is_ratio(self) and format.ratio(x)
      or format.number(MEAN[self.at.kind] and x or 100 * x, 3)) .. " (NA)"
  end
  if is_ratio(self) then
    return ("%s (%s to %s)"):format(format.ratio_interval(x, low, high))
  end
  local function text(value)
    if MEAN[self.at.kind] then return format.number(value, 3) end
    return format.number(100 * value, 3)
  end
  return ("%s (%s to %s)"):format(text(x), text(low), text(high))
end

local METHODS <const> = { jackknife = "jackknife pseudo-values, independence working correlation, "
  .. "sandwich variance", infinitesimal = "infinitesimal jackknife pseudo-values, independence "
  .. "working correlation, sandwich variance", ipcw = "inverse probability of censoring weights, "
  .. "sandwich variance with the estimated censoring" }

local function notes_of(self)
  local info, fit = self.info, self.fit
  local notes = { ("n = %s, %s events%s; link %s; %s."):format(result.n_text(info),
    format.count(info.n_event), self.cause and " of any cause" or "",
    self.link, METHODS[self.options.method]) }
  if self.options.method == "ipcw" then
    notes[2] = ("At tied times %s; largest weight %s."):format(self.options.censoring_ties
      == "together" and "events and censorings share the risk set" or "events come first",
      format.number(fit.largest_weight, 3))
  end
  if #info.strata.name > 1 then
    notes[#notes + 1] = ("Censoring within %d strata."):format(#info.strata.name)
  else
    notes[#notes + 1] = "Censoring is taken not to depend on the covariates."
  end
  if info.n_cluster then
    notes[#notes + 1] = ("Robust variance, %d clusters."):format(info.n_cluster)
  end
  notes[#notes + 1] = weights.text(self.options, info)
  return notes
end

--- The intercept is a mean or a risk only with link identity and log: it is not among the terms
--- shown when it means nothing.
---@param self lobule.MeanRegression
---@return lobule.Table
function M.table(self)
  local rows, n = {}, #self.at.tau
  local ratio = is_ratio(self)
  for i, row in ipairs(self:tidy({ exponentiate = ratio }):rows_list()) do
    local name = i <= n and row.term or terms.label(self.info.terms[i - n], self.info.labels)
    if i > n or self.link == "identity" or self.link == "log" then
      rows[#rows + 1] = { name, cell(self, row), i > n and shown.p(row.p_value) or "" }
    end
  end
  local unit = self.link == "identity" and (MEAN[self.at.kind] and self.info.time_unit
    or not MEAN[self.at.kind] and "%-points") or nil
  local level = core.format_number(100 * self.options.conf_level)
  return require("lobule.table").new { rows = rows, columns = { { label = "Term", align = "left" },
    { label = ("%s (%s %% CI)"):format(label_of(self), level), align = "right", unit = unit },
    { label = "p", align = "right" } }, notes = notes_of(self) }
end

local PLOT <const> = { { "title", "string" }, { "width_mm", "positive", 183 },
  { "favours", "texts" }, { "journal", journal.NAMES } }

--- Rows of the forest: a heading and the reference of each factor, a line for each number.
local function forest_rows(self)
  local rows, last, n = {}, nil, #self.at.tau
  local scale = not is_ratio(self) and not MEAN[self.at.kind] and 100 or 1
  for i, row in ipairs(self:tidy({ exponentiate = is_ratio(self) }):rows_list()) do
    local term = i > n and self.info.terms[i - n]
    if term then
      if term.level and term.variable ~= last then
        rows[#rows + 1] = { header = true,
          label = terms.variable(term.variable, self.info.labels) }
        if term.reference then
          rows[#rows + 1] = { label = term.reference, indent = 1, reference = true,
            text = (is_ratio(self) and "1" or "0") .. " (reference)" }
        end
      end
      rows[#rows + 1] = { indent = term.level and 1 or 0, label = term.level and terms.level(
        term.level) or terms.label(term, self.info.labels),
        estimate = scale * (row.estimate or 0 / 0), conf_low = scale * (row.conf_low or 0 / 0),
        conf_high = scale * (row.conf_high or 0 / 0), text = cell(self, row) }
      last = term.level and term.variable or nil
    end
  end
  return rows
end

--- The forest plot.
---@param self lobule.MeanRegression
---@param options? table
---@return lobule.Figure
function M.plot(self, options)
  local opts <const> = check.options(options, PLOT)
  local rows, words = forest_rows(self), {}
  if #rows == 0 then core.raise("argument", "a model without terms has no forest plot") end
  for _, row in ipairs(rows) do
    if row.estimate then words[#words + 1] = row.label .. " " .. row.text end
  end
  local name, level = label_of(self), core.format_number(100 * self.options.conf_level)
  local unit = self.link == "identity" and (MEAN[self.at.kind] and self.info.time_unit
    or not MEAN[self.at.kind] and "percentage points") or nil
  local axis = unit and ("%s (%s)"):format(name, unit) or name
  local figure = require("lobule.figure").forest { title = opts.title or self.title,
    desc = ("%ss with their intervals. %s."):format(name, table.concat(words, "; ")),
    width_mm = opts.width_mm, rows = rows, log = is_ratio(self),
    estimate_label = ("%s (%s %% CI)"):format(name, level), reference = is_ratio(self) and 1 or 0,
    x_label = axis, favours = opts.favours }
  return opts.journal and figure:styled(opts.journal) or figure
end

return M
