/* finegray_scores.c - the scores of the Fine-Gray model: what each row adds to its estimating
 * equation, with the term for the estimated weights. */
#include "stats/survival/finegray_work.h"

#include "base/mem.h"

static bool alloc(fg_tables *t)
{
  size_t p = t->d->p, n_bin = t->d->n_bin, slots = cox_slots(t->d);
  t->mean = lb_mem_zero(n_bin, p * sizeof *t->mean);
  t->past = lb_mem_zero(slots, p * sizeof *t->past);
  t->own = lb_mem_zero(n_bin, p * sizeof *t->own);
  if (t->d->n_layer <= SIZE_MAX / (p + 1) / sizeof *t->later)
    t->later = lb_mem_zero(slots, t->d->n_layer * p * sizeof *t->later);
  return t->mean != NULL && t->past != NULL && t->own != NULL && t->later != NULL;
}

/* Sums over the bins of a stratum, forwards. */
static void sum_forwards(fg_tables *t, size_t stratum)
{
  const cox_data *d = t->d;
  const cox_state *state = t->s;
  size_t p = d->p, w = p + 1;
  for (size_t b = d->stratum_bin[stratum]; b < d->stratum_bin[stratum + 1]; b++) {
    const double *s = state->at_risk + b * w;
    const double *e = state->joined + d->bin[b].segment * state->stride;
    size_t slot = b + stratum;
    double d0 = state->exact ? e[0] + e[w] : e[0];
    cox_tied_sums sums = cox_tied(t->w->opt->cox.ties, &d->bin[b], s[0], d0);
    double factor = t->factor == NULL ? 1 : t->factor[b];
    for (size_t j = 0; j < p; j++) {
      double d1 = state->exact ? e[1 + j] + e[w + 1 + j] : e[1 + j];
      double step = factor * (sums.a * s[1 + j] - sums.b * d1);
      t->mean[b * p + j] = (sums.hazard * s[1 + j] - sums.tied * d1) / d->bin[b].event_weight;
      t->own[b * p + j] = step - factor * (sums.b * s[1 + j] - sums.c * d1);
      t->past[(slot + 1) * p + j] = t->past[slot * p + j] + step;
      for (size_t l = 0; l < d->n_layer; l++)
        t->later[(l * cox_slots(d) + slot) * p + j] = d->bin_weight[l * d->n_bin + b] * step;
    }
  }
}

static void sum_backwards(fg_tables *t, size_t stratum, double *later)
{
  const cox_data *d = t->d;
  for (size_t b = d->stratum_bin[stratum + 1]; b-- > d->stratum_bin[stratum];)
    for (size_t j = 0; j < d->p; j++)
      later[(b + stratum) * d->p + j] += later[(b + stratum + 1) * d->p + j];
}

lb_status fg_tables_new(fg_tables *t, lb_error *err)
{
  if (!alloc(t)) return lb_error_nomem(err, "Fine-Gray variance");
  for (size_t s = 0; s < t->d->n_stratum; s++) {
    sum_forwards(t, s);
    for (size_t l = 0; l < t->d->n_layer; l++)
      sum_backwards(t, s, t->later + l * cox_slots(t->d) * t->d->p);
  }
  return t->w->opt->variance == LB_FINEGRAY_FULL ? fg_censoring_new(t, err) : LB_OK;
}

void fg_tables_reset(fg_tables *t)
{
  void *array[] = {t->mean,    t->past,     t->own,      t->later, t->jump[0],
                   t->jump[1], t->drift[0], t->drift[1], t->index, t->censored};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
}

/* Hazard so far of the rows of a segment, and which rows of the tables hold its sums. */
typedef struct segment_at {
  double hazard, later;
  const double *past, *own, *mean, *later_z; /* own and mean: NULL without the event */
  const double *before;                      /* past at entry; NULL without late entry */
  double factor;                             /* an event counts so often */
} segment_at;

static segment_at look_up(const fg_tables *t, size_t segment)
{
  const cox_data *d = t->d;
  const cox_state *s = t->s;
  uint32_t b = d->segment_bin[segment];
  size_t p = d->p, slot = d->slot[segment];
  bool event = b != COX_NO_BIN && segment == d->bin[b].segment;
  segment_at at = {.later = s->later[slot], .later_z = t->later + slot * p};
  at.past = t->past + (slot - event) * p;
  if (b == COX_NO_BIN) return at;
  if (!event)
    at.hazard = s->hazard[b] + s->hazard_low[b];
  else if (!d->bin[b].is_first)
    at.hazard = s->hazard[b - 1] + s->hazard_low[b - 1];
  if (!event) return at;
  at.hazard += s->hazard_event[b];
  at.own = t->own + b * p;
  at.mean = t->mean + b * p;
  at.factor = t->factor == NULL ? 1 : t->factor[b];
  return at;
}

