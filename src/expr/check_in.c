/* check_in.c - lists of constants, and `x in {...}`. */
#include "base/mem.h"
#include "expr/check.h"
#include "expr/kernel.h"
#include <stdlib.h>
#include <string.h>

/* Lists ------------------------------------------------------------------------------------ */

static lb_status list_items(lb_checker *ck, size_t node, lb_const *item)
{
  const lb_node *at = &ck->ast->node[node];
  for (size_t i = 0; i < at->n; i++) {
    const lb_op *op = lb_ck_op(ck, ck->op_of[ck->ast->arg[at->first + i]]);
    if (op->list) return lb_ck_fail(ck, LB_ETYPE, op->node, "a list cannot stand in a list");
    if (!op->constant) {
      lb_ck_fail(ck, LB_ETYPE, op->node, "a list holds constants, not columns");
      return lb_error_mend(ck->err, "Compare with each:  x == a or x == b");
    }
    item[i] = op->value;
    item[i].type = op->type;
    item[i].node = op->node;
  }
  return LB_OK;
}

lb_status lb_check_list(lb_checker *ck, size_t node, size_t *out)
{
  const lb_node *at = &ck->ast->node[node];
  lb_op op = {.list = true, .type = LB_LOGICAL, .node = node};
  if (at->kind == LB_NODE_VALUES) {
    op.item = at->value;
    op.n_item = at->n_value;
    return lb_ck_add(ck, &op, NULL, 0, out);
  }
  lb_const *item = lb_arena_alloc(&ck->program->arena, at->n + 1, sizeof *item);
  if (item == NULL) return lb_error_nomem(ck->err, "list");
  lb_status st = list_items(ck, node, item);
  op.item = item;
  op.n_item = at->n;
  return st == LB_OK ? lb_ck_add(ck, &op, NULL, 0, out) : st;
}

/* Sets ------------------------------------------------------------------------------------- */

