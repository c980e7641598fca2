/* test_sandbox.c - the barriers around a recipe, each tried from within by a process of its own, with
 * the kernel's help and with parts of it away. */
#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/parallel.h"
#include "check.h"

#define MIB ((int64_t)1 << 20)

static const lb_sandbox_limits LIMITS = {
    .cpu_seconds = 20, .memory_bytes = 256 * MIB, .threads = 4};

/* Exit statuses of the process that tries. */
enum { REFUSED = 0, ALLOWED = 1, NO_SANDBOX = 2 };

/* Runs `attempt` in a process of its own, within the sandbox; its wait status. */
static int within(const lb_sandbox_limits *limits, int (*attempt)(lb_sandbox_state state))
{
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) _exit(attempt(lb_sandbox_enter(limits)));
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return status;
}

static void refused(int (*attempt)(lb_sandbox_state state))
{
  int status = within(&LIMITS, attempt);
  assert_true(WIFEXITED(status));
  if (WEXITSTATUS(status) == NO_SANDBOX) skip(); /* this kernel lacks the barrier */
  assert_int_equal(WEXITSTATUS(status), REFUSED);
}

#define TEST_REFUSED(name, barrier, expression)                                                    \
  static int name##_attempt(lb_sandbox_state state)                                                \
  {                                                                                                \
    (void)state;                                                                                   \
    if (!(barrier)) return NO_SANDBOX;                                                             \
    return (expression) ? ALLOWED : REFUSED;                                                       \
  }                                                                                                \
  static void test_##name(void **unused)                                                           \
  {                                                                                                \
    (void)unused;                                                                                  \
    refused(name##_attempt);                                                                       \
  }

TEST_REFUSED(read, state.landlock || state.seccomp, open("/etc/passwd", O_RDONLY) >= 0)
TEST_REFUSED(folder, state.landlock || state.seccomp, open("/", O_RDONLY | O_DIRECTORY) >= 0)
TEST_REFUSED(write, true, open("/tmp/left-behind", O_WRONLY | O_CREAT, 0600) >= 0)
TEST_REFUSED(link, state.landlock || state.seccomp, symlink("/etc/passwd", "/tmp/left-behind") == 0)
TEST_REFUSED(remove, state.landlock || state.seccomp,
             unlink("/tmp/left-behind-by-none") == 0 || errno == ENOENT)
TEST_REFUSED(process, state.seccomp, fork() >= 0)
TEST_REFUSED(vfork_call, state.seccomp,
             syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) >= 0)
TEST_REFUSED(program, state.seccomp, execl("/bin/true", "true", (char *)NULL) == 0)
TEST_REFUSED(network, true, socket(AF_INET, SOCK_STREAM, 0) >= 0)
TEST_REFUSED(local_socket, true, socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
TEST_REFUSED(new_code, state.seccomp,
             mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                  0) != MAP_FAILED)
TEST_REFUSED(signal_parent, state.seccomp, kill(getppid(), 0) == 0)
TEST_REFUSED(trace, state.seccomp, ptrace(PTRACE_TRACEME, 0, 0, 0) == 0)
TEST_REFUSED(raise_limit, state.seccomp,
             setrlimit(RLIMIT_CPU, &(struct rlimit){30, RLIM_INFINITY}) == 0)
TEST_REFUSED(descriptor, true, dup(1) >= 0)
TEST_REFUSED(ring, state.seccomp, syscall(SYS_io_uring_setup, 8, NULL) >= 0 || errno != EPERM)

/* What computing needs still works. */
static void add_one(void *context, size_t block)
{
  ((int *)context)[block] += 1 + (int)block;
}

static int compute(lb_sandbox_state state)
{
  (void)state;
  int blocks[64] = {0}, sum = 0;
  lb_threads_set(4);
  if (!lb_parallel(64, true, add_one, blocks)) return 1;
  for (int i = 0; i < 64; i++) sum += blocks[i];
  void *memory = lb_mem_zero(1, (size_t)(200 * MIB)); /* of the 256 */
  bool fine = sum == 64 * 65 / 2 && memory != NULL;
  lb_mem_free(memory);
  return fine && write(STDOUT_FILENO, "", 0) == 0 ? 0 : 1;
}

