---@meta
--- Competing risks, rates, additive hazards, scores and parametric survival of the C core.
--- A part of lobule.core, as core.lua beside this file says.

---@class lobule.core
local core = {}

--- Cumulative incidence of a "groups" or "counts" model of outcome "causes"; the jackknife needs
--- "groups".
---@param model lobule.Model
---@param conf_level number
---@param conf_type "log-log"|"log"|"plain"|"logit"|"arcsine"
---@param variance "greenwood"|"aalen"|"jackknife"
---@return lobule.CumIncFit
function core.cuminc(model, conf_level, conf_type, variance) end

---@class lobule.CumIncFit
local CumIncFit = {}
--- time, n_risk, n_event (of the cause), n_censor, estimate, std_error, conf_low, conf_high of
--- group g and a cause, both from 1.
---@param g integer
---@param cause integer
---@return lobule.Frame
function CumIncFit:curve(g, cause) end
--- The same of the probability of no event of any cause.
---@param g integer
---@return lobule.Frame
function CumIncFit:event_free(g) end
---@param g integer
---@param cause integer
---@param prob number
---@return number time              # nil (all three) when not reached
---@return number conf_low
---@return number conf_high
function CumIncFit:quantile(g, cause, prob) end
--- As curve, one row a time; n_event and n_censor since the previous time listed.
---@param g integer
---@param cause integer
---@param times number[]            ascending
---@return lobule.Frame
function CumIncFit:at(g, cause, times) end
---@param g integer
---@param cause integer
---@return integer n
---@return number n_event
function CumIncFit:count(g, cause) end
---@param g integer
---@return number? time              # the last one; nothing without rows
---@return boolean ended             # nobody was event-free after it
function CumIncFit:last(g) end

--- Gray's test of a cause (from 1): fields n, observed, expected (lists), variance (list of lists),
--- chi_square, df, p_value.
---@param model lobule.Model        of outcome "causes"
---@param cause integer
---@param rho number
---@return table
function core.gray(model, cause, rho) end

--- Fine-Gray model of a "design" model of outcome "causes": the fields of core.cox and cause,
--- naive_vcov, n_competing, n_censored, time and cumulative_hazard (at the means of the columns),
--- stratum after stratum, and start: how many times are before those of each stratum, and of all;
--- term_event: events of the cause (or their weights) in the level of each term, or in all rows.
---@param model lobule.Model
---@param cause integer             from 1
---@param options table             ties, variance ("fine-gray", "robust", "model"), censoring_ties
---                                 ("together", "events_first"), max_iter, tolerance, weight_type,
---                                 censoring ("strata", "common")
---@param groups? lobule.Model      of "groups": a distribution of censoring each
---@return table
function core.finegray(model, cause, options, groups) end
--- The fit made again, with residuals: columns row, (time,) then "martingale" or the terms. Score
--- residuals have the term for the estimated weights when the variance has it.
---@param model lobule.Model
---@param cause integer
---@param options table             of core.finegray
---@param groups? lobule.Model
---@param type string               "martingale", "score", "schoenfeld", "scaled_schoenfeld",
---                                 "dfbeta", "dfbetas"
---@param all? boolean              a row for each of the data, NA for those left out; no `row`
---@return lobule.Frame
function core.finegray_residuals(model, cause, options, groups, type, all) end
--- Tests of proportional subdistribution hazards, as core.cox_zph.
---@param model lobule.Model
---@param cause integer
---@param options table             of core.finegray
---@param groups? lobule.Model
---@param transform string          "km" (cumulative incidence), "rank", "identity", "log"
---@param terms integer[]           which term (from 1) each column belongs to
---@return table                    # terms, columns, global: { chi_square, df, p_value }
function core.finegray_zph(model, cause, options, groups, transform, terms) end
--- The fit made again, with influences of rows: cumulative incidence of people at times.
---@param model lobule.Model
---@param cause integer
---@param options table             of core.finegray; variance not "model"
---@param groups? lobule.Model
---@param newdata lobule.Model      of core.model_apply
---@param limits table              times (ascending), conf_level, conf_type ("log-log", "plain")
---@return lobule.Frame             # row, time, estimate, std_error, conf_low, conf_high
function core.finegray_incidence(model, cause, options, groups, newdata, limits) end
--- Of a fit without strata, estimates alone: row, time, estimate, the times of each row in turn.
---@param fit table                 of core.finegray
---@param newdata lobule.Model      of core.model_apply
---@param times number[]            ascending
---@param last number               the last observed time; NA later
---@return lobule.Frame
function core.finegray_predict(fit, newdata, times, last) end

