/* cox_exact_discrete.c - ties in discrete time: the conditional logistic likelihood of which d of
 * the n at risk have the event. */
#include "stats/survival/cox_exact.h"

#include "base/interrupt.h"

#include <math.h>
#include <string.h>

/* The likelihood of a tie is prod r_i over the d events divided by B_d, the sum of prod r over all
 * subsets of d rows at risk (Cox 1972, section 6). Row by row, B_k becomes B_k + r B_(k-1) (Gail,
 * Lubin & Rubinstein 1981, Biometrika 68:703, eq. 3.1). They carry B and its derivatives, which
 * overflow and of which the information is a difference. Here a subset of k rows is seen as drawn
 * with a chance in proportion to its product; with the new row it is in the subset with the chance
 * a = r / (R_k + r), R_k = B_k / B_(k-1). So R_k becomes (R_k + r)(1 - a_(k-1)), and the mean and
 * covariance of the subset's sum of z become those of a mixture: nothing is subtracted and nothing
 * leaves the range of a double. log B_d is the sum of log R_k, its derivatives are that mean and
 * that covariance. */
typedef struct subsets {
  size_t p, size, packed;
  double *ratio;      /* 0 .. size: R_k, 0 where no subset has been seen */
  double *share;      /* 0 .. size: a_k of the row that is added */
  double *mean, *cov; /* of each k: p, and packed lower triangle; zero for k = 0 */
  double *delta;      /* p */
} subsets;

size_t cox_discrete_work(size_t p, size_t events)
{
  size_t each = 2 + p + p * (p + 1) / 2;
  if (p > UINT32_MAX || events >= SIZE_MAX / each / sizeof(double) - 1) return SIZE_MAX;
  return (events + 1) * each + 2 * p;
}

/* Shares of a row of risk r in subsets of up to `top` rows, and the new ratios. */
static void update_ratios(subsets *b, double r, size_t top)
{
  double keep = 1; /* 1 - a_(k-1) */
  for (size_t k = 1; k <= top; k++) {
    double old = b->ratio[k], sum = old + r;
    b->share[k] = old > 0 ? r / sum : 1; /* the first subset of k rows has them all */
    b->ratio[k] = sum * keep;
    keep = old > 0 ? old / sum : 0;
  }
}

/* Mean and covariance of subsets of k rows once the row z may be one of them. */
static void mix(subsets *b, size_t k, const double *z)
{
  size_t p = b->p;
  double a = b->share[k], keep = 1 - a;
  double *mean = b->mean + k * p, *cov = b->cov + k * b->packed;
  const double *before = mean - p, *cov_before = cov - b->packed;
  for (size_t j = 0; j < p; j++) {
    b->delta[j] = before[j] + z[j] - mean[j];
    mean[j] += a * b->delta[j];
  }
  for (size_t j = 0; j < p; j++) {
    double spread = a * keep * b->delta[j];
    for (size_t i = 0; i <= j; i++)
      cov[i] = keep * cov[i] + a * cov_before[i] + spread * b->delta[i];
    cov += j + 1;
    cov_before += j + 1;
  }
}

static void add_result(const subsets *b, const cox_tie_part *to, double *log_lik)
{
  size_t p = b->p;
  const double *mean = b->mean + b->size * p, *cov = b->cov + b->size * b->packed;
  for (size_t k = 1; k <= b->size; k++) *log_lik -= log(b->ratio[k]);
  for (size_t j = 0; j < p; j++) {
    to->score[j] -= mean[j];
    for (size_t i = 0; i <= j; i++) to->information[j * p + i] += cov[i];
    to->crossproduct[j] += cov[j] + mean[j] * mean[j] / (double)b->size;
    cov += j + 1;
  }
}

/* All at risk have the event: it was certain. What the passes counted is taken back. */
static void take_back(const cox_data *d, const cox_state *s, const cox_tie *tie,
                      const cox_tie_part *to, double *log_lik)
{
  const cox_bin *bin = &d->bin[tie->bin];
  for (size_t k = bin->first_row; k < bin->first_row + bin->events; k++) {
    *log_lik -= log(s->risk[k]);
    for (size_t j = 0; j < d->p; j++) to->score[j] -= cox_z(d, k, j);
  }
}

void cox_discrete_tie(const cox_data *d, const cox_state *s, const cox_tie *tie,
                      const cox_tie_part *to, double *log_lik)
{
  const cox_bin *bin = &d->bin[tie->bin];
  size_t p = d->p, size = bin->events, w = size + 1, seen = 0;
  if (size == tie->n_risk) {
    take_back(d, s, tie, to, log_lik);
    return;
  }
  subsets b = {.p = p, .size = size, .packed = p * (p + 1) / 2};
  b.ratio = to->work;
  b.share = b.ratio + w;
  b.mean = b.share + w;
  b.cov = b.mean + w * p;
  b.delta = b.cov + w * b.packed;
  double *z = b.delta + p;
  memset(to->work, 0, w * (2 + p + b.packed) * sizeof *to->work);
  for (size_t k = bin->first_row; k < tie->end; k++) {
    if (!cox_is_at_risk(d, tie, k)) continue;
    if ((seen++ & 63) == 0 && lb_interrupted()) return;
    for (size_t j = 0; j < p; j++) z[j] = cox_z(d, k, j);
    size_t top = seen < size ? seen : size, left = tie->n_risk - seen;
    update_ratios(&b, s->risk[k], top);
    size_t low = size > left ? size - left : 1; /* smaller ones grow no more to the whole size */
    for (size_t i = top; i >= low; i--) mix(&b, i, z);
  }
  add_result(&b, to, log_lik);
}
