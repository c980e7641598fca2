/* split.c - follow-up cut into pieces: the rows they come from and what they are at risk for. */
#include "stats/survival/split.h"

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "bind/bind.h"
#include "frame/builder.h"
#include "model/model.h"

#define PIECES_BOX "lobule.PiecesBox"
#define POLL_ROWS  (1u << 18)

/* What a call holds while it runs. */
typedef struct pieces_box {
  lb_pieces pieces;
  lb_row *row;   /* of the frame, a piece each */
  double *shift; /* a row of the model each */
  double *cut;
  size_t *from; /* n_used + 1: the row's own cuts */
} pieces_box;

static int box_gc(lua_State *L)
{
  pieces_box *box = luaL_checkudata(L, 1, PIECES_BOX);
  lb_pieces_reset(&box->pieces);
  lb_mem_free(box->row);
  lb_mem_free(box->shift);
  lb_mem_free(box->cut);
  lb_mem_free(box->from);
  *box = (pieces_box){0};
  return 0;
}

/* The list of cuts at `arg` into box->cut; their number. */
static size_t read_list(lua_State *L, int arg, pieces_box *box)
{
  lbl_check_table(L, arg, "cuts");
  size_t n = lua_rawlen(L, arg);
  lb_error err = {0};
  box->cut = lb_mem_array(n, sizeof *box->cut);
  if (box->cut == NULL) {
    lb_error_nomem(&err, "cuts");
    return (size_t)lbl_raise(L, &err); /* does not return */
  }
  for (size_t k = 0; k < n; k++) {
    lua_rawgeti(L, arg, (lua_Integer)k + 1);
    box->cut[k] = lbl_check_number(L, -1, "cuts");
    lua_pop(L, 1);
  }
  return n;
}

/* The scale's value at time 0 of each row of the model. */
static void read_shift(lua_State *L, int arg, const lb_model *model, pieces_box *box)
{
  const lb_column *column = lbl_check_column(L, arg, "shift");
  lb_error err = {0};
  box->shift = lb_mem_array(model->n_used, sizeof *box->shift);
  if (box->shift == NULL) {
    lb_error_nomem(&err, "scale");
    lbl_raise(L, &err);
    return; /* not reached */
  }
  for (size_t i = 0; i < model->n_used; i++)
    box->shift[i] = lb_column_number(column, model->row[i]);
}

/* Cuts of each row's own: two columns, rows of the frame (from 1, ascending) and cuts. */
static lb_status own_cuts(const lb_model *model, const lb_column *row, const lb_column *cut,
                          pieces_box *box, lb_error *err)
{
  size_t n = lb_column_length(cut), at = 0, kept = 0;
  box->from = lb_mem_array(model->n_used + 1, sizeof *box->from);
  box->cut = lb_mem_array(n, sizeof *box->cut);
  if (box->from == NULL || box->cut == NULL) return lb_error_nomem(err, "cuts");
  for (size_t i = 0; i < model->n_used; i++) {
    double wanted = (double)model->row[i] + 1;
    box->from[i] = kept;
    while (at < n && lb_column_number(row, at) < wanted) at++;
    for (; at < n && lb_column_number(row, at) <= wanted; at++) {
      double value = lb_column_number(cut, at);
      if (kept == box->from[i] || value > box->cut[kept - 1]) box->cut[kept++] = value;
    }
  }
  box->from[model->n_used] = kept;
  return LB_OK;
}

/* Whether the user stops it, asked every so many pieces. */
static bool stopped(size_t i)
{
  return i % POLL_ROWS == 0 && lb_interrupted();
}

static lb_status real_column(const double *values, size_t n, lb_column **out, lb_error *err)
{
  double *copy = lb_mem_array(n, sizeof *copy);
  if (copy == NULL) return lb_error_nomem(err, "column");
  for (size_t i = 0; i < n; i++) {
    if (stopped(i)) {
      lb_mem_free(copy);
      return lb_error_interrupted(err);
    }
    copy[i] = values[i];
  }
  return lb_column_new(LB_REAL, n, copy, NULL, out, err);
}

static lb_status interval_column(const lb_pieces *p, lb_column **out, lb_error *err)
{
  int64_t *value = lb_mem_array(p->n, sizeof *value);
  if (value == NULL) return lb_error_nomem(err, "column");
  for (size_t i = 0; i < p->n; i++) {
    if (stopped(i)) {
      lb_mem_free(value);
      return lb_error_interrupted(err);
    }
    value[i] = (int64_t)p->interval[i] + 1;
  }
  return lb_column_new(LB_INTEGER, p->n, value, NULL, out, err);
}

