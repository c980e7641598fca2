--- A report as a Word document: real tables, captions that Word counts, figures as PNG and SVG.
local core = require "lobule.core"
local docx_figure = require "lobule.report.docx_figure"
local docx_table = require "lobule.report.docx_table"
local package = require "lobule.report.docx_package"
local page = require "lobule.report.page"
local result = require "lobule.result"
local xml = require "lobule.report.docx_xml"

local M = {}

local NAMESPACES <const> = { -- a list: the order in the file
  { "w", "http://schemas.openxmlformats.org/wordprocessingml/2006/main" },
  { "r", "http://schemas.openxmlformats.org/officeDocument/2006/relationships" },
  { "wp", "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" },
  { "a", "http://schemas.openxmlformats.org/drawingml/2006/main" },
  { "pic", "http://schemas.openxmlformats.org/drawingml/2006/picture" },
  { "a14", "http://schemas.microsoft.com/office/drawing/2010/main" },
  { "asvg", "http://schemas.microsoft.com/office/drawing/2016/SVG/main" },
}

local function twips(points)
  return math.floor(points * 20 + 0.5)
end

--- The end of a section: its page, upright or on its side.
local function section(landscape)
  local width, height = twips(page.WIDTH), twips(page.HEIGHT)
  if landscape then width, height = height, width end
  local x, y = twips(page.MARGIN_X), twips(landscape and page.MARGIN_X or page.MARGIN_Y)
  return ('<w:sectPr><w:footerReference w:type="default" r:id="%s"/><w:type w:val="nextPage"/>'
    .. '<w:pgSz w:w="%d" w:h="%d"%s/><w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" '
    .. 'w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'):format(package.FOOTER_ID, width,
    height, landscape and ' w:orient="landscape"' or "", y, x, y, x)
end

---@class lobule.DocxState
---@field landscape boolean         of the section being written
---@field lists integer
---@field media table[]
---@field json string
---@field parts string[]

--- Ends the section when the next block needs the page turned.
local function turn(state, landscape)
  if landscape == state.landscape then return end
  if #state.parts > 0 then
    state.parts[#state.parts + 1] = xml.paragraph("SectionEnd", "", section(state.landscape))
  end
  state.landscape = landscape
end

local WRITE <const> = {}

function WRITE.heading(block)
  return xml.paragraph("Heading" .. math.max(1, block.level - 1), xml.run(block.text))
end

function WRITE.text(block)
  return xml.paragraph("Normal", xml.run(block.text))
end

function WRITE.note(block)
  return xml.paragraph("Note", xml.run("Note. ", { bold = true }) .. xml.run(block.text))
end

function WRITE.warning(block)
  return xml.paragraph("Warning", xml.run("Warning. ", { bold = true }) .. xml.run(block.text))
end

WRITE["table"] = function(block) return docx_table.render(block) end

function WRITE.figure(block, state)
  return (docx_figure.render(block, function(name, bytes)
    local id = "rId" .. (package.FIRST_MEDIA + #state.media)
    state.media[#state.media + 1] = { id = id, name = name, bytes = bytes }
    return id
  end))
end

function WRITE.list(block, state)
  state.lists = state.lists + 1
  local parts = {}
  for i, text in ipairs(block.items) do
    parts[i] = xml.paragraph("ListNumber", xml.run(text),
      ('<w:numPr><w:ilvl w:val="0"/><w:numId w:val="%d"/></w:numPr>'):format(state.lists)
      .. (i == #block.items and '<w:spacing w:after="160"/>' or ""))
  end
  return table.concat(parts)
end

--- The results at full precision would fill many pages: they are data inside the file instead.
function WRITE.code(block, state)
  return xml.paragraph("Normal", xml.run(block.summary .. ": inside this file as data, in "
    .. "customXml/item1.xml. SHA-256 of that text:"), "<w:keepNext/>")
    .. xml.paragraph("Normal", xml.run(core.sha256(state.json), { style = "SourceText" }))
end

local function masthead(doc)
  local by = {}
  if doc.author then by[1] = doc.author end
  if doc.date then by[#by + 1] = doc.date end
  return xml.paragraph("Title", xml.run(doc.title))
    .. (doc.subtitle and xml.paragraph("Subtitle", xml.run(doc.subtitle)) or "")
    .. (#by > 0 and xml.paragraph("Byline", xml.run(table.concat(by, " · "))) or "")
end

local function document_part(parts, landscape)
  local names = {}
  for i, one in ipairs(NAMESPACES) do names[i] = ('xmlns:%s="%s"'):format(one[1], one[2]) end
  return "<w:document " .. table.concat(names, " ") .. "><w:body>" .. table.concat(parts, "\n")
    .. section(landscape) .. "</w:body></w:document>"
end

--- The bytes of a document with these blocks.
---@param doc lobule.Document       its blocks, title, author, date, lang, provenance, results
---@param with_masthead boolean     title, subtitle, author and date on top
---@return string
---@raise no librsvg2-2, libcairo2 or font for the figures
function M.bytes(doc, with_masthead)
  local state = { landscape = false, lists = 0, media = {}, parts = {},
    json = core.json_encode(result.ordered { { "title", doc.title }, { "author", doc.author },
      { "provenance", doc.provenance }, { "results", doc.results } }) }
  if with_masthead then state.parts[1] = masthead(doc) end
  for _, block in ipairs(doc.blocks) do
    local text, landscape = WRITE[block.kind](block, state)
    turn(state, landscape or false)
    state.parts[#state.parts + 1] = text
  end
  return package.zip(doc, { document = document_part(state.parts, state.landscape),
    json = state.json, lists = state.lists, media = state.media })
end

--- The files of the report: one.
---@param doc lobule.Document
---@param path string
---@return table[]                  # { path, text }
function M.render(doc, path)
  return { { path = path, text = M.bytes(doc, true) } }
end

return M
