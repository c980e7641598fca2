/* concordance.c - Harrell's and Uno's concordance: what is asked of rows, and which way they are
 * counted. */
#include "stats/survival/concordance_kernel.h"
#include "stats/survival/riskset_order.h"

lb_status lb_concordance_fit(const lb_surv *y, const double *predictor, const lb_partition *strata,
                             const lb_partition *cluster, lb_concordance *out, lb_error *err)
{
  lb_concordance_options opt = LB_CONCORDANCE_DEFAULTS;
  opt.strata = strata;
  opt.cluster = cluster;
  return lb_concordance_with(y, predictor, &opt, out, err);
}

/* Sets the range of the scores, which are to be finite. */
static lb_status check_scores(lb_scored_source *scores, lb_error *err)
{
  if (lb_score_range(scores->score, scores->n, &scores->low, &scores->high)) return LB_OK;
  size_t i = 0;
  while (isfinite(scores->score[i])) i++;
  return lb_error_set(err, LB_EDATA, "the predictor is not finite in row %zu", i + 1);
}

lb_status lb_concordance_with(const lb_surv *y, const double *predictor,
                              const lb_concordance_options *opt, lb_concordance *out, lb_error *err)
{
  lb_scored_source scores = {.n = y->n, .score = predictor};
  lb_status st = lb_riskset_check(y, opt->strata, err);
  if (st == LB_OK) st = check_scores(&scores, err);
  if (st == LB_OK) st = lb_partition_check(opt->cluster, y->n, "cluster", err);
  if (st != LB_OK) return st;
  if (isnan(opt->tau)) return lb_error_set(err, LB_EARG, "tau is not a number");
  bool plain = y->weight == NULL && y->entry == NULL && !opt->uno && y->n <= INT32_MAX;
  return plain ? lb_concordance_count(y, &scores, opt, out, err)
               : lb_concordance_walk(y, predictor, opt, out, err);
}
