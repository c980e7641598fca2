/* gather.c - the rows of a column that a row list names, copied into a new column. */
#include <string.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "frame/column.h"
#include "frame/column_internal.h"
#include "frame/gather_far.h"

/* A multiple of 8, so that no two blocks write the same byte of a bitmap. */
#define GATHER_BLOCK 65536u
/* Below this, waking threads costs more than the copy. */
#define GATHER_PARALLEL 100000u

typedef struct gather_job {
  const lb_column *column;
  const lb_row *rows;
  size_t n;
  const void *source;
  void *values;   /* text: the offsets, already complete */
  char *bytes;    /* text only */
  uint8_t *valid; /* zeroed; NULL when no row comes out missing */
} gather_job;

static size_t block_end(size_t start, size_t n)
{
  return n - start < GATHER_BLOCK ? n : start + GATHER_BLOCK;
}

static void gather_valid(const gather_job *job, size_t start, size_t end)
{
  if (job->valid == NULL) return;
  const uint8_t *valid = lb_column_valid(job->column);
  for (size_t i = start; i < end; i++) {
    lb_row row = job->rows[i];
    if (row != LB_NO_ROW && lb_is_valid(valid, row)) lb_bit_set(job->valid, i);
  }
}

static void gather_8_bytes(void *context, size_t block)
{
  const gather_job *job = context;
  const uint64_t *source = job->source;
  uint64_t *values = job->values;
  size_t start = block * GATHER_BLOCK, end = block_end(start, job->n);
  for (size_t i = start; i < end; i++)
    values[i] = job->rows[i] == LB_NO_ROW ? 0 : source[job->rows[i]];
  gather_valid(job, start, end);
}

static void gather_4_bytes(void *context, size_t block)
{
  const gather_job *job = context;
  const uint32_t *source = job->source;
  uint32_t *values = job->values;
  size_t start = block * GATHER_BLOCK, end = block_end(start, job->n);
  for (size_t i = start; i < end; i++)
    values[i] = job->rows[i] == LB_NO_ROW ? 0 : source[job->rows[i]];
  gather_valid(job, start, end);
}

static void gather_bits(void *context, size_t block)
{
  const gather_job *job = context;
  const uint8_t *source = job->source;
  uint8_t *values = job->values;
  size_t start = block * GATHER_BLOCK, end = block_end(start, job->n);
  for (size_t i = start; i < end; i++) {
    lb_row row = job->rows[i];
    if (row != LB_NO_ROW && lb_bit_get(source, row)) lb_bit_set(values, i);
  }
  gather_valid(job, start, end);
}

static void gather_bytes(void *context, size_t block)
{
  const gather_job *job = context;
  const int64_t *offsets = job->values;
  size_t start = block * GATHER_BLOCK, end = block_end(start, job->n);
  for (size_t i = start; i < end; i++) {
    size_t length = (size_t)(offsets[i + 1] - offsets[i]), whole;
    if (length > 0)
      memcpy(job->bytes + offsets[i], lb_column_text(job->column, job->rows[i], &whole), length);
  }
  gather_valid(job, start, end);
}

