--- Cohorts: reading, steps and their counts, the flow, and what a researcher sees when something is
--- wrong.
local lb = require "lobule"

local CSV <const> = [[
id,arm,age,sex,stage,start,stop,dead
1,A,60,f,2,2020-01-01,2020-07-01,1
2,A,17,m,3,2020-02-01,2021-02-01,0
3,B,71,f,,2020-03-01,2020-04-01,1
4,B,,m,4,2020-03-05,2022-03-05,0
5,A,45,f,4,2020-06-01,,1
6,B,66,m,1,2020-07-01,2021-01-01,0
]]

local function file(text, name)
  local path = os.tmpname() .. (name or ".csv")
  local handle <close> = assert(io.open(path, "wb"))
  handle:write(text)
  return path
end

local function cohort(options)
  local path = file(CSV)
  local result = lb.cohort(path, options or { id = "id",
    types = { arm = "factor", sex = "factor" } })
  os.remove(path)
  return result
end

--- The error that f raises: an object with code, message, context.
local function failure(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  assert.is_table(err, tostring(err))
  return err
end

describe("a cohort", function()
  it("reads types and missing cells", function()
    local frame = cohort():frame()
    assert.are.equal("date", frame:column("start"):type())
    assert.are.equal("integer", frame:column("age"):type())
    assert.are.equal("2020-01-01", frame:column("start")[1])
    assert.is_nil(frame:column("age")[4])
    assert.are.equal(1, frame:column("stop"):missing())
  end)

  it("never prints rows or ids", function()
    local text = tostring(cohort { id = "id" })
    assert.is_truthy(text:find("6 rows", 1, true))
    assert.is_falsy(text:find("2020-07-01 ", 1, true))
    local head = tostring(cohort { id = "id", types = { id = "text" } }:head(2))
    assert.is_truthy(head:find("•", 1, true))
  end)

  it("filters: true is kept, false and NA leave and are counted apart", function()
    local c = cohort():filter("age >= 18", "adults")
    assert.are.equal(4, (c:count()))
    local step = c.steps[#c.steps]
    assert.are.equal(1, step.causes[1].n)
    assert.are.equal(1, step.causes[1].n_missing)
  end)

  it("excludes: true leaves, NA stays; reasons of one call are judged on the same rows", function()
    local c = cohort():exclude { { "stage == 4", "stage 4" }, { "sex == 'm'", "men" } }
    assert.are.equal(2, (c:count()))
    local causes = c.steps[#c.steps].causes
    assert.are.equal(2, causes[1].n)
    assert.are.equal(3, causes[2].n)
    assert.are.equal(1, causes[1].n_missing)
  end)

  it("takes values from `with` and refuses those that no expression uses", function()
    assert.are.equal(3, (cohort():filter("age > $limit", { with = { limit = 50 } }):count()))
    local err = failure(function() cohort():filter("age > 50", { with = { limit = 50 } }) end)
    assert.is_truthy(err.message:find("limit", 1, true))
  end)

  it("takes a Lua function of the row as the last resort", function()
    local c = cohort():filter(function(row) return row.age and row.age > 50 end, "over 50")
    assert.are.equal(3, (c:count()))
  end)

  it("counts by arm from by_arm on", function()
    local c = cohort():by_arm("arm"):filter("dead == 1", "died")
    assert.are.same({ "A", "B" }, { c.steps[3].after.arms[1].label,
      c.steps[3].after.arms[2].label })
    assert.are.equal(2, c.steps[3].after.arms[1].n)
  end)

  it("is not changed by its methods", function()
    local c = cohort()
    local _ = c:filter("age > 100"):mutate { "x = 1" }:by_arm "arm"
    assert.are.equal(6, (c:count()))
    assert.are.equal(1, #c.steps)
    assert.is_false(c:frame():has "x")
  end)

  it("counts persons when ids repeat", function()
    local c = lb.cohort(lb.frame { { "id", { "a", "a", "b" } }, { "x", { 1, 2, 3 } } },
      { id = "id" })
    local rows, persons = c:count()
    assert.are.same({ 3, 2 }, { rows, persons })
    rows, persons = c:filter("x > 1"):count()
    assert.are.same({ 2, 2 }, { rows, persons })
  end)

  it("keeps labels through verbs", function()
    local c = cohort():label { age = { "Age", unit = "years" } }:filter "age > 18"
    assert.are.equal("years", c:frame():column("age"):unit())
  end)

  it("records new columns and values of `with`, and counts its rows by #", function()
    local c = cohort():mutate({ "old = age > $limit" }, { with = { limit = 60 } })
    local lines = require("lobule.lineage").lines(c)
    assert.is_truthy(lines[#lines]:find("old = age > $limit [$limit = 60]", 1, true), lines[#lines])
    assert.are.equal(6, #c)
  end)

  it("gives the flow as a frame with OMOP's names", function()
    local flow = cohort():filter("age >= 18", "adults"):complete("stop",
      "followed up"):flow():data()
    assert.is_true(flow:has "number_records" and flow:has "excluded_records"
      and flow:has "number_na")
    assert.are.equal(6, flow:column("number_records")[1])
  end)
end)

describe("mistakes", function()
  it("name the nearest column, with a caret", function()
    local err = failure(function() cohort():filter "agee > 3" end)
    assert.are.equal("name", err.code)
    assert.is_truthy(err.message:find("no column 'agee' (did you mean 'age'?)", 1, true))
    assert.is_truthy(err.context:find("^^^^", 1, true))
    assert.is_truthy(tostring(err):find("cohort:filter", 1, true))
  end)

  it("name the nearest option", function()
    local err = failure(function() lb.survival.km("Surv(age, dead) ~ 1", cohort(),
      { conf_lvl = 0.9 }) end)
    assert.is_truthy(err.message:find("did you mean 'conf_level'", 1, true))
    assert.is_truthy(err.context:find("conf_type", 1, true))
  end)

  it("name the nearest method", function()
    local err = failure(function() cohort():fliter "age > 3" end)
    assert.is_truthy(err.message:find("did you mean 'filter'", 1, true))
  end)

  it("are found when text is compared with a number", function()
    local c = lb.cohort(lb.frame { { "ecog", { "1", "2", "x" } } })
    local err = failure(function() c:filter "ecog > 1" end)
    assert.are.equal("type", err.code)
    assert.is_truthy(err.message:find("'ecog' is text", 1, true))
  end)

  it("of R's spelling get the mend", function()
    for habit, mend in pairs { ["sex != 'm'"] = "~=", ["sex == 'm' & age > 3"] = "and",
      ["sex = 'm'"] = "==",
      ["!(age > 3)"] = "not", ["sex %in% {'m'}"] = "in", ["age == NULL"] = "is_na" } do
      local err = failure(function() cohort():filter(habit) end)
      assert.is_truthy((err.message .. err.context):find(mend, 1, true), habit .. ": "
        .. tostring(err))
    end
  end)

  it("in a chain over many lines name the line of the method that failed", function()
    local line = debug.getinfo(1, "l").currentline
    local err = failure(function()
      return cohort()
        :filter("age > 1")
        :filter("agee > 1")
    end)
    assert.are.equal(line + 4, tonumber(err.where:match(":(%d+)$")), tostring(err))
  end)

  it("as a table with named fields where a list is needed are refused", function()
    local err = failure(function() cohort():mutate { x = "1" } end)
    assert.is_truthy(err.context:find("list", 1, true))
  end)

  it("of options inside a list are refused with the mend", function()
    local err = failure(function() cohort():summarise { "n = n()", by = "arm" } end)
    assert.is_truthy(err.message:find("named field 'by'", 1, true), tostring(err))
    assert.is_truthy(failure(function() cohort():label { age = { "Age", units = "y" } } end)
      .message:find("units", 1, true))
  end)

  it("leave an exclusion without a reason refused", function()
    assert.is_truthy(failure(function() cohort():exclude "age > 3" end).message:find("reason", 1,
      true))
  end)
end)

describe("files that are not as they should be", function()
  local function read(text)
    local path = file(text)
    local ok, result = pcall(lb.cohort, path)
    os.remove(path)
    return ok, result
  end

  local BAD <const> = {
    { "an empty file", "", "empty" },
    { "an unclosed quote", "a,b\n1,\"x\n2,y\n", "quote" },
    { "a NUL byte", "a,b\n1,\0\n", "NUL" },
    { "a ragged row", "a,b\n1,2\n3\n", "row 2" },
    { "a row with too many fields", "a,b\n1,2,3\n", "row 1" },
  }
  for _, case in ipairs(BAD) do
    it("are refused: " .. case[1], function()
      local ok, err = read(case[2])
      assert.is_false(ok)
      assert.is_truthy(tostring(err):find(case[3], 1, true), tostring(err))
    end)
  end

  it("are mended and listed: duplicate and empty column names", function()
    local ok, c = read "a,a,\n1,2,3\n"
    assert.is_true(ok, tostring(c))
    assert.are.same({ "a", "a_2", "column_3" }, c:frame():names())
    assert.are.equal(2, #c:problems())
  end)

  it("may have a header only", function()
    local ok, c = read "a,b\n"
    assert.is_true(ok)
    assert.are.equal(0, (c:count()))
    assert.is_string(tostring(c))
  end)

  it("may be missing, or a folder", function()
    assert.is_truthy(tostring(failure(lb.cohort, "no/such/file.csv")):find("no file", 1, true))
    assert.is_truthy(tostring(failure(lb.cohort, "tests")):find("folder", 1, true))
  end)

  it("give an error for a cell that does not fit the type asked for", function()
    local path = file "id,d\n1,2020-01-01\n2,31/02/2019\n"
    local err = failure(lb.cohort, path, { types = { d = "date" } })
    os.remove(path)
    assert.is_truthy(err.message:find("row 2", 1, true), tostring(err))
    assert.is_truthy(err.message:find("31/02/2019", 1, true))
  end)
end)
