/* test_concordance_count.c - concordance of unweighted rows: against a count of all pairs, against
 * the walk over time, for any threads, and for scores and times of every awkward shape. */
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "check.h"
#include "stats/survival/concordance_kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MANY 60000 /* rows that threads share */
#define SOME 700

static double time_[MANY], score_[MANY], weight_[MANY];
static uint8_t event_[MANY];
static int32_t stratum_[MANY], cluster_[MANY];

static double uniform(void)
{
  static uint64_t seed = 11;
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (double)(seed >> 11) / 9007199254740992.0;
}

/* ---- Shapes of data ---- */

typedef enum times { DAYS, FEW_DAYS, FAR_DAYS, REALS, ONE_TIME, N_TIMES } times;

static double draw_time(times shape)
{
  switch (shape) {
  case DAYS:
    return floor(900 * uniform());
  case FEW_DAYS:
    return floor(3 * uniform());
  case FAR_DAYS:
    return 1e6 * floor(2000 * uniform());
  case REALS:
    return 0.1 + 7 * uniform();
  default:
    return 5;
  }
}

typedef enum scores {
  DISTINCT,
  TIED,
  TWO,
  EQUAL,
  GEOMETRIC,
  OUTLIER,
  WIDE,
  TINY,
  RISING,
  FALLING,
  ZEROS,
  N_SCORES
} scores;

static double draw_score(scores shape, size_t i)
{
  double u = uniform();
  switch (shape) {
  case DISTINCT:
    return u + uniform() - 1;
  case TIED:
    return floor(8 * u);
  case TWO:
    return u < 0.1;
  case EQUAL:
    return -3;
  case GEOMETRIC:
    return ldexp(1 + (i % 7 == 0), -(int)(1000 * u));
  case OUTLIER:
    return i == 3 ? 1e300 : 1 + 1e-9 * floor(1e5 * u);
  case WIDE:
    return (u < 0.5 ? -1 : 1) * (u < 0.2 || u > 0.8 ? 1.7e308 : u);
  case TINY:
    return 4.9e-324 * floor(100 * u);
  case RISING:
    return (double)(i / 2);
  case FALLING:
    return -(double)(i / 3);
  default:
    return u < 0.5 ? -0.0 : 0.0;
  }
}

static lb_surv draw(size_t n, times when, scores what)
{
  for (size_t i = 0; i < n; i++) {
    time_[i] = draw_time(when);
    score_[i] = draw_score(what, i);
    event_[i] = uniform() < 0.6;
    weight_[i] = 1;
    stratum_[i] = (int32_t)(uniform() < 0.5 ? 0 : 40 * uniform());
    cluster_[i] = (int32_t)(25 * uniform());
  }
  return (lb_surv){.n = n, .time = time_, .event = event_};
}

/* ---- All pairs, one by one ---- */

static lb_concordance all_pairs(const lb_surv *y, const lb_concordance_options *opt)
{
  lb_concordance c = {.n_used = y->n};
  static double won[SOME], met[SOME], sum[SOME];
  double squares = 0;
  memset(won, 0, sizeof won);
  memset(met, 0, sizeof met);
  memset(sum, 0, sizeof sum);
  for (size_t i = 0; i < y->n; i++) {
    for (size_t j = 0; j < y->n; j++) {
      bool other = opt->strata != NULL && stratum_[i] != stratum_[j];
      if (i == j || other || !y->event[i] || y->time[i] > opt->tau) continue;
      bool tied = score_[i] == score_[j];
      if (y->time[i] == y->time[j] && y->event[j] && i < j) tied ? c.tied_xy++ : c.tied_y++;
      if (y->time[j] < y->time[i] || (y->time[j] == y->time[i] && y->event[j])) continue;
      double got = tied ? 0.5 : score_[i] > score_[j];
      *(tied ? &c.tied_x : got == 1 ? &c.concordant : &c.discordant) += 1;
      won[i] += got;
      won[j] += got;
      met[i]++;
      met[j]++;
    }
  }
  double pairs = c.concordant + c.discordant + c.tied_x;
  bool several = false;
  c.concordance = (c.concordant + c.tied_x / 2) / pairs;
  for (size_t i = 0; i < y->n; i++) {
    size_t k = opt->cluster == NULL ? i : (size_t)cluster_[i];
    several |= opt->cluster == NULL ? i > 0 : cluster_[i] != cluster_[0];
    sum[k] += (won[i] - c.concordance * met[i]) / pairs;
  }
  for (size_t i = 0; i < SOME; i++) squares += sum[i] * sum[i];
  c.std_error = several ? sqrt(squares) : NAN;
  return c;
}

