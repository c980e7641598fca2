/* km_band.h - simultaneous confidence bands of a Kaplan-Meier curve between two times. */
#ifndef LB_SURVIVAL_KM_BAND_H
#define LB_SURVIVAL_KM_BAND_H
#include "stats/survival/km.h"

typedef enum lb_km_band_type {
  LB_KM_HALL_WELLNER,   /* Hall & Wellner 1980, Biometrika 67:133 */
  LB_KM_EQUAL_PRECISION /* Nair 1984, Technometrics 26:265: pointwise limits, drawn wider */
} lb_km_band_type;

/* Critical values of the supremum over low <= x <= high of |W(x)|, and of |W(x)| / sqrt(x (1 - x)),
 * W the Brownian bridge: what Tables C.4 and C.3 of Klein & Moeschberger (2003) list.
 *   Hall-Wellner: W is a Wiener process held at 0 at time 1, and the process killed at -k and k has
 *     the density sum_n c_n(u) c_n(v) exp(-(2n - 1)^2 pi^2 t / (8 k^2)), c_n the cosines that
 *     vanish at both ends; so P(sup <= k) = sum_n A_n B_n exp(...) / phi(0), A_n and B_n the
 *     integrals of c_n against the normal densities from the start and to the end.
 *   Equal precision: W(x) / sqrt(x (1 - x)) is the stationary Ornstein-Uhlenbeck process on the
 *     time scale log(x / (1 - x)) / 2; P = sum_j exp(-lambda_j t) (integral of f_j phi)^2 with the
 *     eigenfunctions of its generator on (-c, c), here those of x^2 / 4 - 1 / 2 - d^2/dx^2 in the
 *     basis of the same cosines.
 * An interval shorter than 0.004 on that time scale counts as one of 0.004 (the value is then
 * slightly too large); one of length 0 gives the normal quantile times sqrt(x (1 - x)), or alone.
 * LB_EARG unless 0 < level < 1 and 0 <= low <= high <= 1 (0 < low and high < 1 for equal
 * precision); LB_ENOMEM. `value` untouched on failure. */
lb_status lb_km_band_critical(lb_km_band_type type, double level, double low, double high,
                              double *value, lb_error *err);

/* The band of a curve. Owns its arrays. */
typedef struct lb_km_band {
  double critical;
  double low, high; /* n V / (1 + n V) at both ends, V the variance of log S */
  double from, to;  /* first and last event time of the band */
  size_t first, n;  /* times first .. first + n - 1 of the curve have limits */
  double *conf_low, *conf_high;
} lb_km_band;

typedef struct lb_km_band_options {
  lb_km_band_type type;
  double level;
  lb_km_conf scale; /* not LB_KM_LOG_PETO */
  double from, to;  /* times; NaN = the first event, and the last time at which 0 < S */
  double n;         /* number of persons; weights that count rows added up */
} lb_km_band_options;

/* Klein & Moeschberger section 4.4: limits of `scale` with critical * V^(1/2) (equal precision) or
 * critical * (1 + n V) / n^(1/2) (Hall-Wellner) in the place of z times the standard error of
 * log S. The ends move inwards to the first and last event between them. A curve without an event
 * where 0 < S gives n = 0 and NaN. LB_EARG for an unknown type or scale, level, or to < from;
 * LB_ENOMEM. */
lb_status lb_km_band_fit(const lb_km_curve *curve, const lb_km_band_options *options,
                         lb_km_band *out, lb_error *err);
void lb_km_band_reset(lb_km_band *band); /* safe on a zeroed struct */
#endif
