/* test_cox_kernel.c - sums of the Cox model's inner loops: the same bits by columns and by lines,
 * nothing written beyond the last number, and a bin's part of the information by its formula. */
#include "check.h"

#include "stats/survival/cox_kernel.h"

#include <math.h>
#include <string.h>

#define MOST_P 19
#define WIDTH  24     /* COX_PADDED(MOST_P + 1) */
#define KEPT   1234.5 /* what must stay */

typedef struct block {
  double z[MOST_P * COX_ROWS], g[COX_ROWS], line[COX_ROWS * WIDTH];
  size_t p, n; /* n: p + 1 */
} block;

/* Any numbers, the same each time. */
static double next_number(uint64_t *state)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (double)(*state >> 11) * 0x1p-53 - 0.5;
}

static void fill(block *b, size_t p)
{
  uint64_t state = 7 + p;
  *b = (block){.p = p, .n = p + 1};
  size_t width = COX_PADDED(b->n);
  for (size_t r = 0; r < COX_ROWS; r++) {
    b->g[r] = exp(next_number(&state));
    b->line[r * width] = 1;
    for (size_t j = 0; j < p; j++)
      b->z[j * COX_ROWS + r] = b->line[r * width + 1 + j] = next_number(&state);
  }
}

static void test_runs_by_lines(void **state)
{
  (void)state;
  static block b;
  static const size_t start[] = {0, 1, 3, 3, 10, 11, 25, 30};
  enum { RUNS = 7, STRIDE = MOST_P + 3 };
  for (size_t p = 1; p <= MOST_P; p++) {
    double by_column[RUNS * STRIDE], by_line[RUNS * STRIDE];
    for (size_t i = 0; i < RUNS * STRIDE; i++) by_column[i] = by_line[i] = KEPT;
    fill(&b, p);
    cox_short_runs(b.z, b.g, p, start, RUNS, by_column, STRIDE);
    cox_line_runs(b.line, b.g, b.n, start, RUNS, by_line, STRIDE);
    assert_memory_equal(by_column, by_line, sizeof by_line);
    double sum = 0;
    for (size_t r = 11; r < 25; r++) sum += b.g[r] * b.z[(p - 1) * COX_ROWS + r];
    assert_true(by_line[5 * STRIDE + p] == sum);
    assert_true(by_line[5 * STRIDE + p + 1] == KEPT);
  }
}

static void test_lines_that_leave(void **state)
{
  (void)state;
  static block b;
  static const uint32_t place[] = {1, UINT32_MAX, 0, 1, 2, UINT32_MAX, 2};
  enum { ROWS = 7, PLACES = 3 };
  for (size_t p = 1; p <= MOST_P; p++) {
    double sum[(PLACES + 1) * (MOST_P + 1)], want[(PLACES + 1) * (MOST_P + 1)];
    for (size_t i = 0; i < sizeof sum / sizeof sum[0]; i++) sum[i] = want[i] = KEPT;
    fill(&b, p);
    for (size_t r = 0; r < ROWS; r++) {
      if (place[r] == UINT32_MAX) continue;
      double *to = want + place[r] * b.n;
      to[0] -= b.g[r];
      for (size_t j = 0; j < p; j++) to[1 + j] -= b.g[r] * b.z[j * COX_ROWS + r];
    }
    cox_line_leave(b.line, b.g, b.n, place, ROWS, sum);
    assert_memory_equal(sum, want, sizeof sum);
  }
}

/* Beyond p numbers the sums are not numbers: none of it may come into what counts. */
static void test_part_of_a_bin(void **state)
{
  (void)state;
  static block b;
  static const cox_tied_sums SUMS[] = {{.hazard = 0.25, .a = 0.5},
                                       {0.25, 0.125, 0.5, 0.25, 0.0625, 0}};
  for (size_t p = 1; p <= MOST_P; p++) {
    size_t width = COX_PADDED(p);
    for (size_t k = 0; k < 2; k++) {
      double s[WIDTH], d[WIDTH], score[WIDTH] = {0}, out[MOST_P * WIDTH] = {0};
      fill(&b, p);
      for (size_t j = 0; j < WIDTH; j++) s[j] = j < p ? b.z[j] : NAN;
      for (size_t j = 0; j < WIDTH; j++) d[j] = j < p ? b.g[j] : NAN;
      cox_add_bin(s, d, &SUMS[k], p, score, out);
      for (size_t j = 0; j < p; j++) {
        LB_NEAR(score[j], SUMS[k].tied * d[j] - SUMS[k].hazard * s[j], 1e-15);
        for (size_t i = 0; i <= j; i++)
          LB_NEAR(out[j * width + i],
                  SUMS[k].a * s[i] * s[j] - SUMS[k].b * (s[i] * d[j] + s[j] * d[i]) +
                      SUMS[k].c * d[i] * d[j],
                  1e-14);
      }
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_runs_by_lines),
      LB_TEST(test_lines_that_leave),
      LB_TEST(test_part_of_a_bin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
