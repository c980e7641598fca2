/* hash.h - a map from byte strings to dense indices 0, 1, 2, ... in order of first appearance. */
#ifndef LB_BASE_HASH_H
#define LB_BASE_HASH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lb_map lb_map;
lb_map *lb_map_new(void); /* NULL when out of memory */
void lb_map_free(lb_map *map);
/* The same keys with the same indices, and room for `spare` bytes of keys; NULL when out of memory.
 */
lb_map *lb_map_copy(const lb_map *map, size_t spare);
size_t lb_map_size(const lb_map *map);
/* Index of the key, added (bytes copied) when new. false: out of memory, map unchanged. */
bool lb_map_put(lb_map *map, const void *key, size_t length, size_t *index, bool *is_new);
bool lb_map_find(const lb_map *map, const void *key, size_t length, size_t *index);
/* Key number index; borrowed until the map is freed; NUL-terminated. */
const char *lb_map_key(const lb_map *map, size_t index, size_t *length);
uint64_t lb_hash_bytes(const void *bytes, size_t length);
#endif
