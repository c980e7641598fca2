/* permute.c - permutation tests of statistics that are sums of scores over the rows of a group. */
#include "stats/permute.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/sort.h"
#include "stats/permute_kernel.h"
#include "stats/symmetric.h"

#include <math.h>
#include <string.h>

#define BLOCK          128    /* permutations */
#define PARALLEL_FROM  200000 /* rows times permutations */
#define POLL           4096   /* arrangements */
#define SCORE_BITS     61     /* sums of all scores stay below 2^61 */
#define RANK_TOLERANCE 1e-9
/* Sums that differ by less, in standard deviations, are the same but for the rounding of scores. */
#define SAME 1e-9

typedef struct stratum {
  size_t first, n;
  size_t rest;   /* the group that has what the others leave: the largest */
  size_t drawn;  /* rows of the others */
  int64_t total; /* of its scores */
  double spread; /* variance of its scores, divisor n - 1 */
} stratum;

typedef struct plan {
  const lb_permute_options *opt;
  size_t n, k, n_strata, words, most_rows, most_drawn;
  int64_t *score;   /* n, by stratum, ascending, centred within strata */
  double unit;      /* what a score of 1 is */
  int32_t *code;    /* n: group of each in the data */
  stratum *strata;  /* n_strata */
  size_t *size;     /* n_strata x k rows of each group */
  double *contrast; /* k; NULL: the quadratic form */
  double *factor;   /* k x k: Cholesky factor of the covariance of sums, else its variance alone */
  bool *kept;
  double observed; /* standardised */
  size_t *extreme; /* of each block */
  bool *failed;
} plan;

static void plan_reset(plan *p)
{
  lb_mem_free(p->score);
  lb_mem_free(p->code);
  lb_mem_free(p->strata);
  lb_mem_free(p->size);
  lb_mem_free(p->contrast);
  lb_mem_free(p->factor);
  lb_mem_free(p->kept);
  lb_mem_free(p->extreme);
  lb_mem_free(p->failed);
}

static lb_status plan_alloc(plan *p, lb_error *err)
{
  size_t k = p->k;
  p->score = lb_mem_array(p->n, sizeof *p->score);
  p->code = lb_mem_array(p->n, sizeof *p->code);
  p->strata = lb_mem_zero(p->n_strata, sizeof *p->strata);
  p->size = lb_mem_zero(p->n_strata, k * sizeof *p->size);
  p->factor = lb_mem_zero(k, k * sizeof *p->factor);
  p->kept = lb_mem_zero(k, sizeof *p->kept);
  bool linear = k == 2 || p->opt->contrast != NULL;
  if (linear) p->contrast = lb_mem_zero(k, sizeof *p->contrast);
  if (p->score == NULL || p->code == NULL || p->strata == NULL || p->size == NULL ||
      p->factor == NULL || p->kept == NULL || (linear && p->contrast == NULL))
    return lb_error_nomem(err, "permutation test");
  for (size_t g = 0; linear && g < k; g++)
    p->contrast[g] = p->opt->contrast != NULL ? p->opt->contrast[g] : (double)g;
  return LB_OK;
}

static size_t class_of(const lb_partition *classes, size_t i)
{
  return classes == NULL || classes->code == NULL ? 0 : (size_t)classes->code[i];
}

/* Puts rows by stratum and score: value[at] and code[at]. */
static void lay_out(plan *p, const double *score, const uint32_t *order, double *value,
                    const lb_partition *groups, const lb_partition *strata)
{
  for (size_t i = 0; i < p->n; i++) p->strata[class_of(strata, i)].n++;
  size_t first = 0;
  for (size_t s = 0; s < p->n_strata; s++) {
    p->strata[s].first = first;
    first += p->strata[s].n;
    p->strata[s].n = 0;
  }
  for (size_t i = 0; i < p->n; i++) {
    size_t row = order[i], s = class_of(strata, row), g = class_of(groups, row);
    size_t at = p->strata[s].first + p->strata[s].n++;
    value[at] = score[row];
    p->code[at] = (int32_t)g;
    p->size[s * p->k + g]++;
  }
}

