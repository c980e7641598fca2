--- What can be added to a report: anything that answers report_blocks(), and figures.
local check = require "lobule.check"
local core = require "lobule.core"
local restyle = require "lobule.restyle"
local styled = require "lobule.report.styled"
local tables = require "lobule.table"

local M = {}

local DATA_ROWS <const> = 1000 -- of a figure's data table; all of it is in the results

M.member = require "lobule.report.member"

local function is_figure(object)
  return type(M.member(object, "svg")) == "function"
end

--- A figure's own data (tables of columns with their values) as a table for readers.
local function data_table(data)
  local columns, rows = {}, {}
  for c, column in ipairs(data.columns) do
    local numeric = type(column.values[1]) == "number"
    columns[c] = { label = column.name, align = numeric and "right" or "left" }
    for i = 1, math.min(#column.values, DATA_ROWS) do
      local value = column.values[i]
      rows[i] = rows[i] or {}
      -- Figures mark what is absent with NaN.
      rows[i][c] = value == value and value or core.NA
    end
  end
  local left = #(data.columns[1] or { values = {} }).values - DATA_ROWS
  return tables.new { caption = data.title, columns = columns, rows = rows,
    notes = left > 0 and { ("... %d more rows"):format(left) } or nil }
end

local function is_table(object)
  return check.is(object, "lobule.Table")
end

--- The tables beside a figure: those given, else made from what the figure knows.
local function figure_data(figure, given)
  if given ~= nil then return is_table(given) and { given } or given end
  local method = M.member(figure, "data")
  if type(method) ~= "function" then return {} end
  local data, list = method(figure), {}
  if is_table(data) then return { data } end
  if type(M.member(data, "names")) == "function" then
    return { tables.from_frame(data, { rows = DATA_ROWS }) }
  end
  for i, one in ipairs(data or {}) do list[i] = data_table(one) end
  return list
end

local CHECK <const> = {}

function CHECK.heading(block)
  local text = check.one_line(block.text, "heading")
  return { kind = "heading", level = block.level or 3, text = text }
end

function CHECK.text(block)
  return { kind = "text", text = check.one_line(block.text, "text") }
end

function CHECK.note(block)
  return { kind = "note", text = check.one_line(block.text, "note") }
end

function CHECK.warning(block, options)
  local text = check.one_line(block.text, "warning")
  return { kind = "warning", text = restyle.sentence(text, options.profile) }
end

local MOST_NAMED <const> = 4

local function filled(text)
  return text ~= "" and text or nil
end

--- "Column, type, N, Missing and 9 more": what a table without a caption is called in legends.
local function default_caption(view)
  local names, more = {}, 0
  for _, column in ipairs(view.columns) do
    local label = column.label or ""
    if label ~= "" and #names < MOST_NAMED then
      names[#names + 1] = label
    elseif label ~= "" then
      more = more + 1
    end
  end
  return table.concat(names, ", ") .. (more > 0 and (" and %d more"):format(more) or "")
end

function CHECK.table(block, options)
  if not is_table(block.table) then
    core.raise("argument", "a block of kind 'table' needs a table, found "
      .. check.describe(block.table))
  end
  return { kind = "table", table = styled.table(block.table, options.profile),
    caption = filled(block.caption) or filled(block.table.caption) or default_caption(block.table) }
end

function CHECK.figure(block, options)
  local figure = block.figure
  if not is_figure(figure) then
    core.raise("argument", "a block of kind 'figure' needs a figure, found "
      .. check.describe(figure))
  end
  local width
  figure, width = styled.figure(figure, options)
  return { kind = "figure", figure = figure, caption = block.caption or figure.title or "",
    width_mm = width, data = figure_data(figure, block.data),
    problem = styled.problem(figure, width, options.profile) }
end

local function own_blocks(object, options)
  local method = M.member(object, "report_blocks")
  if type(method) == "function" then return method(object, options) end
  if is_figure(object) then return { { kind = "figure", figure = object } } end
  core.raise("argument", ("%s cannot be added to a report"):format(check.describe(object)),
    "Add a result, a table, a figure, a flow or a frame; prose goes into :text.")
end

--- The blocks of an item, checked; the caption given goes to its first table or figure.
---@param object any
---@param options table             caption, title, width_mm, columns, profile
---@return table[]
---@raise something that is no result, table or figure
function M.blocks(object, options)
  local list = {}
  if options.title then
    list[1] = { kind = "heading", level = 3, text = check.one_line(options.title, "title") }
  end
  local caption = options.caption and check.one_line(options.caption, "caption")
  for _, block in ipairs(own_blocks(object, options)) do
    local checked = CHECK[block.kind]
    if not checked then
      core.raise("argument", ("a report has no block of kind '%s'"):format(tostring(block.kind)))
    end
    local copy = checked(block, options)
    if copy.caption then
      copy.caption, caption = caption or check.one_line(copy.caption, "caption"), nil
    end
    list[#list + 1] = copy
    if copy.problem then list[#list + 1] = { kind = "warning", text = copy.problem } end
  end
  return list
end

--- The result at full precision, nil for items that keep none.
---@param object any
---@return table?
---@raise a record that is no table
function M.record(object)
  local method = M.member(object, "record")
  local record = type(method) == "function" and method(object) or nil
  return record ~= nil and check.type(record, "table", "record") or nil
end

return M
