/* readstat.c - a data set of SAS, SPSS or Stata, read from memory variable by variable. */
#include "io/readstat.h"

#include <math.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/str.h"
#include "io/csv_column.h"
#include "io/por_table.h"
#include "io/readstat_column.h"
#include "io/room.h"
#include "io/xpt_member.h"

#define POLL_ROWS 1024
#define XPT_BLOCK 80 /* bytes of a record of a SAS transport file */

typedef struct reading {
  const lb_stat_options *options;
  lb_stat_format format;
  lb_stat_api api;
  const char *data; /* the file, and where ReadStat stands in it */
  size_t length, at;
  char *cut;                   /* one data set of a transport file; NULL: all of data */
  lb_stat_variable **variable; /* by ReadStat's index; NULL = skipped */
  char **name;                 /* of all variables, for messages */
  size_t n_variables, capacity, name_capacity;
  lb_stat_labels labels;
  size_t n_rows;
  bool ends_in_row; /* the last row is not whole (SAS transport) */
  lb_status status; /* why a handler asked to stop */
  lb_error *err;
} reading;

static void reading_reset(reading *r)
{
  for (size_t i = 0; i < r->n_variables; i++) {
    if (r->variable[i] != NULL) lb_stat_variable_reset(r->variable[i]);
    lb_mem_free(r->variable[i]);
    lb_mem_free(r->name[i]);
  }
  lb_mem_free(r->variable);
  lb_mem_free(r->name);
  lb_mem_free(r->cut);
  lb_stat_labels_reset(&r->labels);
}

static int stop(reading *r, lb_status st)
{
  if (r->status == LB_OK) r->status = st;
  return READSTAT_HANDLER_ABORT;
}

static int stop_nomem(reading *r)
{
  return stop(r, lb_error_nomem(r->err, "data set"));
}

static int stop_not_utf8(reading *r, const char *what)
{
  lb_error_set(r->err, LB_EPARSE, "%s is not UTF-8", what);
  lb_error_mend(r->err, "Name the file's encoding: encoding = \"WINDOWS-1252\".");
  return stop(r, LB_EPARSE);
}

static int stop_damaged(reading *r, const char *what)
{
  return stop(r, lb_error_set(r->err, LB_EPARSE, "not a %s file, or damaged (%s)",
                              lb_stat_format_name(r->format), what));
}

/* ---- The file in memory ---- */

static int on_open(const char *path, void *context)
{
  (void)path, (void)context;
  return 0;
}

static int on_close(void *context)
{
  (void)context;
  return 0;
}

static readstat_off_t on_seek(readstat_off_t offset, readstat_io_flags_t whence, void *context)
{
  reading *r = context;
  readstat_off_t base = 0;
  if (whence == READSTAT_SEEK_CUR) base = (readstat_off_t)r->at;
  if (whence == READSTAT_SEEK_END) base = (readstat_off_t)r->length;
  readstat_off_t to;
  if (__builtin_add_overflow(base, offset, &to) || to < 0 || (size_t)to > r->length) return -1;
  r->at = (size_t)to;
  return to;
}

/* A SAS transport file does not say how many rows it has, and ReadStat ends at the first row that
 * is not whole. After the last whole one only blanks may stand, less than a block of them. */
static bool is_filling(const char *rest, size_t n)
{
  if (n >= XPT_BLOCK) return false;
  while (n > 0 && rest[n - 1] == ' ') n--;
  return n == 0;
}

static ssize_t on_read(void *buffer, size_t n, void *context)
{
  reading *r = context;
  if (n > r->length - r->at) {
    n = r->length - r->at;
    r->ends_in_row =
        r->ends_in_row || (r->format == LB_STAT_XPT && !is_filling(r->data + r->at, n));
  }
  if (n > 0) memcpy(buffer, r->data + r->at, n);
  r->at += n;
  return (ssize_t)n;
}

static readstat_error_t on_update(long size, readstat_progress_handler progress, void *user,
                                  void *context)
{
  (void)size, (void)progress, (void)user, (void)context;
  return READSTAT_OK;
}

static int on_progress(double progress, void *context)
{
  reading *r = context;
  (void)progress;
  return lb_interrupted() ? stop(r, lb_error_interrupted(r->err)) : READSTAT_HANDLER_OK;
}

/* ---- Variables and labels ---- */

static bool wanted(const reading *r, const char *name)
{
  if (r->options->columns == NULL) return true;
  for (size_t i = 0; i < r->options->n_columns; i++)
    if (strcmp(r->options->columns[i], name) == 0) return true;
  return false;
}

static char *copy(const char *text)
{
  return text == NULL ? NULL : lb_mem_text(text, strlen(text));
}

