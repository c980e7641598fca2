/* cox_survival.h - predictions of a Cox model for people: linear predictor, expected events,
 * survival, each with its standard error. */
#ifndef LB_SURVIVAL_COX_SURVIVAL_H
#define LB_SURVIVAL_COX_SURVIVAL_H
#include "stats/survival/cox_path.h"

/* Linear predictors of the people in x, centred at the means of the fitted rows (path->centre); the
 * offset is added as it is. Their standard errors are those of the centred part. `only` NULL = all
 * columns; else the p flags say which count, and the offset does not (the part of one term). `out`
 * and `std_error` hold x->n numbers. LB_EARG when x has not path->p columns. */
typedef struct lb_cox_linear {
  const lb_design *x;
  const bool *only;
  double *out, *std_error;
} lb_cox_linear;
lb_status lb_cox_person_linear(const lb_cox_at *at, const lb_cox_path *path, const double *vcov,
                               const lb_cox_linear *linear, lb_error *err);

/* One person: columns z less path->centre and the log of the relative risk to a person there. */
typedef struct lb_cox_person {
  const double *z;
  double log_risk;
  size_t stratum;
} lb_cox_person;

/* Expected events between places `from` and `to`: the person's cumulative hazard, and its standard
 * error with the estimation of baseline and coefficients (Tsiatis 1981, Ann Stat 9:93; Link 1984,
 * Biometrics 40:601): risk^2 (V + q' vcov q), q = z H - A of the interval. */
typedef struct lb_cox_hazard {
  double hazard, std_error;
} lb_cox_hazard;
lb_cox_hazard lb_cox_person_hazard(const lb_cox_path *path, const double *vcov,
                                   const lb_cox_person *person, size_t from, size_t to);

typedef enum lb_cox_conf { LB_COX_CONF_LOG_LOG, LB_COX_CONF_LOG, LB_COX_CONF_PLAIN } lb_cox_conf;

/* A survival probability: S = exp(-H), its standard error S se(H), and limits of width z se. */
typedef struct lb_cox_survival {
  double survival, std_error, conf_low, conf_high;
} lb_cox_survival;
lb_cox_survival lb_cox_survival_of(lb_cox_hazard h, double z, lb_cox_conf type);

/* Fills z (p places) for row i of x and returns the log of its relative risk. */
double lb_cox_person_row(const lb_cox_at *at, const lb_cox_path *path, const lb_design *x, size_t i,
                         double *z);
#endif
