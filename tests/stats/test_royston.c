/* test_royston.c - Royston-Parmar models: score, information and sandwich against the curves of the
 * fit, which are written on another scale; where hazards are negative; what happens without
 * memory. */
#include "../support/check.h"

#include "stats/survival/royston.h"
#include "stats/survival/royston_spline.h"
#include "stats/symmetric.h"

enum { N = 60, MOST = 24 };

typedef struct sample {
  double lower[N], upper[N], entry[N], weight[N], x[N], z[N];
  int32_t half[N], cluster[N];
  const double *column[2];
  lb_aft_outcome y;
  lb_design design;
  lb_partition strata, clusters;
} sample;

/* Numbers without a pattern, the same everywhere. */
static double noise(unsigned *state)
{
  *state = *state * 1664525U + 1013904223U;
  return ((double)(*state >> 8) + 0.5) / 16777216.0;
}

static void draw(sample *s)
{
  unsigned state = 7;
  for (int i = 0; i < N; i++) {
    s->x[i] = i % 2;
    s->z[i] = noise(&state);
    double t = 10 * pow(-log(noise(&state)), 0.7) * exp(0.4 * s->x[i]);
    bool event = noise(&state) < 0.7;
    s->lower[i] = t;
    s->upper[i] = event ? t : INFINITY;
    s->entry[i] = i % 3 == 0 ? t / 4 : 0;
    s->weight[i] = 1 + i % 3;
    s->half[i] = i % 4 < 2;
    s->cluster[i] = i / 3;
  }
  s->column[0] = s->x;
  s->column[1] = s->z;
  s->y = (lb_aft_outcome){
      .n = N, .lower = s->lower, .upper = s->upper, .entry = s->entry, .weight = s->weight};
  s->design = (lb_design){.n = N, .p = 2, .column = s->column};
  s->strata = (lb_partition){s->half, 2};
  s->clusters = (lb_partition){s->cluster, N / 3};
}

/* The score of row i at coef, from the curve of the fit: log hazard of events, log S of all. */
static double row_score(const sample *s, const lb_royston_form *form, const double *coef, int i,
                        double *score)
{
  double ds[MOST], dh[MOST];
  lb_curve curve;
  lb_curve_point at = {.ds = ds, .dh = dh};
  lb_royston_people who = {.form = *form, .coef = coef, .x = s->design, .stratum = s->half};
  lb_royston_curve(&who, NULL, 1, &curve);
  curve.at(&who, (size_t)i, s->lower[i], &at);
  bool event = isfinite(s->upper[i]);
  double value = at.log_survival + (event ? at.log_hazard : 0);
  for (size_t j = 0; j < form->n_param; j++) score[j] = ds[j] + (event ? dh[j] : 0);
  if (!(s->entry[i] > 0)) return value;
  curve.at(&who, (size_t)i, s->entry[i], &at);
  for (size_t j = 0; j < form->n_param; j++) score[j] -= ds[j];
  return value - at.log_survival;
}

static double total_score(const sample *s, const lb_royston_form *form, const double *coef,
                          double *score)
{
  double value = 0, own[MOST];
  for (size_t j = 0; j < form->n_param; j++) score[j] = 0;
  for (int i = 0; i < N; i++) {
    value += s->weight[i] * row_score(s, form, coef, i, own);
    for (size_t j = 0; j < form->n_param; j++) score[j] += s->weight[i] * own[j];
  }
  return value;
}

/* v: information times vcov, which is the identity. */
static void check_information(const sample *s, const lb_royston *fit)
{
  size_t p = fit->form.n_param;
  double information[MOST][MOST], low[MOST], high[MOST], coef[MOST];
  for (size_t j = 0; j < p; j++) {
    double step = 1e-4 * sqrt(fit->naive_vcov[j * p + j]);
    for (size_t k = 0; k < p; k++) coef[k] = fit->coef[k];
    coef[j] = fit->coef[j] + step;
    double up = total_score(s, &fit->form, coef, high);
    coef[j] = fit->coef[j] - step;
    double down = total_score(s, &fit->form, coef, low);
    for (size_t k = 0; k < p; k++) information[k][j] = -(high[k] - low[k]) / (2 * step);
    total_score(s, &fit->form, fit->coef, low);
    LB_NEAR((up - down) / (2 * step) * step * 1e4, low[j] * step * 1e4, 1e-4); /* of a std. error */
    LB_NEAR(low[j] * step * 1e4, 0, 1e-5);
  }
  for (size_t j = 0; j < p; j++) {
    for (size_t k = 0; k < p; k++) {
      double sum = 0, unit = sqrt(fit->naive_vcov[j * p + j] / fit->naive_vcov[k * p + k]);
      for (size_t l = 0; l < p; l++) sum += fit->naive_vcov[j * p + l] * information[l][k];
      LB_NEAR(sum / unit, j == k, 2e-4);
    }
  }
}

static void check_sandwich(const sample *s, const lb_royston *fit)
{
  size_t p = fit->form.n_param;
  double sum[N / 3][MOST] = {{0}}, own[MOST], influence[N / 3][MOST];
  for (int i = 0; i < N; i++) {
    row_score(s, &fit->form, fit->coef, i, own);
    for (size_t j = 0; j < p; j++) sum[s->cluster[i]][j] += s->weight[i] * own[j];
  }
  for (int g = 0; g < N / 3; g++) {
    for (size_t j = 0; j < p; j++) {
      influence[g][j] = 0;
      for (size_t k = 0; k < p; k++) influence[g][j] += fit->naive_vcov[j * p + k] * sum[g][k];
    }
  }
  for (size_t j = 0; j < p; j++) {
    double variance = 0;
    for (int g = 0; g < N / 3; g++) variance += influence[g][j] * influence[g][j];
    LB_NEAR(fit->std_error[j], sqrt(variance), 1e-6);
    LB_NEAR(fit->vcov[j * p + j], variance, 1e-6);
  }
}

