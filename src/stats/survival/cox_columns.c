/* cox_columns.c - the Cox model's design in blocks of rows: centred in strata, scaled. */
#include "stats/survival/cox_work.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"

#include <math.h>
#include <string.h>

/* A column that varies less than this beside its size is constant, or differs in the last bits of
 * its numbers alone: rounding, in which no hazard ratio can be seen. */
#define LAST_BITS 1e-15
/* Squares of larger or smaller numbers than these may leave the range of a double: such a column is
 * worked on in a power of two as its unit, which changes no digit. */
#define LARGE 1e100
#define SMALL 1e-100
#define LIMIT 1e300 /* beyond, sums overflow */

typedef struct column_pass {
  cox_data *d;
  const lb_design *x;
  cox_chunks chunks;
  double *unit;     /* p: the centred column is multiplied by this */
  double *mean;     /* p x n_stratum: taken from the column there */
  double *sum;      /* p x n_stratum: of what is left */
  double *head;     /* chunks x p: the part of a stratum that began in an earlier chunk */
  cox_column *seen; /* chunks x p */
  bool placed;      /* columns are in the order of places already */
} column_pass;

#define PLACE_ROWS 32768 /* from which on rows are not fetched one by one */
#define WIDE       256   /* columns from which on one block of rows is worth a look at the flag */
#define MOST_LINES ((size_t)1 << 18) /* numbers */

/* Rows of a block that are in one stratum: [first, end) of the block. */
typedef struct stratum_run {
  size_t stratum, first, end;
} stratum_run;

/* The next run of a block; start with {stratum of its first row, 0, 0}. */
static bool next_run(const cox_data *d, size_t block, stratum_run *run)
{
  size_t start = block * COX_ROWS, rows = cox_block_rows(d, block);
  if (run->end >= rows) return false;
  while (d->stratum_row[run->stratum + 1] <= start + run->end) run->stratum++;
  size_t end = d->stratum_row[run->stratum + 1] - start;
  run->first = run->end;
  run->end = end < rows ? end : rows;
  return true;
}

