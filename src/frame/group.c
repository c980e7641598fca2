/* group.c - rows divided by the values of some columns: every key becomes a code, codes combine. */
#include "frame/group.h"

#include <math.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/clones.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sort.h"

#define N_SHARES     8u      /* of the rows, when they are shared between threads */
#define SHARED_ROWS  100000u /* from here */
#define SHARED_CODES 1024u   /* up to here: the tables of all shares stay in the cache */

/* Codes 0 .. n_codes-1 in the order of one key's values, the missing last. Codes that no row has
 * are allowed, as long as they stay few enough to be counted in a table. */
typedef struct key_codes {
  size_t n_codes;
  lb_row *code; /* one a row */
} key_codes;

/* The keys so far as one code a row: mixed radix, so that numbers sort as the keys do. */
typedef struct combined {
  size_t n, n_codes;
  int64_t *code;
} combined;

/* A table over all codes costs no more than the rows themselves. */
static size_t table_limit(size_t n)
{
  return 4 * n + 1024;
}

/* ---- one key to codes ---- */

static void codes_of_bits(const lb_column *column, key_codes *key)
{
  const uint8_t *values = lb_column_logical(column), *valid = lb_column_valid(column);
  for (size_t i = 0; i < lb_column_length(column); i++)
    key->code[i] = lb_is_valid(valid, i) ? lb_bit_get(values, i) : 2;
  key->n_codes = 3;
}

/* 64 bits of a column's validity from row `start` on, a multiple of 64. */
static uint64_t valid_word(const uint8_t *valid, size_t start, size_t n)
{
  uint64_t word = 0;
  if (valid == NULL) return UINT64_MAX;
  memcpy(&word, valid + start / 8, n < 64 ? lb_bitmap_bytes(n) : 8);
  return word;
}

LB_CLONES
static void codes_of_64(const int32_t *level, size_t n, uint64_t valid, lb_row missing,
                        lb_row *code)
{
  for (size_t i = 0; i < n; i++) code[i] = (valid >> i & 1) != 0 ? (lb_row)level[i] : missing;
}

static void codes_of_factor(const lb_column *column, key_codes *key)
{
  const int32_t *codes = lb_column_codes(column);
  const uint8_t *valid = lb_column_valid(column);
  size_t n = lb_column_length(column), n_levels = lb_column_level_count(column);
  for (size_t i = 0; i < n; i += 64) {
    size_t here = n - i < 64 ? n - i : 64;
    codes_of_64(codes + i, here, valid_word(valid, i, here), (lb_row)n_levels, key->code + i);
  }
  key->n_codes = n_levels + 1;
}

static lb_status codes_of_text(const lb_column *column, key_codes *key, lb_error *err)
{
  lb_column *factor = NULL; /* its levels are the distinct texts by bytes */
  lb_status st = lb_column_to_factor(column, NULL, 0, false, &factor, err);
  if (st != LB_OK) return st;
  codes_of_factor(factor, key);
  lb_column_release(factor);
  return LB_OK;
}

static int64_t integer_at(const lb_column *column, size_t row)
{
  return lb_column_type(column) == LB_DATE ? lb_column_days(column)[row]
                                           : lb_column_integer(column)[row];
}

