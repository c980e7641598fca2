/* csv_problems.c - the list of what is not as it should be in a csv file, capped. */
#include <string.h>

#include "base/mem.h"
#include "io/csv_column.h"

static bool make_room(lb_problems *problems, size_t n)
{
  if (n <= problems->capacity) return true;
  size_t wanted = n < 16 ? 16 : 2 * n;
  lb_problem *larger = lb_mem_resize(problems->item, wanted, sizeof *larger);
  if (larger == NULL) return false;
  problems->item = larger;
  problems->capacity = wanted;
  return true;
}

bool lb_problems_add(lb_problems *problems, size_t row, size_t line, const char *column,
                     const char *message)
{
  if (problems == NULL) return true;
  if (problems->n == LB_PROBLEMS_MAX) {
    problems->n_total++;
    return true;
  }
  if (!make_room(problems, problems->n + 1)) return false;
  lb_problem p = {.row = row, .line = line};
  p.message = lb_mem_text(message, strlen(message));
  if (column != NULL) p.column = lb_mem_text(column, strlen(column));
  if (p.message == NULL || (column != NULL && p.column == NULL)) {
    lb_mem_free(p.message);
    lb_mem_free(p.column);
    return false;
  }
  problems->item[problems->n++] = p;
  problems->n_total++;
  return true;
}

bool lb_problems_join(lb_problems *problems, lb_problems *more)
{
  size_t room = LB_PROBLEMS_MAX - problems->n, kept = more->n < room ? more->n : room;
  if (more->n_total == 0) return true;
  if (!make_room(problems, problems->n + kept)) return false;
  for (size_t i = 0; i < kept; i++) {
    problems->item[problems->n++] = more->item[i];
    more->item[i] = (lb_problem){0};
  }
  problems->n_total += more->n_total;
  lb_problems_reset(more);
  return true;
}

void lb_problems_reset(lb_problems *problems)
{
  for (size_t i = 0; i < problems->n; i++) {
    lb_mem_free(problems->item[i].column);
    lb_mem_free(problems->item[i].message);
  }
  lb_mem_free(problems->item);
  *problems = (lb_problems){0};
}
