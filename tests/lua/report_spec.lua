--- Reports: numbering, escaping, well-formed pages, the same bytes, nothing written on an error.
local helper = dofile "tests/lua/report_helper.lua"
local core = require "lobule.core"
local report = require "lobule.report"
local session = require "lobule.session"
local tables = require "lobule.table"

local NASTY <const> = "a | b_c *d* `e` <script>alert(1)</script> & [f](g) # \"h\""

local function small(caption)
  return tables.new { caption = caption,
    columns = { { label = "Arm" }, { label = "n", align = "right" } }, rows = { { "A", "-12" } } }
end

--- A result as the protocol has it.
local function result_of(record)
  local result = {}
  function result.report_blocks(_, options)
    return { { kind = "heading", text = "Result" }, { kind = "table", table = small "Estimates" },
      { kind = "figure", figure = helper.figure(options.title or "Curves"), caption = "Curves" },
      { kind = "warning", text = "did not converge" } }
  end
  function result.record() return record end
  return result
end

--- The text of a report in a format, by way of a file.
local function saved(rep, extension)
  local path = helper.path()
  rep:save(path .. extension)
  local text = helper.read(path .. extension)
  helper.clean(path .. extension)
  for i = 1, 9 do helper.clean(("%s-figure-%d.svg"):format(path, i)) end
  return text, path
end

