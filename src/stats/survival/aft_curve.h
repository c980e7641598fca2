/* aft_curve.h - what follows from any parametric survival model: survival, hazards, quantiles and
 * restricted means of a person, with standard errors by the delta method. */
#ifndef LB_STATS_AFT_CURVE_H
#define LB_STATS_AFT_CURVE_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/* log S(t) and log of the hazard at t, and their derivatives in the p parameters. */
typedef struct lb_curve_point {
  double log_survival, log_hazard;
  double *ds, *dh; /* p each; the caller's */
} lb_curve_point;

/* A fitted model and the people it is asked about. */
typedef struct lb_curve {
  size_t p;
  const double *vcov; /* p x p */
  const void *context;
  void (*at)(const void *context, size_t row, double t, lb_curve_point *out);
  /* Linear predictor and its derivatives. */
  double (*linear)(const void *context, size_t row, double *gradient);
  /* log of the mean (the mean, of times that may be negative), with derivatives; false: infinite
   * or none. NULL: not known in closed form. */
  bool (*mean)(const void *context, size_t row, double *value, double *gradient);
  /* Closed form of the time with S = 1 - prob; NULL: searched for. */
  double (*quantile)(const void *context, size_t row, double prob);
  /* log odds of being cured among those event-free at t, with derivatives; NULL: nobody is */
  double (*cured)(const void *context, size_t row, double t, double *gradient);
  bool positive;     /* times are */
  double time_scale; /* a time within the data: where searches begin */
} lb_curve;

typedef struct lb_estimate {
  double value, std_error, conf_low, conf_high;
} lb_estimate;

typedef enum lb_curve_kind {
  LB_CURVE_LINEAR,
  LB_CURVE_SURVIVAL,   /* S(t); limits on the scale log(-log S) */
  LB_CURVE_HAZARD,     /* limits on the log scale, as of the next three */
  LB_CURVE_CUMULATIVE, /* H(t) = -log S(t) */
  LB_CURVE_QUANTILE,   /* of times that may be negative: limits on their own scale */
  LB_CURVE_MEAN,       /* as quantiles */
  LB_CURVE_RMST,       /* mean of min(T, t); limits on its own scale */
  LB_CURVE_CURED       /* chance to be cured of those event-free at t; limits on the logit scale */
} lb_curve_kind;

/* One estimate of a row at a time (a probability for quantiles, nothing for mean and linear);
 * z_value: of the confidence level. What does not exist is NaN; a quantile that is never reached
 * and an infinite mean are infinite, without limits. Standard errors are of the estimate itself.
 * `work`: 4 p numbers. Restricted means are integrals by adaptive 16-point Gauss-Legendre rules. */
lb_estimate lb_curve_estimate(const lb_curve *curve, lb_curve_kind kind, size_t row, double at,
                              double z_value, double *work);

/* How the curves of two rows of one model differ at a time, by the delta method: survival,
 * quantiles and restricted means by their difference (limits on its own scale); hazards and
 * cumulative hazards by their ratio (limits on the log scale, where std_error is). a and b have the
 * same parameters and vcov. `work`: 4 p numbers. NaN where one of the two does not exist, and for
 * other kinds. */
lb_estimate lb_curve_contrast(const lb_curve *a, size_t row_a, const lb_curve *b, size_t row_b,
                              lb_curve_kind kind, double at, double z_value, double *work);
#endif
