/* name_list.c - the column names of a frame: ordered, each once, found by hashing; frames share
 * one. */
#include "frame/name_list.h"

#include <stdatomic.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/names.h"

struct lb_name_list {
  atomic_size_t references;
  lb_map *map;        /* owns the bytes; its indices are the places */
  const char **names; /* map's keys in order */
  size_t n, capacity;
};

lb_name_list *lb_name_list_new(void)
{
  lb_name_list *list = lb_mem_zero(1, sizeof *list);
  if (list == NULL) return NULL;
  atomic_init(&list->references, 1);
  list->map = lb_map_new();
  list->names = lb_mem_array(0, sizeof *list->names);
  if (list->map != NULL && list->names != NULL) return list;
  lb_name_list_release(list);
  return NULL;
}

/* Names that were checked are not checked again, nor their hashes computed. */
lb_name_list *lb_name_list_copy(const lb_name_list *list, size_t spare)
{
  lb_name_list *copy = lb_mem_zero(1, sizeof *copy);
  if (copy == NULL) return NULL;
  atomic_init(&copy->references, 1);
  copy->capacity = list->n + 1;
  copy->map = lb_map_copy(list->map, spare);
  copy->names = lb_mem_array(copy->capacity, sizeof *copy->names);
  if (copy->map == NULL || copy->names == NULL) {
    lb_name_list_release(copy);
    return NULL;
  }
  for (; copy->n < list->n; copy->n++) copy->names[copy->n] = lb_map_key(copy->map, copy->n, NULL);
  return copy;
}

lb_name_list *lb_name_list_retain(lb_name_list *list)
{
  atomic_fetch_add_explicit(&list->references, 1, memory_order_relaxed);
  return list;
}

void lb_name_list_release(lb_name_list *list)
{
  if (list == NULL) return;
  if (atomic_fetch_sub_explicit(&list->references, 1, memory_order_acq_rel) != 1) return;
  lb_map_free(list->map);
  lb_mem_free(list->names);
  lb_mem_free(list);
}

lb_status lb_name_list_add(lb_name_list *list, const char *name, lb_error *err)
{
  size_t length = strlen(name), index;
  bool is_new;
  if (length == 0) return lb_error_set(err, LB_EARG, "a column needs a name, this one is empty");
  lb_status sound = lb_name_check(name, err);
  if (sound != LB_OK) return sound;
  if (list->n == list->capacity) { /* room first: a key once in the map cannot be taken back */
    size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
    const char **names = lb_mem_resize(list->names, capacity, sizeof *names);
    if (names == NULL) return lb_error_nomem(err, "column names");
    list->names = names;
    list->capacity = capacity;
  }
  if (!lb_map_put(list->map, name, length, &index, &is_new))
    return lb_error_nomem(err, "column names");
  if (!is_new) return lb_error_set(err, LB_EARG, "there is already a column '%s'", name);
  list->names[list->n++] = lb_map_key(list->map, index, &length);
  return LB_OK;
}

bool lb_name_list_find(const lb_name_list *list, const char *name, size_t length, size_t *i)
{
  return lb_map_find(list->map, name, length, i);
}

size_t lb_name_list_size(const lb_name_list *list)
{
  return list->n;
}

const char *const *lb_name_list_names(const lb_name_list *list)
{
  return list->names;
}
