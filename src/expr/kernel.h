/* kernel.h - what operations do with a block of values. In all but the few that say so, a missing
 * operand makes the result missing. */
#ifndef LB_EXPR_KERNEL_H
#define LB_EXPR_KERNEL_H
#include "expr/program.h"
#include <string.h>

/* A constant list made ready to look values up in. Arrays ascend. */
typedef struct lb_set {
  size_t n;
  const double *real;
  const int64_t *integer;
  const lb_map *text;
  const uint8_t *level; /* factor: by code, 1 = in the list */
  bool missing;         /* the list holds NA: what is not found is NA, not false */
} lb_set;

/* kernel_arith.c: reals follow IEEE; integers that overflow say so in the tally */
void lb_k_add_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_sub_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_mul_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_div_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_floor_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_mod_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_pow_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_negate_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
/* -0.0 becomes 0.0. */
void lb_k_unsigned_zero(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_map_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_round_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_min_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_max_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
/* kernel_integer.c */
void lb_k_add_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_sub_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_mul_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_floor_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_mod_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_negate_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_abs_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_min_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_max_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
/* kernel_logic.c: comparison by op->relation; Kleene's and, or, not; membership by an lb_set */
void lb_k_compare_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_compare_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_compare_code(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_compare_text(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_compare_logical(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_and(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_or(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_not(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_is_na(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_is_nan(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_in_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_in_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_in_date(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_in_level(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_in_text(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
/* kernel_choose.c: values taken from one of the operands, which all have the result's type */
void lb_k_if_else(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_case(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_coalesce(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_cut(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *); /* payload: lb_set */
/* kernel_cast.c: named from_to */
void lb_k_integer_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_integer_compared(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_logical_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_real_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_text_integer(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_text_real(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_number_text(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *); /* 8 bytes */
void lb_k_integer_text(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_logical_text(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_factor_text(lb_block *, const lb_op *, const lb_vec *const *,
                      lb_vec *); /* payload: levels */
void lb_k_date_text(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_datetime_text(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_text_date(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_datetime_date(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_date_datetime(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_text_factor(lb_block *, const lb_op *, const lb_vec *const *,
                      lb_vec *); /* payload: map */
/* kernel_text.c */
void lb_k_concat(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_lower(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_upper(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_trim(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_length(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_contains(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_starts_with(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_ends_with(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
/* kernel_date.c */
void lb_k_date_plus(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);  /* date, days */
void lb_k_date_minus(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *); /* date, days */
void lb_k_date_days(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);  /* to - from */
void lb_k_date_span(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);  /* / parameter */
void lb_k_datetime_span(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_datetime_plus(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *); /* , seconds */
void lb_k_datetime_minus(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_hour(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_minute(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_second(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_make_date(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_year(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_month(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);
void lb_k_day(lb_block *, const lb_op *, const lb_vec *const *, lb_vec *);

/* Shared by kernels. */
static inline void lb_valid_from(const lb_block *b, const lb_vec *x, lb_vec *out)
{
  memcpy(out->valid, x->valid, b->n);
}
/* Local pointers: a store of bytes could otherwise change those in the structs. */
static inline void lb_valid_both(const lb_block *b, const lb_vec *x, const lb_vec *y, lb_vec *out)
{
  const uint8_t *first = x->valid, *second = y->valid;
  uint8_t *valid = out->valid;
  for (size_t i = 0, n = b->n; i < n; i++) valid[i] = first[i] & second[i];
}
/* The bytes of made text move while they grow, so kernels keep only lengths; this points each row
 * to its place when all are there. */
void lb_spans_finish(lb_block *b, lb_vec *out);
/* -1, 0, 1 by bytes. */
int lb_span_compare(lb_span a, lb_span b);
#endif
