/* test_file.c - reading whole files, writing them atomically. */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"

/* A folder of its own for each test; state is its path. */
static int make_folder(void **state)
{
  static char folder[64];
  strcpy(folder, "/tmp/lb_test_file_XXXXXX");
  *state = mkdtemp(folder);
  return *state == NULL;
}

/* Entries of a folder, without . and .. ; removes them when asked. */
static int count_entries(const char *folder, bool removing)
{
  DIR *dir = opendir(folder);
  int n = 0;
  if (dir == NULL) return -1;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (removing) unlinkat(dirfd(dir), entry->d_name, 0);
    n++;
  }
  closedir(dir);
  return n;
}

static int remove_folder(void **state)
{
  lb_interrupt_clear();
  count_entries(*state, true);
  return rmdir(*state) != 0 || lb_no_leak(state) != 0;
}

/* Path of a file in the test's folder; good until the next call but one. */
static const char *in(void **state, const char *name)
{
  static char paths[2][128];
  static int next;
  next = 1 - next;
  snprintf(paths[next], sizeof paths[next], "%s/%s", (const char *)*state, name);
  return paths[next];
}

static void expect_content(const char *path, const char *want, size_t n)
{
  lb_error err = {0};
  char *data = NULL;
  size_t length = 0;
  LB_OK_OR_FAIL(lb_file_read(path, &data, &length, &err), err);
  assert_int_equal(length, n);
  assert_memory_equal(data, want, n);
  assert_int_equal(data[length], '\0');
  lb_mem_free(data);
}

static void expect_refusal(lb_status status, const lb_error *err, const char *part)
{
  assert_int_equal(status, LB_EIO);
  assert_int_equal(err->code, LB_EIO);
  if (strstr(err->message, part) == NULL) print_error("'%s'\n", err->message);
  assert_non_null(strstr(err->message, part));
}

static void test_round_trip(void **state)
{
  lb_error err = {0};
  const char *path = in(state, "a.csv");
  LB_OK_OR_FAIL(lb_file_write(path, "x,y\n\0z", 6, &err), err);
  expect_content(path, "x,y\n\0z", 6);
  LB_OK_OR_FAIL(lb_file_write(path, "", 0, &err), err);
  expect_content(path, "", 0);
  size_t n = 300000;
  char *big = lb_mem_alloc(n);
  for (size_t i = 0; i < n; i++) big[i] = (char)(i * 7 % 251);
  LB_OK_OR_FAIL(lb_file_write(path, big, n, &err), err);
  expect_content(path, big, n);
  lb_mem_free(big);
  assert_int_equal(count_entries(*state, false), 1); /* no temporary left */
}

static void test_relative_path(void **state)
{
  lb_error err = {0};
  char before[4096];
  assert_non_null(getcwd(before, sizeof before));
  assert_int_equal(chdir(*state), 0);
  lb_status written = lb_file_write("plain.txt", "abc", 3, &err);
  lb_status again = lb_file_write("plain.txt", "abcd", 4, &err);
  assert_int_equal(chdir(before), 0);
  assert_true(written == LB_OK && again == LB_OK);
  expect_content(in(state, "plain.txt"), "abcd", 4);
}

static void test_modes(void **state)
{
  lb_error err = {0};
  struct stat info;
  const char *path = in(state, "mode");
  mode_t mask = umask(027);
  LB_OK_OR_FAIL(lb_file_write(path, "a", 1, &err), err);
  umask(mask);
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 07777, 0640); /* a new one: what the umask leaves */
  assert_int_equal(chmod(path, 0604), 0);
  LB_OK_OR_FAIL(lb_file_write(path, "b", 1, &err), err);
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 07777, 0604); /* a replaced one: its own */
}

