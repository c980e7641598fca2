/* bind.h - what every binding file needs: boxes for C objects, argument checks, and the way errors
 * reach a researcher. */
#ifndef LB_BIND_BIND_H
#define LB_BIND_BIND_H
#include <lauxlib.h>
#include <lua.h>

#include "base/error.h"
#include "base/str.h"
#include "expr/expr.h"
#include "frame/frame.h"
#include "frame/group.h"
#include "io/csv.h"
#include "io/json.h"

/* The module, for `require "lobule.core"`. Several Lua states of one process may open it. */
int luaopen_lobule_core(lua_State *L);

/* --- State of one Lua state (state.c) --- */

/* Names of metatables, which luaL_checkudata knows objects by. */
#define LBL_ERROR  "lobule.Error"
#define LBL_NA     "lobule.NA"
#define LBL_COLUMN "lobule.Column"
#define LBL_FRAME  "lobule.Frame"
#define LBL_WITH   "lobule.With"
#define LBL_MODEL  "lobule.Model"
#define LBL_KM     "lobule.KMFit"
#define LBL_WORK   "lobule.Work"
#define LBL_CUMINC "lobule.CumIncFit"
#define LBL_ARROW  "lobule.Arrow"
#define LBL_PLAN   "lobule.Plan"

void lbl_open_state(lua_State *L);
/* Tells Lua's collector of bytes that it cannot see; may run finalizers. */
void lbl_account(lua_State *L, size_t bytes);
/* A zeroed userdata of a class, pushed; counted until lbl_unbox. Memory goes into it afterwards. */
void *lbl_box(lua_State *L, const char *class_name, size_t size, int n_user_values);
void lbl_unbox(lua_State *L); /* a finalizer has emptied its object */
size_t lbl_live(lua_State *L);
void lbl_push_na(lua_State *L);
/* Address of NA, for comparing many values: lua_touserdata(L, i) == lbl_na(L). */
const void *lbl_na(lua_State *L);

/* --- Errors (error.c) --- */

/* Raises an error object at the researcher's line, its message prefixed with the name of the public
 * function they called. Never returns; the int is for `return lbl_raise(L, &err)`. */
int lbl_raise(lua_State *L, const lb_error *err);
/* As lbl_raise, for a code that is a word and texts that are Lua strings at these stack indices. */
int lbl_raise_texts(lua_State *L, const char *code, int message, int context);
/* Raises "argument 'NAME': expected EXPECTED, found a number". */
int lbl_raise_argument(lua_State *L, int arg, const char *name, const char *expected);
/* "a number", "text", "a frame": what stands at a stack index, in words. */
const char *lbl_found(lua_State *L, int index);
/* true for an error object; its code is then pushed. */
bool lbl_error_code(lua_State *L, int index);
void lbl_open_error(lua_State *L);

/* --- Classes, public names, the researcher's frame (class.c, place.c) --- */

/* Chunk names with one of the prefixes, and C functions, are the library's own. */
bool lbl_is_internal(lua_State *L, const lua_Debug *ar);
void lbl_add_internal(lua_State *L, const char *prefix);
/* Registers the function at a stack index as `name` ("cohort:filter"). */
void lbl_register_name(lua_State *L, int function, const char *kind, char mark, const char *name);
/* Notes that the running C function's caller looked up the public function at a stack index. */
void lbl_note_lookup(lua_State *L, int function);
/* Pushes two strings: where ("analysis.lua:12", or "") and the public function's name (or ""). */
void lbl_push_place(lua_State *L);
void lbl_open_place(lua_State *L);
/* Makes the metatable of a C class: methods, then metamethods (which win over the standard ones).
 * Leaves nothing on the stack. */
void lbl_new_class(lua_State *L, const char *class_name, const char *kind, const luaL_Reg *methods,
                   const luaL_Reg *metamethods);
/* The member `key` (stack index) of an object of a C class whose __index is running: method or
 * error. For classes with an __index of their own; upvalue 1 kind, upvalue 2 methods. */
int lbl_member(lua_State *L);
void lbl_open_class(lua_State *L);

