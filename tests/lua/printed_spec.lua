--- What results print and report: the parts in their order, lines broken where the terminal ends.
local printed = require "lobule.printed"
local screen = require "lobule.screen"
local tables = require "lobule.table"

local LONG <const> = "at tied times those with an event are at risk of censoring, and those "
  .. "censored are at risk of the event"

local function fit(fields)
  local base = { title = "A test", warnings = { "seven rows are odd" }, info = { formula = "y ~ x",
    n_missing = 2, n_rows = 9, dropped = { { variable = "x", n = 2 } } } }
  for name, value in next, fields or {} do base[name] = value end
  return base
end

local function view()
  return tables.new { columns = { { label = "Term", align = "left" } }, rows = { { "x" } },
    notes = { "A note." } }
end

--- Runs with a terminal of a width.
local function at_width(width, run)
  local before = screen.terminal_width
  screen.terminal_width = function() return width end
  local ok, found = pcall(run)
  screen.terminal_width = before
  assert(ok, found)
  return found
end

describe("print", function()
  it("shows heading, table, lines and warnings", function()
    local lines = { "first", "second" }
    assert.are.equal("A test\n  y ~ x\n  2 of 9 rows left out for missing values (x 2)\n"
      .. tostring(view()) .. "\nfirst\nsecond\nwarning: seven rows are odd",
      printed.text(fit(), view(), lines))
    assert.are.equal(2, #lines)
  end)

  it("does without a formula, a table, lines and warnings", function()
    local bare = { title = "A test" }
    assert.are.equal("", printed.text(bare))
    assert.are.equal("a", printed.text(bare, "a"))
    assert.are.equal("a\nb", printed.text(bare, "a", { "b" }))
  end)

  it("says rows left out for other reasons", function()
    local info = { formula = "y", n_left = 3, n_rows = 9, causes_left = {
      { reason = "no follow-up", n = 3 } } }
    assert.are.equal("A test\n  y\n  3 of 9 rows left out (no follow-up 3)\n"
      .. "warning: seven rows are odd", printed.text(fit { info = info }))
    info.n_left = 0
    assert.are.equal("A test\n  y\nwarning: seven rows are odd", printed.text(fit { info = info }))
  end)

  it("breaks lines and warnings where the terminal ends, and loses no word", function()
    local odd = fit { warnings = { LONG, "short" } }
    for width = 20, 140 do
      local text = at_width(width, function()
        return printed.text(odd, "T", { LONG, "  " .. LONG })
      end)
      local below = text:match "T\n(.*)"
      assert.are.equal(table.concat({ LONG, LONG, "warning: " .. LONG, "warning: short" }, " "),
        (below:gsub("%s+", " ")))
      for line in below:gmatch "[^\n]+" do assert.is_true(#line <= width, line) end
    end
  end)

  it("continues a line two columns further in than it began", function()
    local text = at_width(12, function()
      return printed.text({ title = "", warnings = { "cd ef" } }, nil,
        { "  aaa bbb ccc", "aa bb  cc" })
    end)
    assert.are.equal("  aaa bbb\n    ccc\naa bb  cc\nwarning: cd\n  ef", text)
  end)

  it("leaves the formula whole", function()
    local long = fit { info = { formula = LONG, n_missing = 0 } }
    assert.is_truthy(at_width(30, function() return printed.text(long) end):find(LONG, 1, true))
  end)
end)

describe("blocks", function()
  it("are the table with its notes, then warnings", function()
    local blocks = printed.blocks(fit(), view(), { "a line" }, nil, { "last" })
    assert.are.equal(2, #blocks)
    assert.are.same({ "A note.", "a line.", "2 of 9 rows left out for missing values (x 2).",
      "last" }, blocks[1].table.notes)
    assert.are.equal("A test", blocks[1].table.caption)
    assert.are.same({ kind = "warning", text = "seven rows are odd" }, blocks[2])
  end)

  it("take a caption and do without the rest", function()
    local blocks = printed.blocks({ title = "A test" }, view(), nil, { caption = "Mine" })
    assert.are.equal(1, #blocks)
    assert.are.equal("Mine", blocks[1].table.caption)
    assert.are.same({ "A note." }, blocks[1].table.notes)
  end)
end)
