/* keys.c - codes that the rows of two frames share: cells to words of 128 bits, words to codes by a
 * hash table that is probed in batches. */
#include "frame/keys.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "frame/keys_dense.h"

#define KEY_MISSING LB_KEY_MISSING
#define BATCH       64u /* slots asked for before the first is looked at */
#define POLL_ROWS   65536u
#define SHORT_TEXT  15u /* bytes that fit a word beside their length */
#define FIRST_SLOTS 1024u
#define TWO_TO_63   9223372036854775808.0 /* integers lie below it */

/* A cell: whole, so that words are equal exactly when cells are. */
typedef struct word {
  uint64_t low, high;
} word;

typedef struct slot {
  word key;
  lb_row code; /* LB_NO_ROW: free */
} slot;

typedef struct table {
  slot *slots;
  size_t n_slots, n; /* a power of two; at most half are taken */
  lb_map *long_texts;
} table;

static void table_reset(table *t)
{
  lb_mem_free(t->slots);
  lb_map_free(t->long_texts);
}

static size_t slot_of(const table *t, word key)
{
  uint64_t h = (key.low ^ (key.high << 29 | key.high >> 35)) * UINT64_C(0x9E3779B97F4A7C15);
  h = (h ^ h >> 32) * UINT64_C(0xD6E8FEB86659FD93);
  return (size_t)(h ^ h >> 32) & (t->n_slots - 1);
}

/* The slot that holds the key, or the free one where it belongs. */
static slot *find_slot(const table *t, word key)
{
  size_t i = slot_of(t, key);
  while (t->slots[i].code != LB_NO_ROW &&
         (t->slots[i].key.low != key.low || t->slots[i].key.high != key.high))
    i = (i + 1) & (t->n_slots - 1);
  return &t->slots[i];
}

static bool table_grow(table *t, size_t n_slots)
{
  table grown = {.n_slots = n_slots};
  grown.slots = lb_mem_array(n_slots, sizeof *grown.slots);
  if (grown.slots == NULL) return false;
  for (size_t i = 0; i < n_slots; i++) grown.slots[i].code = LB_NO_ROW;
  for (size_t i = 0; i < t->n_slots; i++)
    if (t->slots[i].code != LB_NO_ROW) *find_slot(&grown, t->slots[i].key) = t->slots[i];
  lb_mem_free(t->slots);
  t->slots = grown.slots;
  t->n_slots = n_slots;
  return true;
}

/* Codes of a batch of words; unknown ones get the next code when `add`, else LB_NO_ROW. Rows marked
 * KEY_MISSING or LB_NO_ROW in code[] are passed over. */
static bool code_batch(table *t, const word *words, size_t n, bool add, lb_row *code)
{
  if (add && t->n + n > t->n_slots / 2 && !table_grow(t, t->n_slots * 4)) return false;
  for (size_t i = 0; i < n; i++)
    if (code[i] == 0) __builtin_prefetch(&t->slots[slot_of(t, words[i])]);
  for (size_t i = 0; i < n; i++) {
    if (code[i] != 0) continue;
    slot *s = find_slot(t, words[i]);
    if (s->code == LB_NO_ROW && add) *s = (slot){words[i], (lb_row)t->n++};
    code[i] = s->code;
  }
  return true;
}

/* ---- cells to words ---- */

static uint64_t load(const char *bytes, size_t length)
{
  uint64_t value = 0;
  memcpy(&value, bytes, length);
  return value;
}

/* Bytes of a short text, zeros, and its length in the last byte. Overlapping loads of fixed size: a
 * copy of variable length costs as much as the look-up. */
static word short_word(const char *text, size_t n)
{
  word w = {0, 0};
  if (n >= 8) {
    w.low = load(text, 8);
    if (n > 8) w.high = load(text + n - 8, 8) >> 8 * (16 - n);
  } else if (n >= 4) {
    w.low = load(text, 4) | load(text + n - 4, 4) << 8 * (n - 4);
  } else {
    for (size_t i = 0; i < n; i++) w.low |= (uint64_t)(unsigned char)text[i] << 8 * i;
  }
  w.high |= (uint64_t)n << 56;
  return w;
}

