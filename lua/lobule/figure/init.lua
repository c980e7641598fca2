--- Figures: a small tree of marks, laid out at a journal's width and written as SVG.
local check = require "lobule.figure.check"
local curves = require "lobule.figure.curves"
local data = require "lobule.figure.data"
local flow = require "lobule.figure.flow"
local forest = require "lobule.figure.forest"
local lines = require "lobule.figure.lines"
local states = require "lobule.figure.states"
local style = require "lobule.figure.style"
local svg = require "lobule.figure.svg"

-- Under the core errors are its objects, raised at the researcher's line, and an unknown method
-- gets a
-- did-you-mean; the package works without it too.
local has_core, core = pcall(require, "lobule.core")
has_core = has_core and core.class ~= nil

local function fail(problem)
  if has_core and core.raise then
    core.raise("argument", (problem:gsub("^figure[.:][%w_]+: ", ""))) -- the core names the function
  end
  error(problem, 3)
end

local M = {}

local POINTS_PER_MM <const> = 72 / 25.4
local DEFAULT_WIDTH_MM <const> = 183

---@class lobule.Figure
---@field title string
---@field desc string
---@field private kind "curves"|"forest"|"flow"|"lines"|"states"
---@field private spec table
---@field private canvas lobule.figure.Canvas
local Figure = {}
Figure.__index = Figure

local LAYOUT <const> = { curves = curves.layout, forest = forest.layout, flow = flow.layout,
  lines = lines.layout, states = states.layout }

-- A description of its own, so that the caller's tables may change later; objects are shared.
local function copy(value)
  if type(value) ~= "table" or getmetatable(value) then return value end
  local t = {}
  for k, v in pairs(value) do t[k] = copy(v) end
  return t
end

