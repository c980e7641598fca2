/* kernel_logic.c - comparison, Kleene's logic, membership. */
#include "expr/kernel.h"
#include <math.h>
#include <string.h>

/* valid first, then the bytes of what holds: 0 where missing. */
static void mask(const lb_block *b, lb_vec *out)
{
  for (size_t i = 0; i < b->n; i++) out->logical[i] &= out->valid[i];
}

void lb_k_compare_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const double *x = arg[0]->real, *y = arg[1]->real;
  uint8_t *r = out->logical;
  size_t n = b->n;
  lb_valid_both(b, arg[0], arg[1], out);
  switch (op->relation) {
  case LB_TOK_LT:
    for (size_t i = 0; i < n; i++) r[i] = x[i] < y[i];
    break;
  case LB_TOK_LE:
    for (size_t i = 0; i < n; i++) r[i] = x[i] <= y[i];
    break;
  case LB_TOK_GT:
    for (size_t i = 0; i < n; i++) r[i] = x[i] > y[i];
    break;
  case LB_TOK_GE:
    for (size_t i = 0; i < n; i++) r[i] = x[i] >= y[i];
    break;
  case LB_TOK_EQ:
    for (size_t i = 0; i < n; i++) r[i] = x[i] == y[i];
    break;
  default:
    for (size_t i = 0; i < n; i++) r[i] = x[i] != y[i];
  }
  mask(b, out);
}

void lb_k_compare_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const int64_t *x = arg[0]->integer, *y = arg[1]->integer;
  uint8_t *r = out->logical;
  size_t n = b->n;
  lb_valid_both(b, arg[0], arg[1], out);
  switch (op->relation) {
  case LB_TOK_LT:
    for (size_t i = 0; i < n; i++) r[i] = x[i] < y[i];
    break;
  case LB_TOK_LE:
    for (size_t i = 0; i < n; i++) r[i] = x[i] <= y[i];
    break;
  case LB_TOK_GT:
    for (size_t i = 0; i < n; i++) r[i] = x[i] > y[i];
    break;
  case LB_TOK_GE:
    for (size_t i = 0; i < n; i++) r[i] = x[i] >= y[i];
    break;
  case LB_TOK_EQ:
    for (size_t i = 0; i < n; i++) r[i] = x[i] == y[i];
    break;
  default:
    for (size_t i = 0; i < n; i++) r[i] = x[i] != y[i];
  }
  mask(b, out);
}

void lb_k_compare_code(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const int32_t *x = arg[0]->code, *y = arg[1]->code;
  uint8_t *r = out->logical;
  size_t n = b->n;
  lb_valid_both(b, arg[0], arg[1], out);
  switch (op->relation) {
  case LB_TOK_LT:
    for (size_t i = 0; i < n; i++) r[i] = x[i] < y[i];
    break;
  case LB_TOK_LE:
    for (size_t i = 0; i < n; i++) r[i] = x[i] <= y[i];
    break;
  case LB_TOK_GT:
    for (size_t i = 0; i < n; i++) r[i] = x[i] > y[i];
    break;
  case LB_TOK_GE:
    for (size_t i = 0; i < n; i++) r[i] = x[i] >= y[i];
    break;
  case LB_TOK_EQ:
    for (size_t i = 0; i < n; i++) r[i] = x[i] == y[i];
    break;
  default:
    for (size_t i = 0; i < n; i++) r[i] = x[i] != y[i];
  }
  mask(b, out);
}

int lb_span_compare(lb_span a, lb_span b)
{
  size_t n = a.length < b.length ? a.length : b.length;
  int order = n == 0 ? 0 : memcmp(a.data, b.data, n);
  if (order != 0) return order < 0 ? -1 : 1;
  return (a.length > b.length) - (a.length < b.length);
}

static bool holds(lb_token_kind relation, int order)
{
  switch (relation) {
  case LB_TOK_LT:
    return order < 0;
  case LB_TOK_LE:
    return order <= 0;
  case LB_TOK_GT:
    return order > 0;
  case LB_TOK_GE:
    return order >= 0;
  case LB_TOK_EQ:
    return order == 0;
  default:
    return order != 0;
  }
}

