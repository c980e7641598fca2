/* gonen_heller.h - concordance probability of a Cox model from its coefficients alone. */
#ifndef LB_SURVIVAL_GONEN_HELLER_H
#define LB_SURVIVAL_GONEN_HELLER_H
#include "base/error.h"
#include "stats/design.h"

/* Gonen & Heller (2005, Biometrika 92:965). With d the difference of the predictors of two people,
 * the one with the higher predictor has the event first with probability 1 / (1 + exp(-|d|)).
 *   concordance  the mean of that over all pairs; a pair of equal predictors counts 1/2 (it is
 *                dropped from the paper's sum, whose predictors are continuous; so counts Heller &
 *                Mo 2016, Lifetime Data Anal 22:263)
 *   smoothed     the same with Phi(d / h) for the indicator of d > 0, h = sd n^(-1/3) / 2
 *   std_error    of the smoothed one: the variance of the mean over pairs, (2 / (n (n - 1)))^2 x
 *                sum over i and j /= k of (s_ij - smoothed) (s_ik - smoothed), and that which the
 *                coefficients bring, g' V g, g the derivative of the smoothed one with h held
 * NaN below 2 rows; std_error NaN below 3, or where V is not finite. */
typedef struct lb_gonen_heller {
  double concordance, smoothed, std_error;
  double tied_x; /* pairs of equal predictors */
  size_t n;
} lb_gonen_heller;

/* predictor: n numbers of the model at the rows of x (its offset is not read again); coef p, NaN
 * for columns left out; vcov p x p. Times and events are not asked for. All pairs are looked at:
 * O(n^2) on all threads, the same bits for any number of them. LB_EDATA: a predictor whose
 * square is not finite, with its row and column; LB_ENOMEM; LB_EINTR; `out` untouched on
 * failure. */
lb_status lb_gonen_heller_fit(const lb_design *x, const double *predictor, const double *coef,
                              const double *vcov, lb_gonen_heller *out, lb_error *err);
#endif
