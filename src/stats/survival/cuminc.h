/* cuminc.h - cumulative incidence of competing causes, one set of curves per group. */
#ifndef LB_SURVIVAL_CUMINC_H
#define LB_SURVIVAL_CUMINC_H
#include "stats/survival/km.h"

typedef enum lb_cuminc_variance {
  LB_CUMINC_GREENWOOD, /* delta method on multinomial events; of one cause Greenwood's */
  LB_CUMINC_AALEN,     /* Aalen's, events of each cause hypergeometric */
  LB_CUMINC_JACKKNIFE  /* infinitesimal jackknife over clusters, else rows */
} lb_cuminc_variance;

typedef struct lb_cuminc_options {
  double conf_level;
  lb_km_conf conf_type; /* of F itself; not LB_KM_LOG_PETO */
  lb_cuminc_variance variance;
} lb_cuminc_options;
#define LB_CUMINC_DEFAULTS                                                                         \
  {                                                                                                \
    .conf_level = 0.95, .conf_type = LB_KM_LOG_LOG, .variance = LB_CUMINC_GREENWOOD                \
  }

/* Curves of one group at the times of its lb_km_curve; cause k from 0 at [k * n_time + i]. Where F
 * is 0, std_error and limits are 0; where it is 1, they are NaN. Limits are NULL until
 * lb_cuminc_limits: they cost more than the curve, and many only ask for a value at a time. */
typedef struct lb_cuminc_curve {
  double *n_event;  /* weighted events of the cause at the time */
  double *estimate; /* F_k(t), right-continuous; with S(t) they add up to 1 */
  double *std_error, *conf_low, *conf_high;
} lb_cuminc_curve;

typedef struct lb_cuminc {
  lb_km any; /* events of any cause: times, numbers at risk, event-free survival S, whose std_error
                and limits also wait for lb_cuminc_limits */
  size_t n_cause;
  lb_cuminc_curve *curve; /* a group each */
  lb_cuminc_variance variance;
} lb_cuminc;

/* Aalen-Johansen estimate of competing risks, F_k(t) = sum S(s-) d_k / n (Aalen & Johansen 1978,
 * Scand J Stat 5:141; Kalbfleisch & Prentice 1980, section 7.2), weights count as repeated rows.
 * Variance sum a + b h + c h^2 over the event times s <= t with h = F(t) - F(s), r = S(s-) / S(s):
 *   Greenwood  a = S(s-)^2 d_k (n - d_k) / n^3, b = -2 S(s-) d_k / n^2, c = d / (n (n - d))
 *              (Marubini & Valsecchi 1995, section 10.3)
 *   Aalen      a = S(s-)^2 v_k, b = -2 S(s-) r v_k, c = r^2 (v_k + v_o), with v = d (n - d) / ((n -
 *              1) n^2) of the cause's and of all other events, d / n^2 of one event (Aalen 1978,
 *              Ann Stat 6:534; as Gray's program)
 *   jackknife  sum of squared influences of clusters
 *   y         with causes, borrowed; groups NULL = one; cluster NULL = each row
 *   opt       NULL = defaults
 *   out       written on success, untouched on failure; free with lb_cuminc_reset
 * Errors as lb_km_fit; LB_EARG without causes, for LB_KM_LOG_PETO, or clusters out of range.
 * O(n + times x causes) after the radix sort; the jackknife O(n x causes). */
lb_status lb_cuminc_fit(const lb_surv *y, const lb_partition *groups, const lb_partition *cluster,
                        const lb_cuminc_options *opt, lb_cuminc *out, lb_error *err);
/* The same from rows that are counted already; not the jackknife. */
lb_status lb_cuminc_fit_counts(const lb_surv_counts *counts, const lb_cuminc_options *opt,
                               lb_cuminc *out, lb_error *err);
void lb_cuminc_reset(lb_cuminc *fit); /* safe on a zeroed struct */

/* Limits of all causes of a group at all its times, and std_error and limits of its event-free
 * survival; nothing when they are there. LB_ENOMEM. */
lb_status lb_cuminc_limits(lb_cuminc *fit, size_t group, lb_error *err);

/* F of a cause at any finite time as `survival` of a point, with its standard error and limits;
 * after the last time the last step holds. The counts of the point are not set. */
void lb_cuminc_at(const lb_cuminc *fit, size_t group, size_t cause, double time, lb_km_point *out);
/* The curve of a cause as one that falls, 1 - F, for lb_km_quantile, lb_km_at and lb_km_table:
 * limits change places. n_event are the cause's; n_censor all others that leave. Arrays are
 * allocated but those borrowed from `fit`; free with lb_cuminc_fall_reset. LB_ENOMEM. */
lb_status lb_cuminc_fall(lb_cuminc *fit, size_t group, size_t cause, lb_km_curve *out,
                         lb_error *err);
void lb_cuminc_fall_reset(lb_km_curve *curve);
#endif
