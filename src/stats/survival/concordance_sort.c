/* concordance_sort.c - rows in order of their scores: dealt into buckets of like scores by threads,
 * each bucket sorted in the first cache. */
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "stats/survival/concordance_work.h"

#include <math.h>
#include <string.h>

#define FEW          16   /* up to here insertion is fastest */
#define BUCKET_ROWS  256  /* aimed at */
#define MOST_BUCKETS 2048 /* streams that are written side by side */
#define PART_ROWS    4    /* aimed at within a bucket */
#define MOST_PARTS   1024
#define DEALS        3     /* then the scores are of such a shape that merging is safer */
#define PARALLEL     30000 /* rows from which a thread earns its wake-up */
#define SMALL_TABLE  8192  /* places whose counts per block cost nothing */
#define MOST_BLOCKS  64

/* Buckets of equal width; a higher score is never in a lower one. */
typedef struct scale {
  double low, per_unit;
  size_t n;
} scale;

static size_t bucket_of(const scale *s, double score)
{
  if (s->n == 1) return 0; /* of any width, even without end */
  size_t b = (size_t)((score - s->low) * s->per_unit);
  return b < s->n ? b : s->n - 1;
}

/* false: no such scale of more than one bucket. */
static bool set_scale(scale *s, double low, double high, size_t n)
{
  *s = (scale){low, (double)n / (high - low), n};
  return n > 1 && isfinite(high - low) && isfinite(s->per_unit);
}

static size_t power_of_two(size_t aim, size_t most)
{
  size_t n = 1;
  while (n < aim && n < most) n *= 2;
  return n;
}

/* ---- One bucket ---- */

/* Moves n items into order, stably; `from` and `to` are the same or apart. */
static void insert(const lb_scored *from, size_t n, lb_scored *to)
{
  for (size_t i = 0; i < n; i++) {
    lb_scored item = from[i];
    size_t at = i;
    for (; at > 0 && to[at - 1].score > item.score; at--) to[at] = to[at - 1];
    to[at] = item;
  }
}

static void merge(const lb_scored *a, size_t n_a, const lb_scored *b, size_t n_b, lb_scored *to)
{
  size_t i = 0, j = 0;
  while (i < n_a && j < n_b) {
    bool second = b[j].score < a[i].score;
    to[i + j] = second ? b[j] : a[i];
    i += !second;
    j += second;
  }
  memcpy(to + i + j, a + i, (n_a - i) * sizeof *a);
  memcpy(to + n_a + j, b + j, (n_b - j) * sizeof *b);
}

/* For scores that no scale separates. O(n log n). */
static void merge_sort(lb_scored *item, size_t n, lb_scored *spare)
{
  for (size_t at = 0; at < n; at += FEW) insert(item + at, n - at < FEW ? n - at : FEW, item + at);
  for (size_t run = FEW; run < n; run *= 2) {
    for (size_t at = 0; at < n; at += 2 * run) {
      size_t left = n - at, n_a = left < run ? left : run;
      size_t n_b = left - n_a < run ? left - n_a : run;
      merge(item + at, n_a, item + at + n_a, n_b, spare + at);
    }
    memcpy(item, spare, n * sizeof *item);
  }
}

/* Sorts items whose scores are alike but not in order, by dealing them once more. */
static void sort_bucket(lb_scored *item, size_t n, lb_scored *spare, int deals)
{
  double low = item[0].score, high = low;
  bool ordered = true;
  scale s;
  for (size_t i = 1; i < n; i++) {
    double score = item[i].score;
    ordered &= item[i - 1].score <= score;
    low = score < low ? score : low;
    high = score > high ? score : high;
  }
  if (ordered) return;
  if (n <= FEW || deals == 0 ||
      !set_scale(&s, low, high, power_of_two(n / PART_ROWS, MOST_PARTS))) {
    n <= FEW ? insert(item, n, item) : merge_sort(item, n, spare);
    return;
  }
  uint32_t next[MOST_PARTS + 1];
  memset(next, 0, (s.n + 1) * sizeof *next);
  for (size_t i = 0; i < n; i++) next[bucket_of(&s, item[i].score) + 1]++;
  for (size_t b = 0; b < s.n; b++) next[b + 1] += next[b];
  for (size_t i = 0; i < n; i++) spare[next[bucket_of(&s, item[i].score)]++] = item[i];
  for (size_t b = 0, at = 0; b < s.n; at = next[b++]) {
    size_t here = next[b] - at; /* next[b] is now where the part ends */
    if (here <= FEW) {
      insert(spare + at, here, item + at);
      continue;
    }
    memcpy(item + at, spare + at, here * sizeof *item);
    sort_bucket(item + at, here, spare + at, deals - 1);
  }
}

