/* arena.c - bump allocation in chunks of lb_mem memory. */
#include "expr/arena.h"
#include "base/mem.h"
#include <stdint.h>
#include <string.h>

#define ARENA_CHUNK 2048
#define ARENA_ALIGN 16

struct lb_arena_block {
  lb_arena_block *next;
  size_t used, size;
  _Alignas(ARENA_ALIGN) unsigned char data[];
};

void *lb_arena_alloc(lb_arena *arena, size_t n, size_t size)
{
  if (size != 0 && n > (SIZE_MAX - sizeof(lb_arena_block) - ARENA_ALIGN) / size) return NULL;
  size_t need = (n * size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
  lb_arena_block *block = arena->head;
  if (block == NULL || block->size - block->used < need) {
    size_t room = need > ARENA_CHUNK ? need : ARENA_CHUNK;
    block = lb_mem_alloc(sizeof *block + room);
    if (block == NULL) return NULL;
    *block = (lb_arena_block){.next = arena->head, .size = room};
    arena->head = block;
  }
  void *out = block->data + block->used;
  block->used += need;
  return out;
}

char *lb_arena_text(lb_arena *arena, const char *text, size_t length)
{
  char *copy = lb_arena_alloc(arena, length + 1, 1);
  if (copy == NULL) return NULL;
  if (length > 0) memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

void lb_arena_reset(lb_arena *arena)
{
  while (arena->head != NULL) {
    lb_arena_block *next = arena->head->next;
    lb_mem_free(arena->head);
    arena->head = next;
  }
}

bool lb_array_grow(void **array, size_t *capacity, size_t n, size_t size)
{
  if (n < *capacity) return true;
  size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
  void *grown = lb_mem_resize(*array, wanted, size);
  if (grown == NULL) return false;
  *array = grown;
  *capacity = wanted;
  return true;
}
