/* xlsx.c - a sheet of a workbook as a frame: which sheet, which cells, what was odd in it. */
#include "io/xlsx.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/names.h"
#include "io/csv_column.h"
#include "io/xlsx_sheet.h"

#define MESSAGE     512
#define GRID_FREE   ((size_t)1000000) /* places that need not be filled */
#define MERGES_KEPT 20                /* merged ranges reported one by one */

typedef struct reading {
  const lb_xlsx_options *options;
  lb_package *package;
  lb_xlsx_book book;
  const lb_xlsx_sheet *sheet;
  lb_xlsx_range range;
  lb_xlsx_grid grid;
  lb_map *na;
  size_t first_data;  /* cell number: those before stand in the header */
  size_t *by_column;  /* numbers of data cells, column by column */
  size_t *column_end; /* n_columns */
  size_t *sheet_row;  /* by data row */
  size_t *data_row;   /* by data cell, less first_data */
  lb_cell_table table;
} reading;

static void reading_reset(reading *r)
{
  for (size_t i = 0; r->table.name != NULL && i < r->table.n_columns; i++)
    lb_mem_free(r->table.name[i]);
  lb_mem_free(r->table.name);
  lb_mem_free(r->by_column);
  lb_mem_free(r->column_end);
  lb_mem_free(r->sheet_row);
  lb_mem_free(r->data_row);
  lb_map_free(r->na);
  lb_xlsx_grid_reset(&r->grid);
  lb_xlsx_book_reset(&r->book);
  lb_package_close(r->package);
}

/* ---- Which sheet, which cells ---- */

static lb_status unknown_sheet(const reading *r, lb_error *err)
{
  const char **names = lb_mem_array(r->book.n_sheets, sizeof *names);
  if (names == NULL) return lb_error_nomem(err, "sheets");
  for (size_t i = 0; i < r->book.n_sheets; i++) names[i] = r->book.sheet[i].name;
  lb_name_unknown(err, "sheet", "Sheets", r->options->sheet, names, r->book.n_sheets);
  lb_mem_free(names);
  return LB_ENAME;
}

static lb_status choose_sheet(reading *r, lb_error *err)
{
  const lb_xlsx_book *b = &r->book;
  size_t i = 0;
  if (r->options->sheet != NULL) {
    while (i < b->n_sheets && strcmp(b->sheet[i].name, r->options->sheet) != 0) i++;
    if (i == b->n_sheets) return unknown_sheet(r, err);
  } else if (r->options->sheet_number > 0) {
    if (r->options->sheet_number > b->n_sheets)
      return lb_error_set(err, LB_ENAME, "no sheet %zu: the file has %zu", r->options->sheet_number,
                          b->n_sheets);
    i = r->options->sheet_number - 1;
  } else {
    while (i + 1 < b->n_sheets && b->sheet[i].hidden) i++;
  }
  r->sheet = &b->sheet[i];
  if (r->sheet->part == NULL)
    return lb_error_set(err, LB_EPARSE, "sheet '%s': the file does not say where it is",
                        r->sheet->name);
  return LB_OK;
}

static lb_status choose_range(reading *r, lb_error *err)
{
  r->range = (lb_xlsx_range){0, LB_XLSX_ROWS - 1, 0, LB_XLSX_COLUMNS - 1};
  if (r->options->range == NULL || lb_xlsx_range_parse(r->options->range, &r->range)) return LB_OK;
  lb_error_set(err, LB_EARG, "range '%s': expected two corners", r->options->range);
  return lb_error_mend(err, "Write range = \"B3:H200\"; its first row is the header.");
}

/* Without a range the columns are those in use. */
static lb_status find_extent(reading *r, lb_error *err)
{
  const lb_xlsx_grid *g = &r->grid;
  size_t low = LB_XLSX_COLUMNS, high = 0;
  if (g->n == 0) {
    lb_error_set(err, LB_EDATA, "sheet '%s' has no cells%s", r->sheet->name,
                 r->options->range == NULL ? "" : " in the range");
    return lb_error_mend(err, "Other sheets are read with sheet = \"name\".");
  }
  for (size_t i = 0; i < g->n; i++) {
    if (g->cell[i].column < low) low = g->cell[i].column;
    if (g->cell[i].column > high) high = g->cell[i].column;
  }
  if (r->options->range == NULL) r->range.column0 = low, r->range.column1 = high;
  r->range.row0 = g->cell[0].row; /* the header */
  r->range.row1 = g->cell[g->n - 1].row;
  r->table.n_columns = r->range.column1 - r->range.column0 + 1;
  while (r->first_data < g->n && g->cell[r->first_data].row == r->range.row0) r->first_data++;
  return LB_OK;
}

