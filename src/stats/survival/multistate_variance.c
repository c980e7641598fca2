/* multistate_variance.c - variances of state probabilities, moved along with the estimate. */
#include "base/mem.h"
#include "stats/survival/multistate_work.h"

#include <string.h>

/* A cluster c with weights w_cj at risk in each state j has the influence
 *   U_c(t) = V_c(t) + sum_j w_cj C_j(t),
 * where C_j moves with everybody in j who has no move, and V_c only by the products I + dA: so a
 * cluster is touched when one of its spells begins, moves or ends, and V_c is brought up to that
 * time by a product of O(log times) matrices. Sums over clusters, M = sum U U', R_j = sum w_cj U
 * and Q_jl = sum w_cj w_cl, are moved at each time. */
struct aj_jackknife {
  const lb_aj_curve *curve;
  size_t k;
  bool frequency;
  size_t n_step, room; /* steps so far */
  size_t n_level;
  double **level;                  /* [l][b]: product of steps b 2^l .. (b + 1) 2^l - 1 */
  double *held;                    /* V_c: clusters x k */
  double *weight;                  /* w_cj: clusters x k */
  uint32_t *touched;               /* steps that V_c knows */
  uint32_t *slot;                  /* cluster's place among the movers of a time, else UINT32_MAX */
  double *own;                     /* movers x k: influence of their own moves */
  uint32_t *mover;                 /* clusters that move at a time */
  double *common;                  /* C: k x k */
  double *moment, *at_risk, *pair; /* M, R, Q: k x k */
  double *drift;                   /* k x k: rows share_j times the change of row j of I + dA */
  double *cross, *work;            /* k x k each */
  double *vector;                  /* 2 k */
};

/* ---- Small matrices, row after row ---- */

static void multiply(const double *a, const double *b, size_t k, double *out)
{
  for (size_t i = 0; i < k; i++) {
    double *row = out + i * k;
    memset(row, 0, k * sizeof *row);
    for (size_t m = 0; m < k; m++) {
      double x = a[i * k + m];
      if (x == 0) continue;
      for (size_t j = 0; j < k; j++) row[j] += x * b[m * k + j];
    }
  }
}

/* v becomes v a. */
static void advance(double *v, const double *a, size_t k, double *work)
{
  memset(work, 0, k * sizeof *work);
  for (size_t m = 0; m < k; m++)
    for (size_t j = 0; v[m] != 0 && j < k; j++) work[j] += v[m] * a[m * k + j];
  memcpy(v, work, k * sizeof *v);
}

/* m becomes t' m t. */
static void sandwich(double *m, const double *t, size_t k, double *work)
{
  multiply(m, t, k, work);
  for (size_t i = 0; i < k; i++) {
    for (size_t j = 0; j < k; j++) {
      double sum = 0;
      for (size_t l = 0; l < k; l++) sum += t[l * k + i] * work[l * k + j];
      m[i * k + j] = sum;
    }
  }
}

/* ---- Products over ranges of steps ---- */

static void push_step(aj_jackknife *j, const double *matrix)
{
  size_t cells = j->k * j->k, e = j->n_step++;
  memcpy(j->level[0] + e * cells, matrix, cells * sizeof *matrix);
  for (size_t l = 1; l < j->n_level && (e + 1) % ((size_t)1 << l) == 0; l++) {
    size_t b = e >> l;
    const double *half = j->level[l - 1] + 2 * b * cells;
    multiply(half, half + cells, j->k, j->level[l] + b * cells);
  }
}

/* v becomes v times the product of steps from .. to - 1. */
static void advance_over(const aj_jackknife *j, double *v, size_t from, size_t to)
{
  size_t cells = j->k * j->k;
  bool zero = true;
  for (size_t s = 0; s < j->k; s++) zero &= v[s] == 0;
  while (!zero && from < to) {
    size_t l = 0;
    while (l + 1 < j->n_level && from % ((size_t)2 << l) == 0 && from + ((size_t)2 << l) <= to) l++;
    advance(v, j->level[l] + (from >> l) * cells, j->k, j->vector);
    from += (size_t)1 << l;
  }
}

/* ---- Life ---- */

static bool alloc_levels(aj_jackknife *j)
{
  size_t cells = j->k * j->k;
  for (j->n_level = 1; (j->room >> j->n_level) > 0;) j->n_level++;
  j->level = lb_mem_zero(j->n_level, sizeof *j->level);
  for (size_t l = 0; j->level != NULL && l < j->n_level; l++) {
    j->level[l] = lb_mem_array((j->room >> l) * cells, sizeof **j->level);
    if (j->level[l] == NULL) return false;
  }
  return j->level != NULL;
}

