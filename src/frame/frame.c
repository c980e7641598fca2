/* frame.c - frames: named columns that share what did not change, and filters as lists of rows. */
#include "frame/frame.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/parallel.h"
#include "frame/gather_kernel.h"
#include "frame/gather_records.h"
#include "frame/name_list.h"
#include "frame/row_list.h"

#define MAX_ROWS        ((size_t)UINT32_MAX) /* the highest row number is LB_NO_ROW less one */
#define GATHER_PARALLEL 100000u              /* rows from which columns are gathered in parallel */

typedef struct slot {
  lb_column *source;
  lb_row_list *rows;   /* which rows of source; NULL = all, as they are */
  lb_column *gathered; /* cache; NULL until asked for, and always when rows is NULL */
} slot;

struct lb_frame {
  atomic_size_t references;
  size_t n_rows, n_columns, capacity;
  slot *slots;
  lb_name_list *names;
  lb_row_list *origin; /* rows of the table as it was read; NULL = all, as they are */
  char *source;
};

/* ---- life ---- */

static void slot_retain(slot *s)
{
  lb_column_retain(s->source);
  lb_row_list_retain(s->rows);
  if (s->gathered != NULL) lb_column_retain(s->gathered);
}

static void slot_release(slot *s)
{
  lb_column_release(s->source);
  lb_row_list_release(s->rows);
  lb_column_release(s->gathered);
}

/* A frame with room for `capacity` columns and no names yet. */
static lb_frame *frame_alloc(size_t n_rows, size_t capacity, const char *source)
{
  lb_frame *frame = lb_mem_zero(1, sizeof *frame);
  if (frame == NULL) return NULL;
  atomic_init(&frame->references, 1);
  frame->n_rows = n_rows;
  frame->capacity = capacity;
  frame->slots = lb_mem_array(capacity, sizeof *frame->slots);
  if (source != NULL) frame->source = lb_mem_text(source, strlen(source));
  if (frame->slots != NULL && (source == NULL || frame->source != NULL)) return frame;
  lb_frame_release(frame);
  return NULL;
}

lb_status lb_frame_new(size_t n_rows, const char *source, lb_frame **out, lb_error *err)
{
  if (n_rows > MAX_ROWS)
    return lb_error_set(err, LB_EDATA, "%zu rows; a frame holds at most %zu", n_rows, MAX_ROWS);
  lb_frame *frame = frame_alloc(n_rows, 0, source);
  if (frame == NULL) return lb_error_nomem(err, "frame");
  frame->names = lb_name_list_new();
  if (frame->names == NULL) {
    lb_frame_release(frame);
    return lb_error_nomem(err, "frame");
  }
  *out = frame;
  return LB_OK;
}

lb_frame *lb_frame_retain(lb_frame *frame)
{
  atomic_fetch_add_explicit(&frame->references, 1, memory_order_relaxed);
  return frame;
}

void lb_frame_release(lb_frame *frame)
{
  if (frame == NULL) return;
  if (atomic_fetch_sub_explicit(&frame->references, 1, memory_order_acq_rel) != 1) return;
  for (size_t i = 0; i < frame->n_columns; i++) slot_release(&frame->slots[i]);
  lb_mem_free(frame->slots);
  lb_name_list_release(frame->names);
  lb_row_list_release(frame->origin);
  lb_mem_free(frame->source);
  lb_mem_free(frame);
}

/* ---- building ---- */

static lb_status check_length(const lb_frame *frame, const char *name, const lb_column *column,
                              lb_error *err)
{
  size_t n = lb_column_length(column);
  if (n == frame->n_rows) return LB_OK;
  return lb_error_set(err, LB_EARG, "column '%s' has %zu rows, the frame has %zu", name, n,
                      frame->n_rows);
}

static bool slots_reserve(lb_frame *frame)
{
  if (frame->n_columns < frame->capacity) return true;
  size_t capacity = frame->capacity == 0 ? 8 : frame->capacity * 2;
  slot *slots = lb_mem_resize(frame->slots, capacity, sizeof *slots);
  if (slots == NULL) return false;
  frame->slots = slots;
  frame->capacity = capacity;
  return true;
}

