/* cells_frame.c - a table of mixed cells becomes a frame: names mended, columns chosen and read. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "io/cells.h"
#include "io/csv_column.h"

#define MESSAGE 256

/* The first free name among stem_k, stem_k+1, ...; it is put in the map. NULL: out of memory. */
static char *free_name(lb_map *taken, const char *stem, size_t k)
{
  for (;; k++) {
    size_t index;
    bool is_new = false;
    lb_str s = {0};
    lb_str_addf(&s, "%s_%zu", stem, k);
    bool put = !s.failed && lb_map_put(taken, s.data, s.length, &index, &is_new);
    if (put && is_new) return lb_str_take(&s, NULL);
    lb_str_reset(&s);
    if (!put) return NULL;
  }
}

static bool mend_name(lb_cell_table *t, size_t i, lb_map *taken, lb_problems *problems)
{
  char message[MESSAGE];
  bool empty = t->name[i][0] == '\0';
  char *name = free_name(taken, empty ? "column" : t->name[i], empty ? i + 1 : 2);
  if (name == NULL) return false;
  if (empty)
    snprintf(message, sizeof message, "the header of column %zu is empty: it was named '%.80s'",
             i + 1, name);
  else
    snprintf(message, sizeof message,
             "the header '%.60s' stands again above column %zu: named '%.80s'", t->name[i], i + 1,
             name);
  lb_mem_free(t->name[i]);
  t->name[i] = name;
  return lb_problems_add(problems, 0, 0, name, message);
}

/* Characters that no column name may hold, and the report that they were there. */
static bool mend_characters(lb_cell_table *t, size_t i, lb_problems *problems)
{
  char message[MESSAGE];
  if (lb_name_mend(t->name[i]) == 0) return true;
  snprintf(message, sizeof message,
           "the header of column %zu held a backtick or a control character: named '%.80s'", i + 1,
           t->name[i]);
  return lb_problems_add(problems, 0, 0, t->name[i], message);
}

/* First come the names that stand in the header, then substitutes that differ from all of them. */
static lb_status mend_names(lb_cell_table *t, lb_problems *problems, lb_error *err)
{
  lb_map *taken = lb_map_new();
  bool *mend = lb_mem_zero(t->n_columns, sizeof *mend), is_new = true;
  bool ok = taken != NULL && mend != NULL;
  size_t index;
  for (size_t i = 0; ok && i < t->n_columns; i++) {
    ok = mend_characters(t, i, problems);
    mend[i] = t->name[i][0] == '\0';
    if (mend[i] || !ok) continue;
    ok = lb_map_put(taken, t->name[i], strlen(t->name[i]), &index, &is_new);
    mend[i] = !is_new;
  }
  for (size_t i = 0; ok && i < t->n_columns; i++)
    if (mend[i]) ok = mend_name(t, i, taken, problems);
  lb_map_free(taken);
  lb_mem_free(mend);
  return ok ? LB_OK : lb_error_nomem(err, "column names");
}

static lb_status find_name(const lb_cell_table *t, const char *name, size_t *i, lb_error *err)
{
  for (*i = 0; *i < t->n_columns; (*i)++)
    if (strcmp(t->name[*i], name) == 0) return LB_OK;
  return lb_name_unknown(err, "column", "Columns", name, (const char *const *)t->name,
                         t->n_columns);
}

static lb_status check_options(const lb_cell_table *t, const lb_csv_options *o, lb_error *err)
{
  size_t at;
  lb_status st = LB_OK;
  for (size_t i = 0; i < o->n_types && st == LB_OK; i++)
    st = find_name(t, o->types[i].column, &at, err);
  if (st == LB_OK && o->id != NULL) st = find_name(t, o->id, &at, err);
  return st;
}

static lb_status add_column(const lb_cell_table *t, size_t i, const lb_csv_options *o,
                            lb_frame *frame, lb_problems *problems, lb_error *err)
{
  const lb_type *given = NULL;
  lb_column *column = NULL;
  for (size_t k = 0; k < o->n_types; k++)
    if (strcmp(o->types[k].column, t->name[i]) == 0) given = &o->types[k].type;
  bool is_id = o->id != NULL && strcmp(o->id, t->name[i]) == 0;
  lb_status st = lb_cells_column(t, i, given, is_id, &column, problems, err);
  if (st == LB_OK) st = lb_frame_add(frame, t->name[i], column, err);
  lb_column_release(column);
  return st;
}

lb_status lb_cells_frame(lb_cell_table *table, const lb_csv_options *options, lb_frame **out,
                         lb_problems *problems, lb_error *err)
{
  lb_frame *frame = NULL;
  size_t n = options->columns == NULL ? table->n_columns : options->n_columns;
  if (table->n_rows >= UINT32_MAX)
    return lb_error_set(err, LB_EDATA, "%zu rows are more than a frame holds", table->n_rows);
  lb_status st = mend_names(table, problems, err);
  if (st == LB_OK) st = check_options(table, options, err);
  if (st == LB_OK) st = lb_frame_new(table->n_rows, options->source, &frame, err);
  for (size_t k = 0; k < n && st == LB_OK; k++) {
    size_t i = k;
    if (options->columns != NULL) st = find_name(table, options->columns[k], &i, err);
    if (st == LB_OK) st = add_column(table, i, options, frame, problems, err);
  }
  if (st == LB_OK)
    *out = frame;
  else
    lb_frame_release(frame);
  return st;
}
