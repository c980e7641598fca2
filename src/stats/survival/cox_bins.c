/* cox_bins.c - the Cox model's rows in bins: one an event time of a stratum, events first. */
#include "stats/survival/cox_work.h"

#include "base/mem.h"

#include <string.h>

static bool is_event(const lb_surv *y, size_t row)
{
  return y->event[row] == 1 && (y->weight == NULL || y->weight[row] > 0);
}

/* Within each time, rows with the event come first, both kinds in the order of the data. */
static lb_status put_events_first(cox_data *d, const lb_riskset *set, const lb_surv *y,
                                  lb_error *err)
{
  d->row = lb_mem_array(d->n, sizeof *d->row);
  if (d->row == NULL) return lb_error_nomem(err, "Cox model");
  for (size_t t = 0; t < set->n_time; t++) {
    size_t next = set->time_row[t], events = 0;
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++)
      events += is_event(y, set->by_time[k]);
    size_t other = next + events;
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
      uint32_t row = set->by_time[k];
      d->row[is_event(y, row) ? next++ : other++] = row;
    }
    d->n_bin += events > 0;
    d->n_event += events;
  }
  return LB_OK;
}

static void start_segment(cox_data *d, size_t row, uint32_t bin)
{
  d->segment_row[d->n_segment] = row;
  d->segment_bin[d->n_segment++] = bin;
}

/* A bin at time t of the set, if it has an event; its rows go up to `end` of the bin's rows. */
static void add_time(cox_data *d, const lb_riskset *set, const lb_surv *y, size_t t)
{
  size_t first = set->time_row[t], end = set->time_row[t + 1], events = 0;
  double weight = 0;
  while (first + events < end && is_event(y, d->row[first + events])) {
    weight += y->weight == NULL ? 1 : y->weight[d->row[first + events]];
    events++;
  }
  if (events > 0) {
    d->bin[d->n_bin] = (cox_bin){.time = set->time[t],
                                 .event_weight = weight,
                                 .events = events,
                                 .first_row = first,
                                 .segment = d->n_segment};
    start_segment(d, first, (uint32_t)d->n_bin);
    d->n_bin++;
  }
  size_t bin = d->n_bin - 1, others = first + events;
  bool mine = d->n_segment > 0 && d->segment_bin[d->n_segment - 1] != COX_NO_BIN;
  bool is_rest = mine && d->bin[bin].segment + 1 < d->n_segment;
  if (mine && !is_rest && others < end) start_segment(d, others, (uint32_t)bin);
  if (mine) d->bin[bin].rows = end - d->bin[bin].first_row;
}

/* Rows before the first event of a stratum have a segment without a bin. */
static void list_bins(cox_data *d, const lb_riskset *set, const lb_surv *y)
{
  d->n_bin = 0;
  for (size_t s = 0; s < d->n_stratum; s++) {
    size_t first = set->class_time[s];
    if (first < set->class_time[s + 1] && !is_event(y, d->row[set->time_row[first]]))
      start_segment(d, set->time_row[first], COX_NO_BIN);
    for (size_t t = first; t < set->class_time[s + 1]; t++) add_time(d, set, y, t);
    if (d->n_bin > d->stratum_bin[s]) d->bin[d->stratum_bin[s]].is_first = true;
    d->stratum_bin[s + 1] = d->n_bin;
  }
  d->segment_row[d->n_segment] = d->n;
  for (size_t b = 0, s = 0; b < d->n_block; b++) {
    while (d->segment_row[s + 1] <= b * COX_ROWS) s++;
    d->block_segment[b] = (uint32_t)s;
  }
}

