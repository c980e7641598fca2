/* alternative.h - which departures from the null hypothesis a test looks for. */
#ifndef LB_STATS_ALTERNATIVE_H
#define LB_STATS_ALTERNATIVE_H

typedef enum lb_alternative {
  LB_TWO_SIDED,
  LB_GREATER, /* the statistic is large and positive */
  LB_LESS     /* it is large and negative */
} lb_alternative;

/* P-value of a standard normal statistic; NaN for NaN. */
double lb_normal_p(double z, lb_alternative alternative);
#endif
