/* csv_plan.c - rows of a comma-separated text counted by byte masks in parallel, and cut into
 * chunks at true row ends. */
#include "io/csv_plan.h"

#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "io/csv_mask.h"
#include "io/csv_sniff.h"

#define STRETCH          64 /* blocks whose masks are made at a time */
#define UTF8_CONTINUED   3  /* bytes of a character after its first, at most */
#define PARALLEL_MINIMUM 2  /* pieces */

/* ---- The beginning ---- */

void lb_csv_plan_begin(const char *text, size_t length, char separator, lb_csv_layout *layout,
                       lb_csv_cursor *cursor)
{
  if (length >= 3 && memcmp(text, LB_CSV_BYTE_ORDER_MARK, 3) == 0) {
    text += 3;
    length -= 3;
  }
  layout->text = text;
  layout->length = length;
  char named = '\0';
  size_t start = lb_csv_sep_line(text, length, &named);
  if (separator == '\0') separator = start > 0 ? named : lb_csv_sniff(text, length);
  layout->separator = separator;
  *cursor = (lb_csv_cursor){text, length, start, start > 0 ? 2 : 1, separator};
}

bool lb_csv_plan_header(lb_csv_layout *layout, lb_csv_cursor *cursor)
{
  while (cursor->at < cursor->length && lb_csv_skip_blank_line(cursor))
    if (layout->n_blank++ == 0) layout->blank_line = 1;
  return cursor->at < cursor->length;
}

bool lb_csv_plan_names(lb_csv_layout *layout, const lb_csv_cursor *cursor, size_t n)
{
  lb_csv_cursor c = *cursor;
  layout->header = lb_mem_zero(n, sizeof *layout->header);
  if (layout->header == NULL) return false;
  layout->n_columns = n;
  for (size_t i = 0; i < n; i++) {
    size_t start = c.at, end = start;
    lb_csv_scan_field(&c, &end);
    lb_csv_trim(layout->text, start, end, &layout->header[i].at, &layout->header[i].length);
  }
  return true;
}

bool lb_csv_plan_add(lb_csv_layout *t, size_t start, size_t row, size_t line, size_t chunk)
{
  if (t->n_chunks > 0 && start - t->chunk[t->n_chunks - 1].start < chunk) return true;
  if (t->n_chunks == t->chunk_capacity) {
    size_t capacity = t->chunk_capacity == 0 ? 16 : 2 * t->chunk_capacity;
    lb_csv_chunk *larger = lb_mem_resize(t->chunk, capacity, sizeof *larger);
    if (larger == NULL) return false;
    t->chunk = larger;
    t->chunk_capacity = capacity;
  }
  if (t->n_chunks > 0) t->chunk[t->n_chunks - 1].end = start;
  t->chunk[t->n_chunks++] = (lb_csv_chunk){start, start, row, line};
  return true;
}

void lb_csv_layout_reset(lb_csv_layout *layout)
{
  lb_mem_free(layout->header);
  lb_mem_free(layout->chunk);
  *layout = (lb_csv_layout){0};
}

size_t lb_csv_line(const lb_csv_layout *layout, size_t at)
{
  size_t low = 0, high = layout->n_chunks;
  while (high - low > 1) { /* the chunk that holds the byte */
    size_t middle = (low + high) / 2;
    if (layout->chunk[middle].start <= at)
      low = middle;
    else
      high = middle;
  }
  const lb_csv_chunk *c = &layout->chunk[low];
  return c->line + lb_csv_count_breaks(layout->text + c->start, at - c->start);
}

/* ---- Counting ---- */

/* A piece of the text, cut at any byte; whether it begins inside quotes is known only when all
 * before it are counted. */
typedef struct piece {
  size_t start, end;
  size_t n_ends[2]; /* line feeds outside quotes if it begins outside, and if inside them */
  size_t n_breaks;
  bool odd; /* an odd number of quotes */
  bool bad; /* a NUL, or not UTF-8 */
} piece;

typedef struct counting {
  const char *text;
  size_t length; /* up to the end of the last row */
  piece *piece;
} counting;

