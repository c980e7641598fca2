/* factor.c - factors out of other columns, and their levels put in order or dropped. */
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/str.h"
#include "frame/builder.h"
#include "frame/column.h"
#include "frame/column_internal.h"

#define MAX_LISTED 10 /* levels that a message lists */
#define POLL_ROWS  (1u << 18)

/* The distinct values of a column and which of them each row holds. */
typedef struct distinct {
  const lb_column *column;
  lb_map *values;    /* keys: int64 of an integer column, else the text */
  int32_t *code;     /* row -> key; 0 where missing */
  int32_t *new_code; /* key -> level, or -1 */
  lb_column *levels;
} distinct;

static void distinct_reset(distinct *d)
{
  lb_map_free(d->values);
  lb_mem_free(d->code);
  lb_mem_free(d->new_code);
  lb_column_release(d->levels);
}

static bool copy_valid(const lb_column *column, uint8_t **out)
{
  const uint8_t *valid = lb_column_valid(column);
  *out = NULL;
  if (valid == NULL) return true;
  size_t bytes = lb_bitmap_bytes(lb_column_length(column));
  *out = lb_mem_alloc(bytes);
  if (*out == NULL) return false;
  memcpy(*out, valid, bytes);
  return true;
}

/* Puts every text of a text column in the map; a factor's levels go in at their codes. */
static bool put_texts(lb_map *map, const lb_column *texts)
{
  for (size_t i = 0; i < lb_column_length(texts); i++) {
    size_t length, index;
    bool is_new;
    const char *text = lb_column_text(texts, i, &length);
    if (!lb_map_put(map, text, length, &index, &is_new)) return false;
  }
  return true;
}

static bool put_row(distinct *d, size_t row)
{
  size_t index = 0, length;
  bool is_new, put;
  if (lb_column_type(d->column) == LB_INTEGER) {
    put =
        lb_map_put(d->values, &lb_column_integer(d->column)[row], sizeof(int64_t), &index, &is_new);
  } else {
    const char *text = lb_column_text(d->column, row, &length);
    put = lb_map_put(d->values, text, length, &index, &is_new);
  }
  d->code[row] = (int32_t)index;
  return put && index < INT32_MAX;
}

static bool known_values(distinct *d)
{
  size_t index;
  bool is_new;
  if (lb_column_type(d->column) == LB_FACTOR)
    return put_texts(d->values, lb_column_levels(d->column));
  if (lb_column_type(d->column) == LB_LOGICAL)
    return lb_map_put(d->values, "false", 5, &index, &is_new) &&
           lb_map_put(d->values, "true", 4, &index, &is_new);
  return true;
}

