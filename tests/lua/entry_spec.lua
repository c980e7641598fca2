--- What an entry of the prompt means, and the session as a script.
local entry = require "lobule.prompt.entry"
local history = require "lobule.prompt.history"
local lb = require "lobule"
local prompt = require "lobule.prompt"
local script = require "lobule.prompt.script"
local tokens = require "lobule.prompt.tokens"
local values = require "lobule.values"
local waiting = require "lobule.prompt.waiting"

describe("an entry", function()
  it("is a command, a question, a search or code", function()
    local function read(text) return { entry.read(text) } end
    assert.are.same({ "command", "time on" }, read ".time on ")
    assert.are.same({ "help", "km" }, read "?km")
    assert.are.same({ "help", "lb.survival.km" }, read "lb.survival.km?")
    assert.are.same({ "search", "hazard" }, read "??hazard")
    assert.are.same({ "empty", "" }, read "  \n ")
    assert.are.same({ "code", "_:head(3)" }, read ":head(3)")
    assert.are.same({ "code", "::label:: x = 1" }, read "::label:: x = 1")
    assert.are.same({ "code", "x = '?'" }, read "x = '?'")
  end)

  it("is complete, lacks its end, or is wrong", function()
    for text, wanted in next, { ["x = 1"] = "complete", ["x"] = "complete", ["x = "] = "incomplete",
      ["for i = 1, 2 do"] = "incomplete", ["f("] = "incomplete", ["[[ a"] = "incomplete",
      ["x = = 1"] = "invalid", ["'a"] = "invalid", [".help"] = "complete", [""] = "complete",
      ["c:filter('a')\n  :head(2)"] = "complete", ["if x then\n y = 1"] = "incomplete" } do
      assert.are.equal(wanted, (entry.state(text)), text)
    end
  end)

  it("keeps chunk-level locals, and only those", function()
    local function kept(text) return (entry.keep_locals(text)) end
    assert.are.equal("x = 1", kept "local x = 1")
    assert.are.equal("x = nil ", kept "local x")
    assert.are.equal("a, b = 1, 2", kept "local a <const>, b = 1, 2")
    assert.are.equal("function f() local a = 1 end", kept "local function f() local a = 1 end")
    assert.are.equal("do local a = 1 end", kept "do local a = 1 end")
    assert.are.equal("if x then local a = 1 elseif y then local b = 2 else local c = 3 end d =4",
      kept "if x then local a = 1 elseif y then local b = 2 else local c = 3 end local d =4")
    assert.are.equal("for i = 1, 2 do local a = i end", kept "for i = 1, 2 do local a = i end")
    assert.are.equal("repeat local a = 1 until a\ne = 5",
      kept "repeat local a = 1 until a\nlocal e = 5")
    assert.are.equal("t = { f = function() local a end }",
      kept "local t = { f = function() local a end }")
    assert.are.equal("local f <close> = g()", kept "local f <close> = g()")
    assert.are.equal("s = 'local x'", kept "local s = 'local x'")
    assert.are.equal("-- local x\ny = 1", kept "-- local x\nlocal y = 1")
  end)

  it("runs as written after locals are kept: lines stay where they were", function()
    local text = "local a = 1\nlocal b =\n 2\nerror('here')"
    local chunk = assert(entry.compile(text, setmetatable({}, { __index = _G }), "=entry"))
    local _, message = pcall(chunk)
    assert.are.equal("entry:4: here", message)
  end)

  it("shows the last expression of pasted statements", function()
    local env = {}
    assert.are.equal(30, assert(entry.compile("local p = 5\nlocal q = 6\np * q", env, "=e"))())
    assert.are.equal(7, assert(entry.compile("x = 7\nx", env, "=e"))())
    assert.is_nil(entry.compile("x = 7 x", env, "=e"))
  end)

  it("knows the variable that a line with a colon goes on with", function()
    assert.are.equal("x", entry.assigned "local x = 1")
    assert.are.equal("y", entry.assigned "x = 1 y = f { z = 2 }")
    assert.is_nil(entry.assigned "f { z = 2 }")
    assert.is_nil(entry.assigned "t.x = 1")
    assert.are.equal("c:head(2)", select(2, entry.read(":head(2)", "c")))
    local shown = {}
    local s = prompt.new(setmetatable({ print = function() end }, { __index = _G }))
    s.env.made = { count = function(self) shown[#shown + 1] = self.n return self.n end, n = 3 }
    assert.are.equal("error", (s:enter ":count()"))
    s:enter "other = { n = 5, count = made.count }"
    s:enter ":count()"
    assert.are.same({ 5 }, shown)
  end)

  it("takes off the prompts of a pasted session, and its output", function()
    assert.are.equal("x = 1\nfor i = 1, 2 do\n  x = x + i\nend",
      entry.without_prompts "lb> x = 1\n42\nlb> for i = 1, 2 do\n..>   x = x + i\n..> end\nout")
  end)

  it("has tokens with places", function()
    local function kinds(text)
      local list = {}
      for i, one in ipairs(tokens.list(text)) do
        list[i] = one.kind .. ":" .. one.text
        assert.are.equal(one.text, text:sub(one.start, one.stop))
      end
      return list
    end
    assert.are.same({ "name:x", "operator:=", "number:0x1p-3", "operator:..", "string:'a\\'b'",
      "comment:-- c" }, kinds "x = 0x1p-3 .. 'a\\'b' -- c")
    assert.are.same({ "string:[==[ ]] ]==]", "comment:--[[ x\n]]", "keyword:end" },
      kinds "[==[ ]] ]==] --[[ x\n]] end")
    assert.is_true(tokens.list("x = 'abc")[3].open)
    assert.is_true(tokens.list("x = [[abc")[3].open)
  end)
end)

describe("history", function()
  it("reads entries of many lines and leaves out repeats", function()
    assert.are.same({ "x = 1", "for i = 1, 2 do\nend", "x = 1" },
      history.entries "#1\nx = 1\n#2\nx = 1\n#3\nfor i = 1, 2 do\nend\n#4\nx = 1\n")
    assert.are.same({}, history.entries "")
    assert.are.same({}, history.entries "garbage\nwithout times\n")
  end)
end)

describe("the session as a script", function()
  local function run(entries)
    local s = prompt.new(setmetatable({ print = function() end }, { __index = _G }))
    for _, text in ipairs(entries) do s:enter(text) end
    return s, script.text(s)
  end

  it("keeps what worked, and prints what was shown", function()
    local s, text, n = run { "local x = 2", "x", "oops.y", "y = x + 1", ".vars", "y, x -- both" }
    assert.are.equal('local lb = require "lobule"\n\nlocal x = 2\nprint(x)\ny = x + 1\n'
      .. "print(y, x)\n", text)
    assert.are.equal(4, n)
    assert.are.equal('local lb = require "lobule"\n\nlocal x = 2\ny = x + 1\n',
      (script.text(s, true)))
  end)

  it("keeps calls for what they do", function()
    local s = prompt.new(setmetatable({ math = math, fig = { show = function() end } },
      { __index = _G }))
    s:enter "math.randomseed(7)"
    s:enter "fig:show()"
    assert.are.equal('local lb = require "lobule"\n\nprint(math.randomseed(7))\nfig:show()\n',
      (script.text(s)))
    assert.is_nil(script.text(s, true):find "show")
  end)

  it("gives as a script what the session gave", function()
    local function printed(f)
      local put, file = io.stdout, assert(io.tmpfile())
      io.output(file)
      rawset(io, "stdout", file)
      local ok, err = pcall(f, function(...)
        local parts = table.pack(...)
        for i = 1, parts.n do parts[i] = values.text(parts[i]) end
        file:write(table.concat(parts, "\t"), "\n")
      end)
      rawset(io, "stdout", put)
      io.output(put)
      file:seek "set"
      local lines = file:read "a"
      file:close()
      assert(ok, err)
      return lines
    end
    local s
    local before = printed(function(print)
      s = prompt.new(setmetatable({ print = print, lb = lb }, { __index = _G }))
      for _, text in ipairs { "local k <const> = 3", "k", "k = 4", "k -- look", "x, y = 1, 2",
        "function f() return x end", "local x = 5", "f();", "x, y", "_9 and _, nil", "oops()",
        "d = lb.example_data()", "d:head(2)", ":names()", "{ a = 1, b = { x } }", "1\n+ 1",
        "print 'said'", "z = 1\nz + 1 -- a pasted one" } do
        s:enter(text)
      end
    end)
    local after = printed(function(print)
      local env = setmetatable({ print = print }, { __index = _G })
      assert(load(script.text(s), "=script", "t", env))()
    end)
    assert.is_true(#before > 200)
    assert.are.equal(before, after)
    assert.are.same({}, (script.compare(s)))
  end)

  it("names the results that later entries use", function()
    local _, text = run { "1 + 1", "_ * 10", "z = _ + _1", "'look'" }
    assert.are.equal('local lb = require "lobule"\n\nlocal _1 = 1 + 1\nprint(_1)\n'
      .. "local _2 = _1 * 10\nprint(_2)\nz = _2 + _1\nprint('look')\n", text)
  end)

  it("says what differs when it runs again", function()
    local s = run { "x = 1", "y = 2" }
    assert.are.same({}, (script.compare(s)))
    s.env.y = 3
    assert.are.same({ "y" }, (script.compare(s)))
  end)

  it("is not written over anything else", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write "id,age\n1,2\n"
    file:close()
    assert.has_error(function() script.check_target(path) end)
    file = assert(io.open(path, "w"))
    file:write 'local lb = require "lobule"\n'
    file:close()
    script.check_target(path)
    os.remove(path)
    script.check_target(path)
  end)

  it("keeps an entry that begins with a bracket apart from the one before", function()
    local s = prompt.new(setmetatable({ print = function() end }, { __index = _G }))
    for _, text in ipairs { "x = 1", "('a'):rep(3)", "y = x", "(x + y) * 2",
      "-- a remark\n(function() z = 5 end)()" } do
      assert.are.equal("ok", (s:enter(text)))
    end
    assert.are.same({}, (script.compare(s)))
    local env = setmetatable({ print = function() end }, { __index = _G })
    assert(load(script.text(s), "=script", "t", env))()
    assert.are.equal(5, env.z)
  end)

  it("takes the return off an entry, which nothing could follow", function()
    local s = prompt.new(setmetatable({ print = function() end }, { __index = _G }))
    for _, text in ipairs { "return 5", "x = 2 return x", "y = _ + 1" } do
      assert.are.equal("ok", (s:enter(text)))
    end
    assert.are.same({}, (script.compare(s)))
    local env = setmetatable({ print = function() end }, { __index = _G })
    assert(load(script.text(s), "=script", "t", env))()
    assert.are.equal(3, env.y)
  end)

  it("keeps an expression that leaves something behind", function()
    local s = prompt.new(setmetatable({ print = function() end,
      thing = { save = function() return 1 end } }, { __index = _G }))
    s:enter "thing:save 'x'"
    assert.is_truthy(script.text(s):find("thing:save 'x'", 1, true))
  end)
end)

describe("an unfinished entry", function()
  it("says what it waits for", function()
    assert.are.equal("')' for the '(' of line 1", (waiting.what "f(a,\n b"))
    assert.are.equal("'end' for the 'do' of line 2",
      (waiting.what "x = 1\nfor i = 1, 2 do\nif a then end"))
    assert.are.equal("the end of the text that begins in line 1", (waiting.what "x = [[a\nb"))
    assert.are.equal("what follows '+'", (waiting.what "x = 1 +"))
    assert.is_nil(waiting.hint("f(", 1, false))
    assert.is_nil(waiting.hint("for i = 1, 2 do\n x()\n", 3, false))
    assert.is_truthy(waiting.hint("f(1,\n2,", 2, false):find "^%(waiting for '%)'")
    assert.is_truthy(waiting.hint("if a then\n b()", 0, true):find "^%(waiting for 'end'")
    assert.is_truthy(waiting.hint("km:tidy\n", 1, false):find(":tidy()", 1, true))
  end)
end)