/* Adds n blocks to the counts; inside: all ones while a quote is open. */
static inline __attribute__((always_inline)) void
add_counts(const lb_csv_masks *m, size_t n, uint64_t *inside, uint64_t *carriage, piece *p)
{
  for (size_t i = 0; i < n; i++) {
    uint64_t in = lb_csv_prefix_xor(m[i].quote) ^ *inside;
    *inside = (uint64_t)0 - (in >> 63);
    size_t n_inside = (size_t)__builtin_popcountll(m[i].newline & in);
    size_t n_newlines = (size_t)__builtin_popcountll(m[i].newline);
    p->n_ends[0] += n_newlines - n_inside;
    p->n_ends[1] += n_inside;
    p->n_breaks += n_newlines;
    if ((m[i].carriage | *carriage) == 0) continue;
    uint64_t lone = (m[i].carriage << 1 | *carriage) & ~m[i].newline;
    p->n_breaks += (size_t)__builtin_popcountll(lone);
    *carriage = m[i].carriage >> 63;
  }
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) static void
tally_fast(const lb_csv_masks *m, size_t n, uint64_t *inside, uint64_t *carriage, piece *p)
{
  add_counts(m, n, inside, carriage, p);
}
#endif

static void tally(const lb_csv_masks *m, size_t n, uint64_t *inside, uint64_t *carriage, piece *p)
{
#if defined(__x86_64__)
  if (__builtin_cpu_supports("popcnt")) {
    tally_fast(m, n, inside, carriage, p);
    return;
  }
#endif
  add_counts(m, n, inside, carriage, p);
}

/* The first byte at or after `at` that may begin a character: where two pieces part for UTF-8. */
static size_t character_start(const counting *work, size_t at)
{
  for (int i = 0; i < UTF8_CONTINUED && at > 0 && at < work->length; i++, at++)
    if (((unsigned char)work->text[at] & 0xC0) != 0x80) break;
  return at;
}

static void count_piece(void *context, size_t index)
{
  const counting *work = context;
  piece *p = &work->piece[index];
  lb_csv_width width = lb_csv_width_best();
  lb_csv_masks m[STRETCH];
  uint64_t inside = 0, carriage = 0;
  unsigned seen = 0;
  size_t at = p->start;
  while (p->end - at >= LB_CSV_BLOCK) {
    size_t n = (p->end - at) / LB_CSV_BLOCK;
    if (n > STRETCH) n = STRETCH;
    seen |= lb_csv_masks_make(width, work->text + at, n, '\n', m);
    tally(m, n, &inside, &carriage, p);
    at += n * LB_CSV_BLOCK;
  }
  if (at < p->end) {
    seen |= lb_csv_masks_tail(width, work->text + at, p->end - at, '\n', m);
    tally(m, 1, &inside, &carriage, p);
    carriage = work->text[p->end - 1] == '\r';
    p->n_breaks -= carriage; /* counted before the filling; what follows it is asked below */
  }
  if (carriage && (p->end == work->length || work->text[p->end] != '\n')) p->n_breaks++;
  p->odd = inside != 0;
  p->bad = (seen & LB_CSV_NUL) != 0;
  if ((seen & LB_CSV_HIGH) == 0 || p->bad) return;
  /* The first piece begins with a character, whatever its first byte says. */
  size_t from = index == 0 ? p->start : character_start(work, p->start);
  size_t to = character_start(work, p->end);
  p->bad = !lb_utf8_valid(work->text + from, to - from);
}

/* The end of the last row: blank lines after it are no rows. */
static size_t without_blank_end(const lb_csv_layout *t, size_t start)
{
  size_t end = t->length;
  while (end > start) {
    size_t stop = end;
    if (t->text[stop - 1] == '\n') stop--;
    if (stop > start && stop < end && t->text[stop - 1] == '\r') stop--;
    size_t at = stop;
    while (at > start && (t->text[at - 1] == ' ' || t->text[at - 1] == '\t') &&
           t->text[at - 1] != t->separator)
      at--;
    if (at > start && t->text[at - 1] != '\n') return end;
    end = at;
  }
  return end;
}

/* ---- Cutting ---- */

/* Behind the first line feed outside quotes from p->start on; there is one. */
static size_t row_start(const char *text, const piece *p, bool inside)
{
  for (size_t at = p->start;; at++) {
    if (text[at] == '"') inside = !inside;
    if (text[at] == '\n' && !inside) return at + 1;
  }
}

