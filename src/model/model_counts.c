/* model_counts.c - Surv(time, event) in whole days, by groups of a small range, counted in one pass
 * over the columns: no array of rows is made, and missing values cost a look at their bits.
 *
 * What does not fit (real times, other groups, weights, wrong data) is left to the files that make
 * arrays and explain errors. */
#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/pair_kernel.h"
#include "base/parallel.h"
#include "model/counts_kernel.h"
#include "model/model_data.h"

#include <string.h>
#include <strings.h>

#define BLOCK         1024 /* rows: their codes stay in the first cache */
#define CHUNKS        4    /* of many rows, counted side by side, a table each */
#define PARALLEL_ROWS 200000
#define MOST_GROUPS   64
#define MOST_NUMBERS  20    /* distinct numbers that still make groups */
#define HEADROOM      3     /* days to count in, to those of the first block */
#define SMALL_TABLE   16384 /* cells that stay in the cache */
#define CELLS_PER_ROW 8     /* of a small table; a large one has one at most */

enum { TIME, EVENT, GROUP, N_SOURCE };

typedef struct source {
  size_t slot;
  const lb_column *column; /* NULL for no groups */
  int64_t least;           /* value of code 0; 0 unless of an integer group */
} source;

/* What a chunk saw beside its counts. */
typedef struct tally {
  size_t missing[N_SOURCE], incomplete;
  uint32_t last;     /* day */
  uint32_t kind;     /* the largest code of the event */
  bool outside;      /* a complete row that the table has no cell for */
  int64_t low, high; /* of an integer group */
} tally;

typedef struct counting {
  source source[N_SOURCE];
  size_t n, chunks;
  size_t days, groups, kinds; /* cells of a table: groups x days x kinds, and one of no use */
  bool causes;                /* raw codes of the event are counted, whatever they mean */
  uint32_t turn;              /* 1 for CDISC's reversed code */
  uint32_t *count;            /* chunks tables */
  tally tally[CHUNKS];
} counting;

static size_t table_size(const counting *c)
{
  return c->groups * c->days * c->kinds + 1;
}

/* ---- A block of a column ---- */

/* Marks the missing of rows [at, at + n); NaN is missing, as everywhere in models. */
static size_t mark_missing(const source *s, size_t at, size_t n, uint8_t *gone)
{
  const uint8_t *valid = lb_column_valid(s->column);
  size_t count = 0;
  const double *real = lb_column_type(s->column) == LB_REAL ? lb_column_real(s->column) : NULL;
  for (size_t i = 0; i < n; i++) {
    gone[i] = !lb_is_valid(valid, at + i) || (real != NULL && real[at + i] != real[at + i]);
    count += gone[i];
  }
  return count;
}

/* All present by the bitmap? Blocks start at a byte of it. */
static bool all_valid(const source *s, size_t at, size_t n)
{
  const uint8_t *valid = lb_column_valid(s->column);
  uint8_t all = UINT8_MAX;
  if (valid == NULL) return true;
  for (size_t b = at / 8; b < (at + n) / 8; b++) all &= valid[b];
  for (size_t i = at + n - n % 8; i < at + n; i++)
    if (!lb_bit_get(valid, i)) return false;
  return all == UINT8_MAX;
}

