/* csv_column.c - the cells of one column in one batch of rows: short numbers and dates by eight
 * bytes at once, all else cell by cell. */
#include "io/csv_column.h"

#include <string.h>

#include "base/mem.h"
#include "io/csv_number.h"

/* How a cell takes part. A quoted NA word is text in a text column of a file that quotes only
 * where it must, as our own writer does, and missing anywhere else. */
typedef enum cell_state { PRESENT, MISSING, QUOTED_NA, NO_MEMORY } cell_state;

/* A cell as it stands in the file, quotes and outer blanks taken off. */
typedef struct span {
  const char *text;
  size_t length;
  bool quoted;
} span;

static inline bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

static inline span cut_cell(const lb_csv_batch *b, size_t row, size_t column)
{
  const uint32_t *end = b->end + row * b->n_columns + column;
  size_t start = column == 0 ? b->row_start[row] : (size_t)end[-1] + 1;
  span s = {b->text + start, *end - start, false};
  if (s.length == 0) return s;
  if (s.text[0] == '"') return (span){s.text + 1, s.length - 2, true};
  if (!is_blank(s.text[0]) && !is_blank(s.text[s.length - 1])) return s;
  while (s.length > 0 && is_blank(s.text[0])) s.text++, s.length--;
  while (s.length > 0 && is_blank(s.text[s.length - 1])) s.length--;
  return s;
}

static void look_at_quotes(lb_csv_reading *r, const span *s)
{
  if (r->freely || __atomic_load_n(&r->found_freely, __ATOMIC_RELAXED)) return;
  if (!lb_csv_needs_quotes(s->text, s->length))
    __atomic_store_n(&r->found_freely, true, __ATOMIC_RELAXED);
}

void lb_csv_column_look(lb_csv_reading *r, size_t index, const lb_csv_batch *b)
{
  for (size_t i = 0; i < b->n_rows; i++) {
    span s = cut_cell(b, i, index);
    if (s.quoted) look_at_quotes(r, &s);
  }
}

static size_t offset_of(const lb_csv_reading *r, const char *text)
{
  return (size_t)(text - r->layout.text);
}

/* The cell for the functions that go byte by byte. */
static bool whole_cell(const lb_csv_reading *r, const span *s, lb_str *scratch, lb_csv_cell *cell)
{
  if (s->quoted && s->length > 0)
    return lb_csv_cell_get(&r->layout, offset_of(r, s->text), s->length, scratch, cell);
  *cell = (lb_csv_cell){s->text, s->length, s->quoted};
  return true;
}

static cell_state look_up_na(const lb_csv_reading *r, const span *s)
{
  size_t index;
  lb_str scratch = {0};
  lb_csv_cell cell;
  cell_state state = PRESENT;
  if (!whole_cell(r, s, &scratch, &cell))
    state = NO_MEMORY;
  else if (lb_map_find(r->na, cell.text, cell.length, &index))
    state = s->quoted && !r->freely ? QUOTED_NA : MISSING;
  lb_str_reset(&scratch);
  return state;
}

/* Most cells are no NA word by their length and first byte. */
static inline cell_state state_of(lb_csv_reading *r, const span *s)
{
  if (s->quoted) look_at_quotes(r, s);
  unsigned bit = s->length < 63 ? (unsigned)s->length : 63;
  if ((r->na_lengths >> bit & 1) == 0) return PRESENT;
  if (s->length > 0 && !r->na_first[(unsigned char)s->text[0]]) return PRESENT;
  return look_up_na(r, s);
}

static inline bool has_slack(const lb_csv_reading *r, const char *text)
{
  return (size_t)(r->layout.text + r->layout.length - text) > LB_CSV_WORD;
}

/* Neighbouring rows may belong to another thread. */
static inline void clear_bit(uint8_t *bits, size_t i)
{
  __atomic_fetch_and(bits + i / 8, (uint8_t) ~(1u << i % 8), __ATOMIC_RELAXED);
}

static lb_csv_place place_of(const lb_csv_reading *r, const lb_csv_batch *b, size_t i,
                             const span *s)
{
  return (lb_csv_place){b->first_row + i, offset_of(r, b->text + b->row_start[i]),
                        offset_of(r, s->text), s->length};
}

