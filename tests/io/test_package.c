/* test_package.c - xlsx files made to unpack to more than a computer holds, or to take for ever. */
#include "check.h"
#include "make_zip.h"

#include <time.h>

#include "frame/builder.h"
#include "io/xlsx.h"

#define CELLS "<sheetData><row><c t='str'><v>x</v></c></row></sheetData>"

/* 40 MB of blanks, packed to 40 kB by the writer's own library. */
static void test_bomb(void **state)
{
  (void)state;
  lb_frame *f = NULL;
  size_t n = 30000, length = 0;
  char *blanks = malloc(n + 1), *bytes = NULL;
  memset(blanks, 'x', n);
  blanks[n] = '\0';
  const char **texts = malloc(1000 * sizeof *texts);
  for (size_t i = 0; i < 1000; i++) texts[i] = blanks;
  lb_column *c = NULL;
  assert_int_equal(lb_column_from_texts(texts, 1000, &c, NULL), LB_OK);
  assert_int_equal(lb_frame_new(1000, NULL, &f, NULL), LB_OK);
  assert_int_equal(lb_frame_add(f, "a", c, NULL), LB_OK);
  assert_int_equal(lb_xlsx_write(f, NULL, &bytes, &length, NULL), LB_OK);
  assert_true(length < 200000);
  lb_frame *g = NULL;
  lb_error err = {0};
  assert_int_equal(lb_xlsx_read(bytes, length, NULL, &g, NULL, &err), LB_EDATA);
  assert_non_null(strstr(err.message, "unpacks to more than"));
  lb_column_release(c);
  lb_frame_release(f);
  lb_mem_free(bytes);
  free(blanks);
  free(texts);
}

/* The central header of a part, found by its name from the end. */
static char *directory_entry(char *bytes, size_t length, const char *name)
{
  size_t n = strlen(name);
  for (size_t at = length - n; at > 0; at--)
    if (memcmp(bytes + at, name, n) == 0) return bytes + at - 46;
  fail();
  return NULL;
}

/* What the directory says is judged before anything is unpacked; where it says too little, the
 * part is damaged. */
static void test_sizes_of_the_directory(void **state)
{
  (void)state;
  static const struct {
    uint32_t size;
    lb_status want;
    const char *message;
  } SIZES[] = {
      {0xF0000000u, LB_EDATA, "the file unpacks to more than 1024 MiB"},
      {0x10000000u, LB_EDATA, "the part unpacks to more than 300 times its size"},
      {10, LB_EPARSE, "the part is damaged"},
  };
  for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
    size_t length;
    char *bytes = zip_workbook(CELLS, "", &length);
    lb_frame *f = NULL;
    lb_error err = {0};
    zip_put(directory_entry(bytes, length, "xl/worksheets/s1.xml") + 24, SIZES[i].size, 4);
    assert_int_equal(lb_xlsx_read(bytes, length, NULL, &f, NULL, &err), SIZES[i].want);
    if (strstr(err.message, SIZES[i].message) == NULL) print_error("%s\n", err.message);
    assert_non_null(strstr(err.message, SIZES[i].message));
    assert_null(f);
    free(bytes);
  }
}

/* A comment of 32 MB, which a parser fed with blocks of one size reads hundreds of times over. */
static void test_long_comment(void **state)
{
  (void)state;
  static const char START[] = CELLS "<!--";
  size_t n = (size_t)32 << 20, length;
  char *sheet = malloc(sizeof START + n + 4);
  strcpy(sheet, START);
  memset(sheet + sizeof START - 1, 'a', n);
  strcpy(sheet + sizeof START - 1 + n, "-->");
  char *bytes = zip_workbook(sheet, "", &length);
  free(sheet);
  lb_frame *f = NULL;
  lb_error err = {0};
  clock_t start = clock(); /* of this process: other work on the machine does not count */
  LB_OK_OR_FAIL(lb_xlsx_read(bytes, length, NULL, &f, NULL, &err), err);
  assert_true(clock() - start < 3 * CLOCKS_PER_SEC);
  lb_frame_release(f);
  free(bytes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_bomb),
      LB_TEST(test_sizes_of_the_directory),
      LB_TEST(test_long_comment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
