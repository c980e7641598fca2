--- Forest plots: a table of texts with a plot of estimates between its columns.
local Canvas = require "lobule.figure.marks"
local forest_axis = require "lobule.figure.forest_axis"
local layout = require "lobule.figure.layout"
local metrics = require "lobule.figure.metrics"
local style = require "lobule.figure.style"

local M = {}

local MARGIN <const> = 4
local INDENT <const> = 7
local WIDE <const> = 340
local ROW_PAD <const> = 3
local BREAK <const> = 3 -- more room above headings and summaries
local LEAST_LABEL <const> = 46

-- What stands in brackets goes to a second line whole: "1.20" above "(0.90 to 1.60)".
local function wrap_estimate(text, size, width, bold)
  if metrics.width(metrics.clean(text), size, bold) <= width + 1e-9 then
    return { metrics.clean(text) }
  end
  local first <const>, second <const> = text:match("^(.-)%s+(%(.*)$")
  if not first then return metrics.wrap(text, size, width, bold) end
  local lines <const> = metrics.wrap(first, size, width, bold)
  for _, line in ipairs(metrics.wrap(second, size, width, bold)) do lines[#lines + 1] = line end
  return lines
end

-- The least width of an estimate's text: that of its interval.
local function least_estimate(text, size, bold)
  local second <const> = text:match("%s(%(.*)$") or text
  return math.min(metrics.width(metrics.clean(text), size, bold),
    metrics.width(metrics.clean(second), size, bold))
end

-- Whether a row has nothing but its label, which may then reach as far as the plot.
local function spans(row)
  if row.text or row.estimate or row.reference then return false end
  for _, cell in ipairs(row.cells or {}) do
    if cell ~= "" then return false end
  end
  return true
end

-- The columns of text in order: label, the caller's, estimate. Each cell is {text, indent, bold}.
local function columns_of(spec)
  local columns <const> = { { head = spec.label_label or "", align = "left", cells = {} } }
  for _, c in ipairs(spec.columns or {}) do
    columns[#columns + 1] = { head = c.label or "", align = c.align or "right", cells = {} }
  end
  local last <const> = { head = spec.estimate_label or "", align = "left", cells = {},
    estimate = true }
  local any = false
  for i, row in ipairs(spec.rows) do
    local bold <const> = row.bold or row.header or row.summary
    columns[1].cells[i] = { text = row.label or "", bold = bold, span = spans(row),
      indent = (row.indent or 0) * INDENT }
    for j = 2, #columns do
      columns[j].cells[i] = { text = row.cells and row.cells[j - 1] or "", bold = row.bold,
        indent = 0 }
    end
    last.cells[i] = { text = row.text or "", bold = row.bold or row.summary, indent = 0 }
    any = any or row.text ~= nil
  end
  if any then columns[#columns + 1] = last end
  return columns, any
end

-- Natural and least width of a column.
local function widths_of(column, size)
  local natural = metrics.widest_word(column.head, size, true)
  local least = natural
  for _, cell in ipairs(column.cells) do
    local text <const> = cell.span and "" or metrics.clean(cell.text)
    local word <const> = column.estimate and least_estimate(text, size, cell.bold)
      or metrics.widest_word(text, size, cell.bold)
    natural = math.max(natural, cell.indent + metrics.width(text, size, cell.bold))
    least = math.max(least, cell.indent + word)
  end
  return natural, least
end

-- Places the columns and the plot; the estimates' column stands to the right of the plot.
local function place(spec, plan)
  local natural, least = {}, {}
  for j, column in ipairs(plan.columns) do
    natural[j], least[j] = widths_of(column, plan.size)
  end
  least[1] = math.min(natural[1], math.max(LEAST_LABEL, math.min(least[1], 0.35 * plan.width)))
  local gaps <const> = #plan.columns * plan.gap
  local room <const> = plan.width - 2 * MARGIN - gaps
  local widths <const> = layout.share(natural, least, room - plan.least_plot)
  local plot = room
  for _, w in ipairs(widths) do plot = plot - w end
  local spare <const> = math.max(0, plot - 0.5 * plan.width)
  local x = MARGIN
  for j, column in ipairs(plan.columns) do
    if column.estimate then
      plan.x0, plan.x1 = x, x + plot - spare
      x = plan.x1 + plan.gap
    end
    column.x, column.width = x, widths[j] + (j == 1 and spare or 0)
    x = x + column.width + plan.gap
  end
  if not plan.has_text then plan.x0, plan.x1 = x, x + plot - spare end
  plan.columns[1].span = plan.x0 - plan.gap - MARGIN
  plan.axis = forest_axis.new(spec, plan.x0, plan.x1)
end

local function draw_cell(canvas, column, lines, look)
  local x, anchor = column.x + look.indent, "start"
  if column.align == "right" then x, anchor = column.x + column.width, "end" end
  if column.align == "center" then x, anchor = column.x + column.width / 2, "middle" end
  local step <const> = look.size * metrics.LINE
  local first <const> = look.middle - (#lines - 1) * step / 2 + look.size * metrics.CAP / 2
  canvas:lines(x, first, lines, { size = look.size, bold = look.bold, anchor = anchor })
end

local function cell_lines(column, cell, size)
  local wrap <const> = column.estimate and wrap_estimate or metrics.wrap
  local width <const> = cell.span and column.span or column.width
  return wrap(cell.text, size, width - cell.indent, cell.bold)
end

-- Column headings, standing on the line below them.
local function draw_heads(canvas, plan)
  local most, heads = 0, {}
  local step <const> = plan.size * metrics.LINE
  for j, column in ipairs(plan.columns) do
    heads[j] = column.head ~= "" and wrap_estimate(column.head, plan.size, column.width, true) or {}
    most = math.max(most, #heads[j])
  end
  if most == 0 then return MARGIN end
  local bottom <const> = MARGIN + most * step
  for j, column in ipairs(plan.columns) do
    draw_cell(canvas, column, heads[j], { indent = 0, size = plan.size, bold = true,
      middle = bottom - #heads[j] * step / 2 })
  end
  canvas:line({ MARGIN, bottom + 2, canvas.width - MARGIN, bottom + 2 }, { width = style.HAIR })
  return bottom + 4
end

local function row_height(plan, i)
  local most = 1
  for _, column in ipairs(plan.columns) do
    most = math.max(most, #cell_lines(column, column.cells[i], plan.size))
  end
  return most * plan.size * metrics.LINE + ROW_PAD
end

-- Draws the texts and gives each row's middle and the rows' end.
local function draw_rows(canvas, spec, plan, y)
  local middles = {}
  for i, row in ipairs(spec.rows) do
    local before <const> = spec.rows[i - 1]
    if before and (row.header or (row.summary and not before.summary)
      or (row.indent or 0) < (before.indent or 0)) then
      y = y + BREAK
    end
    local h <const> = row_height(plan, i)
    middles[i] = y + h / 2
    for _, column in ipairs(plan.columns) do
      local cell <const> = column.cells[i]
      draw_cell(canvas, column, cell_lines(column, cell, plan.size), { indent = cell.indent,
        size = plan.size, bold = cell.bold, middle = middles[i] })
    end
    y = y + h
  end
  return middles, y
end

-- What the rows do not show, below all; gives the end.
local function draw_note(canvas, text, y)
  if not text then return y end
  local lines <const> = metrics.wrap(text, style.SMALL, canvas.width - 2 * MARGIN)
  canvas:lines(MARGIN, y + 4 + style.SMALL, lines, { size = style.SMALL, role = "muted" })
  return y + 4 + #lines * style.SMALL * metrics.LINE
end

--- Lays the figure out.
---@param spec table   checked
---@param width number points
---@return lobule.figure.Canvas
function M.layout(spec, width)
  local wide <const> = width >= WIDE
  local columns <const>, has_text <const> = columns_of(spec)
  local plan <const> = { width = width, columns = columns, has_text = has_text,
    size = wide and style.LABEL or style.SMALL, gap = wide and 10 or 6,
    least_plot = wide and 0.28 * width or 0.26 * width }
  place(spec, plan)
  local canvas <const> = Canvas.new(width)
  local texts <const> = canvas:group("rows")
  local behind <const> = canvas:group("reference")
  local marks <const> = canvas:group("marks")
  local top <const> = draw_heads(texts, plan)
  local middles <const>, bottom <const> = draw_rows(texts, spec, plan, top)
  forest_axis.draw_reference(behind, plan.axis, top, bottom + 2)
  for i, row in ipairs(spec.rows) do
    forest_axis.draw_mark(marks, row, plan.axis, middles[i])
  end
  local x_label <const> = spec.x_label or (not has_text and spec.estimate_label) or nil
  local y <const> = forest_axis.draw_axis(canvas:group("axis"),
    { x_label = x_label, favours = spec.favours }, plan.axis, bottom + 2, MARGIN)
  canvas.height = draw_note(canvas, spec.note, y) + MARGIN
  return canvas
end

return M