--- Follow-up cut into pieces: at a list of times (shift: the scale's value at time 0, a number for
--- each row of the frame), or at each row's own times (two columns: row of the frame, ascending,
--- and time). Returns the frame of the pieces' rows, start, stop, event (logical, or a factor of
--- causes) and interval (from 1) as columns, and how many rows had no follow-up.
---@param model lobule.Model
---@param frame lobule.Frame        that the model was made of
---@param cuts number[]|lobule.Column
---@param shift? lobule.Column
---@return lobule.Frame
---@return lobule.Column start
---@return lobule.Column stop
---@return lobule.Column event
---@return lobule.Column interval
---@return integer n_zero
function core.split_follow_up(model, frame, cuts, shift) end

--- Limits of an expected count.
---@param d number                  events
---@param conf_level number
---@param method string             "exact", "byar", "mid-p", "log"
---@return number low
---@return number high
function core.count_interval(d, conf_level, method) end

--- Gamma limits of a standardised rate (Fay & Feuer 1997).
---@param y number                  rate
---@param v number                  its variance
---@param w_max number              largest weight over person-time
---@param conf_level number
---@return number low
---@return number high
function core.standard_rate_interval(y, v, w_max, conf_level) end

--- Additive hazards of a "design" model: time, n_risk, cumulative and variance (a list for the
--- intercept and each column), statistic, slope, covariance, chi_square, df, p_value, last,
--- n_event.
---@param model lobule.Model
---@param min_at_risk integer
---@param test string               "aalen", "n_risk"
---@param frequency boolean
---@return table
function core.aalen(model, min_at_risk, test, frequency) end

--- AUC and Brier score of predicted risks at a time: lists auc and brier (one a model), their
--- covariances between models, n_case, n_control, n_unknown.
---@param model lobule.Model
---@param cause integer             0: any event
---@param risks lobule.Column[]     of the frame that the model was made of
---@param time number
---@return table
function core.score(model, cause, risks, time) end
--- Parametric survival regression of a "design" model of outcome "interval": fields coef, std_error
--- (intercept, terms, log scales, shape), vcov, naive_vcov, collinear, infinite, n_scale, n_shape,
--- scale (where fixed), log_lik, log_lik_null, df, iterations, converged, unbounded,
--- endless, endless_shape, n_exact,
--- n_right, n_left, n_interval, n_cluster, weight_event, distribution, df_t.
---@param model lobule.Model
---@param options table             distribution, scale, df_t, max_iter, robust, weight_type
---@return table
function core.aft(model, options) end
--- Residuals: row (unless all), then the type or a column a parameter.
---@param model lobule.Model        the one that was fitted
---@param fit table                 of core.aft
---@param type "response"|"deviance"|"working"|"cox_snell"|"martingale"|"ldcase"|"dfbeta"|"dfbetas"
---@param names string[]            of the parameters
---@param all? boolean              a row for every row of the data
---@return lobule.Frame
function core.aft_residuals(model, fit, type, names, all) end
--- Estimates of people, at each of `at` in turn: estimate, std_error, conf_low, conf_high.
---@param model lobule.Model        the one that was fitted
---@param fit table                 of core.aft, with time_scale
---@param newdata lobule.Model?     of core.model_apply
---@param options table             type ("lp", "survival", "hazard", "cumulative_hazard",
---                                 "quantile", "mean", "rmst", "cured" of a cure model), at,
---                                 conf_level
---@param cure? lobule.Model        of a cure model: the design of the cured fraction
---@return lobule.Frame
function core.aft_predict(model, fit, newdata, options, cure) end

--- Royston-Parmar model of a "design" model of outcome "interval", a spline for each stratum:
--- fields coef, std_error (gamma0, gamma1, ... of each stratum, terms, splines of effects that
--- change), vcov, naive_vcov, knot (log times, boundaries first and last), n_stratum, effect (a
--- list of { column, knot }), log_lik, log_lik_null, df,
--- wald_change and df_change (no effect changes),
--- n_cluster, n_negative, negative_from, negative_to (rows and times with negative hazards),
--- iterations, converged, link; core.aft_predict and core.aft_contrast take it.
---@param model lobule.Model
---@param options table             link ("hazard", "odds", "normal"), df, knots (inner, times),
---                                 boundary (two times), change (a list of { column, df or knots
---                                 }), robust, weight_type, max_iter
---@return table
function core.royston(model, options) end

