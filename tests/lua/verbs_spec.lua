--- The verbs of frames against a slow implementation in plain Lua, on random frames of all types.
local lb = require "lobule"
package.path = "tests/lua/?.lua;" .. package.path
local oracle = require "verbs_oracle"

local NA <const> = lb.NA

--- A random generator of its own: the frames are the same on every machine and run.
local function generator(seed)
  local state = seed * 2654435761 + 12345
  return function(n)
    state = (state * 6364136223846793005 + 1442695040888963407)
    local x = (state >> 33) ~ (state >> 49)
    return x % n + 1
  end
end

local WORDS <const> = { "a", "b", "B", "ab", "", "é", "a long text that fills words",
  "a long text that fills words and more than thirty-two bytes",
  "a long text that fills words and more than thirty-two bytes too" }
local DAYS <const> = { "1969-12-30", "2020-02-28", "2020-02-29", "2020-03-01", "2021-01-01" }
local MAKERS <const> = {
  real = function(r) return ({ -1.5, 0.0, -0.0, 2.25, 1e300, 0 / 0, 7.0, 3.5 })[r(8)] end,
  integer = function(r) return ({ -3, 0, 1, 2, 7, 1 << 40 })[r(6)] end,
  logical = function(r) return r(2) == 1 end,
  factor = function(r) return ({ "mid", "low", "high" })[r(3)] end,
  text = function(r) return WORDS[r(#WORDS)] end,
  date = function(r) return DAYS[r(#DAYS)] end,
  datetime = function(r) return DAYS[r(#DAYS)] .. " 0" .. r(3) .. ":30" end,
}
local KINDS <const> = { "real", "integer", "logical", "factor", "text", "date", "datetime" }
local LEVELS <const> = { "low", "mid", "high" }

--- A column's spec of n random cells, a tenth or so missing, sometimes all.
local function random_column(r, kind, name, n)
  local values, rate = { n = n }, r(12) == 1 and 1 or 8
  for i = 1, n do
    values[i] = r(rate) == 1 and NA or MAKERS[kind](r)
  end
  return { name, values, kind, levels = kind == "factor" and LEVELS or nil,
    label = "Label of " .. kind, unit = kind == "real" and "mg" or nil }
end

--- A frame with one column of each kind, sometimes itself the result of a filter (rows gathered
--- later).
local function random_frame(r, n)
  local specs = {}
  for i, kind in ipairs(KINDS) do specs[i] = random_column(r, kind, kind, n) end
  local frame = lb.frame(specs)
  if r(3) == 1 then frame = frame:filter("is_na(logical) or logical") end
  return frame
end

local function some(r, list, n)
  local pool, chosen = table.move(list, 1, #list, 1, {}), {}
  for i = 1, n do chosen[i] = table.remove(pool, r(#pool)) end
  return chosen
end

local function same(expected_rows, frame, names, note)
  assert.are.equal(oracle.text(expected_rows, names), oracle.text(oracle.rows(frame), names), note)
end

--- Labels and units are still there.
local function labels_kept(frame)
  for _, name in ipairs(frame:names()) do
    if MAKERS[name] then
      assert.are.equal("Label of " .. name, frame:column(name):label())
      if name == "real" then assert.are.equal("mg", frame:column(name):unit()) end
    end
  end
end

local SIZES <const> = { 0, 1, 2, 3, 5, 8, 13, 40, 90 }

local function failure(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  return err
end

describe("verbs on random frames", function()
  it("sort as a stable insertion sort does", function()
    for case = 1, 1500 do
      local r = generator(case)
      local frame = random_frame(r, SIZES[r(#SIZES)])
      local keys, plain, na_first = {}, {}, r(2) == 1
      for i, name in ipairs(some(r, KINDS, r(3))) do
        local desc = r(2) == 1
        keys[i] = desc and (r(2) == 1 and "-" .. name or { name, desc = true }) or name
        plain[i] = { name = name, desc = desc, na_first = na_first,
          levels = name == "factor" and LEVELS }
      end
      local rows = oracle.rows(frame)
      local sorted = frame:sort(keys, { na = na_first and "first" or "last" })
      same(oracle.take(rows, oracle.order(rows, plain)), sorted, KINDS, "case " .. case)
      labels_kept(sorted)
    end
  end)

  it("choose the first and last of groups, and distinct rows", function()
    for case = 1, 1000 do
      local r = generator(case)
      local frame = random_frame(r, SIZES[r(#SIZES)])
      local by, last = some(r, KINDS, r(3) - 1), r(2) == 1
      local rows, order, keys = oracle.rows(frame), {}, nil
      if r(2) == 1 then
        local name = KINDS[r(#KINDS)]
        local desc = r(2) == 1
        keys = { { name, desc = desc } }
        order = oracle.order(rows, { { name = name, desc = desc, na_first = last,
          levels = name == "factor" and LEVELS } })
      else
        for i = 1, #rows do order[i] = i end
      end
      local picked = frame[last and "last" or "first"](frame, { by = by, order = keys })
      same(oracle.take(rows, oracle.pick(rows, by, order, last)), picked, KINDS, "case " .. case)
      local columns = some(r, KINDS, r(2))
      local kept, n_dropped = frame:distinct(columns)
      local plain = {}
      for i = 1, #rows do plain[i] = i end
      same(oracle.take(rows, oracle.pick(rows, columns, plain, false)), kept, KINDS)
      assert.are.equal(#rows - #kept, n_dropped)
      labels_kept(kept)
    end
  end)

  it("fill from above and below", function()
    for case = 1, 600 do
      local r = generator(case)
      local frame = random_frame(r, SIZES[r(#SIZES - 1)])
      local name = KINDS[r(#KINDS)]
      local by, up = r(2) == 1 and { name == "factor" and "logical" or "factor" } or {}, r(2) == 1
      local filled, n = frame:fill(name, { by = by, direction = up and "up" or "down" })
      local rows, expected = oracle.fill(oracle.rows(frame), name, by, up)
      same(rows, filled, KINDS, "case " .. case)
      assert.are.equal(expected, n)
      labels_kept(filled)
    end
  end)

  it("join as nested loops do, and count what they do", function()
    local TYPES <const> = { { "integer", "integer" }, { "real", "integer" }, { "integer", "real" },
      { "real", "real" }, { "text", "text" }, { "factor", "text" }, { "text", "factor" },
      { "factor", "factor" }, { "date", "date" }, { "logical", "logical" },
      { "datetime", "datetime" } }
    local KIND <const> = { "inner", "left", "semi", "anti" }
    for case = 1, 2000 do
      local r = generator(case)
      local n, m = SIZES[r(#SIZES - 1)], SIZES[r(#SIZES - 1)]
      local left, right, by = { random_column(r, "integer", "v", n) },
        { random_column(r, "logical", "v", m), random_column(r, "text", "w", m) }, {}
      for k = 1, r(3) do
        local types = TYPES[r(#TYPES)]
        left[#left + 1] = random_column(r, types[1], "l" .. k, n)
        right[#right + 1] = random_column(r, types[2], "r" .. k, m)
        by[k] = { "l" .. k, "r" .. k }
      end
      local a, b, kind = lb.frame(left), lb.frame(right), KIND[r(4)]
      local la, lb_rows = oracle.rows(a), oracle.rows(b)
      local found, n_many = oracle.join(la, lb_rows, by, kind)
      local joined, counts = a:join(b, { by = by, kind = kind, many = true })
      local both = kind == "inner" or kind == "left"
      local expected = oracle.side_by_side(la, lb_rows, found,
        both and { v = "v_right", w = "w" } or {})
      same(expected, joined, joined:names(), "case " .. case)
      if both then
        assert.are.equal(n_many, counts.n_many)
        assert.are.equal("Label of text", joined:column("w"):label())
        if n_many > 0 then
          local err = failure(a.join, a, b, { by = by, kind = kind })
          assert.are.equal("data", err.code)
          assert.is_truthy(err.message:find(n_many .. " key", 1, true))
        end
      end
      local semi = oracle.join(la, lb_rows, by, "semi")
      assert.are.equal(#semi, counts.n_matched)
      assert.are.equal(n - #semi, counts.n_unmatched)
    end
  end)

  it("join by time as a search through all rows does", function()
    local DIRECTIONS <const> = { "before", "after", "nearest" }
    for case = 1, 2000 do
      local r = generator(case)
      local n, m = SIZES[r(#SIZES - 1)], SIZES[r(#SIZES - 1)]
      local kind = ({ "integer", "real" })[r(2)]
      local function times(name, count, t)
        local values = { n = count }
        for i = 1, count do
          local v = r(12) == 1 and NA or r(30) - 15
          values[i] = v ~= NA and t == "real" and (r(20) == 1 and 0 / 0 or v / 2) or v
        end
        return { name, values, t }
      end
      -- Few groups: many left rows a key, which are searched; many groups: streamed.
      local groups = r(2) == 1 and 2 or 60
      local function keys(name, count)
        local values = { n = count }
        for i = 1, count do values[i] = r(15) == 1 and NA or r(groups) end
        return { name, values, "integer" }
      end
      local a = lb.frame { keys("g", n), times("t", n, kind) }
      local b = lb.frame { keys("g", m), times("u", m, r(2) == 1 and "integer" or "real"),
        random_column(r, "text", "w", m) }
      local by = r(4) > 1 and { "g" } or {}
      local spec = { left_time = "t", right_time = "u", direction = DIRECTIONS[r(3)],
        within = r(2) == 1 and r(6) - 1 or nil }
      local joined = a:asof_join(b, { by = by, on = { t = "u" }, direction = spec.direction,
        within = spec.within })
      local la, rb, found = oracle.rows(a), oracle.rows(b), {}
      for i, j in ipairs(oracle.asof(la, rb, by[1] and { { "g", "g" } } or {}, spec)) do
        found[i] = { i, j or nil }
      end
      same(oracle.side_by_side(la, rb, found, by[1] and { u = "u", w = "w" }
        or { u = "u", w = "w", g = "g_right" }), joined, joined:names(), "case " .. case)
    end
  end)

  it("join by interval as a search through all rows does", function()
    for case = 1, 1500 do
      local r = generator(case)
      local n, m = SIZES[r(#SIZES - 1)], SIZES[r(#SIZES - 1)]
      local a = { { "g", { n = n }, "integer" }, { "t", { n = n }, "integer" } }
      local b = { { "g", { n = m }, "integer" }, { "from", { n = m }, "integer" },
        { "to", { n = m }, "real" } }
      for i = 1, n do a[1][2][i], a[2][2][i] = r(3), r(10) == 1 and NA or r(30) end
      for i = 1, m do
        local start = r(30)
        b[1][2][i], b[2][2][i] = r(12) == 1 and NA or r(3), r(12) == 1 and NA or start
        b[3][2][i] = r(12) == 1 and NA or start + r(8) - 1.0
      end
      a, b = lb.frame(a), lb.frame(b)
      local spec = { on = "t", from = "from", to = "to", by = { "g" },
        kind = r(2) == 1 and "left" or "inner", many = true }
      local joined, counts = a:interval_join(b, spec)
      local la, rb = oracle.rows(a), oracle.rows(b)
      local found, several = oracle.interval(la, rb, { { "g", "g" } }, spec)
      same(oracle.side_by_side(la, rb, found, { from = "from", to = "to" }), joined,
        joined:names(), "case " .. case)
      assert.are.equal(several, counts.n_many)
      spec.many = nil
      if several > 0 then assert.are.equal("data", failure(a.interval_join, a, b, spec).code) end
    end
  end)

  it("append frames by name", function()
    for case = 1, 500 do
      local r = generator(case)
      local a, b = random_frame(r, SIZES[r(#SIZES)]), random_frame(r, SIZES[r(#SIZES)])
      if r(2) == 1 then a = a:drop(KINDS[r(#KINDS)]) end
      if r(2) == 1 then b = b:drop(KINDS[r(#KINDS)]) end
      local expected = oracle.rows(a)
      for _, row in ipairs(oracle.rows(b)) do expected[#expected + 1] = row end
      local whole = a:append(b)
      for _, row in ipairs(expected) do
        for _, name in ipairs(whole:names()) do
          if row[name] == nil then row[name] = NA end
        end
      end
      same(expected, whole, whole:names(), "case " .. case)
      labels_kept(whole)
      local cut = whole:slice { n = 0 }
      assert.are.equal(0, #cut)
    end
  end)

  it("are undone: longer and wider again", function()
    for case = 1, 500 do
      local r = generator(case)
      local n = SIZES[r(#SIZES)]
      local specs = { { "id", { n = n }, "integer" } }
      for i = 1, n do specs[1][2][i] = i end
      local kind, names = KINDS[r(#KINDS)], {}
      for k = 1, r(4) do
        names[k] = "x" .. k
        specs[k + 1] = random_column(r, kind, names[k], n)
      end
      local frame = lb.frame(specs)
      local long = frame:pivot_longer(names)
      assert.are.equal(n * #names, #long)
      local rows = oracle.rows(long)
      for i = 1, n do
        for k, name in ipairs(names) do
          local row = rows[(i - 1) * #names + k]
          assert.are.same({ i, name }, { row.id, row.name })
          assert.are.equal(oracle.show(oracle.rows(frame:slice { i })[1][name]),
            oracle.show(row.value))
        end
        if i > 8 then break end
      end
      local wide = long:pivot_wider { names_from = "name", values_from = "value" }
      if n > 0 then
        same(oracle.rows(frame), wide, frame:names(), "case " .. case)
        assert.are.equal("Label of " .. kind, wide:column("x1"):label())
      end
    end
  end)
end)
