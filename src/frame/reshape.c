/* reshape.c - rows chosen, filled and spread by group; cells of two columns compared. */
#include "frame/reshape.h"

#include <math.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"
#include "frame/group.h"

#define MAX_CELLS ((size_t)UINT32_MAX)
#define TWO_TO_63 9223372036854775808.0 /* integers lie below it */

/* ---- first and last ---- */

lb_status lb_frame_pick(const lb_frame *frame, const lb_pick *pick, lb_row **rows, size_t *n,
                        lb_error *err)
{
  lb_groups groups = {0};
  size_t n_rows = lb_frame_rows(frame), n_found = 0;
  lb_status st = lb_groups_make(frame, pick->by, pick->n_by, &groups, err);
  if (st != LB_OK) return st;
  lb_row *chosen = lb_mem_array(groups.n_groups, sizeof *chosen);
  lb_row *found = lb_mem_array(groups.n_groups, sizeof *found);
  uint8_t *kept = lb_bitmap_new(n_rows, false);
  if (chosen == NULL || found == NULL || kept == NULL) {
    st = lb_error_nomem(err, "rows of groups");
    goto done;
  }
  for (size_t g = 0; g < groups.n_groups; g++) chosen[g] = LB_NO_ROW;
  for (size_t i = 0; i < n_rows; i++) {
    lb_row row = pick->order == NULL ? (lb_row)i : pick->order[i];
    lb_row *of_group = &chosen[groups.group[row]];
    if (pick->last || *of_group == LB_NO_ROW) *of_group = row;
  }
  for (size_t g = 0; g < groups.n_groups; g++)
    if (chosen[g] != LB_NO_ROW) lb_bit_set(kept, chosen[g]);
  for (size_t i = 0; i < n_rows; i++)
    if (lb_bit_get(kept, i)) found[n_found++] = (lb_row)i;
  *rows = found;
  *n = n_found;
  found = NULL;
done:
  lb_mem_free(chosen);
  lb_mem_free(found);
  lb_mem_free(kept);
  lb_groups_reset(&groups);
  return st;
}

/* ---- fill ---- */

/* Source row of every row; returns how many cells are filled. */
static size_t fill_rows(const lb_groups *groups, const uint8_t *valid, bool up, lb_row *source)
{
  size_t n_filled = 0;
  for (size_t g = 0; g < groups->n_groups; g++) {
    size_t start = groups->start[g], n = groups->start[g + 1] - start;
    lb_row present = LB_NO_ROW;
    for (size_t i = 0; i < n; i++) {
      lb_row row = groups->row[up ? start + n - 1 - i : start + i];
      if (lb_is_valid(valid, row))
        present = row;
      else
        n_filled += present != LB_NO_ROW;
      source[row] = present;
    }
  }
  return n_filled;
}

lb_status lb_frame_fill(const lb_frame *frame, size_t column, const lb_fill *fill, lb_column **out,
                        size_t *n_filled, lb_error *err)
{
  lb_groups groups = {0};
  const lb_column *source;
  if (column >= lb_frame_columns(frame))
    return lb_error_set(err, LB_EARG, "column %zu of %zu", column + 1, lb_frame_columns(frame));
  lb_status st = lb_frame_column(frame, column, &source, err);
  if (st == LB_OK) st = lb_groups_make(frame, fill->by, fill->n_by, &groups, err);
  if (st != LB_OK) return st;
  lb_row *rows = lb_mem_array(groups.n_rows, sizeof *rows);
  if (rows == NULL) {
    st = lb_error_nomem(err, "filled column");
  } else {
    size_t filled = fill_rows(&groups, lb_column_valid(source), fill->up, rows);
    st = lb_column_gather(source, rows, groups.n_rows, out, err);
    if (st == LB_OK) *n_filled = filled;
  }
  lb_mem_free(rows);
  lb_groups_reset(&groups);
  return st;
}

/* ---- spread ---- */

/* Lines in order of first appearance: line[g] of each group of ids, first[line] its first row. */
static void number_lines(const lb_groups *ids, lb_row *line, lb_row *first)
{
  lb_row n = 0;
  for (size_t g = 0; g < ids->n_groups; g++) line[g] = LB_NO_ROW;
  for (size_t i = 0; i < ids->n_rows; i++) {
    lb_row g = ids->group[i];
    if (line[g] != LB_NO_ROW) continue;
    first[n] = (lb_row)i;
    line[g] = n++;
  }
}

