/* csv_column.c - one column of a csv file: all cells are looked at to find the type, then read. */
#include "io/csv_column.h"

#include <stdio.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "io/csv_cell.h"

#define FACTOR_LEVELS 64   /* more distinct values than this are text */
#define FACTOR_ROWS   3    /* rows that a level of a factor has on average, at least */
#define POLL_ROWS     4096 /* cells between two looks at the interrupt flag */

/* How a cell takes part. A quoted NA word is text in a text column of a file that quotes only
 * where it must, as our own writer does, and missing anywhere else. */
typedef enum cell_state { PRESENT, MISSING, QUOTED_NA, NO_MEMORY } cell_state;

typedef struct census {
  size_t n[LB_CELL_KINDS]; /* present cells by kind */
  size_t first[LB_CELL_KINDS];
  size_t n_present, n_quoted_na;
  size_t n_distinct; /* FACTOR_LEVELS + 1 when more */
} census;

static cell_state cell_at(const lb_csv_request *q, size_t row, lb_str *scratch, lb_csv_cell *cell)
{
  size_t index;
  if (!lb_csv_cell_get(q->table, row + 1, q->column, scratch, cell)) return NO_MEMORY;
  if (!lb_map_find(q->na, cell->text, cell->length, &index)) return PRESENT;
  return cell->quoted && !q->table->quotes_freely ? QUOTED_NA : MISSING;
}

static size_t row_count(const lb_csv_request *q)
{
  return q->table->n_records - 1;
}

static bool interrupted(size_t row)
{
  return row % POLL_ROWS == 0 && lb_interrupted();
}

/* ---- Problems ---- */

static bool make_room(lb_problems *problems, size_t n)
{
  if (n <= problems->capacity) return true;
  size_t wanted = n < 16 ? 16 : 2 * n;
  lb_problem *larger = lb_mem_resize(problems->item, wanted, sizeof *larger);
  if (larger == NULL) return false;
  problems->item = larger;
  problems->capacity = wanted;
  return true;
}

bool lb_problems_add(lb_problems *problems, size_t row, size_t line, const char *column,
                     const char *message)
{
  if (problems == NULL) return true;
  if (problems->n == LB_PROBLEMS_MAX) {
    problems->n_total++;
    return true;
  }
  if (!make_room(problems, problems->n + 1)) return false;
  lb_problem p = {.row = row, .line = line};
  p.message = lb_mem_text(message, strlen(message));
  if (column != NULL) p.column = lb_mem_text(column, strlen(column));
  if (p.message == NULL || (column != NULL && p.column == NULL)) {
    lb_mem_free(p.message);
    lb_mem_free(p.column);
    return false;
  }
  problems->item[problems->n++] = p;
  problems->n_total++;
  return true;
}

bool lb_problems_join(lb_problems *problems, lb_problems *more)
{
  size_t room = LB_PROBLEMS_MAX - problems->n, kept = more->n < room ? more->n : room;
  if (more->n_total == 0) return true;
  if (!make_room(problems, problems->n + kept)) return false;
  for (size_t i = 0; i < kept; i++) {
    problems->item[problems->n++] = more->item[i];
    more->item[i] = (lb_problem){0};
  }
  problems->n_total += more->n_total;
  lb_problems_reset(more);
  return true;
}

void lb_problems_reset(lb_problems *problems)
{
  for (size_t i = 0; i < problems->n; i++) {
    lb_mem_free(problems->item[i].column);
    lb_mem_free(problems->item[i].message);
  }
  lb_mem_free(problems->item);
  *problems = (lb_problems){0};
}

static bool add_cell_problem(const lb_csv_request *q, size_t row, const char *message,
                             lb_problems *problems)
{
  return lb_problems_add(problems, row + 1, q->table->record[row + 1].line, q->name, message);
}

/* ---- The type ---- */

