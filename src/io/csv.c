/* csv.c - a comma-separated text or file becomes a frame: options checked, columns chosen. */
#include "io/csv.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "io/csv_frame.h"
#include "io/csv_sniff.h"
#include "io/csv_source.h"

#define MESSAGE    256
#define PART_BYTES 4096 /* of text for each column of a chunk: what a part takes is then little */

static void reading_reset(lb_csv_reading *r)
{
  for (size_t i = 0; r->name != NULL && i < r->layout.n_columns; i++) lb_mem_free(r->name[i]);
  lb_mem_free(r->name);
  lb_mem_free(r->column);
  lb_map_free(r->na);
  lb_csv_layout_reset(&r->layout);
}

/* A word that holds a quote is looked up for every cell: in the file it stands doubled. */
static void note_na(lb_csv_reading *r, const char *word)
{
  size_t n = strlen(word);
  bool quote = strchr(word, '"') != NULL;
  r->na_lengths |= quote ? ~(uint64_t)0 : (uint64_t)1 << (n < 63 ? n : 63);
  if (n > 0) r->na_first[(unsigned char)word[0]] = true;
  r->na_empty = r->na_empty || n == 0;
  r->na_values = r->na_values || word[0] == '-' || (word[0] >= '0' && word[0] <= '9');
  if (quote) memset(r->na_first, true, sizeof r->na_first);
}

static lb_status make_na(lb_csv_reading *r, lb_error *err)
{
  static const char *const USUAL[] = {"", "NA"};
  const char *const *word = r->options->na == NULL ? USUAL : r->options->na;
  size_t n = r->options->na == NULL ? 2 : r->options->n_na;
  bool ok = (r->na = lb_map_new()) != NULL;
  for (size_t i = 0; ok && i < n; i++) {
    ok = lb_map_put(r->na, word[i], strlen(word[i]), NULL, NULL);
    note_na(r, word[i]);
  }
  return ok ? LB_OK : lb_error_nomem(err, "csv options");
}

static lb_status make_rules(lb_csv_reading *r, lb_error *err)
{
  const lb_csv_options *o = r->options;
  r->rules = (lb_csv_rules){o->decimal == 0 ? '.' : o->decimal, o->date_format, o->censored};
  for (const char *c = "0123456789+-.,<NItTfF"; *c != '\0'; c++)
    r->maybe_value[(unsigned char)*c] = true;
  if (r->rules.decimal != '.' && r->rules.decimal != ',')
    return lb_error_set(err, LB_EARG, "the decimal mark must be \".\" or \",\"");
  if (o->separator != 0 && strchr("\"\r\n", o->separator) != NULL)
    return lb_error_set(err, LB_EARG, "a quote or a line end cannot be the separator");
  if (o->date_format == NULL || lb_csv_date_format_check(o->date_format)) return LB_OK;
  lb_error_set(err, LB_EARG, "'%.40s' is no date format", o->date_format);
  lb_error_mend(err, "Write YYYY, MM or M, and DD or D with marks between them: \"DD/MM/YYYY\"");
  return LB_EARG;
}

/* ---- Options that name columns ---- */

static lb_status unknown_column(const lb_csv_reading *r, const char *name, lb_error *err)
{
  return lb_name_unknown(err, "column", "Columns", name, (const char *const *)r->name,
                         r->layout.n_columns);
}

static bool find_name(const lb_csv_reading *r, const char *name, size_t *i)
{
  for (*i = 0; *i < r->layout.n_columns; (*i)++)
    if (strcmp(r->name[*i], name) == 0) return true;
  return false;
}

static lb_status check_options(const lb_csv_reading *r, lb_error *err)
{
  const lb_csv_options *o = r->options;
  size_t at;
  for (size_t i = 0; i < o->n_types; i++)
    if (!find_name(r, o->types[i].column, &at)) return unknown_column(r, o->types[i].column, err);
  if (o->id != NULL && !find_name(r, o->id, &at)) return unknown_column(r, o->id, err);
  return LB_OK;
}

static const lb_type *given_type(const lb_csv_reading *r, const char *name)
{
  for (size_t i = 0; i < r->options->n_types; i++)
    if (strcmp(r->options->types[i].column, name) == 0) return &r->options->types[i].type;
  return NULL;
}

static lb_status plan_columns(lb_csv_reading *r, lb_error *err)
{
  const lb_csv_options *o = r->options;
  size_t n = o->columns == NULL ? r->layout.n_columns : o->n_columns;
  r->column = lb_mem_zero(n, sizeof *r->column);
  if (r->column == NULL) return lb_error_nomem(err, "csv columns");
  r->n_columns = n;
  for (size_t k = 0; k < n; k++) {
    size_t i = k;
    if (o->columns != NULL && !find_name(r, o->columns[k], &i))
      return unknown_column(r, o->columns[k], err);
    r->column[k].index = i;
    r->column[k].name = r->name[i];
    r->column[k].given = given_type(r, r->name[i]);
    r->column[k].is_id = o->id != NULL && strcmp(o->id, r->name[i]) == 0;
  }
  return LB_OK;
}

static lb_status report_blank_lines(const lb_csv_layout *t, lb_problems *problems, lb_error *err)
{
  char message[MESSAGE];
  if (t->n_blank == 0) return LB_OK;
  snprintf(message, sizeof message, "%zu blank line%s left out", t->n_blank,
           t->n_blank == 1 ? " was" : "s were");
  return lb_problems_add(problems, 0, t->blank_line, NULL, message)
             ? LB_OK
             : lb_error_nomem(err, "problems");
}

