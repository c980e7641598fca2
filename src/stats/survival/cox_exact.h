/* cox_exact.h - inside the Cox model: what tied events add to the likelihood by the two exact
 * methods. */
#ifndef LB_SURVIVAL_COX_EXACT_H
#define LB_SURVIVAL_COX_EXACT_H
#include "stats/survival/cox_work.h"

/* An event time with several events. */
typedef struct cox_tie {
  size_t bin, end; /* its rows and those after it go up to this place, the end of the stratum */
  size_t n_risk;
} cox_tie;

/* What a chunk of ties adds up, and where it works. */
typedef struct cox_tie_part {
  double log_lik;
  double *score, *crossproduct, *information; /* p, p, p x p (lower triangle) */
  double *work;                               /* cox_*_work(...) numbers */
} cox_tie_part;

/* Numbers that a tie of so many events needs to work with; SIZE_MAX: beyond memory. */
size_t cox_discrete_work(size_t p, size_t events);
size_t cox_marginal_work(size_t p, size_t events);
/* Add one tie; stop half way when lb_interrupted(), which the caller asks again. */
void cox_discrete_tie(const cox_data *d, const cox_state *s, const cox_tie *tie,
                      const cox_tie_part *to, double *log_lik);
void cox_marginal_tie(const cox_data *d, cox_state *s, const cox_tie *tie, const cox_tie_part *to,
                      double *log_lik);
/* Is place k, at or after the tie, at risk there? */
static inline bool cox_is_at_risk(const cox_data *d, const cox_tie *tie, size_t k)
{
  return d->leave_bin == NULL || d->leave_bin[k] == COX_NO_BIN || d->leave_bin[k] < tie->bin;
}

/* Adds all ties to log_lik, score and information of a state whose passes left them out, and sets
 * the hazard of their bins. LB_ENOMEM; LB_EINTR. */
lb_status cox_exact_add(const cox_data *d, lb_ties ties, cox_state *s, lb_error *err);
#endif
