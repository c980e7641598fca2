--- How a Cox model is fitted: with Firth's penalty or without, exact ties, profile likelihood; what
--- does not go together is refused here.
local core = require "lobule.core"

local M = {}

--- Firth's steps come to the maximum by a constant factor each, so they are given more of them.
local FIRTH_STEPS <const> = 10

local function refuse(message, mend)
  core.raise("argument", message, mend)
end

local EXACT <const> = { exact = true, marginal = true }

--- Refuses options that have no meaning together.
---@param opts table                checked options of survival.cox
---@param robust boolean
function M.check(opts, robust)
  local exact = EXACT[opts.ties]
  if exact and opts.weights and opts.weight_type ~= "frequency" then
    refuse(("ties '%s': an exact likelihood counts persons; weights of type '%s' have no place in "
      .. "it"):format(opts.ties, opts.weight_type), 'Use ties = "efron", or weight_type = '
      .. '"frequency".')
  elseif exact and robust then
    refuse(("ties '%s': there is no robust variance, as its score is no sum over persons"):format(
      opts.ties), 'Use ties = "efron" with clusters.')
  elseif exact and opts.penalty then
    refuse(("ties '%s' and penalty '%s' do not go together"):format(opts.ties, opts.penalty),
      'Firth\'s penalty takes ties "efron" or "breslow".')
  elseif robust and opts.penalty then
    refuse("penalty 'firth' has no robust variance: its likelihood takes rows as independent",
      "Leave clusters and sampling weights out, or the penalty.")
  elseif robust and opts.conf_type == "profile" then
    refuse("conf_type 'profile' takes rows as independent, which clusters and sampling weights are "
      .. "not", 'Leave conf_type out: robust Wald intervals.')
  end
end

---@param model lobule.Model
---@param opts table                checked options of survival.cox; conf_type gets its default
---@return table                    # of core.cox
function M.fit(model, opts)
  local frequency = opts.weight_type == "frequency"
  opts.conf_type = opts.conf_type or (opts.penalty and "profile" or "wald")
  if opts.penalty then
    return core.cox_firth(model, opts.ties, FIRTH_STEPS * opts.max_iter, frequency)
  end
  return core.cox(model, opts.ties, opts.max_iter, opts.tolerance, frequency)
end

--- Profile limits and likelihood-ratio tests of all terms at a level, fitted once.
---@param self lobule.Cox
---@param conf_level number
---@param wanted? boolean[]
---@return table[]                  # conf_low, conf_high, chi_square, p_value of each term
function M.profile(self, conf_level, wanted)
  local fit = self.fit
  local kept = rawget(fit, "profiles") or {}
  fit.profiles = kept
  if wanted then
    return core.cox_profile(self.model, fit, conf_level, self.options.penalty ~= nil, wanted)
  end
  kept[conf_level] = kept[conf_level]
    or core.cox_profile(self.model, fit, conf_level, self.options.penalty ~= nil)
  return kept[conf_level]
end

--- What the fit's tests and intervals rest on, for a line below the table.
---@param opts table
---@return string?
function M.text(opts)
  local parts = {}
  if opts.penalty then parts[1] = "Firth's penalised likelihood" end
  if opts.conf_type == "profile" then
    parts[#parts + 1] = "intervals by profile likelihood, p by likelihood ratio tests"
  end
  return #parts > 0 and table.concat(parts, "; ") or nil
end

M.TIES = { efron = "Efron", breslow = "Breslow", exact = "the exact discrete likelihood",
  marginal = "the exact marginal likelihood" }

return M
