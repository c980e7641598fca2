/* csv_scan.c - rows of a comma-separated text found byte by byte (RFC 4180): the careful way, which
 * explains what is wrong with a file. */
#include "io/csv_scan.h"

#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "io/csv_plan.h"

#define POLL_RECORDS 1024

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

static bool is_break(char c)
{
  return c == '\n' || c == '\r';
}

/* "\r\n", "\n" or a lone "\r". */
static void skip_break(lb_csv_cursor *c)
{
  c->at += c->text[c->at] == '\r' && c->at + 1 < c->length && c->text[c->at + 1] == '\n' ? 2 : 1;
  c->line++;
}

size_t lb_csv_count_breaks(const char *text, size_t length)
{
  size_t n = 0;
  for (size_t i = 0; i < length; i++)
    n += text[i] == '\n' || (text[i] == '\r' && (i + 1 == length || text[i + 1] != '\n'));
  return n;
}

bool lb_csv_needs_quotes(const char *text, size_t length)
{
  if (length == 0 || (length == 2 && memcmp(text, "NA", 2) == 0)) return true;
  if (is_blank(text[0]) || is_blank(text[length - 1])) return true;
  if (length >= 3 && memcmp(text, LB_CSV_BYTE_ORDER_MARK, 3) == 0) return true;
  for (size_t i = 0; i < length; i++) switch (text[i]) {
    case '"':
    case '\n':
    case '\r':
    case ',':
    case ';':
    case '\t':
    case '|':
      return true;
    default:
      break;
    }
  return false;
}

/* What stands after a field; the cursor moves behind it. */
static lb_csv_stop pass_end(lb_csv_cursor *c)
{
  if (c->at == c->length) return LB_CSV_ENDS_TEXT;
  char stop = c->text[c->at];
  if (stop == c->separator) {
    c->at++;
    return LB_CSV_ENDS_CELL;
  }
  if (!is_break(stop)) return LB_CSV_TRAILING;
  skip_break(c);
  return LB_CSV_ENDS_RECORD;
}

/* From an opening quote to behind the closing one. false: unclosed, the cursor stays. */
static bool pass_quotes(lb_csv_cursor *c)
{
  size_t start = c->at + 1, at = start;
  for (;;) {
    const char *quote = memchr(c->text + at, '"', c->length - at);
    if (quote == NULL) return false;
    at = (size_t)(quote - c->text) + 1;
    if (at == c->length || c->text[at] != '"') break;
    at++;
  }
  c->line += lb_csv_count_breaks(c->text + start, at - 1 - start);
  c->at = at;
  return true;
}

lb_csv_stop lb_csv_scan_field(lb_csv_cursor *c, size_t *end)
{
  if (c->at < c->length && c->text[c->at] == '"') {
    if (!pass_quotes(c)) return LB_CSV_UNCLOSED;
  } else {
    size_t at = c->at;
    while (at < c->length && c->text[at] != c->separator && !is_break(c->text[at])) at++;
    c->at = at;
  }
  *end = c->at;
  return pass_end(c);
}

bool lb_csv_skip_blank_line(lb_csv_cursor *c)
{
  size_t at = c->at;
  while (at < c->length && is_blank(c->text[at]) && c->text[at] != c->separator) at++;
  if (at < c->length && !is_break(c->text[at])) return false;
  c->at = at;
  if (at < c->length) skip_break(c);
  return true;
}

/* ---- Cells ---- */

void lb_csv_trim(const char *text, size_t start, size_t end, size_t *at, size_t *length)
{
  if (start < end && text[start] == '"') {
    start++;
    end--;
  } else {
    while (start < end && is_blank(text[start])) start++;
    while (end > start && is_blank(text[end - 1])) end--;
  }
  *at = start;
  *length = end - start;
}

/* A place behind a quote is a quoted cell: what stands before a bare one is a separator, a break or
 * a blank. */
bool lb_csv_cell_get(const lb_csv_layout *layout, size_t at, size_t length, lb_str *scratch,
                     lb_csv_cell *cell)
{
  const char *text = layout->text + at;
  *cell = (lb_csv_cell){text, length, at > 0 && text[-1] == '"'};
  if (!cell->quoted || memchr(text, '"', length) == NULL) return true;
  scratch->length = 0;
  for (size_t start = 0; start < length;) {
    const char *quote = memchr(text + start, '"', length - start);
    size_t stop = quote == NULL ? length : (size_t)(quote - text) + 1;
    lb_str_add(scratch, text + start, stop - start);
    start = stop + (quote != NULL);
  }
  cell->text = scratch->data;
  cell->length = scratch->length;
  return !scratch->failed;
}

/* ---- Checks on the whole text ---- */

static size_t line_at(const char *text, size_t at)
{
  return lb_csv_count_breaks(text, at) + 1;
}

