--- Grouped mutate and explain, against plain Lua on random frames, and as a researcher types them.
local lb = require "lobule"
local core = require "lobule.core"
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

local DAYS <const> = { "1969-12-30", "2020-02-28", "2020-02-29", "2020-03-01" }
local WORDS <const> = { "a", "b", "B", "ab", "", "é" }
-- Quarters: sums and means of a few are exact, in any order.
local MAKERS <const> = {
  real = function(r) return ({ -1.5, 0.0, -0.0, 2.25, 0 / 0, 7.0, 3.75 })[r(7)] end,
  quarter = function(r) return (r(40) - 20) / 4 end,
  integer = function(r) return ({ -3, 0, 1, 2, 7, 1 << 40 })[r(6)] end,
  logical = function(r) return r(2) == 1 end,
  factor = function(r) return ({ "mid", "low", "high" })[r(3)] end,
  text = function(r) return WORDS[r(#WORDS)] end,
  date = function(r) return DAYS[r(#DAYS)] end,
  datetime = function(r) return DAYS[r(#DAYS)] .. " 0" .. r(3) .. ":30" end,
}
local KINDS <const> = { "real", "quarter", "integer", "logical", "factor", "text", "date",
  "datetime" }
local LEVELS <const> = { "low", "mid", "high" }

local function random_frame(r, n)
  local specs = {}
  for i, kind in ipairs(KINDS) do
    local values, rate = { n = n }, r(12) == 1 and 1 or 6
    for k = 1, n do values[k] = r(rate) == 1 and NA or MAKERS[kind](r) end
    specs[i] = { kind, values, kind == "quarter" and "real" or kind,
      levels = kind == "factor" and LEVELS or nil, label = "Label of " .. kind }
  end
  local frame = lb.frame(specs)
  if r(3) == 1 then frame = frame:filter("is_na(logical) or logical") end
  return frame
end

local function some(r, n)
  local pool, chosen = table.move(KINDS, 1, #KINDS, 1, {}), {}
  for i = 1, n do chosen[i] = table.remove(pool, r(#pool)) end
  return chosen
end

--- For each row the list of the rows of its group, in order, and its place there.
local function groups_of(rows, by, keys)
  local groups, at, place = {}, {}, {}
  for _, i in ipairs(oracle.order(rows, keys)) do
    local parts = {}
    for k, name in ipairs(by) do parts[k] = oracle.show(rows[i][name]) end
    local key = table.concat(parts, "\0")
    groups[key] = groups[key] or {}
    table.insert(groups[key], i)
    at[i], place[i] = groups[key], #groups[key]
  end
  return at, place
end

local function present(rows, group, name)
  local list = {}
  for _, i in ipairs(group) do
    if rows[i][name] ~= NA then list[#list + 1] = rows[i][name] end
  end
  return list
end

local function total(list)
  local sum = 0.0
  for _, x in ipairs(list) do sum = sum + (x == true and 1 or x == false and 0 or x) end
  return sum
end

local function mean(list)
  return #list == 0 and NA or total(list) / #list
end

--- Smaller values plus half of the equal ones: the mean of the places, without sorting.
local function rank(list, x, name)
  local below, equal = 0, 0
  for _, y in ipairs(list) do
    local order = oracle.order({ { [name] = x }, { [name] = y } }, { { name = name } })
    local back = oracle.order({ { [name] = y }, { [name] = x } }, { { name = name } })
    if order[1] == 2 then
      below = below + 1
    elseif back[1] == 1 then
      equal = equal + 1
    end
  end
  return below + (equal + 1) / 2
end

--- Values of one function for all rows.
local function expected(f, rows, at, place, name, n)
  local list = { n = #rows }
  for i = 1, #rows do
    local group, k, x = at[i], place[i], rows[i][name]
    local so_far = table.move(group, 1, k, 1, {})
    local values = {
      lag = function() return (rows[group[k - n]] or {})[name] end,
      lead = function() return (rows[group[k + n]] or {})[name] end,
      row_number = function() return k end,
      n = function() return #group end,
      n_missing = function() return #group - #present(rows, group, name) end,
      first = function() return present(rows, group, name)[1] end,
      last = function() local p = present(rows, group, name) return p[#p] end,
      cumsum = function() return x == NA and NA or total(present(rows, so_far, name)) end,
      rank = function() return x == NA and NA or rank(present(rows, group, name), x, name) end,
      mean = function() return mean(present(rows, group, name)) end,
      centred = function()
        local m = mean(present(rows, group, name))
        return (x == NA or m == NA) and NA or x - m
      end,
    }
    local value = values[f]()
    if value == nil then value = NA end
    list[i] = value
  end
  return list
end

local EXPRESSIONS <const> = { lag = "lag(%s, %d)", lead = "lead(%s, %d)",
  row_number = "row_number()", n = "n()", n_missing = "n_missing(%s)", first = "first(%s)",
  last = "last(%s)", cumsum = "cumsum(%s)", rank = "rank(%s)", mean = "mean(%s)",
  centred = "%s - mean(%s)" }

local ANY <const> = { "lag", "lead", "row_number", "n", "n_missing", "first", "last" }
local NUMBERS <const> = { real = { "rank", "cumsum" }, integer = { "rank", "cumsum" },
  quarter = { "rank", "cumsum", "mean", "centred" }, logical = { "cumsum", "mean" },
  text = { "rank" }, date = { "rank" }, datetime = { "rank" }, factor = {} }

local function show_all(list, n)
  local shown = {}
  for i = 1, n do shown[i] = oracle.show(list[i]) end
  return table.concat(shown, " ")
end

local function check_frame(r, frame, note)
  local by, order, keys = some(r, r(3) - 1), some(r, r(3) - 1), {}
  local rows, written = oracle.rows(frame), {}
  for i, name in ipairs(order) do
    keys[i] = { name = name, desc = r(2) == 1, levels = name == "factor" and LEVELS or nil }
    written[i] = (keys[i].desc and "-" or "") .. name
  end
  local at, place = groups_of(rows, by, keys)
  for _, name in ipairs(KINDS) do
    local functions, n = table.move(ANY, 1, #ANY, 1, {}), r(4) - 1
    table.move(NUMBERS[name], 1, #NUMBERS[name], #functions + 1, functions)
    local texts = {}
    for i, f in ipairs(functions) do
      local second = f == "centred" and name or n
      local form = EXPRESSIONS[f]
      local _, holes = form:gsub("%%[sd]", "")
      local expression = holes == 0 and form or holes == 1 and form:format(name)
        or form:format(name, second)
      texts[i] = f .. "_of = " .. expression
    end
    local got = frame:mutate(texts, { by = by, order = #written > 0 and written or nil })
    for _, f in ipairs(functions) do
      local column = got:column(f .. "_of")
      assert.are.equal(show_all(expected(f, rows, at, place, name, n), #rows),
        show_all(column:totable(), #rows),
        ("%s: %s of %s, n = %d, by %s, order %s"):format(note, f, name, n,
          table.concat(by, ","), table.concat(written, ",")))
    end
    assert.are.equal(frame:column(name):type(), got:column "lag_of":type())
    assert.is_nil(got:column "lag_of":label())
  end
end

local function failure(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  return err
end

local function visits()
  return lb.frame { { "id", { "a", "a", "b", "a", "b" } }, { "visit", { 2, 1, 1, 3, NA } },
    { "score", { 3.0, 5.0, NA, 4.0, 2.0 } } }
end

local function cells(frame, name)
  local list = frame:column(name):totable()
  list.n = nil
  return list
end

describe("mutate over groups", function()
  it("agrees with plain Lua on random frames", function()
    for seed = 1, 150 do
      local r = generator(seed)
      check_frame(r, random_frame(r, r(5) == 1 and r(3) - 1 or r(30)), "seed " .. seed)
    end
  end)

  it("keeps rows, and sees columns of the same call", function()
    local f = visits():mutate({ "m = mean(score)", "above = score > m",
      "k = row_number()", "change = score - lag(score)" }, { by = "id", order = { "visit" } })
    assert.are.same({ "a", "a", "b", "a", "b" }, cells(f, "id"))
    assert.are.same({ 2, 1, 1, 3, 2 }, cells(f, "k"))
    assert.are.same({ false, true, NA, false, false }, cells(f, "above"))
    assert.are.same({ -2.0, NA, NA, 1.0, NA }, cells(f, "change"))
  end)

  it("takes groups and order from the frame before the call", function()
    local f = visits():mutate({ "id = 'x'", "visit = 0", "n = n()", "k = row_number()" },
      { by = { "id" }, order = "-visit" })
    assert.are.same({ 3, 3, 2, 3, 2 }, cells(f, "n"))
    assert.are.same({ 2, 3, 1, 1, 2 }, cells(f, "k"))
  end)

  it("belongs to cohorts too and is noted in the lineage", function()
    local c = lb.cohort(visits(), { id = "id" })
    local m = c:mutate({ "first_visit = row_number() == 1", "late = score > $x" },
      { by = "id", order = { "visit", { "score", desc = true } }, with = { x = 2 } })
    assert.are.same({ false, true, true, false, false }, cells(m:frame(), "first_visit"))
    assert.are.equal("first_visit = row_number() == 1; late = score > $x (by id, in order of "
      .. "visit, -score) [$x = 2]", m.steps[#m.steps].text)
    assert.are.equal(5, #c:frame():names() + 2)
  end)

  it("without groups says where functions of many rows belong", function()
    local err = failure(visits().mutate, visits(), { "x = lag(score)" })
    assert.is_truthy(tostring(err):find("belongs in mutate with by or order", 1, true))
    err = failure(visits().mutate, visits(), { "x = mean(score)" })
    assert.is_truthy(tostring(err):find("belongs in summarise", 1, true))
    err = failure(visits().filter, visits(), "rank(score) < 3")
    assert.are.equal("type", err.code)
    err = failure(visits().mutate, visits(), { "x = lag(score)" }, { by = "idd" })
    assert.is_truthy(tostring(err):find("did you mean 'id'?", 1, true))
    local c = lb.cohort(visits())
    err = failure(c.mutate, c, { { "x", function() return 1 end } }, { by = "id" })
    assert.are.equal("argument", err.code)
    err = failure(visits().mutate, visits(), { "x = score > $y" }, { by = "id",
      with = { y = 1, z = 2 } })
    assert.are.equal("name", err.code)
  end)

  it("tells what became of integers", function()
    local f = lb.frame { { "x", { math.maxinteger, 1 }, "integer" } }
    local _, notes = core.mutate_groups(f, { "s = cumsum(x)" }, {}, {}, {})
    assert.are.same({ "integers grew beyond 64 bits in 'cumsum(x)': it became real" }, notes)
  end)
end)

describe("explain", function()
  local CONDITION <const> = "score > 2 * 2 and id in {'a'} or visit between 1 and $last"

  it("shows the plan, the counts and, in print only, the time", function()
    local e = lb.cohort(visits()):explain(CONDITION, { with = { last = 2 } })
    local n_true, n_false, n_missing = select(2, core.filter(visits(), CONDITION,
      core.with { last = 2 }))
    assert.are.same({ 5, n_true, n_false, n_missing }, { e.n, e.n_true, e.n_false, e.n_missing })
    assert.are.same({ "score", "id", "visit" }, e.columns)
    local text = tostring(e)
    assert.is_truthy(text:find("score > 2 %* 2 +compare real %-> logical"))
    assert.is_truthy(text:find("2 %* 2 +constant, computed once %-> "))
    assert.is_truthy(text:find(("5 rows: %d true, %d false, %d NA"):format(n_true, n_false,
      n_missing), 1, true))
    assert.is_truthy(text:find("%d ms$"))
    assert.is_nil(e:to_json():find("ms", 1, true))
    assert.are.equal(e:to_json(), visits():explain(CONDITION, { with = { last = 2 } }):to_json())
    assert.are.equal(1, #e:tidy())
    assert.are.equal("table", e:report_blocks()[1].kind)
  end)

  it("refuses what is no condition", function()
    assert.are.equal("type", failure(visits().explain, visits(), "score + 1").code)
    assert.are.equal("type", failure(visits().explain, visits(), "mean(score) > 1").code)
    assert.are.equal("argument", failure(visits().explain, visits(), 3).code)
    assert.are.equal("name", failure(visits().explain, visits(), "score > 1",
      { with = { x = 1 } }).code)
  end)
end)

describe("the reference of expressions", function()
  it("says of every function what becomes of NA", function()
    local reference = require "lobule.help_reference"
    local page = reference.markdown()
    for _, f in ipairs(core.expression_functions()) do
      local does, missing = reference.split(f.help)
      assert.is_true(#does > 0 and #missing > 0, f.name)
      assert.is_truthy(page:find("| `" .. f.signature:gsub("|", "\\|") .. "` |", 1, true), f.name)
    end
    assert.is_truthy(page:find("## Functions of the other rows.*`lag%(x, n = 1%)`"))
  end)
end)
