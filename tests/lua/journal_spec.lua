--- Journal profiles: p values, intervals, percentages and figures as each journal wants them.
local helper = dofile "tests/lua/report_helper.lua"
local figure = require "lobule.figure"
local format = require "lobule.format"
local journal = require "lobule.report.journal"
local quantity = require "lobule.quantity"
local report = require "lobule.report"
local restyle = require "lobule.restyle"
local shown = require "lobule.shown"
local styled = require "lobule.report.styled"
local tables = require "lobule.table"

local NAMES <const> = { "plain", "nejm", "jama", "lancet", "nature" }

--- Each row: what is given, then what the five journals show, in the order of NAMES.
local function each(f, rows)
  for _, row in ipairs(rows) do
    for i, name in ipairs(NAMES) do
      assert.are.equal(row[i + 1], f(row[1], journal.get(name)), name)
    end
  end
end

describe("a journal's p value", function()
  it("keeps its rule at every border", function()
    each(format.p, {
      { 0.34, "0.34", "0.34", ".34", "0·34", "0.34" },
      { 0.034, "0.03", "0.03", ".03", "0·034", "0.034" },
      { 0.049, "0.049", "0.049", ".049", "0·049", "0.049" },
      { 0.0034, "0.003", "0.003", ".003", "0·0034", "0.0034" },
      { 0.001, "0.001", "0.001", ".001", "0·0010", "0.0010" },
      { 0.00034, "<0.001", "<0.001", "<.001", "0·0003", "3.4 × 10⁻⁴" },
      { 0.0001, "<0.001", "<0.001", "<.001", "0·0001", "1.0 × 10⁻⁴" },
      { 0.00002, "<0.001", "<0.001", "<.001", "<0·0001", "2.0 × 10⁻⁵" },
      { 0, "<0.001", "<0.001", "<.001", "<0·0001", "<0.001" },
      { 0.997, "1.00", "1.00", ">.99", "1·00", "1.00" },
      { 1, "1.00", "1.00", ">.99", "1·00", "1.00" },
    })
    assert.are.equal("NA", format.p(nil, journal.get "jama"))
    assert.is_false((pcall(format.p, 1.5, journal.get "jama")))
  end)

  it("reads as the journal writes it in a sentence", function()
    each(shown.p_phrase, {
      { 0.51, "p = 0.51", "P=0.51", "P = .51", "p=0·51", "P = 0.51" },
      { 1e-5, "p <0.001", "P<0.001", "P < .001", "p<0·0001", "P = 1.0 × 10⁻⁵" },
      { 1, "p = 1.00", "P=1.00", "P > .99", "p=1·00", "P = 1.00" },
    })
  end)
end)

describe("a result's text", function()
  it("has the journal's intervals, percent signs and decimal mark", function()
    each(restyle.sentence, {
      { "0.84 (0.70 to 1.01)", "0.84 (0.70 to 1.01)", "0.84 (0.70 to 1.01)",
        "0.84 (0.70 to 1.01)", "0·84 (0·70–1·01)", "0.84 (0.70–1.01)" },
      { "12.3 (95 % CI 10.1 to 15.2)", "12.3 (95 % CI 10.1 to 15.2)",
        "12.3 (95% CI, 10.1 to 15.2)", "12.3 (95% CI, 10.1 to 15.2)", "12·3 (95% CI 10·1–15·2)",
        "12.3 (95% CI 10.1–15.2)" },
      { "p = 0.04, p <0.001.", "p = 0.04, p <0.001.", "P=0.04, P<0.001.", "P = .04, P < .001.",
        "p=0·04, p<0·001.", "P = 0.04, P < 0.001." },
    })
  end)

  it("keeps the word beside a negative limit, and what is no number", function()
    local lancet = journal.get "lancet"
    for text, want in pairs { ["-0.5 to 1.5"] = "-0·5 to 1·5",
      ["\u{2212}2 to 3"] = "\u{2212}2 to 3", ["102 to not reached"] = "102 to not reached",
      ["v1.2.3 of a1.5 in x1.csv"] = "v1.2.3 of a1.5 in x1.csv", ["1.25e-7."] = "1·25e-7.",
      ["2024-05-01"] = "2024-05-01",
      ["step p of 5"] = "step p of 5", [""] = "" } do
      assert.are.equal(want, restyle.sentence(text, lancet))
    end
    assert.is_true(restyle.is_numeric "12/40 (30 %)")
    assert.is_false(restyle.is_numeric "dose 1.5")
    assert.is_false(restyle.is_numeric "NA")
  end)
end)

describe("a quantity", function()
  it("takes the profile when it is shown and keeps none", function()
    local q = quantity.new { estimate = 0.613, conf_low = 0.5, conf_high = 0.7, conf_level = 0.95,
      style = "percent" }
    local plain = q:display()
    assert.are.equal("61.3 % (95 % CI 50.0 to 70.0)", plain)
    assert.are.equal("61·3% (95% CI 50·0–70·0)", q:display(journal.get "lancet"))
    assert.are.equal("61.3% (95% CI, 50.0 to 70.0)", q:display(journal.get "jama"))
    assert.are.equal(plain, q:display())
  end)
end)

