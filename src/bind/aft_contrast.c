/* aft_contrast.c - people compared by a parametric survival model. */
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "bind/aft_box.h"
#include "stats/interval.h"

static const lb_curve_kind KIND_OF[] = {LB_CURVE_SURVIVAL, LB_CURVE_HAZARD, LB_CURVE_CUMULATIVE,
                                        LB_CURVE_QUANTILE, LB_CURVE_RMST};
static const char *const KINDS[] = {"survival", "hazard", "cumulative_hazard",
                                    "quantile", "rmst",   NULL};
enum { VALUE, STD_ERROR, CONF_LOW, CONF_HIGH, N_COLUMNS };
static const char *const COLUMN_NAMES[] = {"estimate", "std_error", "conf_low", "conf_high"};

typedef struct request {
  lb_curve_kind kind;
  const double *at;
  size_t n_at;
  double z_value;
} request;

static request check_request(lua_State *L, int index)
{
  request r;
  lb_error err = {0};
  lbl_check_table(L, index, "options");
  lua_getfield(L, index, "type");
  r.kind = KIND_OF[lbl_check_choice(L, -1, "type", KINDS)];
  r.at = lbl_aft_list(L, index, "at", &r.n_at);
  double level = lbl_aft_field(L, index, "conf_level");
  if (lb_conf_level_check(level, &err) != LB_OK) lbl_raise(L, &err);
  r.z_value = lb_z_value(level);
  return r;
}

/* Row i of the people against row i of the others, or their only one. */
static lb_status fill_cells(const lb_curve *a, const lb_curve *b, const lb_model *people,
                            const lb_model *others, const request *r, double *number, lb_error *err)
{
  size_t cells = people->n_rows * r->n_at;
  double *work = lb_mem_array(4 * a->p + 1, sizeof *work);
  if (work == NULL) return lb_error_nomem(err, "comparisons");
  lb_status st = LB_OK;
  for (size_t i = 0; st == LB_OK && i < people->n_rows; i++) {
    size_t other = others->n_rows == 1 ? 0 : i;
    if (lb_interrupted()) st = lb_error_interrupted(err);
    for (size_t k = 0; k < r->n_at; k++) {
      lb_estimate e = lb_curve_contrast(a, i, b, other, r->kind, r->at[k], r->z_value, work);
      size_t cell = i * r->n_at + k;
      number[VALUE * cells + cell] = e.value;
      number[STD_ERROR * cells + cell] = e.std_error;
      number[CONF_LOW * cells + cell] = e.conf_low;
      number[CONF_HIGH * cells + cell] = e.conf_high;
    }
  }
  lb_mem_free(work);
  return st;
}

static void check_whole(lua_State *L, const lb_model *people, const char *name)
{
  lb_error err = {0};
  if (people->n_used == people->n_rows && people->n_rows > 0) return;
  lb_error_set(&err, LB_EDATA, "%s: %zu of %zu rows miss a covariate", name,
               people->n_rows - people->n_used, people->n_rows);
  lb_error_mend(&err, "Give every covariate of the model in every row.");
  lbl_raise(L, &err);
}

/* aft_contrast(model, fit, people, others, options, cured_people, cured_others) */
static int aft_contrast(lua_State *L)
{
  lua_settop(L, 7);
  lbl_check_table(L, 2, "fit");
  request r = check_request(L, 5);
  lbl_aft *box = lbl_aft_new(L, 1);
  const lb_model *people = lbl_check_model(L, 3), *others = lbl_check_model(L, 4);
  check_whole(L, people, "newdata");
  check_whole(L, others, "reference");
  if (others->n_rows != 1 && others->n_rows != people->n_rows)
    lbl_raise_argument(L, 4, "reference", "one row, or as many as newdata");
  bool mixed = !lua_isnil(L, 6);
  lbl_aft_subject who, whom;
  lb_curve a = lbl_aft_curve(L, 2, people, mixed ? lbl_check_model(L, 6) : NULL, &who);
  lb_curve b = lbl_aft_curve(L, 2, others, mixed ? lbl_check_model(L, 7) : NULL, &whom);
  size_t cells = people->n_rows * r.n_at;
  lbl_aft_numbers(L, box, cells, N_COLUMNS);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  lb_status st = fill_cells(&a, &b, people, others, &r, box->number, &err);
  if (st == LB_OK) st = lb_frame_new(cells, NULL, out, &err);
  for (size_t j = 0; st == LB_OK && j < N_COLUMNS; j++) {
    lbl_cells column = {box->number + j * cells, 1, cells, cells, NULL};
    st = lbl_frame_add_cells(*out, COLUMN_NAMES[j], column, &err);
  }
  if (st != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, cells * N_COLUMNS * sizeof(double));
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"aft_contrast", aft_contrast}, {NULL, NULL}};

void lbl_open_aft_contrast(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
