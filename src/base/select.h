/* select.h - the k-th smallest of unsorted numbers. */
#ifndef LB_BASE_SELECT_H
#define LB_BASE_SELECT_H
#include <stdbool.h>
#include <stddef.h>

/* The number of rank k (from 0) among x[0..n), and the one of rank k + 1 (k = n - 1: the same one)
 * in *next. false: one is NaN. Uses x up: what it holds afterwards is undefined. n > k. O(n). */
bool lb_select(double *x, size_t n, size_t k, double *value, double *next);
#endif
