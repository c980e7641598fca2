--- Figures of survival results: scales of curves, additive hazards, pairs, diagrams of states.
local core = require "lobule.core"
local figure = require "lobule.figure"
local lb = require "lobule"

local WIDTHS <const> = { 89, 183 }
local SURV <const> = "Surv(months, progressed) ~ "

local function near(got, want)
  assert.is_true(math.abs(got - want) <= 1e-12 * math.max(1, math.abs(want)),
    ("got %.17g, expected %.17g"):format(got, want))
end

local function refused(part, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  local text = tostring(err) .. "\n" .. (err.context or "")
  assert.is_truthy(text:find(part, 1, true), text)
end

--- No text over another, none beyond the page.
local function assert_readable(fig)
  local texts, width, height = fig:boxes()
  for i, a in ipairs(texts) do
    assert.is_true(a.x0 >= 0 and a.x1 <= width and a.y0 >= -0.5 and a.y1 <= height + 0.5,
      "beyond the page: " .. a.text)
    for j = i + 1, #texts do
      local b = texts[j]
      assert.is_false(a.x0 < b.x1 - 0.4 and a.x1 > b.x0 + 0.4 and a.y0 < b.y1 - 3
        and a.y1 > b.y0 + 3, a.text .. " over " .. b.text)
    end
  end
  local svg = fig:svg()
  assert.is_nil(svg:find("nan", 1, true) or svg:find("inf ", 1, true) or svg:find('inf"', 1, true))
end

local function columns_of(fig, title)
  for _, t in ipairs(fig:data()) do
    if t.title == title then
      local by_name = {}
      for _, column in ipairs(t.columns) do by_name[column.name] = column.values end
      return by_name
    end
  end
end

describe("the scale of a Kaplan-Meier figure", function()
  local data = lb.example_data()
  local km = lb.survival.km(SURV .. "arm", data)

  it("leaves the figure alone when it is survival", function()
    assert.equal(km:plot():svg(), km:plot({ scale = "survival" }):svg())
    refused("cumulative_hazard", km.plot, km, { scale = "hazard" })
  end)

  it("takes curve and limits along, the lower limit to the upper", function()
    local s = columns_of(km:plot(), "Curves")
    for name, of in pairs { event = function(x) return 1 - x end,
      cumulative_hazard = function(x) return -math.log(x) end,
      loglog = function(x) return math.log(-math.log(x)) end } do
      local c = columns_of(km:plot { scale = name }, "Curves")
      local n = 0
      for i, value in ipairs(s.survival) do
        assert.equal(s.time[i], c.time[i])
        if value > 0 and value < 1 then
          near(c[name][i], of(value))
          near(c.conf_low[i], of(s.conf_high[i]))
          near(c.conf_high[i], of(s.conf_low[i]))
          assert.is_true(c.conf_low[i] < c[name][i] and c[name][i] < c.conf_high[i])
          n = n + 1
        end
      end
      assert.is_true(n > 30)
    end
  end)

  it("is log time for log(-log S), with numbers at risk at its ticks", function()
    local fig = km:plot { scale = "loglog" }
    local spec = fig:description().spec
    assert.is_true(spec.x_log)
    assert.equal("Progression-free survival (months), log scale", spec.x_label)
    local at = km.fit:at(1, spec.times):rows_list()
    for i, t in ipairs(spec.times) do
      assert.is_true(t > 0)
      assert.equal(at[i].n_risk, spec.risk_table[1].n_risk[i])
    end
    assert.same({ 3, 12 }, km:plot({ scale = "loglog", times = { 0, 3, 12 } }):description()
      .spec.times)
    refused("log time", km.plot, km, { scale = "loglog", times = { 0 } })
  end)

  it("draws equal factors of the hazard as curves a constant apart", function()
    -- S2 = S1^2 at every time: log(-log S2) - log(-log S1) = log 2
    local time, one, two = {}, {}, {}
    for i = 1, 9 do time[i], one[i] = i, 1 - i / 10 end
    for i = 1, 9 do two[i] = one[i] ^ 2 end
    local spec = { curves = {} }
    for k, list in ipairs { one, two } do
      spec.curves[k] = { time = time, survival = { table.unpack(list) }, conf_low = {},
        conf_high = {}, censor_survival = {} }
    end
    spec.x_label = "t"
    require("lobule.survival.km_scale").apply(spec, "loglog", {})
    for i = 1, 9 do
      near(spec.curves[2].survival[i] - spec.curves[1].survival[i], math.log(2))
    end
  end)

  it("can be read at journal widths, with bands, few groups and many", function()
    for _, scale in ipairs { "event", "cumulative_hazard", "loglog" } do
      for _, mm in ipairs(WIDTHS) do
        assert_readable(km:plot { scale = scale, width_mm = mm })
        assert_readable(km:plot { scale = scale, width_mm = mm, band = "hall-wellner",
          journal = "lancet" })
        assert_readable(lb.survival.km(SURV .. "1", data):plot { scale = scale, width_mm = mm,
          conf = false, risk_table = false })
      end
    end
  end)

  it("survives groups without an event, and refuses log(-log S) when all are", function()
    local frame = core.frame { { "t", { 1, 2, 3, 4, 5, 6 }, "real" },
      { "e", { 1, 0, 1, 0, 0, 0 }, "integer" }, { "g", { "a", "a", "a", "b", "b", "b" },
        "factor" } }
    local fit = lb.survival.km("Surv(t, e) ~ g", frame)
    for _, scale in ipairs { "event", "cumulative_hazard", "loglog" } do
      for _, mm in ipairs(WIDTHS) do assert_readable(fit:plot { scale = scale, width_mm = mm }) end
    end
    local none = lb.survival.km("Surv(t, e) ~ 1", frame:filter "g == 'b'")
    assert_readable(none:plot { scale = "cumulative_hazard" })
    refused("nobody has the event", none.plot, none, { scale = "loglog" })
  end)

  it("is kept by the description and by another width", function()
    local fig = km:plot { scale = "loglog" }
    assert.equal(fig:svg(), figure.restored(fig:description()):svg())
    assert_readable(fig:at_width(89))
  end)
end)

describe("the figure of additive hazards", function()
  local fit = lb.survival.aalen(SURV .. "arm + age", lb.example_data())

  it("has a panel a term, whose curves are those of tidy()", function()
    local spec = fit:plot():description().spec
    assert.equal(#fit.terms, #spec.panels)
    local last = {}
    for _, row in ipairs(fit:tidy():rows_list()) do last[row.term] = row end
    for j, term in ipairs(fit.terms) do
      local lines = spec.panels[j].lines
      assert.equal(0, lines[1].x[1])
      near(lines[1].y[#lines[1].y], last[term].estimate)
      near(lines[2].y[#lines[2].y], last[term].conf_low)
      near(lines[3].y[#lines[3].y], last[term].conf_high)
    end
    for _, mm in ipairs(WIDTHS) do assert_readable(fit:plot { width_mm = mm }) end
  end)

  it("draws one term, and names those there are", function()
    assert.equal("Age (years)", fit:plot("age"):description().spec.panels[1].title)
    assert.is_truthy(fit:plot("age").desc:find("Age (years): ", 1, true))
    assert.equal(2, #fit:plot({ "intercept", "age" }):description().spec.panels)
    assert.equal(1, #fit:plot({ terms = "age" }):description().spec.panels)
    refused("Terms are: intercept", fit.plot, fit, "agee")
  end)
end)

describe("the figure of all pairs", function()
  it("has a row a pair with its adjusted interval", function()
    local pairs_of = lb.survival.cox(SURV .. "arm", lb.example_data()):pairs "arm"
    local rows = pairs_of:plot():description().spec.rows
    for k, row in ipairs(pairs_of:tidy({ exponentiate = true }):rows_list()) do
      near(rows[k].estimate, row.estimate)
      near(rows[k].conf_low, row.conf_low)
      near(rows[k].conf_high, row.conf_high)
    end
    assert.is_truthy(pairs_of:plot().desc:find("TACE vs SIRT", 1, true))
    for _, mm in ipairs(WIDTHS) do
      assert_readable(pairs_of:plot { width_mm = mm, favours = { "First", "Second" } })
    end
  end)
end)

describe("the diagram of transitions", function()
  local function sick(n)
    local states = {}
    for k = 1, n do states[k] = { label = "State " .. k, lines = { k .. " persons" } } end
    return states
  end

  it("has the counts of tidy()", function()
    local t = lb.survival.transitions("Surv(tstart, tstop, state) ~ 1",
      lb.cohort("tests/data/survival_mgus2_multistate.csv", { id = "id" }), { id = "id",
        censored = "censored", initial = "entry", states = { "entry", "pcm", "death" } })
    local moves = columns_of(t:plot(), "Moves")
    local rows = t:tidy():rows_list()
    assert.equal(#rows, #moves.n)
    for i, row in ipairs(rows) do
      assert.equal(row.from .. row.to .. row.n, moves.from[i] .. moves.to[i] .. moves.n[i])
    end
    assert.is_truthy(t:plot().desc:find("entry to pcm 115", 1, true))
    for _, mm in ipairs(WIDTHS) do assert_readable(t:plot { width_mm = mm }) end
  end)

  it("draws rings, moves back and states that nobody reaches", function()
    for _, moves in ipairs { {}, { { 1, 2 }, { 2, 1 } },
      { { 1, 2 }, { 2, 3 }, { 3, 4 }, { 4, 1 } },
      { { 1, 2 }, { 1, 3 }, { 1, 4 }, { 2, 4 }, { 4, 2 }, { 3, 4 } } } do
      local list = {}
      for i, move in ipairs(moves) do list[i] = { from = move[1], to = move[2], n = 100 + i } end
      for _, mm in ipairs(WIDTHS) do
        local fig = figure.states { title = "Moves", states = sick(4), moves = list, width_mm = mm }
        assert_readable(fig)
        assert.equal(fig:svg(), figure.restored(fig:description()):svg())
      end
    end
  end)

  it("refuses what cannot be drawn", function()
    refused("more than 8", figure.states, { title = "x", states = sick(9), moves = {} })
    refused("moves[1]", figure.states, { title = "x", states = sick(2),
      moves = { { from = 1, to = 3, n = 1 } } })
    refused("moves[1]", figure.states, { title = "x", states = sick(2),
      moves = { { from = 1, to = 1, n = 1 } } })
  end)
end)

describe("simultaneous bands in tidy()", function()
  it("are those of band(), wider than the pointwise limits", function()
    local km = lb.survival.km(SURV .. "arm", lb.example_data())
    for _, type in ipairs { "equal-precision", "hall-wellner" } do
      local all, plain = km:tidy({ band = type }):rows_list(), km:tidy():rows_list()
      local found, n = {}, 0
      for i, row in ipairs(all) do
        assert.equal(plain[i].estimate, row.estimate)
        found[row.strata .. row.time] = row
        if type == "equal-precision" and row.band_low then
          assert.is_true(row.band_low <= row.conf_low and row.band_high >= row.conf_high)
        end
      end
      for _, row in ipairs(km:band({ type = type }):rows_list()) do
        local own = found[row.strata .. row.time]
        if own then
          assert.equal(row.conf_low, own.band_low)
          assert.equal(row.conf_high, own.band_high)
          n = n + 1
        end
      end
      assert.is_true(n > 20)
    end
    refused("band", km.tidy, km, { band = "scheffe" })
  end)
end)
