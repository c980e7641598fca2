/* gather_records.c - columns laid out as records of one cache line, records fetched in the order of
 * the rows, columns made of them again. */
#include "frame/gather_records.h"

#include <assert.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/clones.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "frame/column_internal.h"
#include "frame/gather_far.h"

#define RECORD    64u         /* bytes: a cache line */
#define ROOM      60u         /* for values; the rest says which are present */
#define FIELDS    (ROOM / 4u) /* at most */
#define TILE      128u        /* rows at a time, in the first cache; a multiple of 64 */
#define BLOCK     65536u      /* rows of a task; a multiple of TILE */
#define FEW       4u          /* columns for which the detour costs more */
#define MANY_ROWS 100000u     /* fewer lie in a near cache anyway */
#define AHEAD     24u         /* records asked for before their turn */

typedef struct field {
  const lb_column *column; /* borrowed */
  const uint8_t *source;   /* values */
  const uint8_t *valid;    /* of the column; NULL: all present */
  size_t width, offset;    /* bytes */
  uint8_t *values;         /* made */
  uint8_t *made_valid;     /* made where the column has one */
} field;

typedef struct job {
  size_t n_fields, used, length, n;
  field fields[FIELDS];
  const lb_row *rows;
  uint8_t *records; /* aligned to a line */
} job;

bool lb_fits_record(const lb_column *column)
{
  lb_type type = lb_column_type(column);
  return type != LB_TEXT && type != LB_LOGICAL;
}

bool lb_records_pay(size_t n_columns, size_t length, const lb_row *rows, size_t n)
{
  return n_columns >= FEW && n >= MANY_ROWS && n >= length / 2 && lb_rows_are_far(rows, n);
}

/* ---- columns to records ---- */

static void pack_4(const uint8_t *source, size_t n, uint8_t *to)
{
  for (size_t i = 0; i < n; i++) memcpy(to + i * RECORD, source + i * 4, 4);
}

static void pack_8(const uint8_t *source, size_t n, uint8_t *to)
{
  for (size_t i = 0; i < n; i++) memcpy(to + i * RECORD, source + i * 8, 8);
}

/* Which fields of each row are present, as bits in the record's last bytes. */
LB_CLONES
static void pack_valid(const job *j, size_t start, size_t n, uint8_t *tile)
{
  uint32_t present[TILE] = {0};
  for (size_t f = 0; f < j->n_fields; f++) {
    const uint8_t *valid = j->fields[f].valid;
    for (size_t i = 0; i < n && valid != NULL; i += 64) {
      uint64_t word = 0;
      memcpy(&word, valid + (start + i) / 8, n - i < 64 ? lb_bitmap_bytes(n - i) : 8);
      for (size_t k = 0; k < 64; k++) present[i + k] |= (uint32_t)(word >> k & 1) << f;
    }
  }
  for (size_t i = 0; i < n; i++) memcpy(tile + i * RECORD + ROOM, &present[i], 4);
}

static void pack_block(void *context, size_t block)
{
  const job *j = context;
  size_t end = j->length - block * BLOCK < BLOCK ? j->length : (block + 1) * BLOCK;
  for (size_t start = block * BLOCK; start < end; start += TILE) {
    size_t n = end - start < TILE ? end - start : TILE;
    uint8_t *tile = j->records + start * RECORD;
    for (size_t f = 0; f < j->n_fields; f++) {
      const field *from = &j->fields[f];
      void (*pack)(const uint8_t *, size_t, uint8_t *) = from->width == 8 ? pack_8 : pack_4;
      pack(from->source + start * from->width, n, tile + from->offset);
    }
    pack_valid(j, start, n, tile);
  }
}

/* ---- records to columns ---- */

static void fetch(const job *j, size_t start, size_t n, uint8_t *tile)
{
  for (size_t i = 0; i < n; i++) {
    if (start + i + AHEAD < j->n)
      __builtin_prefetch(j->records + (size_t)j->rows[start + i + AHEAD] * RECORD);
    memcpy(tile + i * RECORD, j->records + (size_t)j->rows[start + i] * RECORD, RECORD);
  }
}

/* The rows of a tile that have a field, from the present bits of its records. */
LB_CLONES
static void unpack_valid(const uint32_t *present, size_t f, size_t start, size_t n, uint8_t *valid)
{
  for (size_t i = 0; i < n; i += 64) {
    uint64_t word = 0;
    for (size_t k = 0; k < 64; k++) word |= (uint64_t)(present[i + k] >> f & 1) << k;
    memcpy(valid + (start + i) / 8, &word, n - i < 64 ? lb_bitmap_bytes(n - i) : 8);
  }
}

