--- What a researcher gets wrong in a call: an error with the mend, never a call that does nothing.
local lb = require "lobule"

local function error_of(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  return tostring(err)
end

local function has(text, part)
  assert.is_truthy(text:find(part, 1, true), text)
end

local frame = lb.frame { { "id", { 1, 2, 3, 4 } }, { "ph.ecog", { 0, 1, 1, lb.NA } },
  { "sex", { "f", "m", "f", "f" }, "factor" }, { "x", { 1.5, 2.5, 3.5, 4.5 } } }

describe("arguments", function()
  it("that are lists refuse named fields and holes", function()
    local named = "expected a list, found a table with named fields"
    has(error_of(lb.frame, { a = { 1, 2 } }), named)
    has(error_of(lb.frame, { { "a", { 1 } }, b = { 1 } }), "named field 'b'")
    has(error_of(lb.frame, { { "a", { x = 1 } } }), named)
    has(error_of(frame.slice, frame, { a = 1 }), named)
    has(error_of(frame.sort, frame, { a = "x" }), named)
    has(error_of(frame.sort, frame, { "sex", "x", desc = true }), "belongs to one")
    has(error_of(frame.select, frame, { [1] = "x", [3] = "id" }), "place 2 is empty")
    has(error_of(frame.filter, frame, "x in $v", { with = { v = { 1, nil, 3 } } }),
      "place 2 is empty")
    local empty = setmetatable({}, { __index = { 1, 2 } })
    has(error_of(frame.filter, frame, "x in $v", { with = { v = empty } }), "metatable")
    has(error_of(frame.label, frame, { { "x", "X" } }), "expected fields column = label")
    assert.are.equal(2, #lb.frame { { "a", { n = 2 } } })
  end)

  it("rename by a mapping, all names at once, and the cohort follows", function()
    assert.are.equal("id", frame:rename({ ["ph.ecog"] = "ecog" }):names()[1])
    assert.are.equal("ecog", frame:rename({ ["ph.ecog"] = "ecog" }):names()[2])
    local swapped = frame:rename { x = "id", id = "x" }
    assert.are.same({ "x", "ph.ecog", "sex", "id" }, swapped:names())
    assert.are.equal(1.5, swapped:column("id")[1])
    assert.are.same({ "b", "ph.ecog", "sex", "x" }, frame:rename({ { "id", "a" }, { "a", "b" } })
      :names())
    has(error_of(frame.rename, frame, { xx = "y" }), "no column 'xx'")
    has(error_of(frame.rename, frame, { x = "id" }), "id")
    has(error_of(frame.rename, frame, { { "x", "y" }, id = "z" }), "not both")
    local cohort = lb.cohort(frame, { id = "id" }):by_arm("sex"):rename { id = "sex", sex = "id" }
    assert.are.equal("sex", cohort.id)
    assert.are.equal("id", cohort.arm)
  end)

  it("count by columns, as frames and cohorts", function()
    local n = frame:count "sex"
    assert.are.same({ "sex", "n" }, n:names())
    assert.are.equal(3, n:column("n")[1])
    assert.are.equal(4, frame:count())
    local two = lb.cohort(frame, { id = "id" }):count { "sex", "ph.ecog" }
    assert.are.same({ "sex", "ph.ecog", "n", "persons" }, two:names())
    has(error_of(frame.count, frame, "sexf"), "did you mean 'sex'?")
  end)

  it("that would not end or not fit are refused before any loop", function()
    has(error_of(lb.frame, { { "a", { 1, n = math.maxinteger } } }), "at most 4294967295")
    has(error_of(frame.sample, frame, math.maxinteger, { replace = true }), "at most 4294967295")
  end)

  it("of the wrong class say what they are", function()
    local cohort = lb.cohort(frame)
    has(error_of(lb.cohort, cohort), "cohort already")
    has(error_of(cohort.filter, "x > 1"), "with a colon, not with a dot")
    has(error_of(frame.filter, { "x > 1" }), "Write d:filter(...)")
    has(error_of(cohort.by_arm, lb.cohort("tests/data/survival_lung.csv"), "age"),
      "42 different values")
    local km = lb.survival.km("Surv(x, sex == 'f') ~ 1", frame)
    has(error_of(lb.compare, { { "a", km } }), "model 1: expected a fitted model, found a km")
    assert.are.equal(2, #lb.table({ columns = { "a", "b" } }).columns)
  end)

  it("Table 1 refuses text at the call, with a mend that works", function()
    local texts = frame:mutate { "t = case(x > 2, 'a', 'b')" }
    has(error_of(lb.table_one, texts, { columns = { "t" } }), 'mutate { "t = factor(t)" }')
    local mended = texts:mutate { "t = factor(t)" }
    assert.is_truthy(tostring(lb.table_one(mended, { columns = { "t" } })))
  end)
end)
