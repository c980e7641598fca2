/* concordance_kernel.c - counters over the ranks of times, and the walk over rows by score, as
 * vector code. */
#include "stats/survival/concordance_kernel.h"
#include "base/clones.h"

#include <string.h>

#define FAN      LB_COUNT_FAN
#define FAN_BITS 5
#define NODE     (2 * FAN)
#define AHEAD    8  /* rows whose counters are fetched before they are needed */
#define IN_CACHE 15 /* ranks, as a power of 2, whose counters stay in the second cache */

/* STEP + FAN - 1 - k: 0 for the children 0 .. k, 1 for those after. */
static const uint32_t STEP[2 * FAN] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

size_t lb_rank_counts_size(size_t n_rank, size_t level)
{
  return ((n_rank >> FAN_BITS * (level + 1)) + 1) * NODE;
}

size_t lb_rank_counts_levels(size_t n_rank)
{
  size_t n = 1;
  while (n_rank >> FAN_BITS * n > 0) n++;
  return n;
}

void lb_rank_counts_start(lb_rank_counts *c, const uint32_t *rows, size_t n_rank, uint32_t *room)
{
  size_t n = n_rank;
  for (size_t l = 0; l < c->n_level; l++) {
    uint32_t *node = c->level[l];
    memset(node, 0, lb_rank_counts_size(n_rank, l) * sizeof *node);
    if (rows == NULL) continue;
    size_t n_node = (n_rank >> FAN_BITS * (l + 1)) + 1;
    for (size_t k = 0; k < n_node; k++, node += NODE) {
      uint32_t sum[2] = {0, 0};
      for (size_t j = 0; j < FAN; j++) {
        size_t r = k * FAN + j;
        node[j] = sum[0];
        node[FAN + j] = sum[1];
        sum[0] += r < n ? rows[2 * r] : 0;
        sum[1] += r < n ? rows[2 * r + 1] : 0;
      }
      room[2 * k] = sum[0];
      room[2 * k + 1] = sum[1];
    }
    rows = room;
    n = n_node;
  }
}

/* What was seen so far of those that a row can be paired with. */
typedef struct sight {
  uint32_t earlier; /* events before */
  uint32_t later;   /* who is later; 0 unless the row has an event */
  uint32_t here;    /* events at its time; 0 unless the row has an event */
} sight;

/* `levels` is a constant wherever this is used, so that the loops unroll. */
#define INLINE static inline __attribute__((always_inline))

INLINE sight look(const lb_rank_counts *c, size_t levels, uint32_t place, uint32_t seen)
{
  size_t r = place >> 1, censored = place & 1;
  uint32_t before = 0, until = 0, others = 0;
  for (size_t l = 0; l < levels; l++) {
    const uint32_t *node = c->level[l];
    size_t child = r >> FAN_BITS * l, next = (r + 1) >> FAN_BITS * l;
    const uint32_t *at = node + (child / FAN) * NODE + child % FAN;
    before += at[0];
    others += at[FAN];
    until += node[(next / FAN) * NODE + next % FAN];
  }
  uint32_t event = (uint32_t)censored - 1; /* all bits or none */
  return (sight){censored ? until : before, (seen - until - others) & event,
                 (until - before) & event};
}

INLINE void add(lb_rank_counts *c, size_t levels, uint32_t place)
{
  size_t r = place >> 1, censored = place & 1;
  for (size_t l = 0; l < levels; l++) {
    size_t child = r >> FAN_BITS * l;
    uint32_t *node = c->level[l] + (child / FAN) * NODE + censored * FAN;
    const uint32_t *step = STEP + FAN - 1 - child % FAN;
    for (size_t j = 0; j < FAN; j++) node[j] += step[j];
  }
}

INLINE void fetch(const lb_rank_counts *c, uint32_t place)
{
  const uint32_t *node = c->level[0] + (place >> 1) / FAN * NODE;
  for (size_t j = 0; j < NODE; j += 16) __builtin_prefetch(node + j, 1);
}

