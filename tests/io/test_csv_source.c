/* test_csv_source.c - encodings, gzip and mapped files: the same table however it was stored. */
#include "check.h"

#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "io/csv_source.h"
#include "io/gunzip.h"

static char folder[] = "/tmp/lobule-csv-XXXXXX";

static const char *path_of(const char *name)
{
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static const char *put(const char *name, const char *bytes, size_t length)
{
  const char *path = path_of(name);
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_file_write(path, bytes, length, &err), err);
  return path;
}

static const struct {
  const char *bytes;
  size_t length;
  const char *encoding; /* as an option */
  lb_status status;
  const char *shown; /* or the message */
} files[] = {
    {"n,t\n1,M\xC3\xBCller\n", 14, NULL, LB_OK, "UTF-8"},
    {"\xEF\xBB\xBFn,t\n1,M\xC3\xBCller\n", 17, NULL, LB_OK, "UTF-8"},
    {"n,t\n1,M\xFCller\n", 13, "latin1", LB_OK, "Latin-1"},
    {"n,t\n1,M\xFCller\n", 13, "windows-1252", LB_OK, "Windows-1252"},
    {"\xFF\xFEn\0,\0t\0\n\0"
     "1\0,\0M\0\xFC\0l\0l\0e\0r\0\n\0",
     28, NULL, LB_OK, "UTF-16LE"},
    {"\xFE\xFF\0n\0,\0t\0\n\0"
     "1\0,\0M\0\xFC\0l\0l\0e\0r\0\n",
     28, NULL, LB_OK, "UTF-16BE"},
    {"n\0,\0t\0\n\0"
     "1\0,\0M\0\xFC\0l\0l\0e\0r\0\n\0",
     26, "utf-16le", LB_OK, "UTF-16LE"},
    {"n,t\n1,M\xFCller\n", 13, NULL, LB_EPARSE, "f.csv: line 2 is not UTF-8"},
    {"n,t\n1,\x96\n", 8, "latin1", LB_EPARSE,
     "f.csv: line 2 holds the byte 0x96, which Latin-1 has no letter for"},
    {"n,t\n1,\x81\n", 8, "windows-1252", LB_EPARSE, "f.csv: line 2 is not Windows-1252"},
    {"n\0,\0t", 5, "utf-16le", LB_EPARSE, "f.csv: line 1 is not UTF-16LE"},
    {"n,t\n", 4, "latin-1", LB_EARG, "f.csv: no encoding 'latin-1' (did you mean 'latin1'?)"},
};

static void test_encodings(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    lb_frame *frame = NULL;
    lb_csv_facts facts;
    lb_error err = {0};
    lb_csv_options options = {.source = "f.csv"};
    const char *path = put("f.csv", files[i].bytes, files[i].length);
    lb_status st = lb_csv_read_file(path, files[i].encoding, &options, &frame, NULL, &facts, &err);
    if (st != files[i].status) print_error("%zu: %s\n", i, err.message);
    assert_int_equal(st, files[i].status);
    if (st != LB_OK) {
      assert_string_equal(err.message, files[i].shown);
      assert_null(frame);
      continue;
    }
    const lb_column *text = NULL;
    char hex[LB_SHA256_HEX];
    size_t n;
    assert_int_equal(lb_frame_column(frame, 1, &text, NULL), LB_OK);
    assert_memory_equal(lb_column_text(text, 0, &n), "M\xC3\xBCller", 7);
    assert_int_equal(n, 7);
    assert_string_equal(facts.encoding, files[i].shown);
    assert_string_equal(facts.line_end, "\n");
    assert_int_equal(facts.separator, ',');
    lb_sha256_hex(files[i].bytes, files[i].length, hex);
    assert_string_equal(facts.sha256, hex);
    lb_frame_release(frame);
  }
}