/* Codes as they lie, or with those that are gone as code 0. */
static uint32_t take_codes(const source *s, size_t at, size_t n, const uint8_t *gone, uint32_t *out)
{
  union {
    int64_t integer[BLOCK];
    double real[BLOCK];
    int32_t level[BLOCK];
  } copy;
  switch (lb_column_type(s->column)) {
  case LB_INTEGER: {
    const int64_t *value = lb_column_integer(s->column) + at;
    for (size_t i = 0; gone != NULL && i < n; i++) copy.integer[i] = gone[i] ? s->least : value[i];
    return lb_codes_of_integers(gone == NULL ? value : copy.integer, n, s->least, out);
  }
  case LB_REAL: {
    const double *value = lb_column_real(s->column) + at;
    for (size_t i = 0; gone != NULL && i < n; i++) copy.real[i] = gone[i] ? 0 : value[i];
    return lb_codes_of_reals(gone == NULL ? value : copy.real, n, out);
  }
  case LB_FACTOR: {
    const int32_t *value = lb_column_codes(s->column) + at;
    for (size_t i = 0; gone != NULL && i < n; i++) copy.level[i] = gone[i] ? 0 : value[i];
    return lb_codes_of_levels(gone == NULL ? value : copy.level, n, out);
  }
  default:
    return lb_codes_of_bits(lb_column_logical(s->column) + at / 8, n, out);
  }
}

/* Codes of a block and the largest; those missing are marked in `missing`, too, and counted. */
static uint32_t block_codes(const source *s, size_t at, size_t n, uint8_t *missing, uint32_t *out,
                            size_t *n_missing)
{
  uint8_t gone[BLOCK];
  uint32_t largest = LB_NO_CODE;
  if (all_valid(s, at, n)) largest = take_codes(s, at, n, NULL, out);
  if (largest != LB_NO_CODE) return largest;
  size_t count = mark_missing(s, at, n, gone);
  if (count == 0) return LB_NO_CODE;
  for (size_t i = 0; i < n; i++) missing[i] |= gone[i];
  *n_missing += count;
  return take_codes(s, at, n, gone, out);
}

/* ---- Counting ---- */

static void chunk_rows(const counting *c, size_t chunk, size_t *at, size_t *end)
{
  size_t blocks = (c->n + BLOCK - 1) / BLOCK;
  *at = blocks * chunk / c->chunks * BLOCK;
  *end = blocks * (chunk + 1) / c->chunks * BLOCK;
  if (*end > c->n) *end = c->n;
}

/* Sends the rows that miss something to the cell of no use. */
static void drop_missing(const counting *c, const uint8_t *missing, size_t n, uint32_t *cell,
                         tally *t)
{
  for (size_t i = 0; i < n; i++) {
    if (!missing[i]) continue;
    cell[i] = (uint32_t)table_size(c) - 1;
    t->incomplete++;
  }
}

static bool count_block(const counting *c, size_t at, size_t n, uint32_t *count, tally *t)
{
  uint32_t code[N_SOURCE][BLOCK], largest[N_SOURCE] = {0};
  uint8_t missing[BLOCK] = {0};
  size_t before[N_SOURCE];
  memcpy(before, t->missing, sizeof before);
  for (size_t k = 0; k < N_SOURCE; k++)
    if (c->source[k].column != NULL)
      largest[k] = block_codes(&c->source[k], at, n, missing, code[k], &t->missing[k]);
  if (largest[TIME] >= c->days || largest[EVENT] >= c->kinds || largest[GROUP] >= c->groups)
    return false;
  const lb_cell_codes codes = {.day = code[TIME],
                               .event = code[EVENT],
                               .group = c->source[GROUP].column == NULL ? NULL : code[GROUP],
                               .days = (uint32_t)c->days,
                               .kinds = (uint32_t)c->kinds,
                               .turn = c->turn};
  if (largest[TIME] > t->last) t->last = largest[TIME];
  if (largest[EVENT] > t->kind) t->kind = largest[EVENT];
  lb_cells_of_codes(&codes, n, code[TIME]);
  if (memcmp(before, t->missing, sizeof before) != 0) drop_missing(c, missing, n, code[TIME], t);
  for (size_t i = 0; i < n; i++) count[code[TIME][i]]++;
  return true;
}

static void count_chunk(void *context, size_t chunk)
{
  counting *c = context;
  tally *t = &c->tally[chunk];
  size_t at, end;
  *t = (tally){0};
  chunk_rows(c, chunk, &at, &end);
  for (; at < end && !t->outside; at += BLOCK)
    t->outside = !count_block(c, at, end - at < BLOCK ? end - at : BLOCK,
                              c->count + chunk * table_size(c), t);
}

