--- Help: every public function of the live module has a docstring with its parameters; every
--- example runs; names of every kind are found; a search ranks.
local core = require "lobule.core"
local docs = require "lobule.docs"
local help = require "lobule.help"
local help_example = require "lobule.help_example"
local help_search = require "lobule.help_search"
local lb = require "lobule"

local SURV <const> = "Surv(months, progressed) ~ arm"

--- One object of every class that researchers meet.
local function objects()
  local d = lb.example_data():by_arm "arm"
  local km, cox = lb.survival.km(SURV, d), lb.survival.cox(SURV, d)
  local path = os.tmpname()
  d:frame():csv(path)
  local peek = lb.peek(path)
  os.remove(path)
  return { cohort = d, frame = d:frame(), column = d:frame():column "age", km = km, cox = cox,
    logrank = lb.survival.logrank(SURV, d), figure = km:plot(), flow = d:flow(),
    table_one = lb.table_one(d), crosstab = lb.crosstab(d, "arm", "sex"),
    anova = lb.anova(cox), compare = lb.compare { { "a", cox } }, diff = lb.diff(d, d),
    quantity = km:median { arm = "TAE" }, table = lb.table { columns = { { label = "a" } },
      rows = {} }, report = lb.report { title = "t" }, explanation = d:explain "age > 60",
    proportion = lb.categorical.proportion("age > 60", d), peek = peek }
end

--- Names of the methods of an object.
local function methods(object)
  local list, meta = {}, getmetatable(object)
  for name, value in pairs(rawget(meta, "__methods") or meta) do
    if type(value) == "function" and not name:find "^_" then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

local known = {}
for _, entry in ipairs(docs.entries()) do known[entry.name] = entry end

--- What the mixin of lobule.result gives every result, documented once.
local SHARED <const> = { to_json = true, n_used = true }

