/* sqlite.c - a table or query of an SQLite file as a frame. */
#include "io/sqlite.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/names.h"
#include "io/cells.h"
#include "io/csv_column.h"
#include "io/room.h"
#include "io/sqlite_api.h"

#define POLL_ROWS 1024
#define MESSAGE   256

typedef struct reading {
  const lb_sqlite_options *options;
  lb_database db;
  sqlite3_stmt *query;
  lb_map *na;
  lb_cell *cell; /* row by row */
  size_t n_cells, capacity;
  lb_str text;
  size_t *n_blobs; /* by column */
  lb_cell_table table;
} reading;

static void reading_reset(reading *r)
{
  for (size_t i = 0; r->table.name != NULL && i < r->table.n_columns; i++)
    lb_mem_free(r->table.name[i]);
  lb_mem_free(r->table.name);
  lb_mem_free(r->n_blobs);
  lb_mem_free(r->cell);
  lb_str_reset(&r->text);
  lb_map_free(r->na);
  if (r->query != NULL) r->db.api.finalize(r->query);
  if (r->db.handle != NULL) lb_database_close(&r->db);
}

/* ---- What to read ---- */

typedef struct name_set {
  char **name;
  size_t n, capacity;
} name_set;

static void name_set_reset(name_set *set)
{
  for (size_t i = 0; i < set->n; i++) lb_mem_free(set->name[i]);
  lb_mem_free(set->name);
}

static lb_status list_tables(const reading *r, name_set *out, lb_error *err)
{
  static const char SQL[] = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
                            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
  const lb_sqlite_api *api = &r->db.api;
  sqlite3_stmt *query = NULL;
  int code = SQLITE_DONE;
  lb_status st = lb_database_prepare(&r->db, SQL, &query, err);
  while (st == LB_OK && (code = api->step(query)) == SQLITE_ROW) {
    const char *name = (const char *)api->column_text(query, 0);
    char *copy = name == NULL ? NULL : lb_mem_text(name, strlen(name));
    if (copy != NULL && lb_room(&out->name, out->n, &out->capacity, sizeof *out->name)) {
      out->name[out->n++] = copy;
    } else {
      lb_mem_free(copy);
      st = lb_error_nomem(err, "names of tables");
    }
  }
  if (st == LB_OK && code != SQLITE_DONE) st = lb_database_fail(&r->db, LB_EIO, err);
  if (query != NULL) api->finalize(query);
  return st;
}

static lb_status several_tables(const name_set *tables, lb_error *err)
{
  lb_str list = {0};
  for (size_t i = 0; i < tables->n && i < 20; i++)
    lb_str_addf(&list, "%s%.60s", i == 0 ? "" : ", ", tables->name[i]);
  lb_error_set(err, LB_EARG, "the file has %zu tables: say which", tables->n);
  if (!list.failed && tables->n > 0)
    lb_error_mend(err, "Write table = \"%.60s\"; tables are: %s", tables->name[0], list.data);
  lb_str_reset(&list);
  return LB_EARG;
}

/* The table named, or the only one. */
static lb_status choose_table(const name_set *tables, const char *name, size_t *i, lb_error *err)
{
  *i = 0;
  if (name == NULL) return tables->n == 1 ? LB_OK : several_tables(tables, err);
  while (*i < tables->n && strcasecmp(tables->name[*i], name) != 0) ++*i;
  if (*i < tables->n) return LB_OK;
  return lb_name_unknown(err, "table", "Tables", name, (const char *const *)tables->name,
                         tables->n);
}

/* SELECT * of the table named, or of the only one. */
static lb_status table_query(const reading *r, lb_str *sql, lb_error *err)
{
  name_set tables = {0};
  const char *name = r->options->from;
  lb_status st = list_tables(r, &tables, err);
  size_t i = 0;
  if (st == LB_OK && tables.name == NULL) st = lb_error_set(err, LB_EARG, "the file has no tables");
  if (st == LB_OK) st = choose_table(&tables, name, &i, err);
  if (st == LB_OK && tables.name != NULL) {
    lb_str_puts(sql, "SELECT * FROM ");
    lb_sql_name(sql, tables.name[i]);
    if (sql->failed) st = lb_error_nomem(err, "query");
  }
  name_set_reset(&tables);
  return st;
}

static lb_status bind_one(const reading *r, int place, const lb_sqlite_param *p, lb_error *err)
{
  const lb_sqlite_api *api = &r->db.api;
  int code;
  switch (p->kind) {
  case LB_SQLITE_INTEGER:
    code = api->bind_int64(r->query, place, p->integer);
    break;
  case LB_SQLITE_REAL:
    code = api->bind_double(r->query, place, p->real);
    break;
  case LB_SQLITE_TEXT:
    code = api->bind_text64(r->query, place, p->text, p->length, SQLITE_STATIC, SQLITE_UTF8);
    break;
  default:
    code = api->bind_null(r->query, place);
  }
  return code == SQLITE_OK ? LB_OK : lb_database_fail(&r->db, LB_EARG, err);
}

