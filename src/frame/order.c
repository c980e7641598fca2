/* order.c - rows in the order of some columns: keys packed into words above the row's number, a
 * radix sort by the first word, later words only within ties. */
#include "frame/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/sort_words.h"
#include "frame/order_part.h"

#define POLL_ROWS     65536   /* a run this long is worth asking for Ctrl-C */
#define LONG_ROWS     1000000 /* a sort of so many says how far it is */
#define FILL_ROWS     16384   /* rows of one task; a multiple of LB_ORDER_BLOCK */
#define FILL_PARALLEL 100000
#define PIECES        3 /* of a part, at most: a word has 32 bits or more for keys */

/* Some bits of a part's codes: a part may begin in one word and end in the next. */
typedef struct piece {
  const lb_order_part *part;
  unsigned shift, bits;
} piece;

typedef struct sorter {
  lb_order_part *parts;
  size_t n_parts, n_pieces, n_words, n_rows;
  piece *pieces;
  size_t *word; /* n_words + 1: word w is made of pieces word[w] .. word[w + 1] */
  unsigned row_bits;
  uint64_t *sorted, *spare; /* n_rows: key << row_bits | row */
  lb_error *err;
} sorter;

static unsigned bit_width(uint64_t value)
{
  return value == 0 ? 0 : 64u - (unsigned)__builtin_clzll(value);
}

static lb_row row_of(const sorter *s, size_t place)
{
  return (lb_row)(s->sorted[place] & ((UINT64_C(1) << s->row_bits) - 1));
}

static unsigned word_bits(const sorter *s, size_t word)
{
  unsigned bits = 0;
  for (size_t i = s->word[word]; i < s->word[word + 1]; i++) bits += s->pieces[i].bits;
  return bits;
}

/* ---- keys ---- */

static uint64_t add_bits(uint64_t key, uint64_t code, const piece *from)
{
  uint64_t mask = (UINT64_C(1) << from->bits) - 1; /* fewer than 64: the row has some */
  return key << from->bits | (code >> from->shift & mask);
}

/* Keys of the first word for all rows, in blocks. */
static void fill_rows(void *context, size_t task)
{
  const sorter *s = context;
  uint64_t code[LB_ORDER_BLOCK];
  size_t first = task * FILL_ROWS, last = first + FILL_ROWS;
  if (last > s->n_rows) last = s->n_rows;
  for (size_t start = first; start < last; start += LB_ORDER_BLOCK) {
    size_t n = last - start < LB_ORDER_BLOCK ? last - start : LB_ORDER_BLOCK;
    uint64_t *key = s->sorted + start;
    memset(key, 0, n * sizeof *key);
    for (size_t k = 0; k < s->word[1]; k++) {
      lb_order_codes(s->pieces[k].part, start, n, code);
      for (size_t i = 0; i < n; i++) key[i] = add_bits(key[i], code[i], &s->pieces[k]);
    }
    for (size_t i = 0; i < n; i++) key[i] = key[i] << s->row_bits | (start + i);
  }
}

