/* formula_scan.c - finding ends in formula text without understanding the expressions inside. */
#include "model/formula_scan.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"

#define NESTING_MAX 100
#define NUMBERS_MAX 64

bool lb_scan_is_blank(char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool lb_scan_is_digit(char c)
{
  return c >= '0' && c <= '9';
}

bool lb_scan_is_word(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || lb_scan_is_digit(c) || c == '_' ||
         (unsigned char)c >= 0x80;
}

static bool is_quote(char c)
{
  return c == '"' || c == '\'' || c == '`';
}

/* Behind a quoted part; a backslash hides a quote in strings, not between backticks. */
static size_t skip_quoted(const char *text, size_t at, size_t end)
{
  char quote = text[at];
  for (at++; at < end; at++) {
    if (text[at] == quote) return at + 1;
    if (text[at] == '\\' && quote != '`') at++;
  }
  return SIZE_MAX;
}

static char closing(char open)
{
  return open == '(' ? ')' : open == '[' ? ']' : open == '{' ? '}' : '\0';
}

static size_t skip_brackets(const char *text, size_t at, size_t end)
{
  char expected[NESTING_MAX];
  size_t depth = 0;
  while (at < end) {
    char c = text[at];
    if (is_quote(c)) {
      at = skip_quoted(text, at, end);
      if (at == SIZE_MAX) return SIZE_MAX;
      continue;
    }
    if (closing(c) != '\0') {
      if (depth == NESTING_MAX) return SIZE_MAX;
      expected[depth++] = closing(c);
    } else if (c == ')' || c == ']' || c == '}') {
      if (depth == 0 || expected[--depth] != c) return SIZE_MAX;
      if (depth == 0) return at + 1;
    }
    at++;
  }
  return SIZE_MAX;
}

size_t lb_scan_item(const char *text, size_t at, size_t end)
{
  if (at >= end) return end;
  if (is_quote(text[at])) return skip_quoted(text, at, end);
  if (closing(text[at]) != '\0') return skip_brackets(text, at, end);
  if (!lb_scan_is_word(text[at])) return at + 1;
  while (at < end && lb_scan_is_word(text[at])) at++;
  return at;
}

lb_span lb_scan_trim(const char *text, size_t start, size_t end)
{
  while (start < end && lb_scan_is_blank(text[start])) start++;
  while (end > start && lb_scan_is_blank(text[end - 1])) end--;
  return (lb_span){start, end};
}

size_t lb_scan_arguments(const char *text, lb_span range, lb_span *out, size_t capacity)
{
  lb_span all = lb_scan_trim(text, range.start, range.end);
  size_t n = 0, start = range.start, at = start;
  if (all.start == all.end) return 0;
  while (at < range.end) {
    if (text[at] == ',') {
      if (n < capacity) out[n] = lb_scan_trim(text, start, at);
      n++;
      start = at + 1;
    }
    size_t next = lb_scan_item(text, at, range.end);
    at = next == SIZE_MAX ? at + 1 : next;
  }
  if (n < capacity) out[n] = lb_scan_trim(text, start, range.end);
  return n + 1;
}

/* true when the blank between a and b goes. */
static bool drops_blank(char a, char b)
{
  return strchr("([{", a) != NULL || strchr(")]},", b) != NULL;
}

size_t lb_scan_normalise(const char *text, lb_span range, char *out)
{
  lb_span r = lb_scan_trim(text, range.start, range.end);
  size_t n = 0, at = r.start;
  while (at < r.end) {
    if (lb_scan_is_blank(text[at])) {
      while (lb_scan_is_blank(text[at])) at++; /* the range ends in no blank */
      if (n > 0 && out[n - 1] != ' ' && !drops_blank(out[n - 1], text[at])) out[n++] = ' ';
      continue;
    }
    bool comma = text[at] == ',';
    size_t next = is_quote(text[at]) ? skip_quoted(text, at, r.end) : at + 1;
    if (next == SIZE_MAX) next = r.end;
    memcpy(out + n, text + at, next - at);
    n += next - at;
    at = next;
    if (comma && at < r.end) out[n++] = ' ';
  }
  out[n] = '\0';
  return n;
}

lb_span lb_scan_named(const char *text, lb_span argument, lb_span *value)
{
  size_t at = argument.start;
  while (at < argument.end && (lb_scan_is_word(text[at]) || text[at] == '.')) at++;
  lb_span name = {argument.start, at};
  while (at < argument.end && lb_scan_is_blank(text[at])) at++;
  bool named = name.end > name.start && at < argument.end && text[at] == '=' &&
               !(at + 1 < argument.end && text[at + 1] == '=');
  *value = named ? lb_scan_trim(text, at + 1, argument.end) : argument;
  return named ? name : (lb_span){0, 0};
}

bool lb_scan_is(const char *text, lb_span span, const char *word)
{
  size_t n = span.end - span.start;
  return n == strlen(word) && strncmp(text + span.start, word, n) == 0;
}

bool lb_scan_numbers(const char *text, lb_span value, double *out, size_t capacity, size_t *n)
{
  lb_span item[NUMBERS_MAX];
  bool list = value.end > value.start && text[value.start] == '{';
  bool call =
      value.end > value.start + 1 && text[value.start] == 'c' && text[value.start + 1] == '(';
  if (list || call) value = (lb_span){value.start + (list ? 1 : 2), value.end - 1};
  *n = lb_scan_arguments(text, value, item, NUMBERS_MAX);
  if (*n == 0 || *n > capacity || *n > NUMBERS_MAX) return false;
  for (size_t i = 0; i < *n; i++) {
    if (!lb_parse_real(text + item[i].start, item[i].end - item[i].start, &out[i])) return false;
    if (i > 0 && !(out[i] > out[i - 1])) return false;
  }
  return true;
}
