--- Plain Lua values in words: bounded, sorted, and never an address.
local failure = require "lobule.failure"
local lb = require "lobule"
local values = require "lobule.values"

local function widest(text)
  local most = 0
  for line in text:gmatch "[^\n]+" do most = math.max(most, utf8.len(line)) end
  return most
end

describe("a plain value in words", function()
  it("is a table with sorted keys, list items first", function()
    assert.are.equal('{ 1, 2, a = "x", b = { c = true } }',
      values.text { b = { c = true }, 1, 2, a = "x" })
    assert.are.equal("{}", values.text {})
    assert.are.equal('{ [1.5] = 4, ["a b"] = 2, ["end"] = 1, [true] = 3 }',
      values.text { [true] = 3, ["end"] = 1, [1.5] = 4, ["a b"] = 2 })
    assert.are.equal([[{ "a\n\"b\"\27" }]], values.text { 'a\n"b"\27' })
  end)

  it("is cut in depth, in length, at cycles", function()
    assert.are.equal("{ { { { 2 fields } } } }", values.text { { { { 1, 2 } } } })
    local long, wide, round = {}, {}, {}
    for i = 1, 1000 do
      long[i] = i
      wide["key" .. i] = i
    end
    round.me = round
    assert.is_truthy(values.text(long):find "20,%s+%.%.%. 980 more%s+}$")
    assert.is_truthy(values.text(wide):find "%.%.%. 980 more named\n}$")
    assert.are.equal("{ me = (this table again) }", values.text(round))
    assert.are.equal("{ { 1 }, { 1 } }", values.text((function(t) return { t, t } end) { 1 }))
  end)

  it("fits the width", function()
    local one = { text = ("é"):rep(200), [("k"):rep(150)] = 1, list = {} }
    for i = 1, 50 do one.list[i] = i * 10007 end
    for _, width in ipairs { 20, 40, 80 } do
      local text = values.text({ one, one }, width)
      assert.is_true(widest(text) <= width, text)
      assert.is_truthy(utf8.len(text))
    end
  end)

  it("never is an address", function()
    local proxy = setmetatable({}, { __tostring = function(t) return "at " .. rawlen(t) end })
    local list = { print, function() end, coroutine.create(print), io.stdout, {}, proxy,
      lb.example_data(), lb.frame { { "a", { 1 } } }, lb.NA, lb.survival }
    for i, one in ipairs(list) do
      assert.is_nil(values.text(one):find "0x%x", i)
    end
    assert.is_nil(values.text(list):find "0x%x")
    assert.is_nil(values.text { [print] = 1, [{}] = 2, [io.stdout] = 3 }:find "0x%x")
    assert.is_truthy(values.text(function() end):find "^a function of .*values_spec%.lua:%d+$")
    assert.are.equal("{ frame, 1 row }", values.text { lb.frame { { "a", { 1 } } } })
  end)

  it("says what an error was that is no message", function()
    assert.are.equal("the error is a table: { code = 1 }", failure.text { code = 1 })
    assert.is_truthy(failure.text(nil):find "^the error is nil: ")
    assert.is_nil(failure.text(print):find "0x%x")
    assert.are.equal("the error is the number 3", values.raised(3))
    assert.are.equal("the error is the boolean false", values.raised(false))
  end)
end)
