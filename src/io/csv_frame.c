/* csv_frame.c - passes over the rows: types are guessed on a sample, all columns read by the guess,
 * and a column read again where the guess failed. */
#include "io/csv_frame.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "io/csv_settle.h"

#define BATCH_FIELDS  ((size_t)1 << 14) /* field ends that stay in the nearest cache */
#define BATCH_ROWS    128               /* their text too */
#define FEWEST_ROWS   8
#define SAMPLE_CHUNKS 8
#define SAMPLE_ROWS   64

static size_t batch_rows(const lb_csv_reading *r)
{
  size_t n = BATCH_FIELDS / r->layout.n_columns;
  return n < FEWEST_ROWS ? FEWEST_ROWS : n > BATCH_ROWS ? BATCH_ROWS : n;
}

/* ---- A pass ---- */

typedef struct passing {
  lb_csv_reading *reading;
  lb_csv_side *side; /* or NULL */
  bool beside;       /* its work is still to do */
  bool *unread;      /* by index in the file: columns that only need a look at their quotes */
  int status;        /* of any chunk that failed */
} passing;

static bool take_batch(const passing *work, size_t chunk, const lb_csv_batch *b)
{
  lb_csv_reading *r = work->reading;
  bool ok = true;
  for (size_t i = 0; ok && i < r->n_columns; i++)
    ok = lb_csv_column_take(r, &r->column[i], chunk, b);
  for (size_t i = 0; work->unread != NULL && i < b->n_columns; i++)
    if (work->unread[i] && !__atomic_load_n(&r->found_freely, __ATOMIC_RELAXED))
      lb_csv_column_look(r, i, b);
  return ok;
}

static void read_chunk(passing *work, size_t chunk)
{
  lb_csv_reading *r = work->reading;
  lb_csv_walk walk;
  lb_csv_batch batch;
  lb_status st = lb_csv_walk_begin(&r->layout, chunk, batch_rows(r), &walk);
  if (st != LB_OK) {
    __atomic_store_n(&work->status, (int)st, __ATOMIC_RELAXED);
    return;
  }
  while (st == LB_OK && !__atomic_load_n(&r->astray, __ATOMIC_RELAXED)) {
    if (!lb_csv_walk_next(&walk, &batch)) {
      __atomic_store_n(&r->astray, true, __ATOMIC_RELAXED);
      break;
    }
    if (batch.n_rows == 0) break;
    if (!take_batch(work, chunk, &batch)) st = LB_ENOMEM;
  }
  if (st != LB_OK) __atomic_store_n(&work->status, (int)st, __ATOMIC_RELAXED);
  for (size_t i = 0; st == LB_OK && i < r->n_columns; i++)
    lb_csv_part_close(r, &r->column[i], chunk);
  lb_csv_walk_reset(&walk);
  const lb_csv_chunk *c = &r->layout.chunk[chunk];
  if (work->side != NULL)
    work->side->rest(work->side->context, r->layout.text + c->start, c->end - c->start);
  lb_progress_step(c->end - c->start);
}

/* Block 0 is the side job, if there is one. */
static void run_block(void *context, size_t block)
{
  passing *work = context;
  if (!work->beside)
    read_chunk(work, block);
  else if (block == 0)
    work->side->run(work->side->context);
  else
    read_chunk(work, block - 1);
}

static bool find_unread(const lb_csv_reading *r, bool **unread)
{
  if (r->freely || r->options->columns == NULL) return true;
  *unread = lb_mem_zero(r->layout.n_columns, sizeof **unread);
  if (*unread == NULL) return false;
  for (size_t i = 0; i < r->layout.n_columns; i++) (*unread)[i] = true;
  for (size_t i = 0; i < r->n_columns; i++) (*unread)[r->column[i].index] = false;
  return true;
}

lb_status lb_csv_pass(lb_csv_reading *r, lb_csv_side *side, lb_error *err)
{
  bool beside = side != NULL && !side->done;
  passing work = {r, side, beside, NULL, LB_OK};
  size_t n = r->layout.n_chunks + beside;
  if (!find_unread(r, &work.unread)) return lb_error_nomem(err, "csv columns");
  lb_progress_begin("reading csv", r->layout.length);
  bool all = lb_parallel(n, r->layout.n_chunks > 1, run_block, &work);
  lb_progress_end();
  lb_mem_free(work.unread);
  if (!all) return lb_error_interrupted(err);
  if (beside) side->done = true;
  if (work.status == LB_ENOMEM) return lb_error_nomem(err, "csv rows");
  if (work.status != LB_OK)
    return lb_error_set(err, (lb_status)work.status, "a row of 4 GB or more cannot be read");
  return LB_OK;
}

/* ---- The guess ---- */

static void forget(lb_csv_reading *r)
{
  for (size_t i = 0; i < r->n_columns; i++) {
    r->column[i].many = false;
    for (size_t k = 0; k < r->layout.n_chunks; k++) lb_csv_part_reset(&r->column[i].part[k]);
  }
}