/* The declared user-missing values of a number. */
static void copy_ranges(const reading *r, const readstat_variable_t *from, lb_stat_variable *v)
{
  int n = r->api.variable_get_missing_ranges_count(from);
  for (int i = 0; i < n && i < 32 && !v->is_text; i++) {
    v->range[v->n_ranges].low = r->api.double_value(r->api.variable_get_missing_range_lo(from, i));
    v->range[v->n_ranges++].high =
        r->api.double_value(r->api.variable_get_missing_range_hi(from, i));
  }
}

static lb_stat_variable *new_variable(const reading *r, const readstat_variable_t *from,
                                      const char *name, const char *set)
{
  const char *label = r->api.variable_get_label(from);
  lb_stat_variable *v = lb_mem_zero(1, sizeof *v);
  if (v == NULL) return NULL;
  v->name = copy(name);
  v->label = copy(label);
  v->set = copy(set);
  v->is_text = r->api.variable_get_type_class(from) == READSTAT_TYPE_CLASS_STRING;
  v->is_id = r->options->id != NULL && strcmp(r->options->id, name) == 0;
  v->shows = lb_stat_format_shows(r->api.variable_get_format(from), r->format);
  copy_ranges(r, from, v);
  if (v->name != NULL && (label == NULL) == (v->label == NULL) && (set == NULL) == (v->set == NULL))
    return v;
  lb_stat_variable_reset(v);
  lb_mem_free(v);
  return NULL;
}

static int on_variable(int index, readstat_variable_t *from, const char *set, void *context)
{
  reading *r = context;
  const char *name = r->api.variable_get_name(from), *label = r->api.variable_get_label(from);
  if (index < 0 || (size_t)index != r->n_variables) return READSTAT_HANDLER_ABORT;
  /* ReadStat hands over NULL for a name that is empty. */
  if (name == NULL || name[0] == '\0') return stop_damaged(r, "a variable without a name");
  if (!lb_utf8_valid(name, strlen(name))) return stop_not_utf8(r, "the name of a variable");
  if (label != NULL && !lb_utf8_valid(label, strlen(label)))
    return stop_not_utf8(r, "the label of a variable");
  if (!lb_room(&r->variable, r->n_variables, &r->capacity, sizeof *r->variable) ||
      !lb_room(&r->name, r->n_variables, &r->name_capacity, sizeof *r->name))
    return stop_nomem(r);
  r->variable[r->n_variables] = NULL;
  r->name[r->n_variables++] = copy(name);
  if (r->name[index] == NULL) return stop_nomem(r);
  bool mended = lb_name_mend(r->name[index]) > 0;
  if (!wanted(r, r->name[index])) return READSTAT_HANDLER_SKIP_VARIABLE;
  r->variable[index] = new_variable(r, from, r->name[index], set);
  if (r->variable[index] == NULL) return stop_nomem(r);
  r->variable[index]->is_mended = mended;
  return READSTAT_HANDLER_OK;
}

static int on_value_label(const char *set, readstat_value_t value, const char *label, void *context)
{
  reading *r = context;
  bool is_text = r->api.value_type_class(value) == READSTAT_TYPE_CLASS_STRING;
  if (set == NULL || label == NULL || r->api.value_is_tagged_missing(value)) return 0;
  if (!lb_utf8_valid(label, strlen(label))) return stop_not_utf8(r, "a value label");
  if (!lb_room(&r->labels.item, r->labels.n, &r->labels.capacity, sizeof *r->labels.item))
    return stop_nomem(r);
  lb_stat_value_label *one = &r->labels.item[r->labels.n++];
  *one = (lb_stat_value_label){.set = copy(set), .label = copy(label)};
  if (is_text) {
    const char *text = r->api.string_value(value);
    one->text_code = copy(text == NULL ? "" : text); /* compared with texts, never shown */
  } else {
    one->code = r->api.double_value(value);
  }
  bool ok = one->set != NULL && one->label != NULL && (!is_text || one->text_code != NULL);
  return ok ? READSTAT_HANDLER_OK : stop_nomem(r);
}

/* ---- Values ---- */

static void note_tag(lb_stat_variable *v, char tag)
{
  size_t i = tag == '_' ? 26 : (size_t)((tag | 32) - 'a');
  if (i < LB_STAT_TAGS) v->n_tagged[i]++;
}

static void note_code(lb_stat_variable *v, double code)
{
  v->n_user_missing++;
  for (size_t i = 0; i < v->n_codes; i++)
    if (v->code[i] == code) {
      v->n_code[i]++;
      return;
    }
  if (v->n_codes == LB_STAT_CODES) return;
  v->code[v->n_codes] = code;
  v->n_code[v->n_codes++] = 1;
}