static lb_status place_cells(const lb_groups *ids, const lb_groups *names, lb_spread *made,
                             lb_error *err)
{
  size_t n = made->n_rows, k = made->n_names;
  if (k > 0 && n > MAX_CELLS / k)
    return lb_error_set(err, LB_EDATA, "a table of %zu rows and %zu columns is too large", n, k);
  lb_row *line = lb_mem_array(ids->n_groups, sizeof *line);
  uint8_t *repeated = lb_bitmap_new(n * k, false);
  made->first = lb_mem_array(n, sizeof *made->first);
  made->row = lb_mem_array(n * k, sizeof *made->row);
  if (line == NULL || repeated == NULL || made->first == NULL || made->row == NULL) {
    lb_mem_free(line);
    lb_mem_free(repeated);
    return lb_error_nomem(err, "wider frame");
  }
  number_lines(ids, line, made->first);
  for (size_t c = 0; c < n * k; c++) made->row[c] = LB_NO_ROW;
  for (size_t i = 0; i < ids->n_rows; i++) {
    size_t cell = (size_t)names->group[i] * n + line[ids->group[i]];
    if (made->row[cell] == LB_NO_ROW)
      made->row[cell] = (lb_row)i;
    else
      lb_bit_set(repeated, cell);
  }
  made->n_duplicates = lb_bitmap_count(repeated, n * k);
  lb_mem_free(line);
  lb_mem_free(repeated);
  return LB_OK;
}

lb_status lb_frame_spread(const lb_frame *frame, const lb_spread_columns *columns, lb_spread *out,
                          lb_error *err)
{
  lb_groups ids = {0}, names = {0};
  lb_spread made = {0};
  lb_status st = lb_groups_make(frame, columns->id, columns->n_id, &ids, err);
  if (st == LB_OK) st = lb_groups_make(frame, columns->names, columns->n_names, &names, err);
  if (st == LB_OK) {
    /* Without id columns all rows are one line, but of no rows there is none. */
    made.n_rows = lb_frame_rows(frame) == 0 ? 0 : ids.n_groups;
    made.n_names = names.n_groups;
    st = place_cells(&ids, &names, &made, err);
  }
  if (st == LB_OK) {
    made.names = lb_frame_retain(names.keys);
    *out = made;
  } else {
    lb_spread_reset(&made);
  }
  lb_groups_reset(&ids);
  lb_groups_reset(&names);
  return st;
}

void lb_spread_reset(lb_spread *spread)
{
  lb_mem_free(spread->first);
  lb_mem_free(spread->row);
  lb_frame_release(spread->names);
  *spread = (lb_spread){0};
}

/* ---- differences ---- */

static bool is_number(const lb_column *column)
{
  return lb_column_type(column) == LB_REAL || lb_column_type(column) == LB_INTEGER;
}

static bool is_text(const lb_column *column)
{
  return lb_column_type(column) == LB_TEXT || lb_column_type(column) == LB_FACTOR;
}

static bool same_integer_and_real(int64_t integer, double real)
{
  return real >= -TWO_TO_63 && real < TWO_TO_63 && real == floor(real) && (int64_t)real == integer;
}

static bool same_real(double x, double y)
{
  return x == y || (isnan(x) && isnan(y));
}

/* Both rows are present. */
static bool same_cell(const lb_column *a, const lb_column *b, size_t row)
{
  lb_type type = lb_column_type(a), other = lb_column_type(b);
  size_t na, nb;
  if (is_text(a)) {
    const char *x = lb_column_text(a, row, &na), *y = lb_column_text(b, row, &nb);
    return na == nb && memcmp(x, y, na) == 0;
  }
  if (type == LB_REAL && other == LB_REAL)
    return same_real(lb_column_real(a)[row], lb_column_real(b)[row]);
  if (type == LB_REAL)
    return same_integer_and_real(lb_column_integer(b)[row], lb_column_real(a)[row]);
  if (other == LB_REAL)
    return same_integer_and_real(lb_column_integer(a)[row], lb_column_real(b)[row]);
  if (type == LB_DATE) return lb_column_days(a)[row] == lb_column_days(b)[row];
  if (type == LB_LOGICAL)
    return lb_bit_get(lb_column_logical(a), row) == lb_bit_get(lb_column_logical(b), row);
  return lb_column_integer(a)[row] == lb_column_integer(b)[row];
}

lb_status lb_columns_differ(const lb_column *a, const lb_column *b, uint8_t **differs,
                            lb_error *err)
{
  size_t n = lb_column_length(a);
  if (lb_column_length(b) != n) return lb_error_set(err, LB_EARG, "columns of unequal length");
  bool comparable = lb_column_type(a) == lb_column_type(b) || (is_number(a) && is_number(b)) ||
                    (is_text(a) && is_text(b));
  if (!comparable)
    return lb_error_set(err, LB_ETYPE, "%s and %s cannot be compared",
                        lb_type_name(lb_column_type(a)), lb_type_name(lb_column_type(b)));
  uint8_t *bits = lb_bitmap_new(n, false);
  if (bits == NULL) return lb_error_nomem(err, "differences");
  for (size_t i = 0; i < n; i++) {
    bool in_a = lb_is_valid(lb_column_valid(a), i), in_b = lb_is_valid(lb_column_valid(b), i);
    if (in_a != in_b || (in_a && !same_cell(a, b, i))) lb_bit_set(bits, i);
  }
  *differs = bits;
  return LB_OK;
}
