--- Figures of a penalised Cox model: the curve of a spline or the line of a variable, with its
--- limits; the forest of the rest.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local journal = require "lobule.report.journal"
local view = require "lobule.survival.cox_penal_print"

local CURVE <const> = { { "ratio", "boolean", false }, { "conf_level", "level" },
  { "x_label", "string" }, { "title", "string" }, { "width_mm", "positive", 89 },
  { "journal", journal.NAMES } }
local MOST_POINTS <const> = 300

--- The variables that have a curve: "log(bili)" and how it stands in the formula,
--- "pspline(log(bili))".
local function variables_of(self)
  local names, texts = {}, {}
  for _, term in ipairs(self.info.terms) do
    local plain = not term.level and not term.variable:find(":", 1, true)
    local name = term.variable:match "^pspline%s*%(" and view.argument(term.variable)
      or term.variable
    if plain and not texts[name] then names[#names + 1], texts[name] = name, term.variable end
  end
  return names, texts
end

--- The first spline of the model.
local function default_of(self)
  for _, penalty in ipairs(self.info.penalties) do
    if penalty.kind == "pspline" then return (view.argument(penalty.text)) end
  end
  return "forest"
end

--- Distinct values of x, ascending, with the term's part of the linear predictor and its standard
--- error; of very many an even choice, the ends among them.
local function points_of(self, name, variable)
  local part = core.cox_linear(self.model, self.fit, nil, variable)
  local frame = check.new_data(self.data):mutate({ "_x = " .. name })
  local x, y, se = frame:column "_x", part:column "estimate", part:column "std_error"
  local all, seen = {}, {}
  for i = 1, #frame do
    local at = x[i]
    if type(at) == "number" and type(y[i]) == "number" and not seen[at] then
      seen[at] = true
      all[#all + 1] = { x = at, y = y[i], se = se[i] }
    end
  end
  table.sort(all, function(a, b) return a.x < b.x end)
  if #all <= MOST_POINTS then return all end
  local kept = {}
  for k = 1, MOST_POINTS do
    kept[k] = all[1 + (k - 1) * (#all - 1) // (MOST_POINTS - 1)]
  end
  return kept
end

local function curve(self, name, options)
  local opts <const> = check.options(options, CURVE)
  local names, texts = variables_of(self)
  if not texts[name] then
    local near = core.nearest(tostring(name), names)
    core.raise("name", ("no curve of '%s'%s"):format(tostring(name),
      near and (" (did you mean '%s'?)"):format(near) or ""),
      "There are curves of: " .. table.concat(names, ", ") .. ".")
  end
  local level = opts.conf_level or self.options.conf_level
  local z = core.normal_quantile(0.5 + level / 2)
  local x, y, low, high = {}, {}, {}, {}
  local function shown(v) return opts.ratio and math.exp(v) or v end
  for i, point in ipairs(points_of(self, name, texts[name])) do
    x[i], y[i] = point.x, shown(point.y)
    low[i], high[i] = shown(point.y - z * point.se), shown(point.y + z * point.se)
  end
  local label = opts.x_label or self.info.labels[name] or name
  local what = opts.ratio and "Hazard ratio" or "Log hazard ratio"
  local zero = opts.ratio and 1 or 0
  local figure = require("lobule.figure").lines {
    title = opts.title or ("%s of %s, %s"):format(what, label, self.info.formula),
    desc = ("%s to a person at the mean of the term, from %s at %s to %s at %s, with pointwise "
      .. "%s %% limits."):format(what, format.number(y[1], 3), format.number(x[1], 4),
      format.number(y[#y], 3), format.number(x[#x], 4), core.format_number(100 * level)),
    width_mm = opts.width_mm, x_label = label, y_log = opts.ratio,
    y_label = ("%s (%s %% CI)"):format(what, core.format_number(100 * level)),
    data = { { title = what, columns = { { name = name, values = x },
      { name = "estimate", values = y }, { name = "conf_low", values = low },
      { name = "conf_high", values = high } } } },
    panels = { { lines = { { x = x, y = y, series = 1, look = "curve" },
      { x = { x[1], x[#x] }, y = { zero, zero }, look = "limit" },
      { x = x, y = high, base = low, series = 1, look = "area" } } } } }
  return opts.journal and figure:styled(opts.journal) or figure
end

local function ratio_text(row)
  if not row.estimate then return "NA" end
  local estimate, low, high = format.ratio_interval(row.estimate, row.conf_low, row.conf_high)
  return ("%s (%s to %s)"):format(estimate, low, high)
end

---@param self lobule.CoxPenalised
---@param what? string              "forest", or a variable
---@param options? table
---@param row_of fun(i: integer): table  the estimates of column i, exponentiated
---@return lobule.Figure
return function(self, what, options, row_of)
  what = what or default_of(self)
  if what ~= "forest" then return (curve(self, check.type(what, "string", "what"), options)) end
  return (require "lobule.survival.cox_forest"(self, options, row_of, ratio_text))
end
