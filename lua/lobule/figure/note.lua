--- Short notes in a Kaplan-Meier plot: a test's p value where no curve runs, what faint lines mean.
local metrics = require "lobule.figure.metrics"
local number = require "lobule.figure.number"
local step = require "lobule.figure.step"
local style = require "lobule.figure.style"

local M = {}

local PAD <const> = 3 -- free room around the notes
local INSET <const> = 3
local SHARE <const> = 0.72 -- notes wrap at this part of the plot's width

--- What faint lines mean, wrapped.
---@param least number
---@param width number
---@return string[]
function M.faint(least, width)
  local text <const> = "Lines are faint where fewer than %s are at risk."
  return metrics.wrap(text:format(number.count(least)), style.SMALL, width)
end

-- Whether a curve (with its band) runs through a box.
local function hits(s, plan, box, with_band)
  local before_time, before
  for a, b, value, low, high in step.pieces(s, 0, s.last) do
    local from <const> = s.smooth and before_time or a -- the line to a point belongs to it
    if plan.x(b) >= box.x0 and plan.x(from) <= box.x1 then
      local top = math.max(value, s.smooth and before or value)
      local bottom = math.min(value, s.smooth and before or value)
      if with_band and number.finite(low) and number.finite(high) then
        top, bottom = math.max(top, high), math.min(bottom, low)
      end
      if plan.y(top) <= box.y1 and plan.y(bottom) >= box.y0 then return true end
    end
    before_time, before = a, value
  end
  return false
end

-- Vertical pieces count too: two neighbouring pieces, one above and one below, enclose the box.
local function crosses(s, plan, box)
  local before
  for a, _, value in step.pieces(s, 0, s.last) do
    local x <const>, y <const> = plan.x(a), plan.y(value)
    if before and x >= box.x0 and x <= box.x1
      and math.min(before, y) <= box.y1 and math.max(before, y) >= box.y0 then
      return true
    end
    before = y
  end
  return false
end

local function free(plan, box, with_band)
  for _, s in ipairs(plan.steps) do
    if hits(s, plan, box, with_band) or crosses(s, plan, box) then return false end
  end
  for _, s in ipairs(plan.beside) do
    if hits(s, plan, box, false) or crosses(s, plan, box) then return false end
  end
  return true
end

--- Where the notes can stand: in a corner that no curve touches, else above the plot.
---@param texts string[]
---@param plan table      the figure's plan, with its plot placed
---@param with_band boolean
---@return table|nil
function M.plan(texts, plan, with_band)
  if #texts == 0 then return nil end
  local lines = {}
  for _, text in ipairs(texts) do
    for _, line in ipairs(metrics.wrap(text, style.SMALL, SHARE * plan.plot_width)) do
      lines[#lines + 1] = line
    end
  end
  local w <const> = metrics.widest(lines, style.SMALL)
  local h <const> = #lines * style.SMALL * metrics.LINE
  local left <const>, right <const> = plan.x0 + INSET, plan.x1 - w
  local low <const>, high <const> = plan.bottom - INSET - h, plan.top
  for _, corner in ipairs { { left, low }, { right, high }, { right, low }, { left, high } } do
    local box <const> = { x0 = corner[1] - PAD, y0 = corner[2] - PAD,
      x1 = corner[1] + w + PAD, y1 = corner[2] + h + PAD }
    if free(plan, box, with_band) then
      return { lines = lines, x = corner[1], y = corner[2], height = h }
    end
  end
  return { lines = lines, x = plan.x0 - INSET, y = high, height = h, above = true }
end

--- Draws planned notes.
---@param canvas lobule.figure.Canvas
---@param planned table|nil
function M.draw(canvas, planned)
  if not planned then return end
  local base <const> = planned.y + style.SMALL * (metrics.LINE + metrics.CAP) / 2
  canvas:lines(planned.x, base, planned.lines, { size = style.SMALL })
end

return M
