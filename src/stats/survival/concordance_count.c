/* concordance_count.c - concordance of rows that weigh 1 and are at risk from the start: rows by
 * score, counters over times, all in whole numbers. */
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "stats/survival/concordance_kernel.h"
#include "stats/survival/riskset_kernel.h"
#include "stats/survival/riskset_order.h"

#include <math.h>

#define PIECE_ROWS   65536 /* counted between looks for Ctrl-C */
#define SQUARE_ROWS  16384 /* whose influences are one partial sum; fixed, so bits are too */
#define PARALLEL     30000
#define FEW          24   /* rows of a stratum whose pairs are looked at one by one */
#define DAYS_FREE    4096 /* days that may be their own ranks where rows are not that many */
#define DAYS_PER_ROW 8    /* then */

/* One concordance under way. */
typedef struct counting {
  const lb_surv *y;
  const lb_concordance_options *opt;
  lb_scored_source scores;   /* of all rows */
  lb_riskset set;            /* rows and times of strata; zero for one stratum */
  size_t days;               /* 0: times are ranked */
  lb_scored *item;           /* n, stratum by stratum */
  uint32_t *place;           /* n, beside set.by_time, or by row; NULL when days are ranks */
  uint64_t pairs, tied_time; /* comparable pairs; pairs of events at the same time */
  lb_pair_sums sums;
} counting;

/* ---- Counters ---- */

static void rank_counts_reset(lb_rank_counts *c)
{
  for (size_t l = 0; l < c->n_level; l++) lb_mem_free(c->level[l]);
}

static bool rank_counts_new(lb_rank_counts *c, const uint32_t *rows, size_t n_rank)
{
  uint32_t *room = lb_mem_array(lb_rank_counts_size(n_rank, 0), sizeof *room);
  bool ok = room != NULL;
  *c = (lb_rank_counts){.n_level = lb_rank_counts_levels(n_rank)};
  for (size_t l = 0; l < c->n_level; l++) {
    c->level[l] = lb_mem_array(lb_rank_counts_size(n_rank, l), sizeof *c->level[l]);
    ok = ok && c->level[l] != NULL;
  }
  if (ok)
    lb_rank_counts_start(c, rows, n_rank, room);
  else
    rank_counts_reset(c);
  lb_mem_free(room);
  return ok;
}

/* ---- A stratum ---- */

typedef struct block_result {
  lb_pair_sums sums;
  lb_status status;
} block_result;

typedef struct stratum_count {
  const lb_scored_blocks *blocks;
  const lb_place_total *total;
  block_result *result; /* of each block */
} stratum_count;

static void count_block(void *context, size_t block)
{
  const stratum_count *s = context;
  const lb_scored_blocks *b = s->blocks;
  lb_rank_counts counts;
  block_result *result = &s->result[block];
  const uint32_t *before = b->n_block == 1 ? NULL : b->before + block * b->n_place;
  if (!rank_counts_new(&counts, before, b->n_place / 2)) {
    result->status = LB_ENOMEM;
    return;
  }
  size_t end = b->start[block + 1];
  for (size_t at = b->start[block], next; at < end && !lb_interrupted(); at = next) {
    next = end - at < PIECE_ROWS ? end : at + PIECE_ROWS;
    while (next < end && b->item[next].score == b->item[next - 1].score) next++;
    lb_count_pairs(b->item + at, next - at, at, s->total, &counts, &result->sums);
  }
  rank_counts_reset(&counts);
}

/* What a row meets at each place of n rows. */
static void total_places(const lb_scored_blocks *b, size_t n, lb_place_total *total, counting *w)
{
  uint64_t until = 0;
  uint32_t events = 0;
  for (size_t p = 0; p < b->n_place; p += 2) {
    uint64_t here = b->total[p];
    until += here;
    total[p] = (lb_place_total){(uint32_t)(n - until) + events, events};
    w->pairs += here * (n - until);
    w->tied_time += here * (here - (here > 0)) / 2;
    events += (uint32_t)here;
    total[p + 1] = (lb_place_total){events, events};
    until += b->total[p + 1];
  }
}

static lb_status count_blocks(counting *w, const lb_scored_blocks *blocks, size_t n)
{
  lb_place_total *total = lb_mem_array(blocks->n_place, sizeof *total);
  block_result *result = lb_mem_zero(blocks->n_block, sizeof *result);
  lb_status st = total == NULL || result == NULL ? LB_ENOMEM : LB_OK;
  if (st == LB_OK) {
    total_places(blocks, n, total, w);
    stratum_count s = {.blocks = blocks, .total = total, .result = result};
    if (!lb_parallel(blocks->n_block, blocks->n_block > 1, count_block, &s)) st = LB_EINTR;
  }
  for (size_t b = 0; st == LB_OK && b < blocks->n_block; b++) {
    st = result[b].status;
    w->sums.before += result[b].sums.before;
    w->sums.after += result[b].sums.after;
    w->sums.same_twice += result[b].sums.same_twice;
  }
  lb_mem_free(total);
  lb_mem_free(result);
  return st;
}

