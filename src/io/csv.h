/* csv.h - comma-separated files in and out: RFC 4180, types guessed on all cells, misfits reported
 * by row. */
#ifndef LB_IO_CSV_H
#define LB_IO_CSV_H
#include "frame/frame.h"
#include "io/sha256.h"

typedef struct lb_csv_type {
  const char *column;
  lb_type type;
} lb_csv_type;

/* A cell, row or header that is not as it should be. */
typedef struct lb_problem {
  size_t row;    /* data row from 1; 0 = the header or the file */
  size_t line;   /* line of the file where the record begins, from 1 */
  char *column;  /* NULL = the whole row */
  char *message; /* what was found and expected; never the text of id or free-text cells */
} lb_problem;
typedef struct lb_problems {
  size_t n, capacity;
  lb_problem *item; /* at most LB_PROBLEMS_MAX are kept */
  size_t n_total;   /* all that were found */
} lb_problems;
#define LB_PROBLEMS_MAX 1000
void lb_problems_reset(lb_problems *problems);

typedef struct lb_csv_options {
  const char *const *na; /* cells that mean missing; NULL = "" and "NA" */
  size_t n_na;
  const lb_csv_type *types; /* columns whose type is given: a misfit is then an error */
  size_t n_types;
  const char *const *columns; /* only these columns; NULL = all */
  size_t n_columns;
  char separator;     /* 0 = found among , ; tab | */
  const char *source; /* file name for messages; NULL = none */
  const char *id;     /* column whose cells are never quoted in messages; NULL = none */
  char decimal;       /* '.' or ','; 0 = '.' */
  /* YYYY, MM or M, DD or D and marks between them, e.g. "DD/MM/YYYY": dates that are read beside
   * ISO ones; NULL = ISO only, day and month are never guessed */
  const char *date_format;
  bool censored; /* "<0.5" is read as 0.5, and a logical column NAME_censored says where */
} lb_csv_options;

/* Reads a whole table. Types without a given one: logical (true/false), integer (not 007, nor
 * digits beyond int64: those stay text), real, date (YYYY-MM-DD), datetime, else factor when at
 * most 64 distinct values fill at least 3 rows each on average, else text; real when every cell is
 * missing, text when there is no row. The id column is integer or text. Blanks around cells
 * without quotes are dropped. A quoted NA word ("", "NA") is text in a text column of a file that
 * quotes only where it must, as lb_csv_write does; anywhere else it is missing. A column that
 * would have been a number or date but for at most one cell in ten is read as text (or factor) and
 * each such cell becomes a problem; decimal commas are one problem for the column. problems may be
 * NULL. Errors (LB_EPARSE unless said): empty file, no header, unclosed quote with its line, a NUL
 * byte, a ragged row (fields missing or too many: error naming row and line), not UTF-8, an empty
 * or repeated column name (mended as column_3 or name_2 and reported as a problem), a type given
 * that a cell does not fit (names row, column, expected), LB_ENAME for unknown names in types or
 * columns. A UTF-8 byte order mark is skipped. Blank lines at the end are skipped; elsewhere they
 * are left out and reported, but are missing values in a file of one column. LB_ENAME also for an
 * unknown id. */
lb_status lb_csv_read(const char *text, size_t length, const lb_csv_options *options,
                      lb_frame **out, lb_problems *problems, lb_error *err);

/* What a file was, beside its cells. */
typedef struct lb_csv_facts {
  const char *encoding; /* "UTF-8" "UTF-16LE" "UTF-16BE" "Latin-1" "Windows-1252" */
  bool byte_order_mark, gzip;
  char separator;
  const char *line_end;       /* "\n" "\r\n" "\r" */
  char sha256[LB_SHA256_HEX]; /* of the bytes of the file */
} lb_csv_facts;
/* Reads a file: mapped, unzipped where it is gzip, its encoding known by a byte order mark or by
 * name ("utf-8" "utf-16le" "utf-16be" "latin1" "windows-1252"; NULL = the mark, else UTF-8). As
 * lb_csv_read; LB_EIO for the file, LB_EARG for an unknown encoding, LB_EPARSE for bytes that the
 * encoding has not. facts may be NULL. */
lb_status lb_csv_read_file(const char *path, const char *encoding, const lb_csv_options *options,
                           lb_frame **out, lb_problems *problems, lb_csv_facts *facts,
                           lb_error *err);
/* The frame as CSV, full precision, missing = empty, quotes where needed (also for text that is
 * empty, and for "NA"), "\n"; a frame of one column writes NA for missing, as an empty line would
 * be no row. *text: lb_mem_free. */
lb_status lb_csv_write(const lb_frame *frame, char **text, size_t *length, lb_error *err);
#endif
