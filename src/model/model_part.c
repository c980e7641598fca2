/* model_part.c - the variables of a design: numbers, factors, and bases of numbers; for new data by
 * what the fitted ones were. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "model/basis.h"
#include "model/model_data.h"

#define ROWS_TEXT   320
#define LEVEL_SHOWN 24 /* bytes of a level in a message */
#define MOST_LEVELS 8

void lb_part_drop_rows(lb_part *part)
{
  for (size_t j = 0; part->own != NULL && j < part->n_number; j++) lb_mem_free(part->own[j]);
  lb_mem_free(part->number);
  lb_mem_free(part->own);
  part->own = NULL;
  part->column = NULL;
  lb_mem_free(part->coding.code);
  part->number = NULL;
  part->coding.code = NULL;
}

void lb_part_reset(lb_part *part)
{
  lb_part_drop_rows(part);
  lb_coding_reset(&part->coding);
  lb_mem_free(part->basis);
  lb_mem_free(part->name);
  *part = (lb_part){0};
}

static lb_status refuse_infinite(const lb_model_data *d, size_t slot, const double *value,
                                 lb_error *err)
{
  const lb_model *m = d->model;
  char rows[ROWS_TEXT];
  size_t n = 0;
  if (d->slot[slot].finite) return LB_OK;
  for (size_t i = 0; i < m->n_used; i++) n += fabs(value[i]) > DBL_MAX;
  if (n == 0) return LB_OK;
  uint8_t *bad = lb_mem_zero(m->n_used, 1);
  if (bad == NULL) return lb_error_nomem(err, "design");
  for (size_t i = 0; i < m->n_used; i++) bad[i] = isinf(value[i]) != 0;
  lb_model_name_rows(d, bad, rows, sizeof rows);
  lb_mem_free(bad);
  lb_error_set(err, LB_EDATA, "'%.200s' is infinite in %zu row%s (%s)", d->slot[slot].name, n,
               n == 1 ? "" : "s", rows);
  lb_error_mend(err, "The logarithm of 0 and a division by 0 are infinite.");
  return LB_EDATA;
}

lb_status lb_model_finite(const lb_model_data *d, size_t slot, double **out, lb_error *err)
{
  *out = lb_model_numbers(d, slot);
  return *out == NULL ? lb_error_nomem(err, "design") : refuse_infinite(d, slot, *out, err);
}

/* A factor of one level explains nothing; says which rows took the others away. */
static lb_status refuse_one_level(const lb_model_data *d, size_t slot, const lb_coding *c,
                                  lb_error *err)
{
  const lb_model *m = d->model;
  bool secret = lb_column_type(d->slot[slot].column) == LB_TEXT;
  const char *open = secret ? "" : " ('", *close = secret ? "" : "')";
  const char *level = secret ? "" : c->label[0];
  if (m->n_missing == 0)
    return lb_error_set(err, LB_EDATA, "'%.200s' has one level only%s%.100s%s", d->slot[slot].name,
                        open, level, close);
  lb_error_set(
      err, LB_EDATA,
      "'%.200s' has one level left%s%.100s%s after %zu row%s with missing values %s dropped",
      d->slot[slot].name, open, level, close, m->n_missing, m->n_missing == 1 ? "" : "s",
      m->n_missing == 1 ? "was" : "were");
  lb_model_mend_dropped(m, err);
  return LB_EDATA;
}

/* ---- Numbers and bases ---- */

static lb_status refuse_type(const lb_model_data *d, size_t v, const char *expected, lb_error *err)
{
  const lb_slot *slot = &d->slot[d->variable[v]];
  const lb_formula *f = &d->model->formula;
  const lb_variable *variable = &f->variable[v];
  lb_type type = lb_column_type(slot->column);
  lb_error_set(err, LB_ETYPE, "'%.200s' is %s, %s was expected", slot->name,
               lb_model_type_words(type), expected);
  lb_error_caret(err, f->text, f->length, variable->start, variable->end);
  if (type == LB_DATE || type == LB_DATETIME)
    lb_error_mend(err, "Write the time between two dates:  years(start, %s)", variable->text);
  return LB_ETYPE;
}

