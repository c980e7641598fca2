/* csv_settle.c - the type of a column from the kinds of all its cells, and the column itself. */
#include "io/csv_settle.h"

#include <stdio.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"

#define FACTOR_ROWS 3    /* rows that a level of a factor has on average, at least */
#define TEXT_MARGIN 1.25 /* memory for texts, to what a sample says */

lb_csv_census lb_csv_count(const lb_csv_reading *r, const lb_csv_column *c)
{
  lb_csv_census total = {0};
  for (size_t k = 0; k < r->layout.n_chunks; k++) {
    const lb_csv_part *part = &c->part[k];
    for (size_t i = 0; i < LB_CELL_KINDS; i++) total.n[i] += part->n[i];
    total.n_present += part->n_present;
    total.n_quoted_na += part->n_quoted_na;
    total.n_below += part->n_below;
    if (part->failed && total.failed == NULL) total.failed = part;
  }
  return total;
}

static bool count_distinct(const lb_csv_reading *r, const lb_csv_column *c, lb_csv_census *census)
{
  if (c->many) {
    census->n_distinct = LB_CSV_LEVELS + 1;
    return true;
  }
  lb_map *distinct = lb_csv_distinct(r, c);
  if (distinct == NULL) return false;
  size_t n = lb_map_size(distinct);
  census->n_distinct = n > LB_CSV_LEVELS ? LB_CSV_LEVELS + 1 : n;
  lb_map_free(distinct);
  return true;
}

static bool is_factor(const lb_csv_census *c)
{
  bool few = c->n_distinct > 0 && c->n_distinct <= LB_CSV_LEVELS;
  return few && c->n_present + c->n_quoted_na >= FACTOR_ROWS * c->n_distinct;
}

/* LB_TEXT: text or factor. A column without any value is real: missing numbers take part in every
 * method. */
static lb_type find_type(const lb_csv_reading *r, const lb_csv_column *c, const lb_csv_census *s)
{
  size_t n = s->n_present, below = s->n[LB_CELL_CENSORED];
  if (r->layout.n_rows == 0) return LB_TEXT;
  if (n == 0) return s->n_quoted_na > 0 || c->is_id ? LB_TEXT : LB_REAL;
  if (s->n[LB_CELL_INTEGER] == n) return LB_INTEGER;
  if (c->is_id) return LB_TEXT;
  if (s->n[LB_CELL_LOGICAL] == n) return LB_LOGICAL;
  if (s->n[LB_CELL_INTEGER] + s->n[LB_CELL_REAL] + below == n) return LB_REAL;
  if (s->n[LB_CELL_DATE] == n) return LB_DATE;
  return s->n[LB_CELL_DATETIME] == n ? LB_DATETIME : LB_TEXT;
}

static void set_mode(lb_csv_column *c, lb_csv_mode mode, lb_type type)
{
  c->mode = mode;
  c->type = type;
}

/* ---- Before a pass ---- */

static void clear_parts(const lb_csv_reading *r, lb_csv_column *c)
{
  for (size_t k = 0; k < r->layout.n_chunks; k++) lb_csv_part_reset(&c->part[k]);
}

static void set_given(lb_csv_column *c)
{
  if (*c->given == LB_TEXT)
    set_mode(c, LB_CSV_TEXTS, LB_TEXT);
  else
    set_mode(c, *c->given == LB_FACTOR ? LB_CSV_FACTOR : LB_CSV_VALUES, *c->given);
}

/* How long all texts are by those of the sample, and some more; at most what there is. */
static void expect_bytes(const lb_csv_reading *r, lb_csv_column *c)
{
  size_t n_bytes = 0, n_sampled = 0;
  for (size_t k = 0; k < r->layout.n_chunks; k++) {
    n_bytes += c->part[k].n_bytes;
    n_sampled += c->part[k].n_sampled;
  }
  double each = n_sampled == 0 ? 0 : (double)n_bytes / (double)n_sampled;
  double all = each * (double)r->layout.n_rows * TEXT_MARGIN;
  double most = (double)r->layout.length;
  c->bytes_expected = (size_t)(all < most ? all : most);
}