/* The event of a last piece, none of the others. */
static lb_status logical_event(const lb_model *model, const lb_pieces *p, lb_column **out,
                               lb_error *err)
{
  uint8_t *bits = lb_mem_zero(lb_bitmap_bytes(p->n), 1);
  if (bits == NULL) return lb_error_nomem(err, "column");
  for (size_t i = 0; i < p->n; i++) {
    if (stopped(i)) {
      lb_mem_free(bits);
      return lb_error_interrupted(err);
    }
    if (p->last[i] && model->event[p->row[i]] != 0) lb_bit_set(bits, i);
  }
  return lb_column_new(LB_LOGICAL, p->n, bits, NULL, out, err);
}

/* Causes as a factor, censored first. */
static lb_status cause_event(const lb_model *model, const lb_pieces *p, lb_column **out,
                             lb_error *err)
{
  const char *texts[65];
  lb_column *levels = NULL;
  texts[0] = model->censored_label;
  for (size_t k = 0; k < model->n_cause && k < 64; k++) texts[k + 1] = model->cause_label[k];
  lb_status st = lb_column_from_texts(texts, model->n_cause + 1, &levels, err);
  if (st != LB_OK) return st;
  int32_t *code = lb_mem_array(p->n, sizeof *code);
  if (code == NULL) {
    lb_column_release(levels);
    return lb_error_nomem(err, "column");
  }
  for (size_t i = 0; i < p->n; i++) code[i] = p->last[i] ? model->cause[p->row[i]] : 0;
  st = lb_column_new_factor(p->n, code, levels, false, NULL, out, err);
  lb_column_release(levels);
  return st;
}

static lb_status cut_model(const lb_model *model, size_t n_cut, pieces_box *box, lb_error *err)
{
  lb_surv y;
  lb_model_surv(model, &y);
  const lb_cuts cuts = {n_cut, box->cut, box->from, box->shift};
  lb_status st = lb_split(&y, &cuts, &box->pieces, err);
  if (st != LB_OK) return st;
  box->row = lb_mem_array(box->pieces.n, sizeof *box->row);
  if (box->row == NULL) return lb_error_nomem(err, "rows");
  for (size_t i = 0; i < box->pieces.n; i++) {
    if (stopped(i)) return lb_error_interrupted(err);
    box->row[i] = model->row[box->pieces.row[i]];
  }
  return LB_OK;
}

/* Pushes the frame of the pieces' rows, start, stop, event, interval and how many rows had no
 * follow-up. */
static int push_pieces(lua_State *L, lb_frame *frame, const lb_model *model, pieces_box *box)
{
  const lb_pieces *p = &box->pieces;
  lb_error err = {0};
  lb_frame **taken = lbl_frame_box(L);
  if (lb_frame_take(frame, box->row, p->n, taken, &err) != LB_OK) return lbl_raise(L, &err);
  lb_column **start = lbl_column_box(L), **stop = lbl_column_box(L);
  lb_column **event = lbl_column_box(L), **interval = lbl_column_box(L);
  lb_status st = real_column(p->start, p->n, start, &err);
  if (st == LB_OK) st = real_column(p->stop, p->n, stop, &err);
  if (st == LB_OK && model->cause != NULL && model->censored_label != NULL)
    st = cause_event(model, p, event, &err);
  else if (st == LB_OK)
    st = logical_event(model, p, event, &err);
  if (st == LB_OK) st = interval_column(p, interval, &err);
  if (st != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, p->n * (sizeof(lb_row) + 4 * sizeof(double)));
  lua_pushinteger(L, (lua_Integer)p->n_zero);
  return 6;
}

/* split_follow_up(model, frame, cuts, shift): cuts a list, shift a column or nil; or
 * split_follow_up(model, frame, row, cut): columns, cuts of each row's own, ascending in a row */
static int split(lua_State *L)
{
  lua_settop(L, 4);
  const lb_model *model = lbl_check_model(L, 1);
  lb_frame *frame = lbl_check_frame(L, 2, "frame");
  pieces_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = (pieces_box){0};
  luaL_setmetatable(L, PIECES_BOX);
  lb_error err = {0};
  size_t n_cut = 0;
  if (lbl_test_column(L, 3) != NULL) {
    const lb_column *row = lbl_check_column(L, 3, "row"), *cut = lbl_check_column(L, 4, "cut");
    if (own_cuts(model, row, cut, box, &err) != LB_OK) return lbl_raise(L, &err);
  } else {
    n_cut = read_list(L, 3, box);
    if (!lua_isnil(L, 4)) read_shift(L, 4, model, box);
  }
  if (cut_model(model, n_cut, box, &err) != LB_OK) return lbl_raise(L, &err);
  return push_pieces(L, frame, model, box);
}

static const luaL_Reg FUNCTIONS[] = {{"split_follow_up", split}, {NULL, NULL}};

void lbl_open_split(lua_State *L)
{
  luaL_newmetatable(L, PIECES_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
