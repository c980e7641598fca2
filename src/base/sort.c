/* sort.c - stable row orders by least-significant-digit radix sort on order-preserving integers. */
#include "base/sort.h"

#include <string.h>

#include "base/mem.h"

#define DIGIT_BITS 11 /* 2048 counters stay in the first cache; six digits cover 64 bits */
#define N_BUCKETS  (1u << DIGIT_BITS)
#define N_DIGITS   6
#define FEW        64 /* rows up to which insertion is faster and needs no memory */

/* Keys with their rows, twice: a pass moves them from one half to the other. */
typedef struct radix {
  size_t n;
  uint64_t *key, *other_key;
  uint32_t *row, *other_row;
  uint32_t (*count)[N_BUCKETS];
} radix;

/* Where the keys are read from, one of the two; fresh: rows are first taken as 0, 1, 2, ... */
typedef struct source {
  const double *real;
  const int64_t *integer;
  bool fresh;
} source;

/* Doubles in order as unsigned integers: flip all bits of negatives, the sign bit of the others. */
static uint64_t key_of(const source *s, size_t row)
{
  uint64_t bits, sign = UINT64_C(1) << 63;
  if (s->integer != NULL) return (uint64_t)s->integer[row] ^ sign;
  double value = s->real[row]; /* NOLINT(clang-analyzer-core.NullDereference): one is given */
  if (value != value) return UINT64_MAX;
  value += 0.0; /* -0 becomes 0 */
  memcpy(&bits, &value, sizeof bits);
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

static void insertion_sort(const source *s, size_t n, uint32_t *order)
{
  uint64_t key[FEW];
  for (size_t i = 0; i < n; i++) {
    uint32_t row = s->fresh ? (uint32_t)i : order[i];
    uint64_t k = key_of(s, row);
    size_t at = i;
    for (; at > 0 && key[at - 1] > k; at--) {
      key[at] = key[at - 1];
      order[at] = order[at - 1];
    }
    key[at] = k;
    order[at] = row;
  }
}

static bool radix_alloc(radix *r, size_t n)
{
  r->n = n;
  r->key = lb_mem_array(n, sizeof *r->key);
  r->other_key = lb_mem_array(n, sizeof *r->other_key);
  r->row = lb_mem_array(n, sizeof *r->row);
  r->other_row = lb_mem_array(n, sizeof *r->other_row);
  r->count = lb_mem_zero(N_DIGITS, sizeof *r->count);
  return r->key && r->other_key && r->row && r->other_row && r->count;
}

static void radix_reset(radix *r)
{
  lb_mem_free(r->key);
  lb_mem_free(r->other_key);
  lb_mem_free(r->row);
  lb_mem_free(r->other_row);
  lb_mem_free(r->count);
}

static size_t digit_of(uint64_t key, int digit)
{
  return (size_t)(key >> (digit * DIGIT_BITS)) & (N_BUCKETS - 1);
}

/* Counts all digits in one reading; true when the keys already ascend. */
static bool load_keys(radix *r, const source *s, const uint32_t *order)
{
  bool ascending = true;
  uint64_t last = 0;
  for (size_t i = 0; i < r->n; i++) {
    uint32_t row = s->fresh ? (uint32_t)i : order[i];
    uint64_t key = key_of(s, row);
    ascending = ascending && key >= last;
    last = key;
    r->key[i] = key;
    r->row[i] = row;
    for (int digit = 0; digit < N_DIGITS; digit++) r->count[digit][digit_of(key, digit)]++;
  }
  return ascending;
}

static void radix_pass(radix *r, int digit)
{
  uint32_t *start = r->count[digit], sum = 0;
  for (size_t b = 0; b < N_BUCKETS; b++) {
    uint32_t n_here = start[b];
    start[b] = sum;
    sum += n_here;
  }
  for (size_t i = 0; i < r->n; i++) {
    uint32_t to = start[digit_of(r->key[i], digit)]++;
    r->other_key[to] = r->key[i];
    r->other_row[to] = r->row[i];
  }
  uint64_t *key = r->key;
  uint32_t *row = r->row;
  r->key = r->other_key;
  r->row = r->other_row;
  r->other_key = key;
  r->other_row = row;
}

static bool sort_rows(const source *s, size_t n, uint32_t *order)
{
  if (n <= FEW) {
    insertion_sort(s, n, order);
    return true;
  }
  radix r = {0};
  bool sorted = n <= UINT32_MAX && radix_alloc(&r, n);
  if (!sorted) goto done;
  bool ascending = load_keys(&r, s, order);
  /* A digit that all rows share moves nothing: small integers and whole days need a pass or two. */
  for (int digit = 0; digit < N_DIGITS && !ascending; digit++)
    if (r.count[digit][digit_of(r.key[0], digit)] != n) radix_pass(&r, digit);
  memcpy(order, r.row, n * sizeof *order);
done:
  radix_reset(&r);
  return sorted;
}

bool lb_sort_order_real(const double *key, size_t n, uint32_t *order)
{
  return sort_rows(&(source){.real = key, .fresh = true}, n, order);
}

bool lb_sort_order_integer(const int64_t *key, size_t n, uint32_t *order)
{
  return sort_rows(&(source){.integer = key, .fresh = true}, n, order);
}

bool lb_sort_refine_real(const double *key, size_t n, uint32_t *order)
{
  return sort_rows(&(source){.real = key}, n, order);
}

bool lb_sort_refine_integer(const int64_t *key, size_t n, uint32_t *order)
{
  return sort_rows(&(source){.integer = key}, n, order);
}
