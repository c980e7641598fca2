/* build.c - columns from Lua lists, and core.frame, which puts them together. */
#include <string.h>

#include "base/bitmap.h"
#include "base/date.h"
#include "base/mem.h"
#include "base/names.h"
#include "bind/bind.h"
#include "frame/builder.h"

/* Stores the Lua value on top of the stack as row i; false when it does not fit the type. None of
 * these may raise: the arrays are not in a box yet. */
static bool store_real(lua_State *L, void *values, size_t i)
{
  if (lua_type(L, -1) != LUA_TNUMBER) return false;
  ((double *)values)[i] = lua_tonumber(L, -1);
  return true;
}

static bool store_integer(lua_State *L, void *values, size_t i)
{
  int whole = 0;
  if (lua_type(L, -1) != LUA_TNUMBER) return false;
  ((int64_t *)values)[i] = lua_tointegerx(L, -1, &whole);
  return whole;
}

static bool store_logical(lua_State *L, void *values, size_t i)
{
  if (!lua_isboolean(L, -1)) return false;
  if (lua_toboolean(L, -1)) lb_bit_set(values, i);
  return true;
}

/* ISO text, or a whole number of days. */
static bool store_date(lua_State *L, void *values, size_t i)
{
  int32_t *days = (int32_t *)values + i;
  int64_t number;
  size_t length;
  if (lua_type(L, -1) == LUA_TSTRING) {
    const char *text = lua_tolstring(L, -1, &length);
    return lb_date_parse(text, length, days);
  }
  if (!store_integer(L, &number, 0) || number < INT32_MIN || number > INT32_MAX) return false;
  *days = (int32_t)number;
  return true;
}

/* ISO text, or a whole number of microseconds. */
static bool store_datetime(lua_State *L, void *values, size_t i)
{
  size_t length;
  if (lua_type(L, -1) != LUA_TSTRING) return store_integer(L, values, i);
  const char *text = lua_tolstring(L, -1, &length);
  return lb_datetime_parse(text, length, (int64_t *)values + i);
}

static bool store_text(lua_State *L, void *values, size_t i)
{
  (void)i;
  size_t length;
  if (lua_type(L, -1) != LUA_TSTRING) return false;
  const char *text = lua_tolstring(L, -1, &length);
  if (!lb_utf8_valid(text, length)) return false;
  lb_text_builder_add(values, text, length);
  return true;
}

static const struct {
  size_t size;
  bool (*store)(lua_State *L, void *values, size_t i);
  const char *expected;
} KINDS[] = {
    [LB_REAL] = {sizeof(double), store_real, "a number"},
    [LB_INTEGER] = {sizeof(int64_t), store_integer, "a whole number"},
    [LB_LOGICAL] = {1, store_logical, "true or false"},
    [LB_TEXT] = {0, store_text, "text in UTF-8"},
    [LB_DATE] = {sizeof(int32_t), store_date, "a date as text, YYYY-MM-DD"},
    [LB_DATETIME] = {sizeof(int64_t), store_datetime, "a date and time as text, YYYY-MM-DD HH:MM"},
};

/* A Lua list as a column in the making. */
typedef struct list {
  lua_State *L;
  int index;      /* of the list, absolute */
  size_t n;       /* rows */
  const void *na; /* address of NA */
} list;

/* Pushes item i; false when it is missing. */
static bool push_item(const list *l, size_t i)
{
  int type = lua_rawgeti(l->L, l->index, (lua_Integer)i + 1);
  return type != LUA_TNIL && !(type == LUA_TUSERDATA && lua_touserdata(l->L, -1) == l->na);
}

/* LB_ETYPE with *bad set to the row that does not fit; the message is the caller's, who holds
 * nothing. */
static lb_status fill_text(const list *l, lb_column **out, size_t *bad, lb_error *err)
{
  lb_text_builder builder = {0};
  lb_text_builder_reserve(&builder, l->n, 0);
  bool fits = true;
  for (size_t i = 0; i < l->n && fits; i++) {
    if (!push_item(l, i))
      lb_text_builder_add_missing(&builder);
    else
      fits = store_text(l->L, &builder, i);
    lua_pop(l->L, 1);
    *bad = i;
  }
  if (fits) return lb_text_builder_finish(&builder, out, err);
  lb_text_builder_reset(&builder);
  return LB_ETYPE;
}

/* Stores the items; values and valid are zeroed and all present. */
static lb_status fill_items(const list *l, lb_type type, void *values, uint8_t *valid,
                            size_t *n_missing, size_t *bad)
{
  for (size_t i = 0; i < l->n; i++) {
    bool fits = true;
    if (push_item(l, i)) {
      fits = KINDS[type].store(l->L, values, i);
    } else {
      lb_bit_clear(valid, i);
      ++*n_missing;
    }
    lua_pop(l->L, 1);
    *bad = i;
    if (!fits) return LB_ETYPE;
  }
  return LB_OK;
}

