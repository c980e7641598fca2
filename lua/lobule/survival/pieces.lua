--- Pieces of follow-up as frames: what splitting, landmarks and rates share.
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local outcomes = require "lobule.survival.outcome_text"

local M = {}

--- Adds a reason why rows left to a list, unless there are none.
---@return integer n
function M.cause(list, reason, condition, n)
  if n > 0 then
    list[#list + 1] = { reason = reason, condition = condition, n = n, n_missing = 0 }
  end
  return n
end

--- Why rows of the data have no piece.
---@return table[] causes
---@return integer n
function M.left_out(info, n_zero, n_no_scale, scale)
  local causes = {}
  local n = M.cause(causes, "outcome missing", info.formula, info.n_missing)
    + M.cause(causes, "no follow-up: time 0", info.formula, n_zero)
    + M.cause(causes, "scale missing", scale or "", n_no_scale)
  return causes, n
end

--- The pieces as a frame: the columns of the data with start, stop and event.
function M.with(names, taken, start, stop, event)
  local frame = core.with_column(taken, names[1], start)
  frame = core.with_column(frame, names[2], stop)
  frame = core.with_column(frame, names[3], event)
  return frame
end

--- The model of an outcome, with its causes where it has any.
function M.build(outcome, frame, censored)
  if censored ~= nil and not outcome.causes then
    core.raise("argument", "censored: the event has no causes", "Leave censored out.")
  end
  local model, info = fitting.build(outcome.formula, frame, "groups", {},
    outcome.causes and { censored = censored } or nil)
  return model, info
end

--- "up to 50", "50 to 60", "over 60"
local function interval_labels(cuts)
  local labels = { "up to " .. core.format_number(cuts[1]) }
  for k = 2, #cuts do
    labels[k] = ("%s to %s"):format(core.format_number(cuts[k - 1]), core.format_number(cuts[k]))
  end
  labels[#cuts + 1] = "over " .. core.format_number(cuts[#cuts])
  return labels
end

local function interval_factor(column, cuts, labels)
  labels = labels or interval_labels(cuts)
  if #labels ~= #cuts + 1 then
    core.raise("argument", ("labels: %d cuts make %d intervals; found %d labels"):format(#cuts,
      #cuts + 1, #labels))
  end
  local numbers = {}
  for k = 1, #labels do numbers[k] = ("%d"):format(k) end
  local factor = core.map_levels(core.factor(column, numbers), labels)
  return factor
end

--- Rows where the scale is known, and the scale's column among them.
local function scaled(frame, expression)
  if not expression then return frame, nil, 0 end
  local column = core.eval(frame, expression)
  local kind = column:type()
  if kind ~= "real" and kind ~= "integer" then
    core.raise("type", ("scale: %s is a %s, expected numbers"):format(expression, kind),
      "Name what the scale was when follow-up began, such as the age at entry.")
  end
  local n_missing = column:missing()
  if n_missing == 0 then return frame, column, 0 end
  local known = frame:filter(("not is_na(%s)"):format(expression))
  return known, core.eval(known, expression), n_missing
end

--- Follow-up cut at fixed times or values of a scale.
---@param whole lobule.Frame
---@param formula string
---@param opts table                cuts, scale, interval, labels, into, censored
---@return lobule.Frame pieces      with start, stop, event and the interval
---@return table[] causes           why rows have no piece
---@return integer n_left           such rows
---@return table info
function M.cut(whole, formula, opts)
  local outcome <const> = outcomes.read(formula, whole)
  local names <const> = outcomes.into(opts.into, outcome, whole)
  if whole:has(opts.interval) then
    core.raise("argument", ("the data have a column '%s' already"):format(opts.interval),
      'Say another name: interval = "period".')
  end
  local frame, shift, n_no_scale = scaled(whole, opts.scale)
  local model, info = M.build(outcome, frame, fitting.as_text(opts, "censored"))
  local taken, start, stop, event, interval, n_zero = core.split_follow_up(model, frame, opts.cuts,
    shift)
  local cut = core.with_column(M.with(names, taken, start, stop, event), opts.interval,
    interval_factor(interval, opts.cuts, opts.labels))
  local causes, n_left = M.left_out(info, n_zero, n_no_scale, opts.scale)
  return cut, causes, n_left, info
end

return M
