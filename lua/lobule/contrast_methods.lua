--- The method contrast() of every regression.
local check = require "lobule.check"
local core = require "lobule.core"
local result = require "lobule.result"

local Regression = {}

--- Contrasts of a regression: ratios (or differences) of people, of combinations of coefficients,
--- or all coefficients of a term, with their joint Wald test (general linear hypotheses: Hothorn,
--- Bretz & Westfall 2008, Biom J 50:346, equation 2). What is compared:
--- "SIRT - TACE": two levels of a factor, as a quantity for a sentence; of a factor that stands in
--- an interaction people are compared. "arm", "ns(age, 3)", "arm:sex": a term, all its
--- coefficients. { { arm = "SIRT", age = 60 }, { arm = "TAE", age = 60 } }: one person against
--- another; what is not given is the same in both, and must be given where the difference depends
--- on it (interactions). { ["arm[SIRT]"] = 1, ["arm[TACE]"] = -1 }: weights of coefficients.
--- Several in a list: { { "women", person, person }, { "trend", weights }, "SIRT - TACE" }; a table
--- of named ones is taken in the order of the alphabet. Of several, intervals and p-values hold
--- together ("single-step"); the coefficients of a term are not adjusted.
---@param what string|table         as above
---@param options? table            adjust: "single-step" (default), "step-down", "scheffe", "holm",
---                                 "hochberg", "bonferroni", "bh", "none"; conf_level (that of the
---                                 fit); alternative: "two_sided" (default), "greater", "less"
---                                 (one-sided limit of conf_level); null: value under the null
---                                 hypothesis as a ratio (1, of a difference 0), such as a margin
---                                 of non-inferiority; joint: show the joint test
---                                 (of a term by itself); trend: polynomials over the levels of a
---                                 factor (false); scores: of the levels in a trend, the reference
---                                 first (1, 2, 3 ...); part: of a cure model, "latency", "cure";
---                                 transition: of a multistate model, "a -> b"; cause: of
---                                 cause-specific models
---@return lobule.Contrasts|lobule.Quantity
---@raise names and levels that the model has not; levels of a factor in an interaction; a
---       coefficient without an estimate; a difference that depends on what is not given; a fit
---       that did not converge
---@example lb.survival.cox("Surv(months, progressed) ~ arm * sex + age", lb.example_data())
---    :contrast({ { "women", { arm = "SIRT", sex = "f" }, { arm = "TAE", sex = "f" } },
---      { "men", { arm = "SIRT", sex = "m" }, { arm = "TAE", sex = "m" } } })
function Regression:contrast(what, options)
  local contrasts = require "lobule.contrast_result"
  if type(what) ~= "string" and type(what) ~= "table" then
    core.raise("argument", "contrast: expected levels, a term or a table, found "
      .. check.describe(what), 'Write fit:contrast "SIRT - TACE".')
  end
  local quantity = type(what) == "string" and contrasts.quantity(self, what, options)
  local made = quantity or contrasts.new(self, what, options)
  return made
end

return result.methods("cox cox_penalised finegray cause_specific multistate_cox aft "
  .. "royston_parmar cure mean_regression", Regression)
