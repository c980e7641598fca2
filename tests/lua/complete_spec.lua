--- Completion at a place: what is offered, where it goes, and that nothing is run to find out.
local docs = require "lobule.docs"
local lb = require "lobule"
local options = require "lobule.prompt.options"
local prompt = require "lobule.prompt"

local DATA <const> = "scripts/data/pbc_randomised.csv"

local function session()
  local s = prompt.new(setmetatable({}, { __index = _G }))
  s.env.c = lb.cohort(DATA, { id = "id" }):mutate { "sexf = factor(sex)" }
  s.env.f = lb.frame { { "age", { 61, 70 } }, { "odd name", { 1, 2 } } }
  s.env.km = lb.survival.km("Surv(time, dead) ~ sex", s.env.c)
  s.env.plain = { alpha = 1, beta = print, nested = { gamma = 2 } }
  s.env._ = s.env.c
  return s
end

--- Texts offered at the bar, and the byte they replace from.
local function at(s, text)
  local cursor = text:find("|", 1, true) - 1
  local list, start = s:complete((text:gsub("|", "", 1)), cursor)
  local texts = {}
  for i, one in ipairs(list) do texts[i] = one.text end
  return texts, start, list
end

local function offers(s, text, wanted)
  local texts = at(s, text)
  local have = {}
  for _, one in ipairs(texts) do have[one] = true end
  for _, one in ipairs(wanted) do
    assert.is_true(have[one] or false, ("%s: no '%s' among %s"):format(text, one,
      table.concat(texts, " ")))
  end
  return texts
end

local function offers_only(s, text, wanted)
  local texts = at(s, text)
  table.sort(texts)
  table.sort(wanted)
  assert.are.same(wanted, texts, text)
end

