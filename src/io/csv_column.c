/* csv_column.c - the cells of one column in one batch of rows: short numbers and dates by eight
 * bytes at once, all else cell by cell. */
#include "io/csv_column.h"

#include <string.h>

#include "base/mem.h"
#include "io/csv_span.h"

static void look_at_quotes(lb_csv_reading *r, const lb_csv_span *s)
{
  if (r->freely || __atomic_load_n(&r->found_freely, __ATOMIC_RELAXED)) return;
  if (!lb_csv_needs_quotes(s->text, s->length))
    __atomic_store_n(&r->found_freely, true, __ATOMIC_RELAXED);
}

void lb_csv_column_look(lb_csv_reading *r, size_t index, const lb_csv_batch *b)
{
  for (size_t i = 0; i < b->n_rows; i++) {
    lb_csv_span s = lb_csv_cut(lb_csv_raw(b, i, index));
    if (s.quoted) look_at_quotes(r, &s);
  }
}

bool lb_csv_whole(const lb_csv_reading *r, const lb_csv_span *s, lb_str *scratch, lb_csv_cell *cell)
{
  if (s->quoted && s->length > 0)
    return lb_csv_cell_get(&r->layout, lb_csv_offset(r, s->text), s->length, scratch, cell);
  *cell = (lb_csv_cell){s->text, s->length, s->quoted};
  return true;
}

static lb_csv_state look_up_na(const lb_csv_reading *r, const lb_csv_span *s)
{
  size_t index;
  lb_str scratch = {0};
  lb_csv_cell cell;
  lb_csv_state state = LB_CSV_PRESENT;
  if (!lb_csv_whole(r, s, &scratch, &cell))
    state = LB_CSV_NO_MEMORY;
  else if (lb_map_find(r->na, cell.text, cell.length, &index))
    state = s->quoted && !r->freely ? LB_CSV_QUOTED_NA : LB_CSV_MISSING;
  lb_str_reset(&scratch);
  return state;
}

/* Most cells are no NA word by their length and first byte. */
lb_csv_state lb_csv_state_of(lb_csv_reading *r, const lb_csv_span *s)
{
  if (s->quoted) look_at_quotes(r, s);
  unsigned bit = s->length < 63 ? (unsigned)s->length : 63;
  if ((r->na_lengths >> bit & 1) == 0) return LB_CSV_PRESENT;
  if (s->length > 0 && !r->na_first[(unsigned char)s->text[0]]) return LB_CSV_PRESENT;
  return look_up_na(r, s);
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
                       const lb_csv_place *place, const lb_csv_span *s)
{
  lb_str scratch = {0};
  lb_csv_cell cell;
  bool ok = lb_csv_whole(r, s, &scratch, &cell);
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
                               const lb_csv_span *s)
{
  switch (type) {
  case LB_REAL:
    return lb_csv_short_real(s->text, s->length, lb_csv_slack(r, s->text), r->rules.decimal,
                             (double *)values + row);
  case LB_INTEGER:
    return lb_csv_short_integer(s->text, s->length, lb_csv_slack(r, s->text),
                                (int64_t *)values + row);
  case LB_DATE:
    return lb_csv_short_date(s->text, s->length, (int32_t *)values + row);
  default:
    return false;
  }
}

static void put_nothing(const lb_csv_column *c, const lb_csv_batch *b, size_t i)
{
  size_t row = b->first_row + i;
  if (c->type == LB_DATE)
    ((int32_t *)c->values)[row] = 0;
  else if (c->type != LB_LOGICAL)
    ((int64_t *)c->values)[row] = 0;
  lb_csv_mark_missing(c->valid, b, i);
}

/* Any cell. */
static bool take_value(lb_csv_reading *r, lb_csv_column *c, lb_csv_part *part,
                       const lb_csv_batch *b, size_t i)
{
  lb_csv_span s = lb_csv_cut(lb_csv_raw(b, i, c->index));
  lb_csv_state state = lb_csv_state_of(r, &s);
  if (state == LB_CSV_NO_MEMORY) return false;
  if (state == LB_CSV_PRESENT) {
    part->n_present++;
    if (put_quickly(r, c->type, c->values, b->first_row + i, &s)) return true;
    lb_csv_place place = lb_csv_place_of(r, b, i, &s);
    return put_slowly(r, c, part, &place, &s);
  }
  part->n_quoted_na += state == LB_CSV_QUOTED_NA;
  put_nothing(c, b, i);
  return true;
}

/* `type` is a constant where this is called: each type gets a loop of its own. A cell that can be
 * read quickly is bare, and no NA word unless some NA word looks like a value. */
static inline __attribute__((always_inline)) bool take_values(lb_csv_reading *r, lb_csv_column *c,
                                                              lb_csv_part *part,
                                                              const lb_csv_batch *b, lb_type type)
{
  size_t n_quick = 0;
  bool quick = !r->na_values;
  for (size_t i = 0; i < b->n_rows; i++) {
    lb_csv_span s = lb_csv_raw(b, i, c->index);
    if (quick && put_quickly(r, type, c->values, b->first_row + i, &s)) {
      n_quick++;
    } else if (s.length == 0 && r->na_empty) {
      put_nothing(c, b, i);
    } else {
      if (!take_value(r, c, part, b, i)) return false;
      if (part->failed) return true;
    }
  }
  part->n_present += n_quick;
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
    lb_csv_span s = lb_csv_cut(lb_csv_raw(b, i, c->index));
    lb_csv_cell cell;
    lb_csv_state state = lb_csv_state_of(r, &s);
    ok = state != LB_CSV_NO_MEMORY && lb_csv_whole(r, &s, &scratch, &cell);
    if (!ok || state != LB_CSV_PRESENT || fits_kind(lb_csv_cell_kind(&cell, &r->rules), c->type))
      continue;
    lb_csv_place place = lb_csv_place_of(r, b, i, &s);
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
    return lb_csv_take_texts(r, c, part, b);
  case LB_CSV_FACTOR:
    return lb_csv_take_codes(r, c, part, b);
  case LB_CSV_MISFITS:
    return take_misfits(r, c, part, b);
  default:
    return true;
  }
}

void lb_csv_part_reset(lb_csv_part *part)
{
  lb_csv_levels_free(part->levels);
  lb_mem_free(part->bytes);
  lb_problems_reset(&part->problems);
  *part = (lb_csv_part){0};
}
