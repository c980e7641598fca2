--- Figures in Word: a PNG that every program shows, with the SVG beside it for those that can.
local core = require "lobule.core"
local page = require "lobule.report.page"
local xml = require "lobule.report.docx_xml"

local M = {}

local DPI <const> = 300
local EMU_PER_POINT <const> = 12700
local POINTS_PER_MM <const> = 72 / 25.4

local PICTURE <const> = '<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0">'
  .. '<wp:extent cx="{cx}" cy="{cy}"/><wp:effectExtent l="0" t="0" r="0" b="0"/>'
  .. '<wp:docPr id="{number}" name="{name}" descr="{alt}"/>'
  .. '<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr>'
  .. '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
  .. '<pic:pic><pic:nvPicPr><pic:cNvPr id="{number}" name="{name}" descr="{alt}"/><pic:cNvPicPr/>'
  .. '</pic:nvPicPr><pic:blipFill><a:blip r:embed="{png}"><a:extLst>'
  .. '<a:ext uri="{28A0092B-C50C-407E-A947-70E740481C1C}">'
  .. '<a14:useLocalDpi val="0"/></a:ext>'
  .. '<a:ext uri="{96DAC541-7B7A-43D3-8B79-37D633B846F1}">'
  .. '<asvg:svgBlip r:embed="{svg}"/></a:ext></a:extLst></a:blip>'
  .. '<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
  .. '<a:ext cx="{cx}" cy="{cy}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
  .. '</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>'

--- The size on the page in points: as drawn, made smaller where the page is.
---@param block table               figure, width_mm
---@return number width
---@return number height
function M.size(block)
  local figure <const> = block.figure
  local width = block.width_mm * POINTS_PER_MM
  local height = width * figure:height() / figure:width()
  local scale = math.min(1, page.TEXT / width, page.FIGURE_HEIGHT / height)
  return width * scale, height * scale
end

--- A figure for those who cannot see it: its title, then what it shows.
---@param figure lobule.Figure
---@return string
function M.alt(figure)
  local title, desc = figure.title or "", figure.desc or ""
  if desc == "" then return title end
  return title == "" and desc or (title:gsub("%.$", "")) .. ". " .. desc
end

--- A figure with its caption below; its files go to `add`.
---@param block table
---@param add fun(name: string, bytes: string): string  keeps a file of the package, gives its id
---@return string
function M.render(block, add)
  local figure <const> = block.figure
  local width, height = M.size(block)
  local svg = figure:svg()
  local values = { cx = tostring(math.floor(width * EMU_PER_POINT + 0.5)),
    cy = tostring(math.floor(height * EMU_PER_POINT + 0.5)), number = tostring(block.number),
    name = block.name, alt = xml.escape(M.alt(figure)),
    png = add(("figure%d.png"):format(block.number), core.render_png(svg, DPI)),
    svg = add(("figure%d.svg"):format(block.number), svg) }
  local drawing = PICTURE:gsub("{(%l+)}", values)
  return xml.paragraph("Figure", "<w:r>" .. drawing .. "</w:r>", "<w:keepNext/>")
    .. xml.caption(block, false)
end

return M
