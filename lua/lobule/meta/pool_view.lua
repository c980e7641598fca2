--- How pooled proportions are shown: intervals, heterogeneity, the table with its notes.
local core = require "lobule.core"
local format = require "lobule.format"
local shown = require "lobule.shown"

local M = {}

local SCALES <const> = { logit = "logit", ["freeman-tukey"] = "Freeman-Tukey double arcsine",
  arcsine = "arcsine square root" }

local function percent(x)
  return format.fixed(100 * x, 1)
end

--- "84.2 (75.0 to 90.4)" of fractions; the interval alone without an estimate.
function M.interval_text(estimate, low, high)
  if estimate == nil then return ("%s to %s"):format(percent(low), percent(high)) end
  if low ~= low then return percent(estimate) .. " (NA)" end
  return ("%s (%s to %s)"):format(percent(estimate), percent(low), percent(high))
end

--- What so few studies cannot tell is NaN.
function M.known(x)
  return x == x
end

--- "I² 60 % (31 to 77), tau² 0.625, Q 37.6 on 15 df, p = 0.001".
function M.heterogeneity_text(fit, profile)
  local i2 = format.fixed(100 * fit.i2, 0)
  if M.known(fit.i2_low) then
    i2 = ("%s %% (%s to %s)"):format(i2, format.fixed(100 * fit.i2_low, 0),
      format.fixed(100 * fit.i2_high, 0))
  else
    i2 = i2 .. " %"
  end
  return ("I² %s, tau² %s, Q %s on %d df, %s"):format(i2, format.number(fit.tau2, 3),
    format.fixed(fit.q, 1), fit.k - 1, shown.p_phrase(fit.q_p_value, profile))
end

--- How many studies had halves added.
function M.adjusted(fit)
  local n = 0
  for _, one in ipairs(fit and fit.adjusted or {}) do n = n + (one and 1 or 0) end
  return n
end

--- What was done and what was left out, in sentences.
local function notes_of(self)
  local opts, n_adjusted = self.options, 0
  for _, group in ipairs(self.groups) do n_adjusted = n_adjusted + M.adjusted(group.fit) end
  local notes = { ("Pooled on the %s scale by inverse variances; random effects by DerSimonian and "
    .. "Laird%s; weights are theirs. Single studies: %s intervals."):format(SCALES[opts.scale],
    opts.test == "hartung-knapp" and ", limits by Hartung and Knapp" or "",
    opts.interval == "wilson" and "Wilson" or "exact (Clopper-Pearson)") }
  if n_adjusted > 0 then
    notes[#notes + 1] = ("1/2 was added to events and to non-events in %d %s with no event or "
      .. "nothing but events."):format(n_adjusted, n_adjusted == 1 and "study" or "studies")
  end
  if opts.scale == "freeman-tukey" then
    notes[#notes + 1] = "Brought back by Miller's formula with the harmonic mean of the totals; no "
      .. "study needs a correction for zero cells."
  end
  for _, reason in ipairs { { self.left.counts, "without counts" },
    { self.left.patients, "without patients" }, { self.left.group, "without a group" } } do
    if reason[1] > 0 then
      notes[#notes + 1] = ("%d %s %s left out."):format(reason[1], reason[1] == 1 and "row"
        or "rows", reason[2])
    end
  end
  return notes
end

local function pooled_row(label, value)
  return { label, "", M.interval_text(value.estimate, value.conf_low, value.conf_high), "",
    kind = "total" }
end

local function table_rows(self)
  local rows = {}
  for _, group in ipairs(self.groups) do
    if self.options.by then rows[#rows + 1] = { group.label, kind = "heading" } end
    for i, study in ipairs(group.studies) do
      rows[#rows + 1] = { study.label, ("%d/%d"):format(study.x, study.n),
        M.interval_text(study.x / study.n, study.conf_low, study.conf_high),
        group.fit and format.fixed(100 * group.fit.weight_random[i], 1) or "",
        indent = self.options.by and 1 or 0 }
    end
    local fit = group.fit
    if fit then
      rows[#rows + 1] = pooled_row("Random effects", fit.proportion_random)
      rows[#rows][2] = ("%d/%d"):format(group.x, group.n)
      rows[#rows + 1] = pooled_row("Fixed effect", fit.proportion_fixed)
      if M.known(fit.proportion_predicted.conf_low) then
        rows[#rows + 1] = pooled_row("Prediction interval", fit.proportion_predicted)
      end
      rows[#rows + 1] = { M.heterogeneity_text(fit), kind = "heading" }
    end
  end
  return rows
end

--- The studies and their pooled proportions as a table.
---@param self lobule.PooledProportion
---@return lobule.Table
function M.table(self)
  local level = core.format_number(100 * self.options.conf_level)
  return require("lobule.table").new { caption = self.title, rows = table_rows(self),
    columns = { { label = "Study" }, { label = "Events/N", align = "right" },
      { label = ("Percent (%s %% CI)"):format(level), align = "right" },
      { label = "Weight (%)", align = "right" } }, notes = notes_of(self) }
end

return M
