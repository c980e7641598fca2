--- Placing labels so that they do not touch.
local M = {}

-- Merges a block into the one above while they overlap; a block's top is where its labels would on
-- average like to be, kept between the bounds.
local function settle(blocks, block, top, bottom)
  while true do
    block.top = math.max(top, math.min(block.wish / #block, bottom - block.height))
    local above <const> = blocks[#blocks]
    if not above or above.top + above.height <= block.top + 1e-9 then break end
    table.remove(blocks)
    for _, item in ipairs(block) do
      item.offset = item.offset + above.height
      above[#above + 1] = item
    end
    above.wish = above.wish + block.wish - #block * above.height
    above.height = above.height + block.height
    block = above
  end
  blocks[#blocks + 1] = block
end

--- Moves labels up and down, as little as need be, so that none overlap.
---@param heights number[]
---@param wanted number[]   where each top would like to be
---@param top number        no label above
---@param bottom number     no label below
---@return number[]|nil tops  nil when there is not enough room
function M.spread(heights, wanted, top, bottom)
  local order, total = {}, 0
  for i, h in ipairs(heights) do
    order[i] = i
    total = total + h
  end
  if total > bottom - top then return nil end
  table.sort(order, function(a, b)
    if wanted[a] ~= wanted[b] then return wanted[a] < wanted[b] end
    return a < b
  end)
  local blocks, tops = {}, {}
  for _, i in ipairs(order) do
    local block <const> = { { index = i, offset = 0 }, wish = wanted[i], height = heights[i] }
    settle(blocks, block, top, bottom)
  end
  for _, block in ipairs(blocks) do
    for _, item in ipairs(block) do tops[item.index] = block.top + item.offset end
  end
  return tops
end

--- The smallest k so that every k-th of a row of centred labels fits beside the next.
---@param centres number[]  ascending
---@param widths number[]
---@param gap number
---@return integer k
function M.thin(centres, widths, gap)
  for k = 1, #centres do
    local fits = true
    for i = 1 + k, #centres, k do
      local room <const> = centres[i] - centres[i - k] - (widths[i] + widths[i - k]) / 2
      fits = fits and room >= gap
    end
    if fits then return k end
  end
  return math.max(1, #centres)
end

--- Shares a width among columns: each gets its natural width if all fit, else the widest give way
--- first, none below its least width unless even those do not fit.
---@param natural number[]
---@param least number[]
---@param available number
---@return number[]
function M.share(natural, least, available)
  local function total(limit)
    local sum = 0
    for i, w in ipairs(natural) do
      sum = sum + math.max(math.min(w, limit), math.min(w, least[i]))
    end
    return sum
  end
  local lo, hi, widths = 0, math.max(0, table.unpack(natural)), {}
  if total(hi) > available then
    for _ = 1, 40 do
      local middle <const> = (lo + hi) / 2
      if total(middle) > available then hi = middle else lo = middle end
    end
    hi = lo
  end
  local squeeze <const> = math.min(1, available / math.max(total(hi), 1e-9))
  for i, w in ipairs(natural) do
    widths[i] = math.max(math.min(w, hi), math.min(w, least[i])) * squeeze
  end
  return widths
end

--- Shades a plot from a value of its horizontal axis on: what lies beyond the data.
---@param canvas lobule.figure.Canvas
---@param from? number
---@param place table               x (scale), x1, top, bottom
---@param last number               the axis ends here
function M.shade(canvas, from, place, last)
  if not from or from >= last then return end
  local x <const> = place.x(from)
  canvas:group("shade"):rect(x, place.top, place.x1 - x, place.bottom - place.top,
    { role = "grid", how = "fill", opacity = 0.35 })
end

return M
