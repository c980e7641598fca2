/* multistate_box.h - histories of people between states as the module holds them. */
#ifndef LB_BIND_MULTISTATE_BOX_H
#define LB_BIND_MULTISTATE_BOX_H
#include "bind/bind.h"
#include "model/model.h"
#include "stats/survival/multistate.h"

#define LBL_HISTORIES "lobule.Histories"
#define LBL_AJ        "lobule.StateFit"

/* Borrows arrays of its model, which is its user value. */
typedef struct lbl_histories {
  const lb_model *model;
  int32_t *to, *start; /* start NULL without */
  int32_t *cluster;    /* NULL: persons */
  size_t n_cluster;
  bool *absorbing;
  lb_moves moves;
  lb_history history;
} lbl_histories;

const lbl_histories *lbl_check_histories(lua_State *L, int arg);
/* A frame of n_column real columns of n values, NA for NaN, pushed. */
typedef struct lbl_named {
  const char *name;
  const double *values;
} lbl_named;
void lbl_push_named(lua_State *L, const lbl_named *columns, size_t n_column, size_t n);
/* Ascending numbers of the list at `arg` in a userdata pushed. */
double *lbl_check_times(lua_State *L, int arg, size_t *n);
#endif
