/* cox_boot_kernel.c - eight resamples of a Cox model side by side, as vector code.
 *
 * What differs between resamples is the weight of each row alone: one pass over the rows serves
 * all eight, a covariate is read once and meets a vector of weights. Lanes never meet, so a
 * resample's numbers do not depend on its neighbours nor on the processor's vectors. */
#include "stats/survival/cox_boot_kernel.h"
#include "base/clones.h"
#include "stats/exp_kernel.h"

#include <string.h>

#define VECTOR LB_CLONES
#define INLINE static inline __attribute__((always_inline))

typedef double lanes
    __attribute__((vector_size(COX_LANES * sizeof(double)), aligned(8), may_alias));
typedef int64_t masks
    __attribute__((vector_size(COX_LANES * sizeof(int64_t)), aligned(8), may_alias));

/* Macros, as a vector that a function takes or returns has another calling convention on each
 * processor. keep: x where the mask says so, else 0. at, put: number i of all lanes. */
#define keep(mask, x) ((lanes)((mask) & (masks)(x)))
#define at(x, i)      (*(const lanes *)((x) + (i)*COX_LANES))
#define put(x, i)     ((lanes *)((x) + (i)*COX_LANES))

VECTOR void boot_risks(const boot_plan *d, boot_lanes *w)
{
  for (size_t k = 0; k < d->n; k++) {
    const double *z = d->z + k * d->p;
    lanes eta = {0};
    if (d->offset != NULL) eta += d->offset[k];
    for (size_t j = 0; j < d->p; j++) eta += z[j] * at(w->beta, j);
    *put(w->risk, k) = eta;
  }
  lb_exp_array(w->risk, w->risk, d->n * COX_LANES);
  for (size_t k = 0; k < d->n; k++) *put(w->risk, k) *= at(w->mass, k);
}

VECTOR void boot_events(const boot_plan *d, const double *count, boot_lanes *w)
{
  memset(w->event_z, 0, d->p * COX_LANES * sizeof *w->event_z);
  for (size_t b = 0; b < d->n_bin; b++) {
    lanes tied = {0}, mass = {0};
    for (size_t k = d->bin[b].first; k < d->bin[b].others; k++) {
      lanes here = at(w->mass, k);
      tied += at(count, k);
      mass += here;
      for (size_t j = 0; j < d->p; j++) *put(w->event_z, j) += d->z[k * d->p + j] * here;
    }
    *put(w->tied, b) = tied;
    *put(w->event_mass, b) = keep(tied > 0, mass / tied);
  }
}

/* Adds to a sum, and what rounding drops (Knuth's two-sum) to `low`. */
INLINE void add_exactly(lanes *sum, lanes *low, const lanes *more)
{
  lanes high = *sum, total = high + *more, part = total - high;
  *low += (high - (total - part)) + (*more - part);
  *sum = total;
}

/* Sums of risk and risk z over rows [first, end). */
INLINE void join(const boot_plan *d, const double *risk, size_t first, size_t end, double *sum)
{
  for (size_t k = first; k < end; k++) {
    lanes g = at(risk, k);
    const double *z = d->z + k * d->p;
    *put(sum, 0) += g;
    for (size_t j = 0; j < d->p; j++) *put(sum, 1 + j) += z[j] * g;
  }
}

INLINE void shift_exactly(const boot_plan *d, const double *risk, size_t k, double sign,
                          double *sum)
{
  double *low = sum + (d->p + 1) * COX_LANES;
  lanes g = sign * at(risk, k);
  const double *z = d->z + k * d->p;
  add_exactly(put(sum, 0), put(low, 0), &g);
  for (size_t j = 0; j < d->p; j++) {
    lanes more = z[j] * g;
    add_exactly(put(sum, 1 + j), put(low, 1 + j), &more);
  }
}

typedef struct bin_sums {
  lanes hazard, tied, a, b, c;
} bin_sums;

/* As cox_tied, a lane each: with m tied rows of mean mass v, over k = 0 .. m - 1 and f = k / m. A
 * resample that drew none of the bin's events has no part in it. */
