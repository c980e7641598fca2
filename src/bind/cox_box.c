/* cox_box.c - what a Cox function of the module holds while it runs. */
#include "bind/cox_box.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"

#define COX_BOX "lobule.CoxBox"

static int box_gc(lua_State *L)
{
  lbl_cox *box = luaL_checkudata(L, 1, COX_BOX);
  lb_repeat_reset(&box->repeat);
  lb_cox_reset(&box->fit);
  lb_cox_jackknife_reset(&box->jackknife);
  lb_cox_path_reset(&box->path);
  lb_cox_robust_reset(&box->robust);
  lb_cox_schoenfeld_reset(&box->schoenfeld);
  lb_mem_free(box->number);
  *box = (lbl_cox){0};
  return 0;
}

const lb_partition *lbl_cox_strata(const lbl_cox *box)
{
  return box->strata.code == NULL ? NULL : &box->strata;
}

const lb_partition *lbl_cox_cluster(const lbl_cox *box)
{
  return box->cluster.code == NULL ? NULL : &box->cluster;
}

/* offset: of the model's rows, NULL = its own. */
static lbl_cox *new_box(lua_State *L, int arg, bool frequency, const double *offset)
{
  const lb_model *model = lbl_check_model(L, arg);
  if (model->counts.count != NULL) lbl_raise_argument(L, arg, "model", "a model with its rows");
  lbl_cox *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = (lbl_cox){.model = model, .own_offset = offset};
  luaL_setmetatable(L, COX_BOX);
  lb_model_surv(model, &box->y);
  lb_model_design(model, &box->x);
  if (offset != NULL) box->x.offset = offset;
  box->group = (lb_partition){model->frailty.code, model->frailty.n};
  if (model->strata.n > 0) box->strata = (lb_partition){model->strata.code, model->strata.n};
  box->cluster = (lb_partition){model->cluster, model->n_cluster};
  lb_error err = {0};
  if (frequency && box->y.weight != NULL) {
    const lb_partition *groups = box->group.code == NULL ? lbl_cox_cluster(box) : &box->group;
    if (lb_repeat_rows(&box->y, &box->x, lbl_cox_strata(box), groups, &box->repeat, &err) != LB_OK)
      lbl_raise(L, &err);
    box->y = box->repeat.y;
    box->x = box->repeat.x;
    box->strata = box->repeat.strata;
    if (box->group.code == NULL)
      box->cluster = box->repeat.cluster;
    else
      box->group = box->repeat.cluster;
  }
  box->at = (lb_cox_at){.y = &box->y, .x = &box->x, .strata = lbl_cox_strata(box)};
  return box;
}

lbl_cox *lbl_cox_new(lua_State *L, int arg, bool frequency)
{
  return new_box(L, arg, frequency, NULL);
}

/* In the order of lb_ties. */
static const char *const TIES[] = {"efron", "breslow", "exact", "marginal", NULL};

lb_ties lbl_check_ties(lua_State *L, int arg)
{
  return (lb_ties)lbl_check_choice(L, arg, "ties", TIES);
}

