/* check_factor.c - cut() and factor(): factors whose levels the expression names. */
#include "base/mem.h"
#include "expr/check.h"
#include "expr/kernel.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A text column of levels that the program holds. */
static lb_status make_levels(lb_checker *ck, const lb_span *level, size_t n, const lb_column **out)
{
  size_t total = 0, at = 0;
  lb_column *column = NULL;
  for (size_t i = 0; i < n; i++) total += level[i].length;
  int64_t *offset = lb_mem_array(n + 1, sizeof *offset);
  char *bytes = lb_mem_alloc(total);
  if (offset == NULL || bytes == NULL) {
    lb_mem_free(offset);
    lb_mem_free(bytes);
    return lb_error_nomem(ck->err, "levels");
  }
  offset[0] = 0;
  for (size_t i = 0; i < n; i++) {
    if (level[i].length > 0) memcpy(bytes + at, level[i].data, level[i].length);
    at += level[i].length;
    offset[i + 1] = (int64_t)at;
  }
  lb_status st = lb_column_new_text(n, offset, bytes, NULL, &column, ck->err);
  if (st == LB_OK) st = lb_program_hold(ck->program, column, ck->err);
  lb_column_release(column);
  if (st == LB_OK) *out = column; /* alive: the program holds it */
  return st;
}

/* Items of a list as text, numbers in their shortest form. */
static lb_status read_labels(lb_checker *ck, size_t list, lb_span *out)
{
  const lb_op op = *lb_ck_op(ck, list);
  for (size_t i = 0; i < op.n_item; i++) {
    const lb_const *item = &op.item[i];
    size_t text;
    if (item->missing) return lb_ck_fail(ck, LB_ETYPE, item->node, "NA cannot be a level");
    lb_status st = lb_ck_const(ck, item, &text);
    if (st == LB_OK) st = lb_ck_to_text(ck, &text);
    if (st != LB_OK) return st;
    out[i] = lb_ck_op(ck, text)->value.text;
    for (size_t k = 0; k < i; k++)
      if (lb_span_compare(out[k], out[i]) == 0)
        return lb_ck_fail(ck, LB_ETYPE, item->node, "a level stands twice in the list");
  }
  return LB_OK;
}

static lb_status want_list(const lb_checker *ck, size_t op, const char *user, const char *example)
{
  if (lb_ck_op(ck, op)->list && lb_ck_op(ck, op)->n_item > 0) return LB_OK;
  if (lb_ck_op(ck, op)->list)
    return lb_ck_fail(ck, LB_ETYPE, lb_ck_op(ck, op)->node, "this list is empty");
  lb_ck_mismatch(ck, op, user, "a list");
  return lb_error_mend(ck->err, "Write  %s", example);
}

/* cut -------------------------------------------------------------------------------------- */

static lb_status read_breaks(lb_checker *ck, size_t list, lb_set *set)
{
  const lb_op *op = lb_ck_op(ck, list);
  double *reals = lb_arena_alloc(&ck->program->arena, op->n_item, sizeof *reals);
  if (reals == NULL) return lb_error_nomem(ck->err, "breaks");
  for (size_t i = 0; i < op->n_item; i++) {
    const lb_const *item = &op->item[i];
    bool number = item->type == LB_REAL || item->type == LB_INTEGER;
    reals[i] = item->type == LB_REAL ? item->real : (double)item->integer;
    if (!number || item->missing || isnan(reals[i]))
      return lb_ck_fail(ck, LB_ETYPE, item->node, "a break of 'cut' is a number");
    if (i > 0 && !(reals[i] > reals[i - 1])) {
      lb_ck_fail(ck, LB_ETYPE, item->node, "the breaks of 'cut' ascend");
      return lb_error_mend(ck->err, "Write  cut(age, {40, 65})");
    }
  }
  set->real = reals;
  set->n = op->n_item;
  return LB_OK;
}

/* '<25', '25 to <50', '50 or more' */
static lb_status default_labels(lb_checker *ck, const lb_set *breaks, lb_span *out)
{
  char low[LB_REAL_TEXT], high[LB_REAL_TEXT], label[2 * LB_REAL_TEXT + 16];
  for (size_t i = 0; i <= breaks->n; i++) {
    int m = i > 0 ? (int)lb_format_real(low, breaks->real[i - 1]) : 0;
    int n = i < breaks->n ? (int)lb_format_real(high, breaks->real[i]) : 0;
    if (i == 0)
      snprintf(label, sizeof label, "<%.*s", n, high);
    else if (i == breaks->n)
      snprintf(label, sizeof label, "%.*s or more", m, low);
    else
      snprintf(label, sizeof label, "%.*s to <%.*s", m, low, n, high);
    out[i].length = strlen(label);
    out[i].data = lb_arena_text(&ck->program->arena, label, out[i].length);
    if (out[i].data == NULL) return lb_error_nomem(ck->err, "labels");
  }
  return LB_OK;
}