describe("docstrings", function()
  it("stand before every method of every class", function()
    local missing = {}
    for kind, object in pairs(objects()) do
      for _, name in ipairs(methods(object)) do
        local entry = known[kind .. ":" .. name]
        if not entry and not SHARED[name] then missing[#missing + 1] = kind .. ":" .. name end
      end
    end
    table.sort(missing)
    assert.are.equal("", table.concat(missing, " "))
  end)

  it("say something, and name every parameter in its order", function()
    for _, entry in ipairs(docs.entries()) do
      assert.is_truthy(entry.doc[1] and entry.doc[1]:find "^%u", entry.name)
      local named = {}
      for _, line in ipairs(entry.doc) do named[#named + 1] = line:match "^@param ([%w_.]+)" end
      local args = {}
      for name in entry.args:gmatch "[%w_.]+" do args[#args + 1] = name end
      assert.are.same(args, named, entry.name)
    end
  end)

  it("say what comes back, but of what only shows or writes", function()
    local NOTHING <const> = { ["frame:show"] = true, ["frame:save"] = true, ["table:show"] = true,
      ["figure:show"] = true }
    for _, entry in ipairs(docs.entries()) do
      local returns = false
      for _, line in ipairs(entry.doc) do returns = returns or line:find "^@return" ~= nil end
      assert.are.equal(not NOTHING[entry.name], returns, entry.name)
    end
  end)
end)

describe("definitions for editors", function()
  local file = assert(io.open((os.getenv "BUILD" or "build") .. "/meta/lobule.lua"))
  local text = file:read "a"
  file:close()

  it("declare every documented function with its arguments and its text", function()
    local declared, doc = {}, {}
    for line in text:gmatch "[^\n]*" do
      local name, args = line:match "^function ([%w_.:]+)%((.*)%) end$"
      if name then
        declared[name:gsub("_", ""):lower()] = { args = args, doc = table.concat(doc, "\n") }
        doc = {}
      elseif line:find "^%-%-%-" then
        doc[#doc + 1] = line:gsub("lobule%.options%.[%w_.]+", "table"):gsub("^%-%-%-%s?", "")
      end
    end
    for _, entry in ipairs(docs.entries()) do
      local stub = declared[entry.name:gsub("_", ""):lower()]
      assert.is_truthy(stub, entry.name)
      assert.are.equal(entry.args, stub.args, entry.name)
      for _, line in ipairs(entry.doc) do
        assert.is_truthy(stub.doc:find(line, 1, true), entry.name .. ": " .. line)
      end
    end
  end)

  it("are Lua, and list the options of a table as fields", function()
    assert(load(text, "=stubs", "t"))
    assert.is_truthy(text:find("---@class lobule.options.survival.km\n---@field conf_level? number",
      1, true))
  end)
end)

describe("examples", function()
  local n, printed = 0, {}
  local real = print
  for _, entry in ipairs(docs.entries()) do
    if entry.example then
      n = n + 1
      it("run: " .. entry.name, function()
        _G.print = function(...) printed[#printed + 1] = table.concat({ tostring((...)) }, "\t") end
        local ok, problem = pcall(function()
          return tostring((help_example.run(entry.example)))
        end)
        _G.print = real
        assert.is_true(ok, tostring(problem))
      end)
    end
  end

  it("are many, and there is one for all of lb and lb.survival", function()
    assert.is_true(n >= 60, n)
    for _, entry in ipairs(docs.entries()) do
      if entry.name:find "^lb%.[%w_]+$" and entry.name ~= "lb.read"
        or entry.name:find "^lb%.survival%." then
        assert.is_truthy(entry.example, entry.name)
      end
    end
  end)

  it("are found by function and by name, and a wrong name is mended", function()
    assert.is_truthy(help_example.code(lb.survival.km):find "survival.km")
    assert.are.equal(help_example.code "cohort:filter", help_example.code "cohort.filter")
    local ok, problem = pcall(help_example.example, "survival.kn")
    assert.is_false(ok)
    assert.is_truthy(tostring(problem):find "did you mean 'survival.km'")
  end)
end)

describe("help", function()
  it("knows names of every kind", function()
    local cases = { ["case"] = "case%(condition1", lag = "lag%(x, n = 1%)",
      [".save"] = "at the prompt: .save FILE", first = "frame:first", prompt = "Ctrl%-C",
      ["survival"] = "lb.survival.cox", ["cohort.filter"] = "cohort:filter%(" }
    for topic, pattern in pairs(cases) do
      local text, found = help.text(topic)
      assert.is_true(found, topic)
      assert.is_truthy(text:find(pattern), topic .. ": " .. text)
    end
    assert.is_truthy(help.text(lb.survival):find "lb.survival.cox")
    assert.is_truthy(help.text(lb.example_data()):find "cohort:filter")
    assert.are.equal(help.text(), help.text(lb))
  end)

  it("fits a narrow terminal", function()
    for _, topic in ipairs { "survival.km", "cohort:filter" } do
      for line in help.text(topic):gmatch "[^\n]+" do
        if not line:find "lb%." then assert.is_true(utf8.len(line) <= 84, line) end
      end
    end
  end)
end)

describe("a search", function()
  local function names(word)
    local list = {}
    for i, one in ipairs(help_search.find(word)) do list[i] = one.name end
    return list
  end
  local function place(list, name)
    for i, one in ipairs(list) do
      if one == name then return i end
    end
  end

  it("puts names before what is said of them", function()
    local list = names "cox"
    assert.are.equal("lb.survival.cox", list[1])
    local hazard = names "hazard"
    assert.is_truthy(hazard[1]:find(":hazard_ratio", 1, true))
    assert.is_true(place(hazard, "km:cumulative_hazard") < place(hazard, "lb.survival.logrank"))
    assert.is_truthy(place(hazard, "formulas"))
  end)

  it("is the same in any case, and finds expression functions and what was added", function()
    assert.are.same(names "HAZARD", names "hazard")
    assert.is_truthy(place(names "lag", "lag"))
    help_search.add_source(function(add) add("d: zebra_count", "a column: Stripes") end)
    assert.are.same({ "d: zebra_count" }, names "stripes")
  end)

  it("finds a function by its last word, a method of any fit, and names equal ones once", function()
    assert.is_truthy(help.text("smr"):find("^lb%.survival%.smr%("))
    assert.is_truthy(help.text("fit:contrast"):find("^cox:contrast%("))
    local text = help.text "contrast"
    local _, n = text:gsub("Contrasts of a regression", "")
    assert.are.equal(1, n)
    assert.is_truthy(text:find("the same: ", 1, true))
  end)

  it("says the whole first sentence, past abbreviations", function()
    assert.equals("Weights of Graf et al. 1999, eq. 3.",
      docs.first_sentence { "Weights of Graf et al. 1999,", "eq. 3. The rest.", "@param x number" })
    assert.equals("No stop", docs.first_sentence { "No stop", "@return table" })
  end)

  it("gives one line each, within the width", function()
    for line in help_search.text("survival", 60):gmatch "[^\n]+" do
      assert.is_true(utf8.len(line) <= 60, line)
    end
    assert.is_truthy(help_search.text("qqqq", 60):find "nothing mentions 'qqqq'")
  end)
end)

it("expression functions have a signature and help", function()
  for _, f in ipairs(core.expression_functions()) do
    assert.is_truthy(f.signature:find("^" .. f.name), f.name)
    assert.is_true(#f.help > 0, f.name)
  end
end)
