/* order.c - rows in the order of some columns: keys packed into words, a radix sort by the first
 * word, later words only within ties. */
#include "frame/order.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/sort.h"

#define TEXT_WORDS 4       /* leading bytes of a text that are compared eight at a time */
#define POLL_ROWS  65536   /* a run this long is worth asking for Ctrl-C */
#define LONG_ROWS  1000000 /* a sort of so many says how far it is */

/* What a key contributes to the order, most significant part first. */
typedef enum part_kind {
  PART_MISSING, /* one bit: is the row missing */
  PART_WHOLE,   /* integer, date, datetime, factor, logical: distance from the lowest value */
  PART_REAL,
  PART_TEXT,     /* eight bytes from `offset` on */
  PART_TEXT_REST /* rank among the rows of a run, by the whole text */
} part_kind;

typedef struct part {
  part_kind kind;
  const lb_column *column;
  const uint8_t *valid; /* of the column */
  const void *values;   /* of the column; NULL for text */
  bool descending, missing_first;
  unsigned bits; /* of the code; 64 stands alone in its word */
  int64_t low, high;
  size_t offset;
} part;

typedef struct sorter {
  part *parts;
  size_t n_parts, n_words;
  size_t *word; /* n_words + 1: word w is made of parts word[w] .. word[w + 1] */
  uint64_t *key;
  lb_row *order;
  lb_error *err;
} sorter;

/* ---- codes ---- */

static const void *values_of(const lb_column *column)
{
  switch (lb_column_type(column)) {
  case LB_REAL:
    return lb_column_real(column);
  case LB_LOGICAL:
    return lb_column_logical(column);
  case LB_FACTOR:
    return lb_column_codes(column);
  case LB_DATE:
    return lb_column_days(column);
  case LB_TEXT:
    return NULL;
  default:
    return lb_column_integer(column);
  }
}

static int64_t whole_at(const part *p, lb_type type, size_t row)
{
  assert(p->values != NULL);
  switch (type) {
  case LB_LOGICAL:
    return lb_bit_get(p->values, row);
  case LB_FACTOR:
  case LB_DATE:
    return ((const int32_t *)p->values)[row];
  default:
    return ((const int64_t *)p->values)[row];
  }
}

/* Doubles in order as unsigned integers, NaN above all of them in either direction. Infinities
 * leave room at both ends: 0 and UINT64_MAX are free for missing rows. */
static uint64_t real_code(double value, bool descending)
{
  uint64_t bits, sign = UINT64_C(1) << 63;
  if (value != value) return UINT64_MAX - 1;
  value += 0.0; /* -0 becomes 0 */
  memcpy(&bits, &value, sizeof bits);
  bits = (bits & sign) != 0 ? ~bits : bits | sign;
  return descending ? ~bits : bits;
}

static uint64_t text_code(const part *p, size_t row)
{
  size_t length;
  const char *text = lb_column_text(p->column, row, &length);
  uint64_t code = 0;
  for (size_t i = p->offset; i < p->offset + 8; i++)
    code = code << 8 | (i < length ? (unsigned char)text[i] : 0);
  return p->descending ? ~code : code;
}

static uint64_t part_code(const part *p, lb_type type, size_t row)
{
  bool valid = lb_is_valid(p->valid, row);
  if (p->kind == PART_MISSING) return valid == p->missing_first;
  if (p->kind == PART_REAL) {
    if (!valid) return p->missing_first ? 0 : UINT64_MAX;
    assert(p->values != NULL);
    return real_code(((const double *)p->values)[row], p->descending);
  }
  if (!valid) return 0;
  if (p->kind == PART_TEXT) return text_code(p, row);
  uint64_t value = (uint64_t)whole_at(p, type, row);
  return p->descending ? (uint64_t)p->high - value : value - (uint64_t)p->low;
}

static int compare_texts(const void *a, const void *b, void *column)
{
  lb_row x = *(const lb_row *)a, y = *(const lb_row *)b;
  size_t nx, ny;
  const char *tx = lb_column_text(column, x, &nx), *ty = lb_column_text(column, y, &ny);
  size_t common = nx < ny ? nx : ny;
  int c = common == 0 ? 0 : memcmp(tx, ty, common);
  if (c != 0) return c;
  return (nx > ny) - (nx < ny);
}