/* Room for the pointers to n columns. */
static lb_status part_columns(lb_part *part, size_t n, lb_error *err)
{
  part->number = lb_mem_zero(n, sizeof *part->number);
  part->own = lb_mem_zero(n, sizeof *part->own);
  part->n_number = n;
  return part->number != NULL && part->own != NULL ? LB_OK : lb_error_nomem(err, "design");
}

/* Numbers of a variable, without a copy where the column has them as they are. */
static lb_status fill_number(const lb_model_data *d, size_t v, lb_part *part, lb_error *err)
{
  size_t slot = d->variable[v];
  lb_status st = part_columns(part, 1, err);
  if (st != LB_OK) return st;
  part->number[0] = lb_model_reals(d, slot);
  if (part->number[0] != NULL) {
    part->column = d->slot[slot].column;
    return refuse_infinite(d, slot, part->number[0], err);
  }
  part->number[0] = part->own[0] = lb_model_numbers(d, slot);
  if (part->own[0] == NULL) return lb_error_nomem(err, "design");
  bool integer = lb_column_type(d->slot[slot].column) == LB_INTEGER;
  return integer ? LB_OK : refuse_infinite(d, slot, part->own[0], err);
}

/* The columns of a basis of x: fitted to it, or that of `like`. */
static lb_status fill_columns(const lb_model_data *d, const double *x, lb_part *part, lb_error *err)
{
  size_t n = d->model->n_used;
  lb_status st = part_columns(part, part->basis->n_column, err);
  if (st != LB_OK) return st;
  for (size_t j = 0; j < part->n_number; j++) {
    part->number[j] = part->own[j] = lb_mem_array(n, sizeof **part->own);
    if (part->own[j] == NULL) return lb_error_nomem(err, "design");
  }
  lb_basis_values(part->basis, x, n, part->own);
  return LB_OK;
}

static lb_status fill_basis(const lb_model_data *d, size_t v, const lb_part *like, lb_part *part,
                            lb_error *err)
{
  const lb_formula *f = &d->model->formula;
  const lb_variable *variable = &f->variable[v];
  lb_basis_spec spec;
  double *x = NULL;
  lb_status st = lb_basis_read(f, (lb_span){variable->start, variable->end}, &spec, err);
  if (st != LB_OK) return st;
  part->basis = lb_mem_zero(1, sizeof *part->basis);
  if (part->basis == NULL) return lb_error_nomem(err, "design");
  st = lb_model_finite(d, d->variable[v], &x, err);
  if (st == LB_OK && like != NULL)
    *part->basis = *like->basis;
  else if (st == LB_OK) {
    const double *count = d->options->frequency ? d->model->weight : NULL;
    st = lb_basis_fit_repeated(&spec, x, count, d->model->n_used, part->basis, err);
    if (st != LB_OK) lb_error_in(err, "%s", variable->text);
  }
  if (st == LB_OK) st = fill_columns(d, x, part, err);
  lb_mem_free(x);
  return st;
}

/* ---- Factors ---- */

/* Copies at most LEVEL_SHOWN bytes of a level, whole characters; "..." marks the cut. */
static void shorten(const char *label, char out[LEVEL_SHOWN + 4])
{
  size_t n = strlen(label), keep = n < LEVEL_SHOWN ? n : LEVEL_SHOWN;
  while (keep < n && keep > 0 && ((unsigned char)label[keep] & 0xC0) == 0x80) keep--;
  memcpy(out, label, keep);
  snprintf(out + keep, 4, "%s", keep < n ? "..." : "");
}

/* A level that the fit did not see, shortened as it may be anybody's text, and those that it did:
 * results print them too. */
