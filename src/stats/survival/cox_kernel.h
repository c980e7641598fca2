/* cox_kernel.h - inner loops of the Cox model over one block of rows, as vector code. */
#ifndef LB_SURVIVAL_COX_KERNEL_H
#define LB_SURVIVAL_COX_KERNEL_H
#include <stddef.h>
#include <stdint.h>

/* Rows of a block: ten columns of it stay in the first cache. Columns follow each other; a block
 * that is not full is padded with zeros. */
#define COX_ROWS 512

/* Numbers in whole vectors. */
#define COX_PADDED(p) (((p) + 7) / 8 * 8)

/* What is seen of a column over some rows: sum of weight x, largest |x|, blocks with numbers that
 * are not finite; sum of squares, smallest and largest, of what is left when the mean is taken
 * off. */
typedef struct cox_column {
  double weighted, size, bad, squares, low, high;
} cox_column;
/* Add a block: size and bad; squares, low and high (padding changes none). */
void cox_look(const double *x, cox_column *seen);
void cox_spread(const double *z, cox_column *seen);
double cox_dot(const double *x, const double *y, size_t n);
double cox_total(const double *x, size_t first, size_t end);
/* z[r] = (z[r] - shift) factor. */
void cox_move(double *z, size_t first, size_t end, double shift, double factor);

/* eta[r] += sum of z_rj beta_j over COX_ROWS rows, j ascending. */
void cox_linear(const double *z, const double *beta, size_t p, double *eta);
/* Lower triangle of Z' diag(g) Z, added to `out`, width x width; width is even. */
void cox_crossproduct(const double *z, const double *g, size_t width, double *out);
/* sum[0] = sum of g, sum[1 + j] = sum of g z_j over rows [first, end) of the block. */
void cox_run_sums(const double *z, const double *g, size_t p, size_t first, size_t end,
                  double *sum);
/* Runs of rows [start[i], start[i + 1]) at once, for runs of few rows; those sums of i go to
 * sum + i * stride. */
void cox_short_runs(const double *z, const double *g, size_t p, const size_t *start, size_t n_run,
                    double *sum, size_t stride);
/* The same over lines: 1 and z of a row, n numbers in COX_PADDED(n), rows following each other. */
void cox_line_runs(const double *line, const double *g, size_t n, const size_t *start, size_t n_run,
                   double *sum, size_t stride);
/* g times each line is taken from its sum, n numbers from sum + place[r] * n; UINT32_MAX: from
 * none. */
void cox_line_leave(const double *line, const double *g, size_t n, const uint32_t *place,
                    size_t rows, double *sum);
/* Row after row: out[r * width] = g[r], out[r * width + 1 + j] = g[r] z_rj, n rows. */
void cox_rows(const double *z, const double *g, size_t p, size_t n, double *out, size_t width);
/* sum[i] += sign x[i], sum[n + i] what rounding drops (Knuth's two-sum); sign is 1 or -1. */
void cox_add_exactly(double *sum, const double *x, size_t n, double sign);
/* Sums over m tied events of mean weight v: with f = k / m, k = 0 .. m - 1, and inverse_k =
 * 1 / (s0 - f d0), of v inverse; f v inverse; v inverse^2; f v inverse^2; f^2 v inverse^2; and of
 * v log(inverse). */
typedef struct cox_tied_sums {
  double hazard, tied, a, b, c, log_lik;
} cox_tied_sums;
void cox_efron(double s0, double d0, double v, size_t m, cox_tied_sums *out);
/* A bin's part of the score and the information, s and d being sums of risk z over its risk set and
 * its events: score - hazard s + tied d; a s s' - b (s d' + d s') + c d d' is added to `out`,
 * COX_PADDED(p) numbers a row, lower triangle. COX_PADDED(p) numbers of each are read. */
void cox_add_bin(const double *s, const double *d, const cox_tied_sums *sums, size_t p,
                 double *score, double *out);
#endif