static lb_status count_cells(const lb_csv_request *q, census *c, lb_error *err)
{
  lb_str scratch = {0};
  lb_status st = LB_OK;
  lb_map *distinct = lb_map_new();
  if (distinct == NULL) return lb_error_nomem(err, "distinct values");
  for (size_t row = 0; row < row_count(q) && st == LB_OK; row++) {
    lb_csv_cell cell;
    cell_state state = cell_at(q, row, &scratch, &cell);
    if (state == NO_MEMORY) st = lb_error_nomem(err, "a cell");
    if (interrupted(row)) st = lb_error_interrupted(err);
    if (state == QUOTED_NA) c->n_quoted_na++;
    if (state == PRESENT) {
      lb_cell_kind kind = lb_csv_cell_kind(&cell);
      if (c->n[kind]++ == 0) c->first[kind] = row;
      c->n_present++;
    }
    if (state == MISSING || st != LB_OK || lb_map_size(distinct) > FACTOR_LEVELS) continue;
    size_t index;
    bool is_new;
    if (!lb_map_put(distinct, cell.text, cell.length, &index, &is_new))
      st = lb_error_nomem(err, "distinct values");
  }
  c->n_distinct = lb_map_size(distinct);
  lb_map_free(distinct);
  lb_str_reset(&scratch);
  return st;
}

static lb_type text_or_factor(const census *c)
{
  bool few = c->n_distinct > 0 && c->n_distinct <= FACTOR_LEVELS;
  bool filled = c->n_present + c->n_quoted_na >= FACTOR_ROWS * c->n_distinct;
  return few && filled ? LB_FACTOR : LB_TEXT;
}

/* A column without any value is real: missing numbers take part in every method. */
static lb_type find_type(const lb_csv_request *q, const census *c)
{
  size_t n = c->n_present;
  if (row_count(q) == 0) return LB_TEXT;
  if (n == 0) return c->n_quoted_na > 0 || q->is_id ? LB_TEXT : LB_REAL;
  if (c->n[LB_CELL_INTEGER] == n) return LB_INTEGER;
  if (q->is_id) return LB_TEXT;
  if (c->n[LB_CELL_LOGICAL] == n) return LB_LOGICAL;
  if (c->n[LB_CELL_INTEGER] + c->n[LB_CELL_REAL] == n) return LB_REAL;
  if (c->n[LB_CELL_DATE] == n) return LB_DATE;
  if (c->n[LB_CELL_DATETIME] == n) return LB_DATETIME;
  return text_or_factor(c);
}

/* At least nine in ten of the present cells. */
static bool nearly_all(size_t fits, size_t n_present)
{
  return fits < n_present && fits > 0 && fits >= n_present - n_present / 10;
}

/* Numbers with decimal commas: one problem for the column. */
static lb_status report_commas(const lb_csv_request *q, const census *c, lb_problems *problems,
                               lb_error *err)
{
  lb_str scratch = {0};
  lb_csv_cell cell;
  char quote[LB_CELL_QUOTE], message[LB_CELL_QUOTE + 160];
  size_t row = c->first[LB_CELL_COMMA], n = c->n[LB_CELL_COMMA];
  bool ok = cell_at(q, row, &scratch, &cell) != NO_MEMORY;
  if (ok) {
    lb_csv_cell_quote(&cell, quote);
    snprintf(message, sizeof message,
             "%zu value%s like %s: decimal commas, or marks for thousands; the column was not read "
             "as a number",
             n, n == 1 ? " looks" : "s look", quote);
    ok = add_cell_problem(q, row, message, problems);
  }
  lb_str_reset(&scratch);
  return ok ? LB_OK : lb_error_nomem(err, "problems");
}

static bool fits_kind(lb_cell_kind kind, lb_type type)
{
  if (type == LB_REAL) return kind == LB_CELL_INTEGER || kind == LB_CELL_REAL;
  return kind == (type == LB_DATE ? LB_CELL_DATE : LB_CELL_DATETIME);
}

