--- What reports call terms, columns and levels: forests, comparisons, messages, captions, Table 1.
local figure = require "lobule.figure"
local journals = require "lobule.report.journal"
local lb = require "lobule"

local lung = lb.cohort("tests/data/survival_lung.csv"):label { age = { "Age", unit = "years" } }

local function fails(message, call, ...)
  local ok, err = pcall(call, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(message, 1, true), tostring(err))
end

local function has(text, part)
  assert.is_truthy(text:find(part, 1, true), text)
end

local function texts(drawn)
  local list = {}
  for i, box in ipairs((drawn:boxes())) do list[i] = box.text end
  return table.concat(list, "\n")
end

describe("a forest plot", function()
  local cox = lb.survival.cox("Surv(time, dead) ~ sex * age + ns(wt_loss, 3)", lung)

  it("leaves the parts of a curve out and says so", function()
    local rows = cox:plot():description().spec.rows
    for _, row in ipairs(rows) do assert.is_nil(row.label:find("ns(", 1, true)) end
    assert.are.equal(6, #rows) -- sex: heading and two levels; age; interaction: heading and level
    has(texts(cox:plot()), "Not shown: ns(wt_loss, 3).")
    has(texts(cox:plot { width_mm = 89 }), "Not shown: ns(wt_loss, 3).")
    local alone = lb.survival.cox("Surv(time, dead) ~ ns(wt_loss, 3)", lung)
    fails("all terms are parts of curves", alone.plot, alone)
    has(texts(lb.compare { { "a", cox } }:plot()), "Not shown: ns(wt_loss, 3).")
  end)

  it("says where the main effects of an interaction hold", function()
    local rows = cox:plot():description().spec.rows
    assert.are.equal("sex (at Age (years) = 0)", rows[1].label)
    assert.are.equal("Age (years) (at sex = female)", rows[4].label)
    assert.are.equal("sex x Age (years) (ratio of hazard ratios)", rows[5].label)
    has(cox:plot().desc, "Age (years) (at sex = female) ")
    local plain = lb.survival.cox("Surv(time, dead) ~ sex + age", lung)
    assert.are.equal("sex", plain:plot():description().spec.rows[1].label)
  end)

  it("spells terms as print and compare do", function()
    local compared = tostring(lb.compare { { "a", cox } })
    for _, text in ipairs { tostring(cox), compared, cox:plot().desc } do
      has(text, "sex x Age (years): male")
      has(text, "sex: male vs female")
    end
  end)
end)

describe("new data", function()
  it("with an unseen level are told which levels there are", function()
    local cox = lb.survival.cox("Surv(time, dead) ~ age + sex", lung)
    local function predict(sex)
      return cox:predict { newdata = { age = { 50 }, sex = { sex } } }
    end
    fails("column 'sex' has a level 'femal' that the fit did not see (did you mean 'female'?)",
      predict, "femal")
    fails("Its levels are 'female', 'male'.", predict, "other")
    fails("a level 'a letter about somebody,...' that", predict,
      "a letter about somebody, at length")
    assert.are.same({ "age", "age_std_error", "sex", "sex_std_error" },
      cox:predict({ type = "terms" }):names())
  end)
end)

describe("a Kaplan-Meier figure", function()
  local by_sex = "Surv(time, dead) ~ sex"
  local km, test = lb.survival.km(by_sex, lung), lb.survival.logrank(by_sex, lung)

  it("has the p value of the text in each journal's style", function()
    for _, name in ipairs(journals.NAMES) do
      local drawn = texts(km:plot({ p_value = test }):styled(name))
      local p = test:display(journals.get(name)):match("df, (.*)$")
      has(drawn, "Log-rank " .. p)
      has(texts(km:plot { p_value = test, journal = name }), "Log-rank " .. p)
    end
  end)

  it("takes a journal by name or profile, and no other", function()
    local plot = km:plot()
    assert.are.equal(plot:styled("lancet"):svg(), plot:styled(journals.get "lancet"):svg())
    assert.are.equal(plot:svg(), plot:styled("plain"):svg())
    fails("no journal 'lanct': expected plain, lancet", plot.styled, plot, "lanct")
    fails("no journal but a nil", plot.styled, plot)
    fails("unknown choice 'lanct'", km.plot, km, { journal = "lanct" })
    fails("annotation[1] has an unknown field 'p'", figure.curves, { title = "t", annotation =
      { { p = 1 } }, curves = { { time = { 1 }, survival = { 1 } } } })
  end)

  it("names curves at their ends or in the table's order, all alike", function()
    local four = lung:filter("ph_ecog in {0, 1, 2}"):mutate
      { "q = cut(age, {55, 62, 70}, {'D', 'C', 'B', 'A'})" }
    for _, width in ipairs { 89, 183 } do
      local drawn = lb.survival.km("Surv(time, dead) ~ q", four):plot { width_mm = width }
      local order, keys, x = {}, 0, nil
      for _, box in ipairs((drawn:boxes())) do
        if box.text:find "^[A-D]$" then order[#order + 1] = box.text end
        if box.text:find "^[A-D]$" and keys < 4 then
          keys, x = keys + 1, x or box.x0 or box.x
          assert.are.equal(x, box.x0 or box.x)
        end
      end
      assert.are.equal("DCBADCBA", table.concat(order)) -- the key, then the table
    end
  end)

  it("says of a limit what the table says", function()
    local one = lb.frame { { "t", { 5, 1, 2, 3 } }, { "e", { 1, 1, 1, 1 } },
      { "g", { "a", "b", "b", "b" }, "factor" } }
    local fit = lb.survival.km("Surv(t, e) ~ g", one)
    assert.is_truthy(tostring(fit):find("a +1 +1 +5 +not reached"))
    assert.are.equal("median 5 (95 % CI not reached)",
      fit:plot():description().spec.curves[1].note)
  end)
end)

describe("lb.describe", function()
  local frame = lb.frame { { "id", { 11, 12, 13, 14 } }, { "x", { 1, 2, 3, lb.NA } },
    { "d", { "2020-01-01", "2021-02-01", "2020-03-05", lb.NA }, "date" },
    { "t", { "2020-01-01 23:59", "2020-01-02 00:00", lb.NA, lb.NA }, "datetime" } }

  it("has dates as dates and of ids their number alone", function()
    local rows = lb.describe(lb.cohort(frame, { id = "id" })):rows_list()
    assert.are.equal(4, rows[1].n_distinct)
    assert.is_nil(rows[1].mean or rows[1].min or rows[1].max)
    assert.are.equal(2, rows[2].mean)
    assert.is_nil(rows[3].mean or rows[3].min)
    assert.are.same({ "2020-01-01", "2020-03-05", "2021-02-01" },
      { rows[3].min_date, rows[3].median_date, rows[3].max_date })
    assert.are.same({ "2020-01-01", "2020-01-02" }, { rows[4].min_date, rows[4].max_date })
    assert.is_false(lb.describe(frame, { columns = { "x" } }):has "min_date")
    assert.are.equal(11, lb.describe(frame):rows_list()[1].min) -- a frame has no id
  end)

  it("is headed and captioned in a report", function()
    local path = os.tmpname()
    os.remove(path)
    lb.report({ title = "T" }):add(lb.describe(frame)):save { path .. ".md" }
    local file <close> = assert(io.open(path .. ".md"))
    local text = file:read "a"
    os.remove(path .. ".md")
    has(text, "| Column | Type | N | Missing | Distinct |")
    has(text, "**Table 1.** Column, Type, N, Missing and 11 more")
    assert.is_nil(text:find("Left out", 1, true))
  end)
end)

describe("Table 1", function()
  local columns = { "age", "wt_loss" }
  it("chooses summaries by column and explains what it shows", function()
    local text = tostring(lb.table_one(lung, { columns = columns, summary = { age = "mean" } }))
    has(text, "Age (years), mean (SD)")
    has(text, "wt_loss, median (IQR)")
    has(text, "Mean (standard deviation); median (first to third quartile).")
    assert.is_nil(text:find("n/N", 1, true))
    has(tostring(lb.table_one(lung, { columns = { "sex" } })),
      "n/N (%) of those with a known value.")
    has(tostring(lb.table_one(lung, { columns = columns, summary = { default = "mean" } })),
      "wt_loss, mean (SD)")
    fails("no column 'agee'", lb.table_one, lung, { summary = { agee = "mean" } })
    fails("unknown choice 'men'", lb.table_one, lung, { summary = "men" })
  end)

  it("can do without the column of all, and has no p values", function()
    local with = tostring(lb.table_one(lung, { by = "sex", columns = columns }))
    local without = tostring(lb.table_one(lung, { by = "sex", columns = columns, overall = false }))
    has(with, "All (n = 228)")
    assert.is_nil(without:find("All (n", 1, true))
    has(without, "male (n = 138)")
    fails("has no tests in this version", lb.table_one, lung, { by = "sex", p_value = true })
  end)
end)
