--- Reports as PDF: what stands on the pages, that nothing leaves them, and the same bytes.
local helper = dofile "tests/lua/report_helper.lua"
local package_of = dofile "tests/lua/package_helper.lua"
local core = require "lobule.core"
local document = require "lobule.report.document"
local figure = require "lobule.figure"
local metrics = require "lobule.figure.metrics"
local pdf = require "lobule.report.pdf"
local report = require "lobule.report"
local session = require "lobule.session"
local tables = require "lobule.table"

local forest = figure.forest { title = "F", rows = { { label = "Mark", estimate = 1,
  conf_low = 0.5, conf_high = 2 } } }
local drawn_it = pcall(core.render_png, forest:svg(), 10) and it or pending

local function table_of(n_rows, n_columns, cell)
  local columns, rows = { { label = "Head" } }, {}
  for c = 2, n_columns do columns[c] = { label = "Column " .. c, align = "right" } end
  for r = 1, n_rows do
    rows[r] = { "Row " .. r }
    for c = 2, n_columns do rows[r][c] = cell end
  end
  return tables.new { caption = "Long", columns = columns, rows = rows, notes = { "The note." } }
end

local function pages_of(rep)
  return pdf.pages(document.build(rep))
end

local function sample()
  local r = report.new { title = "T & <t>", author = "A", date = "2024-05-01" }
    :heading "Methods":text(("word "):rep(300)):add(table_of(100, 3, "12.3"))
    :add(forest, { caption = "By arm" }):note "Noted."
  return r
end

--- Where a text ends on its page: x from left to right.
local function extent(x, size, anchor, text, bold)
  local width = metrics.width(text, size, bold)
  if anchor == "end" then return x - width, x end
  if anchor == "middle" then return x - width / 2, x + width / 2 end
  return x, x + width
end

describe("a report as PDF", function()
  before_each(session.reset)

  it("repeats a table's header on every page and shows each row once", function()
    local pages, heads = pages_of(sample()), 0
    local all = table.concat(pages)
    for _, one in ipairs(pages) do
      local head, rows = package_of.count(one, ">Head<"), one:find(">Row %d") ~= nil
      assert.are.equal(rows and 1 or 0, head)
      heads = heads + head
    end
    assert.is_true(heads >= 3)
    for r = 1, 100 do assert.are.equal(1, package_of.count(all, (">Row %d<"):format(r))) end
    assert.are.equal(300, package_of.count(all:gsub("%f[%a]word%f[%A]", "\1"), "\1"))
    for i = 1, #pages do
      assert.is_truthy(pages[i]:find(("%d\u{A0}/\u{A0}%d"):format(i, #pages), 1, true))
    end
  end)

  it("lets nothing leave the page", function()
    local wide = report.new { title = ("A long title "):rep(12) }
      :add(table_of(40, 10, "12.34 (10.20 to 15.67)")):add(table_of(3, 12, "-0.5 to 3.25"))
      :text(("unbreakable"):rep(20))
    for _, rep in ipairs { sample(), wide } do
      for _, one in ipairs(pages_of(rep)) do
        local width, height = one:match 'viewBox="0 0 ([%d.]+) ([%d.]+)"'
        for tag, text in one:gsub("<svg x=.-</svg>", ""):gmatch "<text ([^>]*)>([^<]+)</text>" do
          local x, y = tonumber(tag:match 'x="([%d.]+)"'), tonumber(tag:match ' y="([%d.]+)"')
          local size = tonumber(tag:match 'font%-size="([%d.]+)"')
          local from, to = extent(x, size, tag:match 'text%-anchor="(%a+)"', text,
            tag:find("bold", 1, true))
          if not tag:find("Mono", 1, true) then
            assert.is_true(from >= 20 and to <= width - 20, text)
          end
          assert.is_true(y >= 20 and y <= height - 20, text)
        end
      end
    end
  end)

  it("turns the page for a wide table only", function()
    local rep = report.new { title = "x" }:text "Before."
      :add(table_of(3, 10, "12.3 (10.2 to 15.6)")):text "After."
    local orders = {}
    for i, one in ipairs(pages_of(rep)) do
      local width, height = one:match 'viewBox="0 0 ([%d.]+) ([%d.]+)"'
      orders[i] = tonumber(width) > tonumber(height) and "across" or "upright"
    end
    assert.are.same({ "upright", "across", "upright" }, orders)
  end)

  it("is well-formed SVG with the figure inside", function()
    for _, one in ipairs(pages_of(sample())) do
      assert.is_true((package_of.well_formed(one)))
    end
    local all = table.concat(pages_of(sample()))
    assert.is_truthy(all:find("T &amp; &lt;t&gt;", 1, true))
    assert.is_truthy(all:find(">Mark<", 1, true))
    assert.is_truthy(all:find('<tspan font-weight="bold">Figure 1.</tspan> By arm', 1, true))
  end)

  drawn_it("is the same bytes twice, and other programs read its text", function()
    local path = helper.path() .. ".pdf"
    sample():save(path)
    local first = helper.read(path)
    sample():save(path)
    assert.are.equal(first, helper.read(path))
    assert.are.equal("%PDF", first:sub(1, 4))
    if package_of.has "pdftotext" then
      local words = package_of.run(("pdftotext -layout %s -"):format(path))
      for _, word in ipairs { "T & <t>", "Table 1. Long", "Row 100", "Figure 1. By arm" } do
        assert.is_truthy(words:find(word, 1, true), word)
      end
    end
    helper.clean(path)
  end)
end)
