/* riskset_order.c - rows by class and time: whole days by counting, other times by radix sort. */
#include "stats/survival/riskset_order.h"

#include "base/mem.h"
#include "base/sort.h"
#include "stats/survival/riskset_kernel.h"

#include <string.h>

#define SMALL_TABLE   16384 /* cells that stay in the first cache */
#define CELLS_PER_ROW 8     /* of a small table; a large one has one at most */

size_t lb_riskset_days(const double *time, size_t n, size_t n_class)
{
  int32_t last;
  if (n == 0 || !lb_whole_days(time, n, &last)) return 0;
  double cells = ((double)last + 1) * (double)n_class;
  bool small = cells <= SMALL_TABLE && cells <= CELLS_PER_ROW * (double)n;
  return small || cells <= (double)n ? (size_t)last + 1 : 0;
}

/* Rows in each class and day. */
static uint32_t *count_days(const double *time, size_t n, const lb_partition *classes, size_t days)
{
  uint32_t *count = lb_mem_zero(days * lb_partition_count(classes), sizeof *count);
  if (count == NULL) return NULL;
  for (size_t i = 0; i < n; i++) count[lb_partition_class(classes, i) * days + (size_t)time[i]]++;
  return count;
}

/* Counts become the place of the next row; rows go to their places. */
static void place_rows(const double *time, size_t n, const lb_partition *classes, size_t days,
                       uint32_t *count, uint32_t *order)
{
  size_t cells = days * lb_partition_count(classes);
  uint32_t next = 0;
  for (size_t c = 0; c < cells; c++) {
    uint32_t rows = count[c];
    count[c] = next;
    next += rows;
  }
  for (size_t i = 0; i < n; i++)
    order[count[lb_partition_class(classes, i) * days + (size_t)time[i]]++] = (uint32_t)i;
}

/* Stable counting sort of an order by class. */
static bool order_by_class(size_t n, const lb_partition *classes, uint32_t *order)
{
  size_t n_class = lb_partition_count(classes);
  if (n_class <= 1) return true;
  uint32_t *sorted = lb_mem_array(n, sizeof *sorted);
  size_t *next = lb_mem_zero(n_class + 1, sizeof *next);
  bool ok = sorted != NULL && next != NULL;
  if (ok) {
    for (size_t i = 0; i < n; i++) next[lb_partition_class(classes, i) + 1]++;
    for (size_t c = 0; c < n_class; c++) next[c + 1] += next[c];
    for (size_t i = 0; i < n; i++) sorted[next[lb_partition_class(classes, order[i])]++] = order[i];
    memcpy(order, sorted, n * sizeof *order);
  }
  lb_mem_free(next);
  lb_mem_free(sorted);
  return ok;
}

static bool sort_order(const double *time, size_t n, const lb_partition *classes, uint32_t *order)
{
  return lb_sort_order_real(time, n, order) && order_by_class(n, classes, order);
}

bool lb_riskset_by(const double *time, size_t n, const lb_partition *classes, uint32_t *order)
{
  size_t days = lb_riskset_days(time, n, lb_partition_count(classes));
  if (days == 0) return sort_order(time, n, classes, order);
  uint32_t *count = count_days(time, n, classes, days);
  if (count != NULL) place_rows(time, n, classes, days, count, order);
  lb_mem_free(count);
  return count != NULL;
}

/* Room for the n_time times, once they are counted. */
static bool alloc_times(lb_riskset *set)
{
  set->class_time = lb_mem_zero(set->n_class + 1, sizeof *set->class_time);
  set->time = lb_mem_array(set->n_time, sizeof *set->time);
  set->time_row = lb_mem_array(set->n_time + 1, sizeof *set->time_row);
  if (set->class_time == NULL || set->time == NULL || set->time_row == NULL) return false;
  set->time_row[set->n_time] = set->n;
  return true;
}

static bool place_days(lb_riskset *set, const lb_surv *y, const lb_partition *classes, size_t days)
{
  uint32_t *count = count_days(y->time, y->n, classes, days);
  size_t cells = days * set->n_class, row = 0, t = 0;
  bool ok = count != NULL;
  for (size_t c = 0; ok && c < cells; c++) set->n_time += count[c] > 0;
  ok = ok && alloc_times(set);
  for (size_t c = 0; ok && c < set->n_class; c++) {
    for (size_t day = 0; day < days; day++) {
      if (count[c * days + day] == 0) continue;
      set->time[t] = (double)day;
      set->time_row[t++] = row;
      row += count[c * days + day];
    }
    set->class_time[c + 1] = t;
    set->class_row[c + 1] = row;
  }
  if (ok) place_rows(y->time, y->n, classes, days, count, set->by_time);
  lb_mem_free(count);
  return ok;
}

/* Is place k the first with its time in its class? */
static bool starts_time(const double *sorted, size_t k, size_t class_start)
{
  return k == class_start || sorted[k] != sorted[k - 1];
}

static bool place_sorted(lb_riskset *set, const lb_surv *y, const lb_partition *classes)
{
  double *sorted = lb_mem_array(set->n, sizeof *sorted);
  size_t t = 0;
  bool ok = sorted != NULL && sort_order(y->time, y->n, classes, set->by_time);
  for (size_t i = 0; ok && i < set->n; i++) {
    sorted[i] = y->time[set->by_time[i]];
    set->class_row[lb_partition_class(classes, i) + 1]++;
  }
  for (size_t c = 0; ok && c < set->n_class; c++) {
    set->class_row[c + 1] += set->class_row[c];
    for (size_t k = set->class_row[c]; k < set->class_row[c + 1]; k++)
      set->n_time += starts_time(sorted, k, set->class_row[c]);
  }
  ok = ok && alloc_times(set);
  for (size_t c = 0; ok && c < set->n_class; c++) {
    for (size_t k = set->class_row[c]; k < set->class_row[c + 1]; k++) {
      if (!starts_time(sorted, k, set->class_row[c])) continue;
      set->time[t] = sorted[k];
      set->time_row[t++] = k;
    }
    set->class_time[c + 1] = t;
  }
  lb_mem_free(sorted);
  return ok;
}

bool lb_riskset_place(lb_riskset *set, const lb_surv *y, const lb_partition *classes)
{
  set->class_row = lb_mem_zero(set->n_class + 1, sizeof *set->class_row);
  set->by_time = lb_mem_array(set->n, sizeof *set->by_time);
  if (set->class_row == NULL || set->by_time == NULL) return false;
  size_t days = lb_riskset_days(y->time, y->n, set->n_class);
  return days > 0 ? place_days(set, y, classes, days) : place_sorted(set, y, classes);
}

lb_status lb_riskset_order(const lb_surv *y, const lb_partition *classes, lb_riskset *out,
                           lb_error *err)
{
  lb_status st = lb_riskset_check(y, classes, err);
  if (st != LB_OK) return st;
  lb_riskset set = {.n = y->n, .n_class = lb_partition_count(classes)};
  if (!lb_riskset_place(&set, y, classes)) {
    lb_riskset_reset(&set);
    return lb_error_nomem(err, "risk sets");
  }
  *out = set;
  return LB_OK;
}
