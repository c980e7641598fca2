--- What expected and relative survival answer alike: curves at times, the data with what is
--- expected, print and report.
local check = require "lobule.check"
local core = require "lobule.core"
local fits = require "lobule.survival.expected_fit"
local format = require "lobule.format"
local printed = require "lobule.printed"
local result = require "lobule.result"
local weights = require "lobule.survival.weights"

-- Each class has in base.view what is its own: frame(self, curves), the columns' labels(self) and
-- cells(row, percent) after the group's, counts(self) in words.
local Curves = {}

--- The curves at the times given, followed exactly between the times of the data too: there they
--- go with the population's mortality.
---@param times number|number[]     ascending
---@return lobule.Frame             # as tidy()
function Curves:at(times)
  local opts = check.options({ times = times }, { { "times", "times" } })
  local frame = self.base.view.frame(self, fits.curves(self.base, opts.times))
  return frame
end

--- The data with what is expected of each person up to their own time (R's survexp, methods
--- individual.s and individual.h): NA where something is missing. 1 / expected survival is the
--- weight of the net method.
---@return lobule.Frame             # the data, expected_hazard (cumulative, from entry to time: the
---                                 expected number of events), expected_survival
function Curves:augment()
  local frame = fits.augment(self.base)
  return frame
end

--- A fraction in percent, for a cell.
local function percent(x)
  return type(x) == "number" and format.fixed(100 * x, 1) or "NA"
end

local function summary_table(self)
  local columns = { { label = "Group", align = "left" },
    { label = ("Time (%s)"):format(self.base.unit), align = "right" },
    { label = "At risk", align = "right" } }
  for _, label in ipairs(self.base.view.labels(self)) do
    columns[#columns + 1] = { label = label, align = "right" }
  end
  local rows, times = {}, self.options.at or fits.shown_times(self.base)
  for i, row in ipairs(self:at(times):rows_list()) do
    rows[i] = { fits.label(self.base, row.strata), core.format_number(row.time),
      format.count(row.n_risk),
      table.unpack(self.base.view.cells(row, percent)) }
  end
  return require("lobule.table").new { columns = columns, rows = rows, notes = {} }
end

function Curves:__tostring()
  return printed.text(self, summary_table(self), { self.base.view.counts(self),
    weights.text(self.options, self.info) })
end

--- The blocks of a report.
---@param options? table
---@return table[]
function Curves:report_blocks(options)
  return (printed.blocks(self, summary_table(self), { self.base.view.counts(self) }, options,
    { weights.text(self.options, self.info) }))
end

return result.methods("expected relative", Curves)