/* Ranks of the rows of a run: equal texts share one. */
static lb_status rank_texts(const sorter *s, const part *p, const lb_row *rows, size_t n)
{
  lb_row *sorted = lb_mem_array(n, sizeof *sorted);
  if (sorted == NULL) return lb_error_nomem(s->err, "sort");
  memcpy(sorted, rows, n * sizeof *sorted);
  qsort_r(sorted, n, sizeof *sorted, compare_texts, (void *)p->column);
  uint64_t rank = p->descending ? n : 0;
  for (size_t i = 0; i < n; i++) {
    bool differs = i > 0 && compare_texts(&sorted[i - 1], &sorted[i], (void *)p->column) != 0;
    if (differs) rank = p->descending ? rank - 1 : rank + 1;
    s->key[sorted[i]] = rank;
  }
  lb_mem_free(sorted);
  return LB_OK;
}

/* Keys of the rows order[start .. start + n) for one word; signed order is made of unsigned. */
static lb_status fill_keys(sorter *s, size_t word, size_t start, size_t n)
{
  const lb_row *rows = s->order + start;
  const part *first = &s->parts[s->word[word]], *end = &s->parts[s->word[word + 1]];
  if (first->kind == PART_TEXT_REST) return rank_texts(s, first, rows, n);
  bool all = word == 0; /* the order is not made yet: rows as they stand */
  for (size_t i = 0; i < n; i++) s->key[all ? i : rows[i]] = 0;
  for (const part *p = first; p < end; p++) {
    lb_type type = lb_column_type(p->column);
    for (size_t i = 0; i < n; i++) {
      size_t row = all ? i : rows[i];
      uint64_t code = part_code(p, type, row);
      s->key[row] = p->bits == 64 ? code : s->key[row] << p->bits | code;
    }
  }
  for (size_t i = 0; i < n; i++) s->key[all ? i : rows[i]] ^= UINT64_C(1) << 63;
  return LB_OK;
}

/* ---- the sort ---- */

/* Sorts a run by one word and each run of ties by the next. As deep as there are words. */
static lb_status sort_run(sorter *s, size_t word, size_t start, size_t n)
{
  if (n >= POLL_ROWS && lb_interrupted()) return lb_error_interrupted(s->err);
  lb_status st = fill_keys(s, word, start, n);
  if (st != LB_OK) return st;
  lb_row *order = s->order + start;
  const int64_t *key = (const int64_t *)s->key;
  bool sorted =
      word == 0 ? lb_sort_order_integer(key, n, order) : lb_sort_refine_integer(key, n, order);
  if (!sorted) return lb_error_nomem(s->err, "sort");
  if (word + 1 == s->n_words) return LB_OK;
  size_t told = 0; /* rows in their place, of the first word only: the runs below are parts of it */
  for (size_t i = 0, end; i < n && st == LB_OK; i = end) {
    uint64_t here = s->key[order[i]];
    for (end = i + 1; end < n && s->key[order[end]] == here;) end++;
    if (end - i > 1) st = sort_run(s, word + 1, start + i, end - i);
    if (word > 0 || end - told < POLL_ROWS) continue;
    lb_progress_step(end - told);
    told = end;
  }
  return st;
}

/* ---- parts and words ---- */

static unsigned bit_width(uint64_t value)
{
  unsigned width = 0;
  for (; value > 0; value >>= 1) width++;
  return width;
}

static void add_whole(sorter *s, part p)
{
  lb_type type = lb_column_type(p.column);
  p.kind = PART_WHOLE;
  p.low = INT64_MAX;
  p.high = INT64_MIN;
  for (size_t i = 0; i < lb_column_length(p.column); i++) {
    if (!lb_is_valid(p.valid, i)) continue;
    int64_t value = whole_at(&p, type, i);
    if (value < p.low) p.low = value;
    if (value > p.high) p.high = value;
  }
  if (p.low >= p.high) return; /* nothing, or one value: decides nothing */
  p.bits = bit_width((uint64_t)p.high - (uint64_t)p.low);
  s->parts[s->n_parts++] = p;
}