static size_t stratum_of(const cox_data *d, size_t place)
{
  size_t low = 0, high = d->n_stratum;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (d->stratum_row[middle] <= place)
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* Where a chunk sums column j in a stratum. */
static double *sum_place(const column_pass *pass, size_t chunk, size_t j, size_t stratum)
{
  const cox_data *d = pass->d;
  bool earlier = d->stratum_row[stratum] < cox_chunk_start(pass->chunks, chunk) * COX_ROWS;
  return earlier ? &pass->head[chunk * d->p + j] : &pass->sum[j * d->n_stratum + stratum];
}

/* In wide designs a chunk takes long: it may be left early, lb_parallel's caller is told. */
static bool is_stopped(const cox_data *d)
{
  return d->p >= WIDE && lb_interrupted();
}

/* Brings the rows of a chunk into their places, if they are not, and sums them by stratum. */
static void gather_chunk(void *context, size_t chunk)
{
  const column_pass *pass = context;
  cox_data *d = pass->d;
  cox_column *seen = pass->seen + chunk * d->p;
  size_t end = cox_chunk_start(pass->chunks, chunk + 1);
  for (size_t b = cox_chunk_start(pass->chunks, chunk); b < end && !is_stopped(d); b++) {
    size_t rows = cox_block_rows(d, b);
    const uint32_t *row = d->row + b * COX_ROWS;
    const double *weight = d->weight == NULL ? NULL : d->weight + b * COX_ROWS;
    double *z = d->z + b * d->width * COX_ROWS;
    for (size_t j = 0; j < d->p; j++, z += COX_ROWS) {
      const double *column = pass->x->column[j];
      for (size_t r = 0; !pass->placed && r < rows; r++) z[r] = column[row[r]];
      for (size_t r = rows; r < COX_ROWS; r++) z[r] = 0;
      cox_look(z, &seen[j]);
      seen[j].weighted += weight == NULL ? cox_total(z, 0, rows) : cox_dot(z, weight, rows);
      stratum_run run = {.stratum = stratum_of(d, b * COX_ROWS)};
      while (next_run(d, b, &run))
        *sum_place(pass, chunk, j, run.stratum) += cox_total(z, run.first, run.end);
    }
    if (d->width > d->p) memset(z, 0, COX_ROWS * sizeof *z);
  }
}

/* Takes the means off, and looks at what is left. */
static void centre_chunk(void *context, size_t chunk)
{
  const column_pass *pass = context;
  cox_data *d = pass->d;
  cox_column *seen = pass->seen + chunk * d->p;
  size_t end = cox_chunk_start(pass->chunks, chunk + 1);
  for (size_t b = cox_chunk_start(pass->chunks, chunk); b < end && !is_stopped(d); b++) {
    for (size_t j = 0; j < d->p; j++) {
      double *z = d->z + (b * d->width + j) * COX_ROWS;
      stratum_run run = {.stratum = stratum_of(d, b * COX_ROWS)};
      while (next_run(d, b, &run)) {
        cox_move(z, run.first, run.end, pass->mean[j * d->n_stratum + run.stratum], pass->unit[j]);
        *sum_place(pass, chunk, j, run.stratum) += cox_total(z, run.first, run.end);
      }
      cox_spread(z, &seen[j]);
    }
  }
}

/* Takes the rest of the means off, and scales. */
static void scale_chunk(void *context, size_t chunk)
{
  const column_pass *pass = context;
  cox_data *d = pass->d;
  size_t end = cox_chunk_start(pass->chunks, chunk + 1);
  for (size_t b = cox_chunk_start(pass->chunks, chunk); b < end; b++) {
    for (size_t j = 0; j < d->p; j++) {
      double *z = d->z + (b * d->width + j) * COX_ROWS;
      double factor = d->range[j] > 0 ? 1 / (d->scale[j] * pass->unit[j]) : 0;
      stratum_run run = {.stratum = stratum_of(d, b * COX_ROWS)};
      while (next_run(d, b, &run))
        cox_move(z, run.first, run.end, pass->mean[j * d->n_stratum + run.stratum], factor);
    }
  }
}

/* Means of what is left, from the sums of all chunks in their order; sums start anew. */
static void take_means(column_pass *pass)
{
  const cox_data *d = pass->d;
  const size_t n_stratum = d->n_stratum, n = d->p * n_stratum;
  for (size_t c = 1; c < pass->chunks.n; c++) {
    size_t stratum = stratum_of(d, cox_chunk_start(pass->chunks, c) * COX_ROWS);
    for (size_t j = 0; j < d->p; j++)
      pass->sum[j * d->n_stratum + stratum] += pass->head[c * d->p + j];
  }
  for (size_t i = 0, s = 0; i < n; i++, s = s + 1 < n_stratum ? s + 1 : 0) {
    size_t rows = d->stratum_row[s + 1] - d->stratum_row[s];
    pass->mean[i] = rows > 0 ? pass->sum[i] / (double)rows : 0;
  }
  memset(pass->sum, 0, n * sizeof *pass->sum);
  memset(pass->head, 0, pass->chunks.n * d->p * sizeof *pass->head);
}

static cox_column add_chunks(const column_pass *pass, size_t j)
{
  cox_column all = {0};
  for (size_t c = 0; c < pass->chunks.n; c++) {
    const cox_column *seen = &pass->seen[c * pass->d->p + j];
    all.weighted += seen->weighted;
    all.size = fmax(all.size, seen->size);
    all.bad += seen->bad;
    all.squares += seen->squares;
    all.low = fmin(all.low, seen->low);
    all.high = fmax(all.high, seen->high);
  }
  return all;
}

/* From sums to mean, standard deviation and range of column j; pass->mean now has what the first
 * means missed. */
static void measure_column(column_pass *pass, size_t j, double total_weight)
{
  cox_data *d = pass->d;
  cox_column all = add_chunks(pass, j);
  for (size_t s = 0; s < d->n_stratum; s++) {
    double rest = pass->mean[j * d->n_stratum + s];
    all.squares -= (double)(d->stratum_row[s + 1] - d->stratum_row[s]) * rest * rest;
  }
  double deviation = d->n > 0 ? sqrt(fmax(all.squares, 0) / (double)d->n) : 0;
  bool constant = !(deviation > LAST_BITS * all.size * pass->unit[j]);
  d->mean[j] = total_weight > 0 ? all.weighted / total_weight : 0;
  d->scale[j] = constant ? 1 : deviation / pass->unit[j];
  d->range[j] = constant ? 0 : (all.high - all.low) / deviation;
}

static lb_status refuse_column(const column_pass *pass, size_t j, lb_error *err)
{
  size_t row = 0;
  while (row < pass->d->n && isfinite(pass->x->column[j][row])) row++;
  return lb_error_set(err, LB_EDATA, "column %zu of the design is not finite in row %zu", j + 1,
                      row + 1);
}

/* Beyond the limit sums overflow. */
static lb_status set_unit(column_pass *pass, size_t j, lb_error *err)
{
  double size = add_chunks(pass, j).size;
  int exponent = 0;
  if (size > LIMIT) {
    lb_error_set(err, LB_EDATA, "column %zu of the design has numbers beyond %g", j + 1, LIMIT);
    lb_error_mend(err, "Write it in another unit.");
    return LB_EDATA;
  }
  if (size > LARGE || (size < SMALL && size > 0)) frexp(size, &exponent);
  pass->unit[j] = ldexp(1, exponent < -1000 ? 1000 : -exponent);
  return LB_OK;
}

static double total_weight(const cox_data *d)
{
  double total = 0;
  for (size_t k = 0; d->weight != NULL && k < d->n; k++) total += d->weight[k];
  return d->weight == NULL ? (double)d->n : total;
}

static lb_status run_passes(column_pass *pass, lb_error *err)
{
  cox_data *d = pass->d;
  bool parallel = d->n >= COX_PARALLEL_ROWS;
  double total = total_weight(d);
  lb_status st = LB_OK;
  pass->placed = d->n >= PLACE_ROWS && d->p > 0;
  if (pass->placed) st = cox_place_columns(d, pass->x, err);
  if (st != LB_OK) return st;
  if (!lb_parallel(pass->chunks.n, parallel, gather_chunk, pass)) return lb_error_interrupted(err);
  for (size_t j = 0; j < d->p; j++)
    if (add_chunks(pass, j).bad > 0) return refuse_column(pass, j, err);
  for (size_t j = 0; st == LB_OK && j < d->p; j++) st = set_unit(pass, j, err);
  if (st != LB_OK) return st;
  take_means(pass);
  if (!lb_parallel(pass->chunks.n, parallel, centre_chunk, pass)) return lb_error_interrupted(err);
  take_means(pass);
  for (size_t j = 0; j < d->p; j++) measure_column(pass, j, total);
  if (!lb_parallel(pass->chunks.n, parallel, scale_chunk, pass)) return lb_error_interrupted(err);
  return LB_OK;
}

/* Few rows also stand line by line: sums over short runs of them, and over those that leave, are
 * then made of all columns at once. Only for speed: without memory it is left out. */
static void list_lines(cox_data *d)
{
  size_t width = COX_PADDED(d->p + 1);
  bool pays = d->leave_bin != NULL || d->n < COX_SHORT_RUN * d->n_segment;
  if (!pays || d->p == 0 || d->n > MOST_LINES / width) return;
  d->line = lb_mem_zero(d->n * width, sizeof *d->line);
  for (size_t b = 0; d->line != NULL && b < d->n_block; b++) {
    const double *z = d->z + b * d->width * COX_ROWS;
    double *line = d->line + b * COX_ROWS * width;
    for (size_t r = 0, rows = cox_block_rows(d, b); r < rows; r++, line += width) {
      line[0] = 1;
      for (size_t j = 0; j < d->p; j++) line[1 + j] = z[j * COX_ROWS + r];
    }
  }
}

lb_status cox_data_columns(cox_data *d, const lb_design *x, lb_error *err)
{
  column_pass pass = {.d = d, .x = x, .chunks = cox_block_chunks(d)};
  size_t cells = d->p * d->n_stratum; /* at most p x n */
  lb_status st = LB_OK;
  pass.unit = lb_mem_zero(d->p, sizeof *pass.unit);
  pass.mean = lb_mem_zero(cells, sizeof *pass.mean);
  pass.sum = lb_mem_zero(cells, sizeof *pass.sum);
  pass.head = lb_mem_zero(pass.chunks.n * d->p, sizeof *pass.head);
  pass.seen = lb_mem_zero(pass.chunks.n * d->p, sizeof *pass.seen);
  if (pass.unit == NULL || pass.mean == NULL || pass.sum == NULL || pass.head == NULL ||
      pass.seen == NULL)
    st = lb_error_nomem(err, "Cox model");
  if (st == LB_OK) st = run_passes(&pass, err);
  if (st == LB_OK) list_lines(d);
  lb_mem_free(pass.unit);
  lb_mem_free(pass.mean);
  lb_mem_free(pass.sum);
  lb_mem_free(pass.head);
  lb_mem_free(pass.seen);
  return st;
}
