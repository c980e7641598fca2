/* gather_far.c - rows of a column in no order: values and validity in one pass without branches,
 * texts fetched ahead of their copy. */
#include "frame/gather_far.h"

#include <string.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "frame/column_internal.h"

#define BLOCK    65536u  /* rows of a task; a multiple of 64: no two write the same word */
#define PARALLEL 100000u /* below this, waking threads costs more than the copy */
#define LOOKS    64u     /* pairs of neighbours that tell whether rows are in order */
#define FEW_ROWS 4096u   /* a column that small lies in the nearest cache */
#define AHEAD    16u     /* texts asked for before their turn */
#define CHUNK    32u     /* bytes of a text that are copied at once */
#define LINE     64u     /* bytes of a cache line */

bool lb_rows_are_far(const lb_row *rows, size_t n)
{
  if (n < FEW_ROWS) return false;
  size_t falls = 0;
  for (size_t k = 0; k < LOOKS; k++) {
    size_t i = n / LOOKS * k;
    falls += rows[i + 1] < rows[i];
  }
  return falls > LOOKS / 8;
}

typedef struct task {
  lb_far *far;
  const uint8_t *valid;   /* of the column, or NULL */
  const void *source;     /* values of the column, or its bytes */
  const int64_t *offsets; /* text: of the column */
  size_t n_bytes;         /* text: of the column */
  int64_t *start;         /* text: where row i's bytes lie in the column */
  int64_t *total;         /* text: bytes of a block */
} task;

static size_t block_end(const task *t, size_t block)
{
  size_t start = block * BLOCK;
  return t->far->n - start < BLOCK ? t->far->n : start + BLOCK;
}

/* Row 0 stands in for none, so that every load is allowed. */
static inline size_t place_of(lb_row row)
{
  return row == LB_NO_ROW ? 0 : row;
}

static inline uint64_t is_present(const uint8_t *valid, lb_row row)
{
  size_t at = place_of(row);
  uint64_t bit = valid == NULL || lb_bit_get(valid, at);
  return row == LB_NO_ROW ? 0 : bit;
}

/* Up to 64 bits from row i on, i a multiple of 64. */
static void store_bits(uint8_t *bits, size_t i, size_t n, uint64_t word)
{
  memcpy(bits + i / 8, &word, n < 64 ? lb_bitmap_bytes(n) : 8);
}

static void gather_valid(const task *t, size_t i, size_t n)
{
  uint64_t word = 0;
  if (t->far->valid == NULL) return;
  for (size_t k = 0; k < n; k++) word |= is_present(t->valid, t->far->rows[i + k]) << k;
  store_bits(t->far->valid, i, n, word);
}

static void gather_8(void *context, size_t block)
{
  const task *t = context;
  const uint64_t *source = t->source;
  for (size_t i = block * BLOCK, end = block_end(t, block); i < end; i += 64) {
    size_t n = end - i < 64 ? end - i : 64;
    const lb_row *rows = t->far->rows + i;
    uint64_t *values = (uint64_t *)t->far->values + i;
    for (size_t k = 0; k < n; k++) {
      uint64_t value = source[place_of(rows[k])];
      values[k] = rows[k] == LB_NO_ROW ? 0 : value;
    }
    gather_valid(t, i, n);
  }
}

static void gather_4(void *context, size_t block)
{
  const task *t = context;
  const uint32_t *source = t->source;
  for (size_t i = block * BLOCK, end = block_end(t, block); i < end; i += 64) {
    size_t n = end - i < 64 ? end - i : 64;
    const lb_row *rows = t->far->rows + i;
    uint32_t *values = (uint32_t *)t->far->values + i;
    for (size_t k = 0; k < n; k++) {
      uint32_t value = source[place_of(rows[k])];
      values[k] = rows[k] == LB_NO_ROW ? 0 : value;
    }
    gather_valid(t, i, n);
  }
}

static void gather_bits(void *context, size_t block)
{
  const task *t = context;
  for (size_t i = block * BLOCK, end = block_end(t, block); i < end; i += 64) {
    size_t n = end - i < 64 ? end - i : 64;
    uint64_t word = 0;
    for (size_t k = 0; k < n; k++) word |= is_present(t->source, t->far->rows[i + k]) << k;
    store_bits(t->far->values, i, n, word);
    gather_valid(t, i, n);
  }
}

/* Where the texts of a block lie and how long they are: offsets[i + 1] is the length for now. */
static void text_lengths(void *context, size_t block)
{
  const task *t = context;
  int64_t *offsets = t->far->values, total = 0;
  for (size_t i = block * BLOCK, end = block_end(t, block); i < end; i += 64) {
    size_t n = end - i < 64 ? end - i : 64;
    for (size_t k = i; k < i + n; k++) {
      lb_row row = t->far->rows[k];
      int64_t from = t->offsets[place_of(row)], length = t->offsets[place_of(row) + 1] - from;
      length = is_present(t->valid, row) != 0 ? length : 0;
      t->start[k] = from;
      offsets[k + 1] = length;
      total += length;
    }
    gather_valid(t, i, n);
  }
  t->total[block] = total;
}

