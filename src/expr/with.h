/* with.h - $names in a tree replaced by the values of the call's `with` table. */
#ifndef LB_EXPR_WITH_H
#define LB_EXPR_WITH_H
#include "expr/ast.h"
#include "expr/expr.h"

/* Copies the values into the tree and marks the entries used. LB_ENAME with did-you-mean, LB_ETYPE.
 */
lb_status lb_with_bind(lb_ast *ast, lb_with *with, lb_error *err);
#endif
