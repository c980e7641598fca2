/* test_folder.c - folders: made once, left alone when there, refused where something else stands. */
#include "check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"

static void test_folder(void **state)
{
  (void)state;
  char root[] = "/tmp/lb_test_folder_XXXXXX", path[64], below[80];
  lb_error err = {0};
  struct stat info;
  assert_non_null(mkdtemp(root));
  snprintf(path, sizeof path, "%s/paper/", root);
  snprintf(below, sizeof below, "%s/none/paper", root);
  bool made = false;
  LB_OK_OR_FAIL(lb_folder_make(path, &made, &err), err);
  assert_true(made);
  assert_true(stat(path, &info) == 0 && S_ISDIR(info.st_mode));
  LB_OK_OR_FAIL(lb_folder_make(path, &made, &err), err);
  assert_false(made);
  assert_int_equal(lb_folder_make(below, NULL, &err), LB_EIO);
  assert_non_null(strstr(err.message, "no folder to make"));
  assert_int_equal(lb_folder_make("/dev/null", NULL, &err), LB_EIO);
  assert_non_null(strstr(err.message, "is a file, not a folder"));
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(rmdir(root), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_folder)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
