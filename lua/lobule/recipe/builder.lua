--- The report that a recipe's run function is given: the methods of a report, each of which changes
--- this one, since its recipe does not save it.
local core = require "lobule.core"
local reports = require "lobule.report"

---@class lobule.recipe.Builder
local Builder = { __name = "lobule.RecipeReport" }

for _, name in ipairs { "heading", "text", "note", "add" } do
  --- As the method of a report.
  Builder[name] = function(self, ...)
    self.report = self.report[name](self.report, ...)
    return self
  end
end

--- Refused: the program saves the report.
function Builder.save()
  core.raise("argument", "a recipe writes no files: its report is saved where --output says.")
end

function Builder:__tostring()
  return tostring(self.report)
end

--- The report as built.
---@return lobule.Report
function Builder:finish()
  return self.report
end

core.class("report", Builder)

local M = {}

--- A builder with an empty report.
---@param options table             title, journal
---@return lobule.recipe.Builder
function M.new(options)
  return setmetatable({ report = reports.new(options) }, Builder)
end

return M