static void copy_text(char *to, const char *from, size_t length, size_t room)
{
  if (room < length + CHUNK) { /* at the end of either: not a byte further */
    memcpy(to, from, length);
    return;
  }
  for (size_t done = 0; done < length; done += CHUNK) memcpy(to + done, from + done, CHUNK);
}

/* Bytes of a block, its offsets summed up from that of its first row, which stands there. A text is
 * copied in whole chunks: what goes past its end is written over by the next, or lies beyond the
 * block's last, which stops at its end. */
static void text_copy(void *context, size_t block)
{
  const task *t = context;
  size_t first = block * BLOCK, end = block_end(t, block);
  int64_t *offsets = t->far->values, here = t->total[block];
  const char *source = t->source;
  char *bytes = t->far->bytes;
  size_t last = (size_t)t->total[block + 1];
  for (size_t i = first; i < end; i++) {
    if (i + AHEAD < end) {
      __builtin_prefetch(source + t->start[i + AHEAD]);
      __builtin_prefetch(source + t->start[i + AHEAD] + LINE);
    }
    size_t length = (size_t)offsets[i + 1], from = (size_t)t->start[i];
    size_t room = last - (size_t)here, left = t->n_bytes - from;
    if (length > 0) copy_text(bytes + here, source + from, length, room < left ? room : left);
    here += (int64_t)length;
    offsets[i + 1] = here;
  }
}

static size_t block_count(size_t n)
{
  return (n + BLOCK - 1) / BLOCK;
}

static lb_status run(task *t, void (*body)(void *, size_t), lb_error *err)
{
  size_t n = t->far->n;
  if (lb_parallel(block_count(n), n >= PARALLEL, body, t)) return LB_OK;
  return lb_error_interrupted(err);
}

/* Bytes of each block to where it begins, and the end of the last. */
static lb_status sum_blocks(task *t, size_t n_blocks, lb_error *err)
{
  int64_t sum = 0;
  for (size_t b = 0; b < n_blocks; b++) {
    int64_t here = t->total[b];
    t->total[b] = sum;
    if (__builtin_add_overflow(sum, here, &sum)) return lb_error_nomem(err, "text column");
  }
  t->total[n_blocks] = sum;
  t->far->bytes = lb_mem_alloc((size_t)sum);
  return t->far->bytes == NULL ? lb_error_nomem(err, "text column") : LB_OK;
}

static lb_status gather_text(task *t, lb_error *err)
{
  lb_far *far = t->far;
  size_t n_blocks = block_count(far->n);
  const char *source;
  lb_status st = LB_OK;
  t->offsets = lb_column_offsets(far->column, &source);
  t->source = source;
  t->n_bytes = (size_t)t->offsets[lb_column_length(far->column)];
  far->values = lb_mem_array(far->n + 1, sizeof(int64_t));
  t->start = lb_mem_array(far->n, sizeof *t->start);
  t->total = lb_mem_array(n_blocks + 1, sizeof *t->total);
  if (far->values == NULL || t->start == NULL || t->total == NULL)
    st = lb_error_nomem(err, "text column");
  if (st == LB_OK) ((int64_t *)far->values)[0] = 0;
  if (st == LB_OK) st = run(t, text_lengths, err);
  if (st == LB_OK) st = sum_blocks(t, n_blocks, err);
  if (st == LB_OK) st = run(t, text_copy, err);
  lb_mem_free(t->start);
  lb_mem_free(t->total);
  return st;
}

lb_status lb_gather_far(lb_far *far, lb_error *err)
{
  const lb_column *column = far->column;
  task t = {.far = far, .valid = lb_column_valid(column)};
  void (*body)(void *, size_t) = gather_8;
  switch (lb_column_type(column)) {
  case LB_TEXT:
    return gather_text(&t, err);
  case LB_LOGICAL:
    t.source = lb_column_logical(column);
    far->values = lb_bitmap_new(far->n, false);
    body = gather_bits;
    break;
  case LB_FACTOR:
  case LB_DATE:
    t.source = lb_column_type(column) == LB_DATE ? lb_column_days(column) : lb_column_codes(column);
    far->values = lb_mem_array(far->n, sizeof(int32_t));
    body = gather_4;
    break;
  case LB_REAL:
    t.source = lb_column_real(column);
    far->values = lb_mem_array(far->n, sizeof(double));
    break;
  default:
    t.source = lb_column_integer(column);
    far->values = lb_mem_array(far->n, sizeof(int64_t));
  }
  return far->values == NULL ? lb_error_nomem(err, "gathered column") : run(&t, body, err);
}