static bool report_misfit(const lb_csv_request *q, size_t row, const lb_csv_cell *cell,
                          lb_type type, lb_problems *problems)
{
  char quote[LB_CELL_QUOTE], message[LB_CELL_QUOTE + 160];
  lb_csv_cell_quote(cell, quote);
  if (type == LB_REAL && lb_csv_cell_kind(cell) == LB_CELL_CODE)
    snprintf(message, sizeof message,
             "%s would lose digits as a number: the column was read as text", quote);
  else
    snprintf(message, sizeof message, "%s is not %s: the column was read as text", quote,
             lb_csv_cell_expected(type));
  return add_cell_problem(q, row, message, problems);
}

/* Each cell that keeps the column from being of the type. */
static lb_status report_misfits(const lb_csv_request *q, lb_type type, lb_problems *problems,
                                lb_error *err)
{
  lb_str scratch = {0};
  lb_status st = LB_OK;
  for (size_t row = 0; row < row_count(q) && st == LB_OK; row++) {
    lb_csv_cell cell;
    cell_state state = cell_at(q, row, &scratch, &cell);
    bool misfit = state == PRESENT && !fits_kind(lb_csv_cell_kind(&cell), type);
    if (interrupted(row))
      st = lb_error_interrupted(err);
    else if (state == NO_MEMORY || (misfit && !report_misfit(q, row, &cell, type, problems)))
      st = lb_error_nomem(err, "problems");
  }
  lb_str_reset(&scratch);
  return st;
}

static lb_status report_near_misses(const lb_csv_request *q, const census *c, lb_problems *problems,
                                    lb_error *err)
{
  size_t numbers = c->n[LB_CELL_INTEGER] + c->n[LB_CELL_REAL], commas = c->n[LB_CELL_COMMA];
  if (q->is_id || problems == NULL) return LB_OK;
  if (commas > 0 &&
      (numbers + commas == c->n_present || nearly_all(numbers + commas, c->n_present)))
    return report_commas(q, c, problems, err);
  if (nearly_all(numbers, c->n_present)) return report_misfits(q, LB_REAL, problems, err);
  if (nearly_all(c->n[LB_CELL_DATE], c->n_present))
    return report_misfits(q, LB_DATE, problems, err);
  if (nearly_all(c->n[LB_CELL_DATETIME], c->n_present))
    return report_misfits(q, LB_DATETIME, problems, err);
  return LB_OK;
}

/* ---- The values ---- */

static size_t value_size(lb_type type)
{
  return type == LB_DATE ? sizeof(int32_t) : sizeof(int64_t);
}

static lb_status misfit_error(const lb_csv_request *q, size_t row, const lb_csv_cell *cell,
                              lb_type type, lb_error *err)
{
  char quote[LB_CELL_QUOTE] = "the cell";
  if (!q->is_id) lb_csv_cell_quote(cell, quote);
  return lb_error_set(err, LB_EPARSE, "row %zu, column '%s': %s is not %s", row + 1, q->name, quote,
                      lb_csv_cell_expected(type));
}

static lb_status fill_values(const lb_csv_request *q, lb_type type, void *values, uint8_t *valid,
                             lb_error *err)
{
  lb_str scratch = {0};
  lb_status st = LB_OK;
  for (size_t row = 0; row < row_count(q) && st == LB_OK; row++) {
    lb_csv_cell cell;
    cell_state state = cell_at(q, row, &scratch, &cell);
    if (interrupted(row))
      st = lb_error_interrupted(err);
    else if (state == NO_MEMORY)
      st = lb_error_nomem(err, "a cell");
    else if (state != PRESENT)
      lb_bit_clear(valid, row);
    else if (!lb_csv_cell_put(&cell, type, values, row))
      st = misfit_error(q, row, &cell, type, err);
  }
  lb_str_reset(&scratch);
  return st;
}