/* Integers within a narrow range (ages, days, scores) are their own codes: no sort, no memory. */
static bool codes_by_range(const lb_column *column, key_codes *key)
{
  if (lb_column_type(column) == LB_REAL) return false;
  size_t n = lb_column_length(column);
  const uint8_t *valid = lb_column_valid(column);
  int64_t low = INT64_MAX, high = INT64_MIN;
  for (size_t i = 0; i < n; i++) {
    if (!lb_is_valid(valid, i)) continue;
    int64_t value = integer_at(column, i);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return false;                    /* nothing present */
  uint64_t range = (uint64_t)high - (uint64_t)low; /* wraps to the right answer */
  if (range >= table_limit(n) || range >= LB_NO_ROW - 1) return false; /* codes are lb_row */
  for (size_t i = 0; i < n; i++)
    if (lb_is_valid(valid, i))
      key->code[i] = (lb_row)((uint64_t)integer_at(column, i) - (uint64_t)low);
  key->n_codes = (size_t)range + 1;
  return true;
}

/* The present rows of a numeric key and their values; one of integer and real is filled. */
typedef struct present {
  size_t n;
  lb_row *row;
  lb_row *order;
  int64_t *integer;
  double *real;
} present;

static void present_reset(present *p)
{
  lb_mem_free(p->row);
  lb_mem_free(p->order);
  lb_mem_free(p->integer);
  lb_mem_free(p->real);
}

static bool present_alloc(present *p, const lb_column *column)
{
  size_t n = lb_column_length(column);
  bool is_real = lb_column_type(column) == LB_REAL;
  p->row = lb_mem_array(n, sizeof *p->row);
  p->order = lb_mem_array(n, sizeof *p->order);
  if (is_real)
    p->real = lb_mem_array(n, sizeof *p->real);
  else
    p->integer = lb_mem_array(n, sizeof *p->integer);
  return p->row != NULL && p->order != NULL && (is_real ? p->real != NULL : p->integer != NULL);
}

static void present_fill(present *p, const lb_column *column)
{
  const uint8_t *valid = lb_column_valid(column);
  for (size_t i = 0; i < lb_column_length(column); i++) {
    if (!lb_is_valid(valid, i)) continue;
    if (p->real != NULL)
      p->real[p->n] = lb_column_real(column)[i];
    else
      p->integer[p->n] = integer_at(column, i);
    p->row[p->n++] = (lb_row)i;
  }
}

/* Same key value: NaN equals NaN here, and -0 equals 0. */
static bool same_value(const present *p, size_t a, size_t b)
{
  if (p->integer != NULL) return p->integer[a] == p->integer[b];
  double x = p->real[a], y = p->real[b];
  return x == y || (isnan(x) && isnan(y));
}

static lb_status codes_by_rank(const lb_column *column, key_codes *key, lb_error *err)
{
  present p = {0};
  lb_row rank = 0;
  lb_status st = present_alloc(&p, column) ? LB_OK : lb_error_nomem(err, "group key");
  if (st != LB_OK) goto done;
  present_fill(&p, column);
  bool sorted = p.real != NULL ? lb_sort_order_real(p.real, p.n, p.order)
                               : lb_sort_order_integer(p.integer, p.n, p.order);
  if (!sorted) {
    st = lb_error_nomem(err, "group key");
    goto done;
  }
  for (size_t i = 0; i < p.n; i++) {
    if (i > 0 && !same_value(&p, p.order[i - 1], p.order[i])) rank++;
    key->code[p.row[p.order[i]]] = rank;
  }
  key->n_codes = p.n == 0 ? 0 : (size_t)rank + 1;
done:
  present_reset(&p);
  return st;
}

static lb_status codes_of_numbers(const lb_column *column, key_codes *key, lb_error *err)
{
  if (!codes_by_range(column, key)) {
    lb_status st = codes_by_rank(column, key, err);
    if (st != LB_OK) return st;
  }
  const uint8_t *valid = lb_column_valid(column);
  if (valid == NULL) return LB_OK;
  for (size_t i = 0; i < lb_column_length(column); i++)
    if (!lb_is_valid(valid, i)) key->code[i] = (lb_row)key->n_codes;
  key->n_codes++;
  return LB_OK;
}

static lb_status codes_of_column(const lb_column *column, key_codes *key, lb_error *err)
{
  switch (lb_column_type(column)) {
  case LB_LOGICAL:
    codes_of_bits(column, key);
    return LB_OK;
  case LB_FACTOR:
    codes_of_factor(column, key);
    return LB_OK;
  case LB_TEXT:
    return codes_of_text(column, key, err);
  default:
    return codes_of_numbers(column, key, err);
  }
}

/* ---- keys combined ---- */

/* Ranks in place of codes: as many codes as there are different ones. */
static lb_status compact(combined *all, lb_error *err)
{
  lb_row *order = lb_mem_array(all->n, sizeof *order);
  int64_t *rank = lb_mem_array(all->n, sizeof *rank);
  if (order == NULL || rank == NULL || !lb_sort_order_integer(all->code, all->n, order)) {
    lb_mem_free(order);
    lb_mem_free(rank);
    return lb_error_nomem(err, "groups");
  }
  int64_t r = 0;
  for (size_t i = 0; i < all->n; i++) {
    if (i > 0 && all->code[order[i]] != all->code[order[i - 1]]) r++;
    rank[order[i]] = r;
  }
  all->n_codes = all->n == 0 ? 0 : (size_t)r + 1;
  lb_mem_free(order);
  lb_mem_free(all->code);
  all->code = rank;
  return LB_OK;
}

LB_CLONES
static void add_codes(size_t n, int64_t radix, const lb_row *key, int64_t *code)
{
  for (size_t i = 0; i < n; i++) code[i] = code[i] * radix + (int64_t)key[i];
}

static lb_status combine(combined *all, const key_codes *key, lb_error *err)
{
  /* Ranks and a key's codes are below 2^32: only billions of rows can get past this. */
  size_t most = key->n_codes == 0 ? SIZE_MAX : (size_t)INT64_MAX / key->n_codes;
  lb_status st = all->n_codes > most ? compact(all, err) : LB_OK;
  if (st != LB_OK) return st;
  if (all->n_codes > most)
    return lb_error_set(err, LB_EDATA, "too many rows to group by several keys");
  add_codes(all->n, (int64_t)key->n_codes, key->code, all->code);
  all->n_codes *= key->n_codes;
  return all->n_codes > table_limit(all->n) ? compact(all, err) : LB_OK;
}

static lb_status combine_columns(combined *all, const lb_frame *frame, const size_t *columns,
                                 size_t n, lb_error *err)
{
  key_codes key = {0};
  lb_status st = LB_OK;
  all->n = lb_frame_rows(frame);
  all->n_codes = 1;
  all->code = lb_mem_zero(all->n, sizeof *all->code);
  key.code = lb_mem_array(all->n, sizeof *key.code);
  if (all->code == NULL || key.code == NULL) st = lb_error_nomem(err, "groups");
  for (size_t k = 0; k < n && st == LB_OK; k++) {
    const lb_column *column;
    st = lb_frame_column(frame, columns[k], &column, err);
    if (st == LB_OK) st = codes_of_column(column, &key, err);
    if (st == LB_OK) st = combine(all, &key, err);
    if (st == LB_OK && lb_interrupted()) st = lb_error_interrupted(err);
  }
  lb_mem_free(key.code);
  return st;
}

/* ---- codes to groups ---- */

/* Counts per code -> group of each code and group starts; codes that no row has drop out. */
static size_t number_groups(const size_t *count, size_t n_codes, size_t *group_of, size_t *start)
{
  size_t g = 0;
  start[0] = 0;
  for (size_t c = 0; c < n_codes; c++) {
    if (count[c] == 0) continue;
    group_of[c] = g;
    start[g + 1] = start[g] + count[c];
    g++;
  }
  return g;
}

/* Rows in shares, each counted and placed by itself: the places are those of one walk over all
 * rows. Many codes are one share, as its counters are all there is to touch. */
typedef struct sharing {
  const combined *all;
  size_t n_shares;
  size_t *count; /* n_shares tables of n_codes: rows of a code; then the place of the next */
  size_t *group_of;
  lb_groups *out;
} sharing;

static size_t share_start(const sharing *s, size_t share)
{
  return s->all->n / s->n_shares * share + (share == s->n_shares ? s->all->n % s->n_shares : 0);
}

static void count_share(void *context, size_t share)
{
  const sharing *s = context;
  size_t *count = s->count + share * s->all->n_codes;
  for (size_t i = share_start(s, share); i < share_start(s, share + 1); i++)
    count[s->all->code[i]]++;
}

static void place_share(void *context, size_t share)
{
  const sharing *s = context;
  size_t *next = s->count + share * s->all->n_codes;
  for (size_t i = share_start(s, share); i < share_start(s, share + 1); i++) {
    int64_t code = s->all->code[i];
    s->out->group[i] = (lb_row)s->group_of[code];
    s->out->row[next[code]++] = (lb_row)i;
  }
}

/* Counts of shares to places, those of the first share to counts of all. */
static void sum_shares(const sharing *s, size_t *total)
{
  for (size_t c = 0; c < s->all->n_codes; c++)
    for (size_t share = 0; share < s->n_shares; share++) {
      size_t here = s->count[share * s->all->n_codes + c];
      s->count[share * s->all->n_codes + c] = total[c];
      total[c] += here;
    }
}

/* Places are counted from the start of a code's group. */
static void start_shares(const sharing *s)
{
  for (size_t share = 0; share < s->n_shares; share++)
    for (size_t c = 0; c < s->all->n_codes; c++)
      s->count[share * s->all->n_codes + c] += s->out->start[s->group_of[c]];
}

static bool rows_alloc(size_t n, size_t n_groups, lb_groups *out)
{
  out->n_rows = n;
  out->group = lb_mem_array(n, sizeof *out->group);
  out->row = lb_mem_array(n, sizeof *out->row);
  out->start = lb_mem_zero(n_groups + 2, sizeof *out->start);
  return out->group != NULL && out->row != NULL && out->start != NULL;
}

static lb_status divide(const combined *all, size_t n_keys, lb_groups *out, lb_error *err)
{
  lb_status st = LB_OK;
  bool shared = all->n >= SHARED_ROWS && all->n_codes <= SHARED_CODES;
  sharing s = {.all = all, .n_shares = shared ? N_SHARES : 1, .out = out};
  size_t *total = lb_mem_zero(all->n_codes, sizeof *total), present_codes = 0;
  s.count = lb_mem_zero(all->n_codes, s.n_shares * sizeof *s.count);
  s.group_of = lb_mem_zero(all->n_codes, sizeof *s.group_of);
  if (total == NULL || s.count == NULL || s.group_of == NULL) {
    st = lb_error_nomem(err, "groups");
    goto done;
  }
  if (!lb_parallel(s.n_shares, shared, count_share, &s)) st = lb_error_interrupted(err);
  if (st != LB_OK) goto done;
  sum_shares(&s, total);
  for (size_t c = 0; c < all->n_codes; c++) present_codes += total[c] > 0;
  if (!rows_alloc(all->n, present_codes, out)) {
    st = lb_error_nomem(err, "groups");
    goto done;
  }
  out->n_groups = number_groups(total, all->n_codes, s.group_of, out->start);
  start_shares(&s);
  if (!lb_parallel(s.n_shares, shared, place_share, &s)) st = lb_error_interrupted(err);
  if (n_keys == 0) out->n_groups = 1; /* also without rows: start is zeroed and long enough */
done:
  lb_mem_free(total);
  lb_mem_free(s.count);
  lb_mem_free(s.group_of);
  return st;
}

/* One row a group: the key values of its first row. */
static lb_status take_keys(const lb_frame *frame, const size_t *columns, size_t n, lb_groups *out,
                           lb_error *err)
{
  lb_row *first = lb_mem_array(out->n_groups, sizeof *first);
  if (first == NULL) return lb_error_nomem(err, "group keys");
  if (n > 0)
    for (size_t g = 0; g < out->n_groups; g++) first[g] = out->row[out->start[g]];
  lb_status st = lb_frame_new(out->n_groups, NULL, &out->keys, err);
  for (size_t k = 0; k < n && st == LB_OK; k++) {
    const lb_column *column;
    lb_column *gathered = NULL;
    st = lb_frame_column(frame, columns[k], &column, err);
    if (st == LB_OK) st = lb_column_gather(column, first, out->n_groups, &gathered, err);
    if (st == LB_OK) st = lb_frame_add(out->keys, lb_frame_name(frame, columns[k]), gathered, err);
    lb_column_release(gathered);
  }
  lb_mem_free(first);
  return st;
}

lb_status lb_groups_whole(const lb_frame *frame, lb_groups *out, lb_error *err)
{
  lb_groups made = {.n_groups = 1, .n_rows = lb_frame_rows(frame)};
  made.start = lb_mem_zero(2, sizeof *made.start);
  lb_status st =
      made.start == NULL ? lb_error_nomem(err, "groups") : lb_frame_new(1, NULL, &made.keys, err);
  if (st != LB_OK) {
    lb_groups_reset(&made);
    return st;
  }
  made.start[1] = made.n_rows;
  *out = made;
  return LB_OK;
}

lb_status lb_groups_list(lb_groups *groups, lb_error *err)
{
  size_t n = groups->n_rows;
  if (groups->row != NULL) return LB_OK;
  lb_row *group = lb_mem_zero(n, sizeof *group), *row = lb_mem_array(n, sizeof *row);
  if (group == NULL || row == NULL) {
    lb_mem_free(group);
    lb_mem_free(row);
    return lb_error_nomem(err, "groups");
  }
  for (size_t i = 0; i < n; i++) row[i] = (lb_row)i;
  groups->group = group;
  groups->row = row;
  return LB_OK;
}

/* No keys: one group of all rows as they are. */
static lb_status one_group(const lb_frame *frame, lb_groups *out, lb_error *err)
{
  lb_groups made = {0};
  lb_status st = lb_groups_whole(frame, &made, err);
  if (st == LB_OK) st = lb_groups_list(&made, err);
  if (st == LB_OK)
    *out = made;
  else
    lb_groups_reset(&made);
  return st;
}

lb_status lb_groups_make(const lb_frame *frame, const size_t *columns, size_t n, lb_groups *out,
                         lb_error *err)
{
  if (n == 0) return one_group(frame, out, err);
  combined all = {0};
  lb_groups made = {0};
  lb_status st = LB_OK;
  for (size_t k = 0; k < n; k++)
    if (columns[k] >= lb_frame_columns(frame))
      return lb_error_set(err, LB_EARG, "column %zu of %zu", columns[k] + 1,
                          lb_frame_columns(frame));
  st = combine_columns(&all, frame, columns, n, err);
  if (st == LB_OK) st = divide(&all, n, &made, err);
  if (st == LB_OK) st = take_keys(frame, columns, n, &made, err);
  lb_mem_free(all.code);
  if (st == LB_OK)
    *out = made;
  else
    lb_groups_reset(&made);
  return st;
}

lb_status lb_groups_sorted(const lb_groups *groups, const lb_frame *frame, const lb_sort_key *keys,
                           size_t n, lb_row **out, lb_error *err)
{
  lb_row *order = lb_mem_array(groups->n_rows, sizeof *order);
  lb_row *row = lb_mem_array(groups->n_rows, sizeof *row);
  size_t *next = lb_mem_array(groups->n_groups, sizeof *next);
  lb_status st = LB_OK;
  if (order == NULL || row == NULL || next == NULL) {
    st = lb_error_nomem(err, "groups");
    goto done;
  }
  st = lb_frame_order(frame, keys, n, false, order, err);
  if (st != LB_OK) goto done;
  memcpy(next, groups->start, groups->n_groups * sizeof *next);
  for (size_t i = 0; i < groups->n_rows; i++) row[next[groups->group[order[i]]]++] = order[i];
  *out = row;
  row = NULL;
done:
  lb_mem_free(order);
  lb_mem_free(row);
  lb_mem_free(next);
  return st;
}

void lb_groups_reset(lb_groups *groups)
{
  lb_mem_free(groups->group);
  lb_mem_free(groups->row);
  lb_mem_free(groups->start);
  lb_frame_release(groups->keys);
  *groups = (lb_groups){0};
}
