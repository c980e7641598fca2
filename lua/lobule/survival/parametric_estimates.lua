--- Estimates of people by a parametric survival model, row by row.
local check = require "lobule.check"
local core = require "lobule.core"
local result = require "lobule.result"
local words = require "lobule.survival.parametric_words"

--- Estimates of a kind of people at each of `at`: what predict is made of.
---@param self table
---@param kind string               as core.aft_predict
---@param at number[]
---@param name? string              of the column of `at`
---@param opts table                newdata, conf_level
---@return lobule.Frame
return function(self, kind, at, name, opts)
  words.check_settled(self)
  local mixture = rawget(self, "cure_model")
  local people = opts.newdata ~= nil
    and core.model_apply(self.model, check.new_data(opts.newdata), false) or nil
  local other = mixture
  if mixture and people then
    other = core.model_apply(mixture, check.new_data(opts.newdata), false)
  end
  local estimates = core.aft_predict(self.model, self.fit, people, { type = kind, at = at,
    conf_level = opts.conf_level or self.options.conf_level }, other)
  local row, place, n = {}, {}, #at
  for i = 1, #estimates do row[i], place[i] = (i - 1) // n + 1, at[(i - 1) % n + 1] end
  row.n, place.n = #estimates, #estimates
  local columns = { { "row", row, "integer" } }
  if name then
    columns[2] = { name, place, "real", unit = name == "time" and self.info.time_unit or nil }
  end
  local frame = result.frame(columns)
  for _, column in ipairs(estimates:names()) do
    frame = core.with_column(frame, column, estimates:column(column))
  end
  return (require("lobule.survival.people").beside(frame, opts.newdata))
end