--- People compared at each of `at` in turn, row by row against as many others or one: estimate,
--- std_error, conf_low, conf_high: differences ("survival", "rmst", "quantile") or ratios
--- ("hazard", "cumulative_hazard"; std_error of their logarithm).
---@param model lobule.Model        the one that was fitted
---@param fit table                 of core.aft, core.royston or core.cure, with time_scale
---@param people lobule.Model       of core.model_apply
---@param others lobule.Model
---@param options table             type, at, conf_level
---@param cured_people? lobule.Model  of a cure model: designs of the cured fraction
---@param cured_others? lobule.Model
---@return lobule.Frame
function core.aft_contrast(model, fit, people, others, options, cured_people, cured_others) end

--- Mixture cure model: fields coef, std_error (latency as core.aft, then the logistic model of
--- cure), vcov, naive_vcov, n_cluster, n_latency, n_scale, n_shape, scale, log_lik,
--- log_lik_none, follow_up (Maller and
--- Zhou's alpha), iterations, converged, distribution; core.aft_predict takes it.
---@param model lobule.Model        of the latency
---@param cure_model lobule.Model   of the same rows
---@param options table             distribution, max_iter, robust, weight_type
---@return table
function core.cure(model, cure_model, options) end
--- The rows of its frame that a model uses: row.
---@param model lobule.Model
---@return lobule.Frame
function core.model_rows(model) end

--- Linear combinations of coefficients: estimate, covariance (row after row), chi_square and df of
--- the joint Wald test that all equal null.
---@param rows number[]             a row a combination, one after another
---@param coef number[]
---@param vcov number[]             row after row
---@param null? number[]            one a combination (default 0)
---@return table                    # estimate, covariance, chi_square, df
function core.contrast(rows, coef, vcov, null) end
--- The difference of two designs of the same rows, as of the first row that they use: row; first:
--- that row of the frame; differs: the first in which it is another one, nil; strata, offset: true
--- where these differ.
---@param a lobule.Model
---@param b lobule.Model
---@return table                    # row, first, differs, strata, offset
function core.design_difference(a, b) end
--- Which combinations a design can tell when some of its columns are sums of others.
---@param model lobule.Model
---@param aliased boolean[]         one a column
---@param rows number[]             a row a combination, one after another
---@param within_strata boolean     whether each stratum has a level of its own
---@return boolean[]
function core.design_estimable(model, aliased, rows, within_strata) end

--- A table of population mortality for core.lives: ages fastest, then years, then classes.
---@param ages number[]             lower bounds, years, ascending
---@param years? number[]           calendar years, ascending; nil: without
---@param n_class integer
---@param rates number[]            per person-year
---@return userdata
function core.population_table(ages, years, n_class, rates) end

--- People beside a population table, a row each; what is missing stays so.
---@param table userdata            of core.population_table
---@param age lobule.Column         years at time 0
---@param year? lobule.Column       dates, date-times or calendar years of time 0
---@param classes lobule.Column[]   factors with the table's levels; the last runs fastest
---@param unit number               days in a unit of follow-up
---@param birthday? boolean         calendar years begin at birthdays
---@return userdata
function core.lives(table, age, year, classes, unit, birthday) end

--- Cumulative hazard of each person over their own follow-up.
---@param lives userdata
---@param from? lobule.Column       nil: from time 0
---@param to lobule.Column
---@return lobule.Column hazard     NA where something is missing
---@return integer before           people followed before the table's years
---@return integer after            and after them
function core.population_hazard(lives, from, to) end

--- Expected and observed curves of a "groups" model, one entry a group: n, weight, n_event, curve
--- (time, n_risk, n_event, n_censor, cumulative: the expected hazard, NaN after the last time at
--- which anybody counts; survival: observed, of "pohar-perme" weighted; variance of its log).
---@param model lobule.Model
---@param lives userdata            of the rows of the model's frame
---@param method "ederer1"|"ederer2"|"hakulinen"|"pohar-perme"
---@param times? number[]           nil: each group's own
---@param potential? lobule.Column  potential follow-up, of "hakulinen"
---@param exponential? boolean      observed survival exp(-H) instead of the product limit
---@return table[]
function core.expected(model, lives, method, times, potential, exponential) end

return core