/* Scores less the mean of their stratum, as whole numbers. */
static void to_integers(plan *p, double *value)
{
  double range = 0;
  for (size_t s = 0; s < p->n_strata; s++) {
    stratum *at = &p->strata[s];
    double sum = 0;
    for (size_t i = 0; i < at->n; i++) sum += value[at->first + i];
    for (size_t i = 0; i < at->n; i++) {
      value[at->first + i] -= sum / (double)at->n;
      range += fabs(value[at->first + i]);
    }
  }
  int shift = range > 0 ? SCORE_BITS - 1 - ilogb(range) : 0;
  p->unit = ldexp(1, -shift);
  for (size_t i = 0; i < p->n; i++) p->score[i] = llrint(ldexp(value[i], shift));
}

static void describe_stratum(plan *p, size_t s)
{
  stratum *at = &p->strata[s];
  const size_t *size = &p->size[s * p->k];
  double squares = 0;
  for (size_t i = 0; i < at->n; i++) {
    double x = (double)p->score[at->first + i] * p->unit;
    at->total += p->score[at->first + i];
    squares += x * x;
  }
  at->spread = at->n > 1 ? squares / (double)(at->n - 1) : 0;
  for (size_t g = 1; g < p->k; g++) {
    if (size[g] > size[at->rest]) at->rest = g;
  }
  at->drawn = at->n - size[at->rest];
  p->words += lb_shuffle_words(at->n, at->drawn);
  if (at->n > p->most_rows) p->most_rows = at->n;
  if (at->drawn > p->most_drawn) p->most_drawn = at->drawn;
}

/* Covariance of the sums: spread (n_g 1[g = h] - n_g n_h / n) in each stratum, into factor. */
static void covariance(plan *p)
{
  for (size_t s = 0; s < p->n_strata; s++) {
    const stratum *at = &p->strata[s];
    const size_t *size = &p->size[s * p->k];
    for (size_t g = 0; at->n > 0 && g < p->k; g++) {
      double share = (double)size[g] / (double)at->n;
      p->factor[g * p->k + g] += at->spread * (double)size[g];
      for (size_t h = 0; h < p->k; h++)
        p->factor[g * p->k + h] -= at->spread * share * (double)size[h];
    }
  }
}

/* Leaves in factor what standardises a statistic; false when it cannot vary. */
static bool standardise(plan *p)
{
  size_t k = p->k;
  covariance(p);
  if (p->contrast == NULL)
    return lb_cholesky(p->factor, k, RANK_TOLERANCE, NULL, p->factor, p->kept) > 0;
  double variance = 0, scale = 0;
  for (size_t g = 0; g < k; g++) {
    for (size_t h = 0; h < k; h++)
      variance += p->contrast[g] * p->contrast[h] * p->factor[g * k + h];
    scale += p->contrast[g] * p->contrast[g] * p->factor[g * k + g];
  }
  p->factor[0] = sqrt(fmax(variance, 0));
  return variance > RANK_TOLERANCE * scale;
}

/* The standardised statistic of the groups' sums. `z` has room for k numbers. */
static double statistic(const plan *p, const int64_t *sum, double *z)
{
  size_t k = p->k;
  double out = 0;
  if (p->contrast != NULL) {
    for (size_t g = 0; g < k; g++) out += p->contrast[g] * ((double)sum[g] * p->unit);
    return out / p->factor[0];
  }
  for (size_t g = 0; g < k; g++) {
    double rest = (double)sum[g] * p->unit;
    for (size_t h = 0; h < g; h++) rest -= p->factor[g * k + h] * z[h];
    z[g] = p->kept[g] ? rest / p->factor[g * k + g] : 0;
    out += z[g] * z[g];
  }
  return out;
}

static bool is_extreme(const plan *p, double value)
{
  double observed = p->observed;
  if (p->contrast == NULL) return value >= observed - SAME * fmax(1, observed);
  switch (p->opt->alternative) {
  case LB_GREATER:
    return value >= observed - SAME;
  case LB_LESS:
    return value <= observed + SAME;
  default:
    return fabs(value) >= fabs(observed) - SAME;
  }
}

