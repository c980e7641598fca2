/* csv.c - a comma-separated text becomes a frame: names mended, columns chosen and read. */
#include "io/csv.h"

#include <stdio.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/parallel.h"
#include "io/csv_column.h"
#include "io/csv_scan.h"

#define MESSAGE        256
#define PARALLEL_CELLS 200000 /* fewer are read sooner than threads start */

/* What reading holds besides the table. */
typedef struct reading {
  const lb_csv_options *options;
  lb_csv_table table;
  lb_map *na;
  char **name; /* table.n_columns, all different */
} reading;

static void reading_reset(reading *r)
{
  for (size_t i = 0; r->name != NULL && i < r->table.n_columns; i++) lb_mem_free(r->name[i]);
  lb_mem_free(r->name);
  lb_map_free(r->na);
  lb_csv_table_reset(&r->table);
}

static lb_status make_na(reading *r, lb_error *err)
{
  static const char *const USUAL[] = {"", "NA"};
  const char *const *word = r->options->na == NULL ? USUAL : r->options->na;
  size_t n = r->options->na == NULL ? 2 : r->options->n_na, index;
  bool is_new, ok = (r->na = lb_map_new()) != NULL;
  for (size_t i = 0; ok && i < n; i++)
    ok = lb_map_put(r->na, word[i], strlen(word[i]), &index, &is_new);
  return ok ? LB_OK : lb_error_nomem(err, "csv options");
}

/* ---- Names ---- */

/* The header as it stands, line breaks made blanks; "" where empty. */
static lb_status copy_header(reading *r, lb_error *err)
{
  lb_str scratch = {0};
  size_t n = r->table.n_columns;
  bool ok = (r->name = lb_mem_zero(n, sizeof *r->name)) != NULL;
  for (size_t i = 0; ok && i < n; i++) {
    lb_csv_cell cell;
    ok = lb_csv_cell_get(&r->table, 0, i, &scratch, &cell);
    if (ok) ok = (r->name[i] = lb_mem_text(cell.text, cell.length)) != NULL;
    for (char *c = r->name[i]; ok && *c != '\0'; c++)
      if ((unsigned char)*c < 0x20) *c = ' ';
  }
  lb_str_reset(&scratch);
  return ok ? LB_OK : lb_error_nomem(err, "column names");
}

/* The first free name among stem_k, stem_k+1, ...; it is put in the map. NULL: out of memory. */
static char *free_name(lb_map *taken, const char *stem, size_t *k)
{
  for (;; (*k)++) {
    size_t index;
    bool is_new, put;
    lb_str s = {0};
    lb_str_addf(&s, "%s_%zu", stem, *k);
    put = !s.failed && lb_map_put(taken, s.data, s.length, &index, &is_new);
    if (put && is_new) return lb_str_take(&s, NULL);
    lb_str_reset(&s);
    if (!put) return NULL;
  }
}

/* Replaces name i, and says so. */
static bool mend_name(reading *r, size_t i, lb_map *taken, size_t *next, lb_problems *problems)
{
  char message[MESSAGE];
  bool empty = r->name[i][0] == '\0';
  size_t k = i + 1;
  char *name = free_name(taken, empty ? "column" : r->name[i], empty ? &k : next);
  if (name == NULL) return false;
  if (empty)
    snprintf(message, sizeof message, "the header of column %zu is empty: it was named '%.80s'",
             i + 1, name);
  else
    snprintf(message, sizeof message,
             "the header '%.60s' stands again above column %zu: named '%.80s'", r->name[i], i + 1,
             name);
  lb_mem_free(r->name[i]);
  r->name[i] = name;
  return lb_problems_add(problems, 0, r->table.record[0].line, name, message);
}

/* First come the names that stand in the header, then substitutes that differ from all of them. */
static lb_status mend_names(reading *r, lb_problems *problems, lb_error *err)
{
  size_t n = r->table.n_columns, index;
  lb_map *taken = lb_map_new();
  size_t *next = lb_mem_zero(n, sizeof *next); /* by index in the map: the next number to try */
  bool *mend = lb_mem_zero(n, sizeof *mend), is_new = true;
  bool ok = taken != NULL && next != NULL && mend != NULL;
  for (size_t i = 0; ok && i < n; i++) {
    size_t length = strlen(r->name[i]);
    mend[i] = length == 0;
    if (mend[i]) continue;
    ok = lb_map_put(taken, r->name[i], length, &index, &is_new);
    mend[i] = !is_new;
  }
  for (size_t i = 0; ok && i < n; i++) next[i] = 2;
  for (size_t i = 0; ok && i < n; i++) {
    if (!mend[i]) continue;
    bool known = lb_map_find(taken, r->name[i], strlen(r->name[i]), &index);
    ok = mend_name(r, i, taken, known ? &next[index] : NULL, problems);
  }
  lb_map_free(taken);
  lb_mem_free(next);
  lb_mem_free(mend);
  return ok ? LB_OK : lb_error_nomem(err, "column names");
}

/* ---- Options that name columns ---- */

static lb_status unknown_column(const reading *r, const char *name, lb_error *err)
{
  return lb_name_unknown(err, "column", "Columns", name, (const char *const *)r->name,
                         r->table.n_columns);
}

static bool find_name(const reading *r, const char *name, size_t *i)
{
  for (*i = 0; *i < r->table.n_columns; (*i)++)
    if (strcmp(r->name[*i], name) == 0) return true;
  return false;
}

static lb_status check_options(const reading *r, lb_error *err)
{
  const lb_csv_options *o = r->options;
  size_t at;
  for (size_t i = 0; i < o->n_types; i++)
    if (!find_name(r, o->types[i].column, &at)) return unknown_column(r, o->types[i].column, err);
  if (o->id != NULL && !find_name(r, o->id, &at)) return unknown_column(r, o->id, err);
  return LB_OK;
}

