/* test_sqlite.c - SQLite files: tables and queries in, frames out in one transaction. */
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/bitmap.h"
#include "frame/builder.h"
#include "io/sqlite.h"
#include "io/sqlite_api.h"

static char folder[] = "/tmp/lobule-sqlite-XXXXXX", path[64];

static int make_folder(void **state)
{
  (void)state;
  if (mkdtemp(folder) == NULL) return -1;
  snprintf(path, sizeof path, "%s/t.db", folder);
  return 0;
}

static int remove_folder(void **state)
{
  (void)state;
  unlink(path);
  return rmdir(folder);
}

/* A fresh file with what the statements make. */
static void make(const char *sql)
{
  lb_database db;
  lb_error err = {0};
  unlink(path);
  LB_OK_OR_FAIL(lb_database_open(path, true, &db, &err), err);
  if (db.api.exec(db.handle, sql, NULL, NULL, NULL) != SQLITE_OK)
    print_error("%s\n", db.api.errmsg(db.handle));
  lb_database_close(&db);
}

static const char PATIENTS[] =
    "CREATE TABLE patients (id TEXT, age INTEGER, cga REAL, died BOOLEAN, seen DATE, at TIMESTAMP,"
    " code VARCHAR(3), mixed, picture BLOB);"
    "INSERT INTO patients VALUES ('a', 61, 2.5, 1, '2024-02-29', '2024-02-29 10:30:00', '007', 1,"
    " x'00');"
    "INSERT INTO patients VALUES ('b', NULL, 3, 0, NULL, '2024-03-01T00:00:00Z', '12', 2, NULL);"
    "INSERT INTO patients VALUES ('c', 70, NULL, NULL, '2024-03-01', NULL, '', 'n/a', NULL);";

static const lb_column *column(const lb_frame *f, size_t i)
{
  const lb_column *c = NULL;
  assert_int_equal(lb_frame_column(f, i, &c, NULL), LB_OK);
  return c;
}

static lb_frame *read_ok(const lb_sqlite_options *options, lb_problems *problems)
{
  lb_frame *f = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_sqlite_read(path, options, &f, problems, &err), err);
  return f;
}

static void test_types(void **state)
{
  (void)state;
  static const lb_type TYPES[] = {LB_TEXT,     LB_INTEGER, LB_REAL, LB_LOGICAL, LB_DATE,
                                  LB_DATETIME, LB_TEXT,    LB_TEXT, LB_REAL};
  lb_problems problems = {0};
  make(PATIENTS);
  lb_frame *f = read_ok(NULL, &problems);
  assert_int_equal(lb_frame_columns(f), 9);
  assert_int_equal(lb_frame_rows(f), 3);
  for (size_t i = 0; i < 9; i++) assert_int_equal(lb_column_type(column(f, i)), TYPES[i]);
  assert_int_equal(lb_column_integer(column(f, 1))[2], 70);
  LB_NEAR(lb_column_real(column(f, 2))[1], 3, 0);
  assert_true(lb_bit_get(lb_column_logical(column(f, 3)), 0));
  assert_int_equal(lb_column_days(column(f, 4))[0], 19782);
  assert_int_equal(lb_column_integer(column(f, 5))[0], 19782 * 86400000000LL + 37800000000LL);
  size_t n;
  assert_memory_equal(lb_column_text(column(f, 6), 0, &n), "007",
                      3);                               /* stored as text on purpose */
  assert_int_equal(lb_column_missing(column(f, 6)), 0); /* '' is a text */
  assert_int_equal(lb_column_missing(column(f, 8)), 3);
  assert_int_equal(problems.n_total, 2);
  assert_string_equal(problems.item[0].message, "1 blob is missing");
  assert_string_equal(problems.item[1].message,
                      "row 3: 'n/a' is not a number: the column was read as text");
  lb_problems_reset(&problems);
  lb_frame_release(f);
}

static void test_query_with_parameters(void **state)
{
  (void)state;
  const lb_sqlite_param named[] = {{.name = "low", .kind = LB_SQLITE_INTEGER, .integer = 65}};
  const lb_sqlite_param listed[] = {{.kind = LB_SQLITE_TEXT, .text = "a'; --", .length = 6},
                                    {.kind = LB_SQLITE_REAL, .real = 2.5}};
  lb_sqlite_options o = {.query = "SELECT id, age * 2 AS twice FROM patients WHERE age > :low;",
                         .param = named,
                         .n_params = 1};
  make(PATIENTS);
  lb_frame *f = read_ok(&o, NULL);
  assert_int_equal(lb_frame_rows(f), 1);
  assert_string_equal(lb_frame_name(f, 1), "twice");
  assert_int_equal(lb_column_integer(column(f, 1))[0], 140);
  lb_frame_release(f);
  o = (lb_sqlite_options){.query = "SELECT ? AS a, ? AS b", .param = listed, .n_params = 2};
  f = read_ok(&o, NULL);
  size_t n;
  assert_memory_equal(lb_column_text(column(f, 0), 0, &n), "a'; --", 6);
  LB_NEAR(lb_column_real(column(f, 1))[0], 2.5, 0);
  lb_frame_release(f);
}

static const struct {
  lb_sqlite_options options;
  lb_status want;
  const char *message;
} refusals[] = {
    {{.from = "patient"}, LB_ENAME, "no table 'patient' (did you mean 'patients'?)"},
    {{.query = "SELECT nosuch FROM patients"}, LB_EPARSE, "no such column"},
    {{.query = "SELECT 1; SELECT 2"}, LB_EARG, "one statement"},
    {{.query = ""}, LB_EARG, "one statement"},
    {{.query = "DELETE FROM patients"}, LB_EARG, "must read a table"},
    {{.query = "ATTACH 'x' AS y"}, LB_EARG, "must read a table"},
    {{.query = "SELECT ?"}, LB_EARG, "has no value in params"},
    {{.query = "SELECT :a"}, LB_EARG, "parameter :a has no value"},
    {{.table = {.id = "patient"}}, LB_ENAME, "no column 'patient'"},
};