/* ---- The size of the table ---- */

/* Widens the range of an integer group by the rows present in a block. */
static void widen_group(const source *s, size_t at, size_t n, tally *t)
{
  const int64_t *value = lb_column_integer(s->column);
  const uint8_t *valid = lb_column_valid(s->column);
  for (size_t i = at; i < at + n; i++) {
    if (!lb_is_valid(valid, i)) continue;
    t->low = value[i] < t->low ? value[i] : t->low;
    t->high = value[i] > t->high ? value[i] : t->high;
  }
}

static bool is_integer_group(const counting *c)
{
  const lb_column *column = c->source[GROUP].column;
  return column != NULL && lb_column_type(column) == LB_INTEGER;
}

/* false: a code of the event that is none of a cause. */
static bool look_at_kinds(const source *s, size_t at, size_t n, tally *t)
{
  uint32_t code[BLOCK];
  uint8_t missing[BLOCK] = {0};
  size_t none = 0;
  uint32_t largest = block_codes(s, at, n, missing, code, &none);
  if (largest == LB_NO_CODE || largest >= LB_MOST_CAUSES) return false;
  if (largest > t->kind) t->kind = largest;
  return true;
}

/* Ranges of rows [at, end); `outside` when a time is no whole day. Also of rows that will be left
 * out for another variable. */
static void look_at_rows(const counting *c, size_t at, size_t end, tally *t)
{
  *t = (tally){.low = INT64_MAX, .high = INT64_MIN};
  for (; at < end && !t->outside; at += BLOCK) {
    uint32_t code[BLOCK];
    uint8_t missing[BLOCK] = {0};
    size_t n = end - at < BLOCK ? end - at : BLOCK, none = 0;
    uint32_t largest = block_codes(&c->source[TIME], at, n, missing, code, &none);
    t->outside = largest == LB_NO_CODE;
    if (largest > t->last) t->last = largest;
    if (c->causes) t->outside = !look_at_kinds(&c->source[EVENT], at, n, t) || t->outside;
    if (is_integer_group(c)) widen_group(&c->source[GROUP], at, n, t);
  }
}

static void look_chunk(void *context, size_t chunk)
{
  counting *c = context;
  size_t at, end;
  chunk_rows(c, chunk, &at, &end);
  look_at_rows(c, at, end, &c->tally[chunk]);
}

/* Sets groups and days for a last day and a range of groups; false: a table would be too large. */
static bool set_size(counting *c, const tally *seen, size_t headroom)
{
  source *group = &c->source[GROUP];
  c->groups = 1;
  if (is_integer_group(c)) {
    uint64_t span = (uint64_t)seen->high - (uint64_t)seen->low;
    group->least = seen->low;
    if (seen->low > seen->high || span >= MOST_GROUPS) return false;
    c->groups = (size_t)span + 1;
  } else if (group->column != NULL) {
    bool factor = lb_column_type(group->column) == LB_FACTOR;
    c->groups = factor ? lb_column_level_count(group->column) : 2;
    if (c->groups == 0 || c->groups > MOST_GROUPS) return false;
  }
  c->kinds = 2;
  if (c->causes && lb_column_type(c->source[EVENT].column) == LB_FACTOR)
    c->kinds = lb_column_level_count(c->source[EVENT].column);
  else if (c->causes && seen->kind > 1)
    c->kinds = (size_t)seen->kind + 1;
  size_t days = (size_t)seen->last + 1, room = CELLS_PER_ROW * c->n;
  size_t wide = (c->groups * c->kinds + 1) / 2; /* as many cells as so many groups of two kinds */
  if (room > SMALL_TABLE) room = c->n > SMALL_TABLE ? c->n : SMALL_TABLE;
  if (days > room / wide) return false;
  c->days = days * headroom < room / wide ? days * headroom : room / wide;
  return true;
}

/* ---- From the table to the model ---- */

