--- A report as PDF: laid out on A4 pages with the built-in widths of letters, drawn by librsvg.
local core = require "lobule.core"
local docx_figure = require "lobule.report.docx_figure"
local page = require "lobule.report.page"
local pdf_pages = require "lobule.report.pdf_pages"
local pdf_table = require "lobule.report.pdf_table"
local style = require "lobule.figure.style"

local M = {}

local TEXT <const> = { size = 10.5 }
local TITLE <const> = { size = 17, bold = true }
local HEADINGS <const> = { [2] = { 14, 16, 5 }, [3] = { 12, 12, 4 }, [4] = { 10.5, 10, 3 } }
local ROOM_BELOW <const> = 50 -- a heading is not the last thing on a page
local NUMBER_INDENT <const>, BAR_INDENT <const> = 20, 9

local WRITE <const> = {}

function WRITE.heading(block, pages)
  local size, before, after = table.unpack(HEADINGS[math.max(2, block.level)])
  pages:gap(before)
  pages:need(size * 1.3 + after + ROOM_BELOW)
  pages:paragraph(block.text, { size = size, bold = true, italic = block.level == 4 },
    { after = after, keep = true })
end

function WRITE.text(block, pages)
  pages:paragraph(block.text, TEXT, { after = 7 })
end

local function remark(pages, word, text, colour)
  pages:paragraph(word .. " " .. text, { size = TEXT.size, lead = word },
    { after = 7, indent = BAR_INDENT, bar = colour })
end

function WRITE.note(block, pages) remark(pages, "Note.", block.text, style.COLOURS.s1) end
function WRITE.warning(block, pages) remark(pages, "Warning.", block.text, style.COLOURS.s2) end

WRITE["table"] = function(block, pages) pdf_table.draw(pages, block) end

function WRITE.figure(block, pages)
  local width, height = docx_figure.size(block)
  pages:gap(8)
  pages:need(height + 30)
  pages:picture(block.figure:svg(), page.MARGIN_X, width, height)
  pages.y = pages.y + 4
  pages:paragraph(block.label .. " " .. block.caption, { size = 10, lead = block.label },
    { after = 14, keep = true })
end

function WRITE.list(block, pages)
  for i, text in ipairs(block.items) do
    pages:paragraph(text, TEXT, { after = i == #block.items and 7 or 2, indent = NUMBER_INDENT,
      label = i .. "." })
  end
end

--- Hundreds of lines of numbers help nobody on paper; their checksum tells which file holds them.
function WRITE.code(block, pages)
  pages:need(40)
  pages:paragraph(block.summary .. ": in the report's .json file. SHA-256 of the text:", TEXT)
  pages:paragraph(core.sha256(block.text), { size = 8, mono = true }, { after = 7 })
end

local function masthead(doc, pages)
  local by = {}
  if doc.author then by[1] = doc.author end
  if doc.date then by[#by + 1] = doc.date end
  pages:paragraph(doc.title, TITLE, { after = 5, keep = true })
  if doc.subtitle then
    pages:paragraph(doc.subtitle, { size = 12, colour = style.COLOURS.muted }, { after = 5 })
  end
  if #by > 0 then pages:paragraph(table.concat(by, " · "), TEXT, { after = 10 }) end
end

--- The pages as SVG documents.
---@param doc lobule.Document
---@return string[]
function M.pages(doc)
  local pages = pdf_pages.new()
  masthead(doc, pages)
  for _, block in ipairs(doc.blocks) do WRITE[block.kind](block, pages) end
  if pages:is_empty() and #pages.pages > 1 then pages.pages[#pages.pages] = nil end
  return pages:documents()
end

--- The files of the report: one.
---@param doc lobule.Document
---@param path string
---@return table[]                  # { path, text }
---@raise no librsvg2-2, libcairo2 or font
function M.render(doc, path)
  return { { path = path, text = core.render_pdf(M.pages(doc), doc.title, doc.author) } }
end

return M