/* LB_NO_ROW as *code: a long text that the other side has not. */
static bool text_word(table *t, const char *text, size_t length, bool add, word *out, lb_row *code)
{
  if (length <= SHORT_TEXT) {
    *out = short_word(text, length);
    return true;
  }
  size_t index = 0;
  bool is_new;
  if (add && !lb_map_put(t->long_texts, text, length, &index, &is_new)) return false;
  if (!add && !lb_map_find(t->long_texts, text, length, &index)) *code = LB_NO_ROW;
  *out = (word){index, UINT64_MAX}; /* no short text has that length */
  return true;
}

/* Whole numbers are equal whatever their type; other doubles are their bits. */
static word real_word(double value)
{
  word w = {0, 1};
  if (value >= -TWO_TO_63 && value < TWO_TO_63 && value == floor(value))
    return (word){(uint64_t)(int64_t)value, 0};
  memcpy(&w.low, &value, sizeof w.low);
  return w;
}

/* A column on its way to codes. */
typedef struct key_side {
  const lb_column *column;
  word *level;        /* factor: the word of each level */
  lb_row *level_code; /* factor: LB_NO_ROW for a level that the other side has not, else 0 */
  bool add;
} key_side;

static void side_reset(key_side *side)
{
  lb_mem_free(side->level);
  lb_mem_free(side->level_code);
}

static bool side_init(key_side *side, table *t, const lb_column *column, bool add)
{
  size_t n = lb_column_level_count(column), length;
  *side = (key_side){.column = column, .add = add};
  if (lb_column_type(column) != LB_FACTOR) return true;
  side->level = lb_mem_array(n, sizeof *side->level);
  side->level_code = lb_mem_zero(n, sizeof *side->level_code);
  if (side->level == NULL || side->level_code == NULL) return false;
  for (size_t i = 0; i < n; i++) {
    const char *text = lb_column_text(lb_column_levels(column), i, &length);
    if (!text_word(t, text, length, add, &side->level[i], &side->level_code[i])) return false;
  }
  return true;
}

static bool cell_word(const key_side *side, table *t, size_t row, word *out, lb_row *code)
{
  const lb_column *column = side->column;
  size_t length;
  if (!lb_is_valid(lb_column_valid(column), row)) {
    *code = KEY_MISSING;
    return true;
  }
  switch (lb_column_type(column)) {
  case LB_TEXT: {
    const char *text = lb_column_text(column, row, &length);
    return text_word(t, text, length, side->add, out, code);
  }
  case LB_REAL:
    *out = real_word(lb_column_real(column)[row]);
    if (isnan(lb_column_real(column)[row])) *code = KEY_MISSING;
    break;
  case LB_LOGICAL:
    *out = (word){lb_bit_get(lb_column_logical(column), row), 0};
    break;
  case LB_DATE:
    *out = (word){(uint64_t)lb_column_days(column)[row], 0};
    break;
  default:
    *out = (word){(uint64_t)lb_column_integer(column)[row], 0};
  }
  return true;
}

