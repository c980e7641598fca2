--- Small multiples of lines: one quantity against another in panels, on straight or log axes.
local Canvas = require "lobule.figure.marks"
local layout = require "lobule.figure.layout"
local labels = require "lobule.figure.lines_labels"
local metrics = require "lobule.figure.metrics"
local number = require "lobule.figure.number"
local scale = require "lobule.figure.scale"
local style = require "lobule.figure.style"
local symbol = require "lobule.figure.symbol"

local M = {}

local MARGIN <const> = 4
local COLUMN_GAP <const>, ROW_GAP <const> = 12, 9
local OFFSET <const>, TICK <const> = 3, 2.5
local LEAST_PANEL <const> = 160 -- points; decides how many stand side by side
local ASPECT <const>, LOWEST <const>, HIGHEST <const> = 0.72, 62, 210
local POINT <const> = 1.7
local AREA <const> = 0.25 -- opacity
local LEAST_TICKS <const> = 3
local DODGE <const> = 2.4 -- points between the intervals of neighbouring lines
local PAD <const> = 0.04 -- of the range, on both sides
local SMALL_LINE <const> = style.SMALL * metrics.LINE
local LABEL_LINE <const> = style.LABEL * metrics.LINE

-- Whether a value can stand on an axis.
local function usable(v, log)
  return number.finite(v) and (not log or v > 0)
end

-- Calls f with each point of the lines that both axes can show.
local function each_point(spec, lines, f)
  for _, line in ipairs(lines) do
    for i, x in ipairs(line.x) do
      if usable(x, spec.x_log) and usable(line.y[i], spec.y_log) then
        f(x, line.y[i], line)
        local base <const> = line.look == "area" and line.base and line.base[i]
        if base and usable(base, spec.y_log) then f(x, base, line) end
        for _, list in ipairs { line.low or {}, line.high or {} } do
          if usable(list[i], spec.y_log) then f(x, list[i], line) end
        end
      end
    end
  end
end

-- A range with room at both ends; a single value gets a range around it.
local function padded(lo, hi, log)
  if lo > hi then lo, hi = 1, 1 end
  if log then
    if lo == hi then lo, hi = lo / 2, hi * 2 end
    local pad <const> = (hi / lo) ^ PAD
    return lo / pad, hi * pad
  end
  if lo == hi then lo, hi = lo - 0.5, hi + 0.5 end
  local pad <const> = (hi - lo) * PAD
  return lo - pad, hi + pad
end

-- Widens a range to the nearest of the given ticks until it holds two, so that a panel whose lines
-- lie between two decades still says where it is.
local function reach(lo, hi, ticks)
  local within, below, above = 0, nil, nil
  for _, tick in ipairs(ticks) do
    if tick.at < lo then below = tick.at
    elseif tick.at <= hi then within = within + 1
    else above = above or tick.at end
  end
  if within >= 2 then return lo, hi end
  if within == 0 then return math.min(lo, below or lo), math.max(hi, above or hi) end
  local down <const> = below and lo / below or math.huge
  local up <const> = above and above / hi or math.huge
  if down <= up then return math.min(lo, below or lo), hi end
  return lo, math.max(hi, above)
end

