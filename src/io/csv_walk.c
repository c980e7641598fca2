/* csv_walk.c - field ends from byte masks, 64 bytes at a time, or one byte after the other. */
#include "io/csv_walk.h"

#include <string.h>

#include "base/mem.h"

#define ENDS_AT_A_TIME 8
/* Keeps the count of zeros defined where no bit is left. */
#define BEYOND (UINT64_C(1) << 63)

lb_status lb_csv_walk_begin(const lb_csv_layout *layout, size_t chunk, size_t max_rows,
                            lb_csv_walk *walk)
{
  const lb_csv_chunk *c = &layout->chunk[chunk];
  size_t n = layout->n_columns, rows = max_rows + LB_CSV_BLOCK;
  if (c->end - c->start >= UINT32_MAX) return LB_EDATA;
  *walk = (lb_csv_walk){.layout = layout,
                        .chunk = c,
                        .text = layout->text + c->start,
                        .length = c->end - c->start,
                        .width = lb_csv_width_best(),
                        .after_end = 1,
                        .max_rows = max_rows,
                        .capacity = rows * n + 2 * LB_CSV_BLOCK,
                        .row = c->first_row};
  walk->cursor = (lb_csv_cursor){walk->text, walk->length, 0, 1, layout->separator};
  walk->end = lb_mem_array(walk->capacity, sizeof *walk->end);
  walk->row_start = lb_mem_array(rows + 1, sizeof *walk->row_start);
  if (walk->end != NULL && walk->row_start != NULL) return LB_OK;
  lb_csv_walk_reset(walk);
  return LB_ENOMEM;
}

void lb_csv_walk_reset(lb_csv_walk *walk)
{
  lb_mem_free(walk->end);
  lb_mem_free(walk->row_start);
  walk->end = walk->row_start = NULL;
}

/* ---- By masks ---- */

static void make_masks(lb_csv_walk *w)
{
  size_t left = w->length - w->at, n = left / LB_CSV_BLOCK;
  char separator = w->layout->separator;
  if (n > LB_CSV_STRETCH) n = LB_CSV_STRETCH;
  if (n > 0)
    lb_csv_masks_make(w->width, w->text + w->at, n, separator, w->masks);
  else
    lb_csv_masks_tail(w->width, w->text + w->at, left, separator, w->masks);
  w->n_masks = n > 0 ? n : 1;
  w->i_mask = 0;
}

/* Notes where the bits are; eight at a time, as many as most blocks hold: what is written too much
 * is written over. */
static inline __attribute__((always_inline)) void note_ends(lb_csv_walk *w, uint64_t bits)
{
  uint32_t base = (uint32_t)w->at, *out = w->end + w->n_found;
  w->n_found += (size_t)__builtin_popcountll(bits);
  while (bits != 0)
    for (unsigned i = 0; i < ENDS_AT_A_TIME; i++) {
      *out++ = base + (uint32_t)__builtin_ctzll(bits | BEYOND);
      bits &= bits - 1;
    }
}

/* One block: field ends are noted, row ends counted. A quote may open only where a field begins (or
 * right behind a closing one: a doubled quote), and only what ends a field may follow a closing
 * one; a "\r" outside quotes stands before "\n". false where that does not hold. */
static inline __attribute__((always_inline)) bool take_block(lb_csv_walk *w)
{
  const lb_csv_masks *m = &w->masks[w->i_mask++];
  uint64_t in = w->inside;
  uint64_t ends = m->separator | m->newline, newlines = m->newline, bad = 0;
  if ((m->quote | w->inside | w->after_close) != 0) {
    in = lb_csv_prefix_xor(m->quote) ^ w->inside;
    ends &= ~in;
    newlines &= ~in;
    uint64_t opens = m->quote & in, closes = m->quote & ~in;
    bad |= opens & ~((ends | closes) << 1 | w->after_end | w->after_close);
    uint64_t rest =
        w->at + LB_CSV_BLOCK <= w->length ? ~(uint64_t)0 : ((uint64_t)1 << (w->length - w->at)) - 1;
    bad |= (closes << 1 | w->after_close) & rest & ~(ends | opens | (m->carriage & ~in));
    w->after_close = closes >> 63;
    w->inside = (uint64_t)0 - (in >> 63);
  }
  if ((m->carriage | w->after_carriage) != 0) {
    bad |= ((m->carriage & ~in) << 1 | w->after_carriage) & ~m->newline;
    w->after_carriage = (m->carriage & ~in) >> 63;
  }
  w->after_end = ends >> 63;
  note_ends(w, ends);
  w->n_ends += (size_t)__builtin_popcountll(newlines);
  w->at = w->at + LB_CSV_BLOCK < w->length ? w->at + LB_CSV_BLOCK : w->length;
  return bad == 0;
}