/* false: out of memory, or interrupted. */
static bool run(counting *c, void (*body)(void *context, size_t chunk))
{
  return lb_parallel(c->chunks, c->chunks > 1, body, c);
}

static bool is_outside(const counting *c)
{
  bool any = false;
  for (size_t k = 0; k < c->chunks; k++) any = any || c->tally[k].outside;
  return any;
}

/* The tables of all chunks, added; *fits false when some row has no cell. */
static lb_status count_rows(counting *c, bool *fits, lb_error *err)
{
  *fits = false;
  lb_mem_free(c->count);
  c->count = lb_mem_zero(c->chunks * table_size(c), sizeof *c->count);
  if (c->count == NULL) return lb_error_nomem(err, "counts");
  if (!run(c, count_chunk)) return lb_error_interrupted(err);
  *fits = !is_outside(c);
  return LB_OK;
}

/* In a table sized by the first rows, or else by all. */
static lb_status count_somehow(counting *c, bool *fits, lb_error *err)
{
  tally seen;
  look_at_rows(c, 0, c->n < BLOCK ? c->n : BLOCK, &seen);
  *fits = !seen.outside && set_size(c, &seen, c->n > BLOCK ? HEADROOM : 1);
  lb_status st = *fits ? count_rows(c, fits, err) : LB_OK;
  if (st != LB_OK || *fits || seen.outside || c->n <= BLOCK) return st;
  if (!run(c, look_chunk)) return lb_error_interrupted(err);
  seen = c->tally[0];
  for (size_t k = 1; k < c->chunks; k++) {
    const tally *t = &c->tally[k];
    seen.last = t->last > seen.last ? t->last : seen.last;
    seen.kind = t->kind > seen.kind ? t->kind : seen.kind;
    seen.low = t->low < seen.low ? t->low : seen.low;
    seen.high = t->high > seen.high ? t->high : seen.high;
  }
  *fits = !is_outside(c) && set_size(c, &seen, 1);
  return *fits ? count_rows(c, fits, err) : LB_OK;
}

/* Of two kinds: the days of group g of all chunks, added up. Returns the rows. */
static size_t add_pairs(const counting *c, size_t g, size_t days, uint32_t *to)
{
  const uint32_t *from = c->count + g * c->days * 2;
  memcpy(to, from, days * 2 * sizeof *to);
  for (size_t k = 1; k < c->chunks; k++) lb_pairs_add(to, from + k * table_size(c), days);
  lb_pair_totals total = lb_pairs_total(to, days);
  return (size_t)(total.first + total.second);
}

/* Of causes: the same, a code of the event e counted as kind map[e] of `kinds`. */
static size_t add_kinds(const counting *c, size_t g, const lb_surv_counts *into, const int32_t *map,
                        uint32_t *to)
{
  size_t kinds = lb_surv_kinds(into), cells = into->days * kinds;
  bool same = kinds == c->kinds;
  for (size_t e = 0; e < c->kinds; e++) same = same && map[e] == (int32_t)e;
  memset(to, 0, cells * sizeof *to);
  for (size_t k = 0; k < c->chunks; k++) {
    const uint32_t *from = c->count + k * table_size(c) + g * c->days * c->kinds;
    if (same) lb_counts_add(to, from, cells);
    for (size_t day = 0; !same && day < into->days; day++)
      for (size_t e = 0; e < c->kinds; e++) to[day * kinds + (size_t)map[e]] += *from++;
  }
  return (size_t)lb_counts_total(to, cells);
}

/* The days up to the last of all chunks, added up: `map` says which kind a code of the event is.
 * Groups without rows are left out; rows has how many each group has. Returns groups that stay. */
static size_t add_chunks(const counting *c, const lb_surv_counts *into, const int32_t *map,
                         uint32_t *out, size_t *rows)
{
  size_t kept = 0, cells = into->days * lb_surv_kinds(into);
  for (size_t g = 0; g < c->groups; g++) {
    uint32_t *to = out + kept * cells;
    rows[g] = c->causes ? add_kinds(c, g, into, map, to) : add_pairs(c, g, into->days, to);
    kept += rows[g] > 0;
  }
  return kept;
}