/* A bitmap that says nothing is not kept. */
static uint8_t *drop_if_full(uint8_t *valid, size_t n)
{
  if (lb_bitmap_count(valid, n) < n) return valid;
  lb_mem_free(valid);
  return NULL;
}

static lb_status read_values(const lb_csv_request *q, lb_type type, lb_column **out, lb_error *err)
{
  size_t n = row_count(q);
  lb_status st;
  void *values = type == LB_LOGICAL ? lb_bitmap_new(n, false) : lb_mem_zero(n, value_size(type));
  uint8_t *valid = lb_bitmap_new(n, true);
  if (values == NULL || valid == NULL)
    st = lb_error_nomem(err, "column");
  else
    st = fill_values(q, type, values, valid, err);
  if (st == LB_OK) return lb_column_new(type, n, values, drop_if_full(valid, n), out, err);
  lb_mem_free(values);
  lb_mem_free(valid);
  return st;
}

/* In a text column a quoted NA word is a value. */
static bool is_text_value(cell_state state)
{
  return state == PRESENT || state == QUOTED_NA;
}

static lb_status read_text(const lb_csv_request *q, lb_column **out, lb_error *err)
{
  size_t n = row_count(q), length;
  lb_str bytes = {0}, scratch = {0};
  lb_status st = LB_OK;
  char *taken = NULL;
  int64_t *offsets = lb_mem_zero(n + 1, sizeof *offsets);
  uint8_t *valid = lb_bitmap_new(n, true);
  bool ok = offsets != NULL && valid != NULL;
  for (size_t row = 0; ok && st == LB_OK && row < n; row++) {
    lb_csv_cell cell;
    cell_state state = cell_at(q, row, &scratch, &cell);
    ok = state != NO_MEMORY && !bytes.failed;
    if (ok && is_text_value(state))
      lb_str_add(&bytes, cell.text, cell.length);
    else
      lb_bit_clear(valid, row);
    offsets[row + 1] = (int64_t)bytes.length;
    if (interrupted(row)) st = lb_error_interrupted(err);
  }
  if (ok && st == LB_OK) taken = lb_str_take(&bytes, &length);
  if (st == LB_OK && taken == NULL) st = lb_error_nomem(err, "text");
  lb_str_reset(&bytes);
  lb_str_reset(&scratch);
  if (st == LB_OK) return lb_column_new_text(n, offsets, taken, drop_if_full(valid, n), out, err);
  lb_mem_free(offsets);
  lb_mem_free(valid);
  return st;
}

/* Levels in the order of text; codes that are all integers in numeric order: 1, 2, 10. */
static lb_status read_factor(const lb_csv_request *q, lb_column **out, lb_error *err)
{
  census c = {0};
  lb_column *values = NULL;
  lb_status st = count_cells(q, &c, err);
  bool integers = c.n_present > 0 && c.n[LB_CELL_INTEGER] == c.n_present && c.n_quoted_na == 0;
  if (st == LB_OK)
    st = integers ? read_values(q, LB_INTEGER, &values, err) : read_text(q, &values, err);
  if (st == LB_OK) st = lb_column_to_factor(values, NULL, 0, false, out, err);
  lb_column_release(values);
  return st;
}

static lb_status read_as(const lb_csv_request *q, lb_type type, lb_column **out, lb_error *err)
{
  if (type == LB_TEXT) return read_text(q, out, err);
  if (type == LB_FACTOR) return read_factor(q, out, err);
  return read_values(q, type, out, err);
}

lb_status lb_csv_column_read(const lb_csv_request *request, lb_column **out, lb_problems *problems,
                             lb_error *err)
{
  if (request->given != NULL) return read_as(request, *request->given, out, err);
  census c = {0};
  lb_status st = count_cells(request, &c, err);
  if (st != LB_OK) return st;
  lb_type type = find_type(request, &c);
  if (type == LB_TEXT || type == LB_FACTOR) st = report_near_misses(request, &c, problems, err);
  return st == LB_OK ? read_as(request, type, out, err) : st;
}
