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

--- Frequencies that are not whole numbers, counted in one pass. `refused` as in check.
local function check_whole(frame, name, refused)
  local wrong = #frame:filter(("%s ~= floor(%s)"):format(quoted(name), quoted(name)))
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
  if opts.weight_type == "frequency" then check_whole(frame, opts.weights, refused) end
end

local MEANING <const> = { frequency = "frequency weights", sampling = "sampling weights, robust "
  .. "variance", case = "case weights, model-based variance" }

--- "weights w (sampling weights, robust variance)", or nil without weights.
---@param opts table
---@return string?
function M.text(opts)
  if not opts.weights then return nil end
  return ("weights %s (%s)"):format(opts.weights, MEANING[opts.weight_type])
end

return M
