/* aft_box.h - what a parametric survival function of the module holds while it runs: limits of
 * times, a fit read back from its table, results in the making. */
#ifndef LB_BIND_AFT_BOX_H
#define LB_BIND_AFT_BOX_H
#include "bind/cox_box.h"
#include "stats/survival/aft_residual.h"
#include "stats/survival/cure.h"
#include "stats/survival/royston.h"

typedef struct lbl_aft {
  const lb_model *model; /* borrowed from the stack */
  lb_aft_outcome y;
  lb_design x;
  lb_partition strata, cluster; /* code NULL without */
  lb_aft fit;
  lb_royston royston;
  lb_cure cure;
  double *limits, *number; /* of lb_mem */
} lbl_aft;

/* Pushed on the stack and collected; reads the model at `arg`, its outcome when it has one. */
lbl_aft *lbl_aft_new(lua_State *L, int arg);
/* number[] of n x width; raises without memory. */
void lbl_aft_numbers(lua_State *L, lbl_aft *box, size_t n, size_t width);
/* The list, or the list of lists, in field `name` of the table at `index`, in a userdata pushed on
 * the stack; *n numbers (a side of the matrix). nil in a list is NaN. */
double *lbl_aft_list(lua_State *L, int index, const char *name, size_t *n);
double *lbl_aft_matrix(lua_State *L, int index, const char *name, size_t n);
/* A number in a field; NaN when there is none. */
double lbl_aft_field(lua_State *L, int index, const char *name);
lb_aft_distribution lbl_check_distribution(lua_State *L, int index);
lb_royston_scale lbl_check_royston_scale(lua_State *L, int index); /* field `link` */
/* The fit table at `index` with a design: what it borrows stays on the stack. */
lb_aft_people lbl_aft_people(lua_State *L, int index, const lb_model *people);
/* cure: the design of the cured fraction, of the same people. */
lb_cure_people lbl_cure_people(lua_State *L, int index, const lb_model *people,
                               const lb_model *cure);
lb_royston_people lbl_royston_people(lua_State *L, int index, const lb_model *people);
/* What a curve looks at while it is asked. */
typedef struct lbl_aft_subject {
  lb_aft_people aft;
  lb_royston_people royston;
  lb_cure_people cure;
} lbl_aft_subject;
/* The curve of the fit table at `index` for these people: of a mixture when `cured` is the design
 * of the cured fraction, of a spline when the fit has knots. */
lb_curve lbl_aft_curve(lua_State *L, int index, const lb_model *people, const lb_model *cured,
                       lbl_aft_subject *who);
void lbl_aft_open_box(lua_State *L);
#endif
