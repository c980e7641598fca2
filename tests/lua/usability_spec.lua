--- What a researcher sees: long counts of missing cells, digits asked for, text that may show,
--- counts that print, levels dropped, rows of patients that a report does not take unasked, help.
local help = require "lobule.help"
local lb = require "lobule"

local function error_of(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  return tostring(err)
end

local function has(text, part)
  assert.is_truthy(text:find(part, 1, true), text)
end

local function lacks(text, part)
  assert.is_nil(text:find(part, 1, true), text)
end

local path

local function from_file(text)
  path = os.tmpname() .. ".csv"
  local file <close> = io.open(path, "w")
  file:write(text)
  return path
end

after_each(function()
  if path then os.remove(path) end
  path = nil
end)

describe("cohort:missing", function()
  it("is one row a column, and a group", function()
    local cohort = lb.cohort(lb.frame { { "arm", { "A", "A", "B" }, "factor" },
      { "n", { 1, lb.NA, lb.NA } }, { "x", { 1, 2, 3 } } })
    local long = cohort:missing()
    assert.are.same({ "column", "n", "n_missing" }, long:names())
    assert.are.same({ 0, 2, 0, n = 3 }, long:column("n_missing"):totable())
    local by = cohort:missing { by = "arm" }
    assert.are.same({ "arm", "column", "n", "n_missing" }, by:names())
    assert.are.same({ 1, 0, 1, 0, n = 4 }, by:column("n_missing"):totable())
    assert.are.same({ 2, 2, 1, 1, n = 4 }, by:column("n"):totable())
    has(error_of(cohort.missing, lb.cohort(cohort:frame()), { by = "n" }), "Rename it first")
  end)
end)

describe("tables", function()
  it("show p values with the digits asked for", function()
    local frame = lb.frame { { "p_value", { 0.0123456789 } } }
    lacks(tostring(frame), "0.0123")
    has(frame:table({ digits = 8 }):text(), "0.012345679")
  end)

  it("say which rows of a cohort they show", function()
    local cohort = lb.cohort("tests/data/survival_lung.csv")
    has(cohort:head(4):text(), "the first 4 of 228 rows")
  end)
end)

describe("text in cohort:head", function()
  it("shows when it was made of nothing that is hidden", function()
    local file = from_file("id,age,note\nP1,40,secret one\nP2,50,secret two\nP3,60,secret three\n")
    local cohort = lb.cohort(file, { id = "id" })
      :mutate { "class = case(age > 45, 'old', 'young')", "copy = lower(note)",
        "again = class .. '!'", "who = 'x' .. id" }
    local text = cohort:head():text()
    has(text, "old")
    has(text, "young!")
    lacks(text, "secret")
    lacks(text, "P1")
    -- A name that goes to hidden text takes nothing with it.
    lacks(cohort:rename({ note = "class", class = "note" }):head():text(), "secret")
    lacks(cohort:mutate({ "class = note" }):head():text(), "secret")
    lacks(cohort:drop("class"):mutate({ "class = trim(note)" }):head():text(), "secret")
    local below = lb.frame { { "id", { "P4" } }, { "class", { "secret four" } } }
    lacks(cohort:append(below):head():text(), "secret")
    has(cohort:filter("age > 45"):head():text(), "old")
  end)
end)

describe("counts", function()
  it("print as text", function()
    local left = lb.frame { { "id", { 1, 2 } } }
    local _, counts = left:join(lb.frame { { "id", { 2 } }, { "x", { 1 } } }, { by = "id" })
    has(tostring(counts), "n_matched 1")
    lacks(tostring(counts), "table:")
    assert.are.equal(1, counts.n_matched)
    _, counts = lb.frame({ { "s", { "a" } } }):recode("s", { { "a", "b" } })
    has(tostring(counts), "n_recoded 1")
  end)
end)

describe("droplevels", function()
  it("takes away the levels that no row has, and keeps the rest", function()
    local frame = lb.frame { { "g", { "c", "a", "b" }, "factor", levels = { "c", "a", "b" },
      ordered = true, label = "G" }, { "x", { 1, 2, 3 } } }
    local cut, n = frame:filter("x < 3"):droplevels()
    assert.are.equal(1, n)
    assert.are.same({ "c", "a" }, cut:column("g"):levels())
    assert.is_true(cut:column("g"):ordered())
    assert.are.equal("G", (cut:column("g"):label()))
    assert.are.equal("c", cut:column("g")[1])
    has(error_of(frame.droplevels, frame, "x"), "expected a factor")
    local cohort = lb.cohort(frame):filter("x < 3"):droplevels "g"
    assert.are.same({ "c", "a" }, cohort:frame():column("g"):levels())
    has(table.concat(cohort:flow().lines, "\n"), "droplevels: g, 1 levels")
  end)
end)

describe("a report", function()
  it("takes rows of a file only when they are meant", function()
    local cohort = lb.cohort("tests/data/survival_lung.csv")
    local report = lb.report { title = "t" }
    has(error_of(report.add, report, cohort:frame()), "228 rows of survival_lung.csv")
    assert.are.equal(228, #report:add(cohort:frame(), { rows = true }).blocks[1].table.rows)
    assert.are.equal(3, #report:add(cohort:frame(), { rows = 3 }).blocks[1].table.rows)
    has(error_of(report.add, report, cohort:frame(), { rows = "all" }), "rows: expected true")
    report:add(cohort:count("sex"))
    report:add(cohort:summarise { "m = mean(age)" })
    report:add(cohort)
  end)
end)

describe("help", function()
  it("finds functions of expressions", function()
    has(help.text "case", "case(condition1, value1, ..., default)")
    has(help.text "lag", "lag(x, n = 1)")
    has(help.text "median", "summarise")
    local text, found = help.text "coalesc"
    assert.is_false(found)
    has(text, "did you mean 'coalesce'?")
  end)
end)