static void test_a_failed_write_leaves_the_old_file(void **state)
{
  lb_error err = {0};
  const char *path = in(state, "kept");
  LB_OK_OR_FAIL(lb_file_write(path, "old", 3, &err), err);
  char *big = lb_mem_zero(100000, 1);
  struct rlimit limit, small;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  small = limit;
  small.rlim_cur = 50000; /* as a full disk: the write gets half way */
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  lb_status status = lb_file_write(path, big, 100000, &err);
  lb_status fresh = lb_file_write(in(state, "fresh"), big, 100000, NULL);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  signal(SIGXFSZ, handler);
  lb_mem_free(big);
  expect_refusal(status, &err, "kept': File too large");
  assert_int_equal(fresh, LB_EIO);
  expect_content(path, "old", 3);
  assert_int_equal(count_entries(*state, false), 1);
}

static void test_an_interrupt_leaves_the_old_file(void **state)
{
  lb_error err = {0};
  const char *path = in(state, "kept");
  LB_OK_OR_FAIL(lb_file_write(path, "old", 3, &err), err);
  size_t n = (size_t)20 << 20; /* more than one step */
  char *big = lb_mem_zero(n, 1), *data = NULL;
  lb_interrupt_raise();
  assert_int_equal(lb_file_write(path, big, n, &err), LB_EINTR);
  assert_int_equal(lb_file_read(path, &data, &n, &err), LB_EINTR);
  assert_null(data);
  lb_interrupt_clear();
  lb_mem_free(big);
  expect_content(path, "old", 3);
  assert_int_equal(count_entries(*state, false), 1);
}

static void test_symlinks_are_written_through(void **state)
{
  lb_error err = {0};
  struct stat info;
  LB_OK_OR_FAIL(lb_file_write(in(state, "target"), "old", 3, &err), err);
  const char *path = in(state, "link");
  assert_int_equal(symlink("target", path), 0);
  LB_OK_OR_FAIL(lb_file_write(path, "new", 3, &err), err);
  assert_int_equal(lstat(path, &info), 0);
  assert_true(S_ISLNK(info.st_mode));
  expect_content(in(state, "target"), "new", 3);
  assert_int_equal(unlink(in(state, "target")), 0);
  path = in(state, "link");
  expect_refusal(lb_file_write(path, "x", 1, &err), &err, "a link to a file that does not exist");
  assert_int_equal(lstat(path, &info), 0);
}

static void test_refusals_say_what_it_is(void **state)
{
  lb_error err = {0};
  char *data = NULL;
  size_t n = 77;
  expect_refusal(lb_file_read(in(state, "none.csv"), &data, &n, &err), &err, "no file '/tmp/");
  expect_refusal(lb_file_read("", &data, &n, &err), &err, "no file ''");
  expect_refusal(lb_file_read(*state, &data, &n, &err), &err, "is a folder, not a file");
  expect_refusal(lb_file_write(*state, "x", 1, &err), &err, "is a folder, not a file");
  expect_refusal(lb_file_write("", "x", 1, &err), &err, "no file ''");
  expect_refusal(lb_file_write(in(state, "no/such"), "x", 1, &err), &err, "/no'");
  LB_OK_OR_FAIL(lb_file_write(in(state, "file"), "x", 1, &err), err);
  expect_refusal(lb_file_read(in(state, "file/x"), &data, &n, &err), &err, "not a folder");
  expect_refusal(lb_file_write(in(state, "file/x"), "x", 1, &err), &err, "not a folder");
  assert_null(data);
  assert_int_equal(n, 77);
  assert_int_equal(lb_file_read(in(state, "none"), &data, &n, NULL), LB_EIO);
}