/* Rows with cells are numbered from 0; those without are left out. */
static lb_status number_rows(reading *r, lb_error *err)
{
  size_t n = r->grid.n - r->first_data;
  const lb_xlsx_cell *cell = r->grid.cell + r->first_data;
  r->data_row = lb_mem_array(n, sizeof *r->data_row);
  r->sheet_row = lb_mem_array(n, sizeof *r->sheet_row);
  if (r->data_row == NULL || r->sheet_row == NULL) return lb_error_nomem(err, "rows");
  size_t rows = 0;
  for (size_t i = 0; i < n; i++) {
    if (i == 0 || cell[i].row != cell[i - 1].row) r->sheet_row[rows++] = cell[i].row;
    r->data_row[i] = rows - 1;
  }
  r->table.n_rows = rows;
  size_t places = rows * r->table.n_columns;
  if (places <= GRID_FREE || places / LB_XLSX_SPARSE_MAX <= n) return LB_OK;
  char letters[8];
  lb_cell_letters(r->range.column1, letters);
  lb_error_set(err, LB_EDATA, "sheet '%s' uses cells as far as %s%zu, nearly all of them empty",
               r->sheet->name, letters, r->range.row1 + 1);
  return lb_error_mend(err, "Say where the table is: range = \"A1:H200\".");
}

/* Counting sort of the data cells by column. */
static lb_status sort_by_column(reading *r, lb_error *err)
{
  size_t n = r->grid.n - r->first_data, m = r->table.n_columns, sum = 0;
  const lb_xlsx_cell *cell = r->grid.cell + r->first_data;
  r->by_column = lb_mem_array(n, sizeof *r->by_column);
  r->column_end = lb_mem_zero(m, sizeof *r->column_end);
  if (r->by_column == NULL || r->column_end == NULL) return lb_error_nomem(err, "columns");
  for (size_t i = 0; i < n; i++) r->column_end[cell[i].column - r->range.column0]++;
  for (size_t j = 0; j < m; j++) {
    size_t count = r->column_end[j];
    r->column_end[j] = sum; /* where it begins, until its cells are in place */
    sum += count;
  }
  for (size_t i = 0; i < n; i++)
    r->by_column[r->column_end[cell[i].column - r->range.column0]++] = i;
  return LB_OK;
}

static void fill_column(const void *context, size_t column, lb_cell *out)
{
  const reading *r = context;
  size_t begin = column == 0 ? 0 : r->column_end[column - 1];
  for (size_t k = begin; k < r->column_end[column]; k++) {
    size_t i = r->by_column[k];
    out[r->data_row[i]] = r->grid.cell[r->first_data + i].cell;
  }
}

/* ---- The header ---- */

static char *header_text(const reading *r, const lb_cell *cell)
{
  char buffer[64];
  size_t length = 0;
  const char *text = buffer;
  if (cell->is_text) {
    text = r->book.text.data + cell->value.text;
    length = cell->length;
  } else if (cell->kind == LB_CELL_INTEGER) {
    length = (size_t)snprintf(buffer, sizeof buffer, "%lld", (long long)cell->value.integer);
  } else if (cell->kind == LB_CELL_REAL) {
    length = lb_format_real(buffer, cell->value.real);
  } else if (cell->kind == LB_CELL_DATE) {
    length = lb_date_format(buffer, (int32_t)cell->value.integer);
  } else if (cell->kind == LB_CELL_DATETIME) {
    length = lb_datetime_format(buffer, cell->value.integer);
  } else if (cell->kind == LB_CELL_LOGICAL) {
    length = (size_t)snprintf(buffer, sizeof buffer, cell->value.integer != 0 ? "true" : "false");
  }
  char *name = lb_mem_text(text, length);
  for (char *c = name; c != NULL && *c != '\0'; c++)
    if ((unsigned char)*c < 0x20) *c = ' ';
  return name;
}

static lb_status read_header(reading *r, lb_error *err)
{
  size_t m = r->table.n_columns;
  bool ok = (r->table.name = lb_mem_zero(m, sizeof *r->table.name)) != NULL;
  for (size_t i = 0; ok && i < r->first_data; i++) {
    size_t j = r->grid.cell[i].column - r->range.column0;
    ok = (r->table.name[j] = header_text(r, &r->grid.cell[i].cell)) != NULL;
  }
  for (size_t j = 0; ok && j < m; j++)
    if (r->table.name[j] == NULL) ok = (r->table.name[j] = lb_mem_text("", 0)) != NULL;
  return ok ? LB_OK : lb_error_nomem(err, "column names");
}

/* ---- Problems ---- */

static bool report(const reading *r, lb_problems *problems, const char *message)
{
  (void)r;
  return lb_problems_add(problems, 0, 0, NULL, message);
}