local function names(list)
  local out = {}
  for _, entry in ipairs(list) do out[#out + 1] = entry.label end
  return table.concat(out, ", ")
end

-- What the figure shows in words, for readers who cannot see it, when the caller says nothing.
local function describe(kind, spec)
  if kind == "curves" then
    local n <const> = #spec.curves
    local labels <const> = n > 1 and ": " .. names(spec.curves) or ""
    return ("%s over time, %d %s%s."):format(spec.y_label or "Survival", n,
      n == 1 and "curve" or "curves", labels)
  elseif kind == "forest" then
    return ("Forest plot of %s, %d rows."):format(spec.estimate_label or "estimates", #spec.rows)
  end
  if kind == "lines" then
    return ("%s against %s in %d %s."):format(spec.y_label or "y", spec.x_label or "x",
      #spec.panels, #spec.panels == 1 and "panel" or "panels")
  end
  if kind == "states" then
    return ("Diagram of states: %s; %d moves."):format(names(spec.states), #spec.moves)
  end
  local parts = {}
  for i, s in ipairs(spec.steps) do
    parts[i] = s.n and ("%s: %s"):format(s.label, math.tointeger(s.n) or s.n) or s.label
  end
  return "Flow diagram. " .. table.concat(parts, "; ") .. "."
end

local function new(kind, spec, width_mm)
  return setmetatable({ kind = kind, spec = spec, width_mm = width_mm, title = spec.title,
    desc = spec.desc or describe(kind, spec),
    canvas = LAYOUT[kind](spec, width_mm * POINTS_PER_MM) }, Figure)
end

--- The figure as an SVG document; the same bytes on every run.
---@return string
function Figure:svg()
  return svg.document(self.canvas, { id = self.spec.id, title = self.title, desc = self.desc })
end

--- What the figure was made from: its kind, its description and its width, from which `restored`
--- makes the same figure.
---@return table                    # kind, spec, width_mm
function Figure:description()
  return { kind = self.kind, spec = self.spec, width_mm = self.width_mm }
end

--- Width in millimetres.
---@return number
function Figure:width()
  return self.width_mm
end

--- Height in millimetres.
---@return number
function Figure:height()
  return self.canvas.height / POINTS_PER_MM
end

--- What the figure shows, as tables of columns: the description's `data`, else made from it.
---@return lobule.figure.Table[]
function Figure:data()
  return self.spec.data or data[self.kind](self.spec)
end

--- Where the texts stand, in points from the upper left corner: for checks of the layout.
---@return lobule.figure.Box[]
---@return number width   of the canvas, in points
---@return number height
function Figure:boxes()
  return self.canvas.texts, self.canvas.width, self.canvas.height
end

--- The same figure laid out at another width.
---@param mm number  40 to 1000; journals print 89 and 183
---@return lobule.Figure
function Figure:at_width(mm)
  local problem <const> = check.width(mm)
  if problem then fail("figure:at_width: " .. problem) end
  return new(self.kind, self.spec, mm)
end

--- The same figure in a journal's style: its estimates, p values, notes and the decimal mark of its
--- axes. Reports with `journal` do this by themselves; for a figure that is saved alone write
--- km:plot():styled "lancet":save "km.pdf", or km:plot { journal = "lancet" }.
---@param journal string|lobule.Journal  "plain", "lancet", "nejm", "jama", "nature", or a profile
---@return lobule.Figure
---@raise a journal that is not known
function Figure:styled(journal)
  local journals <const> = require "lobule.report.journal"
  local profile = journal
  if type(journal) == "string" then profile = journals.find(journal) end
  if type(profile) ~= "table" or not (profile.plain or profile.percent and profile.p) then
    fail(("figure:styled: no journal %s: expected %s"):format(
      type(journal) == "string" and "'" .. journal .. "'" or "but a " .. type(journal),
      table.concat(journals.NAMES, ", ")))
  end
  if profile.plain then return self end
  local spec = require("lobule.figure.styled")(copy(self.spec), self.desc, profile)
  return (new(self.kind, spec, self.width_mm))
end

--- Writes the figure: "x.svg", "x.pdf" (text stays text, fonts embedded) or "x.png" (RGB on white,
--- with its resolution). All are drawn before the first is written.
---@param paths string|string[]
---@param options? table            dpi (600) of PNG; title of the PDF document
---@return lobule.Figure
---@raise an extension that is not known; no librsvg2-2, libcairo2 or font for PDF and PNG; a file
---       that cannot be written
function Figure:save(paths, options)
  require("lobule.figure.save").save(self, paths, options)
  return self
end

--- Shows the figure: in the terminal if it can draw (kitty's graphics protocol), else in the
--- browser where there is a display, else writes an SVG file into a private folder that goes with
--- the session, and prints its path.
---@example lb.survival.km("Surv(months, progressed) ~ arm", lb.example_data()):plot():show()
function Figure:show()
  require("lobule.figure.show").show(self)
end

function Figure:__tostring()
  return ("figure '%s', %.0f x %.0f mm"):format(self.title, self:width(), self:height())
end

-- Checks a description and lays it out; the caller raises the problem at its own caller's line.
local function build(kind, spec)
  local problem <const> = check[kind](spec)
  if problem then return nil, ("figure.%s: %s"):format(kind, problem) end
  return new(kind, copy(spec), spec.width_mm or DEFAULT_WIDTH_MM)
end

---@class lobule.figure.Curve
---@field label? string
---@field time number[]               ascending
---@field survival number[]           NaN: not estimated
---@field conf_low? number[]
---@field conf_high? number[]
---@field censor_time? number[]       ascending
---@field censor_survival? number[]   default: the curve's own value
---@field note? string                e.g. "median 12.3 (10.1 to 15.2)"
---@field faint_from? number          drawn lighter from here on
---@field smooth? boolean             points joined by straight lines, not by steps
---@field n_risk? number[]            else the first time with n_risk < min_at_risk counts
---@field n_risk_time? number[]       default `time`

---@class lobule.figure.RiskBlock
---@field label? string
---@field n_risk? number[]            one a time in `times`
---@field n_state? number[]           of states: how many are there, instead of n_risk
---@field n_censor? number[]
---@field n_event? number[]

---@class lobule.figure.CurvesSpec
---@field title string
---@field desc? string
---@field id? string                  prefix of ids inside; default a checksum of the content
---@field data? lobule.figure.Table[]
---@field width_mm? number            default 183
---@field height_mm? number           default by the plot's proportions
---@field x_label? string
---@field y_label? string             default "Survival"; " (%)" is added
---@field x_min? number               default 0: where the axis begins
---@field x_max? number               default: the longest curve or tick
---@field times? number[]             ticks and columns of the table
---@field curves lobule.figure.Curve[]  one to eight
---@field beside? table[]             curves without names, dotted; `series` gives their colour
---@field conf? boolean               bands, default true
---@field risk_table? lobule.figure.RiskBlock[]
---@field annotation? (string|{ text: string, label: string, p_value: number })[]
---@field min_at_risk? number         default 10
---@field start? number               value at time 0: 1 (default) for survival, 0 for incidence
---@field shade_from? number          the plot is shaded from here on
---@field y_axis? "percent"|"number"  default "percent": 0 to 100; "number": what the curves reach
---@field x_log? boolean              a log axis of time, from the first step
---@field quantity? string            column of the values in data(), default "survival"

--- Kaplan-Meier curves with bands, censoring ticks and the table of at risk, censored, events.
---@param spec lobule.figure.CurvesSpec
---@return lobule.Figure
function M.curves(spec)
  local figure <const>, problem <const> = build("curves", spec)
  if not figure then fail(problem) end
  return figure
end

---@class lobule.figure.ForestRow
---@field label string
---@field indent? integer
---@field bold? boolean
---@field header? boolean             a heading without a mark
---@field cells? string[]             texts of the columns on the left
---@field estimate? number            NaN or infinite: no mark, the text stays
---@field conf_low? number
---@field conf_high? number
---@field weight? number              0 to 1: area of the square
---@field text? string                e.g. "1.20 (0.90 to 1.60)"
---@field reference? boolean          the reference level: a hollow mark at the reference line
---@field summary? boolean            a diamond
---@field predict_low? number         prediction interval of a summary
---@field predict_high? number

---@class lobule.figure.ForestSpec
---@field title string
---@field desc? string
---@field id? string
---@field data? lobule.figure.Table[]
---@field width_mm? number
---@field columns? { label: string, align?: "left"|"right"|"center" }[]
---@field label_label? string         heading of the labels
---@field rows lobule.figure.ForestRow[]
---@field estimate_label? string      heading of the texts
---@field log? boolean                log axis
---@field reference? number           where the line of no effect stands; nil: none
---@field x_label? string
---@field favours? string[]           two texts: left and right of the reference
---@field limits? number[]            two numbers; intervals beyond get arrows
---@field note? string                below the axis, what the rows do not show

--- A forest plot: labels and columns on the left, squares and intervals, the estimates as text.
---@param spec lobule.figure.ForestSpec
---@return lobule.Figure
function M.forest(spec)
  local figure <const>, problem <const> = build("forest", spec)
  if not figure then fail(problem) end
  return figure
end

---@class lobule.figure.FlowStep
---@field label string
---@field n? number
---@field unit? string                e.g. "patients"; without it "n = 312"
---@field excluded? { [1]: string, [2]: number }[]  reasons with counts
---@field excluded_label? string      default "Excluded"
---@field excluded_n? number          total; default: the fall of n to the next step, else the sum
---@field note? string

---@class lobule.figure.FlowSpec
---@field title string
---@field desc? string
---@field id? string
---@field data? lobule.figure.Table[]
---@field width_mm? number
---@field steps lobule.figure.FlowStep[]
---@field arms? { label: string, n?: number, unit?: string, lines?: string[] }[]

--- A CONSORT or STROBE flow diagram: steps downwards, what leaves to the right, arms at the end.
---@param spec lobule.figure.FlowSpec
---@return lobule.Figure
function M.flow(spec)
  local figure <const>, problem <const> = build("flow", spec)
  if not figure then fail(problem) end
  return figure
end

---@class lobule.figure.Line
---@field label? string               stands at the line's end
---@field x number[]                  ascending
---@field y number[]                  NaN breaks the line
---@field series? integer             colour and symbol, 1 to 8; default its place
---@field look? "line"|"curve"|"limit"|"target"|"area"  a line with points (default), a line alone,
---                                 a dotted line, hollow marks, the area between y and `base`
---@field base? number[]              of an area, as long as y; default 0
---@field low? number[]               with high: an interval at each point, as long as y
---@field high? number[]

---@class lobule.figure.Tick
---@field at number
---@field label string

---@class lobule.figure.LinesSpec
---@field title string
---@field desc? string
---@field id? string
---@field data? lobule.figure.Table[]
---@field width_mm? number
---@field panels { title?: string, lines: lobule.figure.Line[] }[]
---@field columns? integer            panels side by side, at most; default: as many as fit
---@field x_label? string
---@field y_label? string
---@field x_log? boolean              log axes leave out what is not positive
---@field y_log? boolean
---@field x_ticks? lobule.figure.Tick[]  ascending; default round numbers
---@field y_ticks? lobule.figure.Tick[]
---@field shade_from? number          panels are shaded from here on
---@field y_zero? boolean             the vertical axis begins at 0

--- Lines in panels: the horizontal axis is shared, each panel has its own vertical one.
---@param spec lobule.figure.LinesSpec
---@return lobule.Figure
function M.lines(spec)
  local figure <const>, problem <const> = build("lines", spec)
  if not figure then fail(problem) end
  return figure
end

---@class lobule.figure.StatesSpec
---@field title string
---@field desc? string
---@field id? string
---@field data? lobule.figure.Table[]
---@field width_mm? number
---@field states { label: string, lines?: string[] }[]  one to eight
---@field moves { from: integer, to: integer, n: number }[]  numbers of two different states

--- A diagram of states: boxes in rows by the number of moves from the start, arrows with counts.
---@param spec lobule.figure.StatesSpec
---@return lobule.Figure
function M.states(spec)
  local figure <const>, problem <const> = build("states", spec)
  if not figure then fail(problem) end
  return figure
end

--- Style sheet lines that recolour figures on a dark page.
---@return string
function M.dark_css()
  return style.dark_css()
end

--- The figure of a description, checked like any other.
---@param description table         from Figure:description
---@return lobule.Figure
function M.restored(description)
  local kind <const> = description.kind
  if not LAYOUT[kind] then fail("a figure of an unknown kind") end
  local figure <const>, problem <const> = build(kind, description.spec)
  if not figure then fail(problem) end
  return figure.width_mm == description.width_mm and figure
    or figure:at_width(description.width_mm)
end

M.Figure = Figure
if has_core then
  core.class("figure", Figure)
  core.namespace("figure", M)
end

return M
