--- Tables and figures of results in a journal's style, each as a new one.
local member = require "lobule.report.member"
local restyle = require "lobule.restyle"

local M = {}

local function copy_of(object)
  local copy = {}
  for key, value in next, object do copy[key] = value end
  return setmetatable(copy, getmetatable(object))
end

local P_LABELS <const> = { p = true, ["p value"] = true, p_value = true }

--- What a column is called: names of arms and units stay, "p" and "95 % CI" are the journal's.
local function label(text, profile)
  if P_LABELS[text] then return profile.p.name .. text:sub(2) end
  return (text:gsub("(%d) %% CI", "%1" .. (profile.percent:gsub("%%", "%%%%")) .. " CI"))
end

local function column_of(column, profile)
  local copy = copy_of(column)
  copy.label = label(column.label, profile)
  return copy
end

local function cell_of(row, c, column, profile)
  local given = row.given and row.given[c]
  local display = type(given) == "table" and member(given, "display")
  if display then return (display(given, profile)) end
  -- Texts on the left are labels, whatever they look like.
  if column.align ~= "right" then return row[c] end
  local text = restyle.cell(row[c], profile)
  if P_LABELS[column.label] and not profile.p.zero then text = text:gsub("^(<?)0%.", "%1.") end
  return text
end

--- A table in a journal's style.
---@param view lobule.Table
---@param profile lobule.Journal
---@return lobule.Table
function M.table(view, profile)
  if profile.plain then return view end
  local copy = copy_of(view)
  copy.columns, copy.rows, copy.notes = {}, {}, {}
  for c, column in ipairs(view.columns) do copy.columns[c] = column_of(column, profile) end
  for i, row in ipairs(view.rows) do
    copy.rows[i] = copy_of(row)
    for c, column in ipairs(view.columns) do
      copy.rows[i][c] = cell_of(row, c, column, profile)
    end
  end
  for i, note in ipairs(view.notes) do copy.notes[i] = restyle.sentence(note, profile) end
  return copy
end

--- A figure in a journal's style, at its width: the one asked for, else the journal's for figures
--- that have our default.
---@param figure any
---@param options table             profile, width_mm, columns
---@return any figure
---@return number width_mm
function M.figure(figure, options)
  local profile = options.profile
  local width = options.width_mm
  if options.columns then
    width = options.columns == 1 and profile.figure.single or profile.figure.double
  end
  width = width or figure:width()
  local at_width, styled = member(figure, "at_width"), member(figure, "styled")
  if at_width and figure:width() ~= width then figure = at_width(figure, width) end
  if styled and not profile.plain then figure = styled(figure, profile) end
  return figure, width
end

--- What is wrong with a figure for the journal, or nil.
---@param figure any
---@param width_mm number
---@param profile lobule.Journal
---@return string?
function M.problem(figure, width_mm, profile)
  local tallest = profile.figure.tallest
  local height = tallest and width_mm * figure:height() / figure:width()
  if not height or height <= tallest then return nil end
  return ("this figure is %d mm high; %s prints %d mm at most"):format(math.ceil(height),
    profile.name, tallest)
end

return M