describe("completion", function()
  local s
  before_each(function() s = session() end)

  it("knows the members of live objects", function()
    offers_only(s, "c:fi|", { "fill", "filter", "first" })
    offers(s, "f:|", { "filter", "names", "summarise" })
    offers(s, "km:m|", { "median" })
    offers_only(s, "plain.al|", { "alpha" })
    offers_only(s, "plain:|", { "beta" })
    offers_only(s, "plain.nested.|", { "gamma" })
    offers(s, "lb.|", { "cohort", "survival", "report" })
    offers(s, "lb.survival.|", { "km", "cox", "logrank" })
    offers(s, '("x"):re|', { "rep", "reverse" })
  end)

  it("knows what documented functions and verbs return", function()
    offers(s, 'c:filter("age > 50"):su|', { "summarise" })
    offers(s, 'lb.survival.cox("Surv(time, dead) ~ age", c):|', { "hazard_ratio", "residuals" })
    offers(s, "c:flow():|", { "plot" })
    offers_only(s, "nothing:|", {})
  end)

  it("offers columns and functions inside expressions", function()
    offers(s, 'c:filter("a|', { "age", "albumin", "abs(" })
    offers(s, 'c:filter "age > 3 and s|', { "sex", "sexf", "sqrt(" })
    offers_only(s, 'c:mutate{"x = ag|', { "age" })
    offers_only(s, "f:filter(\"`o|", { "`odd name`" })
    offers(s, 'c:summarise({ "m = mean(b|', { "bili" })
    offers_only(s, "c:filter([[age > 1 and alb|", { "albumin" })
  end)

  it("offers the levels of a factor after == and in {", function()
    offers_only(s, "c:filter(\"sexf == '|", { "f", "m" })
    offers_only(s, "c:filter(\"age > 3 and sexf ~= 'm|", { "m" })
    offers_only(s, "c:filter(\"sexf in {'f', '|", { "f", "m" })
    offers_only(s, "c:filter(\"age == '|", {})
    offers_only(s, "c:filter('sexf == \"|", { "f", "m" })
  end)

  it("offers quoted levels where a comparison waits for one", function()
    offers_only(s, 'c:filter("sexf == |', { "'f'", "'m'" })
    offers(s, 'c:filter("age == |', { "age" })
  end)

  it("offers dot commands and their files", function()
    offers_only(s, ".lo|", { "load" })
    offers(s, ".load scripts/data/pb|", { DATA })
  end)

  it("shows no control characters of the data", function()
    s.env.odd = lb.frame { { "x", { "a\27[2J", "b\u{9b}31m", "c\u{202e}" }, "factor" } }
    local _, _, listing = s:tab("odd:filter(\"x == '", 19, 80)
    assert.is_nil(listing:find "\27")
    assert.is_nil(listing:find "\u{9b}")
    assert.is_nil(listing:find "\u{202e}")
  end)

  it("follows a chain without running it", function()
    offers_only(s, 'c:mutate { "zz = age / 10" }:filter("z|', { "zz" })
    offers_only(s, 'c:select { "age", "bili" }:filter("alb|', {})
    offers_only(s, 'c:drop("albumin"):filter("alb|', {})
    offers_only(s, ('lb.cohort("%s"):filter("albu|'):format(DATA), { "albumin" })
    offers_only(s, ('lb.read("%s"):filter("sex == \'|'):format(DATA), { "f", "m" })
    offers_only(s, 'lb.cohort("no such file.csv"):filter("q|', {})
    local run = false
    s.env.loud = function() run = true end
    at(s, "loud():|")
    at(s, "plain[loud()]:|")
    at(s, 'c:filter(loud()):|')
    s.env.trap = setmetatable({}, { __index = function() run = true end })
    at(s, "trap.x.|")
    assert.is_false(run)
  end)

  it("knows formulas", function()
    offers(s, 'lb.survival.km("Sur|', { "Surv(", "Surv_interval(" })
    offers(s, 'lb.survival.cox("Surv(time, dead) ~ a|", c)', { "age", "albumin" })
    offers_only(s, 'lb.survival.cox("Surv(time, dead) ~ od|", f)', { "`odd name`" }, nil)
    offers(s, 'lb.survival.cox("Surv(time, dead) ~ fr|", c)', { "frailty(" })
    offers(s, 'lb.survival.cox("Surv(time, dead) ~ frailty(id, dis|", c)', { "distribution = " })
    offers(s, 'lb.survival.cox("Surv(time, dead) ~ ridge(age, |", c)', { "theta = ", "scale = " })
    offers(s, 'lb.survival.cox("Surv(ti|', { "time" })
    offers(s, 'lb.survival.cox("Surv(time, dead) ~ st|', { "stage", "strata(" })
  end)

  it("offers options not yet given, with help, and their choices", function()
    local _, _, list = at(s, 'lb.survival.cox("Surv(time, dead) ~ age", c, { |')
    local help = {}
    for _, one in ipairs(list) do help[one.text] = one.help end
    assert.is_truthy(help["ties = "]:find "efron")
    assert.is_truthy(help["conf_level = "])
    local texts = at(s, 'lb.survival.cox("Surv(time, dead) ~ age", c, { conf_level = 0.9, |')
    for _, one in ipairs(texts) do assert.are_not.equal("conf_level = ", one) end
    offers_only(s, 'lb.survival.cox("Surv(time, dead) ~ age", c, { ties = "|',
      { "breslow", "efron", "exact", "marginal" })
    offers(s, 'lb.cohort("x.csv", { |', { "id = ", "na = ", "types = " })
    offers_only(s, 'c:summarise({ "m = mean(age)" }, { by = "sex|', { "sex", "sexf" })
  end)

  it("offers variables and levels of a model in a contrast", function()
    local data = require("lobule").example_data()
    s.env.fit = require("lobule").survival.cox("Surv(months, progressed) ~ arm * sex + age", data)
    offers_only(s, 'fit:contrast { { |', { "age = ", "arm = ", "sex = " })
    offers_only(s, 'fit:contrast { { arm = "|', { "SIRT", "TACE", "TAE" })
    offers_only(s, 'fit:contrast({ { arm = "SIRT", sex = "|', { "f", "m" })
    offers(s, 'fit:contrast { ["arm[S|', { "arm[SIRT]" })
    offers(s, 'fit:contrast({ { age = 1 }, { age = 0 } }, { adj|', { "adjust = " })
    offers_only(s, 'fit:contrast("arm", { alternative = "|', { "greater", "less", "two_sided" })
    s.env.fit = nil
  end)

  it("offers files elsewhere", function()
    offers(s, 'lb.cohort("scripts/data/pb|', { DATA })
    offers(s, 'dofile("scripts/d|', { "scripts/data/" })
  end)

  it("completes a line that continues the last result", function()
    local texts, start = at(s, ":fil|")
    table.sort(texts)
    assert.are.same({ "fill", "filter" }, texts)
    assert.are.equal(2, start)
    local columns, from = at(s, '  :filter("ag|')
    assert.are.same({ "age" }, columns)
    assert.are.equal(12, from)
  end)

  it("offers names and keywords elsewhere", function()
    offers(s, "pri|", { "print" })
    offers(s, "whi|", { "while" })
    offers(s, "x = c|", { "c" })
    offers(s, "l|", { "lb", "local" })
  end)

  it("offers help topics", function()
    offers(s, "?sur|", { "survival.km", "survival.cox" })
    offers(s, "??sur|", { "survival.km" })
    offers(s, 'help("sur|', { "survival.km" })
    offers(s, 'help "sur|', { "survival.km" })
    offers_only(s, "?lb.survival.km|", { "lb.survival.km" })
    offers_only(s, "?c:fi|", { "fill", "filter", "first" })
  end)

  it("knows what a text waits for", function()
    offers_only(s, 'c:relevel("sexf", "|', { "f", "m" })
    offers_only(s, 'c:relevel("sexf|', { "sexf" })
    offers_only(s, 'lb.survival.km("Surv(time, dead) ~ sex", c, { conf_type = "lo|',
      { "log", "log-log", "log-peto", "logit" })
    offers(s, 'lb.categorical.proportion(3, 10, { conf_level = 0.9, method = "|',
      { "wilson", "exact" })
    offers_only(s, 'lb.cohort("x.csv", { types = { d = "da|', { "date", "datetime" })
    offers_only(s, 'lb.table_one(c, { columns = { "age", "sexf|', { "sexf" })
    offers_only(s, 'lb.survival.cox("Surv(time, dead) ~ age", c):plot "|', { "forest" })
    s.env.cox = lb.survival.cox("Surv(time, dead) ~ sexf + age", s.env.c)
    offers_only(s, 'cox:hazard_ratio "|', { "sexf[m]", "age" })
    for _, text in ipairs { 'x = "|', 'print("|', 'c:filter("age > 3", "|', '"|',
      'lb.report { title = "|' } do
      offers_only(s, text, {})
    end
  end)

  it("offers the groups of a curve", function()
    s.env.two = lb.survival.km("Surv(time, dead) ~ sexf + stage", s.env.c)
    offers_only(s, "two:median {|", { "sexf = ", "stage = " })
    offers_only(s, "two:at { 12, 24, s|", { "sexf = ", "stage = " })
    offers_only(s, 'two:median { sexf = "|', { "f", "m" })
  end)

  it("has a line of help for every option", function()
    for _, entry in ipairs(docs.entries()) do
      for _, option in ipairs(options.list(entry.name)) do
        assert.is_truthy(option.help:find "%S", entry.name .. " " .. option.name)
      end
    end
    offers(s, 'lb.cohort("x.csv", { |', { "separator = ", "date_format = " })
  end)

  it("knows the home folder, and lists nothing on a blank line", function()
    local list = s:complete(".load ~/", 8)
    for _, one in ipairs(list) do assert.is_truthy(one.text:find "^~/") end
    assert.are.equal(os.getenv "HOME" .. "/x", require("lobule.prompt.offers").at_home "~/x")
    offers_only(s, "|", {})
    offers_only(s, "  |", {})
    offers_only(s, "unknown:median {|", {})
  end)

  it("says what replaces what", function()
    local _, start = at(s, 'c:filter("age > 50 and alb|')
    assert.are.equal(#'c:filter("age > 50 and ' + 1, start)
    local from, text, listing = s:tab('c:filter("alb', 13, 80)
    assert.are.equal(11, from)
    assert.are.equal("albumin", text)
    assert.is_nil(listing)
    text = select(2, s:tab('lb.read "LICE', 13, 80))
    assert.are.equal('LICENSE"', text)
    assert.are.equal("LICENSE", (select(2, s:tab('lb.read "LICE"', 13, 80))))
    assert.are.equal("scripts/", (select(2, s:tab('lb.read "scri', 13, 80))))
    local _, none, several = s:tab("c:fi", 4, 60)
    assert.is_nil(none)
    for line in several:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 60) end
  end)

  it("stands half-written and odd text", function()
    for _, text in ipairs { "|", "(|", ")|", "{{{{|", "c:|", "c..|", "c:filter(|", '"|', "'\\|",
      "[[|", "[==[ a|", "--|", "-- c:fi|", "--[[ c:fi|", "c:filter(\"a\\\"|", "c[|", "c[1]:|",
      "c:filter{|", "function f(|", "1.|", "0x|", "::|", "a.b.c.d:|", "c:filter('é|", "\255|",
      "x = = |", "lb.survival.cox({|", "(c):fi|", "((c)):|", "#c|", "c:select{'a', |" } do
      assert.is_table((at(s, text)))
    end
  end)
end)