/* --- Arguments (check.c) --- */

const char *lbl_check_text(lua_State *L, int arg, const char *name, size_t *length);
/* As above without NUL bytes inside, for what becomes a C string. */
const char *lbl_check_name(lua_State *L, int arg, const char *name);
const char *lbl_opt_name(lua_State *L, int arg, const char *name); /* nil: NULL */
double lbl_check_number(lua_State *L, int arg, const char *name);
lua_Integer lbl_check_integer(lua_State *L, int arg, const char *name);
void lbl_check_table(lua_State *L, int arg, const char *name);
/* Index in a NULL-terminated list of words. */
int lbl_check_choice(lua_State *L, int arg, const char *name, const char *const *words);
/* A list of texts as an array that lives in a userdata pushed on the stack; the texts are borrowed
 * from the list. nil, when allowed: NULL and nothing but nil is pushed. */
const char **lbl_check_names(lua_State *L, int arg, const char *name, bool optional, size_t *n);
/* A number from 1 to n as an index from 0. */
size_t lbl_check_position(lua_State *L, int arg, const char *name, size_t n);
/* Bytes that Lua frees, pushed as a userdata. Overflow raises. */
void *lbl_scratch(lua_State *L, size_t n, size_t size);

/* --- What a call holds while it runs (work.c) --- */

typedef struct lbl_work {
  lb_expr *expr;
  lb_selection selection;
  lb_groups groups;
  lb_problems problems;
  lb_str notes; /* messages, each with its NUL */
  lb_expr_notes notes_hook;
  lb_json *json;
  char *text; /* of lb_mem */
  size_t text_length;
  lb_str buffer;
} lbl_work;
/* Pushed on the stack, collected if an error is raised; reset it when the call is done. */
lbl_work *lbl_work_new(lua_State *L);
void lbl_work_reset(lbl_work *work);
void lbl_push_notes(lua_State *L,
                    const lbl_work *work); /* a list of texts; raises when incomplete */
void lbl_open_work(lua_State *L);

/* --- Nouns --- */

lb_column *lbl_check_column(lua_State *L, int arg, const char *name); /* borrowed */
lb_column *lbl_test_column(lua_State *L, int index);                  /* NULL when it is none */
lb_column **lbl_column_box(lua_State *L);                             /* empty, pushed */
void lbl_push_cell(lua_State *L, const lb_column *column, size_t row);
/* As text; core.NA when missing. */
void lbl_push_cell_text(lua_State *L, const lb_column *column, size_t row);

lb_frame *lbl_check_frame(lua_State *L, int arg, const char *name); /* borrowed */
lb_frame *lbl_test_frame(lua_State *L, int index);
lb_frame **lbl_frame_box(lua_State *L);
/* Indices of the columns named in a list, in a userdata pushed on the stack. */
size_t *lbl_check_columns(lua_State *L, int arg, const char *name, const lb_frame *frame,
                          size_t *n);
/* Column i as a Column object, pushed; what the frame gathers for it is accounted. */
void lbl_push_frame_column(lua_State *L, lb_frame *frame, size_t i);

/* Appends a real column, a copy of n numbers, to a frame in the making. Never raises. */
lb_status lbl_frame_add_real(lb_frame *frame, const char *name, const double *values, size_t n,
                             lb_error *err);

lb_with *lbl_opt_with(lua_State *L, int arg); /* nil: NULL */
lbl_work *lbl_compile(lua_State *L, const lb_frame *frame, const char *text, size_t length,
                      lb_with *with, bool aggregate);

/* The columns named at `names`, each descending or not as the list at `descending` says, in
 * userdata pushed on the stack. */
lb_sort_key *lbl_check_sort_keys(lua_State *L, const lb_frame *frame, int names, int descending,
                                 size_t *n);

/* The options of reading at `index` (a table or nil); what they borrow stays on the stack. */
lb_csv_options lbl_check_read_options(lua_State *L, int index, const char *source);
/* Behind the box of the frame just read: pushes problems and their number; returns 3. */
int lbl_push_read(lua_State *L, lbl_work *work, const lb_frame *frame);