static lb_status distinct_find(distinct *d, lb_error *err)
{
  const lb_column *column = d->column;
  size_t n = lb_column_length(column);
  d->values = lb_map_new();
  d->code = lb_mem_zero(n, sizeof *d->code);
  if (d->values == NULL || d->code == NULL || !known_values(d))
    return lb_error_nomem(err, "factor");
  for (size_t i = 0; i < n; i++) {
    if (i % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    if (!lb_is_valid(lb_column_valid(column), i)) continue;
    if (lb_column_type(column) == LB_FACTOR)
      d->code[i] = lb_column_codes(column)[i];
    else if (lb_column_type(column) == LB_LOGICAL)
      d->code[i] = lb_bit_get(lb_column_logical(column), i);
    else if (!put_row(d, i))
      return lb_error_nomem(err, "factor");
  }
  d->new_code = lb_mem_array(lb_map_size(d->values), sizeof *d->new_code);
  return d->new_code == NULL ? lb_error_nomem(err, "factor") : LB_OK;
}

/* Text of key k. An integer is written into `buffer`, at least LB_REAL_TEXT long. */
static const char *key_text(const distinct *d, size_t k, char *buffer, size_t *length)
{
  const char *key = lb_map_key(d->values, k, length);
  if (lb_column_type(d->column) != LB_INTEGER) return key;
  int64_t value;
  memcpy(&value, key, sizeof value);
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  char *end = buffer + LB_REAL_TEXT, *at = end;
  do {
    *--at = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (value < 0) *--at = '-';
  *length = (size_t)(end - at);
  return at;
}

typedef struct sort_key {
  const char *text;
  size_t length;
  int64_t number;
  size_t index;
} sort_key;

static int compare_text(const void *a, const void *b)
{
  const sort_key *x = a, *y = b;
  size_t common = x->length < y->length ? x->length : y->length;
  int c = common == 0 ? 0 : memcmp(x->text, y->text, common);
  if (c != 0) return c;
  return (x->length > y->length) - (x->length < y->length);
}

static int compare_number(const void *a, const void *b)
{
  const sort_key *x = a, *y = b;
  return (x->number > y->number) - (x->number < y->number);
}

/* The keys in order; logical and factor already stand in theirs. */
static sort_key *sorted_keys(const distinct *d)
{
  size_t n = lb_map_size(d->values);
  lb_type type = lb_column_type(d->column);
  sort_key *keys = lb_mem_zero(n, sizeof *keys);
  if (keys == NULL) return NULL;
  for (size_t k = 0; k < n; k++) {
    keys[k].text = lb_map_key(d->values, k, &keys[k].length);
    keys[k].index = k;
    if (type == LB_INTEGER) memcpy(&keys[k].number, keys[k].text, sizeof keys[k].number);
  }
  if (type == LB_INTEGER) qsort(keys, n, sizeof *keys, compare_number);
  if (type == LB_TEXT) qsort(keys, n, sizeof *keys, compare_text);
  return keys;
}

/* Levels are the distinct values themselves. */
static lb_status levels_from_values(distinct *d, lb_error *err)
{
  lb_text_builder b = {0};
  char buffer[LB_REAL_TEXT];
  sort_key *keys = sorted_keys(d);
  if (keys == NULL) return lb_error_nomem(err, "levels");
  for (size_t k = 0; k < lb_map_size(d->values); k++) {
    size_t length;
    const char *text = key_text(d, keys[k].index, buffer, &length);
    lb_text_builder_add(&b, text, length);
    d->new_code[keys[k].index] = (int32_t)k;
  }
  lb_mem_free(keys);
  return lb_text_builder_finish(&b, &d->levels, err);
}

/* "A, B, C, ... (4 more)" */
static void list_names(lb_str *s, const char *const *names, size_t n)
{
  for (size_t i = 0; i < n && i < MAX_LISTED; i++) {
    if (i > 0) lb_str_puts(s, ", ");
    lb_str_puts(s, names[i]);
  }
  if (n > MAX_LISTED) lb_str_addf(s, ", ... (%zu more)", n - MAX_LISTED);
}

/* Says how many values fit no level, never which: a cell's text may tell who the patient is. */
static lb_status check_all_are_levels(const distinct *d, const char *const *levels, size_t n_levels,
                                      lb_error *err)
{
  size_t n_keys = lb_map_size(d->values), n_values = 0, n_rows = 0;
  const uint8_t *valid = lb_column_valid(d->column);
  bool *counted = lb_mem_zero(n_keys, sizeof *counted);
  if (counted == NULL) return lb_error_nomem(err, "levels");
  for (size_t i = 0; i < lb_column_length(d->column); i++) {
    if (!lb_is_valid(valid, i) || d->new_code[d->code[i]] >= 0) continue;
    n_rows++;
    if (!counted[d->code[i]]) n_values++;
    counted[d->code[i]] = true;
  }
  lb_mem_free(counted);
  if (n_values == 0) return LB_OK;
  lb_str list = {0};
  list_names(&list, levels, n_levels);
  lb_error_set(err, LB_ENAME, "%zu %s not among the levels given (%s)", n_values,
               n_values == 1 ? "value is" : "values are", list.length > 0 ? list.data : "none");
  lb_error_mend(err, "In %zu %s. Name every level, or set these values to NA first.", n_rows,
                n_rows == 1 ? "row" : "rows");
  lb_str_reset(&list);
  return LB_ENAME;
}

/* Level texts -> their index; LB_EARG when one is given twice. */
static lb_status map_names(const char *const *names, size_t n, lb_map **out, lb_error *err)
{
  lb_map *map = lb_map_new();
  lb_status st = map == NULL ? lb_error_nomem(err, "levels") : LB_OK;
  for (size_t i = 0; i < n && st == LB_OK; i++) {
    size_t index;
    bool is_new;
    if (!lb_map_put(map, names[i], strlen(names[i]), &index, &is_new))
      st = lb_error_nomem(err, "levels");
    else if (!is_new)
      st = lb_error_set(err, LB_EARG, "level '%s' is given twice", names[i]);
  }
  if (st == LB_OK)
    *out = map;
  else
    lb_map_free(map);
  return st;
}

static lb_status levels_from_names(distinct *d, const char *const *levels, size_t n_levels,
                                   lb_error *err)
{
  lb_map *map = NULL;
  char buffer[LB_REAL_TEXT];
  lb_status st = map_names(levels, n_levels, &map, err);
  if (st != LB_OK) return st;
  for (size_t k = 0; k < lb_map_size(d->values); k++) {
    size_t length, index;
    const char *text = key_text(d, k, buffer, &length);
    d->new_code[k] = lb_map_find(map, text, length, &index) ? (int32_t)index : -1;
  }
  lb_map_free(map);
  st = check_all_are_levels(d, levels, n_levels, err);
  if (st == LB_OK) st = lb_column_from_texts(levels, n_levels, &d->levels, err);
  return st;
}

/* A factor with the rows, label and unit of `column`, row i holding level new_code[code[i]]. */
static lb_status recoded(const lb_column *column, const int32_t *code, const int32_t *new_code,
                         const lb_column *levels, bool ordered, lb_column **out, lb_error *err)
{
  size_t n = lb_column_length(column);
  uint8_t *valid = NULL;
  lb_column *made = NULL;
  int32_t *codes = lb_mem_array(n, sizeof *codes);
  if (codes == NULL || !copy_valid(column, &valid)) {
    lb_mem_free(codes);
    return lb_error_nomem(err, "factor");
  }
  for (size_t i = 0; i < n; i++) codes[i] = lb_is_valid(valid, i) ? new_code[code[i]] : 0;
  lb_status st = lb_column_new_factor_trusted(n, codes, levels, ordered, valid, &made, err);
  if (st == LB_OK) st = lb_column_label_like(made, column, out, err);
  return st;
}

lb_status lb_column_to_factor(const lb_column *column, const char *const *levels, size_t n_levels,
                              bool ordered, lb_column **out, lb_error *err)
{
  lb_type type = lb_column_type(column);
  if (type != LB_TEXT && type != LB_INTEGER && type != LB_LOGICAL && type != LB_FACTOR)
    return lb_error_set(err, LB_ETYPE,
                        "a factor is made of text, integer, logical or factor, not of %s",
                        lb_type_name(type));
  distinct d = {.column = column};
  lb_status st = distinct_find(&d, err);
  if (st != LB_OK || d.new_code == NULL) goto done;
  st = levels == NULL ? levels_from_values(&d, err) : levels_from_names(&d, levels, n_levels, err);
  if (st != LB_OK) goto done;
  st = recoded(column, d.code, d.new_code, d.levels, ordered, out, err);
done:
  distinct_reset(&d);
  return st;
}

/* The levels of a factor with the places they get; both maps hold one entry a level. */
typedef struct reorder {
  lb_map *level;     /* text -> old code */
  int32_t *new_code; /* old code -> new, -1 while unplaced */
  int32_t *old_code; /* new code -> old */
  size_t n;          /* levels placed */
} reorder;

static void reorder_reset(reorder *r)
{
  lb_map_free(r->level);
  lb_mem_free(r->new_code);
  lb_mem_free(r->old_code);
}

static lb_status reorder_init(reorder *r, const lb_column *column, lb_error *err)
{
  size_t n = lb_column_level_count(column);
  r->level = lb_map_new();
  r->new_code = lb_mem_array(n, sizeof *r->new_code);
  r->old_code = lb_mem_array(n, sizeof *r->old_code);
  if (r->level == NULL || r->new_code == NULL || r->old_code == NULL ||
      !put_texts(r->level, lb_column_levels(column)))
    return lb_error_nomem(err, "levels");
  for (size_t i = 0; i < n; i++) r->new_code[i] = -1;
  return LB_OK;
}

static void place(reorder *r, size_t old_code)
{
  r->new_code[old_code] = (int32_t)r->n;
  r->old_code[r->n++] = (int32_t)old_code;
}

static lb_status unknown_level(const reorder *r, const char *name, lb_error *err)
{
  size_t n = lb_map_size(r->level), length;
  const char **names = lb_mem_array(n, sizeof *names);
  if (names == NULL) return lb_error_nomem(err, "levels");
  for (size_t i = 0; i < n; i++) names[i] = lb_map_key(r->level, i, &length);
  lb_status st = lb_name_unknown(err, "level", "Levels", name, names, n);
  lb_mem_free(names);
  return st;
}

/* Level column in the order of r->old_code. */
static lb_status placed_levels(const reorder *r, lb_column **out, lb_error *err)
{
  lb_text_builder b = {0};
  for (size_t i = 0; i < r->n; i++) {
    size_t length;
    const char *text = lb_map_key(r->level, (size_t)r->old_code[i], &length);
    lb_text_builder_add(&b, text, length);
  }
  return lb_text_builder_finish(&b, out, err);
}

static lb_status not_a_factor(const lb_column *column, lb_error *err)
{
  return lb_error_set(err, LB_ETYPE, "levels belong to a factor, this column is %s",
                      lb_type_name(lb_column_type(column)));
}

static lb_status reordered(const reorder *r, const lb_column *column, lb_column **out,
                           lb_error *err)
{
  lb_column *levels = NULL;
  lb_status st = placed_levels(r, &levels, err);
  if (st != LB_OK) return st;
  st = recoded(column, lb_column_codes(column), r->new_code, levels, lb_column_ordered(column), out,
               err);
  lb_column_release(levels);
  return st;
}

lb_status lb_column_relevel(const lb_column *column, const char *const *first, size_t n,
                            lb_column **out, lb_error *err)
{
  if (lb_column_type(column) != LB_FACTOR) return not_a_factor(column, err);
  reorder r = {0};
  lb_status st = reorder_init(&r, column, err);
  if (st != LB_OK) goto done;
  for (size_t i = 0; i < n; i++) {
    size_t old_code;
    if (!lb_map_find(r.level, first[i], strlen(first[i]), &old_code)) {
      st = unknown_level(&r, first[i], err);
      goto done;
    }
    if (r.new_code[old_code] >= 0) {
      st = lb_error_set(err, LB_EARG, "level '%s' is given twice", first[i]);
      goto done;
    }
    place(&r, old_code);
  }
  for (size_t i = 0; i < lb_column_level_count(column); i++)
    if (r.new_code[i] < 0) place(&r, i);
  st = reordered(&r, column, out, err);
done:
  reorder_reset(&r);
  return st;
}

lb_status lb_column_drop_levels(const lb_column *column, lb_column **out, lb_error *err)
{
  if (lb_column_type(column) != LB_FACTOR) return not_a_factor(column, err);
  const int32_t *codes = lb_column_codes(column);
  size_t n_levels = lb_column_level_count(column);
  reorder r = {0};
  lb_status st = LB_OK;
  bool *used = lb_mem_zero(n_levels, sizeof *used);
  if (used == NULL) return lb_error_nomem(err, "levels");
  for (size_t i = 0; i < lb_column_length(column); i++)
    if (lb_is_valid(lb_column_valid(column), i)) used[codes[i]] = true;
  if (memchr(used, 0, n_levels) == NULL) {
    *out = lb_column_share(column);
    goto done;
  }
  st = reorder_init(&r, column, err);
  if (st != LB_OK) goto done;
  for (size_t i = 0; i < n_levels; i++)
    if (used[i]) place(&r, i);
  st = reordered(&r, column, out, err);
done:
  reorder_reset(&r);
  lb_mem_free(used);
  return st;
}
