/* xlsx_book.h - what belongs to a whole workbook: its sheets, date system, number formats and
 * shared texts. */
#ifndef LB_IO_XLSX_BOOK_H
#define LB_IO_XLSX_BOOK_H
#include "base/str.h"
#include "io/package.h"
#include "io/xlsx_date.h"

typedef struct lb_xlsx_sheet {
  char *name, *relation, *part; /* part: NULL when the workbook does not say where it is */
  bool hidden;
} lb_xlsx_sheet;

typedef struct lb_xlsx_style {
  uint8_t format; /* lb_xlsx_format */
  bool filled;    /* with a colour other than white */
} lb_xlsx_style;

typedef struct lb_xlsx_book {
  bool from_1904;
  lb_xlsx_sheet *sheet;
  size_t n_sheets, sheet_capacity;
  lb_xlsx_style *style;
  size_t n_styles, style_capacity;
  lb_str text; /* the shared texts one after another; cells with a text of their own add to it */
  size_t *text_end; /* n_texts */
  size_t n_texts, text_capacity;
} lb_xlsx_book;

/* Reads all but the sheets. LB_EPARSE, LB_EDATA, LB_ENOMEM, LB_EINTR. */
lb_status lb_xlsx_book_read(lb_package *package, lb_xlsx_book *out, lb_error *err);
void lb_xlsx_book_reset(lb_xlsx_book *book);
/* Replaces _x000D_ and the like, as spreadsheets write characters that XML has not, in the bytes of
 * s from `start` on. */
void lb_xlsx_unescape(lb_str *s, size_t start);
/* The bytes of shared text i. */
void lb_xlsx_shared(const lb_xlsx_book *book, size_t i, size_t *start, size_t *length);
#endif