--- Tags open and close in order: true, or the tag that does not.
local function well_formed(html)
  local void = { meta = true, ["!DOCTYPE"] = true }
  local stack = {}
  for close, name, attributes in html:gmatch "<(/?)([%a!][%w]*)([^>]*)>" do
    if close == "/" then
      if table.remove(stack) ~= name then return false, name end
    elseif not void[name] and attributes:sub(-1) ~= "/" then
      stack[#stack + 1] = name
    end
  end
  return #stack == 0, stack[#stack]
end

local function sample()
  return report.new { title = "Title", author = "A. Author", subtitle = "Sub", date = "2024-05-01" }
    :heading "Methods"
    :text("One {x}.\n\nTwo\nlines, {y}.",
      { x = 1.5, y = { display = function() return "12 %" end } })
    :add(small "First")
    :heading("Details", 3)
    :add(helper.figure "Survival", { caption = "By arm" })
    :add(result_of { estimate = 0.1, text = "</script><!--", lineage = { "Read a.csv: 10 rows" } })
    :note "A note."
end

describe("report", function()
  before_each(session.reset)

  it("needs a title and known options", function()
    assert.is_truthy(helper.raised(report.new, {}).message:find("title", 1, true))
    assert.is_truthy(helper.raised(report.new, { titel = "x" }).message:find("titel", 1, true))
    local err = helper.raised(report.new, { title = "x", seed = 1.5 })
    assert.is_truthy(err.message:find("seed", 1, true))
  end)

  it("takes texts in UTF-8 only, and control characters for spaces", function()
    local r, bad = report.new { title = "T" }, "Gr\xF6\xDFe"
    local function refused(f, ...)
      local err = helper.raised(f, ...)
      assert.is_truthy(err.message:find("byte 3 is not UTF-8", 1, true), err.message)
    end
    for _, name in ipairs { "title", "subtitle", "author", "date" } do
      refused(report.new, { title = "T", [name] = bad })
    end
    for _, method in ipairs { "text", "note", "heading" } do refused(r[method], r, bad) end
    refused(r.text, r, "{x}", { x = bad })
    refused(r.add, r, small "x", { caption = bad })
    refused(r.add, r, small "x", { title = bad })
    for _, spec in ipairs { { caption = bad }, { notes = { bad } }, { rows = { { bad } } },
      { columns = { { label = bad } } }, { columns = { { label = "a", unit = bad } } } } do
      spec.columns, spec.rows = spec.columns or { { label = "a" } }, spec.rows or {}
      refused(tables.new, spec)
    end
    assert.are.equal("a b", r:text("a\0\1b").blocks[1].text)
    assert.are.equal("a b", report.new { title = "a\0b" }.options.title)
  end)

  it("gives a new report at every step and leaves the old one alone", function()
    local first = report.new { title = "T" }
    local second = first:text "x"
    assert.are.equal(0, #first.blocks)
    assert.are.equal(1, #second.blocks)
    assert.are.equal(second.blocks[1], second:text("y").blocks[1])
  end)

  it("fills texts, and names what is unknown or unused", function()
    local r = report.new { title = "T" }
    local filled = r:text("{x} and {{a}} {y}.", { x = 3.25, y = core.NA })
    assert.are.equal("3.25 and {a} NA.", filled.blocks[1].text)
    assert.are.equal("{1} { } stay", r:text("{1} { } stay").blocks[1].text)
    local unknown = helper.raised(r.text, r, "{median}", { medium = 1 })
    assert.are.equal("argument", unknown.code)
    assert.is_truthy(unknown.message:find("no value for {median}", 1, true))
    local absent = helper.raised(r.text, r, "{m}")
    assert.is_truthy(absent.message:find("no value for {m}", 1, true))
    local unused = helper.raised(r.text, r, "x", { b = 1, a = 1 })
    assert.is_truthy(unused.message:find("{a}, {b}", 1, true))
  end)

  it("makes paragraphs at blank lines", function()
    local r = report.new({ title = "T" }):text("\n one\n two \n \n\nthree\r\n\r\nfour")
    local texts = {}
    for i, block in ipairs(r.blocks) do texts[i] = block.text end
    assert.are.same({ "one two", "three", "four" }, texts)
  end)

  it("refuses what it cannot show", function()
    local r = report.new { title = "T" }
    for _, thing in ipairs { 12, "text", {}, true } do
      assert.is_truthy(helper.raised(r.add, r, thing).message:find("cannot be added", 1, true))
    end
    local odd = { report_blocks = function() return { { kind = "film" } } end }
    assert.is_truthy(helper.raised(r.add, r, odd).message:find("film", 1, true))
    local err = helper.raised(r.add, r, small "x", { capton = "y" })
    assert.is_truthy(err.message:find("capton", 1, true))
    assert.are.equal("argument", helper.raised(r.heading, r, "x", 5).code)
  end)
end)

describe("report:save", function()
  before_each(session.reset)

  it("writes nothing when one extension is unknown", function()
    local path = helper.path()
    local err = helper.raised(sample().save, sample(), { path .. ".html", path .. ".doc" })
    assert.is_truthy(err.message:find("'.doc'", 1, true))
    assert.are.equal("Extensions are: .html, .md, .json, .docx, .pdf; a folder ends with /.",
      err.context)
    assert.is_nil(helper.read(path .. ".html"))
    local bare = helper.raised(sample().save, sample(), path)
    assert.is_truthy(bare.message:find("no extension", 1, true))
    local twice = helper.raised(sample().save, sample(), { path .. ".md", path .. ".md" })
    assert.is_truthy(twice.message:find("twice", 1, true))
  end)

  it("writes the same bytes every time", function()
    for _, extension in ipairs { ".html", ".json" } do
      assert.are.equal(saved(sample(), extension), saved(sample(), extension))
    end
  end)

  it("returns the report", function()
    local path, r = helper.path() .. ".json", sample()
    assert.are.equal(r, r:save(path))
    helper.clean(path)
  end)
end)

describe("an HTML report", function()
  before_each(session.reset)
  local function has(html, text) assert.is_truthy(html:find(text, 1, true), text) end

  it("is well formed, numbers captions and keeps headings in order", function()
    local html = saved(sample():heading("Deep", 4), ".html")
    local page = html:gsub("<script.->.-</script>", ""):gsub("<style>.-</style>", "")
    local ok, tag = well_formed(page)
    assert.is_true(ok, tag)
    has(html, '<strong class="label">Table 1.</strong> First')
    has(html, '<strong class="label">Figure 1.</strong> By arm')
    has(html, '<strong class="label">Table 2.</strong> Estimates')
    has(html, '<strong class="label">Figure 2.</strong> Curves')
    has(html, '<strong>Warning.</strong> did not converge')
    local _, h1 = html:gsub("<h1>", "")
    assert.are.equal(1, h1)
    local last = 1
    for level in html:gmatch "<h(%d)" do
      assert.is_true(tonumber(level) <= last + 1, "a heading skips a level")
      last = tonumber(level)
    end
    has(html, '<nav aria-label="Contents">')
    for id in html:gmatch 'href="#([^"]+)"' do has(html, 'id="' .. id .. '"') end
  end)

  it("cannot fetch or run anything", function()
    local html = saved(sample(), ".html")
    has(html, [[content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"]])
    local scripts = 0
    for attributes in html:gmatch "<script([^>]*)>" do
      scripts = scripts + 1
      assert.are.equal(' type="application/json" id="lobule-provenance"', attributes)
    end
    assert.are.equal(1, scripts)
    assert.is_nil(html:find "<[^>]-%son%a+=")
    assert.is_nil(html:find('<%a[^>]*%s[hs]r[ec]f?="http'))
  end)

  it("keeps the data block whole whatever a result says", function()
    local html = saved(sample(), ".html")
    local json = html:match '<script type="application/json" id="lobule%-provenance">(.-)</script>'
    assert.is_truthy(json:find([[<\/script>\u003c!--]], 1, true))
    assert.are.equal("}", json:sub(-1))
    if core.json_decode then
      local data = core.json_decode(json)
      assert.are.equal("</script><!--", data.results[1].text)
      assert.are.equal("Read a.csv: 10 rows", data.provenance.lineage[1])
    end
  end)

  it("escapes titles, prose, cells, captions and file names", function()
    session.add_input { name = NASTY, sha256 = ("a"):rep(64), rows = 1, columns = 1 }
    local nasty = tables.new { caption = NASTY,
      columns = { { label = NASTY, unit = NASTY, group = NASTY } }, rows = { { NASTY } },
      notes = { NASTY } }
    local r = report.new({ title = NASTY, author = NASTY, subtitle = NASTY, lang = '"><script>' })
      :heading(NASTY):text(NASTY):add(nasty, { title = NASTY })
      :add(helper.figure "F", { caption = NASTY })
    local html = saved(r, ".html"):gsub('<script type="application/json".-</script>', "")
    assert.is_nil(html:find("<script", 1, true))
    has(html, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; [f](g) # &quot;h&quot;")
  end)

  it("marks header cells, aligns numbers and sets a real minus", function()
    local html = saved(report.new({ title = "T" }):add(small "x"), ".html")
    has(html, '<th scope="col">Arm</th><th scope="col" class="num">n</th>')
    has(html, '<th scope="row">A</th><td class="num">\u{2212}12</td>')
    has(html, '<div class="scroll" tabindex="0" role="region" aria-label="Table 1">')
  end)

  it("spans groups and begins a body at each heading row", function()
    local shown = tables.new { columns = { { label = "" }, { label = "m", group = "G" },
      { label = "n", group = "G" } }, rows = { { "one", "1", "2" }, { "Part", kind = "heading" },
      { "two", "3", "4", indent = 1 } } }
    local html = saved(report.new({ title = "T" }):add(shown), ".html")
    has(html, '<tr><td rowspan="2"></td><th scope="colgroup" colspan="2">G</th></tr>')
    has(html, '</tbody>\n<tbody>\n<tr class="heading"><th scope="rowgroup" colspan="3">Part</th>')
    has(html, '<th scope="row" class="indent-1">two</th>')
  end)

  it("gives each figure ids of its own, and leaves its text alone", function()
    local r = report.new({ title = "T" }):add(helper.figure "F"):add(helper.figure "F")
    local html, seen = saved(r, ".html"), {}
    for id in html:gmatch '<[^>]-%sid="([^"]*)"' do
      assert.is_nil(seen[id], id)
      seen[id] = true
    end
    has(html, 'aria-labelledby="figure-1-t figure-1-d"')
    has(html, 'clip-path="url(#figure-2-c)"')
    has(html, 'id="not an id"')
    assert.is_nil(html:find("<?xml", 1, true))
    has(html, "<summary>Data of Figure 1</summary>")
  end)

  it("refuses a figure with a script inside", function()
    local figure = helper.figure "F"
    function figure.svg() return "<svg><SCRIPT>alert(1)</SCRIPT></svg>" end
    local path = helper.path() .. ".html"
    local r = report.new({ title = "T" }):add(figure)
    assert.is_truthy(helper.raised(r.save, r, path).message:find("script", 1, true))
    assert.is_nil(helper.read(path))
  end)
end)

describe("a Markdown report", function()
  before_each(session.reset)

  it("escapes what Markdown and HTML would read", function()
    local r = report.new({ title = NASTY }):text(NASTY):text("1. no list"):text("- none")
      :add(tables.new { columns = { { label = "a|b" } }, rows = { { NASTY } } })
    local text = saved(r, ".md")
    local plain = [[a \| b\_c \*d\* \`e\` \<script\>alert(1)\</script\> \& \[f\](g) \# "h"]]
    assert.is_truthy(text:find(plain, 1, true))
    assert.is_truthy(text:find("| a\\|b |\n| --- |\n", 1, true))
    assert.is_truthy(text:find("\n1\\. no list\n\n\\- none\n", 1, true))
    assert.is_nil(text:find("[^\\]<script"))
  end)

  it("writes figures beside it", function()
    local path = helper.path()
    sample():save(path .. ".md")
    local name = path:match "[^/]+$"
    local text = helper.read(path .. ".md")
    assert.is_truthy(text:find("![Figure 1. Survival](" .. name .. "-figure-1.svg)", 1, true))
    assert.is_truthy(text:find("**Figure 1.** By arm", 1, true))
    assert.is_truthy(text:find("| Arm | n |\n| --- | ---: |\n| A | -12 |", 1, true))
    assert.is_truthy(helper.read(path .. "-figure-1.svg"):find("<svg", 1, true))
    assert.is_truthy(helper.read(path .. "-figure-2.svg"))
    helper.clean(path .. ".md", path .. "-figure-1.svg", path .. "-figure-2.svg")
  end)
end)

describe("provenance", function()
  before_each(session.reset)

  it("lists inputs once, by base name, in the order of reading", function()
    session.add_input { name = "/home/x/b.csv", sha256 = "11", rows = 10, columns = 3 }
    session.add_input { name = "a.csv", sha256 = "22", rows = 5, columns = 2 }
    session.add_input { name = "b.csv", sha256 = "11", rows = 10, columns = 3 }
    local names = {}
    for i, input in ipairs(session.inputs()) do names[i] = input.name end
    assert.are.same({ "b.csv", "a.csv" }, names)
    local json = saved(report.new { title = "T", seed = 7 }:text "t", ".json")
    assert.is_truthy(json:find('"name": "b.csv"', 1, true))
    assert.is_truthy(json:find('"seed": 7', 1, true))
    assert.is_nil(json:find("/home", 1, true))
  end)

  it("has no date unless the script gives one", function()
    assert.is_nil(saved(report.new { title = "T" }:text "t", ".json"):find('"date"', 1, true))
    assert.is_truthy(saved(sample(), ".json"):find('"date": "2024-05-01"', 1, true))
  end)

  it("takes the seed of the session, and keeps results and lineage", function()
    session.seed = 42
    local json = saved(sample(), ".json")
    assert.is_truthy(json:find('"seed": 42', 1, true))
    assert.is_truthy(json:find('"results": [', 1, true))
    assert.is_truthy(json:find("Read a.csv: 10 rows", 1, true))
    assert.is_truthy(saved(sample(), ".html"):find("Read a.csv: 10 rows", 1, true))
  end)

  it("records the command by base names, without the number of threads, and the script", function()
    local before, path = package.loaded["lobule.host"], helper.path()
    core.write_file(path, "print(1)")
    package.loaded["lobule.host"] = { script = path,
      command = { "--threads", "2", "-i", path, "--data=/home/x/a.csv", "/home/x/",
        "--threads=3" } }
    local json = saved(report.new { title = "T" }:text "t", ".json")
    package.loaded["lobule.host"] = before
    helper.clean(path)
    local command = json:match('"command": %[%s*(.-)%s*%]'):gsub("%s+", " ")
    local name = path:match "[^/]+$"
    local expected = { "lobule", "-i", name, "--data=a.csv", "x", "--threads=3" }
    assert.are.equal('"' .. table.concat(expected, '", "') .. '"', command)
    assert.is_truthy(json:find(core.sha256 "print(1)", 1, true))
  end)

  it("refuses to save nothing, and says when what was added went nowhere", function()
    local path = helper.path() .. ".md"
    local empty = report.new { title = "T" }
    local ok, err = pcall(empty.save, empty, path)
    assert.is_false(ok)
    assert.is_truthy(tostring(err):find("the report is empty", 1, true))
    local first, heard = report.new { title = "T" }:text "one", {}
    local stderr = io.stderr
    local ear = { write = function(_, ...) heard[#heard + 1] = table.concat { ... } end }
    rawset(io, "stderr", ear)
    local second = first:text "two"
    second:save(path)
    first:save(path)
    assert.are.equal(0, #heard)
    local third = report.new { title = "T" }:text "one"
    third:text "two"
    third:save(path)
    rawset(io, "stderr", stderr)
    helper.clean(path)
    assert.is_truthy(heard[1]:find("what was added to this report is not in it", 1, true))
  end)

  it("refuses a record that is no table", function()
    local odd = result_of "a text"
    local err = helper.raised(sample().add, sample(), odd)
    assert.is_truthy(err.message:find("record: expected a table, found text", 1, true))
  end)

  it("shows no folder of this machine", function()
    for _, extension in ipairs { ".html", ".md", ".json" } do
      local text, path = saved(sample(), extension)
      assert.is_nil(text:find(path:match "^(.*)/[^/]*$" .. "/", 1, true))
    end
  end)
end)
