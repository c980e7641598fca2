--- Names of curves: at the lines' ends where there is room, else in a key above the plot, in the
--- order of the table below it.
local layout = require "lobule.figure.layout"
local metrics = require "lobule.figure.metrics"
local style = require "lobule.figure.style"

local M = {}

local SAMPLE <const> = 17 -- length of a key's line: the longest dash shows twice
local GAP <const> = 4
local LEADER <const> = 9 -- room between the axis' end and the sample, for the leader
local NEAR_END <const> = 0.12 -- the last part of the axis
local MOST_ENDS <const> = 3 -- more names at the ends stand in an order that nobody can follow
local COLUMN_GAP <const> = 14

M.SAMPLE = SAMPLE
M.GAP = GAP

--- Draws a key's line with its middle at y.
---@param canvas lobule.figure.Canvas
---@param x number
---@param y number
---@param i integer  which arm
function M.sample(canvas, x, y, i)
  local role <const>, dash <const> = style.series(i)
  canvas:line({ x, y, x + SAMPLE, y }, { role = role, dash = dash, width = style.LINE + 0.2 })
end

-- A name and its note, wrapped.
local function block_of(curve, limit)
  local block <const> = {
    label = metrics.wrap(curve.label or "", style.LABEL, limit),
    note = curve.note and metrics.wrap(curve.note, style.SMALL, limit) or {},
  }
  block.width = math.max(metrics.widest(block.label, style.LABEL),
    metrics.widest(block.note, style.SMALL))
  block.height = (#block.label * style.LABEL + #block.note * style.SMALL) * metrics.LINE
  return block
end

local function draw_block(canvas, block, x, top, i)
  local base <const> = top + style.LABEL * (metrics.LINE + metrics.CAP) / 2
  M.sample(canvas, x, base - style.LABEL * metrics.CAP / 2, i)
  local text_x <const> = x + SAMPLE + GAP
  local y <const> = canvas:lines(text_x, base, block.label)
  canvas:lines(text_x, y - 0.6, block.note, { size = style.SMALL, role = "muted" })
end

--- Plans labels at the lines' ends.
---@param curves table[]
---@param limit number  no label wider
---@return table plan   blocks, and the width they need to the right of the axis
function M.plan_ends(curves, limit)
  local plan <const> = { blocks = {}, width = 0 }
  for i, curve in ipairs(curves) do
    plan.blocks[i] = block_of(curve, limit)
    plan.width = math.max(plan.width, LEADER + SAMPLE + GAP + plan.blocks[i].width)
  end
  return plan
end

--- Whether lines are few and all end in the last part of the axis: then each has its name at its
--- end with a leader, else none has, and a key names them in the order of the table.
---@param stops number[]  x of each line's end
---@param plot table      x1, width
---@return boolean
function M.at_ends(stops, plot)
  local all = #stops <= MOST_ENDS
  for _, stop in ipairs(stops) do all = all and stop > plot.x1 - NEAR_END * plot.width end
  return all
end

--- Where planned labels stand, or nil when they do not fit beside the plot.
---@param plan table
---@param ends number[]  y of each line's end
---@param top number
---@param bottom number
---@return number[]|nil tops
function M.place_ends(plan, ends, top, bottom)
  local heights, wanted = {}, {}
  for i, block in ipairs(plan.blocks) do
    heights[i] = block.height + 2
    wanted[i] = ends[i] - style.LABEL * metrics.LINE / 2 - 1
  end
  return layout.spread(heights, wanted, top, bottom)
end

--- Draws labels at the lines' ends, each with a key and a thin leader from where its line ends.
---@param canvas lobule.figure.Canvas
---@param plan table
---@param tops number[]
---@param plot table       x1, width and, per curve, ends (y) and stops (x)
function M.draw_ends(canvas, plan, tops, plot)
  local x <const> = plot.x1 + LEADER
  for i, block in ipairs(plan.blocks) do
    local y <const> = tops[i] + 1 + style.LABEL * metrics.LINE / 2
    canvas:line({ plot.stops[i] + 1.5, plot.ends[i], plot.x1 + 2, plot.ends[i], x - 1.5, y },
      { role = "muted", width = 0.35 })
    draw_block(canvas, block, x, tops[i] + 1, i)
  end
end

-- One entry a line, notes in a column of their own where that fits.
local function plan_rows(curves, width)
  local plan <const> = { entries = {}, height = 0 }
  local label_width, note_width = 0, 0
  for _, curve in ipairs(curves) do
    local label <const> = metrics.clean(curve.label or "")
    local note <const> = metrics.clean(curve.note or "")
    label_width = math.max(label_width, metrics.width(label, style.LABEL))
    note_width = math.max(note_width, metrics.width(note, style.SMALL))
  end
  local text_x <const> = SAMPLE + GAP
  local beside <const> = text_x + label_width + 8 + note_width <= width
  for i, curve in ipairs(curves) do
    local block <const> = block_of(curve, width - text_x)
    if beside then block.height = style.LABEL * metrics.LINE end
    plan.entries[i] = { block = block, x = 0, y = plan.height,
      note_x = beside and text_x + label_width + 8 or nil }
    plan.height = plan.height + block.height + 0.5
  end
  return plan
end

-- Entries one after the other, as many a line as fit.
local function plan_flow(curves, width)
  local plan <const> = { entries = {}, height = 0 }
  local x, y, line_height = 0, 0, 0
  for i, curve in ipairs(curves) do
    local block <const> = block_of(curve, width - SAMPLE - GAP)
    local w <const> = SAMPLE + GAP + block.width
    if x > 0 and x + w > width then
      x, y, line_height = 0, y + line_height, 0
    end
    plan.entries[i] = { block = block, x = x, y = y }
    x = x + w + COLUMN_GAP
    line_height = math.max(line_height, block.height)
  end
  plan.height = y + line_height
  return plan
end

--- Plans a key above the plot.
---@param curves table[]
---@param width number
---@return table plan  with its height
function M.plan_above(curves, width)
  for _, curve in ipairs(curves) do
    if curve.note then return plan_rows(curves, width) end
  end
  return plan_flow(curves, width)
end

--- Draws a key above the plot.
---@param canvas lobule.figure.Canvas
---@param plan table
---@param x number
---@param top number
function M.draw_above(canvas, plan, x, top)
  for i, entry in ipairs(plan.entries) do
    local block = entry.block
    if entry.note_x and #block.note > 0 then
      local base <const> = top + entry.y + style.LABEL * (metrics.LINE + metrics.CAP) / 2
      canvas:lines(x + entry.note_x, base, block.note, { size = style.SMALL, role = "muted" })
      block = { label = block.label, note = {} }
    end
    draw_block(canvas, block, x + entry.x, top + entry.y, i)
  end
end

return M
