/* io.c - files: CSV in and out, whole texts, and their SHA-256. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "bind/bind.h"
#include "io/sha256.h"

static int by_column(const void *a, const void *b)
{
  const lb_csv_type *one = a, *other = b;
  return strcmp(one->column, other->column);
}

/* The table { column = "type" } on top of the stack as an array in a userdata, pushed. */
static lb_csv_type *check_types(lua_State *L, size_t *n)
{
  lbl_check_table(L, -1, "types");
  int table = lua_gettop(L);
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) count++;
  lb_csv_type *types = lbl_scratch(L, count, sizeof *types);
  *n = 0;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    lb_csv_type *one = &types[(*n)++];
    if (lua_type(L, -2) != LUA_TSTRING) lbl_raise_argument(L, -2, "types", "names of columns");
    one->column = lbl_check_name(L, -2, "types");
    const char *word = lbl_check_name(L, -1, one->column);
    if (lb_type_from_name(word, &one->type)) continue;
    lb_error err = {0};
    lb_error_set(&err, LB_EARG, "types: unknown type '%s' for column '%s'", word, one->column);
    lb_error_mend(&err, "Types are: real, integer, logical, factor, text, date, datetime");
    lbl_raise(L, &err);
  }
  qsort(types, count, sizeof *types, by_column); /* the same message on every run */
  return types;
}

static char check_character(lua_State *L, const char *what)
{
  size_t length;
  const char *text = lbl_check_text(L, -1, what, &length);
  if (length != 1) lbl_raise_argument(L, -1, what, "one character");
  return text[0];
}

/* What is read as more than it looks: decimal, date_format, censored. */
static void check_rules(lua_State *L, int index, lb_csv_options *options)
{
  if (lua_getfield(L, index, "decimal") != LUA_TNIL)
    options->decimal = check_character(L, "decimal");
  lua_getfield(L, index, "date_format");
  options->date_format = lbl_opt_name(L, -1, "date_format");
  lua_getfield(L, index, "censored");
  const char *censored = lbl_opt_name(L, -1, "censored");
  options->censored = censored != NULL;
  if (censored != NULL && strcmp(censored, "below") != 0)
    lbl_raise_argument(L, -1, "censored", "\"below\"");
}

/* The options table at `index` (or nil); what they borrow stays on the stack. */
lb_csv_options lbl_check_read_options(lua_State *L, int index, const char *source)
{
  lb_csv_options options = {.source = source};
  if (lua_isnil(L, index)) return options;
  lbl_check_table(L, index, "options");
  luaL_checkstack(L, 16, NULL);
  if (lua_getfield(L, index, "na") != LUA_TNIL)
    options.na = lbl_check_names(L, -1, "na", false, &options.n_na);
  if (lua_getfield(L, index, "types") != LUA_TNIL) options.types = check_types(L, &options.n_types);
  if (lua_getfield(L, index, "columns") != LUA_TNIL)
    options.columns = lbl_check_names(L, -1, "columns", false, &options.n_columns);
  if (lua_getfield(L, index, "separator") != LUA_TNIL)
    options.separator = check_character(L, "separator");
  lua_getfield(L, index, "id");
  options.id = lbl_opt_name(L, -1, "id");
  check_rules(L, index, &options);
  return options;
}