static void test_computing(void **unused)
{
  (void)unused;
  int status = within(&LIMITS, compute);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

/* The stacks of many threads are not counted as the recipe's memory. */
static int many_threads(lb_sandbox_state state)
{
  (void)state;
  int blocks[256] = {0};
  lb_threads_set(48);
  if (!lb_parallel(256, true, add_one, blocks)) return 1;
  void *memory = lb_mem_alloc((size_t)(50 * MIB));
  return memory == NULL;
}

static void test_many_threads(void **unused)
{
  (void)unused;
  lb_sandbox_limits limits = {.cpu_seconds = 20, .memory_bytes = 64 * MIB, .threads = 48};
  int status = within(&limits, many_threads);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

static int too_much(lb_sandbox_state state)
{
  (void)state;
  return lb_mem_alloc((size_t)(300 * MIB)) == NULL ? REFUSED : ALLOWED;
}

static void test_memory(void **unused)
{
  (void)unused;
#ifdef __SANITIZE_ADDRESS__
  skip(); /* its shadow needs the address space */
#endif
  assert_int_equal(WEXITSTATUS(within(&LIMITS, too_much)), REFUSED);
}

static int spin(lb_sandbox_state state)
{
  (void)state;
  for (volatile unsigned i = 0; i < UINT32_MAX; i = i / 2 + 1) continue;
  return 0;
}

static void test_processor_time(void **unused)
{
  (void)unused;
  lb_sandbox_limits limits = {.cpu_seconds = 1, .memory_bytes = 64 * MIB, .threads = 1};
  int status = within(&limits, spin);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGXCPU);
}

static int shrug(lb_sandbox_state state)
{
  (void)state;
  signal(SIGXCPU, SIG_IGN);
  return spin(state);
}

static void test_processor_time_ignored(void **unused)
{
  (void)unused;
  lb_sandbox_limits limits = {.cpu_seconds = 1, .memory_bytes = 64 * MIB, .threads = 1};
  int status = within(&limits, shrug);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* ---- A kernel that lacks a part: a filter around the process answers for it ---- */

static void without_landlock(scmp_filter_ctx filter)
{
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0);
}

static void without_seccomp(scmp_filter_ctx filter)
{
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0);
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
                   SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP));
}

/* The state that a sandbox tells where the filter hides a part of the kernel: bit 0 limits, bit 1
 * landlock, bit 2 seccomp; bit 3: a file could be read. */
static int state_where(void (*hide)(scmp_filter_ctx filter))
{
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (hide != NULL) hide(filter);
    if (filter == NULL || seccomp_load(filter) != 0) _exit(64);
    lb_sandbox_state s = lb_sandbox_enter(&LIMITS);
    int read_it = open("/etc/passwd", O_RDONLY) >= 0 ? 8 : 0;
    _exit((s.limits ? 1 : 0) | (s.landlock ? 2 : 0) | (s.seccomp ? 4 : 0) | read_it);
  }
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void test_kernel_without(void **unused)
{
  (void)unused;
  int whole = state_where(NULL);
  assert_true((whole & 1) != 0 && (whole & 8) == 0);
  int no_landlock = state_where(without_landlock), no_seccomp = state_where(without_seccomp);
  assert_int_equal(no_landlock, whole & ~2); /* the others hold, and still no file */
  assert_int_equal(no_seccomp, whole & ~4);
}

/* A thread from before would stand outside: nothing is claimed then. */
static void *wait_on(void *unused)
{
  (void)unused;
  pause();
  return NULL;
}

static void test_thread_before(void **unused)
{
  (void)unused;
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_on, NULL) != 0) _exit(2);
    lb_sandbox_state s = lb_sandbox_enter(&LIMITS);
    _exit(s.landlock || s.seccomp);
  }
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
  /* As the parent of a recipe's process does; OpenMP reads it before main(). */
  if (argc == 1 && getenv("OMP_STACKSIZE") == NULL) {
    setenv("OMP_STACKSIZE", LB_SANDBOX_STACK_KIB, 1);
    execv("/proc/self/exe", argv);
  }
  const struct CMUnitTest tests[] = {
      LB_TEST(test_read),
      LB_TEST(test_folder),
      LB_TEST(test_write),
      LB_TEST(test_link),
      LB_TEST(test_remove),
      LB_TEST(test_process),
      LB_TEST(test_vfork_call),
      LB_TEST(test_program),
      LB_TEST(test_network),
      LB_TEST(test_local_socket),
      LB_TEST(test_new_code),
      LB_TEST(test_signal_parent),
      LB_TEST(test_trace),
      LB_TEST(test_raise_limit),
      LB_TEST(test_descriptor),
      LB_TEST(test_ring),
      LB_TEST(test_computing),
      LB_TEST(test_many_threads),
      LB_TEST(test_memory),
      LB_TEST(test_processor_time),
      LB_TEST(test_processor_time_ignored),
      LB_TEST(test_kernel_without),
      LB_TEST(test_thread_before),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
