/* test_zip_write.c - the checksum's check value, archives byte by byte, names that are refused. */
#include "check.h"

#include "io/crc32.h"
#include "io/zip_write.h"

/* The check value of CRC-32/ISO-HDLC: "123456789"; in two pieces it is the same. */
static void test_checksum(void **state)
{
  (void)state;
  const char *digits = "123456789";
  assert_int_equal(lb_crc32(digits, 9, NULL, 0), 0xCBF43926u);
  for (size_t k = 0; k <= 9; k++)
    assert_int_equal(lb_crc32(digits, k, digits + k, 9 - k), 0xCBF43926u);
  assert_int_equal(lb_crc32("", 0, NULL, 0), 0);
}

static unsigned get16(const char *at)
{
  return (unsigned)((unsigned char)at[0] | (unsigned char)at[1] << 8);
}

static unsigned long get32(const char *at)
{
  return get16(at) | (unsigned long)get16(at + 2) << 16;
}

static const lb_zip_entry two[] = {{"a.txt", "123456789", 9}, {"b/c.bin", "\0x", 2}};

/* By hand from APPNOTE 4.3: 30 bytes and the name before data, 46 and the name in the directory. */
static void test_layout(void **state)
{
  (void)state;
  char *zip = NULL;
  size_t n = 0;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_zip_write(two, 2, &zip, &n, &err), err);
  size_t directory = 30 + 5 + 9 + 30 + 7 + 2;
  assert_int_equal(n, directory + 46 + 5 + 46 + 7 + 22);
  assert_memory_equal(zip, "PK\3\4", 4);
  assert_int_equal(get16(zip + 10), 0);      /* time */
  assert_int_equal(get16(zip + 12), 0x0021); /* 1980-01-01 */
  assert_int_equal(get32(zip + 14), 0xCBF43926);
  assert_int_equal(get32(zip + 18), 9);
  assert_int_equal(get32(zip + 22), 9);
  assert_memory_equal(zip + 30, "a.txt123456789PK\3\4", 18);
  assert_memory_equal(zip + directory, "PK\1\2", 4);
  assert_int_equal(get32(zip + directory + 42), 0);
  assert_int_equal(get32(zip + directory + 46 + 5 + 42), 30 + 5 + 9);
  const char *end = zip + n - 22;
  assert_memory_equal(end, "PK\5\6", 4);
  assert_int_equal(get16(end + 8), 2);
  assert_int_equal(get32(end + 12), 46 + 5 + 46 + 7);
  assert_int_equal(get32(end + 16), directory);
  lb_mem_free(zip);
}

static void test_empty_archive(void **state)
{
  (void)state;
  char *zip = NULL;
  size_t n = 0;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_zip_write(NULL, 0, &zip, &n, &err), err);
  assert_int_equal(n, 22);
  assert_memory_equal(zip, "PK\5\6", 4);
  lb_mem_free(zip);
}

static void test_refused_names(void **state)
{
  (void)state;
  static const char *const bad[] = {"", "/etc/passwd", "a\\b", "\xC3\xA4.txt", "a\nb", "a.txt"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    lb_zip_entry entries[] = {{"a.txt", "", 0}, {bad[i], "", 0}};
    char *zip = NULL;
    size_t n = 77;
    lb_error err = {0};
    assert_int_equal(lb_zip_write(entries, 2, &zip, &n, &err), LB_EARG);
    assert_null(zip);
    assert_int_equal(n, 77);
  }
}

static void test_allocation_failures(void **state)
{
  (void)state;
  lb_status st = LB_ENOMEM;
  char *zip = NULL;
  size_t n = 0, live = lb_mem_live();
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_mem_fail_after(k);
    st = lb_zip_write(two, 2, &zip, &n, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && zip == NULL && lb_mem_live() == live));
  }
  lb_mem_free(zip);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_checksum), LB_TEST(test_layout),
                                     LB_TEST(test_empty_archive), LB_TEST(test_refused_names),
                                     LB_TEST(test_allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
