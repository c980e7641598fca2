--- Pooled proportions: studies, pooled estimates, heterogeneity, as tables and for sentences.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local quantity = require "lobule.quantity"
local result = require "lobule.result"
local shown = require "lobule.shown"
local view = require "lobule.meta.pool_view"

---@class lobule.PooledProportion
---@field groups table[]            each { label, studies, fit }
---@field between? table            test of differences between groups: q, df, p_value
---@field title string
---@field warnings string[]
local Pooled = { __name = "lobule.PooledProportion" }
result.mixin(Pooled)

local M = {}

local interval_text <const>, known <const> = view.interval_text, view.known
local MODELS <const> = { "random", "fixed" }

--- Refuses what the added halves alone would answer.
local function check_logit(group, opts)
  local x, n = 0, 0
  for _, study in ipairs(group.studies) do x, n = x + study.x, n + study.n end
  group.x, group.n = x, n
  if opts.scale ~= "logit" or #group.studies < 2 or (x > 0 and x < n) then return end
  local where = opts.by and (" of '%s'"):format(group.label) or ""
  core.raise("data", ("%s in any study%s: on the logit scale the pooled proportion would come "
    .. "from the halves that are added, not from the data"):format(x == 0 and "there is no event"
    or "there are only events", where),
    'Use scale = "freeman-tukey", or report the sum with its exact interval: '
    .. 'lb.categorical.proportion(x, n, { method = "exact" }).')
end

local function fit_group(group, opts)
  check_logit(group, opts)
  local x, n = {}, {}
  for i, study in ipairs(group.studies) do
    study.conf_low, study.conf_high = core.proportion(study.x, study.n, opts.conf_level,
      opts.interval)
    x[i], n[i] = study.x, study.n
  end
  if #group.studies < 2 then return end
  group.fit = core.pool_proportions(x, n, opts.scale, opts.conf_level,
    opts.test == "hartung-knapp")
end