bool lb_csv_guess(lb_csv_reading *r, lb_csv_column *c)
{
  lb_csv_census census = lb_csv_count(r, c);
  bool many = c->many;
  expect_bytes(r, c);
  if (!count_distinct(r, c, &census)) return false;
  lb_type type = find_type(r, c, &census);
  many = many || census.n_distinct > LB_CSV_LEVELS;
  bool factor = !many && !c->is_id && census.n_distinct * FACTOR_ROWS <= r->layout.n_rows;
  clear_parts(r, c);
  c->many = false;
  if (c->given != NULL) {
    set_given(c);
  } else if (census.n_present == 0) {
    set_mode(c, LB_CSV_TEXTS, LB_TEXT);
  } else if (type != LB_TEXT) {
    set_mode(c, LB_CSV_VALUES, type);
  } else {
    set_mode(c, factor ? LB_CSV_FACTOR : LB_CSV_TEXTS, LB_TEXT);
    c->many = many;
  }
  return true;
}

void lb_csv_restart(lb_csv_reading *r, lb_csv_column *c)
{
  clear_parts(r, c);
  c->many = false;
  if (c->given != NULL)
    set_given(c);
  else
    set_mode(c, LB_CSV_TEXTS, LB_TEXT);
}

static void free_values(lb_csv_column *c)
{
  lb_mem_free(c->values);
  lb_mem_free(c->valid);
  lb_mem_free(c->below);
  lb_mem_free(c->offsets);
  lb_mem_free(c->codes);
  lb_mem_free(c->bytes);
  c->values = NULL;
  c->bytes = NULL;
  c->n_bytes = c->capacity = c->n_joined = 0;
  c->valid = c->below = NULL;
  c->offsets = NULL;
  c->codes = NULL;
}

lb_status lb_csv_prepare(lb_csv_reading *r, lb_csv_column *c, lb_error *err)
{
  size_t n = r->layout.n_rows;
  bool ok = true;
  free_values(c);
  if (c->mode == LB_CSV_IDLE || c->mode == LB_CSV_MISFITS) return LB_OK;
  c->valid = lb_bitmap_new(n, true);
  if (c->mode == LB_CSV_TEXTS) {
    ok = (c->offsets = lb_mem_array(n + 1, sizeof *c->offsets)) != NULL &&
         (c->bytes = lb_mem_alloc(c->bytes_expected)) != NULL;
    c->capacity = ok ? c->bytes_expected : 0;
  } else if (c->mode == LB_CSV_FACTOR) {
    ok = (c->codes = lb_mem_array(n, sizeof *c->codes)) != NULL;
  } else if (c->type == LB_LOGICAL) {
    ok = (c->values = lb_bitmap_new(n, false)) != NULL;
  } else {
    c->values = lb_mem_array(n, c->type == LB_DATE ? sizeof(int32_t) : sizeof(int64_t));
    ok = c->values != NULL;
    if (ok && r->rules.censored && c->type == LB_REAL)
      ok = (c->below = lb_bitmap_new(n, false)) != NULL;
  }
  return ok && c->valid != NULL ? LB_OK : lb_error_nomem(err, "column");
}

/* ---- After a pass ---- */