lb_status lb_frame_add(lb_frame *frame, const char *name, lb_column *column, lb_error *err)
{
  assert(atomic_load(&frame->references) == 1);
  lb_status st = check_length(frame, name, column, err);
  if (st != LB_OK) return st;
  if (!slots_reserve(frame)) return lb_error_nomem(err, "frame");
  st = lb_name_list_add(frame->names, name, err);
  if (st != LB_OK) return st;
  frame->slots[frame->n_columns++] = (slot){.source = lb_column_retain(column)};
  return LB_OK;
}

/* ---- looking ---- */

size_t lb_frame_rows(const lb_frame *frame)
{
  return frame->n_rows;
}

size_t lb_frame_columns(const lb_frame *frame)
{
  return frame->n_columns;
}

const char *lb_frame_name(const lb_frame *frame, size_t i)
{
  assert(i < frame->n_columns);
  return lb_name_list_names(frame->names)[i];
}

const char *const *lb_frame_names(const lb_frame *frame)
{
  return lb_name_list_names(frame->names);
}

bool lb_frame_find(const lb_frame *frame, const char *name, size_t length, size_t *i)
{
  return lb_name_list_find(frame->names, name, length, i);
}

lb_status lb_frame_index(const lb_frame *frame, const char *name, size_t length, size_t *i,
                         lb_error *err)
{
  if (lb_frame_find(frame, name, length, i)) return LB_OK;
  char *whole = lb_mem_text(name, length);
  if (whole == NULL) return lb_error_nomem(err, "column name");
  lb_status st = lb_name_unknown(err, "column", "Columns", whole, lb_frame_names(frame),
                                 lb_frame_columns(frame));
  lb_mem_free(whole);
  return st;
}

const char *lb_frame_source(const lb_frame *frame)
{
  return frame->source;
}

size_t lb_frame_source_row(const lb_frame *frame, size_t row)
{
  assert(row < frame->n_rows);
  if (frame->origin == NULL) return row;
  lb_row found = lb_row_list_rows(frame->origin)[row];
  return found == LB_NO_ROW ? SIZE_MAX : found;
}

const lb_column *lb_frame_column_source(const lb_frame *frame, size_t i)
{
  assert(i < frame->n_columns);
  return frame->slots[i].source;
}

lb_status lb_frame_column(const lb_frame *frame, size_t i, const lb_column **out, lb_error *err)
{
  assert(i < frame->n_columns);
  slot *s = &frame->slots[i]; /* the cache is no part of what the frame is: const holds */
  if (s->rows == NULL) {
    *out = s->source;
    return LB_OK;
  }
  if (s->gathered == NULL) {
    lb_status st =
        lb_column_gather(s->source, lb_row_list_rows(s->rows), frame->n_rows, &s->gathered, err);
    if (st != LB_OK) return st;
  }
  *out = s->gathered;
  return LB_OK;
}

size_t lb_frame_bytes(const lb_frame *frame)
{
  size_t total = sizeof *frame + frame->capacity * sizeof(slot);
  if (frame->origin != NULL) total += lb_row_list_bytes(frame->origin);
  const lb_row_list *last = frame->origin;
  for (size_t i = 0; i < frame->n_columns; i++) {
    const slot *s = &frame->slots[i];
    /* Columns that share a list stand together, but for those that `with` replaced. */
    if (s->rows != NULL && s->rows != last && s->rows != frame->origin)
      total += lb_row_list_bytes(s->rows);
    last = s->rows;
    if (s->gathered != NULL) total += lb_column_bytes(s->gathered);
  }
  return total;
}

/* ---- new frames ---- */

/* Another frame with the same rows, all columns and room for one more. Its names are still to be
 * set. */
static lb_frame *frame_copy(const lb_frame *frame)
{
  lb_frame *made = frame_alloc(frame->n_rows, frame->n_columns + 1, frame->source);
  if (made == NULL) return NULL;
  made->origin = lb_row_list_retain(frame->origin);
  for (size_t i = 0; i < frame->n_columns; i++) {
    made->slots[i] = frame->slots[i];
    slot_retain(&made->slots[i]);
  }
  made->n_columns = frame->n_columns;
  return made;
}

