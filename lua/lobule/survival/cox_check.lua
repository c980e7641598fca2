--- What a reviewer would ask of a Cox fit, in words, each finding with what to do.
local core = require "lobule.core"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local shown = require "lobule.shown"

---@class lobule.CoxCheck
---@field findings table[]          topic, finding, advice
---@field info table
---@field title string
local Check = { __name = "lobule.CoxCheck" }
result.mixin(Check)

local M = {}

local function add(list, topic, finding, advice)
  list[#list + 1] = { topic = topic, finding = finding, advice = advice or "nothing to do" }
end

local ENOUGH <const>, FEW <const> = 10, 5

--- What is asked of a Cox model; other models of hazards say what is different with them.
local COX <const> = { title = "Check of the Cox model", what = "proportional hazards",
  fewer = 'fewer terms, or penalty = "firth"',
  interval = 'read its interval by confint { method = "profile" }',
  finite = 'fit with penalty = "firth"; its other limit: confint { method = "profile" }',
  changing = "an effect that changes with time (survival.royston_parmar with time_varying)",
  otherwise = "an interaction with time by splitting follow-up, or restricted mean survival",
  n_event = function(self) return self.info.n_event end,
  term_events = function(_, term) return term.n_event end }

local function events(self, list, kind)
  local n, total = #self.info.terms, kind.n_event(self)
  local each = total / n
  add(list, "events per coefficient", ("%s events for %d coefficients, %s each"):format(
    format.count(total), n, format.fixed(each, 1)), each < ENOUGH
    and ("estimates may be far off: %s"):format(kind.fewer) or nil)
  for i, term in ipairs(self.info.terms) do
    local count = term.level and not self.fit.infinite[i] and kind.term_events(self, term)
    if count and count < FEW then
      add(list, "small groups", ("'%s' has %s events among %d"):format(term.term,
        format.count(count), term.n), ("join levels that belong together, or %s"):format(
        kind.interval))
    end
  end
end

local function existence(self, list, kind)
  for i, term in ipairs(self.info.terms) do
    if self.fit.infinite[i] then
      add(list, "estimates without end", ("'%s' separates those with events"):format(term.term),
        kind.finite)
    elseif self.fit.collinear[i] then
      add(list, "collinear terms", ("'%s' follows from the terms before it"):format(term.term),
        "leave it out")
    end
  end
end

--- What to do about an effect that changes with time: strata of a number would be one a value.
local function changing_advice(self, variable, kind)
  local number, name = false, variable:match "^[%w_.]+$"
  for _, term in ipairs(self.info.terms) do
    if term.variable == variable then number = term.level == nil end
  end
  if not number then
    return ("look at ph_test():plot(); strata(%s), %s"):format(variable, kind.otherwise)
  end
  local ways = { name and ("a curve, rcs(%s, 4)"):format(name) }
  ways[#ways + 1] = kind.changing
  ways[#ways + 1] = ("strata(cut(%s, ...))"):format(variable:match "%(([%w_.]+)" or variable)
  ways[#ways + 1] = kind.otherwise
  return "look at ph_test():plot(); " .. table.concat(ways, ", ")
end

local function proportional(self, list, kind)
  if self.options.ties ~= "efron" and self.options.ties ~= "breslow" then return end
  local tests = self:ph_test():tidy():rows_list()
  for i, row in ipairs(tests) do
    if i < #tests and type(row.p_value) == "number" and row.p_value < 0.05 then
      add(list, kind.what,
        ("the effect of '%s' seems to change with time (%s)"):format(row.term,
        shown.p_phrase(row.p_value)), changing_advice(self, row.term, kind))
    end
  end
  local global = tests[#tests].p_value
  if type(global) == "number" and global >= 0.05 then
    add(list, kind.what, ("no sign against them (global test, %s)"):format(
      shown.p_phrase(global)))
  end
end

local INFLUENCE <const> = 0.5

--- The row whose removal moves a coefficient most, in standard errors.
local function influence(self, list)
  if self.options.ties ~= "efron" and self.options.ties ~= "breslow" then return end
  local frame = self:residuals { type = "dfbetas" }
  local most, row, term = 0, nil, nil
  local rows = frame:column "row"
  for _, one in ipairs(self.info.terms) do
    for i, x in ipairs(frame:column(one.term):totable()) do
      if type(x) == "number" and math.abs(x) > most then
        most, row, term = math.abs(x), rows[i], one.term
      end
    end
  end
  if row then
    -- Not the number of a row in the file: filters may have taken others out.
    add(list, "influence", ("row %d of the rows analysed (cohort as filtered) moves '%s' by %s "
      .. "standard errors, more than any other"):format(row, term, format.fixed(most, 2)),
      most > INFLUENCE
      and "check that row's data, and say what the fit is without it" or nil)
  end
end

--- Martingale residuals of a number by a curve: does it bend?
local function functional_form(self, list, kind)
  if kind.n_event(self) < 2 * ENOUGH then return end
  local residuals = self:residuals()
  local rows, m = residuals:column "row", residuals:column("martingale"):totable()
  local check = require "lobule.check"
  local frame = check.data(self.data)
  for _, term in ipairs(self.info.terms) do
    if not term.level and term.term == term.variable and frame:has(term.variable) then
      local column, x, y, sum = frame:column(term.variable), {}, {}, {}
      for i = 1, #m do
        local value = column[rows[i]]
        if type(value) == "number" then x[#x + 1], y[#y + 1] = value, m[i] end
      end
      local sorted = table.move(x, 1, #x, 1, {})
      table.sort(sorted)
      local cut = { sorted[1 + #x // 3], sorted[1 + 2 * #x // 3] }
      for k = 1, 3 do sum[k] = { 0, 0 } end
      for i, value in ipairs(x) do
        local s = sum[value < cut[1] and 1 or value < cut[2] and 2 or 3]
        s[1], s[2] = s[1] + y[i], s[2] + y[i] * y[i]
      end
      -- Thirds of its range: under a straight line none has more events than expected.
      local bend = sum[2][1] - (sum[1][1] + sum[3][1]) / 2
      local spread = math.sqrt(sum[2][2] + (sum[1][2] + sum[3][2]) / 4)
      if cut[1] < cut[2] and math.abs(bend) > 3 * spread then
        add(list, "functional form", ("'%s': the middle third of its values has %s events than a "
          .. "straight line expects"):format(term.variable, bend > 0 and "more" or "fewer"),
          ("try rcs(%s, 4), and lb.anova of the two"):format(term.variable))
      end
    end
  end
end

---@param fit lobule.Cox|lobule.FineGray
---@param kind? table               what is asked, as COX (default); more(fit, add): findings
---@return lobule.CoxCheck
function M.new(fit, kind)
  kind = kind or COX
  local list = {}
  if #fit.info.terms > 0 then
    events(fit, list, kind)
    existence(fit, list, kind)
    if fit.converged then
      proportional(fit, list, kind)
      influence(fit, list)
      functional_form(fit, list, kind)
    end
  end
  if kind.more then
    kind.more(fit, function(...) add(list, ...) end)
  end
  local censored = 1 - fit.info.n_event / fit.info.n
  add(list, "follow-up", ("%s without event"):format(format.percent(fit.info.n
    - fit.info.n_event, fit.info.n)), censored > 0.9
    and "most of what is known is follow-up without events: see its length by the reverse "
    .. "Kaplan-Meier" or nil)
  return setmetatable({ findings = list, info = fit.info, title = kind.title,
    warnings = {} }, Check)
end

--- One row a finding.
---@return lobule.Frame             # topic, finding, advice
function Check:tidy()
  local lists = { {}, {}, {} }
  for i, one in ipairs(self.findings) do
    lists[1][i], lists[2][i], lists[3][i] = one.topic, one.finding, one.advice
  end
  local frame = result.frame { { "topic", lists[1], "text" }, { "finding", lists[2], "text" },
    { "advice", lists[3], "text" } }
  return frame
end

function Check:__tostring()
  local lines = {}
  for _, one in ipairs(self.findings) do
    lines[#lines + 1] = ("%s: %s"):format(one.topic, one.finding)
    if one.advice ~= "nothing to do" then lines[#lines + 1] = "  -> " .. one.advice end
  end
  return printed.text(self, nil, lines)
end

core.class("cox_check", Check)
return M
