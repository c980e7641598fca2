/* concordance_tree.c - concordance of any rows, with weights, late entry and Uno's weights: pairs
 * counted by walking time, predictors in a tree. */
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/sort.h"
#include "stats/survival/concordance_work.h"
#include "stats/survival/riskset.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define POLL_TIMES 4096

/* Weights of others that a row can be paired with, by the order of their predictors. */
typedef struct pair_counts {
  double below, equal, above;
} pair_counts;

typedef struct concordance_work {
  const lb_surv *y;
  lb_riskset set;    /* classes are strata */
  size_t n_rank;     /* distinct predictors of the stratum at hand */
  uint32_t *rank;    /* n, by row: rank of its predictor in its stratum, from 0 */
  double *tree;      /* n + 1: Fenwick tree (1994) of weights over ranks, from 1 */
  double *at_rank;   /* n: the weight at each rank */
  double *factor;    /* of each time of set: what its pairs with later ones count; NULL = 1 */
  double *won, *met; /* n, by row: weight of concordant partners (ties half), and of all partners */
} concordance_work;

static double row_weight(const lb_surv *y, size_t i)
{
  return y->weight == NULL ? 1 : y->weight[i];
}

static double time_factor(const concordance_work *w, size_t t)
{
  return w->factor == NULL ? 1 : w->factor[t];
}

static void tree_clear(concordance_work *w)
{
  memset(w->tree, 0, (w->n_rank + 1) * sizeof *w->tree);
  memset(w->at_rank, 0, w->n_rank * sizeof *w->at_rank);
}

static void tree_add(concordance_work *w, size_t rank, double weight)
{
  w->at_rank[rank] += weight;
  for (size_t i = rank + 1; i <= w->n_rank; i += i & -i) w->tree[i] += weight;
  w->tree[0] += weight; /* the total */
}

static pair_counts tree_read(const concordance_work *w, size_t rank)
{
  double below = 0;
  for (size_t i = rank; i > 0; i -= i & -i) below += w->tree[i];
  return (pair_counts){below, w->at_rank[rank], w->tree[0] - below - w->at_rank[rank]};
}

/* Ranks of the predictor in every stratum. */
static lb_status set_ranks(concordance_work *w, const double *predictor, const lb_partition *strata,
                           lb_error *err)
{
  size_t n = w->set.n;
  uint32_t *order = lb_mem_array(n, sizeof *order);
  uint32_t *used = lb_mem_zero(w->set.n_class, sizeof *used);
  size_t *last = lb_mem_zero(w->set.n_class, sizeof *last);
  lb_status st = LB_OK;
  if (order == NULL || used == NULL || last == NULL || !lb_sort_order_real(predictor, n, order)) {
    st = lb_error_nomem(err, "concordance");
    goto done;
  }
  for (size_t k = 0; k < n; k++) {
    size_t row = order[k], s = lb_partition_class(strata, row);
    if (used[s] == 0 || predictor[last[s]] != predictor[row]) used[s]++;
    last[s] = row;
    w->rank[row] = used[s] - 1;
  }
done:
  lb_mem_free(order);
  lb_mem_free(used);
  lb_mem_free(last);
  return st;
}

/* Pairs of an event with those who are later: time goes backwards, the tree holds those at risk
 * after t, or censored at t. false: interrupted. */
static bool walk_back(concordance_work *w, size_t stratum, lb_concordance *out)
{
  const lb_riskset *set = &w->set;
  size_t left = set->class_row[stratum + 1];
  tree_clear(w);
  for (size_t t = set->class_time[stratum + 1]; t-- > set->class_time[stratum];) {
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
      size_t row = set->by_time[k];
      if (!w->y->event[row]) tree_add(w, w->rank[row], row_weight(w->y, row));
    }
    while (set->by_entry != NULL && left > set->class_row[stratum] &&
           w->y->entry[set->by_entry[left - 1]] >= set->time[t]) {
      size_t row = set->by_entry[--left];
      tree_add(w, w->rank[row], -row_weight(w->y, row));
    }
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
      size_t row = set->by_time[k];
      if (!w->y->event[row]) continue;
      pair_counts c = tree_read(w, w->rank[row]);
      double factor = time_factor(w, t), weight = factor * row_weight(w->y, row);
      w->won[row] += factor * (c.below + c.equal / 2);
      w->met[row] += factor * (c.below + c.equal + c.above);
      out->concordant += weight * c.below;
      out->tied_x += weight * c.equal;
      out->discordant += weight * c.above;
    }
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
      size_t row = set->by_time[k];
      if (w->y->event[row]) tree_add(w, w->rank[row], row_weight(w->y, row));
    }
    if (t % POLL_TIMES == 0 && lb_interrupted()) return false;
  }
  return true;
}

