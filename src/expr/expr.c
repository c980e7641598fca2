/* expr.c - compiled expressions: compile, evaluate, select; and again in reals where integers
 * overflow. */
#include "expr/expr.h"
#include "base/mem.h"
#include "expr/check.h"
#include "expr/exec.h"
#include "expr/plan.h"
#include "expr/summarise.h"
#include "expr/window.h"
#include "expr/with.h"
#include <string.h>

struct lb_expr {
  lb_ast ast;
  lb_program program;
  lb_expr_notes notes; /* note NULL = not wanted */
  lb_scope scope;
  bool *widen;        /* by node */
  const char **names; /* of the columns; in the tree's arena */
};

void lb_expr_free(lb_expr *expr)
{
  if (expr == NULL) return;
  lb_program_reset(&expr->program);
  lb_ast_reset(&expr->ast);
  lb_mem_free(expr->widen);
  lb_mem_free(expr);
}

static lb_status list_columns(lb_expr *e, lb_error *err)
{
  size_t n = e->program.n_slot;
  e->names = lb_arena_alloc(&e->ast.arena, n + 1, sizeof *e->names);
  if (e->names == NULL) return lb_error_nomem(err, "expression");
  for (size_t i = 0; i < n; i++) e->names[i] = e->program.slot[i].name;
  return LB_OK;
}

lb_status lb_expr_compile(const char *text, size_t length, const lb_frame *frame,
                          const lb_expr_options *options, lb_expr **out, lb_error *err)
{
  lb_expr *e = lb_mem_zero(1, sizeof *e);
  if (e == NULL) return lb_error_nomem(err, "expression");
  if (options != NULL && options->notes != NULL) e->notes = *options->notes;
  if (options != NULL && options->aggregate) e->scope = LB_SCOPE_GROUPS;
  if (options != NULL && options->window) e->scope = LB_SCOPE_WINDOW;
  lb_status st = lb_ast_parse(text, length, &e->ast, err);
  if (st == LB_OK) st = lb_with_bind(&e->ast, options == NULL ? NULL : options->with, err);
  if (st == LB_OK) {
    e->widen = lb_mem_zero(e->ast.n_node, sizeof *e->widen);
    if (e->widen == NULL) st = lb_error_nomem(err, "expression");
  }
  if (st == LB_OK)
    st = lb_check_program(&e->ast, frame, &e->notes, e->scope, e->widen, &e->program, err);
  if (st == LB_OK) st = list_columns(e, err);
  if (st == LB_OK)
    *out = e;
  else
    lb_expr_free(e);
  return st;
}

lb_type lb_expr_type(const lb_expr *expr)
{
  return expr->program.to_factor ? LB_FACTOR : expr->program.op[expr->program.root].type;
}

size_t lb_expr_columns(const lb_expr *expr, const char *const **names)
{
  *names = expr->names;
  return expr->program.n_slot;
}

lb_status lb_expr_plan(const lb_expr *expr, lb_plan *out, lb_error *err)
{
  return lb_plan_make(&expr->ast, &expr->program, out, err);
}

/* Evaluation ------------------------------------------------------------------------------- */

/* One evaluation with the program that fits: the expression's own, or one typed anew. */
typedef struct evaluation {
  const lb_expr *expr;
  const lb_frame *frame;
  lb_groups *groups; /* summarise, window */
  const lb_program *program;
  lb_program own;
  bool *widen;             /* copy of the expression's, once it differs */
  const lb_column **input; /* by operation of the program */
  lb_tally tally;
  /* what comes out */
  bool rows_wanted, reject;
  lb_selection selection;
  lb_column *column;
} evaluation;

/* The frame has the columns that the program was typed for, with the same levels. */
static bool fits(const lb_program *program, const lb_frame *frame)
{
  for (size_t i = 0; i < program->n_slot; i++) {
    const lb_slot *slot = &program->slot[i];
    size_t k;
    if (!lb_frame_find(frame, slot->name, strlen(slot->name), &k)) return false;
    const lb_column *column = lb_frame_column_source(frame, k);
    if (lb_column_type(column) != slot->type) return false;
    if (slot->levels != NULL && (lb_column_ordered(column) != slot->ordered ||
                                 !lb_ck_same_levels(slot->levels, lb_column_levels(column))))
      return false;
  }
  return true;
}

