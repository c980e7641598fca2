/* plan.h - how a compiled expression is laid open. */
#ifndef LB_EXPR_PLAN_H
#define LB_EXPR_PLAN_H
#include "expr/expr.h"
#include "expr/program.h"

/* The operations that the program's root needs. out: untouched on failure. LB_ENOMEM. */
lb_status lb_plan_make(const lb_ast *ast, const lb_program *program, lb_plan *out, lb_error *err);
#endif