static lb_status alloc_bins(cox_data *d, lb_error *err)
{
  size_t most = 2 * d->n_bin + d->n_stratum;
  d->stratum_row = lb_mem_zero(d->n_stratum + 1, sizeof *d->stratum_row);
  d->stratum_bin = lb_mem_zero(d->n_stratum + 1, sizeof *d->stratum_bin);
  d->bin = lb_mem_array(d->n_bin, sizeof *d->bin);
  d->segment_row = lb_mem_array(most + 1, sizeof *d->segment_row);
  d->segment_bin = lb_mem_array(most, sizeof *d->segment_bin);
  d->block_segment = lb_mem_array(d->n_block, sizeof *d->block_segment);
  bool ok = d->stratum_row != NULL && d->stratum_bin != NULL && d->bin != NULL &&
            d->segment_row != NULL && d->segment_bin != NULL && d->block_segment != NULL;
  return ok ? LB_OK : lb_error_nomem(err, "Cox model");
}

/* The first bin of stratum s after an entry. */
static uint32_t bin_after(const cox_data *d, size_t s, double entry)
{
  size_t low = d->stratum_bin[s], high = d->stratum_bin[s + 1];
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (d->bin[middle].time <= entry)
      low = middle + 1;
    else
      high = middle;
  }
  return (uint32_t)low;
}

/* The first bin of stratum s after each whole day up to its last time, so that entries in days are
 * looked up at once. NULL: it would be larger than the stratum, or there is no memory for what is
 * only there for speed. */
static uint32_t *list_days(const cox_data *d, size_t s, size_t *days)
{
  size_t start = d->stratum_bin[s], end = d->stratum_bin[s + 1];
  double rows = (double)(d->stratum_row[s + 1] - d->stratum_row[s]);
  if (start == end || !(d->bin[end - 1].time < rows)) return NULL;
  *days = (size_t)d->bin[end - 1].time + 1;
  uint32_t *table = lb_mem_array(*days, sizeof *table);
  for (size_t day = 0, b = start; table != NULL && day < *days; day++) {
    while (b < end && d->bin[b].time <= (double)day) b++;
    table[day] = (uint32_t)b;
  }
  return table;
}

static void take_stratum_entries(cox_data *d, const lb_surv *y, size_t s)
{
  size_t start = d->stratum_bin[s], end = d->stratum_bin[s + 1], days = 0;
  uint32_t *table = list_days(d, s, &days);
  double last = table == NULL ? -1 : (double)days - 1;
  for (size_t k = d->stratum_row[s]; k < d->stratum_row[s + 1]; k++) {
    double entry = y->entry[d->row[k]];
    uint32_t first = (uint32_t)start;
    if (start < end && entry >= d->bin[start].time) {
      bool day = entry <= last && (double)(size_t)entry == entry;
      first = day ? table[(size_t)entry] : bin_after(d, s, entry);
    }
    d->leave_bin[k] = first == start ? COX_NO_BIN : first - 1;
    if (first > start) d->bin[first - 1].leave++;
  }
  lb_mem_free(table);
}

/* Where each place leaves the risk set, walking back. Many enter at the start: they are seen at
 * once. */
static lb_status take_entries(cox_data *d, const lb_surv *y, lb_error *err)
{
  d->leave_bin = lb_mem_array(d->n, sizeof *d->leave_bin);
  if (d->leave_bin == NULL) return lb_error_nomem(err, "Cox model");
  for (size_t s = 0; s < d->n_stratum; s++) take_stratum_entries(d, y, s);
  return LB_OK;
}

lb_status cox_data_sort(cox_data *d, const lb_surv *y, const lb_partition *strata, lb_error *err)
{
  lb_riskset set = {0};
  lb_status st = lb_riskset_order(y, strata, &set, err);
  if (st != LB_OK) return st;
  d->n_stratum = set.n_class;
  d->n_block = (d->n + COX_ROWS - 1) / COX_ROWS;
  st = put_events_first(d, &set, y, err);
  if (st == LB_OK) st = alloc_bins(d, err);
  if (st == LB_OK) {
    memcpy(d->stratum_row, set.class_row, (d->n_stratum + 1) * sizeof *d->stratum_row);
    list_bins(d, &set, y);
  }
  if (st == LB_OK && y->entry != NULL) st = take_entries(d, y, err);
  lb_riskset_reset(&set);
  return st;
}
