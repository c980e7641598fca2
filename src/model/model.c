/* model.c - from a formula and a frame to a model: parse, evaluate, keep complete cases, fill. */
#include "model/model.h"

#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "model/formula_terms.h"
#include "model/model_data.h"

#define GROUP_NUMBERS 20 /* distinct numbers that still make groups */

static lb_status check_outcome(const lb_formula *f, unsigned accepts, lb_error *err)
{
  if (f->response == LB_RESPONSE_SURV || f->response == LB_RESPONSE_SURV_CNSR) return LB_OK;
  if (f->response == LB_RESPONSE_INTERVAL) {
    if (accepts & LB_ACCEPTS_INTERVAL) return LB_OK;
    lb_span call = {0, f->response_part[1].end};
    lb_formula_error(f, call, err, "this method does not take interval-censored times");
    lb_error_mend(err, "Write Surv(time, event) with the time of detection, or use a method for "
                       "interval-censored times.");
    return LB_EPARSE;
  }
  lb_span at = {0, 1};
  if (f->n_response_part == 1) at = (lb_span){f->response_part[0].start, f->response_part[0].end};
  lb_formula_error(f, at, err,
                   f->n_response_part == 0 ? "the formula has no outcome"
                                           : "the outcome is not Surv(time, event)");
  lb_error_mend(err, "Write  Surv(time, event) ~ ...");
  return LB_EPARSE;
}

/* Curves and tests divide rows by every variable of every term: a + b, a:b and a * b are one. */
static lb_status fill_groups(lb_model_data *d, lb_error *err)
{
  const lb_formula *f = &d->model->formula;
  if (f->n_offset > 0) {
    lb_span at = {f->offset[0].start, f->offset[0].end};
    lb_formula_error(f, at, err, "offset() has no meaning for groups");
    return LB_EPARSE;
  }
  return lb_model_classes(d, d->variable, f->n_variable, GROUP_NUMBERS, &d->model->groups, err);
}

static lb_status fill_design(lb_model_data *d, lb_error *err)
{
  lb_status st = lb_model_columns(d, NULL, err);
  if (st == LB_OK) st = lb_model_penalties(d, err);
  return st == LB_OK ? lb_model_offset(d, err) : st;
}

static lb_status fill(lb_model_data *d, lb_error *err)
{
  lb_model *m = d->model;
  bool counted = false;
  lb_status st = lb_model_data_evaluate(d, err);
  if (st == LB_OK && d->options->kind == LB_MODEL_COUNTS) st = lb_model_counts(d, &counted, err);
  if (st != LB_OK || counted) return st;
  st = lb_model_data_pick(d, err);
  if (st == LB_OK) st = lb_model_response(d, err);
  if (st == LB_OK) st = lb_model_weights(d, err);
  if (st == LB_OK) st = lb_model_classes(d, d->strata, m->formula.n_strata, 0, &m->strata, err);
  if (st == LB_OK) st = lb_model_cluster(d, err);
  if (st != LB_OK) return st;
  return d->options->kind == LB_MODEL_DESIGN ? fill_design(d, err) : fill_groups(d, err);
}

lb_status lb_model_build(const char *formula, size_t length, const lb_frame *frame,
                         const lb_model_options *options, lb_model *out, lb_error *err)
{
  lb_model m = {0};
  lb_model_data d = {.frame = frame, .options = options, .model = &m};
  lb_status st = lb_formula_parse(formula, length, &m.formula, err);
  if (st == LB_OK) st = check_outcome(&m.formula, options->accepts, err);
  if (st == LB_OK) st = lb_model_check_penalties(&m.formula, options->accepts, err);
  if (st == LB_OK) st = lb_model_check_own_outcome(&d, err);
  if (st == LB_OK) st = fill(&d, err);
  if (st == LB_OK && lb_interrupted()) st = lb_error_interrupted(err);
  lb_model_data_reset(&d);
  if (st == LB_OK)
    *out = m;
  else
    lb_model_reset(&m);
  return st;
}

/* Strata of new data get the numbers that they have in the fit. */
static lb_status match_strata(const lb_classes *fit, lb_classes *c, size_t n_rows, lb_error *err)
{
  lb_status st = LB_OK;
  int32_t *to = lb_mem_array(c->n, sizeof *to);
  if (to == NULL) return lb_error_nomem(err, "strata");
  for (size_t k = 0; st == LB_OK && k < c->n; k++) {
    size_t at = 0;
    while (at < fit->n && strcmp(fit->name[at], c->name[k]) != 0) at++;
    to[k] = (int32_t)at;
    if (at == fit->n)
      st = lb_error_set(err, LB_EDATA, "the new data have a stratum that the fit did not see");
  }
  for (size_t i = 0; st == LB_OK && i < n_rows; i++) c->code[i] = to[c->code[i]];
  lb_mem_free(to);
  return st;
}

