/* csv_levels.c - a small table of distinct cells: open addressing over 256 slots, at most a quarter
 * taken. */
#include "io/csv_levels.h"

#include "base/mem.h"

lb_csv_levels *lb_csv_levels_new(void)
{
  return lb_mem_zero(1, sizeof(lb_csv_levels));
}

void lb_csv_levels_free(lb_csv_levels *levels)
{
  if (levels == NULL) return;
  for (size_t i = 0; i < levels->n; i++) lb_mem_free(levels->level[i].owned);
  lb_mem_free(levels);
}

bool lb_csv_levels_add(lb_csv_levels *levels, size_t slot, const char *text, size_t length,
                       uint64_t word, bool copy)
{
  lb_csv_level one = {
      .text = text, .length = length, .word = word, .last = lb_csv_level_last(text, length)};
  if (copy) {
    one.owned = lb_mem_text(text, length);
    if (one.owned == NULL) return false;
    one.text = one.owned;
  }
  levels->level[levels->n] = one;
  levels->slot[slot] = (uint8_t)++levels->n;
  return true;
}
