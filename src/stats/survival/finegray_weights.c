/* finegray_weights.c - weights of rows that stay at risk after a competing event: distributions of
 * censoring and of entry, group by group. */
#include "stats/survival/finegray_work.h"

#include "base/mem.h"

#include <math.h>

/* Weights of rows that differ are added and taken away: a factor below this is 0. */
#define NOTHING 1e-12
#define STEPS   8 /* before a search gives up going step by step */

static const char MODEL[] = "Fine-Gray model";

static bool has_codes(const lb_partition *classes)
{
  return classes != NULL && classes->code != NULL;
}

/* ---- Jumps ---- */

size_t fg_jump_places(const fg_jumps *jumps)
{
  return jumps->start == NULL ? 0 : jumps->start[jumps->n_group] + jumps->n_group;
}

static bool is_past(const fg_jumps *jumps, size_t place, double t, bool with)
{
  return with ? jumps->time[place] <= t : jumps->time[place] < t;
}

size_t fg_find(fg_jumps *jumps, size_t g, double t, bool with)
{
  size_t low = jumps->start[g] + g, high = jumps->start[g + 1] + g + 1, at = jumps->position[g];
  if (is_past(jumps, at, t, with)) {
    size_t stop = at + STEPS;
    while (at < stop && at + 1 < high && is_past(jumps, at + 1, t, with)) at++;
    low = at;
    if (at < stop) high = at + 1;
  }
  while (low + 1 < high) { /* low is past, high is not */
    size_t middle = low + (high - low) / 2;
    if (is_past(jumps, middle, t, with))
      low = middle;
    else
      high = middle;
  }
  return jumps->position[g] = low;
}

static lb_status jumps_new(fg_jumps *jumps, lb_error *err)
{
  size_t n = fg_jump_places(jumps);
  jumps->time = lb_mem_array(n, sizeof *jumps->time);
  jumps->count = lb_mem_zero(n, sizeof *jumps->count);
  jumps->at_risk = lb_mem_zero(n, sizeof *jumps->at_risk);
  jumps->prob = lb_mem_array(n, sizeof *jumps->prob);
  jumps->position = lb_mem_array(jumps->n_group, sizeof *jumps->position);
  if (jumps->time == NULL || jumps->count == NULL || jumps->at_risk == NULL ||
      jumps->prob == NULL || jumps->position == NULL)
    return lb_error_nomem(err, MODEL);
  for (size_t g = 0; g < jumps->n_group; g++) {
    size_t first = jumps->start[g] + g;
    jumps->position[g] = first;
    jumps->time[first] = -INFINITY;
    jumps->prob[first] = 1;
  }
  return LB_OK;
}

static void jumps_reset(fg_jumps *jumps)
{
  lb_mem_free(jumps->start);
  lb_mem_free(jumps->time);
  lb_mem_free(jumps->count);
  lb_mem_free(jumps->at_risk);
  lb_mem_free(jumps->prob);
  lb_mem_free(jumps->position);
  *jumps = (fg_jumps){0};
}

static lb_status start_jumps(fg_work *w, fg_jumps *jumps, lb_error *err)
{
  jumps->n_group = w->n_group;
  jumps->start = lb_mem_zero(w->n_group + 1, sizeof *jumps->start);
  return jumps->start == NULL ? lb_error_nomem(err, MODEL) : LB_OK;
}

static double factor_of(const fg_work *w, double count, double at_risk)
{
  double factor = 1 - count / at_risk;
  return w->y->entry != NULL && factor < NOTHING ? 0 : factor;
}

/* Who leaves a group by censoring, and G after it. */
static lb_status censorings(fg_work *w, lb_error *err)
{
  const lb_riskset *set = &w->set;
  fg_jumps *jumps = &w->censor;
  lb_status st = start_jumps(w, jumps, err);
  if (st != LB_OK) return st;
  for (size_t g = 0; g < w->n_group; g++) {
    size_t n = 0;
    for (size_t i = set->class_time[g]; i < set->class_time[g + 1]; i++) n += set->n_censor[i] > 0;
    jumps->start[g + 1] = jumps->start[g] + n;
  }
  st = jumps_new(jumps, err);
  for (size_t g = 0; g < w->n_group && st == LB_OK; g++) {
    size_t at = jumps->start[g] + g;
    for (size_t i = set->class_time[g]; i < set->class_time[g + 1]; i++) {
      if (!(set->n_censor[i] > 0)) continue;
      at++;
      jumps->time[at] = set->time[i];
      jumps->count[at] = set->n_censor[i];
      jumps->at_risk[at] = set->n_risk[i] - (w->opt->events_first ? set->n_event[i] : 0);
      jumps->prob[at] = jumps->prob[at - 1] * factor_of(w, jumps->count[at], jumps->at_risk[at]);
    }
  }
  return st;
}

