/* cox_residual.c - residuals and the robust variance of a Cox fit. */
#include <math.h>

#include "bind/cox_box.h"

static void set_test(lua_State *L, const char *name, const lb_cox_test *test)
{
  lua_createtable(L, 0, 3);
  lbl_set_number(L, "chi_square", test->chi_square);
  lbl_set_count(L, "df", test->df);
  lbl_set_number(L, "p_value", test->p_value);
  lua_setfield(L, -2, name);
}

/* cox_robust(model, fit) */
static int cox_robust(lua_State *L)
{
  lua_settop(L, 2);
  lbl_cox *box = lbl_cox_at(L, 1, 2);
  lb_error err = {0};
  if (lb_cox_robust_fit(&box->at, box->vcov, lbl_cox_cluster(box), &box->robust, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_createtable(L, 0, 5);
  lbl_set_numbers(L, "std_error", box->robust.std_error, box->robust.p);
  lbl_set_matrix(L, "vcov", box->robust.vcov, box->robust.p);
  set_test(L, "wald", &box->robust.wald);
  set_test(L, "score", &box->robust.score);
  lbl_set_count(L, "n_cluster", box->robust.n_cluster);
  return 1;
}

enum { MARTINGALE, DEVIANCE, SCORE, SCHOENFELD, SCALED, DFBETA, DFBETAS };
static const char *const TYPES[] = {"martingale",        "deviance", "score",   "schoenfeld",
                                    "scaled_schoenfeld", "dfbeta",   "dfbetas", NULL};

/* Repeated rows are folded: a row's residual is that of its first copy. */
static size_t copy_of(const lbl_cox *box, size_t row, size_t *next)
{
  if (box->repeat.row == NULL) return row;
  while (*next < box->repeat.n && box->repeat.row[*next] < row) ++*next;
  return *next < box->repeat.n && box->repeat.row[*next] == row ? *next : SIZE_MAX;
}

const double *lbl_cox_fold(lbl_cox *box, size_t width)
{
  size_t next = 0;
  if (box->repeat.row == NULL) return box->number;
  /* Copies stand behind their row or at it unless rows vanished, so walk from a spare copy. */
  double *from = box->number, *to = box->number + box->y.n * width;
  for (size_t i = 0; i < box->model->n_used; i++) {
    size_t k = copy_of(box, i, &next);
    for (size_t j = 0; j < width; j++)
      to[i * width + j] = k == SIZE_MAX ? (double)NAN : from[k * width + j];
  }
  return to;
}

lb_status lbl_cox_residual_frame(const lbl_cox *box, const double *value, const char *kind,
                                 bool all, lb_frame **out, lb_error *err)
{
  const lb_model *m = box->model;
  size_t n = all ? m->n_rows : m->n_used, width = kind == NULL ? box->x.p : 1;
  lb_status st = lb_frame_new(n, NULL, out, err);
  if (st == LB_OK && !all) st = lbl_frame_add_rows(*out, "row", m->row, m->n_used, err);
  for (size_t j = 0; st == LB_OK && j < width; j++) {
    lbl_cells cells = {value + j, width, m->n_used, n, all ? m->row : NULL};
    st = lbl_frame_add_cells(*out, kind == NULL ? m->term[j].term : kind, cells, err);
  }
  return st;
}

static lb_status row_residuals(lbl_cox *box, int type, bool all, lb_frame **out, lb_error *err)
{
  size_t p = box->x.p, n = box->y.n, width = type <= DEVIANCE ? 1 : p;
  lb_status st = LB_OK;
  if (type <= DEVIANCE) {
    lb_cox_martingale(&box->at, &box->path, box->number);
    if (type == DEVIANCE) lb_cox_deviance(&box->at, box->number, box->number);
  } else {
    lb_cox_score_residuals(&box->at, &box->path, box->number);
    if (type >= DFBETA) st = lb_cox_dfbeta(box->number, n, p, box->vcov, err);
  }
  for (size_t i = 0; type == DFBETAS && i < n * p; i++)
    box->number[i] /= sqrt(box->vcov[i % p * (p + 1)]);
  for (size_t i = 0; width == p && type >= SCORE && i < n * p; i++)
    if (isnan(box->at.coef[i % p])) box->number[i] = (double)NAN;
  const double *value = lbl_cox_fold(box, width);
  if (st != LB_OK) return st;
  return lbl_cox_residual_frame(box, value, type <= DEVIANCE ? TYPES[type] : NULL, all, out, err);
}

lb_status lbl_cox_event_frame(lbl_cox *box, lb_cox_schoenfeld *s, lb_frame **out, lb_error *err)
{
  const lb_model *m = box->model;
  lb_status st = lb_frame_new(s->n, NULL, out, err);
  lb_row *row = (lb_row *)s->row;
  for (size_t k = 0; k < s->n; k++) box->number[k] = box->y.time[row[k]];
  for (size_t k = 0; k < s->n; k++) {
    size_t used = box->repeat.row == NULL ? row[k] : box->repeat.row[row[k]];
    row[k] = m->row[used];
  }
  if (st == LB_OK) st = lbl_frame_add_rows(*out, "row", row, s->n, err);
  if (st == LB_OK) st = lbl_frame_add_real(*out, "time", box->number, s->n, err);
  for (size_t j = 0; st == LB_OK && j < s->p; j++) {
    lbl_cells cells = {s->residual + j, s->p, s->n, s->n, NULL};
    st = lbl_frame_add_cells(*out, m->term[j].term, cells, err);
  }
  return st;
}

static lb_status schoenfeld(lbl_cox *box, bool scaled, lb_frame **out, lb_error *err)
{
  lb_status st = lb_cox_schoenfeld_new(&box->at, &box->path, &box->schoenfeld, err);
  if (st == LB_OK && scaled)
    st = lb_cox_schoenfeld_scale(&box->schoenfeld, box->vcov, box->at.coef, err);
  return st == LB_OK ? lbl_cox_event_frame(box, &box->schoenfeld, out, err) : st;
}

/* cox_residuals(model, fit, type, all) */
static int cox_residuals(lua_State *L)
{
  lua_settop(L, 4);
  int type = lbl_check_choice(L, 3, "type", TYPES);
  lbl_cox *box = lbl_cox_at(L, 1, 2);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (lb_cox_path_new(&box->at, &box->path, &err) != LB_OK) return lbl_raise(L, &err);
  size_t rows = box->y.n + (box->repeat.row == NULL ? 0 : box->model->n_used);
  lbl_cox_numbers(L, box, rows, type <= DEVIANCE || box->x.p == 0 ? 1 : box->x.p);
  bool events = type == SCHOENFELD || type == SCALED;
  lb_status st = events ? schoenfeld(box, type == SCALED, out, &err)
                        : row_residuals(box, type, lua_toboolean(L, 4), out, &err);
  if (st != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, rows * sizeof(double));
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    {"cox_robust", cox_robust}, {"cox_residuals", cox_residuals}, {NULL, NULL}};

void lbl_open_cox_residual(lua_State *L)
{
  lbl_open_cox_box(L);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
