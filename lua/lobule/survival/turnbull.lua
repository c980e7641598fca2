--- Turnbull's estimate: survival when events are known to lie between two times.
local check = require "lobule.check"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local weights = require "lobule.survival.weights"

---@class lobule.Turnbull
---@field info table                n, n_used, n_missing, dropped, groups
---@field warnings string[]
---@field title string
local Turnbull = { __name = "lobule.Turnbull" }
result.mixin(Turnbull)

local OPTIONS <const> = weights.join { { "conf_level", "level", 0.95 },
  { "replicates", "number", 500 }, { "seed", "number", 1 } }
local REFUSED <const> = { sampling = "The bootstrap would have to know how the sample was drawn.",
  case = 'weight_type = "frequency" repeats rows.' }

local function name_of(self, g)
  local name = self.info.groups.name[g]
  return name ~= "" and name or "all"
end

local function to_frame(rows, columns)
  local list = {}
  for j, column in ipairs(columns) do
    local values = { n = #rows }
    for i, row in ipairs(rows) do
      local value = row[column[1]]
      values[i] = (value == nil or value ~= value) and core.NA or value
    end
    list[j] = { column[1], values, column[2], unit = column.unit, label = column.label }
  end
  return result.frame(list)
end

--- Bootstrap limits of S at times; none without replicates.
local function limits(self, g, times)
  local opts = self.options
  if opts.replicates == 0 then return { conf_low = {}, conf_high = {} } end
  return core.turnbull_boot(self.model, g, times, opts.replicates, opts.seed, opts.conf_level,
    opts.weight_type == "frequency")
end

--- The estimate: an interval with mass a row, (left, right], one point when both are equal.
--- `estimate` is survival after it; inside an interval survival falls from the row before to this
--- one, where no data say; NA after a last interval that is open.
---@return lobule.Frame             # strata, left, right, mass, estimate, conf_low, conf_high
---@example local d = lb.example_data():mutate { "seen = if_else(progressed, months, NA)" }
---  lb.survival.turnbull("Surv_interval(months, seen) ~ arm", d):tidy()
function Turnbull:tidy()
  local rows = {}
  for g, curve in ipairs(self.fit) do
    local times, sum = {}, 0
    for j, right in ipairs(curve.right) do times[j] = math.min(right, 1.7e308) end
    local ci = limits(self, g, times)
    for j, mass in ipairs(curve.mass) do
      sum = sum + mass
      local open = curve.right[j] == math.huge
      rows[#rows + 1] = { strata = name_of(self, g), left = curve.left[j], right = curve.right[j],
        mass = mass,
        estimate = not open and math.max(0, j == #curve.mass and 0 or 1 - sum) or nil,
        conf_low = not open and ci.conf_low[j] or nil,
        conf_high = not open and ci.conf_high[j] or nil }
    end
  end
  local unit = self.info.time_unit
  return (to_frame(rows, { { "strata", "text" }, { "left", "real", unit = unit, label = "After" },
    { "right", "real", unit = unit, label = "Up to" }, { "mass", "real", label = "Mass" },
    { "estimate", "real" }, { "conf_low", "real" }, { "conf_high", "real" } }))
end

--- What the fit of each group rests on and how well it converged: kkt is the largest violation of
--- the Karush-Kuhn-Tucker conditions, relative; no curve has a log-likelihood more than n kkt
--- higher.
---@return lobule.Frame             # strata, n, n_exact, n_left, n_between, n_right, n_innermost,
---                                 n_interval, log_lik, kkt, n_iter, converged, unique
function Turnbull:glance()
  local rows = {}
  for g, curve in ipairs(self.fit) do
    rows[g] = { strata = name_of(self, g), n_interval = #curve.mass }
    for key, value in next, curve do
      if type(value) ~= "table" then rows[g][key] = value end
    end
  end
  local columns = { { "strata", "text" } }
  for _, name in ipairs { "n", "n_exact", "n_left", "n_between", "n_right", "n_innermost",
    "n_interval" } do
    columns[#columns + 1] = { name, "integer" }
  end
  for _, name in ipairs { "log_lik", "kkt" } do columns[#columns + 1] = { name, "real" } end
  columns[#columns + 1] = { "n_iter", "integer" }
  for _, name in ipairs { "converged", "unique" } do columns[#columns + 1] = { name, "logical" } end
  return (to_frame(rows, columns))
end

--- Bounds of S at a time: equal unless it lies inside an interval with mass.
local function bounds(curve, time)
  local after, around = 0, 0
  for j = #curve.mass, 1, -1 do
    if curve.right[j] <= time then break end
    if curve.left[j] >= time then
      after = after + curve.mass[j]
    else
      around = around + curve.mass[j]
    end
  end
  return math.min(1, after), math.min(1, after + around)
end

--- Survival at given times. Inside an interval with mass only bounds are known and `estimate` is
--- NA; limits are bootstrap percentiles of those bounds.
---@param options table             a list of ascending times, and a group by name
---@return lobule.Frame             # strata, time, estimate, survival_low, survival_high, conf_low,
---                                 conf_high
---@example local d = lb.example_data():mutate { "seen = if_else(progressed, months, NA)" }
---  lb.survival.turnbull("Surv_interval(months, seen) ~ arm", d):at { 6, 12 }
function Turnbull:at(options)
  if type(options) == "number" then options = { options } end
  local times, rest = result.split_times(options)
  local given, groups = result.group_options(rest, { { "times", "times" } }, self.info)
  times = check.options({ times = given.times or times }, { { "times", "times" } }).times
  local rows = {}
  for _, g in ipairs(groups) do
    local ci = limits(self, g, times)
    for i, time in ipairs(times) do
      local low, high = bounds(self.fit[g], time)
      rows[#rows + 1] = { strata = name_of(self, g), time = time, survival_low = low,
        survival_high = high, estimate = high - low < 1e-9 and high or nil,
        conf_low = ci.conf_low[i], conf_high = ci.conf_high[i] }
    end
  end
  return (to_frame(rows, { { "strata", "text" }, { "time", "real", unit = self.info.time_unit },
    { "estimate", "real" }, { "survival_low", "real", label = "At least" },
    { "survival_high", "real", label = "At most" }, { "conf_low", "real" },
    { "conf_high", "real" } }))
end

--- The interval in which a fraction is reached; nil after the last inspection.
local function quantile(curve, prob)
  local sum = 0
  for j, mass in ipairs(curve.mass) do
    sum = sum + mass
    if sum >= prob - 1e-9 then
      if curve.right[j] == math.huge then return nil end
      local flat = sum <= prob + 1e-9 and curve.right[j + 1] ~= nil
      return curve.left[j], curve.right[flat and j + 1 or j]
    end
  end
end

--- Times by which a fraction has had the event: the interval in which the estimate reaches it,
--- within which no data say where. NA when it is reached only after the last inspection.
---@param options? table            prob: a fraction or a list (default 0.25, 0.5, 0.75); a group by
---                                 name
---@return lobule.Frame             # strata, prob, left, right
function Turnbull:quantile(options)
  local opts, groups = result.group_options(options,
    { { "prob", "any", { 0.25, 0.5, 0.75 } } }, self.info)
  local rows = {}
  for _, g in ipairs(groups) do
    for _, prob in ipairs(result.check_prob(opts.prob)) do
      local left, right = quantile(self.fit[g], prob)
      rows[#rows + 1] = { strata = name_of(self, g), prob = prob, left = left, right = right }
    end
  end
  local unit = self.info.time_unit
  return (to_frame(rows, { { "strata", "text" }, { "prob", "real" },
    { "left", "real", unit = unit, label = "After" },
    { "right", "real", unit = unit, label = "Up to" } }))
end

--- Generalised log-rank test of equal survival in the groups by permutation of scores under the
--- curve of all (Finkelstein 1986, Biometrics 42:845; the variance that of permutations, Fay & Shaw
--- 2010, J Stat Softw 36(2)). It assumes that times of inspection do not depend on the group.
---@return lobule.Frame             # statistic (chi-square), df, p_value
---@raise fewer than two groups; weights
---@example local d = lb.example_data():mutate { "seen = if_else(progressed, months, NA)" }
---  lb.survival.turnbull("Surv_interval(months, seen) ~ sex", d):test()
function Turnbull:test()
  local k = #self.info.groups.label
  if k < 2 then
    core.raise("argument", "one curve alone: there is nothing to compare",
      "The groups stand right of '~'.")
  elseif self.options.weights then
    core.raise("argument", "the test counts rows: it takes no weights", "Leave weights out.")
  end
  local s = core.turnbull_scores(self.model)
  local n, sum, square, by, size = #s.score, 0, 0, {}, {}
  for g = 1, k do by[g], size[g] = 0, 0 end
  for i, c in ipairs(s.score) do
    local g = math.tointeger(s.group[i])
    sum, by[g], size[g] = sum + c, by[g] + c, size[g] + 1
  end
  local mean = sum / n
  for _, c in ipairs(s.score) do square = square + (c - mean) ^ 2 end
  -- Exchangeable scores: the chi-square of k group sums is that of a Kruskal-Wallis test.
  local statistic = 0
  for g = 1, k do statistic = statistic + (by[g] - size[g] * mean) ^ 2 / size[g] end
  statistic = square > 0 and statistic * (n - 1) / square or 0 / 0
  local p = statistic == statistic and core.chi_square_p(statistic, k - 1) or 0 / 0
  return (to_frame({ { statistic = statistic, df = k - 1, p_value = p } }, {
    { "statistic", "real" }, { "df", "integer" }, { "p_value", "real" } }))
end

local function median_cell(curve)
  local left, right = quantile(curve, 0.5)
  if not right then return "not reached" end
  if left == right then return format.number(left, 3) end
  return format.number(left, 3) .. " to " .. format.number(right, 3)
end

local function summary_table(self)
  local Table = require "lobule.table"
  local rows = {}
  for g, label in ipairs(self.info.groups.label) do
    local c = self.fit[g]
    rows[g] = { label, tostring(c.n), tostring(c.n_exact), tostring(c.n_left),
      tostring(c.n_between), tostring(c.n_right), median_cell(c) }
  end
  local columns = { { label = "Group", align = "left" } }
  for i, label in ipairs { "N", "Exact", "Before", "Between", "Not yet", "Median" } do
    columns[i + 1] = { label = label, align = "right",
      unit = label == "Median" and self.info.time_unit or nil }
  end
  local opts = self.options
  local notes = { "Exact: time known; before: by the first look; between: two looks; not yet: at "
    .. "the last look. The median lies anywhere in its interval.",
    opts.replicates > 0 and ("Limits: %s %% percentiles of %d bootstrap replicates, seed %d.")
      :format(core.format_number(100 * opts.conf_level), opts.replicates, opts.seed) or nil }
  notes[#notes + 1] = weights.text(opts, self.info)
  return Table.new { rows = rows, columns = columns, notes = notes }
end

function Turnbull:__tostring()
  return printed.text(self, summary_table(self))
end

--- The blocks of a report: the table of medians, then warnings.
---@param options? table
---@return table[]
function Turnbull:report_blocks(options)
  return (printed.blocks(self, summary_table(self), nil, options))
end

--- Everything at full precision, for JSON and provenance.
---@return table
function Turnbull:record()
  return result.ordered { { "kind", "survival.turnbull" }, { "formula", self.info.formula },
    { "n", self.info.n }, { "n_missing", self.info.n_missing },
    { "conf_level", self.options.conf_level }, { "replicates", self.options.replicates },
    { "seed", self.options.seed }, { "curve", result.record(self:tidy()) },
    { "fit", result.record(self:glance()) }, { "lineage", self.info.lineage },
    { "warnings", self.warnings } }
end

--- The figure: survival falls in steps; inside an interval with mass, where no data say how, the
--- shaded box spans what is possible.
---@param options? table            x_label, y_label, title, width_mm (183), times
---@return lobule.Figure
---@example local d = lb.example_data():mutate { "seen = if_else(progressed, months, NA)" }
---  lb.survival.turnbull("Surv_interval(months, seen) ~ arm", d):plot()
function Turnbull:plot(options)
  local figure = require("lobule.survival.turnbull_plot")(self, options)
  return figure
end

local function warned(fit, info)
  local list = {}
  for g, curve in ipairs(fit) do
    local who = #fit > 1 and (" of '%s'"):format(info.groups.label[g]) or ""
    if not curve.converged then
      list[#list + 1] = ("the curve%s is not at the maximum yet: the conditions are off by %s")
        :format(who, core.format_number(curve.kkt))
    elseif not curve.unique then
      list[#list + 1] = ("other curves%s have the same likelihood: the masses are not unique")
        :format(who)
    end
    if curve.n > 0 and curve.n_right == curve.n then
      list[#list + 1] = ("no event%s among %d rows"):format(who, curve.n)
    end
  end
  return list
end

core.class("turnbull", Turnbull)

local M = {}

--- Survival when events are known to lie between two inspections: Turnbull's maximum likelihood
--- estimate (1976, JRSS B 38:290), one curve per group. An event lies in (lower, upper]; both
--- equal: at that time; lower missing: before upper; upper missing: not until lower. The likelihood
--- is maximised to the Karush-Kuhn-Tucker conditions (see glance()). Limits are bootstrap
--- percentiles; with inspection times that differ from person to person they are no more than a
--- guide. Rows missing both limits or a group are left out and counted.
---@param formula string            "Surv_interval(lower, upper) ~ group"; times in any one unit
---@param data lobule.Cohort|lobule.Frame
---@param options? table            conf_level (0.95); replicates of the bootstrap (500; 0: no
---                                 limits); seed (1); weights with weight_type "frequency"
---@return lobule.Turnbull
---@raise limits that are negative or the wrong way round; weights of another type; clusters
---@example local d = lb.example_data():mutate { "seen = if_else(progressed, months, NA)" }
---  lb.survival.turnbull("Surv_interval(months, seen) ~ arm", d)
function M.turnbull(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  for _, name in ipairs { "replicates", "seed" } do
    local whole = math.tointeger(opts[name])
    if not whole or whole < 0 or (name == "replicates" and whole == 1) then
      core.raise("argument", name .. ": expected a whole number",
        name == "replicates" and "0 for none, else at least 2." or nil)
    end
    opts[name] = whole
  end
  weights.check(opts, data, REFUSED)
  local model, info = fitting.build(formula, weights.present(data, opts), "groups", opts,
    { outcome = "interval" })
  if not info.interval then
    core.raise("argument", "turnbull takes limits of times",
      "Write Surv_interval(lower, upper) ~ group; for Surv(time, event) use survival.km.")
  end
  local fit = core.turnbull(model)
  return setmetatable({ fit = fit, model = model, info = info, options = opts,
    title = "Turnbull estimate of interval-censored survival", warnings = warned(fit, info) },
    Turnbull)
end

return result.functions("survival", M)
