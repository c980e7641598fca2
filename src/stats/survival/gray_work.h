/* gray_work.h - inside Gray's test: what its two variances share. */
#ifndef LB_SURVIVAL_GRAY_WORK_H
#define LB_SURVIVAL_GRAY_WORK_H
#include "stats/survival/gray.h"

lb_status gray_check(size_t cause, size_t n_cause, double rho, lb_error *err);
/* Arrays of test->n_groups, all 0. */
lb_status gray_alloc(lb_gray *test, lb_error *err);
/* chi_square, df and p_value from what is observed, expected and its variance. */
lb_status gray_finish(lb_gray *test, lb_error *err);
#endif
