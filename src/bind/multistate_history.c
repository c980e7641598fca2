/* multistate_history.c - the Histories object: rows of a model as people who move between states.
 */
#include "base/bitmap.h"
#include "base/mem.h"
#include "bind/cox_box.h"
#include "bind/multistate_box.h"

const lbl_histories *lbl_check_histories(lua_State *L, int arg)
{
  lbl_histories *box = luaL_testudata(L, arg, LBL_HISTORIES);
  if (box == NULL) lbl_raise_argument(L, arg, "histories", "histories");
  return box;
}

static int histories_close(lua_State *L)
{
  lbl_histories *box = luaL_checkudata(L, 1, LBL_HISTORIES);
  lb_mem_free(box->to);
  lb_mem_free(box->start);
  lb_mem_free(box->cluster);
  lb_mem_free(box->absorbing);
  lb_history_reset(&box->history);
  *box = (lbl_histories){0};
  return 0;
}

static int histories_gc(lua_State *L)
{
  histories_close(L);
  lbl_unbox(L);
  return 0;
}

/* Field `name` of the plan at index 2, a state from 1, as one from 0. */
static int32_t check_state(lua_State *L, int index, const char *name, size_t n_state)
{
  lua_Integer state = lbl_check_integer(L, index, name);
  if (state < 1 || (size_t)state > n_state) lbl_raise_argument(L, 2, name, "a state");
  return (int32_t)state - 1;
}

/* The state that each cause leads to, in a userdata pushed. */
static int32_t *check_causes(lua_State *L, const lb_model *model, size_t n_state)
{
  lua_getfield(L, 2, "causes");
  int list = lua_gettop(L);
  lbl_check_table(L, list, "causes");
  if (lua_rawlen(L, list) != model->n_cause) lbl_raise_argument(L, 2, "causes", "a state a cause");
  int32_t *state = lbl_scratch(L, model->n_cause, sizeof *state);
  for (size_t c = 0; c < model->n_cause; c++) {
    lua_rawgeti(L, list, (lua_Integer)c + 1);
    state[c] = check_state(L, -1, "causes", n_state);
    lua_pop(L, 1);
  }
  return state;
}

/* Codes of a factor in the model's rows, NULL when the field is nil; *n becomes the levels. */
static int32_t *read_codes(lua_State *L, const lb_model *model, const char *name, size_t *n)
{
  lua_getfield(L, 2, name);
  if (lua_isnil(L, -1)) return NULL;
  const lb_column *column = lbl_check_column(L, -1, name);
  if (lb_column_type(column) != LB_FACTOR || lb_column_length(column) != model->n_rows)
    lbl_raise_argument(L, 2, name, "a factor of the frame");
  int32_t *code = lb_mem_array(model->n_used, sizeof *code);
  for (size_t i = 0; code != NULL && i < model->n_used; i++) {
    bool known = lb_is_valid(lb_column_valid(column), model->row[i]);
    code[i] = known ? lb_column_codes(column)[model->row[i]] : -1;
  }
  *n = lb_column_level_count(column);
  lb_error err = {0};
  lb_error_nomem(&err, "histories");
  if (code == NULL) lbl_raise(L, &err);
  return code;
}

static void alloc_moves(lua_State *L, lbl_histories *box, size_t n_state)
{
  lb_error err = {0};
  box->absorbing = lb_mem_zero(n_state, sizeof *box->absorbing);
  box->to = lb_mem_array(box->model->n_used, sizeof *box->to);
  if (box->absorbing != NULL && box->to != NULL) return;
  lb_error_nomem(&err, "histories");
  lbl_raise(L, &err);
}

static void read_absorbing(lua_State *L, bool *absorbing, size_t n_state)
{
  lua_getfield(L, 2, "absorbing");
  int list = lua_gettop(L);
  for (size_t i = 0; !lua_isnil(L, list) && i < lua_rawlen(L, list); i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    int32_t state = check_state(L, -1, "absorbing", n_state);
    if (absorbing != NULL) absorbing[state] = true;
    lua_pop(L, 1);
  }
}

static size_t integer_field(lua_State *L, const char *name)
{
  lua_getfield(L, 2, name);
  lua_Integer n = lbl_check_integer(L, -1, name);
  lua_pop(L, 1);
  if (n < 1) lbl_raise_argument(L, 2, name, "a whole number from 1");
  return (size_t)n;
}

