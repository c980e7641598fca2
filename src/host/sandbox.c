/* sandbox.c - rlimits, Landlock and a seccomp filter around this process. Each is a barrier of its
 * own: a recipe that gets around one stands before the next. */
#include "host/sandbox.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/landlock.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CPU_GRACE 2 /* seconds from the signal that says why to the one that cannot be caught */

/* A thread's stack, its guard and what the C library keeps for it. */
#define THREAD_BYTES ((int64_t)4 << 20)

/* The sanitizer's shadow takes terabytes of address space, which it hardly ever touches. */
#ifdef __SANITIZE_ADDRESS__
static const bool BOUND_MEMORY = false;
#else
static const bool BOUND_MEMORY = true;
#endif

static bool set_limit(__rlimit_resource_t what, int64_t soft, int64_t hard)
{
  struct rlimit limit = {.rlim_cur = (rlim_t)soft, .rlim_max = (rlim_t)hard};
  return setrlimit(what, &limit) == 0;
}

/* The address space that the process has now, in bytes; 0 when it cannot be told. */
static int64_t address_space(void)
{
  long pages = 0;
  FILE *statm = fopen("/proc/self/statm", "r");
  if (statm == NULL) return 0;
  if (fscanf(statm, "%ld", &pages) != 1) pages = 0;
  fclose(statm);
  return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static bool limit_resources(const lb_sandbox_limits *limits)
{
  int64_t memory = limits->memory_bytes + address_space() + limits->threads * THREAD_BYTES;
  bool all = set_limit(RLIMIT_CPU, limits->cpu_seconds, limits->cpu_seconds + CPU_GRACE);
  if (BOUND_MEMORY) all &= set_limit(RLIMIT_AS, memory, memory);
  all &= set_limit(RLIMIT_FSIZE, 0, 0); /* pipes are not files */
  all &= set_limit(RLIMIT_CORE, 0, 0);
  return all;
}

/* The rights that this kernel knows of, all of them to be refused. */
static uint64_t file_rights(long version)
{
  uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (version >= 2) rights = (rights << 1) | 1; /* refer */
  if (version >= 3) rights = (rights << 1) | 1; /* truncate */
  if (version >= 5) rights = (rights << 1) | 1; /* devices' ioctl */
  return rights;
}

/* A ruleset that handles everything and allows nothing. */
static bool enter_landlock(void)
{
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return false;
  /* The kernel's own structure grows: files, then network, then scope. */
  uint64_t handled[3] = {file_rights(version), version >= 4 ? 3 : 0, version >= 6 ? 3 : 0};
  size_t size = version >= 6   ? sizeof handled
                : version >= 4 ? 2 * sizeof *handled
                               : sizeof *handled;
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, handled, size, 0);
  if (ruleset < 0) return false;
  bool done = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  close(ruleset);
  return done;
}

typedef struct seccomp_api {
  scmp_filter_ctx (*init)(uint32_t default_action);
  int (*add)(scmp_filter_ctx filter, uint32_t action, int call, unsigned n,
             const struct scmp_arg_cmp *arguments);
  int (*load)(const scmp_filter_ctx filter);
  void (*release)(scmp_filter_ctx filter);
} seccomp_api;

static bool find(void *library, const char *name, void *place)
{
  void *symbol = dlsym(library, name);
  memcpy(place, &symbol, sizeof symbol);
  return symbol != NULL;
}

static bool open_seccomp(seccomp_api *api)
{
  void *library = dlopen("libseccomp.so.2", RTLD_NOW);
  return library != NULL && find(library, "seccomp_init", &api->init) &&
         find(library, "seccomp_rule_add_array", &api->add) &&
         find(library, "seccomp_load", &api->load) &&
         find(library, "seccomp_release", &api->release);
}

