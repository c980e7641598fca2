/* str.h - a growing text buffer, UTF-8 helpers, and numbers to and from text without the locale. */
#ifndef LB_BASE_STR_H
#define LB_BASE_STR_H
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

/* Zero-initialise. After a failed allocation `failed` is set and later adds do nothing: check once
 * at the end. */
typedef struct lb_str {
  char *data; /* NUL-terminated when length > 0; may be NULL when empty */
  size_t length, capacity;
  bool failed;
} lb_str;

void lb_str_add(lb_str *s, const char *text, size_t length);
void lb_str_puts(lb_str *s, const char *text);
void lb_str_putc(lb_str *s, char c);
void lb_str_addf(lb_str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Hands the bytes over (free with lb_mem_free) and empties s. NULL when failed or out of memory. */
char *lb_str_take(lb_str *s, size_t *length);
void lb_str_reset(lb_str *s);

/* true when the bytes are well-formed UTF-8 (no overlong forms, surrogates, or values above
 * U+10FFFF). */
bool lb_utf8_valid(const char *text, size_t length);
size_t lb_utf8_length(const char *text,
                      size_t length); /* code points; an ill-formed byte counts as one */
size_t lb_utf8_width(const char *text,
                     size_t length); /* terminal columns; wide CJK 2, combining 0 */

/* Whole text is one decimal number: [+-]digits[.digits][e[+-]digits], .5 and 5. included; no
 * blanks, no hex, no inf or nan. Correctly rounded. */
bool lb_parse_real(const char *text, size_t length, double *out);
/* Whole text is a decimal integer that fits int64. */
bool lb_parse_integer(const char *text, size_t length, int64_t *out);
/* Shortest text that reads back as the same double ("0.1", "1e+300", "NaN", "Inf", "-Inf"); '.'
 * whatever the locale. Returns the length; buffer holds LB_REAL_TEXT bytes. */
#define LB_REAL_TEXT 40
size_t lb_format_real(char *buffer, double value);
#endif