/* What the model says of its outcome. */
static void read_outcome(lb_model *m)
{
  const lb_surv_counts *k = &m->counts;
  size_t kinds = lb_surv_kinds(k);
  for (size_t c = 0; c < k->n_class; c++) {
    const uint32_t *count = k->count + c * k->days * kinds;
    for (size_t e = 0; e < kinds; e++) m->n_time_zero += count[e];
    if (kinds == 2) {
      size_t end = lb_pairs_end(count, k->days);
      m->n_event += (size_t)lb_pairs_total(count, end).second;
      if (end > 0 && (double)(end - 1) > m->time_max) m->time_max = (double)(end - 1);
      continue;
    }
    size_t cells = k->days * kinds;
    m->n_event +=
        (size_t)(lb_counts_total(count, cells) - lb_counts_total_first(count, k->days, kinds));
    while (cells > 0 && count[cells - 1] == 0) cells--;
    size_t last = cells == 0 ? 0 : (cells - 1) / kinds;
    if (cells > 0 && (double)last > m->time_max) m->time_max = (double)last;
  }
}

/* The kind of each code of the event, and the labels of causes. */
static lb_status map_kinds(lb_model_data *d, const counting *c, int32_t *map, lb_error *err)
{
  bool seen[LB_MOST_CAUSES] = {false};
  size_t unseen = c->kinds;
  for (size_t e = 0; e < c->kinds; e++) map[e] = (int32_t)e;
  if ((d->options->accepts & LB_ACCEPTS_CAUSES) == 0) return LB_OK;
  if (!c->causes) return lb_model_one_cause(d, err);
  for (size_t k = 0; k < c->chunks; k++) {
    const uint32_t *from = c->count + k * table_size(c);
    for (size_t i = 0; i < c->groups * c->days && unseen > 0; i++)
      for (size_t e = 0; e < c->kinds; e++, from++) {
        unseen -= *from > 0 && !seen[e];
        seen[e] |= *from > 0;
      }
  }
  return lb_model_map_causes(d, c->source[EVENT].slot, seen, c->kinds, map, err);
}

static lb_status note_missing(lb_model_data *d, const counting *c, lb_error *err)
{
  lb_model *m = d->model;
  lb_status st = LB_OK;
  m->n_rows = c->n;
  for (size_t k = 0; k < c->chunks; k++) m->n_missing += c->tally[k].incomplete;
  m->n_used = m->n_rows - m->n_missing;
  m->dropped = lb_mem_zero(N_SOURCE, sizeof *m->dropped);
  if (m->dropped == NULL) return lb_error_nomem(err, "model");
  for (size_t s = 0; s < N_SOURCE && st == LB_OK; s++) {
    size_t n = 0;
    for (size_t k = 0; k < c->chunks; k++) n += c->tally[k].missing[s];
    if (n > 0) st = lb_model_note_dropped(m, d->slot[c->source[s].slot].name, n, err);
  }
  return st;
}

