---@meta
--- Models and statistics of the C core.
--- A part of lobule.core, as core.lua beside this file says.

---@class lobule.core
local core = {}

--- A formula and a frame as arrays for a statistic.
---@param formula string
---@param frame lobule.Frame
---@param kind "groups"|"design"|"counts"  counts: groups for km and logrank, whose rows are counted
---                                 without keeping them when times are whole days
---@param weights? string           column of weights
---@param outcome? "right"|"interval"|"causes"  what the method takes beside Surv(time, event)
---@param censored? string          level or number of the event that means censored, of causes
---@param cause? string             the one cause that is the event, all others censored; not of
---                                 "counts"
---@param frequency? boolean       weights repeat rows, also where the knots of splines are placed
---@return lobule.Model
function core.model(formula, frame, kind, weights, outcome, censored, cause, frequency) end

---@class lobule.Model
local Model = {}
--- n_rows, n_used, n_missing, n_event, n_time_zero, dropped (list of { variable, n }), groups and
--- strata (each { label = list, name = list, empty = list }; of several variables also variables =
--- list, levels = list: those of the first class, then of the next), strata.last_time (the last
--- observed time of each), terms (list of { term, variable, level, reference, n, n_event }),
--- time_label,
--- time_unit, formula, has_entry, interval, time_max, suspect_cnsr; n_cluster, causes, censored and
--- event_cause where there are any. With weights also weight and event_weight, their sums over rows
--- and events, here and of each term.
---@return table
function Model:info() end

--- Kaplan-Meier curves of a "groups" or "counts" model; robust needs "groups".
---@param model lobule.Model
---@param conf_level number
---@param conf_type "log-log"|"log"|"plain"|"logit"|"arcsine"|"log-peto"
---@param robust? boolean           variance by the infinitesimal jackknife, for sampling weights;
---                                 clusters of the model have it by themselves
---@param options? table            type ("kaplan-meier", "nelson-aalen", "fh2"), conf_lower
---                                 ("usual", "peto", "modified"), start_time, weight_type
---@return lobule.KMFit
function core.km(model, conf_level, conf_type, robust, options) end

---@class lobule.KMFit
local KMFit = {}
--- time, n_risk, n_event, n_censor, survival, std_error, conf_low, conf_high of group g from 1.
---@param g integer
---@return lobule.Frame
function KMFit:curve(g) end
---@param g integer
---@param prob number               fraction that has had the event: 0.5 for the median
---@return number time              # nil (all three) when not reached
---@return number conf_low
---@return number conf_high
function KMFit:quantile(g, prob) end
--- One row a time: time, n_risk (just before), n_event and n_censor (since the previous time
--- listed), survival, std_error, conf_low, conf_high.
---@param g integer
---@param times number[]            ascending
---@return lobule.Frame
function KMFit:at(g, times) end
---@param g integer
---@return integer n               # rows
---@return number n_event           # weighted
---@return number weight            # of the rows; n without weights
---@return boolean one_cluster      # too few for a robust variance: std_error and limits are NaN
function KMFit:count(g) end
---@return integer n               # rows left out because their time is before start_time
function KMFit:before() end
--- A simultaneous band of group g: time, survival, conf_low, conf_high.
---@param g integer
---@param type "hall-wellner"|"equal-precision"
---@param level number
---@param scale "log-log"|"log"|"plain"|"logit"|"arcsine"
---@param from? number              a time; default the first event
---@param to? number                a time; default the last at which 0 < S
---@return lobule.Frame
---@return table                    # critical, low and high (fractions of variance), from, to
function KMFit:band(g, type, level, scale, from, to) end

--- Turnbull's estimate of a model of outcome "interval": a table a group, with n, n_exact, n_left,
--- n_between, n_right, weight, n_innermost, left, right, mass (lists), log_lik, kkt, n_iter,
--- converged, unique.
---@param model lobule.Model
---@return table[]
function core.turnbull(model) end

--- Bootstrap percentiles of its survival in group g at times: lists conf_low and conf_high.
---@param model lobule.Model
---@param g integer
---@param times number[]
---@param replicates integer
---@param seed integer
---@param level number
---@param frequency boolean         weights are numbers of rows
---@return table
function core.turnbull_boot(model, g, times, replicates, seed, level, frequency) end

--- Finkelstein's scores under the curve of all rows: lists score and group (from 1).
---@param model lobule.Model
---@return table
function core.turnbull_scores(model) end

