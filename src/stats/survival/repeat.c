/* repeat.c - frequency weights: rows repeated as often as they say. */
#include "stats/survival/repeat.h"

#include "base/mem.h"

#include <math.h>
#include <stdbool.h>

static lb_status count_rows(const lb_surv *y, size_t *total, lb_error *err)
{
  double sum = 0;
  size_t fractions = 0;
  for (size_t i = 0; i < y->n; i++) {
    fractions += floor(y->weight[i]) != y->weight[i];
    sum += y->weight[i];
  }
  if (fractions > 0)
    return lb_error_set(err, LB_EDATA, "%zu of %zu frequency weights are not whole numbers",
                        fractions, y->n);
  if (!(sum <= (double)UINT32_MAX))
    return lb_error_set(err, LB_EDATA, "the frequency weights add up to more than 4294967295 rows");
  *total = (size_t)sum;
  return LB_OK;
}

static bool list_rows(lb_repeat *r, const lb_surv *y)
{
  r->row = lb_mem_array(r->n, sizeof *r->row);
  if (r->row == NULL) return false;
  size_t at = 0;
  for (size_t i = 0; i < y->n; i++) {
    for (size_t k = (size_t)y->weight[i]; k > 0; k--) r->row[at++] = (uint32_t)i;
  }
  return true;
}

/* NULL stays NULL. */
static bool copy_reals(const lb_repeat *r, const double *from, double **to)
{
  if (from == NULL) return true;
  *to = lb_mem_array(r->n, sizeof **to);
  for (size_t k = 0; *to != NULL && k < r->n; k++) (*to)[k] = from[r->row[k]];
  return *to != NULL;
}

static bool copy_codes(const lb_repeat *r, const lb_partition *from, int32_t **to)
{
  if (from == NULL || from->code == NULL) return true;
  *to = lb_mem_array(r->n, sizeof **to);
  for (size_t k = 0; *to != NULL && k < r->n; k++) (*to)[k] = from->code[r->row[k]];
  return *to != NULL;
}

static bool copy_outcome(lb_repeat *r, const lb_surv *y)
{
  if (!copy_reals(r, y->time, &r->time) || !copy_reals(r, y->entry, &r->entry)) return false;
  r->event = lb_mem_array(r->n, sizeof *r->event);
  for (size_t k = 0; r->event != NULL && k < r->n; k++) r->event[k] = y->event[r->row[k]];
  const lb_partition causes = {y->cause, y->n_cause};
  return r->event != NULL && copy_codes(r, &causes, &r->cause);
}

static bool copy_design(lb_repeat *r, const lb_design *x)
{
  if (!copy_reals(r, x->offset, &r->offset)) return false;
  r->column = lb_mem_zero(x->p, sizeof *r->column);
  if (r->column == NULL) return false;
  r->x.p = x->p;
  for (size_t j = 0; j < x->p; j++) {
    if (!copy_reals(r, x->column[j], &r->column[j])) return false;
  }
  return true;
}

lb_status lb_repeat_rows(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                         const lb_partition *cluster, lb_repeat *out, lb_error *err)
{
  lb_repeat r = {0};
  lb_status st = count_rows(y, &r.n, err);
  if (st != LB_OK) return st;
  bool ok = list_rows(&r, y) && copy_outcome(&r, y) && copy_design(&r, x) &&
            copy_codes(&r, strata, &r.stratum) && copy_codes(&r, cluster, &r.group);
  if (!ok) {
    lb_repeat_reset(&r);
    return lb_error_nomem(err, "rows of frequency weights");
  }
  r.y = (lb_surv){.n = r.n, .time = r.time, .entry = r.entry, .event = r.event};
  r.y.n_missing = y->n_missing;
  r.y.cause = r.cause;
  r.y.n_cause = y->n_cause;
  r.x = (lb_design){.n = r.n, .p = x->p, .offset = r.offset};
  r.x.column = (const double *const *)r.column;
  if (strata != NULL) r.strata = (lb_partition){r.stratum, strata->n};
  if (cluster != NULL) r.cluster = (lb_partition){r.group, cluster->n};
  *out = r;
  return LB_OK;
}

void lb_repeat_reset(lb_repeat *r)
{
  if (r == NULL) return;
  for (size_t j = 0; r->column != NULL && j < r->x.p; j++) lb_mem_free(r->column[j]);
  lb_mem_free(r->column);
  lb_mem_free(r->row);
  lb_mem_free(r->time);
  lb_mem_free(r->entry);
  lb_mem_free(r->offset);
  lb_mem_free(r->event);
  lb_mem_free(r->stratum);
  lb_mem_free(r->group);
  lb_mem_free(r->cause);
  *r = (lb_repeat){0};
}
