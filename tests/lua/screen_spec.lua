--- What the prompt puts on the screen: colours and when, records, errors with their line, figures.
local colour = require "lobule.colour"
local display = require "lobule.prompt.display"
local failure = require "lobule.failure"
local lb = require "lobule"
local records = require "lobule.prompt.records"
local show = require "lobule.figure.show"

local function environment(values)
  return function(name) return values[name] end
end

describe("colours", function()
  it("follow the command line, NO_COLOR, TERM, what forces them, the terminal, in this order",
    function()
      local cases = {
        { "always", { NO_COLOR = "1", TERM = "dumb" }, false, true },
        { "never", { FORCE_COLOR = "1" }, true, false },
        { "auto", {}, true, true }, { "auto", {}, false, false },
        { "auto", { NO_COLOR = "" }, true, true },
        { "auto", { NO_COLOR = "1", CLICOLOR_FORCE = "1" }, true, false },
        { "auto", { TERM = "dumb", FORCE_COLOR = "1" }, true, false },
        { "auto", { CLICOLOR_FORCE = "1" }, false, true },
        { "auto", { FORCE_COLOR = "3" }, false, true },
        { "auto", { FORCE_COLOR = "0" }, false, false },
        { "auto", { CLICOLOR_FORCE = "" }, false, false },
        { nil, { TERM = "xterm" }, true, true },
      }
      for i, case in ipairs(cases) do
        assert.are.equal(case[4], colour.wanted(case[1], environment(case[2]), case[3]), i)
      end
    end)

  it("mark NA, negative numbers and warnings, nothing else", function()
    local on = colour.new(true)
    assert.are.equal("a  \27[2mNA\27[0m  NAN  x-1  2020-01-05", colour.result("a  NA  NAN  x-1  "
      .. "2020-01-05", on))
    assert.are.equal("\27[31m-1.5\27[0m (\27[31m-2\27[0m to 0.3)",
      colour.result("-1.5 (-2 to 0.3)", on))
    assert.are.equal("\27[31m-3e-05\27[0m -", colour.result("-3e-05 -", on))
    assert.are.equal("\27[33mwarning: -1 is odd\27[0m\n2", colour.result("warning: -1 is odd\n2",
      on))
    assert.are.equal("\27[33mwarning: -1 is\27[0m\n\27[33m  odd\27[0m\n2", colour.result(
      "warning: -1 is\n  odd\n2", on))
    assert.are.equal("x\n  odd", colour.result("x\n  odd", on))
  end)

  it("leave the text as it is when off, and its width always", function()
    local text = "NA -1 é"
    assert.are.equal(text, colour.result(text, colour.new(false)))
    local bare = colour.result(text, colour.new(true)):gsub("\27%[%d+m", "")
    assert.are.equal(text, bare)
  end)
end)

describe("records", function()
  local frame = lb.frame { { "treatment", { "TAE", "SIRT" }, "factor" },
    { "progression_free_survival", { 12.25, lb.NA } }, { "chromogranin_a", { -3.5, 1e6 } } }
    :label { chromogranin_a = { "CgA", unit = "ng/mL" } }
  local shown = require("lobule.table").from_frame(frame, { digits = 3 })

  it("stand where fewer than three columns fit", function()
    assert.is_true(records.needed(shown, 40))
    assert.is_false(records.needed(shown, 80))
    local two = require("lobule.table").from_frame(frame:select { "treatment", "chromogranin_a" })
    assert.is_false(records.needed(two, 40))
    local one = require("lobule.table").from_frame(frame:select { "progression_free_survival" })
    assert.is_false(records.needed(one, 5))
  end)

  it("have one field a line, its unit with its name, no line wider than the screen", function()
    assert.are.equal(table.concat({ "-- 1 ---------------------------------",
      "treatment                  TAE",
      "progression_free_survival  12.3",
      "chromogranin_a (ng/mL)     -3.5",
      "-- 2 ---------------------------------",
      "treatment                  SIRT",
      "progression_free_survival  NA",
      "chromogranin_a (ng/mL)     1000000" }, "\n"), records.text(shown, 38, true))
    for width = 12, 60 do
      for line in records.text(shown, width, false):gmatch "[^\n]+" do
        local label = line:find "^[%a]" and not line:find "  "
        assert.is_true(label or utf8.len(line) <= width, width .. ": " .. line)
      end
    end
  end)

  it("are what the prompt shows on a narrow screen", function()
    assert.is_truthy(display.text(frame, 40):find "progression_free_survival  12.3\n")
    assert.is_truthy(display.text(frame, 80):find "^treatment  progression_free_survival")
  end)
end)

