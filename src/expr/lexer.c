/* lexer.c - splits an expression into tokens; Lua's literals, and habits of other languages refused
 * with the mend. */
#include "expr/lexer.h"
#include "base/str.h"
#include "expr/habits.h"
#include <string.h>

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_blank(char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static int hex_value(char c)
{
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* The byte at `at`, NUL beyond the end. */
static char peek(const lb_lexer *lx, size_t at)
{
  return at < lx->length ? lx->text[at] : '\0';
}

lb_status lb_lexer_fail(const lb_lexer *lx, size_t start, size_t end, const char *message)
{
  lb_error_set(lx->err, LB_EPARSE, "%s", message);
  lb_error_caret(lx->err, lx->text, lx->length, start, end);
  return LB_EPARSE;
}

size_t lb_lexer_name_length(const char *text, size_t length, size_t at)
{
  size_t i = at, bytes;
  while (i < length) {
    unsigned char c = (unsigned char)text[i];
    bool foreign = c >= 0x80 && !lb_habit_blank(text + i, length - i, &bytes) &&
                   lb_habit_sign(text + i, length - i) == NULL;
    if (c >= 0xC0 && foreign) { /* a whole code point; the text is known to be UTF-8 */
      i += c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    } else if (is_name_start((char)c) || (i > at && is_digit((char)c))) {
      i++;
    } else {
      break;
    }
  }
  return i - at;
}

bool lb_lexer_reserved(const char *name, size_t length)
{
  static const char *const WORDS[] = {"and", "or", "not", "in", "true", "false", "nil", "NA"};
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
    if (strlen(WORDS[i]) == length && memcmp(WORDS[i], name, length) == 0) return true;
  return false;
}

/* Numbers ---------------------------------------------------------------------------------- */

static lb_status read_hex(lb_lexer *lx, lb_token *out)
{
  uint64_t whole = 0;
  double real = 0;
  bool large = false;
  size_t at = lx->at + 2;
  for (int digit; (digit = hex_value(peek(lx, at))) >= 0; at++) {
    large = large || whole > ((uint64_t)INT64_MAX >> 4);
    whole = (whole << 4) | (uint64_t)digit;
    real = real * 16 + digit;
  }
  out->end = at;
  if (at == lx->at + 2 || is_name_start(peek(lx, at)) || peek(lx, at) == '.')
    return lb_lexer_fail(lx, out->start, at + 1, "this is no number that Lua knows");
  out->kind = large ? LB_TOK_REAL : LB_TOK_INTEGER;
  out->integer = (int64_t)(large ? 0 : whole);
  out->real = real;
  return LB_OK;
}

static size_t skip_digits(const lb_lexer *lx, size_t at)
{
  while (is_digit(peek(lx, at))) at++;
  return at;
}

/* [digits][.digits][e[+-]digits]; "3." and ".5" get the zero that lb_parse_real wants. */
static lb_status read_decimal(lb_lexer *lx, lb_token *out)
{
  size_t dot = skip_digits(lx, lx->at), end = dot;
  bool real = peek(lx, dot) == '.';
  if (real) end = skip_digits(lx, dot + 1);
  size_t mantissa = end;
  if (peek(lx, end) == 'e' || peek(lx, end) == 'E') {
    size_t digits = end + 1 + (peek(lx, end + 1) == '+' || peek(lx, end + 1) == '-');
    end = skip_digits(lx, digits);
    if (end == digits) return lb_lexer_fail(lx, out->start, end + 1, "this number is malformed");
    real = true;
  }
  out->end = end;
  if (lb_lexer_name_length(lx->text, lx->length, end) > 0 || peek(lx, end) == '.') {
    lb_lexer_fail(lx, out->start, end + 1, "this number is malformed");
    return lb_error_mend(lx->err, "A name that begins with a digit stands in backticks:  `5yr`");
  }
  const char *text = lx->text;
  if (!real && lb_parse_integer(text + lx->at, end - lx->at, &out->integer)) {
    out->kind = LB_TOK_INTEGER;
    return LB_OK;
  }
  lb_str s = {0};
  if (dot == lx->at) lb_str_putc(&s, '0');
  lb_str_add(&s, text + lx->at, mantissa - lx->at);
  if (mantissa > dot && mantissa == dot + 1) lb_str_putc(&s, '0');
  lb_str_add(&s, text + mantissa, end - mantissa);
  bool parsed = !s.failed && lb_parse_real(s.data, s.length, &out->real);
  bool failed = s.failed;
  lb_str_reset(&s);
  if (failed) return lb_error_nomem(lx->err, "number");
  if (!parsed || out->real - out->real != 0)
    return lb_lexer_fail(lx, out->start, end, "this number is too large");
  out->kind = LB_TOK_REAL;
  return LB_OK;
}

/* Text ------------------------------------------------------------------------------------- */

static void add_code_point(lb_str *s, uint32_t c)
{
  if (c < 0x80) {
    lb_str_putc(s, (char)c);
  } else if (c < 0x800) {
    lb_str_putc(s, (char)(0xC0 | (c >> 6)));
    lb_str_putc(s, (char)(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    lb_str_putc(s, (char)(0xE0 | (c >> 12)));
    lb_str_putc(s, (char)(0x80 | ((c >> 6) & 0x3F)));
    lb_str_putc(s, (char)(0x80 | (c & 0x3F)));
  } else {
    lb_str_putc(s, (char)(0xF0 | (c >> 18)));
    lb_str_putc(s, (char)(0x80 | ((c >> 12) & 0x3F)));
    lb_str_putc(s, (char)(0x80 | ((c >> 6) & 0x3F)));
    lb_str_putc(s, (char)(0x80 | (c & 0x3F)));
  }
}

/* \u{XXX}; `at` stands on the 'u'. Returns where the text goes on, 0 when malformed. */
static size_t read_unicode(const lb_lexer *lx, size_t at, lb_str *s)
{
  uint32_t c = 0;
  if (peek(lx, ++at) != '{') return 0;
  size_t first = ++at;
  for (int digit; (digit = hex_value(peek(lx, at))) >= 0; at++) {
    c = c * 16 + (uint32_t)digit;
    if (c > 0x10FFFF) return 0;
  }
  if (at == first || peek(lx, at) != '}') return 0;
  add_code_point(s, c);
  return at + 1;
}

/* One escape; `at` stands behind the backslash. Where the text goes on, 0 when malformed. */
static size_t read_escape(const lb_lexer *lx, size_t at, lb_str *s)
{
  static const char FROM[] = "abfnrtv\\'\"\n", TO[] = "\a\b\f\n\r\t\v\\'\"\n";
  char c = peek(lx, at);
  const char *simple = c == '\0' ? NULL : strchr(FROM, c);
  if (simple != NULL) {
    lb_str_putc(s, TO[simple - FROM]);
    return at + 1;
  }
  if (c == 'x') {
    int high = hex_value(peek(lx, at + 1)), low = hex_value(peek(lx, at + 2));
    if (high < 0 || low < 0) return 0;
    lb_str_putc(s, (char)(high * 16 + low));
    return at + 3;
  }
  if (c == 'u') return read_unicode(lx, at, s);
  if (c == 'z') {
    for (at++; is_blank(peek(lx, at));) at++;
    return at;
  }
  int value = 0;
  size_t end = at;
  for (; end < at + 3 && is_digit(peek(lx, end)); end++) value = value * 10 + (peek(lx, end) - '0');
  if (end == at || value > 255) return 0;
  lb_str_putc(s, (char)value);
  return end;
}

static lb_status finish_text(lb_lexer *lx, lb_token *out, lb_str *s, size_t end)
{
  out->end = end;
  out->kind = LB_TOK_TEXT;
  out->length = s->length;
  out->text = s->failed ? NULL : lb_arena_text(lx->arena, s->data, s->length);
  if (out->text == NULL) return lb_error_nomem(lx->err, "text");
  if (!lb_utf8_valid(out->text, out->length))
    return lb_lexer_fail(lx, out->start, end, "the escapes in this text are no UTF-8");
  return LB_OK;
}

static lb_status read_quoted(lb_lexer *lx, lb_token *out)
{
  char quote = lx->text[lx->at];
  size_t at = lx->at + 1;
  lb_str s = {0};
  lb_status st = LB_OK;
  while (at < lx->length && lx->text[at] != quote && lx->text[at] != '\n') {
    if (lx->text[at] != '\\') {
      lb_str_putc(&s, lx->text[at++]);
      continue;
    }
    size_t next = read_escape(lx, at + 1, &s);
    if (next == 0) {
      st = lb_lexer_fail(lx, at, at + 2, "this escape is unknown");
      lb_error_mend(lx->err, "A backslash itself is written  \\\\");
      goto done;
    }
    at = next;
  }
  if (peek(lx, at) != quote) {
    st = lb_lexer_fail(lx, out->start, out->start + 1, "the text that begins here does not end");
    lb_error_mend(lx->err, "Close it with the same quote:  %c...%c", quote, quote);
    goto done;
  }
  st = finish_text(lx, out, &s, at + 1);
done:
  lb_str_reset(&s);
  return st;
}

/* [[...]] and [=[...]=]; false when no long bracket opens here. */
static bool read_long(lb_lexer *lx, lb_token *out, lb_status *st)
{
  size_t level = 0, at = lx->at + 1;
  while (peek(lx, at) == '=') at++, level++;
  if (peek(lx, at) != '[') return false;
  at++;
  if (peek(lx, at) == '\r') at++;
  if (peek(lx, at) == '\n') at++;
  for (size_t end = at; end < lx->length; end++) {
    size_t close = end + 1;
    if (lx->text[end] != ']') continue;
    while (peek(lx, close) == '=') close++;
    if (close - end - 1 != level || peek(lx, close) != ']') continue;
    lb_str s = {0};
    lb_str_add(&s, lx->text + at, end - at);
    *st = finish_text(lx, out, &s, close + 1);
    lb_str_reset(&s);
    return true;
  }
  *st = lb_lexer_fail(lx, out->start, at, "the text that begins here does not end");
  return true;
}

/* Names ------------------------------------------------------------------------------------ */

static lb_status keep_name(lb_lexer *lx, lb_token *out, lb_token_kind kind, size_t start,
                           size_t end)
{
  out->kind = kind;
  out->length = end - start;
  out->text = lb_arena_text(lx->arena, lx->text + start, end - start);
  return out->text == NULL ? lb_error_nomem(lx->err, "name") : LB_OK;
}

static lb_status read_backticks(lb_lexer *lx, lb_token *out)
{
  size_t at = lx->at + 1;
  while (at < lx->length && lx->text[at] != '`' && lx->text[at] != '\0') at++;
  if (peek(lx, at) != '`')
    return lb_lexer_fail(lx, out->start, out->start + 1, "the name in backticks does not end");
  if (at == lx->at + 1) return lb_lexer_fail(lx, out->start, at + 1, "the name is empty");
  out->end = at + 1;
  out->quoted = true;
  return keep_name(lx, out, LB_TOK_NAME, lx->at + 1, at);
}

/* `is.na` and `tumour.size`: a point inside a name. */
static lb_status refuse_dotted(lb_lexer *lx, size_t start, size_t end)
{
  while (peek(lx, end) == '.' && lb_lexer_name_length(lx->text, lx->length, end + 1) > 0)
    end += 1 + lb_lexer_name_length(lx->text, lx->length, end + 1);
  char name[64];
  size_t n = end - start < sizeof name ? end - start : sizeof name - 1;
  memcpy(name, lx->text + start, n);
  name[n] = '\0';
  const lb_habit *habit = lb_habit_function(name);
  if (habit != NULL) {
    lb_error_set(lx->err, LB_EPARSE, "'%s' is written '%s' in Lobule", name, habit->written);
    return lb_error_caret(lx->err, lx->text, lx->length, start, end);
  }
  lb_lexer_fail(lx, start, end, "a name with a point stands in backticks");
  return n == end - start ? lb_error_mend(lx->err, "Write  `%s`", name) : LB_EPARSE;
}

static lb_status read_name(lb_lexer *lx, lb_token *out, size_t n)
{
  static const struct {
    const char *word;
    lb_token_kind kind;
  } WORDS[] = {{"and", LB_TOK_AND}, {"or", LB_TOK_OR},     {"not", LB_TOK_NOT},
               {"in", LB_TOK_IN},   {"true", LB_TOK_TRUE}, {"false", LB_TOK_FALSE},
               {"NA", LB_TOK_NA}};
  out->end = lx->at + n;
  if (peek(lx, out->end) == '.' && lb_lexer_name_length(lx->text, lx->length, out->end + 1) > 0)
    return refuse_dotted(lx, lx->at, out->end);
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
    if (strlen(WORDS[i].word) != n || memcmp(WORDS[i].word, lx->text + lx->at, n) != 0) continue;
    out->kind = WORDS[i].kind;
    return LB_OK;
  }
  return keep_name(lx, out, LB_TOK_NAME, lx->at, out->end);
}

static lb_status read_with(lb_lexer *lx, lb_token *out)
{
  size_t n = lb_lexer_name_length(lx->text, lx->length, lx->at + 1);
  if (n == 0) {
    lb_lexer_fail(lx, lx->at, lx->at + 1, "a name should follow '$'");
    return lb_error_mend(lx->err, "$name takes a value from the call:  { with = { name = 2 } }");
  }
  out->end = lx->at + 1 + n;
  return keep_name(lx, out, LB_TOK_WITH, lx->at + 1, out->end);
}

/* Signs ------------------------------------------------------------------------------------ */

static lb_status refuse_habit(const lb_lexer *lx, const lb_habit *habit)
{
  bool lua = strcmp(habit->written, "in") != 0 && habit->mend == NULL;
  lb_error_set(lx->err, LB_EPARSE, "'%s' is written %s%s%s in Lobule%s", habit->found,
               habit->written[0] == '\'' ? "" : "'", habit->written,
               habit->written[0] == '\'' ? "" : "'", lua ? ", as in Lua" : "");
  lb_error_caret(lx->err, lx->text, lx->length, lx->at, lx->at + strlen(habit->found));
  if (habit->mend != NULL) lb_error_mend(lx->err, "%s", habit->mend);
  return LB_EPARSE;
}

static lb_status refuse_sign(const lb_lexer *lx)
{
  static const lb_habit EQUALS = {"=", "==", NULL}, TILDE = {"~", "not", NULL};
  const char *text = lx->text + lx->at;
  if (*text == '=') return refuse_habit(lx, &EQUALS);
  if (*text == '~') return refuse_habit(lx, &TILDE);
  if (*text == '[' || *text == ']') {
    lb_lexer_fail(lx, lx->at, lx->at + 1, "brackets have no meaning here");
    return lb_error_mend(lx->err, "A list stands in braces:  treatment in {'TAE', 'SIRT'}");
  }
  unsigned char c = (unsigned char)*text;
  if (c < 0x20 || c >= 0x7F)
    return lb_lexer_fail(lx, lx->at, lx->at + 1, "a character that has no meaning here");
  char message[] = "'?' has no meaning here";
  message[1] = *text;
  return lb_lexer_fail(lx, lx->at, lx->at + 1, message);
}

static lb_status read_sign(lb_lexer *lx, lb_token *out)
{
  static const struct {
    const char *sign;
    lb_token_kind kind;
  } SIGNS[] = {
      {"<=", LB_TOK_LE},     {">=", LB_TOK_GE},     {"==", LB_TOK_EQ},    {"~=", LB_TOK_NE},
      {"//", LB_TOK_FLOOR},  {"..", LB_TOK_CONCAT}, {"<", LB_TOK_LT},     {">", LB_TOK_GT},
      {"+", LB_TOK_PLUS},    {"-", LB_TOK_MINUS},   {"*", LB_TOK_STAR},   {"/", LB_TOK_SLASH},
      {"%", LB_TOK_PERCENT}, {"^", LB_TOK_POWER},   {"(", LB_TOK_LPAREN}, {")", LB_TOK_RPAREN},
      {"{", LB_TOK_LBRACE},  {"}", LB_TOK_RBRACE},  {",", LB_TOK_COMMA},  {";", LB_TOK_COMMA}};
  const char *text = lx->text + lx->at;
  size_t left = lx->length - lx->at;
  const lb_habit *habit = lb_habit_sign(text, left);
  if (habit != NULL) return refuse_habit(lx, habit);
  if (left >= 2 && memcmp(text, "--", 2) == 0) {
    lb_lexer_fail(lx, lx->at, lx->at + 2, "'--' begins a comment in Lua and is not allowed here");
    return lb_error_mend(lx->err, "To subtract a negative number, leave a blank:  a - -1");
  }
  for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++) {
    size_t n = strlen(SIGNS[i].sign);
    if (n > left || memcmp(text, SIGNS[i].sign, n) != 0) continue;
    out->kind = SIGNS[i].kind;
    out->end = lx->at + n;
    return LB_OK;
  }
  return refuse_sign(lx);
}

static void skip_blanks(lb_lexer *lx)
{
  size_t bytes;
  for (;;) {
    if (is_blank(peek(lx, lx->at))) {
      lx->at++;
    } else if (lx->at < lx->length &&
               lb_habit_blank(lx->text + lx->at, lx->length - lx->at, &bytes)) {
      lx->at += bytes;
    } else {
      return;
    }
  }
}

lb_status lb_lexer_next(lb_lexer *lx, lb_token *out)
{
  skip_blanks(lx);
  *out = (lb_token){.kind = LB_TOK_END, .start = lx->at, .end = lx->at};
  if (lx->at >= lx->length) return LB_OK;
  char c = lx->text[lx->at];
  size_t n = lb_lexer_name_length(lx->text, lx->length, lx->at);
  lb_status st = LB_OK;
  if (n > 0)
    st = read_name(lx, out, n);
  else if (c == '0' && (peek(lx, lx->at + 1) == 'x' || peek(lx, lx->at + 1) == 'X'))
    st = read_hex(lx, out);
  else if (is_digit(c) || (c == '.' && is_digit(peek(lx, lx->at + 1))))
    st = read_decimal(lx, out);
  else if (c == '\'' || c == '"')
    st = read_quoted(lx, out);
  else if (c == '`')
    st = read_backticks(lx, out);
  else if (c == '$')
    st = read_with(lx, out);
  else if (c != '[' || !read_long(lx, out, &st))
    st = read_sign(lx, out);
  lx->at = out->end;
  return st;
}
