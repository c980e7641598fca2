-- lobule.core under stock lua5.4: every function once, errors, wrong arguments, memory that fails,
-- nothing left behind. Prints TAP; run from the top folder with LUA_CPATH naming the module.
local core = require "lobule.core"

local n, failed = 0, 0
local function test(name, run)
  collectgarbage()
  collectgarbage()
  local objects, blocks = core.live_objects(), core.live_blocks()
  local ok, err = xpcall(run, function(e)
    return type(e) == "table" and tostring(e) or debug.traceback(e)
  end)
  collectgarbage()
  collectgarbage() -- a finalizer may release another object
  if ok and core.live_objects() ~= objects then ok, err = false, "objects left behind" end
  -- Inside the program Lua's own memory counts too; there the blocks say nothing.
  local stock = not package.preload["lobule.host"]
  if ok and stock and core.live_blocks() > blocks then ok, err = false, "memory left behind" end
  n = n + 1
  if ok then
    print(("ok %d - %s"):format(n, name))
  else
    failed = failed + 1
    print(("not ok %d - %s\n#   %s"):format(n, name, (tostring(err):gsub("\n", "\n#   "))))
  end
end

local function eq(got, want, what)
  if got ~= want then
    error(("%s: got %s, expected %s"):format(what or "value", tostring(got), tostring(want)), 2)
  end
end

-- Calls f, which must fail with this code and a message that has the text in it.
local function fails(code, text, f, ...)
  local ok, err = pcall(f, ...)
  if ok then error("no error, expected " .. text, 2) end
  if type(err) ~= "table" then error("not an error object: " .. tostring(err), 2) end
  eq(err.code, code, "code")
  if not tostring(err):find(text, 1, true) then error("message: " .. tostring(err), 2) end
  return err
end

local NA <const> = core.NA

-- Eight patients in two arms.
local function patients()
  return core.frame {
    { "id", { "a", "b", "c", "d", "e", "f", "g", "h" }, "text" },
    { "time", { 1, 2, 3, 4, 5, 6, 7, 8 }, "real", label = "Follow-up", unit = "months" },
    { "died", { true, true, false, true, true, false, true, true } },
    { "arm", { "TAE", "SIRT", "TAE", "SIRT", "TAE", "SIRT", "TAE", "SIRT" }, "factor",
      levels = { "TAE", "SIRT" } },
    { "age", { 61, NA, 70, 55, 48, 66, 72, 59 } },
    { "seen", { "2024-02-29", NA, 3, "2020-01-01", n = 8 }, "date" },
  }
end

