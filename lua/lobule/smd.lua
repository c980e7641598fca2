--- Standardised mean differences between two groups, for numbers and for factors with any number of
--- levels.
local core = require "lobule.core"

local M = {}

--- Numbers: difference of means over the root of the mean variance (Austin 2009, Stat Med 28:3083).
local function numeric(a, b)
  if a.n - a.n_missing < 2 or b.n - b.n_missing < 2 then return nil end
  local pooled = math.sqrt((a.sd * a.sd + b.sd * b.sd) / 2)
  if pooled == 0 then return a.mean == b.mean and 0 or nil end
  return math.abs(a.mean - b.mean) / pooled
end

--- Numbers that are 0 or 1, shown as a share: the variance is that of a share, p (1 - p), as for a
--- logical.
local function share(a, b)
  if a.n == a.n_missing or b.n == b.n_missing then return nil end
  local p, q = a.mean, b.mean
  local pooled = math.sqrt((p * (1 - p) + q * (1 - q)) / 2)
  if pooled == 0 then return p == q and 0 or nil end
  return math.abs(p - q) / pooled
end

--- Solves S x = d by Gaussian elimination with pivoting; nil when S is singular.
local function solve(S, d)
  local n = #d
  for k = 1, n do
    local pivot = k
    for i = k + 1, n do
      if math.abs(S[i][k]) > math.abs(S[pivot][k]) then pivot = i end
    end
    if math.abs(S[pivot][k]) < 1e-12 then return nil end
    S[k], S[pivot], d[k], d[pivot] = S[pivot], S[k], d[pivot], d[k]
    for i = k + 1, n do
      local factor = S[i][k] / S[k][k]
      for j = k, n do S[i][j] = S[i][j] - factor * S[k][j] end
      d[i] = d[i] - factor * d[k]
    end
  end
  local x = {}
  for k = n, 1, -1 do
    local sum = d[k]
    for j = k + 1, n do sum = sum - S[k][j] * x[j] end
    x[k] = sum / S[k][k]
  end
  return x
end

local function shares(summary)
  local n, list = summary.n - summary.n_missing, {}
  for i, level in ipairs(summary.levels) do list[i] = level.n / n end
  return n, list
end

--- Factors: Mahalanobis distance of the level shares, the first level left out (Yang & Dalton 2012,
--- SAS Global Forum 335).
local function categorical(a, b)
  local na, p = shares(a)
  local nb, q = shares(b)
  if na == 0 or nb == 0 then return nil end
  local keep = {}
  for i = 1, #p do
    if p[i] + q[i] > 0 then keep[#keep + 1] = i end
  end
  table.remove(keep, 1)
  if #keep == 0 then return 0 end
  local S, d, difference = {}, {}, {}
  for r, i in ipairs(keep) do
    S[r] = {}
    difference[r] = p[i] - q[i]
    d[r] = difference[r]
    for c, j in ipairs(keep) do
      S[r][c] = i == j and (p[i] * (1 - p[i]) + q[i] * (1 - q[i])) / 2
        or -(p[i] * p[j] + q[i] * q[j]) / 2
    end
  end
  local x = solve(S, d)
  if not x then return nil end
  local sum = 0
  for r = 1, #keep do sum = sum + difference[r] * x[r] end
  return math.sqrt(sum)
end

--- The difference between two groups; nil when it does not exist.
---@param a table                   core.summary of a column in one group
---@param b table                   in the other
---@param binary? boolean           numbers that are 0 or 1 in all groups
---@return number?
function M.pair(a, b, binary)
  if a.levels then return (categorical(a, b)) end
  return (binary and share or numeric)(a, b)
end

--- The largest difference between any two of the groups.
---@param groups lobule.Frame[]
---@param name string
---@param binary? boolean           numbers that are 0 or 1
---@return number?
function M.largest(groups, name, binary)
  local list, best = {}, nil
  for i, group in ipairs(groups) do list[i] = core.summary(group:column(name)) end
  for i = 1, #list do
    for j = i + 1, #list do
      local value = M.pair(list[i], list[j], binary)
      if value and (best == nil or value > best) then best = value end
    end
  end
  return best
end

return M
