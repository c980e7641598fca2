/* main.c - the program lobule: one protected call around everything. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/parallel.h"
#include "host/child.h"
#include "host/engine.h"
#include "host/manual.h"
#include "host/modules.h"
#include "host/options.h"
#include "host/print.h"
#include "host/progress.h"
#include "host/repl.h"
#include "host/session.h"
#include "host/stop.h"
#include "host/trace.h"
#include "host/waiting.h"

/* What passes between main and the protected call. */
typedef struct program {
  lb_options options;
  int status;
} program;

/* The global table arg, as in stock Lua: the script at 0, its arguments from 1, what stands before
 * it below 0. */
static void set_arg(lua_State *L, const lb_options *o)
{
  int script = o->script == o->argc ? 0 : o->script;
  lua_createtable(L, o->argc - script, script + 1);
  for (int i = 0; i < o->argc; i++) {
    lua_pushstring(L, o->argv[i]);
    lua_rawseti(L, -2, i - script);
  }
  lua_setglobal(L, "arg");
}

/* Shows that the chunk whose message is on top did not load. */
static int report_load(lua_State *L, int status)
{
  if (status == LUA_ERRFILE) {
    lua_pushliteral(L, "lobule: ");
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  lb_session_report(L);
  return LB_EXIT_ERROR;
}

/* Runs the script named (NULL: standard input) with the arguments after it. */
static int run_script(lua_State *L, const lb_options *o, const char *name)
{
  int status = luaL_loadfile(L, name);
  if (status != LUA_OK) return report_load(L, status);
  lb_session_adopt(L);
  int n = 0;
  luaL_checkstack(L, o->argc + 8, "too many arguments for the script");
  for (int i = o->script + 1; i < o->argc; i++, n++) lua_pushstring(L, o->argv[i]);
  status = lb_session_call(L, n);
  lua_settop(L, 0);
  return status;
}

static int run_line(lua_State *L, const char *code)
{
  int status = luaL_loadbuffer(L, code, strlen(code), "=(command line)");
  if (status != LUA_OK) return report_load(L, status);
  lb_session_offer(L, false);
  lb_session_adopt(L);
  status = lb_session_call(L, 0);
  lua_settop(L, 0);
  return status;
}

/* -l name: requires a module into the session's name. */
static int run_require(lua_State *L, const char *name)
{
  lb_session_push_environment(L);
  lua_getglobal(L, "require");
  lua_pushstring(L, name);
  int status = lb_session_call(L, 1);
  if (status == LB_EXIT_OK) {
    lua_settop(L, 2);
    lua_setfield(L, 1, name);
  }
  lua_settop(L, 0);
  return status;
}

/* The -e and -l options in their order, up to the first that fails. */
static int run_options(lua_State *L, const lb_options *o)
{
  int at = 0, status = LB_EXIT_OK;
  char kind;
  const char *value;
  while (status == LB_EXIT_OK && lb_options_next(o, &at, &kind, &value))
    status = kind == 'e' ? run_line(L, value) : run_require(L, value);
  return status;
}

/* lobule help [topic] */
static int show_help(lua_State *L, const lb_options *o)
{
  static const char CODE[] = "if not require('lobule.help').show(...) then os.exit(1, true) end";
  int status = luaL_loadbuffer(L, CODE, sizeof CODE - 1, "@lobule/host");
  if (status != LUA_OK) return report_load(L, status);
  if (o->script + 1 < o->argc)
    lua_pushstring(L, o->argv[o->script + 1]);
  else
    lua_pushnil(L);
  return lb_session_call(L, 1);
}

/* lobule peek FILE [--option=value ...] */
static int show_peek(lua_State *L, const lb_options *o)
{
  static const char CODE[] = "require('lobule.peek').show(...)";
  int status = luaL_loadbuffer(L, CODE, sizeof CODE - 1, "@lobule/host"), n = 0;
  if (status != LUA_OK) return report_load(L, status);
  luaL_checkstack(L, o->argc + 8, "too many arguments");
  for (int i = o->script + 1; i < o->argc; i++, n++) lua_pushstring(L, o->argv[i]);
  return lb_session_call(L, n);
}

/* lobule run|recipe|verify ...: the command says its exit status. */
static int run_command(lua_State *L, const lb_options *o)
{
  static const char CODE[] = "return require('lobule.recipe.command').main(...)";
  int status = luaL_loadbuffer(L, CODE, sizeof CODE - 1, "@lobule/host"), n = 0;
  if (status != LUA_OK) return report_load(L, status);
  luaL_checkstack(L, o->argc + 8, "too many arguments");
  for (int i = o->script; i < o->argc; i++, n++) lua_pushstring(L, o->argv[i]);
  status = lb_session_call(L, n);
  return status == LB_EXIT_OK ? (int)lua_tointeger(L, -1) : status;
}

static void print_version(lua_State *L)
{
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_getfield(L, -1, "lobule.core");
  lua_getfield(L, -1, "version");
  printf("lobule %s   Lua %s.%s.%s\n", lua_tostring(L, -1), LUA_VERSION_MAJOR, LUA_VERSION_MINOR,
         LUA_VERSION_RELEASE);
  lua_settop(L, 0);
}

static int run_mode(lua_State *L, const lb_options *o)
{
  int status = LB_EXIT_OK;
  switch (o->mode) {
  case LB_MODE_HELP:
    return show_help(L, o);
  case LB_MODE_PEEK:
    return show_peek(L, o);
  case LB_MODE_COMMAND:
    return run_command(L, o);
  case LB_MODE_MANUAL:
    lb_manual_print();
    return status;
  case LB_MODE_COMPLETION:
    return lb_completion_print(L, o->script + 1 < o->argc ? o->argv[o->script + 1] : "");
  case LB_MODE_SCRIPT:
    status = run_script(L, o, o->argv[o->script]);
    break;
  case LB_MODE_STDIN:
    status = run_script(L, o, NULL);
    break;
  case LB_MODE_REPL:
    /* Without a terminal and unasked, the input is a script. */
    if (!o->interactive && !isatty(STDIN_FILENO)) return run_script(L, o, NULL);
    lb_repl_run(L);
    return status;
  default:
    break;
  }
  if (status == LB_EXIT_OK && o->interactive) lb_repl_run(L);
  return status;
}

static int protected_main(lua_State *L)
{
  program *p = lua_touserdata(L, 1);
  const lb_options *o = &p->options;
  lua_settop(L, 0);
  luaL_checkversion(L);
  luaL_openlibs(L);
  lb_modules_open(L, o);
  lb_stop_open_coroutines(L);
  lb_stop_open_execute(L);
  lb_print_open(L);
  lb_session_open(L, o);
  set_arg(L, o);
  lb_stop_open();
  lb_progress_open();
  if (o->version) print_version(L);
  p->status = run_options(L, o);
  if (p->status == LB_EXIT_OK) p->status = run_mode(L, o);
  return 0;
}

/* Runs the program in a state of its own. */
static int run(program *p)
{
  lua_State *L = lb_engine_new();
  if (L == NULL) {
    fputs("lobule: not enough memory\n", stderr);
    return LB_EXIT_ERROR;
  }
  lua_pushcfunction(L, lb_trace_message);
  lua_pushcfunction(L, protected_main);
  lua_pushlightuserdata(L, p);
  if (lua_pcall(L, 1, 0, 1) != LUA_OK) {
    fprintf(stderr, "lobule: %s\n", luaL_tolstring(L, -1, NULL));
    p->status = LB_EXIT_ERROR;
  }
  lua_close(L);
  if ((ferror(stdout) || fflush(stdout) != 0) && p->status == LB_EXIT_OK) {
    fputs("lobule: standard output cannot be written\n", stderr);
    p->status = LB_EXIT_ERROR;
  }
  return p->status;
}

/* A count of threads that is none would be passed over in silence. */
static void warn_of_threads(void)
{
  const char *name = lb_threads_misread();
  if (name == NULL) return;
  fprintf(stderr, "lobule: %s is no number from 1 to 1024: using %d thread%s\n", name, lb_threads(),
          lb_threads() == 1 ? "" : "s");
}

int main(int argc, char **argv)
{
  lb_waiting_forget();
  if (argc > 1 && strcmp(argv[1], LB_CHILD_WORD) == 0) return lb_child_main(argc, argv);
  program p = {.status = LB_EXIT_OK};
  if (argc < 1 || !lb_options_parse(argc, argv, &p.options)) return LB_EXIT_USAGE;
  const lb_options *o = &p.options;
  if (o->usage) {
    lb_usage_print(false);
    return LB_EXIT_OK;
  }
  if (o->threads > 0)
    lb_threads_set(o->threads);
  else
    warn_of_threads();
  return run(&p);
}
