--- Pooled proportions: closed forms, groups, rows left out, refusals, the figure.
local core = require "lobule.core"
local lb = require "lobule"

local function studies(x, n, group)
  local names = {}
  for i in ipairs(x) do names[i] = ("study %d"):format(i) end
  local columns = { { "study", names }, { "x", x, "integer" }, { "n", n, "integer" } }
  if group then columns[4] = { "arm", group, "factor" } end
  return lb.frame(columns)
end

local function pool(frame, options)
  local all = { events = "x", total = "n", label = "study" }
  for key, value in pairs(options or {}) do all[key] = value end
  return lb.meta.pool_proportions(frame, all)
end

local function refused(text, ...)
  local ok, err = pcall(pool, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(text, 1, true), tostring(err))
  return err
end

describe("lb.meta.pool_proportions", function()
  -- Logits log(1/3) and log(3), variance 16/3 / 10 each: mean 0, tau2 = Q - 1 over 1/v.
  it("pools two mirrored studies to one half", function()
    local v, y = 4 / 30, math.log(3)
    local q = 2 * y * y / v
    local fit = pool(studies({ 10, 30 }, { 40, 40 }))
    assert.is_true(math.abs(fit:pooled():value() - 0.5) < 1e-14)
    local row = fit:glance():rows_list()[1]
    assert.is_true(math.abs(row.q - q) < 1e-10)
    assert.is_true(math.abs(row.tau2 - (q - 1) * v) < 1e-10)
    assert.is_nil(row.predict_low)
    assert.are.equal("not known from two studies", fit:prediction())
  end)

  it("counts rows left out by reason, and does not mind the order", function()
    local x = { 3, lb.NA, 0, 5, 7 }
    local n = { 10, 8, 0, 20, 21 }
    local one, two = pool(studies(x, n)), pool(studies({ 7, 5, 3 }, { 21, 20, 10 }))
    assert.are.equal(2, one:glance():column("n_missing")[1])
    assert.is_truthy(tostring(one):find("1 row without counts left out", 1, true))
    assert.is_truthy(tostring(one):find("1 row without patients left out", 1, true))
    assert.is_true(math.abs(one:pooled():value() - two:pooled():value()) < 1e-14)
    assert.are.equal(15, one:pooled().n_event)
  end)

  it("pools groups by themselves and tests their difference", function()
    local frame = studies({ 3, 5, 12, 15, 4 }, { 20, 20, 20, 20, 9 }, { "B", "B", "A", "A", "C" })
    local fit = pool(frame, { by = "arm" })
    assert.are.equal("one study of 'C': shown, not pooled", fit.warnings[1])
    local alone = pool(studies({ 3, 5 }, { 20, 20 }))
    assert.are.equal(alone:pooled():value(), fit:pooled({ group = "B" }):value())
    local a, b = fit.groups[1].fit.random, fit.groups[2].fit.random
    local q = (a.estimate - b.estimate) ^ 2 / (a.std_error ^ 2 + b.std_error ^ 2)
    assert.is_true(math.abs(fit.between.q - q) < 1e-12)
    assert.are.equal(1, fit.between.df)
    assert.is_false(pcall(fit.pooled, fit))
    assert.is_false(pcall(fit.pooled, fit, { group = "D" }))
  end)

  it("refuses what cannot be pooled, naming the cause", function()
    refused("no rows", studies({}, {}))
    refused("one study", studies({ 3 }, { 10 }))
    refused("no study", studies({ lb.NA, lb.NA }, { 3, 4 }))
    refused("row 2", studies({ 3, 12 }, { 10, 11 }))
    local err = refused("no event", studies({ 0, 0 }, { 10, 11 }))
    assert.is_truthy(err.context:find("freeman-tukey", 1, true))
    refused("only events", studies({ 10, 11 }, { 10, 11 }))
    refused("no column 'z'", studies({ 1, 2 }, { 10, 11 }), { events = "z" })
  end)

  it("pools zero events on the Freeman-Tukey scale", function()
    local fit = pool(studies({ 0, 0, 0 }, { 10, 11, 12 }), { scale = "freeman-tukey" })
    assert.is_true(fit:pooled():value() >= 0 and fit:pooled():value() < 0.01)
    assert.is_true(fit:pooled().conf_high < 0.2)
  end)

  it("draws a forest plot and fills a report", function()
    local fit = pool(studies({ 3, 5, 12 }, { 20, 20, 20 }))
    local svg = fit:plot({ title = "Responses" }):svg()
    assert.is_truthy(svg:find("Prediction interval", 1, true))
    local report = lb.report { title = "x" }:add(fit):text("Pooled {p}; {h}; {i}.",
      { p = fit:pooled(), h = fit:heterogeneity(), i = fit:prediction() })
    assert.is_truthy(tostring(report))
    local record = core.json_decode(fit:to_json())
    assert.are.equal(3, record.glance.k[1])
  end)
end)
