--- Word reports: a sound package, real tables, captions that count, figures twice, the same bytes.
local helper = dofile "tests/lua/report_helper.lua"
local package_of = dofile "tests/lua/package_helper.lua"
local core = require "lobule.core"
local figure = require "lobule.figure"
local report = require "lobule.report"
local session = require "lobule.session"
local tables = require "lobule.table"

local can_draw = pcall(core.render_png, figure.forest { title = "t", rows = { { label = "a",
  estimate = 1, conf_low = 0.5, conf_high = 2 } } }:svg(), 10)
local drawn_it = can_draw and it or pending

local function forest(title)
  return figure.forest { title = title, desc = "One \"row\" & <one> mark.", log = true,
    reference = 1, rows = { { label = "A", estimate = 0.84, conf_low = 0.7, conf_high = 1.01,
    text = "0.84 (0.70 to 1.01)" } }, estimate_label = "Hazard ratio (95 % CI)" }
end

local function grouped()
  return tables.new { caption = "Grouped & <odd>", notes = { "First note.", "Second, -1.5." },
    columns = { { label = "Row" }, { label = "n", align = "right", group = "Treated" },
      { label = "Median", align = "right", group = "Treated", unit = "months" },
      { label = "p", align = "right" } },
    rows = { { "Sex", kind = "heading" }, { "f", "3", "1.5 (1.0 to 2.0)", "0.04", indent = 1 },
      { "m", "-4", "NA", "", indent = 1 }, { "All", "7", "", "", kind = "total" } } }
end

local function sample()
  return report.new { title = "T & <t>", author = "Ä \"B\"", date = "2024-05-01", lang = "de" }
    :heading "Methods"
    :text "Before -2.\n\nAfter\1 \u{FFFE}it."
    :add(grouped())
    :heading("Below", 3)
    :add(forest "Forest", { caption = "By arm" })
    :note "A note."
    :add(grouped(), { caption = "Again" })
end

local function figure_of(rep)
  for _, block in ipairs(rep.blocks) do
    if block.kind == "figure" then return block.figure end
  end
end

local function saved(rep)
  local path = helper.path() .. ".docx"
  rep:save(path)
  local bytes = helper.read(path)
  helper.clean(path)
  return bytes
end

local function part(rep, name)
  return package_of.unzip(saved(rep))[name or "word/document.xml"]
end

local function has(text, word) assert.is_truthy(text:find(word, 1, true), word) end

