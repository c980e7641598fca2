/* riskset.c - who is at risk when: rows sorted once, with counts at each distinct time. */
#include "stats/survival/riskset.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/pair_kernel.h"
#include "base/parallel.h"
#include "stats/sum.h"
#include "stats/survival/riskset_order.h"

#define POLL_TIMES    4096
#define COUNT_BLOCKS  4 /* of rows that are counted side by side */
#define PARALLEL_ROWS 200000

size_t lb_partition_count(const lb_partition *classes)
{
  return classes == NULL || classes->code == NULL ? 1 : classes->n;
}

lb_status lb_partition_check(const lb_partition *classes, size_t n_rows, const char *noun,
                             lb_error *err)
{
  if (classes == NULL || classes->code == NULL) return LB_OK;
  for (size_t i = 0; i < n_rows; i++) {
    if (classes->code[i] < 0 || (size_t)classes->code[i] >= classes->n)
      return lb_error_set(err, LB_EARG, "row %zu has no %s", i + 1, noun);
  }
  return LB_OK;
}

static double row_weight(const lb_surv *y, size_t i)
{
  return y->weight == NULL ? 1 : y->weight[i];
}

/* Room for the counts of the n_time times of all classes. */
static bool alloc_counts(lb_riskset *set)
{
  set->n_risk = lb_mem_zero(set->n_time, sizeof *set->n_risk);
  set->n_event = lb_mem_zero(set->n_time, sizeof *set->n_event);
  set->n_censor = lb_mem_zero(set->n_time, sizeof *set->n_censor);
  set->cause_event = lb_mem_zero(set->n_time, set->n_cause * sizeof *set->cause_event);
  return set->n_risk != NULL && set->n_event != NULL && set->n_censor != NULL &&
         set->cause_event != NULL;
}

static bool sort_rows(lb_riskset *set, const lb_surv *y, const lb_partition *classes)
{
  if (!lb_riskset_place(set, y, classes) || !alloc_counts(set)) return false;
  if (y->entry == NULL) return true;
  set->by_entry = lb_mem_array(set->n, sizeof *set->by_entry);
  return set->by_entry != NULL && lb_riskset_by(y->entry, y->n, classes, set->by_entry);
}

static void count_events(lb_riskset *set, const lb_surv *y)
{
  for (size_t t = 0; t < set->n_time; t++) {
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
      size_t row = set->by_time[k];
      *(y->event[row] ? &set->n_event[t] : &set->n_censor[t]) += row_weight(y, row);
      if (set->n_cause > 0 && y->cause[row] > 0)
        set->cause_event[t * set->n_cause + (size_t)y->cause[row] - 1] += row_weight(y, row);
    }
  }
}

/* Running weight and number of rows at risk while time goes backwards. */
typedef struct at_risk {
  lb_sum weight;
  size_t rows; /* of positive weight */
} at_risk;

static void risk_join(at_risk *r, double weight)
{
  lb_sum_add(&r->weight, weight);
  r->rows += weight > 0;
}

static void risk_leave(at_risk *r, double weight)
{
  lb_sum_add(&r->weight, -weight);
  r->rows -= weight > 0;
  if (r->rows == 0) r->weight = (lb_sum){0}; /* an empty risk set weighs exactly nothing */
}

