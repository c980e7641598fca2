/* finegray_incidence.c - influences of rows on the subdistribution hazard at given times, and
 * cumulative incidence with its standard error. */
#include "stats/survival/finegray_work.h"

#include "base/interrupt.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

/* The derivative of a hazard step by the risk of a row is minus its sum of event weights over the
 * squared risk set: `square`; of one with the event there, by Efron's ties, `square_event`. */
typedef struct sums {
  fg_tables *t;
  double *rate;               /* bins: hazard step for each unit of weight of an event */
  double *square;             /* slots: sum over bins */
  double *square_event;       /* bins */
  double *lasting;            /* layers x slots: sum over bins of their weight times the square */
  double *jump[2], *drift[2]; /* as those of the scores, of one number */
  double *unit;               /* of each row or cluster: influence on the hazard */
  double *gradient;           /* p: of the hazard, by the coefficients */
  size_t stratum, end;        /* whose hazard, up to which slot */
} sums;

static bool alloc(sums *m)
{
  const cox_data *d = m->t->d;
  size_t slots = cox_slots(d);
  m->rate = lb_mem_array(d->n_bin, sizeof *m->rate);
  m->square = lb_mem_zero(slots, sizeof *m->square);
  m->square_event = lb_mem_array(d->n_bin, sizeof *m->square_event);
  m->lasting = lb_mem_zero(d->n_layer * slots, sizeof *m->lasting);
  m->unit = lb_mem_array(fg_units(m->t->w, d), sizeof *m->unit);
  m->gradient = lb_mem_array(d->p, sizeof *m->gradient);
  bool ok = m->rate != NULL && m->square != NULL && m->square_event != NULL && m->lasting != NULL &&
            m->unit != NULL && m->gradient != NULL;
  for (size_t e = 0; e < 2; e++) {
    size_t places = fg_jump_places(e == 0 ? &m->t->w->censor : &m->t->w->entry);
    m->jump[e] = lb_mem_zero(places, sizeof *m->jump[e]);
    m->drift[e] = lb_mem_zero(places, sizeof *m->drift[e]);
    ok = ok && m->jump[e] != NULL && m->drift[e] != NULL;
  }
  return ok;
}

static void reset(sums *m)
{
  void *array[] = {m->rate,     m->square,  m->square_event, m->lasting,  m->unit,
                   m->gradient, m->jump[0], m->jump[1],      m->drift[0], m->drift[1]};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
}

static void sum_squares(sums *m)
{
  const cox_data *d = m->t->d;
  const cox_state *state = m->t->s;
  size_t w = d->p + 1, slots = cox_slots(d);
  for (size_t s = 0; s < d->n_stratum; s++) {
    for (size_t b = d->stratum_bin[s]; b < d->stratum_bin[s + 1]; b++) {
      const double *e = state->joined + d->bin[b].segment * state->stride;
      double d0 = state->exact ? e[0] + e[w] : e[0];
      cox_tied_sums tied = cox_tied(m->t->w->opt->cox.ties, &d->bin[b], state->at_risk[b * w], d0);
      size_t slot = b + s;
      m->rate[b] = tied.hazard / d->bin[b].event_weight;
      m->square[slot + 1] = m->square[slot] + tied.a;
      m->square_event[b] = tied.a - tied.b;
      for (size_t l = 0; l < d->n_layer; l++)
        m->lasting[l * slots + slot + 1] =
            m->lasting[l * slots + slot] + d->bin_weight[l * d->n_bin + b] * tied.a;
    }
  }
}

/* ---- The estimated weights ---- */

static void add_row(void *context, size_t k, double *sum)
{
  const sums *m = context;
  *sum += cox_lasting_risk(m->t->d, m->t->s, k);
}

/* Of rows in the stratum: what they still have to come up to the time, by squares. */
static void take_q(void *context, const double *sum, size_t layer, size_t slot, double *q)
{
  const sums *m = context;
  const cox_data *d = m->t->d;
  if (slot < d->stratum_bin[m->stratum] + m->stratum || slot >= m->end) return;
  const double *lasting = m->lasting + layer * cox_slots(d);
  *q += *sum * (lasting[m->end] - lasting[slot]);
}

static lb_status sum_weights(sums *m, lb_error *err)
{
  const fg_sum method = {1, 1, m, add_row, take_q};
  lb_status st = fg_sum_jumps(m->t, &method, false, m->jump[0], m->drift[0], err);
  if (st == LB_OK && m->t->w->entry.start != NULL)
    st = fg_sum_jumps(m->t, &method, true, m->jump[1], m->drift[1], err);
  return st;
}

