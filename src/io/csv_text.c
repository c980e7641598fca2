/* csv_text.c - texts and factors of a csv file put together from what the chunks noted. */
#include <string.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "frame/builder.h"
#include "io/csv_frame.h"

/* A bitmap that says nothing is not kept. */
static uint8_t *take_valid(lb_csv_column *c, size_t n)
{
  uint8_t *valid = c->valid;
  c->valid = NULL;
  if (lb_bitmap_count(valid, n) < n) return valid;
  lb_mem_free(valid);
  return NULL;
}

/* ---- Texts ---- */

typedef struct joining {
  const lb_csv_layout *layout;
  lb_csv_column *column;
  size_t first;       /* chunk whose texts are not the column's yet */
  const size_t *base; /* where the texts of it and of those behind it begin */
} joining;

static void join_chunk(void *context, size_t k)
{
  const joining *work = context;
  lb_csv_part_join(work->layout, work->column, work->first + k, work->base[k]);
}

/* When the sample promised too little, what did not fit is moved with the rest to a block that
 * holds all. */
static lb_status join_rest(const lb_csv_layout *t, lb_csv_column *c, lb_error *err)
{
  size_t n = t->n_chunks - c->n_joined, total = c->n_bytes;
  size_t *base = lb_mem_array(n, sizeof *base);
  if (base == NULL) return lb_error_nomem(err, "text");
  for (size_t k = 0; k < n; k++) {
    base[k] = total;
    total += c->part[c->n_joined + k].n_bytes;
  }
  lb_status st = LB_OK;
  char *bytes = lb_mem_resize(c->bytes, total, 1);
  joining work = {t, c, c->n_joined, base};
  if (bytes != NULL) c->bytes = bytes;
  if (bytes == NULL)
    st = lb_error_nomem(err, "text");
  else if (!lb_parallel(n, true, join_chunk, &work))
    st = lb_error_interrupted(err);
  lb_mem_free(base);
  return st;
}

lb_status lb_csv_text_column(lb_csv_reading *r, lb_csv_column *c, lb_column **out, lb_error *err)
{
  const lb_csv_layout *t = &r->layout;
  lb_status st = c->n_joined < t->n_chunks ? join_rest(t, c, err) : LB_OK;
  if (st != LB_OK) return st;
  c->offsets[0] = 0;
  int64_t *offsets = c->offsets;
  char *bytes = c->bytes;
  c->offsets = NULL;
  c->bytes = NULL;
  return lb_column_new_text(t->n_rows, offsets, bytes, take_valid(c, t->n_rows), out, err);
}

/* ---- Factors ---- */

lb_map *lb_csv_distinct(const lb_csv_reading *r, const lb_csv_column *c)
{
  lb_map *map = lb_map_new();
  bool ok = map != NULL;
  for (size_t k = 0; ok && k < r->layout.n_chunks; k++) {
    const lb_csv_levels *levels = c->part[k].levels;
    for (size_t i = 0; ok && levels != NULL && i < levels->n; i++)
      ok = lb_map_put(map, levels->level[i].text, levels->level[i].length, NULL, NULL);
  }
  if (ok) return map;
  lb_map_free(map);
  return NULL;
}

/* The distinct texts as a column: integers when all of them are and none is a quoted NA word. */
static lb_status distinct_column(const lb_map *distinct, bool integers, lb_column **out,
                                 lb_error *err)
{
  size_t n = lb_map_size(distinct), length;
  if (!integers) {
    lb_text_builder b = {0};
    for (size_t i = 0; i < n; i++) {
      const char *text = lb_map_key(distinct, i, &length);
      lb_text_builder_add(&b, text, length);
    }
    return lb_text_builder_finish(&b, out, err);
  }
  int64_t *value = lb_mem_array(n, sizeof *value);
  if (value == NULL) return lb_error_nomem(err, "levels");
  for (size_t i = 0; i < n; i++) {
    const char *text = lb_map_key(distinct, i, &length);
    lb_parse_integer(text, length, &value[i]);
  }
  return lb_column_new(LB_INTEGER, n, value, NULL, out, err);
}

typedef struct coding {
  const lb_csv_reading *reading;
  lb_csv_column *column;
  const lb_map *distinct;
  const int32_t *code; /* of a distinct text */
} coding;

/* Codes among the levels of the chunk become codes among the levels of the column. */
static void code_chunk(void *context, size_t k)
{
  const coding *work = context;
  const lb_csv_layout *t = &work->reading->layout;
  const lb_csv_levels *levels = work->column->part[k].levels;
  int32_t map[LB_CSV_LEVELS] = {0}, *codes = work->column->codes;
  size_t end = k + 1 < t->n_chunks ? t->chunk[k + 1].first_row : t->n_rows;
  for (size_t i = 0; levels != NULL && i < levels->n; i++) {
    size_t index = 0;
    lb_map_find(work->distinct, levels->level[i].text, levels->level[i].length, &index);
    map[i] = work->code[index];
  }
  for (size_t row = t->chunk[k].first_row; row < end; row++) codes[row] = map[codes[row]];
}

lb_status lb_csv_factor_column(lb_csv_reading *r, lb_csv_column *c, lb_column **out, lb_error *err)
{
  size_t n_present = 0, n_integers = 0, n_quoted = 0;
  lb_column *values = NULL, *levels = NULL;
  for (size_t k = 0; k < r->layout.n_chunks; k++) {
    n_present += c->part[k].n_present;
    n_integers += c->part[k].n[LB_CELL_INTEGER];
    n_quoted += c->part[k].n_quoted_na;
  }
  bool integers = n_present > 0 && n_integers == n_present && n_quoted == 0;
  lb_map *distinct = lb_csv_distinct(r, c);
  lb_status st = distinct == NULL ? lb_error_nomem(err, "levels")
                                  : distinct_column(distinct, integers, &values, err);
  if (st == LB_OK) st = lb_column_to_factor(values, NULL, 0, false, &levels, err);
  if (st != LB_OK) goto done;
  coding work = {r, c, distinct, lb_column_codes(levels)};
  if (!lb_parallel(r->layout.n_chunks, true, code_chunk, &work)) {
    st = lb_error_interrupted(err);
    goto done;
  }
  int32_t *codes = c->codes;
  c->codes = NULL;
  st = lb_column_new_factor(r->layout.n_rows, codes, (lb_column *)lb_column_levels(levels), false,
                            take_valid(c, r->layout.n_rows), out, err);
done:
  lb_map_free(distinct);
  lb_column_release(values);
  lb_column_release(levels);
  return st;
}
