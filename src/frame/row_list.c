/* row_list.c - a shared, immutable list of row numbers: what a filter kept, in order. */
#include "frame/row_list.h"

#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"

struct lb_row_list {
  atomic_size_t references;
  size_t n;
  lb_row rows[];
};

static lb_row_list *list_alloc(size_t n)
{
  if (n > (SIZE_MAX - sizeof(lb_row_list)) / sizeof(lb_row)) return NULL;
  lb_row_list *list = lb_mem_alloc(sizeof *list + n * sizeof(lb_row));
  if (list == NULL) return NULL;
  atomic_init(&list->references, 1);
  list->n = n;
  return list;
}

lb_row_list *lb_row_list_new(const lb_row *rows, size_t n)
{
  lb_row_list *list = list_alloc(n);
  if (list != NULL && n > 0) memcpy(list->rows, rows, n * sizeof *rows);
  return list;
}

lb_row_list *lb_row_list_compose(const lb_row_list *list, const lb_row *rows, size_t n)
{
  if (list == NULL) return lb_row_list_new(rows, n);
  lb_row_list *made = list_alloc(n);
  if (made == NULL) return NULL;
  for (size_t i = 0; i < n; i++)
    made->rows[i] = rows[i] == LB_NO_ROW ? LB_NO_ROW : list->rows[rows[i]];
  return made;
}

lb_row_list *lb_row_list_retain(lb_row_list *list)
{
  if (list != NULL) atomic_fetch_add_explicit(&list->references, 1, memory_order_relaxed);
  return list;
}

void lb_row_list_release(lb_row_list *list)
{
  if (list == NULL) return;
  if (atomic_fetch_sub_explicit(&list->references, 1, memory_order_acq_rel) == 1) lb_mem_free(list);
}

const lb_row *lb_row_list_rows(const lb_row_list *list)
{
  return list->rows;
}

size_t lb_row_list_bytes(const lb_row_list *list)
{
  return sizeof *list + list->n * sizeof(lb_row);
}
