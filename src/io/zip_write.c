/* zip_write.c - a zip archive: local headers with the data, then the central directory. */
#include "io/zip_write.h"

#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/crc32.h"

#define LOCAL_HEADER      0x04034B50u
#define CENTRAL_HEADER    0x02014B50u
#define END_OF_DIRECTORY  0x06054B50u
#define VERSION_2_0       20
#define FIRST_DAY         0x0021 /* 1980-01-01 in MS-DOS's packed form */
#define MOST_ENTRIES      65535u
#define MOST_BYTES        0xFFFFFFFEu
#define LOCAL_HEADER_SIZE 30u

static void put16(lb_str *s, unsigned value)
{
  lb_str_putc(s, (char)(value & 0xFF));
  lb_str_putc(s, (char)(value >> 8 & 0xFF));
}

static void put32(lb_str *s, uint32_t value)
{
  put16(s, value & 0xFFFF);
  put16(s, value >> 16);
}

static bool plain_name(const char *name)
{
  if (name[0] == '\0' || name[0] == '/') return false;
  for (const char *c = name; *c != '\0'; c++) {
    if (*c < ' ' || *c > '~' || *c == '\\') return false;
  }
  return true;
}

/* The names are good and each is there once, and the archive's size fits 32 bits. */
static lb_status check_entries(const lb_zip_entry *entries, size_t n, lb_error *err)
{
  if (n > MOST_ENTRIES)
    return lb_error_set(err, LB_EARG, "zip: more than %u entries", MOST_ENTRIES);
  lb_map *names = lb_map_new();
  if (names == NULL) return lb_error_nomem(err, "zip");
  lb_status st = LB_OK;
  uint64_t total = 0;
  for (size_t i = 0; i < n && st == LB_OK; i++) {
    size_t index, length = strlen(entries[i].name);
    bool is_new;
    total += entries[i].length + 2 * (uint64_t)length + 128;
    if (!plain_name(entries[i].name) || length > UINT16_MAX)
      st = lb_error_set(err, LB_EARG, "zip: entry %zu has no plain relative name", i + 1);
    else if (!lb_map_put(names, entries[i].name, length, &index, &is_new))
      st = lb_error_nomem(err, "zip");
    else if (!is_new)
      st = lb_error_set(err, LB_EARG, "zip: two entries are called '%s'", entries[i].name);
    else if (entries[i].length > MOST_BYTES || total > MOST_BYTES)
      st = lb_error_set(err, LB_EARG, "zip: more than 4 GiB");
  }
  lb_map_free(names);
  return st;
}

/* What both headers of an entry share: version to its name's length. */
static void put_common(lb_str *s, const lb_zip_entry *entry, uint32_t crc)
{
  put16(s, VERSION_2_0);
  put16(s, 0); /* flags */
  put16(s, 0); /* stored */
  put16(s, 0); /* midnight */
  put16(s, FIRST_DAY);
  put32(s, crc);
  put32(s, (uint32_t)entry->length);
  put32(s, (uint32_t)entry->length);
  put16(s, (unsigned)strlen(entry->name));
  put16(s, 0); /* extra field */
}

static void put_local(lb_str *s, const lb_zip_entry *entry, uint32_t crc)
{
  put32(s, LOCAL_HEADER);
  put_common(s, entry, crc);
  lb_str_puts(s, entry->name);
  if (entry->length > 0) lb_str_add(s, entry->data, entry->length);
}

static void put_central(lb_str *s, const lb_zip_entry *entry, uint32_t crc, size_t offset)
{
  put32(s, CENTRAL_HEADER);
  put16(s, VERSION_2_0); /* made by: MS-DOS attributes, which all programs take */
  put_common(s, entry, crc);
  put16(s, 0); /* comment */
  put16(s, 0); /* disk */
  put16(s, 0); /* internal attributes */
  put32(s, 0); /* external attributes */
  put32(s, (uint32_t)offset);
  lb_str_puts(s, entry->name);
}

static void put_end(lb_str *s, size_t n, size_t directory)
{
  size_t size = s->length - directory;
  put32(s, END_OF_DIRECTORY);
  put16(s, 0); /* this disk */
  put16(s, 0); /* the directory's disk */
  put16(s, (unsigned)n);
  put16(s, (unsigned)n);
  put32(s, (uint32_t)size);
  put32(s, (uint32_t)directory);
  put16(s, 0); /* comment */
}

lb_status lb_zip_write(const lb_zip_entry *entries, size_t n, char **out, size_t *length,
                       lb_error *err)
{
  lb_status st = check_entries(entries, n, err);
  if (st != LB_OK) return st;
  uint32_t *crc = lb_mem_array(n, sizeof *crc);
  if (crc == NULL) return lb_error_nomem(err, "zip");
  lb_str s = {0};
  for (size_t i = 0; i < n; i++) {
    crc[i] = lb_crc32(entries[i].data, entries[i].length, NULL, 0);
    put_local(&s, &entries[i], crc[i]);
  }
  size_t directory = s.length, offset = 0;
  for (size_t i = 0; i < n; i++) {
    put_central(&s, &entries[i], crc[i], offset);
    offset += LOCAL_HEADER_SIZE + strlen(entries[i].name) + entries[i].length;
  }
  put_end(&s, n, directory);
  size_t size;
  char *archive = lb_str_take(&s, &size);
  lb_str_reset(&s);
  lb_mem_free(crc);
  if (archive == NULL) return lb_error_nomem(err, "zip");
  *out = archive;
  *length = size;
  return LB_OK;
}
