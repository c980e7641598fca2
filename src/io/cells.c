/* cells.c - one column of cells of mixed kinds: the type that all of them have, then the values. */
#include "io/cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/date.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "frame/builder.h"
#include "io/csv_column.h"

#define FACTOR_LEVELS    64 /* as for csv: more distinct values than this are text */
#define FACTOR_ROWS      3  /* rows of a level on average, at least */
#define POLL_ROWS        4096
#define LARGEST_EXACT    9007199254740992.0 /* 2^53 */
#define DAY_MICROSECONDS 86400000000LL
#define MESSAGE          (LB_CELL_QUOTE + LB_CELL_PLACE + 160)

/* Texts in a cell that look like a number or date: decimal points, ISO dates. */
static const lb_csv_rules TEXT_RULES = {.decimal = '.'};

typedef struct column_work {
  const lb_cell_table *table;
  const lb_cell *cell;
  size_t column;
  bool is_id;
  size_t n[LB_CELL_KINDS];
  size_t n_present, n_typed; /* n_typed: cells that are not text */
} column_work;

lb_cell lb_cell_from_text(const char *text, size_t start, size_t length, const lb_map *na)
{
  size_t whole_start = start, whole_length = length;
  while (length > 0 && (text[start] == ' ' || text[start] == '\t')) start++, length--;
  while (length > 0 && (text[start + length - 1] == ' ' || text[start + length - 1] == '\t'))
    length--;
  lb_cell cell = {.kind = LB_CELL_MISSING, .is_text = true, .length = (uint32_t)length};
  size_t index;
  cell.value.text = start;
  if (lb_map_find(na, text + start, length, &index)) return cell;
  lb_csv_cell seen = {text + start, length, false};
  cell.kind = (uint8_t)lb_csv_cell_kind(&seen, &TEXT_RULES);
  /* Blanks around a number or a date mean nothing; those of a text are its own. */
  if (cell.kind == LB_CELL_TEXT) {
    cell.value.text = whole_start;
    cell.length = (uint32_t)whole_length;
  }
  return cell;
}

lb_cell lb_cell_from_number(double value)
{
  lb_cell cell = {.kind = LB_CELL_REAL};
  cell.value.real = value;
  if (!(fabs(value) <= LARGEST_EXACT) || value != floor(value)) return cell;
  cell.kind = LB_CELL_INTEGER;
  cell.value.integer = (int64_t)value;
  return cell;
}

lb_map *lb_cells_na(const lb_csv_options *options)
{
  static const char *const USUAL[] = {"", "NA"};
  const char *const *word = options->na == NULL ? USUAL : options->na;
  size_t n = options->na == NULL ? 2 : options->n_na, index;
  bool is_new;
  lb_map *map = lb_map_new();
  for (size_t i = 0; map != NULL && i < n; i++) {
    if (lb_map_put(map, word[i], strlen(word[i]), &index, &is_new)) continue;
    lb_map_free(map);
    map = NULL;
  }
  return map;
}

void lb_cell_letters(size_t column, char out[8])
{
  char reversed[8];
  size_t n = 0;
  for (size_t rest = column + 1; rest > 0 && n < 7; rest = (rest - 1) / 26)
    reversed[n++] = (char)('A' + (rest - 1) % 26);
  for (size_t i = 0; i < n; i++) out[i] = reversed[n - 1 - i];
  out[n] = '\0';
}

void lb_cell_place(const lb_cell_table *table, size_t row, size_t column, char out[LB_CELL_PLACE])
{
  char letters[8];
  if (table->sheet == NULL) {
    snprintf(out, LB_CELL_PLACE, "row %zu", row + 1);
    return;
  }
  lb_cell_letters(table->sheet_column + column, letters);
  snprintf(out, LB_CELL_PLACE, "%.120s!%s%zu", table->sheet, letters, table->sheet_row[row] + 1);
}

/* ---- The type ---- */

static void count_kinds(column_work *w)
{
  for (size_t row = 0; row < w->table->n_rows; row++) {
    const lb_cell *cell = &w->cell[row];
    if (cell->kind == LB_CELL_MISSING) continue;
    w->n[cell->kind]++;
    w->n_present++;
    w->n_typed += !cell->is_text;
  }
}

static size_t numbers(const column_work *w)
{
  return w->n[LB_CELL_INTEGER] + w->n[LB_CELL_REAL];
}