describe("a percentage", function()
  it("is whole for the Lancet up to 10,000 persons", function()
    local function share(n, total, name)
      return shown.share(n, total, 1):display(journal.get(name))
    end
    assert.are.equal("1234/5000 (24.7 %)", share(1234, 5000, "plain"))
    assert.are.equal("1234/5000 (24.7%)", share(1234, 5000, "jama"))
    assert.are.equal("1234/5000 (25%)", share(1234, 5000, "lancet"))
    assert.are.equal("1234/20000 (6·2%)", share(1234, 20000, "lancet"))
    assert.are.equal("0/0", share(0, 0, "lancet"))
  end)
end)

local function saved(options, build)
  options.title = "T"
  local path = helper.path()
  build(report.new(options)):save(path .. ".md")
  local text = helper.read(path .. ".md")
  helper.clean(path .. ".md", path .. "-figure-1.svg")
  return text
end

describe("a report for a journal", function()
  local function content(r)
    return r:text("We typed 1.5 to 2.5 and got {x}.", { x = 3.25 })
      :add(tables.new { caption = "C 1.5", columns = { { label = "Dose 1.5" },
        { label = "HR (95 % CI)", align = "right" }, { label = "p", align = "right" } },
        rows = { { "0.5 to 1.5", "0.84 (0.70 to 1.01)", shown.p(0.00002) } },
        notes = { "p = 0.04." } })
  end

  it("sets what results print and leaves what was typed", function()
    local text = saved({ journal = "lancet" }, content)
    for _, want in ipairs { "We typed 1.5 to 2.5 and got 3·25.", "C 1.5", "| Dose 1.5 ",
      "| HR (95% CI) | p |", "| 0.5 to 1.5 | 0·84 (0·70–1·01) | \\<0·0001 |", "p=0·04." } do
      assert.is_truthy(text:find(want, 1, true), want)
    end
  end)

  it("takes the zero of p values that came as text", function()
    local view = tables.new { columns = { { label = "Term" }, { label = "p", align = "right" },
      { label = "HR", align = "right" } },
      rows = { { "a", "0.04", "0.5" }, { "b", "<0.001", "NA" } } }
    local jama = styled.table(view, journal.get "jama")
    assert.are.same({ ".04", "0.5", "<.001", "NA" }, { jama.rows[1][2], jama.rows[1][3],
      jama.rows[2][2], jama.rows[2][3] })
    assert.are.equal("P", jama.columns[2].label)
    assert.are.equal("0.04", view.rows[1][2])
    assert.are.equal(view, styled.table(view, journal.get "plain"))
  end)

  it("is the plain one without a journal, and names the nearest", function()
    assert.are.equal(saved({}, content), saved({ journal = "plain" }, content))
    local err = helper.raised(report.new, { title = "x", journal = "lancette" })
    assert.is_truthy(tostring(err):find("lancet", 1, true))
  end)

  it("sets figures at its widths, in its style, and warns of one too high", function()
    local one = figure.forest { title = "F", log = true, reference = 1, height_mm = nil,
      rows = { { label = "Dose 1.5", estimate = 0.84, conf_low = 0.7, conf_high = 1.01,
        text = "0.84 (0.70 to 1.01)" } }, estimate_label = "HR (95 % CI)" }
    local added = report.new({ title = "x", journal = "lancet" }):add(one, { columns = 1 })
    local block = added.blocks[1]
    assert.are.equal(89, block.width_mm)
    assert.are.equal(89, block.figure:width())
    local svg = block.figure:svg()
    for _, want in ipairs { "0·84 (0·70–1·01)", "Dose 1.5", "HR (95% CI)", ">0·7<" } do
      assert.is_truthy(svg:find(want, 1, true), want)
    end
    assert.is_truthy(one:svg():find("0.84 (0.70 to 1.01)", 1, true)) -- itself as it was
    local rows = {}
    for i = 1, 60 do
      rows[i] = { label = "Row " .. i, estimate = 1, conf_low = 0.9, conf_high = 1.1 }
    end
    local high = figure.forest { title = "F", rows = rows }
    local nature = report.new({ title = "x", journal = "nature" }):add(high)
    assert.are.equal("warning", nature.blocks[2].kind)
    assert.is_truthy(nature.blocks[2].text:find("nature prints 170 mm at most", 1, true))
    assert.are.equal(1, #report.new({ title = "x" }):add(high).blocks)
    local err = helper.raised(report.new { title = "x" }.add, report.new { title = "x" }, one,
      { columns = 3 })
    assert.is_truthy(err.message:find("columns is 3", 1, true))
  end)
end)
