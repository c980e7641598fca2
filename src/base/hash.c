/* hash.c - byte strings to dense indices: open addressing over keys that never move. */
#include "base/hash.h"

#include <string.h>

#include "base/mem.h"

#define FIRST_SLOTS 16
#define CHUNK_BYTES 4096
#define CHUNK_LIMIT ((size_t)1 << 20)

typedef struct chunk { /* of key bytes; chunks are added, never resized, so that keys stay where
                          they are */
  struct chunk *next;
  size_t used, capacity;
  char bytes[];
} chunk;

typedef struct entry {
  const char *key; /* in a chunk, NUL-terminated */
  size_t length;
  uint64_t hash;
} entry;

struct lb_map {
  size_t n, capacity; /* of entries */
  entry *entries;
  size_t n_slots; /* a power of two, or 0 before the first key */
  size_t *slots;  /* entry index + 1; 0: free. At most half are taken */
  chunk *chunks;  /* the first takes small keys */
};

/* ---- the hash: multiply two mixed words to 128 bits, fold the halves; every input bit reaches
 * both ---- */

__extension__ typedef unsigned __int128 wide;

/* Odd, with about half the bits set: fractional parts of the square roots of 2, 3, 5 and 7. */
#define SALT_0 UINT64_C(0x6a09e667f3bcc909)
#define SALT_1 UINT64_C(0xbb67ae8584caa73b)
#define SALT_2 UINT64_C(0x3c6ef372fe94f82b)
#define SALT_3 UINT64_C(0xa54ff53a5f1d36f1)

