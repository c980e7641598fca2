--- Diagrams of states: boxes in rows by how many moves they are from the start, arrows with counts.
local Canvas = require "lobule.figure.marks"
local metrics = require "lobule.figure.metrics"
local number = require "lobule.figure.number"
local style = require "lobule.figure.style"

local M = {}

local MARGIN <const> = 4
local PAD <const>, NARROW_PAD <const>, NARROW <const> = 5, 2.5, 70
local ROW_GAP <const> = 42
local LEAST_GAP <const> = 20 -- between boxes of a row
local WIDEST_BOX <const> = 110
local LANE <const> = 8 -- beside and below boxes, for arrows that go around
local HEAD <const>, HALF_HEAD <const> = 4.2, 1.8
local PLACES <const> = { 0.45, 0.35, 0.55, 0.25, 0.65, 0.75 } -- of a label along its arrow

-- Moves from the first states that nobody enters (else the first of all) to each.
local function depths(spec)
  local depth, queue, entered = {}, {}, {}
  for _, move in ipairs(spec.moves) do entered[move.to] = true end
  for k in ipairs(spec.states) do
    if not entered[k] then depth[k], queue[#queue + 1] = 0, k end
  end
  if #queue == 0 then depth[1], queue[1] = 0, 1 end
  local next_one = 1
  while queue[next_one] do
    for _, move in ipairs(spec.moves) do
      if move.from == queue[next_one] and not depth[move.to] then
        depth[move.to], queue[#queue + 1] = depth[move.from] + 1, move.to
      end
    end
    next_one = next_one + 1
    if not queue[next_one] then -- a ring that nothing leads to
      for k in ipairs(spec.states) do
        if not depth[k] then
          depth[k], queue[next_one] = 0, k
          break
        end
      end
    end
  end
  return depth
end

-- Texts of a box; a name with a word that is too long for it is set smaller before it is broken.
local function box_lines(state, width)
  local lines = {}
  local room <const> = width - 2 * (width < NARROW and NARROW_PAD or PAD)
  local size = style.LABEL
  for word in state.label:gmatch "%S+" do
    if metrics.width(word, size, true) > room then size = style.SMALL end
  end
  local function append(texts, look)
    for _, text in ipairs(texts) do lines[#lines + 1] = { text = text, look = look } end
  end
  append(metrics.wrap(state.label, size, room, true), { anchor = "middle", bold = true,
    size = size })
  for _, text in ipairs(state.lines or {}) do
    append(metrics.wrap(text, style.SMALL, room), { anchor = "middle", size = style.SMALL })
  end
  return lines
end

local function height_of(lines)
  local height = 2 * PAD
  for _, line in ipairs(lines) do height = height + line.look.size * metrics.LINE end
  return height
end

-- Rows of boxes, all as wide, in the middle of the page.
local function place(spec, width)
  local depth <const>, rows, boxes, most = depths(spec), {}, {}, 0
  for k in ipairs(spec.states) do
    local row = rows[depth[k] + 1] or {}
    rows[depth[k] + 1] = row
    row[#row + 1] = k
    most = math.max(most, #row)
  end
  local gap, around = LEAST_GAP, false
  for _, move in ipairs(spec.moves) do
    local count <const> = metrics.width(number.count(move.n), style.SMALL)
    if depth[move.from] == depth[move.to] then gap = math.max(gap, count + 2 * HEAD + 9) end
    around = around or depth[move.from] > depth[move.to] + 1
  end
  local inner <const> = width - 2 * (MARGIN + (around and LANE * 2 or 0))
  local each <const> = math.min(WIDEST_BOX, (inner - (most - 1) * gap) / most)
  local y = MARGIN + LANE
  for r, row in ipairs(rows) do
    local tallest = 0
    for i, k in ipairs(row) do
      local step <const> = math.max(each + gap, math.min(inner / #row, each + 2 * gap))
      boxes[k] = { row = r, place = i, width = each, y = y, lines = box_lines(spec.states[k], each),
        x = width / 2 + (i - 0.5 - #row / 2) * step - each / 2 }
      tallest = math.max(tallest, height_of(boxes[k].lines))
    end
    for _, k in ipairs(row) do boxes[k].height, boxes[k].last = tallest, k == row[#row] end
    y = y + tallest + ROW_GAP
  end
  return boxes, y - ROW_GAP + 2 * LANE + MARGIN
end

-- The sides that an arrow leaves and enters, and how it runs.
local function sides(a, b)
  if a.row == b.row then
    if math.abs(a.place - b.place) == 1 then
      return a.place < b.place and "right" or "left", a.place < b.place and "left" or "right"
    end
    return "bottom", "bottom", "under"
  end
  if math.abs(a.row - b.row) == 1 then
    return a.row < b.row and "bottom" or "top", a.row < b.row and "top" or "bottom"
  end
  -- Only ever backwards: forwards no row is left out.
  return a.last and "right" or "bottom", b.last and "right" or "top", "around"
end

-- Arrows that share a side of a box stand beside each other in the order of where they go.
local function spread_ports(arrows, boxes)
  local ports = {}
  for i, arrow in ipairs(arrows) do
    for _, which in ipairs { "start", "finish" } do
      local k <const>, side <const> = arrow[which].state, arrow[which].side
      local other <const> = boxes[arrow[which == "start" and "finish" or "start"].state]
      local key <const> = k .. side
      ports[key] = ports[key] or {}
      table.insert(ports[key], { arrow = arrow, which = which, rank = other.x + 1e-6 * i })
    end
  end
  for _, list in pairs(ports) do
    table.sort(list, function(a, b) return a.rank < b.rank end)
    for i, port in ipairs(list) do
      local at <const> = port.arrow[port.which]
      local box <const>, share <const> = boxes[at.state], i / (#list + 1)
      if at.side == "top" or at.side == "bottom" then
        at.x, at.y = box.x + share * box.width, box.y + (at.side == "top" and 0 or box.height)
      else
        at.x, at.y = box.x + (at.side == "left" and 0 or box.width), box.y + share * box.height
      end
    end
  end
end

-- The corners of an arrow.
local function path_of(arrow, boxes, lane)
  local a <const>, b <const> = arrow.start, arrow.finish
  if arrow.way == "under" then
    local y <const> = boxes[a.state].y + boxes[a.state].height + LANE + 3 * lane
    return { a.x, a.y, a.x, y, b.x, y, b.x, b.y }
  elseif arrow.way == "around" then
    local x = 0
    for _, box in pairs(boxes) do x = math.max(x, box.x + box.width) end
    x = x + LANE / 2 + 3 * lane
    local points <const> = { a.x, a.y }
    local function add(px, py) points[#points + 1], points[#points + 2] = px, py end
    local low, high = a.y, b.y
    if a.side == "bottom" then
      low = a.y + LANE + 3 * lane
      add(a.x, low)
    end
    if b.side == "top" then high = b.y - LANE - 3 * lane end
    add(x, low)
    add(x, high)
    if b.side == "top" then add(b.x, high) end
    add(b.x, b.y)
    return points
  end
  return { a.x, a.y, b.x, b.y }
end

local function draw_arrow(canvas, points)
  local n <const> = #points
  local x <const>, y <const> = points[n - 1], points[n]
  local dx, dy = x - points[n - 3], y - points[n - 2]
  local length <const> = math.sqrt(dx * dx + dy * dy)
  dx, dy = dx / length, dy / length
  local bx <const>, by <const> = x - dx * HEAD, y - dy * HEAD
  local shaft <const> = table.move(points, 1, n, 1, {})
  shaft[n - 1], shaft[n] = bx, by
  canvas:line(shaft)
  canvas:polygon({ x, y, bx - dy * HALF_HEAD, by + dx * HALF_HEAD, bx + dy * HALF_HEAD,
    by - dx * HALF_HEAD })
end

local function apart(box, others)
  for _, other in ipairs(others) do
    if box.x0 < other.x1 and box.x1 > other.x0 and box.y0 < other.y1 and box.y1 > other.y0 then
      return false
    end
  end
  return true
end

-- Where a count stands: on the longest part of its arrow, clear of the counts before it.
local function label_box(points, text, taken)
  local longest, at = -1, 1
  for i = 1, #points - 3, 2 do
    local length <const> = math.abs(points[i + 2] - points[i])
      + math.abs(points[i + 3] - points[i + 1])
    if length > longest then longest, at = length, i end
  end
  local w <const>, h <const> = metrics.width(text, style.SMALL) + 2, style.SMALL * metrics.LINE
  local box
  for _, share in ipairs(PLACES) do
    local x <const> = points[at] + share * (points[at + 2] - points[at])
    local y <const> = points[at + 1] + share * (points[at + 3] - points[at + 1])
    local try <const> = { x0 = x - w / 2, x1 = x + w / 2, y0 = y - h / 2, y1 = y + h / 2 }
    if apart(try, taken) then
      box = try
      break
    end
    box = box or try
  end
  taken[#taken + 1] = box
  return box
end

local function draw_arrows(canvas, spec, boxes)
  local arrows, taken, lanes = {}, {}, 0
  for i, move in ipairs(spec.moves) do
    local from, to, way = sides(boxes[move.from], boxes[move.to])
    arrows[i] = { start = { state = move.from, side = from }, finish = { state = move.to,
      side = to }, way = way, n = move.n }
  end
  spread_ports(arrows, boxes)
  local labels = {}
  for i, arrow in ipairs(arrows) do
    local points <const> = path_of(arrow, boxes, lanes)
    if arrow.way then lanes = (lanes + 1) % 4 end
    draw_arrow(canvas:group("move"), points)
    labels[i] = label_box(points, number.count(arrow.n), taken)
  end
  local group <const> = canvas:group("counts")
  for i, box in ipairs(labels) do
    group:rect(box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0, { role = "paper", how = "fill" })
    group:text((box.x0 + box.x1) / 2, (box.y0 + box.y1 + style.SMALL * metrics.CAP) / 2,
      number.count(arrows[i].n), { size = style.SMALL, anchor = "middle" })
  end
end

local function draw_box(canvas, box)
  canvas:rect(box.x, box.y, box.width, box.height)
  local y = box.y + (box.height - height_of(box.lines)) / 2 + PAD
  for _, line in ipairs(box.lines) do
    local height <const> = line.look.size * metrics.LINE
    canvas:text(box.x + box.width / 2, y + height / 2 + line.look.size * metrics.CAP / 2, line.text,
      line.look)
    y = y + height
  end
end

--- Lays the figure out.
---@param spec table   checked
---@param width number points
---@return lobule.figure.Canvas
function M.layout(spec, width)
  local canvas <const> = Canvas.new(width)
  local boxes <const>, height <const> = place(spec, width)
  canvas.height = height
  for _, box in ipairs(boxes) do draw_box(canvas:group("state"), box) end
  draw_arrows(canvas, spec, boxes)
  return canvas
end

return M
