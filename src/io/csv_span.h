/* csv_span.h - a cell of a batch as it stands in the file, and whether it is missing. For the
 * functions that take columns. */
#ifndef LB_IO_CSV_SPAN_H
#define LB_IO_CSV_SPAN_H
#include "io/csv_column.h"
#include "io/csv_number.h"

/* How a cell takes part. A quoted NA word is text in a text column of a file that quotes only
 * where it must, as our own writer does, and missing anywhere else. */
typedef enum lb_csv_state {
  LB_CSV_PRESENT,
  LB_CSV_MISSING,
  LB_CSV_QUOTED_NA,
  LB_CSV_NO_MEMORY
} lb_csv_state;

/* A cell as it stands in the file, quotes and outer blanks taken off. */
typedef struct lb_csv_span {
  const char *text;
  size_t length;
  bool quoted;
} lb_csv_span;

static inline bool lb_csv_blank(char c)
{
  return c == ' ' || c == '\t';
}

/* A cell with its quotes and blanks. */
static inline lb_csv_span lb_csv_raw(const lb_csv_batch *b, size_t row, size_t column)
{
  const uint32_t *end = b->end + row * b->n_columns + column;
  size_t start = column == 0 ? b->row_start[row] : (size_t)end[-1] + 1;
  return (lb_csv_span){b->text + start, *end - start, false};
}

/* The cell of what stands between two separators. */
static inline lb_csv_span lb_csv_cut(lb_csv_span s)
{
  if (s.length == 0) return s;
  if (s.text[0] == '"') return (lb_csv_span){s.text + 1, s.length - 2, true};
  while (s.length > 0 && lb_csv_blank(s.text[0])) s.text++, s.length--;
  while (s.length > 0 && lb_csv_blank(s.text[s.length - 1])) s.length--;
  return s;
}

/* Whether the cell is what stands there, and no NA word: as most are, by length and first byte. */
static inline bool lb_csv_plain(const lb_csv_reading *r, const lb_csv_span *s)
{
  if (s->length == 0) return false;
  unsigned char first = (unsigned char)s->text[0];
  if (first == '"' || lb_csv_blank(s->text[0]) || lb_csv_blank(s->text[s->length - 1]))
    return false;
  unsigned bit = s->length < 63 ? (unsigned)s->length : 63;
  return (r->na_lengths >> bit & 1) == 0 || !r->na_first[first];
}

/* Whether a word may be read at the text, whatever the length of its cell. */
static inline bool lb_csv_slack(const lb_csv_reading *r, const char *text)
{
  return (size_t)(r->layout.text + r->layout.length - text) > LB_CSV_WORD;
}

static inline size_t lb_csv_offset(const lb_csv_reading *r, const char *text)
{
  return (size_t)(text - r->layout.text);
}

static inline lb_csv_place lb_csv_place_of(const lb_csv_reading *r, const lb_csv_batch *b, size_t i,
                                           const lb_csv_span *s)
{
  return (lb_csv_place){b->first_row + i, lb_csv_offset(r, b->text + b->row_start[i]),
                        lb_csv_offset(r, s->text), s->length};
}

/* Row i of the batch is missing. The first and last byte of its bits may hold rows of another
 * thread. */
static inline void lb_csv_mark_missing(uint8_t *valid, const lb_csv_batch *b, size_t i)
{
  size_t byte = (b->first_row + i) / 8;
  uint8_t mask = (uint8_t) ~(1u << (b->first_row + i) % 8);
  if (byte > b->first_row / 8 && byte < (b->first_row + b->n_rows - 1) / 8)
    valid[byte] &= mask;
  else
    __atomic_fetch_and(valid + byte, mask, __ATOMIC_RELAXED);
}

/* What a cell is; a needless quote is noted. */
lb_csv_state lb_csv_state_of(lb_csv_reading *r, const lb_csv_span *s);
/* The cell for the functions that go byte by byte; false: out of memory. */
bool lb_csv_whole(const lb_csv_reading *r, const lb_csv_span *s, lb_str *scratch,
                  lb_csv_cell *cell);

/* The batch for a column of LB_CSV_SAMPLE or LB_CSV_TEXTS, or of LB_CSV_FACTOR. false: out of
 * memory. */
bool lb_csv_take_texts(lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part,
                       const lb_csv_batch *b);
bool lb_csv_take_codes(lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part,
                       const lb_csv_batch *b);
#endif
