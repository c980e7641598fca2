/* km.h - Kaplan-Meier curves, one per group, with what is read off them: values, quantiles, at-risk
 * tables. */
#ifndef LB_SURVIVAL_KM_H
#define LB_SURVIVAL_KM_H
#include "stats/surv.h"

#include <stdbool.h>

/* Pointwise limits, z the normal quantile, se the standard error of log S (root of Greenwood's
 * sum). */
typedef enum lb_km_conf {
  LB_KM_LOG_LOG, /* S^exp(-/+ z se / log S) */
  LB_KM_LOG,     /* S exp(-/+ z se), upper limit at most 1 */
  LB_KM_PLAIN,   /* S -/+ z S se, clipped to [0, 1] */
  LB_KM_LOGIT,   /* log odds -/+ z se / (1 - S) */
  LB_KM_ARCSINE, /* angle asin(sqrt S) -/+ z se sqrt(S / (1 - S)) / 2, clipped to [0, pi/2] */
  LB_KM_LOG_PETO /* as log, but the lower limit with se = sqrt((1 - S) / n_risk) (Peto et al. 1977)
                  */
} lb_km_conf;

/* What S is made of, d events among n at risk. H is the cumulative hazard. */
typedef enum lb_km_type {
  LB_KM_PRODUCT,      /* prod (1 - d / n); variance of log S by Greenwood, sum d / (n (n - d)) */
  LB_KM_NELSON_AALEN, /* exp(-H), H = sum d / n; variance of H sum d / n^2 (Aalen 1978) */
  LB_KM_FLEMING       /* the same with d events at once taken as one after another: H = sum over k <
                         d of 1 / (n - k), variance sum 1 / (n - k)^2 (Fleming & Harrington 1984) */
} lb_km_type;

/* The lower limit: `half` its distance on the scale of conf_type. Where few are left the usual
 * limit is too high after a long stretch without events (Dorey & Korn 1987, Stat Med 6:679). */
typedef enum lb_km_lower {
  LB_KM_LOWER_USUAL,
  LB_KM_LOWER_PETO,    /* from the standard error sqrt((1 - S) / n_risk) of log S (Peto et al. 1977)
                        */
  LB_KM_LOWER_MODIFIED /* half sqrt(n_risk at the last event or the first time / n_risk) */
} lb_km_lower;

typedef struct lb_km_options {
  double conf_level;
  lb_km_conf conf_type;
  lb_km_type type;
  lb_km_lower conf_lower;
  double start_time; /* rows that leave before it are no part of the curve, which begins with S = 1
                        there: P(T > t given T >= start_time); 0 = all */
  bool case_weights; /* LB_KM_FLEMING: weights are not numbers of rows; tied events share theirs */
} lb_km_options;
#define LB_KM_DEFAULTS                                                                             \
  {                                                                                                \
    .conf_level = 0.95, .conf_type = LB_KM_LOG_LOG                                                 \
  }

/* The curve of one group at its n_time distinct times (event or censoring), ascending, in the unit
 * of the input; counts are weighted. Owned by its lb_km. Before the first event S and both limits
 * are 1 and std_error is 0, for every conf type (R's survfit gives no limits there for some of
 * them). Once S is 0, std_error and limits are NaN. */
typedef struct lb_km_curve {
  size_t n, n_time;
  double weight_total; /* of the rows; n without weights */
  double event_total;  /* weighted events */
  bool one_cluster;    /* a robust variance has nothing to be made of: it and the limits are NaN */
  double *time;
  double *n_risk; /* entry < time <= exit, just before the time */
  double *n_event, *n_censor;
  double *survival;  /* right-continuous */
  double *std_error; /* of S, from the variance of log S that goes with its type */
  double *conf_low, *conf_high;
  size_t n_entry;       /* distinct entry times; 0 without late entry */
  double *entry_time;   /* ascending */
  double *entry_weight; /* weighted number that entered at or before entry_time */
} lb_km_curve;