/* ---- Values ---- */

static bool fits_kind(lb_cell_kind kind, lb_type type)
{
  switch (type) {
  case LB_REAL:
    return kind == LB_CELL_INTEGER || kind == LB_CELL_REAL || kind == LB_CELL_CENSORED;
  case LB_INTEGER:
    return kind == LB_CELL_INTEGER;
  case LB_LOGICAL:
    return kind == LB_CELL_LOGICAL;
  case LB_DATE:
    return kind == LB_CELL_DATE;
  default:
    return kind == LB_CELL_DATETIME;
  }
}

/* The value of a cell that is not short and plain; a misfit ends the chunk for this column. */
static bool put_slowly(const lb_csv_reading *r, const lb_csv_column *c, lb_csv_part *part,
                       const lb_csv_place *place, const span *s)
{
  lb_str scratch = {0};
  lb_csv_cell cell;
  bool ok = whole_cell(r, s, &scratch, &cell);
  if (ok) {
    bool fits = c->given != NULL || fits_kind(lb_csv_cell_kind(&cell, &r->rules), c->type);
    fits = fits && lb_csv_cell_put(&cell, &r->rules, c->type, c->values, place->row);
    if (fits && c->below != NULL && cell.text[0] == '<') {
      __atomic_fetch_or(c->below + place->row / 8, (uint8_t)(1u << place->row % 8),
                        __ATOMIC_RELAXED);
      part->n_below++;
    }
    part->failed = !fits;
    part->misfit = *place;
  }
  lb_str_reset(&scratch);
  return ok;
}

static inline bool put_quickly(const lb_csv_reading *r, lb_type type, void *values, size_t row,
                               const span *s)
{
  switch (type) {
  case LB_REAL:
    return lb_csv_short_real(s->text, s->length, has_slack(r, s->text), r->rules.decimal,
                             (double *)values + row);
  case LB_INTEGER:
    return lb_csv_short_integer(s->text, s->length, has_slack(r, s->text), (int64_t *)values + row);
  case LB_DATE:
    return lb_csv_short_date(s->text, s->length, (int32_t *)values + row);
  default:
    return false;
  }
}

static void put_nothing(const lb_csv_column *c, size_t row)
{
  if (c->type == LB_DATE)
    ((int32_t *)c->values)[row] = 0;
  else if (c->type != LB_LOGICAL)
    ((int64_t *)c->values)[row] = 0;
  clear_bit(c->valid, row);
}

/* `type` is a constant where this is called: each type gets a loop of its own. */
static inline __attribute__((always_inline)) bool take_values(lb_csv_reading *r, lb_csv_column *c,
                                                              lb_csv_part *part,
                                                              const lb_csv_batch *b, lb_type type)
{
  for (size_t i = 0; i < b->n_rows; i++) {
    size_t row = b->first_row + i;
    span s = cut_cell(b, i, c->index);
    cell_state state = state_of(r, &s);
    if (state == PRESENT) {
      part->n_present++;
      if (put_quickly(r, type, c->values, row, &s)) continue;
      lb_csv_place place = place_of(r, b, i, &s);
      if (!put_slowly(r, c, part, &place, &s)) return false;
      if (part->failed) return true;
    } else if (state == NO_MEMORY) {
      return false;
    } else {
      part->n_quoted_na += state == QUOTED_NA;
      put_nothing(c, row);
    }
  }
  return true;
}

static bool take_values_of(lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part,
                           const lb_csv_batch *b)
{
  switch (c->type) {
  case LB_REAL:
    return take_values(r, c, part, b, LB_REAL);
  case LB_INTEGER:
    return take_values(r, c, part, b, LB_INTEGER);
  case LB_DATE:
    return take_values(r, c, part, b, LB_DATE);
  default:
    return take_values(r, c, part, b, LB_DATETIME); /* always slowly */
  }
}

/* ---- Texts ---- */

