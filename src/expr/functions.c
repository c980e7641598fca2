/* functions.c - the table of functions, for help and completion too: each says what becomes of NA.
 */
#include "expr/functions.h"
#include "expr/expr.h"
#include <string.h>

#define ANY SIZE_MAX

static const lb_expr_function TABLE[] = {
    {"is_na", "is_na(x)", "true where x is missing; never NA itself", LB_OF_ROW},
    {"is_nan", "is_nan(x)", "true where a real is not a number, which is not missing; NA gives NA",
     LB_OF_ROW},
    {"coalesce", "coalesce(a, b, ...)", "the first value that is not missing; NA if all are",
     LB_OF_ROW},
    {"if_else", "if_else(condition, a, b)",
     "a where the condition is true, b where it is false; NA where it is NA", LB_OF_ROW},
    {"case", "case(condition1, value1, ..., default)",
     "the value of the first true condition, else the default; NA without a default, and where a "
     "condition before that is NA",
     LB_OF_ROW},
    {"cut", "cut(x, {breaks}, {labels})",
     "classes as an ordered factor, closed on the left: n breaks make n + 1 classes; NA gives NA",
     LB_OF_ROW},
    {"between", "between(x, low, high)", "low <= x and x <= high; NA as in comparisons", LB_OF_ROW},
    {"abs", "abs(x)", "absolute value; NA gives NA", LB_OF_ROW},
    {"sqrt", "sqrt(x)", "square root, NaN below 0; NA gives NA", LB_OF_ROW},
    {"exp", "exp(x)", "e to the x; NA gives NA", LB_OF_ROW},
    {"log", "log(x)", "natural logarithm, NaN below 0, -Inf at 0; NA gives NA", LB_OF_ROW},
    {"log2", "log2(x)", "logarithm to base 2; NA gives NA", LB_OF_ROW},
    {"log10", "log10(x)", "logarithm to base 10; NA gives NA", LB_OF_ROW},
    {"floor", "floor(x)", "the whole number at or below x; NA gives NA", LB_OF_ROW},
    {"ceil", "ceil(x)", "the whole number at or above x; NA gives NA", LB_OF_ROW},
    {"round", "round(x, digits = 0)",
     "nearest value with so many decimals, halves away from zero; NA gives NA", LB_OF_ROW},
    {"pmin", "pmin(a, b, ...)", "the smallest of the arguments, row by row; NA if any is NA",
     LB_OF_ROW},
    {"pmax", "pmax(a, b, ...)", "the largest of the arguments, row by row; NA if any is NA",
     LB_OF_ROW},
    {"integer", "integer(x)",
     "x as an integer: reals cut towards zero, true as 1, text read; NA where that fails",
     LB_OF_ROW},
    {"real", "real(x)", "x as a real number: true as 1, text read; NA where that fails", LB_OF_ROW},
    {"text", "text(x)",
     "x as text: numbers in their shortest form, dates as YYYY-MM-DD; NA gives NA", LB_OF_ROW},
    {"factor", "factor(x, {levels})",
     "x as a factor; without levels they are sorted; NA where x is no level", LB_OF_ROW},
    {"lower", "lower(text)", "in lower case; NA gives NA", LB_OF_ROW},
    {"upper", "upper(text)", "in upper case; NA gives NA", LB_OF_ROW},
    {"trim", "trim(text)", "without blanks at both ends; NA gives NA", LB_OF_ROW},
    {"length", "length(text)", "number of characters (code points); NA gives NA", LB_OF_ROW},
    {"contains", "contains(text, part)", "true where part occurs in it, as written; NA gives NA",
     LB_OF_ROW},
    {"starts_with", "starts_with(text, part)", "true where it begins with part; NA gives NA",
     LB_OF_ROW},
    {"ends_with", "ends_with(text, part)", "true where it ends with part; NA gives NA", LB_OF_ROW},
    {"date", "date(year, month, day)",
     "a date from its parts, from text YYYY-MM-DD or from a datetime; NA where there is no such "
     "day",
     LB_OF_ROW},
    {"year", "year(date)", "year of a date; NA gives NA", LB_OF_ROW},
    {"month", "month(date)", "month of a date, 1 to 12; NA gives NA", LB_OF_ROW},
    {"day", "day(date)", "day of the month, 1 to 31; NA gives NA", LB_OF_ROW},
    {"hour", "hour(datetime)", "hour of the day (UTC), 0 to 23; NA gives NA", LB_OF_ROW},
    {"minute", "minute(datetime)", "minute of the hour, 0 to 59; NA gives NA", LB_OF_ROW},
    {"second", "second(datetime)",
     "second of the minute with its fraction, from 0 to below 60; NA gives NA", LB_OF_ROW},
    {"days", "days(from, to)", "days from one date to another; NA if either is NA", LB_OF_ROW},
    {"months", "months(from, to)", "days / 30.4375; NA if either is NA", LB_OF_ROW},
    {"years", "years(from, to)", "days / 365.25; NA if either is NA", LB_OF_ROW},
    {"hours", "hours(from, to)",
     "hours from one datetime to another, a date being its midnight (UTC); NA if either is NA",
     LB_OF_ROW},
    {"minutes", "minutes(from, to)",
     "minutes from one datetime to another, a date being its midnight (UTC); NA if either is NA",
     LB_OF_ROW},
    {"n", "n()", "number of rows; never NA", LB_AGGREGATE},
    {"n_missing", "n_missing(x)", "number of rows where x is missing; never NA", LB_AGGREGATE},
    {"n_distinct", "n_distinct(x)", "number of different values; NA not counted", LB_AGGREGATE},
    {"count", "count(condition)", "number of rows where it is true; NA is not", LB_AGGREGATE},
    {"mean", "mean(x)",
     "arithmetic mean (of a condition: the proportion); NA skipped; NA when empty", LB_AGGREGATE},
    {"sd", "sd(x)", "standard deviation, divisor n - 1; NA skipped; NA below two values",
     LB_AGGREGATE},
    {"var", "var(x)", "variance, divisor n - 1; NA skipped; NA below two values", LB_AGGREGATE},
    {"median", "median(x)", "median; NA skipped; NA when empty", LB_AGGREGATE},
    {"quantile", "quantile(x, p)", "quantile of type 7 (R's default); NA skipped; NA when empty",
     LB_AGGREGATE},
    {"min", "min(x)", "smallest value; NA skipped; NA when empty", LB_AGGREGATE},
    {"max", "max(x)", "largest value; NA skipped; NA when empty", LB_AGGREGATE},
    {"sum", "sum(x)", "sum (of a condition: rows where it is true); NA skipped; 0 when empty",
     LB_AGGREGATE},
    {"first", "first(x)",
     "first value in the order of rows that is not missing; NA skipped; NA when empty",
     LB_AGGREGATE},
    {"last", "last(x)",
     "last value in the order of rows that is not missing; NA skipped; NA when empty",
     LB_AGGREGATE},
    {"any", "any(condition)", "true if it is true in some row; NA skipped; NA when empty",
     LB_AGGREGATE},
    {"all", "all(condition)", "true if it is true in every row; NA skipped; NA when empty",
     LB_AGGREGATE},
    {"rank", "rank(x)",
     "place of x in its group, ascending from 1, equal values sharing the mean of their places, "
     "NaN after all numbers; NA gives NA and takes no place",
     LB_WINDOW},
    {"row_number", "row_number()",
     "number of the row in its group, from 1, in the order given; never NA", LB_WINDOW},
    {"lag", "lag(x, n = 1)",
     "x of the n-th row before in the group; NA before its first row, and where x is NA there",
     LB_WINDOW},
    {"lead", "lead(x, n = 1)",
     "x of the n-th row behind in the group; NA behind its last row, and where x is NA there",
     LB_WINDOW},
    {"cumsum", "cumsum(x)",
     "sum of the group's rows up to this one (of a condition: rows where it was true); NA skipped; "
     "NA where x is NA",
     LB_WINDOW},
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
  case LB_FN_LAG:
  case LB_FN_LEAD:
    *most = 2;
    break;
  case LB_FN_CONTAINS:
  case LB_FN_STARTS_WITH:
  case LB_FN_ENDS_WITH:
  case LB_FN_DAYS:
  case LB_FN_MONTHS:
  case LB_FN_YEARS:
  case LB_FN_HOURS:
  case LB_FN_MINUTES:
  case LB_FN_QUANTILE:
    *least = *most = 2;
    break;
  case LB_FN_DATE:
    *most = 3;
    break; /* 1 or 3 */
  case LB_FN_N:
  case LB_FN_ROW_NUMBER:
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