static void check_counts(const lb_concordance *c, const lb_concordance *want)
{
  LB_NEAR(c->concordant, want->concordant, 0);
  LB_NEAR(c->discordant, want->discordant, 0);
  LB_NEAR(c->tied_x, want->tied_x, 0);
  LB_NEAR(c->tied_y, want->tied_y, 0);
  LB_NEAR(c->tied_xy, want->tied_xy, 0);
  assert_int_equal(c->n_used, want->n_used);
  if (want->concordant + want->discordant + want->tied_x == 0) {
    assert_true(isnan(c->concordance) && isnan(c->std_error));
    return;
  }
  LB_NEAR(c->concordance, want->concordance, 0);
  if (isnan(want->std_error))
    assert_true(isnan(c->std_error));
  else
    assert_true(fabs(c->std_error - want->std_error) <= 1e-12 * want->std_error + 1e-16);
}

static void agrees_with_all_pairs(void **state)
{
  (void)state;
  static const size_t SIZES[] = {0, 1, 2, 3, 5, 24, 25, 60, 257, SOME};
  const lb_partition strata = {stratum_, 40}, cluster = {cluster_, 25};
  lb_error err = {0};
  int round = 0;
  for (size_t k = 0; k < sizeof SIZES / sizeof *SIZES; k++) {
    for (int when = 0; when < N_TIMES; when++) {
      for (int what = 0; what < N_SCORES; what++, round++) {
        const lb_surv y = draw(SIZES[k], (times)when, (scores)what);
        lb_concordance_options opt = LB_CONCORDANCE_DEFAULTS;
        if (round % 2 == 1) opt.strata = &strata;
        if (round % 3 == 1) opt.cluster = &cluster;
        if (round % 5 == 1) opt.tau = 2;
        lb_concordance c, want = all_pairs(&y, &opt);
        LB_OK_OR_FAIL(lb_concordance_with(&y, score_, &opt, &c, &err), err);
        check_counts(&c, &want);
      }
    }
  }
}

/* The two ways of counting share nothing but the rows; unit weights ask for the other. */
static void agrees_with_walk(void **state)
{
  (void)state;
  const lb_partition strata = {stratum_, 40}, cluster = {cluster_, 25};
  lb_error err = {0};
  for (int round = 0; round < N_TIMES * N_SCORES; round++) {
    lb_surv y = draw(MANY, (times)(round / N_SCORES), (scores)(round % N_SCORES));
    lb_concordance_options opt = LB_CONCORDANCE_DEFAULTS;
    lb_concordance c, walk;
    if (round % 2 == 1) opt.strata = &strata;
    if (round % 3 == 1) opt.cluster = &cluster;
    lb_threads_set(1);
    LB_OK_OR_FAIL(lb_concordance_with(&y, score_, &opt, &c, &err), err);
    for (int threads = 2; threads < 8; threads += 5) {
      lb_concordance again;
      lb_threads_set(threads);
      LB_OK_OR_FAIL(lb_concordance_with(&y, score_, &opt, &again, &err), err);
      assert_memory_equal(&again, &c, sizeof c);
    }
    lb_threads_set(0);
    y.weight = weight_;
    LB_OK_OR_FAIL(lb_concordance_with(&y, score_, &opt, &walk, &err), err);
    check_counts(&c, &walk);
  }
}

/* More ranks than any data here: five levels of counters, the last of which are read and added to
 * at both of their ends. */
static void many_levels(void **state)
{
  (void)state;
  enum { ROWS = 400, RANKS = 1 << 21 };
  lb_rank_counts c = {.n_level = lb_rank_counts_levels(RANKS)};
  lb_place_total *total = lb_mem_zero((size_t)2 * RANKS, sizeof *total);
  lb_scored item[ROWS];
  lb_pair_sums sums = {0};
  uint64_t below = 0;
  assert_int_equal(c.n_level, 5);
  for (size_t l = 0; l < c.n_level; l++)
    c.level[l] = lb_mem_array(lb_rank_counts_size(RANKS, l), sizeof(uint32_t));
  lb_rank_counts_start(&c, NULL, RANKS, NULL);
  for (uint32_t i = 0; i < ROWS; i++) {
    double u = uniform();
    uint32_t rank = u < 0.2 ? RANKS - 1 : u < 0.3 ? 0 : (uint32_t)(RANKS * uniform());
    item[i] = (lb_scored){.score = i, .place = 2 * rank + (uniform() < 0.5), .row = i};
  }
  lb_count_pairs(item, ROWS, 0, total, &c, &sums);
  for (size_t i = 0; i < ROWS; i++) {
    uint32_t later = 0, earlier = 0;
    for (size_t j = 0; j < i; j++) {
      later += item[i].place % 2 == 0 && item[j].place > item[i].place;
      earlier += item[j].place % 2 == 0 && item[j].place < item[i].place;
    }
    below += later;
    assert_int_equal(item[i].pairs.won_twice, 2 * (later - earlier));
  }
  assert_int_equal(sums.before, below);
  assert_int_equal(sums.after, below);
  for (size_t l = 0; l < c.n_level; l++) lb_mem_free(c.level[l]);
  lb_mem_free(total);
}

