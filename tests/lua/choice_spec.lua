--- Columns by pattern, filters over groups, several frames appended, full and right joins, names
--- cut into parts.
local lb = require "lobule"

local function error_of(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  return tostring(err)
end

local function has(text, part)
  assert.is_truthy(text:find(part, 1, true), text)
end

local function cells(frame, name)
  local list = {}
  for i = 1, #frame do list[i] = tostring(frame:column(name)[i]) end
  return table.concat(list, " ")
end

local wide = lb.frame { { "id", { 1, 2 } }, { "psa_1", { 4, 5 } }, { "psa_2", { 6, 7 } },
  { "alp_1", { 8, 9 } }, { "note", { "x", "y" } } }

describe("columns", function()
  it("are chosen by pattern and left out by a minus", function()
    assert.are.same({ "id", "psa_1", "psa_2" }, wide:select({ "id", "psa_*" }):names())
    assert.are.same({ "psa_1", "alp_1" }, wide:select("*_1"):names())
    assert.are.same({ "psa_2", "id", "psa_1" }, wide:select({ "psa_2", "id", "psa_*" }):names())
    assert.are.same({ "id", "psa_1", "psa_2", "alp_1" }, wide:select("-note"):names())
    assert.are.same({ "id", "note" }, wide:select({ "-psa_*", "-alp_*" }):names())
    assert.are.same({ "psa_2" }, wide:select({ "psa_*", "-psa_1" }):names())
    assert.are.same({ "id", "note" }, wide:drop({ "*_1", "psa_2" }):names())
    has(error_of(wide.select, wide, "crp_*"), "no column matches 'crp_*'")
    has(error_of(wide.select, wide, "-notee"), "did you mean 'note'?")
    local odd = lb.frame { { "-x", { 1 } }, { "a*", { 2 } }, { "ab", { 3 } } }
    assert.are.same({ "-x", "a*" }, odd:select({ "-x", "a*" }):names())
    local cohort = lb.cohort(wide, { id = "id" }):select { "psa_*" }
    assert.are.same({ "id", "psa_1", "psa_2" }, cohort:frame():names())
  end)
end)

describe("filter with by", function()
  local visits = lb.frame { { "id", { "a", "a", "b", "b", "b" } }, { "day", { 1, 9, 2, 4, 4 } } }

  it("compares with the row's group", function()
    assert.are.equal("9 4 4", cells(visits:filter("day == max(day)", { by = "id" }), "day"))
    assert.are.equal("1 2", cells(visits:filter("row_number() == 1", { by = "id", order = "day" }),
      "day"))
    assert.are.equal("9 4", cells(visits:first { by = "id", order = "-day" }, "day"))
    assert.are.same({ "id", "day" }, visits:filter("day > mean(day)", { by = "id" }):names())
    local cohort = lb.cohort(visits, { id = "id" }):filter("day == max(day)", "last day",
      { by = "id" })
    assert.are.equal(3, #cohort)
    has(tostring(cohort:flow()), "not met: last day: 2")
    local known = lb.cohort(visits, { id = "id" })
      :filter({ "day == max(day)", "day < $d" }, { by = "id", with = { d = 9 } })
    assert.are.equal(2, #known)
    has(table.concat(known:flow().lines, "\n"), "day == max(day) (by id)")
    has(error_of(visits.filter, visits, "max(day)", { by = "id" }), "expected true or false")
    has(error_of(visits.filter, visits, "day == max(dya)", { by = "id" }), "did you mean 'day'?")
  end)
end)

describe("append", function()
  it("takes a list, with sources", function()
    local one, two, three = lb.frame { { "x", { 1 } } }, lb.frame { { "x", { 2.5 } } },
      lb.frame { { "y", { "t" } } }
    local all = one:append { two, lb.cohort(three) }
    assert.are.equal("1.0 2.5 nil", cells(all, "x"))
    assert.are.equal("1 2 3", cells(one:append({ two, three }, { source = "from" }), "from"))
    assert.are.equal("a b c", cells(one:append({ two, three }, { source = "from",
      names = { "a", "b", "c" } }), "from"))
    has(error_of(one.append, one, { two, 3 }), "expected a cohort or a frame")
    has(error_of(one.append, one, { two }, { source = "from", names = { "a" } }),
      "expected 2 texts")
  end)
end)

describe("join", function()
  local left = lb.frame { { "id", { 1, 2, lb.NA } }, { "x", { "a", "b", "c" } } }
  local right = lb.frame { { "key", { 2, 2, 5, lb.NA } }, { "x", { "p", "q", "r", "s" } },
    { "z", { 1, 2, 3, 4 } } }

  it("keeps all rows of both when full, of the other when right", function()
    local full, counts = left:join(right, { by = { id = "key" }, kind = "full" })
    assert.are.same({ "id", "x", "x_right", "z" }, full:names())
    assert.are.equal("1 2 2 nil 5 nil", cells(full, "id"))
    assert.are.equal("a b b c nil nil", cells(full, "x"))
    assert.are.equal("nil p q nil r s", cells(full, "x_right"))
    assert.are.equal(2, counts.n_added)
    local other = left:join(right, { by = { id = "key" }, kind = "right" })
    assert.are.equal("2 2 5 nil", cells(other, "id"))
    assert.are.equal("1 2 3 4", cells(other, "z"))
  end)

  it("counts rows of the other as added in the flow", function()
    local cohort = lb.cohort(left, { id = "id" })
    local text = tostring(cohort:join(right, { by = { id = "key" }, kind = "full" }):flow())
    has(text, "+ 2 rows added")
    has(text, "+ 1 row repeated")
    text = tostring(cohort:join(right, { by = { id = "key" }, kind = "right" }):flow())
    has(text, "no partner: 1  (NA: 1)")
    has(text, "+ 2 rows added")
  end)

  it("full is symmetric in its rows", function()
    local a = left:join(right, { by = { id = "key" }, kind = "full" })
    local b = right:join(left, { by = { key = "id" }, kind = "full" })
    assert.are.equal(#a, #b)
  end)
end)

describe("pivot_longer", function()
  it("cuts names into parts", function()
    local long = wide:select({ "id", "*_*" }):pivot_longer({ "psa_*", "alp_*" },
      { names_to = { "lab", "visit" }, names_sep = "_" })
    assert.are.same({ "id", "lab", "visit", "value" }, long:names())
    assert.are.equal("psa psa alp psa psa alp", cells(long, "lab"))
    assert.are.equal("1 2 1 1 2 1", cells(long, "visit"))
    assert.are.equal("4 6 8 5 7 9", cells(long, "value"))
    local same = wide:select({ "id", "*_*" }):pivot_longer({ "psa_*", "alp_*" },
      { names_to = { "lab", "visit" }, names_pattern = "^(%a+)_(%d+)$" })
    assert.are.equal(tostring(long), tostring(same))
    has(error_of(wide.pivot_longer, wide, { "id", "psa_1" }, { names_to = { "lab", "visit" },
      names_sep = "_" }), "column 'id': its name has 1 part, names_to has 2")
    has(error_of(wide.pivot_longer, wide, { "psa_1" }, { names_sep = "_", names_pattern = "x" }),
      "not both")
  end)
end)
