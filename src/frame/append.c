/* append.c - frames set one below the other, and columns stacked row by row. */
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "frame/concat.h"

/* n missing rows of the type, levels, label and unit of a column. */
static lb_status missing_like(const lb_column *model, size_t n, lb_column **out, lb_error *err)
{
  lb_row *rows = lb_mem_array(n, sizeof *rows);
  if (rows == NULL) return lb_error_nomem(err, "column");
  for (size_t i = 0; i < n; i++) rows[i] = LB_NO_ROW;
  lb_status st = lb_column_gather(model, rows, n, out, err);
  lb_mem_free(rows);
  return st;
}

typedef struct append_job {
  const lb_frame *above, *below;
  lb_frame *made;
  lb_error *err;
} append_job;

/* Adds one column; an index of SIZE_MAX: that frame lacks it. */
static lb_status append_column(const append_job *job, const char *name, size_t above, size_t below)
{
  const lb_column *parts[2] = {NULL, NULL};
  lb_column *filler = NULL, *made = NULL;
  lb_status st = LB_OK;
  if (above != SIZE_MAX) st = lb_frame_column(job->above, above, &parts[0], job->err);
  if (st == LB_OK && below != SIZE_MAX)
    st = lb_frame_column(job->below, below, &parts[1], job->err);
  if (st != LB_OK) return st;
  size_t lacks = parts[0] == NULL ? 0 : 1;
  if (parts[lacks] == NULL) {
    size_t n = lb_frame_rows(lacks == 0 ? job->above : job->below);
    st = missing_like(parts[1 - lacks], n, &filler, job->err);
    parts[lacks] = filler;
  }
  if (st == LB_OK) st = lb_columns_concat(parts, 2, &made, job->err);
  if (st == LB_OK) st = lb_frame_add(job->made, name, made, job->err);
  lb_column_release(filler);
  lb_column_release(made);
  if (st != LB_OK && st != LB_ENOMEM && st != LB_EINTR) lb_error_in(job->err, "column '%s'", name);
  return st;
}

lb_status lb_frame_append(const lb_frame *above, const lb_frame *below, lb_frame **out,
                          lb_error *err)
{
  append_job job = {.above = above, .below = below, .err = err};
  const char *source = lb_frame_source(above);
  const char *other = lb_frame_source(below);
  if (source != NULL && (other == NULL || strcmp(source, other) != 0)) source = NULL;
  lb_status st = lb_frame_new(lb_frame_rows(above) + lb_frame_rows(below), source, &job.made, err);
  for (size_t i = 0; i < lb_frame_columns(above) && st == LB_OK; i++) {
    const char *name = lb_frame_name(above, i);
    size_t j = SIZE_MAX;
    if (!lb_frame_find(below, name, strlen(name), &j)) j = SIZE_MAX;
    st = append_column(&job, name, i, j);
    if (st == LB_OK && lb_interrupted()) st = lb_error_interrupted(err);
  }
  for (size_t j = 0; j < lb_frame_columns(below) && st == LB_OK; j++) {
    const char *name = lb_frame_name(below, j);
    size_t i;
    if (!lb_frame_find(above, name, strlen(name), &i)) st = append_column(&job, name, SIZE_MAX, j);
  }
  if (st == LB_OK)
    *out = job.made;
  else
    lb_frame_release(job.made);
  return st;
}

/* ---- longer ---- */

/* Stacked rows in the order of the frame's rows: value k of row i stands at k * n + i. */
static lb_status by_rows(const lb_column *stacked, size_t n, size_t k, lb_column **out,
                         lb_error *err)
{
  lb_row *rows = lb_mem_array(n * k, sizeof *rows);
  if (rows == NULL) return lb_error_nomem(err, "longer frame");
  for (size_t i = 0, at = 0; i < n; i++)
    for (size_t j = 0; j < k; j++) rows[at++] = (lb_row)(j * n + i);
  lb_status st = lb_column_gather(stacked, rows, n * k, out, err);
  lb_mem_free(rows);
  return st;
}

lb_status lb_frame_longer(const lb_frame *frame, const size_t *columns, size_t k, lb_row **out_rows,
                          lb_column **out, lb_error *err)
{
  size_t n = lb_frame_rows(frame);
  lb_column *stacked = NULL, *made = NULL;
  lb_row *rows = NULL;
  const lb_column **list = lb_mem_array(k, sizeof *list);
  lb_status st = list == NULL ? lb_error_nomem(err, "longer frame") : LB_OK;
  for (size_t j = 0; j < k && st == LB_OK; j++)
    st = lb_frame_column(frame, columns[j], &list[j], err);
  if (st == LB_OK) st = lb_columns_concat(list, k, &stacked, err);
  if (st == LB_OK) st = by_rows(stacked, n, k, &made, err);
  if (st == LB_OK) {
    rows = lb_mem_array(n * k, sizeof *rows);
    if (rows == NULL) st = lb_error_nomem(err, "longer frame");
  }
  lb_mem_free(list);
  lb_column_release(stacked);
  if (st != LB_OK) {
    lb_column_release(made);
    return st;
  }
  for (size_t i = 0; i < n * k; i++) rows[i] = (lb_row)(i / k);
  *out_rows = rows;
  *out = made;
  return LB_OK;
}