describe("a result at the prompt", function()
  it("fits the width, and its numbers stand under their decimal mark", function()
    local frame = lb.frame { { "x", { 1.2345, 123.456, -0.000123456 } }, { "n", { 1, 20, 300 } },
      { "y", { 0.5, 1, 2 } } }
    local text = display.text(frame, 60)
    local first = {}
    for line in text:gmatch "[^\n]+" do first[#first + 1] = line:match "%S+" end
    assert.are.same({ "x", first[2], "1.23", "123", "-0.000123" }, first)
    local point
    for line in text:gmatch "[^\n]*%.%d[^\n]*" do
      local at = line:find("%.", 1)
      point = point or at
      assert.are.equal(point, at, text)
    end
  end)

  it("has its sentences broken at spaces, its tables left alone", function()
    local cox = lb.survival.cox("Surv(months, progressed) ~ arm + age", lb.example_data())
    local narrow = display.text(cox, 60)
    for line in narrow:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 60, line) end
    assert.are.equal((tostring(cox):gsub("%s+", " ")), (narrow:gsub("%s+", " ")))
    assert.are.equal(tostring(cox), display.text(cox, 200))
    local text = ("word "):rep(40)
    assert.are.equal(text, display.text(text, 60))
  end)

  it("is a line for a figure, broken where the screen ends", function()
    local km = lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data())
    assert.is_nil(display.text(km:plot(), 200):find "\n")
    local text = display.text(km:plot(), 80)
    for line in text:gmatch "[^\n]+" do assert.is_true(#line <= 80, line) end
    assert.is_truthy(text:find(":show()", 1, true))
  end)

  it("tells what an entry cost", function()
    assert.are.equal("4.2 s, 2 threads, 61 MB", display.cost(4.21, 2, 61 * 2 ^ 20 + 1))
    assert.are.equal("120 ms, 1 thread, 8 MB", display.cost(0.1204, 1, 8 * 2 ^ 20))
  end)
end)

describe("an error", function()
  failure.add_source("entry 3", "local x = 1\n  y = = 3\nz.a = undefined_name\nq()")
  local function shown(text) return failure.explained(text) end

  it("shows its line with a caret where the message says what", function()
    assert.are.equal("entry 3:2: unexpected symbol near '='\n  y = = 3\n      ^",
      shown "entry 3:2: unexpected symbol near '='")
    assert.are.equal("entry 3:3: undefined name 'undefined_name'\n  z.a = undefined_name\n"
      .. "        ^^^^^^^^^^^^^^", shown "entry 3:3: undefined name 'undefined_name'")
    assert.are.equal("entry 3:3: attempt to index a nil value (global 'z')\n"
      .. "  z.a = undefined_name\n  ^",
      shown "entry 3:3: attempt to index a nil value (global 'z')")
  end)

  it("shows the line alone where it does not", function()
    assert.are.equal("entry 3:4: oh\n  q()", shown "entry 3:4: oh")
  end)

  it("keeps the caret of an expression, the mend and a traceback of several frames", function()
    local text = "entry 3:4: no column 'q'\n  q > 1\n  ^\nThe mend."
    assert.are.equal(text, shown(text))
    local frames = "traceback:\n  a:1: in f\n  entry 3:4: in the main chunk"
    assert.are.equal("entry 3:4: oh\n  q()\n" .. frames, shown("entry 3:4: oh\n" .. frames))
    assert.are.equal("entry 3:4: oh\n  q()",
      shown "entry 3:4: oh\ntraceback:\n  entry 3:4: in the main chunk")
  end)

  it("shows what is about the caret where the line is wider than the terminal", function()
    local line = ("a = f(1) "):rep(12) .. "wrong_name" .. (" b = g(2)"):rep(12)
    failure.add_source("entry 4", line)
    for _, width in ipairs { 30, 40, 61, 80, 100, 1000 } do
      local text = failure.explained("entry 4:1: undefined name 'wrong_name'", width)
      local _, source, caret = text:match "^([^\n]*)\n([^\n]*)\n([^\n]*)$"
      assert.is_true(#source <= width and #caret <= width, source)
      local from, to = caret:find "%^+"
      assert.are.equal("wrong_name", source:sub(from, to))
    end
  end)

  it("never reads a file that is no script", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write "secret\n"
    file:close()
    assert.are.equal(path .. ":1: bad cell", shown(path .. ":1: bad cell"))
    os.remove(path)
  end)
end)

describe("a figure shown", function()
  it("has the right base64", function()
    local vectors = { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==",
      fooba = "Zm9vYmE=", foobar = "Zm9vYmFy" } -- RFC 4648, section 10
    for plain, coded in pairs(vectors) do assert.are.equal(coded, show.base64(plain)) end
    assert.are.equal("/+8A", show.base64 "\xff\xef\0")
  end)

  it("goes to kitty in chunks of 4096, the last one marked", function()
    local png = ("\x89PNG"):rep(2000)
    local whole, n = {}, 0
    for keys, part in show.kitty(png):gmatch "\27_G([^;]*);([^\27]*)\27\\" do
      n = n + 1
      assert.are.equal(n == 1 and "a=T,f=100,q=2,m=1" or n == 3 and "m=0" or "m=1", keys)
      assert.is_true(#part <= 4096 and (n == 3 or #part % 4 == 0))
      whole[n] = part
    end
    assert.are.equal(3, n)
    assert.are.equal(show.base64(png), table.concat(whole))
  end)

  it("goes where it can be seen", function()
    local cases = {
      { { KITTY_WINDOW_ID = "1", DISPLAY = ":0" }, true, "kitty" },
      { { TERM = "xterm-kitty" }, true, "kitty" }, { { TERM = "xterm-kitty" }, false, "path" },
      { { TERM = "xterm-kitty", TMUX = "x", DISPLAY = ":0" }, true, "browser" },
      { { TERM = "xterm", WAYLAND_DISPLAY = "w" }, true, "browser" },
      { { TERM = "xterm", DISPLAY = "" }, true, "path" },
    }
    for i, case in ipairs(cases) do
      assert.are.equal(case[3], show.place(environment(case[1]), case[2]), i)
    end
  end)
end)
