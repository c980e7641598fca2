--- Kaplan-Meier figures: curves with bands and censoring ticks above the extended table.
local Canvas = require "lobule.figure.marks"
local key = require "lobule.figure.key"
local layout = require "lobule.figure.layout"
local metrics = require "lobule.figure.metrics"
local note = require "lobule.figure.note"
local number = require "lobule.figure.number"
local risk_table = require "lobule.figure.risk_table"
local scale = require "lobule.figure.scale"
local step = require "lobule.figure.step"
local style = require "lobule.figure.style"
local value_axis = require "lobule.figure.value_axis"

local M = {}

local MARGIN <const> = 4
local OFFSET <const> = 3 -- the axes stand off the plot, so that a curve at 0 or 1 is not on a line
local TICK <const> = 3
local WIDE <const> = 340 -- points from which labels at the lines' ends are tried
local ENDS_SHARE <const> = 0.25
local ASPECT <const>, LOWEST <const>, HIGHEST <const> = 0.62, 110, 225
local LEAST_PLOT <const> = 80
local SMALL_LINE <const> = style.SMALL * metrics.LINE
local LABEL_LINE <const> = style.LABEL * metrics.LINE
local COLUMN_GAP <const> = 4

-- The largest time that a curve or a tick reaches.
local function longest(spec)
  if spec.x_max then return spec.x_max end
  local max = spec.times and spec.times[#spec.times] or 0
  for _, curve in ipairs(spec.curves) do
    max = math.max(max, curve.time[#curve.time] or 0)
    local censored <const> = curve.censor_time or {}
    max = math.max(max, censored[#censored] or 0)
  end
  return max > 0 and max or 1
end

-- Ticks within the axis; `index` is their place in spec.times, so that the table's columns follow.
local function ticks_of(spec, x_min, x_max, width)
  local times <const> = spec.times or spec.x_log and scale.log_ticks(x_min, x_max)
    or scale.time_ticks(x_max, spec.x_label or "", width > WIDE and 10 or 6)
  local kept = {}
  for i, t in ipairs(times) do
    if t >= x_min * (1 - 1e-9) and t <= x_max * (1 + 1e-9) then kept[#kept + 1] = { time = t,
      index = i } end
  end
  local values = {}
  for i, tick in ipairs(kept) do values[i] = tick.time end
  for i, label in ipairs(number.labels(values, false, spec.mark)) do kept[i].label = label end
  return kept
end

-- Everything that does not depend on where the plot stands.
local function plan_of(spec, width)
  local x_max <const> = longest(spec)
  local x_min <const> = spec.x_log and value_axis.first_time(spec.curves, x_max) or spec.x_min or 0
  local plan <const> = { width = width, x_min = x_min, x_max = x_max,
    ticks = ticks_of(spec, x_min, x_max, width),
    steps = {}, blocks = spec.risk_table, notes = {} }
  -- A log axis has no time 0 at which curves could start.
  local options <const> = { x_min = x_min, x_max = x_max, start = spec.x_log and 0 / 0
    or spec.start or 1,
    least = spec.min_at_risk or 10 }
  for i, curve in ipairs(spec.curves) do
    plan.steps[i] = step.new(curve, options)
    if plan.steps[i].faint < plan.steps[i].last then plan.faint = true end
  end
  plan.axis = value_axis.plan(spec, plan.steps)
  for _, line in ipairs(spec.annotation or {}) do
    plan.notes[#plan.notes + 1] = type(line) == "table" and line.text or line
  end
  if #spec.curves == 1 and spec.curves[1].note then
    table.insert(plan.notes, 1, spec.curves[1].note)
  end
  local in_table <const> = plan.blocks and risk_table.column_widths(plan.blocks, #spec.times)
  plan.tick_widths = {}
  for i, tick in ipairs(plan.ticks) do
    plan.tick_widths[i] = math.max(metrics.width(tick.label, style.SMALL),
      in_table and in_table[tick.index] or 0)
  end
  return plan
end

-- The plot's left and right ends, and from them its height before height_mm has its say.
local function place_sides(spec, plan, name_lines)
  local ticks_room <const> = OFFSET + TICK + 2 + plan.axis.width
  local left = MARGIN + name_lines * LABEL_LINE + 1 + ticks_room
  local half_first <const> = (plan.tick_widths[1] or 0) / 2
  if plan.blocks then
    left = math.max(left, MARGIN + risk_table.names_width() + 9 + half_first)
  end
  local half_last <const> = (plan.tick_widths[#plan.ticks] or 0) / 2
  plan.x0 = left
  plan.x1 = plan.width - MARGIN - math.max(half_last, 2, plan.ends and plan.ends.width or 0)
  plan.plot_width = plan.x1 - plan.x0
  plan.plot_height = math.max(LOWEST, math.min(ASPECT * plan.plot_width, HIGHEST))
  plan.x = (spec.x_log and scale.log or scale.linear)(plan.x_min, plan.x_max, plan.x0, plan.x1)
end

-- Heights above and below the plot, then the plot's own.
local function place_heights(spec, plan)
  local name_width <const> = plan.width - MARGIN - plan.x0
  plan.x_name = metrics.wrap(spec.x_label or "", style.LABEL, math.min(plan.plot_width, name_width))
  plan.axis_height = OFFSET + TICK + 1 + SMALL_LINE + 2
    + (spec.x_label and #plan.x_name * LABEL_LINE or 0)
  plan.table_height = plan.blocks
    and 5 + risk_table.height(plan.blocks, plan.width - 2 * MARGIN) or 0
  plan.foot = plan.faint and note.faint(spec.min_at_risk or 10, plan.width - 2 * MARGIN) or {}
  plan.foot_height = #plan.foot > 0 and 4 + #plan.foot * SMALL_LINE or 0
  plan.above = plan.key_lines and plan.key_lines.height + 5 or 0
  plan.top = MARGIN + style.SMALL / 2 + plan.above + (plan.notes_above or 0)
  local others <const> = plan.top + plan.axis_height + plan.table_height + plan.foot_height + MARGIN
  if spec.height_mm then
    plan.plot_height = math.max(LEAST_PLOT, spec.height_mm * 72 / 25.4 - others)
  end
  plan.bottom = plan.top + plan.plot_height
  plan.height = others + plan.plot_height
  plan.y = scale.linear(plan.axis.high, plan.axis.low, plan.top, plan.bottom)
end

local function place(spec, plan)
  local name_lines = 1
  for _ = 1, 4 do -- more lines of name make the plot narrower, so lower, so the lines more
    place_sides(spec, plan, name_lines)
    place_heights(spec, plan)
    plan.y_name = metrics.wrap(value_axis.name(spec), style.LABEL, plan.plot_height + 4)
    if #plan.y_name <= name_lines then break end
    name_lines = #plan.y_name
  end
  plan.line_ends, plan.stops = {}, {}
  for i, s in ipairs(plan.steps) do
    plan.line_ends[i] = plan.y(step.at(s, s.last))
    if plan.line_ends[i] ~= plan.line_ends[i] then plan.nowhere = true end -- nothing to draw
    plan.stops[i] = plan.x(s.last)
  end
end

-- Labels at the ends where they fit, else a key; then room for the notes.
local function arrange(spec, plan)
  local many <const> = #spec.curves > 1
  if many and plan.width >= WIDE then
    plan.ends = key.plan_ends(spec.curves, ENDS_SHARE * plan.width)
    place(spec, plan)
    plan.tops = not plan.nowhere
      and key.at_ends(plan.stops, { x1 = plan.x1, width = plan.plot_width })
      and key.place_ends(plan.ends, plan.line_ends, plan.top - style.LABEL / 2, plan.bottom)
    if not plan.tops then plan.ends = nil end
  end
  if many and not plan.ends then
    plan.key_lines = key.plan_above(spec.curves, plan.width - 2 * MARGIN)
  end
  place(spec, plan)
  plan.note = note.plan(plan.notes, plan, spec.conf ~= false)
  if plan.note and plan.note.above then
    plan.notes_above = plan.note.height + 3
    place(spec, plan)
    plan.note.y = plan.top - style.SMALL / 2 - plan.notes_above
  end
  if plan.ends then
    plan.tops = key.place_ends(plan.ends, plan.line_ends, plan.top - style.LABEL / 2, plan.bottom)
      or plan.tops
  end
end

local function draw_y_axis(canvas, plan)
  local x <const> = plan.x0 - OFFSET
  local segments = { { x, plan.top, x, plan.bottom } }
  for _, tick in ipairs(plan.axis.ticks) do
    local y <const> = plan.y(tick.at)
    segments[#segments + 1] = { x - TICK, y, x, y }
    canvas:text(x - TICK - 2, y + style.SMALL * metrics.CAP / 2, tick.label,
      { size = style.SMALL, anchor = "end" })
  end
  canvas:segments(segments)
  local ticks_left <const> = x - TICK - 2 - plan.axis.width
  local base = ticks_left - 3 - style.LABEL * metrics.DESCENT
  for i = #plan.y_name, 1, -1 do
    canvas:text(base, (plan.top + plan.bottom) / 2, plan.y_name[i],
      { anchor = "middle", rotated = true })
    base = base - LABEL_LINE
  end
end

-- Draws the axis and gives the columns with numbers below it: every k-th when all are too many.
local function draw_x_axis(canvas, spec, plan)
  local y <const> = plan.bottom + OFFSET
  local segments, centres, columns = { { plan.x0, y, plan.x1, y } }, {}, {}
  for i, tick in ipairs(plan.ticks) do
    centres[i] = plan.x(tick.time)
    segments[#segments + 1] = { centres[i], y, centres[i], y + TICK }
  end
  canvas:segments(segments)
  local base <const> = y + TICK + 1 + style.SMALL * 0.95
  local every <const> = layout.thin(centres, plan.tick_widths, COLUMN_GAP)
  for i = 1, #plan.ticks, every do
    canvas:text(centres[i], base, plan.ticks[i].label, { size = style.SMALL, anchor = "middle" })
    columns[#columns + 1] = { x = centres[i], index = plan.ticks[i].index }
  end
  if spec.x_label then
    canvas:lines((plan.x0 + plan.x1) / 2, base + 2 + LABEL_LINE, plan.x_name, { anchor = "middle" })
  end
  return columns
end

local function draw_curves(canvas, spec, plan)
  if spec.conf ~= false then
    local group <const> = canvas:group("bands")
    for i, s in ipairs(plan.steps) do step.draw_band(group, s, plan, (style.series(i))) end
  end
  for i, s in ipairs(plan.steps) do
    local role <const>, dash <const> = style.series(i)
    step.draw_line(canvas:group("curve"), s, plan, { role = role, dash = dash })
  end
end

local function draw_names(canvas, plan)
  if plan.ends then
    key.draw_ends(canvas:group("key"), plan.ends, plan.tops,
      { x1 = plan.x1, ends = plan.line_ends, stops = plan.stops })
  elseif plan.key_lines then
    key.draw_above(canvas:group("key"), plan.key_lines, MARGIN, MARGIN - 1)
  end
end

--- Lays the figure out.
---@param spec table   checked
---@param width number points
---@return lobule.figure.Canvas
function M.layout(spec, width)
  local plan <const> = plan_of(spec, width)
  arrange(spec, plan)
  local canvas <const> = Canvas.new(width)
  canvas.height = plan.height
  local axes <const> = canvas:group("axes")
  draw_y_axis(axes, plan)
  local columns <const> = draw_x_axis(axes, spec, plan)
  draw_curves(canvas, spec, plan)
  draw_names(canvas, plan)
  note.draw(canvas, plan.note)
  local y <const> = plan.bottom + plan.axis_height
  if plan.blocks then
    risk_table.draw(canvas:group("table"), plan.blocks, { left = MARGIN, top = y + 5,
      width = width - 2 * MARGIN, columns = columns })
  end
  canvas:lines(MARGIN, y + plan.table_height + 4 + style.SMALL, plan.foot,
    { size = style.SMALL, role = "muted" })
  return canvas
end

return M