test("frame and columns", function()
  local f = patients()
  eq(#f, 8)
  eq(f:rows(), 8)
  eq(table.concat(f:names(), " "), "id time died arm age seen")
  eq(f:has "age", true)
  eq(f:has "sex", false)
  eq(f:source(), nil)
  eq(f:source_row(3), 3)
  eq(tostring(f), "frame of 8 rows and 6 columns")
  local age = f:column "age"
  eq(age:type(), "integer")
  eq(#age, 8)
  eq(age[1], 61)
  eq(age[2], nil)
  eq(age[9], nil)
  eq(age:missing(), 1)
  eq(age:totable()[2], NA)
  eq(age:totable().n, 8)
  local time = f:column "time"
  eq(time:label(), "Follow-up")
  eq(time:unit(), "months")
  eq(math.type(time[1]), "float")
  local arm = f:column "arm"
  eq(table.concat(arm:levels(), " "), "TAE SIRT")
  eq(arm:ordered(), false)
  eq(age:levels(), nil)
  eq(f:column("died")[3], false)
  local seen = f:column "seen"
  eq(seen[1], "2024-02-29")
  eq(seen[3], "1970-01-04")
  eq(seen:missing(), 5)
end)

test("frames of a frame", function()
  local f = patients()
  local some = core.take(f, { 8, 1 })
  eq(some:column("id")[1], "h")
  eq(some:source_row(1), 8)
  eq(table.concat(core.select(f, { "arm", "id" }):names(), " "), "arm id")
  eq(core.rename(f, "age", "age_years"):has "age", false)
  eq(core.with_column(f, "twice", f:column "age"):column("twice")[1], 61)
  fails("argument", "is not between 1 and 8", core.take, f, { 9 })
  fails("name", "did you mean 'age'", core.select, f, { "aeg" })
end)

test("factors and labels", function()
  local f = patients()
  local arm = core.relevel(f:column "arm", { "SIRT" })
  eq(arm:levels()[1], "SIRT")
  local stage = core.frame({ { "s", { "II", "I", NA } } }):column "s"
  eq(core.factor(stage):levels()[1], "I")
  eq(core.factor(stage, { "II", "I" }, true):ordered(), true)
  fails("name", "", core.factor, stage, { "II" })
  eq(core.label(stage, "Stage", nil):label(), "Stage")
  eq(core.label(stage, nil, nil):label(), nil)
end)

test("summary", function()
  local f = patients()
  local age = core.summary(f:column "age")
  eq(age.n, 8)
  eq(age.n_missing, 1)
  eq(age.n_distinct, 7)
  eq(age.min, 48)
  eq(age.median, 61)
  local arm = core.summary(f:column "arm")
  eq(arm.levels[2].label, "SIRT")
  eq(arm.levels[2].n, 4)
  eq(core.summary(f:column "id").n_distinct, 8)
end)

test("expressions", function()
  local f = patients()
  local kept, n_true, n_false, n_missing, notes = core.filter(f, "age >= 60")
  eq(#kept, 4)
  eq(n_true, 4)
  eq(n_false, 3)
  eq(n_missing, 1)
  eq(#notes, 0)
  eq(kept:source_row(2), 3)
  eq(#core.reject(f, "age >= 60"), 4)
  local with = core.with { limit = 60, arms = { "SIRT" } }
  eq(#core.filter(f, "age >= $limit and arm in $arms", with), 1)
  with:check_used()
  fails("name", "limit", function() core.with({ limit = 60 }):check_used() end)
  eq(core.eval(f, "age * 2")[1], 122)
  local name, expression = core.split_assignment "older = age + 1"
  eq(name .. expression:gsub("^ ", ""), "olderage + 1")
  local by_arm = core.summarise(f, { "n = n()", "oldest = max(age)" }, { "arm" })
  eq(by_arm:column("arm")[2], "SIRT")
  eq(by_arm:column("n")[1], 4)
  eq(by_arm:column("oldest")[1], 72)
  local groups = core.split(f, { "arm" })
  eq(groups[2].key[1], "SIRT")
  eq(#groups[2].frame, 4)
  eq(type(core.expression_functions()[1].name), "string")
  local err = fails("name", "no column 'agee' (did you mean 'age'?)", core.filter, f, "agee > 1")
  assert(err.context:find("^^^^", 1, true), "a caret below the source")
end)

test("csv and files", function()
  local text = "id,age\na,61\nb,NA\n"
  local f, problems, n_problems = core.parse_csv(text, "list.csv", { types = { age = "real" } })
  eq(f:source(), "list.csv")
  eq(f:column("age")[1], 61)
  eq(#problems + n_problems, 0)
  eq(core.format_csv(f), "id,age\na,61\nb,\n")
  local path = os.tmpname()
  core.write_file(path, text)
  eq(core.read_file(path), text)
  eq(#core.read_csv(path), 2)
  os.remove(path)
  fails("io", path, core.read_file, path)
  fails("argument", "unknown type 'number'", core.parse_csv, text, "list.csv",
    { types = { age = "number" } })
  eq(core.sha256 "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
end)

test("json", function()
  eq(core.json_encode { 1, 2.5, "a", true, NA }, '[1,2.5,"a",true,null]')
  eq(core.json_encode { b = 1, a = { 0 / 0, 1 / 0 } }, '{"a":["NaN","Inf"],"b":1}')
  eq(core.json_encode(setmetatable({ b = 1, a = 2 }, { __keys = { "b", "a" } })), '{"b":1,"a":2}')
  eq(core.json_encode {}, "[]")
  eq(core.json_encode(setmetatable({}, { __keys = {} })), "{}")
  eq(core.json_encode { age = patients():column "age" }, '{"age":[61,null,70,55,48,66,72,59]}')
  local value = core.json_decode '{"a":[1,null,"x"],"b":{"c":false}}'
  eq(value.a[1], 1)
  eq(value.a[2], NA)
  eq(value.b.c, false)
  fails("parse", "", core.json_decode, "[1,")
  local big = core.json_decode("[9007199254740993, -9223372036854775808, 9223372036854775808, "
    .. "2.0, 0.5]")
  eq(big[1], 9007199254740993)
  eq(math.type(big[1]), "integer")
  eq(big[2], math.mininteger)
  eq(math.type(big[3]), "float")
  eq(math.type(big[4]), "integer")
  eq(big[5], 0.5)
  eq(core.json_encode(core.json_decode "[9007199254740993]"), "[9007199254740993]")
  fails("parse", "too large for a double", core.json_decode, "[1e400]")
  local loop = {}
  loop[1] = loop
  fails("argument", "contains itself", core.json_encode, loop)
  fails("argument", "both a list and an object", core.json_encode, { 1, a = 2 })
  fails("argument", "function", core.json_encode, print)
end)

test("numbers", function()
  eq(core.format_number(0.1), "0.1")
  eq(core.format_number(3), "3")
  eq(core.text_width "αβ", 2)
  assert(math.abs(core.normal_quantile(0.975) - 1.959963984540054) < 1e-14)
  assert(math.abs(core.normal_p(10) / 1.523970604832105e-23 - 1) < 1e-9) -- computed in the tail
  assert(math.abs(core.chi_square_p(3.841458820694124, 1) - 0.05) < 1e-14)
  local low, high = core.proportion(0, 10, 0.95, "exact")
  eq(low, 0)
  assert(math.abs(high - (1 - 0.025 ^ (1 / 10))) < 1e-9)
  fails("argument", "Values are: wilson, exact,", core.proportion, 0, 10, 0.95, "walt")
  eq(core.nearest("traetment", { "age", "treatment" }), "treatment")
  eq(core.nearest("zzz", { "age", "treatment" }), nil)
  local before = core.threads()
  eq(core.threads(3), 3)
  core.threads(0)
  eq(core.threads(), before)
end)

test("survival", function()
  local f = patients()
  local m = core.model("Surv(time, died) ~ arm", f, "groups")
  local info = m:info()
  eq(info.n_used, 8)
  eq(info.n_event, 6)
  eq(info.groups.label[2], "SIRT")
  eq(info.groups.name[1], "arm=TAE")
  eq(info.time_unit, "months")
  eq(info.time_max, 8)
  local km = core.km(m, 0.95, "log-log")
  -- TAE: times 1, 3+, 5, 7: S = 3/4, 3/8, 0.
  local curve = km:curve(1)
  eq(curve:column("survival")[1], 0.75)
  eq(curve:column("survival")[3], 0.375)
  eq(km:quantile(1, 0.5), 5)
  eq(km:at(1, { 0, 4 }):column("n_risk")[2], 2)
  local rows, events = km:count(2)
  eq(rows, 4)
  eq(events, 3)
  fails("argument", "between 1 and 2", km.curve, km, 3)
  local test_result = core.logrank(m, {})
  eq(test_result.df, 1)
  assert(math.abs(test_result.observed[1] + test_result.observed[2] - 6) < 1e-12)
  local cox = core.cox(core.model("Surv(time, died) ~ arm + age", f, "design"), "efron", 30, 1e-9)
  eq(cox.n, 7)
  eq(#cox.coef, 2)
  eq(cox.converged, true)
  local function formula(text, kind) return core.model("Surv(time, died) ~ " .. text, f, kind) end
  fails("argument", "strata(age) has no meaning", core.km, formula("arm + strata(age)", "groups"),
    0.95, "plain")
  fails("argument", "cluster(id): the test assumes", core.logrank,
    formula("arm + cluster(id)", "groups"), {})
  local one_group = core.model("Surv(time, died) ~ 1", f, "groups")
  fails("data", "at least two groups", core.logrank, one_group, {})
end)

test("wrong arguments name what was found", function()
  fails("argument", "argument 'frame': expected a frame, found nil", core.filter)
  fails("argument", "argument 'frame': expected a frame, found a table", core.filter, {}, "x")
  local f = patients()
  fails("argument", "argument 'text': expected text, found a number", core.filter, f, 3)
  fails("argument", "argument 'with': expected a with table, found a table", core.filter, f,
    "age > 1", {})
  fails("argument", "expected a column, found NA", core.summary, NA)
  fails("type", "row 2 is text, expected a whole number", core.frame,
    { { "x", { 1, "two" }, "integer" } })
  fails("argument", "", core.frame, { { "x", { 1 } }, { "y", { 1, 2 } } })
  fails("name", "column 'x': no field 'lable' (did you mean 'label'?)", core.frame,
    { { "x", { 1 }, lable = "Age" } })
  fails("name", "Fields are: label, unit, levels, ordered", core.frame, { { "x", { 1 }, zzz = 1 } })
  fails("argument", "perhaps a type, found more", core.frame, { { "x", { 1 }, "real", "years" } })
  fails("argument", "column 'x': the list has 3 rows, its field n says 2", core.frame,
    { { "x", { 1, 2, 3, n = 2 } } })
  eq(#core.frame { { "x", { 1, 2, n = 4 } } }, 4)
  fails("argument", "holds a backtick", core.frame, { { "a`b", { 1 } } })
  fails("argument", "a control character (code 10)", core.frame, { { "a\nb", { 1 } } })
end)

test("classes", function()
  local Cohort = core.class("cohort", {})
  function Cohort.size() return 3 end
  core.class("cohort", Cohort)
  function Cohort.__get(_, key)
    if key == "known" then return nil, true end
    if key == "answer" then return 42 end
  end
  local cohort = setmetatable({ own = 1 }, Cohort)
  eq(cohort.own, 1)
  eq(cohort:size(), 3)
  eq(cohort.answer, 42)
  eq(cohort.known, nil)
  eq(cohort[1], nil)
  fails("name", "cohort has no method or field 'siez' (did you mean 'size'?)", function()
    return cohort.siez
  end)
  local names = core.namespace("survival", { km = function() end })
  fails("name", "survival has no function or field 'kmm' (did you mean 'km'?)", function()
    return names.kmm
  end)
  core.class("frame", { twice_rows = function(frame) return 2 * #frame end })
  eq(patients():twice_rows(), 16)
  fails("name", "frame has no method or field 'twice_row'", function()
    return patients().twice_row
  end)
end)

test("where and concatenation", function()
  local err = fails("name", "test_smoke.lua:", function() return patients():column "aeg" end)
  eq(err.where:match "[^/]+$", "test_smoke.lua:" .. debug.getinfo(1, "l").currentline - 1)
  eq(("x" .. err):sub(1, 1), "x")
  eq((err .. "x"):sub(-1), "x")
end)

test("every allocation fails in turn", function()
  local function work()
    local f = patients()
    local kept = core.filter(f, "age >= $limit", core.with { limit = 50 })
    local m = core.model("Surv(time, died) ~ arm", kept, "groups")
    core.km(m, 0.95, "log-log"):curve(1)
    core.cox(core.model("Surv(time, died) ~ age", kept, "design"), "efron", 30, 1e-9)
    core.json_encode(kept)
    return core.format_csv(core.summarise(kept, { "n = n()" }, { "arm" }))
  end
  local k, done = 0, false
  while not done do
    core.fail_after(k)
    local ok, err = pcall(work)
    core.fail_after(-1)
    if not ok and type(err) == "table" then eq(err.code, "memory") end
    if not ok and type(err) ~= "table" then assert(tostring(err):find "memory", err) end
    done = ok
    k = k + 1
  end
  assert(k > 50, "allocations were made to fail")
end)

print("1.." .. n)
os.exit(failed == 0, true)
