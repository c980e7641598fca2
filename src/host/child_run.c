/* child_run.c - the parent's side of a recipe's process: starts it, sends the request, hands on
 * what it prints, and ends it at a limit. */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "bind/bind.h"
#include "host/child.h"
#include "host/frames.h"

#define PIECE   65536
#define TICK_MS 50 /* between looks at the clock and at Ctrl-C */

/* A child and what has come from it; a Lua userdata, whose collection ends the child. */
typedef struct child {
  pid_t pid;   /* 0: none, or waited for */
  int in, out; /* request to it, frames from it; -1: closed */
  char *bytes; /* what has come and is not handed on yet */
  size_t length, capacity, total;
} child;

static void close_fd(int *fd)
{
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* Ends the child if it runs; its status. */
static int end_child(child *c, bool by_force)
{
  int status = 0;
  close_fd(&c->in);
  close_fd(&c->out);
  if (c->pid == 0) return 0;
  if (by_force) kill(c->pid, SIGKILL);
  while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) continue;
  c->pid = 0;
  return status;
}

static int collect(lua_State *L)
{
  child *c = lua_touserdata(L, 1);
  end_child(c, true);
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

/* Starts this program again with pipes as its standard input and output. */
static bool spawn(child *c, char *const *arguments)
{
  int to[2], from[2];
  if (pipe2(to, O_CLOEXEC) != 0) return false;
  c->in = to[1];
  if (pipe2(from, O_CLOEXEC) != 0) {
    close(to[0]);
    return false;
  }
  c->out = from[0];
  char *environment[] = {"LC_ALL=C", NULL};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  int failed = posix_spawn(&c->pid, "/proc/self/exe", &actions, NULL, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  close(to[0]);
  close(from[1]);
  if (failed != 0) c->pid = 0;
  fcntl(c->in, F_SETFL, O_NONBLOCK);
  return failed == 0;
}

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Sends what the pipe takes of the request. */
static void feed(child *c, const char *request, size_t length, size_t *sent)
{
  ssize_t n = write(c->in, request + *sent, length - *sent);
  if (n > 0) *sent += (size_t)n;
  if ((n < 0 && errno != EAGAIN && errno != EINTR) || *sent == length) close_fd(&c->in);
}

/* Reads what is there; false at the end. */
static bool take(lua_State *L, child *c)
{
  if (c->length + PIECE > c->capacity) {
    size_t capacity = 2 * c->capacity + PIECE;
    char *more = lb_mem_resize(c->bytes, 1, capacity);
    if (more == NULL) luaL_error(L, "out of memory (the recipe's answer)");
    c->bytes = more;
    c->capacity = capacity;
  }
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
  if (c->length < LB_FRAME_HEAD) return 0;
  size_t size = lb_frame_length(c->bytes), whole = LB_FRAME_HEAD + size;
  if (c->length < whole) return 0;
  char kind = c->bytes[0];
  lua_pushlstring(L, c->bytes + LB_FRAME_HEAD, size);
  c->length -= whole;
  memmove(c->bytes, c->bytes + whole, c->length);
  return kind;
}

/* Why a child ended without an answer: kind and payload on the stack. */
static int tell_end(lua_State *L, int status)
{
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU)) {
    lua_pushliteral(L, "limit");
    lua_pushliteral(L, "cpu");
  } else if (WIFEXITED(status) && WEXITSTATUS(status) == LB_CHILD_MEMORY) {
    lua_pushliteral(L, "limit");
    lua_pushliteral(L, "memory");
  } else {
    lua_pushliteral(L, "crash");
    if (WIFSIGNALED(status))
      lua_pushfstring(L, "signal %d", WTERMSIG(status));
    else
      lua_pushfstring(L, "exit status %d", WEXITSTATUS(status));
  }
  return 2;
}

static int limit(lua_State *L, child *c, const char *what)
{
  end_child(c, true);
  lua_pushliteral(L, "limit");
  lua_pushstring(L, what);
  return 2;
}

/* Hands on the frames that are whole: prints go to the function at index 3; true when the answer is
 * on the stack. */
static bool hand_on(lua_State *L, child *c)
{
  for (;;) {
    char kind = next_frame(L, c);
    if (kind == 0) return false;
    if (kind != 'P') {
      lua_pushstring(L, kind == 'R' ? "result" : kind == 'E' ? "error" : "fault");
      lua_insert(L, -2);
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
static int talk(lua_State *L, child *c, const char *request, size_t length)
{
  double deadline = now() + option(L, "wall_s"), most = option(L, "output_bytes");
  size_t sent = 0;
  for (;;) {
    struct pollfd wait[2] = {{.fd = c->out, .events = POLLIN}, {.fd = c->in, .events = POLLOUT}};
    int ready = poll(wait, 2, TICK_MS);
    if (lb_interrupted()) {
      lb_error err = {0};
      end_child(c, true);
      lb_error_interrupted(&err);
      return lbl_raise(L, &err);
    }
    if (now() > deadline) return limit(L, c, "wall");
    if (ready <= 0) continue;
    if (wait[1].revents != 0) feed(c, request, length, &sent);
    if (wait[0].revents == 0) continue;
    if (!take(L, c)) return tell_end(L, end_child(c, false));
    if ((double)c->total > most) return limit(L, c, "output");
    if (hand_on(L, c)) {
      end_child(c, true);
      return 2;
    }
  }
}

int lb_child_run(lua_State *L)
{
  size_t length;
  const char *request = luaL_checklstring(L, 1, &length);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  lua_settop(L, 3);
  char cpu[32], memory[32], threads[32];
  snprintf(cpu, sizeof cpu, "%.0f", option(L, "cpu_s"));
  snprintf(memory, sizeof memory, "%.0f", option(L, "memory_bytes"));
  snprintf(threads, sizeof threads, "%d", lb_threads());
  char *arguments[] = {"lobule", LB_CHILD_WORD, cpu, memory, threads, NULL};
  child *c = new_child(L);
  struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
  sigaction(SIGPIPE, &ignore, &before); /* a child that died says so by its status */
  if (!spawn(c, arguments)) {
    sigaction(SIGPIPE, &before, NULL);
    return luaL_error(L, "the recipe's process cannot be started: %s", strerror(errno));
  }
  int n = talk(L, c, request, length);
  sigaction(SIGPIPE, &before, NULL);
  return n;
}