/* ---- Monte Carlo ---- */

typedef struct shuffle {
  uint32_t *word, *place;
  int64_t *copy, *sum;
  double *z;
} shuffle;

/* Shuffles one stratum, adds what its groups' rows then sum up to. */
static void shuffle_stratum(const plan *p, size_t s, const uint32_t *word, const shuffle *w,
                            lb_random *random)
{
  const stratum *at = &p->strata[s];
  int64_t *copy = w->copy, left = at->total;
  lb_shuffle_places(w->place, at->n, at->drawn, word, random);
  memcpy(copy, p->score + at->first, at->n * sizeof *copy);
  size_t i = 0;
  for (size_t g = 0; g < p->k; g++) {
    if (g == at->rest) continue;
    size_t end = i + p->size[s * p->k + g];
    int64_t sum = 0;
    for (; i < end; i++) {
      uint32_t place = w->place[i];
      sum += copy[place];
      copy[place] = copy[i];
    }
    w->sum[g] += sum;
    left -= sum;
  }
  w->sum[at->rest] += left;
}

static bool permute_once(const plan *p, size_t i, const shuffle *w)
{
  lb_random random;
  lb_random_init(&random, p->opt->seed, i);
  lb_random_fill(&random, w->word, p->words);
  memset(w->sum, 0, p->k * sizeof *w->sum);
  const uint32_t *word = w->word;
  for (size_t s = 0; s < p->n_strata; s++) {
    const stratum *at = &p->strata[s];
    shuffle_stratum(p, s, word, w, &random);
    word += lb_shuffle_words(at->n, at->drawn);
  }
  return is_extreme(p, statistic(p, w->sum, w->z));
}

static void permute_block(void *context, size_t block)
{
  const plan *p = context;
  size_t end = (block + 1) * BLOCK < p->opt->n ? (block + 1) * BLOCK : p->opt->n;
  shuffle w = {.word = lb_mem_array(p->words, sizeof *w.word),
               .place = lb_mem_array(p->most_drawn, sizeof *w.place),
               .copy = lb_mem_array(p->most_rows, sizeof *w.copy),
               .sum = lb_mem_array(p->k, sizeof *w.sum),
               .z = lb_mem_array(p->k, sizeof *w.z)};
  p->failed[block] =
      w.word == NULL || w.place == NULL || w.copy == NULL || w.sum == NULL || w.z == NULL;
  size_t i = block * BLOCK, extreme = 0;
  for (; !p->failed[block] && i < end && !lb_interrupted(); i++) extreme += permute_once(p, i, &w);
  p->extreme[block] = extreme;
  lb_progress_step(end - block * BLOCK);
  lb_mem_free(w.word);
  lb_mem_free(w.place);
  lb_mem_free(w.copy);
  lb_mem_free(w.sum);
  lb_mem_free(w.z);
}

static lb_status sample(plan *p, lb_permutation *out, lb_error *err)
{
  size_t n_blocks = (p->opt->n + BLOCK - 1) / BLOCK;
  p->extreme = lb_mem_zero(n_blocks, sizeof *p->extreme);
  p->failed = lb_mem_zero(n_blocks, sizeof *p->failed);
  if (p->extreme == NULL || p->failed == NULL) return lb_error_nomem(err, "permutation test");
  lb_progress_begin("permutations", p->opt->n);
  bool parallel = (double)p->n * (double)p->opt->n >= PARALLEL_FROM;
  bool whole = lb_parallel(n_blocks, parallel, permute_block, p);
  lb_progress_end();
  if (!whole) return lb_error_interrupted(err);
  for (size_t b = 0; b < n_blocks; b++) {
    if (p->failed[b]) return lb_error_nomem(err, "permutation test");
    out->n_extreme += p->extreme[b];
  }
  out->n = p->opt->n;
  out->p_value = ((double)out->n_extreme + 1) / ((double)out->n + 1);
  out->std_error = sqrt(out->p_value * (1 - out->p_value) / (double)out->n);
  return LB_OK;
}