/* Names of `frame`, the one at `changed` put as `name`; changed == n_columns appends it. */
static lb_status names_with(const lb_frame *frame, size_t changed, const char *name,
                            lb_name_list **out, lb_error *err)
{
  const char *const *names = lb_frame_names(frame);
  size_t n = frame->n_columns;
  bool appends = changed == n;
  lb_name_list *list =
      appends ? lb_name_list_copy(frame->names, strlen(name) + 1) : lb_name_list_new();
  lb_status st = list == NULL ? lb_error_nomem(err, "column names") : LB_OK;
  if (st == LB_OK && appends) st = lb_name_list_add(list, name, err);
  for (size_t i = 0; i < n && st == LB_OK && !appends; i++)
    st = lb_name_list_add(list, i == changed ? name : names[i], err);
  if (st == LB_OK)
    *out = list;
  else
    lb_name_list_release(list);
  return st;
}

lb_status lb_frame_with(const lb_frame *frame, const char *name, lb_column *column, lb_frame **out,
                        lb_error *err)
{
  size_t i = frame->n_columns;
  lb_status st = check_length(frame, name, column, err);
  if (st != LB_OK) return st;
  bool replaces = lb_frame_find(frame, name, strlen(name), &i);
  lb_frame *made = frame_copy(frame);
  if (made == NULL) return lb_error_nomem(err, "frame");
  if (replaces)
    made->names = lb_name_list_retain(frame->names);
  else
    st = names_with(frame, i, name, &made->names, err);
  if (st != LB_OK) {
    lb_frame_release(made);
    return st;
  }
  if (replaces)
    slot_release(&made->slots[i]);
  else
    made->n_columns++;
  made->slots[i] = (slot){.source = lb_column_retain(column)};
  *out = made;
  return LB_OK;
}

lb_status lb_frame_rename(const lb_frame *frame, size_t column, const char *name, lb_frame **out,
                          lb_error *err)
{
  if (column >= frame->n_columns)
    return lb_error_set(err, LB_EARG, "column %zu of %zu", column + 1, frame->n_columns);
  size_t other;
  if (lb_frame_find(frame, name, strlen(name), &other) && other != column)
    return lb_error_set(err, LB_EARG, "there is already a column '%s'", name);
  lb_frame *made = frame_copy(frame);
  if (made == NULL) return lb_error_nomem(err, "frame");
  lb_status st = names_with(frame, column, name, &made->names, err);
  if (st != LB_OK) {
    lb_frame_release(made);
    return st;
  }
  *out = made;
  return LB_OK;
}

lb_status lb_frame_select(const lb_frame *frame, const size_t *columns, size_t n, lb_frame **out,
                          lb_error *err)
{
  for (size_t i = 0; i < n; i++)
    if (columns[i] >= frame->n_columns)
      return lb_error_set(err, LB_EARG, "column %zu of %zu", columns[i] + 1, frame->n_columns);
  lb_frame *made = frame_alloc(frame->n_rows, n, frame->source);
  if (made == NULL) return lb_error_nomem(err, "frame");
  made->names = lb_name_list_new();
  lb_status st = made->names == NULL ? lb_error_nomem(err, "column names") : LB_OK;
  for (size_t i = 0; i < n && st == LB_OK; i++) {
    st = lb_name_list_add(made->names, lb_frame_name(frame, columns[i]), err);
    if (st != LB_OK) break;
    made->slots[i] = frame->slots[columns[i]];
    slot_retain(&made->slots[i]);
    made->n_columns++;
  }
  if (st != LB_OK) {
    lb_frame_release(made);
    return st;
  }
  made->origin = lb_row_list_retain(frame->origin);
  *out = made;
  return LB_OK;
}

/* ---- rows taken ---- */

/* Row lists of a frame already composed with the rows taken; entries own a reference. */
typedef struct composed {
  const lb_row_list *from; /* NULL = all rows */
  lb_row_list *to;
} composed;

typedef struct take_job {
  const lb_row *rows;
  size_t n;
  composed *done;
  size_t n_done, capacity;
} take_job;

static void take_reset(take_job *job)
{
  for (size_t i = 0; i < job->n_done; i++) lb_row_list_release(job->done[i].to);
  lb_mem_free(job->done);
}

