--- The built-in recipes from the command line: numbers of their examples against R, what bad data
--- are told, and what must change nothing.
local core = require "lobule.core"
local host = require "lobule.host"

local PROGRAM <const> = os.getenv "LOBULE_PROGRAM" or "build/lobule"
local folder

local function example(name)
  return host.source(("lobule/recipes/%s.example.csv"):format(name))
end

--- The lines of a CSV text: the header, then the rows.
local function lines_of(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

--- Runs a recipe on a CSV text; the exit status, all that was printed, the file written.
local function run(name, csv, options, out)
  core.write_file(folder .. "/data.csv", csv)
  local path = folder .. "/" .. (out or "out.json")
  os.remove(path)
  local pipe = io.popen(("%s run %s --data %s/data.csv %s -o %s 2>&1; echo status $?"):format(
    PROGRAM, name, folder, options, path))
  local printed = pipe:read "a"
  pipe:close()
  local status = math.tointeger(printed:match "status (%d+)%s*$")
  return status, printed, status == 0 and core.read_file(path) or nil
end

--- The named results of a run.
local function results(name, csv, options)
  local status, printed, text = run(name, csv, options)
  assert.are.equal(0, status, printed)
  local list, saved = {}, core.json_decode(text)
  for _, one in ipairs(saved.provenance.recipe.results) do
    list[one.name] = one.record or saved.results[one.result]
  end
  return list
end

--- All prose of a run's report.
local function prose(name, csv, options)
  local status, printed, text = run(name, csv, options)
  assert.are.equal(0, status, printed)
  local parts = {}
  for _, block in ipairs(core.json_decode(text).blocks) do parts[#parts + 1] = block.text end
  return table.concat(parts, "\n")
end

local function refused(pattern, name, csv, options)
  local status, printed = run(name, csv, options)
  assert.is_true(status == 1 or status == 2, printed)
  assert.is_truthy(printed:find(pattern), printed)
  assert.is_nil(printed:find("nan", 1, true))
end

local function near(want, got, rel)
  assert.is_number(got)
  assert.is_true(math.abs(got - want) <= rel * math.abs(want), ("%.15g, not %.15g"):format(got,
    want))
end

local function cell(columns, column, key, row)
  for i, value in ipairs(columns[key]) do
    if value == row then return columns[column][i] end
  end
  error("no row " .. row)
end

--- Two runs' results are the same up to rounding; lineage and names of files aside.
local function same(a, b, path)
  if type(a) == "table" then
    for key, value in pairs(a) do same(value, b[key], path .. "." .. tostring(key)) end
    for key in pairs(b) do assert.is_not_nil(a[key], path .. "." .. tostring(key)) end
  elseif type(a) == "number" then
    assert.is_true(math.abs(a - b) <= 1e-9 * math.max(1, math.abs(a)), path)
  else
    assert.are.equal(a, b, path)
  end
end

--- The same rows backwards, the columns backwards, and a column more that has no part.
local function variants(csv)
  local lines = lines_of(csv)
  local backwards, turned, wider = { lines[1] }, {}, { lines[1] .. ",unused" }
  for i = 2, #lines do
    backwards[#lines - i + 2] = lines[i]
    wider[i] = lines[i] .. ",x" .. i
  end
  for i, line in ipairs(lines) do
    local cells = {}
    for text in (line .. ","):gmatch "([^,]*)," do table.insert(cells, 1, text) end
    turned[i] = table.concat(cells, ",")
  end
  return { rows = table.concat(backwards, "\n"), columns = table.concat(turned, "\n"),
    unused = table.concat(wider, "\n") }
end

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  core.make_folder(folder)
end)

teardown(function()
  for _, file in ipairs { "data.csv", "out.json", "out.html", "lobule.lock" } do
    os.remove(folder .. "/" .. file)
  end
  os.remove(folder)
end)

local OPTIONS <const> = {
  ["compare-arms"] = "--covariates age,stage --time-unit months",
  ["describe-cohort"] = "--arm treatment --variables age,sex,ecog,diabetes,ldh",
  ["landmark-response"] = "--landmark 3 --covariates age --time-unit months",
  ["pool-proportions"] = "--group treatment",
}

for name, options in pairs(OPTIONS) do
  describe(name, function()
    it("does not mind the order of rows and columns, nor a column more", function()
      local csv = example(name)
      local want = results(name, csv, options)
      for what, variant in pairs(variants(csv)) do
        same(want, results(name, variant, options), name .. " " .. what)
      end
    end)

    it("says what is wrong with no rows", function()
      refused("no rows", name, lines_of(example(name))[1] .. "\n", options)
    end)

    it("makes a whole page", function()
      local status, printed, html = run(name, example(name), options, "out.html")
      assert.are.equal(0, status, printed)
      assert.is_nil(html:find("[^%a]nan[^%a]"))
      assert.is_truthy(html:find("<figure", 1, true))
    end)
  end)
end

-- R 4.2.2, survival 3.5-3: survfit(conf.type = "log-log"), survdiff, coxph on the example's rows.
describe("compare-arms", function()
  local options <const> = OPTIONS["compare-arms"]

  it("gives R's numbers", function()
    local got = results("compare-arms", example "compare-arms", options)
    assert.are.equal(46, got.km.n_event)
    near(0.503150498141395, got.logrank.chi_square, 1e-9)
    near(-0.211427963694075, got.crude.terms.estimate[1], 1e-7)
    near(0.296484916877181, got.crude.terms.std_error[1], 1e-7)
    local adjusted = got.adjusted.terms
    near(-0.21127757640323, cell(adjusted, "estimate", "term", "treatment[B]"), 1e-7)
    near(0.00892438592153042, cell(adjusted, "estimate", "term", "age"), 1e-7)
    near(0.428477745799559, cell(adjusted, "estimate", "term", "stage[III]"), 1e-7)
    assert.are.equal(57, got.adjusted.glance.n[1])
    near(16.4, got.follow_up.quantiles.estimate[2], 1e-12)
    local groups = got.subgroups.estimates
    near(math.exp(-0.290265454815919), cell(groups, "estimate", "level", "II"), 1e-7)
    near(math.exp(-0.235322357150231), cell(groups, "estimate", "level", "III"), 1e-7)
    near(0.000868498983152222, got.subgroups.tests.statistic[1], 1e-6)
    near(0.976489500388638, got.subgroups.tests.p_value[1], 1e-6)
  end)

  it("claims no cause without randomisation, and counts who is left out", function()
    local text = prose("compare-arms", example "compare-arms", options)
    assert.is_truthy(text:find("No causal claim", 1, true))
    assert.is_truthy(text:find("1 of 60 rows had no time, event or arm", 1, true))
    assert.is_truthy(text:find("2 of 59 patients lack a covariate", 1, true))
    local trial = prose("compare-arms", example "compare-arms", options .. " --randomised true")
    assert.is_nil(trial:find("No causal claim", 1, true))
    assert.is_truthy(trial:find("arms were randomised", 1, true))
  end)

  it("takes another reference, a horizon, and three arms", function()
    local csv = example "compare-arms"
    local turned = results("compare-arms", csv, "--reference B")
    near(0.211427963694075, turned.crude.terms.estimate[1], 1e-7)
    local cut = results("compare-arms", csv, "--horizon 5 --at 4")
    assert.is_true(cut.km.n_event < 46)
    local three = "treatment,time,event\nA,1,1\nB,2,1\nC,3,1\nA,4,0\nB,5,1\nC,6,0\nA,7,1\nC,8,1\n"
    assert.are.equal(2, #results("compare-arms", three, "").crude.terms.estimate)
  end)

  it("says that a ratio cannot be estimated where an arm has no event", function()
    local csv = "treatment,time,event\nA,3,1\nA,4,1\nA,6,1\nB,3,0\nB,9,0\nB,11,0\n"
    local text = prose("compare-arms", csv, "")
    assert.is_truthy(text:find("hazard ratio not estimable.", 1, true))
    assert.is_truthy(text:find("no finite hazard ratio for 'treatment[B]'", 1, true))
  end)

  it("says why it cannot compare", function()
    local head = "treatment,time,event\n"
    refused("one arm %('A'%)", "compare-arms", head .. "A,3,1\n", "")
    refused("one arm %('A'%)", "compare-arms", head .. "A,3,1\nA,4,1\nB,,1\n", "")
    refused("none of the 2 patients has the event", "compare-arms", head .. "A,3,0\nB,4,0\n", "")
    refused("none of the 2 rows has time, event and arm", "compare-arms",
      head .. "A,,1\nB,,0\n", "")
    refused("subgroups: 'age' is no factor", "compare-arms", example "compare-arms",
      options .. " --subgroups age")
    refused("covariate 'x' is missing in every patient", "compare-arms",
      "treatment,time,event,x\nA,3,1,\nB,4,1,\n", "--covariates x")
    refused("fewer than two arms", "compare-arms",
      "treatment,time,event,x\nA,3,1,2\nA,4,1,5\nB,3,1,\nB,2,1,\n", "--covariates x")
  end)
end)

describe("landmark-response", function()
  local options <const> = OPTIONS["landmark-response"]

  it("gives R's numbers", function()
    local got = results("landmark-response", example "landmark-response", options)
    near(52, got.n_landmark.value, 0)
    near(14, got.n_response.value, 0)
    near(0.124375754876162, got.logrank.chi_square, 1e-9)
    near(0.141895729900791, got.crude.terms.estimate[1], 1e-7)
    near(0.264087549592118, cell(got.adjusted.terms, "estimate", "term",
      "response_at_landmark[response]"), 1e-7)
  end)

  -- By hand: A and B leave by the landmark; C responded by then; D responds after it; E never.
  it("settles response at the landmark", function()
    local csv = "time,event,response_time\n2,1,\n3,0,1\n9,1,3\n9,1,4\n8,0,\n12,1,\n7,1,2\n"
    local got = results("landmark-response", csv, "--landmark 3")
    near(5, got.n_landmark.value, 0)
    near(2, got.n_response.value, 0)
    local text = prose("landmark-response", csv, "--landmark 3")
    assert.is_truthy(text:find("1 patients had the event and 1 were censored by then", 1, true))
    assert.is_truthy(text:find("1 of those without responded later", 1, true))
    assert.is_truthy(text:find("immortal time", 1, true))
  end)

  it("says why it cannot compare", function()
    local head = "time,event,response_time\n"
    refused("beyond the landmark", "landmark-response", head .. "2,1,1\n", "--landmark 3")
    refused("had a response by then", "landmark-response", head .. "9,1,5\n8,1,6\n",
      "--landmark 3")
    refused("all 2 patients at the landmark", "landmark-response", head .. "9,1,1\n8,1,2\n",
      "--landmark 3")
    refused("has the event after the landmark", "landmark-response", head .. "9,0,1\n8,0,5\n",
      "--landmark 3")
    refused("after the end of their follow", "landmark-response", head .. "4,0,5\n8,0,5\n",
      "--landmark 3")
    refused("landmark", "landmark-response", head .. "4,0,1\n8,0,5\n", "")
  end)
end)

-- metafor 3.8-1, rma(measure = "PLO", method = "DL"), predict(transf = transf.ilogit).
describe("pool-proportions", function()
  it("gives metafor's numbers", function()
    local got = results("pool-proportions", example "pool-proportions", "--group treatment").pooled
    local glance = got.glance
    near(0.622460743894094, cell(glance, "estimate", "strata", "X"), 1e-9)
    near(0.499888021742701, cell(glance, "conf_low", "strata", "X"), 1e-9)
    near(0.731148997879939, cell(glance, "conf_high", "strata", "X"), 1e-9)
    near(0.216674045740429, cell(glance, "tau2", "strata", "X"), 1e-9)
    near(12.8211234114723, cell(glance, "q", "strata", "X"), 1e-9)
    near(0.0251139589501487, cell(glance, "p_value", "strata", "X"), 1e-9)
    near(0.505139178941943, cell(glance, "estimate", "strata", "Y"), 1e-9)
    -- Q of the two random-effects logits with their variances.
    local q = (0.5000060113658055 - 0.020557439715945) ^ 2
      / (0.2553383268009052 ^ 2 + 0.20492286714254 ^ 2)
    near(q, got.between.q, 1e-9)
  end)

  it("counts who is left out, and states the correction", function()
    local text = prose("pool-proportions", example "pool-proportions", "--group treatment")
    assert.is_truthy(text:find("9 of 10 rows are pooled", 1, true))
    assert.is_truthy(text:find("1/2 is added", 1, true))
    text = prose("pool-proportions", example "pool-proportions", "--scale freeman-tukey")
    assert.is_truthy(text:find("double arcsine", 1, true))
  end)

  it("says why it cannot pool", function()
    local head = "study,events,total\n"
    refused("one study has counts", "pool-proportions", head .. "a,3,10\n", "")
    refused("one study has counts", "pool-proportions", head .. "a,3,10\nb,,9\n", "")
    refused("no group has two", "pool-proportions", "study,events,total,g\na,3,9,x\nb,4,9,y\n",
      "--group g")
    refused("there is no event", "pool-proportions", head .. "a,0,10\nb,0,9\n", "")
    refused("row 2", "pool-proportions", head .. "a,3,10\nb,12,9\n", "")
    local text = prose("pool-proportions", head .. "a,0,10\nb,0,9\nc,0,4\n",
      "--scale freeman-tukey --interval exact --test hartung-knapp")
    assert.is_truthy(text:find("with 0 of 23 patients", 1, true))
  end)
end)

-- R 4.2.2: complete.cases, median, table.
describe("describe-cohort", function()
  local options <const> = OPTIONS["describe-cohort"]

  it("gives R's numbers", function()
    local got = results("describe-cohort", example "describe-cohort", options)
    near(39, got.n.value, 0)
    near(31, got.n_complete.value, 0)
    local text = prose("describe-cohort", example "describe-cohort", options)
    assert.is_truthy(text:find("1 of 40 rows have no arm", 1, true))
  end)

  it("describes without arms; texts and dates are counted, not shown", function()
    local csv = "id,a,b,c,d\n1,2,x,2020-01-01,true\n1,3,y,2021-01-01,false\n2,,y,,true\n"
    local text = prose("describe-cohort", csv, "--variables a,b,c,d --id id")
    assert.is_truthy(text:find("3 rows belong to 2 patients", 1, true))
    assert.is_truthy(text:find("many values: c", 1, true))
  end)

  it("says why it cannot describe", function()
    refused("one patient is no cohort", "describe-cohort", "a,b\n1,2\n", "--variables a,b")
    refused("every value of every variable is missing", "describe-cohort", "k,a,b\n1,,\n2,,\n",
      "--variables a,b")
    refused("the arm is missing in all 2 rows", "describe-cohort", "a,g\n1,\n2,\n",
      "--variables a --arm g")
  end)
end)

describe("scripts/recipes", function()
  for name in pairs(OPTIONS) do
    it(name .. " runs by the public API", function()
      local pipe = io.popen(("%s scripts/recipes/%s.lua %s 2>&1"):format(PROGRAM, name, folder))
      local printed = pipe:read "a"
      local ok = pipe:close()
      assert.is_true(ok, printed)
      local path = ("%s/%s.html"):format(folder, name)
      assert.is_truthy(core.read_file(path):find("<figure", 1, true))
      os.remove(path)
    end)
  end
end)