/* The cell as text: what a spreadsheet or program would show, dates as ISO 8601. */
static const char *cell_text(const column_work *w, const lb_cell *cell, char buffer[64],
                             size_t *length)
{
  if (cell->is_text) {
    *length = cell->length;
    return w->table->text + cell->value.text;
  }
  switch (cell->kind) {
  case LB_CELL_LOGICAL:
    *length = (size_t)snprintf(buffer, 64, "%s", cell->value.integer != 0 ? "true" : "false");
    break;
  case LB_CELL_REAL:
    *length = lb_format_real(buffer, cell->value.real);
    break;
  case LB_CELL_DATE:
    *length = lb_date_format(buffer, (int32_t)cell->value.integer);
    break;
  case LB_CELL_DATETIME:
    *length = lb_datetime_format(buffer, cell->value.integer);
    break;
  default:
    *length = (size_t)snprintf(buffer, 64, "%lld", (long long)cell->value.integer);
    break;
  }
  return buffer;
}

/* Few distinct texts, each many times: a factor, as for csv. */
static lb_status text_or_factor(const column_work *w, lb_type *type, lb_error *err)
{
  lb_map *distinct = lb_map_new();
  bool ok = distinct != NULL, is_new;
  size_t index, length;
  for (size_t row = 0; ok && row < w->table->n_rows; row++) {
    char buffer[64];
    if (w->cell[row].kind == LB_CELL_MISSING) continue;
    const char *text = cell_text(w, &w->cell[row], buffer, &length);
    ok = lb_map_put(distinct, text, length, &index, &is_new);
    if (ok && lb_map_size(distinct) > FACTOR_LEVELS) break;
  }
  size_t n = ok ? lb_map_size(distinct) : 0;
  bool few = n > 0 && n <= FACTOR_LEVELS && w->n_present >= FACTOR_ROWS * n;
  lb_map_free(distinct);
  *type = few && w->n_typed == 0 ? LB_FACTOR : LB_TEXT;
  return ok ? LB_OK : lb_error_nomem(err, "distinct values");
}

static lb_status find_type(const column_work *w, lb_type *type, lb_error *err)
{
  size_t n = w->n_present;
  if (w->table->n_rows == 0 || (w->is_id && w->n[LB_CELL_INTEGER] < n))
    *type = LB_TEXT;
  else if (n == 0)
    *type = w->is_id ? LB_TEXT : LB_REAL;
  else if (w->n[LB_CELL_INTEGER] == n)
    *type = LB_INTEGER;
  else if (w->n[LB_CELL_LOGICAL] == n)
    *type = LB_LOGICAL;
  else if (numbers(w) == n)
    *type = LB_REAL;
  else if (w->n[LB_CELL_DATE] == n)
    *type = LB_DATE;
  else if (w->n[LB_CELL_DATE] + w->n[LB_CELL_DATETIME] == n)
    *type = LB_DATETIME;
  else
    return text_or_factor(w, type, err);
  return LB_OK;
}

/* ---- Problems ---- */

static bool fits(lb_cell_kind kind, lb_type type)
{
  switch (type) {
  case LB_REAL:
    return kind == LB_CELL_INTEGER || kind == LB_CELL_REAL;
  case LB_LOGICAL:
    return kind == LB_CELL_LOGICAL;
  case LB_DATETIME:
    return kind == LB_CELL_DATE || kind == LB_CELL_DATETIME;
  default:
    return false;
  }
}

static void quote_cell(const column_work *w, size_t row, char out[LB_CELL_QUOTE])
{
  char buffer[64];
  lb_csv_cell seen = {0};
  seen.text = cell_text(w, &w->cell[row], buffer, &seen.length);
  lb_csv_cell_quote(&seen, out);
}

static bool add_problem(const column_work *w, size_t row, const char *message,
                        lb_problems *problems)
{
  size_t line = w->table->sheet == NULL ? 0 : w->table->sheet_row[row] + 1;
  return lb_problems_add(problems, row + 1, line, w->table->name[w->column], message);
}

/* Each cell that keeps the column from being of the type. */
static bool report_misfits(const column_work *w, lb_type type, lb_problems *problems)
{
  for (size_t row = 0; row < w->table->n_rows; row++) {
    char place[LB_CELL_PLACE], quote[LB_CELL_QUOTE], message[MESSAGE];
    lb_cell_kind kind = w->cell[row].kind;
    if (kind == LB_CELL_MISSING || fits(kind, type)) continue;
    lb_cell_place(w->table, row, w->column, place);
    quote_cell(w, row, quote);
    snprintf(message, sizeof message, "%s: %s is not %s: the column was read as text", place, quote,
             lb_csv_cell_expected(type == LB_DATETIME ? LB_DATE : type));
    if (!add_problem(w, row, message, problems)) return false;
  }
  return true;
}