/* ---- The text ---- */

/* A text to read and what may be done beside it. */
typedef struct request {
  const char *text;
  size_t length;
  lb_csv_side *side; /* or NULL */
  char separator;    /* found */
} request;

/* A chunk that is not too small for so many columns. */
static lb_status scan(lb_csv_reading *r, const request *q, bool careful, lb_error *err)
{
  char separator = r->options->separator;
  size_t size = LB_CSV_CHUNK;
  lb_status (*how)(const char *, size_t, char, size_t, lb_csv_layout *, lb_error *) =
      careful ? lb_csv_scan_carefully : lb_csv_scan;
  if (lb_csv_is_html(q->text, q->length)) {
    lb_error_set(err, LB_EPARSE, "this is an HTML page, not a table as text");
    lb_error_mend(err, "Was the download a login or error page? A spreadsheet that was saved as "
                       "HTML: save it as CSV.");
    return LB_EPARSE;
  }
  lb_status st = how(q->text, q->length, separator, size, &r->layout, err);
  size_t wanted = st == LB_OK ? r->layout.n_columns * PART_BYTES : 0;
  if (wanted <= size || r->layout.n_chunks < 2) return st;
  lb_csv_layout_reset(&r->layout);
  return how(q->text, q->length, separator, wanted, &r->layout, err);
}

static lb_status read_table(lb_csv_reading *r, request *q, bool careful, lb_frame **frame,
                            lb_problems *problems, lb_error *err)
{
  lb_status st = make_rules(r, err);
  if (st == LB_OK) st = scan(r, q, careful, err);
  if (st == LB_OK && r->layout.n_rows >= UINT32_MAX)
    st = lb_error_set(err, LB_EDATA, "%zu rows are more than a frame holds", r->layout.n_rows);
  if (st == LB_OK) st = make_na(r, err);
  if (st == LB_OK) st = lb_csv_names(r, problems, err);
  if (st == LB_OK) st = report_blank_lines(&r->layout, problems, err);
  if (st == LB_OK) st = check_options(r, err);
  if (st == LB_OK) st = plan_columns(r, err);
  if (st == LB_OK) st = lb_frame_new(r->layout.n_rows, r->options->source, frame, err);
  if (st == LB_OK) st = lb_csv_fill(r, q->side, *frame, problems, err);
  q->separator = r->layout.separator;
  return st;
}

/* The fast way, and where that meets what it cannot read, the careful one from the start. */
static lb_status read_text(request *q, const lb_csv_options *options, lb_frame **out,
                           lb_problems *problems, lb_error *err)
{
  static const lb_csv_options DEFAULTS = {0};
  bool astray = false;
  lb_status st = LB_OK;
  for (int attempt = 0; attempt == 0 || (astray && attempt == 1); attempt++) {
    lb_csv_reading r = {.options = options == NULL ? &DEFAULTS : options,
                        .joining = PTHREAD_MUTEX_INITIALIZER};
    lb_problems found = {0};
    lb_frame *frame = NULL;
    st = read_table(&r, q, attempt == 1, &frame, problems == NULL ? NULL : &found, err);
    astray = r.astray && st != LB_ENOMEM && st != LB_EINTR;
    bool stays = st == LB_OK && !astray;
    if (st != LB_OK && !astray && st != LB_ENOMEM && st != LB_EINTR && r.options->source != NULL)
      lb_error_in(err, "%s", r.options->source);
    reading_reset(&r);
    if (stays) {
      *out = frame;
      if (problems != NULL) *problems = found;
      return LB_OK;
    }
    lb_frame_release(frame);
    lb_problems_reset(&found);
  }
  return st;
}

lb_status lb_csv_read(const char *text, size_t length, const lb_csv_options *options,
                      lb_frame **out, lb_problems *problems, lb_error *err)
{
  request q = {text, length, NULL, 0};
  return read_text(&q, options, out, problems, err);
}

/* ---- The file ---- */

static void hash_source(void *context)
{
  lb_csv_source_hash(context);
}

static void rest_source(void *context, const char *text, size_t length)
{
  lb_csv_source_rest(context, text, length);
}

lb_status lb_csv_read_file(const char *path, const char *encoding, const lb_csv_options *options,
                           lb_frame **out, lb_problems *problems, lb_csv_facts *facts,
                           lb_error *err)
{
  lb_csv_source source = {0};
  lb_status st = lb_csv_source_open(path, encoding, &source, err);
  if (st != LB_OK) return st;
  lb_csv_side side = {hash_source, rest_source, &source, false};
  request q = {source.text, source.length, facts == NULL ? NULL : &side, 0};
  lb_frame *frame = NULL;
  lb_problems found = {0};
  st = read_text(&q, options, &frame, problems == NULL ? NULL : &found, err);
  if (st == LB_OK && facts != NULL && !side.done) lb_csv_source_hash(&source); /* no row: no pass */
  if (st == LB_OK) st = lb_file_check(&source.file, path, err);
  if (st == LB_OK) {
    *out = frame;
    frame = NULL;
    if (facts != NULL) *facts = source.facts;
    if (facts != NULL) facts->separator = q.separator;
    if (problems != NULL) *problems = found;
    found = (lb_problems){0};
  }
  lb_frame_release(frame);
  lb_problems_reset(&found);
  lb_csv_source_close(&source);
  return st;
}
