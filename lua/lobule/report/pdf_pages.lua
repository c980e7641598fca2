--- Pages of a printed report: text, rules and pictures put down from top to bottom, each page an
--- SVG of its own.
local metrics = require "lobule.figure.metrics"
local number = require "lobule.figure.number"
local page = require "lobule.report.page"
local prose = require "lobule.report.prose"
local style = require "lobule.figure.style"
local svg = require "lobule.figure.svg"

---@class lobule.PdfPages
---@field pages table[]             each { landscape, marks }
---@field y number                  where the next thing begins, in points from the top
local Pages = {}
Pages.__index = Pages

local M = {}

local MONO <const> = "'Liberation Mono', 'Courier New', Courier, monospace"
local FOOTER <const>, FOOTER_SIZE <const> = 36, 9
local NBSP <const> = "\u{A0}"

local function at(x)
  return number.trim(x, 2)
end

--- An empty document; its first page is upright.
---@return lobule.PdfPages
function M.new()
  local self = setmetatable({ pages = {}, y = 0 }, Pages)
  self:turn(false)
  return self
end

--- Begins a page.
---@param landscape boolean
function Pages:turn(landscape)
  self.pages[#self.pages + 1] = { landscape = landscape, marks = {} }
  self.width = landscape and page.HEIGHT or page.WIDTH
  self.height = landscape and page.WIDTH or page.HEIGHT
  self.top = landscape and page.MARGIN_X or page.MARGIN_Y
  self.bottom = self.height - self.top
  self.text_width = self.width - 2 * page.MARGIN_X
  self.y = self.top
end

--- Is nothing on the page yet?
---@return boolean
function Pages:is_empty()
  return #self.pages[#self.pages].marks == 0
end

function Pages:is_landscape()
  return self.pages[#self.pages].landscape
end

--- Begins a new page of the same kind unless there is so much room left on this one.
---@param height number
function Pages:need(height)
  if self.y + height > self.bottom + 1e-6 and not self:is_empty() then
    self:turn(self:is_landscape())
  end
end

--- Room between things; none at the top of a page.
---@param height number
function Pages:gap(height)
  if not self:is_empty() then self.y = self.y + height end
end

function Pages:mark(text)
  local marks = self.pages[#self.pages].marks
  marks[#marks + 1] = text
end

---@class lobule.PdfLook
---@field size number
---@field bold? boolean
---@field italic? boolean
---@field mono? boolean
---@field anchor? "start"|"middle"|"end"
---@field lead? string              the beginning of the text that is bold
---@field colour? string

--- One line of text on its base line.
---@param x number
---@param y number
---@param text string
---@param look lobule.PdfLook
function Pages:line(x, y, text, look)
  local content = svg.escape(text)
  if look.lead then
    content = ('<tspan font-weight="bold">%s</tspan>%s'):format(svg.escape(look.lead),
      svg.escape(text:sub(#look.lead + 1)))
  end
  self:mark(('<text x="%s" y="%s" font-size="%s"%s%s%s%s fill="%s" xml:space="preserve">%s</text>')
    :format(at(x), at(y), at(look.size), look.bold and ' font-weight="bold"' or "",
      look.italic and ' font-style="italic"' or "",
      look.mono and (' font-family="%s"'):format(MONO) or "",
      look.anchor and look.anchor ~= "start" and (' text-anchor="%s"'):format(look.anchor) or "",
      look.colour or style.COLOURS.ink, content))
end

--- A horizontal rule.
function Pages:rule(x0, x1, y, width)
  self:mark(('<path d="M%s %sH%s" stroke="%s" stroke-width="%s"/>'):format(at(x0), at(y), at(x1),
    style.COLOURS.ink, at(width)))
end

--- The lines of a text at a width. Bold widths are used for a text with a bold lead: more room
--- than needed is better than too little.
---@param text string
---@param look lobule.PdfLook
---@param width number
---@return string[]
function M.wrap(text, look, width)
  if look.mono then return { text } end
  return metrics.wrap(prose.set(text), look.size, width, look.bold or look.lead ~= nil)
end

--- A paragraph from the left margin, broken across pages between its lines.
---@param text string
---@param look lobule.PdfLook
---@param options? { indent: number?, after: number?, keep: boolean?, bar: string?, label: string?,
---             line: number? }
---             bar: colour of a bar at its left; label: what stands before the indent; line:
---             distance of lines in sizes (1.3)
function Pages:paragraph(text, look, options)
  local opts = options or {}
  local indent, step = opts.indent or 0, look.size * (opts.line or 1.3)
  local lines = M.wrap(text, look, self.text_width - indent)
  if opts.keep or #lines < 4 then self:need(#lines * step) end
  for i, line in ipairs(lines) do
    self:need(step)
    local base = self.y + look.size * metrics.ASCENT + (step - look.size) / 2
    if opts.bar then
      self:mark(('<rect x="%s" y="%s" width="1.5" height="%s" fill="%s"/>'):format(
        at(page.MARGIN_X), at(self.y), at(step), opts.bar))
    end
    if i == 1 and opts.label then self:line(page.MARGIN_X, base, opts.label, look) end
    local lead = i == 1 and look.lead or nil
    self:line(page.MARGIN_X + indent, base, line, setmetatable({ lead = lead or false },
      { __index = look }))
    self.y = self.y + step
  end
  self.y = self.y + (opts.after or 0)
end

--- A figure's SVG at a place and size on the page.
---@param source string
---@param x number
---@param width number
---@param height number
function Pages:picture(source, x, width, height)
  local text = source:gsub("^%s*<%?xml.-%?>%s*", ""):gsub("^%s*<!DOCTYPE.->%s*", "")
  local head, rest = text:match("^(<svg.->)(.*)$")
  head = head:gsub('%swidth="[^"]*"', "", 1):gsub('%sheight="[^"]*"', "", 1)
    :gsub('%srole="[^"]*"', "", 1):gsub('%saria%-labelledby="[^"]*"', "", 1)
  head = head:gsub("^<svg", ('<svg x="%s" y="%s" width="%s" height="%s"'):format(at(x), at(self.y),
    at(width), at(height)), 1)
  self:mark(head .. rest)
  self.y = self.y + height
end

local function document(one, i, n)
  local width = one.landscape and page.HEIGHT or page.WIDTH
  local height = one.landscape and page.WIDTH or page.HEIGHT
  local footer = ('<text x="%s" y="%s" font-size="%s" text-anchor="middle" fill="%s">%d%s/%s%d'
    .. "</text>"):format(at(width / 2), at(height - FOOTER), at(FOOTER_SIZE), style.COLOURS.muted,
    i, NBSP, NBSP, n)
  return table.concat({ ('<svg xmlns="http://www.w3.org/2000/svg" width="%spt" height="%spt" '
    .. 'viewBox="0 0 %s %s" font-family="%s">'):format(at(width), at(height), at(width),
    at(height), style.FAMILY), table.concat(one.marks, "\n"), footer, "</svg>\n" }, "\n")
end

--- The pages as SVG documents, numbered below.
---@return string[]
function Pages:documents()
  local list = {}
  for i, one in ipairs(self.pages) do list[i] = document(one, i, #self.pages) end
  return list
end

return M