static lb_status count_many(counting *w, const lb_scored_source *source, size_t n_place,
                            lb_scored *item)
{
  lb_scored_blocks blocks = {0};
  lb_status st = lb_scored_sort(source, n_place, item, &blocks);
  if (st == LB_OK) st = count_blocks(w, &blocks, source->n);
  lb_scored_blocks_reset(&blocks);
  return st;
}

/* Pairs one by one; rows are in the order of their times. */
static void count_few(counting *w, const lb_scored_source *source, lb_scored *item)
{
  for (size_t i = 0; i < source->n; i++)
    item[i] = (lb_scored){.pairs = {0}, .place = source->place[i], .row = source->row[i]};
  for (size_t i = 0; i < source->n; i++) {
    uint32_t place = item[i].place;
    double score = source->score[item[i].row];
    for (size_t j = 0; place % 2 == 0 && j < source->n; j++) {
      double other = source->score[item[j].row];
      if (j < i && item[j].place == place) {
        w->tied_time++;
        w->sums.same_twice += score == other ? 2 : 0;
      }
      if (item[j].place <= place) continue;
      uint32_t twice = score > other ? 2 : score == other;
      item[i].pairs.won_twice += twice;
      item[j].pairs.won_twice += twice;
      item[i].pairs.met++;
      item[j].pairs.met++;
      w->pairs++;
      w->sums.before += twice == 2;
      w->sums.after += twice > 0;
    }
  }
}

/* ---- All strata ---- */

static lb_status count_days(counting *w)
{
  lb_scored_source source = w->scores;
  source.time = w->y->time;
  source.event = w->y->event;
  source.tau = w->opt->tau;
  return count_many(w, &source, 2 * w->days, w->item);
}

/* Places of the rows of one stratum, whose times are sorted as if they were scores. */
static lb_status place_times(counting *w, size_t *n_place)
{
  const lb_surv *y = w->y;
  lb_scored_source times = {.n = y->n, .score = y->time};
  lb_scored_blocks blocks = {0};
  (void)lb_score_range(times.score, times.n, &times.low, &times.high);
  lb_status st = lb_scored_sort(&times, 1, w->item, &blocks);
  if (st != LB_OK) return st;
  uint32_t rank = 0;
  for (size_t k = 0; k < y->n; k++) {
    const lb_scored *item = &w->item[k];
    rank += k > 0 && item->score != item[-1].score;
    w->place[item->row] = 2 * rank + !(y->event[item->row] && item->score <= w->opt->tau);
  }
  *n_place = 2 * ((size_t)rank + 1);
  lb_scored_blocks_reset(&blocks);
  return LB_OK;
}

static lb_status count_times(counting *w)
{
  size_t n_place;
  lb_scored_source source = w->scores;
  w->place = lb_mem_array(w->y->n, sizeof *w->place);
  source.place = w->place;
  lb_status st = w->place == NULL ? LB_ENOMEM : place_times(w, &n_place);
  return st == LB_OK ? count_many(w, &source, n_place, w->item) : st;
}

static lb_status count_stratum(counting *w, size_t c)
{
  const lb_riskset *set = &w->set;
  size_t first = set->class_row[c], n = set->class_row[c + 1] - first;
  size_t first_time = set->class_time[c], n_time = set->class_time[c + 1] - first_time;
  for (size_t t = 0; t < n_time; t++) {
    bool counts = set->time[first_time + t] <= w->opt->tau;
    for (size_t k = set->time_row[first_time + t]; k < set->time_row[first_time + t + 1]; k++)
      w->place[k] = 2 * (uint32_t)t + !(counts && w->y->event[set->by_time[k]]);
  }
  lb_scored_source source = w->scores;
  source.n = n;
  source.row = set->by_time + first;
  source.place = w->place + first;
  if (n > FEW) return count_many(w, &source, 2 * n_time, w->item + first);
  count_few(w, &source, w->item + first);
  return LB_OK;
}

/* Days that may be ranks; 0: none. */
static size_t days_of(const lb_surv *y)
{
  int32_t last;
  if (!lb_whole_days(y->time, y->n, &last)) return 0;
  size_t days = (size_t)last + 1;
  return days <= y->n || (days <= DAYS_FREE && days / DAYS_PER_ROW <= y->n) ? days : 0;
}

