/* aggregate_all.c - sums and means of all rows of a frame: one pass, in blocks, without lists of
 * rows. */
#include "expr/aggregate_all.h"
#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "expr/bits_kernel.h"
#include "expr/functions.h"
#include "expr/sum_kernel.h"
#include <math.h>

#define CHUNK_ROWS    (64 * 1024) /* a multiple of LB_SUM_ROWS */
#define PARALLEL_ROWS 100000
#define FEW_ROWS      256

/* Chunk by chunk; what each gives is put together in their order. */
typedef struct part {
  lb_sum real;
  int64_t integer;
  uint64_t size; /* bits that the sizes of the integers need */
  size_t present;
} part;

typedef struct job {
  const lb_column *arg;
  size_t n;
  part *part;
} job;

static void sum_chunk(void *context, size_t number)
{
  const job *j = context;
  part p = {0};
  uint8_t present[LB_SUM_ROWS];
  size_t first = number * CHUNK_ROWS, end = j->n - first < CHUNK_ROWS ? j->n : first + CHUNK_ROWS;
  bool real = lb_column_type(j->arg) == LB_REAL;
  for (size_t at = first; at < end; at += LB_SUM_ROWS) {
    size_t n = end - at < LB_SUM_ROWS ? end - at : LB_SUM_ROWS;
    lb_bits_expand(lb_column_valid(j->arg), at, n, present);
    p.present += lb_bits_count_bytes(present, n);
    if (real)
      p.real = lb_sum_join(p.real, lb_sum_block(lb_column_real(j->arg) + at, present, n));
    else
      p.size |= lb_sum_integer_block(lb_column_integer(j->arg) + at, present, n, &p.integer);
  }
  j->part[number] = p;
}

static lb_status add_up(const lb_column *arg, part *total, lb_error *err)
{
  job j = {.arg = arg, .n = lb_column_length(arg)};
  size_t n_chunks = (j.n + CHUNK_ROWS - 1) / CHUNK_ROWS;
  j.part = lb_mem_array(n_chunks, sizeof *j.part);
  if (j.part == NULL) return lb_error_nomem(err, "summary");
  bool whole = lb_parallel(n_chunks, j.n >= PARALLEL_ROWS, sum_chunk, &j);
  for (size_t i = 0; whole && i < n_chunks; i++) {
    total->real = lb_sum_join(total->real, j.part[i].real);
    total->integer = (int64_t)((uint64_t)total->integer + (uint64_t)j.part[i].integer);
    total->size |= j.part[i].size;
    total->present += j.part[i].present;
  }
  lb_mem_free(j.part);
  return whole ? LB_OK : lb_error_interrupted(err);
}

/* Whether n integers of such sizes add up within 64 bits in any order. */
static bool cannot_wrap(uint64_t size, size_t n)
{
  return size < (uint64_t)INT64_MAX / n - 1;
}

static lb_status column_of(lb_type type, double real, int64_t integer, lb_column **out,
                           lb_error *err)
{
  void *value = lb_mem_array(1, sizeof real);
  if (value == NULL) return lb_error_nomem(err, "summary");
  if (type == LB_REAL)
    *(double *)value = real;
  else
    *(int64_t *)value = integer;
  return lb_column_new(type, 1, value, NULL, out, err);
}

lb_status lb_aggregate_all(const lb_op *op, const lb_column *arg, const lb_groups *groups,
                           lb_column **out, lb_error *err)
{
  bool sum = op->aggregate == LB_FN_SUM, mean = op->aggregate == LB_FN_MEAN;
  if (groups->n_groups != 1 || groups->n_rows < FEW_ROWS || arg == NULL || !(sum || mean))
    return LB_OK;
  lb_type type = lb_column_type(arg);
  if (type != LB_REAL && !(type == LB_INTEGER && sum && op->type == LB_INTEGER)) return LB_OK;
  part total = {0};
  lb_status st = add_up(arg, &total, err);
  if (st != LB_OK) return st;
  double value = total.real.sum + total.real.error;
  if (mean && total.present == 0) return LB_OK;
  if (type == LB_REAL ? !isfinite(value) : !cannot_wrap(total.size, groups->n_rows)) return LB_OK;
  if (mean) value /= (double)total.present;
  return column_of(op->type, value, total.integer, out, err);
}