--- Limits of a survival estimate from z times the standard error of its logarithm; NaN at 0.
---@param estimate number
---@param half number
---@param conf_type "log-log"|"log"|"plain"|"logit"|"arcsine"
---@return number conf_low
---@return number conf_high
function core.km_limits(estimate, half, conf_type) end

--- Log-rank test: fields group (list of names), n, observed, expected (lists), variance (list of
--- lists), chi_square, df, p_value, n_strata; with weights n is weighted, and rows has its rows.
--- With scores, or two groups, trend: { statistic, variance, z, p_value }.
---@param model lobule.Model
---@param options table             test, rho, gamma, alternative, sampling (boolean), scores (list)
---@return table
function core.logrank(model, options) end
--- Several log-rank tests at once and the largest: z, statistic (lists), covariance (list of
--- lists), most, which (from 1), p_value, error, rank; without scores the largest chi-square of any
--- difference: chi_square, df (lists), most, which, p_value, error, rank.
---@param model lobule.Model
---@param tests table[]             each test, rho, gamma
---@param options table             scores (list), alternative, sampling
---@return table
function core.logrank_combo(model, tests, options) end
--- Permutation log-rank test of a "groups" model, whose weights are frequencies: statistic, n,
--- n_extreme, p_value, std_error, exact.
---@param model lobule.Model
---@param options table             as core.logrank; permutations or exact, seed
---@return table
function core.logrank_permute(model, options) end

--- Cox model of a "design" model. Fields of the result: coef, std_error (lists, NaN where not
--- estimable), vcov (list of
--- lists), log_lik_null, log_lik, score (each { chi_square, df, p_value }), wald, likelihood_ratio,
--- iterations, converged, n, n_event, infinite and collinear
--- (lists of booleans), rounded (collinear as it differs in its last bits alone), means, scale
--- (standard deviations within strata); combination (list of lists) when a column is collinear.
---@param model lobule.Model
---@param ties "efron"|"breslow"|"exact"|"marginal"
---@param max_iter integer
---@param tolerance number
---@param frequency? boolean        weights are repeated rows
---@return table
function core.cox(model, ties, max_iter, tolerance, frequency) end

--- Cox model of a "design" model of outcome "penalised" with its penalised terms. Fields as
--- core.cox (no score test; df of the tests not whole), and vcov2, std_error2, penalty, df,
--- penalised (a table for each of model:info().penalties: theta, df, wald, fits, converged,
--- at_limit; of splines slope, slope_std_error, slope_std_error2, linear, nonlinear); with frailty
--- also log_frailty, log_frailty_std_error, group_event (lists by group), log_lik_integrated,
--- log_lik_no_frailty, frailty_test, approximate_trace.
---@param model lobule.Model
---@param ties "efron"|"breslow"
---@param max_iter integer
---@param tolerance number
---@param frequency? boolean        weights are repeated rows
---@return table
function core.cox_penal(model, ties, max_iter, tolerance, frequency) end