static void push_problems(lua_State *L, const lb_problems *problems)
{
  lua_createtable(L, (int)problems->n, 0);
  for (size_t i = 0; i < problems->n; i++) {
    const lb_problem *one = &problems->item[i];
    lua_createtable(L, 0, 4);
    lbl_set_count(L, "row", one->row);
    lbl_set_count(L, "line", one->line);
    lbl_set_text(L, "column", one->column);
    lbl_set_text(L, "message", one->message);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

int lbl_push_read(lua_State *L, lbl_work *work, const lb_frame *frame)
{
  push_problems(L, &work->problems);
  lua_pushinteger(L, (lua_Integer)work->problems.n_total);
  lbl_work_reset(work);
  size_t bytes = 0;
  for (size_t i = 0; i < lb_frame_columns(frame); i++)
    bytes += lb_column_bytes(lb_frame_column_source(frame, i));
  lbl_account(L, bytes);
  return 3;
}

static void push_facts(lua_State *L, const lb_csv_facts *facts)
{
  char separator[2] = {facts->separator, '\0'};
  lua_createtable(L, 0, 6);
  lbl_set_text(L, "sha256", facts->sha256);
  lbl_set_text(L, "encoding", facts->encoding);
  lbl_set_text(L, "separator", separator);
  lbl_set_text(L, "line_end", facts->line_end);
  lua_pushboolean(L, facts->gzip);
  lua_setfield(L, -2, "gzip");
  lua_pushboolean(L, facts->byte_order_mark);
  lua_setfield(L, -2, "byte_order_mark");
}

/* read_csv(path, options) */
static int read_csv(lua_State *L)
{
  lua_settop(L, 2);
  const char *path = lbl_check_name(L, 1, "path"), *encoding = NULL;
  const char *slash = strrchr(path, '/');
  lb_csv_options options = lbl_check_read_options(L, 2, slash == NULL ? path : slash + 1);
  if (!lua_isnil(L, 2)) {
    lua_getfield(L, 2, "encoding");
    encoding = lbl_opt_name(L, -1, "encoding");
  }
  lbl_work *work = lbl_work_new(L);
  lb_frame **out = lbl_frame_box(L);
  lb_csv_facts facts;
  lb_error err = {0};
  if (lb_csv_read_file(path, encoding, &options, out, &work->problems, &facts, &err) != LB_OK)
    return lbl_raise(L, &err);
  lbl_push_read(L, work, *out);
  push_facts(L, &facts);
  return 4;
}

/* parse_csv(text, source, options) */
static int parse_csv(lua_State *L)
{
  lua_settop(L, 3);
  size_t length;
  const char *text = lbl_check_text(L, 1, "text", &length);
  lb_csv_options options = lbl_check_read_options(L, 3, lbl_opt_name(L, 2, "source"));
  lbl_work *work = lbl_work_new(L);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (lb_csv_read(text, length, &options, out, &work->problems, &err) != LB_OK)
    return lbl_raise(L, &err);
  return lbl_push_read(L, work, *out);
}

/* Pushes what the work holds as text, and resets it. */
static int push_text(lua_State *L, lbl_work *work)
{
  lua_pushlstring(L, work->text, work->text_length);
  lbl_work_reset(work);
  return 1;
}

/* format_csv(frame) */
static int format_csv(lua_State *L)
{
  lua_settop(L, 1);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  if (lb_csv_write(frame, &work->text, &work->text_length, &err) != LB_OK)
    return lbl_raise(L, &err);
  return push_text(L, work);
}

/* read_file(path) */
static int read_file(lua_State *L)
{
  lua_settop(L, 1);
  const char *path = lbl_check_name(L, 1, "path");
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  if (lb_file_read(path, &work->text, &work->text_length, &err) != LB_OK) return lbl_raise(L, &err);
  return push_text(L, work);
}

/* write_file(path, text) */
static int write_file(lua_State *L)
{
  lua_settop(L, 2);
  const char *path = lbl_check_name(L, 1, "path");
  size_t length;
  const char *text = lbl_check_text(L, 2, "text", &length);
  lb_error err = {0};
  if (lb_file_write(path, text, length, &err) != LB_OK) return lbl_raise(L, &err);
  return 0;
}

/* write_files(paths, texts) */
static int write_files(lua_State *L)
{
  lua_settop(L, 2);
  size_t n;
  const char **paths = lbl_check_names(L, 1, "paths", false, &n);
  lbl_check_table(L, 2, "texts");
  lb_file_content *files = lbl_scratch(L, n, sizeof *files);
  luaL_checkstack(L, n < INT_MAX / 2 ? (int)n + 8 : INT_MAX / 2, "too many files");
  for (size_t i = 0; i < n; i++) { /* the texts stay on the stack while they are borrowed */
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    files[i].path = paths[i];
    files[i].data = lbl_check_text(L, -1, "texts", &files[i].length);
  }
  lb_error err = {0};
  if (lb_file_write_all(files, n, &err) != LB_OK) return lbl_raise(L, &err);
  return 0;
}

/* sha256(text) */
static int sha256(lua_State *L)
{
  size_t length;
  const char *text = lbl_check_text(L, 1, "text", &length);
  char hex[LB_SHA256_HEX];
  lb_sha256_hex(text, length, hex);
  lua_pushstring(L, hex);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"read_csv", read_csv},     {"parse_csv", parse_csv},
                                     {"format_csv", format_csv}, {"read_file", read_file},
                                     {"write_file", write_file}, {"write_files", write_files},
                                     {"sha256", sha256},         {NULL, NULL}};

void lbl_open_io(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
