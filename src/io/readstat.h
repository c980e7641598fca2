/* readstat.h - files of SAS, SPSS and Stata in and out, through the ReadStat library, opened when
 * first used. */
#ifndef LB_IO_READSTAT_H
#define LB_IO_READSTAT_H
#include "io/csv.h"
#include <stdbool.h>

typedef enum lb_stat_format {
  LB_STAT_XPT, /* SAS transport file */
  LB_STAT_SAS7BDAT,
  LB_STAT_SAV, /* SPSS, also compressed (zsav) */
  LB_STAT_POR, /* SPSS portable file */
  LB_STAT_DTA  /* Stata */
} lb_stat_format;

typedef struct lb_stat_options {
  const char *const *columns; /* only these, in this order; NULL = all */
  size_t n_columns;
  bool codes;           /* numbers and texts as stored, not their value labels */
  const char *encoding; /* of the file's texts, e.g. "WINDOWS-1252"; NULL = as the file says */
  const char *table;    /* of several data sets in a transport file the one to read; NULL = none */
  const char *id;       /* column that stays text or number; NULL = none */
  const char *source;   /* file name for messages; NULL = none */
} lb_stat_options;

/* Reads a data set.
 * Labels of variables become labels of columns. Where every present value has a value label the
 * column is a factor, levels in the order of the codes; else the codes stay, with a problem.
 * Formats of dates and datetimes are obeyed (SAS and Stata count from 1960, SPSS from 14 October
 * 1582); a date with a time of day makes a datetime column. Times of day stay seconds (SAS, SPSS)
 * or milliseconds. Whole numbers are integers. Missing: system-missing, empty texts, and, each
 * counted in a problem of its column, user-missing codes (SPSS) and tagged missing values (SAS,
 * Stata). Texts become factors where lb_csv_read would make them so. problems may be NULL.
 * LB_EPARSE: not such a file, or damaged; text that is not UTF-8. LB_ENAME: unknown column or data
 * set. LB_EARG: several data sets, and no table named.
 * LB_EIO: the library is missing. LB_ENOMEM, LB_EINTR. */
lb_status lb_stat_read(const char *data, size_t length, lb_stat_format format,
                       const lb_stat_options *options, lb_frame **out, lb_problems *problems,
                       lb_error *err);

/* The frame as a transport file (version 5), SPSS or Stata file; the same frame gives the same
 * bytes. Factors are coded from 1 with value labels, in a transport file the text of their levels;
 * logicals 0 and 1; datetimes UTC. Missing texts are written as empty. What the format cannot hold
 * is refused, with the mend: names (xpt 8, dta 32, sav 64 bytes; letters, digits and _), labels
 * (40, 80, 255), texts (200, 2045, 32767 bytes), NaN and infinities, numbers beyond the
 * format's (xpt: 7.2e75, and below 5.4e-79), integers beyond 2^53.
 * LB_EARG: a format that is not written (sas7bdat, por); LB_EDATA; LB_EIO. *data: lb_mem_free. */
lb_status lb_stat_write(const lb_frame *frame, lb_stat_format format, char **data, size_t *length,
                        lb_error *err);
#endif
