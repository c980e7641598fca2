/* finegray_work.h - inside Fine-Gray: weights, scores, variance, influences on incidence. */
#ifndef LB_SURVIVAL_FINEGRAY_WORK_H
#define LB_SURVIVAL_FINEGRAY_WORK_H
#include "stats/survival/cox_work.h"
#include "stats/survival/finegray.h"

/* Times at which rows of a group are censored, or enter: jump k of group g stands at
 * start[g] + g + 1 + k of the arrays, place start[g] + g being before all of them. */
typedef struct fg_jumps {
  size_t n_group;
  size_t *start;    /* n_group + 1 */
  double *time;     /* of the place before: minus infinity */
  double *count;    /* weight censored, or entering */
  double *at_risk;  /* weight at risk of it */
  double *prob;     /* censoring: G after the jump; entry: H before it (1 after the last) */
  size_t *position; /* n_group: where the last search of a group ended */
} fg_jumps;

typedef struct fg_work fg_work;
/* What is asked of a fit whose iterations have ended, vcov still being that of the model. */
typedef struct fg_after {
  void *context;
  lb_status (*run)(void *context, fg_work *w, const cox_data *d, const cox_state *s,
                   const lb_cox *fit, lb_error *err);
  bool instead; /* of the fit's own variance */
} fg_after;

/* The fit while it runs. Places are the Cox model's. */
struct fg_work {
  const lb_surv *y; /* events of any cause */
  const lb_design *x;
  const lb_finegray_options *opt;
  int32_t cause;
  size_t n_group;         /* of censoring weights */
  bool own;               /* each stratum is its own group, else all strata share the groups */
  lb_riskset set;         /* of the groups */
  uint32_t *member;       /* places by (group, time), row after row; NULL = as they are */
  uint32_t *member_end;   /* of each time of the set: members up to and with it */
  uint32_t *stratum;      /* of each place; NULL of one stratum */
  fg_jumps censor, entry; /* entry: start NULL without late entry */
  lb_finegray *fit;
  const fg_after *after; /* NULL: nothing */
};
/* lb_finegray_fit with something to do at its end. */
lb_status fg_fit_with(const lb_finegray_model *model, const fg_after *after, lb_finegray *out,
                      lb_error *err);

/* The place of the last jump of group g before t (with it if `with`), in order of rising t fast. */
size_t fg_find(fg_jumps *jumps, size_t g, double t, bool with);
/* Censoring weights of all rows and bins; what the context of cox_hook prepares. */
lb_status fg_weights(fg_work *w, cox_data *d, lb_error *err);
void fg_work_reset(fg_work *w);

static inline size_t fg_group(const fg_work *w, const cox_data *d, size_t k)
{
  const lb_partition *groups = w->opt->censoring;
  return groups == NULL || groups->code == NULL ? 0 : (size_t)groups->code[d->row[k]];
}
static inline size_t fg_stratum(const fg_work *w, size_t k)
{
  return w->stratum == NULL ? 0 : w->stratum[k];
}
static inline size_t fg_member(const fg_work *w, size_t m)
{
  return w->member == NULL ? m : w->member[m];
}
/* Sums over times of hazard steps: of a bin, of a slot (before any bin of its stratum, up to and
 * with each), of layers and slots. With Efron's ties a step is several, those with the event there
 * have less of it. */
typedef struct fg_tables {
  fg_work *w;
  const cox_data *d;
  const cox_state *s;
  const double *factor; /* bins: scores count a time so often, as hazards of s do; NULL = once */
  double *mean;         /* bins x p: zbar of an event */
  double *past;         /* slots x p: sum of zbar dLambda */
  double *own;          /* bins x p: that of the bin itself for those with the event there */
  double *later;        /* layers x slots x p: sum of G zbar dLambda from a slot on */
  /* Of each jump of censoring, of entry: q / pi, and its sum with the hazard of the jump up to and
   * with it: p x places */
  double *jump[2], *drift[2];
  uint32_t *index; /* n x 4: places among censorings: up to the row's end, its entry; among entries:
                      up to its end, before its entry. Stride 1 without late entry */
  size_t n_index;
  uint8_t *censored; /* n: the row is censored, at the place where it ends */
} fg_tables;

lb_status fg_tables_new(fg_tables *t, lb_error *err);
void fg_tables_reset(fg_tables *t);
/* Scores of the rows of block b into u, columns of COX_ROWS: eta, and psi unless the variance is
 * to be without. */
void fg_scores(const fg_tables *t, size_t b, double *u);
/* psi of place k from sums over jumps: `jump` and `drift` of censorings, of entries. */
static inline double fg_psi(const fg_tables *t, size_t k, const double *const jump[2],
                            const double *const drift[2])
{
  const uint32_t *at = t->index + k * t->n_index;
  double psi = (t->censored[k] ? jump[0][at[0]] : 0) - drift[0][at[0]];
  if (t->n_index == 1) return psi;
  psi += drift[0][at[1]];
  return psi - (jump[1][at[3] + 1] - (drift[1][at[2]] - drift[1][at[3]]));
}

/* Sums q over groups and times: see finegray_censoring.c. A method adds the rows that stay, and
 * reads q where a jump is. */
typedef struct fg_sum {
  size_t width;   /* numbers a row adds */
  size_t n_value; /* numbers of q */
  void *context;
  void (*add)(void *context, size_t k, double *sum);
  /* value += the part of q of a stratum's rows with this sum, `slot` being after the bins that
   * are past */
  void (*take)(void *context, const double *sum, size_t layer, size_t slot, double *value);
} fg_sum;
lb_status fg_sum_jumps(const fg_tables *t, const fg_sum *method, bool entry, double *jump,
                       double *drift, lb_error *err);
/* Jumps of the scores, and where rows stand among them. */
lb_status fg_censoring_new(fg_tables *t, lb_error *err);
size_t fg_jump_places(const fg_jumps *jumps);

/* A state whose hazard steps count `factor` times, at each bin; all else is that of s. Free with
 * fg_by_time_free also after LB_ENOMEM, which sets no message. */
lb_status fg_by_time(const fg_work *w, const cox_data *d, const cox_state *s, const double *factor,
                     cox_state *out);
void fg_by_time_free(cox_state *by_time);
/* Compensator of place k, of a segment: its weight times integral w e^(b Z) dLambda. */
double fg_expected(const cox_data *d, const cox_state *s, size_t segment, size_t k);

/* Replaces vcov, std_error and wald_test of the fit by those of the sandwich, and sets influences
 * on incidence if asked for. */
lb_status fg_variance(fg_work *w, const cox_data *d, const cox_state *s, lb_cox *fit,
                      lb_error *err);
/* What place k adds to, and how many there are: rows, or clusters. */
size_t fg_unit(const fg_work *w, const cox_data *d, size_t k);
size_t fg_units(const fg_work *w, const cox_data *d);
/* Sets moments of the fit, vcov still being that of the model; scores are those of the units, p
 * numbers each per unit of the columns, and become influences on the coefficients. */
lb_status fg_incidence(fg_tables *t, double *scores, const lb_cox *fit, lb_error *err);
/* What makes hazards of the iterations those at the columns' means, in a stratum. */
double fg_baseline_factor(const fg_work *w, const cox_data *d, const cox_state *s,
                          const lb_cox *fit, size_t stratum);
#endif
