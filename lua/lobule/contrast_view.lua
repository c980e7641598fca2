--- Contrasts shown: the table, its notes, the forest plot.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local result = require "lobule.result"
local shown = require "lobule.shown"
local simultaneous = require "lobule.simultaneous"

local M = {}

--- "0.85 (0.60 to 1.20)"; of a one-sided alternative the one limit there is.
local function estimate_text(self, one)
  local x, low, high = one.estimate, one.conf_low, one.conf_high
  if self.ratio then x, low, high = math.exp(x), math.exp(low), math.exp(high) end
  if one.std_error ~= one.std_error then
    local text = self.ratio and format.ratio(x) or format.number(self.points and 100 * x or x)
    return text .. " (NA)"
  end
  local bounds = { x, low, high }
  if self.ratio then
    local sided = { x, self.options.alternative == "less" and x or low,
      self.options.alternative == "greater" and x or high }
    bounds[1], bounds[2], bounds[3] = format.ratio_interval(table.unpack(sided, 1, 3))
  else
    for i, value in ipairs(bounds) do
      bounds[i] = format.number(self.points and 100 * value or value)
    end
  end
  if self.options.alternative == "less" then
    return ("%s (up to %s)"):format(bounds[1], bounds[3])
  elseif self.options.alternative == "greater" then
    return ("%s (from %s)"):format(bounds[1], bounds[2])
  end
  return ("%s (%s to %s)"):format(bounds[1], bounds[2], bounds[3])
end

local function heading(self)
  local sides = self.options.alternative == "two_sided" and "CI" or "one-sided CI"
  return ("%s%s (%s %% %s)"):format(self.measure, self.points and ", %-points" or "",
    core.format_number(100 * self.options.conf_level), sides)
end

--- What can be drawn of an estimate or limit: of a ratio nothing beyond a million or a millionth;
--- the open side of a one-sided interval is an arrow.
local function drawable(self, x)
  local open = x == math.huge or x == -math.huge
  if self.points then return 100 * x end
  if not self.ratio then return x end
  local ratio = math.exp(x)
  return not open and (ratio > 1e6 or ratio < 1e-6) and 0 / 0 or ratio
end

local SIDES <const> = { two_sided = "differs from", greater = "is above", less = "is below" }

local function joint_line(self, profile)
  local parts = {}
  for _, test in ipairs(self:tests():rows_list()) do
    local name = test.test == "all" and "Joint Wald test" or "departure from a linear trend"
    parts[#parts + 1] = test.statistic and ("%s: chi-square %s on %d df, %s"):format(name,
      format.fixed(test.statistic, 2), test.df, shown.p_phrase(test.p_value, profile))
      or name .. ": NA"
  end
  return table.concat(parts, "; ") .. "."
end

local function notes_of(self, profile)
  local notes, opts = {}, self.options
  if self.options.joint then notes[1] = joint_line(self, profile) end
  if self.at then notes[#notes + 1] = ("Holds at %s."):format(self.at) end
  if self.curve then
    notes[#notes + 1] = "Parts of one curve: their ratios mean nothing one by one."
  end
  if self.transition then notes[#notes + 1] = ("Transition %s."):format(self.transition) end
  if self.null ~= 0 or opts.alternative ~= "two_sided" then
    notes[#notes + 1] = ("p tests whether the %s %s %s."):format(
      self.measure:sub(1, 1):lower() .. self.measure:sub(2), SIDES[opts.alternative],
      core.format_number(drawable(self, self.null)) .. (self.points and " %-points" or ""))
  end
  if #self.list > 1 then notes[#notes + 1] = simultaneous.note(opts.adjust, #self.list) end
  if self.lead == "Trend, " then
    notes[#notes + 1] = "linear: per step of the score; the others bend it."
  end
  return notes
end

--- The table of contrasts.
---@param self lobule.Contrasts
---@param profile? lobule.Journal
---@return lobule.Table
function M.table(self, profile)
  local rows = {}
  for k, one in ipairs(self.list) do
    rows[k] = { one.name, estimate_text(self, one), shown.p(one.p_value) }
  end
  return require("lobule.table").new { rows = rows, notes = notes_of(self, profile),
    columns = { { label = self.lead == "Test of " and "Term" or "Contrast", align = "left" },
      { label = heading(self), align = "right" }, { label = "p", align = "right" } } }
end

---@param self lobule.Contrasts
---@return string
function M.text(self)
  return result.heading(("%s; %s"):format(self.title, self.fit_title), self.info) .. "\n"
    .. tostring(M.table(self))
end

---@param self lobule.Contrasts
---@param options? table
---@return lobule.Figure
function M.plot(self, options)
  local opts <const> = check.options(options, { { "title", "string" },
    { "width_mm", "positive", 183 }, { "favours", "texts" },
    { "journal", require("lobule.report.journal").NAMES } })
  local rows, words = {}, {}
  for k, one in ipairs(self.list) do
    local text = estimate_text(self, one)
    rows[k] = { label = one.name, text = text, estimate = drawable(self, one.estimate),
      conf_low = drawable(self, one.conf_low), conf_high = drawable(self, one.conf_high),
      cells = { shown.p(one.p_value) } }
    words[k] = ("%s %s, %s"):format(one.name, text, shown.p_phrase(one.p_value))
  end
  local list = notes_of(self)
  -- The print has the cause in its title, which is not drawn.
  if self.options.cause ~= nil then table.insert(list, 1, self.fit_title .. ".") end
  local notes = table.concat(list, " ")
  local figure = require("lobule.figure").forest { title = opts.title or self.title, rows = rows,
    width_mm = opts.width_mm, columns = { { label = "p", align = "right" } }, log = self.ratio,
    label_label = "Contrast", reference = drawable(self, self.null),
    x_label = self.points and self.measure .. " (percentage points)" or self.measure,
    favours = opts.favours, note = notes ~= "" and notes or nil, estimate_label = heading(self),
    desc = ("%ss with their intervals. %s. %s"):format(self.measure, table.concat(words, "; "),
      notes) }
  return opts.journal and figure:styled(opts.journal) or figure
end

return M
