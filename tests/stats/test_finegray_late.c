/* test_finegray_late.c - the Fine-Gray model with late entry, strata, groups of censoring and
 * clusters, and its standard errors of incidence, against their definitions in O(n^3). */
#include "check.h"
#include "stats/survival/finegray.h"

#include <gsl/gsl_errno.h>

#define N    100
#define P    2
#define LAST 30 /* times are 1 .. LAST */

static double time_[N], entry_[N], x_[P][N];
static uint8_t event_[N];
static int32_t cause_[N], stratum_[N], group_[N], cluster_[N], one_[N];
static const double *const COLUMN[P] = {x_[0], x_[1]};
static const lb_design X = {.n = N, .p = P, .column = COLUMN};
static const lb_finegray_options OPTIONS = LB_FINEGRAY_DEFAULTS;

static uint32_t next(uint32_t *seed)
{
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 12;
}

static lb_surv make(uint32_t seed)
{
  for (size_t i = 0; i < N; i++) {
    entry_[i] = next(&seed) % 2 == 0 ? 0 : (double)(next(&seed) % 5);
    time_[i] = entry_[i] + 1 + (double)(next(&seed) % (LAST - 5));
    cause_[i] = (int32_t)(next(&seed) % 3);
    event_[i] = cause_[i] > 0;
    x_[0][i] = (double)(next(&seed) % 1000) / 300;
    x_[1][i] = (double)(next(&seed) % 2);
    stratum_[i] = (int32_t)(next(&seed) % 2);
    group_[i] = (int32_t)(next(&seed) % 2);
    cluster_[i] = (int32_t)(next(&seed) % 20);
    one_[i] = 0;
  }
  return (lb_surv){
      .n = N, .time = time_, .entry = entry_, .event = event_, .cause = cause_, .n_cause = 2};
}

/* ---- The definition ---- */

static const int32_t *groups, *strata, *clusters;

static bool at_risk(size_t i, double u)
{
  return entry_[i] < u && u <= time_[i];
}
static bool to_enter(size_t i, double u)
{
  return entry_[i] <= u && u < time_[i];
}

/* G(t-) H(t-) of group g */
static double weight(int32_t g, double t)
{
  double product = 1;
  for (double u = 0; u <= LAST; u++) {
    double n = 0, d = 0;
    for (size_t i = 0; i < N; i++) {
      if (groups[i] != g) continue;
      n += u < t ? at_risk(i, u) : to_enter(i, u);
      d += u < t ? time_[i] == u && cause_[i] == 0 : entry_[i] == u;
    }
    if (d > 0) product *= 1 - d / n;
  }
  return product;
}

static double table[2][LAST + 2];

static double stays(size_t i, size_t t)
{
  if ((double)t <= time_[i]) return at_risk(i, (double)t);
  return cause_[i] == 2 ? table[groups[i]][t] / table[groups[i]][(size_t)time_[i]] : 0;
}

typedef struct at_time {
  double s0, mean[P], step;
} at_time;
static at_time sets[2][LAST + 1];
static double risk[N];

static void set_tables(const double *beta)
{
  for (size_t t = 0; t <= LAST + 1; t++)
    for (int32_t g = 0; g < 2; g++) table[g][t] = weight(g, (double)t);
  for (size_t i = 0; i < N; i++) risk[i] = exp(beta[0] * x_[0][i] + beta[1] * x_[1][i]);
  for (int32_t s = 0; s < 2; s++)
    for (size_t t = 1; t <= LAST; t++) {
      at_time a = {0};
      double events = 0;
      for (size_t i = 0; i < N; i++) {
        if (strata[i] != s) continue;
        double r = stays(i, t) * risk[i];
        a.s0 += r;
        for (size_t j = 0; j < P; j++) a.mean[j] += r * x_[j][i];
        events += time_[i] == (double)t && cause_[i] == 1;
      }
      for (size_t j = 0; j < P; j++) a.mean[j] /= a.s0;
      a.step = events > 0 ? events / a.s0 : 0;
      sets[s][t] = a;
    }
}

/* What a row adds while t runs from `first` to `last`: to the score, and to the hazard of a
 * stratum. */
typedef struct part {
  double v[P + 1];
} part;

static part add_eta(size_t i, double first, double last, bool with_event, int32_t stratum)
{
  part out = {{0}};
  for (size_t t = 1; t <= LAST; t++) {
    const at_time *a = &sets[strata[i]][t];
    if (a->step == 0 || (double)t < first) continue;
    double dm = -stays(i, t) * risk[i] * a->step;
    if (with_event) dm += time_[i] == (double)t && cause_[i] == 1;
    for (size_t j = 0; j < P; j++) out.v[j] += (x_[j][i] - a->mean[j]) * dm;
    if (strata[i] == stratum && (double)t <= last) out.v[P] += dm / a->s0;
  }
  return out;
}