typedef struct lb_km {
  size_t n_groups;
  lb_km_curve *curve; /* one per group, also for a group without rows (n_time 0) */
  size_t n_used;      /* rows */
  size_t n_missing;   /* rows the caller left out, copied from y */
  size_t n_time_zero; /* rows with time 0: kept, worth a warning */
  double conf_level;
  lb_km_conf conf_type;
  lb_km_type type;
  lb_km_lower conf_lower;
  double start_time;
  size_t n_before; /* rows left out because their time is before start_time */
  bool no_errors;  /* of event-free survival in lb_cuminc: std_error and limits wait */
} lb_km;

/* Product-limit estimate (Kaplan & Meier 1958, JASA 53:457) with Greenwood's (1926) variance
 * S^2 sum d / (n (n - d)); weights count as repeated rows. With late entry S is conditional on the
 * first time. Other types, lower limits and a start as the options say.
 *   y, groups  borrowed for the call; rows in any order; groups NULL = one curve
 *   opt        NULL = defaults
 *   out        written on success, untouched on failure; free with lb_km_reset
 * LB_EDATA as lb_surv_check; LB_EARG for conf_level outside (0, 1), an unknown conf_type, or a
 * group code out of range; LB_EDATA when LB_KM_FLEMING meets counts of events that are not whole;
 * LB_ENOMEM; LB_EINTR. O(n) after the radix sort. No rows is no error:
 * empty curves. */
lb_status lb_km_fit(const lb_surv *y, const lb_partition *groups, const lb_km_options *opt,
                    lb_km *out, lb_error *err);
/* The same from rows that are counted already, a curve a class. Errors as
 * above. O(classes x days). */
lb_status lb_km_fit_counts(const lb_surv_counts *counts, const lb_km_options *opt, lb_km *out,
                           lb_error *err);
void lb_km_reset(lb_km *km); /* safe on a zeroed struct */

/* First time where S falls to 1 - prob; where S equals 1 - prob over an interval, its middle
 * (the interval ends at the next event, or at the last time when the curve ends there). S is a
 * product of rounded ratios, so "equals" means within 1e-9 of 1 - prob relatively. The limits
 * are where conf_low and conf_high do the same (Brookmeyer & Crowley 1982, Biometrics 38:29, in
 * the curve's conf type). Limits need not fall all the way: log-log limits can rise after the
 * first events of a small group. Then, as R's survfit does, the time is that of the highest
 * limit that is not above 1 - prob, which can be later than the first such limit. NaN where not
 * reached. LB_EARG unless 0 < prob <= 1. */
lb_status lb_km_quantile(const lb_km_curve *curve, double prob, double *time, double *low,
                         double *high, lb_error *err);

typedef struct lb_km_point {
  double time;
  double survival, std_error, conf_low, conf_high; /* the step at or before time */
  double n_risk;            /* just before time, also between and after the curve's times */
  double n_event, n_censor; /* up to and with time */
} lb_km_point;

/* The curve at any finite time; after the last time the last step holds. */
void lb_km_at(const lb_km_curve *curve, double time, lb_km_point *out);

/* The figures below a curve: at each of n ascending times n_risk just before it, n_event and
 * n_censor after the previous listed time up to and with this one (the first: all up to it). The
 * three arrays are the caller's, n long. LB_EARG when the times do not ascend. */
lb_status lb_km_table(const lb_km_curve *curve, const double *time, size_t n, double *n_risk,
                      double *n_event, double *n_censor, lb_error *err);

/* Area under S from 0 to tau and its standard error, variance sum over t <= tau of A(t)^2 d / (n (n
 * - d)), A(t) the area from t to tau. NaN when tau is beyond the last time and S is not 0 there:
 * the data do not say. LB_EARG unless tau is finite and above 0. */
lb_status lb_km_restricted_mean(const lb_km_curve *curve, double tau, double *mean,
                                double *std_error, lb_error *err);
#endif
