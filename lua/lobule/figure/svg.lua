--- Marks as SVG text: real text, plain colours with classes beside them, nothing from outside.
local number = require "lobule.figure.number"
local style = require "lobule.figure.style"
local xml_text = require "lobule.xml_text"

local M = {}

local MM_PER_POINT <const> = 25.4 / 72

M.escape = xml_text.escape

--- FNV-1a, 32 bits, as eight hexadecimal digits: names a figure by its content.
---@param text string
---@return string
function M.checksum(text)
  local h = 0x811C9DC5
  for i = 1, #text do h = ((h ~ text:byte(i)) * 0x01000193) & 0xFFFFFFFF end
  return ("%08x"):format(h)
end

local function at(x)
  return number.trim(x, 2)
end

local function pairs_of(points)
  local out = {}
  for i = 1, #points, 2 do out[#out + 1] = at(points[i]) .. " " .. at(points[i + 1]) end
  return out
end

-- A step curve has many horizontal and vertical pieces: H and V keep its path short.
local function path_of(points)
  local x, y = at(points[1]), at(points[2])
  local out = { "M", x, " ", y }
  for i = 3, #points, 2 do
    local nx <const>, ny <const> = at(points[i]), at(points[i + 1])
    if ny == y then
      if nx ~= x then out[#out + 1] = "H" .. nx end
    elseif nx == x then
      out[#out + 1] = "V" .. ny
    else
      out[#out + 1] = "L" .. nx .. " " .. ny
    end
    x, y = nx, ny
  end
  return table.concat(out)
end

-- The attributes for colour and stroke; the classes let a page's style sheet recolour the mark.
local function paint(mark)
  local colour <const> = style.COLOURS[mark.role]
  local class <const> = ('class="lb-%s lb-%s"'):format(mark.role, mark.how)
  if mark.how == "fill" then
    return ('%s fill="%s"%s'):format(class, colour,
      mark.opacity and (' fill-opacity="%s"'):format(at(mark.opacity)) or "")
  end
  return ('%s fill="none" stroke="%s" stroke-width="%s"%s%s%s'):format(class, colour,
    at(mark.width), mark.dash and (' stroke-dasharray="%s"'):format(mark.dash) or "",
    mark.opacity and (' stroke-opacity="%s"'):format(at(mark.opacity)) or "",
    mark.cap and (' stroke-linecap="%s"'):format(mark.cap) or "")
end

local WRITE <const> = {}

function WRITE.line(mark)
  return ('<path d="%s" %s/>'):format(path_of(mark.points), paint(mark))
end

function WRITE.segments(mark)
  local parts = {}
  for i, s in ipairs(mark.segments) do parts[i] = path_of(s) end
  return ('<path d="%s" %s/>'):format(table.concat(parts), paint(mark))
end

function WRITE.polygon(mark)
  return ('<polygon points="%s" %s/>'):format(table.concat(pairs_of(mark.points), " "), paint(mark))
end

function WRITE.rect(mark)
  return ('<rect x="%s" y="%s" width="%s" height="%s" %s/>'):format(at(mark.x), at(mark.y),
    at(mark.w), at(mark.h), paint(mark))
end

function WRITE.text(mark)
  local place = ('x="%s" y="%s"'):format(at(mark.x), at(mark.y))
  if mark.rotated then
    place = ('%s transform="rotate(-90 %s %s)"'):format(place, at(mark.x), at(mark.y))
  end
  return ('<text %s font-size="%s"%s%s %s>%s</text>'):format(place, at(mark.size),
    mark.bold and ' font-weight="bold"' or "",
    mark.anchor ~= "start" and (' text-anchor="%s"'):format(mark.anchor) or "",
    paint(mark), M.escape(mark.text))
end

local function write_nodes(nodes, out, indent)
  for _, mark in ipairs(nodes) do
    if mark.kind == "group" then
      if #mark.nodes > 0 then
        out[#out + 1] = ('%s<g class="lb-%s">'):format(indent, mark.name)
        write_nodes(mark.nodes, out, indent .. "  ")
        out[#out + 1] = indent .. "</g>"
      end
    else
      out[#out + 1] = indent .. WRITE[mark.kind](mark)
    end
  end
end

--- A whole SVG document.
---@param canvas lobule.figure.Canvas
---@param head { id?: string, title: string, desc: string }  id: prefix of the ids inside
---@return string
function M.document(canvas, head)
  local body <const> = {}
  write_nodes(canvas.nodes, body, "  ")
  local title <const>, desc <const> = M.escape(head.title), M.escape(head.desc)
  local marks <const> = table.concat(body, "\n")
  local w <const>, h <const> = canvas.width, canvas.height
  local id <const> = head.id or "lb-" .. M.checksum(table.concat({ title, desc, marks }, "\n"))
  return table.concat({
    ('<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="%s-title %s-desc"')
      :format(id, id),
    ('  width="%smm" height="%smm" viewBox="0 0 %s %s" font-family="%s">'):format(
      at(w * MM_PER_POINT), at(h * MM_PER_POINT), at(w), at(h), style.FAMILY),
    ('  <title id="%s-title">%s</title>'):format(id, title),
    ('  <desc id="%s-desc">%s</desc>'):format(id, desc),
    ('  <rect width="%s" height="%s" class="lb-paper lb-fill" fill="%s"/>'):format(
      at(w), at(h), style.COLOURS.paper),
    marks,
    "</svg>\n",
  }, "\n")
end

return M