static uint64_t fold(uint64_t a, uint64_t b)
{
  wide product = (wide)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load_word(const unsigned char *bytes, size_t length)
{
  uint64_t word = 0;
  memcpy(&word, bytes, length);
  return word;
}

uint64_t lb_hash_bytes(const void *bytes, size_t length)
{
  const unsigned char *p = bytes;
  uint64_t hash = SALT_0 ^ fold((uint64_t)length ^ SALT_1, SALT_2);
  size_t left = length;
  for (; left > 16; left -= 16, p += 16)
    hash = fold(load_word(p, 8) ^ hash, load_word(p + 8, 8) ^ SALT_3) + (hash >> 32);
  uint64_t low = 0, high = 0;
  if (left >= 8) {
    low = load_word(p, 8);
    high =
        load_word(p + left - 8, 8); /* overlaps: the length is mixed in, so nothing is confused */
  } else if (left >= 4) {
    low = load_word(p, 4);
    high = load_word(p + left - 4, 4);
  } else if (left > 0) {
    low = load_word(p, left);
  }
  hash = fold(low ^ hash, high ^ SALT_1);
  return fold(hash ^ SALT_2, SALT_3);
}

/* ---- the map ---- */

lb_map *lb_map_new(void)
{
  return lb_mem_zero(1, sizeof(lb_map));
}

void lb_map_free(lb_map *map)
{
  if (map == NULL) return;
  for (chunk *c = map->chunks, *next; c != NULL; c = next) {
    next = c->next;
    lb_mem_free(c);
  }
  lb_mem_free(map->entries);
  lb_mem_free(map->slots);
  lb_mem_free(map);
}

/* Keys of `from` in order, as one chunk with room for `spare` bytes more; entries point to them. */
static bool copy_keys(const lb_map *from, size_t spare, lb_map *to)
{
  size_t bytes = spare;
  for (size_t i = 0; i < from->n; i++) bytes += from->entries[i].length + 1;
  chunk *c = lb_mem_alloc(sizeof *c + bytes);
  if (c == NULL) return false;
  *c = (chunk){.capacity = bytes};
  to->chunks = c;
  for (size_t i = 0; i < from->n; i++) {
    const entry *e = &from->entries[i];
    to->entries[i] = (entry){memcpy(c->bytes + c->used, e->key, e->length + 1), e->length, e->hash};
    c->used += e->length + 1;
  }
  return true;
}

lb_map *lb_map_copy(const lb_map *map, size_t spare)
{
  lb_map *copy = lb_map_new();
  if (copy == NULL || map->n == 0) return copy;
  copy->capacity = map->n + 1;
  copy->n_slots = map->n_slots;
  copy->entries = lb_mem_array(copy->capacity, sizeof *copy->entries);
  copy->slots = lb_mem_array(copy->n_slots, sizeof *copy->slots);
  if (copy->entries == NULL || copy->slots == NULL || !copy_keys(map, spare, copy)) {
    lb_map_free(copy);
    return NULL;
  }
  memcpy(copy->slots, map->slots, map->n_slots * sizeof *map->slots);
  copy->n = map->n;
  return copy;
}

size_t lb_map_size(const lb_map *map)
{
  return map->n;
}

/* The slot that holds the key, or the free one where it belongs. Needs a table. */
static size_t find_slot(const lb_map *map, const void *key, size_t length, uint64_t hash)
{
  size_t mask = map->n_slots - 1, slot = (size_t)hash & mask;
  for (; map->slots[slot] != 0; slot = (slot + 1) & mask) {
    const entry *e = &map->entries[map->slots[slot] - 1];
    if (e->hash == hash && e->length == length && (length == 0 || memcmp(e->key, key, length) == 0))
      break;
  }
  return slot;
}

/* Room for one more slot. On failure the map answers as before. */
static bool grow_slots(lb_map *map)
{
  if (map->n < map->n_slots / 2) return true;
  size_t n_slots = map->n_slots == 0 ? FIRST_SLOTS : map->n_slots * 2;
  size_t *slots = lb_mem_zero(n_slots, sizeof *slots);
  if (slots == NULL) return false;
  for (size_t i = 0; i < map->n; i++) {
    size_t slot = (size_t)map->entries[i].hash & (n_slots - 1);
    while (slots[slot] != 0) slot = (slot + 1) & (n_slots - 1);
    slots[slot] = i + 1;
  }
  lb_mem_free(map->slots);
  map->slots = slots;
  map->n_slots = n_slots;
  return true;
}

static bool grow_entries(lb_map *map)
{
  if (map->n < map->capacity) return true;
  size_t capacity = map->capacity == 0 ? FIRST_SLOTS : map->capacity * 2;
  entry *entries = lb_mem_resize(map->entries, capacity, sizeof *entries);
  if (entries == NULL) return false;
  map->entries = entries;
  map->capacity = capacity;
  return true;
}

/* A chunk with room for need bytes. One made for a single large key goes behind the newest, whose
 * room is not lost; capacities double up to CHUNK_LIMIT. NULL when out of memory. */
static chunk *chunk_with(lb_map *map, size_t need)
{
  chunk *head = map->chunks;
  if (head != NULL && head->capacity - head->used >= need) return head;
  size_t capacity = CHUNK_BYTES;
  if (head != NULL && head->capacity <= CHUNK_LIMIT / 2)
    capacity = head->capacity * 2;
  else if (head != NULL && head->capacity <= CHUNK_LIMIT)
    capacity = CHUNK_LIMIT;
  bool large = need > capacity / 4;
  if (large) capacity = need;
  chunk *c = lb_mem_alloc(sizeof *c + capacity);
  if (c == NULL) return NULL;
  chunk **link = large && head != NULL ? &head->next : &map->chunks;
  *c = (chunk){.next = *link, .capacity = capacity};
  *link = c;
  return c;
}

/* Copies the key, with a NUL, to where it will stay; NULL when out of memory. */
static const char *store_key(lb_map *map, const void *key, size_t length)
{
  if (length >= PTRDIFF_MAX / 2) return NULL;
  chunk *c = chunk_with(map, length + 1);
  if (c == NULL) return NULL;
  char *copy = c->bytes + c->used;
  if (length > 0) memcpy(copy, key, length);
  copy[length] = '\0';
  c->used += length + 1;
  return copy;
}

bool lb_map_put(lb_map *map, const void *key, size_t length, size_t *index, bool *is_new)
{
  uint64_t hash = lb_hash_bytes(key, length);
  size_t slot = 0;
  if (map->n_slots > 0) {
    slot = find_slot(map, key, length, hash);
    if (map->slots[slot] != 0) {
      if (index != NULL) *index = map->slots[slot] - 1;
      if (is_new != NULL) *is_new = false;
      return true;
    }
  }
  size_t n_slots = map->n_slots;
  if (!grow_slots(map) || !grow_entries(map)) return false;
  const char *copy = store_key(map, key, length);
  if (copy == NULL) return false;
  if (map->n_slots != n_slots) slot = find_slot(map, key, length, hash);
  map->entries[map->n] = (entry){copy, length, hash};
  map->slots[slot] = ++map->n;
  if (index != NULL) *index = map->n - 1;
  if (is_new != NULL) *is_new = true;
  return true;
}

bool lb_map_find(const lb_map *map, const void *key, size_t length, size_t *index)
{
  if (map->n_slots == 0) return false;
  size_t slot = find_slot(map, key, length, lb_hash_bytes(key, length));
  if (map->slots[slot] == 0) return false;
  if (index != NULL) *index = map->slots[slot] - 1;
  return true;
}

const char *lb_map_key(const lb_map *map, size_t index, size_t *length)
{
  if (length != NULL) *length = map->entries[index].length;
  return map->entries[index].key;
}
