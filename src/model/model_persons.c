/* model_persons.c - rows of a model by person. */
#include "model/model_persons.h"

#include "base/bitmap.h"
#include "base/mem.h"
#include "base/sort.h"
#include "frame/group.h"

/* The persons' rows as they are worked on. */
typedef struct work {
  const lb_model *model;
  const uint8_t *valid; /* of the id, by row of the frame */
  lb_groups groups;     /* of the frame by id */
  uint32_t *events;     /* of each group, used rows alone, and so below */
  uint32_t *rows;
  int64_t *key;
  uint32_t *order;
} work;

static void work_reset(work *w)
{
  lb_groups_reset(&w->groups);
  lb_mem_free(w->events);
  lb_mem_free(w->rows);
  lb_mem_free(w->key);
  lb_mem_free(w->order);
}

static size_t group_of(const work *w, size_t i)
{
  return w->groups.group[w->model->row[i]];
}

static bool has_id(const work *w, size_t i)
{
  return lb_is_valid(w->valid, w->model->row[i]);
}

static lb_status count_rows(work *w, lb_persons *out, lb_error *err)
{
  const lb_model *m = w->model;
  w->rows = lb_mem_zero(w->groups.n_groups + 1, sizeof *w->rows);
  w->events = lb_mem_zero(w->groups.n_groups + 1, sizeof *w->events);
  if (w->rows == NULL || w->events == NULL) return lb_error_nomem(err, "persons");
  for (size_t i = 0; i < m->n_used; i++) {
    if (!has_id(w, i)) {
      out->n++;
      continue;
    }
    size_t g = group_of(w, i);
    w->rows[g]++;
    w->events[g] += m->event[i];
  }
  for (size_t g = 0; g < w->groups.n_groups; g++) {
    out->n += w->rows[g] > 0;
    out->n_several += w->events[g] > 1;
  }
  return LB_OK;
}

static int64_t stratum_of(const work *w, size_t i)
{
  return w->model->strata.code == NULL ? 0 : w->model->strata.code[i];
}

/* Used rows by person, stratum and entry. */
static lb_status sort_rows(work *w, lb_error *err)
{
  const lb_model *m = w->model;
  const size_t n = m->n_used;
  w->key = lb_mem_array(n, sizeof *w->key);
  w->order = lb_mem_array(n, sizeof *w->order);
  bool ok = w->key != NULL && w->order != NULL && lb_sort_order_real(m->entry, n, w->order);
  for (size_t i = 0; ok && i < n; i++) w->key[i] = stratum_of(w, i);
  ok = ok && lb_sort_refine_integer(w->key, n, w->order);
  for (size_t i = 0; ok && i < n; i++) w->key[i] = (int64_t)group_of(w, i);
  ok = ok && lb_sort_refine_integer(w->key, n, w->order);
  return ok ? LB_OK : lb_error_nomem(err, "persons");
}

static size_t count_overlaps(const work *w)
{
  const lb_model *m = w->model;
  size_t n = 0;
  double end = 0;
  for (size_t k = 0; k < m->n_used; k++) {
    size_t i = w->order[k], before = w->order[k > 0 ? k - 1 : 0];
    bool same = k > 0 && has_id(w, i) && group_of(w, i) == group_of(w, before) &&
                stratum_of(w, i) == stratum_of(w, before);
    n += same && m->entry[i] < end;
    end = same && end > m->time[i] ? end : m->time[i];
  }
  return n;
}

lb_status lb_model_persons(const lb_model *model, const lb_frame *frame, size_t id, lb_persons *out,
                           lb_error *err)
{
  const lb_column *column = NULL;
  lb_persons found = {0};
  work w = {.model = model};
  if (model->row == NULL || model->event == NULL)
    return lb_error_set(err, LB_EARG, "persons are counted among rows with a time and an event");
  lb_status st = lb_frame_column(frame, id, &column, err);
  if (st == LB_OK) st = lb_groups_make(frame, &id, 1, &w.groups, err);
  if (st != LB_OK) goto done;
  w.valid = lb_column_valid(column);
  st = count_rows(&w, &found, err);
  if (st == LB_OK && model->entry != NULL && found.n < model->n_used) {
    st = sort_rows(&w, err);
    if (st == LB_OK) found.n_overlap = count_overlaps(&w);
  }
done:
  work_reset(&w);
  if (st == LB_OK) *out = found;
  return st;
}