/* "A, B and 3 more" of the sheets that are hidden, or are not the one read. */
static bool report_sheets(const reading *r, lb_problems *problems)
{
  const lb_xlsx_book *b = &r->book;
  size_t hidden = 0, others = 0;
  lb_str names = {0}, message = {0};
  for (size_t i = 0; i < b->n_sheets; i++) {
    hidden += b->sheet[i].hidden;
    others += !b->sheet[i].hidden && &b->sheet[i] != r->sheet;
  }
  bool chosen = r->options->sheet != NULL || r->options->sheet_number > 0, ok = true;
  for (size_t i = 0; i < b->n_sheets; i++)
    if (b->sheet[i].hidden)
      lb_str_addf(&names, "%s'%.80s'", names.length == 0 ? "" : ", ", b->sheet[i].name);
  if (hidden > 0) {
    lb_str_addf(&message, "hidden sheet%s: %.900s", hidden == 1 ? "" : "s",
                names.failed ? "" : names.data);
    ok = !names.failed && !message.failed && report(r, problems, message.data);
    message.length = 0;
  }
  if (ok && others > 0 && !chosen) {
    lb_str_addf(&message, "the file has %zu other sheet%s: '%.80s' was read", others,
                others == 1 ? "" : "s", r->sheet->name);
    ok = !message.failed && report(r, problems, message.data);
  }
  lb_str_reset(&names);
  lb_str_reset(&message);
  return ok;
}

static bool report_rows(const reading *r, lb_problems *problems)
{
  char message[MESSAGE];
  size_t blank = 0, first = 0, hidden = 0;
  size_t before = r->range.row0;
  for (size_t i = 0; i < r->table.n_rows; i++) {
    size_t gap = r->table.sheet_row[i] - before - 1;
    if (blank == 0 && gap > 0) first = before + 2;
    blank += gap;
    before = r->table.sheet_row[i];
  }
  snprintf(message, sizeof message, "%zu empty row%s left out, the first is row %zu of the sheet",
           blank, blank == 1 ? " was" : "s were", first);
  if (blank > 0 && !report(r, problems, message)) return false;
  for (size_t i = 0; i < r->grid.n_hidden; i++)
    hidden += r->grid.hidden[i] > r->range.row0 && r->grid.hidden[i] <= r->range.row1;
  snprintf(message, sizeof message,
           "%zu row%s hidden in the sheet (a filter?), and read like the others", hidden,
           hidden == 1 ? " is" : "s are");
  return hidden == 0 || report(r, problems, message);
}

static bool report_merges(const reading *r, lb_problems *problems)
{
  char message[MESSAGE], from[8], to[8];
  size_t n = 0;
  for (size_t i = 0; i < r->grid.n_merges; i++) {
    const lb_xlsx_range *m = &r->grid.merge[i];
    if (m->row1 < r->range.row0 || m->row0 > r->range.row1 || m->column1 < r->range.column0 ||
        m->column0 > r->range.column1 || n++ >= MERGES_KEPT)
      continue;
    lb_cell_letters(m->column0, from);
    lb_cell_letters(m->column1, to);
    snprintf(message, sizeof message,
             "%.120s!%s%zu:%s%zu are merged cells: only the first has the value, the others are %s",
             r->sheet->name, from, m->row0 + 1, to, m->row1 + 1,
             m->row0 == r->range.row0 ? "empty" : "missing");
    if (!report(r, problems, message)) return false;
  }
  snprintf(message, sizeof message, "%zu more ranges of merged cells", n - MERGES_KEPT);
  return n <= MERGES_KEPT || report(r, problems, message);
}

/* What is counted over all data cells, said once with the first place. */
static bool report_counted(const reading *r, lb_problems *problems)
{
  char message[MESSAGE], place[LB_CELL_PLACE];
  size_t n_filled = 0, n_times = 0, filled = 0, time = 0, n = r->grid.n - r->first_data;
  const lb_xlsx_cell *cell = r->grid.cell + r->first_data;
  for (size_t i = n; i-- > 0;) {
    if (cell[i].filled) filled = i, n_filled++;
    if (cell[i].time) time = i, n_times++;
  }
  if (n_filled > 0) {
    lb_cell_place(&r->table, r->data_row[filled], cell[filled].column - r->range.column0, place);
    snprintf(message, sizeof message,
             "%zu cell%s colour (the first is %s): colour may carry meaning; it is not read",
             n_filled, n_filled == 1 ? " has a" : "s have", place);
    if (!report(r, problems, message)) return false;
  }
  if (n_times == 0) return true;
  lb_cell_place(&r->table, r->data_row[time], cell[time].column - r->range.column0, place);
  snprintf(message, sizeof message,
           "%zu time%s without a date (the first is %s) read as fractions of a day", n_times,
           n_times == 1 ? "" : "s", place);
  return report(r, problems, message);
}

