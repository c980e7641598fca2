/* names.c - did you mean: distances between names as people mistype them. */
#include "base/names.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define NAME_LIMIT                                                                                 \
  256 /* characters; longer names (whole questions as headers) match only as equals */
#define LISTED       12   /* names shown when none is near */
#define LISTED_BYTES 1000 /* so that the list fits a context */

/* A name in lower case without '_', '-' and blanks, one cell a character (its UTF-8 bytes packed).
 */
typedef struct plain_name {
  uint32_t cell[NAME_LIMIT];
  size_t length; /* in characters; cells past NAME_LIMIT are not kept */
} plain_name;

static bool next_cell(const char **at, uint32_t *cell)
{
  const char *p = *at;
  while (*p == '_' || *p == '-' || *p == ' ') p++;
  if (*p == '\0') return false;
  unsigned char c = (unsigned char)*p++;
  *cell = c >= 'A' && c <= 'Z' ? c + 32u : c;
  for (int n = 1; c >= 0xc0 && n < 4 && ((unsigned char)*p & 0xc0) == 0x80; n++)
    *cell = *cell << 8 | (unsigned char)*p++;
  *at = p;
  return true;
}

static void make_plain(const char *name, plain_name *plain)
{
  uint32_t cell;
  plain->length = 0;
  while (next_cell(&name, &cell)) {
    if (plain->length < NAME_LIMIT) plain->cell[plain->length] = cell;
    plain->length++;
  }
}

static bool same_plain(const char *a, const char *b)
{
  uint32_t cell_a, cell_b;
  for (;;) {
    bool more_a = next_cell(&a, &cell_a), more_b = next_cell(&b, &cell_b);
    if (!more_a || !more_b) return more_a == more_b;
    if (cell_a != cell_b) return false;
  }
}

static size_t least(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* Optimal string alignment: insert, delete, replace, or swap two neighbours, no stretch edited
 * twice. Three rows of the dynamic programme are kept, since a swap looks two rows back. Names
 * within NAME_LIMIT. */
static size_t alignment_distance(const plain_name *a, const plain_name *b)
{
  size_t rows[3][NAME_LIMIT + 1];
  size_t *before = rows[0], *above = rows[1], *here = rows[2];
  for (size_t j = 0; j <= b->length; j++) above[j] = j;
  for (size_t i = 1; i <= a->length; i++) {
    here[0] = i;
    for (size_t j = 1; j <= b->length; j++) {
      size_t differ = a->cell[i - 1] != b->cell[j - 1];
      here[j] = least(above[j - 1] + differ, least(above[j], here[j - 1]) + 1);
      if (i > 1 && j > 1 && a->cell[i - 1] == b->cell[j - 2] && a->cell[i - 2] == b->cell[j - 1])
        here[j] = least(here[j], before[j - 2] + 1);
    }
    size_t *spare = before;
    before = above;
    above = here;
    here = spare;
  }
  return above[b->length];
}

static size_t distance_to(const plain_name *plain, const char *name, const char *other)
{
  plain_name b;
  make_plain(other, &b);
  if (plain->length <= NAME_LIMIT && b.length <= NAME_LIMIT) return alignment_distance(plain, &b);
  if (same_plain(name, other)) return 0;
  return plain->length > b.length ? plain->length : b.length;
}

size_t lb_name_distance(const char *a, const char *b)
{
  plain_name plain;
  make_plain(a, &plain);
  return distance_to(&plain, a, b);
}

size_t lb_name_nearest(const char *name, const char *const *names, size_t n)
{
  plain_name plain;
  make_plain(name, &plain);
  size_t nearest = n, limit = plain.length < 6 ? 1 : plain.length / 3;
  if (plain.length < 2) limit = 0; /* one letter would be near to every other */
  for (size_t i = 0; i < n; i++) {
    size_t distance = distance_to(&plain, name, names[i]);
    if (distance > limit) continue;
    nearest = i;
    if (distance == 0) break;
    limit = distance - 1; /* from now on only what is nearer still */
  }
  return nearest;
}

/* The context line that says what there is. */
static void list_names(lb_error *err, const char *plural, const char *const *names, size_t n)
{
  char list[LISTED_BYTES + 1] = "";
  size_t used = 0, shown = 0;
  for (; shown < n && shown < LISTED; shown++) {
    const char *comma = shown == 0 ? "" : ", ";
    size_t need = strlen(comma) + strlen(names[shown]);
    if (need > LISTED_BYTES - used) break;
    snprintf(list + used, sizeof list - used, "%s%s", comma, names[shown]);
    used += need;
  }
  if (shown == n)
    lb_error_mend(err, "%s are: %s", plural, list);
  else
    lb_error_mend(err, "%s are: %s%s... (%zu more)", plural, list, shown > 0 ? ", " : "",
                  n - shown);
}

lb_status lb_name_unknown(lb_error *err, const char *kind, const char *plural, const char *name,
                          const char *const *names, size_t n)
{
  size_t nearest = lb_name_nearest(name, names, n);
  if (nearest < n)
    return lb_error_set(err, LB_ENAME, "no %s '%s' (did you mean '%s'?)", kind, name,
                        names[nearest]);
  lb_error_set(err, LB_ENAME, "no %s '%s'", kind, name);
  if (n > 0) {
    list_names(err, plural, names, n);
  } else if (plural[0] != '\0') {
    char first = plural[0] >= 'A' && plural[0] <= 'Z' ? (char)(plural[0] + 32) : plural[0];
    lb_error_mend(err, "There are no %c%s.", first, plural + 1);
  }
  return LB_ENAME;
}

static bool is_control(char c)
{
  return (unsigned char)c < 0x20 || c == 0x7F;
}

lb_status lb_name_check(const char *name, lb_error *err)
{
  for (const char *c = name; *c != '\0'; c++)
    if (is_control(*c))
      return lb_error_set(err, LB_EARG, "a column name holds a control character (code %d)", *c);
  if (!lb_utf8_valid(name, strlen(name)))
    return lb_error_set(err, LB_EARG, "a column name is not UTF-8");
  if (strchr(name, '`') == NULL) return LB_OK;
  return lb_error_set(err, LB_EARG,
                      "the column name '%.80s' holds a backtick, which quotes names in expressions",
                      name);
}

size_t lb_name_mend(char *name)
{
  size_t n = 0;
  for (; *name != '\0'; name++) {
    bool control = is_control(*name);
    if (!control && *name != '`') continue;
    *name = control ? ' ' : '\'';
    n++;
  }
  return n;
}
