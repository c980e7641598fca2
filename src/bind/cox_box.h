/* cox_box.h - what a Cox function of the module holds while it runs: views of the model's arrays,
 * rows repeated by frequency weights, and results in the making. */
#ifndef LB_BIND_COX_BOX_H
#define LB_BIND_COX_BOX_H
#include "bind/bind.h"
#include "model/model.h"
#include "stats/survival/cox_jackknife.h"
#include "stats/survival/cox_zph.h"
#include "stats/survival/repeat.h"

typedef struct lbl_cox {
  const lb_model *model; /* borrowed from the stack */
  lb_surv y;
  lb_design x;
  lb_partition strata, cluster; /* code NULL without */
  lb_cox_at at;                 /* of these; coef NULL until lbl_cox_at */
  double *vcov;                 /* model-based, p x p; as coef */
  lb_repeat repeat;
  lb_cox fit;
  lb_cox_path path;
  lb_cox_robust robust;
  lb_cox_jackknife jackknife; /* of a fit with a robust variance; else path NULL */
  lb_cox_schoenfeld schoenfeld;
  double *number;           /* of lb_mem: results of the call */
  lb_partition group;       /* of a frailty; code NULL without */
  const double *own_offset; /* of the model's own rows, log-frailties in it; NULL without frailty */
} lbl_cox;

/* Pushed on the stack and collected; reads the model at `arg`. frequency: rows are repeated. */
lbl_cox *lbl_cox_new(lua_State *L, int arg, bool frequency);
/* The same with the coefficients of the fit table at `fit`: fields coef, naive_vcov, ties,
 * frequency; log_frailty, if any, becomes part of the offset. */
lbl_cox *lbl_cox_at(lua_State *L, int arg, int fit);
/* NULL without a partition. */
const lb_partition *lbl_cox_strata(const lbl_cox *box);
const lb_partition *lbl_cox_cluster(const lbl_cox *box);
lb_ties lbl_check_ties(lua_State *L, int arg);
/* lbl_raise of a fit's error, a column of the design by its term's name. */
int lbl_cox_raise(lua_State *L, const lb_model *model, lb_error *err);
/* number[] of n x width; raises without memory. */
void lbl_cox_numbers(lua_State *L, lbl_cox *box, size_t n, size_t width);
/* Appends columns to a frame in the making, NA where a number is NaN. Never raise. `rows` NULL:
 * n_rows numbers; else value k (stride apart) stands in row rows[k] of n_rows, NA elsewhere. */
typedef struct lbl_cells {
  const double *value;
  size_t stride, n, n_rows;
  const lb_row *rows;
} lbl_cells;
lb_status lbl_frame_add_cells(lb_frame *frame, const char *name, lbl_cells cells, lb_error *err);
lb_status lbl_frame_add_rows(lb_frame *frame, const char *name, const lb_row *rows, size_t n,
                             lb_error *err);
/* Residuals of the rows that were fitted, from box->number (of `width` numbers each, with room for
 * the model's own rows behind those of the fit when frequencies repeat rows): of a repeated row
 * those of its first copy. */
const double *lbl_cox_fold(lbl_cox *box, size_t width);
/* These as columns: one named `kind`, or NULL one a term. all: a row for every row of the data, NA
 * for those left out; else a first column says which row of the data each belongs to. */
lb_status lbl_cox_residual_frame(const lbl_cox *box, const double *value, const char *kind,
                                 bool all, lb_frame **out, lb_error *err);
/* Schoenfeld residuals as columns row, time and terms; box->number has n places; `s` changes its
 * rows to those of the data. */
lb_status lbl_cox_event_frame(lbl_cox *box, lb_cox_schoenfeld *s, lb_frame **out, lb_error *err);
/* Tests of proportional hazards: the transform at `arg`; the term (from 1) of each of p columns, a
 * list at `arg`, in a userdata; the result in one that is collected; its table (returns 1). */
lb_zph_transform lbl_check_zph_transform(lua_State *L, int arg);
size_t *lbl_check_zph_terms(lua_State *L, int arg, size_t p, size_t *n_term);
lb_cox_zph *lbl_zph_box(lua_State *L);
int lbl_push_zph(lua_State *L, const lb_cox_zph *zph);
/* A fit as a table, pushed. */
void lbl_push_cox(lua_State *L, const lb_cox *fit);
void lbl_open_cox_box(lua_State *L);
#endif
