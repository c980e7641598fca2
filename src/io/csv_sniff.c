/* csv_sniff.c - the separator of a csv text: the one that cuts rows everywhere into the same number
 * of fields. */
#include "io/csv_sniff.h"

#include <string.h>
#include <strings.h>

#include "io/csv_plan.h"
#include "io/csv_scan.h"

#define SAMPLE_ROWS  20
#define SAMPLE_BYTES ((size_t)1 << 20)
#define FAR_BYTES    ((size_t)1 << 16)

static const char SEPARATORS[] = ",;\t|";

/* Fields of the record at the cursor; 0 when its quotes are wrong. */
static size_t count_record(lb_csv_cursor *c)
{
  size_t n = 0, end;
  lb_csv_stop stop = LB_CSV_ENDS_CELL;
  for (; stop == LB_CSV_ENDS_CELL; n++) stop = lb_csv_scan_field(c, &end);
  return stop == LB_CSV_UNCLOSED || stop == LB_CSV_TRAILING ? 0 : n;
}

/* Fields of the header; *same: as many in the records after it. */
static size_t count_head(const char *text, size_t length, char separator, bool *same)
{
  lb_csv_cursor c = {text, length < SAMPLE_BYTES ? length : SAMPLE_BYTES, 0, 1, separator};
  size_t first = 0;
  *same = true;
  for (size_t row = 0; row < SAMPLE_ROWS && c.at < c.length;) {
    if (lb_csv_skip_blank_line(&c)) continue;
    size_t n = count_record(&c);
    if (row == 0) first = n;
    if (n == 0) break;
    bool cut_off = c.at == c.length && c.length < length;
    if (n != first && !cut_off) *same = false;
    row++;
  }
  return first;
}

/* Rows far into the text that have `wanted` fields, in tenths of those looked at. A sample may
 * begin inside a quoted cell, so that a few rows of another width mean nothing. */
static size_t tenths_alike(const char *text, size_t length, size_t from, char separator,
                           size_t wanted)
{
  size_t stop = length - from < FAR_BYTES ? length : from + FAR_BYTES, n_rows = 0, n_alike = 0;
  lb_csv_cursor c = {text, stop, from, 1, separator};
  while (c.at < c.length && text[c.at] != '\n') c.at++;
  for (c.at++; n_rows < SAMPLE_ROWS && c.at < c.length;) {
    if (lb_csv_skip_blank_line(&c)) continue;
    size_t n = count_record(&c);
    if (n == 0 || (c.at == c.length && stop < length)) break;
    n_rows++;
    n_alike += n == wanted;
  }
  return n_rows == 0 ? 10 : 10 * n_alike / n_rows;
}

static size_t count_fields(const char *text, size_t length, char separator, bool *same)
{
  size_t n = count_head(text, length, separator, same);
  if (!*same || n < 2 || length < 2 * SAMPLE_BYTES) return n;
  size_t middle = tenths_alike(text, length, length / 2, separator, n);
  size_t tail = tenths_alike(text, length, length - FAR_BYTES, separator, n);
  *same = middle >= 5 && tail >= 5;
  return n;
}

char lb_csv_sniff(const char *text, size_t length)
{
  char best = SEPARATORS[0];
  size_t most = 1;
  bool best_same = false;
  for (const char *s = SEPARATORS; *s != '\0'; s++) {
    bool same;
    size_t n = count_fields(text, length, *s, &same);
    if (n < 2 || (best_same && !same)) continue;
    if (n <= most && same == best_same) continue;
    best = *s;
    most = n;
    best_same = same;
  }
  return best;
}

size_t lb_csv_sep_line(const char *text, size_t length, char *separator)
{
  if (length < 6 || strncasecmp(text, "sep=", 4) != 0 || text[4] == '\n' || text[4] == '"')
    return 0;
  size_t end = text[5] == '\r' ? 6 : 5;
  if (end >= length || text[end] != '\n') return 0;
  *separator = text[4];
  return end + 1;
}

bool lb_csv_is_html(const char *text, size_t length)
{
  static const char *const BEGINNINGS[] = {"<!doctype html", "<html", "<head", "<body", "<table"};
  size_t at = length >= 3 && memcmp(text, LB_CSV_BYTE_ORDER_MARK, 3) == 0 ? 3 : 0;
  while (at < length && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0') at++;
  for (size_t i = 0; i < sizeof BEGINNINGS / sizeof *BEGINNINGS; i++) {
    size_t n = strlen(BEGINNINGS[i]);
    if (length - at >= n && strncasecmp(text + at, BEGINNINGS[i], n) == 0) return true;
  }
  return false;
}
