--- Questions to a Fine-Gray fit: residuals, proportionality, a check in words. Methods of the class
--- "finegray".
local check = require "lobule.check"
local core = require "lobule.core"
local result = require "lobule.result"

local FineGray = {}

local function check_settled(self)
  if #self.info.terms == 0 or self.converged then return end
  core.raise("numeric", "the fit did not converge: nothing follows from its coefficients",
    "print(fit) names the terms without a finite estimate: leave them out.")
end

local RESIDUALS <const> = { "martingale", "score", "schoenfeld", "scaled_schoenfeld", "dfbeta",
  "dfbetas" }

--- Residuals, one row a row that was fitted, `row` being its number in the data. Martingale: events
--- of the cause less those the model expects, who had a competing event staying at risk with its
--- weight. Score, dfbeta (change of a coefficient without the row) and dfbetas (the same in
--- standard errors): a column a term, with what the row does to the estimated weights when the
--- variance is "fine-gray" (Fine & Gray 1999, JASA 94:496, equations 7 and 8); the sum of squares
--- of dfbeta is that variance. Schoenfeld residuals have a row for each event of the cause: its
--- covariates less their mean over the weighted risk set; scaled by the inverse information they
--- estimate the coefficient at that time (Zhou, Fine & Laird 2013, Stat Med 32:3804). Case weights
--- do not multiply residuals; rows of weight 0 are NA.
---@param options? table            type: "martingale" (default), "score", "schoenfeld",
---                                 "scaled_schoenfeld", "dfbeta", "dfbetas"
---@return lobule.Frame             # row, (time), then "martingale" or the terms
---@raise a fit that did not converge
---@example lb.survival.finegray("Surv(months, progressed) ~ arm", lb.example_data())
---    :residuals { type = "dfbeta" }
function FineGray:residuals(options)
  local opts <const> = check.options(options, { { "type", RESIDUALS, "martingale" } })
  check_settled(self)
  local frame = core.finegray_residuals(self.models.model, self.number, self.options,
    self.models.groups, opts.type)
  return frame
end

--- The data with the linear predictor (of the log subdistribution hazard, less that at the means of
--- the covariates), its standard error and, for the fitted rows, martingale residuals; NA in rows
--- that were left out.
---@param newdata? lobule.Frame|lobule.Cohort  default: the data of the fit
---@return lobule.Frame
---@raise a fit that did not converge
function FineGray:augment(newdata)
  check_settled(self)
  local models, fit = self.models, self.fit
  local frame = check.new_data(newdata or self.data)
  local design = newdata and core.model_apply(models.model, frame, false) or nil
  -- Of this table vcov alone is asked for: that of the fit's variance.
  local linear = core.cox_linear(models.model, { coef = fit.coef, naive_vcov = fit.vcov,
    ties = self.options.ties, frequency = self.options.weight_type == "frequency" }, design)
  frame = core.with_column(frame, "linear_predictor", linear:column "estimate")
  frame = core.with_column(frame, "linear_predictor_std_error", linear:column "std_error")
  if newdata then return frame end
  local residual = core.finegray_residuals(models.model, self.number, self.options, models.groups,
    "martingale", true)
  return (core.with_column(frame, "martingale", residual:column "martingale"))
end

local VARIANCE <const> = {
  ["fine-gray"] = "Variance by influences, those on the estimated weights among them.",
  robust = "Variance by influences, the censoring weights taken as known.",
  model = "Variance by the information, as if the weighted rows were persons." }

local SUBDISTRIBUTION <const> = { title = "Test of proportional subdistribution hazards",
  km = "the cumulative incidence of the cause", y_label = "Log subdistribution hazard ratio",
  what = "proportional subdistribution hazards", kind = "survival.ph_test",
  test = function(fit, transform, of)
    return core.finegray_zph(fit.models.model, fit.number, fit.options, fit.models.groups,
      transform, of)
  end,
  clusters = "Influences are added up within clusters.",
  variance = function(fit) return VARIANCE[fit.options.variance] end }

--- Are the subdistribution hazards proportional? For each variable and for all together the score
--- test that its coefficient goes with a function of time, by the modified Schoenfeld residuals
--- (Zhou, Fine & Laird 2013, Stat Med 32:3804). Its variance is that of the fit: sums of the rows'
--- (or clusters') influences with those on the estimated weights ("fine-gray"), without ("robust"),
--- or the information ("model": what R's cox.zph makes of finegray data). A large p does not show
--- that they are proportional: look at plot().
---@param options? table            transform of time: "km" (default: the cumulative incidence of
---                                 the cause just before), "rank", "identity", "log"
---@return lobule.PHTest
---@raise a fit that did not converge; a time of 0 with "log"
---@example lb.survival.finegray("Surv(months, progressed) ~ arm + age", lb.example_data())
---    :ph_test()
function FineGray:ph_test(options)
  check_settled(self)
  local test = require("lobule.survival.ph_test").new(self, options, SUBDISTRIBUTION)
  return test
end

local CHECK <const> = { title = "Check of the Fine-Gray model",
  what = "proportional subdistribution hazards", fewer = "fewer terms",
  interval = "compare cumulative incidence (survival.cuminc)",
  finite = "leave it out, join its level with another, or compare cumulative incidence",
  otherwise = "or cumulative incidence at times that matter (survival.cuminc)",
  n_event = function(self) return self.fit.n_event end,
  term_events = function(_, term) return term.n_event end,
  more = function(self, add)
    local n = self.fit.n_competing
    if n == 0 then return end
    add("competing events", ("%d had another event first"):format(n), "hazard ratios of incidence "
      .. "mix both: show those of each cause beside them (survival.cause_specific)")
  end }

--- What a reviewer would ask of the fit, each finding with what to do: events of the cause per
--- coefficient, estimates without end, collinear terms, proportional subdistribution hazards,
--- influential rows, functional form of numbers, small groups, competing events, follow-up. It
--- looks, it does not decide.
---@return lobule.CoxCheck
---@example lb.survival.finegray("Surv(months, progressed) ~ arm + age", lb.example_data()):check()
function FineGray:check()
  local findings = require("lobule.survival.cox_check").new(self, CHECK)
  return findings
end

return result.methods("finegray", FineGray)