static void fit_is_a_maximum(void **state)
{
  (void)state;
  sample s;
  lb_error err = {0};
  draw(&s);
  lb_royston_change change[] = {{0, {.df = 2}}, {1, {.df = 1}}};
  for (int scale = LB_ROYSTON_HAZARD; scale <= LB_ROYSTON_NORMAL; scale++) {
    lb_royston_options o = {.scale = (lb_royston_scale)scale,
                            .df = 2,
                            .max_iter = 100,
                            .change = change,
                            .n_change = 2};
    lb_royston fit = {0};
    double score[MOST];
    LB_OK_OR_FAIL(lb_royston_fit(&s.y, &s.design, &s.strata, &s.clusters, &o, &fit, &err), err);
    assert_true(fit.converged);
    assert_int_equal(fit.form.n_param, 2 * 3 + 2 + 2 + 1);
    assert_int_equal(fit.df, 5);
    assert_int_equal(fit.df_change, 3);
    LB_NEAR(total_score(&s, &fit.form, fit.coef, score), fit.log_lik, 1e-11);
    check_information(&s, &fit);
    check_sandwich(&s, &fit);
    lb_royston_reset(&fit);
  }
}

/* The range of negative hazards of a person is that which a fine scan finds. */
static void negative_hazards_are_found(void **state)
{
  (void)state;
  lb_error err = {0};
  const double x[] = {0, 1, 2}, *column[] = {x};
  double coef[] = {-3, 1.2, 0.08, 0.1, -0.5, 0.05};
  lb_royston_people who = {.form = {.p = 1,
                                    .n_spline = 3,
                                    .n_stratum = 1,
                                    .n_effect = 1,
                                    .n_param = 6,
                                    .knot = {0, 1, 4},
                                    .effect = {{0, 3, {0, 2.5, 4}}}},
                           .coef = coef,
                           .x = {.n = 3, .p = 1, .column = column}};
  for (int k = 0; k < 40; k++) {
    double from = INFINITY, to = 0;
    size_t rows = 0;
    coef[2] = -0.2 + 0.011 * k;
    coef[5] = 0.3 - 0.017 * k;
    lb_curve curve;
    double ds[6], dh[6];
    lb_curve_point at = {.ds = ds, .dh = dh};
    lb_royston_curve(&who, NULL, 1, &curve);
    for (size_t i = 0; i < 3; i++) {
      bool any = false;
      for (int l = 0; l <= 20000; l++) {
        double t = exp(-0.5 + 5.0 * l / 20000);
        curve.at(&who, i, t, &at);
        if (!isnan(at.log_hazard)) continue;
        any = true;
        from = fmin(from, t);
        to = fmax(to, t);
      }
      rows += any;
    }
    lb_royston_negative found = {0};
    LB_OK_OR_FAIL(lb_royston_negative_hazards(&who, exp(-0.5), exp(4.5), &found, &err), err);
    assert_int_equal(found.n_row, rows);
    if (rows == 0) continue;
    assert_true(fabs(log(found.from / from)) < 4e-4 && fabs(log(found.to / to)) < 4e-4);
  }
}

/* A knot placed by frequencies is a quantile of the rows that they stand for. */
static void knots_count_frequencies(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {1, 2, 3, 4, 5}, weight[] = {1, 0, 3, 1, 1};
  const double rows[] = {1, 3, 3, 3, 4, 5};
  lb_aft_outcome y = {.n = 5, .lower = time, .upper = time, .weight = weight};
  lb_aft_outcome long_y = {.n = 6, .lower = rows, .upper = rows};
  lb_royston_options o = {.df = 4, .frequency = true};
  lb_royston_form a = {0}, b = {0};
  assert_int_equal(lb_royston_place_knots(&y, &o, &a, &err), LB_EDATA); /* 3 three times */
  o.df = 2;
  LB_OK_OR_FAIL(lb_royston_place_knots(&y, &o, &a, &err), err);
  LB_OK_OR_FAIL(lb_royston_place_knots(&long_y, &o, &b, &err), err);
  for (size_t j = 0; j < 3; j++) LB_NEAR(a.knot[j], b.knot[j], TOL_EXACT);
}

static void without_memory_nothing_leaks(void **state)
{
  (void)state;
  sample s;
  lb_error err = {0};
  draw(&s);
  lb_royston_change change = {0, {.df = 2}};
  lb_royston_options o = {.df = 2, .max_iter = 100, .change = &change, .n_change = 1};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_royston fit = {0};
    lb_mem_fail_after(k);
    st = lb_royston_fit(&s.y, &s.design, &s.strata, &s.clusters, &o, &fit, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && fit.coef == NULL));
    lb_royston_reset(&fit);
    assert_int_equal(lb_mem_live(), 0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(fit_is_a_maximum),
      LB_TEST(negative_hazards_are_found),
      LB_TEST(knots_count_frequencies),
      LB_TEST(without_memory_nothing_leaks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
