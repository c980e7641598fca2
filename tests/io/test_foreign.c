/* test_foreign.c - what is done to files before ReadStat sees them: one data set of a transport
 * file, the table of characters of a portable one. */
#include "check.h"

#include <stdlib.h>

#include "base/mem.h"
#include "io/por_table.h"
#include "io/xpt_member.h"

#define RECORD 80

/* A record that begins with text, the rest blank. */
static char *record(char *at, const char *text)
{
  memset(at, ' ', RECORD);
  memcpy(at, text, strlen(text));
  return at + RECORD;
}

/* Headers of the file, then two data sets of two records after their headers. */
static char *two_members(bool version_8, size_t *length)
{
  static const char *const NAMES[] = {"SAS     ADSL", "SAS     ADTTE"};
  char *bytes = malloc(100 * RECORD), *at = bytes;
  for (int i = 0; i < 3; i++) at = record(at, "library");
  for (int i = 0; i < 2; i++) {
    at = record(at, version_8 ? "HEADER RECORD*******MEMBV8  HEADER RECORD!!!!!!!0"
                              : "HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!0");
    at = record(at, "descriptor");
    at = record(at, NAMES[i]);
    at = record(at, i == 0 ? "first" : "second");
  }
  *length = (size_t)(at - bytes);
  return bytes;
}

static void test_members(void **state)
{
  (void)state;
  for (int version = 0; version < 2; version++) {
    size_t length, n = 0;
    char *bytes = two_members(version == 1, &length), *cut = NULL;
    lb_error err = {0};
    assert_int_equal(lb_xpt_member(bytes, length, NULL, &cut, &n, &err), LB_EARG);
    assert_non_null(strstr(err.context, "data sets are: ADSL, ADTTE"));
    assert_int_equal(lb_xpt_member(bytes, length, "ADTE", &cut, &n, &err), LB_ENAME);
    assert_non_null(strstr(err.message, "did you mean 'ADTTE'?"));
    LB_OK_OR_FAIL(lb_xpt_member(bytes, length, "ADTTE", &cut, &n, &err), err);
    assert_int_equal(n, 7 * RECORD);
    assert_memory_equal(cut, "library", 7);
    assert_memory_equal(cut + 6 * RECORD, "second", 6);
    lb_mem_free(cut);
    LB_OK_OR_FAIL(lb_xpt_member(bytes, length, "ADSL", &cut, &n, &err), err);
    assert_int_equal(n, 7 * RECORD);
    assert_memory_equal(cut + 6 * RECORD, "first ", 6);
    lb_mem_free(cut);
    free(bytes);
  }
}

/* One data set, none, and files cut anywhere: nothing to choose from, nothing read past the end. */
static void test_other_files(void **state)
{
  (void)state;
  size_t length, n;
  char *bytes = two_members(false, &length), *cut = NULL;
  for (size_t k = 0; k <= length; k++) {
    char *exact = malloc(k > 0 ? k : 1); /* so that a sanitizer sees what is read past it */
    memcpy(exact, bytes, k);
    lb_status st = lb_xpt_member(exact, k, NULL, &cut, &n, NULL);
    assert_int_equal(st, k < 8 * RECORD ? LB_OK : LB_EARG);
    assert_null(cut);
    assert_int_equal(lb_por_mend(exact, k, &cut, NULL), LB_OK);
    lb_mem_free(cut);
    cut = NULL;
    free(exact);
  }
  free(bytes);
}

/* A portable file's beginning: "0" stands for all that is not said, "1" also for another one. */
static void test_first_character_holds(void **state)
{
  (void)state;
  char text[200 + 256 + 20], *at = text, *mended = NULL;
  size_t n_lines = 0;
  for (size_t i = 0; i < 200 + 256; i++) {
    size_t k = i - 200;
    char c = i < 200 ? 'A' : k == 65 || k == 190 ? '1' : k == 74 ? 'A' : '0';
    *at++ = c;
    if (i % 80 == 79) *at++ = '\r', *at++ = '\n', n_lines++;
  }
  size_t length = (size_t)(at - text);
  assert_int_equal(n_lines, 5);
  assert_int_equal(lb_por_mend(text, length, &mended, NULL), LB_OK);
  assert_non_null(mended);
  size_t n_zero = 0, n_one = 0, n_a = 0, k = 0;
  for (size_t i = 0; i < length; i++) {
    if (mended[i] == '\r' || mended[i] == '\n') continue;
    if (k++ < 200) continue;
    n_zero += mended[i] == '0';
    n_one += mended[i] == '1';
    n_a += mended[i] == 'A';
  }
  assert_int_equal(n_zero, 1);
  assert_int_equal(n_one, 1);
  assert_int_equal(n_a, 1);
  lb_mem_free(mended);
}

static void test_allocation_failures(void **state)
{
  (void)state;
  size_t length, n;
  char *bytes = two_members(false, &length);
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    char *cut = NULL;
    lb_mem_fail_after(k);
    st = lb_xpt_member(bytes, length, "ADSL", &cut, &n, NULL);
    assert_true(st == LB_OK || (st == LB_ENOMEM && cut == NULL && lb_mem_live() == 0));
    lb_mem_free(cut);
  }
  lb_mem_fail_after(-1);
  free(bytes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_members),
      LB_TEST(test_other_files),
      LB_TEST(test_first_character_holds),
      LB_TEST(test_allocation_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