/* psi of censoring, or of entry, for all rows. */
static void add_psi(bool entry, double last, int32_t stratum, part *eta)
{
  for (int32_t g = 0; g < 2; g++)
    for (double u = 0; u <= LAST; u++) {
      double n = 0, d = 0, q[P + 1] = {0};
      for (size_t i = 0; i < N; i++) {
        if (groups[i] != g) continue;
        n += entry ? to_enter(i, u) : at_risk(i, u);
        d += entry ? entry_[i] == u : time_[i] == u && cause_[i] == 0;
        if (cause_[i] != 2 || (entry ? time_[i] > u : time_[i] >= u)) continue;
        part rest = add_eta(i, entry ? u + 1 : u, last, false, stratum);
        for (size_t j = 0; j <= P; j++) q[j] -= rest.v[j];
      }
      if (d == 0) continue;
      for (size_t i = 0; i < N; i++) {
        if (groups[i] != g) continue;
        double dm = entry ? (entry_[i] == u) - to_enter(i, u) * d / n
                          : (time_[i] == u && cause_[i] == 0) - at_risk(i, u) * d / n;
        for (size_t j = 0; j <= P; j++) eta[i].v[j] += (entry ? -1 : 1) * q[j] / n * dm;
      }
    }
}

/* Scores, added up in clusters, at the fit; the last number is the influence on the hazard. */
static void define(const lb_finegray *f, bool full, double last, int32_t stratum, part *unit)
{
  static part eta[N];
  set_tables(f->cox.coef);
  for (size_t i = 0; i < N; i++) eta[i] = add_eta(i, 0, last, true, stratum);
  if (full) {
    add_psi(false, last, stratum, eta);
    add_psi(true, last, stratum, eta);
  }
  memset(unit, 0, N * sizeof *unit);
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j <= P; j++)
      unit[clusters == NULL ? i : (size_t)clusters[i]].v[j] += eta[i].v[j];
}

static void check_vcov(const lb_finegray *f, const part *unit)
{
  double v[P][P] = {{0}};
  for (size_t i = 0; i < N; i++) {
    double b[P] = {0};
    for (size_t j = 0; j < P; j++)
      for (size_t k = 0; k < P; k++) b[j] += f->naive_vcov[j * P + k] * unit[i].v[k];
    for (size_t j = 0; j < P; j++)
      for (size_t k = 0; k < P; k++) v[j][k] += b[j] * b[k];
  }
  for (size_t j = 0; j < P; j++)
    for (size_t k = 0; k < P; k++) LB_NEAR(f->cox.vcov[j * P + k], v[j][k], 1e-10);
}

/* Incidence of a person by influences on exp(b x) times the hazard. */
static void check_person(const lb_finegray *f, const part *unit, double last, int32_t stratum)
{
  const double x[P] = {1.5, 1}, *const columns[P] = {&x[0], &x[1]};
  const lb_design person = {.n = 1, .p = P, .column = columns};
  const lb_partition where = {&stratum, 2};
  const lb_finegray_limits limits = {.n_time = 1, .z = 1.96};
  double got[4], hazard = 0, slope[P] = {0}, variance = 0;
  const lb_finegray_incidence out = {&got[0], &got[1], &got[2], &got[3]};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_finegray_incidence_at(f, &person, &where, &limits, &out, &err), err);
  for (size_t t = 1; (double)t <= last; t++) {
    const at_time *a = &sets[stratum][t];
    if (a->step == 0) continue;
    hazard += a->step;
    for (size_t j = 0; j < P; j++) slope[j] += (x[j] - a->mean[j]) * a->step;
  }
  for (size_t i = 0; i < N; i++) {
    double influence = unit[i].v[P];
    for (size_t j = 0; j < P; j++)
      for (size_t k = 0; k < P; k++)
        influence += slope[j] * f->naive_vcov[j * P + k] * unit[i].v[k];
    variance += influence * influence;
  }
  double r = exp(f->cox.coef[0] * x[0] + f->cox.coef[1] * x[1]), h = hazard * r;
  LB_NEAR(got[0], -expm1(-h), 1e-8);
  LB_NEAR(got[1], exp(-h) * r * sqrt(variance), 1e-8);
  LB_NEAR(got[2], -expm1(-h * exp(-1.96 * r * sqrt(variance) / h)), 1e-8);
  assert_true(got[2] < got[0] && got[0] < got[3]);
}

