/* cox_boot.c - bootstrap and validation of a Cox fit. */
#include "stats/survival/cox_boot.h"

#include <math.h>
#include <string.h>

#include "bind/cox_box.h"
#include "stats/bootstrap.h"
#include "stats/survival/cox_validate.h"

#define BOOT_BOX "lobule.CoxBootBox"

typedef struct boot_box {
  lb_cox_boot boot;
  lb_cox_scores influence;
} boot_box;

static int box_gc(lua_State *L)
{
  boot_box *box = luaL_checkudata(L, 1, BOOT_BOX);
  lb_cox_boot_reset(&box->boot);
  lb_cox_scores_reset(&box->influence);
  return 0;
}

static const char *const CONF_TYPES[] = {"percentile", "normal", "bca", NULL};

/* Arguments 3 and 4: replicates, seed. Pushes the box that holds the resamples. */
static boot_box *resample(lua_State *L, lbl_cox *cox)
{
  lua_Integer replicates = lbl_check_integer(L, 3, "replicates");
  if (replicates < 1) lbl_raise_argument(L, 3, "replicates", "1 or more");
  lb_cox_boot_options options = {.replicates = (size_t)replicates};
  options.seed = (uint64_t)lbl_check_integer(L, 4, "seed");
  boot_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = (boot_box){0};
  luaL_setmetatable(L, BOOT_BOX);
  lb_error err = {0};
  if (lb_cox_boot_fit(&cox->at, lbl_cox_cluster(cox), &options, &box->boot, &err) != LB_OK)
    lbl_raise(L, &err);
  return box;
}

/* Influences of the rows (or clusters) on the coefficients, for the acceleration of BCa. */
static void find_influence(lua_State *L, lbl_cox *cox, boot_box *box)
{
  lb_error err = {0};
  lb_status st = lb_cox_path_new(&cox->at, &cox->path, &err);
  if (st == LB_OK)
    st = lb_cox_scores_new(&cox->at, &cox->path, lbl_cox_cluster(cox), &box->influence, &err);
  lb_cox_scores *b = &box->influence;
  if (st == LB_OK) st = lb_cox_dfbeta(b->row, b->n, b->p, cox->vcov, &err);
  if (st != LB_OK) lbl_raise(L, &err);
}

static void push_term(lua_State *L, const lb_boot_summary *s)
{
  lua_createtable(L, 0, 7);
  lbl_set_count(L, "n", s->n);
  lbl_set_number(L, "bias", s->bias);
  lbl_set_number(L, "std_error", s->std_error);
  lbl_set_number(L, "conf_low", s->conf_low);
  lbl_set_number(L, "conf_high", s->conf_high);
  lua_pushboolean(L, s->extreme);
  lua_setfield(L, -2, "extreme");
}

/* Field "terms" of the table on top: a summary for each coefficient. */
static void set_terms(lua_State *L, const lbl_cox *cox, const boot_box *box, lb_boot_question ask)
{
  lua_createtable(L, (int)box->boot.p, 0);
  for (size_t j = 0; j < box->boot.p; j++) {
    lb_boot_summary s;
    lb_error err = {0};
    ask.estimate = cox->at.coef[j];
    if (ask.conf == LB_BOOT_BCA)
      ask.acceleration =
          lb_boot_acceleration(box->influence.row + j, box->influence.n, box->influence.p);
    if (lb_boot_summarise(box->boot.coef + j, box->boot.replicates, box->boot.p, &ask, &s, &err) !=
        LB_OK)
      lbl_raise(L, &err);
    push_term(L, &s);
    lua_rawseti(L, -2, (lua_Integer)j + 1);
  }
  lua_setfield(L, -2, "terms");
}

/* Field "replicates" of the table on top: a frame with a column for each coefficient. */
static void set_replicates(lua_State *L, const lbl_cox *cox, const boot_box *box)
{
  lb_error err = {0};
  lb_frame **out = lbl_frame_box(L);
  size_t n = box->boot.replicates;
  lb_status st = lb_frame_new(n, NULL, out, &err);
  for (size_t j = 0; st == LB_OK && j < box->boot.p; j++) {
    lbl_cells cells = {box->boot.coef + j, box->boot.p, n, n, NULL};
    st = lbl_frame_add_cells(*out, cox->model->term[j].term, cells, &err);
  }
  if (st != LB_OK) lbl_raise(L, &err);
  lua_setfield(L, -2, "replicates");
}

/* cox_bootstrap(model, fit, replicates, seed, conf_type, conf_level) */
static int cox_bootstrap(lua_State *L)
{
  lua_settop(L, 6);
  lb_boot_question ask = {.conf_level = lbl_check_number(L, 6, "conf_level")};
  ask.conf = (lb_boot_conf)lbl_check_choice(L, 5, "conf_type", CONF_TYPES);
  lbl_cox *cox = lbl_cox_at(L, 1, 2);
  boot_box *box = resample(L, cox);
  if (ask.conf == LB_BOOT_BCA) find_influence(L, cox, box);
  lua_createtable(L, 0, 4);
  lbl_set_count(L, "n_failed", box->boot.n_failed);
  set_terms(L, cox, box, ask);
  set_replicates(L, cox, box);
  return 1;
}

static void set_validated(lua_State *L, const char *name, const lb_validated *v)
{
  lua_createtable(L, 0, 6);
  lbl_set_number(L, "apparent", v->apparent);
  lbl_set_number(L, "training", v->training);
  lbl_set_number(L, "test", v->test);
  lbl_set_number(L, "optimism", v->optimism);
  lbl_set_number(L, "corrected", v->corrected);
  lbl_set_count(L, "n", v->n);
  lua_setfield(L, -2, name);
}

/* cox_validate(model, fit, replicates, seed) */
static int cox_validate(lua_State *L)
{
  lua_settop(L, 4);
  lbl_cox *cox = lbl_cox_at(L, 1, 2);
  boot_box *box = resample(L, cox);
  lb_cox_validation v;
  lb_error err = {0};
  uint64_t seed = (uint64_t)lbl_check_integer(L, 4, "seed");
  if (lb_cox_validate(&cox->at, lbl_cox_cluster(cox), &box->boot, seed, &v, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_createtable(L, 0, 3);
  lbl_set_count(L, "n_failed", v.n_failed);
  set_validated(L, "concordance", &v.concordance);
  set_validated(L, "slope", &v.slope);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    {"cox_bootstrap", cox_bootstrap}, {"cox_validate", cox_validate}, {NULL, NULL}};

void lbl_open_cox_boot(lua_State *L)
{
  luaL_newmetatable(L, BOOT_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
