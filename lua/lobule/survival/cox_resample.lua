--- Resampling of a Cox fit and its standardisation over the data. Methods of the class "cox".
local check = require "lobule.check"
local core = require "lobule.core"
local result = require "lobule.result"

local Cox = {}

local function check_resampled(self)
  if #self.info.terms == 0 then
    core.raise("argument", "a model without terms has nothing to resample")
  end
  if not self.converged then
    core.raise("numeric", "the fit did not converge: its resamples would not either",
      "print(fit) names the terms without a finite estimate.")
  end
end

local BOOTSTRAP <const> = { { "replicates", "count", 1000 }, { "seed", "number", 1 },
  { "conf_type", { "percentile", "normal", "bca" }, "percentile" }, { "conf_level", "level" } }

local function whole_seed(opts)
  opts.seed = math.tointeger(opts.seed)
    or core.raise("argument", "seed: expected a whole number")
end

--- Nonparametric bootstrap (Efron 1981, JASA 76:312): rows are drawn with replacement and the model
--- is fitted to each resample; a row drawn k times is k rows, also for ties. With clusters whole
--- clusters are drawn. Strata are not held fixed, case weights stay with their rows. A seed gives
--- the same resamples on every machine, and the first of 2000 are the 1000 of fewer. Resamples
--- whose estimate is not finite are left out and counted. Limits after Davison & Hinkley (1997, eq.
--- 5.5 to 5.8 and 5.21), as R's boot.ci; the acceleration of "bca" is that of the
--- infinitesimal jackknife.
---@param options? table            replicates (1000); seed (1); conf_type: "percentile" (default),
---                                 "normal" (estimate less bias, and its standard error), "bca"
---                                 (bias-corrected, accelerated); conf_level (that of the fit)
---@return lobule.CoxBootstrap
---@raise a fit that did not converge, a model without terms
---@example lb.survival.cox("Surv(months, progressed) ~ arm + age", lb.example_data())
---    :bootstrap { replicates = 200, conf_type = "bca" }
function Cox:bootstrap(options)
  local opts <const> = check.options(options, BOOTSTRAP)
  opts.conf_level = opts.conf_level or self.options.conf_level
  whole_seed(opts)
  check_resampled(self)
  local draws = core.cox_bootstrap(self.model, self.fit, opts.replicates, opts.seed,
    opts.conf_type, opts.conf_level)
  local new = require("lobule.survival.cox_bootstrap").new(self, draws, opts)
  return new
end

local VALIDATE <const> = { { "replicates", "count", 300 }, { "seed", "number", 1 } }

--- How good the model would be in new patients: concordance (Harrell) and calibration slope less
--- their optimism, by the bootstrap (Harrell, Lee & Mark 1996, Stat Med 15:361; Efron 1983, JASA
--- 78:316). The model of each resample is judged in its resample and in the data; the mean
--- difference is the optimism. The formula is fitted again as it is: a choice of variables that
--- was made by looking at the data adds optimism that this does not see. The slope is the
--- coefficient of the linear predictor, 1 in the data it was fitted to; below 1 it says how much
--- predictions must shrink.
---@param options? table            replicates (300); seed (1)
---@return lobule.CoxValidation
---@raise as bootstrap
---@example lb.survival.cox("Surv(months, progressed) ~ arm + age", lb.example_data())
---    :validate { replicates = 100 }
function Cox:validate(options)
  local opts <const> = check.options(options, VALIDATE)
  whole_seed(opts)
  check_resampled(self)
  local found = core.cox_validate(self.model, self.fit, opts.replicates, opts.seed)
  local new = require("lobule.survival.cox_validation").new(self, found, opts)
  return new
end

local ADJUSTED <const> = { { "times", "times" }, { "tau", "positive" }, { "levels", "table" },
  { "conf_level", "level" }, { "covariates", { "fixed", "random" }, "fixed" } }

--- Survival curves adjusted for the covariates (direct standardisation, the g-formula; Makuch 1982,
--- J Chronic Dis 35:437): everybody in the data is given each level in turn, their predicted
--- survival is averaged. That is what the group would show had all been at that level, if the model
--- is right and has every confounder; predictions for a person of average covariates belong to
--- nobody. Differences and ratios of survival at `times` and of the restricted mean to `tau` come
--- with standard errors through baseline and coefficients (Gail & Byar 1986, Biom J 28:587), by the
--- infinitesimal jackknife where the fit is robust. Case weights weigh the average.
---@param variable string           a factor of the model, e.g. "arm"; the reference comes first
---@param options? table            times: where levels are compared (default the median event time
---                                 and the last); tau: end of the restricted mean (default the last
---                                 event time); levels: a list, in place of all of a factor, or
---                                 values of a number; conf_level (that of the fit); covariates:
---                                 "fixed" (default: standard errors for these people), "random"
---                                 (for the population they are a sample of; by the jackknife)
---@return lobule.CoxAdjusted
---@raise a fit that did not converge; a variable that the model does not have; a number without
---       levels
---@example lb.survival.cox("Surv(months, progressed) ~ arm + age", lb.example_data())
---    :adjusted("arm", { times = { 12, 24 } })
function Cox:adjusted(variable, options)
  check.type(variable, "string", "variable")
  local opts <const> = check.options(options, ADJUSTED)
  opts.conf_level = opts.conf_level or self.options.conf_level
  check_resampled(self)
  if type(opts.times) == "number" then opts.times = { opts.times } end
  local new = require("lobule.survival.cox_adjusted").new(self, variable, opts)
  return new
end

return result.methods("cox", Cox)
