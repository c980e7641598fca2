/* sqlite_api.h - the functions of SQLite that we call. */
#ifndef LB_IO_SQLITE_API_H
#define LB_IO_SQLITE_API_H
#include <sqlite3.h>

#include "base/error.h"
#include "base/str.h"
#include <stdbool.h>

#define LB_SQLITE_FUNCTIONS(F)                                                                     \
  F(open_v2)                                                                                       \
  F(close)                                                                                         \
  F(exec)                                                                                          \
  F(errmsg)                                                                                        \
  F(prepare_v2)                                                                                    \
  F(step)                                                                                          \
  F(reset)                                                                                         \
  F(finalize)                                                                                      \
  F(stmt_readonly)                                                                                 \
  F(progress_handler)                                                                              \
  F(busy_timeout)                                                                                  \
  F(column_count)                                                                                  \
  F(column_name)                                                                                   \
  F(column_decltype)                                                                               \
  F(column_type)                                                                                   \
  F(column_int64)                                                                                  \
  F(column_double)                                                                                 \
  F(column_text)                                                                                   \
  F(column_bytes)                                                                                  \
  F(bind_int64)                                                                                    \
  F(bind_double)                                                                                   \
  F(bind_text64)                                                                                   \
  F(bind_null)                                                                                     \
  F(bind_parameter_count)                                                                          \
  F(bind_parameter_name)

#define LB_SQLITE_POINTER(name) __typeof__(sqlite3_##name) *name;
typedef struct lb_sqlite_api {
  LB_SQLITE_FUNCTIONS(LB_SQLITE_POINTER)
} lb_sqlite_api;

typedef struct lb_database {
  lb_sqlite_api api;
  sqlite3 *handle;
} lb_database;

/* Opens a file, for writing (then made if there is none) or reading. LB_EIO. */
lb_status lb_database_open(const char *path, bool write, lb_database *out, lb_error *err);
void lb_database_close(lb_database *db);
/* The database's last message as an error; LB_EINTR when the user stopped it, LB_ENOMEM. */
lb_status lb_database_fail(const lb_database *db, lb_status code, lb_error *err);
lb_status lb_database_prepare(const lb_database *db, const char *sql, sqlite3_stmt **out,
                              lb_error *err);
/* Appends a name in double quotes. */
void lb_sql_name(lb_str *sql, const char *name);
#endif