static lb_status fill_array(const list *l, lb_type type, lb_column **out, size_t *bad,
                            lb_error *err)
{
  size_t n_missing = 0;
  lb_status status = LB_ENOMEM;
  uint8_t *valid = lb_bitmap_new(l->n, true);
  size_t length = type == LB_LOGICAL ? lb_bitmap_bytes(l->n) : l->n;
  void *values = lb_mem_zero(length, KINDS[type].size);
  if (valid == NULL || values == NULL) {
    lb_error_nomem(err, "column");
    goto done;
  }
  status = fill_items(l, type, values, valid, &n_missing, bad);
  if (status != LB_OK) goto done;
  if (n_missing > 0) return lb_column_new(type, l->n, values, valid, out, err);
  lb_mem_free(valid);
  return lb_column_new(type, l->n, values, NULL, out, err);
done:
  lb_mem_free(valid);
  lb_mem_free(values);
  return status;
}

/* The type of a list without one, from its values; `empty` when all are missing. */
static lb_type infer(const list *l, lb_type empty)
{
  lb_type type = empty;
  bool seen = false;
  for (size_t i = 0; i < l->n; i++) {
    bool present = push_item(l, i);
    int kind = lua_type(l->L, -1);
    bool whole = lua_isinteger(l->L, -1);
    lua_pop(l->L, 1);
    if (!present) continue;
    if (!seen && kind != LUA_TNUMBER) return kind == LUA_TBOOLEAN ? LB_LOGICAL : LB_TEXT;
    if (!seen) type = LB_INTEGER;
    seen = true;
    if (kind == LUA_TNUMBER && !whole) return LB_REAL;
  }
  return type;
}

/* Fills the empty box with a column of the list. */
static void fill_list(const list *l, lb_type type, const char *name, lb_column **out)
{
  lua_State *L = l->L;
  size_t bad = 0;
  lb_error err = {0};
  lb_status status =
      type == LB_TEXT ? fill_text(l, out, &bad, &err) : fill_array(l, type, out, &bad, &err);
  if (status == LB_OK) {
    lbl_account(L, lb_column_bytes(*out));
    return;
  }
  if (status == LB_ETYPE && err.message[0] == '\0') {
    push_item(l, bad);
    lb_error_set(&err, LB_ETYPE, "row %zu is %s, expected %s", bad + 1, lbl_found(L, -1),
                 KINDS[type].expected);
  }
  lb_error_in(&err, "column '%s'", name);
  lbl_raise(L, &err);
}

/* Number of rows: field n, else the list's length. A list that is longer than its n was built
 * wrongly, and rows would be lost. */
static size_t list_rows(lua_State *L, int index, const char *name)
{
  lua_Integer length = (lua_Integer)lua_rawlen(L, index), n = length;
  lua_pushliteral(L, "n");
  if (lua_rawget(L, index) != LUA_TNIL) n = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : -1;
  lua_pop(L, 1);
  lb_error err = {0};
  if (n >= length && (uint64_t)n <= UINT32_MAX) return (size_t)n;
  if (n >= length)
    lb_error_set(&err, LB_EARG, "column '%s': %lld rows; a frame holds at most %lld", name,
                 (long long)n, (long long)UINT32_MAX);
  else if (n >= 0)
    lb_error_set(&err, LB_EARG, "column '%s': the list has %lld rows, its field n says %lld", name,
                 (long long)length, (long long)n);
  else
    lb_error_set(&err, LB_EARG, "column '%s': the list's field n is not a number of rows", name);
  lbl_raise(L, &err);
  return 0;
}

/* A spec holds a name, values, perhaps a type, and the fields below: a misspelt label is not lost
 * without a word. */
static void check_spec(lua_State *L, int spec, const char *name)
{
  static const char *const FIELDS[] = {"label", "unit", "levels", "ordered"};
  static const size_t N_FIELDS = sizeof FIELDS / sizeof *FIELDS;
  lb_error err = {0};
  for (lua_pushnil(L); lua_next(L, spec) != 0; lua_pop(L, 1)) {
    int whole = 0;
    lua_Integer place = lua_tointegerx(L, -2, &whole);
    bool known = lua_type(L, -2) == LUA_TNUMBER && whole && place >= 1 && place <= 3;
    const char *field = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
    for (size_t i = 0; field != NULL && i < N_FIELDS && !known; i++)
      known = strcmp(field, FIELDS[i]) == 0;
    if (known) continue;
    if (field != NULL)
      lb_name_unknown(&err, "field", "Fields", field, FIELDS, N_FIELDS);
    else
      lb_error_set(&err, LB_EARG, "expected a name, the values and perhaps a type, found more");
    lb_error_in(&err, "column '%s'", name);
    lbl_raise(L, &err);
  }
}

/* Pushes the field of a spec as an optional text. */
static const char *spec_text(lua_State *L, int spec, const char *field)
{
  lua_getfield(L, spec, field);
  return lbl_opt_name(L, -1, field);
}

