/* formula_scan.h - finding ends in formula text: quotes, brackets, arguments, words. */
#ifndef LB_MODEL_FORMULA_SCAN_H
#define LB_MODEL_FORMULA_SCAN_H
#include <stdbool.h>
#include <stddef.h>

/* A byte range of the formula. */
typedef struct lb_span {
  size_t start, end;
} lb_span;

bool lb_scan_is_blank(char c);
bool lb_scan_is_digit(char c);
bool lb_scan_is_word(char c); /* letter, digit, '_' or a byte of a character beyond ASCII */
/* Behind the thing that begins at `at`: a quoted string or backticked name, a bracketed part, a
 * word, or one byte. Returns SIZE_MAX when a quote or bracket does not close before `end`, or a
 * wrong bracket closes it. */
size_t lb_scan_item(const char *text, size_t at, size_t end);
/* The range without blanks at both ends. */
lb_span lb_scan_trim(const char *text, size_t start, size_t end);
/* Cuts a range at its commas outside brackets and quotes; n as of many as there are, of which the
 * first `capacity` are stored, trimmed. An empty range has no arguments. */
size_t lb_scan_arguments(const char *text, lb_span range, lb_span *out, size_t capacity);
/* Copies a range with blanks normalised: none at bracket and comma, one after a comma, one where
 * there were several. Text in quotes stays. `out` holds 2 (end - start) + 1 bytes. Returns the
 * length. */
size_t lb_scan_normalise(const char *text, lb_span range, char *out);
/* Cuts "name = value": the value, trimmed, and the name, which is empty where there is none. */
lb_span lb_scan_named(const char *text, lb_span argument, lb_span *value);
bool lb_scan_is(const char *text, lb_span span, const char *word);
/* A number, or a list of ascending numbers in braces or c(...), at most `capacity`. false:
 * something else. */
bool lb_scan_numbers(const char *text, lb_span value, double *out, size_t capacity, size_t *n);
#endif