static const lb_type *given_type(const reading *r, const char *name)
{
  for (size_t i = 0; i < r->options->n_types; i++)
    if (strcmp(r->options->types[i].column, name) == 0) return &r->options->types[i].type;
  return NULL;
}

/* ---- The frame ----
 * Columns are read independently of each other, in parallel when there are many cells; what they
 * found is put together in the order of the columns. */

typedef struct column_job {
  lb_csv_request request;
  lb_column *column;
  lb_problems problems;
  bool want_problems;
  lb_status status; /* LB_EINTR until the column is read */
} column_job;

static void read_column(void *context, size_t block)
{
  column_job *job = (column_job *)context + block;
  lb_problems *problems = job->want_problems ? &job->problems : NULL;
  job->status = lb_csv_column_read(&job->request, &job->column, problems, NULL);
}

static lb_status plan_columns(const reading *r, column_job *job, size_t n, lb_error *err)
{
  const lb_csv_options *o = r->options;
  for (size_t k = 0; k < n; k++) {
    size_t i = k;
    if (o->columns != NULL && !find_name(r, o->columns[k], &i))
      return unknown_column(r, o->columns[k], err);
    job[k].status = LB_EINTR;
    job[k].request = (lb_csv_request){.table = &r->table,
                                      .column = i,
                                      .name = r->name[i],
                                      .given = given_type(r, r->name[i]),
                                      .na = r->na,
                                      .is_id = o->id != NULL && strcmp(o->id, r->name[i]) == 0};
  }
  return LB_OK;
}

/* The column that failed is read once more for its message: 10,000 of them would take room. */
static lb_status explain(const column_job *job, lb_error *err)
{
  lb_column *column = NULL;
  if (job->status == LB_EINTR) return lb_error_interrupted(err);
  if (job->status == LB_ENOMEM) return lb_error_nomem(err, "csv column");
  lb_status st = lb_csv_column_read(&job->request, &column, NULL, err);
  lb_column_release(column);
  return st;
}

static lb_status collect(column_job *job, size_t n, lb_frame *frame, lb_problems *problems,
                         lb_error *err)
{
  lb_status st = LB_OK;
  for (size_t k = 0; k < n && st == LB_OK; k++) {
    if (job[k].status != LB_OK) return explain(&job[k], err);
    if (problems != NULL && !lb_problems_join(problems, &job[k].problems))
      return lb_error_nomem(err, "problems");
    st = lb_frame_add(frame, job[k].request.name, job[k].column, err);
  }
  return st;
}

static lb_status fill_frame(const reading *r, lb_frame *frame, lb_problems *problems, lb_error *err)
{
  size_t n = r->options->columns == NULL ? r->table.n_columns : r->options->n_columns;
  column_job *job = lb_mem_zero(n, sizeof *job);
  if (job == NULL) return lb_error_nomem(err, "csv columns");
  lb_status st = plan_columns(r, job, n, err);
  for (size_t k = 0; k < n; k++) job[k].want_problems = problems != NULL;
  if (st == LB_OK) {
    lb_parallel(n, r->table.n_fields >= PARALLEL_CELLS, read_column, job);
    st = collect(job, n, frame, problems, err);
  }
  for (size_t k = 0; k < n; k++) {
    lb_column_release(job[k].column);
    lb_problems_reset(&job[k].problems);
  }
  lb_mem_free(job);
  return st;
}

static lb_status report_blank_lines(const lb_csv_table *t, lb_problems *problems, lb_error *err)
{
  char message[MESSAGE];
  if (t->n_blank == 0) return LB_OK;
  snprintf(message, sizeof message, "%zu blank line%s left out", t->n_blank,
           t->n_blank == 1 ? " was" : "s were");
  return lb_problems_add(problems, 0, t->blank_line, NULL, message)
             ? LB_OK
             : lb_error_nomem(err, "problems");
}

static lb_status read_table(reading *r, const char *text, size_t length, lb_frame **frame,
                            lb_problems *problems, lb_error *err)
{
  const lb_csv_options *o = r->options;
  lb_status st = lb_csv_scan(text, length, o->separator, &r->table, err);
  if (st == LB_OK && r->table.n_records > UINT32_MAX)
    st = lb_error_set(err, LB_EDATA, "%zu rows are more than a frame holds", r->table.n_records);
  if (st == LB_OK) st = make_na(r, err);
  if (st == LB_OK) st = copy_header(r, err);
  if (st == LB_OK) st = mend_names(r, problems, err);
  if (st == LB_OK) st = report_blank_lines(&r->table, problems, err);
  if (st == LB_OK) st = check_options(r, err);
  if (st == LB_OK) st = lb_frame_new(r->table.n_records - 1, o->source, frame, err);
  if (st == LB_OK) st = fill_frame(r, *frame, problems, err);
  return st;
}

lb_status lb_csv_read(const char *text, size_t length, const lb_csv_options *options,
                      lb_frame **out, lb_problems *problems, lb_error *err)
{
  static const lb_csv_options DEFAULTS = {0};
  reading r = {.options = options == NULL ? &DEFAULTS : options};
  lb_problems found = {0};
  lb_frame *frame = NULL;
  lb_status st = read_table(&r, text, length, &frame, problems == NULL ? NULL : &found, err);
  if (st != LB_OK && st != LB_ENOMEM && st != LB_EINTR && r.options->source != NULL)
    lb_error_in(err, "%s", r.options->source);
  reading_reset(&r);
  if (st == LB_OK) {
    *out = frame;
    if (problems != NULL) *problems = found;
    return LB_OK;
  }
  lb_frame_release(frame);
  lb_problems_reset(&found);
  return st;
}
