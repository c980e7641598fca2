/* gather.c - the rows of a column that a row list names, copied into a new column. */
#include <string.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "frame/column.h"
#include "frame/column_internal.h"
#include "frame/gather_far.h"
#include "frame/gather_kernel.h"

/* A multiple of 8, so that no two blocks write the same byte of a bitmap. */
#define GATHER_BLOCK 65536u
/* Below this, waking threads costs more than the copy. */
#define GATHER_PARALLEL 100000u

/* A text this short is copied as a whole number of words, where both sides have room for that. */
#define SHORT_TEXT 32u

typedef struct gather_job {
  const lb_column *column;
  const lb_row *rows;
  size_t n;
  bool any_none; /* a row is LB_NO_ROW */
  const void *source;
  void *values;    /* text: the offsets */
  int64_t *length; /* text: bytes of each block, then where they begin */
  char *bytes;     /* text */
  uint8_t *valid;  /* zeroed; NULL when no row comes out missing */
} gather_job;

static size_t block_end(size_t start, size_t n)
{
  return n - start < GATHER_BLOCK ? n : start + GATHER_BLOCK;
}

static void gather_valid(const gather_job *job, size_t start, size_t end)
{
  if (job->valid == NULL) return;
  lb_gather_bits(lb_column_valid(job->column), job->rows + start, end - start,
                 job->valid + start / 8);
}

static void gather_8_bytes(void *context, size_t block)
{
  const gather_job *job = context;
  const uint64_t *source = job->source;
  uint64_t *values = job->values;
  size_t start = block * GATHER_BLOCK, end = block_end(start, job->n);
  if (!job->any_none) lb_gather_8(source, job->rows + start, end - start, values + start);
  for (size_t i = start; job->any_none && i < end; i++)
    values[i] = job->rows[i] == LB_NO_ROW ? 0 : source[job->rows[i]];
  gather_valid(job, start, end);
}

static void gather_4_bytes(void *context, size_t block)
{
  const gather_job *job = context;
  const uint32_t *source = job->source;
  uint32_t *values = job->values;
  size_t start = block * GATHER_BLOCK, end = block_end(start, job->n);
  if (!job->any_none) lb_gather_4(source, job->rows + start, end - start, values + start);
  for (size_t i = start; job->any_none && i < end; i++)
    values[i] = job->rows[i] == LB_NO_ROW ? 0 : source[job->rows[i]];
  gather_valid(job, start, end);
}

static void gather_bits(void *context, size_t block)
{
  const gather_job *job = context;
  uint8_t *values = job->values;
  size_t start = block * GATHER_BLOCK, end = block_end(start, job->n);
  lb_gather_bits(job->source, job->rows + start, end - start, values + start / 8);
  gather_valid(job, start, end);
}

/* Ends of the texts of a block, from 0 on; a missing row takes no bytes, whatever the source held
 * there. */
static void gather_lengths(void *context, size_t block)
{
  const gather_job *job = context;
  const int64_t *from = job->source;
  const uint8_t *valid = lb_column_valid(job->column);
  int64_t *offsets = job->values, total = 0;
  size_t start = block * GATHER_BLOCK, end = block_end(start, job->n);
  for (size_t i = start; i < end; i++) {
    lb_row row = job->rows[i];
    if (row != LB_NO_ROW && lb_is_valid(valid, row)) total += from[row + 1] - from[row];
    offsets[i + 1] = total;
  }
  job->length[block] = total;
}

/* Source and destination may be read and written up to their ends. */
static void copy_text(char *to, const char *to_end, const char *from, const char *from_end,
                      size_t length)
{
  if (length <= SHORT_TEXT && to_end - to >= SHORT_TEXT && from_end - from >= SHORT_TEXT)
    memcpy(to, from, SHORT_TEXT);
  else if (length > 0)
    memcpy(to, from, length);
}

/* A short text's copy may run over the next one's place, which is written later, but never over the
 * next block's, which another thread writes. */
static void gather_bytes(void *context, size_t block)
{
  const gather_job *job = context;
  const int64_t *from = job->source;
  const char *bytes;
  int64_t *offsets = job->values, base = job->length[block];
  size_t start = block * GATHER_BLOCK, end = block_end(start, job->n);
  (void)lb_column_offsets(job->column, &bytes);
  const char *from_end = bytes + from[lb_column_length(job->column)];
  char *to = job->bytes + base, *to_end = job->bytes + base + offsets[end];
  for (size_t i = start; i < end; i++) {
    char *next = job->bytes + base + offsets[i + 1];
    if (next > to) copy_text(to, to_end, bytes + from[job->rows[i]], from_end, (size_t)(next - to));
    to = next;
  }
  for (size_t i = start; i < end; i++) offsets[i + 1] += base;
  gather_valid(job, start, end);
}

/* Rows in range; *any_none when one of them is LB_NO_ROW. */
static lb_status check_rows(const lb_row *rows, size_t n, size_t n_column, bool *any_none,
                            lb_error *err)
{
  lb_rows_look look = lb_rows_check(rows, n, n_column);
  *any_none = look.any_none;
  for (size_t i = 0; look.outside && i < n; i++)
    if (rows[i] >= n_column && rows[i] != LB_NO_ROW)
      return lb_error_set(err, LB_EARG, "row %zu of a column with %zu rows", (size_t)rows[i] + 1,
                          n_column);
  return LB_OK;
}

static lb_status run(gather_job *job, void (*body)(void *, size_t), lb_error *err)
{
  size_t blocks = (job->n + GATHER_BLOCK - 1) / GATHER_BLOCK;
  if (lb_parallel(blocks, job->n >= GATHER_PARALLEL, body, job)) return LB_OK;
  return lb_error_interrupted(err);
}

/* Bytes of blocks become the places where they begin; their sum. -1: more than fits. */
static int64_t place_blocks(int64_t *length, size_t n_blocks)
{
  int64_t total = 0;
  for (size_t i = 0; i < n_blocks; i++) {
    int64_t own = length[i];
    length[i] = total;
    if (__builtin_add_overflow(total, own, &total)) return -1;
  }
  return total;
}

/* Lengths first, in blocks, then one copy. */
static lb_status gather_text(gather_job *job, lb_error *err)
{
  const char *bytes;
  size_t n_blocks = (job->n + GATHER_BLOCK - 1) / GATHER_BLOCK;
  job->source = lb_column_offsets(job->column, &bytes);
  job->values = lb_mem_array(job->n + 1, sizeof(int64_t));
  job->length = lb_mem_zero(n_blocks, sizeof *job->length);
  lb_status st = LB_OK;
  if (job->values == NULL || job->length == NULL) st = lb_error_nomem(err, "text column");
  if (st == LB_OK) {
    *(int64_t *)job->values = 0;
    st = run(job, gather_lengths, err);
  }
  int64_t total = st == LB_OK ? place_blocks(job->length, n_blocks) : 0;
  if (st == LB_OK && total >= 0) job->bytes = lb_mem_alloc((size_t)total);
  if (st == LB_OK && job->bytes == NULL) st = lb_error_nomem(err, "text column");
  if (st == LB_OK) st = run(job, gather_bytes, err);
  lb_mem_free(job->length);
  return st;
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
    job->values = lb_mem_alloc(lb_bitmap_bytes(job->n));
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
  lb_status st = check_rows(rows, n, lb_column_length(column), &job.any_none, err);
  if (st != LB_OK) return st;
  if (job.any_none || lb_column_valid(column) != NULL) {
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
