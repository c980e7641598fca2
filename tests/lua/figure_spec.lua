--- Figures: nothing overlaps or leaves the canvas, the SVG is well formed and always the same.
local figure = require "lobule.figure"
local layout = require "lobule.figure.layout"
local metrics = require "lobule.figure.metrics"
local number = require "lobule.figure.number"
local scale = require "lobule.figure.scale"

local NAN <const> = 0 / 0
local WIDTHS <const> = { 89, 183 }

-- A curve that falls by a fixed part at each of n steps, with a censoring after every third.
local function curve(label, n, part, step, note)
  local c = { label = label, note = note, time = {}, survival = {}, conf_low = {}, conf_high = {},
    censor_time = {}, n_risk = {} }
  local s = 1
  for i = 1, n do
    s = s * (1 - part)
    c.time[i], c.survival[i], c.n_risk[i] = i * step, s, n - i + 1
    c.conf_low[i], c.conf_high[i] = s * (1 - 0.01 * i), math.min(1, s + 0.006 * i)
    if i % 3 == 0 then c.censor_time[#c.censor_time + 1] = (i + 0.5) * step end
  end
  return c
end

local function block(label, n, columns)
  local b = { label = label, n_risk = {}, n_censor = {}, n_event = {} }
  for j = 1, columns do
    b.n_risk[j] = math.max(0, n - n * (j - 1) // columns)
    b.n_censor[j], b.n_event[j] = j - 1, n - b.n_risk[j]
  end
  return b
end

local LONG <const> = { "Transarterial chemoembolization with drug-eluting beads",
  "Selective internal radiotherapy with yttrium-90 resin microspheres", "Bland & <other> \"x\"" }

local function curves_spec(labels, times, notes)
  local spec = { title = "Progression-free survival", x_label = "Months since first embolization",
    y_label = "Progression-free survival", times = times, curves = {}, risk_table = {},
    annotation = { "Log-rank p = 0.001", "Hazard ratio, SIRT against TAE 0.56 (0.36 to 0.87)" } }
  for i, label in ipairs(labels) do
    spec.curves[i] = curve(label, 30 + 3 * i, 0.02 + 0.006 * i, 1.1, notes and notes[i])
    spec.risk_table[i] = block(label, 10 ^ (i % 4 + 1) // 1, #times)
  end
  return spec
end

local function forest_spec()
  local rows = {}
  for g, group in ipairs { "Treatment", "Primary tumour", "Liver involvement" } do
    rows[#rows + 1] = { label = group, header = true }
    rows[#rows + 1] = { label = "first level", indent = 1, cells = { "41/60" }, reference = true,
      text = "1, reference" }
    for k = 1, 3 do
      local e <const> = 0.5 * g + 0.1 * k
      rows[#rows + 1] = { label = "level " .. k .. " of a factor with a long name", indent = 1,
        cells = { "30/" .. 100 * k }, estimate = e, conf_low = e / 1.7, conf_high = e * 1.7 * k,
        text = number.fixed(e, 2) .. " (0.90 to 10.60)", weight = k / 3 }
    end
  end
  rows[#rows + 1] = { label = "Not estimable", cells = { "0/3" }, estimate = math.huge,
    conf_low = 0, conf_high = math.huge, text = "not estimable" }
  return { title = "Cox model", rows = rows, columns = { { label = "Events/N", align = "right" } },
    estimate_label = "Hazard ratio (95 % CI)", log = true, reference = 1,
    x_label = "Hazard ratio (log scale)",
    favours = { "favours transarterial embolization", "favours SIRT" } }
end

local function proportions_spec()
  local rows = {}
  for i = 1, 9 do
    rows[i] = { label = "Author " .. i .. " 20" .. 10 + i, cells = { 8 * i .. "/90" },
      estimate = 9 * i, conf_low = 9 * i - 8, conf_high = math.min(100, 9 * i + 12), weight = i / 9,
      text = 9 * i .. ".0 (10.1 to 20.2)" }
  end
  rows[10] = { label = "Random effects", summary = true, estimate = 50, conf_low = 41,
    conf_high = 60, predict_low = 20, predict_high = 80, text = "50.0 (41.0 to 60.0)" }
  rows[11] = { label = "τ² = 0.12, I² = 48 %, Q = 13.5 (p = 0.06)" }
  return { title = "Response", rows = rows, columns = { { label = "Responders/N" } },
    limits = { 0, 100 }, estimate_label = "Response, % (95 % CI)", x_label = "Response (%)" }
end

local function flow_spec()
  return { title = "Flow", steps = {
    { label = "Records read from the registry", n = 312, unit = "patients", excluded = {
      { "age under 18 years at the first procedure", 4 },
      { "treatment other than TAE, TACE or SIRT of liver metastases, or with ablation", 23 },
    } },
    { label = "Embolization of liver metastases", n = 285, unit = "patients", note = "NA kept: 2",
      excluded = { { "liver involvement of 75 % or more", 29 }, { "ECOG above 2", 18 } } },
    { label = "Eligible", n = 238, unit = "patients", excluded = { { "status unknown", 14 } } },
    { label = "Analysed", n = 224, unit = "patients" } },
    arms = { { label = "TAE", n = 72, lines = { "analysed 72" } }, { label = "TACE", n = 88 },
      { label = "SIRT", n = 64, lines = { "analysed 64", "progressed 33" } } } }
end

local function many_arms()
  local spec <const> = flow_spec()
  spec.arms = {}
  for i = 1, 7 do spec.arms[i] = { label = "Arm with a long name " .. i, n = i } end
  return spec
end

local function times(n, factor)
  local y = {}
  for i = 1, n do y[i] = factor * 10.0 ^ (i - 7) end
  return y
end

-- Four panels on log axes: lines that end close together, a gap, one size, long names.
local function lines_spec()
  local x <const> = { 1000, 10000, 100000, 1000000 }
  local many = {}
  for i = 1, 8 do
    many[i] = { label = "Program number " .. i, x = x, y = times(4, 1 + i / 50) }
  end
  return { title = "t", x_log = true, y_log = true, x_label = "Rows", y_label = "Time of a call",
    y_ticks = { { at = 1e-6, label = "1 µs" }, { at = 1e-3, label = "1 ms" },
      { at = 1, label = "1 s" } },
    panels = {
      { title = "Eight lines", lines = many },
      { title = "A gap, what is least and what is aimed at", lines = {
        { label = "Lobule", x = x, y = { 1e-5, NAN, 1e-3, 1e-2 } },
        { label = "limit", x = x, y = times(4, 0.5), look = "limit" },
        { label = "goal", x = x, y = times(4, 0.8), look = "target" } } },
      { title = "One size", lines = { { label = "One", x = { 1000 }, y = { 0.01 }, series = 3 } } },
      { title = "Nothing that a log axis can show", lines = { { x = { 1000 }, y = { 0 } } } },
    } }
end

local T6 <const> = { 0, 6, 12, 18, 24, 30 }
local DENSE <const> = {}
for i = 0, 30 do DENSE[i + 1] = i end

local CASES <const> = {
  { "one arm", "curves", curves_spec({ "All" }, T6, { "median 12.3 (10.1 to 15.2)" }) },
  { "two arms", "curves", curves_spec({ "Female", "Male" }, T6) },
  { "three arms", "curves", curves_spec({ "TAE", "SIRT", "TACE" }, T6,
    { "median 9.8 (8.1 to 12.0)", "median 17.2 (13.0 to 22.4)" }) },
  { "five arms", "curves", curves_spec({ "A", "B", "C", "D", "E" }, T6) },
  { "eight arms", "curves", curves_spec({ "A", "B", "C", "D", "E", "F", "G", "H" }, T6) },
  { "long labels", "curves", curves_spec(LONG, T6, { "median 9.8 months (95 % CI 8.1 to 12.0)" }) },
  { "dense ticks", "curves", curves_spec({ "TAE", "SIRT" }, DENSE) },
  { "all censored", "curves", { title = "t", curves = {
    { time = {}, survival = {}, censor_time = { 3, 9 } } } } },
  { "one patient", "curves", { title = "t", times = { 0, 50, 100 }, curves = {
    { time = { 100 }, survival = { 0 }, conf_low = { NAN }, conf_high = { NAN } } } } },
  { "forest", "forest", forest_spec() },
  { "proportions", "forest", proportions_spec() },
  { "flow", "flow", flow_spec() },
  { "lines", "lines", lines_spec() },
  { "lines, straight axes", "lines", { title = "t", panels = { { lines = {
    { label = "a", x = { 0, 1, 2 }, y = { 3, 1, 2 } }, { x = { 1 }, y = { 2 } } } } } } },
  { "flow, seven arms", "flow", many_arms() },
}

local function overlap(a, b)
  local slack <const> = 0.01
  return a.x0 < b.x1 - slack and b.x0 < a.x1 - slack and a.y0 < b.y1 - slack and b.y0 < a.y1 - slack
end

local function layout_faults(fig)
  local boxes <const>, width <const>, height <const> = fig:boxes()
  local faults = {}
  for i, a in ipairs(boxes) do
    if a.x0 < 0 or a.y0 < 0 or a.x1 > width or a.y1 > height then
      faults[#faults + 1] = "outside: " .. a.text
    end
    for j = i + 1, #boxes do
      if overlap(a, boxes[j]) then
        faults[#faults + 1] = "overlap: " .. a.text .. " | " .. boxes[j].text
      end
    end
  end
  return faults
end

-- A small checker of well-formed XML: tags nest, attributes are quoted, entities are known.
local function xml_fault(text)
  local open, at = {}, 1
  while at <= #text do
    local from, to, slash, name, attributes, empty = text:find("<(/?)([%a][%w]*)([^<>]-)(/?)>", at)
    local between <const> = text:sub(at, (from or #text + 1) - 1)
    if between:gsub("&%a+;", ""):find("[<>&]") then return "text: " .. between end
    if not from then break end
    local rest <const> = attributes:gsub('%s+[%a][%w:-]*="[^"<]*"', "")
    if rest:find("%S") then return "attributes: " .. attributes end
    if slash == "/" then
      if table.remove(open) ~= name then return "closes " .. name end
    elseif empty == "" then
      open[#open + 1] = name
    end
    at = to + 1
  end
  if #open > 0 then return "not closed: " .. open[#open] end
end

describe("lines", function()
  it("know their points", function()
    local columns <const> = figure.lines(lines_spec()):data()[1].columns
    assert.same({ "panel", "line", "x", "y" }, { columns[1].name, columns[2].name,
      columns[3].name, columns[4].name })
    assert.equal(8 * 4 + 3 * 4 + 1 + 1, #columns[1].values)
    assert.equal("Eight lines", columns[1].values[32])
    assert.equal("Program number 8", columns[2].values[32])
    assert.equal(1000000, columns[3].values[32])
  end)

  it("break where a value is missing", function()
    local spec <const> = { title = "t", panels = { { lines = {
      { x = { 0, 1, 2, 3, 4 }, y = { 1, 2, NAN, 2, 1 } } } } } }
    local function pieces()
      local drawn <const> = figure.lines(spec):svg():match '<g class="lb%-line">(.-)</g>'
      return select(2, drawn:gsub('<path [^>]*lb%-s1 lb%-line', ""))
    end
    assert.equal(2, pieces())
    spec.panels[1].lines[1].y[3] = 3
    assert.equal(1, pieces())
  end)

  it("stand on log axes: equal factors are equal distances", function()
    local text <const> = figure.lines { title = "t", x_log = true, y_log = true, panels = {
      { lines = { { x = { 1, 10, 100 }, y = { 1, 10, 100 } } } } } }:svg()
    local x1, y1, x2, y2, x3, y3 = text:match
      'd="M([%d.]+) ([%d.]+)L([%d.]+) ([%d.]+)L([%d.]+) ([%d.]+)" class="lb%-s1'
    assert.near(x2 - x1, x3 - x2, 0.02)
    assert.near(y2 - y1, y3 - y2, 0.02)
    assert.is_true(x2 - x1 > 10 and y1 - y2 > 10)
  end)

  it("refuse what cannot be drawn", function()
    local function refused(change, message)
      local spec <const> = lines_spec()
      change(spec)
      local ok, problem = pcall(figure.lines, spec)
      assert.is_false(ok)
      assert.truthy(tostring(problem):find(message, 1, true), tostring(problem))
    end
    refused(function(s) s.panels = {} end, "panels is empty")
    refused(function(s) s.panels[2].lines[1].look = "dots" end,
      "'line', 'curve', 'limit', 'target' or 'area'")
    refused(function(s) s.panels[1].lines[1].base = { 0 } end, "has 1 values, expected 4")
    refused(function(s) s.panels[1].lines[9] = s.panels[1].lines[8] end, "more than 8 lines")
    refused(function(s) s.panels[1].lines[1].y = { 1 } end, "has 1 values, expected 4")
    refused(function(s) s.panels[1].lines[1].x = { 4, 3, 2, 1 } end, "below the one before")
    refused(function(s) s.panels[1].lines[1].series = 9 end, "from 1 to 8")
    refused(function(s) s.y_ticks = { { at = 1, label = "1" }, { at = 1, label = "1" } } end,
      "y_ticks[2] is not above")
    refused(function(s) s.columns = 0 end, "columns must be")
    refused(function(s) s.xlog = true end, "unknown field 'xlog'")
  end)
end)

describe("every figure", function()
  for _, case in ipairs(CASES) do
    local name <const>, kind <const>, spec <const> = case[1], case[2], case[3]
    for _, mm in ipairs(WIDTHS) do
      it(("%s at %d mm: layout and SVG"):format(name, mm), function()
        local fig <const> = figure[kind](spec):at_width(mm)
        assert.same({}, layout_faults(fig))
        local text <const> = fig:svg()
        assert.is_nil(xml_fault(text))
        assert.equal(text, figure[kind](spec):at_width(mm):svg())
        assert.equal(mm, fig:width())
        assert.is_true(fig:height() > 10)
        assert.is_nil(text:find("nan", 1, true) or text:find("inf\"", 1, true))
      end)
    end
  end

  it("has title and desc as first children, real text and nothing from outside", function()
    local text <const> = figure.curves(CASES[2][3]):svg()
    local id <const> = text:match('aria%-labelledby="([%w-]+)%-title ')
    assert.truthy(text:find(('>\n  <title id="%s-title">Progression-free survival</title>\n'
      .. '  <desc id="%s-desc">'):format(id, id), 1, true))
    assert.truthy(text:find('<svg xmlns="http://www.w3.org/2000/svg" role="img"', 1, true))
    assert.truthy(text:find('width="183mm"', 1, true))
    assert.truthy(text:find(">Progression-free survival (%)</text>", 1, true))
    for _, word in ipairs { "<script", "href", "url(", "var(", "style=", "@import", "<image" } do
      assert.is_nil(text:find(word, 1, true), word)
    end
    assert.equal(1, select(2, text:gsub("http", "")))
  end)

  it("takes the caller's id, else one that depends on the content only", function()
    local spec <const> = { title = "t", id = "fig-1",
      curves = { { time = { 1 }, survival = { 0.5 } } } }
    assert.truthy(figure.curves(spec):svg():find('labelledby="fig-1-title fig-1-desc"', 1, true))
    spec.id = nil
    local first <const> = figure.curves(spec):svg()
    figure.flow(flow_spec()):svg()
    assert.equal(first, figure.curves(spec):svg())
    spec.title = "u"
    assert.not_equal(first:match('id="([^"]+)"'), figure.curves(spec):svg():match('id="([^"]+)"'))
  end)

  it("escapes texts and mends what is no UTF-8", function()
    local text <const> = figure.flow { title = 'a < b & "c"', steps = {
      { label = "x <y> & 'z' \"q\"\n\1 \xFF", n = 3 } } }:svg()
    assert.is_nil(xml_fault(text))
    assert.truthy(text:find("a &lt; b &amp; &quot;c&quot;</title>", 1, true))
    assert.truthy(text:find("x &lt;y&gt; &amp; 'z' &quot;q&quot; ?", 1, true))
  end)

  it("never colours text", function()
    for tag in figure.curves(CASES[4][3]):svg():gmatch("<text[^>]+>") do
      assert.truthy(tag:find('fill="#111111"', 1, true) or tag:find('fill="#595959"', 1, true), tag)
    end
  end)

  it("does not change when the caller's tables do", function()
    local spec <const> = flow_spec()
    local fig <const> = figure.flow(spec)
    local before <const> = fig:at_width(89):svg()
    spec.steps[1].label = "changed"
    assert.equal(before, fig:at_width(89):svg())
  end)
end)

describe("curves", function()
  it("end at x_max and say what faint lines mean", function()
    local spec <const> = { title = "t", x_max = 20, min_at_risk = 5,
      curves = { curve("a", 30, 0.03, 1) } }
    local text = figure.curves(spec):svg()
    assert.is_nil(text:find("fewer than", 1, true))
    spec.x_max = nil
    text = figure.curves(spec):svg()
    assert.truthy(text:find("fewer than 5 are at risk", 1, true))
    assert.truthy(text:find('stroke-opacity="0.4"', 1, true))
  end)

  it("join the points of smooth curves, up to the axis' end", function()
    local c <const> = { time = { 5, 20 }, survival = { 0.5, 0.2 }, conf_low = { 0.4, 0.1 },
      conf_high = { 0.6, 0.3 }, smooth = true }
    local svg <const> = figure.curves({ title = "t", x_max = 10, curves = { c } }):svg()
    local d <const> = svg:match('<g class="lb%-curve">%s*<path d="([^"]+)"')
    assert.is_nil(d:find("[HV]"))
    local whole <const> = figure.curves({ title = "t", curves = { c } }):svg()
    assert.truthy(whole:match('<g class="lb%-curve">%s*<path d="M[%d.]+ [%d.]+L'))
    assert.truthy(whole:find("lb-bands", 1, true))
  end)

  it("keep notes off curves beside them", function()
    local function notes_at(beside)
      local fig <const> = figure.curves { title = "t", annotation = { "a note" }, beside = beside,
        conf = false, curves = { { time = { 1, 10 }, survival = { 0.9, 0.05 } } } }
      for _, text in ipairs((fig:boxes())) do
        if text.text == "a note" then return text.y0 end
      end
    end
    local low <const> = notes_at()
    local other <const> = notes_at { { time = { 0, 10 }, survival = { 0, 0.1 }, smooth = true } }
    assert.is_true(other < low)
  end)

  it("draw the step at the time itself", function()
    local fig <const> = figure.curves { title = "t", x_max = 10, conf = false,
      curves = { { time = { 5 }, survival = { 0.5 }, censor_time = { 10 } } } }
    local d <const> = fig:svg():match('<g class="lb%-curve">%s*<path d="([^"]+)"')
    local x0 <const>, top <const>, x5 <const>, low <const>, x10 <const> =
      d:match("^M([%d.]+) ([%d.]+)H([%d.]+)V([%d.]+)H([%d.]+)$")
    assert.truthy(x0, d)
    assert.is_true(math.abs((x0 + x10) / 2 - x5) < 0.02)
    assert.is_true(low + 0 > top + 0)
  end)

  it("thin many thousands of points without moving the line", function()
    local c <const> = curve("a", 20000, 0.0001, 0.001)
    c.conf_low, c.conf_high = nil, nil
    assert.is_true(#figure.curves { title = "t", curves = { c } }:svg() < 200000)
  end)

  it("give their data, the table first", function()
    local tables <const> = figure.curves(CASES[2][3]):data()
    assert.equal("Numbers at risk", tables[1].title)
    assert.equal(12, #tables[1].columns[3].values)
    assert.same({ "x" }, figure.curves { title = "t", data = { "x" },
      curves = { { time = { 1 }, survival = { 1 } } } }:data())
  end)
end)

describe("forest", function()
  local function one(row)
    local spec <const> = { title = "t", log = true, reference = 1, limits = { 0.25, 4 },
      rows = { row } }
    local text <const> = figure.forest(spec):svg()
    local marks <const> = text:match('<g class="lb%-marks">(.-)</g>') or ""
    return select(2, marks:gsub("<polygon", "")), select(2, marks:gsub("<rect", "")), text
  end

  it("cuts intervals at the limits with arrows", function()
    local arrows, squares = one { label = "a", estimate = 1, conf_low = 0.5, conf_high = 2 }
    assert.same({ 0, 1 }, { arrows, squares })
    arrows, squares = one { label = "a", estimate = 1, conf_low = 0.1, conf_high = math.huge }
    assert.same({ 2, 1 }, { arrows, squares })
    arrows, squares = one { label = "a", estimate = 9, conf_low = 5, conf_high = 20 }
    assert.same({ 1, 0 }, { arrows, squares })
  end)

  it("shows the text of an estimate that has no mark", function()
    local polygons <const>, rects <const>, text <const> =
      one { label = "a", estimate = NAN, conf_low = NAN, conf_high = NAN, text = "no events" }
    assert.same({ 0, 0 }, { polygons, rects })
    assert.truthy(text:find(">no events<", 1, true))
  end)
end)

describe("flow", function()
  it("totals what leaves by the fall of n, and says when reasons overlap", function()
    local text <const> = figure.flow(flow_spec()):svg()
    assert.truthy(text:find(">Excluded (n = 47)<", 1, true))
    assert.is_nil(text:find("several reasons", 1, true))
    local spec <const> = flow_spec()
    spec.steps[2].excluded[1][2] = 40
    assert.truthy(figure.flow(spec):svg():find("several reasons", 1, true))
  end)
end)

describe("errors", function()
  local function message(kind, spec)
    local ok <const>, err <const> = pcall(function()
      local fig <const> = figure[kind](spec)
      return fig
    end)
    assert.is_false(ok)
    local text <const> = tostring(err) -- a text without the core, else its error object
    assert.truthy(text:find("figure_spec.lua:%d+: .*figure%." .. kind), text)
    return text
  end

  it("name the field, at the caller's line", function()
    assert.truthy(message("curves", { title = "t", curves = {} }):find("curves is empty", 1, true))
    assert.truthy(message("curves", { title = "", curves = {} }):find("title", 1, true))
    assert.truthy(message("curves", { title = "t", x_lable = "" }):find("x_lable", 1, true))
    local falling <const> = { { time = { 2, 1 }, survival = { 1, 1 } } }
    assert.truthy(message("curves", { title = "t", curves = falling })
      :find("curves[1].time: value 2", 1, true))
    assert.truthy(message("curves", { title = "t", curves = { { time = { 1 }, survival = {} } } })
      :find("0 values, expected 1", 1, true))
    assert.truthy(message("forest", { title = "t", rows = {} }):find("rows is empty", 1, true))
    assert.truthy(message("flow", { title = "t", steps = { {} } }):find("no label", 1, true))
    assert.has_error(function() figure.flow(flow_spec()):at_width(5) end)
  end)
end)

describe("numbers, ticks and widths", function()
  it("writes numbers without the locale", function()
    assert.equal("-1.50", number.fixed(-1.5, 2))
    assert.equal("0", number.fixed(-0.2))
    assert.equal("0.05", number.fixed(0.05, 2))
    assert.equal("12", number.trim(12.001, 2))
    assert.equal("–", number.count(NAN))
  end)

  it("chooses round ticks", function()
    assert.same({ "0.0", "0.5", "1.0" }, number.labels((scale.ticks(0, 1, 2))))
    assert.same({ 0.25, 0.5, 1, 2, 4 }, scale.log_ticks(0.2, 5))
    assert.same({ "0.5", "1", "2" }, number.labels(scale.log_ticks(0.4, 3), false))
    assert.same({ 0.01, 0.1, 1, 10, 100 }, scale.log_ticks(0.01, 100))
    assert.same({ 0, 12, 24, 36 }, scale.time_ticks(40, "Months", 5))
    assert.same({ 0, 20, 40 }, scale.time_ticks(40, "Time", 3))
    assert.same({ 0.25, 0.5, 1, 2, 4 }, scale.log_cover(0.3, 3))
    assert.same({ 0.5, 0.7, 1, 1.5, 2 }, scale.log_cover(0.65, 1.7))
    for _, range in ipairs { { 0.5, 2 }, { 0.97, 1.35 }, { 0.01, 90 }, { 1e-6, 1e6 }, { 3, 8 },
      { 0.1, 10 }, { 0.55, 1.8 } } do
      local ticks <const> = scale.log_cover(range[1], range[2])
      assert.is_true(#ticks >= 3 and #ticks <= 9, table.concat(ticks, " "))
      assert.is_true(ticks[1] <= range[1] * (1 + 1e-9), table.concat(ticks, " "))
      assert.is_true(ticks[#ticks] >= range[2] * (1 - 1e-9), table.concat(ticks, " "))
    end
    local narrow <const> = scale.log_ticks(0.95, 1.06)
    assert.is_true(#narrow >= 2 and #narrow <= 7)
  end)

  it("knows widths and wraps within them", function()
    assert.equal(1139, metrics.width("0", 2048))
    assert.equal(2 * 1139, metrics.width("–0", 2048))
    for _, line in ipairs(metrics.wrap(table.concat(LONG, " "), 7, 40)) do
      assert.is_true(metrics.width(line, 7) <= 40.001, line)
    end
    assert.same({ "at 95 %", "p = 0.1" }, metrics.wrap("at 95 % p = 0.1", 7, 30))
  end)

  it("spreads labels without overlap, in order", function()
    local tops <const> = layout.spread({ 10, 10, 10 }, { 50, 48, 49 }, 0, 60)
    assert.same({ 50, 30, 40 }, tops)
    assert.is_nil(layout.spread({ 10, 10 }, { 0, 0 }, 0, 15))
    assert.equal(2, layout.thin({ 0, 10, 20, 30 }, { 12, 12, 12, 12 }, 3))
  end)
end)
