--- Names of lines in panels: beside their ends, moved apart, each with a grey leader.
local layout = require "lobule.figure.layout"
local metrics = require "lobule.figure.metrics"
local number = require "lobule.figure.number"
local style = require "lobule.figure.style"

local M = {}

local LEADER <const> = 13 -- from a line's end, or the plot's, to a label
local LABEL_SHARE <const> = 0.36 -- of a panel's width, at most, for the labels
local SMALL_LINE <const> = style.SMALL * metrics.LINE
local SAMPLE <const> = 2.5 -- points between places at which a label looks for lines in its way
local CLEAR <const> = 1
local GAP <const> = 2 -- between a line's end and a label over or under it
local THIN <const> = 0.35

--- Names wrapped, with their height; the room they need beside the plot goes to plan.label_room.
---@param plan table                panels with lines and ends; panel_width
function M.plan(plan)
  local limit <const> = LABEL_SHARE * plan.panel_width
  plan.label_room = 0
  for _, p in ipairs(plan.panels) do
    p.labels, p.labels_height = {}, 0
    for i, line in ipairs(p.lines) do
      if line.label and p.ends[i] then
        local lines <const> = metrics.wrap(line.label, style.SMALL, limit)
        local label <const> = { lines = lines, line = i, height = #lines * SMALL_LINE,
          width = metrics.widest(lines, style.SMALL) }
        p.labels[#p.labels + 1] = label
        p.labels_height = p.labels_height + label.height
        plan.label_room = math.max(plan.label_room, LEADER + label.width)
      end
    end
  end
end

-- The stretch that a line and its interval take at a place of the page; nil where it is not.
local function reach(line, place, px)
  for i = 2, #line.x do
    local x0 <const>, x1 <const> = place.x(line.x[i - 1]), place.x(line.x[i])
    if px >= x0 and px <= x1 and x1 > x0 then
      local function at(list)
        local share <const> = (px - x0) / (x1 - x0)
        local a <const>, b <const> = place.y(list[i - 1]), place.y(list[i])
        return a + share * (b - a)
      end
      local low, high = at(line.low or line.y), at(line.high or line.y)
      if number.finite(low) and number.finite(high) then
        return math.min(low, high), math.max(low, high)
      end
    end
  end
end

local function overlap(a, b)
  return a.x0 < b.x1 and a.x1 > b.x0 and a.y0 < b.y1 and a.y1 > b.y0
end

-- Whether no line runs through a box and no other label stands in it.
local function free(lines, place, taken, box)
  for _, other in ipairs(taken) do
    if overlap(box, other) then return false end
  end
  for _, line in ipairs(lines) do
    for k = 0, line.look == "area" and -1 or math.ceil((box.x1 - box.x0) / SAMPLE) do
      local top <const>, bottom <const> = reach(line, place, math.min(box.x0 + k * SAMPLE, box.x1))
      if top and bottom >= box.y0 - CLEAR and top <= box.y1 + CLEAR then return false end
    end
  end
  return true
end

-- Where a label can stand near the end (x, y) of its line: { x0, x1, y0, y1, leader }, the best
-- first. Those over and under the end stay within the plot.
local function near_places(label, x, y, top, place)
  local boxes <const>, width <const>, height <const> = {}, label.width, label.height
  local right <const> = x + LEADER
  boxes[1] = { x0 = right, x1 = right + width, y0 = top, y1 = top + height, leader = true }
  for _, y0 in ipairs { y - height - GAP, y + GAP } do
    for _, x0 in ipairs { x - width, x } do
      if x0 >= place.x0 and x0 + width <= place.x1 and y0 >= place.top
        and y0 + height <= place.bottom then
        boxes[#boxes + 1] = { x0 = x0, x1 = x0 + width, y0 = y0, y1 = y0 + height }
      end
    end
  end
  return boxes
end

-- The first place near the end that is free, else one beside the plot.
local function stand(p, label, end_at, top, place, taken)
  local x <const>, y <const> = end_at.x, end_at.y
  local far <const> = place.x1 + LEADER
  for _, box in ipairs(near_places(label, x, y, top, place)) do
    local clear = free(p.lines, place, taken, box)
    if box.leader then
      local middle <const> = top + SMALL_LINE / 2
      clear = clear and free(p.lines, place, taken, { x0 = x + 3, x1 = box.x0 - 2,
        y0 = math.min(y, middle) + CLEAR, y1 = math.max(y, middle) - CLEAR })
    end
    if clear then return box end
  end
  return { x0 = far, x1 = far + label.width, y0 = top, y1 = top + label.height, leader = true,
    far = true }
end

--- Draws the names: next to the end of a line where nothing stands in the way, else beside the
--- plot.
---@param canvas lobule.figure.Canvas
---@param p table                   labels, lines, ends
---@param place table               x and y scales, x0, x1, top, bottom
function M.draw(canvas, p, place)
  local heights, wanted, taken = {}, {}, {}
  for i, label in ipairs(p.labels) do
    heights[i] = label.height
    wanted[i] = place.y(p.ends[label.line].y) - SMALL_LINE / 2
  end
  local slack <const> = SMALL_LINE / 2
  local tops <const> = layout.spread(heights, wanted, place.top - slack, place.bottom + slack)
  for i, label in ipairs(p.labels) do
    local finish <const> = p.ends[label.line]
    local x <const>, y <const> = place.x(finish.x), place.y(finish.y)
    local box <const> = stand(p, label, { x = x, y = y }, tops[i], place, taken)
    taken[i] = box
    if box.leader then
      local middle <const> = box.y0 + SMALL_LINE / 2
      canvas:line(box.far and { x + 2.6, y, place.x1 + 3, y, box.x0 - 2, middle }
        or { x + 2.6, y, box.x0 - 2, middle }, { role = "muted", width = THIN })
    end
    canvas:lines(box.x0, box.y0 + (SMALL_LINE + style.SMALL * metrics.CAP) / 2, label.lines,
      { size = style.SMALL })
  end
end

return M