static bool find_kind(const lb_csv_reading *r, const span *s, lb_cell_kind *kind)
{
  *kind = LB_CELL_TEXT;
  if (s->length > 0 && r->maybe_value[(unsigned char)s->text[0]]) {
    lb_str scratch = {0};
    lb_csv_cell cell;
    bool ok = whole_cell(r, s, &scratch, &cell);
    if (ok) *kind = lb_csv_cell_kind(&cell, &r->rules);
    lb_str_reset(&scratch);
    return ok;
  }
  return true;
}

static void count_kind(lb_csv_part *part, lb_cell_kind kind, const lb_csv_place *place)
{
  bool mark = kind >= LB_CELL_COMMA && kind <= LB_CELL_DAY_MONTH && kind != LB_CELL_CENSORED;
  size_t k = kind == LB_CELL_DAY_MONTH ? 2 : (size_t)kind - LB_CELL_COMMA;
  if (mark && part->n[kind] == 0) part->first[k] = *place;
  part->n[kind]++;
}

/* The index of the cell among the levels of the chunk; *many when there are too many of them. */
static bool find_level(const lb_csv_reading *r, lb_csv_part *part, const span *s, size_t *index,
                       bool *many)
{
  span key = *s;
  lb_str scratch = {0};
  bool doubled = s->quoted && s->length > 0 && memchr(s->text, '"', s->length) != NULL, ok = true;
  if (part->levels == NULL) part->levels = lb_csv_levels_new();
  if (part->levels == NULL) return false;
  if (doubled) {
    lb_csv_cell cell;
    ok = whole_cell(r, s, &scratch, &cell);
    key = (span){cell.text, cell.length, true};
  }
  if (ok) {
    bool slack = !doubled && has_slack(r, key.text);
    uint64_t word = lb_csv_level_word(key.text, key.length, slack);
    size_t slot = lb_csv_level_slot(part->levels, key.text, key.length, word);
    if (part->levels->slot[slot] == 0) {
      *many = part->levels->n == LB_CSV_LEVELS;
      if (!*many) ok = lb_csv_levels_add(part->levels, slot, key.text, key.length, word, doubled);
    }
    if (ok && !*many) *index = (size_t)part->levels->slot[slot] - 1;
  }
  lb_str_reset(&scratch);
  return ok;
}

/* One more text of a column whose distinct texts are counted as long as they are few. */
static bool count_distinct(const lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part,
                           const span *s)
{
  size_t index = 0;
  bool many = false;
  if (__atomic_load_n(&c->many, __ATOMIC_RELAXED)) return true;
  if (!find_level(r, part, s, &index, &many)) return false;
  if (many) __atomic_store_n(&c->many, true, __ATOMIC_RELAXED);
  return true;
}

static size_t text_length(const span *s)
{
  size_t n = s->length;
  if (!s->quoted) return n;
  const char *at = s->text, *end = at + n;
  while (at < end && (at = memchr(at, '"', (size_t)(end - at))) != NULL) {
    n--; /* of the two */
    at += 2;
  }
  return n;
}

static bool take_texts(lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part,
                       const lb_csv_batch *b)
{
  for (size_t i = 0; i < b->n_rows; i++) {
    size_t row = b->first_row + i;
    span s = cut_cell(b, i, c->index);
    cell_state state = state_of(r, &s);
    lb_csv_place place = place_of(r, b, i, &s);
    if (state == NO_MEMORY) return false;
    if (state == PRESENT) {
      lb_cell_kind kind;
      if (!find_kind(r, &s, &kind)) return false;
      count_kind(part, kind, &place);
      part->n_present++;
    }
    part->n_quoted_na += state == QUOTED_NA;
    if (state != MISSING && !count_distinct(r, c, part, &s)) return false;
    if (c->mode == LB_CSV_SAMPLE) continue;
    if (state == MISSING) {
      c->offsets[row + 1] = 0;
      clear_bit(c->valid, row);
      continue;
    }
    uint64_t length = s.length < LB_CSV_PACKED_LONG ? s.length : LB_CSV_PACKED_LONG;
    c->offsets[row + 1] = (int64_t)((uint64_t)place.at << LB_CSV_PACKED_BITS | length);
    part->n_bytes += text_length(&s);
  }
  return true;
}