/* ---- Dealing ---- */

typedef struct deal {
  const lb_scored_source *source;
  lb_scored_blocks *blocks;
  lb_scored *item;
  scale scale;
  size_t n_chunk;
  uint32_t *next; /* n_chunk x buckets: rows, then the place of the next */
  uint32_t *end;  /* 1 + buckets: where each ends */
  bool *failed;   /* n_block: no memory */
} deal;

static size_t chunk_start(const deal *d, size_t chunk)
{
  size_t n = d->source->n;
  return chunk == d->n_chunk ? n : n / d->n_chunk * chunk;
}

static size_t source_row(const lb_scored_source *s, size_t k)
{
  return s->row == NULL ? k : s->row[k];
}

static void count_chunk(void *context, size_t chunk)
{
  const deal *d = context;
  uint32_t *count = d->next + chunk * d->scale.n;
  for (size_t k = chunk_start(d, chunk); k < chunk_start(d, chunk + 1); k++)
    count[bucket_of(&d->scale, d->source->score[source_row(d->source, k)])]++;
}

static void deal_chunk(void *context, size_t chunk)
{
  const deal *d = context;
  const lb_scored_source *s = d->source;
  uint32_t *next = d->next + chunk * d->scale.n;
  for (size_t k = chunk_start(d, chunk); k < chunk_start(d, chunk + 1); k++) {
    size_t row = source_row(s, k);
    double score = s->score[row];
    uint32_t place = 0;
    if (s->place != NULL)
      place = s->place[k];
    else if (s->time != NULL)
      place = 2 * (uint32_t)s->time[row] + !(s->event[row] && s->time[row] <= s->tau);
    lb_scored *to = &d->item[next[bucket_of(&d->scale, score)]++];
    to->score = score;
    to->place = place;
    to->row = (uint32_t)row;
  }
}

/* Counts become places; buckets end where those of the last chunk do. */
static void place_chunks(deal *d)
{
  uint32_t sum = 0;
  for (size_t b = 0; b < d->scale.n; b++) {
    for (size_t chunk = 0; chunk < d->n_chunk; chunk++) {
      uint32_t *at = &d->next[chunk * d->scale.n + b], here = *at;
      *at = sum;
      sum += here;
    }
    d->end[b + 1] = sum;
  }
}

/* Sorts the buckets of a block and counts the places of its rows. */
static void sort_block(void *context, size_t block)
{
  const deal *d = context;
  const lb_scored_blocks *out = d->blocks;
  size_t first = 0, last, most = 0, end = out->start[block + 1];
  while (d->end[first] < out->start[block]) first++;
  for (last = first; d->end[last] < end; last++)
    if (d->end[last + 1] - d->end[last] > most) most = d->end[last + 1] - d->end[last];
  lb_scored *spare = lb_mem_array(most, sizeof *spare);
  if (spare == NULL) {
    d->failed[block] = true;
    return;
  }
  for (size_t b = first; b < last && !lb_interrupted(); b++)
    if (d->end[b + 1] > d->end[b])
      sort_bucket(d->item + d->end[b], d->end[b + 1] - d->end[b], spare, DEALS);
  lb_mem_free(spare);
  uint32_t *count = out->n_block == 1 ? out->total : out->before + block * out->n_place;
  for (size_t i = out->start[block]; i < end; i++) count[d->item[i].place]++;
}

