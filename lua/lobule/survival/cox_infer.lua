--- Questions to a Cox fit: profile intervals, all pairs of levels, proportional hazards, a check in
--- words. Methods of the class "cox".
local check = require "lobule.check"
local core = require "lobule.core"
local result = require "lobule.result"

local Cox = {}

local function check_settled(self)
  if #self.info.terms > 0 and not self.converged then
    core.raise("numeric", "the fit did not converge: nothing follows from its coefficients",
      'Fit with penalty = "firth", which has finite estimates.')
  end
end

local function known(x)
  return x ~= nil and x == x and x or core.NA
end

--- Intervals of the log hazard ratios and the tests of each term being 0. By profile likelihood
--- (Venzon & Moolgavkar 1988, Appl Stat 37:87) where the likelihood is far from a parabola: few
--- events, estimates without end, whose one limit is finite; both are infinite when the other terms
--- explain all. Wald has none of an estimate without end: NA. Profiles take rows as independent.
---@param options? table            method: "profile" (default), "wald"; conf_level (that of the
---                                 fit); terms: names of some (default: all); exponentiate (false)
---@return lobule.Frame             # term, conf_low, conf_high, statistic (chi-square on 1 df),
---                                 p_value
---@raise a term that is not there; a robust fit with method "profile"
function Cox:confint(options)
  local opts <const> = check.options(options, { { "method", { "profile", "wald" }, "profile" },
    { "conf_level", "level", self.options.conf_level }, { "terms", "texts" },
    { "exponentiate", "boolean", false } })
  local wanted, chosen, lists = {}, opts.terms, { {}, {}, {}, {}, {} }
  if chosen then
    local names = {}
    for i, term in ipairs(self.info.terms) do names[i], wanted[i] = term.term, false end
    for _, name in ipairs(chosen) do
      local found = false
      for i, term in ipairs(names) do
        if term == name then wanted[i], found = true, true end
      end
      if not found then
        core.raise("name", ("no term '%s'"):format(name), "Terms are: "
          .. table.concat(names, ", ") .. ".")
      end
    end
  end
  local rows
  if opts.method == "profile" then
    if self.fit.robust then
      core.raise("argument", "profile likelihood takes rows as independent: the fit is robust",
        'Write confint { method = "wald" }.')
    end
    rows = require("lobule.survival.cox_fit").profile(self, opts.conf_level, chosen and wanted)
  end
  local z = core.normal_quantile(0.5 + opts.conf_level / 2)
  for i, term in ipairs(self.info.terms) do
    if not chosen or wanted[i] then
      local b, se = self.fit.coef[i], self.fit.std_error[i]
      if self.fit.infinite[i] then b = 0 / 0 end -- a Wald interval about no estimate is none
      local row = rows and rows[i] or { conf_low = b - z * se, conf_high = b + z * se,
        chi_square = (b / se) ^ 2, p_value = core.normal_p(b / se) }
      local scale = opts.exponentiate and math.exp or function(x) return x end
      local k = #lists[1] + 1
      lists[1][k] = term.term
      lists[2][k], lists[3][k] = known(scale(row.conf_low)), known(scale(row.conf_high))
      lists[4][k], lists[5][k] = known(row.chi_square), known(row.p_value)
    end
  end
  local frame = result.frame { { "term", lists[1], "text" }, { "conf_low", lists[2], "real" },
    { "conf_high", lists[3], "real" }, { "statistic", lists[4], "real" },
    { "p_value", lists[5], "real" } }
  return frame
end

--- Hazard ratios of all pairs of levels of a factor, each the later level to the earlier one, with
--- p values and intervals adjusted for their number. A factor that stands in an interaction is
--- refused: contrast() compares people. "single-step" takes the largest of the correlated
--- statistics as normal (Hothorn, Bretz & Westfall 2008, Biom J 50:346); "holm" has Bonferroni's
--- intervals, as it has none of its own.
---@param variable string           a factor of the formula
---@param options? table            adjust: "single-step" (default), "holm", "bonferroni", "none";
---                                 conf_level (that of the fit)
---@return lobule.CoxPairs
---@raise a variable that is no factor of the model or stands in an interaction; a level without an
---       estimate
function Cox:pairs(variable, options)
  check_settled(self)
  local pairs_of = require("lobule.survival.cox_pairs").new(self, variable, options)
  return pairs_of
end

--- Are the hazards proportional? For each variable and for all together the score test that its
--- coefficient goes with a function of time (Grambsch & Therneau 1994, Biometrika 81:515; with the
--- information of each risk set, as R's cox.zph from survival 3.0 on). A large p does not show that
--- hazards are proportional, a small one in large data may be of no consequence: look at plot().
--- Rows are taken as independent, also with clusters.
---@param options? table            transform of time: "km" (default, 1 - Kaplan-Meier), "rank",
---                                 "identity", "log"
---@return lobule.PHTest
---@raise exact ties; a fit that did not converge; a time of 0 with "log"
function Cox:ph_test(options)
  check_settled(self)
  local test = require("lobule.survival.ph_test").new(self, options)
  return test
end

--- What a reviewer would ask of the fit, each finding with what to do: events per coefficient,
--- estimates without end, collinear terms, proportional hazards, influential rows, functional form
--- of numbers, small groups, follow-up. It looks, it does not decide.
---@return lobule.CoxCheck
function Cox:check()
  local findings = require("lobule.survival.cox_check").new(self)
  return findings
end

return result.methods("cox", Cox)
