/* csv_source.h - the bytes of a csv file as UTF-8 text: mapped, unzipped, decoded. */
#ifndef LB_IO_CSV_SOURCE_H
#define LB_IO_CSV_SOURCE_H
#include "base/file.h"
#include "io/csv.h"

typedef struct lb_csv_source {
  lb_file_view file; /* as it is on the disk */
  char *unzipped;    /* NULL unless gzip */
  char *decoded;     /* NULL unless in another encoding than UTF-8 */
  const char *text;  /* what to read */
  size_t length;
  lb_csv_facts facts; /* without the separator */
} lb_csv_source;

/* As lb_csv_read_file says. Close with lb_csv_source_close. */
lb_status lb_csv_source_open(const char *path, const char *name, lb_csv_source *out, lb_error *err);
/* Fills facts.sha256; the file rests then. */
void lb_csv_source_hash(lb_csv_source *source);
/* A part of the text is not needed for now. */
void lb_csv_source_rest(const lb_csv_source *source, const char *text, size_t length);
void lb_csv_source_close(lb_csv_source *source);
/* The UTF-8 text of bytes in an encoding as lb_csv_read_file names it; *text is NULL when they are
 * UTF-8 already. */
lb_status lb_csv_decode(const char *bytes, size_t length, const char *encoding, char **text,
                        size_t *text_length, lb_csv_facts *facts, lb_error *err);
#endif
