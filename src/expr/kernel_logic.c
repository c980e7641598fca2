/* kernel_logic.c - comparison, Kleene's logic, membership. */
#include "base/clones.h"
#include "expr/kernel.h"
#include <math.h>
#include <string.h>

/* Comparison ------------------------------------------------------------------------------- */

/* Nothing holds where a value is missing. */
LB_CLONES static void compare_reals(lb_token_kind relation, size_t n, const double *restrict x,
                                    const double *restrict y, const uint8_t *restrict valid,
                                    uint8_t *restrict out)
{
  switch (relation) {
  case LB_TOK_LT:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] < y[i]) & valid[i]);
    return;
  case LB_TOK_LE:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] <= y[i]) & valid[i]);
    return;
  case LB_TOK_GT:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] > y[i]) & valid[i]);
    return;
  case LB_TOK_GE:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] >= y[i]) & valid[i]);
    return;
  case LB_TOK_EQ:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] == y[i]) & valid[i]);
    return;
  default:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] != y[i]) & valid[i]);
  }
}

LB_CLONES static void compare_integers(lb_token_kind relation, size_t n, const int64_t *restrict x,
                                       const int64_t *restrict y, const uint8_t *restrict valid,
                                       uint8_t *restrict out)
{
  switch (relation) {
  case LB_TOK_LT:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] < y[i]) & valid[i]);
    return;
  case LB_TOK_LE:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] <= y[i]) & valid[i]);
    return;
  case LB_TOK_GT:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] > y[i]) & valid[i]);
    return;
  case LB_TOK_GE:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] >= y[i]) & valid[i]);
    return;
  case LB_TOK_EQ:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] == y[i]) & valid[i]);
    return;
  default:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] != y[i]) & valid[i]);
  }
}

LB_CLONES static void compare_codes(lb_token_kind relation, size_t n, const int32_t *restrict x,
                                    const int32_t *restrict y, const uint8_t *restrict valid,
                                    uint8_t *restrict out)
{
  switch (relation) {
  case LB_TOK_LT:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] < y[i]) & valid[i]);
    return;
  case LB_TOK_LE:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] <= y[i]) & valid[i]);
    return;
  case LB_TOK_GT:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] > y[i]) & valid[i]);
    return;
  case LB_TOK_GE:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] >= y[i]) & valid[i]);
    return;
  case LB_TOK_EQ:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] == y[i]) & valid[i]);
    return;
  default:
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)((x[i] != y[i]) & valid[i]);
  }
}

void lb_k_compare_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  lb_valid_both(b, arg[0], arg[1], out);
  compare_reals(op->relation, b->n, arg[0]->real, arg[1]->real, out->valid, out->logical);
}

void lb_k_compare_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  lb_valid_both(b, arg[0], arg[1], out);
  compare_integers(op->relation, b->n, arg[0]->integer, arg[1]->integer, out->valid, out->logical);
}

void lb_k_compare_code(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  lb_valid_both(b, arg[0], arg[1], out);
  compare_codes(op->relation, b->n, arg[0]->code, arg[1]->code, out->valid, out->logical);
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
    out->logical[i] =
        (uint8_t)((arg[0]->logical[i] ^ arg[1]->logical[i] ^ differ ^ 1u) & out->valid[i]);
}

/* Kleene's logic --------------------------------------------------------------------------- */

/* One operand or the result of and, or. */
typedef struct truth {
  uint8_t *restrict holds, *restrict valid;
} truth;

LB_CLONES static void both(size_t n, truth x, truth y, truth out)
{
  for (size_t i = 0; i < n; i++) {
    uint8_t a = x.holds[i], b = y.holds[i], is_true = a & b;
    uint8_t is_false = (uint8_t)((x.valid[i] & ~a) | (y.valid[i] & ~b));
    out.holds[i] = is_true;
    out.valid[i] = is_true | is_false;
  }
}

LB_CLONES static void either(size_t n, truth x, truth y, truth out)
{
  for (size_t i = 0; i < n; i++) {
    uint8_t a = x.holds[i], b = y.holds[i], is_true = a | b;
    uint8_t is_false = (uint8_t)((x.valid[i] & ~a) & (y.valid[i] & ~b));
    out.holds[i] = is_true;
    out.valid[i] = is_true | is_false;
  }
}

static truth truth_of(const lb_vec *x)
{
  return (truth){x->logical, x->valid};
}

/* False decides although the other is missing. */
void lb_k_and(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  both(b->n, truth_of(arg[0]), truth_of(arg[1]), truth_of(out));
}

/* True decides although the other is missing. */
void lb_k_or(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  either(b->n, truth_of(arg[0]), truth_of(arg[1]), truth_of(out));
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
  compare_reals(LB_TOK_NE, b->n, arg[0]->real, arg[0]->real, out->valid, out->logical);
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