/* What computing needs, whatever the arguments. */
static const int PLAIN_CALLS[] = {SCMP_SYS(brk),
                                  SCMP_SYS(clock_getres),
                                  SCMP_SYS(clock_gettime),
                                  SCMP_SYS(clock_nanosleep),
                                  SCMP_SYS(close),
                                  SCMP_SYS(exit),
                                  SCMP_SYS(exit_group),
                                  SCMP_SYS(fstat),
                                  SCMP_SYS(futex),
                                  SCMP_SYS(getcpu),
                                  SCMP_SYS(getpid),
                                  SCMP_SYS(getrandom),
                                  SCMP_SYS(getrusage),
                                  SCMP_SYS(gettid),
                                  SCMP_SYS(gettimeofday),
                                  SCMP_SYS(madvise),
                                  SCMP_SYS(mremap),
                                  SCMP_SYS(munmap),
                                  SCMP_SYS(nanosleep),
                                  SCMP_SYS(restart_syscall),
                                  SCMP_SYS(rseq),
                                  SCMP_SYS(rt_sigaction),
                                  SCMP_SYS(rt_sigprocmask),
                                  SCMP_SYS(rt_sigreturn),
                                  SCMP_SYS(sched_getaffinity),
                                  SCMP_SYS(sched_yield),
                                  SCMP_SYS(set_robust_list),
                                  SCMP_SYS(sigaltstack),
                                  SCMP_SYS(sysinfo),
                                  SCMP_SYS(time),
                                  SCMP_SYS(times)};

/* A call that is allowed when one argument, masked, has a value. */
typedef struct narrow_call {
  int call;
  unsigned argument;
  uint64_t mask, value;
} narrow_call;

static bool add_rules(const seccomp_api *api, scmp_filter_ctx filter)
{
  const uint64_t all = UINT64_MAX;
  const narrow_call narrow[] = {
      {SCMP_SYS(read), 0, all, STDIN_FILENO},
      {SCMP_SYS(write), 0, all, STDOUT_FILENO},
      {SCMP_SYS(write), 0, all, STDERR_FILENO},
      {SCMP_SYS(mmap), 2, PROT_EXEC, 0}, /* no new code */
      {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
      {SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD}, /* threads, not processes */
      {SCMP_SYS(prlimit64), 2, all, 0},                 /* to ask, not to set */
      {SCMP_SYS(tgkill), 0, all, (uint64_t)getpid()}};  /* abort() */
  bool added = true;
  for (size_t i = 0; i < sizeof PLAIN_CALLS / sizeof *PLAIN_CALLS; i++)
    added &= api->add(filter, SCMP_ACT_ALLOW, PLAIN_CALLS[i], 0, NULL) == 0;
  /* The C library tries clone3 first, whose flags a filter cannot see, and takes ENOSYS for "use
   * clone". */
  added &= api->add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0, NULL) == 0;
  for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++) {
    struct scmp_arg_cmp compare = {.arg = narrow[i].argument,
                                   .op = SCMP_CMP_MASKED_EQ,
                                   .datum_a = narrow[i].mask,
                                   .datum_b = narrow[i].value};
    added &= api->add(filter, SCMP_ACT_ALLOW, narrow[i].call, 1, &compare) == 0;
  }
  return added;
}

static bool enter_seccomp(const seccomp_api *api)
{
  scmp_filter_ctx filter = api->init(SCMP_ACT_ERRNO(EPERM));
  if (filter == NULL) return false;
  bool done = add_rules(api, filter) && api->load(filter) == 0;
  api->release(filter);
  return done;
}

/* The barriers hold for this thread and those that it starts: another would stand outside. The
 * folder of threads has a link for each. */
static bool is_alone(void)
{
  struct stat threads;
  return stat("/proc/self/task", &threads) == 0 && threads.st_nlink == 3;
}

lb_sandbox_state lb_sandbox_enter(const lb_sandbox_limits *limits)
{
  lb_sandbox_state state = {0};
  seccomp_api api = {0};
  mallopt(M_ARENA_MAX, 1); /* each arena of a thread's own would reserve 64 MiB of addresses */
  bool filter_at_hand = open_seccomp(&api); /* a file has to be read for it */
  prctl(PR_SET_PDEATHSIG, 9);
  prctl(PR_SET_DUMPABLE, 0);
  bool may = is_alone() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  state.limits = limit_resources(limits);
  state.landlock = may && enter_landlock();
  state.limits &= set_limit(RLIMIT_NOFILE, 3, 3); /* the three that are open */
  state.seccomp = may && filter_at_hand && enter_seccomp(&api);
  return state;
}