size_t lb_csv_long_length(const lb_csv_layout *layout, size_t at)
{
  lb_csv_cursor c = {layout->text, layout->length, at, 1, layout->separator};
  size_t end = at, start;
  bool quoted = at > 0 && layout->text[at - 1] == '"';
  if (quoted) c.at--;
  lb_csv_scan_field(&c, &end);
  lb_csv_trim(layout->text, quoted ? at - 1 : at, end, &start, &end);
  return end;
}

/* The kind is found once a level. */
static bool take_codes(lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part,
                       const lb_csv_batch *b)
{
  for (size_t i = 0; i < b->n_rows; i++) {
    size_t row = b->first_row + i, index = 0;
    span s = cut_cell(b, i, c->index);
    cell_state state = state_of(r, &s);
    if (state == NO_MEMORY) return false;
    if (state == MISSING) {
      c->codes[row] = 0;
      clear_bit(c->valid, row);
      continue;
    }
    bool many = false;
    if (!find_level(r, part, &s, &index, &many)) return false;
    if (many) {
      part->failed = true;
      __atomic_store_n(&c->many, true, __ATOMIC_RELAXED);
      return true;
    }
    c->codes[row] = (int32_t)index;
    if (state == QUOTED_NA) {
      part->n_quoted_na++;
    } else {
      part->n_present++;
      lb_csv_level *level = &part->levels->level[index];
      lb_csv_place place = place_of(r, b, i, &s);
      if (level->n++ == 0) {
        lb_cell_kind kind;
        if (!find_kind(r, &s, &kind)) return false;
        level->kind = (uint8_t)kind;
      }
      count_kind(part, level->kind, &place);
    }
  }
  return true;
}

/* ---- Misfits ---- */

static bool report_misfit(const lb_csv_reading *r, const lb_csv_column *c, lb_csv_part *part,
                          const lb_csv_place *place, const lb_csv_cell *cell)
{
  char quote[LB_CELL_QUOTE];
  lb_str message = {0};
  lb_csv_cell_quote(cell, quote);
  if (c->type == LB_REAL && lb_csv_cell_kind(cell, &r->rules) == LB_CELL_CODE)
    lb_str_addf(&message, "%s would lose digits as a number: the column was read as text", quote);
  else
    lb_str_addf(&message, "%s is not %s: the column was read as text", quote,
                lb_csv_cell_expected(c->type));
  size_t line = part->problems.n < LB_PROBLEMS_MAX ? lb_csv_line(&r->layout, place->record) : 0;
  bool ok = !message.failed &&
            lb_problems_add(&part->problems, place->row + 1, line, c->name, message.data);
  lb_str_reset(&message);
  return ok;
}

static bool take_misfits(lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part,
                         const lb_csv_batch *b)
{
  bool ok = true;
  lb_str scratch = {0};
  for (size_t i = 0; ok && i < b->n_rows; i++) {
    span s = cut_cell(b, i, c->index);
    lb_csv_cell cell;
    cell_state state = state_of(r, &s);
    ok = state != NO_MEMORY && whole_cell(r, &s, &scratch, &cell);
    if (!ok || state != PRESENT || fits_kind(lb_csv_cell_kind(&cell, &r->rules), c->type)) continue;
    lb_csv_place place = place_of(r, b, i, &s);
    ok = report_misfit(r, c, part, &place, &cell);
  }
  lb_str_reset(&scratch);
  return ok;
}

bool lb_csv_column_take(lb_csv_reading *r, lb_csv_column *c, size_t chunk, const lb_csv_batch *b)
{
  lb_csv_part *part = &c->part[chunk];
  if (part->failed) return true;
  switch (c->mode) {
  case LB_CSV_VALUES:
    return take_values_of(r, c, part, b);
  case LB_CSV_SAMPLE:
  case LB_CSV_TEXTS:
    return take_texts(r, c, part, b);
  case LB_CSV_FACTOR:
    return take_codes(r, c, part, b);
  case LB_CSV_MISFITS:
    return take_misfits(r, c, part, b);
  default:
    return true;
  }
}

void lb_csv_part_reset(lb_csv_part *part)
{
  lb_csv_levels_free(part->levels);
  lb_problems_reset(&part->problems);
  *part = (lb_csv_part){0};
}
