--- P-values adjusted for their number.
local M = {}

--- The methods: Holm (1979, Scand J Stat 6:65), Hochberg (1988, Biometrika 75:800), Bonferroni,
--- which hold the chance of any false rejection; Benjamini & Hochberg (1995, JRSS B 57:289), "bh",
--- which holds the false discovery rate.
M.METHODS = { "holm", "hochberg", "bonferroni", "bh", "none" }

--- Going through the p-values, least first or greatest first, with what each is multiplied by.
local function step(order, p, out, method)
  local n = #order
  if method == "holm" then
    local most = 0
    for k, i in ipairs(order) do
      most = math.max(most, (n - k + 1) * p[i])
      out[i] = math.min(1, most)
    end
    return
  end
  local least = 1
  for k = n, 1, -1 do
    local factor = method == "hochberg" and n - k + 1 or n / k
    least = math.min(least, factor * p[order[k]])
    out[order[k]] = least
  end
end

--- Adjusted p-values, in the order given. NaN stays NaN and does not count.
---@param p number[]
---@param method "holm"|"hochberg"|"bonferroni"|"bh"|"none"
---@return number[]
function M.p(p, method)
  local order, out = {}, {}
  for i = 1, #p do
    out[i] = p[i]
    if p[i] == p[i] then order[#order + 1] = i end
  end
  if method == "none" then return out end
  table.sort(order, function(a, b)
    if p[a] ~= p[b] then return p[a] < p[b] end
    return a < b
  end)
  if method == "bonferroni" then
    for _, i in ipairs(order) do out[i] = math.min(1, #order * p[i]) end
  else
    step(order, p, out, method)
  end
  return out
end

return M