static lb_status count_strata(counting *w, lb_error *err)
{
  lb_status st = lb_riskset_order(w->y, w->opt->strata, &w->set, err);
  if (st != LB_OK) return st;
  w->place = lb_mem_array(w->y->n, sizeof *w->place);
  if (w->place == NULL) st = LB_ENOMEM;
  for (size_t c = 0; st == LB_OK && c < w->set.n_class; c++)
    st = lb_interrupted() ? LB_EINTR : count_stratum(w, c);
  return st;
}

/* ---- Standard error ---- */

typedef struct squares {
  const counting *w;
  double concordance;
  double *sum; /* of each block */
} squares;

static void add_squares(void *context, size_t block)
{
  const squares *s = context;
  size_t first = block * SQUARE_ROWS, left = s->w->y->n - first;
  s->sum[block] = lb_influence_squares(s->w->item + first, left < SQUARE_ROWS ? left : SQUARE_ROWS,
                                       s->concordance);
}

/* Rows are their own clusters. NaN: out of memory, or interrupted. */
static lb_status square_rows(const counting *w, double concordance, double *sum)
{
  size_t n_block = (w->y->n + SQUARE_ROWS - 1) / SQUARE_ROWS;
  squares s = {w, concordance, lb_mem_zero(n_block, sizeof *s.sum)};
  if (s.sum == NULL) return LB_ENOMEM;
  bool whole = lb_parallel(n_block, w->y->n >= PARALLEL, add_squares, &s);
  *sum = w->y->n < 2 ? NAN : 0;
  for (size_t b = 0; b < n_block; b++) *sum += s.sum[b];
  lb_mem_free(s.sum);
  return whole ? LB_OK : LB_EINTR;
}

static lb_status square_clusters(const counting *w, double concordance, double *sum)
{
  const lb_partition *cluster = w->opt->cluster;
  double *influence = lb_mem_zero(cluster->n, sizeof *influence);
  bool several = false;
  if (influence == NULL) return LB_ENOMEM;
  for (size_t i = 0; i < w->y->n; i++) {
    const lb_scored *item = &w->item[i];
    several |= cluster->code[i] != cluster->code[0];
    influence[cluster->code[item->row]] +=
        0.5 * item->pairs.won_twice - concordance * item->pairs.met;
  }
  *sum = several ? 0 : NAN;
  for (size_t c = 0; c < cluster->n; c++) *sum += influence[c] * influence[c];
  lb_mem_free(influence);
  return LB_OK;
}

static lb_status finish(const counting *w, lb_concordance *out)
{
  const lb_pair_sums *sums = &w->sums;
  bool clustered = w->opt->cluster != NULL && w->opt->cluster->code != NULL;
  double pairs = (double)w->pairs, sum;
  uint64_t same = sums->same_twice / 2;
  out->concordant = (double)sums->before;
  out->tied_x = (double)(sums->after - sums->before);
  out->discordant = (double)(w->pairs - sums->after);
  out->tied_xy = (double)same;
  out->tied_y = (double)(w->tied_time - same);
  out->concordance = out->std_error = NAN;
  if (w->pairs == 0) return LB_OK;
  out->concordance = (out->concordant + out->tied_x / 2) / pairs;
  lb_status st = clustered ? square_clusters(w, out->concordance, &sum)
                           : square_rows(w, out->concordance, &sum);
  if (st == LB_OK) out->std_error = sqrt(sum) / pairs;
  return st;
}

lb_status lb_concordance_count(const lb_surv *y, const lb_scored_source *scores,
                               const lb_concordance_options *opt, lb_concordance *out,
                               lb_error *err)
{
  counting w = {.y = y, .opt = opt, .scores = *scores};
  lb_concordance result = {.n_used = y->n, .n_missing = y->n_missing};
  lb_status st = LB_OK;
  bool strata = lb_partition_count(opt->strata) > 1;
  w.days = strata ? 0 : days_of(y);
  w.item = lb_mem_array(y->n, sizeof *w.item);
  if (w.item == NULL) st = LB_ENOMEM;
  if (st == LB_OK)
    st = strata ? count_strata(&w, err) : w.days > 0 ? count_days(&w) : count_times(&w);
  if (st == LB_OK) st = finish(&w, &result);
  if (st == LB_OK) *out = result;
  lb_riskset_reset(&w.set);
  lb_mem_free(w.item);
  lb_mem_free(w.place);
  if (st == LB_ENOMEM) return lb_error_nomem(err, "concordance");
  return st == LB_EINTR ? lb_error_interrupted(err) : st;
}