static lb_status misfit_error(lb_csv_reading *r, const lb_csv_column *c, const lb_csv_place *p,
                              lb_error *err)
{
  char quote[LB_CELL_QUOTE] = "the cell";
  lb_str scratch = {0};
  lb_csv_cell cell;
  if (!lb_csv_cell_get(&r->layout, p->at, p->length, &scratch, &cell)) {
    lb_str_reset(&scratch);
    return lb_error_nomem(err, "a cell");
  }
  if (!c->is_id) lb_csv_cell_quote(&cell, quote);
  lb_cell_kind kind = lb_csv_cell_kind(&cell, &r->rules);
  lb_str_reset(&scratch);
  lb_error_set(err, LB_EPARSE, "row %zu, column '%s': %s is not %s", p->row + 1, c->name, quote,
               lb_csv_cell_expected(c->type));
  bool number = c->type == LB_REAL || c->type == LB_INTEGER;
  if (number && kind == LB_CELL_COMMA && r->rules.decimal == '.')
    lb_error_mend(err, "If commas are decimal marks here: decimal = \",\"");
  if (number && kind == LB_CELL_THOUSANDS)
    lb_error_mend(err, "Marks for thousands are not read: export the numbers without them.");
  if (c->type == LB_REAL && !c->is_id && cell.length > 0 && quote[1] == '<')
    lb_error_mend(err, "If it is below a limit of detection: censored = \"below\"");
  if (c->type == LB_DATE && kind == LB_CELL_DAY_MONTH)
    lb_error_mend(err,
                  "Day and month are never guessed: date_format = \"DD/MM/YYYY\", or the order "
                  "that holds.");
  return LB_EPARSE;
}

static uint8_t *take_valid(lb_csv_column *c, size_t n)
{
  uint8_t *valid = c->valid;
  c->valid = NULL;
  if (lb_bitmap_count(valid, n) < n) return valid;
  lb_mem_free(valid);
  return NULL;
}

static bool report_below(lb_csv_column *c, size_t n_below)
{
  lb_str s = {0};
  lb_str_addf(&s,
              "%zu value%s below a limit ('<...'): the limit was kept, and '%.80s_censored' says "
              "where",
              n_below, n_below == 1 ? " is" : "s are", c->name);
  bool ok =
      !s.failed && (!c->want_problems || lb_problems_add(&c->problems, 0, 1, c->name, s.data));
  lb_str_reset(&s);
  return ok;
}

/* Values and, where some are below a limit, which of them. */
static lb_status finish_values(lb_csv_reading *r, lb_csv_column *c, size_t n_below, lb_error *err)
{
  size_t n = r->layout.n_rows;
  lb_status st = LB_OK;
  if (c->below != NULL && n_below > 0) {
    uint8_t *valid = lb_mem_array(lb_bitmap_bytes(n), 1), *below = c->below;
    if (valid == NULL || !report_below(c, n_below)) {
      lb_mem_free(valid);
      return lb_error_nomem(err, "column");
    }
    memcpy(valid, c->valid, lb_bitmap_bytes(n));
    c->below = NULL;
    st = lb_column_new(LB_LOGICAL, n, below, valid, &c->result_below, err);
  }
  void *values = c->values;
  if (st != LB_OK) return st;
  c->values = NULL;
  st = lb_column_new(c->type, n, values, take_valid(c, n), &c->result, err);
  c->mode = LB_CSV_IDLE;
  return st;
}

static lb_status settle_values(lb_csv_reading *r, lb_csv_column *c, const lb_csv_census *s,
                               lb_error *err)
{
  if (s->failed != NULL && c->given != NULL) return misfit_error(r, c, &s->failed->misfit, err);
  bool unknown = s->n_present == 0 && s->n_quoted_na > 0;
  if (c->given != NULL || (s->failed == NULL && !unknown))
    return finish_values(r, c, s->n_below, err);
  lb_csv_restart(r, c);
  return LB_OK;
}

/* The column is made; then its problems, which may ask for one more pass. */
static lb_status finish_texts(lb_csv_reading *r, lb_csv_column *c, const lb_csv_census *s,
                              lb_error *err)
{
  bool again = false;
  lb_status st = LB_OK;
  c->mode = LB_CSV_IDLE;
  if (c->given == NULL && !c->is_id && c->want_problems)
    st = lb_csv_near_miss(r, c, s, &again, err);
  clear_parts(r, c);
  if (again) c->mode = LB_CSV_MISFITS;
  return st;
}

