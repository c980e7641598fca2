/* turnbull_sets.c - rows of interval-censored times become different pairs of limits and the
 * innermost intervals that may carry mass. */
#include "base/mem.h"
#include "base/sort.h"
#include "stats/survival/riskset.h"
#include "stats/survival/turnbull_work.h"

#include <string.h>

/* Ends at one time: that of an exact time opens first, then intervals close, then others open. */
enum { EXACT_OPENS, CLOSES, OPENS };

static bool sort_rows(const lb_intervals *y, turnbull_pairs *p, double *key, uint32_t *order)
{
  for (size_t i = 0; i < p->n_row; i++) key[i] = y->upper[p->row[i]];
  if (!lb_sort_order_real(key, p->n_row, order)) return false;
  for (size_t i = 0; i < p->n_row; i++) key[i] = y->lower[p->row[i]];
  return lb_sort_refine_real(key, p->n_row, order);
}

static void collect_pairs(const lb_intervals *y, turnbull_pairs *p, const uint32_t *order)
{
  for (size_t k = 0; k < p->n_row; k++) {
    size_t i = p->row[order[k]];
    bool same = p->n > 0 && p->lower[p->n - 1] == y->lower[i] && p->upper[p->n - 1] == y->upper[i];
    if (!same) {
      p->lower[p->n] = y->lower[i];
      p->upper[p->n] = y->upper[i];
      p->weight[p->n++] = 0;
    }
    p->weight[p->n - 1] += y->weight == NULL ? 1 : y->weight[i];
    p->pair[order[k]] = (uint32_t)(p->n - 1);
  }
}

static bool sort_ends(turnbull_pairs *p, double *key)
{
  for (size_t k = 0; k < p->n; k++) {
    key[2 * k] = p->lower[k] == p->upper[k] ? EXACT_OPENS : OPENS;
    key[2 * k + 1] = CLOSES;
  }
  if (!lb_sort_order_real(key, 2 * p->n, p->end)) return false;
  for (size_t k = 0; k < p->n; k++) {
    key[2 * k] = p->lower[k];
    key[2 * k + 1] = p->upper[k];
  }
  return lb_sort_refine_real(key, 2 * p->n, p->end);
}

static bool list_rows(const lb_intervals *y, const lb_partition *groups, size_t group,
                      turnbull_pairs *p)
{
  for (size_t i = 0; i < y->n; i++) p->n_row += lb_partition_class(groups, i) == group;
  p->row = lb_mem_array(p->n_row, sizeof *p->row);
  p->pair = lb_mem_array(p->n_row, sizeof *p->pair);
  p->lower = lb_mem_array(p->n_row, sizeof *p->lower);
  p->upper = lb_mem_array(p->n_row, sizeof *p->upper);
  p->weight = lb_mem_array(p->n_row, sizeof *p->weight);
  p->end = lb_mem_array(p->n_row, 2 * sizeof *p->end);
  if (p->row == NULL || p->pair == NULL || p->lower == NULL || p->upper == NULL ||
      p->weight == NULL || p->end == NULL)
    return false;
  size_t n = 0;
  for (size_t i = 0; i < y->n; i++)
    if (lb_partition_class(groups, i) == group) p->row[n++] = (uint32_t)i;
  return true;
}

lb_status turnbull_pairs_new(const lb_intervals *y, const lb_partition *groups, size_t group,
                             turnbull_pairs *out, lb_error *err)
{
  turnbull_pairs p = {0};
  uint32_t *order = NULL;
  double *key = NULL;
  bool done = list_rows(y, groups, group, &p);
  if (done) {
    order = lb_mem_array(p.n_row, sizeof *order);
    key = lb_mem_array(p.n_row, 2 * sizeof *key);
    done = order != NULL && key != NULL && sort_rows(y, &p, key, order);
  }
  if (done) {
    collect_pairs(y, &p, order);
    done = sort_ends(&p, key);
  }
  lb_mem_free(order);
  lb_mem_free(key);
  if (done)
    *out = p;
  else
    turnbull_pairs_reset(&p);
  return done ? LB_OK : lb_error_nomem(err, "interval-censored times");
}

void turnbull_pairs_reset(turnbull_pairs *pairs)
{
  void *array[] = {pairs->lower, pairs->upper, pairs->weight, pairs->end, pairs->row, pairs->pair};
  for (size_t k = 0; k < sizeof array / sizeof array[0]; k++) lb_mem_free(array[k]);
  *pairs = (turnbull_pairs){0};
}

void turnbull_find_sets(turnbull_room *r)
{
  const turnbull_pairs *p = r->pairs;
  bool open = false;
  double left = 0;
  r->n_set = 0;
  for (size_t k = 0; k < 2 * p->n; k++) {
    size_t pair = p->end[k] / 2;
    if (!(r->weight[pair] > 0)) continue;
    if (p->end[k] % 2 == 0) {
      r->first[pair] = (uint32_t)r->n_set;
      left = p->lower[pair];
      open = true;
      continue;
    }
    if (open) {
      r->left[r->n_set] = left;
      r->right[r->n_set++] = p->upper[pair];
      open = false;
    }
    r->last[pair] = (uint32_t)(r->n_set - 1);
  }
}

lb_status turnbull_room_new(const turnbull_pairs *pairs, turnbull_room *out, lb_error *err)
{
  size_t n = pairs->n;
  turnbull_room r = {.capacity = n, .pairs = pairs};
  r.left = lb_mem_array(n + 1, 12 * sizeof *r.left);
  r.first = lb_mem_array(n + 1, 3 * sizeof *r.first);
  if (r.left == NULL || r.first == NULL) {
    turnbull_room_reset(&r);
    return lb_error_nomem(err, "interval-censored times");
  }
  double **real[] = {&r.right,     &r.mass,  &r.cumulative, &r.gradient,     &r.share, &r.slope,
                     &r.curvature, &r.level, &r.block_mean, &r.block_weight, &r.trial};
  for (size_t k = 0; k < sizeof real / sizeof real[0]; k++) *real[k] = r.left + (k + 1) * (n + 1);
  r.last = r.first + (n + 1);
  r.block_size = r.last + (n + 1);
  *out = r;
  return LB_OK;
}

void turnbull_room_reset(turnbull_room *room)
{
  lb_mem_free(room->left);
  lb_mem_free(room->first);
  *room = (turnbull_room){0};
}