--- Q of the groups' random-effects means: do the groups differ more than chance lets them?
local function between(groups, opts)
  local y, v = {}, {}
  for _, group in ipairs(groups) do
    if group.fit and group.fit.random.std_error > 0 then
      y[#y + 1], v[#v + 1] = group.fit.random.estimate, group.fit.random.std_error ^ 2
    end
  end
  if #y < 2 then return nil end
  local pool = core.pool(y, v, opts.conf_level)
  return { q = pool.q, df = #y - 1, p_value = pool.q_p_value, k = #y }
end

--- The pooled proportion of the Freeman-Tukey scale can leave the range of the studies (Schwarzer
--- et al. 2019, Res Synth Methods 10:476).
local function outside(group)
  local least, most = 1, 0
  for _, study in ipairs(group.studies) do
    least, most = math.min(least, study.x / study.n), math.max(most, study.x / study.n)
  end
  local fit = group.fit
  for _, pooled in ipairs { fit.proportion_fixed, fit.proportion_random } do
    if pooled.estimate < least - 1e-12 or pooled.estimate > most + 1e-12 then return true end
  end
  return false
end

local function warnings_of(self)
  local list = {}
  for _, group in ipairs(self.groups) do
    local of = self.options.by and (" of '%s'"):format(group.label) or ""
    if not group.fit then
      list[#list + 1] = ("one study%s: shown, not pooled"):format(of)
    elseif self.options.scale == "freeman-tukey" and outside(group) then
      list[#list + 1] = ("the pooled proportion%s lies outside the range of the studies: the way "
        .. "back from the Freeman-Tukey scale misleads when sizes differ much; use the logit scale")
        :format(of)
    end
  end
  return list
end

--- Fits every group.
---@param groups table[]            each { label, studies }
---@param opts table
---@param about table               left: rows left out by reason; lineage; n_rows
---@return lobule.PooledProportion
function M.new(groups, opts, about)
  for _, group in ipairs(groups) do fit_group(group, opts) end
  local self = setmetatable({ groups = groups, options = opts, left = about.left,
    lineage = about.lineage or false, n_rows = about.n_rows,
    between = opts.by and between(groups, opts) or false,
    title = ("Pooled proportion, %s / %s"):format(opts.events, opts.total) }, Pooled)
  self.warnings = warnings_of(self)
  return self
end

--- The group named, or the only one.
local function group_of(self, name)
  local labels = {}
  for i, group in ipairs(self.groups) do
    labels[i] = group.label
    if group.label == name or (name == nil and #self.groups == 1) then
      if group.fit then return group end
      core.raise("data", ("'%s' has one study: nothing is pooled"):format(group.label))
    end
  end
  if name == nil then
    core.raise("argument", "there are several groups", "Name one of: " .. table.concat(labels, ", ")
      .. ", as in { group = \"" .. labels[1] .. "\" }.")
  end
  local near = core.nearest(name, labels)
  core.raise("name", ("no group '%s'%s"):format(name, near
    and (" (did you mean '%s'?)"):format(near) or ""),
    "Groups are: " .. table.concat(labels, ", ") .. ".")
end

--- The pooled proportion for a sentence.
---@param options? table            model: "random" (default) or "fixed"; group: with by
---@return lobule.Quantity
function Pooled:pooled(options)
  local opts <const> = check.options(options, { { "model", MODELS, "random" },
    { "group", "string" } })
  local group = group_of(self, opts.group)
  local value = group.fit["proportion_" .. opts.model]
  local q = quantity.new { estimate = value.estimate, conf_low = value.conf_low,
    conf_high = value.conf_high, conf_level = self.options.conf_level, n = group.n,
    n_event = group.x, style = "percent", absent = "NA",
    label = ("Pooled proportion, %s effects"):format(opts.model) }
  return q
end

--- How far the studies differ, for a sentence: "I² 60 % (31 to 77), tau² 0.625, Q 37.6 on 15 df,
--- p = 0.001".
---@param options? table            group: with by
---@return lobule.Shown
function Pooled:heterogeneity(options)
  local opts <const> = check.options(options, { { "group", "string" } })
  local fit = group_of(self, opts.group).fit
  return shown.of(function(profile)
    return require("lobule.restyle").sentence(view.heterogeneity_text(fit, profile), profile)
  end)
end

--- The interval in which the proportion of a new study of the same kind is expected, for a
--- sentence.
---@param options? table            group: with by
---@return string                   # "47.2 to 96.9 %"; "not known from two studies"
function Pooled:prediction(options)
  local opts <const> = check.options(options, { { "group", "string" } })
  local predicted = group_of(self, opts.group).fit.proportion_predicted
  if not known(predicted.conf_low) then return "not known from two studies" end
  return interval_text(nil, predicted.conf_low, predicted.conf_high) .. " %"
end

--- The test of differences between groups, for a sentence; nil without groups.
---@return lobule.Shown?
function Pooled:differences()
  local test = self.between
  if not test then return nil end
  return shown.of(function(profile)
    return ("Q between groups %s on %d df, %s"):format(format.fixed(test.q, 1), test.df,
      shown.p_phrase(test.p_value, profile))
  end)
end

local TIDY <const> = { { "strata", "text" }, { "label", "text" }, { "kind", "text" },
  { "n_event", "integer" }, { "n", "integer" }, { "estimate", "real" }, { "conf_low", "real" },
  { "conf_high", "real" }, { "weight_fixed", "real" }, { "weight_random", "real" } }

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

local function study_rows(group, rows)
  for i, study in ipairs(group.studies) do
    rows[#rows + 1] = { strata = group.label, label = study.label, kind = "study",
      n_event = study.x, n = study.n, estimate = study.x / study.n, conf_low = study.conf_low,
      conf_high = study.conf_high, weight_fixed = group.fit and group.fit.weight_fixed[i],
      weight_random = group.fit and group.fit.weight_random[i] }
  end
end

--- One row a study, then the pooled rows of its group. Fractions, not percentages; weights are
--- shares.
---@return lobule.Frame             # strata, label, kind ("study", "fixed", "random",
---                                 "prediction"), n_event, n, estimate, conf_low, conf_high,
---                                 weight_fixed, weight_random
function Pooled:tidy()
  local rows = {}
  for _, group in ipairs(self.groups) do
    study_rows(group, rows)
    for _, model in ipairs(group.fit and { "fixed", "random", "prediction" } or {}) do
      local value = group.fit["proportion_" .. (model == "prediction" and "predicted" or model)]
      rows[#rows + 1] = { strata = group.label, label = model, kind = model, n_event = group.x,
        n = group.n, estimate = value.estimate, conf_low = value.conf_low,
        conf_high = value.conf_high }
    end
  end
  local frame = frame_of(TIDY, rows)
  return frame
end

local GLANCE <const> = { { "strata", "text" }, { "k", "integer" }, { "n_event", "integer" },
  { "n", "integer" }, { "estimate", "real" }, { "conf_low", "real" }, { "conf_high", "real" },
  { "predict_low", "real" }, { "predict_high", "real" }, { "q", "real" }, { "df", "integer" },
  { "p_value", "real" }, { "i2", "real" }, { "i2_low", "real" }, { "i2_high", "real" },
  { "tau2", "real" }, { "n_adjusted", "integer" }, { "n_missing", "integer" },
  { "scale", "text" }, { "conf_level", "real" } }

local function left_out(self)
  return self.left.counts + self.left.patients + self.left.group
end

--- One row a group: the random-effects estimate, the prediction interval and the heterogeneity;
--- p_value is that of Q. NA where one study or two cannot tell.
---@return lobule.Frame             # strata, k, n_event, n, estimate, conf_low, conf_high,
---                                 predict_low, predict_high, q, df, p_value, i2, i2_low, i2_high,
---                                 tau2, n_adjusted, n_missing, scale, conf_level
function Pooled:glance()
  local rows = {}
  for i, group in ipairs(self.groups) do
    local row = { strata = group.label, k = #group.studies, n_event = group.x, n = group.n,
      n_missing = left_out(self), n_adjusted = view.adjusted(group.fit), scale = self.options.scale,
      conf_level = self.options.conf_level }
    local fit = group.fit
    if fit then
      local random, predicted = fit.proportion_random, fit.proportion_predicted
      row.estimate, row.conf_low, row.conf_high = random.estimate, random.conf_low,
        random.conf_high
      row.predict_low, row.predict_high = predicted.conf_low, predicted.conf_high
      row.q, row.df, row.p_value, row.tau2 = fit.q, fit.k - 1, fit.q_p_value, fit.tau2
      row.i2, row.i2_low, row.i2_high = fit.i2, fit.i2_low, fit.i2_high
    end
    rows[i] = row
  end
  local frame = frame_of(GLANCE, rows)
  return frame
end

function Pooled:__tostring()
  local test = self:differences()
  return printed.text(self, view.table(self), { test and tostring(test) })
end

--- The forest plot; see lobule.meta.pool_plot.
---@param kind? "forest"
---@param options? table            title, width_mm (183), x_label ("Percent")
---@return lobule.Figure
function Pooled:plot(kind, options)
  if type(kind) == "table" then kind, options = "forest", kind end
  check.options({ kind = kind }, { { "kind", { "forest" }, "forest" } })
  local figure = require("lobule.meta.pool_plot")(self, options)
  return figure
end

--- The blocks of a report: the table, then warnings.
---@param options? table
---@return table[]
function Pooled:report_blocks(options)
  return (printed.blocks(self, view.table(self), nil, options))
end

--- Everything at full precision.
---@return table
function Pooled:record()
  local opts = self.options
  return result.ordered { { "kind", "meta.pool_proportions" }, { "events", opts.events },
    { "total", opts.total }, { "by", opts.by }, { "scale", opts.scale }, { "test", opts.test },
    { "conf_level", opts.conf_level }, { "interval", opts.interval },
    { "estimates", result.record(self:tidy()) }, { "glance", result.record(self:glance()) },
    { "between", self.between or nil }, { "lineage", self.lineage or nil },
    { "warnings", self.warnings } }
end

core.class("pooled_proportion", Pooled)
return M
