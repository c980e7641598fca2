--- Files of other programs as a researcher reads and writes them: by the file's ending.
local core = require "lobule.core"
local lb = require "lobule"

local DATA <const> = "tests/data/formats/"

local folder
local function path(name)
  return folder .. "/" .. name
end

local function messages(cohort)
  local list = {}
  for i, problem in ipairs(cohort.found) do list[i] = problem.message end
  return table.concat(list, "\n")
end

local function error_of(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  return tostring(err)
end

describe("data files", function()
  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir " .. folder)
  end)
  teardown(function() os.execute("rm -r " .. folder) end)

  it("of openpyxl are read with their oddities told", function()
    local cohort = lb.cohort(DATA .. "openpyxl.xlsx", { id = "id" })
    local frame = cohort:frame()
    assert.are.equal(12, #frame)
    assert.are.equal("date", frame:column("visit"):type())
    assert.are.equal("datetime", frame:column("seen"):type())
    assert.are.equal("2024-01-03", frame:column("visit")[3])
    assert.are.equal(0.5, frame:column("score")[1])
    local told = messages(cohort)
    for _, part in ipairs { "hidden sheet: 'Codes'", "the first is Patients!B7",
      "Patients!G4: a formula without a stored value", "Patients!C8:C9 are merged cells",
      "Patients!B5: 'n/a'" } do
      assert.is_truthy(told:find(part, 1, true), part)
    end
    local other = lb.read(DATA .. "openpyxl.xlsx", { sheet = "Other", range = "B3:C4" })
    assert.are.equal(2, other:column("y")[1])
    assert.is_truthy(error_of(lb.read, DATA .. "openpyxl.xlsx", { sheet = "Othr" })
      :find("did you mean 'Other'?", 1, true))
  end)

  it("of haven are read with labels and missing codes", function()
    for _, name in ipairs { "haven.sav", "haven.zsav", "haven.dta" } do
      local frame = lb.cohort(DATA .. name):frame()
      assert.are.equal("factor", frame:column("arm"):type())
      assert.are.equal("TACE", frame:column("arm")[2])
      assert.are.equal("Age at entry", (frame:column("age"):label()))
      assert.are.equal(3, frame:column("ecog"):missing())
    end
    assert.are.equal(2, lb.read(DATA .. "haven.sav", { labels = "codes" }):column("arm")[2])
    assert.are.equal("2024-02-28", lb.read(DATA .. "haven.xpt"):column("entry")[1])
  end)

  it("of SAS are read", function()
    os.execute(("gzip -dc %siris.sas7bdat.gz >%s"):format(DATA, path "iris.sas7bdat"))
    local frame = lb.read(path "iris.sas7bdat")
    assert.are.equal(150, #frame)
    assert.are.equal(5.1, frame:column("Sepal_Length")[1])
    local means = frame:summarise({ "m = mean(Petal_Width)" }, { by = { "Species" } })
    -- R 4.2.2: aggregate(Petal.Width ~ Species, iris, mean)
    assert.is_true(math.abs(means:column("m")[1] - 0.246) < 1e-12)
    assert.is_true(math.abs(means:column("m")[3] - 2.026) < 1e-12)
  end)

  it("are written and read again in every format", function()
    local frame = lb.frame { { "arm", { "A", "B", "A", "B", "A", "B" }, "factor" },
      { "n", { 1, 2, 3, 4, 5, lb.NA }, "integer" }, { "x", { 0.1, lb.NA, 1e300, 2, 3, 4 } },
      { "d", { 19782, 0, lb.NA, 1, 2, 3 }, "date" } }
    for _, kind in ipairs { "csv", "xlsx", "xpt", "sav", "dta", "sqlite" } do
      local file = path("all." .. kind)
      if kind == "xpt" then frame = frame:filter "x < 1e70 or is_na(x)" end -- IBM floating point
      frame:save(file)
      local again = lb.read(file)
      assert.are.equal(#frame, #again, kind)
      for _, name in ipairs { "arm", "n", "x", "d" } do
        for i = 1, #frame do
          local a, b = frame:column(name)[i], again:column(name)[i]
          assert.are.equal(a == nil and "NA" or tostring(a), b == nil and "NA" or tostring(b),
            kind .. " " .. name)
        end
      end
    end
  end)

  it("of SQLite are read by table and by query", function()
    local file = path "q.sqlite"
    lb.frame { { "id", { "a", "b", "c" } }, { "age", { 50, 60, 70 }, "integer" } }:save(file,
      { table = "people" })
    assert.are.equal(3, #lb.sqlite(file, { table = "people" }))
    assert.are.equal("c", lb.sqlite(file, { query = "SELECT id FROM people WHERE age > ?",
      params = { 65 } }):column("id")[1])
    assert.are.equal(2, #lb.sqlite(file, { query = "SELECT id FROM people WHERE age > :low",
      params = { low = 55 } }))
    assert.is_truthy(error_of(lb.sqlite, file, { table = "peple" })
      :find("did you mean 'people'?", 1, true))
    assert.is_truthy(error_of(lb.sqlite, file, { table = "people", query = "SELECT 1" })
      :find("only one", 1, true))
  end)

  it("refuse what does not belong to them", function()
    assert.is_truthy(error_of(lb.read, DATA .. "haven.sav", { sheet = "A" })
      :find("option 'sheet' is for xlsx files", 1, true))
    assert.is_truthy(error_of(lb.read, path "old.xls"):find(".xls files are not read", 1, true))
    local frame = lb.frame { { "progression_date", { 1.0 } } }
    assert.is_truthy(error_of(frame.save, frame, path "a.xpt")
      :find("at most 8 characters", 1, true))
    assert.is_truthy(error_of(frame.save, frame, path "a.docx"):find("not written", 1, true))
  end)

  it("go through the Arrow interface and leave nothing behind", function()
    collectgarbage()
    collectgarbage()
    local before = core.live_objects()
    do
      local frame = lb.frame { { "x", { 1.5, lb.NA } }, { "t", { "a", "b" } } }
      local schema, array, owner = core.export_arrow(frame)
      local again = core.import_arrow(schema, array, "other")
      assert.are.equal(1.5, again:column("x")[1])
      assert.are.equal("b", again:column("t")[2])
      assert.is_truthy(error_of(core.import_arrow, schema, array):find("released already", 1, true))
      assert.is_truthy(owner)
    end
    collectgarbage()
    collectgarbage()
    assert.are.equal(before, core.live_objects())
  end)
end)