/* Times at which somebody moves. */
static size_t count_steps(const lb_aj_curve *curve)
{
  uint8_t *moves = lb_mem_zero(curve->n_time, 1);
  size_t n = 0;
  if (moves == NULL) return SIZE_MAX;
  for (size_t i = 0; i < curve->n_spell; i++) {
    const lb_aj_spell *s = &curve->spell[i];
    if (s->to == LB_STATE_NONE) continue;
    n += moves[s->leave] == 0;
    moves[s->leave] = 1;
  }
  lb_mem_free(moves);
  return n;
}

aj_jackknife *aj_jackknife_new(const lb_aj_curve *curve, size_t n_state, bool frequency)
{
  size_t k = n_state, n = curve->n_cluster;
  aj_jackknife *j = lb_mem_zero(1, sizeof *j);
  if (j == NULL) return NULL;
  j->curve = curve;
  j->k = k;
  j->frequency = frequency;
  j->room = count_steps(curve);
  j->held = lb_mem_zero(n * k, sizeof *j->held);
  j->weight = lb_mem_zero(n * k, sizeof *j->weight);
  j->touched = lb_mem_zero(n, sizeof *j->touched);
  j->slot = lb_mem_array(n, sizeof *j->slot);
  j->mover = lb_mem_array(n, sizeof *j->mover);
  j->own = lb_mem_zero(n * k, sizeof *j->own);
  j->common = lb_mem_zero(8 * k * k + 2 * k, sizeof *j->common);
  if (j->room == SIZE_MAX || j->held == NULL || j->weight == NULL || j->touched == NULL ||
      j->slot == NULL || j->mover == NULL || j->own == NULL || j->common == NULL ||
      !alloc_levels(j)) {
    aj_jackknife_free(j);
    return NULL;
  }
  for (size_t c = 0; c < n; c++) j->slot[c] = UINT32_MAX;
  j->moment = j->common + k * k;
  j->at_risk = j->moment + k * k;
  j->pair = j->at_risk + k * k;
  j->drift = j->pair + k * k;
  j->cross = j->drift + k * k;
  j->work = j->cross + k * k;
  j->vector = j->work + k * k;
  return j;
}

void aj_jackknife_free(aj_jackknife *j)
{
  if (j == NULL) return;
  for (size_t l = 0; j->level != NULL && l < j->n_level; l++) lb_mem_free(j->level[l]);
  lb_mem_free(j->level);
  lb_mem_free(j->held);
  lb_mem_free(j->weight);
  lb_mem_free(j->touched);
  lb_mem_free(j->slot);
  lb_mem_free(j->mover);
  lb_mem_free(j->own);
  lb_mem_free(j->common); /* the block */
  lb_mem_free(j);
}

/* ---- Clusters ---- */

/* Brings V_c up to now. */
static double *touch(aj_jackknife *j, size_t c)
{
  double *held = j->held + c * j->k;
  advance_over(j, held, j->touched[c], j->n_step);
  j->touched[c] = (uint32_t)j->n_step;
  return held;
}

/* U_c now, of a cluster just touched. */
static void influence(const aj_jackknife *j, size_t c, double *out)
{
  size_t k = j->k;
  const double *weight = j->weight + c * k;
  memcpy(out, j->held + c * k, k * sizeof *out);
  for (size_t s = 0; s < k; s++)
    for (size_t l = 0; weight[s] != 0 && l < k; l++) out[l] += weight[s] * j->common[s * k + l];
}

/* The weight of cluster c at risk in a state changes; its influence does not. */
static void change_weight(aj_jackknife *j, size_t c, size_t state, double change)
{
  size_t k = j->k;
  double *held = touch(j, c), *weight = j->weight + c * k, *now = j->vector + k;
  influence(j, c, now);
  for (size_t l = 0; l < k; l++) {
    j->at_risk[state * k + l] += change * now[l];
    held[l] -= change * j->common[state * k + l];
    j->pair[state * k + l] += change * weight[l];
    j->pair[l * k + state] += change * weight[l];
  }
  j->pair[state * k + state] += change * change;
  weight[state] += change;
}

void aj_jackknife_enter(aj_jackknife *j, const lb_aj_spell *s)
{
  change_weight(j, s->cluster, (size_t)s->from, aj_scale(s, j->frequency));
}

void aj_jackknife_leave(aj_jackknife *j, const lb_aj_spell *s)
{
  change_weight(j, s->cluster, (size_t)s->from, -aj_scale(s, j->frequency));
}

