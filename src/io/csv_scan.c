/* csv_scan.c - one pass over a comma-separated text that notes where every field ends (RFC 4180).
 */
#include "io/csv_scan.h"

#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"

#define QUOTED       ((uint64_t)1 << 63)
#define DOUBLED      ((uint64_t)1 << 62)
#define OFFSET       (DOUBLED - 1)
#define SNIFF_ROWS   20
#define SNIFF_BYTES  ((size_t)1 << 20)
#define POLL_RECORDS 1024

static const char SEPARATORS[] = ",;\t|";
static const char BYTE_ORDER_MARK[] = "\xEF\xBB\xBF";

typedef enum field_end { ENDS_CELL, ENDS_RECORD, ENDS_TEXT, UNCLOSED, TRAILING } field_end;

/* Where a scan stands. */
typedef struct cursor {
  const char *text;
  size_t length, at;
  size_t line;
  char separator;
} cursor;

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

static bool is_break(char c)
{
  return c == '\n' || c == '\r';
}

/* "\r\n", "\n" or a lone "\r". */
static void skip_break(cursor *c)
{
  c->at += c->text[c->at] == '\r' && c->at + 1 < c->length && c->text[c->at + 1] == '\n' ? 2 : 1;
  c->line++;
}

static size_t count_breaks(const char *text, size_t length)
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
  if (length >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0) return true;
  for (size_t i = 0; i < length; i++)
    if (text[i] == '"' || is_break(text[i]) || strchr(SEPARATORS, text[i]) != NULL) return true;
  return false;
}

/* What stands after a field; the cursor moves behind it. */
static field_end pass_end(cursor *c)
{
  if (c->at == c->length) return ENDS_TEXT;
  char stop = c->text[c->at];
  if (stop == c->separator) {
    c->at++;
    return ENDS_CELL;
  }
  if (!is_break(stop)) return TRAILING;
  skip_break(c);
  return ENDS_RECORD;
}

/* From an opening quote to behind the closing one. false: unclosed, the cursor stays. */
static bool pass_quotes(cursor *c, uint64_t *flags)
{
  size_t start = c->at + 1, at = start;
  *flags = QUOTED;
  for (;;) {
    const char *quote = memchr(c->text + at, '"', c->length - at);
    if (quote == NULL) return false;
    at = (size_t)(quote - c->text) + 1;
    if (at == c->length || c->text[at] != '"') break;
    *flags |= DOUBLED;
    at++;
  }
  c->line += count_breaks(c->text + start, at - 1 - start);
  c->at = at;
  return true;
}

/* One field; *end is its last byte + 1 with flags. */
static field_end scan_field(cursor *c, uint64_t *end)
{
  uint64_t flags = 0;
  if (c->at < c->length && c->text[c->at] == '"') {
    if (!pass_quotes(c, &flags)) return UNCLOSED;
  } else {
    size_t at = c->at;
    while (at < c->length && c->text[at] != c->separator && !is_break(c->text[at])) at++;
    c->at = at;
  }
  *end = (uint64_t)c->at | flags;
  return pass_end(c);
}

/* Moves past a line that holds nothing but blanks. */
static bool skip_blank_line(cursor *c)
{
  size_t at = c->at;
  while (at < c->length && is_blank(c->text[at]) && c->text[at] != c->separator) at++;
  if (at < c->length && !is_break(c->text[at])) return false;
  c->at = at;
  if (at < c->length) skip_break(c);
  return true;
}

/* ---- The separator ---- */

/* Fields of the first record; *same: as many in the next records. */
static size_t count_fields(const char *text, size_t length, char separator, bool *same)
{
  cursor c = {text, length < SNIFF_BYTES ? length : SNIFF_BYTES, 0, 1, separator};
  size_t first = 0;
  *same = true;
  for (size_t row = 0; row < SNIFF_ROWS && c.at < c.length;) {
    if (skip_blank_line(&c)) continue;
    size_t n = 0;
    uint64_t end;
    field_end stop = ENDS_CELL;
    while (stop == ENDS_CELL) {
      stop = scan_field(&c, &end);
      n++;
    }
    if (row == 0) first = n;
    if (stop == UNCLOSED || stop == TRAILING) break;
    bool cut_off = c.at == c.length && c.length < length;
    if (n != first && !cut_off) *same = false;
    row++;
  }
  return first;
}

/* The one that cuts the first records into the same number of fields, at least 2; of several the
 * one with most; when none does, the one with most fields in the header. */
static char find_separator(const char *text, size_t length)
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

/* ---- Checks on the whole text ---- */

static size_t line_at(const char *text, size_t at)
{
  return count_breaks(text, at) + 1;
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
  }
  lb_error_mend(err, "Save the file as UTF-8 (in a spreadsheet: \"CSV UTF-8\").");
  return LB_EPARSE;
}

/* ---- The scan ---- */

static bool grow(void **block, size_t *capacity, size_t n, size_t size)
{
  if (n < *capacity) return true;
  size_t wanted = *capacity < 1024 ? 1024 : *capacity + *capacity / 2;
  void *larger = lb_mem_resize(*block, wanted, size);
  if (larger == NULL) return false;
  *block = larger;
  *capacity = wanted;
  return true;
}

static bool add_record(lb_csv_table *t, const cursor *c)
{
  void *block = t->record;
  if (!grow(&block, &t->record_capacity, t->n_records, sizeof *t->record)) return false;
  t->record = block;
  t->record[t->n_records++] = (lb_csv_record){c->at, c->line};
  return true;
}

