/* error.c - building error messages: cut at whole characters, kept on one line, with a caret below
 * the source. */
#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define CARET_COLUMNS 74 /* of a long source line; with an ellipsis at both ends 76 */
#define ELLIPSIS      "\xe2\x80\xa6"
#define REPLACEMENT   "\xef\xbf\xbd"

static const char *const STATUS_NAMES[] = {"ok",    "memory", "argument", "name",        "type",
                                           "parse", "data",   "io",       "interrupted", "numeric"};

const char *lb_status_name(lb_status code)
{
  size_t i = (size_t)code;
  return i < sizeof STATUS_NAMES / sizeof STATUS_NAMES[0] ? STATUS_NAMES[i] : "unknown";
}

/* Length of text without the character that a cut at length may have left incomplete. */
static size_t whole_characters(const char *text, size_t length)
{
  for (size_t back = 1; back <= 3 && back <= length; back++) {
    unsigned char c = (unsigned char)text[length - back];
    if (c < 0x80) return length;
    if (c < 0xc0) continue;
    size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    return need > back ? length - back : length;
  }
  return length;
}

/* Control characters of names and data must neither break the line nor reach a terminal. */
static void tame(char *text, bool keep_newlines)
{
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '\n' && keep_newlines) continue;
    if (c < 0x20 || c == 0x7f) *text = c == '\n' || c == '\t' || c == '\r' ? ' ' : '?';
  }
}

/* Formats into a buffer of size bytes, cut at a whole character. */
static void format_into(char *buffer, size_t size, const char *format, va_list arguments)
{
  int n = vsnprintf(buffer, size, format, arguments);
  if (n < 0) buffer[0] = '\0';
  if (n >= 0 && (size_t)n >= size) buffer[whole_characters(buffer, size - 1)] = '\0';
}

/* Appends text at offset used of a buffer; returns the new length. */
static size_t append(char *buffer, size_t size, size_t used, const char *text, size_t length)
{
  size_t room = size - 1 - used;
  size_t taken = length <= room ? length : whole_characters(text, room);
  memcpy(buffer + used, text, taken);
  buffer[used + taken] = '\0';
  return used + taken;
}

static size_t context_append(lb_error *err, size_t used, const char *text, size_t length)
{
  return append(err->context, sizeof err->context, used, text, length);
}

/* Starts a new line of the context; returns its offset. */
static size_t context_line(lb_error *err)
{
  size_t used = strlen(err->context);
  return used == 0 ? 0 : context_append(err, used, "\n", 1);
}

lb_status lb_error_set(lb_error *err, lb_status code, const char *format, ...)
{
  if (err == NULL) return code;
  char message[sizeof err->message]; /* the arguments may point into err itself */
  va_list arguments;
  va_start(arguments, format);
  format_into(message, sizeof message, format, arguments);
  va_end(arguments);
  tame(message, false);
  err->code = code;
  memcpy(err->message, message, strlen(message) + 1);
  err->context[0] = '\0';
  return code;
}

/* Without an err the code is not known here; what matters then is that it is not LB_OK. */
static lb_status code_of(const lb_error *err)
{
  return err == NULL ? LB_EARG : err->code;
}

lb_status lb_error_in(lb_error *err, const char *format, ...)
{
  if (err == NULL) return code_of(err);
  char message[sizeof err->message];
  va_list arguments;
  va_start(arguments, format);
  format_into(message, sizeof message, format, arguments);
  va_end(arguments);
  tame(message, false);
  size_t used = append(message, sizeof message, strlen(message), ": ", 2);
  append(message, sizeof message, used, err->message, strlen(err->message));
  memcpy(err->message, message, strlen(message) + 1);
  return err->code;
}

lb_status lb_error_mend(lb_error *err, const char *format, ...)
{
  if (err == NULL) return code_of(err);
  char line[sizeof err->context];
  va_list arguments;
  va_start(arguments, format);
  format_into(line, sizeof line, format, arguments);
  va_end(arguments);
  tame(line, true);
  context_append(err, context_line(err), line, strlen(line));
  return err->code;
}