/* Offsets of the gathered texts; a missing row takes no bytes, whatever the source held there. */
static lb_status text_offsets(const gather_job *job, lb_error *err)
{
  const uint8_t *valid = lb_column_valid(job->column);
  int64_t *offsets = job->values;
  int64_t total = 0;
  offsets[0] = 0;
  for (size_t i = 0; i < job->n; i++) {
    lb_row row = job->rows[i];
    if (row != LB_NO_ROW && lb_is_valid(valid, row)) {
      size_t length;
      lb_column_text(job->column, row, &length);
      if (length > (size_t)(INT64_MAX - total)) return lb_error_nomem(err, "text column");
      total += (int64_t)length;
    }
    offsets[i + 1] = total;
    if (i % GATHER_BLOCK == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

/* Rows in range; *any_none when one of them is LB_NO_ROW. */
static lb_status check_rows(const lb_row *rows, size_t n, size_t n_column, bool *any_none,
                            lb_error *err)
{
  bool none = false;
  for (size_t i = 0; i < n; i++) {
    if (rows[i] < n_column && rows[i] != LB_NO_ROW) continue;
    if (rows[i] != LB_NO_ROW)
      return lb_error_set(err, LB_EARG, "row %zu of a column with %zu rows", (size_t)rows[i] + 1,
                          n_column);
    none = true;
  }
  *any_none = none;
  return LB_OK;
}

static lb_status run(gather_job *job, void (*body)(void *, size_t), lb_error *err)
{
  size_t blocks = (job->n + GATHER_BLOCK - 1) / GATHER_BLOCK;
  if (lb_parallel(blocks, job->n >= GATHER_PARALLEL, body, job)) return LB_OK;
  return lb_error_interrupted(err);
}

static lb_status gather_text(gather_job *job, lb_error *err)
{
  job->values = lb_mem_array(job->n + 1, sizeof(int64_t));
  if (job->values == NULL) return lb_error_nomem(err, "text column");
  lb_status st = text_offsets(job, err);
  if (st != LB_OK) return st;
  job->bytes = lb_mem_alloc((size_t)((int64_t *)job->values)[job->n]);
  if (job->bytes == NULL) return lb_error_nomem(err, "text column");
  return run(job, gather_bytes, err);
}

/* Rows as a sort leaves them. */
static lb_status gather_far(gather_job *job, lb_error *err)
{
  lb_far far = {.column = job->column, .rows = job->rows, .n = job->n, .valid = job->valid};
  lb_status st = lb_gather_far(&far, err);
  job->values = far.values;
  job->bytes = far.bytes;
  return st;
}

static lb_status gather_values(gather_job *job, lb_error *err)
{
  if (lb_column_length(job->column) > 0 && lb_rows_are_far(job->rows, job->n))
    return gather_far(job, err);
  switch (lb_column_type(job->column)) {
  case LB_TEXT:
    return gather_text(job, err);
  case LB_LOGICAL:
    job->source = lb_column_logical(job->column);
    job->values = lb_bitmap_new(job->n, false);
    if (job->values == NULL) break;
    return run(job, gather_bits, err);
  case LB_FACTOR:
  case LB_DATE:
    job->source = lb_column_type(job->column) == LB_DATE ? lb_column_days(job->column)
                                                         : lb_column_codes(job->column);
    job->values = lb_mem_array(job->n, sizeof(int32_t));
    if (job->values == NULL) break;
    return run(job, gather_4_bytes, err);
  case LB_REAL:
    job->source = lb_column_real(job->column);
    job->values = lb_mem_array(job->n, sizeof(double));
    if (job->values == NULL) break;
    return run(job, gather_8_bytes, err);
  case LB_INTEGER:
  case LB_DATETIME:
    job->source = lb_column_integer(job->column);
    job->values = lb_mem_array(job->n, sizeof(int64_t));
    if (job->values == NULL) break;
    return run(job, gather_8_bytes, err);
  }
  return lb_error_nomem(err, "gathered column");
}

/* The buffers go into a column; they are taken on every path. */
static lb_status publish(gather_job *job, lb_column **out, lb_error *err)
{
  const lb_column *column = job->column;
  switch (lb_column_type(column)) {
  case LB_TEXT:
    return lb_column_new_text(job->n, job->values, job->bytes, job->valid, out, err);
  case LB_FACTOR:
    return lb_column_new_factor_trusted(job->n, job->values, lb_column_levels(column),
                                        lb_column_ordered(column), job->valid, out, err);
  default:
    return lb_column_new(lb_column_type(column), job->n, job->values, job->valid, out, err);
  }
}

lb_status lb_column_gather(const lb_column *column, const lb_row *rows, size_t n, lb_column **out,
                           lb_error *err)
{
  gather_job job = {.column = column, .rows = rows, .n = n};
  lb_column *made = NULL;
  bool any_none = false;
  lb_status st = check_rows(rows, n, lb_column_length(column), &any_none, err);
  if (st != LB_OK) return st;
  if (any_none || lb_column_valid(column) != NULL) {
    job.valid = lb_bitmap_new(n, false);
    if (job.valid == NULL) return lb_error_nomem(err, "gathered column");
  }
  st = gather_values(&job, err);
  if (st != LB_OK) {
    lb_mem_free(job.values);
    lb_mem_free(job.bytes);
    lb_mem_free(job.valid);
    return st;
  }
  st = publish(&job, &made, err);
  if (st == LB_OK) st = lb_column_label_like(made, column, out, err);
  return st;
}
