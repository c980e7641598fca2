--- Gray's test: options checked, the tests run, the result wrapped.
local check = require "lobule.check"
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local result = require "lobule.result"
local weights = require "lobule.survival.weights"

local M = {}

local OPTIONS <const> = weights.join { { "cause", "any" }, { "rho", "number", 0 },
  { "cluster", "string" }, { "censored", "any" } }
local REFUSED <const> = {
  sampling = "Gray's test counts rows as independent: compare the curves of survival.cuminc.",
  case = 'Gray\'s test counts rows: weight_type = "frequency" repeats them.' }

--- Gray's test (1988, Ann Stat 16:1141) of equal cumulative incidence of a cause in the groups;
--- `strata(x)` in the formula stratifies. Late entry: the same comparison of those who entered
--- before each time, as the score of a Fine-Gray model weighted by censoring and entry (Geskus
--- 2011, Biometrics 67:39), its variance by the influences of rows; clusters: by those of clusters.
--- Rows missing any variable are left out and counted.
---@param formula string            "Surv(time, cause) ~ group", "Surv(entry, time, cause) ~ group +
---                                 strata(centre)"
---@param data lobule.Cohort|lobule.Frame
---@param options? table            cause: the one to test (default: all, one test each); rho: 0
---                                 (default), weights (1 - F(t-))^rho; cluster: a column, as
---                                 cluster(x) in the formula; censored: the level or number that
---                                 means censored; weights with weight_type "frequency"
---@return lobule.Gray
---@raise as survival.cuminc; fewer than two groups; rho below 0; late entry where all who are at
---       risk at a time enter then
---@example lb.survival.gray("Surv(months, progressed) ~ arm", lb.example_data())
function M.gray(formula, data, options)
  local opts <const> = check.options(options, OPTIONS)
  weights.check(opts, data, REFUSED)
  data = weights.present(data, opts)
  if not (opts.rho >= 0 and opts.rho < math.huge) then
    core.raise("argument", ("rho is %s, expected a number from 0 on"):format(
      core.format_number(opts.rho)), "0 is Gray's test; 1 looks at early differences.")
  end
  local whole = fitting.clustered(formula, opts)
  local kind = whole:find "cluster%s*%(" and "groups" or "counts"
  local model, info = fitting.build(whole, data, kind, opts,
    { censored = fitting.as_text(opts, "censored") })
  local tests, causes = {}, {}
  local only = opts.cause ~= nil
    and require("lobule.survival.cuminc").cause_number(info.causes, opts.cause) or nil
  for k = only or 1, only or #info.causes do
    causes[#causes + 1] = info.causes[k]
    tests[#tests + 1] = core.gray(model, k, opts.rho)
  end
  local wrapped = require("lobule.survival.gray").new(tests, causes, info, opts)
  return wrapped
end

return result.functions("survival", M)
