/* csv_names.c - the header of a csv text as names: none empty, all different, mended where they are
 * not. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "io/csv_frame.h"

#define MESSAGE 256

/* Characters that no column name may hold, and the report that they were there. */
static bool mend_characters(lb_csv_reading *r, size_t i, lb_problems *problems)
{
  char message[MESSAGE];
  if (lb_name_mend(r->name[i]) == 0) return true;
  snprintf(message, sizeof message,
           "the header of column %zu held a backtick or a control character: named '%.80s'", i + 1,
           r->name[i]);
  return lb_problems_add(problems, 0, r->layout.header_line, r->name[i], message);
}

/* The header as it stands, line breaks made blanks; "" where empty. */
static lb_status copy_header(lb_csv_reading *r, lb_problems *problems, lb_error *err)
{
  lb_str scratch = {0};
  size_t n = r->layout.n_columns;
  bool ok = (r->name = lb_mem_zero(n, sizeof *r->name)) != NULL;
  for (size_t i = 0; ok && i < n; i++) {
    lb_csv_cell cell;
    ok = lb_csv_cell_get(&r->layout, r->layout.header[i].at, r->layout.header[i].length, &scratch,
                         &cell);
    if (ok) ok = (r->name[i] = lb_mem_text(cell.text, cell.length)) != NULL;
    ok = ok && mend_characters(r, i, problems);
  }
  lb_str_reset(&scratch);
  return ok ? LB_OK : lb_error_nomem(err, "column names");
}

/* The first free name among stem_k, stem_k+1, ...; it is put in the map. NULL: out of memory. */
static char *free_name(lb_map *taken, const char *stem, size_t *k)
{
  for (;; (*k)++) {
    size_t index;
    bool is_new, put;
    lb_str s = {0};
    lb_str_addf(&s, "%s_%zu", stem, *k);
    put = !s.failed && lb_map_put(taken, s.data, s.length, &index, &is_new);
    if (put && is_new) return lb_str_take(&s, NULL);
    lb_str_reset(&s);
    if (!put) return NULL;
  }
}

/* Replaces name i, and says so. */
static bool mend_name(lb_csv_reading *r, size_t i, lb_map *taken, size_t *next,
                      lb_problems *problems)
{
  char message[MESSAGE];
  bool empty = r->name[i][0] == '\0';
  char *name = free_name(taken, empty ? "column" : r->name[i], next);
  if (name == NULL) return false;
  if (empty)
    snprintf(message, sizeof message, "the header of column %zu is empty: it was named '%.80s'",
             i + 1, name);
  else
    snprintf(message, sizeof message,
             "the header '%.60s' stands again above column %zu: named '%.80s'", r->name[i], i + 1,
             name);
  lb_mem_free(r->name[i]);
  r->name[i] = name;
  return lb_problems_add(problems, 0, r->layout.header_line, name, message);
}

/* First come the names that stand in the header, then substitutes that differ from all of them. */
static lb_status mend_names(lb_csv_reading *r, lb_problems *problems, lb_error *err)
{
  size_t n = r->layout.n_columns, index;
  lb_map *taken = lb_map_new();
  size_t *next = lb_mem_zero(n, sizeof *next); /* by index in the map: the next number to try */
  bool *mend = lb_mem_zero(n, sizeof *mend), is_new = true;
  bool ok = taken != NULL && next != NULL && mend != NULL;
  for (size_t i = 0; ok && i < n; i++) {
    size_t length = strlen(r->name[i]);
    mend[i] = length == 0;
    if (mend[i]) continue;
    ok = lb_map_put(taken, r->name[i], length, &index, &is_new);
    mend[i] = !is_new;
  }
  for (size_t i = 0; ok && i < n; i++) next[i] = 2;
  for (size_t i = 0; ok && i < n; i++) {
    if (!mend[i]) continue;
    size_t first = i + 1; /* of an empty header: its place */
    bool known = lb_map_find(taken, r->name[i], strlen(r->name[i]), &index);
    ok = mend_name(r, i, taken, known ? &next[index] : &first, problems);
  }
  lb_map_free(taken);
  lb_mem_free(next);
  lb_mem_free(mend);
  return ok ? LB_OK : lb_error_nomem(err, "column names");
}

lb_status lb_csv_names(lb_csv_reading *r, lb_problems *problems, lb_error *err)
{
  lb_status st = copy_header(r, problems, err);
  return st == LB_OK ? mend_names(r, problems, err) : st;
}