/* The type in position 3 of a spec; false when there is none. */
static bool spec_type(lua_State *L, int spec, const char *name, lb_type *type)
{
  lua_rawgeti(L, spec, 3);
  const char *word = lbl_opt_name(L, -1, "type");
  if (word != NULL && !lb_type_from_name(word, type)) {
    lb_error err = {0};
    lb_error_set(&err, LB_EARG, "column '%s': unknown type '%s'", name, word);
    lb_error_mend(&err, "Types are: real, integer, logical, factor, text, date, datetime");
    lbl_raise(L, &err);
  }
  lua_pop(L, 1);
  return word != NULL;
}

/* Puts another column in the place of the one in a box. */
static void replace_column(lb_column **box, lb_column *column)
{
  lb_column_release(*box);
  *box = column;
}

/* Replaces the column in the box by a factor of it. */
static void make_factor(lua_State *L, int spec, const char *name, lb_column **box)
{
  lua_getfield(L, spec, "ordered");
  bool ordered = lua_toboolean(L, -1);
  lua_getfield(L, spec, "levels");
  bool as_it_is = lb_column_type(*box) == LB_FACTOR && lua_isnil(L, -1);
  if (!as_it_is) {
    size_t n;
    const char **levels = lbl_check_names(L, -1, "levels", true, &n);
    lb_column *made = NULL;
    lb_error err = {0};
    if (lb_column_to_factor(*box, levels, n, ordered, &made, &err) != LB_OK) {
      lb_error_in(&err, "column '%s'", name);
      lbl_raise(L, &err);
    }
    replace_column(box, made);
  }
}

/* Replaces the column in the box by one with the label and unit of the spec, when it has one. */
static void make_label(lua_State *L, int spec, const char *name, lb_column **box)
{
  const char *label = spec_text(L, spec, "label");
  const char *unit = spec_text(L, spec, "unit");
  lb_column *made = NULL;
  lb_error err = {0};
  if (label == NULL && unit == NULL) return;
  if (lb_column_with_label(*box, label, unit, &made, &err) != LB_OK) {
    lb_error_in(&err, "column '%s'", name);
    lbl_raise(L, &err);
  }
  replace_column(box, made);
}

/* Puts the column that a spec describes into an empty box; its values are at stack index `values`.
 */
static void fill_column(lua_State *L, int values, int spec, const char *name, lb_column **box)
{
  luaL_checkstack(L, 16, NULL);
  lb_type type = LB_REAL;
  bool typed = spec_type(L, spec, name, &type);
  lua_getfield(L, spec, "levels");
  bool factor = (typed && type == LB_FACTOR) || (!typed && !lua_isnil(L, -1));
  lua_pop(L, 1);
  lb_column *column = lbl_test_column(L, values);
  if (column != NULL) {
    if (typed && !factor && lb_column_type(column) != type) {
      lb_error err = {0};
      lb_error_set(&err, LB_ETYPE, "column '%s' is %s, expected %s", name,
                   lb_type_name(lb_column_type(column)), lb_type_name(type));
      lbl_raise(L, &err);
    }
    *box = lb_column_retain(column);
  } else if (lua_istable(L, values)) {
    list l = {L, values, list_rows(L, values, name), lbl_na(L)};
    if (factor) type = infer(&l, LB_TEXT);
    if (!typed) type = infer(&l, LB_REAL);
    fill_list(&l, type, name, box);
  } else {
    lbl_raise_argument(L, values, name, "a list or a column");
  }
  if (factor) make_factor(L, spec, name, box);
  make_label(L, spec, name, box);
}

/* Adds the column that the spec on top of the stack describes to the frame in *out, which the first
 * column makes. All columns pass through one box. */
static void add_spec(lua_State *L, lb_column **box, lb_frame **out)
{
  int spec = lua_gettop(L);
  lbl_check_table(L, spec, "columns");
  lua_rawgeti(L, spec, 1);
  const char *name = lbl_check_name(L, -1, "name");
  check_spec(L, spec, name);
  lua_rawgeti(L, spec, 2);
  fill_column(L, spec + 2, spec, name, box);
  lb_error err = {0};
  if (*out == NULL && lb_frame_new(lb_column_length(*box), NULL, out, &err) != LB_OK)
    lbl_raise(L, &err);
  if (lb_frame_add(*out, name, *box, &err) != LB_OK) lbl_raise(L, &err);
  replace_column(box, NULL);
  lua_settop(L, spec - 1);
}

/* frame(columns) */
static int frame(lua_State *L)
{
  lua_settop(L, 1);
  lbl_check_table(L, 1, "columns");
  lb_error err = {0};
  lb_frame **out = lbl_frame_box(L);
  lb_column **box = lbl_column_box(L);
  lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, 1, i);
    add_spec(L, box, out);
  }
  if (n == 0 && lb_frame_new(0, NULL, out, &err) != LB_OK) return lbl_raise(L, &err);
  lua_settop(L, 2);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"frame", frame}, {NULL, NULL}};

void lbl_open_build(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