static lb_status settle_factor(lb_csv_reading *r, lb_csv_column *c, lb_csv_census *s, lb_error *err)
{
  if (s->failed == NULL && !count_distinct(r, c, s)) return lb_error_nomem(err, "distinct values");
  bool fits = s->failed == NULL && s->n_distinct <= LB_CSV_LEVELS;
  if (!fits || (c->given == NULL && !is_factor(s))) {
    clear_parts(r, c);
    c->many = !fits;
    c->to_factor = c->given != NULL;
    set_mode(c, LB_CSV_TEXTS, LB_TEXT);
    return LB_OK;
  }
  lb_status st = lb_csv_factor_column(r, c, &c->result, err);
  return st == LB_OK ? finish_texts(r, c, s, err) : st;
}

static lb_status settle_texts(lb_csv_reading *r, lb_csv_column *c, lb_csv_census *s, lb_error *err)
{
  if (!count_distinct(r, c, s)) return lb_error_nomem(err, "distinct values");
  bool integers = c->to_factor && s->n_present > 0 && s->n[LB_CELL_INTEGER] == s->n_present;
  lb_type type = c->given != NULL ? LB_TEXT : find_type(r, c, s);
  if (integers && s->n_quoted_na == 0) type = LB_INTEGER;
  if (type != LB_TEXT) {
    clear_parts(r, c);
    set_mode(c, LB_CSV_VALUES, type);
    return LB_OK;
  }
  c->to_factor = c->to_factor || (c->given == NULL && !c->is_id && is_factor(s));
  lb_status st = lb_csv_text_column(r, c, &c->result, err);
  return st == LB_OK ? finish_texts(r, c, s, err) : st;
}

static lb_status settle_misfits(const lb_csv_reading *r, lb_csv_column *c, lb_error *err)
{
  c->mode = LB_CSV_IDLE;
  for (size_t k = 0; k < r->layout.n_chunks; k++)
    if (!lb_problems_join(&c->problems, &c->part[k].problems))
      return lb_error_nomem(err, "problems");
  return LB_OK;
}

static lb_status make_factor(lb_csv_column *c, lb_error *err)
{
  lb_column *factor = NULL;
  lb_status st = lb_column_to_factor(c->result, NULL, 0, false, &factor, err);
  if (st != LB_OK) return st;
  lb_column_release(c->result);
  c->result = factor;
  c->to_factor = false;
  return LB_OK;
}

lb_status lb_csv_settle(lb_csv_reading *r, lb_csv_column *c, lb_error *err)
{
  lb_csv_census census = lb_csv_count(r, c);
  lb_status st = LB_OK;
  if (c->mode == LB_CSV_VALUES)
    st = settle_values(r, c, &census, err);
  else if (c->mode == LB_CSV_FACTOR)
    st = settle_factor(r, c, &census, err);
  else if (c->mode == LB_CSV_TEXTS)
    st = settle_texts(r, c, &census, err);
  else if (c->mode == LB_CSV_MISFITS)
    st = settle_misfits(r, c, err);
  if (st == LB_OK && c->to_factor && c->result != NULL) st = make_factor(c, err);
  return st;
}

lb_status lb_csv_add_below(lb_csv_column *c, lb_frame *frame, lb_error *err)
{
  lb_str name = {0};
  lb_status st = LB_OK;
  lb_str_addf(&name, "%s_censored", c->name);
  for (size_t k = 2, index; !name.failed && lb_frame_find(frame, name.data, name.length, &index);
       k++) {
    name.length = 0;
    lb_str_addf(&name, "%s_censored_%zu", c->name, k);
  }
  st = name.failed ? lb_error_nomem(err, "column names")
                   : lb_frame_add(frame, name.data, c->result_below, err);
  lb_str_reset(&name);
  return st;
}

void lb_csv_column_reset(lb_csv_column *c)
{
  free_values(c);
  lb_column_release(c->result);
  lb_column_release(c->result_below);
  lb_problems_reset(&c->problems);
  c->result = c->result_below = NULL;
  c->part = NULL;
}