void lb_k_compare_text(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const lb_span *x = arg[0]->text, *y = arg[1]->text;
  bool equality = op->relation == LB_TOK_EQ || op->relation == LB_TOK_NE;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) {
    out->logical[i] = 0;
    if (!out->valid[i]) continue;
    if (equality && x[i].length != y[i].length)
      out->logical[i] = op->relation == LB_TOK_NE;
    else
      out->logical[i] = holds(op->relation, lb_span_compare(x[i], y[i]));
  }
}

void lb_k_compare_logical(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  uint8_t differ = op->relation == LB_TOK_NE;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++)
    out->logical[i] = (uint8_t)((arg[0]->logical[i] ^ arg[1]->logical[i] ^ differ ^ 1u) & 1u);
  mask(b, out);
}

/* False decides although the other is missing. */
void lb_k_and(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  const lb_vec *x = arg[0], *y = arg[1];
  for (size_t i = 0; i < b->n; i++) {
    uint8_t is_true = x->logical[i] & y->logical[i];
    uint8_t is_false = (uint8_t)((x->valid[i] & ~x->logical[i]) | (y->valid[i] & ~y->logical[i]));
    out->logical[i] = is_true;
    out->valid[i] = is_true | is_false;
  }
}

/* True decides although the other is missing. */
void lb_k_or(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  const lb_vec *x = arg[0], *y = arg[1];
  for (size_t i = 0; i < b->n; i++) {
    uint8_t is_true = x->logical[i] | y->logical[i];
    uint8_t is_false = (uint8_t)((x->valid[i] & ~x->logical[i]) & (y->valid[i] & ~y->logical[i]));
    out->logical[i] = is_true;
    out->valid[i] = is_true | is_false;
  }
}

void lb_k_not(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++)
    out->logical[i] = (uint8_t)(arg[0]->valid[i] & ~arg[0]->logical[i]);
}

/* Never missing itself. */
void lb_k_is_na(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  for (size_t i = 0; i < b->n; i++) out->logical[i] = (uint8_t)(arg[0]->valid[i] ^ 1u);
  memset(out->valid, 1, b->n);
}

void lb_k_is_nan(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) out->logical[i] = arg[0]->real[i] != arg[0]->real[i];
  mask(b, out);
}

/* Membership ------------------------------------------------------------------------------- */

static void settle(const lb_set *set, size_t i, bool found, uint8_t valid, lb_vec *out)
{
  out->valid[i] = valid && (found || !set->missing);
  out->logical[i] = valid && found;
}

static bool has_real(const lb_set *set, double x)
{
  size_t low = 0, high = set->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (set->real[middle] < x)
      low = middle + 1;
    else
      high = middle;
  }
  return low < set->n && set->real[low] == x;
}

static bool has_integer(const lb_set *set, int64_t x)
{
  size_t low = 0, high = set->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (set->integer[middle] < x)
      low = middle + 1;
    else
      high = middle;
  }
  return low < set->n && set->integer[low] == x;
}

void lb_k_in_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const lb_set *set = op->payload;
  for (size_t i = 0; i < b->n; i++)
    settle(set, i, !isnan(arg[0]->real[i]) && has_real(set, arg[0]->real[i]), arg[0]->valid[i],
           out);
}

void lb_k_in_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const lb_set *set = op->payload;
  for (size_t i = 0; i < b->n; i++)
    settle(set, i, has_integer(set, arg[0]->integer[i]), arg[0]->valid[i], out);
}

void lb_k_in_date(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const lb_set *set = op->payload;
  for (size_t i = 0; i < b->n; i++)
    settle(set, i, has_integer(set, arg[0]->code[i]), arg[0]->valid[i], out);
}

void lb_k_in_level(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const lb_set *set = op->payload;
  for (size_t i = 0; i < b->n; i++) {
    uint8_t valid = arg[0]->valid[i];
    settle(set, i, valid && set->level[arg[0]->code[i]], valid, out);
  }
}

void lb_k_in_text(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const lb_set *set = op->payload;
  for (size_t i = 0; i < b->n; i++) {
    size_t index;
    lb_span x = arg[0]->text[i];
    uint8_t valid = arg[0]->valid[i];
    settle(set, i, valid && lb_map_find(set->text, x.data, x.length, &index), valid, out);
  }
}
