--- Figures of restricted means: curves with the area under them shaded over the window, a panel a
--- group; with competing causes what is lost to each lies above.
local check = require "lobule.check"
local core = require "lobule.core"
local format = require "lobule.format"
local journal = require "lobule.report.journal"
local parts = require "lobule.survival.plot_parts"

local OPTIONS <const> = { { "tau", "positive" }, { "times", "times" }, { "x_label", "string" },
  { "y_label", "string" }, { "title", "string" }, { "width_mm", "positive", 183 },
  { "journal", journal.NAMES } }
local MOST_STEPS <const> = 1500 -- steps closer than this part of the axis are one

local function list(frame, name)
  local values = frame:column(name):totable()
  for i = 1, #frame do
    if type(values[i]) ~= "number" then values[i] = 0 / 0 end
  end
  return values
end

--- The curves of group g to stack: their times and, from below, the upper edge of each area.
local function edges(fit, curves, g)
  if #fit.causes == 0 then
    local frame = curves:curve(g)
    return list(frame, "time"), { list(frame, "survival") }
  end
  local free = curves:event_free(g)
  local upper = { list(free, "estimate") }
  for k = 1, #fit.causes do
    local incidence, sum = list(curves:curve(g, k), "estimate"), {}
    for i, below in ipairs(upper[k]) do sum[i] = below + incidence[i] end
    upper[k + 1] = sum
  end
  return list(free, "time"), upper
end

--- A step function as the corners of its line between two times. What it is at time 0: `start`.
local function corners(time, value, start, from, to)
  local x, y, at, least = {}, {}, start, (to - from) / MOST_STEPS
  for i, t in ipairs(time) do
    if t <= from then at = value[i] end
  end
  x[1], y[1] = from, at
  for i, t in ipairs(time) do
    if t > to then break end
    if t > from and (t - x[#x] >= least or i == #time or time[i + 1] > to) then
      x[#x + 1], y[#y + 1] = t, y[#y]
      x[#x + 1], y[#y + 1] = t, value[i]
    end
  end
  if x[#x] < to then x[#x + 1], y[#y + 1] = to, y[#y] end
  return x, y
end

--- The estimates of group g to horizon k: the mean, then the time lost to each cause.
local function estimates(fit, g, k)
  local rows = {}
  for _, row in ipairs(fit:tidy():rows_list()) do
    local here = row.tau == fit.tau[k]
      and (row.strata == fit.info.groups.name[g] or #fit.fit.groups == 1)
    if here and (row.measure == "restricted mean" or row.cause) then rows[#rows + 1] = row end
  end
  return rows
end

local function heading(fit, g, k)
  local row = estimates(fit, g, k)[1]
  local unit = fit.info.time_unit and " " .. fit.info.time_unit or ""
  local limits = row.conf_low and (" (%s to %s)"):format(format.number(row.conf_low, 3),
    format.number(row.conf_high, 3)) or ""
  local name = #fit.fit.groups > 1 and fit.info.groups.label[g] .. ": " or ""
  return name .. format.number(row.estimate, 3) .. unit .. limits
end

--- One group: areas below, lines on top of them. A curve ends where its follow-up does, those of
--- competing causes at tau, so that their names stand beside the areas.
local function panel_of(fit, curves, g, k)
  local time, upper = edges(fit, curves, g)
  local tau, competing, lines, base = fit.tau[k], #fit.causes > 0, {}, nil
  local last = competing and tau or math.max(fit.fit.groups[g].last, tau)
  for m, value in ipairs(upper) do
    local series = competing and m or (g - 1) % 8 + 1
    local x, y = corners(time, value, 1, fit.from, tau)
    lines[#lines + 1] = { x = x, y = y, base = base, series = series, look = "area" }
    base = y
  end
  for m, value in ipairs(upper) do
    local series = competing and m or (g - 1) % 8 + 1
    local x, y = corners(time, value, 1, 0, last)
    if not competing or m <= #fit.causes then
      lines[#lines + 1] = { x = x, y = y, series = series, look = "curve" }
    end
  end
  for _, t in ipairs(fit.from > 0 and { fit.from, tau } or { tau }) do
    lines[#lines + 1] = { x = { t, t }, y = { 0, competing and 1 or lines[1].y[t == tau
      and #lines[1].y or 1] }, look = "limit" }
  end
  return { title = heading(fit, g, k), lines = lines }
end

--- The areas of competing causes are named at their right ends, with the time in each.
local function name_areas(fit, panels, k)
  for g, panel in ipairs(#fit.causes > 0 and panels or {}) do
    for m, row in ipairs(estimates(fit, g, k)) do
      local area = panel.lines[m]
      local n = #area.x
      panel.lines[#panel.lines + 1] = { x = { area.x[n] }, series = m, look = "curve",
        y = { (area.y[n] + (area.base and area.base[n] or 0)) / 2 },
        label = ("%s: %s"):format(row.cause or "event-free", format.number(row.estimate, 3)) }
    end
  end
end

--- "Survival (%); headings: restricted mean to 24 months (95 % CI)".
local function y_label(fit, k)
  local unit = fit.info.time_unit and " " .. fit.info.time_unit or ""
  local from = fit.from > 0 and ("from %s "):format(core.format_number(fit.from)) or ""
  return ("%s (%%); headings: mean %s %sto %s%s (%s %% CI)"):format(
    #fit.causes > 0 and "State" or "Survival", #fit.causes > 0 and "event-free time"
      or "survival time", from, core.format_number(fit.tau[k]), unit,
    core.format_number(100 * fit.options.conf_level))
end

local function description(fit, k, panels)
  local words = {}
  for g, panel in ipairs(panels) do words[g] = panel.title end
  return ("Survival curves, a panel a group; the area under each %s %s is the restricted mean. %s.")
    :format(fit.from > 0 and ("from %s to"):format(core.format_number(fit.from)) or "up to",
      core.format_number(fit.tau[k]), table.concat(words, "; "))
end

return function(fit, options)
  local opts <const> = check.options(options, OPTIONS)
  local k = #fit.tau
  for i, tau in ipairs(fit.tau) do
    if tau == opts.tau then k = i end
  end
  if opts.tau and fit.tau[k] ~= opts.tau then
    core.raise("argument", "tau is not a horizon of the fit",
      "Horizons are: " .. table.concat(fit.tau, ", ") .. ".")
  end
  local competing = #fit.causes > 0
  local curves = competing and core.cuminc(fit.model, 0.95, "plain", "greenwood")
    or core.km(fit.model, 0.95, "plain", false)
  local panels, ticks, last = {}, {}, 0
  for g = 1, #fit.fit.groups do
    panels[g] = panel_of(fit, curves, g, k)
    last = competing and fit.tau[k] or math.max(last, fit.fit.groups[g].last, fit.tau[k])
  end
  name_areas(fit, panels, k)
  for i, t in ipairs(opts.times or parts.nice_times(0, last, fit.info.time_unit)) do
    ticks[i] = { at = t, label = core.format_number(t) }
  end
  local percent = {}
  for i, p in ipairs { 0, 25, 50, 75, 100 } do
    percent[i] = { at = p / 100, label = tostring(p) }
  end
  local figure = require("lobule.figure").lines { title = opts.title or fit.title,
    desc = description(fit, k, panels), width_mm = opts.width_mm, panels = panels,
    x_label = parts.axis_label(fit, opts), x_ticks = ticks, y_ticks = percent,
    y_label = opts.y_label or y_label(fit, k), columns = #panels == 4 and 2 or nil }
  return opts.journal and figure:styled(opts.journal) or figure
end
