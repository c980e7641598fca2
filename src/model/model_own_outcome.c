/* model_own_outcome.c - refuses terms that are made of the outcome's own time or event: such a fit
 * explains the outcome by itself. */
#include <string.h>

#include "base/mem.h"
#include "model/formula_scan.h"
#include "model/model_data.h"

/* The columns that a text names: bit i of `set` = column i of the frame. */
typedef struct columns {
  uint8_t *set;
  size_t n; /* how many */
} columns;

static void add_column(const lb_frame *frame, const char *name, size_t length, columns *out)
{
  size_t i;
  if (!lb_frame_find(frame, name, length, &i) || out->set[i]) return;
  out->set[i] = 1;
  out->n++;
}

/* What follows a word makes it a function, or the name of an option. */
static bool is_column_word(const char *text, size_t at, size_t end)
{
  while (at < end && lb_scan_is_blank(text[at])) at++;
  if (at == end) return true;
  return text[at] != '(' && !(text[at] == '=' && (at + 1 == end || text[at + 1] != '='));
}

/* Names of columns in a range of the formula, in quotes of texts none. */
static void scan_columns(const lb_model_data *d, lb_span range, columns *out)
{
  const char *text = d->model->formula.text;
  for (size_t at = range.start; at < range.end;) {
    char c = text[at];
    bool word = lb_scan_is_word(c), quote = c == '"' || c == '\'' || c == '`';
    size_t next = word || quote ? lb_scan_item(text, at, range.end) : at + 1;
    if (next == SIZE_MAX) return; /* evaluation says what is not closed */
    if (c == '`' && next - at > 2)
      add_column(d->frame, text + at + 1, next - at - 2, out);
    else if (word && is_column_word(text, next, range.end))
      add_column(d->frame, text + at, next - at, out);
    at = next;
  }
}

/* Each column of `own` stands in the text: of one column any use, of a time between two dates (or
 * an event of several columns) the use of all of them. Age at entry is no outcome. */
static bool uses_all(const lb_model_data *d, lb_span range, const columns *own, columns *found)
{
  size_t n = lb_frame_columns(d->frame);
  memset(found->set, 0, n);
  found->n = 0;
  scan_columns(d, range, found);
  for (size_t i = 0; i < n; i++)
    if (own->set[i] && !found->set[i]) return false;
  return own->n > 0;
}

static lb_status refuse(const lb_model_data *d, size_t part, const lb_variable *v, lb_error *err)
{
  const lb_formula *f = &d->model->formula;
  bool event = f->response != LB_RESPONSE_INTERVAL && part + 1 == f->n_response_part;
  bool groups = d->options->kind != LB_MODEL_DESIGN;
  lb_error_set(err, LB_EDATA, "the outcome's own %s ('%.200s') is no %s", event ? "event" : "time",
               f->response_part[part].text, groups ? "group" : "covariate");
  lb_error_caret(err, f->text, f->length, v->start, v->end);
  if (groups)
    return lb_error_mend(err, "People belong to a group from the start. For what happens later: "
                              "survival.tmerge and survival.cox.");
  if (event)
    return lb_error_mend(err, "What happens during follow-up is a covariate from then on: "
                              "survival.tmerge makes the rows.");
  return lb_error_mend(err, "An effect that changes with time: fit:ph_test() tests it, "
                            "survival.split or survival.tmerge cut the follow-up, "
                            "survival.royston_parmar has time_varying.");
}

static lb_status check_list(const lb_model_data *d, const lb_variable *list, size_t n, size_t part,
                            const columns *own, columns *found, lb_error *err)
{
  for (size_t i = 0; i < n; i++)
    if (uses_all(d, (lb_span){list[i].start, list[i].end}, own, found))
      return refuse(d, part, &list[i], err);
  return LB_OK;
}

/* One part of the outcome against all that stands at the right but clusters. */
static lb_status check_part(const lb_model_data *d, size_t part, columns *own, columns *found,
                            lb_error *err)
{
  const lb_formula *f = &d->model->formula;
  const lb_variable *response = f->response_part;
  const size_t n = lb_frame_columns(d->frame);
  memset(own->set, 0, n);
  memset(found->set, 0, n);
  own->n = found->n = 0;
  scan_columns(d, (lb_span){response[part].start, response[part].end}, own);
  if (f->n_response_part == 3) { /* the columns of the entry are those of a covariate */
    scan_columns(d, (lb_span){response[0].start, response[0].end}, found);
    for (size_t i = 0; i < n; i++) {
      own->n -= own->set[i] && found->set[i];
      own->set[i] = own->set[i] && !found->set[i];
    }
  }
  lb_status st = check_list(d, f->variable, f->n_variable, part, own, found, err);
  if (st == LB_OK) st = check_list(d, f->strata, f->n_strata, part, own, found, err);
  return st == LB_OK ? check_list(d, f->offset, f->n_offset, part, own, found, err) : st;
}

lb_status lb_model_check_own_outcome(const lb_model_data *d, lb_error *err)
{
  const lb_formula *f = &d->model->formula;
  if (f->response == LB_RESPONSE_NONE || f->response == LB_RESPONSE_EXPR) return LB_OK;
  if (f->n_variable + f->n_strata + f->n_offset == 0) return LB_OK;
  size_t n = lb_frame_columns(d->frame);
  uint8_t *sets = lb_mem_zero(2 * n + 1, sizeof *sets);
  if (sets == NULL) return lb_error_nomem(err, "formula");
  columns own = {.set = sets}, found = {.set = sets + n};
  lb_status st = LB_OK;
  for (size_t part = f->n_response_part == 3; part < f->n_response_part && st == LB_OK; part++)
    st = check_part(d, part, &own, &found, err);
  lb_mem_free(sets);
  return st;
}