/* Derivatives of the shares: (e_from - p0) / total. Sums over clusters are made anew. */
void aj_jackknife_start(aj_jackknife *j, const uint32_t *spells, size_t n, const double *p0,
                        double total)
{
  size_t k = j->k;
  for (size_t i = 0; i < n; i++) {
    const lb_aj_spell *s = &j->curve->spell[spells[i]];
    double *held = j->held + s->cluster * k, scale = aj_scale(s, j->frequency) / total;
    for (size_t l = 0; l < k; l++) held[l] -= scale * p0[l];
    held[s->from] += scale;
  }
  memset(j->moment, 0, 2 * k * k * sizeof *j->moment); /* and at_risk */
  for (size_t c = 0; c < j->curve->n_cluster; c++) {
    const double *u = j->held + c * k, *weight = j->weight + c * k;
    for (size_t a = 0; a < k; a++) {
      for (size_t b = 0; b < k; b++) {
        j->moment[a * k + b] += u[a] * u[b];
        j->at_risk[a * k + b] += weight[a] * u[b];
      }
    }
  }
}

/* ---- A step ---- */

/* Clusters that move and the influence of their own moves. */
static size_t list_movers(aj_jackknife *j, const aj_step *step, const uint32_t *spells, size_t n)
{
  size_t k = j->k, n_mover = 0;
  for (size_t i = 0; i < n; i++) {
    const lb_aj_spell *s = &j->curve->spell[spells[i]];
    if (s->to == LB_STATE_NONE) continue;
    if (j->slot[s->cluster] == UINT32_MAX) {
      j->slot[s->cluster] = (uint32_t)n_mover;
      j->mover[n_mover] = s->cluster;
      memset(j->own + n_mover++ * k, 0, k * sizeof *j->own);
    }
    double *own = j->own + j->slot[s->cluster] * k;
    double size = step->share[s->from] * aj_scale(s, j->frequency);
    own[s->to] += size;
    own[s->from] -= size;
  }
  return n_mover;
}

/* What each state's stayers share: share_j (row j of I + dA - e_j). */
static void set_drift(aj_jackknife *j, const aj_step *step)
{
  size_t k = j->k;
  for (size_t s = 0; s < k; s++)
    for (size_t l = 0; l < k; l++)
      j->drift[s * k + l] = step->share[s] * (step->matrix[s * k + l] - (s == l));
}

/* g = own - w drift for each mover c, with cross = sum U g and work = sum g g' over all clusters;
 * stayers' parts come from the sums. */
static void add_movers(aj_jackknife *j, size_t n_mover)
{
  size_t k = j->k;
  double *u = j->vector + k;
  for (size_t m = 0; m < n_mover; m++) {
    size_t c = j->mover[m];
    const double *own = j->own + m * k, *weight = j->weight + c * k;
    touch(j, c);
    influence(j, c, u);
    double *pulled = j->vector;
    memset(pulled, 0, k * sizeof *pulled);
    for (size_t s = 0; s < k; s++)
      for (size_t l = 0; weight[s] != 0 && l < k; l++) pulled[l] += weight[s] * j->drift[s * k + l];
    for (size_t a = 0; a < k; a++) {
      for (size_t b = 0; b < k; b++) {
        j->cross[a * k + b] += u[a] * own[b];
        j->work[a * k + b] += own[a] * own[b] - own[a] * pulled[b] - pulled[a] * own[b];
      }
    }
  }
}

/* The parts of those who stay: - R' drift and drift' Q drift. */
static void add_stayers(aj_jackknife *j)
{
  size_t k = j->k;
  for (size_t s = 0; s < k; s++) {
    for (size_t l = 0; l < k; l++) {
      double q = j->pair[s * k + l];
      for (size_t a = 0; q != 0 && a < k; a++)
        for (size_t b = 0; b < k; b++)
          j->work[a * k + b] += q * j->drift[s * k + a] * j->drift[l * k + b];
      for (size_t b = 0; b < k; b++)
        j->cross[l * k + b] -= j->at_risk[s * k + l] * j->drift[s * k + b];
    }
  }
}

/* M becomes T' M T + T' X + X' T + sum g g'. */
static void move_moment(aj_jackknife *j, const double *t, double *scratch)
{
  size_t k = j->k;
  sandwich(j->moment, t, k, scratch);
  for (size_t a = 0; a < k; a++) {
    for (size_t b = 0; b < k; b++) {
      double sum = 0;
      for (size_t l = 0; l < k; l++) sum += t[l * k + a] * j->cross[l * k + b];
      scratch[a * k + b] = sum;
    }
  }
  for (size_t a = 0; a < k; a++)
    for (size_t b = 0; b < k; b++)
      j->moment[a * k + b] += scratch[a * k + b] + scratch[b * k + a] + j->work[a * k + b];
}

