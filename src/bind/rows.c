/* rows.c - frames with the rows of another in a new order or number: sort, sample, first of a
 * group, append. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "bind/bind.h"
#include "frame/concat.h"
#include "frame/reshape.h"

/* A frame of these rows, pushed. */
static int push_taken(lua_State *L, const lb_frame *frame, const lb_row *rows, size_t n)
{
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (lb_frame_take(frame, rows, n, out, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, n * sizeof *rows);
  return 1;
}

lb_sort_key *lbl_check_sort_keys(lua_State *L, const lb_frame *frame, int names, int descending,
                                 size_t *n)
{
  size_t *columns = lbl_check_columns(L, names, "names", frame, n);
  lbl_check_table(L, descending, "descending");
  lb_sort_key *keys = lbl_scratch(L, *n, sizeof *keys);
  for (size_t i = 0; i < *n; i++) {
    lua_rawgeti(L, descending, (lua_Integer)i + 1);
    keys[i] = (lb_sort_key){columns[i], lua_toboolean(L, -1)};
    lua_pop(L, 1);
  }
  return keys;
}

/* Row order by the columns named at `names`, each descending or not as the list at `descending`
 * says, in a userdata that is pushed. */
static lb_row *push_order(lua_State *L, const lb_frame *frame, int names, int descending,
                          bool missing_first)
{
  size_t n, n_rows = lb_frame_rows(frame);
  lb_sort_key *keys = lbl_check_sort_keys(L, frame, names, descending, &n);
  lb_row *order = lbl_scratch(L, n_rows, sizeof *order);
  lb_error err = {0};
  if (lb_frame_order(frame, keys, n, missing_first, order, &err) != LB_OK) lbl_raise(L, &err);
  return order;
}

/* sort(frame, names, descending, missing_first) */
static int sort(lua_State *L)
{
  lua_settop(L, 4);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t before = lb_frame_bytes(frame);
  lb_row *order = push_order(L, frame, 2, 3, lua_toboolean(L, 4));
  lbl_account(L, lb_frame_bytes(frame) - before);
  return push_taken(L, frame, order, lb_frame_rows(frame));
}

/* range(frame, first, last): rows first..last, as far as there are such */
static int range(lua_State *L)
{
  lua_settop(L, 3);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lua_Integer first = lbl_check_integer(L, 2, "first"), last = lbl_check_integer(L, 3, "last");
  lua_Integer n_rows = (lua_Integer)lb_frame_rows(frame);
  if (first < 1) first = 1;
  if (last > n_rows) last = n_rows;
  size_t n = last < first ? 0 : (size_t)(last - first + 1);
  lb_row *rows = lbl_scratch(L, n, sizeof *rows);
  for (size_t i = 0; i < n; i++) rows[i] = (lb_row)(first - 1) + (lb_row)i;
  return push_taken(L, frame, rows, n);
}

/* cycle(frame, n): n rows, the frame's own again and again */
static int cycle(lua_State *L)
{
  lua_settop(L, 2);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lua_Integer n = lbl_check_integer(L, 2, "n");
  size_t n_rows = lb_frame_rows(frame);
  if (n < 0 || (n > 0 && n_rows == 0)) return lbl_raise_argument(L, 2, "n", "a number of rows");
  lb_row *rows = lbl_scratch(L, (size_t)n, sizeof *rows);
  for (size_t i = 0; i < (size_t)n; i++) rows[i] = (lb_row)(i % n_rows);
  return push_taken(L, frame, rows, (size_t)n);
}

static int compare_rows(const void *a, const void *b)
{
  lb_row x = *(const lb_row *)a, y = *(const lb_row *)b;
  return (x > y) - (x < y);
}

/* sample(frame, n, seed, replace): in row order */
static int sample(lua_State *L)
{
  lua_settop(L, 4);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lua_Integer n = lbl_check_integer(L, 2, "n"), seed = lbl_check_integer(L, 3, "seed");
  bool replace = lua_toboolean(L, 4);
  size_t n_rows = lb_frame_rows(frame);
  lb_error err = {0};
  if (n < 0 || (!replace && (size_t)n > n_rows) || (n > 0 && n_rows == 0)) {
    lb_error_set(&err, LB_EARG, "a sample of %lld from %zu rows", (long long)n, n_rows);
    if (n > 0 && n_rows > 0) lb_error_mend(&err, "With replace = true a row may come twice.");
    return lbl_raise(L, &err);
  }
  if ((uint64_t)n > UINT32_MAX) {
    lb_error_set(&err, LB_EARG, "a sample of %lld rows; a frame holds at most %lld", (long long)n,
                 (long long)UINT32_MAX);
    return lbl_raise(L, &err);
  }
  size_t k = (size_t)n;
  lb_row *rows = lbl_scratch(L, replace ? k : n_rows, sizeof *rows);
  lb_random random;
  lb_random_init(&random, (uint64_t)seed, 0);
  if (!replace) lb_random_choose(&random, rows, n_rows, k);
  for (size_t i = 0; i < k && replace; i++) rows[i] = (lb_row)lb_random_below(&random, n_rows);
  qsort(rows, k, sizeof *rows, compare_rows);
  return push_taken(L, frame, rows, k);
}

/* pick(frame, by, names, descending, last): first or last row of each group; names nil: in row
 * order */
static int pick(lua_State *L)
{
  lua_settop(L, 5);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lb_pick how = {.last = lua_toboolean(L, 5)};
  how.by = lbl_check_columns(L, 2, "by", frame, &how.n_by);
  /* The last is never a missing one while there is another: missing rows come first then. */
  if (!lua_isnil(L, 3)) how.order = push_order(L, frame, 3, 4, how.last);
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  lb_selection *found = &work->selection;
  if (lb_frame_pick(frame, &how, &found->rows, &found->n_true, &err) != LB_OK)
    return lbl_raise(L, &err);
  push_taken(L, frame, found->rows, found->n_true);
  lbl_work_reset(work);
  return 1;
}

/* append(frame, below) */
static int append(lua_State *L)
{
  lua_settop(L, 2);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lb_frame *below = lbl_check_frame(L, 2, "below");
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (lb_frame_append(frame, below, out, &err) != LB_OK) return lbl_raise(L, &err);
  size_t bytes = 0;
  for (size_t i = 0; i < lb_frame_columns(*out); i++)
    bytes += lb_column_bytes(lb_frame_column_source(*out, i));
  lbl_account(L, bytes);
  return 1;
}

/* bind(frame, beside, names) */
static int bind(lua_State *L)
{
  lua_settop(L, 3);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lb_frame *beside = lbl_check_frame(L, 2, "beside");
  size_t n;
  const char **names = lbl_check_names(L, 3, "names", false, &n);
  lb_error err = {0};
  if (n != lb_frame_columns(beside)) {
    lb_error_set(&err, LB_EARG, "%zu names for %zu columns", n, lb_frame_columns(beside));
    return lbl_raise(L, &err);
  }
  lb_frame **out = lbl_frame_box(L);
  if (lb_frame_bind(frame, beside, names, out, &err) != LB_OK) return lbl_raise(L, &err);
  return 1;
}

/* gather(frame) */
static int gather(lua_State *L)
{
  lua_settop(L, 1);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t before = lb_frame_bytes(frame);
  lb_error err = {0};
  if (lb_frame_gather(frame, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, lb_frame_bytes(frame) - before);
  return 1;
}

/* common_rows(a, b): nil when no column of the same name tells; the least of those that do. */
static int common_rows(lua_State *L)
{
  lua_settop(L, 2);
  const lb_frame *a = lbl_check_frame(L, 1, "a"), *b = lbl_check_frame(L, 2, "b");
  size_t least = LB_NO_COMMON;
  lb_error err = {0};
  for (size_t i = 0; i < lb_frame_columns(a); i++) {
    const char *name = lb_frame_name(a, i);
    size_t j, n = LB_NO_COMMON;
    if (!lb_frame_find(b, name, strlen(name), &j)) continue;
    if (lb_frame_common_rows(a, i, b, j, &n, &err) != LB_OK) return lbl_raise(L, &err);
    if (n < least) least = n;
  }
  if (least == LB_NO_COMMON) return 0;
  lua_pushinteger(L, (lua_Integer)least);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    {"sort", sort},     {"cycle", cycle},   {"range", range},
    {"sample", sample}, {"pick", pick},     {"append", append},
    {"bind", bind},     {"gather", gather}, {"common_rows", common_rows},
    {NULL, NULL}};

void lbl_open_rows(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