static bool put_number(lb_stat_variable *v, double value)
{
  if (!lb_room(&v->number, v->n, &v->capacity, sizeof *v->number)) return false;
  v->number[v->n++] = value;
  return true;
}

static int add_number(reading *r, lb_stat_variable *v, readstat_value_t value,
                      readstat_variable_t *from)
{
  double number = NAN;
  if (r->api.value_is_tagged_missing(value))
    note_tag(v, r->api.value_tag(value));
  else if (!r->api.value_is_system_missing(value))
    number = r->api.double_value(value);
  if (!isnan(number) && r->api.value_is_defined_missing(value, from)) {
    note_code(v, number);
    number = NAN;
  }
  return put_number(v, number) ? READSTAT_HANDLER_OK : stop_nomem(r);
}

static int add_text(reading *r, lb_stat_variable *v, readstat_value_t value,
                    readstat_variable_t *from)
{
  const char *text = r->api.string_value(value);
  size_t length = text == NULL ? 0 : strlen(text);
  while (length > 0 && text[length - 1] == ' ') length--; /* fixed width: blanks fill it up */
  if (!lb_utf8_valid(text == NULL ? "" : text, length)) return stop_not_utf8(r, "a text");
  if (length > 0 && r->api.value_is_defined_missing(value, from)) {
    v->n_user_missing++;
    length = 0;
  }
  if (length == 0)
    lb_text_builder_add_missing(&v->text);
  else
    lb_text_builder_add(&v->text, text, length);
  v->n++;
  return v->text.failed ? stop_nomem(r) : READSTAT_HANDLER_OK;
}

/* Rows that a damaged file jumps over are missing. */
static bool pad(lb_stat_variable *v, size_t n)
{
  while (v->n < n && !v->text.failed) {
    if (v->is_text) {
      lb_text_builder_add_missing(&v->text);
      v->n++;
    } else if (!put_number(v, NAN)) {
      return false;
    }
  }
  return !v->text.failed;
}

static int on_value(int row, readstat_variable_t *from, readstat_value_t value, void *context)
{
  reading *r = context;
  int index = r->api.variable_get_index(from);
  if (index < 0 || (size_t)index >= r->n_variables || row < 0) return READSTAT_HANDLER_ABORT;
  lb_stat_variable *v = r->variable[index];
  if (v == NULL) return READSTAT_HANDLER_OK;
  if (row % POLL_ROWS == 0 && lb_interrupted()) return stop(r, lb_error_interrupted(r->err));
  if ((size_t)row < v->n) return READSTAT_HANDLER_ABORT;
  if (!pad(v, (size_t)row)) return stop_nomem(r);
  if ((size_t)row + 1 > r->n_rows) r->n_rows = (size_t)row + 1;
  return v->is_text ? add_text(r, v, value, from) : add_number(r, v, value, from);
}

static int on_metadata(readstat_metadata_t *metadata, void *context)
{
  reading *r = context;
  int n = r->api.get_row_count(metadata);
  /* A file without rows, or with all columns skipped, calls for no value. */
  if (n > 0 && r->options->columns != NULL && r->options->n_columns == 0) r->n_rows = (size_t)n;
  return READSTAT_HANDLER_OK;
}

/* ---- The frame ---- */

static lb_status parse(reading *r)
{
  const lb_stat_api *api = &r->api;
  readstat_parser_t *parser = api->parser_init();
  if (parser == NULL) return lb_error_nomem(r->err, "data set");
  api->set_metadata_handler(parser, on_metadata);
  api->set_variable_handler(parser, on_variable);
  api->set_value_handler(parser, on_value);
  api->set_value_label_handler(parser, on_value_label);
  api->set_progress_handler(parser, on_progress);
  api->set_open_handler(parser, on_open);
  api->set_close_handler(parser, on_close);
  api->set_seek_handler(parser, on_seek);
  api->set_read_handler(parser, on_read);
  api->set_update_handler(parser, on_update);
  api->set_io_ctx(parser, r);
  if (r->options->encoding != NULL) api->set_file_character_encoding(parser, r->options->encoding);
  readstat_error_t (*const parsers[])(readstat_parser_t *, const char *,
                                      void *) = {[LB_STAT_XPT] = api->parse_xport,
                                                 [LB_STAT_SAS7BDAT] = api->parse_sas7bdat,
                                                 [LB_STAT_SAV] = api->parse_sav,
                                                 [LB_STAT_POR] = api->parse_por,
                                                 [LB_STAT_DTA] = api->parse_dta};
  readstat_error_t code = parsers[r->format](parser, "", r);
  api->parser_free(parser);
  if (r->status != LB_OK) return r->status;
  if (code == READSTAT_OK && r->ends_in_row)
    return lb_error_set(r->err, LB_EPARSE, "the file is cut off: row %zu is not whole",
                        r->n_rows + 1);
  if (code == READSTAT_OK) return LB_OK;
  return lb_error_set(r->err, LB_EPARSE, "not a %s file, or damaged (%s)",
                      lb_stat_format_name(r->format), api->error_message(code));
}

