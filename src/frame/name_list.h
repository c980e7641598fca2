/* name_list.h - the column names of a frame: ordered, each once, found by hashing; frames share
 * one. */
#ifndef LB_FRAME_NAME_LIST_H
#define LB_FRAME_NAME_LIST_H
#include "base/error.h"
#include <stdbool.h>

typedef struct lb_name_list lb_name_list;

lb_name_list *lb_name_list_new(void); /* NULL when out of memory */
/* The same names as a list of its own, with room for one of `spare` - 1 bytes more; NULL when out
 * of memory. */
lb_name_list *lb_name_list_copy(const lb_name_list *list, size_t spare);
lb_name_list *lb_name_list_retain(lb_name_list *list);
void lb_name_list_release(lb_name_list *list); /* NULL is fine */
/* Only while one owner builds it. LB_EARG: empty or repeated name. */
lb_status lb_name_list_add(lb_name_list *list, const char *name, lb_error *err);
bool lb_name_list_find(const lb_name_list *list, const char *name, size_t length, size_t *i);
size_t lb_name_list_size(const lb_name_list *list);
/* All names, NUL-terminated, in order; never NULL. */
const char *const *lb_name_list_names(const lb_name_list *list);
#endif