/* The composed list for `from`, made when first asked for; a new reference. NULL: no memory. */
static lb_row_list *composed_list(take_job *job, const lb_row_list *from)
{
  for (size_t i = job->n_done; i-- > 0;)
    if (job->done[i].from == from) return lb_row_list_retain(job->done[i].to);
  if (job->n_done == job->capacity) {
    size_t capacity = job->capacity == 0 ? 4 : job->capacity * 2;
    composed *done = lb_mem_resize(job->done, capacity, sizeof *done);
    if (done == NULL) return NULL;
    job->done = done;
    job->capacity = capacity;
  }
  lb_row_list *to = lb_row_list_compose(from, job->rows, job->n);
  if (to == NULL) return NULL;
  job->done[job->n_done++] = (composed){from, to};
  return lb_row_list_retain(to);
}

/* *same: all rows in their order, so that nothing need be taken. */
static lb_status check_taken(const lb_frame *frame, const lb_row *rows, size_t n, bool *same,
                             lb_error *err)
{
  if (n > MAX_ROWS)
    return lb_error_set(err, LB_EDATA, "%zu rows; a frame holds at most %zu", n, MAX_ROWS);
  lb_rows_look look = lb_rows_check(rows, n, frame->n_rows);
  for (size_t i = 0; look.outside && i < n; i++)
    if (rows[i] >= frame->n_rows && rows[i] != LB_NO_ROW)
      return lb_error_set(err, LB_EARG, "row %zu of a frame with %zu rows", (size_t)rows[i] + 1,
                          frame->n_rows);
  *same = look.in_place && n == frame->n_rows;
  return LB_OK;
}

static bool take_slots(lb_frame *made, const lb_frame *frame, take_job *job)
{
  made->origin = composed_list(job, frame->origin);
  if (made->origin == NULL) return false;
  for (size_t i = 0; i < frame->n_columns; i++) {
    lb_row_list *rows = composed_list(job, frame->slots[i].rows);
    if (rows == NULL) return false;
    made->slots[i] = (slot){.source = lb_column_retain(frame->slots[i].source), .rows = rows};
    made->n_columns++;
  }
  return true;
}

lb_status lb_frame_take(const lb_frame *frame, const lb_row *rows, size_t n, lb_frame **out,
                        lb_error *err)
{
  bool same = false;
  lb_status st = check_taken(frame, rows, n, &same, err);
  if (st != LB_OK) return st;
  lb_frame *made = same ? frame_copy(frame) : frame_alloc(n, frame->n_columns, frame->source);
  if (made == NULL) return lb_error_nomem(err, "frame");
  made->names = lb_name_list_retain(frame->names);
  if (!same) {
    take_job job = {.rows = rows, .n = n};
    bool taken = take_slots(made, frame, &job);
    take_reset(&job);
    if (!taken) {
      lb_frame_release(made);
      return lb_error_nomem(err, "rows of a frame");
    }
  }
  *out = made;
  return LB_OK;
}

/* ---- frames side by side, and columns gathered together ---- */

lb_status lb_frame_bind(const lb_frame *frame, const lb_frame *beside, const char *const *names,
                        lb_frame **out, lb_error *err)
{
  if (beside->n_rows != frame->n_rows)
    return lb_error_set(err, LB_EARG, "frames of %zu and %zu rows", frame->n_rows, beside->n_rows);
  size_t n = frame->n_columns, total = n + beside->n_columns;
  lb_frame *made = frame_alloc(frame->n_rows, total, frame->source);
  if (made == NULL) return lb_error_nomem(err, "frame");
  made->names = lb_name_list_new();
  made->origin = lb_row_list_retain(frame->origin);
  lb_status st = made->names == NULL ? lb_error_nomem(err, "column names") : LB_OK;
  for (size_t i = 0; i < total && st == LB_OK; i++) {
    st = lb_name_list_add(made->names, i < n ? lb_frame_name(frame, i) : names[i - n], err);
    if (st != LB_OK) break;
    made->slots[i] = i < n ? frame->slots[i] : beside->slots[i - n];
    slot_retain(&made->slots[i]);
    made->n_columns++;
  }
  if (st == LB_OK)
    *out = made;
  else
    lb_frame_release(made);
  return st;
}

typedef struct gather_all {
  const lb_frame *frame;
  lb_status *status;
} gather_all;

static void gather_one(void *context, size_t i)
{
  const gather_all *job = context;
  const lb_column *column;
  job->status[i] = lb_frame_column(job->frame, i, &column, NULL);
}

