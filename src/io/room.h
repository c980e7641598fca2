/* room.h - arrays that grow item by item while a file is read. */
#ifndef LB_IO_ROOM_H
#define LB_IO_ROOM_H
#include "base/mem.h"
#include <stdbool.h>
#include <string.h>

/* Room for one more item behind the n of an array; `array` is the address of the pointer to it,
 * which starts as NULL. false: out of memory, nothing changed. */
static inline bool lb_room(void *array, size_t n, size_t *capacity, size_t size)
{
  void *block;
  if (n < *capacity) return true;
  memcpy(&block, array, sizeof block); /* whatever the items' type */
  size_t wanted = *capacity < 16 ? 16 : 2 * *capacity;
  block = block == NULL ? lb_mem_array(wanted, size) : lb_mem_resize(block, wanted, size);
  if (block == NULL) return false;
  memcpy(array, &block, sizeof block);
  *capacity = wanted;
  return true;
}
#endif
