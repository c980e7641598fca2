/* finegray_box.h - the arguments of a Fine-Gray function of the module: model, cause, options,
 * groups. */
#ifndef LB_BIND_FINEGRAY_BOX_H
#define LB_BIND_FINEGRAY_BOX_H
#include "bind/cox_box.h"
#include "stats/survival/finegray.h"

/* A fit that is to be made; borrows what stays on the stack. */
typedef struct lbl_finegray {
  lbl_cox *rows;
  lb_partition strata, censoring, cluster;
  lb_finegray_options opt;
  lb_finegray_model model; /* of these */
} lbl_finegray;

/* Of the arguments 1 to 4, in a userdata that stays on the stack. */
lbl_finegray *lbl_finegray_at(lua_State *L);
/* Functions of finegray_residual.c, which finegray.c opens with its own. */
void lbl_open_finegray_residual(lua_State *L);
#endif