/* Blocks of about as many rows each, which end where buckets do. */
static void cut_blocks(const deal *d, lb_scored_blocks *out)
{
  size_t b = 0;
  for (size_t block = 1; block < out->n_block; block++) {
    while (b < d->scale.n && d->end[b] < d->source->n / out->n_block * block) b++;
    out->start[block] = d->end[b];
  }
  out->start[out->n_block] = d->source->n;
}

/* Rows of each block become rows before it, and the total. */
static void add_blocks(lb_scored_blocks *out)
{
  for (size_t block = 0; out->n_block > 1 && block < out->n_block; block++) {
    uint32_t *rows = out->before + block * out->n_place;
    for (size_t p = 0; p < out->n_place; p++) {
      uint32_t here = rows[p];
      rows[p] = out->total[p];
      out->total[p] += here;
    }
  }
}

static size_t blocks_of(size_t n, size_t n_place)
{
  size_t n_threads = (size_t)lb_threads();
  size_t n_block = n_place <= SMALL_TABLE ? 4 * n_threads : n_threads;
  if (n < PARALLEL || n_threads == 1) return 1;
  return n_block < MOST_BLOCKS ? n_block : MOST_BLOCKS;
}

static bool deal_alloc(deal *d, lb_scored_blocks *out)
{
  d->next = lb_mem_zero(d->n_chunk * d->scale.n, sizeof *d->next);
  d->end = lb_mem_zero(d->scale.n + 1, sizeof *d->end);
  d->failed = lb_mem_zero(out->n_block, sizeof *d->failed);
  out->start = lb_mem_zero(out->n_block + 1, sizeof *out->start);
  out->total = lb_mem_zero(out->n_place, sizeof *out->total);
  if (out->n_block > 1) out->before = lb_mem_zero(out->n_block * out->n_place, sizeof(uint32_t));
  return d->next != NULL && d->end != NULL && d->failed != NULL && out->start != NULL &&
         out->total != NULL && (out->n_block == 1 || out->before != NULL);
}

lb_status lb_scored_sort(const lb_scored_source *source, size_t n_place, lb_scored *item,
                         lb_scored_blocks *out)
{
  size_t n = source->n;
  lb_scored_blocks blocks = {.item = item, .n_block = blocks_of(n, n_place), .n_place = n_place};
  deal d = {.source = source, .blocks = &blocks, .item = item, .n_chunk = blocks.n_block};
  bool parallel = blocks.n_block > 1;
  lb_status st = LB_OK;
  size_t n_bucket = power_of_two(n / BUCKET_ROWS, MOST_BUCKETS);
  if (!set_scale(&d.scale, source->low, source->high, n_bucket))
    d.scale = (scale){source->low, 0, 1};
  if (!deal_alloc(&d, &blocks)) {
    st = LB_ENOMEM;
    goto done;
  }
  if (!lb_parallel(d.n_chunk, parallel, count_chunk, &d)) st = LB_EINTR;
  place_chunks(&d);
  cut_blocks(&d, &blocks);
  if (st == LB_OK && !lb_parallel(d.n_chunk, parallel, deal_chunk, &d)) st = LB_EINTR;
  if (st == LB_OK && !lb_parallel(blocks.n_block, parallel, sort_block, &d)) st = LB_EINTR;
  for (size_t block = 0; st == LB_OK && block < blocks.n_block; block++)
    if (d.failed[block]) st = LB_ENOMEM;
  if (st != LB_OK) goto done;
  add_blocks(&blocks);
  *out = blocks;
  blocks = (lb_scored_blocks){0};
done:
  lb_scored_blocks_reset(&blocks);
  lb_mem_free(d.next);
  lb_mem_free(d.end);
  lb_mem_free(d.failed);
  return st;
}

void lb_scored_blocks_reset(lb_scored_blocks *blocks)
{
  if (blocks == NULL) return;
  lb_mem_free(blocks->start);
  lb_mem_free(blocks->before);
  lb_mem_free(blocks->total);
  *blocks = (lb_scored_blocks){0};
}