static lb_status check_encoding(const char *text, size_t length, lb_error *err)
{
  bool wide = length >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0);
  const char *nul = memchr(text, '\0', length);
  if (wide) {
    lb_error_set(err, LB_EPARSE, "the file is UTF-16, not UTF-8");
  } else if (nul != NULL) {
    lb_error_set(err, LB_EPARSE, "line %zu holds a NUL byte: this is no text file",
                 line_at(text, (size_t)(nul - text)));
    lb_error_mend(err, "Is it a spreadsheet or a compressed file? Export the table as CSV.");
    lb_error_mend(err, "If it is UTF-16 without a mark: encoding = \"utf-16le\" or \"utf-16be\".");
    return LB_EPARSE;
  } else if (lb_utf8_valid(text, length)) {
    return LB_OK;
  } else {
    size_t start = 0, line = 1;
    for (const char *nl; (nl = memchr(text + start, '\n', length - start)) != NULL; line++) {
      size_t next = (size_t)(nl - text) + 1;
      if (!lb_utf8_valid(text + start, next - start)) break;
      start = next;
    }
    lb_error_set(err, LB_EPARSE, "line %zu is not UTF-8", line);
    lb_error_mend(err,
                  "Pass encoding = \"latin1\" or \"windows-1252\" if an older program wrote it,"
                  " or save the file as UTF-8 (in a spreadsheet: \"CSV UTF-8\").");
    return LB_EPARSE;
  }
  lb_error_mend(err, "Save the file as UTF-8 (in a spreadsheet: \"CSV UTF-8\").");
  return LB_EPARSE;
}

static lb_status ragged(const lb_csv_layout *t, size_t line, size_t n, lb_error *err)
{
  lb_error_set(err, LB_EPARSE, "row %zu (line %zu) has %zu field%s, the header has %zu",
               t->n_rows + 1, line, n, n == 1 ? "" : "s", t->n_columns);
  lb_error_mend(err, n > t->n_columns
                         ? "Put a cell that holds the separator in double quotes."
                         : "Is the row cut off? An empty cell still needs its separator.");
  return LB_EPARSE;
}

static lb_status bad_quotes(lb_csv_stop stop, size_t line, lb_error *err)
{
  if (stop == LB_CSV_UNCLOSED) {
    lb_error_set(err, LB_EPARSE, "the double quote that opens in line %zu is never closed", line);
    lb_error_mend(err, "Close it, or write a quote that belongs to the text twice: \"\"");
  } else {
    lb_error_set(err, LB_EPARSE, "line %zu: text follows a closing double quote", line);
    lb_error_mend(err, "Write a quote that belongs to a quoted cell twice: \"\"");
  }
  return LB_EPARSE;
}

/* ---- The scan ---- */

/* One record at the cursor, which is not a blank line; its fields are counted. */
static lb_status pass_record(lb_csv_layout *t, lb_csv_cursor *c, size_t *n, lb_error *err)
{
  lb_csv_stop stop = LB_CSV_ENDS_CELL;
  for (*n = 0; stop == LB_CSV_ENDS_CELL; ++*n) {
    size_t start = c->at, line = c->line, end = 0;
    stop = lb_csv_scan_field(c, &end);
    if (stop == LB_CSV_UNCLOSED) return bad_quotes(stop, line, err);
    if (stop == LB_CSV_TRAILING) return bad_quotes(stop, c->line, err);
    if (!t->quotes_freely && end > start && t->text[start] == '"')
      t->quotes_freely = !lb_csv_needs_quotes(t->text + start + 1, end - start - 2);
  }
  return LB_OK;
}

/* A missing value where the table has one column and more follows; else left out. */
typedef struct gap {
  size_t n_rows, n_blank, first_line;
} gap;

static void take_gap(lb_csv_layout *t, const gap *g)
{
  if (g->n_blank > 0 && t->n_blank == 0) t->blank_line = g->first_line;
  t->n_blank += g->n_blank;
  t->n_rows += g->n_rows;
}

static lb_status scan_rows(lb_csv_layout *t, lb_csv_cursor *c, size_t chunk, lb_error *err)
{
  gap g = {0};
  lb_csv_cursor first = *c; /* of the gap, or of the record */
  while (c->at < c->length) {
    size_t n = 0, line = c->line;
    if (t->n_rows % POLL_RECORDS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    if (lb_csv_skip_blank_line(c)) {
      if (t->n_columns == 1)
        g.n_rows++;
      else if (g.n_blank++ == 0)
        g.first_line = line;
      continue;
    }
    size_t row = t->n_rows;
    take_gap(t, &g);
    g = (gap){0};
    lb_status st = pass_record(t, c, &n, err);
    if (st != LB_OK) return st;
    if (n != t->n_columns) return ragged(t, line, n, err);
    if (!lb_csv_plan_add(t, first.at, row, first.line, chunk)) return lb_error_nomem(err, "rows");
    t->n_rows++;
    t->chunk[t->n_chunks - 1].end = c->at;
    first = *c;
  }
  return LB_OK;
}

lb_status lb_csv_scan_carefully(const char *text, size_t length, char separator, size_t chunk,
                                lb_csv_layout *out, lb_error *err)
{
  lb_csv_layout t = {.careful = true};
  lb_csv_cursor c;
  size_t n;
  lb_csv_plan_begin(text, length, separator, &t, &c);
  lb_status st = check_encoding(t.text, t.length, err);
  if (st != LB_OK) return st;
  if (!lb_csv_plan_header(&t, &c)) {
    lb_error_set(err, LB_EPARSE, t.length == 0 ? "the file is empty" : "the file has no header");
    lb_error_mend(err, "The first line should hold the names of the columns.");
    return LB_EPARSE;
  }
  t.header_line = c.line;
  lb_csv_cursor start = c;
  st = pass_record(&t, &c, &n, err);
  if (st == LB_OK && !lb_csv_plan_names(&t, &start, n)) st = lb_error_nomem(err, "column names");
  if (st == LB_OK) st = scan_rows(&t, &c, chunk, err);
  if (st == LB_OK)
    *out = t;
  else
    lb_csv_layout_reset(&t);
  return st;
}
