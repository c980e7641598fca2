--- What completion offers inside a formula beside columns: the words, and the arguments of
--- penalised terms, which have names.
local M = {}

M.WORDS = { "Surv(", "Surv_CNSR(", "Surv_interval(", "strata(", "cluster(", "offset(", "ns(", "bs(",
  "rcs(", "poly(", "I(", "ridge(", "pspline(", "frailty(" }

local ARGUMENTS <const> = { ridge = { "theta = ", "df = ", "scale = " },
  pspline = { "df = ", "theta = ", "nterm = ", "degree = ", "boundary = ", "method = " },
  frailty = { "distribution = ", "method = ", "theta = ", "df = " } }

--- Arguments of the call that is open at the end of a formula's text: those of ridge() in
--- "Surv(t, e) ~ ridge(age, th".
---@param text string
---@return string[]
function M.arguments(text)
  return ARGUMENTS[text:match "(%l+)%s*%([^()]*$"] or {}
end

return M
