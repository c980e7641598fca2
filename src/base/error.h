/* error.h - how every function below the host reports failure: a status and a message of the
 * caller's. */
#ifndef LB_BASE_ERROR_H
#define LB_BASE_ERROR_H
#include <stddef.h>

typedef enum lb_status {
  LB_OK = 0,
  LB_ENOMEM,  /* no memory */
  LB_EARG,    /* a wrong argument or option value */
  LB_ENAME,   /* an unknown column, function, level, option */
  LB_ETYPE,   /* the right name with the wrong type */
  LB_EPARSE,  /* text that does not parse: expression, formula, csv, json, date */
  LB_EDATA,   /* data a method cannot accept: negative time, no event, ... */
  LB_EIO,     /* files */
  LB_EINTR,   /* interrupted by the user */
  LB_ENUMERIC /* arithmetic failed where no result can be given */
} lb_status;

/* Owned by the caller; every function accepts NULL. Zero-initialise: lb_error err = {0};
 * A NULL holds no code: lb_error_in, _mend and _caret then return LB_EARG, never LB_OK. */
typedef struct lb_error {
  lb_status code;
  char message[768];  /* one line: what was found, what was expected */
  char context[1536]; /* further lines joined by \n: source with a caret, the mend; no final newline
                       */
} lb_error;

/* Word for a code, as scripts see it in err.code: "memory" "argument" "name" "type" "parse" "data"
 * "io" "interrupted" "numeric"; "ok" for LB_OK. */
const char *lb_status_name(lb_status code);

/* Sets code and message, clears the context; returns code, so that `return lb_error_set(...)` reads
 * well. */
lb_status lb_error_set(lb_error *err, lb_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The standard message for a failed allocation: "out of memory (WHAT)". Returns LB_ENOMEM. */
static inline lb_status lb_error_nomem(lb_error *err, const char *what)
{
  lb_error_set(err, LB_ENOMEM, "out of memory (%s)", what);
  return LB_ENOMEM;
}
/* Prefixes the message with "<formatted>: " - each caller adds where it was. Returns err->code. */
lb_status lb_error_in(lb_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends one line to the context: the mend, or advice. Returns err->code. */
lb_status lb_error_mend(lb_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Appends the source line that holds byte range [start, end) of text, two blanks in front, and a
 * second line with carets below the range (at least one caret; columns counted in code points).
 * Returns err->code. */
lb_status lb_error_caret(lb_error *err, const char *text, size_t length, size_t start, size_t end);
#endif
