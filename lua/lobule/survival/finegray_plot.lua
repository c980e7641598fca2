--- Predicted cumulative incidence of people, as curves with their bands.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local journal = require "lobule.report.journal"
local places = require "lobule.survival.plot_places"
local parts = require "lobule.survival.plot_parts"

local OPTIONS <const> = { { "newdata", "any" }, { "labels", "texts" }, { "times", "times" },
  { "conf", "boolean", true }, { "x_label", "string" },
  { "y_label", "string", "Predicted cumulative incidence" }, { "title", "string" },
  { "width_mm", "positive", 183 }, { "journal", journal.NAMES } }
local MOST <const>, STEPS <const> = 8, 200

local function text_of(value)
  if value == nil then return "NA" end
  return type(value) == "number" and core.format_number(value) or tostring(value)
end

--- "age 50, sex M": what tells the people apart.
local function labels_of(frame)
  local labels = {}
  for i = 1, #frame do labels[i] = {} end
  for _, name in ipairs(frame:names()) do
    local column, differs = frame:column(name), false
    for i = 2, #frame do differs = differs or column[i] ~= column[1] end
    for i = 1, differs and #frame or 0 do
      table.insert(labels[i], ("%s %s"):format(name, text_of(column[i])))
    end
  end
  for i, words in ipairs(labels) do
    labels[i] = #words > 0 and table.concat(words, ", ") or ("person %d"):format(i)
  end
  return labels
end

--- Times at which an incidence steps, thinned where they are more than an eye can tell apart.
local function steps_of(fit)
  local seen, times = {}, {}
  for i = 1, #fit.time do
    local time = fit.time[i]
    if not seen[time] then
      seen[time] = true
      times[#times + 1] = time
    end
  end
  table.sort(times)
  local n, kept = #times, {}
  for k = 1, math.min(n, STEPS) do
    kept[k] = n <= STEPS and times[k] or times[1 + (k - 1) * (n - 1) // (STEPS - 1)]
  end
  return kept
end

---@param self lobule.FineGray
---@param options table
---@return lobule.Figure
return function(self, options)
  local opts <const> = check.options(options, OPTIONS)
  local frame = check.new_data(opts.newdata)
  local n, steps = #frame, steps_of(self.fit)
  if n == 0 or n > MOST then
    core.raise("argument", ("newdata has %d rows: from 1 to %d curves fit one figure"):format(n,
      MOST), "Choose typical people: newdata = { age = { 50, 70 } }.")
  end
  local labels = opts.labels or labels_of(frame)
  if #labels ~= n then
    core.raise("argument", ("labels: %d for %d people"):format(#labels, n), "One for each.")
  end
  local predicted = self:predict { newdata = frame, times = steps }
  local limits = opts.conf and predicted:has "conf_low"
  local columns = { estimate = places.list(predicted, "estimate") }
  for _, name in ipairs(limits and { "conf_low", "conf_high" } or {}) do
    columns[name] = places.list(predicted, name)
  end
  local times = opts.times or parts.nice_times(0, self.info.time_max, self.info.time_unit)
  local spec = { title = opts.title or ("Predicted incidence of '%s', %s"):format(self.cause,
    self.info.formula), start = 0, width_mm = opts.width_mm,
    x_label = parts.axis_label(self, opts), y_label = opts.y_label, times = times,
    conf = limits or false, curves = {}, annotation = { limits and ("Bands: pointwise %s %% CI")
      :format(core.format_number(100 * self.options.conf_level)) or nil } }
  if opts.times then spec.x_max = math.max(times[#times], 1e-9) end
  local words = {}
  for i = 1, n do
    local from, to = (i - 1) * #steps + 1, i * #steps
    local estimate = table.move(columns.estimate, from, to, 1, {})
    spec.curves[i] = { label = labels[i], time = table.move(steps, 1, #steps, 1, {}),
      survival = estimate, conf_low = limits and table.move(columns.conf_low, from, to, 1, {}),
      conf_high = limits and table.move(columns.conf_high, from, to, 1, {}) }
    local last = 0
    for _, value in ipairs(estimate) do last = value == value and value or last end
    words[i] = ("%s: %s %% at the end"):format(labels[i], format.fixed(100 * last, 1))
  end
  spec.desc = ("%s of '%s' against %s. %s."):format(spec.y_label, self.cause, spec.x_label,
    table.concat(words, "; "))
  return (places.draw(spec, opts))
end
