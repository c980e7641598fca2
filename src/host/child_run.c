/* child_run.c - the parent's side of a recipe's process: starts it, sends the request, hands on
 * what it prints, and ends it at a limit. */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "bind/bind.h"
#include "host/child.h"
#include "host/frames.h"
#include "host/sandbox.h"

#define PIECE   65536
#define TICK_MS 50 /* between looks at the clock and at Ctrl-C */

/* More print frames than a recipe's process sends before it says that the rest is left out. */
#define MOST_PRINTS 4096

/* A child and what has come from it; a Lua userdata, whose collection ends the child. */
typedef struct child {
  pid_t pid;   /* 0: none, or waited for */
  int in, out; /* request to it, frames from it; -1: closed */
  char *bytes; /* what has come; from `start` on it is not handed on yet */
  size_t start, length, capacity, total;
  size_t n_prints;
  double cpu_s; /* processor time that it may use */
} child;

/* What goes to the child: pieces, each behind its length in eight bytes. */
typedef struct request {
  int index; /* of the list of strings */
  lua_Integer n, piece;
  size_t sent; /* of this piece and its length */
} request;

static void close_fd(int *fd)
{
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* Ends the child if it runs; its status. */
static int end_child(child *c, bool by_force, struct rusage *usage)
{
  int status = 0;
  close_fd(&c->in);
  close_fd(&c->out);
  if (c->pid == 0) return 0;
  if (by_force) kill(c->pid, SIGKILL);
  while (wait4(c->pid, &status, 0, usage) < 0 && errno == EINTR) continue;
  c->pid = 0;
  return status;
}

static int collect(lua_State *L)
{
  child *c = lua_touserdata(L, 1);
  end_child(c, true, NULL);
  lb_mem_free(c->bytes);
  c->bytes = NULL;
  return 0;
}

static child *new_child(lua_State *L)
{
  child *c = lua_newuserdatauv(L, sizeof *c, 0);
  *c = (child){.in = -1, .out = -1};
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  return c;
}

static int start_program(pid_t *pid, int in, int out, char *const *arguments)
{
  char *environment[] = {"LC_ALL=C.UTF-8", "OMP_STACKSIZE=" LB_SANDBOX_STACK_KIB, NULL};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigdefault(&attributes, &all); /* SIGXCPU must end it */
  posix_spawnattr_setsigmask(&attributes, &none);
  int failed = posix_spawn(pid, "/proc/self/exe", &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

/* Starts this program again; errno's value when it cannot be. The request goes through a socket:
 * writing to a child that died is an error there, not a signal. */
static int spawn(child *c, char *const *arguments)
{
  int to[2], from[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to) != 0) return errno;
  c->in = to[1];
  if (pipe2(from, O_CLOEXEC) != 0) {
    close(to[0]);
    return errno;
  }
  c->out = from[0];
  int failed = start_program(&c->pid, to[0], from[1], arguments);
  close(to[0]);
  close(from[1]);
  if (failed != 0) c->pid = 0;
  fcntl(c->in, F_SETFL, O_NONBLOCK);
  return failed;
}

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Sends what the socket takes of the request. */
static void feed(lua_State *L, child *c, request *r)
{
  size_t length;
  lua_rawgeti(L, r->index, r->piece);
  const char *bytes = lua_tolstring(L, -1, &length);
  const uint64_t size = length;
  bool at_size = r->sent < sizeof size;
  const char *from = at_size ? (const char *)&size + r->sent : bytes + (r->sent - sizeof size);
  size_t left = (at_size ? sizeof size : sizeof size + length) - r->sent;
  ssize_t n = left == 0 ? 0 : send(c->in, from, left, MSG_NOSIGNAL);
  lua_pop(L, 1);
  if (n > 0) r->sent += (size_t)n;
  if (r->sent == sizeof size + length) {
    r->piece++;
    r->sent = 0;
  }
  if ((n < 0 && errno != EAGAIN && errno != EINTR) || r->piece > r->n) close_fd(&c->in);
}

/* Room for one more piece: what is handed on already gives way first. */
static void make_room(lua_State *L, child *c)
{
  if (c->start > 0) memmove(c->bytes, c->bytes + c->start, c->length - c->start);
  c->length -= c->start;
  c->start = 0;
  if (c->length + PIECE <= c->capacity) return;
  size_t capacity = 2 * c->capacity + PIECE;
  char *more = lb_mem_resize(c->bytes, 1, capacity);
  if (more == NULL) luaL_error(L, "out of memory (the recipe's answer)");
  c->bytes = more;
  c->capacity = capacity;
}

/* Reads what is there; false at the end. */
static bool take(lua_State *L, child *c)
{
  make_room(L, c);
  ssize_t n = read(c->out, c->bytes + c->length, PIECE);
  if (n > 0) {
    c->length += (size_t)n;
    c->total += (size_t)n;
  }
  return n > 0 || (n < 0 && errno == EINTR);
}

/* Pushes the payload of the first whole frame and takes it away; its letter, 0 when there is none.
 */
static char next_frame(lua_State *L, child *c)
{
  const char *head = c->bytes + c->start;
  size_t left = c->length - c->start;
  if (left < LB_FRAME_HEAD || left - LB_FRAME_HEAD < lb_frame_length(head)) return 0;
  lua_pushlstring(L, head + LB_FRAME_HEAD, lb_frame_length(head));
  c->start += LB_FRAME_HEAD + lb_frame_length(head);
  return head[0];
}

static int tell(lua_State *L, const char *kind, const char *payload)
{
  lua_pushstring(L, kind);
  lua_pushstring(L, payload);
  return 2;
}

static double seconds(const struct timeval *t)
{
  return (double)t->tv_sec + 1e-6 * (double)t->tv_usec;
}

/* Why a child ended without an answer. One that shrugs off SIGXCPU is killed a little later. */
static int tell_end(lua_State *L, child *c)
{
  struct rusage usage = {0};
  int status = end_child(c, false, &usage);
  bool used_up = seconds(&usage.ru_utime) + seconds(&usage.ru_stime) >= c->cpu_s;
  if (WIFSIGNALED(status) &&
      (WTERMSIG(status) == SIGXCPU || (WTERMSIG(status) == SIGKILL && used_up)))
    return tell(L, "limit", "cpu");
  if (WIFEXITED(status) && WEXITSTATUS(status) == LB_CHILD_MEMORY)
    return tell(L, "limit", "memory");
  char why[32];
  if (WIFSIGNALED(status))
    snprintf(why, sizeof why, "signal %d", WTERMSIG(status));
  else
    snprintf(why, sizeof why, "exit status %d", WEXITSTATUS(status));
  return tell(L, "crash", why);
}

static int limit(lua_State *L, child *c, const char *what)
{
  end_child(c, true, NULL);
  return tell(L, "limit", what);
}

static const char *kind_of(char letter)
{
  switch (letter) {
  case 'R':
    return "result";
  case 'E':
    return "error";
  case 'F':
    return "fault";
  default:
    return "garbled";
  }
}

/* Hands on the frames that are whole: prints go to the function at index 3; true when the answer,
 * or that there is too much, is on the stack. */
static bool hand_on(lua_State *L, child *c, double most)
{
  for (;;) {
    char letter = next_frame(L, c);
    size_t left = c->length - c->start;
    if (letter == 0) {
      bool too_long = left >= LB_FRAME_HEAD && (double)lb_frame_length(c->bytes + c->start) > most;
      if (too_long) limit(L, c, "output");
      return too_long;
    }
    if (letter != 'P') {
      lua_pushstring(L, kind_of(letter));
      lua_insert(L, -2);
      return true;
    }
    if (++c->n_prints > MOST_PRINTS) {
      limit(L, c, "output");
      return true;
    }
    lua_pushvalue(L, 3);
    lua_insert(L, -2);
    lua_call(L, 1, 0);
  }
}

static lua_Number option(lua_State *L, const char *name)
{
  lua_getfield(L, 2, name);
  lua_Number x = luaL_checknumber(L, -1);
  lua_pop(L, 1);
  return x;
}

/* Talks with the child until it answers, ends, or meets a limit. */
static int talk(lua_State *L, child *c)
{
  double deadline = now() + option(L, "wall_s"), most = option(L, "output_bytes");
  request r = {.index = 1, .n = (lua_Integer)lua_rawlen(L, 1), .piece = 1};
  for (;;) {
    struct pollfd wait[2] = {{.fd = c->out, .events = POLLIN}, {.fd = c->in, .events = POLLOUT}};
    int ready = poll(wait, 2, TICK_MS);
    if (lb_interrupted()) {
      lb_error err = {0};
      end_child(c, true, NULL);
      lb_error_interrupted(&err);
      return lbl_raise(L, &err);
    }
    if (now() > deadline) return limit(L, c, "wall");
    if (ready <= 0) continue;
    if (wait[1].revents != 0) feed(L, c, &r);
    if (wait[0].revents == 0) continue;
    if (!take(L, c)) return tell_end(L, c);
    if ((double)c->total > most) return limit(L, c, "output");
    if (hand_on(L, c, most)) {
      end_child(c, true, NULL);
      return 2;
    }
  }
}

/* The pieces at index 1 are a list of strings, at least one. */
static void check_request(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
  luaL_argcheck(L, n > 0, 1, "an empty request");
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, 1, i);
    luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "a request is a list of strings");
    lua_pop(L, 1);
  }
}

int lb_child_run(lua_State *L)
{
  check_request(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  lua_settop(L, 3);
  double cpu_s = option(L, "cpu_s");
  char cpu[32], memory[32], threads[32];
  snprintf(cpu, sizeof cpu, "%.0f", cpu_s < 1 ? 1 : cpu_s);
  snprintf(memory, sizeof memory, "%.0f", option(L, "memory_bytes"));
  snprintf(threads, sizeof threads, "%d", lb_threads());
  char *arguments[] = {"lobule", LB_CHILD_WORD, cpu, memory, threads, NULL};
  child *c = new_child(L);
  c->cpu_s = cpu_s;
  int failed = spawn(c, arguments);
  if (failed != 0)
    return luaL_error(L, "the recipe's process cannot be started: %s", strerror(failed));
  return talk(L, c);
}

int lb_child_machine_memory(lua_State *L)
{
  lua_pushnumber(L, (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE));
  return 1;
}
