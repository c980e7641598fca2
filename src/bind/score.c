/* score.c - AUC and Brier score of predicted risks at a time, with their covariances. */
#include "stats/survival/score.h"

#include "base/mem.h"
#include "bind/bind.h"
#include "model/model.h"

#define SCORES_BOX "lobule.ScoresBox"

typedef struct scores_box {
  size_t n;
  lb_score *score;
} scores_box;

static int box_gc(lua_State *L)
{
  scores_box *box = luaL_checkudata(L, 1, SCORES_BOX);
  for (size_t k = 0; k < box->n; k++) lb_score_reset(&box->score[k]);
  lb_mem_free(box->score);
  *box = (scores_box){0};
  return 0;
}

/* The risks of the model's rows from a column of the frame, in a userdata that is pushed. */
static double *risks_of(lua_State *L, int index, const lb_model *model)
{
  const lb_column *column = lbl_check_column(L, index, "risks");
  double *risk = lbl_scratch(L, model->n_used, sizeof *risk);
  for (size_t i = 0; i < model->n_used; i++) risk[i] = lb_column_number(column, model->row[i]);
  return risk;
}

static double product(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum / ((double)n * (double)n);
}

/* Sets field `name` to the covariances of the models' estimates. */
static void set_covariance(lua_State *L, const char *name, const scores_box *box, size_t n,
                           bool of_auc)
{
  double *value = lbl_scratch(L, box->n * box->n, sizeof *value);
  for (size_t a = 0; a < box->n; a++)
    for (size_t b = 0; b < box->n; b++) {
      const lb_score *x = &box->score[a], *y = &box->score[b];
      value[a * box->n + b] = of_auc ? product(x->auc_influence, y->auc_influence, n)
                                     : product(x->brier_influence, y->brier_influence, n);
    }
  lua_insert(L, -2); /* the table on top again */
  lbl_set_matrix(L, name, value, box->n);
  lua_remove(L, -2);
}

static void set_estimates(lua_State *L, const scores_box *box)
{
  double *auc = lbl_scratch(L, box->n, sizeof *auc), *brier = lbl_scratch(L, box->n, sizeof *brier);
  for (size_t k = 0; k < box->n; k++) {
    auc[k] = box->score[k].auc;
    brier[k] = box->score[k].brier;
  }
  lua_createtable(L, 0, 7);
  lbl_set_numbers(L, "auc", auc, box->n);
  lbl_set_numbers(L, "brier", brier, box->n);
}

/* score(model, cause, risks, time): cause 0 = any event; risks a list of columns of the frame */
static int score(lua_State *L)
{
  lua_settop(L, 4);
  const lb_model *model = lbl_check_model(L, 1);
  lua_Integer cause = lbl_check_integer(L, 2, "cause");
  lbl_check_table(L, 3, "risks");
  double t = lbl_check_number(L, 4, "time");
  size_t n = lua_rawlen(L, 3);
  lb_error err = {0};
  lb_surv y;
  lb_model_surv(model, &y);
  scores_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = (scores_box){0};
  luaL_setmetatable(L, SCORES_BOX);
  box->score = lb_mem_zero(n, sizeof *box->score);
  if (box->score == NULL) {
    lb_error_nomem(&err, "scores");
    return lbl_raise(L, &err);
  }
  for (size_t k = 0; k < n; k++) {
    lua_rawgeti(L, 3, (lua_Integer)k + 1);
    const double *risk = risks_of(L, -1, model);
    if (lb_score_at(&y, (size_t)cause, risk, t, &box->score[k], &err) != LB_OK)
      return lbl_raise(L, &err);
    box->n = k + 1;
    lua_pop(L, 2);
  }
  set_estimates(L, box);
  set_covariance(L, "auc_covariance", box, model->n_used, true);
  set_covariance(L, "brier_covariance", box, model->n_used, false);
  lbl_set_count(L, "n_case", n == 0 ? 0 : box->score[0].n_case);
  lbl_set_count(L, "n_control", n == 0 ? 0 : box->score[0].n_control);
  lbl_set_count(L, "n_unknown", n == 0 ? 0 : box->score[0].n_unknown);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"score", score}, {NULL, NULL}};

void lbl_open_score(lua_State *L)
{
  luaL_newmetatable(L, SCORES_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