--- The same with Firth's penalty.
---@param model lobule.Model
---@param ties "efron"|"breslow"
---@param max_iter integer
---@param frequency? boolean
---@return table
function core.cox_firth(model, ties, max_iter, frequency) end
--- Profile likelihood limits and the likelihood-ratio test of 0, of each term.
---@param model lobule.Model
---@param fit table                 as in core.cox_robust
---@param conf_level number
---@param firth boolean
---@param wanted? boolean[]         others are NaN
---@return table[]                  # conf_low, conf_high, chi_square, df, p_value
function core.cox_profile(model, fit, conf_level, firth, wanted) end
--- Score tests of proportional hazards.
---@param model lobule.Model
---@param fit table
---@param transform "km"|"rank"|"identity"|"log"
---@param terms integer[]           of each column the number of its variable, from 1
---@return table                    # terms, columns (lists of tests), global: chi_square, df,
---                                 p_value
function core.cox_zph(model, fit, transform, terms) end
--- Least-squares natural cubic spline with df degrees of freedom above the constant.
---@param x number[]
---@param y number[]
---@param df integer
---@param at number[]
---@return table                    # fitted, root (of the variance factor), one a number of at
function core.smooth_spline(x, y, df, at) end
--- P(max |Z| >= c) of normal statistics, or P(max Z >= c).
---@param covariance number[]       square, row after row
---@param c number
---@param one_sided? boolean
---@return number
function core.largest_normal(covariance, c, one_sided) end
--- Robust variance of a Cox fit, by the clusters of the model if it has any. `fit` is the table of
--- core.cox with ties, frequency and naive_vcov (its model-based vcov) added; so for all below.
--- With fit.robust = true predictions and baseline take the robust variance.
---@param model lobule.Model
---@param fit table
---@return table                    # vcov, std_error, wald, score, n_cluster; NaN where clusters
---                                 are too few
function core.cox_robust(model, fit) end
--- Residuals as columns: `row` (position in the frame) and one column, or one a term.
---@param model lobule.Model
---@param fit table
---@param kind string               "martingale", "deviance", "score", "schoenfeld",
---                                 "scaled_schoenfeld", "dfbeta", "dfbetas"
---@param all? boolean              a row for each row of the frame instead, NA where left out
---@return lobule.Frame
function core.cox_residuals(model, fit, kind, all) end
--- Concordance of the linear predictor, within strata.
---@param model lobule.Model
---@param fit table
---@param newdata? lobule.Model     with its outcome; nil: the fitted rows
---@param type? "harrell"|"uno"     default "harrell"
---@param tau? number               pairs whose earlier time is beyond do not count
---@return table                    # concordance, std_error (nil without pairs, or for new data
---                                 of a clustered fit), concordant,
---                                 discordant, tied_x, tied_y, tied_xy, n; n_unweighted: events
---                                 after unweighted_at, where the curve of the censoring falls to 0
function core.cox_concordance(model, fit, newdata, type, tau) end
--- Concordance probability of Gonen and Heller; refuses weights, late entry, strata and frailty.
---@param model lobule.Model
---@param fit table
---@param newdata? lobule.Model     nil: the fitted rows
---@return table                    # concordance, smoothed (nil below 2 rows), std_error (nil below
---                                 3, or for a clustered fit), tied_x, n
function core.cox_gonen_heller(model, fit, newdata) end
--- Coefficients of resampled rows (or clusters), each summarised.
---@param model lobule.Model
---@param fit table
---@param replicates integer
---@param seed integer
---@param conf_type "percentile"|"normal"|"bca"
---@param conf_level number
---@return table                    # n_failed; terms: n, bias, std_error, conf_low, conf_high,
---                                 extreme; replicates: a frame
function core.cox_bootstrap(model, fit, replicates, seed, conf_type, conf_level) end
--- Concordance and calibration slope less their optimism.
---@param model lobule.Model
---@param fit table
---@param replicates integer
---@param seed integer
---@return table                    # n_failed; concordance and slope: apparent, training, test,
---                                 optimism, corrected, n
function core.cox_validate(model, fit, replicates, seed) end
--- Survival averaged over the fitted rows at each level.
---@param model lobule.Model
---@param fit table
---@param levels lobule.Model[]     of core.model_apply: the data at each level
---@param times number[]
---@param tau? number               end of the restricted mean
---@param covariates "fixed"|"random"
---@return table[]                  # of each time, then of the restricted mean: estimate (a number
---                                 a level), covariance (a matrix)
function core.cox_adjusted(model, fit, levels, times, tau, covariates) end
--- Linear predictors less that of the mean of the covariates, or the part of one variable.
---@param model lobule.Model
---@param fit table
---@param newdata? lobule.Model     of core.model_apply; nil: the fitted rows
---@param variable? string
---@return lobule.Frame             # estimate, std_error: one row a row of the data
function core.cox_linear(model, fit, newdata, variable) end
---@param model lobule.Model
---@param fit table
---@param newdata? lobule.Model     with its outcome
---@return lobule.Frame             # expected events to each one's time: estimate, std_error
function core.cox_expected(model, fit, newdata) end
--- Survival of people at times, person by person.
---@param model lobule.Model
---@param fit table
---@param newdata? lobule.Model
---@param times number[]
---@param conf_level number
---@param conf_type "log-log"|"log"|"plain"
---@return lobule.Frame             # estimate, std_error, conf_low, conf_high, cumulative_hazard
function core.cox_survival(model, fit, newdata, times, conf_level, conf_type) end
---@param model lobule.Model
---@param fit table
---@param centred boolean           at the means of the covariates instead of 0
---@return lobule.Frame             # stratum (from 1), time, n_risk, n_event, hazard, estimate
---                                 (cumulative), std_error
function core.cox_baseline(model, fit, centred) end
--- The design of new data for a fitted "design" model.
---@param model lobule.Model
---@param frame lobule.Frame
---@param outcome? boolean          with times and events
---@return lobule.Model
function core.model_apply(model, frame, outcome) end
--- Whose rows a model has: n persons, n_several with more than one event, n_overlap rows that begin
--- before an earlier one of the same person and stratum has ended.
---@param model lobule.Model
---@param frame lobule.Frame        that the model was built of
---@param id string                 the column that names the person
---@return { n: integer, n_several: integer, n_overlap: integer }?  # nil of counted models and
---                                 intervals
function core.model_persons(model, frame, id) end