/* The same of place k alone: its layer, and what was before its entry. Early risk sets of few can
 * have hazards beside which later ones vanish: hence two parts. */
static segment_at look_closer(const fg_tables *t, segment_at at, size_t segment, size_t k)
{
  const cox_data *d = t->d;
  const cox_state *s = t->s;
  if (d->layer != NULL) {
    size_t i = d->layer[k] * cox_slots(d) + d->slot[segment];
    at.later = s->later[i];
    at.later_z = t->later + i * d->p;
  }
  uint32_t leave = d->leave_bin == NULL ? COX_NO_BIN : d->leave_bin[k];
  if (leave == COX_NO_BIN) return at;
  uint32_t b = d->segment_bin[segment];
  double high = -s->hazard[leave], low = -s->hazard_low[leave];
  if (at.mean == NULL) {
    high += s->hazard[b];
    low += s->hazard_low[b];
  } else {
    high += s->hazard[b - 1]; /* left in an earlier bin: b is not the first */
    low += s->hazard_low[b - 1];
  }
  at.hazard = (high + low) + (at.mean == NULL ? 0 : s->hazard_event[b]);
  size_t stratum = d->slot[segment] - (b + (size_t)1);
  at.before = t->past + (leave + 1 + stratum) * d->p;
  return at;
}

/* eta of rows [first, end) of block b, all of one segment, into u, columns of COX_ROWS. */
static void set_eta(const fg_tables *t, size_t b, const size_t rows[2], segment_at at, double *u)
{
  const cox_data *d = t->d;
  const double *z = d->z + b * d->width * COX_ROWS;
  const double *risk = t->s->risk + b * COX_ROWS;
  double factor[COX_ROWS], event[COX_ROWS], lasting[COX_ROWS];
  for (size_t r = rows[0]; r < rows[1]; r++) {
    event[r] = at.mean == NULL ? 0 : at.factor * cox_weight(d, b * COX_ROWS + r);
    lasting[r] = cox_lasting_risk(d, t->s, b * COX_ROWS + r);
    factor[r] = event[r] - risk[r] * at.hazard - lasting[r] * at.later;
  }
  for (size_t j = 0; j < d->p; j++) {
    double past = at.past[j] + (at.own == NULL ? 0 : at.own[j]);
    double mean = at.mean == NULL ? 0 : at.mean[j], later = at.later_z[j];
    if (at.before != NULL) past -= at.before[j];
    for (size_t r = rows[0]; r < rows[1]; r++) {
      size_t i = j * COX_ROWS + r;
      /* cppcheck-suppress uninitvar ; the first loop sets the same rows */
      u[i] = z[i] * factor[r] + risk[r] * past + lasting[r] * later - event[r] * mean;
    }
  }
}

/* Adds psi to the rows of block b. */
static void add_psi(const fg_tables *t, size_t b, double *u)
{
  const cox_data *d = t->d;
  size_t rows = cox_block_rows(d, b), first = b * COX_ROWS;
  bool late = t->n_index > 1;
  size_t places[2] = {fg_jump_places(&t->w->censor), fg_jump_places(&t->w->entry)};
  for (size_t j = 0; j < d->p; j++) {
    const double *jump[2] = {t->jump[0] + j * places[0], NULL};
    const double *drift[2] = {t->drift[0] + j * places[0], NULL};
    if (places[1] > 0) {
      jump[1] = t->jump[1] + j * places[1];
      drift[1] = t->drift[1] + j * places[1];
    }
    double *out = u + j * COX_ROWS;
    for (size_t r = 0; !late && r < rows; r++) {
      size_t at = t->index[first + r];
      double psi = (t->censored[first + r] ? jump[0][at] : 0) - drift[0][at];
      out[r] += cox_weight(d, first + r) * psi;
    }
    for (size_t r = 0; late && r < rows; r++)
      out[r] += cox_weight(d, first + r) * fg_psi(t, first + r, jump, drift);
  }
}

void fg_scores(const fg_tables *t, size_t b, double *u)
{
  const cox_data *d = t->d;
  size_t n_rows = cox_block_rows(d, b), at = 0;
  bool alike = d->layer == NULL && d->leave_bin == NULL;
  for (size_t s = d->block_segment[b]; at < n_rows; s++) {
    size_t stop = d->segment_row[s + 1] - b * COX_ROWS;
    if (stop > n_rows) stop = n_rows;
    segment_at here = look_up(t, s);
    if (alike) {
      set_eta(t, b, (const size_t[]){at, stop}, here, u);
      at = stop;
    }
    for (; at < stop; at++)
      set_eta(t, b, (const size_t[]){at, at + 1}, look_closer(t, here, s, b * COX_ROWS + at), u);
  }
  if (t->w->opt->variance == LB_FINEGRAY_FULL) add_psi(t, b, u);
}