static void unpack_block(void *context, size_t block)
{
  const job *j = context;
  uint8_t tile[TILE * RECORD];
  uint32_t present[TILE] = {0}; /* stays zero past the last row */
  size_t end = j->n - block * BLOCK < BLOCK ? j->n : (block + 1) * BLOCK;
  for (size_t start = block * BLOCK; start < end; start += TILE) {
    size_t n = end - start < TILE ? end - start : TILE;
    fetch(j, start, n, tile);
    if (n < TILE) memset(present, 0, sizeof present);
    for (size_t i = 0; i < n; i++) memcpy(&present[i], tile + i * RECORD + ROOM, 4);
    for (size_t f = 0; f < j->n_fields; f++) {
      const field *to = &j->fields[f];
      const uint8_t *from = tile + to->offset;
      uint8_t *values = to->values + start * to->width;
      if (to->width == 8)
        for (size_t i = 0; i < n; i++) memcpy(values + i * 8, from + i * RECORD, 8);
      else
        for (size_t i = 0; i < n; i++) memcpy(values + i * 4, from + i * RECORD, 4);
      if (to->made_valid != NULL) unpack_valid(present, f, start, n, to->made_valid);
    }
  }
}

/* ---- a record's columns ---- */

static field field_of(const lb_column *column)
{
  field f = {.column = column, .valid = lb_column_valid(column), .width = 8};
  switch (lb_column_type(column)) {
  case LB_FACTOR:
    f.source = (const uint8_t *)lb_column_codes(column);
    f.width = 4;
    break;
  case LB_DATE:
    f.source = (const uint8_t *)lb_column_days(column);
    f.width = 4;
    break;
  case LB_REAL:
    f.source = (const uint8_t *)lb_column_real(column);
    break;
  default:
    f.source = (const uint8_t *)lb_column_integer(column);
  }
  return f;
}

/* false: the record is full. */
static bool add_field(job *j, const lb_column *column)
{
  field f = field_of(column);
  if (j->used + f.width > ROOM) return false;
  f.offset = j->used;
  j->used += f.width;
  j->fields[j->n_fields++] = f;
  return true;
}

static lb_status make_columns(job *j, lb_column **out, lb_error *err)
{
  lb_status st = LB_OK;
  for (size_t f = 0; f < j->n_fields && st == LB_OK; f++) {
    field *from = &j->fields[f];
    const lb_column *model = from->column;
    lb_column *made = NULL;
    if (lb_column_type(model) == LB_FACTOR)
      st = lb_column_new_factor_trusted(j->n, (int32_t *)(void *)from->values,
                                        lb_column_levels(model), lb_column_ordered(model),
                                        from->made_valid, &made, err);
    else
      st = lb_column_new(lb_column_type(model), j->n, from->values, from->made_valid, &made, err);
    from->values = from->made_valid = NULL; /* taken on every path */
    if (st == LB_OK) st = lb_column_label_like(made, model, &out[f], err);
  }
  return st;
}

static bool fields_alloc(job *j)
{
  bool all = true;
  for (size_t f = 0; f < j->n_fields; f++) {
    field *made = &j->fields[f];
    made->values = lb_mem_array(j->n, made->width);
    if (made->valid != NULL) made->made_valid = lb_bitmap_new(j->n, false);
    all = all && made->values != NULL && (made->valid == NULL || made->made_valid != NULL);
  }
  return all;
}

static lb_status run(job *j, uint8_t *memory, lb_column **out, lb_error *err)
{
  lb_status st = LB_OK;
  j->records = memory + (RECORD - (uintptr_t)memory % RECORD) % RECORD;
  if (!fields_alloc(j)) st = lb_error_nomem(err, "gathered columns");
  if (st == LB_OK && (!lb_parallel((j->length + BLOCK - 1) / BLOCK, true, pack_block, j) ||
                      !lb_parallel((j->n + BLOCK - 1) / BLOCK, true, unpack_block, j)))
    st = lb_error_interrupted(err);
  if (st == LB_OK) st = make_columns(j, out, err);
  for (size_t f = 0; f < j->n_fields; f++) {
    lb_mem_free(j->fields[f].values);
    lb_mem_free(j->fields[f].made_valid);
  }
  return st;
}

static lb_status check_rows(const lb_row *rows, size_t n, size_t length, lb_error *err)
{
  lb_row highest = 0;
  for (size_t i = 0; i < n; i++) highest = rows[i] > highest ? rows[i] : highest;
  if (n == 0 || highest < length) return LB_OK;
  return lb_error_set(err, LB_EARG, "row %zu of columns with %zu rows", (size_t)highest + 1,
                      length);
}

lb_status lb_gather_records(const lb_column *const *columns, size_t n_columns, const lb_row *rows,
                            size_t n, lb_column **out, lb_error *err)
{
  if (n_columns == 0) return LB_OK;
  size_t length = lb_column_length(columns[0]);
  lb_status st = check_rows(rows, n, length, err);
  if (st != LB_OK) return st;
  lb_column **made = lb_mem_zero(n_columns, sizeof(lb_column *));
  uint8_t *memory = length > SIZE_MAX / RECORD - 1 ? NULL : lb_mem_array(length + 1, RECORD);
  if (made == NULL || memory == NULL) st = lb_error_nomem(err, "gathered columns");
  for (size_t done = 0; done < n_columns && st == LB_OK;) {
    job j = {.length = length, .n = n, .rows = rows};
    size_t first = done;
    while (done < n_columns && add_field(&j, columns[done])) done++;
    st = run(&j, memory, made + first, err);
  }
  for (size_t k = 0; k < n_columns && made != NULL; k++) {
    if (st == LB_OK)
      out[k] = made[k];
    else
      lb_column_release(made[k]);
  }
  lb_mem_free(made);
  lb_mem_free(memory);
  return st;
}