INLINE void tied_sums(const boot_plan *d, const boot_lanes *w, size_t b, const lanes *sum,
                      const lanes *risen, bin_sums *to)
{
  lanes m = at(w->tied, b), v = at(w->event_mass, b), s0 = *sum, d0 = *risen;
  bin_sums out = {0};
  double most = 1;
  lanes one = {1, 1, 1, 1, 1, 1, 1, 1};
  masks any = m > 0;
  lanes inverse_m = keep(any, one / m);
  if (!d->efron) {
    lanes inverse = keep(any, one / s0);
    out.hazard = m * v * inverse;
    out.a = keep(any, out.hazard * inverse);
    *to = out;
    return;
  }
  for (size_t l = 0; l < COX_LANES; l++) most = m[l] > most ? m[l] : most;
  for (size_t i = 0; i < (size_t)most; i++) {
    double k = (double)i;
    lanes f = k * inverse_m, inverse = keep(m > k, one / (s0 - f * d0));
    lanes step = v * inverse, squared = step * inverse;
    out.hazard += step;
    out.tied += f * step;
    out.a += squared;
    out.b += f * squared;
    out.c += f * f * squared;
  }
  *to = out;
}

/* Takes a s s' - b (s d' + d s') + c d d' from the information. */
INLINE void take_outer(size_t p, const lanes *s, const lanes *t, const bin_sums *sums, bool efron,
                       double *information)
{
  lanes *row = (lanes *)information;
  for (size_t j = 0; j < p; j++, row += j) {
    lanes on_s = sums->b * t[j] - sums->a * s[j], on_t = sums->b * s[j] - sums->c * t[j];
    if (efron) {
      for (size_t i = 0; i <= j; i++) row[i] += on_s * s[i] + on_t * t[i];
    } else {
      for (size_t i = 0; i <= j; i++) row[i] += on_s * s[i];
    }
  }
}

/* Brings a bin's rows into the sums over those at risk; those of its events stand in `events`. */
INLINE void move_rows(const boot_plan *d, const boot_lanes *w, const boot_bin *bin, double *events)
{
  size_t width = d->p + 1;
  double *sum = w->sums;
  memset(events, 0, width * COX_LANES * sizeof *events);
  join(d, w->risk, bin->first, bin->others, events);
  if (d->leave == NULL) {
    for (size_t i = 0; i < width; i++) *put(sum, i) += at(events, i);
    join(d, w->risk, bin->others, bin->end, sum);
    return;
  }
  for (size_t k = bin->first; k < bin->end; k++) shift_exactly(d, w->risk, k, 1, sum);
  for (size_t k = bin->leave_start; k < bin->leave_end; k++)
    shift_exactly(d, w->risk, d->leave[k], -1, sum);
}

/* Backwards through a stratum: risk sets grow, score and information gather. */
INLINE void walk(const boot_plan *d, const boot_lanes *w, size_t s, bool information)
{
  size_t width = d->p + 1;
  double *events = w->sums + 2 * width * COX_LANES, *total = events + width * COX_LANES;
  memset(w->sums, 0, 2 * width * COX_LANES * sizeof *w->sums);
  for (size_t b = d->stratum_bin[s + 1]; b-- > d->stratum_bin[s];) {
    move_rows(d, w, &d->bin[b], events);
    const lanes *sum = (const lanes *)w->sums, *risen = (const lanes *)events;
    if (d->leave != NULL) {
      for (size_t i = 0; i < width; i++) *put(total, i) = sum[i] + sum[width + i];
      sum = (const lanes *)total;
    }
    bin_sums sums;
    tied_sums(d, w, b, sum, risen, &sums);
    for (size_t j = 0; j < d->p; j++)
      *put(w->score, j) -= sums.hazard * sum[1 + j] - sums.tied * risen[1 + j];
    *put(w->hazard, b) = sums.hazard;
    *put(w->hazard_event, b) = sums.hazard - sums.tied;
    if (information) take_outer(d->p, sum + 1, risen + 1, &sums, d->efron, w->information);
  }
}

/* Risks become expected events: times the cumulative hazard while at risk. Forwards in time. */
INLINE void expect(const boot_plan *d, const boot_lanes *w, size_t s)
{
  lanes before = {0};
  for (size_t b = d->stratum_bin[s]; b < d->stratum_bin[s + 1]; b++) {
    lanes here = before + at(w->hazard_event, b), after = before + at(w->hazard, b);
    *put(w->hazard, b) = after;
    for (size_t k = d->bin[b].first; k < d->bin[b].end; k++) {
      lanes met = k < d->bin[b].others ? here : after;
      if (d->leave_bin != NULL && d->leave_bin[k] != UINT32_MAX)
        met -= at(w->hazard, d->leave_bin[k]);
      *put(w->risk, k) *= met;
    }
    before = after;
  }
}

