/* cox_data.c - the Cox model's data in the order of the walk: sorted, centred in strata, scaled. */
#include "stats/survival/cox_work.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"

#include <math.h>
#include <string.h>

/* A column that varies less than this beside its size is constant: what is left is rounding. */
#define CONSTANT_COLUMN 1e-13
#define BLOCK_ROWS      4096 /* at least */

size_t cox_blocks(size_t n)
{
  size_t blocks = (n + BLOCK_ROWS - 1) / BLOCK_ROWS;
  return blocks < COX_MAX_BLOCKS ? blocks : COX_MAX_BLOCKS;
}

size_t cox_block_start(size_t n, size_t block)
{
  size_t blocks = cox_blocks(n), size = n / blocks, longer = n % blocks;
  return block * size + (block < longer ? block : longer);
}

static lb_status alloc_data(cox_data *d, bool late_entry, lb_error *err)
{
  size_t cells = d->n + d->set.n_class + 1;
  d->z = d->p > SIZE_MAX / cells ? NULL : lb_mem_array(d->n * d->p, sizeof *d->z);
  d->weight = lb_mem_array(d->n, sizeof *d->weight);
  d->offset = lb_mem_zero(d->n, sizeof *d->offset);
  d->event = lb_mem_array(d->n, sizeof *d->event);
  d->mean = lb_mem_zero(d->p, sizeof *d->mean);
  d->scale = lb_mem_zero(d->p, sizeof *d->scale);
  d->range = lb_mem_zero(d->p, sizeof *d->range);
  bool ok = d->z != NULL && d->weight != NULL && d->offset != NULL && d->event != NULL &&
            d->mean != NULL && d->scale != NULL && d->range != NULL;
  if (ok && late_entry) {
    d->leave = lb_mem_array(d->n, sizeof *d->leave);
    d->first_time = lb_mem_array(d->n, sizeof *d->first_time);
    ok = d->leave != NULL && d->first_time != NULL;
  }
  return ok ? LB_OK : lb_error_nomem(err, "Cox model");
}

/* What turns the caller's columns into z; column j has its means at mean[j * n_class]. */
typedef struct column_pass {
  cox_data *d;
  const lb_surv *y;
  const lb_design *x;
  const lb_partition *strata;
  double *mean, *rest; /* p x n_class: mean of each stratum; work */
  size_t *bad_row;     /* p: first row that is not finite, n if none */
} column_pass;

/* Adds value - mean of its stratum over the rows, and divides by the stratum's rows. */
static void add_stratum_means(const column_pass *pass, size_t j)
{
  const cox_data *d = pass->d;
  const double *column = pass->x->column[j];
  double *mean = pass->mean + j * d->set.n_class, *rest = pass->rest + j * d->set.n_class;
  memset(rest, 0, d->set.n_class * sizeof *rest);
  for (size_t i = 0; i < d->n; i++) {
    size_t s = lb_partition_class(pass->strata, i);
    rest[s] += column[i] - mean[s];
  }
  for (size_t s = 0; s < d->set.n_class; s++) {
    size_t rows = d->set.class_row[s + 1] - d->set.class_row[s];
    if (rows > 0) mean[s] += rest[s] / (double)rows;
  }
}

/* Means, standard deviation and range of column j, in the order of the caller's rows. */
static void measure_column(void *context, size_t j)
{
  const column_pass *pass = context;
  cox_data *d = pass->d;
  const double *column = pass->x->column[j], *mean = pass->mean + j * d->set.n_class;
  double total = 0, sum = 0, size = 0, squares = 0, low = 0, high = 0;
  for (size_t i = 0; i < d->n; i++) {
    double weight = pass->y->weight == NULL ? 1 : pass->y->weight[i];
    sum += weight * column[i];
    total += weight;
    size = fmax(size, fabs(column[i]));
    if (!isfinite(column[i]) && pass->bad_row[j] == d->n) pass->bad_row[j] = i;
  }
  if (pass->bad_row[j] < d->n) return;
  add_stratum_means(pass, j);
  add_stratum_means(pass, j); /* once more: a large mean must not cost digits */
  for (size_t i = 0; i < d->n; i++) {
    double z = column[i] - mean[lb_partition_class(pass->strata, i)];
    squares += z * z;
    low = fmin(low, z);
    high = fmax(high, z);
  }
  double deviation = d->n > 0 ? sqrt(squares / (double)d->n) : 0;
  bool constant = !(deviation > CONSTANT_COLUMN * size);
  d->mean[j] = total > 0 ? sum / total : 0;
  d->scale[j] = constant ? 1 : deviation;
  d->range[j] = constant ? 0 : (high - low) / deviation;
}

