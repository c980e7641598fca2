--- Restricted mean survival time: by group, differences and ratios, time lost to each cause.
local check = require "lobule.check"
local contrasts = require "lobule.survival.rmst_contrast"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local horizons = require "lobule.survival.horizons"
local printed = require "lobule.printed"
local quantity = require "lobule.quantity"
local result = require "lobule.result"
local view = require "lobule.survival.rmst_view"
local weights = require "lobule.survival.weights"

---@class lobule.Rmst
---@field tau number[]              the horizons
---@field from number               where the window begins
---@field causes string[]           competing causes; empty when there is one kind of event
---@field info table                n, n_rows, n_used, n_missing, n_event, dropped, groups
---@field warnings string[]
---@field title string
local Rmst = { __name = "lobule.Rmst" }
result.mixin(Rmst)

local M = {}

local OPTIONS <const> = weights.join { { "tau", "times" }, { "from", "number", 0 },
  { "conf_level", "level", 0.95 }, { "conf_type", { "plain", "log" }, "plain" },
  { "reference", "string" }, { "cluster", "string" }, { "censored", "any" },
  { "stratum_weights", contrasts.WEIGHTS, "size" } }

--- Raises when a horizon is beyond the last time of a group in which somebody is event-free then.
local function check_reach(fit, info)
  local most, group = math.huge, nil
  for g, one in ipairs(fit.groups) do
    if not one.ended and one.last < most then most, group = one.last, info.groups.label[g] end
  end
  local tau = fit.tau[#fit.tau]
  if tau <= most then return end
  core.raise("data", ("tau = %s is beyond the last time %s, %s, when people are event-free: "
    .. "the data do not say what follows"):format(core.format_number(tau),
      #fit.groups > 1 and ("of group '%s'"):format(group) or "of the data",
      core.format_number(most)), ("Choose tau up to %s."):format(core.format_number(most)))
end

--- The number of the group that others are compared with.
local function find_reference(info, name)
  if name == nil then return 1 end
  for g, label in ipairs(info.groups.label) do
    if label == name or info.groups.name[g] == name or label:match " = (.*)$" == name then
      return g
    end
  end
  local near = core.nearest(name, info.groups.label)
  core.raise("name", ("reference: no group '%s'%s"):format(name, near
    and (" (did you mean '%s'?)"):format(near) or ""),
    "Groups are: " .. table.concat(info.groups.label, ", ") .. ".")
end

local function warned(fit, info)
  local list = result.warnings(info)
  for g, one in ipairs(fit.groups) do
    if one.one_cluster then
      list[#list + 1] = ("the group '%s' is of one %s alone: it has no robust variance"):format(
        info.groups.label[g], info.n_cluster and "cluster" or "row")
    end
  end
  return list
end

--- Restricted mean survival time: the area under the Kaplan-Meier curve from `from` to tau, the
--- mean time lived event-free within the window, with differences and ratios between groups. The
--- variance is Greenwood's, sum over event times of A(t)^2 d / (n (n - d)) with A(t) the area after
--- t, as survRM2 and print(survfit, rmean = tau) (Irwin 1949, J Hyg 47:188; Royston & Parmar 2013,
--- BMC Med Res Methodol 13:152); with clusters and sampling weights the infinitesimal jackknife.
--- With competing causes the mean is of event-free time, and the area under each Aalen-Johansen
--- curve is the time lost to that cause (Andersen 2013, Stat Med 32:5278), its variance that of the
--- delta method on multinomial events; together they are tau - from. A tau beyond the last time of
--- a group is refused unless nobody was event-free then. At risk at t: entry < t <= time. With
--- strata(x) in the formula the means of a group are those of the strata averaged over the strata's
--- shares of all rows (Karrison 1987, JASA 82:1169; Zucker 1998, JASA 93:702). Rows missing any
--- variable of the formula are left out and counted.
---@param formula string            "Surv(time, event) ~ arm", "Surv(entry, time, event) ~ 1",
---                                 "Surv(time, cause) ~ arm" with causes as in survival.cuminc
---@param data lobule.Cohort|lobule.Frame
---@param options? table            tau: a horizon or an ascending list (default: the smallest of
---                                 the groups' last times); from (0): where the window begins;
---                                 conf_level (0.95); conf_type: "plain" (default), "log", of the
---                                 groups' means; reference: the group that others are compared
---                                 with (default: the first); stratum_weights: of strata when
---                                 groups are compared: "size" (default), "mantel_haenszel" n1 n0 /
---                                 (n1 + n0), "inverse_variance" (of the difference or log ratio);
---                                 censored: the level or number that
---                                 means censored; cluster: a column; weights: a column;
---                                 weight_type: "frequency" (rows repeated), "sampling" (robust
---                                 variance), "case" (variance on weighted counts)
---@return lobule.Rmst
---@raise as survival.km; tau beyond a group's follow-up; from not below tau; a group without rows
---       in a stratum
---@example lb.survival.rmst("Surv(months, progressed) ~ arm", lb.example_data(), { tau = 12 })
function M.rmst(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  weights.check(opts, data)
  local whole = fitting.clustered(formula, opts)
  local robust = opts.weight_type == "sampling" or whole:find "cluster%s*%(" ~= nil
  local model, info, causes = horizons.build(whole, weights.present(data, opts),
    robust and "groups" or "counts", opts)
  local fit = core.rmst(model, opts.from, opts.tau, robust)
  contrasts.check(fit, info)
  check_reach(fit, info)
  return setmetatable({ fit = fit, info = info, options = opts, tau = fit.tau, from = opts.from,
    causes = causes, title = view.title(fit.tau, opts.from, #causes > 0, info),
    reference = find_reference(info, opts.reference), model = model,
    warnings = warned(fit, info) }, Rmst)
end

local function cell_of(self, m, k)
  local cell = contrasts.cell(self.fit, m, k, self.tau[k] - self.from)
  return cell
end

--- What is estimated: the mean, the time lost, and of several causes that lost to each.
local function measures(self)
  local list = { 0, -1 }
  for m = 1, #self.causes do list[m + 2] = m end
  return list
end

local function group_name(self, g)
  local name = self.info.groups.name[g]
  return name ~= "" and name or "all"
end

local function persons(self, g)
  local group = self.fit.groups[g]
  return self.options.weight_type == "frequency" and math.tointeger(group.weight) or group.n
end

--- Events of the cause, or of any.
local function events(self, g, m)
  return m > 0 and self.fit.groups[g].cause_event[m] or self.fit.groups[g].n_event
end

local function z_value(level)
  return core.normal_quantile(0.5 + level / 2)
end

--- One estimate of a group with its limits.
local function mean_row(self, g, m, k, z)
  local cell = cell_of(self, m, k)
  local estimate, se = cell.estimate[g], math.sqrt(cell.variance[g])
  local low, high = estimate - z * se, estimate + z * se
  if self.options.conf_type == "log" then
    low, high = estimate * math.exp(-z * se / estimate), estimate * math.exp(z * se / estimate)
  end
  return { strata = group_name(self, g), measure = m == 0 and "restricted mean" or "time lost",
    cause = m > 0 and self.causes[m] or nil, from = self.from, tau = self.tau[k],
    estimate = estimate, std_error = se, conf_low = low, conf_high = high, n = persons(self, g),
    n_event = events(self, g, m) }
end

--- Contrasts of group g with the reference, on their scale.
local function contrast(self, g, m, k, kind, z)
  local r, ratio = self.reference, kind == "ratio"
  local estimate, variance = contrasts.compare(self.fit, { m = m, k = k,
    width = self.tau[k] - self.from, weights = self.options.stratum_weights }, g, r, ratio)
  local se = math.sqrt(variance)
  local function back(x) return ratio and math.exp(x) or x end
  local known = se > 0 and se < math.huge
  local statistic = known and estimate / se or 0 / 0
  return { strata = group_name(self, g), reference = group_name(self, r), from = self.from,
    tau = self.tau[k], measure = kind .. (m == 0 and "" or " of time lost"),
    cause = m > 0 and self.causes[m] or nil, estimate = back(estimate),
    std_error = known and se or 0 / 0, conf_low = known and back(estimate - z * se) or 0 / 0,
    conf_high = known and back(estimate + z * se) or 0 / 0, statistic = statistic,
    p_value = known and core.chi_square_p(statistic ^ 2, 1) or 0 / 0 }
end

local TIDY <const> = { { "strata", "text" }, { "measure", "text" }, { "cause", "text" },
  { "from", "real", true }, { "tau", "real", true }, { "estimate", "real", true },
  { "std_error", "real", true }, { "conf_low", "real", true }, { "conf_high", "real", true },
  { "n", "integer" }, { "n_event", "real" } }
local COMPARE <const> = { { "strata", "text" }, { "reference", "text" }, { "measure", "text" },
  { "cause", "text" }, { "from", "real", true }, { "tau", "real", true }, { "estimate", "real" },
  { "std_error", "real" }, { "conf_low", "real" }, { "conf_high", "real" },
  { "statistic", "real" }, { "p_value", "real" } }

--- A frame of rows; the column of causes only where there are several.
local function to_frame(self, rows, schema)
  local columns = {}
  for _, column in ipairs(schema) do
    local name = column[1]
    if name ~= "cause" or #self.causes > 0 then
      columns[#columns + 1] = { name, result.field(rows, name), column[2],
        unit = column[3] and self.info.time_unit or nil,
        label = name == "tau" and "To" or name == "from" and "From" or nil }
    end
  end
  return result.frame(columns)
end

--- The estimates, one row a horizon, group and measure: the restricted mean, the time lost (tau -
--- from - mean), and of competing causes the time lost to each.
---@return lobule.Frame             # strata, measure ("restricted mean", "time lost"), cause (NA:
---                                 any; only with several), from, tau, estimate, std_error,
---                                 conf_low, conf_high, n, n_event
function Rmst:tidy()
  local rows, z = {}, z_value(self.options.conf_level)
  for k = 1, #self.tau do
    for g = 1, #self.fit.groups do
      for _, m in ipairs(measures(self)) do rows[#rows + 1] = mean_row(self, g, m, k, z) end
    end
  end
  return (to_frame(self, rows, TIDY))
end

--- The groups against the reference: difference and ratio of the restricted means, ratio of the
--- time lost, and of competing causes difference and ratio of the time lost to each. Ratios have
--- their standard error on the log scale. Groups are independent unless clusters have rows in
--- several, which is then allowed for.
---@param options? table            conf_level (that of the fit)
---@return lobule.Frame             # strata, reference, measure ("difference", "ratio", "difference
---                                 of time lost", "ratio of time lost"), cause (NA: any; only with
---                                 several), from, tau, estimate, std_error, conf_low, conf_high,
---                                 statistic (normal), p_value
---@raise one group alone
function Rmst:compare(options)
  local opts <const> = check.options(options, { { "conf_level", "level",
    self.options.conf_level } })
  if #self.fit.groups < 2 then
    core.raise("argument", "one group alone: there is nothing to compare",
      "The groups stand right of '~'.")
  end
  local rows, z = {}, z_value(opts.conf_level)
  for k = 1, #self.tau do
    for g = 1, #self.fit.groups do
      for _, m in ipairs(g ~= self.reference and measures(self) or {}) do
        for _, kind in ipairs(m == -1 and { "ratio" } or { "difference", "ratio" }) do
          rows[#rows + 1] = contrast(self, g, m, k, kind, z)
        end
      end
    end
  end
  return (to_frame(self, rows, COMPARE))
end

--- Wald tests that the restricted means, and of competing causes the times lost to each, are the
--- same in all groups.
---@return lobule.Frame             # test, cause (NA: any; only with several), tau, statistic
---                                 (chi-square), df, p_value
function Rmst:tests()
  local rows = {}
  for k, tau in ipairs(self.tau) do
    for m = 0, #self.causes do
      local cell = self.fit.measures[m + 1][k]
      rows[#rows + 1] = { test = m == 0 and "equal restricted means" or "equal time lost",
        cause = self.causes[m], tau = tau, statistic = cell.chi_square, df = cell.df,
        p_value = cell.df > 0 and core.chi_square_p(cell.chi_square, cell.df) or 0 / 0 }
    end
  end
  return (to_frame(self, rows, { { "test", "text" }, { "cause", "text" }, { "tau", "real", true },
    { "statistic", "real" }, { "df", "integer" }, { "p_value", "real" } }))
end

--- Counts of the whole fit.
---@return lobule.Frame             # n, n_missing, n_event, n_causes, from, tau (the last),
---                                 conf_level, conf_type, variance
function Rmst:glance()
  local frame = result.frame { { "n", { self.info.n }, "integer" },
    { "n_missing", { self.info.n_missing }, "integer" },
    { "n_event", { self.info.n_event }, "real" },
    { "n_causes", { math.max(1, #self.causes) }, "integer" },
    { "from", { self.from }, "real" }, { "tau", { self.tau[#self.tau] }, "real" },
    { "conf_level", { self.options.conf_level }, "real" },
    { "conf_type", { self.options.conf_type }, "text" },
    { "variance", { self.fit.robust and "jackknife" or "greenwood" }, "text" } }
  return frame
end

--- Group, horizon and measure that the options of a quantity name.
local function find_place(self, options, compared)
  local opts, groups = result.group_options(options, { { "tau", "positive" }, { "cause", "any" },
    { "lost", "boolean", false } }, self.info)
  local k = #self.tau == 1 and 1 or nil
  for i, tau in ipairs(self.tau) do
    if tau == opts.tau then k = i end
  end
  if not k or (opts.tau and self.tau[k] ~= opts.tau) then
    core.raise("argument", "tau: which horizon is not said, or not one of the fit",
      "Horizons are: " .. table.concat(self.tau, ", ") .. ".")
  end
  local left = {}
  for _, g in ipairs(groups) do
    if not (compared and g == self.reference) then left[#left + 1] = g end
  end
  if #left ~= 1 then
    core.raise("argument", "one group must be named" .. (compared and ", not the reference" or ""),
      "Groups are: " .. table.concat(self.info.groups.name, "; ") .. ".")
  end
  local m = opts.lost and -1 or 0
  if opts.cause ~= nil then
    m = require("lobule.survival.cuminc").cause_number(self.causes, opts.cause)
  end
  return left[1], m, k
end

local function to_quantity(self, row, words, style)
  local to = core.format_number(row.tau)
  return quantity.new { estimate = row.estimate, conf_low = row.conf_low,
    conf_high = row.conf_high, conf_level = self.options.conf_level, style = style,
    unit = not style and self.info.time_unit or nil, n = row.n or self.info.n,
    n_event = row.n_event or self.info.n_event,
    label = ("%s to %s, %s"):format(words .. (row.cause and " to " .. row.cause or ""), to,
      row.strata) }
end

--- The restricted mean of one group as a number for a sentence.
---@param options? table            a group by name: { arm = "SIRT" }; tau (one of the fit's); lost:
---                                 true for the time lost; cause: lost to that one
---@return lobule.Quantity
---@example lb.survival.rmst("Surv(months, progressed) ~ arm", lb.example_data(), { tau = 12 })
---    :mean { arm = "SIRT" }
function Rmst:mean(options)
  local g, m, k = find_place(self, options or {})
  local q = to_quantity(self, mean_row(self, g, m, k, z_value(self.options.conf_level)),
    m == 0 and "Restricted mean" or "Time lost")
  return q
end

--- The difference of one group from the reference as a number for a sentence.
---@param options? table            a group by name: { arm = "SIRT" }; tau (one of the fit's); lost:
---                                 true for the time lost; cause: lost to that one
---@return lobule.Quantity
function Rmst:difference(options)
  local g, m, k = find_place(self, options or {}, true)
  local q = to_quantity(self, contrast(self, g, m, k, "difference",
    z_value(self.options.conf_level)),
    m == 0 and "Difference of restricted means" or "Difference of time lost")
  return q
end

--- The ratio of one group to the reference as a number for a sentence.
---@param options? table            a group by name: { arm = "SIRT" }; tau (one of the fit's); lost:
---                                 true for the time lost; cause: lost to that one
---@return lobule.Quantity
function Rmst:ratio(options)
  local g, m, k = find_place(self, options or {}, true)
  local q = to_quantity(self, contrast(self, g, m, k, "ratio",
    z_value(self.options.conf_level)),
    m == 0 and "Ratio of restricted means" or "Ratio of time lost", "ratio")
  return q
end

function Rmst:__tostring()
  local parts = {}
  for i, shown in ipairs(view.tables(self)) do parts[i] = tostring(shown) end
  return printed.text(self, table.concat(parts, "\n"))
end

--- The figure: survival curves, the area under each shaded over the window, a panel a group.
---@param options? table            tau: the horizon shaded (default: the last), times (ticks),
---                                 x_label, y_label, title, width_mm (183), journal
---@return lobule.Figure
function Rmst:plot(options)
  local figure = require("lobule.survival.rmst_plot")(self, options)
  return figure
end

--- The blocks of a report: means, comparisons, then warnings.
---@param options? table
---@return table[]
function Rmst:report_blocks(options)
  local tables = view.tables(self)
  local blocks = printed.blocks(self, tables[1], nil, options)
  for i = 2, #tables do table.insert(blocks, i, { kind = "table", table = tables[i] }) end
  return blocks
end

--- Everything at full precision, for JSON and provenance.
---@return table
function Rmst:record()
  local several = #self.fit.groups > 1
  return result.ordered { { "kind", "survival.rmst" }, { "formula", self.info.formula },
    { "stratum_weights", self.fit.crossed and self.options.stratum_weights or nil },
    { "from", self.from }, { "tau", self.tau }, { "conf_level", self.options.conf_level },
    { "conf_type", self.options.conf_type }, { "n", self.info.n },
    { "n_missing", self.info.n_missing }, { "n_event", self.info.n_event },
    { "means", result.record(self:tidy()) },
    { "comparisons", several and result.record(self:compare()) or nil },
    { "tests", several and result.record(self:tests()) or nil },
    { "lineage", self.info.lineage }, { "warnings", self.warnings } }
end

core.class("rmst", Rmst)
return result.functions("survival", M)