static void test_refusals(void **state)
{
  (void)state;
  make(PATIENTS);
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    lb_frame *f = NULL;
    lb_error err = {0};
    assert_int_equal(lb_sqlite_read(path, &refusals[i].options, &f, NULL, &err), refusals[i].want);
    if (strstr(err.message, refusals[i].message) == NULL) print_error("%s\n", err.message);
    assert_non_null(strstr(err.message, refusals[i].message));
    assert_null(f);
  }
  const lb_sqlite_param extra = {.name = "b", .kind = LB_SQLITE_NULL};
  lb_sqlite_options o = {.query = "SELECT 1", .param = &extra, .n_params = 1};
  lb_frame *f = NULL;
  lb_error err = {0};
  assert_int_equal(lb_sqlite_read(path, &o, &f, NULL, &err), LB_ENAME);
  make("CREATE TABLE a (x); CREATE TABLE b (x)");
  assert_int_equal(lb_sqlite_read(path, NULL, &f, NULL, &err), LB_EARG);
  assert_non_null(strstr(err.context, "tables are: a, b"));
  make("CREATE TABLE a (x TEXT); INSERT INTO a VALUES (CAST(x'ff' AS TEXT))");
  assert_int_equal(lb_sqlite_read(path, NULL, &f, NULL, &err), LB_EPARSE);
  assert_string_equal(err.message, "row 1, column 'x': text that is not UTF-8");
  assert_int_equal(lb_sqlite_read("/no/such/file", NULL, &f, NULL, &err), LB_EIO);
  assert_int_equal(lb_sqlite_read("Makefile", NULL, &f, NULL, &err), LB_EIO);
  assert_non_null(strstr(err.message, "not a database"));
}

static lb_frame *sample(double value)
{
  static const char *const TEXTS[] = {"a\"b", "c"};
  lb_frame *f = NULL;
  lb_column *c = NULL;
  double *real = lb_mem_array(2, sizeof *real);
  uint8_t *valid = lb_bitmap_new(2, true);
  lb_bit_clear(valid, 1);
  real[0] = value, real[1] = 0;
  assert_int_equal(lb_frame_new(2, NULL, &f, NULL), LB_OK);
  assert_int_equal(lb_column_from_texts(TEXTS, 2, &c, NULL), LB_OK);
  assert_int_equal(lb_frame_add(f, "te\"xt", c, NULL), LB_OK);
  lb_column_release(c);
  assert_int_equal(lb_column_new(LB_REAL, 2, real, valid, &c, NULL), LB_OK);
  assert_int_equal(lb_frame_add(f, "real", c, NULL), LB_OK);
  lb_column_release(c);
  return f;
}

static void test_write(void **state)
{
  (void)state;
  lb_frame *f = sample(0.1), *g = NULL;
  lb_error err = {0};
  unlink(path);
  LB_OK_OR_FAIL(lb_sqlite_write(path, f, "my \"table\"", false, &err), err);
  assert_int_equal(lb_sqlite_write(path, f, "my \"table\"", false, &err), LB_EARG);
  assert_non_null(strstr(err.context, "replace = true"));
  LB_OK_OR_FAIL(lb_sqlite_write(path, f, "my \"table\"", true, &err), err);
  g = read_ok(NULL, NULL);
  assert_int_equal(lb_frame_rows(g), 2); /* once, not twice */
  assert_string_equal(lb_frame_name(g, 0), "te\"xt");
  LB_NEAR(lb_column_real(column(g, 1))[0], 0.1, 0);
  assert_int_equal(lb_column_missing(column(g, 1)), 1);
  lb_frame_release(f);
  lb_frame_release(g);
}

/* What fails leaves nothing behind: neither a new file nor half a table. */
static void test_write_refused(void **state)
{
  (void)state;
  lb_frame *f = sample(NAN);
  lb_error err = {0};
  unlink(path);
  assert_int_equal(lb_sqlite_write(path, f, "t", false, &err), LB_EDATA);
  assert_non_null(strstr(err.message, "column 'real', row 1: NaN"));
  assert_int_not_equal(access(path, F_OK), 0);
  assert_int_equal(lb_sqlite_write("/no/such/folder/x.db", f, "t", false, &err), LB_EDATA);
  lb_frame_release(f);
}

static void test_allocation_failures(void **state)
{
  (void)state;
  lb_status st = LB_ENOMEM;
  make(PATIENTS);
  for (long k = 0; st != LB_OK; k++) {
    lb_frame *f = NULL;
    lb_problems problems = {0};
    lb_mem_fail_after(k);
    st = lb_sqlite_read(path, NULL, &f, &problems, NULL);
    assert_true(st == LB_OK || (st == LB_ENOMEM && f == NULL && lb_mem_live() == 0));
    lb_frame_release(f);
    lb_problems_reset(&problems);
  }
  lb_mem_fail_after(-1);
  lb_frame *f = sample(1);
  size_t live = lb_mem_live();
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    unlink(path);
    lb_mem_fail_after(k);
    st = lb_sqlite_write(path, f, "t", false, NULL);
    assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == live));
    assert_int_equal(access(path, F_OK) == 0, st == LB_OK);
  }
  lb_mem_fail_after(-1);
  lb_frame_release(f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_types), LB_TEST(test_query_with_parameters), LB_TEST(test_refusals),
      LB_TEST(test_write), LB_TEST(test_write_refused),         LB_TEST(test_allocation_failures),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
