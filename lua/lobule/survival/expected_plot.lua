--- Figures of observed against expected survival, and of relative or net survival.
local check = require "lobule.check"
local core = require "lobule.core"
local fits = require "lobule.survival.expected_fit"
local format = require "lobule.format"
local parts = require "lobule.survival.plot_parts"

local M = {}

local OPTIONS <const> = { { "conf", "boolean", true }, { "risk_table", "boolean", true },
  { "times", "times" }, { "x_label", "string" }, { "y_label", "string" }, { "title", "string" },
  { "width_mm", "positive", 183 } }
local MOST <const> = 400 -- points of a smooth curve
local PASSED <const> = 1.02

local function list(frame, name)
  local values = frame:column(name):totable()
  for i = 1, #frame do
    if type(values[i]) ~= "number" then values[i] = 0 / 0 end
  end
  values.n = nil
  return values
end

local function check_groups(self)
  local labels = self.info.groups.label
  if #labels > 8 then
    core.raise("argument", ("%d curves do not fit one figure: at most 8"):format(#labels),
      "Filter the groups, or collapse them with case() or cut().")
  end
  return labels
end

local function spec_of(self, opts)
  local last = self.info.time_max > 0 and self.info.time_max or 1
  local shown = setmetatable({ info = setmetatable({ time_unit = self.base.unit },
    { __index = self.info }) }, { __index = self })
  return { title = opts.title or ("%s, %s"):format(self.title, self.info.formula),
    width_mm = opts.width_mm, conf = opts.conf, curves = {}, annotation = {},
    x_label = parts.axis_label(shown, opts), y_label = opts.y_label,
    times = opts.times or parts.nice_times(0, last, self.base.unit) }
end

--- The rows of the table below: at risk, censored and events so far.
local function risk_table(self, spec)
  local curves = fits.curves(self.base, spec.times)
  local blocks = {}
  for g, label in ipairs(self.info.groups.label) do
    local frame, block = curves[g].curve, { label = label, n_risk = {}, n_censor = {},
      n_event = {} }
    local censored, events = 0, 0
    for i, row in ipairs(frame:rows_list()) do
      censored, events = censored + row.n_censor, events + row.n_event
      block.n_risk[i], block.n_censor[i], block.n_event[i] = row.n_risk, censored, events
    end
    blocks[g] = block
  end
  return blocks
end

--- Times that are close enough for a curve to look smooth.
local function fine_times(last)
  local times = {}
  for k = 1, MOST do times[k] = last * k / MOST end
  return times
end

--- Of a frame by strata: the rows of group g.
local function rows_of(self, frame, g)
  return (frame:filter(("strata == '%s'"):format((fits.name(self.base, g):gsub("'", "\\'")))))
end

--- Expected curves of all groups; a dotted curve each.
local function expected_curves(self)
  local smooth, beside = self:at(fine_times(self.info.time_max)), {}
  for g in ipairs(self.info.groups.label) do
    local rows = rows_of(self, smooth, g):filter "not is_na(estimate)"
    if #rows > 0 then
      beside[#beside + 1] = { time = list(rows, "time"), survival = list(rows, "estimate"),
        series = g, smooth = true }
    end
  end
  return beside
end

---@param self lobule.Expected
---@param options? table
---@return lobule.Figure
function M.expected(self, options)
  local opts <const> = check.options(options, OPTIONS)
  local labels <const> = check_groups(self)
  local spec = spec_of(self, opts)
  spec.y_label = spec.y_label or "Survival"
  local w <const> = self.options
  local km = require("lobule.survival").km(self.base.formula, self.base.frame,
    { weights = w.weights, weight_type = w.weight_type })
  local words = {}
  for g, label in ipairs(labels) do
    local frame = km.fit:curve(g)
    local expected = self:at { self.info.time_max }
    local last = rows_of(self, expected, g):column("estimate")[1]
    spec.curves[g] = { label = label, time = list(frame, "time"),
      survival = list(frame, "survival"), conf_low = list(frame, "conf_low"),
      conf_high = list(frame, "conf_high"),
      faint_from = parts.faint_from(list(frame, "time"), list(frame, "n_risk")) }
    words[g] = ("%s: expected at the end %s"):format(label, last
      and format.fixed(100 * last, 1) .. " %" or "not known")
  end
  spec.beside = expected_curves(self)
  spec.annotation[1] = "Dotted: expected by the population"
  if opts.conf then spec.annotation[2] = "Bands: pointwise 95 % CI" end
  if opts.risk_table then spec.risk_table = risk_table(self, spec) end
  spec.desc = ("Observed survival as step curves, expected survival dotted, against %s. %s.")
    :format(spec.x_label, table.concat(words, "; "))
  return (require("lobule.figure").curves(spec))
end

-- A drop at an event time is drawn from where the curve stood just before it.
local BEFORE <const> = 1 - 1e-9
local MOST_DROPS <const> = 1000 -- beyond it they are too small to be seen

--- The curves where they are known, with both ends of the drop at each event time: between events
--- they rise smoothly, as expected survival falls.
local function with_drops(self, tidy)
  local seen, times = {}, {}
  for _, row in ipairs(tidy:rows_list()) do
    if row.time > 0 and not seen[row.time] then
      seen[row.time] = true
      times[#times + 1] = row.time
    end
  end
  if #times == 0 or #times > MOST_DROPS then return tidy end
  table.sort(times)
  local both, last = {}, 0
  for _, time in ipairs(times) do
    if time * BEFORE > last then both[#both + 1] = time * BEFORE end
    both[#both + 1], last = time, time
  end
  return (self:at(both))
end

--- An axis of percent ends at 100: curves that pass it visibly have one of numbers, those that do
--- so by a hair are drawn at 100.
local function fit_axis(spec)
  local most = 0
  for _, curve in ipairs(spec.curves) do
    for _, value in ipairs(curve.survival) do most = math.max(most, value) end
  end
  if most > PASSED then spec.y_axis = "number" return end
  for _, curve in ipairs(spec.curves) do
    for _, name in ipairs { "survival", "conf_low", "conf_high" } do
      local values <const> = curve[name]
      for i, value in ipairs(values) do
        if value > 1 then values[i] = 1 end
      end
    end
  end
end

---@param self lobule.Relative
---@param options? table
---@return lobule.Figure
function M.relative(self, options)
  local opts <const> = check.options(options, OPTIONS)
  local labels <const> = check_groups(self)
  local spec = spec_of(self, opts)
  local net <const> = self.method == "pohar-perme"
  local tidy <const>, words = self.options.at and self:at(fine_times(self.info.time_max))
    or with_drops(self, self:tidy()), {}
  for g, label in ipairs(labels) do
    local rows = rows_of(self, tidy, g):filter "not is_na(estimate)"
    spec.curves[g] = { label = label, time = list(rows, "time"),
      survival = list(rows, "estimate"), conf_low = list(rows, "conf_low"),
      conf_high = list(rows, "conf_high"), smooth = true,
      faint_from = parts.faint_from(list(rows, "time"), list(rows, "n_risk")) }
    local last = rows:rows_list()[#rows]
    words[g] = last and ("%s: %s %% at %s"):format(label, format.fixed(100 * last.estimate, 1),
      core.format_number(last.time)) or label .. ": no curve"
  end
  fit_axis(spec)
  spec.y_label = opts.y_label or net and "Net survival" or "Relative survival"
  if opts.conf then
    spec.annotation[1] = ("Bands: pointwise %s %% CI"):format(
      core.format_number(100 * self.options.conf_level))
  end
  if opts.risk_table then spec.risk_table = risk_table(self, spec) end
  spec.desc = ("%s against %s. %s."):format(spec.y_label, spec.x_label,
    table.concat(words, "; "))
  return (require("lobule.figure").curves(spec))
end

return M