/* Rows of z in a block of places. A column without range is all zero. */
static void fill_block(void *context, size_t block)
{
  const column_pass *pass = context;
  const cox_data *d = pass->d;
  for (size_t k = cox_block_start(d->n, block); k < cox_block_start(d->n, block + 1); k++) {
    size_t row = d->set.by_time[k], s = lb_partition_class(pass->strata, row);
    double *z = d->z + k * d->p;
    for (size_t j = 0; j < d->p; j++) {
      double centred = pass->x->column[j][row] - pass->mean[j * d->set.n_class + s];
      z[j] = d->range[j] > 0 ? centred / d->scale[j] : 0;
    }
  }
}

static lb_status take_columns(column_pass *pass, lb_error *err)
{
  cox_data *d = pass->d;
  bool parallel = d->n >= COX_PARALLEL_ROWS;
  pass->mean = lb_mem_zero(d->p * d->set.n_class, sizeof *pass->mean);
  pass->rest = lb_mem_zero(d->p * d->set.n_class, sizeof *pass->rest);
  pass->bad_row = lb_mem_array(d->p, sizeof *pass->bad_row);
  if (pass->mean == NULL || pass->rest == NULL || pass->bad_row == NULL)
    return lb_error_nomem(err, "Cox model");
  for (size_t j = 0; j < d->p; j++) pass->bad_row[j] = d->n;
  if (!lb_parallel(d->p, parallel, measure_column, pass)) return lb_error_interrupted(err);
  for (size_t j = 0; j < d->p; j++) {
    if (pass->bad_row[j] < d->n)
      return lb_error_set(err, LB_EDATA, "column %zu of the design is not finite in row %zu", j + 1,
                          pass->bad_row[j] + 1);
  }
  if (!lb_parallel(cox_blocks(d->n), parallel, fill_block, pass)) return lb_error_interrupted(err);
  return LB_OK;
}

/* Subtracts its mean from the offset in each stratum. */
static void centre_offset(cox_data *d)
{
  for (size_t s = 0; s < d->set.n_class; s++) {
    size_t first = d->set.class_row[s], end = d->set.class_row[s + 1];
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
    d->offset[k] = offset[d->set.by_time[k]];
    if (!isfinite(d->offset[k]))
      return lb_error_set(err, LB_EDATA, "the offset is not finite in row %zu",
                          (size_t)d->set.by_time[k] + 1);
  }
  centre_offset(d);
  return LB_OK;
}

/* Where each place leaves the risk set, and the first time at which it is in it. */
static lb_status take_entries(cox_data *d, const lb_surv *y, lb_error *err)
{
  uint32_t *place = lb_mem_array(d->n, sizeof *place);
  if (place == NULL) return lb_error_nomem(err, "Cox model");
  for (size_t k = 0; k < d->n; k++) place[d->set.by_time[k]] = (uint32_t)k;
  for (size_t s = 0; s < d->set.n_class; s++) {
    size_t t = d->set.class_time[s];
    for (size_t k = d->set.class_row[s]; k < d->set.class_row[s + 1]; k++) {
      size_t row = d->set.by_entry[k];
      while (t < d->set.class_time[s + 1] && d->set.time[t] <= y->entry[row]) t++;
      d->leave[k] = place[row];
      d->first_time[place[row]] = t;
    }
  }
  lb_mem_free(place);
  return LB_OK;
}

lb_status cox_data_new(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                       cox_data *out, lb_error *err)
{
  if (x->n != y->n)
    return lb_error_set(err, LB_EARG, "the design has %zu rows and the outcome %zu", x->n, y->n);
  cox_data d = {.n = y->n, .p = x->p};
  column_pass pass = {.d = &d, .y = y, .x = x, .strata = strata};
  lb_status st = lb_riskset_sort(y, strata, &d.set, err);
  if (st == LB_OK) st = alloc_data(&d, y->entry != NULL, err);
  if (st != LB_OK) goto done;
  for (size_t k = 0; k < d.n; k++) {
    size_t row = d.set.by_time[k];
    d.weight[k] = y->weight == NULL ? 1 : y->weight[row];
    d.event[k] = y->event[row] && d.weight[k] > 0;
  }
  st = take_columns(&pass, err);
  if (st == LB_OK) st = take_offset(&d, x->offset, err);
  if (st == LB_OK && y->entry != NULL) st = take_entries(&d, y, err);
  if (st != LB_OK) goto done;
  *out = d;
  d = (cox_data){0};
done:
  lb_mem_free(pass.mean);
  lb_mem_free(pass.rest);
  lb_mem_free(pass.bad_row);
  cox_data_reset(&d);
  return st;
}

void cox_data_reset(cox_data *d)
{
  lb_riskset_reset(&d->set);
  lb_mem_free(d->z);
  lb_mem_free(d->weight);
  lb_mem_free(d->offset);
  lb_mem_free(d->event);
  lb_mem_free(d->leave);
  lb_mem_free(d->first_time);
  lb_mem_free(d->mean);
  lb_mem_free(d->scale);
  lb_mem_free(d->range);
  *d = (cox_data){0};
}
