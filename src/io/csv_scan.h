/* csv_scan.h - the plan of a comma-separated text: its separator, header and rows, cut into chunks
 * at true row ends; nothing copied. */
#ifndef LB_IO_CSV_SCAN_H
#define LB_IO_CSV_SCAN_H
#include "base/error.h"
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a cell is: its text without quotes and outer blanks, as it stands in the file. */
typedef struct lb_csv_place {
  size_t row;    /* data row from 0 */
  size_t record; /* byte where its record begins */
  size_t at, length;
} lb_csv_place;

/* Whole rows: what one thread reads at a time. */
typedef struct lb_csv_chunk {
  size_t start, end; /* bytes */
  size_t first_row;  /* data row from 0 */
  size_t line;       /* line of the file at start, from 1 */
} lb_csv_chunk;

/* The text is borrowed. */
typedef struct lb_csv_layout {
  const char *text;
  size_t length;
  char separator;
  bool careful; /* rows are found byte by byte: some quote, blank line or lone "\r" asks for it */
  size_t n_columns, n_rows; /* without the header */
  lb_csv_place *header;     /* n_columns */
  lb_csv_chunk *chunk;
  size_t n_chunks, chunk_capacity;
  size_t header_line;
  size_t n_blank, blank_line; /* blank lines left out before or between records, and the first */
  bool quotes_freely; /* a cell is known to be quoted that need not be: then quotes say nothing */
} lb_csv_layout;

typedef struct lb_csv_cell {
  const char *text; /* in the file, or in the scratch buffer */
  size_t length;
  bool quoted;
} lb_csv_cell;

#define LB_CSV_CHUNK ((size_t)1 << 19)
/* Plans rows by byte masks and threads; what only a careful look can read or explain is left to
 * lb_csv_scan_carefully, which the caller must also turn to when a walk says so. chunk: bytes. */
lb_status lb_csv_scan(const char *text, size_t length, char separator, size_t chunk,
                      lb_csv_layout *out, lb_error *err);
/* The same one byte after the other. LB_EPARSE: no header, a NUL byte, not UTF-8, an unclosed
 * quote, a ragged row. separator 0 = found among , ; tab |. Free with lb_csv_layout_reset. */
lb_status lb_csv_scan_carefully(const char *text, size_t length, char separator, size_t chunk,
                                lb_csv_layout *out, lb_error *err);
void lb_csv_layout_reset(lb_csv_layout *layout);

/* Line of the file, from 1, of a byte of data. */
size_t lb_csv_line(const lb_csv_layout *layout, size_t at);
/* Lines that end in the text: "\r\n", "\n" or a lone "\r". */
size_t lb_csv_count_breaks(const char *text, size_t length);
/* The cell between two separators as a place (at, length): quotes or outer blanks taken off. */
void lb_csv_trim(const char *text, size_t start, size_t end, size_t *at, size_t *length);
/* The cell at a place, doubled quotes made single (in scratch, which is overwritten). false: out of
 * memory. */
bool lb_csv_cell_get(const lb_csv_layout *layout, size_t at, size_t length, lb_str *scratch,
                     lb_csv_cell *cell);
/* true when the text, written bare, would not be read back as it is. */
bool lb_csv_needs_quotes(const char *text, size_t length);

/* ---- Row by row, for lb_csv_walk ---- */

typedef struct lb_csv_cursor {
  const char *text;
  size_t length, at;
  size_t line;
  char separator;
} lb_csv_cursor;

typedef enum lb_csv_stop {
  LB_CSV_ENDS_CELL,
  LB_CSV_ENDS_RECORD,
  LB_CSV_ENDS_TEXT,
  LB_CSV_UNCLOSED,
  LB_CSV_TRAILING
} lb_csv_stop;
/* One field at the cursor, which moves behind what ends it; *end is its last byte + 1. */
lb_csv_stop lb_csv_scan_field(lb_csv_cursor *cursor, size_t *end);
/* Moves past a line that holds nothing but blanks. */
bool lb_csv_skip_blank_line(lb_csv_cursor *cursor);
#endif