static void meet_earlier(concordance_work *w, size_t row, double sign)
{
  pair_counts c = tree_read(w, w->rank[row]);
  w->won[row] += sign * (c.above + c.equal / 2);
  w->met[row] += sign * (c.below + c.equal + c.above);
}

/* Pairs of events at the same time t. */
static void count_tied(concordance_work *w, size_t t, lb_concordance *out, double *same)
{
  double total = 0;
  for (size_t k = w->set.time_row[t]; k < w->set.time_row[t + 1]; k++) {
    size_t row = w->set.by_time[k];
    if (!w->y->event[row]) continue;
    double weight = row_weight(w->y, row), counts = time_factor(w, t) * weight;
    out->tied_xy += counts * same[w->rank[row]];
    out->tied_y += counts * (total - same[w->rank[row]]);
    same[w->rank[row]] += weight;
    total += weight;
  }
  for (size_t k = w->set.time_row[t]; k < w->set.time_row[t + 1]; k++)
    same[w->rank[w->set.by_time[k]]] = 0;
}

/* Pairs of anyone with those who had the event earlier while he was at risk: time goes forwards,
 * the tree holds the events before t. What had happened by a row's entry is taken away again. */
static bool walk_on(concordance_work *w, size_t stratum)
{
  const lb_riskset *set = &w->set;
  size_t entered = set->class_row[stratum];
  tree_clear(w);
  for (size_t t = set->class_time[stratum]; t < set->class_time[stratum + 1]; t++) {
    while (set->by_entry != NULL && entered < set->class_row[stratum + 1] &&
           w->y->entry[set->by_entry[entered]] < set->time[t])
      meet_earlier(w, set->by_entry[entered++], -1);
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
      if (w->y->event[set->by_time[k]]) meet_earlier(w, set->by_time[k], 1);
    }
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
      size_t row = set->by_time[k];
      if (w->y->event[row]) tree_add(w, w->rank[row], time_factor(w, t) * row_weight(w->y, row));
    }
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
      if (!w->y->event[set->by_time[k]]) meet_earlier(w, set->by_time[k], 1);
    }
    if (t % POLL_TIMES == 0 && lb_interrupted()) return false;
  }
  return true;
}

static lb_status finish(const concordance_work *w, const lb_partition *cluster, lb_concordance *out,
                        lb_error *err)
{
  bool clustered = cluster != NULL && cluster->code != NULL;
  size_t n = clustered ? cluster->n : w->set.n;
  double pairs = out->concordant + out->discordant + out->tied_x, squares = 0;
  out->concordance = out->std_error = NAN;
  if (!(pairs > 0)) return LB_OK;
  double *influence = lb_mem_zero(n, sizeof *influence);
  if (influence == NULL) return lb_error_nomem(err, "concordance");
  out->concordance = (out->concordant + out->tied_x / 2) / pairs;
  for (size_t i = 0; i < w->set.n; i++)
    influence[clustered ? (size_t)cluster->code[i] : i] +=
        row_weight(w->y, i) * (w->won[i] - out->concordance * w->met[i]) / pairs;
  size_t first = 0, seen = 0; /* the first cluster with weight, whether there is another */
  for (size_t i = 0; i < w->set.n && seen < 2; i++) {
    size_t c = clustered ? (size_t)cluster->code[i] : i;
    if (!(row_weight(w->y, i) > 0) || (seen == 1 && c == first)) continue;
    if (seen++ == 0) first = c;
  }
  for (size_t c = 0; c < n; c++) squares += influence[c] * influence[c];
  out->std_error = seen < 2 ? NAN : sqrt(squares);
  lb_mem_free(influence);
  return LB_OK;
}

/* Weights of the rows at time t with and without an event. */
static void weigh_time(const concordance_work *w, size_t t, double sum[2])
{
  sum[0] = sum[1] = 0;
  for (size_t k = w->set.time_row[t]; k < w->set.time_row[t + 1]; k++) {
    size_t row = w->set.by_time[k];
    sum[w->y->event[row] != 0] += row_weight(w->y, row);
  }
}

static size_t events_at(const concordance_work *w, size_t t)
{
  size_t n = 0;
  for (size_t k = w->set.time_row[t]; k < w->set.time_row[t + 1]; k++)
    n += w->y->event[w->set.by_time[k]] != 0;
  return n;
}

/* 1 / G(t-)^2 at the times of a stratum, 0 beyond tau. Risk sets are walked backwards, then the
 * curve forwards. */