static double row_weight(const lb_surv *y, size_t row)
{
  return y->weight == NULL ? 1 : y->weight[row];
}

/* Jumps of group g, walked backwards: who is at risk of entering at u are those with entry <= u <
 * time, all later times less all later entries. */
static void enter_group(fg_work *w, size_t g)
{
  const lb_surv *y = w->y;
  const lb_riskset *set = &w->set;
  fg_jumps *jumps = &w->entry;
  size_t first = set->class_row[g], exit = set->class_row[g + 1], entry = exit;
  double exits = 0, entries = 0;
  for (size_t at = jumps->start[g + 1] + g; at > jumps->start[g] + g; at--) {
    double u = y->entry[set->by_entry[entry - 1]], count = 0;
    for (; exit > first && y->time[set->by_time[exit - 1]] > u; exit--)
      exits += row_weight(y, set->by_time[exit - 1]);
    for (; entry > first && y->entry[set->by_entry[entry - 1]] == u; entry--)
      count += row_weight(y, set->by_entry[entry - 1]);
    jumps->time[at] = u;
    jumps->count[at] = count;
    jumps->at_risk[at] = exits - entries;
    if (at == jumps->start[g + 1] + g) jumps->prob[at] = 1;
    jumps->prob[at - 1] = jumps->prob[at];
    if (count > 0) jumps->prob[at - 1] *= factor_of(w, count, jumps->at_risk[at]);
    entries += count;
  }
}

static lb_status entries(fg_work *w, lb_error *err)
{
  const lb_riskset *set = &w->set;
  const double *entry = w->y->entry;
  if (entry == NULL) return LB_OK;
  lb_status st = start_jumps(w, &w->entry, err);
  if (st != LB_OK) return st;
  for (size_t g = 0; g < w->n_group; g++) {
    size_t n = 0;
    for (size_t m = set->class_row[g]; m < set->class_row[g + 1]; m++)
      n += m == set->class_row[g] || entry[set->by_entry[m]] != entry[set->by_entry[m - 1]];
    w->entry.start[g + 1] = w->entry.start[g] + n;
  }
  st = jumps_new(&w->entry, err);
  for (size_t g = 0; g < w->n_group && st == LB_OK; g++) enter_group(w, g);
  return st;
}

/* G(t-) H(t-) of a group. */
static double weight_before(fg_work *w, size_t g, double t)
{
  double free = w->censor.prob[fg_find(&w->censor, g, t, false)];
  return w->entry.start == NULL ? free : free * w->entry.prob[fg_find(&w->entry, g, t, false)];
}

/* ---- Groups ---- */

static lb_status sort_groups(fg_work *w, const cox_data *d, lb_error *err)
{
  lb_surv plain = *w->y;
  plain.cause = NULL;
  const lb_partition *groups = w->opt->censoring;
  w->n_group = has_codes(groups) ? groups->n : 1;
  bool simple = w->n_group == 1 && d->n_stratum == 1 && w->y->entry == NULL;
  lb_status st = simple ? lb_riskset_count(&plain, NULL, &w->set, err)
                        : lb_riskset_sort(&plain, has_codes(groups) ? groups : NULL, &w->set, err);
  if (st != LB_OK) return st;
  w->member_end = lb_mem_zero(w->set.n_time, sizeof *w->member_end);
  if (!simple) w->member = lb_mem_array(2 * d->n, sizeof *w->member);
  if (d->n_stratum > 1) w->stratum = lb_mem_array(d->n, sizeof *w->stratum);
  if (w->member_end == NULL || (!simple && w->member == NULL) ||
      (d->n_stratum > 1 && w->stratum == NULL))
    return lb_error_nomem(err, MODEL);
  for (size_t s = 0; w->stratum != NULL && s < d->n_stratum; s++)
    for (size_t k = d->stratum_row[s]; k < d->stratum_row[s + 1]; k++) w->stratum[k] = (uint32_t)s;
  if (simple) {
    size_t t = 0;
    for (size_t k = 0; k < d->n; k++) {
      while (w->set.time[t] != w->y->time[d->row[k]]) t++;
      w->member_end[t] = (uint32_t)(k + 1);
    }
    return LB_OK;
  }
  uint32_t *place = w->member + d->n; /* of each row */
  for (size_t k = 0; k < d->n; k++) place[d->row[k]] = (uint32_t)k;
  for (size_t m = 0; m < d->n; m++) w->member[m] = place[w->set.by_time[m]];
  for (size_t t = 0; t < w->set.n_time; t++) w->member_end[t] = (uint32_t)w->set.time_row[t + 1];
  return LB_OK;
}

