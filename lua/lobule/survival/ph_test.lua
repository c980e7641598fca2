--- The test of proportional hazards of a Cox fit: by variable, by coefficient, global; and figures
--- of how coefficients go with time.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local shown = require "lobule.shown"
local terms = require "lobule.terms"

---@class lobule.PHTest
---@field p_value number            of the global test
---@field statistic number          chi-square
---@field df integer
---@field info table
---@field warnings string[]
---@field title string
local PHTest = { __name = "lobule.PHTest" }
result.mixin(PHTest)

local M = {}

local WORDS <const> = { rank = "the rank of time", identity = "time", log = "log time" }

--- Variables in their order, and of each term the place of its variable.
local function variables_of(list)
  local names, place, of = {}, {}, {}
  for i, term in ipairs(list) do
    local name = term.variable
    if not place[name] then
      names[#names + 1] = name
      place[name] = #names
    end
    of[i] = place[name]
  end
  return names, of
end

--- What differs between hazards and subdistribution hazards.
local HAZARDS <const> = { title = "Test of proportional hazards", km = "1 - Kaplan-Meier",
  y_label = "Log hazard ratio", what = "proportional hazards", kind = "survival.ph_test",
  test = function(fit, transform, of)
    return core.cox_zph(fit.model, fit.fit, transform, of)
  end,
  clusters = "Rows are taken as independent; the clusters are not counted." }

---@param fit lobule.Cox|lobule.FineGray
---@param options? table
---@param kind? table               what is tested, as HAZARDS (default)
---@return lobule.PHTest
function M.new(fit, options, kind)
  kind = kind or HAZARDS
  local opts <const> = check.options(options, { { "transform",
    { "km", "rank", "identity", "log" }, "km" } })
  if fit.options.ties ~= "efron" and fit.options.ties ~= "breslow" then
    core.raise("argument", ("the test of proportional hazards does not take ties '%s'"):format(
      fit.options.ties), 'Fit again with ties = "efron": the question is the same.')
  elseif #fit.info.terms == 0 then
    core.raise("argument", "a model without terms has nothing to test")
  end
  local names, of = variables_of(fit.info.terms)
  local test = kind.test(fit, opts.transform, of)
  return setmetatable({ fit = fit, info = fit.info, options = opts, test = test,
    variables = names, p_value = test.global.p_value, statistic = test.global.chi_square,
    df = test.global.df, title = kind.title, kind = kind, warnings = {} }, PHTest)
end

--- One row a variable and one for all together ("GLOBAL").
---@param options? table            by: "variable" (default), "term" (each coefficient by itself)
---@return lobule.Frame             # term, statistic (chi-square), df, p_value
function PHTest:tidy(options)
  local opts <const> = check.options(options, { { "by", { "variable", "term" }, "variable" } })
  local lists, tests = { {}, {}, {}, {} }, self.test.terms
  if opts.by == "term" then tests = self.test.columns end
  local function add(name, test)
    local k = #lists[1] + 1
    lists[1][k], lists[2][k], lists[3][k] = name, test.chi_square, test.df
    lists[4][k] = test.p_value == test.p_value and test.p_value or core.NA
  end
  for i, test in ipairs(tests) do
    add(opts.by == "term" and self.info.terms[i].term or self.variables[i], test)
  end
  add("GLOBAL", self.test.global)
  local frame = result.frame { { "term", lists[1], "text" }, { "statistic", lists[2], "real" },
    { "df", lists[3], "integer" }, { "p_value", lists[4], "real" } }
  return frame
end

--- The global test in one row.
---@return lobule.Frame             # statistic, df, p_value, n, n_event, transform
function PHTest:glance()
  local frame = result.frame { { "statistic", { self.statistic }, "real" },
    { "df", { self.df }, "integer" }, { "p_value", { self.p_value }, "real" },
    { "n", { self.info.n }, "integer" }, { "n_event", { self.fit.fit.n_event }, "real" },
    { "transform", { self.options.transform }, "text" } }
  return frame
end

local function summary_table(self)
  local rows = {}
  for i, test in ipairs(self.test.terms) do
    rows[i] = { terms.variable(self.variables[i], self.info.labels), format.fixed(test.chi_square,
      2), ("%d"):format(test.df), shown.p(test.p_value == test.p_value and test.p_value or nil) }
  end
  rows[#rows + 1] = { "All together", format.fixed(self.statistic, 2), ("%d"):format(self.df),
    shown.p(self.p_value) }
  return require("lobule.table").new { columns = { { label = "Variable", align = "left" },
    { label = "Chi-square", align = "right" }, { label = "df", align = "right" },
    { label = "p", align = "right" } }, rows = rows, notes = {} }
end

local function lines(self)
  local kind = self.kind
  local list = { ("Score test of coefficients that go with %s; a small p speaks against %s.")
    :format(WORDS[self.options.transform] or kind.km, kind.what) }
  if self.info.n_cluster then list[2] = kind.clusters end
  if kind.variance then list[#list + 1] = kind.variance(self.fit) end
  return list
end

function PHTest:__tostring()
  return printed.text(self, summary_table(self), lines(self))
end

local function numbers(frame, name)
  return frame:column(name):totable()
end

local SPOTS <const> = 80

--- Points of one coefficient in time, the spline through them and its limits.
local function panel_of(self, i, residuals, df)
  local fit, term = self.fit.fit, self.info.terms[i]
  local x, y = numbers(residuals, "time"), numbers(residuals, term.term)
  local order = {}
  for k = 1, #x do order[k] = k end
  table.sort(order, function(a, b) return x[a] < x[b] or (x[a] == x[b] and a < b) end)
  local sx, sy, at = {}, {}, {}
  for k, place in ipairs(order) do sx[k], sy[k] = x[place], y[place] end
  for k = 1, SPOTS do -- half of them where the events are: early curves bend fast
    local part = ((k - 1) // 2) / (SPOTS // 2 - 1)
    at[k] = k % 2 == 1 and sx[1] + (sx[#sx] - sx[1]) * part
      or sx[1 + math.floor((#sx - 1) * part)]
  end
  table.sort(at)
  local smooth = core.smooth_spline(sx, sy, df, at)
  local vcov = (rawget(fit, "naive_vcov") or fit.vcov)[i][i]
  local spread = 2 * math.sqrt(#x * vcov)
  local low, high = {}, {}
  for k = 1, SPOTS do
    low[k], high[k] = smooth.fitted[k] - spread * smooth.root[k], smooth.fitted[k]
      + spread * smooth.root[k]
  end
  return { title = terms.label(term, self.info.labels), lines = {
    { x = sx, y = sy, look = "target" }, { x = at, y = low, look = "limit" },
    { x = at, y = high, look = "limit" }, { x = at, y = smooth.fitted, look = "curve",
      series = 1 } } }
end

--- The coefficient of each term in time: scaled Schoenfeld residuals (their mean at a time is the
--- coefficient there, Grambsch & Therneau 1994), a natural spline through them and two standard
--- errors to both sides, dotted. A level curve speaks for proportional hazards.
---@param options? table            terms: names of some (default: all); df of the spline (4);
---                                 width_mm (183); title
---@return lobule.Figure
---@raise a term that is not there; too few event times for the spline
function PHTest:plot(options)
  local opts <const> = check.options(options, { { "terms", "texts" }, { "df", "count", 4 },
    { "width_mm", "positive", 183 }, { "title", "string" } })
  local wanted, names, panels = {}, {}, {}
  for i, term in ipairs(self.info.terms) do names[term.term] = i end
  for _, name in ipairs(opts.terms or {}) do
    if not names[name] then
      core.raise("name", ("no term '%s'"):format(name), "tidy() of the fit names them.")
    end
    wanted[names[name]] = true
  end
  local residuals = self.fit:residuals { type = "scaled_schoenfeld" }
  for i in ipairs(self.info.terms) do
    if (not opts.terms or wanted[i]) and not self.fit.fit.collinear[i] then
      panels[#panels + 1] = panel_of(self, i, residuals, opts.df)
    end
  end
  local figure = require("lobule.figure").lines { title = opts.title
    or "Coefficients in time, " .. self.info.formula, panels = panels, width_mm = opts.width_mm,
    x_label = require("lobule.survival.plot_parts").axis_label(self, {}),
    y_label = self.kind.y_label, desc = ("Scaled Schoenfeld residuals of %d terms in time with a "
      .. "smooth curve and two standard errors to both sides. Global test of %s: %s."):format(
      #panels, self.kind.what, shown.p_phrase(self.p_value)) }
  return figure
end

--- The blocks of a report.
---@param options? table
---@return table[]
function PHTest:report_blocks(options)
  local view = summary_table(self)
  view.caption = options and options.caption or self.title
  for i, line in ipairs(lines(self)) do view.notes[i] = line end
  return { { kind = "table", table = view } }
end

--- Everything at full precision.
---@return table
function PHTest:record()
  return result.ordered { { "kind", self.kind.kind }, { "formula", self.info.formula },
    { "transform", self.options.transform }, { "variables", result.record(self:tidy()) },
    { "terms", result.record(self:tidy { by = "term" }) }, { "lineage", self.info.lineage } }
end

core.class("ph_test", PHTest)
return M