static void test_no_permission(void **state)
{
  /* To root nothing is forbidden: it becomes nobody, who is given the folder, for the test. */
  const uid_t nobody = 65534;
  bool root = geteuid() == 0;
  if (root && (chown(*state, nobody, (gid_t)-1) != 0 || seteuid(nobody) != 0)) fail();
  lb_error err = {0};
  char *data = NULL;
  size_t n;
  const char *path = in(state, "locked");
  LB_OK_OR_FAIL(lb_file_write(path, "x", 1, &err), err);
  assert_int_equal(chmod(path, 0), 0);
  expect_refusal(lb_file_read(path, &data, &n, &err), &err, "no permission to read");
  expect_refusal(lb_file_write(path, "y", 1, &err), &err, "no permission to write");
  assert_int_equal(chmod(path, 0600), 0);
  assert_int_equal(chmod(*state, 0500), 0);
  lb_status status = lb_file_write(in(state, "new"), "y", 1, &err);
  assert_int_equal(chmod(*state, 0700), 0);
  if (root) assert_int_equal(seteuid(0), 0);
  expect_refusal(status, &err, "no permission to write");
}

static void test_long_names(void **state)
{
  lb_error err = {0};
  char name[300], path[400];
  memset(name, 'n', 299);
  name[255] = '\0';
  snprintf(path, sizeof path, "%s/%s", (const char *)*state, name);
  LB_OK_OR_FAIL(lb_file_write(path, "x", 1, &err), err);
  name[255] = 'n';
  name[256] = '\0';
  snprintf(path, sizeof path, "%s/%s", (const char *)*state, name);
  expect_refusal(lb_file_write(path, "x", 1, &err), &err, "too long");
}

/* A pipe has no size: the buffer grows; its contents come from a small writer in this process. */
static void test_pipes_and_devices(void **state)
{
  (void)state;
  int ends[2];
  char path[64], text[60000];
  assert_int_equal(pipe(ends), 0);
  memset(text, 't', sizeof text);
  assert_int_equal(write(ends[1], text, sizeof text), sizeof text); /* a pipe holds 64 KiB */
  close(ends[1]);
  snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
  expect_content(path, text, sizeof text);
  close(ends[0]);
  expect_content("/dev/null", "", 0);
  assert_int_equal(lb_file_write("/dev/null", text, sizeof text, NULL), LB_OK);
  lb_error err = {0};
  char *data = NULL;
  size_t length = 0;
  LB_OK_OR_FAIL(lb_file_read("/proc/self/status", &data, &length, &err), err); /* size 0 by stat */
  assert_true(length > 0 && strlen(data) == length);
  lb_mem_free(data);
}

/* What gives bytes for ever must not take all memory: devices by what they are, pipes by how much
 * came. The limit on address space stands for the memory of a small machine. */
static void test_no_end(void **state)
{
  (void)state;
  lb_error err = {0};
  char *data = NULL;
  size_t length;
  expect_refusal(lb_file_read("/dev/zero", &data, &length, &err), &err, "is a device, not a file");
#ifndef __SANITIZE_ADDRESS__ /* which needs more address space than there is memory */
  int ends[2];
  char path[64], text[4096] = {0};
  struct rlimit before, small;
  assert_int_equal(pipe(ends), 0);
  pid_t writer = fork();
  if (writer == 0)
    while (write(ends[1], text, sizeof text) > 0) {
    }
  close(ends[1]);
  assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
  small = before;
  small.rlim_cur = (rlim_t)512 << 20;
  assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
  snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
  lb_status status = lb_file_read(path, &data, &length, &err);
  assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
  kill(writer, SIGKILL);
  close(ends[0]);
  assert_int_equal(waitpid(writer, NULL, 0), writer);
  expect_refusal(status, &err, "half of this machine's memory");
#endif
}

#define MANY ((size_t)8 << 20)

/* A file of MANY bytes. */
static const char *large(void **state)
{
  const char *path = in(state, "large");
  char *text = lb_mem_alloc(MANY);
  memset(text, 'a', MANY);
  lb_status status = lb_file_write(path, text, MANY, NULL);
  lb_mem_free(text);
  assert_int_equal(status, LB_OK);
  return path;
}