/* ---- All arrangements ---- */

/* Their number, no longer exact above 2^53. */
static double arrangements(const plan *p)
{
  double number = 1;
  for (size_t s = 0; s < p->n_strata; s++) {
    size_t left = p->strata[s].n;
    for (size_t g = 0; g < p->k; g++) {
      size_t size = p->size[s * p->k + g], few = size < left - size ? size : left - size;
      double choices = 1;
      for (size_t i = 1; i <= few && choices < 0x1p53; i++)
        choices = choices * (double)(left - few + i) / (double)i;
      number *= nearbyint(choices);
      left -= size;
      if (number >= 0x1p53) return number;
    }
  }
  return number;
}

/* The next arrangement in lexicographic order; false when it is the first again. */
static bool next_arrangement(int32_t *code, size_t n)
{
  size_t i = n;
  while (i > 1 && code[i - 2] >= code[i - 1]) i--;
  if (i > 1) {
    size_t j = n - 1;
    while (code[j] <= code[i - 2]) j--;
    int32_t swapped = code[j];
    code[j] = code[i - 2];
    code[i - 2] = swapped;
  }
  for (size_t a = i > 1 ? i - 1 : 0, b = n; a + 1 < b; a++) {
    int32_t swapped = code[--b];
    code[b] = code[a];
    code[a] = swapped;
  }
  return i > 1;
}

static void sum_stratum(const plan *p, size_t s, const int32_t *code, int64_t *sum)
{
  const stratum *at = &p->strata[s];
  memset(sum, 0, p->k * sizeof *sum);
  for (size_t i = at->first; i < at->first + at->n; i++) sum[code[i]] += p->score[i];
}

/* Sums of all strata; `part` has those of each. */
static void add_parts(const plan *p, const int64_t *part, int64_t *sum)
{
  memset(sum, 0, p->k * sizeof *sum);
  for (size_t s = 0; s < p->n_strata; s++) {
    for (size_t g = 0; g < p->k; g++) sum[g] += part[s * p->k + g];
  }
}

/* Goes through all arrangements, the first stratum's fastest. */
static lb_status list_all(const plan *p, int32_t *code, int64_t *part, lb_permutation *out,
                          lb_error *err)
{
  size_t k = p->k, s = 0;
  double z[2], *many = k > 2 ? lb_mem_array(k, sizeof *many) : z;
  int64_t *sum = part + p->n_strata * k;
  if (many == NULL) return lb_error_nomem(err, "permutation test");
  lb_status st = LB_OK;
  while (s < p->n_strata && st == LB_OK) {
    add_parts(p, part, sum);
    out->n_extreme += is_extreme(p, statistic(p, sum, many));
    if (++out->n % POLL == 0 && lb_interrupted()) st = lb_error_interrupted(err);
    for (s = 0; s < p->n_strata; s++) {
      bool more = next_arrangement(code + p->strata[s].first, p->strata[s].n);
      sum_stratum(p, s, code, part + s * k);
      if (more) break;
    }
  }
  if (k > 2) lb_mem_free(many);
  return st;
}

static lb_status enumerate(plan *p, lb_permutation *out, lb_error *err)
{
  int32_t *code = lb_mem_array(p->n, sizeof *code);
  int64_t *part = lb_mem_zero(p->n_strata + 1, p->k * sizeof *part);
  lb_status st = LB_OK;
  if (code == NULL || part == NULL) st = lb_error_nomem(err, "permutation test");
  for (size_t s = 0; st == LB_OK && s < p->n_strata; s++) {
    size_t at = p->strata[s].first;
    for (size_t g = 0; g < p->k; g++) {
      for (size_t i = 0; i < p->size[s * p->k + g]; i++) code[at++] = (int32_t)g;
    }
    sum_stratum(p, s, code, part + s * p->k);
  }
  if (st == LB_OK) st = list_all(p, code, part, out, err);
  lb_mem_free(code);
  lb_mem_free(part);
  out->exact = true;
  out->p_value = (double)out->n_extreme / (double)out->n;
  return st;
}

