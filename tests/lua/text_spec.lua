--- Texts that no document can hold: control characters are shown as U+FFFD, what is not UTF-8 is
--- refused where it enters.
local lb = require "lobule"
local xml_text = require "lobule.xml_text"

local BAD <const> = "G\1 \27[31m\u{FFFE}"
local SHOWN <const> = "G\u{FFFD} \u{FFFD}[31m\u{FFFD}"
local LATIN1 <const> = "K\xF6ln"

local function error_of(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  return tostring(err)
end

local function has(text, part)
  assert.is_truthy(text:find(part, 1, true), text)
end

describe("control characters", function()
  it("become U+FFFD", function()
    assert.are.equal(SHOWN, xml_text.escape(BAD))
    assert.are.equal("a\tb\n&lt;&amp;", xml_text.escape "a\tb\n<&")
    assert.are.equal("K\u{FFFD}ln", xml_text.escape(LATIN1))
  end)

  it("in levels and reasons leave reports well-formed", function()
    local frame = lb.frame { { "id", { 1, 2, 3, 4 } }, { "time", { 1, 2, 3, 4 } },
      { "arm", { BAD, BAD, "B", "B" }, "factor" } }
    local cohort = lb.cohort(frame, { id = "id" }):filter("time > 1", BAD)
    local km = lb.survival.km("Surv(time, time > 1) ~ arm", cohort)
    local base = os.tmpname()
    lb.report({ title = "t" }):add(cohort:flow()):add(km:plot()):add(lb.table_one(cohort,
      { by = "arm" })):save { base .. ".html", base .. ".docx" }
    local file <close> = io.open(base .. ".html", "rb")
    local html = file:read "a"
    assert.is_nil(html:find("[\0-\8\11\12\14-\31]"))
    assert.is_nil(html:find("\u{FFFE}", 1, true))
    has(html, SHOWN)
    assert.is_truthy(utf8.len(html))
    os.remove(base)
    os.remove(base .. ".html")
    os.remove(base .. ".docx")
    assert.is_nil(km:plot():svg():find("[\0-\8\11\12\14-\31]"))
  end)
end)

describe("text that is not UTF-8", function()
  local frame = lb.frame { { "x", { 1, 2 } } }
  local cohort = lb.cohort(frame)
  local report = lb.report { title = "t" }

  it("is refused, naming the argument", function()
    has(error_of(frame.rename, frame, "x", LATIN1), "new: byte 2 is not UTF-8")
    has(error_of(frame.rename, frame, { x = LATIN1 }), "not UTF-8")
    has(error_of(frame.label, frame, { x = LATIN1 }), "x: byte 2 is not UTF-8")
    has(error_of(frame.label, frame, { x = { "X", unit = LATIN1 } }), "x, unit: byte 2")
    has(error_of(cohort.filter, cohort, "x > 1", LATIN1), "reason: byte 2 is not UTF-8")
    has(error_of(cohort.exclude, cohort, { { "x > 1", LATIN1 } }), "exclusion 1, reason")
    has(error_of(report.text, report, LATIN1), "text: byte 2 is not UTF-8")
    has(error_of(report.text, report, "{a}", { a = LATIN1 }), "value of a: byte 2")
    has(error_of(report.add, report, frame, { caption = LATIN1 }), "caption: byte 2")
    has(error_of(lb.report, { title = LATIN1 }), "title: byte 2 is not UTF-8")
    has(error_of(lb.frame, { { LATIN1, { 1 } } }), "a column name is not UTF-8")
    has(error_of(lb.frame, { { "x", { 1 }, label = LATIN1 } }), "is not UTF-8")
    has(error_of(lb.table, { columns = { "a" }, rows = { { LATIN1 } } }), "row 1, cell 1")
  end)

  it("may be the name of a file", function()
    has(error_of(lb.read, "/nowhere/" .. LATIN1 .. ".csv"), "no file")
  end)
end)