static lb_status find_variable(const reading *r, const char *name, size_t *i)
{
  for (*i = 0; *i < r->n_variables; (*i)++)
    if (strcmp(r->name[*i], name) == 0) return LB_OK;
  return lb_name_unknown(r->err, "column", "Columns", name, (const char *const *)r->name,
                         r->n_variables);
}

static lb_status add_column(const reading *r, size_t i, lb_frame *frame, lb_problems *problems)
{
  lb_stat_variable *v = r->variable[i];
  lb_column *column = NULL;
  if (!pad(v, r->n_rows)) return lb_error_nomem(r->err, "column");
  lb_status st = lb_stat_variable_column(v, &r->labels, r->options->codes, r->format, &column,
                                         problems, r->err);
  if (st == LB_OK && v->is_mended &&
      !lb_problems_add(problems, 0, 0, v->name,
                       "the variable's name held a backtick or a control character"))
    st = lb_error_nomem(r->err, "problems");
  if (st == LB_OK) st = lb_frame_add(frame, v->name, column, r->err);
  lb_column_release(column);
  return st;
}

static lb_status fill_frame(const reading *r, lb_frame *frame, lb_problems *problems)
{
  const lb_stat_options *o = r->options;
  size_t n = o->columns == NULL ? r->n_variables : o->n_columns, i;
  lb_status st = LB_OK;
  if (o->id != NULL) st = find_variable(r, o->id, &i);
  for (size_t k = 0; k < n && st == LB_OK; k++) {
    i = k;
    if (o->columns != NULL) st = find_variable(r, o->columns[k], &i);
    if (st == LB_OK) st = add_column(r, i, frame, problems);
    if (lb_interrupted()) st = lb_error_interrupted(r->err);
  }
  return st;
}

/* Leaves one data set of a transport file; mends the characters of a portable file. */
static lb_status prepare(reading *r)
{
  size_t length = r->length;
  lb_status st = LB_OK;
  if (r->format != LB_STAT_XPT && r->options->table != NULL)
    return lb_error_set(r->err, LB_EARG, "table: a %s file holds one data set",
                        lb_stat_format_name(r->format));
  if (r->format == LB_STAT_XPT)
    st = lb_xpt_member(r->data, r->length, r->options->table, &r->cut, &length, r->err);
  else if (r->format == LB_STAT_POR)
    st = lb_por_mend(r->data, r->length, &r->cut, r->err);
  if (st != LB_OK || r->cut == NULL) return st;
  r->data = r->cut;
  r->length = length;
  return LB_OK;
}

static lb_status report_length(const reading *r, lb_problems *problems)
{
  if (r->format != LB_STAT_XPT || r->length % XPT_BLOCK == 0) return LB_OK;
  bool ok = lb_problems_add(problems, 0, 0, "",
                            "the file's last block is not whole: rows may be cut off");
  return ok ? LB_OK : lb_error_nomem(r->err, "problems");
}

static lb_status read_all(reading *r, lb_frame **frame, lb_problems *problems)
{
  lb_status st = lb_stat_api_open(&r->api, r->err);
  if (st == LB_OK) st = prepare(r);
  if (st == LB_OK) st = parse(r);
  if (st == LB_OK && r->n_rows >= UINT32_MAX)
    st = lb_error_set(r->err, LB_EDATA, "%zu rows are more than a frame holds", r->n_rows);
  if (st == LB_OK) st = lb_frame_new(r->n_rows, r->options->source, frame, r->err);
  if (st == LB_OK) st = report_length(r, problems);
  if (st == LB_OK) st = fill_frame(r, *frame, problems);
  return st;
}

lb_status lb_stat_read(const char *data, size_t length, lb_stat_format format,
                       const lb_stat_options *options, lb_frame **out, lb_problems *problems,
                       lb_error *err)
{
  static const lb_stat_options DEFAULTS = {0};
  lb_error scratch = {0};
  reading r = {.options = options == NULL ? &DEFAULTS : options,
               .format = format,
               .data = data,
               .length = length,
               .err = err == NULL ? &scratch : err};
  lb_problems found = {0};
  lb_frame *frame = NULL;
  lb_status st = read_all(&r, &frame, problems == NULL ? NULL : &found);
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
