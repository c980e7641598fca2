/* split.c - "name = expression": where the name ends and the expression begins. */
#include "base/str.h"
#include "expr/expr.h"
#include "expr/lexer.h"
#include <string.h>

static size_t skip_blanks(const char *text, size_t length, size_t at)
{
  while (at < length && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r'))) at++;
  return at;
}

static lb_status no_name(const char *text, size_t length, size_t at, lb_error *err)
{
  lb_error_set(err, LB_EPARSE, "a new name and '=' should stand before the expression");
  lb_error_caret(err, text, length, at, at);
  return lb_error_mend(err, "Write  name = expression  , as in  \"log_cga = log(cga_baseline)\"");
}

lb_status lb_expr_split(const char *text, size_t length, lb_value *name, size_t *expression,
                        lb_error *err)
{
  if (!lb_utf8_valid(text, length))
    return lb_error_set(err, LB_EPARSE, "the expression is no well-formed UTF-8");
  size_t start = skip_blanks(text, length, 0), end, after;
  if (start < length && text[start] == '`') {
    const char *close = memchr(text + start + 1, '`', length - start - 1);
    if (close == NULL || close == text + start + 1) {
      lb_error_set(err, LB_EPARSE, "the name in backticks %s", close ? "is empty" : "does not end");
      return lb_error_caret(err, text, length, start, start + 1);
    }
    end = (size_t)(close - text);
    after = end + 1;
    start++;
  } else {
    end = start + lb_lexer_name_length(text, length, start);
    after = end;
  }
  if (end == start) return no_name(text, length, start, err);
  size_t equals = skip_blanks(text, length, after);
  if (equals >= length || text[equals] != '=' || (equals + 1 < length && text[equals + 1] == '='))
    return no_name(text, length, start, err);
  if (after == end && lb_lexer_reserved(text + start, end - start)) {
    lb_error_set(err, LB_EPARSE, "'%.*s' is a word of the language", (int)(end - start),
                 text + start);
    lb_error_caret(err, text, length, start, end);
    return lb_error_mend(err, "As a name it stands in backticks:  `%.*s` = ...", (int)(end - start),
                         text + start);
  }
  size_t rest = skip_blanks(text, length, equals + 1);
  if (rest == length) {
    lb_error_set(err, LB_EPARSE, "an expression should follow '='");
    return lb_error_caret(err, text, length, equals + 1, equals + 1);
  }
  *name = (lb_value){.kind = LB_VALUE_TEXT, .text = text + start, .length = end - start};
  *expression = rest;
  return LB_OK;
}
