/* modules.c - the searcher for the files that the program carries (or a folder in LOBULE_LUA), and
 * the module lobule.host. */
#include "host/modules.h"

#include <dirent.h>
#include <gsl/gsl_version.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "bind/bind.h"
#include "host/child.h"
#include "host/embed.h"
#include "host/private_file.h"
#include "host/progress.h"
#include "host/session.h"
#include "host/system.h"
#include "host/temporary.h"
#include "host/terminal.h"

/* The folder that is read before the files inside the program; NULL when there is none. */
static const char *lua_folder(void)
{
  const char *folder = getenv("LOBULE_LUA");
  return folder == NULL || folder[0] == '\0' ? NULL : folder;
}

static const lb_embedded *find_embedded(const char *name)
{
  for (size_t i = 0; i < lb_embedded_count; i++)
    if (strcmp(lb_embedded_files[i].name, name) == 0) return &lb_embedded_files[i];
  return NULL;
}

/* Pushes the chunk in a file on disk and the file's name; false when there is no such file. */
static bool load_from_disk(lua_State *L, const char *folder, const char *name)
{
  const char *path = lua_pushfstring(L, "%s/%s", folder, name);
  if (access(path, R_OK) != 0) return false;
  if (luaL_loadfilex(L, path, "t") != LUA_OK) lua_error(L);
  lua_insert(L, -2);
  return true;
}

/* Pushes the chunk of a file below lua/ and its name; false when there is none. A file that does
 * not compile raises. */
static bool load_file(lua_State *L, const char *name)
{
  const char *folder = lua_folder();
  if (folder != NULL && load_from_disk(L, folder, name)) return true;
  const lb_embedded *file = find_embedded(name);
  if (file == NULL) return false;
  const char *chunk = lua_pushfstring(L, "@%s", name);
  size_t length = (size_t)(file->chunk_end - file->chunk);
  if (luaL_loadbufferx(L, file->chunk, length, chunk, "b") != LUA_OK) lua_error(L);
  lua_insert(L, -2);
  return true;
}

/* lobule.survival.km is lobule/survival/km.lua or lobule/survival/km/init.lua */
static int searcher(lua_State *L)
{
  const char *path = luaL_gsub(L, luaL_checkstring(L, 1), ".", "/");
  if (load_file(L, lua_pushfstring(L, "%s.lua", path))) return 2;
  if (load_file(L, lua_pushfstring(L, "%s/init.lua", path))) return 2;
  lua_pushfstring(L, "no file '%s.lua' in the program", path);
  return 1;
}

/* source(name): text of a file below lua/, or nil */
static int source(lua_State *L)
{
  const char *name = luaL_checkstring(L, 1);
  if (lua_folder() != NULL) {
    const char *path = lua_pushfstring(L, "%s/%s", lua_folder(), name);
    lbl_work *work = lbl_work_new(L);
    if (lb_file_read(path, &work->text, &work->text_length, NULL) == LB_OK) {
      lua_pushlstring(L, work->text, work->text_length);
      lbl_work_reset(work);
      return 1;
    }
  }
  const lb_embedded *file = find_embedded(name);
  if (file == NULL) return 0;
  lua_pushlstring(L, file->start, (size_t)(file->end - file->start));
  return 1;
}

/* files(): names of the files inside the program */
static int files(lua_State *L)
{
  lua_createtable(L, (int)lb_embedded_count, 0);
  for (size_t i = 0; i < lb_embedded_count; i++) {
    lua_pushstring(L, lb_embedded_files[i].name);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* folder(path): names in a folder, sorted, folders with a final slash; nil: it cannot be read. */
static int folder(lua_State *L)
{
  struct dirent **entries;
  int n = scandir(luaL_checkstring(L, 1), &entries, NULL, alphasort);
  if (n < 0) return 0;
  lua_createtable(L, n, 0);
  for (int i = 0; i < n; i++) {
    bool is_folder = entries[i]->d_type == DT_DIR;
    lua_pushfstring(L, "%s%s", entries[i]->d_name, is_folder ? "/" : "");
    lua_rawseti(L, -2, i + 1);
    free(entries[i]);
  }
  free(entries);
  return 1;
}

/* change_folder(path): the working folder from now on; without a path only tells it. nil and why:
 * it stays. */
static int change_folder(lua_State *L)
{
  char now[PATH_MAX];
  if (!lua_isnoneornil(L, 1) && chdir(luaL_checkstring(L, 1)) != 0)
    return luaL_fileresult(L, 0, NULL);
  lua_pushstring(L, getcwd(now, sizeof now));
  return 1;
}

/* clock() -> seconds on a clock that only goes forward; for measuring, never for results. */
static int monotonic_clock(lua_State *L)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  lua_pushnumber(L, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"source", source},
                                     {"files", files},
                                     {"folder", folder},
                                     {"change_folder", change_folder},
                                     {"environment", lb_session_fresh},
                                     {"clock", monotonic_clock},
                                     {"progress_test", lb_progress_test},
                                     {"child", lb_child_run},
                                     {"machine_memory", lb_child_machine_memory},
                                     {"append_private", lb_private_append},
                                     {"protected", lb_session_protected},
                                     {"run_program", lb_system_run},
                                     {"path_kind", lb_system_path_kind},
                                     {"temporary_folder", lb_system_temporary_folder},
                                     {"terminal", lb_terminal_facts},
                                     {"page", lb_terminal_page},
                                     {"memory", lb_terminal_memory},
                                     {"session_folder", lb_session_folder},
                                     {NULL, NULL}};

/* The loader of lobule.host; upvalue: the options. */
static int open_host(lua_State *L)
{
  const lb_options *options = lua_touserdata(L, lua_upvalueindex(1));
  luaL_newlib(L, FUNCTIONS);
  lua_createtable(L, options->argc, 0);
  for (int i = 1; i < options->argc; i++) {
    lua_pushstring(L, options->argv[i]);
    lua_rawseti(L, -2, i);
  }
  lua_setfield(L, -2, "command");
  lua_pushstring(L, gsl_version);
  lua_setfield(L, -2, "gsl");
  lua_pushstring(L, options->color);
  lua_setfield(L, -2, "color");
  lua_pushboolean(L, options->interactive || options->mode == LB_MODE_REPL);
  lua_setfield(L, -2, "interactive");
  if (options->mode == LB_MODE_SCRIPT) {
    lua_pushstring(L, options->argv[options->script]);
    lua_setfield(L, -2, "script");
  }
  return 1;
}

/* Puts the searcher second, right after package.preload. */
static void add_searcher(lua_State *L)
{
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "searchers");
  for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i >= 2; i--) {
    lua_rawgeti(L, -1, i);
    lua_rawseti(L, -2, i + 1);
  }
  lua_pushcfunction(L, searcher);
  lua_rawseti(L, -2, 2);
  lua_pop(L, 2);
}

void lb_modules_open(lua_State *L, const lb_options *options)
{
  add_searcher(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_lobule_core);
  lua_setfield(L, -2, "lobule.core");
  lua_pushlightuserdata(L, (void *)options);
  lua_pushcclosure(L, open_host, 1);
  lua_setfield(L, -2, "lobule.host");
  lua_pop(L, 1);
  /* Opened now: errors and the traceback need it. */
  luaL_requiref(L, "lobule.core", luaopen_lobule_core, 0);
  lua_pop(L, 1);
  if (lua_folder() == NULL) return;
  lbl_add_internal(L, lua_pushfstring(L, "@%s/lobule/", lua_folder()));
  lua_pop(L, 1);
}