/* As many words as the longest text needs, then a comparison for what words cannot tell. */
static void add_text(sorter *s, part p)
{
  size_t longest = 0, length;
  bool zero_byte = false;
  for (size_t i = 0; i < lb_column_length(p.column); i++) {
    const char *text = lb_column_text(p.column, i, &length);
    if (length > longest) longest = length;
    zero_byte = zero_byte || memchr(text, 0, length) != NULL;
  }
  p.bits = 64;
  p.kind = PART_TEXT;
  for (p.offset = 0; p.offset < longest && p.offset < (size_t)TEXT_WORDS * 8; p.offset += 8)
    s->parts[s->n_parts++] = p;
  p.kind = PART_TEXT_REST;
  if (longest > (size_t)TEXT_WORDS * 8 || zero_byte) s->parts[s->n_parts++] = p;
}

static void add_key(sorter *s, part p)
{
  if (p.valid != NULL && lb_column_type(p.column) != LB_REAL) {
    s->parts[s->n_parts] = p;
    s->parts[s->n_parts].kind = PART_MISSING;
    s->parts[s->n_parts++].bits = 1;
  }
  switch (lb_column_type(p.column)) {
  case LB_REAL:
    p.kind = PART_REAL;
    p.bits = 64;
    s->parts[s->n_parts++] = p;
    break;
  case LB_TEXT:
    add_text(s, p);
    break;
  default:
    add_whole(s, p);
  }
}

/* Neighbouring parts share a word as long as it has bits for them. */
static void pack_words(sorter *s)
{
  unsigned used = 64;
  for (size_t i = 0; i < s->n_parts; i++) {
    if (used + s->parts[i].bits > 64) {
      s->word[s->n_words++] = i;
      used = 0;
    }
    used += s->parts[i].bits;
  }
  s->word[s->n_words] = s->n_parts;
}

static lb_status add_keys(sorter *s, const lb_frame *frame, const lb_sort_key *keys, size_t n,
                          bool missing_first)
{
  for (size_t k = 0; k < n; k++) {
    const lb_column *column;
    if (keys[k].column >= lb_frame_columns(frame))
      return lb_error_set(s->err, LB_EARG, "column %zu of %zu", keys[k].column + 1,
                          lb_frame_columns(frame));
    lb_status st = lb_frame_column(frame, keys[k].column, &column, s->err);
    if (st != LB_OK) return st;
    part p = {.column = column, .missing_first = missing_first};
    p.descending = keys[k].descending;
    p.valid = lb_column_valid(column);
    p.values = values_of(column);
    add_key(s, p);
  }
  return LB_OK;
}

lb_status lb_frame_order(const lb_frame *frame, const lb_sort_key *keys, size_t n,
                         bool missing_first, lb_row *order, lb_error *err)
{
  const size_t most = TEXT_WORDS + 2; /* parts of one key */
  size_t n_rows = lb_frame_rows(frame);
  sorter s = {.order = order, .err = err};
  s.parts = n > SIZE_MAX / most ? NULL : lb_mem_array(n * most, sizeof *s.parts);
  s.word = s.parts == NULL ? NULL : lb_mem_array(n * most + 1, sizeof *s.word);
  lb_status st = s.word == NULL ? lb_error_nomem(err, "sort") : LB_OK;
  if (st == LB_OK) st = add_keys(&s, frame, keys, n, missing_first);
  if (st != LB_OK) goto done;
  pack_words(&s);
  if (s.n_words == 0) {
    for (size_t i = 0; i < n_rows; i++) order[i] = (lb_row)i;
    goto done;
  }
  s.key = lb_mem_array(n_rows, sizeof *s.key);
  if (n_rows >= LONG_ROWS) lb_progress_begin("sorting", n_rows);
  st = s.key == NULL ? lb_error_nomem(err, "sort") : sort_run(&s, 0, 0, n_rows);
  if (n_rows >= LONG_ROWS) lb_progress_end();
done:
  lb_mem_free(s.parts);
  lb_mem_free(s.word);
  lb_mem_free(s.key);
  return st;
}
