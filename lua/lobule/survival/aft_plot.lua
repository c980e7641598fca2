--- Figures of one parametric survival regression: forest of ratios, Cox-Snell residuals.
local check = require "lobule.check"
local core = require "lobule.core"
local words = require "lobule.survival.parametric_words"

local M = {}

function M.forest(self, options)
  local aft = require "lobule.survival.aft"
  local d = self.fit.distribution
  if not words.log_time(d) and d ~= "gompertz" then
    core.raise("argument", ("a forest of ratios: coefficients of the %s distribution are "
      .. "differences of times"):format(d), 'fit:plot "residuals" draws how well it fits.')
  end
  local view = setmetatable({ info = self.info, options = self.options, title = self.title,
    fit = self.fit }, { ratio_label = d == "gompertz" and "Hazard ratio" or "Time ratio" })
  return require("lobule.survival.cox_forest")(view, options, function(i)
    return aft.row_of(self, i + 1, self.options.conf_level, true)
  end, function(row) return aft.interval_text(row, true) end)
end

--- Residuals of the fitted rows with their events, ascending; nothing where they do not exist.
local function cox_snell(self)
  local h, m = self:residuals { type = "cox_snell" }, self:residuals { type = "martingale" }
  local list = {}
  for i = 1, #h do
    local value = h:column "cox_snell"[i]
    if value == nil then
      core.raise("argument", "left- and interval-censored times have no Cox-Snell residuals")
    end
    list[i] = { value, m:column "martingale"[i] + value > 0.5 }
  end
  table.sort(list, function(a, b) return a[1] < b[1] or a[1] == b[1] and a[2] and not b[2] end)
  return list
end

function M.residuals(self, options)
  local opts <const> = check.options(options, { { "title", "string", "Cox-Snell residuals, "
    .. self.info.formula }, { "width_mm", "positive", 89 } })
  if self.info.has_entry then
    core.raise("argument", "with late entry Cox-Snell residuals are no sample of one distribution")
  end
  words.check_settled(self)
  local list, x, y, hazard = cox_snell(self), {}, {}, 0
  for i, row in ipairs(list) do
    if row[2] then
      hazard = hazard + 1 / (#list - i + 1)
      x[#x + 1], y[#y + 1] = row[1], hazard
    end
  end
  local top = math.max(x[#x] or 1, y[#y] or 1)
  local figure = require("lobule.figure").lines { title = opts.title, width_mm = opts.width_mm,
    desc = ("Nelson-Aalen cumulative hazard of %d Cox-Snell residuals against them; the dotted "
      .. "diagonal is where a model that holds lies. Largest residual %.2f, hazard there %.2f.")
      :format(#list, x[#x] or 0, y[#y] or 0),
    panels = { { lines = { { x = x, y = y, series = 1 },
      { x = { 0, top }, y = { 0, top }, look = "limit" } } } },
    x_label = "Cox-Snell residual", y_label = "Cumulative hazard of the residuals" }
  return figure
end

return M
