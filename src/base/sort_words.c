/* sort_words.c - least-significant-digit radix sort of words, each pass by chunks. */
#include "base/sort_words.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"

#define DIGIT_BITS     11u /* 2048 counters stay in the first cache */
#define N_BUCKETS      (1u << DIGIT_BITS)
#define FEW_DIGIT_BITS 8u /* fewer counters to clear and to sum than words to move */
#define FEW_WORDS      8192u
#define INSERTION      48u               /* up to here insertion is faster and needs no memory */
#define PARALLEL       100000u           /* from here a thread earns its wake-up */
#define CHUNK_WORDS    ((size_t)1 << 22) /* at most, so that Ctrl-C is heard */

typedef struct pass {
  const uint64_t *from;
  uint64_t *to;
  size_t n, n_chunks;
  unsigned shift, mask;
  uint32_t (*start)[N_BUCKETS]; /* a chunk: counts, then the place of the next word */
} pass;

static size_t chunk_start(const pass *p, size_t chunk)
{
  return p->n / p->n_chunks * chunk + (chunk < p->n % p->n_chunks ? chunk : p->n % p->n_chunks);
}

static void count_chunk(void *context, size_t chunk)
{
  const pass *p = context;
  uint32_t *count = p->start[chunk];
  for (size_t b = 0; b <= p->mask; b++) count[b] = 0;
  for (size_t i = chunk_start(p, chunk); i < chunk_start(p, chunk + 1); i++)
    count[p->from[i] >> p->shift & p->mask]++;
}

static void move_chunk(void *context, size_t chunk)
{
  const pass *p = context;
  uint32_t *start = p->start[chunk];
  const uint64_t *from = p->from;
  uint64_t *to = p->to;
  size_t end = chunk_start(p, chunk + 1);
  for (size_t i = chunk_start(p, chunk); i < end; i++) {
    uint64_t word = from[i];
    to[start[word >> p->shift & p->mask]++] = word;
  }
}

/* Counts to places; true when all words share the digit, so that nothing moves. */
static bool place_chunks(const pass *p)
{
  uint32_t sum = 0;
  for (size_t b = 0; b <= p->mask; b++) {
    uint32_t before = sum;
    for (size_t chunk = 0; chunk < p->n_chunks; chunk++) {
      uint32_t here = p->start[chunk][b];
      p->start[chunk][b] = sum;
      sum += here;
    }
    if (sum - before == p->n) return true;
  }
  return false;
}

static void insertion_sort(uint64_t *words, size_t n, unsigned low, unsigned bits)
{
  uint64_t mask = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
  for (size_t i = 1; i < n; i++) {
    uint64_t word = words[i], key = word >> low & mask;
    size_t at = i;
    for (; at > 0 && (words[at - 1] >> low & mask) > key; at--) words[at] = words[at - 1];
    words[at] = word;
  }
}

static size_t chunks_of(size_t n)
{
  size_t n_chunks = n / CHUNK_WORDS + 1, n_threads = (size_t)lb_threads();
  return n >= PARALLEL && n_chunks < n_threads ? n_threads : n_chunks;
}

lb_status lb_sort_words(uint64_t *words, uint64_t *spare, size_t n, unsigned low, unsigned bits,
                        uint64_t **sorted)
{
  *sorted = words;
  if (n < 2 || bits == 0) return LB_OK;
  if (n <= INSERTION) {
    insertion_sort(words, n, low, bits);
    return LB_OK;
  }
  unsigned widest = n < FEW_WORDS ? FEW_DIGIT_BITS : DIGIT_BITS;
  unsigned n_passes = (bits + widest - 1) / widest, width = (bits + n_passes - 1) / n_passes;
  pass p = {.from = words, .to = spare, .n = n, .n_chunks = chunks_of(n)};
  p.start = lb_mem_array(p.n_chunks, sizeof *p.start);
  if (p.start == NULL) return LB_ENOMEM;
  lb_status st = LB_OK;
  bool parallel = n >= PARALLEL;
  for (unsigned done = 0; done < bits && st == LB_OK; done += width) {
    p.shift = low + done;
    p.mask = (1u << (bits - done < width ? bits - done : width)) - 1;
    if (!lb_parallel(p.n_chunks, parallel, count_chunk, &p)) st = LB_EINTR;
    if (st != LB_OK || place_chunks(&p)) continue;
    if (!lb_parallel(p.n_chunks, parallel, move_chunk, &p)) st = LB_EINTR;
    *sorted = p.to;
    p.to = p.to == spare ? words : spare;
    p.from = *sorted;
  }
  lb_mem_free(p.start);
  return st;
}