/* Counters that start from rows at places are those to which the rows were added one by one. */
static void start_from_rows(void **state)
{
  (void)state;
  static const size_t RANKS[] = {1, 31, 32, 33, 992, 1023, 1024, 1025, 32767, 32768, 40000};
  enum { ROWS = 300 };
  for (size_t k = 0; k < sizeof RANKS / sizeof *RANKS; k++) {
    size_t n = RANKS[k];
    lb_rank_counts c[2] = {{.n_level = lb_rank_counts_levels(n)}, {.n_level = 0}};
    lb_scored item[ROWS];
    lb_pair_sums sums = {0};
    lb_place_total *total = lb_mem_zero(2 * n, sizeof *total);
    uint32_t *rows = lb_mem_zero(2 * n, sizeof *rows);
    uint32_t *room = lb_mem_array(lb_rank_counts_size(n, 0), sizeof *room);
    c[1].n_level = c[0].n_level;
    for (size_t j = 0; j < 2; j++)
      for (size_t l = 0; l < c[0].n_level; l++)
        c[j].level[l] = lb_mem_array(lb_rank_counts_size(n, l), sizeof(uint32_t));
    for (uint32_t i = 0; i < ROWS; i++) {
      item[i] = (lb_scored){.score = i, .place = (uint32_t)((double)(2 * n) * uniform())};
      rows[item[i].place]++;
    }
    lb_rank_counts_start(&c[0], NULL, n, NULL);
    lb_count_pairs(item, ROWS, 0, total, &c[0], &sums);
    lb_rank_counts_start(&c[1], rows, n, room);
    for (uint32_t i = 0; i < ROWS; i++) { /* the same questions of both */
      lb_scored a = {.score = i, .place = item[i].place}, b = a;
      lb_count_pairs(&a, 1, ROWS + i, total, &c[0], &sums);
      lb_count_pairs(&b, 1, ROWS + i, total, &c[1], &sums);
      assert_int_equal(a.pairs.won_twice, b.pairs.won_twice);
    }
    for (size_t j = 0; j < 2; j++)
      for (size_t l = 0; l < c[0].n_level; l++) lb_mem_free(c[j].level[l]);
    lb_mem_free(total);
    lb_mem_free(rows);
    lb_mem_free(room);
  }
}

static void refusals(void **state)
{
  (void)state;
  lb_error err = {0};
  const lb_surv y = draw(SOME, DAYS, TIED);
  lb_concordance c = {.n_used = 77};
  static const double BAD[] = {NAN, INFINITY, -INFINITY};
  for (size_t k = 0; k < 3 * 9; k++) {
    double kept = score_[SOME - 1 - k / 3];
    score_[SOME - 1 - k / 3] = BAD[k % 3];
    assert_int_equal(lb_concordance_fit(&y, score_, NULL, NULL, &c, &err), LB_EDATA);
    score_[SOME - 1 - k / 3] = kept;
  }
  lb_concordance_options opt = LB_CONCORDANCE_DEFAULTS;
  opt.tau = NAN;
  assert_int_equal(lb_concordance_with(&y, score_, &opt, &c, &err), LB_EARG);
  assert_int_equal(c.n_used, 77);
}

static void interrupted(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_concordance c = {.n_used = 77};
  for (int when = DAYS; when <= REALS; when += REALS - DAYS) {
    const lb_surv y = draw(MANY, (times)when, DISTINCT);
    lb_interrupt_raise();
    assert_int_equal(lb_concordance_fit(&y, score_, NULL, NULL, &c, &err), LB_EINTR);
    lb_interrupt_clear();
    assert_int_equal(c.n_used, 77);
    assert_true(lb_mem_live() == 0);
  }
}

/* Each allocation gets its turn to fail, on one thread and on several. */
static void memory(void **state)
{
  (void)state;
  lb_error err = {0};
  const lb_partition strata = {stratum_, 40}, cluster = {cluster_, 25};
  for (int round = 0; round < 8; round++) {
    const lb_surv y = draw(round < 4 ? SOME : MANY, round % 2 == 0 ? DAYS : REALS, DISTINCT);
    const lb_partition *by = round % 4 >= 2 ? &strata : NULL;
    lb_concordance c;
    lb_status st = LB_ENOMEM;
    lb_threads_set(round < 4 ? 1 : 2);
    for (long k = 0; st != LB_OK; k++) {
      lb_mem_fail_after(k);
      st = lb_concordance_fit(&y, score_, by, round % 3 == 0 ? &cluster : NULL, &c, &err);
      assert_true(st == LB_OK || st == LB_ENOMEM);
      assert_true(lb_mem_live() == 0);
    }
    lb_mem_fail_after(-1);
    lb_threads_set(0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(agrees_with_all_pairs),
      LB_TEST(agrees_with_walk),
      LB_TEST(many_levels),
      LB_TEST(start_from_rows),
      LB_TEST(refusals),
      LB_TEST(interrupted),
      LB_TEST(memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
