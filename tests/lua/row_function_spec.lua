--- Lua functions of a row where an expression may stand: three truth values, misspelt columns,
--- errors with their row.
local lb = require "lobule"

local function error_of(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  return tostring(err)
end

local function has(text, part)
  assert.is_truthy(text:find(part, 1, true), text)
end

local function values(frame, name)
  local list = {}
  for i = 1, #frame do list[i] = tostring(frame:column(name)[i]) end
  return table.concat(list, " ")
end

describe("a Lua function of the row", function()
  local frame = lb.frame { { "id", { "a", "b", "c", "d" } }, { "age", { 20, 30, lb.NA, 50 } },
    { "arm", { "A", "B", "B", lb.NA }, "factor" } }
  local cohort = lb.cohort(frame, { id = "id" })

  local function over25(r)
    if r.age == nil then return lb.NA end
    return r.age > 25
  end

  it("filters as the expression does, NA counted as NA", function()
    local kept = cohort:filter(over25, "over 25")
    local same = cohort:filter("age > 25", "over 25")
    assert.are.equal(values(same:frame(), "id"), values(kept:frame(), "id"))
    assert.are.equal(tostring(same:flow()), tostring(kept:flow()))
    assert.are.equal(3, #kept:frame():names())
    assert.are.equal("b d", values(frame:filter(over25), "id"))
    assert.are.equal(0, #cohort:filter(function() return lb.NA end))
  end)

  it("excludes as the expression does, beside expressions too", function()
    local list = { { over25, "over 25" }, { "arm == 'B'", "arm B" } }
    local same = { { "age > 25", "over 25" }, { "arm == 'B'", "arm B" } }
    assert.are.equal(values(cohort:exclude(same):frame(), "id"),
      values(cohort:exclude(list):frame(), "id"))
    assert.are.equal(tostring(cohort:exclude(same):flow()), tostring(cohort:exclude(list):flow()))
    assert.are.equal("a c", values(cohort:exclude(over25, "over 25"):frame(), "id"))
    has(error_of(cohort.exclude, cohort, over25), "needs a reason")
  end)

  it("mutates frames and cohorts", function()
    local double = { { "double", function(r) return r.age and 2 * r.age end }, "more = double + 1" }
    assert.are.same({ 41, 61, lb.NA, 101, n = 4 }, frame:mutate(double):column("more"):totable())
    assert.are.equal(values(frame:mutate(double), "double"),
      values(cohort:mutate(double):frame(), "double"))
    has(error_of(frame.mutate, frame, double, { by = "arm" }), "sees a row and no group")
  end)

  it("raises for anything that is not true, false or NA, with the row", function()
    has(error_of(cohort.filter, cohort, function(r) return r.age end),
      "cohort:filter: row 1: the condition gave a number: expected true, false or NA")
    has(error_of(frame.filter, frame, function(r) return r.id ~= "c" or "yes" end),
      "frame:filter: row 3: the condition gave text")
  end)

  it("raises for a misspelt column and for an error inside, with verb and row", function()
    has(error_of(cohort.filter, cohort, function(r) return r.agge == nil end),
      "cohort:filter: row 1: no column 'agge' (did you mean 'age'?)")
    local text = error_of(cohort.mutate, cohort, { { "x", function(r) return r.age + 1 end } })
    has(text, "cohort:mutate: row 3: the function failed:")
    has(text, "attempt to perform arithmetic on a nil value (field 'age')")
    has(error_of(cohort.filter, cohort, function(r) r.age = 1 end), "a row cannot be changed")
  end)

  it("names the row of the file", function()
    local later = frame:filter "age > 25"
    has(error_of(later.filter, later, function(r) return r.age ~= 50 or 1 end), "row 4:")
  end)

  it("walks the cells that are there", function()
    local seen = {}
    frame:filter(function(r)
      for name, value in pairs(r) do seen[#seen + 1] = name .. "=" .. tostring(value) end
      return true
    end)
    assert.are.equal("id=a age=20 arm=A id=b age=30 arm=B id=c arm=B id=d age=50",
      table.concat(seen, " "))
  end)
end)
