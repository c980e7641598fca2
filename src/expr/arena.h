/* arena.h - many small blocks that live and die together, and arrays that grow. */
#ifndef LB_EXPR_ARENA_H
#define LB_EXPR_ARENA_H
#include <stdbool.h>
#include <stddef.h>

typedef struct lb_arena_block lb_arena_block;
typedef struct lb_arena { /* zero-initialise; free with lb_arena_reset */
  lb_arena_block *head;
} lb_arena;

void *lb_arena_alloc(lb_arena *arena, size_t n, size_t size);          /* NULL: no memory */
char *lb_arena_text(lb_arena *arena, const char *text, size_t length); /* with a final NUL */
void lb_arena_reset(lb_arena *arena);

/* Makes room for one element more than n in *array (an lb_mem block); false: no memory. */
bool lb_array_grow(void **array, size_t *capacity, size_t n, size_t size);
#endif
