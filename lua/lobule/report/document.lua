--- A report made ready for any format: captions numbered, headings in order, provenance at the end.
local provenance = require "lobule.report.provenance"

local M = {}

---@class lobule.Document
---@field title string
---@field subtitle string?
---@field author string?
---@field date string?
---@field lang string
---@field blocks table[]            headings have id; tables and figures number, label, id
---@field provenance table          without the results
---@field results table[]           the records, in the order of adding

--- Headings go down one level at a time: readers who jump by heading rely on it.
local function place_heading(block, state)
  block.level = math.min(block.level, state.level + 1)
  state.level = block.level
  state.heading = state.heading + 1
  block.id = "section-" .. state.heading
end

local LABELS <const> = { table = "Table", figure = "Figure" }

local function place_numbered(block, state)
  if block.unnumbered then
    state.unnumbered = state.unnumbered + 1
    block.id = "list-" .. state.unnumbered
    return
  end
  state[block.kind] = state[block.kind] + 1
  block.number = state[block.kind]
  block.name = ("%s %d"):format(LABELS[block.kind], block.number)
  block.label = block.name .. "."
  block.id = ("%s-%d"):format(block.kind, block.number)
end

local function copy_of(block)
  local copy = {}
  for key, value in next, block do copy[key] = value end
  return copy
end

local function place(blocks, state, list)
  for _, block in ipairs(blocks) do
    local copy = copy_of(block)
    if copy.kind == "heading" then
      place_heading(copy, state)
    elseif LABELS[copy.kind] then
      place_numbered(copy, state)
    end
    list[#list + 1] = copy
  end
end

--- The document of a report.
---@param report lobule.Report
---@return lobule.Document
function M.build(report)
  local options <const> = report.options
  local state = { level = 1, heading = 0, table = 0, figure = 0, unnumbered = 0 }
  local origin, blocks = provenance.collect(report), {}
  place(report.blocks, state, blocks)
  place(provenance.blocks(origin, report.records), state, blocks)
  return { title = options.title, subtitle = options.subtitle, author = options.author,
    date = options.date, lang = options.lang, blocks = blocks, provenance = origin,
    results = report.records }
end

return M
