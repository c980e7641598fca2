--- Verbs as researchers type them: names, recoding, samples, differences, and a cohort's lineage.
local lb = require "lobule"

local NA <const> = lb.NA

local function failure(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  assert.is_table(err, tostring(err))
  return err
end

local function people()
  return lb.frame {
    { "id", { "p1", "p2", "p3", "p4", "p5" } },
    { "sex", { "m", "f", "w", NA, "x" } },
    { "grade", { "G1", "G3", "G2", NA, "G2" }, "factor", levels = { "G1", "G2", "G3" },
      label = "Grade" },
    { "score", { 1, 2, 9, NA, 1 }, label = "Score", unit = "points" },
    { "seen", { "2024-01-01", "2024-02-01", NA, "2024-03-01", "2024-01-15" }, "date" } }
end

local function values(frame, name)
  local list = frame:column(name):totable()
  for i = 1, list.n do
    if list[i] == NA then list[i] = "NA" end
  end
  list.n = nil
  return list
end

describe("columns of a frame", function()
  it("are renamed, moved and dropped", function()
    local f = people()
    assert.are.same({ "person", "sex", "g", "score", "seen" },
      f:rename({ { "id", "person" }, { "grade", "g" } }):names())
    assert.are.same({ "seen", "score", "id", "sex", "grade" },
      f:relocate({ "seen", "score" }):names())
    assert.are.same({ "id", "seen", "sex", "grade", "score" },
      f:relocate("seen", { after = "id" }):names())
    assert.are.same({ "id", "sex", "seen", "grade", "score" },
      f:relocate("seen", { before = "grade" }):names())
    assert.are.same({ "id", "seen" }, f:drop { "sex", "grade", "score" }:names())
    assert.are.equal("points", f:relocate("score"):column("score"):unit())
    assert.are.equal("name", failure(f.drop, f, "scor").code)
    assert.are.equal("argument", failure(f.relocate, f, "id", { after = "id" }).code)
  end)

  it("are recoded: unmapped values stay and are counted", function()
    local f, counts = people():recode("sex", { { "m", "male" }, { { "f", "w" }, "female" },
      { "q", "other" } })
    assert.are.same({ "male", "female", "female", "NA", "x" }, values(f, "sex"))
    assert.are.equal("text", f:column("sex"):type())
    assert.are.same({ n_recoded = 3, n_kept = 1, n_missing = 1, n_unused = 1 }, counts)
    f = people():recode("score", { { 9, NA } })
    assert.are.same({ 1, 2, "NA", "NA", 1 }, values(f, "score"))
    assert.are.equal("integer", f:column("score"):type())
    assert.are.equal("points", f:column("score"):unit())
    f = people():recode("score", { { 2, "two" }, { 1, "one" } })
    assert.are.same({ "two", "one", "9" }, f:column("score"):levels())
    assert.are.same({ "one", "two", "9", "NA", "one" }, values(f, "score"))
    f = people():mutate { "adult = score > 1" }:recode("adult", { { true, "yes" }, { false,
      "no" } })
    assert.are.same({ "no", "yes", "yes", "NA", "no" }, values(f, "adult"))
    local g = people()
    assert.are.equal("name", failure(g.recode, g, "grade", { { "G4", "x" } }).code)
    assert.are.equal("argument", failure(g.recode, g, "sex", { { "m", "a" },
      { "m", "b" } }).code)
    assert.are.equal("type", failure(g.recode, g, "seen", { { "2024-01-01", NA } }).code)
  end)

  it("have their levels collapsed", function()
    local f, counts = people():collapse("grade", { high = { "G2", "G3" } })
    assert.are.same({ "G1", "high" }, f:column("grade"):levels())
    assert.are.same({ "G1", "high", "high", "NA", "high" }, values(f, "grade"))
    assert.are.same({ n_recoded = 3, n_kept = 1, n_missing = 1, n_unused = 0 }, counts)
    assert.are.equal("Grade", f:column("grade"):label())
    assert.are.same(values(f, "grade"), values(people():collapse("grade",
      { { "high", { "G2", "G3" } } }), "grade"))
    local err = failure(f.collapse, people(), "grade", { high = { "G33" } })
    assert.is_truthy(err.message:find("did you mean", 1, true))
    assert.are.equal("type", failure(f.collapse, people(), "sex", { a = { "m" } }).code)
  end)
end)

describe("rows of a frame", function()
  it("are taken from the ends and by number", function()
    local f = people()
    assert.are.same({ "p1", "p2" }, values(f:head(2), "id"))
    assert.are.same({ "p4", "p5" }, values(f:tail(2), "id"))
    assert.are.equal(5, #f:head())
    assert.are.equal(0, #f:tail(0))
    assert.are.same({ "p3", "p1", "p3" }, values(f:slice { 3, 1, 3 }, "id"))
    assert.are.equal("argument", failure(f.slice, f, { 6 }).code)
    assert.are.equal("argument", failure(f.head, f, 1.5).code)
  end)

  it("are sampled: the same rows for a seed, whatever the threads", function()
    local n = {}
    for i = 1, 1000 do n[i] = i end
    local f = lb.frame { { "i", n } }
    local a = values(f:sample(50, { seed = 4 }), "i")
    assert.are.same(a, values(f:sample(50, { seed = 4 }), "i"))
    assert.are_not.same(a, values(f:sample(50, { seed = 5 }), "i"))
    for k = 2, #a do assert.is_true(a[k] > a[k - 1]) end
    assert.are.equal(100, #f:sample(0.1))
    assert.are.equal(1000, #f:sample(1000))
    assert.are.equal(2000, #f:sample(2000, { replace = true }))
    assert.are.equal(0, #f:sample(0))
    assert.are.equal("argument", failure(f.sample, f, 1001).code)
    -- A sample in a published report must come out again; worked out from Philox's definition by a
    -- separate program.
    assert.are.same({ 372, 449, 614 }, values(f:sample(3), "i"))
  end)

  it("are sorted by radix as by comparison", function()
    local n, list = {}, {}
    for i = 1, 5000 do
      n[i] = (i * 7919 % 4999) * (i % 2 == 0 and 1 or -1) / 8
      list[i] = { n[i], i % 7, i }
    end
    table.sort(list, function(a, b)
      if a[2] ~= b[2] then return a[2] > b[2] end
      if a[1] ~= b[1] then return a[1] < b[1] end
      return a[3] < b[3]
    end)
    local g = {}
    for i = 1, 5000 do g[i] = i % 7 end
    local sorted = lb.frame { { "x", n }, { "g", g } }:sort { "-g", "x" }
    for i = 1, 5000 do assert.are.equal(list[i][3], sorted:source_row(i)) end
  end)

  it("of two frames are appended with their source", function()
    local whole = people():append(people():drop "sex", { source = "centre",
      names = { "Basel", "Bern" } })
    assert.are.equal("centre", whole:names()[1])
    assert.are.same({ "Basel", "Bern" }, whole:column("centre"):levels())
    assert.are.equal("Bern", whole:column("centre")[6])
    assert.is_nil(whole:column("sex")[6])
    local other = people():label { score = { "Score", unit = "%" } }
    local err = failure(other.append, people(), other)
    assert.is_truthy(err.message:find("column 'score': units differ", 1, true))
    err = failure(other.append, people(), people():mutate { "seen = 1.5" })
    assert.is_truthy(err.message:find("column 'seen': real cannot stand below date", 1, true))
  end)

  it("that claim one cell are refused with their number", function()
    local long = lb.frame { { "id", { 1, 1, 1, 2 } }, { "visit", { "a", "a", "b", "a" } },
      { "x", { 1, 2, 3, 4 } }, { "y", { 5, 6, 7, 8 } } }
    local err = failure(long.pivot_wider, long, { id = "id", names_from = "visit",
      values_from = "x" })
    assert.is_truthy(err.message:find("1 cell has more than one row", 1, true))
    local wide = long:slice { 1, 3, 4 }:pivot_wider { names_from = "visit",
      values_from = { "x", "y" } }
    assert.are.same({ "id", "x_a", "x_b", "y_a", "y_b" }, wide:names())
    assert.are.same({ 7, "NA" }, values(wide, "y_b"))
    local kept, dropped = wide:pivot_longer({ "x_a", "x_b" }, { drop_na = true })
    assert.are.same({ 3, 1 }, { #kept, dropped })
  end)
end)

describe("a cohort's verbs", function()
  local function cohort()
    return lb.cohort(people(), { id = "id" }):by_arm "grade"
  end
  local function last(c) return c.steps[#c.steps] end

  it("give cohorts, and count who left", function()
    local c = cohort():distinct("score")
    assert.are.same({ 4, 4 }, { c:count() })
    assert.are.same({ "distinct", 5, 4, 1 }, { last(c).kind, last(c).before.rows,
      last(c).after.rows, last(c).causes[1].n })
    c = cohort():slice({ 1, 2 }, "the first two")
    assert.are.equal("the first two", last(c).reason)
    assert.are.equal(3, last(c).causes[1].n)
    local visits = cohort():append(people())
    assert.are.same({ 10, 5 }, { visits:count() })
    assert.are.equal(5, (visits:first { order = "seen" }:count()))
    assert.are.equal(5, last(visits:last()).causes[1].n)
    assert.is_truthy(tostring(visits:first():flow()):find("not the first row of id: 5", 1, true))
    assert.is_true(#visits:flow():plot():svg() > 0)
    for _, row in ipairs(visits:flow():data():rows_list()) do
      assert.is_true((row.excluded_records or 0) >= 0)
    end
  end)

  it("join with a step that says how many found a partner", function()
    local labs = lb.frame { { "id", { "p1", "p2", "p2", NA, "p9" } }, { "cga", { 1, 2, 3, 4, 5 } },
      { "seen", { "2023-12-31", "2024-01-01", "2024-02-01", "2024-01-01", "2024-01-01" },
        "date" } }
    local c, counts = cohort():join(labs, { by = "id", kind = "inner" })
    assert.are.equal(2, counts.n_matched)
    assert.are.equal(3, last(c).causes[1].n)
    assert.are.same({ 3, 2 }, { c:count() })
    c = cohort():asof_join(labs, { on = "seen", within = 30 })
    assert.are.same({ 1, 3, "NA", "NA", "NA" }, values(c:frame(), "cga"))
    assert.are.equal("join", last(c).kind)
    assert.are.equal("joined: 2 with a partner, 3 without", last(c).reason)
    local d = cohort():join(labs:drop "seen", { by = "id", kind = "anti" })
    assert.are.same({ 3, 2 }, { d:count(), last(d).causes[1].n })
    assert.are.equal("type", failure(c.join, cohort(), labs, { by = { id = "cga" } }).code)
    local frame = cohort():frame()
    assert.are.equal("argument", failure(frame.join, frame, labs, {}).code)
    assert.are.equal("name", failure(c.join, cohort(), labs, { by = "idd" }).code)
  end)

  it("keep the id and the arms in view", function()
    local c = cohort():rename { { "id", "person" }, { "grade", "stage" } }
    assert.are.same({ "person", "stage" }, { c.id, c.arm })
    assert.are.equal(5, (select(2, c:count())))
    assert.are.equal("argument", failure(c.drop, c, "person").code)
    local sorted = c:sort("-score")
    assert.are.same({ 9, 2, 1, 1, "NA" }, values(sorted:frame(), "score"))
    assert.are.equal(#c.steps, #sorted.steps)
    assert.are.equal("random sample (seed 2)", last(c:sample(2, { seed = 2 })).reason)
    local recoded = c:recode("sex", { { "m", "male" } })
    assert.are.equal("recode: sex, 1 rows changed, 3 kept, 1 missing", recoded:flow().lines[3])
    assert.is_truthy(c:fill("score"):flow().lines[3]:find("fill: score down, 1 cells", 1, true))
  end)
end)

describe("lb.diff", function()
  it("counts who entered, left and changed, and hides ids unless asked", function()
    local before = people()
    local after = people():slice { 2, 3, 4, 5 }:mutate { "score = if_else(score == 9, 8, score)",
      "extra = 1" }:drop "seen":append(lb.frame { { "id", { "p6" } } })
      :recode("sex", { { "f", "w" } })
    local d = lb.diff(before, after, { id = "id" })
    assert.are.same({ 5, 5, 1, 1, 4, 2 }, { d.n_before, d.n_after, d.n_entered, d.n_left,
      d.n_common, d.n_changed })
    assert.are.same({ "extra" }, d.added)
    assert.are.same({ "seen" }, d.dropped)
    assert.are.same({ "sex", "score" }, values(d:tidy(), "column"))
    assert.are.same({ 1, 1 }, values(d:tidy(), "n_changed"))
    local shown = d:changes()
    assert.is_false(shown:has "id")
    assert.are.same({ 2, 3 }, values(shown, "row"))
    assert.are.same({ "NA", "9" }, values(shown, "before"))
    assert.are.same({ "NA", "8" }, values(shown, "after"))
    local all = d:changes { ids = true }
    assert.are.same({ "p2", "p3" }, values(all, "id"))
    assert.are.same({ "f", "9" }, values(all, "before"))
    assert.is_falsy(tostring(d):find("p2", 1, true))
    assert.are.equal(0, lb.diff(before, before, { id = "id" }).n_changed)
    local err = failure(lb.diff, before:append(before), after, { id = "id" })
    assert.is_truthy(err.message:find("5 rows of the first version repeat an id", 1, true))
  end)
end)
