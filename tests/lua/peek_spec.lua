--- lobule peek: what is said of hostile files, and that rows and ids never show.
local core = require "lobule.core"
local lb = require "lobule"

local path

local function write(text)
  path = os.tmpname() .. ".csv"
  core.write_file(path, text)
  return path
end

local function peek(text, options)
  return lb.peek(write(text), options)
end

local function says(result, wanted)
  for _, text in ipairs(result.odd) do
    if text == wanted then return end
  end
  assert.are.equal(wanted, table.concat(result.odd, "\n"))
end

local function column(name, values)
  return name .. "\n" .. table.concat(values, "\n") .. "\n"
end

describe("lb.peek", function()
  after_each(function() if path then os.remove(path) end end)

  it("tells format, rows and columns", function()
    local p = peek "a;b\r\n1;x\r\n2;y\r\n"
    assert.are.equal(2, p.rows)
    assert.are.equal(2, p.columns)
    assert.are.equal(";", p.facts.separator)
    assert.is_truthy(tostring(p):find("CSV, UTF-8, separator semicolon, line ends CRLF; 2 rows", 1,
      true))
    assert.are.same({}, p.odd)
  end)

  it("counts ids that stand twice", function()
    says(peek "id,x\n1,1\n1,2\n2,3\n3,3\n", "`id` not unique: 1 twice")
    says(peek "patient_id,x\n1,1\n1,2\n1,3\n2,3\n2,5\n",
      "`patient_id` not unique: 1 twice, 1 more often (visits?)")
    says(peek "id,x\n1,1\n,2\n", "`id` is missing in 1 row")
  end)

  it("finds one word written in several ways", function()
    says(peek(column("sex", { "M", "m", "male", "F", "F", "F", "M", "m", "male", "F", "F", "M" })),
      "`sex` has M, m, male")
    assert.are.same({}, peek(column("arm", { "TAE", "TACE", "TAE", "TACE", "TAE", "TACE" })).odd)
  end)

  it("finds codes for missing, and not the ends of honest ranges", function()
    local ages = {}
    for i = 1, 30 do ages[i] = 40 + i end
    ages[31] = 999
    says(peek(column("age", ages)),
      "`age` has 999 in 1 row: a code for missing? All others are from 41 to 70")
    ages[31] = 0
    says(peek(column("age", ages)),
      "`age` is 0 in 1 row: a code for missing? All others are 41 or more")
    ages[31] = 99
    assert.are.same({}, peek(column("age", { 91, 95, 97, 98, 99, 0, 3, 40, 60 })).odd)
    local counts = {}
    for i = 0, 40 do counts[i + 1] = i end
    assert.are.same({}, peek(column("n", counts)).odd)
  end)

  it("compares dates with the latest plausible one of the file, never with a clock", function()
    local rows = {}
    for i = 1, 12 do rows[i] = ("2020-%02d-01"):format(i) end
    rows[13] = "2200-01-01"
    says(peek(column("seen", rows)),
      "`seen` has 1 date after 2020-12-01, the latest plausible date of the file")
    rows[13] = "1820-01-01"
    says(peek(column("seen", rows)), "`seen` has 1 date before 1900")
  end)

  it("finds death before the last contact", function()
    says(peek "death_date,last_contact\n2020-01-01,2020-02-01\n2020-03-01,2020-02-01\n",
      "`death_date` is before `last_contact` in 1 row")
  end)

  it("counts what keeps a column from being numbers", function()
    local cells = {}
    for i = 1, 40 do cells[i] = tostring(i % 5) end
    cells[7], cells[9] = "unknown", "<1"
    says(peek(column("ecog", cells)),
      "`ecog` is text: of 40 values 38 are numbers; 1 'unknown' (na = ...); "
        .. "1 below a limit, '<...' (censored = \"below\")")
  end)

  it("names what reads numbers with texts among them, and puts it into the call", function()
    local lines = { "id,a,b,c,d,e,seen" }
    for i = 1, 40 do
      lines[i + 1] = ("P%d,%s,%s,%s,%s,%s,%02d/03/2020"):format(i, i % 9 == 0 and "N/A" or i,
        i % 8 == 0 and "." or i, i % 7 == 0 and "<0.5" or i, i % 10 == 0 and ">1000" or i,
        i == 7 and "6O" or i, i % 28 + 1)
    end
    local text = table.concat(lines, "\n") .. "\n"
    local p = peek(text)
    says(p, "`a`, `b` are numbers but for 9 values 'N/A', '.': na = ... reads them as missing")
    says(p, "`c` is numbers but for 5 values below a limit, '<...': censored = \"below\"")
    says(p, "`d` is text: of 40 values 36 are numbers; 4 above a limit, '>...' (:recode them to "
      .. "numbers)")
    says(p, "`e` is text: of 40 values 39 are numbers; 1 with a letter for a digit "
      .. "(O for 0, l for 1?)")
    local cohort = assert(load("local lb = require 'lobule' return " .. p.call))()
    for name, kind in pairs { a = "integer", b = "integer", c = "real", seen = "date" } do
      assert.are.equal(kind, cohort:frame():column(name):type(), name)
    end
  end)

  it("tells rows that are too short, and shows the rest", function()
    local p = peek "a,b\n1,2\n3\n5,6\n7\n9,10\n"
    assert.are.equal(3, p.rows)
    says(p, "row 2 (line 3) has 1 field, the header has 2: lb.cohort will refuse the file until it "
      .. "is mended")
    assert.is_truthy(table.concat(p.odd, "\n"):find("row 4 (line 5)", 1, true))
    assert.is_truthy(tostring(p):find("CSV; 3 rows, 2 columns", 1, true))
  end)

  it("looks into files of all formats, with a call that reads them", function()
    local frame = lb.frame { { "id", { 1, 2, 3, 4 } }, { "age", { 40, 50, 60, 999 } },
      { "arm", { "A", "B", "A", "B" }, "factor" } }
    for kind, shown in pairs { xlsx = "spreadsheet (xlsx)", sav = "SPSS", dta = "Stata",
      xpt = "SAS transport", sqlite = "SQLite" } do
      path = os.tmpname() .. "." .. kind
      frame:save(path)
      local p = lb.peek(path)
      assert.is_truthy(tostring(p):find(shown .. "; 4 rows, 3 columns", 1, true), tostring(p))
      says(p, "`age` has 999 in 1 row: a code for missing? All others are from 40 to 60")
      assert.are.equal(4, #assert(load("local lb = require 'lobule' return " .. p.call))())
      os.remove(path)
    end
  end)

  it("finds constant and empty columns", function()
    local p = peek "site,x,y\n1,,1\n1,,2\n1,,3\n"
    says(p, "`site` is the same in every row")
    says(p, "`x` is empty")
  end)

  it("takes decimal commas for what they are, and says so in the call", function()
    local p = peek "a;b\n1,5;1\n2,5;2\n"
    says(p, "1 column with decimal commas: decimal = \",\"")
    assert.are.equal("real", p.frame:column("a"):type())
    assert.is_truthy(p.call:find('decimal = ","', 1, true))
  end)

  it("reads a file that is not UTF-8, and says so in the call", function()
    local p = peek "name,x\nM\xFCller,1\n\x96,2\n"
    assert.are.equal("Windows-1252", p.facts.encoding)
    assert.is_truthy(p.call:find('encoding = "windows-1252"', 1, true))
  end)

  it("gives a call that runs and keeps the types", function()
    local p = peek("id;end;arm;when;died;v\n1;1;A;2020-01-01;0;1,5\n2;2;A;2020-01-02;1;2,5\n"
      .. "3;2;A;;1;3,5\n4;1;A;2020-03-01;0;\n")
    local env = { lb = lb }
    local cohort = assert(load("return " .. p.call, "call", "t", env))()
    assert.are.equal(4, #cohort.data)
    assert.are.equal("id", cohort.id)
    assert.are.equal("logical", cohort.data:column("died"):type())
    assert.are.equal("date", cohort.data:column("when"):type())
    assert.are.equal("factor", cohort.data:column("arm"):type())
    assert.are.equal("real", cohort.data:column("v"):type())
  end)

  it("never shows ids or free text", function()
    local lines = { "patient_id,note,x" }
    for i = 1, 90 do lines[#lines + 1] = ("SECRET%d,Mrs Smith %d,%d"):format(i, i, i) end
    local text = tostring(peek(table.concat(lines, "\n")))
    assert.is_nil(text:find "SECRET")
    assert.is_nil(text:find "Smith")
  end)

  it("shows at most five odd things", function()
    local p = peek "a,b,c,d,e,f,g\n1,1,1,1,1,1,1\n1,1,1,1,1,1,1\n"
    assert.are.equal(5, #p.odd)
  end)

  it("refuses what is not there", function()
    assert.has_error(function() lb.peek "/nowhere/x.csv" end)
    local ok, err = pcall(peek, "a\n1\n", { seperator = ";" })
    assert.is_false(ok)
    assert.is_truthy(tostring(err):find("did you mean 'separator'?", 1, true))
    ok, err = pcall(require("lobule.peek").show)
    assert.is_false(ok)
    assert.is_truthy(tostring(err):find("no file named", 1, true))
  end)
end)

describe("lb.cohort", function()
  after_each(function() if path then os.remove(path) end end)

  it("takes the options of hostile files", function()
    write "id;lab;seen\n1;<0,5;31/12/2024\n2;1,5;01/02/2023\n"
    local c = lb.cohort(path, { id = "id", decimal = ",", date_format = "DD/MM/YYYY",
      censored = "below" })
    assert.are.equal(0.5, c.data:column("lab")[1])
    assert.is_true(c.data:column("lab_censored")[1])
    assert.are.equal("2024-12-31", c.data:column("seen")[1])
    assert.are.equal(1, c.n_found)
  end)

  it("honours the line sep= and refuses a page of HTML", function()
    write "sep=;\r\na;b\r\n1;2\r\n3;4\r\n"
    local frame = lb.read(path)
    assert.are.same({ "a", "b" }, frame:names())
    assert.are.equal(2, #frame)
    local cells = {}
    for i = 1, 40 do cells[i] = ("%d|x,y"):format(i) end
    cells[30] = "30"
    write("\xEF\xBB\xBFsep=|\na|b\n" .. table.concat(cells, "\n") .. "\n")
    local ok, err = pcall(lb.read, path)
    assert.is_false(ok)
    assert.is_truthy(tostring(err):find("row 30 (line 32) has 1 field", 1, true), tostring(err))
    for _, page in ipairs { "<!DOCTYPE html>\n<html></html>\n", "\n <HTML lang='en'>\n<a,b\n" } do
      write(page)
      ok, err = pcall(lb.cohort, path)
      assert.is_false(ok)
      assert.is_truthy(tostring(err):find("this is an HTML page", 1, true), tostring(err))
    end
  end)

  it("keeps the hash of the bytes as they are on the disk", function()
    local text = "a,b\n1,M\xFCller\n"
    write(text)
    require("lobule.session").reset()
    lb.cohort(path, { encoding = "latin1" })
    assert.are.equal(core.sha256(text), require("lobule.session").inputs()[1].sha256)
  end)

  it("refuses wrong options", function()
    write "a\n1\n"
    for _, options in ipairs { { decimal = ",," }, { censored = "above" }, { encoding = "cp1252" },
      { date_format = "DD/MM/YY" } } do
      assert.has_error(function() lb.cohort(path, options) end)
    end
  end)
end)
