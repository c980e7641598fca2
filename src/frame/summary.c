/* summary.c - one column described: counts, range, mean, quartiles, or how often each level occurs.
 */
#include "frame/summary.h"

#include <math.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/sort.h"
#include "frame/column_internal.h"

/* The present values that are not NaN, ascending. */
typedef struct sorted {
  size_t n;
  double *value;
} sorted;

static bool is_numeric(const lb_column *column)
{
  lb_type type = lb_column_type(column);
  return type == LB_REAL || type == LB_INTEGER || type == LB_DATE || type == LB_DATETIME;
}

/* ---- numbers ---- */

static lb_status sort_values(sorted *s, lb_error *err)
{
  uint32_t *order = lb_mem_array(s->n, sizeof *order);
  double *value = lb_mem_array(s->n, sizeof *value);
  if (order == NULL || value == NULL || !lb_sort_order_real(s->value, s->n, order)) {
    lb_mem_free(order);
    lb_mem_free(value);
    return lb_error_nomem(err, "sorted values");
  }
  for (size_t i = 0; i < s->n; i++) value[i] = s->value[order[i]];
  lb_mem_free(order);
  lb_mem_free(s->value);
  s->value = value;
  return lb_interrupted() ? lb_error_interrupted(err) : LB_OK;
}

/* Takes nothing on failure. Missing rows read as NaN and drop out with the NaN. */
static lb_status sorted_make(const lb_column *column, sorted *out, lb_error *err)
{
  size_t n = lb_column_length(column);
  sorted s = {0};
  s.value = lb_mem_array(n, sizeof *s.value);
  if (s.value == NULL) return lb_error_nomem(err, "sorted values");
  for (size_t i = 0; i < n; i++) {
    double x = lb_column_number(column, i);
    if (!isnan(x)) s.value[s.n++] = x;
  }
  lb_status st = sort_values(&s, err);
  if (st == LB_OK)
    *out = s;
  else
    lb_mem_free(s.value);
  return st;
}

/* x[(n - 1) p], a fraction between two neighbours; equal neighbours give themselves, so that
 * infinities stay what they are. */
static double quantile_7(const sorted *s, double prob)
{
  if (s->n == 0) return (double)NAN;
  double at = (double)(s->n - 1) * prob;
  size_t low = (size_t)floor(at), high = (size_t)ceil(at);
  double fraction = at - (double)low, a = s->value[low], b = s->value[high];
  return fraction == 0 || a == b ? a : (1 - fraction) * a + fraction * b;
}

/* Two passes, summed in extended precision: the second pass takes the rounding out of the first
 * (as Chan, Golub & LeVeque 1983, Am Stat 37:242, eq. 1.7), so that a far mean costs no digits. */
static void moments(const sorted *s, double *mean, double *sd)
{
  *mean = *sd = (double)NAN;
  if (s->n == 0) return;
  long double n = (long double)s->n, total = 0, rest = 0, squares = 0;
  for (size_t i = 0; i < s->n; i++) total += s->value[i];
  long double centre = total / n;
  *mean = (double)centre;
  if (isinf(centre)) return;
  for (size_t i = 0; i < s->n; i++) {
    long double d = s->value[i] - centre;
    rest += d;
    squares += d * d;
  }
  *mean = (double)(centre + rest / n);
  if (s->n > 1) *sd = (double)sqrtl((squares - rest * rest / n) / (n - 1));
}

static lb_status numbers(const lb_column *column, lb_summary *out, lb_error *err)
{
  sorted s = {0};
  lb_status st = sorted_make(column, &s, err);
  if (st != LB_OK) return st;
  out->numeric = true;
  out->n_nan = out->n - out->n_missing - s.n;
  out->min = quantile_7(&s, 0);
  out->q1 = quantile_7(&s, 0.25);
  out->median = quantile_7(&s, 0.5);
  out->q3 = quantile_7(&s, 0.75);
  out->max = quantile_7(&s, 1);
  moments(&s, &out->mean, &out->sd);
  lb_mem_free(s.value);
  return LB_OK;
}

lb_status lb_column_quantile(const lb_column *column, double prob, double *out, lb_error *err)
{
  if (!is_numeric(column))
    return lb_error_set(err, LB_ETYPE, "quantiles need numbers or dates, this column is %s",
                        lb_type_name(lb_column_type(column)));
  if (!(prob >= 0 && prob <= 1))
    return lb_error_set(err, LB_EARG, "a quantile's probability lies from 0 to 1, not %g", prob);
  sorted s = {0};
  lb_status st = sorted_make(column, &s, err);
  if (st != LB_OK) return st;
  *out = quantile_7(&s, prob);
  lb_mem_free(s.value);
  return LB_OK;
}

/* ---- levels ---- */

static lb_status count_codes(const lb_column *factor, lb_summary *out, lb_error *err)
{
  const int32_t *codes = lb_column_codes(factor);
  const uint8_t *valid = lb_column_valid(factor);
  size_t n_levels = lb_column_level_count(factor);
  size_t *counts = lb_mem_zero(n_levels, sizeof *counts);
  if (counts == NULL) return lb_error_nomem(err, "level counts");
  for (size_t i = 0; i < lb_column_length(factor); i++)
    if (lb_is_valid(valid, i)) counts[codes[i]]++;
  out->n_levels = n_levels;
  out->counts = counts;
  out->levels = lb_column_share(lb_column_levels(factor));
  return LB_OK;
}

/* More different texts than the summary counts? Stops at the first too many. */
static lb_status too_many_texts(const lb_column *column, bool *too_many, lb_error *err)
{
  lb_map *seen = lb_map_new();
  lb_status st = seen == NULL ? lb_error_nomem(err, "distinct texts") : LB_OK;
  const uint8_t *valid = lb_column_valid(column);
  *too_many = false;
  for (size_t i = 0; i < lb_column_length(column) && st == LB_OK && !*too_many; i++) {
    if (!lb_is_valid(valid, i)) continue;
    size_t length;
    const char *text = lb_column_text(column, i, &length);
    if (!lb_map_put(seen, text, length, NULL, NULL)) st = lb_error_nomem(err, "distinct texts");
    *too_many = lb_map_size(seen) > LB_SUMMARY_TEXTS;
  }
  lb_map_free(seen);
  return st;
}

static lb_status levels(const lb_column *column, lb_summary *out, lb_error *err)
{
  if (lb_column_type(column) == LB_FACTOR) return count_codes(column, out, err);
  lb_column *factor = NULL;
  lb_status st = LB_OK;
  if (lb_column_type(column) == LB_TEXT) {
    st = too_many_texts(column, &out->too_many, err);
    if (st != LB_OK || out->too_many) return st;
  }
  st = lb_column_to_factor(column, NULL, 0, false, &factor, err);
  if (st == LB_OK) st = count_codes(factor, out, err);
  lb_column_release(factor);
  return st;
}

lb_status lb_column_summary(const lb_column *column, lb_summary *out, lb_error *err)
{
  double none = (double)NAN;
  lb_summary made = {.n = lb_column_length(column),
                     .n_missing = lb_column_missing(column),
                     .min = none,
                     .max = none,
                     .mean = none,
                     .sd = none,
                     .q1 = none,
                     .median = none,
                     .q3 = none};
  lb_status st = is_numeric(column) ? numbers(column, &made, err) : levels(column, &made, err);
  if (st == LB_OK) *out = made;
  return st;
}

void lb_summary_reset(lb_summary *summary)
{
  lb_mem_free(summary->counts);
  lb_column_release(summary->levels);
  *summary = (lb_summary){0};
}