/* p numbers of the list on top of the stack, which is popped. */
static void read_numbers(lua_State *L, double *out, size_t p, const char *name)
{
  lbl_check_table(L, -1, name);
  for (size_t j = 0; j < p; j++) {
    lua_rawgeti(L, -1, (lua_Integer)j + 1);
    out[j] = lbl_check_number(L, -1, name);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* The offset of the model's rows with the log-frailties of the fit, in a userdata that stays on the
 * stack; NULL without frailty. */
static const double *frailty_offset(lua_State *L, int arg, int fit)
{
  const lb_model *model = lbl_check_model(L, arg);
  if (model->frailty.n == 0) return NULL;
  double *omega = lbl_scratch(L, model->frailty.n, sizeof *omega);
  double *offset = lbl_scratch(L, model->n_used, sizeof *offset);
  lua_getfield(L, fit, "log_frailty");
  read_numbers(L, omega, model->frailty.n, "log_frailty");
  for (size_t i = 0; i < model->n_used; i++)
    offset[i] = (model->offset == NULL ? 0 : model->offset[i]) + omega[model->frailty.code[i]];
  return offset;
}

lbl_cox *lbl_cox_at(lua_State *L, int arg, int fit)
{
  lbl_check_table(L, fit, "fit");
  const double *offset = frailty_offset(L, arg, fit);
  lua_getfield(L, fit, "frequency");
  lbl_cox *box = new_box(L, arg, lua_toboolean(L, -1), offset);
  size_t p = box->x.p;
  lua_getfield(L, fit, "ties");
  box->at.ties = lbl_check_ties(L, -1);
  double *coef = lbl_scratch(L, p, sizeof *coef);
  box->vcov = lbl_scratch(L, p * p, sizeof *box->vcov);
  lua_getfield(L, fit, "coef");
  read_numbers(L, coef, p, "coef");
  lua_getfield(L, fit, "naive_vcov");
  lbl_check_table(L, -1, "naive_vcov");
  for (size_t j = 0; j < p; j++) {
    lua_rawgeti(L, -1, (lua_Integer)j + 1);
    read_numbers(L, box->vcov + j * p, p, "naive_vcov");
  }
  box->at.coef = coef;
  return box;
}

int lbl_cox_raise(lua_State *L, const lb_model *model, lb_error *err)
{
  static const char HEAD[] = "column ", TAIL[] = " of the design";
  char *end = NULL;
  unsigned long column = 0;
  if (strncmp(err->message, HEAD, strlen(HEAD)) == 0)
    column = strtoul(err->message + strlen(HEAD), &end, 10);
  if (column < 1 || column > model->p || strncmp(end, TAIL, strlen(TAIL)) != 0)
    return lbl_raise(L, err);
  lb_error named = *err;
  lb_error_set(&named, err->code, "'%s'%s", model->term[column - 1].term, end + strlen(TAIL));
  memcpy(named.context, err->context, sizeof named.context);
  return lbl_raise(L, &named);
}

void lbl_cox_numbers(lua_State *L, lbl_cox *box, size_t n, size_t width)
{
  lb_error err = {0};
  bool fits = width == 0 || n <= SIZE_MAX / width / sizeof(double);
  box->number = fits ? lb_mem_zero(n * width, sizeof *box->number) : NULL;
  if (box->number != NULL) return;
  lb_error_nomem(&err, "results of a Cox model");
  lbl_raise(L, &err);
}

lb_status lbl_frame_add_cells(lb_frame *frame, const char *name, lbl_cells cells, lb_error *err)
{
  size_t n = cells.n_rows;
  lb_column *column = NULL;
  double *value = lb_mem_zero(n, sizeof *value);
  uint8_t *valid = lb_mem_zero(lb_bitmap_bytes(n), 1);
  if (value == NULL || valid == NULL) {
    lb_mem_free(value);
    lb_mem_free(valid);
    return lb_error_nomem(err, "column");
  }
  for (size_t k = 0; k < cells.n; k++) {
    size_t row = cells.rows == NULL ? k : cells.rows[k];
    double x = cells.value[k * cells.stride];
    if (isnan(x)) continue;
    value[row] = x;
    lb_bit_set(valid, row);
  }
  lb_status status = lb_column_new(LB_REAL, n, value, valid, &column, err);
  if (status == LB_OK) status = lb_frame_add(frame, name, column, err);
  lb_column_release(column);
  return status;
}

lb_status lbl_frame_add_rows(lb_frame *frame, const char *name, const lb_row *rows, size_t n,
                             lb_error *err)
{
  lb_column *column = NULL;
  int64_t *value = lb_mem_array(n, sizeof *value);
  if (value == NULL) return lb_error_nomem(err, "column");
  for (size_t i = 0; i < n; i++) value[i] = (int64_t)rows[i] + 1;
  lb_status status = lb_column_new(LB_INTEGER, n, value, NULL, &column, err);
  if (status == LB_OK) status = lb_frame_add(frame, name, column, err);
  lb_column_release(column);
  return status;
}

void lbl_open_cox_box(lua_State *L)
{
  luaL_newmetatable(L, COX_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
