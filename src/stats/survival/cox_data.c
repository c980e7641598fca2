/* cox_data.c - the Cox model's data in the order of the walk, and how its passes are cut. */
#include "stats/survival/cox_work.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

#define CHUNK_BLOCKS 8   /* at least */
#define CHUNK_BINS   256 /* at least */

static cox_chunks cut(size_t n_items, size_t least)
{
  size_t n = (n_items + least - 1) / least;
  return (cox_chunks){n < COX_MAX_CHUNKS ? n : COX_MAX_CHUNKS, n_items};
}

cox_chunks cox_block_chunks(const cox_data *d)
{
  return cut(d->n_block, CHUNK_BLOCKS);
}

cox_chunks cox_bin_chunks(const cox_data *d)
{
  return cut(d->n_bin, CHUNK_BINS);
}

size_t cox_chunk_start(cox_chunks c, size_t chunk)
{
  size_t size = c.n_items / c.n, longer = c.n_items % c.n;
  return chunk * size + (chunk < longer ? chunk : longer);
}

size_t cox_block_rows(const cox_data *d, size_t block)
{
  size_t rest = d->n - block * COX_ROWS;
  return rest < COX_ROWS ? rest : COX_ROWS;
}

static lb_status alloc_data(cox_data *d, const lb_surv *y, const lb_design *x, lb_error *err)
{
  size_t cells = d->n + COX_ROWS + d->n_stratum + 1;
  d->width = d->p + d->p % 2;
  if (d->p <= SIZE_MAX / cells - 1)
    d->z_room = lb_mem_array(d->n_block * d->width * COX_ROWS + COX_LINE, sizeof *d->z_room);
  d->z = cox_align(d->z_room);
  d->mean = lb_mem_zero(d->p, sizeof *d->mean);
  d->scale = lb_mem_zero(d->p, sizeof *d->scale);
  d->range = lb_mem_zero(d->p, sizeof *d->range);
  d->event_z = lb_mem_zero(d->p, sizeof *d->event_z);
  bool ok =
      d->z != NULL && d->mean != NULL && d->scale != NULL && d->range != NULL && d->event_z != NULL;
  if (ok && y->weight != NULL) ok = (d->weight = lb_mem_array(d->n, sizeof *d->weight)) != NULL;
  if (ok && x->offset != NULL) ok = (d->offset = lb_mem_array(d->n, sizeof *d->offset)) != NULL;
  for (size_t k = 0; ok && y->weight != NULL && k < d->n; k++) d->weight[k] = y->weight[d->row[k]];
  return ok ? LB_OK : lb_error_nomem(err, "Cox model");
}

/* Subtracts its mean from the offset in each stratum. */
static void centre_offset(cox_data *d)
{
  for (size_t s = 0; s < d->n_stratum; s++) {
    size_t first = d->stratum_row[s], end = d->stratum_row[s + 1];
    double sum = 0;
    for (size_t k = first; k < end; k++) sum += d->offset[k];
    double mean = end > first ? sum / (double)(end - first) : 0;
    for (size_t k = first; k < end; k++) d->offset[k] -= mean;
  }
}

static lb_status take_offset(cox_data *d, const double *offset, lb_error *err)
{
  if (offset == NULL) return LB_OK;
  for (size_t k = 0; k < d->n; k++) {
    d->offset[k] = offset[d->row[k]];
    if (!isfinite(d->offset[k]))
      return lb_error_set(err, LB_EDATA, "the offset is not finite in row %zu",
                          (size_t)d->row[k] + 1);
  }
  centre_offset(d);
  return LB_OK;
}

/* Adds the events of a bin in rows [first, end) of block b. */
static void add_events(cox_data *d, const double *weight, size_t b, size_t first, size_t end,
                       double *sum)
{
  const size_t run[2] = {first, end};
  size_t w = d->p + 1;
  if (d->line != NULL && end - first < COX_LINE)
    cox_line_runs(d->line + b * COX_ROWS * COX_PADDED(w), weight, w, run, 1, sum, w);
  else
    cox_run_sums(d->z + b * d->width * COX_ROWS, weight, d->p, first, end, sum);
  d->event_weight += sum[0];
  for (size_t j = 0; j < d->p; j++) d->event_z[j] += sum[1 + j];
}

/* Sums over events, which no coefficient changes. */
static lb_status sum_events(cox_data *d, lb_error *err)
{
  double weight[COX_ROWS], *sum = lb_mem_array(d->p + 1, sizeof *sum);
  if (sum == NULL) return lb_error_nomem(err, "Cox model");
  for (size_t r = 0; r < COX_ROWS; r++) weight[r] = 1;
  for (size_t i = 0; i < d->n_bin; i++) {
    size_t k = d->bin[i].first_row, end = k + d->bin[i].events;
    for (size_t e = k; d->offset != NULL && e < end; e++)
      d->event_offset += cox_weight(d, e) * d->offset[e];
    while (k < end) {
      size_t b = k / COX_ROWS, start = b * COX_ROWS, stop = end - start;
      if (stop > COX_ROWS) stop = COX_ROWS;
      if (d->weight != NULL)
        memcpy(weight + (k - start), d->weight + k, (stop - (k - start)) * sizeof *weight);
      add_events(d, weight, b, k - start, stop, sum);
      k = start + stop;
    }
  }
  lb_mem_free(sum);
  return LB_OK;
}

lb_status cox_data_new(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                       cox_data *out, lb_error *err)
{
  if (x->n != y->n)
    return lb_error_set(err, LB_EARG, "the design has %zu rows and the outcome %zu", x->n, y->n);
  cox_data d = {.n = y->n, .p = x->p};
  lb_status st = cox_data_sort(&d, y, strata, err);
  if (st == LB_OK) st = alloc_data(&d, y, x, err);
  if (st == LB_OK) st = cox_data_columns(&d, x, err);
  if (st == LB_OK) st = take_offset(&d, x->offset, err);
  if (st == LB_OK) st = sum_events(&d, err);
  if (st == LB_OK)
    *out = d;
  else
    cox_data_reset(&d);
  return st;
}

void cox_data_reset(cox_data *d)
{
  void *array[] = {d->row,          d->stratum_row,   d->stratum_bin, d->bin,    d->segment_row,
                   d->segment_bin,  d->block_segment, d->z_room,      d->weight, d->offset,
                   d->leave_bin,    d->mean,          d->scale,       d->range,  d->event_z,
                   d->lasting_room, d->bin_weight,    d->layer,       d->slot,   d->line};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
  *d = (cox_data){0};
}