/* ---- The test ---- */

static lb_status check_codes(const lb_partition *classes, size_t n, const char *noun, lb_error *err)
{
  for (size_t i = 0; classes != NULL && classes->code != NULL && i < n; i++) {
    if (classes->code[i] < 0 || (size_t)classes->code[i] >= classes->n)
      return lb_error_set(err, LB_EARG, "row %zu: %s %d is not one of %zu", i + 1, noun,
                          (int)classes->code[i], classes->n);
  }
  return LB_OK;
}

static lb_status check(const double *score, size_t n, const lb_partition *groups,
                       const lb_partition *strata, lb_error *err)
{
  if (n > UINT32_MAX)
    return lb_error_set(err, LB_EDATA, "%zu rows: permutations are of 4294967295 at most", n);
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(score[i]))
      return lb_error_set(err, LB_EDATA, "row %zu: the score is not finite", i + 1);
  }
  lb_status st = check_codes(groups, n, "group", err);
  return st == LB_OK ? check_codes(strata, n, "stratum", err) : st;
}

static lb_status prepare(plan *p, const double *score, const lb_partition *groups,
                         const lb_partition *strata, lb_error *err)
{
  lb_status st = plan_alloc(p, err);
  if (st != LB_OK) return st;
  uint32_t *order = lb_mem_array(p->n, sizeof *order);
  double *value = lb_mem_array(p->n, sizeof *value);
  if (order != NULL && value != NULL && lb_sort_order_real(score, p->n, order)) {
    lay_out(p, score, order, value, groups, strata);
    to_integers(p, value);
    for (size_t s = 0; s < p->n_strata; s++) describe_stratum(p, s);
  } else {
    st = lb_error_nomem(err, "permutation test");
  }
  lb_mem_free(order);
  lb_mem_free(value);
  return st;
}

/* The statistic of the data. */
static lb_status observe(plan *p, lb_error *err)
{
  int64_t *sum = lb_mem_zero(p->k, sizeof *sum);
  double *z = lb_mem_zero(p->k, sizeof *z);
  lb_status st = LB_OK;
  if (sum == NULL || z == NULL) {
    st = lb_error_nomem(err, "permutation test");
  } else {
    for (size_t i = 0; i < p->n; i++) sum[p->code[i]] += p->score[i];
    p->observed = statistic(p, sum, z);
  }
  lb_mem_free(sum);
  lb_mem_free(z);
  return st;
}

static lb_status run(plan *p, lb_permutation *out, lb_error *err)
{
  lb_status st = observe(p, err);
  if (st != LB_OK) return st;
  out->statistic = p->observed;
  double number = arrangements(p);
  if (p->opt->exact && number > LB_PERMUTE_EXACT) {
    lb_error_set(err, LB_EARG,
                 "there are %.4g arrangements of the rows, more than the %d that "
                 "are listed one by one",
                 number, LB_PERMUTE_EXACT);
    return lb_error_mend(err, "Sample them: permutations = 100000.");
  }
  bool list = p->opt->exact || number <= (double)p->opt->n;
  return list ? enumerate(p, out, err) : sample(p, out, err);
}

static const lb_permute_options DEFAULTS = LB_PERMUTE_DEFAULTS;

lb_status lb_permute_test(const double *score, size_t n, const lb_partition *groups,
                          const lb_partition *strata, const lb_permute_options *opt,
                          lb_permutation *out, lb_error *err)
{
  plan p = {.opt = opt == NULL ? &DEFAULTS : opt, .n = n};
  p.k = groups == NULL ? 1 : groups->n;
  p.n_strata = strata == NULL ? 1 : strata->n;
  lb_permutation result = {.statistic = NAN, .p_value = NAN};
  lb_status st = check(score, n, groups, strata, err);
  if (st == LB_OK) st = prepare(&p, score, groups, strata, err);
  if (st == LB_OK && p.k > 1 && standardise(&p)) st = run(&p, &result, err);
  plan_reset(&p);
  if (st == LB_OK) *out = result;
  return st;
}
