/* aft_predict.c - survival, hazards, quantiles and means of people by a parametric model. */
#include <math.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "bind/aft_box.h"
#include "stats/interval.h"

/* In the order of lb_curve_kind. */
static const char *const KINDS[] = {
    "lp", "survival", "hazard", "cumulative_hazard", "quantile", "mean", "rmst", "cured", NULL};

typedef struct request {
  lb_curve_kind kind;
  const double *at; /* n_at times or fractions; one that nobody looks at when there are none */
  size_t n_at;
  double z_value;
} request;

enum { VALUE, STD_ERROR, CONF_LOW, CONF_HIGH, N_COLUMNS };
static const char *const COLUMN_NAMES[] = {"estimate", "std_error", "conf_low", "conf_high"};

/* Rows person by person, within one by time; NaN for people that were left out. */
static lb_status fill_cells(const lb_curve *curve, const lb_model *people, const request *r,
                            double *number, lb_error *err)
{
  size_t cells = people->n_rows * r->n_at;
  double *work = lb_mem_array(4 * curve->p + 1, sizeof *work);
  if (work == NULL) return lb_error_nomem(err, "predictions");
  lb_status st = LB_OK;
  for (size_t i = 0; i < cells * N_COLUMNS; i++) number[i] = (double)NAN;
  for (size_t i = 0; st == LB_OK && i < people->n_used; i++) {
    if (lb_interrupted()) st = lb_error_interrupted(err);
    for (size_t k = 0; k < r->n_at; k++) {
      lb_estimate e = lb_curve_estimate(curve, r->kind, i, r->at[k], r->z_value, work);
      size_t cell = people->row[i] * r->n_at + k;
      number[VALUE * cells + cell] = e.value;
      number[STD_ERROR * cells + cell] = e.std_error;
      number[CONF_LOW * cells + cell] = e.conf_low;
      number[CONF_HIGH * cells + cell] = e.conf_high;
    }
  }
  lb_mem_free(work);
  return st;
}

static lb_status cells_frame(const double *number, size_t cells, lb_frame **out, lb_error *err)
{
  lb_status st = lb_frame_new(cells, NULL, out, err);
  for (size_t j = 0; st == LB_OK && j < N_COLUMNS; j++) {
    lbl_cells column = {number + j * cells, 1, cells, cells, NULL};
    st = lbl_frame_add_cells(*out, COLUMN_NAMES[j], column, err);
  }
  return st;
}

/* What is asked for: fields type, at (a list), conf_level of the table at `index`. */
static request check_request(lua_State *L, int index)
{
  request r;
  lb_error err = {0};
  lbl_check_table(L, index, "options");
  lua_getfield(L, index, "type");
  r.kind = (lb_curve_kind)lbl_check_choice(L, -1, "type", KINDS);
  r.at = lbl_aft_list(L, index, "at", &r.n_at);
  double level = lbl_aft_field(L, index, "conf_level");
  if (lb_conf_level_check(level, &err) != LB_OK) lbl_raise(L, &err);
  r.z_value = lb_z_value(level);
  return r;
}

/* aft_predict(model, fit, newdata, options, cure_newdata) */
static int aft_predict(lua_State *L)
{
  lua_settop(L, 5);
  lbl_check_table(L, 2, "fit");
  request r = check_request(L, 4);
  lbl_aft *box = lbl_aft_new(L, 1);
  const lb_model *people = lua_isnil(L, 3) ? box->model : lbl_check_model(L, 3);
  const lb_model *cured = lua_isnil(L, 5) ? NULL : lbl_check_model(L, 5);
  lbl_aft_subject who;
  lb_curve curve = lbl_aft_curve(L, 2, people, cured, &who);
  lbl_aft_numbers(L, box, people->n_rows * r.n_at, N_COLUMNS);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  lb_status st = fill_cells(&curve, people, &r, box->number, &err);
  if (st == LB_OK) st = cells_frame(box->number, people->n_rows * r.n_at, out, &err);
  if (st != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, people->n_rows * r.n_at * N_COLUMNS * sizeof(double));
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"aft_predict", aft_predict}, {NULL, NULL}};

void lbl_open_aft_predict(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