/* notes: those of the typing step; NULL when they have been told already. */
static lb_status type_anew(evaluation *v, const lb_expr_notes *notes, lb_error *err)
{
  const lb_expr *e = v->expr;
  lb_program program = {0};
  if (v->widen == NULL) {
    v->widen = lb_mem_array(e->ast.n_node, sizeof *v->widen);
    if (v->widen == NULL) return lb_error_nomem(err, "expression");
    memcpy(v->widen, e->widen, e->ast.n_node * sizeof *v->widen);
  }
  lb_status st = lb_check_program(&e->ast, v->frame, notes, e->scope, v->widen, &program, err);
  if (st != LB_OK) return st;
  lb_program_reset(&v->own);
  v->own = program;
  v->program = &v->own;
  return LB_OK;
}

/* The frame's columns in the places of the operations that read them. */
static lb_status find_inputs(evaluation *v, lb_error *err)
{
  const lb_program *p = v->program;
  lb_mem_free(v->input);
  v->input = lb_mem_zero(p->n_op, sizeof *v->input);
  if (v->input == NULL) return lb_error_nomem(err, "evaluation");
  for (size_t i = 0; i < p->n_op; i++) {
    size_t k;
    if (!p->op[i].column) continue;
    const char *name = p->slot[p->op[i].slot].name;
    lb_status st = lb_frame_index(v->frame, name, strlen(name), &k, err);
    if (st == LB_OK) st = lb_frame_column(v->frame, k, &v->input[i], err);
    if (st != LB_OK) return st;
  }
  return LB_OK;
}

static lb_status run(evaluation *v, lb_error *err)
{
  lb_exec exec = {v->program, v->program->root, v->input, lb_frame_rows(v->frame)};
  v->tally = (lb_tally){0};
  if (v->groups != NULL && v->expr->scope == LB_SCOPE_WINDOW)
    return lb_window(&exec, v->groups, &v->tally, &v->column, err);
  if (v->groups != NULL) return lb_summarise(&exec, v->groups, &v->tally, &v->column, err);
  if (v->rows_wanted) return lb_exec_rows(&exec, v->reject, &v->tally, &v->selection, err);
  return lb_exec_column(&exec, &v->tally, &v->column, err);
}

/* Integers that overflow make their operation real, for the whole column: type and run again. */
static lb_status run_widened(evaluation *v, lb_error *err)
{
  lb_status st = find_inputs(v, err);
  if (st == LB_OK) st = run(v, err);
  while (st == LB_OK && v->tally.overflow != 0) {
    size_t node = v->program->op[v->tally.overflow - 1].node;
    if (v->widen != NULL && v->widen[node])
      return lb_error_set(err, LB_ENUMERIC, "integers overflow, and cannot become real");
    if (v->widen == NULL) st = type_anew(v, NULL, err);
    if (st != LB_OK) return st;
    v->widen[node] = true;
    lb_note_overflow(&v->expr->notes, &v->expr->ast, node);
    st = type_anew(v, NULL, err);
    if (st == LB_OK) st = find_inputs(v, err);
    if (st == LB_OK) st = run(v, err);
  }
  return st;
}

/* Levels of a factor whose values only the whole column knows. */
static lb_status make_factor(evaluation *v, lb_error *err)
{
  lb_column *factor = NULL;
  lb_status st = lb_column_to_factor(v->column, NULL, 0, false, &factor, err);
  if (st != LB_OK) return st;
  lb_column_release(v->column);
  v->column = factor;
  return LB_OK;
}

