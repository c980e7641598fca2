/* cox_place.c - columns of many rows brought into the order of the Cox model's walk.
 *
 * A column of so many rows leaves the cache, and each of its numbers would be fetched alone. So the
 * rows first go to the bucket of blocks in which their place is, side by side as they come, and
 * then each bucket, which fits the cache, is put in order: both passes read and write runs of
 * memory, and the buckets lie where the blocks will be. */
#include "stats/survival/cox_work.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"

#include <stdatomic.h>
#include <string.h>

#define BUCKET_BYTES ((size_t)512 << 10) /* at most, unless a single block is larger */
#define GROUP        16                  /* columns that are copied together */

typedef struct placement {
  cox_data *d;
  const lb_design *x;
  cox_chunks blocks, buckets;
  unsigned shift; /* a bucket has 2^shift places */
  bool parallel;
  uint32_t *place;      /* n: of each of the caller's rows */
  uint32_t *target;     /* n: of each record, as they lie in the buckets */
  uint32_t *first, *at; /* chunks x buckets: a chunk's first record in a bucket, its next one */
  atomic_bool no_memory;
} placement;

/* Rows, or places, from `start` to the end of a chunk of blocks. */
static size_t chunk_rows(const placement *w, size_t chunk, size_t *start)
{
  size_t end = cox_chunk_start(w->blocks, chunk + 1) * COX_ROWS;
  *start = cox_chunk_start(w->blocks, chunk) * COX_ROWS;
  return end < w->d->n ? end : w->d->n;
}

static void invert_chunk(void *context, size_t chunk)
{
  const placement *w = context;
  size_t k, end = chunk_rows(w, chunk, &k);
  for (; k < end; k++) w->place[w->d->row[k]] = (uint32_t)k;
}

static void count_chunk(void *context, size_t chunk)
{
  const placement *w = context;
  uint32_t *count = w->first + chunk * w->buckets.n_items;
  size_t i, end = chunk_rows(w, chunk, &i);
  for (; i < end; i++) count[w->place[i] >> w->shift]++;
}

/* From counts to first records: buckets one after the other, in each the chunks in their order. */
static void lay_out(placement *w)
{
  size_t n = w->buckets.n_items;
  uint32_t next = 0;
  for (size_t b = 0; b < n; b++) {
    for (size_t c = 0; c < w->blocks.n; c++) {
      uint32_t count = w->first[c * n + b];
      w->first[c * n + b] = next;
      next += count;
    }
  }
}

static void fill_chunk(void *context, size_t chunk)
{
  const placement *w = context;
  const cox_data *d = w->d;
  size_t n_bucket = w->buckets.n_items, start, end = chunk_rows(w, chunk, &start);
  uint32_t *at = w->at + chunk * n_bucket;
  for (size_t g = 0; g < d->p; g += GROUP) {
    size_t n = d->p - g < GROUP ? d->p - g : GROUP;
    const double *const *column = w->x->column + g;
    memcpy(at, w->first + chunk * n_bucket, n_bucket * sizeof *at);
    for (size_t i = start; i < end; i++) {
      size_t m = at[w->place[i] >> w->shift]++;
      double *record = d->z + m * d->width + g;
      for (size_t j = 0; j < n; j++) record[j] = column[j][i];
      w->target[m] = w->place[i];
    }
  }
}

static void order_chunk(void *context, size_t chunk)
{
  placement *w = context;
  const cox_data *d = w->d;
  size_t width = d->width, size = (size_t)1 << w->shift;
  double *record = lb_mem_array(size * width, sizeof *record);
  if (record == NULL) atomic_store(&w->no_memory, true);
  size_t end = cox_chunk_start(w->buckets, chunk + 1);
  for (size_t b = cox_chunk_start(w->buckets, chunk); record != NULL && b < end; b++) {
    size_t first = b * size, rows = d->n - first < size ? d->n - first : size;
    memcpy(record, d->z + first * width, rows * width * sizeof *record);
    for (size_t r = 0; r < rows; r++) {
      size_t k = w->target[first + r];
      double *z = d->z + k / COX_ROWS * width * COX_ROWS + k % COX_ROWS;
      for (size_t j = 0; j < d->p; j++) z[j * COX_ROWS] = record[r * width + j];
    }
  }
  lb_mem_free(record);
}

static bool alloc(placement *w)
{
  size_t cells = w->blocks.n * w->buckets.n_items;
  w->place = lb_mem_array(w->d->n, sizeof *w->place);
  w->target = lb_mem_array(w->d->n, sizeof *w->target);
  w->first = lb_mem_zero(cells, sizeof *w->first);
  w->at = lb_mem_array(cells, sizeof *w->at);
  return w->place != NULL && w->target != NULL && w->first != NULL && w->at != NULL;
}

/* false: interrupted. */
static bool run(placement *w)
{
  size_t n = w->blocks.n;
  if (!lb_parallel(n, w->parallel, invert_chunk, w)) return false;
  if (!lb_parallel(n, w->parallel, count_chunk, w)) return false;
  lay_out(w);
  return lb_parallel(n, w->parallel, fill_chunk, w) &&
         lb_parallel(w->buckets.n, w->parallel, order_chunk, w);
}

lb_status cox_place_columns(cox_data *d, const lb_design *x, lb_error *err)
{
  placement w = {.d = d, .x = x, .blocks = cox_block_chunks(d)};
  size_t block = d->width * COX_ROWS * sizeof(double), bucket = COX_ROWS;
  while (((size_t)1 << w.shift) < COX_ROWS) w.shift++;
  for (; 2 * bucket / COX_ROWS * block <= BUCKET_BYTES; bucket *= 2) w.shift++;
  w.buckets.n_items = (d->n + bucket - 1) / bucket;
  w.buckets.n = w.buckets.n_items < COX_MAX_CHUNKS ? w.buckets.n_items : COX_MAX_CHUNKS;
  w.parallel = d->n >= COX_PARALLEL_ROWS;
  lb_status st = LB_OK;
  if (!alloc(&w))
    st = lb_error_nomem(err, "Cox model");
  else if (!run(&w))
    st = lb_error_interrupted(err);
  else if (atomic_load(&w.no_memory))
    st = lb_error_nomem(err, "Cox model");
  lb_mem_free(w.place);
  lb_mem_free(w.target);
  lb_mem_free(w.first);
  lb_mem_free(w.at);
  return st;
}
