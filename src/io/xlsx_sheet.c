/* xlsx_sheet.c - the XML of a sheet, cell by cell: references, types, formats and stored values. */
#include "io/xlsx_sheet.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "io/room.h"

#define DAY_MICROSECONDS 86400000000LL
#define TEXT_MAX         ((size_t)UINT32_MAX)

static const char *const ERRORS[] = {"an error", "#NULL!", "#DIV/0!", "#VALUE!", "#REF!",
                                     "#NAME?",   "#NUM!",  "#N/A",    "#SPILL!"};

const char *lb_xlsx_error_name(uint8_t error)
{
  return ERRORS[error];
}

/* ---- References ---- */

/* Letters and digits of one corner; *text then stands behind them. */
static bool parse_corner(const char **text, size_t *row, size_t *column)
{
  const char *c = *text;
  size_t letters = 0, digits = 0;
  *row = *column = 0;
  if (*c == '$') c++;
  for (; letters < 4 && ((*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z')); c++, letters++)
    *column = 26 * *column + (size_t)((*c & ~32) - 'A' + 1);
  if (*c == '$') c++;
  for (; digits < 8 && *c >= '0' && *c <= '9'; c++, digits++) *row = 10 * *row + (size_t)(*c - '0');
  *text = c;
  if (*column == 0 || *column > LB_XLSX_COLUMNS || *row == 0 || *row > LB_XLSX_ROWS) return false;
  --*row, --*column;
  return true;
}

bool lb_xlsx_range_parse(const char *text, lb_xlsx_range *out)
{
  lb_xlsx_range r;
  if (!parse_corner(&text, &r.row0, &r.column0)) return false;
  r.row1 = r.row0, r.column1 = r.column0;
  if (*text == ':') {
    text++;
    if (!parse_corner(&text, &r.row1, &r.column1)) return false;
  }
  if (*text != '\0') return false;
  *out = (lb_xlsx_range){r.row0 < r.row1 ? r.row0 : r.row1, r.row0 < r.row1 ? r.row1 : r.row0,
                         r.column0 < r.column1 ? r.column0 : r.column1,
                         r.column0 < r.column1 ? r.column1 : r.column0};
  return true;
}

/* ---- Cells ---- */

typedef enum content { NUMBER, SHARED, TEXT, LOGICAL, ERROR, DATE } content;

typedef struct sheet_parse {
  lb_xlsx_book *book;
  const lb_map *na;
  const lb_xlsx_range *range;
  lb_xlsx_grid *grid;
  size_t row, column; /* where the next cell stands if it does not say */
  content type;
  lb_xlsx_style style;
  bool in_data, in_cell, formula, has_value, in_value;
  int phonetic;
  lb_str value; /* of <v> and <t>; never shared texts */
} sheet_parse;

static lb_xlsx_cell next_cell(const sheet_parse *p)
{
  lb_xlsx_cell c = {.row = (uint32_t)p->row, .column = (uint16_t)p->column};
  c.filled = p->style.filled;
  c.cell.kind = LB_CELL_MISSING;
  return c;
}

/* A number that may be a date by its format. */
static void set_number(const sheet_parse *p, double number, lb_xlsx_cell *c)
{
  int64_t microseconds;
  lb_xlsx_format format = p->style.format;
  c->time = format == LB_XLSX_TIME;
  if (format == LB_XLSX_PLAIN || format == LB_XLSX_TIME) {
    c->cell = lb_cell_from_number(number);
  } else if (!lb_xlsx_date(number, p->book->from_1904, &microseconds)) {
    c->issue = LB_XLSX_NO_DATE;
  } else {
    /* A date format hides a time of day, but the cell holds it. */
    int64_t days = microseconds / DAY_MICROSECONDS;
    bool whole = microseconds % DAY_MICROSECONDS == 0;
    c->cell.kind = whole && format == LB_XLSX_DATE ? LB_CELL_DATE : LB_CELL_DATETIME;
    c->cell.value.integer = c->cell.kind == LB_CELL_DATE ? days : microseconds;
  }
}

static void set_error(const char *text, lb_xlsx_cell *c)
{
  c->issue = LB_XLSX_ERROR;
  for (size_t i = 1; i < sizeof ERRORS / sizeof *ERRORS; i++)
    if (strcmp(text, ERRORS[i]) == 0) c->error = (uint8_t)i;
}

static void set_iso_date(const char *text, lb_xlsx_cell *c)
{
  int32_t days;
  if (lb_date_parse(text, strlen(text), &days)) {
    c->cell.kind = LB_CELL_DATE;
    c->cell.value.integer = days;
  } else if (lb_datetime_parse(text, strlen(text), &c->cell.value.integer)) {
    c->cell.kind = LB_CELL_DATETIME;
  } else {
    c->issue = LB_XLSX_NO_DATE;
  }
}

/* A shared text by its number. */
static void set_shared(const sheet_parse *p, const char *text, lb_xlsx_cell *c)
{
  int64_t i;
  size_t start, length;
  if (!lb_parse_integer(text, strlen(text), &i) || i < 0 || (size_t)i >= p->book->n_texts) {
    c->issue = LB_XLSX_BAD_VALUE;
    return;
  }
  lb_xlsx_shared(p->book, (size_t)i, &start, &length);
  c->cell = lb_cell_from_text(p->book->text.data, start, length, p->na);
}

/* A text of the cell's own goes behind the shared ones. */
static lb_status set_text(sheet_parse *p, lb_xlsx_cell *c, lb_error *err)
{
  lb_str *all = &p->book->text;
  size_t start = all->length;
  lb_xlsx_unescape(&p->value, 0);
  lb_str_add(all, p->value.data, p->value.length);
  if (all->failed) return lb_error_nomem(err, "texts");
  c->cell = lb_cell_from_text(all->data, start, p->value.length, p->na);
  return LB_OK;
}

static lb_status set_value(sheet_parse *p, lb_xlsx_cell *c, lb_error *err)
{
  const char *text = p->value.length == 0 ? "" : p->value.data;
  double number;
  switch (p->type) {
  case SHARED:
    set_shared(p, text, c);
    break;
  case TEXT:
    return set_text(p, c, err);
  case LOGICAL:
    c->cell.kind = LB_CELL_LOGICAL;
    c->cell.value.integer = strcmp(text, "1") == 0 || strcmp(text, "true") == 0;
    break;
  case ERROR:
    set_error(text, c);
    break;
  case DATE:
    set_iso_date(text, c);
    break;
  default:
    if (lb_parse_real(text, p->value.length, &number))
      set_number(p, number, c);
    else
      c->issue = LB_XLSX_BAD_VALUE;
  }
  return LB_OK;
}

static lb_status add_cell(sheet_parse *p, const lb_xlsx_cell *c, lb_error *err)
{
  lb_xlsx_grid *g = p->grid;
  if (g->n > 0) {
    const lb_xlsx_cell *last = &g->cell[g->n - 1];
    if (c->row < last->row || (c->row == last->row && c->column <= last->column))
      return lb_error_set(err, LB_EPARSE, "the cells of the sheet are not in order");
  }
  if (!lb_room(&g->cell, g->n, &g->capacity, sizeof *g->cell)) return lb_error_nomem(err, "cells");
  g->cell[g->n++] = *c;
  return LB_OK;
}

static bool in_range(const lb_xlsx_range *r, size_t row, size_t column)
{
  return row >= r->row0 && row <= r->row1 && column >= r->column0 && column <= r->column1;
}

static lb_status end_cell(sheet_parse *p, lb_error *err)
{
  lb_xlsx_cell c = next_cell(p);
  lb_status st = LB_OK;
  if (p->value.failed) return lb_error_nomem(err, "a cell");
  if (p->value.length > TEXT_MAX) return lb_error_set(err, LB_EDATA, "a cell with 4 GiB of text");
  bool wanted = in_range(p->range, p->row, p->column);
  bool stored = p->has_value && (p->value.length > 0 || p->type == TEXT);
  if (wanted && stored)
    st = set_value(p, &c, err);
  else if (wanted && p->formula)
    c.issue = LB_XLSX_NO_VALUE;
  /* A text of length 0 is as good as no cell. */
  bool empty = c.cell.kind == LB_CELL_MISSING && c.cell.length == 0 && c.issue == LB_XLSX_FINE;
  if (st == LB_OK && wanted && !empty) st = add_cell(p, &c, err);
  p->column++;
  p->in_cell = false;
  return st;
}

static void begin_type(sheet_parse *p, const char *type)
{
  p->type = NUMBER;
  if (type == NULL || strcmp(type, "n") == 0) return;
  if (strcmp(type, "s") == 0) p->type = SHARED;
  if (strcmp(type, "str") == 0 || strcmp(type, "inlineStr") == 0) p->type = TEXT;
  if (strcmp(type, "b") == 0) p->type = LOGICAL;
  if (strcmp(type, "e") == 0) p->type = ERROR;
  if (strcmp(type, "d") == 0) p->type = DATE;
}

static lb_status begin_cell(sheet_parse *p, const char **attributes, lb_error *err)
{
  const char *place = lb_xml_attribute(attributes, "r");
  const char *style = lb_xml_attribute(attributes, "s");
  unsigned long index = style == NULL ? 0 : strtoul(style, NULL, 10);
  size_t row = p->row, column = p->column;
  if (place != NULL && (!parse_corner(&place, &row, &column) || *place != '\0'))
    return lb_error_set(err, LB_EPARSE, "a cell whose reference is none");
  if (row != p->row || column >= LB_XLSX_COLUMNS || row >= LB_XLSX_ROWS)
    return lb_error_set(err, LB_EPARSE, "a cell that does not belong to its row");
  p->column = column;
  p->style = (lb_xlsx_style){0};
  if (index < p->book->n_styles) p->style = p->book->style[index];
  begin_type(p, lb_xml_attribute(attributes, "t"));
  p->in_cell = true;
  p->formula = p->has_value = false;
  p->value.length = 0;
  return LB_OK;
}

static lb_status begin_row(sheet_parse *p, const char **attributes, lb_error *err)
{
  const char *number = lb_xml_attribute(attributes, "r");
  const char *hidden = lb_xml_attribute(attributes, "hidden");
  int64_t row;
  p->row++; /* starts as SIZE_MAX: the first is row 0 */
  if (number != NULL) {
    if (!lb_parse_integer(number, strlen(number), &row) || row < 1 || (size_t)row > LB_XLSX_ROWS)
      return lb_error_set(err, LB_EPARSE, "a row whose number is none");
    p->row = (size_t)row - 1;
  }
  p->column = 0;
  if (hidden == NULL || (strcmp(hidden, "1") != 0 && strcmp(hidden, "true") != 0)) return LB_OK;
  lb_xlsx_grid *g = p->grid;
  if (!lb_room(&g->hidden, g->n_hidden, &g->hidden_capacity, sizeof *g->hidden))
    return lb_error_nomem(err, "hidden rows");
  g->hidden[g->n_hidden++] = (uint32_t)p->row;
  return LB_OK;
}

static lb_status add_merge(lb_xlsx_grid *g, const char **attributes, lb_error *err)
{
  const char *text = lb_xml_attribute(attributes, "ref");
  lb_xlsx_range range;
  if (text == NULL || !lb_xlsx_range_parse(text, &range)) return LB_OK;
  if (!lb_room(&g->merge, g->n_merges, &g->merge_capacity, sizeof *g->merge))
    return lb_error_nomem(err, "merged cells");
  g->merge[g->n_merges++] = range;
  return LB_OK;
}

static lb_status on_start(void *context, const char *name, const char **attributes, lb_error *err)
{
  sheet_parse *p = context;
  if (strcmp(name, "mergeCell") == 0) return add_merge(p->grid, attributes, err);
  if (strcmp(name, "sheetData") == 0) p->in_data = true;
  if (!p->in_data) return LB_OK;
  if (strcmp(name, "row") == 0) return begin_row(p, attributes, err);
  if (strcmp(name, "c") == 0 && !p->in_cell)
    return p->row == SIZE_MAX ? lb_error_set(err, LB_EPARSE, "a cell without a row")
                              : begin_cell(p, attributes, err);
  if (!p->in_cell) return LB_OK;
  if (strcmp(name, "f") == 0) p->formula = true;
  if (strcmp(name, "rPh") == 0) p->phonetic++;
  if (strcmp(name, "v") == 0) p->in_value = p->has_value = true;
  if (strcmp(name, "t") == 0 && p->phonetic == 0) p->in_value = p->has_value = true;
  return LB_OK;
}

static lb_status on_text(void *context, const char *text, size_t length, lb_error *err)
{
  sheet_parse *p = context;
  (void)err;
  if (p->in_cell && p->in_value) lb_str_add(&p->value, text, length);
  return LB_OK;
}

static lb_status on_end(void *context, const char *name, lb_error *err)
{
  sheet_parse *p = context;
  if (strcmp(name, "sheetData") == 0) p->in_data = false;
  if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0) p->in_value = false;
  if (strcmp(name, "rPh") == 0) p->phonetic--;
  return strcmp(name, "c") == 0 && p->in_cell ? end_cell(p, err) : LB_OK;
}

lb_status lb_xlsx_sheet_read(lb_package *package, const char *part, lb_xlsx_book *book,
                             const lb_map *na, const lb_xlsx_range *range, lb_xlsx_grid *out,
                             lb_error *err)
{
  static const lb_xml_handlers HANDLERS = {on_start, on_end, on_text};
  lb_xlsx_grid grid = {0};
  sheet_parse p = {.book = book, .na = na, .range = range, .grid = &grid, .row = SIZE_MAX};
  bool found = false;
  lb_status st = lb_package_parse(package, part, &HANDLERS, &p, &found, err);
  if (st == LB_OK && !found) st = lb_error_set(err, LB_EPARSE, "the file lacks the part %s", part);
  lb_str_reset(&p.value);
  if (st == LB_OK)
    *out = grid;
  else
    lb_xlsx_grid_reset(&grid);
  return st;
}

void lb_xlsx_grid_reset(lb_xlsx_grid *grid)
{
  lb_mem_free(grid->cell);
  lb_mem_free(grid->merge);
  lb_mem_free(grid->hidden);
  *grid = (lb_xlsx_grid){0};
}
