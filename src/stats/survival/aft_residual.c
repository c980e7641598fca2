/* aft_residual.c - residuals of a parametric survival regression. */
#include "stats/survival/aft_residual.h"

#include <math.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/survival/aft_rows.h"

#define POLL       1024
#define MOST_STEPS 100

typedef struct job {
  const lb_aft_outcome *y;
  const lb_aft_people *who;
  const double *vcov;
  lb_aft_residual_kind kind;
  lb_aft_rows rows; /* on the scale of the fit's own parameters */
  double *score;    /* n_param */
} job;

static double back_to_time(const job *j, double y)
{
  return lb_aft_log_time(j->who->distribution) ? exp(y) : y;
}

/* The location under which an interval is most likely, and log mass there: concave, so Newton's
 * method from the middle, halving steps that fall. */
static double best_location(const job *j, size_t i, const double eta[3], double *best)
{
  lb_aft_place at = {j->rows.kind, (j->rows.lower[i] + j->rows.upper[i]) / 2,
                     exp(eta[1]),  j->rows.has_shape ? eta[2] : j->rows.df,
                     false,        NULL};
  lb_row_term now = {0};
  lb_aft_add_mass(&at, j->rows.lower[i], j->rows.upper[i], 1, &now);
  for (int k = 0; k < MOST_STEPS; k++) {
    double step = now.hess[0] < 0 ? -now.grad[0] / now.hess[0] : 0;
    if (fabs(step) <= 1e-12 * at.sigma) break;
    for (int h = 0; h < MOST_STEPS; h++, step /= 2) {
      lb_aft_place next = at;
      lb_row_term there = {0};
      next.location += step;
      lb_aft_add_mass(&next, j->rows.lower[i], j->rows.upper[i], 1, &there);
      if (!(there.value >= now.value - 1e-14)) continue;
      at = next;
      now = there;
      break;
    }
  }
  *best = now.value;
  return at.location;
}

/* Most likely location of a row, and the log-likelihood there. */
static double saturated(const job *j, size_t i, const double eta[3], double *best)
{
  *best = 0;
  if (isinf(j->rows.upper[i])) return j->rows.lower[i];
  if (j->rows.lower[i] == j->rows.upper[i]) {
    lb_aft_place at = {j->rows.kind, j->rows.lower[i],
                       exp(eta[1]),  j->rows.has_shape ? eta[2] : j->rows.df,
                       false,        NULL};
    lb_row_term t = {0};
    lb_aft_add_density(&at, j->rows.lower[i], &t);
    *best = t.value;
    return j->rows.lower[i];
  }
  if (isinf(j->rows.lower[i])) return j->rows.upper[i];
  return best_location(j, i, eta, best);
}

/* Derivatives in the parameters. */
static void score_of(const job *j, size_t i, const lb_row_term *t, double *out)
{
  const lb_aft_people *who = j->who;
  size_t p = who->x.p, stratum = who->stratum == NULL ? 0 : (size_t)who->stratum[i];
  bool gompertz = who->distribution == LB_AFT_GOMPERTZ;
  memset(out, 0, who->n_param * sizeof *out);
  out[0] = t->grad[0];
  for (size_t c = 0; c < p; c++)
    if (!isnan(who->coef[1 + c])) out[1 + c] = t->grad[0] * who->x.column[c][i];
  if (who->n_scale > 0) out[1 + p + stratum] = t->grad[1];
  if (who->n_shape > 0) out[who->n_param - 1] = t->grad[gompertz ? 1 : 2];
}

static double times_vcov(const job *j, size_t c)
{
  double sum = 0;
  for (size_t k = 0; k < j->who->n_param; k++)
    sum += j->vcov[c * j->who->n_param + k] * j->score[k];
  return sum;
}

static double cox_snell(const job *j, size_t i, const double eta[3])
{
  lb_aft_point at;
  double hazard;
  bool known = isinf(j->y->upper[i]) || j->y->lower[i] == j->y->upper[i];
  if (!known) return (double)NAN;
  lb_aft_point_at(j->who->distribution, j->who->df, eta, j->y->lower[i], &at);
  hazard = -at.log_survival;
  if (j->y->entry == NULL) return hazard;
  lb_aft_point_at(j->who->distribution, j->who->df, eta, j->y->entry[i], &at);
  return hazard + at.log_survival;
}

static void fill_row(const job *j, size_t i, double *out)
{
  size_t n = j->who->n_param;
  double eta[3], pair[3], best;
  bool gompertz = j->who->distribution == LB_AFT_GOMPERTZ;
  lb_row_term t = {0};
  lb_aft_person(j->who, i, eta);
  memcpy(pair, eta, sizeof pair);
  if (gompertz) pair[1] = eta[2];
  lb_aft_row(&j->rows, i, pair, &t);
  switch (j->kind) {
  case LB_AFT_RESPONSE:
    out[i] = back_to_time(j, saturated(j, i, eta, &best)) - back_to_time(j, eta[0]);
    return;
  case LB_AFT_DEVIANCE:
    saturated(j, i, eta, &best);
    out[i] = copysign(sqrt(fmax(0, 2 * (best - t.value))), t.grad[0]);
    return;
  case LB_AFT_WORKING:
    out[i] = -t.grad[0] / t.hess[0];
    return;
  case LB_AFT_COX_SNELL:
    out[i] = cox_snell(j, i, eta);
    return;
  case LB_AFT_MARTINGALE:
    out[i] = (isfinite(j->y->upper[i]) ? 1 : 0) - cox_snell(j, i, eta);
    return;
  default:
    break;
  }
  score_of(j, i, &t, j->score);
  if (j->kind == LB_AFT_LDCASE) out[i] = 0;
  for (size_t c = 0; c < n; c++) {
    double change = times_vcov(j, c);
    if (j->kind == LB_AFT_LDCASE)
      out[i] += change * j->score[c];
    else
      out[i * n + c] = j->kind == LB_AFT_DFBETA ? change : change / sqrt(j->vcov[c * n + c]);
  }
}

lb_status lb_aft_residuals(const lb_aft_outcome *y, const lb_aft_people *who,
                           const double *naive_vcov, lb_aft_residual_kind kind, double *out,
                           lb_error *err)
{
  job j = {.y = y, .who = who, .vcov = naive_vcov, .kind = kind};
  const lb_aft_options options = {.distribution = who->distribution, .df = who->df};
  if (kind <= LB_AFT_WORKING && who->distribution == LB_AFT_GOMPERTZ)
    return lb_error_set(err, LB_EARG, "Gompertz hazards have no location to take residuals from");
  if (kind == LB_AFT_DEVIANCE && y->entry != NULL)
    return lb_error_set(err, LB_EARG, "with late entry there are no deviance residuals");
  lb_status st = lb_aft_rows_new(y, &options, false, &j.rows, err);
  if (st != LB_OK) return st;
  j.score = lb_mem_array(who->n_param, sizeof *j.score);
  if (j.score == NULL) st = lb_error_nomem(err, "residuals");
  for (size_t i = 0; st == LB_OK && i < y->n; i++) {
    if (i % POLL == 0 && lb_interrupted()) st = lb_error_interrupted(err);
    fill_row(&j, i, out);
  }
  lb_mem_free(j.score);
  lb_aft_rows_reset(&j.rows);
  return st;
}