/* Products of the columns of rows [first, end), which all resamples share. */
INLINE void fill_products(const boot_plan *d, size_t first, size_t end, double *products)
{
  size_t width = boot_width(d->p);
  for (size_t k = first; k < end; k++, products += width) {
    const double *z = d->z + k * d->p;
    double *out = products;
    for (size_t j = 0; j < d->p; j++) {
      for (size_t i = 0; i <= j; i++) *out++ = z[j] * z[i];
    }
    while (out < products + width) *out++ = 0;
  }
}

/* information += products' expected, six columns at once: their sums stay in registers. */
INLINE void add_products(const double *products, const double *expected, size_t rows, size_t width,
                         double *information)
{
  for (size_t c = 0; c < width; c += 6) {
    double *out = information + c * COX_LANES;
    lanes s0 = at(out, 0), s1 = at(out, 1), s2 = at(out, 2);
    lanes s3 = at(out, 3), s4 = at(out, 4), s5 = at(out, 5);
    const double *x = products + c;
    for (size_t k = 0; k < rows; k++, x += width) {
      lanes g = at(expected, k);
      s0 += x[0] * g;
      s1 += x[1] * g;
      s2 += x[2] * g;
      s3 += x[3] * g;
      s4 += x[4] * g;
      s5 += x[5] * g;
    }
    *put(out, 0) = s0;
    *put(out, 1) = s1;
    *put(out, 2) = s2;
    *put(out, 3) = s3;
    *put(out, 4) = s4;
    *put(out, 5) = s5;
  }
}

VECTOR void boot_evaluate(const boot_plan *d, boot_lanes *w, bool information)
{
  size_t width = boot_width(d->p);
  memcpy(w->score, w->event_z, d->p * COX_LANES * sizeof *w->score);
  if (information) memset(w->information, 0, width * COX_LANES * sizeof *w->information);
  for (size_t s = 0; s < d->n_stratum; s++) {
    walk(d, w, s, information);
    if (!information || d->stratum_bin[s] == d->stratum_bin[s + 1]) continue;
    expect(d, w, s);
    size_t first = d->bin[d->stratum_bin[s]].first, end = d->bin[d->stratum_bin[s + 1] - 1].end;
    for (size_t k = first; k < end; k += COX_PRODUCTS) {
      size_t stop = end - k < COX_PRODUCTS ? end : k + COX_PRODUCTS;
      fill_products(d, k, stop, w->products);
      add_products(w->products, w->risk + k * COX_LANES, stop - k, width, w->information);
    }
  }
}

VECTOR void boot_factor(size_t p, double least, boot_lanes *w, double *alive)
{
  lanes *l = (lanes *)w->factor;
  memcpy(l, w->information, p * (p + 1) / 2 * sizeof *l);
  for (size_t j = 0; j < p; j++) {
    lanes *row = l + j * (j + 1) / 2;
    for (size_t i = 0; i < j; i++) {
      const lanes *above = l + i * (i + 1) / 2;
      for (size_t k = 0; k < i; k++) row[i] -= row[k] * above[k];
      row[i] *= above[i]; /* the diagonal holds inverses */
    }
    lanes whole = row[j];
    for (size_t k = 0; k < j; k++) row[j] -= row[k] * row[k];
    for (size_t i = 0; i < COX_LANES; i++) {
      bool good = row[j][i] > least * whole[i] && row[j][i] > 0;
      if (!good) alive[i] = 0;
      row[j][i] = good ? 1 / __builtin_sqrt(row[j][i]) : 0;
    }
  }
}

VECTOR void boot_solve(size_t p, boot_lanes *w, double *decrement)
{
  const lanes *l = (const lanes *)w->factor;
  lanes *x = (lanes *)w->step, sum = {0};
  memcpy(x, w->score, p * sizeof *x);
  for (size_t j = 0; j < p; j++) {
    const lanes *row = l + j * (j + 1) / 2;
    for (size_t k = 0; k < j; k++) x[j] -= row[k] * x[k];
    x[j] *= row[j];
    sum += x[j] * x[j];
  }
  for (size_t j = p; j-- > 0;) {
    const lanes *row = l + j * (j + 1) / 2;
    x[j] *= row[j];
    for (size_t k = 0; k < j; k++) x[k] -= row[k] * x[j];
  }
  *put(decrement, 0) = sum;
}
