/* zip_write.h - a zip archive of stored entries: the same bytes whenever and wherever it is made.
 */
#ifndef LB_IO_ZIP_WRITE_H
#define LB_IO_ZIP_WRITE_H
#include "base/error.h"

typedef struct lb_zip_entry {
  const char *name; /* ASCII, folders with '/', not absolute; each once */
  const char *data;
  size_t length;
} lb_zip_entry;

/* The archive (PKWARE APPNOTE 6.3, version 2.0, no Zip64): entries in the order given, stored and
 * not deflated, dated 1980-01-01, the first date that the format knows.
 *   out  freed with lb_mem_free; untouched on failure
 * LB_EARG for a name that is empty, twice there, absolute or not ASCII, for more than 65,535
 * entries or 4 GiB; LB_ENOMEM. */
lb_status lb_zip_write(const lb_zip_entry *entries, size_t n, char **out, size_t *length,
                       lb_error *err);
#endif