/* Columns from `first` on that share its list of rows and fit a record, still to be gathered: their
 * slots; *next is the first that has another list. */
static size_t record_columns(const lb_frame *frame, size_t first, size_t *slots, size_t *next)
{
  const lb_row_list *rows = frame->slots[first].rows;
  size_t n = 0, i = first;
  for (; i < frame->n_columns && frame->slots[i].rows == rows; i++) {
    const slot *s = &frame->slots[i];
    if (rows != NULL && s->gathered == NULL && lb_fits_record(s->source)) slots[n++] = i;
  }
  *next = i;
  return n;
}

/* Gathers together what rows in no order would fetch column by column. Where a list has LB_NO_ROW,
 * or too little memory is left for records, the columns are left to be gathered one by one. */
static lb_status gather_records(const lb_frame *frame, lb_error *err)
{
  size_t *slots = lb_mem_array(frame->n_columns, sizeof *slots);
  const lb_column **columns = lb_mem_array(frame->n_columns, sizeof *columns);
  lb_column **made = lb_mem_array(frame->n_columns, sizeof *made);
  lb_status st = LB_OK;
  if (slots == NULL || columns == NULL || made == NULL) st = lb_error_nomem(err, "columns");
  for (size_t first = 0, next; first < frame->n_columns && st == LB_OK; first = next) {
    size_t n = record_columns(frame, first, slots, &next);
    if (n == 0) continue;
    const lb_row *rows = lb_row_list_rows(frame->slots[first].rows);
    for (size_t k = 0; k < n; k++) columns[k] = frame->slots[slots[k]].source;
    if (!lb_records_pay(n, lb_column_length(columns[0]), rows, frame->n_rows)) continue;
    lb_status one = lb_gather_records(columns, n, rows, frame->n_rows, made, NULL);
    if (one == LB_EINTR) st = lb_error_interrupted(err);
    for (size_t k = 0; k < n && one == LB_OK; k++) frame->slots[slots[k]].gathered = made[k];
  }
  lb_mem_free(slots);
  lb_mem_free(columns);
  lb_mem_free(made);
  return st;
}

lb_status lb_frame_gather(const lb_frame *frame, lb_error *err)
{
  size_t n = frame->n_columns;
  if (frame->n_rows >= GATHER_PARALLEL) {
    lb_status st = gather_records(frame, err);
    if (st != LB_OK) return st;
  }
  gather_all job = {frame, lb_mem_zero(n, sizeof(lb_status))};
  if (job.status == NULL) return lb_error_nomem(err, "gathered columns");
  bool whole = lb_parallel(n, frame->n_rows >= GATHER_PARALLEL, gather_one, &job);
  lb_status st = whole ? LB_OK : lb_error_interrupted(err);
  for (size_t i = 0; i < n && st == LB_OK; i++)
    if (job.status[i] == LB_ENOMEM) st = lb_error_nomem(err, "gathered columns");
  lb_mem_free(job.status);
  return st;
}

static lb_row row_at(const lb_row_list *list, size_t k)
{
  return list == NULL ? (lb_row)k : lb_row_list_rows(list)[k];
}

lb_status lb_frame_common_rows(const lb_frame *a, size_t i, const lb_frame *b, size_t j, size_t *n,
                               lb_error *err)
{
  assert(i < a->n_columns && j < b->n_columns);
  const slot *x = &a->slots[i], *y = &b->slots[j];
  bool repeated = false;
  size_t common = 0;
  if (x->source != y->source) {
    *n = LB_NO_COMMON;
    return LB_OK;
  }
  uint8_t *seen = lb_bitmap_new(lb_column_length(x->source), false);
  if (seen == NULL) return lb_error_nomem(err, "rows");
  for (size_t k = 0; k < a->n_rows; k++) {
    lb_row row = row_at(x->rows, k);
    if (row == LB_NO_ROW) continue;
    repeated = repeated || lb_bit_get(seen, row);
    lb_bit_set(seen, row);
  }
  for (size_t k = 0; k < b->n_rows; k++) {
    lb_row row = row_at(y->rows, k);
    common += row != LB_NO_ROW && lb_bit_get(seen, row);
  }
  lb_mem_free(seen);
  *n = repeated ? LB_NO_COMMON : common;
  return LB_OK;
}
