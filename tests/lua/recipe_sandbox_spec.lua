--- What a recipe's process may send, and what the parent makes of the answers of one that lies.
local answers = require "lobule.recipe.answer"
local clean = require "lobule.clean"
local core = require "lobule.core"
local host = require "lobule.host"
local process = require "lobule.recipe.process"
local reports = require "lobule.report"
local wire = require "lobule.recipe.wire"

local SECONDS <const> = 5 -- more than any lie may cost its reader

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function raised(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  assert.is_true(type(err) == "table", "no error object: " .. tostring(err))
  return err
end

local random

local function some_text()
  local bytes = {}
  for i = 1, random(0, 12) do bytes[i] = string.char(random(0, 255)) end
  return table.concat(bytes)
end

local NUMBERS <const> = { 0, -0.0, 1 / 0, -1 / 0, 0 / 0, -(0 / 0), 1e308, -5e-324, 0.1,
  math.maxinteger, math.mininteger, 2 ^ 53, 1.0 }

local function some_value(depth)
  local kind = random(1, depth > 4 and 5 or 8)
  if kind == 1 then return NUMBERS[random(1, #NUMBERS)] end
  if kind == 2 then return random(0) end
  if kind == 3 then return some_text() end
  if kind == 4 then return random(1, 2) == 1 end
  if kind == 5 then return core.NA end
  local t = {}
  for i = 1, random(0, 4) do t[i] = some_value(depth + 1) end
  for _ = 1, random(0, 4) do t[some_text()] = some_value(depth + 1) end
  return t
end

--- The same to the last bit.
local function same(a, b)
  if rawequal(a, core.NA) or rawequal(b, core.NA) then return rawequal(a, b) end
  if math.type(a) ~= math.type(b) or type(a) ~= type(b) then return false end
  if math.type(a) == "float" then return string.pack("d", a) == string.pack("d", b) end
  if type(a) ~= "table" then return a == b end
  for key, value in next, a do
    if not same(value, b[key]) then return false end
  end
  for key in next, b do
    if a[key] == nil then return false end
  end
  return true
end

describe("values between the processes", function()
  before_each(function()
    local state = 20240101
    random = function(low, high)
      state = state * 6364136223846793005 + 1442695040888963407
      local bits = state >> 33
      if low == 0 and high == nil then return state ~ (state >> 17) end
      return low + bits % (high - low + 1)
    end
  end)

  it("come back to the last bit", function()
    for _ = 1, 300 do
      local value = some_value(1)
      local bytes = wire.encode(value)
      local back = wire.decode(bytes)
      assert.is_true(same(value, back))
      assert.are.equal(bytes, wire.encode(back))
    end
  end)

  it("keep the order of an object's fields", function()
    local object = setmetatable({ b = 1, a = { 2 } }, { __keys = { "b", "a", "b", "none" } })
    local back = wire.decode(wire.encode(object))
    assert.are.equal('{"b":1,"a":[2]}', core.json_encode(back))
  end)

  it("are read without their metatables", function()
    local lie = setmetatable({ 1 }, { __len = function() return math.maxinteger end,
      __index = function(t) return t end, __pairs = error })
    assert.is_true(same({ 1 }, wire.decode(wire.encode(lie))))
  end)

  it("are refused where they are no plain data or too many", function()
    local ring = {}
    ring.ring = ring
    local wide = {}
    for _ = 1, 30 do wide = { wide, wide } end
    for text, value in next, { function_ = print, thread = coroutine.create(print),
      ["nested deeper"] = ring, ["more than %d+ tables"] = wide, ["no text"] = { [1.5] = 1 },
      ["key that is no text"] = { [true] = 1 } } do
      assert.matches(text:gsub("_$", ""), raised(wire.encode, { value }).message)
    end
  end)

  it("are refused when they are cut or damaged, whatever they claim", function()
    local bytes = wire.encode { 1, 2.5, "text", { a = true, b = core.NA }, { { { false } } } }
    for cut = 0, #bytes - 1 do
      assert.are.equal("data", raised(wire.decode, bytes:sub(1, cut)).code)
    end
    assert.are.equal("data", raised(wire.decode, bytes .. "n").code)
    for i = 1, #bytes do
      for _, byte in ipairs { 0, 1, 0x7f, 0xff, ("{"):byte(), ("s"):byte() } do
        local damaged = bytes:sub(1, i - 1) .. string.char(byte) .. bytes:sub(i + 1)
        local ok, err = pcall(wire.decode, damaged)
        assert.is_true(ok or err.code == "data")
      end
    end
  end)

  it("cost nothing before they are there", function()
    local before = host.clock()
    collectgarbage()
    local held = collectgarbage "count"
    local most = 0xffffffff
    for _, bytes in ipairs { string.pack("<c1 I4 I4", "{", most, 0),
      string.pack("<c1 I4 I4", "{", 0, most), string.pack("<c1 I4 I4", "{", most, most),
      string.pack("<c1 I4", "s", most), ("{\0\0\0\0\1\0\0\0"):rep(100000),
      string.pack("<c1 I4 I4", "{", 1, 0):rep(100000),
      string.pack("<c1 I4 I4", "{", wire.MOST_VALUES + 10, 0)
        .. ("n"):rep(wire.MOST_VALUES + 10) } do
      assert.are.equal("data", raised(wire.decode, bytes).code)
    end
    local places = {}
    for i = 1, 20000 do places[i] = string.pack("<c1 i8 c1", "i", i * 65535, "t") end
    assert.are.equal("data", raised(wire.decode, string.pack("<c1 I4 I4", "{", 0, #places)
      .. table.concat(places)).code)
    collectgarbage()
    assert.is_true(collectgarbage "count" - held < 10000)
    assert.is_true(host.clock() - before < SECONDS)
  end)
end)

describe("frames between the processes", function()
  it("come back with every type, missing cell, label and level", function()
    local NA = core.NA
    local frame = core.frame {
      { "real", { 0.1, -0.0, 0 / 0, 1 / 0, NA }, "real", label = "A \"label\"", unit = "ng/mL" },
      { "whole", { math.maxinteger, math.mininteger, 0, NA, 7 }, "integer" },
      { "flag", { true, false, NA, true, false }, "logical" },
      { "text, odd", { "", "NA", NA, "a,\"b\"\nc", "é" }, "text" },
      { "when", { "2024-02-29", NA, "1969-12-31", "2024-01-01", NA }, "date" },
      { "grade", { "", "G2", NA, "G2", "" }, "factor", levels = { "never", "", "G2" },
        ordered = true },
    }
    local back = wire.unpack_frame(wire.pack_frame(frame), "x.csv")
    assert.are.same(frame:names(), back:names())
    assert.are.equal("x.csv", back:source())
    for _, name in ipairs(frame:names()) do
      local a, b = frame:column(name), back:column(name)
      assert.are.same({ a:type(), a:label(), a:unit(), a:levels(), a:ordered() },
        { b:type(), b:label(), b:unit(), b:levels(), b:ordered() })
      for i = 1, #a do assert.is_true(same(a[i], b[i])) end
    end
    assert.are.equal(wire.pack_frame(frame), wire.pack_frame(back))
  end)

  it("are refused when their bytes are damaged", function()
    local bytes = wire.pack_frame(core.frame { { "x", { 1, 2, 3 } } })
    for cut = 0, #bytes - 1 do
      assert.are.equal("data", raised(wire.unpack_frame, bytes:sub(1, cut), "x").code)
    end
  end)
end)

describe("texts of a recipe", function()
  it("cannot steer a terminal", function()
    assert.are.equal("a\tb\n?[31m?", clean.text "a\tb\n\27[31m\7")
    assert.are.equal("é ? ? ?", clean.text "é \u{9b} \u{202e} \u{2066}")
    assert.are.equal("x?y", clean.text "x\xffy")
    assert.are.equal("Überleben, 生存", clean.text "Überleben, 生存")
  end)

  it("are shown up to a limit, and that is said once", function()
    local shown = {}
    local show = clean.limited(function(text) shown[#shown + 1] = text end, 3, 1000)
    for i = 1, 10 do show("line " .. i) end
    assert.are.equal(4, #shown)
    assert.matches("left out", shown[4])
    shown = {}
    show = clean.limited(function(text) shown[#shown + 1] = text end, 1000, 100)
    for _ = 1, 10 do show(("x"):rep(60)) end
    assert.are.equal(2, #shown)
  end)
end)

local function request_for(source)
  local columns = { "time", "event", "arm" }
  local frame = core.frame { { "time", { 1.0, 2, 3, 4, 5, 6 } },
    { "event", { true, false, true, true, false, true } },
    { "arm", { "A", "A", "A", "B", "B", "B" }, "factor" } }
  assert(#columns == 3)
  return { source = source, file = "evil.lua", path = "evil.lua" },
    { inputs = { { name = "data", file = "d.csv", frame = wire.pack_frame(frame) } }, params = {},
      seed = 1, report = { title = "T" } }
end

local LIMITS <const> = { cpu_s = 10, memory = 2 ^ 29 }

--- Runs what a child that sends these bytes would come to.
local function with_answer(bytes, kind, f)
  local child = host.child
  host.child = function() return kind or "result", bytes end
  local ok, result = pcall(f)
  host.child = child
  if not ok then error(result, 0) end
  return result
end

local function run_with(answer)
  local recipe, request = request_for "return {}"
  return with_answer(wire.encode { value = answer, sandbox = {} }, "result", function()
    return process.run(recipe, request, LIMITS, print)
  end)
end

local function nothing() return { results = {}, blocks = {}, records = {} } end

describe("an answer that lies", function()
  it("is an error of its recipe", function()
    local function block(b) return { results = {}, blocks = { b }, records = {} } end
    local column = { label = "a", align = "left" }
    local lies = { false, 1, "text", {}, { results = {}, blocks = {} },
      { results = { 1 }, blocks = {}, records = {} },
      { results = { { name = 1, record = {} } }, blocks = {}, records = {} },
      { results = { { name = "x" } }, blocks = {}, records = {} },
      { results = {}, blocks = {}, records = { 1 } },
      block(1), block {}, block { kind = "code", text = "x" }, block { kind = "text" },
      block { kind = "text", text = 1 }, block { kind = "heading", text = "x" },
      block { kind = "heading", text = "x", level = 1e300 },
      block { kind = "heading", text = "x", level = 2.5 },
      block { kind = "table", table = 1 }, block { kind = "table", table = {} },
      block { kind = "table", table = { columns = {}, rows = {} } },
      block { kind = "table", table = { columns = { 1 }, rows = {} } },
      block { kind = "table", table = { columns = { column }, rows = { 1 } } },
      block { kind = "table", table = { columns = { column }, rows = { { {} } } } },
      block { kind = "table", table = { columns = { column }, rows = { { "x", indent = -1 } } } },
      block { kind = "table", table = { columns = { column }, rows = {}, evil = 1 } },
      block { kind = "table", table = { columns = { column }, rows = {} }, caption = 7 },
      block { kind = "figure" }, block { kind = "figure", figure = { kind = "evil", spec = {},
        width_mm = 100 }, width_mm = 100, data = {} },
      block { kind = "figure", figure = { kind = "flow", spec = { title = "x", steps = {
        { label = "x", n = 1 } } }, width_mm = 0 / 0 }, width_mm = 100, data = {} },
      block { kind = "figure", figure = { kind = "flow", spec = { title = "x", steps = 3 },
        width_mm = 100 }, width_mm = 100, data = {} },
      block { kind = "figure", figure = { kind = "forest", spec = { title = "x", rows = { {
        label = "x", indent = 1e9 } } }, width_mm = 100 }, width_mm = 100, data = {} },
    }
    for i, lie in ipairs(lies) do
      local err = raised(run_with, lie)
      assert.are.equal("data", err.code, "lie " .. i)
      assert.matches("evil%.lua: ", err.message)
    end
  end)

  it("is an error in its frame too", function()
    local recipe, request = request_for "return {}"
    for kind, bytes in next, { garbled = "x", error = "x", result = "x", fault = "\27[2J",
      crash = "signal 9" } do
      local err = raised(with_answer, bytes, kind, function()
        return process.run(recipe, request, LIMITS, print)
      end)
      assert.are.equal("data", err.code)
      assert.is_nil(err.message:find "\27")
    end
    local err = raised(with_answer, wire.encode { message = {}, where = 1 }, "error", function()
      return process.run(recipe, request, LIMITS, print)
    end)
    assert.are.equal("evil.lua: ", err.message)
  end)

  it("is too long where it cannot be drawn", function()
    local many = {}
    for i = 1, 2001 do many[i] = { label = "x", n = 1 } end
    local long = ("x"):rep(100001)
    for _, block in ipairs { { kind = "text", text = long },
      { kind = "figure", figure = { kind = "flow", spec = { title = "x", steps = many },
        width_mm = 100 }, width_mm = 100, data = {} },
      { kind = "figure", figure = { kind = "flow", spec = { title = long, steps = { many[1] } },
        width_mm = 100 }, width_mm = 100, data = {} } } do
      local answer = nothing()
      answer.blocks[1] = block
      assert.matches("at most", answers.problem(answer))
    end
  end)

  it("of a declaration is an error of its recipe", function()
    for _, lie in ipairs { false, 1, "x", {}, { name = {} }, { name = "x", version = {} },
      { name = "x", version = "1.0.0", title = "x", inputs = { 1 } },
      { name = "x", version = "1.0.0", title = "x", inputs = { { name = "d", columns = 1 } } },
      { name = "x", version = "1.0.0", title = "x", limits = 1, inputs = {} } } do
      local err = raised(with_answer, wire.encode { value = lie }, "result", function()
        return process.describe { source = "return {}", file = "evil.lua" }
      end)
      assert.are.equal("data", err.code)
      assert.matches("evil%.lua: ", err.message)
    end
  end)
end)

--- Every place of a tree: tables and keys, in the order of the keys; of a long list its first.
local function places(t, list)
  local keys = {}
  for key in next, t do
    if type(key) == "string" or key <= 3 then keys[#keys + 1] = key end
  end
  table.sort(keys, function(x, y) return tostring(x) < tostring(y) end)
  for _, key in ipairs(keys) do
    list[#list + 1] = { t, key }
    if type(t[key]) == "table" then places(t[key], list) end
  end
  return list
end

describe("a true answer with one thing changed", function()
  it("is an error or a report, soon", function()
    local recipe, request = request_for(read "tests/host/recipes/allowed.lua")
    local child, bytes = host.child, nil
    host.child = function(...)
      local kind, payload = child(...)
      bytes = payload
      return kind, payload
    end
    process.run(recipe, request, LIMITS, function() end)
    host.child = child
    local junk = { 0, -1, 1e308, -1e308, 0 / 0, 1 / 0, 5e-324, math.mininteger, "", "x",
      "\0\27<script>", {}, { {} }, { 1e308, -1e308 }, true, core.NA, { 0, 1e-300, 1e300 } }
    local whole = places(wire.decode(bytes).value, {})
    local stride, done = math.max(1, #whole // 120), 0
    for i = 1, #whole, stride do
      local answer = wire.decode(bytes).value
      local place = places(answer, {})[i]
      place[1][place[2]] = junk[done % #junk + 1]
      done = done + 1
      local before = host.clock()
      local ok, err = pcall(function()
        local got = run_with(answer)
        local report = reports.new { title = "T" }
        report.blocks, report.records = got.blocks, got.records
        local path = os.tmpname() .. ".html"
        report:save(path)
        local html = read(path):gsub('<script type="application/json".-</script>', "")
        os.remove(path)
        assert(not html:find("<script", 1, true), "a script in the page")
      end)
      assert.is_true(ok or type(err) == "table", tostring(err))
      assert.is_true(host.clock() - before < SECONDS, tostring(place[2]))
    end
    assert.is_true(done >= 100)
  end)
end)

describe("a recipe's process", function()
  local function child(run, limits)
    local source = ([[return { name = "x", version = "1.0.0", title = "X", inputs = { data = {
      columns = { { "time", role = "time" } } } }, run = function(lb, inputs, params, report)
      %s end }]]):format(run)
    local given = { cpu_s = 20, wall_s = 20, memory_bytes = 2 ^ 28, output_bytes = 2 ^ 20 }
    for key, value in next, limits or {} do given[key] = value end
    local printed = 0
    local kind, payload = host.child({ wire.encode { action = "run", source = source,
      file = "x.lua", inputs = {}, params = {}, seed = 1, report = { title = "X" } } }, given,
      function() printed = printed + 1 end)
    return kind, payload, printed
  end

  it("answers", function()
    local kind, payload = child "return { n = 1 }"
    assert.are.equal("result", kind)
    local sandbox = wire.decode(payload).sandbox
    assert.is_true(sandbox.limits)
    assert.are.equal("boolean", type(sandbox.landlock))
  end)

  it("has limits of wall time and output", function()
    local kind, what = child("while true do end", { wall_s = 0.5 })
    assert.are.same({ "limit", "wall" }, { kind, what })
    kind, what = child("print(('x'):rep(5000))", { output_bytes = 1000 })
    assert.are.same({ "limit", "output" }, { kind, what })
  end)

  it("draws random numbers from the seed", function()
    local texts = {}
    for i = 1, 2 do
      local kind, payload = child "return { n = math.random(1000000) }"
      assert.are.equal("result", kind)
      texts[i] = payload
    end
    assert.are.equal(texts[1], texts[2])
  end)
end)