/* A factor asks the table once a level. Levels that no row has may take a code. */
static lb_status code_factor(table *t, const key_side *side, lb_row *code, lb_error *err)
{
  size_t n = lb_column_length(side->column), n_levels = lb_column_level_count(side->column);
  const uint8_t *valid = lb_column_valid(side->column);
  const int32_t *level = lb_column_codes(side->column);
  assert(side->level != NULL && side->level_code != NULL);
  for (size_t start = 0; start < n_levels; start += BATCH) {
    size_t here = n_levels - start < BATCH ? n_levels - start : BATCH;
    if (!code_batch(t, side->level + start, here, side->add, side->level_code + start))
      return lb_error_nomem(err, "join keys");
  }
  for (size_t i = 0; i < n; i++) {
    code[i] = lb_is_valid(valid, i) ? side->level_code[level[i]] : KEY_MISSING;
    if (i % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

/* Codes of one column; `code` is written whole. */
static lb_status code_side(table *t, const key_side *side, lb_row *code, lb_error *err)
{
  size_t n = lb_column_length(side->column);
  word words[BATCH];
  if (lb_column_type(side->column) == LB_FACTOR) return code_factor(t, side, code, err);
  for (size_t start = 0; start < n; start += BATCH) {
    size_t here = n - start < BATCH ? n - start : BATCH;
    for (size_t i = 0; i < here; i++) {
      code[start + i] = 0;
      if (!cell_word(side, t, start + i, &words[i], &code[start + i]))
        return lb_error_nomem(err, "join keys");
    }
    if (!code_batch(t, words, here, side->add, code + start))
      return lb_error_nomem(err, "join keys");
    if (start % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

/* Codes so far and those of one more column -> codes of both, into `code`. */
static lb_status combine_side(table *t, const lb_row *one, size_t n, bool add, lb_row *code,
                              lb_error *err)
{
  word words[BATCH];
  for (size_t start = 0; start < n; start += BATCH) {
    size_t here = n - start < BATCH ? n - start : BATCH;
    for (size_t i = 0; i < here; i++) {
      lb_row a = code[start + i], b = one[start + i];
      words[i] = (word){a, b};
      code[start + i] = 0;
      if (a == KEY_MISSING || b == KEY_MISSING)
        code[start + i] = KEY_MISSING;
      else if (a == LB_NO_ROW || b == LB_NO_ROW)
        code[start + i] = LB_NO_ROW;
    }
    if (!code_batch(t, words, here, add, code + start)) return lb_error_nomem(err, "join keys");
    if (start % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

/* ---- the match ---- */

/* The frame that is hashed and the one that is looked up. */
typedef struct matcher {
  const lb_frame *frame[2]; /* hashed first */
  const size_t *columns[2];
  lb_row *code[2], *one[2];
  size_t n_codes;
  lb_error *err;
} matcher;

static bool is_number(lb_type type)
{
  return type == LB_REAL || type == LB_INTEGER;
}

static bool is_text(lb_type type)
{
  return type == LB_TEXT || type == LB_FACTOR;
}

static lb_status check_types(const lb_key_pair *pair, size_t k, lb_error *err)
{
  size_t l = pair->left_columns[k], r = pair->right_columns[k];
  lb_type a = lb_column_type(lb_frame_column_source(pair->left, l));
  lb_type b = lb_column_type(lb_frame_column_source(pair->right, r));
  if (a == b || (is_number(a) && is_number(b)) || (is_text(a) && is_text(b))) return LB_OK;
  lb_error_set(err, LB_ETYPE, "key '%s' is %s on the left, '%s' is %s on the right",
               lb_frame_name(pair->left, l), lb_type_name(a), lb_frame_name(pair->right, r),
               lb_type_name(b));
  return lb_error_mend(err, "Give both the same type first, with :mutate or with `types` when "
                            "reading.");
}

static bool table_init(table *t)
{
  *t = (table){.long_texts = lb_map_new()};
  return t->long_texts != NULL && table_grow(t, FIRST_SLOTS);
}

/* Column k of both frames into codes. */
static lb_status match_column(const matcher *m, size_t k, lb_row *const code[2], size_t *n_codes)
{
  const lb_column *column[2];
  bool done = false;
  lb_status st = lb_frame_column(m->frame[0], m->columns[0][k], &column[0], m->err);
  if (st == LB_OK) st = lb_frame_column(m->frame[1], m->columns[1][k], &column[1], m->err);
  if (st == LB_OK) st = lb_keys_dense(column, code, n_codes, &done, m->err);
  if (st != LB_OK || done) return st;
  table t;
  st = table_init(&t) ? LB_OK : lb_error_nomem(m->err, "join keys");
  for (size_t i = 0; i < 2 && st == LB_OK; i++) {
    key_side side = {0};
    if (!side_init(&side, &t, column[i], i == 0)) st = lb_error_nomem(m->err, "join keys");
    if (st == LB_OK) st = code_side(&t, &side, code[i], m->err);
    side_reset(&side);
  }
  *n_codes = t.n;
  table_reset(&t);
  return st;
}

static lb_status add_column(matcher *m, size_t k)
{
  size_t n_one;
  lb_status st = match_column(m, k, m->one, &n_one);
  if (st != LB_OK) return st;
  table t;
  st = table_init(&t) ? LB_OK : lb_error_nomem(m->err, "join keys");
  for (size_t i = 0; i < 2 && st == LB_OK; i++)
    st = combine_side(&t, m->one[i], lb_frame_rows(m->frame[i]), i == 0, m->code[i], m->err);
  m->n_codes = t.n;
  table_reset(&t);
  return st;
}

static lb_status match_all(matcher *m, size_t n)
{
  for (size_t i = 0; i < 2; i++) {
    m->code[i] = lb_mem_zero(lb_frame_rows(m->frame[i]), sizeof(lb_row));
    if (n > 1) m->one[i] = lb_mem_array(lb_frame_rows(m->frame[i]), sizeof(lb_row));
    if (m->code[i] == NULL || (n > 1 && m->one[i] == NULL))
      return lb_error_nomem(m->err, "join keys");
  }
  m->n_codes = 1;
  lb_status st = n == 0 ? LB_OK : match_column(m, 0, m->code, &m->n_codes);
  for (size_t k = 1; k < n && st == LB_OK; k++) st = add_column(m, k);
  return st;
}

/* Missing keys become no code; returns how many. */
static size_t count_missing(lb_row *code, size_t n)
{
  size_t missing = 0;
  for (size_t i = 0; i < n; i++) {
    if (code[i] != KEY_MISSING) continue;
    code[i] = LB_NO_ROW;
    missing++;
  }
  return missing;
}

lb_status lb_keys_match(const lb_key_pair *pair, lb_key_codes *out, lb_error *err)
{
  bool swap = lb_frame_rows(pair->right) < lb_frame_rows(pair->left);
  size_t left = swap ? 1 : 0, right = 1 - left;
  matcher m = {.err = err};
  m.frame[left] = pair->left;
  m.frame[right] = pair->right;
  m.columns[left] = pair->left_columns;
  m.columns[right] = pair->right_columns;
  lb_status st = LB_OK;
  for (size_t k = 0; k < pair->n && st == LB_OK; k++) st = check_types(pair, k, err);
  if (st == LB_OK) st = match_all(&m, pair->n);
  lb_mem_free(m.one[0]);
  lb_mem_free(m.one[1]);
  if (st != LB_OK) {
    lb_mem_free(m.code[0]);
    lb_mem_free(m.code[1]);
    return st;
  }
  *out = (lb_key_codes){.n_left = lb_frame_rows(pair->left),
                        .n_right = lb_frame_rows(pair->right),
                        .n_codes = m.n_codes,
                        .left = m.code[left],
                        .right = m.code[right]};
  out->n_left_missing = count_missing(out->left, out->n_left);
  out->n_right_missing = count_missing(out->right, out->n_right);
  return LB_OK;
}

void lb_key_codes_reset(lb_key_codes *codes)
{
  lb_mem_free(codes->left);
  lb_mem_free(codes->right);
  *codes = (lb_key_codes){0};
}

/* ---- rows by code ---- */

lb_status lb_key_index_make(const lb_row *code, size_t n, size_t n_codes, lb_key_index *out,
                            lb_error *err)
{
  size_t *start = lb_mem_zero(n_codes + 2, sizeof *start);
  lb_row *row = lb_mem_array(n, sizeof *row);
  if (start == NULL || row == NULL) {
    lb_mem_free(start);
    lb_mem_free(row);
    return lb_error_nomem(err, "rows by key");
  }
  /* Counted two places up: the walk that places the rows leaves each start where it belongs. */
  for (size_t i = 0; i < n; i++)
    if (code[i] != LB_NO_ROW) start[code[i] + 2]++;
  for (size_t c = 2; c < n_codes + 2; c++) start[c] += start[c - 1];
  for (size_t i = 0; i < n; i++)
    if (code[i] != LB_NO_ROW) row[start[code[i] + 1]++] = (lb_row)i;
  *out = (lb_key_index){start, row};
  return LB_OK;
}

void lb_key_index_reset(lb_key_index *index)
{
  lb_mem_free(index->start);
  lb_mem_free(index->row);
  *index = (lb_key_index){0};
}