/* Kinds and distinct texts of some rows from several places. */
static lb_status sample(lb_csv_reading *r, lb_error *err)
{
  size_t n = r->layout.n_chunks, step = n <= SAMPLE_CHUNKS ? 1 : n / SAMPLE_CHUNKS;
  passing work = {r, NULL, false, NULL, LB_OK};
  for (size_t i = 0; i < r->n_columns; i++) r->column[i].mode = LB_CSV_SAMPLE;
  for (size_t k = 0; k < n && !r->astray; k += step) {
    lb_csv_walk walk;
    lb_csv_batch batch;
    lb_status st = lb_csv_walk_begin(&r->layout, k, SAMPLE_ROWS, &walk);
    if (st == LB_EDATA) continue; /* the pass will say so */
    if (st != LB_OK) return lb_error_nomem(err, "csv rows");
    if (!lb_csv_walk_next(&walk, &batch))
      r->astray = true;
    else if (!take_batch(&work, k, &batch))
      st = LB_ENOMEM;
    lb_csv_walk_reset(&walk);
    if (st != LB_OK) return lb_error_nomem(err, "csv rows");
  }
  return LB_OK;
}

/* Samples again when the sample itself shows that quotes say nothing. */
static lb_status guess_types(lb_csv_reading *r, lb_error *err)
{
  lb_status st = sample(r, err);
  if (st == LB_OK && r->found_freely && !r->freely) {
    r->freely = true;
    forget(r);
    st = sample(r, err);
  }
  for (size_t i = 0; i < r->n_columns && st == LB_OK; i++)
    if (!lb_csv_guess(r, &r->column[i])) st = lb_error_nomem(err, "distinct values");
  return st;
}

/* ---- The frame ---- */

/* Only the first pass sees a cell that is quoted without need for the first time: what was then
 * taken for a quoted NA word is read again as missing. */
static void read_again(lb_csv_reading *r)
{
  r->freely = true;
  for (size_t i = 0; i < r->n_columns; i++) {
    lb_csv_column *c = &r->column[i];
    lb_csv_census census = lb_csv_count(r, c);
    if (census.n_quoted_na == 0) continue;
    lb_csv_restart(r, c);
    c->restarted = true;
  }
}

static bool settled(const lb_csv_reading *r)
{
  for (size_t i = 0; i < r->n_columns; i++)
    if (r->column[i].mode != LB_CSV_IDLE) return false;
  return true;
}

static lb_status read_columns(lb_csv_reading *r, lb_csv_side *side, lb_error *err)
{
  lb_status st = guess_types(r, err);
  while (st == LB_OK && !r->astray && !settled(r)) {
    for (size_t i = 0; i < r->n_columns && st == LB_OK; i++)
      st = lb_csv_prepare(r, &r->column[i], err);
    if (st == LB_OK) st = lb_csv_pass(r, side, err);
    if (st != LB_OK || r->astray) break;
    if (r->found_freely && !r->freely) read_again(r);
    for (size_t i = 0; i < r->n_columns && st == LB_OK; i++) {
      if (!r->column[i].restarted) st = lb_csv_settle(r, &r->column[i], err);
      r->column[i].restarted = false;
    }
  }
  return st;
}

static lb_status add_columns(lb_csv_reading *r, lb_frame *frame, lb_problems *problems,
                             lb_error *err)
{
  lb_status st = LB_OK;
  for (size_t i = 0; i < r->n_columns && st == LB_OK; i++) {
    lb_csv_column *c = &r->column[i];
    if (problems != NULL && !lb_problems_join(problems, &c->problems))
      return lb_error_nomem(err, "problems");
    st = lb_frame_add(frame, c->name, c->result, err);
  }
  for (size_t i = 0; i < r->n_columns && st == LB_OK; i++)
    if (r->column[i].result_below != NULL) st = lb_csv_add_below(&r->column[i], frame, err);
  return st;
}

lb_status lb_csv_fill(lb_csv_reading *r, lb_csv_side *side, lb_frame *frame, lb_problems *problems,
                      lb_error *err)
{
  size_t n = r->layout.n_chunks;
  lb_csv_part *part = lb_mem_zero(r->n_columns * n, sizeof *part);
  if (part == NULL) return lb_error_nomem(err, "csv columns");
  for (size_t i = 0; i < r->n_columns; i++) {
    r->column[i].part = part + i * n;
    r->column[i].want_problems = problems != NULL;
  }
  r->freely = r->layout.quotes_freely;
  lb_status st = read_columns(r, side, err);
  if (st == LB_OK && !r->astray) st = add_columns(r, frame, problems, err);
  for (size_t i = 0; i < r->n_columns; i++) lb_csv_column_reset(&r->column[i]);
  for (size_t i = 0; i < r->n_columns * n; i++) lb_csv_part_reset(&part[i]);
  lb_mem_free(part);
  return st;
}