/* Walks class c backwards: a row joins at its time and leaves when entry >= t. */
static lb_status count_risk(lb_riskset *set, const lb_surv *y, size_t c, lb_error *err)
{
  at_risk risk = {0};
  size_t left = set->class_row[c + 1]; /* rows by entry that are still to leave, from the last */
  for (size_t t = set->class_time[c + 1]; t-- > set->class_time[c];) {
    size_t events = 0;
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
      double weight = row_weight(y, set->by_time[k]);
      risk_join(&risk, weight);
      events += y->event[set->by_time[k]] == 1 && weight > 0;
    }
    while (set->by_entry != NULL && left > set->class_row[c] &&
           y->entry[set->by_entry[left - 1]] >= set->time[t])
      risk_leave(&risk, row_weight(y, set->by_entry[--left]));
    set->n_risk[t] = events == risk.rows ? set->n_event[t] : lb_sum_value(&risk.weight);
    if (t % POLL_TIMES == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

lb_status lb_riskset_check(const lb_surv *y, const lb_partition *classes, lb_error *err)
{
  lb_status st = lb_surv_check(y, err);
  for (size_t i = 0; y->cause != NULL && st == LB_OK && i < y->n; i++)
    if (y->cause[i] < 0 || (size_t)y->cause[i] > y->n_cause || (y->cause[i] > 0) != y->event[i])
      st = lb_error_set(err, LB_EARG, "row %zu has no cause of 0 to %zu", i + 1, y->n_cause);
  if (st != LB_OK) return st;
  if (y->n > UINT32_MAX) return lb_error_set(err, LB_EDATA, "more than 4294967295 rows");
  return lb_partition_check(classes, y->n, "class", err);
}

/* As lb_riskset_sort, of rows that are checked. */
static lb_status sort_checked(const lb_surv *y, const lb_partition *classes, lb_riskset *out,
                              lb_error *err)
{
  lb_status st = LB_OK;
  lb_riskset set = {.n = y->n, .n_class = lb_partition_count(classes)};
  set.n_cause = y->cause == NULL ? 0 : y->n_cause;
  if (!sort_rows(&set, y, classes)) {
    st = lb_error_nomem(err, "risk sets");
    goto done;
  }
  count_events(&set, y);
  for (size_t c = 0; c < set.n_class && st == LB_OK; c++) st = count_risk(&set, y, c, err);
  if (st != LB_OK) goto done;
  *out = set;
  set = (lb_riskset){0};
done:
  lb_riskset_reset(&set);
  return st;
}

lb_status lb_riskset_sort(const lb_surv *y, const lb_partition *classes, lb_riskset *out,
                          lb_error *err)
{
  lb_status st = lb_riskset_check(y, classes, err);
  return st == LB_OK ? sort_checked(y, classes, out, err) : st;
}

/* ---- Tables of classes x days ---- */

/* Counts of blocks of rows; of unit weight, so that the order of adding does not matter. */
typedef struct day_count {
  const lb_surv *y;
  const lb_partition *classes;
  size_t days, cells, blocks;
  uint32_t *count; /* blocks x cells x (censored, event) */
} day_count;

static void count_block(void *context, size_t block)
{
  const day_count *c = context;
  const lb_surv *y = c->y;
  uint32_t *count = c->count + block * c->cells * 2;
  size_t at = y->n / c->blocks * block;
  size_t end = block + 1 == c->blocks ? y->n : at + y->n / c->blocks;
  for (size_t i = at; i < end; i++) {
    size_t cell = lb_partition_class(c->classes, i) * c->days + (size_t)y->time[i];
    count[2 * cell + y->event[i]]++;
  }
}

/* The table of rows of unit weight, those of further blocks added to that of the first; NULL: out
 * of memory, or interrupted. */
static uint32_t *count_cells(const lb_surv *y, const lb_partition *classes, size_t days)
{
  size_t cells = days * lb_partition_count(classes);
  day_count c = {.y = y, .classes = classes, .days = days, .cells = cells};
  c.blocks = y->n >= PARALLEL_ROWS ? COUNT_BLOCKS : 1;
  c.count = lb_mem_zero(c.blocks * cells, 2 * sizeof *c.count);
  bool ok = c.count != NULL && lb_parallel(c.blocks, c.blocks > 1, count_block, &c);
  for (size_t b = 1; ok && b < c.blocks; b++)
    for (size_t i = 0; i < 2 * cells; i++) c.count[i] += c.count[2 * b * cells + i];
  if (ok) return c.count;
  lb_mem_free(c.count);
  return NULL;
}

/* Room for n_time times of all classes, their first places set from the number of each. */
static bool alloc_times(lb_riskset *set)
{
  for (size_t c = 0; c < set->n_class; c++) {
    set->class_row[c + 1] += set->class_row[c];
    set->class_time[c + 1] += set->class_time[c];
  }
  set->n_time = set->class_time[set->n_class];
  set->time = lb_mem_array(set->n_time, sizeof *set->time);
  return set->time != NULL && alloc_counts(set);
}

static bool alloc_classes(lb_riskset *set)
{
  set->class_row = lb_mem_zero(set->n_class + 1, sizeof *set->class_row);
  set->class_time = lb_mem_zero(set->n_class + 1, sizeof *set->class_time);
  return set->class_row != NULL && set->class_time != NULL;
}

/* Rows of one class and day; events of all causes. */
static size_t day_rows(const uint32_t *now, size_t kinds, size_t *events)
{
  *events = now[1];
  for (size_t k = 2; k < kinds; k++) *events += now[k];
  return now[0] + *events;
}

/* Fills the times of class c from its counts. */
static void read_days(lb_riskset *set, const lb_surv_counts *counts, size_t c)
{
  size_t kinds = lb_surv_kinds(counts), events;
  size_t risk = set->class_row[c + 1] - set->class_row[c], t = set->class_time[c];
  const uint32_t *now = counts->count + c * counts->days * kinds;
  for (size_t day = 0; day < counts->days; day++, now += kinds) {
    size_t rows = day_rows(now, kinds, &events);
    if (rows == 0) continue;
    set->time[t] = (double)day;
    set->n_risk[t] = (double)risk;
    set->n_censor[t] = now[0];
    set->n_event[t] = (double)events;
    for (size_t k = 0; k < set->n_cause; k++) set->cause_event[t * set->n_cause + k] = now[1 + k];
    t++;
    risk -= rows;
  }
}

lb_status lb_riskset_from_counts(const lb_surv_counts *counts, lb_riskset *out, lb_error *err)
{
  lb_riskset set = {.n = counts->n, .n_class = counts->n_class, .n_cause = counts->n_cause};
  size_t kinds = lb_surv_kinds(counts);
  bool ok = alloc_classes(&set);
  for (size_t c = 0; ok && c < set.n_class; c++) {
    const uint32_t *now = counts->count + c * counts->days * kinds;
    if (kinds == 2) {
      lb_pair_totals total = lb_pairs_total(now, counts->days);
      set.class_row[c + 1] = (size_t)(total.first + total.second);
      set.class_time[c + 1] = total.n_any;
      continue;
    }
    set.class_row[c + 1] = (size_t)lb_counts_total(now, counts->days * kinds);
    set.class_time[c + 1] = lb_counts_any(now, counts->days, kinds);
  }
  ok = ok && alloc_times(&set);
  for (size_t c = 0; ok && c < set.n_class; c++) read_days(&set, counts, c);
  if (ok)
    *out = set;
  else
    lb_riskset_reset(&set);
  return ok ? LB_OK : lb_error_nomem(err, "risk sets");
}

static lb_status count_days(const lb_surv *y, const lb_partition *classes, size_t days,
                            lb_riskset *out, lb_error *err)
{
  uint32_t *count = count_cells(y, classes, days);
  const lb_surv_counts counts = {
      .n = y->n, .n_class = lb_partition_count(classes), .days = days, .count = count};
  if (count == NULL)
    return lb_interrupted() ? lb_error_interrupted(err) : lb_error_nomem(err, "risk sets");
  lb_status st = lb_riskset_from_counts(&counts, out, err);
  lb_mem_free(count);
  return st;
}

/* One class and day with weights: rows, those of positive weight, and their events; weights of
 * both kinds. */
typedef struct day_cell {
  double event, censor;
  uint32_t rows, positive, events;
} day_cell;

static void fill_cells(const lb_surv *y, const lb_partition *classes, size_t days, day_cell *cell)
{
  for (size_t i = 0; i < y->n; i++) {
    day_cell *c = &cell[lb_partition_class(classes, i) * days + (size_t)y->time[i]];
    double weight = row_weight(y, i);
    c->rows++;
    c->positive += weight > 0;
    c->events += y->event[i] && weight > 0;
    *(y->event[i] ? &c->event : &c->censor) += weight;
  }
}

/* From the table to times, counts and numbers at risk, the days of a class backwards. */
static void read_cells(lb_riskset *set, size_t days, const day_cell *cell)
{
  size_t t = set->n_time;
  for (size_t c = set->n_class; c-- > 0;) {
    at_risk risk = {0};
    for (size_t day = days; day-- > 0;) {
      const day_cell *now = &cell[c * days + day];
      if (now->rows == 0) continue;
      t--;
      lb_sum_add(&risk.weight, now->event);
      lb_sum_add(&risk.weight, now->censor);
      risk.rows += now->positive;
      set->time[t] = (double)day;
      set->n_event[t] = now->event;
      set->n_censor[t] = now->censor;
      set->n_risk[t] = now->events == risk.rows ? now->event : lb_sum_value(&risk.weight);
    }
  }
}

static lb_status weigh_days(const lb_surv *y, const lb_partition *classes, size_t days,
                            lb_riskset *out, lb_error *err)
{
  lb_riskset set = {.n = y->n, .n_class = lb_partition_count(classes)};
  size_t cells = set.n_class * days;
  day_cell *cell = lb_mem_zero(cells, sizeof *cell);
  bool ok = cell != NULL && alloc_classes(&set);
  if (ok) {
    fill_cells(y, classes, days, cell);
    for (size_t c = 0; c < cells; c++) {
      set.class_row[c / days + 1] += cell[c].rows;
      set.class_time[c / days + 1] += cell[c].rows > 0;
    }
    ok = alloc_times(&set);
  }
  if (ok) read_cells(&set, days, cell);
  lb_mem_free(cell);
  if (ok)
    *out = set;
  else
    lb_riskset_reset(&set);
  return ok ? LB_OK : lb_error_nomem(err, "risk sets");
}

lb_status lb_riskset_count(const lb_surv *y, const lb_partition *classes, lb_riskset *out,
                           lb_error *err)
{
  lb_status st = lb_riskset_check(y, classes, err);
  if (st != LB_OK) return st;
  bool plain = y->entry == NULL && y->cause == NULL;
  size_t days = plain ? lb_riskset_days(y->time, y->n, lb_partition_count(classes)) : 0;
  if (days == 0) return sort_checked(y, classes, out, err);
  return y->weight == NULL ? count_days(y, classes, days, out, err)
                           : weigh_days(y, classes, days, out, err);
}

void lb_riskset_reset(lb_riskset *set)
{
  if (set == NULL) return;
  lb_mem_free(set->class_row);
  lb_mem_free(set->class_time);
  lb_mem_free(set->by_time);
  lb_mem_free(set->by_entry);
  lb_mem_free(set->time_row);
  lb_mem_free(set->time);
  lb_mem_free(set->n_risk);
  lb_mem_free(set->n_event);
  lb_mem_free(set->n_censor);
  lb_mem_free(set->cause_event);
  *set = (lb_riskset){0};
}