/* A gzip file of a text, by the library's own packing. */
static size_t pack(const char *text, size_t length, char *out, size_t capacity)
{
  z_stream s = {0};
  assert_int_equal(deflateInit2(&s, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  s.next_in = (Bytef *)(uintptr_t)text;
  s.avail_in = (unsigned)length;
  s.next_out = (Bytef *)out;
  s.avail_out = (unsigned)capacity;
  assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
  size_t n = s.total_out;
  deflateEnd(&s);
  return n;
}

static void test_gzip(void **state)
{
  (void)state;
  char packed[512];
  size_t n = pack("a,b\r\n1,2\r\n", 10, packed, sizeof packed);
  size_t more = pack("3,4\r\n", 5, packed + n, sizeof packed - n); /* a second member */
  memset(packed + n + more, 0, 16);                                /* and padding */
  for (int padding = 0; padding <= 16; padding += 16) {
    lb_frame *frame = NULL;
    lb_csv_facts facts;
    lb_error err = {0};
    const char *path = put("f.csv.gz", packed, n + more + (size_t)padding);
    LB_OK_OR_FAIL(lb_csv_read_file(path, NULL, NULL, &frame, NULL, &facts, &err), err);
    assert_int_equal(lb_frame_rows(frame), 2);
    assert_true(facts.gzip);
    assert_string_equal(facts.line_end, "\r\n");
    lb_frame_release(frame);
  }
  for (size_t cut = 3; cut < n; cut++) { /* every file that is cut off is refused */
    char *out = NULL;
    size_t length = 0;
    assert_int_equal(lb_gunzip(packed, cut, &out, &length, NULL), LB_EPARSE);
    assert_null(out);
  }
  packed[n - 6] ^= 1; /* the check sum */
  char *out = NULL;
  size_t length = 0;
  assert_int_equal(lb_gunzip(packed, n, &out, &length, NULL), LB_EPARSE);
}

/* A file large enough to be mapped, whose length is a multiple of a page: nothing is read past it. */
static void test_mapped(void **state)
{
  (void)state;
  size_t n = (size_t)3 << 20;
  char *text = lb_mem_alloc(n);
  lb_frame *frame = NULL;
  lb_csv_facts facts;
  lb_error err = {0};
  assert_non_null(text);
  for (size_t i = 0; i < n; i += 4) memcpy(text + i, i == 0 ? "a,b\n" : "1,2\n", 4);
  text[n - 1] = '7'; /* the last cell ends the file: 1,27 */
  LB_OK_OR_FAIL(lb_csv_read_file(put("m.csv", text, n), NULL, NULL, &frame, NULL, &facts, &err),
                err);
  const lb_column *b = NULL;
  assert_int_equal(lb_frame_rows(frame), n / 4 - 1);
  assert_int_equal(lb_frame_column(frame, 1, &b, NULL), LB_OK);
  assert_int_equal(lb_column_integer(b)[n / 4 - 2], 27);
  lb_frame_release(frame);
  lb_mem_free(text);
}

static void test_no_file(void **state)
{
  (void)state;
  lb_frame *frame = NULL;
  lb_error err = {0};
  assert_int_equal(lb_csv_read_file("/nowhere/x.csv", NULL, NULL, &frame, NULL, NULL, &err),
                   LB_EIO);
  assert_string_equal(err.message, "no file '/nowhere/x.csv'");
  assert_int_equal(lb_csv_read_file("/tmp", NULL, NULL, &frame, NULL, NULL, &err), LB_EIO);
}

static void test_allocation_failures(void **state)
{
  (void)state;
  char packed[256];
  size_t n = pack("a;b\n1;M\xFCller\n", 13, packed, sizeof packed);
  const char *path = put("f.csv.gz", packed, n);
  lb_status st = LB_ENOMEM;
  lb_frame *frame = NULL;
  lb_csv_facts facts;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_csv_read_file(path, "latin1", NULL, &frame, NULL, &facts, NULL);
    assert_true(st == LB_OK || (st == LB_ENOMEM && frame == NULL && lb_mem_live() == 0));
  }
  lb_mem_fail_after(-1);
  lb_frame_release(frame);
}

static int make_folder(void **state)
{
  (void)state;
  return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
  (void)state;
  static const char *const NAMES[] = {"f.csv", "f.csv.gz", "m.csv"};
  for (size_t i = 0; i < 3; i++) unlink(path_of(NAMES[i]));
  return rmdir(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_encodings),
      LB_TEST(test_gzip),
      LB_TEST(test_mapped),
      LB_TEST(test_no_file),
      LB_TEST(test_allocation_failures),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