/* kind: bit 0 strata, bit 1 groups of their own, bit 2 clusters, bit 3 groups are the strata. */
static void check_kind(unsigned kind, uint32_t seed)
{
  static part unit[N];
  const lb_surv y = make(seed);
  const lb_partition by_stratum = {stratum_, 2}, by_group = {group_, 2},
                     by_cluster = {cluster_, 20};
  const double times[] = {12};
  lb_finegray_options opt = OPTIONS;
  strata = kind & 1 ? stratum_ : one_;
  groups = kind & 8 ? strata : kind & 2 ? group_ : one_;
  clusters = kind & 4 ? cluster_ : NULL;
  if (kind & 1) opt.strata = &by_stratum;
  if (kind & 2) opt.censoring = &by_group;
  if (kind & 4) opt.cluster = &by_cluster;
  if (kind & 8) opt.censoring = opt.strata;
  for (int full = 0; full < 2; full++) {
    opt.variance = full ? LB_FINEGRAY_FULL : LB_FINEGRAY_ROBUST;
    for (opt.n_incidence = 0; opt.n_incidence < 2; opt.n_incidence++) {
      lb_error err = {0};
      lb_finegray f = {0};
      opt.incidence_time = times;
      LB_OK_OR_FAIL(lb_finegray_fit(&y, &X, 1, &opt, &f, &err), err);
      int32_t stratum = kind & 1 ? 1 : 0;
      define(&f, full, times[0], stratum, unit);
      if (!full)
        for (size_t j = 0; j < P; j++) {
          double score = 0;
          for (size_t i = 0; i < N; i++) score += unit[i].v[j];
          LB_NEAR(score, 0, 1e-7);
        }
      check_vcov(&f, unit);
      if (opt.n_incidence > 0) check_person(&f, unit, times[0], stratum);
      lb_finegray_reset(&f);
    }
  }
}

static void definition(void **state)
{
  (void)state;
  for (unsigned kind = 0; kind < 8; kind++) check_kind(kind, 7 + kind);
  check_kind(9, 91);
  check_kind(13, 97);
}

/* Entry at the start is no late entry; clusters of one are none. */
static void properties(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make(11);
  lb_finegray a = {0}, b = {0};
  int32_t own[N];
  for (size_t i = 0; i < N; i++) {
    entry_[i] = 0;
    own[i] = (int32_t)(N - 1 - i);
  }
  const lb_partition each = {own, N};
  lb_finegray_options opt = OPTIONS;
  opt.cluster = &each;
  LB_OK_OR_FAIL(lb_finegray_fit(&y, &X, 1, &opt, &a, &err), err);
  y.entry = NULL;
  LB_OK_OR_FAIL(lb_finegray_fit(&y, &X, 1, &OPTIONS, &b, &err), err);
  for (size_t j = 0; j < P; j++) LB_NEAR(a.cox.coef[j], b.cox.coef[j], 1e-12);
  for (size_t j = 0; j < P * P; j++) LB_NEAR(a.cox.vcov[j], b.cox.vcov[j], 1e-12);
  lb_finegray_reset(&a);
  lb_finegray_reset(&b);
}

/* The first to enter has a competing event before anybody else is there. */
static void no_entry_distribution(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make(13);
  lb_finegray f = {0};
  for (size_t i = 1; i < N; i++) {
    entry_[i] += 5;
    time_[i] += 5;
  }
  entry_[0] = 0;
  time_[0] = 2;
  cause_[0] = 2;
  event_[0] = 1;
  assert_int_equal(lb_finegray_fit(&y, &X, 1, &OPTIONS, &f, &err), LB_EDATA);
  assert_null(f.time);
}

static void allocation_failures(void **state)
{
  (void)state;
  const lb_surv y = make(17);
  const lb_partition by_stratum = {stratum_, 2}, by_group = {group_, 2},
                     by_cluster = {cluster_, 20};
  const double times[] = {5, 12};
  lb_finegray_options opt = OPTIONS;
  opt.strata = &by_stratum;
  opt.censoring = &by_group;
  opt.cluster = &by_cluster;
  opt.incidence_time = times;
  opt.n_incidence = 2;
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_finegray f = {0};
    lb_error err = {0};
    size_t live = lb_mem_live();
    lb_mem_fail_after(k);
    st = lb_finegray_fit(&y, &X, 1, &opt, &f, &err);
    lb_mem_fail_after(-1);
    if (st != LB_OK) {
      assert_int_equal(st, LB_ENOMEM);
      assert_int_equal(lb_mem_live(), live);
    }
    lb_finegray_reset(&f);
    assert_int_equal(lb_mem_live(), live);
  }
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {LB_TEST(definition), LB_TEST(properties),
                                     LB_TEST(no_entry_distribution), LB_TEST(allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