/* Without the outcome, its parts are not asked of the new data; clusters and groups of a frailty
 * never are. */
static void forget_outcome(lb_formula *f, bool outcome)
{
  for (size_t i = 0; !outcome && i < f->n_response_part; i++) lb_mem_free(f->response_part[i].text);
  if (!outcome) f->n_response_part = 0;
  for (size_t i = 0; i < f->n_cluster; i++) lb_mem_free(f->cluster[i].text);
  f->n_cluster = 0;
  for (size_t i = 0; i < f->n_frailty; i++) lb_mem_free(f->frailty[i].text);
  f->n_frailty = 0;
}

lb_status lb_model_apply(const lb_model *fit, const lb_frame *frame, bool outcome, lb_model *out,
                         lb_error *err)
{
  const lb_model_options options = {.kind = LB_MODEL_DESIGN,
                                    .accepts = fit->n_cause > 0 ? LB_ACCEPTS_CAUSES : 0,
                                    .censored = fit->censored_label,
                                    .cause = fit->event_cause};
  lb_model m = {0};
  lb_model_data d = {.frame = frame, .options = &options, .model = &m};
  lb_status st = lb_formula_parse(fit->formula.text, fit->formula.length, &m.formula, err);
  if (st == LB_OK) {
    forget_outcome(&m.formula, outcome);
    st = lb_model_data_evaluate(&d, err);
    if (st == LB_OK) st = lb_model_data_pick(&d, err);
  }
  if (st == LB_OK && outcome) st = lb_model_response(&d, err);
  if (st == LB_OK) st = lb_model_classes(&d, d.strata, m.formula.n_strata, 0, &m.strata, err);
  if (st == LB_OK && m.formula.n_strata > 0)
    st = match_strata(&fit->strata, &m.strata, m.n_used, err);
  if (st == LB_OK) st = lb_model_columns(&d, fit, err);
  if (st == LB_OK) st = lb_model_offset(&d, err);
  lb_model_data_reset(&d);
  if (st == LB_OK)
    *out = m;
  else
    lb_model_reset(&m);
  return st;
}

static void reset_terms(lb_model *m)
{
  for (size_t j = 0; j < m->p; j++) {
    lb_mem_free(m->own[j]);
    lb_mem_free(m->term[j].term);
    lb_mem_free(m->term[j].variable);
    lb_mem_free(m->term[j].level);
    lb_mem_free(m->term[j].reference);
  }
  for (size_t j = 0; j < m->n_kept; j++) lb_column_release(m->kept[j]);
  lb_mem_free(m->kept);
  lb_mem_free(m->column);
  lb_mem_free(m->own);
  lb_mem_free(m->term);
}

void lb_model_reset(lb_model *model)
{
  reset_terms(model);
  for (size_t v = 0; v < model->n_part; v++) lb_part_reset(&model->part[v]);
  lb_mem_free(model->part);
  for (size_t i = 0; i < model->n_dropped; i++) lb_mem_free(model->dropped[i].variable);
  lb_mem_free(model->dropped);
  lb_mem_free(model->row);
  lb_mem_free(model->own_count);
  lb_mem_free(model->time);
  lb_mem_free(model->entry);
  lb_mem_free(model->event);
  lb_mem_free(model->cause);
  lb_labels_free(model->cause_label, model->n_cause);
  lb_mem_free(model->censored_label);
  lb_mem_free(model->event_cause);
  lb_mem_free(model->lower);
  lb_mem_free(model->upper);
  lb_mem_free(model->weight);
  lb_mem_free(model->time_label);
  lb_mem_free(model->time_unit);
  lb_mem_free(model->offset);
  lb_mem_free(model->cluster);
  lb_classes_reset(&model->groups);
  lb_classes_reset(&model->strata);
  lb_classes_reset(&model->frailty);
  lb_mem_free(model->penalty);
  lb_mem_free(model->penalty_column);
  lb_formula_reset(&model->formula);
  *model = (lb_model){0};
}

void lb_model_surv(const lb_model *model, lb_surv *out)
{
  *out = (lb_surv){.n = model->n_used,
                   .time = model->time,
                   .entry = model->entry,
                   .event = model->event,
                   .weight = model->weight,
                   .n_missing = model->n_missing,
                   .cause = model->cause,
                   .n_cause = model->n_cause};
}

void lb_model_design(const lb_model *model, lb_design *out)
{
  *out = (lb_design){
      .n = model->n_used, .p = model->p, .column = model->column, .offset = model->offset};
}
