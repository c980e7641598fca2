--- What the flow counts: rows left out, added and repeated apart, and reasons that overlap.
local lb = require "lobule"

local function has(text, part)
  assert.is_truthy(text:find(part, 1, true), text)
end

local function lacks(text, part)
  assert.is_nil(text:find(part, 1, true), text)
end

--- The last step's counts, from flow:data().
local function last(cohort)
  local list, found = cohort:flow():data():rows_list(), nil
  for _, row in ipairs(list) do
    if row.arm == "all" and row.number_records then found = row end
  end
  return { found.number_records, found.excluded_records, found.added_records,
    found.repeated_records }
end

local frame = lb.frame { { "id", { 1, 2, 3 } }, { "a", { 1, lb.NA, 3 } }, { "b", { 4, 5, lb.NA } } }
local cohort = lb.cohort(frame, { id = "id" })
local other = lb.frame { { "id", { 1, 1, 1, 4, lb.NA } }, { "t", { 1, 2, 3, 4, 5 } } }

describe("the flow", function()
  it("counts rows that slice leaves out and repeats", function()
    local cut = cohort:slice { 1, 1 }
    assert.are.same({ 2, 2, 0, 1 }, last(cut))
    has(tostring(cut:flow()), "rows not chosen by number: 2")
    has(tostring(cut:flow()), "+ 1 row repeated")
    assert.are.same({ 1, 2, 0, 0 }, last(cohort:slice { 2 }))
  end)

  it("counts a sample with replacement", function()
    local drawn = cohort:sample(30, { replace = true })
    local counts = last(drawn)
    assert.are.equal(30, counts[1])
    assert.are.equal(30, 3 - counts[2] + counts[4])
    assert.are.equal(0, counts[3])
    assert.are.same({ "id", "a", "b" }, drawn:frame():names())
    -- the same rows as without the count
    assert.are.equal(tostring(frame:sample(30, { replace = true })), tostring(drawn:frame()))
  end)

  it("counts appended rows as added", function()
    local more = cohort:append(lb.frame { { "id", { 7, 8 } } })
    assert.are.same({ 5, 0, 2, 0 }, last(more))
    lacks(tostring(more:flow()), "several reasons")
    has(tostring(more:flow()), "+ 2 rows added")
  end)

  it("counts rows that a join repeats and leaves out", function()
    local left = cohort:join(other, { by = "id" })
    assert.are.same({ 5, 0, 0, 2 }, last(left))
    lacks(tostring(left:flow()), "several reasons")
    assert.are.same({ 3, 2, 0, 2 }, last(cohort:join(other, { by = "id", kind = "inner" })))
    assert.are.same({ 1, 2, 0, 0 }, last(cohort:join(other, { by = "id", kind = "semi" })))
    assert.are.same({ 2, 1, 0, 0 }, last(cohort:join(other, { by = "id", kind = "anti" })))
  end)

  it("counts what drop_na leaves out of a longer table, and rows merged in a wider one", function()
    local long = cohort:pivot_longer({ "a", "b" }, { drop_na = true })
    assert.are.same({ 4, 2, 0, 3 }, last(long))
    has(tostring(long:flow()), "measurement missing: 2")
    local wide = cohort:pivot_longer({ "a", "b" }):pivot_wider { names_from = "name",
      values_from = "value" }
    assert.are.same({ 3, 0, 0, 0 }, last(wide))
    has(tostring(wide:flow()), "3 rows merged into others")
  end)

  it("says that conditions of one filter overlap", function()
    local kept = cohort:filter { "id > 1", "a > 1" }
    has(tostring(kept:flow()), "(2 rows; one may have several reasons)")
    lacks(tostring(cohort:filter({ "id > 2", "a > 1" }):filter("id > 0"):flow()), "(0 rows")
    lacks(tostring(cohort:filter("a > 1"):flow()), "several reasons")
    local svg = kept:flow():plot():svg()
    has(svg, "several reasons")
  end)

  it("says of a frame with other rows than its file that rows are gone", function()
    local path = "tests/data/survival_aml.csv"
    local file = lb.read(path)
    has(tostring(lb.cohort(file):flow()), "Read from survival_aml.csv")
    has(tostring(lb.cohort(file:filter "time > 20"):flow()),
      "Rows of a frame made from survival_aml.csv (23 rows)")
  end)
end)