/* Sets field `name` of the table on top of the stack. */
void lbl_set_number(lua_State *L, const char *name, double value);
void lbl_set_count(lua_State *L, const char *name, size_t value);
void lbl_set_text(lua_State *L, const char *name, const char *value); /* NULL: no field */
void lbl_set_numbers(lua_State *L, const char *name, const double *values, size_t n);
void lbl_set_flags(lua_State *L, const char *name, const bool *values, size_t n);
void lbl_set_texts(lua_State *L, const char *name, char *const *texts, size_t n);
void lbl_set_matrix(lua_State *L, const char *name, const double *values, size_t n);

/* The model in a Model object; borrowed. Include model/model.h to look inside. */
const struct lb_model *lbl_check_model(lua_State *L, int arg);
/* Raises when its formula has a special term that the method would pass over in silence: cluster(),
 * and strata() when told. */
void lbl_refuse_cluster(lua_State *L, const struct lb_model *model);
void lbl_refuse_strata(lua_State *L, const struct lb_model *model);
/* The last observed time of each stratum (of all without strata), in a userdata that is pushed: no
 * prediction is made beyond it. */
double *lbl_last_times(lua_State *L, const struct lb_model *model);

/* Each adds its functions to the table on top of the stack, and makes its metatables. */
void lbl_open_column(lua_State *L);
void lbl_open_cast(lua_State *L);
void lbl_open_build(lua_State *L);
void lbl_open_frame(lua_State *L);
void lbl_open_with(lua_State *L);
void lbl_open_expr(lua_State *L);
void lbl_open_group(lua_State *L);
void lbl_open_summary(lua_State *L);
void lbl_open_io(lua_State *L);
void lbl_open_json(lua_State *L);
void lbl_open_number(lua_State *L);
void lbl_open_model(lua_State *L);
void lbl_open_km(lua_State *L);
void lbl_open_logrank(lua_State *L);
void lbl_open_cox(lua_State *L);
void lbl_open_proportion(lua_State *L);
void lbl_open_cox_residual(lua_State *L);
void lbl_open_cox_predict(lua_State *L);
void lbl_open_cox_penal(lua_State *L);
void lbl_open_cox_tests(lua_State *L);
void lbl_open_contrast(lua_State *L);
void lbl_open_cox_boot(lua_State *L);
void lbl_open_cox_adjusted(lua_State *L);
void lbl_open_rows(lua_State *L);
void lbl_open_stacking(lua_State *L);
void lbl_open_join(lua_State *L);
void lbl_open_reshape(lua_State *L);
void lbl_open_output(lua_State *L);
void lbl_open_formats(lua_State *L);
void lbl_open_arrow(lua_State *L);
void lbl_open_window(lua_State *L);
void lbl_open_plan(lua_State *L);
void lbl_open_cuminc(lua_State *L);
void lbl_open_gray(lua_State *L);
void lbl_open_finegray(lua_State *L);
void lbl_open_pool(lua_State *L);
void lbl_open_pack(lua_State *L);
void lbl_open_split(lua_State *L);
void lbl_open_persons(lua_State *L);
void lbl_open_score(lua_State *L);
void lbl_open_aalen(lua_State *L);
void lbl_open_rate(lua_State *L);
void lbl_open_km_band(lua_State *L);
void lbl_open_turnbull(lua_State *L);
int lbl_km_band(lua_State *L); /* the method `band` of a KMFit */
void lbl_open_histories(lua_State *L);
void lbl_open_multistate(lua_State *L);
void lbl_open_stack(lua_State *L);
void lbl_open_aft(lua_State *L);
void lbl_open_aft_predict(lua_State *L);
void lbl_open_royston(lua_State *L);
void lbl_open_aft_contrast(lua_State *L);
void lbl_open_rmst(lua_State *L);
void lbl_open_pseudo(lua_State *L);
void lbl_open_pseudo_fit(lua_State *L);
void lbl_open_population(lua_State *L);
#endif
