--- A report as journals want to receive it: each table as an editable Word file, each figure as
--- SVG, PDF and PNG, and their legends.
local docx = require "lobule.report.docx"
local docx_figure = require "lobule.report.docx_figure"
local markdown = require "lobule.report.markdown"
local number = require "lobule.figure.number"
local save = require "lobule.figure.save"

local M = {}

--- A document of one table only.
local function table_document(doc, block)
  return { title = block.name .. ". " .. block.caption, author = doc.author, date = doc.date,
    lang = doc.lang, blocks = { block }, provenance = doc.provenance, results = {} }
end

local function legend(block, names, extra)
  local lines = { ("**%s** %s"):format(block.label, markdown.escape(block.caption)), "",
    (#names == 1 and "File: " or "Files: ") .. table.concat(names, ", ") .. extra }
  return table.concat(lines, "\n")
end

local FILES <const> = {}

FILES["table"] = function(doc, block, add)
  local name = ("table%d.docx"):format(block.number)
  add(name, docx.bytes(table_document(doc, block), false))
  return legend(block, { name }, ".")
end

function FILES.figure(_, block, add)
  local figure <const>, base = block.figure, ("figure%d"):format(block.number)
  add(base .. ".svg", figure:svg())
  add(base .. ".pdf", save.pdf(figure))
  add(base .. ".png", save.png(figure))
  local height = block.width_mm * figure:height() / figure:width()
  local size = (" (%s x %s mm)."):format(number.trim(block.width_mm, 1), number.trim(height, 1))
  return legend(block, { base .. ".svg", base .. ".pdf", base .. ".png" }, size)
    .. "\n\nAlternative text: " .. markdown.escape(docx_figure.alt(figure))
end

--- The files of the report: the folder, then table1.docx, figure1.svg, figure1.pdf, figure1.png and
--- so on, and legends.md.
---@param doc lobule.Document
---@param path string               ends with "/"
---@return table[]                  # { path, text }; the first { path, folder = true }
function M.render(doc, path)
  local files, legends = { { path = path, folder = true } }, { "# " .. markdown.escape(doc.title) }
  local function add(name, text)
    files[#files + 1] = { path = path .. name, text = text }
  end
  for _, kind in ipairs { "table", "figure" } do
    for _, block in ipairs(doc.blocks) do
      if block.kind == kind and block.number then
        legends[#legends + 1] = FILES[kind](doc, block, add)
      end
    end
  end
  add("legends.md", table.concat(legends, "\n\n") .. "\n")
  return files
end

return M