/* histories(model, plan) */
static int histories(lua_State *L)
{
  lua_settop(L, 2);
  const lb_model *m = lbl_check_model(L, 1);
  lbl_check_table(L, 2, "plan");
  if (m->cause == NULL) lbl_raise_argument(L, 1, "model", "a model of outcome causes");
  size_t n_state = integer_field(L, "n_state"), n_start = 0;
  size_t initial = integer_field(L, "initial");
  lbl_histories *box = lbl_box(L, LBL_HISTORIES, sizeof *box, 1);
  box->model = m;
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, 3, 1);
  alloc_moves(L, box, n_state);
  read_absorbing(L, box->absorbing, n_state);
  box->start = read_codes(L, m, "start", &n_start);
  box->cluster = read_codes(L, m, "cluster", &box->n_cluster);
  const int32_t *state = check_causes(L, m, n_state);
  for (size_t i = 0; m->cause != NULL && i < m->n_used; i++)
    box->to[i] = m->cause[i] == 0 ? LB_STATE_NONE : state[m->cause[i] - 1];
  box->moves = (lb_moves){.n = m->n_used,
                          .n_state = n_state,
                          .time = m->time,
                          .entry = m->entry,
                          .to = box->to,
                          .start = box->start,
                          .initial = (int32_t)initial - 1,
                          .person = m->cluster,
                          .n_person = m->n_cluster,
                          .absorbing = box->absorbing};
  lb_error err = {0};
  if (lb_history_find(&box->moves, &box->history, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, m->n_used * 17);
  lua_settop(L, 3);
  return 1;
}

/* In the order of lb_move_fault. */
static const char *const FAULTS[] = {"overlap", "twice", "gap", "jump", "teleport", "absorbing"};

/* histories:faults() */
static int histories_faults(lua_State *L)
{
  const lbl_histories *box = lbl_check_histories(L, 1);
  lua_createtable(L, 0, LB_N_MOVE_FAULT);
  for (size_t f = 0; f < LB_N_MOVE_FAULT; f++) {
    size_t n = box->history.fault[f], named = n < LB_MOVE_NAMED ? n : LB_MOVE_NAMED;
    lua_createtable(L, 0, 2);
    lbl_set_count(L, "n", n);
    lua_createtable(L, (int)named, 0);
    for (size_t r = 0; r < named; r++) {
      lua_pushinteger(L, (lua_Integer)box->model->row[box->history.row[f][r]] + 1);
      lua_rawseti(L, -2, (lua_Integer)r + 1);
    }
    lua_setfield(L, -2, "rows");
    lua_setfield(L, -2, FAULTS[f]);
  }
  return 1;
}

static void push_counts(lua_State *L, const size_t *values, size_t n)
{
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushinteger(L, (lua_Integer)values[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static void set_table(lua_State *L, const char *name, const size_t *values, size_t n, size_t width)
{
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    push_counts(L, values + i * width, width);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, name);
}

/* histories:summary() */
static int histories_summary(lua_State *L)
{
  const lb_history *h = &lbl_check_histories(L, 1)->history;
  size_t k = h->n_state;
  lua_createtable(L, 0, 8);
  lbl_set_count(L, "n_person", h->n_person);
  lbl_set_count(L, "n_same", h->n_same);
  set_table(L, "transitions", h->transition, k, k + 1);
  set_table(L, "visits", h->visits, k, h->n_visit);
  lbl_set_numbers(L, "time_in", h->time_in, k);
  push_counts(L, h->visited, k);
  lua_setfield(L, -2, "visited");
  return 1;
}

/* histories:from(): the state over each row of the frame, from 1, NA where left out */
static int histories_from(lua_State *L)
{
  lua_settop(L, 1);
  const lbl_histories *box = lbl_check_histories(L, 1);
  const lb_model *m = box->model;
  lb_error err = {0};
  lb_frame **out = lbl_frame_box(L);
  double *number = lbl_scratch(L, m->n_used, sizeof *number);
  for (size_t i = 0; i < m->n_used; i++) number[i] = box->history.from[i] + 1;
  const lbl_cells cells = {number, 1, m->n_used, m->n_rows, m->row};
  lb_status st = lb_frame_new(m->n_rows, NULL, out, &err);
  if (st == LB_OK) st = lbl_frame_add_cells(*out, "from", cells, &err);
  if (st != LB_OK) return lbl_raise(L, &err);
  lua_settop(L, 2);
  return 1;
}

static int histories_tostring(lua_State *L)
{
  const lb_history *h = &lbl_check_histories(L, 1)->history;
  lua_pushfstring(L, "histories of %I persons between %I states", (LUAI_UACINT)h->n_person,
                  (LUAI_UACINT)h->n_state);
  return 1;
}

static const luaL_Reg METHODS[] = {{"faults", histories_faults},
                                   {"summary", histories_summary},
                                   {"from", histories_from},
                                   {NULL, NULL}};
static const luaL_Reg METAMETHODS[] = {{"__gc", histories_gc},
                                       {"__close", histories_close},
                                       {"__tostring", histories_tostring},
                                       {NULL, NULL}};
static const luaL_Reg FUNCTIONS[] = {{"histories", histories}, {NULL, NULL}};

void lbl_open_histories(lua_State *L)
{
  lbl_new_class(L, LBL_HISTORIES, "histories", METHODS, METAMETHODS);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