/* Every parameter of the query gets its value, and every value has its parameter. */
static lb_status bind_params(const reading *r, lb_error *err)
{
  const lb_sqlite_options *o = r->options;
  int n = r->db.api.bind_parameter_count(r->query);
  size_t next = 0, used = 0;
  for (int place = 1; place <= n; place++) {
    const char *name = r->db.api.bind_parameter_name(r->query, place);
    size_t i = 0;
    if (name == NULL || name[0] == '?') {
      while (next < o->n_params && o->param[next].name != NULL) next++;
      i = next++;
    } else {
      while (i < o->n_params &&
             (o->param[i].name == NULL || strcmp(o->param[i].name, name + 1) != 0))
        i++;
    }
    if (i >= o->n_params)
      return lb_error_set(err, LB_EARG, "the query's parameter %s has no value in params",
                          name == NULL ? "?" : name);
    lb_status st = bind_one(r, place, &o->param[i], err);
    if (st != LB_OK) return st;
    used++;
  }
  if (used == o->n_params) return LB_OK;
  return lb_error_set(err, LB_ENAME, "params has %zu values, the query %d parameters", o->n_params,
                      n);
}

static lb_status prepare(reading *r, lb_error *err)
{
  lb_str sql = {0};
  lb_status st = r->options->query == NULL ? table_query(r, &sql, err) : LB_OK;
  if (st == LB_OK)
    st = lb_database_prepare(&r->db, r->options->query == NULL ? sql.data : r->options->query,
                             &r->query, err);
  lb_str_reset(&sql);
  if (st == LB_OK && (!r->db.api.stmt_readonly(r->query) || r->db.api.column_count(r->query) == 0))
    st = lb_error_set(err, LB_EARG, "the query must read a table: SELECT ...");
  return st == LB_OK ? bind_params(r, err) : st;
}

static lb_status read_names(reading *r, lb_error *err)
{
  size_t n = (size_t)r->db.api.column_count(r->query);
  r->table.n_columns = n;
  r->table.name = lb_mem_zero(n, sizeof *r->table.name);
  r->n_blobs = lb_mem_zero(n, sizeof *r->n_blobs);
  bool ok = r->table.name != NULL && r->n_blobs != NULL;
  for (size_t i = 0; ok && i < n; i++) {
    const char *name = r->db.api.column_name(r->query, (int)i);
    ok = name != NULL && (r->table.name[i] = lb_mem_text(name, strlen(name))) != NULL;
  }
  return ok ? LB_OK : lb_error_nomem(err, "column names");
}

/* ---- Cells ---- */

/* Only dates are read from texts: a number stored as text was stored so on purpose. */
static lb_status read_text(reading *r, int column, lb_cell *cell, lb_error *err)
{
  const char *text = (const char *)r->db.api.column_text(r->query, column);
  size_t length = (size_t)r->db.api.column_bytes(r->query, column), start = r->text.length;
  if (text == NULL) return lb_error_nomem(err, "a text");
  if (!lb_utf8_valid(text, length) || memchr(text, '\0', length) != NULL)
    return lb_error_set(err, LB_EPARSE, "row %zu, column '%s': text that is not UTF-8",
                        r->n_cells / r->table.n_columns + 1, r->table.name[column]);
  if (length == 0) text = "";
  lb_str_add(&r->text, text, length);
  if (r->text.failed) return lb_error_nomem(err, "texts");
  *cell =
      lb_cell_from_text(length == 0 ? "" : r->text.data, length == 0 ? 0 : start, length, r->na);
  if (cell->kind < LB_CELL_TEXT && cell->kind != LB_CELL_DATE && cell->kind != LB_CELL_DATETIME) {
    cell->kind = LB_CELL_TEXT;
    cell->value.text = start; /* with its blanks */
    cell->length = (uint32_t)length;
  }
  return LB_OK;
}

static lb_status read_cell(reading *r, int column, lb_error *err)
{
  const lb_sqlite_api *api = &r->db.api;
  lb_cell cell = {.kind = LB_CELL_MISSING};
  lb_status st = LB_OK;
  switch (api->column_type(r->query, column)) {
  case SQLITE_INTEGER:
    cell.kind = LB_CELL_INTEGER;
    cell.value.integer = api->column_int64(r->query, column);
    break;
  case SQLITE_FLOAT:
    cell.kind = LB_CELL_REAL;
    cell.value.real = api->column_double(r->query, column);
    break;
  case SQLITE_TEXT:
    st = read_text(r, column, &cell, err);
    break;
  case SQLITE_BLOB:
    r->n_blobs[column]++;
    break;
  default:
    break;
  }
  if (st == LB_OK && !lb_room(&r->cell, r->n_cells, &r->capacity, sizeof *r->cell))
    st = lb_error_nomem(err, "cells");
  if (st == LB_OK) r->cell[r->n_cells++] = cell;
  return st;
}