/* While a file is mapped nobody can open it to write: an open that would wait is refused. */
static void test_a_mapped_file_stays(void **state)
{
  lb_error err = {0};
  lb_file_view view = {0};
  const char *path = large(state);
  LB_OK_OR_FAIL(lb_file_map(path, &view, &err), err);
  assert_int_equal(view.length, MANY);
  if (view.mapped == NULL) { /* not every file system has leases */
    lb_file_unmap(&view);
    skip();
  }
  assert_int_equal(open(path, O_WRONLY | O_TRUNC | O_NONBLOCK), -1);
  assert_int_equal(errno, EWOULDBLOCK);
  assert_int_equal(view.data[MANY - 1], 'a');
  LB_OK_OR_FAIL(lb_file_check(&view, path, &err), err);
  const struct timespec times[2] = {{1, 0}, {1, 0}};
  assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0); /* as one who did not wait leaves it */
  expect_refusal(lb_file_check(&view, path, &err), &err, "was changed by another program");
  lb_file_unmap(&view);
  int fd = open(path, O_WRONLY | O_TRUNC | O_NONBLOCK);
  assert_true(fd >= 0);
  close(fd);
}

/* A file that somebody writes is copied, and what was copied while it grew is refused. */
static void test_a_file_that_grows(void **state)
{
  lb_error err = {0};
  lb_file_view view = {0};
  char *data = NULL;
  size_t length;
  const char *path = large(state);
  pid_t writer = fork();
  if (writer == 0) {
    int fd = open(path, O_WRONLY | O_APPEND);
    while (write(fd, "b", 1) == 1) {
    }
    _exit(0);
  }
  lb_status status = LB_OK;
  for (int i = 0; i < 1000 && status == LB_OK; i++) {
    status = lb_file_read(path, &data, &length, &err);
    if (status == LB_OK) lb_mem_free(data);
  }
  lb_status mapped = lb_file_map(path, &view, &err);
  bool copied = view.mapped == NULL;
  lb_file_unmap(&view);
  kill(writer, SIGKILL);
  assert_int_equal(waitpid(writer, NULL, 0), writer);
  expect_refusal(status, &err, "was changed by another program");
  assert_true(copied);
  assert_true(mapped == LB_OK || mapped == LB_EIO);
}

static void test_out_of_memory(void **state)
{
  lb_error err = {0};
  char *data = NULL;
  size_t length;
  const char *path = in(state, "file");
  LB_OK_OR_FAIL(lb_file_write(path, "old", 3, &err), err);
  lb_status status = LB_ENOMEM;
  for (long k = 0; status != LB_OK; k++) {
    lb_mem_fail_after(k);
    status = lb_file_write(path, "new", 3, &err);
    lb_mem_fail_after(-1);
    assert_true(status == LB_OK || status == LB_ENOMEM);
    expect_content(path, status == LB_OK ? "new" : "old", 3);
    assert_int_equal(count_entries(*state, false), 1);
  }
  status = LB_ENOMEM;
  for (long k = 0; status != LB_OK; k++) {
    lb_mem_fail_after(k);
    status = lb_file_read(path, &data, &length, &err);
    assert_true(status == LB_OK || (status == LB_ENOMEM && data == NULL && lb_mem_live() == 0));
  }
  lb_mem_free(data);
}

#define FILE_TEST(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
  const struct CMUnitTest tests[] = {
      FILE_TEST(test_round_trip),
      FILE_TEST(test_relative_path),
      FILE_TEST(test_modes),
      FILE_TEST(test_a_failed_write_leaves_the_old_file),
      FILE_TEST(test_an_interrupt_leaves_the_old_file),
      FILE_TEST(test_symlinks_are_written_through),
      FILE_TEST(test_refusals_say_what_it_is),
      FILE_TEST(test_no_permission),
      FILE_TEST(test_long_names),
      FILE_TEST(test_pipes_and_devices),
      FILE_TEST(test_no_end),
      FILE_TEST(test_a_mapped_file_stays),
      FILE_TEST(test_a_file_that_grows),
      FILE_TEST(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
