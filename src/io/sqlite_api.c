/* sqlite_api.c - SQLite's functions by name; databases opened, closed and asked what went wrong. */
#include "io/sqlite_api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/interrupt.h"
#include "io/library.h"

#define STEPS_PER_POLL 10000 /* of SQLite's virtual machine: well under a millisecond */
#define HEADER         96    /* bytes of a file's header that we look at */
#define CHECKED_BYTES  (16 << 20)
#define BUSY_WAIT_MS   2000 /* while another program writes */

static lb_status open_library(lb_sqlite_api *out, lb_error *err)
{
#define SYMBOL(name) {"sqlite3_" #name, offsetof(lb_sqlite_api, name)},
  static const lb_library_symbol SYMBOLS[] = {LB_SQLITE_FUNCTIONS(SYMBOL)};
#undef SYMBOL
  static const lb_library SQLITE = {"libsqlite3.so.0", "libsqlite3-0", "SQLite files", SYMBOLS,
                                    sizeof SYMBOLS / sizeof *SYMBOLS};
  return lb_library_open(&SQLITE, out, err);
}

static int poll_interrupt(void *context)
{
  (void)context;
  return lb_interrupted();
}

/* The database's own page count against the file's length: SQLite reads pages beyond the end as
 * zeros, so that a file cut off in the middle would be read as rows of nothing. (SQLite file
 * format, section 1.3: page size at byte 16, page count at 28, valid when the counters at 24 and
 * 92 agree.) */
static lb_status check_length(const char *path, lb_error *err)
{
  unsigned char h[HEADER];
  FILE *file = fopen(path, "rb");
  if (file == NULL) return LB_OK; /* SQLite says what is wrong */
  bool whole = fread(h, 1, sizeof h, file) == sizeof h;
  uint64_t length = 0;
  if (whole && fseeko(file, 0, SEEK_END) == 0) length = (uint64_t)ftello(file);
  fclose(file);
  if (!whole || memcmp(h, "SQLite format 3", 16) != 0 || memcmp(h + 24, h + 92, 4) != 0)
    return LB_OK;
  uint64_t page = (uint64_t)h[16] << 8 | h[17];
  if (page == 1) page = 65536;
  uint64_t pages =
      (uint64_t)h[28] << 24 | (uint64_t)h[29] << 16 | (uint64_t)h[30] << 8 | (uint64_t)h[31];
  if (pages * page <= length) return LB_OK;
  return lb_error_set(err, LB_EPARSE,
                      "the database is cut off: its header says %" PRIu64
                      " bytes, the file has %" PRIu64,
                      pages * page, length);
}

static int note_check(void *context, int n, char **value, char **name)
{
  (void)name;
  bool *sound = context;
  *sound = n == 1 && value[0] != NULL && strcmp(value[0], "ok") == 0;
  return 0;
}

/* Files that are read in a moment anyway are looked through by SQLite first. */
static lb_status check_pages(const lb_database *db, const char *path, lb_error *err)
{
  struct stat info;
  bool sound = false;
  if (stat(path, &info) != 0 || info.st_size > CHECKED_BYTES) return LB_OK;
  int code = db->api.exec(db->handle, "PRAGMA quick_check(1)", note_check, &sound, NULL);
  if (code == SQLITE_OK && sound) return LB_OK;
  if (lb_interrupted()) return lb_error_interrupted(err);
  if (code == SQLITE_NOMEM) return lb_error_nomem(err, "database");
  return lb_error_set(err, LB_EPARSE, "the database is damaged (SQLite's quick_check)");
}

lb_status lb_database_open(const char *path, bool write, lb_database *out, lb_error *err)
{
  lb_database db = {0};
  int flags = write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  lb_status st = open_library(&db.api, err);
  if (st == LB_OK) st = check_length(path, err);
  if (st != LB_OK) return st;
  if (db.api.open_v2(path, &db.handle, flags, NULL) != SQLITE_OK) {
    st = db.handle == NULL ? lb_error_nomem(err, "database") : lb_database_fail(&db, LB_EIO, err);
    lb_database_close(&db);
    return st;
  }
  db.api.progress_handler(db.handle, STEPS_PER_POLL, poll_interrupt, NULL);
  db.api.busy_timeout(db.handle, BUSY_WAIT_MS);
  /* A view of a stranger's file may call functions that act; this forbids them. It also reads the
   * header, so that a file which is no database is found out here. */
  if (db.api.exec(db.handle, "PRAGMA trusted_schema = OFF; SELECT count(*) FROM sqlite_master;",
                  NULL, NULL, NULL) != SQLITE_OK) {
    st = lb_database_fail(&db, LB_EIO, err);
    lb_database_close(&db);
    return st;
  }
  st = check_pages(&db, path, err);
  if (st != LB_OK) {
    lb_database_close(&db);
    return st;
  }
  *out = db;
  return LB_OK;
}

void lb_database_close(lb_database *db)
{
  if (db->handle != NULL) db->api.close(db->handle);
  db->handle = NULL;
}

lb_status lb_database_fail(const lb_database *db, lb_status code, lb_error *err)
{
  if (lb_interrupted()) return lb_error_interrupted(err);
  return lb_error_set(err, code, "SQLite: %s", db->api.errmsg(db->handle));
}

lb_status lb_database_prepare(const lb_database *db, const char *sql, sqlite3_stmt **out,
                              lb_error *err)
{
  const char *tail = NULL;
  if (db->api.prepare_v2(db->handle, sql, -1, out, &tail) != SQLITE_OK)
    return lb_database_fail(db, LB_EPARSE, err);
  while (tail != NULL &&
         (*tail == ' ' || *tail == '\n' || *tail == '\t' || *tail == '\r' || *tail == ';'))
    tail++;
  if (*out != NULL && (tail == NULL || *tail == '\0')) return LB_OK;
  db->api.finalize(*out);
  *out = NULL;
  return lb_error_set(err, LB_EARG, "the query must be one statement");
}

void lb_sql_name(lb_str *sql, const char *name)
{
  lb_str_putc(sql, '"');
  for (; *name != '\0'; name++) {
    if (*name == '"') lb_str_putc(sql, '"');
    lb_str_putc(sql, *name);
  }
  lb_str_putc(sql, '"');
}