/* Rows of equal scores: asked before any of them is added, and after all are. */
INLINE void count_tie(lb_scored *item, size_t n, size_t seen, const lb_place_total *total,
                      lb_rank_counts *c, size_t levels, lb_pair_sums *sums)
{
  for (size_t i = 0; i < n; i++) {
    uint32_t place = item[i].place;
    sight s = look(c, levels, place, (uint32_t)seen);
    item[i].pairs.won_twice = s.later + 2 * total[place].earlier - s.earlier;
    item[i].pairs.met = total[place].met;
    sums->before += s.later;
    sums->same_twice -= s.here;
  }
  for (size_t i = 0; i < n; i++) add(c, levels, item[i].place);
  for (size_t i = 0; i < n; i++) {
    uint32_t place = item[i].place;
    sight s = look(c, levels, place, (uint32_t)(seen + n));
    item[i].pairs.won_twice += s.later - s.earlier;
    sums->after += s.later;
    sums->same_twice += s.here - !(place & 1); /* without the row itself */
  }
}

INLINE void count_rows(lb_scored *item, size_t n, size_t seen, const lb_place_total *total,
                       lb_rank_counts *c, size_t levels, lb_pair_sums *sums)
{
  uint64_t alone = 0;
  for (size_t i = 0, end; i < n; i = end) {
    if (levels * FAN_BITS > IN_CACHE && i + AHEAD < n) fetch(c, item[i + AHEAD].place);
    for (end = i + 1; end < n && item[end].score == item[i].score;) end++;
    if (end > i + 1) {
      count_tie(item + i, end - i, seen + i, total, c, levels, sums);
      continue;
    }
    uint32_t place = item[i].place;
    sight s = look(c, levels, place, (uint32_t)(seen + i));
    add(c, levels, place);
    item[i].pairs.won_twice = 2 * (s.later + total[place].earlier - s.earlier);
    item[i].pairs.met = total[place].met;
    alone += s.later;
  }
  sums->before += alone;
  sums->after += alone;
}

LB_CLONES void lb_count_pairs(lb_scored *item, size_t n, size_t seen, const lb_place_total *total,
                              lb_rank_counts *c, lb_pair_sums *sums)
{
  lb_rank_counts own = *c;
  switch (c->n_level) {
  case 1:
    count_rows(item, n, seen, total, &own, 1, sums);
    break;
  case 2:
    count_rows(item, n, seen, total, &own, 2, sums);
    break;
  case 3:
    count_rows(item, n, seen, total, &own, 3, sums);
    break;
  case 4:
    count_rows(item, n, seen, total, &own, 4, sums);
    break;
  default:
    count_rows(item, n, seen, total, &own, c->n_level, sums);
  }
}

#define LANES 8

LB_CLONES double lb_influence_squares(const lb_scored *item, size_t n, double concordance)
{
  double lane[LANES] = {0}, sum = 0;
  for (size_t i = 0; i < n; i++) {
    double d = 0.5 * item[i].pairs.won_twice - concordance * item[i].pairs.met;
    lane[i % LANES] += d * d;
  }
  for (size_t l = 0; l < LANES; l++) sum += lane[l];
  return sum;
}

LB_CLONES bool lb_score_range(const double *score, size_t n, double *low, double *high)
{
  double least[LANES], most[LANES], wrong[LANES] = {0};
  *low = *high = 0;
  if (n == 0) return true;
  for (size_t l = 0; l < LANES; l++) least[l] = most[l] = score[0];
  size_t whole = n / LANES * LANES;
  for (size_t i = 0; i < whole; i += LANES)
    for (size_t l = 0; l < LANES; l++) {
      double s = score[i + l];
      least[l] = s < least[l] ? s : least[l];
      most[l] = s > most[l] ? s : most[l];
      wrong[l] += s - s; /* stays 0 for finite numbers only */
    }
  for (size_t i = whole; i < n; i++) {
    least[0] = score[i] < least[0] ? score[i] : least[0];
    most[0] = score[i] > most[0] ? score[i] : most[0];
    wrong[0] += score[i] - score[i];
  }
  for (size_t l = 1; l < LANES; l++) {
    least[0] = least[l] < least[0] ? least[l] : least[0];
    most[0] = most[l] > most[0] ? most[l] : most[0];
    wrong[0] += wrong[l];
  }
  *low = least[0];
  *high = most[0];
  return wrong[0] == 0;
}
