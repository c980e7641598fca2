--- Risks by several times from fitted models or from columns, side by side in one frame.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

--- Predictions of a fitted model as one list a time, in the order of the rows; NaN where it has
--- none.
local function predicted(fit, frame, times)
  local survival <const> = check.is(fit, "lobule.Cox")
  local options = { newdata = frame, times = times, type = survival and "survival" or nil }
  local got = fit:predict(options)
  local estimate, lists = got:column("estimate"), {}
  for t in ipairs(times) do
    local list = { n = #frame }
    for i = 1, #frame do
      local value = estimate[(i - 1) * #times + t]
      list[i] = value == nil and core.NA or survival and 1 - value or value
    end
    lists[t] = list
  end
  return lists
end

--- Raises when a model has no risk for anybody by one of the times: they lie beyond its follow-up.
local function check_known(name, model, lists, times)
  for t, list in ipairs(lists) do
    local any = list.n == 0
    for i = 1, list.n do any = any or type(list[i]) == "number" and list[i] == list[i] end
    if not any and times[t] > model.info.time_max then
      local last <const> = core.format_number(model.info.time_max)
      local text <const> = "models: '%s' has no risk by %s for anybody; its follow-up ends at %s"
      core.raise("data", text:format(name, core.format_number(times[t]), last),
        ("Choose times up to %s."):format(last))
    end
  end
end

local function from_columns(name, columns, frame, times)
  if type(columns) == "string" then columns = { columns } end
  if type(columns) ~= "table" or #columns ~= #times then
    core.raise("argument", ("models: '%s' needs a fitted model or one column of risks a time")
      :format(name), ("There are %d times: { %s = { \"risk_1\", ... } }."):format(#times, name))
  end
  for _, column in ipairs(columns) do check.column(frame, column) end
  return columns
end

--- Risks of every model by every time, as columns of a frame; rows without one of them are left
--- out.
---@param models table<string, any>
---@param frame lobule.Frame
---@param times number[]
---@return string[] names           of the models, sorted
---@return string[][] columns       of each model, one a time
---@return lobule.Frame known
---@return integer n_unknown        rows left out
function M.of(models, frame, times)
  local names, columns = {}, {}
  for name in next, models do names[#names + 1] = check.type(name, "string", "models") end
  table.sort(names)
  local known = frame
  for m, name in ipairs(names) do
    local model <const> = models[name]
    if check.is(model, "lobule.Cox") or check.is(model, "lobule.FineGray") then
      columns[m] = {}
      local lists <const> = predicted(model, frame, times)
      check_known(name, model, lists, times)
      for t, list in ipairs(lists) do
        columns[m][t] = ("risk of %s by %s"):format(name, core.format_number(times[t]))
        known = core.with_column(known, columns[m][t],
          core.frame { { "risk", list, "real" } }:column "risk")
      end
    else
      columns[m] = from_columns(name, model, frame, times)
    end
  end
  local n <const> = #known
  for _, list in ipairs(columns) do
    for _, column in ipairs(list) do
      known = known:filter(("not is_na(`%s`)"):format(column))
    end
  end
  return names, columns, known, n - #known
end

--- Of each model, how many of the rows judged it was fitted to.
---@param models table<string, any>
---@param names string[]
---@param known lobule.Frame
---@return (integer|false)[]        # false: not known
function M.common(models, names, known)
  local list = {}
  for m, name in ipairs(names) do
    local model <const> = models[name]
    local fitted <const> = check.is(model, "lobule.Cox") or check.is(model, "lobule.FineGray")
    list[m] = fitted and core.common_rows(check.data(model.data), known) or false
  end
  return list
end

return M
