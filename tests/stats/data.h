/* data.h - columns of the small CSV files in tests/data: numbers, or codes of levels. */
#ifndef LB_TESTS_STATS_DATA_H
#define LB_TESTS_STATS_DATA_H
#include "base/str.h"
#include "check.h"
#include <stdlib.h>

#define DATA_ROWS 2000

/* Field number `field` of a line of comma-separated fields. */
static inline size_t data_field(const char *line, size_t field, const char **start)
{
  for (; field > 0 && *line != '\0'; line++) field -= *line == ',';
  *start = line;
  return strcspn(line, ",\r\n");
}

/* Calls back with each row's cell of a named column; returns the number of rows. */
static inline size_t
data_column(const char *name, const char *column,
            void (*take)(void *context, size_t row, const char *cell, size_t length), void *context)
{
  char path[256], line[2048];
  const char *cell;
  snprintf(path, sizeof path, "tests/data/%s.csv", name);
  FILE *file = fopen(path, "r");
  if (file == NULL || fgets(line, sizeof line, file) == NULL) fail_msg("cannot read %s", path);
  size_t field = 0, length, row = 0;
  for (;; field++) {
    length = data_field(line, field, &cell);
    if (length == strlen(column) && strncmp(cell, column, length) == 0) break;
    if (length == 0) fail_msg("no column %s in %s", column, path);
  }
  while (fgets(line, sizeof line, file) != NULL && row < DATA_ROWS) {
    length = data_field(line, field, &cell);
    take(context, row++, cell, length);
  }
  fclose(file);
  return row;
}

static inline void data_take_real(void *context, size_t row, const char *cell, size_t length)
{
  double *out = context;
  if (!lb_parse_real(cell, length, &out[row])) out[row] = NAN;
}
/* Numbers of a column, NaN where a cell is empty. */
static inline size_t data_real(const char *name, const char *column, double *out)
{
  return data_column(name, column, data_take_real, out);
}
static inline void data_take_event(void *context, size_t row, const char *cell, size_t length)
{
  uint8_t *out = context;
  out[row] = length == 1 && cell[0] == '1';
}
static inline size_t data_event(const char *name, const char *column, uint8_t *out)
{
  return data_column(name, column, data_take_event, out);
}

typedef struct data_codes {
  const char *const *level;
  size_t n;
  int32_t *code;
} data_codes;
static inline void data_take_code(void *context, size_t row, const char *cell, size_t length)
{
  data_codes *c = context;
  c->code[row] = -1;
  for (size_t k = 0; k < c->n; k++) {
    if (strlen(c->level[k]) == length && strncmp(c->level[k], cell, length) == 0)
      c->code[row] = (int32_t)k;
  }
}
/* Codes 0 .. n - 1 of the given levels, -1 for any other cell. */
static inline size_t data_code(const char *name, const char *column, const char *const *level,
                               size_t n, int32_t *out)
{
  data_codes c = {level, n, out};
  return data_column(name, column, data_take_code, &c);
}
#endif