/* Numbers, dates or logicals among texts: one problem, at the first. */
static bool report_typed(const column_work *w, lb_problems *problems)
{
  size_t row = 0;
  char place[LB_CELL_PLACE], message[MESSAGE];
  while (w->cell[row].kind == LB_CELL_MISSING || w->cell[row].is_text) row++;
  lb_cell_place(w->table, row, w->column, place);
  snprintf(message, sizeof message,
           "%zu cell%s of this column of texts %s no text (the first is %s): read as text",
           w->n_typed, w->n_typed == 1 ? "" : "s", w->n_typed == 1 ? "is" : "are", place);
  return add_problem(w, row, message, problems);
}

/* Numbers that a spreadsheet keeps as text are often entries that somebody typed around. */
static bool report_text_numbers(const column_work *w, lb_problems *problems)
{
  size_t n = 0, first = 0;
  char place[LB_CELL_PLACE], message[MESSAGE];
  for (size_t row = w->table->n_rows; row-- > 0;) {
    if (w->cell[row].kind == LB_CELL_MISSING || !w->cell[row].is_text) continue;
    n++;
    first = row;
  }
  if (n == 0 || n == w->n_present) return true;
  lb_cell_place(w->table, first, w->column, place);
  snprintf(message, sizeof message,
           "%zu value%s stored as text (the first is %s) %s read like the others", n,
           n == 1 ? "" : "s", place, n == 1 ? "was" : "were");
  return add_problem(w, first, message, problems);
}

/* One family of kinds with most of the cells, and others among them. */
static bool report_mixed(const column_work *w, lb_problems *problems)
{
  size_t dates = w->n[LB_CELL_DATE] + w->n[LB_CELL_DATETIME];
  size_t best = numbers(w);
  lb_type type = LB_REAL;
  if (dates > best) best = dates, type = LB_DATETIME;
  if (w->n[LB_CELL_LOGICAL] > best) best = w->n[LB_CELL_LOGICAL], type = LB_LOGICAL;
  bool nearly_all = best > 0 && best >= w->n_present - w->n_present / 10;
  if (nearly_all || (w->n_typed > 0 && 2 * best >= w->n_present))
    return report_misfits(w, type, problems);
  return w->n_typed == 0 || w->n_typed == w->n_present || report_typed(w, problems);
}

static lb_status report(const column_work *w, lb_type type, lb_problems *problems, lb_error *err)
{
  bool ok = true;
  if (w->is_id || problems == NULL || w->n_present == 0) return LB_OK;
  if (type == LB_TEXT || type == LB_FACTOR)
    ok = report_mixed(w, problems);
  else if (w->table->sheet != NULL)
    ok = report_text_numbers(w, problems);
  return ok ? LB_OK : lb_error_nomem(err, "problems");
}

/* ---- The values ---- */

static bool put_number(const lb_cell *cell, lb_type type, void *values, size_t row)
{
  double value = cell->kind == LB_CELL_REAL ? cell->value.real : (double)cell->value.integer;
  bool whole = cell->kind == LB_CELL_INTEGER;
  if (type == LB_REAL) ((double *)values)[row] = value;
  if (type == LB_INTEGER && whole) ((int64_t *)values)[row] = cell->value.integer;
  if (type == LB_LOGICAL && value == 1) lb_bit_set(values, row);
  return type == LB_REAL || (type == LB_INTEGER && whole) ||
         (type == LB_LOGICAL && whole && (value == 0 || value == 1));
}

static bool put_date(const column_work *w, const lb_cell *cell, int64_t *values, size_t row)
{
  int32_t days = (int32_t)cell->value.integer;
  if (cell->is_text && !lb_date_parse(w->table->text + cell->value.text, cell->length, &days))
    return false;
  values[row] = (int64_t)days * DAY_MICROSECONDS;
  return true;
}

/* Writes the value of a present cell; false when it does not fit. */
static bool put(const column_work *w, size_t row, lb_type type, void *values)
{
  const lb_cell *cell = &w->cell[row];
  if (cell->kind == LB_CELL_DATE && type == LB_DATETIME) return put_date(w, cell, values, row);
  if (cell->is_text) {
    lb_csv_cell seen = {w->table->text + cell->value.text, cell->length, false};
    return lb_csv_cell_put(&seen, &TEXT_RULES, type, values, row);
  }
  switch (cell->kind) {
  case LB_CELL_INTEGER:
  case LB_CELL_REAL:
    return put_number(cell, type, values, row);
  case LB_CELL_LOGICAL:
    if (type == LB_LOGICAL && cell->value.integer != 0) lb_bit_set(values, row);
    return type == LB_LOGICAL;
  case LB_CELL_DATE:
    if (type == LB_DATE) ((int32_t *)values)[row] = (int32_t)cell->value.integer;
    return type == LB_DATE;
  default:
    if (type == LB_DATETIME) ((int64_t *)values)[row] = cell->value.integer;
    return type == LB_DATETIME;
  }
}

