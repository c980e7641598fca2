/* stacking.c - frames of results one below the other: what tidy() and at() of curves return. */
#include <math.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"
#include "bind/bind.h"
#include "frame/concat.h"

/* Makes NaN of a real column missing, as results have it; takes `column`, also on failure. */
static lb_status without_nan(lb_column *column, lb_column **out, lb_error *err)
{
  size_t n = lb_column_length(column), n_nan = 0;
  const double *value = lb_column_type(column) == LB_REAL ? lb_column_real(column) : NULL;
  for (size_t i = 0; value != NULL && i < n; i++) n_nan += isnan(value[i]) != 0;
  if (n_nan == 0) {
    *out = column;
    return LB_OK;
  }
  lb_status st = LB_ENOMEM;
  double *copy = lb_mem_array(n, sizeof *copy);
  uint8_t *valid = lb_bitmap_new(n, false);
  if (copy == NULL || valid == NULL) {
    lb_error_nomem(err, "column");
    goto done;
  }
  for (size_t i = 0; i < n; i++) {
    bool known = lb_is_valid(lb_column_valid(column), i) && !isnan(value[i]);
    copy[i] = known ? value[i] : 0;
    if (known) lb_bit_set(valid, i);
  }
  st = lb_column_new(LB_REAL, n, copy, valid, out, err);
  copy = NULL; /* both are taken */
  valid = NULL;
done:
  lb_mem_free(copy);
  lb_mem_free(valid);
  lb_column_release(column);
  return st;
}

/* Appends column j of the k frames, one below the other, to *out, which the first column makes. */
static lb_status add_column(lb_frame *const *frames, size_t k, const lb_column **columns, size_t j,
                            lb_frame **out, lb_error *err)
{
  lb_column *column = NULL;
  const char *name = lb_frame_name(frames[0], j);
  lb_status st = LB_OK;
  for (size_t i = 0; st == LB_OK && i < k; i++) {
    st = lb_frame_column(frames[i], j, &columns[i], err);
    if (st == LB_OK && strcmp(lb_frame_name(frames[i], j), name) != 0)
      st = lb_error_set(err, LB_EARG, "frames that are stacked have the same columns");
  }
  if (st == LB_OK) st = lb_columns_concat(columns, k, &column, err);
  if (st == LB_OK) st = without_nan(column, &column, err);
  if (st != LB_OK) return st;
  if (*out == NULL) st = lb_frame_new(lb_column_length(column), NULL, out, err);
  if (st == LB_OK) st = lb_frame_add(*out, name, column, err);
  lb_column_release(column);
  return st;
}

/* stack(frames) */
static int stack(lua_State *L)
{
  lua_settop(L, 1);
  lbl_check_table(L, 1, "frames");
  size_t k = lua_rawlen(L, 1), n_columns = 0, bytes = 0;
  if (k == 0) return lbl_raise_argument(L, 1, "frames", "a list of frames");
  lb_frame **frames = lbl_scratch(L, k, sizeof *frames);
  const lb_column **columns = lbl_scratch(L, k, sizeof *columns);
  for (size_t i = 0; i < k; i++) {
    lua_rawgeti(L, 1, (lua_Integer)i + 1);
    frames[i] = lbl_check_frame(L, -1, "frames"); /* the list holds it */
    lua_pop(L, 1);
    if (i == 0) n_columns = lb_frame_columns(frames[0]);
    if (lb_frame_columns(frames[i]) != n_columns)
      return lbl_raise_argument(L, 1, "frames", "frames with the same columns");
  }
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  for (size_t j = 0; j < n_columns; j++)
    if (add_column(frames, k, columns, j, out, &err) != LB_OK) return lbl_raise(L, &err);
  if (n_columns == 0 && lb_frame_new(0, NULL, out, &err) != LB_OK) return lbl_raise(L, &err);
  for (size_t j = 0; j < n_columns; j++) bytes += lb_column_bytes(lb_frame_column_source(*out, j));
  lbl_account(L, bytes);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"stack", stack}, {NULL, NULL}};

void lbl_open_stacking(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
