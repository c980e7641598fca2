--- Flow diagrams in the manner of CONSORT and STROBE: steps downwards, exclusions to the right.
local Canvas = require "lobule.figure.marks"
local metrics = require "lobule.figure.metrics"
local number = require "lobule.figure.number"
local style = require "lobule.figure.style"

local M = {}

local MARGIN <const> = 4
local PAD <const> = 5
local GAP <const> = 9 -- above and below a side box
local BARE_GAP <const> = 16 -- between steps without exclusions
local WIDE <const> = 340
local ARM_GAP <const> = 8
local LEAST_ARM <const> = 58 -- narrower than this, arms stand below each other
local SMALL_LINE <const> = style.SMALL * metrics.LINE
local JOG <const> = 40
local LEAST_MAIN <const>, LEAST_SIDE <const> = 110, 90
local HEAD <const> = 3.6 -- of an arrow

local function count_line(n, unit)
  if not n then return nil end
  if unit then return number.count(n) .. " " .. unit end
  return "n = " .. number.count(n)
end

-- Texts of a box, from the top: each a line with its look and its height.
local function append(lines, texts, look)
  local height <const> = (look.size or style.LABEL) * metrics.LINE
  for _, text in ipairs(texts) do
    lines[#lines + 1] = { text = text, look = look, height = height }
  end
end

local function height_of(lines)
  local h = 2 * PAD
  for _, line in ipairs(lines) do h = h + line.height end
  return h
end

local function draw_box(canvas, box)
  canvas:rect(box.x, box.y, box.width, box.height)
  local y = box.y + PAD
  for _, line in ipairs(box.lines) do
    local look <const> = line.look
    local size <const> = look.size or style.LABEL
    local x = box.x + PAD + (line.indent or 0)
    if look.anchor == "middle" then x = box.x + box.width / 2 end
    local base <const> = y + line.height / 2 + size * metrics.CAP / 2
    canvas:text(x, base, line.text, look)
    if line.right then
      canvas:text(box.x + box.width - PAD, base, line.right, { size = size, anchor = "end" })
    end
    y = y + line.height
  end
end

-- An arrow along points, its head at the last.
local function arrow(canvas, points)
  local n <const> = #points
  local x <const>, y <const> = points[n - 1], points[n]
  local dx <const> = x > points[n - 3] and 1 or x < points[n - 3] and -1 or 0
  local dy <const> = dx == 0 and 1 or 0
  local shaft <const> = table.move(points, 1, n, 1, {})
  shaft[n - 1], shaft[n] = x - dx * HEAD / 2, y - dy * HEAD / 2
  canvas:line(shaft)
  local bx <const>, by <const> = x - dx * HEAD, y - dy * HEAD
  canvas:polygon({ x, y, bx - dy * 1.7, by - dx * 1.7, bx + dy * 1.7, by + dx * 1.7 })
end

local function step_box(s, x, width)
  local lines = {}
  append(lines, metrics.wrap(s.label, style.LABEL, width - 2 * PAD), { anchor = "middle" })
  local count <const> = count_line(s.n, s.unit)
  if count then
    append(lines, metrics.wrap(count, style.LABEL, width - 2 * PAD, true),
      { anchor = "middle", bold = true })
  end
  if s.note then
    append(lines, metrics.wrap(s.note, style.SMALL, width - 2 * PAD),
      { anchor = "middle", size = style.SMALL, role = "muted" })
  end
  return { x = x, width = width, lines = lines, height = height_of(lines) }
end

-- How many leave below a step. Reasons may overlap, so their sum may be more than the total.
local function total_of(s, following)
  local sum = 0
  for _, reason in ipairs(s.excluded) do sum = sum + reason[2] end
  if s.excluded_n then return s.excluded_n, sum end
  if following and s.n and following.n and s.unit == following.unit then
    return s.n - following.n, sum
  end
  return sum, sum
end

local function append_reasons(lines, reasons, width)
  local numbers = 0
  for _, reason in ipairs(reasons) do
    numbers = math.max(numbers, metrics.width(number.count(reason[2]), style.SMALL))
  end
  for _, reason in ipairs(reasons) do
    for k, text in ipairs(metrics.wrap(reason[1], style.SMALL, width - 2 * PAD - numbers - 8)) do
      lines[#lines + 1] = { text = text, look = { size = style.SMALL }, height = SMALL_LINE,
        indent = k > 1 and 4 or 0, right = k == 1 and number.count(reason[2]) or nil }
    end
  end
end

local function side_box(s, following, x, width)
  if not s.excluded or #s.excluded == 0 then return nil end
  local total <const>, sum <const> = total_of(s, following)
  local lines = {}
  local head <const> = ("%s (n = %s)"):format(s.excluded_label or "Excluded", number.count(total))
  append(lines, metrics.wrap(head, style.LABEL, width - 2 * PAD, true), { bold = true })
  append_reasons(lines, s.excluded, width)
  if sum > total then
    append(lines, metrics.wrap("One may have several reasons.", style.SMALL, width - 2 * PAD),
      { size = style.SMALL, role = "muted" })
  end
  return { x = x, width = width, lines = lines, height = height_of(lines) }
end

local function arm_box(arm, x, width)
  local lines = {}
  append(lines, metrics.wrap(arm.label or "", style.LABEL, width - 2 * PAD, true),
    { anchor = "middle", bold = true })
  local count <const> = count_line(arm.n, arm.unit)
  if count then
    append(lines, metrics.wrap(count, style.LABEL, width - 2 * PAD), { anchor = "middle" })
  end
  for _, text in ipairs(arm.lines or {}) do
    append(lines, metrics.wrap(text, style.SMALL, width - 2 * PAD),
      { anchor = "middle", size = style.SMALL })
  end
  return { x = x, width = width, lines = lines, height = height_of(lines) }
end

-- The width at which no text of the steps, or of the side boxes, would wrap.
local function natural_widths(spec)
  local main, side = LEAST_MAIN, 0
  local function widen(w, text, size, bold)
    return math.max(w, metrics.width(metrics.clean(text), size, bold) + 2 * PAD)
  end
  for _, s in ipairs(spec.steps) do
    main = widen(widen(main, s.label, style.LABEL), s.note or "", style.SMALL)
    for _, reason in ipairs(s.excluded or {}) do
      local count <const> = metrics.width(number.count(reason[2]), style.SMALL)
      side = math.max(side, widen(LEAST_SIDE, reason[1], style.SMALL) + count + 8)
    end
  end
  return main, side > 0 and side + 0.01 or nil
end

-- How far the main column stands in: in the middle of what is spare, or right above an arm that is
-- nearly below it, since a connector with a small jog looks like a mistake.
local function beside_arm(spec, width, main_width, spare)
  local n <const> = #(spec.arms or {})
  for i = 1, n do
    local each <const> = (width - 2 * MARGIN - (n - 1) * ARM_GAP) / n
    local inset <const> = (i - 1) * (each + ARM_GAP) + each / 2 - main_width / 2
    if inset >= 0 and inset <= spare and math.abs(inset - spare / 2) <= JOG then return inset end
  end
  return spare / 2
end

-- The main column and the side column. Side boxes stand beside the connectors, between the steps,
-- so that at a narrow width they may reach under the main column.
local function columns_for(spec, width)
  local inner <const> = width - 2 * MARGIN
  local main_natural <const>, side_natural <const> = natural_widths(spec)
  if not side_natural then
    local w <const> = math.min(inner, main_natural + 20)
    return { x = MARGIN + (inner - w) / 2, width = w }, {}
  end
  local wide <const> = width >= WIDE
  local main_width <const> = math.min(main_natural + 20, (wide and 0.44 or 0.62) * inner)
  local apart <const> = wide and main_width + 16 or main_width / 2 + 18
  local side_width <const> = math.min(side_natural, inner - apart)
  local spare <const> = math.max(0, inner - apart - side_width)
  local x <const> = MARGIN + beside_arm(spec, width, main_width, spare)
  return { x = x, width = main_width }, { x = x + apart, width = side_width }
end

-- Places steps and side boxes from the top down; gives the connector's x and the end.
local function place_steps(spec, boxes, main, side)
  local y = MARGIN
  for i, s in ipairs(spec.steps) do
    local box <const> = step_box(s, main.x, main.width)
    box.y = y
    boxes.steps[i] = box
    y = y + box.height
    local last <const> = i == #spec.steps
    local beside <const> = side.x and side_box(s, spec.steps[i + 1], side.x, side.width)
    if beside then
      beside.y = y + GAP
      boxes.sides[i] = beside
      y = y + beside.height + 2 * GAP
      if last and not spec.arms then y = y - GAP end
    elseif not last then
      y = y + BARE_GAP
    end
  end
  return main.x + main.width / 2, y
end

local function draw_steps(canvas, boxes, x)
  for i, box in ipairs(boxes.steps) do
    local side <const>, below <const> = boxes.sides[i], boxes.steps[i + 1]
    local from <const> = box.y + box.height
    if below then arrow(canvas, { x, from, x, below.y }) end
    if side then
      local middle <const> = side.y + side.height / 2
      if below or boxes.arms_y then
        arrow(canvas, { x, middle, side.x, middle })
      else
        arrow(canvas, { x, from, x, middle, side.x, middle })
      end
      draw_box(canvas, side)
    end
    draw_box(canvas, box)
  end
end

-- Arms side by side below a bus.
local function draw_arms_across(canvas, arms, from, x, top)
  local each <const> = (canvas.width - 2 * MARGIN - (#arms - 1) * ARM_GAP) / #arms
  local boxes, tallest, centres = {}, 0, {}
  for i, arm in ipairs(arms) do
    boxes[i] = arm_box(arm, MARGIN + (i - 1) * (each + ARM_GAP), each)
    boxes[i].y = top + 2 * GAP
    centres[i] = boxes[i].x + each / 2
    tallest = math.max(tallest, boxes[i].height)
  end
  local bus <const> = top + GAP - 2
  canvas:line({ x, from, x, bus })
  canvas:line({ math.min(x, centres[1]), bus, math.max(x, centres[#arms]), bus })
  for i, box in ipairs(boxes) do
    box.height = tallest
    arrow(canvas, { centres[i], bus, centres[i], box.y })
    draw_box(canvas, box)
  end
  return top + 2 * GAP + tallest
end

-- Arms below each other, reached from a line on their left.
local function draw_arms_down(canvas, arms, from, x, top)
  local left <const> = MARGIN + 20
  local trunk <const> = MARGIN + 6
  local bus <const> = top + GAP - 4
  local y, middle = top + GAP + 2, nil
  for _, arm in ipairs(arms) do
    local box <const> = arm_box(arm, left, canvas.width - MARGIN - left)
    box.y = y
    middle = y + box.height / 2
    arrow(canvas, { trunk, middle, left, middle })
    draw_box(canvas, box)
    y = y + box.height + 5
  end
  canvas:line({ x, from, x, bus, trunk, bus, trunk, middle })
  return y - 5
end

--- Lays the figure out.
---@param spec table   checked
---@param width number points
---@return lobule.figure.Canvas
function M.layout(spec, width)
  local canvas <const> = Canvas.new(width)
  local main <const>, side <const> = columns_for(spec, width)
  local boxes <const> = { steps = {}, sides = {} }
  local arms <const> = spec.arms and #spec.arms > 0 and spec.arms or nil
  local x <const>, y <const> = place_steps({ steps = spec.steps, arms = arms }, boxes, main, side)
  boxes.arms_y = arms and y
  draw_steps(canvas:group("steps"), boxes, x)
  canvas.height = y + MARGIN
  if arms then
    local last <const> = boxes.steps[#boxes.steps]
    local each <const> = (width - 2 * MARGIN - (#arms - 1) * ARM_GAP) / #arms
    local draw <const> = each >= LEAST_ARM and draw_arms_across or draw_arms_down
    canvas.height = draw(canvas:group("arms"), arms, last.y + last.height, x, y) + MARGIN
  end
  return canvas
end

return M
