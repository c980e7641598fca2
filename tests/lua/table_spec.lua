--- Tables: what they accept, how they fit a screen, what they make of a frame.
local helper = dofile "tests/lua/report_helper.lua"
local core = require "lobule.core"
local tables = require "lobule.table"

local function lines(shown, options)
  local list = {}
  for line in (shown:text(options) .. "\n"):gmatch("(.-)\n") do list[#list + 1] = line end
  return list
end

local ASCII <const> = { width = 80, ascii = true }

local function baseline()
  return tables.new { caption = "Baseline",
    columns = { { label = "" }, { label = "A", align = "right", group = "Treated" },
      { label = "B", align = "right", group = "Treated" }, { label = "Placebo", align = "right" } },
    rows = { { "Primary", kind = "heading" },
      { "pancreas", "1/8 (13 %)", "2/9 (22 %)", "3/10", indent = 1 },
      { "All", "8", "9", "10", kind = "total" } }, notes = { "n/N (%)." } }
end

describe("table.new", function()
  it("refuses what is no table, naming row and cell", function()
    local function message(spec) return helper.raised(tables.new, spec).message end
    local columns = { { label = "a" }, { label = "b" } }
    assert.is_truthy(message { columns = {}, rows = {} }:find("no columns", 1, true))
    assert.is_truthy(message { columns = columns, rows = { { "x", "y" }, { "x" } } }
      :find("row 2 has 1 cells, the table has 2 columns", 1, true))
    assert.is_truthy(message { columns = columns, rows = { { "x", {} } } }
      :find("row 1, cell 2", 1, true))
    assert.is_truthy(message { columns = columns, rows = { { "x", "y", kind = "totl" } } }
      :find("unknown kind", 1, true))
    assert.is_truthy(message { columns = columns, rows = {}, captoin = "x" }
      :find("captoin", 1, true))
    assert.is_truthy(message { columns = { { label = "a", align = "middle" } }, rows = {} }
      :find("middle", 1, true))
  end)

  it("does not change with the tables it was made from", function()
    local row = { "x" }
    local shown = tables.new { columns = { { label = "a" } }, rows = { row } }
    row[1] = "changed"
    assert.are.equal("x", shown.rows[1][1])
    assert.are.equal("", shown.caption)
  end)

  it("takes numbers and NA, and puts cells on one line", function()
    local shown = tables.new { columns = { { label = "a" }, { label = "b" }, { label = "c" } },
      rows = { { "two\nlines", 1.23456, core.NA } } }
    assert.are.same({ "two lines", "1.23", "NA" }, table.move(shown.rows[1], 1, 3, 1, {}))
  end)
end)

describe("table:text", function()
  it("aligns, spans, indents and sets totals apart", function()
    assert.are.same({
      "Baseline",
      "            Treated --------------",
      "                     A           B  Placebo",
      "-------------------------------------------",
      "Primary",
      "  pancreas  1/8 (13 %)  2/9 (22 %)     3/10",
      "-------------------------------------------",
      "All                  8           9       10",
      "-------------------------------------------",
      "n/N (%).",
    }, lines(baseline(), ASCII))
  end)

  it("continues below with the columns that do not fit, beside the first again", function()
    local got = lines(baseline(), { width = 40, ascii = true })
    for _, line in ipairs(got) do assert.is_true(#line <= 40, line) end
    local text = table.concat(got, "\n")
    assert.is_truthy(text:find("Placebo", 1, true))
    local _, n = text:gsub("pancreas", "")
    assert.are.equal(2, n)
    assert.is_falsy(text:find("not shown", 1, true))
  end)

  it("leaves out columns of a large table from the right, and names them", function()
    local large = baseline()
    large.wrap = false
    local got = lines(large, { width = 40, ascii = true })
    for _, line in ipairs(got) do assert.is_true(#line <= 40, line) end
    assert.are.equal("1 column not shown (width 43 shows all):", got[#got - 1])
    assert.are.equal("Placebo", got[#got])
    assert.are.equal(#lines(large, { width = 43, ascii = true }), #got - 2)
  end)

  it("repeats what says what a row is about: texts it begins with, keys, all before estimates",
    function()
      local function second_head(columns, keys)
        local row = {}
        for c = 1, #columns do row[c] = ("x"):rep(8) end
        local shown = tables.new { columns = columns, rows = { row }, keys = keys }
        local heads = {}
        for _, line in ipairs(lines(shown, { width = 34, ascii = true })) do
          if line:find "^model" then heads[#heads + 1] = line:gsub("%s+", " ") end
        end
        return heads[2]
      end
      local right = function(label) return { label, align = "right" } end
      local columns = { "model", "arm", right "time", right "auc", right "brier" }
      assert.are.equal("model arm auc", second_head(columns))
      assert.are.equal("model brier", second_head(columns, 1):gsub(" auc", ""))
      columns = { "model", right "time", right "estimate", right "auc", right "brier" }
      assert.are.equal("model time auc", second_head(columns))
    end)

  it("wraps a text that is too wide, and loses no column", function()
    local frame = core.frame { { "a", { 1 } }, { "msg", { ("word "):rep(40) } }, { "b", { 2 } } }
    local got = lines(tables.from_frame(frame), ASCII)
    assert.are.same({ "a", "msg", "b" }, { got[1]:match "(%S+) +(%S+) +(%S+)$" })
    for _, line in ipairs(got) do assert.is_true(#line <= 80, line) end
    local _, n = table.concat(got, "\n"):gsub("word", "")
    assert.are.equal(40, n)
    assert.are.equal(("-"):rep(80), got[2])
    for _, width in ipairs { 16, 20, 40 } do
      for _, text in ipairs { ("x"):rep(70), ("xxx "):rep(20) } do
        local one = core.frame { { "name", { text } }, { "msg", { "m" } }, { "t", { text } },
          { "n", { 12345 } } }
        local all = table.concat(lines(tables.from_frame(one), { width = width, ascii = true }),
          "\n")
        for _, label in ipairs { "name", "msg", "12345" } do
          assert.is_truthy(all:find(label, 1, true), all)
        end
        for line in all:gmatch "[^\n]+" do assert.is_true(#line <= width, line) end
      end
    end
  end)

  it("ends a text of many lines in a mark and says so", function()
    local frame = core.frame { { "a", { 1 } }, { "msg", { ("word "):rep(400) } } }
    local got = lines(tables.from_frame(frame), ASCII)
    assert.is_truthy(got[10]:find("~$"), got[10])
    assert.is_truthy(table.concat(got, " "):find("1 text is cut after 8 lines", 1, true))
  end)

  it("wraps the first column when nothing else is left", function()
    local shown = tables.new { columns = { { label = "name" }, { label = "n" } },
      rows = { { "a very long name of a study", "1" } } }
    local got = lines(shown, { width = 12, ascii = true })
    assert.are.same({ "name       n", "------------", "a very     1", "long name", "of a",
      "study" }, got)
  end)

  it("measures characters, not bytes", function()
    local shown = tables.new { columns = { { label = "Site" }, { label = "n", align = "right" } },
      rows = { { "Köln", "1" }, { "Hannover", "12" } } }
    local got = lines(shown, { width = 80, ascii = false })
    assert.are.equal("Köln       1", got[3])
    assert.are.equal("Hannover  12", got[4])
    assert.are.equal(("─"):rep(12), got[2])
  end)

  it("shows units below the labels, and a wide group widens its last column", function()
    local shown = tables.new { columns = { { label = "g" }, { label = "m", unit = "months",
      align = "right", group = "A long group name" } }, rows = { { "x", "1" } } }
    assert.are.same({ "   A long group name", "g                  m", "            (months)",
      "--------------------", "x                  1" }, lines(shown, ASCII))
  end)

  it("takes the width of the terminal, and an unknown option is an error", function()
    assert.are.equal(tostring(baseline()), baseline():text())
    local err = helper.raised(baseline().text, baseline(), { widht = 1 })
    assert.is_truthy(err.message:find("widht", 1, true))
  end)

  it("shows a table without rows", function()
    local empty = tables.new { columns = { { label = "a" } }, rows = {} }
    assert.are.same({ "a", "-" }, lines(empty, ASCII))
  end)
end)

describe("table.from_frame", function()
  local frame = helper.frame(3, {
    { "term", "text", { "age", "sex", nil } },
    { "estimate", "real", { 1.23456, 12.5, nil }, "Hazard ratio" },
    { "n", "integer", { 12345, 1, 0 }, nil, "patients" },
    { "p_value", "real", { 0.00001, 0.049, 0 / 0 } },
    { "alive", "logical", { true, false, nil } },
  })

  it("shows significant digits, p values, NA and NaN", function()
    local shown = tables.from_frame(frame)
    local function row(i) return table.move(shown.rows[i], 1, 5, 1, {}) end
    assert.are.same({ "age", "1.23", "12345", "<0.001", "true" }, row(1))
    assert.are.same({ "sex", "12.5", "1", "0.049", "false" }, row(2))
    assert.are.same({ "NA", "NA", "0", "NaN", "NA" }, row(3))
    assert.are.equal("patients", shown.columns[3].unit)
    assert.are.equal("right", shown.columns[2].align)
    assert.are.equal("left", shown.columns[5].align)
  end)

  it("aligns numbers on the decimal point", function()
    local got = lines(tables.from_frame(frame), ASCII)
    local _, first = got[4]:find("1.23", 1, true)
    local _, second = got[5]:find("12.5", 1, true)
    assert.are.equal(first - 2, second - 1)
  end)

  it("counts the rows it does not show", function()
    local shown = tables.from_frame(frame, { rows = 1, notes = { "first" } })
    assert.are.equal(1, #shown.rows)
    assert.are.same({ "first", "... 2 more rows" }, shown.notes)
    assert.are.same({ "... 1 more row" }, tables.from_frame(frame, { rows = 2 }).notes)
    assert.are.same({}, tables.from_frame(frame, { rows = 3 }).notes)
  end)

  it("takes digits and labels", function()
    local shown = tables.from_frame(frame, { digits = 4, labels = true })
    assert.are.equal("1.235", shown.rows[1][2])
    assert.are.equal("Hazard ratio", shown.columns[2].label)
    assert.are.equal("term", shown.columns[1].label)
  end)
end)