/* ---- Influences ---- */

/* Of place k in the stratum, the weights and coefficients being known. */
static double own_influence(const sums *m, size_t segment, size_t k)
{
  const cox_data *d = m->t->d;
  uint32_t b = d->segment_bin[segment], leave = d->leave_bin == NULL ? COX_NO_BIN : d->leave_bin[k];
  size_t slot = d->slot[segment], end = m->end;
  bool event = b != COX_NO_BIN && segment == d->bin[b].segment && slot <= end;
  size_t first =
      leave == COX_NO_BIN ? d->stratum_bin[m->stratum] + m->stratum : leave + 1 + m->stratum;
  double square = m->square[slot < end ? slot : end] - m->square[first < end ? first : end];
  if (event) square += m->square_event[b] - (m->square[slot] - m->square[slot - 1]);
  const double *lasting = m->lasting + (d->layer == NULL ? 0 : d->layer[k] * cox_slots(d));
  double sum = event ? cox_weight(d, k) * m->rate[b] : 0;
  sum -= m->t->s->risk[k] * square;
  if (slot < end) sum -= cox_lasting_risk(m->t->d, m->t->s, k) * (lasting[end] - lasting[slot]);
  return sum;
}

static void set_units(sums *m)
{
  const cox_data *d = m->t->d;
  const fg_work *w = m->t->w;
  memset(m->unit, 0, fg_units(w, d) * sizeof *m->unit);
  size_t first = d->stratum_row[m->stratum], last = d->stratum_row[m->stratum + 1];
  size_t segment = first < last ? d->block_segment[first / COX_ROWS] : 0;
  for (size_t k = first; k < last; k++) {
    while (d->segment_row[segment + 1] <= k) segment++;
    m->unit[fg_unit(w, d, k)] += own_influence(m, segment, k);
  }
  if (w->opt->variance != LB_FINEGRAY_FULL) return;
  const double *const jump[2] = {m->jump[0], m->jump[1]};
  const double *const drift[2] = {m->drift[0], m->drift[1]};
  for (size_t k = 0; k < d->n; k++)
    m->unit[fg_unit(w, d, k)] += cox_weight(d, k) * fg_psi(m->t, k, jump, drift);
}

/* Derivative of the hazard at the means by the coefficients: those of a stratum's own centre, and
 * the way from there. */
static double set_gradient(sums *m, const lb_cox *fit)
{
  const cox_data *d = m->t->d;
  const cox_state *s = m->t->s;
  size_t start = d->stratum_bin[m->stratum] + m->stratum, k = d->stratum_row[m->stratum];
  size_t bin = m->end - m->stratum - 1; /* the last one, if any */
  double factor = fg_baseline_factor(m->t->w, d, s, fit, m->stratum);
  double hazard = m->end == start ? 0 : (s->hazard[bin] + s->hazard_low[bin]) * factor;
  for (size_t j = 0; j < d->p; j++) {
    double centre = m->t->w->x->column[j][d->row[k]] - cox_z(d, k, j) * d->scale[j];
    m->gradient[j] =
        hazard * (fit->means[j] - centre) - factor * d->scale[j] * m->t->past[m->end * d->p + j];
  }
  return factor;
}

/* Hazard at the time, variance, covariances; influence: of each unit on the coefficients. */
static void take_moments(const sums *m, double factor, const double *influence, double *out)
{
  size_t p = m->t->d->p, n = fg_units(m->t->w, m->t->d);
  for (size_t i = 0; i < n; i++) {
    const double *beta = influence + i * p;
    double hazard = factor * m->unit[i];
    for (size_t j = 0; j < p; j++) hazard += m->gradient[j] * beta[j];
    out[1] += hazard * hazard;
    for (size_t j = 0; j < p; j++) out[2 + j] += hazard * beta[j];
  }
}

/* Scores of the units become their influences on the coefficients. */
static void set_influences(const lb_cox *fit, double *scores, double *row, size_t n)
{
  size_t p = fit->p;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < p; j++) {
      row[j] = 0;
      for (size_t k = 0; k < p; k++) {
        double v = fit->vcov[j * p + k];
        row[j] += isnan(v) ? 0 : v * scores[i * p + k];
      }
    }
    if (p > 0) memcpy(scores + i * p, row, p * sizeof *row);
  }
}