static lb_status misfit(const column_work *w, size_t row, lb_type type, lb_error *err)
{
  char place[LB_CELL_PLACE], quote[LB_CELL_QUOTE] = "the cell";
  lb_cell_place(w->table, row, w->column, place);
  if (!w->is_id) quote_cell(w, row, quote);
  return lb_error_set(err, LB_EPARSE, "%s, column '%s': %s is not %s", place,
                      w->table->name[w->column], quote, lb_csv_cell_expected(type));
}

static lb_status fill_values(const column_work *w, lb_type type, void *values, uint8_t *valid,
                             lb_error *err)
{
  for (size_t row = 0; row < w->table->n_rows; row++) {
    if (row % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    if (w->cell[row].kind == LB_CELL_MISSING)
      lb_bit_clear(valid, row);
    else if (!put(w, row, type, values))
      return misfit(w, row, type, err);
  }
  return LB_OK;
}

static lb_status read_values(const column_work *w, lb_type type, lb_column **out, lb_error *err)
{
  size_t n = w->table->n_rows, size = type == LB_DATE ? sizeof(int32_t) : sizeof(int64_t);
  void *values = type == LB_LOGICAL ? lb_bitmap_new(n, false) : lb_mem_zero(n, size);
  uint8_t *valid = lb_bitmap_new(n, true);
  lb_status st = values == NULL || valid == NULL ? lb_error_nomem(err, "column")
                                                 : fill_values(w, type, values, valid, err);
  if (st != LB_OK || w->n_present == n) {
    lb_mem_free(valid);
    valid = NULL;
  }
  if (st == LB_OK) return lb_column_new(type, n, values, valid, out, err);
  lb_mem_free(values);
  return st;
}

static lb_status read_text(const column_work *w, lb_column **out, lb_error *err)
{
  lb_text_builder builder = {0};
  for (size_t row = 0; row < w->table->n_rows; row++) {
    char buffer[64];
    size_t length;
    if (row % POLL_ROWS == 0 && lb_interrupted()) {
      lb_text_builder_reset(&builder);
      return lb_error_interrupted(err);
    }
    if (w->cell[row].kind == LB_CELL_MISSING) {
      lb_text_builder_add_missing(&builder);
      continue;
    }
    const char *text = cell_text(w, &w->cell[row], buffer, &length);
    lb_text_builder_add(&builder, text, length);
  }
  return lb_text_builder_finish(&builder, out, err);
}

/* Codes that are all integers have their levels in numeric order. */
static lb_status read_factor(const column_work *w, lb_column **out, lb_error *err)
{
  lb_column *values = NULL;
  bool integers = w->n_present > 0 && w->n[LB_CELL_INTEGER] == w->n_present;
  lb_status st = integers ? read_values(w, LB_INTEGER, &values, err) : read_text(w, &values, err);
  if (st == LB_OK) st = lb_column_to_factor(values, NULL, 0, false, out, err);
  lb_column_release(values);
  return st;
}

lb_status lb_cells_column(const lb_cell_table *table, size_t column, const lb_type *given,
                          bool is_id, lb_column **out, lb_problems *problems, lb_error *err)
{
  column_work w = {.table = table, .column = column, .is_id = is_id};
  lb_cell *cell = lb_mem_array(table->n_rows, sizeof *cell);
  if (cell == NULL) return lb_error_nomem(err, "cells");
  for (size_t row = 0; row < table->n_rows; row++) cell[row] = (lb_cell){.kind = LB_CELL_MISSING};
  table->fill(table->context, column, cell);
  w.cell = cell;
  count_kinds(&w);
  lb_type type = LB_TEXT;
  lb_status st = LB_OK;
  if (given != NULL)
    type = *given;
  else
    st = find_type(&w, &type, err);
  if (st == LB_OK && given == NULL) st = report(&w, type, problems, err);
  if (st == LB_OK && type == LB_TEXT)
    st = read_text(&w, out, err);
  else if (st == LB_OK && type == LB_FACTOR)
    st = read_factor(&w, out, err);
  else if (st == LB_OK)
    st = read_values(&w, type, out, err);
  lb_mem_free(cell);
  return st;
}
