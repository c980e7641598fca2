/* xpt_member.c - data sets of a transport file found by their headers (SAS TS-140: records of 80
 * bytes; each data set begins with a MEMBER record). */
#include "io/xpt_member.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "base/str.h"
#include "io/room.h"

#define RECORD  ((size_t)80)
#define NAME_AT (2 * RECORD + 8) /* of a data set, from its first record */

typedef struct member {
  size_t start, end;
  char name[33];
} member;

typedef struct members {
  member *item;
  size_t n, capacity;
} members;

static bool begins_member(const char *record, bool *long_names)
{
  static const char FIVE[] = "HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!";
  static const char EIGHT[] = "HEADER RECORD*******MEMBV8  HEADER RECORD!!!!!!!";
  *long_names = memcmp(record, EIGHT, sizeof EIGHT - 1) == 0;
  return *long_names || memcmp(record, FIVE, sizeof FIVE - 1) == 0;
}

static void take_name(const char *data, size_t length, bool long_names, member *m)
{
  size_t n = long_names ? 32 : 8;
  if (length - m->start < NAME_AT + n) return;
  memcpy(m->name, data + m->start + NAME_AT, n);
  while (n > 0 && (m->name[n - 1] == ' ' || m->name[n - 1] == '\0')) n--;
  m->name[n] = '\0';
}

static bool find_members(const char *data, size_t length, members *out)
{
  for (size_t at = 0; length - at >= RECORD; at += RECORD) {
    bool long_names;
    if (!begins_member(data + at, &long_names)) continue;
    if (!lb_room(&out->item, out->n, &out->capacity, sizeof *out->item)) return false;
    member *m = &out->item[out->n++];
    *m = (member){.start = at, .end = length};
    if (out->n > 1) out->item[out->n - 2].end = at;
    take_name(data, length, long_names, m);
  }
  return true;
}

static lb_status several(const members *all, lb_error *err)
{
  lb_str list = {0};
  for (size_t i = 0; i < all->n && i < 20; i++)
    lb_str_addf(&list, "%s%s", i == 0 ? "" : ", ", all->item[i].name);
  lb_error_set(err, LB_EARG, "the file has %zu data sets: say which", all->n);
  if (!list.failed)
    lb_error_mend(err, "Write table = \"%s\"; data sets are: %s", all->item[0].name, list.data);
  lb_str_reset(&list);
  return LB_EARG;
}

static lb_status find_name(const members *all, const char *name, size_t *i, lb_error *err)
{
  for (*i = 0; *i < all->n; (*i)++)
    if (strcmp(all->item[*i].name, name) == 0) return LB_OK;
  const char **names = lb_mem_array(all->n, sizeof *names);
  if (names == NULL) return lb_error_nomem(err, "data sets");
  for (size_t k = 0; k < all->n; k++) names[k] = all->item[k].name;
  lb_name_unknown(err, "data set", "Data sets", name, names, all->n);
  lb_mem_free(names);
  return LB_ENAME;
}

/* The file's own headers, then the data set. */
static lb_status cut_out(const char *data, const members *all, size_t i, char **cut, size_t *length,
                         lb_error *err)
{
  const member *m = &all->item[i];
  size_t head = all->item[0].start, n = head + m->end - m->start;
  char *bytes = lb_mem_alloc(n);
  if (bytes == NULL) return lb_error_nomem(err, "data set");
  memcpy(bytes, data, head);
  memcpy(bytes + head, data + m->start, m->end - m->start);
  *cut = bytes;
  *length = n;
  return LB_OK;
}

lb_status lb_xpt_member(const char *data, size_t length, const char *name, char **cut,
                        size_t *cut_length, lb_error *err)
{
  members all = {0};
  size_t i = 0;
  lb_status st = LB_OK;
  if (!find_members(data, length, &all)) st = lb_error_nomem(err, "data sets");
  if (st == LB_OK && name != NULL && all.n > 0) st = find_name(&all, name, &i, err);
  if (st == LB_OK && name == NULL && all.n > 1) st = several(&all, err);
  if (st == LB_OK && all.n > 1)
    st = cut_out(data, &all, i, cut, cut_length, err);
  else if (st == LB_OK)
    *cut = NULL;
  lb_mem_free(all.item);
  return st;
}