/* Strata that are their own groups need one layer of weights; groups that run through strata one
 * each. */
static lb_status set_layers(fg_work *w, cox_data *d, lb_error *err)
{
  const lb_partition *groups = w->opt->censoring, *strata = w->opt->strata;
  w->own = w->n_group == d->n_stratum;
  for (size_t i = 0; w->own && w->n_group > 1 && i < d->n; i++)
    w->own = groups->code[i] == strata->code[i];
  d->n_layer = w->own ? 1 : w->n_group;
  if (d->n_layer == 1) return LB_OK;
  if (w->n_group > SIZE_MAX / cox_slots(d) / sizeof(double)) return lb_error_nomem(err, MODEL);
  d->layer = lb_mem_array(d->n, sizeof *d->layer);
  if (d->layer == NULL) return lb_error_nomem(err, MODEL);
  for (size_t k = 0; k < d->n; k++) d->layer[k] = (uint32_t)groups->code[d->row[k]];
  return LB_OK;
}

static void set_slots(cox_data *d)
{
  for (size_t i = 0, s = 0; i < d->n_segment; i++) {
    while (d->segment_row[i] >= d->stratum_row[s + 1]) s++;
    uint32_t b = d->segment_bin[i];
    d->slot[i] = (uint32_t)(s + (b == COX_NO_BIN ? d->stratum_bin[s] : (size_t)b + 1));
  }
}

/* Places ascend in time within their stratum: each gets the weight of its time. */
static lb_status weigh_rows(fg_work *w, cox_data *d, lb_error *err)
{
  for (size_t k = 0; k < d->n; k++) {
    size_t row = d->row[k];
    int32_t cause = w->y->cause[row];
    w->fit->n_competing += cause != 0 && cause != w->cause;
    w->fit->n_censored += cause == 0;
    if (cause == 0 || cause == w->cause || cox_weight(d, k) == 0) continue;
    double weight = weight_before(w, fg_group(w, d, k), w->y->time[row]);
    if (!(weight > 0)) {
      lb_error_set(err, LB_EDATA,
                   "the weight of a competing event at time %g cannot be estimated: at a time "
                   "after it nobody is at risk who was so before",
                   w->y->time[row]);
      lb_error_mend(err, "Begin where enough people are at risk: move early entries up to a time "
                         "and leave out who ends before it.");
      return LB_EDATA;
    }
    d->lasting[k] = 1 / weight;
  }
  return LB_OK;
}

lb_status fg_weights(fg_work *w, cox_data *d, lb_error *err)
{
  lb_status st = sort_groups(w, d, err);
  if (st == LB_OK) st = censorings(w, err);
  if (st == LB_OK) st = entries(w, err);
  if (st == LB_OK) st = set_layers(w, d, err);
  if (st != LB_OK) return st;
  d->lasting_room = lb_mem_zero(d->n_block * COX_ROWS + COX_LINE, sizeof *d->lasting_room);
  d->bin_weight = lb_mem_array(d->n_layer * d->n_bin, sizeof *d->bin_weight);
  d->slot = lb_mem_array(d->n_segment, sizeof *d->slot);
  if (d->lasting_room == NULL || d->bin_weight == NULL || d->slot == NULL)
    return lb_error_nomem(err, MODEL);
  d->lasting = cox_align(d->lasting_room);
  set_slots(d);
  st = weigh_rows(w, d, err);
  for (size_t l = 0; l < d->n_layer && st == LB_OK; l++)
    for (size_t s = 0; s < d->n_stratum; s++)
      for (size_t b = d->stratum_bin[s]; b < d->stratum_bin[s + 1]; b++)
        d->bin_weight[l * d->n_bin + b] = weight_before(w, w->own ? s : l, d->bin[b].time);
  return st;
}

void fg_work_reset(fg_work *w)
{
  lb_mem_free(w->member);
  lb_mem_free(w->member_end);
  lb_mem_free(w->stratum);
  jumps_reset(&w->censor);
  jumps_reset(&w->entry);
  lb_riskset_reset(&w->set);
}
