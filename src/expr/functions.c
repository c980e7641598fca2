/* functions.c - the table of functions, for help and completion too: each says what becomes of NA.
 */
#include "expr/functions.h"
#include "expr/expr.h"
#include <string.h>

#define ANY SIZE_MAX

static const lb_expr_function TABLE[] = {
    {"is_na", "is_na(x)", "true where x is missing; never NA itself", false},
    {"is_nan", "is_nan(x)", "true where a real is not a number, which is not missing; NA gives NA",
     false},
    {"coalesce", "coalesce(a, b, ...)", "the first value that is not missing; NA if all are",
     false},
    {"if_else", "if_else(condition, a, b)",
     "a where the condition is true, b where it is false; NA where it is NA", false},
    {"case", "case(condition1, value1, ..., default)",
     "the value of the first true condition, else the default (NA without one); NA where a "
     "condition before that is NA",
     false},
    {"cut", "cut(x, {breaks}, {labels})",
     "classes as an ordered factor, closed on the left: n breaks make n + 1 classes; NA gives NA",
     false},
    {"between", "between(x, low, high)", "low <= x and x <= high; NA as in comparisons", false},
    {"abs", "abs(x)", "absolute value; NA gives NA", false},
    {"sqrt", "sqrt(x)", "square root, NaN below 0; NA gives NA", false},
    {"exp", "exp(x)", "e to the x; NA gives NA", false},
    {"log", "log(x)", "natural logarithm, NaN below 0, -Inf at 0; NA gives NA", false},
    {"log2", "log2(x)", "logarithm to base 2; NA gives NA", false},
    {"log10", "log10(x)", "logarithm to base 10; NA gives NA", false},
    {"floor", "floor(x)", "the whole number at or below x; NA gives NA", false},
    {"ceil", "ceil(x)", "the whole number at or above x; NA gives NA", false},
    {"round", "round(x, digits = 0)",
     "nearest value with so many decimals, halves away from zero; NA gives NA", false},
    {"pmin", "pmin(a, b, ...)", "the smallest of the arguments, row by row; NA if any is NA",
     false},
    {"pmax", "pmax(a, b, ...)", "the largest of the arguments, row by row; NA if any is NA", false},
    {"integer", "integer(x)",
     "x as an integer: reals cut towards zero, true as 1, text read; NA where that fails", false},
    {"real", "real(x)", "x as a real number: true as 1, text read; NA where that fails", false},
    {"text", "text(x)",
     "x as text: numbers in their shortest form, dates as YYYY-MM-DD; NA gives NA", false},
    {"factor", "factor(x, {levels})",
     "x as a factor; without levels they are sorted; NA where x is no level", false},
    {"lower", "lower(text)", "in lower case; NA gives NA", false},
    {"upper", "upper(text)", "in upper case; NA gives NA", false},
    {"trim", "trim(text)", "without blanks at both ends; NA gives NA", false},
    {"length", "length(text)", "number of characters (code points); NA gives NA", false},
    {"contains", "contains(text, part)", "true where part occurs in it, as written; NA gives NA",
     false},
    {"starts_with", "starts_with(text, part)", "true where it begins with part; NA gives NA",
     false},
    {"ends_with", "ends_with(text, part)", "true where it ends with part; NA gives NA", false},
    {"date", "date(year, month, day)",
     "a date from its parts, from text YYYY-MM-DD or from a datetime; NA where there is no such "
     "day",
     false},
    {"year", "year(date)", "year of a date; NA gives NA", false},
    {"month", "month(date)", "month of a date, 1 to 12; NA gives NA", false},
    {"day", "day(date)", "day of the month, 1 to 31; NA gives NA", false},
    {"days", "days(from, to)", "days from one date to another; NA if either is NA", false},
    {"months", "months(from, to)", "days / 30.4375; NA if either is NA", false},
    {"years", "years(from, to)", "days / 365.25; NA if either is NA", false},
    {"n", "n()", "number of rows", true},
    {"n_missing", "n_missing(x)", "number of rows where x is missing", true},
    {"n_distinct", "n_distinct(x)", "number of different values, NA not counted", true},
    {"count", "count(condition)", "number of rows where it is true; NA is not", true},
    {"mean", "mean(x)",
     "arithmetic mean (of a condition: the proportion); NA skipped; NA when empty", true},
    {"sd", "sd(x)", "standard deviation, divisor n - 1; NA skipped; NA below two values", true},
    {"var", "var(x)", "variance, divisor n - 1; NA skipped; NA below two values", true},
    {"median", "median(x)", "median; NA skipped; NA when empty", true},
    {"quantile", "quantile(x, p)", "quantile of type 7 (R's default); NA skipped; NA when empty",
     true},
    {"min", "min(x)", "smallest value; NA skipped; NA when empty", true},
    {"max", "max(x)", "largest value; NA skipped; NA when empty", true},
    {"sum", "sum(x)", "sum (of a condition: rows where it is true); NA skipped; 0 when empty",
     true},
    {"first", "first(x)", "first value in row order that is not missing; NA when empty", true},
    {"last", "last(x)", "last value in row order that is not missing; NA when empty", true},
    {"any", "any(condition)", "true if it is true in some row; NA skipped; NA when empty", true},
    {"all", "all(condition)", "true if it is true in every row; NA skipped; NA when empty", true},
};
_Static_assert(sizeof TABLE / sizeof *TABLE == LB_FN_END - 1, "the table follows lb_function_id");

lb_function_id lb_function_find(const char *name)
{
  for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
    if (strcmp(TABLE[i].name, name) == 0) return (lb_function_id)(i + 1);
  return LB_FN_NONE;
}

void lb_function_arity(lb_function_id id, size_t *least, size_t *most)
{
  *least = 1;
  *most = 1;
  switch (id) {
  case LB_FN_COALESCE:
  case LB_FN_PMIN:
  case LB_FN_PMAX:
    *least = 2, *most = ANY;
    break;
  case LB_FN_CASE:
    *least = 2, *most = ANY;
    break;
  case LB_FN_CUT:
    *least = 2, *most = 3;
    break;
  case LB_FN_IF_ELSE:
  case LB_FN_BETWEEN:
    *least = *most = 3;
    break;
  case LB_FN_ROUND:
  case LB_FN_FACTOR:
    *most = 2;
    break;
  case LB_FN_CONTAINS:
  case LB_FN_STARTS_WITH:
  case LB_FN_ENDS_WITH:
  case LB_FN_DAYS:
  case LB_FN_MONTHS:
  case LB_FN_YEARS:
  case LB_FN_QUANTILE:
    *least = *most = 2;
    break;
  case LB_FN_DATE:
    *most = 3;
    break; /* 1 or 3 */
  case LB_FN_N:
    *least = *most = 0;
    break;
  default:
    break;
  }
}

const char *lb_function_signature(lb_function_id id)
{
  return TABLE[id - 1].signature;
}

void lb_function_names(const char *names[LB_FN_END - 1])
{
  for (size_t i = 0; i < LB_FN_END - 1; i++) names[i] = TABLE[i].name;
}

const lb_expr_function *lb_expr_functions(size_t *n)
{
  *n = sizeof TABLE / sizeof *TABLE;
  return TABLE;
}
