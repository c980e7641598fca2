/* csv_sniff.h - the separator of a csv text, from samples of its head, middle and tail. */
#ifndef LB_IO_CSV_SNIFF_H
#define LB_IO_CSV_SNIFF_H
#include <stdbool.h>
#include <stddef.h>

/* One of , ; tab |: the one that cuts the rows of all samples into as many fields as the header, at
 * least 2; of several the one with most; when none does, the one with most fields in the header. */
char lb_csv_sniff(const char *text, size_t length);
/* The first line "sep=;" that spreadsheet programs write for themselves: its length with the line's
 * end, and the separator it names; 0 when there is none. */
size_t lb_csv_sep_line(const char *text, size_t length, char *separator);
/* Does the text begin as a page of HTML: a download that was a login or an error? */
bool lb_csv_is_html(const char *text, size_t length);
#endif
