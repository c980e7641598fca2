--- Files made by SPSS, PSPP, SAS and haven, read as those who made them say: values, labels, codes
--- that mean missing. Where another reader gave the expected values, it is named.
local lb = require "lobule"

local DATA <const> = "tests/data/formats/"

--- The cells of a column as a list of texts.
local function cells(frame, name)
  local column, list = frame:column(name), {}
  for i = 1, #frame do list[i] = tostring(column[i]) end
  return list
end

local function check(frame, expected)
  for name, list in pairs(expected) do assert.are.same(list, cells(frame, name), name) end
end

local function problems(cohort)
  local list = {}
  for i, problem in ipairs(cohort.found) do list[i] = problem.column .. ": " .. problem.message end
  return table.concat(list, "\n")
end

local function error_of(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  return tostring(err)
end

describe("files of PSPP", function()
  for _, file in ipairs { "pspp.por", "pspp.sav", "pspp.zsav" } do
    it("are read: " .. file, function()
      local cohort = lb.cohort(DATA .. file)
      local frame = cohort:frame()
      -- A portable file has names in capitals only.
      if file == "pspp.por" then
        for _, name in ipairs(frame:names()) do frame = frame:rename(name, name:lower()) end
      end
      check(frame, {
        usubjid = { "X-01", "X-02", "X-03", "X-04", "X-05" },
        age = { "61.5", "70.0", "nil", "55.0", "-48.25" },
        arm = { "TAE", "TACE", "SIRT", "TAE", "nil" },
        ecog = { "None", "Mild", "nil", "nil", "Severe" },
        grade = { "low", "high", "nil", "low", "nil" },
        entry = { "2024-02-28", "nil", "2024-03-01", "1899-12-31", "2000-02-29" },
        seen = { "2024-02-28T10:30:00Z", "2024-02-28T11:30:00Z", "nil", "1960-01-01T00:00:00Z",
          "2024-12-31T23:59:59Z" },
        lab = { "0.25", "nil", "nil", "nil", "nil" } })
      assert.are.equal("Age at entry", (frame:column("age"):label()))
      assert.are.equal("ECOG performance status", (frame:column("ecog"):label()))
      local found = problems(cohort):lower()
      assert.is_truthy(found:find("ecog: 2 values are missing by codes of the file: "
        .. "9 'unknown' (1), 8 'refused' (1)", 1, true))
      assert.is_truthy(found:find("lab: 4 values are missing by codes of the file", 1, true))
      local codes = lb.cohort(DATA .. file, { labels = "codes" }):frame()
      assert.are.same({ "1", "2", "3", "1", "nil" }, cells(codes, codes:names()[3]))
      assert.are.same({ "0", "1", "nil", "nil", "2" }, cells(codes, codes:names()[4]))
    end)
  end
end)

-- R 4.2.2, foreign 0.8-84: read.spss("testdata.sav")
describe("a file of SPSS 23", function()
  it("is read with labels, ranges of missing codes and texts longer than 255 bytes", function()
    local cohort = lb.cohort(DATA .. "spss23.sav")
    local frame = cohort:frame()
    check(frame, {
      numeric = { "1", "2", "3", "nil", "3" },
      numeric_long_label = { "nil", "nil", "3.33333", "4.0", "nil" },
      factor_numeric = { "strongly disagree", "disagree", "neither agree nor disagree", "nil",
        "nil" },
      factor_n_coded_miss = { "strongly disagree", "disagree", "nil", "strongly agree", "nil" },
      factor_n_duplicated = { "1", "1", "2", "nil", "3" },
      factor_n_undeclared = { "1", "2", "4", "3", "1" },
      factor_n_undeclared2 = { "0", "3", "nil", "0", "3" },
      string_miss = { "nil", "c", "nil", "g", "nil" },
      factor_s_coded_miss = { "male", "female", "nil", "male", "nil" },
      factor_s_duplicated = { "a", "ö", "ä", "nil", "nil" },
      factor_s_undeclared = { "y", "n", "perhaps", "nil", "y" },
      date = { "1983-12-11", "2018-07-01", "2017-10-23", "nil", "nil" } })
    local long = frame:column("string_500")[1]
    assert.are.equal(493, #long)
    assert.is_truthy(long:find "^A wonderful serenity .* greater artist than now%.$")
    local level = frame:column("factor_n_long_value_label")[2]
    assert.are.equal("€", level:match("[^ ]+$"))
    assert.are.equal(5, frame:column("factor_s_undeclared2"):missing())
    for _, part in ipairs {
      "numeric_long_label: 2 values are missing by codes of the file: 1 (1), 2 (1)",
      "factor_n_duplicated: two of its value labels are the same: the codes were kept" } do
      assert.is_truthy(problems(cohort):find(part, 1, true), part)
    end
  end)
end)

-- R 4.2.2, foreign 0.8-84: read.xport("test2.xpt")
describe("a transport file of several data sets", function()
  local FILE <const> = DATA .. "sas3.xpt"

  it("is not read as if it were one", function()
    assert.is_truthy(error_of(lb.read, FILE):find("the file has 3 data sets: say which", 1, true))
    assert.is_truthy(error_of(lb.read, FILE):find('table = "TEST"; data sets are: TEST, FORMAT, Z',
      1, true))
    assert.is_truthy(error_of(lb.read, FILE, { table = "FORMATS" }):find("did you mean 'FORMAT'?",
      1, true))
    assert.is_truthy(error_of(lb.read, DATA .. "haven.sav", { table = "A" })
      :find("a sav file holds one data set", 1, true))
  end)

  it("gives each of them", function()
    local test = lb.cohort(FILE, { table = "TEST" }):frame()
    check(test, { RACE = { "2", "4" }, AGE = { "30", "31" }, T1 = { "40425", "40453" },
      D1 = { "2002-03-03", "2002-06-03" },
      DT1 = { "2002-03-03T09:31:02Z", "2002-06-03T09:42:07Z" } })
    assert.are.equal("Age at Beginning of Study", (test:column("AGE"):label()))
    local formats = lb.cohort(FILE, { table = "FORMAT" }):frame()
    check(formats, { LABEL = { "green", "blue", "purple" }, FMTNAME = { "RACE", "RACE", "RACE" },
      FUZZ = { "1e-12", "1e-12", "1e-12" } })
    -- Numbers of 3 to 8 bytes.
    local z = lb.read(FILE, { table = "Z" })
    local means = { X3 = 0.513144531250000, X4 = 0.511925656646490, X5 = 0.488773894957267,
      X6 = 0.498674618752360, X7 = 0.553315625117763, X8 = 0.480948673948156 }
    assert.are.equal(100, #z)
    for name, mean in pairs(means) do
      local got = z:summarise { "m = mean(" .. name .. ")" }:column("m")[1]
      assert.is_true(math.abs(got - mean) < 1e-14, name)
    end
  end)
end)

-- R 4.2.2: aggregate(cbind(Sepal.Length, Petal.Width) ~ Species, iris, mean)
describe("files of haven's examples", function()
  for file, names in pairs { ["iris.sav"] = { "Sepal.Length", "Petal.Width", "Species" },
    ["iris.dta"] = { "sepallength", "petalwidth", "species" } } do
    it("are read: " .. file, function()
      local frame = lb.read(DATA .. file)
      assert.are.equal(150, #frame)
      for i, name in ipairs { "a", "b", "s" } do frame = frame:rename(names[i], name) end
      local means = frame:summarise({ "a = mean(a)", "b = mean(b)" }, { by = "s" })
      assert.are.same({ "setosa", "versicolor", "virginica" }, cells(means, "s"))
      -- The Stata file holds floats of 4 bytes.
      local tolerance = file == "iris.dta" and 1e-6 or 1e-12
      for i, want in ipairs { 5.006, 5.936, 6.588 } do
        assert.is_true(math.abs(means:column("a")[i] - want) < tolerance)
      end
      for i, want in ipairs { 0.246, 1.326, 2.026 } do
        assert.is_true(math.abs(means:column("b")[i] - want) < tolerance)
      end
    end)
  end
end)