lb_status lb_check_cut(lb_checker *ck, size_t node, size_t *args, size_t n, size_t *out)
{
  static const char EXAMPLE[] = "cut(age, {40, 65}, {'young', 'middle', 'old'})";
  lb_op op = {.kernel = lb_k_cut, .type = LB_FACTOR, .node = node, .ordered = true};
  lb_set *breaks = lb_arena_alloc(&ck->program->arena, 1, sizeof *breaks);
  if (breaks == NULL) return lb_error_nomem(ck->err, "breaks");
  *breaks = (lb_set){0};
  lb_status st = lb_ck_want_real(ck, &args[0], "'cut'");
  if (st == LB_OK) st = want_list(ck, args[1], "'cut'", EXAMPLE);
  if (st == LB_OK) st = read_breaks(ck, args[1], breaks);
  if (st == LB_OK && n == 3) st = want_list(ck, args[2], "'cut'", EXAMPLE);
  if (st != LB_OK) return st;
  if (n == 3 && lb_ck_op(ck, args[2])->n_item != breaks->n + 1) {
    lb_ck_fail(ck, LB_ETYPE, lb_ck_op(ck, args[2])->node,
               "%zu break%s make %zu classes, but there %s %zu label%s", breaks->n,
               breaks->n == 1 ? "" : "s", breaks->n + 1,
               lb_ck_op(ck, args[2])->n_item == 1 ? "is" : "are", lb_ck_op(ck, args[2])->n_item,
               lb_ck_op(ck, args[2])->n_item == 1 ? "" : "s");
    return lb_error_mend(ck->err,
                         "Values below the first break and from the last one on are classes "
                         "too:  %s",
                         EXAMPLE);
  }
  lb_span *label = lb_arena_alloc(&ck->program->arena, breaks->n + 1, sizeof *label);
  if (label == NULL) return lb_error_nomem(ck->err, "labels");
  st = n == 3 ? read_labels(ck, args[2], label) : default_labels(ck, breaks, label);
  if (st == LB_OK) st = make_levels(ck, label, breaks->n + 1, &op.levels);
  op.payload = breaks;
  return st == LB_OK ? lb_ck_add(ck, &op, args, 1, out) : st;
}

/* factor ----------------------------------------------------------------------------------- */

/* Levels are known only when all rows are: the whole column is converted at the end. */
static lb_status whole_factor(lb_checker *ck, size_t node, size_t arg, size_t *out)
{
  lb_type type = lb_ck_op(ck, arg)->type;
  if (node != ck->ast->root) {
    lb_ck_fail(ck, LB_ETYPE, node, "inside an expression 'factor' wants its levels");
    return lb_error_mend(ck->err, "Write  factor(x, {'a', 'b'})  , or make the factor a column "
                                  "first");
  }
  lb_status st = type == LB_TEXT || type == LB_INTEGER || type == LB_LOGICAL
                     ? lb_ck_typed(ck, &arg, LB_TEXT)
                     : lb_ck_to_text(ck, &arg);
  if (st != LB_OK) return st;
  ck->program->to_factor = true;
  *out = arg;
  return LB_OK;
}

lb_status lb_check_factor(lb_checker *ck, size_t node, size_t *args, size_t n, size_t *out)
{
  lb_op op = {.kernel = lb_k_text_factor, .type = LB_FACTOR, .node = node};
  if (lb_ck_op(ck, args[0])->list) return lb_ck_mismatch(ck, args[0], "'factor'", "a value");
  if (n == 1 && lb_ck_op(ck, args[0])->type == LB_FACTOR) {
    *out = args[0];
    return LB_OK;
  }
  if (n == 1) return whole_factor(ck, node, args[0], out);
  lb_status st = want_list(ck, args[1], "'factor'", "factor(x, {'a', 'b'})");
  if (st != LB_OK) return st;
  size_t n_level = lb_ck_op(ck, args[1])->n_item;
  lb_span *level = lb_arena_alloc(&ck->program->arena, n_level, sizeof *level);
  lb_map *map = lb_program_map(ck->program);
  if (level == NULL || map == NULL) return lb_error_nomem(ck->err, "levels");
  st = read_labels(ck, args[1], level);
  if (st == LB_OK) st = make_levels(ck, level, n_level, &op.levels);
  if (st == LB_OK) st = lb_ck_to_text(ck, &args[0]);
  for (size_t i = 0; st == LB_OK && i < n_level; i++) {
    size_t index;
    bool is_new;
    if (!lb_map_put(map, level[i].data, level[i].length, &index, &is_new))
      st = lb_error_nomem(ck->err, "levels");
  }
  op.payload = map;
  return st == LB_OK ? lb_ck_add(ck, &op, args, 1, out) : st;
}
