/* check.c - arguments taken apart by name; a wrong one raises at the researcher's line. */
#include <stdint.h>
#include <string.h>

#include "bind/bind.h"

void *lbl_scratch(lua_State *L, size_t n, size_t size)
{
  size_t bytes;
  if (__builtin_mul_overflow(n, size, &bytes)) luaL_error(L, "not enough memory");
  return lua_newuserdatauv(L, bytes, 0);
}

const char *lbl_check_text(lua_State *L, int arg, const char *name, size_t *length)
{
  /* A number is not text: lua_tolstring would change it in place, and silently. */
  if (lua_type(L, arg) != LUA_TSTRING) lbl_raise_argument(L, arg, name, "text");
  return lua_tolstring(L, arg, length);
}

const char *lbl_check_name(lua_State *L, int arg, const char *name)
{
  size_t length;
  const char *text = lbl_check_text(L, arg, name, &length);
  if (strlen(text) == length) return text;
  lb_error err = {0};
  lb_error_set(&err, LB_EARG, "argument '%s': expected text without a zero byte", name);
  lbl_raise(L, &err);
  return NULL;
}

const char *lbl_opt_name(lua_State *L, int arg, const char *name)
{
  return lua_isnoneornil(L, arg) ? NULL : lbl_check_name(L, arg, name);
}

double lbl_check_number(lua_State *L, int arg, const char *name)
{
  if (lua_type(L, arg) != LUA_TNUMBER) lbl_raise_argument(L, arg, name, "a number");
  return lua_tonumber(L, arg);
}

lua_Integer lbl_check_integer(lua_State *L, int arg, const char *name)
{
  int whole = 0;
  lua_Integer value = 0;
  if (lua_type(L, arg) == LUA_TNUMBER) value = lua_tointegerx(L, arg, &whole);
  if (!whole) lbl_raise_argument(L, arg, name, "a whole number");
  return value;
}

void lbl_check_table(lua_State *L, int arg, const char *name)
{
  if (!lua_istable(L, arg)) lbl_raise_argument(L, arg, name, "a table");
}

int lbl_check_choice(lua_State *L, int arg, const char *name, const char *const *words)
{
  const char *text = lbl_check_name(L, arg, name);
  for (int i = 0; words[i] != NULL; i++)
    if (strcmp(text, words[i]) == 0) return i;
  lb_error err = {0};
  lb_error_set(&err, LB_EARG, "argument '%s': unknown value '%s'", name, text);
  lb_str list = {0};
  for (int i = 0; words[i] != NULL; i++) lb_str_addf(&list, "%s%s", i == 0 ? "" : ", ", words[i]);
  if (!list.failed) lb_error_mend(&err, "Values are: %s", list.data);
  lb_str_reset(&list);
  return lbl_raise(L, &err);
}

/* The item on top of the stack as the C string that names[i] will borrow. */
static const char *list_name(lua_State *L, const char *name, lua_Integer i)
{
  lb_error err = {0};
  if (lua_type(L, -1) != LUA_TSTRING) {
    lb_error_set(&err, LB_EARG, "argument '%s': expected a list of texts, item %lld is %s", name,
                 (long long)i, lbl_found(L, -1));
    lbl_raise(L, &err);
  }
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  if (strlen(text) == length) return text;
  lb_error_set(&err, LB_EARG, "argument '%s': item %lld has a zero byte", name, (long long)i);
  lbl_raise(L, &err);
  return NULL;
}

const char **lbl_check_names(lua_State *L, int arg, const char *name, bool optional, size_t *n)
{
  *n = 0;
  if (optional && lua_isnoneornil(L, arg)) {
    lua_pushnil(L);
    return NULL;
  }
  if (!lua_istable(L, arg)) lbl_raise_argument(L, arg, name, "a list of texts");
  arg = lua_absindex(L, arg);
  size_t count = lua_rawlen(L, arg);
  const char **names = lbl_scratch(L, count, sizeof *names);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, arg, (lua_Integer)i + 1);
    names[i] = list_name(L, name, (lua_Integer)i + 1);
    lua_pop(L, 1);
  }
  *n = count;
  return names;
}

size_t lbl_check_position(lua_State *L, int arg, const char *name, size_t n)
{
  lua_Integer position = lbl_check_integer(L, arg, name);
  if (position >= 1 && (size_t)position <= n) return (size_t)position - 1;
  lb_error err = {0};
  lb_error_set(&err, LB_EARG, "argument '%s': %lld is not between 1 and %zu", name,
               (long long)position, n);
  lbl_raise(L, &err);
  return 0;
}