/* What the last batch gave out makes room; fields of a row that is not whole yet stay. */
static void drop_given(lb_csv_walk *w)
{
  size_t used = w->n_given * w->layout->n_columns;
  memmove(w->end, w->end + used, (w->n_found - used) * sizeof *w->end);
  w->n_found -= used;
  w->n_ends = w->n_given = 0;
}

/* Every n-th field end is that of a row, and there are no others, or else some row is ragged. */
static bool close_rows(lb_csv_walk *w)
{
  size_t n = w->layout->n_columns, n_rows = w->n_ends;
  if (n_rows * n > w->n_found || w->n_found - n_rows * n >= n) return false;
  for (size_t i = 0; i < n_rows; i++) {
    uint32_t *last = &w->end[i * n + n - 1];
    if (*last < w->length && w->text[*last] != '\n') return false;
    w->row_start[i] = (uint32_t)w->next_start;
    w->next_start = (size_t)*last + 1;
    if (*last > w->row_start[i] && w->text[*last - 1] == '\r') --*last;
  }
  w->n_given = n_rows;
  return true;
}

/* Blocks until there are rows enough; false where one is not as it should be. */
static inline __attribute__((always_inline)) bool walk_blocks(lb_csv_walk *w)
{
  size_t wanted = w->max_rows * w->layout->n_columns;
  while (w->n_found < wanted && w->n_ends < w->max_rows && w->at < w->length) {
    if (w->i_mask == w->n_masks) make_masks(w);
    if (!take_block(w)) return false;
  }
  return true;
}

#if defined(__x86_64__)
__attribute__((target("popcnt,bmi"))) static bool walk_blocks_fast(lb_csv_walk *w)
{
  return walk_blocks(w);
}

static bool has_bit_counts(void)
{
  return __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi");
}
#else
static bool walk_blocks_fast(lb_csv_walk *w)
{
  return walk_blocks(w);
}

static bool has_bit_counts(void)
{
  return false;
}
#endif

static bool next_by_masks(lb_csv_walk *w)
{
  drop_given(w);
  if (!(has_bit_counts() ? walk_blocks_fast(w) : walk_blocks(w))) return false;
  bool finished = w->at == w->length;
  if (finished && w->next_start <= w->length && w->text[w->length - 1] != '\n') {
    /* the last row of a file may end without a break */
    if (w->inside != 0 || w->after_carriage != 0) return false;
    w->end[w->n_found++] = (uint32_t)w->length;
    w->n_ends++;
  }
  return close_rows(w);
}

/* ---- Byte by byte ---- */

static void next_by_bytes(lb_csv_walk *w)
{
  lb_csv_cursor *c = &w->cursor;
  size_t n = w->layout->n_columns;
  w->n_given = w->n_found = 0;
  while (w->n_given < w->max_rows && c->at < c->length) {
    size_t start = c->at, end = start;
    if (lb_csv_skip_blank_line(c)) {
      if (n > 1) continue;
      w->row_start[w->n_given++] = (uint32_t)start; /* a missing value */
      w->end[w->n_found++] = (uint32_t)start;
      continue;
    }
    w->row_start[w->n_given++] = (uint32_t)start;
    for (lb_csv_stop stop = LB_CSV_ENDS_CELL; stop == LB_CSV_ENDS_CELL;) {
      stop = lb_csv_scan_field(c, &end);
      w->end[w->n_found++] = (uint32_t)end;
    }
  }
}

bool lb_csv_walk_next(lb_csv_walk *w, lb_csv_batch *batch)
{
  w->row += w->n_given;
  if (w->layout->careful)
    next_by_bytes(w);
  else if (!next_by_masks(w))
    return false;
  *batch = (lb_csv_batch){w->text, w->row, w->n_given, w->layout->n_columns, w->row_start, w->end};
  return true;
}