static int compare_real(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static int compare_integer(const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* Compares the value with each item for its type alone, which finds the message and the notes. */
static lb_status check_item(lb_checker *ck, size_t value, const lb_const *item, lb_type type)
{
  const lb_op *op = lb_ck_op(ck, value);
  bool text = op->type == LB_TEXT || op->type == LB_FACTOR;
  bool fits = type == item->type || (lb_ck_number(op) && (item->type == LB_REAL)) ||
              (text && item->type == LB_TEXT) || (op->type == LB_DATE && item->type == LB_TEXT) ||
              (op->type == LB_DATETIME && item->type == LB_TEXT) ||
              (lb_ck_number(op) && item->type == LB_INTEGER);
  size_t sides[2] = {value, 0}, unused;
  if (fits) return LB_OK;
  lb_status st = lb_ck_const(ck, item, &sides[1]);
  return st == LB_OK ? lb_check_compare(ck, lb_ck_op(ck, value)->node, LB_TOK_EQ, sides, &unused)
                     : st;
}

static lb_status number_set(lb_checker *ck, const lb_op *list, bool real, lb_set *set)
{
  double *reals = lb_arena_alloc(&ck->program->arena, list->n_item + 1, sizeof *reals);
  int64_t *integers = lb_arena_alloc(&ck->program->arena, list->n_item + 1, sizeof *integers);
  if (reals == NULL || integers == NULL) return lb_error_nomem(ck->err, "list");
  for (size_t i = 0; i < list->n_item; i++) {
    const lb_const *item = &list->item[i];
    double number = item->type == LB_REAL ? item->real : (double)item->integer;
    if (item->missing || number != number) continue; /* NaN equals nothing */
    reals[set->n] = number;
    integers[set->n++] = item->integer;
  }
  if (real)
    qsort(reals, set->n, sizeof *reals, compare_real);
  else
    qsort(integers, set->n, sizeof *integers, compare_integer);
  set->real = reals;
  set->integer = integers;
  return LB_OK;
}

#define DAY INT64_C(86400000000) /* microseconds */

/* A date among datetimes is its midnight; a datetime among dates counts only at midnight. */
static bool same_scale(lb_type from, lb_type to, int64_t *time)
{
  if (from == LB_DATE && to == LB_DATETIME) *time *= DAY;
  if (from != LB_DATETIME || to != LB_DATE) return true;
  bool midnight = *time % DAY == 0;
  *time /= DAY;
  return midnight;
}

static lb_status time_set(lb_checker *ck, const lb_op *list, lb_type type, lb_set *set)
{
  int64_t *times = lb_arena_alloc(&ck->program->arena, list->n_item + 1, sizeof *times);
  if (times == NULL) return lb_error_nomem(ck->err, "list");
  for (size_t i = 0; i < list->n_item; i++) {
    size_t op;
    if (list->item[i].missing) continue;
    lb_status st = lb_ck_const(ck, &list->item[i], &op);
    if (st == LB_OK && list->item[i].type == LB_TEXT) st = lb_ck_date_literal(ck, &op, type);
    if (st != LB_OK) return st;
    times[set->n] = lb_ck_op(ck, op)->value.integer;
    set->n += same_scale(lb_ck_op(ck, op)->type, type, &times[set->n]);
  }
  qsort(times, set->n, sizeof *times, compare_integer);
  set->integer = times;
  return LB_OK;
}

static lb_status text_set(lb_checker *ck, const lb_op *list, lb_set *set)
{
  lb_map *map = lb_program_map(ck->program);
  if (map == NULL) return lb_error_nomem(ck->err, "list");
  for (size_t i = 0; i < list->n_item; i++) {
    const lb_const *item = &list->item[i];
    size_t index;
    bool is_new;
    if (!item->missing && !lb_map_put(map, item->text.data, item->text.length, &index, &is_new))
      return lb_error_nomem(ck->err, "list");
  }
  set->text = map;
  return LB_OK;
}

/* Levels in the list by code; items that are no level are told. */
static lb_status level_set(lb_checker *ck, size_t factor, lb_set *set)
{
  const lb_column *levels = lb_ck_op(ck, factor)->levels;
  size_t n = lb_column_length(levels), n_item = lb_map_size(set->text), index;
  uint8_t *in = lb_arena_alloc(&ck->program->arena, n + 1, 1);
  uint8_t *matched = lb_arena_alloc(&ck->program->arena, n_item + 1, 1);
  if (in == NULL || matched == NULL) return lb_error_nomem(ck->err, "list");
  memset(matched, 0, n_item + 1);
  for (size_t i = 0; i < n; i++) {
    size_t length;
    const char *level = lb_column_text(levels, i, &length);
    in[i] = lb_map_find(set->text, level, length, &index);
    if (in[i]) matched[index] = 1;
  }
  for (size_t i = 0; i < n_item; i++) {
    lb_span item;
    item.data = lb_map_key(set->text, i, &item.length);
    if (!matched[i]) lb_ck_note_level(ck, factor, item);
  }
  set->level = in;
  return LB_OK;
}

/* `in` ------------------------------------------------------------------------------------- */

static lb_status make_set(lb_checker *ck, size_t *value, const lb_op *list, lb_set *set,
                          lb_kernel *kernel)
{
  lb_type type = lb_ck_op(ck, *value)->type;
  bool real = type == LB_REAL;
  lb_status st;
  for (size_t i = 0; i < list->n_item; i++)
    real = real || (list->item[i].type == LB_REAL && !list->item[i].missing);
  switch (type) {
  case LB_DATE:
    *kernel = lb_k_in_date;
    return time_set(ck, list, type, set);
  case LB_DATETIME:
    *kernel = lb_k_in_integer;
    return time_set(ck, list, type, set);
  case LB_TEXT:
    *kernel = lb_k_in_text;
    return text_set(ck, list, set);
  case LB_FACTOR:
    *kernel = lb_k_in_level;
    st = text_set(ck, list, set);
    return st == LB_OK ? level_set(ck, *value, set) : st;
  default:
    if (type == LB_LOGICAL) {
      lb_op cast = {.kernel = lb_k_logical_integer, .type = LB_INTEGER};
      size_t arg = *value;
      cast.node = lb_ck_op(ck, arg)->node;
      real = false;
      st = lb_ck_add(ck, &cast, &arg, 1, value);
    } else {
      st = real ? lb_ck_to_real(ck, value) : LB_OK;
    }
    *kernel = real ? lb_k_in_real : lb_k_in_integer;
    return st == LB_OK ? number_set(ck, list, real, set) : st;
  }
}

static lb_status check_items(lb_checker *ck, size_t node, size_t value, const lb_op *list,
                             lb_set *set)
{
  lb_type type = lb_ck_op(ck, value)->type;
  for (size_t i = 0; i < list->n_item; i++) {
    set->missing = set->missing || list->item[i].missing;
    if (list->item[i].missing) continue;
    lb_status st = check_item(ck, value, &list->item[i], type);
    if (st != LB_OK) return st;
  }
  char source[LB_QUOTE];
  if (set->missing)
    lb_note(ck->notes,
            "the list in '%s' holds NA, which equals nothing: what is not found is NA. A "
            "missing value is found by is_na(x)",
            lb_ck_quote(ck, node, source));
  return LB_OK;
}

lb_status lb_check_in(lb_checker *ck, size_t node, size_t *out)
{
  const lb_node *at = &ck->ast->node[node];
  size_t value = ck->op_of[ck->ast->arg[at->first]];
  lb_op list = *lb_ck_op(ck, ck->op_of[ck->ast->arg[at->first + 1]]);
  lb_op op = {.type = LB_LOGICAL, .node = node};
  if (!list.list) {
    lb_ck_fail(ck, LB_ETYPE, list.node, "'in' wants a list, and this is one value");
    return lb_error_mend(ck->err, "Compare with one value by  ==");
  }
  if (lb_ck_op(ck, value)->list) return lb_ck_mismatch(ck, value, "'in'", "a value before it");
  lb_set *set = lb_arena_alloc(&ck->program->arena, 1, sizeof *set);
  if (set == NULL) return lb_error_nomem(ck->err, "list");
  *set = (lb_set){0};
  lb_status st = check_items(ck, node, value, &list, set);
  if (st == LB_OK) st = make_set(ck, &value, &list, set, &op.kernel);
  op.payload = set;
  if (st == LB_OK) st = lb_ck_add(ck, &op, &value, 1, out);
  return st == LB_OK ? lb_check_negated(ck, node, at->negated, out) : st;
}
