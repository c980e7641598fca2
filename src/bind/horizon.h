/* horizon.h - horizons as arguments: what pseudo-values and their regression are of. */
#ifndef LB_BIND_HORIZON_H
#define LB_BIND_HORIZON_H
#include "bind/bind.h"
#include "model/model.h"
#include "stats/survival/horizon.h"

/* From the table at `index`: kind ("survival", "rmst", "cif", "rmtl"), cause (number or nil), from,
 * tau (a list that is not empty); in a userdata pushed on the stack. */
lb_horizon *lbl_check_horizons(lua_State *L, int index, const lb_model *model, size_t *n);
#endif
