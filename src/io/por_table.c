/* por_table.c - bytes that stand for two characters in a portable file stand for the first one. The
 * layout is that of the PSPP developers' guide, "Portable File Format". */
#include "io/por_table.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#define LINE         80
#define TABLE_AT     200 /* characters before the table */
#define TABLE        256
#define FIRST_LETTER 64 /* in the table: before it are control characters */
#define UNUSED       '\0'

/* Where the characters of the table stand in the file: lines of 80 with breaks between. false: the
 * file is too short, or not laid out like that. */
static bool find_table(const char *data, size_t length, size_t at[TABLE])
{
  size_t n = 0, column = 0;
  for (size_t i = 0; i < length && n < TABLE_AT + TABLE; i++) {
    if (data[i] == '\r') continue;
    if (data[i] == '\n') {
      if (column != LINE) return false;
      column = 0;
      continue;
    }
    if (n >= TABLE_AT) at[n - TABLE_AT] = i;
    n++;
    column++;
  }
  return n == TABLE_AT + TABLE;
}

lb_status lb_por_mend(const char *data, size_t length, char **mended, lb_error *err)
{
  size_t at[TABLE];
  bool seen[256] = {false};
  *mended = NULL;
  if (!find_table(data, length, at)) return LB_OK;
  char *copy = lb_mem_alloc(length);
  if (copy == NULL) return lb_error_nomem(err, "portable file");
  memcpy(copy, data, length);
  for (size_t i = FIRST_LETTER; i < TABLE; i++) {
    unsigned char byte = (unsigned char)data[at[i]];
    if (seen[byte]) copy[at[i]] = UNUSED;
    seen[byte] = true;
  }
  for (size_t i = 0; i < FIRST_LETTER; i++)
    if (seen[(unsigned char)data[at[i]]]) copy[at[i]] = UNUSED;
  *mended = copy;
  return LB_OK;
}