static lb_status evaluate(evaluation *v, lb_error *err)
{
  lb_status st = LB_OK;
  v->program = &v->expr->program;
  if (!fits(v->program, v->frame)) st = type_anew(v, &v->expr->notes, err);
  if (st == LB_OK) st = run_widened(v, err);
  if (st == LB_OK) lb_note_tally(&v->expr->notes, &v->tally);
  if (st == LB_OK && v->program->to_factor && v->column != NULL) st = make_factor(v, err);
  lb_mem_free(v->input);
  lb_mem_free(v->widen);
  lb_program_reset(&v->own);
  if (st != LB_OK) {
    lb_column_release(v->column);
    lb_mem_free(v->selection.rows);
  }
  return st;
}

static lb_status refuse_aggregate(const lb_expr *e, lb_error *err)
{
  const lb_node *root = &e->ast.node[e->ast.root];
  if (!e->program.op[e->program.root].outer) return LB_OK;
  lb_error_set(err, LB_ETYPE, "an expression with aggregates has no value for each row");
  lb_error_caret(err, e->ast.text, e->ast.length, root->start, root->end);
  return lb_error_mend(err, "It belongs in summarise");
}

lb_status lb_expr_eval(const lb_expr *expr, const lb_frame *frame, lb_column **out, lb_error *err)
{
  evaluation v = {.expr = expr, .frame = frame};
  lb_status st = refuse_aggregate(expr, err);
  if (st == LB_OK) st = evaluate(&v, err);
  if (st == LB_OK) *out = v.column;
  return st;
}

static lb_status refuse_value(const lb_expr *e, lb_error *err)
{
  const lb_op *op = &e->program.op[e->program.root];
  const lb_node *root = &e->ast.node[e->ast.root];
  int n = root->end - root->start > 60 ? 60 : (int)(root->end - root->start);
  const char *source = e->ast.text + root->start;
  if (op->type == LB_LOGICAL && !e->program.to_factor) return LB_OK;
  lb_error_set(err, LB_ETYPE, "a condition is true or false, but this is %s", lb_ck_kind(op));
  lb_error_caret(err, e->ast.text, e->ast.length, root->start, root->end);
  if (op->type == LB_REAL || op->type == LB_INTEGER)
    return lb_error_mend(err, "Compare it with something:  %.*s > 0", n, source);
  return lb_error_mend(err, "Compare it with something:  %.*s == '...'", n, source);
}

static lb_status select_rows(const lb_expr *expr, const lb_frame *frame, bool reject,
                             lb_selection *out, lb_error *err)
{
  evaluation v = {.expr = expr, .frame = frame, .rows_wanted = true, .reject = reject};
  lb_status st = refuse_aggregate(expr, err);
  if (st == LB_OK) st = refuse_value(expr, err);
  if (st == LB_OK) st = evaluate(&v, err);
  if (st == LB_OK) *out = v.selection;
  return st;
}

lb_status lb_expr_select(const lb_expr *expr, const lb_frame *frame, lb_selection *out,
                         lb_error *err)
{
  return select_rows(expr, frame, false, out, err);
}

lb_status lb_expr_reject(const lb_expr *expr, const lb_frame *frame, lb_selection *out,
                         lb_error *err)
{
  return select_rows(expr, frame, true, out, err);
}

static lb_status over_groups(const lb_expr *expr, const lb_frame *frame, lb_groups *groups,
                             lb_column **out, lb_error *err)
{
  evaluation v = {.expr = expr, .frame = frame, .groups = groups};
  lb_status st = evaluate(&v, err);
  if (st == LB_OK) *out = v.column;
  return st;
}

lb_status lb_expr_summarise(const lb_expr *expr, const lb_frame *frame, lb_groups *groups,
                            lb_column **out, lb_error *err)
{
  if (expr->scope == LB_SCOPE_WINDOW)
    return lb_error_set(err, LB_EARG, "the expression was compiled for a value a row");
  return over_groups(expr, frame, groups, out, err);
}

lb_status lb_expr_window(const lb_expr *expr, const lb_frame *frame, lb_groups *groups,
                         lb_column **out, lb_error *err)
{
  if (expr->scope != LB_SCOPE_WINDOW)
    return lb_error_set(err, LB_EARG, "the expression was not compiled for groups of rows");
  return over_groups(expr, frame, groups, out, err);
}
