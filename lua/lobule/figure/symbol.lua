--- Point symbols, one shape a series, so that lines are told apart without colour.
local M = {}

local ROUND <const> = 16 -- corners of what passes for a circle

-- Corners on a circle of a radius, the first at an angle from the top.
local function ring(n, radius, turn)
  local points = {}
  for k = 0, n - 1 do
    local angle <const> = 2 * math.pi * k / n + turn
    points[#points + 1] = radius * math.sin(angle)
    points[#points + 1] = -radius * math.cos(angle)
  end
  return points
end

-- Radii that make the shapes look of one size.
local SHAPES <const> = {
  ring(ROUND, 1, 0), ring(4, 1.2, math.pi / 4), ring(3, 1.35, 0), ring(4, 1.3, 0),
  ring(3, 1.35, math.pi), ring(5, 1.2, 0), ring(6, 1.1, 0), ring(8, 1.05, math.pi / 8),
}

--- The corners of a series' symbol.
---@param i integer   series, 1 to 8
---@param x number    middle, points
---@param y number
---@param size number radius
---@return number[]   x1, y1, x2, y2, ...
function M.corners(i, x, y, size)
  local points = {}
  for k, offset in ipairs(SHAPES[i]) do
    points[k] = (k % 2 == 1 and x or y) + size * offset
  end
  return points
end

return M
