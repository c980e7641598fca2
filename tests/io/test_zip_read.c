/* test_zip_read.c - what the archive writer wrote comes back; limits, links, damage, and memory that
 * runs out. */
#include "check.h"

#include "base/mem.h"
#include "io/zip_read.h"
#include "io/zip_write.h"

static const lb_zip_entry TWO[] = {{"a.lua", "123456789", 9}, {"b.csv", "", 0}};
static const lb_zip_limits ROOM = {.most_parts = 2, .most_bytes = 9};

static char *two(size_t *n)
{
  char *zip = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_zip_write(TWO, 2, &zip, n, &err), err);
  return zip;
}

static void test_back(void **state)
{
  (void)state;
  size_t n;
  char *zip = two(&n);
  lb_zip_parts parts = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_zip_read(zip, n, &ROOM, &parts, &err), err);
  assert_int_equal(parts.n, 2);
  assert_string_equal(parts.part[0].name, "a.lua");
  assert_int_equal(parts.part[0].length, 9);
  assert_memory_equal(parts.part[0].data, "123456789", 9);
  assert_string_equal(parts.part[1].name, "b.csv");
  assert_int_equal(parts.part[1].length, 0);
  lb_zip_parts_reset(&parts);
  lb_zip_parts_reset(&parts);
  lb_mem_free(zip);
  assert_int_equal(lb_mem_live(), 0);
}

static void refused(const char *zip, size_t n, const lb_zip_limits *limits, lb_status want)
{
  lb_zip_parts parts = {0};
  lb_error err = {0};
  assert_int_equal(lb_zip_read(zip, n, limits, &parts, &err), want);
  assert_int_equal(err.code, want);
  assert_null(parts.part);
  assert_int_equal(parts.n, 0);
  assert_int_equal(lb_zip_read(zip, n, limits, &parts, NULL), want);
}

static void test_limits(void **state)
{
  (void)state;
  size_t n;
  char *zip = two(&n);
  refused(zip, n, &(lb_zip_limits){.most_parts = 1, .most_bytes = 9}, LB_EDATA);
  refused(zip, n, &(lb_zip_limits){.most_parts = 2, .most_bytes = 8}, LB_EDATA);
  lb_mem_free(zip);
}

/* The directory's first header: "made by" at 4, external attributes at 38 (APPNOTE 4.3.12). */
static void set_mode(char *zip, size_t n, unsigned mode)
{
  for (size_t i = 0; i + 46 <= n; i++) {
    if (memcmp(zip + i, "PK\1\2", 4) != 0) continue;
    zip[i + 5] = 3; /* Unix */
    zip[i + 40] = (char)(mode & 0xFF);
    zip[i + 41] = (char)(mode >> 8);
    return;
  }
  fail_msg("no directory");
}

static void test_kinds(void **state)
{
  (void)state;
  size_t n;
  char *zip = two(&n);
  set_mode(zip, n, 0120777); /* a symbolic link */
  refused(zip, n, &ROOM, LB_EDATA);
  set_mode(zip, n, 0020666); /* a device */
  refused(zip, n, &ROOM, LB_EDATA);
  set_mode(zip, n, 0100644); /* a file */
  lb_zip_parts parts = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_zip_read(zip, n, &ROOM, &parts, &err), err);
  lb_zip_parts_reset(&parts);
  lb_mem_free(zip);
}

/* Every cut, and every byte changed: an archive that reads has its parts whole, or is refused. */
static void test_damage(void **state)
{
  (void)state;
  size_t n;
  char *zip = two(&n);
  refused("", 0, &ROOM, LB_EPARSE);
  refused("PK", 2, &ROOM, LB_EPARSE);
  for (size_t cut = 1; cut < n; cut++) {
    lb_zip_parts parts = {0};
    assert_int_not_equal(lb_zip_read(zip, cut, &ROOM, &parts, NULL), LB_OK);
  }
  for (size_t i = 0; i < n; i++) {
    lb_zip_parts parts = {0};
    zip[i] ^= 0x55;
    if (lb_zip_read(zip, n, &ROOM, &parts, NULL) == LB_OK && parts.part[0].length == 9)
      assert_memory_equal(parts.part[0].data, "123456789", 9);
    lb_zip_parts_reset(&parts);
    zip[i] ^= 0x55;
  }
  lb_mem_free(zip);
  assert_int_equal(lb_mem_live(), 0);
}

static void test_memory(void **state)
{
  (void)state;
  size_t n;
  char *zip = two(&n);
  lb_zip_parts parts = {0};
  lb_status st = LB_ENOMEM;
  size_t before = lb_mem_live();
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_zip_read(zip, n, &ROOM, &parts, NULL);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && parts.n == 0 && lb_mem_live() == before));
    assert_true(k < 100);
  }
  lb_zip_parts_reset(&parts);
  lb_mem_free(zip);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_back),   LB_TEST(test_limits), LB_TEST(test_kinds),
      LB_TEST(test_damage), LB_TEST(test_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
