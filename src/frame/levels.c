/* levels.c - levels of a factor renamed, merged or set to missing. */
#include "frame/levels.h"

#include <string.h>

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/mem.h"
#include "frame/builder.h"
#include "frame/column_internal.h"

/* New level of every old one, -1 where its rows become missing; the new levels as a text column. */
static lb_status merge(const char *const *to, size_t n, int32_t *new_code, lb_column **levels,
                       lb_error *err)
{
  lb_text_builder b = {0};
  lb_map *map = lb_map_new();
  bool complete = map != NULL;
  for (size_t i = 0; i < n && complete; i++) {
    size_t index;
    bool is_new;
    new_code[i] = -1;
    if (to[i] == NULL) continue;
    complete = lb_map_put(map, to[i], strlen(to[i]), &index, &is_new);
    if (!complete) break;
    if (is_new) lb_text_builder_add(&b, to[i], strlen(to[i]));
    new_code[i] = (int32_t)index;
  }
  lb_map_free(map);
  if (complete) return lb_text_builder_finish(&b, levels, err);
  lb_text_builder_reset(&b);
  return lb_error_nomem(err, "levels");
}

lb_status lb_column_map_levels(const lb_column *column, const char *const *to, size_t n,
                               lb_column **out, lb_error *err)
{
  if (lb_column_type(column) != LB_FACTOR)
    return lb_error_set(err, LB_ETYPE, "levels belong to a factor, this column is %s",
                        lb_type_name(lb_column_type(column)));
  if (n != lb_column_level_count(column))
    return lb_error_set(err, LB_EARG, "%zu names for %zu levels", n, lb_column_level_count(column));
  size_t n_rows = lb_column_length(column);
  lb_column *levels = NULL, *made = NULL;
  int32_t *new_code = lb_mem_array(n, sizeof *new_code);
  int32_t *codes = lb_mem_zero(n_rows, sizeof *codes);
  uint8_t *valid = lb_bitmap_new(n_rows, false);
  lb_status st = LB_ENOMEM;
  if (new_code == NULL || codes == NULL || valid == NULL)
    lb_error_nomem(err, "levels");
  else
    st = merge(to, n, new_code, &levels, err);
  if (st != LB_OK) goto done;
  for (size_t i = 0; i < n_rows; i++) {
    if (!lb_is_valid(lb_column_valid(column), i)) continue;
    int32_t code = new_code[lb_column_codes(column)[i]];
    if (code < 0) continue;
    codes[i] = code;
    lb_bit_set(valid, i);
  }
  st = lb_column_new_factor_trusted(n_rows, codes, levels, lb_column_ordered(column), valid, &made,
                                    err);
  codes = NULL; /* taken, both */
  valid = NULL;
  if (st == LB_OK) st = lb_column_label_like(made, column, out, err);
done:
  lb_mem_free(new_code);
  lb_mem_free(codes);
  lb_mem_free(valid);
  lb_column_release(levels);
  return st;
}
