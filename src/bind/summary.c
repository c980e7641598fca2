/* summary.c - numbers that describe a column. */
#include "frame/summary.h"
#include "bind/bind.h"

#define SUMMARY_BOX "lobule.SummaryBox"

/* What a summary holds while its fields are pushed. */
typedef struct box {
  lb_summary summary;
  lb_groups groups;
  lb_frame *frame;
} box;

static int box_gc(lua_State *L)
{
  box *b = luaL_checkudata(L, 1, SUMMARY_BOX);
  lb_summary_reset(&b->summary);
  lb_groups_reset(&b->groups);
  lb_frame_release(b->frame);
  *b = (box){0};
  return 0;
}

static lb_status fill(box *b, lb_column *column, lb_error *err)
{
  const size_t first = 0;
  lb_status status = lb_column_summary(column, &b->summary, err);
  if (status != LB_OK) return status;
  status = lb_frame_new(lb_column_length(column), NULL, &b->frame, err);
  if (status != LB_OK) return status;
  status = lb_frame_add(b->frame, "column", column, err);
  if (status != LB_OK) return status;
  return lb_groups_make(b->frame, &first, 1, &b->groups, err);
}

static void set_levels(lua_State *L, const lb_summary *summary)
{
  lua_createtable(L, (int)summary->n_levels, 0);
  for (size_t i = 0; i < summary->n_levels; i++) {
    lua_createtable(L, 0, 2);
    lbl_push_cell(L, summary->levels, i);
    lua_setfield(L, -2, "label");
    lbl_set_count(L, "n", summary->counts[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "levels");
}

/* summary(column) */
static int summary(lua_State *L)
{
  lua_settop(L, 1);
  lb_column *column = lbl_check_column(L, 1, "column");
  box *b = lua_newuserdatauv(L, sizeof *b, 0);
  *b = (box){0};
  luaL_setmetatable(L, SUMMARY_BOX);
  lb_error err = {0};
  if (fill(b, column, &err) != LB_OK) return lbl_raise(L, &err);
  const lb_summary *s = &b->summary;
  lua_createtable(L, 0, 12);
  lbl_set_count(L, "n", s->n);
  lbl_set_count(L, "n_missing", s->n_missing);
  lbl_set_count(L, "n_nan", s->n_nan);
  lbl_set_count(L, "n_distinct", b->groups.n_groups - (s->n_missing > 0));
  if (s->numeric) {
    lbl_set_number(L, "min", s->min);
    lbl_set_number(L, "max", s->max);
    lbl_set_number(L, "mean", s->mean);
    lbl_set_number(L, "sd", s->sd);
    lbl_set_number(L, "q1", s->q1);
    lbl_set_number(L, "median", s->median);
    lbl_set_number(L, "q3", s->q3);
  } else if (lb_column_type(column) != LB_TEXT) {
    set_levels(L, s);
  }
  lua_pushcfunction(L, box_gc); /* a large column: not left to the collector */
  lua_pushvalue(L, 2);
  lua_call(L, 1, 0);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"summary", summary}, {NULL, NULL}};

void lbl_open_summary(lua_State *L)
{
  luaL_newmetatable(L, SUMMARY_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