/* Chunks at the first row that begins in each piece. false: out of memory. */
static bool cut(lb_csv_layout *t, const counting *work, size_t n_pieces, size_t line)
{
  bool inside = false;
  size_t n_ends = 0;
  for (size_t k = 0; k < n_pieces; k++) {
    const piece *p = &work->piece[k];
    size_t start = p->start;
    if (k > 0 && p->n_ends[inside] > 0) {
      start = row_start(t->text, p, inside);
      size_t row_line = line + lb_csv_count_breaks(t->text + p->start, start - p->start);
      if (start < work->length && !lb_csv_plan_add(t, start, n_ends + 1, row_line, 0)) return false;
    } else if (k == 0 && !lb_csv_plan_add(t, start, 0, line, 0)) {
      return false;
    }
    n_ends += p->n_ends[inside];
    line += p->n_breaks;
    inside = inside != p->odd;
  }
  t->chunk[t->n_chunks - 1].end = work->length;
  t->n_rows = n_ends + (work->text[work->length - 1] != '\n');
  return true;
}

/* Rows from byte `start` on. *fast: no more than masks is needed, as far as seen here. */
static lb_status plan_rows(lb_csv_layout *t, size_t start, size_t line, size_t size, bool *fast)
{
  counting work = {t->text, without_blank_end(t, start), NULL};
  size_t n = (work.length - start + size - 1) / size;
  *fast = true;
  if (n == 0) return LB_OK;
  work.piece = lb_mem_zero(n, sizeof *work.piece);
  if (work.piece == NULL) return LB_ENOMEM;
  for (size_t k = 0; k < n; k++) {
    work.piece[k].start = start + k * size;
    work.piece[k].end = k + 1 < n ? start + (k + 1) * size : work.length;
  }
  lb_status st = LB_OK;
  if (!lb_parallel(n, n >= PARALLEL_MINIMUM, count_piece, &work)) st = LB_EINTR;
  bool odd = false;
  for (size_t k = 0; k < n; k++) {
    odd = odd != work.piece[k].odd;
    if (work.piece[k].bad) *fast = false;
  }
  if (odd) *fast = false;
  if (st == LB_OK && *fast && !cut(t, &work, n, line)) st = LB_ENOMEM;
  lb_mem_free(work.piece);
  return st;
}

/* Whether the header is whole and UTF-8; its fields are counted. */
static bool header_fields(const lb_csv_layout *t, lb_csv_cursor *c, size_t *n)
{
  size_t start = c->at, end;
  lb_csv_stop stop = LB_CSV_ENDS_CELL;
  for (*n = 0; stop == LB_CSV_ENDS_CELL; ++*n) stop = lb_csv_scan_field(c, &end);
  if (stop == LB_CSV_UNCLOSED || stop == LB_CSV_TRAILING) return false;
  return memchr(t->text + start, '\0', c->at - start) == NULL &&
         lb_utf8_valid(t->text + start, c->at - start);
}

static bool header_quotes_freely(const lb_csv_layout *t)
{
  bool freely = false;
  for (size_t i = 0; i < t->n_columns; i++) {
    const char *text = t->text + t->header[i].at;
    if (t->header[i].at > 0 && text[-1] == '"')
      freely = freely || !lb_csv_needs_quotes(text, t->header[i].length);
  }
  return freely;
}

lb_status lb_csv_scan(const char *text, size_t length, char separator, size_t chunk,
                      lb_csv_layout *out, lb_error *err)
{
  lb_csv_layout t = {0};
  lb_csv_cursor c;
  size_t n = 0;
  bool fast = false;
  lb_csv_plan_begin(text, length, separator, &t, &c);
  if (lb_interrupted()) return lb_error_interrupted(err);
  bool begun = memchr("\"\r\n", t.separator, 3) == NULL && lb_csv_plan_header(&t, &c);
  lb_csv_cursor header = c;
  t.header_line = c.line;
  if (!begun || !header_fields(&t, &c, &n) || (c.at < t.length && t.text[c.at - 1] != '\n'))
    return lb_csv_scan_carefully(text, length, separator, chunk, out, err);
  lb_status st = lb_csv_plan_names(&t, &header, n) ? LB_OK : LB_ENOMEM;
  t.quotes_freely = st == LB_OK && header_quotes_freely(&t);
  if (st == LB_OK) st = plan_rows(&t, c.at, c.line, chunk, &fast);
  if (st == LB_OK && fast) {
    *out = t;
    return LB_OK;
  }
  lb_csv_layout_reset(&t);
  if (st == LB_EINTR) return lb_error_interrupted(err);
  if (st != LB_OK) return lb_error_nomem(err, "csv rows");
  return lb_csv_scan_carefully(text, length, separator, chunk, out, err);
}
