-- The parts of `lobule recipe`: paths of results, variants of CSV text, comparisons, names,
-- examples.
local bundle = require "lobule.recipe.tools.bundle"
local compare = require "lobule.recipe.tools.compare"
local core = require "lobule.core"
local csv_text = require "lobule.recipe.tools.csv_text"
local example = require "lobule.recipe.example"
local host = require "lobule.host"
local lb = require "lobule"
local paths = require "lobule.recipe.paths"
local say = require "lobule.recipe.tools.say"
local words = require "lobule.recipe.tools.words"

local function fails(text, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  assert.truthy(tostring(err):find(text, 1, true), tostring(err))
end

describe("paths of results", function()
  -- By hand: A fails at 1, 2, 3, so S(2) = 1/3 and the median is 2; B is never seen to fail.
  local data = lb.frame { { "t", { 1, 2, 3, 4.0, 5, 6 } }, { "e", { 1, 1, 1, 0, 0, 0 } },
    { "arm", { "A", "A", "A", "B", "B", "B" }, "factor" } }
  local km = lb.survival.km("Surv(t, e) ~ arm", data)
  local results = { km = km, half = 0.5, median = km:median { arm = "A" } }

  local function value(path)
    local one = paths.values(results, { path })[1]
    assert.is_nil(one.problem)
    return one.value
  end
  local function problem(path) return paths.values(results, { path })[1].problem end

  it("takes numbers and quantities", function()
    assert.equal(0.5, value "half")
    assert.equal(2, value "median")
    assert.equal(3, value "median.n_event")
  end)

  it("takes fields, methods and cells", function()
    assert.equal(6, value "km.n")
    assert.equal(2, value "km.median[arm=A]")
    assert.equal(2, value "km.quantile[prob=0.5, arm=A]")
    assert.equal(6, value "km.glance.n")
    assert.equal(6, value "km.glance.n[1]")
    assert.equal(2, value "km.quantiles.estimate[2]")
  end)

  it("gives NA for what does not exist", function()
    assert.equal(core.NA, value "km.median[arm=B]")
  end)

  it("says what is wrong, and spoils no other path", function()
    assert.truthy(problem("mk.n"):find "did you mean 'km'")
    assert.truthy(problem("km.n_evnt"):find "did you mean 'n_event'")
    assert.truthy(problem("km.median[arm=C]"):find "no group")
    assert.truthy(problem("km.median"):find "not a single value")
    assert.truthy(problem("km.glance.nn"):find "has no 'nn'")
    assert.truthy(problem("km.quantiles.estimate"):find "rows")
    assert.truthy(problem("km.quantiles.estimate[arm=C]"):find "has no 'arm=C'")
    assert.truthy(problem("km.quantiles.estimate[arm=A]"):find "several rows are called 'arm=A'")
    for _, bad in ipairs { "", ".", "km.", "a.b.c.d", "km[1]", "1km", "km.n[]x" } do
      assert.truthy(problem(bad), bad)
    end
    local list = paths.values(results, { "nothing", "half" })
    assert.truthy(list[1].problem)
    assert.equal(0.5, list[2].value)
  end)

  it("reads brackets inside brackets", function()
    local names, inside = paths.parse "cox.tidy.estimate[treatment[SIRT]]"
    assert.same({ "cox", "tidy", "estimate" }, names)
    assert.equal("treatment[SIRT]", inside)
  end)
end)

describe("variants of a CSV text", function()
  local TEXT <const> = 'id;"a ""b""";c\r\n1;"x;y\nz";2,5\r\n2;;3\r\n\r\n3;w;4'

  it("takes quotes, separators and line ends as they are", function()
    local csv = csv_text.parse("\xEF\xBB\xBF" .. TEXT)
    assert.equal(";", csv.separator)
    assert.same({ "id", '"a ""b"""', "c" }, csv.header)
    assert.same({ { "1", '"x;y\nz"', "2,5" }, { "2", "", "3" }, { "3", "w", "4" } }, csv.rows)
    assert.equal(2, csv_text.place(csv, 'a "b"'))
    assert.is_nil(csv_text.place(csv, "a"))
    assert.same(csv, csv_text.parse(csv_text.text(csv)))
  end)

  it("changes one thing", function()
    local csv = csv_text.parse "a,b\n1,\n2,4\n3,5\n4,6\n"
    assert.same({ "b", "a" }, csv_text.reversed(csv).header)
    assert.same({ "4", "2" }, csv_text.reversed(csv).rows[2])
    assert.same({ "new", "a", "b" }, csv_text.widened(csv, "new").header)
    assert.same({ "2", "" }, csv_text.blanked(csv, 2, 0).rows[2])
    assert.same({ "3", "" }, csv_text.blanked(csv, 2, 0.5).rows[3])
    assert.same({ "4", "" }, csv_text.blanked(csv, 2, 1).rows[4])
    assert.same({ "2", "4" }, csv.rows[2])
    assert.same({ { "1", "" } }, csv_text.first(csv, 1).rows)
    assert.equal("a,b\n", csv_text.text(csv_text.first(csv, 0)))
    assert.is_nil(csv_text.blanked(csv_text.first(csv, 1), 2, 0))
  end)

  it("shuffles all rows, always the same way", function()
    local lines = { "x" }
    for i = 1, 20 do lines[i + 1] = tostring(i) end
    local csv = csv_text.parse(table.concat(lines, "\n") .. "\n")
    local a, b = csv_text.shuffled(csv), csv_text.shuffled(csv)
    assert.same(a, b)
    assert.not_same(csv.rows, a.rows)
    local seen = {}
    for _, row in ipairs(a.rows) do seen[row[1]] = true end
    for i = 1, 20 do assert.is_true(seen[tostring(i)]) end
  end)
end)

describe("comparing results", function()
  it("holds numbers to their tolerance", function()
    assert.is_nil(compare.differs(1 + 1e-10, { value = 1, rel = 1e-9 }))
    assert.truthy(compare.differs(1 + 1e-8, { value = 1, rel = 1e-9 }))
    assert.is_nil(compare.differs(3, { value = 2, abs = 1 }))
    assert.truthy(compare.differs(3.5, { value = 2, abs = 1 }))
    assert.truthy(compare.differs(0 / 0, { value = 2, abs = 1 }))
    assert.truthy(compare.differs(core.NA, { value = 2, abs = 1 }))
    assert.is_nil(compare.differs(core.NA, { value = "NA" }))
    assert.is_nil(compare.differs("log", { value = "log" }))
    assert.truthy(compare.differs("log", { value = "plain" }))
    assert.equal("2 expected, 3.5 found: off by 1.5, 1 allowed",
      compare.differs(3.5, { value = 2, abs = 1 }))
  end)

  local function answer(record, blocks)
    return { results = { { name = "r", record = record } }, records = {}, blocks = blocks or {} }
  end

  it("finds where records differ", function()
    assert.is_nil(compare.results(answer { a = { 1, 2 } }, answer { a = { 1, 2 + 1e-12 } }))
    assert.equal("r.a.2: 2 and 3",
      compare.results(answer { a = { 1, 2 } }, answer { a = { 1, 3 } }))
    assert.truthy(compare.results(answer { a = 1 }, answer { b = 1 }))
    assert.is_nil(compare.results(answer { warnings = { "row 1" } },
      answer { warnings = { "row 2" } }))
  end)

  it("finds NaN in records and in tables", function()
    assert.is_nil(compare.nan(answer { a = { 1, core.NA } }))
    assert.equal("r.a.2", compare.nan(answer { a = { 1, 0 / 0 } }))
    local shown = { rows = { { "mean", "-nan" } } }
    assert.truthy(compare.nan(answer({}, { { kind = "table", table = shown } })))
    shown = { rows = { { "finance", "banana" } } }
    assert.is_nil(compare.nan(answer({}, { { kind = "table", table = shown } })))
  end)

  it("knows what counts a missing value", function()
    local base = answer { n = 5, n_missing = 0 }
    assert.is_true(compare.counted(base, answer { n = 4, n_missing = 1 }))
    assert.is_false(compare.counted(base, answer { n = 4, n_missing = 0 }))
    local function named(n)
      return { results = { { name = "n_missing", record = { value = n } } }, records = {},
        blocks = {} }
    end
    assert.is_true(compare.counted(named(0), named(1)))
    local function flow(n) return answer { kind = "flow", steps = { n = { n } } } end
    assert.is_true(compare.counted(flow(5), flow(4)))
    local function note(text) return answer({}, { { kind = "note", text = text } }) end
    assert.is_true(compare.counted(note "0 left out", note "1 left out"))
    assert.is_false(compare.counted(note "mean 3", note "mean 4"))
  end)

  it("tells Lua's own errors from clear ones", function()
    assert.is_true(compare.is_fault("x.lua:3: attempt to index a nil value (local 'x')"))
    assert.is_true(compare.is_fault { message = "bad argument #1 to 'log'" })
    assert.is_false(compare.is_fault { message = "survival.km: the data have no rows" })
  end)
end)

describe("an example", function()
  local function declared(fields)
    return { inputs = { { name = "data" } }, example = fields, params = {
      { name = "seed", type = "integer", default = 1 },
      { name = "horizon", type = "real", optional = true } } }
  end

  it("is checked field by field", function()
    local one = example.of(declared { data = "x.csv", params = { horizon = 3 },
      columns = { id = "patient", covariates = { "a", "b" } },
      expect = { ["b.n"] = { 1 }, ["a.n"] = 2 } })
    assert.same({ data = "x.csv" }, one.files)
    assert.same({ seed = 1, horizon = 3.0 }, one.params)
    assert.same({ id = { "patient" }, covariates = { "a", "b" } }, one.columns)
    assert.same({ { path = "a.n", value = 2, rel = 1e-9 },
      { path = "b.n", value = 1, rel = 1e-9 } }, one.expect)
    assert.is_nil(example.of { inputs = { { name = "data" } } })
  end)

  it("refuses what is wrong", function()
    local of = function(fields) return example.of(declared(fields)) end
    fails("did you mean 'data'", of, { dta = "x.csv" })
    for _, name in ipairs { "../x.csv", "/etc/passwd", "a/b.csv", ".x", "a b", "a..b", "" } do
      fails("file name without folders", of, { data = name })
    end
    fails("names the input 'other'", of, { data = { other = "x.csv" } })
    fails("no such parameter (did you mean 'seed'?)", of, { params = { sed = 3 } })
    fails("a whole number", of, { params = { seed = 1.5 } })
    fails("has no value", of, { expect = { ["a.b"] = { rel = 1 } } })
    fails("a number, a text or a logical", of, { expect = { ["a.b"] = { {} } } })
    fails("holds 'tol'", of, { expect = { ["a.b"] = { 1, tol = 1 } } })
    fails("a number from 0", of, { expect = { ["a.b"] = { 1, rel = -1 } } })
  end)
end)

describe("words and names", function()
  local SPEC <const> = { usage = "x", least = 1, most = 2, short = { k = "key" },
    options = { key = "value", all = "flag" } }

  it("parts words from options", function()
    local named, options = words.parse({ "a", "--key", "v", "--all", "--", "--b" }, SPEC)
    assert.same({ "a", "--b" }, named)
    assert.same({ key = "v", all = true }, options)
    assert.equal("v", select(2, words.parse({ "a", "--key=v" }, SPEC)).key)
    assert.equal("v", select(2, words.parse({ "a", "-k", "v" }, SPEC)).key)
    fails("did you mean --key", words.parse, { "a", "--kye" }, SPEC)
    fails("a value is missing", words.parse, { "a", "--key" }, SPEC)
    fails("takes no value", words.parse, { "a", "--all=1" }, SPEC)
    fails("usage: x", words.parse, {}, SPEC)
    fails("usage: x", words.parse, { "a", "b", "c" }, SPEC)
  end)

  it("takes plain names only", function()
    bundle.check_name "compare-arms.example.csv"
    for _, name in ipairs { "../a", "/a", "a/b", "a\\b", ".a", "a b", "a\0b", "a\nb", "c:d", "",
      "\xC3\xA4.lua", ("x"):rep(101) } do
      fails("not plain", bundle.check_name, name)
    end
  end)

  it("lets no control character through", function()
    assert.equal("a b\nc d e", say.plain "a\27b\nc\127d\xC2\x9Be")
    assert.equal("x.lua:1: y. z", say.problem { message = "x.lua: x.lua:1: y", context = "z" })
  end)
end)

describe("the host", function()
  it("runs a program by its arguments, without a shell", function()
    local status, output = host.run_program { "printf", "%s|", "a b", "$HOME", "; exit 7", "*" }
    assert.equal(0, status)
    assert.equal("a b|$HOME|; exit 7|*|", output)
    assert.equal(3, (host.run_program { "sh", "-c", "exit 3" }))
    assert.equal(128 + 9, (host.run_program { "sh", "-c", "kill -9 $$" }))
    assert.same({ nil, "No such file or directory" }, { host.run_program { "no-such-program" } })
    assert.is_false(pcall(host.run_program, {}))
    assert.is_false(pcall(host.run_program, { "sh", 3 }))
    assert.is_false(pcall(host.run_program, { "sh\0x" }))
  end)

  it("gives a file as standard input and takes no more output than it keeps", function()
    local folder = host.temporary_folder()
    local path = folder .. "/in"
    core.write_file(path, ("x"):rep(3 * 2 ^ 20 | 0))
    local status, output = host.run_program({ "cat" }, path)
    assert.equal(0, status)
    assert.is_true(#output <= 2 ^ 20 and #output > 0)
    assert.equal("file", host.path_kind(path))
    assert.equal("folder", host.path_kind(folder))
    assert.is_nil(host.path_kind(path .. "x"))
    os.remove(path)
    assert.is_true(os.remove(folder))
  end)
end)