static lb_status at_time(sums *m, double time, const lb_cox *fit, const double *influence,
                         double *out, lb_error *err)
{
  const cox_data *d = m->t->d;
  size_t b = d->stratum_bin[m->stratum], start = b;
  while (b < d->stratum_bin[m->stratum + 1] && d->bin[b].time <= time) b++;
  if (b == start) return LB_OK; /* no hazard yet */
  m->end = b + m->stratum;
  lb_status st = m->t->w->opt->variance == LB_FINEGRAY_FULL ? sum_weights(m, err) : LB_OK;
  if (st != LB_OK) return st;
  set_units(m);
  double factor = set_gradient(m, fit);
  out[0] = (m->t->s->hazard[b - 1] + m->t->s->hazard_low[b - 1]) * factor;
  take_moments(m, factor, influence, out);
  return lb_interrupted() ? lb_error_interrupted(err) : LB_OK;
}

lb_status fg_incidence(fg_tables *t, double *scores, const lb_cox *fit, lb_error *err)
{
  const lb_finegray_options *opt = t->w->opt;
  size_t n = opt->n_incidence, p = fit->p;
  sums m = {.t = t};
  lb_finegray *out = t->w->fit;
  if (n <= SIZE_MAX / (p + 2) / t->d->n_stratum)
    out->moment = lb_mem_zero(t->d->n_stratum * n * (p + 2), sizeof *out->moment);
  bool ok = alloc(&m) && out->moment != NULL;
  lb_status st = ok ? LB_OK : lb_error_nomem(err, "cumulative incidence");
  if (ok) {
    sum_squares(&m);
    set_influences(fit, scores, m.gradient, fg_units(t->w, t->d));
  }
  for (m.stratum = 0; m.stratum < t->d->n_stratum && st == LB_OK; m.stratum++)
    for (size_t k = 0; k < n && st == LB_OK; k++)
      st = at_time(&m, opt->incidence_time[k], fit, scores,
                   out->moment + (m.stratum * n + k) * (p + 2), err);
  reset(&m);
  return st;
}

/* ---- Of people ---- */

/* z: standard normal quantile. */
static void set_limits(const lb_finegray_incidence *out, size_t at, double hazard, double std_error,
                       const lb_finegray_limits *limits)
{
  double f = -expm1(-hazard), se = exp(-hazard) * std_error, z = limits->z;
  out->estimate[at] = f;
  out->std_error[at] = se;
  if (hazard == 0) {
    out->conf_low[at] = out->conf_high[at] = NAN;
  } else if (limits->plain) {
    out->conf_low[at] = fmax(f - z * se, 0);
    out->conf_high[at] = fmin(f + z * se, 1);
  } else {
    double width = z * std_error / hazard;
    out->conf_low[at] = -expm1(-hazard * exp(-width));
    out->conf_high[at] = -expm1(-hazard * exp(width));
  }
}

lb_status lb_finegray_incidence_at(const lb_finegray *fit, const lb_design *x,
                                   const lb_partition *strata, const lb_finegray_limits *limits,
                                   const lb_finegray_incidence *out, lb_error *err)
{
  size_t p = fit->cox.p, n_time = limits->n_time;
  if (x->p != p)
    return lb_error_set(err, LB_EARG, "the design has %zu columns and the fit %zu", x->p, p);
  double *at = lb_mem_array(p, sizeof *at);
  if (at == NULL) return lb_error_nomem(err, "cumulative incidence");
  for (size_t i = 0; i < x->n; i++) {
    double lp = x->offset == NULL ? 0 : x->offset[i], spread = 0;
    for (size_t j = 0; j < p; j++) {
      at[j] = isnan(fit->cox.coef[j]) ? 0 : x->column[j][i] - fit->cox.means[j];
      lp += at[j] == 0 ? 0 : at[j] * fit->cox.coef[j];
    }
    for (size_t j = 0; j < p; j++)
      for (size_t k = 0; k < p; k++)
        if (at[j] != 0 && at[k] != 0) spread += at[j] * fit->cox.vcov[j * p + k] * at[k];
    size_t stratum = lb_partition_class(strata, i);
    for (size_t k = 0; k < n_time; k++) {
      const double *m = fit->moment + (stratum * n_time + k) * (p + 2);
      double covariance = 0;
      for (size_t j = 0; j < p; j++) covariance += at[j] * m[2 + j];
      double variance = m[1] + 2 * m[0] * covariance + m[0] * m[0] * spread;
      set_limits(out, i * n_time + k, m[0] * exp(lp), exp(lp) * sqrt(fmax(variance, 0)), limits);
    }
  }
  lb_mem_free(at);
  return LB_OK;
}