static lb_status read_rows(reading *r, lb_error *err)
{
  int code = SQLITE_DONE;
  lb_status st = LB_OK;
  while (st == LB_OK && (code = r->db.api.step(r->query)) == SQLITE_ROW) {
    for (int i = 0; i < (int)r->table.n_columns && st == LB_OK; i++) st = read_cell(r, i, err);
    r->table.n_rows++;
    if (r->table.n_rows % POLL_ROWS == 0 && lb_interrupted()) st = lb_error_interrupted(err);
  }
  return st == LB_OK && code != SQLITE_DONE ? lb_database_fail(&r->db, LB_EPARSE, err) : st;
}

static bool declared(const reading *r, size_t column, const char *start)
{
  const char *type = r->db.api.column_decltype(r->query, (int)column);
  return type != NULL && strncasecmp(type, start, strlen(start)) == 0;
}

/* SQLite has no logical values: a column declared BOOL or BOOLEAN holds 0 and 1. */
static void make_logical(reading *r, size_t column)
{
  size_t m = r->table.n_columns;
  if (!declared(r, column, "BOOL")) return;
  for (size_t row = 0; row < r->table.n_rows; row++) {
    const lb_cell *cell = &r->cell[row * m + column];
    if (cell->kind == LB_CELL_MISSING) continue;
    if (cell->kind != LB_CELL_INTEGER || cell->value.integer < 0 || cell->value.integer > 1) return;
  }
  for (size_t row = 0; row < r->table.n_rows; row++)
    if (r->cell[row * m + column].kind == LB_CELL_INTEGER)
      r->cell[row * m + column].kind = LB_CELL_LOGICAL;
}

/* A column declared DATE or TIMESTAMP may hold numbers, whose meaning only its program knows. */
static lb_status report_column(reading *r, size_t column, lb_problems *problems, lb_error *err)
{
  char message[MESSAGE];
  size_t m = r->table.n_columns, n_numbers = 0;
  bool dates = declared(r, column, "DATE") || declared(r, column, "TIMESTAMP");
  for (size_t row = 0; dates && row < r->table.n_rows; row++) {
    uint8_t kind = r->cell[row * m + column].kind;
    n_numbers += kind == LB_CELL_INTEGER || kind == LB_CELL_REAL;
  }
  bool ok = true;
  if (n_numbers > 0) {
    snprintf(message, sizeof message,
             "%zu number%s in a column declared as dates: kept as numbers (of seconds, or Julian "
             "days?)",
             n_numbers, n_numbers == 1 ? "" : "s");
    ok = lb_problems_add(problems, 0, 0, r->table.name[column], message);
  }
  if (r->n_blobs[column] > 0) {
    snprintf(message, sizeof message, "%zu blob%s missing", r->n_blobs[column],
             r->n_blobs[column] == 1 ? " is" : "s are");
    ok = ok && lb_problems_add(problems, 0, 0, r->table.name[column], message);
  }
  return ok ? LB_OK : lb_error_nomem(err, "problems");
}

static void fill_column(const void *context, size_t column, lb_cell *out)
{
  const reading *r = context;
  for (size_t row = 0; row < r->table.n_rows; row++)
    out[row] = r->cell[row * r->table.n_columns + column];
}

static lb_status read_all(reading *r, const char *path, lb_frame **frame, lb_problems *problems,
                          lb_error *err)
{
  static const char *const NOTHING[] = {NULL};
  lb_csv_options table = r->options->table;
  if (table.na == NULL) table.na = NOTHING;
  lb_status st = lb_database_open(path, false, &r->db, err);
  if (st == LB_OK && (r->na = lb_cells_na(&table)) == NULL) st = lb_error_nomem(err, "na");
  if (st == LB_OK) st = prepare(r, err);
  if (st == LB_OK) st = read_names(r, err);
  if (st == LB_OK) st = read_rows(r, err);
  for (size_t i = 0; st == LB_OK && i < r->table.n_columns; i++) {
    make_logical(r, i);
    st = report_column(r, i, problems, err);
  }
  if (st != LB_OK) return st;
  r->table.context = r;
  r->table.fill = fill_column;
  r->table.text = r->text.length == 0 ? "" : r->text.data;
  return lb_cells_frame(&r->table, &table, frame, problems, err);
}

lb_status lb_sqlite_read(const char *path, const lb_sqlite_options *options, lb_frame **out,
                         lb_problems *problems, lb_error *err)
{
  static const lb_sqlite_options DEFAULTS = {0};
  reading r = {.options = options == NULL ? &DEFAULTS : options};
  lb_problems found = {0};
  lb_frame *frame = NULL;
  lb_status st = read_all(&r, path, &frame, problems == NULL ? NULL : &found, err);
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
