--- Quantiles of two survival curves compared: interval and test of their difference and ratio, from
--- the pointwise tests of both curves.
local core = require "lobule.core"
local contrast = require "lobule.survival.km_contrast"
local result = require "lobule.result"

local M = {}

--- The steps of a curve: where each begins and ends, how many standard errors on the scale the
--- curve is above `level`, and its square `far`; infinite where nothing is known of its error.
local function steps(km, g, level, scale)
  local _, to, slope = table.unpack(contrast.MEASURES[scale])
  local list, last = {}, nil
  local curve = km.fit:curve(g)
  local time, survival, error = curve:column "time", curve:column "survival",
    curve:column "std_error"
  for i = 1, #curve do
    local s, se = survival[i], error[i]
    if last and last.survival == s then
      last.to = time[i]
    else
      if last then last.to = time[i] end
      local known = type(se) == "number" and se > 0 and s > 0 and s < 1
      local above = known and (to(s) - to(level)) / (math.abs(slope(s)) * se) or math.huge
      if to(1) < to(0) then above = known and -above or above end
      last = { from = time[i], to = time[i], survival = s, above = above, far = above ^ 2 }
      list[#list + 1] = last
    end
  end
  -- Somebody is event-free at the last time: nobody knows when the curve falls next.
  if last and last.survival > 0 then last.to = math.huge end
  return list
end

--- Steps within `most`, nearest first, with the earliest begin and latest end so far.
local function nearest(list, most)
  local kept = {}
  for _, step in ipairs(list) do
    if step.far <= most then kept[#kept + 1] = step end
  end
  table.sort(kept, function(a, b)
    if a.far ~= b.far then return a.far < b.far end
    return a.from < b.from
  end)
  local from, to = math.huge, -math.huge
  for _, step in ipairs(kept) do
    from, to = math.min(from, step.from), math.max(to, step.to)
    step.earliest, step.latest = from, to
  end
  return kept
end

--- The last of `kept` whose distance is at most `most`; nil without.
local function within(kept, most)
  local low, high = 0, #kept
  while low < high do
    local middle = (low + high + 1) // 2
    if kept[middle].far <= most then low = middle else high = middle - 1 end
  end
  return kept[low]
end

--- Limits of a's quantile against b's over all pairs of times whose distances add up to at most
--- `most`; `on(a, b)` is a difference or a ratio.
local function limits(a, b, most, on)
  local low, high
  local kept = nearest(b, most)
  for _, step in ipairs(a) do
    local other = step.far <= most and within(kept, most - step.far)
    if other then
      local least, greatest = on(step.from, other.latest), on(step.to, other.earliest)
      low = low and math.min(low, least) or least
      high = high and math.max(high, greatest) or greatest
    end
  end
  return low, high
end

--- The least sum of distances at one and the same time.
local function equal_distance(a, b)
  local i, j, least = 1, 1, math.huge
  while a[i] and b[j] do
    if a[i].to > b[j].from and b[j].to > a[i].from then
      least = math.min(least, a[i].far + b[j].far)
    end
    if a[i].to <= b[j].to then i = i + 1 else j = j + 1 end
  end
  return least
end

local function number(x)
  if x == nil or x ~= x or x == math.huge or x == -math.huge then return nil end
  return x
end

local KINDS <const> = {
  { "difference of quantiles", function(a, b) return a - b end,
    function(a) return a end, function(d) return d end },
  { "ratio of quantiles", function(a, b) return a == math.huge and a or a / b end,
    math.log, math.exp },
}

--- Limits of one quantile: where the lower and the upper pointwise limit first reach the level.
local function own_limits(list, z)
  local low, high
  for _, step in ipairs(list) do
    if step.above < math.huge then
      if not low and step.above <= z then low = step.from end
      if not high and step.above <= -z then high = step.from end
    end
  end
  return low or math.huge, high or math.huge
end

--- Limits of a difference from those of its parts (Zou & Donner's equation 4), on a scale.
local function recovered(a, b, qa, qb, z, to)
  local la, ua = own_limits(a, z)
  local lb, ub = own_limits(b, z)
  local d = to(qa) - to(qb)
  local down = (to(qa) - to(la)) ^ 2 + (to(ub) - to(qb)) ^ 2
  local up = (to(ua) - to(qa)) ^ 2 + (to(qb) - to(lb)) ^ 2
  return d - math.sqrt(down), d + math.sqrt(up)
end

local MOST_Z <const> = 40

--- The squared z at which the interval first touches 0: intervals of higher levels hold the lower.
--- nil when its end on that side is open at any level.
local function touching(a, b, qa, qb, to)
  local least, most = 0, MOST_Z
  local first, last = recovered(a, b, qa, qb, 0, to)
  if (qa < qb and last or -first) == math.huge then return nil end
  for _ = 1, 60 do
    local z = (least + most) / 2
    local low, high = recovered(a, b, qa, qb, z, to)
    if low <= 0 and 0 <= high then most = z else least = z end
  end
  return least ^ 2
end

--- Limits of a kind and the chi-square of no difference, by method.
local METHODS <const> = {
  dispersion = function(a, b, _, _, most, kind)
    local low, high = limits(a, b, most, kind[2])
    return low, high, equal_distance(a, b)
  end,
  recovery = function(a, b, qa, qb, most, kind)
    if not (qa and qb) then return nil end
    local low, high = recovered(a, b, qa, qb, math.sqrt(most), kind[3])
    return number(low) and kind[4](low), number(high) and kind[4](high),
      touching(a, b, qa, qb, kind[3])
  end,
}

local LEAST <const> = 5

--- Too few on one side of a quantile q: the events at or before it or the people at risk after it,
--- where the normal tests of a curve do not hold (the rule of 5 expected: Cochran 1954, Biometrics
--- 10:417). nil: enough. Weights that do not repeat rows are brought to the number of rows.
local function lacking(km, g, q)
  local curve = km.fit:curve(g)
  local time, events, at_risk, censored = curve:column "time", curve:column "n_event",
    curve:column "n_risk", curve:column "n_censor"
  local before, after = 0, 0
  for i = 1, #curve do
    if time[i] > q then break end
    before, after = before + events[i], at_risk[i] - events[i] - censored[i]
  end
  local n, _, weight = km.fit:count(g)
  local scale = km.options.weight_type == "frequency" and 1 or n / weight
  if before * scale < LEAST then return "events at or before it" end
  if after * scale < LEAST then return "people at risk after it" end
  return nil
end

--- What a quantile of each group lacks: a list by group; says so once for each.
local function check_support(km, prob)
  local list, groups = {}, km.info.groups
  for g, name in ipairs(groups.name) do
    local q = number(km.fit:quantile(g, prob))
    list[g] = q and lacking(km, g, q) or nil
    local fault = not q and "the curve does not fall that far: its quantile is NA"
      or list[g] and ("fewer than %d %s: limits and p are NA"):format(LEAST, list[g])
    if fault then
      io.stderr:write(("warning: quantile %s of '%s': %s\n"):format(core.format_number(prob), name,
        fault))
    end
  end
  return list
end

--- The quantiles of group g against those of r: a row each for difference and ratio, without
--- limits and test unless `enough`.
local function pair_rows(km, g, r, prob, opts, enough)
  local a, b = steps(km, g, 1 - prob, opts.scale), steps(km, r, 1 - prob, opts.scale)
  local most = core.normal_quantile(0.5 + opts.conf_level / 2) ^ 2
  local qa, qb = number(km.fit:quantile(g, prob)), number(km.fit:quantile(r, prob))
  local rows = {}
  for k, kind in ipairs(KINDS) do
    local low, high, far
    if enough then low, high, far = METHODS[opts.method](a, b, qa, qb, most, kind) end
    low, high = number(low), number(high)
    local known = far and far < math.huge and (low or high)
    rows[k] = { strata = km.info.groups.name[g], reference = km.info.groups.name[r], prob = prob,
      measure = kind[1], estimate = qa and qb and number(kind[2](qa, qb)),
      conf_low = low, conf_high = high, statistic = known and far or nil, df = 1,
      p_value = known and core.chi_square_p(far, 1) or nil }
  end
  return rows
end

local COLUMNS <const> = { { "strata", "text" }, { "reference", "text" }, { "prob", "real" },
  { "measure", "text" }, { "estimate", "real" }, { "conf_low", "real" }, { "conf_high", "real" },
  { "statistic", "real" }, { "df", "integer" }, { "p_value", "real" } }

--- Compares quantiles of the curves of a fit.
---@param km lobule.KM
---@param probs number[]
---@param opts table                conf_level, pairs, scale, method
---@return lobule.Frame
function M.compare(km, probs, opts)
  local names, rows, lacks = km.info.groups.name, {}, {}
  for i, prob in ipairs(probs) do lacks[i] = check_support(km, prob) end
  for r = 1, opts.pairs == "all" and #names - 1 or 1 do
    for g = r + 1, #names do
      for i, prob in ipairs(probs) do
        local enough = not (lacks[i][g] or lacks[i][r])
        table.move(pair_rows(km, g, r, prob, opts, enough), 1, 2, #rows + 1, rows)
      end
    end
  end
  local columns = {}
  for j, column in ipairs(COLUMNS) do
    local list = { n = #rows }
    for i, row in ipairs(rows) do list[i] = row[column[1]] == nil and core.NA or row[column[1]] end
    columns[j] = { column[1], list, column[2] }
  end
  return (result.frame(columns))
end

return M