/* Bytes of the character at text; 0 when its first byte starts none. */
static size_t character_bytes(const char *text, size_t length)
{
  for (size_t n = 1; n <= 4 && n <= length; n++)
    if (lb_utf8_valid(text, n)) return n;
  return 0;
}

/* Appends columns [from, to) of a line, one visible character each. */
static size_t append_columns(lb_error *err, const char *line, size_t length, size_t from, size_t to)
{
  size_t used = strlen(err->context);
  for (size_t i = 0, column = 0; i < length && column < to; column++) {
    size_t n = character_bytes(line + i, length - i);
    unsigned char c = (unsigned char)line[i];
    if (column >= from) {
      if (n == 0)
        used = context_append(err, used, REPLACEMENT, strlen(REPLACEMENT));
      else if (c < 0x20 || c == 0x7f)
        used = context_append(err, used, " ", 1);
      else
        used = context_append(err, used, line + i, n);
    }
    i += n == 0 ? 1 : n;
  }
  return used;
}

/* Moves a position inside a well-formed character to its first byte. */
static size_t character_start(const char *line, size_t length, size_t at)
{
  for (size_t back = 1; back <= 3 && back <= at; back++)
    if (character_bytes(line + at - back, length - (at - back)) > back) return at - back;
  return at;
}

/* Writes the line's window [from, to) and carets below columns [mark, mark_end). */
static void append_marked(lb_error *err, const char *line, size_t length, const size_t window[2],
                          const size_t marks[2])
{
  size_t n_columns = lb_utf8_length(line, length);
  size_t used = context_append(err, context_line(err), "  ", 2);
  if (window[0] > 0) context_append(err, used, ELLIPSIS, strlen(ELLIPSIS));
  used = append_columns(err, line, length, window[0], window[1]);
  if (window[1] < n_columns) used = context_append(err, used, ELLIPSIS, strlen(ELLIPSIS));
  used = context_append(err, used, "\n  ", 3);
  if (window[0] > 0) used = context_append(err, used, " ", 1);
  for (size_t i = window[0]; i < marks[0]; i++) used = context_append(err, used, " ", 1);
  for (size_t i = marks[0]; i < marks[1]; i++) used = context_append(err, used, "^", 1);
}

/* The columns to show of a line: all, or CARET_COLUMNS of them around the marks. */
static void choose_window(size_t n_columns, const size_t marks[2], size_t window[2])
{
  window[0] = 0;
  window[1] = n_columns;
  if (n_columns <= CARET_COLUMNS) return;
  size_t n_marked = marks[1] - marks[0];
  size_t before = n_marked >= CARET_COLUMNS ? 0 : (CARET_COLUMNS - n_marked) / 2;
  window[0] = marks[0] > before ? marks[0] - before : 0;
  if (window[0] > n_columns - CARET_COLUMNS) window[0] = n_columns - CARET_COLUMNS;
  window[1] = window[0] + CARET_COLUMNS;
}

lb_status lb_error_caret(lb_error *err, const char *text, size_t length, size_t start, size_t end)
{
  if (err == NULL) return code_of(err);
  if (start > length) start = length;
  size_t first = start, last = start;
  while (first > 0 && text[first - 1] != '\n') first--;
  while (last < length && text[last] != '\n') last++;
  if (last > first && text[last - 1] == '\r') last--;
  if (start > last) start = last;
  if (end > last) end = last;
  const char *line = text + first;
  size_t bytes = last - first;
  start = character_start(line, bytes, start - first);
  end = end < first + start ? start : end - first;
  size_t marks[2] = {lb_utf8_length(line, start), 0}, window[2];
  marks[1] = marks[0] + lb_utf8_length(line + start, end - start);
  if (marks[1] == marks[0]) marks[1]++;
  choose_window(lb_utf8_length(line, bytes), marks, window);
  /* A range that runs out of the window is marked as far as it shows; one caret may stand past the
   * end. */
  if (marks[1] > window[1] && marks[1] > marks[0] + 1) marks[1] = window[1];
  append_marked(err, line, bytes, window, marks);
  return err->code;
}