static bool add_field(lb_csv_table *t, uint64_t end)
{
  void *block = t->end;
  if (!grow(&block, &t->field_capacity, t->n_fields, sizeof *t->end)) return false;
  t->end = block;
  t->end[t->n_fields++] = end;
  return true;
}

static lb_status ragged(const lb_csv_table *t, size_t n, lb_error *err)
{
  size_t row = t->n_records - 1;
  lb_error_set(err, LB_EPARSE, "row %zu (line %zu) has %zu field%s, the header has %zu", row,
               t->record[row].line, n, n == 1 ? "" : "s", t->n_columns);
  lb_error_mend(err, n > t->n_columns
                         ? "Put a cell that holds the separator in double quotes."
                         : "Is the row cut off? An empty cell still needs its separator.");
  return LB_EPARSE;
}

static lb_status bad_quotes(field_end stop, size_t line, lb_error *err)
{
  if (stop == UNCLOSED) {
    lb_error_set(err, LB_EPARSE, "the double quote that opens in line %zu is never closed", line);
    lb_error_mend(err, "Close it, or write a quote that belongs to the text twice: \"\"");
  } else {
    lb_error_set(err, LB_EPARSE, "line %zu: text follows a closing double quote", line);
    lb_error_mend(err, "Write a quote that belongs to a quoted cell twice: \"\"");
  }
  return LB_EPARSE;
}

/* One record at the cursor, which is not a blank line. */
static lb_status scan_record(lb_csv_table *t, cursor *c, lb_error *err)
{
  size_t before = t->n_fields;
  if (!add_record(t, c)) return lb_error_nomem(err, "csv rows");
  for (field_end stop = ENDS_CELL; stop == ENDS_CELL;) {
    size_t start = c->at, line = c->line;
    uint64_t end = 0;
    stop = scan_field(c, &end);
    if (stop == UNCLOSED) return bad_quotes(stop, line, err);
    if (stop == TRAILING) return bad_quotes(stop, c->line, err);
    if ((end & QUOTED) != 0 && !t->quotes_freely)
      t->quotes_freely = !lb_csv_needs_quotes(t->text + start + 1, (end & OFFSET) - start - 2);
    if (!add_field(t, end)) return lb_error_nomem(err, "csv fields");
  }
  size_t n = t->n_fields - before;
  if (t->n_records == 1) t->n_columns = n;
  return n == t->n_columns ? LB_OK : ragged(t, n, err);
}

/* Blank lines: left out, but a missing value where the table has one column and more follows. */
static lb_status scan_records(lb_csv_table *t, cursor *c, lb_error *err)
{
  size_t n_kept = 0, n_blank = 0, first_blank = 0;
  while (c->at < c->length) {
    if (t->n_records % POLL_RECORDS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    cursor before = *c;
    if (skip_blank_line(c)) {
      if (t->n_records == 0 || t->n_columns > 1) {
        if (n_blank++ == 0) first_blank = before.line;
      } else if (!add_record(t, &before) || !add_field(t, before.at)) {
        return lb_error_nomem(err, "csv rows");
      }
      continue;
    }
    lb_status st = scan_record(t, c, err);
    if (st != LB_OK) return st;
    n_kept = t->n_records;
    if (n_blank > t->n_blank && t->n_blank == 0) t->blank_line = first_blank;
    t->n_blank = n_blank;
  }
  t->n_records = n_kept;
  t->n_fields = n_kept * t->n_columns;
  if (n_kept > 0) return LB_OK;
  lb_error_set(err, LB_EPARSE, t->length == 0 ? "the file is empty" : "the file has no header");
  lb_error_mend(err, "The first line should hold the names of the columns.");
  return LB_EPARSE;
}

lb_status lb_csv_scan(const char *text, size_t length, char separator, lb_csv_table *out,
                      lb_error *err)
{
  if (length >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0) {
    text += 3;
    length -= 3;
  }
  lb_status st = check_encoding(text, length, err);
  if (st != LB_OK) return st;
  if (separator == '\0') separator = find_separator(text, length);
  lb_csv_table t = {.text = text, .length = length, .separator = separator};
  cursor c = {text, length, 0, 1, separator};
  st = scan_records(&t, &c, err);
  if (st == LB_OK)
    *out = t;
  else
    lb_csv_table_reset(&t);
  return st;
}

void lb_csv_table_reset(lb_csv_table *table)
{
  lb_mem_free(table->record);
  lb_mem_free(table->end);
  *table = (lb_csv_table){0};
}

bool lb_csv_cell_get(const lb_csv_table *table, size_t record, size_t column, lb_str *scratch,
                     lb_csv_cell *cell)
{
  const uint64_t *field = &table->end[record * table->n_columns + column];
  size_t start = column == 0 ? table->record[record].start : (size_t)(field[-1] & OFFSET) + 1;
  size_t end = (size_t)(*field & OFFSET);
  const char *text = table->text;
  *cell = (lb_csv_cell){.quoted = (*field & QUOTED) != 0};
  if (cell->quoted) {
    start++;
    end--;
  } else {
    while (start < end && is_blank(text[start])) start++;
    while (end > start && is_blank(text[end - 1])) end--;
  }
  cell->text = text + start;
  cell->length = end - start;
  if ((*field & DOUBLED) == 0) return true;
  scratch->length = 0;
  while (start < end) {
    const char *quote = memchr(text + start, '"', end - start);
    size_t stop = quote == NULL ? end : (size_t)(quote - text) + 1;
    lb_str_add(scratch, text + start, stop - start);
    start = stop + (quote != NULL);
  }
  cell->text = scratch->data;
  cell->length = scratch->length;
  return !scratch->failed;
}