static void issue_message(const reading *r, size_t i, char message[MESSAGE])
{
  static const char *const TEXTS[] = {
      [LB_XLSX_NO_VALUE] = "a formula without a stored value: missing until a program saves it",
      [LB_XLSX_NO_DATE] =
          "a number that is no date, in a cell with the format of dates, is missing",
      [LB_XLSX_BAD_VALUE] = "the cell is damaged, and missing"};
  const lb_xlsx_cell *cell = &r->grid.cell[r->first_data + i];
  char place[LB_CELL_PLACE];
  lb_cell_place(&r->table, r->data_row[i], cell->column - r->range.column0, place);
  if (cell->issue == LB_XLSX_ERROR)
    snprintf(message, MESSAGE, "%s: %s is missing", place, lb_xlsx_error_name(cell->error));
  else
    snprintf(message, MESSAGE, "%s: %s", place, TEXTS[cell->issue]);
}

static bool report_issues(const reading *r, lb_problems *problems)
{
  for (size_t i = 0; i < r->grid.n - r->first_data; i++) {
    const lb_xlsx_cell *cell = &r->grid.cell[r->first_data + i];
    char message[MESSAGE];
    if (cell->issue == LB_XLSX_FINE) continue;
    issue_message(r, i, message);
    const char *name = r->table.name[cell->column - r->range.column0];
    if (!lb_problems_add(problems, r->data_row[i] + 1, cell->row + 1, name[0] == '\0' ? NULL : name,
                         message))
      return false;
  }
  return true;
}

/* A header of one cell above a wider table is more likely a title. */
static bool report_title(const reading *r, lb_problems *problems)
{
  char message[MESSAGE];
  if (r->first_data != 1 || r->table.n_columns < 3) return true;
  snprintf(
      message, sizeof message,
      "row %zu was taken as the header, but has one cell only: if it is a title, say where the "
      "table begins with range",
      r->range.row0 + 1);
  return report(r, problems, message);
}

static lb_status report_all(const reading *r, lb_problems *problems, lb_error *err)
{
  bool ok = problems == NULL || (report_sheets(r, problems) && report_title(r, problems) &&
                                 report_rows(r, problems) && report_merges(r, problems) &&
                                 report_counted(r, problems) && report_issues(r, problems));
  return ok ? LB_OK : lb_error_nomem(err, "problems");
}

/* ---- All of it ---- */

static lb_status read_cells(reading *r, lb_error *err)
{
  lb_status st = choose_sheet(r, err);
  if (st == LB_OK) st = choose_range(r, err);
  if (st == LB_OK && (r->na = lb_cells_na(&r->options->table)) == NULL)
    st = lb_error_nomem(err, "missing words");
  if (st == LB_OK)
    st = lb_xlsx_sheet_read(r->package, r->sheet->part, &r->book, r->na, &r->range, &r->grid, err);
  if (st == LB_OK) st = find_extent(r, err);
  if (st == LB_OK) st = number_rows(r, err);
  if (st == LB_OK) st = sort_by_column(r, err);
  if (st == LB_OK) st = read_header(r, err);
  return st;
}

static lb_status read_table(reading *r, const char *data, size_t length, lb_frame **frame,
                            lb_problems *problems, lb_error *err)
{
  lb_status st = lb_package_open(data, length, &r->package, err);
  if (st == LB_OK) st = lb_xlsx_book_read(r->package, &r->book, err);
  if (st == LB_OK) st = read_cells(r, err);
  if (st != LB_OK) return st;
  r->table.context = r;
  r->table.fill = fill_column;
  r->table.text = r->book.text.length == 0 ? "" : r->book.text.data;
  r->table.sheet = r->sheet->name;
  r->table.sheet_row = r->sheet_row;
  r->table.sheet_column = r->range.column0;
  st = report_all(r, problems, err);
  if (st == LB_OK) st = lb_cells_frame(&r->table, &r->options->table, frame, problems, err);
  return st;
}

lb_status lb_xlsx_read(const char *data, size_t length, const lb_xlsx_options *options,
                       lb_frame **out, lb_problems *problems, lb_error *err)
{
  static const lb_xlsx_options DEFAULTS = {0};
  reading r = {.options = options == NULL ? &DEFAULTS : options};
  lb_problems found = {0};
  lb_frame *frame = NULL;
  lb_status st = read_table(&r, data, length, &frame, problems == NULL ? NULL : &found, err);
  if (st != LB_OK && st != LB_ENOMEM && st != LB_EINTR && r.options->table.source != NULL)
    lb_error_in(err, "%s", r.options->table.source);
  reading_reset(&r);
  if (st == LB_OK) {
    *out = frame;
    if (problems != NULL) *problems = found;
    return LB_OK;
  }
  lb_frame_release(frame);
  lb_problems_reset(&found);
  return st;
}
