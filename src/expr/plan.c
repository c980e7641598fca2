/* plan.c - a compiled expression laid open: its operations in order, with their source. */
#include "expr/plan.h"
#include "base/mem.h"
#include "expr/functions.h"
#include "expr/kernel.h"
#include <string.h>

#define KERNEL(name)                                                                               \
  {                                                                                                \
    lb_k_##name, #name                                                                             \
  }

static const struct {
  lb_kernel kernel;
  const char *name;
} KERNELS[] = {
    KERNEL(add_real),
    KERNEL(sub_real),
    KERNEL(mul_real),
    KERNEL(div_real),
    KERNEL(floor_real),
    KERNEL(mod_real),
    KERNEL(pow_real),
    KERNEL(negate_real),
    KERNEL(map_real),
    KERNEL(round_real),
    KERNEL(min_real),
    KERNEL(max_real),
    KERNEL(add_integer),
    KERNEL(sub_integer),
    KERNEL(mul_integer),
    KERNEL(floor_integer),
    KERNEL(mod_integer),
    KERNEL(negate_integer),
    KERNEL(abs_integer),
    KERNEL(min_integer),
    KERNEL(max_integer),
    KERNEL(compare_real),
    KERNEL(compare_integer),
    KERNEL(compare_code),
    KERNEL(compare_text),
    KERNEL(compare_logical),
    KERNEL(and),
    KERNEL(or),
    KERNEL(not ),
    KERNEL(is_na),
    KERNEL(is_nan),
    KERNEL(in_real),
    KERNEL(in_integer),
    KERNEL(in_date),
    KERNEL(in_level),
    KERNEL(in_text),
    KERNEL(if_else),
    KERNEL(case),
    KERNEL(coalesce),
    KERNEL(cut),
    KERNEL(integer_real),
    KERNEL(integer_compared),
    KERNEL(logical_integer),
    KERNEL(real_integer),
    KERNEL(text_integer),
    KERNEL(text_real),
    KERNEL(number_text),
    KERNEL(integer_text),
    KERNEL(logical_text),
    KERNEL(factor_text),
    KERNEL(date_text),
    KERNEL(datetime_text),
    KERNEL(text_date),
    KERNEL(datetime_date),
    KERNEL(date_datetime),
    KERNEL(text_factor),
    KERNEL(concat),
    KERNEL(lower),
    KERNEL(upper),
    KERNEL(trim),
    KERNEL(length),
    KERNEL(contains),
    KERNEL(starts_with),
    KERNEL(ends_with),
    KERNEL(date_plus),
    KERNEL(date_minus),
    KERNEL(date_days),
    KERNEL(date_span),
    KERNEL(datetime_span),
    KERNEL(datetime_plus),
    KERNEL(datetime_minus),
    KERNEL(hour),
    KERNEL(minute),
    KERNEL(second),
    KERNEL(make_date),
    KERNEL(year),
    KERNEL(month),
    KERNEL(day),
};

static const char *name_of(const lb_op *op)
{
  if (op->list) return "list";
  if (op->constant) return "constant";
  if (op->column) return "column";
  if (op->aggregate != 0) return lb_function_signature((lb_function_id)op->aggregate);
  for (size_t i = 0; i < sizeof KERNELS / sizeof *KERNELS; i++)
    if (KERNELS[i].kernel == op->kernel) return KERNELS[i].name;
  return "operation";
}

static bool is_literal(const lb_ast *ast, size_t node)
{
  lb_node_kind kind = ast->node[node].kind;
  return kind <= LB_NODE_NA || kind == LB_NODE_WITH;
}

/* Numbers of the operations that the root needs, in `place` (SIZE_MAX: not needed). */
static size_t number_needed(const lb_program *p, size_t *place)
{
  size_t n = 0;
  for (size_t i = 0; i < p->n_op; i++) place[i] = SIZE_MAX;
  place[p->root] = 0;
  for (size_t i = p->root + 1; i-- > 0;)
    for (size_t k = 0; place[i] != SIZE_MAX && k < p->op[i].n; k++)
      place[p->arg[p->op[i].first + k]] = 0;
  for (size_t i = 0; i <= p->root; i++)
    if (place[i] != SIZE_MAX) place[i] = n++;
  return n;
}

static void fill(const lb_ast *ast, const lb_program *p, const size_t *place, lb_plan *plan)
{
  for (size_t i = 0, at = 0; i <= p->root; i++) {
    const lb_op *op = &p->op[i];
    const lb_node *node = &ast->node[op->node];
    if (place[i] == SIZE_MAX) continue;
    plan->step[place[i]] = (lb_plan_step){.name = name_of(op),
                                          .type = op->type,
                                          .folded = op->constant && !is_literal(ast, op->node),
                                          .start = node->start,
                                          .end = node->end,
                                          .first = at,
                                          .n = op->n};
    for (size_t k = 0; k < op->n; k++) plan->operand[at++] = place[p->arg[op->first + k]];
  }
}

lb_status lb_plan_make(const lb_ast *ast, const lb_program *program, lb_plan *out, lb_error *err)
{
  lb_plan plan = {0};
  size_t *place = lb_mem_array(program->n_op, sizeof *place);
  plan.operand = lb_mem_array(program->n_arg, sizeof *plan.operand);
  if (place != NULL) plan.n = number_needed(program, place);
  plan.step = lb_mem_array(plan.n, sizeof *plan.step);
  bool made = place != NULL && plan.operand != NULL && plan.step != NULL;
  if (made)
    fill(ast, program, place, &plan);
  else
    lb_plan_reset(&plan);
  lb_mem_free(place);
  if (!made) return lb_error_nomem(err, "plan");
  *out = plan;
  return LB_OK;
}

void lb_plan_reset(lb_plan *plan)
{
  lb_mem_free(plan->step);
  lb_mem_free(plan->operand);
  *plan = (lb_plan){0};
}
