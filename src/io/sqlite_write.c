/* sqlite_write.c - a frame as a table of an SQLite file, in one transaction. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bitmap.h"
#include "base/date.h"
#include "base/interrupt.h"
#include "io/sqlite.h"
#include "io/sqlite_api.h"
#include "io/zero_byte.h"

#define POLL_ROWS 1024

static lb_status run(const lb_database *db, const char *sql, lb_error *err)
{
  if (db->api.exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK) return LB_OK;
  return lb_database_fail(db, LB_EIO, err);
}

static const char *declared_type(lb_type type)
{
  switch (type) {
  case LB_REAL:
    return "REAL";
  case LB_INTEGER:
    return "INTEGER";
  case LB_LOGICAL:
    return "BOOLEAN";
  case LB_DATE:
    return "DATE";
  case LB_DATETIME:
    return "TIMESTAMP";
  default:
    return "TEXT";
  }
}

#define COLUMNS_MAX 2000 /* of a table, as SQLite is built by default */

static lb_status check_values(const lb_frame *frame, lb_error *err)
{
  if (lb_frame_columns(frame) > COLUMNS_MAX) {
    lb_error_set(err, LB_EDATA, "%zu columns; a table of SQLite holds at most %d",
                 lb_frame_columns(frame), COLUMNS_MAX);
    return lb_error_mend(err, "Save it as .csv, or choose columns with :select.");
  }
  for (size_t i = 0; i < lb_frame_columns(frame); i++) {
    const lb_column *column;
    lb_status st = lb_frame_column(frame, i, &column, err);
    if (st != LB_OK) return st;
    if (lb_column_type(column) != LB_REAL) continue;
    for (size_t row = 0; row < lb_frame_rows(frame); row++) {
      if (!lb_is_valid(lb_column_valid(column), row) || !isnan(lb_column_real(column)[row]))
        continue;
      lb_error_set(err, LB_EDATA, "column '%s', row %zu: NaN, which SQLite has not",
                   lb_frame_name(frame, i), row + 1);
      return lb_error_mend(err, "Make it missing, or leave the rows out.");
    }
  }
  return LB_OK;
}

static void create_sql(const lb_frame *frame, const char *table, lb_str *sql)
{
  lb_str_puts(sql, "CREATE TABLE ");
  lb_sql_name(sql, table);
  for (size_t i = 0; i < lb_frame_columns(frame); i++) {
    lb_str_puts(sql, i == 0 ? " (" : ", ");
    lb_sql_name(sql, lb_frame_name(frame, i));
    lb_str_addf(sql, " %s", declared_type(lb_column_type(lb_frame_column_source(frame, i))));
  }
  lb_str_puts(sql, ")");
}

static lb_status create_table(const lb_database *db, const lb_frame *frame, const char *table,
                              bool replace, lb_error *err)
{
  lb_str sql = {0};
  lb_status st = LB_OK;
  if (replace) {
    lb_str_puts(&sql, "DROP TABLE IF EXISTS ");
    lb_sql_name(&sql, table);
    st = sql.failed ? lb_error_nomem(err, "table") : run(db, sql.data, err);
    lb_str_reset(&sql);
  }
  if (st == LB_OK) {
    create_sql(frame, table, &sql);
    st = sql.failed ? lb_error_nomem(err, "table") : run(db, sql.data, err);
    if (st == LB_EIO && strstr(db->api.errmsg(db->handle), "already exists") != NULL) {
      st = lb_error_set(err, LB_EARG, "the file has a table '%s' already", table);
      lb_error_mend(err, "It is replaced with replace = true.");
    }
  }
  lb_str_reset(&sql);
  return st;
}

static lb_status prepare_insert(const lb_database *db, const lb_frame *frame, const char *table,
                                sqlite3_stmt **out, lb_error *err)
{
  lb_str sql = {0};
  lb_str_puts(&sql, "INSERT INTO ");
  lb_sql_name(&sql, table);
  lb_str_puts(&sql, " VALUES (");
  for (size_t i = 0; i < lb_frame_columns(frame); i++) lb_str_puts(&sql, i == 0 ? "?" : ", ?");
  lb_str_puts(&sql, ")");
  lb_status st =
      sql.failed ? lb_error_nomem(err, "table") : lb_database_prepare(db, sql.data, out, err);
  lb_str_reset(&sql);
  return st;
}

static int bind_cell(const lb_database *db, sqlite3_stmt *insert, int place, const lb_column *c,
                     size_t row)
{
  char text[LB_DATETIME_TEXT];
  size_t length;
  const char *value = text;
  if (!lb_is_valid(lb_column_valid(c), row)) return db->api.bind_null(insert, place);
  switch (lb_column_type(c)) {
  case LB_REAL:
    return db->api.bind_double(insert, place, lb_column_real(c)[row]);
  case LB_INTEGER:
    return db->api.bind_int64(insert, place, lb_column_integer(c)[row]);
  case LB_LOGICAL:
    return db->api.bind_int64(insert, place, lb_bit_get(lb_column_logical(c), row));
  case LB_DATE:
    length = lb_date_format(text, lb_column_days(c)[row]);
    break;
  case LB_DATETIME:
    length = lb_datetime_format(text, lb_column_integer(c)[row]);
    break;
  default:
    value = lb_column_text(c, row, &length);
  }
  return db->api.bind_text64(insert, place, length == 0 ? "" : value, length, SQLITE_TRANSIENT,
                             SQLITE_UTF8);
}

static lb_status insert_rows(const lb_database *db, const lb_frame *frame, sqlite3_stmt *insert,
                             lb_error *err)
{
  for (size_t row = 0; row < lb_frame_rows(frame); row++) {
    if (row % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    for (size_t i = 0; i < lb_frame_columns(frame); i++) {
      const lb_column *column;
      lb_status st = lb_frame_column(frame, i, &column, err);
      if (st != LB_OK) return st;
      if (bind_cell(db, insert, (int)i + 1, column, row) != SQLITE_OK)
        return lb_database_fail(db, LB_EIO, err);
    }
    if (db->api.step(insert) != SQLITE_DONE) return lb_database_fail(db, LB_EIO, err);
    db->api.reset(insert);
  }
  return LB_OK;
}

lb_status lb_sqlite_write(const char *path, const lb_frame *frame, const char *table, bool replace,
                          lb_error *err)
{
  lb_database db = {0};
  sqlite3_stmt *insert = NULL;
  bool existed = access(path, F_OK) == 0;
  if (lb_frame_columns(frame) == 0)
    return lb_error_set(err, LB_EDATA, "a frame without columns makes no table");
  lb_status st = check_values(frame, err);
  if (st == LB_OK) st = lb_check_zero_bytes(frame, err);
  if (st == LB_OK) st = lb_database_open(path, true, &db, err);
  if (st != LB_OK) return st;
  st = run(&db, "BEGIN IMMEDIATE", err);
  if (st == LB_OK) {
    st = create_table(&db, frame, table, replace, err);
    if (st == LB_OK) st = prepare_insert(&db, frame, table, &insert, err);
    if (st == LB_OK) st = insert_rows(&db, frame, insert, err);
    if (insert != NULL) db.api.finalize(insert);
    if (st == LB_OK) st = run(&db, "COMMIT", err);
    if (st != LB_OK) db.api.exec(db.handle, "ROLLBACK", NULL, NULL, NULL);
  }
  lb_database_close(&db);
  if (st != LB_OK && !existed) unlink(path); /* the empty file that opening made */
  if (st == LB_EIO) lb_error_in(err, "cannot write '%s'", path);
  return st;
}