--- Restricted means of a "groups" or "counts" model; robust needs "groups".
---@param model lobule.Model
---@param from number               where the window begins
---@param tau? number[]             horizons; nil: the smallest of the groups' last times
---@param robust? boolean           variance by the infinitesimal jackknife; clusters have it by
---                                 themselves
---@return table                    # tau, robust, groups (list of { n, weight, n_event, last,
---                                 ended, one_cluster, cause_event }), measures (the restricted
---                                 mean, then the time lost to each cause; each a list by horizon
---                                 of { estimate, variance, chi_square, df }, NaN beyond follow-up;
---                                 with clusters vcov); with strata the means are standardised,
---                                 crossed is that of strata x groups, weight the strata's shares
function core.rmst(model, from, tau, robust) end
--- Pseudo-values, a row for each row of the frame, NA where left out.
---@param model lobule.Model        "groups"; each group on its own
---@param at table                  kind ("survival", "rmst", "cif", "rmtl"), from, tau (list),
---                                 cause (number or nil)
---@param names string[]            of the columns, one a horizon
---@param infinitesimal? boolean
---@return lobule.Frame
---@return number[][] estimates     # by horizon and group
function core.pseudo(model, at, names, infinitesimal) end
--- Regression of pseudo-values or of values weighted for censoring, within the model's strata.
---@param model lobule.Model        "design"
---@param at table                  as core.pseudo
---@param options table             link ("identity", "log", "logit", "cloglog"; with "survival" the
---                                 last is log(-log S)), method ("jackknife", "infinitesimal",
---                                 "ipcw"), censoring_ties ("events_first", "together")
---@return table                    # coef, std_error, vcov (an intercept each horizon first),
---                                 iterations, converged, collinear, largest_weight (of ipcw)
function core.pseudo_fit(model, at, options) end
---@param fit table                 of core.pseudo_fit: coef, vcov
---@param newdata lobule.Model      of core.model_apply
---@param options table             link, complement (fitted to one less survival), z
---@return lobule.Frame             # estimate, conf_low, conf_high: rows by horizon
function core.pseudo_predict(fit, newdata, options) end

--- Interval of a proportion x / n.
---@param x number
---@param n number
---@param conf_level number
---@param method string            "wilson", "exact", "wilson-continuity", "mid-p", "jeffreys",
---                                 "agresti-coull", "wald", "wald-continuity", "logit", "arcsine",
---                                 "likelihood-ratio"
---@return number conf_low
---@return number conf_high
function core.proportion(x, n, conf_level, method) end

--- Study estimates pooled by inverse variances: fields k, weight_fixed, weight_random (lists, sum
--- 1), fixed and random (each estimate, std_error, statistic, p_value, conf_low, conf_high), q,
--- q_p_value, tau2 (DerSimonian & Laird 1986), h, h_low, h_high, i2, i2_low, i2_high (fractions),
--- predict_low, predict_high. What so few studies cannot tell is NaN.
---@param y number[]
---@param v number[]                variances
---@param conf_level number
---@param hartung_knapp? boolean    limits of the random effects by t with k - 1 df
---@return table
function core.pool(y, v, conf_level, hartung_knapp) end

--- Proportions of studies pooled on a scale: the fields of pool on that scale, and effect,
--- variance, adjusted (lists: 1/2 was added to a study's cells), harmonic_n, proportion_fixed,
--- proportion_random (each estimate, conf_low, conf_high), proportion_predicted.
---@param x number[]                events
---@param n number[]                totals
---@param scale "logit"|"freeman-tukey"|"arcsine"
---@param conf_level number
---@param hartung_knapp? boolean
---@return table
function core.pool_proportions(x, n, scale, conf_level, hartung_knapp) end

--- The proportion of a value on a scale of pool_proportions; n as that of one study.
---@param value number
---@param n number
---@param scale "logit"|"freeman-tukey"|"arcsine"
---@return number
function core.pool_back(value, n, scale) end

return core
