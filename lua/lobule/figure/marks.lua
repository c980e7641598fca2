--- The canvas: a small tree of marks in points, and the boxes of its texts for layout checks.
local metrics = require "lobule.figure.metrics"
local style = require "lobule.figure.style"

---@class lobule.figure.Mark
---@field kind "line"|"path"|"polygon"|"rect"|"text"|"group"
---@field role? string        colour: "ink" "muted" "grid" "paper" "s1".."s8"
---@field how? "line"|"fill"  stroked or filled
---@field width? number       of a stroke
---@field dash? string|false
---@field opacity? number

---@class lobule.figure.Box
---@field x0 number
---@field y0 number
---@field x1 number
---@field y1 number
---@field text string

---@class lobule.figure.Canvas
---@field width number
---@field height number
---@field nodes table[]
---@field texts lobule.figure.Box[]
local Canvas = {}
Canvas.__index = Canvas

--- An empty canvas; the height may be set later.
---@param width number  points
---@return lobule.figure.Canvas
function Canvas.new(width)
  return setmetatable({ width = width, height = 0, nodes = {}, texts = {} }, Canvas)
end

--- A group with a name that shows in vector editors; marks added to it lie in the tree below it.
---@param name string
---@return lobule.figure.Canvas
function Canvas:group(name)
  local node <const> = { kind = "group", name = name, nodes = {} }
  self.nodes[#self.nodes + 1] = node
  return setmetatable({ width = self.width, nodes = node.nodes, texts = self.texts }, Canvas)
end

-- Adds a mark; `look` gives role, how, width, dash, opacity.
local function add(self, kind, how, look, geometry)
  geometry.kind = kind
  geometry.how = how
  geometry.role = look.role or "ink"
  geometry.width = look.width or style.AXIS
  geometry.dash = look.dash
  geometry.opacity = look.opacity
  geometry.cap = look.cap
  self.nodes[#self.nodes + 1] = geometry
end

--- A polyline.
---@param points number[]  x1, y1, x2, y2, ...
---@param look? lobule.figure.Mark
function Canvas:line(points, look)
  add(self, "line", "line", look or {}, { points = points })
end

--- A filled polygon.
---@param points number[]
---@param look? lobule.figure.Mark
function Canvas:polygon(points, look)
  add(self, "polygon", "fill", look or {}, { points = points })
end

--- Many separate short lines as one mark, e.g. the ticks of an axis.
---@param segments number[][]  each x1, y1, x2, y2
---@param look? lobule.figure.Mark
function Canvas:segments(segments, look)
  if #segments > 0 then add(self, "segments", "line", look or {}, { segments = segments }) end
end

--- A rectangle, stroked or filled.
---@param x number
---@param y number
---@param w number
---@param h number
---@param look? lobule.figure.Mark  how = "fill" fills it
function Canvas:rect(x, y, w, h, look)
  look = look or {}
  add(self, "rect", look.how or "line", look, { x = x, y = y, w = w, h = h })
end

---@class lobule.figure.TextLook
---@field size? number             default style.LABEL
---@field bold? boolean
---@field anchor? "start"|"middle"|"end"
---@field role? "ink"|"muted"
---@field rotated? boolean         reads upwards; x is its base line, y its anchor

-- Where a text's ink can be.
local function text_box(x, y, text, look)
  local w <const> = metrics.width(text, look.size, look.bold)
  local before <const> = look.anchor == "middle" and w / 2 or look.anchor == "end" and w or 0
  local up <const>, down <const> = metrics.ASCENT * look.size, metrics.DESCENT * look.size
  if look.rotated then
    return { x0 = x - up, y0 = y + before - w, x1 = x + down, y1 = y + before, text = text }
  end
  return { x0 = x - before, y0 = y - up, x1 = x - before + w, y1 = y + down, text = text }
end

--- One line of text on its base line. Empty text is left out.
---@param x number
---@param y number
---@param text any
---@param look? lobule.figure.TextLook
function Canvas:text(x, y, text, look)
  look = look or {}
  local clean <const> = metrics.clean(text)
  if not clean:find("%S") then return end
  local mark <const> = { kind = "text", x = x, y = y, text = clean, size = look.size or style.LABEL,
    bold = look.bold, anchor = look.anchor or "start", rotated = look.rotated,
    role = look.role or "ink", how = "fill" }
  self.nodes[#self.nodes + 1] = mark
  self.texts[#self.texts + 1] = text_box(x, y, clean, mark)
end

--- Lines of text below each other.
---@param x number
---@param y number          base line of the first
---@param lines string[]
---@param look? lobule.figure.TextLook
---@return number y         base line that a further line would have
function Canvas:lines(x, y, lines, look)
  local step <const> = (look and look.size or style.LABEL) * metrics.LINE
  for _, line in ipairs(lines) do
    self:text(x, y, line, look)
    y = y + step
  end
  return y
end

return Canvas