static lb_status refuse_level(const char *name, const lb_coding *like, const char *label,
                              lb_error *err)
{
  char shown[LEVEL_SHOWN + 4], level[LEVEL_SHOWN + 4], known[MOST_LEVELS * (LEVEL_SHOWN + 8)] = "";
  size_t near = lb_name_nearest(label, (const char *const *)like->label, like->n), used = 0, k = 0;
  shorten(label, shown);
  lb_error_set(err, LB_EDATA, "column '%.200s' has a level '%s' that the fit did not see%s%.100s%s",
               name, shown, near < like->n ? " (did you mean '" : "",
               near < like->n ? like->label[near] : "", near < like->n ? "'?)" : "");
  for (; k < like->n && k < MOST_LEVELS; k++) {
    shorten(like->label[k], level);
    used +=
        (size_t)snprintf(known + used, sizeof known - used, "%s'%s'", k == 0 ? "" : ", ", level);
  }
  if (k < like->n)
    lb_error_mend(err, "Its levels are %s and %zu more.", known, like->n - k);
  else
    lb_error_mend(err, "Its levels are %s.", known);
  return LB_EDATA;
}

/* Copies labels; the codes of `like` for the levels of new data. */
static lb_status match_levels(const lb_model_data *d, const lb_slot *slot, const lb_coding *like,
                              lb_coding *c, lb_error *err)
{
  int32_t *to = lb_mem_array(c->n, sizeof *to);
  char **label = lb_mem_zero(like->n, sizeof *label);
  lb_status st = to == NULL || label == NULL ? lb_error_nomem(err, "design") : LB_OK;
  for (size_t k = 0; st == LB_OK && k < like->n; k++) {
    label[k] = lb_mem_text(like->label[k], strlen(like->label[k]));
    if (label[k] == NULL) st = lb_error_nomem(err, "design");
  }
  for (size_t k = 0; st == LB_OK && k < c->n; k++) {
    size_t at = 0;
    while (at < like->n && strcmp(like->label[at], c->label[k]) != 0) at++;
    to[k] = (int32_t)at;
    if (at == like->n) st = refuse_level(slot->name, like, c->label[k], err);
  }
  for (size_t i = 0; st == LB_OK && i < d->model->n_used; i++) c->code[i] = to[c->code[i]];
  lb_mem_free(to);
  if (st != LB_OK) {
    lb_labels_free(label, like->n);
    return st;
  }
  lb_labels_free(c->label, c->n);
  c->label = label;
  c->n = like->n;
  return LB_OK;
}

static lb_status fill_factor(const lb_model_data *d, size_t v, const lb_part *like, lb_part *part,
                             lb_error *err)
{
  size_t slot = d->variable[v];
  lb_status st = lb_model_code(d, slot, 0, &part->coding, err);
  if (st != LB_OK) return st;
  if (like != NULL) return match_levels(d, &d->slot[slot], &like->coding, &part->coding, err);
  return part->coding.n > 1 ? LB_OK : refuse_one_level(d, slot, &part->coding, err);
}

lb_status lb_part_fill(lb_model_data *d, size_t v, const lb_part *like, lb_part *part,
                       lb_error *err)
{
  const lb_slot *slot = &d->slot[d->variable[v]];
  const lb_variable *variable = &d->model->formula.variable[v];
  lb_type type = lb_column_type(slot->column);
  bool number = type == LB_REAL || type == LB_INTEGER;
  lb_span argument;
  bool basis = lb_basis_argument(&d->model->formula, variable, &argument);
  const char *name = basis ? variable->text : slot->name;
  part->name = lb_mem_text(name, strlen(name));
  if (part->name == NULL) return lb_error_nomem(err, "design");
  if (type == LB_DATE || type == LB_DATETIME) return refuse_type(d, v, "a number or factor", err);
  bool wanted = like != NULL && like->n_number > 0;
  if (!number && (basis || wanted)) return refuse_type(d, v, "a number", err);
  if (basis) return fill_basis(d, v, like, part, err);
  if (like == NULL ? number : wanted) return fill_number(d, v, part, err);
  return fill_factor(d, v, like, part, err);
}