describe("a Word report", function()
  before_each(session.reset)

  drawn_it("is a package of sorted, well-formed parts, each with a type and a source", function()
    local parts, names = package_of.unzip(saved(sample()))
    assert.are.equal("[Content_Types].xml", names[1])
    for i = 2, #names do assert.is_true(names[i - 1] < names[i]) end
    for name, text in pairs(parts) do
      if name:find "%.xml$" or name:find "%.rels$" then
        local ok, tag = package_of.well_formed(text)
        assert.is_true(ok, name .. ": " .. tostring(tag))
        assert.is_truthy(utf8.len(text), name)
      end
    end
    local types = parts["[Content_Types].xml"]
    for override in types:gmatch 'PartName="/([^"]*)"' do assert.is_truthy(parts[override]) end
    for target in parts["word/_rels/document.xml.rels"]:gmatch 'Target="([^"]*)"' do
      local name = ("word/" .. target):gsub("word/%.%./", "")
      assert.is_truthy(parts[name], name)
    end
  end)

  drawn_it("is the same bytes every time", function()
    assert.are.equal(saved(sample()), saved(sample()))
  end)

  drawn_it("has styles by Word's names and headings one level below the title", function()
    local xml, styles = part(sample()), part(sample(), "word/styles.xml")
    for _, name in ipairs { "Normal", "Title", "heading 1", "heading 2", "caption", "Table Grid",
      "List Number" } do
      has(styles, ('<w:name w:val="%s"/>'):format(name))
    end
    for id in xml:gmatch '<w:pStyle w:val="([^"]*)"/>' do
      has(styles, ('w:styleId="%s"'):format(id))
    end
    has(xml, '<w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t xml:space="preserve">Methods<')
    has(xml, '<w:pStyle w:val="Heading2"/></w:pPr><w:r><w:t xml:space="preserve">Below<')
    has(styles, '<w:lang w:val="de"/>')
  end)

  drawn_it("escapes texts, sets a minus and marks what XML cannot hold", function()
    local xml = part(sample())
    has(xml, "T &amp; &lt;t&gt;")
    has(xml, "Before \u{2212}2.")
    has(xml, ">After \u{FFFD}it.<")
    has(part(sample(), "docProps/core.xml"), "<dc:creator>Ä &quot;B&quot;</dc:creator>"
      .. '<dcterms:created xsi:type="dcterms:W3CDTF">2024-05-01T00:00:00Z')
    local undated = report.new { title = "x" }:text "y"
    assert.is_nil(part(undated, "docProps/core.xml"):find("created", 1, true))
  end)

  it("repeats header rows, keeps rows whole and spans groups", function()
    local xml = part(report.new { title = "x" }:add(grouped()))
    local one = xml:match "<w:tbl>.-</w:tbl>"
    assert.are.equal(2, package_of.count(one, "<w:tblHeader/>"))
    assert.are.equal(6, package_of.count(one, "<w:cantSplit/>"))
    assert.are.equal(6, package_of.count(one, "<w:tr>"))
    assert.are.equal(4, package_of.count(one, "<w:gridCol "))
    has(one, '<w:gridSpan w:val="2"/>')                       -- the spanning header
    has(one, '<w:gridSpan w:val="4"/>')                       -- the heading across
    assert.are.equal(2, package_of.count(one, '<w:vMerge w:val="restart"/>'))
    assert.are.equal(2, package_of.count(one, "<w:vMerge/>"))
    has(one, "Median (months)")
    has(one, '<w:ind w:left="200"/>')
    has(xml, "Second, \u{2212}1.5.")
    for row in one:gmatch "<w:tr>.-</w:tr>" do                 -- every row covers the grid
      local width = package_of.count(row, "<w:tc>")
      for span in row:gmatch '<w:gridSpan w:val="(%d+)"/>' do width = width + span - 1 end
      assert.are.equal(4, width)
    end
  end)

  drawn_it("numbers captions by SEQ fields, tables and figures each on their own", function()
    local xml = part(sample())
    local numbers = {}
    for kind, n in xml:gmatch 'instr=" SEQ (%a+) \\%* ARABIC "><w:r>.-<w:t [^>]*>(%d+)<' do
      numbers[#numbers + 1] = kind .. " " .. n
    end
    assert.are.same({ "Table 1", "Figure 1", "Table 2" }, numbers)
    has(xml, 'w:name="Table_2"')
  end)

  drawn_it("shows a figure as PNG with the SVG beside it and says what it shows", function()
    local rep = sample()
    local parts = package_of.unzip(saved(rep))
    local xml, rels = parts["word/document.xml"], parts["word/_rels/document.xml.rels"]
    local png, svg = xml:match '<a:blip r:embed="(%w+)">.-<asvg:svgBlip r:embed="(%w+)"/>'
    has(rels, ('Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
      .. 'relationships/image" Target="media/figure1.png"'):format(png))
    has(rels, ('Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
      .. 'relationships/image" Target="media/figure1.svg"'):format(svg))
    assert.are.equal("\x89PNG", parts["word/media/figure1.png"]:sub(1, 4))
    assert.are.equal(figure_of(rep):svg(), parts["word/media/figure1.svg"])
    has(xml, 'descr="Forest. One &quot;row&quot; &amp; &lt;one&gt; mark."')
    local cx, cy = xml:match '<wp:extent cx="(%d+)" cy="(%d+)"/>'
    assert.is_true(cx / 36000 <= 170.1)                        -- 36,000 units a millimetre
    local drawn = figure_of(rep)
    assert.is_true(math.abs(cx / cy - drawn:width() / drawn:height()) < 1e-4)
  end)

  it("turns the page for a wide table and turns it back", function()
    local columns, row = { { label = "Row" } }, { "A label" }
    for i = 1, 9 do
      columns[i + 1] = { label = "Column " .. i, align = "right" }
      row[i + 1] = "12.3 (10.2 to 15.6)"
    end
    local wide = tables.new { caption = "Wide", columns = columns, rows = { row } }
    local xml = part(report.new { title = "x" }:text "Before.":add(wide):text "After.")
    local orders = {}
    for section in xml:gmatch "<w:sectPr>.-</w:sectPr>" do
      orders[#orders + 1] = section:find("landscape", 1, true) and "across" or "upright"
    end
    assert.are.same({ "upright", "across", "upright" }, orders)
    local total = 0
    for width in xml:match("<w:tblGrid>.-</w:tblGrid>"):gmatch 'w:w="(%d+)"' do
      total = total + width
    end
    assert.is_true(total <= 16838 - 2 * 1134 + 20)
  end)

  it("keeps the results at full precision inside and gives their SHA-256", function()
    local function blocks() return { { kind = "table", table = grouped() } } end
    local result = { report_blocks = blocks,
      record = function() return { kind = "x", estimate = 0.1 + 0.2, text = "]]> & <b>" } end }
    local parts = package_of.unzip(saved(report.new { title = "x" }:add(result)))
    local json = parts["customXml/item1.xml"]:match "<provenance[^>]*>(.*)</provenance>"
    json = json:gsub("&lt;", "<"):gsub("&gt;", ">"):gsub("&quot;", '"'):gsub("&amp;", "&")
    has(json, "0.30000000000000004")
    has(json, "]]> & <b>")
    has(parts["word/document.xml"], core.sha256(json))
  end)

  it("writes nothing when the figures cannot be drawn", function()
    local real, path = core.render_png, helper.path()
    core.render_png = function() core.raise("io", "drawing needs the package librsvg2-2") end
    local ok, err = pcall(function()
      sample():save { path .. ".json", path .. ".docx" }
    end)
    core.render_png = real
    assert.is_false(ok)
    has(tostring(err), "librsvg2-2")
    assert.is_nil(helper.read(path .. ".json"))
    assert.is_nil(helper.read(path .. ".docx"))
  end)
end)

local PYTHON <const> = [[
import sys, zipfile
import xml.etree.ElementTree as tree
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
for name in z.namelist():
    if name.endswith(('.xml', '.rels', '.svg')): tree.fromstring(z.read(name))
w = '{http://schemas.openxmlformats.org/wordprocessingml/2006/main}'
body = tree.fromstring(z.read('word/document.xml'))
for table in body.iter(w + 'tbl'):
    grid = len(table.find(w + 'tblGrid'))
    for row in table.findall(w + 'tr'):
        spans = [c.find(w + 'tcPr/' + w + 'gridSpan') for c in row.findall(w + 'tc')]
        assert grid == sum(1 if s is None else int(s.get(w + 'val')) for s in spans)
print(len(list(body.iter(w + 'tbl'))), 'tables')
]]

describe("a Word report, read by other programs,", function()
  local path
  before_each(function()
    session.reset()
    path = helper.path() .. ".docx"
  end)
  after_each(function() helper.clean(path) end)

  local python = can_draw and package_of.has "python3"
  local python_it = python and it or pending
  python_it("is sound for python3's zipfile and XML parser", function()
    sample():save(path)
    local script = helper.path()
    core.write_file(script, PYTHON)
    local text, ok = package_of.run(("python3 %s %s"):format(script, path))
    helper.clean(script)
    assert.is_true(ok, text)
    assert.are.equal("3 tables\n", text)
  end)

  local unzip_it = can_draw and package_of.has "unzip" and it or pending
  unzip_it("is sound for unzip", function()
    sample():save(path)
    local text, ok = package_of.run("unzip -t " .. path)
    assert.is_true(ok, text)
    has(text, "No errors detected")
  end)

  local office = can_draw and package_of.has "soffice" and package_of.has "pdftotext"
  local office_it = office and it or pending
  office_it("opens in LibreOffice, which makes pages of it", function()
    sample():save(path)
    local pdf = path:gsub("docx$", "pdf")
    local profile = helper.path()
    local text, ok = package_of.run(("soffice -env:UserInstallation=file://%s --headless "
      .. "--convert-to pdf --outdir %s %s"):format(profile, path:match "^(.*)/", path))
    assert.is_true(ok, text)
    local words = package_of.run(("pdftotext -layout %s -"):format(pdf))
    helper.clean(pdf)
    os.execute("rm -rf " .. profile)
    for _, word in ipairs { "T & <t>", "Table 1. Grouped & <odd>", "Figure 1. By arm",
      "Table 2. Again", "Median (months)", "Second, \u{2212}1.5.", "Provenance" } do
      has(words, word)
    end
  end)
end)

describe("a report as a folder", function()
  drawn_it("has each table and figure on its own, and the legends", function()
    local folder = helper.path() .. "/"
    sample():save(folder)
    local names = { "table1.docx", "table2.docx", "figure1.svg", "figure1.pdf", "figure1.png",
      "legends.md" }
    local files = {}
    for i, name in ipairs(names) do files[i] = helper.read(folder .. name) or "" end
    sample():save(folder) -- a second time, over the first
    for i, name in ipairs(names) do
      assert.are.equal(files[i], helper.read(folder .. name))
      os.remove(folder .. name)
    end
    assert.is_true(os.remove((folder:gsub("/$", ""))), "other files were written")
    has(package_of.unzip(files[2])["word/document.xml"], ">2<")
    assert.are.equal("%PDF", files[4]:sub(1, 4))
    assert.are.equal("\x89PNG", files[5]:sub(1, 4))
    has(files[6], "**Table 2.** Again")
    has(files[6], "**Figure 1.** By arm")
    has(files[6], "Alternative text: Forest.")
  end)
end)

describe("figure:save", function()
  drawn_it("writes SVG, PDF and PNG, drawn before the first is written", function()
    local path, one = helper.path(), forest "F"
    assert.are.equal(one, one:save({ path .. ".svg", path .. ".pdf", path .. ".png" },
      { dpi = 100 }))
    assert.are.equal(one:svg(), helper.read(path .. ".svg"))
    assert.are.equal("%PDF", helper.read(path .. ".pdf"):sub(1, 4))
    local width = (">I4"):unpack(helper.read(path .. ".png"), 17)
    assert.are.equal(math.ceil(183 / 25.4 * 100), width)
    helper.clean(path .. ".svg", path .. ".pdf", path .. ".png")
    local err = helper.raised(one.save, one, { path .. ".svg", path .. ".gif" })
    has(err.message, "'.gif'")
    assert.is_nil(helper.read(path .. ".svg"))
    has(helper.raised(one.save, one, path .. ".png", { dpy = 3 }).message, "dpy")
    has(helper.raised(one.save, one, path .. ".png", { dpi = 1e4 }).message, "32767")
  end)
end)