/* R becomes R T + sum w g', V and C of those concerned follow. */
static void move_clusters(aj_jackknife *j, const double *t, size_t n_mover, double *scratch)
{
  size_t k = j->k, cells = k * k;
  multiply(j->at_risk, t, k, scratch);
  memcpy(j->at_risk, scratch, cells * sizeof *scratch);
  multiply(j->pair, j->drift, k, scratch);
  for (size_t i = 0; i < cells; i++) j->at_risk[i] -= scratch[i];
  for (size_t m = 0; m < n_mover; m++) {
    size_t c = j->mover[m];
    const double *own = j->own + m * k, *weight = j->weight + c * k;
    for (size_t s = 0; s < k; s++)
      for (size_t l = 0; weight[s] != 0 && l < k; l++) j->at_risk[s * k + l] += weight[s] * own[l];
    double *held = j->held + c * k;
    advance(held, t, k, j->vector);
    for (size_t l = 0; l < k; l++) held[l] += own[l];
    j->touched[c] = (uint32_t)j->n_step + 1;
    j->slot[c] = UINT32_MAX;
  }
  multiply(j->common, t, k, scratch);
  for (size_t i = 0; i < cells; i++) j->common[i] = scratch[i] - j->drift[i];
}

void aj_jackknife_move(aj_jackknife *j, const aj_step *step, const uint32_t *spells, size_t n)
{
  size_t k = j->k;
  for (size_t s = 0; s < k; s++) { /* nobody there: what rounding left goes */
    if (step->n_risk[s] > 0) continue;
    for (size_t l = 0; l < k; l++)
      j->at_risk[s * k + l] = j->pair[s * k + l] = j->pair[l * k + s] = j->common[s * k + l] = 0;
  }
  memset(j->cross, 0, 2 * k * k * sizeof *j->cross); /* and work */
  size_t n_mover = list_movers(j, step, spells, n);
  set_drift(j, step);
  add_movers(j, n_mover);
  add_stayers(j);
  double *scratch = j->cross;
  /* cross is used up by move_moment, whose own scratch lies behind the two vectors */
  move_moment(j, step->matrix, j->vector + 2 * k);
  move_clusters(j, step->matrix, n_mover, scratch);
  push_step(j, step->matrix);
}

void aj_jackknife_variance(aj_jackknife *j, const double *p, double *out)
{
  size_t k = j->k;
  for (size_t s = 0; s < k; s++) {
    if (!(p[s] > 0)) { /* an estimate of 0 is a minimum: no weight moves it */
      for (size_t l = 0; l < k; l++) j->moment[s * k + l] = j->moment[l * k + s] = 0;
    }
    out[s] = j->moment[s * k + s];
  }
}

/* ---- Covariance by counting ---- */

/* Moves out of one state: Greenwood's (Andersen et al. 1993, 4.4.19) covariance of dA_jk, dA_jl is
 * (d_k (Y - d_k) for k = l, - d_k d_l else) / Y^3, Aalen's d_k / Y^2 and 0. */
static void add_state(const aj_step *step, size_t from, lb_aj_variance kind, double *covariance)
{
  size_t k = step->k;
  double y = step->n_risk[from], size = step->before[from] * step->before[from];
  const double *row = step->matrix + from * k;
  double out = 0;
  for (size_t to = 0; to < k; to++) out += to == from ? 0 : row[to];
  for (size_t a = 0; a < k; a++) {
    for (size_t b = 0; b < k; b++) {
      /* of the vector that has -sum at `from`, the rates elsewhere */
      double same = a == b ? (a == from ? out : row[a]) : 0;
      if (a != b && a == from) same = -row[b];
      if (a != b && b == from) same = -row[a];
      double x = a == from ? -out : row[a], z = b == from ? -out : row[b];
      covariance[a * k + b] += size / y * (kind == LB_AJ_GREENWOOD ? same - x * z : same);
    }
  }
}

void aj_covariance_move(const aj_step *step, lb_aj_variance kind, double *covariance, double *work)
{
  sandwich(covariance, step->matrix, step->k, work);
  for (size_t s = 0; s < step->k; s++)
    if (step->share[s] > 0) add_state(step, s, kind, covariance);
}
