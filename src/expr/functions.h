/* functions.h - the functions of the language: names, signatures, help, numbers of arguments. */
#ifndef LB_EXPR_FUNCTIONS_H
#define LB_EXPR_FUNCTIONS_H
#include <stddef.h>

/* In the order of the table in functions.c. */
typedef enum lb_function_id {
  LB_FN_NONE,
  LB_FN_IS_NA,
  LB_FN_IS_NAN,
  LB_FN_COALESCE,
  LB_FN_IF_ELSE,
  LB_FN_CASE,
  LB_FN_CUT,
  LB_FN_BETWEEN,
  LB_FN_ABS,
  LB_FN_SQRT,
  LB_FN_EXP,
  LB_FN_LOG,
  LB_FN_LOG2,
  LB_FN_LOG10,
  LB_FN_FLOOR,
  LB_FN_CEIL,
  LB_FN_ROUND,
  LB_FN_PMIN,
  LB_FN_PMAX,
  LB_FN_INTEGER,
  LB_FN_REAL,
  LB_FN_TEXT,
  LB_FN_FACTOR,
  LB_FN_LOWER,
  LB_FN_UPPER,
  LB_FN_TRIM,
  LB_FN_LENGTH,
  LB_FN_CONTAINS,
  LB_FN_STARTS_WITH,
  LB_FN_ENDS_WITH,
  LB_FN_DATE,
  LB_FN_YEAR,
  LB_FN_MONTH,
  LB_FN_DAY,
  LB_FN_HOUR,
  LB_FN_MINUTE,
  LB_FN_SECOND,
  LB_FN_DAYS,
  LB_FN_MONTHS,
  LB_FN_YEARS,
  LB_FN_HOURS,
  LB_FN_MINUTES,
  LB_FN_N, /* aggregates from here on */
  LB_FN_N_MISSING,
  LB_FN_N_DISTINCT,
  LB_FN_COUNT,
  LB_FN_MEAN,
  LB_FN_SD,
  LB_FN_VAR,
  LB_FN_MEDIAN,
  LB_FN_QUANTILE,
  LB_FN_MIN,
  LB_FN_MAX,
  LB_FN_SUM,
  LB_FN_FIRST,
  LB_FN_LAST,
  LB_FN_ANY,
  LB_FN_ALL,
  LB_FN_RANK, /* functions of the other rows from here on */
  LB_FN_ROW_NUMBER,
  LB_FN_LAG,
  LB_FN_LEAD,
  LB_FN_CUMSUM,
  LB_FN_END
} lb_function_id;

/* LB_FN_NONE when there is none of that name. */
lb_function_id lb_function_find(const char *name);
void lb_function_arity(lb_function_id id, size_t *least, size_t *most); /* most: SIZE_MAX = any */
const char *lb_function_signature(lb_function_id id);
/* All names, for did-you-mean: LB_FN_END - 1 of them. */
void lb_function_names(const char *names[LB_FN_END - 1]);
#endif
