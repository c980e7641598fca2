/* cox_validate.h - how much of a Cox model's concordance and calibration is optimism. */
#ifndef LB_SURVIVAL_COX_VALIDATE_H
#define LB_SURVIVAL_COX_VALIDATE_H
#include "stats/survival/cox_boot.h"

/* One index of a model. Means are over the resamples that could be judged. */
typedef struct lb_validated {
  double apparent;            /* of the model in its own data */
  double training, test;      /* of the resamples' models in their resample, in the data */
  double optimism, corrected; /* training - test; apparent - optimism */
  size_t n;
} lb_validated;

typedef struct lb_cox_validation {
  lb_validated concordance, slope;
  size_t n_failed; /* resamples that have no model or no index */
} lb_cox_validation;

/* Optimism-corrected concordance (Harrell) and calibration slope, by the bootstrap of Efron (1983,
 * JASA 78:316) as Harrell, Lee & Mark (1996, Stat Med 15:361) use it: the model of each resample
 * is judged in the resample, where it was made, and in the data. The calibration slope is the
 * coefficient of the linear predictor; where the predictor was fitted it is 1. `boot` holds the
 * coefficients that lb_cox_boot_fit made of the same data with the same options. LB_EARG when it
 * does not fit; LB_ENOMEM; LB_EINTR. O(n log n) a resample. `out` untouched on failure. */
lb_status lb_cox_validate(const lb_cox_at *at, const lb_partition *cluster, const lb_cox_boot *boot,
                          uint64_t seed, lb_cox_validation *out, lb_error *err);
#endif
