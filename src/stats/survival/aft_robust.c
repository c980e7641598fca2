/* aft_robust.c - sandwich variance of any likelihood of rows. */
#include "stats/survival/aft_robust.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

lb_status lb_likelihood_sandwich(const lb_predictors *x, const lb_maximum *best,
                                 const lb_partition *cluster, bool frequency, double *out,
                                 lb_error *err)
{
  size_t p = x->p, n = x->n;
  bool whole = cluster == NULL || cluster->code == NULL;
  size_t groups = whole ? n : cluster->n;
  double *score = lb_mem_array(n, p * sizeof *score);
  double *sum = lb_mem_zero(groups, p * sizeof *sum), *influence = lb_mem_array(p, sizeof *sum);
  lb_status st = score != NULL && sum != NULL && influence != NULL
                     ? lb_likelihood_scores(x, best->theta, score, err)
                     : lb_error_nomem(err, "the robust variance");
  memset(out, 0, p * p * sizeof *out);
  for (size_t i = 0; st == LB_OK && i < n; i++) {
    size_t g = whole ? i : (size_t)cluster->code[i];
    double w = x->weight == NULL ? 1 : x->weight[i];
    if (whole && frequency) w = sqrt(w); /* w squares of the score */
    for (size_t j = 0; w > 0 && j < p; j++) sum[g * p + j] += w * score[i * p + j];
  }
  for (size_t g = 0; st == LB_OK && g < groups; g++) {
    for (size_t j = 0; j < p; j++) {
      influence[j] = 0;
      for (size_t k = 0; k < p; k++) influence[j] += best->vcov[j * p + k] * sum[g * p + k];
    }
    for (size_t j = 0; j < p; j++)
      for (size_t k = 0; k < p; k++) out[j * p + k] += influence[j] * influence[k];
  }
  lb_mem_free(score);
  lb_mem_free(sum);
  lb_mem_free(influence);
  return st;
}