static void weigh_stratum(concordance_work *w, size_t s, const lb_concordance_options *opt,
                          lb_concordance *out)
{
  const lb_riskset *set = &w->set;
  size_t left = set->class_row[s + 1];
  double at_risk = 0, uncensored = 1, here[2], zero = 0;
  for (size_t t = set->class_time[s + 1]; t-- > set->class_time[s];) {
    weigh_time(w, t, here);
    at_risk += here[0] + here[1];
    while (set->by_entry != NULL && left > set->class_row[s] &&
           w->y->entry[set->by_entry[left - 1]] >= set->time[t])
      at_risk -= row_weight(w->y, set->by_entry[--left]);
    double exposed = at_risk - here[1]; /* to censoring: events come first */
    w->factor[t] = here[0] > 0 ? fmax(0, 1 - here[0] / exposed) : 1;
  }
  for (size_t t = set->class_time[s]; t < set->class_time[s + 1]; t++) {
    double stays = w->factor[t];
    bool known = !opt->uno || uncensored > 0, counts = set->time[t] <= opt->tau && known;
    w->factor[t] = !counts ? 0 : opt->uno ? 1 / (uncensored * uncensored) : 1;
    size_t n = known || set->time[t] > opt->tau ? 0 : events_at(w, t);
    if (n > 0) out->unweighted_at = out->n_unweighted > 0 ? fmin(out->unweighted_at, zero) : zero;
    out->n_unweighted += n;
    if (uncensored > 0 && !(uncensored * stays > 0)) zero = set->time[t];
    uncensored *= stays;
  }
}

static lb_status set_factors(concordance_work *w, const lb_concordance_options *opt,
                             lb_concordance *out, lb_error *err)
{
  if (!opt->uno && opt->tau == INFINITY) return LB_OK;
  w->factor = lb_mem_array(w->set.n_time, sizeof *w->factor);
  if (w->factor == NULL) return lb_error_nomem(err, "concordance");
  for (size_t s = 0; s < w->set.n_class; s++) weigh_stratum(w, s, opt, out);
  return LB_OK;
}

static lb_status work_new(concordance_work *w, const double *predictor, const lb_partition *strata,
                          lb_error *err)
{
  size_t n = w->y->n;
  lb_status st = lb_riskset_sort(w->y, strata, &w->set, err);
  if (st != LB_OK) return st;
  w->rank = lb_mem_zero(n, sizeof *w->rank);
  w->tree = lb_mem_zero(n + 1, sizeof *w->tree);
  w->at_rank = lb_mem_zero(n, sizeof *w->at_rank);
  w->won = lb_mem_zero(n, sizeof *w->won);
  w->met = lb_mem_zero(n, sizeof *w->met);
  if (w->rank == NULL || w->tree == NULL || w->at_rank == NULL || w->won == NULL || w->met == NULL)
    return lb_error_nomem(err, "concordance");
  return set_ranks(w, predictor, strata, err);
}

static void work_reset(concordance_work *w)
{
  lb_riskset_reset(&w->set);
  lb_mem_free(w->rank);
  lb_mem_free(w->tree);
  lb_mem_free(w->at_rank);
  lb_mem_free(w->factor);
  lb_mem_free(w->won);
  lb_mem_free(w->met);
}

static lb_status check_weighted(const lb_concordance *c, lb_error *err)
{
  if (c->n_unweighted == 0 || !isnan(c->concordance)) return LB_OK;
  lb_error_set(err, LB_EDATA,
               "all who are at risk are censored at time %g: the curve of the censoring is 0 from "
               "then on, and there is no pair before",
               c->unweighted_at);
  lb_error_mend(err, "Few have entered by then: begin later, or take type = \"harrell\".");
  return LB_EDATA;
}

lb_status lb_concordance_walk(const lb_surv *y, const double *predictor,
                              const lb_concordance_options *opt, lb_concordance *out, lb_error *err)
{
  concordance_work w = {.y = y};
  lb_concordance result = {.n_used = y->n, .n_missing = y->n_missing};
  lb_status st = work_new(&w, predictor, opt->strata, err);
  if (st == LB_OK) st = set_factors(&w, opt, &result, err);
  for (size_t s = 0; st == LB_OK && s < w.set.n_class; s++) {
    w.n_rank = 0;
    for (size_t k = w.set.class_row[s]; k < w.set.class_row[s + 1]; k++) {
      size_t rank = w.rank[w.set.by_time[k]];
      if (rank >= w.n_rank) w.n_rank = rank + 1;
    }
    if (!walk_back(&w, s, &result) || !walk_on(&w, s)) st = lb_error_interrupted(err);
    double *same = w.at_rank; /* free between walks */
    memset(same, 0, w.n_rank * sizeof *same);
    for (size_t t = w.set.class_time[s]; t < w.set.class_time[s + 1]; t++)
      count_tied(&w, t, &result, same);
  }
  if (st == LB_OK) st = finish(&w, opt->cluster, &result, err);
  if (st == LB_OK) st = check_weighted(&result, err);
  if (st == LB_OK) *out = result;
  work_reset(&w);
  return st;
}
