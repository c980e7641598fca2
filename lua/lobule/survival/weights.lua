--- What the weights of rows mean: checked here once for every survival method.
local check = require "lobule.check"
local core = require "lobule.core"

local M = {}

local TYPES <const> = { "frequency", "sampling", "case" }
local MEND <const> = 'Say what they are: weight_type = "frequency" (each row stands for so many '
  .. 'rows), "sampling" (unequal chances of being sampled, inverse probabilities: robust '
  .. 'variance) or "case" (model-based variance, as R\'s coxph).'

--- The two options, for a schema.
M.OPTIONS = { { "weights", "string" }, { "weight_type", TYPES } }

--- A schema with the weight options behind its own.
---@param schema table[]
---@return table[]
function M.join(schema)
  local joined = table.move(schema, 1, #schema, 1, {})
  return table.move(M.OPTIONS, 1, #M.OPTIONS, #joined + 1, joined)
end

local function quoted(name)
  return "`" .. name .. "`"
end

local WORDS <const> = { logical = "logical", factor = "a factor", text = "text", date = "a date",
  datetime = "a datetime" }

--- Weights are numbers.
local function check_type(frame, name)
  local words = WORDS[frame:column(name):type()]
  if words then
    core.raise("type", ("weights: the column '%s' is %s, numbers were expected"):format(name,
      words), "Make a column of numbers first, with mutate.")
  end
end

--- Frequencies that are not whole numbers, counted in one pass. `refused` as in check.
local function check_whole(frame, name, refused)
  local w = quoted(name)
  -- NaN is missing, as in every model; what is infinite is refused there.
  local wrong = #frame:filter(("%s == %s and %s ~= floor(%s)"):format(w, w, w, w))
  if wrong > 0 then
    core.raise("data", ("weights '%s': %d frequency weights are not whole numbers"):format(name,
      wrong), refused and refused.sampling and 'Fractions are sampling weights. '
      .. refused.sampling .. ' weight_type = "case" counts with them, with a model-based variance.'
      or 'Fractions are weights of sampling: weight_type = "sampling".')
  end
end

--- Raises unless weights and weight_type go together and the method takes the kind.
---@param opts table                checked options
---@param data lobule.Cohort|lobule.Frame
---@param refused? table<string, string>  kinds that the method does not take, with the mend
function M.check(opts, data, refused)
  if opts.weights and not opts.weight_type then
    core.raise("argument", "weights: their weight_type is not given", MEND)
  elseif opts.weight_type and not opts.weights then
    core.raise("argument", "weight_type: there are no weights",
      "Name the column: weights = \"w\".")
  elseif not opts.weights then
    return
  end
  local mend = refused and refused[opts.weight_type]
  if mend then
    core.raise("argument", ("weight_type '%s' is not available here"):format(opts.weight_type),
      mend)
  end
  local frame = check.data(data)
  check.column(frame, opts.weights)
  check_type(frame, opts.weights)
  if opts.weight_type == "frequency" then check_whole(frame, opts.weights, refused) end
end

--- The data without rows of frequency 0: they are no rows. NA and NaN stay, to be counted.
---@param data lobule.Cohort|lobule.Frame
---@param opts table                checked options
---@return lobule.Cohort|lobule.Frame
function M.present(data, opts)
  if opts.weight_type ~= "frequency" then return data end
  local frame = check.data(data)
  local zero = quoted(opts.weights) .. " == 0"
  if #frame:filter(zero) == 0 then return data end
  local rest = frame:filter(("not coalesce(%s, false)"):format(zero))
  if #rest == 0 then
    core.raise("data", ("weights '%s': all %d are 0"):format(opts.weights, #frame))
  end
  return rest
end

local MOST_FREQUENCY <const> = 2.0 ^ 53
local SMALLEST_MEAN <const>, LARGEST_MEAN <const> = 1e-6, 1e15

--- Refuses weights so small or large that sums and steps of a fit vanish in rounding.
local function check_scale(info, opts)
  local mean = info.weight / info.n_used
  if opts.weight_type == "frequency" or info.n_used == 0 or mean <= 0
    or mean >= SMALLEST_MEAN and mean <= LARGEST_MEAN then return end
  core.raise("data", ("weights '%s': their mean is %s, expected 1e-6 to 1e15"):format(opts.weights,
    core.format_number(tonumber(("%.3g"):format(mean)))), opts.weight_type == "sampling"
      and "Multiply them, with mutate: of sampling weights only the ratios matter."
      or "Case weights count rows: divide them by their mean, with mutate.")
end

--- Puts the counts that the weights make in the place of those of rows: `n` is what stands for
--- persons (frequencies added up, else rows), n_event and those of terms are weighted; n_row and
--- n_used stay rows.
---@param info table                Model:info()
---@param opts table                checked options
function M.count(info, opts)
  info.n = info.n_used
  if not opts.weights then return end
  check_scale(info, opts)
  local frequency = opts.weight_type == "frequency"
  if frequency and info.weight > MOST_FREQUENCY then
    core.raise("data", ("weights '%s': the frequencies add up to more than 2^53, beyond which "
      .. "whole numbers are not exact"):format(opts.weights), "Are they frequencies?")
  end
  info.n = frequency and math.tointeger(info.weight) or info.n_used
  info.n_event = info.event_weight
  for _, term in ipairs(info.terms) do
    term.n = frequency and math.tointeger(term.weight) or term.n
    term.n_event = term.event_weight
  end
end

local MEANING <const> = { frequency = "frequency weights", sampling = "sampling weights, robust "
  .. "variance", case = "case weights, model-based variance" }

--- "weights w (sampling weights, robust variance)", or nil without weights. Frequencies also say
--- of how many rows.
---@param opts table
---@param info table                Model:info()
---@return string?
function M.text(opts, info)
  if not opts.weights then return nil end
  local rows = opts.weight_type == "frequency" and (", %d rows"):format(info.n_used) or ""
  return ("weights %s (%s%s)"):format(opts.weights, MEANING[opts.weight_type], rows)
end

return M