-- The ticks of an axis: the caller's that lie on it, else round ones.
local function ticks_of(given, lo, hi, log, mark)
  local ticks = {}
  for _, tick in ipairs(given or {}) do
    if tick.at >= lo and tick.at <= hi then ticks[#ticks + 1] = tick end
  end
  if given then return ticks end
  local values = log and scale.log_ticks(lo, hi) or (scale.ticks(lo, hi, 4))
  if not log and #values < LEAST_TICKS then values = scale.ticks(lo, hi, 8) end
  for i, label in ipairs(number.labels(values, not log, mark)) do
    ticks[i] = { at = values[i], label = label }
  end
  return ticks
end

local function widest(ticks)
  local width = 0
  for _, tick in ipairs(ticks) do
    width = math.max(width, metrics.width(tick.label, style.SMALL))
  end
  return width
end

-- A panel's own: its range, its ticks and where its lines end.
local function panel_of(spec, panel)
  local p <const> = { title = panel.title, lines = panel.lines, ends = {} }
  local lo, hi = math.huge, -math.huge
  each_point(spec, panel.lines, function(_, y) lo, hi = math.min(lo, y), math.max(hi, y) end)
  if spec.y_zero then lo = math.min(lo, 0) end
  lo, hi = padded(lo, hi, spec.y_log)
  if spec.y_zero then lo = math.max(lo, 0) end
  if spec.y_ticks then lo, hi = reach(lo, hi, spec.y_ticks) end
  p.lo, p.hi = lo, hi
  p.ticks = ticks_of(spec.y_ticks, lo, hi, spec.y_log, spec.mark)
  for i, line in ipairs(panel.lines) do
    for k, x in ipairs(line.x) do
      if usable(x, spec.x_log) and usable(line.y[k], spec.y_log) then
        p.ends[i] = { x = x, y = line.y[k] }
      end
    end
  end
  return p
end

-- What all panels share: their number side by side, their widths and heights.
local function plan_of(spec, width)
  local inner <const> = width - 2 * MARGIN
  local most <const> = math.max(1, (inner + COLUMN_GAP) // (LEAST_PANEL + COLUMN_GAP))
  local columns <const> = math.tointeger(math.min(#spec.panels, spec.columns or most, most))
  local plan <const> = { columns = columns, width = width, panels = {}, tick_width = 0,
    panel_width = (inner - (columns - 1) * COLUMN_GAP) / columns }
  local lo, hi = math.huge, -math.huge
  for i, panel in ipairs(spec.panels) do
    each_point(spec, panel.lines, function(x) lo, hi = math.min(lo, x), math.max(hi, x) end)
    plan.panels[i] = panel_of(spec, panel)
    plan.tick_width = math.max(plan.tick_width, widest(plan.panels[i].ticks))
  end
  plan.lo, plan.hi = padded(lo, hi, spec.x_log)
  plan.ticks = ticks_of(spec.x_ticks, plan.lo, plan.hi, spec.x_log, spec.mark)
  labels.plan(plan)
  local half <const> = widest(plan.ticks) / 2
  plan.left = math.max(plan.tick_width + 2 + TICK + OFFSET, half)
  plan.plot_width = plan.panel_width - plan.left - math.max(plan.label_room, half)
  plan.plot_height = math.max(LOWEST, math.min(ASPECT * plan.plot_width, HIGHEST))
  plan.title_lines = 0
  for _, p in ipairs(plan.panels) do
    plan.plot_height = math.max(plan.plot_height, p.labels_height + #p.labels)
    p.heading = metrics.wrap(p.title or "", style.LABEL, plan.panel_width, true)
    if not p.title then p.heading = {} end
    plan.title_lines = math.max(plan.title_lines, #p.heading)
  end
  plan.x_name = metrics.wrap(spec.x_label or "", style.LABEL, plan.panel_width - MARGIN)
  plan.title_height = plan.title_lines * LABEL_LINE + 4
  plan.axis_height = OFFSET + TICK + 1 + SMALL_LINE
  plan.row_height = plan.title_height + plan.plot_height + plan.axis_height + ROW_GAP
  return plan
end

local function draw_y_axis(canvas, p, place)
  local x <const> = place.x0 - OFFSET
  local segments, grid, centres, heights = { { x, place.top, x, place.bottom } }, {}, {}, {}
  for i = #p.ticks, 1, -1 do -- downwards the page, as `thin` wants ascending places
    local y <const> = place.y(p.ticks[i].at)
    centres[#centres + 1], heights[#heights + 1] = y, style.SMALL
    segments[#segments + 1] = { x - TICK, y, x, y }
    grid[#grid + 1] = { place.x0, y, place.x1, y }
  end
  canvas:segments(grid, { role = "grid", width = 0.35 })
  canvas:segments(segments)
  for i = #centres, 1, -layout.thin(centres, heights, 0.5) do
    canvas:text(x - TICK - 2, centres[i] + style.SMALL * metrics.CAP / 2,
      p.ticks[#p.ticks + 1 - i].label, { size = style.SMALL, anchor = "end" })
  end
end

local function draw_x_axis(canvas, plan, place)
  local y <const> = place.bottom + OFFSET
  local segments, centres, widths = { { place.x0, y, place.x1, y } }, {}, {}
  for i, tick in ipairs(plan.ticks) do
    centres[i], widths[i] = place.x(tick.at), metrics.width(tick.label, style.SMALL)
    segments[#segments + 1] = { centres[i], y, centres[i], y + TICK }
  end
  canvas:segments(segments)
  local base <const> = y + TICK + 1 + style.SMALL * 0.95
  for i = 1, #centres, layout.thin(centres, widths, 2) do
    canvas:text(centres[i], base, plan.ticks[i].label, { size = style.SMALL, anchor = "middle" })
  end
end

-- How a line is drawn: its colour role, its dash, its width, whether its points are filled.
local function look_of(line, i)
  if line.look == "limit" then return { role = "muted", dash = "1.2 1.4", width = 0.7 } end
  if line.look == "target" then return { role = "muted", symbol = 4, hollow = true } end
  if line.look == "curve" then
    local role <const>, dash <const> = style.series(line.series or i)
    return { role = role, dash = dash, width = style.LINE + 0.4 }
  end
  local series <const> = line.series or i
  if line.look == "area" then return { role = style.series(series), area = true } end
  return { role = style.series(series), width = style.LINE + (series == 1 and 0.4 or 0),
    symbol = series }
end

local function draw_symbol(canvas, look, x, y)
  local corners <const> = symbol.corners(look.symbol, x, y, POINT)
  if not look.hollow then return canvas:polygon(corners, { role = look.role }) end
  corners[#corners + 1], corners[#corners + 2] = corners[1], corners[2]
  canvas:line(corners, { role = look.role, width = 0.7 })
end

-- The area between a line and its base, 0 without; values that the axes cannot show are left out.
local function draw_area(canvas, spec, line, place, look)
  local corners, back = {}, {}
  for i, x in ipairs(line.x) do
    local y <const>, base <const> = line.y[i], line.base and line.base[i] or 0
    if usable(x, spec.x_log) and usable(y, spec.y_log) and usable(base, spec.y_log) then
      corners[#corners + 1], corners[#corners + 2] = place.x(x), place.y(y)
      back[#back + 1], back[#back + 2] = place.y(base), place.x(x)
    end
  end
  for i = #back, 1, -1 do corners[#corners + 1] = back[i] end
  if #corners > 4 then canvas:polygon(corners, { role = look.role, opacity = AREA }) end
end

-- A vertical line at each point from low to high.
local function draw_intervals(canvas, spec, line, place, look)
  if not line.low then return end
  local segments = {}
  for i, x in ipairs(line.x) do
    local low <const>, high <const> = line.low[i], line.high[i]
    if usable(x, spec.x_log) and usable(low, spec.y_log) and usable(high, spec.y_log) then
      local px <const> = place.x(x) + look.shift
      segments[#segments + 1] = { px, place.y(low), px, place.y(high) }
    end
  end
  canvas:segments(segments, { role = look.role, width = 0.7 })
end

local function draw_line(canvas, spec, line, place, look)
  if look.area then return draw_area(canvas, spec, line, place, look) end
  local points = {}
  local function flush()
    if look.width and #points > 2 then canvas:line(points, look) end
    points = {}
  end
  draw_intervals(canvas, spec, line, place, look)
  for i, x in ipairs(line.x) do
    if usable(x, spec.x_log) and usable(line.y[i], spec.y_log) then
      local px <const>, py <const> = place.x(x) + look.shift, place.y(line.y[i])
      points[#points + 1], points[#points + 2] = px, py
      if look.symbol then draw_symbol(canvas, look, px, py) end
    else
      flush() -- a missing value breaks the line
    end
  end
  flush()
end

local function draw_panel(canvas, spec, plan, p, at)
  local place <const> = { x0 = at.x + plan.left, top = at.y + plan.title_height }
  place.x1, place.bottom = place.x0 + plan.plot_width, place.top + plan.plot_height
  place.x = (spec.x_log and scale.log or scale.linear)(plan.lo, plan.hi, place.x0, place.x1)
  place.y = (spec.y_log and scale.log or scale.linear)(p.hi, p.lo, place.top, place.bottom)
  canvas:lines(at.x, at.y + style.LABEL * metrics.ASCENT, p.heading, { bold = true })
  layout.shade(canvas, spec.shade_from, place, plan.hi)
  draw_y_axis(canvas, p, place)
  draw_x_axis(canvas, plan, place)
  local looks <const>, with_interval = {}, 0
  for i, line in ipairs(p.lines) do
    looks[i] = look_of(line, i)
    looks[i].shift = line.low and with_interval * DODGE or 0
    if line.low then with_interval = with_interval + 1 end
  end
  for i, line in ipairs(p.lines) do -- side by side around the place that they share
    if line.low then looks[i].shift = looks[i].shift - (with_interval - 1) * DODGE / 2 end
  end
  for i = #p.lines, 1, -1 do -- the first line lies on top
    draw_line(canvas:group("line"), spec, p.lines[i], place, looks[i])
  end
  labels.draw(canvas:group("key"), p, place)
  return place
end

-- The quantity upwards, above the first row; the quantity along, below the last panel of a column.
local function draw_names(canvas, spec, plan, places)
  if spec.y_label then
    canvas:lines(MARGIN, MARGIN + style.LABEL * metrics.ASCENT, plan.y_name)
  end
  for i, place in ipairs(places) do
    if spec.x_label and i + plan.columns > #places then
      canvas:lines((place.x0 + place.x1) / 2, place.bottom + plan.axis_height + 1 + style.LABEL,
        plan.x_name, { anchor = "middle" })
    end
  end
end

--- Lays the figure out.
---@param spec table   checked
---@param width number points
---@return lobule.figure.Canvas
function M.layout(spec, width)
  local plan <const> = plan_of(spec, width)
  plan.y_name = spec.y_label and metrics.wrap(spec.y_label, style.LABEL, width - 2 * MARGIN) or {}
  local first <const> = MARGIN + (#plan.y_name > 0 and #plan.y_name * LABEL_LINE + 4 or 0)
  local canvas <const>, places = Canvas.new(width), {}
  for i, p in ipairs(plan.panels) do
    local row <const>, column <const> = (i - 1) // plan.columns, (i - 1) % plan.columns
    places[i] = draw_panel(canvas:group("panel"), spec, plan, p, {
      x = MARGIN + column * (plan.panel_width + COLUMN_GAP), y = first + row * plan.row_height })
  end
  draw_names(canvas, spec, plan, places)
  local rows <const> = (#plan.panels - 1) // plan.columns + 1
  canvas.height = first + rows * plan.row_height - ROW_GAP + MARGIN
    + (spec.x_label and #plan.x_name * LABEL_LINE + 2 or 0)
  return canvas
end

return M