/* Keys of a later word for the rows of a run. */
static void fill_run(const sorter *s, size_t word, size_t start, size_t n)
{
  for (size_t i = start; i < start + n; i++) {
    lb_row row = row_of(s, i);
    uint64_t key = 0;
    for (size_t k = s->word[word]; k < s->word[word + 1]; k++)
      key = add_bits(key, lb_order_code(s->pieces[k].part, row), &s->pieces[k]);
    s->sorted[i] = key << s->row_bits | row;
  }
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

/* Keys of a run by its whole texts: their ranks, equal texts share one. */
static lb_status rank_texts(const sorter *s, const lb_order_part *p, size_t start, size_t n)
{
  lb_row *rows = lb_mem_array(n, sizeof *rows);
  if (rows == NULL) return lb_error_nomem(s->err, "sort");
  for (size_t i = 0; i < n; i++) rows[i] = row_of(s, start + i);
  qsort_r(rows, n, sizeof *rows, compare_texts, (void *)p->column);
  uint64_t rank = p->descending ? n - 1 : 0;
  for (size_t i = 0; i < n; i++) {
    bool differs = i > 0 && compare_texts(&rows[i - 1], &rows[i], (void *)p->column) != 0;
    if (differs) rank = p->descending ? rank - 1 : rank + 1;
    s->sorted[start + i] = rank << s->row_bits | rows[i];
  }
  lb_mem_free(rows);
  return LB_OK;
}

/* ---- the sort ---- */

static lb_status sort_error(const sorter *s, lb_status st)
{
  return st == LB_EINTR ? lb_error_interrupted(s->err) : lb_error_nomem(s->err, "sort");
}

/* The keys of a run for one word, which become its bits above the row's number. */
static lb_status fill(sorter *s, size_t word, size_t start, size_t n, unsigned *bits)
{
  const lb_order_part *first = s->pieces[s->word[word]].part;
  *bits = word_bits(s, word);
  if (first->kind == LB_ORDER_TEXT_REST) {
    *bits = bit_width(n - 1);
    return rank_texts(s, first, start, n);
  }
  if (word > 0) {
    fill_run(s, word, start, n);
    return LB_OK;
  }
  size_t n_tasks = (n + FILL_ROWS - 1) / FILL_ROWS;
  return lb_parallel(n_tasks, n >= FILL_PARALLEL, fill_rows, s) ? LB_OK
                                                                : lb_error_interrupted(s->err);
}

/* Sorts a run and has it in s->sorted. Its rows ascend where their keys tie: those of a text's rank
 * are not in row order, and are sorted by row too. */
static lb_status sort_keys(sorter *s, size_t word, size_t start, size_t n)
{
  unsigned bits;
  uint64_t *sorted;
  lb_status st = fill(s, word, start, n, &bits);
  if (st != LB_OK) return st;
  bool ranked = s->pieces[s->word[word]].part->kind == LB_ORDER_TEXT_REST;
  st = lb_sort_words(s->sorted + start, s->spare + start, n, ranked ? 0 : s->row_bits,
                     ranked ? bits + s->row_bits : bits, &sorted);
  if (st != LB_OK) return sort_error(s, st);
  if (sorted == s->sorted + start) return LB_OK;
  if (n == s->n_rows) {
    uint64_t *was = s->sorted;
    s->sorted = s->spare;
    s->spare = was;
  } else {
    memcpy(s->sorted + start, sorted, n * sizeof *sorted);
  }
  return LB_OK;
}

/* Sorts a run by one word and each run of ties by the next. As deep as there are words. */
static lb_status sort_run(sorter *s, size_t word, size_t start, size_t n)
{
  if (n >= POLL_ROWS && lb_interrupted()) return lb_error_interrupted(s->err);
  lb_status st = sort_keys(s, word, start, n);
  if (st != LB_OK || word + 1 == s->n_words) return st;
  size_t told = 0; /* rows in their place, of the first word only: the runs below are parts of it */
  for (size_t i = 0, end; i < n && st == LB_OK; i = end) {
    uint64_t here = s->sorted[start + i] >> s->row_bits;
    for (end = i + 1; end < n && s->sorted[start + end] >> s->row_bits == here;) end++;
    if (end - i > 1) st = sort_run(s, word + 1, start + i, end - i);
    if (word > 0 || end - told < POLL_ROWS) continue;
    lb_progress_step(end - told);
    told = end;
  }
  return st;
}

/* ---- words ---- */

static void add_piece(sorter *s, const lb_order_part *part, unsigned shift, unsigned bits)
{
  s->pieces[s->n_pieces++] = (piece){part, shift, bits};
}

/* Every word is filled with keys to its last bit; whole texts stand alone. */
static void pack_words(sorter *s)
{
  unsigned room = 0, most = 64 - s->row_bits;
  for (size_t i = 0; i < s->n_parts; i++) {
    const lb_order_part *part = &s->parts[i];
    if (part->kind == LB_ORDER_TEXT_REST) {
      s->word[s->n_words++] = s->n_pieces;
      add_piece(s, part, 0, 0);
      room = 0;
      continue;
    }
    for (unsigned left = part->bits; left > 0;) {
      if (room == 0) {
        s->word[s->n_words++] = s->n_pieces;
        room = most;
      }
      unsigned bits = left < room ? left : room;
      left -= bits;
      room -= bits;
      add_piece(s, part, left, bits);
    }
  }
  s->word[s->n_words] = s->n_pieces;
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
    s->n_parts += lb_order_parts(column, keys[k].descending, missing_first, s->parts + s->n_parts);
  }
  return LB_OK;
}

static lb_status sort_rows(sorter *s, lb_row *order)
{
  s->sorted = lb_mem_array(s->n_rows, sizeof *s->sorted);
  s->spare = lb_mem_array(s->n_rows, sizeof *s->spare);
  if (s->sorted == NULL || s->spare == NULL) return lb_error_nomem(s->err, "sort");
  if (s->n_rows >= LONG_ROWS) lb_progress_begin("sorting", s->n_rows);
  lb_status st = sort_run(s, 0, 0, s->n_rows);
  if (s->n_rows >= LONG_ROWS) lb_progress_end();
  for (size_t i = 0; i < s->n_rows && st == LB_OK; i++) order[i] = row_of(s, i);
  return st;
}

lb_status lb_frame_order(const lb_frame *frame, const lb_sort_key *keys, size_t n,
                         bool missing_first, lb_row *order, lb_error *err)
{
  const size_t most = LB_ORDER_MOST_PARTS;
  sorter s = {.n_rows = lb_frame_rows(frame), .err = err};
  bool fits = n < SIZE_MAX / (most * PIECES);
  s.parts = fits ? lb_mem_array(n * most, sizeof *s.parts) : NULL;
  s.pieces = fits ? lb_mem_array(n * most * PIECES, sizeof *s.pieces) : NULL;
  s.word = fits ? lb_mem_array(n * most * PIECES + 1, sizeof *s.word) : NULL;
  lb_status st = LB_OK;
  if (s.parts == NULL || s.pieces == NULL || s.word == NULL) st = lb_error_nomem(err, "sort");
  if (st == LB_OK) st = add_keys(&s, frame, keys, n, missing_first);
  if (st != LB_OK) goto done;
  s.row_bits = bit_width(s.n_rows == 0 ? 0 : s.n_rows - 1);
  if (s.row_bits == 0) s.row_bits = 1; /* a key never has all 64 bits */
  pack_words(&s);
  if (s.n_words > 0 && s.n_rows > 1)
    st = sort_rows(&s, order);
  else
    for (size_t i = 0; i < s.n_rows; i++) order[i] = (lb_row)i;
done:
  lb_mem_free(s.parts);
  lb_mem_free(s.pieces);
  lb_mem_free(s.word);
  lb_mem_free(s.sorted);
  lb_mem_free(s.spare);
  return st;
}