static lb_status fill_model(lb_model_data *d, const counting *c, lb_error *err)
{
  lb_model *m = d->model;
  size_t rows[MOST_GROUPS], days = 0;
  for (size_t k = 0; k < c->chunks; k++)
    if (c->tally[k].last >= days) days = (size_t)c->tally[k].last + 1;
  int32_t map[LB_MOST_CAUSES];
  lb_status st = map_kinds(d, c, map, err);
  if (st != LB_OK) return st;
  m->counts.days = days;
  m->counts.n_cause = c->causes ? m->n_cause : 0;
  m->own_count = lb_mem_array(c->groups * days, lb_surv_kinds(&m->counts) * sizeof *m->own_count);
  if (m->own_count == NULL) return lb_error_nomem(err, "counts");
  m->counts.n_class = add_chunks(c, &m->counts, map, m->own_count, rows);
  m->counts.count = m->own_count;
  read_outcome(m);
  st = note_missing(d, c, err);
  m->counts.n = m->n_used;
  m->counts.n_missing = m->n_missing;
  const lb_counted groups = {c->source[GROUP].least, c->groups, rows};
  const source *group = &c->source[GROUP];
  if (st == LB_OK)
    st = lb_model_counted_classes(d, group->column == NULL ? NULL : &group->slot, &groups, err);
  m->suspect_cnsr = c->turn == 0 && strcasecmp(d->slot[c->source[EVENT].slot].name, "cnsr") == 0;
  return st == LB_OK ? lb_model_time_label(d, 0, err) : st;
}

/* ---- Does it fit? ---- */

static bool is_plain_formula(const lb_model_data *d)
{
  const lb_formula *f = &d->model->formula;
  bool surv = f->response == LB_RESPONSE_SURV || f->response == LB_RESPONSE_SURV_CNSR;
  return surv && f->n_response_part == 2 && f->n_variable <= 1 && f->n_strata == 0 &&
         f->n_cluster == 0 && f->n_offset == 0 && d->options->weights == NULL;
}

static bool take_sources(const lb_model_data *d, counting *c)
{
  const lb_formula *f = &d->model->formula;
  c->source[TIME].slot = d->response[0];
  c->source[EVENT].slot = d->response[1];
  if (f->n_variable == 1) c->source[GROUP].slot = d->variable[0];
  for (size_t k = 0; k < (f->n_variable == 1 ? N_SOURCE : GROUP); k++) {
    c->source[k].column = d->slot[c->source[k].slot].column;
    lb_type type = lb_column_type(c->source[k].column);
    bool number = type == LB_INTEGER || (type == LB_REAL && k != GROUP);
    bool level = type == LB_FACTOR && (k == GROUP || (k == EVENT && c->causes));
    if (!number && !(type == LB_LOGICAL && k != TIME) && !level) return false;
    size_t levels = level ? lb_column_level_count(c->source[k].column) : 2;
    if (k == EVENT && (levels < 2 || levels > LB_MOST_CAUSES)) return false;
  }
  return true;
}

/* Numbers that make too many groups are refused by those who can say so. */
static bool too_many_groups(const counting *c)
{
  size_t n = 0;
  if (!is_integer_group(c)) return false;
  for (size_t g = 0; g < c->groups; g++) {
    bool any = false;
    for (size_t k = 0; k < c->chunks && !any; k++) {
      const uint32_t *count = c->count + k * table_size(c) + g * c->days * c->kinds;
      for (size_t i = 0; i < c->days * c->kinds && !any; i++) any = count[i] > 0;
    }
    n += any;
  }
  return n > MOST_NUMBERS;
}

lb_status lb_model_counts(lb_model_data *d, bool *counted, lb_error *err)
{
  counting c = {.n = lb_frame_rows(d->frame), .chunks = 1};
  c.turn = d->model->formula.response == LB_RESPONSE_SURV_CNSR;
  c.causes = (d->options->accepts & LB_ACCEPTS_CAUSES) != 0 && c.turn == 0;
  bool fits = false;
  *counted = false;
  if (!is_plain_formula(d) || !take_sources(d, &c) || c.n == 0 || c.n > UINT32_MAX / 2)
    return LB_OK;
  if (c.n >= PARALLEL_ROWS) c.chunks = CHUNKS;
  lb_status st = count_somehow(&c, &fits, err);
  size_t incomplete = 0;
  for (size_t k = 0; k < c.chunks; k++) incomplete += c.tally[k].incomplete;
  if (st == LB_OK && fits && incomplete < c.n && !too_many_groups(&c)) {
    st = fill_model(d, &c, err);
    *counted = true;
  }
  lb_mem_free(c.count);
  return st;
}
