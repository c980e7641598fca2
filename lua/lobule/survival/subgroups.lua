--- Hazard ratios of arms within the levels of other variables, with tests of interaction.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local nested = require "lobule.anova_nested"
local printed = require "lobule.printed"
local result = require "lobule.result"
local shown = require "lobule.shown"

---@class lobule.Subgroups
---@field rows table[]              each { variable, level, arm, reference, n, n_event, estimate,
---                                 std_error, p_value, conf_low, conf_high }
---@field tests table[]             each { variable, n, n_missing, statistic, df, p_value }
---@field title string
---@field warnings string[]
local Subgroups = { __name = "lobule.Subgroups" }
result.mixin(Subgroups)

local M = {}

--- The one factor of the formula: its name in the formula, its levels, the reference first.
local function arm_of(overall)
  local arm
  for _, term in ipairs(overall.info.terms) do
    if not term.level or (arm and term.variable ~= arm.variable) then
      core.raise("argument", "the formula must have one factor on its right-hand side, the arms",
        'Write survival.subgroups("Surv(time, event) ~ treatment", data, { by = { "sex" } }).')
    end
    arm = arm or { variable = term.variable, levels = { term.reference } }
    arm.levels[#arm.levels + 1] = term.level
  end
  if not arm then core.raise("argument", "the formula has no arms to compare") end
  return arm
end

--- f(...), or nil where the data of a subgroup cannot answer: one arm, no event.
local function possible(f, ...)
  local ok, value = pcall(f, ...)
  if ok then return value end
  if type(value) ~= "table" or value.code ~= "data" then error(value, 0) end
end

--- The rows of one level: counts, and the estimates of each arm but the first.
local function level_rows(self, variable, level, frame)
  local survival = require "lobule.survival"
  local km = possible(survival.km, self.formula, frame)
  local fit = km and possible(survival.cox, self.formula, frame,
    { conf_level = self.options.conf_level })
  local by_arm = {}
  for _, row in ipairs(fit and fit:tidy({ exponentiate = true }):rows_list() or {}) do
    by_arm[row.level] = row
  end
  for i = 2, #self.arm.levels do
    local row = by_arm[self.arm.levels[i]] or {}
    self.rows[#self.rows + 1] = { variable = variable, level = level, arm = self.arm.levels[i],
      reference = self.arm.levels[1], n = km and km.info.n_used or 0,
      n_event = km and km.info.n_event or 0, estimate = row.estimate, std_error = row.std_error,
      p_value = row.p_value, conf_low = row.conf_low, conf_high = row.conf_high }
  end
end

--- Whether a fit's log-likelihood has come to its maximum, or to its limit.
local function settles(fit)
  return fit.converged or nested.at_limit(fit)
end

--- Likelihood ratio of the model with the product of arm and variable against that without.
local function interaction(self, variable, frame)
  local survival, anova = require "lobule.survival", require("lobule.anova").anova
  local known = core.reject(frame, ("is_na(`%s`)"):format(variable))
  local formula = ("%s + `%s`"):format(self.formula, variable)
  local small = possible(survival.cox, formula, known)
  local large = small and possible(survival.cox, ("%s + `%s`:`%s`"):format(formula,
    self.arm.variable, variable), known)
  local settled = large and settles(small) and settles(large)
  if large and not settled then
    self.warnings[#self.warnings + 1] = ("%s: the model of the interaction did not converge")
      :format(self.labels[variable])
  end
  local more = settled and nested.df(large) > nested.df(small)
  if settled and not more then
    self.warnings[#self.warnings + 1] = ("%s: none of its levels has both arms, there is no "
      .. "interaction to test"):format(self.labels[variable])
  end
  local row = more and anova(small, large):tidy():rows_list()[2] or {}
  self.tests[#self.tests + 1] = { variable = variable, n = small and small.info.n_used or #known,
    n_missing = #frame - #known, statistic = row.statistic, df = row.df, p_value = row.p_value }
end

local FEW <const> = 10 -- whole numbers that are codes rather than measurements

--- A number is no grouping: codes become a factor, measurements are cut, here at their median.
local function refuse_numbers(variable, kind, frame)
  local name, mend = variable:find "^[%a_][%w_]*$" and variable or "`" .. variable .. "`"
  if kind == "integer" and #core.split(frame, { variable }) <= FEW then
    mend = (':mutate { "%s = factor(%s)" } makes it one.'):format(name, name)
  else
    local summary = frame:summarise { ("middle = median(`%s`)"):format(variable) }
    local at = format.number(summary:column("middle")[1], 2)
    mend = ('Cut it: :mutate { "group = cut(%s, {%s}, {\'<%s\', \'%s+\'})" }.'):format(
      name, at, at, at)
  end
  core.raise("type", ("column '%s' is %s: subgroups are levels of a factor"):format(variable, kind),
    mend)
end

local function one_variable(self, variable, frame)
  local kind = frame:column(variable):type()
  if kind ~= "factor" and kind ~= "logical" and kind ~= "text" then
    refuse_numbers(variable, kind, frame)
  end
  for _, group in ipairs(core.split(frame, { variable })) do
    local key = group.key[1]
    if key ~= core.NA then
      local level = tostring(key)
      if kind == "logical" then level = level == "true" and "yes" or "no" end
      level_rows(self, variable, level, group.frame)
    end
  end
  interaction(self, variable, frame)
end

--- Fits the whole and every subgroup; see lb.survival.subgroups.
---@param formula string
---@param data lobule.Cohort|lobule.Frame
---@param opts table                by, conf_level
---@return lobule.Subgroups
function M.new(formula, data, opts)
  local frame = check.data(data)
  for _, name in ipairs(opts.by) do check.column(frame, name) end
  local overall = require("lobule.survival").cox(formula, data, { conf_level = opts.conf_level })
  local self = setmetatable({ formula = formula, options = opts, overall = overall, rows = {},
    tests = {}, arm = arm_of(overall), labels = {}, warnings = {}, title = "Hazard ratios by "
    .. "subgroup" }, Subgroups)
  level_rows(self, "all", "all", frame)
  for _, name in ipairs(opts.by) do
    self.labels[name] = frame:column(name):label() or name
    one_variable(self, name, frame)
  end
  return self
end

local function frame_of(columns, rows)
  local list = {}
  for j, column in ipairs(columns) do
    local values = { n = #rows }
    for i, row in ipairs(rows) do
      local value = row[column[1]]
      values[i] = value == nil and core.NA or value
    end
    list[j] = { column[1], values, column[2] }
  end
  return result.frame(list)
end

--- One row a subgroup and arm, ratios exponentiated, std_error on the log scale; the first rows are
--- those of all patients. NA where a subgroup has one arm or no event.
---@return lobule.Frame             # variable, level, arm, reference, n, n_event, estimate,
---                                 std_error, p_value, conf_low, conf_high
function Subgroups:tidy()
  local frame = frame_of({ { "variable", "text" }, { "level", "text" }, { "arm", "text" },
    { "reference", "text" }, { "n", "integer" }, { "n_event", "real" }, { "estimate", "real" },
    { "std_error", "real" }, { "p_value", "real" }, { "conf_low", "real" },
    { "conf_high", "real" } }, self.rows)
  return frame
end

--- The tests of interaction, one row a variable.
---@return lobule.Frame             # variable, n, n_missing, statistic, df, p_value
function Subgroups:glance()
  local frame = frame_of({ { "variable", "text" }, { "n", "integer" }, { "n_missing", "integer" },
    { "statistic", "real" }, { "df", "integer" }, { "p_value", "real" } }, self.tests)
  return frame
end

local function ratio_text(row)
  if not row.estimate then return "NA" end
  local estimate, low, high = format.ratio_interval(row.estimate, row.conf_low, row.conf_high)
  return ("%s (%s to %s)"):format(estimate, low, high)
end

--- "Sex (interaction p = 0.34)"; for all patients the arms that are compared.
local function heading(self, variable)
  for _, test in ipairs(self.tests) do
    if test.variable == variable then
      local missing = test.n_missing > 0 and (", %d missing"):format(test.n_missing) or ""
      return ("%s (interaction %s%s)"):format(self.labels[variable], test.p_value
        and shown.p_phrase(test.p_value) or "not estimable", missing)
    end
  end
  return "All patients"
end

local function row_label(self, row)
  local label = row.level == "all" and row.variable == "all" and "crude" or row.level
  if #self.arm.levels == 2 then return label end
  return ("%s: %s vs %s"):format(label, row.arm, row.reference)
end

--- Calls back for each heading and each row, in order; rows of all patients first.
local function walk(self, on_heading, on_row)
  local last
  for _, row in ipairs(self.rows) do
    if row.variable ~= last then on_heading(heading(self, row.variable)) end
    last = row.variable
    on_row(row_label(self, row), row)
  end
end

local function view(self)
  local rows = {}
  walk(self, function(text) rows[#rows + 1] = { text, kind = "heading" } end,
    function(label, row)
      rows[#rows + 1] = { label, ("%d"):format(row.n), format.number(row.n_event, 6),
        ratio_text(row), indent = 1 }
    end)
  local level = core.format_number(100 * self.options.conf_level)
  return require("lobule.table").new { caption = self.title, rows = rows, columns = {
    { label = "Subgroup" }, { label = "N", align = "right" }, { label = "Events", align = "right" },
    { label = ("Hazard ratio (%s %% CI)"):format(level), align = "right" } },
    notes = { ("%s; reference: %s. Interaction: likelihood ratio of the model with the product."):
      format(self.formula, self.arm.levels[1]) } }
end

function Subgroups:__tostring()
  return printed.text(self, view(self))
end

--- The forest plot: all patients, then each variable with its interaction p value. Fits of the
--- whole given in `overall`, such as an adjusted one, stand below the crude ratio.
---@param options? table            title, width_mm (183), favours: two texts; overall: a list of
---                                 { name, cox }
---@return lobule.Figure
function Subgroups:plot(options)
  local opts <const> = check.options(options, { { "title", "string", self.title },
    { "width_mm", "positive", 183 }, { "favours", "texts" }, { "overall", "table", {} } })
  local rows, words, n_all = {}, {}, #self.arm.levels - 1
  local function add(label, row)
    local function known(x) return x or 0 / 0 end
    rows[#rows + 1] = { label = label, indent = 1, cells = { ("%s/%d"):format(
      format.number(row.n_event, 6), row.n) }, estimate = known(row.estimate),
      conf_low = known(row.conf_low), conf_high = known(row.conf_high), text = ratio_text(row) }
    words[#words + 1] = label .. " " .. ratio_text(row)
  end
  local function add_overall()
    for _, entry in ipairs(opts.overall) do
      for _, row in ipairs(entry[2]:tidy({ exponentiate = true }):rows_list()) do
        if row.variable == self.arm.variable then
          row.arm, row.n, row.n_event = row.level, entry[2].info.n_used, entry[2].fit.n_event
          row.level, row.variable = entry[1], "overall"
          add(row_label(self, row), row)
        end
      end
    end
  end
  walk(self, function(text)
    rows[#rows + 1] = { label = text, header = true }
    words[#words + 1] = text
  end, function(label, row)
    add(label, row)
    if #rows == n_all + 1 then add_overall() end
  end)
  local level = core.format_number(100 * self.options.conf_level)
  return (require("lobule.figure").forest { title = opts.title, width_mm = opts.width_mm,
    desc = "Hazard ratios with their intervals by subgroup. " .. table.concat(words, "; ") .. ".",
    columns = { { label = "Events/N", align = "right" } }, rows = rows, log = true, reference = 1,
    estimate_label = ("Hazard ratio (%s %% CI)"):format(level), x_label = "Hazard ratio",
    favours = opts.favours })
end

--- The blocks of a report: the table.
---@param options? table
---@return table[]
function Subgroups:report_blocks(options)
  return (printed.blocks(self, view(self), nil, options))
end

--- Everything at full precision.
---@return table
function Subgroups:record()
  return result.ordered { { "kind", "survival.subgroups" }, { "formula", self.formula },
    { "conf_level", self.options.conf_level }, { "estimates", result.record(self:tidy()) },
    { "tests", result.record(self:glance()) }, { "lineage", self.overall.info.lineage } }
end

core.class("subgroups", Subgroups)
return M
