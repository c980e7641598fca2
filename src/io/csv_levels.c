/* csv_levels.c - a small table of distinct cells: open addressing over 256 slots, at most a quarter
 * taken. */
#include "io/csv_levels.h"

#include <string.h>

#include "base/mem.h"

lb_csv_levels *lb_csv_levels_new(void)
{
  lb_csv_levels *levels = lb_mem_alloc(sizeof *levels);
  if (levels == NULL) return NULL;
  levels->n = 0; /* a level is written when it is added */
  memset(levels->slot, 0, sizeof levels->slot);
  return levels;
}

void lb_csv_levels_free(lb_csv_levels *levels)
{
  if (levels == NULL) return;
  for (size_t i = 0; i < levels->n; i++) lb_mem_free(levels->level[i].owned);
  lb_mem_free(levels);
}

bool lb_csv_levels_add(lb_csv_levels *levels, size_t slot, const char *text, size_t length,
                       uint64_t word)
{
  lb_csv_level *one = &levels->level[levels->n];
  *one = (lb_csv_level){.length = length, .word = word, .last = lb_csv_level_last(text, length)};
  one->text = one->here;
  if (length > sizeof one->here) {
    one->owned = lb_mem_text(text, length);
    if (one->owned == NULL) return false;
    one->text = one->owned;
  } else if (length > 0) {
    memcpy(one->here, text, length);
  }
  levels->slot[slot] = (uint8_t)++levels->n;
  return true;
}
