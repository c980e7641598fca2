--- What a figure shows, as tables of columns: for the table beside the figure and for files.
local M = {}

local NAN <const> = 0 / 0

---@class lobule.figure.Column
---@field name string
---@field values any[]   text ("" where absent) or numbers (NaN where absent)

---@class lobule.figure.Table
---@field title string
---@field columns lobule.figure.Column[]

local function columns_of(names)
  local columns, by_name = {}, {}
  for i, name in ipairs(names) do
    columns[i] = { name = name, values = {} }
    by_name[name] = columns[i].values
  end
  return columns, by_name
end

local function append(list, value)
  list[#list + 1] = value
end

--- The points of the curves, and the table below them.
---@param spec table
---@return lobule.figure.Table[]
function M.curves(spec)
  local points <const>, p <const> =
    columns_of { "group", "time", spec.quantity or "survival", "conf_low", "conf_high" }
  for _, curve in ipairs(spec.curves) do
    for i, t in ipairs(curve.time) do
      append(p.group, curve.label or "")
      append(p.time, t)
      append(p[spec.quantity or "survival"], curve.survival[i])
      append(p.conf_low, curve.conf_low and curve.conf_low[i] or NAN)
      append(p.conf_high, curve.conf_high and curve.conf_high[i] or NAN)
    end
  end
  local tables <const> = { { title = "Curves", columns = points } }
  if not spec.risk_table then return tables end
  local risk <const> = spec.risk_table[1].n_state and "n_state" or "n_risk"
  local counts <const>, c <const> = columns_of { "group", "time", risk, "n_censor", "n_event" }
  for _, block in ipairs(spec.risk_table) do
    for i, t in ipairs(spec.times) do
      append(c.group, block.label or "")
      append(c.time, t)
      append(c[risk], block[risk] and block[risk][i] or NAN)
      append(c.n_censor, block.n_censor and block.n_censor[i] or NAN)
      append(c.n_event, block.n_event and block.n_event[i] or NAN)
    end
  end
  table.insert(tables, 1, { title = "Numbers at risk", columns = counts })
  return tables
end

--- The rows of a forest plot.
---@param spec table
---@return lobule.figure.Table[]
function M.forest(spec)
  local names <const> = { "label" }
  for i, column in ipairs(spec.columns or {}) do names[i + 1] = column.label or ("column " .. i) end
  local n_text <const> = #names
  for _, name in ipairs { "estimate", "conf_low", "conf_high", "text" } do append(names, name) end
  local columns <const> = columns_of(names)
  for _, row in ipairs(spec.rows) do
    append(columns[1].values, row.label or "")
    for i = 2, n_text do append(columns[i].values, row.cells and row.cells[i - 1] or "") end
    append(columns[n_text + 1].values, row.estimate or NAN)
    append(columns[n_text + 2].values, row.conf_low or NAN)
    append(columns[n_text + 3].values, row.conf_high or NAN)
    append(columns[n_text + 4].values, row.text or "")
  end
  return { { title = "Estimates", columns = columns } }
end

--- The steps of a flow diagram: what is left at each, and what leaves below it.
---@param spec table
---@return lobule.figure.Table[]
function M.flow(spec)
  local columns <const>, c <const> = columns_of { "step", "reason", "n" }
  local function row(name, reason, n)
    append(c.step, name)
    append(c.reason, reason)
    append(c.n, n or NAN)
  end
  for _, s in ipairs(spec.steps) do
    row(s.label, "", s.n)
    for _, reason in ipairs(s.excluded or {}) do row(s.label, reason[1], reason[2]) end
  end
  for _, arm in ipairs(spec.arms or {}) do row(arm.label, "", arm.n) end
  return { { title = "Flow", columns = columns } }
end

--- The points of all panels' lines.
---@param spec table
---@return lobule.figure.Table[]
function M.lines(spec)
  local limits = false
  for _, panel in ipairs(spec.panels) do
    for _, line in ipairs(panel.lines) do limits = limits or line.low ~= nil end
  end
  local columns <const>, c <const> = columns_of { "panel", "line", "x", "y",
    limits and "conf_low" or nil, limits and "conf_high" or nil }
  for _, panel in ipairs(spec.panels) do
    for _, line in ipairs(panel.lines) do
      for i, x in ipairs(line.x) do
        if limits then
          append(c.conf_low, line.low and line.low[i] or NAN)
          append(c.conf_high, line.high and line.high[i] or NAN)
        end
        append(c.panel, panel.title or "")
        append(c.line, line.label or "")
        append(c.x, x)
        append(c.y, line.y[i])
      end
    end
  end
  return { { title = "Lines", columns = columns } }
end

--- The moves of a diagram of states.
---@param spec table
---@return lobule.figure.Table[]
function M.states(spec)
  local columns <const>, c <const> = columns_of { "from", "to", "n" }
  for _, move in ipairs(spec.moves) do
    append(c.from, spec.states[move.from].label)
    append(c.to, spec.states[move.to].label)
    append(c.n, move.n)
  end
  return { { title = "Moves", columns = columns } }
end

return M
