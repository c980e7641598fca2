--- A report as JSON: its blocks as read, its results at full precision, its provenance.
local core = require "lobule.core"
local result = require "lobule.result"

local M = {}

local ordered <const> = result.ordered

local function table_data(shown, caption)
  local columns, rows = {}, {}
  for c, column in ipairs(shown.columns) do
    columns[c] = ordered { { "label", column.label }, { "group", column.group },
      { "unit", column.unit }, { "align", column.align } }
  end
  for i, row in ipairs(shown.rows) do
    rows[i] = ordered { { "cells", table.move(row, 1, #row, 1, {}) }, { "kind", row.kind },
      { "indent", row.indent > 0 and row.indent or nil } }
  end
  return ordered { { "caption", caption }, { "columns", columns }, { "rows", rows },
    { "notes", shown.notes } }
end

local DATA <const> = {}

function DATA.heading(block)
  return ordered { { "kind", "heading" }, { "level", block.level }, { "text", block.text } }
end

local function text_data(block)
  return ordered { { "kind", block.kind }, { "text", block.text } }
end
DATA.text, DATA.note, DATA.warning = text_data, text_data, text_data

DATA["table"] = function(block)
  return ordered { { "kind", "table" }, { "number", block.number },
    { "table", table_data(block.table, block.caption) } }
end

function DATA.figure(block)
  local data = {}
  for i, one in ipairs(block.data) do data[i] = table_data(one, one.caption) end
  return ordered { { "kind", "figure" }, { "number", block.number }, { "caption", block.caption },
    { "title", block.figure.title }, { "desc", block.figure.desc }, { "data", data } }
end

--- The blocks of the provenance section stay out: its data are under "provenance" and "results".
local function block_list(doc)
  local list = {}
  for _, block in ipairs(doc.blocks) do
    if block.provenance then break end
    list[#list + 1] = DATA[block.kind](block)
  end
  return list
end

--- The files of the report: one.
---@param doc lobule.Document
---@param path string
---@return table[]                  # { path, text }
function M.render(doc, path)
  local data = ordered { { "title", doc.title }, { "subtitle", doc.subtitle },
    { "author", doc.author }, { "date", doc.date }, { "lang", doc.lang },
    { "blocks", block_list(doc) }, { "results", doc.results }, { "provenance", doc.provenance } }
  return { { path = path, text = core.json_encode(data, 2) .. "\n" } }
end

return M
